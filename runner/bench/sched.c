/* sched.c - empty tasks through the real master, workers and journal: what distribution costs. */
#include "runner/bench/bench_impl.h"

static vt_status empty_task(void *ctx, const vt_lease *l, const vt_place *before, const vt_replica_hooks *hooks,
                            vt_task_output *out, vt_err *err)
{
  const vt_bench_sched_options *o = ctx;
  (void)l, (void)before;
  double end = vt_now_s() + o->seconds;
  vt_progress p = {.stage = "empty"};
  while (vt_now_s() < end) {
    VT_PASS(hooks->poll(hooks->ctx, &p, err));
    vt_nap_s(1e-3);
  }
  out->head = (vt_result_head){.version = VT_RESULT_VERSION, .kind = VT_TASK_GLASS};
  return VT_OK;
}

/* Every task must be in the journal exactly once. */
static vt_status check_journal(const vt_journal *j, const vt_sched_task *task, int n, vt_err *err)
{
  int count = vt_journal_count(j), missing = 0;
  for (int i = 0; i < n; i++) missing += !vt_journal_result(j, &task[i].uid);
  if (missing || count != n) VT_FAIL(err, VT_EBUG, "%d records for %d tasks, %d missing", count, n, missing);
  return VT_OK;
}

static vt_status bench_sched_report(const vt_bench_sched_options *o, int ranks, double wall, double cpu, double index,
                                    FILE *out, vt_err *err)
{
  vt_json *x = vt_json_object();
  vt_json_put(x, "bench", vt_json_text("sched"));
  vt_json_put(x, "ranks", vt_json_int(ranks));
  vt_json_put(x, "tasks", vt_json_int(o->tasks));
  vt_json_put(x, "task_s", vt_json_num(o->seconds));
  vt_json_put(x, "wall_s", vt_json_num(wall));
  vt_json_put(x, "tasks_per_s", vt_json_num(o->tasks / wall));
  vt_json_put(x, "rank0_cpu_s", vt_json_num(cpu));
  vt_json_put(x, "rank0_cpu_share", vt_json_num(cpu / wall));
  vt_json_put(x, "index_s", vt_json_num(index));
  vt_json_put(x, "build", vt_json_text(vt_build_info()->build_id));
  return vt__bench_print(x, out, err);
}

vt_status vt_bench_sched(vt_comm *comm, const vt_bench_sched_options *o, FILE *out, vt_err *err)
{
  vt_sched_task *task = NULL;
  void *ns = NULL;
  vt_farm_outcome outcome;
  vt_bench_sched_options mine = *o; /* the farm hands it back as void * */
  const int first = vt_comm_rank(comm) == 0;
  vt_status rc = vt__bench_tasks(o->tasks, o->tasks, &task, err);
  if (rc == VT_OK) rc = vt_calloc64(&ns, (size_t)o->tasks, sizeof(double), err);
  if (rc == VT_OK && first) rc = vt_dir_make(o->dir, err);
  rc = vt_comm_agree(comm, rc, err);
  vt_farm_options farm = {.comm = comm,
                          .master_inline = 1,
                          .max_tries = 1,
                          .crash_limit = 2,
                          .fault_limit = 2,
                          .task = task,
                          .task_ns = ns,
                          .n_tasks = o->tasks,
                          .journal_dir = o->dir,
                          .work = {.ctx = &mine, .run = empty_task}};
  double wall = vt_now_s(), cpu = vt_cpu_s();
  if (rc == VT_OK) rc = vt_farm_run(&farm, &outcome, err);
  wall = vt_now_s() - wall;
  cpu = vt_cpu_s() - cpu;
  rc = vt_comm_agree(comm, rc, err);
  vt_journal *j = NULL;
  double index = vt_now_s();
  if (rc == VT_OK) rc = vt_journal_share(comm, o->dir, &j, err);
  index = vt_now_s() - index;
  if (rc == VT_OK && first) rc = check_journal(j, task, o->tasks, err);
  if (rc == VT_OK && first) rc = bench_sched_report(o, vt_comm_size(comm), wall, cpu, index, out, err);
  vt_journal_free(j);
  vt_free(task);
  vt_free(ns);
  return vt_comm_agree(comm, rc, err);
}
