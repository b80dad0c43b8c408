/* folder.h - the output folder: its names, whose it is, what state it is in (layer 7).
 *
 * What is in it, and where its bytes are described:
 *
 *   .vitrion                 whose the folder is: the line "vitrion output folder 1"; written before anything else
 *   campaign.yaml            the campaign as recorded, resolved, every default written out; config/schema.md.  Its
 *                            potential.file is relative to this folder, potential.sha256 says which file it was
 *   journal/<shard>.vtj      results and failures: the truth; runner/journal/journal.h, runner/records/records.h
 *   checkpoint/<uid>.vck     of a task that runs or was interrupted, .vck.prev the one before; engine/replica/replica.h
 *   results.h5               the store; config/store.md (`vitrion schema store`)
 *   results.h5.sha256        64 hex digits, two spaces, "results.h5\n": as sha256sum -c reads it
 *   summary.json             the object of `vitrion fit DIR --json` with campaign, campaign_id and build
 *   summary.csv              runner/report/report.h
 *   status.json, log/events.jsonl   runner/telemetry/telemetry.h
 *   log/rank-NNNN.log        for people
 *   glass/<uid>.xyz          extended XYZ, one frame: what a glass came out as.  Line 1: number of atoms.  Line 2:
 *                            Lattice="9 numbers, a then b then c, A" Properties=species:S:1:pos:R:3 pbc="T T T".  Then
 *                            an atom a line, in the order of the species of the composition; numbers as %.17g
 *   structures/<name>.<ending>   the file of a structure that glasses begin with, byte by byte as it was given
 *   trajectory/<composition>/<T>K-glass<k>-<uid8>.h5   frames of a production, where observe.trajectory asks for them:
 *                            H5MD 1.1; runner/trajectory/trajectory.h
 *   checkpoint/<uid>.vck.frames-<line>-<draw>   frames of a production that runs; engine/replica/replica.h
 *   failed/<uid>-attempt<a>-half<0|1>.xyz   the frame that a guard stopped, the same with :vel:R:3 (sqrt(eV/u)) and
 *                            task= stage= step= time_ps= attempt= half_stage= velocity_unit=
 *   failed/<uid>-attempt<a>-half<0|1>.driver.log   what a program that computes forces (potential.command) printed last
 *                            before it failed, the last 16 KiB; .2.driver.log ...: of more accidents of that try
 *   failed/<uid>.vck         the last checkpoint of a task that was given up
 *   lease/, lease/fallen/    runner/jobs/jobs.h; death notes: runner/farm/farm.h
 *   <name>.<epoch>.<job>.tmp  what a leader is about to publish as <name>; runner/jobs/jobs.h, "FENCING"
 *   HALT                     made by a person: `after-tasks` lets running tasks finish, anything else stops softly
 *
 * <uid> is the task's, 64 hex digits. */
#ifndef VT_FOLDER_H
#define VT_FOLDER_H

#include "config/config.h"
#include "runner/jobs/jobs.h"
#include "runner/json/json.h"
#include "runner/records/records.h"

typedef struct vt_outdir {
  char dir[VT_PATH];
  char journal[VT_PATH + 16], store[VT_PATH + 16], campaign[VT_PATH + 16], status[VT_PATH + 16], halt[VT_PATH + 16];
  char lease[VT_PATH + 16], checkpoint[VT_PATH + 16], events[VT_PATH + 24];
  struct vt_jobs *alone;               /* between vt_outdir_lock and vt_outdir_release */
  struct vt_leader_fence *alone_fence; /* the same */
} vt_outdir;

/* Names only; a leading ~ or ~/ is HOME. */
VT_MUST_CHECK vt_status vt_outdir_name(vt_outdir *o, const char *dir, vt_err *err);
/* The folder, its mark and its subfolders; first asks vt_outdir_check_owner. */
VT_MUST_CHECK vt_status vt_outdir_make(const vt_outdir *o, vt_err *err);

/* place.c: whose a folder is and where it lies. */
/* VT_OK for a folder that is ours or holds nothing that a run would write; VT_EINVAL, naming it, if there is such a
 * file.  Ours is a folder with .vitrion, or (of an earlier build) with shards in journal/, or with journal/ and a
 * campaign.yaml as runs record it.  Changes nothing. */
VT_MUST_CHECK vt_status vt_outdir_check_owner(const vt_outdir *o, vt_err *err);
int vt_outdir_is_ours(const vt_outdir *o);
/* The folder in full, whether it exists or not, links in the part that exists resolved; o->dir if that is too long. */
void vt_outdir_full(const vt_outdir *o, char full[VT_PATH]);
/* Let canonical text of `c` name the potential relative to this folder. */
void vt_outdir_place_potential(const vt_outdir *o, vt_campaign *c);
/* For a start without --output: is another folder in which this campaign (resolved) has begun found where its file last
 * ran, or at its output, if that is taken relative to the campaign file's folder or a folder above that or above the
 * present one, or does the campaign file lie in one?  1 with its name and how many tasks are done there.  0 if `o`
 * itself holds a campaign. */
int vt_outdir_elsewhere(const vt_outdir *o, const vt_campaign *c, const char *campaign_file, const vt_campaign_env *env,
                        char found[VT_PATH], int *done);
/* Note that the campaign file runs in `o`: a line "file, tabulator, folder" (both in full, the newest first, at most
 * 200) in $XDG_STATE_HOME/vitrion/last-places, without that variable in ~/.local/state/vitrion/last-places.  Nothing is
 * said where that cannot be written; without fsync. */
void vt_outdir_remember(const vt_outdir *o, const char *campaign_file);

/* structure_file.c.  Let canonical text of `c` name the copies of its structures in this folder. */
void vt_outdir_place_structures(vt_campaign *c);
/* VT_EINVAL, naming it, if the folder is not ours and a file stands where a copy of a structure would be written. */
VT_MUST_CHECK vt_status vt_outdir_check_structures(const vt_outdir *o, const vt_campaign *c, vt_err *err);
/* Copy the file of structure k, unless these bytes are there already; what was copied is read once more.  VT_EIO. */
VT_MUST_CHECK vt_status vt_outdir_keep_structure(const vt_outdir *o, const vt_campaign *c, int k,
                                                 const vt_campaign_env *env, vt_err *err);

/* edit.c.  A campaign (resolved, and brought in line: vt_outdir_resolve) beside the one that a folder has recorded.  It
 * may add tasks, leave some out, and call things otherwise; it is refused if tasks would be others under what stays, if
 * a production would end within a piece that is there, or go on from one whose record does not say how it ended.  Lists
 * are lines of text. */
typedef struct vt_edit {
  int same;    /* the same tasks, and productions of the same length */
  int refused; /* `why`, and `keys`: every key that differs, with both values */
  char recorded[VT_NAME];
  int n_recorded;                  /* tasks of the recorded campaign */
  int n_added, n_back;             /* tasks that are new: without a result, and with one in the journal */
  int n_left_out, n_left_out_done; /* tasks of the recorded campaign that this one does not have, and those with a
                                    * result (what would be lost, if it is refused) */
  double added_ns, left_out_ns, left_out_s; /* simulated; of the results: also wall time of their ranks */
  vt_buf adds, leaves_out, renames, why, keys;
} vt_edit;
VT_MUST_CHECK vt_status vt_edit_look(const vt_outdir *o, const vt_campaign *old, const vt_campaign *c, vt_edit *e,
                                     vt_err *err);
void vt_edit_free(vt_edit *e); /* zeroed is fine */
/* In words: why it is refused, in full; that it needs --extend; what an accepted one does. */
void vt_edit_refusal(const vt_edit *e, const vt_outdir *o, const vt_campaign *c, vt_buf *out);
void vt_edit_needs_extend(const vt_edit *e, const vt_outdir *o, const vt_campaign *c, vt_buf *out);
void vt_edit_said(const vt_edit *e, vt_buf *out);

/* For the job that leads: compare the campaign recorded there with `c` (resolved): equal is fine, so is one that leaves
 * out or renames; VT_EINVAL for an edit that is refused, and for one that adds tasks without `extend`.  Then record
 * `c`. said (may be NULL): what an accepted edit does is appended. */
VT_MUST_CHECK vt_status vt_outdir_record(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env,
                                         int extend, vt_buf *said, vt_err *err);
/* For a job that joins: the recorded campaign (waited for a while: the leader may have just begun) must be `c`. */
VT_MUST_CHECK vt_status vt_outdir_join(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env,
                                       vt_err *err);
/* 1 if a name in a subfolder ("": of the folder itself, NULL: in any) is that of a temporary file
 * (vt_file_is_temporary) of a file that the program writes there: `notes.tmp-5` is a person's. */
int vt_outdir_is_leftover(const char *folder, const char *name);
/* Remove them: of processes that died while they wrote; only while no other job is in the folder.  Returns how many;
 * what cannot be removed stays, harmless. */
int vt_outdir_sweep(const vt_outdir *o);
/* Keep every job out of a folder until vt_outdir_release; VT_EINVAL, naming it, if one is there.  label: what other
 * people read of this job; NULL: vt_job_label_here. */
VT_MUST_CHECK vt_status vt_outdir_lock(vt_outdir *o, const char *label, vt_err *err);
void vt_outdir_release(vt_outdir *o);
/* 1 if a job works in the folder, as far as can be seen from outside. */
int vt_outdir_busy(const vt_outdir *o);
/* What a campaign keeps of its starts, as recorded in the folder; VT_SIMD_AUTO, 0 and NULL if there is none. */
typedef struct vt_outdir_kept {
  vt_simd simd;
  int protocol;          /* version */
  int format;            /* of the engine */
  vt_campaign *recorded; /* owned   */
} vt_outdir_kept;
vt_outdir_kept vt_outdir_look_up(const vt_outdir *o, const vt_campaign_env *env);
void vt_outdir_kept_free(vt_outdir_kept *kept); /* zeroed is fine */
/* vt_campaign_resolve with what was kept (NULL: nothing): numerics and protocol, unless the campaign says them itself,
 * and what vt_campaign_follow does. */
VT_MUST_CHECK vt_status vt_outdir_resolve(const vt_outdir_kept *kept, vt_campaign *c, vt_err *err);
/* Load the campaign recorded in a folder, resolved. */
VT_MUST_CHECK vt_status vt_outdir_campaign(const vt_outdir *o, const vt_campaign_env *env, vt_campaign **c,
                                           vt_err *err);

void vt_outdir_checkpoint(const vt_outdir *dir, const vt_uid *uid, char *path, size_t cap);

enum { VT_GLASS_FILE_NAME = 80 };
void vt_glass_file_name(const vt_uid *uid, char name[VT_GLASS_FILE_NAME]); /* in the output folder */
/* The structure of a glass as extended XYZ; values: of its result. */
VT_MUST_CHECK vt_status vt_glass_file_text(const vt_plan *p, const double *values, vt_buf *b, vt_err *err);
VT_MUST_CHECK vt_status vt_glass_file_write(const vt_outdir *dir, const vt_plan *p, const double *values, vt_err *err);

/* trajectory_file.c.  Under which name, in the output folder, the trajectory of an MD task is kept. */
enum { VT_TRAJECTORY_NAME = 160 };
void vt_trajectory_file_name(const vt_plan *p, char name[VT_TRAJECTORY_NAME]);
/* Characters of a name that are no letters, digits, '.', '_' or '-' become '_'. */
void vt_name_as_file(const char *name, char out[VT_NAME]);
/* "quickstart.nep.txt" of the campaign's potential; "" where there is no file. */
const char *vt_potential_name(const vt_campaign *c);
/* The folder they are kept in: before hours are spent on what could not be kept. */
VT_MUST_CHECK vt_status vt_trajectory_folder_make(const vt_outdir *dir, vt_err *err);
/* Whole or not at all; *sha256 and *n_bytes of the file. */
VT_MUST_CHECK vt_status vt_trajectory_file_write(const vt_outdir *dir, const vt_campaign *c, const vt_plan *p,
                                                 int velocities, vt_kept_frames *f, vt_uid *sha256, uint64_t *n_bytes,
                                                 vt_err *err);

/* presence.c */
/* A job that was silent for so long is dead (its host may be down); one on this host whose process has ended, at once.
 */
#define VT_JOB_BEAT_S    5.0
#define VT_JOB_SILENCE_S 60.0
/* Lead unless a job that is alive does: one that is not known to be alive on this host is watched until it gives a sign
 * of life, or was silent for too long. */
VT_MUST_CHECK vt_status vt_outdir_lead(vt_jobs *jobs, const char *lease, int *leads, vt_err *err);

/* The job leads: from here on what it publishes is fenced by its number (vt_fence, installed on this process), and
 * temporary files of leaders before it are removed.  Again after each time it may have become the leader; nothing
 * happens if the number is the same.  The fence stays in use until vt_fence_install(NULL). */
typedef struct vt_leader_fence {
  vt_fence fence;
  vt_jobs *jobs;
  int64_t epoch;
} vt_leader_fence;
void vt_outdir_fence(const vt_outdir *o, vt_jobs *jobs, vt_leader_fence *f);

/* What other people read of this job: its number and its build. */
void vt_job_label_here(char text[VT_JOB_LABEL]);

/* What can be said of a campaign folder without opening its store. */
typedef struct vt_folder_state {
  const char *state; /* "new", "running", "stopped", "failed" (done, but some tasks failed for good), "done" */
  vt_sched_counts tasks;
  vt_sched_counts *comp;                       /* [n_comp]; a running task counts as ready */
  double ns_done, ns_total, ns_per_day, eta_s; /* NaN where unknown */
  int workers;
  const vt_json *live;  /* status.json if a job works here and wrote it just now: ranks and what they do, the last
                         * error; else NULL */
  char last_error[400]; /* what the run that is alive says; else the newest failure in the journal; "": done, or none */
} vt_folder_state;
/* A look at a campaign folder that may be repeated: its campaign, its journal, the state that follows. */
typedef struct vt_folder_view vt_folder_view;
/* Reads the campaign and the whole journal; `o` and `env` are borrowed. */
VT_MUST_CHECK vt_status vt_folder_view_open(vt_folder_view **v, const vt_outdir *o, const vt_campaign_env *env,
                                            vt_err *err);
/* As of now: of the journal only what was appended since is read; all of it, and the campaign, when another start
 * recorded a campaign or the journal was repaired.  After an error the view can only be closed. */
VT_MUST_CHECK vt_status vt_folder_view_refresh(vt_folder_view *v, vt_err *err);
/* Both borrowed, until the next refresh. */
const vt_campaign *vt_folder_view_campaign(const vt_folder_view *v);
const vt_folder_state *vt_folder_view_state(const vt_folder_view *v);
/* What is with task i, and why: its state, who runs it, what it waits for, how it failed; lines of text. */
VT_MUST_CHECK vt_status vt_folder_view_explain(const vt_folder_view *v, int i, vt_buf *out, vt_err *err);

/* failures.c: a task that failed for good. */
typedef struct vt_failed_task {
  int task, by;            /* index; whose failure it is: itself, or its glass */
  int stage, status;       /* vt_stage and vt_status of the last try of `by` */
  int tries;               /* of `by` that the journal knows */
  int64_t step;            /* of that stage */
  char why[400];           /* one sentence; "": the record cannot be read */
  const char *what_to_try; /* static */
} vt_failed_task;
/* The first one whose index is at least `from`: its index; -1: none. */
int vt_folder_view_failed(const vt_folder_view *v, int from, vt_failed_task *f);
/* The last failure of a try, whatever became of the task: its index; -1: none. */
int vt_folder_view_newest_failure(const vt_folder_view *v, vt_failed_task *f);
/* What a person may try after such a failure. */
const char *vt_failure_advice(int status, int stage);
void vt_folder_view_close(vt_folder_view *v); /* NULL is allowed */

#endif
