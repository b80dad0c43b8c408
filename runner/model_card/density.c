/* density.c - parity points in bins, so that millions of them are a small figure. */
#include <math.h>

#include "runner/model_card/model_card_impl.h"

void vt__density_widen(vt__density *d, double label)
{
  if (d->n++ == 0) d->lo = d->hi = label;
  d->lo = fmin(d->lo, label);
  d->hi = fmax(d->hi, label);
}

void vt__density_close(vt__density *d)
{
  const double margin = 0.04, width = d->hi - d->lo, add = width > 0 ? margin * width : 1e-3;
  d->lo -= add;
  d->hi += add;
  d->n = 0;
}

static int bin_of(const vt__density *d, double x)
{
  const double at = floor((x - d->lo) / (d->hi - d->lo) * VT__BINS);
  return at >= 0 && at < VT__BINS ? (int)at : -1;
}

void vt__density_add(vt__density *d, double label, double value)
{
  const int i = bin_of(d, label), j = bin_of(d, value);
  d->n++;
  if (i < 0 || j < 0)
    d->outside++;
  else
    d->count[i][j]++;
}
