/* Records of a journal: what their heads must say, the ladder of tries, and the state of a campaign that follows. */
#define _GNU_SOURCE /* syscall */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner/records/records.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static char folder[VT_TEST_PATH];
static vt_campaign *small;

static int open_small(void **state)
{
  (void)state;
  vt_test_folder_in_memory(folder, "records");
  small = vt_test_small_campaign("LiAlCl4, NaTaCl6", "[500 K, 600 K]", 1, "runner: {max_tries: 3}\n");
  return 0;
}

static int close_small(void **state)
{
  (void)state;
  vt_campaign_free(small);
  vt_test_folder_remove(folder);
  return 0;
}

/* A journal of its own for each claim. */
static const char *journal_of(const char *name) { return vt_test_inside(folder, name); }

static vt_journal *opened(const char *name)
{
  vt_journal *j;
  vt_err err = {0};
  VT_TEST_OK(vt_journal_open(&j, journal_of(name), &err), &err);
  return j;
}

/* One record of raw bytes. */
static void append_raw(const char *name, vt_rec_type type, const vt_uid *uid, const void *bytes, size_t n)
{
  vt_journal_writer *w;
  vt_err err = {0};
  VT_TEST_OK(vt_journal_create(&w, journal_of(name), 0, &err), &err);
  VT_TEST_OK(vt_journal_append(w, type, uid, 0, 0, bytes, n, NULL, 0, &err), &err);
  VT_TEST_OK(vt_journal_sync(w, &err), &err);
  vt_journal_close(w);
}

/* ------------------------------------------------------------------ results */

static void a_result_comes_back_as_the_values_that_were_recorded(void **state)
{
  (void)state;
  const vt_plan p = vt_test_plan(small, 0);
  size_t n, got;
  double *values = vt_test_counting_values(&p, 0.1, &n), *back;
  vt_result_head h;
  vt_err err = {0};
  vt_test_record_result(journal_of("good"), &p, values, n);
  vt_journal *j = opened("good");
  VT_TEST_OK(vt_results_load(j, &p, &h, &back, &got, &err), &err);
  assert_true(got == n && h.n_values == n);
  assert_memory_equal(back, values, n * sizeof *values);
  assert_string_equal(h.host, "a host");
  assert_string_equal(h.build_id, "a build");
  vt_free(back);
  const vt_plan other = vt_test_plan(small, 1);
  VT_TEST_OK(vt_results_load(j, &other, NULL, &back, &got, &err), &err);
  assert_true(!back && got == 0); /* no result is no error */
  vt_journal_free(j);
  free(values);
}

static void a_result_that_does_not_fit_its_plan_is_refused(void **state)
{
  (void)state;
  const vt_plan p = vt_test_plan(small, 0);
  size_t n;
  double *values = vt_test_counting_values(&p, 0, &n);
  const vt_result_head good = {.version = VT_RESULT_VERSION, .kind = p.kind, .n_values = n};
  const struct {
    const char *name;
    uint32_t version;
    uint64_t n_values;
    size_t n_bytes; /* of the payload */
    vt_status status;
    const char *says;
  } bad[] = {
      {"short", good.version, n, sizeof good - 1, VT_ECORRUPT, "has only 247 bytes"},
      {"older", good.version - 1, n, sizeof good + n * sizeof *values, VT_EUNSUP,
       "has format 1, this program reads formats 2 and 3"},
      {"newer", good.version + 2, n, sizeof good + n * sizeof *values, VT_EUNSUP,
       "has format 4, this program reads formats 2 and 3"},
      {"fewer", good.version, n - 1, sizeof good + (n - 1) * sizeof *values, VT_ECORRUPT, "its plan promises"},
      {"claims_fewer", good.version, n - 1, sizeof good + n * sizeof *values, VT_ECORRUPT, "its plan promises"},
      {"claims_more", good.version, n + 1, sizeof good + n * sizeof *values, VT_ECORRUPT, "its plan promises"},
      {"cut", good.version, n, sizeof good + n * sizeof *values - 8, VT_ECORRUPT, "its plan promises"},
      {"head_only", good.version, 0, sizeof good, VT_ECORRUPT, "holds 0 values, its plan promises"},
      {"overflow", good.version, UINT64_MAX / 8 + 2, sizeof good + 8, VT_ECORRUPT, "its plan promises"},
  };
  char *bytes = vt_test_array(1, sizeof good + n * sizeof *values);
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    vt_result_head h = good;
    double *back;
    size_t got;
    vt_err err = {0};
    h.version = bad[k].version;
    h.n_values = bad[k].n_values;
    memcpy(bytes, &h, sizeof h);
    memcpy(bytes + sizeof h, values, n * sizeof *values);
    append_raw(bad[k].name, VT_REC_RESULT, &p.uid, bytes, bad[k].n_bytes);
    vt_journal *j = opened(bad[k].name);
    VT_TEST_REFUSED(vt_results_load(j, &p, NULL, &back, &got, &err), bad[k].status, &err, bad[k].says);
    assert_true(!back && got == 0);
    vt_journal_free(j);
  }
  free(bytes);
  free(values);
}

/* ------------------------------------------------------------------ failures */

static void a_failure_record_with_a_false_head_is_refused(void **state)
{
  (void)state;
  vt_failure_head good = {.version = VT_FAILURE_VERSION, .stage = VT_STAGE_MELT};
  good.err.code = VT_EDIVERGE;
  vt_failure_head version = good, no_code = good, great_code = good, stage = good;
  version.version++;
  no_code.err.code = VT_OK;
  great_code.err.code = VT_STATUS_COUNT;
  stage.stage = -1;
  const struct {
    const char *name;
    const vt_failure_head *head;
    size_t n;
    vt_status status;
    const char *says;
  } bad[] = {{"f_short", &good, sizeof good - 1, VT_ECORRUPT, "has only 1159 bytes"},
             {"f_version", &version, sizeof good, VT_EUNSUP, "has format 2, this program reads format 1"},
             {"f_no_code", &no_code, sizeof good, VT_ECORRUPT, "has status 0, stage"},
             {"f_great_code", &great_code, sizeof good, VT_ECORRUPT, "has status"},
             {"f_stage", &stage, sizeof good, VT_ECORRUPT, "stage -1"}};
  const vt_uid uid = small->task[0].uid;
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    vt_failure_head h;
    vt_err err = {0};
    append_raw(bad[k].name, VT_REC_FAILURE, &uid, bad[k].head, bad[k].n);
    vt_journal *j = opened(bad[k].name);
    VT_TEST_REFUSED(vt_failure_load(j, vt_journal_failure(j, &uid, 0), &h, &err), bad[k].status, &err, bad[k].says);
    assert_int_equal(vt_record_n_failures(j, &uid), -1);
    vt_journal_free(j);
  }
}

static void texts_of_a_failure_end_within_their_room(void **state)
{
  (void)state;
  vt_failure_head full, h;
  const vt_uid uid = small->task[0].uid;
  vt_err err = {0};
  memset(&full, 'x', sizeof full);
  full.version = VT_FAILURE_VERSION;
  full.stage = VT_STAGE_MELT;
  full.err.code = VT_EDIVERGE;
  append_raw("full", VT_REC_FAILURE, &uid, &full, sizeof full);
  vt_journal *j = opened("full");
  VT_TEST_OK(vt_failure_load(j, vt_journal_failure(j, &uid, 0), &h, &err), &err);
  assert_int_equal(strlen(h.host), sizeof h.host - 1);
  assert_int_equal(strlen(h.build_id), sizeof h.build_id - 1);
  assert_int_equal(strlen(h.err.text), sizeof h.err.text - 1);
  vt_journal_free(j);
}

/* Rungs 0, 0 (its rank died before it could say so), 1, 3 in the order of disorder, and two crashes. */
static void tries_are_counted_by_rung_in_the_order_of_rungs_and_crashes_apart(void **state)
{
  (void)state;
  const vt_uid uid = small->task[0].uid, other = small->task[1].uid;
  const char *dir = journal_of("tries");
  const vt_rec **rec;
  vt_tries t;
  vt_err err = {0};
  int n, crashes;
  vt_test_record_failure(dir, &uid, 1, VT_STAGE_QUENCH, 0, VT_EDIVERGE, "rung 3");
  vt_test_record_failure(dir, &uid, 0, 0, 0, VT_EDIVERGE, "rung 0");
  vt_test_record_failure(dir, &uid, 2, 0, 1, VT_ECRASH, "died");
  vt_test_record_failure(dir, &uid, 0, 0, 0, VT_EDIVERGE, "rung 0 again");
  vt_test_record_failure(dir, &other, 1, 0, 0, VT_EDIVERGE, "of another task");
  vt_test_record_failure(dir, &uid, 0, VT_STAGE_MELT, 0, VT_EDIVERGE, "rung 1");
  vt_test_record_failure(dir, &uid, 0, 0, 1, VT_ECRASH, "died");
  vt_journal *j = opened("tries");
  static const int rung[] = {0, 1, 3};
  VT_TEST_OK(vt_record_ladder(j, &uid, &rec, &n, &crashes, &err), &err);
  assert_int_equal(n, 3);
  assert_int_equal(crashes, 2);
  for (int k = 0; k < 3; k++) assert_int_equal(2 * rec[k]->attempt + (rec[k]->half_stage > 0), rung[k]);
  vt_free(rec);
  VT_TEST_OK(vt_record_tries(j, &uid, &t, &err), &err);
  assert_int_equal(t.failures, 3);
  assert_int_equal(t.crashes, 2);
  assert_string_equal(t.last.err.text, "rung 3");
  assert_int_equal(t.attempt, 1);
  assert_int_equal(t.half_stage, VT_STAGE_QUENCH);
  assert_int_equal(vt_record_n_failures(j, &uid), 3);
  assert_int_equal(vt_record_n_failures(j, &small->task[2].uid), 0);
  vt_journal_free(j);
}

/* Bytes that are read, counted: pread is this program's own here. */
static unsigned long long bytes_read;
ssize_t pread(int fd, void *to, size_t n, off_t at)
{
  ssize_t got = syscall(SYS_pread64, fd, to, n, at);
  if (got > 0) bytes_read += (unsigned long long)got;
  return got;
}

static unsigned long long read_for_tries(const char *name, int n_failures)
{
  const vt_uid uid = small->task[0].uid;
  const char *dir = journal_of(name);
  vt_tries t;
  vt_err err = {0};
  for (int k = n_failures - 1; k >= 0; k--) vt_test_record_failure(dir, &uid, k, 0, 0, VT_EDIVERGE, "again");
  vt_journal *j = opened(name);
  bytes_read = 0;
  VT_TEST_OK(vt_record_tries(j, &uid, &t, &err), &err);
  assert_int_equal(t.failures, n_failures);
  assert_int_equal(t.attempt, n_failures - 1);
  vt_journal_free(j);
  return bytes_read;
}

/* A shard of somebody else may hold as many failures of one task as fit: 32 and 256 of them, on rungs that all differ.
 * Each record is read once, and the last one once more: with 8 times as many, not more than 8 times as much. */
static void what_tries_cost_grows_with_their_number_and_not_faster(void **state)
{
  (void)state;
  unsigned long long few = read_for_tries("few", 32), many = read_for_tries("many", 256);
  assert_true(few > 32 * sizeof(vt_failure_head)); /* the count counts */
  assert_true(many <= 8 * few);
}

/* ------------------------------------------------------------------ replay */

static int finished[16], n_finished;
static void note_done(void *ctx, int i)
{
  (void)ctx;
  assert_in_range(n_finished, 0, 15);
  finished[n_finished++] = i;
}

static vt_sched *replayed(const char *name, vt_sched_task *task)
{
  vt_sched *s;
  vt_err err = {0};
  const vt_sched_options o = {.n_workers = 2, .max_tries = small->max_tries, .crash_limit = 5, .fault_limit = 2};
  VT_TEST_OK(vt_sched_open(&s, task, small->n_tasks, &o, &err), &err);
  vt_journal *j = opened(name);
  n_finished = 0;
  VT_TEST_OK(vt_records_replay(s, task, small->n_tasks, j, note_done, NULL, &err), &err);
  vt_journal_free(j);
  return s;
}

/* A worker that asks is given this task on this rung. */
static void is_leased_with(vt_sched *s, int task, int attempt, int half_stage)
{
  vt_action a[64];
  int n = 0;
  vt_err err = {0};
  assert_in_range(vt_sched_actions_max(s), 1, 64);
  const vt_event ready = {.kind = VT_EV_READY, .worker = 0};
  VT_TEST_OK(vt_sched_event(s, &ready, a, 64, &n, &err), &err);
  assert_true(n > 0 && a[0].kind == VT_ACT_LEASE && a[0].task == task);
  assert_int_equal(a[0].attempt, attempt);
  assert_int_equal(a[0].half_stage, half_stage);
}

/* Two compositions, a glass and two MD tasks each: glass, MD, MD, glass, MD, MD. */
static void a_scheduler_is_where_results_and_exhausted_failures_put_it(void **state)
{
  (void)state;
  vt_sched_task *task;
  double *ns;
  vt_err err = {0};
  VT_TEST_OK(vt_records_sched_tasks(small, &task, &ns, &err), &err);
  assert_int_equal(small->n_tasks, 6);
  for (int i = 0; i < 6; i++) {
    const vt_plan p = vt_test_plan(small, i);
    assert_true(vt_uid_equal(&task[i].uid, &p.uid));
    assert_int_equal(task[i].needs, i % 3 ? i - i % 3 : -1);
    assert_true(ns[i] == vt_replica_ns(&p) && ns[i] > 0);
    assert_true(task[i].cost == (double)vt_replica_steps(&p) * p.comp.n_atoms);
  }
  vt_sched *s = replayed("nothing", task); /* a folder that is not there is an empty journal */
  for (int i = 0; i < 6; i++) assert_int_equal(vt_sched_state(s, i), i % 3 ? VT_WAITING : VT_READY);
  assert_int_equal(n_finished, 0);
  vt_sched_free(s);

  const char *dir = journal_of("replay");
  for (int i = 0; i < 2; i++) { /* the first glass and one of its runs */
    const vt_plan p = vt_test_plan(small, i);
    size_t n;
    double *values = vt_test_counting_values(&p, 0, &n);
    vt_test_record_result(dir, &p, values, n);
    free(values);
  }
  for (int rung = 0; rung < 2 * small->max_tries; rung++) /* the other glass failed on every rung */
    vt_test_record_failure(dir, &small->task[3].uid, rung / 2, rung % 2 ? VT_STAGE_MELT : 0, 0, VT_EDIVERGE, "hot");
  vt_test_record_failure(dir, &small->task[2].uid, 0, VT_STAGE_PRODUCE, 0, VT_EDIVERGE, "with half the step, too");
  vt_test_record_failure(dir, &small->task[2].uid, 0, 0, 0, VT_EDIVERGE, "once");
  s = replayed("replay", task);
  const vt_task_state want[] = {VT_DONE, VT_DONE, VT_READY, VT_FAILED, VT_FAILED, VT_FAILED};
  for (int i = 0; i < 6; i++)
    if (vt_sched_state(s, i) != want[i]) fail_msg("task %d is in state %d", i, (int)vt_sched_state(s, i));
  for (int i = 3; i < 6; i++) assert_int_equal(vt_sched_failed_by(s, i), 3);
  assert_int_equal(n_finished, 2);
  assert_true(finished[0] == 0 && finished[1] == 1);
  is_leased_with(s, 2, 1, 0); /* behind rungs 0 and 1 comes the second attempt with whole steps */
  vt_sched_free(s);
  vt_free(task);
  vt_free(ns);
}

/* The RESULT of a task that took so long. */
static void record_time(vt_journal_writer *w, int task, double wall_s)
{
  vt_err err = {0};
  const vt_result_head h = {.version = VT_RESULT_VERSION, .kind = small->task[task].kind, .wall_s = wall_s};
  VT_TEST_OK(vt_journal_append(w, VT_REC_RESULT, &small->task[task].uid, 0, 0, &h, sizeof h, NULL, 0, &err), &err);
}

/* Both glasses are done and one run of each composition, of which one took nine times as long: the other run of that
 * composition comes first, whatever the two were said to cost. */
static void what_recorded_tasks_took_orders_what_is_left(void **state)
{
  (void)state;
  vt_sched_task *task;
  double *ns;
  vt_err err = {0};
  VT_TEST_OK(vt_records_sched_tasks(small, &task, &ns, &err), &err);
  for (int i = 0; i < 6; i++) assert_int_equal(task[i].group, (i % 3 > 0) + 2 * (i / 3));
  for (int slow = 0; slow < 2; slow++) {
    const char *name = slow ? "slow-second" : "slow-first";
    vt_journal_writer *w;
    VT_TEST_OK(vt_journal_create(&w, journal_of(name), 0, &err), &err);
    for (int comp = 0; comp < 2; comp++) {
      record_time(w, 3 * comp, 10);
      record_time(w, 3 * comp + 1, comp == slow ? 90 : 10);
    }
    VT_TEST_OK(vt_journal_sync(w, &err), &err);
    vt_journal_close(w);
    vt_sched *s = replayed(name, task);
    assert_int_equal(n_finished, 4);
    is_leased_with(s, slow ? 5 : 2, 0, 0);
    vt_sched_free(s);
  }
  vt_free(task);
  vt_free(ns);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_result_comes_back_as_the_values_that_were_recorded),
      cmocka_unit_test(a_result_that_does_not_fit_its_plan_is_refused),
      cmocka_unit_test(a_failure_record_with_a_false_head_is_refused),
      cmocka_unit_test(texts_of_a_failure_end_within_their_room),
      cmocka_unit_test(tries_are_counted_by_rung_in_the_order_of_rungs_and_crashes_apart),
      cmocka_unit_test(what_tries_cost_grows_with_their_number_and_not_faster),
      cmocka_unit_test(a_scheduler_is_where_results_and_exhausted_failures_put_it),
      cmocka_unit_test(what_recorded_tasks_took_orders_what_is_left),
  };
  return cmocka_run_group_tests_name("records", tests, open_small, close_small);
}
