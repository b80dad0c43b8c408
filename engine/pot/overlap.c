/* overlap.c - the mistake that every back end can meet. */
#include <math.h>

#include "engine/pot/pot_impl.h"

vt_status vt__pot_overlap(const vt_nlist *nl, int i, int j, vt_err *err)
{
  double d[3] = {nl->x[j] - nl->x[i], nl->y[j] - nl->y[i], nl->z[j] - nl->z[i]};
  VT_FAIL(err, VT_EDIVERGE, "atoms %d and %d sit on each other (distance %.3g A)", i, nl->owner[j],
          sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]));
}
