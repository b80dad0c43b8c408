/* train_impl.h - frames and kernels from inside. */
#ifndef VT_TRAIN_IMPL_H
#define VT_TRAIN_IMPL_H

#include "engine/train/train.h"

enum { VT__LANES = 8 }; /* doubles of a vector; rows of all tables are padded to whole vectors with 0 */
typedef double vt__v8 __attribute__((vector_size(64)));

typedef struct vt__pair {
  double d[3], r; /* from the centre to the neighbour, A */
  int32_t owner;  /* atom that the neighbour is an image of */
  int32_t type;   /* model type of the neighbour */
} vt__pair;

struct vt_train_frame {
  int n;
  int *type;                             /* [n]                                                                    */
  int *first;                            /* [n + 1] pairs of atom i: first[i] .. first[i+1]                        */
  int *angular;                          /* [n] the first so many of them are within the angular cutoff            */
  vt__pair *pair;                        /* [first[n]]                                                             */
  int n_angular, most;                   /* angular pairs of all; most pairs of an atom */
  int n_there, there[VT_NEP_MOST_TYPES]; /* types that it has, ascending */
  double zbl_energy, zbl_virial[9];
  double (*zbl_f)[3]; /* [n] */
};

/* Sizes of a model's form, in vectors where it says v. */
typedef struct vt__form {
  int nt, n_radial, n_angular, k_radial, k_angular, l_max, blocks, dim, neurons, version;
  int n_lm; /* harmonics */
  int rv, av, krv, kav, lv, dv,
      mv; /* radial channels, angular channels, basis functions, harmonics, descriptor, neurons */
  int flag[VT_NEP_FLAGS];
  double rc_radial[VT_NEP_MOST_TYPES], rc_angular[VT_NEP_MOST_TYPES];
  /* Harmonics by lanes: polynomials in z, powers of x + iy */
  vt__v8 *z_power, *dz_power;  /* [l_max + 1][lv] coefficients of z^d in p_lm and in its derivative */
  int32_t *at_m, *at_x, *at_y; /* [8 lv] places in (re_0, im_0, re_1, im_1, ...) of h, dh/dx, dh/dy */
  vt__v8 *f_x, *f_y;           /* [lv] factors m, +-m */
  vt__v8 *weight;              /* [lv] of S^2 in q */
} vt__form;

/* Parameters or their gradient as kernels want them; offsets in vectors into one block. */
typedef struct vt__layout_of {
  size_t c_radial;  /* [nt][nt][k_radial][rv]   */
  size_t c_angular; /* [nt][nt][k_angular][av]  */
  size_t net;       /* [networks]: w0 [neurons][dv], b0 [mv], w1 [mv], type bias [1] */
  size_t net_size, w0, b0, w1, type_bias;
  size_t bias; /* [1] */
  size_t size;
} vt__layout_of;

/* out[n][m] = a[n][k] b[k][m], each element a sum over k in turn from 0 on.  Columns are taken eight at once: b and out
 * have room for seven more behind the last, and those of out are overwritten with anything. */
typedef struct vt__product {
  const double *a, *b;
  double *out;
  ptrdiff_t a_row, a_col, b_row, out_row; /* distances in doubles */
  int n, k, m;
} vt__product;

typedef struct vt__kernel_ops {
  const char *name;
  void (*forward)(vt_train *t, const vt_train_frame *f);
  void (*backward)(vt_train *t, const vt_train_frame *f, double d_energy, const double (*d_force)[3],
                   const double d_virial[9], vt__v8 *gradient);
  void (*product)(const vt__product *o);
} vt__kernel_ops;
extern const vt__kernel_ops vt__kernel_portable, vt__kernel_avx2, vt__kernel_avx512;
const vt__kernel_ops *vt__kernel_of(vt_simd simd); /* NULL: not in this build */

/* ------------------------------------------------------------------ steps: adam.c, bases.c */

#define VT__DECAY_FIRST  0.9
#define VT__DECAY_SECOND 0.98 /* a short memory: gradients of few frames change their size quickly */
#define VT__SMALL        1e-12

/* Blocks of the model's numbers and their matrices (bases.c). */
void vt__bases_close(vt_train_bases *b);
/* The step of the matrix of block b, if it has one and any gradient; factor: of the gradient.  1: numbers of the matrix
 * have moved. */
int vt__bases_step(vt_train_adam *a, int b, double rate, double factor, const double *gradient, double *numbers);

/* What a forward run of a frame leaves for its backward run. */
typedef struct vt__room {
  int atoms, angular; /* there is room for */
  double (*f)[3];     /* [atoms] */
  double (*pad)[4];   /* [atoms] forces while they are summed, displacements */
  vt__v8 *g, *dg;     /* [angular][av] channels and derivative */
  vt__v8 *s;          /* [atoms][8 lv][av] angular sums, channels along the lanes */
  vt__v8 *t;          /* [atoms][mv] tanh of the neurons       */
  vt__v8 *q;          /* [atoms][dv] descriptor                */
} vt__room;

struct vt_train {
  vt__form form;
  vt__layout_of at;
  const vt__kernel_ops *ops;
  size_t n_trained;
  size_t *place;            /* [n_trained] of a number of the model in the layout, in doubles */
  int *scaled;              /* [n_trained] component of the descriptor whose scale it has, or -1 */
  double *scale;            /* [dim] of the model that was set */
  vt__v8 *numbers;          /* in the layout `at`, w0 times scale */
  vt__v8 *c_radial_t;       /* [nt][nt][n_radial][krv]: c with k along the lanes */
  vt__v8 *w0_t;             /* [networks][dim][mv] */
  double energy, virial[9]; /* of the frame of the last forward run */
  vt__room now;             /* of that run */
  /* of an atom */
  int most;                       /* pairs there is room for */
  vt__v8 *radial_f, *radial_df;   /* [most][krv] f_k and derivative */
  vt__v8 *angular_f, *angular_df; /* [most][kav]                    */
  vt__v8 *h, *hx, *hy, *hz;       /* [most][lv] harmonics, gradient / r without its part along r */
  vt__v8 *d;                      /* [dv] dU/dq */
  double *along, *slopes;         /* [most] slope along r, or change of |r|; [4 most] */
  vt__v8 *pair_h1;                /* [most][lv]: change of h along the displacement */
  vt__v8 *pair_dg;                /* [most][av]: dg times change of r */
  vt__v8 *by_type;                /* [nt][2 krv] sums of f_k, and of their change, by type of the neighbour */
  vt__v8 *z;                      /* [n_angular][lv] */
  vt__v8 *zt, *z1t, *s1t;         /* [8 lv][av] channels along the lanes */
  vt__v8 *q1, *dq, *dq1;          /* [dv] */
  vt__v8 *u, *du, *du1;           /* [mv] */
};

/* a[n][n] x = b by Cholesky; b becomes x, a is spoilt (start.c).  VT_EINVAL: not positive. */
VT_MUST_CHECK vt_status vt__solve(double *a, double *b, int n, vt_err *err);

/* ------------------------------------------------------------------ what is wrong with data (check_frame.c, check.c)
 */

/* Kinds of warnings: of each only the first few are shown. */
typedef enum vt__warning {
  VT__WARN_NET_FORCE,
  VT__WARN_ZERO_FORCES,
  VT__WARN_LEFT_HANDED,
  VT__WARN_NEAR,
  VT__WARN_DENSE,
  VT__WARN_OTHER_NAME,
  VT__WARN_LACKS,
  VT__WARN_ENERGY,
  VT__WARN_TWIN,
  VT__WARN_SHARED,
  VT__WARN_STRAINED,
  VT__WARN_KINDS
} vt__warning;

void vt__data_mistake(vt_train_data *set, const char *path, int line, const char *fmt, ...) VT_PRINTF(4, 5);
void vt__data_warn(vt_train_data *set, vt__warning kind, const char *path, int line, const char *fmt, ...)
    VT_PRINTF(5, 6);
/* Lines for what was not shown; once, at the end of a set. */
void vt__data_warn_rest(vt_train_data *set);
/* A number for the formula, the same for twice as many atoms; 0: an unknown element (check.c). */
uint64_t vt__formula_of(const vt_train_sample *s);
/* The middle one of x[n], which are put in order: a member, never a mean of two. */
double vt__middle(double *x, int n);
double vt__force_rms(const vt_train_sample *s); /* of |F|, eV/A; 0 without forces */
/* A frame by itself: labels, cell, places of its atoms.  s: as it was read, for lines and words; its x and f have been
 * taken over by `to`. */
void vt__check_frame(vt_train_data *set, const char *path, const vt_structure *s, const vt_train_sample *to);

/* twins.c: mistakes and warnings of vt_train_data_compare for single frames. */
VT_MUST_CHECK vt_status vt__say_twins(vt_train_data *a, vt_train_data *b, const char *what, vt_err *err);

#endif
