/* nep_ref.c - energies, forces and per-atom virials of a NEP, written to be read: the formulas in their order, no
 * vector code, any form of the model.  The fast path is tested against this one. */
#include <math.h>
#include <string.h>

#include "engine/pot/nep/nep_impl.h"

struct vt_nep_ref {
  const vt_nep_bound *bound;
  double *q;                     /* [dim] descriptor of one atom                    */
  double *d;                     /* [dim] dU/dq                                     */
  double (*s)[VT_NEP_HARMONICS]; /* [n_angular] angular sums                     */
  double (*z)[VT_NEP_HARMONICS]; /* [n_angular] dU/ds                            */
};

/* One neighbour of one atom. */
typedef struct neighbour {
  int owner; /* local atom that it is an image of */
  int species;
  double r, d[3], u[3]; /* distance, vector and unit vector from the centre */
} neighbour;

vt_status vt__nep_ref_open(const vt_nep_bound *b, vt_nep_ref **out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_nep_ref *r = NULL;
  *out = NULL;
  VT_TRY(vt_calloc64((void **)&r, 1, sizeof *r, err), err, "reference path");
  r->bound = b;
  size_t dim = (size_t)b->model->dim, n = (size_t)b->model->n_angular;
  VT_TRY_OUT(vt_calloc64((void **)&r->q, dim, sizeof *r->q, err), err, "reference path");
  VT_TRY_OUT(vt_calloc64((void **)&r->d, dim, sizeof *r->d, err), err, "reference path");
  VT_TRY_OUT(vt_calloc64((void **)&r->s, n, sizeof *r->s, err), err, "reference path");
  VT_TRY_OUT(vt_calloc64((void **)&r->z, n, sizeof *r->z, err), err, "reference path");
  *out = r, r = NULL;
out:
  vt__nep_ref_close(r);
  return rc;
}

void vt__nep_ref_close(vt_nep_ref *r)
{
  if (!r) return;
  vt_free(r->q);
  vt_free(r->d);
  vt_free(r->s);
  vt_free(r->z);
  vt_free(r);
}

/* ------------------------------------------------------------------ pairs */

static vt_status look(const vt_nlist *nl, int i, int k, neighbour *p, vt_err *err)
{
  const int j = nl->neigh[nl->first[i] + k];
  p->d[0] = nl->x[j] - nl->x[i];
  p->d[1] = nl->y[j] - nl->y[i];
  p->d[2] = nl->z[j] - nl->z[i];
  p->r = sqrt(p->d[0] * p->d[0] + p->d[1] * p->d[1] + p->d[2] * p->d[2]);
  if (p->r < VT_POT_OVERLAP_A) return vt__pot_overlap(nl, i, j, err);
  for (int a = 0; a < 3; a++) p->u[a] = p->d[a] / p->r;
  p->owner = nl->owner[j];
  p->species = nl->type[j];
  return VT_OK;
}

/* Of a pair of model types: the radial (or angular) cutoff, and the coefficients c[n][k] of the centre a. */
static double mean(const double *rc, int a, int b) { return 0.5 * (rc[a] + rc[b]); }

static double coefficient(const double *c, int n_types, int k_count, int n, int k, int a, int b)
{
  return c[(((size_t)n * (size_t)k_count + (size_t)k) * (size_t)n_types + (size_t)a) * (size_t)n_types + (size_t)b];
}

/* g_n(r) and its derivative from the basis at r. */
static void channel(const double *c, int n_types, int k_count, int n, int a, int b, const double *f, const double *df,
                    double *g, double *dg)
{
  *g = *dg = 0;
  for (int k = 0; k < k_count; k++) {
    double w = coefficient(c, n_types, k_count, n, k, a, b);
    *g += w * f[k];
    *dg += w * df[k];
  }
}

/* ------------------------------------------------------------------ descriptor */

static void add_to_descriptor(vt_nep_ref *r, int a, const neighbour *p)
{
  const vt_nep_model *m = r->bound->model;
  const int b = r->bound->type[p->species];
  double f[VT_NEP_MOST_BASIS], df[VT_NEP_MOST_BASIS], g, dg, rc = mean(m->rc_radial, a, b);
  if (p->r < rc) {
    vt__nep_radial(m->k_radial, p->r, rc, f, df);
    for (int n = 0; n < m->n_radial; n++) {
      channel(m->c_radial, m->n_types, m->k_radial, n, a, b, f, df, &g, &dg);
      r->q[n] += g;
    }
  }
  rc = mean(m->rc_angular, a, b);
  if (p->r < rc) {
    double h[VT_NEP_HARMONICS], grad[VT_NEP_HARMONICS][3];
    vt__nep_radial(m->k_angular, p->r, rc, f, df);
    vt__nep_harmonics(m->l_max, p->u, h, grad);
    for (int n = 0; n < m->n_angular; n++) {
      channel(m->c_angular, m->n_types, m->k_angular, n, a, b, f, df, &g, &dg);
      for (int k = 0; k < m->l_max * (m->l_max + 2); k++) r->s[n][k] += g * h[k];
    }
  }
}

static vt_status descriptor(vt_nep_ref *r, const vt_nlist *nl, int i, vt_err *err)
{
  const vt_nep_model *m = r->bound->model;
  memset(r->q, 0, (size_t)m->dim * sizeof *r->q);
  memset(r->s, 0, (size_t)m->n_angular * sizeof *r->s);
  for (int k = 0; k < nl->count[i]; k++) {
    neighbour p;
    VT_PASS(look(nl, i, k, &p, err));
    add_to_descriptor(r, r->bound->type[nl->type[i]], &p);
  }
  for (int n = 0; n < m->n_angular; n++) {
    double q[VT_NEP_MOST_L + VT_NEP_FLAGS];
    vt__nep_invariants(m, r->s[n], q);
    for (int block = 0; block < m->n_blocks; block++) r->q[m->n_radial + block * m->n_angular + n] = q[block];
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ network */

/* U of an atom of type a, and r->d = dU/dq. */
static double site_energy(vt_nep_ref *r, int a)
{
  const vt_nep_model *m = r->bound->model;
  const size_t at = (size_t)a * m->stride;
  const double *w0 = m->w0 + at, *b0 = m->b0 + at, *w1 = m->w1 + at;
  double energy = 0;
  memset(r->d, 0, (size_t)m->dim * sizeof *r->d);
  for (int mu = 0; mu < m->neurons; mu++, w0 += m->dim) {
    double in = -b0[mu];
    for (int nu = 0; nu < m->dim; nu++) in += w0[nu] * m->scale[nu] * r->q[nu];
    double t = tanh(in);
    energy += w1[mu] * t;
    for (int nu = 0; nu < m->dim; nu++) r->d[nu] += w1[mu] * (1 - t * t) * w0[nu] * m->scale[nu];
  }
  return energy - (m->type_bias ? m->type_bias[at] : 0) - m->bias;
}

/* ------------------------------------------------------------------ forces */

/* f_ij = dU_i/dr_ij of the network's part. */
static void pair_gradient(const vt_nep_ref *r, int a, const neighbour *p, double f_ij[3])
{
  const vt_nep_model *m = r->bound->model;
  const int b = r->bound->type[p->species];
  double f[VT_NEP_MOST_BASIS], df[VT_NEP_MOST_BASIS], g, dg, rc = mean(m->rc_radial, a, b);
  f_ij[0] = f_ij[1] = f_ij[2] = 0;
  if (p->r < rc) {
    double along = 0;
    vt__nep_radial(m->k_radial, p->r, rc, f, df);
    for (int n = 0; n < m->n_radial; n++) {
      channel(m->c_radial, m->n_types, m->k_radial, n, a, b, f, df, &g, &dg);
      along += r->d[n] * dg;
    }
    for (int x = 0; x < 3; x++) f_ij[x] += along * p->u[x];
  }
  rc = mean(m->rc_angular, a, b);
  if (p->r >= rc) return;
  double h[VT_NEP_HARMONICS], grad[VT_NEP_HARMONICS][3];
  vt__nep_radial(m->k_angular, p->r, rc, f, df);
  vt__nep_harmonics(m->l_max, p->u, h, grad);
  for (int n = 0; n < m->n_angular; n++) {
    channel(m->c_angular, m->n_types, m->k_angular, n, a, b, f, df, &g, &dg);
    for (int k = 0; k < m->l_max * (m->l_max + 2); k++) {
      const double z = r->z[n][k];
      const double radial = grad[k][0] * p->u[0] + grad[k][1] * p->u[1] + grad[k][2] * p->u[2];
      for (int x = 0; x < 3; x++) f_ij[x] += z * (dg * h[k] * p->u[x] + g * (grad[k][x] - radial * p->u[x]) / p->r);
    }
  }
}

static void add_pair(vt_force_out *out, int i, const neighbour *p, const double f_ij[3])
{
  for (int x = 0; x < 3; x++) {
    out->f[i][x] += f_ij[x];
    out->f[p->owner][x] -= f_ij[x];
    for (int y = 0; y < 3; y++) {
      double w = -p->d[x] * f_ij[y];
      out->virial[3 * x + y] += w;
      if (out->w_atom) out->w_atom[p->owner][3 * x + y] += w;
    }
  }
}

/* One atom: its energy, and the forces and virials of its pairs. */
static vt_status add_atom(vt_nep_ref *r, const vt_nlist *nl, int i, vt_force_out *out, vt_err *err)
{
  const vt_nep_model *m = r->bound->model;
  const int a = r->bound->type[nl->type[i]];
  VT_PASS(descriptor(r, nl, i, err));
  double energy = site_energy(r, a);
  for (int n = 0; n < m->n_angular; n++) {
    double d[VT_NEP_MOST_L + VT_NEP_FLAGS];
    for (int block = 0; block < m->n_blocks; block++) d[block] = r->d[m->n_radial + block * m->n_angular + n];
    vt__nep_invariants_back(m, r->s[n], d, r->z[n]);
  }
  for (int k = 0; k < nl->count[i]; k++) {
    neighbour p;
    double f_ij[3];
    VT_PASS(look(nl, i, k, &p, err));
    pair_gradient(r, a, &p, f_ij);
    if (m->zbl != VT_ZBL_NONE) {
      double v, dv;
      vt__nep_zbl(&r->bound->zbl[nl->type[i]][p.species], p.r, &v, &dv);
      energy += 0.5 * v;
      for (int x = 0; x < 3; x++) f_ij[x] += 0.5 * dv * p.u[x];
    }
    add_pair(out, i, &p, f_ij);
  }
  out->energy += energy;
  if (out->e_atom) out->e_atom[i] = energy;
  return VT_OK;
}

vt_status vt__nep_ref_compute(vt_nep_ref *r, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  out->energy = 0;
  memset(out->virial, 0, sizeof out->virial);
  memset(out->f, 0, (size_t)nl->n * sizeof *out->f);
  if (out->w_atom) memset(out->w_atom, 0, (size_t)nl->n * sizeof *out->w_atom);
  for (int i = 0; i < nl->n; i++) VT_PASS(add_atom(r, nl, i, out, err));
  return VT_OK;
}
