/* formats.c - a structure as extended XYZ, POSCAR, LAMMPS data. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/sys/sys.h"
#include "runner/export/export_impl.h"

const char *vt__format_ending(vt_export_format f)
{
  static const char *const ending[] = {".xyz", ".poscar", ".data", ".h5"};
  return ending[f];
}

static int species_of(const vt_composition *c, int atom)
{
  int s = 0;
  for (int end = c->count[0]; atom >= end && s + 1 < c->n_species; end += c->count[++s]) continue;
  return s;
}

/* What every header carries, in words. */
static void put_title(vt_buf *b, const vt__structure_out *s)
{
  const vt_plan *p = s->p;
  char uid[65], sha[65];
  vt_uid_hex(&p->uid, uid);
  vt_uid_hex(&p->pot_hash, sha);
  vt_buf_printf(b, "%s, glass %d, %.10g K, task %.12s, potential %s%s%.*s", p->comp.name, (int)p->glass, p->t_k, uid,
                s->potential[0] ? s->potential : p->pot_kind, s->potential[0] ? " " : "", s->potential[0] ? 12 : 0,
                sha);
  if (s->step >= 0) vt_buf_printf(b, ", %.10g ps", s->time_ps);
}

static void put_xyz(const vt__structure_out *s, vt_buf *b)
{
  const vt_plan *p = s->p;
  const double per_fs = 1e-3, per_time = 1e-3 * vt_unit_fs_from_time(1);
  const double *h = s->cell[0];
  char uid[65], sha[65];
  vt_uid_hex(&p->uid, uid);
  vt_uid_hex(&p->pot_hash, sha);
  vt_buf_printf(b, "%d\nLattice=\"", (int)p->comp.n_atoms);
  for (int k = 0; k < 9; k++) vt_buf_printf(b, "%s%.17g", k ? " " : "", h[k]);
  vt_buf_printf(b, "\" Properties=species:S:1:pos:R:3%s pbc=\"T T T\" composition=\"%s\" glass=%d temperature_K=%.17g ",
                s->v ? ":vel:R:3:momenta:R:3" : "", p->comp.name, (int)p->glass, p->t_k);
  vt_buf_printf(b, "task=%s potential_kind=%s", uid, p->pot_kind);
  if (s->potential[0]) vt_buf_printf(b, " potential=\"%s\" potential_sha256=\"%s\"", s->potential, sha);
  if (s->v) vt_buf_printf(b, " velocity_unit=\"A/fs\"");
  if (s->step >= 0) vt_buf_printf(b, " time_ps=%.17g", s->time_ps);
  vt_buf_add(b, "\n", 1);
  for (int i = 0; i < p->comp.n_atoms; i++) {
    const int z = p->comp.z[species_of(&p->comp, i)];
    const double *x = s->x + 3 * (size_t)i, mass = vt_element_mass(z);
    vt_buf_printf(b, "%s %.17g %.17g %.17g", vt_element_symbol(z), x[0], x[1], x[2]);
    if (s->v) {
      const double *v = s->v + 3 * (size_t)i;
      for (int k = 0; k < 3; k++) vt_buf_printf(b, " %.17g", v[k] * per_fs);
      for (int k = 0; k < 3; k++) vt_buf_printf(b, " %.17g", v[k] * per_time * mass);
    }
    vt_buf_add(b, "\n", 1);
  }
}

static void put_poscar(const vt__structure_out *s, vt_buf *b)
{
  const vt_composition *c = &s->p->comp;
  put_title(b, s);
  vt_buf_printf(b, "\n1.0\n");
  for (int k = 0; k < 3; k++) vt_buf_printf(b, "%.17g %.17g %.17g\n", s->cell[k][0], s->cell[k][1], s->cell[k][2]);
  for (int k = 0; k < c->n_species; k++) vt_buf_printf(b, "%s%s", k ? " " : "", vt_element_symbol(c->z[k]));
  vt_buf_add(b, "\n", 1);
  for (int k = 0; k < c->n_species; k++) vt_buf_printf(b, "%s%d", k ? " " : "", (int)c->count[k]);
  vt_buf_printf(b, "\nCartesian\n");
  for (size_t i = 0; i < (size_t)c->n_atoms; i++)
    vt_buf_printf(b, "%.17g %.17g %.17g\n", s->x[3 * i], s->x[3 * i + 1], s->x[3 * i + 2]);
  if (!s->v) return;
  vt_buf_add(b, "\n", 1); /* velocities in A/fs: a blank line says so */
  for (size_t i = 0; i < (size_t)c->n_atoms; i++)
    vt_buf_printf(b, "%.17g %.17g %.17g\n", 1e-3 * s->v[3 * i], 1e-3 * s->v[3 * i + 1], 1e-3 * s->v[3 * i + 2]);
}

/* ------------------------------------------------------------------ LAMMPS data */

/* The same lattice as LAMMPS has it: lower triangular, tilts of at most half an edge. */
typedef struct turned {
  double h[3][3];
  double turn[3][3]; /* of a row vector: x' = x turn */
} turned;

static double dot3(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static int turn_cell(const vt_cell *c, turned *t)
{
  double hi[3][3];
  const double(*h)[3] = (const double(*)[3])c->h, a = sqrt(dot3(h[0], h[0]));
  if (!vt_cell_inverse(c, hi)) return 0;
  const double det = h[0][0] * (h[1][1] * h[2][2] - h[1][2] * h[2][1]) -
                     h[0][1] * (h[1][0] * h[2][2] - h[1][2] * h[2][0]) +
                     h[0][2] * (h[1][0] * h[2][1] - h[1][1] * h[2][0]);
  if (!(det > 0)) return 0;
  const double xy = dot3(h[0], h[1]) / a, ly = sqrt(dot3(h[1], h[1]) - xy * xy), xz = dot3(h[0], h[2]) / a;
  const double yz = (dot3(h[1], h[2]) - xy * xz) / ly, lz = det / (a * ly);
  const double low[3][3] = {{a, 0, 0}, {xy, ly, 0}, {xz, yz, lz}};
  memcpy(t->h, low, sizeof low);
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      t->turn[i][k] = 0;
      for (int m = 0; m < 3; m++) t->turn[i][k] += hi[i][m] * low[m][k];
    }
  for (int row = 1; row < 3; row++) /* other vectors of the same lattice */
    for (int m = row - 1; m >= 0; m--) {
      const double n = rint(t->h[row][m] / t->h[m][m]);
      for (int k = 0; k <= m; k++) t->h[row][k] -= n * t->h[m][k];
    }
  return 1;
}

static void turn_vector(const turned *t, const double x[3], double out[3])
{
  for (int k = 0; k < 3; k++) out[k] = x[0] * t->turn[0][k] + x[1] * t->turn[1][k] + x[2] * t->turn[2][k];
}

/* Into the box, with the images that were taken off. */
static void fold(const turned *t, double x[3], int image[3])
{
  for (int m = 2; m >= 0; m--) {
    image[m] = (int)floor(x[m] / t->h[m][m]); /* a trajectory gets nowhere near 2^31 cells */
    for (int k = 0; k <= m; k++) x[k] -= image[m] * t->h[m][k];
  }
}

/* Along a box vector, whatever its tilt: from c to a. */
static void put_box(const turned *t, vt_buf *b)
{
  static const char axis[] = "xyz";
  for (int k = 0; k < 3; k++) vt_buf_printf(b, "0 %.17g %clo %chi\n", t->h[k][k], axis[k], axis[k]);
  if (t->h[1][0] != 0 || t->h[2][0] != 0 || t->h[2][1] != 0)
    vt_buf_printf(b, "%.17g %.17g %.17g xy xz yz\n", t->h[1][0], t->h[2][0], t->h[2][1]);
}

static vt_status put_data(const vt__structure_out *s, vt_buf *b, vt_err *err)
{
  const vt_composition *c = &s->p->comp;
  turned t;
  vt_cell cell;
  memcpy(cell.h, s->cell, sizeof cell.h);
  if (!turn_cell(&cell, &t))
    VT_FAIL(err, VT_EUNSUP, "LAMMPS data need a right-handed cell; that of %s, glass %d is not", c->name,
            (int)s->p->glass);
  vt_buf_printf(b, "LAMMPS data, units metal: ");
  put_title(b, s);
  vt_buf_printf(b, "\n\n%d atoms\n%d atom types\n\n", (int)c->n_atoms, (int)c->n_species);
  put_box(&t, b);
  vt_buf_printf(b, "\nMasses\n\n");
  for (int k = 0; k < c->n_species; k++)
    vt_buf_printf(b, "%d %.17g # %s\n", k + 1, vt_element_mass(c->z[k]), vt_element_symbol(c->z[k]));
  vt_buf_printf(b, "\nAtoms # charge\n\n");
  for (int i = 0; i < c->n_atoms; i++) {
    const int k = species_of(c, i);
    double x[3];
    int image[3];
    turn_vector(&t, s->x + 3 * (size_t)i, x);
    fold(&t, x, image);
    vt_buf_printf(b, "%d %d %d %.17g %.17g %.17g %d %d %d\n", i + 1, k + 1, (int)c->charge[k], x[0], x[1], x[2],
                  image[0], image[1], image[2]);
  }
  if (!s->v) return VT_OK;
  vt_buf_printf(b, "\nVelocities\n\n");
  for (int i = 0; i < c->n_atoms; i++) {
    double v[3];
    turn_vector(&t, s->v + 3 * (size_t)i, v);
    vt_buf_printf(b, "%d %.17g %.17g %.17g\n", i + 1, v[0], v[1], v[2]);
  }
  return VT_OK;
}

vt_status vt__format(vt_export_format f, const vt__structure_out *s, vt_buf *b, vt_err *err)
{
  if (f == VT_EXTXYZ) put_xyz(s, b);
  if (f == VT_POSCAR) put_poscar(s, b);
  if (f == VT_LAMMPS_DATA) VT_PASS(put_data(s, b, err));
  return vt_buf_check(b, err);
}
