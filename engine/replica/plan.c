/* plan.c - what a plan means before anything runs: stages, steps, arrays, memory. */
#include <math.h>
#include <string.h>

#include "engine/replica/replica_impl.h"

/* ------------------------------------------------------------------ stages */

static double quench_ps(const vt_plan *p)
{
  return fabs(p->protocol.melt_t_k - p->t_k) / p->protocol.quench_rate_k_s * 1e12;
}

static double stage_ps(const vt_plan *p, vt_stage id)
{
  switch (id) {
  case VT_STAGE_MELT:
    return p->protocol.melt_ps;
  case VT_STAGE_QUENCH:
    return quench_ps(p);
  case VT_STAGE_EQUILIBRATE:
    return p->protocol.equil_ps;
  case VT_STAGE_PRODUCE:
    return p->protocol.produce_ps;
  case VT_STAGE_NONE:
    break;
  }
  return 0;
}

static double full_dt_fs(const vt_plan *p, vt_stage id)
{
  switch (id) {
  case VT_STAGE_MELT:
    return p->protocol.melt_dt_fs;
  case VT_STAGE_QUENCH:
    return p->protocol.quench_dt_fs;
  case VT_STAGE_EQUILIBRATE:
    return p->protocol.equil_dt_fs;
  case VT_STAGE_PRODUCE:
    return p->protocol.produce_dt_fs;
  case VT_STAGE_NONE:
    break;
  }
  return 0;
}

double vt__replica_stage_dt_fs(const vt_plan *p, vt_stage id)
{
  return p->half_stage == (int32_t)id ? 0.5 * full_dt_fs(p, id) : full_dt_fs(p, id);
}

int64_t vt__replica_stage_steps(const vt_plan *p, vt_stage id)
{
  if (id == VT_STAGE_PRODUCE) return vt_obs_produce_steps(p); /* the observables count the same steps */
  return (int64_t)llround(stage_ps(p, id) * 1000 / full_dt_fs(p, id)) << (p->half_stage == (int32_t)id);
}

/* The campaign's limits for a stage whose highest temperature is t_k.  Why their defaults are what they are: THEORY. */
static vt_md_guard replica_plan_guard(const vt_guard_limits *g, double t_k)
{
  return (vt_md_guard){.t_max_k = g->temperature * t_k,
                       .f_max = g->force_ev_a,
                       .volume_ratio = g->volume,
                       .spread_max = g->spread_ev_a,
                       .d_min_scale = g->distance,
                       .molecules = g->molecules,
                       .contacts = g->contacts};
}

vt_md_stage vt__replica_stage(const vt_plan *p, vt_stage id)
{
  const vt_protocol *q = &p->protocol;
  vt_md_stage st = {.dt = vt_unit_time_from_fs(vt__replica_stage_dt_fs(p, id)),
                    .n_steps = vt__replica_stage_steps(p, id),
                    .tau_t = vt_unit_time_from_fs(1000 * q->thermostat_ps),
                    .tau_p = vt_unit_time_from_fs(1000 * q->barostat_ps),
                    .pressure = vt_unit_pressure_from_gpa(q->pressure_gpa),
                    .block_steps = p->block_steps,
                    .t0_k = p->t_k,
                    .t1_k = p->t_k};
  switch (id) {
  case VT_STAGE_MELT:
    st.name = "melt", st.ensemble = q->melt_ensemble;
    st.t0_k = st.t1_k = q->melt_t_k;
    break;
  case VT_STAGE_QUENCH:
    st.name = "quench", st.ensemble = VT_NVT;
    st.t0_k = q->melt_t_k, st.npt_below_k = q->quench_npt_below_k;
    break;
  case VT_STAGE_EQUILIBRATE:
    st.name = "equilibrate", st.ensemble = q->equil_ensemble;
    break;
  case VT_STAGE_PRODUCE:
    st.name = "produce", st.ensemble = q->produce_ensemble;
    break;
  case VT_STAGE_NONE:
    break;
  }
  st.guard = replica_plan_guard(&q->guard, fmax(st.t0_k, st.t1_k));
  return st;
}

static void stages_of(const vt_plan *p, vt_stage *first, vt_stage *second)
{
  int glass = p->kind == VT_TASK_GLASS;
  *first = glass ? VT_STAGE_MELT : VT_STAGE_EQUILIBRATE;
  *second = glass ? VT_STAGE_QUENCH : VT_STAGE_PRODUCE;
}

double vt__replica_skin_a(const vt_plan *p, double cutoff)
{
  vt_stage id[2];
  double t_k = 0, dt = 0;
  stages_of(p, &id[0], &id[1]);
  for (int k = 0; k < 2; k++) {
    vt_md_stage st = vt__replica_stage(p, id[k]);
    t_k = fmax(t_k, fmax(st.t0_k, st.t1_k));
    dt = fmax(dt, st.dt);
  }
  return vt_md_skin(&p->comp, cutoff, t_k, dt);
}

int64_t vt_replica_steps(const vt_plan *p)
{
  vt_stage a, b;
  stages_of(p, &a, &b);
  return vt__replica_stage_steps(p, a) + vt__replica_stage_steps(p, b);
}

double vt_replica_ns(const vt_plan *p)
{
  vt_stage a, b;
  stages_of(p, &a, &b);
  return ((double)vt__replica_stage_steps(p, a) * vt__replica_stage_dt_fs(p, a) +
          (double)vt__replica_stage_steps(p, b) * vt__replica_stage_dt_fs(p, b)) *
         1e-6;
}

/* ------------------------------------------------------------------ arrays */

VT_REPLICA_ARRAYS(VT_ARRAY_NAME_DEFINE)

static vt_array_def array(const vt_array_name *name, const char *unit, const char *doc, int rows, int row_axis,
                          int columns)
{
  vt_array_def d = {.n_dim = 2, .dim = {rows, columns}, .axis = {row_axis, VT_AXIS_PLAIN}};
  memcpy(d.name, name->path, strlen(name->path) + 1); /* literals of this file, shorter than the fields */
  memcpy(d.unit, unit, strlen(unit) + 1);
  memcpy(d.doc, doc, strlen(doc) + 1);
  memcpy(d.source, "engine/replica", sizeof "engine/replica");
  return d;
}

#define ROWS_UNIT "K, A^3, eV, GPa"

vt_status vt_replica_layout(const vt_plan *p, vt_array_def *defs, int cap, int *n, vt_err *err)
{
  enum { GLASS_ARRAYS = 4 };
  if (cap < GLASS_ARRAYS) VT_FAIL(err, VT_EINVAL, "room for %d arrays, a task has at least %d", cap, GLASS_ARRAYS);
  const int n_species = p->comp.n_species, n_pairs = n_species * (n_species + 1) / 2;
  if (p->kind == VT_TASK_GLASS) {
    defs[0] = array(&vt_a_glass_cell, "A", "lattice vectors (rows) at the end of the quench", 3, VT_AXIS_PLAIN, 3);
    defs[1] =
        array(&vt_a_glass_x, "A", "positions at the end of the quench, wrapped; species blocks of the composition",
              p->comp.n_atoms, VT_AXIS_ATOM, 3);
    defs[2] = array(&vt_a_glass_quench, ROWS_UNIT,
                    "temperature, volume, potential energy per atom, pressure along the quench: means over equal parts",
                    VT__REPLICA_ROWS, VT_AXIS_PLAIN, VT__REPLICA_COLUMNS);
    defs[3] = array(&vt_a_glass_melt_msd, "A^2", "mean squared displacement from the beginning of the melt to its end",
                    n_species, VT_AXIS_SPECIES, 1);
    *n = GLASS_ARRAYS;
    return VT_OK;
  }
  defs[0] =
      array(&vt_a_equilibrate_thermo, ROWS_UNIT,
            "temperature, volume, potential energy per atom, pressure of the equilibration: means over equal parts",
            VT__REPLICA_ROWS, VT_AXIS_PLAIN, VT__REPLICA_COLUMNS);
  defs[1] = array(&vt_a_equilibrate_cutoff, "A",
                  "where coordination shells end: first minimum of g(r) in the second half of the equilibration",
                  n_pairs, VT_AXIS_PAIR, 1);
  defs[2] = array(&vt_a_equilibrate_cutoff_measured, "1", "1: that minimum was found; 0: 1.35 bond lengths stand in",
                  n_pairs, VT_AXIS_PAIR, 1);
  int n_obs = 0;
  const int before = VT__REPLICA_EQUILIBRATE_ARRAYS;
  VT_PASS(vt_obs_layouts(p, defs + before, cap - before, &n_obs, err));
  *n = before + n_obs;
  return VT_OK;
}

size_t vt__replica_glass_values(const vt_plan *p)
{
  return 9 + 3 * (size_t)p->comp.n_atoms + (size_t)VT__REPLICA_ROWS * VT__REPLICA_COLUMNS + (size_t)p->comp.n_species;
}
