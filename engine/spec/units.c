#include <math.h>

#include "engine/spec/spec.h"

/* CODATA 2018. */
#define U_KG 1.66053906660e-27

/* sqrt(u A^2 / eV) in fs. */
static double fs_per_time(void) { return 1e15 * sqrt(U_KG * 1e-20 / VT_E_CHARGE_C); }

/* 1 eV/A^3 = e J / 1e-30 m^3. */
static const double gpa_per_pressure = VT_E_CHARGE_C * 1e30 * 1e-9;

double vt_unit_time_from_fs(double fs) { return fs / fs_per_time(); }

double vt_unit_fs_from_time(double t) { return t * fs_per_time(); }

double vt_unit_gpa_from_pressure(double ev_a3) { return ev_a3 * gpa_per_pressure; }

double vt_unit_pressure_from_gpa(double gpa) { return gpa / gpa_per_pressure; }

double vt_unit_g_cm3(double mass_u, double volume_a3) { return mass_u * (U_KG * 1e3 * 1e24) / volume_a3; }

#define BOHR_A     0.529177210903
#define HARTREE_EV 27.211386245988

double vt_unit_bohr_from_a(double a) { return a / BOHR_A; }

double vt_unit_a_from_bohr(double bohr) { return bohr * BOHR_A; }

double vt_unit_hartree_from_ev(double ev) { return ev / HARTREE_EV; }

double vt_unit_ev_from_hartree(double hartree) { return hartree * HARTREE_EV; }

double vt_unit_hartree_bohr_from_ev_a(double ev_a) { return ev_a * (BOHR_A / HARTREE_EV); }

double vt_unit_ev_a_from_hartree_bohr(double hartree_bohr) { return hartree_bohr * (HARTREE_EV / BOHR_A); }

double vt_unit_sigma_mS_cm(double slope_a2_ps, double t_k, double volume_a3)
{
  /* e^2 / (6 kB) with kB = VT_KB_EV e; A^2/ps = 1e-8 m^2/s, A^3 = 1e-30 m^3, S/m = 10 mS/cm. */
  const double factor = VT_E_CHARGE_C / (6 * VT_KB_EV) * 1e-8 * 1e30 * 10;
  return factor * slope_a2_ps / (t_k * volume_a3);
}
