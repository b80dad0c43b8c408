/* Properties of the neighbour list over random cells, atoms and histories.  VT_SEED=n replays a seed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sys/sys.h"
#include "tests/support/draw.h"
#include "tests/vt_test.h"

enum { MOST_ATOMS = 40 };

typedef struct sample {
  int n;
  int type[MOST_ATOMS];
  double x[MOST_ATOMS][3];
  vt_cell cell;
  double cutoff, skin;
} sample;

/* Cells from thinner than half the cutoff to several cutoffs wide, sheared, either handedness; atoms far outside. */
static void make_sample(sample *s, vt_test_draws *r)
{
  double hi[3][3];
  s->cutoff = vt_test_uniform(r, 2, 7);
  s->skin = vt_test_uniform(r, 0, 1) < 0.15 ? 0 : vt_test_uniform(r, 0.2, 1.5);
  do {
    double size = vt_test_uniform(r, 0, 1) < 0.4 ? 5 : 22;
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) s->cell.h[a][b] = vt_test_uniform(r, -0.5, 0.5) * size;
      s->cell.h[a][a] += vt_test_uniform(r, 0, 1) < 0.1 ? -size : size;
    }
  } while (!vt_cell_inverse(&s->cell, hi) || vt_cell_shortest_height(&s->cell) < 1.5);
  double room = vt_cell_volume(&s->cell) / 12; /* 12 A^3 an atom keeps the brute force short */
  s->n = (int)fmin(MOST_ATOMS, 1 + vt_test_uniform(r, 0, room));
  for (int i = 0; i < s->n; i++) {
    s->type[i] = i % 3;
    double f[3];
    for (int a = 0; a < 3; a++)
      f[a] = vt_test_uniform(r, 0, 1) < 0.2 ? vt_test_uniform(r, -30, 30) : vt_test_uniform(r, 0, 1);
    for (int b = 0; b < 3; b++) s->x[i][b] = f[0] * s->cell.h[0][b] + f[1] * s->cell.h[1][b] + f[2] * s->cell.h[2][b];
  }
}

static void multiply(double a[3][3], double b[3][3], double out[3][3])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
}

/* A small random deformation of cell and atoms: isotropic or general. */
static void strain(sample *s, vt_test_draws *r)
{
  double f[3][3], h[3][3], isotropic = vt_test_uniform(r, -0.02, 0.02);
  int general = vt_test_uniform(r, 0, 1) < 0.5;
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) f[a][b] = (a == b) + (general ? vt_test_uniform(r, -0.01, 0.01) : (a == b) * isotropic);
  multiply(s->cell.h, f, h);
  memcpy(s->cell.h, h, sizeof h);
  for (int i = 0; i < s->n; i++) {
    double x[3] = {s->x[i][0], s->x[i][1], s->x[i][2]};
    for (int b = 0; b < 3; b++) s->x[i][b] = x[0] * f[0][b] + x[1] * f[1][b] + x[2] * f[2][b];
  }
}

static void jiggle(sample *s, vt_test_draws *r, double step)
{
  for (int i = 0; i < s->n; i++)
    for (int b = 0; b < 3; b++) s->x[i][b] += vt_test_uniform(r, -step, step);
  if (vt_test_uniform(r, 0, 1) < 0.1) { /* an atom re-entered elsewhere: the caller wrapped it */
    int i = (int)vt_test_uniform(r, 0, s->n), a = (int)vt_test_uniform(r, 0, 3);
    for (int b = 0; b < 3; b++) s->x[i][b] += 2 * s->cell.h[a][b];
  }
}

static void row_has_every_pair(const vt_nlist *nl, const sample *s, int i, uint64_t seed)
{
  int images[3], expected = 0, found = 0;
  double hi[3][3], w[MOST_ATOMS][3], used[4096] = {0};
  assert_true(vt_cell_inverse(&s->cell, hi));
  memcpy(w, s->x, sizeof w);
  for (int j = 0; j < s->n; j++) vt_cell_wrap(&s->cell, (const double(*)[3])hi, w[j]);
  for (int a = 0; a < 3; a++) images[a] = 1 + (int)ceil(s->cutoff / vt_cell_height(&s->cell, a));
  for (int j = 0; j < s->n; j++) {
    for (int m = 0; m < (2 * images[0] + 1) * (2 * images[1] + 1) * (2 * images[2] + 1); m++) {
      int k0 = m % (2 * images[0] + 1) - images[0], rest = m / (2 * images[0] + 1);
      int k1 = rest % (2 * images[1] + 1) - images[1], k2 = rest / (2 * images[1] + 1) - images[2];
      if (j == i && k0 == 0 && k1 == 0 && k2 == 0) continue;
      double d[3];
      for (int b = 0; b < 3; b++)
        d[b] = w[j][b] - w[i][b] + k0 * s->cell.h[0][b] + k1 * s->cell.h[1][b] + k2 * s->cell.h[2][b];
      /* 1e-7: a pair exactly at the cutoff may fall on either side by rounding */
      if (!(sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) < s->cutoff - 1e-7)) continue;
      expected++;
      for (int q = 0; q < nl->count[i]; q++) {
        int g = nl->neigh[nl->first[i] + q];
        assert_true(q < 4096);
        if (used[q] > 0 || nl->owner[g] != j) continue;
        double e0 = nl->x[g] - nl->x[i] - d[0], e1 = nl->y[g] - nl->y[i] - d[1], e2 = nl->z[g] - nl->z[i] - d[2];
        /* 1e-8 A: coordinates up to 1e3 A, 30 roundings of 1e-13 each */
        if (fabs(e0) + fabs(e1) + fabs(e2) > 1e-8) continue;
        used[q] = 1;
        found++;
        break;
      }
    }
  }
  if (found != expected)
    fail_msg("seed %llu: atom %d has %d of %d pairs", (unsigned long long)seed, i, found, expected);
  for (int q = 0; q < nl->count[i]; q++) { /* and nothing twice: what was not matched is beyond the cutoff */
    int g = nl->neigh[nl->first[i] + q];
    double d0 = nl->x[g] - nl->x[i], d1 = nl->y[g] - nl->y[i], d2 = nl->z[g] - nl->z[i];
    if (used[q] == 0) assert_true(sqrt(d0 * d0 + d1 * d1 + d2 * d2) > s->cutoff - 2e-7);
  }
}

static void every_pair_within_the_cutoff_is_in_the_rows_whatever_happened_before(void **state)
{
  (void)state;
  for (uint64_t seed = vt_test_first_seed(1); seed < vt_test_first_seed(1) + 120; seed++) {
    vt_test_draws r = {seed, 0};
    sample s;
    vt_nlist nl;
    vt_err err = {0};
    make_sample(&s, &r);
    VT_TEST_OK(vt_nlist_open(&nl, s.n, s.type, s.cutoff, s.skin, &err), &err);
    for (int step = 0; step < 12; step++) {
      VT_TEST_OK(vt_nlist_update(&nl, &s.cell, (const double(*)[3])s.x, step == 5, &err), &err);
      for (int i = 0; i < s.n; i++) row_has_every_pair(&nl, &s, i, seed);
      jiggle(&s, &r, 0.3 * (s.skin + 0.1));
      if (step % 3 == 1) strain(&s, &r);
    }
    vt_nlist_close(&nl);
  }
}

static void rows_are_padded_with_the_atom_itself_and_entries_point_to_their_owner(void **state)
{
  (void)state;
  for (uint64_t seed = vt_test_first_seed(1); seed < vt_test_first_seed(1) + 60; seed++) {
    vt_test_draws r = {seed, 0};
    sample s;
    vt_nlist nl;
    vt_err err = {0};
    make_sample(&s, &r);
    VT_TEST_OK(vt_nlist_open(&nl, s.n, s.type, s.cutoff, s.skin, &err), &err);
    VT_TEST_OK(vt_nlist_update(&nl, &s.cell, (const double(*)[3])s.x, 0, &err), &err);
    assert_int_equal((uintptr_t)nl.x % 64 + (uintptr_t)nl.y % 64 + (uintptr_t)nl.z % 64, 0);
    for (int i = 0; i < s.n; i++) {
      assert_int_equal(nl.first[i] % VT_NL_PAD, 0);
      assert_int_equal(nl.owner[i], i);
      assert_int_equal(nl.first[i + 1], nl.first[i] + (nl.count[i] + VT_NL_PAD - 1) / VT_NL_PAD * VT_NL_PAD);
      for (int p = nl.first[i]; p < nl.first[i + 1]; p++) {
        if (p < nl.first[i] + nl.count[i])
          assert_int_not_equal(nl.neigh[p], i);
        else
          assert_int_equal(nl.neigh[p], i);
      }
    }
    for (int g = 0; g < nl.n_all; g++) {
      assert_in_range(nl.owner[g], 0, s.n - 1);
      assert_int_equal(nl.type[g], s.type[nl.owner[g]]);
    }
    vt_nlist_close(&nl);
  }
}

static void same_lists(const vt_nlist *a, const vt_nlist *b)
{
  assert_int_equal(a->n_all, b->n_all);
  size_t all = (size_t)a->n_all, n = (size_t)a->n;
  assert_memory_equal(a->x, b->x, all * sizeof *a->x);
  assert_memory_equal(a->y, b->y, all * sizeof *a->y);
  assert_memory_equal(a->z, b->z, all * sizeof *a->z);
  assert_memory_equal(a->owner, b->owner, all * sizeof *a->owner);
  assert_memory_equal(a->type, b->type, all * sizeof *a->type);
  assert_memory_equal(a->first, b->first, (n + 1) * sizeof *a->first);
  assert_memory_equal(a->count, b->count, n * sizeof *a->count);
  assert_memory_equal(a->neigh, b->neigh, (size_t)a->first[n] * sizeof *a->neigh);
}

static void a_forced_rebuild_forgets_the_past(void **state)
{
  (void)state;
  for (uint64_t seed = vt_test_first_seed(1); seed < vt_test_first_seed(1) + 60; seed++) {
    vt_test_draws r = {seed, 0};
    sample s;
    vt_nlist used, fresh;
    vt_err err = {0};
    make_sample(&s, &r);
    VT_TEST_OK(vt_nlist_open(&used, s.n, s.type, s.cutoff, s.skin, &err), &err);
    for (int step = 0; step < 5; step++) {
      VT_TEST_OK(vt_nlist_update(&used, &s.cell, (const double(*)[3])s.x, 0, &err), &err);
      jiggle(&s, &r, 0.4);
      strain(&s, &r);
    }
    VT_TEST_OK(vt_nlist_update(&used, &s.cell, (const double(*)[3])s.x, 1, &err), &err);
    VT_TEST_OK(vt_nlist_open(&fresh, s.n, s.type, s.cutoff, s.skin, &err), &err);
    VT_TEST_OK(vt_nlist_update(&fresh, &s.cell, (const double(*)[3])s.x, 0, &err), &err);
    same_lists(&used, &fresh);
    vt_nlist_close(&used);
    vt_nlist_close(&fresh);
  }
}

static void entries_move_with_their_owners_between_rebuilds(void **state)
{
  (void)state;
  for (uint64_t seed = vt_test_first_seed(1); seed < vt_test_first_seed(1) + 60; seed++) {
    vt_test_draws r = {seed, 0};
    sample s;
    vt_nlist nl;
    vt_err err = {0};
    make_sample(&s, &r);
    s.skin = 1;
    VT_TEST_OK(vt_nlist_open(&nl, s.n, s.type, s.cutoff, s.skin, &err), &err);
    VT_TEST_OK(vt_nlist_update(&nl, &s.cell, (const double(*)[3])s.x, 0, &err), &err);
    double *before = malloc((size_t)nl.n_all * sizeof *before);
    memcpy(before, nl.x, (size_t)nl.n_all * sizeof *before);
    for (int i = 0; i < s.n; i++) s.x[i][0] += 0.4; /* across a face for some; below skin/2 for all */
    VT_TEST_OK(vt_nlist_update(&nl, &s.cell, (const double(*)[3])s.x, 0, &err), &err);
    assert_int_equal(nl.builds, 1);
    /* 1e-11: positions up to 1e3 A rounded to 1e-13, four times */
    for (int g = 0; g < nl.n_all; g++) assert_true(fabs(nl.x[g] - before[g] - 0.4) < 1e-11);
    free(before);
    vt_nlist_close(&nl);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_pair_within_the_cutoff_is_in_the_rows_whatever_happened_before),
      cmocka_unit_test(rows_are_padded_with_the_atom_itself_and_entries_point_to_their_owner),
      cmocka_unit_test(a_forced_rebuild_forgets_the_past),
      cmocka_unit_test(entries_move_with_their_owners_between_rebuilds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
