/* structures.c - the frames of a file that a campaign's structures name, by the readers of all formats. */
#include <stdlib.h>
#include <string.h>

#include "engine/formats/formats.h"
#include "runner/cli/cli.h"
#include "runner/h5md_read/h5md_read.h"

enum { MOST_FRAMES = 10000 };

static vt_status keep_frame(vt_structures *out, vt_structure *s, int *cap, int only_last, vt_err *err)
{
  if (only_last && out->n == 1) {
    vt_structure_free(&out->frame[0]);
    out->n = 0;
  }
  if (out->n == *cap) {
    const int more = *cap ? 2 * *cap : 4;
    void *p = out->frame;
    VT_PASS(vt_grow64(&p, (size_t)out->n, (size_t)more, sizeof *out->frame, err));
    out->frame = p;
    *cap = more;
  }
  out->frame[out->n++] = *s;
  *s = (vt_structure){0};
  return VT_OK;
}

/* What extended XYZ holds was put together by somebody; the frames of a trajectory are one sample at many times. */
static int is_collection(const vt_format *f) { return strcmp(f->name, "extended XYZ") == 0; }

vt_status vt_cli_structures(void *ctx, const char *path, int n_types, const int *type_z, vt_mistakes *m,
                            vt_structures *out, vt_err *err)
{
  (void)ctx;
  static const vt_format *const more[] = {&vt_h5md_format, NULL};
  vt_frames_options o = {.n_types = n_types, .mistakes = m, .more = more};
  vt_frames *f = NULL;
  vt_status rc = VT_OK;
  int cap = 0;
  *out = (vt_structures){0};
  if (n_types) memcpy(o.type_z, type_z, (size_t)n_types * sizeof *type_z);
  VT_PASS(vt_frames_open(&f, &path, 1, &o, err));
  memcpy(out->format, vt_frames_format(f)->name, strnlen(vt_frames_format(f)->name, sizeof out->format - 1));
  for (int got = 1; got && rc == VT_OK;) {
    vt_structure s = {0};
    rc = vt_frames_next(f, &s, &got, err);
    if (rc == VT_OK && got) rc = vt_structure_by_id(&s, path, err);
    if (rc == VT_OK && got) rc = keep_frame(out, &s, &cap, !is_collection(vt_frames_format(f)), err);
    vt_structure_free(&s);
    if (rc == VT_OK && out->n > MOST_FRAMES)
      rc = vt_err_user(err, VT_EPARSE, path, 0, 0, "more than %d frames", MOST_FRAMES);
  }
  vt_frames_close(f);
  if (rc == VT_OK && out->n == 0) rc = vt_err_user(err, VT_EPARSE, path, 0, 0, "no frame in this file");
  if (rc != VT_OK) vt_structures_free(out);
  return rc;
}
