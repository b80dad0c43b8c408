/* Several jobs at one folder, with a clock that the test turns: who lives, who leads, who has which task. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/jobs/jobs_impl.h"
#include "tests/unit/runner/jobs/jobs_fixture.h"
#include "tests/vt_test.h"

static const double beat = JX_BEAT, stale = JX_STALE;

/* ------------------------------------------------------------------ while everybody lives */

static void the_first_leads_and_the_second_learns_who_it_is(void **state)
{
  (void)state;
  vt_jobs *a = jx_open("node3", "SLURM job 12", 0), *b = jx_open("node4", NULL, 100);
  assert_int_equal(vt_jobs_leads(a, 0), 0);
  assert_int_equal(jx_lead(a, 0), 1);
  assert_int_equal(jx_lead(b, 100), 0);
  assert_int_equal(vt_jobs_leads(a, 0), 1);
  assert_int_equal(vt_jobs_leads(b, 100), 0);
  assert_int_equal(vt_jobs_others(b), 1);
  char want[64];
  (void)snprintf(want, sizeof want, "SLURM job 12 on node3 (pid %ld), since 2", (long)getpid());
  assert_memory_equal(vt_jobs_leader(b), want, strlen(want));
  vt_err err;
  VT_TEST_OK(vt_jobs_resign(a, 1, &err), &err);
  assert_int_equal(vt_jobs_leads(a, 1), 0);
  assert_string_equal(vt_jobs_leader(a), "");
  assert_int_equal(jx_lead(b, 101), 1);
  assert_memory_equal(vt_jobs_leader(b), "a job on node4", 14);
  vt_jobs_close(a);
  vt_jobs_close(b);
}

static void a_life_with_claims_and_leadership_leaves_no_file(void **state)
{
  (void)state;
  vt_jobs *a = jx_open(NULL, "a", 0), *b = jx_open(NULL, "b", 0);
  assert_int_equal(jx_lead(a, 0), 1);
  for (int k = 0; k < 200; k++) assert_int_equal(jx_claim(k % 2 ? a : b, k, 0), 1);
  for (int k = 0; k < 100; k++) jx_release(k % 2 ? a : b, k, 0);
  assert_int_equal(jx_files(), 2 + 2 + 1 + 100);
  vt_jobs_close(a);
  vt_jobs_close(b);
  assert_int_equal(jx_files(), 0);
  vt_jobs_close(NULL);
}

static void a_task_has_one_holder(void **state)
{
  (void)state;
  vt_jobs *a = jx_open("a", "", 0), *b = jx_open("b", "", 0);
  assert_int_equal(jx_claim(a, 1, 0), 1);
  assert_int_equal(jx_claim(a, 1, 0), 1); /* what is ours is ours */
  assert_int_equal(jx_claim(b, 1, 0), 0);
  assert_int_equal(jx_held(a, 1, 0), 0);
  assert_int_equal(jx_held(b, 1, 0), 1);
  assert_int_equal(jx_held(b, 2, 0), 0);
  jx_release(b, 1, 0); /* not b's */
  assert_int_equal(jx_held(b, 1, 0), 1);
  jx_release(a, 1, 0);
  assert_int_equal(jx_held(b, 1, 0), 0);
  assert_int_equal(jx_claim(b, 1, 0), 1);
  vt_jobs_close(a);
  vt_jobs_close(b);
}

static void jobs_that_beat_live_for_ever(void **state)
{
  (void)state;
  vt_jobs *a = jx_open("a", "", 0), *b = jx_open("b", "", 1e6); /* clocks have nothing in common */
  assert_int_equal(jx_lead(a, 0), 1);
  for (int k = 0; k < 400; k++) {
    double t = 3 * k;
    jx_beat(a, t);
    jx_beat(b, 1e6 + t);
    assert_int_equal(jx_lead(b, 1e6 + t), 0);
    assert_int_equal(vt_jobs_leads(a, t), 1);
    if (t > beat) assert_int_equal(vt_jobs_others(a) + vt_jobs_others(b), 2); /* a looked before b came */
  }
  vt_jobs_close(a);
  vt_jobs_close(b);
}

static void a_beat_does_nothing_before_its_time(void **state)
{
  (void)state;
  vt_jobs *a = jx_open("a", "", 0);
  int64_t before = jx_this(a).beat;
  for (int k = 0; k < 20; k++) jx_beat(a, beat * k / 20);
  assert_int_equal(jx_this(a).beat, before);
  jx_beat(a, beat);
  assert_int_equal(jx_this(a).beat, before + 1);
  vt_jobs_close(a);
}

/* ------------------------------------------------------------------ the dead */

static void a_silent_job_is_dead_after_stale_s_and_not_before(void **state)
{
  (void)state;
  const char *hosts[] = {"elsewhere", NULL}; /* NULL: on this host, with a living process, as when it is stopped */
  for (int k = 0; k < 2; k++) {
    vt_err err;
    double now = 1000;
    vt_jobs *a = jx_open(hosts[k], "", 0), *b = jx_open(NULL, "", now);
    assert_int_equal(jx_lead(a, 0), 1);
    assert_int_equal(jx_claim(a, 1, 0), 1);
    assert_int_equal(jx_claim(a, 2, 0), 1);
    jx_beats(b, &now, stale - beat);
    assert_int_equal(jx_lead(b, now), 0);
    assert_int_equal(jx_claim(b, 1, now), 0);
    assert_int_equal(vt_jobs_others(b), 1);
    jx_beats(b, &now, beat);
    assert_int_equal(vt_jobs_others(b), 0);
    assert_int_equal(jx_held(b, 1, now), 0);
    assert_int_equal(jx_claim(b, 1, now), 1);
    assert_int_equal(jx_lead(b, now), 1);
    assert_int_equal(jx_files(), 4); /* presence, lease, claim, leader of b: nothing of a */
    /* a wakes up */
    int got;
    vt_uid u = jx_uid(3);
    assert_int_equal(vt_jobs_leads(a, stale), 0); /* even before it looks */
    assert_int_equal(vt_jobs_beat(a, stale, &err), VT_ESTOP);
    assert_non_null(strstr(err.text, "believed this one dead"));
    assert_int_equal(vt_jobs_claim(a, &u, stale, &got, &err), VT_ESTOP);
    assert_int_equal(vt_jobs_lead(a, stale, &got, &err), VT_ESTOP);
    assert_int_equal(vt_jobs_sweep(a, stale, &err), VT_ESTOP);
    vt_jobs_close(a);
    assert_int_equal(jx_files(), 4);
    vt_jobs_close(b);
    assert_int_equal(jx_files(), 0);
  }
}

static void a_leader_that_slept_may_change_nothing(void **state)
{
  (void)state;
  vt_err err;
  double now = 1000;
  vt_jobs *a = jx_open("elsewhere", "", 0), *b = jx_open(NULL, "", now);
  assert_int_equal(vt_jobs_epoch(a), 0);
  assert_int_equal(jx_lead(a, 0), 1);
  assert_int_equal(jx_lead(a, 1), 1);
  int64_t first = vt_jobs_epoch(a);
  assert_int_equal(first, 1); /* asked twice, taken once */
  VT_TEST_OK(vt_jobs_check_lead(a, first, &err), &err);
  assert_int_equal(vt_jobs_check_lead(b, first, &err), VT_ESTOP);
  jx_beats(b, &now, stale);
  assert_int_equal(jx_lead(b, now), 1);
  assert_int_equal(vt_jobs_epoch(b), first + 1);
  VT_TEST_OK(vt_jobs_check_lead(b, first + 1, &err), &err);
  VT_TEST_REFUSED(vt_jobs_check_lead(a, first, &err), VT_ESTOP, &err, "leads as number 2");
  assert_non_null(strstr(err.text, vt_jobs_id(a)));
  assert_non_null(strstr(err.text, vt_jobs_id(b)));
  vt_jobs_close(a);
  VT_TEST_OK(vt_jobs_resign(b, now, &err), &err); /* what was begun before is not gone on with after */
  assert_int_equal(vt_jobs_check_lead(b, first + 1, &err), VT_ESTOP);
  assert_int_equal(jx_lead(b, now), 1);
  assert_int_equal(vt_jobs_check_lead(b, first + 1, &err), VT_ESTOP);
  VT_TEST_OK(vt_jobs_check_lead(b, first + 2, &err), &err);
  vt_jobs_close(b);
}

static void the_numbers_of_leaders_grow_and_old_ones_are_removed(void **state)
{
  (void)state;
  for (int k = 1; k <= 20; k++) {
    vt_jobs *a = jx_open(NULL, "", 0);
    assert_int_equal(jx_lead(a, 0), 1);
    assert_int_equal(vt_jobs_epoch(a), k); /* also those of jobs that have ended count */
    vt_jobs_close(a);
  }
  assert_true(jx_exists("epoch-00000000000000000020"));
  assert_true(jx_exists("epoch-00000000000000000012"));
  assert_false(jx_exists("epoch-00000000000000000011"));
  assert_int_equal(jx_files(), 0);
}

static void time_in_which_nobody_looked_makes_nobody_dead(void **state)
{
  (void)state;
  vt_jobs *a = jx_open("a", "", 0), *b = jx_open("b", "", 0);
  assert_int_equal(jx_lead(a, 0), 1);
  jx_beat(b, 5000); /* as when the server hung: a had no chance either */
  assert_int_equal(vt_jobs_others(b), 1);
  assert_int_equal(jx_lead(b, 5000), 0);
  jx_beat(a, 5001);
  jx_beat(b, 9000);
  jx_beat(b, 9000 + stale);
  jx_beat(b, 9000 + 2 * stale);
  assert_int_equal(jx_lead(b, 9000 + 2 * stale), 0); /* a beat after the hang counts from zero */
  vt_jobs_close(a);
  vt_jobs_close(b);
}

static vt_job stranger(vt_jobs *like)
{
  vt_job x = jx_this(like);
  (void)snprintf(x.id, sizeof x.id, "stranger-1-2-abc");
  return x;
}

/* A process that was here: its pid is free (or, if it is not reaped, a zombie's). */
static pid_t ended_child(int reap)
{
  pid_t p = fork();
  if (p == 0) _exit(0);
  assert_true(p > 0);
  siginfo_t info;
  assert_int_equal(waitid(P_PID, (id_t)p, &info, WEXITED | WNOWAIT), 0);
  if (reap) assert_int_equal(waitpid(p, NULL, 0), p);
  return p;
}

/* Field 22 of its stat: when a process started. */
static int64_t start_of(pid_t p)
{
  char path[48], word[32] = "";
  int64_t start = 0;
  (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)p);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  for (int field = 1; field <= 22; field++) assert_int_equal(fscanf(f, "%31s", word), 1); /* no blank in our own name */
  assert_int_equal(fclose(f), 0);
  assert_true(vt_parse_i64(word, strlen(word), &start));
  return start;
}

enum { GONE, ZOMBIE, REUSED, HERE, UNKNOWN_START, OTHER_HOST, OTHER_BOOT, OTHER_NS, N_KINDS };

static void a_process_is_asked_for_on_its_own_host_boot_and_namespace_only(void **state)
{
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++) {
    double now = 0;
    vt_jobs *b = jx_open(NULL, "", now);
    vt_job x = stranger(b);
    pid_t child = ended_child(kind != ZOMBIE);
    if (kind != REUSED && kind != HERE && kind != UNKNOWN_START) x.pid = child;
    if (kind == ZOMBIE) x.start = start_of(child);
    if (kind == REUSED) x.start--;
    if (kind == UNKNOWN_START) x.start = 0;
    if (kind == OTHER_HOST) (void)snprintf(x.host, sizeof x.host, "elsewhere");
    if (kind == OTHER_BOOT) x.boot[0] = x.boot[0] == '0' ? '1' : '0';
    if (kind == OTHER_NS) (void)snprintf(x.ns, sizeof x.ns, "pid:[1]");
    jx_write_job(&x);
    jx_write_claim(1, x.id);
    int dead_at_once = kind == GONE || kind == ZOMBIE || kind == REUSED;
    if (jx_claim(b, 1, now) != dead_at_once) fail_msg("kind %d", kind);
    jx_beats(b, &now, stale);
    assert_int_equal(jx_claim(b, 1, now), 1);
    if (kind == ZOMBIE) assert_int_equal(waitpid(child, NULL, 0), child);
    vt_jobs_close(b);
    assert_int_equal(jx_files(), 0);
  }
}

static void a_job_that_nobody_saw_before_is_alive_until_it_stood_still(void **state)
{
  (void)state;
  double now = 1e5;
  vt_jobs *b = jx_open("b", "", now);
  jx_beats(b, &now, 3 * stale);
  vt_job x = stranger(b);
  (void)snprintf(x.host, sizeof x.host, "elsewhere");
  jx_write_job(&x); /* since when its file is there does not matter */
  jx_write_claim(1, x.id);
  jx_write_lease("leader", x.id);
  assert_int_equal(jx_claim(b, 1, now), 0);
  assert_int_equal(jx_lead(b, now), 0);
  jx_beats(b, &now, stale - beat);
  assert_int_equal(jx_claim(b, 1, now), 0);
  x.beat++;
  jx_write_job(&x); /* one sign of life counts for silence_s more */
  jx_beats(b, &now, stale);
  assert_int_equal(jx_claim(b, 1, now), 0);
  jx_beats(b, &now, beat);
  assert_int_equal(jx_claim(b, 1, now), 1);
  vt_jobs_close(b);
}

static void a_stopped_process_stops_when_it_continues(void **state)
{
  (void)state;
  int ready[2], status;
  double now = 0;
  char c = 0;
  assert_int_equal(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0) {
    vt_jobs *a = jx_open(NULL, "", 0);
    int ok = jx_claim(a, 1, 0) && write(ready[1], &c, 1) == 1;
    (void)raise(SIGSTOP);
    _exit(ok && vt_jobs_beat(a, 1000, NULL) == VT_ESTOP ? 17 : 1);
  }
  assert_true(child > 0);
  assert_int_equal(read(ready[0], &c, 1), 1);
  assert_int_equal(waitpid(child, &status, WUNTRACED), child);
  vt_jobs *b = jx_open(NULL, "", now);
  assert_int_equal(jx_claim(b, 1, now), 0);
  jx_beats(b, &now, stale);
  assert_int_equal(jx_claim(b, 1, now), 1);
  assert_int_equal(kill(child, SIGCONT), 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 17);
  vt_jobs_close(b);
  assert_int_equal(jx_files(), 0);
  (void)close(ready[0]);
  (void)close(ready[1]);
}

/* ------------------------------------------------------------------ heirs */

static void what_is_inherited_once_is_not_taken_from_its_new_holder(void **state)
{
  (void)state;
  vt_err err;
  double now = 0;
  vt_jobs *x = jx_open("x", "", 0), *a = jx_open("a", "", 0), *b = jx_open("b", "", 0);
  assert_int_equal(jx_claim(x, 1, 0), 1);
  char estate[256];
  (void)snprintf(estate, sizeof estate, "job-%s", vt_jobs_id(x));
  while (now < stale) {
    jx_beat(a, now += beat);
    jx_beat(b, now);
  }
  assert_int_equal(jx_claim(a, 1, now), 1);            /* both know that x is dead; a is first */
  VT_TEST_OK(vt__inherit(b, estate, now, &err), &err); /* b had decided just before */
  assert_int_equal(jx_claim(b, 1, now), 0);
  jx_sweep(b, now);
  assert_int_equal(jx_held(b, 1, now), 1);
  vt_jobs_close(x);
  vt_jobs_close(a);
  vt_jobs_close(b);
  assert_int_equal(jx_files(), 0);
}

static void an_heir_looks_once_more_before_it_clears(void **state)
{
  (void)state;
  vt_err err;
  double now = 0;
  vt_jobs *x = jx_open("x", "", 0), *b = jx_open("b", "", 0);
  assert_int_equal(jx_claim(x, 1, 0), 1);
  char estate[256];
  (void)snprintf(estate, sizeof estate, "job-%s", vt_jobs_id(x));
  jx_beats(b, &now, stale);
  assert_int_equal(vt_jobs_others(b), 0);
  jx_beat(x, now); /* between judgement and heirship */
  VT_TEST_OK(vt__inherit(b, estate, now, &err), &err);
  assert_int_equal(jx_claim(b, 1, now), 0);
  jx_beat(x, now + beat); /* nothing was taken from it */
  assert_int_equal(jx_claim(x, 1, now), 1);
  vt_jobs_close(x);
  vt_jobs_close(b);
  assert_int_equal(jx_files(), 0);
}

static void while_an_heir_is_at_work_nobody_else_touches_the_estate(void **state)
{
  (void)state;
  double now = 0;
  char heir[256];
  vt_jobs *a = jx_open("a", "", 0), *b = jx_open("b", "", 0);
  jx_write_claim(1, "x"); /* no job-x: dead */
  jx_write_claim(2, "x");
  (void)snprintf(heir, sizeof heir, "heir-job-x");
  jx_write_lease(heir, vt_jobs_id(a));
  assert_int_equal(jx_claim(b, 1, now), 0);
  assert_int_equal(jx_held(b, 1, now), 0);
  jx_sweep(b, now);
  assert_int_equal(jx_files(), 2 + 2 + 3);
  jx_beats(b, &now, stale); /* a died over it: b inherits from a, and then from x */
  assert_int_equal(jx_claim(b, 1, now), 1);
  assert_int_equal(jx_claim(b, 2, now), 1);
  assert_int_equal(jx_files(), 2 + 2);
  vt_jobs_close(a);
  vt_jobs_close(b);
}

static void a_chain_of_heirs_that_died_is_inherited(void **state)
{
  (void)state;
  vt_jobs *b = jx_open("b", "", 0);
  jx_write_claim(1, "x");
  jx_write_lease("heir-job-x", "y");
  jx_write_lease("heir-job-y", "z");
  jx_write_lease("heir-probe-z", "z"); /* died while it opened */
  jx_write_lease("lease-z", "z");
  assert_int_equal(jx_claim(b, 1, 0), 1);
  jx_sweep(b, 0);
  assert_int_equal(jx_files(), 3);
  vt_jobs_close(b);
}

static void a_sweep_removes_the_dead_and_spares_the_living(void **state)
{
  (void)state;
  vt_jobs *a = jx_open("a", "", 0), *b = jx_open(NULL, "", 0);
  vt_job x = stranger(b);
  x.pid = ended_child(1);
  jx_write_job(&x);
  (void)snprintf(x.id, sizeof x.id, "lives-1-2-abc");
  (void)snprintf(x.host, sizeof x.host, "elsewhere");
  jx_write_job(&x);
  jx_write_lease("lease-lives-1-2-abc", x.id);
  jx_write_lease("lease-stranger-1-2-abc", "stranger-1-2-abc");
  jx_write_lease("leader", "stranger-1-2-abc");
  jx_write("README", "mine", 4);
  for (int k = 0; k < 40; k++) jx_write_claim(k, k < 10 ? "stranger-1-2-abc" : k < 20 ? x.id : "never-seen");
  assert_int_equal(jx_claim(a, 100, 0), 1);
  jx_sweep(b, 0);
  assert_int_equal(jx_files(), 2 + 2 + 2 + 10 + 1 + 1);
  for (int k = 0; k < 40; k++) assert_int_equal(jx_held(b, k, 0), k >= 10 && k < 20);
  assert_true(jx_exists("README"));
  jx_remove("README");
  vt_jobs_close(a);
  vt_jobs_close(b);
}

/* ------------------------------------------------------------------ losing what one has */

static void a_presence_that_was_taken_away_stops_the_job_and_does_not_come_back(void **state)
{
  (void)state;
  vt_err err;
  vt_jobs *a = jx_open("a", "", 0);
  char name[256];
  (void)snprintf(name, sizeof name, "job-%s", vt_jobs_id(a));
  jx_remove(name);
  jx_beat(a, beat / 2); /* not yet looked */
  assert_int_equal(vt_jobs_beat(a, beat, &err), VT_ESTOP);
  assert_int_equal(vt_jobs_beat(a, 2 * beat, &err), VT_ESTOP);
  assert_false(jx_exists(name));
  vt_jobs_close(a);
  assert_int_equal(jx_files(), 0);
}

static void leading_asks_for_the_presence_first(void **state)
{
  (void)state;
  vt_err err;
  int leads = 1;
  vt_jobs *a = jx_open("a", "", 0);
  char name[256];
  (void)snprintf(name, sizeof name, "job-%s", vt_jobs_id(a));
  assert_int_equal(jx_lead(a, 0), 1);
  jx_remove(name);
  assert_int_equal(vt_jobs_lead(a, 0, &leads, &err), VT_ESTOP);
  assert_int_equal(leads, 0);
  assert_int_equal(vt_jobs_leads(a, 0), 0);
  vt_jobs_close(a);
}

static void a_presence_that_was_replaced_stops_the_job_and_is_left_alone(void **state)
{
  (void)state;
  vt_err err;
  char name[256], was[1024], is[1024];
  vt_jobs *a = jx_open("a", "", 0), *b = jx_open("b", "", 0);
  char other[256];
  (void)snprintf(name, sizeof name, "job-%s", vt_jobs_id(a));
  (void)snprintf(other, sizeof other, "job-%s", vt_jobs_id(b));
  size_t n = jx_read(other, was, sizeof was);
  jx_write(name, was, n);
  assert_int_equal(vt_jobs_beat(a, beat, &err), VT_ESTOP);
  assert_int_equal(jx_read(name, is, sizeof is), n);
  assert_string_equal(is, was);
  vt_jobs_close(a);
  vt_jobs_close(b);
}

static void a_leader_whose_lease_names_another_notices_at_its_next_beat(void **state)
{
  (void)state;
  vt_jobs *a = jx_open("a", "", 0), *b = jx_open("b", "", 0);
  assert_int_equal(jx_lead(a, 0), 1);
  jx_remove("leader");
  assert_int_equal(jx_lead(b, 0), 1);
  jx_beat(a, beat);
  assert_int_equal(vt_jobs_leads(a, beat), 0);
  assert_memory_equal(vt_jobs_leader(a), "a job on b (", 12);
  assert_int_equal(jx_lead(a, beat), 0);
  vt_jobs_close(a);
  assert_int_equal(vt_jobs_leads(b, 0), 1);
  assert_true(jx_exists("leader")); /* a did not take b's lease with it */
  vt_jobs_close(b);
}

static void leadership_from_memory_ends_with_half_of_stale_s(void **state)
{
  (void)state;
  vt_jobs *a = jx_open("a", "", 0);
  assert_int_equal(jx_lead(a, 0), 1);
  assert_int_equal(vt_jobs_leads(a, stale / 2 - 1), 1);
  assert_int_equal(vt_jobs_leads(a, stale / 2), 0);
  jx_beat(a, stale / 2);
  assert_int_equal(vt_jobs_leads(a, stale / 2), 1);
  vt_jobs_close(a);
}

#define T(f) cmocka_unit_test_setup_teardown(f, jx_setup, jx_teardown)
int main(void)
{
  const struct CMUnitTest tests[] = {
      T(the_first_leads_and_the_second_learns_who_it_is),
      T(a_life_with_claims_and_leadership_leaves_no_file),
      T(a_task_has_one_holder),
      T(jobs_that_beat_live_for_ever),
      T(a_beat_does_nothing_before_its_time),
      T(a_silent_job_is_dead_after_stale_s_and_not_before),
      T(a_leader_that_slept_may_change_nothing),
      T(the_numbers_of_leaders_grow_and_old_ones_are_removed),
      T(time_in_which_nobody_looked_makes_nobody_dead),
      T(a_process_is_asked_for_on_its_own_host_boot_and_namespace_only),
      T(a_job_that_nobody_saw_before_is_alive_until_it_stood_still),
      T(a_stopped_process_stops_when_it_continues),
      T(what_is_inherited_once_is_not_taken_from_its_new_holder),
      T(an_heir_looks_once_more_before_it_clears),
      T(while_an_heir_is_at_work_nobody_else_touches_the_estate),
      T(a_chain_of_heirs_that_died_is_inherited),
      T(a_sweep_removes_the_dead_and_spares_the_living),
      T(a_presence_that_was_taken_away_stops_the_job_and_does_not_come_back),
      T(leading_asks_for_the_presence_first),
      T(a_presence_that_was_replaced_stops_the_job_and_is_left_alone),
      T(a_leader_whose_lease_names_another_notices_at_its_next_beat),
      T(leadership_from_memory_ends_with_half_of_stale_s),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
