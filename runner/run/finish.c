/* finish.c - rank 0 ends a run: tables, summary, what failed, the exit code. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/report/report.h"
#include "runner/run/run_impl.h"

/* Nobody will continue it, somebody may want to look at it: the last checkpoint goes beside the frames of failures. */
static void put_aside(const run *r, int task)
{
  char path[2 * VT_PATH], to[2 * VT_PATH], hex[65];
  vt_outdir_checkpoint(&r->dir, &r->c->task[task].uid, path, sizeof path);
  vt_uid_hex(&r->c->task[task].uid, hex);
  (void)snprintf(to, sizeof to, "%s/failed/%s.vck", r->dir.dir, hex);
  if (access(path, F_OK) == 0 && rename(path, to) != 0) {
    vt_log(VT_LOG_WARN, "run", "ev=checkpoint_stays path=\"%s\" why=\"cannot be moved to failed/\"", path);
    return;
  }
  vt_checkpoint_remove(path);
  if (r->c->trajectory.on) vt_kept_frames_remove(path);
}

static void list_failures(const run *r, const vt_sched *s)
{
  for (int i = 0; i < r->c->n_tasks; i++) {
    if (vt_sched_state(s, i) != VT_FAILED) continue;
    put_aside(r, i);
    const vt_task *t = &r->c->task[i];
    int cause = vt_sched_failed_by(s, i);
    char hex[65];
    vt_uid_hex(&t->uid, hex);
    printf("failed: %.12s %s, glass %d", hex, r->c->comp[t->comp].name, t->glass);
    if (t->kind == VT_TASK_MD && t->piece > 1) printf(", %.6g K, piece %d", r->c->t_k[t->temp], (int)t->piece);
    if (cause != i)
      printf(r->c->task[cause].kind == VT_TASK_GLASS ? " (its glass failed)" : " (the piece before it failed)");
    const vt_rec *rec = vt_journal_failure(r->j, &t->uid, 0);
    vt_failure_head h;
    if (rec && vt_failure_load(r->j, rec, &h, NULL) == VT_OK) {
      int n;
      const char *sentence = vt_err_sentence(h.err.text, &n);
      printf(": %.*s", n, sentence);
    }
    printf("\n");
  }
}

/* A composition of which more fails than works is a finding about the composition, or the potential. */
static void list_compositions(const run *r, const vt_sched *s)
{
  for (int k = 0; k < r->c->n_comp; k++) {
    int failed = 0, tasks = 0;
    for (int i = 0; i < r->c->n_tasks; i++) {
      if (r->c->task[i].comp != k) continue;
      tasks++;
      failed += vt_sched_state(s, i) == VT_FAILED;
    }
    if (2 * failed > tasks) printf("%s: %d of its %d tasks failed for good\n", r->c->comp[k].name, failed, tasks);
  }
}

static void print_tables(const run *r)
{
  vt_buf b = {0};
  vt_err err;
  if (vt_report_campaign_text(&b, r->c, r->fits, &err) == VT_OK) fputs(b.s, stdout);
  vt_buf_free(&b);
}

/* Frames were asked for after these tasks had ended: they are done, and no task is done again for its frames alone. */
static void list_without_frames(const run *r, const vt_sched *s)
{
  int without = 0, first = -1;
  char path[2 * VT_PATH], name[VT_TRAJECTORY_NAME], hex[65];
  if (!r->c->trajectory.on || !r->leads) return;
  for (int i = 0; i < r->c->n_tasks; i++) {
    vt_plan p;
    if (r->c->task[i].kind != VT_TASK_MD || vt_sched_state(s, i) != VT_DONE) continue;
    if (vt_campaign_plan(r->c, i, &p, NULL) != VT_OK) continue;
    vt_trajectory_file_name(&p, name);
    (void)snprintf(path, sizeof path, "%s/%s", r->dir.dir, name);
    vt_alive();
    if (access(path, F_OK) == 0) continue;
    if (without++ == 0) first = i;
  }
  if (!without) return;
  vt_uid_hex(&r->c->task[first].uid, hex);
  printf("%d finished MD tasks have no trajectory (frames were not asked for when they ran); the same frames again: "
         "vitrion one %s --task %.12s --trajectory FILE --every %.10g\n",
         without, r->o->campaign, hex, r->c->trajectory.every_ps);
}

/* What was asked, and what became of it. */
static void print_target(const run *r, const vt_json *decision)
{
  vt_buf b = {0};
  vt_target_text(decision, &b);
  if (b.s) (void)fputs(b.s, stdout);
  vt_buf_free(&b);
  if (!r->target_over)
    printf("the target is not settled yet%s%s: the same command continues\n", r->target_waits ? ": " : "",
           r->target_waits ? r->target_waits : "");
}

static void print_end(const run *r, const vt_sched *s, const vt_sched_counts *n, const vt_farm_outcome *out,
                      const vt_json *decision)
{
  int64_t open = n->waiting + n->ready + n->leased;
  if (r->fits) print_tables(r);
  if (r->c->target.asked) print_target(r, decision);
  list_failures(r, s);
  if (n->failed) list_compositions(r, s);
  printf("%lld of %d tasks done%s%s\n", (long long)n->done, r->c->n_tasks, n->failed ? ", some failed for good" : "",
         !open                      ? ""
         : out->stopped || r->leads ? ", stopped early: the same command continues"
                                    : ", the others are done by other jobs");
  list_without_frames(r, s);
  if (out->n_dead) printf("%d ranks died on the way; the others did their tasks\n", out->n_dead);
  if (out->stopped && vt_stop_reason())
    printf("stopped by %s\n", vt_stop_reason());
  else if (open && r->leads && r->why_closed[0])
    printf("nothing more was begun: %s\n", r->why_closed);
  if ((open || !r->target_over) && access(r->dir.halt, F_OK) == 0)
    printf("remove %s before the next start\n", r->dir.halt);
  if (!r->leads)
    printf("the campaign is led by %s, which assembles the store\n", vt_jobs_leader(r->jobs));
  else if (r->unassembled)
    printf("the store was not assembled: the job that ends the campaign does it (all results are in %s)\n",
           r->dir.journal);
  else
    printf("store: %s\n", r->dir.store);
  (void)fflush(stdout);
}

static int code_of(const run *r, const vt_farm_outcome *out, const vt_sched_counts *n, int64_t open)
{
  /* A job that joined and was not stopped has done its part. */
  if (open || !r->target_over) return r->leads || out->stopped ? VT_EXIT_AGAIN : VT_EXIT_OK;
  return r->unassembled ? VT_EXIT_AGAIN : n->failed ? VT_EXIT_TASKS : VT_EXIT_OK;
}

/* A rank that was killed between the record of a glass and its file left the file unwritten. */
static vt_status write_missing_glasses(const run *r, vt_err *err)
{
  char path[2 * VT_PATH], name[VT_GLASS_FILE_NAME];
  for (int i = 0; i < r->c->n_tasks; i++) {
    vt_plan p;
    double *values = NULL;
    size_t n;
    const vt_rec *rec = vt_journal_result(r->j, &r->c->task[i].uid);
    if (r->c->task[i].kind != VT_TASK_GLASS || !rec) continue;
    vt_glass_file_name(&r->c->task[i].uid, name);
    (void)snprintf(path, sizeof path, "%s/%s", r->dir.dir, name);
    vt_alive();
    if (access(path, F_OK) == 0) continue;
    VT_PASS(vt_campaign_plan(r->c, i, &p, err));
    VT_PASS(vt_record_result(r->j, rec, &p, NULL, &values, &n, err));
    const vt_status rc = vt_glass_file_write(&r->dir, &p, values, err);
    vt_free(values);
    VT_PASS(rc);
    vt_log(VT_LOG_INFO, "run", "ev=glass_written file=\"%s\" (from its record)", name);
  }
  return VT_OK;
}

/* What the journal says now decides the exit code: messages may have crossed the end of the run.  A leader asks once
 * more behind its last file whether it still leads: if it was suspended anywhere before that and another job has led
 * since, it ends as fenced, also if all it had left to write was status.json.  Nothing shared is changed after it. */
vt_status vt__run_finish(run *r, const vt_farm_outcome *out, int *exit_code, vt_err *err)
{
  vt_sched *s = NULL;
  vt_sched_options so = vt_retry_options(1, r->c->max_tries);
  VT_PASS(vt_sched_open(&s, r->task, r->c->n_tasks, &so, err));
  vt_status rc = r->leads ? vt_fence_check(err) : VT_OK;
  if (rc == VT_OK) rc = vt_journal_refresh(r->j, err);
  if (rc == VT_OK && r->leads) rc = write_missing_glasses(r, err);
  if (rc == VT_OK) rc = vt_records_replay(s, r->task, r->c->n_tasks, r->j, NULL, NULL, err);
  vt_json *decision = NULL;
  if (rc == VT_OK && r->c->target.asked) rc = vt_target_newest(r->j, &decision, err);
  if (rc == VT_OK && r->fits)
    rc = vt_report_summary(r->dir.dir, r->c, r->fits, r->c->target.asked ? vt_target_rows(decision) : NULL, err);
  vt_sched_counts n = {0};
  int64_t open = 0;
  if (rc == VT_OK) {
    r->last.tasks = n = vt_sched_count(s);
    open = n.waiting + n.ready + n.leased;
    if (r->leads) vt__progress(&r->line, &r->last, open || !r->target_over ? "stopped" : n.failed ? "failed" : "done");
    vt__progress_end(&r->line);
    if (r->leads) rc = vt_fence_check(err);
  }
  if (rc == VT_OK) {
    *exit_code = code_of(r, out, &n, open);
    print_end(r, s, &n, out, decision);
    vt_events_write(
        &r->events, r->c,
        &(vt_run_event){
            .kind = VT_RUN_END, .rank = -1, .task = -1, .ns = NAN, .wall_s = NAN, .text = vt_stop_reason()});
  }
  vt_json_free(decision);
  vt_sched_free(s);
  return rc;
}
