/* config: any elements - charges, roles, templates, what is stated; against arithmetic done by hand. */
#include <math.h>
#include <string.h>

#include "tests/unit/config/test_config_env.h"
#include "tests/vt_test.h"

static const vt_obs_doc any_residence = {.name = "residence",
                                         .doc = "residence times",
                                         .every_ps = 0.05,
                                         .every_lo_ps = 0.001,
                                         .every_hi_ps = 1000,
                                         .n_par = 1,
                                         .on_by_default = 1,
                                         .par = {{"count", VT_UNIT_ELEMENT, "the anion that is counted", 0, 94, 0}}};
static const vt_obs_doc *const any_obs[] = {&env_msd, &any_residence, NULL};
static const vt_campaign_env any = {.obs = any_obs, .pot_kinds = env_kinds, .probe = env_probe};

static vt_status parse(const char *compositions, const char *more, vt_campaign **c, vt_buf *said)
{
  char text[3000];
  vt_err err;
  vt_diags d;
  vt_err_clear(&err);
  int n = snprintf(text, sizeof text,
                   "vitrion: 1\ncampaign: t\npotential: {kind: lj}\ntemperatures: 500..700 K by 100 K\n"
                   "compositions: %s\n%s",
                   compositions, more);
  const vt_status rc = vt_campaign_parse(text, (size_t)n, "t.yaml", "/t", &any, c, &d, &err);
  vt_diags_format(&d, said);
  vt_diags_free(&d);
  if (rc == VT_OK) VT_TEST_OK(vt_campaign_resolve(*c, VT_SIMD_PORTABLE, &err), &err);
  return rc;
}

static vt_campaign *campaign(const char *compositions, const char *more)
{
  vt_buf said = {0};
  vt_campaign *c;
  if (parse(compositions, more, &c, &said) != VT_OK) fail_msg("%s", said.s);
  vt_buf_free(&said);
  return c;
}

static void refused(const char *compositions, const char *more, const char *const what[])
{
  vt_buf said = {0};
  vt_campaign *c;
  assert_int_equal(parse(compositions, more, &c, &said), VT_EPARSE);
  for (int i = 0; what[i]; i++)
    if (!strstr(said.s, what[i])) fail_msg("'%s' is not said in\n%s", what[i], said.s);
  vt_buf_free(&said);
}

static int species(const vt_composition *c, const char *symbol)
{
  for (int s = 0; s < c->n_species; s++)
    if (c->z[s] == vt_element_z(symbol)) return s;
  fail_msg("%s has no %s", c->name, symbol);
  return 0;
}

/* Formula units of 8, 9, 24, 8, 6, 2 atoms: of about 72 atoms the cells hold 9, 8, 3, 9, 12, 36 of them. */
static void formulas_of_any_elements_become_neutral_cells(void **state)
{
  (void)state;
  static const struct {
    const char *name;
    int units, atoms;
    const char *mobile;
  } want[] = {{"Li3PS4", 9, 72, "Li"},  {"Li2ZrCl6", 8, 72, "Li"}, {"Li7Zr2La3O12", 3, 72, "Li"},
              {"Na3SbS4", 9, 72, "Na"}, {"Na2SiO3", 12, 72, "Na"}, {"AgI", 36, 72, "Ag"}};
  vt_campaign *c = campaign("{include: [Li3PS4, Li2ZrCl6, Li7La3Zr2O12, Na3SbS4, Na2SiO3, AgI], atoms: 72}", "");
  assert_int_equal(c->n_comp, 6);
  for (int i = 0; i < 6; i++) {
    const vt_composition *x = &c->comp[i];
    int charge = 0;
    assert_string_equal(x->name, want[i].name);
    assert_string_equal(c->asked[i].formula, want[i].name);
    assert_string_equal(c->asked[i].alkali, want[i].mobile);
    assert_int_equal(x->n_atoms, want[i].atoms);
    for (int s = 0; s < x->n_species; s++) charge += x->charge[s] * x->count[s];
    assert_int_equal(charge, 0);
    assert_int_equal(x->count[species(x, want[i].mobile)] % want[i].units, 0);
  }
  assert_string_equal(c->asked[2].metal, "Zr0.4La0.6");
  assert_string_equal(c->asked[5].metal, "");
  assert_string_equal(c->asked[0].halogen, "S");
  near(c->asked[0].alkali_per_metal, 3, 1e-12);
  assert_int_equal(c->comp[0].charge[species(&c->comp[0], "P")], 5);
  vt_campaign_free(c);
}

/* The same compound twice, written in two ways, is one composition; oxyhalides keep their names per metal. */
static void equal_compositions_count_once_however_they_are_written(void **state)
{
  (void)state;
  vt_campaign *c = campaign("{include: [Li3PS4, Li6P2S8, Li2Al2Cl5O1.5], atoms: 84}", "");
  assert_int_equal(c->n_comp, 2);
  assert_string_equal(c->comp[0].name, "Li3PS4");
  assert_string_equal(c->comp[1].name, "LiAlCl2.5O0.75");
  vt_campaign_free(c);
}

static void assert_same_tasks_from_canon(const vt_campaign *c)
{
  vt_buf text = {0}, again = {0}, said = {0};
  vt_err err;
  vt_diags d;
  vt_campaign *back;
  vt_err_clear(&err);
  vt_campaign_canon(c, &text);
  if (vt_campaign_parse(text.s, text.len, "canon", "/t", &any, &back, &d, &err) != VT_OK) {
    vt_diags_format(&d, &said);
    fail_msg("%s\n%s", said.s, text.s);
  }
  vt_diags_free(&d);
  VT_TEST_OK(vt_campaign_resolve(back, VT_SIMD_PORTABLE, &err), &err);
  if (!vt_uid_equal(&back->id, &c->id)) fail_msg("other tasks from\n%s", text.s);
  for (int i = 0; i < c->n_comp; i++) assert_memory_equal(&back->asked[i], &c->asked[i], sizeof c->asked[i]);
  assert_memory_equal(&back->compare, &c->compare, sizeof c->compare);
  vt_campaign_canon(back, &again);
  assert_string_equal(text.s, again.s);
  vt_campaign_free(back);
  vt_buf_free(&text);
  vt_buf_free(&again);
}

/* In one campaign iron may be 2+ here and 3+ there; what was found is written down, and says so. */
static void several_oxidation_states_are_found_and_recorded(void **state)
{
  (void)state;
  vt_buf said = {0};
  vt_campaign *c;
  assert_int_equal(parse("{include: [LiFePO4, FePO4, Li2SO4], atoms: 56}", "", &c, &said), VT_OK);
  assert_non_null(strstr(said.s, "Fe +2"));
  assert_non_null(strstr(said.s, "Fe +3"));
  assert_non_null(strstr(said.s, "S +6"));
  assert_int_equal(c->comp[0].charge[species(&c->comp[0], "Fe")], 2);
  assert_int_equal(c->comp[1].charge[species(&c->comp[1], "Fe")], 3);
  assert_int_equal(vt_comp_role(&c->comp[2], species(&c->comp[2], "S")), VT_ROLE_NETWORK);
  assert_same_tasks_from_canon(c);
  vt_campaign_free(c);
  vt_buf_free(&said);
}

static void what_the_table_does_not_settle_is_refused_with_the_line_to_write(void **state)
{
  (void)state;
  refused("{include: [Li4P2S6]}", "", (const char *const[]){"5:26: ", "oxidation_states: {P: 4}", NULL});
  refused("{include: [CuFeS2]}", "",
          (const char *const[]){"neutral in several ways", "oxidation_states: {Cu: 1, Fe: 3}", NULL});
  refused("{include: [Fe3O4]}", "", (const char *const[]){"no common oxidation states make Fe3O4 neutral", NULL});
  refused("{include: [Li3PS3]}", "elements: {P: {charge: 5}}\n",
          (const char *const[]){"not neutral: the charges add up to +2", NULL});
  refused("{include: [XeF2]}", "", (const char *const[]){"Xe forms no ion", NULL});
  refused("{include: [SnO]}", "", (const char *const[]){"the radius of Sn with +2", "elements: {Sn: {radius: ", NULL});
  refused("{grid: {alkali: Li, metal: Fe, halogen: Cl, halogen_to_oxygen: 4}}", "",
          (const char *const[]){"Fe has several oxidation states", "oxidation_states: {Fe: 3}", NULL});
  vt_campaign *c = campaign("{include: [Li4P2S6, CuFeS2], atoms: 48, oxidation_states: {P: 4, Fe: 3}}",
                            "elements: {P: {radius: 0.3 A}}\n");
  assert_int_equal(c->comp[1].charge[species(&c->comp[1], "Cu")], 1);
  vt_campaign_free(c);
}

/* Stating what the table says changes nothing; another role, radius, bond is another task. */
static void statements_enter_the_identity_only_where_they_differ(void **state)
{
  (void)state;
  static const char include[] = "{include: [Li3PS4], atoms: 64}";
  static const char *const same[] = {"", "elements: {P: {charge: 5, role: network}, S: {charge: -2, role: anion}}\n",
                                     "elements: {Si: {charge: 4}}\n", "observe: {msd: {}, residence: {count: O}}\n"};
  static const char *const other[] = {"elements: {P: {role: mobile}}\n", "elements: {P: {radius: 0.3 A}}\n",
                                      "elements: {P: {bonds: {S: 2.05 A}}}\n", "elements: {S: {volume: 30 A^3}}\n",
                                      "observe: {msd: {}, residence: {count: S}}\n"};
  vt_uid id[6];
  for (int i = 0; i < 4; i++) {
    vt_campaign *c = campaign(include, same[i]);
    if (i > 0) assert_true(vt_uid_equal(&c->id, &id[0]));
    id[0] = c->id;
    assert_same_tasks_from_canon(c);
    vt_campaign_free(c);
  }
  for (int i = 0; i < 5; i++) {
    vt_campaign *c = campaign(include, other[i]);
    for (int j = 0; j <= i; j++) assert_false(vt_uid_equal(&c->id, &id[j]));
    id[i + 1] = c->id;
    assert_same_tasks_from_canon(c);
    if (i == 0) assert_int_equal(vt_comp_role(&c->comp[0], species(&c->comp[0], "P")), VT_ROLE_MOBILE);
    if (i == 2) near(vt_comp_bond_length(&c->comp[0], species(&c->comp[0], "S"), species(&c->comp[0], "P")), 2.05, 0);
    if (i == 4) assert_string_equal(vt_comp_counted(&c->comp[0]), "S");
    vt_campaign_free(c);
  }
}

static void mistakes_in_elements_are_all_named(void **state)
{
  (void)state;
  refused("{include: [Li3PS4]}",
          "elements: {Q: {}, P: {charge: 9, colour: red}, S: {role: metal, radius: 40 A}, Cl: {role: network}, "
          "Li: {bonds: {S: 2.4 A, S2: 1 A}}}\n",
          (const char *const[]){"'Q' is not the symbol", "9 is not a charge of P", "unknown key 'colour'",
                                "'metal' is not one of mobile, network, anion", "40 A is outside",
                                "Cl with -1 cannot be network", "'S2' is not the symbol", NULL});
  refused("{include: [Li3PS4], oxidation_states: {P: 3}}", "elements: {P: {charge: 5}}\n",
          (const char *const[]){"P has +3 here and +5 under elements", NULL});
  refused("{include: [Li3PS4]}", "observe: {residence: {count: Li}}\n", (const char *const[]){"Li is no anion", NULL});
}

/* 2 x 2 x 2 combinations less the two of {A: Na, M: Ga}; Li0.5Na0.5 with Al: 1 + 3 = 2.5 + 2 x 0.75. */
static void a_template_gives_every_combination_and_its_keys_as_factors(void **state)
{
  (void)state;
  vt_campaign *c = campaign("{template: {formula: \"A M X2.5 O0.75\", A: [{Li: 0.5, Na: 0.5}, Na], M: [Al, Ga], "
                            "X: [Cl, Br], exclude: [{A: Na, M: Ga}]}, atoms: 84}",
                            "");
  assert_int_equal(c->n_comp, 6);
  assert_string_equal(c->comp[0].name, "Li0.5Na0.5AlCl2.5O0.75");
  assert_int_equal(c->n_factors, 3);
  assert_string_equal(c->factor[0], "A");
  assert_string_equal(c->factor[2], "X");
  assert_string_equal(c->asked[0].label[0], "Li0.5Na0.5");
  assert_string_equal(c->asked[1].label[2], "Br");
  assert_true(c->compare.by_label[0] && c->compare.by_label[1] && c->compare.by_label[2] && !c->compare.by_alkali);
  assert_same_tasks_from_canon(c);
  vt_campaign_free(c);
  c = campaign("{template: {formula: \"Na3 M S4\", M: [P, Sb]}, include: [{formula: Li3PS4, factors: {family: "
               "thio, M: P}}], atoms: 64}",
               "compare: {by: [family, metal]}\n");
  assert_int_equal(c->n_comp, 3);
  assert_true(c->compare.by_metal && !c->compare.by_alkali && c->compare.by_label[1] && !c->compare.by_label[0]);
  assert_string_equal(c->asked[2].label[1], "thio");
  assert_string_equal(c->asked[0].label[1], "");
  assert_same_tasks_from_canon(c);
  vt_campaign_free(c);
}

static void mistakes_in_templates_are_named(void **state)
{
  (void)state;
  refused("{template: {formula: \"A M Cl4\", A: [Li], M: [Al, Zr]}}", "",
          (const char *const[]){"not neutral: the charges add up to +1", "Zr +4", NULL});
  refused(
      "{template: {formula: \"A Q4\", A: [Li], M: [Al], metal: [Al]}}", "",
      (const char *const[]){"no element symbol at 'Q4'", "the formula has no M", "'metal' cannot be the name", NULL});
  refused("{template: {A: [Li]}}", "", (const char *const[]){"expected a formula and its keys", NULL});
  refused("{template: {formula: \"A Cl\", A: [Li]}}", "compare: {by: [B]}\n",
          (const char *const[]){"'B' is not one of alkali, metal, halogen, halogen_to_oxygen, A", NULL});
  refused("{template: {formula: \"A Cl\", A: [Li], exclude: [{B: Li}]}}", "",
          (const char *const[]){"exclude: the formula has no key 'B'", NULL});
}

/* Li9.54Si1.74P1.44S11.7Cl0.3 (9.54 + 6.96 + 7.2 = 23.4 + 0.3) has no exact cell but of 412 atoms (2472 / 6) and its
 * multiples. */
static void inexact_cells_of_any_elements_are_neutral(void **state)
{
  (void)state;
  for (int atoms = 100; atoms < 370; atoms += 23) {
    char text[120];
    (void)snprintf(text, sizeof text, "{include: [Li9.54Si1.74P1.44S11.7Cl0.3], atoms: %d}", atoms);
    vt_campaign *c = campaign(text, "");
    const vt_composition *x = &c->comp[0];
    int charge = 0, n = 0;
    for (int s = 0; s < x->n_species; s++) {
      assert_true(x->count[s] > 0);
      charge += x->charge[s] * x->count[s];
      n += x->count[s];
    }
    assert_int_equal(charge, 0);
    assert_int_equal(n, x->n_atoms);
    assert_true(n >= 0.9 * atoms && n <= 1.1 * atoms);
    assert_true(c->asked[0].worst_ratio_error > 0);
    vt_campaign_free(c);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formulas_of_any_elements_become_neutral_cells),
      cmocka_unit_test(equal_compositions_count_once_however_they_are_written),
      cmocka_unit_test(several_oxidation_states_are_found_and_recorded),
      cmocka_unit_test(what_the_table_does_not_settle_is_refused_with_the_line_to_write),
      cmocka_unit_test(statements_enter_the_identity_only_where_they_differ),
      cmocka_unit_test(mistakes_in_elements_are_all_named),
      cmocka_unit_test(a_template_gives_every_combination_and_its_keys_as_factors),
      cmocka_unit_test(mistakes_in_templates_are_named),
      cmocka_unit_test(inexact_cells_of_any_elements_are_neutral),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
