/* The rigid-ion model: its formula, its walls, its parameter file, and that a glass former comes out of it. */
#include "tests/support/files.h"
#include "tests/vt_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/md/md.h"
#include "engine/pot/pot.h"

static const char *const ions[] = {"Li", "Na", "K", "Rb", "Cs", "Al", "Ga", "In",
                                   "Nb", "Ta", "O", "F",  "Cl", "Br", "I"};
enum { IONS = sizeof ions / sizeof ions[0] };

/* ------------------------------------------------------------------ two ions in a large cell */

typedef struct pair {
  vt_pot pot;
  vt_nlist nl;
} pair;

static void open_two(pair *p, const char *path, const char *a, const char *b)
{
  static const int type[2] = {0, 1};
  const char *const species[2] = {a, b};
  const vt_pot_args args = {.path = path, .n_species = 2, .species = species};
  vt_err err = {0};
  vt_pot_info info;
  VT_TEST_OK(vt_pot_open(&p->pot, "born", &args, &err), &err);
  vt_pot_describe(&p->pot, &info);
  VT_TEST_OK(vt_nlist_open(&p->nl, 2, type, info.cutoff, 0.5, &err), &err);
}

static void close_two(pair *p)
{
  vt_nlist_close(&p->nl);
  vt_pot_close(&p->pot);
}

/* Energy, and the force that pushes the ions apart. */
static double at_distance(pair *p, double r, double *push)
{
  const vt_cell cell = vt_cell_cubic(50);
  const double x[2][3] = {{10, 10, 10}, {10 + r, 10, 10}};
  double f[2][3];
  vt_force_out out = {.f = f};
  vt_err err = {0};
  VT_TEST_OK(vt_nlist_update(&p->nl, &cell, x, 1, &err), &err);
  VT_TEST_OK(vt_pot_compute(&p->pot, &p->nl, &out, &err), &err);
  *push = f[1][0];
  return out.energy;
}

/* ------------------------------------------------------------------ the formula, written out a second time */

typedef struct formula {
  double q, a, rho, contact, alpha, rc, c6;
} formula;

static double bare(const formula *p, double r)
{
  return p->a * exp((p->contact - r) / p->rho) + 14.399645 * p->q * erfc(p->alpha * r) / r -
         p->c6 / (pow(r, 6) + pow(2.5, 6));
}

/* Five-point central difference: h = 1e-3 leaves 1e-12 f^(5)/30, below 1e-9 here. */
static double slope(const formula *p, double r)
{
  const double h = 1e-3;
  return (bare(p, r - 2 * h) - 8 * bare(p, r - h) + 8 * bare(p, r + h) - bare(p, r + 2 * h)) / (12 * h);
}

static double shifted_force(const formula *p, double r)
{
  return r < p->rc ? bare(p, r) - bare(p, p->rc) - slope(p, p->rc) * (r - p->rc) : 0;
}

/* From where the wall begins to matter.  A cubic over a width w in r^2 misses the energy by w^4/384 |V''''| and the
 * slope after r^2 by at most 0.0081 w^3 |V''''|; w = 1/32, and V'''' (after r^2) is below 60 eV/A^8 for these pairs
 * there: 2e-7 eV, and 2 r times 1.5e-5 eV/A^2.  The slope at the cutoff from differences adds 1e-8. */
static void check_formula(const char *a, const char *b, const char *path, formula p)
{
  pair two;
  open_two(&two, path, a, b);
  for (double r = fmax(1.5, p.contact - 0.4); r < p.rc + 0.4; r += 0.0373) {
    double push, e = at_distance(&two, r, &push), want = shifted_force(&p, r);
    double want_push = r < p.rc ? slope(&p, p.rc) - slope(&p, r) : 0;
    if (!(fabs(e - want) < 2e-7 && fabs(push - want_push) < 2 * r * 1.5e-5))
      fail_msg("%s-%s at %.3f A: %.9g eV, %.9g eV/A; the formula gives %.9g, %.9g", a, b, r, e, push, want, want_push);
  }
  close_two(&two);
}

/* sphalerite: A = rho 1.638/4 |q q'| k / contact^2 */
static formula built_in(double q, double contact, double c6)
{
  const double a = 0.3 * 1.638 / 4 * fabs(q) * 14.399645 / (contact * contact);
  return (formula){.q = q, .a = a, .rho = 0.3, .contact = contact, .alpha = 0.25, .rc = 8, .c6 = c6};
}

static void two_ions_follow_the_formula(void **state)
{
  (void)state;
  check_formula("Li", "Cl", "-", built_in(-0.49, 0.60 + 1.72, 0));
  check_formula("Al", "O", "-", built_in(-0.49 * 6, 0.40 + 1.50, 0));
  check_formula("Na", "Al", "-", built_in(0.49 * 3, 1.00 + 0.40, 0));
  check_formula("Cl", "O", "-", built_in(0.49 * 2, 1.72 + 1.50, 0.1 * pow(1.72 + 1.50, 6)));
}

static void energy_and_force_vanish_smoothly_at_the_cutoff(void **state)
{
  (void)state;
  const double rc = 8, d = 1e-3;
  pair two;
  double push, beyond;
  open_two(&two, "-", "Al", "O");
  const double e = at_distance(&two, rc - d, &push);
  /* V ~ V''(rc) d^2/2 with V'' < 1 eV/A^2 */
  assert_true(fabs(e) < d * d && fabs(push) < d && e != 0 && push != 0);
  assert_true(at_distance(&two, rc, &beyond) == 0 && beyond == 0);
  assert_true(at_distance(&two, rc + 0.3, &beyond) == 0 && beyond == 0);
  close_two(&two);
}

/* Unlike charges included: from 0.01 A (below the last wall) to 0.8 A each pair is pushed apart, its energy falls with
 * the distance, and up to half an angstrom it is above that of free ions. */
static void no_two_ions_fuse(void **state)
{
  (void)state;
  for (int a = 0; a < IONS; a++) {
    for (int b = a; b < IONS; b++) {
      pair two;
      double before = INFINITY, push;
      open_two(&two, "-", ions[a], ions[b]);
      for (int k = 1; k <= 80; k++) {
        double r = 0.01 * k, e = at_distance(&two, r, &push);
        if (!(isfinite(e) && push > 0 && e < before && (e > 0 || r > 0.5)))
          fail_msg("%s-%s at %.2f A: %g eV, %g eV/A", ions[a], ions[b], r, e, push);
        before = e;
      }
      close_two(&two);
    }
  }
}

/* ------------------------------------------------------------------ the parameter file */

static void with_file(const char *text, void (*use)(const char *path, const void *arg), const void *arg)
{
  char path[VT_TEST_PATH];
  vt_test_file(path, text);
  use(path, arg);
  unlink(path);
}

/* Every element that has an ion of known size: those of the model's own table and of the table of all elements, which
 * has none of the noble gases.  An order of atomic numbers lists nothing twice. */
static void check_elements(const vt_pot_info *info)
{
  static const char *const noble[] = {"He", "Ne", "Ar", "Kr", "Xe", "Rn"};
  static const char *const others[] = {"S", "P", "Si", "Zr", "La", "Ag", "Sb", "Mg"};
  int n_ions = 0, n_others = 0;
  for (int k = 0; k < info->n_elements; k++) {
    if (k) assert_true(vt_element_z(info->element[k]) > vt_element_z(info->element[k - 1]));
    for (size_t i = 0; i < sizeof noble / sizeof *noble; i++) assert_string_not_equal(info->element[k], noble[i]);
    for (int i = 0; i < IONS; i++) n_ions += strcmp(info->element[k], ions[i]) == 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) n_others += strcmp(info->element[k], others[i]) == 0;
  }
  assert_int_equal(n_ions, IONS);
  assert_int_equal(n_others, sizeof others / sizeof *others);
}

static void check_changed(const char *path, const void *arg)
{
  const char *text = arg;
  vt_pot_info info;
  vt_err err = {0};
  vt_uid want, zero = {{0}};
  VT_TEST_OK(vt_pot_probe("born", path, &info, &err), &err);
  vt_sha256(text, strlen(text), &want);
  assert_true(info.cutoff == 6.5 && vt_uid_equal(&info.sha256, &want));
  check_elements(&info);
  VT_TEST_OK(vt_pot_probe("born", "-", &info, &err), &err);
  assert_true(info.cutoff == 8 && vt_uid_equal(&info.sha256, &zero));
  const double contact = 1.1 + 1.5, a = 0.25 * 1.638 / 4 * 2 * 14.399645 / (contact * contact);
  check_formula("Na", "O", path,
                (formula){.q = -2, .a = a, .rho = 0.25, .contact = contact, .alpha = 0.3, .rc = 6.5, .c6 = 0});
  check_formula("O", "O", path,
                (formula){.q = 4,
                          .a = 0.25 * 1.638 / 4 * 4 * 14.399645 / 9,
                          .rho = 0.25,
                          .contact = 3,
                          .alpha = 0.3,
                          .rc = 6.5,
                          .c6 = 0.02 * pow(3, 6)});
}

static void a_file_changes_what_it_names_and_the_identity(void **state)
{
  (void)state;
  static const char text[] = "# harder, fully ionic\ncharge_scale 1\n\nrho 0.25\t# A\r\ncutoff 6.5\nalpha 0.3\n"
                             "cohesion 0.02\nradius Na 1.1\n";
  with_file(text, check_changed, text);
}

static void check_refused(const char *path, const void *arg)
{
  const char *expected = arg; /* "LINE: message" after the path */
  char want[512];
  vt_err err = {0};
  vt_pot_info info;
  vt_status s = vt_pot_probe("born", path, &info, &err);
  (void)snprintf(want, sizeof want, "%s:%s", path, expected);
  if (s != VT_EPARSE || strncmp(err.text, want, strlen(want)) != 0)
    fail_msg("expected '%s', got status %d: %s", want, (int)s, err.text);
}

static void a_file_that_makes_no_sense_is_refused_with_its_line(void **state)
{
  (void)state;
  static const char *const bad[][2] = {
      {"rho 0.3\nrhoo 0.3\n", "2:1: expected charge_scale, rho, alpha, cutoff, cohesion or radius, found 'rhoo'"},
      {"\n# c\nrho\n", "3: expected 'rho VALUE', found 1 words"},
      {"rho 0.3 A\n", "1: expected 'rho VALUE', found 3 words"},
      {"rho 0.3x\n", "1: expected a number from 0.1 to 0.5, found '0.3x'"},
      {"rho 5\n", "1: expected a number from 0.1 to 0.5, found '5'"},
      {"charge_scale 0\n", "1: expected a number from 0.1 to 1, found '0'"},
      {"cutoff nan\n", "1: expected a number from 4 to 20, found 'nan'"},
      {"alpha -1\n", "1: expected a number from 0 to 1, found '-1'"},
      {"cohesion 1\n", "1: expected a number from 0 to 0.5, found '1'"},
      {"rho 0.3\nalpha 0.2\nrho 0.3\n", "3: given a second time"},
      {"radius Al\n", "1: expected 'radius ELEMENT A', found 2 words"},
      {"radius Xe 1.8\n", "1: no ion 'Xe' in this model"},
      {"radius Al 0.05\n", "1: expected a number from 0.1 to 4, found '0.05'"},
      {"radius Al 0.5\nradius Li 0.5\nradius Al 0.5\n", "3: given a second time"},
  };
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) with_file(bad[k][0], check_refused, bad[k][1]);
}

static void check_no_wall(const char *path, const void *arg)
{
  (void)arg;
  static const char *const species[] = {"Al", "F", "K"};
  vt_pot pot;
  vt_err err = {0};
  vt_pot_args args = {.path = path, .n_species = 3, .species = species};
  assert_int_equal(vt_pot_open(&pot, "born", &args, &err), VT_EINVAL);
  if (!strstr(err.text, "Al and F attract each other at 0.3 A")) fail_msg("%s", err.text);
}

/* At 0.3 A the wall of Al-F (contact 1.76 A) with rho = 0.5 A has a fifth of the Coulomb force. */
static void parameters_that_let_ions_fuse_are_refused(void **state)
{
  (void)state;
  with_file("rho 0.5\n", check_no_wall, NULL);
}

static void an_element_without_an_ion_is_named_with_those_there_are(void **state)
{
  (void)state;
  static const char *const species[] = {"Li", "Xe"};
  vt_pot pot;
  vt_err err = {0};
  vt_pot_args args = {.path = "-", .n_species = 2, .species = species};
  assert_int_equal(vt_pot_open(&pot, "born", &args, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "does not know element 'Xe'"));
}

/* ------------------------------------------------------------------ a glass former */

/* Anions within 1.5 times the packing contact, a bit below the first minimum of g(r), of each atom of species s. */
static double mean_coordination(const vt_md *md, int s)
{
  double hi[3][3];
  int bonds = 0, atoms = 0;
  assert_true(vt_cell_inverse(&md->cell, hi));
  for (int i = 0; i < md->n; i++) {
    if (md->type[i] != s) continue;
    atoms++;
    for (int j = 0; j < md->n; j++) {
      const int z = vt_element_z(md->symbol[md->type[j]]);
      if (vt_element_charge(z) >= 0) continue;
      double d[3] = {md->x[j][0] - md->x[i][0], md->x[j][1] - md->x[i][1], md->x[j][2] - md->x[i][2]};
      vt_cell_min_image(&md->cell, (const double(*)[3])hi, d);
      bonds +=
          sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) < 1.5 * vt_pair_min_distance(vt_element_z(md->symbol[s]), z);
    }
  }
  return (double)bonds / atoms;
}

/* LiAlCl2.5O0.75, packed, 2 ps at 1200 K in steps of 2 fs under tight guards (no pair closer than half of its packing
 * contact, no force above 50 eV/A), then 1 ps without thermostat.  Al holds on to about four anions; the energy keeps
 * within 1 meV an atom, a hundredth of kT: twice what 20 ps showed. */
static void a_packed_glass_former_melts_without_fusing(void **state)
{
  (void)state;
  enum { N = 168 };
  const vt_composition c = {
      .name = "glass", .n_species = 4, .z = {3, 13, 17, 8}, .count = {32, 32, 80, 24}, .n_atoms = N};
  static const char *const species[] = {"Li", "Al", "Cl", "O"};
  const vt_pot_args args = {.path = "-", .n_species = 4, .species = species};
  vt_md_stage st = {.name = "melt",
                    .ensemble = VT_NVT,
                    .t0_k = 1200,
                    .t1_k = 1200,
                    .dt = vt_unit_time_from_fs(2),
                    .n_steps = 1000,
                    .tau_t = vt_unit_time_from_fs(100),
                    .block_steps = 20,
                    .guard = {.t_max_k = 3000, .f_max = 50, .d_min_scale = 0.5}};
  int type[N];
  double x[N][3], lo = INFINITY, hi = -INFINITY;
  vt_cell cell;
  vt_pot pot;
  vt_md md;
  vt_err err = {0};
  VT_TEST_OK(vt_pack(&c, 0.9, 42, &cell, type, x, &err), &err);
  VT_TEST_OK(vt_pot_open(&pot, "born", &args, &err), &err);
  VT_TEST_OK(vt_md_open(&md, &c, &cell, type, (const double(*)[3])x, &pot, 1, 7, &err), &err);
  VT_TEST_OK(vt_md_relax(&md, 500, 0.1, 1, &err), &err);
  vt_md_velocities(&md, 1200);
  VT_TEST_OK(vt_md_begin(&md, &st, 0, &err), &err);
  VT_TEST_OK(vt_md_run(&md, st.n_steps, &err), &err);
  st.name = "free", st.ensemble = VT_NVE, st.n_steps = 500;
  VT_TEST_OK(vt_md_begin(&md, &st, 1, &err), &err);
  for (int k = 0; k < st.n_steps; k++) {
    VT_TEST_OK(vt_md_run(&md, 1, &err), &err);
    lo = fmin(lo, md.conserved), hi = fmax(hi, md.conserved);
  }
  const double al = mean_coordination(&md, 1), li = mean_coordination(&md, 0), range = 1e3 * (hi - lo) / N;
  print_message("Al has %.2f anions, Li %.2f; energy within %.3f meV/atom; %.0f K\n", al, li, range, md.t_k);
  assert_true(al > 3.4 && al < 6 && li > 2 && li < 7);
  assert_true(range > 0 && range < 1);
  vt_md_close(&md);
  vt_pot_close(&pot);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_ions_follow_the_formula),
      cmocka_unit_test(energy_and_force_vanish_smoothly_at_the_cutoff),
      cmocka_unit_test(no_two_ions_fuse),
      cmocka_unit_test(a_file_changes_what_it_names_and_the_identity),
      cmocka_unit_test(a_file_that_makes_no_sense_is_refused_with_its_line),
      cmocka_unit_test(parameters_that_let_ions_fuse_are_refused),
      cmocka_unit_test(an_element_without_an_ion_is_named_with_those_there_are),
      cmocka_unit_test(a_packed_glass_former_melts_without_fusing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
