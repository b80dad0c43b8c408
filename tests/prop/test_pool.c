/* Pooled transport of glasses whose answer is known: alkali ions that hop, alone or in strings, in a rigid framework.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/num/num.h"
#include "engine/transport/transport.h"
#include "tests/prop/pool_fixture.h"
#include "tests/vt_test.h"

static void same(const vt_pooled *a, const vt_pooled *b) { assert_memory_equal(a, b, sizeof *a); }

/* ------------------------------------------------------------------ hopping ions */

enum { MOST_GLASSES = 10 };
typedef struct melt { /* of several glasses */
  glass g[MOST_GLASSES + 1];
  vt_tr_input in[MOST_GLASSES + 1];
} melt;

static const double usual_rate = 2.0 / 15; /* 6 D = 1.2 A^2/ps, D = 2e-5 cm^2/s */

static void fill_melt(melt *m, int n, int z_alkali, uint64_t seed, int string)
{
  for (int i = 0; i < n; i++) m->in[i] = make_hopping_glass(&m->g[i], z_alkali, seed + (uint64_t)i, string, usual_rate);
}

static vt_pool pool(const melt *m, int n)
{
  vt_err err;
  vt_pool p;
  VT_TEST_OK(vt_pool_glasses(m->in, n, &p, NULL, &err), &err);
  return p;
}

/* ------------------------------------------------------------------ known answers */

static int covers(const vt_pooled *p, double truth) { return p->lo95 <= truth && truth <= p->hi95; }

/* (x - truth) over its error, on the ln scale: with t(13) beyond 4.5 once in 2000 times. */
static void near_truth(const char *what, const vt_pooled *p, double truth)
{
  near_named(what, log(p->value / truth) / (p->se / p->value), 0, 4.5);
}

/* g ions that jump together carry g^2 in the charge where g lone ones carry g: H = 1/g.  Of nine 95 % intervals, fewer
 * than seven hold the truth once in 120 times; what they cover is tested below. */
static void strings_of_g_ions_have_a_haven_ratio_of_one_over_g(void **state)
{
  (void)state;
  static melt m;
  const int string[] = {1, 2, 4}, z[] = {3, 11, 19};
  int covered = 0;
  for (int k = 0; k < 3; k++)
    for (int a = 0; a < 3; a++) {
      fill_melt(&m, 10, z[a], 100 * (uint64_t)(3 * k + a), string[k]);
      vt_pool p = pool(&m, 10);
      assert_int_equal(p.reason, VT_POOL_OK);
      assert_int_equal(p.haven_fw.n_glasses, 10);
      near_truth("H", &p.haven_fw, 1.0 / string[k]);
      covered += covers(&p.haven_fw, 1.0 / string[k]);
    }
  assert_in_range(covered, 7, 9);
}

/* Science notes 3.4: what uncorrelated ions show in the barycentric frame.  t_A is an identity there; Haven ratios
 * scatter with sigma. The numerator is seen from the centre of mass: 1 - 2 m/M + N m^2/M^2 of an ion in the framework.
 */
static void uncorrelated_ions_look_correlated_from_the_centre_of_mass(void **state)
{
  (void)state;
  static melt m;
  const struct {
    int z;
    double t, h;
  } notes[] = {{3, 0.948, 1.112}, {11, 0.847, 1.393}, {19, 0.765, 1.707}};
  for (int a = 0; a < 3; a++) {
    fill_melt(&m, 10, notes[a].z, 2000 + 100 * (uint64_t)a, 1);
    vt_pool p = pool(&m, 10);
    double share = share_of_alkali(&m.g[0].comp), t = 1 - N_ALKALI * share; /* m_F / (m_A + m_F) */
    near_named("t of the notes", t, notes[a].t, 6e-4);
    near_named("H of the notes", 1 / (t * t), notes[a].h, 2e-3);
    near_named("t_bary", p.t_bary.value, t, 1e-9);
    near_named("t_fw", p.t_fw.value, 1, 1e-9);
    near_truth("H_fw", &p.haven_fw, 1);
    near_named("H_bary", p.haven_bary.value * t * t / p.haven_total.value, 1, 1e-9);
    double lab = 1 - 2 * share + N_ALKALI * share * share;
    near_truth("H_total", &p.haven_total, lab);
    near_truth("D", &p.d_cm2_s[0], 2e-5);
    double sigma = vt_unit_sigma_mS_cm(N_ALKALI * 1.2, 600, 16 * 112);
    near_truth("sigma", &p.sigma_mS_cm, sigma);
    assert_int_equal(p.d_cm2_s[1].n_glasses, 0); /* the framework is rigid */
    assert_true(isnan(p.d_cm2_s[1].value));
  }
}

/* ------------------------------------------------------------------ Onsager coefficients */

static void frames_and_momentum_are_kept_in_the_mean(void **state)
{
  (void)state;
  static melt m;
  enum { G = 6 };
  vt_err err;
  vt_onsager o[G], other;
  fill_melt(&m, G, 19, 700, 2);
  vt_pool p = pool(&m, G);
  double sigma = 0, pooled = 0;
  const double tracers = p.d_alkali.se / p.d_alkali.value;
  for (int g = 0; g < G; g++) {
    VT_TEST_OK(vt_tr_onsager(&m.in[g], p.lo_ps, p.hi_ps, VT_TR_BARYCENTRIC, &o[g], &err), &err);
    sigma += o[g].sigma_mS_cm / G;
    for (int f = VT_TR_AS_SIMULATED; f <= VT_TR_FRAMEWORK; f++) {
      VT_TEST_OK(vt_tr_onsager(&m.in[g], p.lo_ps, p.hi_ps, f, &other, &err), &err);
      near_named("sigma in another frame", other.sigma_mS_cm / o[g].sigma_mS_cm, 1, 1e-10);
    }
  }
  const double size_of_all = p.sigma_mS_cm.value / sigma; /* tracers of the long window over those of the early one */
  near_named("size", size_of_all, 1, 0.2);
  for (int i = 0; i < N_SPECIES; i++) {
    double momentum = 0, size = 0;
    for (int j = 0; j < N_SPECIES; j++) {
      double mean = 0, jackknife = 0, theory = 0, mass = vt_element_mass(m.g[0].comp.z[j]);
      for (int g = 0; g < G; g++) mean += o[g].l[i][j] / G;
      for (int g = 0; g < G; g++) { /* leave one out: (G-1)/G sum (mean without g - mean)^2 */
        double without = (G * mean - o[g].l[i][j]) / (G - 1);
        jackknife += (G - 1.0) / G * (without - mean) * (without - mean);
      }
      near_named("L", p.l[i][j] / (size_of_all * mean), 1, 1e-10);
      theory = 16 * p.lo_ps / (9 * G * 600) / 2 * (p.l[i][i] * p.l[j][j] + p.l[i][j] * p.l[i][j]);
      jackknife *= size_of_all * size_of_all; /* theory: of Gaussian walks */
      near_named("its error",
                 p.l_se[i][j] / hypot(sqrt(((G - 1) * jackknife + 4 * theory) / (G + 3)), tracers * p.l[i][j]), 1,
                 1e-8);
      near_named("recoil of a rigid framework", p.recoil[i][j] / p.l[i][j], 1, 1e-8);
      momentum += mass * p.l[i][j];
      size += fabs(mass * p.l[i][j]);
      pooled += m.g[0].comp.charge[i] * m.g[0].comp.charge[j] * p.l[i][j];
    }
    near_named("sum_j m_j L_ij", momentum / size, 0, 1e-10);
  }
  near_named("sigma from the mean L", pooled / p.sigma_mS_cm.value, 1, 1e-10);
}

/* A drift of everything that has nothing to do with the rest adds w t to every MSD and N_i N_j w t to the correlations;
 * what names its frame, or needs none, must not see it. */
static void a_drift_is_taken_out_by_the_frames(void **state)
{
  (void)state;
  static melt m;
  const double w = 0.2; /* A^2/ps */
  fill_melt(&m, 4, 11, 500, 2);
  vt_pool still = pool(&m, 4);
  for (int g = 0; g < 4; g++)
    for (int k = 0; k < m.g[g].n_lag; k++)
      for (int i = 0; i < N_SPECIES; i++) {
        double *msd = &m.g[g].mean[i * m.g[g].n_lag + k], *m4 = &m.g[g].m4[i * m.g[g].n_lag + k], before = *msd;
        *msd += w * m.g[g].lag[k];
        *m4 *= (*msd / before) * (*msd / before);
        for (int j = i; j < N_SPECIES; j++)
          m.g[g].corr[vt_pair_index(i, j, N_SPECIES) * m.g[g].n_lag + k] +=
              w * m.g[g].lag[k] * m.g[g].comp.count[i] * m.g[g].comp.count[j];
      }
  vt_pool drift = pool(&m, 4);
  near_named("start", drift.lo_ps, still.lo_ps, 0);
  near_named("H_fw", drift.haven_fw.value / still.haven_fw.value, 1, 1e-9);
  near_named("H_bary", drift.haven_bary.value / still.haven_bary.value, 1, 1e-9);
  near_named("t_bary", drift.t_bary.value, still.t_bary.value, 1e-9);
  near_named("t_fw", drift.t_fw.value, still.t_fw.value, 1e-9);
  near_named("sigma", drift.sigma_mS_cm.value / still.sigma_mS_cm.value, 1, 1e-9);
  for (int i = 0; i < N_SPECIES; i++)
    for (int j = 0; j < N_SPECIES; j++) near_named("L", (drift.l[i][j] - still.l[i][j]) / still.l[0][0], 0, 1e-9);
  near_named("H_total", drift.haven_total.value / still.haven_total.value, 1, 1e-9);
  near_named("D", drift.d_cm2_s[0].value / still.d_cm2_s[0].value, 1, 1e-9);
}

/* Mean of two values a, b: its logarithm has the jackknife variance ((ln a - ln b)/2)^2, and 0.1^2 and the stated ones
 * are expected of it with four degrees of freedom: t(5) = 2.5706. */
static void two_glasses_have_an_interval_that_can_be_used(void **state)
{
  (void)state;
  static melt m;
  vt_err err;
  vt_pool p;
  vt_pool_glass each[2];
  fill_melt(&m, 2, 11, 600, 1);
  VT_TEST_OK(vt_pool_glasses(m.in, 2, &p, each, &err), &err);
  const double a = each[0].d_cm2_s[0], b = each[1].d_cm2_s[0], mean = 0.5 * (a + b);
  const double expected = (0.02 + pow(each[0].d_se[0] / mean, 2) + pow(each[1].d_se[0] / mean, 2)) / 4;
  const double se = sqrt((pow(log(a / b) / 2, 2) + 4 * expected) / 5);
  const vt_pooled d = p.d_cm2_s[0];
  near_named("D", d.value / mean, 1, 1e-12);
  near_named("its error", d.se / d.value / se, 1, 1e-9);
  near_named("lower end", log(d.lo95 / d.value) / (-2.5706 * se), 1, 1e-4);
  near_named("upper end", log(d.hi95 / d.value) / (2.5706 * se), 1, 1e-4);
  near_named("all alkalis", p.d_alkali.value / d.value, 1, 1e-12);
}

/* ------------------------------------------------------------------ glasses that do not fit in */

/* The frozen glass counts: D and sigma of six are five sixths of those of five.  What a glass brings into fits is
 * positive, and its logarithms have the logarithm of the mean as their mean. */
static void no_glass_is_dropped(void **state)
{
  (void)state;
  static melt m;
  vt_err err;
  vt_pool_glass each[6];
  vt_pool after;
  fill_melt(&m, 5, 11, 900, 1);
  const vt_pool before = pool(&m, 5);
  m.in[5] = m.in[4];
  m.in[4] = make_hopping_glass(&m.g[9], 11, 77, 1, 1e-4); /* frozen, in the middle of the others */
  VT_TEST_OK(vt_pool_glasses(m.in, 6, &after, each, &err), &err);
  assert_int_equal(after.n_glasses, 6);
  assert_int_equal(after.d_cm2_s[0].n_glasses, 6);
  assert_int_equal(after.n_slow, 1);
  assert_int_equal(before.n_slow, 0);
  near_named("D", after.d_cm2_s[0].value / before.d_cm2_s[0].value, 5.0 / 6, 0.02); /* the window may move a little */
  near_named("sigma", after.sigma_mS_cm.value / before.sigma_mS_cm.value, 5.0 / 6, 0.1);
  near_named("H_fw", log(after.haven_fw.value / before.haven_fw.value), 0, 0.1);
  double ln_d = 0, ln_sigma = 0;
  for (int g = 0; g < 6; g++) {
    assert_true(each[g].x_alkali > 0 && each[g].x_alkali_se > 0 && each[g].x_sigma_mS_cm > 0);
    ln_d += log(each[g].x_alkali) / 6;
    ln_sigma += log(each[g].x_sigma_mS_cm) / 6;
  }
  near_named("mean of ln D", ln_d - log(after.d_alkali.value), 0, 1e-12);
  near_named("mean of ln sigma", ln_sigma - log(after.sigma_mS_cm.value), 0, 1e-10);
  assert_true(fabs(each[4].d_cm2_s[0]) < 0.02 * after.d_cm2_s[0].value); /* frozen: what it moved by, 3 hops of 200 */
  assert_true(each[4].d_se[0] > 0.5 * each[3].d_se[0]);                  /* and it is known no better than the others */
}

/* The slow glass alone is diffusive from 19 ps on (4.5 A^2 at 6 D = 0.24 A^2/ps): together they are from 5.1 ps on,
 * where the mean of 1.2, 0.24, 1.2 A^2/ps passes 4.5 A^2. */
static void the_window_is_that_of_the_mean(void **state)
{
  (void)state;
  static melt m;
  vt_err err;
  vt_transport own;
  fill_melt(&m, 3, 11, 300, 1);
  near_named("usual start", pool(&m, 3).tracer[0].lo_ps, 5, 0.51);
  m.in[1] = make_hopping_glass(&m.g[1], 11, 301, 1, usual_rate / 5);
  VT_TEST_OK(vt_tr_replica(&m.in[1], &own, &err), &err);
  assert_true(own.tracer[0].lo_ps >= 15);
  vt_pool p = pool(&m, 3);
  near_named("start", p.tracer[0].lo_ps, 5.5, 0.8);
  assert_true(p.haven_fw.window_ps[0] >= 1.6 && p.haven_fw.window_ps[1] <= 2 * p.haven_fw.window_ps[0] + 1e-9);
}

/* Its values are those of vt_tr_replica and vt_tr_onsager; t(4). */
static void a_single_glass_has_the_errors_of_theory(void **state)
{
  (void)state;
  static melt m;
  vt_err err;
  vt_transport own;
  vt_onsager o;
  fill_melt(&m, 1, 11, 40, 1);
  vt_pool p = pool(&m, 1);
  VT_TEST_OK(vt_tr_replica(&m.in[0], &own, &err), &err);
  VT_TEST_OK(vt_tr_onsager(&m.in[0], own.sigma_lo_ps, own.sigma_hi_ps, VT_TR_BARYCENTRIC, &o, &err), &err);
  assert_int_equal(p.reason, VT_POOL_ONE_GLASS);
  near_named("H_fw", p.haven_fw.value / own.haven_fw.value, 1, 1e-12);
  const double v = 16 * p.haven_fw.window_ps[0] / (9 * 600), relative = p.haven_fw.se / p.haven_fw.value;
  assert_true(relative * relative >= v); /* the rest of it makes one end of the interval longer (T 7.7) */
  near_named("its interval", log(p.haven_fw.hi95 / p.haven_fw.lo95),
             2 * 2.7764 * sqrt(v) + sqrt(3 * (relative * relative - v)), 1e-4);
  near_named("H_total", p.haven_total.value / own.haven_total.value, 1, 1e-12);
  near_named("sigma", p.sigma_mS_cm.value / own.sigma_mS_cm, 1, 1e-12);
  near_named("D", p.d_cm2_s[0].value / own.tracer[0].d_cm2_s, 1, 1e-12);
  near_named("its error", p.d_cm2_s[0].se / p.d_cm2_s[0].value, hypot(own.tracer[0].se / own.tracer[0].d_cm2_s, 0.1),
             1e-12); /* one of many that differ by a tenth */
  near_named("t", p.t_bary.value, o.t[0], 1e-12);
  near_named("t_self", p.t_self.value, o.t_self[0], 1e-12);
  near_named("t - t_self", p.gap_bary.value, o.t[0] - o.t_self[0], 1e-12);
  near_named("sigma_NE,alkali / sigma_NE,all", p.ionicity.value * p.haven_total.value, o.t_self[0], 1e-12);
  vt_tr_onsager_scale(&o, own.sigma_mS_cm, p.d_alkali.se / p.d_alkali.value);
  near_named("L", p.l[0][1] / o.l[0][1], 1, 1e-12);
  near_named("its error", p.l_se[0][1] / o.l_se[0][1], 1, 1e-12);
  assert_int_equal(o.dof, 4);
}

static void no_conducting_glass_gives_no_numbers(void **state)
{
  (void)state;
  static melt m;
  for (int g = 0; g < 2; g++) m.in[g] = make_hopping_glass(&m.g[g], 11, (uint64_t)g, 1, 1e-4);
  vt_pool p = pool(&m, 2);
  assert_int_equal(p.reason, VT_POOL_NO_WINDOW);
  assert_int_equal(p.n_slow, 2);
  assert_true(isnan(p.haven_fw.value) && isnan(p.t_bary.value) && isnan(p.sigma_mS_cm.value) && isnan(p.lo_ps));
  assert_true(isnan(p.l[0][0]) && isnan(p.d_cm2_s[0].value));
  for (int i = VT_POOL_OK; i <= VT_POOL_NO_CHARGE; i++)
    for (int j = VT_POOL_OK; j < i; j++)
      assert_string_not_equal(vt_pool_reason_text((vt_pool_reason)i), vt_pool_reason_text((vt_pool_reason)j));
}

static void without_a_volume_ratios_are_left(void **state)
{
  (void)state;
  static melt m;
  fill_melt(&m, 4, 11, 60, 1);
  vt_pool with = pool(&m, 4);
  for (int g = 0; g < 4; g++) m.in[g].volume_a3 = (double)NAN;
  vt_pool without = pool(&m, 4);
  assert_true(isnan(without.sigma_mS_cm.value) && isnan(without.l[0][0]));
  same(&without.haven_bary, &with.haven_bary);
  same(&without.t_fw, &with.t_fw);
}

static void unlike_glasses_are_refused(void **state)
{
  (void)state;
  static melt m;
  vt_err err;
  vt_pool p;
  fill_melt(&m, 2, 11, 20, 1);
  m.in[1].t_k = 650;
  assert_int_equal(vt_pool_glasses(m.in, 2, &p, NULL, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "600 and 650 K"));
  m.in[1].t_k = 600;
  m.g[1].lag[3] *= 1.01;
  assert_int_equal(vt_pool_glasses(m.in, 2, &p, NULL, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "different lags"));
  m.g[1].lag[3] = m.g[0].lag[3];
  m.g[1].comp.count[3]++;
  assert_int_equal(vt_pool_glasses(m.in, 2, &p, NULL, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "differ in composition"));
  m.in[1].comp = NULL;
  assert_int_equal(vt_pool_glasses(m.in, 2, &p, NULL, &err), VT_EINVAL);
  assert_int_equal(vt_pool_glasses(m.in, 0, &p, NULL, &err), VT_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strings_of_g_ions_have_a_haven_ratio_of_one_over_g),
      cmocka_unit_test(uncorrelated_ions_look_correlated_from_the_centre_of_mass),
      cmocka_unit_test(frames_and_momentum_are_kept_in_the_mean),
      cmocka_unit_test(a_drift_is_taken_out_by_the_frames),
      cmocka_unit_test(two_glasses_have_an_interval_that_can_be_used),
      cmocka_unit_test(no_glass_is_dropped),
      cmocka_unit_test(the_window_is_that_of_the_mean),
      cmocka_unit_test(a_single_glass_has_the_errors_of_theory),
      cmocka_unit_test(no_conducting_glass_gives_no_numbers),
      cmocka_unit_test(without_a_volume_ratios_are_left),
      cmocka_unit_test(unlike_glasses_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
