/* fast_kernel.h - energies, forces and virial of a NEP with l_max 4, for one instruction set and one real type.
 *
 * The source of six translation units, which define VT_FLOAT, perhaps VT_AVX512 or VT_AVX2, and VT_KERNEL (the name of
 * the vt_nep_kernel) and VT_KERNEL_NAME.  Three vector directions: pair quantities have lanes over the neighbours of
 * one atom, angular sums over the harmonics (their invariants over the channels n), the network over a batch of atoms
 * of one species.  Every sum has one order, given by the list.  Distances are computed in double; forces, energy and
 * virial are added up in double. */
#include <string.h>

#include "engine/pot/nep/fast_impl.h"
#include "engine/pot/nep/fast_pair.h"

/* ------------------------------------------------------------------ neighbours */

/* Sort the list's candidates of atom i into near (from 0) and far (from cap_row) ones; -1, or an entry on top of i. */
#if defined(VT_AVX512)
/* Eight candidates; id holds owner and species of each. */
typedef struct candidates {
  __m512d x, y, z, r2;
  __m512i id;
} candidates;

INLINE __m512d two_sites(const vt_fast_site *low, const vt_fast_site *high)
{
  return _mm512_insertf64x4(_mm512_castpd256_pd512(_mm256_load_pd(&low->x)), _mm256_load_pd(&high->x), 1);
}

/* Rows of eight sites, turned into columns: gather instructions take several times as long. */
INLINE void load_sites(const vt_fast_site *site, const int *j, candidates *c)
{
  const __m512d a = two_sites(site + j[0], site + j[2]), b = two_sites(site + j[1], site + j[3]);
  const __m512d d = two_sites(site + j[4], site + j[6]), e = two_sites(site + j[5], site + j[7]);
  const __m512d xz_low = _mm512_unpacklo_pd(a, b), xz_high = _mm512_unpacklo_pd(d, e);
  const __m512d yi_low = _mm512_unpackhi_pd(a, b), yi_high = _mm512_unpackhi_pd(d, e);
  c->x = _mm512_shuffle_f64x2(xz_low, xz_high, 0x88);
  c->y = _mm512_shuffle_f64x2(yi_low, yi_high, 0x88);
  c->z = _mm512_shuffle_f64x2(xz_low, xz_high, 0xdd);
  c->id = _mm512_castpd_si512(_mm512_shuffle_f64x2(yi_low, yi_high, 0xdd));
}

/* Append those of the mask. */
INLINE ptrdiff_t pack(vt_nep_fast *f, ptrdiff_t at, __mmask8 m, const candidates *c)
{
  _mm512_storeu_pd(f->raw[0] + at, _mm512_maskz_compress_pd(m, c->x));
  _mm512_storeu_pd(f->raw[1] + at, _mm512_maskz_compress_pd(m, c->y));
  _mm512_storeu_pd(f->raw[2] + at, _mm512_maskz_compress_pd(m, c->z));
  _mm512_storeu_pd(f->raw[3] + at, _mm512_maskz_compress_pd(m, c->r2));
  _mm512_storeu_si512(f->raw_id + at, _mm512_maskz_compress_epi64(m, c->id));
  return at + __builtin_popcount(m);
}

static int gather(vt_nep_fast *f, const vt_nlist *nl, int i, int *n_near, int *n_far)
{
  const double near = fmin(f->reach_radial, f->reach_angular), far = f->bound->cutoff;
  const __m512d near2 = _mm512_set1_pd(near * near), far2 = _mm512_set1_pd(far * far);
  const __m512d least2 = _mm512_set1_pd(VT_POT_OVERLAP_A * VT_POT_OVERLAP_A);
  const vt_fast_site *site = f->site;
  const __m512d x = _mm512_set1_pd(site[i].x), y = _mm512_set1_pd(site[i].y), z = _mm512_set1_pd(site[i].z);
  const int *row = nl->neigh + nl->first[i];
  ptrdiff_t near_at = 0, far_at = f->cap_row;
  int bad = -1;
  for (int k = 0; k < nl->count[i]; k += 8) {
    const int left = nl->count[i] - k;
    const __mmask8 there = (__mmask8)(left >= 8 ? 0xff : (1u << left) - 1);
    candidates c;
    load_sites(site, row + k, &c);
    c.x -= x;
    c.y -= y;
    c.z -= z;
    c.r2 = _mm512_fmadd_pd(c.x, c.x, _mm512_fmadd_pd(c.y, c.y, c.z * c.z));
    __mmask8 m_near = _mm512_mask_cmp_pd_mask(there, c.r2, near2, _CMP_LT_OQ);
    __mmask8 m_far = _mm512_mask_cmp_pd_mask(there, c.r2, far2, _CMP_LT_OQ);
    m_far = (__mmask8)(m_far & ~m_near);
    __mmask8 m_bad = _mm512_mask_cmp_pd_mask(there, c.r2, least2, _CMP_LT_OQ);
    if (m_bad) bad = row[k + __builtin_ctz(m_bad)];
    if (m_near) near_at = pack(f, near_at, m_near, &c);
    if (m_far) far_at = pack(f, far_at, m_far, &c);
  }
  *n_near = (int)near_at;
  *n_far = (int)(far_at - f->cap_row);
  return bad;
}
#else
static int gather(vt_nep_fast *f, const vt_nlist *nl, int i, int *n_near, int *n_far)
{
  const double near = fmin(f->reach_radial, f->reach_angular), far = f->bound->cutoff;
  const double near2 = near * near, far2 = far * far, least2 = VT_POT_OVERLAP_A * VT_POT_OVERLAP_A;
  const vt_fast_site *restrict site = f->site;
  const double xi = site[i].x, yi = site[i].y, zi = site[i].z;
  const int *restrict row = nl->neigh + nl->first[i];
  double *restrict raw_x = f->raw[0], *restrict raw_y = f->raw[1], *restrict raw_z = f->raw[2];
  double *restrict raw_r2 = f->raw[3];
  int(*restrict raw_id)[2] = f->raw_id;
  ptrdiff_t near_at = 0, far_at = f->cap_row;
  int bad = -1;
  for (int k = 0; k < nl->count[i]; k++) { /* without branches: what is too far is overwritten by the next */
    const vt_fast_site *s = site + row[k];
    const double dx = s->x - xi, dy = s->y - yi, dz = s->z - zi, r2 = dx * dx + dy * dy + dz * dz;
    const int is_near = r2 < near2;
    const ptrdiff_t at = is_near ? near_at : far_at;
    raw_x[at] = dx;
    raw_y[at] = dy;
    raw_z[at] = dz;
    raw_r2[at] = r2;
    memcpy(raw_id[at], s->id, sizeof *raw_id);
    bad = r2 < least2 ? row[k] : bad;
    near_at += is_near;
    far_at += (r2 < far2) & !is_near;
  }
  *n_near = (int)near_at;
  *n_far = (int)(far_at - f->cap_row);
  return bad;
}
#endif

/* The far ones behind the near ones, and neighbours out of reach up to a whole vector. */
static void close_gap(vt_nep_fast *f, int n_near, int n_far)
{
  const int n = n_near + n_far;
  const double out_of_reach = 2 * f->bound->cutoff;
  for (int a = 0; a < 4; a++) {
    double *raw = f->raw[a];
    for (int k = 0; k < n_far; k += 8) memcpy(raw + n_near + k, raw + f->cap_row + k, 8 * sizeof *raw);
    for (int k = n; k < whole(n); k++) raw[k] = a == 0 ? out_of_reach : a == 3 ? out_of_reach * out_of_reach : 0;
  }
  for (int k = 0; k < n_far; k += 8) memcpy(f->raw_id + n_near + k, f->raw_id + f->cap_row + k, 8 * sizeof *f->raw_id);
  for (int k = n; k < whole(n); k++) f->raw_id[k][0] = f->raw_id[k][1] = 0;
}

/* Neighbours of atom i into the slot: -1, or an entry on top of i. */
static int find_neighbours(vt_nep_fast *f, const vt_nlist *nl, int i, vt_fast_slot *s)
{
  int n_near, n_far, bad = gather(f, nl, i, &n_near, &n_far);
  if (bad >= 0) return bad;
  close_gap(f, n_near, n_far);
  s->n_near = n_near;
  s->n = n_near + n_far;
  real *x = s->x, *y = s->y, *z = s->z, *r = s->r, *ri = s->ri;
  for (int k = 0; k < s->n; k += VL) {
    vj d = v_sqrt(v_from_doubles(f->raw[3] + k)), inverse = v_set(1) / d;
    v_store(r + k, d);
    v_store(ri + k, inverse);
    v_store(x + k, v_from_doubles(f->raw[0] + k) * inverse);
    v_store(y + k, v_from_doubles(f->raw[1] + k) * inverse);
    v_store(z + k, v_from_doubles(f->raw[2] + k) * inverse);
  }
  int *restrict owner = s->owner, *restrict species = s->species;
  for (int k = 0; k < whole(s->n); k++) {
    owner[k] = f->raw_id[k][0];
    species[k] = f->raw_id[k][1];
  }
  return -1;
}

/* ------------------------------------------------------------------ network: lanes over atoms */

/* sum[m] = start[m] + sum_i in[i] w[i][m], nc columns of a matrix with rows of `stride`. */
INLINE void product(const real *w, int stride, int rows, const real (*in)[VL], vj *sum, int nc)
{
  for (int i = 0; i < rows; i++, w += stride) {
    const vj v = v_load(in[i]);
    UNROLL
    for (int m = 0; m < nc; m++) sum[m] = v_madd(v, v_set(w[m]), sum[m]);
  }
}

/* out[m] = sum_i in[i] w[i][m] for all columns, in blocks of about equal width. */
static void multiply(const real *w, int columns, int rows, const real (*in)[VL], real (*out)[VL])
{
  enum { MOST = 12 };
  for (int blocks = (columns + MOST - 1) / MOST, m = 0; blocks > 0; blocks--) {
    const int nc = (columns - m + blocks - 1) / blocks;
    vj sum[MOST];
    UNROLL
    for (int k = 0; k < MOST; k++) sum[k] = v_set(0);
    switch (nc) {
    case 1:
      product(w + m, columns, rows, in, sum, 1);
      break;
    case 2:
      product(w + m, columns, rows, in, sum, 2);
      break;
    case 3:
      product(w + m, columns, rows, in, sum, 3);
      break;
    case 4:
      product(w + m, columns, rows, in, sum, 4);
      break;
    case 5:
      product(w + m, columns, rows, in, sum, 5);
      break;
    case 6:
      product(w + m, columns, rows, in, sum, 6);
      break;
    case 7:
      product(w + m, columns, rows, in, sum, 7);
      break;
    case 8:
      product(w + m, columns, rows, in, sum, 8);
      break;
    case 9:
      product(w + m, columns, rows, in, sum, 9);
      break;
    case 10:
      product(w + m, columns, rows, in, sum, 10);
      break;
    case 11:
      product(w + m, columns, rows, in, sum, 11);
      break;
    default:
      product(w + m, columns, rows, in, sum, 12);
      break;
    }
    for (int k = 0; k < nc; k++, m++) v_store(out[m], sum[k]);
  }
}

/* Energies of a batch from f->q, and f->d = dU/dq. */
static vj network(const vt_nep_fast *f, const vt_fast_network *net)
{
  const real *b0 = net->b0, *w1 = net->w1;
  real(*hidden)[VL] = f->hidden;
  vj energy = v_set(0);
  multiply(net->w0t, f->neurons, f->dim, f->q, hidden);
  for (int m = 0; m < f->neurons; m++) {
    const vj t = v_tanh(v_load(hidden[m]) - v_set(b0[m])), w = v_set(w1[m]);
    energy = v_madd(w, t, energy);
    v_store(hidden[m], (v_set(1) - t * t) * w);
  }
  multiply(net->w0, f->dim, f->neurons, f->hidden, f->d);
  return energy;
}

/* ------------------------------------------------------------------ atoms */

static void describe(const vt_nep_fast *f, const vt_fast_slot *s, int a, int lane)
{
  real radial[CHANNELS], (*q)[VL] = f->q;
  _Alignas(64) real angular[L + 2][CHANNELS];
  const int count = angular_count(f, s);
  radial_descriptor(f, s, a, radial);
  BY_SPECIES(f, angular_pairs, f, s, a, count);
  angular_sums(f, s, count);
  for (int n = 0; n < f->n_angular; n += QL) invariants(f, s->s, n, angular);
  for (int n = 0; n < f->n_radial; n++) q[n][lane] = radial[n];
  int at = f->n_radial;
  for (int block = 0; block < f->n_blocks; block++)
    for (int n = 0; n < f->n_angular; n++) q[at++][lane] = angular[block][n];
}

/* Half of each repulsion into fx, fy, fz; returns the energy. */
static double add_zbl(const vt_nep_fast *f, const vt_fast_slot *s, int a)
{
  const real *x = s->x, *y = s->y, *z = s->z, *r = s->r;
  real *fx = f->fx, *fy = f->fy, *fz = f->fz;
  const int count = f->zbl_reach[a] <= fmin(f->reach_radial, f->reach_angular) ? s->n_near : s->n;
  const vj reach = v_set((real)f->zbl_reach[a]);
  double energy = 0;
  for (int first = 0; first < count; first += VL) {
    for (unsigned m = v_up_to(v_load(r + first), reach); m; m &= m - 1) { /* few are so close */
      const int j = first + __builtin_ctz(m);
      const vt_zbl_pair *p = &f->bound->zbl[a][s->species[j]];
      if ((double)r[j] >= p->outer) continue;
      double v, dv;
      vt_zbl(p, (double)r[j], &v, &dv);
      energy += 0.5 * v;
      const real half = (real)(0.5 * dv);
      fx[j] += half * x[j], fy[j] += half * y[j], fz[j] += half * z[j];
    }
  }
  return energy;
}

/* Forces on the owners and on atom i, and the virial lanes w[9][VL], from fx, fy, fz. */
static void scatter(const vt_nep_fast *f, const vt_fast_slot *s, int i, double (*w)[VL])
{
  const real *x = s->x, *y = s->y, *z = s->z, *r = s->r, *fx = f->fx, *fy = f->fy, *fz = f->fz;
  vj sum[3], virial[9];
  for (int k = 0; k < 3; k++) sum[k] = v_set(0);
  for (int k = 0; k < 9; k++) virial[k] = v_set(0);
  for (int j = 0; j < s->n; j += VL) {
    const vj d = v_load(r + j), at[3] = {v_load(x + j) * d, v_load(y + j) * d, v_load(z + j) * d};
    const vj force[3] = {v_load(fx + j), v_load(fy + j), v_load(fz + j)};
    UNROLL
    for (int k = 0; k < 3; k++) {
      sum[k] += force[k];
      UNROLL
      for (int l = 0; l < 3; l++) virial[3 * k + l] = v_madd(at[k], force[l], virial[3 * k + l]);
    }
  }
  for (int j = 0; j < s->n; j++) {
    double *force = f->force[s->owner[j]];
    force[0] -= (double)fx[j];
    force[1] -= (double)fy[j];
    force[2] -= (double)fz[j];
  }
  for (int k = 0; k < 3; k++) f->force[i][k] += (double)v_sum(sum[k]);
  for (int k = 0; k < 9; k++) v_add_to_doubles(w[k], virial[k]);
}

static double add_forces(const vt_nep_fast *f, const vt_fast_slot *s, int i, int a, int lane, double (*w)[VL])
{
  const real(*dq)[VL] = f->d;
  real radial[CHANNELS];
  _Alignas(64) real angular[L + 2][CHANNELS] = {{0}}, z[NH][CHANNELS];
  for (int n = 0; n < f->n_radial; n++) radial[n] = dq[n][lane];
  int at = f->n_radial;
  for (int block = 0; block < f->n_blocks; block++)
    for (int n = 0; n < f->n_angular; n++) angular[block][n] = dq[at++][lane];
  for (int n = 0; n < f->n_angular; n += QL) invariants_back(f, s->s, n, (const real(*)[CHANNELS])angular, z);
  radial_force(f, s, a, radial);
  angular_force(f, s, (const real(*)[CHANNELS])z);
  const double repulsion = f->zbl ? add_zbl(f, s, a) : 0;
  scatter(f, s, i, w);
  return repulsion;
}

static vt_status compute(vt_nep_fast *f, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  _Alignas(64) double w[9][VL] = {{0}};
  memset(f->force, 0, (size_t)nl->n * sizeof *f->force);
  out->energy = 0;
  for (int first = 0, n; first < nl->n; first += n) {
    const int *atom = f->order + first, a = nl->type[atom[0]];
    for (n = 0; n < VL && first + n < nl->n && nl->type[atom[n]] == a; n++) {
      int bad = find_neighbours(f, nl, atom[n], &f->slot[n]);
      if (bad >= 0) return vt__pot_overlap(nl, atom[n], bad, err);
      describe(f, &f->slot[n], a, n);
    }
    real energy[VL];
    vj e = network(f, &f->net[a]);
    memcpy(energy, &e, sizeof e);
    for (int lane = 0; lane < n; lane++) {
      double u = (double)energy[lane] - f->net[a].bias;
      u += add_forces(f, &f->slot[lane], atom[lane], a, lane, w);
      out->energy += u;
      if (out->e_atom) out->e_atom[atom[lane]] = u;
    }
  }
  for (int i = 0; i < nl->n; i++) memcpy(out->f[i], f->force[i], sizeof out->f[i]);
  for (int k = 0; k < 9; k++) {
    double sum = 0;
    for (int lane = 0; lane < VL; lane++) sum += w[k][lane];
    out->virial[k] = -sum;
  }
  return VT_OK;
}

const vt_nep_kernel VT_KERNEL = {
    .name = VT_KERNEL_NAME, .lanes = VL, .real_size = (int)sizeof(real), .compute = compute};
