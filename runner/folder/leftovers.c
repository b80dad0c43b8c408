/* leftovers.c - temporary files of processes that died while they wrote. */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "runner/folder/folder.h"

/* What the program writes in a folder: files of this name, or with this ending. */
static const struct {
  const char *folder, *name, *ending;
} ours[] = {{"", "campaign.yaml", NULL}, {"", "status.json", NULL},       {"", "summary.json", NULL},
            {"", "summary.csv", NULL},   {"", "results.h5.sha256", NULL}, {"journal", NULL, ".vtj"},
            {"glass", NULL, ".xyz"},     {"failed", NULL, ".xyz"},        {"failed", NULL, ".vck"},
            {"checkpoint", NULL, ".vck"}};

int vt_outdir_is_leftover(const char *folder, const char *name)
{
  const char *tmp = vt_file_is_temporary(name) ? strstr(name, ".tmp") : NULL;
  if (!tmp) return 0;
  size_t n = (size_t)(tmp - name);
  for (size_t k = 0; k < sizeof ours / sizeof *ours; k++) {
    if (folder && strcmp(folder, ours[k].folder) != 0) continue;
    const char *want = ours[k].name ? ours[k].name : ours[k].ending;
    size_t m = strlen(want);
    if ((ours[k].name ? n == m : n > m) && memcmp(tmp - m, want, m) == 0) return 1;
  }
  return 0;
}

int vt_outdir_sweep(const vt_outdir *o)
{
  static const char *const folders[] = {"", "journal", "glass", "failed", "checkpoint"};
  char path[VT_PATH + 32];
  int n = 0;
  for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
    const struct dirent *e;
    (void)snprintf(path, sizeof path, "%s/%s", o->dir, folders[k]);
    DIR *d = opendir(path);
    if (!d) continue;
    while ((e = readdir(d)) != NULL)
      if (vt_outdir_is_leftover(folders[k], e->d_name)) n += unlinkat(dirfd(d), e->d_name, 0) == 0;
    (void)closedir(d);
  }
  if (n > 0) vt_log(VT_LOG_INFO, "folder", "ev=leftovers removed=%d (of processes that died while they wrote)", n);
  return n;
}
