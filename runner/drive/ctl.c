/* ctl.c - where a wish to stop comes from: signals, the wall limit, the halt file. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/drive/drive.h"

enum { EXIT_STOPPED = 75 };
static const double HALT_EVERY_S = 1.0;

static volatile sig_atomic_t caught; /* the first signal's number */
static double wall_end;              /* 0: none */
static char halt_path[VT_PATH + 16];
static double halt_seen;
static char reason[64];

static void on_signal(int sig)
{
  if (caught && sig == SIGINT) _exit(EXIT_STOPPED); /* the second Ctrl-C: what is durable stays so */
  caught = sig;
}

void vt_ctl_install(void)
{
  struct sigaction sa = {.sa_handler = on_signal};
  sigemptyset(&sa.sa_mask);
  sigaction(SIGTERM, &sa, NULL);
  sigaction(SIGUSR1, &sa, NULL);
  sigaction(SIGINT, &sa, NULL);
  sa.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &sa, NULL);
  sigaction(SIGXFSZ, &sa, NULL); /* a file-size limit becomes a write error */
}

void vt_ctl_limits(double wall_s, const char *halt_file)
{
  wall_end = wall_s > 0 ? vt_now_s() + wall_s : 0;
  halt_path[0] = '\0';
  if (halt_file) (void)snprintf(halt_path, sizeof halt_path, "%s", halt_file);
}

const char *vt_ctl_stop(void)
{
  if (reason[0]) return reason;
  double now = vt_now_s();
  if (caught)
    (void)snprintf(reason, sizeof reason, "signal %d", (int)caught);
  else if (wall_end > 0 && now >= wall_end)
    (void)snprintf(reason, sizeof reason, "the wall limit");
  else if (halt_path[0] && now - halt_seen >= HALT_EVERY_S) {
    halt_seen = now;
    if (access(halt_path, F_OK) == 0) (void)snprintf(reason, sizeof reason, "the HALT file");
  }
  return reason[0] ? reason : NULL;
}
