/* Properties of searches by cells over random cells, atoms and distances.  VT_SEED=n replays a seed. */
#include "engine/obs/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/draw.h"
#include "tests/support/obs_bench.h"
#include "tests/vt_test.h"

enum { MOST = 3000, SEARCHES = 40 };

typedef struct sample {
  int n, n_of; /* atoms of the frame; those that are searched */
  int type[MOST], of[MOST];
  double x[MOST][3], limit2;
  vt_cell cell;
} sample;

typedef struct hit {
  int place;
  double r2;
} hit;

/* Inside, on a face (also by one rounding to either side), or some cells away. */
static double coordinate(vt_test_draws *r)
{
  const double faces[] = {0, 1, -1e-17, 1e-17, 0.5, -3, 1 - 0x1p-53, 1.0 / 3};
  const double kind = vt_test_uniform(r, 0, 1);
  if (kind < 0.2) return faces[(int)vt_test_uniform(r, 0, 8)];
  return kind < 0.3 ? vt_test_uniform(r, -20, 20) : vt_test_uniform(r, 0, 1);
}

/* Cells of 5 to 60 A, sheared, of either handedness, some long or flat. */
static void make_cell(vt_cell *c, vt_test_draws *r)
{
  double hi[3][3];
  do
    for (int a = 0; a < 3; a++) {
      const double size = vt_test_uniform(r, 5, 60);
      for (int b = 0; b < 3; b++) c->h[a][b] = vt_test_uniform(r, -0.4, 0.4) * size;
      c->h[a][a] += vt_test_uniform(r, 0, 1) < 0.1 ? -size : size;
    }
  while (!vt_cell_inverse(c, hi) || vt_cell_shortest_height(c) < 2);
}

static vt_frame frame_at(const sample *s)
{
  return (vt_frame){.n = s->n, .n_species = 1, .cell = s->cell, .type = s->type, .x = (const double(*)[3])s->x};
}

static double fold_distance2(const sample *s, int i, int j)
{
  double hi[3][3], f[3], r2;
  assert_true(vt_cell_inverse(&s->cell, hi));
  double to[3];
  for (int k = 0; k < 3; k++) {
    f[k] = s->x[i][0] * hi[0][k] + s->x[i][1] * hi[1][k] + s->x[i][2] * hi[2][k];
    to[k] = s->x[j][0] * hi[0][k] + s->x[j][1] * hi[1][k] + s->x[j][2] * hi[2][k];
  }
  vt__fold_distances(&s->cell, f, &to[0], &to[1], &to[2], 1, &r2);
  return r2;
}

static void make_sample(sample *s, vt_test_draws *r)
{
  make_cell(&s->cell, r);
  s->n = (int)vt_test_uniform(r, 1, vt_test_uniform(r, 0, 1) < 0.5 ? 200 : MOST);
  s->n_of = 0;
  const double part = vt_test_uniform(r, 0, 1) < 0.5 ? 1 : vt_test_uniform(r, 0, 1);
  for (int i = 0; i < s->n; i++) {
    const double f[3] = {coordinate(r), coordinate(r), coordinate(r)};
    s->type[i] = 0;
    for (int b = 0; b < 3; b++) s->x[i][b] = f[0] * s->cell.h[0][b] + f[1] * s->cell.h[1][b] + f[2] * s->cell.h[2][b];
    if (vt_test_uniform(r, 0, 1) < part) s->of[s->n_of++] = i;
  }
  const double half = 0.5 * vt_cell_shortest_height(&s->cell), limit = vt_test_uniform(r, 0.02, 1) * half;
  s->limit2 = limit * limit;
  /* or just so that one pair is still within it */
  const double pair2 = fold_distance2(s, (int)vt_test_uniform(r, 0, s->n), (int)vt_test_uniform(r, 0, s->n));
  if (vt_test_uniform(r, 0, 1) < 0.4 && pair2 < half * half) s->limit2 = nextafter(pair2, 1e9);
}

static int by_place(const void *a, const void *b) { return ((const hit *)a)->place - ((const hit *)b)->place; }

static void look_at_all(const sample *s, const vt__grid *g, const double from[3], int below, uint64_t seed)
{
  static double r2[MOST];
  static hit got[MOST];
  vt__fold_distances(&s->cell, from, g->s[0], g->s[1], g->s[2], below, r2);
  int n_got = 0, n = 0;
  /* the search is made by the caller: found[] and r2[] hold it, -1 ends it */
  while (g->found[n_got] >= 0) got[n_got] = (hit){g->found[n_got], g->r2[n_got]}, n_got++;
  qsort(got, (size_t)n_got, sizeof *got, by_place);
  for (int j = 0; j < below; j++) {
    if (!(r2[j] < s->limit2)) continue;
    if (n == n_got || got[n].place != j || memcmp(&got[n].r2, &r2[j], sizeof r2[j]) != 0)
      fail_msg("seed %llu: atom %d at %.17g A^2 of %.17g: missing, or with other bits", (unsigned long long)seed, j,
               r2[j], s->limit2);
    n++;
  }
  if (n != n_got) fail_msg("seed %llu: %d found, of %d", (unsigned long long)seed, n_got, n);
}

static void a_search_by_cells_finds_what_a_look_at_all_finds_bit_for_bit(void **state)
{
  (void)state;
  static sample s;
  int by_cells = 0, of_reach[3] = {0};
  double found = 0;
  vt__grid g;
  vt_err err = {0};
  VT_TEST_OK(vt__grid_open(&g, MOST + 1, &err), &err); /* room for the -1 below */
  for (uint64_t seed = vt_test_first_seed(1); seed < vt_test_first_seed(1) + 400; seed++) {
    vt_test_draws r = {seed, 0};
    make_sample(&s, &r);
    vt_frame fr = frame_at(&s);
    VT_TEST_OK(vt__grid_put(&g, &fr, s.of, s.n_of, s.limit2, &err), &err);
    by_cells += g.by_cells;
    if (g.by_cells) of_reach[g.reach]++;
    for (int k = 0; k < SEARCHES; k++) {
      const int below = vt_test_uniform(&r, 0, 1) < 0.5 ? s.n_of : (int)vt_test_uniform(&r, 0, s.n_of + 1);
      double from[3];
      vt__grid_fractional(&g, s.x[(int)vt_test_uniform(&r, 0, s.n)], from);
      const int n = vt__grid_find(&g, from, below);
      g.found[n] = -1;
      found += n;
      look_at_all(&s, &g, from, below, seed);
    }
  }
  assert_true(by_cells > 100 && of_reach[1] > 20 && of_reach[2] > 20); /* else this says nothing of cells */
  assert_true(found > 1e5);
  vt__grid_close(&g);
}

/* Another reference: the nearest of 125 images, in cells that are not too skewed for these to hold it. */
static void what_is_found_is_nearer_than_the_limit_over_all_images(void **state)
{
  (void)state;
  static sample s;
  static char seen[MOST];
  int by_cells = 0;
  vt__grid g;
  vt_err err = {0};
  VT_TEST_OK(vt__grid_open(&g, MOST, &err), &err);
  for (uint64_t seed = vt_test_first_seed(1); seed < vt_test_first_seed(1) + 20; seed++) {
    vt_test_draws r = {seed, 0};
    s.cell = (vt_cell){.h = {{31, 0.5, 0}, {-4.1, 28, 0.7}, {0.3, -6.9, 35}}};
    s.n = 1200, s.limit2 = 5.5 * 5.5;
    for (int i = 0; i < s.n; i++) {
      const double f[3] = {vt_test_uniform(&r, 0, 1), vt_test_uniform(&r, 0, 1), vt_test_uniform(&r, 0, 1)};
      for (int b = 0; b < 3; b++) s.x[i][b] = f[0] * s.cell.h[0][b] + f[1] * s.cell.h[1][b] + f[2] * s.cell.h[2][b];
    }
    vt_frame fr = frame_at(&s);
    VT_TEST_OK(vt__grid_put(&g, &fr, NULL, s.n, s.limit2, &err), &err);
    by_cells += g.by_cells;
    for (int i = 0; i < s.n; i += 60) {
      double from[3], d[3];
      vt__grid_fractional(&g, s.x[i], from);
      const int n = vt__grid_find(&g, from, s.n);
      memset(seen, 0, sizeof seen);
      for (int k = 0; k < n; k++) seen[g.found[k]] = 1;
      for (int j = 0; j < s.n; j++) {
        const double distance = shortest_image(&s.cell, s.x[i], s.x[j], d);
        if (fabs(distance - 5.5) < 1e-9) continue; /* either side by rounding */
        assert_int_equal(seen[j], distance < 5.5);
      }
    }
  }
  assert_int_equal(by_cells, 20);
  vt__grid_close(&g);
}

/* No place among the cells: searches look at all, and find the others. */
static void an_atom_that_is_nowhere_hides_no_other(void **state)
{
  (void)state;
  static sample s;
  const double nowhere[] = {NAN, INFINITY, 1e300, -1e9};
  vt__grid g;
  vt_err err = {0};
  VT_TEST_OK(vt__grid_open(&g, MOST, &err), &err);
  s.cell = vt_cell_cubic(40), s.n = 2000;
  vt_test_draws r = {1, 0};
  for (int i = 0; i < s.n; i++)
    for (int b = 0; b < 3; b++) s.x[i][b] = vt_test_uniform(&r, 0, 40);
  vt_frame fr = frame_at(&s);
  VT_TEST_OK(vt__grid_put(&g, &fr, NULL, s.n, 25, &err), &err);
  assert_int_equal(g.by_cells, 1);
  double from[3];
  vt__grid_fractional(&g, s.x[7], from);
  const int n = vt__grid_find(&g, from, s.n);
  assert_true(n > 5);
  for (int k = 0; k < 4; k++) {
    const double kept = s.x[1999][k % 3];
    int has_last = 0;
    for (int m = 0; m < n; m++) has_last |= g.found[m] == 1999;
    assert_int_equal(has_last, 0); /* the one that goes is no neighbour */
    s.x[1999][k % 3] = nowhere[k];
    VT_TEST_OK(vt__grid_put(&g, &fr, NULL, s.n, 25, &err), &err);
    assert_int_equal(g.by_cells, 0);
    vt__grid_fractional(&g, s.x[7], from);
    assert_int_equal(vt__grid_find(&g, from, 1999), n);
    s.x[1999][k % 3] = kept;
  }
  VT_TEST_OK(vt__grid_put(&g, &fr, NULL, s.n, 25, &err), &err);
  from[1] = NAN; /* nor does a point that is nowhere find any */
  assert_int_equal(vt__grid_find(&g, from, s.n), 0);
  vt__grid_close(&g);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_search_by_cells_finds_what_a_look_at_all_finds_bit_for_bit),
      cmocka_unit_test(what_is_found_is_nearer_than_the_limit_over_all_images),
      cmocka_unit_test(an_atom_that_is_nowhere_hides_no_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
