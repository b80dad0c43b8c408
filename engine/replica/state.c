/* state.c - what a task holds while it works: phase space, observables, the arrays of its result. */
#include <string.h>

#include "engine/replica/replica_impl.h"

enum { RECORD_SAMPLES = 10 * VT__REPLICA_ROWS }; /* of one recorded stage */

double *vt__replica_values(const vt__replica *r, const vt_array_name *name)
{
  double *v = r->values;
  for (int k = 0; k < r->n_defs; k++) {
    if (vt_array_is(&r->defs[k], name)) return v;
    v += vt_array_count(&r->defs[k]);
  }
  return NULL;
}

void vt__replica_record(vt__replica *r, vt_stage id, int units)
{
  int64_t n_steps = vt__replica_stage_steps(r->plan, id);
  double *rows = vt__replica_values(r, id == VT_STAGE_QUENCH ? &vt_a_glass_quench : &vt_a_equilibrate_thermo);
  r->rec = (vt__recorder){.rows = rows, .n_steps = n_steps, .every = n_steps / RECORD_SAMPLES};
  if (r->rec.every < 1) r->rec.every = 1;
  while (r->rec.n_steps < units * n_steps) r->rec.n_steps *= 2; /* as vt__recorder_reach made it */
}

/* ------------------------------------------------------------------ phase space */

/* Species blocks, as packings and glasses have them. */
static void set_types(vt__replica *r)
{
  const vt_composition *c = &r->plan->comp;
  for (int s = 0, i = 0; s < c->n_species; s++)
    for (int k = 0; k < c->count[s]; k++) r->type[i++] = s;
}

vt_status vt__replica_begin_md(vt__replica *r, vt_err *err)
{
  const vt_plan *p = r->plan;
  vt_pot_info info;
  vt_pot_describe(&r->pot, &info);
  VT_PASS(vt_md_open(&r->md, &p->comp, &r->cell, r->type, (const double(*)[3])r->x, &r->pot,
                     vt__replica_skin_a(p, info.cutoff), vt_plan_key(p), err));
  vt_md_team(&r->md, r->hooks ? r->hooks->team : NULL);
  return VT_OK;
}

/* cell[9], x[n][3], and whatever follows: of a glass, a structure, a last frame. */
static void take_cell(vt__replica *r, const double *from)
{
  memcpy(r->cell.h, from, sizeof r->cell.h);
  memcpy(r->x, from + 9, (size_t)r->plan->comp.n_atoms * sizeof *r->x);
  set_types(r);
}

vt_status vt__replica_open_md(vt__replica *r, vt_err *err)
{
  const size_t n = (size_t)r->plan->comp.n_atoms;
  if (vt__replica_is_later_piece(r->plan)) {
    const double *last = r->glass + vt__replica_own_values(r->plan);
    take_cell(r, last);
    VT_PASS(vt__replica_begin_md(r, err));
    memcpy(r->md.v, last + 9 + 3 * n, n * sizeof *r->md.v);
    return VT_OK;
  }
  if (r->glass) {
    take_cell(r, r->glass);
  } else {
    set_types(r);
    r->cell = vt_cell_cubic(1); /* any */
  }
  return vt__replica_begin_md(r, err);
}

void vt__replica_take_over(vt__replica *r)
{
  memcpy(r->values, r->glass, vt__replica_own_values(r->plan) * sizeof *r->values);
}

/* ------------------------------------------------------------------ observables */

vt_status vt__replica_open_observables(vt__replica *r, vt_err *err)
{
  if (r->plan->kind == VT_TASK_GLASS) return VT_OK;
  VT_PASS(vt_obs_set_open(&r->obs, r->plan, err));
  vt_obs_set_team(r->obs, r->hooks ? r->hooks->team : NULL);
  return vt_shells_open(&r->shells, &r->plan->comp, err);
}

void vt__replica_close_observables(vt__replica *r)
{
  vt_obs_set_close(r->obs);
  vt_shells_close(r->shells);
  r->obs = NULL;
  r->shells = NULL;
}

vt_status vt__replica_bond(vt__replica *r, vt_err *err)
{
  const int n = r->plan->comp.n_species;
  const double *cutoff = vt__replica_values(r, &vt_a_equilibrate_cutoff),
               *measured = vt__replica_values(r, &vt_a_equilibrate_cutoff_measured);
  r->cutoffs = (vt_cutoffs){.n_species = n};
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      int k = vt_pair_index(i, j, n);
      r->cutoffs.r[i][j] = cutoff[k];
      r->cutoffs.measured[i][j] = measured[k] > 0;
    }
  return vt_obs_set_begin(r->obs, &r->cutoffs, err);
}

vt_status vt__replica_reset(vt__replica *r, vt_err *err)
{
  vt_md_close(&r->md);
  vt__replica_close_observables(r);
  vt__frames_reset(r);
  memset(r->values, 0, r->n_values * sizeof *r->values);
  r->stage = r->from = VT_STAGE_NONE;
  r->wall_before_s = 0;
  return vt__replica_open_observables(r, err);
}
