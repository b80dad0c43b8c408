/* telemetry.h - what a run tells of itself while it works: events.jsonl, status.json, signs of life (layer 4).
 *
 * Both files are views: the journal holds what counts, and a run that cannot write them goes on.  JSON in UTF-8; keys
 * may be added, none changes its meaning.  A number that is not known is null.
 *
 * FORMAT of status.json: one object.  Rank 0 of the job that leads writes it, beside and renamed behind the fence
 * (vt_file_publish_view), not synced: every two seconds, more seldom (up to next_s) where the storage is slow.
 *
 *   campaign_id   text    identity of the campaign, 64 hex digits
 *   state         text    "running"; at the end "done", "failed" (all tasks ended, some failed), "stopped"
 *   updated       integer s since 1970
 *   next_s        number  the longest rest before the next writing; older builds did not write it
 *   running       integer tasks that ranks of this job do now
 *   workers       integer ranks of this job that do tasks and are alive
 *   other_jobs    integer jobs that are alive beside this one
 *   elsewhere     integer tasks that they do
 *   ns_done, ns_total  number   simulated time of finished tasks and the finished parts of running ones; of all tasks
 *   ns_per_day, eta_s  number   speed of this run; seconds to the end of the campaign at that speed
 *   round         integer of a campaign with a target: the round that runs, from 1; absent if it has none
 *   last_error    text    the last failure, in one line; absent if there was none
 *   ranks         array   of the first 1024 ranks an object each, empty once the run is over:
 *     rank          integer
 *     state         text    "idle", "busy", "left", "dead"
 *     since_s       number  how long it has been so
 *     heard_s       number  time since its last message
 *     of a busy rank also
 *     task          text    uid, 64 hex digits
 *     kind          text    "glass", "md"
 *     composition   text;   glass  integer;   temperature_K  number, of "md" only
 *     stage         text    "pack", "melt", "quench", "equilibrate", "produce"; "" before the first message
 *     attempt       integer from 0
 *     half_step_in  text    the stage that has half its time step; "": none
 *     fraction      number  of the task that is done, 0 to 1
 *     cores         integer that share it, those that other ranks lend among them; older builds did not write it
 *
 * FORMAT of log/events.jsonl: a line an event, one object a line; several jobs append to one file, a write a line.
 *
 *   time          text    UTC, YYYY-MM-DDThh:mm:ss.mmmZ
 *   job           text    id of the job (runner/jobs/jobs.h)
 *   event         text    what happened; the names and what they mean: events.c
 *   leads, build, slurm_restart_count   of "start": true or false; text; text, where SLURM set it
 *   rank          integer
 *   task, kind, composition, glass, temperature_K   as above
 *   attempt       integer absent for 0
 *   half_step_in  text    absent if no stage has half its time step
 *   ns, wall_s    number  of "result": simulated time, wall time
 *   text          text    one sentence
 *
 * A key stands where the event has something to say under it, in this order. */
#ifndef VT_TELEMETRY_H
#define VT_TELEMETRY_H

#include "config/config.h"
#include "runner/json/json.h"
#include "runner/sched/sched.h"

/* What a rank does, as the master sees it. */
typedef enum vt_rank_doing { VT_RANK_IDLE, VT_RANK_BUSY, VT_RANK_LEFT, VT_RANK_DEAD } vt_rank_doing;
typedef struct vt_rank_state {
  int32_t doing;                            /* vt_rank_doing */
  int32_t task, attempt, half_stage, stage; /* of a busy rank; stage: vt_stage */
  int32_t cores;                            /* that share its task; 0: not said */
  double fraction, ns;                      /* of its task */
  double from_ns;                           /* of ns: what a checkpoint held when this rank began with it */
  double heard, since;                      /* from it, last; since when it does this (comm's clock) */
} vt_rank_state;

/* Something worth a line in log/events.jsonl. */
typedef enum vt_run_event_kind {
  VT_RUN_START,
  VT_RUN_LEASE,
  VT_RUN_RESULT,
  VT_RUN_FAILURE,
  VT_RUN_CRASH,
  VT_RUN_ABORT,
  VT_RUN_GIVE_UP,
  VT_RUN_RANK_DEAD,
  VT_RUN_CORES,
  VT_RUN_ELSEWHERE,
  VT_RUN_BACK,
  VT_RUN_RESULT_ELSEWHERE,
  VT_RUN_FAILURE_ELSEWHERE,
  VT_RUN_LEADS,
  VT_RUN_DECLARED_DEAD,
  VT_RUN_CLOSING,
  VT_RUN_STOP,
  VT_RUN_END,
  VT_RUN_EVENTS
} vt_run_event_kind;

/* Keys of a line.  Every line begins with time (UTC), job (its id) and event; then come, of what the table allows for
 * this event, the keys that are known, in this order. */
typedef enum vt_run_event_field {
  VT_EVENT_JOB = 1,   /* leads, build, slurm_restart_count (where SLURM set it)                             */
  VT_EVENT_RANK = 2,  /* rank                                                                               */
  VT_EVENT_TASK = 4,  /* task (uid), kind ("glass", "md"), composition, glass, temperature_K (of "md" only) */
  VT_EVENT_TRY = 8,   /* attempt (from 1 on), half_step_in (the stage that has half its time step)          */
  VT_EVENT_WORK = 16, /* ns (simulated), wall_s                                                            */
  VT_EVENT_TEXT = 32  /* text: one sentence                                                                */
} vt_run_event_field;

typedef struct vt_run_event_doc {
  const char *name, *text; /* as written; what it says */
  unsigned fields;         /* of vt_run_event_field */
} vt_run_event_doc;
/* A row of the table that describes events.jsonl; kind < VT_RUN_EVENTS. */
const vt_run_event_doc *vt_run_event_row(vt_run_event_kind kind);

typedef struct vt_run_event {
  vt_run_event_kind kind;
  int rank, task; /* -1: none */
  int attempt, half_stage;
  double ns, wall_s; /* NaN: not known */
  const char *text;  /* NULL: nothing to add; of an error chain the innermost sentence is written */
} vt_run_event;

/* What the master knows of the campaign while it runs. */
typedef struct vt_run_snapshot {
  vt_sched_counts tasks;
  double ns_done, ns_total; /* finished tasks and the running parts of others   */
  double ns_per_day;        /* over this run; NaN before anything moved          */
  double eta_s;             /* NaN if unknown                                   */
  double elapsed_s;
  int workers; /* ranks that do tasks and live                     */
  int stopping;
  int others;    /* living jobs beside this one    */
  int elsewhere; /* tasks that they do            */
  int leads;
  const vt_rank_state *rank; /* [n_ranks], borrowed */
  int n_ranks;
  double now; /* of the comm's clock */
  int round;  /* of a campaign with a target, from 1; 0: it has none */
} vt_run_snapshot;

/* events.c: log/events.jsonl. */
typedef struct vt_events {
  int open, fd, complained;
  char job[128];
} vt_events;
void vt_events_open(vt_events *e, const char *path, const char *job, int leads);
void vt_events_write(vt_events *e, const vt_campaign *c, const vt_run_event *h);
void vt_events_close(vt_events *e);
/* task, kind, composition, glass, temperature_K of a task into a JSON object. */
void vt_task_json(vt_json *o, const vt_campaign *c, int task);

/* Rests between two writings of status.json, in seconds: the least; the longest at first; the longest after it was
 * reached: each time twice the one before, up to this.  What a file says in next_s is the longest before the next one.
 */
#define VT_STATUS_FILE_EVERY_S 2.0
#define VT_STATUS_FILE_MOST_S  120.0
#define VT_STATUS_FILE_SLOW_S  1920.0
/* status_file.c: status.json.  A view that `status` may lose: failing to write it is not an error of the campaign. */
void vt_status_file_write(const char *path, const vt_campaign *c, const vt_run_snapshot *w, const char *last_error,
                          const char *state, double next_s);

/* terminal.c: the line that rewrites itself.  Under mpiexec the stderr of a rank is a pipe, whose bytes the launcher
 * writes to its own stderr as they come: what counts is whether that is a terminal in whose foreground it is.  A
 * launcher on another machine, one that is no parent (srun), and one that puts a label before each line (-l) count as
 * none. */
typedef enum vt_progress_shape { VT_PROGRESS_AUTO, VT_PROGRESS_LINE, VT_PROGRESS_PLAIN } vt_progress_shape;
void vt_progress_ask(vt_progress_shape asked); /* --progress */
/* Columns for a line that rewrites itself on stderr, as of now; 0: write whole lines, seldom. */
int vt_progress_width(void);

void vt_host_name(char host[64]); /* this machine's name */

#endif
