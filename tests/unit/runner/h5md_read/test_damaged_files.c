/* Frames of every format: what runner/trajectory writes is read back to the bit, and files that were cut at any byte,
 * or have any bit changed, are refused by name or give frames of finite numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/h5md_read/h5md_read.h"
#include "runner/trajectory/trajectory.h"
#include "tests/support/compositions.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { N_FRAMES = 3 };

static const vt_format *const more[] = {&vt_h5md_format, NULL};
static const vt_frames_options with_h5md = {.more = more};

static const char
    xyz[] = "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3 time_ps=0\nLi 1 1 1\nCl 4 4 4\n"
            "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3 time_ps=1\nLi 1 1 2\nCl 4 4 5\n",
    xdatcar[] = "title\n1.0\n9 0 0\n0 9 0\n0 0 9\nLi Cl\n1 1\nDirect configuration= 1\n 0.1 0.1 0.1\n"
                " 0.4 0.4 0.4\nDirect configuration= 2\n 0.1 0.1 0.2\n 0.4 0.4 0.5\n",
    poscar[] = "title\n1.0\n9 0 0\n0 9 0\n0 0 9\nLi Cl\n1 1\nDirect\n 0.1 0.1 0.1\n 0.4 0.4 0.4\n",
    dump[] = "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS xy xz yz pp pp pp\n0 9 0\n0 9 0\n"
             "0 9 0\nITEM: ATOMS id element x y z ix iy iz\n1 Li 1 1 1 0 0 0\n2 Cl 4 4 4 0 0 1\n"
             "ITEM: TIMESTEP\n50\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\n"
             "ITEM: ATOMS id element xs ys zs\n2 Cl 0.4 0.4 0.4\n1 Li 0.1 0.1 0.1\n",
    data[] = "title\n\n2 atoms\n2 atom types\n0 9 xlo xhi\n0 9 ylo yhi\n0 9 zlo zhi\n\nMasses\n\n1 6.94\n2 35.45\n\n"
             "Atoms # charge\n\n1 1 1 1 1 1\n2 2 -1 4 4 4\n";

/* ------------------------------------------------------------------ H5MD, as we write it */

static float x_of(int t, int i) { return 0.37F * (float)i + 0.001F * (float)t; }
static float v_of(int t, int i) { return 0.25F * (float)((i * 7 + t) % 11) - 1; }

/* Bytes of a trajectory of 21 atoms; vt_free. */
static char *made(size_t *n)
{
  static vt_plan plan;
  vt_err err = {0};
  vt_h5md *h;
  char *bytes;
  plan = (vt_plan){.kind = VT_TASK_MD, .comp = vt_test_oxychloride(1), .t_k = 500};
  const vt_h5md_ask ask = {.plan = &plan, .potential = "p.txt", .n_frames = N_FRAMES, .velocities = 1};
  VT_TEST_OK(vt_h5md_create(&h, &ask, &err), &err);
  for (int t = 0; t < N_FRAMES; t++) {
    const double cell[3][3] = {{9 + t, 0, 0}, {1, 9, 0}, {0, -1, 9}};
    float x[3 * VT_MAX_SPECIES * 8], v[3 * VT_MAX_SPECIES * 8];
    for (int i = 0; i < 3 * plan.comp.n_atoms; i++) x[i] = x_of(t, i), v[i] = v_of(t, i);
    VT_TEST_OK(vt_h5md_add(h, 50 * t, 0.1 * t, cell, x, v, &err), &err);
  }
  VT_TEST_OK(vt_h5md_bytes(h, &bytes, n, &err), &err);
  vt_h5md_close(h);
  return bytes;
}

static void what_is_written_is_read_to_the_bit(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_err err = {0};
  vt_frames *f;
  vt_structure s;
  size_t n;
  int got;
  char *bytes = made(&n);
  vt_test_folder(folder, "h5md");
  const char *const path[] = {vt_test_inside(folder, "a.h5")};
  vt_test_write(path[0], bytes, n);
  vt_free(bytes);
  VT_TEST_OK(vt_frames_open(&f, path, 1, &with_h5md, &err), &err);
  for (int t = 0; t < N_FRAMES; t++) {
    VT_TEST_OK(vt_frames_next(f, &s, &got, &err), &err);
    assert_true(got && s.n == 21 && s.step.value == 50 * t && s.time.value == 0.1 * t);
    assert_true(s.cell.h[0][0] == 9 + t && s.cell.h[1][0] == 1 && s.cell.h[2][1] == -1);
    assert_string_equal(s.symbol[0], "Li");
    assert_string_equal(s.symbol[20], "Cl");
    assert_non_null(s.v);
    const double *x = s.x[0], *v = s.v[0];
    for (int i = 0; i < 3 * s.n; i++) { /* A/ps there, A/fs here */
      assert_true(x[i] == (double)x_of(t, i));
      assert_true(v[i] == (double)v_of(t, i) * 1e-3);
    }
    vt_structure_free(&s);
  }
  VT_TEST_OK(vt_frames_next(f, &s, &got, &err), &err);
  assert_false(got);
  vt_frames_close(f);
  vt_test_folder_remove(folder);
}

/* ------------------------------------------------------------------ damage */

/* 1: read to its end.  Else it is refused with its name. */
static int reads(const char *path)
{
  vt_err err = {0};
  vt_frames *f = NULL;
  vt_structure s = {0};
  int got = 1;
  vt_status rc = vt_frames_open(&f, &path, 1, &with_h5md, &err);
  while (rc == VT_OK && got) {
    rc = vt_frames_next(f, &s, &got, &err);
    const double *x = rc == VT_OK && got ? s.x[0] : NULL;
    for (int i = 0; x && i < 3 * s.n; i++)
      if (!isfinite(x[i])) fail_msg("a coordinate that is no number");
    vt_structure_free(&s);
  }
  vt_frames_close(f);
  if (rc == VT_OK) return 1;
  if (rc != VT_EPARSE || strncmp(err.text, path, strlen(path)) != 0) fail_msg("status %d: %s", (int)rc, err.text);
  return 0;
}

static int damaged(const char *path, const char *bytes, size_t n, size_t cut, size_t at, int bit)
{
  char *copy = vt_test_array(n + 1, 1);
  memcpy(copy, bytes, n);
  if (bit >= 0) copy[at] = (char)(copy[at] ^ (1 << bit));
  vt_test_write(path, copy, cut);
  free(copy);
  return reads(path);
}

static void texts_with_any_bit_changed_or_cut_anywhere_are_refused_or_read(void **state)
{
  (void)state;
  static const struct {
    const char *name, *text;
    size_t n;
  } all[] = {{"a.xyz", xyz, sizeof xyz - 1},
             {"XDATCAR", xdatcar, sizeof xdatcar - 1},
             {"POSCAR", poscar, sizeof poscar - 1},
             {"a.dump", dump, sizeof dump - 1},
             {"a.data", data, sizeof data - 1}};
  char folder[VT_TEST_PATH];
  vt_test_folder_in_memory(folder, "damaged");
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    const char *path = vt_test_inside(folder, all[k].name);
    int refused = 0;
    if (!damaged(path, all[k].text, all[k].n, all[k].n, 0, -1)) fail_msg("%s is refused", all[k].name);
    for (size_t at = 0; at < all[k].n; at++) {
      refused += !damaged(path, all[k].text, all[k].n, at, 0, -1);
      for (int bit = 0; bit < 8; bit++) refused += !damaged(path, all[k].text, all[k].n, all[k].n, at, bit);
    }
    if (refused < (int)all[k].n) fail_msg("%s: only %d are refused", all[k].name, refused);
  }
  vt_test_folder_remove(folder);
}

/* Where "GCOL" begins: the heap of strings, whose sizes HDF5 believes. */
static size_t heap_of(const char *bytes, size_t n)
{
  for (size_t k = 0; k + 4 <= n; k++)
    if (memcmp(bytes + k, "GCOL", 4) == 0) return k;
  fail_msg("there is no heap of strings");
  return 0;
}

/* Each is a process: few, but where it hurts. */
static void an_h5md_file_cut_anywhere_is_refused_and_with_any_bit_changed_never_crashes(void **state)
{
  (void)state;
  enum { CUTS = 25, FLIPS = 60, HEAP = 64 };
  char folder[VT_TEST_PATH];
  size_t n;
  char *bytes = made(&n);
  const size_t heap = heap_of(bytes, n);
  vt_test_folder_in_memory(folder, "damaged");
  const char *path = vt_test_inside(folder, "a.h5");
  assert_true(damaged(path, bytes, n, n, 0, -1));
  for (size_t k = 1; k < CUTS; k++)
    if (damaged(path, bytes, n, n * k / CUTS, 0, -1)) fail_msg("cut at %zu of %zu it is read", n * k / CUTS, n);
  for (size_t k = 0; k < FLIPS; k++) (void)damaged(path, bytes, n, n, (k * 7919) % n, (int)(k % 8));
  for (size_t k = 0; k < HEAP; k++) (void)damaged(path, bytes, n, n, heap + k, (int)(k % 8));
  vt_free(bytes);
  vt_test_folder_remove(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read_to_the_bit),
      cmocka_unit_test(texts_with_any_bit_changed_or_cut_anywhere_are_refused_or_read),
      cmocka_unit_test(an_h5md_file_cut_anywhere_is_refused_and_with_any_bit_changed_never_crashes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
