/* record.c - a round as the journal keeps it: JSON, by names, so that it can be read beside any version of the
 * campaign. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/target/target_impl.h"

enum { FORMAT = 1 };

static vt_json *comp_json(const vt_campaign *c, const vt_target_round *r, int k)
{
  vt_json *o = vt_json_object(), *ps = vt_json_array();
  vt_json_put(o, "name", vt_json_text(c->comp[k].name));
  vt_json_put(o, "state", vt_json_text(vt_alloc_states.row[r->move[k].state].name));
  vt_json_put(o, "glasses", vt_json_int(r->move[k].glasses));
  for (int t = 0; t < r->n_temp; t++) {
    vt_json *one = vt_json_object();
    vt_json_put(one, "T_K", vt_json_num(c->t_k[t]));
    vt_json_put(one, "add_ps", vt_json_num(r->more_ps[k * r->n_temp + t]));
    vt_json_add(ps, one);
  }
  vt_json_put(o, "production", ps);
  return o;
}

/* What an earlier round dropped keeps the reason of that round. */
static void keep_reasons(vt_json *rows, const vt_json *before)
{
  for (size_t k = 0; k < vt_json_size(rows); k++) {
    const vt_json *row = vt_json_at(rows, k);
    if (strcmp(vt_json_get_text(row, "why", ""), vt_reason_text(&vt_alloc_states, VT_ALLOC_BEFORE)) != 0) continue;
    for (size_t i = 0; i < vt_json_size(before); i++) {
      const vt_json *was = vt_json_at(before, i);
      if (strcmp(vt_json_get_text(row, "composition", ""), vt_json_get_text(was, "composition", "")) != 0 ||
          strcmp(vt_json_get_text(row, "what", ""), vt_json_get_text(was, "what", "")) != 0 ||
          vt_json_get_text(was, "why", "")[0] == '\0')
        continue;
      vt_json *mine = vt_json_share(row);
      vt_json_put(mine, "why", vt_json_text(vt_json_get_text(was, "why", "")));
      vt_json_free(mine);
      break;
    }
  }
}

vt_status vt_target_record(const vt_campaign *c, const vt_target_round *r, const vt_json *before, vt_buf *out,
                           vt_err *err)
{
  vt_json *o = vt_json_object(), *looks = vt_json_object(), *comps = vt_json_array();
  char id[65];
  vt_uid_hex(&c->id, id);
  vt_json_put(o, "vitrion_decision", vt_json_int(FORMAT));
  vt_json_put(o, "campaign", vt_json_text(id));
  vt_json_put(o, "round", vt_json_int(r->number));
  vt_json_put(o, "ends", vt_json_bool(r->sum.ends));
  vt_json_put(o, "spent_ns", vt_json_num(r->sum.spent_ps * 1e-3));
  vt_json_put(o, "asked_ns", vt_json_num(r->sum.asked_ps * 1e-3));
  vt_json_put(o, "budget_ns", vt_json_num(r->budget_ps * 1e-3));
  vt_json_put(looks, "done", vt_json_int(r->looks.done));
  vt_json_put(looks, "verdict", vt_json_text(vt_verdict_text((vt_verdict)r->looks.verdict)));
  vt_json_put(looks, "why", vt_json_text(r->looks.why));
  vt_json_put(o, "looks", looks);
  for (int k = 0; k < c->n_comp; k++) vt_json_add(comps, comp_json(c, r, k));
  vt_json_put(o, "compositions", comps);
  vt_json *rows = vt_target_json(c, r);
  keep_reasons(rows, vt_json_get(before, "target"));
  vt_json_put(o, "target", rows);
  const vt_status rc = vt_json_dump(o, VT_JSON_LINE, out, err);
  vt_json_free(o);
  return rc;
}

/* ------------------------------------------------------------------ back */

static int value_of(const vt_reasons *r, const char *name)
{
  for (int k = 0; k < r->n; k++)
    if (strcmp(r->row[k].name, name) == 0) return k;
  return -1;
}

static vt_status take_comp(const vt_campaign *c, const vt_json *o, int k, vt_target_round *r, vt_err *err)
{
  const vt_json *ps = vt_json_get(o, "production");
  const int state = value_of(&vt_alloc_states, vt_json_get_text(o, "state", ""));
  const int64_t glasses = vt_json_get_int(o, "glasses", -1);
  if (strcmp(vt_json_get_text(o, "name", ""), c->comp[k].name) != 0 || state < 0 || glasses < 0 ||
      glasses > VT_ALLOC_MOST_GLASSES || vt_json_size(ps) != (size_t)c->n_temp)
    VT_FAIL(err, VT_ECORRUPT, "a decision's composition %d, expected name, state, glasses and productions of '%s'", k,
            c->comp[k].name);
  r->move[k].state = state;
  r->move[k].glasses = (int32_t)glasses;
  for (int t = 0; t < c->n_temp; t++) {
    const vt_json *one = vt_json_at(ps, (size_t)t);
    const double x = vt_json_get_num(one, "add_ps", (double)NAN);
    if (!(x >= 0 && isfinite(x)) || vt_json_get_num(one, "T_K", 0) != c->t_k[t])
      VT_FAIL(err, VT_ECORRUPT, "a decision's production of '%s'", c->comp[k].name);
    r->more_ps[k * c->n_temp + t] = x;
  }
  return VT_OK;
}

vt_status vt__target_looks_of(const vt_json *o, vt_target_looks *l, vt_err *err)
{
  const vt_json *looks = vt_json_get(o, "looks");
  const int verdict = value_of(&vt_verdicts, vt_json_get_text(looks, "verdict", ""));
  const int64_t done = vt_json_get_int(looks, "done", -1);
  if (vt_json_get_int(o, "vitrion_decision", 0) != FORMAT || verdict < 0 || done < 0 || done > VT_LOOKS)
    VT_FAIL(err, VT_ECORRUPT, "no decision of format %d", FORMAT);
  l->done = (int32_t)done;
  l->verdict = verdict;
  (void)snprintf(l->why, sizeof l->why, "%s", vt_json_get_text(looks, "why", ""));
  return VT_OK;
}

static vt_status take_all(const vt_campaign *c, const vt_json *o, vt_target_round *r, vt_err *err)
{
  const vt_json *comps = vt_json_get(o, "compositions");
  char id[65];
  vt_uid_hex(&c->id, id);
  VT_PASS(vt__target_looks_of(o, &r->looks, err));
  if (strcmp(vt_json_get_text(o, "campaign", ""), id) != 0 || vt_json_size(comps) != (size_t)c->n_comp)
    VT_FAIL(err, VT_EINVAL, "a decision of another campaign than '%s' as it is now", c->name);
  r->number = (int)vt_json_get_int(o, "round", 0);
  for (int k = 0; k < c->n_comp; k++) VT_PASS(take_comp(c, vt_json_at(comps, (size_t)k), k, r, err));
  r->sum.ends = 1;
  for (int k = 0; k < c->n_comp; k++) {
    r->sum.ends = r->sum.ends && r->move[k].glasses == 0;
    for (int t = 0; t < c->n_temp; t++) r->sum.ends = r->sum.ends && !(r->more_ps[k * c->n_temp + t] > 0);
  }
  return VT_OK;
}

vt_status vt_target_recorded(const vt_campaign *c, const char *text, size_t n, vt_target_round *out, vt_err *err)
{
  vt_json *o = NULL;
  vt_status rc = VT_OK;
  VT_TRY_OUT(vt__target_round_open(c, out, err), err, "a recorded decision");
  VT_TRY_OUT(vt_json_parse(text, n, &o, err), err, "a recorded decision");
  VT_TRY_OUT(take_all(c, o, out, err), err, "a recorded decision");
out:
  vt_json_free(o);
  if (rc != VT_OK) vt_target_round_free(out);
  return rc;
}
