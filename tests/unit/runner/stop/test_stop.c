/* When to stop: arithmetic of the limits, the HALT file, signals.  A reason once given stays for the process, so each
 * claim about one is made in a child. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/stop/stop.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

/* Seconds that may pass between asking and looking on a busy machine. */
static const double slack_s = 5;

/* Time left is `want`, or a little less. */
static void left_is(double want)
{
  const double left = vt_stop_time_left_s();
  if (!(left <= want && left > want - slack_s)) fail_msg("%.3f s are left, expected %.3f", left, want);
}

static void slurm_answers(const char *job, const char *end)
{
  (void)unsetenv("SLURM_JOB_ID");
  (void)unsetenv("SLURM_JOB_END_TIME");
  if (job) assert_int_equal(setenv("SLURM_JOB_ID", job, 1), 0);
  if (end) assert_int_equal(setenv("SLURM_JOB_END_TIME", end, 1), 0);
  vt_stop_ask_slurm();
}

static void ends_in(double seconds)
{
  char end[32];
  (void)snprintf(end, sizeof end, "%lld", (long long)time(NULL) + (long long)seconds);
  slurm_answers("1", end);
}

static void stopping_begins_the_grace_time_before_the_end_but_not_in_the_first_half(void **state)
{
  (void)state;
  slurm_answers(NULL, NULL);
  vt_stop_limits(0, 100, NULL);
  assert_true(vt_stop_time_left_s() > 1e12); /* no limit */
  vt_stop_limits(1000, 100, NULL);
  left_is(900);
  vt_stop_limits(1000, 500, NULL);
  left_is(500);
  vt_stop_limits(1000, 800, NULL);
  left_is(500); /* half of the time */
  vt_stop_limits(1000, 5000, NULL);
  left_is(500);
  vt_stop_limits(1000, 0, NULL);
  left_is(1000);
  assert_null(vt_stop_reason());
  assert_true(vt_stop_since_s() == 0);
}

static void of_two_limits_the_first_counts_and_slurm_is_a_minute_early(void **state)
{
  (void)state;
  ends_in(10000);
  vt_stop_limits(0, 100, NULL);
  left_is(10000 - 100 - 60);
  vt_stop_limits(1000, 100, NULL);
  left_is(900);
  vt_stop_limits(50000, 100, NULL);
  left_is(10000 - 100 - 60);
  ends_in(100); /* grace and minute are more than half */
  vt_stop_limits(0, 300, NULL);
  left_is(50);
  slurm_answers("1", "next week"); /* not a number: squeue is asked, which there is none of */
  vt_stop_limits(0, 100, NULL);
  assert_true(vt_stop_time_left_s() > 1e12);
  slurm_answers(NULL, NULL);
  vt_stop_limits(0, 100, NULL);
  assert_true(vt_stop_time_left_s() > 1e12);
}

/* What squeue may print as the time left, by a squeue that says so. */
static void squeue_prints_days_hours_minutes_and_seconds(void **state)
{
  (void)state;
  static const struct {
    const char *says;
    double s; /* 0: no limit */
  } row[] = {{"30:00", 1800},     {"1:00:00", 3600}, {"2-00:00:00", 172800}, {"1-01:01:01", 90061},
             {"0:59", 59 + 1e-9}, {"UNLIMITED", 0},  {"INVALID", 0},         {"", 0},
             {"1:2:3:4", 0},      {"x-1:00:00", 0}};
  char folder[VT_TEST_PATH], path[512];
  const char *old = getenv("PATH");
  vt_test_folder(folder, "squeue");
  (void)snprintf(path, sizeof path, "%s:%s", folder, old ? old : "/bin");
  char *before = strdup(old ? old : "/bin");
  assert_int_equal(setenv("PATH", path, 1), 0);
  for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
    char script[128];
    const char *squeue = vt_test_inside(folder, "squeue");
    (void)snprintf(script, sizeof script, "#!/bin/sh\necho '%s'\n", row[k].says);
    vt_test_write_text(squeue, script);
    (void)snprintf(script, sizeof script, "chmod +x '%s'", squeue);
    assert_int_equal(system(script), 0);
    slurm_answers("1", NULL);
    vt_stop_limits(0, 0, NULL);
    if (row[k].s > 0)
      left_is(fmax(row[k].s - 60, row[k].s / 2));
    else if (!(vt_stop_time_left_s() > 1e12))
      fail_msg("'%s' is no time, but %g s are left", row[k].says, vt_stop_time_left_s());
  }
  assert_int_equal(setenv("PATH", before, 1), 0);
  free(before);
  vt_test_folder_remove(folder);
  slurm_answers(NULL, NULL);
}

/* ------------------------------------------------------------------ reasons */

/* The claim in a child: 0 if it holds. */
static void holds_in_a_child(int (*claim)(const char *path), const char *path)
{
  int status;
  const pid_t p = fork();
  assert_true(p >= 0);
  if (p == 0) _exit(claim(path));
  assert_int_equal(waitpid(p, &status, 0), p);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail_msg("check %d of the child failed", WEXITSTATUS(status));
}

static int reason_is(const char *want)
{
  const char *why = vt_stop_reason();
  return why && strstr(why, want) != NULL;
}

static int a_halt_file_stops(const char *path)
{
  vt_test_write_text(path, "");
  vt_stop_limits(0, 0, path);
  if (!reason_is("HALT")) return 1;
  (void)unlink(path);
  if (!reason_is("HALT")) return 2; /* a reason stays */
  vt_nap_s(0.02);
  return vt_stop_since_s() > 0.01 && !vt_stop_closing() ? 0 : 3;
}

static int a_halt_file_is_looked_at_once_a_second(const char *path)
{
  vt_stop_limits(0, 0, path);
  if (vt_stop_reason()) return 1; /* it is not there */
  vt_test_write_text(path, "");
  return vt_stop_reason() ? 2 : 0; /* too early to have looked again */
}

static int after_tasks_begins_no_more_and_does_not_stop(const char *path)
{
  vt_test_write_text(path, "after-tasks\n");
  vt_stop_limits(0, 0, path);
  if (vt_stop_reason()) return 1;
  return vt_stop_closing() ? 0 : 2;
}

static int a_limit_stops(const char *path)
{
  (void)path;
  vt_stop_limits(0.1, 0, NULL);
  if (vt_stop_reason()) return 1;
  vt_nap_s(0.15);
  return reason_is("wall limit") ? 0 : 2;
}

static int a_signal_stops_and_its_name_is_the_reason(const char *path)
{
  (void)path;
  vt_stop_limits(0, 0, NULL);
  vt_stop_install();
  if (vt_stop_reason()) return 1;
  if (raise(SIGTERM) != 0 || !reason_is("signal 15")) return 2;
  return raise(SIGHUP) == 0 && reason_is("signal 15") ? 0 : 3; /* the first one */
}

static int a_broken_pipe_is_a_write_error_and_no_reason(const char *path)
{
  (void)path;
  vt_stop_limits(0, 0, NULL);
  vt_stop_install();
  return raise(SIGPIPE) == 0 && !vt_stop_reason() ? 0 : 1;
}

static void every_reason_is_given_once_it_holds_and_not_before(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_test_folder(folder, "stop");
  slurm_answers(NULL, NULL);
  holds_in_a_child(a_halt_file_stops, vt_test_inside(folder, "HALT"));
  holds_in_a_child(a_halt_file_is_looked_at_once_a_second, vt_test_inside(folder, "LATER"));
  holds_in_a_child(after_tasks_begins_no_more_and_does_not_stop, vt_test_inside(folder, "AFTER"));
  holds_in_a_child(a_limit_stops, "");
  holds_in_a_child(a_signal_stops_and_its_name_is_the_reason, "");
  holds_in_a_child(a_broken_pipe_is_a_write_error_and_no_reason, "");
  vt_test_folder_remove(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stopping_begins_the_grace_time_before_the_end_but_not_in_the_first_half),
      cmocka_unit_test(of_two_limits_the_first_counts_and_slurm_is_a_minute_early),
      cmocka_unit_test(squeue_prints_days_hours_minutes_and_seconds),
      cmocka_unit_test(every_reason_is_given_once_it_holds_and_not_before),
  };
  return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
