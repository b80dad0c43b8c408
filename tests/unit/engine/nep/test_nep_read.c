/* The reader of nep.txt: what it takes, and that what it refuses is named with file:line and what was expected. */
#include "tests/vt_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/nep/nep.h"

#define GOLDEN VT_TEST_SOURCE "/tests/golden/nep/potentials/"

static char *slurp(const char *path, size_t *n)
{
  vt_err err = {0};
  char *text;
  VT_TEST_OK(vt_file_read(path, VT_NEP_MOST_BYTES, &text, n, &err), &err);
  return text;
}

static vt_nep_model *read_golden(const char *name)
{
  char path[1024];
  size_t n;
  vt_err err = {0};
  vt_nep_model *m;
  snprintf(path, sizeof path, GOLDEN "%s", name);
  char *text = slurp(path, &n);
  VT_TEST_OK(vt_nep_read(name, text, n, &m, &err), &err);
  vt_free(text);
  return m;
}

/* The smallest of all files: one type, one channel each, one neuron: DIM = 2, 4 + 1 + 1 + 1 + 2 = 9 numbers. */
static const char head[] = "nep4 1 Li\ncutoff 5 4 50 40\nn_max 0 0\nbasis_size 0 0\nl_max 1\nANN 1 0\n";
static const char nine[] = "0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n0.7\n0.8\n0.9\n";

static vt_status read_text(const char *a, const char *b, vt_nep_model **m, vt_err *err)
{
  char text[4096];
  int n = snprintf(text, sizeof text, "%s%s", a, b);
  assert_true(n >= 0 && n < (int)sizeof text);
  return vt_nep_read("m.txt", text, (size_t)n, m, err);
}

/* Reading a ++ b fails with that status, and the message begins with `where` and contains `what`. */
static void model_refused(const char *a, const char *b, vt_status status, const char *where, const char *what)
{
  vt_err err = {0};
  vt_nep_model *m;
  vt_status s = read_text(a, b, &m, &err);
  if (s != status || m || strncmp(err.text, where, strlen(where)) != 0 || !strstr(err.text, what))
    fail_msg("expected '%s ... %s' (status %d), got status %d: %s", where, what, (int)status, (int)s, err.text);
}

static void smallest_file_is_taken_apart_in_order(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m;
  VT_TEST_OK(read_text(head, nine, &m, &err), &err);
  assert_int_equal(m->dim, 2);
  assert_true(m->w0[0] == 0.1 && m->w0[1] == 0.2 && m->b0[0] == 0.3 && m->w1[0] == 0.4 && *m->bias == 0.5);
  assert_true(m->c_radial[0] == 0.6 && m->c_angular[0] == 0.7 && m->scale[0] == 0.8 && m->scale[1] == 0.9);
  assert_true(m->rc_radial[0] == 5 && m->rc_angular[0] == 4 && m->z[0] == 3);
  vt_nep_free(m);
}

/* Two types, one neuron: 2 (2 + 2) + 1 + 4 + 4 + 2 = 19 numbers; MatPL has a bias for each type, 20. */
static void a_bias_for_each_type_is_the_form_of_matpl(void **state)
{
  (void)state;
  static const char two[] = "nep4 2 Li Cl\ncutoff 5 4 50 40\nn_max 0 0\nbasis_size 0 0\nl_max 1\nANN 1 0\n";
  static const char five[] = "0.1\n0.2\n0.3\n0.4\n0.5\n";
  char text[256];
  vt_err err = {0};
  vt_nep_model *m;
  (void)snprintf(text, sizeof text, "%s%s%s0.6\n0.7\n0.8\n0.9\n", five, five, five);
  VT_TEST_OK(read_text(two, text, &m, &err), &err);
  vt_nep_free(m);
  (void)snprintf(text, sizeof text, "%s%s%s%s\n", five, five, five, five);
  model_refused(two, text, VT_EUNSUP, "m.txt:6", "this is the form of MatPL, with a bias for each of the 2 types");
  (void)snprintf(text, sizeof text, "%s%s%s%s0.6\n", five, five, five, five); /* two more are of no form */
  model_refused(two, text, VT_EPARSE, "m.txt:26", "expected the end of the file after 19 numbers");
}

static void line_ends_and_trailing_blanks_do_not_matter(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m;
  VT_TEST_OK(read_text("nep4\t1  Li \r\ncutoff 5 4 50 40\r\nn_max 0 0\nbasis_size 0 0\nl_max 1\nANN 1 0\n",
                       "  0.1\r\n0.2 \n0.3\n0.4\n0.5\n0.6\n0.7\n0.8\n0.9", &m, &err),
             &err);
  vt_nep_free(m);
  VT_TEST_OK(read_text(head, "0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n0.7\n0.8\n0.9\n\n  \n\n", &m, &err), &err);
  vt_nep_free(m);
}

static void all_synthetic_files_have_the_form_their_header_says(void **state)
{
  (void)state;
  vt_nep_model *m = read_golden("syn_flags.txt"); /* l_max 4 1 0 1 1 1 1 */
  assert_int_equal(m->n_blocks, 9);
  assert_true(m->flag[VT_NEP_222] && !m->flag[VT_NEP_1111] && m->flag[VT_NEP_112] && m->flag[VT_NEP_134]);
  vt_nep_free(m);
  m = read_golden("syn_flex4.txt");
  assert_int_equal(m->zbl, VT_ZBL_FLEXIBLE);
  assert_non_null(m->zbl_pair);
  vt_nep_free(m);
  m = read_golden("syn_typezbl7.txt");
  assert_int_equal(m->zbl, VT_ZBL_TYPEWISE);
  assert_true(m->zbl_inner == 0 && m->zbl_factor == 0.7);
  vt_nep_free(m);
  m = read_golden("syn_nep3_7.txt");
  assert_true(m->version == 3 && m->stride == 0);
  assert_true(m->rc_radial[0] == 7 && m->rc_angular[2] == 4.5 && m->rc_radial[6] == 6);
  vt_nep_free(m);
  m = read_golden("syn_nep5.txt");
  assert_non_null(m->type_bias);
  vt_nep_free(m);
}

/* GPUMD writes 2, some files hold 1: both mean on, and the flags behind it count. */
static void any_number_but_zero_switches_a_flag_on(void **state)
{
  (void)state;
  size_t n;
  vt_err err = {0};
  vt_nep_model *m;
  char *text = slurp(GOLDEN "syn_flags.txt", &n);
  char *flag = strstr(text, "l_max 4 1");
  assert_non_null(flag);
  flag[8] = '2';
  VT_TEST_OK(vt_nep_read("m.txt", text, n, &m, &err), &err);
  assert_true(m->flag[VT_NEP_222] == 1 && m->flag[VT_NEP_112] == 1 && m->n_blocks == 9);
  vt_nep_free(m);
  vt_free(text);
}

static void old_nep3_files_without_neighbour_counts_are_taken(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m;
  VT_TEST_OK(read_text("nep3 1 Li\ncutoff 5 4\nn_max 0 0\nbasis_size 0 0\nl_max 1\nANN 1 0\n", nine, &m, &err), &err);
  vt_nep_free(m);
  model_refused("nep4 1 Li\ncutoff 5 4\n", "", VT_EPARSE, "m.txt:2:", "expected 4 values after 'cutoff'");
}

static void other_kinds_of_nep_are_refused_by_name(void **state)
{
  (void)state;
  model_refused("nep4_dipole 1 Li\n", "", VT_EUNSUP, "m.txt:1:1:", "'nep4_dipole' is a dipole model");
  model_refused("nep4_polarizability 1 Li\n", "", VT_EUNSUP, "m.txt:1:1:", "polarizability model");
  model_refused("nep4_charge1 1 Li\n", "", VT_EUNSUP, "m.txt:1:1:", "charge model");
  model_refused("nep4_zbl_charge2 1 Li\n", "", VT_EUNSUP, "m.txt:1:1:", "charge model");
  model_refused("nep4_zbl_vdw 1 Li\n", "", VT_EUNSUP, "m.txt:1:1:", "vdw model");
  model_refused("nep4_temperature 1 Li\n", "", VT_EUNSUP, "m.txt:1:1:", "temperature model");
  model_refused("nep2 1 Li\n", "", VT_EUNSUP, "m.txt:1:1:", "expected nep3, nep4 or nep5");
  model_refused("# a comment\n", "", VT_EPARSE, "m.txt:1:1:", "expected nep3, nep4 or nep5");
  model_refused("", "", VT_EPARSE, "m.txt:1:", "expected 'nep4 NUMBER_OF_TYPES SYMBOLS...'");
}

static void header_mistakes_are_named(void **state)
{
  (void)state;
  model_refused("nep4 2 Li\n", "", VT_EPARSE, "m.txt:1:", "expected 2 element symbols, found 1");
  model_refused("nep4 1 Li Na\n", "", VT_EPARSE, "m.txt:1:", "expected 1 element symbols, found 2");
  model_refused("nep4 0\n", "", VT_EPARSE, "m.txt:1:", "the number of types");
  model_refused("nep4 1 Xx\n", "", VT_EPARSE, "m.txt:1:", "expected the symbol of an element, found 'Xx'");
  model_refused("nep4 2 Li Li\n", "", VT_EPARSE, "m.txt:1:", "element 'Li' is listed twice");
  model_refused("nep4_zbl 1 Li\ncutoff 5 4 1 1\n", "", VT_EPARSE, "m.txt:2:1:", "expected 'zbl INNER OUTER [FACTOR]'");
  model_refused("nep4_zbl 1 Li\nzbl 2 1\n", "", VT_EPARSE, "m.txt:2:", "INNER below OUTER");
  model_refused("nep4 1 Li\ncutoff 5\n", "", VT_EPARSE, "m.txt:2:", "found 1 values");
  model_refused("nep4 1 Li\ncutoff 5 -4 1 1\n", "", VT_EPARSE,
                "m.txt:2:", "expected an angular cutoff, a positive number");
  model_refused("nep4 1 Li\ncutoff nan 4 1 1\n", "", VT_EPARSE, "m.txt:2:", "found 'nan'");
  model_refused("nep4 2 Li Na\ncutoff 5 4 5 4 1\n", "", VT_EPARSE, "m.txt:2:", "or 6 (two cutoffs for each type");
  model_refused("nep4 1 Li\ncutoff 5 4 1 1\nn_max 0 99\n", "", VT_EPARSE, "m.txt:3:", "the angular n_max");
  model_refused("nep4 1 Li\ncutoff 5 4 1 1\nn_max 0 0\nbasis 0 0\n", "", VT_EPARSE,
                "m.txt:4:1:", "expected 'basis_size");
  model_refused("nep4 1 Li\ncutoff 5 4 1 1\nn_max 0 0\nbasis_size 0 0.5\n", "", VT_EPARSE, "m.txt:4:", "found '0.5'");
  model_refused("nep4 1 Li\ncutoff 5 4 1 1\nn_max 0 0\nbasis_size 0 0\nl_max 9\n", "", VT_EPARSE,
                "m.txt:5:", "from 1 to 8");
  model_refused("nep4 1 Li\ncutoff 5 4 1 1\nn_max 0 0\nbasis_size 0 0\nl_max 3 0 0 0 0 0 1\n", "", VT_EPARSE,
                "m.txt:5:", "the invariant 134 needs an l_max of at least 4, found 3");
  model_refused("nep4 1 Li\ncutoff 5 4 1 1\nn_max 0 0\nbasis_size 0 0\nl_max 4 2 1 0 0 0 0 1\n", "", VT_EPARSE,
                "m.txt:5:", "found 8 values");
  model_refused("nep4 1 Li\ncutoff 5 4 1 1\nn_max 0 0\nbasis_size 0 0\nl_max 1\nANN 10 10\n", "", VT_EPARSE,
                "m.txt:6:", "only one hidden layer");
  model_refused("nep4 1 Li\ncutoff 5 4 1 1\n", "", VT_EPARSE, "m.txt:3:", "the file ends, expected 'n_max");
  model_refused("nep4 1 Li\n\ncutoff 5 4 1 1\n", "", VT_EPARSE, "m.txt:2:", "found an empty line");
}

static void numbers_that_are_missing_left_over_or_none_are_named(void **state)
{
  (void)state;
  model_refused(head, "", VT_EPARSE, "m.txt:6:", "after 0 of the 9 numbers");
  model_refused(head, "0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n0.7\n0.8\n", VT_EPARSE, "m.txt:14:", "after 8 of the 9 numbers");
  model_refused(head, "0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n0.7\n0.8\n0.9\n1.0\n", VT_EPARSE,
                "m.txt:16:", "expected the end of the file after 9 numbers, found '1.0'");
  model_refused(head, "0.1\n0.2\nnan\n0.4\n0.5\n0.6\n0.7\n0.8\n0.9\n", VT_EPARSE,
                "m.txt:9:", "expected a network parameter, number 3 of 4");
  model_refused(head, "0.1\n0.2\n0.3\n0.4\n1e999\n0.6\n0.7\n0.8\n0.9\n", VT_EPARSE, "m.txt:11:", "found '1e999'");
  model_refused(head, "0.1\n0.2\n0.3\n0.4\n0.5\n1e31\n0.7\n0.8\n0.9\n", VT_EPARSE,
                "m.txt:12:", "expected a radial coefficient, number 1 of 1 (finite, at most 1e+30");
  model_refused(head, "0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n0,7\n0.8\n0.9\n", VT_EPARSE,
                "m.txt:13:", "an angular coefficient");
  model_refused(head, "0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n0.7\n0.8\n-0.9\n", VT_EPARSE,
                "m.txt:15:", "expected a positive scale of the descriptor, found -0.9");
  model_refused(head, "0.1\n0.2\n0.3 0.4\n0.5\n0.6\n0.7\n0.8\n0.9\n\n", VT_EPARSE,
                "m.txt:9:", "alone in its line, found 2");
  model_refused(head, "0.1\n\n0.3\n0.4\n0.5\n0.6\n0.7\n0.8\n0.9\n", VT_EPARSE, "m.txt:8:", "found an empty line");
  model_refused(head, "0.1\n0.2\n0.3\n0.4\n0.5x\n0.6\n0.7\n0.8\n0.9\n", VT_EPARSE, "m.txt:11:", "the common bias");
}

static void flexible_repulsion_needs_ordered_radii(void **state)
{
  (void)state;
  static const char flex[] = "nep4_zbl 1 Li\nzbl 0 0\ncutoff 5 4 50 40\nn_max 0 0\nbasis_size 0 0\nl_max 1\nANN 1 0\n"
                             "0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n0.7\n0.8\n0.9\n";
  vt_err err = {0};
  vt_nep_model *m;
  VT_TEST_OK(read_text(flex, "1\n2\n.1\n3\n.5\n.9\n.3\n.4\n.03\n.2\n", &m, &err), &err);
  assert_true(m->zbl_pair[0] == 1 && m->zbl_pair[9] == 0.2);
  vt_nep_free(m);
  model_refused(flex, "2\n1\n.1\n3\n.5\n.9\n.3\n.4\n.03\n.2\n", VT_EPARSE, "m.txt:18:", "above the inner one");
  model_refused(flex, "1\n2\n.1\n3\n.5\n.9\n.3\n.4\n.03\n", VT_EPARSE, "m.txt:25:", "after 18 of the 19 numbers");
}

/* Cut everywhere: a part of a file is never taken for a file. */
static void every_truncation_of_a_file_is_refused(void **state)
{
  (void)state;
  size_t n;
  char *text = slurp(GOLDEN "syn_min.txt", &n);
  size_t last = n;
  while (last > 0 && (text[last - 1] == '\n' || text[last - 1] == ' ')) last--;
  while (last > 0 && text[last - 1] != '\n') last--; /* without its digits the last number would still be one */
  assert_true(last > 1000);
  for (size_t cut = 0; cut <= last; cut++) {
    vt_err err = {0};
    vt_nep_model *m;
    vt_status s = vt_nep_read("m.txt", text, cut, &m, &err);
    const int refused_kind = cut < 4 && s == VT_EUNSUP; /* "nep" is no version that is known */
    if ((s != VT_EPARSE && !refused_kind) || m || strncmp(err.text, "m.txt:", 6) != 0)
      fail_msg("cut after %zu of %zu bytes: status %d, '%s'", cut, n, (int)s, err.text);
  }
  vt_free(text);
}

/* A header that announces more than the file holds costs no memory (10000 neurons, 94 types: 10^10 numbers). */
static void huge_announcements_are_refused_before_memory_is_asked_for(void **state)
{
  (void)state;
  vt_buf b = {0};
  vt_err err = {0};
  vt_nep_model *m;
  vt_buf_printf(&b, "nep4 94");
  for (int z = 1; z <= 94; z++) vt_buf_printf(&b, " %s", vt_element_symbol(z));
  vt_buf_printf(&b, "\ncutoff 5 4 50 40\nn_max 63 63\nbasis_size 63 63\nl_max 8 1 1 1 1 1 1\nANN 10000 0\n0.1\n");
  VT_TEST_OK(vt_buf_check(&b, &err), &err);
  assert_int_equal(vt_nep_read("m.txt", b.s, b.len, &m, &err), VT_EPARSE);
  assert_non_null(strstr(err.text, "after 1 of the "));
  vt_buf_free(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(smallest_file_is_taken_apart_in_order),
      cmocka_unit_test(a_bias_for_each_type_is_the_form_of_matpl),
      cmocka_unit_test(line_ends_and_trailing_blanks_do_not_matter),
      cmocka_unit_test(all_synthetic_files_have_the_form_their_header_says),
      cmocka_unit_test(any_number_but_zero_switches_a_flag_on),
      cmocka_unit_test(old_nep3_files_without_neighbour_counts_are_taken),
      cmocka_unit_test(other_kinds_of_nep_are_refused_by_name),
      cmocka_unit_test(header_mistakes_are_named),
      cmocka_unit_test(numbers_that_are_missing_left_over_or_none_are_named),
      cmocka_unit_test(flexible_repulsion_needs_ordered_radii),
      cmocka_unit_test(every_truncation_of_a_file_is_refused),
      cmocka_unit_test(huge_announcements_are_refused_before_memory_is_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
