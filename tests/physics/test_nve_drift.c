/* The energy of long NVE runs with the shipped potential. */
#include <math.h>

#include "engine/num/num.h"
#include "tests/physics/claim.h"
#include "tests/physics/liquid.h"
#include "tests/vt_test.h"

enum { UNITS = 4, SAMPLES = 2000, EVERY = 100 }; /* 84 atoms, 200 ps of 1 fs */

typedef struct line {
  double slope, se; /* se: by blocking of the residuals, so that their correlation counts */
} line;

static line fit(const double *t, const double *y, int n)
{
  static double residual[SAMPLES], scratch[SAMPLES];
  double tm = vt_mean(t, (size_t)n), ym = vt_mean(y, (size_t)n), tt = 0, ty = 0;
  for (int k = 0; k < n; k++) {
    tt += (t[k] - tm) * (t[k] - tm);
    ty += (t[k] - tm) * (y[k] - ym);
  }
  double slope = ty / tt;
  for (int k = 0; k < n; k++) residual[k] = y[k] - ym - slope * (t[k] - tm);
  return (line){slope, vt_blocking_se(residual, (size_t)n, scratch) * sqrt(n / tt)};
}

/* A viscous liquid at 800 K, made at 1200 K.  1 meV an atom and ns is what a run of 1 ns may lose without a thermostat
 * before its temperature moves by 4 K (C about 3 kB an atom: 1 meV / 3 kB). */
static void drift(vt_precision precision, const char *what)
{
  static double t_ns[SAMPLES], e_mev[SAMPLES];
  char why[160];
  liquid l;
  vt_err err = {0};
  vt_md_stage melt = liquid_stage(VT_NVT, 1200, 2, 2500), cool = liquid_stage(VT_NVT, 800, 2, 2500),
              nve = liquid_stage(VT_NVE, 0, 1, (int64_t)SAMPLES * EVERY);
  liquid_open(&l, "nep", precision, UNITS, 1200, 5);
  liquid_hold(&l.md, &melt, 0);
  liquid_hold(&l.md, &cool, 1);
  VT_TEST_OK(vt_md_begin(&l.md, &nve, 2, &err), &err);
  for (int k = 0; k < SAMPLES; k++) {
    VT_TEST_OK(vt_md_run(&l.md, EVERY, &err), &err);
    t_ns[k] = 1e-6 * (k + 1) * EVERY;
    e_mev[k] = 1e3 * (l.md.e_kin + l.md.out.energy) / l.md.n;
  }
  line f = fit(t_ns, e_mev, SAMPLES);
  (void)snprintf(why, sizeof why, "line through 200 ps, +- %.2g; scatter %.2g meV/atom; 1 meV is 4 K in 1 ns", f.se,
                 sqrt(vt_variance(e_mev, SAMPLES)));
  liquid_close(&l);
  assert_true(f.se < 0.2); /* else the claim says nothing */
  claim(what, f.slope, 0, 1, why);
}

static void energy_stays_in_double(void **state)
{
  (void)state;
  drift(VT_DOUBLE, "nep, double, 84 atoms, 800 K, 1 fs: NVE drift, meV/atom/ns");
}

static void energy_stays_in_mixed_precision(void **state)
{
  (void)state;
  drift(VT_MIXED, "nep, mixed, 84 atoms, 800 K, 1 fs: NVE drift, meV/atom/ns");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(energy_stays_in_double),
      cmocka_unit_test(energy_stays_in_mixed_precision),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
