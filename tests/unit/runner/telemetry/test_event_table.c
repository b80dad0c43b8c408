/* telemetry: the lines of events.jsonl and the keys of status.json. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/telemetry/telemetry.h"
#include "tests/vt_test.h"

static const char uid_hex[] = "0100000000000000000000000000000000000000000000000000000000000000";

/* One composition, its glass, one MD task. */
typedef struct small {
  vt_campaign c;
  vt_composition comp;
  vt_task task[2];
  double t_k;
} small;

static void make_small(small *s)
{
  *s = (small){.t_k = 600};
  (void)snprintf(s->comp.name, sizeof s->comp.name, "LiCl");
  s->task[0] = (vt_task){.kind = VT_TASK_GLASS, .temp = -1, .needs = -1};
  s->task[1] = (vt_task){.kind = VT_TASK_MD, .glass = 2, .needs = 0};
  s->task[1].uid.b[0] = 1;
  s->c.n_comp = s->c.n_temp = 1;
  s->c.n_tasks = 2;
  s->c.comp = &s->comp;
  s->c.task = s->task;
  s->c.t_k = &s->t_k;
}

/* What a run writes that meets this event with everything known; the line without its time. */
static char *line_of(vt_run_event_kind kind)
{
  char path[] = "/tmp/vt-telemetry-XXXXXX", *text;
  size_t n;
  small s;
  vt_events e = {0};
  vt_err err = {0};
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  (void)close(fd);
  make_small(&s);
  vt_events_open(&e, path, "job-1", 1);
  assert_int_equal(truncate(path, 0), 0); /* the line of its start */
  vt_events_write(&e, &s.c,
                  &(vt_run_event){.kind = kind,
                                  .rank = 3,
                                  .task = 1,
                                  .attempt = 1,
                                  .half_stage = VT_STAGE_MELT,
                                  .ns = 0.5,
                                  .wall_s = 2,
                                  .text = "engine/md/md.c:12: too hot\nrunner/a.c:1: rank 3\n"});
  vt_events_close(&e);
  VT_TEST_OK(vt_file_read(path, 4096, &text, &n, &err), &err);
  (void)unlink(path);
  const char *rest = strstr(text, "\"job\":\"job-1\"");
  assert_non_null(rest);
  memmove(text, rest, strlen(rest) + 1);
  return text;
}

static void a_line_holds_what_the_table_allows(void **state)
{
  (void)state;
  char *line = line_of(VT_RUN_RESULT), want[512];
  (void)snprintf(want, sizeof want,
                 "\"job\":\"job-1\",\"event\":\"result\",\"rank\":3,\"task\":\"%s\",\"kind\":\"md\",\"composition\":"
                 "\"LiCl\",\"glass\":2,\"temperature_K\":600.0,\"attempt\":1,\"half_step_in\":\"melt\",\"ns\":0.5,"
                 "\"wall_s\":2.0}\n",
                 uid_hex);
  assert_string_equal(line, want);
  vt_free(line);
  line = line_of(VT_RUN_STOP);
  assert_string_equal(line, "\"job\":\"job-1\",\"event\":\"stop\"}\n");
  vt_free(line);
  line = line_of(VT_RUN_CLOSING); /* the innermost sentence, without our position */
  assert_string_equal(line, "\"job\":\"job-1\",\"event\":\"closing\",\"text\":\"too hot\"}\n");
  vt_free(line);
}

static void every_event_has_a_row_and_writes_its_fields(void **state)
{
  (void)state;
  static const struct {
    unsigned field;
    const char *key;
  } key[] = {{VT_EVENT_RANK, "\"rank\":"},
             {VT_EVENT_TASK, "\"task\":"},
             {VT_EVENT_TRY, "\"attempt\":"},
             {VT_EVENT_WORK, "\"wall_s\":"},
             {VT_EVENT_TEXT, "\"text\":"}};
  for (int k = 0; k < VT_RUN_EVENTS; k++) {
    const vt_run_event_doc *row = vt_run_event_row((vt_run_event_kind)k);
    char name[64];
    assert_true(row->name && row->name[0] && row->text && row->text[0]);
    for (int other = 0; other < k; other++)
      assert_string_not_equal(row->name, vt_run_event_row((vt_run_event_kind)other)->name);
    char *line = line_of((vt_run_event_kind)k);
    (void)snprintf(name, sizeof name, "\"event\":\"%s\"", row->name);
    assert_non_null(strstr(line, name));
    for (size_t f = 0; f < sizeof key / sizeof *key; f++)
      assert_int_equal(strstr(line, key[f].key) != NULL, (row->fields & key[f].field) != 0);
    vt_free(line);
  }
}

static void status_json_shows_what_a_busy_rank_does(void **state)
{
  (void)state;
  char path[] = "/tmp/vt-telemetry-XXXXXX", *text, want[1024];
  size_t n;
  small s;
  vt_err err = {0};
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  (void)close(fd);
  make_small(&s);
  const vt_rank_state rank[] = {{.doing = VT_RANK_DEAD, .task = -1, .heard = 9, .since = 8},
                                {.doing = VT_RANK_BUSY,
                                 .task = 1,
                                 .attempt = 1,
                                 .stage = VT_STAGE_MELT,
                                 .fraction = 0.25,
                                 .heard = 10,
                                 .since = 7}};
  const vt_run_snapshot w = {.tasks = {.leased = 1},
                             .ns_done = 0.5,
                             .ns_total = 2,
                             .ns_per_day = NAN,
                             .eta_s = NAN,
                             .workers = 1,
                             .rank = rank,
                             .n_ranks = 2,
                             .now = 10};
  vt_status_file_write(path, &s.c, &w, "failure: too hot", "running", 120);
  VT_TEST_OK(vt_file_read(path, 4096, &text, &n, &err), &err);
  (void)unlink(path);
  char *updated = strstr(text, " \"updated\": "); /* the only line that depends on the clock */
  assert_non_null(updated);
  char *end = strchr(updated, '\n') + 1;
  memmove(updated, end, strlen(end) + 1);
  (void)snprintf(
      want, sizeof want,
      "{\n \"campaign_id\": \"%064d\",\n \"state\": \"running\",\n \"next_s\": 120.0,\n \"running\": 1,\n \"workers\": "
      "1,\n"
      " \"other_jobs\": 0,\n \"elsewhere\": 0,\n \"ns_done\": 0.5,\n \"ns_total\": 2.0,\n"
      " \"ns_per_day\": null,\n \"eta_s\": null,\n \"last_error\": \"failure: too hot\",\n \"ranks\": [\n"
      "  {\n   \"rank\": 0,\n   \"state\": \"dead\",\n   \"since_s\": 2.0,\n   \"heard_s\": 1.0\n  },\n"
      "  {\n   \"rank\": 1,\n   \"state\": \"busy\",\n   \"since_s\": 3.0,\n   \"heard_s\": 0.0,\n"
      "   \"task\": \"%s\",\n   \"kind\": \"md\",\n   \"composition\": \"LiCl\",\n   \"glass\": 2,\n"
      "   \"temperature_K\": 600.0,\n   \"stage\": \"melt\",\n   \"attempt\": 1,\n   \"half_step_in\": \"\",\n"
      "   \"fraction\": 0.25,\n   \"cores\": 1\n  }\n ]\n}",
      0, uid_hex);
  assert_string_equal(text, want);
  vt_free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_line_holds_what_the_table_allows),
                                     cmocka_unit_test(every_event_has_a_row_and_writes_its_fields),
                                     cmocka_unit_test(status_json_shows_what_a_busy_rank_does)};
  return cmocka_run_group_tests_name("telemetry", tests, NULL, NULL);
}
