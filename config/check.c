/* What no single key can know: rules between keys, one function each. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_impl.h"

/* ------------------------------------------------------------------ rules about temperatures */

static void rule_quench_goes_down(vt__draft *dr)
{
  const vt_campaign *c = dr->c;
  const char *path = "protocol.melt.temperature";
  double melt = c->protocol.melt_t_k, coldest = vt_campaign_stop_k(c, 0), hottest = c->t_k[c->n_temp - 1];
  if (melt <= coldest)
    vt__diag_error(dr->d, vt__mark_of(dr, path), path,
                   "%.10g K is not above the lowest temperature, %.10g K, to which the melt is quenched", melt,
                   coldest);
  else if (melt < hottest)
    vt__diag_warn(dr->d, vt__mark_of(dr, path), path, "%.10g K is below the highest temperature, %.10g K", melt,
                  hottest);
}

static void rule_quench_has_steps(vt__draft *dr)
{
  const vt_protocol *p = &dr->c->protocol;
  const char *path = "protocol.quench.rate";
  for (int k = 0; k < vt_campaign_stops(dr->c); k++) {
    const double from = k ? vt_campaign_stop_k(dr->c, k - 1) : p->melt_t_k;
    const double fs = (from - vt_campaign_stop_k(dr->c, k)) / p->quench_rate_k_s * 1e15;
    if (fs > 0 && fs < p->quench_dt_fs)
      vt__diag_error(dr->d, vt__mark_of(dr, path), path, "the quench %s would take %.3g fs, less than one time step",
                     k ? "from one stop to the next" : "to its first stop", fs);
  }
}

static void rule_temperatures_make_a_line(vt__draft *dr)
{
  const vt_campaign *c = dr->c;
  const char *ref = "compare.reference_temperature";
  int asked = dr->mark[vt__row_find(ref) - vt__rows].line > 0;
  double t = c->compare.t_ref_k;
  if (c->n_temp < 2)
    vt__diag_warn(dr->d, vt__mark_of(dr, "temperatures"), "temperatures",
                  "one temperature gives no activation energy and no extrapolation");
  if (t < c->t_k[0] || t > c->t_k[c->n_temp - 1])
    vt__diag_warn(dr->d, vt__mark_of(dr, asked ? ref : "temperatures"), ref,
                  "%.10g K is outside the simulated range, so the comparison rests on extrapolation", t);
}

/* ------------------------------------------------------------------ rules about times */

/* Of all productions. */
static double shortest_piece_ps(const vt_campaign *c)
{
  double ps = c->length ? INFINITY : c->protocol.produce_ps;
  for (int t = 0; c->length && t < c->n_temp; t++)
    for (int k = 0; k < c->length[t].n; k++) ps = fmin(ps, c->length[t].ps[k]);
  return ps;
}

static void rule_pieces_need_protocol_2(vt__draft *dr)
{
  const vt_campaign *c = dr->c;
  int pieces = 1;
  const char *path = "protocol.produce.duration", *stops = "protocol.quench.stops";
  if (c->protocol.version != 1) return;
  for (int t = 0; c->length && t < c->n_temp; t++) pieces = c->length[t].n > pieces ? c->length[t].n : pieces;
  if (pieces > 1)
    vt__diag_error(dr->d, vt__mark_of(dr, path), path, "protocol 1 cannot continue a production: give one duration");
  if (c->n_stops > 1)
    vt__diag_error(dr->d, vt__mark_of(dr, stops), stops, "protocol 1 cannot continue a quench: give one stop");
}

static void rule_stages_have_steps(vt__draft *dr)
{
  const vt_protocol *p = &dr->c->protocol;
  const struct {
    const char *path;
    double ps, dt_fs;
  } stage[] = {{"protocol.melt.duration", p->melt_ps, p->melt_dt_fs},
               {"protocol.equilibrate.duration", p->equil_ps, p->equil_dt_fs},
               {"protocol.produce.duration", shortest_piece_ps(dr->c), p->produce_dt_fs}};
  for (size_t i = 0; i < sizeof stage / sizeof stage[0]; i++)
    if (stage[i].ps * 1000 < stage[i].dt_fs * 10)
      vt__diag_error(dr->d, vt__mark_of(dr, stage[i].path), stage[i].path,
                     "%.10g ps is shorter than ten time steps of %.10g fs", stage[i].ps, stage[i].dt_fs);
}

static void rule_coupling_spans_steps(vt__draft *dr)
{
  const vt_protocol *p = &dr->c->protocol;
  double dt = fmax(fmax(p->melt_dt_fs, p->quench_dt_fs), fmax(p->equil_dt_fs, p->produce_dt_fs));
  const struct {
    const char *path;
    double ps;
  } coupling[] = {{"protocol.thermostat.time", p->thermostat_ps}, {"protocol.barostat.time", p->barostat_ps}};
  for (size_t i = 0; i < sizeof coupling / sizeof coupling[0]; i++)
    if (coupling[i].ps * 1000 < 5 * dt)
      vt__diag_error(dr->d, vt__mark_of(dr, coupling[i].path), coupling[i].path,
                     "%.10g ps is shorter than five time steps of %.10g fs", coupling[i].ps, dt);
}

/* Measured in oxychlorides of 168 atoms: 20 meV per atom and ns at 2 fs, that is 75 K/ns. */
static void rule_energy_is_conserved(vt__draft *dr)
{
  const vt_protocol *p = &dr->c->protocol;
  const char *path = "protocol.produce.timestep";
  const double most_fs = 1;
  if (p->produce_ensemble == VT_NVE && p->produce_dt_fs > most_fs)
    vt__diag_warn(
        dr->d, vt__mark_of(dr, path), path,
        "with nve and a step of %.10g fs the energy drifts (20 meV per atom and ns at 2 fs, 75 K/ns): take nvt, "
        "or at most %.10g fs",
        p->produce_dt_fs, most_fs);
}

/* Below one the limit would end every run at its first step. */
static void rule_limits_leave_room(vt__draft *dr)
{
  const vt_guard_limits *g = &dr->c->protocol.guard;
  const struct {
    const char *path;
    double ratio;
  } limit[] = {{"guard.temperature", g->temperature}, {"guard.volume", g->volume}};
  for (size_t i = 0; i < sizeof limit / sizeof limit[0]; i++)
    if (limit[i].ratio > 0 && limit[i].ratio <= 1)
      vt__diag_error(dr->d, vt__mark_of(dr, limit[i].path), limit[i].path,
                     "expected 0 (no limit) or more than 1, found %.10g", limit[i].ratio);
}

/* Of observables whose `every` nobody wrote: one cause, the short production, and so one mistake. */
static void rule_defaults_fall_into_the_run(vt__draft *dr)
{
  const vt_campaign *c = dr->c;
  const char *path = "protocol.produce.duration";
  const double piece_ps = shortest_piece_ps(c);
  double most_ps = 0;
  vt_buf names = {0};
  for (int i = 0; i < c->n_obs; i++) {
    const double every = c->obs[i].every_ps;
    if (dr->obs_mark[i][0].line || every <= piece_ps) continue;
    vt_buf_printf(&names, "%s%s every %.10g ps", names.len ? ", " : "", c->obs[i].name, every);
    most_ps = fmax(most_ps, every);
  }
  if (names.len)
    vt__diag_error(dr->d, vt__mark_of(dr, path), path,
                   "%.10g ps is too short for what is observed (%s): take at least %.10g ps, or write a shorter "
                   "observe.NAME.every",
                   piece_ps, names.s, most_ps);
  vt_buf_free(&names);
}

static void rule_samples_fall_into_the_run(vt__draft *dr)
{
  const vt_campaign *c = dr->c;
  char path[96];
  rule_defaults_fall_into_the_run(dr);
  for (int i = 0; i < c->n_obs; i++) {
    double every = c->obs[i].every_ps;
    vt__mark at = dr->obs_mark[i][0].line ? dr->obs_mark[i][0] : vt__mark_of(dr, "protocol.produce.duration");
    (void)snprintf(path, sizeof path, "observe.%s.every", c->obs[i].name);
    if (every * 1000 < c->protocol.produce_dt_fs * (1 - 1e-9))
      vt__diag_error(dr->d, at, path, "%.10g ps is shorter than the time step of %.10g fs", every,
                     c->protocol.produce_dt_fs);
    if (dr->obs_mark[i][0].line && every > shortest_piece_ps(c))
      vt__diag_error(dr->d, at, path, "%.10g ps is longer than the production of %.10g ps", every,
                     shortest_piece_ps(c));
  }
}

static void rule_frames_fall_into_the_run(vt__draft *dr)
{
  const vt_campaign *c = dr->c;
  const char *path = VT__TRAJECTORY ".every";
  const double every = c->trajectory.every_ps;
  if (!c->trajectory.on) return;
  if (every * 1000 < c->protocol.produce_dt_fs * (1 - 1e-9))
    vt__diag_error(dr->d, vt__mark_of(dr, path), path, "%.10g ps is shorter than the time step of %.10g fs", every,
                   c->protocol.produce_dt_fs);
  if (every > shortest_piece_ps(c))
    vt__diag_error(dr->d, vt__mark_of(dr, path), path, "%.10g ps is longer than the production of %.10g ps", every,
                   shortest_piece_ps(c));
}

static void rule_something_is_measured(vt__draft *dr)
{
  if (dr->c->n_obs == 0) vt__diag_warn(dr->d, vt__mark_of(dr, "observe"), "observe", "nothing is measured");
}

/* ------------------------------------------------------------------ rules about sizes */

/* The edge of a cubic cell at the estimated density of the glass, or at the packing's if that is higher. */
static double estimated_edge(const vt_composition *c, double pack_density)
{
  double volume = 0;
  for (int i = 0; i < c->n_species; i++) volume += c->count[i] * vt_comp_volume(c, i);
  return cbrt(volume / fmax(1, pack_density));
}

/* Beyond half the cell an atom would be counted together with its own images. */
static void rule_r_max_fits_the_cell(vt__draft *dr)
{
  const vt_campaign *c = dr->c;
  const vt_composition *smallest = NULL;
  double edge = INFINITY;
  for (int i = 0; i < c->n_comp; i++) {
    double l = estimated_edge(&c->comp[i], c->protocol.pack_density);
    if (l < edge) edge = l, smallest = &c->comp[i];
  }
  for (int i = 0; i < c->n_obs && smallest; i++)
    for (int k = 0; k < c->obs_doc[i]->n_par; k++) {
      char path[96];
      double r_max = c->obs[i].par[k];
      if (strcmp(c->obs_doc[i]->par[k].name, "r_max") != 0 || r_max <= edge / 2) continue;
      if (r_max == c->obs_doc[i]->par[k].def) continue; /* the default is cut to the cell where it is used */
      (void)vt__row_of_observable(c->obs_doc[i], k + 1, path);
      vt__diag_error(dr->d, dr->obs_mark[i][k + 1], path,
                     "%.10g A is beyond half the cell: %s with %d atoms has an edge of about %.1f A", r_max,
                     smallest->name, smallest->n_atoms, edge);
    }
}

/* Residence times by the number of anions that no composition has are all of none.  Of oxyhalides without oxygen, whose
 * campaigns are older than the key, nothing is said. */
static void rule_what_is_counted_is_there(vt__draft *dr)
{
  const vt_campaign *c = dr->c;
  int atoms = 0, others = 0;
  for (int i = 0; i < c->n_comp; i++) {
    atoms += vt_comp_atoms(&c->comp[i], VT_ROLE_COUNTED);
    for (int s = 0; s < c->comp[i].n_species; s++) others += !vt_element_is_classic(c->comp[i].z[s]);
  }
  for (int i = 0; i < c->n_obs && c->n_comp && !atoms; i++)
    for (int k = 0; k < c->obs_doc[i]->n_par; k++) {
      char path[96];
      if (strcmp(c->obs_doc[i]->par[k].unit, VT_UNIT_ELEMENT) != 0 || (c->obs[i].par[k] == 0 && !others)) continue;
      (void)vt__row_of_observable(c->obs_doc[i], k + 1, path);
      vt__diag_warn(dr->d, dr->obs_mark[i][k + 1].line ? dr->obs_mark[i][k + 1] : vt__mark_of(dr, "observe"), path,
                    "no composition has %s as an anion to count; name one that is there, e.g. `count: S`",
                    vt_comp_counted(&c->comp[0]));
    }
}

static void rule_not_too_many_tasks(vt__draft *dr)
{
  enum { MANY = 1000000, MOST = 100000000 };
  const vt_campaign *c = dr->c;
  int64_t n = vt_campaign_stops(c);
  for (int t = 0; t < c->n_temp; t++) n += c->length ? c->length[t].n : 1;
  n *= (int64_t)c->n_comp * c->n_glasses;
  const char *path = dr->mark[vt__row_find("glasses") - vt__rows].line ? "glasses" : "compositions";
  if (n > (dr->env->allow_huge ? MOST : MANY))
    vt__diag_error(dr->d, vt__mark_of(dr, path), path,
                   "%lld tasks (%d compositions, %d glasses, %d temperatures) are more than %d%s", (long long)n,
                   c->n_comp, c->n_glasses, c->n_temp, dr->env->allow_huge ? MOST : MANY,
                   dr->env->allow_huge ? "" : "; --allow-huge accepts them");
}

static void rule_glasses_give_an_error(vt__draft *dr)
{
  if (dr->c->n_glasses == 1)
    vt__diag_warn(dr->d, vt__mark_of(dr, "glasses"), "glasses",
                  "one glass per composition says nothing about the spread between glasses");
}

/* Uids of an older format are for folders that have it; what is computed now has the bits of the newest. */
static void rule_format_is_computed(vt__draft *dr)
{
  const int format = dr->c->numerics.format;
  if (format != 0 && format != VT_ENGINE_FORMAT && !dr->env->recorded)
    vt__diag_warn(dr->d, vt__mark_of(dr, "engine.format"), "engine.format",
                  "this program computes format %d; format %d names the tasks of a folder that has it already",
                  VT_ENGINE_FORMAT, format);
}

void vt__check_rules(vt__draft *dr)
{
  rule_stages_have_steps(dr);
  rule_coupling_spans_steps(dr);
  rule_energy_is_conserved(dr);
  rule_limits_leave_room(dr);
  rule_samples_fall_into_the_run(dr);
  rule_frames_fall_into_the_run(dr);
  rule_something_is_measured(dr);
  rule_glasses_give_an_error(dr);
  rule_r_max_fits_the_cell(dr);
  rule_what_is_counted_is_there(dr);
  rule_format_is_computed(dr);
  rule_pieces_need_protocol_2(dr);
  vt__check_target(dr);
  if (dr->c->n_temp == 0) return; /* refused before; the rest needs temperatures */
  rule_quench_goes_down(dr);
  rule_quench_has_steps(dr);
  rule_temperatures_make_a_line(dr);
  rule_not_too_many_tasks(dr);
}
