/* keep.c - decisions in the journal: under which key, which one there is, which one is the newest. */
#include <stdio.h>
#include <string.h>

#include "runner/target/target_impl.h"

vt_status vt_target_key(const vt_campaign *c, vt_uid *key, vt_err *err)
{
  vt_buf b = {0};
  vt_aim aim[VT_MAX_AIMS];
  char id[65];
  const int n = vt_target_aims(c, aim);
  vt_uid_hex(&c->id, id);
  vt_buf_printf(&b, "decision %s budget %.17g\n", id, c->target.budget_fixed_ns);
  for (int k = 0; k < n; k++)
    vt_buf_printf(&b, "%s %.17g %.17g\n", vt_aim_kinds.row[aim[k].kind].name, aim[k].t_k, aim[k].goal);
  for (int i = 0; i < c->n_comp; i++) vt_buf_printf(&b, "%s\n", c->comp[i].name);
  const vt_status rc = vt_buf_check(&b, err);
  if (rc == VT_OK) vt_sha256(b.s, b.len, key);
  vt_buf_free(&b);
  return rc;
}

vt_status vt_target_find(const vt_campaign *c, const vt_journal *j, vt_buf *text, int *there, vt_err *err)
{
  vt_uid key;
  char *payload = NULL;
  *there = 0;
  VT_TRY(vt_target_key(c, &key, err), err, "decision of campaign '%s'", c->name);
  const vt_rec *rec = vt_journal_decision(j, &key);
  if (!rec) return VT_OK;
  VT_TRY(vt_journal_read(j, rec, &payload, err), err, "decision of campaign '%s'", c->name);
  vt_buf_add(text, payload, (size_t)rec->n);
  vt_free(payload);
  *there = 1;
  return vt_buf_check(text, err);
}

/* One decision as JSON. */
static vt_status read_decision(const vt_journal *j, const vt_rec *rec, vt_json **o, vt_err *err)
{
  char *payload = NULL;
  VT_TRY(vt_journal_read(j, rec, &payload, err), err, "a recorded decision");
  const vt_status rc = vt_json_parse(payload, (size_t)rec->n, o, err);
  vt_free(payload);
  return rc == VT_OK ? VT_OK : vt_err_wrap(err, rc, __FILE__, __LINE__, "a recorded decision");
}

vt_status vt_target_newest(const vt_journal *j, vt_json **o, vt_err *err)
{
  vt_status rc = VT_OK;
  *o = NULL;
  for (int i = 0; i < vt_journal_count(j) && rc == VT_OK; i++) {
    vt_json *one = NULL;
    const vt_rec *rec = vt_journal_rec(j, i);
    if (rec->type != VT_REC_DECISION) continue;
    rc = read_decision(j, rec, &one, err);
    if (rc == VT_OK && vt_json_get_int(one, "round", 0) > vt_json_get_int(*o, "round", 0)) {
      vt_json_free(*o);
      *o = one;
      one = NULL;
    }
    vt_json_free(one);
  }
  if (rc == VT_OK) return VT_OK;
  vt_json_free(*o);
  *o = NULL;
  return rc;
}

vt_status vt_target_before(const vt_journal *j, vt_target_looks *looks, int *round, vt_err *err)
{
  vt_json *o = NULL;
  vt_status rc = VT_OK;
  *looks = (vt_target_looks){0};
  *round = 0;
  VT_PASS(vt_target_newest(j, &o, err));
  if (!o) return VT_OK;
  rc = vt__target_looks_of(o, looks, err);
  *round = (int)vt_json_get_int(o, "round", 0);
  vt_json_free(o);
  return rc;
}

vt_status vt_target_is_over(const vt_campaign *c, const vt_journal *j, int *over, vt_err *err)
{
  vt_buf text = {0};
  vt_target_round r;
  int there = 0;
  *over = !c->target.asked;
  if (*over || !(c->target.budget_fixed_ns > 0)) return VT_OK;
  vt_status rc = vt_target_find(c, j, &text, &there, err);
  if (rc == VT_OK && there) {
    rc = vt_target_recorded(c, text.s, text.len, &r, err);
    if (rc == VT_OK) *over = r.sum.ends;
    if (rc == VT_OK) vt_target_round_free(&r);
  }
  vt_buf_free(&text);
  return rc;
}
