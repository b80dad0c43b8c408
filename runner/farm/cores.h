/* cores.h - which cores of its node work on the task of a rank; private to runner/farm.
 *
 * Every worker says where it is and which processors it may use (HERE).  The master counts the cores that are its own,
 * and in the tail deals out those of ranks that have nothing left to begin (vt_sched_lend); a rank hears of a change
 * (CORES) and gives its team that size between two steps.  No bit of a result depends on it. */
#ifndef VT_CORES_H
#define VT_CORES_H

#include "engine/team/team.h"
#include "runner/farm/farm_impl.h"

/* HERE. */
typedef struct vt_here_msg {
  char host[64];
  vt_cpus cpus;  /* that this rank may use; empty: not known */
  int32_t asked; /* SLURM_CPUS_PER_TASK; 0: not said         */
  int32_t reserved;
} vt_here_msg;
void vt__here(vt_here_msg *h);

/* CORES: members of the team, then where each but the first runs (vt_team_resize). */
typedef struct vt_cores_msg {
  int32_t size, reserved;
  vt_cpus where[VT_TEAM_MOST - 1]; /* only the first size - 1 are sent */
} vt_cores_msg;
size_t vt__cores_bytes(int size);

/* The cores of a rank: those it may use, shared by the ranks of its node that may use any of them, too; no more than
 * SLURM gave the task; at least one.  here[k] for the ranks same[0..n-1] of its node, `rank` among them. */
int vt__cores_own(const vt_here_msg *here, const int *same, int n, int rank);

/* What the master knows of them. */
typedef struct vt__cores {
  vt_here_msg *here;    /* [n_ranks] */
  int *node;            /* [n_ranks] which of the hosts */
  char *said;           /* [n_ranks] */
  int *placed;          /* [n_ranks] the same as the scheduler has it */
  int *by_node;         /* [n_ranks] ranks, those of a node side by side */
  int *own;             /* [n_ranks] cores of its own                    */
  int *lends_to;        /* [n_ranks] vt_sched_lend */
  int *scratch;         /* [2 n_ranks] */
  vt_lend_state *state; /* [n_ranks] */
  uint32_t *told;       /* [n_ranks] checksum of the last CORES; 0: none */
  char *asked;          /* [n_ranks] its READY is kept */
  char *helped;         /* [n_ranks] its task had more cores than are its own */
  int settled;          /* it is known where the ranks are, or was waited for long enough */
  int n_said, changed;  /* changed: somebody said HERE since the last look */
  double looked;
} vt__cores;

#endif
