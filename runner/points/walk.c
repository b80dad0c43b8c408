/* walk.c - the trajectories below a folder. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/points/points_impl.h"

enum { DEPTH_MOST = 16 };

static int ends_in(const char *name, size_t n, const char *ending)
{
  const size_t l = strlen(ending);
  return n > l && memcmp(name + n - l, ending, l) == 0;
}

int vt_run_is_trajectory(const char *name)
{
  static const char *const ending[] = {".xyz", ".extxyz", ".dump", ".lammpstrj", ".h5", ".h5md"};
  const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
  size_t n = strlen(base);
  if (base[0] == '.' || vt_file_is_temporary(base)) return 0;
  if (ends_in(base, n, ".gz") || ends_in(base, n, ".xz")) n -= 3;
  if (strncmp(base, "XDATCAR", 7) == 0) return 1;
  for (size_t k = 0; k < sizeof ending / sizeof *ending; k++)
    if (ends_in(base, n, ending[k])) return 1;
  return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static int is_shown(const struct dirent *e) { return e->d_name[0] != '.'; }

/* Folders that are still to be looked into, in the order in which they were met. */
typedef struct pending {
  char **path; /* [n] owned */
  int *depth;  /* [n] below the first one */
  int n, cap;
} pending;

static vt_status add_folder(pending *p, const char *path, int depth, vt_err *err)
{
  const size_t n = strlen(path) + 1;
  if (p->n == p->cap) {
    const int cap = p->cap ? 2 * p->cap : 64;
    VT_TRY(VT_GROW(p->path, p->n, cap, err), err, "folders");
    VT_TRY(VT_GROW(p->depth, p->n, cap, err), err, "folders");
    p->cap = cap;
  }
  VT_TRY(VT_NEW(p->path[p->n], n, err), err, "folders");
  memcpy(p->path[p->n], path, n);
  p->depth[p->n++] = depth;
  return VT_OK;
}

/* One name of a folder: a file, or a folder for later; links to folders are not followed. */
static vt_status walk_entry(const vt__walk *w, pending *p, int at, const char *name, int *n_found, vt_err *err)
{
  struct stat st, target;
  vt_buf path = {0};
  const char *folder = p->path[at];
  const size_t l = strlen(folder);
  vt_buf_printf(&path, "%s%s%s", folder, l > 0 && folder[l - 1] == '/' ? "" : "/", name);
  vt_status rc = vt_buf_check(&path, err);
  if (rc == VT_OK && lstat(path.s, &st) == 0) {
    if (S_ISDIR(st.st_mode)) {
      rc = add_folder(p, path.s, p->depth[at] + 1, err);
    } else if (vt_run_is_trajectory(name) && stat(path.s, &target) == 0 && S_ISREG(target.st_mode)) {
      ++*n_found;
      rc = w->each(w->ctx, path.s, err);
    }
  }
  vt_buf_free(&path);
  return rc;
}

/* A folder of ours has tables and checkpoints beside its trajectories. */
static int is_of_campaign(const char *path)
{
  vt_buf mark = {0};
  struct stat st;
  vt_buf_printf(&mark, "%s/.vitrion", path);
  const int is = !mark.failed && lstat(mark.s, &st) == 0;
  vt_buf_free(&mark);
  return is;
}

static vt_status walk_folder(const vt__walk *w, pending *p, int at, int *n_found, vt_err *err)
{
  struct dirent **e = NULL;
  const char *path = p->path[at];
  if (is_of_campaign(path))
    return vt__runs_bad(w->m, path, 0, err,
                        "is the output folder of a campaign, whose points `vitrion export %s --points FILE.csv` gives",
                        path);
  if (p->depth[at] > DEPTH_MOST) return vt__runs_bad(w->m, path, 0, err, "lies %d folders deep", p->depth[at]);
  const int n = scandir(path, &e, is_shown, by_name);
  if (n < 0) return vt__runs_bad(w->m, path, 0, err, "cannot be read: %s", strerror(errno));
  vt_status rc = VT_OK;
  for (int k = 0; k < n; k++) {
    if (rc == VT_OK) rc = walk_entry(w, p, at, e[k]->d_name, n_found, err);
    free(e[k]);
  }
  free(e);
  return rc;
}

static vt_status walk_all(const vt__walk *w, const char *path, int *n_found, vt_err *err)
{
  pending p = {0};
  vt_status rc = add_folder(&p, path, 0, err);
  for (int at = 0; at < p.n && rc == VT_OK; at++) rc = walk_folder(w, &p, at, n_found, err);
  for (int k = 0; k < p.n; k++) vt_free(p.path[k]);
  vt_free(p.path);
  vt_free(p.depth);
  return rc;
}

vt_status vt__walk_path(const vt__walk *w, const char *path, vt_err *err)
{
  struct stat st;
  int n_found = 0;
  const int before = w->m->n;
  if (stat(path, &st) != 0) return vt__runs_bad(w->m, path, 0, err, "cannot be read: %s", strerror(errno));
  if (S_ISREG(st.st_mode)) return w->each(w->ctx, path, err);
  if (!S_ISDIR(st.st_mode)) return vt__runs_bad(w->m, path, 0, err, "is neither a file nor a folder");
  VT_PASS(walk_all(w, path, &n_found, err));
  if (n_found > 0 || w->m->n > before) return VT_OK;
  return vt__runs_bad(w->m, path, 0, err,
                      "has no trajectory in it: no name ends in .xyz, .extxyz, .dump, .lammpstrj, .h5 or .h5md, or "
                      "begins with XDATCAR (.gz or .xz behind it)");
}
