/* Extended XYZ as other programs write it: what is needed is understood or refused, what is not needed stops nothing.
 */
#include <math.h>
#include <string.h>

#include "engine/sys/sys.h"
#include "tests/vt_test.h"

#define LATTICE "Lattice=\"10 0 0 0 10 0 0 0 10\""
#define ATOM    "\nO 1 2 3\n"

static vt_status dialect(const char *text, vt_structure *s, vt_err *err)
{
  vt_xyz *x;
  int got;
  memset(err, 0, sizeof *err);
  VT_TEST_OK(vt_xyz_open_text(&x, "f.xyz", text, strlen(text), err), err);
  const vt_status rc = vt_xyz_next(x, s, &got, err);
  vt_xyz_close(x);
  return rc;
}

static vt_structure understood(const char *text)
{
  vt_structure s;
  vt_err err;
  if (dialect(text, &s, &err) != VT_OK) fail_msg("%s\nrefused: %s", text, err.text);
  return s;
}

static void not_understood(const char *text, const char *message)
{
  vt_structure s;
  vt_err err;
  if (dialect(text, &s, &err) != VT_EPARSE) fail_msg("accepted: %s", text);
  if (!strstr(err.text, message)) fail_msg("got '%s'\nexpected '%s'", err.text, message);
}

/* extxyz: rows of the matrix are cell vectors. */
static void a_lattice_may_be_an_array(void **state)
{
  (void)state;
  const char *const same[] = {"1\nLattice=[[1, 2, 3], [0, 4, 5], [0, 0, 6]] pbc=[T, T, T]" ATOM,
                              "1\nLattice=[[1,2,3],[0,4,5],[0,0,6]]" ATOM, "1\nLattice={1 2 3 0 4 5 0 0 6}" ATOM,
                              "1\nLattice = \"1 2 3 0 4 5 0 0 6\" pbc = {1 1 1}" ATOM,
                              "\xEF\xBB\xBF"
                              "1\nlattice='1 2 3 0 4 5 0 0 6' pbc=\"True true TRUE\"" ATOM};
  for (size_t k = 0; k < sizeof same / sizeof *same; k++) {
    vt_structure s = understood(same[k]);
    const double want[3][3] = {{1, 2, 3}, {0, 4, 5}, {0, 0, 6}};
    assert_memory_equal(s.cell.h, want, sizeof want);
    vt_structure_free(&s);
  }
  not_understood("1\nLattice=[[1,2],[0,4]]" ATOM, "Lattice has 4 numbers, expected 9");
}

static void pbc_has_three_values_that_are_true(void **state)
{
  (void)state;
  not_understood("1\n" LATTICE " pbc=\"T T\"" ATOM, "f.xyz:2:37: pbc has 2 values, expected 3 in quotes or brackets");
  not_understood("1\n" LATTICE " pbc=T T F" ATOM, "pbc has 1 value, expected 3");
  not_understood("1\n" LATTICE " pbc=[T, T, F]" ATOM, "pbc 'F': only cells periodic in all three directions");
  not_understood("1\n" LATTICE " pbc=" ATOM, "pbc has 0 values");
  not_understood("1\n" LATTICE " pbc=TTT" ATOM, "pbc 'TTT'");
}

static void an_energy_that_is_no_number_is_noted_and_passed_over(void **state)
{
  (void)state;
  const struct {
    const char *comment, *ignored;
    double energy;
  } row[] = {{LATTICE " energy=None", "energy=None", NAN},
             {LATTICE " energy=\"_JSON 70.38\"", "energy=\"_JSON 70.38", NAN},
             {LATTICE " energy={\"a\": 1} x=2", "energy={\"a\": 1}", NAN},
             {LATTICE " energy", "energy", NAN},
             {LATTICE " Energy=0x10", "Energy=0x10", NAN},
             {LATTICE " Potential energy = -1.5", "", -1.5},
             {"i = 3, time = 0.5, E = -2, " LATTICE, "", NAN},
             {LATTICE " energy=-2.5", "", -2.5}};
  for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
    char text[256];
    (void)snprintf(text, sizeof text, "1\n%s" ATOM, row[k].comment);
    vt_structure s = understood(text);
    assert_string_equal(s.ignored, row[k].ignored);
    assert_true(isnan(row[k].energy) ? isnan(s.energy) : s.energy == row[k].energy);
    vt_structure_free(&s);
  }
}

static void times_steps_and_replicas_are_noted(void **state)
{
  (void)state;
  vt_structure s = understood("1\n" LATTICE " step=40 Time=0.50 replica=3" ATOM);
  assert_string_equal(s.time.key, "Time");
  assert_true(s.time.value == 0.5 && s.step.value == 40);
  near(s.time.digit, 0.01, 1e-15);
  near(s.step.digit, 1, 0);
  assert_true(s.time.digits == 2 && s.step.digits == 2);
  assert_string_equal(s.replica, "3");
  vt_structure_free(&s);
  s = understood("1\ni = 3, time = 1.50e3, E = -2, " LATTICE ATOM);
  assert_true(s.time.value == 1500);
  near(s.time.digit, 10, 1e-12);
  assert_true(isnan(s.step.value));
  vt_structure_free(&s);
  s = understood("1\n" LATTICE " time=noon" ATOM);
  assert_true(isnan(s.time.value) && s.time.key[0] == '\0');
  vt_structure_free(&s);
}

static void atomic_numbers_stand_for_symbols(void **state)
{
  (void)state;
  vt_structure s = understood("2\n" LATTICE " Properties=Z:I:1:pos:R:3\n3 1 2 3\n17 4 5 6\n");
  assert_string_equal(s.symbol[0], "Li");
  assert_string_equal(s.symbol[1], "Cl");
  vt_structure_free(&s);
  s = understood("1\n" LATTICE " Properties=species:S:1:pos:R:3:Z:I:1\nO 1 2 3 99\n"); /* the symbol says it */
  assert_string_equal(s.symbol[0], "O");
  vt_structure_free(&s);
  not_understood("1\n" LATTICE " Properties=numbers:I:1:pos:R:3\n0 1 2 3\n", "'0' is not an atomic number");
  not_understood("1\n" LATTICE " Properties=Z:I:1:pos:R:3\n3.0 1 2 3\n", "'3.0' is not an atomic number");
}

static void columns_that_nobody_needs_may_hold_anything(void **state)
{
  (void)state;
  vt_structure s = understood("1\n" LATTICE " Properties=species:S:1:pos:R:3:vel:R:3:id:S:1\nO 1 2 3 nan 0 x q\n");
  assert_true(isnan(s.v[0][0]) && s.v[0][1] == 0 && isnan(s.v[0][2]));
  assert_null(s.id);
  vt_structure_free(&s);
}

static void ids_order_atoms(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_structure s =
      understood("3\n" LATTICE " Properties=id:I:1:species:S:1:pos:R:3\n7 O 7 0 0\n-2 Li 2 0 0\n5 Cl 5 0 0\n");
  VT_TEST_OK(vt_structure_by_id(&s, "f.xyz", &err), &err);
  const int64_t id[] = {-2, 5, 7};
  assert_memory_equal(s.id, id, sizeof id);
  assert_string_equal(s.symbol[0], "Li");
  assert_string_equal(s.symbol[2], "O");
  assert_true(s.x[0][0] == 2 && s.x[1][0] == 5 && s.x[2][0] == 7);
  assert_int_equal(vt_structure_line(&s, 0), 4); /* where it stands in the file */
  assert_int_equal(vt_structure_line(&s, -2), 1);
  vt_structure_free(&s);
  s = understood("3\n" LATTICE " Properties=id:I:1:species:S:1:pos:R:3\n7 O 7 0 0\n2 Li 2 0 0\n7 Cl 5 0 0\n");
  VT_TEST_REFUSED(vt_structure_by_id(&s, "f.xyz", &err), VT_EPARSE, &err,
                  "f.xyz:5: id 7 stands in line 3 of this frame, too");
  vt_structure_free(&s);
  not_understood("1\n" LATTICE " Properties=id:I:1:species:S:1:pos:R:3\nx O 1 2 3\n",
                 "'x' in column 1, expected the whole");
}

static void a_file_cut_in_its_last_number_is_refused(void **state)
{
  (void)state;
  not_understood("1\n" LATTICE "\nO 1 2 3", "f.xyz:3: the last line has no end: the file may be cut");
  not_understood("1\n" LATTICE "\nO 1 2 3.1", "f.xyz:3: the last line has no end");
  vt_structure s = understood("1\n" LATTICE "\nO 1 2 3\n \t");
  vt_structure_free(&s);
}

static void a_file_of_empty_lines_ends(void **state)
{
  (void)state;
  char text[2002];
  memset(text, '\n', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  not_understood(text, "more than 1000 empty lines, expected a frame");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_lattice_may_be_an_array),
      cmocka_unit_test(pbc_has_three_values_that_are_true),
      cmocka_unit_test(an_energy_that_is_no_number_is_noted_and_passed_over),
      cmocka_unit_test(times_steps_and_replicas_are_noted),
      cmocka_unit_test(atomic_numbers_stand_for_symbols),
      cmocka_unit_test(columns_that_nobody_needs_may_hold_anything),
      cmocka_unit_test(ids_order_atoms),
      cmocka_unit_test(a_file_cut_in_its_last_number_is_refused),
      cmocka_unit_test(a_file_of_empty_lines_ends),
  };
  return cmocka_run_group_tests_name("xyz_dialects", tests, NULL, NULL);
}
