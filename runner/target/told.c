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

static const char *unit_of(const char *what)
{
  if (strcmp(what, vt_aim_kinds.row[VT_AIM_EA].name) == 0) return "eV";
  return strcmp(what, vt_aim_kinds.row[VT_AIM_LOG10_D].name) == 0 ? "decades" : "";
}

static void put_row(const vt_json *row, vt_buf *out)
{
  const char *what = vt_json_get_text(row, "what", ""), *name = vt_json_get_text(row, "composition", NULL);
  const char *why = vt_json_get_text(row, "why", "");
  const double t_k = vt_json_get_num(row, "T_K", 0), half = vt_json_get_num(row, "half_width", (double)NAN);
  char at[64], is[32] = "no interval";
  if (!name) {
    vt_buf_printf(out, "  verdict: %s\n", why);
    return;
  }
  (void)snprintf(at, sizeof at, "%s", what);
  if (t_k > 0) (void)snprintf(at, sizeof at, "%s(%g K)", what, t_k);
  if (isfinite(half)) (void)snprintf(is, sizeof is, "+- %.3g", half);
  vt_buf_printf(out, "  %-24s %-20s %-11s (asked %.3g%s%s) %8.4g ns  %s\n", name, at, is,
                vt_json_get_num(row, "goal", (double)NAN), unit_of(what)[0] ? " " : "", unit_of(what),
                vt_json_get_num(row, "spent_ns", (double)NAN), why[0] ? why : "reached");
}

vt_json *vt_target_rows(const vt_json *decision)
{
  vt_json *rows = vt_json_share(vt_json_get(decision, "target"));
  return rows ? rows : vt_json_array();
}

void vt_target_text(const vt_json *decision, vt_buf *out)
{
  const vt_json *rows = vt_json_get(decision, "target");
  if (!decision) {
    vt_buf_printf(out, "target: nothing is decided yet: that comes when the tasks of its pilot have ended\n");
    return;
  }
  vt_buf_printf(out, "target after round %d: %.4g of %.4g ns, as planned\n", (int)vt_json_get_int(decision, "round", 0),
                vt_json_get_num(decision, "spent_ns", (double)NAN),
                vt_json_get_num(decision, "budget_ns", (double)NAN));
  int energy = 0;
  for (size_t k = 0; k < vt_json_size(rows); k++) {
    put_row(vt_json_at(rows, k), out);
    energy |= strcmp(vt_json_get_text(vt_json_at(rows, k), "what", ""), vt_aim_kinds.row[VT_AIM_EA].name) == 0;
  }
  if (energy)
    vt_buf_printf(out,
                  "  %s: of the straight line through the points; where `fit` names a curve, the local one at one\n"
                  "      temperature is less certain\n",
                  vt_aim_kinds.row[VT_AIM_EA].name);
}
