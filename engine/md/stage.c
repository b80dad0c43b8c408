/* stage.c - a stage step by step.
 *
 * One step: half kick; drift, with the volume move (NPT, scr.c) or friction and noise (LANGEVIN, langevin.c) in its
 * middle; forces; half kick; velocity rescaling (NVT, NPT, bdp.c).
 *
 * At block boundaries the positions are wrapped, the list is rebuilt, the total momentum set to zero.  So the state at
 * a boundary (x, v, dx, cell, step, exchanged, the pairs that are followed) determines everything that follows, to the
 * bit: that is what state.c saves. */
#include <math.h>
#include <string.h>

#include "engine/md/md_impl.h"

enum { STAGES_MOST = 1 << 15 }; /* two draws a stage fit the counter's 16 bits */

vt_status vt__md_check_stage(const vt_md_stage *st, uint32_t stage_index, vt_err *err)
{
  const char *name = st->name ? st->name : "";
  if (st->ensemble < VT_NVE || st->ensemble > VT_LANGEVIN)
    VT_FAIL(err, VT_EINVAL, "stage '%s': no ensemble %d", name, st->ensemble);
  if (!(st->dt > 0) || !isfinite(st->dt) || st->n_steps < 0 || st->block_steps < 1)
    VT_FAIL(err, VT_EINVAL, "stage '%s': %lld steps of %g in blocks of %d", name, (long long)st->n_steps, st->dt,
            st->block_steps);
  if (!(st->t0_k >= 0 && st->t1_k >= 0 && isfinite(st->t0_k + st->t1_k)))
    VT_FAIL(err, VT_EINVAL, "stage '%s': from %g K to %g K", name, st->t0_k, st->t1_k);
  if (st->ensemble != VT_NVE && !(st->tau_t > 0))
    VT_FAIL(err, VT_EINVAL, "stage '%s': thermostat time %g", name, st->tau_t);
  int barostat = st->ensemble == VT_NPT || (st->ensemble == VT_NVT && st->npt_below_k > 0);
  if (barostat && !(st->tau_p > 0 && isfinite(st->pressure)))
    VT_FAIL(err, VT_EINVAL, "stage '%s': barostat time %g, pressure %g", name, st->tau_p, st->pressure);
  if (!(st->stiffness >= 0 && isfinite(st->stiffness)) || st->measure_steps < 0)
    VT_FAIL(err, VT_EINVAL, "stage '%s': stiffness %g, measured over %lld steps", name, st->stiffness,
            (long long)st->measure_steps);
  if (stage_index >= STAGES_MOST) VT_FAIL(err, VT_EINVAL, "stage %u of at most %d", stage_index, STAGES_MOST);
  return VT_OK;
}

static void wrap(vt_md *md)
{
  double hi[3][3];
  if (!vt_cell_inverse(&md->cell, hi)) return; /* the list's update reports it */
  for (int i = 0; i < md->n; i++) vt_cell_wrap(&md->cell, (const double(*)[3])hi, md->x[i]);
}

void vt__md_account(vt_md *md)
{
  vt__md_measure(md);
  md->conserved = md->out.energy + md->e_kin - md->exchanged;
}

vt_status vt_md_begin(vt_md *md, const vt_md_stage *st, uint32_t stage_index, vt_err *err)
{
  VT_PASS(vt__md_check_stage(st, stage_index, err));
  md->stage = *st;
  md->stage_index = stage_index;
  md->step = 0;
  md->exchanged = 0;
  md->volume0 = vt_cell_volume(&md->cell);
  md->barostat =
      (vt_md_barostat){.stiffness = st->stiffness > 0 ? st->stiffness : vt_unit_pressure_from_gpa(VT_MD_STIFFNESS_GPA)};
  memset(md->dx, 0, (size_t)md->n * sizeof *md->dx);
  wrap(md);
  vt__md_watch_begin(md);
  VT_TRY(vt__md_forces(md, 1, err), err, "beginning of stage '%s'", st->name ? st->name : "");
  vt__md_account(md);
  return VT_OK;
}

/* The thermostat's temperature at the end of step number `step` (from 0). */
static double set_temperature(const vt_md_stage *st, int64_t step)
{
  return st->t0_k + (st->t1_k - st->t0_k) * ((double)(step + 1) / (double)st->n_steps);
}

static int has_barostat(const vt_md_stage *st, double t_k)
{
  return st->ensemble == VT_NPT || (st->ensemble == VT_NVT && t_k < st->npt_below_k);
}

static void thermostat(vt_md *md, double t_k)
{
  const vt_md_stage *st = &md->stage;
  int dof = vt__md_dof(md);
  VT_ASSERT(dof > 0 && md->stage_index < STAGES_MOST);
  double factor = vt_bdp_scale(md->e_kin, 0.5 * dof * VT_KB_EV * t_k, dof, exp(-st->dt / st->tau_t), md->key, md->step,
                               md->stage_index);
  vt__md_scale_velocities(md, factor);
  md->exchanged += (factor * factor - 1) * md->e_kin;
}

static void stage_drift(vt_md *md, double t_k, const vt__md_scaling *volume)
{
  const vt_md_stage *st = &md->stage;
  if (st->ensemble != VT_LANGEVIN) {
    vt__md_drift(md, st->dt, volume);
    return;
  }
  vt__md_drift(md, 0.5 * st->dt, NULL);
  vt__md_langevin(md, t_k);
  vt__md_drift(md, 0.5 * st->dt, NULL);
}

static vt_status one_step(vt_md *md, vt_err *err)
{
  const vt_md_stage *st = &md->stage;
  VT_ASSERT(md->step >= 0 && md->step < st->n_steps);
  VT_ASSERT(md->nl.n == md->n && md->nl.x != NULL); /* forces of the step before are there */
  const double t_k = set_temperature(st, md->step), pressure_before = md->pressure;
  const int barostat = has_barostat(st, t_k), boundary = (md->step + 1) % st->block_steps == 0;
  vt__md_scaling volume = {0};
  if (barostat) VT_PASS(vt__md_scr_move(md, t_k, &volume, err));
  vt__md_kick(md, 0.5 * st->dt);
  stage_drift(md, t_k, barostat ? &volume : NULL);
  if (barostat && md->step < st->measure_steps) vt__md_scr_measure(md, t_k);
  if (boundary) wrap(md);
  VT_PASS(vt__md_forces(md, boundary, err));
  vt__md_kick(md, 0.5 * st->dt);
  vt__md_measure(md);
  /* work of the volume move, -P dV by the trapezoidal rule */
  if (barostat) md->exchanged -= 0.5 * (pressure_before + md->pressure) * volume.d_volume;
  if (st->ensemble == VT_NVT || st->ensemble == VT_NPT) thermostat(md, t_k);
  if (boundary) vt__md_zero_momentum(md);
  vt__md_account(md);
  md->step++;
  VT_PASS(vt__md_guard_step(md, err));
  return vt__md_watch_step(md, err);
}

void vt_md_extend(vt_md *md, int64_t n_steps)
{
  vt_md_stage *st = &md->stage;
  VT_ASSERT(st->t0_k == st->t1_k && n_steps >= st->n_steps);
  st->n_steps = n_steps;
}

vt_status vt_md_run(vt_md *md, int64_t n, vt_err *err)
{
  const vt_md_stage *st = &md->stage;
  for (int64_t k = 0; k < n && md->step < st->n_steps; k++) {
    VT_TRY(one_step(md, err), err, "stage '%s', step %lld of %lld (%.6g ps)", st->name ? st->name : "",
           (long long)md->step, (long long)st->n_steps, 1e-3 * vt_unit_fs_from_time((double)md->step * st->dt));
  }
  return VT_OK;
}
