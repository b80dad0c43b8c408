/* tail.c - `bench tail`: a campaign on so many ranks in virtual time, without and with cores that are lent. */
#include <math.h>

#include "runner/bench/bench_impl.h"

static vt_json *tail_json(int workers, double speed, const vt_rehearsed *x)
{
  const double cores_s = workers * x->wall_s, bound_s = fmax(x->work_s / workers, x->chain_s / speed);
  vt_json *j = vt_json_object();
  vt_json_put(j, "wall_h", vt_json_num(x->wall_s / 3600));
  vt_json_put(j, "bound_h", vt_json_num(bound_s / 3600));
  vt_json_put(j, "wall_over_bound", vt_json_num(x->wall_s / bound_s));
  vt_json_put(j, "efficiency", vt_json_num(x->work_s / cores_s));
  vt_json_put(j, "idle_core_hours", vt_json_num(fmax(0, cores_s - x->busy_core_s - x->lent_core_s) / 3600));
  vt_json_put(j, "lent_core_hours", vt_json_num(x->lent_core_s / 3600));
  vt_json_put(j, "half_h", vt_json_num(x->half_s / 3600));
  return j;
}

/* Each group's tasks take as long as they were told to, times a factor of the group. */
static vt_status tail_lengths(const vt_bench_tail_options *o, double **took_s, vt_err *err)
{
  double g[2];
  *took_s = NULL;
  if (o->scatter == 0) return VT_OK;
  VT_PASS(VT_NEW(*took_s, o->n_tasks, err));
  for (int t = 0; t < o->n_tasks; t++) {
    vt_rng_normal2((uint64_t)o->seed, VT_STREAM_TEST, 0, o->task[t].group, 0, g);
    (*took_s)[t] = o->task[t].cost * exp(o->scatter * g[0]);
  }
  return VT_OK;
}

static vt_status tail_line(const vt_bench_tail_options *o, const double *took_s, int ranks, int workers, FILE *out,
                           vt_err *err)
{
  int *node = NULL;
  vt_status rc = VT_OK;
  vt_rehearsed alone, lent;
  vt_rehearsal r = {.task = o->task, .n = o->n_tasks, .took_s = took_s, .n_workers = workers, .n_speed = 1};
  VT_PASS(VT_NEW(node, workers, err));
  r.node = node;
  const int master = ranks - workers; /* ranks that only hold the master come first */
  for (int w = 0; w < workers; w++) node[w] = (w + master) / o->ranks_a_node - master / o->ranks_a_node;
  VT_TRY_OUT(vt_sched_rehearse(&r, &alone, err), err, "%d ranks", ranks);
  r.speed = o->speed;
  r.n_speed = o->n_speed;
  VT_TRY_OUT(vt_sched_rehearse(&r, &lent, err), err, "%d ranks", ranks);
  vt_json *x = vt_json_object();
  vt_json_put(x, "bench", vt_json_text("tail"));
  vt_json_put(x, "campaign", vt_json_text(o->name));
  vt_json_put(x, "ranks", vt_json_int(ranks));
  vt_json_put(x, "workers", vt_json_int(workers));
  vt_json_put(x, "ranks_a_node", vt_json_int(o->ranks_a_node));
  vt_json_put(x, "tasks", vt_json_int(o->n_tasks));
  vt_json_put(x, "us_per_atom_step", vt_json_num(o->us_atom_step));
  vt_json_put(x, "measured", vt_json_bool(o->measured));
  vt_json_put(x, "scatter", vt_json_num(o->scatter));
  vt_json_put(x, "core_hours", vt_json_num(alone.work_s / 3600));
  vt_json_put(x, "chain_h", vt_json_num(alone.chain_s / 3600));
  vt_json_put(x, "alone", tail_json(workers, 1, &alone));
  vt_json_put(x, "lending", tail_json(workers, o->speed[o->n_speed - 1], &lent));
  vt_json_put(x, "speedup", vt_json_nums(o->speed, (size_t)o->n_speed));
  vt_json_put(x, "speedup_assumed", vt_json_bool(o->speed_assumed));
  vt_json_put(x, "build", vt_json_text(vt_build_info()->build_id));
  rc = vt__bench_print(x, out, err);
out:
  vt_free(node);
  return rc;
}

vt_status vt_bench_tail(const vt_bench_tail_options *o, FILE *out, vt_err *err)
{
  double *took_s = NULL;
  vt_status rc = tail_lengths(o, &took_s, err);
  for (int k = 0; k < o->n_ranks && rc == VT_OK; k++) rc = tail_line(o, took_s, o->ranks[k], o->workers[k], out, err);
  vt_free(took_s);
  return rc;
}
