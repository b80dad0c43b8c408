/* drive.h - the campaign: master and workers, the output folder, fits, the store, reports (layer 6).
 *
 * One node is one rank: it may hold the master, a worker, or both (inline master).  Master and worker only react to
 * messages and never wait; vt_node_run is the one loop. */
#ifndef VT_DRIVE_H
#define VT_DRIVE_H

#include "config/config.h"
#include "engine/ana/ana.h"
#include "engine/replica/replica.h"
#include "runner/comm/comm.h"
#include "runner/journal/journal.h"
#include "runner/sched/sched.h"

/* ------------------------------------------------------------------ what a result record holds */

/* Payload of a RESULT record: this head, then n_values doubles in the order of vt_replica_layout. */
typedef struct vt_result_head {
  uint32_t version; /* VT_RESULT_VERSION */
  int32_t kind;     /* vt_task_kind      */
  uint64_t n_values;
  double ns;     /* simulated time    */
  double wall_s; /* not reproducible  */
  int32_t rank;  /* not reproducible  */
  int32_t reserved;
  char host[64]; /* not reproducible  */
  char kernel[32];
  char build_id[48];
  vt_uid potential; /* SHA-256 of the potential's file(s)                             */
  vt_uid campaign;  /* identity of the campaign it was computed for (it may have grown since) */
} vt_result_head;
_Static_assert(sizeof(vt_result_head) == 248, "vt_result_head is a file format");
enum { VT_RESULT_VERSION = 2 };

/* Payload of a FAILURE record: this, then the frame that broke as extended XYZ (may be empty). */
typedef struct vt_failure_head {
  uint32_t version; /* VT_FAILURE_VERSION                                                 */
  int32_t stage;    /* vt_stage it failed in, 0: in none                                  */
  int64_t step;     /* of that stage                                                      */
  int32_t rank;     /* not reproducible                                                   */
  int32_t crashed;  /* 1: an accident (its process died, no memory, a bad read): it says nothing of the plan */
  char host[64];    /* not reproducible                                                   */
  char build_id[48];
  vt_err err; /* code: its status */
} vt_failure_head;
_Static_assert(sizeof(vt_failure_head) == 1160, "vt_failure_head is a file format");
enum { VT_FAILURE_VERSION = 1 };
/* Read and check the head of a FAILURE record. */
VT_MUST_CHECK vt_status vt_failure_load(const vt_journal *j, const vt_rec *r, vt_failure_head *out, vt_err *err);

/* ------------------------------------------------------------------ node: master and worker */

typedef struct vt_lease {
  int32_t task, attempt, half_stage, reserved;
} vt_lease;

/* What one lease gave; owned by the node, freed after it was recorded. */
typedef struct vt_work {
  vt_result_head head;
  double *values;
  int32_t stage, reserved; /* where it ended */
  int64_t step;
  vt_buf post_mortem; /* extended XYZ of the frame that tripped a guard */
} vt_work;

/* The work itself: real replicas in a campaign, empty tasks in `bench sched` and in simulations. */
typedef struct vt_work_ops {
  void *ctx;
  vt_status (*run)(void *ctx, const vt_lease *l, const vt_replica_hooks *hooks, vt_work *out, vt_err *err);
  /* After the record is durable: views of the result (glass/<uid>.xyz, the post-mortem frame). NULL: nothing. */
  vt_status (*after)(void *ctx, const vt_lease *l, vt_status how, const vt_work *w, vt_err *err);
} vt_work_ops;

/* Other jobs that work on the same campaign (enter.c); functions for rank 0. */
typedef struct vt_claims {
  void *ctx;
  /* *got = 1: the task is ours to do until it is released. */
  vt_status (*claim)(void *ctx, int task, int *got, vt_err *err);
  vt_status (*release)(void *ctx, int task, vt_err *err);
  /* *by_other = 1: another living job does this task. */
  vt_status (*held)(void *ctx, int task, int *by_other, vt_err *err);
  /* Often; a sign of life.  *others: living jobs beside this one; *leads: 1 if this job assembles the store in the end.
   * VT_ESTOP: this job was taken for dead and must end. */
  vt_status (*beat)(void *ctx, int *others, int *leads, vt_err *err);
} vt_claims;

/* What a rank does, as the master sees it. */
typedef enum vt_rank_doing { VT_RANK_IDLE, VT_RANK_BUSY, VT_RANK_LEFT, VT_RANK_DEAD } vt_rank_doing;
typedef struct vt_rank_state {
  int32_t doing; /* vt_rank_doing */
  int32_t task, attempt, half_stage, stage; /* of a busy rank; stage: vt_stage */
  double fraction, ns;                      /* of its task */
  double heard, since;                      /* last word; since when it does this (comm's clock) */
} vt_rank_state;

/* Something worth a line in the log of events. */
typedef struct vt_happening {
  const char *what; /* "lease", "result", "failure", "crash", "give_up", "rank_dead", "elsewhere", "back", "stop" ... */
  int rank, task;   /* -1: none */
  int attempt, half_stage, stage;
  double ns, wall_s;
  const char *text; /* NULL: nothing to add */
} vt_happening;

/* What the master knows of the campaign while it runs. */
typedef struct vt_watch {
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
} vt_watch;

typedef struct vt_node_options {
  vt_comm *comm;     /* borrowed                                                */
  int master_inline; /* rank 0 also works                                       */
  int max_tries, crash_limit, fault_limit;
  double rank_timeout_s;   /* the master gives up a rank that was silent for so long; 0: never */
  double grace_s;          /* after a soft stop the master waits no longer than this for a rank; 0: as long as it takes */
  double master_timeout_s; /* a worker that hears nothing from its master for so long leaves with VT_ESTOP; 0: never */
  /* A guardian leaves a file <fallen><rank> when its rank has died; NULL: nobody does. */
  const char *fallen;
  const vt_claims *claims; /* rank 0: NULL if no other job can be there */
  const vt_sched_task *task; /* [n_tasks]; uids are needed on every rank               */
  const double *task_ns;     /* [n_tasks] simulated time of each                        */
  int n_tasks;
  vt_journal *replay; /* rank 0: results and failures so far; NULL elsewhere     */
  const char *journal_dir;
  vt_work_ops work;
  /* rank 0, about once a second */
  void (*watch)(void *ctx, const vt_watch *w);
  /* rank 0, for every happening; may be NULL */
  void (*event)(void *ctx, const vt_happening *h);
  /* any rank, often: non-zero asks for a soft stop (a signal, the wall limit, the halt file) */
  int (*stop)(void *ctx);
  /* rank 0: why no task may be begun any more (one that is begun must reach its first checkpoint), or NULL; may be NULL */
  const char *(*may_not_begin)(void *ctx);
  void *ctx;
} vt_node_options;

typedef struct vt_node_outcome {
  vt_sched_counts tasks; /* rank 0 only */
  int stopped;           /* rank 0: 1 if a soft stop ended it early */
  int leads, others;     /* rank 0: of several jobs               */
  int n_dead;            /* ranks that died on the way            */
  unsigned char *dead;   /* bitmap of them, vt_free; NULL: it did not come to the end */
  int alone;    /* with an error: this rank left the loop by itself, no collective call is possible any more */
  int given_up; /* alone, because the others go on without it: its end is no failure */
} vt_node_outcome;

/* Collective: returns on every rank when all tasks are done or failed, or after a soft stop, or (in a job that does not
 * lead) when nothing is left to take.  When ranks died meanwhile the comm has been shrunk to the survivors.  A status other
 * than VT_OK on rank 0 is the first fatal error that any rank reported.  out->alone: the error is this rank's own (VT_ESTOP:
 * its master is gone, or has given it up), the others are not in this call any more, and the process must leave by
 * vt_guard_leave. */
VT_MUST_CHECK vt_status vt_node_run(const vt_node_options *o, vt_node_outcome *out, vt_err *err);

/* For vt_guard_start: records the crash of a task in the journal, and leaves word for the master. */
struct vt_guard_death;
void vt_mourn(const struct vt_guard_death *d);

/* ------------------------------------------------------------------ stop requests (ctl.c) */

/* SIGTERM, SIGUSR1, SIGHUP, SIGINT set a flag (a second SIGINT leaves at once with exit code 75); call after MPI_Init. */
void vt_ctl_install(void);
/* Ask SLURM how long this job may live (SLURM_JOB_END_TIME, else squeue); before MPI is started, since it forks. */
void vt_ctl_ask_slurm(void);
/* Limits from now on: wall_s (0: none), and what SLURM answered.  Stopping begins grace_s before the first of them (a minute
 * earlier for SLURM's), but not in the first half of the time.  halt_file NULL: none. */
void vt_ctl_limits(double wall_s, double grace_s, const char *halt_file);
double vt_ctl_time_left_s(void); /* until stopping begins; very long without a limit */
/* Why to stop, or NULL. The halt file is looked at no more than once a second. */
const char *vt_ctl_stop(void);
int vt_ctl_closing(void);         /* 1: the halt file says "after-tasks": begin no more */
double vt_ctl_since_stop_s(void); /* since vt_ctl_stop first gave a reason; 0: it did not */

/* ------------------------------------------------------------------ the output folder (outdir.c) */

typedef struct vt_outdir {
  char dir[VT_PATH];
  char journal[VT_PATH + 16], store[VT_PATH + 16], campaign[VT_PATH + 16], status[VT_PATH + 16], halt[VT_PATH + 16];
  char lease[VT_PATH + 16], checkpoint[VT_PATH + 16], events[VT_PATH + 24];
  struct vt_jobs *alone; /* between vt_outdir_lock and vt_outdir_release */
} vt_outdir;

/* Names only. */
VT_MUST_CHECK vt_status vt_outdir_name(vt_outdir *o, const char *dir, vt_err *err);
/* The folder and its subfolders. */
VT_MUST_CHECK vt_status vt_outdir_make(const vt_outdir *o, vt_err *err);
/* For the job that leads: compare the campaign recorded there with `c` (resolved): equal is fine; different is refused with
 * VT_EINVAL unless `extend` and `c` only adds tasks; then record `c`. */
VT_MUST_CHECK vt_status vt_outdir_record(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, int extend,
                                         vt_err *err);
/* For a job that joins: the recorded campaign (waited for a while: the leader may have just begun) must be `c`. */
VT_MUST_CHECK vt_status vt_outdir_join(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, vt_err *err);
/* Keep every job out of a folder until vt_outdir_release; VT_EINVAL, naming it, if one is there. */
VT_MUST_CHECK vt_status vt_outdir_lock(vt_outdir *o, vt_err *err);
void vt_outdir_release(vt_outdir *o);
/* 1 if a job works in the folder, as far as can be seen from outside. */
int vt_outdir_busy(const vt_outdir *o);
/* The SIMD level of the campaign recorded in the folder, or VT_SIMD_AUTO if there is none. */
vt_simd vt_outdir_simd(const vt_outdir *o, const vt_campaign_env *env);
/* Load the campaign recorded in a folder, resolved. */
VT_MUST_CHECK vt_status vt_outdir_campaign(const vt_outdir *o, const vt_campaign_env *env, vt_campaign **c,
                                           vt_err *err);

/* ------------------------------------------------------------------ results, rows, fits */

/* The result values of task i of the campaign out of the journal: *values (vt_free) of *n doubles; VT_OK with NULL if
 * there is none.  head may be NULL.  A record that does not fit the campaign's layout is VT_ECORRUPT. */
VT_MUST_CHECK vt_status vt_results_load(const vt_journal *j, const vt_plan *p, vt_result_head *head, double **values,
                                        size_t *n, vt_err *err);

/* What is fitted against 1/T and compared (quantities.c): D of the alkali and sigma T, then D of every species of the
 * campaign ("D_Li"), then the rates at which alkalis leave metals with 0, 1, 2 oxygens ("rate_o0"). */
enum { VT_Q_D_ALKALI = 0, VT_Q_SIGMA_T = 1, VT_Q_HEADLINES = 2, VT_Q_RATES = 3 };
enum { VT_MAX_QUANTITIES = VT_Q_HEADLINES + VT_MAX_SPECIES + VT_Q_RATES };
typedef struct vt_quantity {
  char name[16], unit[16], doc[96];
} vt_quantity;
/* Fills q, returns their number. */
int vt_quantities_of(const vt_campaign *c, vt_quantity q[VT_MAX_QUANTITIES]);

/* One quantity compared between compositions. */
typedef struct vt_comparison {
  vt_compare at_t;       /* at equal T: decides                                    */
  vt_compare at_tg;      /* at equal T/Tg; k = 0 with a reason when a Tg is missing */
  vt_var_split variance; /* of at_t                                                */
  char factor[VT_MAX_FACTORS][VT_NAME]; /* [variance.n_factors] */
} vt_comparison;

/* One quantity with its fits. */
typedef struct vt_fitted {
  vt_quantity what;
  vt_arrh *arrh;   /* [n_comp] */
  int32_t *status; /* [n_tasks] vt_point_status; -1: not a point (a glass, or no result); NULL for a table */
  vt_comparison compare;
} vt_fitted;

/* The glasses of one composition at one temperature together; NaN where no glass has a result. */
typedef struct vt_group {
  int32_t n_results; /* glasses with a result                                       */
  vt_pool pool;
  vt_res_trend residence; /* of the continuous residence times                      */
} vt_group;

/* Everything that follows from the results without new MD. */
typedef struct vt_fits {
  int n_tasks, n_comp, n_temp, n_glasses, n_quantities;
  vt_transport *transport;         /* [n_tasks]; n_species 0 where there is no result */
  double *d_alkali, *d_alkali_se;  /* [n_tasks] number-weighted over the alkali species, cm^2/s */
  vt_structure_summary *structure; /* [n_tasks]; NaN where there is no result */
  int *md;                         /* [n_comp][n_temp][n_glasses] row of the MD task */
  vt_group *group;                 /* [n_comp][n_temp] */
  vt_fitted *fitted;               /* [n_quantities] */
  vt_tg *tg;                       /* [n_tasks] n_rows -1: not a glass with a result */
  vt_tg_summary *tg_comp;          /* [n_comp] */
} vt_fits;

/* From the journal. */
VT_MUST_CHECK vt_status vt_fits_from_journal(const vt_campaign *c, const vt_journal *j, vt_fits **f, vt_err *err);
/* From a store (its own campaign text is parsed into *c, which the caller frees). */
VT_MUST_CHECK vt_status vt_fits_from_store(const char *path, const vt_campaign_env *env, vt_campaign **c, vt_fits **f,
                                           vt_err *err);
void vt_fits_free(vt_fits *f);

/* Points from a table `composition,glass,temperature_K,D_cm2_s,D_se[,factor...]`: names are kept in order of
 * appearance.  A composition has one value of each factor; a level is the row of the first composition that has it. */
typedef struct vt_table {
  int n_comp, n;
  char (*name)[VT_NAME]; /* [n_comp] */
  vt_point *pt;          /* [n] */
  int n_factors;
  char factor[VT_MAX_FACTORS][VT_NAME];
  int *level[VT_MAX_FACTORS]; /* [n_comp] */
} vt_table;
VT_MUST_CHECK vt_status vt_table_read(const char *path, vt_table *t, vt_err *err);
void vt_table_free(vt_table *t);
/* Arrhenius per composition and the comparison. arrh[n_comp] owned by the caller. */
VT_MUST_CHECK vt_status vt_table_fit(const vt_table *t, const vt_compare_spec *spec, uint64_t key, vt_arrh *arrh,
                                     vt_comparison *cmp, vt_err *err);

/* Collective: results.h5 out of the journal. */
VT_MUST_CHECK vt_status vt_drive_assemble(vt_comm *comm, const vt_campaign *c, const vt_journal *j, const vt_fits *f,
                                          const char *path, vt_err *err);

/* ------------------------------------------------------------------ reports (report.c, report_*.c) */

/* names[n]: compositions; one line each, then the comparison. */
void vt_report_text(vt_buf *out, const char *const *names, int n, const vt_fitted *q, const vt_compare_spec *spec);
/* The same for D of the alkali and sigma T of a campaign, one line for each other quantity that is resolved somewhere, and
 * one for each composition on Haven ratio, transference, residence and structure. */
VT_MUST_CHECK vt_status vt_report_campaign_text(vt_buf *out, const vt_campaign *c, const vt_fits *f, vt_err *err);
/* The JSON of `vitrion fit` for a table, n_q quantities. */
VT_MUST_CHECK vt_status vt_report_json(vt_buf *out, const char *const *names, int n, const vt_fitted *q, int n_q,
                                       vt_err *err);
/* And for a campaign: with transport, structure and residence of every composition at every temperature. */
VT_MUST_CHECK vt_status vt_report_campaign_json(vt_buf *out, const vt_campaign *c, const vt_fits *f, vt_err *err);
/* summary.json and summary.csv of a campaign folder. */
VT_MUST_CHECK vt_status vt_report_summary(const char *dir, const vt_campaign *c, const vt_fits *f, vt_err *err);

/* ------------------------------------------------------------------ the state of a folder (status.c) */

/* What can be said of a campaign folder without opening its store. */
typedef struct vt_folder_state {
  const char *state; /* "new", "running", "stopped", "failed" (done, but some tasks failed for good), "done" */
  vt_sched_counts tasks;
  vt_sched_counts *comp;                       /* [n_comp]; a running task counts as ready */
  double ns_done, ns_total, ns_per_day, eta_s; /* NaN where unknown */
  int workers;
  char *live; /* text of status.json if a run wrote it just now: ranks and what they do, the last error; else NULL */
} vt_folder_state;
/* c is the folder's campaign (vt_outdir_campaign). */
VT_MUST_CHECK vt_status vt_folder_look(const vt_outdir *o, const vt_campaign *c, vt_folder_state *out, vt_err *err);
void vt_folder_state_free(vt_folder_state *s);
/* What is with task i, and why: its state, who runs it, what it waits for, how it failed; lines of text. */
VT_MUST_CHECK vt_status vt_folder_explain(const vt_outdir *o, const vt_campaign *c, int i, vt_buf *out, vt_err *err);

/* ------------------------------------------------------------------ verify and repair (verify*.c, repair.c) */

typedef enum vt_finding_kind {
  VT_FOUND_DAMAGE,   /* bytes that changed                                          */
  VT_FOUND_TORN,     /* an end is missing                                           */
  VT_FOUND_MISSING,  /* something that was there is gone                            */
  VT_FOUND_MISMATCH, /* whole, but it contradicts something else                    */
  VT_FOUND_STALE,    /* of an earlier state; harmless. This and the rest are notes: */
  VT_FOUND_FOREIGN,  /* of another campaign; harmless                               */
  VT_FOUND_INFO,
  VT_FOUND_KINDS
} vt_finding_kind;
const char *vt_finding_name(int kind); /* "damage" ... */

/* What repair does about it, in this order. */
typedef enum vt_mend {
  VT_MEND_NONE, /* nothing to do, or nothing that a program can do */
  VT_MEND_CAMPAIGN,
  VT_MEND_SHARD,
  VT_MEND_CHECKPOINT,
  VT_MEND_GLASS,
  VT_MEND_STORE,
  VT_MEND_SUMMARY,
  VT_MEND_REMOVE
} vt_mend;

typedef struct vt_finding {
  int32_t kind, mend;
  int32_t number; /* of the shard or the task that is mended */
  int32_t reserved;
  char file[VT_PATH]; /* in the output folder */
  char where[96];     /* "" where it is the whole file */
  char what[480];
  char action[240]; /* what the next run or repair does, what to do */
} vt_finding;

typedef struct vt_checked {
  char campaign[VT_NAME]; /* "" if nobody can tell */
  int sound;              /* notes only            */
  int64_t shards, records, results, failures, checkpoints, glasses, store_rows; /* how many were looked at */
  vt_finding *found;                                                            /* [n] */
  int n, cap;
} vt_checked;

/* Look at every byte of a campaign folder that has a checksum or follows from one that has; changes nothing. */
VT_MUST_CHECK vt_status vt_folder_verify(const vt_outdir *o, const vt_campaign_env *env, vt_checked *v, vt_err *err);
void vt_checked_free(vt_checked *v);

typedef struct vt_repair {
  int n_done;         /* things that were mended                                                      */
  int64_t tasks_open; /* what the next run will do (records that were lost among them); -1: not known */
  vt_buf done;        /* a line each                                                                  */
  vt_checked left;    /* of a look afterwards                                                         */
} vt_repair;
/* Mend what can be mended.  VT_EINVAL while a run is at work in the folder. */
VT_MUST_CHECK vt_status vt_folder_repair(vt_outdir *o, const vt_campaign_env *env, vt_repair *r, vt_err *err);
void vt_repair_free(vt_repair *r);

/* ------------------------------------------------------------------ the campaign run */

typedef struct vt_run_options {
  const char *campaign; /* file                                              */
  const char *output;   /* NULL: what the campaign says                      */
  double wall_s;        /* <= 0: none                                        */
  double grace_s;       /* a soft stop is over within this time              */
  int extend, quiet;
  int join;        /* help a job that leads in this folder; lead if there is none */
  int allow_mixed; /* results of another build may stand beside those of this one */
  const vt_campaign_env *env;
  void (*folder)(void *ctx, const char *dir); /* every rank, once the output folder is there; may be NULL */
  void *ctx;
} vt_run_options;

/* Collective.  *exit_code: 0 done, 2 campaign error, 3 some tasks failed, 75 stopped early; a status other than VT_OK
 * is exit code 1, but VT_ESTOP 75.  *alone: other ranks are not there any more, and this process must leave with
 * vt_guard_leave.  Mistakes of the campaign file and reports go to stderr and stdout of rank 0. */
VT_MUST_CHECK vt_status vt_drive_run(vt_comm *comm, const vt_run_options *o, int *exit_code, int *alone, vt_err *err);

#endif
