#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/sys/sys.h"
#include "tests/support/allocations.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

#define LATTICE "Lattice=\"10 0 0 0 10 0 0 0 10\""

static vt_status read_one(const char *text, vt_structure *s, int *got, vt_err *err)
{
  vt_xyz *x = NULL;
  vt_status rc = vt_xyz_open_text(&x, "f.xyz", text, strlen(text), err);
  if (rc == VT_OK) rc = vt_xyz_next(x, s, got, err);
  vt_xyz_close(x);
  return rc;
}

/* The message must begin with place and text as given. */
static void xyz_refused(const char *text, const char *message)
{
  vt_structure s;
  vt_err err = {0};
  int got;
  if (read_one(text, &s, &got, &err) != VT_EPARSE) fail_msg("accepted: %s", text);
  if (strncmp(err.text, message, strlen(message)) != 0) fail_msg("got '%s'\nexpected '%s'", err.text, message);
  assert_int_equal(got, 0);
  assert_null(s.x);
}

static void columns_may_come_in_any_order(void **state)
{
  (void)state;
  vt_structure s;
  vt_err err = {0};
  int got;
  const char *text =
      "2\n" LATTICE " Properties=forces:R:3:pos:R:3:tag:I:1:species:S:1:vel:R:3 energy=-12.5 pbc=\"T T T\"\n"
      "9 9 9 1 2 3 77 Li 0.1 0.2 0.3\n"
      "9 9 9 -4 5e0 .5\t78  Cl -1e-3 0 +2\n";
  VT_TEST_OK(read_one(text, &s, &got, &err), &err);
  assert_int_equal(got, 1);
  assert_int_equal(s.n, 2);
  assert_string_equal(s.symbol[0], "Li");
  assert_string_equal(s.symbol[1], "Cl");
  const double x[2][3] = {{1, 2, 3}, {-4, 5, 0.5}}, v[2][3] = {{0.1, 0.2, 0.3}, {-1e-3, 0, 2}};
  assert_memory_equal(s.x, x, sizeof x);
  assert_memory_equal(s.v, v, sizeof v);
  assert_true(s.energy == -12.5);
  assert_true(s.cell.h[2][2] == 10 && s.cell.h[2][1] == 0);
  vt_structure_free(&s);
  vt_structure_free(&s);
}

static void a_plain_file_with_windows_line_ends_is_read(void **state)
{
  (void)state;
  vt_structure s;
  vt_err err = {0};
  int got;
  VT_TEST_OK(read_one("\r\n 1 \r\nlattice='1 2 3 0 4 5 0 0 6' note=\"a \\\" b\"\r\nO 1 2 3 extra\r\n", &s, &got, &err),
             &err);
  assert_int_equal(s.n, 1);
  assert_true(s.cell.h[0][2] == 3 && s.cell.h[1][1] == 4 && s.cell.h[2][2] == 6);
  assert_true(isnan(s.energy));
  assert_null(s.v);
  vt_structure_free(&s);
}

static void frames_follow_each_other_to_the_end(void **state)
{
  (void)state;
  vt_xyz *x;
  vt_structure s;
  vt_err err = {0};
  int got;
  const char *text = "1\n" LATTICE " a=1\nO 1 2 3\n\n2\n" LATTICE " b=2\nO 1 2 3\nLi 4 5 6\n\n  \n";
  VT_TEST_OK(vt_xyz_open_text(&x, "f.xyz", text, strlen(text), &err), &err);
  VT_TEST_OK(vt_xyz_next(x, &s, &got, &err), &err);
  assert_int_equal(s.n, 1);
  assert_string_equal(s.comment, LATTICE " a=1");
  vt_structure_free(&s);
  VT_TEST_OK(vt_xyz_next(x, &s, &got, &err), &err);
  assert_int_equal(s.n, 2);
  vt_structure_free(&s);
  VT_TEST_OK(vt_xyz_next(x, &s, &got, &err), &err);
  assert_int_equal(got, 0);
  vt_xyz_close(x);
}

static void counts_are_checked(void **state)
{
  (void)state;
  xyz_refused("two\n", "f.xyz:1:1: 'two', expected the number of atoms of a frame");
  xyz_refused("\n\n 3 x\n", "f.xyz:3:4: 'x' after the number of atoms");
  xyz_refused("0\n", "f.xyz:1:1: 0 atoms, expected 1..10000000");
  xyz_refused("-1\n", "f.xyz:1:1: -1 atoms");
  xyz_refused("10000001\n", "f.xyz:1:1: 10000001 atoms");
  xyz_refused("99999999999999999999\n", "f.xyz:1:1: '99999999999999999999', expected the number");
  xyz_refused("3\n", "f.xyz:1: the file ends after the number of atoms");
  xyz_refused("3\n" LATTICE "\nO 1 2 3\n", "f.xyz:3: the file ends after 1 of 3 atoms");
}

static void the_comment_line_is_checked(void **state)
{
  (void)state;
  xyz_refused("1\nhello\nO 1 2 3\n", "f.xyz:2:1: no Lattice=");
  xyz_refused("1\nLattice=\"1 0 0 0 1 0 0 0\"\n", "f.xyz:2:10: Lattice has 8 numbers, expected 9");
  xyz_refused("1\nLattice=\"1 0 0 0 1 0 0 0 1 1\"\n", "f.xyz:2:28: '1' after the 9 numbers");
  xyz_refused("1\nLattice=\"1 0 0 0 one 0 0 0 1\"\n", "f.xyz:2:18: 'one' in Lattice, expected a number");
  xyz_refused("1\nLattice=\"1 0 0 0 nan 0 0 0 1\"\n", "f.xyz:2:18: 'nan' in Lattice");
  xyz_refused("1\nLattice=\"1 0 0 0 1e300 0 0 0 1\"\n", "f.xyz:2:18: '1e300' in Lattice, expected at most 1e+06 A");
  xyz_refused("1\nLattice=\"1 0 0 2 0 0 0 0 1\"\n", "f.xyz:2:10: the Lattice vectors span no volume");
  xyz_refused("1\nLattice=\"1 0 0 0 1 0 0 0 1\n", "f.xyz:2:10: a quote is opened here and not closed");
  xyz_refused("1\n" LATTICE " " LATTICE "\n", "f.xyz:2:41: a second Lattice");
  xyz_refused("1\n" LATTICE " Properties=pos:R:3\n", "f.xyz:2:43: Properties without species:S:1");
  xyz_refused("1\n" LATTICE " Properties=species:S:1\n", "f.xyz:2:43: Properties without pos:R:3");
  xyz_refused("1\n" LATTICE " Properties=species:S:1:pos:R\n", "f.xyz:2:55: Properties ends after 'pos'");
  xyz_refused("1\n" LATTICE " Properties=species:Q:1:pos:R:3\n", "f.xyz:2:51: property type 'Q'");
  xyz_refused("1\n" LATTICE " Properties=species:S:1:pos:R:2\n", "f.xyz:2:55: property pos:R:2, expected pos:R:3");
  xyz_refused("1\n" LATTICE " Properties=species:S:1:pos:R:900\n", "f.xyz:2:61: '900' columns, expected 1..256 in all");
  xyz_refused("1\n" LATTICE " Properties=species:S:1:pos:R:3:pos:R:3\n", "f.xyz:2:63: a second property 'pos'");
  xyz_refused("1\n" LATTICE " pbc=\"T T F\"\n", "f.xyz:2:41: pbc 'F': only cells periodic in all three directions");
}

static void atom_lines_are_checked(void **state)
{
  (void)state;
  xyz_refused("1\n" LATTICE "\nO 1 2\n", "f.xyz:3:6: 3 columns, expected 4 for an atom");
  xyz_refused("1\n" LATTICE "\nO 1 2 x3\n", "f.xyz:3:7: 'x3' in column 4, expected a finite number");
  xyz_refused("1\n" LATTICE "\nO 1 nan 3\n", "f.xyz:3:5: 'nan' in column 3, expected a finite number");
  xyz_refused("1\n" LATTICE "\nO 1 1e999 3\n", "f.xyz:3:5: '1e999' in column 3");
  xyz_refused("1\n" LATTICE "\nO 1 1e300 3\n", "f.xyz:3:5: position '1e300' in column 3, expected at most 1e+06 A");
  xyz_refused("1\n" LATTICE "\nO 1 2 -1000001\n", "f.xyz:3:7: position '-1000001' in column 4");
  xyz_refused("1\n" LATTICE "\nQq 1 2 3\n", "f.xyz:3:1: 'Qq' is not an element symbol");
  xyz_refused("1\n" LATTICE "\nLithium 1 2 3\n", "f.xyz:3:1: 'Lithium' is not an element symbol");
  xyz_refused("1\n" LATTICE " Properties=species:S:1:pos:R:3\nO 1 2 3 4\n", "f.xyz:3:9: '4' after the 4 columns");
}

static void binary_bytes_and_endless_lines_are_refused(void **state)
{
  (void)state;
  static const char nul[] = "1\n" LATTICE "\nO 1\0 2 3\n";
  vt_xyz *x;
  vt_structure s;
  vt_err err = {0};
  int got;
  VT_TEST_OK(vt_xyz_open_text(&x, "f.xyz", nul, sizeof nul - 1, &err), &err);
  assert_int_equal(vt_xyz_next(x, &s, &got, &err), VT_EPARSE);
  assert_non_null(strstr(err.text, "f.xyz:3:4: NUL byte"));
  vt_xyz_close(x);
  size_t n = 300000;
  char *text = malloc(n + 1);
  memset(text, '7', n);
  text[n] = '\0';
  xyz_refused(text, "f.xyz:1:65536: line longer than 65536 bytes");
  free(text);
}

/* The claimed count may not be what memory is taken for: the positions of 10^7 atoms would be 240 MB. */
static void memory_follows_the_lines_not_the_count(void **state)
{
  (void)state;
  (void)vt_test_largest_block();
  xyz_refused("10000000\n" LATTICE "\nO 1 2 3\n", "f.xyz:3: the file ends after 1 of 10000000 atoms");
  const size_t largest = vt_test_largest_block();
  assert_in_range(largest, 1, 10000);
}

static void what_was_written_is_read_back_to_the_bit(void **state)
{
  (void)state;
  enum { N = 1000 };
  static double x[N][3], v[N][3];
  static int type[N];
  const char *const symbol[] = {"Li", "Ta", "O"};
  vt_cell cell = {.h = {{1.0 / 3, 0.1, 1e-7}, {-2.0 / 7, 22.2, 0}, {1e5, -0.3, 9}}};
  vt_buf b = {0};
  vt_structure s;
  vt_err err = {0};
  vt_xyz *r;
  int got;
  for (int i = 0; i < N; i++) {
    type[i] = i % 3;
    for (int k = 0; k < 3; k++) {
      double g[2];
      vt_rng_normal2(3, VT_STREAM_TEST, 2, 0, (uint32_t)(3 * i + k), g);
      x[i][k] = 100 * g[0];
      v[i][k] = 1e-5 * g[1];
    }
  }
  vt_xyz_format(&b, N, &cell, type, symbol, (const double(*)[3])x, (const double(*)[3])v, "step=5");
  VT_TEST_OK(vt_buf_check(&b, &err), &err);
  char path[VT_TEST_PATH]; /* through a file: also the block reader is checked */
  vt_buf three = {0};
  for (int copy = 0; copy < 3; copy++) vt_buf_add(&three, b.s, b.len);
  VT_TEST_OK(vt_buf_check(&three, &err), &err);
  vt_test_file(path, "");
  vt_test_write(path, three.s, three.len);
  vt_buf_free(&three);
  VT_TEST_OK(vt_xyz_open(&r, path, &err), &err);
  for (int copy = 0; copy < 3; copy++) {
    VT_TEST_OK(vt_xyz_next(r, &s, &got, &err), &err);
    assert_int_equal(s.n, N);
    assert_memory_equal(s.x, x, sizeof x);
    assert_memory_equal(s.v, v, sizeof v);
    assert_memory_equal(&s.cell, &cell, sizeof cell);
    for (int i = 0; i < N; i++) assert_string_equal(s.symbol[i], symbol[type[i]]);
    assert_non_null(strstr(s.comment, "Lattice="));
    vt_structure_free(&s);
  }
  VT_TEST_OK(vt_xyz_next(r, &s, &got, &err), &err);
  assert_int_equal(got, 0);
  vt_xyz_close(r);
  unlink(path);
  vt_buf_free(&b);
}

static void a_missing_file_is_named(void **state)
{
  (void)state;
  vt_xyz *x;
  vt_err err = {0};
  assert_int_equal(vt_xyz_open(&x, "/nowhere/a.xyz", &err), VT_EIO);
  assert_non_null(strstr(err.text, "/nowhere/a.xyz: cannot be opened: No such file"));
  assert_null(x);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_may_come_in_any_order),
      cmocka_unit_test(a_plain_file_with_windows_line_ends_is_read),
      cmocka_unit_test(frames_follow_each_other_to_the_end),
      cmocka_unit_test(counts_are_checked),
      cmocka_unit_test(the_comment_line_is_checked),
      cmocka_unit_test(atom_lines_are_checked),
      cmocka_unit_test(binary_bytes_and_endless_lines_are_refused),
      cmocka_unit_test(memory_follows_the_lines_not_the_count),
      cmocka_unit_test(what_was_written_is_read_back_to_the_bit),
      cmocka_unit_test(a_missing_file_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
