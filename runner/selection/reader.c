/* reader.c - frames of a source, whatever its format, and what they say of themselves. */
#include <stdio.h>
#include <string.h>

#include "runner/h5md_read/h5md_read.h"
#include "runner/selection/selection_impl.h"

vt_status vt__selection_open(vt__selection_reader *r, const char *path, vt_err *err)
{
  static const vt_format *const more[] = {&vt_h5md_format, NULL};
  const vt_frames_options o = {.more = more};
  const vt_format *format = NULL;
  *r = (vt__selection_reader){0};
  VT_PASS(vt_format_of(path, &o, &format, err));
  if (strcmp(format->name, "extended XYZ") != 0) return vt_frames_open(&r->frames, &path, 1, &o, err);
  VT_PASS(vt_xyz_open(&r->xyz, path, err));
  vt_xyz_keep_labels(r->xyz);
  return VT_OK;
}

vt_status vt__selection_next(vt__selection_reader *r, vt_structure *s, int *got, vt_err *err)
{
  return r->xyz ? vt_xyz_next(r->xyz, s, got, err) : vt_frames_next(r->frames, s, got, err);
}

void vt__selection_close(vt__selection_reader *r)
{
  vt_xyz_close(r->xyz);
  vt_frames_close(r->frames);
  *r = (vt__selection_reader){0};
}

int vt__selection_key(const vt_structure *s, const char *key, char *out, size_t cap)
{
  const char *value = NULL;
  size_t n = 0;
  int col;
  if (!s->labels || !vt_xyz_label(s->labels, key, &value, &n, &col) || n == 0) return 0;
  if (n >= cap) n = cap - 1;
  for (size_t k = 0; k < n; k++) {
    const unsigned char c = (unsigned char)value[k];
    out[k] = (char)(c < ' ' || c == '"' || c == '\\' ? '_' : c);
  }
  out[n] = '\0';
  return 1;
}

void vt__selection_formula(const vt_structure *s, char out[VT_NAME])
{
  int count[VT_N_ELEMENTS] = {0}, common = 0;
  size_t used = 0;
  for (int i = 0; i < s->n; i++) count[vt_element_z(s->symbol[i])]++;
  for (int z = 0; z < VT_N_ELEMENTS; z++)
    for (int a = count[z], b = common; a > 0;) { /* Euclid */
      const int rest = b % a;
      b = a, a = rest;
      common = b;
    }
  out[0] = '\0';
  for (int z = 1; z < VT_N_ELEMENTS && used < VT_NAME; z++) {
    const int n = common ? count[z] / common : 0;
    if (n == 1) used += (size_t)snprintf(out + used, VT_NAME - used, "%s", vt_element_symbol(z));
    if (n > 1) used += (size_t)snprintf(out + used, VT_NAME - used, "%s%d", vt_element_symbol(z), n);
  }
}
