/* means.c - structure averaged over the glasses of a group. */
#include <string.h>

#include "runner/screening/screening_impl.h"

/* A mean without allocation: most campaigns have 3 to 10 glasses; what is beyond is not averaged in. */
vt_over_glasses vt_structure_mean(const vt_fits *f, int comp, int temp, const vt_field *field, int k)
{
  enum { MOST = 1024 };
  double x[MOST];
  const int *row = f->md + (ptrdiff_t)(comp * f->n_temp + temp) * f->n_glasses;
  int n = 0;
  for (int g = 0; g < f->n_glasses && n < MOST; g++) x[n++] = vt_field_at(field, &f->structure[row[g]], k);
  return vt_glasses_mean(x, n, strcmp(field->unit, "ps") == 0); /* all that is in ps is a time that a decay takes */
}
