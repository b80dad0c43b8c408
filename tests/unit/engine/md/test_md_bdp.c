/* Stochastic velocity rescaling and stochastic cell rescaling against exact distributions. */
#include <math.h>
#include <stdlib.h>

#include "engine/num/num.h"
#include "tests/conform/integrator_model.h"
#include "tests/physics/claim.h"
#include "tests/vt_test.h"

/* 2 K / kB T is chi-square distributed.  c = 0.05: successive values correlate by 5 %, which 40000 of them do not show.
 */
static void the_kinetic_energy_is_canonical(void **state)
{
  (void)state;
  enum { DRAWS = 40000 };
  static double cdf[DRAWS];
  const int dofs[] = {1, 2, 3, 24, 189};
  for (size_t d = 0; d < sizeof dofs / sizeof dofs[0]; d++) {
    char what[80];
    int dof = dofs[d];
    double target = 0.5 * dof * 0.07, k = target;
    for (int s = 0; s < DRAWS; s++) {
      double a = vt_bdp_scale(k, target, dof, 0.05, 42, s, 0);
      k *= a * a;
      cdf[s] = vt_chi2_cdf(2 * k / 0.07, dof);
    }
    (void)snprintf(what, sizeof what, "velocity rescaling: K of %d degrees of freedom is canonical", dof);
    claim_distribution(what, cdf, DRAWS);
  }
}

/* One move from K is one step of `dof` independent Ornstein-Uhlenbeck velocities: K' is a noncentral chi-square of
 * scale w = (1 - c) kB T / 2 with dof degrees and noncentrality c K / w: mean w dof + c K, variance 2 w^2 dof + 4 w c
 * K. 40000 draws: mean to 4 standard errors, variance to 4 sqrt(2 / 40000) and a little for its kurtosis. */
static void one_move_is_the_exact_propagator(void **state)
{
  (void)state;
  enum { DRAWS = 40000 };
  static double sample[DRAWS];
  const double kt = 0.05, cs[] = {0.9, 0.3};
  const int dof = 30;
  for (int q = 0; q < 2; q++) {
    double c = cs[q], k = 2.0, w = 0.5 * (1 - c) * kt;
    double mean = w * dof + c * k, variance = 2 * w * w * dof + 4 * w * c * k;
    for (int s = 0; s < DRAWS; s++) {
      double a = vt_bdp_scale(k, 0.5 * dof * kt, dof, c, 7, s, 3);
      sample[s] = a * a * k;
    }
    assert_true(fabs(vt_mean(sample, DRAWS) - mean) < 4 * sqrt(variance / DRAWS));
    assert_true(fabs(vt_variance(sample, DRAWS) / variance - 1) < 0.035);
  }
}

static void no_coupling_and_no_motion_change_nothing(void **state)
{
  (void)state;
  assert_true(fabs(vt_bdp_scale(1, 2, 30, 1, 1, 1, 0) - 1) < 1e-15);
  assert_true(vt_bdp_scale(0, 2, 30, 0.5, 1, 1, 0) == 1);
}

static void moves_repeat_by_key_step_and_stage(void **state)
{
  (void)state;
  double a = vt_bdp_scale(1, 2, 30, 0.5, 1, 1, 0);
  assert_true(a == vt_bdp_scale(1, 2, 30, 0.5, 1, 1, 0));
  assert_true(a != vt_bdp_scale(1, 2, 30, 0.5, 2, 1, 0));
  assert_true(a != vt_bdp_scale(1, 2, 30, 0.5, 1, 2, 0));
  assert_true(a != vt_bdp_scale(1, 2, 30, 0.5, 1, 1, 1));
}

/* n atoms without forces: the move holds scaled coordinates and momenta, of which 3n - 3 are free, so the density of
 * the volume is V^(n-1) exp(-P V / kB T): 2 P V / kB T is chi-square with 2n degrees of freedom.  The volume follows
 * with 1 / (P beta) = 75 tau_p = 250 steps; values 1000 steps apart are independent.  Another power of V shows as 6 %
 * in the mean, noise wrong by 10 % as 20 % in the variance; 1000 values know the mean to 0.8 %, the variance to 5 %. */
static void an_ideal_gas_has_the_volumes_of_its_equation_of_state(void **state)
{
  (void)state;
  enum { ATOMS = 16, VALUES = 1000, APART = 1000 };
  static double value[VALUES], cdf[VALUES];
  vt_pot pot = model_gas();
  vt_md md;
  vt_err err = {0};
  vt_md_stage st = model_stage(VT_NPT, 600, 1, (int64_t)VALUES * APART + 2000);
  st.pressure = ATOMS * VT_KB_EV * 600 / 2000; /* about 2000 A^3 */
  st.tau_p = 3.3 * st.dt;
  st.tau_t = 5 * st.dt;
  st.block_steps = 1000;
  model_open(&md, &pot, ATOMS, 12.6, 600, 3);
  VT_TEST_OK(vt_md_begin(&md, &st, 0, &err), &err);
  VT_TEST_OK(vt_md_run(&md, 2000, &err), &err);
  for (int k = 0; k < VALUES; k++) {
    VT_TEST_OK(vt_md_run(&md, APART, &err), &err);
    value[k] = 2 * st.pressure * vt_cell_volume(&md.cell) / (VT_KB_EV * 600);
    cdf[k] = vt_chi2_cdf(value[k], 2 * ATOMS);
  }
  claim_distribution("cell rescaling, ideal gas: 2 P V / kT is chi-square(2N)", cdf, VALUES);
  claim("the same: P <V> / N kT", vt_mean(value, VALUES) / (2 * ATOMS), 1, 0.032, "ideal gas; 4 s.e. of 1000");
  claim("the same: P^2 var V / N (kT)^2", vt_variance(value, VALUES) / (4 * ATOMS), 1, 0.19, "ideal gas; 4 s.e.");
  vt_md_close(&md);
}

/* Dense soft spheres: the mean volume of NPT at pressure P, put into NVT, must give back P.  Standard errors by
 * blocking; the difference of ensembles (1/N of the fluctuation terms) is below 1 % for 64 atoms. */
static void npt_and_nvt_agree_on_the_equation_of_state(void **state)
{
  (void)state;
  enum { VALUES = 600 };
  static double volume[VALUES], pressure[VALUES], scratch[VALUES];
  vt_pot pot = model_soft();
  vt_md md;
  vt_err err = {0};
  vt_md_stage npt = model_stage(VT_NPT, 600, 2, 31000), nvt = model_stage(VT_NVT, 600, 2, 31000);
  npt.pressure = 0.05;
  model_open(&md, &pot, 64, 12, 600, 5);
  VT_TEST_OK(vt_md_begin(&md, &npt, 0, &err), &err);
  VT_TEST_OK(vt_md_run(&md, 1000, &err), &err);
  for (int k = 0; k < VALUES; k++) {
    VT_TEST_OK(vt_md_run(&md, 50, &err), &err);
    volume[k] = vt_cell_volume(&md.cell);
  }
  double v = vt_mean(volume, VALUES), v_se = vt_blocking_se(volume, VALUES, scratch);
  vt_md_set_volume(&md, v);
  assert_true(fabs(vt_cell_volume(&md.cell) / v - 1) < 1e-12);
  VT_TEST_OK(vt_md_begin(&md, &nvt, 1, &err), &err);
  VT_TEST_OK(vt_md_run(&md, 1000, &err), &err);
  for (int k = 0; k < VALUES; k++) {
    VT_TEST_OK(vt_md_run(&md, 50, &err), &err);
    pressure[k] = md.pressure;
  }
  double p = vt_mean(pressure, VALUES), p_se = vt_blocking_se(pressure, VALUES, scratch);
  /* dP/dV is about -3 P / V here (the virial grows steeply), so an error of V counts threefold */
  double allowed = 4 * sqrt(p_se * p_se + pow(3 * npt.pressure * v_se / v, 2)) + 0.01 * npt.pressure;
  if (!(fabs(p - npt.pressure) < allowed)) fail_msg("pressure %g, asked %g, allowed +- %g", p, npt.pressure, allowed);
  assert_true(allowed < 0.05 * npt.pressure); /* else the test says nothing */
  vt_md_close(&md);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_kinetic_energy_is_canonical),
      cmocka_unit_test(one_move_is_the_exact_propagator),
      cmocka_unit_test(no_coupling_and_no_motion_change_nothing),
      cmocka_unit_test(moves_repeat_by_key_step_and_stage),
      cmocka_unit_test(an_ideal_gas_has_the_volumes_of_its_equation_of_state),
      cmocka_unit_test(npt_and_nvt_agree_on_the_equation_of_state),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
