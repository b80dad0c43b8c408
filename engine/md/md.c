/* md.c - one replica's phase space: life cycle, velocities, views, relaxation. */
#include <math.h>
#include <string.h>

#include "engine/md/md_impl.h"

static vt_status check_atoms(const vt_composition *c, const vt_cell *cell, const int *type, vt_err *err)
{
  double hi[3][3];
  if (c->n_atoms < 2) VT_FAIL(err, VT_EINVAL, "%d atoms; dynamics with zero total momentum needs two", c->n_atoms);
  if (c->n_species < 1 || c->n_species > VT_MAX_SPECIES)
    VT_FAIL(err, VT_EINVAL, "%d species, expected 1..%d", c->n_species, VT_MAX_SPECIES);
  if (!vt_cell_inverse(cell, hi)) VT_FAIL(err, VT_EINVAL, "the cell is flat or not finite");
  for (int s = 0; s < c->n_species; s++)
    if (!(vt_element_mass(c->z[s]) > 0)) VT_FAIL(err, VT_EINVAL, "no element %d", c->z[s]);
  for (int i = 0; i < c->n_atoms; i++)
    if (type[i] < 0 || type[i] >= c->n_species) VT_FAIL(err, VT_EINVAL, "atom %d has type %d", i, type[i]);
  return VT_OK;
}

static vt_status allocate(vt_md *md, size_t n, vt_err *err)
{
  VT_PASS(VT_NEW(md->type, n, err));
  VT_PASS(VT_NEW(md->mass, n, err));
  VT_PASS(VT_NEW(md->x, n, err));
  VT_PASS(VT_NEW(md->v, n, err));
  VT_PASS(VT_NEW(md->f, n, err));
  VT_PASS(VT_NEW(md->dx, n, err));
  return VT_NEW(md->xw, n, err);
}

vt_status vt_md_open(vt_md *md, const vt_composition *c, const vt_cell *cell, const int *type, const double (*x)[3],
                     vt_pot *pot, double skin, uint64_t key, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_pot_info info;
  memset(md, 0, sizeof *md);
  VT_TRY(check_atoms(c, cell, type, err), err, "dynamics of %s", c->name);
  size_t n = (size_t)c->n_atoms;
  VT_TRY_OUT(allocate(md, n, err), err, "dynamics of %d atoms", c->n_atoms);
  md->n = c->n_atoms;
  md->n_species = c->n_species;
  md->comp = *c;
  md->pot = pot;
  md->key = key;
  md->cell = *cell;
  md->volume0 = vt_cell_volume(cell);
  md->out.f = md->f;
  for (int s = 0; s < c->n_species; s++) md->symbol[s] = vt_element_symbol(c->z[s]);
  memcpy(md->type, type, n * sizeof *type);
  memcpy(md->x, x, n * sizeof *x);
  for (size_t i = 0; i < n; i++) md->mass[i] = vt_element_mass(c->z[type[i]]);
  vt_pot_describe(pot, &info);
  VT_TRY_OUT(vt_nlist_open(&md->nl, md->n, type, info.cutoff, skin, err), err, "dynamics of %s", c->name);
  VT_TRY_OUT(vt__md_watch_open(md, err), err, "dynamics of %s", c->name);
out:
  if (rc != VT_OK) vt_md_close(md);
  return rc;
}

void vt_md_close(vt_md *md)
{
  vt_nlist_close(&md->nl);
  vt__md_watch_close(md);
  vt_free(md->type);
  vt_free(md->mass);
  vt_free(md->x);
  vt_free(md->v);
  vt_free(md->f);
  vt_free(md->dx);
  vt_free(md->xw);
  memset(md, 0, sizeof *md);
}

void vt_md_team(vt_md *md, vt_team *team) { md->nl.team = team; }

void vt_md_velocities(vt_md *md, double t_k)
{
  uint32_t draw = 2 * md->stage_index;
  for (int i = 0; i < md->n; i++) {
    double g[4], width = sqrt(VT_KB_EV * t_k / md->mass[i]);
    vt_rng_normal2(md->key, VT_STREAM_VELOCITY, draw, 0, (uint32_t)i, g);
    vt_rng_normal2(md->key, VT_STREAM_VELOCITY, draw + 1, 0, (uint32_t)i, g + 2);
    for (int b = 0; b < 3; b++) md->v[i][b] = width * g[b];
  }
  vt__md_zero_momentum(md);
  double k = vt__md_kinetic(md), wanted = 0.5 * vt__md_dof(md) * VT_KB_EV * t_k;
  if (k > 0) vt__md_scale_velocities(md, sqrt(wanted / k));
  vt__md_measure(md);
}

vt_frame vt_md_frame(vt_md *md)
{
  double hi[3][3];
  int regular = vt_cell_inverse(&md->cell, hi);
  memcpy(md->xw, md->x, (size_t)md->n * sizeof *md->x);
  for (int i = 0; i < md->n && regular; i++) vt_cell_wrap(&md->cell, (const double(*)[3])hi, md->xw[i]);
  return (vt_frame){.n = md->n,
                    .n_species = md->n_species,
                    .cell = md->cell,
                    .type = md->type,
                    .x = (const double(*)[3])md->xw,
                    .v = (const double(*)[3])md->v,
                    .dx = (const double(*)[3])md->dx,
                    .t_k = md->t_k,
                    .pressure = md->pressure,
                    .e_pot = md->out.energy,
                    .e_kin = md->e_kin,
                    .spread = md->out.spread,
                    .step = md->step,
                    .time_ps = 1e-3 * vt_unit_fs_from_time((double)md->step * md->stage.dt)};
}

void vt_md_set_volume(vt_md *md, double volume_a3)
{
  double length = cbrt(volume_a3 / vt_cell_volume(&md->cell));
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) md->cell.h[a][b] *= length;
  for (int i = 0; i < md->n; i++)
    for (int b = 0; b < 3; b++) md->x[i][b] *= length;
}

static double largest_force(const vt_md *md)
{
  double most = 0;
  for (int i = 0; i < md->n; i++)
    most = fmax(most, md->f[i][0] * md->f[i][0] + md->f[i][1] * md->f[i][1] + md->f[i][2] * md->f[i][2]);
  return sqrt(most);
}

vt_status vt_md_relax(vt_md *md, int n_steps, double cap_a, double f_max, vt_err *err)
{
  double reach = cap_a, last = (double)INFINITY; /* reach: how far the most pulled atom goes */
  if (n_steps < 0 || !(cap_a > 0) || !(f_max > 0))
    VT_FAIL(err, VT_EINVAL, "relaxation of %d steps, cap %g A, force limit %g eV/A", n_steps, cap_a, f_max);
  for (int step = 0;; step++) {
    VT_TRY(vt__md_forces(md, step == 0, err), err, "relaxation step %d", step);
    double most = largest_force(md);
    if (step == n_steps || most < f_max) break;
    reach = md->out.energy < last ? fmin(1.2 * reach, cap_a) : 0.5 * reach;
    last = md->out.energy;
    for (int i = 0; i < md->n; i++)
      for (int b = 0; b < 3; b++) md->x[i][b] += md->f[i][b] * (reach / most);
  }
  vt__md_measure(md);
  return VT_OK;
}
