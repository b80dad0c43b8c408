/* target.c - one round: the look at the verdict that is due, the decision, and what it makes of the campaign. */
#include <stdio.h>
#include <string.h>

#include "runner/target/target_impl.h"

void vt_target_round_free(vt_target_round *r)
{
  vt_free(r->move);
  vt_free(r->more_ps);
  vt_free(r->spent_ps);
  *r = (vt_target_round){0};
}

vt_status vt__target_round_open(const vt_campaign *c, vt_target_round *r, vt_err *err)
{
  *r = (vt_target_round){.n_comp = c->n_comp, .n_temp = c->n_temp, .budget_ps = 1000 * c->target.budget_fixed_ns};
  r->n_aims = vt_target_aims(c, r->aim);
  if (!c->target.asked || !(r->budget_ps > 0))
    VT_FAIL(err, VT_EINVAL, "campaign '%s' has no target, or a budget that is no simulated time yet", c->name);
  VT_TRY(VT_NEW(r->move, c->n_comp, err), err, "target of %d compositions", c->n_comp);
  VT_TRY(VT_NEW(r->spent_ps, c->n_comp, err), err, "target of %d compositions", c->n_comp);
  return VT_NEW(r->more_ps, (size_t)c->n_comp * (size_t)c->n_temp, err);
}

/* Spends what this look may: a verdict stays. */
static vt_status take_look(const vt_campaign *c, const vt_fits *f, vt_alloc *a, vt_target_looks *l, vt_err *err)
{
  vt_compare out;
  const int due = vt_look_due(a);
  if (due < 0) return VT_OK;
  VT_TRY(vt_fits_compare(c, f, VT_Q_D_ALKALI, vt_looks[due].share, &out, err), err, "look %d", due + 1);
  l->done = a->looks_done = due + 1;
  l->verdict = out.verdict;
  a->decided = out.verdict != VT_UNDECIDED;
  (void)snprintf(l->why, sizeof l->why, "%s", out.why);
  return VT_OK;
}

vt_status vt_target_decide(const vt_campaign *c, const vt_fits *f, const vt_target_looks *before, vt_target_round *out,
                           vt_err *err)
{
  vt_status rc = VT_OK;
  vt_alloc_comp *comp = NULL;
  vt_alloc_cell *cell = NULL;
  VT_TRY_OUT(vt__target_round_open(c, out, err), err, "target");
  VT_TRY_OUT(VT_NEW(comp, c->n_comp, err), err, "target of %d compositions", c->n_comp);
  VT_TRY_OUT(VT_NEW(cell, (size_t)c->n_comp * (size_t)c->n_temp, err), err, "target of %d compositions", c->n_comp);
  vt__target_know(c, f, comp, cell);
  out->looks = *before;
  vt_alloc a = {.n_aims = out->n_aims,
                .n_comp = c->n_comp,
                .n_temp = c->n_temp,
                .comp = comp,
                .budget_ps = out->budget_ps,
                .looks_done = before->done,
                .decided = before->verdict != VT_UNDECIDED};
  memcpy(a.aim, out->aim, sizeof a.aim);
  VT_TRY_OUT(take_look(c, f, &a, &out->looks, err), err, "verdict");
  VT_TRY_OUT(vt_alloc_decide(&a, out->move, out->more_ps, &out->sum, err), err, "target of '%s'", c->name);
  for (int k = 0; k < c->n_comp; k++) out->spent_ps[k] = vt_alloc_cost(&a, k, comp[k].n_glasses, NULL);
out:
  vt_free(comp);
  vt_free(cell);
  if (rc != VT_OK) vt_target_round_free(out);
  return rc;
}

/* ------------------------------------------------------------------ into the campaign */

static vt_status add_piece(vt_campaign *c, int comp, int temp, double ps, vt_err *err)
{
  vt_lengths l = vt_campaign_pieces(c, comp, temp);
  if (!(ps > 0)) return VT_OK;
  if (l.n >= VT_MOST_PIECES)
    VT_FAIL(err, VT_EINVAL, "%s at %g K has %d pieces already", c->comp[comp].name, c->t_k[temp], l.n);
  l.ps[l.n++] = ps;
  c->comp_length[comp * c->n_temp + temp] = l;
  return VT_OK;
}

vt_status vt_target_apply(vt_campaign *c, const vt_target_round *r, vt_err *err)
{
  if (c->n_comp != r->n_comp || c->n_temp != r->n_temp)
    VT_FAIL(err, VT_EINVAL, "a decision on %d compositions at %d temperatures, but campaign '%s' has %d and %d",
            r->n_comp, r->n_temp, c->name, c->n_comp, c->n_temp);
  VT_TRY(vt_campaign_begin_decisions(c, err), err, "campaign '%s'", c->name);
  for (int k = 0; k < c->n_comp; k++) {
    c->comp_glasses[k] += r->move[k].glasses;
    if (c->comp_glasses[k] > c->n_glasses) c->n_glasses = c->comp_glasses[k];
    c->comp_dropped[k] = c->comp_dropped[k] || vt_alloc_is_dropped((vt_alloc_state)r->move[k].state);
    for (int t = 0; t < c->n_temp; t++) VT_PASS(add_piece(c, k, t, r->more_ps[k * c->n_temp + t], err));
  }
  return VT_OK;
}
