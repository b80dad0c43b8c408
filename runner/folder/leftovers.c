/* leftovers.c - temporary files of processes that died while they wrote. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/folder/folder.h"

/* What the program writes in a folder: files of this name, or with this ending; "": of any, asked for by folder. */
static const struct {
  const char *folder, *name, *ending;
} ours[] = {{"", "campaign.yaml", NULL},  {"", "status.json", NULL},       {"", "summary.json", NULL},
            {"", "summary.csv", NULL},    {"", "results.h5.sha256", NULL}, {"journal", NULL, ".vtj"},
            {"glass", NULL, ".xyz"},      {"failed", NULL, ".xyz"},        {"failed", NULL, ".vck"},
            {"checkpoint", NULL, ".vck"}, {"trajectory", NULL, ".h5"},     {"structures", NULL, ""}};

int vt_outdir_is_leftover(const char *folder, const char *name)
{
  const char *tmp = vt_file_is_temporary(name) ? strstr(name, ".tmp") : NULL;
  if (!tmp) return 0;
  size_t n = (size_t)(tmp - name);
  for (size_t k = 0; k < sizeof ours / sizeof *ours; k++) {
    const char *want = ours[k].name ? ours[k].name : ours[k].ending;
    size_t m = strlen(want);
    if (folder ? strcmp(folder, ours[k].folder) != 0 : m == 0) continue;
    if ((ours[k].name ? n == m : n > m) && memcmp(tmp - m, want, m) == 0) return 1;
  }
  return 0;
}

/* In `path`, of the files that the program writes in `folder`. */
static int sweep_folder(const char *path, const char *folder)
{
  const struct dirent *e;
  int n = 0;
  DIR *d = opendir(path);
  if (!d) return 0;
  while ((e = readdir(d)) != NULL)
    if (vt_outdir_is_leftover(folder, e->d_name)) n += unlinkat(dirfd(d), e->d_name, 0) == 0;
  (void)closedir(d);
  return n;
}

/* Trajectories lie one folder deeper. */
static int sweep_trajectories(const vt_outdir *o)
{
  char path[VT_PATH + 320];
  const struct dirent *e;
  int n = 0;
  (void)snprintf(path, sizeof path, "%s/trajectory", o->dir);
  DIR *d = opendir(path);
  if (!d) return 0;
  while ((e = readdir(d)) != NULL) {
    if (e->d_name[0] == '.') continue;
    (void)snprintf(path, sizeof path, "%s/trajectory/%s", o->dir, e->d_name);
    n += sweep_folder(path, "trajectory");
  }
  (void)closedir(d);
  return n;
}

/* Frames whose task has no checkpoint: it is done, or begins again. */
static int sweep_frames(const vt_outdir *o)
{
  static const char mark[] = ".frames-";
  const struct dirent *e;
  char path[VT_PATH + 320];
  int n = 0;
  DIR *d = opendir(o->checkpoint);
  if (!d) return 0;
  while ((e = readdir(d)) != NULL) {
    const char *at = strstr(e->d_name, mark);
    if (!at) continue;
    (void)snprintf(path, sizeof path, "%s/%.*s", o->checkpoint, (int)(at - e->d_name), e->d_name);
    if (access(path, F_OK) == 0) continue;
    (void)snprintf(path, sizeof path, "%s/%.*s.prev", o->checkpoint, (int)(at - e->d_name), e->d_name);
    if (access(path, F_OK) != 0) n += unlinkat(dirfd(d), e->d_name, 0) == 0;
  }
  (void)closedir(d);
  return n;
}

int vt_outdir_sweep(const vt_outdir *o)
{
  static const char *const folders[] = {"", "journal", "glass", "failed", "checkpoint", "structures"};
  char path[VT_PATH + 32];
  int n = 0;
  for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
    (void)snprintf(path, sizeof path, "%s/%s", o->dir, folders[k]);
    n += sweep_folder(path, folders[k]);
  }
  n += sweep_trajectories(o) + sweep_frames(o);
  if (n > 0) vt_log(VT_LOG_INFO, "folder", "ev=leftovers removed=%d (of processes that died while they wrote)", n);
  return n;
}
