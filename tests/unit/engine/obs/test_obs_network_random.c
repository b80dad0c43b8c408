/* Polyhedra and chains of random cells against a recount over all images. */
#include <math.h>
#include <string.h>

#include "tests/unit/engine/obs/obs_bench.h"
#include "tests/vt_test.h"

enum { LI, AL, GA, CL, O, N_SPECIES };
enum { CN = 13, O_COUNT = 9, ANION = 7, SIZES = 64, DEGREES = 9, ANGLES = 90 };
enum { N_M = 12, N_X = 32, N_O = 9, N_A = N_X + N_O, N = 3 + N_M + N_A, FRAMES = 40 };

static const vt_composition mixed = {.name = "LiAlGaClO",
                                     .n_species = N_SPECIES,
                                     .z = {3, 13, 31, 17, 8},
                                     .count = {3, 8, 4, N_X, N_O},
                                     .charge = {1, 3, 3, -1, -2},
                                     .n_atoms = N};
static const int metals_of[N_M] = {AL, GA, AL, AL, GA, AL, AL, AL, GA, AL, AL, GA};
static const vt_cell skewed = {.h = {{14.0, 0.5, 0.0}, {-2.1, 13.2, 0.7}, {0.3, -1.9, 15.1}}};

/* Order of the atoms: Li, metals of both kinds mixed, Cl, O. */
static void scatter_atoms(uint64_t key, int type[N], double x[N][3])
{
  for (int i = 0; i < N; i++) {
    double u[4];
    vt_rng_uniform2(key, VT_STREAM_TEST, 0, 0, (uint32_t)i, u);
    vt_rng_uniform2(key, VT_STREAM_TEST, 1, 0, (uint32_t)i, u + 2);
    for (int c = 0; c < 3; c++) x[i][c] = u[0] * skewed.h[0][c] + u[1] * skewed.h[1][c] + u[2] * skewed.h[2][c];
    type[i] = i < 3 ? LI : i < 3 + N_M ? metals_of[i - 3] : i < 3 + N_M + N_X ? CL : O;
  }
}

/* Shortest vector over 5^3 images. */
static double shortest(const double a[3], const double b[3], double d[3])
{
  double best = INFINITY;
  for (int image = 0; image < 125; image++) {
    const int n[3] = {image % 5 - 2, image / 5 % 5 - 2, image / 25 - 2};
    double v[3], r = 0;
    for (int c = 0; c < 3; c++) {
      v[c] = b[c] - a[c] + n[0] * skewed.h[0][c] + n[1] * skewed.h[1][c] + n[2] * skewed.h[2][c];
      r += v[c] * v[c];
    }
    if (r < best) best = r, memcpy(d, v, sizeof v);
  }
  return sqrt(best);
}

typedef struct recount {
  double cn[N_SPECIES][CN], o[N_SPECIES][O_COUNT], anion[N_SPECIES][ANION], sharing[3];
  double angle[N_SPECIES][N_SPECIES * (N_SPECIES + 1) / 2][ANGLES];
  double fragments[SIZES], n_fragments, squares, largest, cycles, degree[DEGREES], o_of[SIZES], metals[SIZES];
} recount;

/* The bond matrix of the frame: is[m][a], vectors d[m][a]. */
typedef struct matrix {
  int is[N_M][N_A];
  double d[N_M][N_A][3];
} matrix;

static void fill_matrix(matrix *b, const double x[N][3], double to_cl_a, double to_o_a)
{
  for (int m = 0; m < N_M; m++)
    for (int a = 0; a < N_A; a++)
      b->is[m][a] = shortest(x[3 + m], x[3 + N_M + a], b->d[m][a]) < (a < N_X ? to_cl_a : to_o_a);
}

static void recount_polyhedra(recount *q, const matrix *b)
{
  for (int m = 0; m < N_M; m++) {
    int cn = 0, o = 0;
    for (int a = 0; a < N_A; a++) cn += b->is[m][a], o += a >= N_X && b->is[m][a];
    if (cn < CN) q->cn[metals_of[m]][cn]++;
    if (o < O_COUNT) q->o[metals_of[m]][o]++;
    for (int i = 0; i < N_A; i++)
      for (int j = i + 1; j < N_A; j++) {
        if (!b->is[m][i] || !b->is[m][j]) continue;
        const double *u = b->d[m][i], *v = b->d[m][j];
        double cross[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
        double dot = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
        double angle = atan2(sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]), dot);
        q->angle[metals_of[m]][vt_pair_index(i < N_X ? CL : O, j < N_X ? CL : O, N_SPECIES)]
                [(int)(angle * 90 / 3.14159265358979324)]++;
      }
  }
  for (int a = 0; a < N_A; a++) {
    int n = 0;
    for (int m = 0; m < N_M; m++) n += b->is[m][a];
    if (n < ANION) q->anion[a < N_X ? CL : O][n]++;
  }
}

/* Fragments as the rows of the transitive closure. */
static void recount_chains(recount *q, const matrix *b)
{
  int reach[N_M][N_M] = {{0}}, links = 0, fragments = 0, largest = 0;
  for (int m = 0; m < N_M; m++) {
    int degree = 0;
    for (int k = 0; k < N_M; k++) {
      int shared = 0;
      for (int a = 0; a < N_A; a++) shared += b->is[m][a] && b->is[k][a];
      reach[m][k] = m == k || shared > 0;
      if (m == k || shared == 0) continue;
      degree++;
      if (m < k) q->sharing[shared < 3 ? shared - 1 : 2]++, links++;
    }
    if (degree < DEGREES) q->degree[degree]++;
  }
  for (int via = 0; via < N_M; via++)
    for (int m = 0; m < N_M; m++)
      for (int k = 0; k < N_M; k++) reach[m][k] |= reach[m][via] && reach[via][k];
  for (int m = 0; m < N_M; m++) {
    int size = 0, is_first = 1;
    for (int k = 0; k < N_M; k++) size += reach[m][k], is_first = is_first && !(k < m && reach[m][k]);
    q->metals[size - 1]++;
    for (int a = N_X; a < N_A; a++) q->o_of[size - 1] += b->is[m][a];
    if (!is_first) continue;
    q->fragments[size - 1]++, fragments++;
    q->squares += size * size;
    if (size > largest) largest = size;
  }
  q->n_fragments += fragments, q->largest += largest, q->cycles += links - N_M + fragments;
}

static void expect_over(const double *got, int n, const double *count, double over)
{
  for (int k = 0; k < n; k++) near(got[k], count[k] / over, 1e-12);
}

static void compare_polyhedra(const bench *b, const recount *q)
{
  const int pairs = N_SPECIES * (N_SPECIES + 1) / 2;
  const double *angle = array(b, "polyhedra/angle", NULL);
  for (int s = AL; s <= GA; s++) {
    double atoms = FRAMES * (double)b->plan.comp.count[s];
    expect_over(array(b, "polyhedra/cn", NULL) + s * CN, CN, q->cn[s], atoms);
    expect_over(array(b, "polyhedra/o_count", NULL) + s * O_COUNT, O_COUNT, q->o[s], atoms);
    for (int i = CL; i <= O; i++)
      for (int j = i; j <= O; j++) {
        int pair = vt_pair_index(i, j, N_SPECIES);
        double sum = 0;
        for (int k = 0; k < ANGLES; k++) sum += q->angle[s][pair][k];
        for (int k = 0; k < ANGLES && sum == 0; k++) assert_true(isnan(angle[(s * pairs + pair) * ANGLES + k]));
        if (sum > 0) expect_over(angle + (s * pairs + pair) * ANGLES, ANGLES, q->angle[s][pair], 2 * sum);
      }
  }
  for (int s = CL; s <= O; s++)
    expect_over(array(b, "polyhedra/anion", NULL) + s * ANION, ANION, q->anion[s],
                FRAMES * (double)b->plan.comp.count[s]);
  expect_over(array(b, "polyhedra/sharing", NULL), 3, q->sharing, FRAMES);
}

static void compare_chains(const bench *b, const recount *q)
{
  expect_over(array(b, "chains/fragments", NULL), SIZES, q->fragments, FRAMES);
  expect_over(array(b, "chains/degree", NULL), DEGREES, q->degree, FRAMES * N_M);
  near(*array(b, "chains/mean_size", NULL), FRAMES * N_M / q->n_fragments, 1e-12);
  near(*array(b, "chains/weight_size", NULL), q->squares / (FRAMES * N_M), 1e-12);
  near(*array(b, "chains/largest", NULL), q->largest / FRAMES, 1e-12);
  near(*array(b, "chains/cycles", NULL), q->cycles / FRAMES, 1e-12);
  near(*array(b, "chains/frames", NULL), FRAMES, 0);
  for (int k = 0; k < SIZES; k++)
    if (q->metals[k] > 0)
      near(array(b, "chains/o_by_size", NULL)[k], q->o_of[k] / q->metals[k], 1e-12);
    else
      assert_true(isnan(array(b, "chains/o_by_size", NULL)[k]));
}

/* Bonds of metals to Cl and to O end at these distances; no others are asked for. */
static vt_cutoffs cutoffs_of(double to_cl_a, double to_o_a)
{
  vt_cutoffs cut;
  vt_cutoffs_default(&mixed, &cut);
  for (int m = AL; m <= GA; m++) {
    cut.r[m][CL] = cut.r[CL][m] = to_cl_a;
    cut.r[m][O] = cut.r[O][m] = to_o_a;
  }
  return cut;
}

static void random_cells_agree_with_a_recount_over_all_images(void **state)
{
  (void)state;
  const double reach_cl[] = {3.2, 4.6, 6.2}, reach_o[] = {2.9, 3.9, 5.5}; /* dilute, connected, beyond the last bins */
  for (int k = 0; k < 3; k++) {
    static recount q;
    static matrix m;
    int type[N];
    double x[N][3];
    bench b = {.plan = plan_of(1, 1, 10, 1), .cutoffs = cutoffs_of(reach_cl[k], reach_o[k])};
    b.plan.comp = mixed;
    ask(&b.plan, "polyhedra", 0.001);
    ask(&b.plan, "chains", 0.001);
    bench_open(&b);
    q = (recount){0};
    for (int t = 0; t < FRAMES; t++) {
      scatter_atoms((uint64_t)t + 1, type, x);
      vt_frame fr = frame_of(&b.plan, type, x, x, t);
      fr.cell = skewed;
      bench_sample(&b, &fr);
      fill_matrix(&m, (const double(*)[3])x, reach_cl[k], reach_o[k]);
      recount_polyhedra(&q, &m);
      recount_chains(&q, &m);
    }
    bench_finish(&b);
    compare_polyhedra(&b, &q);
    compare_chains(&b, &q);
    bench_close(&b);
    double within = 0;
    for (int n = 0; n < CN; n++) within += q.cn[AL][n];
    assert_true(k != 0 || (q.n_fragments > 100 && q.cycles > 10)); /* what the three regimes are there for */
    assert_true(k != 1 || (q.sharing[0] > 50 && q.sharing[1] > 50 && q.sharing[2] > 50));
    assert_true(k != 2 || within < FRAMES * mixed.count[AL] - 50);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_cells_agree_with_a_recount_over_all_images)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
