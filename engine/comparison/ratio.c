/* ratio.c - how many times as large in one composition as in another (T 9.13). */
#include <math.h>

#include "engine/comparison/comparison_impl.h"

static vt_ratio ratio_of(const vt_compare *c, int i, int j)
{
  const double widest = 3, no = (double)NAN; /* decades */
  const double d = c->value[i] - c->value[j], s = sqrt(c->variance[i] + c->variance[j]);
  const double half = c->dof > 0 ? vt_t_quantile(0.975, c->dof) * s : no;
  vt_ratio r = {.of = c->comp[i], .to = c->comp[j], .ratio = no, .lo95 = no, .hi95 = no};
  if (2 * half > widest) return r;
  r.ratio = pow(10, d), r.lo95 = pow(10, d - half), r.hi95 = pow(10, d + half);
  return r;
}

int vt_compare_ratios(const vt_compare *c, vt_ratio out[VT_MAX_COMPARE])
{
  int order[VT_MAX_COMPARE], n = 0;
  if (c->k < 2) return 0;
  for (int i = 0; i < c->k; i++) { /* insertion: the largest first */
    int at = i;
    for (; at > 0 && c->value[order[at - 1]] < c->value[i]; at--) order[at] = order[at - 1];
    order[at] = i;
  }
  const int firsts = c->k <= VT_RATIO_PAIRS ? c->k - 1 : 1;
  for (int i = 0; i < firsts; i++)
    for (int j = i + 1; j < c->k; j++) out[n++] = ratio_of(c, order[i], order[j]);
  return n;
}
