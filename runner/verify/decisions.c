/* decisions.c - what was decided of a campaign with a target: each record can be read, and campaign.yaml, which is
 * written behind the record, holds what it says. */
#include "runner/verify/verify_impl.h"

/* A decision that cannot be read stops the next start; its bytes checked, so it was written so. */
static vt_status check_one(vt__checkup *k, const vt_rec *rec, vt_err *err)
{
  char *payload = NULL;
  vt_json *o = NULL;
  vt_err why = {0};
  vt_status rc = vt_journal_read(k->j, rec, &payload, &why);
  if (rc == VT_OK) rc = vt_json_parse(payload, (size_t)rec->n, &o, &why);
  if (rc == VT_OK && vt_json_get_int(o, "vitrion_decision", 0) < 1)
    rc = vt_err_set(&why, VT_ECORRUPT, __FILE__, __LINE__, "it is no decision");
  vt_json_free(o);
  vt_free(payload);
  if (rc == VT_ENOMEM) VT_FAIL(err, rc, "a recorded decision");
  const vt__place at = {.kind = VT_FOUND_DAMAGE, .file = "journal", .action = "nothing mends it; a run stops there"};
  if (rc != VT_OK) vt__found(k, at, "a decision that cannot be read: %s", vt__why(&why));
  return VT_OK;
}

/* The decision on the campaign that is recorded asks for tasks that it does not have: the run ended in between. */
static vt_status check_applied(vt__checkup *k, vt_err *err)
{
  vt_buf text = {0};
  vt_target_round r;
  vt_err why = {0};
  int there = 0;
  if (!k->c || !k->c->target.asked || !(k->c->target.budget_fixed_ns > 0) || k->busy) return VT_OK;
  vt_status rc = vt_target_find(k->c, k->j, &text, &there, err);
  if (rc != VT_OK || !there) {
    vt_buf_free(&text);
    return rc;
  }
  rc = vt_target_recorded(k->c, text.s, text.len, &r, &why);
  vt_buf_free(&text);
  if (rc == VT_ENOMEM) VT_FAIL(err, rc, "a recorded decision");
  const vt__place at = {
      .kind = VT_FOUND_STALE, .file = "campaign.yaml", .action = "the next start of the same command writes it anew"};
  if (rc != VT_OK) {
    vt__found(k, at, "the decision on it cannot be used: %s", vt__why(&why));
    return VT_OK;
  }
  if (!r.sum.ends)
    vt__found(k, at, "it is as it was before the decision of round %d, which the journal holds", r.number);
  vt_target_round_free(&r);
  return VT_OK;
}

vt_status vt__check_decisions(vt__checkup *k, vt_err *err)
{
  if (!k->j) return VT_OK;
  for (int i = 0; i < vt_journal_count(k->j); i++) {
    const vt_rec *rec = vt_journal_rec(k->j, i);
    if (rec->type == VT_REC_DECISION) VT_PASS(check_one(k, rec, err));
  }
  return check_applied(k, err);
}
