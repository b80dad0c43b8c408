/* jobs.h - several jobs at one campaign folder: who is there, who leads, who does which task (layer 2).
 *
 * A job is one MPI run; its rank 0 alone uses this module.  Jobs may be on several hosts; all they share is a folder.
 * Nothing is assumed of clocks or locks: only that link(2) and O_EXCL create a name once, that unlink(2) removes it,
 * and that a file which is opened anew shows what was written before it was closed elsewhere (ext4, NFS, Lustre).
 *
 * FORMAT.  All files are in one folder (lease/ of a campaign) and are lines of text, "key value\n" in the order given;
 * the last line is "crc <8 hex digits>\n", the CRC-32 (zlib's) of all bytes before that line.
 *
 *   job-<id>      presence of a job
 *     vitrion-job 1     version
 *     id <id>           <host>-<pid>-<start>-<16 random hex digits>
 *     host <name>
 *     boot <id>         of the machine's boot
 *     ns <ids>          namespaces of pids and of time; "-": not known
 *     pid <n>
 *     start <n>         of the process, ticks since boot; 0: not known
 *     since <UTC>       YYYY-MM-DDThh:mm:ssZ, by its own clock
 *     label <text>      for people
 *     build <id>        of its program; a program that did not write this line is read, too
 *     beat <20 digits>  a counter that grows while the job is alive
 *   lease-<id>    written and synced once, when the job opens
 *     vitrion-lease 1   version
 *     job <id>
 *   <uid, 64 hex>, leader, heir-<file>   leases: hard links of the lease-<id> of the job that holds them
 *   epoch-<20 digits>  which job led as number n (a hard link of its lease-<id>, kept when that job ends); the last few
 *
 * So one link(2) makes a lease: atomic, whole at once, and as lasting as its name.
 *
 * ALIVE.  A job is dead
 *   - at once, if its presence file was removed; or if it is of this host, this boot and this namespace of pids,
 *     and its process has ended, is a zombie, or one that started at another time;
 *   - if its presence file stood still for silence_s by OUR clock.  Time counts only while we look: between two looks
 *     at most silence_s/4, and nothing if a look failed.  So a server that hung for minutes makes nobody dead, nor does
 *     our own sleep.  Until then a job is alive, also one that is seen for the first time.
 * A file that does not check (torn by a power loss) is judged alike: alive while it changes, dead after silence_s.
 *
 * A HEARTBEAT opens the presence file without creating it, checks that it names this job, and overwrites it in place.
 * So it cannot bring back a file that somebody removed: at worst it writes into a file that has no name any more, and
 * the next beat finds none (VT_ESTOP).  A reader that meets half a beat sees bytes that changed, which is all that
 * counts.  A full disk does not stop heartbeats.
 *
 * TAKING OVER.  A lease is removed by the job it names, or by the HEIR of that job, and by nobody else.  Heir of X is
 * who holds the lease heir-job-X; link(2) gives that to one at a time.  The heir looks at X once more; removes job-X (X
 * learns of it at its next beat), then every lease that names X, then lease-X, and last its own heir-job-X.
 *
 *   1. While a lease names X, nobody can link its name, and only X and its heir may unlink it.  If X is dead, nothing
 *      can come between the heir's reading a lease and its unlinking it: it never removes the lease of a third job.
 *      (Moving a lease aside, and back if it was another's, leaves a gap in which a fourth takes it.  This has none.)
 *   2. An heir that dies is a dead job like any other: its own heir removes heir-job-X, and X can be inherited again.
 *      A second heir of X that comes late finds no lease that names X: to inherit twice changes nothing.
 *   3. A name that became free is linked by whoever comes first.
 *   4. A damaged lease names nobody; its heir is who holds heir-<its name>, and 1 to 3 hold alike.
 *
 * So as long as those judged dead are dead, no two jobs hold the same lease at any time.  If a job was judged dead but
 * is alive (stopped for silence_s, cut off from the server), then until its next beat
 *
 *   - its claims may be given to others: a task is done twice, with the same bits, and the first record wins;
 *   - it may link or unlink once more (a claim; or as an heir that slept between reading and unlinking): again a task
 *     is done twice, or a leader loses its lease, which it sees at its next beat;
 *   - it may believe that it leads.  vt_jobs_lead() looks at the files each time: call it before what only a leader
 *     may do.  vt_jobs_leads() is 0 once the last look is silence_s/2 old: who wakes up does not lead before it looked.
 *
 * The same may follow from an unlink(2) that an NFS client sends twice because the answer was lost.
 *
 * FENCING.  A job that was suspended while it led (SIGSTOP, scontrol suspend, a node that comes back) wakes in the
 * middle of whatever it did.  It must not change what its successor has made.  Each change of leadership has a number,
 * its epoch: whoever got `leader` links its lease to epoch-<n+1>, n the greatest there is; link(2) gives a number to
 * one job; and the number counts only if `leader` still names this job after that.  A leader changes a shared file in
 * this order:
 *
 *   a. write a new file, O_EXCL, whose name holds its epoch and its id (vt_fence_name), so it is nobody else's;
 *
 *   b. vt_jobs_check_lead: the presence file is there, `leader` names this job, its epoch is the one it began with;
 *
 *   c. rename(2) to the shared name.
 *
 * A successor, when it has its epoch and before it changes anything, removes all such files of smaller epochs
 * (vt_outdir_fence).  It follows that a former leader changes nothing, wherever it slept:
 *
 *   - before a: the new file may come after the removal, but then b comes after it, too, and says no.
 *
 *   - between a and b, or in a: what it goes on writing has no name any more, or only its own; b says no.
 *
 *   - between b and c: if the successor did its removal meanwhile, the source of the rename is not there (ENOENT;
 *     the server of an NFS says so, whatever a client believes), and nothing happens.  If not, the rename came
 *     before anything that the successor did, as if this job had not slept.
 *
 *   - after c: nothing is written, cut or synced through a name or a descriptor of the file once it has its shared
 *     name.
 *
 * Behind its last file it asks (b) once more, and only then says how the run ended: a job that was suspended at any
 * point before that, and woke when another had led, ends with 75, whatever it had left to do.  That another start says
 * 0 costs nothing; that two jobs both say so of one folder would hide that something suspends them.
 *
 * So store and checksum are those of one leader each time they were both published; a job that ends between its two
 * renames leaves a store that does not match its checksum, which the next start makes anew.  status.json goes the same
 * way, only unsynced.  What is not renamed into place is only checked before (b): torn tails (of shards that nobody
 * writes: a start writes shards of its own), death notes, checkpoints put aside.
 *
 * The ranks of a job that woke may still do a task that others do now.  The records are equal, and the first one
 * counts.  They share the names of the task's checkpoints: each is whole (a file of its own, renamed), and where that
 * of another process is further, a rank leaves it (engine/replica), so that the other loses nothing if it ends.  A task
 * that is done may keep a checkpoint; nothing reads it.
 *
 * The numbers grow as long as nobody empties the folder.  A job that slept between `leader` and its epoch may take a
 * number that is greater than that of its successor; it then sees that `leader` names another, and removes it.
 *
 * Two jobs that were alive, believed each other dead, and both died within the milliseconds of clearing could be left
 * as heirs of each other.  Then neither is inherited; the log names a file (ev=heirs_in_a_circle) that may be
 * removed. */
#ifndef VT_JOBS_H
#define VT_JOBS_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

typedef struct vt_jobs vt_jobs;

typedef struct vt_jobs_options {
  const char *dir;   /* made if it is not there                                                     */
  const char *label; /* for people: "SLURM job 4711", or NULL                                       */
  const char *build; /* its build id, or NULL                                                       */
  double beat_s;     /* own heartbeat, and a look at the others, at most every so often (>= 0)       */
  double silence_s;  /* a job that stood still for so long is dead; at least 4 beat_s, the same for all */
  const char *host;  /* NULL: gethostname                                                           */
} vt_jobs_options;

/* `now` is monotonic seconds (vt_now_s).  All functions but close and look end with VT_ESTOP once our presence file was
 * taken away: somebody believed us dead, and this job must stop.  Not collective.
 *
 * Announce this job.  VT_EIO: also where the file system has no hard links. */
VT_MUST_CHECK vt_status vt_jobs_open(vt_jobs **j, const vt_jobs_options *o, double now, vt_err *err);
/* Drop claims, leadership, presence.  NULL is allowed. */
void vt_jobs_close(vt_jobs *j);

/* Does something at most every beat_s; where that takes long it rests longer (vt_pace), but at most silence_s/3 from
 * the end of one to the begin of the next, so that others see it beat as long as a beat takes less than half of
 * silence_s.  Call it at least every silence_s/4.  Other errors are logged and
 * tolerated for silence_s/2, then VT_EIO (before others may believe us dead). */
VT_MUST_CHECK vt_status vt_jobs_beat(vt_jobs *j, double now, vt_err *err);

/* Become the leader if no job that is alive is; *leads: we lead, read from the files just now.  Here, in resign, claim,
 * release, held and sweep an error of the file system is logged and reads as "not got" (held: as held) until nothing
 * succeeded for silence_s/2; then it is VT_EIO. */
VT_MUST_CHECK vt_status vt_jobs_lead(vt_jobs *j, double now, int *leads, vt_err *err);
/* The number of this job's leadership, > 0: set when it became the leader, greater than that of any leader before; 0:
 * it never led. */
int64_t vt_jobs_epoch(const vt_jobs *j);
/* May this job still change what the leader of `epoch` changes?  Read from the files now.  VT_ESTOP: another job leads,
 * or did; the message and the log (ev=fenced) name both epochs and jobs.  VT_EIO: that cannot be read. */
VT_MUST_CHECK vt_status vt_jobs_check_lead(vt_jobs *j, int64_t epoch, vt_err *err);
/* The same from memory, as of the last beat or lead, if that is fresh enough. */
int vt_jobs_leads(const vt_jobs *j, double now);
/* Give up leadership only. */
VT_MUST_CHECK vt_status vt_jobs_resign(vt_jobs *j, double now, vt_err *err);
/* "SLURM job 12 on node3 (pid 4711), since 2026-02-03T04:05:06Z", as of the last beat or lead; "" if nobody leads.
 * Valid until the next call. */
const char *vt_jobs_leader(const vt_jobs *j);
/* The build id of the leader, as of the last beat or lead; "": nobody leads, or it is not known. */
const char *vt_jobs_leader_build(const vt_jobs *j);
/* Jobs alive beside this one, as of the last beat. */
int vt_jobs_others(const vt_jobs *j);
const char *vt_jobs_id(const vt_jobs *j);

/* *got: the task is ours (also if it was already).  One link(2) if it is free; no list of the folder unless its holder
 * is dead.  Then *got may be 0 although nobody alive holds it (an heir is at work): ask again later. */
VT_MUST_CHECK vt_status vt_jobs_claim(vt_jobs *j, const vt_uid *uid, double now, int *got, vt_err *err);
/* *by_other: another job holds it and is alive. */
VT_MUST_CHECK vt_status vt_jobs_held(vt_jobs *j, const vt_uid *uid, double now, int *by_other, vt_err *err);
/* Nothing happens if it is not ours. */
VT_MUST_CHECK vt_status vt_jobs_release(vt_jobs *j, const vt_uid *uid, double now, vt_err *err);

/* Inherit from every dead job and remove what names no job that is alive.  Safe for everybody, enough if the leader
 * does it; reads every lease in the folder. */
VT_MUST_CHECK vt_status vt_jobs_sweep(vt_jobs *j, double now, vt_err *err);

/* ---- looking without joining */

enum { VT_JOB_ID = 128, VT_JOB_LABEL = 128, VT_JOB_HOST = 64, VT_JOB_BUILD = 64 };

typedef struct vt_job {
  char id[VT_JOB_ID]; /* all else is empty if the presence file does not check */
  char host[VT_JOB_HOST], label[VT_JOB_LABEL];
  char build[VT_JOB_BUILD]; /* "": not known */
  char since[24];           /* UTC, by its own clock                                  */
  char boot[48], ns[48];    /* which boot; which namespaces of pids and of time; or "-" */
  int64_t pid, start;       /* start: of its process, ticks since boot; 0 if not known */
  int64_t beat;             /* changes while it is alive                              */
  int leads, dead, claims;  /* dead: its process is known to be; claims: how many tasks it holds */
} vt_job;

typedef struct vt_jobs_list {
  vt_job *job; /* [n] sorted by id */
  int n;
  int orphans; /* leases of tasks that name no job of the list */
} vt_jobs_list;

/* A folder that is not there has no jobs. */
VT_MUST_CHECK vt_status vt_jobs_look(const char *dir, vt_jobs_list *out, vt_err *err);
void vt_jobs_list_free(vt_jobs_list *l);
int vt_jobs_list_alive(const vt_jobs_list *l); /* 1: one of them is not known to be dead */
/* One line about a job, as in vt_jobs_leader. */
void vt_job_text(const vt_job *job, char *text, size_t cap);

#endif
