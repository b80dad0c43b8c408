/* config: composition algebra and integer cells, against arithmetic done by hand.
 *
 * By hand: a alkali ions and one metal M(z+), r = X/O: n_O = (a + z)/(r + 2), n_X = r n_O. */
#include <math.h>
#include <string.h>

#include "tests/unit/config/test_config_env.h"
#include "tests/vt_test.h"

static vt_campaign *campaign_with(const char *compositions)
{
  char text[2000];
  vt_err err;
  vt_diags d;
  vt_campaign *c;
  vt_err_clear(&err);
  int n = snprintf(text, sizeof text,
                   "vitrion: 1\ncampaign: t\npotential: {kind: nep, file: twelve.nep.txt}\n"
                   "temperatures: 500..700 K by 100 K\ncompositions: %s\n",
                   compositions);
  if (vt_campaign_parse(text, (size_t)n, "t.yaml", "/t", &env_fixed, &c, &d, &err) != VT_OK) {
    vt_buf b = {0};
    vt_diags_format(&d, &b);
    fail_msg("%s\n%s", err.text, b.len ? b.s : "");
  }
  vt_diags_free(&d);
  return c;
}

static int count_of(const vt_composition *c, const char *symbol)
{
  for (int i = 0; i < c->n_species; i++)
    if (c->z[i] == vt_element_z(symbol)) return c->count[i];
  return 0;
}

static void assert_neutral(const vt_composition *c)
{
  int q = 0, n = 0;
  for (int i = 0; i < c->n_species; i++) q += c->charge[i] * c->count[i], n += c->count[i];
  assert_int_equal(q, 0);
  assert_int_equal(n, c->n_atoms);
}

/* Four formula units LiAlCl2.5O0.75 are Li4 Al4 Cl10 O3: 21 atoms, neutral (4 + 12 = 10 + 6).  84, 168, 336 are
 * 4, 8, 16 times that; 340 is nearest to 16 x 21 = 336; 100 to 5 x 21 = 105. */
static void laco_cells_are_exact_multiples_of_21_atoms(void **state)
{
  (void)state;
  static const int want[][2] = {{84, 84}, {168, 168}, {336, 336}, {340, 336}, {100, 105}};
  for (int i = 0; i < 5; i++) {
    char text[120];
    (void)snprintf(text, sizeof text, "{include: [LiAlCl2.5O0.75], atoms: %d}", want[i][0]);
    vt_campaign *c = campaign_with(text);
    int times = want[i][1] / 21;
    assert_int_equal(c->n_comp, 1);
    assert_int_equal(c->comp[0].n_atoms, want[i][1]);
    assert_int_equal(count_of(&c->comp[0], "Li"), 4 * times);
    assert_int_equal(count_of(&c->comp[0], "Al"), 4 * times);
    assert_int_equal(count_of(&c->comp[0], "Cl"), 10 * times);
    assert_int_equal(count_of(&c->comp[0], "O"), 3 * times);
    assert_true(c->asked[0].worst_ratio_error == 0);
    assert_neutral(&c->comp[0]);
    vt_campaign_free(c);
  }
}

/* a = 1, z = 3, r = 10/3: n_O = 4/(16/3) = 3/4, n_X = 10/3 x 3/4 = 5/2. */
static void the_grid_point_of_ratio_ten_thirds_is_laco(void **state)
{
  (void)state;
  vt_campaign *c =
      campaign_with("{grid: {alkali: [Li], metal: [Al], halogen: [Cl], halogen_to_oxygen: [2.5/0.75]}, atoms: 84}");
  assert_string_equal(c->comp[0].name, "LiAlCl2.5O0.75");
  assert_string_equal(c->asked[0].formula, "LiAlCl2.5O0.75");
  assert_string_equal(c->asked[0].alkali, "Li");
  assert_string_equal(c->asked[0].metal, "Al");
  assert_string_equal(c->asked[0].halogen, "Cl");
  assert_true(c->asked[0].halogen_to_oxygen == 10.0 / 3);
  assert_true(c->asked[0].alkali_per_metal == 1);
  assert_int_equal(c->comp[0].n_atoms, 84);
  vt_campaign_free(c);
}

/* a = 1, z = 5, r = 4: n_O = 6/6 = 1, n_X = 4: LiTaOCl4, 7 atoms. */
static void ratio_four_of_a_pentavalent_metal_is_litaocl4_and_counts_once(void **state)
{
  (void)state;
  vt_campaign *c = campaign_with("{grid: {alkali: [Li], metal: [Ta], halogen: [Cl], halogen_to_oxygen: [4]}, "
                                 "include: [LiTaOCl4, Li2Ta2O2Cl8], atoms: 70}");
  assert_int_equal(c->n_comp, 1);
  assert_string_equal(c->comp[0].name, "LiTaCl4O");
  assert_int_equal(count_of(&c->comp[0], "Cl"), 40);
  assert_int_equal(count_of(&c->comp[0], "O"), 10);
  assert_int_equal(c->comp[0].z[0], 3); /* canonical order: alkali, metal, halogen, oxygen */
  assert_int_equal(c->comp[0].z[1], 73);
  assert_int_equal(c->comp[0].z[2], 17);
  assert_int_equal(c->comp[0].z[3], 8);
  vt_campaign_free(c);
}

/* Half Li half Na, half Ta half Al: z = 4, r = 3: n_O = 5/5 = 1, n_X = 3: Li0.5Na0.5Ta0.5Al0.5Cl3O, two formula units
 * are 1 + 1 + 1 + 1 + 6 + 2 = 12 atoms. Metals stand by atomic number: Al before Ta. */
static void mixtures_take_their_mean_charge(void **state)
{
  (void)state;
  vt_campaign *c = campaign_with("{grid: {alkali: [{Li: 0.5, Na: 1/2}], metal: [{Ta: 0.5, Al: 0.5}], halogen: [Cl], "
                                 "halogen_to_oxygen: [3]}, atoms: 120}");
  assert_string_equal(c->comp[0].name, "Li0.5Na0.5Al0.5Ta0.5Cl3O");
  assert_string_equal(c->asked[0].alkali, "Li0.5Na0.5");
  assert_int_equal(c->comp[0].n_atoms, 120);
  assert_int_equal(count_of(&c->comp[0], "Ta"), 10);
  assert_int_equal(count_of(&c->comp[0], "Cl"), 60);
  assert_neutral(&c->comp[0]);
  vt_campaign_free(c);
}

/* Shares of 1/3 as fractions and as nine decimals are the same composition. */
static void thirds_may_be_written_as_fractions_or_as_decimals(void **state)
{
  (void)state;
  vt_campaign *c = campaign_with("{grid: {alkali: [{Li: 1/3, Na: 1/3, K: 1/3}, {Li: 0.333333333, Na: 0.333333333, "
                                 "K: 0.333333333}], metal: [Ta], halogen: [Cl], halogen_to_oxygen: [4]}, atoms: 84}");
  assert_int_equal(c->n_comp, 1);
  assert_string_equal(c->asked[0].formula, "Li1/3Na1/3K1/3TaCl4O");
  assert_string_equal(c->comp[0].name, "Li0.333333Na0.333333K0.333333TaCl4O");
  assert_int_equal(count_of(&c->comp[0], "K"), 4);
  vt_campaign_free(c);
}

/* Without oxygen all charge is on the halogen: a + z = 6: NaTaCl6, 8 atoms. */
static void halogen_only_is_natacl6(void **state)
{
  (void)state;
  vt_campaign *c = campaign_with("{grid: {alkali: [Na], metal: [Ta], halogen: [Cl], "
                                 "halogen_to_oxygen: [halogen_only]}, include: [NaTaCl6], atoms: 80}");
  assert_int_equal(c->n_comp, 1);
  assert_string_equal(c->comp[0].name, "NaTaCl6");
  assert_int_equal(c->comp[0].n_species, 3);
  assert_true(isinf(c->asked[0].halogen_to_oxygen) && isinf(c->asked[0].got_halogen_to_oxygen));
  assert_int_equal(count_of(&c->comp[0], "Cl"), 60);
  vt_campaign_free(c);
}

/* r = 6 with Al: n_O = 4/8 = 1/2, n_X = 3. a = 1.5 with Ta, r = 4: n_O = 6.5/6 = 13/12, n_X = 13/3. */
static void formulas_keep_fractions_that_no_decimal_holds(void **state)
{
  (void)state;
  vt_campaign *c = campaign_with("{grid: {alkali: [Li], metal: [Al], halogen: [Cl], halogen_to_oxygen: [6]}}");
  assert_string_equal(c->asked[0].formula, "LiAlCl3O0.5");
  vt_campaign_free(c);
  c = campaign_with(
      "{grid: {alkali: [Li], metal: [Ta], halogen: [Cl], halogen_to_oxygen: [4], alkali_per_metal: [1.5]}}");
  assert_string_equal(c->asked[0].formula, "Li1.5TaCl13/3O13/12");
  assert_true(c->asked[0].alkali_per_metal == 1.5);
  vt_campaign_free(c);
}

/* r = 3.7, Li Ta: the exact cell has 19 Li 19 Ta 74 Cl 20 O = 132 atoms (n_O = 6/5.7 = 20/19). Asked for 60 atoms no
 * multiple fits; neutral cells there have Cl + 2 O = 6 m for m = n_Li = n_Ta.  The counts must be neutral, within 10 %,
 * and no other neutral cell with n_Li = n_Ta may be nearer to r; the search below is exhaustive. */
static void an_inexact_cell_has_the_least_error_of_all_near_cells(void **state)
{
  (void)state;
  vt_campaign *c =
      campaign_with("{grid: {alkali: [Li], metal: [Ta], halogen: [Cl], halogen_to_oxygen: [3.7]}, atoms: 60}");
  const vt_composition *k = &c->comp[0];
  assert_string_equal(c->asked[0].formula, "LiTaCl74/19O20/19");
  assert_neutral(k);
  assert_true(k->n_atoms >= 54 && k->n_atoms <= 66);
  double least = 1e9;
  for (int m = 1; m < 20; m++)
    for (int o = 1; o < 3 * m; o++) {
      int x = 6 * m - 2 * o, total = 2 * m + x + o;
      if (total >= 54 && total <= 66) least = fmin(least, fabs((double)x / o / 3.7 - 1));
    }
  double got = c->asked[0].got_halogen_to_oxygen;
  assert_true(got == (double)count_of(k, "Cl") / count_of(k, "O"));
  assert_true(c->asked[0].worst_ratio_error <= least + 1e-12);
  assert_true(fabs(fabs(got / 3.7 - 1) - c->asked[0].worst_ratio_error) < 1e-12 ||
              c->asked[0].got_alkali_per_metal != 1);
  vt_campaign_free(c);
  c = campaign_with("{grid: {alkali: [Li], metal: [Ta], halogen: [Cl], halogen_to_oxygen: [3.7]}, atoms: 125}");
  assert_int_equal(c->comp[0].n_atoms, 132); /* within 10 % the exact cell wins */
  assert_true(c->asked[0].worst_ratio_error == 0);
  vt_campaign_free(c);
}

/* Without halogen only an even positive charge can be balanced: Li1.01AlO2.005 has no exact cell of less than 803 atoms
 * (200 times 4.015); whatever cell is taken must be neutral, n_Li + 3 n_Al = 2 n_O. */
static void every_inexact_cell_is_neutral_even_without_halogen(void **state)
{
  (void)state;
  static const char *const formula[] = {"Li1.01AlO2.005",           "Li0.37Na0.64AlO2.005",     "Li1.3Al0.7Ta0.3O2.45",
                                        "LiAl0.61Ta0.39Cl1.78O1.5", "Na0.99AlBr0.333Cl0.657I3", "Li0.77K0.23TaO3"};
  for (int i = 0; i < 6; i++)
    for (int atoms = 30; atoms < 260; atoms += 17) {
      char text[120];
      (void)snprintf(text, sizeof text, "{include: [%s], atoms: %d}", formula[i], atoms);
      vt_campaign *c = campaign_with(text);
      assert_neutral(&c->comp[0]);
      for (int k = 0; k < c->comp[0].n_species; k++) assert_true(c->comp[0].count[k] > 0);
      assert_true(c->comp[0].n_atoms <= 1.1 * atoms && c->comp[0].n_atoms >= 0.9 * atoms);
      vt_campaign_free(c);
    }
}

/* Ta(IV) declared: NaTaCl5 is neutral (1 + 4 = 5). */
static void declared_charges_replace_the_defaults(void **state)
{
  (void)state;
  vt_campaign *c = campaign_with("{include: [NaTaCl5], oxidation_states: {Ta: 4}, atoms: 70}");
  assert_int_equal(c->comp[0].charge[1], 4);
  assert_neutral(&c->comp[0]);
  vt_campaign_free(c);
}

/* 2 x 2 x 1 x 2 = 8 points; {metal: Al, r: 6} takes away two (Li, Na); a list of values takes away any of them. */
static void exclusions_take_away_the_points_that_match_all_their_factors(void **state)
{
  (void)state;
  static const char grid[] =
      "grid: {alkali: [Li, Na], metal: [Al, Ta], halogen: [Cl], halogen_to_oxygen: [4, 12/2]}, atoms: 84";
  char text[300];
  (void)snprintf(text, sizeof text, "{%s, exclude: [{metal: Al, halogen_to_oxygen: 6}]}", grid);
  vt_campaign *c = campaign_with(text);
  assert_int_equal(c->n_comp, 6);
  for (int i = 0; i < 6; i++) assert_false(strcmp(c->asked[i].metal, "Al") == 0 && c->asked[i].halogen_to_oxygen == 6);
  vt_campaign_free(c);
  (void)snprintf(text, sizeof text, "{%s, exclude: [{metal: [Al, Nb], alkali: Li}, {alkali: Na, metal: Ta}]}", grid);
  c = campaign_with(text);
  assert_int_equal(c->n_comp, 4);
  vt_campaign_free(c);
}

/* Of {Ta, Nb} x {Cl, Br} the campaign's species are Li, Nb, Ta, Cl, Br, O: by role, then by atomic number. */
static void species_of_the_campaign_are_in_canonical_order(void **state)
{
  (void)state;
  static const int want[] = {3, 41, 73, 17, 35, 8};
  vt_campaign *c =
      campaign_with("{grid: {alkali: [Li], metal: [Ta, Nb], halogen: [Br, Cl], halogen_to_oxygen: [4]}, atoms: 84}");
  assert_int_equal(c->n_species, 6);
  for (int i = 0; i < 6; i++) assert_int_equal(c->z[i], want[i]);
  vt_campaign_free(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(laco_cells_are_exact_multiples_of_21_atoms),
      cmocka_unit_test(the_grid_point_of_ratio_ten_thirds_is_laco),
      cmocka_unit_test(ratio_four_of_a_pentavalent_metal_is_litaocl4_and_counts_once),
      cmocka_unit_test(mixtures_take_their_mean_charge),
      cmocka_unit_test(thirds_may_be_written_as_fractions_or_as_decimals),
      cmocka_unit_test(halogen_only_is_natacl6),
      cmocka_unit_test(formulas_keep_fractions_that_no_decimal_holds),
      cmocka_unit_test(an_inexact_cell_has_the_least_error_of_all_near_cells),
      cmocka_unit_test(every_inexact_cell_is_neutral_even_without_halogen),
      cmocka_unit_test(declared_charges_replace_the_defaults),
      cmocka_unit_test(exclusions_take_away_the_points_that_match_all_their_factors),
      cmocka_unit_test(species_of_the_campaign_are_in_canonical_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
