#include <string.h>

#include "engine/spec/spec.h"

size_t vt_array_count(const vt_array_def *d)
{
  size_t n = 1;
  VT_ASSERT(d->n_dim >= 0 && d->n_dim <= VT_MAX_DIM);
  for (int i = 0; i < d->n_dim; i++) n *= (size_t)d->dim[i];
  return n;
}

int vt_pair_index(int i, int j, int n)
{
  int lo = i < j ? i : j, hi = i < j ? j : i;
  VT_ASSERT(lo >= 0 && hi < n);
  return lo * n - lo * (lo - 1) / 2 + (hi - lo);
}

int vt_array_is(const vt_array_def *d, const vt_array_name *name)
{
  return strncmp(d->name, name->path, sizeof d->name) == 0;
}

const double *vt_array_find(const vt_array_def *defs, int n_defs, const double *values, const vt_array_name *name,
                            const vt_array_def **def)
{
  for (int k = 0; k < n_defs; k++) {
    if (vt_array_is(&defs[k], name)) {
      if (def) *def = &defs[k];
      return values;
    }
    values += vt_array_count(&defs[k]);
  }
  if (def) *def = NULL;
  return NULL;
}
