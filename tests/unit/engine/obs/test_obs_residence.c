/* Residence of alkalis at metals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/obs_bench.h"
#include "tests/unit/engine/obs/obs_history.h"
#include "tests/vt_test.h"

enum { LI, AL, CL, O, N_CLASS = 5 };
static const double near_a = 3.0, oxygen_a = 2.2; /* cutoffs of Li-Al and Al-O */

static vt_cutoffs cutoffs_of(const vt_plan *p)
{
  vt_cutoffs cut;
  vt_cutoffs_default(&p->comp, &cut);
  cut.r[LI][AL] = cut.r[AL][LI] = near_a;
  cut.r[AL][O] = cut.r[O][AL] = oxygen_a;
  return cut;
}

/* Row of an array over lags: species Li, class k. */
static const double *lags_of(const bench *b, const char *name, int k)
{
  int n;
  const double *v = array(b, name, &n);
  return v + (ptrdiff_t)k * n;
}

static void place_along_x(double x[3], const double at[3], double along_x)
{
  memcpy(x, at, 3 * sizeof *x);
  x[0] += along_x;
}

/* Ions that leave a metal without oxygen with probability p0 a sample, and one with two oxygens with p2, for the other
 * metal.  Survival (1-p)^n = exp(-t/tau) exactly; endpoint w + (1-w)(1-p0-p2)^n with the weight w of the state. Samples
 * of one ion are independent after about the longer of the lag and 1/(p0+p2) samples; 4 standard errors of a binomial
 * over so many windows, the seed is fixed. */
static void a_two_site_hopper_survives_as_its_rates_say(void **state)
{
  (void)state;
  enum { IONS = 60, T = 6000, N = IONS + 2 + 2 };
  const int count[HISTORY_SPECIES] = {IONS, 2, 0, 2};
  const double site[2][3] = {{4, 4, 4}, {14, 14, 14}}, tau_ps[2] = {1, 3};
  const double p[2] = {1 - exp(-0.1 / tau_ps[0]), 1 - exp(-0.1 / tau_ps[1])};
  static double x[N][3];
  static int type[N], at[IONS];
  double seen[2] = {0}, formed[2] = {0};
  bench b = {.plan = plan_of_glass(count, T)};
  b.plan.comp.count[CL] = b.plan.comp.count[O]; /* no chlorine: oxygen moves up */
  b.plan.comp.z[CL] = 8;
  b.plan.comp.n_species = 3;
  for (int i = 0; i < N; i++) type[i] = i < IONS ? LI : i < IONS + 2 ? AL : CL;
  ask(&b.plan, "residence", 0.1);
  b.cutoffs = cutoffs_of(&b.plan);
  b.cutoffs.r[AL][CL] = b.cutoffs.r[CL][AL] = oxygen_a;
  bench_open(&b);
  for (int m = 0; m < 2; m++) {
    place_along_x(x[IONS + m], site[m], 0);
    place_along_x(x[IONS + 2 + m], site[1], m ? -1.7 : 1.7);
  }
  for (int t = 0; t < T; t++) {
    for (int i = 0; i < IONS; i++) {
      double u[2];
      vt_rng_uniform2(11, VT_STREAM_TEST, 0, t, (uint32_t)i, u);
      const int hops = t > 0 && u[0] < p[at[i]];
      at[i] ^= hops;
      formed[at[i]] += hops;
      seen[at[i]]++;
      place_along_x(x[i], site[at[i]], 2.5);
    }
    vt_frame fr = frame_of(&b.plan, type, x, x, t);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n_lag;
  const double *lag = array(&b, "residence/lag_ps", &n_lag);
  const double *bonds = array(&b, "residence/bonds", NULL), *visits = array(&b, "residence/visits", NULL);
  for (int s = 0; s < 2; s++) {
    const int k = 2 * s;
    const double w = p[1 - s] / (p[0] + p[1]);
    const double *alive = lags_of(&b, "residence/continuous", k), *ends = lags_of(&b, "residence/endpoint", k);
    near(bonds[k], seen[s] / T, 1e-9);
    near(visits[k], formed[s], 0);
    for (int i = 0; i < n_lag && lag[i] < 10; i++) {
      const double n = lag[i] / 0.1, windows = seen[s] / (n + 1 / (p[0] + p[1]));
      const double survives = exp(-lag[i] / tau_ps[s]), there = w + (1 - w) * pow(1 - p[0] - p[1], n);
      near(alive[i], survives, 4 * sqrt(survives * (1 - survives) / windows));
      near(ends[i], there, 4 * sqrt(there * (1 - there) / windows));
    }
  }
  bench_close(&b);
}

/* ------------------------------------------------------------------ one ion, one metal, by hand */

enum { ALONE = 4 }; /* Li, Al, Cl far away, O */

typedef struct script {
  int n_frames;
  double (*li_a)(int t); /* distance of the ion from the metal */
  double (*ox_a)(int t); /* and of the oxygen                 */
  double hysteresis, permission;
} script;

static bench play_script(const script *s)
{
  const int count[HISTORY_SPECIES] = {1, 1, 1, 1}, type[ALONE] = {LI, AL, CL, O};
  const double metal[3] = {19.5, 3, 3}, far[3] = {10, 13, 13}; /* bonds across the face of the cell */
  bench b = {.plan = plan_of_glass(count, s->n_frames)};
  ask(&b.plan, "residence", 0.1);
  set_par(&b.plan, "residence", "points", 256); /* every lag on level 0 */
  set_par(&b.plan, "residence", "hysteresis", s->hysteresis);
  set_par(&b.plan, "residence", "permission", s->permission);
  b.cutoffs = cutoffs_of(&b.plan);
  bench_open(&b);
  for (int t = 0; t < s->n_frames; t++) {
    double x[ALONE][3];
    place_along_x(x[0], metal, s->li_a(t));
    place_along_x(x[1], metal, 0);
    place_along_x(x[2], far, 0);
    place_along_x(x[3], metal, -s->ox_a(t));
    vt_frame fr = frame_of(&b.plan, type, x, x, t);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  return b;
}

static double always_far(int t) { return 6 + 0 * t; }
static double away_20_samples(int t) { return t >= 50 && t < 70 ? 4 : 2.5; }
static double away_21_samples(int t) { return t >= 50 && t < 71 ? 4 : 2.5; }

/* 120 frames; at a lag of 60 the bond was there at 50 origins; of those 40 (39) end behind the absence. */
static void an_absence_up_to_the_permission_is_no_end_of_an_intermittent_bond(void **state)
{
  (void)state;
  const script within = {120, away_20_samples, always_far, 0.4, 2}, beyond = {120, away_21_samples, always_far, 0.4, 2};
  bench b = play_script(&within);
  near(lags_of(&b, "residence/continuous", 0)[59], 0, 0);
  near(lags_of(&b, "residence/intermittent", 0)[59], 40.0 / 50, 1e-15);
  near(lags_of(&b, "residence/endpoint", 0)[59], 40.0 / 50, 1e-15);
  near(lags_of(&b, "residence/continuous", 0)[9], 80.0 / 90, 1e-15); /* 40 + 40 of 50 + 40 origins */
  near(array(&b, "residence/visits", NULL)[0], 1, 0);                /* the one at the first frame is none */
  bench_close(&b);
  b = play_script(&beyond);
  near(lags_of(&b, "residence/continuous", 0)[59], 0, 0);
  near(lags_of(&b, "residence/intermittent", 0)[59], 0, 0);
  near(lags_of(&b, "residence/endpoint", 0)[59], 39.0 / 50, 1e-15);
  bench_close(&b);
}

static double leaves_at_55(int t) { return t < 55 ? 2.5 : 5; }
static double oxygen_leaves_at_50(int t) { return t < 50 ? 1.7 : 6; }

/* Lag 10: of the 50 origins with an oxygen, those up to 44 end before 55; the 5 without one all end after it. */
static void the_class_is_that_of_the_origin(void **state)
{
  (void)state;
  const script s = {100, leaves_at_55, oxygen_leaves_at_50, 0.4, 2};
  bench b = play_script(&s);
  near(lags_of(&b, "residence/continuous", 1)[9], 45.0 / 50, 1e-15);
  near(lags_of(&b, "residence/continuous", 0)[9], 0, 0);
  near(array(&b, "residence/bonds", NULL)[0], 5.0 / 100, 1e-15);
  near(array(&b, "residence/bonds", NULL)[1], 50.0 / 100, 1e-15);
  near(array(&b, "residence/metals", NULL)[0], 0.5, 1e-15);
  near(array(&b, "residence/metals", NULL)[1], 0.5, 1e-15);
  assert_true(isnan(lags_of(&b, "residence/continuous", 2)[9])); /* no such bond */
  bench_close(&b);
}

static double rattles(int t) { return 3.19 - 0.2 * cos(0.5 * t); }          /* 2.99 to 3.39, inside at first */
static double rattles_outside(int t) { return 3.21 + 0.18 * cos(0.5 * t); } /* 3.03 to 3.39                  */

static void a_bond_that_formed_breaks_only_beyond_the_hysteresis(void **state)
{
  (void)state;
  const script wide = {100, rattles, always_far, 0.4, 0}, none = {100, rattles, always_far, 0, 0},
               outside = {100, rattles_outside, always_far, 0.4, 0};
  bench b = play_script(&wide);
  near(lags_of(&b, "residence/continuous", 0)[49], 1, 0);
  near(array(&b, "residence/bonds", NULL)[0], 1, 0);
  near(array(&b, "residence/visits", NULL)[0], 0, 0);
  bench_close(&b);
  b = play_script(&none);
  assert_true(lags_of(&b, "residence/continuous", 0)[9] == 0);
  assert_true(array(&b, "residence/visits", NULL)[0] > 5);
  bench_close(&b);
  b = play_script(&outside);
  near(array(&b, "residence/bonds", NULL)[0], 0, 0);
  assert_true(isnan(lags_of(&b, "residence/endpoint", 0)[9]));
  bench_close(&b);
}

/* ------------------------------------------------------------------ against all pairs of frames */

enum { N_LI = 5, N_AL = 4, N_CL = 2, N_O = 9, N_ALL = N_LI + N_AL + N_CL + N_O, T = 300, MEMORY = 5 };
static const int many[HISTORY_SPECIES] = {N_LI, N_AL, N_CL, N_O};
static double track[T][N_ALL][3];

/* Walkers that are drawn back to the middle of the cell, so that bonds are many. */
static void make_walks(void)
{
  for (int t = 0; t < T; t++)
    for (uint32_t i = 0; i < N_ALL; i++) {
      double g[4];
      vt_rng_normal2(5, VT_STREAM_TEST, 0, t, i, g);
      vt_rng_normal2(5, VT_STREAM_TEST, 1, t, i, g + 2);
      for (int c = 0; c < 3; c++) track[t][i][c] = t ? 0.95 * track[t - 1][i][c] + 0.5 * g[c] : 2 * g[c];
    }
}

typedef struct survivors {
  double at_origin, continuous, intermittent, endpoint;
} survivors;

/* Bonds to metals with k oxygens that are there n samples after one of the correlator's origins. */
static survivors all_pairs(char is[N_LI][N_AL][T], char oxygen[N_AL][T], int k, int n)
{
  survivors c = {0};
  for (int a = 0; a < N_LI; a++)
    for (int m = 0; m < N_AL; m++)
      for (int t0 = 0; t0 + n < T; t0 += stride_of(n)) {
        const char *h = is[a][m];
        if (!h[t0] || oxygen[m][t0] != k) continue;
        c.at_origin++;
        if (!h[t0 + n]) continue;
        const int absence = longest_absence(h, t0, t0 + n);
        c.endpoint++, c.continuous += absence == 0, c.intermittent += absence <= MEMORY;
      }
  return c;
}

static void survival_agrees_with_all_pairs_of_frames(void **state)
{
  (void)state;
  static char is[N_LI][N_AL][T], oxygen[N_AL][T];
  int type[N_ALL];
  double d[3], r[T], bonds[N_CLASS] = {0}, metals[N_CLASS] = {0}, visits[N_CLASS] = {0};
  bench b = {.plan = plan_of_glass(many, T)};
  types_of(many, type);
  make_walks();
  ask(&b.plan, "residence", 0.1);
  set_par(&b.plan, "residence", "permission", 0.1 * MEMORY);
  b.cutoffs = cutoffs_of(&b.plan);
  bench_open(&b);
  for (int t = 0; t < T; t++) {
    vt_frame fr = frame_of(&b.plan, type, track[t], track[t], t);
    bench_sample(&b, &fr);
    for (int m = 0; m < N_AL; m++) {
      int k = 0;
      for (int o = N_ALL - N_O; o < N_ALL; o++) k += image(track[t][N_LI + m], track[t][o], d) < oxygen_a;
      oxygen[m][t] = (char)(k < 4 ? k : 4);
      metals[(int)oxygen[m][t]] += 1.0 / T;
    }
  }
  bench_finish(&b);
  for (int a = 0; a < N_LI; a++)
    for (int m = 0; m < N_AL; m++) {
      for (int t = 0; t < T; t++) r[t] = image(track[t][a], track[t][N_LI + m], d);
      bond_history(T, r, near_a, 0.4, is[a][m]);
      for (int t = 0; t < T; t++) {
        bonds[(int)oxygen[m][t]] += is[a][m][t] / (double)T;
        visits[(int)oxygen[m][t]] += t > 0 && is[a][m][t] && !is[a][m][t - 1];
      }
    }
  int n_lag;
  const double *lag = array(&b, "residence/lag_ps", &n_lag);
  for (int k = 0; k < N_CLASS; k++) {
    assert_true(bonds[k] > 0.01 && visits[k] > 0); /* every class is there to be tested */
    near(array(&b, "residence/bonds", NULL)[k], bonds[k], 1e-12);
    near(array(&b, "residence/metals", NULL)[k], metals[k], 1e-12);
    near(array(&b, "residence/visits", NULL)[k], visits[k], 0);
    for (int i = 0; i < n_lag; i++) {
      const int n = (int)lround(lag[i] / 0.1);
      const survivors c = all_pairs(is, oxygen, k, n);
      if (c.at_origin == 0) continue;
      near(lags_of(&b, "residence/continuous", k)[i], c.continuous / c.at_origin, 1e-14); /* one division */
      near(lags_of(&b, "residence/intermittent", k)[i], c.intermittent / c.at_origin, 1e-14);
      near(lags_of(&b, "residence/endpoint", k)[i], c.endpoint / c.at_origin, 1e-14);
    }
  }
  assert_true(isnan(lags_of(&b, "residence/continuous", N_CLASS * AL)[0])); /* no alkali */
  assert_true(isnan(array(&b, "residence/visits", NULL)[N_CLASS * O]));
  bench_close(&b);
}

/* A frozen cell: nothing breaks, and the bonds are those that can be counted. */
static void a_frozen_cell_keeps_all_of_its_bonds(void **state)
{
  (void)state;
  int type[N_ALL], n_lag;
  double d[3], bonds = 0, found = 0;
  bench b = {.plan = plan_of_glass(many, 40)};
  types_of(many, type);
  make_walks();
  ask(&b.plan, "residence", 0.1);
  b.cutoffs = cutoffs_of(&b.plan);
  bench_open(&b);
  for (int t = 0; t < 40; t++) {
    vt_frame fr = frame_of(&b.plan, type, track[T - 1], track[T - 1], t);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  const double *lag = array(&b, "residence/lag_ps", &n_lag);
  for (int a = 0; a < N_LI; a++)
    for (int m = 0; m < N_AL; m++) bonds += image(track[T - 1][a], track[T - 1][N_LI + m], d) < near_a;
  assert_true(bonds > 3);
  for (int k = 0; k < N_CLASS; k++) {
    const double of_class = array(&b, "residence/bonds", NULL)[k];
    found += of_class;
    for (int i = 0; i < n_lag && lag[i] < 3.85 && of_class > 0; i++) {
      near(lags_of(&b, "residence/continuous", k)[i], 1, 0);
      near(lags_of(&b, "residence/endpoint", k)[i], 1, 0);
    }
  }
  near(found, bonds, 1e-12);
  bench_close(&b);
}

/* ------------------------------------------------------------------ refusals */

/* n_li alkalis and `metals` metals beside the first alkali, the others far away. */
static bench crowd(int n_li, int metals, int *type, double (*x)[3])
{
  const int count[HISTORY_SPECIES] = {n_li, metals, 1, 1};
  bench b = {.plan = plan_of_glass(count, 10)};
  types_of(count, type);
  for (int i = 0; i < n_li + metals + 2; i++)
    place_along_x(x[i], (const double[3]){10, 10, 10},
                  i == 0                           ? 0
                  : i < n_li || i >= n_li + metals ? 5
                                                   : 0.05 * (i - n_li + 1));
  ask(&b.plan, "residence", 0.1);
  b.cutoffs = cutoffs_of(&b.plan);
  return b;
}

enum { CROWD = 60 };

/* An atom may have twice as many bonds as atoms have on average. */
static void a_crowded_alkali_is_followed(void **state)
{
  (void)state;
  enum { METALS = 20, ALKALIS = 4 };
  int type[CROWD];
  double x[CROWD][3];
  vt_err err = {0};
  bench b = crowd(ALKALIS, METALS, type, x);
  bench_open(&b);
  for (int t = 0; t <= 10; t++) {
    vt_frame fr = frame_of(&b.plan, type, x, x, t);
    VT_TEST_OK(vt_obs_set_sample(b.set, &fr, &err), &err);
  }
  bench_finish(&b);
  near(array(&b, "residence/bonds", NULL)[0], METALS, 1e-12); /* no metal has an oxygen */
  near(lags_of(&b, "residence/continuous", 0)[0], 1, 0);
  bench_close(&b);
}

/* More than there is room for, of one atom or of all together, ends the observable and not the run: its means are not
 * known, its counts 0, its axes as ever; and so in whoever goes on from a checkpoint. */
static void too_many_partners_end_the_observable_alone(void **state)
{
  (void)state;
  static const int crowds[][2] = {{8, 33}, {1, 17}}; /* 33 of one; 17 on average */
  for (int c = 0; c < 2; c++) {
    int type[CROWD];
    double x[CROWD][3];
    vt_err err = {0};
    bench b = crowd(crowds[c][0], crowds[c][1], type, x), again = b;
    ask(&b.plan, "thermo", 0.1);
    again.plan = b.plan;
    bench_open(&b);
    for (int t = 0; t <= 10; t++) {
      vt_frame fr = frame_of(&b.plan, type, x, x, t);
      VT_TEST_OK(vt_obs_set_sample(b.set, &fr, &err), &err);
    }
    const size_t n = vt_obs_set_state_size(b.set);
    void *bytes = malloc(n);
    assert_non_null(bytes);
    vt_obs_set_save(b.set, bytes);
    bench_open(&again);
    VT_TEST_OK(vt_obs_set_load(again.set, bytes, n, &err), &err);
    free(bytes);
    bench *both[] = {&b, &again};
    for (int k = 0; k < 2; k++) {
      int n_lag;
      bench_finish(both[k]);
      const double *lag = array(both[k], "residence/lag_ps", &n_lag);
      near(lag[0], 0.1, 1e-12);
      for (int l = 0; l < n_lag; l++) {
        near(array(both[k], "residence/origins", NULL)[l], 0, 0);
        assert_true(isnan(lags_of(both[k], "residence/continuous", 0)[l]));
      }
      assert_true(isnan(array(both[k], "residence/bonds", NULL)[0]));
      near(array(both[k], "residence/visits", NULL)[0], 0, 0);
      assert_true(isfinite(array(both[k], "thermo/temperature", NULL)[0])); /* the others go on */
      bench_close(both[k]);
    }
  }
}

static void an_observable_that_was_not_told_what_a_bond_is_says_so(void **state)
{
  (void)state;
  vt_obs_set *set;
  vt_err err = {0};
  int type[N_ALL];
  vt_plan p = plan_of_glass(many, 10);
  types_of(many, type);
  make_walks();
  ask(&p, "residence", 0.1);
  VT_TEST_OK(vt_obs_set_open(&set, &p, &err), &err);
  vt_frame fr = frame_of(&p, type, track[0], track[0], 0);
  assert_int_equal(vt_obs_set_sample(set, &fr, &err), VT_EBUG);
  vt_obs_set_close(set);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_two_site_hopper_survives_as_its_rates_say),
      cmocka_unit_test(an_absence_up_to_the_permission_is_no_end_of_an_intermittent_bond),
      cmocka_unit_test(the_class_is_that_of_the_origin),
      cmocka_unit_test(a_bond_that_formed_breaks_only_beyond_the_hysteresis),
      cmocka_unit_test(survival_agrees_with_all_pairs_of_frames),
      cmocka_unit_test(a_frozen_cell_keeps_all_of_its_bonds),
      cmocka_unit_test(a_crowded_alkali_is_followed),
      cmocka_unit_test(too_many_partners_end_the_observable_alone),
      cmocka_unit_test(an_observable_that_was_not_told_what_a_bond_is_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
