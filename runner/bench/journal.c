/* journal.c - a journal with a result of every task: how fast it is written, synced and opened. */
#include <malloc.h>
#include <string.h>

#include "runner/bench/bench_impl.h"

/* Bytes that are allocated now: in heaps, and mapped one by one. */
static int64_t bench_journal_allocated(void)
{
  struct mallinfo2 i = mallinfo2();
  return (int64_t)(i.uordblks + i.hblkhd);
}

static vt_status sync_timed(vt_journal_writer *w, vt__bench_journal *x, double *in_sync, vt_err *err)
{
  const double from = vt_now_s();
  VT_PASS(vt_journal_sync(w, err));
  *in_sync += vt_now_s() - from;
  x->syncs++;
  return VT_OK;
}

static vt_status write_shard(const vt_sched_task *task, int n_tasks, const char *dir, int shard, vt__bench_journal *x,
                             const double *values, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_journal_writer *w = NULL;
  vt_result_head h = {.version = VT_RESULT_VERSION, .kind = VT_TASK_MD, .n_values = (uint64_t)x->n_values, .ns = 1};
  int n = 0;
  double began = vt_now_s(), in_sync = 0;
  VT_PASS(vt_journal_create(&w, dir, shard, err));
  for (int i = shard; i < n_tasks; i += x->n_shards) {
    if (i >= n_tasks - x->n_missing && task[i].needs >= 0) continue;
    VT_TRY_OUT(vt_journal_append(w, VT_REC_RESULT, &task[i].uid, 0, 0, &h, sizeof h, values,
                                 (size_t)x->n_values * sizeof *values, err),
               err, "task %d", i);
    if (++n % x->batch == 0) VT_TRY_OUT(sync_timed(w, x, &in_sync, err), err, "task %d", i);
  }
  if (n % x->batch) VT_TRY_OUT(sync_timed(w, x, &in_sync, err), err, "the last of %d tasks", n);
out:
  x->sync_s += in_sync;
  x->append_s += vt_now_s() - began - in_sync;
  vt_journal_close(w);
  return rc;
}

/* Read once more in pieces, as ranks do it together; the index must be the same. */
static vt_status shared(const char *dir, const vt_journal *as, vt_shared *out, vt_err *err)
{
  vt_sim *sim = NULL;
  vt_journal *j = NULL;
  VT_PASS(vt_sim_open(&sim, &(vt_sim_options){.n_ranks = 1, .seed = 1}, err));
  vt_status rc = vt_journal_share(vt_sim_comm(sim, 0), dir, &j, err);
  if (rc == VT_OK) *out = vt_journal_shared(j);
  int same = rc == VT_OK && vt_journal_count(j) == vt_journal_count(as);
  for (int i = 0; same && i < vt_journal_count(j); i++)
    same = memcmp(vt_journal_rec(j, i), vt_journal_rec(as, i), sizeof(vt_rec)) == 0;
  vt_journal_free(j);
  vt_sim_close(sim);
  VT_PASS(rc);
  if (!same) VT_FAIL(err, VT_EBUG, "the index that was made in pieces is another one");
  return VT_OK;
}

vt_status vt__bench_write_journal(const vt_sched_task *task, int n_tasks, const char *dir, vt__bench_journal *x,
                                  vt_journal **j, vt_err *err)
{
  vt_status rc = VT_OK;
  void *values = NULL;
  *j = NULL;
  VT_TRY_OUT(vt_calloc64(&values, (size_t)x->n_values, sizeof(double), err), err, "journal");
  for (int k = 0; k < x->n_shards; k++)
    VT_TRY_OUT(write_shard(task, n_tasks, dir, k, x, values, err), err, "shard %d", k);
  x->open_bytes = bench_journal_allocated();
  double from = vt_now_s();
  VT_TRY_OUT(vt_journal_open(j, dir, err), err, "journal");
  x->open_s = vt_now_s() - from;
  x->open_bytes = bench_journal_allocated() - x->open_bytes;
  VT_TRY_OUT(shared(dir, *j, &x->shared, err), err, "journal");
  from = vt_now_s();
  VT_TRY_OUT(vt_journal_refresh(*j, err), err, "journal");
  x->refresh_s = vt_now_s() - from;
  for (int k = 0; k < vt_journal_shards(*j); k++) {
    vt_shard shard;
    vt_journal_shard(*j, k, &shard);
    x->bytes += (int64_t)shard.n_bytes;
  }
out:
  if (rc != VT_OK) {
    vt_journal_free(*j);
    *j = NULL;
  }
  vt_free(values);
  return rc;
}
