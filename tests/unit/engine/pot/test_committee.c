/* Committees: mean and spread against the members one by one, identity, and what the list's reader says. */
#include "tests/support/files.h"
#include "tests/vt_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/pot/pot.h"

#define GOLDEN VT_TEST_SOURCE "/tests/golden/nep/potentials/"
enum { N = 40, REACH = 8 };

static const char *const species[] = {"Li", "Ta", "Cl", "O"};

/* ------------------------------------------------------------------ a folder for lists */

static char folder[VT_TEST_PATH];

static const char *in_folder(const char *name) { return vt_test_inside(folder, name); }

static int open_lists(void **state)
{
  (void)state;
  vt_test_folder(folder, "committee");
  return mkdir(in_folder("members"), 0777);
}

static int close_lists(void **state)
{
  (void)state;
  vt_test_folder_remove(folder);
  return 0;
}

/* A golden potential into the folder, with a blank line more if `changed`. */
static void put_member(const char *golden, int changed)
{
  char *text, path[512];
  size_t n;
  vt_err err = {0};
  vt_buf b = {0};
  (void)snprintf(path, sizeof path, GOLDEN "%s", golden);
  VT_TEST_OK(vt_file_read(path, 1 << 24, &text, &n, &err), &err);
  vt_buf_add(&b, text, n);
  if (changed) vt_buf_add(&b, "\n", 1);
  VT_TEST_OK(vt_buf_check(&b, &err), &err);
  vt_test_write(in_folder("members/a.txt"), b.s, b.len);
  vt_buf_free(&b);
  vt_free(text);
}

/* ------------------------------------------------------------------ computing */

typedef struct result {
  double energy, virial[9], spread;
  double f[N][3], e[N], w[N][9];
} result;

static vt_cell cell;
static int type[N];
static double x[N][3];

static void pack(void)
{
  const vt_composition c = {
      .name = "glass", .n_species = 4, .z = {3, 73, 17, 8}, .count = {10, 4, 20, 6}, .n_atoms = N};
  vt_err err = {0};
  VT_TEST_OK(vt_pack(&c, 0.9, 3, &cell, type, x, &err), &err);
}

static vt_status open_four(vt_pot *pot, const char *kind, const char *path, vt_err *err)
{
  const vt_pot_args args = {.path = path, .n_species = 4, .species = species};
  return vt_pot_open(pot, kind, &args, err);
}

static void compute_result(const char *kind, const char *path, result *r)
{
  vt_err err = {0};
  vt_pot pot;
  vt_pot_info info;
  vt_nlist nl;
  pack();
  VT_TEST_OK(open_four(&pot, kind, path, &err), &err);
  vt_pot_describe(&pot, &info);
  assert_true(info.cutoff <= REACH);
  VT_TEST_OK(vt_nlist_open(&nl, N, type, REACH, 0.3, &err), &err); /* the same list for all */
  VT_TEST_OK(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 1, &err), &err);
  vt_force_out out = {.f = r->f, .e_atom = r->e, .w_atom = r->w};
  VT_TEST_OK(vt_pot_compute(&pot, &nl, &out, &err), &err);
  r->energy = out.energy, r->spread = out.spread;
  memcpy(r->virial, out.virial, sizeof r->virial);
  vt_nlist_close(&nl);
  vt_pot_close(&pot);
}

static void is_mean(const char *what, const double *got, const double *a, const double *b, const double *c, size_t n)
{
  double most = 1;
  for (size_t k = 0; k < n; k++) most = fmax(most, fmax(fabs(a[k]), fmax(fabs(b[k]), fabs(c[k]))));
  for (size_t k = 0; k < n; k++) {
    double want = (a[k] + b[k] + c[k]) / 3;
    if (!(fabs(got[k] - want) <= 1e-14 * most)) fail_msg("%s [%zu]: %.17g, expected %.17g", what, k, got[k], want);
  }
}

/* Members of three kinds with cutoffs of their own, each computed alone over the same list.  A mean of three in another
 * order of operations is a few units in the last place (2e-16) of the largest member's value away: 1e-14. */
static void mean_and_spread_are_those_of_the_members(void **state)
{
  (void)state;
  static result r[3], all;
  vt_test_write_text(in_folder("list"),
                     "nep " GOLDEN "syn_zbl4.txt\nnep-reference " GOLDEN "syn_flex4.txt # another\n\n# ions\nborn -\n");
  compute_result("nep", GOLDEN "syn_zbl4.txt", &r[0]);
  compute_result("nep-reference", GOLDEN "syn_flex4.txt", &r[1]);
  compute_result("born", "-", &r[2]);
  compute_result("committee", in_folder("list"), &all);
  is_mean("energy", &all.energy, &r[0].energy, &r[1].energy, &r[2].energy, 1);
  is_mean("virial", all.virial, r[0].virial, r[1].virial, r[2].virial, 9);
  is_mean("forces", all.f[0], r[0].f[0], r[1].f[0], r[2].f[0], 3 * N);
  is_mean("atomic energies", all.e, r[0].e, r[1].e, r[2].e, N);
  is_mean("atomic virials", all.w[0], r[0].w[0], r[1].w[0], r[2].w[0], 9 * N);
  double mean_variance = 0;
  for (int i = 0; i < N; i++) {
    for (int k = 0; k < 3; k++) {
      double mean = (r[0].f[i][k] + r[1].f[i][k] + r[2].f[i][k]) / 3;
      for (int m = 0; m < 3; m++) mean_variance += (r[m].f[i][k] - mean) * (r[m].f[i][k] - mean) / 3 / N;
    }
  }
  print_message("spread %.6g eV/A\n", all.spread);
  assert_true(all.spread > 0.01); /* these models do not agree */
  assert_true(fabs(all.spread - sqrt(mean_variance)) <= 1e-14 * all.spread);
}

/* By hand: two ions 2 A apart, two models that push with p and q: each atom's mean square deviation is ((p-q)/2)^2. */
static void spread_of_two_opinions_is_half_their_difference(void **state)
{
  (void)state;
  static const int two_types[2] = {0, 2};
  static const double at[2][3] = {{5, 5, 5}, {7, 5, 5}};
  static const char *const kind[3] = {"lj", "born", "committee"};
  const vt_cell wide = vt_cell_cubic(30);
  double push[3];
  vt_test_write_text(in_folder("list"), "lj -\nborn -\n");
  for (int m = 0; m < 3; m++) {
    vt_err err = {0};
    vt_pot pot;
    vt_nlist nl;
    double f[2][3];
    vt_force_out out = {.f = f};
    VT_TEST_OK(open_four(&pot, kind[m], m < 2 ? "-" : in_folder("list"), &err), &err);
    VT_TEST_OK(vt_nlist_open(&nl, 2, two_types, 8, 0.3, &err), &err);
    VT_TEST_OK(vt_nlist_update(&nl, &wide, at, 1, &err), &err);
    VT_TEST_OK(vt_pot_compute(&pot, &nl, &out, &err), &err);
    push[m] = f[1][0];
    if (m == 2) assert_true(fabs(out.spread - 0.5 * fabs(push[0] - push[1])) < 1e-14 * (1 + fabs(push[0])));
    if (m == 2) assert_true(fabs(push[2] - 0.5 * (push[0] + push[1])) < 1e-14 * (1 + fabs(push[0])));
    vt_nlist_close(&nl);
    vt_pot_close(&pot);
  }
  assert_true(fabs(push[0] - push[1]) > 0.1);
}

static void members_that_are_the_same_agree_to_the_bit(void **state)
{
  (void)state;
  static result one, all;
  vt_test_write_text(in_folder("list"),
                     "nep " GOLDEN "syn_zbl4.txt\nnep " GOLDEN "syn_zbl4.txt\nnep " GOLDEN "syn_zbl4.txt\n");
  compute_result("nep", GOLDEN "syn_zbl4.txt", &one);
  compute_result("committee", in_folder("list"), &all);
  assert_true(all.spread == 0 && isnan(one.spread));
  assert_true(all.energy == one.energy);
  assert_memory_equal(all.f, one.f, sizeof one.f);
  assert_memory_equal(all.virial, one.virial, sizeof one.virial);
  assert_memory_equal(all.w, one.w, sizeof one.w);
}

/* ------------------------------------------------------------------ what it says about itself */

static void describe_tells_what_all_members_know(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_pot_info info;
  vt_test_write_text(in_folder("list"), "nep " GOLDEN "syn_typecut4.txt\nborn -\nnep " GOLDEN "syn_nep3_7.txt\n");
  VT_TEST_OK(vt_pot_probe("committee", in_folder("list"), &info, &err), &err);
  assert_string_equal(info.kind, "committee");
  assert_string_equal(info.path, in_folder("list"));
  assert_int_equal(info.n_elements, 4); /* Li Ta Cl O, although two members know more */
  for (int k = 0; k < 4; k++) assert_string_equal(info.element[k], species[k]);
  assert_true(info.cutoff == 8); /* that of born */
  assert_string_equal(info.kernel, "3 x various");
  vt_pot_info born;
  VT_TEST_OK(vt_pot_probe("born", "-", &born, &err), &err);
  vt_test_write_text(in_folder("list"), "lj -\nborn -\n"); /* lj takes any element */
  VT_TEST_OK(vt_pot_probe("committee", in_folder("list"), &info, &err), &err);
  assert_int_equal(info.n_elements, born.n_elements);
  for (int k = 0; k < born.n_elements; k++) assert_string_equal(info.element[k], born.element[k]);
  assert_string_equal(info.kernel, "2 x portable double");
}

static vt_uid hash_of_potential(const char *kind, const char *path)
{
  vt_err err = {0};
  vt_pot_info info;
  VT_TEST_OK(vt_pot_probe(kind, path, &info, &err), &err);
  return info.sha256;
}

static void identity_follows_the_list_and_every_member(void **state)
{
  (void)state;
  static const char text[] = "nep members/a.txt\nnep " GOLDEN "syn_flex4.txt\n";
  unsigned char all[sizeof text - 1 + 64];
  vt_test_write_text(in_folder("list"), text);
  put_member("syn_zbl4.txt", 0);
  const vt_uid a = hash_of_potential("nep", in_folder("members/a.txt")),
               b = hash_of_potential("nep", GOLDEN "syn_flex4.txt");
  const vt_uid before = hash_of_potential("committee", in_folder("list"));
  memcpy(all, text, sizeof text - 1);
  memcpy(all + sizeof text - 1, a.b, 32);
  memcpy(all + sizeof text - 1 + 32, b.b, 32);
  vt_uid want;
  vt_sha256(all, sizeof all, &want);
  assert_true(vt_uid_equal(&before, &want));
  put_member("syn_zbl4.txt", 1); /* the same model in other bytes */
  const vt_uid changed = hash_of_potential("committee", in_folder("list"));
  assert_false(vt_uid_equal(&before, &changed));
}

static void paths_are_relative_to_the_list(void **state)
{
  (void)state;
  char here[1024];
  assert_non_null(getcwd(here, sizeof here));
  vt_test_write_text(in_folder("list"), "nep members/a.txt\nlj -\n");
  put_member("syn_zbl4.txt", 0);
  const vt_uid from_afar = hash_of_potential("committee", in_folder("list"));
  assert_int_equal(chdir(folder), 0);
  const vt_uid at_home = hash_of_potential("committee", "list");
  assert_int_equal(chdir(here), 0);
  assert_true(vt_uid_equal(&from_afar, &at_home));
}

/* ------------------------------------------------------------------ what is refused */

static void list_refused(const char *text, vt_status status, const char *where, const char *what)
{
  char want[512];
  vt_err err = {0};
  vt_pot pot;
  vt_test_write_text(in_folder("list"), text);
  vt_status s = open_four(&pot, "committee", in_folder("list"), &err);
  (void)snprintf(want, sizeof want, "%s%s", in_folder("list"), where);
  if (s != status || !strstr(err.text, want) || !strstr(err.text, what))
    fail_msg("expected '%s' and '%s' (status %d), got status %d: %s", want, what, (int)status, (int)s, err.text);
  assert_null(pot.self);
}

static void a_list_that_makes_no_sense_is_refused_with_its_line(void **state)
{
  (void)state;
  list_refused("", VT_EPARSE, ": ", "the file ends after 0 members, expected 2 to 64");
  list_refused("# none\nlj -\n", VT_EPARSE, ":2: ", "the file ends after 1 member, expected 2 to 64");
  list_refused("lj -\nlj\n", VT_EPARSE, ":2: ", "expected 'KIND PATH', found 1 word");
  list_refused("lj -\n\nnep my potential.txt\n", VT_EPARSE, ":3: ", "expected 'KIND PATH', found 3 words");
  list_refused("lj -\ngap x.xml\n", VT_EPARSE, ":2:1: ", "'gap'; there are nep nep-reference lj mock born");
  list_refused("committee list\nlj -\n", VT_EPARSE, ":1:1: ", "a member cannot be of kind 'committee'");
  char many[65 * sizeof "lj -" + 1] = "";
  for (size_t k = 0; k < 65; k++) memcpy(many + k * strlen("lj -\n"), "lj -\n", sizeof "lj -\n");
  list_refused(many, VT_EPARSE, ":65: ", "expected at most 64 members");
  char longest[700];
  (void)snprintf(longest, sizeof longest, "lj -\nnep %0600d\n", 0);
  list_refused(longest, VT_EPARSE, ":2: ", "path is longer than 511 characters");
}

static void a_member_that_does_not_open_is_named_by_its_line(void **state)
{
  (void)state;
  list_refused("lj -\nnep members/none.txt\n", VT_EIO, ":2", "members/none.txt");
  list_refused("lj -\n\nnep " GOLDEN "syn_min.txt\n", VT_EINVAL, ":3",
               "syn_min.txt:1: the model does not know element 'Ta'"); /* it has Cl Al Li */
}

static void members_without_a_common_element_are_refused(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_pot_info info;
  static const char only_xe[] = "nep4 1 Xe\ncutoff 5 4 50 40\nn_max 0 0\nbasis_size 0 0\nl_max 1\nANN 1 0\n"
                                "0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n0.7\n0.8\n0.9\n";
  vt_test_write_text(in_folder("members/a.txt"), only_xe);
  vt_test_write_text(in_folder("list"), "nep members/a.txt\nborn -\n");
  assert_int_equal(vt_pot_probe("committee", in_folder("list"), &info, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "list:2: the members have no element in common"));
}

static void a_nul_byte_in_a_path_is_refused(void **state)
{
  (void)state;
  static const char text[] = "lj -\nlj -\0x\n";
  vt_err err = {0};
  vt_pot_info info;
  vt_test_write(in_folder("list"), text, sizeof text - 1);
  assert_int_equal(vt_pot_probe("committee", in_folder("list"), &info, &err), VT_EPARSE);
  assert_non_null(strstr(err.text, "list:2: a path with a NUL byte"));
}

static void a_member_that_fails_is_named(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_pot pot;
  vt_nlist nl;
  double f[N][3];
  vt_force_out out = {.f = f};
  vt_test_write_text(in_folder("list"), "lj -\nmock nan@2\n");
  pack();
  VT_TEST_OK(open_four(&pot, "committee", in_folder("list"), &err), &err);
  VT_TEST_OK(vt_nlist_open(&nl, N, type, 6.5, 0.3, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 1, &err), &err);
  VT_TEST_OK(vt_pot_compute(&pot, &nl, &out, &err), &err);
  assert_true(out.spread == 0); /* both are lj */
  assert_int_equal(vt_pot_compute(&pot, &nl, &out, &err), VT_EDIVERGE);
  if (!strstr(err.text, "potential 'mock'") || !strstr(err.text, "member 2 of 2")) fail_msg("%s", err.text);
  vt_nlist_close(&nl);
  vt_pot_close(&pot);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mean_and_spread_are_those_of_the_members),
      cmocka_unit_test(spread_of_two_opinions_is_half_their_difference),
      cmocka_unit_test(members_that_are_the_same_agree_to_the_bit),
      cmocka_unit_test(describe_tells_what_all_members_know),
      cmocka_unit_test(identity_follows_the_list_and_every_member),
      cmocka_unit_test(paths_are_relative_to_the_list),
      cmocka_unit_test(a_list_that_makes_no_sense_is_refused_with_its_line),
      cmocka_unit_test(a_member_that_does_not_open_is_named_by_its_line),
      cmocka_unit_test(members_without_a_common_element_are_refused),
      cmocka_unit_test(a_nul_byte_in_a_path_is_refused),
      cmocka_unit_test(a_member_that_fails_is_named),
  };
  return cmocka_run_group_tests(tests, open_lists, close_lists);
}
