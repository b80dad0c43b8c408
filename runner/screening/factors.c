/* factors.c - what is compared with what: factors of a campaign's compositions, comparison at equal T and T/Tg. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/screening/factors_impl.h"
#include "runner/screening/screening_impl.h"
#include "runner/telemetry/telemetry.h"

void vt__factors_free(vt__factors *f)
{
  for (int i = 0; i < VT_MAX_FACTORS; i++) vt_free(f->level[i]);
  *f = (vt__factors){0};
}

/* Ratios of a grid: equal up to rounding, infinite, or not given. */
static int is_equal(double a, double b)
{
  if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
  return a == b || fabs(a - b) <= 1e-9 * fabs(a);
}

int vt__label_of(const vt_campaign *c, const char *name)
{
  for (int k = 0; k < c->n_factors; k++)
    if (strcmp(c->factor[k], name) == 0) return k;
  return -1;
}

/* Which value of factor `name` two compositions have: the same? */
static int is_same_level(const vt_campaign *c, const vt_comp_asked *a, const vt_comp_asked *b, const char *name)
{
  const int own = vt__label_of(c, name);
  if (own >= 0) return strcmp(a->label[own], b->label[own]) == 0;
  if (strcmp(name, "alkali") == 0) return strcmp(a->alkali, b->alkali) == 0;
  if (strcmp(name, "metal") == 0) return strcmp(a->metal, b->metal) == 0;
  if (strcmp(name, "halogen") == 0) return strcmp(a->halogen, b->halogen) == 0;
  if (strcmp(name, "halogen_to_oxygen") == 0) return is_equal(a->halogen_to_oxygen, b->halogen_to_oxygen);
  return is_equal(a->alkali_per_metal, b->alkali_per_metal);
}

/* A level is the row of the first composition that has it. */
static vt_status add_factor(const vt_campaign *c, const char *name, vt__factors *f, vt_err *err)
{
  void *p;
  VT_TRY(vt_calloc64(&p, (size_t)c->n_comp, sizeof(int), err), err, "factor '%s'", name);
  int *level = p;
  f->level[f->n] = level;
  (void)snprintf(f->name[f->n++], VT_NAME, "%s", name);
  for (int i = 0; i < c->n_comp; i++)
    while (level[i] < i && !is_same_level(c, &c->asked[level[i]], &c->asked[i], name)) level[i]++;
  return VT_OK;
}

vt_status vt__factors_of(const vt_campaign *c, vt__factors *f, vt_err *err)
{
  const vt_compare_spec *s = &c->compare;
  const struct {
    const char *name;
    int asked;
  } all[] = {{"alkali", s->by_alkali},
             {"metal", s->by_metal},
             {"halogen", s->by_halogen},
             {"halogen_to_oxygen", s->by_ratio},
             {"alkali_per_metal", 1}}; /* no key of its own: given by what the grid is */
  *f = (vt__factors){0};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (all[i].asked) VT_PASS(add_factor(c, all[i].name, f, err));
  for (int k = 0; k < c->n_factors; k++)
    if (s->by_label[k]) VT_PASS(add_factor(c, c->factor[k], f, err));
  return VT_OK;
}

static vt_status factors_split(const vt_compare_input *in, const vt__factors *f, vt_comparison *out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL;
  const vt_compare *c = &out->at_t;
  size_t k = (size_t)c->k;
  vt_var_input v = {.k = c->k,
                    .n_factors = f->n,
                    .value = c->value,
                    .variance = c->variance,
                    .per_glass = c->glass_sd_decades * c->glass_sd_decades,
                    .sampling = vt_compare_sampling(in, c)};
  VT_TRY_OUT(vt_calloc64(&p, k * VT_MAX_FACTORS, sizeof(int), err), err, "variance by factor");
  int *level = p;
  for (int q = 0; q < f->n; q++) {
    v.level[q] = level + (size_t)q * k;
    for (size_t i = 0; i < k; i++) level[(size_t)q * k + i] = f->level[q][c->comp[i]];
  }
  VT_TRY_OUT(vt_variance_by_factor(&v, &out->variance, err), err, "variance by factor");
out:
  vt_free(p);
  return rc;
}

static void nothing_split(const vt__factors *f, vt_var_split *v)
{
  *v = (vt_var_split){
      .n_factors = f->n, .residual = NAN, .residual_reason = VT_VAR_NO_DOF, .glass = NAN, .sampling = NAN};
  for (int q = 0; q < f->n; q++) v->factor[q] = NAN, v->reason[q] = VT_VAR_NO_DOF;
}

vt_status vt__compare_by(const vt_compare_input *in, const vt__factors *f, vt_comparison *out, vt_err *err)
{
  VT_PASS(vt_compare_fits(in, &out->at_t, err));
  VT_PASS(vt_compare_at_tg(in, &out->at_tg, err));
  memcpy(out->factor, f->name, sizeof out->factor);
  nothing_split(f, &out->variance);
  return out->at_t.k >= 2 ? factors_split(in, f, out, err) : VT_OK;
}

/* ------------------------------------------------------------------ what is asked */

vt_compare_asked vt_compare_asked_nothing(void)
{
  const double no = (double)NAN;
  return (vt_compare_asked){no, no, no, no, no};
}

static void ask(double asked, double *out)
{
  if (!isnan(asked)) *out = asked;
}

void vt_compare_ask(const vt_compare_asked *asked, vt_compare_spec *spec)
{
  ask(asked->t_ref_k, &spec->t_ref_k);
  ask(asked->t_extra_k, &spec->t_extra_k);
  ask(asked->margin, &spec->margin);
  ask(asked->tau_margin, &spec->tau_margin);
  ask(asked->range_margin, &spec->range_margin);
}
