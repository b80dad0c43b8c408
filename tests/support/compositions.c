#include "tests/support/compositions.h"

#include <stdio.h>

vt_composition vt_test_composition(const char *name, int n_species, const char *const *symbol, const int *count,
                                   int units)
{
  vt_composition c = {.n_species = n_species};
  (void)snprintf(c.name, sizeof c.name, "%s", name);
  for (int s = 0; s < n_species; s++) {
    c.z[s] = vt_element_z(symbol[s]);
    c.count[s] = count[s] * units;
    c.n_atoms += c.count[s];
    c.charge[s] = vt_element_charge(c.z[s]);
  }
  return c;
}

vt_composition vt_test_oxychloride(int units)
{
  static const char *const symbol[] = {"Li", "Al", "O", "Cl"};
  static const int count[] = {4, 4, 3, 10};
  return vt_test_composition("LiAlCl2.5O0.75", 4, symbol, count, units);
}

vt_protocol vt_test_protocol(void)
{
  return (vt_protocol){.version = VT_PROTOCOL_FIRST,
                       .pack_density = 0.9,
                       .melt_t_k = 900,
                       .melt_ps = 0.5,
                       .melt_dt_fs = 2,
                       .quench_rate_k_s = 5e14,
                       .quench_npt_below_k = 600,
                       .quench_dt_fs = 2,
                       .equil_ps = 1.6,
                       .equil_dt_fs = 2,
                       .produce_ps = 1,
                       .produce_dt_fs = 2,
                       .thermostat_ps = 0.05,
                       .barostat_ps = 1,
                       .melt_ensemble = VT_NVT,
                       .equil_ensemble = VT_NPT,
                       .produce_ensemble = VT_NVT};
}
