/* select_sources.c - the files behind the arguments of `vitrion select`. */
#define _GNU_SOURCE /* nftw */
#include "runner/cli/training/select_sources.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/cli/findings.h"
#include "runner/export/export.h"
#include "runner/points/points.h"

enum { UID_SHOWN = 8, NAMES_MOST = 1000000 };

/* A campaign's folder: whose tasks its files are. */
typedef struct of_campaign {
  const vt_campaign *c;
  const char *shown; /* the folder as given */
} of_campaign;

static vt_status add_file(vt_select_sources *s, const char *path, const char *shown, const of_campaign *of,
                          const char *uid, vt_err *err)
{
  if (s->n == s->cap) {
    const int cap = s->cap ? 2 * s->cap : 32;
    VT_PASS(VT_GROW(s->source, s->n, cap, err));
    s->cap = cap;
  }
  vt_selection_source *to = &s->source[s->n++];
  if (snprintf(to->path, VT_PATH, "%s", path) >= VT_PATH || snprintf(to->shown, VT_PATH, "%s", shown) >= VT_PATH)
    VT_FAIL(err, VT_EINVAL, "'%.80s...': a path of more than %d characters", path, VT_PATH - 1);
  if (!of || !uid) return VT_OK;
  (void)snprintf(to->run, VT_PATH, "%.*s/%.*s", VT_PATH - 2 * UID_SHOWN, of->shown, UID_SHOWN, uid);
  for (int k = 0; k < of->c->n_tasks; k++) {
    char hex[65];
    vt_uid_hex(&of->c->task[k].uid, hex);
    if (strncmp(hex, uid, UID_SHOWN) != 0) continue;
    (void)snprintf(to->composition, VT_NAME, "%s", of->c->comp[of->c->task[k].comp].name);
    break;
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ folders */

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void free_names(char **name, int n)
{
  for (int k = 0; k < n; k++) vt_free(name[k]);
  vt_free(name);
}

/* Names of a folder in their order; a folder that is not there has none. */
static vt_status names_of(const char *folder, char ***name, int *n, vt_err *err)
{
  vt_status rc = VT_OK;
  int cap = 0;
  *name = NULL, *n = 0;
  DIR *d = opendir(folder);
  if (!d && errno == ENOENT) return VT_OK;
  if (!d) VT_FAIL(err, VT_EIO, "'%s' cannot be read: %s", folder, strerror(errno));
  for (const struct dirent *e; rc == VT_OK;) {
    errno = 0;
    e = readdir(d);
    if (!e && errno) rc = vt_err_user(err, VT_EIO, folder, 0, 0, "cannot be read: %s", strerror(errno));
    if (!e) break;
    if (e->d_name[0] == '.') continue;
    if (*n == NAMES_MOST) rc = vt_err_user(err, VT_EINVAL, folder, 0, 0, "holds more than %d files", NAMES_MOST);
    if (rc == VT_OK && *n == cap) {
      cap = cap ? 2 * cap : 64;
      rc = VT_GROW(*name, *n, cap, err);
    }
    if (rc == VT_OK) rc = VT_NEW((*name)[*n], strlen(e->d_name) + 1, err);
    if (rc == VT_OK) {
      memcpy((*name)[*n], e->d_name, strlen(e->d_name) + 1);
      ++*n;
    }
  }
  (void)closedir(d);
  if (rc == VT_OK && *n > 1) qsort(*name, (size_t)*n, sizeof **name, by_name);
  if (rc != VT_OK) free_names(*name, *n);
  return rc;
}

static int ends_with(const char *s, const char *end)
{
  const size_t n = strlen(s), m = strlen(end);
  return n >= m && strcmp(s + n - m, end) == 0;
}

/* Trajectories, and files of one structure. */
static int looks_like_frames(const char *name)
{
  return vt_run_is_trajectory(name) || ends_with(name, ".poscar") || ends_with(name, ".data") ||
         strncmp(name, "POSCAR", 6) == 0 || strncmp(name, "CONTCAR", 7) == 0;
}

/* Where in the name of a file the uid of its task begins: "<uid>...", or "...-<uid8>.<ending>". */
static const char *uid_in(const char *name)
{
  static const char hex[] = "0123456789abcdef";
  const char *dot = strrchr(name, '.');
  if (strspn(name, hex) >= UID_SHOWN) return name;
  if (!dot || dot - name < UID_SHOWN) return NULL;
  return strspn(dot - UID_SHOWN, hex) >= UID_SHOWN ? dot - UID_SHOWN : NULL;
}

static int is_out(const vt_select_sources *s, const struct stat *st)
{
  struct stat out;
  return s->out && stat(s->out, &out) == 0 && out.st_dev == st->st_dev && out.st_ino == st->st_ino;
}

/* All files of `folder` that look like frames; shown below `as`. */
static vt_status add_folder(vt_select_sources *s, const char *folder, const char *as, const of_campaign *of,
                            vt_err *err)
{
  char **name = NULL, path[2 * VT_PATH], shown[2 * VT_PATH];
  int n = 0;
  VT_PASS(names_of(folder, &name, &n, err));
  vt_status rc = VT_OK;
  for (int k = 0; k < n && rc == VT_OK; k++) {
    struct stat st;
    if (snprintf(path, sizeof path, "%s/%s", folder, name[k]) >= (int)sizeof path) continue; /* too long to open */
    (void)snprintf(shown, sizeof shown, "%s/%s", as, name[k]);
    if (!looks_like_frames(name[k]) || stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) continue;
    if (is_out(s, &st)) continue; /* of an earlier selection */
    rc = add_file(s, path, shown, of, of ? uid_in(name[k]) : NULL, err);
  }
  free_names(name, n);
  return rc;
}

/* ------------------------------------------------------------------ campaigns */

static vt_status add_trajectories(vt_select_sources *s, const char *dir, const of_campaign *of, vt_err *err)
{
  char **name = NULL, path[VT_PATH + 32], below[2 * VT_PATH];
  int n = 0;
  (void)snprintf(path, sizeof path, "%s/trajectory", dir);
  VT_PASS(names_of(path, &name, &n, err));
  vt_status rc = VT_OK;
  for (int k = 0; k < n && rc == VT_OK; k++) {
    if (snprintf(below, sizeof below, "%s/%s", path, name[k]) >= (int)sizeof below) continue;
    rc = add_folder(s, below, below, of, err);
  }
  free_names(name, n);
  return rc;
}

static vt_status add_last(vt_select_sources *s, const vt_outdir *dir, const of_campaign *of, vt_err *err)
{
  vt_journal *j = NULL;
  char below[VT_PATH + 32], as[VT_PATH + 32];
  const char *tmp = getenv("TMPDIR");
  if (!s->scratch[0]) {
    (void)snprintf(s->scratch, sizeof s->scratch, "%.400s/vitrion-select-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
    if (!mkdtemp(s->scratch)) {
      s->scratch[0] = '\0';
      VT_FAIL(err, VT_EIO, "no folder can be made in TMPDIR: %s", strerror(errno));
    }
  }
  (void)snprintf(below, sizeof below, "%.480s/%d", s->scratch, s->n);
  (void)snprintf(as, sizeof as, "%s/last", of->shown);
  vt_export e = {.what = VT_EXPORT_LAST, .format = VT_EXTXYZ, .task = -1, .folder = below};
  VT_PASS(vt_journal_open(&j, dir->journal, err));
  vt_status rc = vt_export_structures(&e, dir, of->c, j, err);
  vt_journal_free(j);
  return rc == VT_OK ? add_folder(s, below, as, of, err) : rc;
}

static vt_status add_campaign(vt_select_sources *s, const vt_outdir *dir, const char *shown, vt_err *err)
{
  static const char *const sub[] = {"glass", "failed"};
  vt_campaign *c = NULL;
  VT_PASS(vt_outdir_campaign(dir, vt_cli_env(1), &c, err));
  const of_campaign of = {.c = c, .shown = shown};
  vt_status rc = add_trajectories(s, dir->dir, &of, err);
  if (rc == VT_OK) rc = add_last(s, dir, &of, err);
  for (size_t k = 0; k < sizeof sub / sizeof *sub && rc == VT_OK; k++) {
    char path[VT_PATH + 32], as[VT_PATH + 32];
    (void)snprintf(path, sizeof path, "%s/%s", dir->dir, sub[k]);
    (void)snprintf(as, sizeof as, "%s/%s", shown, sub[k]);
    rc = add_folder(s, path, as, &of, err);
  }
  vt_campaign_free(c);
  return rc;
}

int vt_select_source_add(vt_select_sources *s, const vt_usage *u, const char *path)
{
  struct stat st;
  vt_outdir dir;
  vt_err err = {0};
  vt_status rc;
  const int before = s->n;
  if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
    const int code = vt_cli_readable(u, path);
    if (code >= 0) return code;
    if (is_out(s, &st)) return vt_cli_usage_error(u, "--out '%s' is a source, which would be overwritten", s->out);
    rc = add_file(s, path, path, NULL, NULL, &err);
  } else {
    rc = vt_outdir_name(&dir, path, &err);
    if (rc == VT_OK && access(dir.campaign, F_OK) == 0)
      rc = add_campaign(s, &dir, path, &err);
    else if (rc == VT_OK)
      rc = add_folder(s, path, path, NULL, &err);
  }
  if (rc != VT_OK) return vt_cli_fail(&err);
  if (s->n > before) return -1;
  return vt_cli_usage_error(u,
                            "'%s' holds no frames: neither the output folder of a campaign that has some, nor files "
                            "such as .xyz, .h5, .lammpstrj",
                            path);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
  (void)st, (void)flag, (void)ftw;
  (void)remove(path); /* what cannot be removed stays in the system's temporary folder */
  return 0;
}

void vt_select_sources_free(vt_select_sources *s)
{
  if (s->scratch[0]) (void)nftw(s->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  vt_free(s->source);
}
