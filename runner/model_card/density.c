/* density.c - parity points in bins, so that millions of them are a small figure. */
#include <math.h>

#include "runner/model_card/model_card_impl.h"

void vt__density_widen(vt__density *d, double label)
{
  if (d->n++ == 0) d->lo = d->hi = label;
  d->lo = fmin(d->lo, label);
  d->hi = fmax(d->hi, label);
}

void vt__density_look(vt__density *d, double label)
{
  const double at = d->hi > d->lo ? (label - d->lo) / (d->hi - d->lo) * VT__FINE_BINS : 0;
  d->fine[(int)fmin(VT__FINE_BINS - 1, fmax(0, floor(at)))]++;
}

/* One outlier must not make a line of all other points. */
static void leave_outliers(vt__density *d)
{
  const int64_t fewest = 20, share = 1000, drop = d->n < fewest ? 0 : d->n < share ? 1 : d->n / share;
  const double width = d->hi - d->lo, empty = 0.75;
  int a = 0, b = VT__FINE_BINS - 1;
  for (int64_t left = drop; a < b && d->fine[a] <= left; a++) left -= d->fine[a];
  for (int64_t left = drop; b > a && d->fine[b] <= left; b--) left -= d->fine[b];
  if (b + 1 - a > (1 - empty) * VT__FINE_BINS) return;
  d->hi = d->lo + width * (b + 1) / VT__FINE_BINS;
  d->lo += width * a / VT__FINE_BINS;
}

void vt__density_close(vt__density *d)
{
  leave_outliers(d);
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
