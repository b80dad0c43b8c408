/* Comparison at equal T/Tg (T 9.9). */
#include <math.h>
#include <stdio.h>

#include "engine/comparison/comparison_impl.h"
#include "engine/num/num.h"

/* The reciprocal temperature at which a composition is read off, from that of the reference, 1/eV. */
static double shift_of(double t_ref_k, double tg_k, double median_tg)
{
  return (median_tg / tg_k - 1) / (VT_KB_EV * t_ref_k);
}

static void shift_fit(vt_arrh *a, double u)
{
  double v = u / log(10); /* decades a eV */
  a->log10_ref_se =
      sqrt(fmax(0, a->log10_ref_se * a->log10_ref_se - 2 * v * a->cov_ref_ea + v * v * a->ea_se * a->ea_se));
  a->log10_ref -= v * a->ea_ev;
  a->cov_ref_ea -= v * a->ea_se * a->ea_se;
}

static void shift_line(vt_glass_line *l, double u)
{
  double v = u / log(10);
  l->log10_ref -= v * l->ea_ev;
  l->var_ref = fmax(0, l->var_ref - 2 * v * l->cov + v * v * l->var_ea);
  l->cov -= v * l->var_ea;
}

/* Median over the resolved compositions; NaN with the reason in `why` when one has no Tg. */
static double median_tg(const vt_compare_input *in, double *scratch, char *why, size_t size)
{
  size_t n = 0;
  int unknown = 0, first = -1;
  for (int i = 0; i < in->n; i++) {
    if (!in->fits[i].resolved) continue;
    if (in->tg_k && in->tg_k[i] > 0 && isfinite(in->tg_k[i])) {
      scratch[n++] = in->tg_k[i];
      continue;
    }
    if (first < 0) first = i;
    unknown++;
  }
  if (unknown == 0 && n > 0) return vt_quantile_inplace(scratch, n, 0.5);
  if (first >= 0 && in->names)
    (void)snprintf(why, size, "Tg of %d compositions is not known (%.60s ...)", unknown, in->names[first]);
  else
    (void)snprintf(why, size, "Tg of %d compositions is not known", unknown);
  return (double)NAN;
}

vt_status vt_compare_at_tg(const vt_compare_input *in, vt_compare *out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *fits = NULL, *lines = NULL, *scratch = NULL;
  vt_compare_input moved = *in;
  char why[sizeof out->why] = "";
  if (in->n < 0 || in->n_glass < 0) VT_FAIL(err, VT_EINVAL, "comparison of %d compositions", in->n);
  size_t n = (size_t)in->n, m = in->glass ? (size_t)in->n_glass : 0;
  VT_TRY_OUT(vt_calloc64(&fits, n + 1, sizeof(vt_arrh), err), err, "comparison at equal T/Tg");
  VT_TRY_OUT(vt_calloc64(&lines, m + 1, sizeof(vt_glass_line), err), err, "comparison at equal T/Tg");
  VT_TRY_OUT(vt_calloc64(&scratch, n + 1, sizeof(double), err), err, "comparison at equal T/Tg");
  vt_arrh *f = fits;
  vt_glass_line *l = lines;
  double middle = median_tg(in, scratch, why, sizeof why);
  if (isnan(middle)) {
    moved.n = 0;
    moved.n_glass = 0;
  }
  for (int i = 0; i < moved.n; i++) {
    f[i] = in->fits[i];
    if (f[i].resolved) shift_fit(&f[i], shift_of(f[i].t_ref_k, in->tg_k[i], middle));
  }
  for (int j = 0; in->glass && j < moved.n_glass; j++) {
    l[j] = in->glass[j];
    if (l[j].comp < 0 || l[j].comp >= in->n) continue; /* vt_compare_fits tells */
    const vt_arrh *a = &in->fits[l[j].comp];
    if (a->resolved) shift_line(&l[j], shift_of(a->t_ref_k, in->tg_k[l[j].comp], middle));
  }
  moved.fits = f;
  if (in->glass) moved.glass = l;
  VT_TRY_OUT(vt_compare_fits(&moved, out, err), err, "comparison at equal T/Tg");
  if (why[0]) (void)snprintf(out->why, sizeof out->why, "%s", why);
out:
  vt_free(fits);
  vt_free(lines);
  vt_free(scratch);
  return rc;
}
