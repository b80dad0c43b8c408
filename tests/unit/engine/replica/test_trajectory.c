/* Trajectories made elsewhere: what is measured depends on what happened and not on how the file says it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/replica/replica.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { N = 24, FRAMES = 40 };
static const double dt_ps = 0.1;
static const char *const elements[] = {"Cl", "Li", "O", "Al"}; /* not in canonical order */

/* Random walkers around a grid of 3 x 4 x 2 places, in Cartesian coordinates, never wrapped. */
typedef struct walk {
  vt_cell cell[FRAMES];
  double x[FRAMES][N][3];
} walk;

static const char *symbol_of(int i) { return elements[i % 4]; }

static void cartesian(const vt_cell *c, const double s[3], double x[3])
{
  for (int k = 0; k < 3; k++) x[k] = s[0] * c->h[0][k] + s[1] * c->h[1][k] + s[2] * c->h[2][k];
}

/* Steps of about 0.3 A an axis: far below half of the cell, and enough to cross its faces. */
static void walk_in(walk *w, const vt_cell *cell)
{
  const double step = 0.3;
  for (int t = 0; t < FRAMES; t++) {
    w->cell[t] = *cell;
    for (int i = 0; i < N; i++) {
      double g[4], s[3] = {(i % 3 + 0.4) / 3, (i / 3 % 4 + 0.6) / 4, (i / 12 + 0.1) / 2};
      vt_rng_normal2(7, VT_STREAM_TEST, 0, t, (uint32_t)i, g);
      vt_rng_normal2(7, VT_STREAM_TEST, 1, t, (uint32_t)i, g + 2);
      if (t == 0) cartesian(cell, s, w->x[0][i]);
      for (int k = 0; k < 3; k++) w->x[t][i][k] = w->x[t > 0 ? t - 1 : 0][i][k] + step * g[k];
    }
  }
}

static const vt_cell cube = {.h = {{12, 0, 0}, {0, 12, 0}, {0, 0, 12}}};
static const vt_cell skewed = {.h = {{12, 0, 0}, {4, 11, 0}, {-3, 2.5, 12.5}}};

/* ------------------------------------------------------------------ ways to write it */

typedef struct style {
  int wrapped;      /* into the cell                                              */
  int shifted;      /* by whole lattice vectors, others for every atom and frame  */
  int species_last; /* and columns that nobody asked for                          */
  const char *end;  /* of a line                                                  */
  const int *order; /* [N] atoms in another order, the same in every frame         */
} style;

static void write_atom(FILE *f, const walk *w, int t, int i, const style *how)
{
  double hi[3][3], x[3];
  const vt_cell *c = &w->cell[t];
  memcpy(x, w->x[t][i], sizeof x);
  assert_int_equal(vt_cell_inverse(c, hi), 1);
  if (how->wrapped) vt_cell_wrap(c, (const double(*)[3])hi, x);
  if (how->shifted)
    for (int k = 0; k < 3; k++)
      for (int b = 0; b < 3; b++) x[b] += ((i + 2 * t + k) % 5 - 2) * c->h[k][b];
  if (how->species_last)
    (void)fprintf(f, "%d %.17g %.17g %.17g word %s%s", i, x[0], x[1], x[2], symbol_of(i), how->end);
  else
    (void)fprintf(f, "%s %.17g %.17g %.17g%s", symbol_of(i), x[0], x[1], x[2], how->end);
}

static void write_walk(const char *path, const walk *w, const style *how)
{
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  for (int t = 0; t < FRAMES; t++) {
    const double(*h)[3] = w->cell[t].h;
    (void)fprintf(f, "%d%s%sLattice=\"", N, how->end,
                  how->species_last ? "Properties=id:I:1:pos:R:3:tag:S:1:species:S:1 " : "");
    for (int k = 0; k < 9; k++) (void)fprintf(f, "%s%.17g", k ? " " : "", h[k / 3][k % 3]);
    (void)fprintf(f, "\" pbc=\"T T T\"%s", how->end);
    for (int i = 0; i < N; i++) write_atom(f, w, t, how->order ? how->order[i] : i, how);
  }
  assert_int_equal(fclose(f), 0);
}

static vt_trajectory measured(const walk *w, const style *how)
{
  char path[VT_TEST_PATH];
  vt_err err = {0};
  vt_trajectory t;
  const vt_trajectory_options o = {.dt_ps = dt_ps, .t_k = 500};
  vt_test_file(path, "");
  write_walk(path, w, how);
  VT_TEST_OK(vt_trajectory_measure((const char *[]){path}, 1, &o, &t, &err), &err);
  (void)unlink(path);
  return t;
}

/* Wrapping and shifts cost the last digits of a coordinate, 4e-15 of 60 A, which differences of 0.1 A see as 1e-13;
 * sums over atoms and frames in another order the same.  Distances in bins, bonds and hence counts agree exactly unless
 * one lies within 1e-14 of an edge. */
static void same_values(const vt_trajectory *a, const vt_trajectory *b)
{
  const double tolerance = 1e-11;
  const double *x = a->values, *y = b->values;
  assert_int_equal(a->n_frames, b->n_frames);
  assert_int_equal(a->n_defs, b->n_defs);
  assert_int_equal(a->n_values, b->n_values);
  near(a->volume_a3, b->volume_a3, tolerance * a->volume_a3);
  for (int k = 0; k < a->n_defs; k++) {
    const size_t n = vt_array_count(&a->defs[k]);
    double scale = 0;
    assert_string_equal(a->defs[k].name, b->defs[k].name);
    for (size_t i = 0; i < n; i++)
      if (isfinite(x[i])) scale = fmax(scale, fabs(x[i]));
    for (size_t i = 0; i < n; i++) {
      if (isnan(x[i]) && isnan(y[i])) continue;
      if (!(fabs(x[i] - y[i]) <= tolerance * scale))
        fail_msg("%s[%zu]: %.17g and %.17g", a->defs[k].name, i, x[i], y[i]);
    }
    x += n;
    y += n;
  }
}

static const double *array_of_trajectory(const vt_trajectory *t, const vt_array_name *name, const vt_array_def **d)
{
  const double *v = vt_array_find(t->defs, t->n_defs, t->values, name, d);
  if (!v) fail_msg("no array %s", name->path);
  return v;
}

static void all_ways_agree(const vt_cell *cell)
{
  static walk w;
  int backwards[N];
  for (int i = 0; i < N; i++) backwards[i] = N - 1 - i;
  walk_in(&w, cell);
  const style plain = {.end = "\n"};
  const style ways[] = {{.end = "\n", .wrapped = 1},
                        {.end = "\n", .shifted = 1},
                        {.end = "\n", .wrapped = 1, .shifted = 1},
                        {.end = "\n", .species_last = 1},
                        {.end = "\r\n"},
                        {.end = "\r\n", .species_last = 1, .wrapped = 1},
                        {.end = "\n", .order = backwards}};
  vt_trajectory t = measured(&w, &plain);
  for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
    vt_trajectory u = measured(&w, &ways[k]);
    same_values(&t, &u);
    vt_trajectory_free(&u);
  }
  vt_trajectory_free(&t);
}

static void it_does_not_matter_how_a_trajectory_in_a_cube_is_written(void **state)
{
  (void)state;
  all_ways_agree(&cube);
}

static void nor_one_in_a_skewed_cell(void **state)
{
  (void)state;
  all_ways_agree(&skewed);
}

/* A cell that breathes by 3 %, and shears: with the walkers in fractions of it. */
static void breathing(walk *w, int frozen)
{
  static walk plain;
  double hi[3][3];
  walk_in(&plain, &skewed);
  assert_int_equal(vt_cell_inverse(&skewed, hi), 1);
  for (int t = 0; t < FRAMES; t++) {
    w->cell[t] = skewed;
    for (int k = 0; k < 9; k++) w->cell[t].h[k / 3][k % 3] *= 1 + 0.03 * sin(0.7 * t + k % 3);
    for (int i = 0; i < N; i++) {
      const double *x = plain.x[frozen ? 0 : t][i];
      double s[3];
      for (int k = 0; k < 3; k++) s[k] = x[0] * hi[0][k] + x[1] * hi[1][k] + x[2] * hi[2][k];
      cartesian(&w->cell[t], s, w->x[t][i]);
    }
  }
}

static void nor_one_in_a_cell_that_changes(void **state)
{
  (void)state;
  static walk w;
  breathing(&w, 0);
  vt_trajectory t = measured(&w, &(style){.end = "\n"});
  vt_trajectory u = measured(&w, &(style){.end = "\n", .wrapped = 1});
  vt_trajectory v = measured(&w, &(style){.end = "\n", .shifted = 1});
  same_values(&t, &u);
  same_values(&t, &v);
  vt_trajectory_free(&t);
  vt_trajectory_free(&u);
  vt_trajectory_free(&v);
}

/* vt_frame.dx: "cell rescaling moves no dx".  1e-14 A of rounding a frame; the cell alone moves atoms by 0.3 A. */
static void atoms_that_keep_their_fractions_of_a_breathing_cell_do_not_move(void **state)
{
  (void)state;
  static walk w;
  const vt_array_def *d;
  breathing(&w, 1);
  vt_trajectory t = measured(&w, &(style){.end = "\n", .shifted = 1});
  const double *msd = array_of_trajectory(&t, &vt_a_msd_mean, &d);
  for (size_t k = 0; k < vt_array_count(d); k++)
    if (isfinite(msd[k])) near(msd[k], 0, 1e-20);
  assert_true(t.largest_move < 1e-13);
  double volume = 0;
  for (int f = 0; f < FRAMES; f++) volume += vt_cell_volume(&w.cell[f]) / FRAMES;
  near(t.volume_a3, volume, 1e-10 * volume);
  vt_trajectory_free(&t);
}

/* dx is a sum over steps of h: atom i moves i * 0.1 A along x in each frame, hence MSD(1 frame) = 0.01 <i^2>. */
static void displacements_are_those_that_were_written(void **state)
{
  (void)state;
  static walk w;
  const vt_array_def *d;
  double want[4] = {0};
  walk_in(&w, &skewed);
  for (int t = 0; t < FRAMES; t++)
    for (int i = 0; i < N; i++)
      for (int k = 0; k < 3; k++) w.x[t][i][k] = w.x[0][i][k] + (k == 0) * 0.1 * i * t;
  vt_trajectory t = measured(&w, &(style){.end = "\n", .wrapped = 1});
  const double *lag = array_of_trajectory(&t, &vt_a_msd_lag_ps, NULL),
               *msd = array_of_trajectory(&t, &vt_a_msd_mean, &d);
  for (int i = 0; i < N; i++)
    for (int s = 0; s < 4; s++)
      if (t.plan.comp.z[s] == vt_element_z(symbol_of(i))) want[s] += 0.01 * i * i / (N / 4);
  for (int s = 0; s < 4; s++)
    for (int k = 0; k < d->dim[1]; k++) {
      const double steps = lag[k] / dt_ps, got = msd[s * d->dim[1] + k];
      if (isfinite(got)) near(got, want[s] * steps * steps, 1e-11 * got);
    }
  near(t.largest_move, 0.1 * (N - 1) / sqrt(4 * 4 + 11 * 11), 1e-12); /* the second vector is the shortest */
  vt_trajectory_free(&t);
}

static void species_come_in_canonical_order_with_the_charges_asked_for(void **state)
{
  (void)state;
  static walk w;
  char path[VT_TEST_PATH];
  vt_err err = {0};
  vt_trajectory t;
  vt_trajectory_options o = {.dt_ps = dt_ps, .t_k = (double)NAN, .n_charges = 1, .n_cutoffs = 1};
  o.charge[0].z = 13, o.charge[0].charge = 2;
  o.cutoff[0].z[0] = 17, o.cutoff[0].z[1] = 3, o.cutoff[0].r_a = 3.25;
  vt_test_file(path, "");
  walk_in(&w, &cube);
  write_walk(path, &w, &(style){.end = "\n"});
  VT_TEST_OK(vt_trajectory_measure((const char *[]){path}, 1, &o, &t, &err), &err);
  const int z[] = {3, 13, 17, 8}, charge[] = {1, 2, -1, -2}; /* alkali, metal, halogen, oxygen */
  assert_int_equal(t.plan.comp.n_species, 4);
  for (int s = 0; s < 4; s++) {
    assert_int_equal(t.plan.comp.z[s], z[s]);
    assert_int_equal(t.plan.comp.charge[s], charge[s]);
    assert_int_equal(t.plan.comp.count[s], N / 4);
  }
  assert_true(t.cutoffs.r[0][2] == 3.25 && t.cutoffs.r[2][0] == 3.25);
  assert_int_equal(t.n_frames, FRAMES);
  vt_trajectory_free(&t);
  (void)unlink(path);
}

/* ------------------------------------------------------------------ files that are refused */

#define CUBE "Lattice=\"9 0 0 0 9 0 0 0 9\"\n"

/* The message begins with file:line and says what is wrong. */
static void trajectory_refused(const char *text, int line, const char *what)
{
  char path[VT_TEST_PATH], place[VT_TEST_PATH + 16];
  vt_err err = {0};
  vt_trajectory t;
  const vt_trajectory_options o = {.dt_ps = dt_ps, .t_k = 500};
  vt_test_file(path, text);
  const vt_status rc = vt_trajectory_measure((const char *[]){path}, 1, &o, &t, &err);
  (void)unlink(path);
  if (rc != VT_EPARSE) fail_msg("status %d for: %s", (int)rc, text);
  (void)snprintf(place, sizeof place, "%s:%d:", path, line);
  if (strncmp(err.text, place, strlen(place)) != 0 || !strstr(err.text, what))
    fail_msg("got '%s'\nexpected '%s' and '%s'", err.text, place, what);
  assert_null(t.values);
}

static void a_broken_trajectory_is_refused_with_file_and_line(void **state)
{
  (void)state;
  const char *const first = "2\n" CUBE "Li 0 0 0\nCl 3 0 0\n";
  const struct {
    const char *second;
    int line;
    const char *what;
  } row[] = {{"1\n" CUBE "Li 0 0 0\n", 5, "frame 2 has 1 atoms, the first one has 2"},
             {"\n\n1\n" CUBE "Li 0 0 0\n", 7, "frame 2 has 1 atoms"}, /* blank lines are forgiven, and counted */
             {"2\n" CUBE "Cl 0 0 0\nLi 3 0 0\n", 7, "atom 1 is Cl, in the first frame it is Li"},
             {"\n2\n" CUBE "Li 0 0 0\nLi 3 0 0\n", 9, "atom 2 is Li, in the first frame it is Cl"},
             {"2\nLattice=\"9 0 0 0 9 0 9 9 0\"\nLi 0 0 0\nCl 3 0 0\n", 6, "span no volume"},
             {"2\n" CUBE "Li 0 0 0\nCl nan 0 0\n", 8, "expected a finite number"},
             {"2\n" CUBE "Li 0 0 0\nQq 3 0 0\n", 8, "'Qq' is not an element symbol"},
             {"2\n" CUBE "Li 0 0 0\n", 7, "the file ends after 1 of 2 atoms"},
             {"2\n", 5, "the file ends after the number of atoms"},
             {"", 1, "1 frames in this file, a trajectory needs at least 2"}};
  for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
    char text[512];
    (void)snprintf(text, sizeof text, "%s%s", first, row[k].second);
    trajectory_refused(text, row[k].line, row[k].what);
  }
  trajectory_refused("", 1, "0 frames");
}

static void more_elements_than_there_is_room_for_are_refused(void **state)
{
  (void)state;
  static const char *const many[] = {"H",  "He", "Li", "Be", "B",  "C", "N", "O", "F",
                                     "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl"};
  char text[1024];
  int n = 0;
  assert_true(VT_MAX_SPECIES < sizeof many / sizeof *many);
  n += snprintf(text + n, sizeof text - (size_t)n, "%d\n" CUBE, VT_MAX_SPECIES + 1);
  for (int i = 0; i <= VT_MAX_SPECIES; i++)
    n += snprintf(text + n, sizeof text - (size_t)n, "%s %d %d 0\n", many[i], i, i);
  trajectory_refused(text, VT_MAX_SPECIES + 3, "elements");
}

static void a_clock_that_stands_still_is_a_mistake_of_the_caller(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_trajectory t;
  const double bad[] = {0, -1, (double)INFINITY};
  for (int k = 0; k < 3; k++) {
    const vt_trajectory_options o = {.dt_ps = bad[k]};
    assert_int_equal(vt_trajectory_measure((const char *[]){"/nonexistent"}, 1, &o, &t, &err), VT_EINVAL);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_does_not_matter_how_a_trajectory_in_a_cube_is_written),
      cmocka_unit_test(nor_one_in_a_skewed_cell),
      cmocka_unit_test(nor_one_in_a_cell_that_changes),
      cmocka_unit_test(atoms_that_keep_their_fractions_of_a_breathing_cell_do_not_move),
      cmocka_unit_test(displacements_are_those_that_were_written),
      cmocka_unit_test(species_come_in_canonical_order_with_the_charges_asked_for),
      cmocka_unit_test(a_broken_trajectory_is_refused_with_file_and_line),
      cmocka_unit_test(more_elements_than_there_is_room_for_are_refused),
      cmocka_unit_test(a_clock_that_stands_still_is_a_mistake_of_the_caller),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
