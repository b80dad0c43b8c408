/* fast_kernel.h - energies, forces and virial of a NEP with l_max 4, for one instruction set and one real type.
 *
 * The source of six translation units, which define VT_FLOAT, perhaps VT_AVX512 or VT_AVX2, and VT_KERNEL (the name of
 * the vt_nep_kernel) and VT_KERNEL_NAME.  Three vector directions: pair quantities have lanes over the neighbours of
 * one atom (with AVX-512 of two, in turns), angular sums over the harmonics (their invariants over the channels n), the
 * network over a batch of atoms of one species.  Every sum has one order, given by the list and the positions: with
 * AVX-512 the atoms of a batch stand in the order of their numbers of near neighbours.  Distances are computed in
 * double; forces, energy and virial are added up in double. */
#include <string.h>

#include "engine/pot/nep/fast_impl.h"
#include "engine/pot/nep/fast_near.h"
#include "engine/pot/nep/fast_pair.h"
#include "engine/pot/nep/fast_zbl.h"

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

/* Descriptors of the atoms of a slot into lanes of f->q from `lane` on. */
static void describe(const vt_nep_fast *f, const vt_fast_slot *s, int a, int lane)
{
  real(*q)[VL] = f->q;
  _Alignas(64) real radial[WIDE], angular[L + 2][WIDE];
  const int count = angular_count(f, s);
  radial_descriptor(f, s, a, radial);
  BY_SPECIES(f, angular_pairs, f, s, a, count);
  angular_sums(f, s, count);
  for (int n = 0; n < f->n_angular * ATOMS; n += VL) invariants(f, s->s, n, angular);
  for (int n = 0; n < f->n_radial; n++) memcpy(&q[n][lane], &radial[n * ATOMS], ATOMS * sizeof(real));
  int at = f->n_radial;
  for (int block = 0; block < f->n_blocks; block++)
    for (int n = 0; n < f->n_angular; n++) memcpy(&q[at++][lane], &angular[block][n * ATOMS], ATOMS * sizeof(real));
}

/* Forces on the owners and on atoms i[0], ..., i[m - 1], and the virial lanes w[9][VL], from fx, fy, fz. */
static void scatter(const vt_nep_fast *f, const vt_fast_slot *s, const int *i, int m, double (*w)[VL])
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
  for (int t = 0; t < m; t++) {
    for (int j = t; j < s->count[t] * ATOMS; j += ATOMS) {
      double *force = f->force[s->owner[j]];
      force[0] -= (double)fx[j];
      force[1] -= (double)fy[j];
      force[2] -= (double)fz[j];
    }
  }
  for (int k = 0; k < 3; k++) {
    _Alignas(16) real part[ATOMS];
    v_sum_atoms(sum[k], part);
    for (int t = 0; t < m; t++) f->force[i[t]][k] += (double)part[t];
  }
  for (int k = 0; k < 9; k++) v_add_to_doubles(w[k], virial[k]);
}

static void add_forces(const vt_nep_fast *f, const vt_fast_slot *s, const int *i, int m, int a, int lane,
                       double (*w)[VL])
{
  const real(*dq)[VL] = f->d;
  _Alignas(64) real radial[WIDE], angular[L + 2][WIDE], z[NH][WIDE];
  for (int n = 0; n < f->n_radial; n++) memcpy(&radial[n * ATOMS], &dq[n][lane], ATOMS * sizeof(real));
  int at = f->n_radial;
  const int wide = f->n_angular * ATOMS;
  for (int block = 0; block < f->n_blocks; block++)
    for (int n = 0; n < f->n_angular; n++) memcpy(&angular[block][n * ATOMS], &dq[at++][lane], ATOMS * sizeof(real));
  for (int block = 0; block < f->n_blocks; block++) /* whole vectors of channels are read */
    for (int n = wide; n < whole(wide); n++) angular[block][n] = 0;
  for (int n = 0; n < wide; n += VL) invariants_back(f, s->s, n, (const real(*)[WIDE])angular, z);
  radial_force(f, s, a, radial);
  angular_force(f, s, (const real(*)[WIDE])z);
  if (f->zbl) add_close_pairs(f, s);
  scatter(f, s, i, m, w);
}

static int least(int a, int b) { return a < b ? a : b; }

/* The atoms of one species from order[first] on that are computed together. */
INLINE int batch_of(const vt_nep_fast *f, const vt_nlist *nl, int first, int last)
{
  int n = 1;
  while (n < VL && first + n < last && nl->type[f->order[first + n]] == nl->type[f->order[first]]) n++;
  return n;
}

/* Neighbours, descriptors and close pairs of a batch, whose atoms are put in an order of their own; 0 if one sits on
 * another. */
static int describe_batch(vt_nep_fast *f, const vt_nlist *nl, vt_fast_chunk *k, int *atom, int n, close_pairs *close)
{
  const int a = nl->type[atom[0]];
  chosen c;
  k->entry = choose_neighbours(f, nl, atom, n, &c, &k->atom);
  if (k->entry >= 0) return 0;
  for (int lane = 0; lane < n; lane += ATOMS) {
    vt_fast_slot *s = &f->slot[lane / ATOMS];
    k->atom = atom[lane];
    k->entry = find_neighbours(f, nl, atom, lane, least(n - lane, ATOMS), &c, s);
    if (k->entry >= 0) return 0;
    describe(f, s, a, lane);
    if (f->zbl) find_close_pairs(f, s, a, close);
  }
  k->atom = -1;
  return 1;
}

static void compute(vt_nep_fast *f, const vt_nlist *nl, vt_fast_chunk *k, double *e_atom)
{
  _Alignas(64) double w[9][VL] = {{0}};
  close_pairs close;
  close.n = 0;
  f->force = k->force;
  k->energy = 0;
  for (int first = k->first, n; first < k->last; first += n) {
    int *atom = f->order + first;
    const int a = nl->type[atom[0]];
    n = batch_of(f, nl, first, k->last);
    if (!describe_batch(f, nl, k, atom, n, &close)) return;
    if (close.n > 0) put_close_pairs(&close);
    real energy[VL];
    vj e = network(f, &f->net[a]);
    memcpy(energy, &e, sizeof e);
    for (int lane = 0; lane < n; lane += ATOMS)
      add_forces(f, &f->slot[lane / ATOMS], atom + lane, least(n - lane, ATOMS), a, lane, w);
    for (int lane = 0; lane < n; lane++) {
      const vt_fast_slot *s = &f->slot[lane / ATOMS];
      const double u = (double)energy[lane] - f->net[a].bias + s->repulsion[lane % ATOMS];
      k->energy += u;
      if (e_atom) e_atom[atom[lane]] = u;
    }
  }
  for (int b = 0; b < 9; b++) {
    double sum = 0;
    for (int lane = 0; lane < VL; lane++) sum += w[b][lane];
    k->virial[b] = -sum;
  }
}

const vt_nep_kernel VT_KERNEL = {
    .name = VT_KERNEL_NAME, .lanes = VL, .atoms = ATOMS, .real_size = (int)sizeof(real), .compute = compute};
