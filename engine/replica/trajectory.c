/* trajectory.c - the observables of a trajectory that someone else made: the same tables, fed from a file in two passes
 * (where shells end, then everything). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/replica/trajectory_impl.h"

/* ------------------------------------------------------------------ the first frame */

static int order_of(int z)
{
  const char *place = strchr("AMXO?", vt_element_role(z));
  return (int)(place - "AMXO?") * 100 + z;
}

/* Charges as asked for, else the common ones that make the cell neutral, else the most common; roles likewise. */
static void set_ions(const vt_trajectory_options *o, vt_composition *c)
{
  int64_t amount[VT_MAX_SPECIES];
  int32_t given[VT_MAX_SPECIES] = {0};
  for (int k = 0; k < c->n_species; k++) {
    amount[k] = c->count[k];
    for (int q = 0; q < o->n_charges; q++)
      if (o->charge[q].z == c->z[k]) given[k] = o->charge[q].charge;
    c->charge[k] = given[k];
  }
  const int settled = vt_charges_settle(c->n_species, c->z, amount, c->charge) == 1;
  for (int k = 0; k < c->n_species; k++) {
    int is_given = 0;
    for (int q = 0; q < o->n_charges; q++) is_given |= o->charge[q].z == c->z[k];
    if (is_given)
      c->charge[k] = given[k]; /* 0, too */
    else if (!settled)
      c->charge[k] = vt_element_charge(c->z[k]);
    for (int q = 0; q < o->n_roles; q++)
      if (o->role[q].z == c->z[k]) c->role[k] = o->role[q].role;
  }
  c->counted = o->counted;
}

/* Species in canonical order (mobile, network, anions, oxygen, others; then atomic number). */
static vt_status species_of(const vt__reader *r, const vt_trajectory_options *o, vt_composition *c, vt_err *err)
{
  *c = (vt_composition){.name = "trajectory", .n_atoms = r->n};
  for (int i = 0; i < r->n; i++) {
    int z = vt_element_z(r->symbol[i]), k = 0;
    if (!z)
      return vt_err_user(err, VT_EPARSE, r->path, vt_structure_line(&r->now, i), 1, "'%s' is not an element",
                         r->symbol[i]);
    while (k < c->n_species && c->z[k] != z) k++;
    if (k == VT_MAX_SPECIES)
      return vt_err_user(err, VT_EPARSE, r->path, vt_structure_line(&r->now, i), 1, "more than %d elements",
                         VT_MAX_SPECIES);
    if (k == c->n_species) {
      while (k > 0 && order_of(c->z[k - 1]) > order_of(z)) {
        c->z[k] = c->z[k - 1];
        c->count[k] = c->count[k - 1];
        k--;
      }
      c->z[k] = z;
      c->count[k] = 0;
      c->n_species++;
    }
    c->count[k]++;
  }
  set_ions(o, c);
  return VT_OK;
}

static int has_element(const vt_composition *c, int z)
{
  for (int k = 0; k < c->n_species; k++)
    if (c->z[k] == z) return 1;
  return 0;
}

/* What was asked for elements that are not there was asked for another file. */
static vt_status check_options(const vt_trajectory_options *o, const vt_composition *c, const char *path, vt_err *err)
{
  for (int q = 0; q < o->n_charges; q++)
    if (!has_element(c, o->charge[q].z))
      VT_FAIL(err, VT_EINVAL, "a charge of %s is given, and '%s' has no %s", vt_element_symbol(o->charge[q].z), path,
              vt_element_symbol(o->charge[q].z));
  for (int q = 0; q < o->n_roles; q++)
    if (!has_element(c, o->role[q].z))
      VT_FAIL(err, VT_EINVAL, "a role of %s is given, and '%s' has no %s", vt_element_symbol(o->role[q].z), path,
              vt_element_symbol(o->role[q].z));
  if (o->counted && !has_element(c, o->counted))
    VT_FAIL(err, VT_EINVAL, "%s is to be counted, and '%s' has no %s", vt_element_symbol(o->counted), path,
            vt_element_symbol(o->counted));
  for (int k = 0; k < o->n_cutoffs; k++)
    for (int i = 0; i < 2; i++)
      if (!has_element(c, o->cutoff[k].z[i]))
        VT_FAIL(err, VT_EINVAL, "a cutoff of %s-%s is given, and '%s' has no %s", vt_element_symbol(o->cutoff[k].z[0]),
                vt_element_symbol(o->cutoff[k].z[1]), path, vt_element_symbol(o->cutoff[k].z[i]));
  return VT_OK;
}

static void set_types(vt__reader *r, const vt_composition *c)
{
  for (int i = 0; i < r->n; i++) {
    int z = vt_element_z(r->symbol[i]);
    for (int k = 0; k < c->n_species; k++)
      if (c->z[k] == z) r->type[i] = k;
  }
}

static int step_of(const vt_trajectory_options *o) { return o->every > 1 ? o->every : 1; }

/* Frames before `skip_ps`: they are read, and not taken. */
static int64_t skipped(const vt_trajectory_options *o)
{
  const double tiny = 1e-6; /* of a frame: 3 ps are 30 frames of 0.1 ps */
  return o->skip_ps > 0 ? (int64_t)ceil(o->skip_ps / o->dt_ps - tiny) : 0;
}

/* Is the frame that was read last one for the observables? */
static int is_taken(const vt__reader *r, const vt_trajectory_options *o)
{
  const int64_t k = r->n_frames - skipped(o);
  return k >= 0 && k % step_of(o) == 0;
}

static vt_frame frame_of(const vt__reader *r, const vt_composition *c, const vt_trajectory_options *o)
{
  const double no = (double)NAN;
  return (vt_frame){.n = r->n,
                    .n_species = c->n_species,
                    .cell = r->now.cell,
                    .type = r->type,
                    .x = (const double(*)[3])r->now.x,
                    .dx = (const double(*)[3])r->dx,
                    .t_k = no,
                    .pressure = no,
                    .e_pot = r->now.energy,
                    .e_kin = no,
                    .spread = no,
                    .step = r->n_taken,
                    .time_ps = r->n_taken * o->dt_ps * step_of(o)};
}

/* ------------------------------------------------------------------ the two passes */

static void give_cutoffs(const vt_trajectory_options *o, const vt_composition *c, vt_cutoffs *cut)
{
  for (int k = 0; k < o->n_cutoffs; k++)
    for (int i = 0; i < c->n_species; i++)
      for (int j = 0; j < c->n_species; j++) {
        if (c->z[i] != o->cutoff[k].z[0] || c->z[j] != o->cutoff[k].z[1]) continue;
        cut->r[i][j] = cut->r[j][i] = o->cutoff[k].r_a;
        cut->measured[i][j] = cut->measured[j][i] = 0;
      }
}

/* One frame of the first pass. */
static vt_status scan_frame(vt__reader *r, const vt_trajectory_options *o, vt_composition *c, vt_shells **shells,
                            vt_err *err)
{
  if (r->n_frames == 0) {
    VT_PASS(species_of(r, o, c, err));
    VT_PASS(check_options(o, c, r->path, err));
    set_types(r, c);
    VT_PASS(vt_shells_open(shells, c, err));
  }
  if (r->n_frames == skipped(o)) vt__reader_begin(r);
  if (!is_taken(r, o)) return VT_OK;
  const vt_frame fr = frame_of(r, c, o);
  r->volume += vt_cell_volume(&r->now.cell);
  r->n_taken++;
  return vt_shells_sample(*shells, &fr, err);
}

/* What the first pass leaves; the cutoffs are there already. */
static void keep_scan(const vt__reader *r, vt_trajectory *t)
{
  t->n_frames = r->n_taken;
  t->n_read = r->n_frames;
  t->n_repeated = vt_frames_repeated(r->frames);
  t->format = vt_frames_format(r->frames)->name;
  t->largest_move = r->largest_move;
  t->half_height_a = 0.5 * r->least_height;
  t->volume_a3 = r->volume / r->n_taken;
  t->unknown = r->unknown;
  t->unknown.effect = 0;
  for (int k = 0; k < t->plan.comp.n_species; k++)
    if (r->sum2[k] > 0) t->unknown.effect = fmax(t->unknown.effect, r->doubt2[k] / r->sum2[k]);
  t->times_per_ps = r->clock.unit_per_ps;
  memcpy(t->time_key, r->clock.time.key, sizeof t->time_key);
  memcpy(t->ignored, r->ignored, sizeof t->ignored);
  t->ignored_line = r->ignored_line;
}

/* Are there frames enough? */
static vt_status check_frames(const vt__reader *r, const vt_trajectory_options *o, const char *path, vt_err *err)
{
  if (r->n_taken >= 2) return VT_OK;
  if (r->n_taken == r->n_frames)
    return vt_err_user(err, VT_EPARSE, path, 1, 0, "%d frames in this file, a trajectory needs at least 2",
                       r->n_frames);
  return vt_err_user(err, VT_EPARSE, path, 0, 0,
                     "%d of %d frames %s taken (one in %d, from %g ps on): a trajectory needs at least 2", r->n_taken,
                     r->n_frames, r->n_taken == 1 ? "is" : "are", step_of(o), o->skip_ps);
}

static int has_mistakes(const vt_trajectory_options *o) { return o->frames.mistakes && o->frames.mistakes->n > 0; }

/* Composition, number of frames, cutoffs. */
static vt_status trajectory_scan(const char *const *path, int n_paths, const vt_trajectory_options *o, vt_trajectory *t,
                                 vt_err *err)
{
  vt_status rc = VT_OK;
  vt__reader r = {0};
  vt_shells *shells = NULL;
  int got = 1;
  rc = vt__reader_open(&r, path, n_paths, o->dt_ps, &o->frames, err);
  if (rc != VT_OK) goto out;
  while (1) {
    rc = vt__reader_next(&r, &got, err); /* its messages name file and line */
    if (rc != VT_OK || !got) break;
    if (!has_mistakes(o)) rc = scan_frame(&r, o, &t->plan.comp, &shells, err);
    if (rc != VT_OK) break;
    r.n_frames++;
  }
  if (has_mistakes(o)) {
    if (rc == VT_EPARSE) rc = vt_mistakes_note(o->frames.mistakes, r.path, err); /* reading ended here */
    if (rc == VT_OK || rc == VT_EPARSE)
      rc = vt_err_user(err, VT_EPARSE, path[0], 0, 0, "%d mistakes", o->frames.mistakes->n);
  }
  if (rc == VT_OK) rc = vt__clock_end(&r, err);
  if (rc == VT_OK) rc = check_frames(&r, o, path[0], err);
  if (rc != VT_OK) goto out;
  VT_TRY_OUT(vt_shells_cutoffs(shells, &t->cutoffs, err), err, "cutoffs of '%s'", path[0]);
  give_cutoffs(o, &t->plan.comp, &t->cutoffs);
  keep_scan(&r, t);
out:
  vt_shells_close(shells);
  vt__reader_close(&r);
  return rc;
}

/* What follows displacements; the others look at one frame, or at who is whose neighbour. */
static int needs_moves(const char *name)
{
  static const char *const all[] = {"msd", "charge", "vanhove", "jumps"};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++)
    if (strcmp(name, all[k]) == 0) return 1;
  return 0;
}

/* As if the engine had produced it: one step a frame, the observables that are on by default, at their own intervals or
 * that of the file if it is longer.  Where atoms went that nobody can know is not observed. */
static void plan_of(const vt_trajectory_options *o, vt_trajectory *t)
{
  vt_plan *p = &t->plan;
  p->kind = VT_TASK_MD;
  p->t_k = o->t_k;
  p->protocol.version = VT_PROTOCOL_NEWEST;
  const double dt_ps = o->dt_ps * step_of(o);
  p->protocol.produce_dt_fs = 1000 * dt_ps;
  p->protocol.produce_ps = (t->n_frames - 1) * dt_ps;
  for (const vt_obs_ops *const *b = vt_obs_builtin; *b; b++) {
    if (!(*b)->doc.on_by_default) continue;
    if (t->unknown.effect > VT_UNKNOWN_EFFECT && needs_moves((*b)->doc.name)) continue;
    vt_obs_request *q = &p->obs[p->n_obs++];
    *q = (vt_obs_request){.every_ps = fmax((*b)->doc.every_ps, dt_ps)};
    memcpy(q->name, (*b)->doc.name, strlen((*b)->doc.name) + 1); /* the conformance suite bounds the names */
    for (int k = 0; k < (*b)->doc.n_par; k++) q->par[k] = (*b)->doc.par[k].def;
  }
}

/* One frame of the second pass. */
static vt_status measure_frame(vt__reader *r, const vt_trajectory_options *o, const vt_composition *c, vt_obs_set *set,
                               vt_err *err)
{
  if (r->n_frames == 0) set_types(r, c);
  if (r->n_frames == skipped(o)) vt__reader_begin(r);
  if (!is_taken(r, o)) return VT_OK;
  const vt_frame fr = frame_of(r, c, o);
  r->n_taken++;
  VT_PASS(vt_obs_set_sample(set, &fr, err));
  return vt_obs_set_ended(set, err);
}

static vt_status trajectory_measure(const char *const *path, int n_paths, const vt_trajectory_options *o,
                                    vt_trajectory *t, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__reader r = {0};
  vt_obs_set *set = NULL;
  int got = 1;
  VT_TRY_OUT(vt_obs_layouts(&t->plan, t->defs, VT_MAX_ARRAYS, &t->n_defs, err), err, "observables of '%s'", path[0]);
  for (int k = 0; k < t->n_defs; k++) t->n_values += vt_array_count(&t->defs[k]);
  VT_TRY_OUT(VT_NEW(t->values, t->n_values, err), err, "observables of '%s'", path[0]);
  VT_TRY_OUT(vt_obs_set_open(&set, &t->plan, err), err, "observables of '%s'", path[0]);
  VT_TRY_OUT(vt_obs_set_begin(set, &t->cutoffs, err), err, "observables of '%s'", path[0]);
  rc = vt__reader_open(&r, path, n_paths, o->dt_ps, &o->frames, err);
  if (rc != VT_OK) goto out;
  while (1) {
    rc = vt__reader_next(&r, &got, err);
    if (rc != VT_OK || !got || has_mistakes(o) || r.n_frames == t->n_read) break;
    if ((rc = measure_frame(&r, o, &t->plan.comp, set, err)) != VT_OK) break;
    r.n_frames++;
  }
  if (rc == VT_OK && (got || r.n_frames != t->n_read))
    rc = vt_err_user(err, VT_EIO, r.path, 1, 0, "the file changed while it was read");
  VT_TRY_OUT(rc, err, "frame %d of '%s'", r.n_frames + 1, r.path);
  VT_TRY_OUT(vt_obs_set_finish(set, t->values, t->n_values, err), err, "observables of '%s'", path[0]);
out:
  vt_obs_set_close(set);
  vt__reader_close(&r);
  return rc;
}

vt_status vt_trajectory_measure(const char *const *path, int n_paths, const vt_trajectory_options *asked,
                                vt_trajectory *t, vt_err *err)
{
  vt_trajectory_options known = *asked;
  const vt_trajectory_options *o = &known;
  *t = (vt_trajectory){0};
  if (isnan(known.dt_ps)) VT_PASS(vt__reader_dt(path, n_paths, &known.frames, &known.dt_ps, err));
  if (has_mistakes(o)) return vt_err_user(err, VT_EPARSE, path[0], 0, 0, "%d mistakes", o->frames.mistakes->n);
  if (!(o->dt_ps > 0) || !isfinite(o->dt_ps)) VT_FAIL(err, VT_EINVAL, "%g ps between two frames", o->dt_ps);
  VT_PASS(trajectory_scan(path, n_paths, o, t, err));
  plan_of(o, t);
  vt_status rc = trajectory_measure(path, n_paths, o, t, err);
  if (rc != VT_OK) vt_trajectory_free(t);
  return rc;
}

void vt_trajectory_free(vt_trajectory *t)
{
  vt_free(t->values);
  t->values = NULL;
  t->n_values = 0;
}
