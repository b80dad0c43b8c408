/* launch.c - may MPI start here, and what to say when it does not. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/watchdog/watchdog.h"

/* A launch that has not come to an end after this time never will: a launcher that does not answer, or a signal in the
 * middle of hydra's start-up protocol (seen with MPICH 4.0.2).  After vt_watchdog_start_patience_s the job is given up
 * instead of idling until its limit.
 */
/* Below these MPI ends in a crash or an error of its own (MPICH 4.0.2 with UCX, two ranks): descriptors, and the size
 * of a file, since its shared memory is one. */
static const rlim_t FILES_LEAST = 64, FILE_SIZE_LEAST = 8 << 20;

static int starting;    /* MPI_Init is under way */
static char stuck[256]; /* what is said when it does not end: made before, a signal handler cannot */
static size_t stuck_bytes;

static int speaks(void)
{
  const char *rank = getenv("PMI_RANK");
  return !rank || strcmp(rank, "0") == 0;
}

/* PMI_FD names a descriptor that is not open: whoever set it did not start this process. */
static int lost_launcher(int64_t *fd)
{
  const char *text = getenv("PMI_FD");
  return text && (!vt_parse_i64(text, strlen(text), fd) || *fd < 0 || *fd > INT32_MAX ||
                  (fcntl((int)*fd, F_GETFD) < 0 && errno == EBADF));
}

static void say_limits(void)
{
  struct rlimit files, size;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || getrlimit(RLIMIT_FSIZE, &size) != 0) return;
  (void)fprintf(stderr, "vitrion run: limits of this process: %llu open files (ulimit -n)",
                (unsigned long long)files.rlim_cur);
  if (size.rlim_cur != RLIM_INFINITY)
    (void)fprintf(stderr, ", %llu bytes a file (ulimit -f)", (unsigned long long)size.rlim_cur);
  (void)fputc('\n', stderr);
}

int vt_cli_launch_check(void)
{
  struct rlimit l;
  int64_t fd = -1;
  if (lost_launcher(&fd)) {
    if (speaks())
      (void)fprintf(
          stderr,
          "vitrion run: PMI_FD=%s is no open descriptor: the launcher that set it did not start this process, or "
          "something between them closed it; use `srun --mpi=pmi2 vitrion ...` or mpiexec.mpich\n",
          getenv("PMI_FD"));
    return VT_EXIT_LAUNCH;
  }
  if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < FILES_LEAST) {
    l.rlim_cur = l.rlim_max < FILES_LEAST ? l.rlim_max : FILES_LEAST;
    if (l.rlim_cur < FILES_LEAST || setrlimit(RLIMIT_NOFILE, &l) != 0) {
      if (speaks())
        (void)fprintf(stderr, "vitrion run: at most %llu files may be open (ulimit -n), MPI needs %llu\n",
                      (unsigned long long)l.rlim_cur, (unsigned long long)FILES_LEAST);
      return VT_EXIT_FAIL;
    }
  }
  if (getrlimit(RLIMIT_FSIZE, &l) == 0 && l.rlim_cur < FILE_SIZE_LEAST) {
    if (speaks())
      (void)fprintf(stderr,
                    "vitrion run: a file may have %llu bytes (ulimit -f), the shared memory of MPI needs %llu\n",
                    (unsigned long long)l.rlim_cur, (unsigned long long)FILE_SIZE_LEAST);
    return VT_EXIT_FAIL;
  }
  return -1;
}

/* MPI ends the process by exit() when it cannot start: the exit code is then ours, and it is no death. */
static void mpi_gave_up(void)
{
  if (!starting) return;
  (void)fflush(NULL);
  (void)fputs("vitrion run: MPI could not start (its own message stands above); nothing was done\n", stderr);
  say_limits();
  vt_watchdog_phase_set(VT_WATCHDOG_OVER);
  _exit(VT_EXIT_FAIL);
}

static void launch_is_stuck(int sig)
{
  (void)sig;
  ssize_t ignored = write(STDERR_FILENO, stuck, stuck_bytes);
  (void)ignored;
  /* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c): an atomic store and kill(2), both safe here */
  vt_watchdog_phase_set(VT_WATCHDOG_OVER);
  _exit(VT_EXIT_LAUNCH);
}

void vt_cli_launch_begin(void)
{
  const double patience_s = vt_watchdog_start_patience_s();
  int n = snprintf(stuck, sizeof stuck,
                   "vitrion run: MPI did not start within %.0f s; nothing was done. The launcher does not answer (not "
                   "MPICH's, or not `srun --mpi=pmi2`), or a rank has not come\n",
                   patience_s);
  stuck_bytes = n < 0 ? 0 : (size_t)n < sizeof stuck ? (size_t)n : sizeof stuck - 1;
  (void)signal(SIGALRM, launch_is_stuck);
  (void)atexit(mpi_gave_up);
  starting = 1;
  (void)alarm((unsigned)patience_s);
}

void vt_cli_launch_end(void)
{
  (void)alarm(0);
  starting = 0;
}
