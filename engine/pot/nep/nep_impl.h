/* nep_impl.h - a neuroevolution potential (NEP3, NEP4, NEP5) in memory, and the parts of its evaluation.
 *
 * Formulas: Z. Fan et al., Phys. Rev. B 104, 104309 (2021); J. Phys.: Condens. Matter 34, 125902 (2022);
 * J. Chem. Phys. 157, 114801 (2022); K. Song et al., Nat. Commun. 15, 10208 (2024).
 *
 *   U_i = sum_mu w1[mu] tanh(sum_nu w0[mu][nu] s[nu] q_nu - b0[mu]) - bias(type of i)
 *   q   = (radial channels; angular channels for l = 1..l_max; one block for each higher-body flag)
 *   g_n(r) = sum_k c[n][k][centre][neighbour] f_k(r),   f_k(r) = T_k(1 - r/rc)^2 (1 + cos(pi r/rc))/2
 *
 * and half of a screened nuclear repulsion (ZBL) for each neighbour. */
#ifndef VT_NEP_IMPL_H
#define VT_NEP_IMPL_H

#include "engine/pot/pot_impl.h"

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
  /* Parameters; `numbers` is the one block that the others point into.  A network of type t begins at t * stride
   * (stride 0: one network for all types). */
  double *numbers;
  size_t stride;
  const double *w0;        /* [neurons][dim] */
  const double *b0, *w1;   /* [neurons] */
  const double *type_bias; /* NEP5: at t * stride; else NULL */
  double bias;
  const double *c_radial;  /* [n_radial][k_radial][n_types centre][n_types neighbour] */
  const double *c_angular; /* [n_angular][k_angular][n_types][n_types] */
  const double *scale;     /* [dim] */
  const double *zbl_pair;  /* flexible: [unordered pair][10] inner, outer, then 4 of (alpha, beta) */
} vt_nep_model;

/* ------------------------------------------------------------------ nep_read.c */

/* Largest file that is read. */
enum { VT_NEP_MOST_BYTES = 512 << 20 };
/* A model from the text of a nep.txt; `name` is used in errors (name:line: what was expected).  VT_EPARSE: malformed;
 * VT_EUNSUP: a kind of NEP that has no energies or charges of its own. */
VT_MUST_CHECK vt_status vt__nep_read(const char *name, const char *text, size_t n, vt_nep_model **out, vt_err *err);
void vt__nep_free(vt_nep_model *m);

/* ------------------------------------------------------------------ zbl.c */

/* V(r) = k/r sum_t alpha_t exp(-beta_t a r) times a switch from 1 at `inner` to 0 at `outer`. */
typedef struct vt_zbl_pair {
  double inner, outer;
  double k; /* 14.399645 eV A Z_i Z_j */
  double a; /* 1/A                    */
  double alpha[4], beta[4];
} vt_zbl_pair;

/* Pair of types a and b of a model that has a ZBL part. */
vt_zbl_pair vt__nep_zbl_pair(const vt_nep_model *m, int a, int b);
/* V and dV/dr at 0 < r; both 0 beyond `outer`. */
void vt__nep_zbl(const vt_zbl_pair *p, double r, double *v, double *dv);

/* ------------------------------------------------------------------ nep_basis.c */

/* f_k(r) and their derivatives for k < n; all 0 for r >= rc. */
void vt__nep_radial(int n, double r, double rc, double *f, double *df);
/* Angular functions h[l^2 - 1 + .] at the unit vector u: for each l = 1..l_max the order is m = 0, then real and
 * imaginary part for m = 1..l; and their gradients as polynomials in (x, y, z), not yet projected. */
void vt__nep_harmonics(int l_max, const double u[3], double *h, double (*grad)[3]);

/* ------------------------------------------------------------------ nep_invariant.c */

/* The invariants of one channel from its angular sums s[VT_NEP_HARMONICS]: q[n_blocks]. */
void vt__nep_invariants(const vt_nep_model *m, const double *s, double *q);
/* z[] = sum over the blocks of d[block] * d(invariant)/d(s[]). */
void vt__nep_invariants_back(const vt_nep_model *m, const double *s, const double *d, double *z);

/* C_lm of the three-body invariants. */
extern const double vt__nep_c3[VT_NEP_MOST_L + 1][VT_NEP_MOST_L + 1];

/* ------------------------------------------------------------------ nep_ref.c: the readable path */

/* A model bound to the species of a task. */
typedef struct vt_nep_bound {
  const vt_nep_model *model;
  int n_species;
  int type[VT_MAX_SPECIES]; /* model type of a species */
  vt_zbl_pair zbl[VT_MAX_SPECIES][VT_MAX_SPECIES];
  double cutoff; /* the largest reach of any part, A */
} vt_nep_bound;

/* Useful multiply-adds of one force call for this list (nep_count.c). */
double vt__nep_multiply_adds(const vt_nep_bound *b, const vt_nlist *nl);

typedef struct vt_nep_ref vt_nep_ref;
VT_MUST_CHECK vt_status vt__nep_ref_open(const vt_nep_bound *b, vt_nep_ref **out, vt_err *err);
VT_MUST_CHECK vt_status vt__nep_ref_compute(vt_nep_ref *r, const vt_nlist *nl, vt_force_out *out, vt_err *err);
void vt__nep_ref_close(vt_nep_ref *r);

/* ------------------------------------------------------------------ fast.c: the vector path */

typedef struct vt_nep_fast vt_nep_fast;
/* *out is NULL, with VT_OK, when the model's form or the build has no vector path. */
VT_MUST_CHECK vt_status vt__nep_fast_open(const vt_nep_bound *b, const vt_numerics *num, vt_nep_fast **out,
                                          vt_err *err);
const char *vt__nep_fast_name(const vt_nep_fast *f);
VT_MUST_CHECK vt_status vt__nep_fast_compute(vt_nep_fast *f, const vt_nlist *nl, vt_force_out *out, vt_err *err);
void vt__nep_fast_close(vt_nep_fast *f);

#endif
