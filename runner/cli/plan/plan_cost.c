/* plan_cost.c - what a campaign will cost: a few seconds of its own MD, and what that makes of all its tasks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/obs/obs.h"
#include "engine/replica/replica.h"
#include "runner/cli/plan/plan.h"
#include "runner/records/records.h"

/* ------------------------------------------------------------------ calibration */

/* The clock of a run: CPU time and steps of production between the first poll and the last. */
typedef struct stopwatch {
  double limit_s, first_s, last_s;
  int64_t first_step, last_step;
  int running;
} stopwatch;

static vt_status plan_cost_look(void *ctx, const vt_progress *p, vt_err *err)
{
  stopwatch *w = ctx;
  if (strcmp(p->stage, "produce") != 0) return VT_OK;
  double now_s = vt_cpu_s();
  if (!w->running) w->first_s = now_s, w->first_step = p->step, w->running = 1;
  w->last_s = now_s;
  w->last_step = p->step;
  if (now_s - w->first_s > w->limit_s) VT_FAIL(err, VT_ESTOP, "measured for %g s", w->limit_s);
  return VT_OK;
}

/* First task of a kind of a composition. */
static int task_of(const vt_campaign *c, int comp, vt_task_kind kind)
{
  for (int i = 0; i < c->n_tasks; i++)
    if (c->task[i].comp == comp && c->task[i].kind == (int32_t)kind) return i;
  return -1;
}

/* A glass of the composition after a melt of some hundred steps: hot and bad, but dense enough to time. */
static vt_status quick_glass(const vt_campaign *c, int task, vt_result *out, vt_err *err)
{
  const double melt_steps = 200, quench_steps = 50;
  vt_plan p;
  VT_PASS(vt_campaign_plan(c, task, &p, err));
  vt_protocol *q = &p.protocol;
  q->version = VT_PROTOCOL_FIRST; /* for so long as is said here */
  q->melt_ps = melt_steps * q->melt_dt_fs * 1e-3;
  q->quench_rate_k_s = fabs(q->melt_t_k - p.t_k) / (quench_steps * q->quench_dt_fs * 1e-15) + 1;
  q->quench_npt_below_k = 0;
  p.half_stage = VT_STAGE_MELT; /* a packing that was hardly relaxed */
  const double *begin;
  size_t n;
  VT_PASS(vt_campaign_start(c, &p, &begin, &n, err));
  return vt_replica_run(&p, begin, n, NULL, NULL, out, err);
}

static vt_status time_md(const vt_campaign *c, int task, const vt_result *glass, double seconds, double *s_atom_step,
                         char kernel[32], vt_err *err)
{
  const double equil_steps = 40;
  vt_plan p;
  vt_result r = {0};
  vt_err stop = {0};
  stopwatch w = {.limit_s = seconds};
  vt_replica_hooks hooks = {.ctx = &w, .poll = plan_cost_look};
  VT_PASS(vt_campaign_plan(c, task, &p, err));
  p.protocol.version = VT_PROTOCOL_FIRST;
  p.protocol.equil_ps = equil_steps * p.protocol.equil_dt_fs * 1e-3;
  p.protocol.equil_ensemble = VT_NVT;
  vt_status rc = vt_replica_run(&p, glass->values, glass->n_values, &hooks, NULL, &r, &stop);
  vt_result_free(&r);
  if (rc != VT_OK && rc != VT_ESTOP) {
    if (err) *err = stop;
    return rc;
  }
  if (w.last_step == w.first_step)
    VT_FAIL(err, VT_ETASK, "a production of %lld steps is too short to be timed", (long long)vt_obs_produce_steps(&p));
  *s_atom_step = (w.last_s - w.first_s) / (double)(w.last_step - w.first_step) / p.comp.n_atoms;
  memcpy(kernel, glass->kernel, 32);
  return VT_OK;
}

static vt_status calibrate_one(const vt_campaign *c, int comp, double seconds, vt_calibration *cal, vt_err *err)
{
  vt_result glass = {0};
  double s = 0;
  vt_status rc = VT_OK;
  const int glass_task = task_of(c, comp, VT_TASK_GLASS);
  if (c->driver.command[0])
    rc = vt_plan_time_driver(c, glass_task, &s, cal->kernel, err);
  else
    rc = quick_glass(c, glass_task, &glass, err);
  if (rc == VT_OK && !c->driver.command[0])
    rc = time_md(c, task_of(c, comp, VT_TASK_MD), &glass, seconds, &s, cal->kernel, err);
  vt_result_free(&glass);
  if (rc != VT_OK) return rc;
  cal->atoms[cal->n] = c->comp[comp].n_atoms;
  cal->s_atom_step[cal->n++] = s;
  return VT_OK;
}

vt_status vt_plan_calibrate(const vt_campaign *c, double seconds, vt_calibration *out, vt_err *err)
{
  const double worth_it = 1.3; /* sizes nearer than that cost the same per atom */
  int least = 0, most = 0;
  *out = (vt_calibration){0};
  if (seconds <= 0 && c->driver.command[0])
    (void)snprintf(
        out->trouble, sizeof out->trouble,
        "what a step of potential.command costs is not known: all times are those of 4 us per atom and step");
  if (seconds <= 0) return VT_OK;
  for (int i = 1; i < c->n_comp; i++) {
    if (c->comp[i].n_atoms < c->comp[least].n_atoms) least = i;
    if (c->comp[i].n_atoms > c->comp[most].n_atoms) most = i;
  }
  int pick[VT_CAL_POINTS] = {least, most};
  int n = c->comp[most].n_atoms > worth_it * c->comp[least].n_atoms ? 2 : 1;
  for (int k = 0; k < n; k++) {
    vt_err why = {0};
    vt_status rc = calibrate_one(c, pick[k], seconds, out, &why);
    if (rc == VT_OK) continue;
    if (rc != VT_EDIVERGE && rc != VT_ETASK) { /* a wrong potential, a driver that fails: the run would fail too */
      if (err) *err = why;
      return rc;
    }
    int length;
    const char *sentence = vt_err_sentence(why.text, &length);
    (void)snprintf(out->trouble, sizeof out->trouble, "calibration of %s failed: %.*s", c->comp[pick[k]].name, length,
                   sentence);
  }
  return VT_OK;
}

double vt_plan_s_atom_step(const vt_calibration *cal, int n_atoms)
{
  const double formula = 4e-6; /* what block lengths assume */
  if (cal->n == 0) return formula;
  if (cal->n == 1 || n_atoms <= cal->atoms[0]) return cal->s_atom_step[0];
  if (n_atoms >= cal->atoms[1]) return cal->s_atom_step[1];
  double x = (double)(n_atoms - cal->atoms[0]) / (cal->atoms[1] - cal->atoms[0]);
  return (1 - x) * cal->s_atom_step[0] + x * cal->s_atom_step[1];
}

/* ------------------------------------------------------------------ all tasks */

int vt_plan_workers_of(const vt_campaign *c, int ranks)
{
  const int auto_inline_up_to = 8; /* runner.master: auto */
  int own_rank = c->master_inline == 0 || (c->master_inline == 2 && ranks > auto_inline_up_to);
  return own_rank && ranks > 1 ? ranks - 1 : ranks;
}

int vt_plan_ranks_of(const vt_campaign *c, int workers)
{
  return vt_plan_workers_of(c, workers) < workers ? workers + 1
                                                  : workers; /* one more for a master with a rank of its own */
}

/* Bytes of a task's arrays, memory of running it; the same for all tasks of a kind and composition. */
static vt_status sizes(const vt_plan *p, double *bytes, size_t *memory, vt_err *err)
{
  vt_array_def defs[VT_MAX_ARRAYS];
  int n = 0;
  VT_PASS(vt_replica_layout(p, defs, VT_MAX_ARRAYS, &n, err));
  *bytes = 0;
  for (int k = 0; k < n; k++) *bytes += (double)vt_array_count(&defs[k]) * sizeof(double);
  *memory = vt_replica_memory(p);
  return VT_OK;
}

/* Bytes of the trajectory of a task, before compression: positions and velocities are floats, cells doubles. */
static double frames_bytes(const vt_campaign *c, const vt_plan *p)
{
  if (!c->trajectory.on || p->kind != VT_TASK_MD) return 0;
  const double n = 1 + floor(p->protocol.produce_ps / c->trajectory.every_ps + 1e-6);
  return n * (3 * sizeof(float) * (1.0 + (c->trajectory.velocities != 0)) * p->comp.n_atoms + 11 * sizeof(double));
}

/* Tasks that are not done; place[i]: where task i stands among them, -1: done. */
static vt_status add_up(const vt_campaign *c, const vt_calibration *cal, const unsigned char *done, int *place,
                        vt_sched_task *task, vt_plan_cost *out, vt_err *err)
{
  double bytes[2] = {0}, ps_of[2] = {0};
  int comp_of[2] = {-1, -1}; /* for which composition and production bytes[kind] holds */
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_task *t = &c->task[i];
    vt_plan p;
    place[i] = -1;
    if (done && done[i]) continue;
    VT_PASS(vt_campaign_plan(c, i, &p, err));
    if (comp_of[t->kind] != t->comp || ps_of[t->kind] != p.protocol.produce_ps) {
      size_t memory = 0;
      VT_PASS(sizes(&p, &bytes[t->kind], &memory, err));
      memory += (size_t)(2 * frames_bytes(c, &p)); /* made in memory, and its bytes taken from there */
      comp_of[t->kind] = t->comp;
      ps_of[t->kind] = p.protocol.produce_ps;
      if (memory > out->memory_bytes) out->memory_bytes = memory;
    }
    out->store_bytes += bytes[t->kind];
    out->trajectory_bytes += frames_bytes(c, &p);
    const int k = place[i] = out->n_tasks++;
    task[k] =
        (vt_sched_task){.uid = t->uid, .needs = t->needs < 0 ? -1 : place[t->needs], .group = vt_records_group(c, i)};
    task[k].cost = (double)vt_replica_steps(&p) * p.comp.n_atoms * vt_plan_s_atom_step(cal, p.comp.n_atoms);
    out->core_s += task[k].cost;
    out->core_most_s += task[k].cost * ((double)vt_replica_steps_most(&p) / (double)vt_replica_steps(&p)); /* 1 is 1 */
    out->ns += vt_replica_ns(&p);
    out->ns_most += vt_replica_ns_most(&p);
  }
  return VT_OK;
}

vt_status vt_plan_estimate(const vt_campaign *c, const vt_calibration *cal, int ranks, const unsigned char *done,
                           vt_plan_cost *out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *m = NULL;
  vt_sched_task *task = NULL;
  int *place = NULL;
  *out = (vt_plan_cost){.workers = vt_plan_workers_of(c, ranks)};
  VT_TRY_OUT(vt_calloc64(&m, (size_t)c->n_tasks, sizeof *task, err), err, "%d tasks", c->n_tasks);
  task = m;
  VT_TRY_OUT(VT_NEW(place, c->n_tasks, err), err, "%d tasks", c->n_tasks);
  VT_TRY_OUT(add_up(c, cal, done, place, task, out, err), err, "%d tasks", c->n_tasks);
  if (out->n_tasks > 0) {
    VT_TRY_OUT(vt_plan_wall(task, out->n_tasks, out->workers, &out->wall_s, err), err, "%d workers", out->workers);
    VT_TRY_OUT(vt_plan_useful(task, out->n_tasks, &out->chain_s, &out->most_useful, err), err, "the tail");
  }
out:
  vt_free(place);
  vt_free(task);
  return rc;
}

vt_status vt_plan_tasks(const vt_campaign *c, const vt_calibration *cal, vt_sched_task **task, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_plan_cost cost = {0};
  int *place = NULL;
  *task = NULL;
  VT_TRY_OUT(VT_NEW(*task, c->n_tasks, err), err, "%d tasks", c->n_tasks);
  VT_TRY_OUT(VT_NEW(place, c->n_tasks, err), err, "%d tasks", c->n_tasks);
  VT_TRY_OUT(add_up(c, cal, NULL, place, *task, &cost, err), err, "%d tasks", c->n_tasks);
out:
  vt_free(place);
  return rc;
}
