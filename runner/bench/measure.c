/* measure.c - what `vitrion bench engine` measures: NVE MD of one cell, and where a step's time goes.
 *
 * One thread is timed by CPU time: on a shared machine the neighbours' load is not our speed (on an idle one the two
 * agree; the ratio is printed).  What threads gain only wall time tells: with them everything is timed by that.  The
 * forces are timed inside the run by a wrapper around the potential.  What is too short for a clock inside a step is
 * timed by itself on the same atoms and counted as often as a step does it: the list (rebuilds and refreshes of the
 * run), integrator and thermostat (steps whose forces are not computed), and the default observables at their default
 * intervals. */
#include <float.h>
#include <limits.h>
#include <math.h>

#include "runner/bench/bench_impl.h"

double vt__bench_clock_s(int wall) { return wall ? vt_now_s() : vt_cpu_s(); }

/* ------------------------------------------------------------------ a potential with a stop-watch */

/* A borrowed potential with a stop-watch; `off` leaves energy and forces as they were. */
typedef struct timed {
  vt_pot *inner;
  int off, wall;
  double spent_s;
} timed;

static void timed_describe(const void *self, vt_pot_info *out) { vt_pot_describe(((const timed *)self)->inner, out); }

static vt_status timed_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  timed *t = self;
  if (t->off) return VT_OK;
  double t0_s = vt__bench_clock_s(t->wall);
  vt_status rc = t->inner->ops->compute(t->inner->self, nl, out, err);
  t->spent_s += vt__bench_clock_s(t->wall) - t0_s;
  return rc;
}

/* Neither opened nor closed: it borrows a potential that is. */
static const vt_pot_ops timed_ops = {.name = "timed", .describe = timed_describe, .compute = timed_compute};

/* ------------------------------------------------------------------ the cell */

/* `about` atoms of LiAlCl2.5O0.75, in whole units of Li4 Al4 Cl10 O3. */
static vt_composition glass_composition(int about)
{
  enum { UNIT_ATOMS = 21 };
  static const struct {
    const char *symbol;
    int count;
  } unit[] = {{"Li", 4}, {"Al", 4}, {"O", 3}, {"Cl", 10}};
  int k = (about + UNIT_ATOMS / 2) / UNIT_ATOMS;
  vt_composition c = {.name = "LiAlCl2.5O0.75", .n_species = 4};
  if (k < 1) k = 1;
  for (int s = 0; s < c.n_species; s++) {
    c.z[s] = vt_element_z(unit[s].symbol);
    c.charge[s] = vt_element_charge(c.z[s]);
    c.count[s] = k * unit[s].count;
    c.n_atoms += c.count[s];
  }
  return c;
}

vt_status vt__bench_packed(int about, vt_structure *s, vt_err *err)
{
  const double density = 1.0;
  vt_status rc = VT_OK;
  vt_composition c = glass_composition(about);
  void *m = NULL;
  int *type = NULL;
  VT_TRY_OUT(vt_calloc64(&m, (size_t)c.n_atoms, sizeof *type, err), err, "%d atoms", (int)c.n_atoms);
  type = m;
  VT_TRY_OUT(vt_calloc64(&m, (size_t)c.n_atoms, sizeof *s->x, err), err, "%d atoms", (int)c.n_atoms);
  s->x = m;
  VT_TRY_OUT(vt_calloc64(&m, (size_t)c.n_atoms, sizeof *s->symbol, err), err, "%d atoms", (int)c.n_atoms);
  s->symbol = m;
  s->n = c.n_atoms;
  VT_TRY_OUT(vt_pack(&c, density, 1, &s->cell, type, s->x, err), err, "packing %d atoms", (int)c.n_atoms);
  for (int i = 0; i < s->n; i++)
    (void)snprintf(s->symbol[i], sizeof s->symbol[i], "%s", vt_element_symbol(c.z[type[i]]));
out:
  vt_free(type);
  return rc;
}

vt_status vt__bench_read(const char *path, vt_structure *s, vt_err *err)
{
  vt_xyz *x = NULL;
  int got = 0;
  VT_PASS(vt_xyz_open(&x, path, err));
  vt_status rc = vt_xyz_next(x, s, &got, err);
  vt_xyz_close(x);
  if (rc == VT_OK && !got) return vt_err_user(err, VT_EPARSE, path, 1, 0, "no frame in this file");
  return rc;
}

/* ------------------------------------------------------------------ measuring */

static vt_md_stage measure_stage(const vt_bench_engine_options *o, vt_ensemble ensemble, int64_t n_steps)
{
  enum { NEVER = INT_MAX }; /* no rebuild but where the skin asks for one */
  return (vt_md_stage){.name = "bench",
                       .ensemble = (int32_t)ensemble,
                       .t0_k = o->t_k,
                       .t1_k = o->t_k,
                       .dt = vt_unit_time_from_fs(o->dt_fs),
                       .n_steps = n_steps,
                       .tau_t = vt_unit_time_from_fs(50),
                       .tau_p = vt_unit_time_from_fs(1000),
                       .block_steps = NEVER,
                       .guard = {.t_max_k = 1e6, .f_max = 1e4, .volume_ratio = 2}};
}

/* How many steps fill `seconds`, from the pace of a short run. */
static int64_t steps_for(const vt_bench_engine_options *o, int64_t trial, double trial_s)
{
  if (o->steps > 0) return o->steps;
  double n = trial_s > 0 ? o->seconds * (double)trial / trial_s : 1000;
  return n < 10 ? 10 : n > 1e8 ? 100000000 : (int64_t)n;
}

/* Seconds of the list: one rebuild and one refresh, times how often the run did them. */
static vt_status time_list(vt_md *md, int wall, int64_t steps, int64_t builds, double *list_s, double *refresh_s,
                           vt_err *err)
{
  enum { REBUILDS = 3, REFRESHES = 20 };
  const double(*x)[3] = (const double(*)[3])md->x;
  double t0_s = vt__bench_clock_s(wall);
  for (int k = 0; k < REBUILDS; k++) VT_PASS(vt_nlist_update(&md->nl, &md->cell, x, 1, err));
  double t1_s = vt__bench_clock_s(wall);
  for (int k = 0; k < REFRESHES; k++) VT_PASS(vt_nlist_update(&md->nl, &md->cell, x, 0, err));
  *refresh_s = (vt__bench_clock_s(wall) - t1_s) / REFRESHES;
  *list_s = (t1_s - t0_s) / REBUILDS * (double)builds + *refresh_s * (double)(steps - builds);
  return VT_OK;
}

/* The least seconds of a step that computes no forces and moves so little that the list stays. */
static vt_status time_frozen(vt_md *md, const vt_bench_engine_options *o, vt_ensemble ensemble, int wall,
                             double *least_s, vt_err *err)
{
  enum { STEPS = 100, RUNS = 5 };
  vt_md_stage st = measure_stage(o, ensemble, STEPS * RUNS);
  st.dt = vt_unit_time_from_fs(1e-6);
  VT_PASS(vt_md_begin(md, &st, 2, err));
  *least_s = DBL_MAX;
  for (int k = 0; k < RUNS; k++) {
    double t0_s = vt__bench_clock_s(wall);
    VT_PASS(vt_md_run(md, STEPS, err));
    *least_s = fmin(*least_s, (vt__bench_clock_s(wall) - t0_s) / STEPS);
  }
  return VT_OK;
}

/* What a step costs beside the forces and the list; leaves md with forces that are not its own. */
static vt_status time_the_rest(vt_md *md, timed *t, const vt_bench_engine_options *o, const vt_composition *c,
                               double refresh_s, vt__bench_measured *m, vt_err *err)
{
  const double steps = (double)(m->steps * m->repeats);
  double nve_s, nvt_s, observables_s;
  VT_PASS(vt__bench_observables(c, md, m->wall, &observables_s, err));
  t->off = 1;
  VT_PASS(time_frozen(md, o, VT_NVE, m->wall, &nve_s, err));
  VT_PASS(time_frozen(md, o, VT_NVT, m->wall, &nvt_s, err));
  t->off = 0;
  m->integrator_s = fmax(nve_s - refresh_s, 0) * steps;
  m->thermostat_s = fmax(nvt_s - nve_s, 0) * steps;
  m->observables_s = observables_s * steps;
  return VT_OK;
}

static void take_state(const vt_md *md, vt_uid *state)
{
  const size_t size = (size_t)md->n * sizeof *md->x;
  vt_uid half[2];
  vt_sha256(md->x, size, &half[0]);
  vt_sha256(md->v, size, &half[1]);
  vt_sha256(half, sizeof half, state);
}

static vt_status measure_md(vt_md *md, timed *t, const vt_bench_engine_options *o, const vt_composition *c,
                            vt__bench_measured *m, vt_err *err)
{
  /* The packing's overlaps are relaxed away and its heat taken out before anything is timed. */
  enum { RELAX = 300, THERMALISE = 200 };
  const int wall = m->wall;
  vt_md_stage st = measure_stage(o, VT_NVT, THERMALISE);
  if (!o->structure) VT_PASS(vt_md_relax(md, RELAX, 0.05, 2.0, err));
  vt_md_velocities(md, o->t_k);
  double t0_s = vt__bench_clock_s(wall);
  VT_PASS(vt_md_begin(md, &st, 0, err));
  VT_PASS(vt_md_run(md, THERMALISE, err));
  int64_t steps = steps_for(o, THERMALISE, vt__bench_clock_s(wall) - t0_s);
  m->steps = steps;
  st = measure_stage(o, VT_NVE, steps * m->repeats);
  VT_PASS(vt_md_begin(md, &st, 1, err));
  double e0 = md->e_kin + md->out.energy, wall0_s = vt_now_s(), cpu0_s = vt_cpu_s();
  int64_t builds = md->nl.builds;
  t->spent_s = 0;
  for (int k = 0; k < m->repeats; k++) {
    t0_s = vt__bench_clock_s(wall);
    VT_PASS(vt_md_run(md, steps, err));
    m->spent_s[k] = vt__bench_clock_s(wall) - t0_s;
    m->total_s += m->spent_s[k];
  }
  m->wall_total_s = vt_now_s() - wall0_s;
  m->cpu_total_s = vt_cpu_s() - cpu0_s;
  m->force_s = t->spent_s;
  take_state(md, &m->state);
  m->drift_ev_atom = (md->e_kin + md->out.energy - e0) / md->n;
  const vt_pot_ops *ops = t->inner->ops;
  m->multiply_adds = ops->multiply_adds ? ops->multiply_adds(t->inner->self, &md->nl) : NAN;
  double refresh_s;
  builds = md->nl.builds - builds;
  m->rebuild_steps = builds > 0 ? (double)(steps * m->repeats) / (double)builds : (double)NAN;
  VT_PASS(time_list(md, wall, steps * m->repeats, builds, &m->list_s, &refresh_s, err));
  return time_the_rest(md, t, o, c, refresh_s, m, err);
}

vt_status vt__bench_measure(const vt_bench_engine_options *o, int about, int threads, vt__bench_measured *m,
                            vt_err *err)
{
  vt_status rc = VT_OK;
  vt_structure s = {0};
  vt_bound b = {0};
  vt_md md = {0};
  vt_team *team = NULL;
  VT_PASS(vt_team_open(&team, err));
  m->wall = threads > 0;
  m->threads = vt_team_resize(team, threads, NULL);
  rc = o->structure ? vt__bench_read(o->structure, &s, err) : vt__bench_packed(about, &s, err);
  if (rc == VT_OK) rc = vt_pot_bind(&b, o->kind, o->potential, o->num, &s, err);
  if (rc != VT_OK) goto out;
  timed t = {.inner = &b.pot, .wall = m->wall};
  vt_pot pot = {.ops = &timed_ops, .self = &t};
  vt_pot_describe(&b.pot, &m->info);
  m->n = s.n;
  m->skin_a = o->skin_a >= 0 ? o->skin_a : vt_md_skin(&b.comp, m->info.cutoff, o->t_k, vt_unit_time_from_fs(o->dt_fs));
  VT_TRY_OUT(vt_md_open(&md, &b.comp, &s.cell, b.type, (const double(*)[3])s.x, &pot, m->skin_a, 1, err), err,
             "MD of %d atoms", s.n);
  vt_md_team(&md, team);
  VT_TRY_OUT(measure_md(&md, &t, o, &b.comp, m, err), err, "MD of %d atoms", s.n);
out:
  vt_md_close(&md);
  vt_team_close(team);
  vt_pot_unbind(&b);
  vt_structure_free(&s);
  return rc;
}
