/* card.c - all frames, all checks, then all files. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/model_card/model_card_impl.h"

static void say(const vt_card *c, const char *fmt, ...) VT_PRINTF(2, 3);
static void say(const vt_card *c, const char *fmt, ...)
{
  char line[1000];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  if (c->say) c->say(c->ctx, line);
}

static void failed(vt__findings *f, const char *fmt, ...) VT_PRINTF(2, 3);
static void failed(vt__findings *f, const char *fmt, ...)
{
  char line[800];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  vt_buf_printf(&f->failures, "%s\n", line);
  f->n_failures++;
  say(f->c, "failed: %s", line);
}

/* ------------------------------------------------------------------ frames */

typedef struct walking {
  vt__findings *f;
  int set;
  vt__parity_files *files; /* of the set that is shown, else NULL */
} walking;

static void each_label(vt__parity *p, const vt_train_sample *s, void (*take)(vt__density *d, double label))
{
  if (s->has_energy) take(&p->energy, s->energy / s->n - p->mean[s->comp]);
  for (int i = 0; s->f && i < 3 * s->n; i++) take(&p->force, s->f[i / 3][i % 3]);
  for (int i = 0; s->has_virial && i < 9; i++) take(&p->virial, s->virial[i] / s->n);
}

/* Labels alone: the mean energy of each composition, and how far the axes reach. */
static vt_status parity_ranges(vt__parity *p, const vt_train_data *d, vt_err *err)
{
  double *n = NULL;
  VT_PASS(VT_NEW(p->mean, 2 * (size_t)d->n_comp, err));
  n = p->mean + d->n_comp;
  for (int k = 0; k < d->n; k++)
    if (d->s[k].has_energy) {
      p->mean[d->s[k].comp] += d->s[k].energy / d->s[k].n;
      n[d->s[k].comp]++;
    }
  for (int c = 0; c < d->n_comp; c++)
    if (n[c] > 0) p->mean[c] /= n[c];
  for (int k = 0; k < d->n; k++) each_label(p, &d->s[k], vt__density_widen);
  for (int k = 0; k < d->n; k++) each_label(p, &d->s[k], vt__density_look);
  vt__density_close(&p->energy);
  vt__density_close(&p->force);
  vt__density_close(&p->virial);
  return VT_OK;
}

static void add_parity(vt__parity *p, const vt_train_sample *s, const vt_train_values *v)
{
  const double mean = p->mean[s->comp];
  if (s->has_energy) vt__density_add(&p->energy, s->energy / s->n - mean, v->energy / s->n - mean);
  for (int i = 0; s->f && i < 3 * s->n; i++) vt__density_add(&p->force, s->f[i / 3][i % 3], v->f[i / 3][i % 3]);
  for (int i = 0; s->has_virial && i < 9; i++) vt__density_add(&p->virial, s->virial[i] / s->n, v->virial[i] / s->n);
}

static vt_status see_frame(void *ctx, const vt_train_sample *s, const vt_train_values *v, vt_err *err)
{
  walking *w = ctx;
  vt__findings *f = w->f;
  const vt_train_data *d = f->set[w->set].data;
  VT_PASS(vt__tables_add(&f->set[w->set].t, f->c->m, d, s, v, err));
  if (!w->files) return VT_OK;
  add_parity(&f->parity, s, v);
  return vt__parity_add(w->files, f->c->m, d, s, v, err);
}

static vt_status see_before(void *ctx, const vt_train_sample *s, const vt_train_values *v, vt_err *err)
{
  (void)err;
  vt__sums_add(ctx, s, v);
  return VT_OK;
}

static vt_status see_frames(vt__findings *f, vt_err *err)
{
  vt_status rc = VT_OK;
  for (int k = 0; k < 3 && rc == VT_OK; k++) {
    walking w = {.f = f, .set = k};
    if (!f->set[k].data) continue;
    if (k == f->shown) {
      VT_PASS(parity_ranges(&f->parity, f->set[k].data, err));
      rc = vt__parity_open(f->c->folder, &w.files, err);
    }
    if (rc == VT_OK) rc = vt__walk(f->c->m, f->set[k].data, see_frame, &w, err);
    const vt_status ended = vt__parity_end(w.files, rc == VT_OK, rc == VT_OK ? err : NULL);
    if (rc == VT_OK) rc = ended;
    vt__tables_sort(&f->set[k].t, f->c->m);
    if (rc == VT_OK && f->c->start && k > 0)
      rc = vt__walk(f->c->start, f->set[k].data, see_before, &f->set[k].before, err);
  }
  return rc;
}

/* ------------------------------------------------------------------ checks */

static void judge(vt__findings *f)
{
  const vt__readback *r = &f->readback;
  if (!r->ok)
    failed(f,
           "%s read by the engine differs from the trainer's values: energy %.1e, force %.1e, virial %.1e (limit %g)",
           f->c->potential, r->energy, r->force, r->virial, vt__card_limits.readback_most);
  for (int k = 0; k < f->smoke->n_smoke; k++) {
    const vt__melt *m = &f->smoke->melt[k];
    if (m->not_run || vt__smoke_passes(m)) continue;
    if (m->done)
      failed(f, "smoke test, melt of %s at %g K, seed %llu: the energy drifts by %.3g meV/atom/ps (limit %g)",
             m->comp.name, m->t_k, (unsigned long long)m->seed, m->drift, vt__card_limits.drift_most);
    else
      failed(f, "smoke test, melt of %s at %g K, seed %llu: %s", m->comp.name, m->t_k, (unsigned long long)m->seed,
             m->why);
  }
}

static void free_findings(vt__findings *f)
{
  for (int k = 0; k < 3; k++) vt__tables_free(&f->set[k].t);
  vt_free(f->parity.mean);
  vt__knows_free(&f->knows);
  vt__groups_free(&f->groups);
  vt_buf_free(&f->failures);
  vt_free(f);
}

static vt_train_data *unless_empty(vt_train_data *d) { return d && d->n > 0 ? d : NULL; }

static vt_status write_all(const vt_card *c, vt__smoke_result *smoke, vt_card_result *out, vt_err *err)
{
  vt__findings *f = NULL;
  VT_PASS(VT_NEW(f, 1, err));
  f->c = c;
  f->smoke = smoke;
  f->set[0].name = "training", f->set[0].data = unless_empty(c->train);
  f->set[1].name = "validation", f->set[1].data = unless_empty(c->held);
  f->set[2].name = "test", f->set[2].data = unless_empty(c->test);
  f->shown = f->set[2].data ? 2 : f->set[1].data ? 1 : 0;
  vt_status rc = VT_OK;
  if (!f->set[f->shown].data) rc = vt_err_set(err, VT_EBUG, __FILE__, __LINE__, "a card without frames");
  if (rc == VT_OK) rc = see_frames(f, err);
  if (rc == VT_OK) rc = vt__read_back(c, f->set[f->shown].data, &f->readback, err);
  if (rc == VT_OK && f->set[0].data) rc = vt__knows_find(c->m, f->set[0].data, &f->knows, err);
  if (rc == VT_OK) rc = vt__groups_find(f, err);
  if (rc == VT_OK) judge(f);
  if (rc == VT_OK) rc = vt__write_report(f, err);
  if (rc == VT_OK) rc = vt__groups_write(f, err);
  if (rc == VT_OK) rc = vt__write_card(f, err);
  out->failed = f->n_failures;
  (void)snprintf(out->why, sizeof out->why, "%.*s", f->n_failures > 0 ? (int)strcspn(f->failures.s, "\n") : 0,
                 f->n_failures > 0 ? f->failures.s : "");
  if (rc == VT_OK) say(c, "%s: README.md, report.html, parity/*.csv", c->folder);
  free_findings(f);
  return rc;
}

vt_status vt_card_write(vt_comm *comm, const vt_card *c, vt_card_result *out, vt_err *err)
{
  vt__smoke_result *smoke = NULL;
  *out = (vt_card_result){0};
  vt_status rc = VT_NEW(smoke, 1, err);
  if (comm) rc = vt_comm_agree(comm, rc, err);
  if (rc == VT_OK && (c->smoke.on || c->smoke.densities)) rc = vt__smoke(comm, c, smoke, &out->stopped, err);
  if (rc == VT_OK && !out->stopped) {
    if (!comm || vt_comm_rank(comm) == 0) rc = write_all(c, smoke, out, err);
    if (comm) rc = vt_comm_agree(comm, rc, err);
    if (rc == VT_OK && comm) rc = vt_comm_bcast(comm, 0, out, sizeof *out, err);
  }
  vt_free(smoke);
  return rc;
}
