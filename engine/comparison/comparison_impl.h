/* comparison_impl.h - what the files of this module share. */
#ifndef VT_COMPARISON_IMPL_H
#define VT_COMPARISON_IMPL_H

#include "engine/comparison/comparison.h"
#include "engine/num/num.h"

/* ------------------------------------------------------------------ random.c: random effects (T 9.2) */

typedef struct vt__effects {
  double mean, tau2, tau2_lo, tau2_hi, tau2_dl, q, q_p, i2;
} vt__effects;

/* k >= 2 values y with sampling variances s2 > 0. */
void vt__effects_fit(int k, const double *y, const double *s2, vt__effects *out);
/* sum w y / sum w with w = 1 / (s2 + tau2). */
double vt__effects_mean(int k, const double *y, const double *s2, double tau2);
/* The tau2 >= 0 at which Cochran's Q with weights 1/(s2 + tau2) has fallen to q; 0 if it starts below. */
double vt__effects_tau2(int k, const double *y, const double *s2, double q);

/* ------------------------------------------------------------------ the compositions that are compared (compare.c) */

typedef struct vt__screen {
  int k, left_out;
  int beyond;        /* of those left out: t_ref lies beyond points that cannot test a curve */
  int single;        /* none of them has more than one glass */
  int without_error; /* a value has none                    */
  double dof;        /* behind the pooled variance           */
  double per_glass;  /* variance between glasses, decades^2; NaN if single */
  double share;      /* of the nominal levels, 1: all                      */
  const vt_compare_input *in;
  const vt_arrh *fit[VT_MAX_COMPARE];
  double y[VT_MAX_COMPARE], s2[VT_MAX_COMPARE]; /* value, and variance of its error */
  int n_line;                                   /* lines of compositions that take part; 0: not known */
  const vt_glass_line **line;                   /* [n_line] grouped by composition  */
  int *owner;                                   /* [n_line] 0..k-1                  */
  double *weight;                               /* [n_line] 1, or less for outlying glasses */
} vt__screen;

/* What the errors of the points make of the level (or the activation energy) of one glass: variance, a mean over the
 * lines; 0 without lines (T 9.11). */
double vt__sampling(const vt__screen *t, int slope);

/* Chance of error of one side of a contrast, of two sides of tau and of the range: 5 % times the share. */
double vt__level(const vt__screen *t);

/* ------------------------------------------------------------------ outlier.c: values and variances (T 9.1, 9.7) */

/* Variances s2[k] from standard errors se[k]; returns the variance between glasses (T 9.1). */
double vt__pool(const vt__screen *t, const double *se, double *s2);
/* y, s2, per_glass and weights from the lines of the glasses, outlying ones bounded (T 9.7); only with n_line > 0. */
void vt__pool_lines(vt__screen *t);

/* ------------------------------------------------------------------ ancova.c: p values, for information (T 9.5, 9.8)
 */

/* One-way F of values y with variance per_glass between glasses: NaN unless every composition has two glasses. */
double vt__p_equal(const vt__screen *t, const double *y, double per_glass);
/* One level given one slope; NaN without lines. */
double vt__p_level(const vt__screen *t);
/* Allocates. */
VT_MUST_CHECK vt_status vt__p_permutation(const vt__screen *t, uint64_t key, double *p, vt_err *err);

/* ------------------------------------------------------------------ verdict.c (T 9.6) */

/* Why compositions with a line were left out, in brackets; "" if none was. */
const char *vt__beyond_text(const vt__screen *t);
void vt__decide(const vt__screen *t, vt_compare *c);

#endif
