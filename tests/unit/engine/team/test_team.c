/* team: every piece is done exactly once, whoever does it, and is seen by who asked for the loop.  The references are
 * counts and sums that one thread forms by itself.  Nothing here depends on how fast anybody is: the number of members
 * is chosen larger than that of the processors, so that members are late, asleep and preempted at any place. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/team/team.h"
#include "tests/vt_test.h"

enum { MOST_PIECES = 300 };

typedef struct tally {
  atomic_int times[MOST_PIECES];
  atomic_int wrong; /* members that do not exist, members that met themselves */
  atomic_int busy[VT_TEAM_MOST];
  int size;
  uint64_t out[MOST_PIECES]; /* plain memory: what a piece writes, the caller reads */
  uint64_t in;
} tally;

static uint64_t mixed(uint64_t x)
{
  for (int k = 0; k < 50; k++) x = x * 6364136223846793005u + 1442695040888963407u;
  return x;
}

static void count(void *ctx, int piece, int member)
{
  tally *t = ctx;
  if (member < 0 || member >= t->size || atomic_fetch_add(&t->busy[member < 0 ? 0 : member], 1) != 0)
    atomic_fetch_add(&t->wrong, 1);
  atomic_fetch_add(&t->times[piece], 1);
  t->out[piece] = mixed(t->in + (uint64_t)piece);
  atomic_fetch_sub(&t->busy[member], 1);
}

static int check_loop(vt_team *team, tally *t, int pieces, uint64_t in)
{
  int wrong = 0;
  memset(t, 0, sizeof *t);
  t->size = vt_team_size(team);
  t->in = in;
  vt_team_run(team, pieces, count, t);
  for (int k = 0; k < MOST_PIECES; k++) wrong += atomic_load(&t->times[k]) != (k < pieces);
  for (int k = 0; k < pieces; k++) wrong += t->out[k] != mixed(in + (uint64_t)k);
  return wrong + atomic_load(&t->wrong);
}

static void every_piece_is_done_once(void **state)
{
  (void)state;
  static const int sizes[] = {1, 2, 3, 7, 16, 5, 1, 4};
  vt_team *team = NULL;
  vt_err err = {0};
  tally t;
  VT_TEST_OK(vt_team_open(&team, &err), &err);
  assert_int_equal(vt_team_size(team), 1);
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    assert_int_equal(vt_team_resize(team, sizes[s], NULL), sizes[s]);
    for (int k = 0; k < 400; k++) {
      assert_int_equal(check_loop(team, &t, k % MOST_PIECES, (uint64_t)k), 0);
      if (k % 100 == 0) usleep(2000); /* long enough for members to fall asleep */
    }
  }
  vt_team_close(team);
  assert_int_equal(check_loop(NULL, &t, 17, 3), 0);
}

/* Loops of one empty piece more than members, as many as a nanosecond of MD has: a late member takes no piece of the
 * next loop, whether that has fewer pieces or a hundred times as many. */
static void late_members_take_nothing_twice(void **state)
{
  (void)state;
  enum { LOOPS = 60000 };
  vt_team *team = NULL;
  vt_err err = {0};
  tally t;
  int wrong = 0;
  VT_TEST_OK(vt_team_open(&team, &err), &err);
  (void)vt_team_resize(team, 4, NULL);
  for (int k = 0; k < LOOPS && !wrong; k++) wrong = check_loop(team, &t, k % 2 ? 2 + k % 4 : MOST_PIECES, (uint64_t)k);
  vt_team_close(team);
  assert_int_equal(wrong, 0);
}

static void parts_cover_all_once(void **state)
{
  (void)state;
  static const int n[] = {0, 1, 7, 8, 9, 336, 10000, 1000003};
  for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
    for (int pieces = 1; pieces <= 64; pieces++) {
      int end = 0;
      for (int k = 0; k < pieces; k++) {
        int from, to;
        vt_team_part(n[i], pieces, k, 8, &from, &to);
        assert_int_equal(from, end);
        assert_true(to >= from && (to == n[i] || to % 8 == 0));
        end = to;
      }
      assert_int_equal(end, n[i]);
    }
  }
}

/* Where a member runs: on the processor it was given; one that this process may not use leaves it where it was. */
static void where_am_i(void *ctx, int piece, int member)
{
  (void)piece;
  vt_cpus_mine((vt_cpus *)ctx + member);
  sched_yield();
  usleep(2000); /* so that the other member comes, too */
}

static void members_run_where_they_are_told(void **state)
{
  (void)state;
  vt_team *team = NULL;
  vt_err err = {0};
  vt_cpus own, one = {0}, none = {0}, seen[2];
  vt_cpus_mine(&own);
  assert_true(vt_cpus_count(&own) > 0);
  int last = VT_CPUS - 1;
  while (!(own.bit[last / 64] >> last % 64 & 1)) last--;
  one.bit[last / 64] = (uint64_t)1 << last % 64;
  assert_true(vt_cpus_overlap(&own, &one));
  assert_false(vt_cpus_overlap(&none, &one));
  none.bit[VT_CPUS / 64 - 1] = (uint64_t)1 << 63; /* processor 1023 */
  VT_TEST_OK(vt_team_open(&team, &err), &err);
  for (int round = 0; round < 2; round++) {
    const vt_cpus *want = round == 0 ? &one : &own;
    assert_int_equal(vt_team_resize(team, 2, round == 0 ? &one : &none), 2);
    memset(seen, 0, sizeof seen);
    for (int k = 0; k < 200 && vt_cpus_count(&seen[1]) == 0; k++) vt_team_run(team, 8, where_am_i, seen);
    if (round == 1 && !memcmp(&seen[1], &one, sizeof one)) continue; /* not allowed: as it was */
    assert_memory_equal(&seen[1], want, sizeof *want);
  }
  vt_team_close(team);
}

/* Signals stop the run and belong to the thread that speaks MPI: members never take one. */
static volatile sig_atomic_t taken_by_opener, taken;
static pid_t opener;
static void take(int sig)
{
  (void)sig;
  taken++;
  taken_by_opener += gettid() == opener;
}

static void signals_reach_the_opener_alone(void **state)
{
  (void)state;
  enum { SIGNALS = 200 };
  vt_team *team = NULL;
  vt_err err = {0};
  tally t;
  struct sigaction a = {.sa_handler = take}, before;
  opener = gettid();
  assert_int_equal(sigaction(SIGUSR2, &a, &before), 0);
  VT_TEST_OK(vt_team_open(&team, &err), &err);
  (void)vt_team_resize(team, 8, NULL);
  for (int k = 0; k < SIGNALS; k++) {
    assert_int_equal(kill(getpid(), SIGUSR2), 0);
    assert_int_equal(check_loop(team, &t, 16, (uint64_t)k), 0);
  }
  vt_team_close(team);
  assert_int_equal(sigaction(SIGUSR2, &before, NULL), 0);
  assert_true(taken > 0);
  assert_int_equal(taken_by_opener, taken);
}

/* Where the system gives no thread the team stays as it is, and works.  The first test: stacks of threads that ended
 * are kept, and would be used again. */
static void a_team_without_threads_works(void **state)
{
  (void)state;
  vt_team *team = NULL;
  vt_err err = {0};
  tally t;
  struct rlimit before, least;
  VT_TEST_OK(vt_team_open(&team, &err), &err);
  assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
  least = (struct rlimit){.rlim_cur = 1 << 20, .rlim_max = before.rlim_max}; /* no room for another stack */
  assert_int_equal(setrlimit(RLIMIT_AS, &least), 0);
  int reached = vt_team_resize(team, 8, NULL);
  assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
#ifndef __SANITIZE_ADDRESS__
  assert_int_equal(reached, 1);
#endif
  assert_int_equal(vt_team_size(team), reached);
  assert_int_equal(check_loop(team, &t, 40, 1), 0);
  assert_int_equal(vt_team_resize(team, 3, NULL), 3);
  assert_int_equal(check_loop(team, &t, 40, 2), 0);
  vt_team_close(team);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_team_without_threads_works),    cmocka_unit_test(every_piece_is_done_once),
      cmocka_unit_test(late_members_take_nothing_twice), cmocka_unit_test(parts_cover_all_once),
      cmocka_unit_test(members_run_where_they_are_told), cmocka_unit_test(signals_reach_the_opener_alone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
