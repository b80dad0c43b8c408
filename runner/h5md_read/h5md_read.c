/* h5md_read.c - an H5MD file, frame by frame. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "runner/h5md_read/h5md_impl.h"

static const size_t EXPANDED_MOST = (size_t)4 << 30;

typedef struct h5md {
  char path[VT_PATH];
  vt_frames_options o;
  void *image; /* of an expanded file, or NULL */
  hid_t file, group;
  vt__h5md_series pos, vel, edges, folds, id, species;
  hsize_t at;
  double pos_a, edges_a; /* A per unit    */
  double vel_a_fs;       /* A/fs per unit */
  double *step, *time;   /* [pos.n_frames] or NULL */
  char time_key[VT__H5MD_UNIT];
} h5md;

/* ------------------------------------------------------------------ opening */

int vt__h5md_fits(const char *head, size_t n)
{
  static const char mark[] = "\x89HDF\r\n\x1a\n";
  return n >= sizeof mark - 1 && memcmp(head, mark, sizeof mark - 1) == 0;
}

/* The whole file, expanded. */
static vt_status expand(h5md *h, vt_input *input, size_t *n, vt_err *err)
{
  enum { FIRST = 1 << 20 };
  char *block = NULL;
  size_t cap = FIRST, got = 1;
  vt_status rc = VT_NEW(block, cap, err);
  for (*n = 0; rc == VT_OK && got > 0; *n += got) {
    got = 0;
    if (*n == cap) {
      rc = VT_GROW(block, *n, 2 * cap, err);
      if (rc != VT_OK) break;
      cap *= 2;
    }
    rc = vt_input_read(input, block + *n, cap - *n, &got, err);
    if (rc == VT_OK && *n + got > EXPANDED_MOST)
      rc = vt_err_user(err, VT_EPARSE, h->path, 0, 0, "more than 4 GiB, expanded: expand it first");
  }
  if (rc != VT_OK)
    vt_free(block);
  else
    h->image = block;
  return rc;
}

static vt_status open_file(h5md *h, vt_err *err)
{
  vt_input *input = NULL;
  size_t n = 0;
  FILE *f = fopen(h->path, "rb");
  if (!f) return vt_err_user(err, VT_EIO, h->path, 0, 0, "cannot be opened: %s", strerror(errno));
  VT_PASS(vt_input_open(&input, h->path, f, err));
  const int expands = vt_input_expands(input);
  vt_status rc = expands ? expand(h, input, &n, err) : VT_OK;
  vt_input_close(input);
  if (rc != VT_OK) return rc;
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  (void)H5Pset_file_locking(access, 0, 1);
  if (expands) {
    (void)H5Pset_fapl_core(access, 1 << 20, 0);
    (void)H5Pset_file_image(access, h->image, n);
  }
  /* an image is only taken for a file that does not exist (H5Pset_file_image) */
  h->file = H5Fopen(expands ? "/dev/null/expanded" : h->path, H5F_ACC_RDONLY, access);
  (void)H5Pclose(access);
  (void)H5Eclear2(H5E_DEFAULT);
  vt_free(h->image); /* HDF5 has its own copy */
  h->image = NULL;
  if (h->file < 0) VT__H5MD_BAD(h->path, "is no HDF5 file that can be opened: cut or damaged");
  return VT_OK;
}

/* The only group under /particles. */
static vt_status open_group(h5md *h, vt_err *err)
{
  H5G_info_t info;
  char name[256];
  if (H5Lexists(h->file, "particles", H5P_DEFAULT) <= 0)
    VT__H5MD_BAD(h->path, "an HDF5 file, but not H5MD: it has no group /particles");
  hid_t all = H5Gopen2(h->file, "particles", H5P_DEFAULT);
  if (all < 0) VT__H5MD_BAD(h->path, "/particles is no group");
  const int one = H5Gget_info(all, &info) >= 0 && info.nlinks == 1;
  if (one && H5Lget_name_by_idx(all, ".", H5_INDEX_NAME, H5_ITER_INC, 0, name, sizeof name, H5P_DEFAULT) > 0)
    h->group = H5Gopen2(all, name, H5P_DEFAULT);
  (void)H5Gclose(all);
  if (!one) VT__H5MD_BAD(h->path, "%d groups under /particles, expected one", (int)info.nlinks);
  if (h->group < 0) VT__H5MD_BAD(h->path, "what is under /particles is no group");
  return VT_OK;
}

/* A per unit of a length; no unit is A. */
static vt_status length_unit(const h5md *h, const vt__h5md_series *s, const char *what, double *a, vt_err *err)
{
  static const struct {
    const char *name;
    double a;
  } known[] = {{"", 1}, {"Angstrom", 1}, {"angstrom", 1}, {"A", 1}, {"\xC3\x85", 1}, {"nm", 10}, {"pm", 0.01}};
  for (size_t k = 0; k < sizeof known / sizeof *known; k++)
    if (strcmp(s->unit, known[k].name) == 0) {
      *a = known[k].a;
      return VT_OK;
    }
  VT__H5MD_BAD(h->path, "%s is in '%s', expected Angstrom, nm or pm", what, s->unit);
}

/* A/fs per unit of a velocity: a length by a time.  What has another unit, or none, is not read. */
static double velocity_unit(const vt__h5md_series *s)
{
  static const struct {
    const char *name;
    double a_fs;
  } known[] = {{"Angstrom ps-1", 1e-3}, {"Angstrom fs-1", 1}, {"nm ps-1", 1e-2},
               {"Angstrom/ps", 1e-3},   {"Angstrom/fs", 1},   {"nm/ps", 1e-2}};
  for (size_t k = 0; k < sizeof known / sizeof *known; k++)
    if (strcmp(s->unit, known[k].name) == 0) return known[k].a_fs;
  return 0;
}

/* time in ps, whatever the file counts in. */
static vt_status open_clock(h5md *h, vt_err *err)
{
  char unit[VT__H5MD_UNIT];
  VT_PASS(vt__h5md_clock(h->group, "position", "step", h->pos.n_frames, h->path, &h->step, unit, err));
  VT_PASS(vt__h5md_clock(h->group, "position", "time", h->pos.n_frames, h->path, &h->time, unit, err));
  if (!h->time) return VT_OK;
  const double ps = strcmp(unit, "ps") == 0 ? 1 : strcmp(unit, "fs") == 0 ? 1e-3 : strcmp(unit, "ns") == 0 ? 1e3 : 0;
  for (hsize_t k = 0; ps > 0 && k < h->pos.n_frames; k++) h->time[k] *= ps;
  (void)snprintf(h->time_key, sizeof h->time_key, "%s", ps > 0 ? "time_ps" : "time");
  return VT_OK;
}

static vt_status check_box(const h5md *h, hid_t box, vt_err *err)
{
  char boundary[64];
  vt_span all, w;
  size_t at = 0;
  vt__h5md_text(box, "boundary", boundary, sizeof boundary);
  all = (vt_span){boundary, strlen(boundary)};
  while (vt_span_token(all, " ", &at, &w))
    if (!vt_span_is(w, "periodic"))
      VT__H5MD_BAD(h->path, "boundary '%.*s': only cells periodic in all three directions are read", (int)w.n, w.s);
  const vt__h5md_series *e = &h->edges;
  if (e->set < 0) VT__H5MD_BAD(h->path, "no box/edges: the cell is not known");
  const int fits = (e->n_dim == 1 && e->dim[0] == 3) || (e->n_dim == 2 && e->dim[0] == 3 && e->dim[1] == 3);
  if (!fits) VT__H5MD_BAD(h->path, "box/edges is neither [3] nor [3][3]");
  return VT_OK;
}

static vt_status open_box(h5md *h, vt_err *err)
{
  if (H5Lexists(h->group, "box", H5P_DEFAULT) <= 0) VT__H5MD_BAD(h->path, "no box: the cell is not known");
  hid_t box = H5Gopen2(h->group, "box", H5P_DEFAULT);
  if (box < 0) VT__H5MD_BAD(h->path, "box is no group");
  vt_status rc = vt__h5md_open(box, h->path, "edges", &h->edges, err);
  if (rc == VT_OK) rc = check_box(h, box, err);
  (void)H5Gclose(box);
  return rc;
}

/* Frames and atoms of a quantity are those of the positions. */
static vt_status check_shape(const h5md *h, const vt__h5md_series *s, const char *what, int per_atom, vt_err *err)
{
  if (s->set < 0) return VT_OK;
  if (!s->is_fixed && s->n_frames != h->pos.n_frames)
    VT__H5MD_BAD(h->path, "%s has %llu frames, position has %llu", what, (unsigned long long)s->n_frames,
                 (unsigned long long)h->pos.n_frames);
  if (per_atom &&
      (s->dim[0] != h->pos.dim[0] || s->n_dim != (per_atom == 3 ? 2 : 1) || (per_atom == 3 && s->dim[1] != 3)))
    VT__H5MD_BAD(h->path, "%s does not have %d numbers for each of %llu atoms", what, per_atom,
                 (unsigned long long)h->pos.dim[0]);
  return VT_OK;
}

static vt_status open_all(h5md *h, vt_err *err)
{
  VT_PASS(open_file(h, err));
  VT_PASS(open_group(h, err));
  VT_PASS(vt__h5md_open(h->group, h->path, "position", &h->pos, err));
  if (h->pos.set < 0) VT__H5MD_BAD(h->path, "no position in the group of particles");
  if (h->pos.n_dim != 2 || h->pos.dim[1] != 3) VT__H5MD_BAD(h->path, "position is not [frame][atom][3]");
  VT_PASS(open_box(h, err));
  VT_PASS(vt__h5md_open(h->group, h->path, "velocity", &h->vel, err));
  VT_PASS(vt__h5md_open(h->group, h->path, "image", &h->folds, err));
  VT_PASS(vt__h5md_open(h->group, h->path, "id", &h->id, err));
  VT_PASS(vt__h5md_open(h->group, h->path, "species", &h->species, err));
  VT_PASS(check_shape(h, &h->edges, "box/edges", 0, err));
  VT_PASS(check_shape(h, &h->vel, "velocity", 3, err));
  VT_PASS(check_shape(h, &h->folds, "image", 3, err));
  VT_PASS(check_shape(h, &h->id, "id", 1, err));
  VT_PASS(check_shape(h, &h->species, "species", 0, err));
  VT_PASS(length_unit(h, &h->pos, "position", &h->pos_a, err));
  VT_PASS(length_unit(h, &h->edges, "box/edges", &h->edges_a, err));
  h->vel_a_fs = velocity_unit(&h->vel);
  return open_clock(h, err);
}

static void h5md_close(void *state)
{
  h5md *h = state;
  if (!h) return;
  vt__h5md_series *const all[] = {&h->pos, &h->vel, &h->edges, &h->folds, &h->id, &h->species};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) vt__h5md_close(all[k]);
  if (h->group >= 0) (void)H5Gclose(h->group);
  if (h->file >= 0) (void)H5Fclose(h->file);
  vt_free(h->image);
  vt_free(h->step);
  vt_free(h->time);
  vt_free(h);
}

static vt_status h5md_open(void **state, const char *path, const vt_frames_options *o, vt_err *err)
{
  h5md *h = NULL;
  if (strlen(path) >= VT_PATH) VT_FAIL(err, VT_EINVAL, "the name of a file is longer than %d bytes", VT_PATH - 1);
  VT_PASS(VT_NEW(h, 1, err));
  memcpy(h->path, path, strlen(path) + 1);
  h->o = *o;
  h->file = h->group = -1;
  h->pos.set = h->vel.set = h->edges.set = h->folds.set = h->id.set = h->species.set = -1;
  vt_status rc = open_all(h, err);
  if (rc == VT_OK)
    *state = h;
  else
    h5md_close(h);
  return rc;
}

/* ------------------------------------------------------------------ frames */

static vt_status read_cell(const h5md *h, vt_cell *c, vt_err *err)
{
  double e[9] = {0}, hi[3][3];
  VT_PASS(vt__h5md_row(&h->edges, h->at, H5T_NATIVE_DOUBLE, h->path, e, err));
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) c->h[i][k] = h->edges_a * (h->edges.n_dim == 1 ? (i == k ? e[i] : 0) : e[3 * i + k]);
  if (!vt_cell_inverse(c, hi)) VT__H5MD_BAD(h->path, "the edges of frame %d span no volume", (int)h->at + 1);
  return VT_OK;
}

static vt_status read_positions(const h5md *h, vt_structure *s, vt_err *err)
{
  int(*fold)[3] = NULL;
  vt_status rc;
  VT_PASS(vt__h5md_row(&h->pos, h->at, H5T_NATIVE_DOUBLE, h->path, s->x, err));
  if (h->folds.set >= 0) {
    VT_PASS(VT_NEW(fold, s->n, err));
    rc = vt__h5md_row(&h->folds, h->at, H5T_NATIVE_INT, h->path, fold, err);
    if (rc != VT_OK) {
      vt_free(fold);
      return rc;
    }
  }
  rc = VT_OK;
  const double most = 1e6;
  for (int i = 0; i < s->n && rc == VT_OK; i++)
    for (int k = 0; k < 3; k++) {
      double x = h->pos_a * s->x[i][k];
      for (int j = 0; fold && j < 3; j++) x += fold[i][j] * s->cell.h[j][k];
      s->x[i][k] = x;
      if (!(fabs(x) <= most))
        rc = vt_err_user(err, VT_EPARSE, h->path, 0, 0, "frame %d, atom %d: a coordinate of %g A, expected at most %g",
                         (int)h->at + 1, i + 1, x, most);
    }
  s->unfolded = fold != NULL;
  vt_free(fold);
  return rc;
}

static vt_status read_velocities(const h5md *h, vt_structure *s, vt_err *err)
{
  if (h->vel.set < 0 || h->vel_a_fs == 0) return VT_OK;
  VT_PASS(VT_NEW(s->v, s->n, err));
  VT_PASS(vt__h5md_row(&h->vel, h->at, H5T_NATIVE_DOUBLE, h->path, s->v, err));
  for (int i = 0; i < s->n; i++)
    for (int k = 0; k < 3; k++) s->v[i][k] *= h->vel_a_fs;
  return VT_OK;
}

static vt_stamp stamp_of(const double *value, hsize_t at, const char *key)
{
  enum { PLENTY = 15 };
  vt_stamp t = {.value = (double)NAN};
  if (!value) return t;
  t = (vt_stamp){.value = value[at], .digit = 1e-9 * fmax(1, fabs(value[at])), .digits = PLENTY};
  memcpy(t.key, key, strnlen(key, sizeof t.key - 1));
  return t;
}

static vt_status h5md_next(void *state, vt_structure *s, int *got, vt_err *err)
{
  h5md *h = state;
  *got = 0;
  if (h->at >= h->pos.n_frames) return VT_OK;
  const int n = (int)h->pos.dim[0]; /* bounded when it was opened */
  s->energy = (double)NAN;
  s->line = INT_MIN / 2; /* there are no lines: messages leave them out */
  VT_PASS(VT_NEW(s->symbol, n, err));
  VT_PASS(VT_NEW(s->x, n, err));
  s->n = n;
  VT_PASS(read_cell(h, &s->cell, err));
  VT_PASS(read_positions(h, s, err));
  VT_PASS(read_velocities(h, s, err));
  VT_PASS(vt__h5md_species(&h->species, h->at, n, &h->o, h->path, s->symbol, err));
  if (h->id.set >= 0) {
    VT_PASS(VT_NEW(s->id, n, err));
    VT_PASS(vt__h5md_row(&h->id, h->at, H5T_NATIVE_INT64, h->path, s->id, err));
  }
  s->step = stamp_of(h->step, h->at, "step");
  s->time = stamp_of(h->time, h->at, h->time_key);
  h->at++;
  *got = 1;
  return VT_OK;
}

const vt_format vt__h5md_inside = {.name = "H5MD",
                                   .is_binary = 1,
                                   .has_types = 1,
                                   .fits = vt__h5md_fits,
                                   .open = h5md_open,
                                   .next = h5md_next,
                                   .close = h5md_close};
