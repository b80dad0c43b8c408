/* replica.c - one task from plan to result: the stages in order, polled, guarded, recorded. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/replica/replica_impl.h"

enum {
  POLL_STEPS = 10 /* how often the clock is looked at */
};
#define POLL_S 0.002 /* and how long must have passed since the last poll */

/* ------------------------------------------------------------------ the task at work */

/* Steps of the task as far as known: of what comes, as many as expected. */
static int64_t steps_foreseen(const vt__replica *r)
{
  const vt_plan *p = r->plan;
  const vt_stage last = p->kind == VT_TASK_GLASS ? VT_STAGE_QUENCH : VT_STAGE_PRODUCE, first = (vt_stage)(last - 1);
  int64_t n = r->steps_before;
  if (r->stage != last) {
    const int64_t steps = vt__replica_units_expected(p, first) * vt__replica_stage_steps(p, first);
    n += r->stage == first && r->md.stage.n_steps > steps ? r->md.stage.n_steps : steps;
  }
  return n + vt__replica_stage_steps(p, last);
}

vt_status vt__replica_poll(vt__replica *r, vt_err *err)
{
  if (!r->hooks || !r->hooks->poll) return VT_OK;
  double now_s = vt_now_s();
  if (now_s - r->polled_s < POLL_S) return VT_OK;
  r->polled_s = now_s;
  const vt_md *md = &r->md;
  vt_err said = {0};
  vt_progress p = {.stage = r->doing,
                   .stage_id = (int32_t)r->stage,
                   .step = md->step,
                   .n_steps = md->stage.n_steps,
                   .ns_done = r->ns_before + (double)md->step * vt_unit_fs_from_time(md->stage.dt) * 1e-6,
                   .fraction = (double)(r->steps_before + md->step) / (double)steps_foreseen(r)};
  vt_status rc = r->hooks->poll(r->hooks->ctx, &p, &said);
  if (rc == VT_OK || (rc == VT_ESTOP && vt__checkpointer_graceful_stop(r, &said))) return VT_OK;
  if (err) *err = said;
  return rc;
}

/* Run to a step of the current stage.  The cuts change no bit: the state after step s is a function of the plan. */
static vt_status advance(vt__replica *r, int64_t to, vt_err *err)
{
  while (r->md.step < to) {
    int64_t n = to - r->md.step;
    VT_PASS(vt_md_run(&r->md, vt__checkpointer_steps(r, n < POLL_STEPS ? n : POLL_STEPS), err));
    VT_PASS(vt__replica_poll(r, err));
    VT_PASS(vt__checkpointer_step(r, err));
  }
  return VT_OK;
}

/* What the quench found. */
static double glass_stiffness_gpa(const vt__replica *r)
{
  return r->glass[r->n_glass - 1]; /* "glass/stiffness" is the last array of a GLASS task */
}

/* The stage from its beginning, unless it is the one that the task continues in. */
static vt_status replica_begin(vt__replica *r, vt_stage id, vt_err *err)
{
  if (r->from == id) return VT_OK;
  vt_md_stage st = vt__replica_stage(r->plan, id);
  const int from_glass = id == VT_STAGE_EQUILIBRATE || (id == VT_STAGE_QUENCH && vt__replica_is_later_quench(r->plan));
  if (from_glass && r->plan->protocol.version >= 2) st.stiffness = vt_unit_pressure_from_gpa(glass_stiffness_gpa(r));
  r->doing = st.name;
  r->stage = id;
  VT_PASS(vt_md_begin(&r->md, &st, (uint32_t)id, err));
  vt__checkpointer_begin(r);
  return VT_OK;
}

static void replica_end(vt__replica *r, vt_stage id)
{
  vt_md_stage st = vt__replica_stage(r->plan, id);
  const int64_t n_steps = vt__replica_units(r, id) * st.n_steps;
  r->steps_before += n_steps;
  r->ns_before += (double)n_steps * vt_unit_fs_from_time(st.dt) * 1e-6;
}

/* g(r) of the second half of each unit of an equilibration, every tenth sample of the recorder: up to 100 frames. */
static vt_status sample_shells(vt__replica *r, int64_t sample, vt_err *err)
{
  enum { EVERY = 10 };
  const int64_t unit = vt__replica_stage_steps(r->plan, r->stage);
  if (!r->shells || 2 * ((r->md.step - 1) % unit + 1) <= unit || sample % EVERY != 0) return VT_OK;
  vt_frame fr = vt_md_frame(&r->md);
  return vt_shells_sample(r->shells, &fr, err);
}

/* Samples every `every` steps and at the end; a task that is continued at the step of a sample has not taken it. */
static vt_status run_recorded(vt__replica *r, vt_stage id, vt_err *err)
{
  if (r->from != id) vt__replica_record(r, id, 1);
  if (vt__replica_stage_steps(r->plan, id) > 0) {
    VT_PASS(replica_begin(r, id, err));
    int64_t sample = r->md.step > 0 ? (r->md.step - 1) / r->rec.every : 0;
    for (int more = 1; more; sample = r->md.step / r->rec.every) {
      const int64_t end = r->md.stage.n_steps, next = (sample + 1) * r->rec.every;
      VT_PASS(advance(r, next < end ? next : end, err));
      vt__recorder_sample(&r->rec, &r->md);
      VT_PASS(sample_shells(r, sample, err));
      more = next < end || vt__replica_unit_end(r, id);
    }
  }
  vt__recorder_finish(&r->rec);
  replica_end(r, id);
  return VT_OK;
}

/* The first step after `step` at which an observable samples or a frame is kept; beyond the stage: there is none. */
static int64_t sample_after(const vt__replica *r, int64_t step)
{
  const int64_t n_steps = r->md.stage.n_steps, frame = vt__frames_next(r, step);
  int64_t wait = vt_obs_set_next(r->obs, step);
  if (frame < wait) wait = frame;
  return wait > n_steps - step ? n_steps + 1 : step + wait;
}

static vt_status run_produce(vt__replica *r, vt_err *err)
{
  VT_PASS(replica_begin(r, VT_STAGE_PRODUCE, err));
  const int64_t n_steps = r->md.stage.n_steps;
  int64_t next = r->md.step > 0 ? sample_after(r, r->md.step - 1) : 0;
  for (; next <= n_steps; next = sample_after(r, next)) {
    VT_PASS(advance(r, next, err));
    vt_frame fr = vt_md_frame(&r->md);
    VT_PASS(vt_obs_set_sample(r->obs, &fr, err));
    VT_PASS(vt__frames_sample(r, &fr, err));
    if (r->hooks && r->hooks->frame) VT_PASS(r->hooks->frame(r->hooks->ctx, &fr, err));
  }
  VT_PASS(advance(r, n_steps, err)); /* no sample left: the rest of the run is still part of the plan */
  replica_end(r, VT_STAGE_PRODUCE);
  return VT_OK;
}

/* ------------------------------------------------------------------ GLASS: pack, melt, quench */

static vt_status poll_of(void *replica, vt_err *err) { return vt__replica_poll(replica, err); }

/* A random packing holds 0.5 eV per atom more than the melt.  Released in the first picosecond that is a temperature of
 * 2000 K and more, at which anions meet and make molecules; after this relaxation the melt begins at its own
 * temperature (24 oxychlorides of 168 atoms: peak 1474 K instead of 2028 K at 1200 K). */
static vt_status replica_relax(vt__replica *r, vt_err *err) { return vt_md_relax_packing(&r->md, poll_of, r, err); }

/* How far each species got in the melt: a framework that moved less than a site distance remembers the packing. */
static void put_melt_msd(vt__replica *r)
{
  double *msd = vt__replica_values(r, &vt_a_glass_melt_msd);
  for (int i = 0; i < r->md.n; i++) {
    const double *d = r->md.dx[i];
    msd[r->md.type[i]] += (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) / r->plan->comp.count[r->md.type[i]];
  }
}

/* A glass that begins with a structure.  What was made to be melted may be as bad as a packing. */
static vt_status start_structure(vt__replica *r, vt_err *err)
{
  const vt_plan *p = r->plan;
  r->doing = "start from the structure";
  VT_PASS(vt__replica_open_md(r, err));
  if (p->start == VT_START_MELT) VT_PASS(replica_relax(r, err));
  vt_md_velocities(&r->md, p->protocol.melt_t_k);
  return VT_OK;
}

/* What is known of a structure that is no melt and no quench: its volume and its energy per atom, in the first row. */
static vt_status record_structure(vt__replica *r, vt_err *err)
{
  const vt_plan *p = r->plan;
  double *rows = vt__replica_values(r, &vt_a_glass_quench);
  vt_md_stage st = vt__replica_stage(p, VT_STAGE_QUENCH);
  st.n_steps = 1; /* none is done: a stage computes energy and forces when it begins */
  VT_PASS(vt_md_begin(&r->md, &st, (uint32_t)VT_STAGE_QUENCH, err));
  const vt_frame fr = vt_md_frame(&r->md);
  for (int k = 0; k < VT__REPLICA_ROWS * VT__REPLICA_COLUMNS; k++) rows[k] = (double)NAN;
  rows[VT__REPLICA_VOLUME] = vt_cell_volume(&fr.cell);
  rows[VT__REPLICA_ENERGY] = fr.e_pot / fr.n;
  return VT_OK;
}

/* Of a melt that was not run nothing is known. */
static void no_melt(vt__replica *r)
{
  double *msd = vt__replica_values(r, &vt_a_glass_melt_msd), *melt = vt__replica_values(r, &vt_a_glass_melt);
  for (int s = 0; s < r->plan->comp.n_species; s++) msd[s] = (double)NAN;
  if (melt) melt[VT_MELT_MOVED_A2] = melt[VT_MELT_LIMIT_A2] = melt[VT_MELT_OK] = (double)NAN;
}

/* Where the quench before ended, at that temperature; what it knew of the melt stays known.  Its velocities are not in
 * a glass, as they are not in one that an MD task begins with. */
static vt_status start_later_quench(vt__replica *r, vt_err *err)
{
  r->doing = "start from the quench before";
  vt__replica_take_over(r);
  memset(vt__replica_values(r, &vt_a_glass_quench), 0,
         VT__REPLICA_ROWS * VT__REPLICA_COLUMNS * sizeof(double)); /* of this part: begins anew */
  VT_PASS(vt__replica_open_md(r, err));
  vt_md_velocities(&r->md, r->plan->from_k);
  return VT_OK;
}

static vt_status start_glass(vt__replica *r, vt_err *err)
{
  const vt_plan *p = r->plan;
  if (vt__replica_is_later_quench(p)) return start_later_quench(r, err);
  if (p->start != VT_START_PACK) return start_structure(r, err);
  r->doing = "pack";
  VT_PASS(vt_pack(&p->comp, p->protocol.pack_density, vt_plan_key(p), &r->cell, r->type, r->x, err));
  if (p->protocol.version >= 3)
    VT_PASS(vt_md_settle_ions(&p->comp, &r->cell, r->type, p->numerics.simd, poll_of, r, r->x, err));
  VT_PASS(vt__replica_begin_md(r, err));
  VT_PASS(replica_relax(r, err));
  vt_md_velocities(&r->md, p->protocol.melt_t_k);
  return VT_OK;
}

static vt_status run_melt(vt__replica *r, vt_err *err)
{
  if (vt__replica_stage_steps(r->plan, VT_STAGE_MELT) > 0) {
    VT_PASS(replica_begin(r, VT_STAGE_MELT, err));
    do VT_PASS(advance(r, r->md.stage.n_steps, err));
    while (vt__replica_unit_end(r, VT_STAGE_MELT));
    put_melt_msd(r);
  }
  replica_end(r, VT_STAGE_MELT);
  return VT_OK;
}

static vt_status run_glass(vt__replica *r, vt_err *err)
{
  if (r->from == VT_STAGE_NONE) VT_PASS(start_glass(r, err));
  if (r->from == VT_STAGE_QUENCH)
    replica_end(r, VT_STAGE_MELT);
  else
    VT_PASS(run_melt(r, err));
  if (r->plan->start >= VT_START_QUENCH && !vt__replica_is_later_quench(r->plan)) no_melt(r);
  if (r->plan->start == VT_START_EQUILIBRATE)
    VT_PASS(record_structure(r, err));
  else
    VT_PASS(run_recorded(r, VT_STAGE_QUENCH, err));
  vt_frame fr = vt_md_frame(&r->md);
  memcpy(vt__replica_values(r, &vt_a_glass_cell), fr.cell.h, sizeof fr.cell.h);
  memcpy(vt__replica_values(r, &vt_a_glass_x), fr.x, (size_t)fr.n * sizeof *fr.x);
  if (r->plan->protocol.version >= 2)
    *vt__replica_values(r, &vt_a_glass_stiffness) = vt_unit_gpa_from_pressure(r->md.barostat.stiffness);
  return VT_OK;
}

/* ------------------------------------------------------------------ MD: equilibrate, produce */

static void put_cutoffs(vt__replica *r)
{
  const int n = r->plan->comp.n_species;
  double *cutoff = vt__replica_values(r, &vt_a_equilibrate_cutoff),
         *measured = vt__replica_values(r, &vt_a_equilibrate_cutoff_measured);
  for (int i = 0; i < n; i++)
    for (int j = i; j < n; j++) {
      cutoff[vt_pair_index(i, j, n)] = r->cutoffs.r[i][j];
      measured[vt_pair_index(i, j, n)] = r->cutoffs.measured[i][j];
    }
}

/* A later piece: where the one before ended, with what its equilibration found. */
static vt_status start_piece(vt__replica *r, vt_err *err)
{
  r->doing = "start from the piece before";
  vt__replica_take_over(r);
  VT_PASS(vt__replica_open_md(r, err));
  return vt__replica_bond(r, err);
}

static vt_status start_md(vt__replica *r, vt_err *err)
{
  if (vt__replica_is_later_piece(r->plan)) return start_piece(r, err);
  r->doing = "start from the glass";
  VT_PASS(vt__replica_open_md(r, err));
  vt_md_velocities(&r->md, r->plan->t_k);
  return VT_OK;
}

static vt_status run_equilibrate(vt__replica *r, vt_err *err)
{
  const vt_plan *p = r->plan;
  VT_PASS(run_recorded(r, VT_STAGE_EQUILIBRATE, err));
  VT_PASS(vt_shells_cutoffs(r->shells, &r->cutoffs, err));
  put_cutoffs(r);
  VT_PASS(vt__replica_bond(r, err));
  const struct vt__recorder_state *seen = &r->rec.seen;
  double volume = seen->late_hits > 0 ? seen->late_volume / (double)seen->late_hits : 0;
  if (p->protocol.version >= 2) {
    *vt__replica_values(r, &vt_a_equilibrate_stiffness) = vt_unit_gpa_from_pressure(r->md.barostat.stiffness);
    volume = vt__replica_values(r, &vt_a_equilibrate_volume)[VT_VOLUME_A3];
  }
  if (p->protocol.equil_ensemble == VT_NPT && volume > 0) vt_md_set_volume(&r->md, volume);
  return VT_OK;
}

static vt_status keep_last(vt__replica *r, vt_err *err)
{
  const vt_frame fr = vt_md_frame(&r->md);
  const size_t n_vec = (size_t)fr.n * 3;
  r->n_last = vt__replica_last_values(r->plan);
  VT_TRY(VT_NEW(r->last, r->n_last, err), err, "the last frame");
  memcpy(r->last, fr.cell.h, sizeof fr.cell.h);
  memcpy(r->last + 9, fr.x, n_vec * sizeof(double));
  memcpy(r->last + 9 + n_vec, fr.v, n_vec * sizeof(double));
  return VT_OK;
}

static vt_status run_md(vt__replica *r, vt_err *err)
{
  if (r->from == VT_STAGE_NONE) VT_PASS(start_md(r, err));
  if (r->from == VT_STAGE_PRODUCE || vt__replica_is_later_piece(r->plan))
    replica_end(r, VT_STAGE_EQUILIBRATE);
  else
    VT_PASS(run_equilibrate(r, err));
  VT_PASS(run_produce(r, err));
  r->doing = "finish of the observables";
  const size_t n_equil = vt__replica_own_values(r->plan);
  VT_PASS(vt_obs_set_finish(r->obs, r->values + n_equil, r->n_values - n_equil, err));
  VT_PASS(keep_last(r, err));
  r->doing = "writing of the trajectory";
  return vt__frames_finish(r, err);
}

/* ------------------------------------------------------------------ open, run, close */

/* A task that goes on where another one ended. */
static vt_status check_continued(const vt_plan *p, const double *glass, size_t n_glass, vt_err *err)
{
  const int quench = vt__replica_is_later_quench(p);
  const size_t n = quench ? vt__replica_glass_values(p) : vt__replica_continued_values(p);
  if (p->protocol.version < 2) VT_FAIL(err, VT_EINVAL, "protocol 1 cannot continue a production or a quench");
  if (quench && p->start == VT_START_EQUILIBRATE)
    VT_FAIL(err, VT_EINVAL, "a glass that is a structure as it stands has no quench that could go on");
  if (!glass || n_glass != n)
    VT_FAIL(err, VT_EINVAL, "%s: %zu values expected, %zu given",
            quench ? "a quench that goes on needs the result of the one before"
                   : "a later piece needs how the one before ended (vt_replica_continue)",
            n, glass ? n_glass : (size_t)0);
  return VT_OK;
}

static vt_status replica_check(const vt_plan *p, const double *glass, size_t n_glass, vt_err *err)
{
  if (vt_obs_run_ps(p) > p->protocol.produce_ps) VT_FAIL(err, VT_EINVAL, "a plan of joined pieces is not run");
  if (vt__replica_is_later_piece(p) || vt__replica_is_later_quench(p)) return check_continued(p, glass, n_glass, err);
  if (p->kind == VT_TASK_GLASS && p->start != VT_START_PACK) {
    const size_t n = 9 + 3 * (size_t)p->comp.n_atoms;
    if (!glass || n_glass != n)
      VT_FAIL(err, VT_EINVAL, "a glass of a structure needs its cell and positions: %zu values expected, %zu given", n,
              glass ? n_glass : (size_t)0);
    return VT_OK;
  }
  if (p->kind == VT_TASK_GLASS) {
    if (glass) VT_FAIL(err, VT_EINVAL, "a GLASS task starts from nothing, yet a glass was given");
    return VT_OK;
  }
  if (!glass || n_glass != vt__replica_glass_values(p))
    VT_FAIL(err, VT_EINVAL, "an MD task needs the result of its glass: %zu values expected, %zu given",
            vt__replica_glass_values(p), glass ? n_glass : (size_t)0);
  return VT_OK;
}

/* While another program computes the task is as alive as between its steps. */
static vt_status wait_for_driver(void *ctx, vt_err *err)
{
  vt__replica *r = ctx;
  VT_PASS(vt__replica_poll(r, err));
  return vt__checkpointer_overdue(r, err);
}

/* Has this task a stage at constant pressure? */
static int needs_virial(const vt_plan *p)
{
  const vt_protocol *q = &p->protocol;
  if (p->kind == VT_TASK_MD) return q->equil_ensemble == VT_NPT;
  return q->melt_ensemble == VT_NPT || q->quench_npt_below_k > 0;
}

/* r: the task at work, or NULL. */
static vt_status open_potential(const vt_plan *p, vt__replica *r, const char *symbol[VT_MAX_SPECIES], vt_pot *pot,
                                vt_err *err)
{
  for (int s = 0; s < p->comp.n_species; s++) symbol[s] = vt_element_symbol(p->comp.z[s]);
  vt_pot_args args = {.path = p->pot_path,
                      .n_species = p->comp.n_species,
                      .species = symbol,
                      .comp = &p->comp,
                      .numerics = p->numerics};
  if (p->driver.command[0]) {
    args.driver = &p->driver;
    args.needs_virial = needs_virial(p);
    args.kept = r && r->hooks ? r->hooks->kept : NULL;
    args.wait = r ? wait_for_driver : NULL;
    args.wait_ctx = r;
  }
  return vt_pot_open(pot, p->pot_kind, &args, err);
}

vt_status vt_replica_kernel(const vt_plan *p, char kernel[32], vt_err *err)
{
  const char *symbol[VT_MAX_SPECIES];
  vt_pot pot;
  vt_pot_info info;
  VT_PASS(open_potential(p, NULL, symbol, &pot, err));
  vt_pot_describe(&pot, &info);
  memcpy(kernel, info.kernel, sizeof info.kernel);
  vt_pot_close(&pot);
  return VT_OK;
}

static vt_status open_replica(vt__replica *r, vt_err *err)
{
  const vt_plan *p = r->plan;
  r->doing = "open";
  VT_PASS(vt_replica_layout(p, r->defs, VT_MAX_ARRAYS, &r->n_defs, err));
  for (int k = 0; k < r->n_defs; k++) r->n_values += vt_array_count(&r->defs[k]);
  VT_PASS(VT_NEW(r->values, r->n_values, err));
  VT_PASS(VT_NEW(r->type, p->comp.n_atoms, err));
  VT_PASS(VT_NEW(r->x, p->comp.n_atoms, err));
  VT_PASS(open_potential(p, r, r->symbol, &r->pot, err));
  vt_pot_info info;
  vt_pot_describe(&r->pot, &info);
  if (!vt_uid_equal(&info.sha256, &p->pot_hash))
    VT_FAIL(err, VT_EINVAL, "potential '%s' is not the file that the plan names: its SHA-256 differs", p->pot_path);
  VT_PASS(vt__replica_open_observables(r, err));
  VT_PASS(vt__frames_open(r, err));
  return vt__checkpointer_open(r, err);
}

static void close_replica(vt__replica *r)
{
  vt__checkpointer_close(r);
  vt__frames_close(r);
  vt__replica_close_observables(r);
  vt_md_close(&r->md);
  vt_pot_close(&r->pot);
  vt_free(r->x);
  vt_free(r->type);
  vt_free(r->values);
  vt_free(r->last);
}

/* The frame that broke, for a viewer. */
static void bury(vt__replica *r, vt_buf *post_mortem)
{
  char extra[192], uid[65];
  vt_uid_hex(&r->plan->uid, uid);
  vt_frame fr = vt_md_frame(&r->md);
  (void)snprintf(extra, sizeof extra,
                 "task=%.12s stage=\"%s\" step=%" PRId64 " time_ps=%.6g attempt=%d half_stage=%d "
                 "velocity_unit=\"sqrt(eV/u)\"",
                 uid, r->doing, fr.step, fr.time_ps, r->plan->attempt, r->plan->half_stage);
  vt_xyz_format(post_mortem, fr.n, &fr.cell, fr.type, r->symbol, fr.x, fr.v, extra);
}

static void hand_over(vt__replica *r, vt_result *out)
{
  vt_pot_info info;
  vt_pot_describe(&r->pot, &info);
  out->n_values = r->n_values;
  out->values = r->values;
  out->ns = r->ns_before;
  out->wall_s = r->wall_before_s + (vt_now_s() - r->began_s);
  memcpy(out->kernel, info.kernel, sizeof out->kernel);
  r->values = NULL;
  out->last = r->last;
  out->n_last = r->n_last;
  r->last = NULL;
}

vt_status vt_replica_run(const vt_plan *p, const double *glass, size_t n_glass, const vt_replica_hooks *hooks,
                         vt_buf *post_mortem, vt_result *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__replica *r = NULL;
  char uid[65];
  const double began_s = vt_now_s();
  vt_uid_hex(&p->uid, uid);
  *out = (vt_result){0};
  VT_TRY_OUT(replica_check(p, glass, n_glass, err), err, "task %.12s", uid);
  VT_TRY_OUT(VT_NEW(r, 1, err), err, "task %.12s", uid);
  r->plan = p;
  r->hooks = hooks;
  r->glass = glass;
  r->n_glass = n_glass;
  r->began_s = began_s;
  rc = open_replica(r, err);
  if (rc == VT_OK) rc = vt__checkpointer_resume(r, err);
  if (rc == VT_OK) rc = p->kind == VT_TASK_GLASS ? run_glass(r, err) : run_md(r, err);
  out->stage = r->stage;
  out->step = r->md.step;
  if (rc == VT_EDIVERGE && post_mortem && r->md.n > 0) bury(r, post_mortem);
  if (vt_status_dispo(rc) == VT_DISPO_RETRY) vt__checkpointer_failed(r);
  char piece[32] = "";
  if (vt__replica_is_later_piece(p)) (void)snprintf(piece, sizeof piece, ", piece %d", p->piece);
  VT_TRY_OUT(rc, err, "task %.12s (%s, glass %d, %.0f K%s), %s, step %" PRId64 " of %" PRId64, uid, p->comp.name,
             p->glass, p->t_k, piece, r->doing, r->md.step, r->md.stage.n_steps);
  hand_over(r, out);
out:
  if (r) close_replica(r);
  vt_free(r);
  return rc;
}

void vt_result_free(vt_result *r)
{
  vt_free(r->values);
  vt_free(r->last);
  *r = (vt_result){0};
}

/* ------------------------------------------------------------------ memory */

size_t vt_replica_memory(const vt_plan *p)
{
  /* Resident sizes of ranks under mpiexec: 32-34 MB for 336 atoms, nearly all of it libraries, and 1.3 kB for each atom
   * more (phase space, neighbour list with ghosts, kernel buffers; 336 to 5376 atoms, NEP of 6 A). */
  const size_t process = (size_t)36 << 20, per_atom = 1500;
  size_t bytes = process + (size_t)p->comp.n_atoms * per_atom;
  if (p->kind == VT_TASK_GLASS)
    return bytes + vt__replica_glass_values(p) * sizeof(double) + vt__checkpointer_memory(p, NULL, NULL);
  vt_array_def defs[VT_MAX_ARRAYS];
  int n = 0;
  if (vt_replica_layout(p, defs, VT_MAX_ARRAYS, &n, NULL) == VT_OK)
    for (int k = 0; k < n; k++) bytes += vt_array_count(&defs[k]) * sizeof(double);
  vt_obs_set *set = NULL;
  vt_shells *shells = NULL;
  if (vt_obs_set_open(&set, p, NULL) == VT_OK) bytes += vt_obs_set_memory(set);
  if (vt_shells_open(&shells, &p->comp, NULL) == VT_OK) bytes += vt_shells_state_size(shells);
  bytes += vt__checkpointer_memory(p, set, shells);
  vt_shells_close(shells);
  vt_obs_set_close(set);
  return bytes;
}
