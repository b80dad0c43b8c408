/* Parts of a simulated comm: each passes the suite of every transport, all at the same time, and nothing crosses. */
#include "tests/conform/comm_conform.h"
#include "tests/vt_test.h"

enum { RANKS = 7 };

static vt_sim *world(double delay_s)
{
  vt_sim *s;
  vt_err err;
  VT_TEST_OK(vt_sim_open(&s, &(vt_sim_options){.n_ranks = RANKS, .seed = 5, .delay_s = delay_s}, &err), &err);
  return s;
}

static vt_comm *part_of(vt_comm *c, int first, int n)
{
  vt_comm *part;
  vt_err err;
  VT_TEST_OK(vt_comm_part(c, first, n, &part, &err), &err);
  assert_int_equal(vt_comm_rank(part), vt_comm_rank(c) - first);
  assert_int_equal(vt_comm_size(part), n);
  return part;
}

/* Ranks 0..2 and 3..6; of the second, its ranks 2..3 once more: the whole and all parts play at once. */
static void a_part_passes_the_suite_of_every_transport_while_others_do(void **state)
{
  (void)state;
  vt_sim *s = world(0.02);
  comm_conform *p[2 * RANKS + 2];
  int n = 0, over = 0;
  for (int r = 0; r < RANKS; r++) {
    vt_comm *c = vt_sim_comm(s, r), *part = r < 3 ? part_of(c, 0, 3) : part_of(c, 3, 4);
    p[n++] = comm_conform_open(c);
    p[n++] = comm_conform_open(part);
    if (r >= 5) p[n++] = comm_conform_open(part_of(part, 2, 2));
  }
  assert_int_equal(n, 2 * RANKS + 2);
  for (int round = 0; over < n; round++) {
    over = 0;
    for (int k = 0; k < n; k++) over += comm_conform_step(p[k]);
    vt_sim_advance(s, 0.001);
    if (round > 1000000) fail_msg("%d of %d never finish", n - over, n);
  }
  assert_int_equal(vt_sim_in_flight(s), 0);
  for (int k = 0; k < n; k++) comm_conform_close(p[k]);
  vt_sim_close(s);
}

static int tag_of_next(vt_comm *c)
{
  vt_err err;
  vt_msg m;
  int got;
  VT_TEST_OK(vt_comm_poll(c, &m, &got, &err), &err);
  return got ? m.tag : -1;
}

static void messages_stay_in_the_part_that_they_were_sent_in(void **state)
{
  (void)state;
  vt_err err;
  vt_sim *s = world(0);
  vt_comm *c1 = vt_sim_comm(s, 1), *c2 = vt_sim_comm(s, 2);
  vt_comm *a1 = part_of(c1, 1, 2), *a2 = part_of(c2, 1, 2), *b1 = part_of(c1, 1, 2), *b2 = part_of(c2, 1, 2);
  VT_TEST_OK(vt_comm_send(a1, 1, 7, "", 0, &err), &err);
  VT_TEST_OK(vt_comm_send(c1, 2, 8, "", 0, &err), &err);
  VT_TEST_OK(vt_comm_send(b1, 1, 9, "", 0, &err), &err);
  assert_int_equal(tag_of_next(b2), 9);
  assert_int_equal(tag_of_next(b2), -1);
  assert_int_equal(tag_of_next(c2), 8);
  assert_int_equal(tag_of_next(c2), -1);
  assert_int_equal(tag_of_next(a2), 7);
  assert_int_equal(tag_of_next(a2), -1);
  VT_TEST_OK(vt_comm_send(a1, 1, 7, "", 0, &err), &err);
  vt_comm_part_close(a1);
  vt_comm_part_close(a2); /* with a message that nobody asked for */
  vt_sim_kill(s, 1);      /* dead in the whole and in the part */
  VT_TEST_OK(vt_comm_send(b1, 1, 9, "", 0, &err), &err);
  assert_int_equal(tag_of_next(b2), -1);
  vt_comm_part_close(NULL);
  vt_sim_close(s);
}

static void a_part_that_this_rank_is_not_in_is_refused(void **state)
{
  (void)state;
  static const int of[][2] = {{0, 2}, {3, 1}, {-1, 4}, {2, 0}, {2, RANKS}};
  vt_sim *s = world(0);
  for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
    vt_err err = {0};
    vt_comm *part;
    VT_TEST_REFUSED(vt_comm_part(vt_sim_comm(s, 2), of[k][0], of[k][1], &part, &err), VT_EINVAL, &err, "rank 2 of 7");
    assert_null(part);
  }
  vt_sim_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_part_passes_the_suite_of_every_transport_while_others_do),
      cmocka_unit_test(messages_stay_in_the_part_that_they_were_sent_in),
      cmocka_unit_test(a_part_that_this_rank_is_not_in_is_refused),
  };
  return cmocka_run_group_tests_name("comm_parts", tests, NULL, NULL);
}
