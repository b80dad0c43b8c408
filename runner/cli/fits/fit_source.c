/* fit_source.c - what `fit` and `rank` read: the output folder of a campaign, or a table of points. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/cli/fits/fits.h"

/* The eight bytes that every HDF5 file begins with. */
static int is_hdf5(const char *path)
{
  char head[8] = "";
  FILE *f = NULL;
  if (vt_file_open(path, &f, NULL) != VT_OK) return 0;
  size_t n = fread(head, 1, sizeof head, f);
  (void)fclose(f);
  return n == sizeof head && memcmp(head, "\211HDF\r\n\032\n", sizeof head) == 0;
}

static int refuse_hdf5(const vt_usage *u, const char *path)
{
  const char *slash = strrchr(path, '/');
  int n = slash ? (int)(slash - path) : 1;
  return vt_cli_usage_error(u,
                            "'%s' is an HDF5 file, expected a table (CSV) or the output folder of a campaign: "
                            "vitrion %s %.*s",
                            path, u->name, n ? n : 1, slash ? path : ".");
}

int vt_cli_fit_source(const vt_usage *u, const char *path, vt_outdir *dir, int *is_folder)
{
  struct stat st;
  vt_err err = {0};
  *is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
  if (*is_folder) {
    if (vt_outdir_name(dir, path, &err) != VT_OK) return vt_cli_fail(&err);
    return vt_cli_readable(u, dir->store);
  }
  const int code = vt_cli_readable(u, path);
  return code < 0 && is_hdf5(path) ? refuse_hdf5(u, path) : code;
}

static int md_results(const vt_journal *j, const vt_campaign *c)
{
  int n = 0;
  for (int i = 0; i < c->n_tasks; i++)
    n += c->task[i].kind == VT_TASK_MD && vt_journal_result(j, &c->task[i].uid) != NULL;
  return n;
}

void vt_cli_note_old_store(const vt_outdir *dir, const vt_campaign *c, const vt_fits *f)
{
  vt_campaign *now = NULL;
  vt_journal *j = NULL;
  int in_store = 0; /* tasks: pieces count */
  for (int i = 0; i < c->n_tasks; i++) in_store += c->task[i].kind == VT_TASK_MD && f->transport[i].n_species > 0;
  if (vt_outdir_campaign(dir, vt_cli_env(1), &now, NULL) != VT_OK) return; /* a store alone, or damage: `verify` */
  if (vt_journal_open(&j, dir->journal, NULL) == VT_OK) {
    const int done = md_results(j, now), other = !vt_uid_equal(&now->id, &c->id);
    if (other || done != in_store)
      (void)fprintf(
          stderr,
          "note: %s is older than its folder: it holds %d MD tasks%s, the journal %d; the end of `vitrion run` "
          "makes it anew\n",
          dir->store, in_store, other ? " of the campaign before it was changed" : "", done);
  }
  vt_journal_free(j);
  vt_campaign_free(now);
}
