/* rounds.c - a campaign that asks for errors: after each round a decision, in the journal before anything follows from
 * it.
 *
 * All make the fits, rank 0 decides; the others are sent the record, and all take it the same way, so that a decision
 * that was found in the journal and one that was just made are one path. */
#include <stdio.h>

#include "runner/results/results.h"
#include "runner/run/run_impl.h"

/* ------------------------------------------------------------------ taking a decision */

/* Tasks of the campaign as it is now. */
static vt_status renew_tasks(run *r, vt_err *err)
{
  vt_free(r->task);
  vt_free(r->ns);
  r->task = NULL;
  r->ns = NULL;
  return vt_records_sched_tasks(r->c, &r->task, &r->ns, err);
}

/* This rank's part; nothing is changed after a failure but this campaign in memory, which ends with it. */
static vt_status take(run *r, const char *text, size_t n, vt_err *err)
{
  vt_target_round round;
  VT_TRY(vt_target_recorded(r->c, text, n, &round, err), err, "decision on campaign '%s'", r->c->name);
  r->round = round.number;
  r->target_over = round.sum.ends;
  vt_status rc = vt_target_apply(r->c, &round, err);
  vt_target_round_free(&round);
  VT_TRY(rc, err, "decision on campaign '%s'", r->c->name);
  VT_TRY(vt_campaign_resolve(r->c, (vt_simd)r->c->numerics.simd, err), err, "campaign '%s'", r->c->name);
  VT_PASS(renew_tasks(r, err));
  if (vt_comm_rank(r->comm) > 0) return VT_OK;
  VT_PASS(vt_fence_check(err));
  return vt_outdir_record(&r->dir, r->c, r->o->env, 1, NULL, err);
}

/* The record on the campaign as it is now, on all ranks; *n 0: there is none. */
static vt_status share_decision(run *r, vt_buf *text, uint64_t *n, vt_err *err)
{
  vt_status rc = VT_OK;
  void *copy = NULL;
  int there = 0;
  const int rank = vt_comm_rank(r->comm);
  if (rank == 0) rc = vt_target_find(r->c, r->j, text, &there, err);
  VT_PASS(vt_comm_agree(r->comm, rc, err));
  *n = there ? text->len : 0;
  VT_PASS(vt_comm_bcast(r->comm, 0, n, sizeof *n, err));
  if (*n == 0) return VT_OK;
  if (rank > 0) rc = vt_calloc64(&copy, *n + 1, 1, err);
  VT_PASS(vt_comm_agree(r->comm, rc, err));
  rc = vt_comm_bcast(r->comm, 0, rank == 0 ? text->s : copy, *n, err);
  if (rc == VT_OK && rank > 0) {
    vt_buf_add(text, copy, *n);
    rc = vt_buf_check(text, err);
  }
  vt_free(copy);
  return vt_comm_agree(r->comm, rc, err);
}

vt_status vt__run_take_decisions(run *r, vt_err *err)
{
  r->target_over = !r->c->target.asked;
  while (!r->target_over) {
    uint64_t n = 0;
    vt_buf text = {0};
    vt_status rc = share_decision(r, &text, &n, err);
    if (rc == VT_OK && n > 0) rc = vt_comm_agree(r->comm, take(r, text.s, n, err), err);
    vt_buf_free(&text);
    VT_PASS(rc);
    if (n == 0) return VT_OK;
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ making one */

/* In the journal, durable, in a shard of its own. */
static vt_status record(const run *r, const vt_buf *text, vt_err *err)
{
  vt_uid key;
  vt_journal_writer *w = NULL;
  VT_PASS(vt_target_key(r->c, &key, err));
  VT_PASS(vt_fence_check(err));
  VT_PASS(vt_journal_create(&w, r->dir.journal, vt_comm_rank(r->comm), err));
  vt_status rc = vt_journal_append(w, VT_REC_DECISION, &key, 0, 0, text->s, text->len, NULL, 0, err);
  if (rc == VT_OK) rc = vt_journal_sync(w, err);
  vt_journal_close(w);
  return rc;
}

/* Rank 0. */
static vt_status decide_on(run *r, const vt_fits *fits, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf text = {0};
  vt_target_looks looks;
  vt_target_round round = {0};
  vt_json *newest = NULL;
  int before = 0;
  VT_TRY_OUT(vt_target_before(r->j, &looks, &before, err), err, "decisions so far");
  VT_TRY_OUT(vt_target_newest(r->j, &newest, err), err, "decisions so far");
  VT_TRY_OUT(vt_target_decide(r->c, fits, &looks, &round, err), err, "round %d", before + 1);
  round.number = before + 1;
  VT_TRY_OUT(vt_target_record(r->c, &round, newest, &text, err), err, "round %d", before + 1);
  VT_TRY_OUT(record(r, &text, err), err, "round %d", before + 1);
  VT_TRY_OUT(vt_journal_refresh(r->j, err), err, "journal");
  vt_log(VT_LOG_INFO, "run", "ev=decision round=%d ends=%d asked_ns=%.6g", round.number, round.sum.ends,
         round.sum.asked_ps * 1e-3);
out:
  vt_json_free(newest);
  vt_target_round_free(&round);
  vt_buf_free(&text);
  return rc;
}

/* All ranks.  A decision that is there already is left alone. */
static vt_status decide(run *r, vt_err *err)
{
  vt_buf text = {0};
  vt_fits *fits = NULL;
  int there = 0;
  const int first = vt_comm_rank(r->comm) == 0;
  VT_PASS(vt_journal_share(r->comm, r->dir.journal, &r->j, err));
  vt_status rc = first ? vt_target_find(r->c, r->j, &text, &there, err) : VT_OK;
  vt_buf_free(&text);
  VT_PASS(vt_comm_agree(r->comm, rc, err));
  int32_t known = there;
  VT_PASS(vt_comm_bcast(r->comm, 0, &known, sizeof known, err));
  if (known) return VT_OK;
  VT_TRY(vt_fits_shared(r->comm, r->c, r->dir.journal, r->j, &fits, err), err, "fits of round %d", r->round + 1);
  rc = first ? decide_on(r, fits, err) : VT_OK;
  vt_fits_free(fits);
  return vt_comm_agree(r->comm, rc, err);
}

/* Rank 0: why nothing is decided now; NULL: all tasks have ended, and there is time. */
static const char *not_now(const vt_farm_outcome *out)
{
  if (out->stopped || vt_stop_reason()) return "stopped";
  if (out->tasks.waiting + out->tasks.ready + out->tasks.leased > 0) return "some tasks are open";
  return vt_stop_closing() ? "the HALT file says after-tasks" : NULL;
}

vt_status vt__run_next_round(run *r, const vt_farm_outcome *out, int *again, vt_err *err)
{
  enum { NOT_NOW, DECIDE, GO_ON };
  int32_t now = NOT_NOW;
  const int rank = vt_comm_rank(r->comm), before = r->round;
  *again = 0;
  if (r->target_over) return VT_OK;
  if (rank == 0) {
    r->target_waits = not_now(out);
    if (!r->target_waits) now = out->n_dead > 0 ? DECIDE : GO_ON;
  }
  VT_PASS(vt_comm_bcast(r->comm, 0, &now, sizeof now, err));
  if (now == NOT_NOW) return VT_OK;
  VT_PASS(decide(r, err));
  VT_PASS(vt__run_take_decisions(r, err));
  *again = !r->target_over;
  if (*again && r->round == before) VT_FAIL(err, VT_EBUG, "a decision that changes nothing");
  if (*again && now == DECIDE) {
    r->target_waits = "ranks died in this round, and the next one needs all of them";
    *again = 0;
  }
  if (rank == 0 && *again && !r->o->quiet) {
    vt__progress_end(&r->line);
    printf("round %d is decided: %d tasks now\n", r->round, r->c->n_tasks);
    (void)fflush(stdout);
  }
  return VT_OK;
}
