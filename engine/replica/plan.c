/* plan.c - what a plan means before anything runs: stages, steps, arrays, memory. */
#include <math.h>
#include <string.h>

#include "engine/replica/replica_impl.h"

/* ------------------------------------------------------------------ stages */

int vt__replica_is_later_piece(const vt_plan *p) { return p->kind == VT_TASK_MD && p->piece > 1; }

int vt__replica_is_later_quench(const vt_plan *p) { return p->kind == VT_TASK_GLASS && p->from_k > 0; }

static double quench_from_k(const vt_plan *p)
{
  return vt__replica_is_later_quench(p) ? p->from_k : p->protocol.melt_t_k;
}

static double quench_ps(const vt_plan *p)
{
  return fabs(quench_from_k(p) - p->t_k) / p->protocol.quench_rate_k_s * 1e12;
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
  if (id == VT_STAGE_MELT && (p->start >= VT_START_QUENCH || vt__replica_is_later_quench(p))) return 0;
  if (id == VT_STAGE_EQUILIBRATE && vt__replica_is_later_piece(p)) return 0;
  if (id == VT_STAGE_QUENCH && p->start == VT_START_EQUILIBRATE) return 0;
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

/* Protocol 2 starts from 2 GPa (melts at 800 K have 0.5 to 1, glasses more) and measures: in melt and quench all the
 * time, in an equilibration until the first samples of its volume count, and then at the end of each unit: while the
 * volume is sampled the barostat stays as it is. */
static const double first_stiffness_gpa = 2;
#define VT__MEASURE_ALWAYS INT64_MAX

vt_md_stage vt__replica_stage(const vt_plan *p, vt_stage id)
{
  const vt_protocol *q = &p->protocol;
  const int64_t measures = q->version >= 2;
  vt_md_stage st = {.dt = vt_unit_time_from_fs(vt__replica_stage_dt_fs(p, id)),
                    .n_steps = vt__replica_stage_steps(p, id),
                    .tau_t = vt_unit_time_from_fs(1000 * q->thermostat_ps),
                    .tau_p = vt_unit_time_from_fs(1000 * q->barostat_ps),
                    .pressure = vt_unit_pressure_from_gpa(q->pressure_gpa),
                    .stiffness = measures ? vt_unit_pressure_from_gpa(first_stiffness_gpa) : 0,
                    .block_steps = p->block_steps,
                    .t0_k = p->t_k,
                    .t1_k = p->t_k};
  switch (id) {
  case VT_STAGE_MELT:
    st.name = "melt", st.ensemble = q->melt_ensemble;
    st.measure_steps = measures * VT__MEASURE_ALWAYS;
    st.t0_k = st.t1_k = q->melt_t_k;
    break;
  case VT_STAGE_QUENCH:
    st.name = "quench", st.ensemble = VT_NVT;
    st.measure_steps = measures * VT__MEASURE_ALWAYS;
    st.t0_k = quench_from_k(p), st.npt_below_k = q->quench_npt_below_k;
    break;
  case VT_STAGE_EQUILIBRATE:
    st.name = "equilibrate", st.ensemble = q->equil_ensemble;
    st.measure_steps = measures * (st.n_steps / 2);
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
    if (id[k] == VT_STAGE_MELT && vt__replica_is_later_quench(p)) continue;
    vt_md_stage st = vt__replica_stage(p, id[k]);
    t_k = fmax(t_k, fmax(st.t0_k, st.t1_k));
    dt = fmax(dt, st.dt);
  }
  return vt_md_skin(&p->comp, cutoff, t_k, dt);
}

/* Steps and simulated time of both stages, each run as often as `units` says; at least one step: a glass that is a
 * structure has no stage, and computes its forces once. */
static int64_t sum_of_stages(const vt_plan *p, int (*units)(const vt_plan *, vt_stage), double *ns)
{
  vt_stage id[2];
  int64_t steps = 0;
  *ns = 0;
  stages_of(p, &id[0], &id[1]);
  for (int k = 0; k < 2; k++) {
    const int64_t n = units(p, id[k]) * vt__replica_stage_steps(p, id[k]);
    steps += n;
    *ns += (double)n * vt__replica_stage_dt_fs(p, id[k]) * 1e-6;
  }
  return steps > 0 ? steps : 1;
}

int64_t vt_replica_steps(const vt_plan *p)
{
  double ns;
  return sum_of_stages(p, vt__replica_units_expected, &ns);
}

int64_t vt_replica_steps_most(const vt_plan *p)
{
  double ns;
  return sum_of_stages(p, vt__replica_units_most, &ns);
}

double vt_replica_ns(const vt_plan *p)
{
  double ns;
  (void)sum_of_stages(p, vt__replica_units_expected, &ns);
  return ns;
}

double vt_replica_ns_most(const vt_plan *p)
{
  double ns;
  (void)sum_of_stages(p, vt__replica_units_most, &ns);
  return ns;
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

/* Numbers side by side. */
static vt_array_def array_of_numbers(const vt_array_name *name, const char *unit, const char *doc, int n)
{
  vt_array_def d = array(name, unit, doc, n, VT_AXIS_PLAIN, 1);
  d.n_dim = 1;
  return d;
}

#define ROWS_UNIT "K, A^3, eV, GPa"

enum { GLASS_ARRAYS_1 = 4, GLASS_ARRAYS_2 = 6, MD_ARRAYS_1 = 3, MD_ARRAYS_2 = 5 }; /* of protocol 1, of 2 */

int vt__replica_own_arrays(const vt_plan *p)
{
  if (p->kind == VT_TASK_GLASS) return p->protocol.version >= 2 ? GLASS_ARRAYS_2 : GLASS_ARRAYS_1;
  return p->protocol.version >= 2 ? MD_ARRAYS_2 : MD_ARRAYS_1;
}

/* Room for GLASS_ARRAYS_2. */
static void glass_arrays(const vt_plan *p, vt_array_def *defs)
{
  defs[0] = array(&vt_a_glass_cell, "A", "lattice vectors (rows) at the end of the quench", 3, VT_AXIS_PLAIN, 3);
  defs[1] = array(&vt_a_glass_x, "A", "positions at the end of the quench, wrapped; species blocks of the composition",
                  p->comp.n_atoms, VT_AXIS_ATOM, 3);
  defs[2] = array(&vt_a_glass_quench, ROWS_UNIT,
                  "temperature, volume, potential energy per atom, pressure along the quench: means over equal parts",
                  VT__REPLICA_ROWS, VT_AXIS_PLAIN, VT__REPLICA_COLUMNS);
  defs[3] = array(&vt_a_glass_melt_msd, "A^2", "mean squared displacement from the beginning of the melt to its end",
                  p->comp.n_species, VT_AXIS_SPECIES, 1);
  defs[4] = array_of_numbers(&vt_a_glass_melt, "A^2, A^2, 1, 1",
                             "displacement of the metals (else anions) in the melt, squared mean; what it must exceed; "
                             "durations it took; 1: it does exceed",
                             VT_MELT_NUMBERS);
  defs[5] =
      array_of_numbers(&vt_a_glass_stiffness, "GPa", "-V dP/dV as the barostat knew it at the end of the quench", 1);
}

/* Room for MD_ARRAYS_2. */
static void md_arrays(const vt_plan *p, vt_array_def *defs)
{
  const int n_pairs = p->comp.n_species * (p->comp.n_species + 1) / 2;
  defs[0] =
      array(&vt_a_equilibrate_thermo, ROWS_UNIT,
            "temperature, volume, potential energy per atom, pressure of the equilibration: means over equal parts",
            VT__REPLICA_ROWS, VT_AXIS_PLAIN, VT__REPLICA_COLUMNS);
  defs[1] = array(&vt_a_equilibrate_cutoff, "A",
                  "where coordination shells end: first minimum of g(r) in the second half of the equilibration",
                  n_pairs, VT_AXIS_PAIR, 1);
  defs[2] = array(&vt_a_equilibrate_cutoff_measured, "1", "1: that minimum was found; 0: 1.35 bond lengths stand in",
                  n_pairs, VT_AXIS_PAIR, 1);
  defs[3] = array_of_numbers(&vt_a_equilibrate_volume, "A^3, 1, 1, 1, 1",
                             "volume that production keeps; its relative standard error; what that must not reach; "
                             "durations it took; 1: it is below, over 50 barostat times at least",
                             VT_VOLUME_NUMBERS);
  defs[4] = array_of_numbers(&vt_a_equilibrate_stiffness, "GPa",
                             "-V dP/dV from the fluctuations of the volume in the second half of the equilibration", 1);
}

static void own_arrays(const vt_plan *p, vt_array_def *defs)
{
  if (p->kind == VT_TASK_GLASS)
    glass_arrays(p, defs);
  else
    md_arrays(p, defs);
}

vt_status vt_replica_layout(const vt_plan *p, vt_array_def *defs, int cap, int *n, vt_err *err)
{
  vt_array_def own[GLASS_ARRAYS_2];
  const int n_own = vt__replica_own_arrays(p);
  if (cap < n_own) VT_FAIL(err, VT_EINVAL, "room for %d arrays, a task has at least %d", cap, n_own);
  own_arrays(p, own);
  memcpy(defs, own, (size_t)n_own * sizeof *defs);
  *n = n_own;
  if (p->kind == VT_TASK_GLASS) return VT_OK;
  int n_obs = 0;
  VT_PASS(vt_obs_layouts(p, defs + n_own, cap - n_own, &n_obs, err));
  *n += n_obs;
  return VT_OK;
}

size_t vt__replica_own_values(const vt_plan *p)
{
  vt_array_def own[GLASS_ARRAYS_2];
  size_t n = 0;
  own_arrays(p, own);
  for (int k = 0; k < vt__replica_own_arrays(p); k++) n += vt_array_count(&own[k]);
  return n;
}

size_t vt__replica_glass_values(const vt_plan *p)
{
  vt_plan glass = *p;
  glass.kind = VT_TASK_GLASS;
  return vt__replica_own_values(&glass);
}

size_t vt__replica_last_values(const vt_plan *p) { return 9 + 6 * (size_t)p->comp.n_atoms; }

size_t vt__replica_continued_values(const vt_plan *p) { return vt__replica_own_values(p) + vt__replica_last_values(p); }
