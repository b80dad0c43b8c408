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
  VT_TRY(VT_NEW(r, 1, err), err, "reference path");
  r->bound = b;
  size_t dim = (size_t)b->model->dim, n = (size_t)b->model->n_angular;
  VT_TRY_OUT(VT_NEW(r->q, dim, err), err, "reference path");
  VT_TRY_OUT(VT_NEW(r->d, dim, err), err, "reference path");
  VT_TRY_OUT(VT_NEW(r->s, n, err), err, "reference path");
  VT_TRY_OUT(VT_NEW(r->z, n, err), err, "reference path");
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

static vt_status nep_ref_look(const vt_nlist *nl, int i, int k, neighbour *p, vt_err *err)
{
  const int j = nl->neigh[nl->first[i] + k];
  p->owner = nl->owner[j];
  p->species = nl->type[j];
  p->d[0] = nl->x[j] - nl->x[i];
  p->d[1] = nl->y[j] - nl->y[i];
  p->d[2] = nl->z[j] - nl->z[i];
  p->r = sqrt(p->d[0] * p->d[0] + p->d[1] * p->d[1] + p->d[2] * p->d[2]);
  for (int a = 0; a < 3; a++) p->u[a] = p->d[a] / p->r;
  return p->r < VT_POT_OVERLAP_A ? vt__pot_overlap(nl, i, j, err) : VT_OK;
}

/* Radial or angular part of a model. */
typedef struct part {
  const double *c;  /* [n][k][n_types centre][n_types neighbour] */
  const double *rc; /* [n_types] */
  int k, n_types;
} part;

static part radial_part(const vt_nep_model *m) { return (part){m->c_radial, m->rc_radial, m->k_radial, m->n_types}; }

static part angular_part(const vt_nep_model *m)
{
  return (part){m->c_angular, m->rc_angular, m->k_angular, m->n_types};
}

/* The basis at a distance, for centre type a and neighbour type b; 0 if that is beyond the cutoff. */
typedef struct basis {
  int a, b;
  double f[VT_NEP_MOST_BASIS], df[VT_NEP_MOST_BASIS];
} basis;

static int basis_at(const part *p, int a, int b, double r, basis *f)
{
  const double rc = 0.5 * (p->rc[a] + p->rc[b]);
  if (r >= rc) return 0;
  f->a = a;
  f->b = b;
  vt_nep_radial(p->k, r, rc, f->f, f->df);
  return 1;
}

/* g_n and its derivative. */
static void channel(const part *p, int n, const basis *f, double *g, double *dg)
{
  const size_t nt = (size_t)p->n_types;
  const double *c = p->c + ((size_t)n * (size_t)p->k * nt + (size_t)f->a) * nt + (size_t)f->b;
  *g = *dg = 0;
  for (int k = 0; k < p->k; k++, c += nt * nt) {
    *g += *c * f->f[k];
    *dg += *c * f->df[k];
  }
}

/* ------------------------------------------------------------------ descriptor */

static void add_to_descriptor(vt_nep_ref *r, int a, const neighbour *p)
{
  const vt_nep_model *m = r->bound->model;
  const part radial = radial_part(m), angular = angular_part(m);
  const int b = r->bound->type[p->species];
  basis f;
  double g, dg;
  if (basis_at(&radial, a, b, p->r, &f)) {
    for (int n = 0; n < m->n_radial; n++) {
      channel(&radial, n, &f, &g, &dg);
      r->q[n] += g;
    }
  }
  if (basis_at(&angular, a, b, p->r, &f)) {
    double h[VT_NEP_HARMONICS], grad[VT_NEP_HARMONICS][3];
    vt_nep_harmonics(m->l_max, p->u, h, grad);
    for (int n = 0; n < m->n_angular; n++) {
      channel(&angular, n, &f, &g, &dg);
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
    VT_PASS(nep_ref_look(nl, i, k, &p, err));
    add_to_descriptor(r, r->bound->type[nl->type[i]], &p);
  }
  for (int n = 0; n < m->n_angular; n++) {
    double q[VT_NEP_MOST_L + VT_NEP_FLAGS];
    vt_nep_invariants(m, r->s[n], q);
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
  return energy - (m->type_bias ? m->type_bias[at] : 0) - *m->bias;
}

/* ------------------------------------------------------------------ forces */

/* f_ij = dU_i/dr_ij of the network's part. */
static void pair_gradient(const vt_nep_ref *r, int a, const neighbour *p, double f_ij[3])
{
  const vt_nep_model *m = r->bound->model;
  const part radial = radial_part(m), angular = angular_part(m);
  const int b = r->bound->type[p->species];
  basis f;
  double g, dg;
  f_ij[0] = f_ij[1] = f_ij[2] = 0;
  if (basis_at(&radial, a, b, p->r, &f)) {
    double along = 0;
    for (int n = 0; n < m->n_radial; n++) {
      channel(&radial, n, &f, &g, &dg);
      along += r->d[n] * dg;
    }
    for (int x = 0; x < 3; x++) f_ij[x] += along * p->u[x];
  }
  if (!basis_at(&angular, a, b, p->r, &f)) return;
  double h[VT_NEP_HARMONICS], grad[VT_NEP_HARMONICS][3];
  vt_nep_harmonics(m->l_max, p->u, h, grad);
  for (int n = 0; n < m->n_angular; n++) {
    channel(&angular, n, &f, &g, &dg);
    for (int k = 0; k < m->l_max * (m->l_max + 2); k++) {
      const double z = r->z[n][k];
      const double outward = grad[k][0] * p->u[0] + grad[k][1] * p->u[1] + grad[k][2] * p->u[2];
      for (int x = 0; x < 3; x++) f_ij[x] += z * (dg * h[k] * p->u[x] + g * (grad[k][x] - outward * p->u[x]) / p->r);
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
    vt_nep_invariants_back(m, r->s[n], d, r->z[n]);
  }
  for (int k = 0; k < nl->count[i]; k++) {
    neighbour p;
    double f_ij[3];
    VT_PASS(nep_ref_look(nl, i, k, &p, err));
    pair_gradient(r, a, &p, f_ij);
    if (m->zbl != VT_ZBL_NONE) {
      double v, dv;
      vt_zbl(&r->bound->zbl[nl->type[i]][p.species], p.r, &v, &dv);
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
