/* gates.c - the gates of every run, how many runs fail which, how many are there. */
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

/* A run: the first piece of a production that is meant, of composition comp and temperature temp (-1: of all). */
static int is_run(const vt_task *t, int comp, int temp)
{
  return t->kind == VT_TASK_MD && t->piece <= 1 && (comp < 0 || t->comp == comp) && (temp < 0 || t->temp == temp);
}

/* Of a run whose first piece is task i; a gate that one piece fails is failed, one that none was judged by is not. */
static void count_run(const vt_campaign *c, const vt_fits *f, int i, vt_gate_counts *out)
{
  int n_failed = 0, state[VT_N_GATES] = {0};
  const int pieces = vt_campaign_pieces(c, c->task[i].comp, c->task[i].temp).n;
  for (int p = i; p < i + pieces && has_result(c, f, p); p++) {
    n_failed += f->gates[p].n_failed;
    for (int k = 0; k < VT_N_GATES; k++) {
      const int one = f->gates[p].gate[k].state;
      if (one == VT_GATE_FAILED || (one == VT_GATE_PASSED && state[k] != VT_GATE_FAILED)) state[k] = one;
    }
  }
  out->runs++;
  out->failing += n_failed > 0;
  for (int k = 0; k < VT_N_GATES; k++) {
    vt_gate_count *n = &out->gate[k];
    *(state[k] == VT_GATE_FAILED ? &n->failed : state[k] == VT_GATE_PASSED ? &n->passed : &n->not_judged) += 1;
  }
}

void vt_count_gates(const vt_campaign *c, const vt_fits *f, int comp, int temp, vt_gate_counts *out)
{
  int first = 0;
  const int n = comp < 0 ? c->n_tasks : vt_fits_rows(c, comp, &first);
  *out = (vt_gate_counts){0};
  for (int i = first; i < first + n; i++)
    if (is_run(&c->task[i], comp, temp) && has_result(c, f, i)) count_run(c, f, i, out);
}

vt_run_counts vt_count_runs(const vt_campaign *c, const vt_fits *f, int comp, int temp)
{
  vt_run_counts n = {0};
  int first = 0;
  const int rows = comp < 0 ? c->n_tasks : vt_fits_rows(c, comp, &first);
  for (int i = first; i < first + rows; i++) {
    if (!is_run(&c->task[i], comp, temp)) continue;
    n.asked++;
    n.done += has_result(c, f, i);
  }
  return n;
}
