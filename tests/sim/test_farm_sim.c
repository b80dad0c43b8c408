/* The real master and the real workers over simulated ranks, with the real journal on disk: random delays, failures
 * that the ladder cures, failures that it does not, and a soft stop in the middle with a second start. */
#include "tests/support/files.h"
#include "tests/vt_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/farm/farm_impl.h"

enum { N_TASKS = 60, N_GLASS = 15, MOST_RANKS = 7, N_SEEDS = 60 };

typedef struct world {
  vt_sim *sim;
  uint64_t seed;
  int n_ranks;
  char dir[64];
  vt_sched_task task[N_TASKS];
  vt_uid_index by_uid;
  double ns[N_TASKS];
  int continued;    /* 1: each task goes on from KEPT_NS of a checkpoint, over TAKES_S of virtual time */
  int looks;        /* at the rate while tasks are continued */
  int ran[N_TASKS]; /* how often each task gave a result in this world, over all starts */
} world;

typedef struct rank {
  world *w;
  vt_farm_options o;
  vt_master *master;
  vt_worker *worker;
} rank;

static double chance_of(const world *w, uint32_t a, uint32_t b)
{
  double u[2];
  vt_rng_uniform2(w->seed, VT_STREAM_TEST, 1, a, b, u);
  return u[0];
}

/* Of the MD tasks a fifth fail at the first try, a twentieth always; glasses never fail here (their failure takes MD
 * tasks along, which tests/unit/runner/sched/test_sched covers). */
static int fails(const world *w, int task, int attempt, int half_stage)
{
  if (task < N_GLASS) return 0;
  double u = chance_of(w, (uint32_t)task, 0);
  return u < 0.05 || (u < 0.25 && attempt == 0 && half_stage == 0);
}

static int hopeless(const world *w, int task) { return fails(w, task, 9, 9); }

static const double KEPT_NS = 0.6, TAKES_S = 100;

/* A task of one nanosecond of which KEPT_NS are there already.  One rank: what the master says of the rate follows from
 * the clock alone. */
static vt_status continue_task(rank *r, const vt_lease *l, const vt_replica_hooks *hooks, vt_err *err)
{
  enum { PARTS = 20 };
  vt_progress p = {.stage = "produce", .stage_id = VT_STAGE_PRODUCE, .ns_done = KEPT_NS};
  for (int k = 0; k <= PARTS; k++) {
    vt_run_snapshot w;
    p.ns_done = KEPT_NS + (1 - KEPT_NS) * k / PARTS;
    p.fraction = p.ns_done;
    for (int times = 0; times < 3; times++) { /* the message about it arrives, too */
      VT_PASS(hooks->poll(hooks->ctx, &p, err));
      vt_sim_advance(r->w->sim, TAKES_S / PARTS / 3);
    }
    if (k == 0) continue; /* nothing was heard yet */
    vt__master_snapshot(r->master, vt_comm_now(r->o.comm), &w);
    const double truth = (1 - KEPT_NS) / TAKES_S * 86400;
    /* the last message is up to one part old: of the first task one part of two, later one of many; never more */
    if (!(w.ns_per_day <= truth * 1.1) || (r->w->looks >= PARTS && w.ns_per_day < truth * 0.5))
      fail_msg("task %d, part %d: %g ns/day, expected %g", l->task, k, w.ns_per_day, truth);
    near(w.eta_s, (w.ns_total - w.ns_done) / (w.ns_per_day / 86400), 1e-6 * w.eta_s + 1e-9);
    r->w->looks++;
  }
  return VT_OK;
}

/* A lease says where the record is of what its task needs: that one record is read there, whole and of that task, on
 * whichever rank, without an index. */
static void expect_before(const rank *r, const vt_lease *l, const vt_place *before)
{
  const int needs = r->w->task[l->task].needs;
  vt_err err = {0};
  vt_journal *j;
  int there = 0;
  if (needs < 0) {
    assert_int_equal(before->offset, 0);
    return;
  }
  VT_TEST_OK(vt_journal_blank(&j, r->w->dir, &err), &err);
  VT_TEST_OK(vt_journal_learn(j, &r->w->task[needs].uid, before, &there, &err), &err);
  assert_true(there);
  assert_int_equal(vt_journal_count(j), 1);
  assert_non_null(vt_journal_result(j, &r->w->task[needs].uid));
  vt_journal_free(j);
}

static vt_status work_run(void *ctx, const vt_lease *l, const vt_place *before, const vt_replica_hooks *hooks,
                          vt_task_output *out, vt_err *err)
{
  rank *r = ctx;
  vt_progress p = {.stage = "empty"};
  expect_before(r, l, before);
  if (r->w->continued)
    VT_PASS(continue_task(r, l, hooks, err));
  else
    VT_PASS(hooks->poll(hooks->ctx, &p, err));
  out->stage = VT_STAGE_MELT;
  if (!r->w->continued && fails(r->w, l->task, l->attempt, l->half_stage))
    VT_FAIL(err, VT_EDIVERGE, "task %d failed as scripted", l->task);
  out->head = (vt_result_head){.version = VT_RESULT_VERSION};
  r->w->ran[l->task]++;
  return VT_OK;
}

static vt_status pump(void *ctx, int *busy, vt_err *err)
{
  rank *r = ctx;
  vt_msg m;
  int got = 1;
  while (got) {
    VT_PASS(vt_comm_poll(r->o.comm, &m, &got, err));
    if (!got) break;
    *busy = 1;
    VT_PASS(m.tag < VT_MSG_TASK ? vt__master_message(r->master, &m, err) : vt__worker_message(r->worker, &m, err));
  }
  if (r->master) VT_PASS(vt__master_tick(r->master, err));
  return VT_OK;
}

static void open_rank(world *w, rank *r, int k, vt_journal *replay)
{
  vt_err err = {0};
  *r = (rank){.w = w,
              .o = {.comm = vt_sim_comm(w->sim, k),
                    .master_inline = 1,
                    .max_tries = 3,
                    .crash_limit = 2,
                    .fault_limit = 2,
                    .task = w->task,
                    .task_ns = w->ns,
                    .n_tasks = N_TASKS,
                    .replay = k == 0 ? replay : NULL,
                    .by_uid = &w->by_uid,
                    .journal_dir = w->dir,
                    .work = {.ctx = r, .run = work_run}}};
  if (k == 0) VT_TEST_OK(vt__master_open(&r->master, &r->o, &err), &err);
  VT_TEST_OK(vt__worker_open(&r->worker, &r->o, (vt_pump){.ctx = r, .step = pump}, &err), &err);
}

static int over(const rank *r)
{
  const unsigned char *dead;
  int declared_dead;
  return r->master ? vt__master_finished(r->master) : vt__worker_over(r->worker, &dead, &declared_dead);
}

/* One start; stop_after: virtual seconds, < 0 never. */
static void run_farm(world *w, vt_journal *replay, double stop_after)
{
  rank r[MOST_RANKS];
  vt_err err = {0};
  vt_sim_options so = {.n_ranks = w->n_ranks, .seed = w->seed, .delay_s = 0.01};
  VT_TEST_OK(vt_sim_open(&w->sim, &so, &err), &err);
  for (int k = 0; k < w->n_ranks; k++) open_rank(w, &r[k], k, replay);
  int left = 0;
  for (int round = 0; left < w->n_ranks && round < 200000; round++) {
    left = 0;
    if (stop_after >= 0 && vt_sim_now(w->sim) > stop_after) VT_TEST_OK(vt__master_stop(r[0].master, &err), &err);
    for (int k = 0; k < w->n_ranks; k++) {
      int busy = 0;
      VT_TEST_OK(pump(&r[k], &busy, &err), &err);
      VT_TEST_OK(vt__worker_step(r[k].worker, &busy, &err), &err);
      left += over(&r[k]);
    }
    vt_sim_advance(w->sim, 0.004);
  }
  assert_int_equal(left, w->n_ranks);
  assert_null(vt__master_abort(r[0].master));
  for (int k = 0; k < w->n_ranks; k++) {
    int busy = 0;
    VT_TEST_OK(vt__worker_step(r[k].worker, &busy, &err), &err); /* what still waits becomes durable */
    vt__worker_close(r[k].worker);
    vt__master_close(r[k].master);
  }
  vt_sim_close(w->sim);
}

static void make_world(world *w, uint64_t seed)
{
  *w = (world){.seed = seed};
  w->n_ranks = 1 + (int)(chance_of(w, 9999, 1) * MOST_RANKS);
  vt_test_folder(w->dir, "farm_sim");
  for (int i = 0; i < N_TASKS; i++) {
    w->task[i] = (vt_sched_task){.needs = i < N_GLASS ? -1 : i % N_GLASS, .cost = 1 + chance_of(w, (uint32_t)i, 3)};
    vt_sha256(&i, sizeof i, &w->task[i].uid);
    w->ns[i] = 1;
  }
  vt_err err = {0};
  VT_TEST_OK(vt_uid_index_make(&w->by_uid, &w->task[0].uid, sizeof *w->task, N_TASKS, &err), &err);
}

static void remove_world(world *w)
{
  vt_uid_index_free(&w->by_uid);
  vt_test_folder_remove(w->dir);
}

static void every_task_is_recorded_once_whatever_the_delays_and_stops(void **state)
{
  (void)state;
  int stopped_in_the_middle = 0;
  for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
    world w;
    vt_err err = {0};
    vt_journal *j;
    make_world(&w, seed);
    double stop = seed % 2 ? -1 : 0.05 + 0.4 * chance_of(&w, 9999, 2);
    VT_TEST_OK(vt_journal_open(&j, w.dir, &err), &err);
    run_farm(&w, j, stop);
    VT_TEST_OK(vt_journal_refresh(j, &err), &err);
    int done = 0;
    for (int i = 0; i < N_TASKS; i++) done += vt_journal_result(j, &w.task[i].uid) != NULL;
    stopped_in_the_middle += stop >= 0 && done > 0 && done < N_TASKS - 5;
    if (stop >= 0) run_farm(&w, j, -1);
    VT_TEST_OK(vt_journal_refresh(j, &err), &err);
    for (int i = 0; i < N_TASKS; i++) {
      int tries = 0;
      while (vt_journal_failure(j, &w.task[i].uid, tries)) tries++;
      int result = vt_journal_result(j, &w.task[i].uid) != NULL;
      if (w.ran[i] != result || result == hopeless(&w, i) || (hopeless(&w, i) && tries != 3))
        fail_msg("seed %llu, %d ranks: task %d gave %d results, %d in the journal, %d failures",
                 (unsigned long long)seed, w.n_ranks, i, w.ran[i], result, tries);
    }
    vt_journal_free(j);
    remove_world(&w);
  }
  assert_true(stopped_in_the_middle > 5); /* else the stop was never tried */
}

static void the_rate_after_a_resume_counts_only_what_this_run_does(void **state)
{
  (void)state;
  world w;
  vt_err err = {0};
  vt_journal *j;
  make_world(&w, 1);
  w.n_ranks = 1;
  w.continued = 1;
  VT_TEST_OK(vt_journal_open(&j, w.dir, &err), &err);
  run_farm(&w, j, -1);
  assert_true(w.looks >= N_TASKS);
  vt_journal_free(j);
  remove_world(&w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_task_is_recorded_once_whatever_the_delays_and_stops),
                                     cmocka_unit_test(the_rate_after_a_resume_counts_only_what_this_run_does)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
