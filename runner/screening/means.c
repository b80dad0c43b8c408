/* means.c - structure and residence averaged over the glasses of a group, compositions together (T 13.5). */
#include <math.h>
#include <string.h>

#include "runner/screening/screening_impl.h"
#include "runner/telemetry/telemetry.h"

static int means_values(const vt_field *f) { return !f->json ? 0 : f->n > 1 ? f->n : 1; }

/* Of all fields before `field`. */
static int means_before(const vt_field *field)
{
  int n = 0;
  for (int i = 0; i < vt_structure_fields.n; i++) {
    if (field && vt_structure_fields.f[i].offset == field->offset) return n;
    n += means_values(&vt_structure_fields.f[i]);
  }
  return field ? -1 : n;
}

/* All that is in ps are times that a decay takes. */
static vt_mean_kind means_kind(const vt_field *f) { return strcmp(f->unit, "ps") == 0 ? VT_MEAN_TIME : f->mean; }

static vt_over_glasses *means_at(const vt_fits *f, int value, int temp)
{
  return f->mean + ((ptrdiff_t)value * f->n_temp + temp) * f->n_comp;
}

/* Value k of a field in every composition at one temperature; x and variance have room for the glasses. */
static vt_status means_of(vt_fits *f, const vt_field *field, int value, int k, int temp, double *x, vt_err *err)
{
  const vt_mean_kind kind = means_kind(field);
  vt_over_glasses *m = means_at(f, value, temp);
  double *variance = x + f->n_glasses;
  for (int comp = 0; comp < f->n_comp; comp++) {
    for (int g = 0; g < f->n_glasses; g++) {
      const vt_structure_summary *s = vt_fits_whole(f, comp, temp, g);
      x[g] = s ? vt_field_at(field, s, k) : (double)NAN;
      const double relative = s && field->error ? vt_field_at(field->error, s, k) / x[g] : 0;
      variance[g] = relative * relative;
    }
    VT_PASS(vt_glasses_mean(x, variance, f->n_glasses, kind, &m[comp], err));
  }
  return vt_over_compositions(m, f->n_comp, kind, err);
}

/* The same of a member of the trends, which are there already; `of` has room for the compositions. */
static vt_status means_trend(vt_fits *f, int temp, size_t offset, vt_mean_kind kind, vt_over_glasses *of, vt_err *err)
{
  for (int comp = 0; comp < f->n_comp; comp++)
    of[comp] = *(vt_over_glasses *)((char *)&f->group[comp * f->n_temp + temp].residence + offset);
  VT_PASS(vt_over_compositions(of, f->n_comp, kind, err));
  for (int comp = 0; comp < f->n_comp; comp++) {
    if (kind == VT_MEAN_TIME) of[comp].se /= of[comp].value; /* of a ratio: of its logarithm */
    *(vt_over_glasses *)((char *)&f->group[comp * f->n_temp + temp].residence + offset) = of[comp];
  }
  return VT_OK;
}

static vt_status means_trends(vt_fits *f, vt_over_glasses *of, vt_err *err)
{
  for (int t = 0; t < f->n_temp; t++) {
    VT_PASS(means_trend(f, t, offsetof(vt_res_trend, slope), VT_MEAN_POOLED, of, err));
    for (size_t k = 0; k < VT_RES_CLASSES; k++)
      VT_PASS(means_trend(f, t, offsetof(vt_res_trend, ratio) + k * sizeof *of, VT_MEAN_TIME, of, err));
  }
  return VT_OK;
}

vt_status vt_fits_means(vt_fits *f, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL, *q = NULL;
  const size_t values = (size_t)means_before(NULL), comps = (size_t)f->n_comp;
  VT_TRY(vt_calloc64(&p, values * comps * (size_t)f->n_temp, sizeof *f->mean, err), err, "means over glasses");
  f->mean = p;
  VT_TRY_OUT(vt_calloc64(&p, 2 * (size_t)f->n_glasses, sizeof(double), err), err, "means over glasses");
  VT_TRY_OUT(vt_calloc64(&q, comps, sizeof(vt_over_glasses), err), err, "means over glasses");
  for (int i = 0, value = 0; i < vt_structure_fields.n; i++) {
    const vt_field *field = &vt_structure_fields.f[i];
    vt_alive();
    for (int k = 0; k < means_values(field); k++, value++)
      for (int t = 0; t < f->n_temp; t++)
        VT_TRY_OUT(means_of(f, field, value, k, t, p, err), err, "mean of %s", field->name);
  }
  if (f->group) VT_TRY_OUT(means_trends(f, q, err), err, "residence times");
out:
  if (p != (void *)f->mean) vt_free(p);
  vt_free(q);
  return rc;
}

vt_over_glasses vt_structure_mean(const vt_fits *f, int comp, int temp, const vt_field *field, int k)
{
  const int first = means_before(field);
  return first < 0 ? vt_no_mean() : means_at(f, first + k, temp)[comp];
}
