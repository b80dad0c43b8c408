/* One run in single numbers, from made-up arrays whose means are known by hand. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/structure/structure.h"
#include "tests/vt_test.h"

enum { LI, NA, AL, GA, O, CL, N_SPECIES, N_PAIRS = N_SPECIES * (N_SPECIES + 1) / 2, N_LAG = 60, N_BINS = 100 };
enum { MOST_VALUES = 20000, MOST_DEFS = 64 };

typedef struct arrays {
  vt_plan plan;
  vt_array_def def[MOST_DEFS];
  int n;
  double value[MOST_VALUES];
  size_t used;
} arrays;

/* Zeroed, with up to three axes. */
static double *add_array(arrays *a, const char *name, int d0, int d1, int d2)
{
  vt_array_def *d = &a->def[a->n++];
  assert_true(a->n <= MOST_DEFS);
  *d = (vt_array_def){.n_dim = d2 ? 3 : d1 ? 2 : 1, .dim = {d0, d1, d2}};
  (void)snprintf(d->name, sizeof d->name, "%s", name);
  double *v = a->value + a->used;
  a->used += vt_array_count(d);
  assert_true(a->used <= MOST_VALUES);
  return v;
}

static void set_plan(arrays *a)
{
  static const int z[N_SPECIES] = {3, 11, 13, 31, 8, 17}, count[N_SPECIES] = {6, 2, 6, 2, 5, 20},
                   charge[N_SPECIES] = {1, 1, 3, 3, -2, -1};
  *a = (arrays){.plan = {.kind = VT_TASK_MD, .t_k = 600, .protocol = {.produce_ps = 100}}};
  vt_composition *c = &a->plan.comp;
  (void)snprintf(c->name, sizeof c->name, "made up");
  c->n_species = N_SPECIES;
  for (int s = 0; s < N_SPECIES; s++) {
    c->z[s] = z[s];
    c->count[s] = count[s];
    c->charge[s] = charge[s];
    c->n_atoms += count[s];
  }
}

static vt_structure_summary solve_summary(const arrays *a)
{
  vt_err err;
  vt_structure_summary s;
  VT_TEST_OK(vt_structure_from_arrays(&a->plan, a->def, a->n, a->value, &s, &err), &err);
  return s;
}

static double *lags(arrays *a, const char *name)
{
  double *lag = add_array(a, name, N_LAG, 0, 0);
  for (int k = 0; k < N_LAG; k++) lag[k] = 0.5 * (k + 1);
  return lag;
}

/* Every metal, anion and oxygen counts once: weights 6 Al to 2 Ga, 20 Cl to 5 O. */
static void polyhedra_and_chains_are_means_over_atoms(void **state)
{
  (void)state;
  static arrays a;
  set_plan(&a);
  double *cn = add_array(&a, "polyhedra/cn", N_SPECIES, 13, 0),
         *o = add_array(&a, "polyhedra/o_count", N_SPECIES, 9, 0);
  double *anion = add_array(&a, "polyhedra/anion", N_SPECIES, 7, 0);
  for (int k = 0; k < 13; k++) cn[LI * 13 + k] = NAN; /* rows of others are never read */
  cn[AL * 13 + 4] = 0.5, cn[AL * 13 + 5] = 0.5;
  cn[GA * 13 + 4] = 1;
  o[AL * 9 + 1] = 0.75, o[AL * 9 + 5] = 0.25;
  o[GA * 9 + 0] = 1;
  anion[O * 7 + 2] = 0.6, anion[O * 7 + 3] = 0.4;
  anion[CL * 7 + 0] = 0.1, anion[CL * 7 + 1] = 0.7, anion[CL * 7 + 2] = 0.15, anion[CL * 7 + 3] = 0.05;
  *add_array(&a, "chains/mean_size", 1, 0, 0) = 1.6;
  *add_array(&a, "chains/weight_size", 1, 0, 0) = 2.5;
  *add_array(&a, "chains/largest", 1, 0, 0) = 4;
  *add_array(&a, "chains/cycles", 1, 0, 0) = 2;
  vt_structure_summary s = solve_summary(&a);
  const double rounding = 1e-12;
  near(s.cn_metal, (6 * 4.5 + 2 * 4) / 8.0, rounding);
  near(s.cn4, (6 * 0.5 + 2) / 8.0, rounding);
  near(s.o_count, 6 * (0.75 + 5 * 0.25) / 8.0, rounding);
  near(s.o_fraction[0], 2 / 8.0, rounding);
  near(s.o_fraction[1], 6 * 0.75 / 8.0, rounding);
  near(s.o_fraction[3], 0, rounding);
  near(s.o_fraction[4], 6 * 0.25 / 8.0, rounding); /* four or more */
  near(s.o_two_metals, 0.6, rounding);
  near(s.x_bridging, 0.2, rounding);
  near(s.free_anions, 20 * 0.1 / 25, rounding);
  near(s.chain_mean, 1.6, rounding);
  near(s.chain_weight, 2.5, rounding);
  near(s.chain_largest_share, 0.5, rounding);
  near(s.cycles_per_metal, 0.25, rounding);
}

/* C = sum of bonds times exponentials / sum of bonds; both alkalis have one time here, so the mixture keeps it exactly
 * (as far as the analysis is exact on an exponential, 1e-9 in its own test). */
static void residence_is_of_all_alkalis_and_knows_chance(void **state)
{
  (void)state;
  static arrays a;
  const double tau = 4, chance = 0.25;
  set_plan(&a);
  double *lag = lags(&a, "residence/lag_ps");
  double *c = add_array(&a, "residence/continuous", N_SPECIES, 5, N_LAG);
  double *m = add_array(&a, "residence/intermittent", N_SPECIES, 5, N_LAG);
  double *e = add_array(&a, "residence/endpoint", N_SPECIES, 5, N_LAG);
  double *bonds = add_array(&a, "residence/bonds", N_SPECIES, 5, 0),
         *metals = add_array(&a, "residence/metals", 5, 0, 0);
  double *visits = add_array(&a, "residence/visits", N_SPECIES, 5, 0);
  for (size_t k = 0; k < (size_t)N_SPECIES * 5 * N_LAG; k++) c[k] = m[k] = e[k] = NAN;
  bonds[LI * 5 + 1] = 6, bonds[NA * 5 + 1] = 2; /* 8 of 8 alkalis times 4 metals: 0.25 by chance */
  metals[1] = 4;
  visits[LI * 5 + 1] = 3000, visits[NA * 5 + 1] = 1000;
  bonds[LI * 5 + 2] = 8, metals[2] = 1; /* every alkali at the only metal */
  bonds[LI * 5 + 3] = 3, metals[3] = 2, visits[LI * 5 + 3] = 10;
  for (int k = 0; k < N_LAG; k++) {
    c[(LI * 5 + 1) * N_LAG + k] = m[(LI * 5 + 1) * N_LAG + k] = exp(-lag[k] / tau);
    c[(NA * 5 + 1) * N_LAG + k] = m[(NA * 5 + 1) * N_LAG + k] = exp(-lag[k] / tau);
    e[(LI * 5 + 1) * N_LAG + k] = chance + (1 - chance) * exp(-lag[k] / tau);
    e[(NA * 5 + 1) * N_LAG + k] = chance + (1 - chance) * exp(-lag[k] / tau);
    e[(LI * 5 + 2) * N_LAG + k] = 1;
    c[(LI * 5 + 3) * N_LAG + k] = 0.9;
  }
  vt_structure_summary s = solve_summary(&a);
  for (int v = 0; v < VT_SURVIVALS; v++) near(s.tau[v][1].tau_ps, tau, 1e-8);
  near(s.tau[VT_CONTINUOUS][1].se, tau / sqrt(4000), 1e-9);
  assert_int_equal(s.tau[VT_CONTINUOUS][0].reason, VT_RES_ABSENT);
  assert_true(isnan(s.tau[VT_CONTINUOUS][0].tau_ps));
  assert_int_equal(s.tau[VT_ENDPOINT][2].reason, VT_RES_ABSENT);
  assert_int_equal(s.tau[VT_CONTINUOUS][3].reason, VT_RES_LONGER);
  near(s.tau[VT_CONTINUOUS][3].longer_than_ps, lag[N_LAG - 1], 0);
  /* two times: each alkali counts with its bonds; 1/e of (3 exp(-t) + exp(-t/20))/4 lies where that is 1/e */
  for (int k = 0; k < N_LAG; k++) {
    c[(LI * 5 + 1) * N_LAG + k] = exp(-lag[k]);
    c[(NA * 5 + 1) * N_LAG + k] = exp(-lag[k] / 20);
  }
  double t = solve_summary(&a).tau[VT_CONTINUOUS][1].e_time_ps;
  near((3 * exp(-t) + exp(-t / 20)) / 4, exp(-1), 5e-3); /* interpolated over 0.5 ps */
}

/* c2 of Al-Cl (24 bonds) and Ga-Cl (6 bonds), exponentials of one time; Al-O decays in negative values; no bond breaks.
 */
static void bonds_turn_and_last_as_their_numbers_say(void **state)
{
  (void)state;
  static arrays a;
  set_plan(&a);
  double *lag = lags(&a, "bonds/lag_ps");
  double *live = add_array(&a, "bonds/continuous", N_PAIRS, N_LAG, 0),
         *c2 = add_array(&a, "bonds/c2", N_PAIRS, N_LAG, 0);
  double *per = add_array(&a, "bonds/per_metal", N_PAIRS, 0, 0);
  for (int k = 0; k < N_PAIRS * N_LAG; k++) live[k] = c2[k] = NAN;
  for (int k = 0; k < N_PAIRS; k++) per[k] = NAN;
  const int al_cl = vt_pair_index(AL, CL, N_SPECIES), ga_cl = vt_pair_index(GA, CL, N_SPECIES),
            al_o = vt_pair_index(AL, O, N_SPECIES), ga_o = vt_pair_index(GA, O, N_SPECIES);
  per[al_cl] = 3, per[ga_cl] = 3; /* 6 * 3 and 2 * 3 bonds */
  per[al_o] = 1, per[ga_o] = 0;
  for (int k = 0; k < N_LAG; k++) {
    c2[al_cl * N_LAG + k] = 0.9 * exp(-lag[k] / 7);
    c2[ga_cl * N_LAG + k] = 1.3 * exp(-lag[k] / 7); /* (18 0.9 + 6 1.3)/24 = 1 */
    c2[al_o * N_LAG + k] = k == 0 ? 0.5 : -0.1;
    live[al_cl * N_LAG + k] = live[ga_cl * N_LAG + k] = exp(-lag[k] / 3);
    live[al_o * N_LAG + k] = 1;
  }
  vt_structure_summary s = solve_summary(&a);
  near(s.turn_mx.time_ps, 7, 1e-9);
  for (int k = 2; k < N_LAG; k++) c2[ga_cl * N_LAG + k] = NAN; /* no such bond is left: the others go on */
  near(solve_summary(&a).turn_mx.time_ps, 7 * (1 + log(0.9)), 1e-9);
  assert_true(isnan(s.turn_mx.longer_than_ps));
  near(s.life_mx.time_ps, 3, 1e-9);
  near(s.turn_mo.time_ps, 0.5 + 0.5 * (0.5 - exp(-1)) / 0.6, 1e-9); /* straight from 0.5 at 0.5 ps to -0.1 at 1 ps */
  assert_true(isnan(s.life_mo.time_ps));
  near(s.life_mo.longer_than_ps, lag[N_LAG - 1], 0);
}

/* g of Al-Cl peaks at 2.125 A, that of Ga-Cl at 3.125 A and three times as high; 120 pairs to 40 even that out, so that
 * the mean has its first maximum at the first. */
static void a_peak_is_that_of_all_metals_together(void **state)
{
  (void)state;
  static arrays a;
  set_plan(&a);
  double *r = add_array(&a, "rdf/r", N_BINS, 0, 0), *g = add_array(&a, "rdf/g", N_PAIRS, N_BINS, 0);
  for (int k = 0; k < N_BINS; k++) {
    r[k] = 0.05 * (k + 0.5);
    g[vt_pair_index(AL, CL, N_SPECIES) * N_BINS + k] = 10 * exp(-pow((r[k] - 2.125) / 0.15, 2));
    g[vt_pair_index(GA, CL, N_SPECIES) * N_BINS + k] = 20 * exp(-pow((r[k] - 3.125) / 0.15, 2));
    g[vt_pair_index(AL, O, N_SPECIES) * N_BINS + k] = 10 * exp(-pow((r[k] - 1.775) / 0.15, 2));
    g[vt_pair_index(CL, CL, N_SPECIES) * N_BINS + k] = 30 * exp(-pow((r[k] - 1.025) / 0.15, 2)); /* no metal */
  }
  vt_structure_summary s = solve_summary(&a);
  near(s.mx_peak_a, 2.125, 1e-9);
  near(s.mo_peak_a, 1.775, 1e-9);
}

static void jumps_are_means_over_ions_and_over_jumps(void **state)
{
  (void)state;
  static arrays a;
  set_plan(&a);
  double *count = add_array(&a, "jumps/count", N_SPECIES, 0, 0), *rate = add_array(&a, "jumps/rate", N_SPECIES, 0, 0);
  double *back = add_array(&a, "jumps/back", N_SPECIES, 0, 0), *len = add_array(&a, "jumps/length", N_SPECIES, 0, 0);
  for (int s = 0; s < N_SPECIES; s++) count[s] = rate[s] = back[s] = len[s] = NAN;
  count[LI] = 30, rate[LI] = 0.05, back[LI] = 0.4, len[LI] = 3;
  count[NA] = 10, rate[NA] = 0.01, back[NA] = 0.8, len[NA] = 4;
  vt_structure_summary s = solve_summary(&a);
  near(s.jump_rate, (6 * 0.05 + 2 * 0.01) / 8, 1e-15);
  near(s.jump_back, 0.5, 1e-15);
  near(s.jump_length_a, 3.25, 1e-15);
  count[NA] = 0, rate[NA] = 0, back[NA] = len[NA] = NAN; /* an alkali that never jumped has none to average */
  near(solve_summary(&a).jump_back, 0.4, 1e-15);
}

static void what_was_not_observed_is_not_a_number(void **state)
{
  (void)state;
  static arrays a;
  set_plan(&a);
  vt_structure_summary s = solve_summary(&a);
  const double none[] = {s.density_g_cm3,
                         s.cn_metal,
                         s.cn4,
                         s.o_count,
                         s.o_fraction[0],
                         s.o_two_metals,
                         s.x_bridging,
                         s.free_anions,
                         s.chain_mean,
                         s.chain_weight,
                         s.chain_largest,
                         s.chain_largest_share,
                         s.cycles_per_metal,
                         s.mx_peak_a,
                         s.mo_peak_a,
                         s.turn_mx.time_ps,
                         s.turn_mx.longer_than_ps,
                         s.life_mo.time_ps,
                         s.jump_rate,
                         s.jump_back,
                         s.jump_length_a,
                         s.tau[0][0].tau_ps,
                         s.worst_z};
  for (size_t k = 0; k < sizeof none / sizeof *none; k++)
    if (!isnan(none[k])) fail_msg("number %zu is %g", k, none[k]);
  assert_int_equal(s.tau[VT_ENDPOINT][3].reason, VT_RES_ABSENT);
  assert_int_equal(s.stationarity.flag, VT_STATIONARY_UNKNOWN);
}

/* First and last third of a series that alternates about 1 and about 1 + d: z by blocking errors is huge. */
static void the_worst_z_is_that_of_what_drifts(void **state)
{
  (void)state;
  static arrays a;
  set_plan(&a);
  double *e = add_array(&a, "thermo/energy", 300, 0, 0), *t = add_array(&a, "thermo/temperature", 300, 0, 0);
  for (int k = 0; k < 300; k++) {
    e[k] = -100 + (k % 2 ? 1 : -1) - 0.02 * k;
    t[k] = 600 + 5 * ((k * 7919) % 13 - 6);
  }
  vt_structure_summary s = solve_summary(&a);
  assert_int_equal(s.stationarity.flag, VT_STATIONARY_NO);
  near(s.worst_z, fabs(s.stationarity.energy.z), 0);
  assert_true(s.stationarity.energy.z < -3);
}

static void an_array_of_another_size_is_refused(void **state)
{
  (void)state;
  static arrays a;
  vt_err err;
  vt_structure_summary s;
  set_plan(&a);
  (void)lags(&a, "bonds/lag_ps");
  (void)add_array(&a, "bonds/per_metal", N_PAIRS - 1, 0, 0);
  assert_int_equal(vt_structure_from_arrays(&a.plan, a.def, a.n, a.value, &s, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "bonds/per_metal"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(polyhedra_and_chains_are_means_over_atoms),
                                     cmocka_unit_test(residence_is_of_all_alkalis_and_knows_chance),
                                     cmocka_unit_test(bonds_turn_and_last_as_their_numbers_say),
                                     cmocka_unit_test(a_peak_is_that_of_all_metals_together),
                                     cmocka_unit_test(jumps_are_means_over_ions_and_over_jumps),
                                     cmocka_unit_test(what_was_not_observed_is_not_a_number),
                                     cmocka_unit_test(the_worst_z_is_that_of_what_drifts),
                                     cmocka_unit_test(an_array_of_another_size_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
