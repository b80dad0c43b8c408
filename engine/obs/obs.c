#include <math.h>
#include <string.h>

#include "engine/obs/obs_impl.h"

const vt_obs_ops *const vt_obs_builtin[] = {&vt__obs_thermo,
                                            &vt__obs_msd,
                                            &vt__obs_charge,
                                            &vt__obs_rdf,
                                            &vt__obs_vanhove,
                                            &vt__obs_polyhedra,
                                            &vt__obs_chains,
                                            &vt__obs_residence,
                                            &vt__obs_bonds,
                                            &vt__obs_jumps,
                                            NULL};

const vt_obs_ops *vt_obs_find(const char *name)
{
  for (const vt_obs_ops *const *o = vt_obs_builtin; *o; o++)
    if (strcmp((*o)->doc.name, name) == 0) return *o;
  return NULL;
}

/* The table entry of request i of a plan; NULL, with the error set to VT_EINVAL, if it makes no sense. */
static const vt_obs_ops *find_request(const vt_plan *p, int i, vt_err *err)
{
  const char *name = p->obs[i].name;
  if (!memchr(name, 0, sizeof p->obs[i].name)) {
    (void)vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "the name of observable %d has no end", i);
    return NULL;
  }
  for (int k = 0; k < i; k++)
    if (strcmp(p->obs[k].name, name) == 0) {
      (void)vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "observable '%s' is asked for twice", name);
      return NULL;
    }
  const vt_obs_ops *ops = vt_obs_find(name);
  if (!ops) (void)vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "there is no observable '%s'", name);
  return ops;
}

vt_status vt_obs_layouts(const vt_plan *p, vt_array_def *defs, int cap, int *n, vt_err *err)
{
  int total = 0;
  if (p->n_obs < 0 || p->n_obs > VT_MAX_OBS) VT_FAIL(err, VT_EINVAL, "%d observables", (int)p->n_obs);
  for (int i = 0; i < p->n_obs; i++) {
    const vt_obs_ops *ops = find_request(p, i, err);
    int added = 0;
    if (!ops) return VT_EINVAL;
    VT_PASS(ops->layout(p, &p->obs[i], defs + total, cap - total, &added, err));
    total += added;
  }
  *n = total;
  return VT_OK;
}

/* ------------------------------------------------------------------ the set of one replica */

typedef struct member {
  const vt_obs_ops *ops;
  void *self;
  int64_t every; /* steps */
  int64_t ended; /* 1 + step of a frame that it could not take; 0: none, it goes on */
  int n_arrays;
} member;

struct vt_obs_set {
  vt_team *team; /* borrowed; NULL: nobody shares the work */
  int n, n_arrays;
  member m[VT_MAX_OBS];
  size_t count[VT_MAX_ARRAYS]; /* doubles in each array, in layout order */
  size_t n_values;
  vt_err why; /* of the first member that ended here; code VT_OK: none */
};

static vt_status set_layout(vt_obs_set *s, const vt_plan *p, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_array_def *defs = NULL;
  VT_TRY_OUT(VT_NEW(defs, VT_MAX_ARRAYS, err), err, "layout of the observables");
  for (int i = 0; i < p->n_obs; i++) {
    member *m = &s->m[i];
    m->ops = find_request(p, i, err);
    if (!m->ops) {
      rc = VT_EINVAL;
      goto out;
    }
    VT_TRY_OUT(m->ops->layout(p, &p->obs[i], defs, VT_MAX_ARRAYS - s->n_arrays, &m->n_arrays, err), err,
               "observables of '%s'", p->comp.name);
    for (int k = 0; k < m->n_arrays; k++) {
      s->count[s->n_arrays] = vt_array_count(&defs[k]);
      s->n_values += s->count[s->n_arrays++];
    }
    VT_ASSERT(s->n_arrays <= VT_MAX_ARRAYS);
  }
out:
  vt_free(defs);
  return rc;
}

vt_status vt_obs_set_open(vt_obs_set **out, const vt_plan *p, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_obs_set *s = NULL;
  *out = NULL;
  if (p->n_obs < 0 || p->n_obs > VT_MAX_OBS) VT_FAIL(err, VT_EINVAL, "%d observables", (int)p->n_obs);
  VT_TRY_OUT(VT_NEW(s, 1, err), err, "set of observables");
  VT_TRY_OUT(set_layout(s, p, err), err, "set of observables");
  for (s->n = 0; s->n < p->n_obs; s->n++) {
    member *m = &s->m[s->n];
    VT_TRY_OUT(m->ops->open(p, &p->obs[s->n], &m->self, err), err, "observable %s", m->ops->doc.name);
    m->every = vt_obs_every_steps(p, &p->obs[s->n]);
  }
  *out = s, s = NULL;
out:
  vt_obs_set_close(s);
  return rc;
}

vt_status vt_obs_set_begin(vt_obs_set *s, const vt_cutoffs *cut, vt_err *err)
{
  for (int i = 0; i < s->n; i++) {
    member *m = &s->m[i];
    if (m->ops->begin) VT_TRY(m->ops->begin(m->self, cut, err), err, "observable %s", m->ops->doc.name);
  }
  return VT_OK;
}

int64_t vt_obs_set_next(const vt_obs_set *s, int64_t step)
{
  int64_t next = INT64_MAX;
  for (int i = 0; i < s->n; i++) {
    VT_ASSERT(s->m[i].every >= 1 && step >= 0);
    int64_t wait = s->m[i].every - step % s->m[i].every;
    if (wait < next) next = wait;
  }
  return next;
}

void vt_obs_set_team(vt_obs_set *s, vt_team *team) { s->team = team; }

/* The members that are due, each a piece of its own: what one sees touches no other one. */
typedef struct sampling {
  const vt_frame *frame;
  int n;
  struct {
    member *m;
    vt_status status;
    vt_err err;
  } due[VT_MAX_OBS];
} sampling;

static void sample_one(void *ctx, int piece, int member_of_team)
{
  sampling *s = ctx;
  const member *m = s->due[piece].m;
  (void)member_of_team;
  s->due[piece].status = m->ops->sample(m->self, s->frame, &s->due[piece].err);
}

/* A frame that one observable cannot take (an atom with more bonds than it has room for) ends that observable, not the
 * run, which may have cost hours. */
static void end_observable(vt_obs_set *s, member *m, const vt_frame *fr, const vt_err *why)
{
  if (s->why.code == VT_OK) s->why = *why;
  const vt_err_text line = vt_err_line(why->text);
  m->ended = fr->step + 1;
  vt_log(VT_LOG_WARN, "obs", "ev=observable_ended observable=%s step=%lld why=\"%s\" (its values are null)",
         m->ops->doc.name, (long long)fr->step, line.s);
}

vt_status vt_obs_set_sample(vt_obs_set *s, const vt_frame *fr, vt_err *err)
{
  sampling all;
  all.frame = fr;
  all.n = 0;
  for (int i = 0; i < s->n; i++) {
    if (fr->step % s->m[i].every != 0 || s->m[i].ended) continue;
    all.due[all.n].m = &s->m[i];
    all.due[all.n].err = (vt_err){0};
    all.n++;
  }
  vt_team_run(s->team, all.n, sample_one, &all);
  for (int k = 0; k < all.n; k++) {
    if (all.due[k].status == VT_OK) continue;
    if (all.due[k].status == VT_ETASK) {
      end_observable(s, all.due[k].m, fr, &all.due[k].err);
      continue;
    }
    if (err) *err = all.due[k].err;
    return vt_err_wrap(err, all.due[k].status, __FILE__, __LINE__, "observable %s at step %lld",
                       all.due[k].m->ops->doc.name, (long long)fr->step);
  }
  return VT_OK;
}

vt_status vt_obs_set_ended(const vt_obs_set *s, vt_err *err)
{
  if (s->why.code != VT_OK && err) *err = s->why;
  return (vt_status)s->why.code;
}

/* As if there had been no sample: axes stay, counts are 0, means are not known. */
static void blank(const member *m, double *const *out, const size_t *count)
{
  VT_ASSERT(m->n_arrays <= m->ops->n_join);
  for (int k = 0; k < m->n_arrays; k++) {
    const vt__join_how how = m->ops->join[k].how;
    for (size_t e = 0; e < count[k] && how != VT__JOIN_SAME; e++) out[k][e] = how == VT__JOIN_SUM ? 0 : (double)NAN;
  }
}

vt_status vt_obs_set_finish(vt_obs_set *s, double *values, size_t n, vt_err *err)
{
  if (n != s->n_values) VT_FAIL(err, VT_EINVAL, "room for %zu values, the observables give %zu", n, s->n_values);
  const size_t *count = s->count;
  for (int i = 0; i < s->n; i++) {
    member *m = &s->m[i];
    double *out[VT_MAX_ARRAYS];
    const size_t *mine = count;
    for (int k = 0; k < m->n_arrays; k++) {
      out[k] = values;
      values += *count++;
    }
    VT_TRY(m->ops->finish(m->self, out, err), err, "observable %s", m->ops->doc.name);
    if (m->ended) blank(m, out, mine);
  }
  VT_ASSERT(count == s->count + s->n_arrays);
  return VT_OK;
}

size_t vt_obs_set_memory(const vt_obs_set *s) { return sizeof *s + vt_obs_set_state_size(s); }

size_t vt_obs_set_state_size(const vt_obs_set *s)
{
  size_t bytes = (size_t)s->n * sizeof(int64_t);
  for (int i = 0; i < s->n; i++) bytes += s->m[i].ops->state_size(s->m[i].self);
  return bytes;
}

void vt_obs_set_save(const vt_obs_set *s, void *bytes)
{
  char *at = bytes;
  for (int i = 0; i < s->n; i++) {
    memcpy(at, &s->m[i].ended, sizeof s->m[i].ended);
    at += sizeof s->m[i].ended;
    s->m[i].ops->save(s->m[i].self, at);
    at += s->m[i].ops->state_size(s->m[i].self);
  }
}

vt_status vt_obs_set_load(vt_obs_set *s, const void *bytes, size_t n, vt_err *err)
{
  const char *at = bytes;
  if (n != vt_obs_set_state_size(s))
    VT_FAIL(err, VT_ECORRUPT, "state of the observables: %zu bytes, expected %zu", n, vt_obs_set_state_size(s));
  for (int i = 0; i < s->n; i++) {
    member *m = &s->m[i];
    size_t size = m->ops->state_size(m->self);
    memcpy(&m->ended, at, sizeof m->ended);
    at += sizeof m->ended;
    VT_TRY(m->ops->load(m->self, at, size, err), err, "observable %s", m->ops->doc.name);
    at += size;
  }
  return VT_OK;
}

void vt_obs_set_close(vt_obs_set *s)
{
  if (!s) return;
  for (int i = 0; i < s->n; i++) s->m[i].ops->close(s->m[i].self);
  vt_free(s);
}
