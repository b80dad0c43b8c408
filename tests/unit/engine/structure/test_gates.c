/* The gates of a run: made-up values on both sides of every limit, and values known by hand out of made-up arrays. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/structure/structure.h"
#include "tests/vt_test.h"

enum { LI, AL, O, CL, N_SPECIES, N_PAIRS = N_SPECIES * (N_SPECIES + 1) / 2, N_BINS = 100, N_COUNTS = 9 };

/* LiAlCl2.5O0.75, 16 formula units; oxygens: of 64 anions. */
static vt_composition made_up(int oxygens)
{
  vt_composition c = {
      .n_species = N_SPECIES, .z = {3, 13, 8, 17}, .count = {16, 16, oxygens, 40}, .charge = {1, 3, -2, -1}};
  c.n_atoms = 72 + oxygens;
  return c;
}

static vt_structure_summary a_sound_run(void)
{
  vt_structure_summary s;
  vt_structure_none(&s);
  s.worst_z = 1, s.free_anions = 0.01, s.o_variance = 0.5, s.metals_close_share = 0.2;
  return s;
}

static vt_gates judged(const vt_structure_summary *s, int oxygens, double pressure_gpa, double melt_a2,
                       double volume_error)
{
  const vt_composition c = made_up(oxygens);
  const vt_gate_input in = {
      .comp = &c, .structure = s, .pressure_gpa = pressure_gpa, .melt_a2 = melt_a2, .volume_error = volume_error};
  vt_gates g;
  vt_gates_judge(&in, &g);
  return g;
}

static void a_sound_run_passes_all_and_the_close_metals_are_reported(void **state)
{
  (void)state;
  const vt_structure_summary s = a_sound_run();
  const vt_gates g = judged(&s, 12, 0.05, 30, 0.004);
  for (int k = 0; k < VT_N_GATES; k++)
    assert_int_equal(g.gate[k].state, k == VT_GATE_METALS_CLOSE ? VT_GATE_REPORTED : VT_GATE_PASSED);
  assert_int_equal(g.n_failed, 0);
  near(g.gate[VT_GATE_METALS_CLOSE].value, 0.2, 0);
}

/* The limits as the bands were declared, written down a second time: 3 s, 3 %, 0.38 to 0.8, 10 A^2, 1 kbar, 1 %. */
static void each_limit_is_the_declared_one_and_shuts_one_gate(void **state)
{
  (void)state;
  const struct {
    vt_gate_name gate;
    double inside, outside;
  } row[] = {{VT_GATE_STATIONARY, 3, 3.001},    {VT_GATE_FREE_ANIONS, 0.03, 0.0301},
             {VT_GATE_O_VARIANCE, 0.38, 0.379}, {VT_GATE_O_VARIANCE, 0.8, 0.801},
             {VT_GATE_MELT, 10, 9.99},          {VT_GATE_PRESSURE, 0.1, 0.101},
             {VT_GATE_PRESSURE, -0.1, -0.101},  {VT_GATE_VOLUME, 0.01, 0.0101}};
  for (size_t k = 0; k < sizeof row / sizeof *row; k++)
    for (int out = 0; out < 2; out++) {
      const double x = out ? row[k].outside : row[k].inside;
      vt_structure_summary s = a_sound_run();
      double pressure = 0, melt = 30, volume = 0.004;
      if (row[k].gate == VT_GATE_STATIONARY) s.worst_z = x;
      if (row[k].gate == VT_GATE_FREE_ANIONS) s.free_anions = x;
      if (row[k].gate == VT_GATE_O_VARIANCE) s.o_variance = x;
      if (row[k].gate == VT_GATE_MELT) melt = x;
      if (row[k].gate == VT_GATE_PRESSURE) pressure = x;
      if (row[k].gate == VT_GATE_VOLUME) volume = x;
      const vt_gates g = judged(&s, 12, pressure, melt, volume);
      if (g.n_failed != out) fail_msg("%s at %g: %d gates are shut", vt_gate_rules[row[k].gate].name, x, g.n_failed);
      assert_int_equal(g.gate[row[k].gate].state, out ? VT_GATE_FAILED : VT_GATE_PASSED);
      near(g.gate[row[k].gate].value, x, 0);
    }
}

static void what_is_not_known_is_not_judged_and_says_why(void **state)
{
  (void)state;
  vt_structure_summary s;
  vt_structure_none(&s);
  vt_gates g = judged(&s, 12, (double)NAN, (double)NAN, (double)NAN), none;
  for (int k = 0; k < VT_N_GATES; k++) {
    assert_int_equal(g.gate[k].state, k == VT_GATE_MELT     ? VT_GATE_NO_MELT
                                      : k == VT_GATE_VOLUME ? VT_GATE_NO_VOLUME
                                                            : VT_GATE_NOT_OBSERVED);
    assert_true(isnan(g.gate[k].value));
  }
  vt_gates_none(&none);
  assert_int_equal(g.n_failed + none.n_failed, 0);
  assert_int_equal(none.gate[0].state, VT_GATE_NOT_OBSERVED);
  s = a_sound_run();
  s.o_variance = 2; /* far outside, but of half an oxygen a metal the band does not speak */
  g = judged(&s, 8, 0, 30, 0);
  assert_int_equal(g.gate[VT_GATE_O_VARIANCE].state, VT_GATE_NO_LIMIT);
  near(g.gate[VT_GATE_O_VARIANCE].value, 2, 0);
}

/* ------------------------------------------------------------------ values */

typedef struct arrays {
  vt_plan plan;
  vt_array_def def[8];
  int n;
  double value[4000];
  size_t used;
} arrays;

static double *add_array(arrays *a, const char *name, int d0, int d1)
{
  vt_array_def *d = &a->def[a->n++];
  *d = (vt_array_def){.n_dim = d1 ? 2 : 1, .dim = {d0, d1}};
  (void)snprintf(d->name, sizeof d->name, "%s", name);
  double *v = a->value + a->used;
  a->used += vt_array_count(d);
  assert_true(a->used <= sizeof a->value / sizeof *a->value);
  return v;
}

/* One metal species with this distribution of oxygens, four anions each. */
static vt_structure_summary with_oxygens(const double *share, int n)
{
  static arrays a;
  vt_err err;
  vt_structure_summary s;
  a = (arrays){.plan = {.kind = VT_TASK_MD, .t_k = 600, .comp = made_up(12), .protocol = {.produce_ps = 100}}};
  double *o = add_array(&a, "polyhedra/o_count", N_SPECIES, N_COUNTS),
         *cn = add_array(&a, "polyhedra/cn", N_SPECIES, 13);
  for (int k = 0; k < n; k++) o[AL * N_COUNTS + k] = share[k];
  cn[AL * 13 + 4] = 1;
  VT_TEST_OK(vt_structure_from_arrays(&a.plan, a.def, a.n, a.value, &s, &err), &err);
  return s;
}

/* Both models by their distributions at 1.5 oxygens a metal: chains have two ends with an oxygen each with chance 3/4,
 * a random network four anions of which each is an oxygen with chance 3/8.  Exact arithmetic; rounding of 10 sums. */
static void both_models_have_the_variance_of_their_own_distribution(void **state)
{
  (void)state;
  const double chain[] = {0.0625, 0.375, 0.5625};
  double random[5];
  const double p = 0.375, choose[] = {1, 4, 6, 4, 1};
  for (int k = 0; k < 5; k++) random[k] = choose[k] * pow(p, k) * pow(1 - p, 4 - k);
  const vt_structure_summary c = with_oxygens(chain, 3), r = with_oxygens(random, 5);
  near(c.o_variance, 0.375, 1e-14);
  near(c.o_variance_chain, c.o_variance, 1e-14);
  near(r.o_variance, 0.9375, 1e-14);
  near(r.o_variance_random, r.o_variance, 1e-14);
  near(r.o_variance_chain, c.o_variance, 1e-14);
}

/* g = 1: an ideal gas of 16 metals in 2000 A^3 has 16^2/2 / V pairs in 4/3 pi 2.6^3 (rdf counts like pairs as N^2/2);
 * bins of 0.05 and of 0.07 A, the last of which the limit cuts.  Rounding of 50 sums. */
static void close_metals_are_counted_out_of_g(void **state)
{
  (void)state;
  static arrays a;
  const double width[] = {0.05, 0.07}, volume = 2000;
  for (int q = 0; q < 2; q++) {
    vt_err err;
    vt_structure_summary s;
    a = (arrays){.plan = {.kind = VT_TASK_MD, .t_k = 600, .comp = made_up(12), .protocol = {.produce_ps = 100}}};
    double *v = add_array(&a, "thermo/volume", 1, 0), *r = add_array(&a, "rdf/r", N_BINS, 0),
           *g = add_array(&a, "rdf/g", N_PAIRS, N_BINS);
    *v = volume;
    for (int k = 0; k < N_BINS; k++) r[k] = (k + 0.5) * width[q], g[vt_pair_index(AL, AL, N_SPECIES) * N_BINS + k] = 1;
    VT_TEST_OK(vt_structure_from_arrays(&a.plan, a.def, a.n, a.value, &s, &err), &err);
    near_relative(s.metals_close, 16 * 16 / 2.0 / volume * 4 / 3 * acos(-1) * 2.6 * 2.6 * 2.6, 1e-12);
  }
}

static void the_melt_is_that_of_all_metals(void **state)
{
  (void)state;
  vt_composition c = made_up(12);
  const double msd[] = {80, 11, 30, 40, 20};
  near(vt_melt_metals(&c, msd), 11, 0);
  c.n_species = 5, c.z[4] = 31, c.count[4] = 48;
  near(vt_melt_metals(&c, msd), (16 * 11 + 48 * 20) / 64.0, 1e-13);
  c.z[1] = c.z[4] = 3;
  assert_true(isnan(vt_melt_metals(&c, msd)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_sound_run_passes_all_and_the_close_metals_are_reported),
      cmocka_unit_test(each_limit_is_the_declared_one_and_shuts_one_gate),
      cmocka_unit_test(what_is_not_known_is_not_judged_and_says_why),
      cmocka_unit_test(both_models_have_the_variance_of_their_own_distribution),
      cmocka_unit_test(close_metals_are_counted_out_of_g),
      cmocka_unit_test(the_melt_is_that_of_all_metals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
