/* trajectory.c - the analysis of a trajectory that someone else made: what a user should know comes first. */
#include <math.h>

#include "runner/analysis/analysis.h"

/* Cutoffs of bonds (metal and anion, alkali and metal) that are stand-ins, or that the cell is too small for. */
static void warn_of_cutoffs(const vt_trajectory *t, vt_analysis *a)
{
  const vt_composition *c = &t->plan.comp;
  for (int i = 0; i < c->n_species; i++)
    for (int j = 0; j < c->n_species; j++) {
      const int p = vt_comp_role(c, i), q = vt_comp_role(c, j);
      if (!(p == VT_ROLE_NETWORK && q & VT_ROLE_ANIONS) && !(p == VT_ROLE_MOBILE && q == VT_ROLE_NETWORK)) continue;
      const char *first = vt_element_symbol(c->z[i]), *second = vt_element_symbol(c->z[j]);
      if (t->cutoffs.r[i][j] > t->half_height_a)
        vt_analysis_warn(
            a,
            "%s-%s: the cutoff of %.3g A lies beyond half of the shortest height of the cell, %.3g A, where "
            "neighbours are no longer counted: coordination, chains and residence are wrong",
            first, second, t->cutoffs.r[i][j], t->half_height_a);
      else if (!t->cutoffs.measured[i][j])
        vt_analysis_warn(a, "%s-%s: the cutoff of %.3g A is no first minimum of g(r): given, or 1.35 bond lengths",
                         first, second, t->cutoffs.r[i][j]);
    }
}

/* Steps that were so long that they may have been others. */
static void warn_of_moves(const vt_trajectory *t, vt_analysis *a)
{
  const double doubtful = 0.25;
  const vt_unknown_moves *u = &t->unknown;
  char line[32] = ""; /* files that are no text have none */
  if (u->line > 0) (void)snprintf(line, sizeof line, ", line %d", u->line);
  if (u->effect > VT_UNKNOWN_EFFECT)
    vt_analysis_warn(
        a,
        "where %s went in frame %d%s cannot be known: it moved by %.2f of the shortest lattice vector, and from 0.5 on "
        "another image may be as near; %lld such moves leave no diffusion, conductivity, Haven ratio or jumps: save "
        "more frames",
        vt_element_symbol(u->z), u->frame, line, u->share, (long long)u->n);
  else if (u->n > 0)
    vt_analysis_warn(a,
                     "%lld moves between two frames are longer than half of the shortest lattice vector and may have "
                     "been others (the first: %s in frame %d%s): D may be wrong by %.1f %%, save more frames",
                     (long long)u->n, vt_element_symbol(u->z), u->frame, line, 100 * u->effect);
  else if (t->largest_move > doubtful)
    vt_analysis_warn(
        a,
        "an atom moves by %.2f of the shortest lattice vector between two frames: from 0.5 on nobody can say where it "
        "went, save more frames",
        t->largest_move);
}

/* What a user should know before believing the numbers. */
static void warn_of_trajectory(const vt_trajectory *t, vt_analysis *a)
{
  const vt_composition *c = &t->plan.comp;
  int charge = 0;
  for (int s = 0; s < c->n_species; s++) {
    charge += c->count[s] * c->charge[s];
    if (c->charge[s] == 0)
      vt_analysis_warn(a, "%s has no charge: it does not count in conductivities (--charges %s=...)",
                       vt_element_symbol(c->z[s]), vt_element_symbol(c->z[s]));
  }
  if (charge != 0) vt_analysis_warn(a, "the cell has a charge of %+d: sigma depends on the frame (--charges)", charge);
  warn_of_moves(t, a);
  if (t->n_repeated > 0)
    vt_analysis_warn(a, "%d frames stood at the end of one file and at the beginning of the next: they count once",
                     t->n_repeated);
  if (t->ignored[0]) vt_analysis_warn(a, "line %d: '%s' is no number and was passed over", t->ignored_line, t->ignored);
  if (!isfinite(t->plan.t_k)) vt_analysis_warn(a, "no --temperature: conductivities are not known");
  warn_of_cutoffs(t, a);
}

vt_status vt_analysis_of_trajectory(vt_analysis *a, vt_measured *m, const vt_trajectory *t, int frame, vt_err *err)
{
  *m = (vt_measured){
      .plan = &t->plan, .cutoffs = &t->cutoffs, .defs = t->defs, .n_defs = t->n_defs, .values = t->values};
  warn_of_trajectory(t, a);
  return vt_analysis_make(a, m, frame, err);
}
