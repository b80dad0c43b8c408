/* training.h - `vitrion train` and `vitrion validate`: a NEP from labelled frames, on all ranks (layer 8).
 *
 * What is written into the output folder (all by rank 0 of a team, beside and renamed):
 *   nep.txt          the averaged numbers that were best on validation; of a fine-tuning possibly its start; with
 *                    groups of known pressure those after the last step of all data
 *   nep_average.txt  the averaged numbers of the last epoch that ended; nep_last.txt: the numbers themselves
 *   train.csv        seed, phase, epoch, errors on training (during the epoch) and validation (averaged numbers); what
 *                    is not known is empty.  Phases: start (epoch 0, of a fine-tuning: what it begins with), epochs,
 *                    finish (steps of all data, counted by themselves), rejected (such a step that was no better)
 *   test.json        errors on the test files, as `vitrion validate --json`, when training has ended
 *   parity/, report.html, README.md: runner/model_card/model_card.h
 *   train.ckpt       the state at the start, the end of an epoch, or where it was stopped: checkpoint.c
 *   status.json      where each member is: a view, place.c;  lease/  who works there: runner/jobs
 * With schedule.seeds these of member k are in seed<k>/ (k: its seed), and when all have ended in the folder itself are
 *   nep_seed<k>.txt  nep.txt of each;  committee.txt  their list: runner/committee
 *   README.md, committee.json  of the committee: members, their mean and spread, who failed its checks
 *   nep.txt, test.json, parity/, report.html  of the member whose validation was best
 *   train.csv        of all members (also after a stop)
 * Models and tables that were lost or changed are written again from the state at the end, also of a training that had
 * ended.  The bytes of the models depend on neither the number of ranks, teams and members, nor on stops and kills
 * (T 17.5). */
#ifndef VT_TRAINING_H
#define VT_TRAINING_H

#include <stdio.h>

#include "config/config.h"
#include "engine/train/train.h"
#include "runner/comm/comm.h"
#include "runner/committee/committee.h"
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

/* As vt_validate of the mean of the members' energies, forces and virials; for several members also "committee":
 * n_members; energy_spread_meV_atom, root mean square over frames and members of the distance from the mean;
 * force_spread_meV_A, the same over atoms and members, of vectors (the spread of the back end `committee`; over sqrt 3
 * it compares with force_rmse_meV_A); both by_composition and by_config_type; energy_spread_error_r and
 * force_spread_error_r, Pearson's correlation of spread with error over frames (over atoms: lengths of vectors), null
 * where there are fewer than three or no scatter. */
VT_MUST_CHECK vt_status vt_validate_committee(const vt_committee *c, vt_train_data *data, vt_json **out, vt_err *err);

typedef struct vt_committee_member {
  const char *name;
  int failed;       /* of its own checks, */
  const char *why;  /* the first of them */
  const char *best; /* of which training in this program wrote it: for people; NULL: not known, as what follows */
  double loss;      /* on validation; NaN: not known */
  uint64_t seed;
  const char *phase;
  int64_t epoch;
} vt_committee_member;
typedef struct vt_committee_card {
  const char *folder, *title;
  const char *file;    /* the committee's */
  const char *folders; /* where the members' own cards are, in words */
  const char *set;     /* name of the frames it is judged on */
  const vt_committee *c;
  vt_train_data *data;
  const vt_committee_member *member; /* [c->n] */
  int best;                          /* member whose nep.txt is on top; -1: none is */
  int smoke, same_start;             /* there was a smoke test; members began with the same numbers */
} vt_committee_card;
/* README.md and committee.json: members, their mean, how far they lie apart; each beside and renamed. */
VT_MUST_CHECK vt_status vt_committee_card_write(const vt_committee_card *k, vt_err *err);
/* A model from a file.  VT_EPARSE, VT_EUNSUP, VT_EIO. */
VT_MUST_CHECK vt_status vt_training_model(const char *path, vt_nep_model **m, vt_err *err);

#endif
