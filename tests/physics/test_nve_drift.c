/* The energy of long NVE runs with the shipped potential. */
#include <math.h>
#include <stdio.h>

#include "engine/num/num.h"
#include "tests/support/claim.h"
#include "tests/support/liquid.h"
#include "tests/vt_test.h"

enum { UNITS = 8, WINDOWS = 1200, EVERY = 500 }; /* 168 atoms, 600 ps of 1 fs in means over 0.5 ps */
static const double window_ns = 1e-6 * EVERY;

static double slope_of(const double *y, int n)
{
  double middle = 0.5 * (n - 1), tt = 0, ty = 0;
  for (int k = 0; k < n; k++) {
    tt += (k - middle) * (k - middle);
    ty += (k - middle) * y[k];
  }
  return ty / tt / window_ns;
}

/* Verlet's error of a smooth potential swings; this one's walks.  The derivative of the force jumps where ZBL ends, at
 * 2 A, by 8 eV/A^2 for Al-O, whose bonds are 1.75 A long (and by 0.2 at the cutoff of NEP, 6 A): both are half cosines,
 * whose second derivative does not vanish (T 3.2, T 3.3).  Each crossing adds an error of order dt^2 and random sign.
 *
 * A walk with variance D t lets the slope of a line through the time T scatter by sqrt(6 D / 5 T); steps between
 * successive means over w have the variance 2 D w / 3. */
static double slope_error(const double *y, int n)
{
  enum { W = 10 };
  double sum = 0;
  int steps = n / W - 1;
  for (int k = 0; k < steps; k++) {
    double step = vt_mean(y + (k + 1) * W, W) - vt_mean(y + k * W, W);
    sum += step * step / steps;
  }
  double d = 1.5 * sum / (W * window_ns);
  return sqrt(1.2 * d / (n * window_ns));
}

/* A viscous liquid, made at 1200 K and held at 600 K for 20 ps.  1 meV an atom and ns is what a run of 1 ns may lose
 * without a thermostat before its temperature moves by 4 K (C about 3 kB an atom). */
static void drift(vt_precision precision, const char *what)
{
  static double e_mev[WINDOWS];
  char why[200];
  liquid l;
  vt_err err = {0};
  double t_k = 0;
  vt_md_stage melt = liquid_stage(VT_NVT, 1200, 2, 2500), cool = liquid_stage(VT_NVT, 600, 2, 10000),
              nve = liquid_stage(VT_NVE, 0, 1, (int64_t)WINDOWS * EVERY);
  liquid_open(&l, "nep", precision, UNITS, 1200, 5);
  liquid_hold(&l.md, &melt, 0);
  liquid_hold(&l.md, &cool, 1);
  VT_TEST_OK(vt_md_begin(&l.md, &nve, 2, &err), &err);
  double e0 = l.md.e_kin + l.md.out.energy;
  for (int k = 0; k < WINDOWS; k++) {
    double sum = 0;
    for (int s = 0; s < EVERY; s++) {
      VT_TEST_OK(vt_md_run(&l.md, 1, &err), &err);
      sum += l.md.e_kin + l.md.out.energy - e0;
      t_k += l.md.t_k / ((double)WINDOWS * EVERY);
    }
    e_mev[k] = 1e3 * sum / EVERY / l.md.n;
  }
  liquid_close(&l);
  double scatter = slope_error(e_mev, WINDOWS);
  (void)snprintf(
      why, sizeof why,
      "line through 600 ps, mean %.0f K; scatters by %.2g: Verlet's error walks at random; 1 meV is 4 K in 1 ns", t_k,
      scatter);
  claim(what, slope_of(e_mev, WINDOWS), 0, 1, why);
  assert_true(scatter < 0.5); /* else the claim says nothing */
}

static void energy_stays_in_double(void **state)
{
  (void)state;
  drift(VT_DOUBLE, "nep, double, 168 atoms, 1 fs: NVE drift, meV/atom/ns");
}

static void energy_stays_in_mixed_precision(void **state)
{
  (void)state;
  drift(VT_MIXED, "nep, mixed, 168 atoms, 1 fs: NVE drift, meV/atom/ns");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(energy_stays_in_double),
      cmocka_unit_test(energy_stays_in_mixed_precision),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
