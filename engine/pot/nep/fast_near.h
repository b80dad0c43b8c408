/* fast_near.h - the neighbours of one atom, or of two, into their slot (see fast_kernel.h): those within the shorter
 * cutoff first.
 *
 * Distances and what follows from them are the same bits in both forms below, but for the real type. */
#ifndef VT_NEP_FAST_NEAR_H
#define VT_NEP_FAST_NEAR_H

#include <limits.h>
#include <math.h>
#include <string.h>

#include "engine/pot/nep/fast_impl.h"
#include "engine/pot/nep/fast_vec.h"

static int whole(int n) { return (n + VL - 1) / VL * VL; }

#if defined(VT_AVX512)
/* Two passes: which candidates are near enough, as a list of their numbers; then all that is wanted of these.  Only one
 * number of a candidate is packed, and root, division and species are found while the rest is in registers. */

/* Eight candidates; id holds owner and species of each. */
typedef struct candidates {
  __m512d x, y, z, r2;
  __m512i id;
} candidates;

INLINE __m512d two_sites(const vt_fast_site *low, const vt_fast_site *high)
{
  return _mm512_insertf64x4(_mm512_castpd256_pd512(_mm256_load_pd(&low->x)), _mm256_load_pd(&high->x), 1);
}

/* Rows of eight sites, turned into columns (gather instructions take several times as long), seen from (x, y, z). */
INLINE candidates load_sites(const vt_fast_site *site, const int *j, __m512d x, __m512d y, __m512d z)
{
  candidates c;
  const __m512d a = two_sites(site + j[0], site + j[2]), b = two_sites(site + j[1], site + j[3]);
  const __m512d d = two_sites(site + j[4], site + j[6]), e = two_sites(site + j[5], site + j[7]);
  const __m512d xz_low = _mm512_unpacklo_pd(a, b), xz_high = _mm512_unpacklo_pd(d, e);
  const __m512d yi_low = _mm512_unpackhi_pd(a, b), yi_high = _mm512_unpackhi_pd(d, e);
  c.x = _mm512_shuffle_f64x2(xz_low, xz_high, 0x88) - x;
  c.y = _mm512_shuffle_f64x2(yi_low, yi_high, 0x88) - y;
  c.z = _mm512_shuffle_f64x2(xz_low, xz_high, 0xdd) - z;
  c.id = _mm512_castpd_si512(_mm512_shuffle_f64x2(yi_low, yi_high, 0xdd));
  c.r2 = _mm512_fmadd_pd(c.x, c.x, _mm512_fmadd_pd(c.y, c.y, c.z * c.z));
  return c;
}

/* Candidates of atom i that are within the shorter cutoff into `near_list` from 0 on, others within reach behind them;
 * how many these are; -1, or an entry on top of i.  Room for `span` entries twice. */
static int choose(const vt_nep_fast *f, const vt_nlist *nl, int i, int *near_list, ptrdiff_t span, int count[2])
{
  const double near = f->reach_near, far = f->bound->cutoff;
  const __m512d near2 = _mm512_set1_pd(near * near), far2 = _mm512_set1_pd(far * far);
  const __m512d least2 = _mm512_set1_pd(VT_POT_OVERLAP_A * VT_POT_OVERLAP_A);
  const vt_fast_site *site = f->site;
  const __m512d x = _mm512_set1_pd(site[i].x), y = _mm512_set1_pd(site[i].y), z = _mm512_set1_pd(site[i].z);
  const int *row = nl->neigh + nl->first[i];
  int *is_near = near_list, *is_far = near_list + span, n_near = 0, n_far = 0, bad = -1;
  for (int k = 0; k < nl->count[i]; k += 8) {
    const int left = nl->count[i] - k;
    const __mmask8 there = (__mmask8)(left >= 8 ? 0xff : (1u << left) - 1);
    const candidates c = load_sites(site, row + k, x, y, z);
    const __m256i j = _mm256_loadu_si256((const void *)(row + k));
    const __mmask8 m_near = _mm512_mask_cmp_pd_mask(there, c.r2, near2, _CMP_LT_OQ);
    const __mmask8 m_far = (__mmask8)(_mm512_mask_cmp_pd_mask(there, c.r2, far2, _CMP_LT_OQ) & ~m_near);
    const __mmask8 m_bad = _mm512_mask_cmp_pd_mask(there, c.r2, least2, _CMP_LT_OQ);
    if (m_bad) bad = row[k + __builtin_ctz(m_bad)];
    _mm256_storeu_si256((void *)(is_near + n_near), _mm256_maskz_compress_epi32(m_near, j));
    _mm256_storeu_si256((void *)(is_far + n_far), _mm256_maskz_compress_epi32(m_far, j));
    n_near += __builtin_popcount(m_near);
    n_far += __builtin_popcount(m_far);
  }
  for (int k = 0; k < n_far; k += 8) memcpy(is_near + n_near + k, is_far + k, 8 * sizeof *is_near);
  count[0] = n_near;
  count[1] = n_near + n_far;
  return bad;
}

/* Those in `out` are beyond reach. */
INLINE void put_out_of_reach(candidates *c, __mmask8 out, double reach)
{
  c->x = _mm512_mask_mov_pd(c->x, out, _mm512_set1_pd(reach));
  c->y = _mm512_mask_mov_pd(c->y, out, _mm512_setzero_pd());
  c->z = _mm512_mask_mov_pd(c->z, out, _mm512_setzero_pd());
  c->r2 = _mm512_mask_mov_pd(c->r2, out, _mm512_set1_pd(reach * reach));
  c->id = _mm512_mask_mov_epi64(c->id, out, _mm512_setzero_si512());
}

INLINE __mmask8 but_first(int left) { return (__mmask8)(left >= 8 ? 0 : left <= 0 ? 0xff : 0xffu << left); }

#if VT_FLOAT
/* Lanes of a and b in turns. */
INLINE vj both(__m512d a, __m512d b)
{
  const __m512i turns = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  return _mm512_permutex2var_ps(_mm512_castps256_ps512(_mm512_cvtpd_ps(a)), turns,
                                _mm512_castps256_ps512(_mm512_cvtpd_ps(b)));
}
#endif

/* The two atoms of a slot (the second may be missing): their numbers, lists of neighbours and lengths of these. */
typedef struct pair_of_atoms {
  int centre[ATOMS], n[ATOMS], *near[ATOMS];
} pair_of_atoms;

/* x, y, z and the returned r^2 of VL entries from k on: neighbours of both atoms in turns. */
INLINE vj load_entries(const vt_nep_fast *f, const pair_of_atoms *p, int k, vj xyz[3], int *owner, int *species)
{
  const vt_fast_site *site = f->site, *one = site + p->centre[0], *two = site + p->centre[1];
  const double reach = 2 * f->bound->cutoff;
  const int first = k / ATOMS, left_one = p->n[0] - first, left_two = p->n[1] - first;
  const int *near_one = p->near[0] + first, *near_two = p->near[1] + first;
#if VT_FLOAT
  candidates a = load_sites(site, near_one, _mm512_set1_pd(one->x), _mm512_set1_pd(one->y), _mm512_set1_pd(one->z));
  candidates b = load_sites(site, near_two, _mm512_set1_pd(two->x), _mm512_set1_pd(two->y), _mm512_set1_pd(two->z));
  if (left_one < 8) put_out_of_reach(&a, but_first(left_one), reach);
  if (left_two < 8) put_out_of_reach(&b, but_first(left_two), reach);
  const __m512i even = _mm512_setr_epi32(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  _mm512_store_si512((void *)owner, _mm512_permutex2var_epi32(a.id, even, b.id));
  _mm512_store_si512((void *)species, _mm512_permutex2var_epi32(a.id, odd, b.id));
  xyz[0] = both(a.x, b.x), xyz[1] = both(a.y, b.y), xyz[2] = both(a.z, b.z);
  return both(a.r2, b.r2);
#else
  _Alignas(16) int j[8];
  const __m128i low = _mm_loadu_si128((const void *)near_one), high = _mm_loadu_si128((const void *)near_two);
  _mm_store_si128((void *)j, _mm_unpacklo_epi32(low, high));
  _mm_store_si128((void *)(j + 4), _mm_unpackhi_epi32(low, high));
  candidates a = load_sites(site, j, _mm512_broadcast_f64x2(_mm_setr_pd(one->x, two->x)),
                            _mm512_broadcast_f64x2(_mm_setr_pd(one->y, two->y)),
                            _mm512_broadcast_f64x2(_mm_setr_pd(one->z, two->z)));
  if (left_one < 4 || left_two < 4) {
    const __m512i left = _mm512_broadcast_i64x2(_mm_set_epi64x(left_two, left_one));
    put_out_of_reach(&a, _mm512_cmple_epi64_mask(left, _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3)), reach);
  }
  _mm256_store_si256((void *)owner, _mm512_cvtepi64_epi32(a.id));
  _mm256_store_si256((void *)species, _mm512_cvtepi64_epi32(_mm512_srli_epi64(a.id, 32)));
  xyz[0] = a.x, xyz[1] = a.y, xyz[2] = a.z;
  return a.r2;
#endif
}

/* Neighbours of the atoms of a batch as lists of candidates, and how many of these are near and within reach. */
typedef struct chosen {
  int *list[VL], n_near[VL], n[VL];
} chosen;

/* Candidates of `n` atoms, which are put in the order of how many are near: atoms that share a slot should have equal
 * numbers.  -1, or an entry on top of *at. */
static int choose_neighbours(vt_nep_fast *f, const vt_nlist *nl, int *atom, int n, chosen *c, int *at)
{
  const ptrdiff_t span = f->cap_row / ATOMS;
  int key[VL], from[VL], count[VL][2];
  for (int l = 0; l < VL; l++) key[l] = INT_MAX;
  for (int l = 0; l < n; l++) {
    const int bad = choose(f, nl, *at = atom[l], f->near + 2 * span * l, span, count[l]);
    if (bad >= 0) return bad;
    key[l] = count[l][0] * VL + l;
    from[l] = atom[l];
  }
  for (int l = 0; l < n; l++) {
    int rank = 0;
    for (int k = 0; k < VL; k++) rank += key[k] < key[l];
    atom[rank] = from[l];
    c->list[rank] = f->near + 2 * span * l;
    c->n_near[rank] = count[l][0], c->n[rank] = count[l][1];
  }
  return -1;
}

/* Neighbours of m atoms (one or two) from number `first` of the batch on into the slot: -1. */
static int find_neighbours(vt_nep_fast *f, const vt_nlist *nl, const int *atom, int first, int m, const chosen *c,
                           vt_fast_slot *s)
{
  pair_of_atoms p;
  (void)nl;
  s->n = s->n_near = 0;
  for (int t = 0; t < ATOMS; t++) {
    const int l = first + (t < m ? t : 0);
    p.near[t] = c->list[l], p.centre[t] = atom[l];
    p.n[t] = s->count[t] = t < m ? c->n[l] : 0;
    if (c->n_near[l] * ATOMS > s->n_near) s->n_near = c->n_near[l] * ATOMS;
    if (c->n[l] * ATOMS > s->n) s->n = c->n[l] * ATOMS;
  }
  for (int t = 0; t < m; t++) /* itself, up to whole vectors: read and then put out of reach */
    for (int k = p.n[t]; k < whole(s->n) / ATOMS; k++) p.near[t][k] = p.centre[t];
  real *x = s->x, *y = s->y, *z = s->z, *r = s->r, *ri = s->ri;
  for (int k = 0; k < s->n; k += VL) {
    vj xyz[3];
    const vj d = v_sqrt(load_entries(f, &p, k, xyz, s->owner + k, s->species + k)), inverse = v_set(1) / d;
    v_store(r + k, d);
    v_store(ri + k, inverse);
    v_store(x + k, xyz[0] * inverse);
    v_store(y + k, xyz[1] * inverse);
    v_store(z + k, xyz[2] * inverse);
  }
  return -1;
}

#else
/* Sort the list's candidates of atom i into near (from 0) and far (from cap_row) ones; -1, or an entry on top of i. */
static int gather(vt_nep_fast *f, const vt_nlist *nl, int i, int *n_near, int *n_far)
{
  const double near = f->reach_near, far = f->bound->cutoff;
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

typedef struct chosen {
  int none;
} chosen;

/* Nothing is chosen beforehand. */
static int choose_neighbours(vt_nep_fast *f, const vt_nlist *nl, const int *atom, int n, chosen *c, int *at)
{
  (void)f, (void)nl, (void)n;
  c->none = 0;
  *at = *atom;
  return -1;
}

/* Neighbours of atom number `first` of the batch into the slot: -1, or an entry on top of that atom. */
static int find_neighbours(vt_nep_fast *f, const vt_nlist *nl, const int *atom, int first, int m, const chosen *c,
                           vt_fast_slot *s)
{
  int n_near, n_far, bad = gather(f, nl, atom[first], &n_near, &n_far);
  (void)m, (void)c;
  if (bad >= 0) return bad;
  close_gap(f, n_near, n_far);
  s->n_near = n_near;
  s->n = s->count[0] = n_near + n_far;
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
#endif

#endif
