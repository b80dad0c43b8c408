/* md: a stage that is saved at a block boundary and loaded elsewhere continues to the bit, or says why it cannot. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/integrator_model.h"
#include "tests/support/liquid.h"
#include "tests/vt_test.h"

enum { STEPS = 300, BLOCK = 50 }; /* liquid_stage */
static const double hot = 900;

static void assert_same_state(const vt_md *a, const vt_md *b)
{
  const size_t size = (size_t)a->n * sizeof *a->x;
  assert_int_equal(a->step, b->step);
  assert_memory_equal(a->x, b->x, size);
  assert_memory_equal(a->v, b->v, size);
  assert_memory_equal(a->dx, b->dx, size);
  assert_memory_equal(a->f, b->f, size);
  assert_memory_equal(&a->cell, &b->cell, sizeof a->cell);
  assert_memory_equal(&a->exchanged, &b->exchanged, sizeof a->exchanged);
  assert_memory_equal(&a->conserved, &b->conserved, sizeof a->conserved);
  assert_memory_equal(&a->pressure, &b->pressure, sizeof a->pressure);
  assert_memory_equal(&a->volume0, &b->volume0, sizeof a->volume0);
}

/* Saved at every boundary, loaded into a phase space that has seen other things, run to the end. */
static void check_ensemble(const char *kind, int ensemble)
{
  static unsigned char bytes[STEPS / BLOCK + 1][1 << 16];
  liquid l, other;
  vt_err err = {0};
  const vt_md_stage st = liquid_stage(ensemble, hot, 2, STEPS);
  liquid_open(&l, kind, VT_DOUBLE, 1, hot, 3);
  const size_t n = vt_md_state_size(l.md.n);
  assert_true(n <= sizeof bytes[0]);
  VT_TEST_OK(vt_md_begin(&l.md, &st, 2, &err), &err);
  for (int k = 0; k <= STEPS / BLOCK; k++) {
    vt_md_save(&l.md, bytes[k]);
    if (k < STEPS / BLOCK) VT_TEST_OK(vt_md_run(&l.md, BLOCK, &err), &err);
  }
  for (int k = 0; k <= STEPS / BLOCK; k++) {
    liquid_open(&other, kind, VT_DOUBLE, 1, hot, 3);
    vt_md_stage before = liquid_stage(VT_NPT, hot, 1, 20 + k);
    liquid_hold(&other.md, &before, 1);
    VT_TEST_OK(vt_md_load(&other.md, &st, 2, bytes[k], n, &err), &err);
    assert_int_equal(other.md.step, k * BLOCK);
    VT_TEST_OK(vt_md_run(&other.md, STEPS, &err), &err);
    assert_same_state(&l.md, &other.md);
    liquid_close(&other);
  }
  liquid_close(&l);
}

static void a_stage_continues_from_every_boundary_in_every_ensemble(void **state)
{
  (void)state;
  for (int e = VT_NVE; e <= VT_LANGEVIN; e++) check_ensemble("lj", e);
  check_ensemble("nep", VT_NPT);
}

/* ------------------------------------------------------------------ followed pairs */

/* Four chlorine atoms at rest, two pairs of them within reach of a molecule. */
static void open_pairs(vt_md *md, vt_pot *pot)
{
  static const double x[4][3] = {{5, 5, 5}, {5, 5, 7}, {12, 12, 12}, {12, 14.05, 12}};
  static const int type[4] = {0};
  const vt_cell cell = vt_cell_cubic(20);
  const vt_composition c = {.name = "Cl", .n_species = 1, .z = {17}, .count = {4}, .n_atoms = 4};
  vt_err err = {0};
  *pot = model_still(NULL);
  VT_TEST_OK(vt_md_open(md, &c, &cell, type, x, pot, 1, 1, &err), &err);
}

/* 1 ps in steps of 2 fs from the first look at step 25 on; looks every 25 steps. */
static void a_pair_that_was_followed_trips_at_the_same_step(void **state)
{
  (void)state;
  enum { AT = 525, N_BYTES = 4096 };
  vt_md_stage st = {.name = "still", .dt = vt_unit_time_from_fs(2), .n_steps = 1000, .block_steps = 50, .tau_t = 1};
  st.guard.molecules = 1;
  for (int cut = 0; cut < AT; cut += st.block_steps) {
    unsigned char bytes[N_BYTES];
    vt_md md;
    vt_pot pot;
    vt_err err = {0};
    open_pairs(&md, &pot);
    const size_t n = vt_md_state_size(md.n);
    assert_true(n <= N_BYTES);
    VT_TEST_OK(vt_md_begin(&md, &st, 0, &err), &err);
    VT_TEST_OK(vt_md_run(&md, cut, &err), &err);
    vt_md_save(&md, bytes);
    vt_md_close(&md);
    open_pairs(&md, &pot);
    VT_TEST_OK(vt_md_load(&md, &st, 0, bytes, n, &err), &err);
    assert_int_equal(vt_md_run(&md, 1000, &err), VT_EDIVERGE);
    assert_int_equal(md.step, AT);
    assert_non_null(strstr(err.text, "Cl 0 and Cl 1 have been within"));
    assert_non_null(strstr(err.text, "for 1 ps"));
    vt_md_close(&md);
  }
}

/* The whole list of followed pairs comes back as it was, whatever it was when the guard fails. */
static void a_state_that_was_loaded_is_saved_as_the_same_bytes(void **state)
{
  (void)state;
  unsigned char bytes[4096], again[4096];
  vt_md md;
  vt_pot pot;
  vt_err err = {0};
  vt_md_stage st = {.name = "still", .dt = vt_unit_time_from_fs(2), .n_steps = 1000, .block_steps = 50, .tau_t = 1};
  st.guard.molecules = 1;
  open_pairs(&md, &pot);
  const size_t n = vt_md_state_size(md.n);
  VT_TEST_OK(vt_md_begin(&md, &st, 0, &err), &err);
  VT_TEST_OK(vt_md_run(&md, 300, &err), &err);
  memset(bytes, 0x5a, sizeof bytes);
  memset(again, 0xa5, sizeof again);
  vt_md_save(&md, bytes);
  vt_md_close(&md);
  open_pairs(&md, &pot);
  VT_TEST_OK(vt_md_load(&md, &st, 0, bytes, n, &err), &err);
  vt_md_save(&md, again);
  assert_memory_equal(bytes, again, n);
  assert_true(bytes[n] == 0x5a && again[n] == 0xa5); /* not a byte more */
  vt_md_close(&md);
}

/* ------------------------------------------------------------------ what is refused */

typedef struct saved {
  liquid l;
  vt_md_stage st;
  unsigned char bytes[1 << 14];
  size_t n;
} saved;

static void save_one(saved *s)
{
  vt_err err = {0};
  liquid_open(&s->l, "lj", VT_DOUBLE, 1, hot, 3);
  s->st = liquid_stage(VT_NPT, hot, 2, STEPS);
  s->n = vt_md_state_size(s->l.md.n);
  assert_true(s->n <= sizeof s->bytes);
  VT_TEST_OK(vt_md_begin(&s->l.md, &s->st, 2, &err), &err);
  VT_TEST_OK(vt_md_run(&s->l.md, 2 * BLOCK, &err), &err);
  vt_md_save(&s->l.md, s->bytes);
}

static void state_refused(saved *s, uint32_t stage_index, size_t n, const char *text)
{
  vt_err err = {0};
  vt_status rc = vt_md_load(&s->l.md, &s->st, stage_index, s->bytes, n, &err);
  if (rc != VT_ECORRUPT || !strstr(err.text, text)) fail_msg("no '%s' in: %d %s", text, (int)rc, err.text);
}

static void a_state_of_another_shape_is_refused(void **state)
{
  (void)state;
  static saved s;
  save_one(&s);
  state_refused(&s, 2, s.n - 1, "bytes, expected");
  state_refused(&s, 3, s.n, "in stage 2, expected 21 in 3");
  s.st.n_steps = 2 * BLOCK - 1;
  state_refused(&s, 2, s.n, "state of step 100 in a stage of 99 steps");
  s.st.n_steps = STEPS, s.st.block_steps = 49;
  state_refused(&s, 2, s.n, "in blocks of 49");
  liquid_close(&s.l);
}

/* A changed number is a state that no machine continues: either it is nonsense, or what follows from it has other bits
 * than were saved.  By 2e-4 of itself, which a sum of 63 squares does not round away.  dx, volume0, the barostat's
 * stiffness and the clocks of pairs feed nothing at once; the checksum of a file guards them. */
static void a_changed_number_is_noticed(void **state)
{
  (void)state;
  static saved s;
  save_one(&s);
  const size_t head = 256, vector = 21 * 24; /* state_head of state.c; x, v, dx */
  assert_int_equal(s.n, head + 3 * vector + 8 + 21 * 24);
  for (size_t at = 0; at < head + 2 * vector; at += 8) {
    double x;
    memcpy(&x, s.bytes + at, sizeof x);
    if (at == 96 || at == 112 || x == 0) continue; /* volume0; stiffness; a rectangular cell */
    vt_err err = {0};
    s.bytes[at + 5] ^= 1;
    if (vt_md_load(&s.l.md, &s.st, 2, s.bytes, s.n, &err) == VT_OK) fail_msg("number at %zu", at);
    s.bytes[at + 5] ^= 1;
  }
  const double nan = NAN;
  memcpy(s.bytes + head + 2 * vector, &nan, sizeof nan);
  state_refused(&s, 2, s.n, "not finite");
  liquid_close(&s.l);
}

static void pairs_of_atoms_that_do_not_exist_are_refused(void **state)
{
  (void)state;
  static saved s;
  save_one(&s);
  unsigned char *pairs = s.bytes + s.n - (8 + 21 * 24), *first = pairs + 8;
  int64_t n = 22;
  memcpy(pairs, &n, sizeof n);
  state_refused(&s, 2, s.n, "22 pairs are followed, at most 21 can be");
  n = -1;
  memcpy(pairs, &n, sizeof n);
  state_refused(&s, 2, s.n, "-1 pairs");
  n = 1;
  memcpy(pairs, &n, sizeof n);
  const int32_t bad[][2] = {{0, 21}, {-1, 3}, {4, 4}, {5, 4}};
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    memcpy(first, bad[k], sizeof bad[k]);
    state_refused(&s, 2, s.n, "followed pair 0 of atoms");
  }
  liquid_close(&s.l);
}

static void another_potential_computes_other_bits(void **state)
{
  (void)state;
  static saved s;
  liquid born;
  vt_err err = {0};
  save_one(&s);
  liquid_open(&born, "born", VT_DOUBLE, 1, hot, 3);
  assert_int_equal(vt_md_load(&born.md, &s.st, 2, s.bytes, s.n, &err), VT_ECORRUPT);
  assert_non_null(strstr(err.text, "this machine computes other bits"));
  liquid_close(&born);
  liquid_close(&s.l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_stage_continues_from_every_boundary_in_every_ensemble),
                                     cmocka_unit_test(a_pair_that_was_followed_trips_at_the_same_step),
                                     cmocka_unit_test(a_state_that_was_loaded_is_saved_as_the_same_bytes),
                                     cmocka_unit_test(a_state_of_another_shape_is_refused),
                                     cmocka_unit_test(a_changed_number_is_noticed),
                                     cmocka_unit_test(pairs_of_atoms_that_do_not_exist_are_refused),
                                     cmocka_unit_test(another_potential_computes_other_bits)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
