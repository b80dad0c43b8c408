/* nep_impl.h - how a NEP is evaluated: the readable path and the vector path. */
#ifndef VT_NEP_IMPL_H
#define VT_NEP_IMPL_H

#include "engine/nep/nep.h"
#include "engine/pot/pot_impl.h"

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

/* ------------------------------------------------------------------ fast.c, fast_run.c: the vector path */

typedef struct vt_nep_fast vt_nep_fast; /* as one thread has it */
typedef struct vt_nep_vector vt_nep_vector;
/* *out is NULL, with VT_OK, when the model's form or the build has no vector path. */
VT_MUST_CHECK vt_status vt__nep_vector_open(const vt_nep_bound *b, const vt_numerics *num, vt_nep_vector **out,
                                            vt_err *err);
/* Another one with the same parameters, which stay those of `v`; for another thread. */
VT_MUST_CHECK vt_status vt__nep_vector_share(const vt_nep_vector *v, vt_nep_vector **out, vt_err *err);
const char *vt__nep_vector_name(const vt_nep_vector *v);
VT_MUST_CHECK vt_status vt__nep_vector_compute(vt_nep_vector *v, const vt_nlist *nl, vt_force_out *out, vt_err *err);
int vt__nep_chunks(int n_atoms); /* that a cell is cut into, at most; at least 1 */
void vt__nep_vector_close(vt_nep_vector *v);

#endif
