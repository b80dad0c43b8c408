/* test_json.c - JSON is written as it is documented, read back the same, and never by half when memory runs out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/json/json.h"
#include "tests/vt_test.h"

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

static long mallocs_left = -1; /* -1: as many as wanted */

void *__wrap_malloc(size_t n)
{
  if (mallocs_left == 0) return NULL;
  if (mallocs_left > 0) mallocs_left--;
  return __real_malloc(n);
}

static vt_json *document(void)
{
  vt_json *o = vt_json_object(), *list = vt_json_array();
  vt_json_put(o, "text", vt_json_text("a\"b"));
  vt_json_put(o, "list", list);
  vt_json_add(list, vt_json_int(-3)); /* filled after it was put */
  vt_json_add(list, vt_json_num(0.1));
  vt_json_add(list, vt_json_num(INFINITY));
  vt_json_add(list, vt_json_bool(1));
  vt_json_put(o, "interval", vt_json_interval(1, (double)NAN));
  vt_json_est(o, "D", 2.5, 0.5);
  vt_json_est(o, "sigma", (double)NAN, 0.5);
  vt_json_warn(o, "%d of %s", 2, "three");
  return o;
}

#define DOCUMENT                                                                                                     \
  "{\"text\":\"a\\\"b\",\"list\":[-3,0.10000000000000001,null,true],\"interval\":[1.0,null],\"D\":2.5,\"D_se\":0.5," \
  "\"sigma\":null,\"sigma_se\":null,\"warnings\":[\"2 of three\"]}"

static void a_line_has_no_blanks_and_17_digits(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf out = {0};
  vt_json *o = document();
  assert_int_equal(vt_json_dump(o, VT_JSON_LINE, &out, &err), VT_OK);
  assert_string_equal(out.s, DOCUMENT);
  vt_buf_free(&out);
  vt_json_free(o);
}

static void an_indent_puts_one_member_on_a_line(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf out = {0};
  vt_json *o = vt_json_object();
  vt_json_put(o, "a", vt_json_nums((const double[]){1, 2}, 2));
  vt_json_put(o, "b", vt_json_lines("one\ntwo"));
  vt_json_put(o, "c", vt_json_lines("\n"));
  vt_json_put(o, "d", vt_json_lines(NULL));
  assert_int_equal(vt_json_dump(o, 1, &out, &err), VT_OK);
  assert_string_equal(
      out.s,
      "{\n \"a\": [\n  1.0,\n  2.0\n ],\n \"b\": [\n  \"one\",\n  \"two\"\n ],\n \"c\": [\n  \"\"\n ],\n \"d\": []\n}");
  vt_buf_free(&out);
  vt_json_free(o);
}

static void what_was_written_is_read_back(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_json *o;
  assert_int_equal(vt_json_parse(DOCUMENT, strlen(DOCUMENT), &o, &err), VT_OK);
  assert_true(vt_json_is_object(o));
  assert_string_equal(vt_json_get_text(o, "text", ""), "a\"b");
  assert_true(vt_json_get_num(o, "D", 0) == 2.5);
  assert_int_equal(vt_json_size(vt_json_get(o, "list")), 4);
  assert_int_equal(vt_json_size(vt_json_get(o, "text")), 0);
  assert_non_null(vt_json_at(vt_json_get(o, "list"), 3));
  assert_null(vt_json_at(vt_json_get(o, "list"), 4));
  /* not there, or of another type */
  assert_string_equal(vt_json_get_text(o, "D", "none"), "none");
  assert_true(isnan(vt_json_get_num(o, "sigma", (double)NAN)));
  assert_int_equal(vt_json_get_int(o, "D", 7), 7);
  assert_null(vt_json_get(vt_json_get(o, "nothing"), "below"));
  vt_json_free(o);
}

static void a_number_comes_back_bit_by_bit(void **state)
{
  (void)state;
  const double x[] = {0.1, 1.0 / 3, 2.2250738585072014e-308, 1.7976931348623157e308, -5e-324, 123456789012345678.0};
  for (int k = 0; k < (int)(sizeof x / sizeof *x); k++) {
    vt_err err = {0};
    vt_buf out = {0};
    vt_json *o = vt_json_object(), *back;
    vt_json_put(o, "x", vt_json_num(x[k]));
    assert_int_equal(vt_json_dump(o, VT_JSON_LINE, &out, &err), VT_OK);
    assert_int_equal(vt_json_parse(out.s, out.len, &back, &err), VT_OK);
    assert_true(vt_json_get_num(back, "x", 0) == x[k]);
    vt_buf_free(&out);
    vt_json_free(o);
    vt_json_free(back);
  }
}

static void bytes_that_are_no_utf8_become_question_marks(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf out = {0};
  vt_json *a = vt_json_array();
  vt_json_add(a, vt_json_text("\xc3\xa9 ok"));
  vt_json_add(a, vt_json_text("\xff bad \xc3\xa9"));
  vt_json_add(a, vt_json_text(NULL));
  vt_json_add(a, vt_json_textn("abcdef", 3));
  vt_json_warn(a, "%s", "last");
  assert_int_equal(vt_json_dump(a, VT_JSON_LINE, &out, &err), VT_OK);
  assert_string_equal(out.s, "[\"\xc3\xa9 ok\",\"? bad ??\",null,\"abc\",\"last\"]");
  vt_buf_free(&out);
  vt_json_free(a);
}

static void a_mistake_is_named_with_its_place(void **state)
{
  (void)state;
  static const char *const bad[] = {"{\n \"a\": 1,\n \"b\": oops}", "{\"a\": 1,\n\n \"a\": 2}"};
  for (int k = 0; k < 2; k++) {
    vt_err err = {0};
    vt_json *o;
    assert_int_equal(vt_json_parse(bad[k], strlen(bad[k]), &o, &err), VT_EPARSE);
    assert_null(o);
    assert_non_null(strstr(err.text, "line 3, column "));
  }
}

static void a_shared_value_outlives_its_first_owner(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf out = {0};
  vt_json *o = document(), *keep = vt_json_share(vt_json_get(o, "warnings"));
  vt_json_free(o);
  assert_int_equal(vt_json_dump(keep, VT_JSON_LINE, &out, &err), VT_OK);
  assert_string_equal(out.s, "[\"2 of three\"]");
  vt_buf_free(&out);
  vt_json_free(keep);
}

/* Wherever memory runs out, the answer is the whole document or VT_ENOMEM; and the next document is whole again. */
static void out_of_memory_never_writes_half(void **state)
{
  (void)state;
  int n_failed = 0, whole = 0;
  for (long left = 0; !whole; left++) {
    vt_err err = {0};
    vt_buf out = {0};
    mallocs_left = left;
    vt_json *o = document();
    mallocs_left = -1; /* memory is there again before the writing: what is lost must be remembered */
    vt_status rc = vt_json_dump(o, VT_JSON_LINE, &out, &err);
    if (rc == VT_OK) {
      assert_string_equal(out.s, DOCUMENT);
      whole = 1;
    } else {
      assert_int_equal(rc, VT_ENOMEM);
      n_failed++;
    }
    vt_buf_free(&out);
    vt_json_free(o);
  }
  assert_true(n_failed > 20);
  a_line_has_no_blanks_and_17_digits(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_line_has_no_blanks_and_17_digits),
                                     cmocka_unit_test(an_indent_puts_one_member_on_a_line),
                                     cmocka_unit_test(what_was_written_is_read_back),
                                     cmocka_unit_test(a_number_comes_back_bit_by_bit),
                                     cmocka_unit_test(bytes_that_are_no_utf8_become_question_marks),
                                     cmocka_unit_test(a_mistake_is_named_with_its_place),
                                     cmocka_unit_test(a_shared_value_outlives_its_first_owner),
                                     cmocka_unit_test(out_of_memory_never_writes_half)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
