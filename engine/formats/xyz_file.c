/* xyz_file.c - extended XYZ as one of the formats. */
#include "engine/formats/formats_impl.h"

static int xyz_fits(const char *head, size_t n)
{
  vt_span line = vt__head_line(head, n, 0);
  return vt__head_numbers(line) == 1;
}

static vt_status xyz_open(void **state, const char *path, const vt_frames_options *o, vt_err *err)
{
  vt_xyz *x = NULL;
  VT_PASS(vt_xyz_open(&x, path, err));
  if (o->mistakes) vt_xyz_collect(x, o->mistakes);
  *state = x;
  return VT_OK;
}

static vt_status xyz_next(void *state, vt_structure *s, int *got, vt_err *err)
{
  return vt_xyz_next(state, s, got, err);
}

static void xyz_close(void *state) { vt_xyz_close(state); }

const vt_format vt__format_xyz = {
    .name = "extended XYZ", .fits = xyz_fits, .open = xyz_open, .next = xyz_next, .close = xyz_close};
