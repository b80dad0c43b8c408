/* stop.c - where a wish to stop comes from: signals, the wall limit, the halt file. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/stop/stop.h"
#include "runner/watchdog/watchdog.h"

/* One Ctrl-C may arrive twice: from the terminal, and passed on by the watchdog. */
static const double SAME_SIGNAL_S = 0.5;
/* A batch system counts its minutes from its own start of the job and ends it up to so much early. */
static const double SLURM_EARLY_S = 60;

static volatile sig_atomic_t caught; /* the first signal's number */
static struct timespec caught_at;
static double slurm_end; /* 0: none, or not known */
static double stop_at;   /* when to begin to stop; 0: never */
static char halt_path[VT_PATH + 16];
/* Rests between two looks at it: a second, and more where a look takes long. */
static vt_pace halt_pace = {.what = "the look for HALT", .every_s = 1, .most_s = 300};
static int closing; /* the halt file asks to begin nothing more */
static char reason[96];
static double stopped_at;

static double stop_seconds(const struct timespec *t) { return (double)t->tv_sec + 1e-9 * (double)t->tv_nsec; }

static void on_signal(int sig)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  if (!caught) {
    caught_at = now;
    caught = sig;
  } else if (sig == SIGINT && stop_seconds(&now) - stop_seconds(&caught_at) > SAME_SIGNAL_S)
    vt_watchdog_leave_now(VT_EXIT_AGAIN); /* the second Ctrl-C: what is durable stays so */
}

void vt_stop_install(void)
{
  struct sigaction sa = {.sa_handler = on_signal};
  sigemptyset(&sa.sa_mask);
  sigaction(SIGTERM, &sa, NULL);
  sigaction(SIGUSR1, &sa, NULL);
  sigaction(SIGINT, &sa, NULL);
  sigaction(SIGHUP, &sa, NULL);
  sa.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &sa, NULL);
  sigaction(SIGXFSZ, &sa, NULL); /* a file-size limit becomes a write error */
}

/* ------------------------------------------------------------------ how long may this job live? */

/* squeue's "%L": [days-]hours:minutes:seconds, minutes:seconds; 0 if it is neither (UNLIMITED, INVALID). */
static double parse_left(const char *s)
{
  int64_t part[4] = {0}, days = 0;
  int n = 0;
  const char *dash = strchr(s, '-');
  if (dash) {
    if (!vt_parse_i64(s, (size_t)(dash - s), &days)) return 0;
    s = dash + 1;
  }
  for (;;) {
    size_t len = strcspn(s, ":");
    if (n == 3 || !vt_parse_i64(s, len, &part[n])) return 0;
    n++;
    if (s[len] == '\0') break;
    s += len + 1;
  }
  double t = 0;
  for (int k = 0; k < n; k++) t = 60 * t + (double)part[k];
  return 86400 * (double)days + t;
}

static double ask_slurm(void)
{
  const char *job = getenv("SLURM_JOB_ID"), *end = getenv("SLURM_JOB_END_TIME");
  char command[128], line[64] = "";
  int64_t number;
  if (end && vt_parse_i64(end, strlen(end), &number)) return difftime((time_t)number, time(NULL));
  if (!job || !vt_parse_i64(job, strlen(job), &number)) return 0;
  (void)snprintf(command, sizeof command, "timeout 20 squeue -h -j %lld -o %%L 2>/dev/null", (long long)number);
  FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c): a fixed command and a number */
  if (!f) return 0;
  if (!fgets(line, sizeof line, f)) line[0] = '\0';
  (void)pclose(f);
  line[strcspn(line, "\n")] = '\0';
  return parse_left(line);
}

void vt_stop_ask_slurm(void)
{
  double left = ask_slurm();
  slurm_end = left > 0 ? vt_now_s() + left : 0;
}

/* When to begin to stop: `grace_s` before the end, but not in the first half. */
static void stop_before(double left_s, double early_s)
{
  double run = left_s - early_s;
  if (run < 0.5 * left_s) run = 0.5 * left_s;
  double at = vt_now_s() + run;
  if (stop_at == 0 || at < stop_at) stop_at = at; /* NOLINT: 0 is "never" */
}

void vt_stop_limits(double wall_s, double grace_s, const char *halt_file)
{
  stop_at = 0;
  if (wall_s > 0) stop_before(wall_s, grace_s);
  if (slurm_end > 0) stop_before(fmax(1, slurm_end - vt_now_s()), grace_s + SLURM_EARLY_S);
  halt_path[0] = '\0';
  if (halt_file) (void)snprintf(halt_path, sizeof halt_path, "%s", halt_file);
}

double vt_stop_time_left_s(void) { return stop_at > 0 ? stop_at - vt_now_s() : 1e18; }

/* ------------------------------------------------------------------ stop? */

/* What a user wrote there: "after-tasks" lets the running ones finish, anything else stops now. */
static void read_halt(void)
{
  static int told;
  char word[16] = "";
  FILE *f;
  vt_err why = {0};
  if (access(halt_path, F_OK) != 0) return;
  if (vt_file_open(halt_path, &f, &why) != VT_OK) { /* a FIFO, a folder: whoever made it did not write a wish */
    if (!told++) vt_log(VT_LOG_WARN, "stop", "%s; it is not heeded", vt_err_line(why.text).s);
    return;
  }
  if (!fgets(word, sizeof word, f)) word[0] = '\0';
  (void)fclose(f);
  if (strncmp(word, "after-tasks", strlen("after-tasks")) == 0)
    closing = 1;
  else
    (void)snprintf(reason, sizeof reason, "the HALT file");
}

const char *vt_stop_reason(void)
{
  if (reason[0]) return reason;
  double now = vt_now_s();
  if (caught)
    (void)snprintf(reason, sizeof reason, "signal %d (%s)", (int)caught, strsignal(caught));
  else if (stop_at > 0 && now >= stop_at)
    (void)snprintf(reason, sizeof reason, "the wall limit");
  else if (halt_path[0] && vt_pace_due(&halt_pace, now)) {
    vt_pace_begin(&halt_pace, now);
    read_halt();
    vt_pace_end(&halt_pace, vt_now_s());
  }
  if (reason[0]) stopped_at = now;
  return reason[0] ? reason : NULL;
}

int vt_stop_closing(void) { return closing; }

double vt_stop_since_s(void) { return reason[0] ? vt_now_s() - stopped_at : 0; }
