/* comm.h - messages and agreement between ranks: MPI, or N virtual ranks in one process (layer 1; the only door to
 * MPI).
 *
 * No call waits in MPI for an unknown length of time: MPICH spins there and steals the core.  Waiting is probing and
 * napping (vt_comm_nap).  Messages are bytes with a tag, in order between two ranks, at most VT_COMM_MOST bytes. */
#ifndef VT_COMM_H
#define VT_COMM_H

#include "engine/base/base.h"

enum { VT_COMM_MOST = 32768, VT_COMM_TAG_MOST = 32767 };

typedef struct vt_comm vt_comm;

typedef struct vt_msg {
  int src, tag;
  size_t n;
  const void *data; /* valid until the next vt_comm_poll of this comm */
} vt_msg;

int vt_comm_rank(const vt_comm *c);
int vt_comm_size(const vt_comm *c);
/* Not collective.  Never waits for the receiver: the bytes are copied, so the buffer may be reused at once.  tag is
 * 0..VT_COMM_TAG_MOST.  A message to a rank that died is lost without an error: nobody tells us. */
VT_MUST_CHECK vt_status vt_comm_send(vt_comm *c, int dst, int tag, const void *data, size_t n, vt_err *err);
/* Not collective, never waits: *got = 1 and *m filled if a message was there. */
VT_MUST_CHECK vt_status vt_comm_poll(vt_comm *c, vt_msg *m, int *got, vt_err *err);
/* Seconds of this comm's clock (real, or virtual in the simulation). */
double vt_comm_now(const vt_comm *c);
/* Rest a little (1 ms growing to 5 ms while nothing happens; `busy` resets it). In the simulation time is moved by the
 * driver: no-op. */
void vt_comm_nap(vt_comm *c, int busy);

/* While this rank waits in one of the collectives below, `wait(ctx)` is called between two naps: a sign of life, and a
 * way out when somebody that all wait for is known to be dead: a status other than VT_OK ends the waiting with it (this
 * comm is of no use then).  NULL: nothing. */
void vt_comm_on_wait(vt_comm *c, vt_status (*wait)(void *ctx, vt_err *err), void *ctx);
/* Collective over the survivors: from now on this comm has those ranks r for which dead[r / 8] >> r % 8 & 1 is 0, in
 * the old order; this rank must be one of them.  Nobody may have messages or collectives under way.  Over MPI this
 * waits for the others inside MPI.  Afterwards MPI_Finalize would wait for the dead: see vt_comm_shrunk. */
VT_MUST_CHECK vt_status vt_comm_shrink(vt_comm *c, const unsigned char *dead, vt_err *err);
int vt_comm_shrunk(const vt_comm *c);

/* A comm of its own of the ranks first..first+n-1 of c, in the old order; this rank is one of them.  Collective over
 * them, and over nobody else: other parts of c may be made at the same time.  Messages and collectives of a part and of
 * c do not meet.  Over MPI this waits for the others inside MPI.  vt_comm_on_wait is not inherited.  VT_EINVAL: this
 * rank is not in it.  To be closed before c. */
VT_MUST_CHECK vt_status vt_comm_part(vt_comm *c, int first, int n, vt_comm **part, vt_err *err);
/* Collective over the part; what was sent in it and never asked for is lost.  NULL is allowed. */
void vt_comm_part_close(vt_comm *part);

/* Collective: every rank leaves with the worst status of all (by disposition: abort, then task, retry, requeue; the
 * larger code among equals); where a rank failed, everybody's err names the lowest rank with that status and carries
 * its text. */
VT_MUST_CHECK vt_status vt_comm_agree(vt_comm *c, vt_status mine, vt_err *err);
/* Collective broadcast of n bytes (any n). */
VT_MUST_CHECK vt_status vt_comm_bcast(vt_comm *c, int root, void *data, size_t n, vt_err *err);
/* Collective: wait until all are here, without spinning. */
VT_MUST_CHECK vt_status vt_comm_barrier(vt_comm *c, vt_err *err);
/* Collective: rank 0 deals out the pieces 0..n-1, in this order, to whichever rank is free; each is done once.  `ask`
 * (rank 0) writes what a rank must know to do piece i; `work` (any rank) turns that into an answer; `take` (rank 0)
 * gets the answers, in any order.  After a failure no more is dealt, and all leave with the worst status.  No other
 * messages may be expected meanwhile: those that come are dropped.  A text fits into the memory of a rank.  A comm of
 * one rank needs no transport. */
typedef struct vt_deal {
  void *ctx;
  int64_t n; /* rank 0 */
  vt_status (*ask)(void *ctx, int64_t i, vt_buf *question, vt_err *err);
  vt_status (*work)(void *ctx, const char *question, size_t n, vt_buf *answer, vt_err *err);
  vt_status (*take)(void *ctx, int64_t i, const char *answer, size_t n, vt_err *err);
} vt_deal;
VT_MUST_CHECK vt_status vt_comm_deal(vt_comm *c, const vt_deal *d, vt_err *err);
/* Not collective: a text of any length to one rank, which waits for it (appended; other messages are dropped). */
VT_MUST_CHECK vt_status vt_comm_hand(vt_comm *c, int dst, const vt_buf *text, vt_err *err);
VT_MUST_CHECK vt_status vt_comm_take(vt_comm *c, vt_buf *text, vt_err *err);
/* Agreement, broadcast and barrier in two phases, for whoever has other things to do in between (and for the
 * simulation, where one thread plays all ranks and cannot wait in a call): start one, then test until *done.  One at a
 * time on a comm; messages may be sent and polled meanwhile; `data` must stay until done.  After a death of a rank
 * *done never comes.  The status of an agreement is what its last test returns. */
VT_MUST_CHECK vt_status vt_comm_agree_start(vt_comm *c, vt_status mine, const vt_err *why, vt_err *err);
VT_MUST_CHECK vt_status vt_comm_bcast_start(vt_comm *c, int root, void *data, size_t n, vt_err *err);
VT_MUST_CHECK vt_status vt_comm_barrier_start(vt_comm *c, vt_err *err);
VT_MUST_CHECK vt_status vt_comm_test(vt_comm *c, int *done, vt_err *err);

/* ---- MPI (comm_mpi.c): MPI_COMM_WORLD duplicated, MPI_ERRORS_RETURN, MPI_THREAD_FUNNELED.  MPICH installs a SIGUSR1
 * handler of its own when it starts: install yours after vt_comm_mpi_open. */
VT_MUST_CHECK vt_status vt_comm_mpi_open(int *argc, char ***argv, vt_comm **c, vt_err *err); /* calls MPI_Init_thread */
/* Collective; calls MPI_Finalize.  Not after the death of a rank (MPI would wait for it): leave with _exit then.
 * NULL is allowed. */
void vt_comm_mpi_close(vt_comm *c);
/* The ranks as MPI sees them beside what the launcher's environment says: a text naming the mismatch when N copies each
 * believe to be rank 0 of 1 (PMI_SIZE, or SLURM_STEP_NUM_TASKS of an srun step, > 1 while size is 1), else NULL.  The
 * text is overwritten by the next call. */
const char *vt_comm_mpi_mismatch(const vt_comm *c);
/* The duplicated communicator as the integer of MPI_Comm_c2f, for MPI-IO: MPI_Comm_f2c gives it back.  Borrowed: valid
 * until the next vt_comm_shrink or vt_comm_mpi_close.  Only of a comm that vt_comm_mpi_open made. */
int vt_comm_mpi_handle(const vt_comm *c);
/* Whoever waits looks without resting for so long (5e-5 s at first) before it naps: for work whose steps are as short
 * as a nap, on cores of its own.  Only of a comm that vt_comm_mpi_open made. */
void vt_comm_mpi_eager(vt_comm *base, double s);
/* This rank's MPI library, e.g. "MPICH 4.0.2". Needs no MPI_Init. */
const char *vt_comm_mpi_version(void);

/* ---- Simulation (comm_sim.c): one object, N comms; a seeded event queue with delays, reorderings between different
 * pairs (never within one), stalls (one message in 64 takes 32 times as long) and deaths.  Time moves only in
 * vt_sim_advance.  A dead rank's sends go nowhere, its polls find nothing. */
typedef struct vt_sim vt_sim;
typedef struct vt_sim_options {
  int n_ranks; /* 1..32768                            */
  uint64_t seed;
  double delay_s; /* mean message delay; 0: none         */
} vt_sim_options;
VT_MUST_CHECK vt_status vt_sim_open(vt_sim **s, const vt_sim_options *o, vt_err *err);
vt_comm *vt_sim_comm(vt_sim *s, int rank); /* owned by the sim */
double vt_sim_now(const vt_sim *s);
void vt_sim_advance(vt_sim *s, double dt);
void vt_sim_kill(vt_sim *s, int rank); /* its messages under way may or may not arrive; it gets nothing more */
int vt_sim_alive(const vt_sim *s, int rank);
int64_t vt_sim_messages(const vt_sim *s);  /* sent so far */
int64_t vt_sim_in_flight(const vt_sim *s); /* sent, neither polled nor lost yet */
void vt_sim_close(vt_sim *s);

#endif
