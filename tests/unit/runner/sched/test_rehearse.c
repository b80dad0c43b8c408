/* Campaigns on paper that are small enough to be worked out by hand; the scheduler itself is tested elsewhere, and
 * whole campaigns are compared with another program in tests/e2e/cli_tail.py.  Times are sums and quotients of a few
 * small numbers: 1e-12 is their rounding. */
#include <math.h>

#include "runner/sched/sched.h"
#include "tests/vt_test.h"

enum { MOST = 8 };
static const double ROUNDING = 1e-12, speed[] = {1, 1.5};

static vt_rehearsed played(int n, const int *needs, const double *cost, int n_workers, const int *node, int n_speed)
{
  vt_sched_task t[MOST];
  vt_rehearsed out;
  vt_err err;
  for (int i = 0; i < n; i++) {
    t[i] = (vt_sched_task){.needs = needs ? needs[i] : -1, .cost = cost[i]};
    t[i].uid.b[0] = (uint8_t)i;
  }
  const vt_rehearsal r = {.task = t, .n = n, .n_workers = n_workers, .node = node, .speed = speed, .n_speed = n_speed};
  VT_TEST_OK(vt_sched_rehearse(&r, &out, &err), &err);
  return out;
}

/* 3 | 2 2: the second worker does both short ones; two of three are done at 3. */
static void without_lending_a_task_takes_what_it_costs(void **unused)
{
  (void)unused;
  const vt_rehearsed x = played(3, NULL, (double[]){2, 3, 2}, 2, NULL, 1);
  near(x.wall_s, 4, ROUNDING);
  near(x.busy_core_s, 7, ROUNDING);
  near(x.lent_core_s, 0, 0);
  near(x.half_s, 3, ROUNDING);
  near(x.work_s, 7, ROUNDING);
  near(x.chain_s, 3, ROUNDING);
}

/* 4 | 2: at 2 the second worker lends, and the 2 that are left take 4/3.  Not to another node. */
static void a_worker_without_a_task_lends_its_core(void **unused)
{
  (void)unused;
  vt_rehearsed x = played(2, NULL, (double[]){4, 2}, 2, NULL, 2);
  near(x.wall_s, 2 + 4.0 / 3, ROUNDING);
  near(x.busy_core_s, 4 + 4.0 / 3, ROUNDING);
  near(x.lent_core_s, 4.0 / 3, ROUNDING);
  x = played(2, NULL, (double[]){4, 2}, 2, (int[]){0, 1}, 2);
  near(x.wall_s, 4, ROUNDING);
  near(x.lent_core_s, 0, 0);
}

/* A glass of 2 with a lent core ends at 4/3; then each worker has a run of 2 and keeps its core. */
static void a_core_goes_back_when_its_worker_gets_a_task(void **unused)
{
  (void)unused;
  const vt_rehearsed x = played(3, (int[]){-1, 0, 0}, (double[]){2, 2, 2}, 2, NULL, 2);
  near(x.wall_s, 4.0 / 3 + 2, ROUNDING);
  near(x.lent_core_s, 4.0 / 3, ROUNDING);
  near(x.busy_core_s, 4.0 / 3 + 4, ROUNDING);
  near(x.chain_s, 4, ROUNDING);
}

/* Two glasses, two nodes of two: one each, so that both have a neighbour who lends.  Three cores help no more than two
 * where the table ends. */
static void tasks_are_spread_so_that_each_finds_a_lender(void **unused)
{
  (void)unused;
  vt_rehearsed x = played(2, NULL, (double[]){2, 2}, 4, (int[]){0, 0, 1, 1}, 2);
  near(x.wall_s, 4.0 / 3, ROUNDING);
  x = played(1, NULL, (double[]){3}, 3, NULL, 2);
  near(x.wall_s, 2, ROUNDING);
  near(x.lent_core_s, 2, ROUNDING);
}

static void what_cannot_be_rehearsed_is_refused(void **unused)
{
  (void)unused;
  vt_sched_task t[] = {{.needs = 1, .cost = 1}, {.needs = -1, .cost = 1}};
  const double took_s[] = {1, (double)NAN};
  vt_rehearsal r = {.task = t, .n = 2, .n_workers = 1, .n_speed = 1};
  vt_rehearsed x;
  vt_err err;
  VT_TEST_REFUSED(vt_sched_rehearse(&r, &x, &err), VT_EINVAL, &err, "row 0 takes 1 s and needs row 1");
  t[0].needs = -1;
  r.took_s = took_s;
  VT_TEST_REFUSED(vt_sched_rehearse(&r, &x, &err), VT_EINVAL, &err, "row 1 takes nan s");
}

int main(void)
{
  const struct CMUnitTest all[] = {cmocka_unit_test(without_lending_a_task_takes_what_it_costs),
                                   cmocka_unit_test(a_worker_without_a_task_lends_its_core),
                                   cmocka_unit_test(a_core_goes_back_when_its_worker_gets_a_task),
                                   cmocka_unit_test(tasks_are_spread_so_that_each_finds_a_lender),
                                   cmocka_unit_test(what_cannot_be_rehearsed_is_refused)};
  return cmocka_run_group_tests(all, NULL, NULL);
}
