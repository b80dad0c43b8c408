/* told.c - what was asked and what became of it, for scripts and for people. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/target/target_impl.h"

enum { WHY = 480 };

static int is_reached(const vt_target_round *r, int comp, int k)
{
  return r->move[comp].half[k] <= r->aim[k].goal; /* NaN is not */
}

/* What stands behind one row; "" for what is reached. */
static void why_of(const vt_target_round *r, int comp, int k, char why[WHY])
{
  const vt_alloc_move *m = &r->move[comp];
  why[0] = '\0';
  if (is_reached(r, comp, k)) return;
  const int asks = m->glasses > 0 || m->cost_ps > 0;
  (void)snprintf(why, WHY, "%s%s", vt_reason_text(&vt_alloc_states, m->state),
                 isnan(m->half[k]) && !vt_alloc_is_dropped((vt_alloc_state)m->state) ? "; no interval yet" : "");
  if (asks) (void)snprintf(why, WHY, "%d more glasses and longer runs: %.4g ns", (int)m->glasses, m->cost_ps * 1e-3);
}

static void why_no_verdict(const vt_target_round *r, char why[WHY])
{
  const vt_target_looks *l = &r->looks;
  if (l->done > 0)
    (void)snprintf(why, WHY, "%s at look %d of %d: %s", vt_verdict_text((vt_verdict)l->verdict), (int)l->done, VT_LOOKS,
                   l->why);
  else
    (void)snprintf(why, WHY, "no look yet: the first is with %d glasses", vt_looks[0].glasses);
  if (l->verdict == VT_UNDECIDED && r->sum.verdict_waits) {
    const size_t at = strlen(why);
    (void)snprintf(why + at, WHY - at, "; the next look costs more than is left of the budget");
  }
}

static double spent_ns(const vt_target_round *r, int comp)
{
  double sum = 0;
  for (int k = 0; k < r->n_comp; k++)
    if (comp < 0 || k == comp) sum += r->spent_ps[k] * 1e-3;
  return sum;
}

static vt_json *row_json(const char *composition, const vt_aim *aim, int reached, double half, double ns,
                         const char *why)
{
  vt_json *o = vt_json_object();
  const int verdict = aim->kind == VT_AIM_VERDICT;
  vt_json_put(o, "composition", composition ? vt_json_text(composition) : vt_json_null());
  vt_json_put(o, "what", vt_json_text(vt_aim_kinds.row[aim->kind].name));
  if (aim->t_k > 0) vt_json_put(o, "T_K", vt_json_num(aim->t_k));
  vt_json_put(o, "goal", verdict ? vt_json_null() : vt_json_num(aim->goal));
  vt_json_put(o, "reached", vt_json_bool(reached));
  vt_json_put(o, "half_width", verdict ? vt_json_null() : vt_json_num(half));
  vt_json_put(o, "spent_ns", vt_json_num(ns));
  vt_json_put(o, "why", vt_json_text(why));
  return o;
}

vt_json *vt_target_json(const vt_campaign *c, const vt_target_round *r)
{
  vt_json *rows = vt_json_array();
  char why[WHY];
  for (int k = 0; k < r->n_aims; k++) {
    if (r->aim[k].kind == VT_AIM_VERDICT) {
      why_no_verdict(r, why);
      vt_json_add(rows, row_json(NULL, &r->aim[k], r->looks.verdict != VT_UNDECIDED, NAN, spent_ns(r, -1), why));
      continue;
    }
    for (int i = 0; i < r->n_comp; i++) {
      why_of(r, i, k, why);
      vt_json_add(rows,
                  row_json(c->comp[i].name, &r->aim[k], is_reached(r, i, k), r->move[i].half[k], spent_ns(r, i), why));
    }
  }
  return rows;
}

static const char *unit_of(const vt_aim *aim)
{
  return aim->kind == VT_AIM_EA ? "eV" : aim->kind == VT_AIM_LOG10_D ? "decades" : "";
}

void vt_target_text(const vt_campaign *c, const vt_target_round *r, vt_buf *out)
{
  char why[WHY], what[64];
  vt_buf_printf(out, "target: %.4g of %.4g ns as planned\n", spent_ns(r, -1), r->budget_ps * 1e-3);
  for (int k = 0; k < r->n_aims; k++) {
    const vt_aim *a = &r->aim[k];
    if (a->kind == VT_AIM_VERDICT) {
      why_no_verdict(r, why);
      vt_buf_printf(out, "  verdict: %s\n", why);
      continue;
    }
    (void)snprintf(what, sizeof what, "%s", vt_aim_kinds.row[a->kind].name);
    if (a->t_k > 0) (void)snprintf(what, sizeof what, "%s(%g K)", vt_aim_kinds.row[a->kind].name, a->t_k);
    for (int i = 0; i < r->n_comp; i++) {
      why_of(r, i, k, why);
      vt_buf_printf(out, "  %-24s %-22s +- %.3g (asked %.3g) %s %7.4g ns %s%s\n", c->comp[i].name, what,
                    r->move[i].half[k], a->goal, unit_of(a), spent_ns(r, i), is_reached(r, i, k) ? "reached" : "", why);
    }
  }
}
