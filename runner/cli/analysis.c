#include "runner/cli/analysis.h"

#include <math.h>

#include "runner/cli/cli.h"

vt_status vt_cli_analysis(const vt_measured *m, int frame, vt_analysis *a, vt_err *err)
{
  vt_tr_input in;
  *a = (vt_analysis){.frame = frame};
  VT_PASS(vt_tr_from_arrays(m->plan, frame, m->defs, m->n_defs, m->values, &a->transport, err));
  VT_PASS(vt_tr_input_from_arrays(m->plan, m->defs, m->n_defs, m->values, &in, err));
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
      json_t *o = vt_json_object();
      vt_json_put(o, "pair", vt_cli_pair_json(c, i, j));
      vt_json_put(o, "r_A", vt_json_num(cut->r[i][j]));
      vt_json_put(o, "measured", vt_json_bool(cut->measured[i][j]));
      vt_json_add(list, o);
    }
  return list;
}

vt_status vt_cli_analysis_json(const vt_measured *m, const vt_analysis *a, json_t *o, vt_err *err)
{
  const vt_composition *c = &m->plan->comp;
  json_t *transference = vt_json_object();
  vt_json_put(o, "frame", vt_json_text(a->frame == VT_TR_FRAMEWORK ? "framework" : "barycentric"));
  vt_cli_transport_json(c, &a->transport, o);
  vt_json_put(transference, "barycentric", by_symbol(c, a->barycentric.t));
  vt_json_put(transference, "framework", by_symbol(c, a->framework.t));
  vt_json_put(transference, "self", by_symbol(c, a->barycentric.t_self));
  vt_json_put(o, "transference", transference);
  vt_json_put(o, "onsager", onsager_json(c, a->frame == VT_TR_FRAMEWORK ? &a->framework : &a->barycentric));
  vt_json_put(o, "cutoffs", cutoffs_json(c, m->cutoffs));
  VT_PASS(vt_cli_structure_json(m, a->transport.volume_a3, o, err));
  return vt_cli_dynamics_json(m, o, err);
}

/* ------------------------------------------------------------------ text */

static void transference_text(const vt_composition *c, const char *frame, const vt_onsager *q, FILE *f)
{
  (void)fprintf(f, "  %-22s", frame);
  for (int s = 0; s < c->n_species; s++) (void)fprintf(f, " %s %.3f", vt_element_symbol(c->z[s]), q->t[s]);
  (void)fprintf(f, "\n");
}

static void coordination_text(const json_t *o, FILE *f)
{
  json_t *list = json_object_get(o, "coordination"), *item;
  size_t k;
  json_array_foreach(list, k, item)
  {
    json_t *pair = json_object_get(item, "pair"), *cn = json_object_get(item, "cn");
    if (json_is_number(cn) && json_real_value(cn) > 0)
      (void)fprintf(f, "  %s around %s%*s %.3f\n", json_string_value(json_array_get(pair, 1)),
                    json_string_value(json_array_get(pair, 0)), 12, "", json_real_value(cn));
  }
}

/* "what 4: 0.93, 5: 0.07" */
static void histogram_text(const char *what, json_t *histogram, FILE *f)
{
  const char *key;
  json_t *x;
  int first = 1;
  if (json_object_size(histogram) == 0) return;
  (void)fprintf(f, "  %-22s", what);
  json_object_foreach(histogram, key, x)
  {
    (void)fprintf(f, "%s %s: %.3g", first ? "" : ",", key, json_number_value(x));
    first = 0;
  }
  (void)fprintf(f, "\n");
}

static void polyhedra_text(json_t *polyhedra, FILE *f)
{
  json_t *centres = json_object_get(polyhedra, "centres"), *item;
  size_t k, n = centres ? json_array_size(centres) : json_is_object(polyhedra) ? 1 : 0;
  for (k = 0; k < n; k++) {
    char what[40];
    item = centres ? json_array_get(centres, k) : polyhedra;
    const char *symbol = json_string_value(json_object_get(item, "centre"));
    (void)snprintf(what, sizeof what, "anions around %s", symbol);
    histogram_text(what, json_object_get(item, "cn_histogram"), f);
    (void)snprintf(what, sizeof what, "O around %s", symbol);
    histogram_text(what, json_object_get(item, "o_count"), f);
  }
}

static void chains_text(json_t *chains, FILE *f)
{
  if (!json_is_object(chains)) return;
  histogram_text("chains of n metals", json_object_get(chains, "fragments"), f);
  json_t *sharing = json_object_get(chains, "sharing");
  (void)fprintf(
      f, "  %-22s mean %.3g metals, largest %.3g, shared corners %.3g, edges %.3g, faces %.3g\n", "chains",
      json_number_value(json_object_get(chains, "mean_size")), json_number_value(json_object_get(chains, "largest")),
      json_number_value(json_object_get(sharing, "corner")), json_number_value(json_object_get(sharing, "edge")),
      json_number_value(json_object_get(sharing, "face")));
}

static void residence_text(json_t *list, FILE *f)
{
  static const char *const key[] = {"tau_continuous_ps", "tau_intermittent_ps", "tau_endpoint_ps"};
  static const char *const word[] = {"continuous", "intermittent", "endpoint"};
  json_t *item;
  size_t k;
  json_array_foreach(list, k, item)
  {
    const int o = (int)json_integer_value(json_object_get(item, "o_count")); /* fits: 0 to 4 */
    (void)fprintf(f, "  %s at metals with %s%d O ", json_string_value(json_object_get(item, "alkali")),
                  o == 4 ? ">=" : "", o);
    for (int q = 0; q < 3; q++) {
      json_t *tau = json_object_get(item, key[q]);
      if (json_is_number(tau))
        (void)fprintf(f, " %s %.3g ps,", word[q], json_number_value(tau));
      else
        (void)fprintf(f, " %s not resolved,", word[q]);
    }
    (void)fprintf(f, " %.0f visits\n", json_number_value(json_object_get(item, "visits")));
  }
}

void vt_cli_analysis_text(const vt_measured *m, const vt_analysis *a, const json_t *o, FILE *f)
{
  const vt_composition *c = &m->plan->comp;
  json_t *item;
  size_t k;
  vt_cli_transport_text(c, &a->transport, f);
  if (isfinite(a->barycentric.sigma_mS_cm)) {
    transference_text(c, "t (barycentric)", &a->barycentric, f);
    transference_text(c, "t (framework)", &a->framework, f);
  }
  coordination_text(o, f);
  polyhedra_text(json_object_get(o, "polyhedra"), f);
  chains_text(json_object_get(o, "chains"), f);
  residence_text(json_object_get(o, "residence"), f);
  json_array_foreach(json_object_get(o, "warnings"), k, item)(void)
      fprintf(f, "  warning: %s\n", json_string_value(item));
}
