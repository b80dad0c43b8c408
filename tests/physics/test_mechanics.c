/* Newton's mechanics with the shipped potential and with Lennard-Jones: reversible, without momentum, with the pressure
 * of its energy, and the same whatever cell describes the crystal. */
#include <math.h>
#include <string.h>

#include "tests/support/claim.h"
#include "tests/support/liquid.h"
#include "tests/vt_test.h"

enum { UNITS = 4, N = 21 * UNITS };
static const double hot = 900;
static const char *const kinds[] = {"nep", "lj"};
enum { N_KINDS = 2 };

/* A line of the report that names the potential. */
static const char *named(char text[120], const char *kind, const char *what)
{
  (void)snprintf(text, 120, "%s: %s", kind, what);
  return text;
}

/* Largest distance of atoms of a and b, nearest images in a's cell, A. */
static double apart(const vt_md *a, const double (*x)[3])
{
  double hi[3][3], worst = 0;
  assert_true(vt_cell_inverse(&a->cell, hi));
  for (int i = 0; i < a->n; i++) {
    double d[3] = {a->x[i][0] - x[i][0], a->x[i][1] - x[i][1], a->x[i][2] - x[i][2]};
    vt_cell_min_image(&a->cell, (const double(*)[3])hi, d);
    worst = fmax(worst, sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]));
  }
  return worst;
}

/* Largest difference of components of two [n][3] arrays. */
static double differs(const double (*a)[3], const double (*b)[3], int n)
{
  double worst = 0;
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++) worst = fmax(worst, fabs(a[i][k] - b[i][k]));
  return worst;
}

/* Adding and taking back 400 displacements rounds by sqrt(400) ulp of 13 A = 4e-14 A; 0.4 ps of a liquid whose errors
 * grow by e in 0.1 ps or more make that at most 2e-12. */
static void turned_velocities_lead_back(void **state)
{
  (void)state;
  enum { STEPS = 200 };
  char text[120];
  for (int q = 0; q < N_KINDS; q++) {
    liquid l;
    double x0[N][3];
    vt_md_stage st = liquid_stage(VT_NVE, 0, 1, STEPS);
    liquid_open(&l, kinds[q], VT_DOUBLE, UNITS, hot, 1);
    memcpy(x0, l.md.x, sizeof x0);
    liquid_hold(&l.md, &st, 0);
    double gone = apart(&l.md, (const double(*)[3])x0);
    for (int i = 0; i < N; i++)
      for (int b = 0; b < 3; b++) l.md.v[i][b] = -l.md.v[i][b];
    liquid_hold(&l.md, &st, 0);
    assert_true(gone > 0.5); /* the way back was a way */
    claim(named(text, kinds[q], "200 steps there and back: distance to the start, A"),
          apart(&l.md, (const double(*)[3])x0), 0, 2e-12, "rounding 4e-14 A, e-fold each 0.1 ps");
    liquid_close(&l);
  }
}

/* No block boundary: nobody sets the momentum to zero.  Forces of 84 atoms sum to zero within some ulp of each, 500
 * times. */
static void forces_make_no_momentum(void **state)
{
  (void)state;
  enum { STEPS = 500 };
  char text[120];
  for (int q = 0; q < N_KINDS; q++) {
    liquid l;
    vt_md_stage st = liquid_stage(VT_NVE, 0, 1, STEPS);
    st.block_steps = STEPS + 1;
    liquid_open(&l, kinds[q], VT_DOUBLE, UNITS, hot, 2);
    liquid_hold(&l.md, &st, 0);
    double worst = 0;
    for (int b = 0; b < 3; b++) {
      double p = 0, size = 0;
      for (int i = 0; i < N; i++) p += l.md.mass[i] * l.md.v[i][b], size += l.md.mass[i] * fabs(l.md.v[i][b]);
      worst = fmax(worst, fabs(p) / size);
    }
    claim(named(text, kinds[q], "500 steps NVE without a boundary: sum p / sum of sizes"), worst, 0, 1e-13,
          "rounding: sqrt(500 x 84) x 1e-16, with room");
    liquid_close(&l);
  }
}

/* P = -d(K + U)/dV at fixed scaled coordinates and momenta, central differences of 1e-5 in V: truncation 1e-10 of the
 * third derivative over the first, which is large for ions in a shallow minimum of P; cancellation 1e-13 E / (1e-5 P
 * V), with E / PV of a thousand: 1e-5. */
static void pressure_of_a_liquid_is_the_volume_derivative_of_the_energy(void **state)
{
  (void)state;
  char text[120];
  for (int q = 0; q < N_KINDS; q++) {
    liquid l;
    vt_err err = {0};
    vt_md_stage st = liquid_stage(VT_NVE, 0, 1, 1);
    liquid_open(&l, kinds[q], VT_DOUBLE, UNITS, hot, 3);
    VT_TEST_OK(vt_md_begin(&l.md, &st, 0, &err), &err);
    double p = l.md.pressure, k = l.md.e_kin, v = vt_cell_volume(&l.md.cell), h = 1e-5, e[2];
    for (int s = 0; s < 2; s++) {
      double ratio = s ? 1 + h : 1 - h;
      vt_md_set_volume(&l.md, v * ratio);
      VT_TEST_OK(vt_md_begin(&l.md, &st, 0, &err), &err);
      e[s] = l.md.out.energy + k * pow(ratio, -2.0 / 3);
    }
    claim(named(text, kinds[q], "pressure, GPa"), vt_unit_gpa_from_pressure(p),
          vt_unit_gpa_from_pressure(-(e[1] - e[0]) / (2 * h * v)), 1e-4,
          "-d(K + U)/dV by differences of 1e-5; cancellation of the energy");
    liquid_close(&l);
  }
}

/* Largest change of the energy in 0.2 ps from one start. */
static double energy_error(uint64_t key, double dt_fs)
{
  liquid l;
  vt_err err = {0};
  double worst = 0;
  int64_t n = (int64_t)(200 / dt_fs + 0.5);
  vt_md_stage st = liquid_stage(VT_NVE, 0, dt_fs, n);
  liquid_open(&l, "nep", VT_DOUBLE, UNITS, hot, key);
  VT_TEST_OK(vt_md_begin(&l.md, &st, 0, &err), &err);
  double e0 = l.md.conserved;
  for (int64_t k = 0; k < n; k++) {
    VT_TEST_OK(vt_md_run(&l.md, 1, &err), &err);
    worst = fmax(worst, fabs(l.md.conserved - e0));
  }
  liquid_close(&l);
  return worst;
}

/* Velocity Verlet is of second order: error = C dt^2.  A force that jumps somewhere would make that order 1, forces
 * that are not the derivative of the energy order 0.  C does not settle as the step falls, because the derivative of
 * the force jumps (test_nve_drift.c): each crossing adds a part of order dt^2 with a phase of its own, 20 % of C in 0.2
 * ps of 84 atoms.  Over a factor of 8 in dt that is ln 1.2 / ln 8 = 0.09 of the order; half of it in the mean over four
 * starts. */
static void the_energy_error_is_of_second_order(void **state)
{
  (void)state;
  enum { STARTS = 4 };
  double order = 0;
  for (uint64_t key = 11; key < 11 + STARTS; key++)
    order += log(energy_error(key, 2) / energy_error(key, 0.25)) / log(8) / STARTS;
  claim("nep: order of the energy error in 0.2 ps, from 2 fs to 0.25 fs", order, 2, 0.1,
        "velocity Verlet; 1: forces jump, 0: not the derivative of the energy");
}

/* Rows a, b + a, c + b - a: the same lattice, heights of 0.41, 0.71 and 1 edges, one of them below the cutoff. */
static vt_cell skewed(const vt_cell *c)
{
  vt_cell s = *c;
  for (int k = 0; k < 3; k++) {
    s.h[1][k] = c->h[1][k] + c->h[0][k];
    s.h[2][k] = c->h[2][k] + c->h[1][k] - c->h[0][k];
  }
  return s;
}

/* Sums over other images in another order: 1e-16 of the parts of a sum of some hundred terms of 10 eV.  200 steps let
 * differences of 1e-14 grow by e^2. */
static void the_same_crystal_in_a_skewed_cell_moves_the_same(void **state)
{
  (void)state;
  enum { STEPS = 200 };
  char text[120];
  for (int q = 0; q < N_KINDS; q++) {
    liquid l;
    vt_md twin;
    vt_err err = {0};
    vt_md_stage st = liquid_stage(VT_NVE, 0, 1, STEPS);
    liquid_open(&l, kinds[q], VT_DOUBLE, UNITS, hot, 4);
    vt_cell skew = skewed(&l.md.cell);
    assert_true(fabs(vt_cell_volume(&skew) / vt_cell_volume(&l.md.cell) - 1) < 1e-12);
    assert_true(vt_cell_shortest_height(&skew) < 0.45 * vt_cell_shortest_height(&l.md.cell));
    liquid_twin(&l, &skew, &twin);
    VT_TEST_OK(vt_md_begin(&l.md, &st, 0, &err), &err);
    VT_TEST_OK(vt_md_begin(&twin, &st, 0, &err), &err);
    double w = 0;
    for (int k = 0; k < 9; k++) w = fmax(w, fabs(twin.out.virial[k] - l.md.out.virial[k]));
    claim(named(text, kinds[q], "skewed cell: energy, difference, eV/atom"), (twin.out.energy - l.md.out.energy) / N, 0,
          1e-13, "the orthogonal cell; rounding");
    claim(named(text, kinds[q], "skewed cell: forces, largest difference, eV/A"),
          differs((const double(*)[3])l.md.f, (const double(*)[3])twin.f, N), 0, 1e-12,
          "the orthogonal cell; rounding");
    claim(named(text, kinds[q], "skewed cell: virial, largest difference, eV"), w, 0, 1e-11,
          "the orthogonal cell; rounding");
    VT_TEST_OK(vt_md_run(&l.md, STEPS, &err), &err);
    VT_TEST_OK(vt_md_run(&twin, STEPS, &err), &err);
    claim(named(text, kinds[q], "skewed cell, 200 steps NVE: positions, A"), apart(&l.md, (const double(*)[3])twin.x),
          0, 1e-11, "the orthogonal cell; rounding grows by e^2");
    vt_md_close(&twin);
    liquid_close(&l);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(turned_velocities_lead_back),
      cmocka_unit_test(forces_make_no_momentum),
      cmocka_unit_test(pressure_of_a_liquid_is_the_volume_derivative_of_the_energy),
      cmocka_unit_test(the_energy_error_is_of_second_order),
      cmocka_unit_test(the_same_crystal_in_a_skewed_cell_moves_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
