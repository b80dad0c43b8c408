/* The search of a row finds the same entries by masks as without them: every length and start of a stretch, positions
 * exactly at the reach, the atom itself, and what is no number.  The reference is the definition, entry by entry. */
#include <math.h>
#include <string.h>

#include "engine/base/base.h"
#include "engine/sys/nlist_near.h"
#include "tests/vt_test.h"

enum { N = 150, GUARD = -7777 };

static int by_definition(const vt__near_slots *s, int from, int to, const double at[3], double reach2, int self,
                         int *row)
{
  int k = 0;
  for (int p = from; p < to; p++) {
    const double dx = s->x[p] - at[0], dy = s->y[p] - at[1], dz = s->z[p] - at[2];
    if (dx * dx + dy * dy + dz * dz < reach2 && s->slot[p] != self) row[k++] = s->slot[p];
  }
  return k;
}

static void check(vt__append_near *append, const vt__near_slots *s, const double at[3], double reach2, int self)
{
  for (int from = 0; from < 20; from++)
    for (int to = from; to <= N; to += to < from + 40 ? 1 : 13) {
      int want[N], got[N + 12];
      for (int k = 0; k < N + 12; k++) got[k] = GUARD;
      const int n = by_definition(s, from, to, at, reach2, self, want);
      assert_int_equal(append(s, from, to, at, reach2, self, got, 2), n + 2);
      assert_int_equal(got[1], GUARD);
      assert_memory_equal(got + 2, want, (size_t)n * sizeof *want);
      assert_int_equal(got[2 + to - from], GUARD); /* room for to - from, and no more is written */
    }
}

static void rows_are_those_of_the_definition(void **state)
{
  (void)state;
  static double x[N], y[N], z[N];
  static int slot[N];
  const double at[3] = {1, 2, 3};
  for (int k = 0; k < N; k++) { /* half of them within 2 A; some exactly 2 A away, one not a number, one infinite */
    double u[2], v[2];
    vt_rng_uniform2(5, VT_STREAM_TEST, 1, k, 0, u);
    vt_rng_uniform2(5, VT_STREAM_TEST, 1, k, 1, v);
    x[k] = at[0] + 4 * u[0] - 2, y[k] = at[1] + 4 * u[1] - 2, z[k] = at[2] + 4 * v[0] - 2;
    slot[k] = (k * 37 + 11) % 1009;
    if (k % 17 == 3) x[k] = at[0] + 2, y[k] = at[1], z[k] = at[2];
  }
  y[40] = (double)NAN;
  z[41] = (double)INFINITY;
  x[60] = at[0], y[60] = at[1], z[60] = at[2];
  const vt__near_slots s = {.x = x, .y = y, .z = z, .slot = slot};
  for (int which = 0; which < 2; which++) {
    vt__append_near *append = which ? vt__append_near_best() : vt__append_near_portable;
    check(append, &s, at, 4, slot[60]);
    check(append, &s, at, 4, -1);
    check(append, &s, at, 0, -1);
    check(append, &s, at, 1e9, slot[0]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows_are_those_of_the_definition)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
