/* From amounts per metal to a neutral cell of whole atoms. */
#include <math.h>
#include <stdlib.h>

#include "config/amounts/amounts.h"

enum { ALKALI, METAL, HALIDE, OXIDE, N_GROUPS };
static const int role_of_group[N_GROUPS] = {VT_ROLE_MOBILE, VT_ROLE_NETWORK, VT_ROLE_ANION, VT_ROLE_COUNTED};

/* The species of one role. */
typedef struct group {
  int n, first; /* a.z[first .. first + n) */
  double x;     /* amount per metal        */
} group;

typedef struct asked_cell {
  const vt_amounts *a;
  const int32_t *charge; /* of each species */
  group g[N_GROUPS];
  double x_total;
  int atoms;
} asked_cell;

typedef struct cell {
  int count[VT_MAX_SPECIES];
  int total;
  double error; /* largest relative error of a ratio */
} cell;

static asked_cell amounts_ask(const vt_amounts *a, const vt_composition *ions, int atoms)
{
  asked_cell q = {.a = a, .charge = ions->charge, .atoms = atoms};
  for (int k = 0; k < N_GROUPS; k++) {
    group *g = &q.g[k];
    for (int i = 0; i < a->n; i++) {
      if (vt_comp_role(ions, i) != role_of_group[k]) continue;
      if (g->n++ == 0) g->first = i; /* canonical order keeps a role together */
      g->x += vt_q_f64(a->x[i]);
    }
    q.x_total += g->x;
  }
  return q;
}

static int sum_of(const cell *c, const group *g)
{
  int s = 0;
  for (int i = 0; i < g->n; i++) s += c->count[g->first + i];
  return s;
}

static double amounts_relative(double got, double want) { return fabs(got / want - 1); }

/* Largest relative error of alkali per metal, halide per oxide, and of the shares within a mixture. */
static double ratio_error(const asked_cell *q, const cell *c)
{
  const group *g = q->g;
  double n[N_GROUPS], worst = 0;
  for (int k = 0; k < N_GROUPS; k++) n[k] = sum_of(c, &g[k]);
  if (g[ALKALI].n && g[METAL].n) worst = amounts_relative(n[ALKALI] / n[METAL], g[ALKALI].x / g[METAL].x);
  if (g[HALIDE].n && g[OXIDE].n) worst = fmax(worst, amounts_relative(n[HALIDE] / n[OXIDE], g[HALIDE].x / g[OXIDE].x));
  for (int k = 0; k < N_GROUPS; k++)
    for (int i = g[k].first; g[k].n > 1 && i < g[k].first + g[k].n; i++)
      worst = fmax(worst, amounts_relative(c->count[i] / n[k], vt_q_f64(q->a->x[i]) / g[k].x));
  return worst;
}

/* ------------------------------------------------------------------ an exact multiple */

static int exact_cell(const asked_cell *q, cell *c)
{
  int64_t p[VT_MAX_SPECIES], sum, atoms = q->atoms;
  if (!vt_amounts_primitive(q->a, p, &sum) || sum > 2 * atoms) return 0;
  int64_t times = (2 * atoms + sum) / (2 * sum); /* the nearest multiple; of two the larger */
  if (times < 1) times = 1;
  int64_t off = llabs(times * sum - atoms);
  if (10 * off > atoms) return 0;
  *c = (cell){.total = (int)(times * sum)};
  for (int i = 0; i < q->a->n; i++) c->count[i] = (int)(times * p[i]);
  return 1;
}

/* ------------------------------------------------------------------ the best of all others */

/* Share n atoms among the species of a group by the largest remainder. 0 if one would get none. */
static int share_out(const asked_cell *q, const group *g, int n, cell *c)
{
  double rest[VT_MAX_SPECIES];
  int left = n;
  for (int i = g->first; i < g->first + g->n; i++) {
    double want = n * vt_q_f64(q->a->x[i]) / g->x;
    c->count[i] = (int)floor(want);
    rest[i] = want - c->count[i];
    left -= c->count[i];
  }
  for (; left > 0; left--) {
    int most = g->first;
    for (int i = g->first; i < g->first + g->n; i++)
      if (rest[i] > rest[most]) most = i;
    c->count[most]++;
    rest[most] = -1;
  }
  for (int i = g->first; i < g->first + g->n; i++)
    if (c->count[i] < 1) return 0;
  return 1;
}

static int charge_of(const asked_cell *q, const cell *c, const group *g)
{
  int s = 0;
  for (int i = g->first; i < g->first + g->n; i++) s += q->charge[i] * c->count[i];
  return s;
}

/* Complete a cell whose cations are set, with n_oxide oxide ions (ignored where oxide alone balances); keep the
 * better of it and *best. */
static void try_anions(const asked_cell *q, cell c, int n_oxide, double window, cell *best)
{
  const group *x = &q->g[HALIDE], *o = &q->g[OXIDE];
  int positive = charge_of(q, &c, &q->g[ALKALI]) + charge_of(q, &c, &q->g[METAL]);
  int q_o = o->n ? -q->charge[o->first] : 1, q_x = x->n ? -q->charge[x->first] : 1;
  if (!x->n) n_oxide = positive / q_o;
  if (!o->n) n_oxide = 0;
  if (!share_out(q, o, n_oxide, &c) || !share_out(q, x, x->n ? (positive - q_o * n_oxide) / q_x : 0, &c)) return;
  if (positive + charge_of(q, &c, x) + charge_of(q, &c, o) != 0) return;
  c.total = 0;
  for (int i = 0; i < q->a->n; i++) c.total += c.count[i];
  if (abs(c.total - q->atoms) > window * q->atoms) return;
  c.error = ratio_error(q, &c);
  double gain = best->total ? best->error - c.error : 1;
  int nearer = abs(c.total - q->atoms) < abs(best->total - q->atoms);
  if (gain > 1e-12 || (gain > -1e-12 && nearer)) *best = c;
}

static int max_int(int a, int b) { return a > b ? a : b; }

/* All neutral cells of about the asked size whose groups are within `slack` atoms of the asked ratios. */
static int nearest_cell(const asked_cell *q, double window, cell *best)
{
  enum { SLACK = 2 };
  const group *g = q->g, *lead = g[METAL].n ? &g[METAL] : &g[ALKALI], *other = g[METAL].n ? &g[ALKALI] : &g[METAL];
  double per_atom = lead->x / q->x_total;
  int least = max_int(lead->n, (int)floor((1 - window) * q->atoms * per_atom) - SLACK);
  int most = (int)ceil((1 + window) * q->atoms * per_atom) + SLACK;
  *best = (cell){0};
  for (int n = least; n <= most; n++) {
    double u = n / lead->x;
    int n_other = (int)lround(u * other->x), n_oxide = (int)lround(u * g[OXIDE].x);
    cell c = {0};
    if (!share_out(q, lead, n, &c)) continue;
    for (int i = -SLACK; i <= SLACK; i++) {
      if (n_other + i < 0 || !share_out(q, other, other->n ? n_other + i : 0, &c)) continue;
      for (int k = -SLACK; k <= SLACK; k++)
        if (n_oxide + k >= 0) try_anions(q, c, n_oxide + k, window, best);
    }
  }
  return best->total > 0;
}

/* ------------------------------------------------------------------ what it became */

/* How many of one role stand on one of another; infinite without the other, NaN without both. */
static double amounts_per(double n, double of) { return of > 0 ? n / of : n > 0 ? INFINITY : NAN; }

static double amount_of(const vt_amounts *a, const vt_composition *c, int role)
{
  double x = 0;
  for (int i = 0; i < a->n; i++)
    if (vt_comp_role(c, i) == role) x += vt_q_f64(a->x[i]);
  return x;
}

static void amounts_describe(const vt_amounts *a, vt_composition *c, vt_ratios *ratios)
{
  c->n_atoms = 0;
  for (int i = 0; i < c->n_species; i++) c->n_atoms += c->count[i];
  ratios->halogen_to_oxygen = amounts_per(amount_of(a, c, VT_ROLE_ANION), amount_of(a, c, VT_ROLE_COUNTED));
  ratios->got_halogen_to_oxygen = amounts_per(vt_comp_atoms(c, VT_ROLE_ANION), vt_comp_atoms(c, VT_ROLE_COUNTED));
  ratios->alkali_per_metal = amounts_per(amount_of(a, c, VT_ROLE_MOBILE), amount_of(a, c, VT_ROLE_NETWORK));
  ratios->got_alkali_per_metal = amounts_per(vt_comp_atoms(c, VT_ROLE_MOBILE), vt_comp_atoms(c, VT_ROLE_NETWORK));
}

/* The search by groups takes them as runs of one charge of anion. */
static int is_grouped(const vt_composition *c)
{
  for (int i = 0; i < c->n_species; i++)
    if (!vt_element_is_classic(c->z[i]) || c->role[i]) return 0;
  return 1;
}

int vt_amounts_cell(const vt_amounts *a, int atoms, vt_composition *c, vt_ratios *ratios)
{
  static const double window[] = {0.1, 0.25, 0.5};
  asked_cell q = amounts_ask(a, c, atoms);
  cell best = {0};
  int found = exact_cell(&q, &best);
  if (!found && !is_grouped(c)) {
    found = vt_amounts_cell_any(a, c->charge, atoms, c->count, &ratios->worst_ratio_error);
  } else {
    for (int i = 0; i < 3 && !found; i++) found = nearest_cell(&q, window[i], &best);
    for (int i = 0; i < c->n_species; i++) c->count[i] = best.count[i];
    ratios->worst_ratio_error = best.error;
  }
  if (found) amounts_describe(a, c, ratios);
  return found;
}
