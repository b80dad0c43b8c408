/* Which compositions of the data are melted by the smoke test. */
#include <string.h>

#include "runner/model_card/model_card_impl.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static vt_nep_model *model(void)
{
  vt_err err = {0};
  vt_nep_model *m, form = {.version = 4, .n_types = 3, .symbol = {"Li", "Na", "Cl"}, .z = {3, 11, 17}, .l_max = 2};
  for (int t = 0; t < 3; t++) form.rc_radial[t] = 4, form.rc_angular[t] = 3.5;
  form.neurons = 4;
  form.n_radial = 3, form.n_angular = 2, form.k_radial = 4, form.k_angular = 4;
  VT_TEST_OK(vt_nep_new(&form, &m, &err), &err);
  vt_train_draw(m, 1);
  return m;
}

typedef struct row {
  const char *name;
  int li, na, cl;
} row;

/* The names of the melts, one word for each three seeds, and why there is none. */
static void check_melts(const row *r, int n, const char *expected, const char *why)
{
  vt_err err = {0};
  char folder[VT_TEST_PATH], got[200] = "";
  vt_nep_model *m = model();
  vt_train_data d = {0};
  vt_buf b = {0};
  static vt__smoke_result out;
  out = (vt__smoke_result){0};
  for (int k = 0; k < n; k++) {
    vt_buf_printf(&b, "%d\nLattice=\"99 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3 energy=-1 composition=%s\n",
                  r[k].li + r[k].na + r[k].cl, r[k].name);
    for (int i = 0; i < r[k].li + r[k].na + r[k].cl; i++)
      vt_buf_printf(&b, "%s %g 0.%d 0\n", i < r[k].li ? "Li" : i < r[k].li + r[k].na ? "Na" : "Cl", 2.5 * i, k);
  }
  vt_test_folder(folder, "smoke");
  const char *path = vt_test_inside(folder, "f.xyz");
  vt_test_write(path, b.s, b.len);
  vt_buf_free(&b);
  VT_TEST_OK(vt_train_data_read(&d, m, path, 1, &err), &err);
  vt_test_folder_remove(folder);
  assert_int_equal(d.n, n);
  const vt_card c = {.m = m, .train = &d, .smoke = {.on = 1, .t_k = 1000, .duration_ps = 1}};
  VT_TEST_OK(vt__smoke_list(&c, &out, &err), &err);
  for (int k = 0; k < out.n; k += VT__SMOKE_SEEDS)
    (void)snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", k ? " " : "", out.melt[k].comp.name);
  assert_string_equal(got, expected);
  assert_string_equal(out.not_run, why);
  vt_train_data_free(&d);
  vt_nep_free(m);
}

/* Its first frame would be taken for all of them: "mixed" has most frames and is no melt. */
static void a_name_that_stands_for_several_formulas_is_left_out(void **state)
{
  (void)state;
  const row r[] = {{"mixed", 2, 0, 2}, {"mixed", 1, 0, 3}, {"mixed", 2, 0, 2}, {"LiCl", 2, 0, 2}};
  check_melts(r, 4, "LiCl", "");
}

static void multiples_of_a_formula_are_one_formula(void **state)
{
  (void)state;
  const row r[] = {{"LiCl", 2, 0, 2}, {"LiCl", 4, 0, 4}, {"Li3Cl", 3, 0, 1}};
  check_melts(r, 3, "LiCl", "");
}

static void a_formula_that_returns_does_not_make_up_for_another(void **state)
{
  (void)state;
  const row r[] = {{"mixed", 2, 0, 2}, {"mixed", 2, 0, 2}, {"mixed", 3, 0, 1}, {"mixed", 2, 0, 2}};
  check_melts(r, 4, "", "no melt: no composition of the data is one formula");
}

static void each_set_of_cations_has_one(void **state)
{
  (void)state;
  const row r[] = {{"LiCl", 2, 0, 2}, {"NaCl", 0, 2, 2}, {"NaCl", 0, 2, 2}, {"Na3Cl", 0, 3, 1}, {"LiNaCl2", 1, 1, 2}};
  check_melts(r, 5, "NaCl LiCl LiNaCl2", "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_name_that_stands_for_several_formulas_is_left_out),
                                     cmocka_unit_test(multiples_of_a_formula_are_one_formula),
                                     cmocka_unit_test(a_formula_that_returns_does_not_make_up_for_another),
                                     cmocka_unit_test(each_set_of_cations_has_one)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
