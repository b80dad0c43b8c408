/* Velocity rescaling and cell rescaling sample the ensembles that they are for: interacting systems whose distributions
 * are known.  (Without interactions: tests/unit/engine/md/test_md_bdp.c.) */
#include <math.h>
#include <string.h>

#include "engine/num/num.h"
#include "tests/conform/integrator_model.h"
#include "tests/physics/claim.h"
#include "tests/physics/springs.h"
#include "tests/vt_test.h"

static const double hot = 600;

static void begin(vt_md *md, const vt_md_stage *st)
{
  vt_err err = {0};
  VT_TEST_OK(vt_md_begin(md, st, 0, &err), &err);
}

static void run(vt_md *md, int64_t n)
{
  vt_err err = {0};
  VT_TEST_OK(vt_md_run(md, n, &err), &err);
}

/* ------------------------------------------------------------------ the total energy of a harmonic crystal */

/* What velocity Verlet conserves of a harmonic system: K + U - dt^2/8 sum f^2/m; the rescaling of velocities is exact
 * for any function of the positions beside K.  So this energy, quadratic in 6N - 6 variables, has a Gamma distribution
 * without an error from the step (K + U itself would be off by half a per cent). */
static double conserved_by_verlet(const vt_md *md)
{
  double f2 = 0;
  for (int i = 0; i < md->n; i++)
    for (int b = 0; b < 3; b++) f2 += md->f[i][b] * md->f[i][b] / md->mass[i];
  return md->e_kin + md->out.energy - 0.125 * md->stage.dt * md->stage.dt * f2;
}

/* 27 atoms: 78 + 78 degrees of freedom.  Modes of a harmonic crystal share their energy by the thermostat alone, so ten
 * starts are averaged.  The energy is forgotten in 2 tau = 60 steps; values 240 steps apart are independent (2 %): 3000
 * of them know the mean of Gamma(78) to 0.21 % and its variance to 2.6 %. */
static void the_total_energy_of_a_harmonic_crystal_is_canonical(void **state)
{
  (void)state;
  enum { SIDE = 3, DOF = 78, STARTS = 10, VALUES = 300, APART = 240 };
  static double energy[STARTS * VALUES], cdf[STARTS * VALUES];
  const double edge = 9, kt = VT_KB_EV * hot;
  vt_md_stage st = model_stage(VT_NVT, hot, 1, VALUES * APART + 2000);
  st.tau_t = 30 * st.dt;
  /* no mode is faster than 12 k / m of the lighter atom: omega dt < 0.3 */
  springs s = springs_crystal(vt_element_mass(3) / 12 * pow(0.3 / st.dt, 2), edge, SIDE);
  vt_pot pot = springs_pot(&s);
  for (int q = 0; q < STARTS; q++) {
    vt_md md;
    model_open(&md, &pot, SIDE * SIDE * SIDE, edge, hot, (uint64_t)q);
    begin(&md, &st);
    run(&md, 2000);
    for (int k = 0; k < VALUES; k++) {
      run(&md, APART);
      double e = conserved_by_verlet(&md) / kt;
      energy[q * VALUES + k] = e;
      cdf[q * VALUES + k] = vt_chi2_cdf(2 * e, 2 * DOF);
    }
    vt_md_close(&md);
  }
  enum { N = STARTS * VALUES };
  claim("velocity rescaling, harmonic crystal: <E> / kT", vt_mean(energy, N), DOF, 4 * 0.0021 * DOF,
        "equipartition, 3N - 3; 4 s.e. of 3000");
  claim("the same: var E / (kT)^2, the heat capacity", vt_variance(energy, N), DOF, 4 * 0.026 * DOF,
        "C = (3N - 3) kB; 4 s.e. of 3000");
  claim_distribution("the same: E / kT is Gamma(3N - 3)", cdf, N);
}

/* ------------------------------------------------------------------ cell rescaling with interactions */

/* U = modulus v0/2 (V/v0 - 1)^2, a function of the volume alone: no forces, tr W = -3 V dU/dV. */
typedef struct balloon {
  double modulus, v0;
} balloon;

static void balloon_describe(const void *self, vt_pot_info *out)
{
  (void)self;
  out->cutoff = 1;
}

static vt_status balloon_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  const balloon *b = self;
  double volume = vt_cell_volume(&nl->cell), strain = volume / b->v0 - 1;
  (void)err;
  out->energy = 0.5 * b->modulus * b->v0 * strain * strain;
  memset(out->virial, 0, sizeof out->virial);
  for (int k = 0; k < 9; k += 4) out->virial[k] = -volume * b->modulus * strain;
  memset(out->f, 0, (size_t)nl->n * sizeof *out->f);
  return VT_OK;
}

/* Mean and variance of the density V^(n-1) exp(-(U + P V)/kT), by the trapezoidal rule (smooth and gone at both ends).
 */
static void by_quadrature(const balloon *b, int n, double pressure, double kt, double *mean, double *variance)
{
  enum { POINTS = 20000 };
  double sum[3] = {0};
  for (int k = 1; k < POINTS; k++) {
    double v = 4 * b->v0 * k / POINTS, u = 0.5 * b->modulus * b->v0 * pow(v / b->v0 - 1, 2);
    double w = exp((n - 1) * log(v / b->v0) - (u + pressure * (v - b->v0)) / kt);
    sum[0] += w;
    sum[1] += w * v;
    sum[2] += w * v * v;
  }
  *mean = sum[1] / sum[0];
  *variance = sum[2] / sum[0] - *mean * *mean;
}

/* 16 atoms, modulus three times that of the gas at v0, pressure half the gas's: neither part alone gives the mean
 * (which would be 2 v0 and 0.83 v0).  The bulk modulus is about 0.3 GPa, the barostat's 5 GPa: volumes are forgotten in
 * 17 tau_p = 85 steps; values 300 steps apart are independent (3 %): 3000 of them know the mean to 0.25 %, the variance
 * to 2.7 %.  Euler's step adds dt / (2 x 85 dt) = 0.6 % to the variance. */
static void cell_rescaling_samples_a_known_equation_of_state(void **state)
{
  (void)state;
  enum { ATOMS = 16, VALUES = 3000, APART = 300 };
  static double volume[VALUES];
  const double kt = VT_KB_EV * hot, v0 = 2000;
  balloon b = {.modulus = 3 * ATOMS * kt / v0, .v0 = v0};
  static const vt_pot_ops ops = {.name = "balloon", .describe = balloon_describe, .compute = balloon_compute};
  vt_pot pot = {&ops, &b};
  vt_md md;
  double mean, variance;
  vt_md_stage st = model_stage(VT_NPT, hot, 1, (int64_t)VALUES * APART + 2000);
  st.pressure = 0.5 * ATOMS * kt / v0;
  st.tau_p = 5 * st.dt;
  st.tau_t = 5 * st.dt;
  st.block_steps = 1000;
  model_open(&md, &pot, ATOMS, cbrt(v0), hot, 4);
  begin(&md, &st);
  run(&md, 2000);
  for (int k = 0; k < VALUES; k++) {
    run(&md, APART);
    volume[k] = vt_cell_volume(&md.cell) / v0;
  }
  vt_md_close(&md);
  by_quadrature(&b, ATOMS, st.pressure, kt, &mean, &variance);
  mean /= v0, variance /= v0 * v0;
  claim("cell rescaling, gas in a balloon: <V> / V0", vt_mean(volume, VALUES), mean, 4 * sqrt(variance / VALUES * 1.06),
        "quadrature of V^(N-1) exp(-(U + PV)/kT); 4 s.e. of 3000");
  claim("the same: var V / V0^2, the compressibility", vt_variance(volume, VALUES), variance,
        variance * (0.108 + 0.006), "the same; 4 s.e., and Euler's step 0.6 %");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_total_energy_of_a_harmonic_crystal_is_canonical),
      cmocka_unit_test(cell_rescaling_samples_a_known_equation_of_state),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
