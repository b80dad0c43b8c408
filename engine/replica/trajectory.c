/* trajectory.c - the observables of a trajectory that someone else made: the same tables, fed from a file in two passes
 * (where shells end, then everything). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/replica/replica.h"

/* A file being read: what all of its frames share, and the frame at hand. */
typedef struct reader {
  const char *path;
  vt_xyz *xyz;
  vt_structure now;
  int n, n_frames;
  char (*symbol)[4];   /* [n] of the first frame          */
  int *type;           /* [n]                             */
  vt_cell cell;        /* of the last frame               */
  double (*before)[3]; /* [n] positions of the last frame */
  double (*dx)[3];     /* [n] displacement so far         */
  double largest_move; /* between two frames, over the shortest height of the cell */
  double least_height; /* of any frame's cell */
  double volume;       /* sum over frames */
} reader;

static void reader_close(reader *r)
{
  vt_xyz_close(r->xyz);
  vt_structure_free(&r->now);
  vt_free(r->symbol);
  vt_free(r->type);
  vt_free(r->before);
  vt_free(r->dx);
}

/* The line of an atom of the frame at hand; -2: that of the number of atoms. */
static int line_of(const reader *r, int i) { return r->now.line + 2 + i; }

/* ------------------------------------------------------------------ the first frame */

static int order_of(int z)
{
  const char *place = strchr("AMXO?", vt_element_role(z));
  return (int)(place - "AMXO?") * 100 + z;
}

/* Species in canonical order (role A, M, X, O, others; then atomic number), with the charges asked for. */
static vt_status species_of(const reader *r, const vt_trajectory_options *o, vt_composition *c, vt_err *err)
{
  *c = (vt_composition){.name = "trajectory", .n_atoms = r->n};
  for (int i = 0; i < r->n; i++) {
    int z = vt_element_z(r->symbol[i]), k = 0;
    if (!z) return vt_err_user(err, VT_EPARSE, r->path, line_of(r, i), 1, "'%s' is not an element", r->symbol[i]);
    while (k < c->n_species && c->z[k] != z) k++;
    if (k == VT_MAX_SPECIES)
      return vt_err_user(err, VT_EPARSE, r->path, line_of(r, i), 1, "more than %d elements", VT_MAX_SPECIES);
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
  for (int k = 0; k < c->n_species; k++) {
    c->charge[k] = vt_element_charge(c->z[k]);
    for (int q = 0; q < o->n_charges; q++)
      if (o->charge[q].z == c->z[k]) c->charge[k] = o->charge[q].charge;
  }
  return VT_OK;
}

static vt_status take_first(reader *r, vt_err *err)
{
  size_t n = (size_t)r->now.n;
  r->n = r->now.n;
  VT_PASS(VT_NEW(r->symbol, n, err));
  memcpy(r->symbol, r->now.symbol, n * sizeof *r->symbol);
  VT_PASS(VT_NEW(r->type, n, err));
  VT_PASS(VT_NEW(r->before, n, err));
  VT_PASS(VT_NEW(r->dx, n, err));
  return VT_OK;
}

static void set_types(reader *r, const vt_composition *c)
{
  for (int i = 0; i < r->n; i++) {
    int z = vt_element_z(r->symbol[i]);
    for (int k = 0; k < c->n_species; k++)
      if (c->z[k] == z) r->type[i] = k;
  }
}

/* ------------------------------------------------------------------ frame by frame */

static vt_status check_same(const reader *r, vt_err *err)
{
  if (r->now.n != r->n)
    return vt_err_user(err, VT_EPARSE, r->path, line_of(r, -2), 1, "frame %d has %d atoms, the first one has %d",
                       r->n_frames + 1, r->now.n, r->n);
  for (int i = 0; i < r->n; i++)
    if (strncmp(r->symbol[i], r->now.symbol[i], sizeof r->symbol[i]) != 0)
      return vt_err_user(err, VT_EPARSE, r->path, line_of(r, i), 1,
                         "atom %d is %s, in the first frame it is %s: atoms must keep their order", i + 1,
                         r->now.symbol[i], r->symbol[i]);
  return VT_OK;
}

/* Where the atoms of the last frame are in a cell that has changed: at the same fractions of it. */
static void carry_along(reader *r)
{
  double hi[3][3], s[3];
  if (r->n_frames == 0 || memcmp(&r->cell, &r->now.cell, sizeof r->cell) == 0) return;
  (void)vt_cell_inverse(&r->cell, hi); /* it was not flat when it was the cell at hand */
  for (int i = 0; i < r->n; i++) {
    double *x = r->before[i];
    for (int k = 0; k < 3; k++) s[k] = x[0] * hi[0][k] + x[1] * hi[1][k] + x[2] * hi[2][k];
    for (int k = 0; k < 3; k++)
      x[k] = s[0] * r->now.cell.h[0][k] + s[1] * r->now.cell.h[1][k] + s[2] * r->now.cell.h[2][k];
  }
}

/* Displacements are added up by nearest images in the cell of the later frame, so it does not matter whether the
 * positions are wrapped.  A breathing cell carries its atoms along and moves none, as in our own runs (vt_frame.dx). */
static vt_status trajectory_move(reader *r, vt_err *err)
{
  double hi[3][3], height = vt_cell_shortest_height(&r->now.cell);
  r->least_height = r->n_frames ? fmin(r->least_height, height) : height;
  if (!vt_cell_inverse(&r->now.cell, hi))
    return vt_err_user(err, VT_EPARSE, r->path, line_of(r, -1), 1, "the lattice of frame %d is flat", r->n_frames + 1);
  carry_along(r);
  for (int i = 0; i < r->n; i++) {
    double d[3];
    for (int k = 0; k < 3; k++) d[k] = r->n_frames ? r->now.x[i][k] - r->before[i][k] : 0;
    vt_cell_min_image(&r->now.cell, (const double(*)[3])hi, d);
    for (int k = 0; k < 3; k++) r->dx[i][k] += d[k];
    r->largest_move = fmax(r->largest_move, sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) / height);
    vt_cell_wrap(&r->now.cell, (const double(*)[3])hi, r->now.x[i]);
    memcpy(r->before[i], r->now.x[i], sizeof r->before[i]);
  }
  r->cell = r->now.cell;
  r->volume += vt_cell_volume(&r->now.cell);
  return VT_OK;
}

/* The next frame; *got = 0 at the end of the file. */
static vt_status trajectory_next(reader *r, int *got, vt_err *err)
{
  vt_structure_free(&r->now);
  VT_PASS(vt_xyz_next(r->xyz, &r->now, got, err));
  if (!*got) return VT_OK;
  if (r->n == 0) VT_PASS(take_first(r, err));
  VT_PASS(check_same(r, err));
  return trajectory_move(r, err);
}

static vt_frame frame_of(const reader *r, const vt_composition *c, double dt_ps)
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
                    .step = r->n_frames,
                    .time_ps = r->n_frames * dt_ps};
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

/* Composition, number of frames, cutoffs. */
static vt_status trajectory_scan(const char *path, const vt_trajectory_options *o, vt_trajectory *t, vt_err *err)
{
  vt_status rc = VT_OK;
  reader r = {.path = path};
  vt_composition *c = &t->plan.comp;
  vt_shells *shells = NULL;
  int got = 1;
  VT_TRY_OUT(vt_xyz_open(&r.xyz, path, err), err, "trajectory");
  while (1) {
    rc = trajectory_next(&r, &got, err); /* its messages name file and line */
    if (rc != VT_OK || !got) break;
    if (r.n_frames == 0) {
      if ((rc = species_of(&r, o, c, err)) != VT_OK) break;
      set_types(&r, c);
      if ((rc = vt_shells_open(&shells, c, err)) != VT_OK) break;
    }
    vt_frame fr = frame_of(&r, c, o->dt_ps);
    if ((rc = vt_shells_sample(shells, &fr, err)) != VT_OK) break;
    r.n_frames++;
  }
  if (rc != VT_OK) goto out;
  if (r.n_frames < 2) {
    rc = vt_err_user(err, VT_EPARSE, path, 1, 0, "%d frames in this file, a trajectory needs at least 2", r.n_frames);
    goto out;
  }
  VT_TRY_OUT(vt_shells_cutoffs(shells, &t->cutoffs, err), err, "cutoffs of '%s'", path);
  give_cutoffs(o, c, &t->cutoffs);
  t->n_frames = r.n_frames;
  t->largest_move = r.largest_move;
  t->half_height_a = 0.5 * r.least_height;
  t->volume_a3 = r.volume / r.n_frames;
out:
  vt_shells_close(shells);
  reader_close(&r);
  return rc;
}

/* As if the engine had produced it: one step a frame, the observables that are on by default, at their own intervals or
 * that of the file if it is longer. */
static void plan_of(const vt_trajectory_options *o, vt_trajectory *t)
{
  vt_plan *p = &t->plan;
  p->kind = VT_TASK_MD;
  p->t_k = o->t_k;
  p->protocol.produce_dt_fs = 1000 * o->dt_ps;
  p->protocol.produce_ps = (t->n_frames - 1) * o->dt_ps;
  for (const vt_obs_ops *const *b = vt_obs_builtin; *b; b++) {
    if (!(*b)->doc.on_by_default) continue;
    vt_obs_request *q = &p->obs[p->n_obs++];
    *q = (vt_obs_request){.every_ps = fmax((*b)->doc.every_ps, o->dt_ps)};
    memcpy(q->name, (*b)->doc.name, strlen((*b)->doc.name) + 1); /* the conformance suite bounds the names */
    for (int k = 0; k < (*b)->doc.n_par; k++) q->par[k] = (*b)->doc.par[k].def;
  }
}

static vt_status trajectory_measure(const char *path, const vt_trajectory_options *o, vt_trajectory *t, vt_err *err)
{
  vt_status rc = VT_OK;
  reader r = {.path = path};
  vt_obs_set *set = NULL;
  int got = 1;
  VT_TRY_OUT(vt_obs_layouts(&t->plan, t->defs, VT_MAX_ARRAYS, &t->n_defs, err), err, "observables of '%s'", path);
  for (int k = 0; k < t->n_defs; k++) t->n_values += vt_array_count(&t->defs[k]);
  VT_TRY_OUT(VT_NEW(t->values, t->n_values, err), err, "observables of '%s'", path);
  VT_TRY_OUT(vt_obs_set_open(&set, &t->plan, err), err, "observables of '%s'", path);
  VT_TRY_OUT(vt_obs_set_begin(set, &t->cutoffs, err), err, "observables of '%s'", path);
  VT_TRY_OUT(vt_xyz_open(&r.xyz, path, err), err, "trajectory");
  while (1) {
    rc = trajectory_next(&r, &got, err);
    if (rc != VT_OK || !got || r.n_frames == t->n_frames) break;
    if (r.n_frames == 0) set_types(&r, &t->plan.comp);
    vt_frame fr = frame_of(&r, &t->plan.comp, o->dt_ps);
    if ((rc = vt_obs_set_sample(set, &fr, err)) != VT_OK) break;
    r.n_frames++;
  }
  if (rc == VT_OK && (got || r.n_frames != t->n_frames))
    rc = vt_err_user(err, VT_EIO, path, 1, 0, "the file changed while it was read");
  VT_TRY_OUT(rc, err, "frame %d of '%s'", r.n_frames + 1, path);
  VT_TRY_OUT(vt_obs_set_finish(set, t->values, t->n_values, err), err, "observables of '%s'", path);
out:
  vt_obs_set_close(set);
  reader_close(&r);
  return rc;
}

vt_status vt_trajectory_measure(const char *path, const vt_trajectory_options *o, vt_trajectory *t, vt_err *err)
{
  *t = (vt_trajectory){0};
  if (!(o->dt_ps > 0) || !isfinite(o->dt_ps)) VT_FAIL(err, VT_EINVAL, "%g ps between two frames", o->dt_ps);
  VT_PASS(trajectory_scan(path, o, t, err));
  plan_of(o, t);
  vt_status rc = trajectory_measure(path, o, t, err);
  if (rc != VT_OK) vt_trajectory_free(t);
  return rc;
}

void vt_trajectory_free(vt_trajectory *t)
{
  vt_free(t->values);
  t->values = NULL;
  t->n_values = 0;
}
