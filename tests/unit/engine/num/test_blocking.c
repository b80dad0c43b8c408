/* num: blocking with fewer blocks sees longer correlations. */
#include <math.h>

#include "engine/num/num.h"
#include "tests/vt_test.h"

/* +-1, changing every eight values of 64: blocks of up to eight have the means +-1, m of them the variance m/(m - 1)
 * and the standard error 1/sqrt(m - 1); blocks of sixteen have the mean 0. */
static void the_largest_error_is_that_of_blocks_as_long_as_the_correlation(void **state)
{
  (void)state;
  double x[64], scratch[64];
  for (int i = 0; i < 64; i++) x[i] = i / 8 % 2 ? 1 : -1;
  near_relative(vt_blocking_se_least(x, 64, 64, scratch), 1 / sqrt(63), 1e-14);
  near_relative(vt_blocking_se_least(x, 64, 16, scratch), 1 / sqrt(15), 1e-14);
  near_relative(vt_blocking_se_least(x, 64, 8, scratch), 1 / sqrt(7), 1e-14);
  near_relative(vt_blocking_se_least(x, 64, 4, scratch), 1 / sqrt(7), 1e-14);
  assert_true(vt_blocking_se(x, 64, scratch) == vt_blocking_se_least(x, 64, 16, scratch));
  assert_true(isnan(vt_blocking_se_least(x, 7, 8, scratch)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_largest_error_is_that_of_blocks_as_long_as_the_correlation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
