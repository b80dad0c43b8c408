#include "tests/support/claim.h"

#include <math.h>
#include <stdio.h>

#include "engine/num/num.h"
#include "tests/vt_test.h"

void claim(const char *what, double measured, double reference, double tolerance, const char *reason)
{
  int holds = fabs(measured - reference) <= tolerance; /* a NaN does not hold */
  (void)printf("CLAIM|%s|%.6g|%.6g|%.2g|%s|%s\n", what, measured, reference, tolerance, holds ? "holds" : "FAILS",
               reason);
  (void)fflush(stdout);
  if (!holds) fail_msg("%s: %.10g, expected %.10g +- %.3g", what, measured, reference, tolerance);
}

void claim_distribution(const char *what, const double *cdf, int n)
{
  int count[CLAIM_BINS] = {0};
  double chi2 = 0, expected = (double)n / CLAIM_BINS;
  for (int k = 0; k < n; k++) count[cdf[k] >= 1 ? CLAIM_BINS - 1 : (int)(cdf[k] * CLAIM_BINS)]++;
  for (int b = 0; b < CLAIM_BINS; b++) chi2 += (count[b] - expected) * (count[b] - expected) / expected;
  claim(what, chi2, CLAIM_BINS - 1, vt_chi2_quantile(0.9999, CLAIM_BINS - 1) - (CLAIM_BINS - 1),
        "chi-square of 20 bins, up to its 99.99 % point");
}
