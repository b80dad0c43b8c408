/* spec: units, elements, contacts, hashes, array shapes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/spec/spec.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ units */

/* References computed from CODATA 2018 with scipy.constants:
 *   /usr/bin/python3 -c "from scipy.constants import *; print((atomic_mass*1e-20/e)**.5*1e15, e*1e21,
 *                        atomic_mass*1e27, e**2/(6*k)*1e-8*1e30*10)" */
static void units_agree_with_codata(void **state)
{
  (void)state;
  near_relative(vt_unit_fs_from_time(1), 10.180505710759414, 1e-9);
  near_relative(vt_unit_gpa_from_pressure(1), 160.2176634, 1e-12);
  near_relative(vt_unit_g_cm3(1, 1), 1.6605390666, 1e-9);
  near_relative(vt_unit_sigma_mS_cm(1, 1, 1), 30987479.638628516, 1e-9);
}

static void units_go_there_and_back(void **state)
{
  (void)state;
  near_relative(vt_unit_fs_from_time(vt_unit_time_from_fs(2.5)), 2.5, 1e-15);
  near_relative(vt_unit_gpa_from_pressure(vt_unit_pressure_from_gpa(-0.3)), -0.3, 1e-15);
}

/* Water: 18.015 u in 29.9 A^3 is 1.0 g/cm^3 (textbook: 0.997 at 25 C with 30.0 A^3). */
static void density_of_water(void **state)
{
  (void)state;
  near_relative(vt_unit_g_cm3(18.015, 30.0), 0.997, 1e-3);
}

/* Nernst-Einstein by hand for 1 carrier per nm^3 with D = 1e-5 cm^2/s at 300 K: sigma = n e^2 D / (kB T)
 * = 1e27 * 2.566970e-38 * 1e-9 / 4.141947e-21 S/m = 6.1975 S/m = 61.975 mS/cm; the slope is 6 D = 0.6 A^2/ps * N. */
static void sigma_of_independent_carriers_is_nernst_einstein(void **state)
{
  (void)state;
  near_relative(vt_unit_sigma_mS_cm(6 * 0.1 * 1e1, 300, 1000), 10 * 61.975, 1e-4);
}

/* ------------------------------------------------------------------ elements */

static void symbols_and_atomic_numbers_are_inverse(void **state)
{
  (void)state;
  static const char *const wrong[] = {"", "li", "LI", "Xx", "Li ", "Pux", "Am"};
  for (int z = 1; z <= 94; z++) assert_int_equal(vt_element_z(vt_element_symbol(z)), z);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) assert_int_equal(vt_element_z(wrong[i]), 0);
  assert_null(vt_element_symbol(0));
  assert_null(vt_element_symbol(95));
  assert_null(vt_element_symbol(-1));
  assert_int_equal(vt_element_z("Li"), 3);
  assert_int_equal(vt_element_z("Ta"), 73);
}

/* Masses rise with z but for these pairs, which is why the table is by number and not by mass (Moseley). */
static void masses_rise_but_for_the_known_inversions(void **state)
{
  (void)state;
  static const int inverted[] = {18, 27, 52, 90, 92}; /* Ar-K, Co-Ni, Te-I, Th-Pa, U-Np */
  for (int z = 1; z < 94; z++) {
    int known = 0;
    for (size_t i = 0; i < sizeof inverted / sizeof inverted[0]; i++) known |= inverted[i] == z;
    if (!known && !(vt_element_mass(z + 1) > vt_element_mass(z))) fail_msg("z = %d and %d", z, z + 1);
  }
  assert_true(vt_element_mass(0) == 0 && vt_element_mass(95) == 0);
}

/* Molar masses as supplier catalogues print them (2 decimals): LiCl 42.39, AlCl3 133.34, TaCl5 358.20, InBr3 354.53, KI
 * 166.00, NbF5 187.90, Ga2O3 187.44, CsCl 168.36, RbBr 165.37, NaCl 58.44. */
static void masses_give_the_handbooks_molar_masses(void **state)
{
  (void)state;
  static const struct {
    const char *a, *b;
    int na, nb;
    double molar;
  } salt[] = {{"Li", "Cl", 1, 1, 42.39},  {"Al", "Cl", 1, 3, 133.34}, {"Ta", "Cl", 1, 5, 358.20},
              {"In", "Br", 1, 3, 354.53}, {"K", "I", 1, 1, 166.00},   {"Nb", "F", 1, 5, 187.90},
              {"Ga", "O", 2, 3, 187.44},  {"Cs", "Cl", 1, 1, 168.36}, {"Rb", "Br", 1, 1, 165.37},
              {"Na", "Cl", 1, 1, 58.44}};
  for (size_t i = 0; i < sizeof salt / sizeof salt[0]; i++) {
    double m =
        salt[i].na * vt_element_mass(vt_element_z(salt[i].a)) + salt[i].nb * vt_element_mass(vt_element_z(salt[i].b));
    if (fabs(m - salt[i].molar) > 0.011) fail_msg("%s%s: %g, expected %g", salt[i].a, salt[i].b, m, salt[i].molar);
  }
}

static void roles_and_charges_are_those_of_the_campaign_format(void **state)
{
  (void)state;
  static const struct {
    const char *symbols;
    char role;
    int charge;
  } row[] = {{"Li Na K Rb Cs", 'A', 1}, {"Al Ga In", 'M', 3}, {"Nb Ta", 'M', 5},
             {"F Cl Br I", 'X', -1},    {"O", 'O', -2},       {"He Xe Rn", '?', 0}};
  for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
    for (const char *s = row[i].symbols; *s;) {
      char symbol[4] = {0};
      size_t n = strcspn(s, " ");
      memcpy(symbol, s, n);
      s += n + (s[n] == ' ');
      int z = vt_element_z(symbol);
      assert_int_equal(vt_element_role(z), row[i].role);
      assert_int_equal(vt_element_charge(z), row[i].charge);
      assert_int_equal(vt_element_volume(z) > 0, row[i].role != '?');
    }
}

/* 105 A^3 per LiAlCl2.5O0.75 follows from the crystals; a glass takes 5 to 10 % more. */
static void a_formula_unit_has_the_volume_of_a_glass(void **state)
{
  (void)state;
  double v = vt_element_volume(3) + vt_element_volume(13) + 2.5 * vt_element_volume(17) + 0.75 * vt_element_volume(8);
  assert_true(v > 1.05 * 105 && v < 1.10 * 105);
  near_relative(vt_element_volume(3) + vt_element_volume(13) + 4 * vt_element_volume(53), 224, 1e-12);
}

/* ------------------------------------------------------------------ contacts for packing */

/* The distances that the glass protocol asks for. */
static void contacts_are_those_of_the_packing_protocol(void **state)
{
  (void)state;
  enum { O = 8, LI = 3, NA = 11, K = 19, AL = 13, TA = 73, F = 9, CL = 17, BR = 35, I = 53 };
  assert_true(vt_pair_min_distance(LI, LI) == 3.0 && vt_pair_min_distance(AL, TA) == 3.0);
  assert_true(vt_pair_min_distance(AL, O) == 1.6 && vt_pair_min_distance(TA, CL) == 2.0);
  assert_true(vt_pair_min_distance(O, O) == 2.6 && vt_pair_min_distance(CL, CL) == 3.0);
  assert_true(vt_pair_min_distance(BR, BR) == 3.2 && vt_pair_min_distance(I, I) == 3.6);
  assert_true(vt_pair_min_distance(LI, CL) == 2.1 && vt_pair_min_distance(LI, O) == 1.8);
  assert_true(vt_pair_min_distance(K, CL) > vt_pair_min_distance(NA, CL));
  assert_true(vt_pair_min_distance(NA, CL) > vt_pair_min_distance(LI, CL));
  assert_true(vt_pair_min_distance(AL, I) > vt_pair_min_distance(AL, BR));
  assert_true(vt_pair_min_distance(AL, BR) > vt_pair_min_distance(AL, CL));
  assert_true(vt_pair_min_distance(AL, CL) > vt_pair_min_distance(AL, F));
}

static void every_contact_is_symmetric_and_positive(void **state)
{
  (void)state;
  for (int a = 1; a <= 94; a++)
    for (int b = 1; b <= 94; b++) {
      double d = vt_pair_min_distance(a, b);
      assert_true(d == vt_pair_min_distance(b, a));
      assert_true(d >= 1 && d <= 4);
    }
}

/* ------------------------------------------------------------------ SHA-256 */

/* FIPS 180-4 examples (NIST CSRC): empty, "abc", the 56-byte message, a million 'a'. */
static void sha256_gives_the_known_answers(void **state)
{
  (void)state;
  static const struct {
    const char *text, *hex;
  } kat[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
  };
  static char million[1000000];
  vt_uid u;
  char hex[65];
  for (size_t i = 0; i < sizeof kat / sizeof kat[0]; i++) {
    vt_sha256(kat[i].text, strlen(kat[i].text), &u);
    vt_uid_hex(&u, hex);
    assert_string_equal(hex, kat[i].hex);
  }
  memset(million, 'a', sizeof million);
  vt_sha256(million, sizeof million, &u);
  vt_uid_hex(&u, hex);
  assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* A file longer than one piece of the reader, of a length that is no multiple of it. */
static void the_sha256_of_a_file_is_that_of_its_bytes(void **state)
{
  (void)state;
  static char bytes[200001];
  char path[VT_TEST_PATH];
  vt_uid of_bytes, of_file;
  vt_err err;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * i);
  vt_test_file(path, "");
  VT_TEST_OK(vt_file_replace(path, bytes, sizeof bytes, &err), &err);
  VT_TEST_OK(vt_sha256_file(path, &of_file, &err), &err);
  (void)unlink(path);
  vt_sha256(bytes, sizeof bytes, &of_bytes);
  assert_true(vt_uid_equal(&of_bytes, &of_file));
  assert_int_equal(vt_sha256_file(path, &of_file, &err), VT_EIO); /* it is gone */
  assert_non_null(strstr(err.text, path));
  assert_int_equal(vt_sha256_file("/tmp", &of_file, &err), VT_EIO);
}

static void a_prefix_has_4_to_64_digits_of_either_case(void **state)
{
  (void)state;
  vt_uid u;
  char hex[65], longer[80];
  vt_sha256("abc", 3, &u);
  vt_uid_hex(&u, hex);
  assert_true(vt_uid_has_prefix(&u, "ba78"));
  assert_true(vt_uid_has_prefix(&u, "BA7816bf"));
  assert_true(vt_uid_has_prefix(&u, hex));
  assert_false(vt_uid_has_prefix(&u, "ba7"));
  assert_false(vt_uid_has_prefix(&u, "ba79"));
  assert_false(vt_uid_has_prefix(&u, "ba7 "));
  memcpy(longer, hex, 65);
  strcat(longer, "0");
  assert_false(vt_uid_has_prefix(&u, longer));
  hex[63] = hex[63] == '0' ? '1' : '0'; /* the last digit counts too */
  assert_false(vt_uid_has_prefix(&u, hex));
}

static void uids_are_ordered_as_their_hex_is(void **state)
{
  (void)state;
  vt_uid u[8];
  char hex[2][65];
  for (int i = 0; i < 8; i++) vt_sha256(&i, 1, &u[i]);
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++) {
      vt_uid_hex(&u[i], hex[0]);
      vt_uid_hex(&u[j], hex[1]);
      int c = vt_uid_cmp(&u[i], &u[j]), s = strcmp(hex[0], hex[1]);
      assert_int_equal((c > 0) - (c < 0), (s > 0) - (s < 0));
      assert_int_equal(vt_uid_equal(&u[i], &u[j]), i == j);
    }
}

static void an_index_finds_every_uid_and_no_other(void **state)
{
  enum { N = 100 };
  (void)state;
  struct {
    int before;
    vt_uid uid;
  } row[N];
  vt_uid_index x;
  vt_err err = {0};
  for (int i = 0; i < N; i++) vt_sha256(&i, sizeof i, &row[i].uid);
  for (int n = 0; n <= N; n += 25) {
    VT_TEST_OK(vt_uid_index_make(&x, &row[0].uid, sizeof *row, n, &err), &err);
    for (int i = 0; i < N; i++) assert_int_equal(vt_uid_index_find(&x, &row[i].uid), i < n ? i : -1);
    for (int k = 1; k < n; k++) assert_true(vt_uid_cmp(vt_uid_index_at(&x, k - 1), vt_uid_index_at(&x, k)) < 0);
    vt_uid_index_free(&x);
    assert_int_equal(vt_uid_index_find(&x, &row[0].uid), -1);
  }
}

/* ------------------------------------------------------------------ arrays */

static void the_count_of_an_array_is_the_product_of_its_dims(void **state)
{
  (void)state;
  vt_array_def d = {.n_dim = 3, .dim = {5, 7, 2, 99}};
  assert_int_equal(vt_array_count(&d), 70);
  d.n_dim = 0;
  assert_int_equal(vt_array_count(&d), 1);
  d.n_dim = 2;
  d.dim[1] = 0;
  assert_int_equal(vt_array_count(&d), 0);
}

static void pairs_are_numbered_in_row_order(void **state)
{
  (void)state;
  for (int n = 1; n <= VT_MAX_SPECIES; n++) {
    int row = 0;
    for (int i = 0; i < n; i++)
      for (int j = i; j < n; j++, row++) {
        assert_int_equal(vt_pair_index(i, j, n), row);
        assert_int_equal(vt_pair_index(j, i, n), row);
      }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(units_agree_with_codata),
      cmocka_unit_test(units_go_there_and_back),
      cmocka_unit_test(density_of_water),
      cmocka_unit_test(sigma_of_independent_carriers_is_nernst_einstein),
      cmocka_unit_test(symbols_and_atomic_numbers_are_inverse),
      cmocka_unit_test(masses_rise_but_for_the_known_inversions),
      cmocka_unit_test(masses_give_the_handbooks_molar_masses),
      cmocka_unit_test(roles_and_charges_are_those_of_the_campaign_format),
      cmocka_unit_test(a_formula_unit_has_the_volume_of_a_glass),
      cmocka_unit_test(contacts_are_those_of_the_packing_protocol),
      cmocka_unit_test(every_contact_is_symmetric_and_positive),
      cmocka_unit_test(sha256_gives_the_known_answers),
      cmocka_unit_test(the_sha256_of_a_file_is_that_of_its_bytes),
      cmocka_unit_test(a_prefix_has_4_to_64_digits_of_either_case),
      cmocka_unit_test(uids_are_ordered_as_their_hex_is),
      cmocka_unit_test(an_index_finds_every_uid_and_no_other),
      cmocka_unit_test(the_count_of_an_array_is_the_product_of_its_dims),
      cmocka_unit_test(pairs_are_numbered_in_row_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
