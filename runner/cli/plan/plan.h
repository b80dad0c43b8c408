/* plan.h - what `vitrion plan` estimates; private to runner/cli. */
#ifndef VT_CLI_PLAN_H
#define VT_CLI_PLAN_H

#include "engine/allocation/allocation.h"
#include "runner/cli/cli.h"
#include "runner/folder/folder.h"

/* ------------------------------------------------------------------ cost (plan_cost.c) */

enum { VT_CAL_POINTS = 2 };

/* CPU seconds per atom and step, measured by real MD of this campaign: at the smallest and the largest cell. */
typedef struct vt_calibration {
  int n; /* points; 0: nothing could be measured, the formula of the block length is used */
  int atoms[VT_CAL_POINTS];
  double s_atom_step[VT_CAL_POINTS];
  char kernel[32];
  char trouble[512]; /* why a point is missing; "" if none is */
} vt_calibration;

/* Observables included.  About `seconds` of production a point, and the short melt before it; 0: nothing is measured.
 * VT_EDRIVER: so the campaign would fail, too. */
VT_MUST_CHECK vt_status vt_plan_calibrate(const vt_campaign *c, double seconds, vt_calibration *out, vt_err *err);
/* Of a campaign whose forces another program computes: seconds an atom and step, by a few answers on a packed cell of
 * the GLASS task `task` (plan_driver.c).  VT_EDRIVER: it failed. */
VT_MUST_CHECK vt_status vt_plan_time_driver(const vt_campaign *c, int task, double *s_atom_step, char kernel[32],
                                            vt_err *err);
/* Between the points linear in the number of atoms, constant beyond. */
double vt_plan_s_atom_step(const vt_calibration *cal, int n_atoms);

typedef struct vt_plan_cost {
  int n_tasks;
  double core_s, wall_s, ns;   /* expected */
  double core_most_s, ns_most; /* if every melt and every equilibration goes on for as long as it may */
  int workers;                 /* of the ranks asked for: a dedicated master works on no task */
  double chain_s;              /* the longest chain: a glass, then the longest of what waits for it */
  int most_useful;             /* workers with which all is done within 5 % of that */
  double store_bytes;          /* before compression                                          */
  double trajectory_bytes;     /* of all files of frames, before compression; 0: none are asked for */
  size_t memory_bytes;         /* of the largest task                                         */
} vt_plan_cost;
/* Of the tasks that are not done (done[n_tasks]; NULL: of all).  wall_s: the campaign's own scheduler with every task
 * taking its estimated time. */
VT_MUST_CHECK vt_status vt_plan_estimate(const vt_campaign *c, const vt_calibration *cal, int ranks,
                                         const unsigned char *done, vt_plan_cost *out, vt_err *err);
/* plan_schedule.c: the time of n tasks (needs < own index) on so many workers; the longest chain and the fewest
 * workers, to a tenth, that need no more than 1.05 times that.  Both O(n log n) in time. */
struct vt_sched_task;
VT_MUST_CHECK vt_status vt_plan_wall(const struct vt_sched_task *task, int n, int workers, double *wall_s, vt_err *err);
VT_MUST_CHECK vt_status vt_plan_useful(const struct vt_sched_task *task, int n, double *chain_s, int *workers,
                                       vt_err *err);
/* All tasks of a campaign with what each will take, in seconds; vt_free. */
VT_MUST_CHECK vt_status vt_plan_tasks(const vt_campaign *c, const vt_calibration *cal, struct vt_sched_task **task,
                                      vt_err *err);
int vt_plan_workers_of(const vt_campaign *c, int ranks); /* how many of so many ranks work on tasks */
/* The fewest ranks of which `workers` work on tasks. */
int vt_plan_ranks_of(const vt_campaign *c, int workers);

/* ------------------------------------------------------------------ what a folder has of it (plan_left.c) */

typedef struct vt_plan_folder {
  vt_outdir dir;
  vt_outdir_kept kept; /* recorded NULL: nothing has begun there */
  vt_edit edit;        /* of what is recorded */
  unsigned char *done; /* [n_tasks] */
  int n_done;
  vt_plan_cost left;
} vt_plan_folder;
/* Before the campaign is read: the folder's name and what it keeps. */
VT_MUST_CHECK vt_status vt_plan_folder_open(vt_plan_folder *f, const char *dir, int allow_huge, vt_err *err);
/* What is left of the campaign, read with f->kept. */
VT_MUST_CHECK vt_status vt_plan_folder_look(vt_plan_folder *f, const vt_campaign *c, const vt_calibration *cal,
                                            int ranks, vt_err *err);
void vt_plan_folder_free(vt_plan_folder *f); /* zeroed is fine */
void vt_plan_folder_text(const vt_plan_folder *f, const vt_campaign *c, vt_buf *out);
vt_json *vt_plan_folder_json(const vt_plan_folder *f, const vt_campaign *c);

/* ------------------------------------------------------------------ batch script (plan_sbatch.c) */

typedef struct vt_sbatch {
  const char *time, *partition, *account, *qos; /* as the user wrote them, NULL if not given                     */
  const char *output;                           /* folder instead of the campaign's; NULL                        */
  int array;                                    /* jobs that work on the campaign together; 0: one, no array     */
  int join;                                     /* 1: help a job that works in the folder                        */
  vt_site site;                                 /* by vt_cli_site; _check puts what the user wrote in its place  */
  /* filled by _check: */
  double limit_s;
  /* filled by _fit: */
  int asked, useful,
      ranks;          /* of each job: asked (0: not given); with more some would have nothing to do; what it gets */
  double need_s;      /* the predicted time with its margin */
  double wall_s;      /* the limit of a job                 */
  double starts;      /* expected, of each job              */
  int64_t memory_mib; /* per rank */
} vt_sbatch;

/* The site.yaml files of a campaign (NULL: without one).  -1, or the exit code after every mistake was printed. */
int vt_cli_site(const char *campaign, vt_site *s);
/* The user's words, after vt_cli_site: -1, or the exit code after a message. */
int vt_plan_sbatch_check(const vt_usage *u, vt_sbatch *b);
/* Ranks (0: as many as are worth it), time, memory, within what the site allows; `cost` is that of all jobs together.
 */
VT_MUST_CHECK vt_status vt_plan_sbatch_fit(const vt_campaign *c, const vt_calibration *cal, int ranks, vt_sbatch *b,
                                           vt_plan_cost *cost, vt_err *err);
/* What was cut and why, a sentence a line. */
void vt_plan_sbatch_notes(const vt_sbatch *b, vt_buf *o);
/* The script. */
VT_MUST_CHECK vt_status vt_plan_sbatch_text(const vt_campaign *c, const char *campaign, const vt_sbatch *b,
                                            const vt_plan_cost *cost, vt_buf *o, vt_err *err);
/* Calibrate, fit, write; what was cut is told on stderr.  campaign: the name of its file.  -1, or the exit code. */
int vt_plan_sbatch_make(const vt_campaign *c, const char *campaign, int ranks, double seconds, vt_sbatch *b, vt_buf *o);
extern const char vt__sbatch_template[]; /* scripts/slurm/vitrion.sbatch */

/* ------------------------------------------------------------------ error bars (plan_errors.c, T 14)
 *
 * Predicted from D alone, by formulas that were checked against the scatter over glasses of a campaign of five (T 14).
 * D: of a former run of the same composition, or assumed: Ea = 0.30 eV through 2.7e-6 cm^2/s at 500 K, which is the
 * conductivity of LiAlCl2.5O0.75 (1.52 mS/cm at 303 K, Dai et al., Nat. Energy 2023) with a Haven ratio of one. */
#define VT_PLAN_EA_EV VT_ASSUMED_EA_EV
#define VT_PLAN_D_500 VT_ASSUMED_D_500

/* D of the alkali: an Arrhenius line through d_cm2_s at t_k. */
typedef struct vt_guess {
  double ea_ev, d_cm2_s, t_k;
  int measured; /* 1: of a former run */
} vt_guess;
vt_guess vt_plan_guess(void);
double vt_plan_d(const vt_guess *g, double t_k);

/* What decides how large errors are. */
typedef struct vt_design {
  int n_alkali, glasses;
  double produce_ps;
  double glass_scatter; /* sd of ln D between glasses: vt_plan_glass_scatter            */
} vt_design;
double vt_plan_glass_scatter(double quench_rate_k_s, int n_atoms);

typedef struct vt_foreseen {
  double t_k, d_cm2_s;
  double t1_ps;                /* where the window of D begins                                               */
  double rel_sampling;         /* standard error of ln D of one glass by its finite run                      */
  double rel_one, rel_all;     /* with the scatter between glasses: one glass, all glasses                   */
  double sigma_rel, haven_rel; /* of all glasses                                                           */
  double needs_ps;             /* production that would resolve it: 8 t1                                     */
  int resolved;
} vt_foreseen;

vt_foreseen vt_plan_foresee(const vt_design *d, const vt_guess *g, double t_k);
int vt_plan_n_alkali(const vt_composition *c);
/* Standard errors of the Arrhenius line through the resolved points; NaN for fewer than two of them, and at a reference
 * beyond two of them. */
void vt_plan_foresee_line(const vt_foreseen *f, int n, double t_ref_k, const vt_design *d, double *ea_se_ev,
                          double *log10_ref_se);
/* Half of a 95 % interval of an error foreseen: of what one composition's glasses have together (T 7.7), of its line (T
 * 8.2; NaN for one glass, which has none). */
double vt_plan_half(double se, int glasses);
double vt_plan_half_of_line(double se, int glasses);
/* As many temperatures, at the same cost, that will all be resolved: from the lowest of the multiples of 10 K that is
 * to the highest of t_k[n].  0: all are resolved already, or fewer than 100 K would be left. */
int vt_plan_better(const vt_design *d, const vt_guess *g, const double *t_k, int n, double *better_k);

/* ------------------------------------------------------------------ the forecast of a campaign (plan_forecast.c) */

typedef struct vt_forecast {
  const vt_campaign *c;
  vt_guess *guess;  /* [n_comp] */
  vt_foreseen *f;   /* [n_temp] of one composition at a time */
  double *better_k; /* [n_temp] of one composition at a time */
  int weakest;      /* row of the composition whose errors will be largest; -1: none has an alkali */
  /* of the composition that vt_forecast_of was last called for */
  int comp, has_better;
  vt_design design;
  double ea_se_ev, log10_ref_se, better_ea_se_ev;
} vt_forecast;

/* former: an output folder whose compositions of the same name lend their D, or NULL.  Free it also after a failure. */
VT_MUST_CHECK vt_status vt_forecast_open(vt_forecast *o, const vt_campaign *c, const char *former, vt_err *err);
void vt_forecast_free(vt_forecast *o);
void vt_forecast_of(vt_forecast *o, int comp);
/* Of the weakest composition, for people; of all, for scripts; what must not be overlooked, into the array w. */
void vt_forecast_print(vt_forecast *o);
vt_json *vt_forecast_json(vt_forecast *o);
void vt_forecast_warnings(vt_forecast *o, const vt_calibration *cal, vt_buf *lines);

/* ------------------------------------------------------------------ a target (plan_target.c) */

typedef struct vt_plan_target {
  double budget_ns;
  vt_alloc_move *move; /* [n_comp] as the rule would decide on the errors foreseen */
  vt_alloc_sum sum;
} vt_plan_target;
/* Of a campaign with a target; campaign_ns: simulated time of the campaign as it is, which `cost` is the cost of. */
VT_MUST_CHECK vt_status vt_plan_target_make(vt_forecast *o, const vt_plan_cost *cost, double campaign_ns,
                                            vt_plan_target *out, vt_err *err);
void vt_plan_target_free(vt_plan_target *t); /* zeroed is fine */
void vt_plan_target_print(const vt_campaign *c, const vt_plan_target *t);
vt_json *vt_plan_target_json(const vt_campaign *c, const vt_plan_target *t);

#endif
