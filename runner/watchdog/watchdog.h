/* watchdog.h - a parent that outlives its rank (layer 1; no MPI).
 *
 * MPICH's launcher ends the whole job when a process that it started dies.  So every rank forks before MPI_Init: the
 * child becomes the MPI process; the parent, the watchdog, keeps the descriptor of the launcher's start-up protocol
 * (PMI_FD) and waits.  When the child dies, the watchdog signs off in its name ("cmd=finalize" of PMI-1) and exits as
 * if all were well: the other ranks live on.  It also ends a child that shows no sign of life (unless it waits for a
 * disk).  Seen to work with MPICH 4.0.2 under hydra, hydra inside SLURM, and `srun --mpi=pmi2`.
 *
 * What a death means depends on the phase that the child declared:
 *
 *   VT_WATCHDOG_IN_COLLECTIVE   other ranks wait for this one in a collective call.  The watchdog does not sign off and
 *                               exits with 75, so that the launcher ends the job; the next start goes on.
 *   VT_WATCHDOG_FREE            nobody waits.  The watchdog signs off and exits with 0; that of rank 0 (the master)
 *                               with 75.
 *   VT_WATCHDOG_OVER            MPI_Finalize was called.  The watchdog exits with the child's exit code, 75 if a signal
 * killed it.
 *
 * Signals sent to the watchdog (TERM, INT, USR1, HUP, CONT) go on to the child.  When the watchdog dies the kernel
 * kills the child.  All functions but vt_watchdog_start are for the child; without a watchdog they do nothing. */
#ifndef VT_WATCHDOG_H
#define VT_WATCHDOG_H

#include "engine/base/base.h"

typedef enum vt_watchdog_phase { VT_WATCHDOG_IN_COLLECTIVE = 0, VT_WATCHDOG_FREE, VT_WATCHDOG_OVER } vt_watchdog_phase;

enum { VT_WATCHDOG_NOTE = 3072 };

/* What the watchdog knows when its child is dead. */
typedef struct vt_watchdog_death {
  int signal;    /* that killed it, or 0 */
  int code;      /* of its exit           */
  int stalled;   /* 1: the watchdog ended it after `silence_s` without a sign of life */
  int suspended; /* 1: somebody had stopped it (SIGSTOP): its silence was not its own doing */
  int phase;     /* vt_watchdog_phase        */
  double silence_s;
  const void *note; /* what the child left with vt_watchdog_note; NULL: nothing, or it died while writing */
  size_t n_note;
} vt_watchdog_death;
/* Called in the watchdog after an unexpected death, before it signs off; plain files only (there is no MPI there). */
typedef void vt_watchdog_on_death(const vt_watchdog_death *d);

/* Fork.  Returns in the child: NULL, or why there is no watchdog (then it returns in the only process there is). */
const char *vt_watchdog_start(vt_watchdog_on_death *on_death);

void vt_watchdog_beat(void); /* a sign of life */
/* How long the first sign of life and each further one may be waited for, from vt_watchdog_start until the first task:
 * 300 s, or the environment's VITRION_START_PATIENCE (seconds, 1 to 86400).  What a launch (MPI_Init, where no beat is
 * possible) may take, too. */
double vt_watchdog_start_patience_s(void);
/* What this rank does, for the message about its end: a string that lasts, "reading the campaign"; NULL: nothing to
 * say.  A sign of life. */
void vt_watchdog_doing(const char *what);
/* How long the child may be silent before it is ended; 0: for ever. */
void vt_watchdog_patience(double silence_s);
void vt_watchdog_phase_set(vt_watchdog_phase phase);
/* Leave a note for the watchdog (n <= VT_WATCHDOG_NOTE; 0 takes it away). */
void vt_watchdog_note(const void *note, size_t n);
/* End this process without MPI_Finalize, which would wait for the dead: the watchdog signs off and exits with `code`.
 * Everything that matters must be on disk. */
_Noreturn void vt_watchdog_leave(int code);
_Noreturn void vt_watchdog_leave_now(int code); /* the same from a signal handler: streams are not flushed */

#endif
