#include "runner/cli/analysis.h"

#include <math.h>

#include "runner/cli/cli.h"

vt_status vt_cli_analysis(const vt_trajectory *t, int frame, vt_analysis *a, vt_err *err)
{
  vt_tr_input in;
  *a = (vt_analysis){.frame = frame};
  VT_PASS(vt_tr_from_arrays(&t->plan, frame, t->defs, t->n_defs, t->values, &a->transport, err));
  VT_PASS(vt_tr_input_from_arrays(&t->plan, t->defs, t->n_defs, t->values, &in, err));
  const double lo_ps = a->transport.sigma_lo_ps, hi_ps = a->transport.sigma_hi_ps;
  VT_PASS(vt_tr_onsager(&in, lo_ps, hi_ps, VT_TR_BARYCENTRIC, &a->barycentric, err));
  return vt_tr_onsager(&in, lo_ps, hi_ps, VT_TR_FRAMEWORK, &a->framework, err);
}

/* ------------------------------------------------------------------ JSON */

static json_t *by_symbol(const vt_composition *c, const double *x)
{
  json_t *o = vt_json_object();
  for (int s = 0; s < c->n_species; s++) vt_json_put(o, vt_element_symbol(c->z[s]), vt_json_num(x[s]));
  return o;
}

static json_t *onsager_json(const vt_composition *c, const vt_onsager *q)
{
  json_t *o = vt_json_object(), *species = vt_json_array(), *rows = vt_json_array();
  for (int s = 0; s < c->n_species; s++) {
    vt_json_add(species, vt_json_text(vt_element_symbol(c->z[s])));
    vt_json_add(rows, vt_json_nums(q->l[s], (size_t)c->n_species));
  }
  vt_json_put(o, "frame", vt_json_text(q->frame == VT_TR_FRAMEWORK ? "framework" : "barycentric"));
  vt_json_put(o, "species", species);
  vt_json_put(o, "unit", vt_json_text("mS/cm: sigma = sum_ij z_i z_j L_ij"));
  vt_json_put(o, "L", rows);
  return o;
}

static json_t *cutoffs_json(const vt_composition *c, const vt_cutoffs *cut)
{
  json_t *list = vt_json_array();
  for (int i = 0; i < c->n_species; i++)
    for (int j = i; j < c->n_species; j++) {
      json_t *o = vt_json_object(), *pair = vt_json_array();
      vt_json_add(pair, vt_json_text(vt_element_symbol(c->z[i])));
      vt_json_add(pair, vt_json_text(vt_element_symbol(c->z[j])));
      vt_json_put(o, "pair", pair);
      vt_json_put(o, "r_A", vt_json_num(cut->r[i][j]));
      vt_json_put(o, "measured", vt_json_bool(cut->measured[i][j]));
      vt_json_add(list, o);
    }
  return list;
}

/* What a user should know before believing the numbers. */
static void warn(const vt_trajectory *t, json_t *o)
{
  const double doubtful = 0.25;
  const vt_composition *c = &t->plan.comp;
  int charge = 0;
  for (int s = 0; s < c->n_species; s++) {
    charge += c->count[s] * c->charge[s];
    if (c->charge[s] == 0)
      vt_json_warn(o, "%s has no charge: it does not count in conductivities (--charges %s=...)",
                   vt_element_symbol(c->z[s]), vt_element_symbol(c->z[s]));
  }
  if (charge != 0) vt_json_warn(o, "the cell has a charge of %+d: sigma depends on the frame (--charges)", charge);
  if (t->largest_move > doubtful)
    vt_json_warn(
        o,
        "an atom moves by %.2f of the shortest height of the cell between two frames: from 0.5 on nobody can say "
        "where it went, save more frames",
        t->largest_move);
  if (!isfinite(t->plan.t_k)) vt_json_warn(o, "no --temperature: conductivities are not known");
}

void vt_cli_analysis_json(const vt_trajectory *t, const vt_analysis *a)
{
  const vt_composition *c = &t->plan.comp;
  json_t *o = vt_json_object(), *transference = vt_json_object();
  vt_json_put(o, "n_frames", vt_json_int(t->n_frames));
  vt_json_put(o, "n_atoms", vt_json_int(c->n_atoms));
  vt_json_put(o, "dt_ps", vt_json_num(t->plan.protocol.produce_dt_fs / 1000));
  vt_json_put(o, "frame", vt_json_text(a->frame == VT_TR_FRAMEWORK ? "framework" : "barycentric"));
  vt_json_put(o, "warnings", vt_json_array());
  warn(t, o);
  vt_cli_transport_json(c, &a->transport, o);
  vt_json_put(o, "temperature_K", vt_json_num(t->plan.t_k)); /* what was asked for: the file knows none */
  vt_json_put(o, "volume_A3", vt_json_num(t->volume_a3));
  vt_json_put(transference, "barycentric", by_symbol(c, a->barycentric.t));
  vt_json_put(transference, "framework", by_symbol(c, a->framework.t));
  vt_json_put(transference, "self", by_symbol(c, a->barycentric.t_self));
  vt_json_put(o, "transference", transference);
  vt_json_put(o, "onsager", onsager_json(c, a->frame == VT_TR_FRAMEWORK ? &a->framework : &a->barycentric));
  vt_json_put(o, "cutoffs", cutoffs_json(c, &t->cutoffs));
  vt_cli_structure_json(c, &t->cutoffs, t->volume_a3, t->defs, t->n_defs, t->values, o);
  vt_json_print(o, 0);
}

/* ------------------------------------------------------------------ text */

static void transference_text(const vt_composition *c, const char *frame, const vt_onsager *q)
{
  printf("  %-22s", frame);
  for (int s = 0; s < c->n_species; s++) printf(" %s %.3f", vt_element_symbol(c->z[s]), q->t[s]);
  printf("\n");
}

void vt_cli_analysis_text(const vt_trajectory *t, const vt_analysis *a)
{
  const vt_composition *c = &t->plan.comp;
  json_t *o = vt_json_object();
  vt_json_put(o, "warnings", vt_json_array());
  warn(t, o);
  printf("%d frames of %d atoms, %g ps apart\n", t->n_frames, (int)c->n_atoms, t->plan.protocol.produce_dt_fs / 1000);
  vt_cli_transport_text(c, &a->transport, stdout);
  if (isfinite(a->barycentric.sigma_mS_cm)) {
    transference_text(c, "t (barycentric)", &a->barycentric);
    transference_text(c, "t (framework)", &a->framework);
  }
  vt_cli_structure_json(c, &t->cutoffs, t->volume_a3, t->defs, t->n_defs, t->values, o);
  json_t *list = json_object_get(o, "coordination"), *item;
  size_t k;
  json_array_foreach(list, k, item)
  {
    json_t *pair = json_object_get(item, "pair"), *cn = json_object_get(item, "cn");
    if (json_is_number(cn) && json_real_value(cn) > 0)
      printf("  %s around %s%*s %.3f\n", json_string_value(json_array_get(pair, 1)),
             json_string_value(json_array_get(pair, 0)), 12, "", json_real_value(cn));
  }
  list = json_object_get(o, "warnings");
  json_array_foreach(list, k, item) printf("  warning: %s\n", json_string_value(item));
  json_decref(o);
}
