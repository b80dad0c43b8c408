/* cmd_run.c - the campaign on all ranks: the one command that starts MPI. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/cli/plan/plan.h"
#include "runner/comm/comm.h"
#include "runner/farm/farm.h"
#include "runner/run/run.h"
#include "runner/stop/stop.h"
#include "runner/watchdog/watchdog.h"

typedef struct run_args {
  const char *output, *wall;
  int extend, huge, join, mixed;
  double wall_s, grace_s;
} run_args;

/* The command line; -1 to go on, or the exit code.  Only rank 0 speaks. */
static int run_parse(run_args *a, vt_usage *u, int argc, char **argv)
{
  int code = vt_cli_parse(u, argc, argv);
  if (code < 0) code = vt_cli_readable(u, u->arg[0]);
  if (code < 0 && a->wall && !vt_cli_wall(a->wall, &a->wall_s))
    code = vt_cli_usage_error(u, "--wall: expected HH:MM:SS, D-HH:MM:SS, MM:SS or minutes, found '%s'", a->wall);
  return code;
}

/* ------------------------------------------------------------------ log/rank-NNNN.log */

static const char *no_watchdog; /* why this rank has no watchdog, NULL: it has one */

typedef struct rank_log {
  int rank;
  FILE *file;
} rank_log;

static void to_file(void *ctx, vt_log_level level, const char *module, const char *line)
{
  static const char *const word[] = {"debug", "info", "warn", "error"};
  rank_log *l = ctx;
  char when[32];
  vt_utc_now(when);
  if (l->file) {
    (void)fprintf(l->file, "time=%s level=%s rank=%d module=%s %s\n", when, word[level], l->rank, module, line);
    (void)fflush(l->file);
  }
  if (level >= VT_LOG_WARN && (l->rank == 0 || !l->file)) {
    vt_cli_progress_end();
    (void)fprintf(stderr, "%s: %s: %s\n", word[level], module, line);
  }
}

static void open_log(void *ctx, const char *dir)
{
  rank_log *l = ctx;
  char path[VT_PATH + 32];
  const vt_build *b = vt_build_info();
  (void)snprintf(path, sizeof path, "%s/log/rank-%04d.log", dir, l->rank);
  int fd = vt_file_append_fd(path);
  l->file = fd >= 0 ? fdopen(fd, "a") : NULL;
  const char *why = l->file ? NULL : strerror(errno);
  vt_log_install(to_file, l, VT_LOG_INFO);
  if (why) vt_log(VT_LOG_WARN, "cli", "cannot open '%s': %s; this rank logs to the terminal only", path, why);
  if (no_watchdog)
    vt_log(VT_LOG_INFO, "cli", "ev=no_watchdog why=\"%s\" (the death of a rank ends the job)", no_watchdog);
  vt_log(VT_LOG_INFO, "cli", "ev=start build=%s compiler=\"%s\" mpi=\"%s\" simd=%s", b->build_id, b->compiler,
         vt_comm_mpi_version(), vt_simd_name(vt_simd_best()));
}

/* ------------------------------------------------------------------ the command */

static vt_status open_mpi(int *argc, char ***argv, vt_comm **comm, vt_err *err)
{
  const double spare_s = 5; /* who can still speak says that it is the launch; the watchdog ends who cannot */
  vt_cli_launch_begin();
  vt_watchdog_patience(vt_watchdog_start_patience_s() + spare_s);
  vt_watchdog_doing("starting MPI");
  vt_status rc = vt_comm_mpi_open(argc, argv, comm, err);
  vt_cli_launch_end();
  vt_watchdog_patience(vt_watchdog_start_patience_s());
  vt_watchdog_doing("reading the command line");
  return rc;
}

/* Who waits is alive: the rank that is waited for has the deadline. */
static vt_status while_waiting(void *ctx, vt_err *err)
{
  (void)ctx, (void)err;
  vt_watchdog_beat();
  return VT_OK;
}

/* As `plan` sees them. */
static vt_status core_hours_as_ns(const vt_campaign *c, int ranks, double *ns, vt_err *err)
{
  const double measure_s = 0.5;
  vt_calibration cal = {0};
  vt_plan_cost cost;
  VT_PASS(vt_plan_calibrate(c, measure_s, &cal, err));
  VT_PASS(vt_plan_estimate(c, &cal, ranks, NULL, &cost, err));
  *ns = c->target.budget_core_h * vt_cli_campaign_ns(c) / (cost.core_s / 3600);
  return VT_OK;
}

static int run_campaign(vt_comm *comm, const run_args *a, const vt_usage *u)
{
  int code = VT_EXIT_OK;
  vt_err err = {0};
  rank_log log = {.rank = vt_comm_rank(comm)};
  vt_run_options o = {.campaign = u->arg[0],
                      .output = a->output,
                      .wall_s = a->wall_s,
                      .grace_s = a->grace_s,
                      .extend = a->extend,
                      .join = a->join,
                      .allow_mixed = a->mixed,
                      .quiet = vt_cli_quiet(),
                      .env = vt_cli_env(a->huge),
                      .budget_ns = core_hours_as_ns,
                      .folder = open_log,
                      .ctx = &log};
  if (a->wall_s > 0 && a->wall_s <= 2 * a->grace_s && vt_comm_rank(comm) == 0)
    (void)fprintf(stderr,
                  "vitrion run: warning: --wall %s is short compared with the %g s of --grace: half of it is used\n",
                  a->wall, a->grace_s);
  vt_stop_install(); /* after MPI_Init, which takes SIGUSR1 for itself */
  int alone = 0;
  vt_status rc = vt_run_campaign(comm, &o, &code, &alone, &err);
  if (rc != VT_OK && rc != VT_ESTOP && alone) code = vt_cli_fail(&err);
  if (alone) { /* other ranks are dead, or have left: MPI_Finalize would wait for them */
    vt_log(VT_LOG_WARN, "cli", "ev=end alone=1 exit_code=%d why=\"%s\"", code, vt_err_line(err.text).s);
    vt_log_install(NULL, NULL, VT_LOG_ERROR);
    vt_watchdog_leave(code);
  }
  if (rc != VT_OK) {
    vt_log(VT_LOG_INFO, "cli", "ev=end status=\"%s\"", vt_status_text(rc));
    code = vt_comm_rank(comm) == 0 ? vt_cli_fail(&err) : VT_EXIT_FAIL;
  } else
    vt_log(VT_LOG_INFO, "cli", "ev=end exit_code=%d", code);
  vt_log_install(NULL, NULL, VT_LOG_ERROR);
  if (log.file) (void)fclose(log.file);
  return code;
}

/* SLURM's KillWait, say: what a site leaves a job between SIGTERM and SIGKILL. */
static double grace_from_environment(void)
{
  const char *s = getenv("VITRION_GRACE");
  double v = 0;
  return s && vt_parse_f64(s, strlen(s), &v) && v >= 2 && v <= 3600 ? v : 20;
}

int cmd_run(int argc, char **argv)
{
  run_args a = {.grace_s = grace_from_environment()};
  const vt_opt opt[] = {
      {"output", VT_OPT_TEXT, "DIR", "output folder (default: the one in the campaign)", &a.output, 0, 0},
      {"wall", VT_OPT_TEXT, "HH:MM:SS", "stop before this time has passed, with exit code 75", &a.wall, 0, 0},
      {"extend", VT_OPT_FLAG, NULL, "accept a campaign that only adds tasks to the one in DIR", &a.extend, 0, 0},
      {"join", VT_OPT_FLAG, NULL, "share the tasks with a job that already works in DIR; without one, start alone",
       &a.join, 0, 0},
      {"grace", VT_OPT_REAL, "S", "time that a soft stop may take (20, or VITRION_GRACE)", &a.grace_s, 2, 3600},
      {"allow-mixed", VT_OPT_FLAG, NULL, "accept results of another build beside the new ones", &a.mixed, 0, 0},
      {"allow-huge", VT_OPT_FLAG, NULL, "allow more than 10^6 tasks", &a.huge, 0, 0}};
  vt_usage u = {
      .name = "run",
      .args = "CAMPAIGN",
      .doc = "Run a campaign on all MPI ranks, or continue it if the output folder already holds results: what\n"
             "is done is kept.  Ends with the Arrhenius table, the comparison and results.h5.\n"
             "SIGTERM, SIGUSR1, SIGINT, --wall, SLURM's time limit or a file HALT in the folder stop it softly:\n"
             "every rank writes a checkpoint within --grace, the exit code is 75, and the same command\n"
             "continues from there.  Before the first task a rank that shows no sign of life for 300 s\n"
             "(VITRION_START_PATIENCE, 1 to 86400 s) ends the job with 75, and a launch (MPI_Init) that takes longer\n"
             "ends it with 4.",
      .example = "mpiexec.mpich -n 4 vitrion run campaigns/quickstart.yaml --output runs/first",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt,
      .least_args = 1,
      .most_args = 1};
  vt_comm *comm;
  vt_err err = {0};
  (void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a write error, from the first file on */
  int refused = vt_cli_described(&u) ? VT_EXIT_OK : vt_cli_launch_check();
  if (refused >= 0) return refused;
  no_watchdog = vt_watchdog_start(vt_crash_note_record); /* before MPI: from here on this is the child */
  const char *launched = getenv("PMI_RANK");
  if (!launched || strcmp(launched, "0") == 0) vt_stop_ask_slurm();
  if (open_mpi(&argc, &argv, &comm, &err) != VT_OK) {
    vt_watchdog_phase_set(VT_WATCHDOG_OVER); /* its own failure, not a death */
    return vt_cli_fail(&err);
  }
  vt_comm_on_wait(comm, while_waiting, NULL);
  int rank = vt_comm_rank(comm);
  const char *mismatch = vt_comm_mpi_mismatch(comm);
  int32_t code = -1;
  if (mismatch) {
    (void)fprintf(stderr, "vitrion run: %s\n", mismatch);
    code = VT_EXIT_LAUNCH;
  } else {
    if (rank == 0) code = run_parse(&a, &u, argc, argv);
    if (vt_comm_bcast(comm, 0, &code, sizeof code, &err) != VT_OK) code = vt_cli_fail(&err);
    if (code < 0 && rank > 0) code = run_parse(&a, &u, argc, argv); /* rank 0 found nothing to say */
    if (code < 0) code = run_campaign(comm, &a, &u);
  }
  vt_comm_on_wait(comm, while_waiting, NULL); /* the campaign has taken its own away */
  code = vt_cli_done(code);
  if (vt_comm_bcast(comm, 0, &code, sizeof code, &err) != VT_OK) code = VT_EXIT_FAIL;
  if (vt_comm_shrunk(comm)) vt_watchdog_leave(vt_comm_barrier(comm, &err) == VT_OK ? code : VT_EXIT_AGAIN);
  vt_watchdog_phase_set(VT_WATCHDOG_OVER);
  vt_comm_mpi_close(comm);
  return code;
}
