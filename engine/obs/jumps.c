/* Jumps of alkalis between sets of metals (T 6.12). */
#include <math.h>
#include <string.h>

#include "engine/obs/track.h"

enum { HYSTERESIS, SETTLE }; /* parameters */
enum { MOST = VT__TRACK_MOST, N_BINS = 100 };
enum { COUNT, FOLLOWED, BACK, SETTLED, LENGTH, N_LENGTH, HISTOGRAM, N_TALLY = HISTOGRAM + N_BINS };
static const double bin_a = 0.1;

typedef struct metals { /* a set, ascending */
  int32_t n, place[MOST];
} metals;

typedef struct stay { /* samples and sum of their dx */
  int64_t n;
  double sum[3];
} stay;

typedef struct ion {
  int32_t species;
  metals now;     /* the set of this sample                                              */
  metals home;    /* the last one that settled; empty: none so far                       */
  metals before;  /* the one that it came from; empty: none                              */
  stay here;      /* since the set is `now`                                              */
  stay at_home;   /* all samples in `home` since the jump into it, excursions left out   */
  double from[3]; /* mean position in `before`                                          */
} ion;

typedef struct jumps {
  vt_composition comp;
  double sample_ps;
  int64_t settle; /* a set settles when it is this many samples old */
  vt__track track;
  size_t n_state;           /* bytes in `state` */
  void *state;              /* one block: what follows points into it */
  int64_t *samples;         /* [1]                */
  double (*tally)[N_TALLY]; /* [species]          */
  ion *ions;                /* [alkali]           */
} jumps;

static vt_status jumps_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n,
                              vt_err *err)
{
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(vt__obs_check(&vt__obs_jumps.doc, p, r, err));
  const struct {
    const vt_array_name *name;
    const char *unit, *doc;
  } of_species[] = {
      {&vt_a_jumps_count, "1", "jumps from one settled set of metals to another; NaN: no alkali"},
      {&vt_a_jumps_rate, "1/ps", "jumps of one ion in a time; NaN: no alkali"},
      {&vt_a_jumps_back, "1", "fraction of jumps that return to the set before; of those that have one before"},
      {&vt_a_jumps_length, "A", "mean distance between the mean positions before and after"},
      {&vt_a_jumps_settled, "1", "fraction of ion-time in a settled set; NaN: no alkali"}};
  for (int k = 0; k < 5; k++) {
    const vt__array a = {of_species[k].name,
                         of_species[k].unit,
                         "THEORY T 6.12",
                         of_species[k].doc,
                         1,
                         {{VT_AXIS_SPECIES, p->comp.n_species}}};
    VT_PASS(vt__layout_add(&l, &a, 1, err));
  }
  const vt__array lengths[] = {
      {&vt_a_jumps_length_r, "A", "THEORY T 6.12", "centre of the bin", 1, {{VT_AXIS_PLAIN, N_BINS}}},
      {&vt_a_jumps_length_density,
       "1/A",
       "THEORY T 6.12",
       "distribution of the lengths of jumps; its integral is the fraction shorter than 10 A",
       2,
       {{VT_AXIS_SPECIES, p->comp.n_species}, {VT_AXIS_PLAIN, N_BINS}}}};
  VT_PASS(vt__layout_add(&l, lengths, 2, err));
  *n = l.n;
  return VT_OK;
}

static void jumps_close(void *self)
{
  jumps *o = self;
  if (!o) return;
  vt__track_close(&o->track);
  vt_free(o->state);
  vt_free(o);
}

static vt_status jumps_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  jumps *o = NULL;
  *self = NULL;
  VT_PASS(vt__obs_check(&vt__obs_jumps.doc, p, r, err));
  VT_TRY_OUT(VT_NEW(o, 1, err), err, "jumps");
  o->comp = p->comp;
  o->sample_ps = vt__obs_sample_ps(p, r);
  o->settle = vt__track_at_least(r->par[SETTLE], o->sample_ps);
  VT_TRY_OUT(vt__track_open(&o->track, &p->comp, VT_ROLE_MOBILE, VT_ROLE_NETWORK, MOST, r->par[HYSTERESIS], 0, err),
             err, "jumps");
  const size_t n_ions = (size_t)o->track.pairs.n_first, n_species = (size_t)p->comp.n_species;
  o->n_state = sizeof *o->samples + n_species * sizeof *o->tally + n_ions * sizeof *o->ions;
  VT_TRY_OUT(vt_calloc64(&o->state, o->n_state, 1, err), err, "jumps of %zu ions", n_ions);
  o->samples = o->state;
  o->tally = (double(*)[N_TALLY])(o->samples + 1);
  o->ions = (ion *)(o->tally + n_species);
  *self = o, o = NULL;
out:
  jumps_close(o);
  return rc;
}

static vt_status jumps_begin(void *self, const vt_cutoffs *cut, vt_err *err)
{
  jumps *o = self;
  return vt__track_begin(&o->track, cut, err);
}

static int same_set(const metals *a, const metals *b)
{
  return a->n == b->n && memcmp(a->place, b->place, (size_t)a->n * sizeof a->place[0]) == 0;
}

static void add_stay(stay *to, const stay *s)
{
  to->n += s->n;
  for (int c = 0; c < 3; c++) to->sum[c] += s->sum[c];
}

/* The jump into the present home: its length is known when the ion leaves, or at the end. */
static void tally_length(const ion *q, double tally[N_TALLY])
{
  double r2 = 0;
  if (q->before.n == 0) return;
  for (int c = 0; c < 3; c++) {
    const double d = q->at_home.sum[c] / (double)q->at_home.n - q->from[c];
    r2 += d * d;
  }
  const double r = sqrt(r2);
  tally[LENGTH] += r;
  tally[N_LENGTH]++;
  if (r < N_BINS * bin_a) tally[HISTOGRAM + (int)(r / bin_a)]++; /* fits: below N_BINS */
}

/* The set `now` has just settled, and it is not the home. */
static void move_home(ion *q, double tally[N_TALLY])
{
  if (q->home.n > 0) {
    tally_length(q, tally);
    tally[COUNT]++;
    if (q->before.n > 0) {
      tally[FOLLOWED]++;
      tally[BACK] += same_set(&q->before, &q->now);
    }
    q->before = q->home;
    for (int c = 0; c < 3; c++) q->from[c] = q->at_home.sum[c] / (double)q->at_home.n;
  }
  q->home = q->now;
  q->at_home = (stay){0};
}

static void follow_ion(ion *q, const metals *set, const double dx[3], int64_t settle, double tally[N_TALLY])
{
  const stay one = {.n = 1, .sum = {dx[0], dx[1], dx[2]}};
  if (!same_set(&q->now, set)) {
    q->now = *set;
    q->here = (stay){0};
  }
  add_stay(&q->here, &one);
  const int64_t age = q->here.n - 1;       /* samples since the first one with this set */
  if (set->n == 0 || age < settle) return; /* bonded to nothing is nowhere */
  const stay *add = age == settle ? &q->here : &one;
  if (!same_set(&q->home, &q->now)) move_home(q, tally);
  add_stay(&q->at_home, add);
  tally[SETTLED] += (double)add->n;
}

static vt_status jumps_sample(void *self, const vt_frame *fr, vt_err *err)
{
  jumps *o = self;
  VT_PASS(vt__obs_check_frame(fr, &o->comp, err));
  VT_PASS(vt__track_sample(&o->track, fr, err));
  for (int a = 0; a < o->track.pairs.n_first; a++) {
    const int i = o->track.pairs.first[a];
    metals set = {0};
    o->ions[a].species = fr->type[i];
    set.n = vt__track_partners(&o->track, a, set.place);
    follow_ion(&o->ions[a], &set, fr->dx[i], o->settle, o->tally[fr->type[i]]);
  }
  ++*o->samples;
  return VT_OK;
}

static size_t jumps_state_size(const void *self)
{
  const jumps *o = self;
  return o->n_state + vt__track_state_size(&o->track);
}

static void jumps_save(const void *self, void *bytes)
{
  const jumps *o = self;
  memcpy(bytes, o->state, o->n_state);
  vt__track_save(&o->track, (char *)bytes + o->n_state);
}

static vt_status jumps_load(void *self, const void *bytes, size_t n, vt_err *err)
{
  jumps *o = self;
  if (n != jumps_state_size(o))
    VT_FAIL(err, VT_ECORRUPT, "state of jumps: %zu bytes, expected %zu", n, jumps_state_size(o));
  memcpy(o->state, bytes, o->n_state);
  vt__track_load(&o->track, (const char *)bytes + o->n_state);
  return VT_OK;
}

/* The tally of a species with the last jump of every ion, whose length lasts until now. */
static void final_tally(const jumps *o, int species, double tally[N_TALLY])
{
  memcpy(tally, o->tally[species], sizeof o->tally[species]);
  for (int a = 0; a < o->track.pairs.n_first; a++)
    if (o->ions[a].species == species) tally_length(&o->ions[a], tally);
}

static vt_status jumps_finish(void *self, double *const *out, vt_err *err)
{
  const jumps *o = self;
  const double nan = (double)NAN, samples = (double)*o->samples;
  (void)err;
  for (int k = 0; k < N_BINS; k++) out[5][k] = (k + 0.5) * bin_a;
  for (int s = 0; s < o->comp.n_species; s++) {
    const int is_alkali = o->track.pairs.of_first[s];
    const double ion_ps = (samples - 1) * o->sample_ps * o->comp.count[s];
    double t[N_TALLY];
    final_tally(o, s, t);
    out[0][s] = is_alkali ? t[COUNT] : nan;
    out[1][s] = is_alkali && ion_ps > 0 ? t[COUNT] / ion_ps : nan;
    out[2][s] = t[FOLLOWED] > 0 ? t[BACK] / t[FOLLOWED] : nan;
    out[3][s] = t[N_LENGTH] > 0 ? t[LENGTH] / t[N_LENGTH] : nan;
    out[4][s] = is_alkali && samples > 0 ? t[SETTLED] / (samples * o->comp.count[s]) : nan;
    for (int k = 0; k < N_BINS; k++)
      out[6][s * N_BINS + k] = t[N_LENGTH] > 0 ? t[HISTOGRAM + k] / (t[N_LENGTH] * bin_a) : nan;
  }
  return VT_OK;
}

/* Arrays in the layout's order: count, rate, back, length, settled, length_r, length_density.  Every jump has a length;
 * how many had one before is not kept: as good as all. */
static double jumps_time(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)at, (void)e;
  return p->samples - 1;
}

static double jumps_counted(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)e;
  return p->values[0][at[0]];
}

static double jumps_followed(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  return isnan(p->values[2][e]) ? 0 : p->values[0][at[0]];
}

static const vt__join_rule jumps_join[] = {{.how = VT__JOIN_SUM},
                                           {.how = VT__JOIN_MEAN, .weight = jumps_time},
                                           {.how = VT__JOIN_MEAN, .weight = jumps_followed},
                                           {.how = VT__JOIN_MEAN, .weight = jumps_counted},
                                           {.how = VT__JOIN_MEAN, .weight = vt__join_samples},
                                           {.how = VT__JOIN_SAME},
                                           {.how = VT__JOIN_MEAN, .weight = jumps_counted}};

const vt_obs_ops vt__obs_jumps = {
    .doc = {.name = "jumps",
            .doc = "jumps of alkalis between sets of metals: how often, how far, how many return",
            .every_ps = 0.1,
            .every_lo_ps = 0.001,
            .every_hi_ps = 1000,
            .n_par = 2,
            .on_by_default = 1,
            .par = {VT__HYSTERESIS_PAR,
                    {.name = "settle",
                     .unit = "ps",
                     .doc = "a set of metals that stays the same for this long is one that an ion can jump from or to",
                     .lo = 0,
                     .hi = 100,
                     .def = 2}}},
    .layout = jumps_layout,
    .open = jumps_open,
    .begin = jumps_begin,
    .sample = jumps_sample,
    .state_size = jumps_state_size,
    .save = jumps_save,
    .load = jumps_load,
    .finish = jumps_finish,
    .close = jumps_close,
    VT__JOIN(jumps_join)};
