/* training.h - `vitrion train` and `vitrion validate`: a NEP from labelled frames, on all ranks (layer 8).
 *
 * What is written into the output folder (all by rank 0, beside and renamed):
 *   nep.txt          the averaged numbers that were best on validation
 *   nep_average.txt  the averaged numbers of the last epoch that ended; nep_last.txt: the numbers themselves
 *   train.csv        one row an epoch: errors on training (during the epoch) and validation (averaged numbers)
 *   test.json        errors on the test files, as `vitrion validate --json`, when training has ended
 *   train.ckpt       the state at the start, the end of an epoch, or where it was stopped: checkpoint.c
 * The bytes of the three models depend on neither the number of ranks nor on stops and kills (THEORY T 17.5). */
#ifndef VT_TRAINING_H
#define VT_TRAINING_H

#include <stdio.h>

#include "config/config.h"
#include "engine/train/train.h"
#include "runner/comm/comm.h"
#include "runner/json/json.h"

typedef struct vt_training_options {
  const char *file;   /* TRAIN.yaml */
  const char *output; /* NULL: the file's */
  double wall_s, grace_s;
  /* rank 0: a line of progress; lines that stay (mistakes of file and data, what was fitted). */
  void (*progress)(void *ctx, const char *line);
  void (*say)(void *ctx, const char *line);
  void *ctx;
} vt_training_options;

/* Collective.  *code: VT_EXIT_OK, VT_EXIT_USAGE (mistakes in file or data, told by say), VT_EXIT_AGAIN after a soft
 * stop (vt_stop_reason).  A status: it cannot go on; all ranks leave with the same. */
VT_MUST_CHECK vt_status vt_training_run(vt_comm *comm, const vt_training_options *o, int *code, vt_err *err);

/* ------------------------------------------------------------------ bench train (bench.c) */

enum { VT_TRAINING_BENCH_REPEAT = 101 };
typedef struct vt_training_bench_options {
  const char *potential; /* NEP file; NULL: the form of the shipped models with `elements` (7 or 12), numbers drawn */
  const char *data;      /* labelled frames; NULL: `frames` packed glasses of 84 atoms */
  int elements, frames, batch;
  int steps;  /* of the loop, in one repeat */
  int repeat; /* at most VT_TRAINING_BENCH_REPEAT */
  vt_simd simd;
} vt_training_bench_options;

/* One JSON line: CPU time of forward runs and gradients, frames per second of the loop on one rank and on all.
 * Collective; `out` matters on rank 0. */
VT_MUST_CHECK vt_status vt_training_bench(vt_comm *comm, const vt_training_bench_options *o, FILE *out, vt_err *err);

/* ------------------------------------------------------------------ validation */

/* Errors of a model on labelled frames: n_frames, energy_rmse_meV_atom, force_rmse_meV_A, virial_rmse_meV_atom,
 * force_slope (of predicted against labelled components; 1: right), mean_virial_meV_atom, by_element,
 * by_composition, by_config_type.  A number without labels is null.  *out is the caller's. */
VT_MUST_CHECK vt_status vt_validate(const vt_nep_model *m, vt_train_data *data, vt_json **out, vt_err *err);
/* The same for people. */
void vt_validate_text(const vt_json *v, vt_buf *out);
/* A model from a file.  VT_EPARSE, VT_EUNSUP, VT_EIO. */
VT_MUST_CHECK vt_status vt_training_model(const char *path, vt_nep_model **m, vt_err *err);

#endif
