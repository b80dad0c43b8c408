/* place.c - the output folder among the user's own files: whose it is, where it lies, where the potential lies. */
#define _GNU_SOURCE /* realpath */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/folder/folder_impl.h"

enum { RECORD_MOST = 1 << 20 };

/* ------------------------------------------------------------------ whose it is */

static const char mark_text[] = "vitrion output folder 1\n";

static void mark_path(const vt_outdir *o, char path[VT_PATH + 16])
{
  (void)snprintf(path, VT_PATH + 16, "%s/.vitrion", o->dir);
}

vt_status vt__outdir_mark(const vt_outdir *o, vt_err *err)
{
  char path[VT_PATH + 16];
  struct stat st;
  mark_path(o, path);
  if (lstat(path, &st) == 0) return VT_OK;
  return vt_file_replace(path, mark_text, sizeof mark_text - 1, err);
}

static int is_marked(const vt_outdir *o)
{
  char path[VT_PATH + 16], *text = NULL;
  size_t n;
  struct stat st;
  mark_path(o, path);
  if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || vt_file_read(path, RECORD_MOST, &text, &n, NULL) != VT_OK)
    return 0;
  int yes = strncmp(text, "vitrion output folder ", 22) == 0;
  vt_free(text);
  return yes;
}

static int has_shards(const vt_outdir *o)
{
  int found = 0;
  DIR *d = opendir(o->journal);
  if (!d) return 0;
  for (const struct dirent *e; !found && (e = readdir(d)) != NULL;) {
    size_t n = strlen(e->d_name);
    found = n > 4 && strcmp(e->d_name + n - 4, ".vtj") == 0;
  }
  (void)closedir(d);
  return found;
}

/* As vt_campaign_canon writes it: no comment, and every key. */
static int looks_recorded(const vt_outdir *o)
{
  char *text = NULL;
  size_t n;
  struct stat st;
  if (stat(o->campaign, &st) != 0 || !S_ISREG(st.st_mode)) return 0;
  if (vt_file_read(o->campaign, RECORD_MOST, &text, &n, NULL) != VT_OK) return 0;
  int yes = strncmp(text, "vitrion: 1\ncampaign: \"", 22) == 0 && strstr(text, "\nrunner:\n  master: ") &&
            strstr(text, "\ncheckpoint:\n  every: ") && !strchr(text, '#');
  vt_free(text);
  return yes;
}

int vt_outdir_is_ours(const vt_outdir *o)
{
  struct stat st;
  if (is_marked(o) || has_shards(o)) return 1;
  return stat(o->journal, &st) == 0 && S_ISDIR(st.st_mode) && looks_recorded(o);
}

static vt_status refuse_owner(const char *path, vt_err *err)
{
  return vt_err_user(err, VT_EINVAL, path, 0, 0,
                     "it is there already, a run would write it, and its folder is not the output folder of a "
                     "campaign; nothing was touched: give another --output");
}

vt_status vt_outdir_check_owner(const vt_outdir *o, vt_err *err)
{
  static const char *const file[] = {"campaign.yaml",    "results.h5",        "results.h5.sha256",
                                     "summary.json",     "summary.csv",       "status.json",
                                     "log/events.jsonl", "log/rank-0000.log", ".vitrion"};
  static const char *const folder[] = {"journal", "glass", "failed", "log", "checkpoint", "lease"};
  char path[VT_PATH + 32];
  struct stat st;
  if (vt_outdir_is_ours(o)) return VT_OK;
  for (size_t k = 0; k < sizeof file / sizeof *file; k++) {
    (void)snprintf(path, sizeof path, "%s/%s", o->dir, file[k]);
    if (lstat(path, &st) == 0) return refuse_owner(path, err);
  }
  for (size_t k = 0; k < sizeof folder / sizeof *folder; k++) {
    (void)snprintf(path, sizeof path, "%s/%s", o->dir, folder[k]);
    if (lstat(path, &st) == 0 && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))) return refuse_owner(path, err);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ where it lies */

/* Append what `rest` says to the absolute `path`, letter by letter of its parts: nothing of it exists. */
static int append(char path[VT_PATH], const char *rest)
{
  while (*rest) {
    rest += strspn(rest, "/");
    size_t n = strcspn(rest, "/"), used = strlen(path);
    if (n == 2 && strncmp(rest, "..", 2) == 0) {
      char *slash = strrchr(path, '/');
      if (slash) slash[slash == path] = '\0';
    } else if (n && !(n == 1 && rest[0] == '.')) {
      int slash = used > 0 && path[used - 1] != '/';
      if (used + n + 1 >= VT_PATH) return 0;
      (void)snprintf(path + used, VT_PATH - used, "%s%.*s", slash ? "/" : "", (int)n, rest);
    }
    rest += n;
  }
  return 1;
}

/* 0: too long. */
static int in_full(const char *name, char full[VT_PATH])
{
  char head[VT_PATH];
  size_t n = strlen(name);
  if (n >= VT_PATH) return 0;
  memcpy(head, name, n + 1);
  for (;;) {
    char *there = realpath(n ? head : name[0] == '/' ? "/" : ".", NULL);
    int got = there && strlen(there) < VT_PATH;
    if (got) (void)snprintf(full, VT_PATH, "%s", there);
    free(there);
    if (got) return append(full, name + n);
    if (n == 0) return 0;
    while (n > 0 && head[n - 1] == '/') n--;
    while (n > 0 && head[n - 1] != '/') n--;
    head[n] = '\0';
  }
}

void vt_outdir_full(const vt_outdir *o, char full[VT_PATH])
{
  if (!in_full(o->dir, full)) (void)snprintf(full, VT_PATH, "%s", o->dir);
}

/* From the folder `from` to the file `to`, both in full.  0: too long. */
static int relative(const char *from, const char *to, char out[VT_PATH])
{
  size_t same = 0, k = 0, used = 0;
  for (; from[k] && from[k] == to[k]; k++)
    if (from[k] == '/') same = k + 1;
  if (!from[k] && to[k] == '/') same = k + 1;
  const char *up = strlen(from) < same ? "" : from + same;
  out[0] = '\0';
  while (*up) {
    if (used + 4 >= VT_PATH) return 0;
    used += (size_t)snprintf(out + used, VT_PATH - used, "../");
    up += strcspn(up, "/");
    up += strspn(up, "/");
  }
  return snprintf(out + used, VT_PATH - used, "%s", to + same) < (int)(VT_PATH - used);
}

void vt_outdir_place_potential(const vt_outdir *o, vt_campaign *c)
{
  char from[VT_PATH], folder[VT_PATH], to[VT_PATH];
  const char *slash = strrchr(c->pot_path, '/');
  c->pot_recorded[0] = '\0';
  if (!slash) return; /* a back end without a file */
  (void)snprintf(folder, sizeof folder, "%.*s", slash == c->pot_path ? 1 : (int)(slash - c->pot_path), c->pot_path);
  if (!in_full(o->dir, from) || !in_full(folder, to) || !append(to, slash + 1)) return;
  if (!relative(from, to, c->pot_recorded)) c->pot_recorded[0] = '\0';
}

/* ------------------------------------------------------------------ the same campaign elsewhere */

enum { ABOVE_MOST = 16 };

static int same_folder(const char *a, const char *b)
{
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* How many results of c the journal `dir` has; *shared: c has tasks of the campaign `there`. */
static int count_shared(const char *dir, const vt_campaign *c, const vt_campaign *there, int *shared)
{
  vt_journal *j = NULL;
  int done = 0;
  *shared = 0;
  for (int i = 0; i < there->n_tasks && !*shared; i++) *shared = vt_campaign_find(c, &there->task[i].uid) >= 0;
  if (*shared && vt_journal_open(&j, dir, NULL) == VT_OK)
    for (int i = 0; i < c->n_tasks; i++) done += vt_journal_result(j, &c->task[i].uid) != NULL;
  vt_journal_free(j);
  return done;
}

/* The same for c under the protocol and the format of `there`: it would go on under these. */
static int count_under_its_protocol(const char *dir, const vt_campaign *c, const vt_campaign *there, int *shared)
{
  vt_campaign as = *c; /* lists are borrowed, but for the tasks */
  int done = 0;
  *shared = 0;
  as.task = NULL;
  as.by_uid = (vt_uid_index){0};
  as.protocol.version = there->protocol.version;
  as.numerics.format = there->numerics.format;
  if (vt_campaign_resolve(&as, (vt_simd)c->numerics.simd, NULL) == VT_OK) done = count_shared(dir, &as, there, shared);
  vt_uid_index_free(&as.by_uid);
  vt_free(as.task);
  return done;
}

/* 1 if `dir` is an output folder, another than o, that has begun with tasks of c. */
static int has_begun(const vt_outdir *o, const char *dir, const vt_campaign *c, const vt_campaign_env *env, int *done)
{
  vt_outdir other;
  vt_campaign *there = NULL;
  vt_err ignored = {0};
  int shared = 0;
  vt_campaign_env near = *env;
  near.pot_hint = c->pot_path;
  *done = 0;
  if (vt_outdir_name(&other, dir, &ignored) != VT_OK || access(other.campaign, R_OK) != 0 ||
      same_folder(other.dir, o->dir) || !vt_outdir_is_ours(&other))
    return 0;
  if (vt_outdir_campaign(&other, &near, &there, &ignored) != VT_OK) return 0;
  const int alike = there->protocol.version == c->protocol.version && there->numerics.format == c->numerics.format;
  *done = alike ? count_shared(other.journal, c, there, &shared)
                : count_under_its_protocol(other.journal, c, there, &shared);
  vt_campaign_free(there);
  return shared;
}

int vt_outdir_elsewhere(const vt_outdir *o, const vt_campaign *c, const char *campaign_file, const vt_campaign_env *env,
                        char found[VT_PATH], int *done)
{
  char top[2][VT_PATH];
  *done = 0;
  if (access(o->campaign, F_OK) == 0) return 0;
  if (vt__outdir_last_place(campaign_file, found) && has_begun(o, found, c, env, done)) return 1;
  if (c->output[0] == '/' || c->output[0] == '~') return 0;
  if (!in_full(c->folder[0] ? c->folder : ".", top[0]) || !in_full(".", top[1])) return 0;
  (void)snprintf(found, VT_PATH, "%s", top[0]);
  if (has_begun(o, found, c, env, done)) return 1;
  for (int k = 0; k < 2; k++)
    for (int up = 0; up < ABOVE_MOST; up++) {
      memcpy(found, top[k], VT_PATH);
      if (append(found, c->output) && has_begun(o, found, c, env, done)) return 1;
      if (strcmp(top[k], "/") == 0) break;
      (void)append(top[k], "..");
    }
  return 0;
}
