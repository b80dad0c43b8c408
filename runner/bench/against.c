/* against.c - `bench engine --against FILE`: this run beside the lines of an earlier one. */
#include <errno.h>
#include <string.h>

#include "runner/bench/bench_impl.h"

static const char *text_of(const vt_json *line, const char *key) { return vt_json_get_text(line, key, ""); }

static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* A line with a measurement, not one that compares two. */
static int is_measurement(const vt_json *line)
{
  return strcmp(text_of(line, "bench"), "engine") == 0 && !vt_json_get(line, "compare");
}

static vt_status take_line(const char *path, int n, const char *text, const char *cpu, vt_json *lines, vt_err *err)
{
  vt_json *line = NULL;
  if (text[strspn(text, " \t\r\n")] == '\0') return VT_OK;
  vt_status rc = vt_json_parse(text, strlen(text), &line, NULL);
  if (rc == VT_ENOMEM) VT_FAIL(err, rc, "no memory for line %d of '%s'", n, path);
  if (!vt_json_is_object(line)) {
    vt_json_free(line);
    return vt_err_user(err, VT_EPARSE, path, n, 0,
                       "expected one JSON object a line, as `vitrion bench engine` prints them");
  }
  if (!is_measurement(line)) {
    vt_json_free(line);
    return VT_OK;
  }
  vt_json_add(lines, line);
  if (strcmp(text_of(line, "cpu"), cpu) != 0)
    return vt_err_user(err, VT_EINVAL, path, n, 0, "speeds of two processors cannot be compared; this line is from: %s",
                       text_of(line, "cpu"));
  return VT_OK;
}

vt_status vt__bench_against_open(const char *path, const char *cpu, vt_json **lines, vt_err *err)
{
  enum { LONGEST = 65536 };
  char text[LONGEST];
  vt_status rc = VT_OK;
  FILE *f = fopen(path, "r");
  *lines = NULL;
  if (!f) return vt_err_user(err, VT_EINVAL, path, 0, 0, "cannot be read: %s", strerror(errno));
  *lines = vt_json_array();
  for (int n = 1; rc == VT_OK && fgets(text, sizeof text, f); n++) rc = take_line(path, n, text, cpu, *lines, err);
  if (rc == VT_OK && vt_json_size(*lines) == 0)
    rc = vt_err_user(err, VT_EPARSE, path, 1, 0, "no line of `vitrion bench engine` in this file");
  (void)fclose(f);
  return rc;
}

static int is_same_case(const vt_json *a, const vt_json *b)
{
  static const char *const files[] = {"potential", "structure"}, *const words[] = {"precision", "simd", "kernel",
                                                                                   "clock"};
  int same = vt_json_get_int(a, "n_atoms", 0) == vt_json_get_int(b, "n_atoms", 0) &&
             vt_json_get_int(a, "threads", 1) == vt_json_get_int(b, "threads", 1);
  for (int k = 0; k < 2; k++) same &= strcmp(base_name(text_of(a, files[k])), base_name(text_of(b, files[k]))) == 0;
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    same &= strcmp(text_of(a, words[k]), text_of(b, words[k])) == 0;
  return same;
}

static double bench_against_ratio(const vt_json *now, const vt_json *then, const char *key)
{
  return vt_json_get_num(now, key, 0) / vt_json_get_num(then, key, 0);
}

vt_status vt__bench_against_print(const vt_json *lines, const vt_json *now, FILE *out, vt_err *err)
{
  static const char *const copied[] = {"potential", "structure", "precision", "simd", "kernel", "cpu", "build"};
  for (size_t i = 0; i < vt_json_size(lines); i++) {
    const vt_json *then = vt_json_at(lines, i);
    if (!is_same_case(now, then)) continue;
    vt_json *j = vt_json_object();
    vt_json_put(j, "bench", vt_json_text("engine"));
    vt_json_put(j, "compare", vt_json_bool(1));
    for (size_t k = 0; k < sizeof copied / sizeof *copied; k++)
      vt_json_put(j, copied[k], vt_json_text(text_of(now, copied[k])));
    vt_json_put(j, "against_build", vt_json_text(text_of(then, "build")));
    vt_json_put(j, "n_atoms", vt_json_int(vt_json_get_int(now, "n_atoms", 0)));
    vt_json_put(j, "threads", vt_json_int(vt_json_get_int(now, "threads", 1)));
    vt_json_put(j, "ratio_median", vt_json_num(bench_against_ratio(now, then, "atom_steps_per_s_median")));
    vt_json_put(j, "ratio_best", vt_json_num(bench_against_ratio(now, then, "atom_steps_per_s_best")));
    VT_PASS(vt__bench_print(j, out, err));
  }
  return VT_OK;
}
