/* config: structures out of files.  Where atoms stand, against arithmetic done here; what is wrong with a campaign or a
 * file, each with its line; what a recorded campaign knows without its files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "tests/support/files.h"
#include "tests/unit/config/test_config_env.h"
#include "tests/vt_test.h"

static const vt_campaign_env reading = {
    .obs = env_obs, .pot_kinds = env_kinds, .probe = env_probe, .structures = vt_cli_structures};

/* Two LiCl in a cell with three oblique vectors, with an atom outside of it. */
static const double cell_of[3][3] = {{7, 0.5, 0}, {2.5, 8, -0.25}, {-1, 3, 9}};
static const double x_of[4][3] = {{0.5, 0.5, 0.5}, {-9, 4, 14}, {3, 3, 3}, {5, 6, 2}};
static const char *const symbol_of[4] = {"Cl", "Li", "Li", "Cl"};

static void put_frame(vt_buf *b, double moved)
{
  vt_buf_printf(b, "4\nLattice=\"");
  for (int i = 0; i < 9; i++) vt_buf_printf(b, "%s%.17g", i ? " " : "", cell_of[i / 3][i % 3]);
  vt_buf_printf(b, "\" Properties=species:S:1:pos:R:3\n");
  for (int i = 0; i < 4; i++)
    vt_buf_printf(b, "%s %.17g %.17g %.17g\n", symbol_of[i], x_of[i][0] + moved, x_of[i][1], x_of[i][2]);
}

/* A folder with the files of these tests. */
static void make_files(char folder[VT_TEST_PATH])
{
  vt_buf one = {0}, three = {0}, two = {0};
  vt_test_folder(folder, "structures");
  put_frame(&one, 0);
  for (int k = 0; k < 3; k++) put_frame(&three, 0.125 * k);
  for (int k = 0; k < 2; k++) put_frame(&two, 0.25 * k);
  vt_test_write(vt_test_inside(folder, "one.xyz"), one.s, one.len);
  vt_test_write(vt_test_inside(folder, "three.xyz"), three.s, three.len);
  vt_test_write(vt_test_inside(folder, "two.xyz"), two.s, two.len);
  vt_buf_free(&one);
  vt_buf_free(&two);
  vt_buf_free(&three);
}

static void put_file(const char *folder, const char *name, const char *text)
{
  vt_test_write(vt_test_inside(folder, name), text, strlen(text));
}

/* items: lines of the list; the first is line 7 of t.yaml. */
static vt_status parse(const char *folder, const char *items, const char *more, const vt_campaign_env *env,
                       vt_campaign **c, vt_buf *said)
{
  char text[6000];
  vt_err err = {0};
  vt_diags d;
  int n = snprintf(text, sizeof text,
                   "vitrion: 1\ncampaign: t\npotential: {kind: lj}\ntemperatures: 500..700 K by 100 K\n"
                   "compositions:\n  structures:\n%s%s\nglasses: 3\n",
                   items, more);
  const vt_status rc = vt_campaign_parse(text, (size_t)n, "t.yaml", folder, env, c, &d, &err);
  vt_diags_format(&d, said);
  vt_diags_free(&d);
  if (rc == VT_OK) VT_TEST_OK(vt_campaign_resolve(*c, VT_SIMD_PORTABLE, &err), &err);
  return rc;
}

static vt_campaign *campaign(const char *folder, const char *items)
{
  vt_buf said = {0};
  vt_campaign *c;
  if (parse(folder, items, "", &reading, &c, &said) != VT_OK) fail_msg("%s", said.s);
  vt_buf_free(&said);
  return c;
}

static void refused(const char *folder, const char *items, const char *more, const char *const what[])
{
  vt_buf said = {0};
  vt_campaign *c;
  assert_int_equal(parse(folder, items, more, &reading, &c, &said), VT_EPARSE);
  for (int i = 0; what[i]; i++)
    if (!strstr(said.s, what[i])) fail_msg("'%s' is not said in\n%s", what[i], said.s);
  vt_buf_free(&said);
}

/* ------------------------------------------------------------------ where atoms stand */

static double fraction_off(const double hi[3][3], const double d[3])
{
  double worst = 0;
  for (int k = 0; k < 3; k++) {
    const double f = d[0] * hi[0][k] + d[1] * hi[1][k] + d[2] * hi[2][k];
    worst = fmax(worst, fabs(f - round(f)));
  }
  return worst;
}

/* Lithium before chlorine, copies along a slowest, the order of the file within a copy; all within the cell, which has
 * as many times the volume as there are copies and spans the lattice of the supercell.  1e-12: rounding of sums of
 * numbers of 10 to 30. */
static void atoms_are_those_of_the_supercell(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  make_files(folder);
  vt_campaign *c = campaign(folder, "    - {file: one.xyz, name: a, supercell: [2, 1, 3], start: equilibrate}\n");
  const vt_campaign_structure *s = &c->structure[0];
  static const int order[4] = {1, 2, 0, 3};
  const vt_cell *cell = (const vt_cell *)(const void *)s->frame;
  const double *x = s->frame + 9;
  double hi[3][3], big[3][3];
  vt_cell file;
  memcpy(&file, cell_of, sizeof file);
  assert_int_equal(s->n_frames, 1);
  assert_int_equal(s->n_values, 9 + 3 * 24);
  assert_string_equal(s->cell, "Li 12 Cl 12");
  near_relative(vt_cell_volume(cell), 6 * vt_cell_volume(&file), 1e-12);
  assert_true(vt_cell_inverse(cell, hi));
  for (int i = 0; i < 3; i++) {
    for (int k = 0; k < 3; k++) big[i][k] = cell_of[i][k] * (i == 0 ? 2 : i == 2 ? 3 : 1);
    near(fraction_off((const double(*)[3])hi, big[i]), 0, 1e-12);
  }
  int n = 0;
  for (int kind = 0; kind < 2; kind++)
    for (int a = 0; a < 2; a++)
      for (int b = 0; b < 3; b++)
        for (int i = 2 * kind; i < 2 * kind + 2; i++, n++) {
          double d[3];
          for (int k = 0; k < 3; k++) d[k] = x_of[order[i]][k] + a * cell_of[0][k] + b * cell_of[2][k] - x[3 * n + k];
          near(fraction_off((const double(*)[3])hi, d), 0, 1e-12);
          for (int k = 0; k < 3; k++) {
            const double f = x[3 * n] * hi[0][k] + x[3 * n + 1] * hi[1][k] + x[3 * n + 2] * hi[2][k];
            assert_true(f > -1e-12 && f < 1 + 1e-12);
          }
        }
  vt_campaign_free(c);
  vt_test_folder_remove(folder);
}

/* The primitive cell of a face-centred lattice of 5 A: heights of 2.89 A ask for five copies each way, 125; what is
 * said has fewer, and is taken without a word.  Twice the cutoff is 12 A. */
static void the_supercell_that_is_named_is_thick_enough(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH], items[200];
  vt_buf said = {0};
  vt_campaign *c;
  int a, b, d;
  make_files(folder);
  put_file(folder, "fcc.xyz",
           "2\nLattice=\"0 2.5 2.5 2.5 0 2.5 2.5 2.5 0\" Properties=species:S:1:pos:R:3\nLi 0 0 0\nCl 2.5 0 0\n");
  assert_int_equal(parse(folder, "    - {file: fcc.xyz, name: a, start: melt}\n", "", &reading, &c, &said), VT_EPARSE);
  const char *at = strstr(said.s, "say `supercell: [");
  assert_non_null(at);
  assert_int_equal(sscanf(at, "say `supercell: [%d, %d, %d]`", &a, &b, &d), 3); /* NOLINT(cert-err34-c) */
  assert_in_range(a * b * d, 2, 124);
  vt_buf_free(&said);
  (void)snprintf(items, sizeof items, "    - {file: fcc.xyz, name: a, start: melt, supercell: [%d, %d, %d]}\n", a, b,
                 d);
  if (parse(folder, items, "", &reading, &c, &said) != VT_OK) fail_msg("%s", said.s);
  assert_true(!said.s || !strstr(said.s, "thin"));
  assert_int_equal(c->comp[0].n_atoms, 2 * a * b * d);
  vt_campaign_free(c);
  vt_buf_free(&said);
  vt_test_folder_remove(folder);
}

/* Glass k begins with frame k, and one frame alone serves all. */
static void frames_are_glasses(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_err err = {0};
  make_files(folder);
  vt_campaign *c = campaign(folder, "    - {file: three.xyz, name: a, supercell: [2, 2, 2], start: quench}\n"
                                    "    - {file: one.xyz, name: b, supercell: [2, 2, 2], start: melt}\n");
  for (int i = 0, glass = 0; i < c->n_tasks; i++) {
    vt_plan p;
    const double *values;
    size_t n;
    VT_TEST_OK(vt_campaign_plan(c, i, &p, &err), &err);
    VT_TEST_OK(vt_campaign_start(c, &p, &values, &n, &err), &err);
    if (p.kind != VT_TASK_GLASS) {
      assert_null(values);
      continue;
    }
    const vt_campaign_structure *s = &c->structure[glass / 3];
    const double moved = glass < 3 ? 0.125 * (glass % 3) : 0;
    assert_int_equal(n, s->n_values);
    assert_ptr_equal(values, s->frame + (glass < 3 ? (size_t)(glass % 3) * (size_t)s->n_values : 0));
    double hi[3][3];
    const double d[3] = {values[9] - x_of[1][0] - moved, values[10] - x_of[1][1], values[11] - x_of[1][2]};
    assert_true(vt_cell_inverse((const vt_cell *)(const void *)values, hi));
    near(fraction_off((const double(*)[3])hi, d), 0, 1e-12);
    glass++;
  }
  vt_campaign_free(c);
  vt_test_folder_remove(folder);
}

/* A quench that goes on begins with the glass before it, not with the structure again. */
static void a_quench_that_goes_on_has_no_structure_to_begin_with(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_err err = {0};
  int first = 0, later = 0;
  make_files(folder);
  vt_campaign *c = campaign(folder, "    - {file: one.xyz, name: a, supercell: [2, 2, 2], start: quench}\n"
                                    "    - {file: one.xyz, name: b, supercell: [2, 2, 2], start: equilibrate}\n");
  c->n_stops = 2;
  c->stop_k[0] = c->t_k[0] + 50;
  c->stop_k[1] = c->t_k[0];
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  for (int i = 0; i < c->n_tasks; i++) {
    vt_plan p;
    const double *values;
    size_t n;
    VT_TEST_OK(vt_campaign_plan(c, i, &p, &err), &err);
    VT_TEST_OK(vt_campaign_start(c, &p, &values, &n, &err), &err);
    if (p.kind != VT_TASK_GLASS) continue;
    first += p.from_k == 0 && values;
    later += p.from_k > 0 && !values && c->task[c->task[i].needs].kind == VT_TASK_GLASS;
    if (p.from_k > 0) assert_int_equal(p.comp_index, 0); /* a crystal is not quenched */
  }
  assert_int_equal(first, 2 * c->n_glasses);
  assert_int_equal(later, c->n_glasses);
  vt_campaign_free(c);
  vt_test_folder_remove(folder);
}

/* ------------------------------------------------------------------ what is refused */

static void mistakes_of_items_are_told_at_once(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  make_files(folder);
  refused(folder,
          "    - {file: one.xyz, name: a}\n"
          "    - {file: one.xyz, name: b, start: equilbrate}\n"
          "    - {file: one.xyz, name: 'b/c', start: melt}\n"
          "    - {file: one.xyz, name: d, start: melt, supercell: [2, 0, 2]}\n"
          "    - {file: one.xyz, name: e, start: melt, supercell: [2, 2]}\n"
          "    - {file: one.xyz, name: f, start: melt, supercel: [2, 2, 2]}\n"
          "    - {file: one.xyz, name: g, start: melt, types: [Xx]}\n"
          "    - one.xyz\n"
          "    - {file: one.xyz, name: h, start: melt, sha256: abc}\n"
          "    - {file: one.xyz, name: i, start: melt, supercell: 2}\n",
          "",
          (const char *const[]){
              "t.yaml:7:",  "a structure needs its start: melt, quench or equilibrate",
              "t.yaml:8:",  "'equilbrate', expected melt, quench or equilibrate, did you mean 'equilibrate'",
              "t.yaml:9:",  "the name 'b/c'",
              "t.yaml:10:", "'0': expected 1 to 64 copies",
              "t.yaml:11:", "2 numbers, expected three",
              "t.yaml:12:", "unknown key 'supercel'",
              "t.yaml:13:", "'Xx' is not the symbol of an element",
              "t.yaml:14:", "expected a file and a name",
              "t.yaml:15:", "found 'abc'",
              "t.yaml:16:", NULL});
  vt_test_folder_remove(folder);
}

static void mistakes_of_files_are_told_at_once(void **state)
{
  (void)state;
  static const char lattice[] = "Lattice=\"14 0 0 0 14 0 0 0 14\" Properties=species:S:1:pos:R:3\n";
  char folder[VT_TEST_PATH], text[600];
  make_files(folder);
  put_file(folder, "thin.xyz",
           "2\nLattice=\"5 0 0 0 14 0 0 0 14\" Properties=species:S:1:pos:R:3\nLi 1 1 1\nCl 3 8 8\n");
  (void)snprintf(text, sizeof text, "2\n%sLi 1 1 1\nCl 1 1 14.8\n", lattice);
  put_file(folder, "near.xyz", text);
  (void)snprintf(text, sizeof text, "3\n%sLi 1 1 1\nCl 4 4 4\nCl 8 8 8\n", lattice);
  put_file(folder, "charged.xyz", text);
  (void)snprintf(text, sizeof text, "2\n%sLi 1 1 nan\nCl 4 4\n", lattice);
  put_file(folder, "lines.xyz", text);
  (void)snprintf(text, sizeof text, "2\n%sLi 1 1 1\nCl 4 4 4\n3\n%sLi 1 1 1\nCl 4 4 4\nCl 8 8 8\n", lattice, lattice);
  put_file(folder, "mixed.xyz", text);
  (void)snprintf(text, sizeof text, "3\n%sFe 1 1 1\nO 4 4 4\nO 8 8 8\n", lattice);
  put_file(folder, "iron.xyz", text);
  refused(folder,
          "    - {file: near.xyz, name: a, start: melt}\n"
          "    - {file: charged.xyz, name: b, start: melt}\n"
          "    - {file: lines.xyz, name: c, start: melt}\n"
          "    - {file: mixed.xyz, name: d, start: melt}\n"
          "    - {file: two.xyz, name: e, start: melt, supercell: [2, 2, 2]}\n"
          "    - {file: gone.xyz, name: f, start: melt}\n"
          "    - {file: thin.xyz, name: g, start: melt}\n"
          "    - {file: one.xyz, name: h, start: melt, supercell: [20, 20, 20]}\n"
          "    - {file: iron.xyz, name: i, start: melt}\n",
          "",
          (const char *const[]){"t.yaml:7:",
                                "near.xyz, line 3: Li of frame 1 overlaps with Cl of line 4: 0.2 A apart",
                                "t.yaml:8:",
                                "not neutral",
                                "t.yaml:9:",
                                "lines.xyz:3:8:",
                                "lines.xyz:4:",
                                "t.yaml:10:",
                                "mixed.xyz:5: frame 2 has Li 1 Cl 2, the first one Li 1 Cl 1",
                                "t.yaml:11:",
                                "2 frames for 3 glasses",
                                "t.yaml:12:",
                                "gone.xyz' cannot be read",
                                "t.yaml:13:",
                                "less than the cutoff of 6 A",
                                "t.yaml:14:",
                                "4 atoms in 8000 copies, at most 20000 atoms",
                                "t.yaml:15:",
                                "no common oxidation state",
                                NULL});
  vt_test_folder_remove(folder);
}

/* Two controls of one formula are no twins, whatever is wrong with them. */
static void a_mistake_brings_no_second_one(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_buf said = {0};
  vt_campaign *c;
  make_files(folder);
  put_file(folder, "thin.xyz",
           "2\nLattice=\"5 0 0 0 14 0 0 0 14\" Properties=species:S:1:pos:R:3\nLi 1 1 1\nCl 3 8 8\n");
  put_file(folder, "flat.xyz",
           "2\nLattice=\"5 0 0 0 14 0 0 0 14\" Properties=species:S:1:pos:R:3\nLi 1 1 1\nCl 3 8 9\n");
  assert_int_equal(parse(folder,
                         "    - {file: thin.xyz, name: a, start: melt}\n"
                         "    - {file: flat.xyz, name: b, start: melt}\n",
                         "", &reading, &c, &said),
                   VT_EPARSE);
  const char *second = strstr(said.s, "t.yaml:8:7: compositions.structures: b: the cell is 5 A thin");
  assert_non_null(second);
  assert_null(strstr(said.s, "become the same cell"));
  vt_buf_free(&said);
  vt_test_folder_remove(folder);
}

static void two_that_cannot_be_told_apart_are_refused(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_buf one = {0};
  make_files(folder);
  put_frame(&one, 0.5);
  vt_test_write(vt_test_inside(folder, "other"), one.s, one.len);
  vt_buf_free(&one);
  refused(folder,
          "    - {file: one.xyz, name: a, start: melt, supercell: [2, 2, 2]}\n"
          "    - {file: ./one.xyz, name: b, start: melt, supercell: [2, 2, 2]}\n",
          "", (const char *const[]){"t.yaml:8:", "b has the same atoms and the same start as a", NULL});
  refused(folder,
          "    - {file: one.xyz, name: a, start: melt, supercell: [2, 2, 2]}\n"
          "    - {file: other, name: a, start: melt, supercell: [2, 2, 2]}\n",
          "", (const char *const[]){"two compositions are both called a", NULL});
  refused(folder,
          "    - {file: one.xyz, name: a, start: melt, supercell: [2, 2, 2]}\n"
          "    - {file: other, name: a.xyz, start: melt, supercell: [2, 2, 2]}\n",
          "", (const char *const[]){"t.yaml:8:", "would both be kept as structures/a.xyz", NULL});
  vt_campaign_free(campaign(folder, "    - {file: one.xyz, name: a, start: melt, supercell: [2, 2, 2]}\n"
                                    "    - {file: one.xyz, name: b, start: equilibrate, supercell: [2, 2, 2]}\n"));
  vt_test_folder_remove(folder);
}

/* FeO has one way to be neutral, FeMnO3 has two (+2 +4, +3 +3): which one has to be written. */
static void charges_are_those_that_make_it_neutral(void **state)
{
  (void)state;
  static const char lattice[] = "Lattice=\"14 0 0 0 14 0 0 0 14\" Properties=species:S:1:pos:R:3\n";
  static const char two_ways[] = "    - {file: femno3.xyz, name: a, start: melt}\n";
  char folder[VT_TEST_PATH], text[400];
  vt_buf said = {0};
  vt_campaign *c;
  make_files(folder);
  (void)snprintf(text, sizeof text, "2\n%sFe 1 1 1\nO 4 4 4\n", lattice);
  put_file(folder, "feo.xyz", text);
  c = campaign(folder, "    - {file: feo.xyz, name: a, start: melt}\n");
  assert_int_equal(c->comp[0].charge[c->comp[0].z[0] == vt_element_z("Fe") ? 0 : 1], 2);
  vt_campaign_free(c);
  (void)snprintf(text, sizeof text, "5\n%sFe 1 1 1\nMn 11 3 3\nO 4 4 4\nO 8 8 8\nO 4 8 12\n", lattice);
  put_file(folder, "femno3.xyz", text);
  refused(folder, two_ways, "", (const char *const[]){"t.yaml:7:", "is neutral in several ways", NULL});
  if (parse(folder, two_ways, "  oxidation_states: {Fe: 3, Mn: 3}\n", &reading, &c, &said) != VT_OK)
    fail_msg("%s", said.s);
  for (int q = 0; q < 3; q++) assert_int_equal(c->comp[0].charge[q], c->comp[0].z[q] == vt_element_z("O") ? -2 : 3);
  vt_campaign_free(c);
  vt_buf_free(&said);
  vt_test_folder_remove(folder);
}

/* ------------------------------------------------------------------ without the files */

static void a_recorded_campaign_needs_no_file(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_err err = {0};
  vt_buf text = {0}, said = {0};
  vt_diags d;
  vt_campaign_env blind = reading;
  make_files(folder);
  vt_campaign *c = campaign(folder, "    - {file: three.xyz, name: a, supercell: [2, 2, 2], start: quench}\n"), *again;
  vt_campaign_canon(c, &text);
  assert_int_equal(unlink(vt_test_inside(folder, "three.xyz")), 0);
  blind.structures = NULL;
  const vt_status rc = vt_campaign_parse(text.s, text.len, "r.yaml", folder, &blind, &again, &d, &err);
  vt_diags_format(&d, &said);
  if (rc != VT_OK) fail_msg("%s", said.s);
  VT_TEST_OK(vt_campaign_resolve(again, VT_SIMD_PORTABLE, &err), &err);
  assert_true(vt_uid_equal(&c->id, &again->id));
  assert_null(again->structure[0].frame);
  assert_int_equal(again->structure[0].n_values, c->structure[0].n_values);
  vt_plan p;
  const double *values;
  size_t n;
  VT_TEST_OK(vt_campaign_plan(again, 0, &p, &err), &err);
  VT_TEST_REFUSED(vt_campaign_start(again, &p, &values, &n, &err), VT_EIO, &err, "structure 'a' is gone");
  vt_diags_free(&d);
  vt_buf_free(&said);
  vt_campaign_free(again);
  assert_int_equal(parse(folder, "    - {file: three.xyz, name: a, start: quench}\n", "", &blind, &again, &said),
                   VT_EPARSE);
  assert_non_null(strstr(said.s, "structures cannot be read here"));
  vt_buf_free(&said);
  vt_buf_free(&text);
  vt_campaign_free(c);
  vt_test_folder_remove(folder);
}

static const char *why_not(const vt_campaign *c, const char *folder, const char *name)
{
  static char why[VT_STRUCTURE_WHY];
  vt_err err = {0};
  VT_TEST_OK(vt_campaign_structure_same(c, 0, vt_test_inside(folder, name), &reading, why, &err), &err);
  return why;
}

/* A title or blanks are no matter; atoms, cell and order are. */
static void a_copy_is_the_same_if_its_atoms_are(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_buf b = {0};
  make_files(folder);
  vt_campaign *c = campaign(folder, "    - {file: one.xyz, name: a, supercell: [2, 2, 2], start: melt}\n");
  assert_string_equal(why_not(c, folder, "one.xyz"), "");
  put_frame(&b, 0);
  char *blank = strstr(b.s, "Cl ");
  assert_non_null(blank);
  blank[2] = '\t';
  vt_test_write(vt_test_inside(folder, "tab.xyz"), b.s, b.len);
  assert_string_equal(why_not(c, folder, "tab.xyz"), "");
  blank[0] = 'B', blank[1] = 'r';
  vt_test_write(vt_test_inside(folder, "br.xyz"), b.s, b.len);
  assert_non_null(strstr(why_not(c, folder, "br.xyz"), "other atoms"));
  blank[0] = 'C', blank[1] = 'l';
  vt_test_write(vt_test_inside(folder, "cut.xyz"), b.s, b.len - 20);
  assert_non_null(strstr(why_not(c, folder, "cut.xyz"), "cut.xyz:"));
  assert_non_null(strstr(why_not(c, folder, "two.xyz"), "other atoms"));
  assert_non_null(strstr(why_not(c, folder, "gone.xyz"), "gone.xyz"));
  vt_buf_free(&b);
  vt_campaign_free(c);
  vt_test_folder_remove(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_mistake_brings_no_second_one),
                                     cmocka_unit_test(the_supercell_that_is_named_is_thick_enough),
                                     cmocka_unit_test(atoms_are_those_of_the_supercell),
                                     cmocka_unit_test(frames_are_glasses),
                                     cmocka_unit_test(a_quench_that_goes_on_has_no_structure_to_begin_with),
                                     cmocka_unit_test(mistakes_of_items_are_told_at_once),
                                     cmocka_unit_test(mistakes_of_files_are_told_at_once),
                                     cmocka_unit_test(two_that_cannot_be_told_apart_are_refused),
                                     cmocka_unit_test(charges_are_those_that_make_it_neutral),
                                     cmocka_unit_test(a_recorded_campaign_needs_no_file),
                                     cmocka_unit_test(a_copy_is_the_same_if_its_atoms_are)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
