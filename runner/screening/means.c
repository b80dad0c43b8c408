/* means.c - structure averaged over the glasses of a group. */
#include "runner/screening/screening_impl.h"

vt_over_glasses vt_structure_mean(const vt_fits *f, int comp, int temp, const vt_field *field, int k)
{
  const int *row = f->md + (ptrdiff_t)(comp * f->n_temp + temp) * f->n_glasses;
  for (int g = 0; g < f->n_glasses; g++) f->of_glasses[g] = vt_field_at(field, &f->structure[row[g]], k);
  return vt_structure_over_glasses(f->of_glasses, f->n_glasses, field->unit);
}
