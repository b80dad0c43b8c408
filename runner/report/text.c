/* text.c - what a person reads: text tables, and the summary files of a folder. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/report/report_impl.h"

/* ------------------------------------------------------------------ text */

/* " 3 points: the value is not resolved; 1 point: ..."; without a rejected point, how few there were. */
static void text_rejected(vt_buf *out, const vt_arrh *a)
{
  const char *semicolon = "";
  if (a->n_rejected == 0) vt_buf_printf(out, " %d points from %d glasses are too few", a->n_points, a->n_glasses);
  for (int k = VT_POINT_NO_VALUE; k < VT_N_POINT_STATUS; k++) {
    if (!a->n_status[k]) continue;
    vt_buf_printf(out, "%s %d point%s: %s", semicolon, a->n_status[k], a->n_status[k] == 1 ? "" : "s",
                  vt_point_status_text((vt_point_status)k));
    semicolon = ";";
  }
}

/* "7.12e-08 [6.0e-08, 8.4e-08]", "not resolved, below 3.1e-09"; of one glass without interval the value alone. */
static void text_band(vt_buf *out, const vt_band *b)
{
  char text[64] = "not resolved";
  if (isfinite(b->median) && isfinite(b->lo95))
    (void)snprintf(text, sizeof text, "%.2e [%.1e, %.1e]", b->median, b->lo95, b->hi95);
  else if (isfinite(b->median))
    (void)snprintf(text, sizeof text, "%.2e", b->median);
  else if (isfinite(b->hi95))
    (void)snprintf(text, sizeof text, "not resolved, below %.1e", b->hi95);
  vt_buf_printf(out, "  %-28s", text);
}

/* A line ends without the blanks that its last column is padded with. */
static void text_line_end(vt_buf *out)
{
  while (out->len > 0 && out->s[out->len - 1] == ' ') out->len--;
  vt_buf_printf(out, "\n");
}

/* "0.312 [0.290, 0.334]"; of a curve "0.35 [...] local"; of one glass "0.312 +- 0.010". */
void vt__energy_text(const vt_arrh *a, char text[VT__ENERGY_TEXT])
{
  const int curve = a->model == VT_MODEL_VTF && isfinite(a->vtf.ea_local_ev);
  const vt_band line = vt_arrh_energy(a);
  const double x = curve ? a->vtf.ea_local_ev : line.median, lo = curve ? a->vtf.ea_local_lo95 : line.lo95,
               hi = curve ? a->vtf.ea_local_hi95 : line.hi95;
  const char *kind = curve ? " local" : "";
  if (isfinite(lo))
    (void)snprintf(text, VT__ENERGY_TEXT, "%.3f [%.3f, %.3f]%s", x, lo, hi, kind);
  else
    (void)snprintf(text, VT__ENERGY_TEXT, "%.3f +- %.3f%s", x, curve ? a->vtf.ea_local_se : a->ea_se, kind);
}

static void text_row(vt_buf *out, const char *name, const vt_arrh *a, int width)
{
  char misfit[VT_MISFIT_TEXT], energy[VT__ENERGY_TEXT];
  vt_misfit_text(&a->misfit, misfit);
  vt_buf_printf(out, "  %-*s  %4d/%-4d  %7d", width, name, a->n_points, a->n_points + a->n_rejected, a->n_glasses);
  if (!a->resolved) {
    vt_buf_printf(out, "  not resolved:");
    if (a->misfit.refused)
      vt_buf_printf(out, " %s", misfit);
    else
      text_rejected(out, a);
    vt_buf_printf(out, "\n");
    return;
  }
  const vt_band here = vt_arrh_at_ref(a);
  vt__energy_text(a, energy);
  vt_buf_printf(out, "  %-27s", energy);
  text_band(out, &here);
  vt_buf_printf(out, "%s", a->extrapolates ? "*" : "");
  text_line_end(out);
}

/* What the fit says beyond the temperatures that were measured, and what it is. */
static void text_far_row(vt_buf *out, const char *name, const vt_arrh *a, int width)
{
  char misfit[VT_MISFIT_TEXT];
  const vt_band far = vt_arrh_extrapolated(a);
  if (!a->resolved) return;
  vt_misfit_text(&a->misfit, misfit);
  vt_buf_printf(out, "  %-*s", width, name);
  text_band(out, &far);
  vt_buf_printf(out, "  %s", vt_model_text((vt_model)a->model));
  if (a->vtf.reason == VT_VTF_OK && a->model == VT_MODEL_VTF)
    vt_buf_printf(out, ", T0 %.0f +- %.0f K", a->vtf.t0_k, a->vtf.t0_se);
  if (!vt_arrh_is_tested(a)) vt_buf_printf(out, "; %s", vt_arrh_untested_text(a));
  if (a->n_below_tg) vt_buf_printf(out, "; %d points below Tg = %.0f K", a->n_below_tg, a->tg_k);
  if (misfit[0]) vt_buf_printf(out, "; wider because %s", misfit);
  vt_buf_printf(out, "\n");
}

/* Is there a row with numbers? */
static int has_numbers(const vt_fitted *q, int n)
{
  for (int i = 0; i < n; i++)
    if (q->arrh[i].resolved) return 1;
  return 0;
}

/* What the columns say, of what occurs in this table. */
static void fit_legend(vt_buf *out, const vt_fitted *q, int n, const vt_compare_spec *spec)
{
  int star = 0, alone = 0, curve = 0, line = 0, averaged = 0, intervals = 0, untested = 0;
  for (int i = 0; i < n; i++) {
    const vt_arrh *a = &q->arrh[i];
    if (!a->resolved) continue;
    star |= a->extrapolates;
    alone |= a->one_glass;
    intervals |= !a->one_glass;
    curve |= a->model == VT_MODEL_VTF;
    line |= a->model == VT_MODEL_ARRHENIUS;
    averaged |= a->model == VT_MODEL_AVERAGED;
    untested |= !vt_arrh_is_tested(a);
  }
  vt_buf_printf(out,
                "  resolved: points (a glass at a temperature) in the fit, of all; Ea: activation energy; values are "
                "means over the glasses\n");
  if (has_numbers(q, n))
    vt_buf_printf(out, "  at %g K: extrapolated; at %g K: of the line through the points, the reference temperature\n",
                  spec->t_extra_k, spec->t_ref_k);
  if (intervals)
    vt_buf_printf(out,
                  "  [a, b]: 95 %% t interval of the composition's mean; not resolved, below x: an interval wider than "
                  "three decades; less than x with 97.5 %%\n");
  if (alone)
    vt_buf_printf(out, "  +-: standard error of one trajectory; one glass has no interval for its composition\n");
  if (line)
    vt_buf_printf(out,
                  "  arrhenius: a straight line; a curve does not describe values that do not rise with temperature\n");
  if (averaged) vt_buf_printf(out, "  averaged: line and curve ln x = a - B/(T - T0), by their probability\n");
  if (untested)
    vt_buf_printf(
        out, "  cannot test a curve: line and curves count alike, as before the points; a line alone would promise "
             "what was not measured\n");
  if (curve)
    vt_buf_printf(out, "  vtf: a curve, probability above 95 %%; its Ea is local, kB B (T/(T - T0))^2 at %g K\n",
                  spec->t_ref_k);
  if (star) vt_buf_printf(out, "  * %g K lies outside the temperatures that are resolved\n", spec->t_ref_k);
  if (star && untested)
    vt_buf_printf(out, "  not resolved *: the line alone says nothing there; --extrapolate %g allows for a curve\n",
                  spec->t_ref_k);
}

/* A table of one quantity, and the campaign that it is of: c and f NULL: of a table of points. */
typedef struct asked {
  const char *const *names;
  int n, width, quantity;
  const vt_fitted *q;
  const vt_compare_spec *spec;
  const vt_campaign *c;
  const vt_fits *f;
} asked;

/* Has a run of the composition a result? */
static int has_points(const asked *a, int comp) { return a->q->arrh[comp].n_points + a->q->arrh[comp].n_rejected > 0; }

/* Why composition comp has no value at t_k: NULL: no run there. */
static const char *why_none(const asked *a, int comp, double t_k)
{
  if (!a->c) return "no point with a value above zero and an error";
  for (int t = 0; t < a->c->n_temp; t++)
    if (a->c->t_k[t] == t_k) return vt__why_no_value(a->c, a->f, comp, t, a->quantity);
  return NULL;
}

/* As many columns as there is room for. */
static void text_some_temperatures(vt_buf *out, const asked *a, const double *t_k, int n_t, vt__notes *notes)
{
  const vt_fitted *q = a->q;
  vt_buf_printf(out, "  %-*s", a->width, "composition");
  for (int i = 0; i < n_t; i++) {
    char head[32];
    (void)snprintf(head, sizeof head, "%g K", t_k[i]);
    vt_buf_printf(out, "  %-28s", head);
  }
  text_line_end(out);
  for (int c = 0; c < a->n; c++) {
    if (!has_points(a, c)) continue;
    vt_buf_printf(out, "  %-*s", a->width, a->names[c]);
    for (int i = 0; i < n_t; i++) {
      vt_band b = {NAN, NAN, NAN};
      char cell[VT__NOTE_CELL];
      for (int k = 0; k < q->n_at; k++)
        if (q->at[k].comp == c && q->at[k].t_k == t_k[i]) b = (vt_band){q->at[k].value, q->at[k].lo95, q->at[k].hi95};
      if (isnan(b.median) && isnan(b.hi95)) {
        vt__note_cell(notes, why_none(a, c, t_k[i]), cell);
        vt_buf_printf(out, "  %-28s", cell);
      } else {
        text_band(out, &b);
      }
    }
    text_line_end(out);
  }
}

/* t_k[n_t], in order, with one more; returns their number. */
static int add_temperature(double *t_k, int n_t, int most, double t)
{
  int at = 0;
  while (at < n_t && t_k[at] < t) at++;
  if ((at < n_t && t_k[at] == t) || n_t == most) return n_t;
  for (int i = n_t; i > at; i--) t_k[i] = t_k[i - 1];
  t_k[at] = t;
  return n_t + 1;
}

/* One row a composition, one column a temperature. */
static void text_by_temperature(vt_buf *out, const asked *a)
{
  enum { MOST = 16 };
  double t_k[MOST];
  int n_t = 0;
  vt__notes notes = {.n = 0};
  for (int k = 0; k < a->q->n_at; k++) n_t = add_temperature(t_k, n_t, MOST, a->q->at[k].t_k);
  for (int t = 0; a->c && t < a->c->n_temp; t++) /* what was measured and refused has its reason */
    if (vt_count_runs(a->c, a->f, -1, t).done > 0) n_t = add_temperature(t_k, n_t, MOST, a->c->t_k[t]);
  if (n_t == 0) return;
  vt_buf_printf(out, "By temperature, %s [95 %%]: means over the glasses, no line in between\n", a->q->what.unit);
  const int room = (VT__COLUMNS - 2 - a->width) / 30, most = room > 0 ? room : 1;
  for (int first = 0; first < n_t; first += most)
    text_some_temperatures(out, a, t_k + first, n_t - first < most ? n_t - first : most, &notes);
  vt__notes_end(out, &notes);
  if (a->c && a->quantity == VT_Q_D_ALKALI)
    vt_buf_printf(
        out, "  these intervals take the scatter of glasses from all compositions; those of the same means in "
             "\"transport\" (--json) and /pool (store) take the composition's own glasses and theory alone and are "
             "mostly wider; the line above rests on all temperatures (`rank` goes by line and curve together)\n");
}

static int width_of(const char *const *names, int n)
{
  int width = 11;
  for (int i = 0; i < n; i++) {
    int w = (int)strlen(names[i]);
    if (w > width) width = w;
  }
  return width;
}

static void text_fit(vt_buf *out, const asked *a)
{
  const char *const *names = a->names;
  const vt_fitted *q = a->q;
  const vt_compare_spec *spec = a->spec;
  const int n = a->n, width = a->width;
  char here[32], far[32];
  (void)snprintf(here, sizeof here, "at %g K", spec->t_ref_k);
  (void)snprintf(far, sizeof far, "at %g K", spec->t_extra_k);
  vt_buf_printf(out, "Arrhenius fit of %s, %s\n", q->what.doc, q->what.unit);
  vt_buf_printf(out, "  %-*s  resolved   glasses  %-27s  %s\n", width, "composition", "Ea (eV)", here);
  for (int i = 0; i < n; i++)
    if (has_points(a, i)) text_row(out, names[i], &q->arrh[i], width);
  if (has_numbers(q, n)) vt_buf_printf(out, "  %-*s  %-28s  model\n", width, "composition", far);
  for (int i = 0; i < n; i++) text_far_row(out, names[i], &q->arrh[i], width);
  fit_legend(out, q, n, spec);
  text_by_temperature(out, a);
  vt__text_compare(out, names, a->quantity == VT_Q_SIGMA_T ? "sigma" : "D", &q->compare, spec);
}

/* Folded into out; a failed buffer stays one. */
static void put_folded(vt_buf *out, vt_buf *wide)
{
  if (wide->failed) out->failed = 1;
  if (wide->s && !wide->failed) vt_report_fold(out, wide->s);
  vt_buf_free(wide);
}

void vt_report_text(vt_buf *out, const char *const *names, int n, const vt_fitted *q, const vt_compare_spec *spec)
{
  vt_buf wide = {0};
  text_fit(&wide, &(asked){.names = names, .n = n, .width = width_of(names, n), .q = q, .spec = spec});
  put_folded(out, &wide);
}

/* ------------------------------------------------------------------ text of a campaign */

/* "-" where it is not known. */
static void text_plain(vt_buf *out, int width, double x, int decimals)
{
  if (isfinite(x))
    vt_buf_printf(out, "  %*.*f", width, decimals, x);
  else
    vt_buf_printf(out, "  %*s", width, "-");
}

/* "0.852 [0.788, 0.922]"; why: the reason of an empty cell. */
static void text_interval(vt_buf *out, const vt_pooled *p, const char *why, vt__notes *notes)
{
  char text[40];
  vt__note_cell(notes, isfinite(p->value) ? NULL : why, text);
  if (isfinite(p->value)) (void)snprintf(text, sizeof text, "%.3f [%.3f, %.3f]", p->value, p->lo95, p->hi95);
  vt_buf_printf(out, "  %-20s", text);
}

static int name_width(const vt_campaign *c)
{
  int width = 11;
  for (int i = 0; i < c->n_comp; i++)
    if ((int)strlen(c->comp[i].name) > width) width = (int)strlen(c->comp[i].name);
  return width;
}

/* At the temperature nearest the reference. */
static void text_headlines(vt_buf *out, const vt_campaign *c, const vt_fits *f)
{
  const int t = vt__nearest_temperature(c), width = name_width(c);
  vt__notes notes = {.n = 0};
  if (vt_count_runs(c, f, -1, t).done == 0) {
    vt_buf_printf(
        out, "At %g K, the temperature nearest the reference, no run has a result yet: no Haven ratios, no structure\n",
        c->t_k[t]);
    return;
  }
  vt_buf_printf(out, "At %g K, the measured temperature nearest the reference [95 %%]\n", c->t_k[t]);
  vt_buf_printf(out, "  %-*s  %-20s  %-20s  Haven(frame-free)\n", width, "composition", "Haven(metal)",
                "Haven(barycentric)");
  for (int i = 0; i < c->n_comp; i++) {
    const vt_pool *p = &f->group[i * c->n_temp + t].pool;
    const char *why = vt__why_no_haven(c, f, i, t);
    if (f->group[i * c->n_temp + t].n_results == 0) continue;
    vt_buf_printf(out, "  %-*s", width, c->comp[i].name);
    text_interval(out, &p->haven_fw, why, &notes);
    text_interval(out, &p->haven_bary, why, &notes);
    text_interval(out, &p->haven_total, why, &notes);
    text_line_end(out);
  }
  vt_buf_printf(out, "  %-*s  %-20s  CN(M)  g/cm3\n", width, "composition", "t(alkali)");
  for (int i = 0; i < c->n_comp; i++) {
    if (f->group[i * c->n_temp + t].n_results == 0) continue;
    vt_buf_printf(out, "  %-*s", width, c->comp[i].name);
    text_interval(out, &f->group[i * c->n_temp + t].pool.t_bary, vt__why_no_haven(c, f, i, t), &notes);
    text_plain(out, 5, vt__structure_value(f, i, t, "cn_metal"), 2);
    text_plain(out, 5, vt__structure_value(f, i, t, "density_g_cm3"), 3);
    vt_buf_printf(out, "\n");
  }
  vt__notes_end(out, &notes);
  vt_buf_printf(out,
                "  Haven: Haven ratio of the alkali, tracer over collective motion; 1: its ions move independently, "
                "below 1: together.\n"
                "  metal, barycentric: seen from the metals, from the centre of mass (where 1 becomes 1/t^2); "
                "frame-free: sigma_NE/sigma, sigma_NE = what independent ions would conduct.\n"
                "  t(alkali): share of the alkali in the current, barycentric. CN(M): anions around a metal. "
                "g/cm3: density. -: not known\n");
}

/* "5.08 [4.5, 5.7]", "not resolved, below 12"; "5.08" of one glass without others; " 3/5": so many glasses have it. */
static int text_mean(vt_buf *out, const vt_over_glasses *m, int n_results, int width)
{
  char text[48] = "-", some[24] = "";
  const int fewer = m->n_glasses > 0 && m->n_glasses < n_results;
  if (fewer) (void)snprintf(some, sizeof some, " %d/%d", (int)m->n_glasses, n_results);
  if (isfinite(m->value) && isfinite(m->lo95))
    (void)snprintf(text, sizeof text, "%.3g [%.3g, %.3g]%s", m->value, m->lo95, m->hi95, some);
  else if (isfinite(m->value))
    (void)snprintf(text, sizeof text, "%.3g%s", m->value, some);
  else if (isfinite(m->hi95))
    (void)snprintf(text, sizeof text, "below %.2g%s", m->hi95, some);
  else if (m->n_glasses > 0)
    (void)snprintf(text, sizeof text, "not resolved%s", some);
  vt_buf_printf(out, "  %-*s", width, text);
  return fewer;
}

/* Residence by the metal's oxygens, and the sizes of chains: where at least one glass has them. */
static void text_residence(vt_buf *out, const vt_campaign *c, const vt_fits *f)
{
  enum { MEAN = 18 };
  const int t = vt__nearest_temperature(c), width = name_width(c);
  vt_field tau, chain;
  int fewer = 0;
  if (!vt_field_find(&vt_structure_fields, "tau_continuous_ps", &tau)) return;
  if (!vt_field_find(&vt_structure_fields, "chain_mean", &chain)) return;
  if (vt_count_runs(c, f, -1, t).done == 0) return;
  vt_buf_printf(out, "Residence of the alkali at metals with 0 to 3 oxygens (ps), and chains, at %g K [95 %%]\n",
                c->t_k[t]);
  vt_buf_printf(out, "  %-*s  %-*s  %-*s  %-*s  3 O\n", width, "composition", MEAN, "0 O", MEAN, "1 O", MEAN, "2 O");
  if (c->comp[0].counted) vt_buf_printf(out, "  (here O stands for %s)\n", vt_comp_counted(&c->comp[0]));
  for (int i = 0; i < c->n_comp; i++) {
    const vt_group *g = &f->group[i * c->n_temp + t];
    if (g->n_results == 0) continue;
    vt_buf_printf(out, "  %-*s", width, c->comp[i].name);
    for (int k = 0; k < VT_RES_CLASSES; k++) {
      const vt_over_glasses m = vt_structure_mean(f, i, t, &tau, k);
      fewer |= text_mean(out, &m, g->n_results, MEAN);
    }
    text_line_end(out);
  }
  vt_buf_printf(out, "  %-*s  %-*s  mean chain\n", width, "composition", MEAN, "2 O / 0 O");
  for (int i = 0; i < c->n_comp; i++) {
    const vt_group *g = &f->group[i * c->n_temp + t];
    if (g->n_results == 0) continue;
    vt_buf_printf(out, "  %-*s", width, c->comp[i].name);
    fewer |= text_mean(out, &g->residence.ratio[2], g->n_results, MEAN);
    const vt_over_glasses m = vt_structure_mean(f, i, t, &chain, 0);
    fewer |= text_mean(out, &m, g->n_results, 0);
    vt_buf_printf(out, "\n");
  }
  vt_buf_printf(out, "  n O: how long an alkali ion stays unbroken beside a metal that has n oxygens (geometric mean "
                     "over glasses; the report shows stays with short breaks, which are longer); "
                     "2 O / 0 O: ratio of two of them (tau2/tau0).\n"
                     "  mean chain: metals joined by shared anions. Their scatter between glasses is pooled over the "
                     "compositions; below x: not resolved.\n");
  if (fewer)
    vt_buf_printf(out, "  m/n: m of n glasses have it; in the others it is longer than the run, or there is no such "
                       "metal: the mean may be too small\n");
}

vt_status vt__names_of(const vt_campaign *c, const char ***names, vt_err *err)
{
  void *p;
  VT_TRY(vt_calloc64(&p, (size_t)c->n_comp, sizeof(char *), err), err, "names of %d compositions", c->n_comp);
  *names = p;
  for (int i = 0; i < c->n_comp; i++) (*names)[i] = c->comp[i].name;
  return VT_OK;
}

/* Quantity q is the tracer diffusion of an alkali that has no other beside it in any composition: D_alkali again. */
static int is_told_already(const vt_campaign *c, int q)
{
  const int s = q - VT_Q_HEADLINES;
  if (s >= c->n_species) return 0;
  for (int i = 0; i < c->n_comp; i++) {
    const vt_composition *comp = &c->comp[i];
    int has = 0, alkalis = 0;
    for (int k = 0; k < comp->n_species; k++) {
      if (comp->count[k] > 0 && comp->z[k] == c->z[s] && vt_comp_role(comp, k) != VT_ROLE_MOBILE) return 0;
      if (comp->count[k] < 1 || vt_comp_role(comp, k) != VT_ROLE_MOBILE) continue;
      has |= comp->z[k] == c->z[s];
      alkalis++;
    }
    if (has && alkalis > 1) return 0;
  }
  return 1;
}

static void text_others(vt_buf *out, const vt_campaign *c, const vt_fits *f)
{
  vt_buf lines = {0};
  int elements = 0, rates = 0;
  for (int q = VT_Q_HEADLINES; q < f->n_quantities; q++) {
    const size_t before = lines.len;
    if (!is_told_already(c, q)) vt__text_other(&lines, &f->fitted[q], c->n_comp);
    if (lines.len == before) continue;
    *(strncmp(f->fitted[q].what.name, "rate_", 5) == 0 ? &rates : &elements) = 1;
  }
  if (lines.len > 0)
    vt_buf_printf(out,
                  "Also fitted: how many compositions are resolved, the least and the greatest Ea, do they differ\n%s",
                  lines.s);
  if (elements) vt_buf_printf(out, "  D_X: tracer diffusion of element X\n");
  if (rates)
    vt_buf_printf(out, "  rate_o0, rate_o1 ...: rate at which alkali ions leave metals with 0, 1 ... oxygens, "
                       "1/residence\n");
  if (lines.len > 0) vt_buf_printf(out, "\n");
  vt_buf_free(&lines);
}

vt_status vt_report_campaign_text(vt_buf *out, const vt_campaign *c, const vt_fits *f, vt_err *err)
{
  const char **names;
  vt_buf wide = {0};
  VT_PASS(vt__names_of(c, &names, err));
  const int is_empty = vt__text_unfinished(&wide, c, f);
  for (int q = 0; q < VT_Q_HEADLINES && !is_empty; q++) {
    text_fit(&wide, &(asked){.names = names,
                             .n = c->n_comp,
                             .width = width_of(names, c->n_comp),
                             .quantity = q,
                             .q = &f->fitted[q],
                             .spec = &c->compare,
                             .c = c,
                             .f = f});
    vt_buf_printf(&wide, "\n");
  }
  vt_free(names);
  if (!is_empty) {
    text_others(&wide, c, f);
    text_headlines(&wide, c, f);
    text_residence(&wide, c, f);
    vt__text_gates(&wide, c, f);
    vt_buf_printf(&wide, "\n");
  }
  put_folded(out, &wide);
  return vt_buf_check(out, err);
}

/* ------------------------------------------------------------------ summary.json, summary.csv */

static vt_status write_file(const char *dir, const char *name, vt_buf *b, vt_err *err)
{
  char path[VT_PATH + 32];
  (void)snprintf(path, sizeof path, "%s/%s", dir, name);
  VT_PASS(vt_buf_check(b, err));
  return vt_file_publish(path, b->s, b->len, err);
}

vt_status vt_report_summary(const char *dir, const vt_campaign *c, const vt_fits *f, vt_json *target, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf csv = {0}, js = {0};
  vt_json *root;
  char hex[65];
  rc = vt__json_campaign(c, f, &root, err);
  if (rc != VT_OK) {
    vt_json_free(target);
    return vt_err_wrap(err, rc, __FILE__, __LINE__, "summary.json");
  }
  if (target) vt_json_put(root, "target", target);
  vt_uid_hex(&c->id, hex);
  vt_json_put(root, "campaign", vt_json_text(c->name));
  vt_json_put(root, "campaign_id", vt_json_text(hex));
  vt_json_put(root, "build", vt_json_text(vt_build_info()->build_id));
  VT_TRY_OUT(vt__json_finish(&js, root, err), err, "summary.json");
  VT_TRY_OUT(vt_report_csv(&csv, c, f, err), err, "summary.csv");
  VT_TRY_OUT(write_file(dir, "summary.json", &js, err), err, "summary");
  VT_TRY_OUT(write_file(dir, "summary.csv", &csv, err), err, "summary");
out:
  vt_buf_free(&csv);
  vt_buf_free(&js);
  return rc;
}
