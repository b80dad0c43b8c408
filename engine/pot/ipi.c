/* ipi.c - the forces of another program, through the i-PI protocol.
 *
 * The program is started at the first computation and kept for the next potential of the same command and atoms
 * (vt_pot_kept).  Positions are folded into the cell on the wire, since some programs lose atoms that left it; ours
 * stay as they are.  The first answer of each program must obey Newton's third law.  What it answers is checked, but
 * not its bits: whether they repeat is its own affair. */
#include <math.h>
#include <string.h>

#include "engine/ipi/ipi.h"
#include "engine/pot/pot_impl.h"

/* Who moves atoms looks at neighbours for contacts alone; the longest limit of those is below this. */
#define VT_POT_IPI_CUTOFF_A 5.0

typedef struct driven {
  vt_driver driver;
  char path[VT_PATH];
  vt_uid sha256;
  int n_species;
  char symbol[VT_MAX_SPECIES][4];
  vt_pot_kept own, *kept;
  vt_ipi_host host;
  int needs_virial;
  int n_type; /* the atoms that the program was started for, or kept for: [n_type] */
  int n;      /* room for atoms */
  int *type;
  double (*x)[3];
} driven;

/* ------------------------------------------------------------------ the program, kept */

void vt_pot_kept_end(vt_pot_kept *k)
{
  vt_ipi_end(k->driver);
  k->driver = NULL;
  vt_buf_free(&k->said);
  k->said = (vt_buf){0};
}

/* It failed: what it said stays. */
static void give_up(vt_pot_kept *k)
{
  const char *said = vt_ipi_said(k->driver);
  vt_buf_free(&k->said);
  k->said = (vt_buf){0};
  vt_buf_add(&k->said, said, strlen(said));
  vt_ipi_end(k->driver);
  k->driver = NULL;
}

static vt_uid key_of(const driven *p, const vt_nlist *nl, vt_err *err, vt_status *rc)
{
  vt_uid key = {0};
  vt_buf b = {0};
  vt_buf_add(&b, &p->sha256, sizeof p->sha256);
  vt_buf_add(&b, &p->driver.plain, sizeof p->driver.plain);
  for (int i = 0; i < nl->n; i++) vt_buf_add(&b, p->symbol[nl->type[i]], sizeof p->symbol[0]);
  *rc = vt_buf_check(&b, err);
  if (*rc == VT_OK) vt_sha256(b.s, b.len, &key);
  vt_buf_free(&b);
  return key;
}

static vt_status start_program(driven *p, const vt_nlist *nl, vt_err *err)
{
  vt_buf start = {0};
  vt_ipi *s = NULL;
  const char *symbol[VT_MAX_SPECIES];
  char sha[65];
  for (int k = 0; k < p->n_species; k++) symbol[k] = p->symbol[k];
  vt_xyz_format(&start, nl->n, &nl->cell, nl->type, symbol, (const double(*)[3])p->x, NULL, NULL);
  vt_status rc = vt_buf_check(&start, err);
  if (rc == VT_OK) rc = vt_ipi_start(&s, &p->driver, p->path, &start, err);
  vt_buf_free(&start);
  VT_PASS(rc);
  vt_uid_hex(&p->sha256, sha);
  vt_log(VT_LOG_INFO, "pot", "ev=driver_started atoms=%d sha256=%.12s file=\"%s\" command=\"%s\"", nl->n, sha, p->path,
         p->driver.command);
  p->kept->driver = s;
  p->kept->name[0] = '\0';
  return VT_OK;
}

/* The program for these atoms: the one that is there, or a new one. */
static vt_status get_program(driven *p, const vt_nlist *nl, vt_err *err)
{
  vt_status rc = VT_OK;
  const size_t bytes = (size_t)nl->n * sizeof *p->type;
  if (p->kept->driver && p->n_type == nl->n && memcmp(p->type, nl->type, bytes) == 0) return VT_OK;
  const vt_uid key = key_of(p, nl, err, &rc);
  VT_PASS(rc);
  if (p->kept->driver && !vt_uid_equal(&key, &p->kept->key)) {
    vt_ipi_end(p->kept->driver);
    p->kept->driver = NULL;
  }
  p->n_type = nl->n;
  memcpy(p->type, nl->type, bytes);
  p->kept->key = key;
  return p->kept->driver ? VT_OK : start_program(p, nl, err);
}

/* ------------------------------------------------------------------ open, describe, close */

static void driven_close(void *self)
{
  driven *p = self;
  if (!p) return;
  if (p->kept == &p->own) vt_pot_kept_end(&p->own);
  vt_free(p->type);
  vt_free(p->x);
  vt_free(p);
}

static vt_status driven_open(const vt_pot_args *a, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  *self = NULL;
  driven *p;
  VT_TRY(VT_NEW(p, 1, err), err, "a driver");
  p->driver = *a->driver;
  p->kept = a->kept ? a->kept : &p->own;
  p->host = (vt_ipi_host){.wait = a->wait, .ctx = a->wait_ctx};
  p->needs_virial = a->needs_virial;
  p->n_species = a->n_species;
  for (int k = 0; k < a->n_species; k++) (void)snprintf(p->symbol[k], sizeof p->symbol[k], "%s", a->species[k]);
  if (strlen(a->path) >= sizeof p->path) VT_FAIL_OUT(err, VT_EINVAL, "path '%.80s...' is too long", a->path);
  memcpy(p->path, a->path, strlen(a->path) + 1);
  rc = vt_ipi_command_check(&p->driver, p->path, err);
  if (rc == VT_OK) rc = vt_ipi_identity(&p->driver, p->path, &p->sha256, err);
  if (rc != VT_OK) goto out; /* the message says all */
  *self = p, p = NULL;
out:
  driven_close(p);
  return rc;
}

static void driven_describe(const void *self, vt_pot_info *out)
{
  const driven *p = self;
  memcpy(out->path, p->path, sizeof out->path);
  out->sha256 = p->sha256;
  out->cutoff = VT_POT_IPI_CUTOFF_A;
  out->foreign = 1;
  (void)snprintf(out->kernel, sizeof out->kernel, "%.31s", p->kept->name[0] ? p->kept->name : "driver");
  out->n_elements = p->driver.n_elements;
  memcpy(out->element, p->driver.element, sizeof out->element);
}

/* ------------------------------------------------------------------ computing */

static vt_status fold(driven *p, const vt_nlist *nl, vt_err *err)
{
  double hi[3][3];
  if (nl->n > p->n) {
    VT_TRY(VT_GROW(p->type, 0, nl->n, err), err, "kinds of %d atoms", nl->n);
    p->n_type = 0;
    VT_TRY(VT_GROW(p->x, 0, nl->n, err), err, "positions of %d atoms", nl->n);
    p->n = nl->n;
  }
  if (!vt_cell_inverse(&nl->cell, hi)) VT_FAIL(err, VT_EDIVERGE, "the cell cannot be inverted");
  for (int i = 0; i < nl->n; i++) {
    p->x[i][0] = nl->x[i], p->x[i][1] = nl->y[i], p->x[i][2] = nl->z[i];
    vt_cell_wrap(&nl->cell, (const double(*)[3])hi, p->x[i]);
  }
  return VT_OK;
}

/* The mean force of a model is zero to its rounding: 1e-3 eV/A and 1 % of the root mean square force are far above that
 * (density functional theory on a grid: 1e-4 eV/A), and far below what forces without a third law give, which is the
 * root mean square over the root of n. */
static vt_status check_newton(driven *p, int n, const double (*f)[3], vt_err *err)
{
  double sum[3] = {0}, square = 0;
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) sum[k] += f[i][k], square += f[i][k] * f[i][k];
  const double mean = sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]) / n, rms = sqrt(square / (3.0 * n));
  if (!(mean > 1e-3 + 0.01 * rms)) return VT_OK; /* what is not finite is found by who asked */
  return vt_ipi_blame(p->kept->driver, err,
                      "breaks Newton's third law: the mean force is %.3g eV/A where the root mean square is %.3g eV/A",
                      mean, rms);
}

static vt_status check_virial(driven *p, double w[9], vt_err *err)
{
  for (int k = 0; k < 9; k++)
    if (w[k] != 0) return VT_OK;
  if (p->needs_virial)
    return vt_ipi_blame(p->kept->driver, err, "gives no virial, which a stage at constant pressure needs");
  for (int k = 0; k < 9; k++) w[k] = NAN;
  return VT_OK;
}

/* Who asked says what is not finite; the program begins anew after that. */
static int all_finite(const vt_ipi_answer *a, int n)
{
  double sum = fabs(a->energy);
  for (int i = 0; i < n; i++) sum += fabs(a->f[i][0]) + fabs(a->f[i][1]) + fabs(a->f[i][2]);
  return isfinite(sum);
}

static vt_status driven_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  driven *p = self;
  vt_ipi_answer a = {.f = out->f};
  VT_PASS(fold(p, nl, err));
  VT_PASS(get_program(p, nl, err));
  vt_status rc = vt_ipi_ask(p->kept->driver, nl->n, nl->cell.h, (const double(*)[3])p->x, &p->host, &a, err);
  if (rc == VT_OK && a.first) {
    (void)snprintf(p->kept->name, sizeof p->kept->name, "%s", vt_ipi_name(p->kept->driver));
    vt_log(VT_LOG_INFO, "pot", "ev=driver_answers took_s=%.3f name=\"%s\"", a.took_s, p->kept->name);
    rc = check_newton(p, nl->n, (const double(*)[3])out->f, err);
  }
  if (rc == VT_OK) rc = check_virial(p, a.virial, err);
  if (rc != VT_OK || !all_finite(&a, nl->n)) give_up(p->kept);
  if (rc != VT_OK) return rc;
  out->energy = a.energy;
  memcpy(out->virial, a.virial, sizeof out->virial);
  for (int i = 0; out->e_atom && i < nl->n; i++) out->e_atom[i] = NAN; /* the protocol has none */
  for (int i = 0; out->w_atom && i < nl->n; i++)
    for (int k = 0; k < 9; k++) out->w_atom[i][k] = NAN;
  return VT_OK;
}

const vt_pot_ops vt__pot_ipi = {.name = "ipi",
                                .open = driven_open,
                                .describe = driven_describe,
                                .compute = driven_compute,
                                .close = driven_close,
                                .takes_driver = 1};
