/* opts.c - the command line, driven by a command's table of options. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/telemetry/telemetry.h"

/* What every command takes. */
static struct {
  int help, quiet, color, progress, debug;
} common;
static const vt_opt common_opt[] = {
    {"help", VT_OPT_FLAG, NULL, "this text", &common.help, 0, 0},
    {"quiet", VT_OPT_FLAG, NULL, "no progress", &common.quiet, 0, 0},
    {"color", VT_OPT_CHOICE, "auto|always|never", "colour in messages", &common.color, 0, 0},
    {"progress", VT_OPT_CHOICE, "auto|line|plain", "a line that rewrites itself, or a line a minute", &common.progress,
     0, 0},
    {"debug", VT_OPT_FLAG, NULL, "errors with their positions in the sources (or VITRION_DEBUG=1)", &common.debug, 0,
     0}};
enum { N_COMMON = sizeof common_opt / sizeof *common_opt };

static const vt_opt *option(const vt_usage *u, int i) { return i < u->n_opt ? &u->opt[i] : &common_opt[i - u->n_opt]; }

int vt_cli_n_options(const vt_usage *u) { return u->n_opt + N_COMMON; }
const vt_opt *vt_cli_option(const vt_usage *u, int i) { return option(u, i); }

/* ------------------------------------------------------------------ help */

static vt_usage_reader reader;
static void *reader_ctx;

void vt_cli_describe(vt_usage_reader read, void *ctx)
{
  reader = read;
  reader_ctx = ctx;
}

int vt_cli_described(const vt_usage *u)
{
  if (reader) reader(reader_ctx, u);
  return reader != NULL;
}

static void print_help(const vt_usage *u)
{
  vt_cli_say("usage: vitrion %s%s%s [options]\n\n%s\n\noptions:\n", u->name, *u->args ? " " : "", u->args, u->doc);
  for (int i = 0; i < u->n_opt + N_COMMON; i++) {
    const vt_opt *o = option(u, i);
    char left[64];
    (void)snprintf(left, sizeof left, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    vt_cli_say("  %-28s %s\n", left, o->doc);
  }
  printf("\nexample:\n  %s\n", u->example);
}

/* ------------------------------------------------------------------ values */

/* The index of `word` among the words of "a|b|c", or -1. */
static int choice_of(const char *words, const char *word)
{
  size_t n = strlen(word);
  for (int i = 0;; i++) {
    size_t l = strcspn(words, "|");
    if (l == n && memcmp(words, word, n) == 0) return i;
    if (!words[l]) return -1;
    words += l + 1;
  }
}

/* -1, or the exit code after a message. */
static int take_value(const vt_usage *u, const vt_opt *o, const char *value)
{
  int64_t k;
  double x;
  switch (o->type) {
  case VT_OPT_FLAG:
    *(int *)o->out = 1;
    return -1;
  case VT_OPT_TEXT:
    if (!*value) return vt_cli_usage_error(u, "--%s needs a value: %s", o->name, o->doc);
    *(const char **)o->out = value;
    return -1;
  case VT_OPT_INT:
    if (!vt_parse_i64(value, strlen(value), &k) || (double)k < o->lo || (double)k > o->hi)
      return vt_cli_usage_error(u, "--%s: expected a whole number from %.0f to %.0f, found '%s'", o->name, o->lo, o->hi,
                                value);
    *(int *)o->out = (int)k; /* fits: hi <= INT_MAX in every table */
    return -1;
  case VT_OPT_REAL:
    if (!vt_parse_f64(value, strlen(value), &x) || x < o->lo || x > o->hi)
      return vt_cli_usage_error(u, "--%s: expected a number from %g to %g, found '%s'", o->name, o->lo, o->hi, value);
    *(double *)o->out = x;
    return -1;
  case VT_OPT_CHOICE: {
    int i = choice_of(o->arg, value);
    if (i < 0) return vt_cli_usage_error(u, "--%s: expected one of %s, found '%s'", o->name, o->arg, value);
    *(int *)o->out = i;
    return -1;
  }
  }
  return VT_EXIT_FAIL;
}

vt_numerics vt_cli_numerics(int simd, int precision)
{
  return (vt_numerics){.simd = simd == VT_SIMD_AUTO ? (int32_t)vt_simd_best() : simd,
                       .precision = precision,
                       .format = VT_ENGINE_FORMAT};
}

int vt_cli_wall(const char *s, double *seconds)
{
  const int64_t most_days = 36500;
  int64_t days = 0, part[3] = {0};
  int n = 0;
  const char *dash = strchr(s, '-');
  if (dash && (!vt_parse_i64(s, (size_t)(dash - s), &days) || days < 0 || days > most_days)) return 0;
  if (dash) s = dash + 1;
  for (;;) {
    const char *colon = strchr(s, ':');
    size_t len = colon ? (size_t)(colon - s) : strlen(s);
    if (n == 3 || !vt_parse_i64(s, len, &part[n]) || part[n] < 0 || part[n] > most_days * 1440) return 0;
    n++;
    if (!colon) break;
    s = colon + 1;
  }
  int64_t hms = n == 3 || dash ? part[0] * 3600 + part[1] * 60 + part[2]
                : n == 2       ? part[0] * 60 + part[1]
                               : part[0] * 60;
  *seconds = (double)(days * 86400 + hms);
  return *seconds > 0;
}

/* ------------------------------------------------------------------ names */

const char *vt_cli_nearest(const char *word, const char *const *names, int n)
{
  enum { MOST_EDITS = 3 };
  const char *best = NULL;
  int least = MOST_EDITS + 1;
  for (int i = 0; i < n; i++) {
    int edits = vt_edit_distance(word, names[i], MOST_EDITS);
    /* a word that shares nothing but its length with the name is not a typing mistake */
    if (edits < least && 2 * (size_t)edits <= strlen(names[i])) best = names[i], least = edits;
  }
  return best;
}

static int unknown_option(const vt_usage *u, const char *name)
{
  const char *names[64];
  int n = 0;
  for (int i = 0; i < u->n_opt + N_COMMON && n < 64; i++) names[n++] = option(u, i)->name;
  const char *near = vt_cli_nearest(name, names, n);
  if (near) return vt_cli_usage_error(u, "unknown option '--%s', did you mean '--%s'?", name, near);
  return vt_cli_usage_error(u, "unknown option '--%s'", name);
}

/* ------------------------------------------------------------------ the line */

/* One option at argv[*i]; *i moves over a value that is a word of its own. */
static int take_option(vt_usage *u, int argc, char **argv, int *i)
{
  char name[64];
  const char *word = argv[*i] + 2, *equals = strchr(word, '=');
  size_t l = equals ? (size_t)(equals - word) : strlen(word);
  (void)snprintf(name, sizeof name, "%.*s", l < sizeof name ? (int)l : (int)sizeof name - 1, word);
  const vt_opt *o = NULL;
  int twice = 0;
  for (int k = 0; k < u->n_opt + N_COMMON && !o; k++) {
    if (strcmp(option(u, k)->name, name) != 0) continue;
    o = option(u, k);
    twice = (int)(u->given >> k & 1);
    u->given |= UINT64_C(1) << k;
  }
  if (!o) return unknown_option(u, name);
  if (o->type == VT_OPT_FLAG) {
    if (equals) return vt_cli_usage_error(u, "--%s takes no value", o->name);
    return take_value(u, o, NULL);
  }
  if (twice) return vt_cli_usage_error(u, "--%s is given twice: one of its values would be ignored", o->name);
  if (equals) return take_value(u, o, equals + 1);
  if (*i + 1 >= argc) return vt_cli_usage_error(u, "--%s needs a value: %s", o->name, o->doc);
  return take_value(u, o, argv[++*i]);
}

int vt_cli_parse(vt_usage *u, int argc, char **argv)
{
  int options_over = 0;
  if (vt_cli_described(u)) return VT_EXIT_OK;
  u->n_args = 0;
  u->given = 0;
  common.help = common.quiet = common.color = common.progress = common.debug = 0;
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    int code = -1;
    if (!options_over && strcmp(word, "--") == 0)
      options_over = 1;
    else if (!options_over && strcmp(word, "-h") == 0)
      common.help = 1;
    else if (!options_over && word[0] == '-' && word[1] == '-')
      code = take_option(u, argc, argv, &i);
    else if (!options_over && word[0] == '-' && word[1])
      code = vt_cli_usage_error(u, "unknown option '%s' (options are written --name)", word);
    else if (u->n_args < u->most_args)
      u->arg[u->n_args++] = word;
    else
      code = vt_cli_usage_error(u, "unexpected argument '%s'", word);
    if (code >= 0) return code;
  }
  if (common.quiet && common.progress != VT_PROGRESS_AUTO && !common.help)
    return vt_cli_usage_error(u, "--progress does nothing with --quiet");
  vt_cli_set(common.quiet, common.color);
  vt_progress_ask((vt_progress_shape)common.progress);
  const char *debug = getenv("VITRION_DEBUG");
  vt_err_show_positions(common.debug || (debug && strcmp(debug, "1") == 0));
  if (common.help) {
    print_help(u);
    return vt_cli_done(VT_EXIT_OK);
  }
  if (u->n_args < u->least_args)
    return vt_cli_usage_error(u, "%d of %d arguments given, expected: %s", u->n_args, u->least_args, u->args);
  return -1;
}

int vt_cli_given(const vt_usage *u, const char *name)
{
  for (int k = 0; k < u->n_opt; k++)
    if (strcmp(u->opt[k].name, name) == 0) return (int)(u->given >> k & 1);
  return 0;
}

int vt_cli_ignored(const vt_usage *u, int is_ignored, const char *names, const char *why)
{
  char name[64];
  while (is_ignored && *names) {
    const int n = (int)strcspn(names, "|");
    (void)snprintf(name, sizeof name, "%.*s", n, names);
    if (vt_cli_given(u, name)) return vt_cli_usage_error(u, "--%s %s", name, why);
    names += n + (names[n] == '|');
  }
  return -1;
}

/* ------------------------------------------------------------------ another program */

int vt_cli_driver(const vt_usage *u, const char *command, vt_driver *d)
{
  if (snprintf(d->command, sizeof d->command, "%s", command) >= (int)sizeof d->command)
    return vt_cli_usage_error(u, "--command: more than %d characters", VT_COMMAND - 1);
  if (!getcwd(d->dir, sizeof d->dir)) d->dir[0] = '\0';
  return -1;
}
