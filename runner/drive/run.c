/* run.c - a campaign on all ranks, from its file to the exit code. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/drive/drive_impl.h"

enum { INLINE_UP_TO = 8, CRASH_LIMIT = 2, EXIT_FAILED_TASKS = 3, EXIT_STOPPED = 75 };

typedef struct run {
  vt_comm *comm;
  const vt_run_options *o;
  vt_campaign *c;
  vt_outdir dir;
  vt_journal *j;
  vt_sched_task *task;
  double *ns;
  vt_fits *fits;
  vt_progress_line line; /* rank 0 */
  vt_watch last;         /* rank 0 */
} run;

static int asked_to_stop(void *ctx)
{
  (void)ctx;
  return vt_ctl_stop() != NULL;
}

static void watch(void *ctx, const vt_watch *w)
{
  run *r = ctx;
  r->last = *w;
  vt__progress(&r->line, w, NULL);
}

/* The steps of a run are collective: each ends with an agreement, so that all ranks leave it with the same status. */

/* Rank 0 takes the folder and cuts torn tails; then everybody indexes the journal. */
static vt_status open_folder(run *r, vt_err *err)
{
  vt_status rc = VT_OK;
  if (vt_comm_rank(r->comm) == 0) {
    VT_TRY_OUT(vt_outdir_take(&r->dir, r->c, r->o->env, r->o->extend, err), err, "campaign '%s'", r->o->campaign);
    VT_TRY_OUT(vt_journal_open(&r->j, r->dir.journal, err), err, "journal");
    vt_buf torn = {0}, damaged = {0};
    if (vt_journal_damaged(r->j, &damaged) > 0)
      vt_log(VT_LOG_WARN, "drive", "ev=damaged_records shards=\"%s\" (tasks whose records were lost are done again)",
             damaged.s);
    if (vt_journal_torn(r->j, &torn) > 0) {
      vt_log(VT_LOG_WARN, "drive", "ev=torn_tail shards=\"%s\"", torn.s);
      rc = vt_journal_cut(r->j, err);
    }
    vt_buf_free(&torn);
    vt_buf_free(&damaged);
  }
out:
  VT_PASS(vt_comm_agree(r->comm, rc, err));
  if (vt_comm_rank(r->comm) > 0) rc = vt_journal_open(&r->j, r->dir.journal, err);
  if (rc == VT_OK) rc = vt__sched_tasks(r->c, &r->task, &r->ns, err);
  return vt_comm_agree(r->comm, rc, err);
}

static vt_status do_tasks(run *r, vt_node_outcome *out, vt_err *err)
{
  vt_replica_work work = {.c = r->c, .j = r->j, .dir = &r->dir, .rank = vt_comm_rank(r->comm)};
  int size = vt_comm_size(r->comm);
  int is_inline = r->c->master_inline == 2 ? size <= INLINE_UP_TO : r->c->master_inline;
  vt_node_options no = {.comm = r->comm,
                        .master_inline = is_inline || size == 1,
                        .max_tries = r->c->max_tries,
                        .crash_limit = CRASH_LIMIT,
                        .task = r->task,
                        .task_ns = r->ns,
                        .n_tasks = r->c->n_tasks,
                        .replay = work.rank == 0 ? r->j : NULL,
                        .journal_dir = r->dir.journal,
                        .work = vt__replica_work(&work),
                        .watch = watch,
                        .stop = asked_to_stop,
                        .ctx = r};
  vt_ctl_limits(r->o->wall_s, r->dir.halt);
  return vt_comm_agree(r->comm, vt_node_run(&no, out, err), err);
}

/* ------------------------------------------------------------------ rank 0's last words */

static void list_failures(const run *r, const vt_sched *s)
{
  for (int i = 0; i < r->c->n_tasks; i++) {
    if (vt_sched_state(s, i) != VT_FAILED) continue;
    const vt_task *t = &r->c->task[i];
    int cause = vt_sched_failed_by(s, i);
    char hex[65];
    vt_uid_hex(&t->uid, hex);
    printf("failed: %.12s %s, glass %d%s", hex, r->c->comp[t->comp].name, t->glass,
           cause == i ? "" : " (its glass failed)");
    const vt_rec *rec = vt_journal_failure(r->j, &t->uid, 0);
    vt_failure_head h;
    if (rec && vt_failure_load(r->j, rec, &h, NULL) == VT_OK)
      printf(": %.*s", (int)strcspn(h.err.text, "\n"), h.err.text);
    printf("\n");
  }
}

static void print_tables(const run *r)
{
  vt_buf b = {0};
  vt_err err;
  if (vt_report_campaign_text(&b, r->c, r->fits, &err) == VT_OK) fputs(b.s, stdout);
  vt_buf_free(&b);
}

/* What the journal says now decides the exit code: messages may have crossed the end of the run. */
static vt_status last_words(run *r, const vt_node_outcome *out, int *exit_code, vt_err *err)
{
  vt_sched *s = NULL;
  vt_sched_options so = {.n_workers = 1, .max_tries = r->c->max_tries, .crash_limit = CRASH_LIMIT};
  VT_PASS(vt_sched_open(&s, r->task, r->c->n_tasks, &so, err));
  vt_status rc = vt__replay(s, r->task, r->c->n_tasks, r->j, NULL, NULL, err);
  vt_sched_counts n = vt_sched_count(s);
  if (rc == VT_OK) rc = vt_report_summary(r->dir.dir, r->c, r->fits, err);
  if (rc == VT_OK) {
    int64_t open = n.waiting + n.ready + n.leased;
    *exit_code = open ? EXIT_STOPPED : n.failed ? EXIT_FAILED_TASKS : 0;
    r->last.tasks = n;
    vt__progress(&r->line, &r->last, open ? "stopped" : n.failed ? "failed" : "done");
    vt__progress_end(&r->line);
    print_tables(r);
    list_failures(r, s);
    printf("%lld of %d tasks done%s%s\n", (long long)n.done, r->c->n_tasks, n.failed ? ", some failed for good" : "",
           open ? ", stopped early: the same command continues" : "");
    if (out->stopped && vt_ctl_stop()) printf("stopped by %s\n", vt_ctl_stop());
    printf("store: %s\n", r->dir.store);
    fflush(stdout);
  }
  vt_sched_free(s);
  return rc;
}

static vt_status conclude(run *r, const vt_node_outcome *out, int *exit_code, vt_err *err)
{
  vt_status rc = vt_comm_rank(r->comm) == 0 ? last_words(r, out, exit_code, err) : VT_OK;
  VT_PASS(vt_comm_agree(r->comm, rc, err));
  int32_t code = *exit_code;
  VT_PASS(vt_comm_bcast(r->comm, 0, &code, sizeof code, err));
  *exit_code = code;
  return VT_OK;
}

static vt_status run_shared(run *r, int *exit_code, vt_err *err)
{
  vt_node_outcome out = {0};
  r->line = (vt_progress_line){.c = r->c, .dir = &r->dir, .quiet = r->o->quiet, .tty = isatty(STDERR_FILENO)};
  VT_PASS(open_folder(r, err));
  if (r->o->folder) r->o->folder(r->o->ctx, r->dir.dir);
  VT_PASS(do_tasks(r, &out, err));
  VT_PASS(vt__views_make(r->comm, &r->dir, r->c, r->j, &r->fits, err));
  return conclude(r, &out, exit_code, err);
}

vt_status vt_drive_run(vt_comm *comm, const vt_run_options *o, int *exit_code, vt_err *err)
{
  run r = {.comm = comm, .o = o, .dir = {.lock_fd = -1}};
  *exit_code = 0;
  vt_status rc = vt__share_campaign(comm, o, &r.c, &r.dir, exit_code, err);
  if (rc == VT_OK && *exit_code == 0) rc = run_shared(&r, exit_code, err);
  vt__progress_end(&r.line);
  vt_fits_free(r.fits);
  vt_free(r.task);
  vt_free(r.ns);
  vt_journal_free(r.j);
  vt_outdir_release(&r.dir);
  vt_campaign_free(r.c);
  return rc;
}
