/* Bytes out of a file in a message: text stays, what is no text or steers a terminal becomes '?'. */
#include <string.h>

#include "engine/base/base.h"
#include "tests/vt_test.h"

static void bytes_that_are_no_text_are_shown_as_question_marks(void **state)
{
  (void)state;
  /* well-formed and ill-formed sequences as in table 3-7 of the Unicode standard */
  static const struct {
    const char *in, *out;
  } all[] = {
      {"plain", "plain"},
      {"\xC3\x85 \xE2\x82\xAC \xF0\x9F\x98\x80", "\xC3\x85 \xE2\x82\xAC \xF0\x9F\x98\x80"},
      {"a\tb", "a\tb"},
      {"\x1B[2J\x07\x7F", "?[2J??"},
      {"\xA0", "?"},
      {"\xC3", "?"},
      {"\xC3(", "?("},
      {"\xC0\xAF", "??"},           /* '/' in two bytes */
      {"\xE0\x9F\xBF", "???"},      /* too long */
      {"\xED\xA0\x80", "???"},      /* half of a surrogate pair */
      {"\xF4\x90\x80\x80", "????"}, /* behind the last character */
      {"\xF0\x8F\xBF\xBF", "????"},
      {"\xE2\x82", "??"}, /* cut */
      {"\xFF\xFE", "??"},
      {"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
       "\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
  };
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    vt_err err = {0};
    char want[128];
    (void)vt_err_user(&err, VT_EPARSE, "a.xyz", 3, 1, "'%s' is no number", all[k].in);
    (void)snprintf(want, sizeof want, "a.xyz:3:1: '%s' is no number\n", all[k].out);
    assert_string_equal(err.text, want);
  }
}

static void a_character_that_does_not_fit_leaves_no_half_of_it(void **state)
{
  (void)state;
  vt_err err = {0};
  char filler[sizeof err.text];
  for (size_t n = sizeof err.text - 16; n < sizeof err.text; n++) {
    memset(filler, 'x', n - 1);
    filler[n - 1] = '\0';
    (void)vt_err_user(&err, VT_EPARSE, "a", 0, 0, "%s\xF0\x9F\x98\x80", filler);
    const char *half = strchr(err.text, '\xF0');
    if (half) assert_memory_equal(half, "\xF0\x9F\x98\x80", 4);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_that_are_no_text_are_shown_as_question_marks),
      cmocka_unit_test(a_character_that_does_not_fit_leaves_no_half_of_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
