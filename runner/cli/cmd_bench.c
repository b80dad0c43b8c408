/* cmd_bench.c - the command lines of the benchmarks; each prints JSON lines that a script may append to a file. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "engine/team/team.h"
#include "runner/bench/bench.h"
#include "runner/cli/cli.h"
#include "runner/cli/pages/pages.h"
#include "runner/comm/comm.h"

/* ------------------------------------------------------------------ bench engine */

enum { MAX_SIZES = 16 };
#define DEFAULT_POTENTIAL "campaigns/potentials/oxyhalide7-v0.nep.txt"

/* "336,1344": how many numbers within limits, or 0. */
static int parse_list(const char *text, int least, int most, int number[MAX_SIZES])
{
  int n = 0;
  for (const char *s = text; n < MAX_SIZES; s++) {
    size_t l = strcspn(s, ",");
    int64_t k;
    if (!vt_parse_i64(s, l, &k) || k < least || k > most) return 0;
    number[n++] = (int)k;
    s += l;
    if (!*s) return n;
  }
  return 0;
}

/* The lists of sizes and threads, NULL: not given; exit code, or -1. */
static int parse_lists(const vt_usage *u, vt_bench_engine_options *o, const char *atoms, int size[MAX_SIZES],
                       const char *thread_list, int threads[MAX_SIZES])
{
  if (thread_list && (o->n_threads = parse_list(thread_list, 1, VT_TEAM_MOST, threads)) == 0)
    return vt_cli_usage_error(u, "--threads: expected up to %d numbers from 1 to %d, found '%s'", MAX_SIZES,
                              VT_TEAM_MOST, thread_list);
  if (atoms && (o->n_cells = parse_list(atoms, 21, 1000000, size)) == 0)
    return vt_cli_usage_error(u, "--atoms: expected up to %d numbers from 21 to 1000000, found '%s'", MAX_SIZES, atoms);
  return -1;
}

static int cmd_bench_engine(int argc, char **argv)
{
  int simd = VT_SIMD_AUTO, precision = VT_DOUBLE, size[MAX_SIZES] = {336}, threads[MAX_SIZES];
  const char *atoms = NULL, *thread_list = NULL;
  vt_err err = {0};
  char shipped[PATH_MAX];
  vt_bench_engine_options o = {.kind = "nep",
                               .atoms = size,
                               .n_cells = 1,
                               .repeat = 5,
                               .seconds = 1,
                               .dt_fs = 1,
                               .t_k = 600,
                               .skin_a = VT_BENCH_SKIN_OF_PLAN};
  const vt_opt opt[] = {
      {"potential", VT_OPT_TEXT, "FILE", "parameter file (the shipped oxyhalide7-v0)", &o.potential, 0, 0},
      {"kind", VT_OPT_TEXT, "KIND", "kind of the potential (nep)", &o.kind, 0, 0},
      {"structure", VT_OPT_TEXT, "FILE.xyz", "use the first frame of this file (default: packed LiAlCl2.5O0.75)",
       &o.structure, 0, 0},
      {"atoms", VT_OPT_TEXT, "LIST", "sizes of packed cells, comma-separated (336)", &atoms, 0, 0},
      {"threads", VT_OPT_TEXT, "LIST", "wall time with so many threads, comma-separated (default: CPU time of one)",
       &thread_list, 0, 0},
      {"against", VT_OPT_TEXT, "FILE", "also print ratios to the lines of an earlier run on this processor", &o.against,
       0, 0},
      {"steps", VT_OPT_INT, "N", "steps of one repeat (default: as many as fill --seconds)", &o.steps, 1, 100000000},
      {"seconds", VT_OPT_REAL, "S", "time of one repeat (1)", &o.seconds, 0.001, 3600},
      {"repeat", VT_OPT_INT, "N", "repeats; median and best are printed (5)", &o.repeat, 1, VT_BENCH_MAX_REPEAT},
      {"timestep", VT_OPT_REAL, "FS", "time step (1)", &o.dt_fs, 0.01, 10},
      {"temperature", VT_OPT_REAL, "K", "start temperature (600)", &o.t_k, 0, 5000},
      {"skin", VT_OPT_REAL, "A", "skin of the neighbour list (what a campaign would choose)", &o.skin_a, 0, 5},
      {"precision", VT_OPT_CHOICE, VT_CLI_PRECISION, "arithmetic (double)", &precision, 0, 0},
      {"simd", VT_OPT_CHOICE, VT_CLI_SIMD, "vector level (auto)", &simd, 0, 0}};
  vt_usage u = {
      .name = "bench engine",
      .args = "",
      .doc = "Atom-steps per second of NVE MD: of CPU time on one core, or of wall time with --threads.  One JSON\n"
             "line for each cell and number of threads.",
      .example = "vitrion bench engine --atoms 336,1344 --precision mixed --threads 1,2",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  code = vt_cli_ignored(&u, o.steps > 0, "seconds", "has no effect with --steps");
  if (code >= 0) return code;
  if (atoms && o.structure)
    return vt_cli_usage_error(&u, "--atoms gives sizes of packed cells, it cannot be used with --structure");
  o.threads = threads;
  code = parse_lists(&u, &o, atoms, size, thread_list, threads);
  if (code >= 0) return code;
  if (!o.potential) o.potential = vt_cli_shipped(DEFAULT_POTENTIAL, shipped);
  if (!o.potential)
    return vt_cli_usage_error(&u, "%s was not found near the program: give --potential", DEFAULT_POTENTIAL);
  if (o.structure) code = vt_cli_readable(&u, o.structure);
  if (code >= 0) return code;
  o.num = vt_cli_numerics(simd, precision);
  return vt_cli_done(vt_bench_engine(&o, stdout, &err) == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err));
}

/* ------------------------------------------------------------------ bench sched */

/* `bench sched --simulate`; no MPI */
static int cmd_bench_scale(int argc, char **argv)
{
  int simulate = 0;
  vt_bench_scale_options o = {.ranks = 10000, .tasks = 1000000, .shards = 64, .window_s = 60};
  const vt_opt opt[] = {
      {"simulate", VT_OPT_FLAG, NULL, "simulate the ranks; MPI is not started", &simulate, 0, 0},
      {"ranks", VT_OPT_INT, "N", "ranks, the master among them (10000)", &o.ranks, 2, 32768},
      {"tasks", VT_OPT_INT, "N", "tasks, a fifth of them glasses (1000000)", &o.tasks, 1, 1e8},
      {"window", VT_OPT_REAL, "S", "virtual seconds with tasks of 10 min to 2 h; 0: none (60)", &o.window_s, 0, 1e6},
      {"output", VT_OPT_TEXT, "DIR", "a new folder: also write, open and replay a journal there", &o.dir, 0, 0},
      {"shards", VT_OPT_INT, "N", "files of that journal (64)", &o.shards, 1, 1e6}};
  vt_usage u = {.name = "bench sched --simulate",
                .args = "",
                .doc = "The real master with very many simulated ranks, of which some die and some leave: CPU time of\n"
                       "the master alone.  One line each for the start of a rank, for the scheduler, for tasks without "
                       "length (the highest rate), for\n"
                       "tasks of realistic length (the load), and for a journal with a result of every task.",
                .example = "vitrion bench sched --simulate --ranks 10000 --tasks 1000000 --output /tmp/scale-journal",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt};
  vt_err err = {0};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = vt_cli_ignored(&u, !o.dir, "shards", "needs --output: they are files of its journal");
  if (code >= 0) return code;
  if (o.dir && access(o.dir, F_OK) == 0)
    return vt_cli_usage_error(&u, "'%s' exists; the journal needs a new folder", o.dir);
  o.env = vt_cli_env(1);
  vt_log_install(NULL, NULL, VT_LOG_ERROR); /* ten thousand failures are part of the bench */
  return vt_cli_done(vt_bench_scale(&o, stdout, &err) == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err));
}

static int cmd_bench_sched(int argc, char **argv)
{
  int simulate = 0;
  vt_bench_sched_options o = {.tasks = 20000};
  const vt_opt opt[] = {
      {"tasks", VT_OPT_INT, "N", "number of tasks (20000)", &o.tasks, 1, 1e7},
      {"seconds", VT_OPT_REAL, "S", "length of a task (0)", &o.seconds, 0, 3600},
      {"output", VT_OPT_TEXT, "DIR", "a new folder for the journal", &o.dir, 0, 0},
      {"simulate", VT_OPT_FLAG, NULL, "simulate very many ranks instead; see --simulate --help", &simulate, 0, 0}};
  vt_usage u = {.name = "bench sched",
                .args = "",
                .doc = "Send empty tasks through the real master, workers and journal.  Start it with mpiexec.",
                .example = "mpiexec.mpich -n 3 vitrion bench sched --tasks 20000 --output /tmp/sched-bench",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt};
  vt_comm *comm;
  vt_err err = {0};
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], "--simulate") == 0) return cmd_bench_scale(argc, argv);
  if (vt_cli_described(&u)) return VT_EXIT_OK;
  if (vt_comm_mpi_open(&argc, &argv, &comm, &err) != VT_OK) return vt_cli_fail(&err);
  int32_t code = -1;
  if (vt_comm_rank(comm) == 0) {
    code = vt_cli_parse(&u, argc, argv);
    if (code < 0 && !o.dir) code = vt_cli_usage_error(&u, "--output is missing: a new folder for the journal");
    if (code < 0 && o.dir && access(o.dir, F_OK) == 0)
      code = vt_cli_usage_error(&u, "'%s' exists; the journal needs a new folder", o.dir);
  }
  if (vt_comm_bcast(comm, 0, &code, sizeof code, &err) != VT_OK) code = vt_cli_fail(&err);
  if (code < 0 && vt_comm_rank(comm) > 0) code = vt_cli_parse(&u, argc, argv);
  if (code < 0) {
    vt_status rc = vt_bench_sched(comm, &o, stdout, &err);
    code = rc == VT_OK ? VT_EXIT_OK : vt_comm_rank(comm) == 0 ? vt_cli_fail(&err) : VT_EXIT_FAIL;
  }
  vt_comm_mpi_close(comm);
  return vt_cli_done(code);
}

/* ------------------------------------------------------------------ the command */

static const vt_command bench[] = {{"engine", "atom-steps per second of NVE MD", cmd_bench_engine},
                                   {"driver", "a step whose forces another program computes", cmd_bench_driver},
                                   {"sched", "empty tasks through master, workers and journal", cmd_bench_sched},
                                   {"tail", "a campaign on many ranks, in virtual time", cmd_bench_tail},
                                   {"train", "gradients of training, on one rank and on all", cmd_bench_train}};
enum { N_BENCH = sizeof bench / sizeof *bench };

const vt_command *vt_cli_benches(int *n)
{
  *n = N_BENCH;
  return bench;
}

static void print_help(FILE *f)
{
  (void)fputs("usage: vitrion bench NAME [options]\n\nMeasure speed and print it as JSON lines.\n\nbenchmarks:\n", f);
  for (int i = 0; i < N_BENCH; i++) (void)fprintf(f, "  %-10s %s\n", bench[i].name, bench[i].doc);
  (void)fputs("\nexample:\n  vitrion bench engine --atoms 336,1344 --repeat 5\n", f);
}

int cmd_bench(int argc, char **argv)
{
  if (argc < 2) {
    print_help(stderr);
    return VT_EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    print_help(stdout);
    return vt_cli_done(VT_EXIT_OK);
  }
  const char *names[N_BENCH];
  for (int i = 0; i < N_BENCH; i++) {
    names[i] = bench[i].name;
    if (strcmp(bench[i].name, argv[1]) == 0) return bench[i].run(argc - 1, argv + 1);
  }
  const char *near = vt_cli_nearest(argv[1], names, N_BENCH);
  (void)fprintf(stderr, "vitrion bench: unknown benchmark '%s'%s%s%s\n", argv[1], near ? ", did you mean '" : "",
                near ? near : "", near ? "'?" : "");
  return VT_EXIT_USAGE;
}
