/* Jobs whose files are damaged, unreadable or read by somebody who does not take part. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/jobs/jobs_impl.h"
#include "tests/unit/runner/jobs/jobs_fixture.h"
#include "tests/vt_test.h"

static const double beat = JX_BEAT, stale = JX_STALE;

static void own_name(vt_jobs *j, char name[256]) { (void)snprintf(name, 256, "job-%s", vt_jobs_id(j)); }

/* ------------------------------------------------------------------ bytes */

static void files_are_what_the_header_says(void **state)
{
  (void)state;
  char name[256], is[1024];
  vt_jobs *a = jx_open("node3", "SLURM job 12\nleader", 0);
  own_name(a, name);
  size_t n = jx_read(name, is, sizeof is);
  vt_job me = jx_this(a);
  assert_string_equal(me.label, "SLURM job 12 leader");
  assert_int_equal(me.pid, getpid());
  assert_true(me.start > 0 && me.beat == 1);
  assert_string_not_equal(me.boot, "-");
  assert_string_not_equal(me.ns, "-");
  jx_write_job(&me); /* by hand */
  char again[1024];
  assert_int_equal(jx_read(name, again, sizeof again), n);
  assert_string_equal(again, is);
  char lease[256];
  assert_int_equal(jx_claim(a, 1, 0), 1);
  jx_claim_name(1, lease);
  n = jx_read(lease, is, sizeof is);
  jx_release(a, 1, 0);
  jx_write_claim(1, me.id);
  assert_int_equal(jx_read(lease, again, sizeof again), n);
  assert_string_equal(again, is);
  vt_jobs_close(a);
}

static void the_build_is_a_line_that_older_programs_did_not_write(void **state)
{
  (void)state;
  vt__text t;
  vt_job who = {.id = "node3-4711-99-0123456789abcdef",
                .host = "node3",
                .label = "a label, build of no account",
                .build = "2.0-abc",
                .pid = 4711,
                .beat = 5},
         got;
  vt__job_format(&who, &t);
  assert_true(vt__job_parse(&t, &got));
  assert_string_equal(got.build, "2.0-abc");
  assert_string_equal(got.label, who.label);
  /* the same file without the line */
  char *line = strstr(t.s, "build 2.0-abc\n"), *end = line + strlen("build 2.0-abc\n");
  const size_t seal = strlen("crc 01234567\n");
  size_t rest = (size_t)(t.s + t.n - end) - seal;
  memmove(line, end, rest);
  t.n = (size_t)(line - t.s) + rest;
  t.n += (size_t)snprintf(t.s + t.n, sizeof t.s - t.n, "crc %08" PRIx32 "\n", vt_crc32(0, t.s, t.n));
  assert_true(vt__job_parse(&t, &got));
  assert_string_equal(got.build, "");
  assert_string_equal(got.label, who.label);
  assert_int_equal(got.beat, 5);
}

static void a_job_knows_the_build_of_its_leader(void **state)
{
  (void)state;
  vt_err err = {0};
  int leads;
  vt_jobs *a = jx_open("node3", "one", 0), *b = jx_open("node4", "two", 0);
  vt_job lead = jx_this(a);
  assert_string_equal(vt_jobs_leader_build(b), "");
  VT_TEST_OK(vt_jobs_lead(a, 0, &leads, &err), &err);
  assert_true(leads);
  (void)snprintf(lead.build, sizeof lead.build, "2.0-abc");
  jx_write_job(&lead);
  VT_TEST_OK(vt_jobs_beat(b, 2 * JX_BEAT, &err), &err);
  assert_string_equal(vt_jobs_leader_build(b), "2.0-abc");
  vt_jobs_close(b);
  vt_jobs_close(a);
}

static void every_flipped_byte_and_every_cut_is_found(void **state)
{
  (void)state;
  vt__text t, cut;
  vt_job who = {.pid = 4711, .start = 99, .beat = 5}, got;
  char id[VT_JOB_ID];
  (void)snprintf(who.id, sizeof who.id, "node3-4711-99-0123456789abcdef");
  (void)snprintf(who.host, sizeof who.host, "node3");
  for (int lease = 0; lease < 2; lease++) {
    if (lease)
      vt__lease_format(who.id, &t);
    else
      vt__job_format(&who, &t);
    assert_true(lease ? vt__lease_parse(&t, id) : vt__job_parse(&t, &got));
    for (size_t i = 0; i < t.n; i++)
      for (int bit = 0; bit < 8; bit++) {
        t.s[i] = (char)(t.s[i] ^ 1 << bit);
        assert_false(lease ? vt__lease_parse(&t, id) : vt__job_parse(&t, &got));
        t.s[i] = (char)(t.s[i] ^ 1 << bit);
      }
    for (cut = t; cut.n > 0;) {
      cut.n--;
      assert_false(lease ? vt__lease_parse(&cut, id) : vt__job_parse(&cut, &got));
    }
  }
}

static void the_longest_names_fit(void **state)
{
  (void)state;
  char host[300], label[300];
  memset(host, 'h', sizeof host);
  memset(label, 'l', sizeof label);
  host[299] = label[299] = '\0';
  host[3] = '/';
  vt_jobs *a = jx_open(host, label, 0), *b = jx_open(host, label, 0);
  assert_int_equal(jx_lead(a, 0), 1);
  assert_int_equal(jx_lead(b, 0), 0);
  assert_int_equal(strlen(jx_this(a).host), VT_JOB_HOST - 1);
  assert_int_equal(strlen(jx_this(a).label), VT_JOB_LABEL - 1);
  assert_true(strlen(vt_jobs_leader(b)) > VT_JOB_HOST + VT_JOB_LABEL);
  vt_jobs_close(a);
  vt_jobs_close(b);
  assert_int_equal(jx_files(), 0);
}

/* ------------------------------------------------------------------ damage */

static void a_damaged_lease_names_nobody_and_is_taken_over_after_stale_s(void **state)
{
  (void)state;
  static const char *const damage[] = {"", "vitrion-lease 1\njob x\n", "vitrion-lease 1\njob x\ncrc 00000000\n",
                                       "\n\n"};
  double now = 0;
  vt_jobs *a = jx_open("a", "", now), *b = jx_open("b", "", now);
  for (size_t k = 0; k < sizeof damage / sizeof *damage; k++) {
    char name[65];
    jx_claim_name(1, name);
    jx_write(name, damage[k], strlen(damage[k]));
    jx_write("leader", damage[k], strlen(damage[k]));
    for (int i = 0; i < JX_STALE / JX_BEAT; i++, now += beat) {
      jx_beat(a, now);
      jx_beat(b, now);
      assert_int_equal(jx_claim(a, 1, now), 0);
      assert_int_equal(jx_held(b, 1, now), 1);
      assert_int_equal(jx_lead(a, now), 0);
      assert_string_equal(vt_jobs_leader(a), "");
    }
    assert_int_equal(jx_held(b, 1, now), 0);
    assert_int_equal(jx_claim(a, 1, now), 1);
    assert_int_equal(jx_claim(b, 1, now), 0); /* b judged the damaged one dead, too */
    assert_int_equal(jx_lead(a, now), 1);
    jx_release(a, 1, now);
    vt_err err;
    VT_TEST_OK(vt_jobs_resign(a, now, &err), &err);
  }
  vt_jobs_close(a);
  vt_jobs_close(b);
  assert_int_equal(jx_files(), 0);
}

static void a_late_heir_of_a_damaged_lease_leaves_a_whole_one_alone(void **state)
{
  (void)state;
  double now = 0;
  vt_err err;
  char name[65];
  vt_jobs *a = jx_open("a", "", now), *b = jx_open("b", "", now);
  jx_claim_name(1, name);
  assert_int_equal(jx_claim(a, 1, 0), 1);
  int lives = 1;
  for (int i = 0; i <= 2 * JX_STALE / JX_BEAT; i++, now += beat) { /* b takes the name for one that stands still */
    VT_TEST_OK(vt__alive(b, name, now, 1, &lives, &err), &err);
    jx_beat(a, now);
  }
  assert_int_equal(lives, 0);
  VT_TEST_OK(vt__inherit(b, name, now, &err), &err);
  assert_int_equal(jx_held(b, 1, now), 1);
  vt_jobs_close(a);
  vt_jobs_close(b);
}

static void a_sweep_removes_damaged_leases_that_stood_still(void **state)
{
  (void)state;
  double now = 0;
  char name[65];
  vt_jobs *b = jx_open("b", "", now);
  jx_claim_name(1, name);
  jx_write(name, "", 0);
  jx_write("heir-job-x", "?", 1);
  jx_sweep(b, now);
  assert_int_equal(jx_files(), 4);
  while (now < stale) {
    jx_beats(b, &now, beat);
    jx_sweep(b, now);
  }
  assert_int_equal(jx_files(), 2);
  vt_jobs_close(b);
}

static void a_damaged_presence_lives_while_it_changes(void **state)
{
  (void)state;
  double now = 0;
  vt_jobs *b = jx_open("b", "", now);
  jx_write_claim(1, "odd");
  for (int k = 0; k < 30; k++) {
    char text[32];
    jx_write("job-odd", text, (size_t)snprintf(text, sizeof text, "vitrion-job 2 %d", k)); /* of a later version */
    jx_beats(b, &now, stale / 2);
    assert_int_equal(jx_claim(b, 1, now), 0);
    assert_int_equal(vt_jobs_others(b), 1);
  }
  jx_beats(b, &now, stale);
  jx_sweep(b, now);
  assert_int_equal(jx_files(), 2);
  vt_jobs_close(b);
}

static void a_torn_presence_of_ours_is_written_again(void **state)
{
  (void)state;
  char name[256];
  vt_jobs *a = jx_open("a", "", 0);
  own_name(a, name);
  jx_write(name, "vitrion", 7);
  jx_beat(a, beat);
  assert_int_equal(jx_this(a).pid, getpid());
  vt_jobs_close(a);
}

/* ------------------------------------------------------------------ errors of the file system */

static void make_below(const char *name)
{
  char path[512];
  jx_path(name, path, sizeof path);
  assert_int_equal(mkdir(path, 0777), 0);
}

static void errors_at_a_beat_are_tolerated_for_half_of_stale_s(void **state)
{
  (void)state;
  char name[256], was[1024];
  vt_err err = {0};
  vt_jobs *a = jx_open("a", "", 0);
  own_name(a, name);
  size_t n = jx_read(name, was, sizeof was);
  double now = 0;
  for (int round = 0; round < 2; round++) { /* a success in between counts from zero again */
    jx_remove(name);
    make_below(name); /* cannot be written, but is there */
    double first = now + beat;
    while (now + beat < first + stale / 2) jx_beat(a, now += beat);
    if (round == 0) {
      jx_remove(name);
      jx_write(name, was, n);
      jx_beat(a, now += beat);
    }
  }
  assert_int_equal(vt_jobs_beat(a, now += beat, &err), VT_EIO);
  assert_non_null(strstr(err.text, "no success for 30 s"));
  jx_remove(name);
  vt_jobs_close(a);
}

static void errors_at_a_claim_read_as_not_got_for_half_of_stale_s(void **state)
{
  (void)state;
  char name[65];
  vt_err err = {0};
  vt_jobs *a = jx_open("a", "", 0);
  vt_uid u = jx_uid(1);
  int got = 1;
  jx_claim_name(1, name);
  make_below(name);
  assert_int_equal(jx_claim(a, 1, 0), 0);
  assert_int_equal(jx_held(a, 1, stale / 2 - 1), 1);
  assert_int_equal(vt_jobs_claim(a, &u, stale / 2, &got, &err), VT_EIO);
  assert_int_equal(got, 0);
  assert_int_equal(jx_claim(a, 2, stale / 2), 1);
  assert_int_equal(jx_claim(a, 1, stale / 2), 0); /* again from zero */
  assert_int_equal(vt_jobs_release(a, &u, stale, &err), VT_EIO);
  assert_non_null(strstr(err.text, "cannot read"));
  jx_remove(name);
  vt_jobs_close(a);
}

static void what_cannot_be_is_refused(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_jobs *j;
  char path[512];
  assert_int_equal(vt_jobs_open(&j, &(vt_jobs_options){.dir = "", .beat_s = 5, .silence_s = 60}, 0, &err), VT_EINVAL);
  assert_int_equal(vt_jobs_open(&j, &(vt_jobs_options){.dir = jx_dir(), .beat_s = 5, .silence_s = 19}, 0, &err),
                   VT_EINVAL);
  assert_non_null(strstr(err.text, "at least four must fit in"));
  assert_null(j);
  vt_job nobody = {.pid = 0};
  vt_jobs *a = jx_open("a", "", 0);
  jx_write("plain", "", 0);
  jx_path("plain", path, sizeof path);
  vt_err_clear(&err);
  assert_int_equal(vt_jobs_open(&j, &(vt_jobs_options){.dir = path, .beat_s = 5, .silence_s = 60}, 0, &err), VT_EIO);
  assert_null(j);
  char text[64];
  vt_job_text(&nobody, text, sizeof text);
  assert_string_equal(text, "job ");
  vt_jobs_close(a);
}

/* ------------------------------------------------------------------ looking */

static void a_look_says_who_is_there_and_changes_nothing(void **state)
{
  (void)state;
  vt_jobs_list l;
  vt_err err;
  VT_TEST_OK(vt_jobs_look(jx_dir(), &l, &err), &err); /* no folder */
  assert_int_equal(l.n, 0);
  vt_jobs_list_free(&l);
  vt_jobs *a = jx_open("node1", "one", 0), *b = jx_open("node2", "two", 0);
  assert_int_equal(jx_lead(b, 0), 1);
  for (int k = 0; k < 7; k++) assert_int_equal(jx_claim(k < 3 ? a : b, k, 0), 1);
  jx_write_claim(50, "nobody");
  jx_write("job-aaa", "", 0);
  int files = jx_files();
  VT_TEST_OK(vt_jobs_look(jx_dir(), &l, &err), &err);
  assert_int_equal(l.n, 3);
  assert_int_equal(l.orphans, 1);
  assert_string_equal(l.job[0].id, "aaa");
  assert_string_equal(l.job[0].host, "");
  assert_string_equal(l.job[1].label, "one");
  assert_int_equal(l.job[1].claims, 3);
  assert_int_equal(l.job[1].leads, 0);
  assert_string_equal(l.job[2].host, "node2");
  assert_int_equal(l.job[2].claims, 4);
  assert_int_equal(l.job[2].leads, 1);
  assert_int_equal(l.job[2].dead, 0);
  vt_jobs_list_free(&l);
  assert_int_equal(jx_files(), files);
  vt_jobs_close(a);
  vt_jobs_close(b);
}

/* A job looked at through a link in a circle (ELOOP, the error that root can have, too): nothing of what the memory
 * held before is taken for the file. */
static void what_cannot_be_read_is_empty(void **state)
{
  (void)state;
  vt_jobs *a = jx_open("node1", "one", 0);
  char path[512];
  vt__text t = {.n = (size_t)1 << 40};
  vt_job who;
  vt_jobs_list l;
  vt_err err;
  (void)snprintf(path, sizeof path, "%s/job-circle", jx_dir());
  assert_int_equal(symlink("job-circle", path), 0);
  int dir = open(jx_dir(), O_RDONLY | O_DIRECTORY);
  assert_true(dir >= 0);
  assert_int_equal(vt__jobs_read(dir, "job-circle", &t), VT__READ_BAD);
  assert_int_equal(t.n, 0);
  assert_int_equal(vt__job_parse(&t, &who), 0);
  VT_TEST_OK(vt_jobs_look(jx_dir(), &l, &err), &err);
  assert_int_equal(l.n, 2);
  assert_string_equal(l.job[0].id, "circle");
  assert_string_equal(l.job[0].host, "");
  vt_jobs_list_free(&l);
  assert_int_equal(close(dir), 0);
  assert_int_equal(unlink(path), 0);
  vt_jobs_close(a);
}

#define T(f) cmocka_unit_test_setup_teardown(f, jx_setup, jx_teardown)
int main(void)
{
  const struct CMUnitTest tests[] = {
      T(files_are_what_the_header_says),
      T(the_build_is_a_line_that_older_programs_did_not_write),
      T(a_job_knows_the_build_of_its_leader),
      T(every_flipped_byte_and_every_cut_is_found),
      T(the_longest_names_fit),
      T(a_damaged_lease_names_nobody_and_is_taken_over_after_stale_s),
      T(a_late_heir_of_a_damaged_lease_leaves_a_whole_one_alone),
      T(a_sweep_removes_damaged_leases_that_stood_still),
      T(a_damaged_presence_lives_while_it_changes),
      T(a_torn_presence_of_ours_is_written_again),
      T(errors_at_a_beat_are_tolerated_for_half_of_stale_s),
      T(errors_at_a_claim_read_as_not_got_for_half_of_stale_s),
      T(what_cannot_be_is_refused),
      T(a_look_says_who_is_there_and_changes_nothing),
      T(what_cannot_be_read_is_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
