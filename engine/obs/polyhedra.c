/* Coordination polyhedra of the metals: sizes, oxygens, how they are joined, angles (T 6.7). */
#include "engine/obs/network.h"

enum { CN = 13, O_COUNT = 9, ANION = 7, SHARING = 3, ANGLES = 90 };
static const double bin_deg = 180.0 / ANGLES, deg_per_rad = 57.295779513082320877;

/* Where the counts are in the tally: frames, sharing, then the blocks that depend on the number of species. */
enum { AT_SHARING = 1, AT_CN = AT_SHARING + SHARING };
static size_t at_o(const vt_composition *c) { return AT_CN + (size_t)c->n_species * CN; }
static size_t at_anion(const vt_composition *c) { return at_o(c) + (size_t)c->n_species * O_COUNT; }
static size_t at_angle(const vt_composition *c) { return at_anion(c) + (size_t)c->n_species * ANION; }
static size_t pairs_of(const vt_composition *c) { return (size_t)c->n_species * ((size_t)c->n_species + 1) / 2; }
static size_t n_angles(const vt_composition *c) { return (size_t)c->n_species * pairs_of(c) * ANGLES; }

static vt_status polyhedra_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n,
                                  vt_err *err)
{
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(vt__obs_check(&vt__obs_polyhedra.doc, p, r, err));
  const int s = p->comp.n_species, pairs = vt__obs_n_pairs(p);
  const vt__array arrays[] = {
      {&vt_a_polyhedra_cn,
       "1",
       "THEORY T 6.7",
       "fraction of the metals of a species with 0..12 anions",
       2,
       {{VT_AXIS_SPECIES, s}, {VT_AXIS_PLAIN, CN}}},
      {&vt_a_polyhedra_o_count,
       "1",
       "THEORY T 6.7",
       "fraction of the metals of a species with 0..8 oxygens",
       2,
       {{VT_AXIS_SPECIES, s}, {VT_AXIS_PLAIN, O_COUNT}}},
      {&vt_a_polyhedra_anion,
       "1",
       "THEORY T 6.7",
       "fraction of the anions of a species bound to 0..6 metals",
       2,
       {{VT_AXIS_SPECIES, s}, {VT_AXIS_PLAIN, ANION}}},
      {&vt_a_polyhedra_sharing,
       "1",
       "THEORY T 6.7",
       "mean number of pairs of metals that share 1, 2, 3 or more anions (corner, edge, face)",
       1,
       {{VT_AXIS_PLAIN, SHARING}}},
      {&vt_a_polyhedra_angle_deg, "deg", "THEORY T 6.7", "centre of the bin", 1, {{VT_AXIS_PLAIN, ANGLES}}},
      {&vt_a_polyhedra_angle,
       "1/deg",
       "THEORY T 6.7",
       "density of anion-metal-anion angles by metal and pair of anions; NaN where there are none",
       3,
       {{VT_AXIS_SPECIES, s}, {VT_AXIS_PAIR, pairs}, {VT_AXIS_PLAIN, ANGLES}}}};
  VT_PASS(vt__layout_add(&l, arrays, (int)(sizeof arrays / sizeof arrays[0]), err));
  *n = l.n;
  return VT_OK;
}

static vt_status polyhedra_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  VT_PASS(vt__obs_check(&vt__obs_polyhedra.doc, p, r, err)); /* before sizes are computed from the composition */
  return vt__net_obs_open(&vt__obs_polyhedra.doc, p, r, at_angle(&p->comp) + n_angles(&p->comp), 0, self, err);
}

/* One more in a histogram of `n` bins; what lies beyond is in no bin, and the fractions then add up to less than 1. */
static void tick(double *histogram, int n, int value)
{
  if (value < n) histogram[value] += 1;
}

static void count_angles(vt__net_obs *o, const vt_frame *fr, int a)
{
  const vt__pairs *p = &o->net.anions_of;
  const double(*d)[4] = (const double(*)[4])(p->d + (size_t)a * (size_t)p->most);
  const int *place = p->place + a * p->most, species = o->comp.n_species;
  double *of_metal =
      o->tally + at_angle(&o->comp) + (size_t)fr->type[p->first[a]] * pairs_of(&o->comp) * (size_t)ANGLES;
  for (int i = 1; i < p->count[a]; i++)
    for (int j = 0; j < i; j++) {
      int pair = vt_pair_index(fr->type[p->second[place[i]]], fr->type[p->second[place[j]]], species);
      double dot = d[i][0] * d[j][0] + d[i][1] * d[j][1] + d[i][2] * d[j][2];
      double cosine = fmax(-1, fmin(1, dot / (d[i][3] * d[j][3])));
      int bin = (int)(acos(cosine) * deg_per_rad / bin_deg);
      of_metal[pair * ANGLES + (bin < ANGLES ? bin : ANGLES - 1)] += 1;
    }
}

static vt_status polyhedra_sample(void *self, const vt_frame *fr, vt_err *err)
{
  vt__net_obs *o = self;
  VT_PASS(vt__net_obs_look(o, fr, err));
  const vt__pairs *p = &o->net.anions_of, *q = &o->net.metals_of;
  double *t = o->tally;
  for (int a = 0; a < p->n_first; a++) {
    int type = fr->type[p->first[a]];
    tick(t + AT_CN + type * CN, CN, p->count[a]);
    tick(t + at_o(&o->comp) + type * O_COUNT, O_COUNT, vt__net_obs_oxygens(o, fr, a));
    count_angles(o, fr, a);
    for (int k = 0, n = vt__network_links(&o->net, a); k < n; k++) {
      int shares = o->net.shares[k];
      t[AT_SHARING + (shares < SHARING ? shares : SHARING) - 1] += 1;
    }
  }
  for (int b = 0; b < q->n_first; b++) tick(t + at_anion(&o->comp) + fr->type[q->first[b]] * ANION, ANION, q->count[b]);
  return VT_OK;
}

/* Rows of a histogram by species, over all atoms of the species that belong to the group. */
static void fractions(const vt__net_obs *o, const int in_group[VT_MAX_SPECIES], const double *from, int bins,
                      double *to)
{
  for (int s = 0; s < o->comp.n_species; s++) {
    double atoms = in_group[s] ? o->tally[0] * o->comp.count[s] : 0;
    for (int k = 0; k < bins; k++) to[s * bins + k] = vt__fraction(from[s * bins + k], atoms);
  }
}

static vt_status polyhedra_finish(void *self, double *const *out, vt_err *err)
{
  const vt__net_obs *o = self;
  const vt_composition *c = &o->comp;
  const int *metal = o->net.anions_of.of_first, *anion = o->net.metals_of.of_first;
  const double *t = o->tally;
  (void)err;
  fractions(o, metal, t + AT_CN, CN, out[0]);
  fractions(o, metal, t + at_o(c), O_COUNT, out[1]);
  fractions(o, anion, t + at_anion(c), ANION, out[2]);
  for (int k = 0; k < SHARING; k++) out[3][k] = vt__fraction(t[AT_SHARING + k], t[0]);
  for (int k = 0; k < ANGLES; k++) out[4][k] = (k + 0.5) * bin_deg;
  for (size_t row = 0; row < n_angles(c); row += ANGLES) {
    double sum = 0;
    for (size_t k = 0; k < ANGLES; k++) sum += t[at_angle(c) + row + k];
    for (size_t k = 0; k < ANGLES; k++) out[5][row + k] = vt__fraction(t[at_angle(c) + row + k], sum * bin_deg);
  }
  return VT_OK;
}

/* How many angles there were is not kept: as many in one sample as in another, unless there were none. */
static double angle_samples(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)at;
  return isnan(p->values[5][e]) ? 0 : p->samples;
}

static const vt__join_rule polyhedra_join[] = {{.how = VT__JOIN_MEAN, .weight = vt__join_samples},
                                               {.how = VT__JOIN_MEAN, .weight = vt__join_samples},
                                               {.how = VT__JOIN_MEAN, .weight = vt__join_samples},
                                               {.how = VT__JOIN_MEAN, .weight = vt__join_samples},
                                               {.how = VT__JOIN_SAME},
                                               {.how = VT__JOIN_MEAN, .weight = angle_samples}};

const vt_obs_ops vt__obs_polyhedra = {
    .doc = {.name = "polyhedra",
            .doc =
                "coordination of metals and anions, oxygens of a metal, corners, edges and faces shared, bond angles",
            .every_ps = 0.1,
            .every_lo_ps = 0.001,
            .every_hi_ps = 1000,
            .on_by_default = 1},
    .layout = polyhedra_layout,
    .open = polyhedra_open,
    .begin = vt__net_obs_begin,
    .sample = polyhedra_sample,
    .state_size = vt__net_obs_state_size,
    .save = vt__net_obs_save,
    .load = vt__net_obs_load,
    .finish = polyhedra_finish,
    .close = vt__net_obs_close,
    VT__JOIN(polyhedra_join)};
