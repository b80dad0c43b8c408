/* write.c - models, train.csv, test.json. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/model_card/model_card.h"
#include "runner/training/training_impl.h"

void vt__say(const vt__trainer *t, const char *fmt, ...)
{
  char line[1000];
  va_list ap;
  int at = 0;
  if (!t->o->say || vt_comm_rank(t->comm) != 0 || t->quiet) return;
  if (t->y && t->y->seeds > 1) at = snprintf(line, sizeof line, "seed %llu: ", (unsigned long long)t->seed);
  va_start(ap, fmt);
  (void)vsnprintf(line + at, sizeof line - (size_t)at, fmt, ap);
  va_end(ap);
  t->o->say(t->o->ctx, line);
}

static vt_status replace(const vt__trainer *t, const char *name, const vt_buf *b, vt_err *err)
{
  char path[VT_PATH + 32];
  VT_PASS(vt_buf_check(b, err));
  (void)snprintf(path, sizeof path, "%s/%s", t->output, name);
  return vt_file_publish(path, b->s, b->len, err);
}

/* t->m with other numbers. */
static vt_status with_numbers(const vt__trainer *t, const double *numbers, vt_nep_model **m, vt_err *err)
{
  VT_PASS(vt_nep_copy(t->m, m, err));
  memcpy((*m)->numbers, numbers, (*m)->n_trained * sizeof *numbers);
  return VT_OK;
}

vt_status vt__write_model(vt__trainer *t, const char *name, const double *numbers, vt_err *err)
{
  vt_nep_model *m = NULL;
  vt_buf b = {0};
  VT_PASS(with_numbers(t, numbers, &m, err));
  vt_nep_write(m, &b);
  const vt_status rc = replace(t, name, &b, err);
  vt_buf_free(&b);
  vt_nep_free(m);
  return rc;
}

static void put_errors(vt_buf *b, const vt__errors *e)
{
  vt_buf_printf(b, ",%.6g,%.6g,%.6g,%.6g,%.6g", e->loss, 1e3 * e->energy, 1e3 * e->force, 1e3 * e->virial,
                1e3 * e->mean_virial);
}

vt_status vt__write_epoch(vt__trainer *t, const vt__errors *trained, const vt__errors *held, double rate, vt_err *err)
{
  static const char *const of[] = {"train", "validation"};
  if (t->csv.len == 0) {
    vt_buf_printf(&t->csv, "seed,epoch,learning_rate");
    for (int k = 0; k < 2; k++)
      vt_buf_printf(&t->csv, ",%s_loss,%s_energy_meV_atom,%s_force_meV_A,%s_virial_meV_atom,%s_mean_virial_meV_atom",
                    of[k], of[k], of[k], of[k], of[k]);
    vt_buf_printf(&t->csv, ",seconds\n");
  }
  vt_buf_printf(&t->csv, "%llu,%lld,%.6g", (unsigned long long)t->seed, (long long)t->epoch + 1, rate);
  put_errors(&t->csv, trained);
  put_errors(&t->csv, held);
  vt_buf_printf(&t->csv, ",%.3f\n", vt_now_s() - t->began_s);
  VT_PASS(replace(t, "train.csv", &t->csv, err));
  VT_PASS(vt__write_model(t, "nep_last.txt", t->m->numbers, err));
  VT_PASS(vt__write_model(t, "nep_average.txt", t->adam.average, err));
  if (t->best_epoch == t->epoch + 1) VT_PASS(vt__write_model(t, "nep.txt", t->best, err));
  return VT_OK;
}

vt_status vt__write_test(vt__trainer *t, vt_err *err)
{
  enum { INDENT = 2 };
  vt_nep_model *m = NULL;
  vt_json *v = NULL;
  vt_buf b = {0}, text = {0};
  if (t->test.n == 0) return VT_OK;
  vt_status rc = with_numbers(t, t->best, &m, err);
  if (rc == VT_OK) rc = vt_validate(m, &t->test, &v, err);
  if (rc == VT_OK) rc = vt_json_dump(v, INDENT, &b, err);
  if (rc == VT_OK) {
    vt_buf_printf(&b, "\n");
    rc = replace(t, "test.json", &b, err);
    vt_validate_text(v, &text);
    if (rc == VT_OK) vt__say(t, "test: %s", text.s ? text.s : "");
  }
  vt_json_free(v);
  vt_buf_free(&b);
  vt_buf_free(&text);
  vt_nep_free(m);
  return rc;
}
