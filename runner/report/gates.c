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

/* "stationary 11, free_anions 13" of the gates that were judged; " (of 8)" where not all runs were. */
static void text_counts(vt_buf *out, const vt_gate_counts *n)
{
  const char *comma = "";
  for (int k = 0; k < VT_N_GATES; k++) {
    const vt_gate_count *g = &n->gate[k];
    if (g->failed + g->passed == 0) continue;
    vt_buf_printf(out, "%s %s %d", *comma ? comma : ":", vt_gate_rules[k].name, g->failed);
    if (g->not_judged) vt_buf_printf(out, " (of %d)", g->failed + g->passed);
    comma = ",";
  }
  vt_buf_printf(out, "\n");
}

/* The one line of counts, one for each composition, then what each gate asks. */
void vt__text_gates(vt_buf *out, const vt_campaign *c, const vt_fits *f)
{
  vt_gate_counts n;
  vt_count_gates(c, f, -1, -1, &n);
  if (n.runs == 0) return;
  vt_buf_printf(out, "\nGates: %d of %d runs fail one or more", n.failing, n.runs);
  text_counts(out, &n);
  vt_buf_printf(out, "  each: what is asked of a run, and its limit; z: a difference over its standard error\n");
  for (int k = 0; k < VT_N_GATES; k++)
    vt_buf_printf(out, "  %-12s  %s: %s%s\n", vt_gate_rules[k].name, vt_gate_rules[k].what, vt_gate_rules[k].limit,
                  n.gate[k].failed + n.gate[k].passed > 0 || k == VT_GATE_METALS_CLOSE ? ""
                                                                                       : " (no run could be judged)");
  for (int k = 0; k < c->n_comp && c->n_comp > 1; k++) {
    vt_count_gates(c, f, k, -1, &n);
    if (n.runs == 0) continue;
    vt_buf_printf(out, "  of %s %d of %d", c->comp[k].name, n.failing, n.runs);
    text_counts(out, &n);
  }
}
