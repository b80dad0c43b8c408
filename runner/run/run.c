/* run.c - a campaign on all ranks, from its file to the exit code. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/results/results.h"
#include "runner/run/run_impl.h"
#include "runner/watchdog/watchdog.h"

enum { INLINE_UP_TO = 8 };

/* ------------------------------------------------------------------ signs of life */

/* To the watchdog and, on rank 0, to other jobs: while this rank computes outside of a replica, or waits. */
static void run_alive(void *ctx)
{
  run *r = ctx;
  vt_err ignored = {0};
  vt_watchdog_beat();
  if (r->jobs && vt_jobs_beat(r->jobs, vt_now_s(), &ignored) != VT_OK && !r->complained++)
    vt_log(VT_LOG_WARN, "run", "ev=jobs error=\"%s\"", vt_err_line(ignored.text).s);
}

/* Between two naps of a collective call: is a rank dead that all wait for? */
static vt_status while_waiting(void *ctx, vt_err *err)
{
  run *r = ctx;
  run_alive(r);
  int dead = vt_death_notes_look(&r->notes, vt_now_s(), 0);
  if (dead < 0) return VT_OK;
  VT_FAIL(err, VT_ESTOP, "rank %d died while the others waited for it; all results are in the journal", dead);
}

/* One name for this job on all ranks, and the place of death notes. */
static vt_status share_job(run *r, vt_err *err)
{
  char job[VT_JOB_ID] = "";
  if (r->jobs) (void)snprintf(job, sizeof job, "%s", vt_jobs_id(r->jobs));
  VT_PASS(vt_comm_bcast(r->comm, 0, job, sizeof job, err));
  (void)snprintf(r->death_notes, sizeof r->death_notes, "%s/lease/fallen/%s-", r->dir.dir, job);
  r->notes.prefix = r->death_notes;
  vt_crash_note_folder(r->dir.journal, r->death_notes, vt_comm_rank(r->comm));
  return VT_OK; /* all wait for all since the launch, and the start's patience holds until the first task */
}

/* The steps of a run are collective: each ends with an agreement, so that all ranks leave it with the same status. */

/* Rank 0 enters the folder; all read the journal, of which it has the index; it cuts torn tails. */
static vt_status open_folder(run *r, vt_err *err)
{
  vt_buf edit = {0};
  const int first = vt_comm_rank(r->comm) == 0;
  vt_status rc = first ? vt__run_open_folder(r, &edit, err) : VT_OK;
  rc = vt_comm_agree(r->comm, rc, err);
  if (rc == VT_OK) rc = vt_journal_share(r->comm, r->dir.journal, &r->j, err);
  if (rc == VT_OK) {
    if (first) rc = vt__run_open_journal(r, &edit, err);
    if (rc == VT_OK) rc = vt_records_sched_tasks(r->c, &r->task, &r->ns, err);
    rc = vt_comm_agree(r->comm, rc, err);
  }
  vt_buf_free(&edit);
  return rc;
}

/* ------------------------------------------------------------------ the tasks */

static int asked_to_stop(void *ctx)
{
  (void)ctx;
  return vt_stop_reason() != NULL;
}

static int threads_most(void *ctx, int task)
{
  const vt_campaign *c = ((const run *)ctx)->c;
  return vt_pot_threads_most(c->pot_kind, c->comp[c->task[task].comp].n_atoms);
}

static const char *may_not_begin(void *ctx)
{
  const run *r = ctx;
  if (vt_stop_closing()) return "the HALT file says after-tasks";
  return vt_stop_time_left_s() > r->first_checkpoint_s ? NULL : "too little time is left for another task";
}

static void run_watch(void *ctx, const vt_run_snapshot *w)
{
  run *r = ctx;
  r->last = *w;
  r->last.round = r->c->target.asked ? r->round + !r->target_over : 0;
  r->line.silent = !w->leads; /* of several jobs the leading one speaks */
  vt__progress(&r->line, &r->last, NULL);
  r->last.rank = NULL; /* borrowed for this call */
}

static void run_event(void *ctx, const vt_run_event *h)
{
  run *r = ctx;
  vt_events_write(&r->events, r->c, h);
  if (h->kind == VT_RUN_GIVE_UP) { /* the farm knows rows; people and scripts look for the task */
    char hex[65];
    vt_uid_hex(&r->c->task[h->task].uid, hex);
    vt_log(VT_LOG_WARN, "run", "ev=give_up task=%s why=\"%s\"", hex, h->text ? h->text : "no try is left");
  }
  if (!h->text) return;
  int n;
  const char *sentence = vt_err_sentence(h->text, &n);
  if (h->kind == VT_RUN_CLOSING) (void)snprintf(r->why_closed, sizeof r->why_closed, "%.*s", n, sentence);
  if (h->kind == VT_RUN_FAILURE || h->kind == VT_RUN_CRASH || h->kind == VT_RUN_RANK_DEAD)
    (void)snprintf(r->line.last_error, sizeof r->line.last_error, "%s: %.*s", vt_run_event_row(h->kind)->name, n,
                   sentence);
}

/* The longest time from a lease to its first checkpoint: a packing relaxed for a thousand steps, then a block, by the
 * cost formula of the plan and some spare. */
static double longest_first_checkpoint_s(const vt_campaign *c)
{
  const double s_atom_step = 8e-6, relax_steps = 1000, open_s = 2;
  double most = 0;
  for (int k = 0; k < c->n_comp; k++) {
    double n = c->comp[k].n_atoms, s = s_atom_step * n * (relax_steps + vt_plan_block_steps(c->comp[k].n_atoms));
    if (s > most) most = s;
  }
  return most + open_s;
}

/* The shard of this machine's ranks; "" where this rank's build is not that of rank 0: a shard is of one build. */
static vt_status name_shard(const run *r, char shard[VT_SHARD_NAME], vt_err *err)
{
  struct {
    char stamp[VT_SHARD_STAMP], build[64];
  } first = {0};
  char host[64];
  if (vt_comm_rank(r->comm) == 0) {
    vt_journal_stamp(first.stamp);
    (void)snprintf(first.build, sizeof first.build, "%s", vt_build_info()->build_id);
  }
  shard[0] = '\0';
  VT_PASS(vt_comm_bcast(r->comm, 0, &first, sizeof first, err));
  if (strcmp(first.build, vt_build_info()->build_id) != 0) return VT_OK;
  vt_host_name(host);
  vt_journal_node_shard(first.stamp, host, shard);
  return VT_OK;
}

static vt_status do_tasks(run *r, vt_farm_outcome *out, vt_err *err)
{
  char shard[VT_SHARD_NAME];
  VT_TRY(name_shard(r, shard, err), err, "journal");
  int rank = vt_comm_rank(r->comm), size = vt_comm_size(r->comm);
  vt_replica_task work = {.c = r->c,
                          .dir = &r->dir,
                          .rank = rank,
                          .checkpoint_s = r->c->checkpoint_every_s,
                          .graceful_stop_s = r->o->grace_s / 4};
  int is_inline = r->c->master_inline == 2 ? size <= INLINE_UP_TO : r->c->master_inline;
  vt_claims claims = vt__claims(r);
  vt_farm_options no = {.comm = r->comm,
                        .master_inline = is_inline || size == 1,
                        .threads = r->c->threads,
                        .max_tries = r->c->max_tries,
                        .crash_limit = VT_RETRY_DEATHS,
                        .fault_limit = VT_RETRY_FAULTS,
                        .rank_timeout_s = r->c->rank_timeout_s,
                        .master_timeout_s = r->c->master_timeout_s,
                        .grace_s = r->o->grace_s,
                        .death_notes = r->death_notes,
                        .claims = rank == 0 ? &claims : NULL,
                        .task = r->task,
                        .task_ns = r->ns,
                        .n_tasks = r->c->n_tasks,
                        .replay = rank == 0 ? r->j : NULL,
                        .by_uid = &r->c->by_uid,
                        .journal_dir = r->dir.journal,
                        .shard = shard,
                        .work = vt__replica_task(&work),
                        .watch = run_watch,
                        .event = run_event,
                        .stop = asked_to_stop,
                        .threads_most = threads_most,
                        .may_not_begin = may_not_begin,
                        .ctx = r};
  r->first_checkpoint_s = longest_first_checkpoint_s(r->c);
  if (!r->limited++) vt_stop_limits(rank == 0 ? r->o->wall_s : 0, r->o->grace_s, rank == 0 ? r->dir.halt : NULL);
  vt_status rc = vt_farm_run(&no, out, err);
  vt_pot_kept_end(&work.kept);
  vt_log(VT_LOG_INFO, "run", "ev=spent checkpoints_s=%.4f", work.checkpoint_spent_s);
  if (out->alone) return rc;
  return vt_comm_agree(r->comm, rc, err);
}

/* Round after round of a campaign with a target, else one. */
static vt_status do_rounds(run *r, vt_farm_outcome *out, vt_err *err)
{
  int again = 1;
  while (again) {
    r->notes.ignore = NULL;
    vt_free(r->dead);
    r->dead = NULL;
    vt_status rc = do_tasks(r, out, err);
    r->declared_dead = out->declared_dead;
    r->alone = out->alone;
    r->dead = out->dead;
    r->notes.ignore = r->dead;
    r->notes.n_ignore = r->n_ranks;
    VT_PASS(rc);
    vt_watchdog_doing("fits and the decision on the next round");
    VT_PASS(vt__run_next_round(r, out, &again, err));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ the store */

/* After a stop there is little time, and other jobs may go on adding to the journal: what is not assembled now is
 * assembled by whoever ends the campaign.  Rows of tasks without a result cost time, too (PERFORMANCE, "Scale of one
 * master": 53 s of fits and as much of store for a million). */
static int run_later(const run *r, const vt_farm_outcome *out)
{
  const double bytes_s = 20e6, a_task_s = 1e-4, of_the_rest = 0.5;
  double left = r->o->grace_s - vt_stop_since_s();
  uint64_t bytes = 0;
  if (!out->stopped) return 0;
  if (out->others > 0) return 1;
  for (int i = 0; i < vt_journal_count(r->j); i++) bytes += vt_journal_rec(r->j, i)->n;
  return (double)bytes / bytes_s + a_task_s * r->c->n_tasks > of_the_rest * left;
}

static vt_status assemble(run *r, const vt_farm_outcome *out, vt_err *err)
{
  int32_t skip = 0;
  VT_PASS(vt_journal_share(r->comm, r->dir.journal, &r->j, err));
  if (vt_comm_rank(r->comm) == 0) skip = run_later(r, out);
  VT_PASS(vt_comm_bcast(r->comm, 0, &skip, sizeof skip, err));
  if (skip) {
    r->unassembled = 1;
    return VT_OK;
  }
  return vt_results_make(r->comm, r->dir.store, r->c, r->dir.journal, r->j, &r->fits, err);
}

/* ------------------------------------------------------------------ the end */

static vt_status run_conclude(run *r, const vt_farm_outcome *out, int *exit_code, vt_err *err)
{
  vt_status rc = vt_comm_rank(r->comm) == 0 ? vt__run_finish(r, out, exit_code, err) : VT_OK;
  VT_PASS(vt_comm_agree(r->comm, rc, err));
  int32_t code = *exit_code;
  VT_PASS(vt_comm_bcast(r->comm, 0, &code, sizeof code, err));
  *exit_code = code;
  return VT_OK;
}

static vt_status run_shared(run *r, int *exit_code, vt_err *err)
{
  vt_farm_outcome out = {0};
  int leads = 0;
  r->line = (vt_progress_line){
      .c = r->c,
      .dir = &r->dir,
      .quiet = r->o->quiet,
      .file = {.what = "status.json", .every_s = VT_STATUS_FILE_EVERY_S, .most_s = VT_STATUS_FILE_MOST_S}};
  vt_watchdog_doing("opening the output folder and reading its journal");
  VT_PASS(open_folder(r, err));
  if (r->o->folder) r->o->folder(r->o->ctx, r->dir.dir);
  vt_watchdog_doing("the tasks begin");
  VT_PASS(share_job(r, err));
  VT_PASS(vt__run_take_decisions(r, err));
  vt_status rc = do_rounds(r, &out, err);
  VT_PASS(rc);
  vt_watchdog_doing("fits, tables and the store");
  if (vt_comm_rank(r->comm) == 0)
    rc = vt_jobs_others(r->jobs) ? vt_jobs_lead(r->jobs, vt_now_s(), &leads, err)
                                 : vt_outdir_lead(r->jobs, r->dir.lease, &leads, err);
  if (leads) vt_outdir_fence(&r->dir, r->jobs, &r->fence);
  VT_PASS(vt_comm_agree(r->comm, rc, err));
  int32_t lead = leads;
  VT_PASS(vt_comm_bcast(r->comm, 0, &lead, sizeof lead, err));
  r->leads = lead;
  if (lead && vt_comm_rank(r->comm) == 0) rc = vt__check_builds(r, err);
  VT_PASS(vt_comm_agree(r->comm, rc, err));
  if (lead) VT_PASS(assemble(r, &out, err));
  return run_conclude(r, &out, exit_code, err);
}

vt_status vt_run_campaign(vt_comm *comm, const vt_run_options *o, int *exit_code, int *alone, vt_err *err)
{
  run r = {.comm = comm, .o = o, .n_ranks = vt_comm_size(comm)};
  *exit_code = *alone = 0;
  vt_alive_install(run_alive, &r);
  vt_comm_on_wait(comm, while_waiting, &r);
  vt_watchdog_doing("reading the campaign");
  vt_status rc = vt__run_broadcast_campaign(comm, o, &r.c, &r.dir, exit_code, err);
  if (rc == VT_OK && *exit_code == 0) rc = run_shared(&r, exit_code, err);
  if (rc == VT_ESTOP) *exit_code = r.declared_dead ? VT_EXIT_OK : VT_EXIT_AGAIN;
  *alone = r.alone || rc == VT_ESTOP; /* ESTOP of a wait: somebody died while all waited for all */
  if (rc != VT_OK && r.leads && vt_comm_rank(comm) == 0) vt__progress(&r.line, &r.last, "stopped");
  vt__progress_end(&r.line);
  vt_comm_on_wait(comm, NULL, NULL);
  vt_alive_install(NULL, NULL);
  vt_crash_note_folder("", "", 0);
  vt_events_close(&r.events);
  vt_free(r.dead);
  vt_fits_free(r.fits);
  vt_free(r.task);
  vt_free(r.ns);
  vt_journal_free(r.j);
  vt_fence_install(NULL);
  vt_jobs_close(r.jobs);
  vt_campaign_free(r.c);
  return rc;
}
