/* born.c - rigid ions: Born-Mayer-Huggins walls and a damped, shifted-force Coulomb interaction.
 *
 * For tests and demonstrations: a glass-forming ionic liquid of the campaign's elements without any model file.  It is
 * built from charges and ionic radii by a few rules, not fitted to anything: bond lengths, coordination numbers and
 * densities come out sensible, barriers and conductivities are not to be believed.
 *
 *   V_ij(r) = SF[ A_ij exp((s_ij - r)/rho) ] + q_i q_j k_e SF[ erfc(alpha r)/r ] - C_ij SF[ 1/(r^6 + r0^6) ],   r < rc
 *
 * SF[v] = v(r) - v(rc) - v'(rc)(r - rc): energy and force go to zero at rc.  The Coulomb part is the damped shifted
 * force of C. J. Fennell, J. D. Gezelter, J. Chem. Phys. 124, 234104 (2006), without its constant self term: free ions
 * have energy zero.
 *   q_i   the charge of the ion in the composition, scaled by charge_scale, as in rigid-ion models of glasses
 *   s_ij  sum of the ions' radii
 *   A_ij  such that the wall balances, at s_ij, the Coulomb force on one of the four bonds of sphalerite:
 *         A_ij/rho = (1.638/4) |q_i q_j| k_e / s_ij^2.  Two like ions take the same rule.
 *   C_ij  cohesion s_ij^6 for two anions, else 0: without the dispersion between the large anions the glass is a foam.
 *         Damped as by A. D. Becke, E. R. Johnson, J. Chem. Phys. 123, 154101 (2005), one r0 for all.
 *
 * With path "-" the parameters are those below; a file changes some of them, one `key value` a line ('#' comments):
 *   charge_scale 0.7 | rho 0.3 (A) | alpha 0.25 (1/A) | cutoff 8 (A) | cohesion 0.1 (eV) | radius Al 0.4 (A) */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/pot/pot_impl.h"

#define COULOMB_EV_A      14.399645   /* e^2/(4 pi epsilon_0), CODATA 2018            */
#define SPHALERITE_A_BOND (1.638 / 4) /* its Madelung constant, shared by four bonds */

#define DAMPING_R_A 2.5

/* Below this distance V continues linearly in r^2, with the slope it has there: a bare Coulomb attraction would win
 * over any exponential wall as r goes to zero, and the ions would fuse.  Opening checks that the slope is repulsive. */
#define LEAST_R_A 0.3

/* Ionic radii rounded to what the model is worth, after R. D. Shannon, Acta Cryst. A 32, 751 (1976), four-coordinate
 * where that occurs; the anions' then shifted (O +0.12, F +0.06, others -0.08) to bring the bonds in the glasses
 * to 1.75 A (Al-O), 2.2 A (Al-Cl), 2.4 A (Li-Cl) and 2.8 A (Na-Cl).  All other elements by vt_comp_radius, their anions
 * shifted by -0.08. */
static const struct {
  char symbol[4];
  double radius;
} ion[] = {{"Li", 0.60}, {"Na", 1.00}, {"K", 1.38},  {"Rb", 1.52}, {"Cs", 1.67},
           {"Al", 0.40}, {"Ga", 0.47}, {"In", 0.65}, {"Nb", 0.64}, {"Ta", 0.64},
           {"O", 1.50},  {"F", 1.36},  {"Cl", 1.72}, {"Br", 1.87}, {"I", 2.12}};
enum { IONS = sizeof ion / sizeof ion[0], LAST_Z = 94 };
static const double other_anion_shift = -0.08;

typedef struct parameters {
  double charge_scale, rho, alpha, cutoff, cohesion;
  double radius[LAST_Z + 1]; /* from the file, by atomic number; 0: not given */
} parameters;

static const struct {
  const char *key;
  double lo, hi, def;
  size_t at;
} key[] = {{"charge_scale", 0.1, 1, 0.7, offsetof(parameters, charge_scale)},
           {"rho", 0.1, 0.5, 0.3, offsetof(parameters, rho)},
           {"alpha", 0, 1, 0.25, offsetof(parameters, alpha)},
           {"cutoff", 4, 20, 8, offsetof(parameters, cutoff)},
           {"cohesion", 0, 0.5, 0.1, offsetof(parameters, cohesion)}};
enum { KEYS = sizeof key / sizeof key[0] };
static const double least_radius = 0.1, most_radius = 4;

/* The three functions of the distance, tabulated over r^2 as cubics in t = 0..1 that share value and slope at their
 * ends: no root, exponential or error function in the loop, and the force is exactly the derivative of the energy.
 * Cell 0 is the line below LEAST_R_A, the last cell is zero. */
typedef enum part { WALL, COULOMB, DISPERSION, PARTS } part;
typedef struct cubic {
  double c[PARTS][4];
} cubic;
enum { CELLS_PER_A2 = 32 }; /* the cubics miss V by less than 1e-7 eV at bond lengths */

typedef struct born {
  char path[VT_PATH];
  vt_uid sha256;
  parameters par;
  /* by two species: A_ij exp(s_ij/rho), q_i q_j k_e, -C_ij */
  double factor[VT_MAX_SPECIES][VT_MAX_SPECIES][PARTS];
  cubic *table; /* [n_cells + 2]          */
  int n_cells;
  double cells_per_a2;
} born;

static void born_close(void *self)
{
  born *p = self;
  if (!p) return;
  vt_free(p->table);
  vt_free(p);
}

/* ------------------------------------------------------------------ parameter file */

/* The atomic number of an element that has an ion of known size; 0: none. */
static int ion_of(const char *symbol, size_t n)
{
  char text[4] = "";
  if (n >= sizeof text) return 0;
  memcpy(text, symbol, n);
  const int z = vt_element_z(text);
  return z && vt_element_charge(z) && isfinite(vt_ion_radius(z, vt_element_charge(z))) ? z : 0;
}

/* One value of a line; every key may be given once. */
static vt_status born_take(const vt__pot_lines *l, double lo, double hi, char *seen, double *out, vt_err *err)
{
  int last = l->n_words - 1;
  double v;
  if (*seen) return vt_err_user(err, VT_EPARSE, l->path, l->line, 0, "given a second time");
  if (!vt_parse_f64(l->word[last], (size_t)l->len[last], &v) || !(v >= lo && v <= hi))
    return vt_err_user(err, VT_EPARSE, l->path, l->line, 0, "expected a number from %g to %g, found '%.*s'", lo, hi,
                       VT__POT_SHOWN(l, last));
  *seen = 1;
  *out = v;
  return VT_OK;
}

/* seen: of the keys, then of the elements. */
static vt_status read_line(const vt__pot_lines *l, parameters *par, char seen[KEYS + LAST_Z + 1], vt_err *err)
{
  if (vt__pot_word_is(l, 0, "radius")) {
    if (l->n_words != 3)
      return vt_err_user(err, VT_EPARSE, l->path, l->line, 0, "expected 'radius ELEMENT A', found %d words",
                         l->n_words);
    int z = ion_of(l->word[1], (size_t)l->len[1]);
    if (!z) return vt_err_user(err, VT_EPARSE, l->path, l->line, 0, "no ion '%.*s' in this model", VT__POT_SHOWN(l, 1));
    return born_take(l, least_radius, most_radius, &seen[KEYS + z], &par->radius[z], err);
  }
  for (int k = 0; k < KEYS; k++) {
    if (!vt__pot_word_is(l, 0, key[k].key)) continue;
    if (l->n_words != 2)
      return vt_err_user(err, VT_EPARSE, l->path, l->line, 0, "expected '%s VALUE', found %d words", key[k].key,
                         l->n_words);
    return born_take(l, key[k].lo, key[k].hi, &seen[k], (double *)(void *)((char *)par + key[k].at), err);
  }
  return vt_err_user(err, VT_EPARSE, l->path, l->line, 1,
                     "expected charge_scale, rho, alpha, cutoff, cohesion or radius, found '%.*s'",
                     VT__POT_SHOWN(l, 0));
}

static vt_status read_file(born *p, vt_err *err)
{
  enum { MOST_BYTES = 1 << 16 };
  vt_status rc = VT_OK;
  char *text;
  size_t n;
  char seen[KEYS + LAST_Z + 1] = {0};
  VT_PASS(vt_text_read(p->path, MOST_BYTES, &text, &n, err));
  vt_sha256(text, n, &p->sha256);
  vt__pot_lines l = {.path = p->path, .at = text + vt_text_mark(text, n), .end = text + n};
  while (rc == VT_OK && vt__pot_line(&l)) rc = read_line(&l, &p->par, seen, err);
  vt_free(text);
  return rc;
}

/* ------------------------------------------------------------------ opening */

static vt_status unknown_ion(const char *symbol, vt_err *err)
{
  char known[4 * IONS + 1];
  size_t used = 0;
  for (int k = 0; k < IONS; k++) used += (size_t)snprintf(known + used, sizeof known - used, " %s", ion[k].symbol);
  VT_FAIL(err, VT_EINVAL, "the model does not know element '%s'; it knows%s and all others with an ionic radius",
          symbol, known);
}

/* What the file says, what the campaign says, the table above, the table of all elements; NaN: nothing does. */
static double radius_of(const born *p, const char *symbol, int z, const vt_composition *c, int s)
{
  if (p->par.radius[z] > 0) return p->par.radius[z];
  if (c && c->radius[s] > 0) return c->radius[s];
  for (int k = 0; k < IONS; k++)
    if (strcmp(ion[k].symbol, symbol) == 0) return ion[k].radius;
  const int charge = c && c->charge[s] ? c->charge[s] : vt_element_charge(z);
  return vt_ion_radius(z, charge) + (charge < 0 ? other_anion_shift : 0);
}

static vt_status bind_species(born *p, const vt_pot_args *a, vt_err *err)
{
  double radius[VT_MAX_SPECIES], q[VT_MAX_SPECIES];
  for (int s = 0; s < a->n_species; s++) {
    const int z = vt_element_z(a->species[s]), stated = a->comp && a->comp->charge[s];
    const int charge = stated ? a->comp->charge[s] : vt_element_charge(z);
    radius[s] = z ? radius_of(p, a->species[s], z, a->comp, s) : (double)NAN;
    if (charge == 0 || !isfinite(radius[s])) return unknown_ion(a->species[s], err);
    radius[s] = fmax(radius[s], least_radius); /* of a proton, or of carbon, Shannon's is negative */
    q[s] = p->par.charge_scale * charge;
  }
  for (int s = 0; s < a->n_species; s++) {
    for (int t = 0; t < a->n_species; t++) {
      double contact = radius[s] + radius[t], rho = p->par.rho, *factor = p->factor[s][t];
      factor[COULOMB] = COULOMB_EV_A * q[s] * q[t];
      factor[WALL] = SPHALERITE_A_BOND * fabs(factor[COULOMB]) * rho / (contact * contact) * exp(contact / rho);
      if (q[s] < 0 && q[t] < 0) factor[DISPERSION] = -p->par.cohesion * pow(contact, 6);
    }
  }
  return VT_OK;
}

/* Value and derivative after r. */
typedef struct sample {
  double v, dv;
} sample;

static sample bare_wall(const parameters *p, double r)
{
  double e = exp(-r / p->rho);
  return (sample){e, -e / p->rho};
}

static sample bare_coulomb(const parameters *p, double r)
{
  const double two_over_root_pi = 1.1283791670955126;
  double v = erfc(p->alpha * r) / r;
  return (sample){v, -(v + two_over_root_pi * p->alpha * exp(-p->alpha * p->alpha * r * r)) / r};
}

static sample bare_dispersion(const parameters *p, double r)
{
  (void)p;
  double v = 1 / (pow(r, 6) + pow(DAMPING_R_A, 6));
  return (sample){v, -6 * pow(r, 5) * v * v};
}

static sample (*const bare[PARTS])(const parameters *, double) = {bare_wall, bare_coulomb, bare_dispersion};

/* SF[bare] at distance r, as value and derivative after r^2. */
static sample born_shifted(const parameters *p, part k, double r)
{
  sample at = bare[k](p, r), end = bare[k](p, p->cutoff);
  return (sample){at.v - end.v - end.dv * (r - p->cutoff), (at.dv - end.dv) / (2 * r)};
}

/* The cubic through two samples a width w apart (Hermite). */
static void hermite(double c[4], sample a, sample b, double w)
{
  c[0] = a.v;
  c[1] = w * a.dv;
  c[2] = 3 * (b.v - a.v) - w * (2 * a.dv + b.dv);
  c[3] = 2 * (a.v - b.v) + w * (a.dv + b.dv);
}

static vt_status tabulate(born *p, vt_err *err)
{
  const parameters *par = &p->par;
  const double s0 = LEAST_R_A * LEAST_R_A, span = par->cutoff * par->cutoff - s0;
  p->n_cells = (int)ceil(span * CELLS_PER_A2); /* at most 12800: the cutoff's limit */
  p->cells_per_a2 = p->n_cells / span;
  VT_TRY(VT_NEW(p->table, (size_t)p->n_cells + 2, err), err, "table of the ions");
  const double width = 1 / p->cells_per_a2;
  for (part f = 0; f < PARTS; f++) {
    sample at = born_shifted(par, f, LEAST_R_A);
    double *line = p->table[0].c[f];
    line[0] = at.v - width * at.dv;
    line[1] = width * at.dv;
    for (int k = 1; k <= p->n_cells; k++) {
      double r = k < p->n_cells ? sqrt(s0 + k * width) : par->cutoff; /* exactly: there V ends as 0 */
      sample next = born_shifted(par, f, r);
      hermite(p->table[k].c[f], at, next, width);
      at = next;
    }
  }
  return VT_OK;
}

/* The wall of every pair reaches down to LEAST_R_A; parameters from a file need not be so sensible. */
static vt_status check_walls(const born *p, const vt_pot_args *a, vt_err *err)
{
  for (int s = 0; s < a->n_species; s++) {
    for (int t = s; t < a->n_species; t++) {
      double slope = 0;
      for (part f = 0; f < PARTS; f++) slope += p->factor[s][t][f] * p->table[0].c[f][1];
      if (!(slope < 0))
        VT_FAIL(err, VT_EINVAL, "%s and %s attract each other at %g A: their radii or rho leave no wall", a->species[s],
                a->species[t], LEAST_R_A);
    }
  }
  return VT_OK;
}

static vt_status born_open(const vt_pot_args *a, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  born *p = NULL;
  *self = NULL;
  VT_TRY(VT_NEW(p, 1, err), err, "ions");
  if (strlen(a->path) >= sizeof p->path) VT_FAIL_OUT(err, VT_EINVAL, "path '%.80s...' is too long", a->path);
  memcpy(p->path, a->path, strlen(a->path) + 1);
  for (int k = 0; k < KEYS; k++) *(double *)(void *)((char *)&p->par + key[k].at) = key[k].def;
  if (strcmp(p->path, "-") != 0) rc = read_file(p, err);
  if (rc == VT_OK) rc = bind_species(p, a, err);
  if (rc == VT_OK) rc = tabulate(p, err);
  if (rc == VT_OK) rc = check_walls(p, a, err);
  if (rc == VT_OK) *self = p, p = NULL;
out:
  born_close(p);
  return rc;
}

static void born_describe(const void *self, vt_pot_info *out)
{
  const born *p = self;
  memcpy(out->path, p->path, sizeof out->path);
  out->sha256 = p->sha256;
  out->cutoff = p->par.cutoff;
  memcpy(out->kernel, "portable double", sizeof "portable double");
  for (int z = 1; z <= LAST_Z; z++) {
    const char *symbol = vt_element_symbol(z);
    if (ion_of(symbol, strlen(symbol))) memcpy(out->element[out->n_elements++], symbol, strlen(symbol) + 1);
  }
}

/* ------------------------------------------------------------------ computing */

/* What row i adds up: half of each pair's energy and virial, all of the force on i.  The list is full, so the other
 * halves and the reaction are in the neighbours' rows, and nothing is scattered. */
typedef struct row_sum {
  double e, f[3], w[6]; /* xx xy xz yy yz zz */
} row_sum;

/* Into *out; returns the entry that sits on atom i, or -1. */
static int add_row(const born *p, const vt_nlist *nl, int i, row_sum *out)
{
  const double s0 = LEAST_R_A * LEAST_R_A, density = p->cells_per_a2, last = p->n_cells + 1;
  const double xi = nl->x[i], yi = nl->y[i], zi = nl->z[i];
  const double(*factors)[PARTS] = (const double(*)[PARTS])p->factor[nl->type[i]];
  const int *row = nl->neigh + nl->first[i];
  row_sum sum = {0};
  for (int k = 0; k < nl->count[i]; k++) {
    const int j = row[k];
    const double dx = nl->x[j] - xi, dy = nl->y[j] - yi, dz = nl->z[j] - zi;
    const double s = dx * dx + dy * dy + dz * dz;
    if (s < VT_POT_OVERLAP_A * VT_POT_OVERLAP_A) return j;
    const double at = (s - s0) * density + 1;
    const int cell = at >= last ? p->n_cells + 1 : at > 0 ? (int)at : 0;
    const double *g = factors[nl->type[j]], t = at - cell;
    const cubic *u = &p->table[cell];
    double c[4];
    for (int m = 0; m < 4; m++)
      c[m] = g[WALL] * u->c[WALL][m] + g[COULOMB] * u->c[COULOMB][m] + g[DISPERSION] * u->c[DISPERSION][m];
    const double dv = (c[1] + t * (2 * c[2] + t * (3 * c[3]))) * density; /* dV/d(r^2) */
    sum.e += 0.5 * (c[0] + t * (c[1] + t * (c[2] + t * c[3])));
    sum.f[0] += 2 * dv * dx;
    sum.f[1] += 2 * dv * dy;
    sum.f[2] += 2 * dv * dz;
    sum.w[0] -= dv * dx * dx;
    sum.w[1] -= dv * dx * dy;
    sum.w[2] -= dv * dx * dz;
    sum.w[3] -= dv * dy * dy;
    sum.w[4] -= dv * dy * dz;
    sum.w[5] -= dv * dz * dz;
  }
  *out = sum;
  return -1;
}

static vt_status born_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  static const int six[9] = {0, 1, 2, 1, 3, 4, 2, 4, 5};
  const born *p = self;
  out->energy = 0;
  memset(out->virial, 0, sizeof out->virial);
  for (int i = 0; i < nl->n; i++) {
    row_sum sum = {0};
    int overlap = add_row(p, nl, i, &sum);
    if (overlap >= 0) return vt__pot_overlap(nl, i, overlap, err);
    out->energy += sum.e;
    memcpy(out->f[i], sum.f, sizeof sum.f);
    if (out->e_atom) out->e_atom[i] = sum.e;
    for (int k = 0; k < 9; k++) {
      out->virial[k] += sum.w[six[k]];
      if (out->w_atom) out->w_atom[i][k] = sum.w[six[k]]; /* the halves of i->j and j->i are equal */
    }
  }
  return VT_OK;
}

const vt_pot_ops vt__pot_born = {
    .name = "born", .open = born_open, .describe = born_describe, .compute = born_compute, .close = born_close};
