/* config: every file under tests/golden/bad-campaigns is refused, at the place and with the words that its first lines
 * name as `# expect line:col phrase`. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/config/test_config_env.h"
#include "tests/vt_test.h"

static const char folder[] = VT_TEST_SOURCE "/tests/golden/bad-campaigns";

/* One expectation; *next is behind its line. 0: no more. */
static int expectation(const char *s, int *line, int *col, char phrase[200], const char **next)
{
  int used = 0;
  if (sscanf(s, "# expect %d:%d %n", line, col, &used) != 2 || used == 0) return 0;
  const char *words = s + used, *end = words + strcspn(words, "\n");
  (void)snprintf(phrase, 200, "%.*s", (int)(end - words), words);
  *next = end + (*end == '\n');
  return 1;
}

static int reported(const vt_diags *d, int line, int col, const char *phrase)
{
  for (int i = 0; i < d->n; i++)
    if (d->d[i].is_error && d->d[i].line == line && d->d[i].col == col && strstr(d->d[i].text, phrase)) return 1;
  return 0;
}

/* How many expectations of the file do not hold; each is printed. *wanted is their number. */
static int failures_of(const char *name, int *wanted)
{
  char path[600], phrase[200], *text;
  size_t n;
  vt_err err;
  vt_campaign *c = NULL;
  vt_diags d;
  vt_buf all = {0};
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  VT_TEST_OK(vt_file_read(path, 1 << 20, &text, &n, &err), &err);
  vt_status rc = vt_campaign_load(path, &env_fixed, &c, &d, &err);
  vt_diags_format(&d, &all);
  int failed = rc != VT_EPARSE || c != NULL, line, col;
  *wanted = 0;
  for (const char *s = text; expectation(s, &line, &col, phrase, &s); (*wanted)++) {
    if (reported(&d, line, col, phrase)) continue;
    print_error("%s: no '%s' at %d:%d\n", name, phrase, line, col);
    failed++;
  }
  failed += *wanted == 0 || d.n_errors != *wanted;
  if (failed) print_error("%s: status %d, %d mistakes, expected %d:\n%s\n", name, (int)rc, d.n_errors, *wanted, all.s);
  vt_campaign_free(c);
  vt_buf_free(&all);
  vt_diags_free(&d);
  vt_free(text);
  return failed;
}

static void each_bad_campaign_is_refused_at_its_place_with_its_words(void **state)
{
  (void)state;
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  int files = 0, failed = 0, wanted;
  for (struct dirent *e; (e = readdir(dir));) {
    size_t n = strlen(e->d_name);
    if (n < 5 || strcmp(e->d_name + n - 5, ".yaml") != 0) continue;
    failed += failures_of(e->d_name, &wanted);
    files++;
  }
  closedir(dir);
  assert_int_equal(failed, 0);
  assert_true(files >= 30); /* the folder was found and is not empty */
}

static void many_mistakes_are_reported_in_one_go_in_order_of_line(void **state)
{
  (void)state;
  vt_err err;
  vt_campaign *c;
  vt_diags d;
  char path[600];
  int wanted;
  assert_int_equal(failures_of("many-mistakes.yaml", &wanted), 0);
  assert_true(wanted >= 12);
  (void)snprintf(path, sizeof path, "%s/many-mistakes.yaml", folder);
  assert_int_equal(vt_campaign_load(path, &env_fixed, &c, &d, &err), VT_EPARSE);
  for (int i = 1; i < d.n; i++) assert_true(d.d[i - 1].line <= d.d[i].line);
  vt_diags_free(&d);
}

static void a_file_that_is_not_there_is_an_io_error_not_a_mistake(void **state)
{
  (void)state;
  vt_err err;
  vt_campaign *c;
  vt_diags d;
  vt_err_clear(&err);
  assert_int_equal(vt_campaign_load("/no/such/campaign.yaml", &env_fixed, &c, &d, &err), VT_EIO);
  assert_non_null(strstr(err.text, "/no/such/campaign.yaml"));
  assert_int_equal(d.n, 0);
  vt_diags_free(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_bad_campaign_is_refused_at_its_place_with_its_words),
      cmocka_unit_test(many_mistakes_are_reported_in_one_go_in_order_of_line),
      cmocka_unit_test(a_file_that_is_not_there_is_an_io_error_not_a_mistake),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
