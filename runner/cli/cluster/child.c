/* child.c - another program with a time limit: what it printed and how it ended. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/cli/cluster/cluster.h"

extern char **environ;

enum { KEPT_MOST = 1 << 20, N_PIPES = 3 };

int vt_child_is_there(const char *name)
{
  char path[4096];
  const char *at = getenv("PATH");
  if (strchr(name, '/')) return access(name, X_OK) == 0;
  while (at && *at) {
    const int n = (int)strcspn(at, ":");
    (void)snprintf(path, sizeof path, "%.*s/%s", n, at, name);
    if (access(path, X_OK) == 0) return 1;
    at += n + (at[n] == ':');
  }
  return 0;
}

/* ------------------------------------------------------------------ start */

typedef struct pipes {
  int of[N_PIPES][2]; /* in, out, err: [0] is read from; -1: closed */
} pipes;

static void close_end(pipes *p, int k, int end)
{
  if (p->of[k][end] >= 0) (void)close(p->of[k][end]);
  p->of[k][end] = -1;
}

static int pipes_open(pipes *p)
{
  for (int k = 0; k < N_PIPES; k++) p->of[k][0] = p->of[k][1] = -1;
  for (int k = 0; k < N_PIPES; k++) {
    if (pipe(p->of[k]) != 0) return -errno;
    for (int end = 0; end < 2; end++) (void)fcntl(p->of[k][end], F_SETFD, FD_CLOEXEC);
  }
  return 0;
}

/* In a group of its own, so that all it starts can be ended.  0, or -errno. */
static int start(const char *const *argv, pipes *p, pid_t *pid)
{
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attr;
  char *words[64] = {NULL};
  sigset_t none;
  for (int k = 0; k < 63 && argv[k]; k++) memcpy(&words[k], &argv[k], sizeof *words); /* nobody writes to them */
  (void)sigemptyset(&none);
  if (!argv[0]) return -EINVAL;
  if (posix_spawn_file_actions_init(&files) != 0) return -ENOMEM;
  if (posix_spawnattr_init(&attr) != 0) {
    (void)posix_spawn_file_actions_destroy(&files);
    return -ENOMEM;
  }
  int bad = posix_spawn_file_actions_adddup2(&files, p->of[0][0], STDIN_FILENO);
  if (!bad) bad = posix_spawn_file_actions_adddup2(&files, p->of[1][1], STDOUT_FILENO);
  if (!bad) bad = posix_spawn_file_actions_adddup2(&files, p->of[2][1], STDERR_FILENO);
  if (!bad) bad = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  if (!bad) bad = posix_spawnattr_setpgroup(&attr, 0);
  if (!bad) bad = posix_spawnattr_setsigmask(&attr, &none);
  if (!bad) bad = posix_spawnp(pid, argv[0], &files, &attr, words, environ);
  (void)posix_spawnattr_destroy(&attr);
  (void)posix_spawn_file_actions_destroy(&files);
  return -bad;
}

/* ------------------------------------------------------------------ while it runs */

/* Who closes its input does not want it; after another failure it is ended, so that half of a text is not taken for
 * all of it. */
static void feed(pid_t pid, pipes *p, const char **in, vt_child *c)
{
  const size_t n = strlen(*in);
  const ssize_t wrote = n ? write(p->of[0][1], *in, n) : 0;
  if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (wrote < 0 && errno != EPIPE) {
    c->unfed = errno;
    (void)kill(-pid, SIGKILL);
  }
  if (wrote > 0) *in += wrote;
  if (wrote < 0 || !**in) close_end(p, 0, 1);
}

static void take(pipes *p, int k, vt_buf *out, vt_child *c)
{
  char bytes[4096];
  const ssize_t n = read(p->of[k][0], bytes, sizeof bytes);
  const int bad = n < 0 && errno != EINTR && errno != EAGAIN ? errno : 0;
  if (bad) c->unheard = bad;
  if (n == 0 || bad) close_end(p, k, 0);
  if (n > 0 && out->len < KEPT_MOST) vt_buf_add(out, bytes, (size_t)n);
}

/* Until it has ended or the time is over; its wait status in *status.  1: it has ended. */
static int look_after(pid_t pid, pipes *p, const char *in, double limit_s, vt_child *c, int *status)
{
  const double end = vt_now_s() + limit_s;
  const int tick_ms = 20;
  int over = 0;
  while (vt_now_s() < end) {
    struct pollfd f[N_PIPES] = {{.fd = p->of[0][1], .events = POLLOUT},
                                {.fd = p->of[1][0], .events = POLLIN},
                                {.fd = p->of[2][0], .events = POLLIN}};
    const int n = poll(f, N_PIPES, tick_ms);
    if (n > 0 && f[0].revents) feed(pid, p, &in, c);
    if (n > 0 && f[1].revents) take(p, 1, &c->out, c);
    if (n > 0 && f[2].revents) take(p, 2, &c->err, c);
    if (!over) over = waitpid(pid, status, WNOHANG) == pid;
    /* what it started may hold its output open: nothing more within a tick, and it is done */
    if (over && ((p->of[1][0] < 0 && p->of[2][0] < 0) || n == 0)) return 1;
  }
  return over;
}

void vt_child_run(const char *const *argv, const char *in, double limit_s, vt_child *c)
{
  pipes p;
  pid_t pid = 0;
  int status = 0;
  *c = (vt_child){0};
  c->code = pipes_open(&p);
  if (c->code == 0) c->code = start(argv, &p, &pid);
  if (c->code == 0) {
    void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* it may not want its input */
    close_end(&p, 0, 0);
    close_end(&p, 1, 1);
    close_end(&p, 2, 1);
    (void)fcntl(p.of[0][1], F_SETFL, O_NONBLOCK);
    if (!in) close_end(&p, 0, 1);
    if (!look_after(pid, &p, in ? in : "", limit_s, c, &status)) {
      c->late = 1;
      (void)kill(-pid, SIGTERM);
      vt_nap_s(0.5); /* for a launcher that ends what it started */
      (void)kill(-pid, SIGKILL);
      /* a process that waits for a dead file server cannot be ended, and is not waited for */
      for (int k = 0; k < 100 && waitpid(pid, &status, WNOHANG) == 0; k++) vt_nap_s(0.02);
    }
    (void)signal(SIGPIPE, before);
    c->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  for (int k = 0; k < N_PIPES; k++)
    for (int end = 0; end < 2; end++) close_end(&p, k, end);
}

void vt_child_free(vt_child *c)
{
  vt_buf_free(&c->out);
  vt_buf_free(&c->err);
}

const char *vt_child_said(const vt_child *c, char line[400])
{
  const vt_buf *const of[] = {&c->err, &c->out};
  line[0] = '\0';
  for (int k = 0; k < 2 && !line[0]; k++)
    for (const char *at = of[k]->s; at && *at && !line[0];) {
      const size_t n = strcspn(at, "\n");
      if (n > strspn(at, " \t")) (void)snprintf(line, 400, "%.*s", n < 399 ? (int)n : 399, at);
      at += n + (at[n] == '\n');
    }
  return line;
}
