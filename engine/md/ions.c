/* ions.c - packings relaxed: by their potential, and before that as rigid ions (T 4.10). */
#include <math.h>
#include <string.h>

#include "engine/md/md.h"

/* Whether the built-in ions can stand for every species, and both signs are there. */
static int are_ions(const vt_composition *c)
{
  int cations = 0, anions = 0;
  for (int s = 0; s < c->n_species; s++) {
    cations += c->charge[s] > 0;
    anions += c->charge[s] < 0;
    if (c->charge[s] == 0 || !isfinite(vt_comp_radius(c, s))) return 0;
  }
  return cations > 0 && anions > 0;
}

vt_status vt_md_relax_packing(vt_md *md, vt_md_asked asked, void *ctx, vt_err *err)
{
  enum { ROUNDS = 20, STEPS = 50 }; /* rounds: so that the caller is asked */
  const double cap_a = 0.05, f_max = 0.3;
  for (int k = 0; k < ROUNDS; k++) {
    VT_PASS(vt_md_relax(md, STEPS, cap_a, f_max, err));
    if (asked) VT_PASS(asked(ctx, err));
  }
  return VT_OK;
}

vt_status vt_md_settle_ions(const vt_composition *c, const vt_cell *cell, const int *type, vt_simd simd,
                            vt_md_asked asked, void *ctx, double (*x)[3], vt_err *err)
{
  const double skin_a = 1;
  const char *symbol[VT_MAX_SPECIES];
  vt_status rc = VT_OK;
  vt_pot pot = {0};
  vt_md md = {0};
  if (!are_ions(c)) return VT_OK;
  for (int s = 0; s < c->n_species; s++) symbol[s] = vt_element_symbol(c->z[s]);
  const vt_pot_args args = {.path = "-",
                            .n_species = c->n_species,
                            .species = symbol,
                            .comp = c,
                            .numerics = {.simd = simd, .precision = VT_DOUBLE, .format = VT_ENGINE_FORMAT}};
  VT_TRY_OUT(vt_pot_open(&pot, "born", &args, err), err, "settling %s", c->name);
  VT_TRY_OUT(vt_md_open(&md, c, cell, type, (const double(*)[3])x, &pot, skin_a, 0, err), err, "settling %s", c->name);
  VT_TRY_OUT(vt_md_relax_packing(&md, asked, ctx, err), err, "settling %s as rigid ions", c->name);
  memcpy(x, md.x, (size_t)md.n * sizeof *x);
out:
  vt_md_close(&md);
  vt_pot_close(&pot);
  return rc;
}
