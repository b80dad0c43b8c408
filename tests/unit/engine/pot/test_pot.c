/* The table of potentials, the checks that hold for all, and the back ends lj and mock. */
#include "tests/vt_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/pot/pot.h"

#define GOLDEN VT_TEST_SOURCE "/tests/golden/nep/potentials/"

static const char *const argon[] = {"Ar"};

static vt_pot_args args_of(const char *path) { return (vt_pot_args){.path = path, .n_species = 1, .species = argon}; }

/* Two atoms at a distance of r in a large cell. */
typedef struct pair {
  vt_pot pot;
  vt_nlist nl;
  double f[2][3], e[2];
  vt_force_out out;
} pair;

static void open_pair(pair *p, const char *kind, const char *path, double r)
{
  static const int type[2] = {0, 0};
  vt_err err = {0};
  vt_pot_args a = args_of(path);
  vt_pot_info info;
  const vt_cell cell = vt_cell_cubic(40);
  const double x[2][3] = {{1, 1, 1}, {1 + r, 1, 1}};
  *p = (pair){0};
  VT_TEST_OK(vt_pot_open(&p->pot, kind, &a, &err), &err);
  vt_pot_describe(&p->pot, &info);
  VT_TEST_OK(vt_nlist_open(&p->nl, 2, type, info.cutoff, 1, &err), &err);
  VT_TEST_OK(vt_nlist_update(&p->nl, &cell, x, 1, &err), &err);
  p->out = (vt_force_out){.f = p->f, .e_atom = p->e};
}

static void close_pair(pair *p)
{
  vt_pot_close(&p->pot);
  vt_nlist_close(&p->nl);
}

static void unknown_kind_names_itself_and_the_known_ones(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_pot pot;
  vt_pot_args a = args_of("x");
  assert_int_equal(vt_pot_open(&pot, "gap", &a, &err), VT_EUNSUP);
  assert_non_null(strstr(err.text, "'gap'"));
  assert_non_null(strstr(err.text, "there are: nep, nep-reference, lj, mock"));
  vt_pot_close(&pot); /* closing a never-opened potential is allowed */
}

static void a_missing_file_gives_a_chain_of_frames(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_pot pot;
  vt_pot_args a = args_of("/nowhere/nep.txt");
  assert_int_equal(vt_pot_open(&pot, "nep", &a, &err), VT_EIO);
  assert_non_null(strstr(err.text, "cannot open '/nowhere/nep.txt'"));
  assert_non_null(strstr(err.text, "opening potential 'nep' from '/nowhere/nep.txt'"));
  assert_null(pot.self);
}

static void an_element_the_model_lacks_is_named_with_those_it_has(void **state)
{
  (void)state;
  static const char *const species[] = {"Li", "Ta", "S"};
  vt_err err = {0};
  vt_pot pot;
  vt_pot_args a = {.path = GOLDEN "syn_zbl4.txt", .n_species = 3, .species = species};
  assert_int_equal(vt_pot_open(&pot, "nep", &a, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "syn_zbl4.txt:1:"));
  assert_non_null(strstr(err.text, "does not know element 'S'; it knows Li Ta Cl O"));
}

static void numerics_that_cannot_run_are_refused(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_pot pot;
  vt_pot_args a = args_of("-");
  a.numerics.simd = VT_SIMD_AUTO;
  assert_int_equal(vt_pot_open(&pot, "lj", &a, &err), VT_EUNSUP);
  assert_non_null(strstr(err.text, "'auto'"));
  a.numerics.simd = VT_SIMD_PORTABLE;
  a.numerics.precision = 7;
  assert_int_equal(vt_pot_open(&pot, "lj", &a, &err), VT_EINVAL);
}

static void the_best_vector_level_works_and_has_a_name(void **state)
{
  (void)state;
  assert_true(vt_simd_works(VT_SIMD_PORTABLE));
  assert_true(vt_simd_works(vt_simd_best()));
  assert_false(vt_simd_works(VT_SIMD_AUTO));
  for (vt_simd s = VT_SIMD_PORTABLE; s < VT_SIMD_AUTO; s++) assert_true(!vt_simd_works(s) || s <= vt_simd_best());
  assert_string_equal(vt_simd_name(VT_SIMD_AVX512), "avx512");
}

static void probing_needs_no_species(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_pot_info info;
  vt_uid zero = {{0}};
  VT_TEST_OK(vt_pot_probe("nep", GOLDEN "syn_typecut4.txt", &info, &err), &err);
  assert_string_equal(info.kind, "nep");
  assert_int_equal(info.n_elements, 4);
  assert_string_equal(info.element[1], "Ta");
  assert_true(info.cutoff == 7); /* the largest of 6, 7, 6.5, 5 */
  assert_false(vt_uid_equal(&info.sha256, &zero));
  VT_TEST_OK(vt_pot_probe("lj", "-", &info, &err), &err);
  assert_true(info.n_elements == 94 && vt_uid_equal(&info.sha256, &zero));
}

/* Bound to species, only their cutoffs count: Li and O have 6 and 5. */
static void the_cutoff_is_that_of_the_species_in_use(void **state)
{
  (void)state;
  static const char *const species[] = {"O", "Li"};
  vt_err err = {0};
  vt_pot pot;
  vt_pot_info info;
  vt_pot_args a = {.path = GOLDEN "syn_typecut4.txt", .n_species = 2, .species = species};
  VT_TEST_OK(vt_pot_open(&pot, "nep", &a, &err), &err);
  vt_pot_describe(&pot, &info);
  assert_true(info.cutoff == 6);
  assert_string_equal(info.kernel, "portable double"); /* cutoffs per type do not need the reference path */
  vt_pot_close(&pot);
}

/* V(r) = 4 eps (s^12 - s^6) - V(rc), eps 0.05 eV, sigma 2.6 A, rc 6.5 A; at the minimum 2^(1/6) sigma: V = -eps -
 * V(rc), no force.  (sigma/rc)^6 = 0.4^6 = 0.004096. */
static void lj_has_the_textbook_minimum(void **state)
{
  (void)state;
  vt_err err = {0};
  pair p;
  open_pair(&p, "lj", "-", 2.6 * pow(2, 1.0 / 6));
  VT_TEST_OK(vt_pot_compute(&p.pot, &p.nl, &p.out, &err), &err);
  const double shift = 4 * 0.05 * (0.004096 * 0.004096 - 0.004096);
  assert_true(fabs(p.out.energy - (-0.05 - shift)) < 1e-14);
  assert_true(fabs(p.e[0] - p.out.energy / 2) < 1e-14);
  assert_true(fabs(p.f[0][0]) < 1e-14);
  assert_true(isnan(p.out.spread));
  close_pair(&p);
}

static void lj_takes_parameters_from_a_file(void **state)
{
  (void)state;
  char path[] = "/tmp/vt-lj-XXXXXX";
  vt_err err = {0};
  vt_pot_info info;
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  static const char good[] = "lj 0.0104 3.4 8.5\n", bad[] = "lj 0.0104 3.4\n";
  assert_int_equal(write(fd, good, sizeof good - 1), sizeof good - 1);
  VT_TEST_OK(vt_pot_probe("lj", path, &info, &err), &err);
  assert_true(info.cutoff == 8.5);
  assert_int_equal(pwrite(fd, bad, sizeof bad - 1, 0), sizeof bad - 1);
  assert_int_equal(ftruncate(fd, sizeof bad - 1), 0);
  assert_int_equal(vt_pot_probe("lj", path, &info, &err), VT_EPARSE);
  assert_non_null(strstr(err.text, ":1: expected 'lj EPSILON_EV SIGMA_A CUTOFF_A'"));
  close(fd);
  unlink(path);
}

static void scripted_failures_come_when_they_are_due(void **state)
{
  (void)state;
  vt_err err = {0};
  pair p;
  open_pair(&p, "mock", "nan@2,inf@4,error@6,nomem@8+", 3);
  static const vt_status want[] = {VT_OK,    VT_EDIVERGE, VT_OK,     VT_EDIVERGE, VT_OK,
                                   VT_ETASK, VT_OK,       VT_ENOMEM, VT_ENOMEM};
  for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
    vt_err_clear(&err);
    if (vt_pot_compute(&p.pot, &p.nl, &p.out, &err) != want[i]) fail_msg("computation %zu: %s", i + 1, err.text);
    if (i == 1) assert_non_null(strstr(err.text, "the energy is nan"));
    if (i == 3) assert_non_null(strstr(err.text, "the force on atom 1 is (inf"));
    if (i == 5) assert_non_null(strstr(err.text, "scripted failure of computation 6"));
    if (want[i] != VT_OK) assert_non_null(strstr(err.text, "potential 'mock'"));
  }
  close_pair(&p);
}

static void mock_without_a_script_is_lj(void **state)
{
  (void)state;
  vt_err err = {0};
  pair m, l;
  open_pair(&m, "mock", "slow:0", 3);
  open_pair(&l, "lj", "-", 3);
  VT_TEST_OK(vt_pot_compute(&m.pot, &m.nl, &m.out, &err), &err);
  VT_TEST_OK(vt_pot_compute(&l.pot, &l.nl, &l.out, &err), &err);
  assert_memory_equal(m.f, l.f, sizeof m.f);
  assert_true(m.out.energy == l.out.energy && l.out.energy != 0);
  close_pair(&m);
  close_pair(&l);
}

static void a_script_with_an_unknown_action_is_refused(void **state)
{
  (void)state;
  static const char *const bad[] = {"nan@0", "nan@", "boom@3", "slow:-1", "nan@3,", ""};
  vt_err err = {0};
  vt_pot pot;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    vt_pot_args a = args_of(bad[i]);
    if (vt_pot_open(&pot, "mock", &a, &err) != VT_EINVAL) fail_msg("'%s' was taken", bad[i]);
    assert_non_null(strstr(err.text, "expected nan@N"));
  }
  vt_pot_args a = args_of("open");
  assert_int_equal(vt_pot_open(&pot, "mock", &a, &err), VT_ETASK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unknown_kind_names_itself_and_the_known_ones),
      cmocka_unit_test(a_missing_file_gives_a_chain_of_frames),
      cmocka_unit_test(an_element_the_model_lacks_is_named_with_those_it_has),
      cmocka_unit_test(numerics_that_cannot_run_are_refused),
      cmocka_unit_test(the_best_vector_level_works_and_has_a_name),
      cmocka_unit_test(probing_needs_no_species),
      cmocka_unit_test(the_cutoff_is_that_of_the_species_in_use),
      cmocka_unit_test(lj_has_the_textbook_minimum),
      cmocka_unit_test(lj_takes_parameters_from_a_file),
      cmocka_unit_test(scripted_failures_come_when_they_are_due),
      cmocka_unit_test(mock_without_a_script_is_lj),
      cmocka_unit_test(a_script_with_an_unknown_action_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
