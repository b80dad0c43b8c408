/* cmd_plan.c - what a campaign will cost, and what it will resolve. */
#include <string.h>
#include <unistd.h>

#include "runner/cli/plan/plan.h"

/* ------------------------------------------------------------------ text */

static void print_bytes(const char *what, double bytes)
{
  const char *unit[] = {"B", "kB", "MB", "GB", "TB"};
  int k = 0;
  while (bytes >= 1000 && k < 4) bytes /= 1000, k++;
  printf("%s %.3g %s", what, bytes, unit[k]);
}

static void print_time(double s)
{
  if (s < 90)
    printf("%.2g s", s);
  else if (s < 5400)
    printf("%.2g min", s / 60);
  else
    printf("%.3g h", s / 3600);
}

static void print_text(const vt_campaign *c, const vt_calibration *cal, const vt_plan_cost *cost, int ranks,
                       vt_forecast *f, const vt_plan_folder *at)
{
  vt_buf left = {0};
  vt_cli_say("campaign '%s': %d compositions x %d glasses x %d temperatures\n", c->name, c->n_comp, c->n_glasses,
             c->n_temp);
  vt_cli_compositions_text(c);
  printf("tasks    %d: %d glasses, %d MD; %.4g ns\n", c->n_tasks, c->n_glass_tasks, c->n_tasks - c->n_glass_tasks,
         vt_cli_campaign_ns(c));
  if (cal->n)
    vt_cli_say("speed    %.3g us per atom and step with %d atoms (%s, measured here)\n", 1e6 * cal->s_atom_step[0],
               cal->atoms[0], cal->kernel);
  else
    vt_cli_say("speed    %.3g us per atom and step (assumed)\n", 1e6 * vt_plan_s_atom_step(cal, 0));
  printf("cost     %.3g core-hours expected, at most %.3g (%.4g ns)\nwall     ", cost->core_s / 3600,
         cost->core_most_s / 3600, cost->ns_most);
  print_time(cost->wall_s);
  printf(" on %d ranks (%d of them work on tasks)\n", ranks, cost->workers);
  if (cost->most_useful > 0) {
    printf("chain    ");
    print_time(cost->chain_s);
    printf(" for a glass and what waits for it: more than about %d ranks gain less than 5 %%\n",
           vt_plan_ranks_of(c, cost->most_useful));
  }
  print_bytes("store   ", cost->store_bytes);
  print_bytes(" before compression; memory", (double)cost->memory_bytes);
  printf(" per rank\n");
  if (cost->trajectory_bytes > 0) {
    print_bytes("frames  ", cost->trajectory_bytes);
    printf(" of trajectories before compression\n");
  }
  if (at) vt_plan_folder_text(at, c, &left);
  if (left.s) (void)fputs(left.s, stdout);
  vt_buf_free(&left);
  vt_forecast_print(f);
}

/* ------------------------------------------------------------------ JSON */

static void put_json(const vt_campaign *c, const vt_calibration *cal, const vt_plan_cost *cost, int ranks,
                     vt_forecast *f, const vt_plan_folder *at, vt_json *o)
{
  vt_json *speed = vt_json_object(), *points = vt_json_array();
  vt_cli_campaign_json(c, o);
  vt_json_put(o, "core_hours", vt_json_num(cost->core_s / 3600));
  vt_json_put(o, "core_hours_most", vt_json_num(cost->core_most_s / 3600));
  vt_json_put(o, "ns_total_most", vt_json_num(cost->ns_most));
  vt_json_put(o, "wall_h", vt_json_num(cost->wall_s / 3600));
  vt_json_put(o, "ranks", vt_json_int(ranks));
  vt_json_put(o, "workers", vt_json_int(cost->workers));
  vt_json_put(o, "chain_h", vt_json_num(cost->chain_s / 3600));
  vt_json_put(o, "most_useful_ranks", vt_json_int(vt_plan_ranks_of(c, cost->most_useful)));
  vt_json_put(o, "store_bytes", vt_json_num(cost->store_bytes));
  vt_json_put(o, "trajectory_bytes", vt_json_num(cost->trajectory_bytes));
  vt_json_put(o, "memory_per_rank_bytes", vt_json_int((int64_t)cost->memory_bytes));
  for (int k = 0; k < cal->n; k++) {
    vt_json *p = vt_json_object();
    vt_json_put(p, "n_atoms", vt_json_int(cal->atoms[k]));
    vt_json_put(p, "us_per_atom_step", vt_json_num(1e6 * cal->s_atom_step[k]));
    vt_json_add(points, p);
  }
  vt_json_put(speed, "measured", points);
  vt_json_put(speed, "kernel", cal->n ? vt_json_text(cal->kernel) : vt_json_null());
  vt_json_put(o, "calibration", speed);
  vt_json_put(o, "predicted", vt_forecast_json(f));
  if (at) vt_json_put(o, "left", vt_plan_folder_json(at, c));
}

/* ------------------------------------------------------------------ the command */

enum { MOST_RANKS = 1000000, MOST_ARRAY = 1000 };

/* What the user should not overlook, in the JSON and on stderr. */
static void plan_warn(vt_json *o, const char *fmt, ...) VT_PRINTF(2, 3);
static void plan_warn(vt_json *o, const char *fmt, ...)
{
  char text[512];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  vt_json_warn(o, "%s", text);
  (void)fprintf(stderr, "warning: %s\n", text);
}

static void warn_all(const vt_calibration *cal, vt_forecast *f, vt_json *o)
{
  vt_buf lines = {0};
  if (cal->trouble[0]) plan_warn(o, "%s", cal->trouble);
  vt_forecast_warnings(f, cal, &lines);
  for (char *at = lines.s; at && *at;) {
    char *end = strchr(at, '\n');
    if (end) *end = '\0';
    plan_warn(o, "%s", at);
    at = end ? end + 1 : NULL;
  }
  vt_buf_free(&lines);
}

int vt_plan_sbatch_make(const vt_campaign *c, const char *campaign, int ranks, double seconds, vt_sbatch *b, vt_buf *o)
{
  vt_err err = {0};
  vt_calibration cal = {0};
  vt_plan_cost cost;
  vt_buf notes = {0};
  vt_status rc = vt_plan_calibrate(c, seconds, &cal, &err);
  if (rc == VT_OK) rc = vt_plan_sbatch_fit(c, &cal, ranks, b, &cost, &err);
  if (rc == VT_OK) rc = vt_plan_sbatch_text(c, campaign, b, &cost, o, &err);
  if (rc == VT_OK) vt_plan_sbatch_notes(b, &notes);
  if (cal.trouble[0]) (void)fprintf(stderr, "warning: %s\n", cal.trouble);
  for (const char *at = notes.s; at && *at;) {
    const int n = (int)strcspn(at, "\n");
    (void)fprintf(stderr, "note: %.*s\n", n, at);
    at += n + 1;
  }
  vt_buf_free(&notes);
  return rc == VT_OK ? -1 : vt_cli_fail(&err);
}

/* The batch script instead of the report. */
static int plan_batch(const vt_campaign *c, const char *path, int ranks, double seconds, vt_sbatch *b)
{
  vt_buf o = {0};
  const int code = vt_plan_sbatch_make(c, path, ranks, seconds, b, &o);
  if (code < 0) vt_cli_put(o.s, o.len);
  vt_buf_free(&o);
  return code < 0 ? VT_EXIT_OK : code;
}

static int cli_plan(const vt_campaign *c, int ranks, double seconds, const char *former, vt_plan_folder *at, int json,
                    vt_json *o)
{
  vt_err err = {0};
  vt_calibration cal = {0};
  vt_plan_cost cost;
  vt_forecast f = {0};
  vt_plan_target target = {0};
  vt_status rc = vt_plan_calibrate(c, seconds, &cal, &err);
  if (rc == VT_OK) rc = vt_plan_estimate(c, &cal, ranks, NULL, &cost, &err);
  if (rc == VT_OK && at) rc = vt_plan_folder_look(at, c, &cal, ranks, &err);
  if (rc == VT_OK) rc = vt_forecast_open(&f, c, former, &err);
  if (rc == VT_OK && c->target.asked) rc = vt_plan_target_make(&f, &cost, vt_cli_campaign_ns(c), &target, &err);
  if (rc == VT_OK && json) put_json(c, &cal, &cost, ranks, &f, at, o);
  if (rc == VT_OK && json && c->target.asked) vt_json_put(o, "target", vt_plan_target_json(c, &target));
  if (rc == VT_OK && !json) print_text(c, &cal, &cost, ranks, &f, at);
  if (rc == VT_OK && !json && c->target.asked) vt_plan_target_print(c, &target);
  if (rc == VT_OK) warn_all(&cal, &f, o);
  if (rc == VT_OK && at && at->edit.refused)
    plan_warn(o, "a run in '%s' would not begin: the edit is refused, exit code %d", at->dir.dir, VT_EXIT_USAGE);
  vt_forecast_free(&f);
  vt_plan_target_free(&target);
  if (rc != VT_OK) return vt_cli_fail(&err);
  return at && at->edit.refused ? VT_EXIT_USAGE : VT_EXIT_OK;
}

/* What the command line asks for. */
typedef struct plan_args {
  const char *former, *output;
  int json, huge, sbatch, ranks;
  double seconds;
  vt_sbatch batch;
} plan_args;

static int plan_ranks(int asked)
{
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  if (asked > 0) return asked;
  return cores > 0 && cores < MOST_RANKS ? (int)cores : 1;
}

static int plan_file(const char *path, plan_args *a)
{
  vt_campaign *c = NULL;
  vt_plan_folder at = {.n_done = 0};
  vt_err err = {0};
  vt_json *o = vt_json_object();
  vt_json_put(o, "warnings", vt_json_array());
  if (a->output && vt_plan_folder_open(&at, a->output, a->huge, &err) != VT_OK) {
    vt_json_free(o);
    return vt_cli_fail(&err);
  }
  int code = vt_cli_campaign(path, a->huge, a->output ? &at.kept : NULL, o, &c);
  if (c && a->sbatch)
    code = plan_batch(c, path, a->ranks, a->seconds, &a->batch);
  else if (c)
    code = cli_plan(c, plan_ranks(a->ranks), a->seconds, a->former, a->output ? &at : NULL, a->json, o);
  if (a->json)
    vt_cli_print_json(o, 0);
  else
    vt_json_free(o);
  vt_plan_folder_free(&at);
  vt_campaign_free(c);
  return code;
}

int cmd_plan(int argc, char **argv)
{
  plan_args a = {.seconds = 1};
  const vt_opt opt[] = {
      {"ranks", VT_OPT_INT, "N",
       "MPI ranks (default: the cores of this machine; with --sbatch as many as can be kept busy)", &a.ranks, 1,
       MOST_RANKS},
      {"calibrate", VT_OPT_REAL, "S", "seconds of MD to measure the speed; 0: assume 4 us per atom and step (1)",
       &a.seconds, 0, 600},
      {"former", VT_OPT_TEXT, "DIR",
       "predict errors from the D that this output folder found for the same compositions", &a.former, 0, 0},
      {"output", VT_OPT_TEXT, "DIR", "also what is left of it in this output folder, and whether that goes on with it",
       &a.output, 0, 0},
      {"json", VT_OPT_FLAG, NULL, "print JSON", &a.json, 0, 0},
      {"sbatch", VT_OPT_FLAG, NULL, "print a SLURM batch script with ranks, time and memory for this campaign",
       &a.sbatch, 0, 0},
      {"time", VT_OPT_TEXT, "HH:MM:SS",
       "with --sbatch: the longest time limit that the site allows; the job requeues itself", &a.batch.time, 0, 0},
      {"partition", VT_OPT_TEXT, "P", "with --sbatch: the partition", &a.batch.partition, 0, 0},
      {"account", VT_OPT_TEXT, "A", "with --sbatch: the account to charge", &a.batch.account, 0, 0},
      {"qos", VT_OPT_TEXT, "Q", "with --sbatch: the quality of service", &a.batch.qos, 0, 0},
      {"array", VT_OPT_INT, "K", "with --sbatch: K jobs of --ranks each that share the campaign", &a.batch.array, 1,
       MOST_ARRAY},
      {"allow-huge", VT_OPT_FLAG, NULL, "allow more than 10^6 tasks", &a.huge, 0, 0}};
  vt_usage u = {.name = "plan",
                .args = "CAMPAIGN",
                .doc =
                    "What a campaign consists of and costs, before anything runs: tasks, cells, atoms, nanoseconds,\n"
                    "core-hours and wall time (measured with a few seconds of its MD), store size, memory per rank,\n"
                    "and the error bars to expect.  With --sbatch: the batch script, within what site.yaml says.\n"
                    "With --output: 2 is the exit code where that folder refuses the campaign, as run would.",
                .example = "vitrion plan campaigns/quickstart.yaml --ranks 64",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = vt_cli_ignored(&u, !a.sbatch, "time|partition|account|qos|array", "needs --sbatch");
  if (code < 0 && a.sbatch && (a.former || a.output || a.json))
    code = vt_cli_usage_error(&u, "--sbatch and --%s exclude each other",
                              a.former   ? "former"
                              : a.output ? "output"
                                         : "json");
  if (code < 0) code = vt_cli_readable(&u, u.arg[0]);
  if (code < 0 && a.sbatch && (code = vt_cli_site(u.arg[0], &a.batch.site)) < 0)
    code = vt_plan_sbatch_check(&u, &a.batch);
  if (code >= 0) return code;
  return vt_cli_done(plan_file(u.arg[0], &a));
}
