/* text.c - an analysis for people. */
#include <math.h>
#include <string.h>

#include "runner/analysis/analysis_impl.h"

/* " +- 0.1", or nothing where the error is not known. */
static void put_error(FILE *f, double se)
{
  if (isfinite(se)) (void)fprintf(f, " +- %.2g", se);
}

static void analysis_text_estimate(FILE *f, const char *what, double x, double se, const char *unit)
{
  (void)fprintf(f, "  %-22s ", what);
  if (isfinite(x)) {
    (void)fprintf(f, "%.4g", x);
    put_error(f, se);
    (void)fprintf(f, " %s\n", unit);
  } else {
    (void)fprintf(f, "not resolved\n");
  }
}

/* "gates  stationary 2.1 passed, free_anions 0.08 failed (at most 0.03), melt not known" */
static void gates_text(const vt_analysis *a, FILE *f)
{
  (void)fprintf(f, "  %-22s", "gates");
  for (int k = 0; k < VT_N_GATES; k++) {
    const vt_gate *g = &a->gates.gate[k];
    (void)fprintf(f, "%s%s ", k ? ", " : " ", vt_gate_rules[k].name);
    if (isfinite(g->value)) (void)fprintf(f, "%.3g ", g->value);
    (void)fprintf(f, "%s", vt_gate_states.row[g->state].name);
    if (g->state == VT_GATE_FAILED) (void)fprintf(f, " (%s)", vt_gate_rules[k].limit);
  }
  (void)fprintf(f, "\n");
}

static void haven_text(FILE *f, const char *what, const vt_pooled *h)
{
  if (isfinite(h->value))
    (void)fprintf(f, "  %-22s %.3f +- %.2g, 95 %% [%.3f, %.3f], window %.3g to %.3g ps\n", what, h->value, h->se,
                  h->lo95, h->hi95, h->window_ps[0], h->window_ps[1]);
  else
    (void)fprintf(f, "  %-22s not resolved\n", what);
}

void vt_analysis_transport_text(const vt_analysis *a, FILE *f)
{
  const vt_transport *t = &a->transport;
  analysis_text_estimate(f, "temperature", t->temperature_k, t->temperature_se, "K");
  analysis_text_estimate(f, "pressure", t->pressure_gpa, t->pressure_se, "GPa");
  if (isfinite(t->density_g_cm3) && isfinite(t->volume_a3))
    (void)fprintf(f, "  %-22s %.4g g/cm3, %.6g A3\n", "density, volume", t->density_g_cm3, t->volume_a3);
  else
    (void)fprintf(f, "  %-22s not known\n", "density, volume");
  for (int s = 0; s < vt__comp(a)->n_species; s++) {
    const vt_tracer *d = &t->tracer[s];
    char what[16];
    (void)snprintf(what, sizeof what, "D(%s)", vt__symbol(a, s));
    if (d->reason == VT_TR_OK)
      (void)fprintf(f, "  %-22s %.4g +- %.2g cm2/s, window %.3g to %.3g ps, frame: %s\n", what, d->d_cm2_s, d->se,
                    d->lo_ps, d->hi_ps, vt_tr_frame_name(t->frame));
    else
      (void)fprintf(f, "  %-22s not resolved: %s\n", what, vt_tr_reason_text((vt_tr_reason)d->reason));
  }
  if (isfinite(t->sigma_mS_cm))
    (void)fprintf(f, "  %-22s %.4g +- %.2g mS/cm, 95 %% [%.4g, %.4g]\n", "sigma (Einstein)", t->sigma_mS_cm,
                  t->sigma_se, t->sigma_lo95, t->sigma_hi95);
  else
    (void)fprintf(f, "  %-22s not resolved\n", "sigma (Einstein)");
  analysis_text_estimate(f, "sigma (Nernst-Einstein)", t->sigma_ne_mS_cm, t->sigma_ne_se, "mS/cm");
  if (vt__has_metal(a))
    haven_text(f, "Haven (metal)", &t->haven_fw);
  else
    (void)fprintf(f, "  %-22s none: there is no metal, no network atom\n", "Haven (metal)");
  haven_text(f, "Haven (barycentric)", &t->haven_bary);
  haven_text(f, "Haven (frame-free)", &t->haven_total);
  (void)fprintf(
      f, "  Haven ratio: tracer over collective motion of the alkali; 1 if its ions move independently, below 1\n"
         "  if they move together. Seen from the metals, from the centre of mass (there 1 becomes 1/t^2), and\n"
         "  frame-free: sigma_NE / sigma.\n");
  gates_text(a, f);
}

static void transference_text(const vt_analysis *a, const char *frame, const vt_onsager *q, FILE *f)
{
  (void)fprintf(f, "  %-22s", frame);
  for (int s = 0; s < vt__comp(a)->n_species; s++) {
    (void)fprintf(f, " %s ", vt__symbol(a, s));
    if (isfinite(q->t[s]))
      (void)fprintf(f, "%.3f", q->t[s]);
    else
      (void)fprintf(f, "not resolved");
    put_error(f, q->t_se[s]);
  }
  (void)fprintf(f, "\n");
}

static void coordination_text(const vt_analysis *a, FILE *f)
{
  const int n = vt__comp(a)->n_species;
  for (int i = 0; i < n && a->n_bins > 0; i++)
    for (int j = 0; j < n; j++)
      if (isfinite(a->shell[i][j].cn) && a->shell[i][j].cn > 0)
        (void)fprintf(f, "  %s around %s%*s %.3f\n", vt__symbol(a, j), vt__symbol(a, i), 12, "", a->shell[i][j].cn);
}

/* "what 4: 0.93, 5: 0.07" */
static void histogram_text(const char *what, const vt_histogram *h, FILE *f)
{
  int n = 0;
  for (int k = 0; k < h->n; k++) {
    if (!(h->x[k] > 0)) continue;
    if (n == 0) (void)fprintf(f, "  %-22s", what);
    (void)fprintf(f, "%s %d: %.3g", n++ ? "," : "", h->first + k, h->x[k]);
  }
  if (n > 0) (void)fprintf(f, "\n");
}

static void polyhedra_text(const vt_analysis *a, FILE *f)
{
  for (int k = 0; k < a->n_centres; k++) {
    char what[40];
    (void)snprintf(what, sizeof what, "anions around %s", vt__symbol(a, a->centre[k].species));
    histogram_text(what, &a->centre[k].anions, f);
    (void)snprintf(what, sizeof what, "%s around %s", vt_comp_counted(vt__comp(a)),
                   vt__symbol(a, a->centre[k].species));
    histogram_text(what, &a->centre[k].oxygens, f);
  }
}

static void chains_text(const vt_analysis *a, FILE *f)
{
  const vt_chain_numbers *c = &a->chains;
  static const double none[3] = {0};
  const double *sharing = c->sharing ? c->sharing : none;
  if (!c->observed) return;
  histogram_text("chains of n metals", &c->fragments, f);
  (void)fprintf(f, "  %-22s mean %.3g metals, largest %.3g, shared corners %.3g, edges %.3g, faces %.3g\n", "chains",
                c->mean_size, c->largest, sharing[0], sharing[1], sharing[2]);
}

static void residence_text(const vt_analysis *a, FILE *f)
{
  static const char *const kind[VT_RESIDENCE_KINDS] = {"continuous", "intermittent", "endpoint"};
  for (int k = 0; k < a->n_residence; k++) {
    const vt_residence_row *w = &a->residence[k];
    (void)fprintf(f, "  %s at metals with %s%d %s ", vt__symbol(a, w->species),
                  w->oxygens == VT_RESIDENCE_CLASSES - 1 ? ">=" : "", w->oxygens, vt_comp_counted(vt__comp(a)));
    for (int q = 0; q < VT_RESIDENCE_KINDS; q++) {
      if (isfinite(w->time[q].tau_ps))
        (void)fprintf(f, " %s %.3g ps,", kind[q], w->time[q].tau_ps);
      else
        (void)fprintf(f, " %s not resolved,", kind[q]);
    }
    (void)fprintf(f, " %.0f visits\n", w->visits);
  }
}

static void warnings_text(const vt_analysis *a, FILE *f)
{
  for (const char *at = a->warnings.s; at && *at;) {
    const int n = (int)strcspn(at, "\n"); /* a warning has at most 511 bytes */
    (void)fprintf(f, "  warning: %.*s\n", n, at);
    at += n + (at[n] == '\n');
  }
}

void vt_analysis_text(const vt_analysis *a, FILE *f)
{
  vt_analysis_transport_text(a, f);
  if (isfinite(a->barycentric.sigma_mS_cm)) {
    transference_text(a, "t (barycentric)", &a->barycentric, f);
    if (vt__has_metal(a)) transference_text(a, "t (framework)", &a->framework, f);
  }
  coordination_text(a, f);
  polyhedra_text(a, f);
  chains_text(a, f);
  residence_text(a, f);
  warnings_text(a, f);
}
