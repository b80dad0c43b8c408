/* kernel.h - the kernels, compiled once for each level of instructions: VT__KERNEL names the table it defines.
 *
 * THEORY T 17.  For atom i, with S the angular sums, q the descriptor, ' the change along a displacement r' of its
 * neighbours:  g_n = sum_k c f_k,  S = sum_j g h,  S' = sum_j (g h' + g' h),  U' = dU/dq . q'.  The gradient of
 * a U - U' runs back through both. */
#include <math.h>

#include "engine/train/invariants.h"

/* ------------------------------------------------------------------ basis */

/* f_k and f_k' of up to 8 pairs into f[pair][kv], df[pair][kv]; there is room for 8. */
static inline __attribute__((always_inline)) void radial_functions(const vt__pair *p, const double *rc, int some, int n,
                                                                   int kv, v8 *f, v8 *df)
{
  double distance[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  for (int k = 0; k < some; k++) distance[k] = p[k].r;
  const v8 r = load8(distance), per = all(1.0) / load8(rc);
  const v8i outside = r * per >= all(1.0);
  const v8 x = choose(outside, all(1.0), r * per), in = choose(outside, all(0.0), all(1.0));
  const double pi = 3.14159265358979323846;
  v8 s, c;
  sin_cos(all(pi) * (all(0.5) - x), &s, &c); /* cos(pi x), sin(pi x) */
  const v8 fc = in * (all(0.5) * (all(1.0) + s)), dfc = in * (all(-0.5 * pi) * per * c), u = all(1.0) - r * per;
  const v8 slope = all(-2.0) * per * fc;
  v8 t = all(1.0), dt = all(0.0), t1 = u, dt1 = all(1.0);
  for (int v = 0; v < kv; v++) {
    v8 of[8], dof[8];
    for (int k = 0; k < 8; k++) {
      const v8 t2 = all(2.0) * u * t1 - t, dt2 = all(2.0) * (t1 + u * dt1) - dt;
      of[k] = 8 * v + k < n ? t * t * fc : all(0);
      dof[k] = 8 * v + k < n ? t * (t * dfc + dt * slope) : all(0);
      t = t1, dt = dt1, t1 = t2, dt1 = dt2;
    }
    turn(of);
    turn(dof);
    for (int k = 0; k < 8; k++) f[k * kv + v] = of[k], df[k * kv + v] = dof[k];
  }
}

/* What the harmonics of one pair begin with: powers of x + iy, z, 1 / r. */
typedef struct direction {
  double power[2 * (VT_NEP_MOST_L + 1) > 16 ? 2 * (VT_NEP_MOST_L + 1) : 16];
  double x, y, z, per;
} direction;

static inline __attribute__((always_inline)) direction direction_of(const sizes *sz, const vt__pair *p)
{
  direction o;
  o.per = 1 / p->r, o.x = p->d[0] * o.per, o.y = p->d[1] * o.per, o.z = p->d[2] * o.per;
  double re = 1, im = 0;
  for (int k = 0; k <= sz->l_max; k++) {
    const double next = re * o.x - im * o.y;
    o.power[2 * k] = re, o.power[2 * k + 1] = im;
    im = re * o.y + im * o.x;
    re = next;
  }
  return o;
}

/* One vector of the harmonics, and their gradient as if they were functions of a vector: its part along r is not taken
 * off, and it is not over r. */
static inline __attribute__((always_inline)) void harmonics(const vt__form *m, const direction *o, const sizes *sz,
                                                            int v, v8 *h, v8 *gx, v8 *gy, v8 *gz)
{
  v8 poly = m->z_power[sz->l_max * sz->lv + v], dpoly = m->dz_power[sz->l_max * sz->lv + v], a, ax, ay;
  for (int k = sz->l_max - 1; k >= 0; k--) {
    poly = poly * o->z + m->z_power[k * sz->lv + v];
    dpoly = dpoly * o->z + m->dz_power[k * sz->lv + v];
  }
  if (sz->l_max < 8) {
    a = pick(o->power, m->at_m + 8 * v), ax = pick(o->power, m->at_x + 8 * v), ay = pick(o->power, m->at_y + 8 * v);
  } else {
    for (int l = 0; l < 8; l++) {
      a[l] = o->power[m->at_m[8 * v + l]];
      ax[l] = o->power[m->at_x[8 * v + l]];
      ay[l] = o->power[m->at_y[8 * v + l]];
    }
  }
  *h = poly * a;
  *gx = poly * m->f_x[v] * ax;
  *gy = poly * m->f_y[v] * ay;
  *gz = dpoly * a;
}

/* Basis functions of the pairs of atom i.  They depend on no parameter, but computing them again is cheaper than 23 kB
 * an atom from memory. */
static inline __attribute__((always_inline)) void basis_of_atom(vt_train *t, const vt_train_frame *f, int i,
                                                                const sizes *sz)
{
  const vt__form *m = &t->form;
  const int n = f->first[i + 1] - f->first[i], a = f->type[i];
  const vt__pair *p = f->pair + f->first[i];
  for (int k = 0; k < n; k += 8) {
    const int some = n - k < 8 ? n - k : 8, near = f->angular[i] - k < some ? f->angular[i] - k : some;
    double rc[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (int l = 0; l < some; l++) rc[l] = 0.5 * (m->rc_radial[a] + m->rc_radial[p[k + l].type]);
    radial_functions(p + k, rc, some, sz->k_radial, sz->krv, t->radial_f + k * sz->krv, t->radial_df + k * sz->krv);
    if (near <= 0) continue;
    for (int l = 0; l < near; l++) rc[l] = 0.5 * (m->rc_angular[a] + m->rc_angular[p[k + l].type]);
    radial_functions(p + k, rc, near, sz->k_angular, sz->kav, t->angular_f + k * sz->kav, t->angular_df + k * sz->kav);
  }
}

/* ------------------------------------------------------------------ forward */

/* Blocks of a vector of channels to their places in a descriptor, and back.  A whole vector is read: what belongs to
 * others meets sums that are 0. */
static inline __attribute__((always_inline)) void put_blocks(const sizes *sz, const v8 *block, int v, double *q)
{
  const int n = sz->n_angular - 8 * v < 8 ? sz->n_angular - 8 * v : 8;
  for (int b = 0; b < sz->blocks; b++)
    memcpy(q + sz->n_radial + b * sz->n_angular + 8 * v, &block[b], (size_t)n * sizeof(double));
}
static inline __attribute__((always_inline)) void get_blocks(const sizes *sz, const double *d, int v, v8 *block)
{
  for (int b = 0; b < sz->blocks; b++) block[b] = load8(d + sz->n_radial + b * sz->n_angular + 8 * v);
}

static inline __attribute__((always_inline)) void clear_types(vt_train *t, const vt_train_frame *f, const sizes *sz)
{
  for (int x = 0; x < f->n_there; x++)
    for (int v = 0; v < 2 * sz->krv; v++) t->by_type[f->there[x] * 2 * sz->krv + v] = all(0);
}

/* sums[rv] = sum over the types of c f, f the sums of one half of by_type. */
static inline __attribute__((always_inline)) void radial_channels(const vt_train *t, const vt_train_frame *f,
                                                                  const sizes *sz, int a, int half, v8 *sums)
{
  const vt__form *m = &t->form;
  for (int c = 0; c < sz->rv; c++) {
    v8 sum = all(0);
    for (int x = 0; x < f->n_there; x++) {
      const int b = f->there[x];
      const v8 *w = t->numbers + t->at.c_radial + (ptrdiff_t)(a * m->nt + b) * sz->k_radial * sz->rv + c;
      const double *fk = (const double *)(t->by_type + b * 2 * sz->krv);
      if (fk[0] == 0) continue; /* f_0 is the switch: positive where there is a pair */
      fk += half * 8 * sz->krv;
      for (int k = 0; k < sz->k_radial; k++) sum += fk[k] * w[k * sz->rv];
    }
    sums[c] = sum;
  }
}

/* The descriptor of atom i and its sums over pairs; at: its first angular row. */
static inline __attribute__((always_inline)) void descriptor(vt_train *t, const vt_train_frame *f, int i, ptrdiff_t at,
                                                             const sizes *sz, v8 *q)
{
  const vt__form *m = &t->form;
  const int a = f->type[i], n = f->first[i + 1] - f->first[i], near = f->angular[i], krv = sz->krv;
  const vt__pair *p = f->pair + f->first[i];
  clear_types(t, f, sz);
  for (int k = 0; k < n; k++)
    for (int v = 0; v < krv; v++) t->by_type[p[k].type * 2 * krv + v] += t->radial_f[k * krv + v];
  for (int v = sz->rv; v < sz->dv; v++) q[v] = all(0);
  radial_channels(t, f, sz, a, 0, q);
  for (int k = 0; k < near; k++) {
    const v8 *w = t->numbers + t->at.c_angular + (ptrdiff_t)(a * m->nt + p[k].type) * sz->k_angular * sz->av;
    const double *fk = (const double *)(t->angular_f + k * sz->kav),
                 *dfk = (const double *)(t->angular_df + k * sz->kav);
    for (int v = 0; v < sz->av; v++) {
      v8 g = all(0), dg = all(0);
      for (int b = 0; b < sz->k_angular; b++) g += fk[b] * w[b * sz->av + v], dg += dfk[b] * w[b * sz->av + v];
      t->now.g[(at + k) * sz->av + v] = g;
      t->now.dg[(at + k) * sz->av + v] = dg;
    }
    const direction o = direction_of(sz, p + k);
    for (int v = 0; v < sz->lv; v++) {
      const int h = k * sz->lv + v;
      harmonics(m, &o, sz, v, t->h + h, t->hx + h, t->hy + h, t->hz + h);
    }
  }
  v8 *s = t->now.s + (ptrdiff_t)i * 8 * sz->lv * sz->av;
  products((const double *)(t->now.g + at * sz->av), 8 * sz->av, t->h, near, sz->n_angular, sz->lv, 0, t->z);
  rows_to_lanes(t->z, sz->n_angular, sz->lv, s);
  for (int v = 0; v < sz->av; v++) {
    v8 block[VT_NEP_MOST_L + VT_NEP_FLAGS];
    invariants(m, sz, s + v, block);
    put_blocks(sz, block, v, (double *)q);
  }
}

/* Energy of a site; its neurons into `neurons`, dU/dq into d. */
static inline __attribute__((always_inline)) double site(vt_train *t, int type, const sizes *sz, const v8 *q,
                                                         v8 *neurons, v8 *d)
{
  const vt__form *m = &t->form;
  const int net = m->version == 3 ? 0 : type;
  const v8 *base = t->numbers + t->at.net + (ptrdiff_t)net * (ptrdiff_t)t->at.net_size;
  const v8 *b0 = base + (ptrdiff_t)t->at.b0, *w1 = base + (ptrdiff_t)t->at.w1;
  v8 energy = all(0);
  matrix_rows((const double *)q, NULL, t->w0_t + (ptrdiff_t)net * sz->dim * sz->mv, sz->dim, sz->mv, neurons, NULL);
  for (int v = 0; v < sz->mv; v++) {
    neurons[v] = tanh_of(neurons[v] - b0[v]);
    energy += w1[v] * neurons[v];
    t->u[v] = w1[v] * (all(1.0) - neurons[v] * neurons[v]);
  }
  matrix_rows((const double *)t->u, NULL, base + (ptrdiff_t)t->at.w0, sz->neurons, sz->dv, d, NULL);
  return sum_of(energy) - base[t->at.type_bias][0] - t->numbers[t->at.bias][0];
}

/* dU/dr of each pair of atom i along r, radial part, into t->along. */
static inline __attribute__((always_inline)) void radial_slopes(vt_train *t, const vt_train_frame *f, int i,
                                                                const sizes *sz)
{
  const vt__form *m = &t->form;
  const int a = f->type[i], n = f->first[i + 1] - f->first[i], krv = sz->krv;
  const vt__pair *p = f->pair + f->first[i];
  const double *d = (const double *)t->d;
  v8 *slope = t->by_type + krv; /* sum_n D_n c_nk in the second half */
  for (int x = 0; x < f->n_there; x++) {
    const int b = f->there[x];
    if (t->by_type[b * 2 * krv][0] == 0) continue;
    for (int v = 0; v < krv; v++) {
      v8 sum = all(0);
      const v8 *c = t->c_radial_t + (ptrdiff_t)(a * m->nt + b) * sz->n_radial * krv + v;
      for (int k = 0; k < sz->n_radial; k++) sum += d[k] * c[k * krv];
      slope[b * 2 * krv + v] = sum;
    }
  }
  for (int k = 0; k < n; k += 8) {
    v8 r[8];
    for (int l = 0; l < 8; l++) {
      const int pair = k + l < n ? k + l : n - 1;
      r[l] = all(0);
      for (int v = 0; v < krv; v++) r[l] += slope[p[pair].type * 2 * krv + v] * t->radial_df[pair * krv + v];
    }
    store8(t->along + k, sums_of(r));
  }
}

/* Of one pair: dU/dh times the gradient of h (x, y, z), and dU/dr by its channels, before lanes are summed. */
static inline __attribute__((always_inline)) void angular_slopes(const vt_train *t, const v8 *z, int k, ptrdiff_t at,
                                                                 const sizes *sz, v8 out[4])
{
  const double *g = (const double *)(t->now.g + (at + k) * sz->av),
               *dg = (const double *)(t->now.dg + (at + k) * sz->av);
  for (int a = 0; a < 4; a++) out[a] = all(0);
  for (int v = 0; v < sz->lv; v++) {
    v8 s = all(0), ds = all(0);
    for (int c = 0; c < sz->n_angular; c++) s += g[c] * z[c * sz->lv + v], ds += dg[c] * z[c * sz->lv + v];
    out[0] += s * t->hx[k * sz->lv + v], out[1] += s * t->hy[k * sz->lv + v], out[2] += s * t->hz[k * sz->lv + v];
    out[3] += ds * t->h[k * sz->lv + v];
  }
}

/* Forces of the pairs of atom i: dU_i/dr_ij on i, its opposite on the neighbour; virial[3] rows. */
static inline __attribute__((always_inline)) void pair_forces(vt_train *t, const vt_train_frame *f, int i, ptrdiff_t at,
                                                              const sizes *sz, const v8 *z, v4 virial[3])
{
  const int n = f->first[i + 1] - f->first[i], near = f->angular[i];
  const vt__pair *p = f->pair + f->first[i];
  double *force = (double *)t->now.pad;
  v4 own = all4(0), w0 = virial[0], w1 = virial[1], w2 = virial[2];
  radial_slopes(t, f, i, sz);
  for (int k = 0; k < near; k += 2) {
    v8 two[8];
    angular_slopes(t, z, k, at, sz, two);
    angular_slopes(t, z, k + 1 < near ? k + 1 : k, at, sz, two + 4);
    store8(t->slopes + 4 * k, sums_of(two));
  }
  for (int k = 0; k < n; k++) {
    const v4 d = load4(p[k].d);
    const double per = 1 / p[k].r;
    double along = t->along[k];
    v4 x = all4(0);
    if (k < near) {
      x = load4(t->slopes + 4 * k);
      along += x[3] - (x[0] * d[0] + x[1] * d[1] + x[2] * d[2]) * per * per;
    }
    const v4 g = (along * d + x) * per;
    own += g;
    w0 -= p[k].d[0] * g, w1 -= p[k].d[1] * g, w2 -= p[k].d[2] * g;
    double *other = force + 4 * (ptrdiff_t)p[k].owner;
    store4(other, load4(other) - g);
  }
  store4(force + 4 * (ptrdiff_t)i, load4(force + 4 * (ptrdiff_t)i) + own);
  virial[0] = w0, virial[1] = w1, virial[2] = w2;
}

static inline __attribute__((always_inline)) void forward_with(vt_train *t, const vt_train_frame *f, const sizes *sz)
{
  const vt__form *m = &t->form;
  ptrdiff_t at = 0;
  v4 virial[3] = {all4(0), all4(0), all4(0)};
  t->energy = f->zbl_energy;
  for (int i = 0; i < f->n; i++) store4(t->now.pad[i], all4(0));
  for (int i = 0; i < f->n; at += f->angular[i], i++) {
    v8 *q = t->now.q + (ptrdiff_t)i * sz->dv, *s = t->now.s + (ptrdiff_t)i * 8 * sz->lv * sz->av;
    basis_of_atom(t, f, i, sz);
    descriptor(t, f, i, at, sz, q);
    t->energy += site(t, f->type[i], sz, q, t->now.t + (ptrdiff_t)i * sz->mv, t->d);
    for (int v = 0; v < sz->av; v++) {
      v8 block[VT_NEP_MOST_L + VT_NEP_FLAGS];
      get_blocks(sz, (const double *)t->d, v, block);
      invariants_back(m, sz, s + v, block, t->zt + v);
    }
    lanes_to_rows(t->zt, sz->n_angular, sz->lv, t->z);
    pair_forces(t, f, i, at, sz, t->z, virial);
  }
  for (int i = 0; i < f->n; i++)
    for (int a = 0; a < 3; a++) t->now.f[i][a] = f->zbl_f[i][a] + t->now.pad[i][a];
  for (int k = 0; k < 9; k++) t->virial[k] = f->zbl_virial[k] + virial[k / 3][k % 3];
}

/* ------------------------------------------------------------------ backward */

/* How the pairs of atom i change along the displacement: |r|' into along[]; h, h' and (dg r') by pair. */
static inline __attribute__((always_inline)) void displace(vt_train *t, const vt_train_frame *f, int i, ptrdiff_t at,
                                                           const sizes *sz, const v4 strain[3])
{
  const vt__form *m = &t->form;
  const int n = f->first[i + 1] - f->first[i];
  const vt__pair *p = f->pair + f->first[i];
  const v4 own = load4(t->now.pad[i]);
  for (int k = 0; k < n; k++) {
    const v4 d = load4(p[k].d);
    const v4 r1 = load4(t->now.pad[p[k].owner]) - own + strain[0] * d[0] + strain[1] * d[1] + strain[2] * d[2];
    const v4 x = r1 * d;
    const double along = (x[0] + x[1] + x[2]) / p[k].r;
    t->along[k] = along;
    if (k >= f->angular[i]) continue;
    const direction o = direction_of(sz, p + k);
    const v4 u = (r1 - d * (along * o.per)) * o.per; /* without its part along r, over r */
    for (int v = 0; v < sz->lv; v++) {
      v8 gx, gy, gz;
      harmonics(m, &o, sz, v, t->h + k * sz->lv + v, &gx, &gy, &gz);
      t->pair_h1[k * sz->lv + v] = gx * u[0] + gy * u[1] + gz * u[2];
    }
    for (int v = 0; v < sz->av; v++) t->pair_dg[k * sz->av + v] = t->now.dg[(at + k) * sz->av + v] * along;
  }
}

/* q' of atom i; S' into s1t, the sums of f_k and f_k' r' by type into by_type. */
static inline __attribute__((always_inline)) void change_of_descriptor(vt_train *t, const vt_train_frame *f, int i,
                                                                       ptrdiff_t at, const sizes *sz)
{
  const vt__form *m = &t->form;
  const int n = f->first[i + 1] - f->first[i], near = f->angular[i], krv = sz->krv;
  const vt__pair *p = f->pair + f->first[i];
  clear_types(t, f, sz);
  for (int k = 0; k < n; k++)
    for (int v = 0; v < krv; v++) {
      v8 *sums = t->by_type + p[k].type * 2 * krv + v;
      sums[0] += t->radial_f[k * krv + v];
      sums[krv] += t->along[k] * t->radial_df[k * krv + v];
    }
  for (int v = sz->rv; v < sz->dv; v++) t->q1[v] = all(0);
  radial_channels(t, f, sz, f->type[i], 1, t->q1);
  products((const double *)(t->now.g + at * sz->av), 8 * sz->av, t->pair_h1, near, sz->n_angular, sz->lv, 0, t->z);
  products((const double *)t->pair_dg, 8 * sz->av, t->h, near, sz->n_angular, sz->lv, 1, t->z);
  rows_to_lanes(t->z, sz->n_angular, sz->lv, t->s1t);
  const v8 *s = t->now.s + (ptrdiff_t)i * 8 * sz->lv * sz->av;
  for (int v = 0; v < sz->av; v++) {
    v8 block[VT_NEP_MOST_L + VT_NEP_FLAGS];
    change_of_invariants(m, sz, s + v, t->s1t + v, block);
    put_blocks(sz, block, v, (double *)t->q1);
  }
}

/* Back through the network of atom i: adds to its gradient, leaves d/dq in dq and d/dq' in dq1. */
static inline __attribute__((always_inline)) void back_through_net(vt_train *t, int type, int i, const sizes *sz,
                                                                   double a, v8 *restrict gradient)
{
  const vt__form *m = &t->form;
  const int net = m->version == 3 ? 0 : type;
  const ptrdiff_t base = (ptrdiff_t)t->at.net + (ptrdiff_t)net * (ptrdiff_t)t->at.net_size;
  const v8 *w0 = t->numbers + base + (ptrdiff_t)t->at.w0, *w1 = t->numbers + base + (ptrdiff_t)t->at.w1;
  const v8 *y = t->now.t + (ptrdiff_t)i * sz->mv, *q = t->now.q + (ptrdiff_t)i * sz->dv;
  v8 *g0 = gradient + base + (ptrdiff_t)t->at.w0, *gb = gradient + base + (ptrdiff_t)t->at.b0,
     *g1 = gradient + base + (ptrdiff_t)t->at.w1;
  matrix_rows((const double *)t->q1, NULL, t->w0_t + (ptrdiff_t)net * sz->dim * sz->mv, sz->dim, sz->mv, t->u,
              NULL); /* x' */
  for (int v = 0; v < sz->mv; v++) {
    const v8 slope = all(1.0) - y[v] * y[v], x1 = t->u[v];
    g1[v] += a * y[v] - slope * x1;
    t->du[v] = w1[v] * slope * (a + all(2.0) * y[v] * x1);
    t->du1[v] = -w1[v] * slope;
    gb[v] -= t->du[v];
  }
  const double *du = (const double *)t->du, *du1 = (const double *)t->du1;
  for (int r = 0; r < sz->neurons; r++)
    for (int v = 0; v < sz->dv; v++) g0[r * sz->dv + v] += du[r] * q[v] + du1[r] * t->q1[v];
  matrix_rows(du, du1, w0, sz->neurons, sz->dv, t->dq, t->dq1);
  gradient[base + (ptrdiff_t)t->at.type_bias][0] -= a;
  gradient[t->at.bias][0] -= a;
}

/* Of `some` pairs from k on: what their channels and the derivatives of these are multiplied by. */
enum { TOGETHER = 4 };
static inline __attribute__((always_inline)) void channels_of_pairs(const vt_train *t, int k, const sizes *sz, int v,
                                                                    v8 s[TOGETHER], v8 e[TOGETHER])
{
  const v8 *z = t->zt + v, *z1 = t->z1t + v;
  const double *h = (const double *)(t->h + k * sz->lv), *h1 = (const double *)(t->pair_h1 + k * sz->lv);
  v8 s1[TOGETHER];
  for (int p = 0; p < TOGETHER; p++) s[p] = s1[p] = e[p] = all(0);
  for (int l = 0; l < sz->n_lm; l++)
    for (int p = 0; p < TOGETHER; p++) {
      s[p] += h[p * 8 * sz->lv + l] * z[l * sz->av];
      s1[p] += h1[p * 8 * sz->lv + l] * z1[l * sz->av];
      e[p] += h[p * 8 * sz->lv + l] * z1[l * sz->av];
    }
  for (int p = 0; p < TOGETHER; p++) s[p] += s1[p], e[p] *= t->along[k + p];
}

static inline __attribute__((always_inline)) void back_to_coefficients(vt_train *t, const vt_train_frame *f, int i,
                                                                       const sizes *sz, v8 *restrict gradient)
{
  const vt__form *m = &t->form;
  const int a = f->type[i], near = f->angular[i], krv = sz->krv;
  const vt__pair *p = f->pair + f->first[i];
  for (int x = 0; x < f->n_there; x++) {
    const int b = f->there[x];
    if (t->by_type[b * 2 * krv][0] == 0) continue;
    v8 *g = gradient + t->at.c_radial + (ptrdiff_t)(a * m->nt + b) * sz->k_radial * sz->rv;
    const double *fk = (const double *)(t->by_type + b * 2 * krv), *fk1 = fk + 8 * krv;
    for (int k = 0; k < sz->k_radial; k++)
      for (int v = 0; v < sz->rv; v++) g[k * sz->rv + v] += fk[k] * t->dq[v] + fk1[k] * t->dq1[v];
  }
  for (int k = 0; k < near; k += TOGETHER)
    for (int v = 0; v < sz->av; v++) {
      v8 s[TOGETHER], e[TOGETHER];
      channels_of_pairs(t, k, sz, v, s, e);
      for (int l = 0; l < TOGETHER && k + l < near; l++) {
        const double *fk = (const double *)(t->angular_f + (k + l) * sz->kav),
                     *dfk = (const double *)(t->angular_df + (k + l) * sz->kav);
        v8 *g = gradient + t->at.c_angular + (ptrdiff_t)(a * m->nt + p[k + l].type) * sz->k_angular * sz->av + v;
        for (int b = 0; b < sz->k_angular; b++) g[b * sz->av] += fk[b] * s[l] + dfk[b] * e[l];
      }
    }
}

/* Behind the radial channels come the angular ones: the lanes of the last radial vector that are theirs do not count.
 */
static inline __attribute__((always_inline)) void radial_lanes_only(const sizes *sz, v8 *d)
{
  for (int l = sz->n_radial; l < 8 * sz->rv; l++) ((double *)d)[l] = 0;
}

static inline __attribute__((always_inline)) void backward_with(vt_train *t, const vt_train_frame *f, double d_energy,
                                                                const double (*u)[3], const double *strain,
                                                                const sizes *sz, v8 *gradient)
{
  const vt__form *m = &t->form;
  ptrdiff_t at = 0;
  v4 by[3]; /* r' = sum_b by[b] r_b */
  for (int b = 0; b < 3; b++) by[b] = (v4){strain[3 * b], strain[3 * b + 1], strain[3 * b + 2], 0};
  for (int i = 0; i < f->n; i++) store4(t->now.pad[i], (v4){u[i][0], u[i][1], u[i][2], 0});
  for (int i = 0; i < f->n; at += f->angular[i], i++) {
    const v8 *s = t->now.s + (ptrdiff_t)i * 8 * sz->lv * sz->av;
    basis_of_atom(t, f, i, sz);
    displace(t, f, i, at, sz, by);
    change_of_descriptor(t, f, i, at, sz);
    back_through_net(t, f->type[i], i, sz, d_energy, gradient);
    for (int v = 0; v < sz->av; v++) {
      v8 d[VT_NEP_MOST_L + VT_NEP_FLAGS], d1[VT_NEP_MOST_L + VT_NEP_FLAGS];
      get_blocks(sz, (const double *)t->dq, v, d);
      get_blocks(sz, (const double *)t->dq1, v, d1);
      invariants_back_change(m, sz, s + v, t->s1t + v, d, d1, t->zt + v, t->z1t + v);
    }
    radial_lanes_only(sz, t->dq);
    radial_lanes_only(sz, t->dq1);
    back_to_coefficients(t, f, i, sz, gradient);
  }
}

/* ------------------------------------------------------------------ the usual form with its sizes known */

static const sizes usual = {6, 5, 8, 8, 4, 6, 36, 50, 24, 1, 1, 1, 1, 3, 5, 7};

static inline __attribute__((always_inline)) sizes sizes_of(const vt__form *m)
{
  return (sizes){m->n_radial, m->n_angular, m->k_radial, m->k_angular, m->l_max, m->blocks, m->dim, m->neurons,
                 m->n_lm,     m->rv,        m->av,       m->krv,       m->kav,   m->lv,     m->dv,  m->mv};
}

static void forward(vt_train *t, const vt_train_frame *f)
{
  const sizes sz = sizes_of(&t->form);
  if (memcmp(&sz, &usual, sizeof sz) == 0)
    forward_with(t, f, &usual);
  else
    forward_with(t, f, &sz);
}

static void backward(vt_train *t, const vt_train_frame *f, double d_energy, const double (*d_force)[3],
                     const double d_virial[9], v8 *gradient)
{
  const sizes sz = sizes_of(&t->form);
  if (memcmp(&sz, &usual, sizeof sz) == 0)
    backward_with(t, f, d_energy, d_force, d_virial, &usual, gradient);
  else
    backward_with(t, f, d_energy, d_force, d_virial, &sz, gradient);
}

/* ------------------------------------------------------------------ matrices of any size, for bases.c */

typedef double v8_anywhere __attribute__((vector_size(64), aligned(8)));

/* `rows` rows of a product by `some` vectors of its columns; every element is summed over p in turn. */
static inline __attribute__((always_inline)) void product_tile(const vt__product *o, const double *a, const double *b,
                                                               double *out, const int rows, const int some)
{
  v8 sum[4][3];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < some; v++) sum[r][v] = all(0);
  for (ptrdiff_t p = 0; p < o->k; p++) {
    v8 x[3];
    for (int v = 0; v < some; v++) x[v] = *(const v8_anywhere *)(b + p * o->b_row + (ptrdiff_t)VT__LANES * v);
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < some; v++) sum[r][v] += a[r * o->a_row + p * o->a_col] * x[v];
  }
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < some; v++) *(v8_anywhere *)(out + r * o->out_row + (ptrdiff_t)VT__LANES * v) = sum[r][v];
}

static inline __attribute__((always_inline)) void product_columns(const vt__product *o, ptrdiff_t from, const int some)
{
  int i = 0;
  for (; i + 4 <= o->n; i += 4)
    product_tile(o, o->a + i * o->a_row, o->b + from, o->out + i * o->out_row + from, 4, some);
  for (; i < o->n; i++) product_tile(o, o->a + i * o->a_row, o->b + from, o->out + i * o->out_row + from, 1, some);
}

static void matrix_product(const vt__product *o)
{
  int left = (o->m + VT__LANES - 1) / VT__LANES;
  ptrdiff_t from = 0;
  for (; left >= 3; left -= 3, from += 3 * VT__LANES) product_columns(o, from, 3);
  if (left == 2) product_columns(o, from, 2);
  if (left == 1) product_columns(o, from, 1);
}

const vt__kernel_ops VT__KERNEL = {
    .name = VT__KERNEL_NAME, .forward = forward, .backward = backward, .product = matrix_product};
