/* Neighbours between groups, and where shells end. */
#include "engine/obs/pairs.h"

#include <math.h>
#include <string.h>

#include "tests/support/obs_bench.h"
#include "tests/vt_test.h"

enum { N_LI = 9, N_AL = 7, N_CL = 24, N_O = 5, N = N_LI + N_AL + N_CL + N_O };
static const vt_composition oxychloride = {.name = "LiAlClO",
                                           .n_species = 4,
                                           .z = {3, 13, 17, 8},
                                           .count = {N_LI, N_AL, N_CL, N_O},
                                           .charge = {1, 3, -1, -2},
                                           .n_atoms = N};
static const vt_cell skewed = {.h = {{14.0, 0.5, 0.0}, {-2.1, 13.2, 0.7}, {0.3, -1.9, 15.1}}};

static void scatter_oxychloride(uint64_t key, int type[N], double x[N][3])
{
  for (int s = 0, i = 0; s < oxychloride.n_species; s++)
    for (int k = 0; k < oxychloride.count[s]; k++, i++) {
      double u[4];
      type[i] = s;
      vt_rng_uniform2(key, VT_STREAM_TEST, 0, 0, (uint32_t)i, u);
      vt_rng_uniform2(key, VT_STREAM_TEST, 1, 0, (uint32_t)i, u + 2);
      for (int c = 0; c < 3; c++) x[i][c] = u[0] * skewed.h[0][c] + u[1] * skewed.h[1][c] + u[2] * skewed.h[2][c];
    }
}

static void pairs_are_those_of_a_search_over_all_images(void **state)
{
  (void)state;
  int type[N], found = 0;
  double x[N][3];
  vt_err err = {0};
  vt_cutoffs cut;
  vt__pairs p;
  vt_plan plan = {.comp = oxychloride, .protocol = {.produce_dt_fs = 1}};
  vt_cutoffs_default(&oxychloride, &cut);
  cut.r[1][2] = cut.r[2][1] = 4.4;
  cut.r[1][3] = cut.r[3][1] = 3.1;
  VT_TEST_OK(vt__pairs_open(&p, &oxychloride, VT_ROLE_NETWORK, VT_ROLE_ANIONS, 40, &err), &err);
  assert_int_equal(p.n_first, N_AL);
  assert_int_equal(p.n_second, N_CL + N_O);
  for (uint64_t key = 1; key <= 20; key++) {
    scatter_oxychloride(key, type, x);
    vt_frame fr = frame_of(&plan, type, x, x, 0);
    fr.cell = skewed;
    VT_TEST_OK(vt__pairs_find(&p, &fr, &cut, 0.5, &err), &err);
    for (int a = 0; a < N_AL; a++) {
      int at = 0;
      for (int b = 0; b < N_CL + N_O; b++) {
        double d[3], r = shortest_image(&skewed, x[N_LI + a], x[N_LI + N_AL + b], d);
        if (!(r < (b < N_CL ? 4.9 : 3.6))) continue;
        assert_true(at < p.count[a]);
        int k = a * p.most + at++;
        assert_int_equal(p.place[k], b);
        for (int c = 0; c < 3; c++) near(p.d[k][c], d[c], 1e-12);
        near(p.d[k][3], r, 1e-12);
        found++;
      }
      assert_int_equal(at, p.count[a]);
    }
  }
  assert_true(found > 500);
  vt__pairs_close(&p);
}

static void a_row_that_is_too_long_is_refused(void **state)
{
  (void)state;
  int type[N];
  double x[N][3];
  vt_err err = {0};
  vt_cutoffs cut;
  vt__pairs p;
  vt_plan plan = {.comp = oxychloride, .protocol = {.produce_dt_fs = 1}};
  vt_cutoffs_default(&oxychloride, &cut);
  VT_TEST_OK(vt__pairs_open(&p, &oxychloride, VT_ROLE_NETWORK, VT_ROLE_ANIONS, 2, &err), &err);
  scatter_oxychloride(1, type, x);
  vt_frame fr = frame_of(&plan, type, x, x, 0);
  fr.cell = skewed;
  assert_int_equal(vt__pairs_find(&p, &fr, &cut, 4, &err), VT_ETASK);
  assert_non_null(strstr(err.text, "more than 2 neighbours"));
  vt__pairs_close(&p);
}

/* ------------------------------------------------------------------ shells */

enum { BINS = 160 };

/* Two Gaussian shells on a liquid background; the minimum between them found on a fine grid. */
static double model(double r)
{
  double first = 4 * exp(-0.5 * pow((r - 2.2) / 0.15, 2)), second = 1.8 * exp(-0.5 * pow((r - 4.1) / 0.4, 2));
  return first + second + 1 / (1 + exp(-(r - 3.4) / 0.25));
}

static void the_first_minimum_lies_between_the_shells(void **state)
{
  (void)state;
  double r[BINS], g[BINS], noisy[BINS], peak, minimum, truth = 2.3;
  for (double x = 2.3; x < 4; x += 1e-3)
    if (model(x) < model(truth)) truth = x;
  for (int k = 0; k < BINS; k++) {
    double u[2];
    r[k] = 0.05 * (k + 0.5);
    g[k] = model(r[k]);
    vt_rng_normal2(3, VT_STREAM_TEST, 0, 0, (uint32_t)k, u);
    noisy[k] = fmax(0, g[k] + 0.03 * u[0]);
  }
  assert_int_equal(vt_first_shell(BINS, r, g, &peak, &minimum), 1);
  near(peak, 2.2, 0.026); /* a bin */
  near(minimum, truth, 0.051);
  assert_int_equal(vt_first_shell(BINS, r, noisy, &peak, &minimum), 1);
  near(peak, 2.2, 0.051);
  near(minimum, truth, 0.21); /* the bottom is flat to the noise over 0.2 A */
}

/* A crystal's g is zero between shells: the middle of the gap; nothing is found in an ideal gas, nor beyond NaN. */
static void gaps_gases_and_ends(void **state)
{
  (void)state;
  double r[BINS], g[BINS], peak, minimum;
  for (int k = 0; k < BINS; k++) {
    r[k] = 0.05 * (k + 0.5);
    g[k] = fabs(r[k] - 2) < 0.11 || fabs(r[k] - 3.4) < 0.11 ? 20 : 0;
  }
  assert_int_equal(vt_first_shell(BINS, r, g, &peak, &minimum), 1);
  near(peak, 2, 0.051);
  near(minimum, 2.7, 0.051);
  for (int k = 44; k < BINS; k++) g[k] = (double)NAN; /* ends 0.2 A behind the peak */
  assert_int_equal(vt_first_shell(BINS, r, g, &peak, &minimum), 0);
  assert_true(isnan(minimum));
  for (int k = 0; k < BINS; k++) g[k] = 1;
  assert_int_equal(vt_first_shell(BINS, r, g, &peak, &minimum), 0);
  assert_true(isnan(peak));
}

/* Rock salt, a = 5.2 A: unlike ions at 2.6 and 4.50 A, like ones at 3.68 A; a small thermal motion. */
static void cutoffs_of_rock_salt_lie_between_its_shells(void **state)
{
  (void)state;
  enum { E = 4, SIDE = 2 * E, ATOMS = SIDE * SIDE * SIDE };
  static double x[ATOMS][3];
  static int type[ATOMS];
  vt_err err = {0};
  vt_cutoffs cut;
  vt_shells *s;
  vt_plan plan = plan_of(ATOMS / 2, ATOMS / 2, 1, 1);
  VT_TEST_OK(vt_shells_open(&s, &plan.comp, &err), &err);
  VT_TEST_OK(vt_shells_cutoffs(s, &cut, &err), &err); /* nothing seen yet */
  assert_int_equal(cut.measured[0][1], 0);
  near(cut.r[0][1], 1.35 * vt_pair_bond_length(3, 17), 1e-12);
  for (int t = 0; t < 20; t++) {
    for (int i = 0; i < ATOMS; i++) {
      int at[3] = {i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE};
      double g[4];
      type[i] = (at[0] + at[1] + at[2]) % 2;
      vt_rng_normal2(7, VT_STREAM_TEST, 0, t, (uint32_t)i, g);
      vt_rng_normal2(7, VT_STREAM_TEST, 1, t, (uint32_t)i, g + 2);
      for (int c = 0; c < 3; c++) x[i][c] = 2.6 * at[c] + 0.1 * g[c];
    }
    vt_frame fr = frame_of(&plan, type, x, x, t);
    fr.cell = vt_cell_cubic(2.6 * SIDE);
    VT_TEST_OK(vt_shells_sample(s, &fr, &err), &err);
  }
  VT_TEST_OK(vt_shells_cutoffs(s, &cut, &err), &err);
  assert_int_equal(cut.measured[0][1] + cut.measured[1][0] + cut.measured[0][0], 3);
  assert_true(cut.r[0][1] > 3.1 && cut.r[0][1] < 4.0 && cut.r[0][1] == cut.r[1][0]);
  assert_true(cut.r[0][0] > 4.1 && cut.r[0][0] < 4.9); /* the next like ones are at 5.2 A */
  vt_shells_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pairs_are_those_of_a_search_over_all_images),
      cmocka_unit_test(a_row_that_is_too_long_is_refused),
      cmocka_unit_test(the_first_minimum_lies_between_the_shells),
      cmocka_unit_test(gaps_gases_and_ends),
      cmocka_unit_test(cutoffs_of_rock_salt_lie_between_its_shells),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
