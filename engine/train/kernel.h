/* kernel.h - the kernels, compiled once for each level of instructions: VT__KERNEL names the table it defines.
 *
 * THEORY T 17.  For atom i, with S the angular sums, q the descriptor, ' the change along a displacement r' of its
 * neighbours:  g_n = sum_k c f_k,  S = sum_j g h,  S' = sum_j (g h' + g' h),  U' = dU/dq . q'.  The gradient of
 * a U - U' runs back through both. */
#include <math.h>
#include <string.h>

#include "engine/train/train_impl.h"

typedef vt__v8 v8;
typedef long long v8i __attribute__((vector_size(64)));

static inline v8 all(double x) { return (v8){x, x, x, x, x, x, x, x}; }

static inline double sum_of(v8 a) { return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7])); }

/* ------------------------------------------------------------------ functions of a vector */

/* sin and cos of |y| <= pi/2 by Taylor's series: the first term left out is below 3e-16. */
static inline void sin_cos(v8 y, v8 *s, v8 *c)
{
  const v8 z = y * y;
  v8 a = all(1.0 / 51090942171709440000.0), b = all(-1.0 / 1124000727777607680000.0);
  static const double odd[] = {-1.0 / 121645100408832000.0,
                               1.0 / 355687428096000.0,
                               -1.0 / 1307674368000.0,
                               1.0 / 6227020800.0,
                               -1.0 / 39916800.0,
                               1.0 / 362880.0,
                               -1.0 / 5040.0,
                               1.0 / 120.0,
                               -1.0 / 6.0,
                               1.0};
  static const double even[] = {1.0 / 2432902008176640000.0,
                                -1.0 / 6402373705728000.0,
                                1.0 / 20922789888000.0,
                                -1.0 / 87178291200.0,
                                1.0 / 479001600.0,
                                -1.0 / 3628800.0,
                                1.0 / 40320.0,
                                -1.0 / 720.0,
                                1.0 / 24.0,
                                -0.5,
                                1.0};
  for (int k = 0; k < 10; k++) a = a * z + all(odd[k]);
  for (int k = 0; k < 11; k++) b = b * z + all(even[k]);
  *s = a * y;
  *c = b;
}

/* exp of |x| <= 80: 2^n exp(r), |r| <= ln 2 / 2, Taylor's series to r^13 / 13!. */
static inline v8 exp_of(v8 x)
{
  const v8 magic = all(6755399441055744.0); /* 1.5 2^52: adding it rounds to a whole number, in the low bits */
  const v8 m = x * all(1.4426950408889634074) + magic, n = m - magic;
  const v8 r = (x - n * all(6.93147180369123816490e-01)) - n * all(1.90821492927058770002e-10);
  static const double c[] = {
      1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
      1.0 / 120,       1.0 / 24,       1.0 / 6,       0.5,          1,           1};
  v8 p = all(1.0 / 6227020800.0);
  for (int k = 0; k < 13; k++) p = p * r + all(c[k]);
  const v8i two_to_n = ((v8i)m + 1023) << 52;
  return p * (v8)two_to_n;
}

static inline v8 tanh_of(v8 x)
{
  for (int l = 0; l < 8; l++) {
    x[l] = x[l] > 40 ? 40 : x[l];
    x[l] = x[l] < -40 ? -40 : x[l];
  }
  return all(1.0) - all(2.0) / (exp_of(x + x) + all(1.0));
}

/* ------------------------------------------------------------------ products */

/* out[rows][nv] (+)= sum_p a[p][row] b[p][nv]: a has `lda` doubles a row, b `nv` vectors. */
static inline void products(const double *restrict a, int lda, const v8 *restrict b, int n, int rows, int nv, int add,
                            v8 *restrict out)
{
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < nv; v += 3) {
      const int some = nv - v < 3 ? nv - v : 3;
      v8 s0 = {0}, s1 = {0}, s2 = {0};
      const double *x = a + r;
      const v8 *y = b + v;
      if (some == 3)
        for (int p = 0; p < n; p++, x += lda, y += nv) s0 += *x * y[0], s1 += *x * y[1], s2 += *x * y[2];
      else if (some == 2)
        for (int p = 0; p < n; p++, x += lda, y += nv) s0 += *x * y[0], s1 += *x * y[1];
      else
        for (int p = 0; p < n; p++, x += lda, y += nv) s0 += *x * y[0];
      v8 *o = out + (ptrdiff_t)r * nv + v;
      const v8 got[3] = {s0, s1, s2};
      for (int k = 0; k < some; k++) o[k] = add ? o[k] + got[k] : got[k];
    }
}

/* out[nv] = sum_r x[r] m[r][nv]. */
static inline void matrix_row(const double *restrict x, const v8 *restrict m, int rows, int nv, v8 *restrict out)
{
  for (int v = 0; v < nv; v += 4) {
    const int some = nv - v < 4 ? nv - v : 4;
    v8 s[4] = {{0}, {0}, {0}, {0}};
    const v8 *y = m + v;
    if (some == 4)
      for (int r = 0; r < rows; r++, y += nv)
        s[0] += x[r] * y[0], s[1] += x[r] * y[1], s[2] += x[r] * y[2], s[3] += x[r] * y[3];
    else if (some == 3)
      for (int r = 0; r < rows; r++, y += nv) s[0] += x[r] * y[0], s[1] += x[r] * y[1], s[2] += x[r] * y[2];
    else
      for (int r = 0; r < rows; r++, y += nv)
        for (int k = 0; k < some; k++) s[k] += x[r] * y[k];
    for (int k = 0; k < some; k++) out[v + k] = s[k];
  }
}

/* ------------------------------------------------------------------ basis */

/* f_k and f_k' of up to 8 pairs into f[pair][kv], df[pair][kv]. */
static inline void radial_functions(const vt__pair *p, const double *rc, int some, int n, int kv, v8 *f, v8 *df)
{
  v8 r = all(1.0), per = all(1.0), s, c;
  for (int k = 0; k < some; k++) r[k] = p[k].r, per[k] = 1 / rc[k];
  v8 x = r * per, in = all(1.0);
  for (int l = 0; l < 8; l++)
    if (x[l] >= 1) x[l] = 1, in[l] = 0;
  const double pi = 3.14159265358979323846;
  sin_cos(all(pi) * (all(0.5) - x), &s, &c); /* cos(pi x), sin(pi x) */
  const v8 fc = all(0.5) * (all(1.0) + s), dfc = all(-0.5 * pi) * per * c, u = all(1.0) - r * per;
  v8 t = all(1.0), dt = all(0.0), t1 = u, dt1 = all(1.0);
  for (int k = 0; k < n; k++) {
    const v8 fk = in * (t * t * fc), dfk = in * (t * t * dfc - all(2.0) * t * dt * per * fc);
    for (int l = 0; l < some; l++) {
      ((double *)(f + (ptrdiff_t)l * kv))[k] = fk[l];
      ((double *)(df + (ptrdiff_t)l * kv))[k] = dfk[l];
    }
    const v8 t2 = all(2.0) * u * t1 - t, dt2 = all(2.0) * (t1 + u * dt1) - dt;
    t = t1, dt = dt1, t1 = t2, dt1 = dt2;
  }
}

/* Harmonics of one pair and their gradient, without its part along r, over r. */
static inline void harmonics(const vt__form *m, const vt__pair *p, int lv, v8 *h, v8 *hx, v8 *hy, v8 *hz)
{
  const double per = 1 / p->r, x = p->d[0] * per, y = p->d[1] * per, z = p->d[2] * per;
  double power[2 * (VT_NEP_MOST_L + 1)] = {1, 0};
  for (int k = 1; k <= m->l_max; k++) {
    power[2 * k] = power[2 * k - 2] * x - power[2 * k - 1] * y;
    power[2 * k + 1] = power[2 * k - 2] * y + power[2 * k - 1] * x;
  }
  for (int v = 0; v < lv; v++) {
    v8 poly = m->z_power[m->l_max * lv + v], dpoly = m->dz_power[m->l_max * lv + v], a, ax, ay;
    for (int k = m->l_max - 1; k >= 0; k--) {
      poly = poly * z + m->z_power[k * lv + v];
      dpoly = dpoly * z + m->dz_power[k * lv + v];
    }
    for (int l = 0; l < 8; l++) {
      a[l] = power[m->at_m[8 * v + l]];
      ax[l] = power[m->at_x[8 * v + l]];
      ay[l] = power[m->at_y[8 * v + l]];
    }
    const v8 gx = poly * m->f_x[v] * ax, gy = poly * m->f_y[v] * ay, gz = dpoly * a;
    const v8 along = gx * x + gy * y + gz * z;
    h[v] = poly * a;
    hx[v] = (gx - along * x) * per;
    hy[v] = (gy - along * y) * per;
    hz[v] = (gz - along * z) * per;
  }
}

/* Basis functions and harmonics of the pairs of atom i.  They depend on no parameter, but computing them again is cheaper
 * than 20 kB an atom from memory. */
static inline void basis_of_atom(vt_train *t, const vt_train_frame *f, int i, int lv)
{
  const vt__form *m = &t->form;
  const int n = f->first[i + 1] - f->first[i], a = f->type[i];
  const vt__pair *p = f->pair + f->first[i];
  for (int k = 0; k < n; k += 8) {
    const int some = n - k < 8 ? n - k : 8, near = f->angular[i] - k < some ? f->angular[i] - k : some;
    double rc[8];
    for (int l = 0; l < some; l++) rc[l] = 0.5 * (m->rc_radial[a] + m->rc_radial[p[k + l].type]);
    radial_functions(p + k, rc, some, m->k_radial, m->krv, t->radial_f + k * m->krv, t->radial_df + k * m->krv);
    if (near <= 0) continue;
    for (int l = 0; l < near; l++) rc[l] = 0.5 * (m->rc_angular[a] + m->rc_angular[p[k + l].type]);
    radial_functions(p + k, rc, near, m->k_angular, m->kav, t->angular_f + k * m->kav, t->angular_df + k * m->kav);
    for (int l = k; l < k + near; l++)
      harmonics(m, p + l, lv, t->h + l * lv, t->hx + l * lv, t->hy + l * lv, t->hz + l * lv);
  }
}

/* ------------------------------------------------------------------ invariants (the cubic ones: engine/nep) */

/* The places of d[block] of each harmonic's l along the lanes. */
static inline void along_l(const vt__form *m, const double *d, int lv, v8 *out)
{
  double *o = (double *)out;
  for (int l = 1, k = 0; l <= m->l_max; l++)
    for (int c = 0; c < 2 * l + 1; c++) o[k++] = d[l - 1];
  for (int k = m->n_lm; k < 8 * lv; k++) o[k] = 0;
}

/* q (with s = s1 = S) or q' / 2 (S, S') of the three-body invariants of one channel. */
static inline void three_body(const vt__form *m, const v8 *s, const v8 *s1, int lv, double *q)
{
  v8 w[(VT_NEP_HARMONICS + 7) / 8];
  for (int v = 0; v < lv; v++) w[v] = m->weight[v] * s[v] * s1[v];
  const double *x = (const double *)w;
  for (int l = 1, k = 0; l <= m->l_max; l++) {
    double sum = 0;
    for (int c = 0; c < 2 * l + 1; c++) sum += x[k++];
    q[l - 1] = sum;
  }
}

/* ------------------------------------------------------------------ forward */

/* The descriptor of atom i, its sums over pairs; *at: its first angular row. */
static inline void descriptor(vt_train *t, const vt_train_frame *f, int i, ptrdiff_t at, int lv, int n_angular, v8 *q)
{
  const vt__form *m = &t->form;
  const int a = f->type[i], n = f->first[i + 1] - f->first[i], near = f->angular[i], krv = m->krv, av = m->av;
  const vt__pair *p = f->pair + f->first[i];
  const v8 *rf = t->radial_f;
  double *x = (double *)q;
  for (int b = 0; b < m->nt * 2 * krv; b++) t->by_type[b] = all(0);
  for (int k = 0; k < n; k++)
    for (int v = 0; v < krv; v++) t->by_type[p[k].type * 2 * krv + v] += rf[k * krv + v];
  for (int v = 0; v < m->dv; v++) q[v] = all(0);
  for (int c = 0; c < m->rv; c++) {
    v8 sum = all(0);
    for (int b = 0; b < m->nt; b++) {
      const v8 *w = t->numbers + t->at.c_radial + (ptrdiff_t)(a * m->nt + b) * m->k_radial * m->rv + c;
      const double *fk = (const double *)(t->by_type + b * 2 * krv);
      if (fk[0] == 0) continue; /* f_0 is the switch: positive where there is a pair */
      for (int k = 0; k < m->k_radial; k++) sum += fk[k] * w[k * m->rv];
    }
    for (int l = 0; l < 8 && 8 * c + l < m->n_radial; l++) x[8 * c + l] = sum[l];
  }
  for (int k = 0; k < near; k++) {
    const v8 *w = t->numbers + t->at.c_angular + (ptrdiff_t)(a * m->nt + p[k].type) * m->k_angular * av;
    const double *fk = (const double *)(t->angular_f + k * m->kav),
                 *dfk = (const double *)(t->angular_df + k * m->kav);
    for (int v = 0; v < av; v++) {
      v8 g = all(0), dg = all(0);
      for (int b = 0; b < m->k_angular; b++) g += fk[b] * w[b * av + v], dg += dfk[b] * w[b * av + v];
      t->now.g[(at + k) * av + v] = g;
      t->now.dg[(at + k) * av + v] = dg;
    }
  }
  v8 *s = t->now.s + (ptrdiff_t)i * n_angular * lv;
  products((const double *)(t->now.g + at * av), 8 * av, t->h, near, n_angular, lv, 0, s);
  for (int c = 0; c < n_angular; c++) {
    double block[VT_NEP_MOST_L + VT_NEP_FLAGS];
    three_body(m, s + c * lv, s + c * lv, lv, block);
    vt_nep_cubic(m->flag, m->l_max, (const double *)(s + c * lv), block);
    for (int b = 0; b < m->blocks; b++) x[m->n_radial + b * n_angular + c] = block[b];
  }
}

/* Energy of a site; its neurons into `tanh`, dU/dq into d. */
static inline double site(vt_train *t, int type, const v8 *q, v8 *neurons, v8 *d)
{
  const vt__form *m = &t->form;
  const int net = m->version == 3 ? 0 : type;
  const v8 *base = t->numbers + t->at.net + (ptrdiff_t)net * (ptrdiff_t)t->at.net_size;
  const v8 *b0 = base + (ptrdiff_t)t->at.b0, *w1 = base + (ptrdiff_t)t->at.w1;
  v8 energy = all(0);
  matrix_row((const double *)q, t->w0_t + (ptrdiff_t)net * m->dim * m->mv, m->dim, m->mv, neurons);
  for (int v = 0; v < m->mv; v++) {
    neurons[v] = tanh_of(neurons[v] - b0[v]);
    energy += w1[v] * neurons[v];
    t->u[v] = w1[v] * (all(1.0) - neurons[v] * neurons[v]);
  }
  matrix_row((const double *)t->u, base + (ptrdiff_t)t->at.w0, m->neurons, m->dv, d);
  return sum_of(energy) - base[t->at.type_bias][0] - t->numbers[t->at.bias][0];
}

/* dU/dS of all channels of an atom from dU/dq. */
static inline void back_to_sums(const vt_train *t, const v8 *s, const v8 *d, int lv, int n_angular, v8 *z)
{
  const vt__form *m = &t->form;
  const double *x = (const double *)d + m->n_radial;
  for (int c = 0; c < n_angular; c++) {
    double block[VT_NEP_MOST_L + VT_NEP_FLAGS];
    v8 dl[(VT_NEP_HARMONICS + 7) / 8];
    for (int b = 0; b < m->blocks; b++) block[b] = x[b * n_angular + c];
    vt_nep_fold_1111(m->flag, m->l_max, (const double *)(s + c * lv), block);
    along_l(m, block, lv, dl);
    for (int v = 0; v < lv; v++) z[c * lv + v] = all(2.0) * m->weight[v] * dl[v] * s[c * lv + v];
    vt_nep_cubic_back(m->flag, m->l_max, (const double *)(s + c * lv), block, (double *)(z + c * lv));
  }
}

static inline void add_pair(vt_train *t, const vt__pair *p, int i, const double f[3])
{
  for (int a = 0; a < 3; a++) {
    t->now.f[i][a] += f[a];
    t->now.f[p->owner][a] -= f[a];
    for (int b = 0; b < 3; b++) t->virial[3 * a + b] -= p->d[a] * f[b];
  }
}

/* Forces of the pairs of atom i: dU_i/dr_ij on i, its opposite on the neighbour. */
static inline void pair_forces(vt_train *t, const vt_train_frame *f, int i, ptrdiff_t at, int lv, int n_angular,
                               const v8 *z)
{
  const vt__form *m = &t->form;
  const int a = f->type[i], n = f->first[i + 1] - f->first[i], near = f->angular[i], krv = m->krv, av = m->av;
  const vt__pair *p = f->pair + f->first[i];
  const double *d = (const double *)t->d;
  const v8 *rdf = t->radial_df;
  v8 *slope = t->by_type; /* [nt][2 krv]: sum_n D_n c_nk in the second half */
  for (int b = 0; b < m->nt; b++) {
    if (slope[b * 2 * krv][0] == 0) continue;
    for (int v = 0; v < krv; v++) {
      v8 sum = all(0);
      const v8 *c = t->c_radial_t + (ptrdiff_t)(a * m->nt + b) * m->n_radial * krv + v;
      for (int k = 0; k < m->n_radial; k++) sum += d[k] * c[k * krv];
      slope[b * 2 * krv + krv + v] = sum;
    }
  }
  for (int k = 0; k < n; k++) {
    v8 r = all(0), x = all(0), y = all(0), w = all(0);
    for (int v = 0; v < krv; v++) r += slope[p[k].type * 2 * krv + krv + v] * rdf[k * krv + v];
    if (k < near) {
      const double *g = (const double *)(t->now.g + (at + k) * av), *dg = (const double *)(t->now.dg + (at + k) * av);
      const int row = k * lv;
      for (int v = 0; v < lv; v++) {
        v8 s = all(0), ds = all(0);
        for (int c = 0; c < n_angular; c++) s += g[c] * z[c * lv + v], ds += dg[c] * z[c * lv + v];
        r += ds * t->h[row + v];
        x += s * t->hx[row + v], y += s * t->hy[row + v], w += s * t->hz[row + v];
      }
    }
    const double along = sum_of(r) / p[k].r;
    const double force[3] = {along * p[k].d[0] + sum_of(x), along * p[k].d[1] + sum_of(y),
                             along * p[k].d[2] + sum_of(w)};
    add_pair(t, p + k, i, force);
  }
}

static inline __attribute__((always_inline)) void forward_with(vt_train *t, const vt_train_frame *f, int lv,
                                                               int n_angular)
{
  const vt__form *m = &t->form;
  ptrdiff_t at = 0;
  t->energy = f->zbl_energy;
  memcpy(t->virial, f->zbl_virial, sizeof t->virial);
  memcpy(t->now.f, f->zbl_f, (size_t)f->n * sizeof *t->now.f);
  for (int i = 0; i < f->n; at += f->angular[i], i++) {
    v8 *q = t->now.q + (ptrdiff_t)i * m->dv, *d = t->d;
    basis_of_atom(t, f, i, lv);
    descriptor(t, f, i, at, lv, n_angular, q);
    t->energy += site(t, f->type[i], q, t->now.t + (ptrdiff_t)i * m->mv, d);
    back_to_sums(t, t->now.s + (ptrdiff_t)i * n_angular * lv, d, lv, n_angular, t->z);
    pair_forces(t, f, i, at, lv, n_angular, t->z);
  }
}

/* ------------------------------------------------------------------ backward */

/* How the pairs of atom i change along the displacement: |r|' into along[], h' and (dg r') by pair. */
static inline void displace(vt_train *t, const vt_train_frame *f, int i, ptrdiff_t at, int lv, const double (*u)[3],
                            const double *strain, double *along)
{
  const vt__form *m = &t->form;
  const int n = f->first[i + 1] - f->first[i];
  const vt__pair *p = f->pair + f->first[i];
  for (int k = 0; k < n; k++) {
    double r1[3];
    for (int a = 0; a < 3; a++)
      r1[a] =
          u[p[k].owner][a] - u[i][a] + strain[a] * p[k].d[0] + strain[3 + a] * p[k].d[1] + strain[6 + a] * p[k].d[2];
    along[k] = (r1[0] * p[k].d[0] + r1[1] * p[k].d[1] + r1[2] * p[k].d[2]) / p[k].r;
    if (k >= f->angular[i]) continue;
    const int row = k * lv;
    for (int v = 0; v < lv; v++)
      t->pair_h1[k * lv + v] = t->hx[row + v] * r1[0] + t->hy[row + v] * r1[1] + t->hz[row + v] * r1[2];
    for (int v = 0; v < m->av; v++) t->pair_dg[k * m->av + v] = t->now.dg[(at + k) * m->av + v] * along[k];
  }
}

/* q' of atom i; S' into s1, the sums of f_k and f_k' r' by type into by_type. */
static inline void change_of_descriptor(vt_train *t, const vt_train_frame *f, int i, ptrdiff_t at, int lv,
                                        int n_angular, const double *along)
{
  const vt__form *m = &t->form;
  const int a = f->type[i], n = f->first[i + 1] - f->first[i], near = f->angular[i], krv = m->krv, av = m->av;
  const vt__pair *p = f->pair + f->first[i];
  const v8 *rf = t->radial_f, *rdf = t->radial_df;
  double *x = (double *)t->q1;
  for (int b = 0; b < m->nt * 2 * krv; b++) t->by_type[b] = all(0);
  for (int k = 0; k < n; k++)
    for (int v = 0; v < krv; v++) {
      t->by_type[p[k].type * 2 * krv + v] += rf[k * krv + v];
      t->by_type[p[k].type * 2 * krv + krv + v] += along[k] * rdf[k * krv + v];
    }
  for (int v = 0; v < m->dv; v++) t->q1[v] = all(0);
  for (int c = 0; c < m->rv; c++) {
    v8 sum = all(0);
    for (int b = 0; b < m->nt; b++) {
      const v8 *w = t->numbers + t->at.c_radial + (ptrdiff_t)(a * m->nt + b) * m->k_radial * m->rv + c;
      if (t->by_type[b * 2 * krv][0] == 0) continue;
      const double *fk = (const double *)(t->by_type + b * 2 * krv + krv);
      for (int k = 0; k < m->k_radial; k++) sum += fk[k] * w[k * m->rv];
    }
    for (int l = 0; l < 8 && 8 * c + l < m->n_radial; l++) x[8 * c + l] = sum[l];
  }
  products((const double *)(t->now.g + at * av), 8 * av, t->pair_h1, near, n_angular, lv, 0, t->s1);
  products((const double *)t->pair_dg, 8 * av, t->h, near, n_angular, lv, 1, t->s1);
  const v8 *s = t->now.s + (ptrdiff_t)i * n_angular * lv;
  for (int c = 0; c < n_angular; c++) {
    double block[VT_NEP_MOST_L + VT_NEP_FLAGS];
    three_body(m, s + c * lv, t->s1 + c * lv, lv, block);
    for (int b = 0; b < m->l_max; b++) block[b] *= 2;
    vt_nep_cubic_change(m->flag, m->l_max, (const double *)(s + c * lv), (const double *)(t->s1 + c * lv), block);
    for (int b = 0; b < m->blocks; b++) x[m->n_radial + b * n_angular + c] = block[b];
  }
}

/* Back through the network of atom i: adds to its gradient, leaves d/dq in dq and d/dq' in dq1. */
static inline void back_through_net(vt_train *t, int type, int i, double a, v8 *gradient)
{
  const vt__form *m = &t->form;
  const int net = m->version == 3 ? 0 : type;
  const ptrdiff_t base = (ptrdiff_t)t->at.net + (ptrdiff_t)net * (ptrdiff_t)t->at.net_size;
  const v8 *w0 = t->numbers + base + (ptrdiff_t)t->at.w0, *w1 = t->numbers + base + (ptrdiff_t)t->at.w1;
  const v8 *y = t->now.t + (ptrdiff_t)i * m->mv, *q = t->now.q + (ptrdiff_t)i * m->dv;
  v8 *g0 = gradient + base + (ptrdiff_t)t->at.w0, *gb = gradient + base + (ptrdiff_t)t->at.b0,
     *g1 = gradient + base + (ptrdiff_t)t->at.w1;
  matrix_row((const double *)t->q1, t->w0_t + (ptrdiff_t)net * m->dim * m->mv, m->dim, m->mv, t->u); /* x' */
  for (int v = 0; v < m->mv; v++) {
    const v8 slope = all(1.0) - y[v] * y[v], x1 = t->u[v];
    g1[v] += a * y[v] - slope * x1;
    t->du[v] = w1[v] * slope * (a + all(2.0) * y[v] * x1);
    t->du1[v] = -w1[v] * slope;
    gb[v] -= t->du[v];
  }
  const double *du = (const double *)t->du, *du1 = (const double *)t->du1;
  for (int r = 0; r < m->neurons; r++)
    for (int v = 0; v < m->dv; v++) g0[r * m->dv + v] += du[r] * q[v] + du1[r] * t->q1[v];
  matrix_row(du, w0, m->neurons, m->dv, t->dq);
  matrix_row(du1, w0, m->neurons, m->dv, t->dq1);
  gradient[base + (ptrdiff_t)t->at.type_bias][0] -= a;
  gradient[t->at.bias][0] -= a;
}

/* d/dS and d/dS' of all channels, into z and z1. */
static inline void back_to_both_sums(vt_train *t, int i, int lv, int n_angular)
{
  const vt__form *m = &t->form;
  const double *x = (const double *)t->dq + m->n_radial, *x1 = (const double *)t->dq1 + m->n_radial;
  const v8 *s = t->now.s + (ptrdiff_t)i * n_angular * lv;
  for (int c = 0; c < n_angular; c++) {
    double d[VT_NEP_MOST_L + VT_NEP_FLAGS], d1[VT_NEP_MOST_L + VT_NEP_FLAGS];
    v8 dl[(VT_NEP_HARMONICS + 7) / 8], dl1[(VT_NEP_HARMONICS + 7) / 8];
    const double *sc = (const double *)(s + c * lv), *sc1 = (const double *)(t->s1 + c * lv);
    for (int b = 0; b < m->blocks; b++) d[b] = x[b * n_angular + c], d1[b] = x1[b * n_angular + c];
    vt_nep_fold_1111_change(m->flag, m->l_max, sc, sc1, d, d1);
    along_l(m, d, lv, dl);
    along_l(m, d1, lv, dl1);
    for (int v = 0; v < lv; v++) {
      const v8 w = all(2.0) * m->weight[v];
      t->z[c * lv + v] = w * (dl[v] * s[c * lv + v] + dl1[v] * t->s1[c * lv + v]);
      t->z1[c * lv + v] = w * dl1[v] * s[c * lv + v];
    }
    vt_nep_cubic_back_change(m->flag, m->l_max, sc, sc1, d, d1, (double *)(t->z + c * lv), (double *)(t->z1 + c * lv));
  }
}

/* Channels along the lanes. */
static inline void turned(const v8 *z, int n_angular, int n_lm, int lv, int av, v8 *out)
{
  for (int k = 0; k < n_lm * av; k++) out[k] = all(0);
  for (int c = 0; c < n_angular; c++)
    for (int k = 0; k < n_lm; k++) ((double *)(out + k * av))[c] = ((const double *)(z + c * lv))[k];
}

static inline void back_to_coefficients(vt_train *t, const vt_train_frame *f, int i, int lv, int n_angular,
                                        const double *along, v8 *gradient)
{
  const vt__form *m = &t->form;
  const int a = f->type[i], near = f->angular[i], krv = m->krv, av = m->av;
  const vt__pair *p = f->pair + f->first[i];
  for (int b = 0; b < m->nt; b++) {
    if (t->by_type[b * 2 * krv][0] == 0) continue;
    v8 *g = gradient + t->at.c_radial + (ptrdiff_t)(a * m->nt + b) * m->k_radial * m->rv;
    const double *fk = (const double *)(t->by_type + b * 2 * krv), *fk1 = fk + 8 * krv;
    for (int k = 0; k < m->k_radial; k++)
      for (int v = 0; v < m->rv; v++) g[k * m->rv + v] += fk[k] * t->dq[v] + fk1[k] * t->dq1[v];
  }
  turned(t->z, n_angular, m->n_lm, lv, av, t->zt);
  turned(t->z1, n_angular, m->n_lm, lv, av, t->z1t);
  for (int k = 0; k < near; k++) {
    const double *h = (const double *)(t->h + k * lv), *h1 = (const double *)(t->pair_h1 + k * lv);
    const double *fk = (const double *)(t->angular_f + k * m->kav),
                 *dfk = (const double *)(t->angular_df + k * m->kav);
    v8 *g = gradient + t->at.c_angular + (ptrdiff_t)(a * m->nt + p[k].type) * m->k_angular * av;
    for (int v = 0; v < av; v++) {
      v8 s0 = all(0), s1 = all(0), s2 = all(0), e0 = all(0), e1 = all(0);
      int l = 0;
      for (; l + 1 < m->n_lm; l += 2) {
        s0 += h[l] * t->zt[l * av + v], s1 += h[l + 1] * t->zt[(l + 1) * av + v];
        e0 += h[l] * t->z1t[l * av + v], e1 += h[l + 1] * t->z1t[(l + 1) * av + v];
        s2 += h1[l] * t->z1t[l * av + v], s0 += h1[l + 1] * t->z1t[(l + 1) * av + v];
      }
      for (; l < m->n_lm; l++)
        s0 += h[l] * t->zt[l * av + v], e0 += h[l] * t->z1t[l * av + v], s2 += h1[l] * t->z1t[l * av + v];
      const v8 s = s0 + s1 + s2, e = (e0 + e1) * along[k];
      for (int b = 0; b < m->k_angular; b++) g[b * av + v] += fk[b] * s + dfk[b] * e;
    }
  }
}

/* Behind the radial channels come the angular ones: the lanes of the last radial vector that are theirs do not count.
 */
static inline void radial_lanes_only(const vt__form *m, v8 *d)
{
  for (int l = m->n_radial; l < 8 * m->rv; l++) ((double *)d)[l] = 0;
}

static inline __attribute__((always_inline)) void backward_with(vt_train *t, const vt_train_frame *f, double d_energy,
                                                                const double (*u)[3], const double *strain, int lv,
                                                                int n_angular, v8 *gradient)
{
  const vt__form *m = &t->form;
  ptrdiff_t at = 0;
  for (int i = 0; i < f->n; at += f->angular[i], i++) {
    basis_of_atom(t, f, i, lv);
    displace(t, f, i, at, lv, u, strain, t->along);
    change_of_descriptor(t, f, i, at, lv, n_angular, t->along);
    back_through_net(t, f->type[i], i, d_energy, gradient);
    back_to_both_sums(t, i, lv, n_angular);
    radial_lanes_only(m, t->dq);
    radial_lanes_only(m, t->dq1);
    back_to_coefficients(t, f, i, lv, n_angular, t->along, gradient);
  }
}

/* ------------------------------------------------------------------ the usual forms with their sizes known */

static void forward(vt_train *t, const vt_train_frame *f)
{
  if (t->form.lv == 3 && t->form.n_angular == 5)
    forward_with(t, f, 3, 5);
  else
    forward_with(t, f, t->form.lv, t->form.n_angular);
}

static void backward(vt_train *t, const vt_train_frame *f, double d_energy, const double (*d_force)[3],
                     const double d_virial[9], v8 *gradient)
{
  if (t->form.lv == 3 && t->form.n_angular == 5)
    backward_with(t, f, d_energy, d_force, d_virial, 3, 5, gradient);
  else
    backward_with(t, f, d_energy, d_force, d_virial, t->form.lv, t->form.n_angular, gradient);
}

/* ------------------------------------------------------------------ matrices of any size, for bases.c */

static void matrix_product(const double *restrict a, const double *restrict b, int n, int k, int m,
                           double *restrict out)
{
  memset(out, 0, (size_t)n * (size_t)m * sizeof *out);
  for (int i = 0; i < n; i++)
    for (int p = 0; p < k; p++) {
      const double x = a[i * k + p];
      for (int j = 0; j < m; j++) out[i * m + j] += x * b[p * m + j];
    }
}

static void turned_product(const double *restrict a, const double *restrict b, int n, int k, int m,
                           double *restrict out)
{
  memset(out, 0, (size_t)n * (size_t)m * sizeof *out);
  for (int p = 0; p < k; p++)
    for (int i = 0; i < n; i++) {
      const double x = a[p * n + i];
      for (int j = 0; j < m; j++) out[i * m + j] += x * b[p * m + j];
    }
}

const vt__kernel_ops VT__KERNEL = {.name = VT__KERNEL_NAME,
                                   .forward = forward,
                                   .backward = backward,
                                   .product = matrix_product,
                                   .turned_product = turned_product};
