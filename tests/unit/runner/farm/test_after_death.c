/* What the master reads after a death: of results that were reported the headers, of what a dead rank had written and
 * did not report everything.  The reference is the size of what was written. */
#include <stdio.h>
#include <string.h>

#include "runner/farm/farm_impl.h"
#include "runner/farm/master_impl.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { RANKS = 4, TASKS = 9, VALUES = 20000, DIES = 2 };
static const char *const SHARD = "20260101T000000.000000Z-1-node-0123abcd.vtj";

typedef struct stage {
  char folder[VT_TEST_PATH], journal[2 * VT_TEST_PATH], notes[2 * VT_TEST_PATH];
  vt_sim *sim;
  vt_master *m;
  vt_journal *replay;
  vt_uid_index by_uid;
  vt_farm_options o;
  vt_sched_task task[TASKS];
  double ns[TASKS];
  vt_journal_writer *w[RANKS];
  vt_lease lease[RANKS]; /* what each holds */
} stage;

static void stage_open(stage *s)
{
  vt_err err = {0};
  *s = (stage){0};
  vt_test_folder(s->folder, "after_death");
  (void)snprintf(s->journal, sizeof s->journal, "%s/journal", s->folder);
  (void)snprintf(s->notes, sizeof s->notes, "%s/fallen/job-", s->folder);
  char fallen[2 * VT_TEST_PATH];
  (void)snprintf(fallen, sizeof fallen, "%s/fallen", s->folder);
  VT_TEST_OK(vt_dir_make(fallen, &err), &err);
  VT_TEST_OK(vt_journal_open(&s->replay, s->journal, &err), &err);
  for (int k = 0; k < TASKS; k++) {
    s->task[k] = (vt_sched_task){.needs = -1, .cost = 1};
    s->task[k].uid.b[0] = (unsigned char)(k + 1);
  }
  VT_TEST_OK(vt_uid_index_make(&s->by_uid, &s->task[0].uid, sizeof s->task[0], TASKS, &err), &err);
  VT_TEST_OK(vt_sim_open(&s->sim, &(vt_sim_options){.n_ranks = RANKS}, &err), &err);
  s->o = (vt_farm_options){.comm = vt_sim_comm(s->sim, 0),
                           .max_tries = 3,
                           .crash_limit = 3,
                           .fault_limit = 3,
                           .death_notes = s->notes,
                           .task = s->task,
                           .task_ns = s->ns,
                           .n_tasks = TASKS,
                           .replay = s->replay,
                           .by_uid = &s->by_uid};
  VT_TEST_OK(vt__master_open(&s->m, &s->o, &err), &err);
  for (int r = 1; r < RANKS; r++) VT_TEST_OK(vt_journal_create_shared(&s->w[r], s->journal, SHARD, r, &err), &err);
}

static void stage_close(stage *s)
{
  for (int r = 1; r < RANKS; r++) vt_journal_close(s->w[r]);
  vt__master_close(s->m);
  vt_journal_free(s->replay);
  vt_uid_index_free(&s->by_uid);
  vt_sim_close(s->sim);
  vt_test_folder_remove(s->folder);
}

static void tell(stage *s, int rank, int tag, const void *data, size_t n)
{
  vt_err err = {0};
  VT_TEST_OK(vt__master_message(s->m, &(vt_msg){.src = rank, .tag = tag, .n = n, .data = data}, &err), &err);
}

static void take_task(stage *s, int rank)
{
  vt_err err = {0};
  vt_msg msg;
  int got = 1;
  tell(s, rank, VT_MSG_READY, NULL, 0);
  vt_sim_advance(s->sim, 0.01);
  s->lease[rank].task = -1;
  while (got) {
    VT_TEST_OK(vt_comm_poll(vt_sim_comm(s->sim, rank), &msg, &got, &err), &err);
    if (got && msg.tag == VT_MSG_TASK) memcpy(&s->lease[rank], msg.data, sizeof s->lease[rank]);
  }
  assert_true(s->lease[rank].task >= 0);
}

static void write_result(stage *s, int rank)
{
  static double values[VALUES];
  vt_err err = {0};
  const vt_result_head h = {.version = VT_RESULT_VERSION, .kind = VT_TASK_MD, .n_values = VALUES, .ns = 1};
  VT_TEST_OK(vt_journal_append(s->w[rank], VT_REC_RESULT, &s->task[s->lease[rank].task].uid, 0, 0, &h, sizeof h, values,
                               sizeof values, &err),
             &err);
  VT_TEST_OK(vt_journal_sync(s->w[rank], &err), &err);
}

static void report(stage *s, int rank)
{
  vt_done_msg d = {.lease = s->lease[rank], .ns = 1, .wall_s = 1};
  vt_journal_synced(s->w[rank], 0, &d.place);
  assert_true(d.place.offset > 0);
  tell(s, rank, VT_MSG_RESULT, &d, sizeof d);
}

static void dies(stage *s, int rank)
{
  vt_err err = {0};
  char note[3 * VT_TEST_PATH];
  (void)snprintf(note, sizeof note, "%s%d", s->notes, rank);
  vt_test_write_text(note, "");
  for (int k = 0; k < 5; k++) {
    vt_sim_advance(s->sim, 1);
    VT_TEST_OK(vt__master_tick(s->m, &err), &err);
  }
  assert_int_equal(s->m->rank[rank].doing, VT_RANK_DEAD);
}

static void what_was_reported_is_not_read_again(void **state)
{
  (void)state;
  const uint64_t record = sizeof(vt_result_head) + VALUES * sizeof(double), head = 64;
  stage s;
  int reported = 0;
  stage_open(&s);
  for (int round = 0; round < 2; round++)
    for (int r = 1; r < RANKS; r++, reported++) {
      take_task(&s, r);
      write_result(&s, r);
      report(&s, r);
    }
  take_task(&s, DIES);
  write_result(&s, DIES); /* durable, and not reported */
  const int left_behind = s.lease[DIES].task;
  assert_int_not_equal(vt_sched_state(s.m->sched, left_behind), VT_DONE);
  const uint64_t before = vt_journal_bytes(s.replay);
  dies(&s, DIES);
  const uint64_t bytes = vt_journal_bytes(s.replay) - before;
  assert_int_equal(vt_sched_state(s.m->sched, left_behind), VT_DONE);
  assert_int_equal(vt_journal_count(s.replay), reported + 1);
  assert_true(bytes >= record);                                   /* what nobody reported: all of it */
  assert_true(bytes <= record + (uint64_t)(reported + 2) * head); /* of the others the headers       */
  stage_close(&s);
}

/* A report of a place that holds another task's record is not believed: that record is read. */
static void a_place_that_is_another_is_read(void **state)
{
  (void)state;
  const uint64_t record = sizeof(vt_result_head) + VALUES * sizeof(double);
  stage s;
  stage_open(&s);
  take_task(&s, 1);
  write_result(&s, 1);
  vt_done_msg d = {.lease = s.lease[1], .ns = 1, .wall_s = 1};
  vt_journal_synced(s.w[1], 0, &d.place);
  d.place.offset += 8;
  tell(&s, 1, VT_MSG_RESULT, &d, sizeof d);
  take_task(&s, DIES);
  const uint64_t before = vt_journal_bytes(s.replay);
  dies(&s, DIES);
  assert_true(vt_journal_bytes(s.replay) - before >= record);
  stage_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_reported_is_not_read_again),
                                     cmocka_unit_test(a_place_that_is_another_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
