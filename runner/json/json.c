/* json.c - JSON by jansson.  A vt_json is a json_t; every allocation of jansson goes through `take`, which remembers a
 * failure for as long as anything lives that may lack something. */
#include "runner/json/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ memory */

static struct {
  int installed;
  size_t live; /* blocks */
  int failed;  /* one could not be had since the last time that none lived */
} memory;

static void *json_take(size_t n)
{
  void *p = malloc(n);
  if (p)
    memory.live++;
  else
    memory.failed = 1;
  return p;
}

static void give_back(void *p)
{
  if (!p) return;
  free(p);
  if (--memory.live == 0) memory.failed = 0;
}

/* Before anything that allocates. */
static void install(void)
{
  if (!memory.installed) json_set_alloc_funcs(json_take, give_back);
  memory.installed = 1;
}

static json_t *j_of(vt_json *v) { return (json_t *)v; }
static const json_t *cj_of(const vt_json *v) { return (const json_t *)v; }
static vt_json *v_of(json_t *j) { return (vt_json *)j; }

/* ------------------------------------------------------------------ building */

vt_json *vt_json_object(void)
{
  install();
  return v_of(json_object());
}

vt_json *vt_json_array(void)
{
  install();
  return v_of(json_array());
}

vt_json *vt_json_null(void) { return v_of(json_null()); }
vt_json *vt_json_bool(int x) { return v_of(json_boolean(x)); }

vt_json *vt_json_int(int64_t x)
{
  install();
  return v_of(json_integer(x));
}

vt_json *vt_json_num(double x)
{
  install();
  return v_of(isfinite(x) ? json_real(x) : json_null());
}

vt_json *vt_json_textn(const char *s, size_t n)
{
  install();
  json_t *j = json_stringn(s, n);
  if (j || memory.failed) return v_of(j);
  char *ascii = json_take(n + 1);
  for (size_t i = 0; ascii && i < n; i++) ascii[i] = (unsigned char)s[i] < 0x80 ? s[i] : '?';
  j = ascii ? json_stringn(ascii, n) : NULL;
  give_back(ascii);
  return v_of(j);
}

vt_json *vt_json_text(const char *s) { return s ? vt_json_textn(s, strlen(s)) : vt_json_null(); }

vt_json *vt_json_nums(const double *x, size_t n)
{
  vt_json *a = vt_json_array();
  for (size_t i = 0; i < n; i++) vt_json_add(a, vt_json_num(x[i]));
  return a;
}

vt_json *vt_json_interval(double lo, double hi) { return vt_json_nums((const double[]){lo, hi}, 2); }

vt_json *vt_json_lines(const char *text)
{
  vt_json *a = vt_json_array();
  for (const char *at = text; at && *at;) {
    const size_t n = strcspn(at, "\n");
    vt_json_add(a, vt_json_textn(at, n));
    at += n + (at[n] == '\n');
  }
  return a;
}

vt_json *vt_json_share(const vt_json *v)
{
  const json_t *j = cj_of(v);
  /* NOLINTNEXTLINE(performance-no-int-to-ptr): away with const: only the count of owners changes */
  return v_of(json_incref((json_t *)(uintptr_t)j));
}

/* Both fail only where an allocation failed, here or when v was made. */
void vt_json_put(vt_json *o, const char *key, vt_json *v) { (void)json_object_set_new(j_of(o), key, j_of(v)); }
void vt_json_add(vt_json *a, vt_json *v) { (void)json_array_append_new(j_of(a), j_of(v)); }

void vt_json_est(vt_json *o, const char *key, double x, double se)
{
  char key_se[64];
  (void)snprintf(key_se, sizeof key_se, "%s_se", key);
  vt_json_put(o, key, vt_json_num(x));
  vt_json_put(o, key_se, vt_json_num(isfinite(x) ? se : (double)NAN));
}

void vt_json_warn(vt_json *at, const char *fmt, ...)
{
  char text[512];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  json_t *list = j_of(at);
  if (json_is_object(list)) {
    list = json_object_get(j_of(at), "warnings");
    if (!list) vt_json_put(at, "warnings", v_of(list = json_array()));
  }
  vt_json_add(v_of(list), vt_json_text(text));
}

void vt_json_free(vt_json *v) { json_decref(j_of(v)); }

/* ------------------------------------------------------------------ writing */

static int add_to_buf(const char *s, size_t n, void *buf)
{
  vt_buf *b = buf;
  vt_buf_add(b, s, n);
  return b->failed ? -1 : 0;
}

vt_status vt_json_dump(const vt_json *v, int indent, vt_buf *out, vt_err *err)
{
  const size_t flags = JSON_REAL_PRECISION(17) | (indent > 0 ? JSON_INDENT((size_t)indent) : JSON_COMPACT);
  if (!v || memory.failed || json_dump_callback(cj_of(v), add_to_buf, out, flags) != 0)
    VT_FAIL(err, VT_ENOMEM, "out of memory while writing JSON");
  return vt_buf_check(out, err);
}

vt_status vt_json_print(const vt_json *v, int indent, FILE *f, vt_err *err)
{
  vt_buf text = {0};
  vt_status rc = vt_json_dump(v, indent, &text, err);
  if (rc == VT_OK) {
    vt_buf_add(&text, "\n", 1);
    rc = vt_buf_check(&text, err);
  }
  if (rc == VT_OK && fwrite(text.s, 1, text.len, f) != text.len)
    rc = vt_err_set(err, VT_EIO, __FILE__, __LINE__, "JSON cannot be written");
  vt_buf_free(&text);
  return rc;
}

/* ------------------------------------------------------------------ reading */

vt_status vt_json_parse(const char *text, size_t n, vt_json **v, vt_err *err)
{
  json_error_t bad;
  install();
  *v = v_of(json_loadb(text, n, JSON_REJECT_DUPLICATES, &bad));
  if (*v) return VT_OK;
  if (json_error_code(&bad) == json_error_out_of_memory) VT_FAIL(err, VT_ENOMEM, "out of memory while reading JSON");
  VT_FAIL(err, VT_EPARSE, "line %d, column %d: %s", bad.line, bad.column, bad.text);
}

int vt_json_is_object(const vt_json *v) { return json_is_object(cj_of(v)); }
const vt_json *vt_json_get(const vt_json *o, const char *key) { return v_of(json_object_get(cj_of(o), key)); }
const vt_json *vt_json_at(const vt_json *a, size_t i) { return v_of(json_array_get(cj_of(a), i)); }
size_t vt_json_size(const vt_json *a) { return json_array_size(cj_of(a)); }

const char *vt_json_get_text(const vt_json *o, const char *key, const char *otherwise)
{
  const char *s = json_string_value(json_object_get(cj_of(o), key));
  return s ? s : otherwise;
}

double vt_json_get_num(const vt_json *o, const char *key, double otherwise)
{
  const json_t *j = json_object_get(cj_of(o), key);
  return json_is_number(j) ? json_number_value(j) : otherwise;
}

int64_t vt_json_get_int(const vt_json *o, const char *key, int64_t otherwise)
{
  const json_t *j = json_object_get(cj_of(o), key);
  return json_is_integer(j) ? json_integer_value(j) : otherwise;
}
