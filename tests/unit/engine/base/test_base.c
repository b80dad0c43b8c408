/* base: error chains, memory, text, strict numbers, log. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/vt_test.h"

/* ------------------------------------------------------------------ error chains */

static vt_status innermost(vt_err *err) { VT_FAIL(err, VT_EPARSE, "expected %d values, found %d", 30, 28); }

static vt_status middle(vt_err *err)
{
  VT_TRY(innermost(err), err, "reading potential '%s'", "a.nep");
  return VT_OK;
}

static vt_status owner(vt_err *err)
{
  vt_status rc = VT_OK;
  VT_TRY_OUT(middle(err), err, "task %s", "3fa2c1");
out:
  return rc;
}

static void a_chain_holds_one_line_a_level_innermost_first(void **state)
{
  (void)state;
  vt_err err = {0};
  char want[1012];
  assert_int_equal(owner(&err), VT_EPARSE);
  assert_int_equal(err.code, VT_EPARSE);
  assert_int_equal(err.frames, 3);
  int at[3] = {0}; /* the line numbers are not part of the claim */
  assert_int_equal(sscanf(err.text, "%*[^:]:%d:%*[^\n]\n%*[^:]:%d:%*[^\n]\n%*[^:]:%d:", &at[0], &at[1], &at[2]), 3);
  (void)snprintf(want, sizeof want,
                 "%s:%d: expected 30 values, found 28\n%s:%d: reading potential 'a.nep'\n%s:%d: task 3fa2c1\n",
                 __FILE__, at[0], __FILE__, at[1], __FILE__, at[2]);
  assert_string_equal(err.text, want);
  assert_int_equal(err.used, strlen(err.text));
}

static void the_code_comes_back_without_a_place_for_the_text(void **state)
{
  (void)state;
  assert_int_equal(owner(NULL), VT_EPARSE);
  assert_int_equal(vt_err_user(NULL, VT_EINVAL, "a.yaml", 1, 1, "x"), VT_EINVAL);
  vt_err_clear(NULL);
}

static void a_callee_without_text_lets_the_caller_begin_the_chain(void **state)
{
  (void)state;
  vt_err err = {0};
  (void)vt_err_set(&err, VT_EIO, "old.c", 1, "an older error");
  assert_int_equal(vt_err_wrap(&err, VT_ESTOP, "new.c", 7, "stopping"), VT_ESTOP);
  assert_string_equal(err.text, "new.c:7: stopping\n");
  assert_int_equal(err.frames, 1);
}

static void an_endless_chain_is_cut_and_stays_a_string(void **state)
{
  (void)state;
  struct {
    vt_err err;
    char guard[64];
  } box;
  memset(&box, 0x5a, sizeof box);
  vt_err_clear(&box.err);
  (void)vt_err_set(&box.err, VT_EIO, "a.c", 1, "first %s", "cause");
  for (int i = 0; i < 1000; i++) (void)vt_err_wrap(&box.err, VT_EIO, "a.c", i, "level %d with some text to fill", i);
  assert_int_equal(box.err.frames, 1001);
  assert_int_equal(strnlen(box.err.text, sizeof box.err.text), sizeof box.err.text - 1);
  assert_memory_equal(box.err.text, "a.c:1: first cause\n", 19);
  for (size_t i = 0; i < sizeof box.guard; i++) assert_int_equal(box.guard[i], 0x5a);
}

static void an_error_in_a_users_file_names_place_and_not_our_source(void **state)
{
  (void)state;
  vt_err err;
  assert_int_equal(vt_err_user(&err, VT_EPARSE, "a.yaml", 12, 3, "unknown key '%s'", "glases"), VT_EPARSE);
  assert_string_equal(err.text, "a.yaml:12:3: unknown key 'glases'\n");
  (void)vt_err_user(&err, VT_EPARSE, "a.yaml", 12, 0, "no column");
  assert_string_equal(err.text, "a.yaml:12: no column\n");
  (void)vt_err_user(&err, VT_EPARSE, "a.yaml", 0, 9, "no line");
  assert_string_equal(err.text, "a.yaml: no line\n");
}

static void people_read_sentences_without_our_positions(void **state)
{
  (void)state;
  static const char chain[] = "engine/md/contacts.c:150: Cl 58 and O 81 are too close\n"
                              "runs/engine/a.c.yaml:3:5: a user's file\n"
                              "config/x.c: no position\n\n"
                              "runner/farm/rank.c:7: rank 3\n";
  static const char sentences[] = "Cl 58 and O 81 are too close\nruns/engine/a.c.yaml:3:5: a user's file\n"
                                  "config/x.c: no position\nrank 3\n";
  vt_buf text = {0};
  int n;
  vt_err_for_people(chain, &text);
  assert_string_equal(text.s, sentences);
  vt_buf_free(&text);
  assert_string_equal(vt_err_line(chain).s, "Cl 58 and O 81 are too close; runs/engine/a.c.yaml:3:5: a user's file; "
                                            "config/x.c: no position; rank 3");
  assert_ptr_equal(vt_err_sentence(chain, &n), chain + strlen("engine/md/contacts.c:150: "));
  assert_int_equal(n, strlen("Cl 58 and O 81 are too close"));
  assert_string_equal(vt_err_line("").s, "");
  vt_err_show_positions(1); /* what a store holds does not depend on --debug */
  const vt_err_text stored = vt_err_sentences(chain);
  vt_err_show_positions(0);
  assert_string_equal(stored.s, vt_err_sentences(chain).s);
  assert_null(strstr(stored.s, "engine/md/"));
  assert_non_null(strstr(stored.s, "Cl 58 and O 81 are too close\n"));
}

static void debug_keeps_the_positions(void **state)
{
  (void)state;
  static const char chain[] = "engine/md/md.h:15: one\nrunner/farm/rank.c:7: two\n";
  vt_buf text = {0};
  int n;
  vt_err_show_positions(1);
  vt_err_for_people(chain, &text);
  vt_err_text line = vt_err_line(chain);
  const char *first = vt_err_sentence(chain, &n);
  vt_err_show_positions(0);
  assert_string_equal(text.s, chain);
  assert_string_equal(line.s, "engine/md/md.h:15: one; runner/farm/rank.c:7: two");
  assert_memory_equal(first, "one\n", (size_t)n + 1); /* files for machines do not depend on it */
  vt_buf_free(&text);
}

static void what_vt_fail_writes_is_recognised_as_our_position(void **state)
{
  (void)state;
  vt_err err;
  (void)vt_err_set(&err, VT_EIO, __FILE__, __LINE__, "the disk");
  (void)vt_err_wrap(&err, VT_EIO, __FILE__, __LINE__, "the folder");
  assert_string_equal(vt_err_line(err.text).s, "the disk; the folder");
}

static void a_chain_that_fills_its_text_fits_a_line(void **state)
{
  (void)state;
  char chain[sizeof((vt_err *)NULL)->text];
  memset(chain, '\n', sizeof chain - 1); /* "; " is longer than what it replaces */
  chain[sizeof chain - 1] = '\0';
  for (size_t i = 0; i < sizeof chain - 1; i += 2) chain[i] = 'x';
  vt_err_text line = vt_err_line(chain);
  assert_int_equal(strlen(line.s), sizeof line.s - 1);
  assert_memory_equal(line.s, "x; x; x; ", 9);
}

static void every_status_has_a_text_and_a_disposition(void **state)
{
  (void)state;
  for (int i = 0; i < VT_STATUS_COUNT; i++) {
    assert_true(strlen(vt_status_text((vt_status)i)) > 0);
    assert_int_equal(vt_status_dispo((vt_status)i) == VT_DISPO_NONE, i == VT_OK);
  }
  assert_int_equal(vt_status_dispo(VT_EDIVERGE), VT_DISPO_RETRY);
  assert_int_equal(vt_status_dispo(VT_ETASK), VT_DISPO_TASK);
  assert_int_equal(vt_status_dispo(VT_ESTOP), VT_DISPO_REQUEUE);
  assert_string_equal(vt_status_text((vt_status)999), "unknown status");
  assert_int_equal(vt_status_dispo((vt_status)-1), VT_DISPO_ABORT); /* what is not known must not be retried */
}

/* ------------------------------------------------------------------ memory */

static void memory_is_zero_and_aligned_for_any_size(void **state)
{
  (void)state;
  for (size_t n = 0; n < 300; n += 7) {
    void *p = NULL;
    vt_err err;
    VT_TEST_OK(vt_calloc64(&p, n, 3, &err), &err);
    assert_int_equal((uintptr_t)p % 64, 0);
    for (size_t i = 0; i < 3 * n; i++) assert_int_equal(((char *)p)[i], 0);
    memset(p, 0xff, 3 * n); /* so that a block that is used again is not zero by chance */
    vt_free(p);
  }
  vt_free(NULL);
}

static void typed_room_is_as_large_as_what_it_points_to(void **state)
{
  (void)state;
  vt_err err;
  double(*x)[3] = NULL;
  VT_TEST_OK(VT_NEW(x, 5, &err), &err);
  for (int i = 0; i < 5; i++)
    for (int k = 0; k < 3; k++) assert_true(x[i][k] == 0 && (x[i][k] = 3 * i + k) >= 0);
  VT_TEST_OK(VT_GROW(x, 5, 200, &err), &err);
  assert_int_equal((uintptr_t)x % 64, 0);
  for (int i = 0; i < 200; i++)
    for (int k = 0; k < 3; k++) assert_true(x[i][k] == (i < 5 ? 3 * i + k : 0));
  double(*before)[3] = x;
  assert_int_equal(VT_GROW(x, 5, SIZE_MAX / 8, &err), VT_EINVAL); /* all is as before */
  assert_ptr_equal(x, before);
  assert_true(x[4][2] == 14);
  assert_int_equal(VT_NEW(x, SIZE_MAX / 8, &err), VT_EINVAL);
  assert_null(x);
  vt_free(before);
}

static void a_product_that_overflows_is_refused(void **state)
{
  (void)state;
  vt_err err;
  void *p = &err;
  assert_int_equal(vt_calloc64(&p, SIZE_MAX / 2, 3, &err), VT_EINVAL);
  assert_null(p);
  assert_non_null(strstr(err.text, "overflow"));
  p = &err;
  assert_int_equal(vt_calloc64(&p, SIZE_MAX, 1, &err), VT_EINVAL); /* would overflow when rounded up to 64 */
  assert_null(p);
}

static void more_than_the_machine_has_is_an_error_with_the_size(void **state)
{
  (void)state;
#if defined(__SANITIZE_ADDRESS__)
  skip(); /* ASan ends the program instead of returning NULL */
#endif
  vt_err err;
  void *p = &err;
  assert_int_equal(vt_calloc64(&p, (size_t)1 << 60, 1, &err), VT_ENOMEM);
  assert_null(p);
  assert_non_null(strstr(err.text, "1152921504606846976 bytes"));
}

/* ------------------------------------------------------------------ text */

static void a_buffer_grows_and_stays_a_string(void **state)
{
  (void)state;
  vt_buf b = {0};
  vt_err err;
  for (int i = 0; i < 5000; i++) vt_buf_printf(&b, "%04d", i);
  vt_buf_add(&b, "\0!", 2); /* bytes, not a string */
  VT_TEST_OK(vt_buf_check(&b, &err), &err);
  assert_int_equal(b.len, 20002);
  assert_memory_equal(b.s + 4 * 1234, "1234", 4);
  assert_memory_equal(b.s + 20000, "\0!\0", 3);
  vt_buf_free(&b);
  assert_null(b.s);
  assert_int_equal(b.len, 0);
}

static void a_buffer_takes_a_piece_much_larger_than_itself(void **state)
{
  (void)state;
  static char big[100000];
  vt_buf b = {0};
  vt_err err;
  memset(big, 'b', sizeof big);
  vt_buf_add(&b, "a", 1);
  vt_buf_add(&b, big, sizeof big);
  VT_TEST_OK(vt_buf_check(&b, &err), &err);
  assert_true(b.cap > b.len);
  assert_int_equal(strlen(b.s), 1 + sizeof big);
  assert_memory_equal(b.s + 1, big, sizeof big);
  vt_buf_free(&b);
}

static void a_buffer_remembers_that_it_failed(void **state)
{
  (void)state;
  vt_buf b = {0};
  vt_err err;
  vt_buf_add(&b, "x", SIZE_MAX / 2); /* cannot be had: nothing is read */
  vt_buf_printf(&b, "later");
  assert_int_equal(vt_buf_check(&b, &err), VT_ENOMEM);
  assert_int_equal(b.len, 0);
  vt_buf_free(&b);
}

static int f64(const char *s, double *x) { return vt_parse_f64(s, strlen(s), x); }
static int i64(const char *s, int64_t *x) { return vt_parse_i64(s, strlen(s), x); }

static void a_number_is_read_only_if_every_character_is_used(void **state)
{
  (void)state;
  static const char *const good[] = {"1", "-1.5", "+2.", ".5", "1e12", "1e-400"};
  static const double value[] = {1, -1.5, 2, 0.5, 1e12, 0};
  static const char *const bad[] = {"",      " 1",  "1 ",  "1x",  "nan",    "inf",  "-inf", "infinity", "1e400",
                                    "1,5",   ".",   "--1", "- 1", "1e",     "e5",   "+",    "-",        "\t1",
                                    "1e5e5", "one", "1_0", "0x",  "0x1p-3", "0X10", "1x0"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    double x = -77;
    if (!f64(good[i], &x) || x != value[i]) fail_msg("'%s' read as %g", good[i], x);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    double x = -77;
    if (f64(bad[i], &x)) fail_msg("'%s' accepted as %g", bad[i], x);
    assert_true(x == -77);
  }
  double x = -77;
  assert_true(vt_parse_f64("12345", 3, &x)); /* the length counts, not a NUL */
  assert_true(x == 123);
  assert_false(vt_parse_f64("1\0002", 3, &x));
}

static void an_integer_is_read_only_if_it_fits(void **state)
{
  (void)state;
  static const char *const bad[] = {"",    "1.0", " 1",  "1 ", "9223372036854775808", "-9223372036854775809", "0x10",
                                    "1e3", "-",   "+-1", "- 1"};
  int64_t x = -77;
  assert_true(i64("9223372036854775807", &x) && x == INT64_MAX);
  assert_true(i64("-9223372036854775808", &x) && x == INT64_MIN);
  assert_true(i64("+7", &x) && x == 7);
  assert_true(i64("010", &x) && x == 10); /* decimal, never octal */
  x = -77;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (i64(bad[i], &x)) fail_msg("'%s' accepted as %lld", bad[i], (long long)x);
    assert_int_equal(x, -77);
  }
}

static void every_double_survives_17_digits(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < 20000; i++) {
    uint32_t r[4];
    double x, y = 0;
    char text[40];
    vt_rng_block(7, (uint32_t[4]){i, 0, 0, 0}, r);
    memcpy(&x, r, sizeof x);
    if (!isfinite(x)) continue;
    (void)snprintf(text, sizeof text, "%.17g", x);
    if (!f64(text, &y) || memcmp(&x, &y, sizeof x) != 0) fail_msg("%s read as %.17g", text, y);
  }
}

static void edit_distance_counts_single_edits_up_to_its_limit(void **state)
{
  (void)state;
  char huge[200];
  memset(huge, 'a', sizeof huge - 1);
  huge[sizeof huge - 1] = '\0';
  assert_int_equal(vt_edit_distance("glasses", "glasses", 3), 0);
  assert_int_equal(vt_edit_distance("glases", "glasses", 3), 1);
  assert_int_equal(vt_edit_distance("kitten", "sitting", 5), 3); /* the textbook's example */
  assert_int_equal(vt_edit_distance("", "abc", 5), 3);
  assert_int_equal(vt_edit_distance("abc", "", 5), 3);
  assert_int_equal(vt_edit_distance("kitten", "sitting", 2), 3);
  assert_int_equal(vt_edit_distance("abcdef", "uvwxyz", 2), 3);
  assert_int_equal(vt_edit_distance(huge, "a", 2), 3);
}

/* ------------------------------------------------------------------ log */

typedef struct heard {
  int lines;
  vt_log_level level;
  char module[16], line[64];
} heard;

static void hear(void *ctx, vt_log_level level, const char *module, const char *line)
{
  heard *h = ctx;
  h->lines++;
  h->level = level;
  (void)snprintf(h->module, sizeof h->module, "%s", module);
  (void)snprintf(h->line, sizeof h->line, "%s", line);
}

static void the_log_reaches_its_sink_from_the_chosen_level_on(void **state)
{
  (void)state;
  heard h = {0};
  vt_log(VT_LOG_ERROR, "base", "nobody listens yet");
  vt_log_install(hear, &h, VT_LOG_INFO);
  vt_log(VT_LOG_DEBUG, "base", "ev=quiet");
  assert_int_equal(h.lines, 0);
  vt_log(VT_LOG_INFO, "base", "ev=quiet no more");
  assert_int_equal(h.lines, 1);
  vt_log(VT_LOG_WARN, "sched", "ev=done n=%d", 3);
  vt_log_install(NULL, NULL, VT_LOG_DEBUG);
  vt_log(VT_LOG_ERROR, "base", "nobody listens any more");
  assert_int_equal(h.lines, 2);
  assert_int_equal(h.level, VT_LOG_WARN);
  assert_string_equal(h.module, "sched");
  assert_string_equal(h.line, "ev=done n=3");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_chain_holds_one_line_a_level_innermost_first),
      cmocka_unit_test(the_code_comes_back_without_a_place_for_the_text),
      cmocka_unit_test(a_callee_without_text_lets_the_caller_begin_the_chain),
      cmocka_unit_test(an_endless_chain_is_cut_and_stays_a_string),
      cmocka_unit_test(an_error_in_a_users_file_names_place_and_not_our_source),
      cmocka_unit_test(people_read_sentences_without_our_positions),
      cmocka_unit_test(debug_keeps_the_positions),
      cmocka_unit_test(what_vt_fail_writes_is_recognised_as_our_position),
      cmocka_unit_test(a_chain_that_fills_its_text_fits_a_line),
      cmocka_unit_test(every_status_has_a_text_and_a_disposition),
      cmocka_unit_test(memory_is_zero_and_aligned_for_any_size),
      cmocka_unit_test(typed_room_is_as_large_as_what_it_points_to),
      cmocka_unit_test(a_product_that_overflows_is_refused),
      cmocka_unit_test(more_than_the_machine_has_is_an_error_with_the_size),
      cmocka_unit_test(a_buffer_grows_and_stays_a_string),
      cmocka_unit_test(a_buffer_takes_a_piece_much_larger_than_itself),
      cmocka_unit_test(a_buffer_remembers_that_it_failed),
      cmocka_unit_test(a_number_is_read_only_if_every_character_is_used),
      cmocka_unit_test(an_integer_is_read_only_if_it_fits),
      cmocka_unit_test(every_double_survives_17_digits),
      cmocka_unit_test(edit_distance_counts_single_edits_up_to_its_limit),
      cmocka_unit_test(the_log_reaches_its_sink_from_the_chosen_level_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
