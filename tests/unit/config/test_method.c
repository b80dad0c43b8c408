/* test_method.c - METHOD.yaml: values, defaults, and the message for each mistake. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static const char head[] = "vitrion_method: 1\nname: m\n";
static const char good[] = "vitrion_method: 1\n"
                           "name: m\n"
                           "batch:\n"
                           "  command: 'prog {input} > {output}'\n"
                           "  input: t.inp\n"
                           "  environment: {DATA: /usr/share/x y}\n"
                           "  elements: {Li: {q: 3, cutoff: 600}, Na: {q: 9, cutoff: 900.5}}\n"
                           "  kind: ['&KIND {element}', 'GTH-q{q}']\n"
                           "read:\n"
                           "  energy: {after: 'E =', unit: Ry}\n"
                           "  forces: {file: '{name}.frc', match: '^{number} {number} {number}$', unit: Ry/bohr}\n"
                           "  stress: {after: 'S:', unit: kbar, sign: tension, order: voigt, take: first}\n"
                           "converged: {found: [done], not_found: [NOT, never]}\n"
                           "checks: {net_force: 50 meV/A, stress_asymmetry: 1 GPa}\n";
static const char template_text[] = "{name} {n_atoms} {cutoff} ${cell} {cell}\n{coordinates}\n{kinds}\n";

/* The method of a text, or NULL with its mistakes. */
static vt_method *load(const char *text, const char *input, vt_buf *said)
{
  char dir[VT_TEST_PATH];
  vt_method *m = NULL;
  vt_diags d;
  vt_test_folder(dir, "method");
  vt_test_write_text(vt_test_inside(dir, "t.inp"), input);
  const char *path = vt_test_inside(dir, "m.yaml");
  vt_test_write_text(path, text);
  const vt_status rc = vt_method_load(path, &m, &d, NULL);
  assert_int_equal(rc == VT_OK, m != NULL);
  vt_diags_format(&d, said);
  vt_diags_free(&d);
  vt_test_folder_remove(dir);
  return m;
}

static void every_value_arrives_in_our_units(void **state)
{
  vt_buf said = {0};
  (void)state;
  vt_method *m = load(good, template_text, &said);
  assert_non_null(m);
  assert_string_equal(m->text, template_text);
  assert_string_equal(m->kind, "&KIND {element}\nGTH-q{q}\n");
  assert_string_equal(m->env[0][1], "/usr/share/x y");
  assert_int_equal(m->n_elements, 2);
  assert_string_equal(m->element[1].value[1], "900.5");
  /* CODATA 2018: Rydberg 13.605693122994 eV, bohr 0.529177210903 A; e = 1.602176634e-19 exactly */
  near_relative(m->read[VT_METHOD_ENERGY].factor, 13.605693122994, 1e-12);
  near_relative(m->read[VT_METHOD_FORCES].factor, 13.605693122994 / 0.529177210903, 1e-12);
  near_relative(m->read[VT_METHOD_STRESS].factor, -1e8 * 1e-30 / 1.602176634e-19, 1e-12);
  assert_int_equal(m->read[VT_METHOD_STRESS].voigt, 1);
  assert_int_equal(m->read[VT_METHOD_STRESS].first, 1);
  assert_int_equal(m->read[VT_METHOD_ENERGY].first, 0);
  near_relative(m->net_force, 0.05, 1e-12);
  near_relative(m->asymmetry, 1e9 * 1e-30 / 1.602176634e-19, 1e-12);
  near_relative(m->energy_distance, 0.2, 1e-12);
  near_relative(m->timeout_s, 7200, 1e-12);
  assert_int_equal(m->n_not_found, 2);
  vt_method_free(m);
  vt_buf_free(&said);
}

/* Time limits and bounds decide which labels there are, not what they are. */
static void the_identity_is_what_decides_about_labels(void **state)
{
  static const struct {
    const char *old, *now;
    int same;
  } change[] = {{"1 GPa", "2 GPa", 1},
                {"50 meV/A", "60 meV/A", 1},
                {"prog ", "prog2 ", 0},
                {"cutoff: 600", "cutoff: 601", 0},
                {"unit: Ry}", "unit: eV}", 0},
                {"[done]", "[Done]", 0},
                {"sign: tension", "sign: compression", 0},
                {"order: voigt", "order: xx yy zz yz xz xy", 1},
                {"order: voigt", "order: xx yy zz xy yz zx", 0},
                {"DATA:", "DATB:", 0},
                {"name: m", "name: n", 0}};
  vt_buf said = {0};
  (void)state;
  vt_method *m = load(good, template_text, &said), *t = load(good, "{name} {kinds}\n", &said);
  assert_non_null(m);
  assert_non_null(t);
  assert_false(vt_uid_equal(&m->sha256, &t->sha256));
  for (size_t k = 0; k < sizeof change / sizeof *change; k++) {
    char text[2048];
    const char *at = strstr(good, change[k].old);
    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, change[k].now, at + strlen(change[k].old));
    vt_method *other = load(text, template_text, &said);
    assert_non_null(other);
    vt_uid of_frame[2];
    static const unsigned char both[VT_TRAINING_ELEMENTS] = {1, 1}, na[VT_TRAINING_ELEMENTS] = {0, 1};
    vt_err err = {0};
    VT_TEST_OK(vt_method_frame_sha256(m, both, &of_frame[0], &err), &err);
    VT_TEST_OK(vt_method_frame_sha256(other, both, &of_frame[1], &err), &err);
    assert_int_equal(vt_uid_equal(&of_frame[0], &of_frame[1]), change[k].same);
    VT_TEST_OK(vt_method_frame_sha256(m, na, &of_frame[0], &err), &err);
    VT_TEST_OK(vt_method_frame_sha256(other, na, &of_frame[1], &err), &err);
    const int of_li = strncmp(change[k].old, "cutoff", 6) == 0;
    assert_int_equal(vt_uid_equal(&of_frame[0], &of_frame[1]), change[k].same || of_li);
    vt_method_free(other);
  }
  vt_method_free(m);
  vt_method_free(t);
  vt_buf_free(&said);
}

static void each_mistake_is_named(void **state)
{
  static const struct {
    const char *old, *now, *words;
  } wrong[] = {{"name: m", "name: -m", "is not a name"},
               {"vitrion_method: 1", "vitrion_method: 2", "expected 1"},
               {"command:", "comand:", "did you mean 'command'?"},
               {"energy:", "enery:", "did you mean 'energy'?"},
               {"unit: Ry}", "unit: Rydberg}", "expected one of eV, hartree, Ry"},
               {", unit: Ry}", "}", "unit is missing"},
               {"after: 'E ='", "take: last", "expected one of after"},
               {"{number} {number} {number}$", "{number} {number}$", "takes 2 {number}, expected three"},
               {"{number} {number} {number}$", "({number} {number} {number}$", "no regular expression"},
               {"{number} {number} {number}$", "(a|b) {number} {number} {number}$", "brackets of its own"},
               {", sign: tension", "", "sign is missing"},
               {"take: first", "take: second", "expected last or first"},
               {"order: voigt", "order: xx yy zz xy yx zx", "is no order"},
               {"order: voigt", "order: xx yy zz xy yz", "is no order"},
               {"order: voigt", "order: xx yy zz xy yz zx zz", "is no order"},
               {"{input} >", "{inptu} >", "{inptu} stands for nothing, did you mean 'input'?"},
               {"> {output}", "", "no {output}"},
               {"input: t.inp", "input: u.inp", "u.inp"},
               {"Na: {", "Nx: {", "'Nx' is not an element"},
               {"cutoff: 900.5", "Cutoff: 900.5", "cannot stand in a template"},
               {"  kind: ['&KIND {element}', 'GTH-q{q}']\n", "", "the template has {kinds}"},
               {"GTH-q{q}", "GTH-q{p}", "{p} stands for nothing"},
               {"DATA: /usr", "DA-TA: /usr", "is not the name of a variable"},
               {"50 meV/A", "50 GPa", "net_force"},
               {"converged: {found: [done], not_found: [NOT, never]}\n", "", "converged: is missing"},
               {"batch:\n", "driver: {command: 'x {socket}'}\nbatch:\n", "expected either driver"}};
  (void)state;
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
    char text[2048];
    vt_buf said = {0};
    const char *at = strstr(good, wrong[k].old);
    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, wrong[k].now, at + strlen(wrong[k].old));
    vt_method *m = load(text, template_text, &said);
    if (m || !said.s || !strstr(said.s, wrong[k].words))
      print_error("'%s': expected '%s', found %s\n", wrong[k].now, wrong[k].words, said.s ? said.s : "nothing");
    assert_null(m);
    assert_non_null(strstr(said.s, wrong[k].words));
    vt_buf_free(&said);
  }
}

static void a_word_of_the_template_that_is_none_is_named_with_its_line(void **state)
{
  vt_buf said = {0};
  (void)state;
  assert_null(load(good, "{name}\n\n{coordinate}\n", &said));
  assert_non_null(
      strstr(said.s, "line 3 of the template: {coordinate} stands for nothing, did you mean 'coordinates'?"));
  vt_buf_free(&said);
}

static void a_driver_needs_no_table(void **state)
{
  char text[256];
  vt_buf said = {0};
  (void)state;
  (void)snprintf(text, sizeof text, "%sdriver: {command: 'x {socket}', virial: no, timeout: 2 min, order: plain}\n",
                 head);
  vt_method *m = load(text, "", &said);
  assert_non_null(m);
  assert_string_equal(m->driver.command, "x {socket}");
  assert_int_equal(m->driver_virial, 0);
  assert_int_equal(m->driver.plain, 1);
  near_relative(m->driver.timeout_s, 120, 1e-12);
  assert_int_equal(m->driver.dir[0], '/');
  vt_method_free(m);
  vt_buf_free(&said);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_value_arrives_in_our_units),
                                     cmocka_unit_test(the_identity_is_what_decides_about_labels),
                                     cmocka_unit_test(each_mistake_is_named),
                                     cmocka_unit_test(a_word_of_the_template_that_is_none_is_named_with_its_line),
                                     cmocka_unit_test(a_driver_needs_no_table)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
