/* Parts of the MPI comm on 1..4 ranks: the suite of every transport in each, at the same time; agreements of their own;
 * parts made and closed again with messages that nobody asked for. */
#include <mpi.h>
#include <stdio.h>
#include <string.h>

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

/* The lower half of the ranks and the rest; *low: this rank is in the first. */
static vt_comm *half(int *low)
{
  vt_err err;
  vt_comm *part;
  const int n = vt_comm_size(comm), cut = (n + 1) / 2;
  *low = vt_comm_rank(comm) < cut;
  VT_TEST_OK(vt_comm_part(comm, *low ? 0 : cut, *low ? cut : n - cut, &part, &err), &err);
  return part;
}

static void parts_pass_the_suite_of_every_transport_beside_the_whole(void **state)
{
  (void)state;
  int low, done = 0;
  vt_comm *part = half(&low);
  comm_conform *p = comm_conform_open(part), *q = comm_conform_open(comm);
  while (done < 2) {
    done = comm_conform_step(p) + comm_conform_step(q);
    vt_comm_nap(comm, 1);
  }
  comm_conform_close(p);
  comm_conform_close(q);
  vt_comm_part_close(part);
  over = 1;
}

static void parts_agree_each_on_its_own(void **state)
{
  (void)state;
  int low;
  vt_err err = {0};
  vt_comm *part = half(&low);
  const vt_status mine = low ? VT_OK : vt_err_set(&err, VT_EPARSE, "a.c", 7, "of the upper part");
  assert_int_equal(vt_comm_agree(part, mine, &err), low ? VT_OK : VT_EPARSE);
  int32_t who = vt_comm_rank(comm);
  VT_TEST_OK(vt_comm_bcast(part, 0, &who, sizeof who, &err), &err);
  assert_int_equal(who, low ? 0 : (vt_comm_size(comm) + 1) / 2);
  vt_comm_part_close(part);
  over = 1;
}

static void many_parts_are_made_and_closed_with_messages_under_way(void **state)
{
  (void)state;
  enum { TIMES = 40 };
  static char large[VT_COMM_MOST];
  vt_err err;
  for (int k = 0; k < TIMES; k++) {
    int low;
    vt_comm *part = half(&low);
    VT_TEST_OK(vt_comm_send(part, vt_comm_size(part) - 1, 3, large, sizeof large, &err), &err);
    vt_comm_part_close(part);
  }
  VT_TEST_OK(vt_comm_barrier(comm, &err), &err);
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
      cmocka_unit_test_setup_teardown(parts_pass_the_suite_of_every_transport_beside_the_whole, begin_claim, end_claim),
      cmocka_unit_test_setup_teardown(parts_agree_each_on_its_own, begin_claim, end_claim),
      cmocka_unit_test_setup_teardown(many_parts_are_made_and_closed_with_messages_under_way, begin_claim, end_claim),
  };
  int bad = cmocka_run_group_tests_name("comm_parts", tests, NULL, NULL);
  vt_comm_mpi_close(comm);
  return bad;
}
