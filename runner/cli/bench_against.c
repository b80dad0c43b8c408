/* bench_against.c - `bench engine --against FILE`: this run beside the lines of an earlier one. */
#include <errno.h>
#include <string.h>

#include "runner/cli/bench_engine.h"

static const char *text_of(const json_t *line, const char *key)
{
  const char *s = json_string_value(json_object_get(line, key));
  return s ? s : "";
}

static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* A line with a measurement, not one that compares two. */
static int is_measurement(const json_t *line)
{
  return strcmp(text_of(line, "bench"), "engine") == 0 && !json_object_get(line, "compare");
}

static int bad(const char *path, size_t line, const char *what, const char *value)
{
  (void)fprintf(stderr, "vitrion bench engine: --against %s:%zu: %s%s\n", path, line, what, value);
  return VT_EXIT_USAGE;
}

static int read_lines(const char *path, FILE *f, const char *cpu, json_t *lines)
{
  enum { LONGEST = 65536 };
  char text[LONGEST];
  for (size_t n = 1; fgets(text, sizeof text, f); n++) {
    json_error_t e;
    if (text[strspn(text, " \t\r\n")] == '\0') continue;
    json_t *line = json_loads(text, 0, &e);
    if (!json_is_object(line)) {
      json_decref(line);
      return bad(path, n, "expected one JSON object a line, as this command prints them", "");
    }
    if (!is_measurement(line)) {
      json_decref(line);
      continue;
    }
    vt_json_add(lines, line);
    if (strcmp(text_of(line, "cpu"), cpu) != 0)
      return bad(path, n, "speeds of two processors do not compare; this line is from: ", text_of(line, "cpu"));
  }
  if (json_array_size(lines) == 0) return bad(path, 1, "no line of `bench engine` in this file", "");
  return -1;
}

int vt_bench_against_open(const char *path, const char *cpu, json_t **lines)
{
  FILE *f = fopen(path, "r");
  *lines = NULL;
  if (!f) {
    (void)fprintf(stderr, "vitrion bench engine: --against: cannot read '%s': %s\n", path, strerror(errno));
    return VT_EXIT_USAGE;
  }
  *lines = vt_json_array();
  const int code = read_lines(path, f, cpu, *lines);
  (void)fclose(f);
  return code;
}

static int is_same_case(const json_t *a, const json_t *b)
{
  static const char *const files[] = {"potential", "structure"}, *const words[] = {"precision", "simd", "kernel"};
  int same = json_integer_value(json_object_get(a, "n_atoms")) == json_integer_value(json_object_get(b, "n_atoms"));
  for (int k = 0; k < 2; k++) same &= strcmp(base_name(text_of(a, files[k])), base_name(text_of(b, files[k]))) == 0;
  for (int k = 0; k < 3; k++) same &= strcmp(text_of(a, words[k]), text_of(b, words[k])) == 0;
  return same;
}

static double ratio(const json_t *now, const json_t *then, const char *key)
{
  return json_number_value(json_object_get(now, key)) / json_number_value(json_object_get(then, key));
}

void vt_bench_against_print(const json_t *lines, const json_t *now)
{
  static const char *const copied[] = {"potential", "structure", "precision", "simd", "kernel", "cpu", "build"};
  for (size_t i = 0; i < json_array_size(lines); i++) {
    const json_t *then = json_array_get(lines, i);
    if (!is_same_case(now, then)) continue;
    json_t *j = vt_json_object();
    vt_json_put(j, "bench", vt_json_text("engine"));
    vt_json_put(j, "compare", vt_json_bool(1));
    for (size_t k = 0; k < sizeof copied / sizeof *copied; k++)
      vt_json_put(j, copied[k], vt_json_text(text_of(now, copied[k])));
    vt_json_put(j, "against_build", vt_json_text(text_of(then, "build")));
    vt_json_put(j, "n_atoms", vt_json_int(json_integer_value(json_object_get(now, "n_atoms"))));
    vt_json_put(j, "ratio_median", vt_json_num(ratio(now, then, "atom_steps_per_s_median")));
    vt_json_put(j, "ratio_best", vt_json_num(ratio(now, then, "atom_steps_per_s_best")));
    vt_json_print(j, 1);
  }
  (void)fflush(stdout);
}
