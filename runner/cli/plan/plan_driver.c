/* plan_driver.c - what a step costs that another program computes: a few of its answers on a packed cell. */
#include "engine/pot/pot.h"
#include "runner/cli/plan/plan.h"

/* The quickest of its answers behind the first, in which it loads what it needs. */
static vt_status time_answers(vt_pot *pot, const vt_nlist *nl, double (*f)[3], double *s, vt_err *err)
{
  enum { ANSWERS = 3 };
  vt_force_out out = {.f = f};
  for (int k = 0; k < ANSWERS; k++) {
    const double began_s = vt_now_s();
    VT_PASS(vt_pot_compute(pot, nl, &out, err));
    const double took_s = vt_now_s() - began_s;
    if (k == 1 || (k > 1 && took_s < *s)) *s = took_s;
  }
  return VT_OK;
}

vt_status vt_plan_time_driver(const vt_campaign *c, int task, double *s_atom_step, char kernel[32], vt_err *err)
{
  vt_status rc = VT_OK;
  const char *symbol[VT_MAX_SPECIES];
  vt_plan p;
  vt_pot pot = {0};
  vt_pot_info info;
  vt_nlist nl = {0};
  vt_cell cell;
  int *type = NULL;
  double(*x)[3] = NULL, (*f)[3] = NULL, s = 0;
  VT_PASS(vt_campaign_plan(c, task, &p, err));
  const int n = p.comp.n_atoms;
  for (int k = 0; k < p.comp.n_species; k++) symbol[k] = vt_element_symbol(p.comp.z[k]);
  const vt_pot_args args = {.path = p.pot_path,
                            .n_species = p.comp.n_species,
                            .species = symbol,
                            .numerics = p.numerics,
                            .driver = &p.driver};
  VT_TRY_OUT(VT_NEW(type, n, err), err, "a cell of %s", p.comp.name);
  VT_TRY_OUT(VT_NEW(x, n, err), err, "a cell of %s", p.comp.name);
  VT_TRY_OUT(VT_NEW(f, n, err), err, "a cell of %s", p.comp.name);
  VT_TRY_OUT(vt_pack(&p.comp, p.protocol.pack_density, vt_plan_key(&p), &cell, type, x, err), err, "a cell of %s",
             p.comp.name);
  VT_TRY_OUT(vt_pot_open(&pot, p.pot_kind, &args, err), err, "timing %s", p.comp.name);
  vt_pot_describe(&pot, &info);
  VT_TRY_OUT(vt_nlist_open(&nl, n, type, info.cutoff, 0, err), err, "timing %s", p.comp.name);
  VT_TRY_OUT(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 1, err), err, "timing %s", p.comp.name);
  VT_TRY_OUT(time_answers(&pot, &nl, f, &s, err), err, "timing %s", p.comp.name);
  vt_pot_describe(&pot, &info);
  (void)snprintf(kernel, 32, "%s", info.kernel);
  *s_atom_step = s / n;
out:
  vt_nlist_close(&nl);
  vt_pot_close(&pot);
  vt_free(type);
  vt_free(x);
  vt_free(f);
  return rc;
}
