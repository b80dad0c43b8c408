/* retry.c - when is a task tried again? */
#include <limits.h>
#include <signal.h>

#include "runner/sched/sched.h"

vt_sched_options vt_retry_options(int n_workers, int max_tries)
{
  return (vt_sched_options){
      .n_workers = n_workers, .max_tries = max_tries, .crash_limit = VT_RETRY_DEATHS, .fault_limit = VT_RETRY_FAULTS};
}

int vt_retry_rung(int attempt, int half_stage)
{
  return attempt > INT_MAX / 2 - 1 ? INT_MAX - 1 : 2 * attempt + (half_stage > 0);
}

int vt_sched_ladder(int max_tries, int stage, int *attempt, int *half_stage)
{
  int next = vt_retry_rung(*attempt, *half_stage) + 1;
  if (next % 2 == 1 && stage == VT_STAGE_NONE) next++;
  if (next >= max_tries) return 0;
  *attempt = next / 2;
  *half_stage = next % 2 ? stage : VT_STAGE_NONE;
  return 1;
}

int vt_retry_is_accident(vt_status s) { return vt_status_dispo(s) == VT_DISPO_AGAIN; }

/* A fault of the program, or standing still, may be the task's doing; SIGKILL and SIGTERM come from outside (a person,
 * the batch system, the kernel that ran out of memory for all), and an exit is a second Ctrl-C or MPI's. */
int vt_retry_own_fault(int sig, int stalled, int suspended)
{
  static const int fault[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
  if (suspended) return 0;
  if (stalled) return 1;
  for (size_t k = 0; k < sizeof fault / sizeof *fault; k++)
    if (sig == fault[k]) return 1;
  return 0;
}

vt_status vt_retry_of_glass(vt_status s) { return s == VT_ECORRUPT ? VT_EIO : s; }
