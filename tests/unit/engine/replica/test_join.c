/* Pieces of a production as one run: every array against what the frames of all pieces say. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/structure/structure.h"
#include "engine/transport/transport.h"
#include "tests/unit/engine/replica/checkpointer_fixture.h"
#include "tests/vt_test.h"

static const task_case lj = {.pot = "lj", .melt = VT_NVT, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVT};

enum { PIECES = 3, ATOMS = 21, SAMPLES = 51, SPECIES = 4, METAL = 1 };
static const double every_ps = 0.02, length_ps[PIECES] = {1.0, 0.6, 0.3};
static const int samples_of[PIECES] = {51, 31, 16};

typedef struct instant {
  double x[ATOMS][3], dx[ATOMS][3], t_k, volume;
  vt_cell cell;
} instant;

static vt_plan glass_plan, plan[PIECES];
static vt_result glass, result[PIECES];
static instant film[PIECES][SAMPLES];
static int n_film[PIECES], filming, type_of[ATOMS];
static vt_joined joined;
static vt_array_def defs[VT_MAX_ARRAYS];
static int n_defs;

static vt_status expose(void *ctx, const vt_frame *fr, vt_err *err)
{
  (void)ctx, (void)err;
  assert_true(n_film[filming] < SAMPLES && fr->n == ATOMS);
  instant *at = &film[filming][n_film[filming]++];
  memcpy(at->x, fr->x, sizeof at->x);
  memcpy(at->dx, fr->dx, sizeof at->dx);
  memcpy(type_of, fr->type, sizeof type_of);
  at->t_k = fr->t_k;
  at->cell = fr->cell;
  at->volume = vt_cell_volume(&fr->cell);
  return VT_OK;
}

static vt_piece piece_of(int i)
{
  return (vt_piece){.plan = &plan[i], .values = result[i].values, .n_values = result[i].n_values};
}

static int run_pieces(void **state)
{
  vt_err err = {0};
  (void)state;
  glass_plan = task_glass_plan(&lj);
  glass_plan.protocol.version = 2;
  VT_TEST_OK(vt_plan_identify(&glass_plan, &err), &err);
  glass = task_run(&glass_plan, NULL, NULL);
  for (filming = 0; filming < PIECES; filming++) {
    const int i = filming;
    const vt_replica_hooks hooks = {.frame = expose};
    vt_result begin = glass;
    plan[i] = i > 0 ? plan[i - 1] : task_md_plan(&lj);
    plan[i].protocol.version = 2;
    plan[i].needs = i > 0 ? plan[i - 1].uid : glass_plan.uid;
    plan[i].piece = i + 1;
    plan[i].before_ps += i > 0 ? length_ps[i - 1] : 0;
    plan[i].protocol.produce_ps = length_ps[i];
    for (int k = 0; k < plan[i].n_obs; k++) plan[i].obs[k].every_ps = every_ps;
    VT_TEST_OK(vt_plan_identify(&plan[i], &err), &err);
    if (i > 0)
      VT_TEST_OK(vt_replica_continue(&plan[i - 1], result[i - 1].values, result[i - 1].n_values, result[i - 1].last,
                                     result[i - 1].n_last, &begin.values, &begin.n_values, &err),
                 &err);
    result[i] = task_run(&plan[i], &begin, &hooks);
    if (i > 0) vt_free(begin.values);
    assert_int_equal(n_film[i], samples_of[i]);
  }
  const vt_piece all[PIECES] = {piece_of(0), piece_of(1), piece_of(2)};
  VT_TEST_OK(vt_pieces_join(all, PIECES, &joined, &err), &err);
  VT_TEST_OK(vt_replica_layout(&joined.plan, defs, VT_MAX_ARRAYS, &n_defs, &err), &err);
  return 0;
}

static int drop_pieces(void **state)
{
  (void)state;
  vt_result_free(&glass);
  for (int i = 0; i < PIECES; i++) vt_result_free(&result[i]);
  vt_joined_free(&joined);
  return 0;
}

static const double *joined_array(const vt_array_name *name, const vt_array_def **d)
{
  const double *v = vt_array_find(defs, n_defs, joined.values, name, d);
  assert_non_null(v);
  return v;
}

static const double *piece_array(int i, const vt_array_name *name, const vt_array_def **d)
{
  static vt_array_def own[VT_MAX_ARRAYS];
  vt_err err = {0};
  int n = 0;
  VT_TEST_OK(vt_replica_layout(&plan[i], own, VT_MAX_ARRAYS, &n, &err), &err);
  const double *v = vt_array_find(own, n, result[i].values, name, d);
  assert_non_null(v);
  return v;
}

/* ------------------------------------------------------------------ the plan */

static void the_joined_plan_has_the_longest_lags_and_all_of_the_time(void **state)
{
  (void)state;
  const vt_array_def *d, *first;
  near(joined.plan.protocol.produce_ps, 1.0, 0);
  near(joined.plan.run_ps, 1.9, 1e-12);
  const double *lag = joined_array(&vt_a_msd_lag_ps, &d), *own = piece_array(0, &vt_a_msd_lag_ps, &first);
  assert_int_equal(d->dim[0], first->dim[0]);
  assert_memory_equal(lag, own, (size_t)d->dim[0] * sizeof *lag);
  vt_tr_input in;
  vt_err err = {0};
  VT_TEST_OK(vt_tr_input_from_arrays(&joined.plan, defs, n_defs, joined.values, &in, &err), &err);
  near(in.run_ps, 1.9, 1e-12);
  near(in.longest_ps, 1.0, 0);
}

static void one_piece_joined_with_nothing_is_itself_to_the_bit(void **state)
{
  (void)state;
  vt_joined one;
  vt_err err = {0};
  const vt_piece alone = piece_of(0);
  VT_TEST_OK(vt_pieces_join(&alone, 1, &one, &err), &err);
  assert_int_equal(one.n_values, result[0].n_values);
  assert_memory_equal(one.values, result[0].values, one.n_values * sizeof *one.values);
  assert_memory_equal(&one.plan, &plan[0], sizeof one.plan);
  vt_joined_free(&one);
}

/* ------------------------------------------------------------------ displacements */

/* Does the piece know the lag of this row?  It keeps lags to about half of its length. */
static int knows(int i, const vt_array_name *lags, int k)
{
  const vt_array_def *d;
  (void)piece_array(i, lags, &d);
  return k < d->dim[0];
}

/* Origins of a lag of n samples lie that far apart (T 6.1, 16 points). */
static int stride_of_lag(int n)
{
  int s = 1;
  while (n > 16 * s) s *= 2;
  return s;
}

static double moved(int i, int from, int to, int atom)
{
  double r2 = 0;
  for (int a = 0; a < 3; a++) {
    const double d = film[i][to].dx[atom][a] - film[i][from].dx[atom][a];
    r2 += d * d;
  }
  return r2;
}

/* The tolerances are those of the order of summation. */
static void msd_is_the_mean_over_the_origins_of_all_pieces(void **state)
{
  (void)state;
  /* thirds of 1.9 ps end at 0.633 and 1.267; middles of those of the pieces: 0.17 0.5 0.83, 1.1 1.3 1.5, 1.65 1.75 1.85
   */
  static const int third_of[PIECES][3] = {{0, 0, 1}, {1, 2, 2}, {2, 2, 2}};
  const vt_array_def *d;
  const double *lag = joined_array(&vt_a_msd_lag_ps, &d), *mean = joined_array(&vt_a_msd_mean, NULL),
               *m4 = joined_array(&vt_a_msd_m4, NULL), *origins = joined_array(&vt_a_msd_origins, NULL),
               *thirds = joined_array(&vt_a_msd_third_mean, NULL),
               *third_origins = joined_array(&vt_a_msd_third_origins, NULL);
  const int n_lag = d->dim[0];
  int several = 0;
  for (int k = 0; k < n_lag; k++) {
    const int n = (int)lround(lag[k] / every_ps);
    double count[SPECIES] = {0}, s2[SPECIES] = {0}, s4[SPECIES] = {0}, t2[3][SPECIES] = {{0}}, tn[3] = {0}, all = 0;
    for (int i = 0; i < PIECES; i++) {
      if (!knows(i, &vt_a_msd_lag_ps, k)) continue;
      several += i > 0 && n < samples_of[i];
      for (int from = 0; from + n < samples_of[i]; from += stride_of_lag(n)) {
        const int t = third_of[i][3 * (from + n) / samples_of[i]];
        all++, tn[t]++;
        for (int a = 0; a < ATOMS; a++) {
          const double r2 = moved(i, from, from + n, a);
          s2[type_of[a]] += r2, s4[type_of[a]] += r2 * r2, count[type_of[a]]++, t2[t][type_of[a]] += r2;
        }
      }
    }
    near(origins[k], all, 0);
    for (int s = 0; s < SPECIES; s++) {
      near_relative(mean[s * n_lag + k], s2[s] / count[s], 1e-12);
      near_relative(m4[s * n_lag + k], s4[s] / count[s], 1e-12);
      for (int t = 0; t < 3; t++) {
        near(third_origins[t * n_lag + k], tn[t], 0);
        if (tn[t] > 0)
          near_relative(thirds[(3 * s + t) * n_lag + k], t2[t][s] / (tn[t] * joined.plan.comp.count[s]), 1e-12);
        else
          assert_true(isnan(thirds[(3 * s + t) * n_lag + k]));
      }
    }
  }
  assert_true(several > 20); /* lags that more than one piece knows */
}

static void path_sum(int i, int at, int species, double p[3])
{
  p[0] = p[1] = p[2] = 0;
  for (int atom = 0; atom < ATOMS; atom++)
    for (int a = 0; a < 3 && type_of[atom] == species; a++) p[a] += film[i][at].dx[atom][a];
}

static void collective_displacements_are_those_of_all_pieces_and_the_path_goes_on(void **state)
{
  (void)state;
  const vt_array_def *d;
  const double *lag = joined_array(&vt_a_charge_lag_ps, &d), *corr = joined_array(&vt_a_charge_corr, NULL);
  const int n_lag = d->dim[0];
  for (int k = 0; k < n_lag; k++) {
    const int n = (int)lround(lag[k] / every_ps);
    double sum = 0, count = 0;
    for (int i = 0; i < PIECES; i++)
      for (int from = 0; from + n < samples_of[i] && knows(i, &vt_a_charge_lag_ps, k);
           from += stride_of_lag(n), count++) {
        double p[2][2][3];
        for (int s = 0; s < 2; s++) path_sum(i, from, s, p[s][0]), path_sum(i, from + n, s, p[s][1]);
        for (int a = 0; a < 3; a++) sum += (p[0][1][a] - p[0][0][a]) * (p[1][1][a] - p[1][0][a]);
      }
    near(corr[vt_pair_index(0, 1, SPECIES) * n_lag + k], sum / count, 1e-12 * (1 + fabs(sum / count)));
  }
  const double *ps = joined_array(&vt_a_charge_path_ps, NULL), *path = joined_array(&vt_a_charge_path, &d);
  const int n_path = d->dim[1];
  assert_int_equal(n_path, 96); /* 1.9 ps, both ends */
  double before[3] = {0}, now[3];
  for (int i = 0, k = 0; i < PIECES; i++) {
    for (int at = i > 0; at < samples_of[i]; at++) {
      if (i == 0 && at == 0) k = 0;
      path_sum(i, at, 0, now);
      near(ps[k], k * every_ps, 1e-12);
      for (int a = 0; a < 3; a++) near(path[k * 3 + a], before[a] + now[a], 1e-11);
      k++;
    }
    path_sum(i, samples_of[i] - 1, 0, now);
    for (int a = 0; a < 3; a++) before[a] += now[a];
  }
}

static void van_hove_is_the_density_of_all_pairs_of_samples(void **state)
{
  (void)state;
  const vt_array_def *d;
  const double *lag = joined_array(&vt_a_vanhove_lag_ps, NULL), *self = joined_array(&vt_a_vanhove_self, &d);
  const int n_lag = d->dim[1], n_bins = d->dim[2];
  const double bin = 0.1;
  for (int k = 0; k < n_lag; k++) {
    const int n = (int)lround(lag[k] / every_ps), stride = n > 2 ? n / 2 : 1;
    double count[200] = {0}, all = 0;
    assert_true(n_bins <= 200);
    for (int i = 0; i < PIECES; i++)
      for (int from = 0; from + n < samples_of[i] && knows(i, &vt_a_vanhove_lag_ps, k); from += stride)
        for (int a = 0; a < ATOMS; a++) {
          if (type_of[a] != 0) continue;
          const double r = sqrt(moved(i, from, from + n, a));
          all++;
          if (r < bin * n_bins) count[(int)(r / bin)]++;
        }
    for (int b = 0; b < n_bins; b++) near(self[k * n_bins + b], count[b] / (all * bin), 1e-11);
  }
}

/* ------------------------------------------------------------------ means over samples */

static void g_of_r_is_that_of_all_frames(void **state)
{
  (void)state;
  const vt_array_def *d;
  const double *r = joined_array(&vt_a_rdf_r, NULL), *g = joined_array(&vt_a_rdf_g, &d);
  const int n_bins = d->dim[1], pair = vt_pair_index(1, 3, SPECIES); /* Al, Cl or O: whatever is last */
  double *count = calloc((size_t)n_bins, sizeof *count), frames = 0;
  assert_non_null(count);
  for (int i = 0; i < PIECES; i++)
    for (int t = 0; t < samples_of[i]; t++, frames++) {
      const instant *at = &film[i][t];
      double hi[3][3];
      assert_true(vt_cell_inverse(&at->cell, hi));
      for (int a = 0; a < ATOMS; a++)
        for (int b = 0; b < ATOMS; b++) {
          double v[3];
          if (type_of[a] != 1 || type_of[b] != 3) continue;
          for (int c = 0; c < 3; c++) v[c] = at->x[b][c] - at->x[a][c];
          vt_cell_min_image(&at->cell, (const double(*)[3])hi, v);
          const int bin = (int)(sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / 0.05);
          if (bin < n_bins) count[bin] += at->volume;
        }
    }
  int seen = 0;
  for (int k = 0; k < n_bins; k++) {
    if (isnan(g[pair * n_bins + k])) continue;
    const double lo = r[k] - 0.025, hi = r[k] + 0.025, shell = 4.0 / 3 * acos(-1) * (hi * hi * hi - lo * lo * lo);
    const double pairs = (double)joined.plan.comp.count[1] * joined.plan.comp.count[3];
    near(g[pair * n_bins + k], count[k] / (frames * pairs * shell), 1e-9);
    seen += count[k] > 0;
  }
  assert_true(seen > 20);
  free(count);
}

/* Rows are cut anew, 96 of them from 51 + 31 + 16 samples: their mean is that of all samples, their times too. */
static void thermo_has_the_mean_of_all_samples(void **state)
{
  (void)state;
  const vt_array_def *d;
  const double *t_k = joined_array(&vt_a_thermo_temperature, &d), *ps = joined_array(&vt_a_thermo_time_ps, NULL);
  double mean = 0, mean_ps = 0, want = 0, want_ps = 0, n = 0;
  assert_int_equal(d->dim[0], 96);
  for (int k = 0; k < 96; k++) {
    mean += t_k[k] / 96, mean_ps += ps[k] / 96;
    if (k > 0) assert_true(ps[k] > ps[k - 1]);
  }
  for (int i = 0; i < PIECES; i++)
    for (int t = 0; t < samples_of[i]; t++, n++)
      want += film[i][t].t_k, want_ps += t * every_ps + (i > 0) * 1.0 + (i > 1) * 0.6;
  near_relative(mean, want / n, 1e-12);
  near_relative(mean_ps, want_ps / n, 1e-12);
  near_relative(t_k[0], film[0][0].t_k * 96 / 98 + film[0][1].t_k * 2 / 98, 1e-12); /* 98 samples, 96 rows */
}

static int anions_around(const instant *at, int metal, const double *cutoff)
{
  double hi[3][3];
  int n = 0;
  assert_true(vt_cell_inverse(&at->cell, hi));
  for (int b = 0; b < ATOMS; b++) {
    double v[3];
    if (type_of[b] < 2) continue; /* Li and Al before Cl and O */
    for (int c = 0; c < 3; c++) v[c] = at->x[b][c] - at->x[metal][c];
    vt_cell_min_image(&at->cell, (const double(*)[3])hi, v);
    const double r = cutoff[vt_pair_index(METAL, type_of[b], SPECIES)];
    n += v[0] * v[0] + v[1] * v[1] + v[2] * v[2] < r * r;
  }
  return n;
}

static void coordination_and_fragments_are_those_of_all_frames(void **state)
{
  (void)state;
  const double *cutoff = joined_array(&vt_a_equilibrate_cutoff, NULL);
  const double *cn = joined_array(&vt_a_polyhedra_cn, NULL), *frames = joined_array(&vt_a_chains_frames, NULL);
  double count[13] = {0}, metals = 0, fragments = 0;
  for (int i = 0; i < PIECES; i++) {
    const vt_array_def *d;
    const double *sizes = piece_array(i, &vt_a_chains_fragments, &d);
    for (int t = 0; t < samples_of[i]; t++)
      for (int a = 0; a < ATOMS; a++) {
        if (type_of[a] != METAL) continue;
        const int n = anions_around(&film[i][t], a, cutoff);
        if (n < 13) count[n]++;
        metals++;
      }
    for (int k = 0; k < d->dim[0]; k++) fragments += samples_of[i] * sizes[k];
  }
  for (int k = 0; k < 13; k++) near(cn[METAL * 13 + k], count[k] / metals, 1e-12);
  near(*frames, 51 + 31 + 16, 0);
  near_relative(*joined_array(&vt_a_chains_mean_size, NULL), metals / fragments, 1e-12);
}

/* ------------------------------------------------------------------ counts */

static void jumps_and_visits_add_up_and_rates_are_those_of_the_whole_time(void **state)
{
  (void)state;
  const double *count = joined_array(&vt_a_jumps_count, NULL), *rate = joined_array(&vt_a_jumps_rate, NULL);
  const double *visits = joined_array(&vt_a_residence_visits, NULL);
  double jumps = 0, formed = 0;
  for (int i = 0; i < PIECES; i++) {
    jumps += piece_array(i, &vt_a_jumps_count, NULL)[0];
    formed += piece_array(i, &vt_a_residence_visits, NULL)[0];
  }
  near(count[0], jumps, 0);
  near(visits[0], formed, 0);
  near(rate[0], jumps / (1.9 * joined.plan.comp.count[0]), 1e-12);
  assert_true(isnan(count[METAL])); /* no alkali */
}

/* The same piece twice: every mean stays, every count doubles.  Of all arrays of all observables but series. */
static void the_same_values_twice_keep_means_and_double_counts(void **state)
{
  (void)state;
  static const vt_array_name *const counts[] = {&vt_a_msd_origins,       &vt_a_charge_origins, &vt_a_chains_frames,
                                                &vt_a_residence_origins, &vt_a_bonds_origins,  &vt_a_jumps_count,
                                                &vt_a_residence_visits};
  vt_plan twin = plan[0];
  vt_joined two;
  vt_err err = {0};
  vt_array_def own[VT_MAX_ARRAYS], both[VT_MAX_ARRAYS];
  int n = 0, m = 0;
  twin.piece = 2, twin.needs = plan[0].uid, twin.before_ps = 1;
  VT_TEST_OK(vt_plan_identify(&twin, &err), &err);
  const vt_piece pieces[2] = {piece_of(0), {&twin, result[0].values, result[0].n_values}};
  VT_TEST_OK(vt_pieces_join(pieces, 2, &two, &err), &err);
  VT_TEST_OK(vt_replica_layout(&plan[0], own, VT_MAX_ARRAYS, &n, &err), &err);
  VT_TEST_OK(vt_replica_layout(&two.plan, both, VT_MAX_ARRAYS, &m, &err), &err);
  assert_int_equal(n, m);
  const double *a = result[0].values, *b = two.values;
  for (int k = 0; k < n; a += vt_array_count(&own[k]), b += vt_array_count(&both[k]), k++) {
    double factor = 1;
    if (strncmp(own[k].name, "thermo/", 7) == 0 || strncmp(own[k].name, "charge/path", 11) == 0 ||
        strncmp(own[k].name, "msd/third", 9) == 0)
      continue;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
      if (vt_array_is(&own[k], counts[c])) factor = 2;
    assert_int_equal(vt_array_count(&own[k]), vt_array_count(&both[k]));
    for (size_t e = 0; e < vt_array_count(&own[k]); e++)
      if (isnan(a[e]))
        assert_true(isnan(b[e]));
      else
        near_named(own[k].name, b[e], factor * a[e], 1e-14 * fabs(a[e]));
  }
  vt_joined_free(&two);
}

/* ------------------------------------------------------------------ what reads them */

/* Everything that reads the arrays of one run reads those of the joined one, and glasses of both kinds go together. */
static void a_joined_run_is_read_like_any_other(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_transport t;
  vt_structure_summary s;
  vt_tr_input in[2];
  vt_pool pool;
  double want = 0;
  VT_TEST_OK(vt_tr_from_arrays(&joined.plan, VT_TR_BARYCENTRIC, defs, n_defs, joined.values, &t, &err), &err);
  for (int i = 0; i < PIECES; i++)
    for (int k = 0; k < samples_of[i]; k++) want += film[i][k].t_k / (51 + 31 + 16);
  near_relative(t.temperature_k, want, 1e-12);
  assert_true(t.temperature_se > 0);
  near_relative(t.volume_a3, film[0][0].volume, 1e-9); /* NVT: one volume in all pieces */
  assert_int_equal(t.tracer[0].reason, VT_TR_TOO_SHORT);
  VT_TEST_OK(vt_structure_from_arrays(&joined.plan, defs, n_defs, joined.values, &s, &err), &err);
  const double *cn = joined_array(&vt_a_polyhedra_cn, NULL);
  double mean = 0;
  for (int k = 0; k < 13; k++) mean += k * cn[METAL * 13 + k];
  near(s.cn_metal, mean, 1e-12);
  assert_true(s.stationarity.energy.flag != VT_STATIONARY_UNKNOWN); /* 32 rows a third */
  vt_array_def own[VT_MAX_ARRAYS];
  int n = 0;
  VT_TEST_OK(vt_replica_layout(&plan[1], own, VT_MAX_ARRAYS, &n, &err), &err);
  VT_TEST_OK(vt_tr_input_from_arrays(&joined.plan, defs, n_defs, joined.values, &in[0], &err), &err);
  VT_TEST_OK(vt_tr_input_from_arrays(&plan[1], own, n, result[1].values, &in[1], &err), &err);
  VT_TEST_OK(vt_pool_glasses(in, 2, &pool, NULL, &err), &err);
  assert_int_equal(pool.n_glasses, 2);
}

/* ------------------------------------------------------------------ what is refused */

static void what_are_no_pieces_of_one_production_is_refused(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_joined j;
  const vt_piece gap[2] = {piece_of(0), piece_of(2)}, late[1] = {piece_of(1)};
  VT_TEST_REFUSED(vt_pieces_join(gap, 2, &j, &err), VT_EINVAL, &err, "piece 3 stands where piece 2 is expected");
  VT_TEST_REFUSED(vt_pieces_join(late, 1, &j, &err), VT_EINVAL, &err, "piece 2 stands where piece 1 is expected");
  vt_plan other = plan[1];
  vt_piece two[2] = {piece_of(0), {&other, result[1].values, result[1].n_values}};
  other.needs = glass_plan.uid;
  VT_TEST_REFUSED(vt_pieces_join(two, 2, &j, &err), VT_EINVAL, &err, "piece 2 does not go on where piece 1 ended");
  other = plan[1];
  other.before_ps = 0.9;
  VT_TEST_REFUSED(vt_pieces_join(two, 2, &j, &err), VT_EINVAL, &err, "begins after 0.9 ps, those before it last 1 ps");
  other = plan[1];
  two[1].n_values--;
  VT_TEST_REFUSED(vt_pieces_join(two, 2, &j, &err), VT_EINVAL, &err, "the result of piece 2 has");
  two[1].n_values++;
  other.obs[0].every_ps *= 2;
  two[1].n_values = 0;
  two[1].values = NULL;
  VT_TEST_REFUSED(vt_pieces_join(two, 2, &j, &err), VT_EINVAL, &err, "piece 2 has 0 values");
  VT_TEST_REFUSED(vt_pieces_join(two, 0, &j, &err), VT_EINVAL, &err, "0 pieces to join");
  assert_null(j.values);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_joined_plan_has_the_longest_lags_and_all_of_the_time),
      cmocka_unit_test(one_piece_joined_with_nothing_is_itself_to_the_bit),
      cmocka_unit_test(msd_is_the_mean_over_the_origins_of_all_pieces),
      cmocka_unit_test(collective_displacements_are_those_of_all_pieces_and_the_path_goes_on),
      cmocka_unit_test(van_hove_is_the_density_of_all_pairs_of_samples),
      cmocka_unit_test(g_of_r_is_that_of_all_frames),
      cmocka_unit_test(thermo_has_the_mean_of_all_samples),
      cmocka_unit_test(coordination_and_fragments_are_those_of_all_frames),
      cmocka_unit_test(jumps_and_visits_add_up_and_rates_are_those_of_the_whole_time),
      cmocka_unit_test(the_same_values_twice_keep_means_and_double_counts),
      cmocka_unit_test(a_joined_run_is_read_like_any_other),
      cmocka_unit_test(what_are_no_pieces_of_one_production_is_refused)};
  return cmocka_run_group_tests(tests, run_pieces, drop_pieces);
}
