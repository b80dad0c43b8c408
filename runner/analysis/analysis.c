/* analysis.c - the analysis of one task: transport, and in what order the rest follows. */
#include "runner/analysis/analysis.h"

#include <math.h>

#include "runner/analysis/analysis_impl.h"

const double *vt__find(const vt_analysis *a, const vt_array_name *name, const vt_array_def **d)
{
  return vt_array_find(a->m->defs, a->m->n_defs, a->m->values, name, d);
}

const vt_composition *vt__comp(const vt_analysis *a) { return &a->m->plan->comp; }
const char *vt__symbol(const vt_analysis *a, int species) { return vt_element_symbol(vt__comp(a)->z[species]); }

int vt__has_metal(const vt_analysis *a)
{
  const vt_composition *c = vt__comp(a);
  for (int s = 0; s < c->n_species; s++)
    if (vt_comp_role(c, s) == VT_ROLE_NETWORK && c->count[s] > 0) return 1;
  return 0;
}

void vt_analysis_warn(vt_analysis *a, const char *fmt, ...)
{
  char text[512];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  vt_buf_printf(&a->warnings, "%s\n", text);
}

static void warn_of_transport(vt_analysis *a)
{
  const vt_transport *t = &a->transport;
  for (int s = 0; s < vt__comp(a)->n_species; s++) {
    const vt_tracer *d = &t->tracer[s];
    if (d->reason == VT_TR_OK) continue;
    if (isfinite(d->needs_ns))
      vt_analysis_warn(a, "D of %s is not resolved: %s; a run of about %.2g ns would", vt__symbol(a, s),
                       vt_tr_reason_text((vt_tr_reason)d->reason), d->needs_ns);
    else
      vt_analysis_warn(a, "D of %s is not resolved: %s", vt__symbol(a, s), vt_tr_reason_text((vt_tr_reason)d->reason));
  }
  if (!isfinite(t->sigma_mS_cm))
    vt_analysis_warn(a,
                     "sigma and Haven ratios are not resolved: every alkali has to be diffusive, and its volume known");
  if (!vt__has_metal(a)) {
    char roles[200];
    vt_comp_roles_text(vt__comp(a), roles, sizeof roles);
    vt_analysis_warn(a, "no framework frame (null): there is no metal, no network atom (%s); D is in the frame %s",
                     roles, vt_tr_frame_name(t->frame));
  } else if (t->frame == VT_TR_AS_SIMULATED)
    vt_analysis_warn(a, "D is in the frame of the simulation, a drift included: MSD and collective displacements have "
                        "other lags");
}

static vt_status transport_numbers(vt_analysis *a, vt_err *err)
{
  vt_tr_input in;
  const vt_measured *m = a->m;
  VT_PASS(vt_tr_from_arrays(m->plan, a->frame, m->defs, m->n_defs, m->values, &a->transport, err));
  VT_PASS(vt_tr_input_from_arrays(m->plan, m->defs, m->n_defs, m->values, &in, err));
  const vt_transport *t = &a->transport;
  const double *bary = t->haven_bary.window_ps, *metal = t->haven_fw.window_ps;
  VT_PASS(vt_tr_onsager(&in, bary[0], bary[1], VT_TR_BARYCENTRIC, &a->barycentric, err));
  VT_PASS(vt_tr_onsager(&in, metal[0], metal[1], VT_TR_FRAMEWORK, &a->framework, err));
  vt_tr_onsager_scale(&a->barycentric, t->sigma_mS_cm, t->sigma_ne_se / t->sigma_ne_mS_cm);
  vt_tr_onsager_scale(&a->framework, t->sigma_mS_cm, t->sigma_ne_se / t->sigma_ne_mS_cm);
  a->frame = t->frame;
  warn_of_transport(a);
  return VT_OK;
}

/* What is known is judged; where a gate is shut a warning says so. */
static vt_status judge_gates(vt_analysis *a, vt_err *err)
{
  const vt_measured *m = a->m;
  VT_PASS(vt_structure_from_arrays(m->plan, m->defs, m->n_defs, m->values, &a->summary, err));
  const vt_gate_input in = {.comp = vt__comp(a),
                            .structure = &a->summary,
                            .pressure_gpa = a->transport.pressure_gpa,
                            .volume_error = m->volume_error ? *m->volume_error : (double)NAN,
                            .melt_a2 = m->melt_msd ? vt_melt_metals(vt__comp(a), m->melt_msd) : (double)NAN};
  vt_gates_judge(&in, &a->gates);
  for (int k = 0; k < VT_N_GATES; k++)
    if (a->gates.gate[k].state == VT_GATE_FAILED && k != VT_GATE_STATIONARY) /* which has its own */
      vt_analysis_warn(a, "gate '%s': %s is %.3g, expected %s", vt_gate_rules[k].name, vt_gate_rules[k].what,
                       a->gates.gate[k].value, vt_gate_rules[k].limit);
  return VT_OK;
}

vt_status vt_analysis_make(vt_analysis *a, const vt_measured *m, int frame, vt_err *err)
{
  a->m = m;
  a->frame = frame;
  VT_PASS(transport_numbers(a, err));
  VT_PASS(vt__structure_numbers(a, err));
  VT_PASS(vt__dynamics_numbers(a, err));
  VT_PASS(judge_gates(a, err));
  return vt_buf_check(&a->warnings, err);
}

void vt_analysis_free(vt_analysis *a)
{
  vt_free(a->running);
  vt_buf_free(&a->warnings);
  *a = (vt_analysis){0};
}
