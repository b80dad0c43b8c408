/* select.c - all frames of all sources: read, measured, chosen, and the chosen ones read again and written. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/selection/selection_impl.h"

enum { FRAMES_MOST = 4000000 };

VT_REASONS(vt_selection_whys, VT_SELECTION_WHYS);

typedef struct choosing {
  vt_selection *s;
  const vt_selection_options *o;
  vt__selection_meter meter;
  int n_known;
  float **known;
} choosing;

static vt_status new_frame(vt_selection *s, vt_selection_frame **f, vt_err *err)
{
  if (s->n == FRAMES_MOST) VT_FAIL(err, VT_EINVAL, "more than %d frames: take --every N of them", FRAMES_MOST);
  if (s->n == s->cap) {
    const int cap = s->cap ? 2 * s->cap : 256;
    VT_PASS(VT_GROW(s->frame, s->n, cap, err));
    s->cap = cap;
  }
  *f = &s->frame[s->n++];
  return VT_OK;
}

static vt_status run_of(vt_selection *s, const char *name, int *at, vt_err *err)
{
  for (*at = s->n_runs - 1; *at >= 0; --*at) /* the last is the likeliest */
    if (strcmp(s->run[*at], name) == 0) return VT_OK;
  VT_PASS(VT_GROW(s->run, s->n_runs, s->n_runs + 1, err));
  (void)snprintf(s->run[s->n_runs], sizeof *s->run, "%s", name);
  *at = s->n_runs++;
  return VT_OK;
}

static vt_status composition_of(vt_selection *s, const char *name, int *at, vt_err *err)
{
  for (*at = s->n_compositions - 1; *at >= 0; --*at)
    if (strcmp(s->composition[*at], name) == 0) return VT_OK;
  VT_PASS(VT_GROW(s->composition, s->n_compositions, s->n_compositions + 1, err));
  (void)snprintf(s->composition[s->n_compositions], sizeof *s->composition, "%s", name);
  *at = s->n_compositions++;
  return VT_OK;
}

/* Whose frame it is: as it says, else the source and its formula. */
static vt_status name_frame(choosing *c, const vt_selection_source *from, const vt_structure *s, vt_selection_frame *f,
                            vt_err *err)
{
  char run[VT_PATH], composition[VT_NAME];
  if (from->run[0] || !vt__selection_key(s, "run", run, sizeof run))
    (void)snprintf(run, sizeof run, "%s", from->run[0] ? from->run : from->shown);
  if (from->composition[0])
    (void)snprintf(composition, sizeof composition, "%s", from->composition);
  else if (!vt__selection_key(s, "composition", composition, sizeof composition))
    vt__selection_formula(s, composition);
  VT_PASS(run_of(c->s, run, &f->run, err));
  return composition_of(c->s, composition, &f->composition, err);
}

static vt_status take_frame(choosing *c, const vt_selection_source *from, int source, int frame, const vt_structure *s,
                            vt_err *err)
{
  vt_selection_frame *f = NULL;
  int out = 0;
  VT_PASS(new_frame(c->s, &f, err));
  *f = (vt_selection_frame){
      .source = source, .frame = frame, .n_atoms = s->n, .run = -1, .composition = -1, .distance = (double)NAN};
  VT_TRY(vt__selection_measure(&c->meter, s, 1, f, &out, err), err, "frame %d of '%s'", frame + 1, from->shown);
  if (out) {
    vt_free(f->point);
    f->point = NULL;
    return VT_OK;
  }
  return name_frame(c, from, s, f, err);
}

static void show(const choosing *c, const char *shown)
{
  char line[VT_PATH + 64];
  if (!c->o->progress) return;
  (void)snprintf(line, sizeof line, "%d frames, %s", c->s->n, shown);
  c->o->progress(c->o->ctx, line);
}

static vt_status read_source(choosing *c, const vt_selection_source *from, int source, vt_err *err)
{
  vt__selection_reader r;
  vt_status rc = vt__selection_open(&r, from->path, err);
  for (int got = 1, k = 0; rc == VT_OK && got; k++) {
    vt_structure s = {0};
    rc = vt__selection_next(&r, &s, &got, err);
    if (rc == VT_OK && got && k % c->o->every == 0) rc = take_frame(c, from, source, k, &s, err);
    vt_structure_free(&s);
    show(c, from->shown);
  }
  vt__selection_close(&r);
  return rc;
}

/* Frames of other elements say nothing about these. */
static vt_status read_known(choosing *c, vt_err *err)
{
  vt__selection_reader r;
  int cap = 0;
  if (!c->o->known) return VT_OK;
  vt_status rc = vt__selection_open(&r, c->o->known, err);
  for (int got = 1; rc == VT_OK && got;) {
    vt_structure s = {0};
    vt_selection_frame f = {0};
    int out = 0;
    rc = vt__selection_next(&r, &s, &got, err);
    if (rc == VT_OK && got) rc = vt__selection_measure(&c->meter, &s, 0, &f, &out, err);
    if (rc == VT_OK && got && !out && c->n_known == cap) {
      cap = cap ? 2 * cap : 64;
      rc = VT_GROW(c->known, c->n_known, cap, err);
    }
    if (rc == VT_OK && got && !out)
      c->known[c->n_known++] = f.point;
    else
      vt_free(f.point);
    vt_structure_free(&s);
  }
  vt__selection_close(&r);
  return rc;
}

static void choosing_close(choosing *c)
{
  vt__selection_meter_close(&c->meter);
  for (int k = 0; k < c->n_known; k++) vt_free(c->known[k]);
  vt_free(c->known);
}

vt_status vt_select(const vt_selection_source *source, int n, const vt_selection_options *o, vt_selection *out,
                    vt_err *err)
{
  vt_status rc = VT_OK;
  choosing c = {.s = out, .o = o};
  *out = (vt_selection){0};
  VT_TRY_OUT(vt__selection_meter_open(&c.meter, o->potential, o->contact, err), err, "potential '%s'", o->potential);
  out->n_members = c.meter.c.n;
  rc = read_known(&c, err);
  for (int k = 0; rc == VT_OK && k < n; k++) rc = read_source(&c, &source[k], k, err);
  if (rc != VT_OK) goto out;
  if (out->n == 0) VT_FAIL_OUT(err, VT_EINVAL, "there is no frame to choose from");
  rc = vt__selection_pick(out, o, c.meter.size, (const float *const *)c.known, c.n_known, err);
out:
  choosing_close(&c);
  return rc;
}

void vt_selection_free(vt_selection *s)
{
  for (int k = 0; k < s->n; k++) vt_free(s->frame[k].point);
  vt_free(s->frame);
  vt_free(s->run);
  vt_free(s->composition);
  *s = (vt_selection){0};
}

/* ------------------------------------------------------------------ writing */

/* A value between quotes of a header. */
static void put_quoted(vt_buf *b, const char *key, const char *text)
{
  vt_buf_printf(b, " %s=\"", key);
  for (; *text; text++) vt_buf_add(b, (unsigned char)*text < ' ' || *text == '"' || *text == '\\' ? "_" : text, 1);
  vt_buf_add(b, "\"", 1);
}

static void put_picked(const vt_selection *s, const vt_selection_source *from, const vt_selection_frame *f,
                       const vt_structure *x, vt_buf *b)
{
  vt_buf_printf(b, "%d\nLattice=\"", x->n);
  for (int k = 0; k < 9; k++) vt_buf_printf(b, "%s%.17g", k ? " " : "", x->cell.h[k / 3][k % 3]);
  vt_buf_printf(b, "\" Properties=species:S:1:pos:R:3");
  put_quoted(b, "run", s->run[f->run]);
  put_quoted(b, "composition", s->composition[f->composition]);
  vt_buf_printf(b, " config_type=select");
  put_quoted(b, "source", from->shown);
  vt_buf_printf(b, " source_frame=%d", f->frame + 1);
  if (isfinite(f->spread)) vt_buf_printf(b, " spread=%.6g", f->spread);
  if (isfinite(f->distance)) vt_buf_printf(b, " distance=%.6g", f->distance);
  vt_buf_printf(b, " pbc=\"T T T\"\n");
  for (int i = 0; i < x->n; i++)
    vt_buf_printf(b, "%s %.17g %.17g %.17g\n", x->symbol[i], x->x[i][0], x->x[i][1], x->x[i][2]);
}

/* The picked frames of one source into text[picked - 1]. */
static vt_status write_source(const vt_selection *s, const vt_selection_source *from, int source, vt_buf *text,
                              vt_err *err)
{
  int k = 0, last = -1;
  while (k < s->n && s->frame[k].source < source) k++;
  for (int i = k; i < s->n && s->frame[i].source == source; i++)
    if (s->frame[i].picked) last = s->frame[i].frame;
  if (last < 0) return VT_OK;
  vt__selection_reader r;
  vt_status rc = vt__selection_open(&r, from->path, err);
  for (int at = 0, got = 1; rc == VT_OK && got && at <= last; at++) {
    vt_structure x = {0};
    rc = vt__selection_next(&r, &x, &got, err);
    while (k < s->n && s->frame[k].source == source && s->frame[k].frame < at) k++;
    const vt_selection_frame *f = &s->frame[k < s->n ? k : s->n - 1];
    if (rc == VT_OK && got && f->source == source && f->frame == at && f->picked) {
      if (x.n != f->n_atoms)
        rc = vt_err_set(err, VT_EIO, __FILE__, __LINE__, "'%s' changed while it was read", from->shown);
      else
        put_picked(s, from, f, &x, &text[f->picked - 1]);
    }
    vt_structure_free(&x);
  }
  vt__selection_close(&r);
  return rc;
}

vt_status vt_selection_write(const vt_selection *s, const vt_selection_source *source, vt_buf *out, vt_err *err)
{
  vt_buf *text = NULL;
  vt_status rc = VT_OK;
  VT_PASS(VT_NEW(text, s->n_picked + 1, err));
  const int n_sources = s->n > 0 ? s->frame[s->n - 1].source + 1 : 0;
  for (int k = 0; rc == VT_OK && k < n_sources; k++) rc = write_source(s, &source[k], k, text, err);
  for (int k = 0; k < s->n_picked; k++) {
    if (rc == VT_OK) rc = vt_buf_check(&text[k], err);
    if (rc == VT_OK) vt_buf_add(out, text[k].s, text[k].len);
    vt_buf_free(&text[k]);
  }
  vt_free(text);
  return rc == VT_OK ? vt_buf_check(out, err) : rc;
}
