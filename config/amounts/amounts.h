/* amounts.h - what a composition is made of, exactly: ratios of whole numbers, amounts of elements, formulas, the
 * neutral cell of whole atoms.  Plain values, nothing is owned; no function allocates or keeps state. */
#ifndef VT_AMOUNTS_H
#define VT_AMOUNTS_H

#include "engine/spec/spec.h"

/* ------------------------------------------------------------------ exact ratios */

typedef struct vt_q {
  int64_t num, den; /* reduced, den > 0 */
} vt_q;

int64_t vt_gcd(int64_t a, int64_t b); /* >= 0 */
/* All return 1, or 0 on overflow (division also by zero) and leave *out. */
int vt_q_make(int64_t num, int64_t den, vt_q *out);
int vt_q_parse(const char *s, size_t n, vt_q *out); /* 4, 2.5, 10/3, 2.5/0.75; no sign */
int vt_q_add(vt_q a, vt_q b, vt_q *out);
int vt_q_mul(vt_q a, vt_q b, vt_q *out);
int vt_q_div(vt_q a, vt_q b, vt_q *out);
int vt_q_equal(vt_q a, vt_q b);
double vt_q_f64(vt_q a);
/* A decimal if it ends after at most nine places, else num/den. */
void vt_q_text(vt_q a, char out[48]);

/* ------------------------------------------------------------------ compositions as asked */

/* How much of each element, exactly; species in canonical order (mobile, network, anions, oxygen by the table of
 * elements, then atomic number), amounts > 0. */
typedef struct vt_amounts {
  int n;
  int z[VT_MAX_SPECIES];
  vt_q x[VT_MAX_SPECIES];
} vt_amounts;

/* Add x of z, keeping the order.  0: no room, overflow. */
int vt_amounts_put(vt_amounts *a, int z, vt_q x);
/* Divide by the amount of network (without one: of mobile ions), the normal form in which equal compositions are equal.
 * `ions`: the same species with their roles. */
int vt_amounts_per_metal(vt_amounts *a, const vt_composition *ions);
/* The smallest whole numbers in the ratio of the amounts and their sum; 0 if they do not fit. */
int vt_amounts_primitive(const vt_amounts *a, int64_t p[VT_MAX_SPECIES], int64_t *sum);
int vt_amounts_cmp(const vt_amounts *a, const vt_amounts *b);
/* Exact sum of charge times amount.  0: overflow. */
int vt_amounts_charge(const vt_amounts *a, const int charge[VT_N_ELEMENTS], vt_q *sum);

/* `LiAlCl2.5O0.75`, `Li1/3Na2/3TaOCl4`.  0: *at is the offset of the mistake, `why` says what it is. */
int vt_formula_parse(const char *s, vt_amounts *a, int offset_of_z[VT_N_ELEMENTS], int *at, char *why, size_t cap);
/* With at most `digits` significant digits, or exactly (digits 0).  0: does not fit. */
int vt_formula_text(const vt_amounts *a, int digits, char out[VT_NAME]);
/* The best readable name of at most VT_NAME - 1 characters. */
int vt_formula_name(const vt_amounts *a, char out[VT_NAME]);
/* The elements of one role with their shares of it: "Li", "Li0.5Na0.5", "". */
int vt_formula_label(const vt_amounts *a, const vt_composition *ions, int role, char out[VT_NAME]);

/* Ratios of atoms, and what became of them in a cell of whole atoms. */
typedef struct vt_ratios {
  double halogen_to_oxygen; /* asked X/O; INFINITY without O; NaN without O and X */
  double alkali_per_metal;  /* asked; INFINITY without metal */
  double got_halogen_to_oxygen, got_alkali_per_metal;
  double worst_ratio_error; /* largest relative error of any asked ratio */
} vt_ratios;

/* The neutral integer cell near `atoms`.  *c holds the species of `a` in their order, with charges and roles, and gets
 * counts; *ratios the ratios asked and got.  0: there is none. */
int vt_amounts_cell(const vt_amounts *a, int atoms, vt_composition *c, vt_ratios *ratios);
/* The same for any elements (cell_any.c): counts in *count, the largest relative error of a share in *error. */
int vt_amounts_cell_any(const vt_amounts *a, const int32_t *charge, int atoms, int32_t count[VT_MAX_SPECIES],
                        double *error);

#endif
