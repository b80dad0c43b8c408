/* master_impl.h - the master's state, shared by master.c (messages), liveness.c (which ranks are alive) and peer_jobs.c
 * (other jobs). */
#ifndef VT_MASTER_IMPL_H
#define VT_MASTER_IMPL_H

#include "runner/farm/cores.h"

/* The end of a run is a collective section, so who takes part must be settled: every rank that is alive says IN, after
 * which its death ends the job; whoever dies or keeps silent before that is left out in another round. */
typedef enum vt__ending { VT__WORKING, VT__GATHERING, VT__ENDED } vt__ending;

/* Where results are that came as messages: of a task the offset in a shard.  Ranks share shards, and may change them.
 */
typedef struct vt__places {
  uint64_t *offset; /* [n_tasks] 0: not known                     */
  int32_t *shard;   /* [n_tasks] of name[]                        */
  char **name;      /* [n_names], owned                           */
  int32_t n_names, cap_names;
  int32_t *last; /* [n_ranks] what a rank named last; -1: none */
} vt__places;

struct vt_master {
  vt_comm *comm;
  vt_sched *sched;
  const vt_farm_options *o;
  vt_action *action; /* [action_cap] */
  int action_cap;
  vt_action *todo; /* [cap_todo] actions that wait for their turn */
  int n_todo, cap_todo, acting;
  int n_ranks;
  vt_rank_state *rank; /* [n_ranks] */
  double ns_done;      /* of finished tasks  */
  double ns_total;
  double ns_before; /* done before this run: tasks, and of tasks that ended in it what checkpoints held */
  double t_start;
  double stopped_at;
  int stopping; /* everybody was asked to stop                          */
  int closing;  /* nothing more is begun; what runs may go on            */
  int aborted;
  vt_err abort;
  /* liveness.c */
  double pinged, looked, ticked; /* ticked: the end of the last tick */
  vt_death_notes notes;
  vt__ending ending;
  int32_t round;
  double round_began;
  char *in;            /* [n_ranks] said IN in this round */
  char *to_declare;    /* [n_ranks] scratch: about to be declared dead */
  unsigned char *dead; /* bitmap, [n_ranks / 8 + 1]       */
  int n_dead;
  /* places.c */
  vt__places places;
  /* peer_jobs.c */
  int n_seen; /* records of the journal that were looked at */
  int others, leads, ever_others;
  int declared_dead;    /* this job, by another */
  double read;          /* when the journal was read */
  double stuck;         /* since when claims fail though nobody else is here */
  vt_pace look;         /* at tasks held elsewhere */
  char *held_elsewhere; /* [n_tasks] 1: by another job */
  vt__cores cores;      /* cores.c */
};

/* master.c */
VT_MUST_CHECK vt_status vt__master_event(vt_master *m, const vt_event *ev, vt_err *err);
VT_MUST_CHECK vt_status vt__master_send(vt_master *m, int rank, int tag, vt_err *err);
VT_MUST_CHECK vt_status vt__master_begin_no_more(vt_master *m, const char *why, vt_err *err); /* begin nothing more */
void vt__master_say(vt_master *m, vt_run_event_kind kind, int rank, const vt_lease *l, const char *text);
int vt__master_works(const vt_master *m, int rank); /* is it a rank that does tasks? */

/* places.c */
VT_MUST_CHECK vt_status vt__places_open(vt_master *m, vt_err *err);
void vt__places_free(vt_master *m);
/* A vt_journal_known: a rank told that the result of this task is there. */
int vt__places_known(void *ctx, const vt_uid *uid, const char *shard, uint64_t offset);
VT_MUST_CHECK vt_status vt__places_told(vt_master *m, int rank, int task, const vt_place *at, vt_err *err);
/* Of a message, else of the journal; offset 0: neither knows it, or task is -1. */
void vt__places_of(const vt_master *m, int task, vt_place *out);

/* liveness.c */
VT_MUST_CHECK vt_status vt__liveness_open(vt_master *m, vt_err *err);
void vt__liveness_free(vt_master *m);
/* The master itself did nothing for so long (a suspended job): nobody was silent meanwhile. */
void vt__liveness_suspended(vt_master *m, double s);
void vt__liveness_doing(vt_master *m, int rank, vt_rank_doing doing);
VT_MUST_CHECK vt_status vt__liveness_check(vt_master *m, double now, vt_err *err); /* deaths, pings, the end */
VT_MUST_CHECK vt_status vt__liveness_joined_end(vt_master *m, int rank, int32_t round, vt_err *err);

/* peer_jobs.c */
VT_MUST_CHECK vt_status vt__peer_jobs_open(vt_master *m, vt_err *err);
void vt__peer_jobs_free(vt_master *m);
VT_MUST_CHECK vt_status vt__peer_jobs_beat(vt_master *m, vt_err *err);
/* What the journal learned since: results and failures of other jobs, crashes that watchdogs wrote down. */
VT_MUST_CHECK vt_status vt__peer_jobs_read(vt_master *m, vt_err *err);
VT_MUST_CHECK vt_status vt__peer_jobs_look(vt_master *m, double now, vt_err *err);
/* *ours = 1: this job does the task. */
VT_MUST_CHECK vt_status vt__peer_jobs_claim(vt_master *m, int worker, int task, int *ours, vt_err *err);
VT_MUST_CHECK vt_status vt__peer_jobs_release(vt_master *m, int task, vt_err *err);

/* cores.c */
VT_MUST_CHECK vt_status vt__cores_open(vt_master *m, vt_err *err);
void vt__cores_free(vt_master *m);
VT_MUST_CHECK vt_status vt__cores_here(vt_master *m, const vt_msg *msg, vt_err *err); /* HERE */
/* READY: to the scheduler, or, as long as it is not known where the ranks are and there are fewer tasks than ranks,
 * kept until then: so tasks are spread over the nodes, whose idle ranks can help only there. */
VT_MUST_CHECK vt_status vt__cores_ready(vt_master *m, int rank, vt_err *err);
/* About once a second: who has which cores now; tells whom it concerns. */
VT_MUST_CHECK vt_status vt__cores_look(vt_master *m, double now, vt_err *err);

#endif
