/* training.h - `vitrion train` and `vitrion validate`: a NEP from labelled frames, on all ranks (layer 8).
 *
 * What is written into the output folder (all by rank 0, beside and renamed):
 *   nep.txt          the averaged numbers that were best on validation
 *   nep_average.txt  the averaged numbers of the last epoch that ended; nep_last.txt: the numbers themselves
 *   train.csv        one row an epoch: errors on training (during the epoch) and validation (averaged numbers)
 *   test.json        errors on the test files, as `vitrion validate --json`, when training has ended
 *   parity/, report.html, README.md: runner/model_card/model_card.h
 *   train.ckpt       the state at the start, the end of an epoch, or where it was stopped: checkpoint.c
 * The bytes of the three models depend on neither the number of ranks nor on stops and kills (THEORY T 17.5). */
#ifndef VT_TRAINING_H
#define VT_TRAINING_H

#include "config/config.h"
#include "engine/train/train.h"
#include "runner/comm/comm.h"
#include "runner/json/json.h"

typedef struct vt_training_options {
  const char *file;   /* TRAIN.yaml */
  const char *output; /* NULL: the file's */
  double wall_s, grace_s;
  int densities; /* 1: densities of melts that were measured, too; minutes each */
  /* rank 0: a line of progress; lines that stay (mistakes of file and data, what was fitted). */
  void (*progress)(void *ctx, const char *line);
  void (*say)(void *ctx, const char *line);
  void *ctx;
} vt_training_options;

/* Collective.  *code: VT_EXIT_OK, VT_EXIT_USAGE (mistakes in file or data, told by say), VT_EXIT_AGAIN after a soft
 * stop (vt_stop_reason), VT_EXIT_TASKS: trained, but the model failed its own checks.  A training that has ended writes
 * its report again.  A status: it cannot go on; all ranks leave with the same. */
VT_MUST_CHECK vt_status vt_training_run(vt_comm *comm, const vt_training_options *o, int *code, vt_err *err);

/* A model from a file.  VT_EPARSE, VT_EUNSUP, VT_EIO. */
VT_MUST_CHECK vt_status vt_training_model(const char *path, vt_nep_model **m, vt_err *err);

#endif
