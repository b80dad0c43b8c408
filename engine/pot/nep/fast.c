/* fast.c - the vector path's common part: which models it serves, their parameters in the kernel's layout, memory. */
#include <math.h>
#include <string.h>

#include "engine/pot/nep/fast_impl.h"

static const vt_nep_kernel *fast_choose(const vt_numerics *num)
{
  const int mixed = num->precision == VT_MIXED;
#ifdef VT_POT_X86
  if (num->simd == VT_SIMD_AVX512) return mixed ? &vt__nep_avx512_f32 : &vt__nep_avx512_f64;
  if (num->simd == VT_SIMD_AVX2) return mixed ? &vt__nep_avx2_f32 : &vt__nep_avx2_f64;
#endif
  if (num->simd == VT_SIMD_PORTABLE) return mixed ? &vt__nep_portable_f32 : &vt__nep_portable_f64;
  return NULL;
}

/* l_max 4, no flags but 222 and 1111. */
static int is_served(const vt_nep_bound *b)
{
  const vt_nep_model *m = b->model;
  if (m->l_max != VT_FAST_L || m->n_radial > VT_FAST_MOST || m->n_angular > VT_FAST_MOST ||
      m->k_radial > VT_FAST_BASIS || m->k_angular > VT_FAST_BASIS)
    return 0;
  for (int i = 0; i < VT_NEP_FLAGS; i++)
    if (m->flag[i] && i != VT_NEP_222 && i != VT_NEP_1111) return 0;
  return 1;
}

static int has_one_cutoff(const vt_nep_bound *b)
{
  const double *radial = b->model->rc_radial, *angular = b->model->rc_angular;
  for (int s = 1; s < b->n_species; s++)
    if (radial[b->type[s]] < radial[b->type[0]] || radial[b->type[s]] > radial[b->type[0]] ||
        angular[b->type[s]] < angular[b->type[0]] || angular[b->type[s]] > angular[b->type[0]])
      return 0;
  return 1;
}

/* ------------------------------------------------------------------ memory in one block */

/* Hands out pieces of a block; with base NULL it only adds up their size. */
typedef struct arena {
  char *base;
  size_t used;
} arena;

static void *fast_piece(arena *a, size_t n, size_t size)
{
  enum { ALIGN = 64 };
  void *p = a->base ? a->base + a->used : NULL;
  a->used += (n * size + ALIGN - 1) / ALIGN * ALIGN;
  return p;
}

static void lay_out_parameters(vt_nep_fast *f, arena *a)
{
  const size_t real = (size_t)f->kernel->real_size, ns = (size_t)f->bound->n_species;
  const size_t h = (size_t)f->neurons, dim = (size_t)f->dim;
  f->c_radial = fast_piece(a, ns * (size_t)f->n_radial * (size_t)f->k_radial * VT_FAST_ROW, real);
  f->c_angular = fast_piece(a, ns * (size_t)f->n_angular * (size_t)f->k_angular * VT_FAST_ROW, real);
  f->inverse_radial = fast_piece(a, ns * VT_FAST_ROW, real);
  f->inverse_angular = fast_piece(a, ns * VT_FAST_ROW, real);
  for (size_t s = 0; s < ns; s++) {
    f->net[s].w0 = fast_piece(a, h * dim, real);
    f->net[s].w0t = fast_piece(a, h * dim, real);
    f->net[s].b0 = fast_piece(a, h, real);
    f->net[s].w1 = fast_piece(a, h, real);
  }
}

static void lay_out_work(vt_nep_fast *f, arena *a)
{
  const size_t real = (size_t)f->kernel->real_size, row = (size_t)f->cap_row, lanes = (size_t)f->kernel->lanes;
  for (size_t l = 0; l < lanes; l++) {
    vt_fast_slot *s = &f->slot[l];
    s->x = fast_piece(a, row, real);
    s->y = fast_piece(a, row, real);
    s->z = fast_piece(a, row, real);
    s->r = fast_piece(a, row, real);
    s->ri = fast_piece(a, row, real);
    s->fc = fast_piece(a, row, real);
    s->dfc = fast_piece(a, row, real);
    s->owner = fast_piece(a, row, sizeof(int));
    s->species = fast_piece(a, row, sizeof(int));
    s->g = fast_piece(a, row * (size_t)f->n_angular, real);
    s->dg = fast_piece(a, row * (size_t)f->n_angular, real);
    s->close = fast_piece(a, row, sizeof(int));
    s->close_force = fast_piece(a, row, real);
    s->s = fast_piece(a, (size_t)VT_FAST_H * (size_t)VT_FAST_CHANNELS * (size_t)f->kernel->atoms, real);
  }
  for (int k = 0; k < 4; k++) f->raw[k] = fast_piece(a, 2 * row, sizeof(double));
  f->raw_id = fast_piece(a, 2 * row, sizeof *f->raw_id);
  f->near = fast_piece(a, 2 * row * lanes / (size_t)f->kernel->atoms, sizeof *f->near);
  f->fx = fast_piece(a, row, real);
  f->fy = fast_piece(a, row, real);
  f->fz = fast_piece(a, row, real);
  f->h = fast_piece(a, row * VT_FAST_H, real);
  f->q = fast_piece(a, (size_t)f->dim * lanes, real);
  f->d = fast_piece(a, (size_t)f->dim * lanes, real);
  f->hidden = fast_piece(a, (size_t)f->neurons * lanes, real);
}

/* ------------------------------------------------------------------ parameters */

static void fast_put(const vt_nep_fast *f, void *array, size_t i, double x)
{
  if (f->kernel->real_size == (int)sizeof(double))
    ((double *)array)[i] = x;
  else
    ((float *)array)[i] = (float)x;
}

/* c[n][k][centre type][neighbour type] to [centre species][n][k][row of neighbour species]. */
static void put_coefficients(const vt_nep_fast *f, const double *c, int nn, int nk, void *to)
{
  const vt_nep_bound *b = f->bound;
  const size_t nt = (size_t)b->model->n_types;
  for (int s = 0; s < b->n_species; s++)
    for (size_t nks = 0; nks < (size_t)nn * (size_t)nk; nks++)
      for (int u = 0; u < b->n_species; u++)
        fast_put(f, to, ((size_t)s * (size_t)nn * (size_t)nk + nks) * VT_FAST_ROW + (size_t)u,
                 c[(nks * nt + (size_t)b->type[s]) * nt + (size_t)b->type[u]]);
}

/* 1/cutoff of every pair of species, of the cutoff as the kernel's type holds it; returns the largest cutoff. */
static double put_cutoffs(const vt_nep_fast *f, const double *rc, void *to)
{
  const vt_nep_bound *b = f->bound;
  double largest = 0;
  for (int s = 0; s < b->n_species; s++) {
    for (int u = 0; u < b->n_species; u++) {
      const double pair = 0.5 * (rc[b->type[s]] + rc[b->type[u]]);
      fast_put(f, to, (size_t)s * VT_FAST_ROW + (size_t)u,
               1 / (f->kernel->real_size == (int)sizeof(float) ? (float)pair : pair));
      largest = fmax(largest, pair);
    }
  }
  return largest;
}

static void put_network(const vt_nep_fast *f, int s)
{
  const vt_nep_model *m = f->bound->model;
  const size_t at = (size_t)f->bound->type[s] * m->stride, h = (size_t)m->neurons, dim = (size_t)m->dim;
  const vt_fast_network *net = &f->net[s];
  for (size_t mu = 0; mu < h; mu++) {
    for (size_t nu = 0; nu < dim; nu++) {
      const double w = m->w0[at + mu * dim + nu] * m->scale[nu];
      fast_put(f, net->w0, mu * dim + nu, w);
      fast_put(f, net->w0t, nu * h + mu, w);
    }
    fast_put(f, net->b0, mu, m->b0[at + mu]);
    fast_put(f, net->w1, mu, m->w1[at + mu]);
  }
}

static vt_status take_parameters(vt_nep_fast *f, vt_err *err)
{
  const vt_nep_model *m = f->bound->model;
  arena size = {0};
  lay_out_parameters(f, &size);
  VT_TRY(vt_calloc64(&f->parameters, size.used, 1, err), err, "parameters of the vector path");
  arena block = {.base = f->parameters};
  lay_out_parameters(f, &block);
  VT_ASSERT(block.used == size.used);
  put_coefficients(f, m->c_radial, m->n_radial, m->k_radial, f->c_radial);
  put_coefficients(f, m->c_angular, m->n_angular, m->k_angular, f->c_angular);
  f->reach_radial = put_cutoffs(f, m->rc_radial, f->inverse_radial);
  f->reach_angular = put_cutoffs(f, m->rc_angular, f->inverse_angular);
  f->reach_near = fmin(f->reach_radial, f->reach_angular);
  for (int s = 0; s < f->bound->n_species; s++) {
    const size_t at = (size_t)f->bound->type[s] * m->stride;
    put_network(f, s);
    f->net[s].bias = *m->bias + (m->type_bias ? m->type_bias[at] : 0);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ */

static vt_status open_view(vt_nep_fast *f, const vt_nep_bound *b, const vt_nep_kernel *kernel, vt_err *err)
{
  const vt_nep_model *m = b->model;
  f->bound = b;
  f->kernel = kernel;
  f->n_radial = m->n_radial, f->n_angular = m->n_angular;
  f->k_radial = m->k_radial, f->k_angular = m->k_angular;
  f->n_blocks = m->n_blocks, f->dim = m->dim, f->neurons = m->neurons;
  f->f222 = m->flag[VT_NEP_222], f->f1111 = m->flag[VT_NEP_1111];
  f->zbl = m->zbl != VT_ZBL_NONE;
  for (int s = 0; f->zbl && s < b->n_species; s++)
    for (int u = 0; u < b->n_species; u++) f->zbl_reach[s] = fmax(f->zbl_reach[s], b->zbl[s][u].outer);
  f->n_cutoffs = has_one_cutoff(b) ? 1 : b->n_species;
  VT_PASS(VT_NEW(f->slot, kernel->lanes, err));
  return take_parameters(f, err);
}

vt_status vt__nep_vector_open(const vt_nep_bound *b, const vt_numerics *num, vt_nep_vector **out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_nep_vector *v = NULL;
  const vt_nep_kernel *kernel = fast_choose(num);
  *out = NULL;
  if (!kernel || !is_served(b)) return VT_OK;
  VT_TRY(VT_NEW(v, 1, err), err, "vector path");
  VT_TRY_OUT(VT_NEW(v->view, 1, err), err, "vector path");
  v->n_views = 1;
  VT_TRY_OUT(open_view(v->view, b, kernel, err), err, "vector path");
  *out = v, v = NULL;
out:
  vt__nep_vector_close(v);
  return rc;
}

vt_status vt__nep_vector_share(const vt_nep_vector *of, vt_nep_vector **out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_nep_vector *v = NULL;
  *out = NULL;
  VT_TRY(VT_NEW(v, 1, err), err, "vector path");
  v->shares = 1;
  VT_TRY_OUT(VT_NEW(v->view, 1, err), err, "vector path");
  v->n_views = 1;
  *v->view = *of->view;
  v->view->slot = NULL, v->view->work = NULL, v->view->cap_row = 0;
  VT_TRY_OUT(VT_NEW(v->view->slot, v->view->kernel->lanes, err), err, "vector path");
  *out = v, v = NULL;
out:
  vt__nep_vector_close(v);
  return rc;
}

const char *vt__nep_vector_name(const vt_nep_vector *v) { return v->view->kernel->name; }

void vt__nep_vector_close(vt_nep_vector *v)
{
  if (!v) return;
  for (int k = 0; k < v->n_views; k++) {
    vt_free(v->view[k].slot);
    vt_free(v->view[k].work);
  }
  if (v->n_views && !v->shares) vt_free(v->view->parameters);
  vt_free(v->view);
  vt_free(v->order);
  vt_free(v->site);
  vt_free(v->buffers);
  vt_free(v);
}

vt_status vt__nep_fast_rows(vt_nep_fast *f, int longest, vt_err *err)
{
  const int need = (longest / VT_NL_PAD + 2) * VT_NL_PAD * f->kernel->atoms;
  if (need <= f->cap_row) return VT_OK;
  vt_free(f->work);
  f->work = NULL;
  f->cap_row = need + need / 4 / (2 * VT_NL_PAD) * (2 * VT_NL_PAD);
  arena size = {0};
  lay_out_work(f, &size);
  vt_status s = vt_calloc64(&f->work, size.used, 1, err);
  if (s != VT_OK) f->cap_row = 0;
  VT_TRY(s, err, "vector path: rows of %d neighbours", longest);
  arena block = {.base = f->work};
  lay_out_work(f, &block);
  VT_ASSERT(block.used == size.used && f->cap_row >= need);
  return VT_OK;
}
