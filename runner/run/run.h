/* run.h - a campaign on all ranks, from its file to the exit code (layer 9). */
#ifndef VT_RUN_H
#define VT_RUN_H

#include "config/config.h"
#include "runner/comm/comm.h"

typedef struct vt_run_options {
  const char *campaign; /* file                                              */
  const char *output;   /* NULL: what the campaign says                      */
  double wall_s;        /* <= 0: none                                        */
  double grace_s;       /* a soft stop is over within this time              */
  int extend, quiet;
  int join;        /* help a job that leads in this folder; lead if there is none */
  int allow_mixed; /* results of another build may stand beside those of this one */
  const vt_campaign_env *env;
  /* rank 0: simulated time, ns, that the core-hours of c->target buy, by the plan's cost on `ranks`; NULL: not known */
  vt_status (*budget_ns)(const vt_campaign *c, int ranks, double *ns, vt_err *err);
  void (*folder)(void *ctx, const char *dir); /* every rank, once the output folder is there; may be NULL */
  void *ctx;
} vt_run_options;

/* Collective.  *exit_code: 0 done, 2 campaign error, 3 some tasks failed, 75 stopped early; a status other than VT_OK
 * is exit code 1, but VT_ESTOP 75.  *alone: other ranks are not there any more, and this process must leave with
 * vt_watchdog_leave.  Mistakes of the campaign file and reports go to stderr and stdout of rank 0. */
VT_MUST_CHECK vt_status vt_run_campaign(vt_comm *comm, const vt_run_options *o, int *exit_code, int *alone,
                                        vt_err *err);

#endif
