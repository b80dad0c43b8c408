/* replica_task.c - replicas as work: glasses out of the journal in, results and views out. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/run/run_impl.h"

/* A record that another rank made durable may take a while to be visible on a network file system. */
static const double GLASS_WAIT_S = 60, GLASS_NAP_S = 0.05;

static vt_status find_before(const vt_replica_task *w, const vt_plan *before, const vt_place *at, double **values,
                             size_t *n, vt_err *err)
{
  vt_status rc = VT_OK;
  const double give_up = vt_now_s() + GLASS_WAIT_S;
  vt_journal *one = NULL;
  if (at->offset == 0) VT_FAIL(err, VT_EBUG, "the master does not say where its record is");
  VT_PASS(vt_journal_blank(&one, w->dir->journal, err));
  for (int there = 0; !there;) {
    VT_TRY_OUT(vt_journal_learn(one, &before->uid, at, &there, err), err, "its record");
    if (there) break;
    if (vt_now_s() > give_up)
      VT_FAIL_OUT(err, VT_EIO,
                  "%s was reported done, but at offset %llu of '%s/%s' there is no whole record of it after %g s",
                  before->kind == VT_TASK_GLASS ? "the glass" : "the piece before", (unsigned long long)at->offset,
                  w->dir->journal, at->shard, GLASS_WAIT_S);
    vt_alive();
    vt_nap_s(GLASS_NAP_S);
  }
  VT_TRY_OUT(vt_record_begin(one, before, values, n, err), err, "its record");
out:
  vt_journal_free(one);
  return rc;
}

static void fill_head(vt_result_head *h, const vt_campaign *c, const vt_plan *p, const vt_result *r, int rank)
{
  *h = (vt_result_head){.version = VT_RESULT_VERSION,
                        .kind = p->kind,
                        .n_values = r->n_values,
                        .ns = r->ns,
                        .wall_s = r->wall_s,
                        .produce_steps = vt_record_steps(p),
                        .rank = rank,
                        .potential = p->pot_hash,
                        .campaign = c->id};
  vt_host_name(h->host);
  (void)snprintf(h->kernel, sizeof h->kernel, "%s", r->kernel);
  (void)snprintf(h->build_id, sizeof h->build_id, "%.47s", vt_build_info()->build_id);
}

/* Once a rank: a form of NEP that the vector kernels do not serve costs tens of times as much, and nothing else tells.
 */
static void say_kernel(vt_replica_task *w, const vt_plan *p)
{
  char kernel[32];
  if (w->said_kernel || vt_replica_kernel(p, kernel, NULL) != VT_OK) return; /* the task will say why */
  w->said_kernel = 1;
  int slow = strncmp(kernel, "reference", strlen("reference")) == 0;
  vt_log(slow ? VT_LOG_WARN : VT_LOG_INFO, "run", "ev=kernel name=\"%s\"%s", kernel,
         slow ? " (this form of potential has no vector kernel: exact, but tens of times slower)" : "");
}

/* ------------------------------------------------------------------ checkpoints */

static void replica_task_kept(void *ctx, const vt_checkpoint_written *k)
{
  vt_replica_task *w = ctx;
  w->checkpoint_spent_s += k->took_s;
  if (k->status == VT_OK)
    vt_log(VT_LOG_INFO, "run", "ev=checkpoint stage=%s step=%lld bytes=%llu took_s=%.4f", k->stage, (long long)k->step,
           (unsigned long long)k->bytes, k->took_s);
  else
    vt_log(VT_LOG_WARN, "run", "ev=checkpoint_failed stage=%s step=%lld why=\"%s\" (the task goes on)", k->stage,
           (long long)k->step, vt_err_line(k->why ? k->why : vt_status_text(k->status)).s);
}

static void replica_task_resumed(void *ctx, const vt_checkpoint_written *k, const char *why_not)
{
  (void)ctx;
  if (why_not) vt_log(VT_LOG_WARN, "run", "ev=checkpoint_refused why=\"%s\"", why_not);
  if (k)
    vt_log(VT_LOG_INFO, "run", "ev=resumed stage=%s step=%lld ns=%.6g bytes=%llu took_s=%.4f", k->stage,
           (long long)k->step, k->ns, (unsigned long long)k->bytes, k->took_s);
}

/* ------------------------------------------------------------------ frames */

/* A task at work: what becomes of its frames. */
typedef struct recorded {
  const vt_replica_task *w;
  const vt_plan *plan;
  vt_last_head last;
} recorded;

static vt_status replica_task_frames(void *ctx, vt_kept_frames *f, vt_err *err)
{
  recorded *k = ctx;
  const vt_campaign *c = k->w->c;
  const double began_s = vt_now_s();
  VT_PASS(vt_trajectory_file_write(k->w->dir, c, k->plan, c->trajectory.velocities, f, &k->last.trajectory,
                                   &k->last.trajectory_bytes, err));
  vt_log(VT_LOG_INFO, "run", "ev=trajectory frames=%lld bytes=%llu took_s=%.4f", (long long)vt_kept_frames_count(f),
         (unsigned long long)k->last.trajectory_bytes, vt_now_s() - began_s);
  return VT_OK;
}

/* Values and last frame in one block, as the journal takes them. */
static vt_status hand_over(vt_task_output *out, const vt_plan *p, vt_result *r, vt_last_head *last, vt_err *err)
{
  vt_status rc = VT_OK;
  void *bytes = NULL;
  const size_t n_values = r->n_values * sizeof *r->values;
  if (r->last) {
    last->version = VT_LAST_VERSION;
    last->n_atoms = p->comp.n_atoms;
    last->step = r->step;
    last->time_ps = p->before_ps +
                    (double)r->step * p->protocol.produce_dt_fs * (p->half_stage == VT_STAGE_PRODUCE ? 0.5e-3 : 1e-3);
    VT_PASS(vt_last_pack(last, r->last, r->n_last, &bytes, &out->n_behind, err));
    rc = vt_grow64((void **)&bytes, out->n_behind, n_values + out->n_behind, 1, err);
    if (rc == VT_OK) {
      memmove((char *)bytes + n_values, bytes, out->n_behind);
      memcpy(bytes, r->values, n_values);
      out->values = bytes;
      out->head.version = VT_RESULT_WITH_LAST;
      return VT_OK;
    }
    vt_free(bytes);
    return vt_err_wrap(err, rc, __FILE__, __LINE__, "the last frame");
  }
  out->values = r->values;
  r->values = NULL;
  return VT_OK;
}

static vt_status run_task(void *ctx, const vt_lease *l, const vt_place *at, const vt_replica_hooks *hooks,
                          vt_task_output *out, vt_err *err)
{
  vt_replica_task *w = ctx;
  vt_status rc = VT_OK;
  vt_plan plan, before;
  double *start = NULL;
  size_t n_start = 0;
  vt_result r = {0};
  char hex[65];
  VT_PASS(vt_campaign_plan(w->c, l->task, &plan, err));
  plan.attempt = l->attempt;
  plan.half_stage = l->half_stage;
  vt_uid_hex(&plan.uid, hex);
  if (w->c->task[l->task].needs >= 0) {
    VT_PASS(vt_campaign_plan(w->c, w->c->task[l->task].needs, &before, err));
    rc = find_before(w, &before, at, &start, &n_start, err);
    rc = vt_retry_of_glass(rc);
    if (rc != VT_OK)
      return vt_err_wrap(err, rc, __FILE__, __LINE__, "%s task %.12s",
                         before.kind == VT_TASK_GLASS ? "the glass of" : "the piece before", hex);
  }
  const double *begin = NULL; /* a structure */
  size_t n_begin = 0;
  VT_PASS(vt_campaign_start(w->c, &plan, &begin, &n_begin, err));
  say_kernel(w, &plan);
  char path[2 * VT_PATH];
  vt_outdir_checkpoint(w->dir, &plan.uid, path, sizeof path);
  vt_checkpointing checkpointing = {.path = path,
                                    .every_s = w->checkpoint_s,
                                    .graceful_stop_s = w->graceful_stop_s,
                                    .ctx = w,
                                    .kept = replica_task_kept,
                                    .resumed = replica_task_resumed};
  vt_replica_hooks with = *hooks;
  with.checkpointing = &checkpointing;
  recorded frames = {.w = w, .plan = &plan};
  const vt_recording recording = {.every_ps = w->c->trajectory.every_ps,
                                  .velocities = w->c->trajectory.velocities,
                                  .ctx = &frames,
                                  .done = replica_task_frames};
  if (w->c->trajectory.on) with.recording = &recording;
  with.kept = &w->kept;
  vt_buf_free(&w->kept.said);
  w->kept.said = (vt_buf){0};
  vt_log(VT_LOG_INFO, "run", "ev=begin task=%.12s kind=%s piece=%d attempt=%d half_stage=%d", hex,
         plan.kind == VT_TASK_GLASS ? "glass" : "md", plan.piece, l->attempt, l->half_stage);
  rc = vt_replica_run(&plan, begin ? begin : start, begin ? n_begin : n_start, &with, &out->post_mortem, &r, err);
  out->stage = r.stage;
  out->step = r.step;
  if (rc == VT_OK) {
    fill_head(&out->head, w->c, &plan, &r, w->rank);
    rc = hand_over(out, &plan, &r, &frames.last, err);
  }
  vt_result_free(&r);
  vt_free(start);
  return rc;
}

/* What the program that computes the forces printed last, beside the frame that broke.  A try that an accident ended is
 * tried again under the same number: a name of its own for each, the last one for all behind the ninth. */
static vt_status keep_words(const vt_replica_task *w, const vt_lease *l, const char *hex, vt_err *err)
{
  enum { MOST = 9 };
  char path[2 * VT_PATH];
  if (w->kept.said.len == 0) return VT_OK;
  for (int k = 1; k <= MOST; k++) {
    const int n =
        snprintf(path, sizeof path, "%s/failed/%s-attempt%d-half%d", w->dir->dir, hex, l->attempt, l->half_stage > 0);
    if (k == 1)
      (void)snprintf(path + n, sizeof path - (size_t)n, ".driver.log");
    else
      (void)snprintf(path + n, sizeof path - (size_t)n, ".%d.driver.log", k);
    if (access(path, F_OK) != 0) break;
  }
  return vt_file_replace(path, w->kept.said.s, w->kept.said.len, err);
}

static vt_status replica_task_after(void *ctx, const vt_lease *l, vt_status how, const vt_task_output *work,
                                    vt_err *err)
{
  vt_replica_task *w = ctx;
  vt_plan plan;
  char hex[65], path[2 * VT_PATH];
  VT_PASS(vt_campaign_plan(w->c, l->task, &plan, err));
  vt_uid_hex(&plan.uid, hex);
  if (how != VT_OK) {
    VT_PASS(keep_words(w, l, hex, err));
    if (work->post_mortem.len == 0) return VT_OK;
    (void)snprintf(path, sizeof path, "%s/failed/%s-attempt%d-half%d.xyz", w->dir->dir, hex, l->attempt,
                   l->half_stage > 0);
    return vt_file_replace(path, work->post_mortem.s, work->post_mortem.len, err);
  }
  vt_outdir_checkpoint(w->dir, &plan.uid, path, sizeof path);
  vt_checkpoint_remove(path);
  if (w->c->trajectory.on && plan.kind == VT_TASK_MD) vt_kept_frames_remove(path);
  if (plan.kind != VT_TASK_GLASS) return VT_OK;
  return vt_glass_file_write(w->dir, &plan, work->values, err);
}

vt_task_ops vt__replica_task(vt_replica_task *w)
{
  return (vt_task_ops){.ctx = w, .run = run_task, .after = replica_task_after};
}
