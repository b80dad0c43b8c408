/* The file that holds a running task: what is damaged or of something else is never believed; what cannot be written
 * does not hurt; a retry begins where its stage began. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/replica/replica_impl.h"
#include "tests/support/allocations.h"
#include "tests/unit/engine/replica/checkpointer_fixture.h"
#include "tests/vt_test.h"

static const task_case lj = {.pot = "lj", .melt = VT_NVT, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVT};

static vt_plan g_plan, m_plan;
static vt_result g_result, m_result;

static int run_two(void **state)
{
  (void)state;
  g_plan = task_glass_plan(&lj);
  m_plan = task_md_plan(&lj);
  g_result = task_run(&g_plan, NULL, NULL);
  m_result = task_run(&m_plan, &g_result, NULL);
  return 0;
}

static int drop_two(void **state)
{
  (void)state;
  vt_result_free(&g_result);
  vt_result_free(&m_result);
  return 0;
}

typedef struct file {
  unsigned char *b;
  size_t n;
} file;

static file read_file(const char *path)
{
  char *b;
  file f;
  vt_err err = {0};
  VT_TEST_OK(vt_file_read(path, 1 << 26, &b, &f.n, &err), &err);
  f.b = (unsigned char *)b;
  return f;
}

static void write_file(const char *path, const file *f)
{
  vt_err err = {0};
  VT_TEST_OK(vt_file_replace(path, f->b, f->n, &err), &err);
}

/* Stop the MD task in the stage that contains this fraction of it; its files stay. */
static void stop_at(interrupted *k, const vt_plan *p, double fraction)
{
  vt_err err;
  k->stops = 1;
  k->stop_after = fraction;
  k->checkpointing.every_s = INFINITY;
  assert_int_equal(task_try(p, p->kind == VT_TASK_MD ? &g_result : NULL, &k->hooks, &err), VT_ESTOP);
  k->stops = 0;
  assert_int_equal(k->kept, 1);
  interrupted_forget(k);
}

/* The task with what lies there: `why` (NULL: nothing) was refused, something was continued or not, and the bits are
 * right. */
static void assert_runs(interrupted *k, const char *why, int continues)
{
  interrupted_forget(k);
  vt_result r = task_run(&m_plan, &g_result, &k->hooks);
  assert_true(task_same(&r, &m_result));
  if (why && !strstr(k->why, why)) fail_msg("no '%s' in: %s", why, k->why);
  assert_int_equal(k->refused, why != NULL);
  assert_int_equal(k->resumed, continues);
  assert_null(strchr(k->why, '\n'));
  vt_result_free(&r);
}

/* ------------------------------------------------------------------ damage */

static void every_changed_byte_and_every_truncation_is_found(void **state)
{
  (void)state;
  interrupted k;
  vt_checkpoint_info info;
  interrupted_open(&k);
  stop_at(&k, &g_plan, 0.05);
  file f = read_file(k.path);
  VT_TEST_OK(vt_checkpoint_look_bytes("x", f.b, f.n, &info, NULL), &(vt_err){0});
  for (size_t i = 0; i < f.n; i++) {
    for (int bit = 0; bit <= 8; bit += i < VT__CHECKPOINT_HEAD ? 1 : 4) {
      const unsigned char change = bit == 8 ? 0xff : (unsigned char)(1 << bit);
      f.b[i] ^= change;
      if (vt_checkpoint_look_bytes("x", f.b, f.n, &info, NULL) != VT_ECORRUPT)
        fail_msg("byte %zu, change %d", i, change);
      f.b[i] ^= change;
    }
  }
  for (size_t n = 0; n < f.n; n++)
    if (vt_checkpoint_look_bytes("x", f.b, n, &info, NULL) != VT_ECORRUPT) fail_msg("%zu bytes", n);
  unsigned char *longer = calloc(1, f.n + 1); /* and what is too long */
  assert_non_null(longer);
  memcpy(longer, f.b, f.n);
  assert_int_equal(vt_checkpoint_look_bytes("x", longer, f.n + 1, &info, NULL), VT_ECORRUPT);
  free(longer);
  vt_free(f.b);
  interrupted_close(&k);
}

static void looking_tells_what_is_kept(void **state)
{
  (void)state;
  interrupted k;
  vt_checkpoint_info info;
  vt_err err = {0};
  interrupted_open(&k);
  assert_int_equal(vt_checkpoint_look(k.path, &info, &err), VT_EIO); /* none */
  stop_at(&k, &m_plan, 0.8);
  VT_TEST_OK(vt_checkpoint_look(k.path, &info, &err), &err);
  assert_true(vt_uid_equal(&info.uid, &m_plan.uid));
  assert_int_equal(info.attempt, 0);
  assert_int_equal(info.half_stage, 0);
  assert_int_equal(info.stage, VT_STAGE_PRODUCE);
  assert_int_equal(info.block_steps, TASK_BLOCK);
  assert_true(info.step > 0 && info.step % TASK_BLOCK == 0);
  assert_true(fabs(info.ns - (1600 + 2 * (double)info.step) * 1e-6) < 1e-12);
  assert_true(info.wall_s > 0 && info.wall_s < 100);
  assert_string_equal(info.build_id, vt_build_info()->build_id);
  file f = read_file(k.path);
  assert_int_equal(info.bytes, f.n);
  f.n--;
  write_file(k.path, &f);
  assert_int_equal(vt_checkpoint_look(k.path, &info, &err), VT_ECORRUPT);
  assert_non_null(strstr(err.text, k.path));
  assert_non_null(strstr(err.text, "bytes behind its header, which says"));
  vt_free(f.b);
  interrupted_close(&k);
}

static void a_later_version_is_told_from_damage(void **state)
{
  (void)state;
  interrupted k;
  vt_checkpoint_info info;
  vt_err err = {0};
  interrupted_open(&k);
  stop_at(&k, &m_plan, 0.2);
  file f = read_file(k.path);
  f.b[8] = 2;
  const uint32_t crc = vt_crc32(0, f.b, 12);
  memcpy(f.b + 12, &crc, sizeof crc);
  assert_int_equal(vt_checkpoint_look_bytes("x", f.b, f.n, &info, &err), VT_EUNSUP);
  assert_non_null(strstr(err.text, "'x' is a checkpoint of version 2, this build knows 1"));
  write_file(k.path, &f);
  assert_runs(&k, "of version 2", 0);
  vt_free(f.b);
  interrupted_close(&k);
}

/* With nothing else there the task starts anew, with the one before it continues that. */
static void a_damaged_checkpoint_is_not_continued(void **state)
{
  (void)state;
  interrupted k;
  interrupted_open(&k);
  stop_at(&k, &m_plan, 0.3);
  stop_at(&k, &m_plan, 0.8);
  file newest = read_file(k.path), before = read_file(k.prev);
  for (int n = 0; n < 30; n++) {
    double u[2];
    vt_rng_uniform2(5, VT_STREAM_TEST, 0, n, 0, u);
    const size_t at = (size_t)(u[0] * (n % 3 == 0 ? VT__CHECKPOINT_HEAD : (double)newest.n));
    file bad = newest;
    if (n % 5 == 4)
      bad.n = at;
    else
      bad.b[at] ^= (unsigned char)(1 << n % 8);
    write_file(k.path, &bad);
    if (n % 2)
      write_file(k.prev, &before);
    else
      (void)unlink(k.prev);
    assert_runs(&k, k.path, n % 2);
    if (n % 5 != 4) bad.b[at] ^= (unsigned char)(1 << n % 8);
  }
  write_file(k.path, &newest); /* as it was */
  assert_runs(&k, NULL, 1);
  vt_free(newest.b);
  vt_free(before.b);
  interrupted_close(&k);
}

static void both_damaged_is_a_start_with_two_reasons(void **state)
{
  (void)state;
  interrupted k;
  interrupted_open(&k);
  stop_at(&k, &m_plan, 0.3);
  stop_at(&k, &m_plan, 0.8);
  file a = read_file(k.path), b = read_file(k.prev);
  a.b[a.n - 1] ^= 1, b.b[0] ^= 1;
  write_file(k.path, &a), write_file(k.prev, &b);
  assert_runs(&k, "the state (bytes 160 to", 0);
  assert_non_null(strstr(k.why, ".prev' is not a checkpoint"));
  vt_free(a.b), vt_free(b.b);
  interrupted_close(&k);
}

/* The good one takes the place of the bad one: a crash while the next is written leaves a good one. */
static void the_one_before_outlives_the_damaged_one(void **state)
{
  (void)state;
  interrupted k;
  vt_checkpoint_info info;
  vt_err err = {0};
  interrupted_open(&k);
  stop_at(&k, &m_plan, 0.3);
  stop_at(&k, &m_plan, 0.8);
  file f = read_file(k.path);
  f.b[f.n / 2] ^= 1;
  write_file(k.path, &f);
  assert_runs(&k, "damaged", 1); /* writes none */
  VT_TEST_OK(vt_checkpoint_look(k.path, &info, &err), &err);
  assert_int_equal(info.stage, VT_STAGE_EQUILIBRATE);
  assert_int_equal(interrupted_files(&k), 1);
  assert_runs(&k, NULL, 1);
  /* a crash between the two renames */
  assert_int_equal(rename(k.path, k.prev), 0);
  assert_runs(&k, NULL, 1);
  vt_free(f.b);
  interrupted_close(&k);
}

/* ------------------------------------------------------------------ sound files of something else */

typedef void change(vt__checkpoint_head *h, unsigned char *payload);
static void other_task(vt__checkpoint_head *h, unsigned char *payload) { h->info.uid.b[31] ^= 1, (void)payload; }
static void other_attempt(vt__checkpoint_head *h, unsigned char *payload) { h->info.attempt = 1, (void)payload; }
static void other_half(vt__checkpoint_head *h, unsigned char *payload)
{
  (void)payload;
  h->info.half_stage = VT_STAGE_PRODUCE;
}
static void other_build(vt__checkpoint_head *h, unsigned char *payload)
{
  (void)payload;
  (void)snprintf(h->info.build_id, sizeof h->info.build_id, "0.0-another");
}
static void other_format(vt__checkpoint_head *h, unsigned char *payload) { h->format++, (void)payload; }
static void other_blocks(vt__checkpoint_head *h, unsigned char *payload) { h->info.block_steps = 1, (void)payload; }
static void other_glass(vt__checkpoint_head *h, unsigned char *payload) { h->glass_crc++, (void)payload; }
static void other_stage(vt__checkpoint_head *h, unsigned char *payload)
{
  (void)payload;
  h->info.stage = VT_STAGE_MELT;
}
static void other_step(vt__checkpoint_head *h, unsigned char *payload)
{
  (void)payload;
  h->info.step += TASK_BLOCK;
}
static void less_state(vt__checkpoint_head *h, unsigned char *payload) { h->n_payload -= 8, (void)payload; }
static void other_machine(vt__checkpoint_head *h, unsigned char *payload)
{
  /* the energy of the moment now: behind the time, the moment of the beginning and 16 words and 24 bytes of head */
  size_t moment = vt_md_state_size(m_plan.comp.n_atoms) + (800 + 2 * 10) * sizeof(double);
  (void)h;
  payload[8 + moment + 24 + 14 * 8] ^= 1;
}
static void nonsense(vt__checkpoint_head *h, unsigned char *payload) { h->info.step++, (void)payload; }

static void a_sound_checkpoint_of_something_else_is_refused_and_says_why(void **state)
{
  (void)state;
  static const struct {
    change *how;
    const char *why;
  } other[] = {{other_task, "is of another task"},
               {other_attempt, "is of attempt 1, half_stage 0; this is attempt 0, half_stage 0"},
               {other_half, "is of attempt 0, half_stage 4; this is attempt 0, half_stage 0"},
               {other_build, "is of build 0.0-another, this is"},
               {other_format, "is of engine format 5, this is 4"},
               {other_blocks, "has blocks of 1 steps, this plan 47"},
               {other_glass, "began with another glass"},
               {other_stage, "is in stage melt, which this task does not have"},
               {other_step, "in the header,"},
               {less_state, "bytes of state, expected"},
               {other_machine, "this machine computes other bits"},
               {nonsense, "says what no checkpoint says"}};
  interrupted k;
  interrupted_open(&k);
  stop_at(&k, &m_plan, 0.8);
  file f = read_file(k.path);
  for (size_t n = 0; n < sizeof other / sizeof other[0]; n++) {
    vt__checkpoint_head h;
    vt_err err = {0};
    file bad = {malloc(f.n), f.n};
    memcpy(bad.b, f.b, f.n);
    VT_TEST_OK(vt__checkpoint_open("x", f.b, f.n, &h, &err), &err);
    other[n].how(&h, bad.b + VT__CHECKPOINT_HEAD);
    vt__checkpoint_seal(bad.b, &h);
    bad.n = VT__CHECKPOINT_HEAD + (size_t)h.n_payload;
    write_file(k.path, &bad);
    assert_runs(&k, other[n].why, 0);
    free(bad.b);
  }
  vt_free(f.b);
  interrupted_close(&k);
}

/* ------------------------------------------------------------------ writing fails */

static void a_folder_that_does_not_exist_does_not_fail_the_task(void **state)
{
  (void)state;
  interrupted k;
  interrupted_open(&k);
  k.checkpointing.path = "/tmp/vt_keep_none/task.vtc";
  vt_result r = task_run(&g_plan, NULL, &k.hooks);
  assert_true(task_same(&r, &g_result));
  assert_int_equal(k.kept, 0);
  assert_int_equal(k.failed, 250 / TASK_BLOCK + 500 / TASK_BLOCK); /* tried again each time */
  assert_int_equal(k.last.status, VT_EIO);
  assert_non_null(strstr(k.why, "cannot create '/tmp/vt_keep_none/task.vtc.tmp-"));
  assert_int_equal(k.resumed + k.refused, 0);
  vt_result_free(&r);
  interrupted_close(&k);
}

/* No file may be longer than this: what a full disk does to a write. */
static void limit_files(rlim_t bytes)
{
  struct rlimit l;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
  l.rlim_cur = bytes;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void (*real_kept)(void *ctx, const vt_checkpoint_written *k);
static void kept_with_room_from_the_third_on(void *ctx, const vt_checkpoint_written *k)
{
  real_kept(ctx, k);
  if (((interrupted *)ctx)->failed == 3) limit_files(RLIM_INFINITY);
}

static void a_full_disk_leaves_the_one_before_and_is_tried_again(void **state)
{
  (void)state;
  interrupted k;
  vt_checkpoint_info old, now;
  vt_err err = {0};
  interrupted_open(&k);
  stop_at(&k, &m_plan, 0.3);
  VT_TEST_OK(vt_checkpoint_look(k.path, &old, &err), &err);
  (void)signal(SIGXFSZ, SIG_IGN);
  limit_files(2000);
  k.checkpointing.every_s = INFINITY; /* only the stop tries */
  k.stops = 1, k.stop_after = 0.5;
  vt_status rc = task_try(&m_plan, &g_result, &k.hooks, &err);
  assert_int_equal(rc, VT_ESTOP); /* also without having been kept */
  assert_int_equal(k.kept, 0);
  assert_int_equal(k.failed, 1);
  assert_int_equal(interrupted_files(&k), 1);
  VT_TEST_OK(vt_checkpoint_look(k.path, &now, &err), &err);
  assert_int_equal(now.step, old.step);
  interrupted_forget(&k);
  real_kept = k.checkpointing.kept;
  k.checkpointing.kept = kept_with_room_from_the_third_on;
  k.checkpointing.every_s = 0, k.stops = 0;
  vt_result r = task_run(&m_plan, &g_result, &k.hooks);
  limit_files(RLIM_INFINITY);
  assert_true(task_same(&r, &m_result));
  assert_int_equal(k.failed, 3);
  assert_true(k.kept > 3);
  assert_int_equal(k.resumed, 1);
  vt_result_free(&r);
  interrupted_close(&k);
}

/* Steps of at least 0.2 ms: 0.26 s of computing in all. */
static vt_plan slow_plan(void)
{
  vt_plan p = m_plan;
  (void)snprintf(p.pot_kind, sizeof p.pot_kind, "mock");
  (void)snprintf(p.pot_path, sizeof p.pot_path, "slow:0.0002");
  return p;
}

static void checkpoints_are_every_s_apart(void **state)
{
  (void)state;
  interrupted k;
  vt_plan p = slow_plan();
  interrupted_open(&k);
  k.checkpointing.every_s = 0.06;
  vt_result r = task_run(&p, &g_result, &k.hooks);
  assert_true(k.kept >= 1 && k.kept <= r.wall_s / 0.06);
  vt_result_free(&r);
  interrupted_close(&k);
}

static void the_time_before_an_interruption_counts(void **state)
{
  (void)state;
  interrupted k;
  vt_checkpoint_info first, second, begun;
  vt_err err = {0};
  vt_plan p = slow_plan();
  interrupted_open(&k);
  stop_at(&k, &p, 0.7);
  VT_TEST_OK(vt_checkpoint_look(k.path, &first, &err), &err);
  assert_true(first.wall_s >= 0.7 * 1300 * 0.0002);
  stop_at(&k, &p, 0.9);
  VT_TEST_OK(vt_checkpoint_look(k.path, &second, &err), &err);
  assert_true(second.wall_s >= first.wall_s + 0.1 * 1300 * 0.0002);
  vt_result r = task_run(&p, &g_result, &k.hooks);
  assert_true(r.wall_s >= second.wall_s);
  assert_true(task_same(&r, &m_result));
  vt_result_free(&r);
  /* and a retry has spent what was spent when its stage began */
  (void)snprintf(p.pot_path, sizeof p.pot_path, "nan@10");
  assert_int_equal(task_try(&p, &g_result, &k.hooks, &err), VT_EDIVERGE);
  VT_TEST_OK(vt_checkpoint_look(k.path, &begun, &err), &err);
  assert_int_equal(begun.half_stage, VT_STAGE_PRODUCE);
  assert_true(begun.wall_s >= 800 * 0.0002 && begun.wall_s < first.wall_s);
  interrupted_close(&k);
}

static struct {
  long first, last;
  int n;
} counted;
static void count_allocations(void *ctx, const vt_checkpoint_written *k)
{
  (void)ctx;
  if (strcmp(k->stage, "produce") != 0 || k->step < 2 * TASK_BLOCK) return; /* rows of the list have found their size */
  if (counted.n++ == 0) counted.first = vt_test_allocations();
  counted.last = vt_test_allocations();
}

static void keeping_takes_no_memory_while_atoms_move(void **state)
{
  (void)state;
  interrupted k;
  interrupted_open(&k);
  k.checkpointing.kept = count_allocations;
  vt_result r = task_run(&m_plan, &g_result, &k.hooks);
  assert_int_equal(counted.n, 500 / TASK_BLOCK - 1);
  assert_true(counted.first > 20); /* the wrappers are in the way */
  assert_int_equal(counted.first, counted.last);
  vt_result_free(&r);
  interrupted_close(&k);
}

static void what_is_removed_is_gone(void **state)
{
  (void)state;
  interrupted k;
  interrupted_open(&k);
  vt_checkpoint_remove(k.path); /* nothing there: fine */
  stop_at(&k, &m_plan, 0.3);
  stop_at(&k, &m_plan, 0.8);
  assert_int_equal(interrupted_files(&k), 2);
  vt_checkpoint_remove(k.path);
  assert_int_equal(interrupted_files(&k), 0);
  interrupted_close(&k);
}

/* ------------------------------------------------------------------ soft stops */

static void a_stop_goes_on_to_the_next_block_and_is_asked_for_all_the_way(void **state)
{
  (void)state;
  interrupted k;
  vt_err err = {0};
  vt_plan p = m_plan;
  interrupted_open(&k);
  k.stops = 1;
  k.checkpointing.every_s = INFINITY;
  (void)snprintf(p.pot_kind, sizeof p.pot_kind, "mock");
  (void)snprintf(p.pot_path, sizeof p.pot_path, "slow:0.001");
  assert_int_equal(task_try(&p, &g_result, &k.hooks, &err), VT_ESTOP);
  assert_non_null(strstr(err.text, "enough"));
  assert_int_equal(k.kept, 1);
  assert_int_equal(k.last.step, TASK_BLOCK);
  assert_true(k.polls > 5 && k.polls <= TASK_BLOCK); /* a poll each 2 ms, a step takes one */
  interrupted_close(&k);
}

static void a_soft_stop_that_takes_too_long_ends_without_a_checkpoint(void **state)
{
  (void)state;
  interrupted k;
  vt_err err = {0};
  vt_plan p = m_plan;
  interrupted_open(&k);
  stop_at(&k, &m_plan, 0.3);
  k.stops = 1, k.stop_after = 0;
  (void)snprintf(p.pot_kind, sizeof p.pot_kind, "mock");
  (void)snprintf(p.pot_path, sizeof p.pot_path, "slow:0.002");
  for (int longer = 0; longer < 2; longer++) {
    interrupted_forget(&k);
    k.checkpointing.graceful_stop_s = longer * 0.03; /* the block takes 0.1 s */
    assert_int_equal(task_try(&p, &g_result, &k.hooks, &err), VT_ESTOP);
    assert_non_null(strstr(err.text, "enough"));
    assert_int_equal(k.resumed, 1);
    assert_int_equal(k.kept + k.failed, 0);
    assert_true(longer ? k.polls >= 2 && k.polls < TASK_BLOCK / 2 : k.polls == 1);
  }
  k.checkpointing.graceful_stop_s = 1000;
  k.stops = 0;
  assert_runs(&k, NULL, 1); /* the one before stayed */
  interrupted_close(&k);
}

static vt_status stop_packing(void *ctx, const vt_progress *p, vt_err *err)
{
  ++*(int *)ctx;
  if (strcmp(p->stage, "pack") != 0) VT_FAIL(err, VT_EBUG, "went on");
  VT_FAIL(err, VT_ESTOP, "enough");
}

static vt_status stop_then_break(void *ctx, const vt_progress *p, vt_err *err)
{
  (void)p;
  if (++*(int *)ctx == 1) VT_FAIL(err, VT_ESTOP, "enough");
  VT_FAIL(err, VT_EIO, "broken");
}

static void a_stop_while_packing_ends_at_once_and_an_error_anywhere(void **state)
{
  (void)state;
  interrupted k;
  vt_err err = {0};
  int calls = 0;
  vt_plan p = m_plan;
  interrupted_open(&k);
  k.hooks.ctx = &calls;
  k.hooks.poll = stop_packing;
  assert_int_equal(task_try(&g_plan, NULL, &k.hooks, &err), VT_ESTOP);
  assert_int_equal(calls, 1);
  assert_int_equal(interrupted_files(&k), 0);
  calls = 0;
  k.hooks.poll = stop_then_break; /* an error that is no stop is not waited with */
  k.checkpointing.every_s = INFINITY;
  (void)snprintf(p.pot_kind, sizeof p.pot_kind, "mock");
  (void)snprintf(p.pot_path, sizeof p.pot_path, "slow:0.001");
  assert_int_equal(task_try(&p, &g_result, &k.hooks, &err), VT_EIO);
  assert_non_null(strstr(err.text, "broken"));
  assert_int_equal(calls, 2);
  assert_int_equal(interrupted_files(&k), 0);
  interrupted_close(&k);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_changed_byte_and_every_truncation_is_found),
                                     cmocka_unit_test(looking_tells_what_is_kept),
                                     cmocka_unit_test(a_later_version_is_told_from_damage),
                                     cmocka_unit_test(a_damaged_checkpoint_is_not_continued),
                                     cmocka_unit_test(both_damaged_is_a_start_with_two_reasons),
                                     cmocka_unit_test(the_one_before_outlives_the_damaged_one),
                                     cmocka_unit_test(a_sound_checkpoint_of_something_else_is_refused_and_says_why),
                                     cmocka_unit_test(a_folder_that_does_not_exist_does_not_fail_the_task),
                                     cmocka_unit_test(a_full_disk_leaves_the_one_before_and_is_tried_again),
                                     cmocka_unit_test(checkpoints_are_every_s_apart),
                                     cmocka_unit_test(the_time_before_an_interruption_counts),
                                     cmocka_unit_test(keeping_takes_no_memory_while_atoms_move),
                                     cmocka_unit_test(what_is_removed_is_gone),
                                     cmocka_unit_test(a_stop_goes_on_to_the_next_block_and_is_asked_for_all_the_way),
                                     cmocka_unit_test(a_soft_stop_that_takes_too_long_ends_without_a_checkpoint),
                                     cmocka_unit_test(a_stop_while_packing_ends_at_once_and_an_error_anywhere)};
  return cmocka_run_group_tests(tests, run_two, drop_two);
}
