/* The tables of members: names by the rule, and what is read by them. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/num/num.h"
#include "runner/fields/fields.h"
#include "tests/vt_test.h"

static const vt_fields *const all[] = {
    &vt_tracer_fields,       &vt_transport_fields, &vt_arrh_fields,     &vt_tg_fields,        &vt_tg_summary_fields,
    &vt_compare_fields,      &vt_verdict_fields,   &vt_compared_fields, &vt_var_split_fields, &vt_structure_fields,
    &vt_stationarity_fields, &vt_trend_fields,     &vt_pooled_fields,   &vt_mean_fields,      &vt_pool_state_fields,
    &vt_pool_fields,         &vt_res_trend_fields, &vt_gates_fields};

static void every_row_is_whole(void **state)
{
  (void)state;
  for (int t = 0; t < VT_COUNT(all); t++)
    for (int i = 0; i < all[t]->n; i++) {
      const vt_field *f = &all[t]->f[i];
      char doc[160];
      assert_non_null(f->unit);
      assert_non_null(f->doc);
      assert_true(f->name || f->json);
      assert_true(!f->json_old || f->json);
      assert_int_equal(f->kind == VT_FIELD_PARTS, f->parts != NULL);
      assert_int_equal(f->kind == VT_FIELD_REASON || f->kind == VT_FIELD_WORD, f->reasons != NULL);
      assert_true(f->n <= 1 || f->step > 0);
      vt_field_doc(f, doc);
      assert_true(strlen(doc) > 0);
      if (strlen(doc) >= sizeof doc - 1) fail_msg("%s: %s", f->name, doc); /* may have been cut */
    }
}

static void count_name(const vt_fields *in, const char *name, const char *(*of)(const vt_field *))
{
  int n = 0;
  if (!name) return;
  for (int i = 0; i < in->n; i++) {
    const char *other = of(&in->f[i]);
    n += other && strcmp(other, name) == 0;
  }
  if (n != 1) fail_msg("'%s' stands %d times in one table", name, n);
}

static const char *dataset(const vt_field *f) { return f->name; }
static const char *key(const vt_field *f) { return f->json; }

static void no_name_stands_twice(void **state)
{
  (void)state;
  for (int t = 0; t < VT_COUNT(all); t++)
    for (int i = 0; i < all[t]->n; i++) {
      count_name(all[t], all[t]->f[i].name, dataset);
      count_name(all[t], all[t]->f[i].json, key);
    }
}

/* ------------------------------------------------------------------ the rule: x, x_se, x_lo95, x_hi95, unit last */

static int ends_as_unit(const char *rest)
{
  static const char *const unit[] = {"",       "_ev",    "_eV",  "_k",   "_K",      "_ps",
                                     "_cm2_s", "_mS_cm", "_gpa", "_GPa", "_decades"};
  for (int k = 0; k < VT_COUNT(unit); k++)
    if (strcmp(rest, unit[k]) == 0) return 1;
  return 0;
}

static int has_name(const vt_fields *in, const char *name, const char *(*of)(const vt_field *))
{
  for (int i = 0; i < in->n; i++)
    if (of(&in->f[i]) && strcmp(of(&in->f[i]), name) == 0) return 1;
  return 0;
}

/* Errors and intervals whose x goes by another name, or is no number of its own. */
static int stands_alone(const char *x)
{
  static const char *const known[] = {"log10_extra", "next", "next_composition_decades", "tau_wide",
                                      "tau_wide_decades"};
  for (int k = 0; k < VT_COUNT(known); k++)
    if (strcmp(x, known[k]) == 0) return 1;
  return 0;
}

static void check_rule(const vt_fields *in, const char *name, const char *(*of)(const vt_field *), int *n)
{
  static const char *const end[] = {"_se", "_lo95", "_hi95"};
  char x[128];
  for (int k = 0; name && k < VT_COUNT(end); k++) {
    const char *at = strstr(name, end[k]);
    const char *rest = at ? at + strlen(end[k]) : NULL;
    if (!at || isalnum((unsigned char)*rest)) continue; /* "t_minus_self" */
    (void)snprintf(x, sizeof x, "%.*s%s", (int)(at - name), name, rest);
    if (!ends_as_unit(rest)) fail_msg("'%s': after %s only a unit may follow", name, end[k]);
    if (!has_name(in, x, of) && !stands_alone(x)) fail_msg("'%s' belongs to '%s', which is not there", name, x);
    ++*n;
  }
}

static void names_follow_the_rule(void **state)
{
  (void)state;
  int n = 0;
  for (int t = 0; t < VT_COUNT(all); t++)
    for (int i = 0; i < all[t]->n; i++) {
      check_rule(all[t], all[t]->f[i].name, dataset, &n);
      check_rule(all[t], all[t]->f[i].json, key, &n);
    }
  assert_true(n > 60);
}

/* ------------------------------------------------------------------ reading */

static double number_at(const vt_fields *in, const char *at, const void *base)
{
  vt_field f;
  if (!vt_field_find(in, at, &f)) fail_msg("there is no '%s'", at);
  return vt_field_at(&f, base, 0);
}

static void intervals_of_a_fit_are_student_s(void **state)
{
  (void)state;
  const vt_arrh a = {.dof = 3, .ea_ev = 0.4, .ea_se = 0.02, .log10_ref = -6, .log10_ref_se = 0.1, .resolved = 1};
  const double t = vt_t_quantile(0.975, 3);
  assert_true(fabs(t - 3.182446305) < 1e-8); /* tables */
  assert_true(fabs(number_at(&vt_arrh_fields, "Ea_lo95_eV", &a) - (0.4 - t * 0.02)) < 1e-15);
  assert_true(fabs(number_at(&vt_arrh_fields, "Ea_hi95_eV", &a) - (0.4 + t * 0.02)) < 1e-15);
  assert_true(fabs(log10(number_at(&vt_arrh_fields, "D_Tref_hi95", &a)) - (-6 + t * 0.1)) < 1e-12);
  const vt_arrh none = {.ea_ev = NAN, .ea_se = NAN};
  assert_true(isnan(number_at(&vt_arrh_fields, "Ea_lo95_eV", &none)));
}

static void parts_are_found_by_their_path(void **state)
{
  (void)state;
  const vt_pool p = {.haven_fw = {.value = 0.7, .lo95 = 0.5, .n_glasses = 4}, .t_bary = {.hi95 = 0.9}};
  vt_field f;
  assert_true(number_at(&vt_pool_fields, "haven.metal.lo95", &p) == 0.5);
  assert_true(number_at(&vt_pool_fields, "haven.metal.n_glasses", &p) == 4);
  assert_true(number_at(&vt_pool_fields, "transference.barycentric.hi95", &p) == 0.9);
  assert_int_equal(vt_field_find(&vt_pool_fields, "haven.metal", &f), 1);
  assert_int_equal(f.kind, VT_FIELD_PARTS);
  assert_int_equal(vt_field_find(&vt_pool_fields, "haven.metal.nothing", &f), 0);
  assert_int_equal(vt_field_find(&vt_pool_fields, "haven", &f), 0);
}

static void reasons_are_numbers_with_words(void **state)
{
  (void)state;
  vt_field f = {.doc = ""};
  char doc[160];
  for (int i = 0; i < vt_tracer_fields.n; i++)
    if (vt_tracer_fields.f[i].kind == VT_FIELD_REASON) f = vt_tracer_fields.f[i];
  const vt_tracer t = {.reason = VT_TR_CAGED};
  assert_true(vt_field_at(&f, &t, 0) == VT_TR_CAGED);
  assert_string_equal(vt_field_text(&f, &t), vt_tr_reason_text(VT_TR_CAGED));
  vt_field_doc(&f, doc);
  assert_non_null(strstr(doc, "0 resolved, 1 too short, 2 caged"));
  assert_non_null(strstr(doc, "7 ballistic"));
}

/* ------------------------------------------------------------------ JSON */

static void json_has_objects_and_copies(void **state)
{
  (void)state;
  const vt_transport t = {
      .haven_fw = {.value = 0.5, .se = 0.1}, .haven_total = {.value = NAN}, .sigma_mS_cm = 3, .sigma_se = 1};
  vt_json *o = vt_json_object();
  vt_fields_json(o, &vt_transport_fields, &t);
  const vt_json *haven = vt_json_get(o, "haven"), *metal = vt_json_get(haven, "metal");
  assert_true(vt_json_get_num(o, "sigma_se_mS_cm", 0) == 1);
  assert_true(vt_json_get_num(metal, "value", 0) == 0.5 && vt_json_get_num(metal, "se", 0) == 0.1);
  assert_true(vt_json_get_num(haven, "framework", 0) == 0.5 && vt_json_get_num(haven, "framework_se", 0) == 0.1);
  assert_true(vt_json_get_num(vt_json_get(haven, "frame_free"), "value", -1) == -1); /* null */
  assert_non_null(vt_json_get(haven, "total"));
  vt_json_free(o);
}

static void an_onsager_matrix_has_rows_of_species(void **state)
{
  (void)state;
  const vt_composition c = {.n_species = 2, .z = {3, 17}};
  double l[VT_MAX_SPECIES][VT_MAX_SPECIES] = {{1, -2}, {-2, 4}};
  double se[VT_MAX_SPECIES][VT_MAX_SPECIES] = {{0.5, 0}, {0, 1}};
  double recoil[VT_MAX_SPECIES][VT_MAX_SPECIES] = {{1, -3}, {-3, 9}};
  const vt_onsager_view v = {
      .frame = VT_TR_BARYCENTRIC, .dof = 4, .l = &l[0][0], .l_se = &se[0][0], .recoil = &recoil[0][0]};
  vt_json *o = vt_onsager_json(&c, &v);
  vt_buf b = {0};
  vt_err err = {0};
  VT_TEST_OK(vt_json_dump(o, VT_JSON_LINE, &b, &err), &err);
  assert_non_null(strstr(b.s, "\"species\":[\"Li\",\"Cl\"]"));
  assert_non_null(strstr(b.s, "\"L\":[[1.0,-2.0],[-2.0,4.0]]"));
  assert_non_null(strstr(b.s, "\"L_se\":[[0.5,0.0],[0.0,1.0]]"));
  assert_non_null(strstr(b.s, "\"L_recoil\":[[1.0,-3.0],[-3.0,9.0]]"));
  assert_non_null(strstr(b.s, "\"frame\":\"barycentric\""));
  assert_non_null(strstr(b.s, "\"L_hi95\":[[2.388")); /* 1 + t(4) / 2 = 1 + 2.7764 / 2 */
  vt_buf_free(&b);
  vt_json_free(o);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_is_whole),
                                     cmocka_unit_test(no_name_stands_twice),
                                     cmocka_unit_test(names_follow_the_rule),
                                     cmocka_unit_test(intervals_of_a_fit_are_student_s),
                                     cmocka_unit_test(parts_are_found_by_their_path),
                                     cmocka_unit_test(reasons_are_numbers_with_words),
                                     cmocka_unit_test(json_has_objects_and_copies),
                                     cmocka_unit_test(an_onsager_matrix_has_rows_of_species)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
