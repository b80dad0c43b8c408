/* write.c - models, train.csv, test.json. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static vt_status text_of(const vt__trainer *t, const double *numbers, vt_buf *b, vt_err *err)
{
  vt_nep_model *m = NULL;
  VT_PASS(with_numbers(t, numbers, &m, err));
  vt_nep_write(m, b);
  vt_nep_free(m);
  return VT_OK;
}

vt_status vt__write_model(vt__trainer *t, const char *name, const double *numbers, vt_err *err)
{
  vt_buf b = {0};
  VT_PASS(text_of(t, numbers, &b, err));
  const vt_status rc = replace(t, name, &b, err);
  vt_buf_free(&b);
  return rc;
}

/* A cell of train.csv; empty: not known. */
static void put_number(vt_buf *b, double x)
{
  vt_buf_printf(b, ",");
  if (isfinite(x)) vt_buf_printf(b, "%.6g", x);
}

static void put_errors(vt_buf *b, const vt__errors *e)
{
  const double to_milli = 1e3;
  const double row[] = {e ? e->loss : (double)NAN, e ? to_milli * e->energy : (double)NAN,
                        e ? to_milli * e->force : (double)NAN, e ? to_milli * e->virial : (double)NAN,
                        e ? to_milli * e->mean_virial : (double)NAN};
  for (size_t k = 0; k < sizeof row / sizeof *row; k++) put_number(b, row[k]);
}

const char *vt__phase_name(int64_t phase)
{
  static const char *const name[] = {[VT__NEVER] = "never",
                                     [VT__START] = "start",
                                     [VT__EPOCHS] = "epochs",
                                     [VT__FINISH] = "finish",
                                     [VT__REJECTED] = "rejected"};
  return name[phase];
}

const char *vt__when_text(vt__when at, char text[64])
{
  if (at.phase == VT__FINISH || at.phase == VT__REJECTED)
    (void)snprintf(text, 64, "step %lld of all data", (long long)at.n);
  else if (at.phase == VT__EPOCHS)
    (void)snprintf(text, 64, "epoch %lld", (long long)at.n);
  else
    (void)snprintf(text, 64, "%s", at.phase == VT__START ? "the start" : "none");
  return text;
}

void vt__add_row(vt__trainer *t, vt__when at, double rate, const vt__errors *trained, const vt__errors *held)
{
  static const char *const of[] = {"train", "validation"};
  if (t->csv.len == 0) {
    vt_buf_printf(&t->csv, "seed,phase,epoch,learning_rate");
    for (int k = 0; k < 2; k++)
      vt_buf_printf(&t->csv, ",%s_loss,%s_energy_meV_atom,%s_force_meV_A,%s_virial_meV_atom,%s_mean_virial_meV_atom",
                    of[k], of[k], of[k], of[k], of[k]);
    vt_buf_printf(&t->csv, ",seconds\n");
  }
  vt_buf_printf(&t->csv, "%llu,%s,%lld", (unsigned long long)t->seed, vt__phase_name(at.phase), (long long)at.n);
  put_number(&t->csv, rate);
  put_errors(&t->csv, trained);
  put_errors(&t->csv, held);
  vt_buf_printf(&t->csv, ",%.3f\n", t->before_s + vt_now_s() - t->began_s);
}

vt_status vt__write_table(vt__trainer *t, vt_err *err) { return replace(t, "train.csv", &t->csv, err); }

vt_status vt__write_state(vt__trainer *t, int is_best, vt_err *err)
{
  static const char *const name[] = {"nep_last.txt", "nep_average.txt", "nep.txt"};
  const double *const numbers[] = {t->m->numbers, t->adam.average, t->best};
  vt_buf b = {0};
  VT_PASS(vt__write_table(t, err));
  vt_status rc = VT_OK;
  for (int k = 0; k < (is_best ? 3 : 2) && rc == VT_OK; k++) { /* the same text is not made twice: others wait */
    if (k == 0 || memcmp(numbers[k], numbers[k - 1], t->m->n_trained * sizeof **numbers) != 0) {
      vt_buf_free(&b);
      rc = text_of(t, numbers[k], &b, err);
    }
    if (rc == VT_OK) rc = replace(t, name[k], &b, err);
  }
  vt_buf_free(&b);
  return rc;
}

/* 1 if the file holds these bytes; one that cannot be read does not. */
static int holds(const vt__trainer *t, const char *name, const vt_buf *b)
{
  char path[VT_PATH + 32], *data = NULL;
  size_t n = 0;
  (void)snprintf(path, sizeof path, "%s/%s", t->output, name);
  if (access(path, F_OK) != 0 || vt_file_read(path, VT_NEP_MOST_BYTES, &data, &n, NULL) != VT_OK) return 0;
  const int same = n == b->len && memcmp(data, b->s, n) == 0;
  vt_free(data);
  return same;
}

static vt_status again(const vt__trainer *t, const char *name, const vt_buf *b, vt_err *err)
{
  VT_PASS(vt_buf_check(b, err));
  if (holds(t, name, b)) return VT_OK;
  vt__say(t, "%s/%s is not what the state of the training holds: written again", t->output, name);
  return replace(t, name, b, err);
}

vt_status vt__write_again(vt__trainer *t, vt_err *err)
{
  static const char *const name[] = {"nep_last.txt", "nep_average.txt", "nep.txt"};
  const double *const numbers[] = {t->m->numbers, t->adam.average, t->best};
  vt_status rc = again(t, "train.csv", &t->csv, err);
  for (int k = 0; k < 3 && rc == VT_OK; k++) {
    vt_nep_model *m = NULL;
    vt_buf b = {0};
    rc = with_numbers(t, numbers[k], &m, err);
    if (rc == VT_OK) {
      vt_nep_write(m, &b);
      rc = again(t, name[k], &b, err);
    }
    vt_buf_free(&b);
    vt_nep_free(m);
  }
  return rc;
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
