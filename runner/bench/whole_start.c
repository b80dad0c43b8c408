/* whole_start.c - the start of a run that goes on, step by step as rank 0 waits for it: its own reading of the
 * campaign, that of the recorded one, that of the other ranks (all at once: one of them is timed); the journal, read by
 * all together; rows; the master, which replays the journal; a first task for each rank that can have one. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "runner/bench/bench_impl.h"

enum { LEFT_A_RANK = 2 }; /* tasks that have no result yet */

typedef struct steps {
  double campaign_s, recorded_s, others_s, index_s, rows_s, open_s, leases_s; /* wall; of the last two CPU */
  vt_shared shared;
  double longest_s; /* of index_s: until the last piece is there, if each rank takes one after the other */
  int n_tasks, n_results, n_files;
  int64_t begun; /* ranks that have a task */
} steps;

static vt_status read_once(const vt_bench_scale_options *o, vt_campaign **c, double *s, vt_err *err)
{
  const double from = vt_now_s();
  const vt_status rc = vt__bench_campaign(o->tasks, o->env, c, err);
  *s = vt_now_s() - from;
  return rc;
}

/* One process stands for all ranks: what it reads is divided by them, at least the longest piece. */
static vt_status index_together(const vt_bench_scale_options *o, const char *dir, vt_journal **j, steps *x, vt_err *err)
{
  vt_sim *sim = NULL;
  VT_PASS(vt_sim_open(&sim, &(vt_sim_options){.n_ranks = 1, .seed = 1}, err));
  const vt_status rc = vt_journal_share(vt_sim_comm(sim, 0), dir, j, err);
  vt_sim_close(sim);
  VT_PASS(rc);
  x->shared = vt_journal_shared(*j);
  x->n_results = vt_journal_count(*j);
  x->n_files = vt_journal_shards(*j);
  const int readers = x->shared.groups < o->ranks ? x->shared.groups : o->ranks;
  const double each = readers ? x->shared.read_s / readers : 0;
  x->longest_s = each > x->shared.longest_s ? each : x->shared.longest_s;
  x->index_s = x->shared.own_s + x->longest_s;
  return VT_OK;
}

/* Tasks of hours in a window of seconds: all that happens is that ranks are given tasks. */
static vt_status first_leases(const vt_bench_scale_options *o, const vt_sched_task *task, int n_tasks, vt_journal *j,
                              steps *x, vt_err *err)
{
  vt_farm_simulated r;
  const vt_farm_simulation s = {.n_ranks = o->ranks,
                                .n_tasks = n_tasks,
                                .task = task,
                                .seed = 1,
                                .least_s = 36000,
                                .most_s = 72000,
                                .window_s = 4, /* the master waits two for all ranks to say where they are */
                                .replay = j};
  VT_PASS(vt_farm_simulate(&s, &r, err));
  x->open_s = r.open_s;
  x->leases_s = r.master_s;
  x->begun = r.begun;
  return VT_OK;
}

static vt_status all_steps(const vt_bench_scale_options *o, const char *dir, steps *x, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_campaign *c = NULL, *again = NULL;
  vt_sched_task *task = NULL;
  double *ns = NULL;
  vt_journal *j = NULL;
  vt__bench_journal kept = {.n_shards = o->shards, .batch = 256, .n_values = 8, .n_missing = LEFT_A_RANK * o->ranks};
  VT_TRY_OUT(read_once(o, &c, &x->campaign_s, err), err, "campaign");
  VT_TRY_OUT(read_once(o, &again, &x->recorded_s, err), err, "the recorded campaign");
  vt_campaign_free(again);
  VT_TRY_OUT(read_once(o, &again, &x->others_s, err), err, "the campaign on another rank");
  double from = vt_now_s();
  VT_TRY_OUT(vt_records_sched_tasks(c, &task, &ns, err), err, "rows");
  x->rows_s = vt_now_s() - from;
  x->n_tasks = c->n_tasks;
  if (kept.n_missing > c->n_tasks / 2) kept.n_missing = c->n_tasks / 2;
  VT_TRY_OUT(vt__bench_write_journal(task, c->n_tasks, dir, &kept, &j, err), err, "journal");
  vt_journal_free(j);
  j = NULL;
  (void)malloc_trim(0);
  VT_TRY_OUT(index_together(o, dir, &j, x, err), err, "journal");
  VT_TRY_OUT(first_leases(o, task, c->n_tasks, j, x, err), err, "first tasks");
out:
  vt_journal_free(j);
  vt_free(task);
  vt_free(ns);
  vt_campaign_free(again);
  vt_campaign_free(c);
  return rc;
}

vt_status vt__bench_whole_start(const vt_bench_scale_options *o, vt_json *line, vt_err *err)
{
  steps x = {0};
  char dir[VT_PATH * 2];
  if (snprintf(dir, sizeof dir, "%s/start", o->dir) >= (int)sizeof dir)
    VT_FAIL(err, VT_EINVAL, "the folder's name is too long");
  VT_PASS(vt_dir_make(o->dir, err));
  VT_PASS(all_steps(o, dir, &x, err));
  vt_json_put(line, "campaign_tasks", vt_json_int(x.n_tasks));
  vt_json_put(line, "results", vt_json_int(x.n_results));
  vt_json_put(line, "shards", vt_json_int(x.n_files));
  vt_json_put(line, "campaign_s", vt_json_num(x.campaign_s));
  vt_json_put(line, "recorded_campaign_s", vt_json_num(x.recorded_s));
  vt_json_put(line, "campaign_other_ranks_s", vt_json_num(x.others_s));
  vt_json_put(line, "index_rank0_cpu_s", vt_json_num(x.shared.own_s));
  vt_json_put(line, "index_pieces_s", vt_json_num(x.longest_s));
  vt_json_put(line, "rows_s", vt_json_num(x.rows_s));
  vt_json_put(line, "master_open_cpu_s", vt_json_num(x.open_s));
  vt_json_put(line, "first_tasks_cpu_s", vt_json_num(x.leases_s));
  vt_json_put(line, "ranks_with_a_task", vt_json_int(x.begun));
  vt_json_put(line, "bytes_read_all_ranks", vt_json_int((int64_t)x.shared.bytes));
  vt_json_put(line, "bytes_read_each_rank", vt_json_num((double)x.shared.bytes / o->ranks));
  vt_json_put(line, "start_s",
              vt_json_num(x.campaign_s + x.recorded_s + x.others_s + x.index_s + x.rows_s + x.open_s + x.leases_s));
  return VT_OK;
}
