/* bench_scale.c - `bench sched --simulate`: the master alone, with ten thousand ranks and a million tasks. */
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/farm/farm.h"

typedef struct scale_args {
  int simulate, ranks, tasks, shards;
  double window_s;
  const char *output;
} scale_args;

static json_t *begin(const scale_args *a, const char *what)
{
  json_t *o = vt_json_object();
  vt_json_put(o, "bench", vt_json_text("scale"));
  vt_json_put(o, "part", vt_json_text(what));
  vt_json_put(o, "ranks", vt_json_int(a->ranks));
  vt_json_put(o, "tasks", vt_json_int(a->tasks));
  return o;
}

static void print(json_t *o)
{
  struct rusage use;
  if (getrusage(RUSAGE_SELF, &use) == 0) vt_json_put(o, "peak_rss_mb", vt_json_num((double)use.ru_maxrss / 1024));
  vt_json_put(o, "build", vt_json_text(vt_build_info()->build_id));
  vt_json_print(o, 1);
  (void)fflush(stdout);
}

static vt_status scheduler(const scale_args *a, const vt_scale_spec *s, vt_err *err)
{
  double open_s, rate;
  VT_PASS(vt_scale_sched(s, &open_s, &rate, err));
  json_t *o = begin(a, "scheduler");
  vt_json_put(o, "open_s", vt_json_num(open_s));
  vt_json_put(o, "events_per_s", vt_json_num(rate));
  print(o);
  return VT_OK;
}

static void put_kinds(json_t *o, const vt_scale_report *r)
{
  json_t *all = vt_json_object();
  for (int k = 0; k < VT_SCALE_KINDS; k++) {
    if (!vt_scale_kind(k) || r->kind_n[k] == 0) continue;
    json_t *one = vt_json_object();
    vt_json_put(one, "n", vt_json_int(r->kind_n[k]));
    vt_json_put(one, "us", vt_json_num(1e6 * r->kind_s[k] / (double)r->kind_n[k]));
    vt_json_put(all, vt_scale_kind(k), one);
  }
  vt_json_put(o, "kinds", all);
}

static vt_status run(const scale_args *a, const vt_scale_spec *s, const char *part, vt_err *err)
{
  vt_scale_report r;
  VT_PASS(vt_scale_run(s, &r, err));
  json_t *o = begin(a, part);
  vt_json_put(o, "done", vt_json_int(r.tasks.done));
  vt_json_put(o, "twice", vt_json_int(r.twice));
  vt_json_put(o, "died", vt_json_int(r.n_dead));
  vt_json_put(o, "left", vt_json_int(r.n_left));
  vt_json_put(o, "declared_dead", vt_json_int(r.n_declared));
  vt_json_put(o, "virtual_s", vt_json_num(r.virtual_s));
  vt_json_put(o, "open_s", vt_json_num(r.open_s));
  vt_json_put(o, "open_mb", vt_json_num((double)r.open_bytes / 1048576));
  vt_json_put(o, "master_cpu_s", vt_json_num(r.master_s));
  vt_json_put(o, "of_it_ticks_s", vt_json_num(r.tick_s));
  vt_json_put(o, "of_it_simulated_sends_s", vt_json_num(r.send_s));
  vt_json_put(o, "ticks", vt_json_int(r.ticks));
  vt_json_put(o, "received", vt_json_int(r.received));
  vt_json_put(o, "sent", vt_json_int(r.sent));
  vt_json_put(o, "messages_per_cpu_s", vt_json_num((double)r.received / r.master_s));
  vt_json_put(o, "master_load", vt_json_num(r.master_s / r.virtual_s));
  vt_json_put(o, "longest_call_ms", vt_json_num(1e3 * r.longest_s));
  put_kinds(o, &r);
  print(o);
  if (s->window_s <= 0 && (r.tasks.done != a->tasks || (r.never && !s->replay) || r.twice))
    VT_FAIL(err, VT_EBUG, "%lld tasks of %d are done, %lld twice", (long long)r.tasks.done, a->tasks,
            (long long)r.twice);
  return VT_OK;
}

static vt_status journal(const scale_args *a, const vt_scale_spec *s, vt_err *err)
{
  vt_scale_journal x = {.n_shards = a->shards, .batch = 256, .n_values = 8};
  vt_journal *j;
  VT_PASS(vt_scale_write_journal(s, a->output, &x, &j, err));
  json_t *o = begin(a, "journal");
  vt_json_put(o, "shards", vt_json_int(x.n_shards));
  vt_json_put(o, "records_a_sync", vt_json_int(x.batch));
  vt_json_put(o, "bytes", vt_json_int(x.bytes));
  vt_json_put(o, "append_s", vt_json_num(x.append_s));
  vt_json_put(o, "sync_s", vt_json_num(x.sync_s));
  vt_json_put(o, "syncs", vt_json_int(x.syncs));
  vt_json_put(o, "open_s", vt_json_num(x.open_s));
  vt_json_put(o, "open_mb", vt_json_num((double)x.open_bytes / 1048576));
  vt_json_put(o, "refresh_ms", vt_json_num(1e3 * x.refresh_s));
  print(o);
  vt_scale_spec replayed = *s;
  replayed.replay = j;
  vt_status rc = run(a, &replayed, "replay", err);
  vt_journal_free(j);
  return rc;
}

static vt_status bench(const scale_args *a, vt_err *err)
{
  const double shortest_s = 600, longest_s = 7200;
  vt_scale_spec s = {.n_ranks = a->ranks, .n_tasks = a->tasks, .seed = 1, .die = 0.01, .leave = 0.01, .fail = 0.01};
  vt_scale_spec hours = s;
  hours.least_s = shortest_s, hours.most_s = longest_s, hours.window_s = a->window_s;
  VT_PASS(scheduler(a, &s, err));
  VT_PASS(run(a, &s, "fast", err));
  if (a->window_s > 0) VT_PASS(run(a, &hours, "hours", err));
  return a->output ? journal(a, &s, err) : VT_OK;
}

int bench_scale(int argc, char **argv)
{
  scale_args a = {.ranks = 10000, .tasks = 1000000, .shards = 64, .window_s = 60};
  const vt_opt opt[] = {
      {"simulate", VT_OPT_FLAG, NULL, "simulated ranks: no MPI is started", &a.simulate, 0, 0},
      {"ranks", VT_OPT_INT, "N", "ranks, the master among them (10000)", &a.ranks, 2, 32768},
      {"tasks", VT_OPT_INT, "N", "tasks, a fifth of them glasses (1000000)", &a.tasks, 1, 1e8},
      {"window", VT_OPT_REAL, "S", "virtual seconds with tasks of 10 min to 2 h; 0: leave it out (60)", &a.window_s, 0,
       1e6},
      {"output", VT_OPT_TEXT, "DIR", "a new folder: also write, open and replay a journal there", &a.output, 0, 0},
      {"shards", VT_OPT_INT, "N", "files of that journal (64)", &a.shards, 1, 1e6}};
  vt_usage u = {
      .name = "bench sched --simulate",
      .args = "",
      .doc = "The real master with many simulated ranks, of which some die and some leave: CPU time of the\n"
             "master alone.  A line each for the scheduler, for tasks without length (the ceiling), for tasks of\n"
             "realistic length (the load), and for a journal with a result of every task.",
      .example = "vitrion bench sched --simulate --ranks 10000 --tasks 1000000 --output /tmp/scale-journal",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt};
  vt_err err = {0};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  if (a.output && access(a.output, F_OK) == 0)
    return vt_cli_usage_error(&u, "'%s' exists; the journal wants a new folder", a.output);
  vt_log_install(NULL, NULL, VT_LOG_ERROR); /* ten thousand failures are part of the bench */
  return vt_cli_done(bench(&a, &err) == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err));
}
