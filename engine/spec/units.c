#include <math.h>
#include <string.h>

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

/* Calorie: thermochemical, 4.184 J; mole: 6.02214076e23 (exact). */
#define EV_PER_KJ_MOL (1e3 / (6.02214076e23 * VT_E_CHARGE_C))

static const struct {
  const char *name;
  vt_unit_kind kind;
  double factor;
} of_output[] = {{"eV", VT_UNIT_ENERGY, 1},
                 {"hartree", VT_UNIT_ENERGY, HARTREE_EV},
                 {"Ry", VT_UNIT_ENERGY, HARTREE_EV / 2},
                 {"kJ/mol", VT_UNIT_ENERGY, EV_PER_KJ_MOL},
                 {"kcal/mol", VT_UNIT_ENERGY, 4.184 * EV_PER_KJ_MOL},
                 {"eV/A", VT_UNIT_FORCE, 1},
                 {"hartree/bohr", VT_UNIT_FORCE, HARTREE_EV / BOHR_A},
                 {"Ry/bohr", VT_UNIT_FORCE, HARTREE_EV / BOHR_A / 2},
                 {"kcal/mol/A", VT_UNIT_FORCE, 4.184 * EV_PER_KJ_MOL},
                 {"eV/A^3", VT_UNIT_PRESSURE, 1},
                 {"GPa", VT_UNIT_PRESSURE, 1e-21 / VT_E_CHARGE_C},
                 {"kbar", VT_UNIT_PRESSURE, 1e-22 / VT_E_CHARGE_C},
                 {"bar", VT_UNIT_PRESSURE, 1e-25 / VT_E_CHARGE_C},
                 {"Pa", VT_UNIT_PRESSURE, 1e-30 / VT_E_CHARGE_C},
                 {"hartree/bohr^3", VT_UNIT_PRESSURE, HARTREE_EV / (BOHR_A * BOHR_A * BOHR_A)},
                 {"Ry/bohr^3", VT_UNIT_PRESSURE, HARTREE_EV / (BOHR_A * BOHR_A * BOHR_A) / 2}};

int vt_unit_by_name(vt_unit_kind kind, const char *name, double *factor)
{
  for (size_t k = 0; k < sizeof of_output / sizeof *of_output; k++)
    if (of_output[k].kind == kind && strcmp(of_output[k].name, name) == 0) {
      *factor = of_output[k].factor;
      return 1;
    }
  return 0;
}

const char *vt_unit_names(vt_unit_kind kind)
{
  static const char *const names[VT_UNIT_KINDS] = {"eV, hartree, Ry, kJ/mol, kcal/mol",
                                                   "eV/A, hartree/bohr, Ry/bohr, kcal/mol/A",
                                                   "eV/A^3, GPa, kbar, bar, Pa, hartree/bohr^3, Ry/bohr^3"};
  return names[kind];
}
