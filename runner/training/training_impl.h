/* training_impl.h - what the files of runner/training share. */
#ifndef VT_TRAINING_IMPL_H
#define VT_TRAINING_IMPL_H

#include "runner/training/job_impl.h"

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

/* Buffers of n doubles, one a leaf, in parts from[p] .. from[p + 1]: what is not in a part of used[leaf] is 0, and is
 * neither cleared, nor added, nor sent.  The last part is always used.  Leaf k belongs to rank owner[k], owners ascend.
 * vt__tree_sum leaves the sum of all in leaf 0, on its owner, rank 0: always the same additions, T 17.5.  Other buffers
 * hold parts of it then.  With part_owner each part of the sum is in leaf 0 of its owner instead, and the last part on
 * all ranks; who has no leaves takes part, too. */
typedef struct vt__tree_arrived {
  int began, part;
  size_t at; /* the next number is that of the part */
} vt__tree_arrived;
/* Bytes of a message of many: MPICH copies those at once (2.8 us for 8 KiB within a node), while for larger ones (15 us
 * for 32 KiB) receiver and sender have to meet. */
enum { VT__MESSAGE = 8192 };
_Static_assert((int)VT__MESSAGE <= (int)VT_COMM_MOST, "messages have a limit");

/* What a rank waits for, and what it does with messages meanwhile. */
typedef struct vt__waiting {
  int (*is_there)(const void *ctx, int what);
  const void *ctx;
  int what;
  vt_status (*take)(void *taker, const vt_msg *m, vt_err *err);
  void *taker;
} vt__waiting;
/* waited_s: CPU time of looking in vain, added to. */
VT_MUST_CHECK vt_status vt__wait_for(vt_comm *comm, const vt__waiting *w, double *waited_s, vt_err *err);

typedef struct vt__tree {
  vt_comm *comm;
  size_t n;
  int most; /* leaves there is room for */
  double **leaf;
  int *owner;
  int n_parts;
  size_t *from;                                                 /* [n_parts + 1] */
  unsigned char **used;                                         /* [most][n_parts] */
  vt__tree_arrived *arrived;                                    /* [most] */
  const int *part_owner;                                        /* [n_parts], or NULL: all on rank 0 */
  vt_status (*take)(void *taker, const vt_msg *m, vt_err *err); /* of all messages, or NULL: there are no others */
  void *taker;
  double waited_s; /* CPU time */
} vt__tree;
/* from[] is the caller's to fill: one part is whole as it is. */
VT_MUST_CHECK vt_status vt__tree_open(vt__tree *t, vt_comm *comm, int most, size_t n, int n_parts, vt_err *err);
void vt__tree_close(vt__tree *t);
/* owner[k] of n leaves of these costs: stretches of about equal cost, the first begins with rank 0. */
void vt__tree_spread(vt__tree *t, int n, const double *cost);
/* All 0, no part used but the last. */
void vt__tree_clear(vt__tree *t, int leaf);
VT_MUST_CHECK vt_status vt__tree_sum(vt__tree *t, int n, vt_err *err);
/* A message of a sum; VT_EBUG: it is none. */
VT_MUST_CHECK vt_status vt__tree_take(vt__tree *t, const vt_msg *msg, vt_err *err);

/* ------------------------------------------------------------------ step.c: a step of SOAP on all ranks */

/* A stream of numbers from a rank, as it comes: block, its numbers, block, ... */
typedef struct vt__stream {
  int is_whole;
  int block, only_plain; /* -1: the next number names it */
  size_t at;             /* the next number of it, in its order */
} vt__stream;
typedef struct vt__step {
  int *owner;                  /* [blocks + 1] of blocks, which are the parts of the tree; the last part is nobody's */
  vt__stream *gradient, *news; /* [ranks] rank 0: gradients of their blocks; numbers after a step */
  double *squares;             /* [ranks] of the gradient of their blocks */
  int *has_squares;            /* [ranks] */
  double *load;                /* [ranks] scratch */
  unsigned char *used;         /* [blocks] with a gradient: on rank 0 all, else mine */
  double factor, norm;         /* from rank 0 */
  int has_factor, has_norm;
  int moved; /* since the state was gathered */
} vt__step;

/* ------------------------------------------------------------------ the state */

/* Frames of a leaf at most: fewer gradients are added and sent, but fewer ranks share a batch. */
enum { VT__LEAF_FRAMES = 4 };

/* What does not move, or is pulled back (start.c). */
typedef struct vt__hold {
  unsigned char *moves, *moves_new; /* [n_trained] at all; while only new elements are trained */
  unsigned char *pulled;            /* [n_trained] back to the start: what moves, but not of new elements */
  double *origin, *scale;           /* [n_trained] first numbers; sizes that the pull measures by */
  double n_pulled;                  /* how many are */
  int64_t new_epochs;               /* of new elements alone */
  int any;                          /* some numbers stay where they are, at least for some epochs */
} vt__hold;

/* A group of frames whose mean pressure is held (pressure.c). */
typedef struct vt__pressure {
  const vt_training_item *item; /* name, pressure, temperature: of vt_training */
  int comp, mixed;              /* its composition; 1 after a mistake */
  double atom_volume;           /* mean over its frames, A^3 */
  double offset;                /* mean of the references less what it should be, eV/atom */
} vt__pressure;

typedef struct vt__trainer {
  vt__job *job;
  vt_comm *comm; /* of its team */
  const vt_training_options *o;
  const vt_training *y;
  int member, quiet; /* quiet: another team says the same */
  uint64_t seed;     /* of this member: first numbers, order of frames */
  char output[VT_PATH];
  vt_simd simd;
  vt_nep_model *m; /* the numbers as they are */
  vt_train *train;
  vt_train_data data, held, test; /* trained on; validation; test (rank 0) */
  vt_train_scales scales;
  vt_uid identity;                      /* of all that the result depends on */
  vt_buf record;                        /* the same for people: record.c */
  double *element_weight;               /* [n_items][n_types] of forces */
  int is_new[VT_NEP_MOST_TYPES], n_new; /* elements that begin as copies */
  vt__hold hold;
  int n_pressure;
  vt__pressure *pressure; /* [n_pressure] of group 1, 2, ... */
  /* progress */
  int64_t epoch;           /* that goes on; behind the epochs: how many there were */
  int batch, n_batches;    /* next batch of it */
  int64_t passes;          /* steps of all data behind them, also those that were no better; on all ranks */
  int per_leaf, per_batch; /* frames of a leaf of the tree at most; leaves of a batch */
  int *order;              /* [data.n] of this epoch */
  double *ledger;          /* [data.n] latest tr dW/3N times weight, NaN: none yet */
  const double *means;     /* [kinds] mean errors that pull (T 17.2), or NULL: none */
  vt_train_terms sums;     /* of this epoch so far */
  vt_train_adam adam;      /* what a rank's blocks have; rank 0 all, between epochs */
  vt__step step;
  double *best, best_loss;    /* rank 0: averaged numbers */
  vt__when best_at;           /* on all ranks */
  int64_t better_epoch;       /* latest epoch that was better than all before it, for early_stop; on all ranks */
  double better_loss;         /* rank 0: its loss */
  vt__errors trained, errors; /* rank 0: of the last epoch that this run ended: training, validation */
  int still;                  /* rank 0: epochs since the forces on validation changed last */
  int wild;                   /* rank 0: epochs in a row with errors beyond reason */
  double start_force;         /* rank 0: error of the start's forces on validation, NaN: a new model */
  vt_buf csv;                 /* rank 0: train.csv so far */
  double *gradient;           /* [n_trained] */
  double *pull;               /* [2 n_comp] scratch: mean virial errors, weights */
  vt_train_lbfgs finish;      /* rank 0, if schedule.finish is not 0 */
  double *total;              /* rank 0: gradient of all frames, as the tree has it */
  int only_terms;             /* a batch gives terms, no gradient */
  double (*d_force)[3];
  size_t kept_bytes; /* frames in memory */
  vt__tree tree, gather;
  double began_s;      /* of this run */
  int32_t failed;      /* of its checks */
  char why[252];       /* the first */
  double before_s;     /* rank 0: that runs before this one took */
  int64_t frames_done; /* by this run */
} vt__trainer;

/* start.c.  Weights of elements by item; then those of the frames that the files of an item added to the data, from
 * `first` on. */
VT_MUST_CHECK vt_status vt__start_weights(vt__trainer *t, vt_err *err);
VT_MUST_CHECK vt_status vt__start_item(vt__trainer *t, int item, int first, vt_err *err);
/* t->m from the model to start from: cut down, grafted. */
VT_MUST_CHECK vt_status vt__start_model(vt__trainer *t, const vt_nep_model *from, vt_err *err);
/* Rank 0: what the energies of the start have to be moved by, shift[n_types], eV; 0 if they lie where the labels do. */
VT_MUST_CHECK vt_status vt__start_fit(vt__trainer *t, double *shift, vt_err *err);
/* Collective: t->m moved by rank 0's e[n_types], which all get; nothing if all are 0. */
VT_MUST_CHECK vt_status vt__start_shift(vt__trainer *t, double *e, vt_err *err);
/* The numbers of now are the first ones.  Before a step: the gradient with the pull, 0 for what is frozen; after it:
 * `numbers` (also averages) are the first ones where they may not move in this epoch. */
VT_MUST_CHECK vt_status vt__hold_open(vt__trainer *t, vt_err *err);
void vt__hold_close(vt__hold *h);
void vt__hold_gradient(vt__trainer *t, double *gradient);
/* The same for one block. */
void vt__hold_block_gradient(vt__trainer *t, const vt_train_block *b, double *gradient);
void vt__hold_block_numbers(vt__trainer *t, const vt_train_block *b, double *numbers);
/* pressure.c.  The frames from `first` on are of the group of their item, if it has one; then, collective, what these
 * are compared with. */
VT_MUST_CHECK vt_status vt__pressure_item(vt__trainer *t, const vt_training_item *item, int first, vt_err *err);
VT_MUST_CHECK vt_status vt__pressure_open(vt__trainer *t, vt_err *err);
/* Of a frame in a group: its push less the reference, eV/atom; the derivative by its virial, of the mean of them. */
double vt__pressure_change(const vt__trainer *t, const vt_train_sample *s, const double virial[9]);
void vt__pressure_pull(const vt__trainer *t, const vt_train_sample *s, double change, double d_virial[9]);
/* data.c: the file; *bad as below. */
VT_MUST_CHECK vt_status vt__load_file(vt__job *j, int *bad, vt_err *err);
/* data.c: its frames, the first model.  *bad: there are mistakes, which were told. */
VT_MUST_CHECK vt_status vt__trainer_prepare(vt__trainer *t, int *bad, vt_err *err);
/* training.c: room for everything, once the model and the frames are there; all that a trainer holds is freed. */
VT_MUST_CHECK vt_status vt__trainer_room(vt__trainer *t, vt_err *err);
void vt__trainer_close(vt__trainer *t);
/* The kind whose mean error a frame is part of: its composition, or its group of known pressure. */
static inline int vt__kind_of(const vt__trainer *t, const vt_train_sample *s)
{
  return s->group ? t->data.n_comp + s->group - 1 : s->comp;
}
static inline int vt__n_kinds(const vt__trainer *t) { return t->data.n_comp + t->n_pressure; }
/* loop.c: leaves of this batch; the first frame of leaf k in the order, and how many it has; where the flags stand
 * behind a gradient; the sum of a batch, *mine: what went wrong on this rank. */
enum { VT__ASKED, VT__FAILED, VT__FLAGS };
int vt__batch_size(const vt__trainer *t);
int vt__leaf_of(const vt__trainer *t, int k, int *n);
size_t vt__flags_at(const vt__trainer *t);
void vt__add_terms(vt_train_terms *to, const vt_train_terms *from);
/* The frames of a batch of n leaves, *mine: what went wrong on this rank; and their sum on rank 0. */
void vt__batch_frames(vt__trainer *t, int n, vt_status *mine, vt_err *err);
VT_MUST_CHECK vt_status vt__batch_sum(vt__trainer *t, int n, vt_status *mine, vt_err *err);
/* Collective, from a start: its errors on validation; the first time the first row of train.csv and a candidate for
 * the best. */
VT_MUST_CHECK vt_status vt__trainer_start(vt__trainer *t, vt_err *err);
/* Collective: the averaged numbers on validation, a row of train.csv, a checkpoint. */
VT_MUST_CHECK vt_status vt__end_epoch(vt__trainer *t, vt__phase phase, double rate, vt_err *err);
/* The root: a row for a step that was no better, a checkpoint. */
VT_MUST_CHECK vt_status vt__end_rejected(vt__trainer *t, vt_err *err);
/* The root: where it is, for the progress line and status.json. */
VT_MUST_CHECK vt_status vt__trainer_tell(const vt__trainer *t, vt_err *err);
/* finish.c: one step of all data (T 17.4); *stopped: a soft stop was asked for, and nothing has changed. */
VT_MUST_CHECK vt_status vt__finish_open(vt__trainer *t, vt_err *err);
VT_MUST_CHECK vt_status vt__finish_pass(vt__trainer *t, int *stopped, vt_err *err);
/* step.c.  Collective: the sum of the n leaves of a batch, each rank has that of its blocks; with it, whose frames
 * weigh `weight`, each steps its blocks; all have the new numbers. */
VT_MUST_CHECK vt_status vt__step_open(vt__trainer *t, vt_err *err);
void vt__step_close(vt__step *s);
VT_MUST_CHECK vt_status vt__step_sum(vt__trainer *t, int n, vt_err *err);
VT_MUST_CHECK vt_status vt__step_make(vt__trainer *t, double weight, double rate, vt_err *err);
/* Collective: all have all of the state, before it is written or averages are used; as rank 0 has it, after it was
 * read.
 */
VT_MUST_CHECK vt_status vt__step_gather(vt__trainer *t, vt_err *err);
VT_MUST_CHECK vt_status vt__step_share(vt__trainer *t, vt_err *err);
/* loop.c: one batch; all epochs, or until early_stop ends it; *stopped: a soft stop was asked for. */
VT_MUST_CHECK vt_status vt__trainer_batch(vt__trainer *t, int *stop, vt_err *err);
VT_MUST_CHECK vt_status vt__trainer_loop(vt__trainer *t, int *stopped, vt_err *err);
int vt__trainer_ended_early(const vt__trainer *t); /* the same on all ranks, also after a new start */
int vt__finishes(const vt__trainer *t);            /* behind the epochs */
/* Where it is. */
vt__member vt__trainer_at(const vt__trainer *t, vt__member_state state);
/* The frame of a sample, from memory or made for now; after use. */
VT_MUST_CHECK vt_status vt__trainer_frame(vt__trainer *t, vt_train_sample *s, vt_err *err);
void vt__trainer_release(vt__trainer *t, vt_train_sample *s, int was_there);
/* evaluate.c: errors on the validation frames with these numbers; collective, the answer on rank 0. */
VT_MUST_CHECK vt_status vt__trainer_evaluate(vt__trainer *t, const double *numbers, vt__errors *out, vt_err *err);
/* checkpoint.c; rank 0. */
VT_MUST_CHECK vt_status vt__checkpoint_write(vt__trainer *t, vt_err *err);
/* *found = 0: there is none.  VT_EINVAL: it is another training's; what differs and what would be lost was said. */
VT_MUST_CHECK vt_status vt__checkpoint_read(vt__trainer *t, int *found, vt_err *err);
/* record.c.  Lines "key: value", in the words of the file, of all that the identity is made of; then what differs, one
 * line each: "  key: old, here now"; returns how many.  A path counts: it says where to look. */
VT_MUST_CHECK vt_status vt__record_make(const vt__trainer *t, vt_buf *b, vt_err *err);
int vt__record_differences(const char *old, size_t n_old, const char *now, size_t n_now, vt_buf *out);
/* write.c; rank 0. */
VT_MUST_CHECK vt_status vt__write_model(vt__trainer *t, const char *name, const double *numbers, vt_err *err);
/* One more row of the table; NULL: not known. */
void vt__add_row(vt__trainer *t, vt__when at, double rate, const vt__errors *trained, const vt__errors *held);
/* train.csv; last, average and, if it is new, best numbers. */
VT_MUST_CHECK vt_status vt__write_table(vt__trainer *t, vt_err *err);
VT_MUST_CHECK vt_status vt__write_state(vt__trainer *t, int is_best, vt_err *err);
/* Those of these files that are lost or are not what the state holds, at the end. */
VT_MUST_CHECK vt_status vt__write_again(vt__trainer *t, vt_err *err);
VT_MUST_CHECK vt_status vt__write_test(vt__trainer *t, vt_err *err);
/* card.c: smoke test, parity, report.html, README.md; collective.  t->failed: checks that the model failed. */
VT_MUST_CHECK vt_status vt__trainer_card(vt__trainer *t, int *stopped, vt_err *err);
void vt__say(const vt__trainer *t, const char *fmt, ...) VT_PRINTF(2, 3);

#endif
