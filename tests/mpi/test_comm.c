/* The MPI transport on 1..4 ranks: the suite of every transport, the calls that wait, what waiting costs, and the check
 * that the launcher and MPI agree on how many we are. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/conform/comm_conform.h"
#include "tests/vt_test.h"

static vt_comm *comm;
static int over; /* the running test came to its end */

static int begin_claim(void **state)
{
  (void)state;
  over = 0;
  return 0;
}

/* The other ranks would wait for one that failed. */
static int end_claim(void **state)
{
  (void)state;
  if (!over) MPI_Abort(MPI_COMM_WORLD, 1);
  return 0;
}

static void mpi_passes_the_suite_of_every_transport(void **state)
{
  (void)state;
  comm_conform *p = comm_conform_open(comm);
  while (!comm_conform_step(p)) vt_comm_nap(comm, 1);
  comm_conform_close(p);
  over = 1;
}

static void the_calls_that_wait_give_what_the_split_ones_give(void **state)
{
  (void)state;
  vt_err err = {0};
  int rank = vt_comm_rank(comm), last = vt_comm_size(comm) - 1;
  char text[1000] = "";
  if (rank == last) strcpy(text, "composition: Li");
  VT_TEST_OK(vt_comm_bcast(comm, last, text, sizeof text, &err), &err);
  assert_string_equal(text, "composition: Li");
  VT_TEST_OK(vt_comm_agree(comm, VT_OK, &err), &err);
  vt_status mine = rank == last ? vt_err_set(&err, VT_EPARSE, "a.c", 7, "line 9: expected 30 values") : VT_OK;
  assert_int_equal(vt_comm_agree(comm, mine, &err), VT_EPARSE);
  assert_non_null(strstr(err.text, "a.c:7: line 9: expected 30 values"));
  char where[64];
  (void)snprintf(where, sizeof where, "on rank %d of %d", last, last + 1); /* a lone rank needs no name */
  assert_int_equal(strstr(err.text, where) != NULL, vt_comm_size(comm) > 1);
  VT_TEST_OK(vt_comm_barrier(comm, &err), &err);
  over = 1;
}

static double cpu_used_s(void)
{
  struct rusage u;
  assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* A rank that spins burns a core; one that naps 1-5 ms some percent of it (0.7-2.4 % were measured).  CPU time, not
 * wall time, is compared, so that a busy machine cannot fail this; 20 % is far from both. */
static void a_waiting_rank_leaves_the_core_to_others(void **state)
{
  (void)state;
  vt_err err;
  vt_msg m;
  int got;
  VT_TEST_OK(vt_comm_barrier(comm, &err), &err);
  double t0 = vt_now_s(), c0 = cpu_used_s();
  while (vt_now_s() - t0 < 2) {
    VT_TEST_OK(vt_comm_poll(comm, &m, &got, &err), &err);
    vt_comm_nap(comm, got);
  }
  double poll = (cpu_used_s() - c0) / (vt_now_s() - t0);
  VT_TEST_OK(vt_comm_barrier(comm, &err), &err);
  t0 = vt_now_s(), c0 = cpu_used_s();
  if (vt_comm_rank(comm) == 0) vt_nap_s(1); /* the others wait in a barrier for the late one */
  VT_TEST_OK(vt_comm_barrier(comm, &err), &err);
  double barrier = (cpu_used_s() - c0) / (vt_now_s() - t0);
  print_message("rank %d of %d: waiting costs %.1f %% of a core in poll, %.1f %% in a barrier\n", vt_comm_rank(comm),
                vt_comm_size(comm), 100 * poll, 100 * barrier);
  assert_true(poll < 0.2);
  assert_true(barrier < 0.2);
  over = 1;
}

static void forget_launchers(void)
{
  static const char *const name[] = {"PMI_SIZE",     "PMI_RANK",     "OMPI_COMM_WORLD_SIZE",
                                     "SLURM_NTASKS", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"};
  for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) assert_int_equal(unsetenv(name[i]), 0);
}

static void n_copies_that_each_believe_to_be_alone_are_told(void **state)
{
  (void)state;
  if (vt_comm_size(comm) > 1) {
    assert_null(vt_comm_mpi_mismatch(comm));
    over = 1;
    return;
  }
  assert_null(vt_comm_mpi_mismatch(comm)); /* started by the right launcher, or by none */
  forget_launchers();
  assert_null(vt_comm_mpi_mismatch(comm));
  setenv("PMI_SIZE", "4", 1);
  const char *text = vt_comm_mpi_mismatch(comm);
  assert_non_null(text);
  assert_non_null(strstr(text, "PMI_SIZE=4"));
  assert_non_null(strstr(text, "--mpi=pmi2"));
  setenv("PMI_SIZE", "1", 1); /* hydra's word counts more than what SLURM says of hydra's proxies */
  setenv("SLURM_PROCID", "0", 1);
  setenv("SLURM_STEP_NUM_TASKS", "3", 1);
  assert_null(vt_comm_mpi_mismatch(comm));
  unsetenv("PMI_SIZE"); /* srun without pmi2 */
  text = vt_comm_mpi_mismatch(comm);
  assert_non_null(text);
  assert_non_null(strstr(text, "SLURM_STEP_NUM_TASKS=3"));
  forget_launchers();
  setenv("SLURM_NTASKS", "8", 1); /* a batch script or salloc: a serial start is no copy of anything */
  assert_null(vt_comm_mpi_mismatch(comm));
  forget_launchers();
  setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
  text = vt_comm_mpi_mismatch(comm);
  assert_non_null(text);
  assert_non_null(strstr(text, "OMPI_COMM_WORLD_SIZE=2"));
  forget_launchers();
  over = 1;
}

static void the_library_says_who_it_is(void **state)
{
  (void)state;
  assert_int_equal(strncmp(vt_comm_mpi_version(), "MPICH ", 6), 0);
  assert_null(strchr(vt_comm_mpi_version(), '\n'));
  over = 1;
}

static void mpi_is_started_once(void **state)
{
  (void)state;
  vt_comm *again;
  vt_err err;
  assert_int_equal(vt_comm_mpi_open(NULL, NULL, &again, &err), VT_EBUG);
  assert_null(again);
  over = 1;
}

int main(int argc, char **argv)
{
  vt_err err;
  if (vt_comm_mpi_open(&argc, &argv, &comm, &err) != VT_OK) {
    (void)fputs(err.text, stderr);
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(mpi_passes_the_suite_of_every_transport, begin_claim, end_claim),
      cmocka_unit_test_setup_teardown(the_calls_that_wait_give_what_the_split_ones_give, begin_claim, end_claim),
      cmocka_unit_test_setup_teardown(a_waiting_rank_leaves_the_core_to_others, begin_claim, end_claim),
      cmocka_unit_test_setup_teardown(n_copies_that_each_believe_to_be_alone_are_told, begin_claim, end_claim),
      cmocka_unit_test_setup_teardown(the_library_says_who_it_is, begin_claim, end_claim),
      cmocka_unit_test_setup_teardown(mpi_is_started_once, begin_claim, end_claim),
  };
  int bad = cmocka_run_group_tests_name("comm", tests, NULL, NULL);
  vt_comm_mpi_close(comm);
  return bad;
}
