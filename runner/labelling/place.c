/* place.c - the output folder: whose it is, what is done in it, what stands there at the end. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/labelling/labelling_impl.h"

enum { ROOM = 64, ID_MOST = 1 << 12 };
typedef char place_path[VT_PATH + ROOM];

static void in_place(const vt__labeller *l, const char *name, place_path out)
{
  (void)snprintf(out, VT_PATH + ROOM, "%s/%s", l->place.dir, name);
}

/* ------------------------------------------------------------------ whose */

static vt_status check_owner(const vt__labeller *l, const vt_buf *mine, vt_err *err)
{
  static const char *const of_others[] = {".vitrion", "campaign.yaml", "train.ckpt", "nep.txt", "labelled.xyz"};
  place_path path;
  char *text = NULL;
  size_t n = 0;
  in_place(l, "label.id", path);
  if (access(path, F_OK) == 0) {
    VT_PASS(vt_file_read(path, ID_MOST, &text, &n, err));
    const int same = n == mine->len && memcmp(text, mine->s, n) == 0;
    const int first = (int)strcspn(text, "\n") + 1;
    const char *theirs = (size_t)first < n ? text + first : "method ?";
    vt_status rc = VT_OK;
    if (!same)
      rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__,
                      "'%s' holds labels of another method (%.*s): its name, its text or a file of its command "
                      "changed; give another --out",
                      l->place.dir, (int)strcspn(theirs, "\n"), theirs);
    vt_free(text);
    return rc;
  }
  for (size_t k = 0; k < sizeof of_others / sizeof *of_others; k++) {
    in_place(l, of_others[k], path);
    if (access(path, F_OK) == 0) VT_FAIL(err, VT_EINVAL, "'%s' is there, but no label.id: give another --out", path);
  }
  return VT_OK;
}

/* Remove what processes that died began to write: the folder is ours alone. */
static void sweep(const char *folder)
{
  DIR *d = opendir(folder);
  for (const struct dirent *e; d && (e = readdir(d)) != NULL;)
    if (vt_file_is_temporary(e->d_name)) (void)unlinkat(dirfd(d), e->d_name, 0); /* what stays is read by nobody */
  if (d) (void)closedir(d);
}

static vt_status make_folders(const vt__labeller *l, const vt_buf *mine, vt_err *err)
{
  static const char *const names[] = {"frames", "failed"};
  place_path path;
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    in_place(l, names[k], path);
    VT_PASS(vt_dir_make(path, err));
    sweep(path);
  }
  in_place(l, "label.id", path);
  return access(path, F_OK) == 0 ? VT_OK : vt_file_replace(path, mine->s, mine->len, err);
}

vt_status vt__label_place_open(vt__labeller *l, vt_err *err)
{
  vt_buf mine = {0};
  char hex[65];
  vt_uid_hex(&l->m->sha256, hex);
  vt_buf_printf(&mine, "vitrion-label 1\nmethod %s %s\n", l->m->name, hex);
  vt_status rc = vt_buf_check(&mine, err);
  if (rc == VT_OK) rc = check_owner(l, &mine, err);
  if (rc == VT_OK) rc = vt_dir_make(l->place.dir, err);
  if (rc == VT_OK) rc = vt_outdir_lock(&l->place, NULL, err);
  if (rc == VT_OK) rc = make_folders(l, &mine, err);
  l->view = (vt_pace){.what = "status.json", .every_s = 2, .most_s = 60};
  l->began_s = vt_now_s();
  vt_buf_free(&mine);
  return rc;
}

void vt__label_place_close(vt__labeller *l) { vt_outdir_release(&l->place); }

vt_status vt__label_place_look(vt__labeller *l, vt_err *err)
{
  for (int k = 0; k < l->n; k++) {
    vt__label_frame *f = &l->frame[k];
    vt__label a;
    char where[VT_PATH + 64];
    int got = 0;
    if (f->same_as >= 0) continue;
    VT_PASS(vt__label_record_read(l, k, &a, &got, err));
    if (got && !vt__label_is_good(l->m, vt_cell_volume(&f->s.cell), &a, f->why, sizeof f->why)) {
      f->state = VT__LABEL_FAILED; /* bounds are narrower than they were: no program need run to tell */
      vt__label_frame_where(l, k, where, sizeof where);
      vt__label_say(l, "%s was labelled within wider bounds: %s", where, f->why);
    } else if (got) {
      f->state = VT__LABEL_DONE;
      f->energy = a.energy;
    } else if (vt__label_failure_read(l, k, f->why)) {
      if (l->o->retry)
        vt__label_failure_clear(l, k);
      else
        f->state = VT__LABEL_FAILED;
    }
    l->finished_before += f->state != VT__LABEL_WAITS;
    vt_free(a.f);
    vt_alive();
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ labelled.xyz */

static void put_frame(const vt__labeller *l, const vt__label_frame *f, const vt__label *a, vt_buf *b)
{
  const vt_structure *s = &f->s;
  char hex[65];
  vt_buf_printf(b, "%d\nLattice=\"", s->n);
  for (int k = 0; k < 9; k++) vt_buf_printf(b, "%s%.17g", k ? " " : "", s->cell.h[k / 3][k % 3]);
  vt_buf_printf(b, "\" Properties=species:S:1:pos:R:3:forces:R:3 energy=%.17g", a->energy);
  for (int k = 0; k < 9 && a->has_virial; k++)
    vt_buf_printf(b, "%s%.17g%s", k ? " " : " virial=\"", a->virial[k], k < 8 ? "" : "\"");
  vt__label_kept_keys(s->labels, b);
  vt_uid_hex(&f->method, hex);
  vt_buf_printf(b, " method=%s method_sha256=%s", l->m->name, hex);
  vt_uid_hex(&l->m->input_sha256, hex);
  vt_buf_printf(b, " program=\"%s\" input_sha256=%s", a->program, hex);
  vt_uid_hex(&f->sha256, hex);
  vt_buf_printf(b, " frame_sha256=%s net_force=%.4g pbc=\"T T T\"\n", hex, vt__label_net_force(a));
  for (int i = 0; i < s->n; i++)
    vt_buf_printf(b, "%s %.17g %.17g %.17g %.17g %.17g %.17g\n", s->symbol[i], s->x[i][0], s->x[i][1], s->x[i][2],
                  a->f[i][0], a->f[i][1], a->f[i][2]);
}

vt_status vt__label_place_write(vt__labeller *l, vt_err *err)
{
  vt_buf b = {0};
  place_path path;
  vt_status rc = VT_OK;
  for (int k = 0; k < l->n && rc == VT_OK; k++) {
    const int from = l->frame[k].same_as >= 0 ? l->frame[k].same_as : k;
    vt__label a;
    int got = 0;
    if (l->frame[from].state != VT__LABEL_DONE) continue;
    rc = vt__label_record_read(l, from, &a, &got, err);
    if (rc == VT_OK && !got)
      rc = vt_err_set(err, VT_EIO, __FILE__, __LINE__, "the label of frame %d cannot be read back", from + 1);
    if (rc == VT_OK) {
      l->frame[from].energy = a.energy;
      put_frame(l, &l->frame[k], &a, &b);
      rc = vt_buf_check(&b, err);
    }
    vt_free(a.f);
  }
  in_place(l, "labelled.xyz", path);
  if (rc == VT_OK && b.len > 0) rc = vt_file_publish(path, b.s, b.len, err);
  if (rc == VT_OK && b.len == 0) (void)unlink(path); /* of other frames, whose labels stay in frames/ */
  vt_buf_free(&b);
  return rc;
}

int vt__label_place_others(const vt__labeller *l)
{
  place_path path;
  int n = 0;
  in_place(l, "frames", path);
  DIR *d = opendir(path);
  for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
    const size_t len = strlen(e->d_name), end = sizeof ".label" - 1;
    n += len > end && strcmp(e->d_name + len - end, ".label") == 0;
  }
  if (d) (void)closedir(d);
  for (int k = 0; k < l->n; k++) n -= l->frame[k].same_as < 0 && vt__label_record_there(l, k);
  return n;
}

/* ------------------------------------------------------------------ status.json */

static vt_json *failed_json(const vt__labeller *l, int k)
{
  const vt__label_frame *f = &l->frame[k];
  char log[ROOM];
  place_path path;
  vt_json *o = vt_json_object();
  (void)snprintf(log, sizeof log, "failed/%s.log", f->name);
  vt_json_put(o, "frame", vt_json_int(k + 1));
  vt_json_put(o, "file", vt_json_text(l->o->frame[f->file]));
  vt_json_put(o, "line", vt_json_int(f->s.line));
  vt_json_put(o, "name", vt_json_text(f->name));
  vt_json_put(o, "why", vt_json_text(f->why));
  in_place(l, log, path);
  vt_json_put(o, "log", access(path, F_OK) == 0 ? vt_json_text(log) : vt_json_null());
  return o;
}

static vt_json *lines_json(const char *text)
{
  vt_json *a = vt_json_array();
  while (text && *text) {
    char line[VT_PATH + 256];
    const size_t n = strcspn(text, "\n");
    (void)snprintf(line, sizeof line, "%.*s", (int)n, text);
    vt_json_add(a, vt_json_text(line));
    text += n + (text[n] == '\n');
  }
  return a;
}

static vt_json *counts_json(const vt__labeller *l)
{
  static const char *const name[] = {"waiting", "running", "done", "failed"};
  int count[4] = {0};
  vt_json *o = vt_json_object();
  for (int k = 0; k < l->n; k++) {
    const int from = l->frame[k].same_as >= 0 ? l->frame[k].same_as : k;
    count[l->frame[from].state]++;
  }
  vt_json_put(o, "total", vt_json_int(l->n));
  for (int k = 0; k < 4; k++) vt_json_put(o, name[k], vt_json_int(count[k]));
  return o;
}

void vt__label_place_view(vt__labeller *l, int now)
{
  enum { INDENT = 2 };
  place_path path;
  vt_err ignored = {0};
  vt_buf b = {0};
  if (!l->place.alone || (!now && !vt_pace_due(&l->view, vt_now_s()))) return;
  vt_pace_begin(&l->view, vt_now_s());
  vt_json *o = vt_json_object(), *failed = vt_json_array();
  for (int k = 0; k < l->n; k++)
    if (l->frame[k].state == VT__LABEL_FAILED) vt_json_add(failed, failed_json(l, k));
  vt_json_put(o, "label", vt_json_text(l->m->name));
  vt_json_put(o, "state", vt_json_text(l->state));
  vt_json_put(o, "updated", vt_json_int((int64_t)time(NULL)));
  vt_json_put(o, "ranks", vt_json_int(vt_comm_size(l->comm)));
  vt_json_put(o, "frames", counts_json(l));
  vt_json_put(o, "eta_s", vt_json_num(strcmp(l->state, "running") == 0 ? vt__label_left_s(l) : (double)NAN));
  vt_json_put(o, "failed", failed);
  vt_json_put(o, "warnings", lines_json(l->warnings.s));
  in_place(l, "status.json", path);
  if (vt_json_dump(o, INDENT, &b, &ignored) != VT_OK ||
      vt_file_publish_view(path, b.s, b.len, &ignored) != VT_OK) /* a view: labelling goes on without it */
    vt_log(VT_LOG_WARN, "label", "ev=status error=\"%s\"", vt_err_line(ignored.text).s);
  vt_json_free(o);
  vt_buf_free(&b);
  vt_pace_end(&l->view, vt_now_s());
}
