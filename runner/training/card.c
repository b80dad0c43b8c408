/* card.c - what is written about a training that has ended (runner/model_card). */
#include <stdio.h>
#include <string.h>

#include "runner/model_card/model_card.h"
#include "runner/training/training_impl.h"

static void say_line(void *ctx, const char *line) { vt__say(ctx, "%s", line); }

static vt_status best_model(const vt__trainer *t, vt_nep_model **m, vt_err *err)
{
  VT_PASS(vt_nep_copy(t->m, m, err));
  if (t->best) memcpy((*m)->numbers, t->best, (*m)->n_trained * sizeof *t->best); /* rank 0 */
  return VT_OK;
}

vt_status vt__trainer_card(vt__trainer *t, int *stopped, int *failed, vt_err *err)
{
  char potential[VT_PATH + 32], halt[VT_PATH + 32];
  vt_nep_model *m = NULL;
  vt_card_result said = {0};
  (void)snprintf(potential, sizeof potential, "%s/nep.txt", t->output);
  (void)snprintf(halt, sizeof halt, "%s/HALT", t->output);
  VT_PASS(vt_comm_agree(t->comm, best_model(t, &m, err), err));
  const vt_card c = {
      .folder = t->output,
      .potential = potential,
      .m = m,
      .y = t->y,
      .file = t->o->file,
      .curve = t->csv.s,
      .best_epoch = t->best_epoch,
      .identity = &t->identity,
      .train = &t->data,
      .held = &t->held,
      .test = &t->test,
      .smoke = {.on = t->y->smoke, .densities = t->o->densities, .t_k = t->y->smoke_t_k, .duration_ps = t->y->smoke_ps},
      .halt = halt,
      .say = say_line,
      .ctx = t};
  const vt_status rc = vt_card_write(t->comm, &c, &said, err);
  *stopped = said.stopped;
  *failed = said.failed;
  vt_nep_free(m);
  if (rc == VT_OK && *stopped) vt__say(t, "%s: stopped in the smoke test; the same command repeats it", t->output);
  if (rc == VT_OK && *failed)
    vt__say(t, "%s/nep.txt is written, but it failed %d of its checks: see README.md there", t->output, *failed);
  return rc;
}
