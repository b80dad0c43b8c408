/* A task that is interrupted, however often and wherever, gives the bits of one that was not. */
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/engine/replica/checkpointer_fixture.h"
#include "tests/vt_test.h"

static const task_case all_cases[] = {
    {.pot = "lj", .melt = VT_LANGEVIN, .equil = VT_NVT, .produce = VT_NPT},
    {.pot = "lj", .melt = VT_NVE, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVT},
    {.pot = "born", .melt = VT_NPT, .npt_below_k = 700, .equil = VT_NPT, .produce = VT_NVE},
    {.pot = "nep", .melt = VT_NVT, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVT},
    {.pot = "nep", .precision = VT_MIXED, .melt = VT_NVT, .equil = VT_NPT, .produce = VT_NPT}};
enum { N_CASES = sizeof all_cases / sizeof all_cases[0] };

/* What every test compares with: run once. */
static struct reference {
  vt_plan glass_plan, md_plan;
  vt_result glass, md;
} ref[N_CASES];

static int run_cases(void **state)
{
  (void)state;
  for (int k = 0; k < N_CASES; k++) {
    ref[k].glass_plan = task_glass_plan(&all_cases[k]);
    ref[k].md_plan = task_md_plan(&all_cases[k]);
    ref[k].glass = task_run(&ref[k].glass_plan, NULL, NULL);
    ref[k].md = task_run(&ref[k].md_plan, &ref[k].glass, NULL);
  }
  return 0;
}

static int drop_cases(void **state)
{
  (void)state;
  for (int k = 0; k < N_CASES; k++) vt_result_free(&ref[k].glass), vt_result_free(&ref[k].md);
  return 0;
}

/* ------------------------------------------------------------------ stopped by the hook */

/* Stopped at the first poll of every start: each gets one block further. */
static void cut_everywhere(int k)
{
  interrupted task;
  int starts;
  interrupted_open(&task);
  task.stops = 1;
  vt_result r = task_run_in_pieces(&ref[k].glass_plan, NULL, &task, &starts);
  assert_int_equal(starts, 250 / TASK_BLOCK + 500 / TASK_BLOCK + 1);
  assert_true(task_same(&r, &ref[k].glass));
  vt_result_free(&r);
  vt_checkpoint_remove(task.path);
  r = task_run_in_pieces(&ref[k].md_plan, &ref[k].glass, &task, &starts);
  assert_int_equal(starts, 800 / TASK_BLOCK + 500 / TASK_BLOCK + 1);
  assert_true(task_same(&r, &ref[k].md));
  vt_result_free(&r);
  interrupted_close(&task);
}

static void a_task_cut_at_every_block_gives_the_bits_of_one_that_ran_through(void **state)
{
  (void)state;
  for (int k = 0; k < N_CASES; k++) cut_everywhere(k);
}

/* Steps of blocks at which stages end, too: the last sample of a stage comes after its checkpoint. */
static void nor_does_it_matter_that_stages_end_with_a_block(void **state)
{
  (void)state;
  vt_plan g = ref[1].glass_plan, m = ref[1].md_plan;
  interrupted task;
  int starts;
  g.block_steps = m.block_steps = 50;
  interrupted_open(&task);
  task.stops = 1;
  vt_result glass = task_run(&g, NULL, NULL), md = task_run(&m, &glass, NULL);
  vt_result r = task_run_in_pieces(&g, NULL, &task, &starts);
  assert_int_equal(starts, 5 + 10 + 1);
  assert_true(task_same(&r, &glass));
  vt_result_free(&r);
  vt_checkpoint_remove(task.path);
  r = task_run_in_pieces(&m, &glass, &task, &starts);
  assert_int_equal(starts, 16 + 10 + 1);
  assert_true(task_same(&r, &md));
  vt_result_free(&r);
  vt_result_free(&glass);
  vt_result_free(&md);
  interrupted_close(&task);
}

/* A recorder and observables that sample more rarely than blocks end: cuts lie between two samples. */
static void nor_that_samples_are_far_apart(void **state)
{
  (void)state;
  vt_plan g = ref[1].glass_plan, m = ref[1].md_plan;
  interrupted task;
  g.block_steps = m.block_steps = 3;
  g.protocol.quench_rate_k_s = 2e13;                     /* 12500 steps: a sample each 6 */
  m.protocol.equil_ps = 18, m.protocol.produce_ps = 0.2; /* 9000 steps: each 4 */
  interrupted_open(&task);
  vt_result glass = task_run(&g, NULL, NULL), md = task_run(&m, &glass, NULL);
  for (int part = 0; part < 2; part++) {
    const vt_plan *p = part ? &m : &g;
    task.stops = 1;
    task.checkpointing.every_s = INFINITY;
    vt_err err;
    /* stops at 40 places all over the task */
    for (int n = 1; n <= 40; n++) {
      interrupted_forget(&task);
      task.stop_after = n / 41.0;
      assert_int_equal(task_try(p, part ? &glass : NULL, &task.hooks, &err), VT_ESTOP);
      assert_int_equal(task.resumed, n > 1);
      assert_int_equal(task.refused, 0);
      assert_int_equal(task.kept, 1);
    }
    task.stops = 0;
    interrupted_forget(&task);
    vt_result r = task_run(p, part ? &glass : NULL, &task.hooks);
    assert_int_equal(task.resumed, 1);
    assert_true(task_same(&r, part ? &md : &glass));
    vt_result_free(&r);
    vt_checkpoint_remove(task.path);
  }
  vt_result_free(&glass);
  vt_result_free(&md);
  interrupted_close(&task);
}

/* ------------------------------------------------------------------ kept on the way */

static void a_checkpoint_at_every_block_changes_no_bit(void **state)
{
  (void)state;
  for (int k = 0; k < N_CASES; k++) {
    interrupted task;
    interrupted_open(&task);
    vt_result r = task_run(&ref[k].glass_plan, NULL, &task.hooks);
    assert_true(task_same(&r, &ref[k].glass));
    assert_int_equal(task.kept, 250 / TASK_BLOCK + 500 / TASK_BLOCK);
    vt_result_free(&r);
    vt_checkpoint_remove(task.path);
    interrupted_forget(&task);
    r = task_run(&ref[k].md_plan, &ref[k].glass, &task.hooks);
    assert_true(task_same(&r, &ref[k].md));
    assert_int_equal(task.kept, 800 / TASK_BLOCK + 500 / TASK_BLOCK);
    assert_string_equal(task.last.stage, "produce");
    assert_int_equal(task.last.step, 500 / TASK_BLOCK * TASK_BLOCK);
    assert_true(fabs(task.last.ns - (1600 + 2.0 * (double)task.last.step) * 1e-6) < 1e-12);
    assert_int_equal(interrupted_files(&task), 2); /* the last and the one before */
    vt_result_free(&r);
    interrupted_close(&task);
  }
}

static void nothing_is_written_before_its_time(void **state)
{
  (void)state;
  interrupted task;
  interrupted_open(&task);
  task.checkpointing.every_s = 1000;
  vt_result r = task_run(&ref[0].glass_plan, NULL, &task.hooks);
  assert_true(task_same(&r, &ref[0].glass));
  assert_int_equal(task.kept, 0);
  assert_int_equal(interrupted_files(&task), 0);
  vt_result_free(&r);
  interrupted_close(&task);
}

/* ------------------------------------------------------------------ another process does the same task */

static char others[96]; /* its checkpoint */
static int when;        /* it is put in place of ours after so many */

static void kept_by_two(void *ctx, const vt_checkpoint_written *what)
{
  interrupted *k = ctx;
  if (what->status == VT_OK && ++k->kept == when) assert_int_equal(rename(others, k->path), 0);
  if (what->status != VT_OK) k->failed++, (void)snprintf(k->why, sizeof k->why, "%s", what->why);
  if (what->status == VT_OK) k->last = *what;
}

/* The other process has come to this fraction of the task. */
static vt_checkpoint_info other_comes_to(interrupted *k, double fraction)
{
  vt_err err = {0};
  vt_checkpoint_info info;
  k->checkpointing.every_s = INFINITY;
  k->stops = 1, k->stop_after = fraction;
  vt_checkpoint_remove(k->path);
  assert_int_equal(task_try(&ref[0].md_plan, &ref[0].glass, &k->hooks, &err), VT_ESTOP);
  assert_int_equal(rename(k->path, others), 0);
  VT_TEST_OK(vt_checkpoint_look(others, &info, &err), &err);
  k->checkpointing.every_s = 0;
  interrupted_forget(k);
  return info;
}

/* A process that was suspended, believed dead, and wakes: whoever does the task in its place has come further, and what
 * that one kept stays until this one is further itself.  What is behind stays not. */
static void what_a_process_that_is_further_has_kept_stays(void **state)
{
  (void)state;
  interrupted task;
  vt_err err = {0};
  vt_checkpoint_info info;
  interrupted_open(&task);
  (void)snprintf(others, sizeof others, "%s/others", task.folder);
  task.checkpointing.kept = kept_by_two;
  vt_checkpoint_info ahead = other_comes_to(&task, 0.8);
  when = 2, task.stop_after = 0.5;
  assert_int_equal(task_try(&ref[0].md_plan, &ref[0].glass, &task.hooks, &err), VT_ESTOP);
  assert_int_equal(task.kept, 2);
  assert_true(task.failed > 2);
  assert_non_null(strstr(task.why, "another process"));
  VT_TEST_OK(vt_checkpoint_look(task.path, &info, &err), &err);
  assert_int_equal(info.stage, ahead.stage);
  assert_int_equal(info.step, ahead.step);

  interrupted_forget(&task);
  task.stops = 0, when = -1; /* the next start continues it */
  vt_result r = task_run(&ref[0].md_plan, &ref[0].glass, &task.hooks);
  assert_int_equal(task.from.step, ahead.step);
  assert_int_equal(task.failed, 0);
  assert_true(task_same(&r, &ref[0].md));
  vt_result_free(&r);

  ahead = other_comes_to(&task, 0.8);
  when = 2, task.stops = 0;
  r = task_run(&ref[0].md_plan, &ref[0].glass, &task.hooks); /* past it */
  assert_true(task.kept > 2 && task.failed > 2 && task.last.step > ahead.step);
  vt_result_free(&r);

  (void)other_comes_to(&task, 0.2);
  when = 12, task.stops = 0;
  r = task_run(&ref[0].md_plan, &ref[0].glass, &task.hooks);
  assert_true(task.kept > when && task.failed == 0);
  vt_result_free(&r);
  interrupted_close(&task);
}

/* ------------------------------------------------------------------ killed */

static int same_file(const struct stat *a, const struct stat *b)
{
  return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* In a process of its own, killed `s` seconds after its first checkpoint: 1 if it was. */
static int was_killed(const vt_plan *p, const vt_result *glass, interrupted *k, double s)
{
  struct stat before = {0}, now;
  vt_err err;
  int how = 0, moved = 0, over = 0;
  (void)stat(k->path, &before); /* none at first */
  (void)fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(task_try(p, glass, &k->hooks, &err) != VT_OK);
  while (!moved && !over) {
    vt_nap_s(0.0005);
    moved = stat(k->path, &now) == 0 && !same_file(&before, &now);
    over = waitpid(child, &how, WNOHANG) == child;
  }
  if (!over) {
    vt_nap_s(s);
    (void)kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &how, 0), child);
  }
  if (WIFEXITED(how)) assert_int_equal(WEXITSTATUS(how), 0);
  return WIFSIGNALED(how);
}

/* What a killed process was writing has a name of its own. */
static void remove_temporaries(const char *folder)
{
  const struct dirent *e;
  DIR *d = opendir(folder);
  assert_non_null(d);
  while ((e = readdir(d)) != NULL)
    if (vt_file_is_temporary(e->d_name)) assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
  (void)closedir(d);
}

/* Whatever moment a kill hits, the next process finds a whole checkpoint.  Blocks of three steps: most of the time goes
 * into writing and renaming. */
static void a_task_killed_again_and_again_gives_the_same_bits_in_another_process(void **state)
{
  (void)state;
  enum { KILLS = 25 };
  vt_plan p = ref[2].md_plan;
  interrupted task;
  int kills = 0;
  p.block_steps = 3;
  p.protocol.produce_ps = 3;
  vt_result through = task_run(&p, &ref[2].glass, NULL);
  interrupted_open(&task);
  for (int n = 0; n < KILLS; n++) {
    double u[2];
    vt_checkpoint_info info;
    vt_err err = {0};
    vt_rng_uniform2(5, VT_STREAM_TEST, 0, n, 0, u);
    kills += was_killed(&p, &ref[2].glass, &task, 0.01 * u[0]);
    const char *newest = access(task.path, F_OK) == 0 ? task.path : task.prev;
    VT_TEST_OK(vt_checkpoint_look(newest, &info, &err), &err);
  }
  interrupted_forget(&task);
  vt_result r = task_run(&p, &ref[2].glass, &task.hooks);
  assert_true(kills > 0); /* a process that is faster than the kill continues at its end */
  assert_int_equal(task.resumed, 1);
  assert_int_equal(task.refused, 0);
  assert_true(task_same(&r, &through));
  vt_result_free(&r);
  vt_result_free(&through);
  remove_temporaries(task.folder);
  interrupted_close(&task);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_task_cut_at_every_block_gives_the_bits_of_one_that_ran_through),
      cmocka_unit_test(nor_does_it_matter_that_stages_end_with_a_block),
      cmocka_unit_test(nor_that_samples_are_far_apart),
      cmocka_unit_test(a_checkpoint_at_every_block_changes_no_bit),
      cmocka_unit_test(nothing_is_written_before_its_time),
      cmocka_unit_test(what_a_process_that_is_further_has_kept_stays),
      cmocka_unit_test(a_task_killed_again_and_again_gives_the_same_bits_in_another_process)};
  return cmocka_run_group_tests(tests, run_cases, drop_cases);
}
