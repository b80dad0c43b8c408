/* json.c - what we need of jansson, without failure. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/cli/cli.h"

static json_t *need(json_t *v)
{
  if (v) return v;
  (void)fputs("vitrion: out of memory while writing JSON\n", stderr);
  exit(VT_EXIT_FAIL); /* the program, not a library: nothing is open but stdout */
}

static void done(int failed)
{
  if (failed) (void)need(NULL);
}

json_t *vt_json_object(void) { return need(json_object()); }
json_t *vt_json_array(void) { return need(json_array()); }
void vt_json_put(json_t *o, const char *key, json_t *v) { done(json_object_set_new(o, key, v)); }
void vt_json_add(json_t *a, json_t *v) { done(json_array_append_new(a, v)); }
json_t *vt_json_num(double x) { return need(isfinite(x) ? json_real(x) : json_null()); }
json_t *vt_json_int(int64_t x) { return need(json_integer(x)); }
json_t *vt_json_bool(int x) { return need(json_boolean(x)); }

json_t *vt_json_text(const char *s)
{
  json_t *v = json_string(s);
  if (v) return v;
  size_t n = strlen(s);
  void *p = NULL;
  if (vt_calloc64(&p, n + 1, 1, NULL) != VT_OK) return need(NULL);
  char *ascii = p;
  for (size_t i = 0; i < n; i++) ascii[i] = (unsigned char)s[i] < 0x80 ? s[i] : '?';
  v = json_string(ascii);
  vt_free(ascii);
  return need(v);
}

json_t *vt_json_nums(const double *x, size_t n)
{
  json_t *a = vt_json_array();
  for (size_t i = 0; i < n; i++) vt_json_add(a, vt_json_num(x[i]));
  return a;
}

void vt_json_est(json_t *o, const char *key, double x, double se)
{
  char key_se[64];
  (void)snprintf(key_se, sizeof key_se, "%s_se", key);
  vt_json_put(o, key, vt_json_num(x));
  vt_json_put(o, key_se, vt_json_num(isfinite(x) ? se : (double)NAN));
}

void vt_json_warn(json_t *o, const char *fmt, ...)
{
  char text[512];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  json_t *list = json_object_get(o, "warnings");
  if (!list) {
    list = vt_json_array();
    vt_json_put(o, "warnings", list);
  }
  vt_json_add(list, vt_json_text(text));
}

void vt_json_print(json_t *v, int one_line)
{
  done(json_dumpf(v, stdout, JSON_REAL_PRECISION(17) | (one_line ? JSON_COMPACT : JSON_INDENT(2))) && !ferror(stdout));
  (void)fputc('\n', stdout);
  json_decref(v);
}
