/* card.c - what is written about a training that has ended (runner/model_card). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/model_card/model_card.h"
#include "runner/stop/stop.h"
#include "runner/training/training_impl.h"

#define LOOK_S 1.0 /* between two looks of a rank for HALT */

typedef struct finishing {
  vt__trainer *t;
  char halt[VT_PATH + 32];
  double looked_s;
} finishing;

static void say_line(void *ctx, const char *line) { vt__say(((finishing *)ctx)->t, "%s", line); }

/* Melts of one team go on side by side, so every rank looks for itself; roots also show that the job is alive. */
static int asked_to_stop(void *ctx)
{
  finishing *w = ctx;
  vt__job *j = w->t->job;
  const double now_s = vt_now_s();
  if (vt__is_root(j) && vt__teams_look(j, NULL) != VT_OK) return 1;
  if (vt_stop_reason() != NULL || j->asked) return 1;
  if (now_s - w->looked_s < LOOK_S) return 0;
  w->looked_s = now_s;
  return access(w->halt, F_OK) == 0;
}

/* The best numbers and those of the start; they matter on rank 0. */
static vt_status models(const vt__trainer *t, vt_nep_model **best, vt_nep_model **start, vt_err *err)
{
  const size_t bytes = t->m->n_trained * sizeof *t->best;
  VT_PASS(vt_nep_copy(t->m, best, err));
  if (t->best) memcpy((*best)->numbers, t->best, bytes);
  if (!t->best || !t->y->start[0]) return VT_OK;
  VT_PASS(vt_nep_copy(t->m, start, err));
  memcpy((*start)->numbers, t->hold.origin, bytes);
  return VT_OK;
}

vt_status vt__trainer_card(vt__trainer *t, int *stopped, vt_err *err)
{
  char potential[VT_PATH + 32];
  finishing w = {.t = t};
  vt_nep_model *m = NULL, *start = NULL;
  vt_card_result said = {0};
  (void)snprintf(potential, sizeof potential, "%s/nep.txt", t->output);
  (void)snprintf(w.halt, sizeof w.halt, "%s/HALT", t->job->output);
  vt_status rc = vt_comm_agree(t->comm, models(t, &m, &start, err), err);
  const vt_card c = {
      .folder = t->output,
      .potential = potential,
      .m = m,
      .y = t->y,
      .file = t->o->file,
      .curve = t->csv.s,
      .seed = t->seed,
      .best_phase = vt__phase_name(t->best_at.phase),
      .best_n = t->best_at.n,
      .start = start,
      .identity = &t->identity,
      .train = &t->data,
      .held = &t->held,
      .test = &t->test,
      .smoke = {.on = t->y->smoke, .densities = t->o->densities, .t_k = t->y->smoke_t_k, .duration_ps = t->y->smoke_ps},
      .stop = asked_to_stop,
      .say = say_line,
      .ctx = &w};
  if (rc == VT_OK) rc = vt_card_write(t->comm, &c, &said, err);
  *stopped = said.stopped;
  t->failed = said.failed;
  (void)snprintf(t->why, sizeof t->why, "%s", said.why);
  vt_nep_free(m);
  vt_nep_free(start);
  if (rc == VT_OK && *stopped) vt__say(t, "%s: stopped in the smoke test; the same command repeats it", t->output);
  if (rc == VT_OK && said.failed)
    vt__say(t, "%s/nep.txt is written, but it failed %d of its checks: see README.md there", t->output, said.failed);
  return rc;
}
