/* export.c - which structures go into which files. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/sys/sys.h"
#include "runner/export/export_impl.h"
#include "runner/h5md_read/h5md_read.h"
#include "runner/trajectory/trajectory.h"

enum { NAME_OUT = 160 };

typedef struct exporting {
  vt_export *e;
  const vt_outdir *dir;
  const vt_campaign *c;
  const vt_journal *j;
} exporting;

/* <composition>-[<T>K-]glass<k>-<uid8>[-last|-frame<n>]<ending>: what is asked for one after the other in one folder
 * has different names. */
static void name_of(const exporting *x, const vt_plan *p, int64_t frame, char path[VT_PATH + NAME_OUT])
{
  char hex[65], composition[VT_NAME], t[32] = "", n[32] = "", piece[24] = "";
  vt_uid_hex(&p->uid, hex);
  vt_name_as_file(p->comp.name, composition);
  if (p->kind == VT_TASK_MD) (void)snprintf(t, sizeof t, "%.10gK-", p->t_k);
  if (x->e->what == VT_EXPORT_LAST) (void)snprintf(n, sizeof n, "-last");
  if (frame >= 0) (void)snprintf(n, sizeof n, "-frame%06lld", (long long)frame + 1);
  if (p->kind == VT_TASK_MD && p->piece > 1) (void)snprintf(piece, sizeof piece, "-piece%d", (int)p->piece);
  (void)snprintf(path, VT_PATH + NAME_OUT, "%s/%s-%sglass%d%s-%.8s%s%s", x->e->folder, composition, t, (int)p->glass,
                 piece, hex, n, vt__format_ending(x->e->format));
}

static vt_status write_file(const exporting *x, const char *path, const void *bytes, size_t n, vt_err *err)
{
  VT_PASS(vt_file_replace(path, bytes, n, err));
  x->e->n_files++;
  if (x->e->wrote) x->e->wrote(x->e->ctx, path);
  return VT_OK;
}

static void lacking(const exporting *x, const vt_plan *p, const char *why)
{
  x->e->n_lacking++;
  if (x->e->lacks) x->e->lacks(x->e->ctx, p, why);
}

/* One structure, one file. */
static vt_status write_one(const exporting *x, const vt__structure_out *s, int64_t frame, vt_err *err)
{
  char path[VT_PATH + NAME_OUT], *bytes = NULL;
  size_t n = 0;
  vt_status rc = VT_OK;
  vt_buf b = {0};
  name_of(x, s->p, frame, path);
  if (x->e->format == VT_H5MD) {
    vt_h5md *h = NULL;
    const vt_h5md_ask ask = {
        .plan = s->p, .potential = s->potential, .n_frames = 1, .velocities = s->v != NULL, .exact = 1};
    rc = vt_h5md_create(&h, &ask, err);
    if (rc == VT_OK)
      rc = vt_h5md_add(h, s->step < 0 ? 0 : s->step, s->time_ps, (const double(*)[3])s->cell, s->x, s->v, err);
    if (rc == VT_OK) rc = vt_h5md_bytes(h, &bytes, &n, err);
    if (rc == VT_OK) rc = write_file(x, path, bytes, n, err);
    vt_free(bytes);
    vt_h5md_close(h);
    return rc;
  }
  rc = vt__format(x->e->format, s, &b, err);
  if (rc == VT_OK) rc = write_file(x, path, b.s, b.len, err);
  vt_buf_free(&b);
  return rc;
}

/* ------------------------------------------------------------------ glasses, last frames */

static vt_status export_glass(const exporting *x, const vt_plan *p, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_array_def def[VT_MAX_ARRAYS];
  double *values = NULL;
  int n;
  size_t n_values;
  vt__structure_out s = {.p = p, .potential = vt_potential_name(x->c), .step = -1};
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &n, err));
  VT_PASS(vt_results_load(x->j, p, NULL, &values, &n_values, err));
  const double *cell = vt_array_find(def, n, values, &vt_a_glass_cell, NULL);
  const double *at = vt_array_find(def, n, values, &vt_a_glass_x, NULL);
  if (!cell || !at) VT_FAIL_OUT(err, VT_EBUG, "a glass without glass/cell and glass/x");
  memcpy(s.cell, cell, sizeof s.cell);
  s.x = values + (at - values);
  rc = write_one(x, &s, -1, err);
out:
  vt_free(values);
  return rc;
}

static vt_status export_last(const exporting *x, const vt_rec *r, const vt_plan *p, vt_err *err)
{
  vt_last last;
  int there;
  VT_PASS(vt_record_last(x->j, r, p, &last, &there, err));
  if (!there) {
    lacking(x, p, "its result was recorded by a build that did not keep the last frame");
    return VT_OK;
  }
  const double per_ps = 1000 / vt_unit_fs_from_time(1);
  for (int i = 0; i < p->comp.n_atoms; i++)
    for (int k = 0; k < 3; k++) last.v[i][k] *= per_ps;
  vt__structure_out s = {.p = p,
                         .potential = vt_potential_name(x->c),
                         .step = last.head.step,
                         .time_ps = last.head.time_ps,
                         .x = last.x[0],
                         .v = last.v[0]};
  memcpy(s.cell, last.cell, sizeof s.cell);
  vt_status rc = write_one(x, &s, -1, err);
  vt_last_free(&last);
  return rc;
}

/* ------------------------------------------------------------------ trajectories */

/* The next frame of a trajectory; its atoms are those of the task, in their order. */
static vt_status next_frame(void *file, const char *from, const vt_plan *p, vt_structure *s, int *got, vt_err *err)
{
  const vt_composition *c = &p->comp;
  VT_PASS(vt_h5md_format.next(file, s, got, err));
  if (!*got) return VT_OK;
  int same = s->n == c->n_atoms, at = 0;
  for (int k = 0; k < c->n_species && same; k++)
    for (int i = 0; i < c->count[k] && same; i++) same = strcmp(s->symbol[at++], vt_element_symbol(c->z[k])) == 0;
  if (!same) VT_FAIL(err, VT_EINVAL, "'%s' does not hold frames of the %d atoms of %s", from, c->n_atoms, c->name);
  return VT_OK;
}

/* One frame: appended to `all`, or a file of its own. */
static vt_status export_frame(const exporting *x, const vt_plan *p, vt_structure *f, int64_t k, vt_buf *all,
                              vt_err *err)
{
  vt__structure_out s = {.p = p,
                         .potential = vt_potential_name(x->c),
                         .step = isfinite(f->step.value) ? (int64_t)f->step.value : k,
                         .time_ps = isfinite(f->time.value) ? f->time.value : 0,
                         .x = f->x[0],
                         .v = f->v ? f->v[0] : NULL};
  memcpy(s.cell, f->cell.h, sizeof s.cell);
  for (int i = 0; f->v && i < 3 * f->n; i++) s.v[i] *= 1000; /* A/fs to A/ps */
  return x->e->format == VT_EXTXYZ ? vt__format(VT_EXTXYZ, &s, all, err) : write_one(x, &s, k, err);
}

/* What is wrong with our own file is no mistake of the user. */
static vt_status damaged(vt_status rc, vt_err *err)
{
  if (rc != VT_EPARSE) return rc;
  if (err) err->code = VT_ECORRUPT;
  return VT_ECORRUPT;
}

/* One extended XYZ file of all frames, or a file a frame; as H5MD they are only read. */
static vt_status export_frames(const exporting *x, const char *from, const vt_plan *p, vt_err *err)
{
  const vt_frames_options o = {0};
  vt_buf all = {0};
  vt_structure s = {0};
  void *file = NULL;
  int got = 1;
  vt_status rc = VT_OK;
  rc = vt_h5md_format.open(&file, from, &o, err);
  VT_TRY_OUT(damaged(rc, err), err, "task of %s", p->comp.name);
  for (int64_t k = 0; got; k++) {
    rc = next_frame(file, from, p, &s, &got, err);
    if (rc == VT_OK && got && x->e->format != VT_H5MD) rc = export_frame(x, p, &s, k, &all, err);
    vt_structure_free(&s);
    VT_TRY_OUT(damaged(rc, err), err, "task of %s", p->comp.name);
  }
  if (x->e->format == VT_EXTXYZ) {
    char path[VT_PATH + NAME_OUT];
    name_of(x, p, -1, path);
    rc = write_file(x, path, all.s, all.len, err);
  }
out:
  vt_h5md_format.close(file);
  vt_buf_free(&all);
  return rc;
}

/* Is there a file, and is it that of which the journal holds the checksum? */
static vt_status is_recorded(const exporting *x, const vt_rec *r, const vt_plan *p, const char *path, int *whole,
                             vt_err *err)
{
  vt_last last;
  vt_uid sum;
  int there;
  *whole = 0;
  VT_PASS(vt_record_last(x->j, r, p, &last, &there, err));
  const vt_last_head head = last.head;
  vt_last_free(&last);
  if (!there || head.trajectory_bytes == 0) {
    lacking(x, p, "there is no trajectory of it (observe.trajectory was not asked for when it ran)");
    return VT_OK;
  }
  if (access(path, F_OK) == 0) {
    VT_PASS(vt_sha256_file(path, &sum, err));
    *whole = vt_uid_equal(&sum, &head.trajectory);
  }
  if (*whole) return VT_OK;
  x->e->n_damaged++;
  lacking(x, p, "its trajectory is gone or damaged: `vitrion verify` says more");
  return VT_OK;
}

static vt_status export_trajectory(const exporting *x, const vt_rec *r, const vt_plan *p, vt_err *err)
{
  char name[VT_TRAJECTORY_NAME], from[2 * VT_PATH], to[VT_PATH + NAME_OUT];
  int whole;
  vt_trajectory_file_name(p, name);
  (void)snprintf(from, sizeof from, "%s/%s", x->dir->dir, name);
  VT_PASS(is_recorded(x, r, p, from, &whole, err));
  if (!whole) return VT_OK;
  VT_PASS(export_frames(x, from, p, err));
  if (x->e->format != VT_H5MD) return VT_OK;
  char *bytes = NULL;
  size_t n = 0;
  name_of(x, p, -1, to);
  VT_PASS(vt_file_read(from, SIZE_MAX / 2, &bytes, &n, err));
  vt_status rc = write_file(x, to, bytes, n, err);
  vt_free(bytes);
  return rc;
}

/* ------------------------------------------------------------------ all of them */

static int is_wanted(const vt_export *e, const vt_campaign *c, int i)
{
  const vt_task *t = &c->task[i];
  const int kind = e->what == VT_EXPORT_GLASS ? VT_TASK_GLASS : VT_TASK_MD;
  if (t->kind != kind) return 0;
  if (e->composition && strcmp(c->comp[t->comp].name, e->composition) != 0) return 0;
  if (e->task < 0 || e->task == i) return 1;
  /* Of an MD task its glass; of a glass its MD tasks, all pieces. */
  int from = kind == VT_TASK_GLASS ? e->task : i;
  while (from >= 0 && c->task[from].kind == VT_TASK_MD) from = c->task[from].needs;
  return from == (kind == VT_TASK_GLASS ? i : e->task);
}

vt_status vt_export_structures(vt_export *e, const vt_outdir *dir, const vt_campaign *c, const vt_journal *j,
                               vt_err *err)
{
  const exporting x = {.e = e, .dir = dir, .c = c, .j = j};
  int known = !e->composition;
  e->n_files = e->n_lacking = e->n_damaged = 0;
  for (int k = 0; k < c->n_comp && !known; k++) known = strcmp(c->comp[k].name, e->composition) == 0;
  if (!known) VT_FAIL(err, VT_EINVAL, "campaign '%s' has no composition '%s'", c->name, e->composition);
  if (strlen(e->folder) >= VT_PATH) VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", e->folder);
  VT_PASS(vt_dir_make(e->folder, err));
  for (int i = 0; i < c->n_tasks; i++) {
    vt_plan p;
    vt_alive();
    const vt_rec *r = is_wanted(e, c, i) ? vt_journal_result(j, &c->task[i].uid) : NULL;
    if (!r) continue;
    VT_PASS(vt_campaign_plan(c, i, &p, err));
    p.attempt = r->attempt;
    p.half_stage = r->half_stage;
    vt_status rc = e->what == VT_EXPORT_GLASS  ? export_glass(&x, &p, err)
                   : e->what == VT_EXPORT_LAST ? export_last(&x, r, &p, err)
                                               : export_trajectory(&x, r, &p, err);
    if (rc != VT_OK) return rc;
  }
  return VT_OK;
}
