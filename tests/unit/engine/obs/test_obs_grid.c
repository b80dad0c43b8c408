/* Observables of large cells, whose searches go by cells, against what a search over all atoms says. */
#include <math.h>
#include <string.h>

#include "engine/obs/pairs.h"
#include "tests/support/obs_bench.h"
#include "tests/vt_test.h"

enum { LI, AL, CL, O, N_SPECIES, TILES = 3 };

static vt_plan plan_of_glass(const int count[N_SPECIES], int version)
{
  vt_plan p = plan_of(1, 1, 1, 1);
  p.comp = (vt_composition){.name = "LiAlClO", .n_species = N_SPECIES, .z = {3, 13, 17, 8}, .charge = {1, 3, -1, -2}};
  for (int s = 0; s < N_SPECIES; s++) p.comp.count[s] = count[s], p.comp.n_atoms += count[s];
  p.protocol.version = version;
  return p;
}

/* Atoms anywhere in the cell, by species. */
static void scatter_glass(const vt_composition *c, const vt_cell *cell, uint64_t key, int *type, double (*x)[3])
{
  for (int s = 0, i = 0; s < N_SPECIES; s++)
    for (int k = 0; k < c->count[s]; k++, i++) {
      double u[4];
      type[i] = s;
      vt_rng_uniform2(key, VT_STREAM_TEST, 0, 0, (uint32_t)i, u);
      vt_rng_uniform2(key, VT_STREAM_TEST, 1, 0, (uint32_t)i, u + 2);
      for (int b = 0; b < 3; b++) x[i][b] = u[0] * cell->h[0][b] + u[1] * cell->h[1][b] + u[2] * cell->h[2][b];
    }
}

/* ------------------------------------------------------------------ g(r) and Van Hove functions
 *
 * Histograms that end at 6 A, which a search by cells sees, and at 0.45 of the shortest height, where it has to look at
 * all atoms: the bins below 6 A are the same counts, so the same bits. */

enum { N_GAS = 1500, GAS_FRAMES = 3, NEAR_BINS = 120 };
static const int gas_count[N_SPECIES] = {400, 150, 700, 250};
static const vt_cell wide = {.h = {{37, 0.5, 0}, {-8.1, 34, 0.7}, {0.3, -6.9, 36}}};
static int gas_type[N_GAS];
static double gas_x[N_GAS][3];

static void sample_gas(bench *b, double r_max_a)
{
  *b = (bench){.plan = plan_of_glass(gas_count, 2)};
  ask(&b->plan, "rdf", 0.001);
  ask(&b->plan, "vanhove", 0.001);
  for (int k = 0; k < 2; k++) b->plan.obs[k].par[0] = 0.05, b->plan.obs[k].par[1] = r_max_a;
  bench_open(b);
  for (int t = 0; t < GAS_FRAMES; t++) {
    scatter_glass(&b->plan.comp, &wide, (uint64_t)t + 1, gas_type, gas_x);
    vt_frame fr = frame_of(&b->plan, gas_type, gas_x, gas_x, t);
    fr.cell = wide;
    bench_sample(b, &fr);
  }
  bench_finish(b);
}

static int goes_by_cells(const vt_plan *p, double limit_a)
{
  vt__grid g;
  vt_err err = {0};
  vt_frame fr = frame_of(p, gas_type, gas_x, gas_x, 0);
  fr.cell = wide;
  VT_TEST_OK(vt__grid_open(&g, N_GAS, &err), &err);
  VT_TEST_OK(vt__grid_put(&g, &fr, NULL, N_GAS, limit_a * limit_a, &err), &err);
  const int by_cells = g.by_cells;
  vt__grid_close(&g);
  return by_cells;
}

static double same_bins(const bench *a, const bench *b, const char *name, int rows)
{
  int n_a, n_b;
  const double *u = array(a, name, &n_a), *v = array(b, name, &n_b);
  double sum = 0;
  assert_int_equal(n_a, NEAR_BINS);
  assert_true(n_b > n_a);
  for (int row = 0; row < rows; row++) {
    assert_memory_equal(u + row * n_a, v + row * n_b, (size_t)n_a * sizeof *u);
    for (int k = 0; k < n_a; k++) sum += u[row * n_a + k];
  }
  return sum;
}

static void histograms_of_a_large_cell_have_the_bits_of_a_look_at_all_pairs(void **state)
{
  (void)state;
  const double all_a = 0.05 * floor(0.45 * vt_cell_shortest_height(&wide) / 0.05);
  bench a, b;
  sample_gas(&a, 0.05 * NEAR_BINS);
  sample_gas(&b, all_a);
  assert_int_equal(goes_by_cells(&a.plan, 0.05 * NEAR_BINS), 1);
  assert_int_equal(goes_by_cells(&a.plan, all_a), 0);
  const int pairs = N_SPECIES * (N_SPECIES + 1) / 2;
  int n_lag = 0;
  (void)array(&a, "vanhove/lag_ps", &n_lag);
  const double g = same_bins(&a, &b, "rdf/g", pairs);
  assert_true(g > 0.9 * pairs * NEAR_BINS && g < 1.1 * pairs * NEAR_BINS); /* an ideal gas; also: not NaN */
  (void)same_bins(&a, &b, "vanhove/distinct", pairs * n_lag);
  assert_memory_equal(array(&a, "rdf/metals_close", NULL), array(&b, "rdf/metals_close", NULL), sizeof(double));
  bench_close(&a);
  bench_close(&b);
}

/* ------------------------------------------------------------------ bonds
 *
 * A small cell, whose atoms are all looked at, and 3 x 3 x 3 of it: the same environments 27 times. What is a fraction
 * of counts is the quotient of 27 times both, so the same bits; what is a mean of counts a frame is 27 times as much.
 */

enum { N_SMALL = 60, N_LARGE = N_SMALL * TILES * TILES * TILES, T = 4, CN = 13, O_COUNT = 9, ANION = 7, N_CLASS = 5 };
static const int small_count[N_SPECIES] = {10, 12, 26, 12};
static const vt_cell skewed = {.h = {{14.0, 0.5, 0.0}, {-2.1, 13.2, 0.7}, {0.3, -1.9, 15.1}}};

static void tile(const int *type, const double (*x)[3], int *to_type, double (*to)[3])
{
  int at = 0;
  for (int i = 0; i < N_SMALL; i++)
    for (int m = 0; m < TILES * TILES * TILES; m++, at++) {
      const int k[3] = {m % TILES, m / TILES % TILES, m / TILES / TILES};
      to_type[at] = type[i];
      for (int b = 0; b < 3; b++)
        to[at][b] = x[i][b] + k[0] * skewed.h[0][b] + k[1] * skewed.h[1][b] + k[2] * skewed.h[2][b];
    }
}

static vt_cutoffs cutoffs_of_glass(const vt_composition *c)
{
  vt_cutoffs cut;
  vt_cutoffs_default(c, &cut);
  cut.r[AL][CL] = cut.r[CL][AL] = 3.6;
  cut.r[AL][O] = cut.r[O][AL] = 3.4;
  cut.r[LI][AL] = cut.r[AL][LI] = 4.4;
  return cut;
}

static void open_glass(bench *b, int times)
{
  int count[N_SPECIES];
  for (int s = 0; s < N_SPECIES; s++) count[s] = times * small_count[s];
  *b = (bench){.plan = plan_of_glass(count, 2)};
  b->cutoffs = cutoffs_of_glass(&b->plan.comp);
  ask(&b->plan, "polyhedra", 0.001);
  ask(&b->plan, "residence", 0.001);
  bench_open(b);
}

static void same_numbers(const bench *small, const bench *large, const char *name, int n, double times)
{
  const double *u = array(small, name, NULL), *v = array(large, name, NULL);
  int seen = 0;
  for (int k = 0; k < n; k++) {
    if (isnan(u[k]) && isnan(v[k])) continue;
    if (u[k] * times != v[k]) fail_msg("%s[%d]: %.17g times %g, and %.17g", name, k, u[k], times, v[k]);
    seen += u[k] > 0;
  }
  if (seen < 2) fail_msg("%s: nothing to compare", name);
}

static void bonds_of_a_tiled_cell_are_those_of_its_tile(void **state)
{
  (void)state;
  static int type[N_SMALL], large_type[N_LARGE];
  static double x[N_SMALL][3], large_x[N_LARGE][3];
  const int times = TILES * TILES * TILES;
  vt__grid g;
  vt_err err = {0};
  bench small, large;
  open_glass(&small, 1);
  open_glass(&large, times);
  scatter_glass(&small.plan.comp, &skewed, 5, type, x);
  VT_TEST_OK(vt__grid_open(&g, N_LARGE, &err), &err);
  for (int t = 0; t < T; t++) {
    for (int i = 0; i < N_SMALL; i++) x[i][t % 3] += 0.3; /* some leave the cell, all by one face */
    for (int i = 0; i < small_count[LI]; i++) x[i][(t + 1) % 3] += 0.2 * (i % 3);
    tile(type, (const double(*)[3])x, large_type, large_x);
    vt_frame fr = frame_of(&small.plan, type, x, x, t), many = frame_of(&large.plan, large_type, large_x, large_x, t);
    fr.cell = many.cell = skewed;
    for (int k = 0; k < 9; k++) many.cell.h[k / 3][k % 3] *= TILES;
    bench_sample(&small, &fr);
    bench_sample(&large, &many);
    /* the fewest atoms of all searches, at the widest distance: alkalis and metals, with the hysteresis */
    VT_TEST_OK(vt__grid_put(&g, &many, NULL, times * small_count[AL], 4.9 * 4.9, &err), &err);
    assert_int_equal(g.by_cells, 1);
  }
  bench_finish(&small);
  bench_finish(&large);
  int n_lag = 0;
  (void)array(&small, "residence/lag_ps", &n_lag);
  same_numbers(&small, &large, "polyhedra/cn", N_SPECIES * CN, 1);
  same_numbers(&small, &large, "polyhedra/o_count", N_SPECIES * O_COUNT, 1);
  same_numbers(&small, &large, "polyhedra/anion", N_SPECIES * ANION, 1);
  same_numbers(&small, &large, "residence/endpoint", N_CLASS * n_lag, 1);
  same_numbers(&small, &large, "residence/continuous", N_CLASS * n_lag, 1);
  same_numbers(&small, &large, "residence/intermittent", N_CLASS * n_lag, 1);
  same_numbers(&small, &large, "residence/bonds", N_CLASS, times);
  same_numbers(&small, &large, "residence/metals", N_CLASS, times);
  vt__grid_close(&g);
  bench_close(&small);
  bench_close(&large);
}

/* ------------------------------------------------------------------ rows */

/* Whole rows, vectors and all, of a large cell against a loop over all pairs that is written here. */
static void rows_of_a_large_cell_have_the_bits_of_a_loop_over_all_pairs(void **state)
{
  (void)state;
  static double s[3][N_GAS], r2[N_GAS];
  vt_plan plan = plan_of_glass(gas_count, 2);
  vt_cutoffs cut = cutoffs_of_glass(&plan.comp);
  vt__pairs p;
  vt_err err = {0};
  double hi[3][3];
  int found = 0;
  scatter_glass(&plan.comp, &wide, 9, gas_type, gas_x);
  vt_frame fr = frame_of(&plan, gas_type, gas_x, gas_x, 0);
  fr.cell = wide;
  assert_true(vt_cell_inverse(&wide, hi));
  for (int i = 0; i < N_GAS; i++)
    for (int k = 0; k < 3; k++) s[k][i] = gas_x[i][0] * hi[0][k] + gas_x[i][1] * hi[1][k] + gas_x[i][2] * hi[2][k];
  VT_TEST_OK(vt__pairs_open(&p, &plan.comp, VT_ROLE_NETWORK, VT_ROLE_ANIONS, 60, &err), &err);
  VT_TEST_OK(vt__pairs_find(&p, &fr, &cut, 0.25, &err), &err);
  assert_int_equal(p.grid.by_cells, 1);
  for (int a = 0; a < p.n_first; a++) {
    const int i = p.first[a];
    const double from[3] = {s[0][i], s[1][i], s[2][i]};
    int at = 0;
    vt__fold_distances(&wide, from, s[0], s[1], s[2], N_GAS, r2);
    for (int b = 0; b < p.n_second; b++) {
      const int j = p.second[b];
      const double limit = cut.r[AL][gas_type[j]] + 0.25, r = sqrt(r2[j]);
      if (!(r2[j] < limit * limit)) continue;
      assert_true(at < p.count[a]);
      assert_int_equal(p.place[a * p.most + at], b);
      double d[3] = {0}, f[3];
      for (int k = 0; k < 3; k++) f[k] = s[k][j] - s[k][i], f[k] -= vt__nearest(f[k]);
      for (int k = 0; k < 3; k++) d[k] = f[0] * wide.h[0][k] + f[1] * wide.h[1][k] + f[2] * wide.h[2][k];
      assert_memory_equal(p.d[a * p.most + at], d, sizeof d);
      assert_memory_equal(&p.d[a * p.most + at][3], &r, sizeof r);
      at++, found++;
    }
    assert_int_equal(at, p.count[a]);
  }
  assert_true(found > 300);
  vt__pairs_close(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(histograms_of_a_large_cell_have_the_bits_of_a_look_at_all_pairs),
      cmocka_unit_test(bonds_of_a_tiled_cell_are_those_of_its_tile),
      cmocka_unit_test(rows_of_a_large_cell_have_the_bits_of_a_loop_over_all_pairs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
