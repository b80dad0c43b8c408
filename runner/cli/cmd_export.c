/* cmd_export.c - structures and points of a campaign's folder, for other programs. */
#include <string.h>

#include "runner/cli/findings.h"
#include "runner/export/export.h"
#include "runner/results/results.h"

static void said(void *ctx, const char *path)
{
  (void)ctx;
  if (!vt_cli_quiet()) printf("%s\n", path);
}

/* Tasks that lack what is asked for, one line a reason. */
enum { REASONS = 16, WHY = 512 };
typedef struct lacking {
  int n; /* reasons; what comes when the table is full is told at once */
  struct {
    char why[WHY], first[2 * VT_NAME]; /* the first task that has it */
    int tasks;
  } reason[REASONS];
} lacking;

static void name_task(const vt_plan *p, char *out, size_t cap)
{
  char hex[65];
  vt_uid_hex(&p->uid, hex);
  (void)snprintf(out, cap, "%.12s, %s, glass %d, %.10g K", hex, p->comp.name, (int)p->glass, p->t_k);
}

static void told(void *ctx, const vt_plan *p, const char *why)
{
  lacking *l = ctx;
  char name[2 * VT_NAME];
  name_task(p, name, sizeof name);
  for (int k = 0; k < l->n; k++)
    if (strncmp(l->reason[k].why, why, WHY - 1) == 0) {
      l->reason[k].tasks++;
      return;
    }
  if (l->n == REASONS) {
    (void)fprintf(stderr, "vitrion export: %s: %s\n", name, why);
    return;
  }
  (void)snprintf(l->reason[l->n].why, WHY, "%s", why);
  (void)snprintf(l->reason[l->n].first, sizeof l->reason->first, "%s", name);
  l->reason[l->n++].tasks = 1;
}

static void tell_lacking(const lacking *l)
{
  for (int k = 0; k < l->n; k++) {
    const int more = l->reason[k].tasks - 1;
    (void)fprintf(stderr, "vitrion export: %s", l->reason[k].first);
    if (more > 0) (void)fprintf(stderr, " and %d more task%s", more, more == 1 ? "" : "s");
    (void)fprintf(stderr, ": %s\n", l->reason[k].why);
  }
}

static vt_status write_points(const char *path, const vt_campaign *c, const vt_journal *j, vt_err *err)
{
  vt_fits *fits = NULL;
  vt_buf b = {0};
  vt_status rc = vt_fits_from_journal(c, j, &fits, err);
  if (rc == VT_OK) rc = vt_points_csv(c, fits, &b, err);
  if (rc == VT_OK) rc = vt_file_replace(path, b.s, b.len, err);
  if (rc == VT_OK) said(NULL, path);
  vt_buf_free(&b);
  vt_fits_free(fits);
  return rc;
}

static const char *near_composition(const vt_campaign *c, const char *name)
{
  const char *best = NULL;
  for (int k = 0; k < c->n_comp; k++) {
    const char *one = c->comp[k].name;
    if (strcmp(one, name) == 0) return NULL;
    if (!best) best = vt_cli_nearest(name, &one, 1);
  }
  return best;
}

static int export_from(const vt_usage *u, const vt_outdir *dir, vt_export *e, const char *task, const char *points)
{
  vt_err err = {0};
  vt_campaign *c = NULL;
  vt_journal *j = NULL;
  int code = VT_EXIT_OK;
  e->task = -1;
  vt_status rc = vt_outdir_campaign(dir, vt_cli_env(1), &c, &err);
  if (rc == VT_OK) rc = vt_journal_open(&j, dir->journal, &err);
  if (rc == VT_OK && task && (e->task = vt_cli_find_task(u, c, task)) < 0) code = VT_EXIT_USAGE;
  const char *near = rc == VT_OK && e->composition ? near_composition(c, e->composition) : NULL;
  if (near)
    code = vt_cli_usage_error(u, "--composition: campaign '%s' has no '%s', did you mean '%s'?", c->name,
                              e->composition, near);
  if (rc == VT_OK && code == VT_EXIT_OK && points) rc = write_points(points, c, j, &err);
  if (rc == VT_OK && code == VT_EXIT_OK && e->folder) {
    lacking l = {0};
    e->ctx = &l;
    rc = vt_export_structures(e, dir, c, j, &err);
    tell_lacking(&l);
    e->ctx = NULL;
    if (rc == VT_OK && e->n_files == 0) {
      (void)fprintf(stderr, "vitrion export: nothing to write: no finished task of '%s' has what is asked for\n",
                    c->name);
      code = VT_EXIT_FAIL;
    }
    if (rc == VT_OK && e->n_damaged > 0) code = VT_EXIT_FAIL;
  }
  if (rc != VT_OK) code = vt_cli_fail(&err);
  vt_journal_free(j);
  vt_campaign_free(c);
  return code;
}

int cmd_export(int argc, char **argv)
{
  int what = VT_EXPORT_GLASS, format = VT_EXTXYZ;
  const char *task = NULL, *points = NULL;
  vt_export e = {.wrote = said, .lacks = told};
  const vt_opt opt[] = {
      {"what", VT_OPT_CHOICE, VT_EXPORT_WHATS, "which structures (glass)", &what, 0, 0},
      {"format", VT_OPT_CHOICE, VT_EXPORT_FORMATS, "of the files (extxyz)", &format, 0, 0},
      {"composition", VT_OPT_TEXT, "NAME", "of this composition alone", &e.composition, 0, 0},
      {"task", VT_OPT_TEXT, "UID", "of the task whose uid begins so: an MD task, or all of a glass", &task, 0, 0},
      {"out", VT_OPT_TEXT, "FOLDER", "where the files go; made if it is not there", &e.folder, 0, 0},
      {"points", VT_OPT_TEXT, "FILE.csv", "write the diffusion coefficients as a table that `vitrion fit` reads",
       &points, 0, 0}};
  vt_usage u = {.name = "export",
                .args = "DIR",
                .doc =
                    "Write structures out of the output folder of a campaign for other programs: its glasses, how\n"
                    "its MD tasks ended (with velocities), or its trajectories.  Names and headers say composition,\n"
                    "glass, temperature, task and potential.  Extended XYZ holds all frames of a trajectory in one\n"
                    "file, POSCAR and LAMMPS data (Atoms # charge, units metal) one frame a file.",
                .example = "vitrion export runs/quickstart --what last --format lammps-data --out structures",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  vt_outdir dir;
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0 && !e.folder && !points)
    code = vt_cli_usage_error(&u, "expected --out FOLDER, --points FILE.csv or both");
  if (code < 0)
    code =
        vt_cli_ignored(&u, !e.folder, "what|format|composition|task", "needs --out FOLDER: --points holds all points");
  if (code < 0) code = vt_cli_folder(&u, u.arg[0], &dir);
  if (code >= 0) return code;
  e.what = (vt_export_what)what;
  e.format = (vt_export_format)format;
  return vt_cli_done(export_from(&u, &dir, &e, task, points));
}
