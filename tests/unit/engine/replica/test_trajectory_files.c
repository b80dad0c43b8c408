/* Trajectories made elsewhere: when frames were, who atoms are, in which cell; no silent frame. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/replica/replica.h"
#include "tests/support/draw.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { N = 8, FRAMES = 30 };
static const double dt_ps = 0.5;
static const char *const symbols[N] = {"Li", "Cl", "Al", "Cl", "Li", "O", "Cl", "Li"};

/* Walkers that all move in every frame, steps of about 0.4 A. */
static void walker(int frame, int i, double x[3])
{
  for (int k = 0; k < 3; k++) x[k] = 1.5 * i + k;
  for (int t = 1; t <= frame; t++)
    for (int k = 0; k < 3; k++) x[k] += 0.4 * vt_test_normal(21, (uint32_t)k, t, (uint32_t)i);
}

/* How frame t of a file is written. */
typedef struct form {
  int (*source)(int t);                /* the frame that stands there; NULL: t */
  void (*comment)(vt_buf *b, int t);   /* more words of the comment line; NULL: none */
  void (*cell)(int t, double h[3][3]); /* NULL: a cube of 12 A */
  int ids;                             /* a column id, rows turned by t */
  double step;                         /* of atom 0 along x in every frame instead of its walk; 0: its walk */
  int leap;                            /* from this frame (from 0) on 5 A more along y and z */
} form;

static void cube_of(double h[3][3])
{
  memset(h, 0, 9 * sizeof h[0][0]);
  for (int k = 0; k < 3; k++) h[k][k] = 12;
}

static void write_frame(vt_buf *b, const form *f, int t)
{
  double h[3][3];
  const int from = f->source ? f->source(t) : t;
  cube_of(h);
  if (f->cell) f->cell(t, h);
  vt_buf_printf(b, "%d\nLattice=\"", N);
  for (int k = 0; k < 9; k++) vt_buf_printf(b, "%s%.12g", k ? " " : "", h[k / 3][k % 3]);
  vt_buf_printf(b, "\" Properties=species:S:1:pos:R:3%s", f->ids ? ":id:I:1" : "");
  if (f->comment) f->comment(b, t);
  vt_buf_printf(b, "\n");
  for (int k = 0; k < N; k++) {
    double x[3];
    const int i = f->ids ? (k * 3 + t) % N : k;
    walker(from, i, x);
    if (f->step != 0 && i == 0) x[0] = f->step * from;
    if (f->leap > 0 && from >= f->leap && i == 0) x[1] += 5, x[2] += 5;
    vt_buf_printf(b, "%s %.9f %.9f %.9f", symbols[i], x[0], x[1], x[2]);
    if (f->ids) vt_buf_printf(b, " %d", 10 * i + 3);
    vt_buf_printf(b, "\n");
  }
}

static vt_status measure(const form *f, double dt, vt_trajectory *t, char path[VT_TEST_PATH], vt_err *err)
{
  vt_buf b = {0};
  const vt_trajectory_options o = {.dt_ps = dt, .t_k = 500};
  for (int k = 0; k < FRAMES; k++) write_frame(&b, f, k);
  assert_int_equal(b.failed, 0);
  vt_test_file(path, "");
  vt_test_write(path, b.s, b.len);
  vt_buf_free(&b);
  memset(err, 0, sizeof *err);
  const vt_status rc = vt_trajectory_measure((const char *[]){path}, 1, &o, t, err);
  (void)unlink(path);
  return rc;
}

static vt_trajectory accepted(const form *f)
{
  char path[VT_TEST_PATH];
  vt_err err;
  vt_trajectory t;
  VT_TEST_OK(measure(f, dt_ps, &t, path, &err), &err);
  return t;
}

/* The message names the comment line of `frame` (from 1). */
static void not_accepted(const form *f, double dt, int frame, const char *says)
{
  char path[VT_TEST_PATH], place[VT_TEST_PATH + 16];
  vt_err err;
  vt_trajectory t;
  if (measure(f, dt, &t, path, &err) != VT_EPARSE) fail_msg("accepted, expected '%s'", says);
  (void)snprintf(place, sizeof place, "%s:%d:", path, (frame - 1) * (N + 2) + 2);
  if (strncmp(err.text, place, strlen(place)) != 0 || !strstr(err.text, says))
    fail_msg("got '%s'\nexpected '%s' and '%s'", err.text, place, says);
}

/* ------------------------------------------------------------------ when */

static void in_ps(vt_buf *b, int t) { vt_buf_printf(b, " Time=%.3f", 0.5 * t); }
static void in_fs(vt_buf *b, int t) { vt_buf_printf(b, " Time=%d", 500 * t); }
static void late(vt_buf *b, int t) { vt_buf_printf(b, " time=%.1f", 1e5 + 0.5 * t); }
static void coarse(vt_buf *b, int t) { vt_buf_printf(b, " time=%d", (t + 1) / 2); } /* 0 1 1 2 2: whole ps */
static void stepping(vt_buf *b, int t) { vt_buf_printf(b, " step=%d", 1000000 + 250 * t); }
static void timestep(vt_buf *b, int t) { vt_buf_printf(b, " timestep=1.0 md_time=%.2f", 0.5 * t); }
static void logarithmic(vt_buf *b, int t) { vt_buf_printf(b, " Time=%.9g", t < 2 ? 0.5 * t : 0.5 * (1 << (t % 20))); }
static void backwards(vt_buf *b, int t) { vt_buf_printf(b, " Time=%.9g", 0.5 * (t < 10 ? t : t - 5)); }
static void twice(vt_buf *b, int t) { vt_buf_printf(b, " Time=%.9g", 0.5 * (t < 10 ? t : t - 1)); }
static void step_back(vt_buf *b, int t) { vt_buf_printf(b, " step=%d", t < 10 ? t : t - 5); }
static void step_leap(vt_buf *b, int t) { vt_buf_printf(b, " step=%d", t < 10 ? t : t + 5); }
static void lost(vt_buf *b, int t)
{
  if (t != 4) in_ps(b, t);
}
static void faster(vt_buf *b, int t) { vt_buf_printf(b, " time_fs=%.9g", 0.5 * t); }
static void of_two(vt_buf *b, int t) { vt_buf_printf(b, " replica=%d", t % 2); }
static void of_one(vt_buf *b, int t) { vt_buf_printf(b, " replica=%d", t * 0); }

static void times_that_agree_are_said_with_their_unit(void **state)
{
  (void)state;
  const struct {
    void (*comment)(vt_buf *b, int t);
    const char *key;
    double per_ps;
  } row[] = {{in_ps, "Time", 1},  {in_fs, "Time", 1000},    {late, "time", 1}, {coarse, "time", 1},
             {stepping, "", NAN}, {timestep, "md_time", 1}, {of_one, "", NAN}, {NULL, "", NAN}};
  for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
    vt_trajectory t = accepted(&(form){.comment = row[k].comment});
    assert_string_equal(t.time_key, row[k].key);
    assert_true(isnan(row[k].per_ps) ? isnan(t.times_per_ps) : t.times_per_ps == row[k].per_ps);
    assert_int_equal(t.n_frames, FRAMES);
    vt_trajectory_free(&t);
  }
}

static void times_that_do_not_agree_are_refused_with_their_line(void **state)
{
  (void)state;
  not_accepted(
      &(form){.comment = in_ps}, 0.1, 2,
      "Time goes from 0 to 0.5 in the first two frames; with 0.1 ps between two frames (--dt) it goes on by 0.1");
  not_accepted(&(form){.comment = faster}, dt_ps, 2, "time_fs goes from 0 to 0.5");
  not_accepted(&(form){.comment = logarithmic}, dt_ps, 3, "Time goes from 0.5 to 2, by 1.5 and not by 0.5");
  not_accepted(&(form){.comment = backwards}, dt_ps, 11, "Time goes back from 4.5 to 2.5: frame 11 repeats");
  not_accepted(&(form){.comment = twice}, dt_ps, 11, "Time is 4.5 in frame 10, too: the same instant twice");
  not_accepted(&(form){.comment = step_back}, dt_ps, 11, "step goes from 9 to 5: frame 11 repeats");
  not_accepted(&(form){.comment = step_leap}, dt_ps, 11, "step goes from 9 to 15, by 6 and not by 1 as before");
  not_accepted(&(form){.comment = lost}, dt_ps, 5, "frame 5 has no time in its comment line, frame 4 has one");
  not_accepted(&(form){.comment = of_two}, dt_ps, 2, "frame 2 is of '1', the one before of '0': several runs");
}

static int doubled(int t) { return t < 10 ? t : t - 1; }
static int rewound(int t) { return t < 20 ? t : t - 12; }
static int frozen(int t) { return t * 0; }

/* Without a word of time: frames of moving atoms are never equal.  Where nothing moves at all there is nothing to be
 * wrong about. */
static void frames_that_stand_twice_are_refused_where_atoms_move(void **state)
{
  (void)state;
  not_accepted(&(form){.source = doubled}, dt_ps, 11, "frame 11 is equal to an earlier one to the last digit");
  not_accepted(&(form){.source = rewound}, dt_ps, 21, "frame 21 is equal to an earlier one to the last digit");
  vt_trajectory t = accepted(&(form){.source = frozen});
  assert_true(t.largest_move == 0);
  vt_trajectory_free(&t);
}

/* ------------------------------------------------------------------ the same motion, written otherwise */

/* Values agree to the rounding of coordinates that were written with 9 decimals: 1e-9 of steps of 0.4 A, a thousand
 * times more where unreduced vectors multiply it. */
static void same_numbers(const vt_trajectory *a, const vt_trajectory *b)
{
  const double *x = a->values, *y = b->values;
  assert_int_equal(a->n_values, b->n_values);
  for (int k = 0; k < a->n_defs; k++) {
    const size_t n = vt_array_count(&a->defs[k]);
    double scale = 0;
    for (size_t i = 0; i < n; i++)
      if (isfinite(x[i])) scale = fmax(scale, fabs(x[i]));
    for (size_t i = 0; i < n; i++)
      if (!(isnan(x[i]) && isnan(y[i])) && !(fabs(x[i] - y[i]) <= 1e-5 * scale))
        fail_msg("%s[%zu]: %.12g and %.12g", a->defs[k].name, i, x[i], y[i]);
    x += n;
    y += n;
  }
}

static void unreduced(int t, double h[3][3])
{
  (void)t;
  const double other[3][3] = {{12, 0, 0}, {36, 12, 0}, {-24, 48, 12}};
  memcpy(h, other, sizeof other);
}

static void shearing(int t, double h[3][3]) { h[1][0] = 0.35 * t; }

/* What a program does that keeps its box near a cube. */
static void flipping(int t, double h[3][3]) { h[1][0] = 0.35 * t - (0.35 * t > 6 ? 12 : 0); }

static void same_as(const form *f, const form *g)
{
  vt_trajectory a = accepted(f), b = accepted(g);
  same_numbers(&a, &b);
  near(a.largest_move, b.largest_move, 1e-7);
  near(a.half_height_a, b.half_height_a, 1e-7);
  vt_trajectory_free(&a);
  vt_trajectory_free(&b);
}

static void any_vectors_that_span_the_lattice_give_one_answer(void **state)
{
  (void)state;
  same_as(&(form){0}, &(form){.cell = unreduced});
}

static void a_box_that_flips_moves_nothing(void **state)
{
  (void)state;
  same_as(&(form){.cell = shearing}, &(form){.cell = flipping});
}

static void ids_say_who_is_who(void **state)
{
  (void)state;
  same_as(&(form){0}, &(form){.ids = 1});
}

static void doubling(int t, double h[3][3]) { h[0][0] = t < 5 ? 12 : 24; }

static void a_cell_that_becomes_another_is_refused(void **state)
{
  (void)state;
  not_accepted(&(form){.cell = doubling}, dt_ps, 6, "the lattice of frame 6 is neither that of the frame before");
}

/* ------------------------------------------------------------------ what cannot be known */

static int observed(const vt_trajectory *t, const vt_array_name *name)
{
  return vt_array_find(t->defs, t->n_defs, t->values, name, NULL) != NULL;
}

/* In a cell of 12 A x 12 A x 12 A a step of 5 A along each axis is 8.66 A long: further than 6 A, so the image at -7 A
 * along one axis is not that much worse, and nobody can tell. */
static void a_step_beyond_half_a_lattice_vector_leaves_no_diffusion(void **state)
{
  (void)state;
  vt_trajectory t = accepted(&(form){.step = 4});
  assert_true(t.unknown.frame == 0 && t.unknown.n == 0 && t.unknown.effect == 0);
  assert_true(observed(&t, &vt_a_msd_mean) && observed(&t, &vt_a_jumps_count));
  vt_trajectory_free(&t);
  t = accepted(&(form){.step = 1, .leap = 15});
  assert_int_equal(t.unknown.frame, 16);
  assert_int_equal(t.unknown.line, 15 * (N + 2) + 3); /* atom 0 stands behind two lines of 16 - 1 frames */
  assert_int_equal(t.unknown.z, 3);
  assert_int_equal(t.unknown.n, 1);
  near(t.unknown.share, sqrt(1 + 2 * 5 * 5) / 12, 0.15); /* and its walk of 0.4 A */
  /* 144 A^2 beside 3 Li x 29 steps of 3 x 0.16 A^2, and 29 + 50 A^2 of atom 0 */
  near(t.unknown.effect, 144 / (58 * 0.48 + 29 + 29 * 0.32 + 50), 0.3);
  assert_true(!observed(&t, &vt_a_msd_mean) && !observed(&t, &vt_a_charge_corr) && !observed(&t, &vt_a_jumps_count));
  assert_true(!observed(&t, &vt_a_vanhove_self));
  assert_true(observed(&t, &vt_a_rdf_g) && observed(&t, &vt_a_polyhedra_cn)); /* structure needs no history */
  vt_trajectory_free(&t);
}

/* ------------------------------------------------------------------ options */

static void charges_and_cutoffs_of_elements_that_are_absent_are_refused(void **state)
{
  (void)state;
  char path[VT_TEST_PATH];
  vt_err err = {0};
  vt_trajectory t;
  vt_buf b = {0};
  for (int k = 0; k < FRAMES; k++) write_frame(&b, &(form){0}, k);
  vt_test_file(path, "");
  vt_test_write(path, b.s, b.len);
  vt_buf_free(&b);
  vt_trajectory_options o = {.dt_ps = dt_ps, .n_charges = 1};
  o.charge[0].z = vt_element_z("Mg");
  o.charge[0].charge = 2;
  VT_TEST_REFUSED(vt_trajectory_measure((const char *[]){path}, 1, &o, &t, &err), VT_EINVAL, &err,
                  "a charge of Mg is given, and");
  o = (vt_trajectory_options){.dt_ps = dt_ps, .n_cutoffs = 1};
  o.cutoff[0].z[0] = vt_element_z("Al");
  o.cutoff[0].z[1] = vt_element_z("Br");
  o.cutoff[0].r_a = 3;
  VT_TEST_REFUSED(vt_trajectory_measure((const char *[]){path}, 1, &o, &t, &err), VT_EINVAL, &err,
                  "a cutoff of Al-Br is given, and");
  (void)unlink(path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(times_that_agree_are_said_with_their_unit),
      cmocka_unit_test(times_that_do_not_agree_are_refused_with_their_line),
      cmocka_unit_test(frames_that_stand_twice_are_refused_where_atoms_move),
      cmocka_unit_test(any_vectors_that_span_the_lattice_give_one_answer),
      cmocka_unit_test(a_box_that_flips_moves_nothing),
      cmocka_unit_test(ids_say_who_is_who),
      cmocka_unit_test(a_cell_that_becomes_another_is_refused),
      cmocka_unit_test(a_step_beyond_half_a_lattice_vector_leaves_no_diffusion),
      cmocka_unit_test(charges_and_cutoffs_of_elements_that_are_absent_are_refused),
  };
  return cmocka_run_group_tests_name("trajectory_files", tests, NULL, NULL);
}
