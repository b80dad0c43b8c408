#include "tests/support/liquid.h"
#include "tests/support/compositions.h"

#include <string.h>

#include "tests/vt_test.h"

enum { MOST = 420 };
static const double skin_a = 1;

void liquid_open(liquid *l, const char *kind, vt_precision precision, int units, double t_k, uint64_t key)
{
  static double x[MOST][3];
  static int type[MOST];
  const char *symbol[VT_MAX_SPECIES];
  vt_err err = {0};
  vt_cell cell;
  *l = (liquid){.comp = vt_test_oxychloride(units)};
  assert_true(l->comp.n_atoms <= MOST);
  for (int s = 0; s < l->comp.n_species; s++) symbol[s] = vt_element_symbol(l->comp.z[s]);
  int nep = strcmp(kind, "nep") == 0;
  vt_pot_args args = {.path = nep ? VT_TEST_SOURCE "/campaigns/potentials/oxyhalide7-v0.nep.txt" : "-",
                      .n_species = l->comp.n_species,
                      .species = symbol,
                      .numerics = {.simd = vt_simd_best(), .precision = precision, .format = VT_ENGINE_FORMAT}};
  VT_TEST_OK(vt_pot_open(&l->pot, kind, &args, &err), &err);
  VT_TEST_OK(vt_pack(&l->comp, 1, key, &cell, type, x, &err), &err);
  VT_TEST_OK(vt_md_open(&l->md, &l->comp, &cell, type, (const double(*)[3])x, &l->pot, skin_a, key, &err), &err);
  VT_TEST_OK(vt_md_relax(&l->md, 300, 0.05, 1, &err), &err);
  vt_md_velocities(&l->md, t_k);
}

void liquid_close(liquid *l)
{
  vt_md_close(&l->md);
  vt_pot_close(&l->pot);
}

void liquid_twin(const liquid *l, const vt_cell *cell, vt_md *twin)
{
  vt_err err = {0};
  VT_TEST_OK(
      vt_md_open(twin, &l->comp, cell, l->md.type, (const double(*)[3])l->md.x, l->md.pot, skin_a, l->md.key, &err),
      &err);
  memcpy(twin->v, l->md.v, (size_t)l->md.n * sizeof *twin->v);
}

vt_md_stage liquid_stage(int ensemble, double t_k, double dt_fs, int64_t n_steps)
{
  return (vt_md_stage){.name = "liquid",
                       .ensemble = ensemble,
                       .t0_k = t_k,
                       .t1_k = t_k,
                       .dt = vt_unit_time_from_fs(dt_fs),
                       .n_steps = n_steps,
                       .tau_t = vt_unit_time_from_fs(100),
                       .tau_p = vt_unit_time_from_fs(1000),
                       .block_steps = 50};
}

void liquid_hold(vt_md *md, const vt_md_stage *st, uint32_t stage_index)
{
  vt_err err = {0};
  VT_TEST_OK(vt_md_begin(md, st, stage_index, &err), &err);
  VT_TEST_OK(vt_md_run(md, st->n_steps, &err), &err);
}
