/* Whose core helps whom: the rule by cases that were worked out by hand, and by the words of the header, dealt one core
 * at a time, on random nodes. */
#include <math.h>
#include <string.h>

#include "runner/sched/sched.h"
#include "tests/vt_test.h"

enum { MOST = 40 };

static const vt_lend_state idle = {.idle = 1}, gone = {.idle = 0};

static vt_lend_state busy(double remaining_s, int cores_most)
{
  return (vt_lend_state){.busy = 1, .cores_most = cores_most, .remaining_s = remaining_s};
}

static void lend(int n, const int *node, const vt_lend_state *state, int *lends_to)
{
  int scratch[2 * MOST];
  memset(scratch, 0x55, sizeof scratch); /* nothing is expected in it */
  vt_sched_lend(n, node, state, scratch, lends_to);
}

static void expect(int n, const int *node, const vt_lend_state *state, const int *wanted)
{
  int lends_to[MOST];
  for (int r = 0; r < n; r++) lends_to[r] = -1;
  lend(n, node, state, lends_to);
  for (int r = 0; r < n; r++) assert_int_equal(lends_to[r], wanted[r]);
}

/* Three free cores for two tasks: one each, the second for the longer one. */
static void shares_are_even_and_the_longest_is_first(void **unused)
{
  (void)unused;
  const int node[] = {7, 7, 7, 7, 7};
  expect(5, node, (vt_lend_state[]){idle, busy(10, 9), idle, busy(20, 9), idle}, (int[]){3, -1, 3, -1, 1});
}

/* A node's cores stay there, and with nobody to help they stay idle. */
static void nodes_do_not_help_each_other(void **unused)
{
  (void)unused;
  const int node[] = {1, 0, 1, 0, 2};
  expect(5, node, (vt_lend_state[]){idle, busy(5, 4), idle, idle, idle}, (int[]){-1, -1, -1, 1, -1});
}

/* cores_most counts the own core; what one cannot use the others get; the rest lies idle. */
static void nobody_gets_more_than_it_can_use(void **unused)
{
  (void)unused;
  const int node[] = {0, 0, 0, 0, 0, 0, 0};
  expect(7, node, (vt_lend_state[]){busy(9, 2), busy(8, 1), busy(7, 3), idle, idle, idle, idle},
         (int[]){-1, -1, -1, 0, 2, 2, -1});
  expect(2, node, (vt_lend_state[]){busy(9, 0), idle}, (int[]){-1, -1});
}

/* A rank that is gone neither lends nor borrows; a task of unknown length comes last, equal ones by their rank. */
static void the_order_of_tasks(void **unused)
{
  (void)unused;
  const int node[] = {0, 0, 0, 0, 0, 0};
  expect(6, node, (vt_lend_state[]){gone, busy((double)NAN, 2), busy(3, 2), busy(3, 2), idle, idle},
         (int[]){-1, -1, -1, -1, 2, 3});
  expect(6, node, (vt_lend_state[]){gone, busy((double)NAN, 2), busy(-1, 2), idle, gone, gone},
         (int[]){-1, -1, -1, 2, -1, -1});
}

/* The longer task changes, so one core moves and two stay; the lender that got a task itself is free of its pair. */
static void pairs_stay(void **unused)
{
  (void)unused;
  const int node[] = {0, 0, 0, 0, 0};
  int lends_to[] = {-1, -1, 1, 0, 1}, one[] = {-1, -1, 1, 0, 1}, odd[] = {99, -7, 2, 0, 4};
  lend(5, node, (vt_lend_state[]){busy(9, 9), busy(8, 9), idle, idle, idle}, lends_to);
  assert_memory_equal(lends_to, ((int[]){-1, -1, 1, 0, 0}), sizeof lends_to);
  lend(5, node, (vt_lend_state[]){busy(9, 9), busy(8, 9), busy(1, 9), idle, idle}, one);
  assert_memory_equal(one, ((int[]){-1, -1, -1, 0, 1}), sizeof one);
  lend(5, node, (vt_lend_state[]){busy(9, 9), busy(8, 9), idle, idle, idle}, odd); /* words without sense are no pair */
  assert_memory_equal(odd, ((int[]){-1, -1, 0, 0, 1}), sizeof odd);
}

/* ------------------------------------------------------------------ random nodes */

static uint64_t draws;
static int below(int n)
{
  uint32_t out[4];
  vt_rng_block(draws++, (uint32_t[4]){5, 6, 7, 8}, out);
  return (int)(out[0] % (uint32_t)n);
}

/* The header's words, one core at a time: it goes to the task that got fewest so far, among those the longest, and then
 * to the smaller rank. */
static void deal(int n, const int *node, const vt_lend_state *state, int *got)
{
  for (int r = 0; r < n; r++) got[r] = 0;
  for (int r = 0; r < n; r++) {
    int best = -1;
    if (!state[r].idle) continue;
    for (int b = 0; b < n; b++) {
      if (!state[b].busy || node[b] != node[r] || got[b] + 1 >= state[b].cores_most) continue;
      if (best < 0 || got[b] < got[best] || (got[b] == got[best] && state[b].remaining_s > state[best].remaining_s))
        best = b;
    }
    if (best >= 0) got[best]++;
  }
}

/* What each gets is what dealing gives, whatever was lent before; what may stay stayed; the same again changes nothing.
 */
static void random_nodes(void **unused)
{
  int node[MOST], lends_to[MOST], before[MOST], dealt[MOST], got[MOST];
  vt_lend_state state[MOST];
  (void)unused;
  for (int round = 0; round < 5000; round++) {
    const int n = 1 + below(MOST), nodes = 1 + below(3);
    for (int r = 0; r < n; r++) {
      const int what = below(5);
      node[r] = below(nodes);
      state[r] = what < 2 ? idle : what < 4 ? busy(below(6), below(6)) : gone;
      if (round % 3 == 0 || below(4) == 0)
        before[r] = -1;
      else
        before[r] = below(n);
      lends_to[r] = before[r];
    }
    lend(n, node, state, lends_to);
    deal(n, node, state, dealt);
    memset(got, 0, sizeof got);
    for (int r = 0; r < n; r++) {
      if (lends_to[r] < 0) continue;
      assert_true(state[r].idle && state[lends_to[r]].busy && node[r] == node[lends_to[r]]);
      got[lends_to[r]]++;
    }
    for (int r = 0; r < n; r++) {
      assert_int_equal(got[r], dealt[r]);
      int had = 0, kept = 0; /* of r: lenders before, of which are still with it */
      for (int k = 0; k < n; k++) {
        const int pair = state[k].idle && before[k] == r && node[k] == node[r];
        had += pair;
        kept += pair && lends_to[k] == r;
      }
      assert_int_equal(kept, had < dealt[r] ? had : dealt[r]);
    }
    memcpy(before, lends_to, sizeof before);
    lend(n, node, state, lends_to);
    assert_memory_equal(before, lends_to, (size_t)n * sizeof *before);
  }
}

int main(void)
{
  const struct CMUnitTest all[] = {cmocka_unit_test(shares_are_even_and_the_longest_is_first),
                                   cmocka_unit_test(nodes_do_not_help_each_other),
                                   cmocka_unit_test(nobody_gets_more_than_it_can_use),
                                   cmocka_unit_test(the_order_of_tasks),
                                   cmocka_unit_test(pairs_stay),
                                   cmocka_unit_test(random_nodes)};
  return cmocka_run_group_tests(all, NULL, NULL);
}
