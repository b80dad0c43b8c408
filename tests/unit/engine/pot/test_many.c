/* pot: many cells at once give what each gives alone, to the bit, for teams of any size and kinds that share and that
 * do not; the reference is vt_pot_compute, cell by cell, with a potential of its own.  What cannot be computed is
 * named. */
#include <stdio.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "tests/support/compositions.h"
#include "tests/vt_test.h"

enum { CELLS = 9, ATOMS_MOST = 21 * 20 };

typedef struct cell {
  int n, type[ATOMS_MOST];
  vt_cell box;
  double x[ATOMS_MOST][3], f[ATOMS_MOST][3], f_alone[ATOMS_MOST][3], e_atom[ATOMS_MOST], e_alone[ATOMS_MOST];
  vt_nlist nl;
  vt_force_out out;
} cell;
static cell cells[CELLS];

static void open_pot(vt_pot *pot, const char *kind, int precision)
{
  static const char *const species[] = {"Li", "Al", "O", "Cl"};
  vt_err err = {0};
  vt_pot_args a = {.path = VT_TEST_SOURCE "/campaigns/potentials/oxyhalide7-v1.nep.txt",
                   .n_species = 4,
                   .species = species,
                   .numerics = {.simd = vt_simd_best(), .precision = precision}};
  VT_TEST_OK(vt_pot_open(pot, kind, &a, &err), &err);
}

/* Packings of 21 to 420 atoms. */
static void make_cells(double cutoff)
{
  vt_err err = {0};
  for (int k = 0; k < CELLS; k++) {
    const vt_composition c = vt_test_oxychloride(1 + k * 19 / (CELLS - 1));
    cells[k] = (cell){.n = c.n_atoms};
    VT_TEST_OK(vt_pack(&c, 0.9, (uint64_t)k + 1, &cells[k].box, cells[k].type, cells[k].x, &err), &err);
    VT_TEST_OK(vt_nlist_open(&cells[k].nl, c.n_atoms, cells[k].type, cutoff, 0.5, &err), &err);
    VT_TEST_OK(vt_nlist_update(&cells[k].nl, &cells[k].box, (const double(*)[3])cells[k].x, 1, &err), &err);
    cells[k].out = (vt_force_out){.f = cells[k].f, .e_atom = cells[k].e_atom};
  }
}

static void check(const char *kind, int precision, int size)
{
  const vt_nlist *nl[CELLS];
  vt_force_out *out[CELLS];
  vt_pot pot, other;
  vt_pot_info info;
  vt_team *team = NULL;
  vt_err err = {0};
  int failed;
  open_pot(&pot, kind, precision);
  open_pot(&other, kind, precision);
  vt_pot_describe(&pot, &info);
  make_cells(info.cutoff);
  VT_TEST_OK(vt_team_open(&team, &err), &err);
  (void)vt_team_resize(team, size, NULL);
  for (int k = 0; k < CELLS; k++) nl[k] = &cells[k].nl, out[k] = &cells[k].out;
  for (int round = 0; round < 3; round++) {
    VT_TEST_OK(vt_pot_compute_many(&pot, CELLS, nl, out, size ? team : NULL, &failed, &err), &err);
    assert_int_equal(failed, -1);
  }
  for (int k = 0; k < CELLS; k++) {
    cell *c = &cells[k];
    vt_force_out alone = {.f = c->f_alone, .e_atom = c->e_alone};
    VT_TEST_OK(vt_pot_compute(&other, &c->nl, &alone, &err), &err);
    assert_memory_equal(&c->out.energy, &alone.energy, sizeof alone.energy);
    assert_memory_equal(c->out.virial, alone.virial, sizeof alone.virial);
    assert_memory_equal(c->f, c->f_alone, (size_t)c->n * sizeof *c->f);
    assert_memory_equal(c->e_atom, c->e_alone, (size_t)c->n * sizeof *c->e_atom);
    vt_nlist_close(&c->nl);
  }
  vt_team_close(team);
  vt_pot_close(&pot);
  vt_pot_close(&other);
}

static void many_cells_have_the_bits_of_each_alone(void **state)
{
  (void)state;
  static const int sizes[] = {0, 1, 2, 5};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    check("nep", VT_DOUBLE, sizes[s]);
    check("nep", VT_MIXED, sizes[s]);
  }
  check("nep-reference", VT_DOUBLE, 3);
}

/* The sixth cell has two atoms on one spot. */
static void the_cell_that_fails_is_named(void **state)
{
  (void)state;
  static const char *const kinds[] = {"nep", "nep-reference"};
  for (int q = 0; q < 2; q++) {
    const vt_nlist *nl[CELLS];
    vt_force_out *out[CELLS];
    vt_pot pot;
    vt_pot_info info;
    vt_team *team = NULL;
    vt_err err = {0};
    int failed;
    open_pot(&pot, kinds[q], VT_DOUBLE);
    vt_pot_describe(&pot, &info);
    make_cells(info.cutoff);
    cell *bad = &cells[5];
    memcpy(bad->x[7], bad->x[3], sizeof bad->x[3]);
    VT_TEST_OK(vt_nlist_update(&bad->nl, &bad->box, (const double(*)[3])bad->x, 1, &err), &err);
    VT_TEST_OK(vt_team_open(&team, &err), &err);
    (void)vt_team_resize(team, 3, NULL);
    for (int k = 0; k < CELLS; k++) nl[k] = &cells[k].nl, out[k] = &cells[k].out;
    VT_TEST_REFUSED(vt_pot_compute_many(&pot, CELLS, nl, out, team, &failed, &err), VT_EDIVERGE, &err, "atom");
    assert_int_equal(failed, 5);
    for (int k = 0; k < 5; k++) assert_true(cells[k].out.energy < 0);
    for (int k = 0; k < CELLS; k++) vt_nlist_close(&cells[k].nl);
    vt_team_close(team);
    vt_pot_close(&pot);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(many_cells_have_the_bits_of_each_alone),
                                     cmocka_unit_test(the_cell_that_fails_is_named)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
