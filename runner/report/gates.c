/* gates.c - how many runs fail which gate. */
#include "runner/report/report_impl.h"

vt_json *vt__json_gates(const vt_campaign *c, const vt_fits *f, int comp, int temp)
{
  vt_gate_counts n;
  vt_json *list = vt_json_array();
  vt_count_gates(c, f, comp, temp, &n);
  for (int k = 0; k < VT_N_GATES; k++) {
    vt_json *o = vt_json_object();
    vt_json_put(o, "name", vt_json_text(vt_gate_rules[k].name));
    vt_json_put(o, "failed", vt_json_int(n.gate[k].failed));
    vt_json_put(o, "passed", vt_json_int(n.gate[k].passed));
    vt_json_put(o, "not_judged", vt_json_int(n.gate[k].not_judged));
    if (comp < 0 && temp < 0) vt_gate_rule_json(o, k);
    vt_json_add(list, o);
  }
  return list;
}

/* The one line of counts, then what each gate asks. */
void vt__text_gates(vt_buf *out, const vt_campaign *c, const vt_fits *f)
{
  vt_gate_counts n;
  const char *comma = "";
  vt_count_gates(c, f, -1, -1, &n);
  if (n.runs == 0) return;
  vt_buf_printf(out, "\nGates: %d of %d runs fail one or more", n.failing, n.runs);
  for (int k = 0; k < VT_N_GATES; k++) {
    const vt_gate_count *g = &n.gate[k];
    if (g->failed + g->passed == 0) continue;
    vt_buf_printf(out, "%s %s %d", *comma ? comma : ":", vt_gate_rules[k].name, g->failed);
    if (g->not_judged) vt_buf_printf(out, " (of %d)", g->failed + g->passed);
    comma = ",";
  }
  vt_buf_printf(out, "\n");
  for (int k = 0; k < VT_N_GATES; k++)
    vt_buf_printf(out, "  %-12s  %s: %s%s\n", vt_gate_rules[k].name, vt_gate_rules[k].what, vt_gate_rules[k].limit,
                  n.gate[k].failed + n.gate[k].passed > 0 || k == VT_GATE_METALS_CLOSE ? ""
                                                                                       : " (no run could be judged)");
}
