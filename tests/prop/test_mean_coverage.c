/* What the 95 % intervals of means over 2, 3 and 5 glasses cover, scatter pooled over compositions: residence times and
 * sizes of chains whose truth is known.  VT_CAMPAIGNS=n: that many of each kind instead of the default. */
#include <math.h>
#include <stdlib.h>

#include "engine/num/num.h"
#include "engine/structure/structure.h"
#include "tests/support/draw.h"
#include "tests/vt_test.h"

enum { MOST_COMP = 8, MOST_GLASSES = 5 };

typedef struct kind {
  const char *what;
  vt_mean_kind mean;
  int n_comp;
  double scatter;  /* s.d. of ln x between glasses                         */
  double unlike;   /* s.d. of its logarithm over compositions              */
  double sampling; /* s.d. of ln x that a run adds, and states             */
  double least;    /* of the coverage                                      */
} kind;

/* Scatter as laco-naco's glasses show it: 0.1 to 0.9 for times, 0.05 to 0.5 for sizes. */
static const kind kinds[] = {{"time, sampling alone", VT_MEAN_TIME, 2, 0, 0, 0.10, 0.93},
                             {"time, scatter", VT_MEAN_TIME, 2, 0.20, 0, 0.05, 0.93},
                             {"time, much scatter", VT_MEAN_TIME, 6, 0.50, 0, 0.05, 0.93},
                             {"time, unlike compositions", VT_MEAN_TIME, 8, 0.30, 0.5, 0.05, 0.93},
                             {"time, one composition", VT_MEAN_TIME, 1, 0.20, 0, 0.05, 0.93},
                             {"size, scatter", VT_MEAN_SIZE, 2, 0.15, 0, 0, 0.93},
                             {"size, one composition", VT_MEAN_SIZE, 1, 0.15, 0, 0, 0.93},
                             {"slope, scatter", VT_MEAN_POOLED, 2, 0.20, 0, 0.05, 0.93}};

/* ln x or x of a glass about 0; truth 0. */
static void draw_means(const kind *k, int n_glasses, uint64_t seed, vt_over_glasses m[MOST_COMP])
{
  vt_err err;
  uint32_t lane = 0;
  for (int c = 0; c < k->n_comp; c++) {
    const double scatter = k->scatter * exp(k->unlike * vt_test_normal(seed, 0, 0, lane++));
    double x[MOST_GLASSES], variance[MOST_GLASSES];
    for (int g = 0; g < n_glasses; g++) {
      const double off =
          scatter * vt_test_normal(seed, 0, 0, lane) + k->sampling * vt_test_normal(seed, 0, 0, lane + 1);
      lane += 2;
      x[g] = k->mean == VT_MEAN_POOLED ? off : exp(off);
      variance[g] = k->sampling * k->sampling;
    }
    VT_TEST_OK(vt_glasses_mean(x, k->sampling > 0 ? variance : NULL, n_glasses, k->mean, &m[c], &err), &err);
  }
  VT_TEST_OK(vt_over_compositions(m, k->n_comp, k->mean, &err), &err);
}

/* Median half-width and coverage; what has no lower end is below its upper one. */
static double coverage(const kind *k, int n_glasses, int campaigns, double *width)
{
  vt_over_glasses m[MOST_COMP];
  double *half = calloc((size_t)campaigns, sizeof(double));
  const double truth = k->mean == VT_MEAN_POOLED ? 0 : k->mean == VT_MEAN_SIZE ? exp(k->scatter * k->scatter / 2) : 1;
  int covered = 0;
  assert_non_null(half);
  for (int i = 0; i < campaigns; i++) {
    draw_means(k, n_glasses, 1000 * (uint64_t)i + (uint64_t)n_glasses, m);
    for (int c = 0; c < k->n_comp; c++)
      covered += (isnan(m[c].lo95) || m[c].lo95 <= truth) && (isnan(m[c].hi95) || truth <= m[c].hi95);
    half[i] = sqrt(m[0].of.variance) * vt_t_quantile(0.975, m[0].of.dof);
  }
  *width = vt_quantile_inplace(half, (size_t)campaigns, 0.5);
  free(half);
  return covered / (double)campaigns / k->n_comp;
}

/* Compositions of one campaign share their scatter: tolerances of three standard deviations count campaigns.  Sampling
 * alone is a floor, so that nearly all may be covered. */
static void intervals_of_times_and_sizes_cover_the_truth(void **state)
{
  (void)state;
  const int glasses[] = {2, 3, 5};
  const char *asked = getenv("VT_CAMPAIGNS");
  const int campaigns = asked ? (int)strtol(asked, NULL, 10) : 600;
  for (size_t q = 0; q < sizeof kinds / sizeof *kinds; q++)
    for (int k = 0; k < 3; k++) {
      double width;
      const double c = coverage(&kinds[q], glasses[k], campaigns, &width);
      print_message("  %-26s %d compositions, %d glasses: %.3f, half-width %.3f\n", kinds[q].what, kinds[q].n_comp,
                    glasses[k], c, width);
      vt_test_between("coverage", c, kinds[q].least - 3 * sqrt(0.95 * 0.05 / campaigns), 1);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(intervals_of_times_and_sizes_cover_the_truth)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
