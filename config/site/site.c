/* site.c - site.yaml: what a cluster wants in batch jobs.  Every key is a row of one table. */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config_impl.h"

enum { MOST_BYTES = 1 << 16, MOST_CORES = 4096, MOST_RANKS = 1000000, MOST_HOURS = 24 * 366 };

typedef struct reader {
  vt_site *s;
  vt_diags *d;
  const vt__yaml *y;
} reader;

typedef struct site_key {
  const char *name, *takes, *doc;
  void (*read)(reader *r, int node, const struct site_key *k); /* NULL: the version */
  size_t at;                                                   /* in vt_site */
  int most;
} site_key;

static void wrong(reader *r, int node, const site_key *k, const char *what)
{
  vt__diag_error(r->d, r->y->node[node].at, k->name, "%s, expected %s", what, k->takes);
}

/* ------------------------------------------------------------------ values */

/* Words of a shell that need no quotes. */
static int is_plain(const char *s, const char *more)
{
  for (; *s; s++)
    if (!isalnum((unsigned char)*s) && !strchr("._-+,:@/", *s) && !strchr(more, *s)) return 0;
  return 1;
}

/* Text of a scalar, "" for nothing; NULL and a mistake. */
static const char *text_of(reader *r, int node, const site_key *k, size_t cap)
{
  const vt__yaml_node *at = &r->y->node[node];
  const char *s = vt__yaml_text(r->y, node);
  char what[120];
  if (at->kind != VT__SCALAR) {
    wrong(r, node, k, at->kind == VT__SEQ ? "a list" : "a section");
    return NULL;
  }
  if (vt__yaml_is_null(r->y, node)) return "";
  if (strlen(s) < cap) return s;
  (void)snprintf(what, sizeof what, "more than %zu characters", cap - 1);
  wrong(r, node, k, what);
  return NULL;
}

static void read_word(reader *r, int node, const site_key *k)
{
  char what[160];
  const char *s = text_of(r, node, k, VT_NAME);
  if (!s) return;
  if (!is_plain(s, "") || s[0] == '-') {
    (void)snprintf(what, sizeof what, "'%.80s' is no name of one", s);
    wrong(r, node, k, what);
  } else
    memcpy((char *)r->s + k->at, s, strlen(s) + 1);
}

static void read_launcher(reader *r, int node, const site_key *k)
{
  const char *s = text_of(r, node, k, VT_COMMAND);
  if (!s) return;
  if (!is_plain(s, " ="))
    wrong(r, node, k, "quotes and other signs of the shell mean nothing here (put what needs them into a script)");
  else
    memcpy(r->s->launcher, s, strlen(s) + 1);
}

static void read_int(reader *r, int node, const site_key *k)
{
  int64_t x = 0;
  char what[160];
  const char *s = text_of(r, node, k, VT_NAME);
  if (!s) return;
  if (*s && (!vt_parse_i64(s, strlen(s), &x) || x < 1 || x > k->most)) {
    (void)snprintf(what, sizeof what, "'%.70s' is not from 1 to %d", s, k->most);
    wrong(r, node, k, what);
  } else {
    int *out = (int *)(void *)((char *)r->s + k->at);
    *out = (int)x;
  }
}

static void read_hours(reader *r, int node, const site_key *k)
{
  const double hour_s = 3600;
  double h = 0;
  char why[300], what[160];
  const char *s = text_of(r, node, k, VT_NAME);
  if (!s) return;
  if (*s && !vt_parse_f64(s, strlen(s), &h) && !vt__quantity_parse(s, strlen(s), "h", &h, why, sizeof why))
    wrong(r, node, k, why);
  else if (*s && !(h * hour_s >= 300 && h <= k->most)) {
    (void)snprintf(what, sizeof what, "'%.70s' is not from 5 min to %d h", s, k->most);
    wrong(r, node, k, what);
  } else
    r->s->most_s = h * hour_s;
}

static void read_module(reader *r, int node, const site_key *k)
{
  char what[160];
  const char *s = text_of(r, node, k, VT_NAME);
  if (!s || !*s) return;
  if (!is_plain(s, "") || s[0] == '-') {
    (void)snprintf(what, sizeof what, "'%.80s' is no name of a module", s);
    wrong(r, node, k, what);
  } else if (r->s->n_modules == VT_SITE_MODULES) {
    (void)snprintf(what, sizeof what, "more than %d modules", VT_SITE_MODULES);
    wrong(r, node, k, what);
  } else
    memcpy(r->s->module[r->s->n_modules++], s, strlen(s) + 1);
}

static void read_modules(reader *r, int node, const site_key *k)
{
  r->s->n_modules = 0;
  if (r->y->node[node].kind == VT__SEQ)
    for (int i = vt__yaml_first(r->y, node); i; i = vt__yaml_next(r->y, node, i)) read_module(r, i, k);
  else
    read_module(r, node, k);
}

#define AT(member) offsetof(vt_site, member)
static const site_key keys[] = {
    {"vitrion_site", "1", "version of this format; may be left out", NULL, 0, 0},
    {"partition", "the name of a partition", "sbatch --partition", read_word, AT(partition), 0},
    {"account", "the name of an account", "sbatch --account", read_word, AT(account), 0},
    {"qos", "the name of a quality of service", "sbatch --qos", read_word, AT(qos), 0},
    {"modules", "a list of names", "`module load` in the batch script, before anything else", read_modules, 0, 0},
    {"cores_per_node", "a whole number", "ranks on one node at most; jobs of several nodes fill their nodes", read_int,
     AT(cores_per_node), MOST_CORES},
    {"most_ranks", "a whole number", "ranks of one job; a job that wants more is cut to it", read_int, AT(most_ranks),
     MOST_RANKS},
    {"most_hours", "hours, as 24 or 24 h", "time limit of one job; a job that needs more is cut to it and requeued",
     read_hours, 0, MOST_HOURS},
    {"launcher", "a command between blanks, as srun --mpi=pmi2",
     "what starts the program on all ranks (srun --mpi=pmi2 --kill-on-bad-exit=0 --wait=0)", read_launcher, 0, 0}};
enum { N_KEYS = sizeof keys / sizeof *keys };

void vt_site_each(void (*each)(void *ctx, const char *key, const char *takes, const char *meaning), void *ctx)
{
  for (int k = 0; k < N_KEYS; k++) each(ctx, keys[k].name, keys[k].takes, keys[k].doc);
}

/* ------------------------------------------------------------------ a file */

static void read_key(reader *r, int key)
{
  const char *word = vt__yaml_text(r->y, key);
  char hint[100];
  vt__nearest near = vt__nearest_to(word);
  for (int k = 0; k < N_KEYS; k++) {
    vt__nearest_offer(&near, keys[k].name);
    if (strcmp(word, keys[k].name) != 0) continue;
    if (keys[k].read)
      keys[k].read(r, key + 1, &keys[k]);
    else if (r->y->node[key + 1].kind != VT__SCALAR || strcmp(vt__yaml_text(r->y, key + 1), "1") != 0)
      wrong(r, key + 1, &keys[k], "a version that is not known");
    return;
  }
  vt__nearest_text(&near, hint);
  vt__diag_error(r->d, r->y->node[key].at, word, "no such key%s%s", hint,
                 near.name ? "" : " (all keys: vitrion schema site)");
}

/* Nothing but blanks and comments. */
static int is_empty(const char *s)
{
  while (*s) {
    s += strspn(s, " \t\r\n");
    if (*s == '#')
      s += strcspn(s, "\n");
    else if (*s)
      return 0;
  }
  return 1;
}

/* What is wrong with it is in r->d; a status: no memory. */
static vt_status read_file(reader *r, const char *path, vt_err *err)
{
  char *text = NULL;
  size_t n = 0;
  vt_err why = {0};
  vt__yaml y = {0};
  if (vt_text_read(path, MOST_BYTES, &text, &n, &why) != VT_OK) {
    vt__diag_error(r->d, (vt__mark){0, 0}, "", "%s", vt_err_line(why.text).s);
    return VT_OK;
  }
  vt_status rc = is_empty(text) ? VT_OK : vt__yaml_parse(&y, text, n, r->d, err);
  if (rc == VT_OK && y.n > 0 && y.node[0].kind != VT__MAP && !vt__yaml_is_null(&y, 0))
    vt__diag_error(r->d, y.node[0].at, "", "expected keys and values, as partition: long");
  else if (rc == VT_OK && y.n > 0 && y.node[0].kind == VT__MAP) {
    r->y = &y;
    for (int k = vt__yaml_first(&y, 0); k; k = vt__yaml_next(&y, 0, k)) read_key(r, k);
  }
  r->y = NULL;
  vt__yaml_free(&y);
  vt_free(text);
  vt__diag_sort(r->d);
  return rc == VT_EPARSE ? VT_OK : rc;
}

vt_status vt_site_read(const char *const *path, int n, vt_site *s, vt_diags diags[VT_SITE_FILES], vt_err *err)
{
  int n_wrong = 0;
  *s = (vt_site){0};
  for (int k = 0; k < VT_SITE_FILES; k++) diags[k] = (vt_diags){0};
  for (int k = 0; k < n; k++) {
    struct stat st;
    reader r = {.s = s, .d = &diags[k]};
    (void)snprintf(diags[k].file, sizeof diags[k].file, "%s", path[k]);
    if (!path[k][0] || (stat(path[k], &st) != 0 && (errno == ENOENT || errno == ENOTDIR))) continue;
    (void)snprintf(s->file[s->n_files++], VT_PATH, "%s", path[k]);
    VT_PASS(read_file(&r, path[k], err));
    n_wrong += diags[k].n_errors;
  }
  if (n_wrong) VT_FAIL(err, VT_EPARSE, "%d mistake%s in site.yaml", n_wrong, n_wrong == 1 ? "" : "s");
  return VT_OK;
}

/* ------------------------------------------------------------------ places */

int vt_site_places(const char *campaign, char place[VT_SITE_FILES][VT_PATH])
{
  const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  int n = 0;
  (void)snprintf(place[n++], VT_PATH, "/etc/vitrion/site.yaml");
  if (config && config[0] == '/')
    (void)snprintf(place[n++], VT_PATH, "%s/vitrion/site.yaml", config);
  else if (home && home[0] == '/')
    (void)snprintf(place[n++], VT_PATH, "%s/.config/vitrion/site.yaml", home);
  if (campaign) {
    const char *slash = strrchr(campaign, '/');
    (void)snprintf(place[n++], VT_PATH, "%.*ssite.yaml", slash ? (int)(slash - campaign) + 1 : 0, campaign);
  }
  return n;
}
