/* watchdog.c - the page that watchdog and child share, the child's calls, the watchdog's watch. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, WCONTINUED */
#include "runner/watchdog/watchdog.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEFT = 1 << 16, ANSWER_MS = 10000 };
static const double LOOK_S = 0.05;
/* A watchdog that was not scheduled for so long was suspended itself (Ctrl-Z, a suspended job): no time has passed. */
static const double SUSPENDED_S = 2;

typedef struct page {
  _Atomic uint64_t beat, watchdog_beat;
  _Atomic int phase;
  _Atomic int leaves;         /* LEFT | exit code: the child said so */
  _Atomic int64_t silence_ms; /* 0: no limit */
  _Atomic uint32_t note_turn; /* odd while the note is being written */
  uint32_t n_note;
  char note[VT_WATCHDOG_NOTE];
  _Atomic(const char *) doing; /* of the program's own strings: parent and child have them at one place */
} page;

static page *shared; /* NULL: no watchdog */
static volatile sig_atomic_t child;

/* ------------------------------------------------------------------ the child */

/* Who watches the watchdog?  One that was suspended is woken; where all are suspended, nobody calls this. */
static void wake_watchdog(void)
{
  static uint64_t last;
  static double heard;
  const double patience_s = 5;
  double now = vt_now_s();
  uint64_t beat = atomic_load(&shared->watchdog_beat);
  if (beat != last || heard == 0) last = beat, heard = now;
  if (now - heard < patience_s) return;
  heard = now;
  (void)kill(getppid(), SIGCONT);
}

void vt_watchdog_beat(void)
{
  if (!shared) return;
  uint64_t n = atomic_fetch_add_explicit(&shared->beat, 1, memory_order_relaxed);
  if (n % 64 == 0) wake_watchdog();
}

void vt_watchdog_patience(double silence_s)
{
  if (!shared) return;
  vt_watchdog_beat();
  atomic_store(&shared->silence_ms, silence_s > 0 ? (int64_t)(1000 * silence_s) + 1 : 0);
}

double vt_watchdog_start_patience_s(void)
{
  const double standard_s = 300;
  const char *s = getenv("VITRION_START_PATIENCE");
  double v;
  return s && vt_parse_f64(s, strlen(s), &v) && v >= 1 && v <= 86400 ? v : standard_s;
}

void vt_watchdog_doing(const char *what)
{
  if (!shared) return;
  atomic_store(&shared->doing, what);
  vt_watchdog_beat();
}

void vt_watchdog_phase_set(vt_watchdog_phase phase)
{
  if (!shared) return;
  atomic_store(&shared->phase, (int)phase);
  if (phase == VT_WATCHDOG_OVER) (void)kill(getppid(), SIGCONT); /* it has to be awake to see the end */
}

void vt_watchdog_note(const void *note, size_t n)
{
  if (!shared || n > VT_WATCHDOG_NOTE) return;
  atomic_fetch_add(&shared->note_turn, 1);
  if (n) memcpy(shared->note, note, n);
  shared->n_note = (uint32_t)n;
  atomic_fetch_add(&shared->note_turn, 1);
}

void vt_watchdog_leave_now(int code)
{
  if (shared) {
    atomic_store(&shared->leaves, LEFT | (code & 0xff));
    (void)kill(getppid(), SIGCONT);
  }
  _exit(code);
}

void vt_watchdog_leave(int code)
{
  (void)fflush(NULL);
  vt_watchdog_leave_now(code);
}

/* ------------------------------------------------------------------ the watchdog */

static void pass_on(int sig)
{
  int keep = errno;
  if (child > 0) (void)kill((pid_t)child, sig);
  errno = keep;
}

/* A word of PMI-1, as hydra and SLURM's pmi2 plugin speak it; 1 if it was sent. */
static int tell_launcher(const char *word, int *fd)
{
  const char *text = getenv("PMI_FD");
  int64_t v;
  if (!text || !vt_parse_i64(text, strlen(text), &v)) return 0;
  *fd = (int)v;
  size_t n = strlen(word);
  return write(*fd, word, n) == (ssize_t)n;
}

/* This rank leaves in good order. */
static void sign_off(void)
{
  char answer[128];
  int fd;
  if (!tell_launcher("cmd=finalize\n", &fd)) return;
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  if (poll(&ready, 1, ANSWER_MS) != 1) return;
  ssize_t ignored = read(fd, answer, sizeof answer);
  (void)ignored;
}

/* The job cannot go on.  A launcher notices by itself that a rank is dead, but not while it is starting: the others
 * would wait in MPI_Init. */
static void end_job(void)
{
  char word[64];
  int fd;
  (void)snprintf(word, sizeof word, "cmd=abort exitcode=%d\n", VT_EXIT_AGAIN);
  (void)tell_launcher(word, &fd);
}

static int is_master(void)
{
  const char *rank = getenv("PMI_RANK");
  return rank && strcmp(rank, "0") == 0;
}

static void watchdog_describe(const vt_watchdog_death *d)
{
  const char *rank = getenv("PMI_RANK");
  const char *doing = atomic_load(&shared->doing);
  char how[192];
  if (d->stalled)
    (void)snprintf(how, sizeof how, "showed no sign of life for %.0f s%s%s%s and was ended", d->silence_s,
                   doing ? " (" : "", doing ? doing : "", doing ? ")" : "");
  else if (d->signal)
    (void)snprintf(how, sizeof how, "was killed by signal %d (%s)", d->signal, strsignal(d->signal));
  else
    (void)snprintf(how, sizeof how, "ended with exit code %d", d->code);
  (void)fprintf(stderr, "vitrion: rank %s %s; %s\n", rank ? rank : "?", how,
                d->phase == VT_WATCHDOG_IN_COLLECTIVE ? "the others wait for it: the job ends, submit again"
                : is_master()                         ? "it was the master: the others keep what they have and leave"
                                                      : "the others go on");
  (void)fflush(stderr);
}

/* Is it waiting for a disk or a server (state D)?  Then it is not the program that stands still, and no signal would
 * end it. */
static int waits_for_disk(void)
{
  char path[64], text[512];
  (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)child);
  FILE *f = fopen(path, "r");
  if (!f) return 0;
  size_t n = fread(text, 1, sizeof text - 1, f);
  (void)fclose(f);
  text[n] = '\0';
  const char *after = strrchr(text, ')');
  return after && after[1] == ' ' && after[2] == 'D';
}

/* The child is dead: what that means for the job. */
static _Noreturn void watchdog_conclude(int how, int stalled, int suspended, vt_watchdog_on_death *on_death)
{
  vt_watchdog_death d = {.signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0,
                         .suspended = suspended,
                         .code = WIFEXITED(how) ? WEXITSTATUS(how) : 0,
                         .stalled = stalled,
                         .phase = atomic_load(&shared->phase),
                         .silence_s = 1e-3 * (double)atomic_load(&shared->silence_ms)};
  int leaves = atomic_load(&shared->leaves);
  child = 0; /* its number may soon be another's */
  if (d.phase == VT_WATCHDOG_OVER) _exit(d.signal ? VT_EXIT_AGAIN : d.code);
  if (leaves && !d.signal) {
    sign_off();
    _exit(leaves & 0xff);
  }
  if (atomic_load(&shared->note_turn) % 2 == 0 && shared->n_note > 0) {
    d.note = shared->note;
    d.n_note = shared->n_note;
  }
  watchdog_describe(&d);
  if (on_death) on_death(&d);
  if (d.phase == VT_WATCHDOG_IN_COLLECTIVE) {
    end_job();
    _exit(VT_EXIT_AGAIN);
  }
  sign_off();
  _exit(is_master() ? VT_EXIT_AGAIN : VT_EXIT_OK);
}

static _Noreturn void watchdog_watch(vt_watchdog_on_death *on_death)
{
  uint64_t last = 0;
  double heard = vt_now_s(), looked = heard;
  int stalled = 0, suspended = 0, how;
  for (;;) {
    pid_t ended = waitpid((pid_t)child, &how, WNOHANG | WUNTRACED | WCONTINUED);
    if (ended == (pid_t)child && (WIFEXITED(how) || WIFSIGNALED(how)))
      watchdog_conclude(how, stalled, suspended, on_death);
    if (ended == (pid_t)child) suspended = WIFSTOPPED(how);
    if (ended < 0 && errno != EINTR) _exit(VT_EXIT_AGAIN);
    (void)atomic_fetch_add(&shared->watchdog_beat, 1);
    vt_nap_s(LOOK_S);
    double now = vt_now_s();
    uint64_t beat = atomic_load(&shared->beat);
    int64_t limit_ms = atomic_load(&shared->silence_ms);
    if (beat != last || now - looked > SUSPENDED_S) last = beat, heard = now;
    looked = now;
    if (limit_ms > 0 && !stalled && now - heard > 1e-3 * (double)limit_ms) {
      if (waits_for_disk()) continue;
      stalled = 1;
      (void)kill((pid_t)child, SIGKILL);
    }
  }
}

const char *vt_watchdog_start(vt_watchdog_on_death *on_death)
{
  static const int passed[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCONT};
  const char *fd = getenv("PMI_FD");
  if (!fd) return "there is no PMI descriptor: not started by mpiexec or srun --mpi=pmi2";
  void *p = mmap(NULL, sizeof(page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return "no shared memory";
  shared = p;
  vt_watchdog_patience(vt_watchdog_start_patience_s());
  pid_t watchdog = getpid(), made = fork();
  if (made < 0) {
    (void)munmap(p, sizeof(page));
    shared = NULL;
    return "it cannot fork";
  }
  if (made == 0) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != watchdog) _exit(VT_EXIT_AGAIN); /* it died before the kernel knew */
    return NULL;
  }
  child = (sig_atomic_t)made;
  struct sigaction sa = {.sa_handler = pass_on};
  sigemptyset(&sa.sa_mask);
  for (size_t k = 0; k < sizeof passed / sizeof *passed; k++) (void)sigaction(passed[k], &sa, NULL);
  (void)signal(SIGPIPE, SIG_IGN);
  watchdog_watch(on_death);
}
