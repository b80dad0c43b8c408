/* md, replica: what ends a run.  Atoms that no force acts on stand still or fly straight, so every distance at every
 * step is known from the frame that a test builds. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/replica/replica_impl.h"
#include "tests/support/integrator_model.h"
#include "tests/vt_test.h"

static double scripted_spread;

enum { MOST = 8 };
#define EDGE_A 20.0
#define DT_FS  2.0
enum { LOOK = 25, LASTING = 500 }; /* 50 fs and 1 ps in steps of 2 fs */

typedef struct scene {
  int n;
  const char *symbol[MOST];
  double x[MOST][3];
} scene;

/* Atoms of a scene at rest: a species each. */
static void open_scene(vt_md *md, vt_pot *pot, const scene *s)
{
  vt_err err = {0};
  vt_cell cell = vt_cell_cubic(EDGE_A);
  vt_composition c = {.name = "scene", .n_species = s->n, .n_atoms = s->n};
  int type[MOST];
  for (int i = 0; i < s->n; i++) {
    c.z[i] = vt_element_z(s->symbol[i]);
    c.count[i] = 1;
    type[i] = i;
  }
  scripted_spread = NAN;
  VT_TEST_OK(vt_md_open(md, &c, &cell, type, s->x, pot, 1.0, 1, &err), &err);
}

static void begin_scene(vt_md *md, const vt_md_guard *g, double dt_fs)
{
  vt_err err = {0};
  vt_md_stage st = {.name = "scene",
                    .ensemble = VT_NVE,
                    .dt = vt_unit_time_from_fs(dt_fs),
                    .n_steps = 1000000,
                    .block_steps = 1000000,
                    .guard = *g};
  VT_TEST_OK(vt_md_begin(md, &st, 0, &err), &err);
}

static void passes(vt_md *md, int64_t n)
{
  vt_err err = {0};
  VT_TEST_OK(vt_md_run(md, n, &err), &err);
}

static void trips(vt_md *md, int64_t at, const char *text)
{
  vt_err err = {0};
  assert_int_equal(vt_md_run(md, 100000, &err), VT_EDIVERGE);
  if (!strstr(err.text, text)) fail_msg("no '%s' in: %s", text, err.text);
  assert_int_equal(md->step, at);
}

static scene pair(const char *a, const char *b, double distance)
{
  return (scene){.n = 2, .symbol = {a, b}, .x = {{5, 5, 5}, {5 + 0.6 * distance, 5, 5 + 0.8 * distance}}};
}

static const vt_md_guard molecules = {.molecules = 1}, contacts = {.contacts = 1};

/* ------------------------------------------------------------------ lengths */

/* Science notes 2.3: measured or usual bonds in melts and crystals; rounded radii miss them by less than 0.1 A. */
static void bond_lengths_are_those_of_the_literature(void **state)
{
  (void)state;
  const struct {
    const char *a, *b;
    double length;
  } bond[] = {{"Al", "Cl", 2.18}, {"Al", "O", 1.75},  {"Ga", "O", 1.83}, {"In", "O", 2.1},   {"Ga", "Cl", 2.17},
              {"In", "Cl", 2.43}, {"Al", "Br", 2.3},  {"Al", "I", 2.53}, {"Li", "O", 1.95},  {"Li", "Cl", 2.4},
              {"Na", "Cl", 2.8},  {"K", "Cl", 3.15},  {"O", "O", 1.21},  {"Cl", "Cl", 1.99}, {"Br", "Br", 2.28},
              {"I", "I", 2.67},   {"Al", "Al", 2.55}, {"K", "K", 3.22}};
  for (size_t k = 0; k < sizeof bond / sizeof bond[0]; k++) {
    int z1 = vt_element_z(bond[k].a), z2 = vt_element_z(bond[k].b);
    double length = vt_pair_bond_length(z1, z2);
    assert_true(length == vt_pair_bond_length(z2, z1));
    if (fabs(length - bond[k].length) >= 0.1) fail_msg("%s-%s: %g A", bond[k].a, bond[k].b, length);
  }
  assert_true(vt_pair_bond_length(vt_element_z("Xe"), vt_element_z("Li")) == 1.0);
}

/* ------------------------------------------------------------------ single pairs */

static void fused_atoms_trip_at_the_first_look(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  const vt_md_guard g = {.d_min_scale = 0.6};
  scene near = pair("Al", "O", 1.04), far = pair("Al", "O", 1.06); /* 0.6 of 1.75 A is 1.05 A */
  open_scene(&md, &pot, &near);
  begin_scene(&md, &g, DT_FS);
  trips(&md, LOOK, "Al 0 and O 1 are 1.04 A apart, limit 1.05");
  vt_md_close(&md);
  open_scene(&md, &pot, &far);
  begin_scene(&md, &g, DT_FS);
  passes(&md, 2000);
  vt_md_close(&md);
}

/* Distances: science notes 4.4.  The first look is at 50 fs, so a pair that was always near trips at 1.05 ps. */
static void what_lasts_for_a_picosecond_trips_and_says_what_it_is(void **state)
{
  (void)state;
  const struct {
    const char *a, *b;
    double near, far;
    vt_md_guard guard;
    const char *text;
  } row[] = {{"O", "O", 1.58, 1.62, molecules, "O 0 and O 1 have been within 1.6 A for 1 ps, now 1.58 A: a molecule"},
             {"F", "F", 1.68, 1.72, molecules, "within 1.7 A for 1 ps"},
             {"Cl", "Cl", 2.38, 2.42, molecules, "within 2.4 A for 1 ps"},
             {"Br", "Br", 2.68, 2.72, molecules, "within 2.7 A for 1 ps"},
             {"I", "I", 3.08, 3.12, molecules, "within 3.1 A for 1 ps"},
             {"Br", "I", 2.88, 2.92, molecules, "within 2.9 A for 1 ps"},
             {"O", "Cl", 1.88, 1.92, molecules, "within 1.9 A for 1 ps"},
             {"I", "O", 1.88, 1.92, molecules, "within 1.9 A for 1 ps"},
             {"Al", "O", 1.39, 1.41, contacts, "within 1.4 A for 1 ps, now 1.39 A: crushed"},
             {"Li", "Cl", 1.88, 1.91, contacts, "within 1.9 A for 1 ps, now 1.88 A: crushed"},
             {"Al", "Al", 2.58, 2.62, contacts, "within 2.6 A for 1 ps, now 2.58 A: a bond between metals"},
             {"Nb", "In", 2.58, 2.62, contacts, "a bond between metals"}};
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
    scene near = pair(row[k].a, row[k].b, row[k].near), far = pair(row[k].a, row[k].b, row[k].far);
    open_scene(&md, &pot, &near);
    begin_scene(&md, &row[k].guard, DT_FS);
    trips(&md, LOOK + LASTING, row[k].text);
    vt_md_close(&md);
    open_scene(&md, &pot, &far);
    begin_scene(&md, &row[k].guard, DT_FS);
    passes(&md, 2000);
    vt_md_close(&md);
  }
}

static void a_limit_that_is_off_lets_everything_pass(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  const vt_md_guard off = {0};
  const scene all[] = {pair("O", "O", 1.2), pair("Al", "O", 0.5), pair("Al", "Al", 2.4)};
  const vt_md_guard *const guard[] = {&contacts, &molecules, &molecules};
  for (int k = 0; k < 3; k++) {
    open_scene(&md, &pot, &all[k]);
    begin_scene(&md, &off, DT_FS);
    passes(&md, 2000);
    begin_scene(&md, guard[k], DT_FS);
    passes(&md, 2000);
    vt_md_close(&md);
  }
}

/* The neighbour is the image on the other side of the cell, and the list is rebuilt while both drift through it. */
static void a_pair_across_the_edge_of_the_cell_is_a_pair(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  const scene s = {.n = 2, .symbol = {"O", "O"}, .x = {{0.2, 5, 5}, {EDGE_A - 1.3, 5, 5}}};
  open_scene(&md, &pot, &s);
  md.v[0][1] = md.v[1][1] = 0.2; /* 20 A/ps */
  begin_scene(&md, &molecules, DT_FS);
  trips(&md, LOOK + LASTING, "O 0 and O 1 have been within 1.6 A");
  assert_true(md.nl.builds > 10);
  vt_md_close(&md);
}

static void looks_are_counted_in_time_not_in_steps(void **state)
{
  (void)state;
  const struct {
    double dt_fs;
    int64_t at; /* a look every round(50 / dt) steps; the first one at least round(1000 / dt) steps after the first */
  } row[] = {{1, 50 + 1000}, {0.5, 100 + 2000}, {1.5, 33 + 21 * 33}, {3, 17 + 20 * 17}, {80, 1 + 13}};
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  scene s = pair("O", "O", 1.4);
  for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
    open_scene(&md, &pot, &s);
    begin_scene(&md, &molecules, row[k].dt_fs);
    trips(&md, row[k].at, "a molecule of anions");
    vt_md_close(&md);
  }
}

/* ------------------------------------------------------------------ transients */

/* One atom passes the other in a straight line; it is within 1.6 A for `near_ps`. */
static void pass_by(vt_md *md, vt_pot *pot, double near_ps)
{
  const double impact = 1.0, half = sqrt(1.6 * 1.6 - impact * impact); /* half the chord within 1.6 A */
  scene s = {.n = 2, .symbol = {"O", "O"}, .x = {{10, 10, 10}, {10 - half - 0.5, 10 + impact, 10}}};
  open_scene(md, pot, &s);
  md->v[1][0] = 2 * half / vt_unit_time_from_fs(1000 * near_ps);
  begin_scene(md, &molecules, DT_FS);
}

static void a_passing_contact_shorter_than_a_picosecond_is_no_molecule(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  vt_err err = {0};
  pass_by(&md, &pot, 0.95);
  passes(&md, 2000);
  vt_md_close(&md);
  pass_by(&md, &pot, 1.2);
  assert_int_equal(vt_md_run(&md, 2000, &err), VT_EDIVERGE);
  vt_md_close(&md);
}

/* Seen apart at a single look, the pair counts from the next one; between looks it may part unseen. */
static void one_look_apart_restarts_the_clock(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  scene s = pair("O", "O", 1.4);
  const double there = s.x[1][0];
  open_scene(&md, &pot, &s);
  begin_scene(&md, &molecules, DT_FS);
  passes(&md, LASTING - 1); /* seen near at LASTING / LOOK - 1 looks */
  md.x[1][0] = there + 1;
  passes(&md, 1); /* the look at step LASTING */
  md.x[1][0] = there;
  trips(&md, LASTING + LOOK + LASTING, "for 1 ps");
  begin_scene(&md, &molecules, DT_FS);
  passes(&md, LASTING);
  md.x[1][0] = there + 1;
  passes(&md, LOOK - 1);
  md.x[1][0] = there;
  trips(&md, LASTING + LOOK, "for 1 ps");
  begin_scene(&md, &molecules, DT_FS); /* a new stage has forgotten the pair */
  trips(&md, LASTING + LOOK, "for 1 ps");
  vt_md_close(&md);
}

static void every_pair_has_its_own_clock(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  const scene s = {.n = 6,
                   .symbol = {"O", "O", "Cl", "Cl", "O", "O"},
                   .x = {{2, 2, 2}, {3.4, 2, 2}, {10, 2, 2}, {12.1, 2, 2}, {2, 10, 2}, {5, 10, 2}}};
  open_scene(&md, &pot, &s);
  begin_scene(&md, &molecules, DT_FS);
  passes(&md, LASTING - 1);
  md.x[0][2] += 3; /* the first pair parts, the second stays, the third meets */
  md.x[5][0] -= 1.6;
  passes(&md, 1);
  md.x[0][2] -= 3;
  trips(&md, LOOK + LASTING, "Cl 2 and Cl 3");
  md.x[2][2] += 5;
  trips(&md, LASTING + LASTING, "O 4 and O 5");
  md.x[4][2] += 5;
  trips(&md, LASTING + LOOK + LASTING, "O 0 and O 1");
  vt_md_close(&md);
}

static void more_pairs_than_atoms_are_a_collapse(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  scene s = {.n = 4, .symbol = {"O", "O", "O", "O"}, .x = {{5, 5, 5}, {6, 6, 5}, {6, 5, 6}, {5, 6, 6}}};
  open_scene(&md, &pot, &s);
  begin_scene(&md, &molecules, DT_FS);
  trips(&md, LOOK, "more than 4 pairs are too close, among them O 1 and O 3, 1.41 A apart, limit 1.6");
  vt_md_close(&md);
}

/* 125 atoms 1.3 A apart and, in their middle, atom 0; each of them in turn comes near to it. */
static void no_place_in_a_long_row_is_overlooked(void **state)
{
  (void)state;
  enum { SIDE = 5, N = SIDE * SIDE * SIDE };
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  vt_err err = {0};
  vt_cell cell = vt_cell_cubic(EDGE_A);
  const vt_composition c = {.name = "cluster", .n_species = 1, .z = {vt_element_z("Xe")}, .count = {N}, .n_atoms = N};
  const vt_md_guard g = {.d_min_scale = 0.6}; /* 0.6 A: xenon is not in the table */
  static int type[N];
  static double x[N][3];
  for (int i = 0; i < N; i++) {
    const int q[3] = {i % SIDE - SIDE / 2, i / SIDE % SIDE - SIDE / 2, i / SIDE / SIDE - SIDE / 2};
    for (int b = 0; b < 3; b++) x[i][b] = 10 + 1.3 * q[b];
  }
  for (int b = 0; b < 3; b++) x[N / 2][b] = x[0][b], x[0][b] = 10; /* the middle one becomes atom 0 */
  VT_TEST_OK(vt_md_open(&md, &c, &cell, type, (const double(*)[3])x, &pot, 1.0, 1, &err), &err);
  for (int m = 1; m < N; m++) {
    char text[64];
    double away[3], r = 0;
    for (int b = 0; b < 3; b++) away[b] = x[m][b] - 10, r += away[b] * away[b];
    for (int b = 0; b < 3; b++) md.x[m][b] = 10 + 0.5 * away[b] / sqrt(r);
    begin_scene(&md, &g, DT_FS);
    assert_true(md.nl.count[0] > 100);
    (void)snprintf(text, sizeof text, "Xe 0 and Xe %d are 0.5 A apart, limit 0.6", m);
    trips(&md, LOOK, text);
    for (int b = 0; b < 3; b++) md.x[m][b] = x[m][b];
  }
  vt_md_close(&md);
}

/* ------------------------------------------------------------------ metals */

/* A planar M2O2 ring: Al-Al 2.5 A, Al-O 1.77 A, as in relaxed glasses of LiAlCl2.5O0.75. */
static const scene ring = {
    .n = 4, .symbol = {"Al", "Al", "O", "O"}, .x = {{5, 5, 5}, {7.5, 5, 5}, {6.25, 6.2533, 5}, {6.25, 3.7467, 5}}};

static void metals_that_share_two_anions_are_not_bonded(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  open_scene(&md, &pot, &ring);
  begin_scene(&md, &contacts, DT_FS);
  passes(&md, 2000);
  vt_md_close(&md);
  for (int gone = 2; gone < 4; gone++) { /* one bridge: corner-sharing never comes so near */
    scene s = ring;
    s.x[gone][2] += 5;
    open_scene(&md, &pot, &s);
    begin_scene(&md, &contacts, DT_FS);
    trips(&md, LOOK + LASTING, "Al 0 and Al 1 have been within 2.6 A for 1 ps, now 2.5 A: a bond between metals");
    vt_md_close(&md);
  }
  scene s = ring; /* cations hold nothing together */
  s.symbol[2] = s.symbol[3] = "Li";
  s.x[2][1] += 0.6, s.x[3][1] -= 0.6; /* Li-Al 2.2 A */
  open_scene(&md, &pot, &s);
  begin_scene(&md, &contacts, DT_FS);
  trips(&md, LOOK + LASTING, "a bond between metals");
  vt_md_close(&md);
}

/* ------------------------------------------------------------------ spread, temperature */

static void the_spread_of_a_committee_has_a_limit_and_no_committee_has_none(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  scene s = pair("Li", "Cl", 4);
  const vt_md_guard g = {.spread_max = 0.25};
  open_scene(&md, &pot, &s);
  begin_scene(&md, &g, DT_FS);
  passes(&md, 10); /* NaN */
  scripted_spread = 0.24;
  passes(&md, 10);
  scripted_spread = 0.26;
  trips(&md, 21, "differ by 0.26 eV/A in the forces, limit 0.25");
  vt_md_close(&md);
}

static void a_spike_names_the_nearest_pair(void **state)
{
  (void)state;
  vt_pot pot = model_still(&scripted_spread);
  vt_md md;
  const vt_md_guard g = {.t_max_k = 1000};
  /* Li and Cl are nearer in angstroms than K and Cl, farther for their kind */
  const scene s = {.n = 4, .symbol = {"K", "Cl", "Li", "Cl"}, .x = {{5, 5, 5}, {5, 7.2, 5}, {12, 5, 5}, {12, 7.1, 5}}};
  open_scene(&md, &pot, &s);
  begin_scene(&md, &g, DT_FS);
  passes(&md, 1);
  vt_md_velocities(&md, 1001);
  trips(&md, 2, "limit 1000; nearest K 0 and Cl 1, 2.2 A");
  vt_md_close(&md);
}

/* ------------------------------------------------------------------ liquids */

enum { ATOMS = 84 };
static const vt_composition glass = {.name = "LiAlCl2.5O0.75",
                                     .n_species = 4,
                                     .z = {3, 13, 17, 8},
                                     .count = {16, 16, 40, 12},
                                     .charge = {1, 3, -1, -2},
                                     .n_atoms = ATOMS};

/* A relaxed packing at 1200 K, ready to run. */
static void open_melt(vt_md *md, vt_pot *pot, const char *kind, const char *path, const vt_md_guard *g)
{
  static const char *const species[] = {"Li", "Al", "Cl", "O"};
  const vt_pot_args args = {.path = path, .n_species = 4, .species = species};
  vt_err err = {0};
  vt_cell cell;
  int type[ATOMS];
  double x[ATOMS][3];
  VT_TEST_OK(vt_pot_open(pot, kind, &args, &err), &err);
  VT_TEST_OK(vt_pack(&glass, 0.9, 11, &cell, type, x, &err), &err);
  VT_TEST_OK(vt_md_open(md, &glass, &cell, type, (const double(*)[3])x, pot, 1.0, 11, &err), &err);
  VT_TEST_OK(vt_md_relax(md, 1000, 0.05, 0.3, &err), &err);
  vt_md_velocities(md, 1200);
  vt_md_stage st = {.name = "melt",
                    .ensemble = VT_NVT,
                    .t0_k = 1200,
                    .t1_k = 1200,
                    .dt = vt_unit_time_from_fs(DT_FS),
                    .n_steps = 1500,
                    .tau_t = vt_unit_time_from_fs(100),
                    .block_steps = 40,
                    .guard = *g};
  VT_TEST_OK(vt_md_begin(md, &st, 1, &err), &err);
}

static void close_melt(vt_md *md, vt_pot *pot)
{
  vt_md_close(md);
  vt_pot_close(pot);
}

/* The defaults of the campaign section `guard` (config/schema.c) at 1200 K. */
static void healthy_melts_pass_under_the_default_limits(void **state)
{
  (void)state;
  static const char *const pots[][2] = {{"born", "-"},
                                        {"nep", VT_TEST_SOURCE "/campaigns/potentials/oxyhalide12-v0.nep.txt"}};
  const vt_md_guard g = {
      .t_max_k = 3600, .f_max = 50, .volume_ratio = 1.6, .d_min_scale = 0.6, .molecules = 1, .contacts = 1};
  for (int k = 0; k < 2; k++) {
    vt_md md;
    vt_pot pot;
    open_melt(&md, &pot, pots[k][0], pots[k][1], &g);
    passes(&md, 1500);
    close_melt(&md, &pot);
  }
}

static void a_run_fails_at_the_same_step_however_it_is_cut(void **state)
{
  (void)state;
  /* limits inside what a healthy melt does: the first thermal approach trips */
  const vt_md_guard guard[] = {{.d_min_scale = 0.8}, {.f_max = 7.5}};
  const int64_t cut[] = {100000, 1, 7, 25, 333};
  for (int g = 0; g < 2; g++) {
    char first[sizeof((vt_err *)0)->text];
    int64_t step = 0;
    for (size_t k = 0; k < sizeof cut / sizeof cut[0]; k++) {
      vt_md md;
      vt_pot pot;
      vt_err err = {0};
      vt_status rc = VT_OK;
      open_melt(&md, &pot, "born", "-", &guard[g]);
      while (rc == VT_OK && md.step < md.stage.n_steps) rc = vt_md_run(&md, cut[k], &err);
      assert_int_equal(rc, VT_EDIVERGE);
      if (k == 0) step = md.step, memcpy(first, err.text, sizeof first);
      assert_int_equal(md.step, step);
      assert_string_equal(err.text, first);
      close_melt(&md, &pot);
    }
    assert_true(step > LOOK); /* later than the first look: the claim is about a run */
  }
}

/* ------------------------------------------------------------------ a task */

static vt_plan task(void)
{
  vt_plan p = {.seed = 7, .kind = VT_TASK_GLASS, .block_steps = 50, .t_k = 400, .pot_kind = "born", .pot_path = "-"};
  vt_pot_info info;
  vt_err err = {0};
  p.comp = glass;
  p.protocol = (vt_protocol){.version = VT_PROTOCOL_FIRST,
                             .pack_density = 0.9,
                             .melt_t_k = 1200,
                             .melt_ps = 1,
                             .melt_dt_fs = 2,
                             .quench_rate_k_s = 1e15,
                             .quench_dt_fs = 2,
                             .thermostat_ps = 0.1,
                             .barostat_ps = 1,
                             .melt_ensemble = VT_NVT};
  p.numerics.format = VT_ENGINE_FORMAT;
  VT_TEST_OK(vt_pot_probe("born", "-", &info, &err), &err);
  p.pot_hash = info.sha256;
  return p;
}

static void every_limit_of_a_campaign_reaches_the_stage(void **state)
{
  (void)state;
  vt_plan p = task();
  p.protocol.guard = (vt_guard_limits){.temperature = 2.5,
                                       .force_ev_a = 31,
                                       .volume = 1.7,
                                       .distance = 0.55,
                                       .spread_ev_a = 0.2,
                                       .molecules = 1,
                                       .contacts = 0};
  for (int id = VT_STAGE_MELT; id <= VT_STAGE_QUENCH; id++) {
    vt_md_guard g = vt__replica_stage(&p, (vt_stage)id).guard;
    assert_true(g.t_max_k == 3000 && g.f_max == 31 && g.volume_ratio == 1.7); /* the quench begins at 1200 K */
    assert_true(g.d_min_scale == 0.55 && g.spread_max == 0.2 && g.molecules == 1 && g.contacts == 0);
  }
  p.protocol.guard.contacts = 1;
  assert_int_equal(vt__replica_stage(&p, VT_STAGE_PRODUCE).guard.contacts, 1);
  assert_true(vt__replica_stage(&p, VT_STAGE_PRODUCE).guard.t_max_k == 1000); /* 2.5 * 400 K */
}

/* The frame in the file is the one that was too hot: its temperature, computed here from its velocities. */
static void the_frame_that_tripped_can_be_read_again(void **state)
{
  (void)state;
  vt_plan p = task();
  vt_result r = {0};
  vt_buf text = {0};
  vt_err err = {0};
  vt_xyz *xyz = NULL;
  vt_structure s = {0};
  int got = 0;
  p.protocol.guard.temperature = 1.1;
  assert_int_equal(vt_replica_run(&p, NULL, 0, NULL, &text, &r, &err), VT_EDIVERGE);
  assert_non_null(strstr(err.text, "limit 1320"));
  assert_non_null(strstr(err.text, "stage 'melt', step "));
  VT_TEST_OK(vt_xyz_open_text(&xyz, "frame", text.s, text.len, &err), &err);
  VT_TEST_OK(vt_xyz_next(xyz, &s, &got, &err), &err);
  assert_true(got && s.n == ATOMS && s.v);
  double e_kin = 0;
  for (int i = 0; i < s.n; i++)
    for (int b = 0; b < 3; b++) e_kin += 0.5 * vt_element_mass(vt_element_z(s.symbol[i])) * s.v[i][b] * s.v[i][b];
  double t_k = 2 * e_kin / ((3 * ATOMS - 3) * VT_KB_EV);
  assert_true(t_k > 1320 && t_k < 2000);
  char want[64];
  (void)snprintf(want, sizeof want, "temperature %.6g K", t_k);
  if (!strstr(err.text, want)) fail_msg("the frame has '%s', the message is: %s", want, err.text);
  assert_non_null(strstr(text.s, "stage=\"melt\" step="));
  vt_structure_free(&s);
  vt_xyz_close(xyz);
  vt_buf_free(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bond_lengths_are_those_of_the_literature),
      cmocka_unit_test(fused_atoms_trip_at_the_first_look),
      cmocka_unit_test(what_lasts_for_a_picosecond_trips_and_says_what_it_is),
      cmocka_unit_test(a_limit_that_is_off_lets_everything_pass),
      cmocka_unit_test(a_pair_across_the_edge_of_the_cell_is_a_pair),
      cmocka_unit_test(looks_are_counted_in_time_not_in_steps),
      cmocka_unit_test(a_passing_contact_shorter_than_a_picosecond_is_no_molecule),
      cmocka_unit_test(one_look_apart_restarts_the_clock),
      cmocka_unit_test(every_pair_has_its_own_clock),
      cmocka_unit_test(more_pairs_than_atoms_are_a_collapse),
      cmocka_unit_test(no_place_in_a_long_row_is_overlooked),
      cmocka_unit_test(metals_that_share_two_anions_are_not_bonded),
      cmocka_unit_test(the_spread_of_a_committee_has_a_limit_and_no_committee_has_none),
      cmocka_unit_test(a_spike_names_the_nearest_pair),
      cmocka_unit_test(healthy_melts_pass_under_the_default_limits),
      cmocka_unit_test(a_run_fails_at_the_same_step_however_it_is_cut),
      cmocka_unit_test(every_limit_of_a_campaign_reaches_the_stage),
      cmocka_unit_test(the_frame_that_tripped_can_be_read_again),
  };
  return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
