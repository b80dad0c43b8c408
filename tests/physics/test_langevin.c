/* Langevin dynamics against exact results of linear stochastic processes. */
#include <math.h>
#include <string.h>

#include "engine/num/num.h"
#include "tests/physics/springs.h"
#include "tests/support/claim.h"
#include "tests/support/integrator_model.h"
#include "tests/vt_test.h"

static const double edge = 12, hot = 600;

/* Two atoms on a spring are one oscillator of the reduced mass.  omega dt = 1.2: velocity Verlet with any thermostat
 * would give a variance of positions that is larger by 1/(1 - 0.36).  Blocks of 7 steps: the momentum is set to zero
 * 100 000 times in the run, which must not show.  Values 20 steps apart are independent with either friction: 120 000
 * of them know a variance to 0.41 %, of which four are allowed. */
static void an_oscillator_has_its_exact_variances_at_any_step_and_friction(void **state)
{
  (void)state;
  enum { VALUES = 40000, APART = 20 };
  static const double tau_steps[] = {5, 0.5};
  static const char *const what[2][2] = {
      {"Langevin, oscillator, omega dt 1.2, tau 5 dt: k <x^2> / kT", "the same: mu <v^2> / kT"},
      {"Langevin, oscillator, omega dt 1.2, tau dt/2: k <x^2> / kT", "the same: mu <v^2> / kT"}};
  const double m1 = vt_element_mass(3), m2 = vt_element_mass(17), mu = m1 * m2 / (m1 + m2), kt = VT_KB_EV * hot;
  for (int q = 0; q < 2; q++) {
    vt_md_stage st = model_stage(VT_LANGEVIN, hot, 1, (int64_t)VALUES * APART + 1000);
    springs s = springs_dumbbell(mu * pow(1.2 / st.dt, 2), edge);
    vt_pot pot = springs_pot(&s);
    vt_md md;
    double x2 = 0, v2 = 0;
    st.tau_t = tau_steps[q] * st.dt;
    st.block_steps = 7;
    model_open(&md, &pot, 2, edge, hot, 1);
    model_begin(&md, &st);
    model_run(&md, 1000);
    for (int k = 0; k < VALUES; k++) {
      model_run(&md, APART);
      x2 += md.out.energy; /* k x^2 / 2 of three components */
      for (int b = 0; b < 3; b++) v2 += pow(md.v[1][b] - md.v[0][b], 2);
    }
    vt_md_close(&md);
    claim(what[q][0], 2 * x2 / (3.0 * VALUES * kt), 1, 0.017, "BAOAB: exact for harmonic forces; 4 s.e. of 120 000");
    claim(what[q][1], mu * v2 / (3.0 * VALUES * kt), 1 - 0.25 * 1.44, 0.64 * 0.017,
          "BAOAB: 1 - (omega dt)^2/4; 4 s.e. of 120 000");
  }
}

/* Without forces velocities are an Ornstein-Uhlenbeck process of 3N - 3 degrees of freedom: sum m v(0) v(t) = (3N - 3)
 * kT exp(-t/tau).  1000 origins two tau apart of 189 degrees of freedom: 0.0025 standard error. */
static void free_atoms_forget_their_velocity_with_the_friction_and_are_canonical(void **state)
{
  (void)state;
  enum { N = 64, ORIGINS = 1000, TAU = 25 };
  static double v0[N][3], cdf[ORIGINS];
  vt_pot pot = model_gas();
  vt_md md;
  vt_md_stage st = model_stage(VT_LANGEVIN, hot, 1, 2 * ORIGINS * TAU + 500);
  double sum = 0, scale = (3 * N - 3) * VT_KB_EV * hot;
  st.tau_t = TAU * st.dt;
  model_open(&md, &pot, N, edge, hot, 2);
  model_begin(&md, &st);
  model_run(&md, 500);
  for (int k = 0; k < ORIGINS; k++) {
    memcpy(v0, md.v, sizeof v0);
    cdf[k] = vt_chi2_cdf(2 * md.e_kin / (VT_KB_EV * hot), 3 * N - 3);
    model_run(&md, TAU);
    for (int i = 0; i < N; i++)
      for (int b = 0; b < 3; b++) sum += md.mass[i] * v0[i][b] * md.v[i][b] / scale;
    model_run(&md, TAU);
  }
  vt_md_close(&md);
  claim("Langevin, free atoms: <v(0) v(tau)> / <v^2>", sum / ORIGINS, exp(-1), 0.01,
        "exp(-t/tau), 3N - 3 degrees of freedom; 4 s.e.");
  claim_distribution("Langevin, free atoms: kinetic energy is chi-square(3N - 3)", cdf, ORIGINS);
}

/* No boundary in 2000 steps: what keeps the momentum zero is the noise itself. */
static void the_noise_has_no_momentum(void **state)
{
  (void)state;
  enum { N = 64, STEPS = 2000 };
  vt_pot pot = model_soft();
  vt_md md;
  vt_md_stage st = model_stage(VT_LANGEVIN, hot, 1, STEPS);
  double worst = 0;
  st.block_steps = STEPS + 1;
  model_open(&md, &pot, N, edge, hot, 3);
  model_begin(&md, &st);
  for (int k = 0; k < STEPS; k++) {
    model_run(&md, 1);
    for (int b = 0; b < 3; b++) {
      double p = 0, size = 0;
      for (int i = 0; i < N; i++) p += md.mass[i] * md.v[i][b], size += md.mass[i] * fabs(md.v[i][b]);
      worst = fmax(worst, fabs(p) / size);
    }
  }
  vt_md_close(&md);
  claim("Langevin, 2000 steps without a boundary: largest sum p / sum of sizes", worst, 0, 1e-14,
        "rounding of one tau: sqrt(50 x 64) x 1e-16");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_oscillator_has_its_exact_variances_at_any_step_and_friction),
      cmocka_unit_test(free_atoms_forget_their_velocity_with_the_friction_and_are_canonical),
      cmocka_unit_test(the_noise_has_no_momentum),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
