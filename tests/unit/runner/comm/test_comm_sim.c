/* The simulated transport: it passes the suite that MPI passes, and its delays and deaths are what the header says. */
#include <math.h>
#include <string.h>

#include "tests/conform/comm_conform.h"
#include "tests/vt_test.h"

static vt_sim *sim_of(int n, uint64_t seed, double delay_s)
{
  vt_sim *s;
  vt_err err;
  VT_TEST_OK(vt_sim_open(&s, &(vt_sim_options){.n_ranks = n, .seed = seed, .delay_s = delay_s}, &err), &err);
  return s;
}

static void put(vt_sim *s, int src, int dst, int tag)
{
  vt_err err;
  VT_TEST_OK(vt_comm_send(vt_sim_comm(s, src), dst, tag, &tag, sizeof tag, &err), &err);
}

/* Tag of the next message of a rank, -1 if there is none. */
static int take(vt_sim *s, int rank, int *src)
{
  vt_err err;
  vt_msg m;
  int got;
  VT_TEST_OK(vt_comm_poll(vt_sim_comm(s, rank), &m, &got, &err), &err);
  if (got && src) *src = m.src;
  return got ? m.tag : -1;
}

static void the_simulation_passes_the_suite_of_every_transport(void **state)
{
  (void)state;
  static const struct {
    int n;
    double delay_s;
  } of[] = {{1, 0}, {2, 0.01}, {3, 0.1}, {5, 0}, {8, 0.02}};
  for (size_t k = 0; k < sizeof of / sizeof of[0]; k++) {
    comm_conform *p[8] = {0};
    vt_sim *s = sim_of(of[k].n, 100 + k, of[k].delay_s);
    for (int r = 0; r < of[k].n; r++) p[r] = comm_conform_open(vt_sim_comm(s, r));
    int n_over = 0;
    for (int round = 0; n_over < of[k].n; round++) {
      n_over = 0;
      for (int r = 0; r < of[k].n; r++) n_over += comm_conform_step(p[r]);
      vt_sim_advance(s, 0.001);
      if (round > 1000000) fail_msg("%d of %d ranks never finish", of[k].n - n_over, of[k].n);
    }
    assert_int_equal(vt_sim_in_flight(s), 0);
    for (int r = 0; r < of[k].n; r++) comm_conform_close(p[r]);
    vt_sim_close(s);
  }
}

static void nothing_arrives_before_time_moves(void **state)
{
  (void)state;
  vt_sim *s = sim_of(2, 1, 0.5);
  put(s, 0, 1, 3);
  assert_int_equal(take(s, 1, NULL), -1);
  vt_sim_advance(s, 1000);
  assert_true(vt_comm_now(vt_sim_comm(s, 1)) == 1000);
  assert_int_equal(take(s, 1, NULL), 3);
  assert_int_equal(take(s, 1, NULL), -1);
  vt_sim_close(s);
}

/* 20000 delays of mean d, exponential but for one in 64 that is 32 times as long: mean (63 + 32)/64 d = 1.484 d.  The
 * variance is (63*2 + 32*32*2)/64 d^2 - mean^2 = 31.8 d^2, so the mean of 20000 has a standard error of 0.040 d; 5 of
 * them. A message from each of 100 ranks to one, polled in steps of d/50 (mean bias d/100). */
static void delays_have_the_mean_that_was_asked_for(void **state)
{
  (void)state;
  const double d = 1;
  double sum = 0;
  int n = 0;
  for (uint64_t seed = 0; seed < 200; seed++) {
    vt_sim *s = sim_of(101, seed, d);
    for (int r = 1; r <= 100; r++) put(s, r, 0, r);
    while (vt_sim_in_flight(s) > 0) {
      vt_sim_advance(s, d / 50);
      while (take(s, 0, NULL) >= 0) sum += vt_sim_now(s), n++;
    }
    vt_sim_close(s);
  }
  assert_int_equal(n, 20000);
  double mean = sum / n - d / 100;
  if (fabs(mean - 95.0 / 64) > 0.2) fail_msg("mean delay %.3f, expected %.3f", mean, 95.0 / 64);
}

/* 50 messages of two senders each, delays much longer than between sends: arrivals must interleave out of sending order
 * between the pairs, and the same seed must give the same arrivals. */
static void different_pairs_are_reordered_and_the_seed_repeats_it(void **state)
{
  (void)state;
  int order[2][100];
  for (int run = 0; run < 2; run++) {
    vt_sim *s = sim_of(3, 77, 1);
    int n = 0;
    for (int k = 0; k < 50; k++) put(s, 1, 0, k), put(s, 2, 0, k), vt_sim_advance(s, 0.01);
    while (n < 100) {
      int src, tag = take(s, 0, &src);
      if (tag < 0)
        vt_sim_advance(s, 0.01);
      else
        order[run][n++] = 2 * tag + src - 1; /* number in sending order */
    }
    vt_sim_close(s);
  }
  assert_memory_equal(order[0], order[1], sizeof order[0]);
  int swaps = 0;
  for (int k = 1; k < 100; k++) swaps += order[0][k] < order[0][k - 1];
  assert_true(swaps > 5);
}

/* Of the 20 messages that a dying rank has under way a suffix is lost; over 200 seeds none, all and some are all seen.
 */
static void a_death_loses_the_newest_messages_and_all_later_ones(void **state)
{
  (void)state;
  int none = 0, all = 0, some = 0;
  for (uint64_t seed = 0; seed < 200; seed++) {
    vt_sim *s = sim_of(3, seed, 1);
    for (int k = 0; k < 20; k++) put(s, 1, 0, k);
    put(s, 2, 1, 5);
    put(s, 2, 0, 6);
    vt_sim_kill(s, 1);
    assert_false(vt_sim_alive(s, 1));
    put(s, 1, 0, 21);
    put(s, 2, 1, 7);
    vt_sim_advance(s, 1e6);
    int n = 0, from_2 = 0, src, tag;
    while ((tag = take(s, 0, &src)) >= 0) {
      if (src == 1)
        assert_int_equal(tag, n++);
      else
        from_2++;
    }
    assert_int_equal(from_2, 1);
    assert_int_equal(take(s, 1, NULL), -1);
    assert_int_equal(vt_sim_in_flight(s), 0);
    none += n == 0;
    all += n == 20;
    some += n > 0 && n < 20;
    vt_sim_close(s);
  }
  assert_true(none > 0 && all > 0 && some > 100);
}

static void a_collective_waits_for_the_dead_as_mpi_does(void **state)
{
  (void)state;
  vt_err err;
  int done;
  vt_sim *s = sim_of(3, 1, 0);
  vt_sim_kill(s, 2);
  VT_TEST_OK(vt_comm_barrier_start(vt_sim_comm(s, 0), &err), &err);
  VT_TEST_OK(vt_comm_barrier_start(vt_sim_comm(s, 1), &err), &err);
  vt_sim_advance(s, 1e6);
  VT_TEST_OK(vt_comm_test(vt_sim_comm(s, 0), &done, &err), &err);
  assert_false(done);
  vt_sim_close(s);
}

static void different_collectives_at_once_are_a_bug_that_is_named(void **state)
{
  (void)state;
  vt_err err;
  char byte = 0;
  vt_sim *s = sim_of(2, 1, 0);
  VT_TEST_OK(vt_comm_barrier_start(vt_sim_comm(s, 0), &err), &err);
  assert_int_equal(vt_comm_barrier_start(vt_sim_comm(s, 0), &err), VT_EBUG);
  assert_non_null(strstr(err.text, "inside another one"));
  assert_int_equal(vt_comm_bcast_start(vt_sim_comm(s, 1), 0, &byte, 1, &err), VT_EBUG);
  assert_non_null(strstr(err.text, "rank 1 is not in the same collective"));
  vt_sim_close(s);
}

/* A call that waits inside would never return in one thread: it says so; the last to come needs no waiting. */
static void a_waiting_call_is_refused_unless_all_others_are_there(void **state)
{
  (void)state;
  vt_err err;
  int done;
  vt_sim *s = sim_of(2, 1, 0);
  VT_TEST_OK(vt_comm_barrier_start(vt_sim_comm(s, 0), &err), &err);
  VT_TEST_OK(vt_comm_barrier(vt_sim_comm(s, 1), &err), &err);
  VT_TEST_OK(vt_comm_test(vt_sim_comm(s, 0), &done, &err), &err);
  assert_true(done);
  assert_int_equal(vt_comm_barrier(vt_sim_comm(s, 0), &err), VT_EBUG);
  assert_non_null(strstr(err.text, "start and test"));
  vt_sim_close(s);
  s = sim_of(1, 1, 0);
  err = (vt_err){0};
  assert_int_equal(vt_comm_agree(vt_sim_comm(s, 0), vt_err_set(&err, VT_EIO, "a.c", 9, "disk full"), &err), VT_EIO);
  assert_non_null(strstr(err.text, "a.c:9: disk full"));
  vt_sim_close(s);
}

static void impossible_simulations_are_refused(void **state)
{
  (void)state;
  vt_sim *s;
  vt_err err;
  assert_int_equal(vt_sim_open(&s, &(vt_sim_options){.n_ranks = 0}, &err), VT_EINVAL);
  assert_int_equal(vt_sim_open(&s, &(vt_sim_options){.n_ranks = 40000}, &err), VT_EINVAL);
  assert_int_equal(vt_sim_open(&s, &(vt_sim_options){.n_ranks = 2, .delay_s = NAN}, &err), VT_EINVAL);
  assert_null(s);
  vt_sim_close(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_simulation_passes_the_suite_of_every_transport),
      cmocka_unit_test(nothing_arrives_before_time_moves),
      cmocka_unit_test(delays_have_the_mean_that_was_asked_for),
      cmocka_unit_test(different_pairs_are_reordered_and_the_seed_repeats_it),
      cmocka_unit_test(a_death_loses_the_newest_messages_and_all_later_ones),
      cmocka_unit_test(a_collective_waits_for_the_dead_as_mpi_does),
      cmocka_unit_test(different_collectives_at_once_are_a_bug_that_is_named),
      cmocka_unit_test(a_waiting_call_is_refused_unless_all_others_are_there),
      cmocka_unit_test(impossible_simulations_are_refused),
  };
  return cmocka_run_group_tests_name("comm_sim", tests, NULL, NULL);
}
