#include <math.h>
#include <string.h>

#include "engine/obs/obs_impl.h"

vt__corr_shape vt__corr_shape_of(int64_t samples, int points)
{
  vt__corr_shape s = {.points = points, .levels = 1, .n_lag = points};
  const int64_t half = (samples - 1) / 2;
  /* With two points every lag is twice the last: one more reaches half of the run. */
  while (points > 2 ? ((int64_t)(points / 2 + 1) << s.levels) <= half : ((int64_t)1 << s.levels) < half) {
    s.levels++;
    s.n_lag += points / 2;
  }
  VT_ASSERT(s.n_lag == points + (s.levels - 1) * (points / 2));
  return s;
}

/* The first lag of a level, in its own strides: shorter ones are on the level below, with more origins. */
static int first_of(const vt__corr_shape *s, int level) { return level == 0 ? 1 : s->points / 2 + 1; }

/* Row of the lag of j strides on a level. */
static int row_of(const vt__corr_shape *s, int level, int j)
{
  VT_ASSERT(level < s->levels && j >= first_of(s, level) && j <= s->points);
  return level * (s->points / 2) + j - 1;
}

int64_t vt__corr_lag(const vt__corr_shape *s, int k)
{
  int half = s->points / 2, level = 0;
  VT_ASSERT(k >= 0 && k < s->n_lag);
  while (level < s->levels - 1 && k >= s->points + level * half) level++;
  return (int64_t)(k + 1 - level * half) << level;
}

double vt__corr_origins(const vt__corr_shape *s, int k, int64_t samples)
{
  const int half = s->points / 2;
  int level = 0;
  while (level < s->levels - 1 && k >= s->points + level * half) level++;
  const int64_t taken = (samples + ((int64_t)1 << level) - 1) >> level, strides = k + 1 - level * half;
  return taken > strides ? (double)(taken - strides) : 0;
}

vt_status vt__corr_open(vt__corr *c, int n_vec, int n_acc, vt__corr_shape shape, vt_err *err)
{
  size_t n_lag = (size_t)shape.n_lag, n_sum = n_lag * (size_t)n_acc;
  size_t n_ring = 3 * (size_t)shape.levels * (size_t)shape.points * (size_t)n_vec;
  vt__corr q = {.n_vec = n_vec, .n_acc = n_acc, .shape = shape, .n_state = n_lag + n_sum + n_ring};
  VT_TRY(VT_NEW(q.state, q.n_state, err), err, "correlator: %d levels of %d samples of %d vectors", shape.levels,
         shape.points, n_vec);
  q.origins = q.state;
  q.acc = q.origins + n_lag;
  q.ring = (double(*)[3])(q.acc + n_sum);
  VT_ASSERT((double *)q.ring + n_ring == q.state + q.n_state);
  *c = q;
  return VT_OK;
}

static double (*corr_slot(const vt__corr *c, int level, int64_t count))[3]
{
  int64_t at = (int64_t)level * c->shape.points + count % c->shape.points;
  VT_ASSERT(count >= 0 && at < (int64_t)c->shape.levels * c->shape.points);
  return c->ring + at * c->n_vec;
}

void vt__corr_push(vt__corr *c, const double (*now)[3], vt__corr_visit *visit, const void *ctx)
{
  const vt__corr_shape *s = &c->shape;
  for (int level = 0; level < s->levels; level++) {
    if (c->samples % ((int64_t)1 << level) != 0) break; /* nor is it due on any higher level */
    int64_t count = c->samples >> level;                /* samples that this level took before */
    for (int j = first_of(s, level); j <= s->points && j <= count; j++) {
      int k = row_of(s, level, j);
      visit(ctx, now, (const double(*)[3])corr_slot(c, level, count - j), c->acc + (size_t)k * (size_t)c->n_acc);
      c->origins[k] += 1;
      VT_ASSERT(c->origins[k] == (double)(count - j + 1)); /* every earlier sample of the level was one, once */
    }
    /* once the level is full, every new sample is an origin of its longest lag too */
    VT_ASSERT(c->origins[row_of(s, level, s->points)] == (count < s->points ? 0 : (double)(count - s->points + 1)));
    memcpy(corr_slot(c, level, count), now, (size_t)c->n_vec * sizeof *now); /* over the oldest, which was just used */
  }
  c->samples++;
}

double vt__corr_mean(const vt__corr *c, int k, int a)
{
  return c->origins[k] > 0 ? c->acc[(size_t)k * (size_t)c->n_acc + (size_t)a] / c->origins[k] : (double)NAN;
}

void vt__corr_close(vt__corr *c) { vt_free(c->state); }

/* ------------------------------------------------------------------ observables that are a correlator */

vt_status vt__corr_obs_shape(const vt_obs_doc *doc, const vt_plan *p, const vt_obs_request *r, vt__corr_shape *shape,
                             vt_err *err)
{
  VT_PASS(vt__obs_check(doc, p, r, err));
  int points = (int)r->par[0]; /* fits: within the documented limits, checked above */
  if (points % 2 != 0 || points != r->par[0])
    VT_FAIL(err, VT_EINVAL, "%s: points is %g, expected an even number", doc->name, r->par[0]);
  *shape = vt__corr_shape_of(vt_obs_samples(p, r), points);
  return VT_OK;
}

vt_status vt__corr_obs_init(vt__corr_obs *o, const vt_plan *p, const vt_obs_request *r, vt__corr_shape shape, int n_vec,
                            int n_acc, vt_err *err)
{
  o->comp = p->comp;
  o->sample_ps = vt__obs_sample_ps(p, r);
  o->run_samples = vt_obs_samples(p, r);
  return vt__corr_open(&o->corr, n_vec, n_acc, shape, err);
}

vt_status vt__corr_obs_open(const vt_obs_doc *doc, const vt_plan *p, const vt_obs_request *r, int n_vec, int n_acc,
                            void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__corr_shape shape;
  vt__corr_obs *o = NULL;
  *self = NULL;
  VT_PASS(vt__corr_obs_shape(doc, p, r, &shape, err));
  VT_TRY_OUT(VT_NEW(o, 1, err), err, "%s", doc->name);
  VT_TRY_OUT(vt__corr_obs_init(o, p, r, shape, n_vec, n_acc, err), err, "%s", doc->name);
  *self = o, o = NULL;
out:
  vt__corr_obs_close(o);
  return rc;
}

size_t vt__corr_obs_state_size(const void *self)
{
  const vt__corr_obs *o = self;
  return sizeof o->corr.samples + o->corr.n_state * sizeof(double);
}

void vt__corr_obs_save(const void *self, void *bytes)
{
  const vt__corr *c = &((const vt__corr_obs *)self)->corr;
  memcpy(bytes, &c->samples, sizeof c->samples);
  memcpy((char *)bytes + sizeof c->samples, c->state, c->n_state * sizeof(double));
}

vt_status vt__corr_obs_load(void *self, const void *bytes, size_t n, vt_err *err)
{
  vt__corr *c = &((vt__corr_obs *)self)->corr;
  if (n != vt__corr_obs_state_size(self))
    VT_FAIL(err, VT_ECORRUPT, "state of a correlator: %zu bytes, expected %zu", n, vt__corr_obs_state_size(self));
  memcpy(&c->samples, bytes, sizeof c->samples);
  memcpy(c->state, (const char *)bytes + sizeof c->samples, c->n_state * sizeof(double));
  return VT_OK;
}

void vt__corr_obs_lags(const vt__corr_obs *o, double *lag_ps, double *origins)
{
  for (int k = 0; k < o->corr.shape.n_lag; k++) {
    lag_ps[k] = (double)vt__corr_lag(&o->corr.shape, k) * o->sample_ps;
    origins[k] = o->corr.origins[k];
  }
}

void vt__corr_obs_close(void *self)
{
  vt__corr_obs *o = self;
  if (!o) return;
  vt__corr_close(&o->corr);
  vt_free(o);
}
