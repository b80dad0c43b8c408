/* Polyhedra and chains of networks built by hand. */
#include <math.h>
#include <string.h>

#include "tests/unit/engine/obs/obs_bench.h"
#include "tests/vt_test.h"

/* Species, in the canonical order; Ga in some cells only. */
enum { LI, AL, GA, CL, O, N_SPECIES };
enum { MOST_ATOMS = 800, CN = 13, O_COUNT = 9, ANION = 7, SIZES = 64, DEGREES = 9, ANGLES = 90 };

static double position[MOST_ATOMS][3];
static int type_of[MOST_ATOMS], n_atoms;

static void put(int type, double x, double y, double z)
{
  const double at[3] = {x, y, z};
  assert_true(n_atoms < MOST_ATOMS);
  memcpy(position[n_atoms], at, sizeof at);
  type_of[n_atoms++] = type;
}

/* The composition of what was put, without the species that are absent; type_of[] follows. */
static vt_plan plan_of_atoms(void)
{
  static const int z[N_SPECIES] = {3, 13, 31, 17, 8}, charge[N_SPECIES] = {1, 3, 3, -1, -2};
  vt_plan p = plan_of(1, 1, 10, 1);
  vt_composition *c = &p.comp;
  int to[N_SPECIES];
  *c = (vt_composition){.name = "network", .n_atoms = n_atoms};
  for (int s = 0; s < N_SPECIES; s++) {
    int count = 0;
    for (int i = 0; i < n_atoms; i++) count += type_of[i] == s;
    to[s] = c->n_species;
    if (count == 0) continue;
    c->z[c->n_species] = z[s], c->charge[c->n_species] = charge[s], c->count[c->n_species++] = count;
  }
  for (int i = 0; i < n_atoms; i++) type_of[i] = to[type_of[i]];
  return p;
}

/* Row of an element in the composition; -1 if absent. */
static int row_of(const vt_plan *p, int z)
{
  for (int s = 0; s < p->comp.n_species; s++)
    if (p->comp.z[s] == z) return s;
  return -1;
}

/* Bonds of metals to Cl and to O end at these distances; no others are asked for. */
static void open_with(bench *b, double to_cl_a, double to_o_a)
{
  vt_composition *c = &b->plan.comp;
  ask(&b->plan, "polyhedra", 0.001);
  ask(&b->plan, "chains", 0.001);
  vt_cutoffs_default(c, &b->cutoffs);
  for (int i = 0; i < c->n_species; i++)
    for (int j = 0; j < c->n_species; j++) {
      if (vt_element_role(c->z[i]) != 'M') continue;
      if (c->z[j] == 17) b->cutoffs.r[i][j] = b->cutoffs.r[j][i] = to_cl_a;
      if (c->z[j] == 8) b->cutoffs.r[i][j] = b->cutoffs.r[j][i] = to_o_a;
    }
  bench_open(b);
}

static void sample_in(bench *b, const vt_cell *cell, int64_t step)
{
  vt_frame fr = frame_of(&b->plan, type_of, position, position, step);
  fr.cell = *cell;
  bench_sample(b, &fr);
}

static void look_once(bench *b, const vt_cell *cell, double to_cl_a, double to_o_a)
{
  open_with(b, to_cl_a, to_o_a);
  sample_in(b, cell, 0);
  bench_finish(b);
}

static void expect_row(const double *got, int n, const double *want)
{
  for (int k = 0; k < n; k++)
    if (!(fabs(got[k] - want[k]) <= 1e-14)) fail_msg("[%d] is %.17g, expected %.17g", k, got[k], want[k]);
}

static void expect_nan(const double *got, int n)
{
  for (int k = 0; k < n; k++) assert_true(isnan(got[k]));
}

/* ------------------------------------------------------------------ units with known shapes
 *
 * M-O 1.8 A and M-Cl 2.2 A, cutoffs 2.4 and 2.9 A; everything that is no bond is farther than 3.2 A. */

static const double to_o = 1.8, to_cl = 2.2, cut_o = 2.4, cut_cl = 2.9;

static void tetrahedron(int metal, const double c[3])
{
  const double u = to_cl / sqrt(3);
  put(metal, c[0], c[1], c[2]);
  put(CL, c[0] + u, c[1] + u, c[2] + u);
  put(CL, c[0] + u, c[1] - u, c[2] - u);
  put(CL, c[0] - u, c[1] + u, c[2] - u);
  put(CL, c[0] - u, c[1] - u, c[2] + u);
}

static void octahedron(int metal, const double c[3])
{
  put(metal, c[0], c[1], c[2]);
  for (int k = 0; k < 6; k++)
    put(CL, c[0] + (k / 2 == 0) * (k % 2 ? to_cl : -to_cl), c[1] + (k / 2 == 1) * (k % 2 ? to_cl : -to_cl),
        c[2] + (k / 2 == 2) * (k % 2 ? to_cl : -to_cl));
}

/* n metals on a line, joined by O; four anions each. */
static void chain(int metal, int n, const double c[3])
{
  for (int k = 0; k < n; k++) {
    double x = c[0] + 2 * to_o * k;
    put(metal, x, c[1], c[2]);
    put(CL, x, c[1] + to_cl, c[2]);
    put(CL, x, c[1] - to_cl, c[2]);
    if (k == 0) put(CL, x - to_cl, c[1], c[2]);
    put(k == n - 1 ? CL : O, x + (k == n - 1 ? to_cl : to_o), c[1], c[2]);
  }
}

/* Two metals with two Cl in common and two terminal ones each. */
static void edge_dimer(int metal, const double c[3])
{
  for (int side = -1; side <= 1; side += 2) {
    put(metal, c[0] + 1.5 * side, c[1], c[2]);
    put(CL, c[0], c[1] + 1.6 * side, c[2]);
    put(CL, c[0] + 2.8 * side, c[1], c[2] + 1.8);
    put(CL, c[0] + 2.8 * side, c[1], c[2] - 1.8);
  }
}

/* Two metals with three Cl in common and three terminal ones each. */
static void face_pair(int metal, const double c[3])
{
  for (int side = -1; side <= 1; side += 2) {
    put(metal, c[0] + 1.4 * side, c[1], c[2]);
    for (int k = 0; k < 3; k++) {
      double angle = 2.0943951023931953 * k, y = 1.7 * cos(angle), z = 1.7 * sin(angle);
      put(CL, c[0] + 2.8 * side, c[1] - y, c[2] - z);
      if (side == 1) put(CL, c[0], c[1] + y, c[2] + z);
    }
  }
}

/* Three metals in a ring, O between each two; two terminal Cl each. */
static void ring(int metal, const double c[3])
{
  const double radius = 2 * to_o / sqrt(3);
  for (int k = 0; k < 3; k++) {
    double angle = 2.0943951023931953 * k, between = angle + 1.0471975511965976;
    put(metal, c[0] + radius * cos(angle), c[1] + radius * sin(angle), c[2]);
    put(O, c[0] + radius / 2 * cos(between), c[1] + radius / 2 * sin(between), c[2]);
    for (int side = -1; side <= 1; side += 2)
      put(CL, c[0] + radius * cos(angle), c[1] + radius * sin(angle), c[2] + to_cl * side);
  }
}

/* All of them in a cube of 60 A, with a free Cl, a free O and Li, which no count should see.  Al: chains of 1..5, the
 * face pair; Ga: tetrahedron, edge dimer, ring; a mixed chain Ga-Al-Ga. */
static void put_units(void)
{
  n_atoms = 0;
  for (int n = 1; n <= 5; n++) chain(AL, n, (double[3]){4, 10.0 * n, 4});
  tetrahedron(GA, (double[3]){4, 10, 30});
  edge_dimer(GA, (double[3]){4, 20, 30});
  face_pair(AL, (double[3]){4, 30, 30});
  ring(GA, (double[3]){4, 40, 30});
  int first = n_atoms;
  chain(GA, 3, (double[3]){4, 50, 30});
  type_of[first + 5] = AL; /* the middle: the first metal is followed by four anions */
  put(CL, 40, 10, 50);
  put(O, 40, 20, 50);
  put(LI, 40, 10, 48);
  put(LI, 5, 12, 31.5);
}

/* A shift that takes units across the faces of the cell. */
static void shift_atoms(double edge_a)
{
  for (int i = 0; i < n_atoms; i++)
    for (int c = 0; c < 3; c++) {
      position[i][c] += 43.7;
      position[i][c] -= edge_a * floor(position[i][c] / edge_a);
    }
}

static void units_have_the_counts_they_were_built_with(void **state)
{
  (void)state;
  const vt_cell cell = vt_cell_cubic(60);
  put_units();
  shift_atoms(60);
  bench b = {.plan = plan_of_atoms()};
  look_once(&b, &cell, cut_cl, cut_o);
  /* Al: 15 in chains, 2 in the face pair, 1 in the mixed chain; Ga: 1 + 2 + 3 + 2 */
  const double *cn = array(&b, "polyhedra/cn", NULL), *o = array(&b, "polyhedra/o_count", NULL);
  expect_row(cn + AL * CN, CN, (const double[CN]){[4] = 16.0 / 18, [6] = 2.0 / 18});
  expect_row(cn + GA * CN, CN, (const double[CN]){[4] = 1});
  /* ends of chains have 1 O, what lies between 2 */
  expect_row(o + AL * O_COUNT, O_COUNT, (const double[O_COUNT]){3.0 / 18, 8.0 / 18, 7.0 / 18});
  expect_row(o + GA * O_COUNT, O_COUNT, (const double[O_COUNT]){3.0 / 8, 2.0 / 8, 3.0 / 8});
  /* O: 10 in Al chains, 3 in the ring, 2 in the mixed chain, 1 free.  Cl: chains of 1..5 have 2 n + 2, hence 40;
   * tetrahedron 4, dimer 4 + 2 bridging, face pair 6 + 3 bridging, ring 6, mixed chain 8, 1 free */
  const double *anion = array(&b, "polyhedra/anion", NULL);
  expect_row(anion + O * ANION, ANION, (const double[ANION]){1.0 / 16, 0, 15.0 / 16});
  expect_row(anion + CL * ANION, ANION, (const double[ANION]){1.0 / 74, 68.0 / 74, 5.0 / 74});
  expect_row(array(&b, "polyhedra/sharing", NULL), 3, (const double[3]){15, 1, 1});
  for (int s = 0; s < N_SPECIES; s++) {
    int metal = s == AL || s == GA, is_anion = s == CL || s == O;
    if (!metal) expect_nan(cn + s * CN, CN), expect_nan(o + s * O_COUNT, O_COUNT);
    if (!is_anion) expect_nan(anion + s * ANION, ANION);
  }
  /* 1: chain, tetrahedron; 2: chain, dimer, face pair; 3: chain, ring, mixed; 4; 5 */
  expect_row(array(&b, "chains/fragments", NULL), SIZES, (const double[SIZES]){2, 3, 3, 1, 1});
  near(*array(&b, "chains/mean_size", NULL), 26.0 / 10, 1e-14);
  near(*array(&b, "chains/weight_size", NULL), (2 * 1 + 3 * 4 + 3 * 9 + 16 + 25) / 26.0, 1e-14);
  near(*array(&b, "chains/largest", NULL), 5, 0);
  near(*array(&b, "chains/cycles", NULL), 1, 0);
  near(*array(&b, "chains/frames", NULL), 1, 0);
  /* 0: two; 1: two each in chains of 2, 3, 4, 5, mixed, in both dimers; 2: 1 + 2 + 3 in chains, 1 mixed, 3 in the ring
   */
  expect_row(array(&b, "chains/degree", NULL), DEGREES, (const double[DEGREES]){2.0 / 26, 14.0 / 26, 10.0 / 26});
  /* O of all metals: chain n has 2 (n - 1), ring 6 */
  const double *by_size = array(&b, "chains/o_by_size", NULL);
  expect_row(by_size, 5, (const double[5]){0, 2.0 / 6, 14.0 / 9, 6.0 / 4, 8.0 / 5});
  expect_nan(by_size + 5, SIZES - 5);
  bench_close(&b);
}

static void the_last_size_is_64_and_more(void **state)
{
  (void)state;
  const vt_cell cell = vt_cell_cubic(260);
  n_atoms = 0;
  for (int n = 63; n <= 65; n++) chain(AL, n, (double[3]){4, 20.0 * (n - 60), 4});
  bench b = {.plan = plan_of_atoms()};
  look_once(&b, &cell, cut_cl, cut_o);
  expect_row(array(&b, "chains/fragments", NULL), SIZES, (const double[SIZES]){[62] = 1, [63] = 2});
  const double *by_size = array(&b, "chains/o_by_size", NULL);
  near(by_size[62], 2 * 62 / 63.0, 1e-14);
  near(by_size[63], 2 * (63 + 64) / 129.0, 1e-14);
  near(*array(&b, "chains/mean_size", NULL), 64, 1e-13);
  near(*array(&b, "chains/largest", NULL), 65, 0);
  bench_close(&b);
}

static void ideal_shells_have_their_angles(void **state)
{
  (void)state;
  const vt_cell cell = vt_cell_cubic(30);
  n_atoms = 0;
  tetrahedron(GA, (double[3]){6, 6, 6});
  octahedron(AL, (double[3]){20, 20, 20});
  chain(AL, 2, (double[3]){6, 20, 6}); /* angles at each metal: Cl-Al-Cl 180 and two of 90, O-Al-Cl two of 90 and 180 */
  bench b = {.plan = plan_of_atoms()};
  look_once(&b, &cell, cut_cl, cut_o);
  const int al = row_of(&b.plan, 13), ga = row_of(&b.plan, 31), cl = row_of(&b.plan, 17), o = row_of(&b.plan, 8);
  const int n = b.plan.comp.n_species, pairs = n * (n + 1) / 2;
  const double *deg = array(&b, "polyhedra/angle_deg", NULL), *angle = array(&b, "polyhedra/angle", NULL);
  for (int k = 0; k < ANGLES; k++) near(deg[k], 2 * k + 1, 1e-12);
  const double *at_ga = angle + (ga * pairs + vt_pair_index(cl, cl, n)) * ANGLES;
  expect_row(at_ga, ANGLES, (const double[ANGLES]){[54] = 0.5}); /* 109.47 */
  const double *at_al = angle + (al * pairs + vt_pair_index(cl, cl, n)) * ANGLES;
  near(at_al[44] + at_al[45], 0.5 * (12 + 2 * 2) / 21, 1e-14); /* 90 is the edge of two bins */
  near(at_al[89], 0.5 * (3 + 2 * 1) / 21, 1e-14);
  const double *mixed = angle + (al * pairs + vt_pair_index(o, cl, n)) * ANGLES;
  near(mixed[44] + mixed[45], 0.5 * 2 / 3, 1e-14);
  near(mixed[89], 0.5 * 1 / 3, 1e-14);
  for (int s = 0; s < n; s++)
    for (int pair = 0; pair < pairs; pair++) {
      const double *row = angle + (s * pairs + pair) * ANGLES;
      double sum = 0;
      for (int k = 0; k < ANGLES; k++) sum += 2 * row[k];
      if (row == at_ga || row == at_al || row == mixed)
        near(sum, 1, 1e-13);
      else
        expect_nan(row, ANGLES);
    }
  bench_close(&b);
}

/* ------------------------------------------------------------------ exact counting
 *
 * Metals on a diamond lattice with bonds of 6 A; on every lattice bond either one O in the middle (3.0 A from both) or
 * a Cl for each end, 2.2 A from its own and 3.8 A from the other.  So CN = 4 and no anion is free. */

enum { E = 2, NODES = 8 * E * E * E, BONDS = 2 * NODES };
typedef struct lattice {
  double edge_a, x[NODES][3];
  int bond[BONDS][2], is_linked[BONDS], fragment[NODES];
  double step[BONDS][3]; /* from bond[k][0] to bond[k][1] */
} lattice;

static void build_lattice(lattice *l)
{
  static const double fcc[4][3] = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
  const double a = 4 * 6 / sqrt(3);
  int n = 0, bonds = 0;
  l->edge_a = E * a;
  for (int cube = 0; cube < E * E * E; cube++)
    for (int k = 0; k < 8; k++, n++)
      for (int c = 0; c < 3; c++) {
        int at[3] = {cube % E, cube / E % E, cube / E / E};
        l->x[n][c] = a * (at[c] + fcc[k / 2][c] + 0.25 * (k % 2));
      }
  for (int i = 0; i < NODES; i += 2)
    for (int j = 1; j < NODES; j += 2) {
      double d[3], r2 = 0;
      for (int c = 0; c < 3; c++) {
        d[c] = l->x[j][c] - l->x[i][c];
        d[c] -= l->edge_a * rint(d[c] / l->edge_a);
        r2 += d[c] * d[c];
      }
      if (!(r2 < 36.1)) continue;
      assert_true(bonds < BONDS);
      l->bond[bonds][0] = i, l->bond[bonds][1] = j;
      memcpy(l->step[bonds++], d, sizeof d);
    }
  assert_int_equal(bonds, BONDS);
}

/* Turn Cl...Cl into O on bonds in a random order until `links` are linked, at most one of them within a fragment for
 * each of `cycles`. */
static void link_nodes(lattice *l, uint64_t key, int links, int cycles)
{
  memset(l->is_linked, 0, sizeof l->is_linked);
  for (int i = 0; i < NODES; i++) l->fragment[i] = i;
  for (int64_t draw = 0; links + cycles > 0; draw++) {
    double u[2];
    assert_true(draw < 100000);
    vt_rng_uniform2(key, VT_STREAM_TEST, 0, draw, 0, u);
    int k = (int)(u[0] * BONDS), from = l->fragment[l->bond[k][0]], to = l->fragment[l->bond[k][1]];
    if (l->is_linked[k] || (from == to ? cycles : links) == 0) continue;
    from == to ? cycles-- : links--;
    l->is_linked[k] = 1;
    for (int i = 0; i < NODES; i++)
      if (l->fragment[i] == from) l->fragment[i] = to;
  }
}

static void put_along(int type, const double x[3], const double step[3], double r)
{
  put(type, x[0] + step[0] * r / 6, x[1] + step[1] * r / 6, x[2] + step[2] * r / 6);
}

static void put_lattice(const lattice *l)
{
  n_atoms = 0;
  for (int i = 0; i < NODES; i++) put(AL, l->x[i][0], l->x[i][1], l->x[i][2]);
  for (int k = 0; k < BONDS; k++) {
    const double *x = l->x[l->bond[k][0]];
    if (l->is_linked[k]) put_along(O, x, l->step[k], 3.0);
    if (!l->is_linked[k]) put_along(CL, x, l->step[k], 2.2), put_along(CL, x, l->step[k], 3.8);
  }
  shift_atoms(l->edge_a);
}

/* Sizes from the labels that link_nodes kept. */
static void expect_fragments(const lattice *l, const bench *b)
{
  double count[SIZES] = {0}, squares = 0, largest = 0;
  for (int f = 0; f < NODES; f++) {
    int size = 0;
    for (int i = 0; i < NODES; i++) size += l->fragment[i] == f;
    if (size == 0) continue;
    count[size < SIZES ? size - 1 : SIZES - 1]++;
    squares += size * size;
    largest = fmax(largest, size);
  }
  expect_row(array(b, "chains/fragments", NULL), SIZES, count);
  near(*array(b, "chains/weight_size", NULL), squares / NODES, 1e-12);
  near(*array(b, "chains/largest", NULL), largest, 0);
}

static void without_cycles_the_mean_size_is_one_over_one_minus_y(void **state)
{
  (void)state;
  static lattice l;
  build_lattice(&l);
  const vt_cell cell = vt_cell_cubic(l.edge_a);
  const double y[] = {0, 0.25, 0.5, 0.75};
  for (int k = 0; k < 4; k++) {
    link_nodes(&l, (uint64_t)k + 1, (int)(y[k] * NODES), 0);
    put_lattice(&l);
    assert_int_equal(n_atoms, (int)((5 - y[k]) * NODES)); /* M Cl_{4-2y} O_y */
    bench b = {.plan = plan_of_atoms()};
    look_once(&b, &cell, cut_cl, 3.2);
    near(*array(&b, "chains/mean_size", NULL), 1 / (1 - y[k]), 1e-13);
    near(*array(&b, "chains/cycles", NULL), 0, 0);
    expect_fragments(&l, &b);
    expect_row(array(&b, "polyhedra/cn", NULL), CN, (const double[CN]){[4] = 1});
    expect_row(array(&b, "polyhedra/sharing", NULL), 3, (const double[3]){y[k] * NODES});
    const double *degree = array(&b, "chains/degree", NULL), *o = array(&b, "polyhedra/o_count", NULL);
    double links = 0;
    for (int n = 0; n < DEGREES; n++) {
      near(degree[n], o[n], 1e-14); /* every O of a metal is a link */
      links += n * degree[n];
    }
    near(links, 2 * y[k], 1e-13);
    if (y[k] > 0) expect_row(array(&b, "polyhedra/anion", NULL) + 2 * ANION, ANION, (const double[ANION]){[2] = 1});
    bench_close(&b);
  }
}

/* A spanning tree has NODES - 1 links and one fragment; every further link is a cycle.  64 metals: the last bin. */
static void links_within_a_fragment_are_cycles(void **state)
{
  (void)state;
  static lattice l;
  build_lattice(&l);
  const vt_cell cell = vt_cell_cubic(l.edge_a);
  const int links[] = {50, NODES - 1, NODES - 1}, cycles[] = {1, 9, BONDS - NODES + 1};
  for (int k = 0; k < 3; k++) {
    link_nodes(&l, (uint64_t)k + 7, links[k], cycles[k]);
    put_lattice(&l);
    bench b = {.plan = plan_of_atoms()};
    look_once(&b, &cell, cut_cl, 3.2);
    near(*array(&b, "chains/cycles", NULL), cycles[k], 0);
    near(*array(&b, "chains/mean_size", NULL), (double)NODES / (NODES - links[k]), 1e-12);
    expect_fragments(&l, &b);
    bench_close(&b);
  }
}

/* ------------------------------------------------------------------ what is not there */

static void without_oxygen_nothing_is_missed(void **state)
{
  (void)state;
  const vt_cell cell = vt_cell_cubic(30);
  n_atoms = 0;
  edge_dimer(AL, (double[3]){5, 5, 5});
  tetrahedron(AL, (double[3]){20, 20, 20});
  bench b = {.plan = plan_of_atoms()};
  look_once(&b, &cell, cut_cl, cut_o);
  expect_row(array(&b, "polyhedra/o_count", NULL), O_COUNT, (const double[O_COUNT]){1});
  expect_row(array(&b, "polyhedra/anion", NULL) + ANION, ANION, (const double[ANION]){0, 0.8, 0.2});
  expect_row(array(&b, "polyhedra/sharing", NULL), 3, (const double[3]){0, 1, 0});
  expect_row(array(&b, "chains/fragments", NULL), SIZES, (const double[SIZES]){1, 1});
  expect_row(array(&b, "chains/o_by_size", NULL), 2, (const double[2]){0});
  bench_close(&b);
}

static void without_metals_every_anion_is_free(void **state)
{
  (void)state;
  const vt_cell cell = vt_cell_cubic(30);
  n_atoms = 0;
  put(LI, 1, 1, 1);
  put(CL, 3, 1, 1);
  put(O, 1, 3, 1);
  bench b = {.plan = plan_of_atoms()};
  look_once(&b, &cell, cut_cl, cut_o);
  expect_nan(array(&b, "polyhedra/cn", NULL), 3 * CN);
  expect_nan(array(&b, "polyhedra/angle", NULL), 3 * 6 * ANGLES);
  for (int s = 1; s < 3; s++)
    expect_row(array(&b, "polyhedra/anion", NULL) + s * ANION, ANION, (const double[ANION]){1});
  expect_row(array(&b, "polyhedra/sharing", NULL), 3, (const double[3]){0});
  expect_row(array(&b, "chains/fragments", NULL), SIZES, (const double[SIZES]){0});
  near(*array(&b, "chains/cycles", NULL), 0, 0);
  expect_nan(array(&b, "chains/mean_size", NULL), 1);
  expect_nan(array(&b, "chains/weight_size", NULL), 1);
  expect_nan(array(&b, "chains/largest", NULL), 1);
  expect_nan(array(&b, "chains/degree", NULL), DEGREES);
  bench_close(&b);
}

static void without_anions_every_metal_is_alone(void **state)
{
  (void)state;
  const vt_cell cell = vt_cell_cubic(30);
  n_atoms = 0;
  put(LI, 1, 1, 1);
  put(AL, 3, 1, 1);
  put(AL, 1, 3, 1);
  bench b = {.plan = plan_of_atoms()};
  look_once(&b, &cell, cut_cl, cut_o);
  expect_row(array(&b, "polyhedra/cn", NULL) + CN, CN, (const double[CN]){1});
  expect_nan(array(&b, "polyhedra/anion", NULL), 2 * ANION);
  expect_row(array(&b, "chains/fragments", NULL), SIZES, (const double[SIZES]){2});
  expect_row(array(&b, "chains/degree", NULL), DEGREES, (const double[DEGREES]){1});
  near(*array(&b, "chains/mean_size", NULL), 1, 0);
  bench_close(&b);
}

/* The two searches read the cutoff of a pair from either side of the diagonal; a table that is not symmetric makes them
 * find different bonds. */
static void bonds_that_only_one_side_sees_are_a_bug(void **state)
{
  (void)state;
  for (int k = 0; k < 2; k++) {
    vt_err err = {0};
    n_atoms = 0;
    tetrahedron(AL, (double[3]){6, 6, 6});
    bench b = {.plan = plan_of_atoms()};
    ask(&b.plan, k ? "chains" : "polyhedra", 0.001);
    vt_cutoffs_default(&b.plan.comp, &b.cutoffs);
    b.cutoffs.r[0][1] = cut_cl;
    b.cutoffs.r[1][0] = 2.0;
    bench_open(&b);
    vt_frame fr = frame_of(&b.plan, type_of, position, position, 0);
    assert_int_equal(vt_obs_set_sample(b.set, &fr, &err), VT_EBUG);
    assert_non_null(strstr(err.text,
                           "the sum over 4 anions of (metals - 1) is -4, the sum of coordination numbers less "
                           "4 is 0"));
    bench_close(&b);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(units_have_the_counts_they_were_built_with),
      cmocka_unit_test(the_last_size_is_64_and_more),
      cmocka_unit_test(ideal_shells_have_their_angles),
      cmocka_unit_test(without_cycles_the_mean_size_is_one_over_one_minus_y),
      cmocka_unit_test(links_within_a_fragment_are_cycles),
      cmocka_unit_test(without_oxygen_nothing_is_missed),
      cmocka_unit_test(without_metals_every_anion_is_free),
      cmocka_unit_test(without_anions_every_metal_is_alone),
      cmocka_unit_test(bonds_that_only_one_side_sees_are_a_bug),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
