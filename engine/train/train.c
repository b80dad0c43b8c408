/* train.c - the numbers of a model as the kernels want them, and room for a frame. */
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/train/train_impl.h"

static int vectors(int n) { return (n + VT__LANES - 1) / VT__LANES; }

/* ------------------------------------------------------------------ the form */

static void describe(vt__form *f, const vt_nep_model *m)
{
  *f = (vt__form){.nt = m->n_types,
                  .n_radial = m->n_radial,
                  .n_angular = m->n_angular,
                  .k_radial = m->k_radial,
                  .k_angular = m->k_angular,
                  .l_max = m->l_max,
                  .blocks = m->n_blocks,
                  .dim = m->dim,
                  .neurons = m->neurons,
                  .version = m->version,
                  .n_lm = m->l_max * (m->l_max + 2)};
  f->rv = vectors(m->n_radial), f->av = vectors(m->n_angular);
  f->krv = vectors(m->k_radial), f->kav = vectors(m->k_angular);
  f->lv = vectors(f->n_lm), f->dv = vectors(m->dim), f->mv = vectors(m->neurons);
  memcpy(f->flag, m->flag, sizeof f->flag);
  memcpy(f->rc_radial, m->rc_radial, sizeof f->rc_radial);
  memcpy(f->rc_angular, m->rc_angular, sizeof f->rc_angular);
}

static vt_status room_for_harmonics(vt__form *f, vt_err *err)
{
  const size_t lv = (size_t)f->lv, powers = (size_t)(f->l_max + 1) * lv;
  VT_PASS(VT_NEW(f->z_power, powers, err));
  VT_PASS(VT_NEW(f->dz_power, powers, err));
  VT_PASS(VT_NEW(f->at_m, 8 * lv, err));
  VT_PASS(VT_NEW(f->at_x, 8 * lv, err));
  VT_PASS(VT_NEW(f->at_y, 8 * lv, err));
  VT_PASS(VT_NEW(f->f_x, lv, err));
  VT_PASS(VT_NEW(f->f_y, lv, err));
  VT_PASS(VT_NEW(f->weight, lv, err));
  return VT_OK;
}

/* One harmonic p_lm(z) Re or Im (x + iy)^m: d/dx of Re is m Re_(m-1), of Im m Im_(m-1); d/dy is -m Im_(m-1) and m
 * Re_(m-1). */
static void harmonic(vt__form *f, int at, int l, int m, int imaginary)
{
  double c[VT_NEP_MOST_L + 1];
  vt_nep_legendre(l, m, c);
  for (int k = 0; k <= f->l_max; k++) {
    ((double *)(f->z_power + (ptrdiff_t)k * f->lv))[at] = c[k];
    ((double *)(f->dz_power + (ptrdiff_t)k * f->lv))[at] = k < f->l_max ? (k + 1) * c[k + 1] : 0;
  }
  const int below = m > 0 ? 2 * (m - 1) : 0;
  f->at_m[at] = 2 * m + imaginary;
  f->at_x[at] = below + imaginary;
  f->at_y[at] = below + !imaginary;
  ((double *)f->f_x)[at] = m;
  ((double *)f->f_y)[at] = imaginary ? m : -m;
  ((double *)f->weight)[at] = (m > 0 ? 2 : 1) * vt_nep_c3[l][m];
}

static void list_harmonics(vt__form *f)
{
  for (int l = 1, at = 0; l <= f->l_max; l++) {
    harmonic(f, at++, l, 0, 0);
    for (int m = 1; m <= l; m++) {
      harmonic(f, at++, l, m, 0);
      harmonic(f, at++, l, m, 1);
    }
  }
}

/* ------------------------------------------------------------------ the numbers */

static vt__layout_of layout_of(const vt__form *f)
{
  vt__layout_of a = {0};
  const size_t pairs = (size_t)f->nt * (size_t)f->nt, nets = f->version == 3 ? 1 : (size_t)f->nt;
  a.c_radial = 0;
  a.c_angular = a.c_radial + pairs * (size_t)(f->k_radial * f->rv);
  a.net = a.c_angular + pairs * (size_t)(f->k_angular * f->av);
  a.w0 = 0;
  a.b0 = (size_t)f->neurons * (size_t)f->dv;
  a.w1 = a.b0 + (size_t)f->mv;
  a.type_bias = a.w1 + (size_t)f->mv;
  a.net_size = a.type_bias + 1;
  a.bias = a.net + nets * a.net_size;
  a.size = a.bias + 1;
  return a;
}

/* Where number k of vt_nep_model.numbers lies in the layout, as a place of a double; *scaled: the component of the
 * descriptor whose scale it is multiplied by, or -1. */
static size_t place_of(const vt_train *t, size_t k, int *scaled)
{
  const vt__form *f = &t->form;
  const vt__layout_of *a = &t->at;
  const size_t dim = (size_t)f->dim, neurons = (size_t)f->neurons, nt = (size_t)f->nt;
  const size_t net = neurons * (dim + 2) + (f->version == 5), nets = f->version == 3 ? 1 : nt;
  *scaled = -1;
  if (k < nets * net) {
    const size_t base = a->net + k / net * a->net_size, r = k % net;
    if (r < neurons * dim) {
      *scaled = (int)(r % dim);
      return 8 * (base + a->w0 + r / dim * (size_t)f->dv) + r % dim;
    }
    if (r < neurons * (dim + 1)) return 8 * (base + a->b0) + r - neurons * dim;
    if (r < neurons * (dim + 2)) return 8 * (base + a->w1) + r - neurons * (dim + 1);
    return 8 * (base + a->type_bias);
  }
  k -= nets * net;
  if (k == 0) return 8 * a->bias;
  k -= 1;
  const size_t radial = nt * nt * (size_t)(f->n_radial * f->k_radial);
  const int angular = k >= radial;
  const size_t n_k = (size_t)(angular ? f->k_angular : f->k_radial), v = (size_t)(angular ? f->av : f->rv);
  if (angular) k -= radial;
  const size_t pair = k % (nt * nt), row = k / (nt * nt), basis = row % n_k, channel = row / n_k;
  return 8 * ((angular ? a->c_angular : a->c_radial) + (pair * n_k + basis) * v) + channel;
}

/* Copies of a network's weights, of a pair's radial coefficients, that are read along the other index. */
static void turn_network(vt_train *t, ptrdiff_t n)
{
  const vt__form *f = &t->form;
  double *w0 = (double *)(t->numbers + t->at.net + n * (ptrdiff_t)t->at.net_size + t->at.w0);
  double *turned = (double *)(t->w0_t + n * f->dim * f->mv);
  for (ptrdiff_t r = 0; r < f->neurons; r++)
    for (ptrdiff_t c = 0; c < f->dim; c++) {
      w0[r * 8 * f->dv + c] *= t->scale[c];
      turned[c * 8 * f->mv + r] = w0[r * 8 * f->dv + c];
    }
}

static void turn_pair(vt_train *t, ptrdiff_t pair)
{
  const vt__form *f = &t->form;
  const double *c = (const double *)(t->numbers + t->at.c_radial + pair * f->k_radial * f->rv);
  double *turned = (double *)(t->c_radial_t + pair * f->n_radial * f->krv);
  for (ptrdiff_t n = 0; n < f->n_radial; n++)
    for (ptrdiff_t k = 0; k < f->k_radial; k++) turned[n * 8 * f->krv + k] = c[k * 8 * f->rv + n];
}

void vt_train_set(vt_train *t, const vt_nep_model *m)
{
  const vt__form *f = &t->form;
  double *to = (double *)t->numbers;
  memcpy(t->scale, m->scale, (size_t)f->dim * sizeof *t->scale);
  for (size_t k = 0; k < m->n_trained; k++) to[t->place[k]] = m->numbers[k];
  for (ptrdiff_t n = 0; n < (f->version == 3 ? 1 : f->nt); n++) turn_network(t, n);
  for (ptrdiff_t pair = 0; pair < (ptrdiff_t)f->nt * f->nt; pair++) turn_pair(t, pair);
}

/* Coefficients of a pair, whose numbers lie `pairs` apart: rows of channels, in the layout rows of basis functions. */
static void set_pair(vt_train *t, const double *from, size_t to, int n, int k, int v)
{
  const size_t pairs = (size_t)t->form.nt * (size_t)t->form.nt;
  double *at = (double *)(t->numbers + to);
  for (size_t i = 0; i < (size_t)n; i++)
    for (size_t j = 0; j < (size_t)k; j++) at[j * VT__LANES * (size_t)v + i] = from[(i * (size_t)k + j) * pairs];
}

void vt_train_set_part(vt_train *t, const vt_nep_model *m, int part, size_t from)
{
  const vt__form *f = &t->form;
  const int pairs = f->nt * f->nt, nets = f->version == 3 ? 1 : f->nt, net = part - 2 * pairs;
  const size_t bias = (size_t)(m->bias - m->numbers), size = bias / (size_t)nets;
  double *to = (double *)t->numbers;
  if (part < pairs) {
    set_pair(t, m->c_radial + part, t->at.c_radial + (size_t)(part * f->k_radial * f->rv), f->n_radial, f->k_radial,
             f->rv);
    turn_pair(t, part);
  } else if (net < 0) {
    set_pair(t, m->c_angular + (part - pairs), t->at.c_angular + (size_t)((part - pairs) * f->k_angular * f->av),
             f->n_angular, f->k_angular, f->av);
  } else if (net < nets) {
    for (size_t k = (size_t)net * size + from; k < (size_t)(net + 1) * size; k++) to[t->place[k]] = m->numbers[k];
    if (from < (size_t)f->neurons * (size_t)f->dim) turn_network(t, net);
  } else {
    to[t->place[bias]] = m->numbers[bias];
  }
}

size_t vt_train_gradient_size(const vt_train *t) { return t->at.size * VT__LANES; }

/* In the order of the layout: c of the radial pairs, of the angular pairs, networks, the common bias. */
int vt_train_parts(const vt_train *t, size_t *from)
{
  const vt__form *f = &t->form;
  const int pairs = f->nt * f->nt, nets = f->version == 3 ? 1 : f->nt;
  if (!from) return 2 * pairs + nets + 1;
  for (int k = 0; k < pairs; k++) {
    from[k] = VT__LANES * (t->at.c_radial + (size_t)k * (size_t)(f->k_radial * f->rv));
    from[pairs + k] = VT__LANES * (t->at.c_angular + (size_t)k * (size_t)(f->k_angular * f->av));
  }
  for (int k = 0; k < nets; k++) from[2 * pairs + k] = VT__LANES * (t->at.net + (size_t)k * t->at.net_size);
  from[2 * pairs + nets] = VT__LANES * t->at.bias;
  from[2 * pairs + nets + 1] = VT__LANES * t->at.size;
  return 2 * pairs + nets + 1;
}

void vt_train_frame_parts(const vt_train *t, const vt_train_frame *f, unsigned char *used)
{
  const int nt = t->form.nt, pairs = nt * nt, nets = t->form.version == 3 ? 1 : nt;
  for (int a = 0; a < f->n_there; a++) {
    used[2 * pairs + (nets > 1 ? f->there[a] : 0)] = 1;
    for (int b = 0; b < f->n_there; b++) {
      const int pair = f->there[a] * nt + f->there[b];
      used[pair] = used[pairs + pair] = 1;
    }
  }
  used[2 * pairs + nets] = 1;
}

void vt_train_gradient_read(const vt_train *t, const double *gradient, double *out)
{
  for (size_t k = 0; k < t->n_trained; k++) {
    const int s = t->scaled[k];
    out[k] = gradient[t->place[k]] * (s >= 0 ? t->scale[s] : 1);
  }
}

void vt_train_gradient_block(const vt_train *t, const double *gradient, int used, const vt_train_block *b,
                             double weight, double *out)
{
  for (int r = 0; r < b->rows; r++)
    for (int c = 0; c < b->cols; c++) {
      const size_t k = b->at + (size_t)r * b->row + (size_t)c * b->col;
      const int s = t->scaled[k];
      out[k] = used ? gradient[t->place[k]] * (s >= 0 ? t->scale[s] : 1) / weight : 0;
    }
}

void vt_train_descriptors(const vt_train *t, const vt_train_frame *f, double *lo, double *hi, double *sum)
{
  for (ptrdiff_t i = 0; i < f->n; i++) {
    const double *q = (const double *)(t->now.q + i * t->form.dv);
    for (int k = 0; k < t->form.dim; k++) {
      lo[k] = q[k] < lo[k] ? q[k] : lo[k];
      hi[k] = q[k] > hi[k] ? q[k] : hi[k];
      sum[k] += q[k];
    }
  }
}

void vt_train_descriptor_sums(const vt_train *t, const vt_train_frame *f, double *sum)
{
  for (ptrdiff_t i = 0; i < f->n; i++) {
    const double *q = (const double *)(t->now.q + i * t->form.dv);
    double *to = sum + (ptrdiff_t)f->type[i] * t->form.dim;
    for (int k = 0; k < t->form.dim; k++) to[k] += q[k];
  }
}

/* ------------------------------------------------------------------ opening */

const vt__kernel_ops *vt__kernel_of(vt_simd simd)
{
#ifdef VT_TRAIN_X86
  if (simd == VT_SIMD_AVX2) return &vt__kernel_avx2;
  if (simd == VT_SIMD_AVX512) return &vt__kernel_avx512;
#endif
  return simd == VT_SIMD_PORTABLE ? &vt__kernel_portable : NULL;
}

static vt_status room_for_numbers(vt_train *t, const vt_nep_model *m, vt_err *err)
{
  const vt__form *f = &t->form;
  const size_t nets = f->version == 3 ? 1 : (size_t)f->nt, pairs = (size_t)f->nt * (size_t)f->nt;
  VT_PASS(VT_NEW(t->scale, (size_t)f->dim, err));
  VT_PASS(VT_NEW(t->numbers, t->at.size, err));
  VT_PASS(VT_NEW(t->c_radial_t, pairs * (size_t)(f->n_radial * f->krv), err));
  VT_PASS(VT_NEW(t->w0_t, nets * (size_t)(f->dim * f->mv), err));
  VT_PASS(VT_NEW(t->place, m->n_trained, err));
  VT_PASS(VT_NEW(t->scaled, m->n_trained, err));
  t->n_trained = m->n_trained;
  for (size_t k = 0; k < m->n_trained; k++) t->place[k] = place_of(t, k, &t->scaled[k]);
  return VT_OK;
}

static vt_status room_for_an_atom(vt_train *t, vt_err *err)
{
  const vt__form *f = &t->form;
  const size_t sums = (size_t)f->n_angular * (size_t)f->lv, turned = 8 * (size_t)f->lv * (size_t)f->av;
  VT_PASS(VT_NEW(t->by_type, (size_t)(f->nt * 2 * f->krv), err));
  VT_PASS(VT_NEW(t->z, sums, err));
  VT_PASS(VT_NEW(t->zt, turned, err));
  VT_PASS(VT_NEW(t->z1t, turned, err));
  VT_PASS(VT_NEW(t->s1t, turned, err));
  VT_PASS(VT_NEW(t->d, (size_t)f->dv + 1, err)); /* kernels read a whole vector from any place */
  VT_PASS(VT_NEW(t->q1, (size_t)f->dv, err));
  VT_PASS(VT_NEW(t->dq, (size_t)f->dv + 1, err));
  VT_PASS(VT_NEW(t->dq1, (size_t)f->dv + 1, err));
  VT_PASS(VT_NEW(t->u, (size_t)f->mv, err));
  VT_PASS(VT_NEW(t->du, (size_t)f->mv, err));
  VT_PASS(VT_NEW(t->du1, (size_t)f->mv, err));
  return VT_OK;
}

vt_status vt_train_open(const vt_nep_model *form, vt_simd simd, vt_train **out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_train *t = NULL;
  *out = NULL;
  const vt__kernel_ops *ops = vt_simd_works(simd) ? vt__kernel_of(simd) : NULL;
  if (!ops) VT_FAIL(err, VT_EUNSUP, "training with SIMD level %s is not possible here", vt_simd_name(simd));
  VT_TRY_OUT(VT_NEW(t, 1, err), err, "training");
  t->ops = ops;
  describe(&t->form, form);
  t->at = layout_of(&t->form);
  VT_TRY_OUT(room_for_harmonics(&t->form, err), err, "training");
  list_harmonics(&t->form);
  VT_TRY_OUT(room_for_numbers(t, form, err), err, "training");
  VT_TRY_OUT(room_for_an_atom(t, err), err, "training");
  *out = t;
  t = NULL;
out:
  vt_train_close(t);
  return rc;
}

static void free_room(vt__room *r)
{
  void *const rows[] = {r->f, r->pad, r->g, r->dg, r->s, r->t, r->q};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) vt_free(rows[k]);
  *r = (vt__room){0};
}

static void free_pairs(vt_train *t)
{
  vt__v8 **const rows[] = {&t->radial_f, &t->radial_df, &t->angular_f, &t->angular_df, &t->h,
                           &t->hx,       &t->hy,        &t->hz,        &t->pair_h1,    &t->pair_dg};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    vt_free(*rows[k]);
    *rows[k] = NULL;
  }
  vt_free(t->along);
  vt_free(t->slopes);
  t->along = t->slopes = NULL;
  t->most = 0;
}

void vt_train_close(vt_train *t)
{
  if (!t) return;
  vt__form *f = &t->form;
  void *const rows[] = {f->z_power, f->dz_power, f->at_m,    f->at_x,       f->at_y, f->f_x,   f->f_y,
                        f->weight,  t->scale,    t->numbers, t->c_radial_t, t->w0_t, t->place, t->scaled,
                        t->by_type, t->z,        t->s1t,     t->zt,         t->z1t,  t->q1,    t->dq,
                        t->dq1,     t->u,        t->du,      t->du1,        t->d};
  free_pairs(t);
  free_room(&t->now);
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) vt_free(rows[k]);
  vt_free(t);
}

const char *vt_train_kernel(const vt_train *t) { return t->ops->name; }

/* ------------------------------------------------------------------ a frame */

static int larger(int a, int b) { return a > b ? a : b; }

static vt_status room_for_pairs(vt_train *t, int most, vt_err *err)
{
  const vt__form *m = &t->form;
  if (most <= t->most) return VT_OK;
  const size_t n = (size_t)(most + 7) / 8 * 8, lv = n * (size_t)m->lv; /* kernels take up to 8 at once */
  free_pairs(t);
  VT_PASS(VT_NEW(t->radial_f, n * (size_t)m->krv, err));
  VT_PASS(VT_NEW(t->radial_df, n * (size_t)m->krv, err));
  VT_PASS(VT_NEW(t->angular_f, n * (size_t)m->kav, err));
  VT_PASS(VT_NEW(t->angular_df, n * (size_t)m->kav, err));
  VT_PASS(VT_NEW(t->h, lv, err));
  VT_PASS(VT_NEW(t->hx, lv, err));
  VT_PASS(VT_NEW(t->hy, lv, err));
  VT_PASS(VT_NEW(t->hz, lv, err));
  VT_PASS(VT_NEW(t->along, n, err));
  VT_PASS(VT_NEW(t->slopes, 4 * n, err));
  VT_PASS(VT_NEW(t->pair_h1, lv, err));
  VT_PASS(VT_NEW(t->pair_dg, n * (size_t)m->av, err));
  t->most = most;
  return VT_OK;
}

static vt_status room_for_frame(vt_train *t, const vt_train_frame *f, vt_err *err)
{
  const vt__form *m = &t->form;
  vt__room *r = &t->now;
  VT_PASS(room_for_pairs(t, larger(f->most, 1), err));
  if (f->n <= r->atoms && f->n_angular <= r->angular) return VT_OK;
  const int n = larger(f->n, r->atoms), a = larger(larger(f->n_angular, r->angular), 1);
  const size_t atoms = (size_t)n, near = (size_t)a;
  free_room(r);
  VT_PASS(VT_NEW(r->f, atoms, err));
  VT_PASS(VT_NEW(r->pad, atoms, err));
  VT_PASS(VT_NEW(r->g, near * (size_t)m->av, err));
  VT_PASS(VT_NEW(r->dg, near * (size_t)m->av, err));
  VT_PASS(VT_NEW(r->s, atoms * (size_t)(8 * m->lv * m->av), err));
  VT_PASS(VT_NEW(r->t, atoms * (size_t)m->mv, err));
  VT_PASS(VT_NEW(r->q, atoms * (size_t)m->dv, err));
  r->atoms = n, r->angular = a;
  return VT_OK;
}

vt_status vt_train_forward(vt_train *t, const vt_train_frame *f, vt_train_values *out, vt_err *err)
{
  VT_TRY(room_for_frame(t, f, err), err, "a frame of %d atoms", f->n);
  t->ops->forward(t, f);
  out->energy = t->energy;
  memcpy(out->virial, t->virial, sizeof out->virial);
  out->f = t->now.f;
  return VT_OK;
}

void vt_train_backward(vt_train *t, const vt_train_frame *f, double d_energy, const double (*d_force)[3],
                       const double d_virial[9], double *gradient)
{
  t->ops->backward(t, f, d_energy, d_force, d_virial, (vt__v8 *)(void *)gradient);
}
