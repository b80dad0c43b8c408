/* guard.h - a parent that outlives its rank (layer 1; no MPI).
 *
 * MPICH's launcher ends the whole job when a process that it started dies.  So every rank forks before MPI_Init: the
 * child becomes the MPI process; the parent, the guardian, keeps the descriptor of the launcher's start-up protocol
 * (PMI_FD) and waits.  When the child dies, the guardian signs off in its name ("cmd=finalize" of PMI-1) and exits as
 * if all were well: the other ranks live on.  It also ends a child that shows no sign of life (unless it waits for a
 * disk).  Seen to work with MPICH 4.0.2 under hydra, hydra inside SLURM, and `srun --mpi=pmi2`.
 *
 * What a death means depends on the phase that the child declared:
 *   VT_GUARD_VITAL    others wait for this rank in a collective call: the guardian does not sign off and exits with 75,
 * so that the launcher ends the job, which is then started again; VT_GUARD_FREE     others need not wait: it signs off;
 * exit code 0, of rank 0 (the master) 75; VT_GUARD_OVER     MPI_Finalize was called: the child's own exit code. Signals
 * sent to the guardian (TERM, INT, USR1, HUP, CONT) go on to the child.  When the guardian dies the kernel kills the
 * child.  All functions but vt_guard_start are for the child, and do nothing where there is no guardian. */
#ifndef VT_GUARD_H
#define VT_GUARD_H

#include "engine/base/base.h"

typedef enum vt_guard_phase { VT_GUARD_VITAL = 0, VT_GUARD_FREE, VT_GUARD_OVER } vt_guard_phase;

enum { VT_GUARD_NOTE = 3072 };

/* What the guardian knows when its child is dead. */
typedef struct vt_guard_death {
  int signal;  /* that killed it, or 0 */
  int code;    /* of its exit           */
  int hung;    /* 1: the guardian ended it after `silence_s` without a sign of life */
  int stopped; /* 1: somebody had stopped it (SIGSTOP): its silence was not its own doing */
  int phase;   /* vt_guard_phase        */
  double silence_s;
  const void *note; /* what the child left with vt_guard_note; NULL: nothing, or it died while writing */
  size_t n_note;
} vt_guard_death;
/* Called in the guardian after an unexpected death, before it signs off; plain files only (there is no MPI there). */
typedef void vt_guard_mourn(const vt_guard_death *d);

/* Fork.  Returns in the child: NULL, or why there is no guardian (then it returns in the only process there is). */
const char *vt_guard_start(vt_guard_mourn *mourn);

void vt_guard_beat(void); /* a sign of life */
/* How long the child may be silent before it is ended; 0: for ever (the beginning). */
void vt_guard_patience(double silence_s);
void vt_guard_phase_set(vt_guard_phase phase);
/* Leave a note for the guardian (n <= VT_GUARD_NOTE; 0 takes it away). */
void vt_guard_note(const void *note, size_t n);
/* End this process without MPI_Finalize, which would wait for the dead: the guardian signs off and exits with `code`.
 * Everything that matters must be on disk. */
_Noreturn void vt_guard_leave(int code);
_Noreturn void vt_guard_leave_now(int code); /* the same from a signal handler: streams are not flushed */

#endif
