/* tables_failures.c - the story of every failed try: /failures, a row each, in task order.  Deaths of processes are no
 * property of the task's numbers and cannot be reproduced: their rows are in /timing. */
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"
#include "runner/telemetry/telemetry.h"

enum { W_WORD = 16, W_ERROR = 1024, W_HOST = 64 };

static void tables_failures_count(vt_tables *t, const vt_campaign *c, const vt_journal *j, int64_t *failures,
                                  int64_t *crashes)
{
  *failures = *crashes = 0;
  for (int i = 0; j && i < c->n_tasks && t->rc == VT_OK; i++) {
    vt_tries tries;
    t->rc = vt_record_tries(j, &c->task[i].uid, &tries, t->err);
    *failures += tries.failures;
    *crashes += tries.crashes;
  }
}

typedef struct columns {
  int64_t *task, *attempt, *half_stage, *step, *rank;
  char *stage, *status, *error, *host;
} columns;

/* in: "/failures" or "/timing/crash"; only crashes have a place (rank, host). */
static columns tables_failures_add(vt_tables *t, const char *in, int64_t n_rows, int crash)
{
  const vt_axes n = vt__axis(crash ? "crashes" : "failures", n_rows);
  char path[96];
  columns k = {0};
#define COLUMN(name) ((void)snprintf(path, sizeof path, "%s/%s", in, name), path)
  k.task = vt__table_i64(t, COLUMN("task"), "row of /tasks", n);
  k.attempt = vt__table_i64(t, COLUMN("attempt"), "attempt number in the random key", n);
  k.half_stage =
      vt__table_i64(t, COLUMN("half_stage"), "stage that ran with half its time step (1 melt ... 4 produce)", n);
  k.stage = vt__table_str(t, COLUMN("stage"), "stage in which it ended; empty: in none", n, W_WORD);
  k.step = vt__table_i64(t, COLUMN("step"), "step of that stage", n);
  k.error = vt__table_str(t, COLUMN("error"), "error chain, innermost first", n, W_ERROR);
  if (crash) {
    k.rank = vt__table_i64(t, COLUMN("rank"), "MPI rank that died (not reproducible)", n);
    k.host = vt__table_str(t, COLUMN("host"), "where (not reproducible)", n, W_HOST);
  } else
    k.status = vt__table_str(t, COLUMN("status"), "what kind of failure", n, 48);
#undef COLUMN
  return k;
}

static void tables_failures_put(const columns *k, int64_t row, int task, const vt_rec *rec, const vt_failure_head *h)
{
  k->task[row] = task;
  k->attempt[row] = rec->attempt;
  k->half_stage[row] = rec->half_stage;
  k->step[row] = h->step;
  vt__table_put(k->stage, row, W_WORD, vt_stage_name(h->stage));
  vt__table_put(k->error, row, W_ERROR, vt_err_sentences(h->err.text).s);
  if (k->status) vt__table_put(k->status, row, 48, vt_status_text((vt_status)h->err.code));
  if (k->rank) k->rank[row] = h->rank;
  if (k->host) vt__table_put(k->host, row, W_HOST, h->host);
}

void vt__tables_failures(vt_tables *t, const vt_campaign *c, const vt_journal *j)
{
  int64_t n[2], row[2] = {0};
  tables_failures_count(t, c, j, &n[0], &n[1]);
  if (t->rc != VT_OK) return;
  columns k[2] = {tables_failures_add(t, "/failures", n[0], 0), tables_failures_add(t, "/timing/crash", n[1], 1)};
  for (int i = 0; j && i < c->n_tasks && t->rc == VT_OK; i++) {
    const vt_uid *uid = &c->task[i].uid;
    const vt_rec **rung, *rec;
    vt_failure_head h;
    int n_rungs, crashes;
    t->rc = vt_record_ladder(j, uid, &rung, &n_rungs, &crashes, t->err);
    for (int r = 0; r < n_rungs && t->rc == VT_OK; r++) {
      t->rc = vt_failure_load(j, rung[r], &h, t->err);
      if (t->rc == VT_OK) tables_failures_put(&k[0], row[0]++, i, rung[r], &h);
    }
    vt_free(rung);
    for (rec = vt_journal_failure(j, uid, 0); t->rc == VT_OK && rec; rec = vt_journal_next_failure(j, rec)) {
      t->rc = vt_failure_load(j, rec, &h, t->err);
      if (t->rc == VT_OK && h.crashed) tables_failures_put(&k[1], row[1]++, i, rec, &h);
    }
  }
}
