/* verlet.c - the pieces of a velocity Verlet step. Plain loops over [n][3]; each sum has one order.  Where every atom
 * is for itself a team shares the loop. */
#include "engine/md/md_impl.h"

double vt__md_kinetic(const vt_md *md)
{
  /* four partial sums: independent additions overlap in the pipeline, and the order is still one */
  double part[4] = {0};
  for (int i = 0; i < md->n; i++) {
    const double *v = md->v[i];
    part[i % 4] += md->mass[i] * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  }
  return 0.5 * ((part[0] + part[1]) + (part[2] + part[3]));
}

void vt__md_zero_momentum(vt_md *md)
{
  double p[3] = {0}, mass = 0;
  for (int i = 0; i < md->n; i++) {
    mass += md->mass[i];
    for (int b = 0; b < 3; b++) p[b] += md->mass[i] * md->v[i][b];
  }
  for (int i = 0; i < md->n; i++)
    for (int b = 0; b < 3; b++) md->v[i][b] -= p[b] / mass;
}

enum {
  FEW = 1000, /* fewer atoms are moved faster than threads are told to */
  GRAIN = 8   /* atoms whose vectors are whole cache lines             */
};

typedef struct stride {
  vt_md *md;
  double dt;
  int pieces;
} stride;

static void share(vt_md *md, double dt, vt_team_work *work)
{
  stride s = {.md = md, .dt = dt, .pieces = md->n < FEW ? 1 : vt_team_size(md->nl.team)};
  vt_team_run(md->nl.team, s.pieces, work, &s);
}

static void kick(void *ctx, int piece, int member)
{
  const stride *s = ctx;
  vt_md *md = s->md;
  int from, to;
  (void)member;
  vt_team_part(md->n, s->pieces, piece, GRAIN, &from, &to);
  for (int i = from; i < to; i++) {
    double f = s->dt / md->mass[i];
    for (int b = 0; b < 3; b++) md->v[i][b] += f * md->f[i][b];
  }
}

void vt__md_kick(vt_md *md, double dt) { share(md, dt, kick); }

static void move(void *ctx, int piece, int member)
{
  const stride *s = ctx;
  double *restrict x = s->md->x[0], *restrict dx = s->md->dx[0];
  const double *restrict v = s->md->v[0], dt = s->dt;
  int from, to;
  (void)member;
  vt_team_part(s->md->n, s->pieces, piece, GRAIN, &from, &to);
  for (int k = 3 * from; k < 3 * to; k++) {
    double d = v[k] * dt;
    x[k] += d;
    dx[k] += d;
  }
}

static void verlet_move(vt_md *md, double dt) { share(md, dt, move); }

void vt__md_drift(vt_md *md, double dt, const vt__md_scaling *s)
{
  if (!s) {
    verlet_move(md, dt);
    return;
  }
  verlet_move(md, 0.5 * dt);
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) md->cell.h[a][b] *= s->length;
  double *restrict x = md->x[0];
  for (int k = 0; k < 3 * md->n; k++) x[k] *= s->length;
  vt__md_scale_velocities(md, 1 / s->length);
  verlet_move(md, 0.5 * dt);
}

void vt__md_scale_velocities(vt_md *md, double factor)
{
  double *v = md->v[0];
  for (int k = 0; k < 3 * md->n; k++) v[k] *= factor;
}

vt_status vt__md_forces(vt_md *md, int force_rebuild, vt_err *err)
{
  VT_PASS(vt_nlist_update(&md->nl, &md->cell, (const double(*)[3])md->x, force_rebuild, err));
  return vt_pot_compute(md->pot, &md->nl, &md->out, err);
}

void vt__md_measure(vt_md *md)
{
  const double *w = md->out.virial;
  md->e_kin = vt__md_kinetic(md);
  md->t_k = 2 * md->e_kin / (vt__md_dof(md) * VT_KB_EV);
  md->pressure = (2 * md->e_kin + w[0] + w[4] + w[8]) / (3 * vt_cell_volume(&md->cell));
}
