/* Bytes that people gave: the same whether they are compressed or not, and whole. */
#include <string.h>
#include <unistd.h>

#include "engine/base/base.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

/* clang-format off */
/* `text` by Python's gzip (no name, time 0) and lzma (CRC64). */
static const unsigned char gz[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xcb, 0xc9, 0x52, 0x30, 0x54, 0x30, 0x52, 0x30,
    0xe6, 0x52, 0x56, 0x28, 0x29, 0xcf, 0x57, 0xc8, 0xc9, 0xcc, 0x4b, 0x2d, 0xe6, 0x02, 0x00, 0x5b, 0xa9, 0x21,
    0x34, 0x15, 0x00, 0x00, 0x00};
static const unsigned char xz[] = {
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01, 0x16, 0x00,
    0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x14, 0x6c, 0x6a, 0x20, 0x31, 0x20, 0x32, 0x20, 0x33, 0x0a,
    0x23, 0x20, 0x74, 0x77, 0x6f, 0x20, 0x6c, 0x69, 0x6e, 0x65, 0x73, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x9d, 0x8c,
    0x66, 0xf0, 0x34, 0xe8, 0x53, 0x45, 0x00, 0x01, 0x2d, 0x15, 0x2f, 0x0b, 0x71, 0x6d, 0x1f, 0xb6, 0xf3, 0x7d,
    0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a};
/* clang-format on */
static const char text[] = "lj 1 2 3\n# two lines\n";

/* Status and message of reading bytes as a whole text. */
static vt_status read_bytes(const void *bytes, size_t n, size_t most, char **out, size_t *got, vt_err *err)
{
  char path[VT_TEST_PATH];
  vt_test_file(path, "");
  vt_test_write(path, bytes, n);
  memset(err, 0, sizeof *err);
  const vt_status rc = vt_text_read(path, most, out, got, err);
  (void)unlink(path);
  return rc;
}

static void is_text(const void *bytes, size_t n, const char *want)
{
  vt_err err;
  char *got;
  size_t len;
  VT_TEST_OK(read_bytes(bytes, n, 1000, &got, &len, &err), &err);
  assert_int_equal(len, strlen(want));
  assert_string_equal(got, want);
  vt_free(got);
}

static void refused(const void *bytes, size_t n, size_t most, const char *says)
{
  vt_err err;
  char *got;
  size_t len;
  if (read_bytes(bytes, n, most, &got, &len, &err) != VT_EPARSE) fail_msg("accepted, expected '%s'", says);
  if (!strstr(err.text, says)) fail_msg("got '%s'\nexpected '%s'", err.text, says);
  assert_null(got);
}

static void gzip_and_xz_read_as_what_was_compressed(void **state)
{
  (void)state;
  is_text(text, strlen(text), text);
  is_text(gz, sizeof gz, text);
  is_text(xz, sizeof xz, text);
}

/* `cat a.gz b.gz`, and what pads an archive. */
static void members_follow_each_other(void **state)
{
  (void)state;
  unsigned char two[2 * sizeof gz + 512] = {0}, four[2 * sizeof xz];
  memcpy(two, gz, sizeof gz);
  memcpy(two + sizeof gz, gz, sizeof gz);
  memcpy(four, xz, sizeof xz);
  memcpy(four + sizeof xz, xz, sizeof xz);
  is_text(two, 2 * sizeof gz, "lj 1 2 3\n# two lines\nlj 1 2 3\n# two lines\n");
  is_text(two, sizeof two, "lj 1 2 3\n# two lines\nlj 1 2 3\n# two lines\n");
  is_text(four, sizeof four, "lj 1 2 3\n# two lines\nlj 1 2 3\n# two lines\n");
  two[2 * sizeof gz + 1] = 'x';
  refused(two, sizeof two, 1000, "the gzip data are damaged: something follows their end");
}

/* Shorter than its mark a file is text, without an end. */
static void what_is_cut_anywhere_is_refused_by_name(void **state)
{
  (void)state;
  for (size_t n = 2; n < sizeof gz; n++) refused(gz, n, 1000, "the gzip data end in the middle: the file was cut");
  for (size_t n = 6; n < sizeof xz; n++) refused(xz, n, 1000, "the xz data end in the middle: the file was cut");
  for (size_t n = 1; n < 6; n++) refused(xz, n, 1000, "the last line has no end");
}

/* Checksums see it, but for the header of gzip, whose time and system nobody checks. */
static void a_byte_that_was_changed_is_noticed(void **state)
{
  (void)state;
  vt_err err;
  char *got;
  size_t len;
  for (int kind = 0; kind < 2; kind++)
    for (size_t i = kind ? 6 : 10; i < (kind ? sizeof xz : sizeof gz); i++) {
      unsigned char bad[sizeof xz + sizeof gz];
      memcpy(bad, kind ? xz : gz, kind ? sizeof xz : sizeof gz);
      bad[i] ^= 0x55;
      const vt_status rc = read_bytes(bad, kind ? sizeof xz : sizeof gz, 1000, &got, &len, &err);
      if (rc != VT_EPARSE) fail_msg("%s, byte %zu: status %d", kind ? "xz" : "gzip", i, (int)rc);
    }
}

static void limits_count_what_comes_out(void **state)
{
  (void)state;
  vt_err err;
  char *got;
  size_t len;
  VT_TEST_OK(read_bytes(gz, sizeof gz, strlen(text), &got, &len, &err), &err);
  vt_free(got);
  refused(gz, sizeof gz, strlen(text) - 1, "has, expanded, more than the 20 bytes that are allowed here");
  refused(text, strlen(text), strlen(text) - 1, "has more than the 20 bytes that are allowed here");
}

static void other_compressions_and_encodings_are_named(void **state)
{
  (void)state;
  refused("\x28\xB5\x2F\xFD\n", 5, 100, "compressed by zstd: expected text, plain or by gzip or xz");
  refused("BZh91AY\n", 8, 100, "compressed by bzip2");
  refused("PK\x03\x04\n", 5, 100, "compressed by zip");
  refused("\xFF\xFEl\0j\0\n\0", 8, 100, ":1:1: text in UTF-16, expected ASCII or UTF-8");
}

static void a_last_line_without_end_is_named_with_its_number(void **state)
{
  (void)state;
  refused("one\ntwo", 7, 100, ":2: the last line has no end: the file may be cut");
  refused("1", 1, 100, ":1: the last line has no end");
  is_text("one\n  \t", 7, "one\n  \t"); /* nothing stands there that could be cut */
  is_text("", 0, "");
}

static void a_mark_of_utf8_is_found(void **state)
{
  (void)state;
  assert_int_equal(vt_text_mark("\xEF\xBB\xBFlj", 5), 3);
  assert_int_equal(vt_text_mark("\xEF\xBB", 2), 0);
  assert_int_equal(vt_text_mark("lj", 2), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gzip_and_xz_read_as_what_was_compressed),
      cmocka_unit_test(members_follow_each_other),
      cmocka_unit_test(what_is_cut_anywhere_is_refused_by_name),
      cmocka_unit_test(a_byte_that_was_changed_is_noticed),
      cmocka_unit_test(limits_count_what_comes_out),
      cmocka_unit_test(other_compressions_and_encodings_are_named),
      cmocka_unit_test(a_last_line_without_end_is_named_with_its_number),
      cmocka_unit_test(a_mark_of_utf8_is_found),
  };
  return cmocka_run_group_tests_name("input", tests, NULL, NULL);
}
