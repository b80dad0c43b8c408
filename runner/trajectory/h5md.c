/* h5md.c - a file of frames as H5MD 1.1.
 *
 * The file is made in memory (HDF5's core driver) and becomes a file by whoever takes its bytes: a disk that is full is
 * then met by one function, vt_file_replace, and never by HDF5, which does not survive a write that fails
 * (runner/store/h5_impl.h). */
#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#include "runner/trajectory/trajectory.h"

enum { CHUNK_BYTES = 1 << 19, DEFLATE = 4, TEXT = 128, HANDLES = 96 };

/* Handles that are closed together, in reverse order. */
typedef struct scope {
  hid_t id[HANDLES];
  int n;
} scope;

/* Returns id; a negative one is not kept. */
static hid_t keep(scope *s, hid_t id)
{
  if (id < 0) return id;
  if (s->n == HANDLES) {
    (void)H5Idec_ref(id);
    return -1;
  }
  return s->id[s->n++] = id;
}

static void release(scope *s)
{
  while (s->n) (void)H5Idec_ref(s->id[--s->n]);
}

static herr_t deepest(unsigned n, const H5E_error2_t *e, void *text)
{
  (void)n;
  (void)snprintf(text, TEXT, "%s", e->desc ? e->desc : "");
  return 1;
}

/* The innermost reason of HDF5 behind a sentence of ours. */
static vt_status fail(vt_err *err, const char *what)
{
  char why[TEXT] = "";
  (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, deepest, why);
  (void)H5Eclear2(H5E_DEFAULT);
  for (char *p = why; *p; p++)
    if (*p == '\n') *p = ' ';
  VT_FAIL(err, VT_EIO, "%s: %s", what, why[0] ? why : "HDF5 gives no reason");
}

struct vt_h5md {
  vt_h5md_ask ask;
  scope all;
  hid_t file, group, x, v, text, no_times, once; /* once: properties of a small dataset */
  int bad;                                       /* something of HDF5 failed */
  size_t n_atoms, item;                          /* bytes of a number */
  int64_t n, n_chunk, in_chunk;                  /* frames added; of a chunk; waiting for it to be full */
  unsigned char *chunk_x, *chunk_v;
  int64_t *step;
  double *time_ps;
  double (*cell)[3][3];
};

/* ------------------------------------------------------------------ small things; the first failure is remembered */

static hid_t kept(vt_h5md *h, hid_t id)
{
  id = keep(&h->all, id);
  h->bad |= id < 0;
  return id;
}

static hid_t group_of(vt_h5md *h, hid_t in, const char *name)
{
  return h->bad ? -1 : kept(h, H5Gcreate2(in, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

/* n values of `type` as an attribute; n 0: one, a scalar. */
static void attribute(vt_h5md *h, hid_t of, const char *name, hid_t type, hsize_t n, const void *value)
{
  if (h->bad) return;
  scope s = {0};
  const hid_t space = keep(&s, n ? H5Screate_simple(1, &n, NULL) : H5Screate(H5S_SCALAR));
  const hid_t a = keep(&s, H5Acreate2(of, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  h->bad |= a < 0 || H5Awrite(a, type, value) < 0;
  release(&s);
}

static void put_text(vt_h5md *h, hid_t of, const char *name, const char *value)
{
  attribute(h, of, name, h->text, 0, &value);
}

static void put_int(vt_h5md *h, hid_t of, const char *name, int32_t value)
{
  attribute(h, of, name, H5T_STD_I32LE, 0, &value);
}

static void put_real(vt_h5md *h, hid_t of, const char *name, double value)
{
  attribute(h, of, name, H5T_IEEE_F64LE, 0, &value);
}

static void put_uid(vt_h5md *h, hid_t of, const char *name, const vt_uid *uid)
{
  char hex[65];
  vt_uid_hex(uid, hex);
  put_text(h, of, name, hex);
}

/* A small dataset, whole; its handle is kept. */
static hid_t dataset(vt_h5md *h, hid_t in, const char *name, hid_t type, hsize_t n, const void *value)
{
  if (h->bad) return -1;
  scope s = {0};
  const hid_t space = keep(&s, H5Screate_simple(1, &n, NULL));
  const hid_t d = kept(h, H5Dcreate2(in, name, type, space, H5P_DEFAULT, h->once, H5P_DEFAULT));
  if (!h->bad && value) h->bad |= H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0;
  release(&s);
  return d;
}

/* [n_frames][rows][3] in chunks of `per` frames. */
static hid_t frames(vt_h5md *h, hid_t in, hid_t type, hsize_t rows, int64_t per)
{
  if (h->bad) return -1;
  scope s = {0};
  const hsize_t dim[3] = {(hsize_t)h->ask.n_frames, rows, 3}, chunk[3] = {(hsize_t)per, rows, 3};
  const hid_t space = keep(&s, H5Screate_simple(3, dim, NULL));
  const hid_t p = keep(&s, H5Pcreate(H5P_DATASET_CREATE));
  h->bad |= H5Pset_obj_track_times(p, 0) < 0 || H5Pset_chunk(p, 3, chunk) < 0 || H5Pset_shuffle(p) < 0 ||
            H5Pset_deflate(p, DEFLATE) < 0 || H5Pset_fletcher32(p) < 0;
  const hid_t d = kept(h, H5Dcreate2(in, "value", type, space, H5P_DEFAULT, p, H5P_DEFAULT));
  release(&s);
  return d;
}

/* Frames [first, first + n) of such a dataset. */
static void write_frames(vt_h5md *h, hid_t d, hid_t type, hsize_t rows, int64_t first, int64_t n, const void *from)
{
  if (h->bad || n == 0) return;
  scope s = {0};
  const hsize_t at[3] = {(hsize_t)first, 0, 0}, count[3] = {(hsize_t)n, rows, 3};
  const hid_t file = keep(&s, H5Dget_space(d)), memory = keep(&s, H5Screate_simple(3, count, NULL));
  h->bad |= H5Sselect_hyperslab(file, H5S_SELECT_SET, at, NULL, count, NULL) < 0 ||
            H5Dwrite(d, type, memory, file, H5P_DEFAULT, from) < 0;
  release(&s);
}

/* ------------------------------------------------------------------ what stands in the file */

static void write_head(vt_h5md *h)
{
  const int32_t version[2] = {1, 1}, units[2] = {1, 0};
  const hid_t top = group_of(h, h->file, "h5md"), author = group_of(h, top, "author");
  const hid_t creator = group_of(h, top, "creator"), modules = group_of(h, top, "modules");
  const hid_t unit = group_of(h, modules, "units");
  attribute(h, top, "version", H5T_STD_I32LE, 2, version);
  put_text(h, author, "name", "unknown");
  put_text(h, creator, "name", "vitrion");
  put_text(h, creator, "version", vt_build_info()->version);
  attribute(h, unit, "version", H5T_STD_I32LE, 2, units);
  put_text(h, unit, "system", "SI");
}

static void write_species(vt_h5md *h, vt_err *err)
{
  const vt_composition *c = &h->ask.plan->comp;
  double *mass = NULL, *charge = NULL;
  int32_t *z = NULL, *id = NULL;
  vt_status rc = VT_NEW(mass, h->n_atoms, err);
  if (rc == VT_OK) rc = VT_NEW(charge, h->n_atoms, err);
  if (rc == VT_OK) rc = VT_NEW(z, h->n_atoms, err);
  if (rc == VT_OK) rc = VT_NEW(id, h->n_atoms, err);
  const hid_t element = kept(h, H5Tenum_create(H5T_STD_I32LE));
  h->bad |= rc != VT_OK;
  size_t i = 0;
  for (int s = 0; s < c->n_species && !h->bad; s++) {
    h->bad |= H5Tenum_insert(element, vt_element_symbol(c->z[s]), &c->z[s]) < 0;
    for (int k = 0; k < c->count[s]; k++, i++) {
      mass[i] = vt_element_mass(c->z[s]);
      charge[i] = c->charge[s];
      z[i] = c->z[s];
      id[i] = (int32_t)i + 1;
    }
  }
  (void)dataset(h, h->group, "species", element, h->n_atoms, z);
  const hid_t m = dataset(h, h->group, "mass", H5T_IEEE_F64LE, h->n_atoms, mass);
  put_text(h, m, "unit", "u");
  const hid_t q = dataset(h, h->group, "charge", H5T_IEEE_F64LE, h->n_atoms, charge);
  put_text(h, q, "unit", "e");
  put_text(h, q, "type", "formal");
  (void)dataset(h, h->group, "id", H5T_STD_I32LE, h->n_atoms, id);
  vt_free(mass);
  vt_free(charge);
  vt_free(z);
  vt_free(id);
}

/* Whose frames these are. */
static void write_origin(vt_h5md *h)
{
  const vt_plan *p = h->ask.plan;
  const hid_t parameters = group_of(h, h->file, "parameters"), g = group_of(h, parameters, "vitrion");
  put_text(h, g, "composition", p->comp.name);
  put_text(h, g, "kind", p->kind == VT_TASK_GLASS ? "glass" : "md");
  put_int(h, g, "glass", p->glass);
  put_real(h, g, "temperature_K", p->t_k);
  put_uid(h, g, "task", &p->uid);
  put_int(h, g, "attempt", p->attempt);
  put_int(h, g, "half_stage", p->half_stage);
  put_text(h, g, "potential_kind", p->pot_kind);
  put_text(h, g, "potential", h->ask.potential ? h->ask.potential : "");
  put_uid(h, g, "potential_sha256", &p->pot_hash);
}

static hid_t element_of(vt_h5md *h, const char *name, hid_t type, const char *unit, double grid)
{
  const hid_t g = group_of(h, h->group, name), d = frames(h, g, type, h->n_atoms, h->n_chunk);
  put_text(h, d, "unit", unit);
  if (grid > 0) put_real(h, d, "precision", grid);
  return d;
}

static void write_structure(vt_h5md *h, vt_err *err)
{
  static const char *const periodic[3] = {"periodic", "periodic", "periodic"};
  const hid_t number = h->ask.exact ? H5T_IEEE_F64LE : H5T_IEEE_F32LE;
  write_head(h);
  const hid_t particles = group_of(h, h->file, "particles");
  h->group = group_of(h, particles, "all");
  h->x = element_of(h, "position", number, "Angstrom", h->ask.grid_a);
  if (h->ask.velocities) h->v = element_of(h, "velocity", number, "Angstrom ps-1", h->ask.grid_a_ps);
  const hid_t box = group_of(h, h->group, "box");
  put_int(h, box, "dimension", 3);
  attribute(h, box, "boundary", h->text, 3, periodic);
  write_species(h, err);
  write_origin(h);
}

static void begin_file(vt_h5md *h)
{
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const hid_t access = kept(h, H5Pcreate(H5P_FILE_ACCESS)), create = kept(h, H5Pcreate(H5P_FILE_CREATE));
  h->once = kept(h, H5Pcreate(H5P_DATASET_CREATE));
  h->text = kept(h, H5Tcopy(H5T_C_S1));
  h->bad |= H5Pset_fapl_core(access, (size_t)1 << 20, 0) < 0 || H5Pset_obj_track_times(create, 0) < 0 ||
            H5Pset_obj_track_times(h->once, 0) < 0 || H5Tset_size(h->text, H5T_VARIABLE) < 0 ||
            H5Tset_cset(h->text, H5T_CSET_UTF8) < 0;
  /* its name is seen by nobody: no file is made */
  if (!h->bad) h->file = kept(h, H5Fcreate("trajectory in memory", H5F_ACC_TRUNC, create, access));
}

vt_status vt_h5md_create(vt_h5md **out, const vt_h5md_ask *ask, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_h5md *h = NULL;
  *out = NULL;
  if (ask->n_frames < 1) VT_FAIL(err, VT_EINVAL, "a trajectory of %lld frames", (long long)ask->n_frames);
  VT_TRY(VT_NEW(h, 1, err), err, "trajectory");
  h->ask = *ask;
  h->n_atoms = (size_t)ask->plan->comp.n_atoms;
  h->item = ask->exact ? sizeof(double) : sizeof(float);
  const size_t frame = h->n_atoms * 3 * h->item;
  h->n_chunk = (int64_t)(CHUNK_BYTES / frame);
  if (h->n_chunk < 1) h->n_chunk = 1;
  if (h->n_chunk > ask->n_frames) h->n_chunk = ask->n_frames;
  VT_TRY_OUT(VT_NEW(h->chunk_x, (size_t)h->n_chunk * frame, err), err, "trajectory");
  if (ask->velocities) VT_TRY_OUT(VT_NEW(h->chunk_v, (size_t)h->n_chunk * frame, err), err, "trajectory");
  VT_TRY_OUT(VT_NEW(h->step, ask->n_frames, err), err, "trajectory");
  VT_TRY_OUT(VT_NEW(h->time_ps, ask->n_frames, err), err, "trajectory");
  VT_TRY_OUT(VT_NEW(h->cell, ask->n_frames, err), err, "trajectory");
  begin_file(h);
  write_structure(h, err);
  if (h->bad) rc = fail(err, "making a trajectory in memory");
out:
  if (rc != VT_OK) {
    vt_h5md_close(h);
    return rc;
  }
  *out = h;
  return VT_OK;
}

static void flush_chunk(vt_h5md *h)
{
  const hid_t number = h->ask.exact ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
  write_frames(h, h->x, number, h->n_atoms, h->n - h->in_chunk, h->in_chunk, h->chunk_x);
  if (h->chunk_v) write_frames(h, h->v, number, h->n_atoms, h->n - h->in_chunk, h->in_chunk, h->chunk_v);
  h->in_chunk = 0;
  vt_alive();
}

vt_status vt_h5md_add(vt_h5md *h, int64_t step, double time_ps, const double cell[3][3], const void *x, const void *v,
                      vt_err *err)
{
  const size_t frame = h->n_atoms * 3 * h->item;
  if (h->n == h->ask.n_frames || (h->chunk_v && !v))
    VT_FAIL(err, VT_EBUG, "frame %lld of %lld", (long long)h->n + 1, (long long)h->ask.n_frames);
  memcpy(h->chunk_x + (size_t)h->in_chunk * frame, x, frame);
  if (h->chunk_v) memcpy(h->chunk_v + (size_t)h->in_chunk * frame, v, frame);
  h->step[h->n] = step;
  h->time_ps[h->n] = time_ps;
  memcpy(h->cell[h->n], cell, sizeof *h->cell);
  h->n++;
  if (++h->in_chunk == h->n_chunk) flush_chunk(h);
  if (h->bad) return fail(err, "adding frames to a trajectory");
  return VT_OK;
}

static void link_clock(vt_h5md *h, hid_t to)
{
  static const char *const name[] = {"step", "time"};
  for (int k = 0; k < 2 && !h->bad; k++) {
    char from[64];
    (void)snprintf(from, sizeof from, "/particles/all/position/%s", name[k]);
    h->bad |= H5Lcreate_hard(h->file, from, to, name[k], H5P_DEFAULT, H5P_DEFAULT) < 0;
  }
}

/* The cells, and the clock that all share. */
static void write_clock(vt_h5md *h)
{
  scope s = {0};
  const int64_t most = CHUNK_BYTES / (int64_t)sizeof *h->cell;
  const hid_t position = keep(&s, H5Gopen2(h->group, "position", H5P_DEFAULT));
  const hid_t box = keep(&s, H5Gopen2(h->group, "box", H5P_DEFAULT));
  (void)dataset(h, position, "step", H5T_STD_I64LE, (hsize_t)h->n, h->step);
  const hid_t t = dataset(h, position, "time", H5T_IEEE_F64LE, (hsize_t)h->n, h->time_ps);
  put_text(h, t, "unit", "ps");
  const hid_t edges = group_of(h, box, "edges");
  const hid_t d = frames(h, edges, H5T_IEEE_F64LE, 3, h->n < most ? h->n : most);
  put_text(h, d, "unit", "Angstrom");
  write_frames(h, d, H5T_NATIVE_DOUBLE, 3, 0, h->n, h->cell);
  link_clock(h, edges);
  if (h->chunk_v) {
    const hid_t velocity = keep(&s, H5Gopen2(h->group, "velocity", H5P_DEFAULT));
    link_clock(h, velocity);
  }
  release(&s);
}

vt_status vt_h5md_bytes(vt_h5md *h, char **bytes, size_t *n, vt_err *err)
{
  *bytes = NULL;
  *n = 0;
  if (h->n != h->ask.n_frames)
    VT_FAIL(err, VT_EBUG, "%lld of %lld frames", (long long)h->n, (long long)h->ask.n_frames);
  flush_chunk(h);
  write_clock(h);
  const ssize_t size = h->bad || H5Fflush(h->file, H5F_SCOPE_LOCAL) < 0 ? -1 : H5Fget_file_image(h->file, NULL, 0);
  if (size <= 0) return fail(err, "ending a trajectory in memory");
  VT_TRY(VT_NEW(*bytes, size, err), err, "trajectory of %zd bytes", size);
  if (H5Fget_file_image(h->file, *bytes, (size_t)size) != size) {
    vt_free(*bytes);
    *bytes = NULL;
    return fail(err, "ending a trajectory in memory");
  }
  *n = (size_t)size;
  return VT_OK;
}

void vt_h5md_close(vt_h5md *h)
{
  if (!h) return;
  release(&h->all); /* the file was opened before everything in it */
  vt_free(h->chunk_x);
  vt_free(h->chunk_v);
  vt_free(h->step);
  vt_free(h->time_ps);
  vt_free(h->cell);
  vt_free(h);
}
