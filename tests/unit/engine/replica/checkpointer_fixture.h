/* checkpointer_fixture.h - tasks that are interrupted: small plans with every observable, and hooks that stop them. */
#ifndef VT_CHECKPOINTER_FIXTURE_H
#define VT_CHECKPOINTER_FIXTURE_H

#include "engine/replica/replica.h"

typedef struct task_case {
  const char *pot;          /* "lj", "born", "nep" */
  int precision;            /* vt_precision */
  int melt, equil, produce; /* vt_ensemble */
  double npt_below_k;
} task_case;

/* LiAlCl2.5O0.75 in one unit of 21 atoms, two for "nep": 0.5 ps of melt, 1 ps of quench, 1.6 ps of equilibration, 1 ps
 * of production in steps of 2 fs; blocks of 47 steps, so that no stage ends with one.  All observables, each with a
 * sample time of its own, that of `msd` a block. */
vt_plan task_glass_plan(const task_case *k);
vt_plan task_md_plan(const task_case *c);
enum { TASK_BLOCK = 47 };

/* Hooks with a checkpoint in a fresh folder, and what they saw. */
typedef struct interrupted {
  char folder[64], path[80], prev[96];
  vt_checkpointing checkpointing;
  vt_replica_hooks hooks;
  int stops;            /* 1: poll says stop whenever a stage is under way  */
  double stop_after;    /* and from this fraction of the task on            */
  int kept, failed;     /* calls of kept() with VT_OK, with another status  */
  int resumed, refused; /* calls of resumed() with something, with a reason */
  int polls;
  vt_checkpoint_written last; /* of kept() */
  vt_checkpoint_written from; /* of resumed() */
  char why[4096];             /* of either */
} interrupted;

void interrupted_open(interrupted *k);       /* every_s 0, graceful_stop_s 1000, stops 0 */
void interrupted_close(interrupted *k);      /* the folder and all that is in it */
int interrupted_files(const interrupted *k); /* entries of the folder */
void interrupted_forget(interrupted *k);     /* what was seen */

/* A task without interruption or hooks.  glass: its result, NULL. */
vt_result task_run(const vt_plan *p, const vt_result *glass, const vt_replica_hooks *hooks);
vt_status task_try(const vt_plan *p, const vt_result *glass, const vt_replica_hooks *hooks, vt_err *err);
int task_same(const vt_result *a, const vt_result *b);
/* Start again and again until the task is done; every start but the first must continue what was kept. */
vt_result task_run_in_pieces(const vt_plan *p, const vt_result *glass, interrupted *k, int *starts);

#endif
