/* replica_impl.h - the stages of a task.  Each file uses those before it: plan.c (how long, how large), recorder.c
 * (means over parts of a stage), state.c (what a task holds), units.c (does a stage go on?), checkpoint.c and
 * checkpointer.c (keeping it on disk), replica.c (doing it). */
#ifndef VT_REPLICA_IMPL_H
#define VT_REPLICA_IMPL_H

#include "engine/md/md.h"
#include "engine/replica/replica.h"

enum {
  VT__REPLICA_ROWS = 200,  /* rows of a recorded stage: fixed, so that every task has the same shape */
  VT__REPLICA_COLUMNS = 4, /* T, V, E_pot per atom, P                                               */
  VT__REPLICA_VOLUME = 1,  /* the column of V                                                       */
  VT__REPLICA_ENERGY = 2   /* of E_pot per atom                                                     */
};

/* A later piece of a production: equilibrated long ago.  A quench that goes on: molten long ago. */
int vt__replica_is_later_piece(const vt_plan *p);
int vt__replica_is_later_quench(const vt_plan *p);
/* Steps of a stage with the plan's (possibly halved) time step; 0: the stage is left out.  Of one unit, if it has
 * several. */
int64_t vt__replica_stage_steps(const vt_plan *p, vt_stage id);
double vt__replica_stage_dt_fs(const vt_plan *p, vt_stage id);
/* The stage as the integrator wants it, guards included; one unit. */
vt_md_stage vt__replica_stage(const vt_plan *p, vt_stage id);
/* Verlet skin of the whole task, A, for a potential of this cutoff: of its highest temperature and longest step. */
double vt__replica_skin_a(const vt_plan *p, double cutoff);
/* Arrays and values of a task that are no observable's, which come first in its result: all of a GLASS task, those of
 * the equilibration of an MD task. */
int vt__replica_own_arrays(const vt_plan *p);
size_t vt__replica_own_values(const vt_plan *p);
/* Values of the GLASS result that this MD task begins with, or that whose quench this GLASS task continues. */
size_t vt__replica_glass_values(const vt_plan *p);
/* Values of vt_result.last. */
size_t vt__replica_last_values(const vt_plan *p);
/* Values that a later piece begins with: vt_replica_continue. */
size_t vt__replica_continued_values(const vt_plan *p);

/* units.c.  How often a stage's duration is run: at most, as expected before it ran, and by this step. */
int vt__replica_units_most(const vt_plan *p, vt_stage id);
int vt__replica_units_expected(const vt_plan *p, vt_stage id);
int vt__replica_units_at(const vt_plan *p, vt_stage id, int64_t step);

/* ------------------------------------------------------------------ a recorded stage
 * T, V, E per atom, P as means over VT__REPLICA_ROWS equal parts; a part without a sample stays NaN.  When a stage goes
 * on beyond the last part, the parts become twice as long. */

typedef struct vt__recorder {
  double *rows;    /* [VT__REPLICA_ROWS][VT__REPLICA_COLUMNS] sums so far, borrowed: part of the result */
  int64_t n_steps; /* of all parts together */
  int64_t every;   /* between samples       */
  struct vt__recorder_state {
    int32_t hits[VT__REPLICA_ROWS];
    double late_volume; /* sum over the samples of the second half (protocol 1) */
    int64_t late_hits;
  } seen;
} vt__recorder;
_Static_assert(sizeof(struct vt__recorder_state) == 816, "the recorder's state is kept on disk");

void vt__recorder_sample(vt__recorder *r, const vt_md *md);
/* Make room for samples up to n_steps. */
void vt__recorder_reach(vt__recorder *r, int64_t n_steps);
void vt__recorder_finish(vt__recorder *r); /* sums become means */

/* ------------------------------------------------------------------ checkpoint.c: the file */

enum { VT__CHECKPOINT_HEAD = 160 }; /* bytes before the payload */

/* Everything that the file's header says about it, but for checksums. */
typedef struct vt__checkpoint_head {
  vt_checkpoint_info info; /* bytes: not used for writing */
  int32_t format;          /* VT_ENGINE_FORMAT of the plan */
  uint32_t glass_crc;      /* of the values that an MD task begins with; 0 */
  uint64_t n_payload;
} vt__checkpoint_head;

/* The header of the payload that stands at bytes + VT__CHECKPOINT_HEAD. */
void vt__checkpoint_seal(unsigned char *bytes, const vt__checkpoint_head *h);
/* What vt_checkpoint_look_bytes checks; *h is complete on VT_OK alone. */
VT_MUST_CHECK vt_status vt__checkpoint_open(const char *name, const void *bytes, size_t n, vt__checkpoint_head *h,
                                            vt_err *err);

/* ------------------------------------------------------------------ the task at work */

/* checkpointer.c: what a task needs to be kept. */
/* A file, told from another one that takes its name; all zero: none. */
typedef struct vt__file_mark {
  int64_t device, inode, bytes, changed_s, changed_ns;
} vt__file_mark;

typedef struct vt__checkpointer {
  const vt_checkpointing *checkpointing; /* NULL: nothing is kept, and all of the following is empty              */
  unsigned char *image;                  /* [cap] a checkpoint being made                                         */
  unsigned char *begun;                  /* [snapshot] the state at the beginning of begun_stage                    */
  size_t cap;
  vt_stage begun_stage; /* VT_STAGE_NONE: none was kept                                          */
  double begun_wall_s;
  double written_s;   /* clock at the last checkpoint, also of one that failed; at first: start */
  vt__file_mark left; /* the file at the checkpoint's path as this task found or left it              */
  int stopping;       /* poll said stop                                                        */
  double stopping_since_s;
  vt_err stop;         /* what it said                                                          */
  char no_frames[400]; /* why the production is not continued where it was, or "" */
} vt__checkpointer;

/* frames.c: frames [first, first + n) in a file of this line; what else is in it does not count. */
typedef struct vt__frames_piece {
  int64_t first, n;
  char path[4096];
} vt__frames_piece;

struct vt_kept_frames {
  const vt_recording *recording; /* NULL: none are kept, and all of the following is empty */
  struct vt__replica *replica;
  int n_atoms;
  int64_t every; /* steps                                                     */
  uint64_t line; /* number of this production, drawn when it began            */
  int64_t n;     /* frames so far; the last n_waiting of them wait in memory  */
  int64_t n_waiting;
  size_t record;          /* bytes of one                                     */
  unsigned char *waiting; /* [cap]                                            */
  size_t cap;
  unsigned char *one; /* [record] read from a file                            */
  double (*x0)[3];    /* [n_atoms] where the production began, wrapped        */
  int fd;             /* the file of this process, the last piece; -1: none   */
  vt__frames_piece *piece;
  int n_pieces, cap_pieces;
  int fd_read; /* of `reading`; -1: none */
  const char *reading;
  int64_t read_from;
};

typedef struct vt__replica {
  const vt_plan *plan;
  const vt_replica_hooks *hooks;
  const double *glass; /* borrowed; what vt_replica_run was given */
  size_t n_glass;
  const char *symbol[VT_MAX_SPECIES];
  vt_pot pot;
  vt_md md;
  vt_obs_set *obs;
  vt_shells *shells;  /* MD: g(r) of the equilibration */
  vt_cutoffs cutoffs; /* and what follows from it      */
  vt_cell cell;       /* where md starts from */
  int *type;
  double (*x)[3];
  double *values; /* the result being filled */
  size_t n_values;
  double *last; /* vt_result */
  size_t n_last;
  vt_array_def defs[VT_MAX_ARRAYS];
  int n_defs;
  vt__recorder rec;
  int64_t steps_before; /* of earlier stages */
  double ns_before;
  double began_s, wall_before_s; /* clock at the start of this process' part; spent before */
  double polled_s;
  vt_stage stage;
  vt_stage from;     /* the stage that was under way when the task was kept; VT_STAGE_NONE: it starts now */
  const char *doing; /* for errors: the stage, or what comes before stages */
  vt__checkpointer checkpointer;
  vt_kept_frames frames;
} vt__replica;

/* replica.c.  What the hook says, at most every few milliseconds. */
VT_MUST_CHECK vt_status vt__replica_poll(vt__replica *r, vt_err *err);

/* frames.c.  Nothing of it does anything where no recording was asked for. */
VT_MUST_CHECK vt_status vt__frames_open(vt__replica *r, vt_err *err);
void vt__frames_reset(vt__replica *r); /* none so far */
void vt__frames_close(vt__replica *r);
int64_t vt__frames_next(const vt__replica *r, int64_t step); /* steps until the next one, >= 1 */
/* Take the frame, if one is due at its step. */
VT_MUST_CHECK vt_status vt__frames_sample(vt__replica *r, const vt_frame *fr, vt_err *err);
/* What waits goes to the disk; after a failure it still waits. */
VT_MUST_CHECK vt_status vt__frames_put(vt__replica *r, vt_err *err);
/* Part of a checkpoint; resume: 1 if all frames before it are there, or 0 with the reason. */
size_t vt__frames_state_size(int n_atoms);
void vt__frames_save(const vt__replica *r, void *bytes);
int vt__frames_resume(vt__replica *r, const void *bytes, size_t n, vt_err *why);
/* Hand them over. */
VT_MUST_CHECK vt_status vt__frames_finish(vt__replica *r, vt_err *err);

/* state.c.  Where the result's array of this name is written; NULL: this task has none. */
double *vt__replica_values(const vt__replica *r, const vt_array_name *name);
/* What a recorded stage writes into, when it is in unit `units`. */
void vt__replica_record(vt__replica *r, vt_stage id, int units);
/* The phase space of r->cell, r->type, r->x; and one of the right shape, whatever is in it (of a task that was given a
 * glass or a structure: that; of a later piece: as the one before ended). */
VT_MUST_CHECK vt_status vt__replica_begin_md(vt__replica *r, vt_err *err);
VT_MUST_CHECK vt_status vt__replica_open_md(vt__replica *r, vt_err *err);
VT_MUST_CHECK vt_status vt__replica_open_observables(vt__replica *r, vt_err *err);
void vt__replica_close_observables(vt__replica *r);
/* Values of what came before, into those of the result: of the quench so far, of the equilibration. */
void vt__replica_take_over(vt__replica *r);
/* What counts as bonded, from the result's cutoffs. */
VT_MUST_CHECK vt_status vt__replica_bond(vt__replica *r, vt_err *err);
/* As after opening: no phase space, empty observables, no values. */
VT_MUST_CHECK vt_status vt__replica_reset(vt__replica *r, vt_err *err);

/* units.c.  The last step of a unit was sampled: judge the stage, write down what was found; 1 if it goes on for
 * another unit.  vt__replica_units: how many a stage that is over took. */
int vt__replica_unit_end(vt__replica *r, vt_stage id);
int vt__replica_units(const vt__replica *r, vt_stage id);

/* checkpointer.c.  Bytes that a keeper holds, for a plan with these (NULL for a GLASS task). */
size_t vt__checkpointer_memory(const vt_plan *p, const vt_obs_set *obs, const vt_shells *shells);
VT_MUST_CHECK vt_status vt__checkpointer_open(vt__replica *r, vt_err *err);
void vt__checkpointer_close(vt__replica *r);
/* Continue what is on disk, if it can be: then r->from is its stage.  Fails only where r cannot be used any more. */
VT_MUST_CHECK vt_status vt__checkpointer_resume(vt__replica *r, vt_err *err);
/* A stage has begun: remember its state. */
void vt__checkpointer_begin(vt__replica *r);
/* At most n steps, but not beyond the next block boundary. */
int64_t vt__checkpointer_steps(const vt__replica *r, int64_t n);
/* poll said stop: 1 if the task goes on to a block boundary first. */
int vt__checkpointer_graceful_stop(vt__replica *r, const vt_err *stop);
/* After some steps: keep what is due; VT_ESTOP once a soft stop is over. */
VT_MUST_CHECK vt_status vt__checkpointer_step(vt__replica *r, vt_err *err);
/* Within a step that another program computes: VT_ESTOP once a soft stop has no time left to reach its end. */
VT_MUST_CHECK vt_status vt__checkpointer_overdue(const vt__replica *r, vt_err *err);
/* The task failed, and may be tried again: leave the beginning of the stage to its retry. */
void vt__checkpointer_failed(vt__replica *r);

#endif
