#include "tests/unit/engine/obs/obs_bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vt_test.h"

void near(double got, double want, double tolerance)
{
  if (!(fabs(got - want) <= tolerance)) fail_msg("got %.17g, expected %.17g within %g", got, want, tolerance);
}

vt_plan plan_of(int n_a, int n_b, double produce_ps, double dt_fs)
{
  return (vt_plan){.kind = VT_TASK_MD,
                   .t_k = 500,
                   .comp = {.name = "ab",
                            .n_species = n_b ? 2 : 1,
                            .z = {3, 17},
                            .count = {n_a, n_b},
                            .charge = {1, -1},
                            .n_atoms = n_a + n_b},
                   .protocol = {.produce_ps = produce_ps, .produce_dt_fs = dt_fs}};
}

void ask(vt_plan *p, const char *name, double every_ps)
{
  const vt_obs_ops *ops = vt_obs_find(name);
  vt_obs_request *r = &p->obs[p->n_obs++];
  assert_non_null(ops);
  (void)strncpy(r->name, name, sizeof r->name - 1);
  r->every_ps = every_ps;
  for (int i = 0; i < ops->doc.n_par; i++) r->par[i] = ops->doc.par[i].def;
}

void bench_open(bench *b)
{
  vt_err err;
  VT_TEST_OK(vt_obs_layouts(&b->plan, b->defs, VT_MAX_ARRAYS, &b->n_defs, &err), &err);
  VT_TEST_OK(vt_obs_set_open(&b->set, &b->plan, &err), &err);
  if (b->cutoffs.n_species == 0) vt_cutoffs_default(&b->plan.comp, &b->cutoffs);
  VT_TEST_OK(vt_obs_set_begin(b->set, &b->cutoffs, &err), &err);
  for (int k = 0; k < b->n_defs; k++) b->n_values += vt_array_count(&b->defs[k]);
  b->values = calloc(b->n_values, sizeof *b->values);
  assert_non_null(b->values);
}

void bench_sample(bench *b, const vt_frame *fr)
{
  vt_err err;
  VT_TEST_OK(vt_obs_set_sample(b->set, fr, &err), &err);
}

void bench_finish(bench *b)
{
  vt_err err;
  VT_TEST_OK(vt_obs_set_finish(b->set, b->values, b->n_values, &err), &err);
}

void bench_close(bench *b)
{
  vt_obs_set_close(b->set);
  free(b->values);
}

const double *array(const bench *b, const char *name, int *last_dim)
{
  const double *v = b->values;
  for (int k = 0; k < b->n_defs; k++) {
    if (last_dim) *last_dim = b->defs[k].dim[b->defs[k].n_dim - 1];
    if (strcmp(b->defs[k].name, name) == 0) return v;
    v += vt_array_count(&b->defs[k]);
  }
  fail_msg("no array %s", name);
  return NULL;
}

vt_frame frame_of(const vt_plan *p, const int *type, double (*x)[3], double (*dx)[3], int64_t step)
{
  return (vt_frame){.n = p->comp.n_atoms,
                    .n_species = p->comp.n_species,
                    .cell = vt_cell_cubic(20),
                    .type = type,
                    .x = (const double(*)[3])x,
                    .dx = (const double(*)[3])dx,
                    .step = step,
                    .time_ps = (double)step * p->protocol.produce_dt_fs * 1e-3};
}
