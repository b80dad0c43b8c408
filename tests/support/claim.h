/* claim.h - a test that is also a row of the physics report (tests/physics/report). */
#ifndef VT_CLAIM_H
#define VT_CLAIM_H

/* Print the row `claim | measured | reference | tolerance | reason`, then fail the running test unless
 * |measured - reference| <= tolerance.  No text may hold a '|'. */
void claim(const char *what, double measured, double reference, double tolerance, const char *reason);

enum { CLAIM_BINS = 20 };

/* n independent values, given as the distribution function that they should follow at each value: Pearson's chi-square
 * over 20 equal bins, whose expectation is 19, must stay below its 99.99 % point: with the fixed seeds of these tests a
 * right program fails once in 10^4 choices of the seed. */
void claim_distribution(const char *what, const double *cdf, int n);

#endif
