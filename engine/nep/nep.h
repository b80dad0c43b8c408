/* nep.h - a neuroevolution potential (NEP3, NEP4, NEP5): its file, its numbers in memory, its functions (layer 2).
 *
 * Formulas: Z. Fan et al., Phys. Rev. B 104, 104309 (2021); J. Phys.: Condens. Matter 34, 125902 (2022);
 * J. Chem. Phys. 157, 114801 (2022); K. Song et al., Nat. Commun. 15, 10208 (2024).
 *
 *   U_i = sum_mu w1[mu] tanh(sum_nu w0[mu][nu] s[nu] q_nu - b0[mu]) - bias(type of i)
 *   q   = (radial channels; angular channels for l = 1..l_max; one block for each higher-body flag)
 *   g_n(r) = sum_k c[n][k][centre][neighbour] f_k(r),   f_k(r) = T_k(1 - r/rc)^2 (1 + cos(pi r/rc))/2
 *
 * and half of a screened nuclear repulsion (ZBL) for each neighbour. */
#ifndef VT_NEP_H
#define VT_NEP_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

enum {
  VT_NEP_MOST_TYPES = 94, /* every element there is a symbol for                */
  VT_NEP_MOST_L = 8,
  VT_NEP_HARMONICS = VT_NEP_MOST_L * (VT_NEP_MOST_L + 2), /* sum of 2l+1, l = 1..8 */
  VT_NEP_MOST_CHANNELS = 64,                              /* n_max + 1             */
  VT_NEP_MOST_BASIS = 64,                                 /* basis_size + 1        */
  VT_NEP_MOST_NEURONS = 10000
};

/* Four- and five-body invariants, in the order of the l_max line and of the descriptor. */
enum { VT_NEP_222, VT_NEP_1111, VT_NEP_112, VT_NEP_123, VT_NEP_233, VT_NEP_134, VT_NEP_FLAGS };

typedef enum vt_nep_zbl { VT_ZBL_NONE, VT_ZBL_UNIVERSAL, VT_ZBL_TYPEWISE, VT_ZBL_FLEXIBLE } vt_nep_zbl;

/* The file as it is. */
typedef struct vt_nep_model {
  int version; /* 3, 4, 5 */
  int n_types;
  char symbol[VT_NEP_MOST_TYPES][4];
  int z[VT_NEP_MOST_TYPES];
  vt_nep_zbl zbl;
  double zbl_inner, zbl_outer, zbl_factor;
  double rc_radial[VT_NEP_MOST_TYPES], rc_angular[VT_NEP_MOST_TYPES]; /* per type; a pair has the mean */
  int n_radial, n_angular;                                            /* channels: n_max + 1           */
  int k_radial, k_angular;                                            /* functions: basis_size + 1     */
  int l_max;
  int flag[VT_NEP_FLAGS]; /* 0 or 1                                                                    */
  int n_blocks;           /* l_max + flags that are on                                                 */
  int dim;                /* n_radial + n_angular * n_blocks                                           */
  int neurons;
  int most_radial,
      most_angular; /* neighbour counts of the cutoff line: no physics, other programs size buffers by them */
  /* Parameters; `numbers` is the one block that the others point into.  A network of type t begins at t * stride
   * (stride 0: one network for all types). */
  double *numbers;
  size_t n_numbers, n_trained; /* of `numbers`; what training may change comes first: networks, biases, c */
  size_t stride;
  const double *w0;        /* [neurons][dim] */
  const double *b0, *w1;   /* [neurons] */
  const double *type_bias; /* NEP5: at t * stride; else NULL */
  const double *bias;      /* one number */
  const double *c_radial;  /* [n_radial][k_radial][n_types centre][n_types neighbour] */
  const double *c_angular; /* [n_angular][k_angular][n_types][n_types] */
  const double *scale;     /* [dim] */
  const double *zbl_pair;  /* flexible: [unordered pair][10] inner, outer, then 4 of (alpha, beta) */
} vt_nep_model;

/* ------------------------------------------------------------------ read.c */

/* Largest file that is read. */
enum { VT_NEP_MOST_BYTES = 512 << 20 };
/* A model from the text of a nep.txt; `name` is used in errors (name:line: what was expected).  VT_EPARSE: malformed;
 * VT_EUNSUP: a kind of NEP that has no energies or charges of its own. */
VT_MUST_CHECK vt_status vt_nep_read(const char *name, const char *text, size_t n, vt_nep_model **out, vt_err *err);
void vt_nep_free(vt_nep_model *m);

/* ------------------------------------------------------------------ model.c */

/* A model of the form of `form` (its numbers are not looked at) with all numbers 0; the caller frees it. */
VT_MUST_CHECK vt_status vt_nep_new(const vt_nep_model *form, vt_nep_model **out, vt_err *err);
VT_MUST_CHECK vt_status vt_nep_copy(const vt_nep_model *from, vt_nep_model **out, vt_err *err);
/* The text of its nep.txt, with ten significant digits: a model that was read from it has this text. */
void vt_nep_write(const vt_nep_model *m, vt_buf *out);

/* ------------------------------------------------------------------ zbl.c */

/* V(r) = k/r sum_t alpha_t exp(-beta_t a r) times a switch from 1 at `inner` to 0 at `outer`. */
typedef struct vt_zbl_pair {
  double inner, outer;
  double k; /* 14.399645 eV A Z_i Z_j */
  double a; /* 1/A                    */
  double alpha[4], beta[4];
} vt_zbl_pair;

/* Pair of types a and b of a model that has a ZBL part. */
vt_zbl_pair vt_zbl_pair_of(const vt_nep_model *m, int a, int b);
/* V and dV/dr at 0 < r; both 0 beyond `outer`. */
void vt_zbl(const vt_zbl_pair *p, double r, double *v, double *dv);

/* ------------------------------------------------------------------ basis.c */

/* f_k(r) and their derivatives for k < n; all 0 for r >= rc. */
void vt_nep_radial(int n, double r, double rc, double *f, double *df);
/* Angular functions h[l^2 - 1 + .] at the unit vector u: for each l = 1..l_max the order is m = 0, then real and
 * imaginary part for m = 1..l; and their gradients as polynomials in (x, y, z), not yet projected. */
void vt_nep_harmonics(int l_max, const double u[3], double *h, double (*grad)[3]);

/* ------------------------------------------------------------------ invariant.c */

/* The invariants of one channel from its angular sums s[VT_NEP_HARMONICS]: q[n_blocks]. */
void vt_nep_invariants(const vt_nep_model *m, const double *s, double *q);
/* z[] = sum over the blocks of d[block] * d(invariant)/d(s[]). */
void vt_nep_invariants_back(const vt_nep_model *m, const double *s, const double *d, double *z);

/* One monomial of a cubic invariant: c s[f[0]] s[f[1]] s[f[2]]. */
typedef struct vt_nep_term {
  double c;
  int f[3];
} vt_nep_term;
/* The n monomials of the cubic invariant of a flag; of 1111, which is 7/15 of the square of q_1, none (NULL). */
const vt_nep_term *vt_nep_terms(int flag, int *n);

/* p_lm as coefficients of z^0 .. z^(l-m), m <= l <= VT_NEP_MOST_L. */
void vt_nep_legendre(int l, int m, double c[VT_NEP_MOST_L + 1]);

/* C_lm of the three-body invariants. */
extern const double vt_nep_c3[VT_NEP_MOST_L + 1][VT_NEP_MOST_L + 1];

#endif
