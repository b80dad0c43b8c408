/* check_frame.c - what is wrong with one labelled frame, and how that is told. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/train/train_impl.h"

enum { MISTAKES_SHOWN = 200, WARNINGS_SHOWN = 5 };
#define NET_FORCE 0.02 /* eV/A times the root of the number of atoms: noise of labels is less */
#define DENSE     4.0  /* A^3 an atom: denser than all that is solid but diamond's kind under pressure */
#define TOO_DENSE 1.0

/* ------------------------------------------------------------------ telling */

void vt__data_mistake(vt_train_data *set, const char *path, int line, const char *fmt, ...)
{
  char text[400];
  va_list ap;
  if (set->n_mistakes++ >= MISTAKES_SHOWN) return;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  vt_buf_printf(&set->mistakes, "%s:%d: %s\n", path, line, text);
}

void vt__data_warn(vt_train_data *set, vt__warning kind, const char *path, int line, const char *fmt, ...)
{
  char text[400];
  va_list ap;
  _Static_assert((int)VT__WARN_KINDS <= (int)VT_TRAIN_WARNINGS, "a counter for each kind");
  set->n_warns++;
  if (set->warned[kind]++ >= WARNINGS_SHOWN) return;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  vt_buf_printf(&set->warns, "%s:%d: warning: %s\n", path, line, text);
}

void vt__data_warn_rest(vt_train_data *set)
{
  static const char *const name[VT__WARN_KINDS] = {
      [VT__WARN_NET_FORCE] = "forces that do not add up to zero",
      [VT__WARN_ZERO_FORCES] = "forces that are all zero",
      [VT__WARN_LEFT_HANDED] = "a left-handed cell",
      [VT__WARN_NEAR] = "atoms within the inner radius of ZBL",
      [VT__WARN_DENSE] = "little volume",
      [VT__WARN_OTHER_NAME] = "labels under names that are not read",
      [VT__WARN_LACKS] = "labels that some frames lack",
      [VT__WARN_ENERGY] = "an energy far from what its elements have elsewhere",
      [VT__WARN_TWIN] = "the same frame twice",
      [VT__WARN_SHARED] = "trajectories in two sets",
      [VT__WARN_STRAINED] = "labels that look like those of another cell",
  };
  for (int k = 0; k < VT__WARN_KINDS; k++)
    if (set->warned[k] > WARNINGS_SHOWN) {
      vt_buf_printf(&set->warns, "warning: %d more like these: %s\n", set->warned[k] - WARNINGS_SHOWN, name[k]);
      set->warned[k] = WARNINGS_SHOWN;
    }
}

/* ------------------------------------------------------------------ words */

/* How often a key stands in a comment line, and under which other names an energy does. */
static int count_key(const char *comment, const char *key)
{
  int count = 0, col;
  const char *at = comment, *value;
  size_t n;
  while (vt_xyz_label(at, key, &value, &n, &col)) {
    count++;
    at = value + n;
    at += *at == '"' || *at == '\'';
  }
  return count;
}

static void check_words(vt_train_data *set, const char *path, const vt_structure *s, const vt_train_sample *to)
{
  static const char *const once[] = {"energy", "virial", "stress", "weight", "config_type"};
  static const char *const other[] = {"REF_energy", "dft_energy", "total_energy", "free_energy", "e_pot",
                                      "energy_eV",  "U0"};
  static const char *const pressed[] = {"virials", "REF_virial", "dft_virial", "REF_stress", "dft_stress", "stresses"};
  const char *value;
  size_t n;
  int col;
  for (size_t k = 0; k < sizeof once / sizeof *once; k++)
    if (count_key(s->labels, once[k]) > 1) vt__data_mistake(set, path, s->line + 1, "%s= stands there twice", once[k]);
  for (size_t k = 0; !to->has_energy && k < sizeof other / sizeof *other; k++)
    if (vt_xyz_label(s->labels, other[k], &value, &n, &col))
      vt__data_warn(set, VT__WARN_OTHER_NAME, path, s->line + 1,
                    "%s= is not read; the energy (eV) is energy=", other[k]);
  for (size_t k = 0; !to->has_virial && k < sizeof pressed / sizeof *pressed; k++)
    if (vt_xyz_label(s->labels, pressed[k], &value, &n, &col))
      vt__data_warn(set, VT__WARN_OTHER_NAME, path, s->line + 1,
                    "%s= is not read; expected virial= or stress=", pressed[k]);
  if (to->f || !vt_xyz_label(s->labels, "Properties", &value, &n, &col)) return;
  for (size_t k = 0; k + 5 < n; k++)
    if (strncmp(value + k, "force", 5) == 0) {
      vt__data_warn(set, VT__WARN_OTHER_NAME, path, s->line + 1,
                    "no column force:R:3 or forces:R:3 in Properties=%.*s, so its forces are not read",
                    n < 100 ? (int)n : 100, value);
      return;
    }
}

/* ------------------------------------------------------------------ forces, cell */

double vt__force_rms(const vt_train_sample *s)
{
  double sum = 0;
  for (int i = 0; s->f && i < s->n; i++)
    for (int a = 0; a < 3; a++) sum += s->f[i][a] * s->f[i][a];
  return sqrt(sum / s->n);
}

static void check_sum(vt_train_data *set, const char *path, const vt_structure *s, const vt_train_sample *to)
{
  double net[3] = {0};
  if (!to->f || to->n < 2) return;
  for (int i = 0; i < to->n; i++)
    for (int a = 0; a < 3; a++) net[a] += to->f[i][a];
  const double size = sqrt(net[0] * net[0] + net[1] * net[1] + net[2] * net[2]), most = NET_FORCE * sqrt(to->n);
  if (size > most)
    vt__data_warn(set, VT__WARN_NET_FORCE, path, s->line + 1,
                  "the forces add up to %.3g, expected 0 and at most %.2g eV/A", size, most);
  if (vt__force_rms(to) == 0)
    vt__data_warn(set, VT__WARN_ZERO_FORCES, path, s->line + 1, "all forces are exactly zero");
}

static void check_cell(vt_train_data *set, const char *path, const vt_structure *s, const vt_train_sample *to)
{
  const double(*h)[3] = to->cell.h;
  const double det = h[0][0] * (h[1][1] * h[2][2] - h[1][2] * h[2][1]) -
                     h[0][1] * (h[1][0] * h[2][2] - h[1][2] * h[2][0]) +
                     h[0][2] * (h[1][0] * h[2][1] - h[1][1] * h[2][0]);
  const double each = fabs(det) / to->n;
  if (det < 0) vt__data_warn(set, VT__WARN_LEFT_HANDED, path, s->line + 1, "the vectors of Lattice are left-handed");
  if (each < TOO_DENSE)
    vt__data_mistake(set, path, s->line + 1, "%.3g A^3 an atom, expected at least %g (Lattice in another unit?)", each,
                     TOO_DENSE);
  else if (each < DENSE)
    vt__data_warn(set, VT__WARN_DENSE, path, s->line + 1, "only %.3g A^3 an atom", each);
}

/* All places between 0 and 1 in a cell that is much larger. */
static void check_fractions(vt_train_data *set, const char *path, const vt_structure *s, const vt_train_sample *to)
{
  enum { FEWEST = 4 };
  const double least_height = 4;
  if (to->n < FEWEST || vt_cell_shortest_height(&to->cell) < least_height) return;
  for (int i = 0; i < to->n; i++)
    for (int a = 0; a < 3; a++)
      if (to->x[i][a] < -1e-9 || to->x[i][a] > 1 + 1e-9) return;
  vt__data_mistake(set, path, vt_structure_line(s, 0),
                   "all positions lie between 0 and 1: fractions of the cell, expected A");
}

void vt__check_frame(vt_train_data *set, const char *path, const vt_structure *s, const vt_train_sample *to)
{
  check_words(set, path, s, to);
  check_sum(set, path, s, to);
  check_cell(set, path, s, to);
  check_fractions(set, path, s, to);
}
