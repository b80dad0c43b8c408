/* How long an alkali stays with a metal, by the number of oxygens around the metal (T 6.10). */
#include <math.h>
#include <string.h>

#include "engine/obs/track.h"

enum { POINTS, HYSTERESIS, PERMISSION };                    /* parameters                                      */
enum { MOST = VT__TRACK_MOST, N_CLASS = 5 };                /* metals of one alkali; 0, 1, 2, 3, >= 4 oxygens  */
enum { MEAN = 16 };                                         /* metals of an alkali, over all: room for vectors */
enum { ORIGIN, CONTINUOUS, INTERMITTENT, ENDPOINT, N_SUM }; /* accumulators of a species and class             */

typedef struct residence {
  vt__corr_obs base; /* first: closed as one. Vectors: see list_bonds */
  vt__track track;
  vt__pairs oxygen; /* around each metal */
  double (*now)[3]; /* [n_vec] */
  int *class_of;    /* [metal]           */
  size_t n_census;
  double *census, *bonds, *metals, *visits; /* one block: [species][N_CLASS], [N_CLASS], [species][N_CLASS] */
} residence;

static vt_status residence_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n,
                                  vt_err *err)
{
  vt__corr_shape shape = {0};
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(vt__corr_obs_shape(&vt__obs_residence.doc, p, r, &shape, err));
  const int n_lag = shape.n_lag, n_species = p->comp.n_species;
  const struct {
    const vt_array_name *name;
    const char *doc;
  } survival[] = {
      {&vt_a_residence_continuous,
       "alkali-metal bonds that never broke, by species and the metal's O count at the origin"},
      {&vt_a_residence_intermittent, "alkali-metal bonds that did not break for longer than `permission`, likewise"},
      {&vt_a_residence_endpoint, "alkali-metal bonds that are there at both ends, likewise"}};
  const vt__array lags[] = {
      {&vt_a_residence_lag_ps, "ps", "THEORY T 6.1", "time lag", 1, {{VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_residence_origins, "1", "THEORY T 6.1", "time origins behind each lag", 1, {{VT_AXIS_PLAIN, n_lag}}}};
  VT_PASS(vt__layout_add(&l, lags, 2, err));
  for (int k = 0; k < 3; k++) {
    const vt__array a = {
        survival[k].name, "1", "THEORY T 6.10",
        survival[k].doc,  3,   {{VT_AXIS_SPECIES, n_species}, {VT_AXIS_PLAIN, N_CLASS}, {VT_AXIS_PLAIN, n_lag}}};
    VT_PASS(vt__layout_add(&l, &a, 1, err));
  }
  const vt__array census[] = {{&vt_a_residence_bonds,
                               "1",
                               "THEORY T 6.10",
                               "mean number of alkali-metal bonds of a frame, by the metal's O count 0, 1, 2, 3, >= 4",
                               2,
                               {{VT_AXIS_SPECIES, n_species}, {VT_AXIS_PLAIN, N_CLASS}}},
                              {&vt_a_residence_metals,
                               "1",
                               "THEORY T 6.10",
                               "mean number of metals of a frame, by O count 0, 1, 2, 3, >= 4",
                               1,
                               {{VT_AXIS_PLAIN, N_CLASS}}},
                              {&vt_a_residence_visits,
                               "1",
                               "THEORY T 6.10",
                               "alkali-metal bonds that formed during the run, by the metal's O count then",
                               2,
                               {{VT_AXIS_SPECIES, n_species}, {VT_AXIS_PLAIN, N_CLASS}}}};
  VT_PASS(vt__layout_add(&l, census, 3, err));
  *n = l.n;
  return VT_OK;
}

static void residence_close(void *self)
{
  residence *o = self;
  if (!o) return;
  vt__track_close(&o->track);
  vt__pairs_close(&o->oxygen);
  vt_free(o->now);
  vt_free(o->class_of);
  vt_free(o->census);
  vt__corr_obs_close(o);
}

static vt_status residence_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  residence *o = NULL;
  vt__corr_shape shape;
  const size_t n_species = (size_t)p->comp.n_species;
  *self = NULL;
  VT_PASS(vt__corr_obs_shape(&vt__obs_residence.doc, p, r, &shape, err));
  VT_TRY_OUT(VT_NEW(o, 1, err), err, "residence");
  VT_TRY_OUT(vt__track_open(&o->track, &p->comp, VT_ROLE_MOBILE, VT_ROLE_NETWORK, MOST, r->par[HYSTERESIS],
                            vt__track_at_most(r->par[PERMISSION], vt__obs_sample_ps(p, r)), err),
             err, "residence");
  VT_TRY_OUT(vt__pairs_open(&o->oxygen, &p->comp, VT_ROLE_NETWORK, VT_ROLE_COUNTED, MOST, err), err, "residence");
  const size_t n_vec = (size_t)o->track.pairs.n_first * MEAN + 1;
  VT_TRY_OUT(VT_NEW(o->now, n_vec, err), err, "residence: %zu vectors", n_vec);
  VT_TRY_OUT(VT_NEW(o->class_of, (size_t)o->oxygen.n_first + 1, err), err, "residence");
  o->n_census = (2 * n_species + 1) * N_CLASS;
  VT_TRY_OUT(VT_NEW(o->census, o->n_census, err), err, "residence");
  o->bonds = o->census;
  o->metals = o->bonds + n_species * N_CLASS;
  o->visits = o->metals + N_CLASS;
  VT_TRY_OUT(vt__corr_obs_init(&o->base, p, r, shape, (int)n_vec, p->comp.n_species * N_CLASS * N_SUM, err), err,
             "residence"); /* fits: MEAN entries for each of the atoms of a cell, which are counted in int */
  *self = o, o = NULL;
out:
  residence_close(o);
  return rc;
}

static vt_status residence_begin(void *self, const vt_cutoffs *cut, vt_err *err)
{
  residence *o = self;
  return vt__track_begin(&o->track, cut, err);
}

/* The bonds of a frame, one after the other, as vectors of exact integers: (which alkali and metal, and which row of
 * the results), number, lasting.  They ascend; -1 behind the last one. */
enum { N_ROW = 128 };
_Static_assert(VT_MAX_SPECIES *N_CLASS <= N_ROW, "a row of the results does not fit");

static void classify_metals(residence *o)
{
  for (int m = 0; m < o->oxygen.n_first; m++) {
    o->class_of[m] = o->oxygen.count[m] < N_CLASS ? o->oxygen.count[m] : N_CLASS - 1;
    o->metals[o->class_of[m]]++;
  }
}

/* From now[n] on; returns where they end; n_vec: there is no room. */
static size_t list_bonds(residence *o, int a, int species, size_t n)
{
  const size_t n_vec = (size_t)o->base.corr.n_vec;
  int n_row;
  const vt__bond *b = vt__track_row(&o->track, a, &n_row);
  for (int i = 0; i < n_row; i++) {
    if (b[i].absent > 0) continue;
    if (n + 1 >= n_vec) return n_vec;
    const int row = species * N_CLASS + o->class_of[b[i].partner];
    const int64_t which = (int64_t)a * o->oxygen.n_first + b[i].partner;
    o->bonds[row]++;
    o->visits[row] += b[i].formed;
    o->now[n][0] = (double)(which * N_ROW + row); /* all three exact: below 2^53 */
    o->now[n][1] = (double)b[i].number;
    o->now[n++][2] = (double)b[i].lasting;
  }
  return n;
}

/* Both lists ascend; the row is that of `then`, the origin. */
static void residence_visit(const void *ctx, const double (*now)[3], const double (*then)[3], double *acc)
{
  (void)ctx;
  for (; (*then)[0] >= 0; then++) {
    const int64_t code = (int64_t)(*then)[0], which = code / N_ROW;
    double *sum = acc + code % N_ROW * N_SUM;
    while ((*now)[0] >= 0 && (int64_t)(*now)[0] / N_ROW < which) now++;
    sum[ORIGIN]++;
    if ((*now)[0] < 0 || (int64_t)(*now)[0] / N_ROW != which) continue;
    sum[ENDPOINT]++;
    sum[CONTINUOUS] += (*now)[1] == (*then)[1];
    sum[INTERMITTENT] += (*now)[2] == (*then)[2];
  }
}

static vt_status residence_sample(void *self, const vt_frame *fr, vt_err *err)
{
  residence *o = self;
  size_t n = 0;
  VT_PASS(vt__obs_check_frame(fr, &o->base.comp, err));
  VT_PASS(vt__track_sample(&o->track, fr, err));
  VT_PASS(vt__pairs_find(&o->oxygen, fr, &o->track.cut, 0, err));
  classify_metals(o);
  for (int a = 0; a < o->track.pairs.n_first; a++) n = list_bonds(o, a, fr->type[o->track.pairs.first[a]], n);
  if (n == (size_t)o->base.corr.n_vec)
    VT_FAIL(err, VT_ETASK, "alkalis have more than %d bonds each, on average", (int)MEAN);
  for (; n < (size_t)o->base.corr.n_vec; n++) o->now[n][0] = o->now[n][1] = o->now[n][2] = -1;
  vt__corr_push(&o->base.corr, (const double(*)[3])o->now, residence_visit, NULL);
  return VT_OK;
}

/* The correlator, the bonds, the census. */
static size_t residence_state_size(const void *self)
{
  const residence *o = self;
  return vt__corr_obs_state_size(o) + vt__track_state_size(&o->track) + o->n_census * sizeof(double);
}

static void residence_save(const void *self, void *bytes)
{
  const residence *o = self;
  char *at = bytes;
  vt__corr_obs_save(o, at);
  at += vt__corr_obs_state_size(o);
  vt__track_save(&o->track, at);
  memcpy(at + vt__track_state_size(&o->track), o->census, o->n_census * sizeof(double));
}

static vt_status residence_load(void *self, const void *bytes, size_t n, vt_err *err)
{
  residence *o = self;
  const char *at = bytes;
  if (n != residence_state_size(o))
    VT_FAIL(err, VT_ECORRUPT, "state of residence: %zu bytes, expected %zu", n, residence_state_size(o));
  VT_PASS(vt__corr_obs_load(o, at, vt__corr_obs_state_size(o), err));
  at += vt__corr_obs_state_size(o);
  vt__track_load(&o->track, at);
  memcpy(o->census, at + vt__track_state_size(&o->track), o->n_census * sizeof(double));
  return VT_OK;
}

static vt_status residence_finish(void *self, double *const *out, vt_err *err)
{
  const residence *o = self;
  const vt__corr *c = &o->base.corr;
  const int n_lag = c->shape.n_lag;
  const double frames = (double)c->samples;
  (void)err;
  vt__corr_obs_lags(&o->base, out[0], out[1]);
  for (int row = 0; row < o->base.comp.n_species * N_CLASS; row++) {
    const int is_alkali = o->track.pairs.of_first[row / N_CLASS];
    for (int q = CONTINUOUS; q <= ENDPOINT; q++)
      for (int k = 0; k < n_lag; k++) {
        const double *sum = c->acc + (ptrdiff_t)k * c->n_acc + (ptrdiff_t)row * N_SUM;
        out[1 + q][row * n_lag + k] = is_alkali && sum[ORIGIN] > 0 ? sum[q] / sum[ORIGIN] : (double)NAN;
      }
    out[5][row] = is_alkali && frames > 0 ? o->bonds[row] / frames : (double)NAN;
    out[7][row] = is_alkali ? o->visits[row] : (double)NAN;
  }
  for (int k = 0; k < N_CLASS; k++) out[6][k] = frames > 0 ? o->metals[k] / frames : (double)NAN;
  return VT_OK;
}

/* Arrays in the layout's order: lags, origins, three survivals, bonds, metals, visits.  How many bonds there were at
 * the origins is not kept: as many as on average. */
static double residence_bonds(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)e;
  return p->values[1][at[2]] * p->values[5][at[0] * N_CLASS + at[1]];
}

static const vt__join_rule residence_join[] = {{.how = VT__JOIN_SAME},
                                               {.how = VT__JOIN_SUM},
                                               {.how = VT__JOIN_MEAN, .weight = residence_bonds},
                                               {.how = VT__JOIN_MEAN, .weight = residence_bonds},
                                               {.how = VT__JOIN_MEAN, .weight = residence_bonds},
                                               {.how = VT__JOIN_MEAN, .weight = vt__join_samples},
                                               {.how = VT__JOIN_MEAN, .weight = vt__join_samples},
                                               {.how = VT__JOIN_SUM}};

const vt_obs_ops vt__obs_residence = {
    .doc = {.name = "residence",
            .doc = "how long alkalis stay with a metal, by the number of oxygens around the metal",
            .every_ps = 0.1,
            .every_lo_ps = 0.001,
            .every_hi_ps = 1000,
            .n_par = 4,
            .on_by_default = 1,
            .par = {VT__POINTS_PAR,
                    VT__HYSTERESIS_PAR,
                    {.name = "permission",
                     .unit = "ps",
                     .doc = "an absence of at most this is no end of an intermittent bond",
                     .lo = 0,
                     .hi = 100,
                     .def = 2},
                    {.name = "count",
                     .unit = VT_UNIT_ELEMENT,
                     .doc = "the anion that is counted around metals: here, in polyhedra and in chains",
                     .lo = 0,
                     .hi = 94,
                     .def = 0}}},
    .layout = residence_layout,
    .open = residence_open,
    .begin = residence_begin,
    .sample = residence_sample,
    .state_size = residence_state_size,
    .save = residence_save,
    .load = residence_load,
    .finish = residence_finish,
    .close = residence_close,
    VT__JOIN(residence_join)};
