/* gates.c - the gates of every run, and how many runs fail which. */
#include <math.h>

#include "runner/screening/screening_impl.h"

static int has_result(const vt_campaign *c, const vt_fits *f, int i)
{
  return c->task[i].kind == VT_TASK_MD && f->transport[i].n_species > 0;
}

void vt__fits_gates(const vt_campaign *c, vt_fits *f)
{
  for (int i = 0; i < c->n_tasks; i++) {
    if (!has_result(c, f, i)) continue;
    const vt_task *t = &c->task[i];
    int glass = t->needs;
    while (glass >= 0 && c->task[glass].kind == VT_TASK_MD) glass = c->task[glass].needs;
    const vt_gate_input in = {.comp = &c->comp[t->comp],
                              .structure = &f->structure[i],
                              .pressure_gpa = f->transport[i].pressure_gpa,
                              .volume_error = f->volume_error[i],
                              .melt_a2 = glass >= 0 ? f->melt_a2[glass] : (double)NAN};
    vt_gates_judge(&in, &f->gates[i]);
  }
}

void vt_count_gates(const vt_campaign *c, const vt_fits *f, int comp, int temp, vt_gate_counts *out)
{
  *out = (vt_gate_counts){0};
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_task *t = &c->task[i];
    if (!has_result(c, f, i) || (comp >= 0 && t->comp != comp) || (temp >= 0 && t->temp != temp)) continue;
    out->runs++;
    out->failing += f->gates[i].n_failed > 0;
    for (int k = 0; k < VT_N_GATES; k++) {
      const int state = f->gates[i].gate[k].state;
      vt_gate_count *n = &out->gate[k];
      *(state == VT_GATE_FAILED ? &n->failed : state == VT_GATE_PASSED ? &n->passed : &n->not_judged) += 1;
    }
  }
}
