/* Frames of a production: those of an interrupted task are those of an undisturbed one, bit by bit, and say where the
 * atoms were. */
#include <math.h>
#include <string.h>

#include "tests/support/files.h"
#include "tests/unit/engine/replica/checkpointer_fixture.h"
#include "tests/vt_test.h"

static const task_case born = {"born", VT_DOUBLE, VT_NVT, VT_NPT, VT_NVT, 800};

/* What was handed over, and how often it is refused first. */
typedef struct taken {
  int64_t n;
  vt_uid sum; /* of the sums of all frames */
  double largest_off;
  int refuse;
  const struct seen *seen;
} taken;

/* Where the atoms were: positions at step 0 plus displacements, as the hook saw them. */
enum { MOST = 64, ATOMS = 21 };
typedef struct seen {
  int n;
  int64_t step[MOST];
  double x0[ATOMS][3], x[MOST][ATOMS][3];
} seen;

static vt_status see(void *ctx, const vt_frame *fr, vt_err *err)
{
  seen *s = ctx;
  (void)err;
  if (fr->step % 50 != 0) return VT_OK;
  if (fr->step == 0) memcpy(s->x0, fr->x, sizeof s->x0);
  s->step[s->n] = fr->step;
  for (int i = 0; i < ATOMS; i++)
    for (int b = 0; b < 3; b++) s->x[s->n][i][b] = s->x0[i][b] + fr->dx[i][b];
  s->n++;
  return VT_OK;
}

static vt_status take(void *ctx, vt_kept_frames *f, vt_err *err)
{
  taken *t = ctx;
  vt_uid sums[MOST];
  if (t->refuse-- > 0) VT_FAIL(err, VT_EIO, "no room for the file");
  t->n = vt_kept_frames_count(f);
  for (int64_t k = 0; k < t->n; k++) {
    vt_kept_frame fr;
    VT_PASS(vt_kept_frames_read(f, k, &fr, err));
    vt_sha256(fr.x, (size_t)fr.n_atoms * 3 * sizeof *fr.x, &sums[k]);
    sums[k].b[0] ^= (uint8_t)fr.step;
    for (int i = 0; t->seen && i < 3 * fr.n_atoms; i++) {
      assert_int_equal(fr.step, t->seen->step[k]);
      t->largest_off = fmax(t->largest_off, fabs((double)fr.x[i] - t->seen->x[k][i / 3][i % 3]));
    }
  }
  vt_sha256(sums, (size_t)t->n * sizeof *sums, &t->sum);
  return VT_OK;
}

static vt_recording recording_of(taken *t)
{
  return (vt_recording){.every_ps = 0.1, .velocities = 1, .ctx = t, .done = take};
}

static void frames_say_where_the_atoms_were_and_change_no_bit(void **state)
{
  (void)state;
  const vt_plan g = task_glass_plan(&born), p = task_md_plan(&born);
  vt_result glass = task_run(&g, NULL, NULL), plain = task_run(&p, &glass, NULL);
  seen s = {.n = 0};
  taken t = {.seen = &s};
  vt_recording ask = recording_of(&t);
  const vt_replica_hooks hooks = {.ctx = &s, .frame = see, .recording = &ask};
  vt_result r = task_run(&p, &glass, &hooks);
  assert_true(task_same(&r, &plain));
  assert_int_equal(t.n, 11);                    /* 1 ps, every 0.1 ps, both ends */
  assert_true(t.largest_off <= 0x1p-14 + 1e-6); /* half a step of the grid; 1e-6: single precision within 16 A */
  assert_true(t.largest_off > 0x1p-17);         /* and it is rounded */
  assert_int_equal(r.n_last, 9 + 6 * ATOMS);
  assert_true(glass.n_last == 0 && !glass.last);
  vt_result_free(&r);
  vt_result_free(&plain);
  vt_result_free(&glass);
}

static void an_interrupted_task_gives_the_same_frames(void **state)
{
  (void)state;
  const vt_plan g = task_glass_plan(&born), p = task_md_plan(&born);
  vt_result glass = task_run(&g, NULL, NULL);
  taken whole = {.n = 0}, pieces = {.refuse = 1};
  vt_recording ask = recording_of(&whole), in_pieces = recording_of(&pieces);
  const vt_replica_hooks hooks = {.recording = &ask};
  vt_result a = task_run(&p, &glass, &hooks), b;
  interrupted k;
  vt_err err = {0};
  interrupted_open(&k);
  k.hooks.recording = &in_pieces;
  k.stops = 1;
  k.stop_after = 0.75; /* in the production: every start does a block */
  VT_TEST_REFUSED(task_try(&p, &glass, &k.hooks, &err), VT_ESTOP, &err, "enough");
  k.stops = 0; /* to the end, where there is no room for the file; the last checkpoint stays */
  VT_TEST_REFUSED(task_try(&p, &glass, &k.hooks, &err), VT_EIO, &err, "no room for the file");
  interrupted_forget(&k);
  b = task_run(&p, &glass, &k.hooks);
  assert_int_equal(k.resumed, 1);
  assert_true(task_same(&a, &b));
  assert_int_equal(pieces.n, whole.n);
  assert_true(vt_uid_equal(&pieces.sum, &whole.sum));
  assert_memory_equal(a.last, b.last, a.n_last * sizeof *a.last);
  vt_kept_frames_remove(k.path);
  interrupted_close(&k);
  vt_result_free(&a);
  vt_result_free(&b);
  vt_result_free(&glass);
}

static void frames_asked_for_in_the_middle_begin_the_production_again(void **state)
{
  (void)state;
  const vt_plan g = task_glass_plan(&born), p = task_md_plan(&born);
  vt_result glass = task_run(&g, NULL, NULL);
  taken whole = {.n = 0}, late = {.n = 0};
  vt_recording ask = recording_of(&whole), asked_late = recording_of(&late);
  const vt_replica_hooks hooks = {.recording = &ask};
  vt_result a = task_run(&p, &glass, &hooks);
  interrupted k;
  vt_err err = {0};
  interrupted_open(&k);
  k.stops = 1;
  k.stop_after = 0.9;
  VT_TEST_REFUSED(task_try(&p, &glass, &k.hooks, &err), VT_ESTOP, &err, "enough");
  interrupted_forget(&k);
  k.stops = 0;
  k.hooks.recording = &asked_late;
  vt_result b = task_run(&p, &glass, &k.hooks);
  assert_int_equal(k.resumed, 1); /* the equilibration is not done again */
  assert_int_equal(k.from.step, 0);
  assert_non_null(strstr(k.why, "the production begins again"));
  assert_true(task_same(&a, &b) && vt_uid_equal(&late.sum, &whole.sum));
  vt_kept_frames_remove(k.path);
  interrupted_close(&k);
  vt_result_free(&a);
  vt_result_free(&b);
  vt_result_free(&glass);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frames_say_where_the_atoms_were_and_change_no_bit),
      cmocka_unit_test(an_interrupted_task_gives_the_same_frames),
      cmocka_unit_test(frames_asked_for_in_the_middle_begin_the_production_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
