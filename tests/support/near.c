/* near.c - comparisons that fail in the caller's line. */
#include <math.h>
#include <string.h>

#include "tests/vt_test.h"

void vt_test_near_at(const char *what, double got, double want, double tolerance, const char *file, int line)
{
  if (fabs(got - want) <= tolerance) return; /* not for NaN */
  print_error("%s: got %.17g, expected %.17g within %g\n", what, got, want, tolerance);
  _fail(file, line);
}

void vt_test_refused_at(const char *call, vt_status got, vt_status want, const vt_err *err, const char *phrase,
                        const char *file, int line)
{
  if (got == want && strstr(err->text, phrase)) return;
  print_error("%s: expected status %d with '%s', got status %d: %s\n", call, (int)want, phrase, (int)got,
              got == VT_OK ? "" : err->text);
  _fail(file, line);
}

double vt_test_difference(const double *a, const double *b, size_t n)
{
  double worst = 0, scale = 1;
  for (size_t i = 0; i < n; i++) {
    const double d = fabs(a[i] - b[i]);
    if (!(d <= worst)) worst = d; /* also NaN */
    scale = fmax(scale, fabs(b[i]));
  }
  return worst / scale;
}
