/* Jobs as real processes that are killed at random: every task is done, and no two living processes ever hold one. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/runner/jobs/jobs_fixture.h"
#include "tests/vt_test.h"

enum { N_PROC = 8, N_UID = 200, N_KILLS = 400, N_TIMES = 40, LEAST_KILLS = 20, LEAST_TAKEOVERS = 5 };

static double draw01(uint64_t *n)
{
  double u[2];
  vt_rng_uniform2(11, VT_STREAM_TEST, 0, (int64_t)(*n)++, 0, u);
  return u[0];
}

/* Shared by all processes. */
typedef struct shared {
  atomic_int holder[N_UID]; /* pid of who works on it, 0 */
  atomic_int done[N_UID];
  atomic_int clashes, takeovers, leaders; /* leaders: who is inside what only a leader does */
  atomic_int enough;                      /* killed, and taken over: what is done is not done again */
} shared;

/* Alive by what the kernel says; a zombie runs no more. */
static int runs(int pid)
{
  char path[48], state = 'X';
  (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *f = fopen(path, "r");
  if (!f) return 0;
  if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1) state = 'X';
  (void)fclose(f);
  return state != 'Z' && state != 'X';
}

/* Enter what only one may be in; the one before must have left it or be dead. */
static void enter(shared *s, atomic_int *who)
{
  int before = atomic_exchange(who, (int)getpid());
  if (before == 0) return;
  atomic_fetch_add(runs(before) ? &s->clashes : &s->takeovers, 1);
}

static void leave(shared *s, atomic_int *who)
{
  int me = (int)getpid();
  if (!atomic_compare_exchange_strong(who, &me, 0)) atomic_fetch_add(&s->clashes, 1);
}

static int all_done(shared *s)
{
  if (!atomic_load(&s->enough)) return 0;
  for (int k = 0; k < N_UID; k++)
    if (atomic_load(&s->done[k]) < N_TIMES) return 0;
  return 1;
}

static void work(shared *s, vt_jobs *j, int k, uint64_t *draw)
{
  if (atomic_load(&s->enough) && atomic_load(&s->done[k]) >= N_TIMES) return;
  if (!jx_claim(j, k, vt_now_s())) return;
  enter(s, &s->holder[k]);
  vt_nap_s(1e-3 * draw01(draw));
  atomic_fetch_add(&s->done[k], 1);
  leave(s, &s->holder[k]);
  jx_release(j, k, vt_now_s());
}

static void run_job(shared *s, uint64_t draw)
{
  vt_jobs *j;
  vt_jobs_options o = {.dir = jx_dir(), .beat_s = 0.02, .silence_s = 300}; /* only the kernel says who is dead */
  if (vt_jobs_open(&j, &o, vt_now_s(), NULL) != VT_OK) _exit(2);
  while (!all_done(s)) {
    int from = (int)(N_UID * draw01(&draw)), step = 1 + 2 * (int)(8 * draw01(&draw));
    while (N_UID % step == 0 && step > 1) step += 2;
    for (int i = 0; i < N_UID; i++) {
      work(s, j, (from + i * step) % N_UID, &draw);
      jx_beat(j, vt_now_s());
    }
    if (jx_lead(j, vt_now_s())) {
      enter(s, &s->leaders);
      jx_sweep(j, vt_now_s());
      leave(s, &s->leaders);
      if (draw01(&draw) < 0.5 && vt_jobs_resign(j, vt_now_s(), NULL) != VT_OK) _exit(3);
    }
  }
  vt_jobs_close(j);
  _exit(0);
}

static pid_t start_job(shared *s, uint64_t seed)
{
  pid_t p = fork();
  if (p == 0) run_job(s, seed);
  assert_true(p > 0);
  return p;
}

static shared *share(void)
{
  char path[] = "/tmp/vt_test_jobs_shared_XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(ftruncate(fd, sizeof(shared)), 0);
  void *p = mmap(NULL, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  assert_true(p != MAP_FAILED);
  (void)close(fd);
  return p;
}

static void killed_processes_lose_no_task_and_no_two_hold_one(void **state)
{
  (void)state;
  shared *s = share();
  pid_t pid[N_PROC];
  uint64_t draw = 0, seed = 1; /* a million numbers each */
  int kills = 0;
  for (int k = 0; k < N_PROC; k++) pid[k] = start_job(s, 1000000 * seed++);
  for (; kills < N_KILLS && !all_done(s); kills++) {
    vt_nap_s(4e-3 * draw01(&draw));
    int k = (int)(N_PROC * draw01(&draw)), status;
    (void)kill(pid[k], SIGKILL);
    if (draw01(&draw) < 0.5) vt_nap_s(2e-3); /* a zombie for a while */
    assert_int_equal(waitpid(pid[k], &status, 0), pid[k]);
    pid[k] = start_job(s, 1000000 * seed++);
    if (kills >= LEAST_KILLS && atomic_load(&s->takeovers) >= LEAST_TAKEOVERS) atomic_store(&s->enough, 1);
  }
  atomic_store(&s->enough, 1);
  for (int k = 0; k < N_PROC; k++) {
    int status;
    assert_int_equal(waitpid(pid[k], &status, 0), pid[k]);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
  }
  print_message("%d kills, %d takeovers in the middle of work\n", kills, atomic_load(&s->takeovers));
  assert_true(all_done(s));
  /* else this test tests nothing */
  assert_true(kills >= LEAST_KILLS && atomic_load(&s->takeovers) >= LEAST_TAKEOVERS);
  assert_int_equal(atomic_load(&s->clashes), 0);
  double now = 0;
  vt_jobs *j = jx_open(NULL, "", now);
  jx_beats(j, &now, JX_STALE); /* who was killed before its presence said which process it is */
  jx_sweep(j, now);
  vt_jobs_close(j);
  assert_int_equal(jx_files(), 0);
  assert_int_equal(munmap(s, sizeof *s), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, jx_setup, jx_teardown)
int main(void)
{
  const struct CMUnitTest tests[] = {T(killed_processes_lose_no_task_and_no_two_hold_one)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
