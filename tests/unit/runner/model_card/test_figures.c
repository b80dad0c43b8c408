/* Figures of a card: an outlier does not shrink all else, what is cut is marked, and weights are said. */
#include <stdlib.h>
#include <string.h>

#include "runner/model_card/model_card_impl.h"
#include "tests/vt_test.h"

/* n labels evenly over [-1, 1], and one at `far`; the range that is shown. */
static vt__density *shown(int n, double far)
{
  vt__density *d = calloc(1, sizeof *d);
  assert_non_null(d);
  for (int pass = 0; pass < 2; pass++)
    for (int k = 0; k <= n; k++) {
      const double label = k == n ? far : -1 + 2.0 * k / (n - 1);
      (pass ? vt__density_look : vt__density_widen)(d, label);
    }
  vt__density_close(d);
  for (int k = 0; k < n; k++) vt__density_add(d, -1 + 2.0 * k / (n - 1), -1 + 2.0 * k / (n - 1));
  vt__density_add(d, far, 0);
  return d;
}

static void one_outlier_does_not_set_the_range_and_is_counted(void **state)
{
  (void)state;
  vt__density *d = shown(200, 50);
  /* two fine bins of 51/4096 at either end, two points that are left at the lower one, and the margin of 4 % */
  assert_true(d->lo < -0.95 && d->lo > -1.15 && d->hi > 1 && d->hi < 1.15);
  assert_true(d->n == 201 && d->outside >= 1 && d->outside <= 3);
  free(d);
}

/* An end that is not far away, and few points, are all shown. */
static void without_an_outlier_all_labels_are_shown(void **state)
{
  (void)state;
  vt__density *d = shown(200, 1.5);
  near(d->lo, -1 - 0.04 * 2.5, 1e-12);
  near(d->hi, 1.5 + 0.04 * 2.5, 1e-12);
  assert_int_equal(d->outside, 0);
  free(d);
  d = shown(18, 50);
  near(d->hi, 50 + 0.04 * 51, 1e-12);
  assert_int_equal(d->outside, 0);
  free(d);
}

static int count_of(const char *text, const char *word)
{
  int n = 0;
  for (const char *s = text; (s = strstr(s, word)) != NULL; s++) n++;
  return n;
}

/* Means of +1 meV/atom from two frames; `spread`: half of their distance, from which the standard error follows. */
static int whiskers(double spread)
{
  vt_err err = {0};
  vt_buf b = {0};
  vt__sums s = {.frames = 2, .n_v = 2, .name = "one"};
  const double a = 1e-3 * (1 + spread), c = 1e-3 * (1 - spread);
  s.mean_virial = a + c;
  s.mean_virial_2 = a * a + c * c;
  vt__table t = {.row = &s, .n = 1};
  VT_TEST_OK(vt__figure_virials(&b, &t, &err), &err);
  const int n = count_of(b.s, "class=\"whisker\"");
  vt_buf_free(&b);
  return n;
}

static void a_whisker_that_is_cut_has_an_arrow_at_either_end(void **state)
{
  (void)state;
  assert_int_equal(whiskers(1), 1);
  assert_int_equal(whiskers(1000), 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_outlier_does_not_set_the_range_and_is_counted),
                                     cmocka_unit_test(without_an_outlier_all_labels_are_shown),
                                     cmocka_unit_test(a_whisker_that_is_cut_has_an_arrow_at_either_end)};
  return cmocka_run_group_tests_name("figures of a card", tests, NULL, NULL);
}
