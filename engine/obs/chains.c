/* Fragments of the network: metals joined by shared anions (T 6.8). */
#include "engine/obs/network.h"

enum { SIZES = 64, DEGREES = 9 }; /* the last size: SIZES and more */

/* The tally. */
enum {
  FRAMES,
  N_FRAGMENTS,
  SQUARES, /* of sizes, over fragments */
  LARGEST,
  CYCLES,
  AT_FRAGMENTS,
  AT_DEGREE = AT_FRAGMENTS + SIZES,
  AT_METALS = AT_DEGREE + DEGREES, /* by the size of their fragment */
  AT_OXYGENS = AT_METALS + SIZES,  /* bound to those metals         */
  N_TALLY = AT_OXYGENS + SIZES
};

/* Scratch of one sample, [metals] each. */
enum { PARENT, SIZE, DEGREE, PER_METAL };

static vt_status chains_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n,
                               vt_err *err)
{
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(vt__obs_check(&vt__obs_chains.doc, p, r, err));
#define ROW(name, len, text)            \
  {                                     \
    name, "1", "THEORY T 6.8", text, 1, \
    {                                   \
      {                                 \
        VT_AXIS_PLAIN, len              \
      }                                 \
    }                                   \
  }
  const vt__array arrays[] = {
      ROW(&vt_a_chains_fragments, SIZES, "mean number of fragments of 1..63, 64 and more metals"),
      ROW(&vt_a_chains_mean_size, 1, "metals of a fragment, mean over fragments"),
      ROW(&vt_a_chains_weight_size, 1, "metals of a fragment, mean over metals"),
      ROW(&vt_a_chains_largest, 1, "metals of the largest fragment, mean over frames"),
      ROW(&vt_a_chains_cycles, 1, "links - metals + fragments, mean over frames"),
      ROW(&vt_a_chains_degree, DEGREES, "fraction of the metals linked to 0..8 others"),
      ROW(&vt_a_chains_o_by_size, SIZES, "mean number of oxygens of a metal in fragments of 1..63, 64 and more metals"),
      ROW(&vt_a_chains_frames, 1, "frames")};
#undef ROW
  VT_PASS(vt__layout_add(&l, arrays, (int)(sizeof arrays / sizeof arrays[0]), err));
  *n = l.n;
  return VT_OK;
}

static vt_status chains_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  return vt__net_obs_open(&vt__obs_chains.doc, p, r, N_TALLY, PER_METAL, self, err);
}

/* Halves the path on the way. */
static int root_of(int *parent, int a)
{
  while (parent[a] != a) {
    parent[a] = parent[parent[a]];
    a = parent[a];
  }
  return a;
}

/* Fragments in parent[], links of each metal in degree[]; the number of links. */
static int chains_join(vt__network *w, int *parent, int *degree)
{
  const int n_metals = w->anions_of.n_first;
  int links = 0;
  for (int a = 0; a < n_metals; a++) parent[a] = a, degree[a] = 0;
  for (int a = 0; a < n_metals; a++) {
    int n = vt__network_links(w, a);
    links += n;
    degree[a] += n;
    for (int k = 0; k < n; k++) {
      int x = root_of(parent, a), y = root_of(parent, w->partner[k]);
      degree[w->partner[k]]++;
      parent[x > y ? x : y] = x > y ? y : x;
    }
  }
  return links;
}

static int size_bin(int size) { return size < SIZES ? size - 1 : SIZES - 1; }

static vt_status chains_sample(void *self, const vt_frame *fr, vt_err *err)
{
  vt__net_obs *o = self;
  VT_PASS(vt__net_obs_look(o, fr, err));
  const int n_metals = o->net.anions_of.n_first;
  int *parent = o->scratch + PARENT * n_metals, *size = o->scratch + SIZE * n_metals;
  int *degree = o->scratch + DEGREE * n_metals, fragments = 0, largest = 0;
  double *t = o->tally;
  const int links = chains_join(&o->net, parent, degree);
  for (int a = 0; a < n_metals; a++) size[a] = 0;
  for (int a = 0; a < n_metals; a++) size[root_of(parent, a)]++;
  for (int a = 0; a < n_metals; a++) {
    int of = size[root_of(parent, a)];
    if (degree[a] < DEGREES) t[AT_DEGREE + degree[a]] += 1;
    t[AT_METALS + size_bin(of)] += 1;
    t[AT_OXYGENS + size_bin(of)] += vt__net_obs_oxygens(o, fr, a);
    t[SQUARES] += of; /* every metal once: the squares of the sizes */
    if (parent[a] != a) continue;
    t[AT_FRAGMENTS + size_bin(of)] += 1;
    fragments++;
    if (of > largest) largest = of;
  }
  t[N_FRAGMENTS] += fragments;
  t[LARGEST] += largest;
  t[CYCLES] += links - n_metals + fragments;
  return VT_OK;
}

static vt_status chains_finish(void *self, double *const *out, vt_err *err)
{
  const vt__net_obs *o = self;
  const double *t = o->tally, metals = t[FRAMES] * o->net.anions_of.n_first;
  (void)err;
  for (int k = 0; k < SIZES; k++) {
    out[0][k] = vt__fraction(t[AT_FRAGMENTS + k], t[FRAMES]);
    out[6][k] = vt__fraction(t[AT_OXYGENS + k], t[AT_METALS + k]);
  }
  out[1][0] = vt__fraction(metals, t[N_FRAGMENTS]);
  out[2][0] = vt__fraction(t[SQUARES], metals);
  out[3][0] = metals > 0 ? t[LARGEST] / t[FRAMES] : (double)NAN;
  out[4][0] = vt__fraction(t[CYCLES], t[FRAMES]);
  for (int k = 0; k < DEGREES; k++) out[5][k] = vt__fraction(t[AT_DEGREE + k], metals);
  out[7][0] = t[FRAMES];
  return VT_OK;
}

/* A mean over fragments: as many as metals over their mean size. */
static double by_fragments(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)at;
  return p->samples / p->values[1][e];
}

/* A mean over the metals of fragments of that size; in the last row, of several sizes, each fragment counts once. */
static double by_size(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)at;
  return p->samples * p->values[0][e];
}

static const vt__join_rule chains_rules[] = {
    {.how = VT__JOIN_MEAN, .weight = vt__join_samples}, {.how = VT__JOIN_MEAN, .weight = by_fragments},
    {.how = VT__JOIN_MEAN, .weight = vt__join_samples}, {.how = VT__JOIN_MEAN, .weight = vt__join_samples},
    {.how = VT__JOIN_MEAN, .weight = vt__join_samples}, {.how = VT__JOIN_MEAN, .weight = vt__join_samples},
    {.how = VT__JOIN_MEAN, .weight = by_size},          {.how = VT__JOIN_SUM}};

const vt_obs_ops vt__obs_chains = {
    .doc = {.name = "chains",
            .doc = "fragments of metals joined by shared anions: sizes, links of a metal, cycles, oxygens by size",
            .every_ps = 0.5,
            .every_lo_ps = 0.001,
            .every_hi_ps = 1000,
            .on_by_default = 1},
    .layout = chains_layout,
    .open = chains_open,
    .begin = vt__net_obs_begin,
    .sample = chains_sample,
    .state_size = vt__net_obs_state_size,
    .save = vt__net_obs_save,
    .load = vt__net_obs_load,
    .finish = chains_finish,
    .close = vt__net_obs_close,
    VT__JOIN(chains_rules)};
