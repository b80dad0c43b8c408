/* VT_ASSERT: ends the process with one line where the build checks invariants, and is not evaluated elsewhere. */
#include "tests/vt_test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/engine/base/assert_sides.h"

/* What a child that runs `f` writes to stderr; returns its wait status. */
static int in_a_child(void (*f)(int, int *), int value, char *text, size_t cap)
{
  int fd[2], status = 0;
  size_t used = 0;
  assert_int_equal(pipe(fd), 0);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    int calls = 0;
    (void)dup2(fd[1], STDERR_FILENO);
    f(value, &calls);
    _exit(calls);
  }
  (void)close(fd[1]);
  for (ssize_t n; used + 1 < cap && (n = read(fd[0], text + used, cap - 1 - used)) > 0;) used += (size_t)n;
  text[used] = '\0';
  (void)close(fd[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void a_broken_invariant_ends_a_checked_process_with_one_line(void **state)
{
  (void)state;
  char text[512];
  const int status = in_a_child(assert_positive_checked, -1, text, sizeof text);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGABRT);
  const char *line = "assert_checked.c:14: assert_positive_checked: broken invariant: seen(value, calls) > 0\n";
  assert_non_null(strstr(text, line));
  assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void an_invariant_that_holds_is_evaluated_once_and_says_nothing(void **state)
{
  (void)state;
  char text[512];
  const int status = in_a_child(assert_positive_checked, 1, text, sizeof text);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 1);
  assert_string_equal(text, "");
}

static void an_unchecked_build_does_not_evaluate(void **state)
{
  (void)state;
  int calls = 0;
  assert_positive_unchecked(-1, &calls);
  assert_int_equal(calls, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_broken_invariant_ends_a_checked_process_with_one_line),
                                     cmocka_unit_test(an_invariant_that_holds_is_evaluated_once_and_says_nothing),
                                     cmocka_unit_test(an_unchecked_build_does_not_evaluate)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
