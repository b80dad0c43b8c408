/* input.c - the input of a program: a template with the frame in it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/labelling/labelling_impl.h"

static int span_is(vt_span w, const char *name) { return strlen(name) == w.n && memcmp(name, w.s, w.n) == 0; }

static const vt_method_element *element_of(const vt_method *m, const char *symbol)
{
  for (int e = 0; e < m->n_elements; e++)
    if (strcmp(m->element[e].symbol, symbol) == 0) return &m->element[e];
  return NULL;
}

/* 1: the first atom of its element. */
static int is_first(const vt_structure *s, int i)
{
  for (int j = 0; j < i; j++)
    if (strcmp(s->symbol[j], s->symbol[i]) == 0) return 0;
  return 1;
}

static void put_vector(vt_buf *b, const double x[3]) { vt_buf_printf(b, "%.10f %.10f %.10f", x[0], x[1], x[2]); }

/* The largest of a key over the frame's elements. */
static vt_status put_largest(const vt_method *m, const vt_structure *s, int key, vt_buf *b, vt_err *err)
{
  double most = -HUGE_VAL;
  const char *text = "";
  for (int i = 0; i < s->n; i++) {
    if (!is_first(s, i)) continue;
    const vt_method_element *e = element_of(m, s->symbol[i]);
    const char *value = e ? e->value[key] : "";
    double x = 0;
    if (!vt_parse_f64(value, strlen(value), &x))
      VT_FAIL(err, VT_EDRIVER, "{%s} needs a number for %s in batch.elements, found '%s'", m->key[key], s->symbol[i],
              value);
    if (x > most) most = x, text = value;
  }
  vt_buf_printf(b, "%s", text);
  return VT_OK;
}

static vt_status put_kind(const vt_method *m, const char *symbol, vt_buf *b, vt_err *err)
{
  const vt_method_element *e = element_of(m, symbol);
  size_t at = 0, from = 0, done = 0;
  vt_span word;
  for (; vt_method_place(m->kind, &at, &from, &word); done = at) {
    vt_buf_add(b, m->kind + done, from - done);
    const int key = vt_method_key(m, word);
    const char *value = span_is(word, "element") ? symbol : e && key >= 0 ? e->value[key] : "";
    if (!value[0]) VT_FAIL(err, VT_EDRIVER, "batch.elements gives no {%.*s} for %s", (int)word.n, word.s, symbol);
    vt_buf_printf(b, "%s", value);
  }
  vt_buf_printf(b, "%s", m->kind + done);
  return VT_OK;
}

static vt_status put_place(const vt_method *m, const vt_structure *s, const char *name, vt_span w, vt_buf *b,
                           vt_err *err)
{
  static const char *const axis[3] = {"a", "b", "c"};
  const int key = vt_method_key(m, w);
  int n_elements = 0;
  for (int k = 0; k < 3; k++)
    if (span_is(w, axis[k])) put_vector(b, s->cell.h[k]);
  for (int i = 0; i < s->n; i++) n_elements += is_first(s, i);
  if (span_is(w, "name")) vt_buf_printf(b, "%s", name);
  if (span_is(w, "n_atoms")) vt_buf_printf(b, "%d", s->n);
  if (span_is(w, "n_elements")) vt_buf_printf(b, "%d", n_elements);
  for (int k = 0; k < 3 && span_is(w, "cell"); k++) {
    put_vector(b, s->cell.h[k]);
    if (k < 2) vt_buf_add(b, "\n", 1);
  }
  for (int i = 0; i < s->n && span_is(w, "coordinates"); i++) {
    vt_buf_printf(b, "%s%s ", i ? "\n" : "", s->symbol[i]);
    put_vector(b, s->x[i]);
  }
  for (int i = 0; i < s->n && span_is(w, "kinds"); i++)
    if (is_first(s, i)) VT_PASS(put_kind(m, s->symbol[i], b, err));
  return key >= 0 ? put_largest(m, s, key, b, err) : VT_OK;
}

vt_status vt__label_input(const vt_method *m, const vt_structure *s, const char *name, vt_buf *out, vt_err *err)
{
  size_t at = 0, from = 0, done = 0;
  vt_span word;
  for (; vt_method_place(m->text, &at, &from, &word); done = at) {
    vt_buf_add(out, m->text + done, from - done);
    VT_PASS(put_place(m, s, name, word, out, err));
  }
  vt_buf_printf(out, "%s", m->text + done);
  return vt_buf_check(out, err);
}
