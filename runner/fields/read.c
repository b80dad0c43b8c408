/* read.c - a member of a struct by its description. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/fields/fields.h"

double vt_field_at(const vt_field *f, const void *base, int k)
{
  const char *at = (const char *)base + f->offset + (size_t)k * f->step;
  int32_t i;
  double x;
  if (f->kind == VT_FIELD_TEXT || f->kind == VT_FIELD_PARTS || f->kind == VT_FIELD_INTERVAL) return (double)NAN;
  if (f->of) return f->of(base);
  if (f->kind == VT_FIELD_REAL) {
    memcpy(&x, at, sizeof x);
    return x;
  }
  memcpy(&i, at, sizeof i);
  return i;
}

const char *vt_field_text(const vt_field *f, const void *base)
{
  if (f->kind == VT_FIELD_TEXT) return (const char *)base + f->offset;
  return f->reasons ? vt_reason_text(f->reasons, (int)vt_field_at(f, base, 0)) : NULL;
}

void vt_field_doc(const vt_field *f, char doc[160])
{
  size_t n = (size_t)snprintf(doc, 160, "%s", f->doc);
  if (f->kind != VT_FIELD_REASON) return;
  for (int k = 0; k < f->reasons->n && n < 160; k++)
    n += (size_t)snprintf(doc + n, 160 - n, "%s%d %s", k ? ", " : n ? ": " : "", k, f->reasons->row[k].name);
  VT_ASSERT(n < 160); /* nothing was cut */
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the parts of a struct, two levels */
int vt_field_find(const vt_fields *in, const char *key, vt_field *out)
{
  for (int i = 0; i < in->n; i++) {
    const vt_field *f = &in->f[i];
    const size_t n = f->json ? strlen(f->json) : 0;
    if (n == 0 || strncmp(f->json, key, n) != 0) continue;
    if (key[n] == '\0') {
      *out = *f;
      return 1;
    }
    if (key[n] != '.' || f->kind != VT_FIELD_PARTS || !vt_field_find(f->parts, key + n + 1, out)) continue;
    out->offset += f->offset;
    return 1;
  }
  return 0;
}
