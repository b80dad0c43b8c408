/* farm: cores of a rank, and who hears of which.  The references are counts on paper: processors that ranks of a node
 * may use, divided by the ranks that may use them. */
#include <stdlib.h>
#include <string.h>

#include "runner/farm/cores.h"
#include "runner/farm/master_impl.h"
#include "tests/vt_test.h"

static vt_here_msg on(const char *host, int first, int n, int asked)
{
  vt_here_msg h = {.asked = asked};
  (void)snprintf(h.host, sizeof h.host, "%s", host);
  for (int k = first; k < first + n; k++) h.cpus.bit[k / 64] |= (uint64_t)1 << k % 64;
  return h;
}

static void own_cores_are_those_that_nobody_else_uses(void **state)
{
  (void)state;
  const int same[] = {0, 1, 2, 3};
  const vt_here_msg unbound[] = {on("a", 0, 8, 0), on("a", 0, 8, 0), on("a", 0, 8, 0), on("a", 0, 8, 0)};
  const vt_here_msg bound[] = {on("a", 0, 4, 0), on("a", 4, 4, 0), on("a", 60, 8, 0), on("a", 1000, 1, 0)};
  const vt_here_msg asked[] = {on("a", 0, 64, 3), on("a", 0, 64, 100), on("a", 0, 64, 0), on("a", 0, 64, 1)};
  const vt_here_msg crowded[] = {on("a", 0, 2, 0), on("a", 0, 2, 0), on("a", 0, 2, 0), on("a", 0, 0, 0)};
  const int want[4][4] = {{2, 2, 2, 2}, {4, 4, 8, 1}, {3, 16, 16, 1}, {1, 1, 1, 1}};
  const vt_here_msg *all[4] = {unbound, bound, asked, crowded};
  for (int c = 0; c < 4; c++)
    for (int r = 0; r < 4; r++) assert_int_equal(vt__cores_own(all[c], same, 4, r), want[c][r]);
}

static void here_is_what_the_system_says(void **state)
{
  (void)state;
  vt_here_msg h;
  vt_cpus mine;
  vt_cpus_mine(&mine);
  static const struct {
    const char *text;
    int asked;
  } said[] = {{"4", 4}, {"", 0}, {"four", 0}, {"-2", 0}, {"0", 0}, {"99999", 0}};
  for (size_t k = 0; k < sizeof said / sizeof *said; k++) {
    assert_int_equal(setenv("SLURM_CPUS_PER_TASK", said[k].text, 1), 0);
    vt__here(&h);
    assert_int_equal(h.asked, said[k].asked);
  }
  assert_int_equal(unsetenv("SLURM_CPUS_PER_TASK"), 0);
  vt__here(&h);
  assert_int_equal(h.asked, 0);
  assert_memory_equal(&h.cpus, &mine, sizeof mine);
  assert_true(h.host[0] != '\0');
}

/* ------------------------------------------------------------------ a master with ranks that say where they are */

enum { RANKS = 6, TASKS = 8 };
typedef struct stage {
  vt_sim *sim;
  vt_master *m;
  vt_farm_options o;
  vt_sched_task task[TASKS];
  double ns[TASKS];
} stage;

static int eight_threads(void *ctx, int task)
{
  (void)ctx;
  return task == 1 ? 2 : 8;
}

static void stage_open(stage *s, int threads)
{
  vt_err err = {0};
  *s = (stage){0};
  const vt_sim_options world = {.n_ranks = RANKS};
  VT_TEST_OK(vt_sim_open(&s->sim, &world, &err), &err);
  for (int k = 0; k < TASKS; k++) {
    s->task[k] = (vt_sched_task){.needs = -1, .cost = 1};
    s->task[k].uid.b[0] = (unsigned char)(k + 1);
  }
  s->o = (vt_farm_options){.comm = vt_sim_comm(s->sim, 0),
                           .master_inline = 1,
                           .threads = threads,
                           .max_tries = 3,
                           .crash_limit = 3,
                           .fault_limit = 3,
                           .task = s->task,
                           .task_ns = s->ns,
                           .n_tasks = TASKS,
                           .threads_most = eight_threads};
  VT_TEST_OK(vt__master_open(&s->m, &s->o, &err), &err);
}

static void say_here(stage *s, int rank, vt_here_msg h)
{
  vt_err err = {0};
  VT_TEST_OK(vt__cores_here(s->m, &(vt_msg){.src = rank, .tag = VT_MSG_HERE, .n = sizeof h, .data = &h}, &err), &err);
}

static void doing(stage *s, int rank, vt_rank_doing what, int task, double fraction)
{
  s->m->rank[rank].doing = what;
  s->m->rank[rank].task = task;
  s->m->rank[rank].fraction = fraction;
  s->m->rank[rank].since = 0;
}

/* Size of the team that rank is told of last; 0: nothing. */
static int told(stage *s, int rank)
{
  vt_err err = {0};
  vt_msg msg;
  int got = 1, size = 0;
  vt_sim_advance(s->sim, 1);
  while (got) {
    VT_TEST_OK(vt_comm_poll(vt_sim_comm(s->sim, rank), &msg, &got, &err), &err);
    if (!got || msg.tag != VT_MSG_CORES) continue;
    memcpy(&size, msg.data, sizeof size);
    assert_int_equal(msg.n, vt__cores_bytes(size));
  }
  return size;
}

static void look(stage *s, double now)
{
  vt_err err = {0};
  VT_TEST_OK(vt__cores_look(s->m, now, &err), &err);
}

static void stage_close(stage *s)
{
  vt__master_close(s->m);
  vt_sim_close(s->sim);
}

/* Two nodes of two unbound processors a rank: ranks 0-3 on one, 4 and 5 on the other. */
static void idle_ranks_lend_on_their_node_and_take_back(void **state)
{
  (void)state;
  stage s;
  stage_open(&s, 0);
  for (int r = 0; r < RANKS; r++) say_here(&s, r, r < 4 ? on("a", 0, 4, 0) : on("b", 0, 2, 0));
  for (int r = 0; r < RANKS; r++) doing(&s, r, VT_RANK_BUSY, r, 0.5);
  look(&s, 10);
  for (int r = 0; r < RANKS; r++) assert_int_equal(told(&s, r), 0); /* a core each, as at first */
  doing(&s, 2, VT_RANK_IDLE, -1, 0);
  doing(&s, 3, VT_RANK_IDLE, -1, 0);
  doing(&s, 5, VT_RANK_IDLE, -1, 0);
  look(&s, 20);
  assert_int_equal(told(&s, 0), 2); /* two lenders, two borrowers */
  assert_int_equal(told(&s, 1), 2);
  assert_int_equal(told(&s, 4), 2);
  look(&s, 30);
  for (int r = 0; r < RANKS; r++) assert_int_equal(told(&s, r), 0); /* nothing new */
  doing(&s, 0, VT_RANK_IDLE, -1, 0);
  doing(&s, 3, VT_RANK_BUSY, 7, 0.1);
  look(&s, 40);
  assert_int_equal(told(&s, 1), 0); /* its task can use two and has them */
  assert_int_equal(told(&s, 3), 2);
  doing(&s, 1, VT_RANK_DEAD, -1, 0);
  look(&s, 50);
  assert_int_equal(told(&s, 3), 3); /* the dead lend nothing and borrow nothing */
  assert_int_equal(told(&s, 1), 0);
  stage_close(&s);
}

static void a_rank_between_two_tasks_lends_nothing(void **state)
{
  (void)state;
  stage s;
  stage_open(&s, 0);
  for (int r = 0; r < RANKS; r++) say_here(&s, r, on("a", 0, RANKS, 0));
  for (int r = 0; r < RANKS; r++) doing(&s, r, VT_RANK_BUSY, r, 0.5);
  doing(&s, 3, VT_RANK_IDLE, -1, 0);
  s.m->rank[3].since = 9.5;
  look(&s, 10);
  for (int r = 0; r < RANKS; r++) assert_int_equal(told(&s, r), 0);
  stage_close(&s);
}

static void a_fixed_number_is_told_once_and_nothing_is_lent(void **state)
{
  (void)state;
  stage s;
  stage_open(&s, 3);
  for (int r = 0; r < RANKS - 1; r++) say_here(&s, r, on("a", 0, RANKS, 0));
  for (int r = 0; r < RANKS; r++) doing(&s, r, r % 2 ? VT_RANK_IDLE : VT_RANK_BUSY, r, 0.5);
  look(&s, 10);
  for (int r = 0; r < RANKS; r++) assert_int_equal(told(&s, r), r < RANKS - 1 ? 3 : 0); /* the last never said HERE */
  look(&s, 20);
  for (int r = 0; r < RANKS; r++) assert_int_equal(told(&s, r), 0);
  stage_close(&s);
}

static void a_rank_with_several_cores_uses_them(void **state)
{
  (void)state;
  stage s;
  stage_open(&s, 0);
  for (int r = 0; r < RANKS; r++) say_here(&s, r, on("a", 4 * r, 4, 4));
  for (int r = 0; r < RANKS; r++) doing(&s, r, VT_RANK_BUSY, r, 0.5);
  look(&s, 10);
  for (int r = 0; r < RANKS; r++) assert_int_equal(told(&s, r), r == 1 ? 2 : 4);
  doing(&s, 5, VT_RANK_LEFT, -1, 0);
  for (int r = 0; r < 4; r++) doing(&s, r, VT_RANK_DEAD, -1, 0);
  look(&s, 20);
  assert_int_equal(told(&s, 4), 8); /* all four of rank 5 */
  stage_close(&s);
}

/* Two tasks and six ranks: nobody gets one before it is known where all are; then one goes to each node. */
static void few_tasks_are_spread_over_the_nodes(void **state)
{
  (void)state;
  stage s;
  vt_err err = {0};
  vt_msg msg;
  int got = 1, tasks[2] = {0};
  stage_open(&s, 0);
  for (int k = 2; k < TASKS; k++) /* all but two are done */
    VT_TEST_OK(vt__master_event(s.m, &(vt_event){.kind = VT_EV_RESULT, .worker = -1, .task = k}, &err), &err);
  for (int r = 0; r < RANKS; r++) {
    if (r > 0) say_here(&s, r, r < 4 ? on("a", 0, 4, 0) : on("b", 0, 2, 0));
    VT_TEST_OK(vt__cores_ready(s.m, r, &err), &err);
  }
  look(&s, 1.5);
  assert_int_equal(vt_sched_count(s.m->sched).leased, 0); /* rank 0 has not said HERE */
  look(&s, 2.5);
  assert_int_equal(vt_sched_count(s.m->sched).leased, 2);
  vt_sim_advance(s.sim, 1);
  for (int r = 0; r < RANKS; r++)
    for (got = 1; got;) {
      VT_TEST_OK(vt_comm_poll(vt_sim_comm(s.sim, r), &msg, &got, &err), &err);
      if (got && msg.tag == VT_MSG_TASK) tasks[r >= 4]++;
    }
  assert_int_equal(tasks[0], 1);
  assert_int_equal(tasks[1], 1);
  stage_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(own_cores_are_those_that_nobody_else_uses),
                                     cmocka_unit_test(here_is_what_the_system_says),
                                     cmocka_unit_test(idle_ranks_lend_on_their_node_and_take_back),
                                     cmocka_unit_test(a_rank_between_two_tasks_lends_nothing),
                                     cmocka_unit_test(a_fixed_number_is_told_once_and_nothing_is_lent),
                                     cmocka_unit_test(a_rank_with_several_cores_uses_them),
                                     cmocka_unit_test(few_tasks_are_spread_over_the_nodes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
