/* frames.c - which format a file has, and the frames of several files of one run. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine/formats/formats_impl.h"

/* ------------------------------------------------------------------ which format */

/* The order matters where two fit: a POSCAR may have a number as its title, an XDATCAR begins like a POSCAR. */
static const vt_format *const builtin[] = {&vt__format_lammps_dump, &vt__format_xdatcar, &vt__format_poscar,
                                           &vt__format_xyz, &vt__format_lammps_data};
enum { N_BUILTIN = (int)(sizeof builtin / sizeof *builtin), HEAD = 4096 };

/* The first bytes of a file, as they are and expanded.  A file that cannot be expanded has no expanded ones: its reader
 * says why. */
static vt_status read_head(const char *path, char raw[HEAD], size_t *n_raw, char text[HEAD], size_t *n_text,
                           vt_err *err)
{
  vt_input *input = NULL;
  *n_raw = *n_text = 0;
  FILE *f = fopen(path, "rb");
  if (!f) return vt_err_user(err, VT_EIO, path, 0, 0, "cannot be opened: %s", strerror(errno));
  *n_raw = fread(raw, 1, HEAD, f);
  const int bad = ferror(f), why = errno, rewound = fseek(f, 0, SEEK_SET) == 0;
  if (bad || !rewound) {
    (void)fclose(f);
    return vt_err_user(err, VT_EIO, path, 0, 0, "cannot be read: %s", strerror(why));
  }
  if (vt_input_open(&input, path, f, NULL) != VT_OK) return VT_OK;
  if (vt_input_read(input, text, HEAD, n_text, NULL) != VT_OK) *n_text = 0;
  vt_input_close(input);
  return VT_OK;
}

vt_status vt_format_of(const char *path, const vt_frames_options *o, const vt_format **f, vt_err *err)
{
  char raw[HEAD], text[HEAD];
  size_t n_raw, n_text;
  *f = &vt__format_xyz;
  VT_PASS(read_head(path, raw, &n_raw, text, &n_text, err));
  for (const vt_format *const *m = o->more; m && *m; m++)
    if ((*m)->is_binary ? (*m)->fits(raw, n_raw) || (*m)->fits(text, n_text) : (*m)->fits(text, n_text)) {
      *f = *m;
      return VT_OK;
    }
  for (int k = 0; k < N_BUILTIN; k++)
    if (builtin[k]->fits(text, n_text)) {
      *f = builtin[k];
      return VT_OK;
    }
  return VT_OK;
}

/* ------------------------------------------------------------------ files of one run */

struct vt_frames {
  const char *const *path; /* [n_paths] borrowed */
  int n_paths, at;         /* the file at hand */
  vt_frames_options o;
  const vt_format *format;
  void *state;
  int fresh;    /* nothing was taken of this file yet */
  int n_frames; /* of all files */
  int repeated;
  /* Of the last frame, to know it again: */
  int n;
  vt_cell cell;
  double (*x)[3]; /* [n] owned */
  double time, step;
  double step_before; /* where files count their own frames: what the files before have counted */
};

static void frames_leave(vt_frames *f)
{
  if (f->format) f->format->close(f->state);
  f->state = NULL;
  f->format = NULL;
}

static vt_status frames_enter(vt_frames *f, vt_err *err)
{
  const vt_format *format;
  VT_PASS(vt_format_of(f->path[f->at], &f->o, &format, err));
  VT_PASS(format->open(&f->state, f->path[f->at], &f->o, err));
  f->format = format;
  f->fresh = 1;
  f->step_before = format->counts_file && isfinite(f->step) ? f->step : 0;
  return VT_OK;
}

vt_status vt_frames_open(vt_frames **f, const char *const *path, int n_paths, const vt_frames_options *o, vt_err *err)
{
  *f = NULL;
  if (n_paths < 1) VT_FAIL(err, VT_EINVAL, "no files");
  VT_PASS(VT_NEW(*f, 1, err));
  **f = (vt_frames){.path = path, .n_paths = n_paths, .time = (double)NAN, .step = (double)NAN};
  if (o) (*f)->o = *o;
  vt_status rc = frames_enter(*f, err);
  if (rc == VT_OK) return VT_OK;
  vt_frames_close(*f);
  *f = NULL;
  return rc;
}

/* The last frame of the file before, once more. */
static int is_repeated(const vt_frames *f, const vt_structure *s)
{
  if (f->at == 0 || !f->fresh || s->n != f->n) return 0;
  const int counts = f->format->counts_file;
  if (!counts && isfinite(s->step.value) && isfinite(f->step)) return s->step.value == f->step;
  if (isfinite(s->time.value) && isfinite(f->time)) return s->time.value == f->time;
  return memcmp(&s->cell, &f->cell, sizeof s->cell) == 0 && memcmp(s->x, f->x, (size_t)s->n * sizeof *s->x) == 0;
}

static vt_status remember(vt_frames *f, const vt_structure *s, vt_err *err)
{
  f->time = s->time.value;
  f->step = s->step.value;
  f->cell = s->cell;
  if (f->n != s->n) {
    vt_free(f->x);
    f->x = NULL;
    f->n = 0;
    VT_PASS(VT_NEW(f->x, s->n, err));
    f->n = s->n;
  }
  memcpy(f->x, s->x, (size_t)s->n * sizeof *s->x);
  return VT_OK;
}

vt_status vt_frames_next(vt_frames *f, vt_structure *s, int *got, vt_err *err)
{
  const int only = f->n_paths == 1;
  while (1) {
    memset(s, 0, sizeof *s);
    *got = 0;
    vt_status rc = f->format->next(f->state, s, got, err);
    if (rc == VT_OK && *got) {
      if (f->format->counts_file) s->step.value += f->step_before;
      const int again = !only && is_repeated(f, s);
      f->fresh = 0;
      f->repeated += again;
      if (again && f->format->counts_file) f->step_before -= s->step.value - f->step;
      if (!again && !only) rc = remember(f, s, err);
      if (!again && rc == VT_OK) return VT_OK;
    }
    const int ended = rc == VT_OK && !*got;
    vt_structure_free(s);
    *got = 0;
    if (rc != VT_OK) return rc;
    if (!ended) continue;
    if (f->at + 1 == f->n_paths) return VT_OK;
    frames_leave(f);
    f->at++;
    VT_PASS(frames_enter(f, err));
  }
}

const char *vt_frames_path(const vt_frames *f) { return f->path[f->at]; }
const vt_format *vt_frames_format(const vt_frames *f) { return f->format; }
int vt_frames_repeated(const vt_frames *f) { return f->repeated; }

void vt_frames_close(vt_frames *f)
{
  if (!f) return;
  frames_leave(f);
  vt_free(f->x);
  vt_free(f);
}
