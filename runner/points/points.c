/* points.c - runs measured, and their table. */
#include "runner/points/points.h"

#include <math.h>
#include <string.h>

#include "runner/analysis/analysis.h"
#include "runner/csv/csv.h"

/* Why there is no D: the first of the mobile species that has none. */
static void say_unresolved(const vt_analysis *a, const vt_trajectory *t, vt_buf *why)
{
  const vt_composition *c = &t->plan.comp;
  if (t->unknown.effect > VT_UNKNOWN_EFFECT) {
    vt_buf_printf(why, "no D: %lld moves between two frames are so long that nobody can say where the atoms went",
                  (long long)t->unknown.n);
    return;
  }
  for (int s = 0; s < c->n_species; s++) {
    const vt_tracer *d = &a->transport.tracer[s];
    if (vt_comp_role(c, s) != VT_ROLE_MOBILE || isfinite(d->d_cm2_s)) continue;
    vt_buf_printf(why, "D of %s is not resolved: %s", vt_element_symbol(c->z[s]),
                  vt_tr_reason_text((vt_tr_reason)d->reason));
    return;
  }
  vt_buf_printf(why, "no ion is mobile (--roles)");
}

static vt_status take_numbers(const vt_trajectory *t, int frame, vt_run_point *p, vt_err *err)
{
  vt_analysis a = {0};
  vt_measured m;
  vt_status rc = vt_analysis_of_trajectory(&a, &m, t, frame, err);
  if (rc == VT_OK) {
    vt_tr_alkali(&t->plan.comp, &a.transport, &p->d_cm2_s, &p->se);
    if (!isfinite(p->d_cm2_s) || !(p->d_cm2_s > 0)) {
      p->d_cm2_s = p->se = (double)NAN;
      say_unresolved(&a, t, &p->why);
    }
    p->measured = 1;
    p->n_frames = t->n_frames;
    p->dt_ps = t->plan.protocol.produce_dt_fs / 1000;
    p->frame = a.transport.frame;
    p->format = t->format;
    if (a.warnings.s) vt_buf_add(&p->warnings, a.warnings.s, a.warnings.len);
  }
  vt_analysis_free(&a);
  return rc;
}

/* "Li16Al16Cl64" */
static void formula_of(const vt_composition *c, char text[200])
{
  size_t at = 0;
  text[0] = '\0';
  for (int s = 0; s < c->n_species && at < 180; s++) {
    const int l = snprintf(text + at, 200 - at, "%s%d", vt_element_symbol(c->z[s]), (int)c->count[s]);
    at += l > 0 ? (size_t)l : 0;
  }
}

static int count_of(const vt_composition *c, int z)
{
  int n = 0;
  for (int s = 0; s < c->n_species; s++)
    if (c->z[s] == z) n += c->count[s];
  return n;
}

/* The same elements in the same proportion. */
static int is_same_mixture(const vt_composition *a, const vt_composition *b)
{
  int64_t common = 0;
  for (int s = 0; s < a->n_species; s++) {
    const int64_t n = count_of(a, a->z[s]), m = count_of(b, a->z[s]);
    if (n * b->n_atoms != m * a->n_atoms) return 0;
    common += m;
  }
  return common == b->n_atoms;
}

/* What the run holds is what its composition's first run held. */
static void check_mixture(const vt_runs *runs, int k, vt_run_point *point)
{
  vt_run_point *p = &point[k];
  for (int j = 0; j < k && p->measured; j++) {
    if (!point[j].measured || strcmp(runs->run[j].composition, runs->run[k].composition) != 0) continue;
    if (!is_same_mixture(&p->comp, &point[j].comp)) {
      char here[200], there[200];
      formula_of(&p->comp, here);
      formula_of(&point[j].comp, there);
      p->measured = 0;
      vt_buf_free(&p->why);
      vt_buf_printf(&p->why, "holds %s, but '%s', of the same composition '%s', holds %s", here, runs->run[j].path[0],
                    runs->run[k].composition, there);
    }
    return;
  }
}

vt_status vt_run_measure(const vt_runs *runs, int k, const vt_trajectory_options *o, int frame, vt_run_point *point,
                         vt_err *err)
{
  const vt_run *r = &runs->run[k];
  vt_run_point *p = &point[k];
  vt_trajectory_options own = *o;
  vt_mistakes m = {0};
  vt_trajectory t;
  *p = (vt_run_point){.d_cm2_s = (double)NAN, .se = (double)NAN, .dt_ps = (double)NAN};
  if (isfinite(r->dt_ps)) own.dt_ps = r->dt_ps;
  own.t_k = r->t_k;
  own.frames.mistakes = &m;
  vt_status rc = vt_trajectory_measure((const char *const *)r->path, r->n_paths, &own, &t, err);
  if (rc == VT_OK) {
    p->comp = t.plan.comp;
    rc = take_numbers(&t, frame, p, err);
    vt_trajectory_free(&t);
  }
  if (rc == VT_OK) {
    check_mixture(runs, k, point);
  } else if (rc != VT_ENOMEM) {
    if (m.n > 0 && m.text.s)
      vt_buf_add(&p->why, m.text.s, m.text.len);
    else
      vt_err_for_people(err->text, &p->why);
    vt_err_clear(err);
    rc = VT_OK;
  }
  while (p->why.len > 0 && p->why.s[p->why.len - 1] == '\n') p->why.s[--p->why.len] = '\0';
  vt_mistakes_free(&m);
  return rc;
}

void vt_run_point_free(vt_run_point *p)
{
  vt_buf_free(&p->why);
  vt_buf_free(&p->warnings);
  *p = (vt_run_point){0};
}

static void put_number(vt_buf *b, double x)
{
  vt_buf_add(b, ",", 1);
  if (isfinite(x)) vt_buf_printf(b, "%.17g", x);
}

vt_status vt_runs_csv(const vt_runs *runs, const vt_run_point *point, vt_buf *out, vt_err *err)
{
  vt_buf_printf(out, "composition,glass,temperature_K,D_cm2_s,D_se");
  for (int q = 0; q < runs->n_factors; q++) {
    vt_buf_add(out, ",", 1);
    vt_csv_cell(out, runs->factor[q]);
  }
  vt_buf_add(out, "\n", 1);
  for (int k = 0; k < runs->n; k++) {
    const vt_run *r = &runs->run[k];
    if (!point[k].measured) continue;
    vt_csv_cell(out, r->composition);
    vt_buf_printf(out, ",%d,%.17g", (int)r->glass, r->t_k);
    put_number(out, point[k].d_cm2_s);
    put_number(out, point[k].se);
    for (int q = 0; q < runs->n_factors; q++) {
      vt_buf_add(out, ",", 1);
      vt_csv_cell(out, r->level[q]);
    }
    vt_buf_add(out, "\n", 1);
  }
  return vt_buf_check(out, err);
}
