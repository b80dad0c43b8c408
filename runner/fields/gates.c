/* gates.c - the gates of a run. */

#include <math.h>

#include "runner/fields/fields_impl.h"

#define GATE(k, name, unit, doc)                                                        \
  {VT__REAL(vt_gates, gate[k].value), name, unit, doc},                                 \
  {                                                                                     \
    VT__REASON(vt_gates, gate[k].state, vt_gate_states), name "_state", "1", "its gate" \
  }
static const vt_field gates[] = {
    {VT__COUNT(vt_gates, n_failed), "n_failed", "1", "gates that are shut"},
    GATE(VT_GATE_STATIONARY, "stationary", "1", "largest |z| between first and last third; at most 3"),
    GATE(VT_GATE_FREE_ANIONS, "free_anions", "1", "share of the anions bound to no metal; at most 0.03"),
    GATE(VT_GATE_O_VARIANCE, "o_variance", "1", "variance of the oxygens of a metal; 0.38 to 0.8"),
    GATE(VT_GATE_MELT, "melt", "A^2", "displacement of the metals in the melt of the glass, squared; at least 10"),
    GATE(VT_GATE_METALS_CLOSE, "metals_close", "1", "share of frames with metals nearer than 2.6 A; not judged"),
    GATE(VT_GATE_PRESSURE, "pressure", "GPa", "mean pressure of production; within 0.1 of zero"),
    GATE(VT_GATE_VOLUME, "volume", "1", "relative standard error of the mean volume; at most 0.01")};
const vt_fields vt_gates_fields = {gates, VT_COUNT(gates)};
#undef GATE

/* One number, [lo, hi] where both ends are closed, null where nothing is judged. */
static vt_json *limit_json(const vt_gate_rule *r)
{
  if (isfinite(r->lo) && isfinite(r->hi)) return vt_json_interval(r->lo, r->hi);
  return isfinite(r->lo) || isfinite(r->hi) ? vt_json_num(isfinite(r->hi) ? r->hi : r->lo) : vt_json_null();
}

void vt_gate_rule_json(vt_json *o, int gate)
{
  const vt_gate_rule *r = &vt_gate_rules[gate];
  vt_json_put(o, "limit", limit_json(r));
  vt_json_put(o, "limit_text", vt_json_text(r->limit));
  vt_json_put(o, "unit", vt_json_text(r->unit));
  vt_json_put(o, "what", vt_json_text(r->what));
  vt_json_put(o, "source", vt_json_text(r->source));
}

vt_json *vt_gates_json(const vt_gates *g)
{
  vt_json *list = vt_json_array();
  for (int k = 0; k < VT_N_GATES; k++) {
    const int state = g->gate[k].state;
    vt_json *o = vt_json_object();
    vt_json_put(o, "name", vt_json_text(vt_gate_rules[k].name));
    vt_json_put(o, "value", vt_json_num(g->gate[k].value));
    vt_gate_rule_json(o, k);
    if (state == VT_GATE_PASSED || state == VT_GATE_FAILED) {
      vt_json_put(o, "ok", vt_json_bool(state == VT_GATE_PASSED));
    } else {
      vt_json_put(o, "ok", vt_json_null());
      vt_json_put(o, "reason", vt_json_text(vt_reason_text(&vt_gate_states, state)));
    }
    vt_json_add(list, o);
  }
  return list;
}
