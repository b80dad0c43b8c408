/* keep_fixture.h - tasks that are interrupted: small plans with every observable, and hooks that stop them. */
#ifndef VT_KEEP_FIXTURE_H
#define VT_KEEP_FIXTURE_H

#include "engine/replica/replica.h"

typedef struct keep_case {
  const char *pot;          /* "lj", "born", "nep" */
  int precision;            /* vt_precision */
  int melt, equil, produce; /* vt_ensemble */
  double npt_below_k;
} keep_case;

/* LiAlCl2.5O0.75 in one unit of 21 atoms, two for "nep": 0.5 ps of melt, 1 ps of quench, 1.6 ps of equilibration, 1 ps
 * of production in steps of 2 fs; blocks of 47 steps, so that no stage ends with one.  All observables, each with a
 * sample time of its own, that of `msd` a block. */
vt_plan keep_glass_plan(const keep_case *c);
vt_plan keep_md_plan(const keep_case *c);
enum { KEEP_BLOCK = 47 };

/* Hooks with a checkpoint in a fresh folder, and what they saw. */
typedef struct keeper {
  char folder[64], path[80], prev[96];
  vt_keep keep;
  vt_replica_hooks hooks;
  int stops;            /* 1: poll says stop whenever a stage is under way  */
  double stop_after;    /* and from this fraction of the task on            */
  int kept, failed;     /* calls of kept() with VT_OK, with another status  */
  int resumed, refused; /* calls of resumed() with something, with a reason */
  int polls;
  vt_kept last;   /* of kept() */
  vt_kept from;   /* of resumed() */
  char why[4096]; /* of either */
} keeper;

void keeper_open(keeper *k);       /* every_s 0, landing_s 1000, stops 0 */
void keeper_close(keeper *k);      /* the folder and all that is in it */
int keeper_files(const keeper *k); /* entries of the folder */
void keeper_forget(keeper *k);     /* what was seen */

/* A task without interruption or hooks.  glass: its result, NULL. */
vt_result keep_run(const vt_plan *p, const vt_result *glass, const vt_replica_hooks *hooks);
vt_status keep_try(const vt_plan *p, const vt_result *glass, const vt_replica_hooks *hooks, vt_err *err);
int keep_same(const vt_result *a, const vt_result *b);
/* Start again and again until the task is done; every start but the first must continue what was kept. */
vt_result keep_run_in_pieces(const vt_plan *p, const vt_result *glass, keeper *k, int *starts);

#endif
