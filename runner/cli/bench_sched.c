/* bench_sched.c - empty tasks through the real master, workers and journal: what distribution costs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/comm/comm.h"
#include "runner/farm/farm.h"

typedef struct bench_sched_args {
  int tasks, simulate;
  double seconds; /* length of one task */
  const char *output;
} bench_sched_args;

static vt_status empty_task(void *ctx, const vt_lease *l, const vt_replica_hooks *hooks, vt_task_output *out,
                            vt_err *err)
{
  const bench_sched_args *a = ctx;
  (void)l;
  double end = vt_now_s() + a->seconds;
  vt_progress p = {.stage = "empty"};
  while (vt_now_s() < end) {
    VT_PASS(hooks->poll(hooks->ctx, &p, err));
    vt_nap_s(1e-3);
  }
  out->head = (vt_result_head){.version = VT_RESULT_VERSION, .kind = VT_TASK_GLASS};
  return VT_OK;
}

static vt_status make_tasks(int n, vt_sched_task **task, double **ns, vt_err *err)
{
  void *p = NULL, *q = NULL;
  vt_status rc = vt_calloc64(&p, (size_t)n, sizeof **task, err);
  if (rc == VT_OK) rc = vt_calloc64(&q, (size_t)n, sizeof **ns, err);
  *task = p;
  *ns = q;
  for (int i = 0; rc == VT_OK && i < n; i++) {
    (*task)[i] = (vt_sched_task){.needs = -1, .cost = 1};
    vt_sha256(&i, sizeof i, &(*task)[i].uid);
  }
  return rc;
}

/* Every task must be in the journal exactly once. */
static vt_status check_journal(const char *dir, const vt_sched_task *task, int n, vt_err *err)
{
  vt_journal *j;
  VT_PASS(vt_journal_open(&j, dir, err));
  int count = vt_journal_count(j), missing = 0;
  for (int i = 0; i < n; i++) missing += !vt_journal_result(j, &task[i].uid);
  vt_journal_free(j);
  if (missing || count != n) VT_FAIL(err, VT_EBUG, "%d records for %d tasks, %d missing", count, n, missing);
  return VT_OK;
}

static void report(const bench_sched_args *a, int ranks, double wall, double cpu)
{
  json_t *o = vt_json_object();
  vt_json_put(o, "bench", vt_json_text("sched"));
  vt_json_put(o, "ranks", vt_json_int(ranks));
  vt_json_put(o, "tasks", vt_json_int(a->tasks));
  vt_json_put(o, "task_s", vt_json_num(a->seconds));
  vt_json_put(o, "wall_s", vt_json_num(wall));
  vt_json_put(o, "tasks_per_s", vt_json_num(a->tasks / wall));
  vt_json_put(o, "rank0_cpu_s", vt_json_num(cpu));
  vt_json_put(o, "rank0_cpu_share", vt_json_num(cpu / wall));
  vt_json_put(o, "build", vt_json_text(vt_build_info()->build_id));
  vt_json_print(o, 1);
}

static vt_status bench(vt_comm *comm, bench_sched_args *a, const char *dir, vt_err *err)
{
  vt_sched_task *task = NULL;
  double *ns = NULL;
  vt_farm_outcome out;
  vt_status rc = make_tasks(a->tasks, &task, &ns, err);
  if (rc == VT_OK && vt_comm_rank(comm) == 0) rc = vt_dir_make(dir, err);
  rc = vt_comm_agree(comm, rc, err);
  vt_farm_options o = {.comm = comm,
                       .master_inline = 1,
                       .max_tries = 1,
                       .crash_limit = 2,
                       .fault_limit = 2,
                       .task = task,
                       .task_ns = ns,
                       .n_tasks = a->tasks,
                       .journal_dir = dir,
                       .work = {.ctx = a, .run = empty_task}};
  double wall = vt_now_s(), cpu = vt_cpu_s();
  if (rc == VT_OK) rc = vt_farm_run(&o, &out, err);
  wall = vt_now_s() - wall;
  cpu = vt_cpu_s() - cpu;
  rc = vt_comm_agree(comm, rc, err);
  if (rc == VT_OK && vt_comm_rank(comm) == 0) rc = check_journal(dir, task, a->tasks, err);
  if (rc == VT_OK && vt_comm_rank(comm) == 0) report(a, vt_comm_size(comm), wall, cpu);
  vt_free(task);
  vt_free(ns);
  return vt_comm_agree(comm, rc, err);
}

int bench_sched(int argc, char **argv)
{
  bench_sched_args a = {.tasks = 20000};
  const vt_opt opt[] = {
      {"tasks", VT_OPT_INT, "N", "number of tasks (20000)", &a.tasks, 1, 1e7},
      {"seconds", VT_OPT_REAL, "S", "length of a task (0)", &a.seconds, 0, 3600},
      {"output", VT_OPT_TEXT, "DIR", "a new folder for the journal", &a.output, 0, 0},
      {"simulate", VT_OPT_FLAG, NULL, "many simulated ranks instead; see --simulate --help", &a.simulate, 0, 0}};
  vt_usage u = {.name = "bench sched",
                .args = "",
                .doc = "Empty tasks through the real master, workers and journal.  Start it with mpiexec.",
                .example = "mpiexec.mpich -n 3 vitrion bench sched --tasks 20000 --output /tmp/sched-bench",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt};
  vt_comm *comm;
  vt_err err = {0};
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], "--simulate") == 0) return bench_scale(argc, argv);
  if (vt_comm_mpi_open(&argc, &argv, &comm, &err) != VT_OK) return vt_cli_fail(&err);
  int32_t code = -1;
  if (vt_comm_rank(comm) == 0) {
    code = vt_cli_parse(&u, argc, argv);
    if (code < 0 && !a.output)
      code = vt_cli_usage_error(&u, "--output is missing: where may the journal be written?");
    else if (code < 0 && access(a.output, F_OK) == 0)
      code = vt_cli_usage_error(&u, "'%s' exists; the journal wants a new folder", a.output);
  }
  if (vt_comm_bcast(comm, 0, &code, sizeof code, &err) != VT_OK) code = vt_cli_fail(&err);
  if (code < 0 && vt_comm_rank(comm) > 0) code = vt_cli_parse(&u, argc, argv);
  if (code < 0) {
    vt_status rc = bench(comm, &a, a.output, &err);
    code = rc == VT_OK ? VT_EXIT_OK : vt_comm_rank(comm) == 0 ? vt_cli_fail(&err) : VT_EXIT_FAIL;
  }
  vt_comm_mpi_close(comm);
  return vt_cli_done(code);
}
