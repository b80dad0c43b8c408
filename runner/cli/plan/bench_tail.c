/* bench_tail.c - `vitrion bench tail`: how well a campaign fills so many ranks, without running it. */
#include <string.h>

#include "runner/bench/bench.h"
#include "runner/cli/plan/plan.h"
#include "runner/sched/sched.h"

enum { TAIL_RANKS_MOST = 32768 };
#define TAIL_SPEEDUP "2:1.85,4:3.3,8:5.5"
#define TAIL_RANKS   "16,64,128,256"

/* "16,64": how many numbers, or 0. */
static int tail_ranks(const char *text, int ranks[VT_BENCH_MAX_RANKS])
{
  int n = 0;
  for (const char *s = text; n < VT_BENCH_MAX_RANKS; s++) {
    const size_t l = strcspn(s, ",");
    int64_t k;
    if (!vt_parse_i64(s, l, &k) || k < 1 || k > TAIL_RANKS_MOST) return 0;
    ranks[n++] = (int)k;
    s += l;
    if (!*s) return n;
  }
  return 0;
}

/* "2:1.85,4:3.3": speed[k - 1] on k cores, linear between those given; how many, or 0. */
static int tail_speedup(const char *text, double speed[VT_BENCH_MAX_CORES])
{
  int n = 1;
  speed[0] = 1;
  for (const char *s = text;; s++) {
    const size_t l = strcspn(s, ","), colon = strcspn(s, ":");
    int64_t k;
    double x;
    if (colon >= l || !vt_parse_i64(s, colon, &k) || !vt_parse_f64(s + colon + 1, l - colon - 1, &x)) return 0;
    if (k <= n || k > VT_BENCH_MAX_CORES || !(x >= speed[n - 1]) || x > (double)k) return 0;
    const int from = n;
    for (n++; n <= k; n++) speed[n - 1] = speed[from - 1] + (x - speed[from - 1]) * (n - from) / (double)(k - from);
    n = (int)k;
    s += l;
    if (!*s) return n;
  }
}

static vt_status tail_run(const vt_campaign *c, double seconds, const vt_bench_tail_options *asked, vt_err *err)
{
  vt_bench_tail_options o = *asked;
  vt_calibration cal = {0};
  vt_sched_task *task = NULL;
  int workers[VT_BENCH_MAX_RANKS];
  vt_status rc = vt_plan_calibrate(c, seconds, &cal, err);
  if (rc == VT_OK && cal.trouble[0]) (void)fprintf(stderr, "warning: %s\n", cal.trouble);
  if (rc == VT_OK) rc = vt_plan_tasks(c, &cal, &task, err);
  for (int k = 0; k < o.n_ranks; k++) workers[k] = vt_plan_workers_of(c, o.ranks[k]);
  o.name = c->name;
  o.task = task;
  o.n_tasks = c->n_tasks;
  o.us_atom_step = 1e6 * vt_plan_s_atom_step(&cal, cal.n ? cal.atoms[0] : 0);
  o.measured = cal.n > 0;
  o.workers = workers;
  if (rc == VT_OK) rc = vt_bench_tail(&o, stdout, err);
  vt_free(task);
  return rc;
}

int cmd_bench_tail(int argc, char **argv)
{
  const char *list = TAIL_RANKS, *speedup = NULL;
  int ranks[VT_BENCH_MAX_RANKS], threads = 0;
  double speed[VT_BENCH_MAX_CORES], seconds = 1;
  vt_bench_tail_options o = {.ranks = ranks, .ranks_a_node = 64, .speed = speed, .seed = 1};
  const vt_opt opt[] = {
      {"ranks", VT_OPT_TEXT, "LIST", "numbers of MPI ranks, comma-separated (" TAIL_RANKS ")", &list, 0, 0},
      {"ranks-a-node", VT_OPT_INT, "N", "ranks on a node; cores are lent on their node only (64)", &o.ranks_a_node, 1,
       TAIL_RANKS_MOST},
      {"speedup", VT_OPT_TEXT, "LIST",
       "cores:speed of a task on so many cores, linear between; not measured: assumed (" TAIL_SPEEDUP ")", &speedup, 0,
       0},
      {"threads", VT_OPT_INT, "N", "cores that a task uses at most, 1: none is lent (the last of --speedup)", &threads,
       1, VT_BENCH_MAX_CORES},
      {"scatter", VT_OPT_REAL, "S",
       "each composition's glasses and runs take exp(S g) times what was estimated, g normal (0)", &o.scatter, 0, 2},
      {"seed", VT_OPT_INT, "N", "another draw of that scatter (1)", &o.seed, 0, 1e9},
      {"calibrate", VT_OPT_REAL, "S", "seconds of MD to measure the speed; 0: assume 4 us per atom and step (1)",
       &seconds, 0, 600}};
  vt_usage u = {.name = "bench tail",
                .args = "CAMPAIGN",
                .doc =
                    "How well a campaign fills so many ranks: the real scheduler in virtual time, with the costs of\n"
                    "`plan`; one JSON line each.  `alone`: a task has one core.  `lending`: a rank that waits\n"
                    "lends its core to a task on its node until it gets one itself.  bound_h: no schedule is\n"
                    "shorter.  efficiency: core-hours of work over those of the workers.",
                .example = "vitrion bench tail campaigns/laco-naco.yaml --ranks 16,64 --ranks-a-node 16",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  vt_err err = {0};
  vt_campaign *c = NULL;
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  o.n_ranks = tail_ranks(list, ranks);
  o.speed_assumed = speedup == NULL;
  o.n_speed = tail_speedup(speedup ? speedup : TAIL_SPEEDUP, speed);
  if (o.n_ranks == 0)
    return vt_cli_usage_error(&u, "--ranks: expected up to %d numbers from 1 to %d, found '%s'", VT_BENCH_MAX_RANKS,
                              TAIL_RANKS_MOST, list);
  if (o.n_speed == 0)
    return vt_cli_usage_error(
        &u, "--speedup: expected CORES:SPEED with rising cores, 2 to %d, and speeds that do not fall, found '%s'",
        VT_BENCH_MAX_CORES, speedup);
  if (threads > o.n_speed)
    return vt_cli_usage_error(&u, "--threads %d: --speedup says nothing of more than %d cores", threads, o.n_speed);
  if (threads > 0) o.n_speed = threads;
  code = vt_cli_readable(&u, u.arg[0]);
  if (code >= 0) return code;
  code = vt_cli_campaign(u.arg[0], 0, NULL, NULL, &c);
  if (!c) return code;
  code = tail_run(c, seconds, &o, &err) == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
  vt_campaign_free(c);
  return vt_cli_done(code);
}
