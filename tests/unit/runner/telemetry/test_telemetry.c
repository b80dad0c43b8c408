/* log/events.jsonl and status.json: what a reader finds there of what was handed over. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/json/json.h"
#include "runner/telemetry/telemetry.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static char folder[VT_TEST_PATH];
static vt_campaign *c; /* tasks: glass, MD at 500 K, MD at 600 K */

static int open_all(void **state)
{
  (void)state;
  vt_test_folder_in_memory(folder, "telemetry");
  c = vt_test_small_campaign("LiAlCl4", "[500 K, 600 K]", 1, "");
  return 0;
}

static int close_all(void **state)
{
  (void)state;
  vt_campaign_free(c);
  vt_test_folder_remove(folder);
  return 0;
}

/* Line i of a file of lines; NULL behind the last. */
static vt_json *line_of(const char *path, int i)
{
  size_t n;
  char *text = vt_test_read(path, &n), *s = text;
  vt_json *v = NULL;
  vt_err err = {0};
  assert_true(n > 0 && text[n - 1] == '\n'); /* whole lines only */
  for (; i > 0 && s; i--) s = strchr(s, '\n') ? strchr(s, '\n') + 1 : NULL;
  if (s && *s) VT_TEST_OK(vt_json_parse(s, strcspn(s, "\n"), &v, &err), &err);
  vt_free(text);
  return v;
}

static const char *text_of(const vt_json *o, const char *key) { return vt_json_get_text(o, key, ""); }
static double number_of(const vt_json *o, const char *key) { return vt_json_get_num(o, key, (double)NAN); }

static void is_task(const vt_json *o, int task)
{
  char hex[65];
  vt_uid_hex(&c->task[task].uid, hex);
  assert_string_equal(text_of(o, "task"), hex);
  assert_string_equal(text_of(o, "kind"), c->task[task].kind == VT_TASK_GLASS ? "glass" : "md");
  assert_string_equal(text_of(o, "composition"), c->comp[0].name);
  near(number_of(o, "glass"), c->task[task].glass, 0);
  if (c->task[task].temp >= 0)
    near(number_of(o, "temperature_K"), c->t_k[c->task[task].temp], 0);
  else
    assert_null(vt_json_get(o, "temperature_K"));
}

/* ------------------------------------------------------------------ events */

static const vt_run_event nothing = {.rank = -1, .task = -1, .ns = NAN, .wall_s = NAN};

static vt_run_event failure_event(void)
{
  vt_run_event e = nothing;
  e.kind = VT_RUN_FAILURE;
  return e;
}

static vt_run_event result_event(void)
{
  vt_run_event e = nothing;
  e.kind = VT_RUN_RESULT;
  return e;
}

static void an_event_is_one_line_with_what_is_known_and_no_more(void **state)
{
  (void)state;
  const char *path = vt_test_inside(folder, "events.jsonl");
  vt_events e;
  vt_run_event failure = failure_event(), result = result_event(), plain = failure_event();
  failure.rank = 3, failure.task = 2, failure.attempt = 1, failure.half_stage = VT_STAGE_PRODUCE;
  failure.text = "it said \"no\"\nand more";
  result.rank = 0, result.task = 0, result.ns = 1.0 / 3, result.wall_s = 0.7;
  assert_int_equal(setenv("SLURM_RESTART_COUNT", "2", 1), 0);
  vt_events_open(&e, path, "the job", 1);
  assert_int_equal(unsetenv("SLURM_RESTART_COUNT"), 0);
  vt_events_write(&e, c, &failure);
  vt_events_write(&e, c, &result);
  vt_events_write(&e, c, &plain);
  vt_events_close(&e);

  vt_json *o = line_of(path, 0);
  assert_string_equal(text_of(o, "event"), "start");
  assert_string_equal(text_of(o, "build"), vt_build_info()->build_id);
  assert_string_equal(text_of(o, "slurm_restart_count"), "2");
  assert_non_null(vt_json_get(o, "leads"));
  vt_json_free(o);

  o = line_of(path, 1);
  assert_string_equal(text_of(o, "event"), "failure");
  assert_string_equal(text_of(o, "job"), "the job");
  assert_int_equal(strlen(text_of(o, "time")), strlen("2026-11-29T12:23:21.343Z"));
  near(number_of(o, "rank"), 3, 0);
  near(number_of(o, "attempt"), 1, 0);
  assert_string_equal(text_of(o, "half_step_in"), vt_stage_name(VT_STAGE_PRODUCE));
  assert_string_equal(text_of(o, "text"), "it said \"no\"");
  is_task(o, 2);
  assert_true(!vt_json_get(o, "ns") && !vt_json_get(o, "wall_s"));
  vt_json_free(o);

  o = line_of(path, 2);
  near(number_of(o, "ns"), 1.0 / 3, 0); /* to the bit */
  near(number_of(o, "wall_s"), 0.7, 0);
  is_task(o, 0);
  assert_true(!vt_json_get(o, "attempt") && !vt_json_get(o, "half_step_in") && !vt_json_get(o, "text"));
  vt_json_free(o);

  o = line_of(path, 3);
  assert_true(!vt_json_get(o, "rank") && !vt_json_get(o, "task") && !vt_json_get(o, "kind"));
  vt_json_free(o);
  assert_null(line_of(path, 4));
}

static void two_jobs_append_to_one_file(void **state)
{
  (void)state;
  const char *path = vt_test_inside(folder, "both.jsonl");
  vt_events a, b;
  vt_run_event ev = result_event();
  ev.task = 1;
  vt_events_open(&a, path, "a", 1);
  vt_events_open(&b, path, "b", 0);
  vt_events_write(&a, c, &ev);
  vt_events_write(&b, c, &ev);
  vt_events_write(&a, c, &ev);
  vt_events_close(&a);
  vt_events_write(&a, c, &ev); /* it is closed: nothing */
  vt_events_close(&b);
  static const char *const want[] = {"a", "b", "a", "b", "a"};
  for (int i = 0; i < 5; i++) {
    vt_json *o = line_of(path, i);
    assert_string_equal(text_of(o, "job"), want[i]);
    vt_json_free(o);
  }
  assert_null(line_of(path, 5));
}

static void events_that_cannot_be_written_are_no_error(void **state)
{
  (void)state;
  vt_events e;
  vt_run_event ev = result_event();
  vt_events_open(&e, vt_test_inside(folder, "no/such/folder/events.jsonl"), "a", 1);
  vt_events_write(&e, c, &ev);
  vt_events_close(&e);
  assert_int_not_equal(access(vt_test_inside(folder, "no"), F_OK), 0);
}

/* ------------------------------------------------------------------ status.json */

static vt_json *status_of(const char *path)
{
  size_t n;
  char *text = vt_test_read(path, &n);
  vt_json *o;
  vt_err err = {0};
  VT_TEST_OK(vt_json_parse(text, n, &o, &err), &err);
  vt_free(text);
  return o;
}

static void are_ranks(const vt_json *ranks, const vt_rank_state *rank, double now)
{
  static const char *const doing[] = {"idle", "busy", "left", "dead"};
  assert_int_equal(vt_json_size(ranks), 4);
  for (size_t r = 0; r < 4; r++) {
    const vt_json *one = vt_json_at(ranks, r);
    near(number_of(one, "rank"), (double)r, 0);
    assert_string_equal(text_of(one, "state"), doing[r]);
    near(number_of(one, "since_s"), now - rank[r].since, 0);
    near(number_of(one, "heard_s"), now - rank[r].heard, 0);
    if (r == 1) is_task(one, 2);
    if (r != 1) assert_null(vt_json_get(one, "task"));
  }
  const vt_json *busy = vt_json_at(ranks, 1);
  assert_string_equal(text_of(busy, "stage"), vt_stage_name(VT_STAGE_PRODUCE));
  assert_string_equal(text_of(busy, "half_step_in"), vt_stage_name(VT_STAGE_MELT));
  near(number_of(busy, "attempt"), 1, 0);
  near(number_of(busy, "fraction"), 0.25, 0);
}

static void the_status_file_says_what_every_rank_does(void **state)
{
  (void)state;
  const char *path = vt_test_inside(folder, "status.json");
  const vt_rank_state rank[] = {{.doing = VT_RANK_IDLE, .task = -1, .heard = 90, .since = 70},
                                {.doing = VT_RANK_BUSY,
                                 .task = 2,
                                 .attempt = 1,
                                 .half_stage = VT_STAGE_MELT,
                                 .stage = VT_STAGE_PRODUCE,
                                 .fraction = 0.25,
                                 .heard = 99.5,
                                 .since = 40},
                                {.doing = VT_RANK_LEFT, .task = -1},
                                {.doing = VT_RANK_DEAD, .task = -1}};
  const vt_run_snapshot w = {.tasks = {.leased = 1},
                             .ns_done = 1.0 / 3,
                             .ns_total = 3,
                             .ns_per_day = 7,
                             .eta_s = (double)NAN,
                             .workers = 2,
                             .others = 4,
                             .elsewhere = 5,
                             .rank = rank,
                             .n_ranks = 4,
                             .now = 100};
  char hex[65];
  vt_uid_hex(&c->id, hex);
  vt_status_file_write(path, c, &w, "the last \"error\"", "running", 120);
  vt_json *o = status_of(path);
  assert_string_equal(text_of(o, "campaign_id"), hex);
  assert_string_equal(text_of(o, "state"), "running");
  assert_string_equal(text_of(o, "last_error"), "the last \"error\"");
  near(number_of(o, "updated"), (double)time(NULL), 60);
  near(number_of(o, "running"), 1, 0);
  near(number_of(o, "workers"), 2, 0);
  near(number_of(o, "other_jobs"), 4, 0);
  near(number_of(o, "elsewhere"), 5, 0);
  near(number_of(o, "ns_done"), 1.0 / 3, 0);
  near(number_of(o, "ns_total"), 3, 0);
  near(number_of(o, "ns_per_day"), 7, 0);
  assert_true(vt_json_get(o, "eta_s") && isnan(number_of(o, "eta_s"))); /* null: not known */
  are_ranks(vt_json_get(o, "ranks"), rank, 100);
  vt_json_free(o);
}

static void a_new_status_replaces_the_old_one_and_without_an_error_names_none(void **state)
{
  (void)state;
  const char *path = vt_test_inside(folder, "again.json");
  const vt_run_snapshot w = {.ns_per_day = (double)NAN, .eta_s = (double)NAN};
  vt_status_file_write(path, c, &w, "old", "running", 120);
  vt_status_file_write(path, c, &w, "", "stopped", 120);
  vt_json *o = status_of(path);
  assert_string_equal(text_of(o, "state"), "stopped");
  assert_null(vt_json_get(o, "last_error"));
  assert_int_equal(vt_json_size(vt_json_get(o, "ranks")), 0);
  vt_json_free(o);
  vt_status_file_write(vt_test_inside(folder, "no/such/status.json"), c, &w, "", "running", 120); /* no error */
}

/* ------------------------------------------------------------------ signs of life */

static int n_signs;
static void note_sign(void *ctx) { n_signs += ctx == &n_signs; }

static void a_sign_of_life_reaches_who_installed_it(void **state)
{
  (void)state;
  char host[64], here[64] = "";
  vt_alive(); /* nobody listens: fine */
  vt_alive_install(note_sign, &n_signs);
  vt_alive();
  vt_alive();
  assert_int_equal(n_signs, 2);
  vt_alive_install(NULL, NULL);
  vt_alive();
  assert_int_equal(n_signs, 2);
  vt_host_name(host);
  assert_int_equal(gethostname(here, sizeof here - 1), 0);
  assert_string_equal(host, here);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_event_is_one_line_with_what_is_known_and_no_more),
      cmocka_unit_test(two_jobs_append_to_one_file),
      cmocka_unit_test(events_that_cannot_be_written_are_no_error),
      cmocka_unit_test(the_status_file_says_what_every_rank_does),
      cmocka_unit_test(a_new_status_replaces_the_old_one_and_without_an_error_names_none),
      cmocka_unit_test(a_sign_of_life_reaches_who_installed_it),
  };
  return cmocka_run_group_tests_name("telemetry", tests, open_all, close_all);
}
