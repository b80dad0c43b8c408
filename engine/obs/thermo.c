/* Temperature, pressure, potential energy, volume and committee spread against time, as block averages (T 6.5). */
#include <math.h>
#include <string.h>

#include "engine/obs/obs_impl.h"

enum { MOST_ROWS = 2000 };
enum { TIME, T_K, P_GPA, E_POT, VOLUME, SPREAD, N_COLS };

static const struct {
  const vt_array_name *name;
  const char *unit, *doc;
} column[N_COLS] = {
    {&vt_a_thermo_time_ps, "ps", "mean time of the block since the stage began"},
    {&vt_a_thermo_temperature, "K", "kinetic temperature, block average"},
    {&vt_a_thermo_pressure, "GPa", "pressure, block average"},
    {&vt_a_thermo_energy, "eV", "potential energy of the cell, block average"},
    {&vt_a_thermo_volume, "A^3", "volume of the cell, block average"},
    {&vt_a_thermo_spread, "eV/A",
     "disagreement of a committee of potentials in the forces, block average; NaN: no committee"},
};

typedef struct state {
  int64_t samples;
  double sum[N_COLS]; /* of the block that is being filled */
} state;

typedef struct thermo {
  vt_composition comp;
  int64_t per_row; /* samples in a block */
  int n_rows;
  state now;
  double *row; /* [n_rows][N_COLS] */
} thermo;

/* Blocks of equal size, so that every row weighs the same; an incomplete last block is dropped. */
static void rows_of(const vt_plan *p, const vt_obs_request *r, int64_t *per_row, int *n_rows)
{
  int64_t samples = vt__obs_run_samples(p, r);
  *per_row = (samples + MOST_ROWS - 1) / MOST_ROWS;
  *n_rows = (int)(samples / *per_row);
}

static vt_status thermo_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n,
                               vt_err *err)
{
  int64_t per_row;
  int n_rows;
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(vt__obs_check(&vt__obs_thermo.doc, p, r, err));
  rows_of(p, r, &per_row, &n_rows);
  for (int c = 0; c < N_COLS; c++) {
    const vt__array a = {column[c].name, column[c].unit, "THEORY T 6.5", column[c].doc, 1, {{VT_AXIS_PLAIN, n_rows}}};
    VT_PASS(vt__layout_add(&l, &a, 1, err));
  }
  *n = l.n;
  return VT_OK;
}

static void thermo_close(void *self)
{
  thermo *t = self;
  if (!t) return;
  vt_free(t->row);
  vt_free(t);
}

static vt_status thermo_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  thermo *t = NULL;
  *self = NULL;
  VT_PASS(vt__obs_check(&vt__obs_thermo.doc, p, r, err));
  VT_TRY_OUT(VT_NEW(t, 1, err), err, "thermo");
  t->comp = p->comp;
  rows_of(p, r, &t->per_row, &t->n_rows);
  VT_TRY_OUT(VT_NEW(t->row, (size_t)t->n_rows * N_COLS, err), err, "thermo: %d rows", t->n_rows);
  *self = t, t = NULL;
out:
  thermo_close(t);
  return rc;
}

static vt_status thermo_sample(void *self, const vt_frame *fr, vt_err *err)
{
  thermo *t = self;
  VT_PASS(vt__obs_check_frame(fr, &t->comp, err));
  const double now[N_COLS] = {[TIME] = fr->time_ps,
                              [T_K] = fr->t_k,
                              [P_GPA] = vt_unit_gpa_from_pressure(fr->pressure),
                              [E_POT] = fr->e_pot,
                              [VOLUME] = vt_cell_volume(&fr->cell),
                              [SPREAD] = fr->spread};
  for (int c = 0; c < N_COLS; c++) t->now.sum[c] += now[c];
  t->now.samples++;
  if (t->now.samples % t->per_row != 0) return VT_OK;
  int64_t at = t->now.samples / t->per_row - 1;
  for (int c = 0; c < N_COLS; c++) {
    if (at < t->n_rows) t->row[at * N_COLS + c] = t->now.sum[c] / (double)t->per_row;
    t->now.sum[c] = 0;
  }
  return VT_OK;
}

static size_t row_bytes(const thermo *t) { return (size_t)t->n_rows * N_COLS * sizeof(double); }

static size_t thermo_state_size(const void *self) { return sizeof(state) + row_bytes(self); }

static void thermo_save(const void *self, void *bytes)
{
  const thermo *t = self;
  memcpy(bytes, &t->now, sizeof t->now);
  memcpy((char *)bytes + sizeof t->now, t->row, row_bytes(t));
}

static vt_status thermo_load(void *self, const void *bytes, size_t n, vt_err *err)
{
  thermo *t = self;
  if (n != thermo_state_size(t))
    VT_FAIL(err, VT_ECORRUPT, "state of thermo: %zu bytes, expected %zu", n, thermo_state_size(t));
  memcpy(&t->now, bytes, sizeof t->now);
  memcpy(t->row, (const char *)bytes + sizeof t->now, row_bytes(t));
  return VT_OK;
}

static vt_status thermo_finish(void *self, double *const *out, vt_err *err)
{
  const thermo *t = self;
  (void)err;
  for (int c = 0; c < N_COLS; c++)
    for (int i = 0; i < t->n_rows; i++)
      out[c][i] = i < t->now.samples / t->per_row ? t->row[i * N_COLS + c] : (double)NAN;
  return VT_OK;
}

/* A source row of weight to - from, added to the blocks that it lies in: out[n] divide 0..total equally. */
static void spread_row(double from, double to, double x, double total, int n, double *out)
{
  for (int c = (int)(from * n / total); c < n; c++) {
    const double lo = (double)c * total / n, hi = (double)(c + 1) * total / n;
    const double part = fmin(hi, to) - fmax(lo, from);
    if (lo >= to) break;
    if (part > 0) out[c] += x * (part / (hi - lo));
  }
}

/* The rows of all pieces, one behind the other, cut into blocks of equal size again: a block that a cut goes through
 * counts on both sides, with its share.  So the mean of the rows stays that of all blocks. */
static void join_rows(const vt__pieces *all, int k, const vt_array_def *def, double *out)
{
  int64_t per_row, total = 0, from = 0;
  int n;
  for (int i = 0; i < all->n; i++) {
    rows_of(all->piece[i].plan, all->piece[i].request, &per_row, &n);
    total += per_row * n;
  }
  for (int c = 0; c < def->dim[0]; c++) out[c] = 0;
  for (int i = 0; i < all->n; i++) {
    const vt__piece *p = &all->piece[i];
    rows_of(p->plan, p->request, &per_row, &n);
    for (int row = 0; row < n; row++, from += per_row) {
      const double x = p->values[k][row] + (k == TIME ? p->begins_ps : 0);
      spread_row((double)from, (double)(from + per_row), x, (double)total, def->dim[0], out);
    }
  }
}

static const vt__join_rule thermo_join[N_COLS] = {
    [TIME] = {.how = VT__JOIN_OWN, .own = join_rows},   [T_K] = {.how = VT__JOIN_OWN, .own = join_rows},
    [P_GPA] = {.how = VT__JOIN_OWN, .own = join_rows},  [E_POT] = {.how = VT__JOIN_OWN, .own = join_rows},
    [VOLUME] = {.how = VT__JOIN_OWN, .own = join_rows}, [SPREAD] = {.how = VT__JOIN_OWN, .own = join_rows}};

const vt_obs_ops vt__obs_thermo = {.doc = {.name = "thermo",
                                           .doc = "temperature, pressure, potential energy, volume, committee spread "
                                                  "against time: at most 2000 block averages",
                                           .every_ps = 0.1,
                                           .every_lo_ps = 0.001,
                                           .every_hi_ps = 1000,
                                           .on_by_default = 1},
                                   .layout = thermo_layout,
                                   .open = thermo_open,
                                   .sample = thermo_sample,
                                   .state_size = thermo_state_size,
                                   .save = thermo_save,
                                   .load = thermo_load,
                                   .finish = thermo_finish,
                                   .close = thermo_close,
                                   VT__JOIN(thermo_join)};
