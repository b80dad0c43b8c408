/* What scripts read: the JSON of made-up fits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/json/json.h"
#include "runner/report/report.h"
#include "tests/vt_test.h"

enum { N = 2 };
static const char *const names[N] = {"LiAlCl4", "NaAlCl4"};

static void fill(vt_fitted *q, vt_arrh arrh[N])
{
  const double no = (double)NAN;
  for (int i = 0; i < N; i++)
    arrh[i] = (vt_arrh){.n_points = 8,
                        .n_glasses = 4,
                        .dof = 3,
                        .resolved = i == 0,
                        .ea_ev = i ? no : 0.4,
                        .ea_se = i ? no : 0.02,
                        .log10_ref = i ? no : -6,
                        .log10_ref_se = i ? no : 0.1,
                        .t_ref_k = 500,
                        .t_extra_k = 300,
                        .extra = 1e-9,
                        .extra_lo95 = 1e-10,
                        .extra_hi95 = 1e-8,
                        .chi2_red = no,
                        .tg_k = no,
                        .vtf = {.delta_aic = no}};
  q->what = (vt_quantity){.name = "D", .unit = "cm^2/s", .doc = "made up"};
  q->arrh = arrh;
  q->compare.at_t = (vt_compare){.k = N,
                                 .t_ref_k = 500,
                                 .tau = 0.2,
                                 .tau_lo = 0.1,
                                 .tau_hi = 0.5,
                                 .range_lo = 0.25,
                                 .range_hi = 0.75,
                                 .delta = {-0.5, 0.5},
                                 .delta_lo90 = {-1, 0.25},
                                 .delta_hi90 = {0, 0.75},
                                 .comp = {0, 1},
                                 .verdict = VT_SENSITIVE,
                                 .why = "made up"};
}

static vt_json *parsed(const vt_fitted *q)
{
  vt_buf b = {0};
  vt_err err = {0};
  vt_json *v = NULL;
  VT_TEST_OK(vt_report_json(&b, names, N, q, 1, &err), &err);
  VT_TEST_OK(vt_json_parse(b.s, b.len, &v, &err), &err);
  vt_buf_free(&b);
  return v;
}

static double number_in(const vt_json *list, size_t i)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "x", vt_json_share(vt_json_at(list, i)));
  const double x = vt_json_get_num(o, "x", (double)NAN);
  vt_json_free(o);
  return x;
}

static void a_fit_has_errors_and_intervals_by_the_rule(void **state)
{
  (void)state;
  vt_fitted q = {0};
  vt_arrh arrh[N];
  fill(&q, arrh);
  vt_json *root = parsed(&q);
  const vt_json *one = vt_json_at(vt_json_get(root, "compositions"), 0);
  const vt_json *none = vt_json_at(vt_json_get(root, "compositions"), 1);
  assert_string_equal(vt_json_get_text(one, "name", ""), "LiAlCl4");
  assert_string_equal(vt_json_get_text(one, "unit", ""), "cm^2/s");
  assert_string_equal(vt_json_get_text(one, "model", ""), "arrhenius");
  assert_int_equal(vt_json_get_int(one, "dof", -1), 3);
  assert_true(vt_json_get_num(one, "Ea_eV", 0) == 0.4 && vt_json_get_num(one, "Ea_se_eV", 0) == 0.02);
  const double lo = vt_json_get_num(one, "Ea_lo95_eV", 0), hi = vt_json_get_num(one, "Ea_hi95_eV", 0);
  assert_true(lo < 0.4 && hi > 0.4 && fabs(hi + lo - 0.8) < 1e-12);
  assert_true(vt_json_get_num(one, "log10_D_Tref_lo95", 0) < -6);
  const vt_json *far = vt_json_get(one, "extrapolated");
  assert_true(vt_json_get_num(far, "T_K", 0) == 300 && vt_json_get_num(far, "lo95", 0) == 1e-10);
  assert_true(isnan(vt_json_get_num(none, "Ea_lo95_eV", (double)NAN))); /* null */
  assert_int_equal(vt_json_is_object(vt_json_get(one, "vtf")), 0);      /* not tried */
  vt_json_free(root);
}

static void old_keys_of_a_comparison_are_copies(void **state)
{
  (void)state;
  static const struct {
    const char *both, *lo, *hi;
  } pair[] = {{"tau_ci95", "tau_lo95_decades", "tau_hi95_decades"},
              {"tau_wide_ci95", "tau_wide_lo95_decades", "tau_wide_hi95_decades"},
              {"range_ci95", "range_lo95_decades", "range_hi95_decades"},
              {"next_composition_ci95", "next_composition_lo95_decades", "next_composition_hi95_decades"}};
  vt_fitted q = {0};
  vt_arrh arrh[N];
  fill(&q, arrh);
  vt_json *root = parsed(&q);
  const vt_json *c = vt_json_get(root, "comparison"), *tost = vt_json_at(vt_json_get(c, "tost"), 1);
  for (size_t k = 0; k < sizeof pair / sizeof *pair; k++) {
    const vt_json *both = vt_json_get(c, pair[k].both);
    assert_int_equal(vt_json_size(both), 2);
    assert_true(number_in(both, 0) == vt_json_get_num(c, pair[k].lo, -9));
    assert_true(number_in(both, 1) == vt_json_get_num(c, pair[k].hi, -9));
  }
  assert_true(vt_json_get_num(c, "tau_lo95_decades", 0) == 0.1);
  assert_true(vt_json_get_num(tost, "delta_lo90_decades", 0) == 0.25);
  assert_true(number_in(vt_json_get(tost, "ci90"), 1) == 0.75);
  assert_string_equal(vt_json_get_text(c, "verdict", ""), "sensitive");
  vt_json_free(root);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_fit_has_errors_and_intervals_by_the_rule),
                                     cmocka_unit_test(old_keys_of_a_comparison_are_copies)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
