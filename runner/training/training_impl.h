/* training_impl.h - what the files of runner/training share. */
#ifndef VT_TRAINING_IMPL_H
#define VT_TRAINING_IMPL_H

#include "runner/training/training.h"

/* ------------------------------------------------------------------ errors.c */

/* Errors over frames, from the sums of their terms. */
typedef struct vt__errors {
  double loss;                               /* with the mean virial, if there is a scale for it */
  double energy, force, virial, mean_virial; /* root mean squares, eV/atom, eV/A, eV/atom; NaN without labels */
} vt__errors;
/* terms[n] of frames whose compositions are comp[n] < n_comp; scratch[2 n_comp]. */
vt__errors vt__errors_of(const vt_train_terms *terms, const int *comp, int n, int n_comp, double mean_virial_scale,
                         double *scratch);

/* ------------------------------------------------------------------ tree.c: one sum for any number of ranks */

/* Buffers of n doubles, one a leaf; leaf k belongs to rank owner[k], owners ascend.  vt__tree_sum leaves the sum of all
 * in leaf 0, on its owner, rank 0: always the same additions, T 17.5.  Other buffers hold parts of it then. */
typedef struct vt__tree {
  vt_comm *comm;
  size_t n;
  int most; /* leaves there is room for */
  double **leaf;
  int *owner;
  size_t *arrived; /* doubles */
} vt__tree;
VT_MUST_CHECK vt_status vt__tree_open(vt__tree *t, vt_comm *comm, int most, size_t n, vt_err *err);
void vt__tree_close(vt__tree *t);
/* owner[k] of n leaves of these costs: stretches of about equal cost, the first begins with rank 0. */
void vt__tree_spread(vt__tree *t, int n, const double *cost);
void vt__tree_clear(vt__tree *t, int leaf);
VT_MUST_CHECK vt_status vt__tree_sum(vt__tree *t, int n, vt_err *err);

/* ------------------------------------------------------------------ the state */

typedef struct vt__trainer {
  vt_comm *comm;
  const vt_training_options *o;
  vt_training *y;
  char output[VT_PATH];
  vt_simd simd;
  vt_nep_model *m; /* the numbers as they are */
  vt_train *train;
  vt_train_data data, held, test; /* trained on; validation; test (rank 0) */
  vt_train_scales scales;
  vt_uid identity; /* of all that the result depends on */
  double *element_energy;
  /* progress */
  int64_t epoch;          /* that goes on */
  int batch, n_batches;   /* next batch of it */
  int grouped, per_batch; /* frames of a group, one composition, at most; groups of a batch */
  int n_groups;
  int *order, *first;      /* [data.n] of this epoch; [n_groups + 1] where groups begin in it */
  double *ledger;          /* [data.n] latest tr dW/3N times weight, NaN: none yet */
  vt_train_terms sums;     /* of this epoch so far */
  vt_train_adam adam;      /* rank 0 */
  double *best, best_loss; /* rank 0: averaged numbers */
  int64_t best_epoch;
  vt_buf csv;       /* rank 0: train.csv so far */
  double *gradient; /* rank 0: [n_trained] */
  double *pull;     /* [2 n_comp] scratch: mean virial errors, weights */
  double *packet;   /* what rank 0 sends after a batch */
  double (*d_force)[3];
  size_t kept_bytes; /* frames in memory */
  vt__tree tree, gather;
  double began_s;      /* of this run */
  int64_t frames_done; /* by this run */
} vt__trainer;

/* data.c: the file, its frames, the first model.  *bad: there are mistakes, which were told. */
VT_MUST_CHECK vt_status vt__trainer_prepare(vt__trainer *t, int *bad, vt_err *err);
/* loop.c: all epochs; *stopped: a soft stop was asked for. */
VT_MUST_CHECK vt_status vt__trainer_loop(vt__trainer *t, int *stopped, vt_err *err);
/* The frame of a sample, from memory or made for now; after use. */
VT_MUST_CHECK vt_status vt__trainer_frame(vt__trainer *t, vt_train_sample *s, vt_err *err);
void vt__trainer_release(vt__trainer *t, vt_train_sample *s, int was_there);
/* evaluate.c: errors on the validation frames with these numbers; collective, the answer on rank 0. */
VT_MUST_CHECK vt_status vt__trainer_evaluate(vt__trainer *t, const double *numbers, vt__errors *out, vt_err *err);
/* checkpoint.c; rank 0. */
VT_MUST_CHECK vt_status vt__checkpoint_write(vt__trainer *t, vt_err *err);
/* *found = 0: there is none.  VT_EINVAL: it is another training's. */
VT_MUST_CHECK vt_status vt__checkpoint_read(vt__trainer *t, int *found, vt_err *err);
/* write.c; rank 0. */
VT_MUST_CHECK vt_status vt__write_model(vt__trainer *t, const char *name, const double *numbers, vt_err *err);
VT_MUST_CHECK vt_status vt__write_epoch(vt__trainer *t, const vt__errors *trained, const vt__errors *held, double rate,
                                        vt_err *err);
VT_MUST_CHECK vt_status vt__write_test(vt__trainer *t, vt_err *err);
/* card.c: smoke test, parity, report.html, README.md; collective.  *failed: checks that the model failed. */
VT_MUST_CHECK vt_status vt__trainer_card(vt__trainer *t, int *stopped, int *failed, vt_err *err);
void vt__say(const vt__trainer *t, const char *fmt, ...) VT_PRINTF(2, 3);

#endif
