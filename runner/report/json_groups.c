/* json_groups.c - the glasses of a composition at a temperature, for scripts and in one line. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/report/report_impl.h"

static json_t *pooled_json(const vt_pooled *p)
{
  json_t *o = json_object();
  json_object_set_new(o, "value", vt__json_number(p->value));
  json_object_set_new(o, "se", vt__json_number(p->se));
  json_object_set_new(o, "lo95", vt__json_number(p->lo95));
  json_object_set_new(o, "hi95", vt__json_number(p->hi95));
  json_object_set_new(o, "n_glasses", json_integer(p->n_glasses));
  return o;
}

static json_t *mean_json(const vt_over_glasses *m)
{
  const vt_pooled p = {.value = m->value, .se = m->se, .lo95 = m->lo95, .hi95 = m->hi95, .n_glasses = m->n_glasses};
  return pooled_json(&p);
}

/* Whose se is that of its logarithm. */
static json_t *ratio_json(const vt_over_glasses *m)
{
  vt_over_glasses r = *m;
  r.se *= r.value;
  return mean_json(&r);
}

/* Keys name their units: "density_g_cm3", "jump_rate_per_ps". */
static void key_of(const vt_field *f, char key[96])
{
  static const struct {
    const char *unit, *suffix;
  } suffix[] = {{"1", ""}, {"g/cm^3", "_g_cm3"}, {"1/ps", "_per_ps"}};
  for (int k = 0; k < VT_COUNT(suffix); k++)
    if (strcmp(f->unit, suffix[k].unit) == 0) {
      (void)snprintf(key, 96, "%s%s", f->name, suffix[k].suffix);
      return;
    }
  (void)snprintf(key, 96, "%s_%s", f->name, f->unit);
}

/* What every entry begins with. */
static json_t *entry(const vt_campaign *c, const vt_fits *f, int k, int t)
{
  json_t *o = json_object();
  json_object_set_new(o, "name", json_string(c->comp[k].name));
  json_object_set_new(o, "T_K", vt__json_number(c->t_k[t]));
  json_object_set_new(o, "n_glasses", json_integer(f->group[k * c->n_temp + t].n_results));
  return o;
}

/* ------------------------------------------------------------------ transport */

static json_t *onsager_json(const vt_composition *comp, const vt_pool *p)
{
  json_t *o = json_object(), *species = json_array(), *l = json_array(), *se = json_array();
  for (int i = 0; i < p->n_species; i++) {
    json_t *row = json_array(), *row_se = json_array();
    json_array_append_new(species, json_string(vt_element_symbol(comp->z[i])));
    for (int j = 0; j < p->n_species; j++) {
      json_array_append_new(row, vt__json_number(p->l[i][j]));
      json_array_append_new(row_se, vt__json_number(p->l_se[i][j]));
    }
    json_array_append_new(l, row);
    json_array_append_new(se, row_se);
  }
  json_object_set_new(o, "frame", json_string("barycentric"));
  json_object_set_new(o, "unit", json_string("mS/cm: sigma = sum_ij z_i z_j L_ij"));
  json_object_set_new(o, "species", species);
  json_object_set_new(o, "L", l);
  json_object_set_new(o, "L_se", se);
  return o;
}

static json_t *diffusion_json(const vt_composition *comp, const vt_pool *p, json_t *warnings)
{
  json_t *o = json_object();
  for (int s = 0; s < p->n_species; s++) {
    json_object_set_new(o, vt_element_symbol(comp->z[s]), pooled_json(&p->d_cm2_s[s]));
    if (p->d_cm2_s[s].n_glasses == 0)
      vt__json_warn(warnings, "D_cm2_s.%s: not resolved in any glass", vt_element_symbol(comp->z[s]));
  }
  return o;
}

static json_t *transport_json(const vt_campaign *c, const vt_fits *f, int k, int t)
{
  const vt_pool *p = &f->group[k * c->n_temp + t].pool;
  json_t *o = entry(c, f, k, t), *haven = json_object(), *number = json_object(), *w = json_array();
  json_object_set_new(o, "n_left_out", json_integer(p->n_left_out));
  json_object_set_new(o, "window_ps", isfinite(p->lo_ps) ? vt__json_interval(p->lo_ps, p->hi_ps) : json_null());
  json_object_set_new(o, "D_cm2_s", diffusion_json(&c->comp[k], p, w));
  json_object_set_new(o, "sigma_mS_cm", pooled_json(&p->sigma_mS_cm));
  json_object_set_new(haven, "framework", pooled_json(&p->haven_fw));
  json_object_set_new(haven, "barycentric", pooled_json(&p->haven_bary));
  json_object_set_new(haven, "total", pooled_json(&p->haven_total));
  json_object_set_new(o, "haven", haven);
  json_object_set_new(o, "ionicity", pooled_json(&p->ionicity));
  json_object_set_new(number, "barycentric", pooled_json(&p->t_bary));
  json_object_set_new(number, "framework", pooled_json(&p->t_fw));
  json_object_set_new(number, "self", pooled_json(&p->t_self));
  json_object_set_new(number, "barycentric_minus_self", pooled_json(&p->gap_bary));
  json_object_set_new(number, "framework_minus_self", pooled_json(&p->gap_fw));
  json_object_set_new(o, "transference", number);
  json_object_set_new(o, "onsager", onsager_json(&c->comp[k], p));
  if (f->group[k * c->n_temp + t].n_results == 0)
    vt__json_warn(w, "no glass has a result");
  else if (p->reason != VT_POOL_OK)
    vt__json_warn(w, "%s", vt_pool_reason_text((vt_pool_reason)p->reason));
  if (p->n_left_out > 0 && p->reason != VT_POOL_NO_WINDOW)
    vt__json_warn(w, "%d glasses are left out of the pool: without a collective window, or not conducting in it",
                  p->n_left_out);
  json_object_set_new(o, "warnings", w);
  return o;
}

/* ------------------------------------------------------------------ structure, residence */

static int is_of_residence(const char *name) { return strncmp(name, "tau_", 4) == 0; }

static json_t *structure_json(const vt_campaign *c, const vt_fits *f, int k, int t)
{
  json_t *o = entry(c, f, k, t), *w = json_array();
  for (int i = 0; i < vt_n_structure_fields; i++) {
    const vt_field *field = &vt_structure_fields[i];
    if (is_of_residence(field->name) || strstr(field->name, "longer_than")) continue;
    json_t *list = field->n > 1 ? json_array() : NULL;
    char key[96];
    key_of(field, key);
    int n_known = 0;
    for (int q = 0; q < (field->n > 1 ? field->n : 1); q++) {
      const vt_over_glasses m = vt_structure_mean(f, k, t, field, q);
      n_known += m.n_glasses > 0;
      if (list)
        json_array_append_new(list, mean_json(&m));
      else
        json_object_set_new(o, key, mean_json(&m));
    }
    if (list) json_object_set_new(o, key, list);
    if (n_known == 0) vt__json_warn(w, "%s: not observed or not resolved in any glass", key);
  }
  json_object_set_new(o, "warnings", w);
  return o;
}

/* Glasses by what became of a residence time. */
static void warn_of_residence(const vt_fits *f, int k, int t, int kind, int class_o, const char *what, json_t *w)
{
  const int *row = f->md + (ptrdiff_t)(k * f->n_temp + t) * f->n_glasses;
  int n[VT_RES_ABSENT + 1] = {0};
  for (int g = 0; g < f->n_glasses; g++)
    if (f->transport[row[g]].n_species > 0) n[f->structure[row[g]].tau[kind][class_o].reason]++;
  for (int q = VT_RES_LONGER; q <= VT_RES_ABSENT; q++)
    if (n[q] > 0)
      vt__json_warn(w, "%s with %d oxygens, %d glasses: %s", what, class_o, n[q], vt_res_reason_text((vt_res_reason)q));
}

static json_t *residence_json(const vt_campaign *c, const vt_fits *f, int k, int t)
{
  static const struct {
    const char *field, *key;
    int kind;
  } kinds[] = {{"tau_continuous", "tau_continuous_ps", VT_CONTINUOUS},
               {"tau_intermittent", "tau_intermittent_ps", VT_INTERMITTENT},
               {"tau_endpoint", "tau_endpoint_ps", VT_ENDPOINT}};
  const vt_res_trend *r = &f->group[k * c->n_temp + t].residence;
  json_t *o = entry(c, f, k, t), *classes = json_array(), *page = json_object(), *w = json_array();
  for (int q = 0; q < VT_RES_CLASSES; q++) {
    json_t *one = json_object();
    json_object_set_new(one, "o_count", json_integer(q));
    for (int v = 0; v < VT_COUNT(kinds); v++) {
      for (int i = 0; i < vt_n_structure_fields; i++) {
        if (strcmp(vt_structure_fields[i].name, kinds[v].field) != 0) continue;
        const vt_over_glasses m = vt_structure_mean(f, k, t, &vt_structure_fields[i], q);
        json_object_set_new(one, kinds[v].key, mean_json(&m));
      }
      warn_of_residence(f, k, t, kinds[v].kind, q, kinds[v].key, w);
    }
    json_object_set_new(one, "tau_over_tau0", ratio_json(&r->ratio[q]));
    json_array_append_new(classes, one);
  }
  json_object_set_new(o, "classes", classes);
  json_object_set_new(o, "slope_ln_tau_per_oxygen", mean_json(&r->slope));
  json_object_set_new(page, "L", vt__json_number(r->page_l));
  json_object_set_new(page, "z", vt__json_number(r->page_z));
  json_object_set_new(page, "p", vt__json_number(r->page_p));
  json_object_set_new(page, "p_exact", vt__json_number(r->page_p_exact));
  json_object_set_new(page, "n_glasses", json_integer(r->page_glasses));
  json_object_set_new(o, "page", page);
  json_object_set_new(o, "warnings", w);
  return o;
}

void vt__json_groups(const vt_campaign *c, const vt_fits *f, json_t *root)
{
  json_t *transport = json_array(), *structure = json_array(), *residence = json_array();
  for (int k = 0; k < c->n_comp; k++)
    for (int t = 0; t < c->n_temp; t++) {
      json_array_append_new(transport, transport_json(c, f, k, t));
      json_array_append_new(structure, structure_json(c, f, k, t));
      json_array_append_new(residence, residence_json(c, f, k, t));
    }
  json_object_set_new(root, "transport", transport);
  json_object_set_new(root, "structure", structure);
  json_object_set_new(root, "residence", residence);
}

/* ------------------------------------------------------------------ headlines */

/* The measured temperature nearest the reference; without a reference, the lowest. */
static int nearest_temperature(const vt_campaign *c)
{
  int best = 0;
  for (int t = 1; t < c->n_temp; t++)
    if (fabs(c->t_k[t] - c->compare.t_ref_k) < fabs(c->t_k[best] - c->compare.t_ref_k)) best = t;
  return best;
}

static double mean_of(const vt_fits *f, int comp, int temp, const char *name)
{
  for (int i = 0; i < vt_n_structure_fields; i++)
    if (strcmp(vt_structure_fields[i].name, name) == 0)
      return vt_structure_mean(f, comp, temp, &vt_structure_fields[i], 0).value;
  return (double)NAN;
}

vt__headline vt__headline_of(const vt_campaign *c, const vt_fits *f, int comp)
{
  const int t = nearest_temperature(c);
  const vt_group *g = &f->group[comp * c->n_temp + t];
  return (vt__headline){.t_k = c->t_k[t],
                        .haven_fw = g->pool.haven_fw,
                        .t_bary = g->pool.t_bary,
                        .ratio2 = g->residence.ratio[2],
                        .chain_mean = mean_of(f, comp, t, "chain_mean"),
                        .cn_metal = mean_of(f, comp, t, "cn_metal"),
                        .density_g_cm3 = mean_of(f, comp, t, "density")};
}
