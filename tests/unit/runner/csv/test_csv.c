/* Comma-separated values as RFC 4180 has them, rows with the line where they begin. */
#include <string.h>

#include "runner/csv/csv.h"
#include "tests/vt_test.h"

static vt_csv table(const char *text)
{
  vt_csv c;
  vt_err err = {0};
  VT_TEST_OK(vt_csv_parse("t.csv", text, strlen(text), &c, &err), &err);
  return c;
}

static void refused_table(const char *text, const char *message)
{
  vt_csv c;
  vt_err err = {0};
  if (vt_csv_parse("t.csv", text, strlen(text), &c, &err) != VT_EPARSE) fail_msg("accepted: %s", text);
  if (strncmp(err.text, message, strlen(message)) != 0) fail_msg("got '%s'\nexpected '%s'", err.text, message);
  assert_true(!c.own && !c.cell && c.n_rows == 0);
}

static void is_cell(const vt_csv *c, size_t row, int column, const char *want)
{
  const vt_cell_text t = c->cell[row * (size_t)c->n_columns + (size_t)column];
  if (!vt_csv_is(t, want)) fail_msg("row %zu, column %d: '%.*s', expected '%s'", row, column, (int)t.n, t.s, want);
}

/* What is written is read back as it was, whatever is in it. */
static void a_cell_that_is_written_is_read_back(void **state)
{
  static const char *const text[] = {"plain", "", "x,y", "say \"no\"", "two\nlines", " blank", "#no comment"};
  enum { N = sizeof text / sizeof *text };
  vt_buf b = {0};
  (void)state;
  vt_buf_printf(&b, "a,b\n");
  for (int k = 0; k < N; k++) {
    vt_csv_cell(&b, text[k]);
    vt_buf_printf(&b, ",end\n");
  }
  vt_csv c = table(b.s);
  assert_int_equal(c.n_rows, N + 1);
  for (size_t k = 0; k < N; k++) is_cell(&c, k + 1, 0, text[k]);
  vt_csv_free(&c);
  vt_buf_free(&b);
}

/* RFC 4180, section 2: rules 1, 5, 6, 7. */
static void quotes_hold_commas_quotes_and_ends_of_lines(void **state)
{
  (void)state;
  vt_csv c = table("a,b\r\n\"x,y\",\"say \"\"no\"\"\"\r\n\"two\nlines\",\"\"\r\nlast,row\r\n");
  assert_int_equal(c.n_rows, 4);
  assert_int_equal(c.n_columns, 2);
  is_cell(&c, 1, 0, "x,y");
  is_cell(&c, 1, 1, "say \"no\"");
  is_cell(&c, 2, 0, "two\nlines");
  is_cell(&c, 2, 1, "");
  is_cell(&c, 3, 1, "row");
  const int line[] = {1, 2, 3, 5};
  assert_memory_equal(c.line, line, sizeof line);
  vt_csv_free(&c);
}

static void blanks_empty_lines_comments_and_a_mark_are_no_cells(void **state)
{
  (void)state;
  vt_csv c = table("\xEF\xBB\xBF# made by hand\n\n a ,\tb\n  \n 1 , \" 2 \"\n#3,4\n5,");
  assert_int_equal(c.n_rows, 3);
  is_cell(&c, 0, 0, "a");
  is_cell(&c, 0, 1, "b");
  is_cell(&c, 1, 0, "1");
  is_cell(&c, 1, 1, " 2 "); /* quoted blanks count */
  is_cell(&c, 2, 1, "");
  assert_int_equal(c.line[0], 3);
  assert_int_equal(c.line[2], 7);
  vt_csv_free(&c);
  c = table("");
  assert_int_equal(c.n_rows, 0);
  vt_csv_free(&c);
}

static void what_is_no_table_is_refused_with_its_line(void **state)
{
  (void)state;
  refused_table("a,b\n1,2\n3\n", "t.csv:3: 1 columns, the header has 2\n");
  refused_table("a,b\nx,y,z\n", "t.csv:2: 3 columns, the header has 2\n");
  refused_table("a,b\n1,5,2,5\n", "t.csv:2: 4 columns, the header has 2: are there decimal commas?");
  refused_table("a;b;c\n1;2;3\n", "t.csv:1: the header is separated by semicolons: expected commas");
  refused_table("a\tb\tc\n", "t.csv:1: the header is separated by tabs");
  refused_table("a,b\n1,\"2\n3,4\n", "t.csv:2: a quote is opened in this row and not closed");
  refused_table("a,b\n1,2\n3,\"4\"x\n", "t.csv:3: a quote inside a cell");
  refused_table("a,b\n1,2\"\n", "t.csv:2: a quote inside a cell");
  refused_table("a,b\r1,2\r\n", "t.csv:1: a carriage return inside a line");
}

static void only_spellings_of_nothing_are_unknown(void **state)
{
  (void)state;
  const char *const yes[] = {"", "NA", "N/A", "n/a", "nan", "NaN", "NAN"}, *const no[] = {"Na", "na", "0", "none", "-"};
  for (size_t k = 0; k < sizeof yes / sizeof *yes; k++)
    assert_true(vt_csv_is_unknown((vt_cell_text){yes[k], strlen(yes[k])}));
  for (size_t k = 0; k < sizeof no / sizeof *no; k++)
    assert_false(vt_csv_is_unknown((vt_cell_text){no[k], strlen(no[k])}));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cell_that_is_written_is_read_back),
      cmocka_unit_test(quotes_hold_commas_quotes_and_ends_of_lines),
      cmocka_unit_test(blanks_empty_lines_comments_and_a_mark_are_no_cells),
      cmocka_unit_test(what_is_no_table_is_refused_with_its_line),
      cmocka_unit_test(only_spellings_of_nothing_are_unknown),
  };
  return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
