/* A packing that was settled as ions: every anion has found a cation before any potential sees it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/md/md.h"
#include "tests/support/compositions.h"
#include "tests/vt_test.h"

enum { MOST = 200 };

static const char *const symbol[] = {"Na", "Nb", "O", "Cl"};
static const int count[] = {1, 1, 1, 4};

typedef struct packing {
  vt_composition c;
  vt_cell cell;
  int type[MOST];
  double x[MOST][3];
} packing;

static void pack(packing *p, uint64_t key)
{
  vt_err err = {0};
  memset(p, 0, sizeof *p);
  p->c = vt_test_composition("NaNbOCl4", 4, symbol, count, 24);
  VT_TEST_OK(vt_pack(&p->c, 0.9, key, &p->cell, p->type, p->x, &err), &err);
}

static double distance(const packing *p, int i, int j)
{
  const double edge = p->cell.h[0][0];
  double r2 = 0;
  for (int b = 0; b < 3; b++) {
    double d = p->x[j][b] - p->x[i][b];
    d -= edge * round(d / edge);
    r2 += d * d;
  }
  return sqrt(r2);
}

/* Anions with no cation, alkali or network, within 1.3 of the length of their bond. */
static int free_anions(const packing *p)
{
  int n = 0;
  for (int i = 0; i < p->c.n_atoms; i++) {
    int bonded = 0;
    if (p->c.charge[p->type[i]] >= 0) continue;
    for (int j = 0; j < p->c.n_atoms; j++)
      if (p->c.charge[p->type[j]] > 0)
        bonded |= distance(p, i, j) < 1.3 * vt_comp_bond_length(&p->c, p->type[i], p->type[j]);
    n += !bonded;
  }
  return n;
}

/* Pairs of anions so near that a potential with molecules may bond them: within 1.1 of the length of a molecule, at
 * which guards speak of one. */
static int near_anions(const packing *p)
{
  int n = 0;
  for (int i = 0; i < p->c.n_atoms; i++)
    for (int j = 0; j < i; j++) {
      const double molecule = vt_comp_molecule_length(&p->c, p->type[i], p->type[j]);
      n += p->c.charge[p->type[i]] < 0 && p->c.charge[p->type[j]] < 0 && distance(p, i, j) < 1.1 * molecule;
    }
  return n;
}

static vt_status settle(packing *p, vt_md_asked asked, void *ctx, vt_err *err)
{
  return vt_md_settle_ions(&p->c, &p->cell, p->type, vt_simd_best(), asked, ctx, p->x, err);
}

static void every_anion_has_a_cation_afterwards_and_no_other_anion(void **state)
{
  (void)state;
  static packing p;
  int before = 0;
  for (uint64_t key = 1; key <= 6; key++) {
    vt_err err = {0};
    pack(&p, key);
    before += free_anions(&p);
    VT_TEST_OK(settle(&p, NULL, NULL, &err), &err);
    assert_int_equal(free_anions(&p), 0);
    assert_int_equal(near_anions(&p), 0);
  }
  assert_true(before > 0); /* else there was nothing to mend */
}

static void the_same_packing_settles_to_the_same_bits(void **state)
{
  (void)state;
  static packing p, q;
  vt_err err = {0};
  pack(&p, 3);
  pack(&q, 3);
  VT_TEST_OK(settle(&p, NULL, NULL, &err), &err);
  VT_TEST_OK(settle(&q, NULL, NULL, &err), &err);
  assert_memory_equal(p.x, q.x, sizeof p.x);
  pack(&q, 3);
  assert_memory_not_equal(p.x, q.x, sizeof p.x);
}

static void what_are_no_ions_stays_as_it_is(void **state)
{
  (void)state;
  static packing p, q;
  vt_err err = {0};
  for (int k = 0; k < 2; k++) {
    pack(&p, 1);
    for (int s = 0; s < p.c.n_species; s++) p.c.charge[s] = k == 0 ? abs(p.c.charge[s]) : p.c.charge[s] * (s > 0);
    q = p;
    VT_TEST_OK(settle(&p, NULL, NULL, &err), &err);
    assert_memory_equal(p.x, q.x, sizeof p.x);
  }
}

static vt_status stop_at_third(void *ctx, vt_err *err)
{
  if (++*(int *)ctx == 3) VT_FAIL(err, VT_ESTOP, "stop requested");
  return VT_OK;
}

static void whoever_asks_can_end_it_and_nothing_has_changed(void **state)
{
  (void)state;
  static packing p, q;
  vt_err err = {0};
  int asked = 0;
  pack(&p, 2);
  q = p;
  VT_TEST_REFUSED(settle(&p, stop_at_third, &asked, &err), VT_ESTOP, &err, "stop requested");
  assert_int_equal(asked, 3);
  assert_memory_equal(p.x, q.x, sizeof p.x);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_anion_has_a_cation_afterwards_and_no_other_anion),
      cmocka_unit_test(the_same_packing_settles_to_the_same_bits),
      cmocka_unit_test(what_are_no_ions_stays_as_it_is),
      cmocka_unit_test(whoever_asks_can_end_it_and_nothing_has_changed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
