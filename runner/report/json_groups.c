/* json_groups.c - the glasses of a composition at a temperature, for scripts and in one line. */
#include <math.h>
#include <string.h>

#include "runner/report/report_impl.h"

static vt_json *json_groups_estimate(const vt_fields *parts, const void *base)
{
  vt_json *o = vt_json_object();
  vt_fields_json(o, parts, base);
  return o;
}

/* Whose se is that of its logarithm. */
static vt_json *ratio_json(const vt_over_glasses *m)
{
  vt_over_glasses r = *m;
  r.se *= r.value;
  return json_groups_estimate(&vt_mean_fields, &r);
}

/* What every entry begins with. */
static vt_json *json_groups_entry(const vt_campaign *c, const vt_fits *f, int k, int t)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "name", vt_json_text(c->comp[k].name));
  vt_json_put(o, "T_K", vt_json_num(c->t_k[t]));
  vt_json_put(o, "n_glasses", vt_json_int(f->group[k * c->n_temp + t].n_results));
  return o;
}

/* ------------------------------------------------------------------ transport */

static vt_json *diffusion_json(const vt_composition *comp, const vt_pool *p, vt_json *warnings)
{
  vt_json *o = vt_json_object();
  for (int s = 0; s < p->n_species; s++) {
    vt_json_put(o, vt_element_symbol(comp->z[s]), json_groups_estimate(&vt_pooled_fields, &p->d_cm2_s[s]));
    if (p->d_cm2_s[s].n_glasses == 0)
      vt_json_warn(warnings, "D_cm2_s.%s: not resolved in all glasses together: %s", vt_element_symbol(comp->z[s]),
                   vt_tr_reason_text((vt_tr_reason)p->tracer[s].reason));
  }
  return o;
}

static vt_json *onsager_json(const vt_composition *comp, const vt_pool *p)
{
  const vt_onsager_view v = {.frame = VT_TR_BARYCENTRIC,
                             .dof = p->n_glasses + 3,
                             .l = &p->l[0][0],
                             .l_se = &p->l_se[0][0],
                             .recoil = &p->recoil[0][0]};
  return vt_onsager_json(comp, &v);
}

/* Why D is not seen from the metals. */
static const char *no_framework(const vt_composition *comp)
{
  for (int s = 0; s < comp->n_species; s++)
    if (vt_comp_role(comp, s) == VT_ROLE_NETWORK && comp->count[s] > 0)
      return "MSD and collective displacements have other lags";
  return "there is no metal, no network atom";
}

static vt_json *transport_json(const vt_campaign *c, const vt_fits *f, int k, int t)
{
  const vt_pool *p = &f->group[k * c->n_temp + t].pool;
  vt_json *o = json_groups_entry(c, f, k, t), *w = vt_json_array();
  vt_fields_json(o, &vt_pool_state_fields, p);
  vt_json_put(o, "window_ps", isfinite(p->lo_ps) ? vt_json_interval(p->lo_ps, p->hi_ps) : vt_json_null());
  vt_json_put(o, "D_cm2_s", diffusion_json(&c->comp[k], p, w));
  vt_fields_json(o, &vt_pool_fields, p);
  vt_json_put(o, "gates", vt__json_gates(c, f, k, t));
  vt_json_put(o, "onsager", onsager_json(&c->comp[k], p));
  if (f->group[k * c->n_temp + t].n_results == 0)
    vt_json_warn(w, "no glass has a result");
  else if (p->reason != VT_POOL_OK)
    vt_json_warn(w, "%s", vt_pool_reason_text((vt_pool_reason)p->reason));
  if (p->n_slow > 0 && isfinite(p->d_alkali.value))
    vt_json_warn(w, "%d glasses moved too little to resolve D on their own; they count as the others do", p->n_slow);
  if (p->n_glasses > 0 && p->frame != VT_TR_FRAMEWORK) {
    char roles[200];
    vt_comp_roles_text(&c->comp[k], roles, sizeof roles);
    vt_json_warn(w, "no framework frame: %s (%s); D is in the frame %s", no_framework(&c->comp[k]), roles,
                 vt_tr_frame_name(p->frame));
  }
  vt_json_put(o, "warnings", w);
  return o;
}

/* ------------------------------------------------------------------ structure, residence */

static int is_of_residence(const vt_field *f) { return strncmp(f->name, "tau_", 4) == 0; }

static vt_json *structure_json(const vt_campaign *c, const vt_fits *f, int k, int t)
{
  vt_json *o = json_groups_entry(c, f, k, t), *w = vt_json_array();
  for (int i = 0; i < vt_structure_fields.n; i++) {
    const vt_field *field = &vt_structure_fields.f[i];
    if (!field->json || is_of_residence(field)) continue;
    vt_json *list = field->n > 1 ? vt_json_array() : NULL;
    int n_known = 0;
    for (int q = 0; q < (field->n > 1 ? field->n : 1); q++) {
      const vt_over_glasses m = vt_structure_mean(f, k, t, field, q);
      n_known += m.n_glasses > 0;
      if (list)
        vt_json_add(list, json_groups_estimate(&vt_mean_fields, &m));
      else
        vt_json_put(o, field->json, json_groups_estimate(&vt_mean_fields, &m));
    }
    if (list) vt_json_put(o, field->json, list);
    if (n_known == 0) vt_json_warn(w, "%s: not observed or not resolved in any glass", field->json);
  }
  vt_json_put(o, "warnings", w);
  return o;
}

/* Glasses by what became of a residence time. */
static void warn_of_residence(const vt_fits *f, int k, int t, int kind, int class_o, const char *what, vt_json *w)
{
  const int *row = f->md + (ptrdiff_t)(k * f->n_temp + t) * f->n_glasses;
  int n[VT_RES_ABSENT + 1] = {0};
  for (int g = 0; g < f->n_glasses; g++)
    if (row[g] >= 0 && f->transport[row[g]].n_species > 0) n[vt_fits_whole(f, k, t, g)->tau[kind][class_o].reason]++;
  for (int q = VT_RES_LONGER; q <= VT_RES_ABSENT; q++)
    if (n[q] > 0)
      vt_json_warn(w, "%s with %d oxygens, %d glasses: %s", what, class_o, n[q], vt_res_reason_text((vt_res_reason)q));
}

static vt_json *residence_json(const vt_campaign *c, const vt_fits *f, int k, int t)
{
  static const char *const key[VT_SURVIVALS] = {"tau_continuous_ps", "tau_intermittent_ps", "tau_endpoint_ps"};
  const vt_res_trend *r = &f->group[k * c->n_temp + t].residence;
  vt_json *o = json_groups_entry(c, f, k, t), *classes = vt_json_array(), *w = vt_json_array();
  for (int q = 0; q < VT_RES_CLASSES; q++) {
    vt_json *one = vt_json_object();
    vt_json_put(one, "o_count", vt_json_int(q));
    for (int v = 0; v < VT_SURVIVALS; v++) {
      vt_field field;
      if (!vt_field_find(&vt_structure_fields, key[v], &field)) continue;
      const vt_over_glasses m = vt_structure_mean(f, k, t, &field, q);
      vt_json_put(one, key[v], json_groups_estimate(&vt_mean_fields, &m));
      warn_of_residence(f, k, t, v, q, key[v], w);
      if (m.n_glasses > 0 && isnan(m.value))
        vt_json_warn(w, "%s with %d oxygens: its interval is wider than three decades%s", key[v], q,
                     isfinite(m.hi95) ? "; hi95 is an upper bound (97.5 %)" : "");
    }
    vt_json_put(one, "tau_over_tau0", ratio_json(&r->ratio[q]));
    vt_json_add(classes, one);
  }
  vt_json_put(o, "counted", vt_json_text(vt_comp_counted(&c->comp[k])));
  vt_json_put(o, "classes", classes);
  vt_fields_json(o, &vt_res_trend_fields, r);
  vt_json_put(o, "warnings", w);
  return o;
}

void vt__json_groups(const vt_campaign *c, const vt_fits *f, vt_json *root)
{
  vt_json *transport = vt_json_array(), *structure = vt_json_array(), *residence = vt_json_array();
  for (int k = 0; k < c->n_comp; k++)
    for (int t = 0; t < c->n_temp; t++) {
      vt_json_add(transport, transport_json(c, f, k, t));
      vt_json_add(structure, structure_json(c, f, k, t));
      vt_json_add(residence, residence_json(c, f, k, t));
    }
  vt_json_put(root, "transport", transport);
  vt_json_put(root, "structure", structure);
  vt_json_put(root, "residence", residence);
}

/* ------------------------------------------------------------------ headlines */

int vt__nearest_temperature(const vt_campaign *c)
{
  int best = 0;
  for (int t = 1; t < c->n_temp; t++)
    if (fabs(c->t_k[t] - c->compare.t_ref_k) < fabs(c->t_k[best] - c->compare.t_ref_k)) best = t;
  return best;
}

double vt__structure_value(const vt_fits *f, int comp, int temp, const char *key)
{
  vt_field field;
  if (!vt_field_find(&vt_structure_fields, key, &field)) return (double)NAN;
  return vt_structure_mean(f, comp, temp, &field, 0).value;
}
