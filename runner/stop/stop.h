/* stop.h - who asks a run to stop: signals, the wall limit, SLURM, the HALT file (layer 2). */
#ifndef VT_STOP_H
#define VT_STOP_H

#include "engine/spec/spec.h"

/* SIGTERM, SIGUSR1, SIGHUP, SIGINT set a flag; a second SIGINT leaves at once with exit code 75.  After MPI_Init. */
void vt_stop_install(void);
/* Ask SLURM how long this job may live (SLURM_JOB_END_TIME, else squeue); before MPI is started, since it forks. */
void vt_stop_ask_slurm(void);
/* Limits from now on: wall_s (0: none), and what SLURM answered.  Stopping begins grace_s before the first of them (a
 * minute earlier for SLURM's), but not in the first half of the time.  halt_file NULL: none. */
void vt_stop_limits(double wall_s, double grace_s, const char *halt_file);
double vt_stop_time_left_s(void); /* until stopping begins; very long without a limit */
/* Why to stop, or NULL. The halt file is looked at no more than once a second; where a look takes long more
 * seldom (vt_pace), but at least 300 s after the last one. */
const char *vt_stop_reason(void);
int vt_stop_closing(void);    /* 1: the halt file says "after-tasks": begin no more */
double vt_stop_since_s(void); /* since vt_stop_reason first gave a reason; 0: it did not */

#endif
