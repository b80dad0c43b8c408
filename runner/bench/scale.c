/* scale.c - `bench sched --simulate`: the master alone, with ten thousand ranks and a million tasks. */
#include <sys/resource.h>

#include "runner/bench/bench_impl.h"

static vt_json *bench_scale_begin(const vt_bench_scale_options *o, const char *part)
{
  vt_json *x = vt_json_object();
  vt_json_put(x, "bench", vt_json_text("scale"));
  vt_json_put(x, "part", vt_json_text(part));
  vt_json_put(x, "ranks", vt_json_int(o->ranks));
  vt_json_put(x, "tasks", vt_json_int(o->tasks));
  return x;
}

static vt_status print(vt_json *x, FILE *out, vt_err *err)
{
  struct rusage use;
  if (getrusage(RUSAGE_SELF, &use) == 0) vt_json_put(x, "peak_rss_mb", vt_json_num((double)use.ru_maxrss / 1024));
  vt_json_put(x, "build", vt_json_text(vt_build_info()->build_id));
  return vt__bench_print(x, out, err);
}

static vt_status scheduler(const vt_bench_scale_options *o, const vt_sched_task *task, FILE *out, vt_err *err)
{
  double open_s, rate;
  VT_PASS(vt__bench_sched_alone(task, o->tasks, o->ranks, &open_s, &rate, err));
  vt_json *x = bench_scale_begin(o, "scheduler");
  vt_json_put(x, "open_s", vt_json_num(open_s));
  vt_json_put(x, "events_per_s", vt_json_num(rate));
  return print(x, out, err);
}

static void put_kinds(vt_json *x, const vt_farm_simulated *r)
{
  vt_json *all = vt_json_object();
  for (int k = 0; k < VT_FARM_TAGS; k++) {
    if (!vt_farm_message_name(k) || r->kind_n[k] == 0) continue;
    vt_json *one = vt_json_object();
    vt_json_put(one, "n", vt_json_int(r->kind_n[k]));
    vt_json_put(one, "us", vt_json_num(1e6 * r->kind_s[k] / (double)r->kind_n[k]));
    vt_json_put(all, vt_farm_message_name(k), one);
  }
  vt_json_put(x, "kinds", all);
}

static vt_status bench_scale_run(const vt_bench_scale_options *o, const vt_farm_simulation *s, const char *part,
                                 FILE *out, vt_err *err)
{
  vt_farm_simulated r;
  VT_PASS(vt_farm_simulate(s, &r, err));
  vt_json *x = bench_scale_begin(o, part);
  vt_json_put(x, "done", vt_json_int(r.tasks.done));
  vt_json_put(x, "twice", vt_json_int(r.twice));
  vt_json_put(x, "died", vt_json_int(r.n_dead));
  vt_json_put(x, "left", vt_json_int(r.n_left));
  vt_json_put(x, "declared_dead", vt_json_int(r.n_declared));
  vt_json_put(x, "virtual_s", vt_json_num(r.virtual_s));
  vt_json_put(x, "open_s", vt_json_num(r.open_s));
  vt_json_put(x, "open_mb", vt_json_num((double)r.open_bytes / 1048576));
  vt_json_put(x, "master_cpu_s", vt_json_num(r.master_s));
  vt_json_put(x, "of_it_ticks_s", vt_json_num(r.tick_s));
  vt_json_put(x, "of_it_simulated_sends_s", vt_json_num(r.send_s));
  vt_json_put(x, "ticks", vt_json_int(r.ticks));
  vt_json_put(x, "received", vt_json_int(r.received));
  vt_json_put(x, "sent", vt_json_int(r.sent));
  vt_json_put(x, "messages_per_cpu_s", vt_json_num((double)r.received / r.master_s));
  vt_json_put(x, "master_load", vt_json_num(r.master_s / r.virtual_s));
  vt_json_put(x, "longest_call_ms", vt_json_num(1e3 * r.longest_s));
  put_kinds(x, &r);
  VT_PASS(print(x, out, err));
  if (s->window_s <= 0 && (r.tasks.done != o->tasks || (r.never && !s->replay) || r.twice))
    VT_FAIL(err, VT_EBUG, "%lld tasks of %d are done, %lld twice", (long long)r.tasks.done, o->tasks,
            (long long)r.twice);
  return VT_OK;
}

static vt_status bench_scale_journal(const vt_bench_scale_options *o, const vt_farm_simulation *s, FILE *out,
                                     vt_err *err)
{
  vt__bench_journal x = {.n_shards = o->shards, .batch = 256, .n_values = 8};
  vt_journal *j;
  VT_PASS(vt__bench_write_journal(s->task, s->n_tasks, o->dir, &x, &j, err));
  vt_json *line = bench_scale_begin(o, "journal");
  vt_json_put(line, "shards", vt_json_int(x.n_shards));
  vt_json_put(line, "records_a_sync", vt_json_int(x.batch));
  vt_json_put(line, "bytes", vt_json_int(x.bytes));
  vt_json_put(line, "append_s", vt_json_num(x.append_s));
  vt_json_put(line, "sync_s", vt_json_num(x.sync_s));
  vt_json_put(line, "syncs", vt_json_int(x.syncs));
  vt_json_put(line, "open_s", vt_json_num(x.open_s));
  vt_json_put(line, "open_mb", vt_json_num((double)x.open_bytes / 1048576));
  vt_json_put(line, "refresh_ms", vt_json_num(1e3 * x.refresh_s));
  const vt_shared *d = &x.shared;
  const int readers = d->groups < o->ranks ? d->groups : o->ranks;
  const double each = readers ? d->read_s / readers : 0;
  vt_json_put(line, "shared_groups", vt_json_int(d->groups));
  vt_json_put(line, "shared_bytes_read", vt_json_int((int64_t)d->bytes));
  vt_json_put(line, "shared_read_cpu_s", vt_json_num(d->read_s));
  vt_json_put(line, "shared_longest_ms", vt_json_num(1e3 * d->longest_s));
  vt_json_put(line, "shared_rank0_cpu_s", vt_json_num(d->own_s));
  vt_json_put(line, "shared_start_s", vt_json_num(d->own_s + (each > d->longest_s ? each : d->longest_s)));
  vt_status rc = print(line, out, err);
  vt_farm_simulation replayed = *s;
  replayed.replay = j;
  if (rc == VT_OK) rc = bench_scale_run(o, &replayed, "replay", out, err);
  vt_journal_free(j);
  return rc;
}

static vt_status start(const vt_bench_scale_options *o, FILE *out, vt_err *err)
{
  vt__bench_started x;
  VT_PASS(vt__bench_start(o->tasks, o->env, &x, err));
  vt_json *line = bench_scale_begin(o, "start");
  vt_json_put(line, "compositions", vt_json_int(x.n_comp));
  vt_json_put(line, "campaign_tasks", vt_json_int(x.n_tasks));
  vt_json_put(line, "campaign_cpu_s", vt_json_num(x.read_s));
  vt_json_put(line, "campaign_us_a_task", vt_json_num(1e6 * x.read_s / x.n_tasks));
  vt_json_put(line, "rows_cpu_s", vt_json_num(x.rows_s));
  vt_json_put(line, "every_rank_mb", vt_json_num((double)x.read_bytes / 1048576));
  vt_json_put(line, "fits_without_results_cpu_s", vt_json_num(x.walks_s));
  vt_json_put(line, "fits_rank0_mb", vt_json_num((double)x.fits_bytes / 1048576));
  return print(line, out, err);
}

static vt_status whole_start(const vt_bench_scale_options *o, FILE *out, vt_err *err)
{
  vt_json *line = bench_scale_begin(o, "whole start");
  const vt_status rc = vt__bench_whole_start(o, line, err);
  if (rc == VT_OK) return print(line, out, err);
  vt_json_free(line);
  return rc;
}

static vt_status all_parts(const vt_bench_scale_options *o, const vt_sched_task *task, FILE *out, vt_err *err)
{
  const double shortest_s = 600, longest_s = 7200;
  const vt_farm_simulation s = {
      .n_ranks = o->ranks, .n_tasks = o->tasks, .task = task, .seed = 1, .die = 0.01, .leave = 0.01, .fail = 0.01};
  vt_farm_simulation hours = s;
  hours.least_s = shortest_s, hours.most_s = longest_s, hours.window_s = o->window_s;
  if (o->env && o->dir) VT_PASS(whole_start(o, out, err)); /* first: its peak of memory is its own */
  if (o->env) VT_PASS(start(o, out, err));
  VT_PASS(scheduler(o, task, out, err));
  VT_PASS(bench_scale_run(o, &s, "fast", out, err));
  if (o->window_s > 0) VT_PASS(bench_scale_run(o, &hours, "hours", out, err));
  return o->dir ? bench_scale_journal(o, &s, out, err) : VT_OK;
}

vt_status vt_bench_scale(const vt_bench_scale_options *o, FILE *out, vt_err *err)
{
  vt_sched_task *task = NULL;
  VT_PASS(vt__bench_tasks(o->tasks, o->tasks / 5 + 1, &task, err));
  vt_status rc = all_parts(o, task, out, err);
  vt_free(task);
  return rc;
}
