/* What two trainings differ in: each key once, with both values, whichever of the two has it. */
#include <string.h>

#include "runner/training/training_impl.h"
#include "tests/vt_test.h"

static int differ(const char *old, const char *now, const char *expected)
{
  vt_buf b = {0};
  const int n = vt__record_differences(old, strlen(old), now, strlen(now), &b);
  assert_string_equal(b.s ? b.s : "", expected);
  vt_buf_free(&b);
  return n;
}

static void equal_records_differ_in_nothing(void **state)
{
  (void)state;
  const char *text = "elements: [Li]\nstart: none\n";
  assert_int_equal(differ(text, text, ""), 0);
  assert_int_equal(differ("", "", ""), 0);
}

static void every_key_that_differs_is_told_with_both_values(void **state)
{
  (void)state;
  const char *old = "loss.force: 0.1 eV/A\nstart: 'a: b', sha256 1\nbatch: 8\n";
  const char *now = "loss.force: 0.2 eV/A\nstart: 'a: c', sha256 1\nbatch: 8\n";
  assert_int_equal(differ(old, now,
                          "  loss.force: 0.1 eV/A, here 0.2 eV/A\n"
                          "  start: 'a: b', sha256 1, here 'a: c', sha256 1\n"),
                   2);
}

static void what_one_of_them_lacks_is_told(void **state)
{
  (void)state;
  assert_int_equal(differ("a: 1\nb: 2\n", "a: 1\nab: 3\n", "  b: 2, here none\n  ab: none, here 3\n"), 2);
}

/* The text is from a file: a last line without an end, a line that is none of ours. */
static void a_damaged_record_is_read_to_its_end(void **state)
{
  (void)state;
  assert_int_equal(differ("a: 1\njunk\nb: 2", "a: 1\nb: 23\n", "  b: 2, here 23\n"), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(equal_records_differ_in_nothing),
                                     cmocka_unit_test(every_key_that_differs_is_told_with_both_values),
                                     cmocka_unit_test(what_one_of_them_lacks_is_told),
                                     cmocka_unit_test(a_damaged_record_is_read_to_its_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
