/* plan_forecast.c - the errors that a campaign will probably have, and which temperatures it should rather have. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/cli/plan/plan.h"
#include "runner/folder/folder.h"
#include "runner/results/results.h"

#define ASSUMED \
  "D of every alkali = 2.7e-6 cm2/s at 500 K with Ea = 0.30 eV (LiAlCl2.5O0.75: 1.52 mS/cm at 303 K, Haven ratio 1)"
#define METHOD                                                                                                      \
  "variances of sampling and between glasses (THEORY.md, T 14); in a campaign of 40 runs the observed errors were " \
  "1.1 times those of D and 1.4 times those of Ea, over 12 glasses of one composition 1.2 times those of H"

/* ------------------------------------------------------------------ numbers */

static const char *from_of(const vt_guess *g) { return g->measured ? "the former run" : "assumed"; }

/* D of the compositions that have the same name and a line. */
static vt_status take_former(vt_forecast *o, const char *folder, vt_err *err)
{
  vt_outdir dir;
  vt_campaign *c = NULL;
  vt_fits *fits = NULL;
  vt_status rc = VT_OK;
  int n_known = 0;
  VT_PASS(vt_outdir_name(&dir, folder, err));
  VT_TRY_OUT(vt_fits_from_store(dir.store, vt_cli_env(1), NULL, &c, &fits, err), err, "--former '%s'", folder);
  for (int i = 0; i < o->c->n_comp; i++)
    for (int k = 0; k < c->n_comp; k++) {
      const vt_arrh *a = &fits->fitted[VT_Q_D_ALKALI].arrh[k];
      if (strcmp(o->c->comp[i].name, c->comp[k].name) != 0 || !a->resolved) continue;
      o->guess[i] = (vt_guess){.ea_ev = a->ea_ev, .d_cm2_s = pow(10, a->log10_ref), .t_k = a->t_ref_k, .measured = 1};
      n_known++;
    }
  if (n_known == 0)
    VT_FAIL_OUT(err, VT_EINVAL, "--former '%s': it has no fit of D of any composition of this campaign", folder);
out:
  vt_fits_free(fits);
  vt_campaign_free(c);
  return rc;
}

/* The largest error of D at the lowest temperature. */
static int weakest_of(vt_forecast *o)
{
  int w = -1;
  double worst = -1;
  for (int i = 0; i < o->c->n_comp; i++) {
    if (vt_plan_n_alkali(&o->c->comp[i]) == 0) continue;
    vt_forecast_of(o, i);
    double one = 0;
    for (int t = 0; t < o->c->n_temp; t++) one = fmax(one, o->f[t].rel_sampling);
    if (one > worst) worst = one, w = i;
  }
  return w;
}

vt_status vt_forecast_open(vt_forecast *o, const vt_campaign *c, const char *former, vt_err *err)
{
  void *p;
  *o = (vt_forecast){.c = c, .weakest = -1};
  VT_TRY(vt_calloc64(&p, (size_t)c->n_comp, sizeof *o->guess, err), err, "forecast");
  o->guess = p;
  VT_TRY(vt_calloc64(&p, (size_t)c->n_temp, sizeof *o->f, err), err, "forecast");
  o->f = p;
  VT_TRY(vt_calloc64(&p, (size_t)c->n_temp, sizeof *o->better_k, err), err, "forecast");
  o->better_k = p;
  for (int i = 0; i < c->n_comp; i++) o->guess[i] = vt_plan_guess();
  if (former) VT_PASS(take_former(o, former, err));
  o->weakest = weakest_of(o);
  return VT_OK;
}

void vt_forecast_free(vt_forecast *o)
{
  vt_free(o->guess);
  vt_free(o->f);
  vt_free(o->better_k);
  *o = (vt_forecast){0};
}

static void foresee_at(vt_forecast *o, const double *t_k, double *ea_se_ev, double *log10_ref_se)
{
  for (int i = 0; i < o->c->n_temp; i++) {
    vt_design at = o->design;
    const vt_lengths own = vt_campaign_pieces(o->c, o->comp, i);
    if (t_k == o->c->t_k) at.produce_ps = vt_lengths_sum(&own);
    o->f[i] = vt_plan_foresee(&at, &o->guess[o->comp], t_k[i]);
  }
  vt_plan_foresee_line(o->f, o->c->n_temp, o->c->compare.t_ref_k, &o->design, ea_se_ev, log10_ref_se);
}

void vt_forecast_of(vt_forecast *o, int comp)
{
  const vt_campaign *c = o->c;
  double other;
  o->comp = comp;
  o->design = (vt_design){.n_alkali = vt_plan_n_alkali(&c->comp[comp]),
                          .glasses = c->n_glasses,
                          .produce_ps = c->protocol.produce_ps,
                          .glass_scatter = vt_plan_glass_scatter(c->protocol.quench_rate_k_s, c->comp[comp].n_atoms)};
  o->better_ea_se_ev = (double)NAN;
  o->has_better = vt_plan_better(&o->design, &o->guess[comp], c->t_k, c->n_temp, o->better_k);
  if (o->has_better) foresee_at(o, o->better_k, &o->better_ea_se_ev, &other);
  foresee_at(o, c->t_k, &o->ea_se_ev, &o->log10_ref_se);
}

/* Production that resolves all, and what it costs: the campaign has one duration for all its tasks. */
static void price_of(const vt_forecast *o, const vt_calibration *cal, double *needs_ps, double *extra_ns,
                     double *core_h)
{
  const vt_campaign *c = o->c;
  double atoms_s = 0;
  *needs_ps = c->protocol.produce_ps;
  for (int t = 0; t < c->n_temp; t++) *needs_ps = fmax(*needs_ps, o->f[t].needs_ps);
  const double more_ps = *needs_ps - c->protocol.produce_ps;
  for (int i = 0; i < c->n_comp; i++) atoms_s += c->comp[i].n_atoms * vt_plan_s_atom_step(cal, c->comp[i].n_atoms);
  *extra_ns = more_ps * 1e-3 * c->n_comp * c->n_temp * c->n_glasses;
  *core_h = atoms_s * (1000 * more_ps / c->protocol.produce_dt_fs) * c->n_temp * c->n_glasses / 3600;
}

/* ------------------------------------------------------------------ text */

/* "600, 670, 730, 800 K" */
static void print_list(vt_buf *b, const double *t_k, int n)
{
  for (int i = 0; i < n; i++) vt_buf_printf(b, "%s%g", i ? ", " : "", t_k[i]);
  vt_buf_printf(b, " K");
}

static void print_line(const vt_forecast *o)
{
  const int glasses = o->c->n_glasses, alone = glasses < 2;
  const double ea = alone ? o->ea_se_ev : vt_plan_half_of_line(o->ea_se_ev, glasses);
  const double level = alone ? o->log10_ref_se : vt_plan_half_of_line(o->log10_ref_se, glasses);
  char at[96] = "not resolved, beyond two temperatures, which cannot test a curve";
  if (isfinite(level)) (void)snprintf(at, sizeof at, "%.2g", level);
  vt_cli_say("  Arrhenius line, %s: Ea %.2g eV, log10 D(%g K) %s\n",
             alone ? "standard errors (one glass has no interval)" : "half-widths of 95 % intervals", ea,
             o->c->compare.t_ref_k, at);
}

void vt_forecast_print(vt_forecast *o)
{
  const vt_campaign *c = o->c;
  if (o->weakest < 0) return;
  vt_forecast_of(o, o->weakest);
  const vt_guess *g = &o->guess[o->comp];
  vt_cli_say("predicted half-widths of 95 %% intervals, weakest composition %s (%d alkali ions), %g ps of production, "
             "%d glasses\n",
             c->comp[o->comp].name, o->design.n_alkali, c->protocol.produce_ps, c->n_glasses);
  if (g->measured)
    vt_cli_say("  D: of the former run, %.2g cm2/s at %g K, Ea %.3f eV\n", g->d_cm2_s, g->t_k, g->ea_ev);
  else
    vt_cli_say("  D: assumed: %s\n", ASSUMED);
  vt_cli_say("  errors: %s\n  %8s %12s %12s %12s %12s %12s\n", METHOD, "T (K)", "D (cm2/s)", "D, one glass", "D, all",
             "sigma, all", "H, all");
  for (int i = 0; i < c->n_temp; i++) {
    const vt_foreseen *p = &o->f[i];
    if (p->resolved)
      printf("  %8g %12.2g %11.0f%% %11.0f%% %11.0f%% %11.0f%%\n", p->t_k, p->d_cm2_s,
             100 * vt_plan_half(p->rel_one, 1), 100 * vt_plan_half(p->rel_all, c->n_glasses),
             100 * vt_plan_half(p->sigma_rel, c->n_glasses), 100 * vt_plan_half(p->haven_rel, c->n_glasses));
    else
      printf("  %8g %12.2g probably not resolved: needs about %.2g ns\n", p->t_k, p->d_cm2_s, p->needs_ps * 1e-3);
  }
  vt_cli_say("  %%: of ln x; an interval runs from x exp(-p) to x exp(p), p the percentage / 100\n");
  if (isfinite(o->ea_se_ev))
    print_line(o);
  else
    vt_cli_say("  Arrhenius line: not resolved\n");
}

void vt_forecast_warnings(vt_forecast *o, const vt_calibration *cal, vt_buf *lines)
{
  const vt_campaign *c = o->c;
  double needs_ps, extra_ns, core_h;
  if (o->weakest < 0) return;
  vt_forecast_of(o, o->weakest);
  for (int i = 0; i < c->n_temp; i++)
    if (!o->f[i].resolved)
      vt_buf_printf(lines, "%g K will probably stay unresolved: %g ns of production, about %.2g ns needed\n", c->t_k[i],
                    c->protocol.produce_ps * 1e-3, o->f[i].needs_ps * 1e-3);
  if (!isfinite(o->ea_se_ev)) vt_buf_printf(lines, "fewer than two temperatures will probably be resolved\n");
  price_of(o, cal, &needs_ps, &extra_ns, &core_h);
  if (extra_ns > 0)
    vt_buf_printf(lines, "production of %.2g ns would resolve all temperatures: %.3g ns more in all, %.3g core-hours\n",
                  needs_ps * 1e-3, extra_ns, core_h);
  if (!o->has_better) return;
  vt_buf_printf(lines, "better temperatures at the same cost: ");
  print_list(lines, o->better_k, c->n_temp);
  vt_buf_printf(lines, "; all resolved, Ea within %.2g eV (%s)\n",
                c->n_glasses > 1 ? vt_plan_half_of_line(o->better_ea_se_ev, c->n_glasses) : o->better_ea_se_ev,
                c->n_glasses > 1 ? "95 %" : "standard error");
}

/* ------------------------------------------------------------------ JSON */

static vt_json *point_json(const vt_foreseen *p, int glasses)
{
  const double no = (double)NAN;
  vt_json *o = vt_json_object();
  vt_json_put(o, "T_K", vt_json_num(p->t_k));
  vt_json_put(o, "D_assumed_cm2_s", vt_json_num(p->d_cm2_s));
  vt_json_put(o, "D_rel_se_one_glass", vt_json_num(p->resolved ? p->rel_one : no));
  vt_json_put(o, "D_rel_se", vt_json_num(p->resolved ? p->rel_all : no));
  vt_json_put(o, "sigma_rel_se", vt_json_num(p->resolved ? p->sigma_rel : no));
  vt_json_put(o, "haven_rel_se", vt_json_num(p->resolved ? p->haven_rel : no));
  vt_json_put(o, "D_rel_half95_one_glass", vt_json_num(p->resolved ? vt_plan_half(p->rel_one, 1) : no));
  vt_json_put(o, "D_rel_half95", vt_json_num(p->resolved ? vt_plan_half(p->rel_all, glasses) : no));
  vt_json_put(o, "sigma_rel_half95", vt_json_num(p->resolved ? vt_plan_half(p->sigma_rel, glasses) : no));
  vt_json_put(o, "haven_rel_half95", vt_json_num(p->resolved ? vt_plan_half(p->haven_rel, glasses) : no));
  vt_json_put(o, "resolved", vt_json_bool(p->resolved));
  vt_json_put(o, "needs_ps", vt_json_num(p->needs_ps));
  return o;
}

static vt_json *composition_json(vt_forecast *o, int comp)
{
  const vt_campaign *c = o->c;
  vt_json *x = vt_json_object(), *points = vt_json_array();
  vt_forecast_of(o, comp);
  for (int k = 0; k < c->n_temp; k++) vt_json_add(points, point_json(&o->f[k], c->n_glasses));
  vt_json_put(x, "name", vt_json_text(c->comp[comp].name));
  vt_json_put(x, "n_alkali", vt_json_int(o->design.n_alkali));
  vt_json_put(x, "D_from", vt_json_text(from_of(&o->guess[comp])));
  vt_json_put(x, "points", points);
  vt_json_put(x, "Ea_se_eV", vt_json_num(o->ea_se_ev));
  vt_json_put(x, "log10_D_Tref_se", vt_json_num(o->log10_ref_se));
  vt_json_put(x, "Ea_half95_eV", vt_json_num(vt_plan_half_of_line(o->ea_se_ev, c->n_glasses)));
  vt_json_put(x, "log10_D_Tref_half95", vt_json_num(vt_plan_half_of_line(o->log10_ref_se, c->n_glasses)));
  vt_json_put(x, "better_Ea_half95_eV", vt_json_num(vt_plan_half_of_line(o->better_ea_se_ev, c->n_glasses)));
  vt_json_put(x, "better_temperatures_K",
              o->has_better ? vt_json_nums(o->better_k, (size_t)c->n_temp) : vt_json_null());
  vt_json_put(x, "better_Ea_se_eV", vt_json_num(o->better_ea_se_ev));
  return x;
}

vt_json *vt_forecast_json(vt_forecast *o)
{
  vt_json *root = vt_json_object(), *list = vt_json_array();
  vt_json_put(root, "assumption", vt_json_text(ASSUMED));
  vt_json_put(root, "method", vt_json_text(METHOD));
  for (int i = 0; i < o->c->n_comp; i++)
    if (vt_plan_n_alkali(&o->c->comp[i]) > 0) vt_json_add(list, composition_json(o, i));
  vt_json_put(root, "compositions", list);
  return root;
}
