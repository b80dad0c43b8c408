/* job_impl.h - what lies around a training of one model: the teams of ranks, the folder, the members of a committee.
 *
 * With R ranks and N members there are min(R, N) teams of neighbouring ranks, of about equal size; team i trains the
 * members i, i + teams, ... one after the other.  What a member becomes depends on its seed alone. */
#ifndef VT_TRAINING_JOB_IMPL_H
#define VT_TRAINING_JOB_IMPL_H

#include "runner/folder/folder.h"
#include "runner/training/training.h"

typedef enum vt__member_state { VT__WAITS, VT__RUNS, VT__STOPPED, VT__ENDED, VT__ENDED_EARLY } vt__member_state;

/* A row of train.csv: how many epochs, or steps of all data, have ended there.  VT__NEVER: not yet. */
typedef enum vt__phase { VT__NEVER, VT__START, VT__EPOCHS, VT__FINISH, VT__REJECTED } vt__phase;
typedef struct vt__when {
  int64_t phase, n; /* vt__phase; the start: 0 */
} vt__when;
const char *vt__phase_name(int64_t phase);             /* as in train.csv */
const char *vt__when_text(vt__when at, char text[64]); /* "epoch 3", "step 2 of all data", "the start" */

/* Where a member is.  Errors: root mean squares in eV/atom, eV/A, eV/atom; NaN: not known. */
typedef struct vt__member {
  int32_t member, state; /* vt__member_state */
  int64_t phase;         /* VT__EPOCHS or VT__FINISH */
  int64_t epoch, epochs, passes, finish, batch, n_batches;
  vt__when best_at;
  double best_loss;
  double trained[3], held[3]; /* of the epoch so far; of the last that ended */
  double frames_per_s, left_s;
  double team_left_s; /* this and all that its team still has to do */
  int32_t failed;     /* of its own checks, when it has ended */
  char why[252];      /* the first of them */
} vt__member;

typedef struct vt__job {
  vt_comm *world, *team;
  const vt_training_options *o;
  vt_training *y;
  vt_simd simd;
  int team_no, n_teams;
  char output[VT_PATH];
  vt__member *member;    /* [y->seeds] on rank 0 of all as of the last word of each; the others: of their own */
  vt_outdir place;       /* rank 0 of all: the folder, locked between vt__place_open and _close */
  int lost;              /* the lock */
  const char *state;     /* "running", "done", "stopped", "failed" */
  const char *error;     /* why it failed, or NULL */
  int asked;             /* another team stops */
  int told;              /* the others know that this one does */
  int failed;            /* checks that members failed; at the end */
  vt_train_data judged;  /* rank 0 of all, of a committee: the test set, or without one validation */
  const char *judged_by; /* its name */
  double said_s;         /* when this team last told where it is */
  vt_pace view;          /* status.json */
} vt__job;

/* ------------------------------------------------------------------ teams.c */

/* Collective: this rank's team. */
VT_MUST_CHECK vt_status vt__teams_open(vt__job *j, vt_err *err);
void vt__teams_close(vt__job *j);
int vt__is_root(const vt__job *j); /* rank 0 of its team */
uint64_t vt__seed_of(const vt__job *j, int k);
/* Roots of teams, often: words of other teams, a sign of life.  VT_ESTOP: the folder was taken over. */
VT_MUST_CHECK vt_status vt__teams_look(vt__job *j, vt_err *err);
/* A root: where its member is, to rank 0 of all; at most once a second unless `now`. */
VT_MUST_CHECK vt_status vt__teams_tell(vt__job *j, const vt__member *at, int now, vt_err *err);
/* Who is asked to stop, or failed: so shall all teams. */
VT_MUST_CHECK vt_status vt__teams_stop(vt__job *j, vt_err *err);
/* Collective over all: every rank knows where each member is. */
VT_MUST_CHECK vt_status vt__teams_share(vt__job *j, vt_err *err);

/* ------------------------------------------------------------------ place.c: the folder; rank 0 of all */

/* Made, ours, locked.  VT_EINVAL: it is not ours, or another training works in it. */
VT_MUST_CHECK vt_status vt__place_open(vt__job *j, vt_err *err);
void vt__place_close(vt__job *j);
/* VT_EINVAL: names a file in `dir`, which holds no state, that a training would replace. */
VT_MUST_CHECK vt_status vt__place_check(const char *dir, vt_err *err);
/* Where member k writes. */
void vt__place_of(const vt__job *j, int k, char path[VT_PATH]);
/* status.json, where it is time, or `now`. */
void vt__place_view(vt__job *j, int now);
/* nep.txt, nep_seed<k>.txt, committee.txt, train.csv, test.json, report and card of a committee from those of its
 * members.  Not all have ended: train.csv only. */
VT_MUST_CHECK vt_status vt__place_gather(vt__job *j, int all, vt_err *err);

/* committee_card.c: README.md and committee.json; `best`: the member whose nep.txt is on top. */
VT_MUST_CHECK vt_status vt__committee_card(vt__job *j, int best, vt_err *err);

#endif
