/* replica.h - one task from plan to result (layer 5).  No MPI, no HDF5, no YAML: the same function runs under gdb. */
#ifndef VT_REPLICA_H
#define VT_REPLICA_H

#include "engine/base/base.h"
#include "engine/formats/formats.h"
#include "engine/obs/obs.h"
#include "engine/spec/spec.h"
#include "engine/sys/sys.h"

/* Where a task stands; given to the poll hook. */
typedef struct vt_progress {
  const char *stage;     /* "melt" ...                       */
  int32_t stage_id;      /* vt_stage                         */
  int64_t step, n_steps; /* of the stage                     */
  double ns_done;        /* simulated time of this task, ns  */
  double fraction;       /* of the task's total steps        */
} vt_progress;

/* ------------------------------------------------------------------ checkpoints: where a running task is kept on disk
 *
 * A task that was interrupted goes on in another process to the bits that it would have had.  The state is taken at
 * block boundaries (plan.block_steps); a checkpoint is continued by exactly this plan (uid, attempt, half_stage, build,
 * engine format, block length, glass) on a machine that reproduces its energies and forces to the bit, and by nothing
 * else.
 *
 * FORMAT of a checkpoint, little endian:
 *
 *   0    u8[8]    magic "VTC1\n\0\0\0"
 *   8    u32      version, 1
 *   12   u32      CRC-32 of bytes 0..11
 *   16   u8[32]   uid of the task
 *   48   i32      attempt
 *   52   i32      half_stage (vt_stage, 0: none)
 *   56   i32      stage (vt_stage, 1..4)
 *   60   i32      steps of a block
 *   64   i64      step of the stage, a multiple of that
 *   72   f64      ns simulated by then
 *   80   f64      s of wall time spent on the task by then
 *   88   u64      bytes of the payload, n
 *   96   char[48] build id, NUL-terminated, zeros behind
 *   144  i32      engine format (VT_ENGINE_FORMAT)
 *   148  u32      CRC-32 of the values of the glass that the task began with; 0 for a GLASS task
 *   152  u32      CRC-32 of the payload
 *   156  u32      CRC-32 of bytes 0..155
 *   160  u8[n]    payload, to the end of the file
 *
 * The payload is a state of one build for one plan: vt_md_save, values of the result that are filled, states of
 * observables, in the order that checkpointer.c gives; its size follows from plan, stage and step.  It is no format for
 * other programs: another build refuses it.  All bytes are under a checksum, so that every changed byte is found. */

/* What was written, tried or continued. */
typedef struct vt_checkpoint_written {
  const char *stage; /* "melt" ...                               */
  int64_t step;      /* of the stage                             */
  double ns;         /* simulated by then                        */
  uint64_t bytes;    /* of the file                              */
  double took_s;     /* to write or to read it                   */
  vt_status status;  /* VT_OK, or why it could not be written ... */
  const char *why;   /* ... in words, or NULL                    */
} vt_checkpoint_written;

typedef struct vt_checkpointing {
  const char *path; /* of the checkpoint, in a folder that exists; `path`.prev is the one before */
  double every_s;   /* wall time from one to the next, taken at the block boundary that follows; 0: at every boundary;
                     * INFINITY: only when the task is stopped */
  double graceful_stop_s; /* after VT_ESTOP from poll the task goes on to the next block boundary, still polling, is
                           * kept there and ends with VT_ESTOP; when this has passed it ends without */
  void *ctx;
  /* After every checkpoint, also of one that could not be written: the task goes on and tries again after every_s.
   * VT_ESTOP: it was not written, because `path` is that of another process that does the same task and is at least as
   * far.  NULL: nobody asks. */
  void (*kept)(void *ctx, const vt_checkpoint_written *k);
  /* At the start, if there was a file.  k: what is continued, NULL: the task starts from its beginning.  why_not: why a
   * file was not used (damaged, of another plan, build or machine), one line; NULL: none was refused.  Both are there
   * when `path` was refused and `path`.prev is continued.  NULL: nobody asks. */
  void (*resumed)(void *ctx, const vt_checkpoint_written *k, const char *why_not);
} vt_checkpointing;

typedef struct vt_checkpoint_info {
  vt_uid uid;
  int32_t attempt, half_stage;
  int32_t stage; /* vt_stage */
  int32_t block_steps;
  int64_t step;
  double ns, wall_s; /* simulated, and spent on the task, by then */
  uint64_t bytes;    /* of the file */
  char build_id[48];
} vt_checkpoint_info;

/* Read and check a whole file.  VT_EIO: it cannot be read; VT_ECORRUPT: it is not, or no longer, a checkpoint, says
 * what and where; VT_EUNSUP: of another version.  Every changed byte and every missing one is found. */
VT_MUST_CHECK vt_status vt_checkpoint_look(const char *path, vt_checkpoint_info *info, vt_err *err);
/* The same of bytes in memory; `name` for errors. */
VT_MUST_CHECK vt_status vt_checkpoint_look_bytes(const char *name, const void *bytes, size_t n,
                                                 vt_checkpoint_info *info, vt_err *err);
/* Remove `path` and `path`.prev, as far as they are there: of a task that is done, or given up. */
void vt_checkpoint_remove(const char *path);

/* ------------------------------------------------------------------ frames of a production (frames.c)
 *
 * Positions are those of the beginning of the production, wrapped, plus the displacement since then: they leave the
 * cell, and no image is lost.  They are rounded to multiples of 2^-13 A (the loss is at most 6.1e-5 A a coordinate;
 * beyond 2048 A that of a float), velocities to multiples of 2^-10 A/ps (at most 4.9e-4 A/ps).  The bits that are zero
 * then are what compresses.
 *
 * FORMAT of <checkpoint>.frames-<line>-<draw> (16 hex digits each), little endian, one file for each process that
 * worked on the production; gone when the task is done:
 *
 *   0    u8[8]   magic "VTF1\n\0\0\0"
 *   8    u32     version, 1
 *   12   u32     atoms, n
 *   16   u64     line: the number that this production drew
 *   24   i64     number of the first frame, from 0
 *   32   u32     1: with velocities
 *   36   u32     bytes of a record, a multiple of 8
 *   40   u32     0
 *   44   u32     CRC-32 of bytes 0..43
 *   48   records, one behind the other:
 *     0    u32     CRC-32 of the record from byte 4 on
 *     4    u32     0
 *     8    i64     number of the frame
 *     16   i64     step of the production
 *     24   f64     time since it began, ps: since its first piece did
 *     32   f64[9]  cell, rows are vectors, A
 *     104  f32[n][3] positions, A; then, with velocities, f32[n][3] A/ps; zeros to the end */
enum { VT_TRAJECTORY_X_BITS = 13, VT_TRAJECTORY_V_BITS = 10 };

typedef struct vt_kept_frame {
  int n_atoms;
  int64_t step;
  double time_ps;
  vt_cell cell;
  const float *x; /* [n_atoms * 3] A                               */
  const float *v; /* [n_atoms * 3] A/ps; NULL: none were asked for */
} vt_kept_frame;

typedef struct vt_kept_frames vt_kept_frames;
int64_t vt_kept_frames_count(const vt_kept_frames *f);
/* Frame k, from 0; its arrays stay until the next call.  VT_EIO, VT_ECORRUPT: it cannot be read back; else what the
 * poll hook says. */
VT_MUST_CHECK vt_status vt_kept_frames_read(vt_kept_frames *f, int64_t k, vt_kept_frame *out, vt_err *err);
/* Remove the files beside this checkpoint: of a task that is done, or given up. */
void vt_kept_frames_remove(const char *checkpoint);

/* Keep frames of the production of an MD task.  They are as durable as the checkpoints (vt_checkpointing): a frame that
 * cannot be written keeps the checkpoint behind it from being written, which `kept` tells, and waits in memory for the
 * next one.  A checkpoint without the frames before it (none were asked for then, others were, or they are damaged)
 * goes on at the beginning of the production. */
typedef struct vt_recording {
  double every_ps; /* between two frames, the first at step 0; rounded to steps as for observables */
  int velocities;  /* also these */
  void *ctx;
  /* The production is over: all its frames.  Another status than VT_OK ends the task with it. */
  vt_status (*done)(void *ctx, vt_kept_frames *f, vt_err *err);
} vt_recording;

typedef struct vt_replica_hooks {
  void *ctx;
  /* Called every few milliseconds of MD (by step count and clock; changes no bit).  VT_ESTOP ends the task cleanly: at
   * once, or with `keep` at the next block boundary. */
  vt_status (*poll)(void *ctx, const vt_progress *p, vt_err *err);
  /* Every instant of the produce stage at which an observable samples or a frame is kept; NULL: not wanted.  Changes no
   * bit.  A task that is continued gives those after its checkpoint. */
  vt_status (*frame)(void *ctx, const vt_frame *fr, vt_err *err);
  const vt_checkpointing *checkpointing; /* NULL: nothing is kept */
  const vt_recording *recording;         /* NULL: no frames */
  vt_team *team; /* borrowed; shares the work, and may change its size whenever poll is called; NULL: nobody.  No bit */
  struct vt_pot_kept *kept; /* a program that computes forces outlives the task here (pot.h); NULL: it does not */
} vt_replica_hooks;

/* ------------------------------------------------------------------ versions of the protocol
 *
 * 1  Melt and equilibration last as long as was asked.  Production keeps the mean volume of the second half of the
 *    equilibration, whatever its error; the barostat assumes 5 GPa.
 * 2  The duration that was asked for is a unit.  A melt goes on, for at most five units, until its metals have a mean
 *    squared displacement of more than VT_MELT_LEAST_A2 (without metals: the anions; science: a framework that moved
 *    less than a site distance remembers the packing); an equilibration at constant pressure, for at most five, until
 *    the relative standard error of the mean volume of its second half is below VT_VOLUME_ERROR_MOST and that half
 *    spans at least 50 times protocol.barostat.time.  Where the limit comes first the task goes on with what it has,
 *    and says so in its result.  The barostat measures the stiffness that it needs (T 4.8).
 * 3  A packing is relaxed as rigid ions before the potential sees it (vt_md_settle_ions): no two anions that lie
 *    side by side meet before they have found a cation.
 *
 * What decides is this task's own state at the end of a unit, so tasks stay independent of each other: nothing that is
 * added to a campaign, and no failure in it, changes another task. */
#define VT_MELT_LEAST_A2     10.0
#define VT_VOLUME_ERROR_MOST 0.01

/* The arrays of a task that are no observable's (vt_array_name); melt, volume, stiffness: from protocol 2 on. */
/* clang-format off */
#define VT_REPLICA_ARRAYS(X)                                                    \
  X(glass, cell) X(glass, x) X(glass, quench) X(glass, melt_msd)                \
  X(glass, melt) X(glass, stiffness)                                            \
  X(equilibrate, thermo) X(equilibrate, cutoff) X(equilibrate, cutoff_measured) \
  X(equilibrate, volume) X(equilibrate, stiffness)
/* clang-format on */
VT_REPLICA_ARRAYS(VT_ARRAY_NAME)
/* Of "glass/melt". */
enum { VT_MELT_MOVED_A2, VT_MELT_LIMIT_A2, VT_MELT_UNITS, VT_MELT_OK, VT_MELT_NUMBERS };
/* Of "equilibrate/volume".  The error is relative. */
enum { VT_VOLUME_A3, VT_VOLUME_ERROR, VT_VOLUME_LIMIT, VT_VOLUME_UNITS, VT_VOLUME_OK, VT_VOLUME_NUMBERS };

/* What a task gives: the values of all arrays of vt_replica_layout, concatenated. */
typedef struct vt_result {
  size_t n_values;
  double *values;  /* owned; vt_result_free */
  double ns;       /* simulated time, ns    */
  double wall_s;   /* not reproducible; with the time before an interruption, up to its checkpoint */
  char kernel[32]; /* what computed the forces */
  /* How an MD task ended: cell[9] (rows are vectors, A), x[n_atoms][3] (A, wrapped), v[n_atoms][3] (internal units), by
   * species blocks.  Owned; NULL, 0 of a GLASS task. */
  double *last;
  size_t n_last;
  /* Where it ended, also of a task that failed: the vt_stage that was run (0: none had begun) and its step. */
  int32_t stage, reserved;
  int64_t step;
} vt_result;
void vt_result_free(vt_result *r);

/* The arrays of a task.  GLASS: "glass/cell" [3,3], "glass/x" [n_atoms,3] (axis ATOM; order: species blocks of the
 * composition), "glass/quench" [n,4] (T, V, E, P along the quench), "glass/melt_msd" [species], then "glass/melt" [4],
 * "glass/stiffness" [1].  MD: "equilibrate/thermo" [n,4] (of an equilibration that went on: NaN from where it ended),
 * "equilibrate/cutoff" and "equilibrate/cutoff_measured" [pair], then "equilibrate/volume" [5],
 * "equilibrate/stiffness" [1], then everything that the observables declare. Names are unique. */
VT_MUST_CHECK vt_status vt_replica_layout(const vt_plan *p, vt_array_def *defs, int cap, int *n, vt_err *err);

/* Steps of the whole task (all stages), for costs and progress; simulated ns.  As expected, where a stage goes on until
 * it is good enough; most: if that needs all that is allowed. */
int64_t vt_replica_steps(const vt_plan *p);
int64_t vt_replica_steps_most(const vt_plan *p);
double vt_replica_ns(const vt_plan *p);
double vt_replica_ns_most(const vt_plan *p);
/* Bytes of a rank that runs this plan: the process with its libraries, atoms, observables, room for a checkpoint (an
 * estimate for `plan`). */
size_t vt_replica_memory(const vt_plan *p);

/* What will compute the forces of this plan: "avx512 double", "reference double", ... Opens the potential to know. */
VT_MUST_CHECK vt_status vt_replica_kernel(const vt_plan *p, char kernel[32], vt_err *err);

/* Run a task.  glass: the result values of p->needs (vt_replica_layout of that GLASS plan), also of a GLASS task that
 * continues a quench (from_k > 0); of a later piece what vt_replica_continue gives; of a GLASS task that begins
 * with a structure (vt_plan.start) its cell[9] (rows are vectors) and x[n_atoms][3], A, by species blocks, of the
 * neutral cell that the plan names; NULL for one that is packed.  From VT_START_MELT on the structure is relaxed as a
 * packing is and melted, from VT_START_QUENCH on it is quenched from the melt's temperature as it stands, and with
 * VT_START_EQUILIBRATE it is what the MD tasks begin with, and its volume and energy per atom are the first row of
 * glass/quench.
 * A later piece (piece > 1) has no equilibration: it begins with the cell, the positions and the velocities that the
 * one before ended with, and its "equilibrate/..." arrays are those of the first piece; observables, displacements and
 * steps begin anew.  A quench that goes on begins with the cell and the positions of the one before and with new
 * velocities at from_k; "glass/quench" is of this part alone, what is known of the melt is copied, the stiffness is
 * carried on. On a guard or potential failure the status is VT_EDIVERGE and, if post_mortem is not NULL, the offending
 * frame is appended to it as extended XYZ.  VT_ESTOP from the hook is handed on.
 *
 * With hooks->checkpointing the task continues from a checkpoint where there is a valid one.  A task of half_stage 0
 * that fails in a stage and may be tried again leaves the state at the beginning of that stage as the checkpoint of its
 * retry (the same attempt with half_stage = that stage), which then repeats no other stage; not where halving that
 * stage's time step changes the neighbour list of the whole task.  The files of a task that is done or given up are the
 * caller's to remove. */
VT_MUST_CHECK vt_status vt_replica_run(const vt_plan *p, const double *glass, size_t n_glass,
                                       const vt_replica_hooks *hooks, vt_buf *post_mortem, vt_result *out, vt_err *err);

/* ------------------------------------------------------------------ productions in pieces (pieces.c, T 6.14) */

/* What the piece after p begins with (`glass` of vt_replica_run), from the result of p, an MD task of protocol 2 or
 * later: values as vt_replica_layout has them, last as vt_result has it.  (*out)[*n_out]: the values of the
 * equilibration, then `last`; the caller frees it (vt_free).  VT_EINVAL: other numbers of values, a `last` that is no
 * state of atoms in a cell. */
VT_MUST_CHECK vt_status vt_replica_continue(const vt_plan *p, const double *values, size_t n_values, const double *last,
                                            size_t n_last, double **out, size_t *n_out, vt_err *err);

/* One piece of a production: plan and result values, borrowed. */
typedef struct vt_piece {
  const vt_plan *plan;
  const double *values;
  size_t n_values;
} vt_piece;

/* All pieces of one production as if they were one run. */
typedef struct vt_joined {
  vt_plan plan; /* of the first piece, but for protocol.produce_ps, the longest piece: largest lag, layout, and run_ps,
                 * all together; with one piece the plan itself.  Not to be run. */
  size_t n_values;
  double *values; /* vt_replica_layout of `plan`; owned, vt_joined_free */
} vt_joined;
void vt_joined_free(vt_joined *j);

/* n pieces of one production, all from the first on, in order.  "equilibrate/..." is that of the first; everything else
 * by what stands with each observable: sums, means weighted with what they are means of, series one behind the other.
 * Of one piece the values come out bit for bit.  VT_EINVAL: pieces that do not follow each other, or of another shape.
 */
VT_MUST_CHECK vt_status vt_pieces_join(const vt_piece *piece, int n, vt_joined *out, vt_err *err);

/* ------------------------------------------------------------------ trajectories made elsewhere (trajectory.c) */

enum { VT_TRAJECTORY_PAIRS = 64 };

typedef struct vt_trajectory_options {
  double dt_ps;             /* between two frames, > 0; NaN: as the file says, with its unit (vt_stamp.key)   */
  double t_k;               /* NaN: not known                                                                */
  double skip_ps;           /* frames before are read, but not measured; from the first frame of all files on */
  int every;                /* of the others every so-many-th is measured; 0 is 1                             */
  vt_frames_options frames; /* how files are read */
  int n_charges, n_roles, n_cutoffs;
  struct {
    int z, charge;
  } charge[VT_MAX_SPECIES]; /* instead of those that make the cell neutral, else the most common */
  struct {
    int z, role;
  } role[VT_MAX_SPECIES]; /* VT_ROLE_MOBILE, _NETWORK, _ANION, instead of what element and charge say */
  int counted;            /* atomic number of the anion that residence, polyhedra and chains count; 0: oxygen */
  struct {
    int z[2];
    double r_a;
  } cutoff[VT_TRAJECTORY_PAIRS]; /* instead of the first minimum of g(r); not `measured` */
} vt_trajectory_options;

/* Displacements between two frames that cannot be known: longer than half of the shortest lattice vector, so that
 * another image of the atom may be as near (T 15.2). */
typedef struct vt_unknown_moves {
  int64_t n; /* of all atoms and frames */
  int frame; /* the first one, from 1; 0: there is none */
  int line;  /* of its atom in the file  */
  int z;
  double share;  /* its length over the shortest lattice vector */
  double effect; /* on the mean squared step of an element, relative, at most; the largest of all elements */
} vt_unknown_moves;
/* Beyond this effect nothing that follows displacements is given. */
#define VT_UNKNOWN_EFFECT 0.05

/* What the observables gave: as if the engine had produced the frames. */
typedef struct vt_trajectory {
  vt_plan plan;             /* composition (species in canonical order), clock, observables; no uid */
  const char *format;       /* of the last file, by name */
  int n_frames;             /* measured */
  int n_read;               /* of all files, but for ... */
  int n_repeated;           /* ... those that the file before ended with (vt_frames_next) */
  double volume_a3;         /* mean                                                                       */
  double half_height_a;     /* half of the shortest height of any frame's cell: no cutoff acts beyond it */
  double largest_move;      /* of any atom between two frames, over the shortest lattice vector */
  vt_unknown_moves unknown; /* beyond VT_UNKNOWN_EFFECT nothing that follows displacements was observed */
  double times_per_ps;      /* 1 or 1000: what the times in the comment lines count; NaN: there are none */
  char time_key[24];        /* how the file calls them, or "" */
  char ignored[64];         /* the first thing of a comment line that could not be read and is not needed, or "" */
  int ignored_line;
  vt_cutoffs cutoffs;
  vt_array_def defs[VT_MAX_ARRAYS];
  int n_defs;
  double *values; /* of all defs, concatenated; owned */
  size_t n_values;
} vt_trajectory;

/* Read the files of a run, in order, twice (engine/formats): cutoffs and composition, then every observable that is on
 * by default.  Positions wrapped or not, fixed or changing cell (which carries its atoms along: what keeps its
 * fractions of the cell does not move), any vectors that span the lattice, flips of the box.  Atoms keep their order
 * from frame to frame, or have ids, which order them then.  With skip_ps and every all frames are read and all moves
 * followed, so that thinning loses nothing of the displacements.  Frames are dt_ps apart: times and steps in the file
 * that say otherwise, frames that stand twice, several runs in one file are VT_EPARSE with file:line, as is what is
 * malformed; where frames.mistakes is given what is wrong with atoms' lines is noted there, up to its limit, and the
 * status is VT_EPARSE. VT_EINVAL: a charge, role or cutoff of an element that is not there, or no dt_ps.  Temperature,
 * pressure and kinetic energy are NaN. */
VT_MUST_CHECK vt_status vt_trajectory_measure(const char *const *path, int n_paths, const vt_trajectory_options *o,
                                              vt_trajectory *t, vt_err *err);
void vt_trajectory_free(vt_trajectory *t);

#endif
