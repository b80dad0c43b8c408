#include "engine/spec/spec.h"

size_t vt_array_count(const vt_array_def *d)
{
  size_t n = 1;
  for (int i = 0; i < d->n_dim; i++) n *= (size_t)d->dim[i];
  return n;
}

int vt_pair_index(int i, int j, int n)
{
  int lo = i < j ? i : j, hi = i < j ? j : i;
  return lo * n - lo * (lo - 1) / 2 + (hi - lo);
}
