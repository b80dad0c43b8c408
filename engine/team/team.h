/* team.h - threads of one process that share a loop (layer 1).
 *
 * A team works on one loop at a time: `pieces` calls of one function, each for another piece of the loop, dealt to
 * whoever is free.  What a piece computes must not depend on who does it, nor on what the other pieces do meanwhile:
 * then the number of threads changes no bit.  Where sums are formed, each piece forms its own and the caller adds them
 * up in the order of the pieces, whose number follows from the data and not from the team (T 4.12).
 *
 * The thread that opens a team is its member 0 and the only one that calls these functions; the others call nothing but
 * the loop's function: no MPI, no files, no log.  They block all signals.  Nothing here is collective. */
#ifndef VT_TEAM_H
#define VT_TEAM_H

#include "engine/base/base.h"

enum {
  VT_TEAM_MOST = 64,     /* members                                       */
  VT_TEAM_PIECES = 4096, /* most pieces of one loop                      */
  VT_CPUS = 1024         /* processors that a vt_cpus can name            */
};

/* A set of processors, as plain bytes (it may be sent between ranks). */
typedef struct vt_cpus {
  uint64_t bit[VT_CPUS / 64];
} vt_cpus;
/* Those that this thread may run on; empty if the system does not say. */
void vt_cpus_mine(vt_cpus *c);
int vt_cpus_count(const vt_cpus *c);
int vt_cpus_overlap(const vt_cpus *a, const vt_cpus *b);
/* How many cores SLURM gave each of its tasks (SLURM_CPUS_PER_TASK); 0: it does not say. */
int vt_cpus_asked(void);
/* Threads for a process that is alone: those it may run on, no more than vt_cpus_asked; 1 to VT_TEAM_MOST. */
int vt_cpus_usable(void);

typedef struct vt_team vt_team;
/* A team of its opener alone. */
VT_MUST_CHECK vt_status vt_team_open(vt_team **t, vt_err *err);
/* `size` members from now on, at most VT_TEAM_MOST.  where[k], k < size - 1: the processors of member k + 1; NULL, and
 * a set that is empty or not allowed: those of the opener.  Returns the size that was reached: less where the system
 * gives no more threads, which is no error. */
int vt_team_resize(vt_team *t, int size, const vt_cpus *where);
int vt_team_size(const vt_team *t); /* 1 for NULL */
void vt_team_close(vt_team *t);     /* NULL is allowed */

/* One piece, 0..pieces-1, done by `member`, 0..size-1, which tells whose scratch memory it may use. */
typedef void vt_team_work(void *ctx, int piece, int member);
/* All pieces; returns when they are done, and what they wrote can be read.  A team of one, and NULL, does them in their
 * order.  Not to be called from within a piece. */
void vt_team_run(vt_team *t, int pieces, vt_team_work *work, void *ctx);

/* The part of 0..n-1 that a piece has: equal parts but for a rounding to whole multiples of `grain`. */
void vt_team_part(int n, int pieces, int piece, int grain, int *from, int *to);

#endif
