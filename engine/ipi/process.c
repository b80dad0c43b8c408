/* process.c - the driver's process: its start, what it prints, its end. */
#define _GNU_SOURCE /* posix_spawn_file_actions_addclosefrom_np, pipe2 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/ipi/ipi_impl.h"

extern char **environ;

/* ------------------------------------------------------------------ the start */

/* By these a program finds its MPI launcher: a driver is no rank of ours. */
static int of_launcher(const char *variable)
{
  static const char *const prefix[] = {"PMI_",
                                       "PMI2_",
                                       "PMIX_",
                                       "HYDI_",
                                       "HYDRA_",
                                       "MPIR_CVAR_CH",
                                       "MPI_LOCALNRANKS",
                                       "OMPI_",
                                       "MPICH_INTERFACE_HOSTNAME",
                                       "PALS_",
                                       "MPI_LOCALRANKID"};
  for (size_t k = 0; k < sizeof prefix / sizeof *prefix; k++)
    if (strncmp(variable, prefix[k], strlen(prefix[k])) == 0) return 1;
  return 0;
}

/* The environment of the driver: an array of borrowed texts. */
static vt_status make_environment(const vt__ipi_process *p, char own[4][VT_PATH + 48], char ***out, vt_err *err)
{
  size_t n = 0, k = 0;
  while (environ[n]) n++;
  VT_PASS(VT_NEW(*out, n + 5, err));
  for (size_t i = 0; i < n; i++)
    if (!of_launcher(environ[i]) && strncmp(environ[i], "VITRION_DRIVER_", strlen("VITRION_DRIVER_")) != 0)
      (*out)[k++] = environ[i];
  (void)snprintf(own[0], sizeof own[0], "VITRION_DRIVER_SCRATCH=%s", p->scratch);
  (void)snprintf(own[1], sizeof own[1], "VITRION_DRIVER_SOCKET=%s", p->socket_path);
  (*out)[k++] = own[0];
  (*out)[k++] = own[1];
  if (!getenv("OMP_NUM_THREADS")) {
    (void)snprintf(own[2], sizeof own[2], "OMP_NUM_THREADS=1");
    (*out)[k++] = own[2];
  }
  return VT_OK;
}

/* The second shell holds nothing but the read end of a pipe whose other end is ours: when that closes, we have ended.
 */
static void put_script(vt_buf *b, const char *command)
{
  static const char keeper[] =
      "( trap '' TERM INT HUP; read -r nothing; kill -TERM 0; sleep 1; cd /; me=$(exec sh -c 'echo $PPID'); "
      "for p in $(grep -lszFx -e \"VITRION_DRIVER_SCRATCH=$VITRION_DRIVER_SCRATCH\" /proc/[0-9]*/environ); do "
      "p=${p#/proc/}; p=${p%/environ}; [ \"$p\" = \"$me\" ] || kill -KILL $p; done; "
      "rm -rf -- \"$VITRION_DRIVER_SCRATCH\" \"$VITRION_DRIVER_SOCKET\"; kill -KILL 0 ) "
      "<&3 >/dev/null 2>&1 3<&- &\nexec 3<&-\ncd -- \"$VITRION_DRIVER_SCRATCH\" || exit 127\n";
  vt_buf_add(b, keeper, sizeof keeper - 1);
  vt_buf_add(b, command, strlen(command));
  vt_buf_add(b, "\n", 1);
}

/* Its descriptors: nothing to read, what it prints to us, the pipe of our life as 3, no other. */
static int set_files(posix_spawn_file_actions_t *files, int out, int life)
{
  int bad = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
  bad |= posix_spawn_file_actions_adddup2(files, out, 1);
  bad |= posix_spawn_file_actions_adddup2(files, out, 2);
  bad |= posix_spawn_file_actions_adddup2(files, life, 3);
  bad |= posix_spawn_file_actions_addclosefrom_np(files, 4);
  return bad;
}

static int set_signals(posix_spawnattr_t *attr)
{
  sigset_t all, none;
  (void)sigfillset(&all);
  (void)sigdelset(&all, SIGKILL);
  (void)sigdelset(&all, SIGSTOP);
  (void)sigemptyset(&none);
  int bad = posix_spawnattr_setsigdefault(attr, &all);
  bad |= posix_spawnattr_setsigmask(attr, &none);
  bad |= posix_spawnattr_setpgroup(attr, 0);
  bad |= posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  return bad;
}

static int start_shell(vt__ipi_process *p, char *script, char **env, int out, int life)
{
  static char sh[] = "/bin/sh", c[] = "-c";
  char *argv[] = {sh, c, script, NULL};
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attr;
  pid_t pid = 0;
  if (posix_spawn_file_actions_init(&files) != 0) return ENOMEM;
  if (posix_spawnattr_init(&attr) != 0) {
    (void)posix_spawn_file_actions_destroy(&files);
    return ENOMEM;
  }
  int bad = set_files(&files, out, life) | set_signals(&attr);
  if (!bad) bad = posix_spawn(&pid, sh, &files, &attr, argv, env);
  if (!bad) p->pid = (int)pid;
  (void)posix_spawnattr_destroy(&attr);
  (void)posix_spawn_file_actions_destroy(&files);
  return bad;
}

static void close_fd(int *fd)
{
  if (*fd >= 0) (void)close(*fd);
  *fd = -1;
}

/* Pipe ends above 3, so that no dup2 steps on another. */
static int high_pipe(int fd[2])
{
  int low[2];
  if (pipe2(low, O_CLOEXEC) != 0) return 0;
  for (int k = 0; k < 2; k++) fd[k] = fcntl(low[k], F_DUPFD_CLOEXEC, 10);
  (void)close(low[0]);
  (void)close(low[1]);
  return fd[0] >= 0 && fd[1] >= 0;
}

vt_status vt__ipi_spawn(vt__ipi_process *p, const char *command, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf script = {0};
  char **env = NULL;
  char own[4][VT_PATH + 48];
  int out[2] = {-1, -1}, life[2] = {-1, -1};
  put_script(&script, command);
  VT_TRY_OUT(vt_buf_check(&script, err), err, "the driver's command");
  VT_TRY_OUT(make_environment(p, own, &env, err), err, "the driver's environment");
  if (!high_pipe(out) || !high_pipe(life) || vt__ipi_unblock(out[0], err) != VT_OK)
    VT_FAIL_OUT(err, VT_EIO, "no pipe to a driver can be made: %s", strerror(errno));
  int bad = start_shell(p, script.s, env, out[1], life[0]);
  if (bad) VT_FAIL_OUT(err, VT_EIO, "/bin/sh cannot be started for a driver: %s", strerror(bad));
  p->out = out[0], out[0] = -1;
  p->life = life[1], life[1] = -1;
out:
  for (int k = 0; k < 2; k++) close_fd(&out[k]), close_fd(&life[k]);
  vt_free(env);
  vt_buf_free(&script);
  return rc;
}

/* ------------------------------------------------------------------ what it prints */

static void keep(vt__ipi_process *p, const char *s, size_t n)
{
  if (n > VT_IPI_SAID) s += n - VT_IPI_SAID, n = VT_IPI_SAID;
  size_t stay = p->n_said + n > VT_IPI_SAID ? VT_IPI_SAID - n : p->n_said;
  memmove(p->said, p->said + (p->n_said - stay), stay);
  memcpy(p->said + stay, s, n);
  p->n_said = stay + n;
  p->said[p->n_said] = '\0';
}

/* "driver: NAME VERSION" on a line of its own. */
static void find_name(vt__ipi_process *p)
{
  static const char mark[] = "driver: ";
  const char *at = strstr(p->said, mark);
  if (p->name[0] || !at || (at != p->said && at[-1] != '\n') || !strchr(at, '\n')) return;
  at += sizeof mark - 1;
  size_t n = strcspn(at, "\r\n");
  if (n >= sizeof p->name) n = sizeof p->name - 1;
  for (size_t k = 0; k < n; k++) p->name[k] = (char)(at[k] >= ' ' && at[k] <= '~' && at[k] != '"' ? at[k] : '?');
  p->name[n] = '\0';
}

void vt__ipi_listen(vt__ipi_process *p)
{
  enum { PIECES = 16 }; /* a flood does not keep us from the rest */
  char piece[4096];
  for (int k = 0; p->out >= 0 && k < PIECES; k++) {
    ssize_t n = read(p->out, piece, sizeof piece);
    if (n == 0) close_fd(&p->out);
    if (n <= 0) break;
    for (ssize_t i = 0; i < n; i++)
      if (piece[i] == '\0') piece[i] = '?';
    keep(p, piece, (size_t)n);
  }
  find_name(p);
}

/* ------------------------------------------------------------------ the end */

int vt__ipi_ended(const vt__ipi_process *p, char how[96])
{
  siginfo_t info = {0};
  if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return 0;
  const int shell = 128; /* and the signal that ended what it started */
  if (info.si_code == CLD_EXITED && info.si_status > shell && info.si_status < shell + NSIG)
    (void)snprintf(how, 96, "exit code %d: signal %d (%.30s)", info.si_status, info.si_status - shell,
                   strsignal(info.si_status - shell));
  else if (info.si_code == CLD_EXITED)
    (void)snprintf(how, 96, "exit code %d", info.si_status);
  else
    (void)snprintf(how, 96, "killed by signal %d (%s)", info.si_status, strsignal(info.si_status));
  return 1;
}

int vt__ipi_no_such_program(const char *how)
{
  return strcmp(how, "exit code 127") == 0 || strcmp(how, "exit code 126") == 0;
}

/* 1: the environment of process `pid` has this entry.  Those of other users cannot be read. */
static int has_entry(const char *pid, const char *entry, char *text, size_t cap)
{
  char path[64];
  size_t n = 0;
  (void)snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  for (ssize_t got; n < cap - 1 && (got = read(fd, text + n, cap - 1 - n)) > 0;) n += (size_t)got;
  (void)close(fd);
  text[n] = '\0';
  for (const char *s = text; s < text + n; s += strlen(s) + 1)
    if (strcmp(s, entry) == 0) return 1;
  return 0;
}

/* What left the group, as launchers of MPI let their processes do: known by the folder in its environment. */
static void kill_strays(const vt__ipi_process *p)
{
  enum { ROUNDS = 5, MOST = 1 << 18 };
  char entry[VT_PATH + 48], *text = NULL;
  (void)snprintf(entry, sizeof entry, "VITRION_DRIVER_SCRATCH=%s", p->scratch);
  if (VT_NEW(text, MOST, NULL) != VT_OK) return;
  for (int round = 0, found = 1; round < ROUNDS && found; round++) {
    DIR *d = opendir("/proc"); /* a system without: nothing is found */
    found = 0;
    for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
      int64_t pid = 0;
      if (!vt_parse_i64(e->d_name, strlen(e->d_name), &pid) || pid == getpid() || getpgid((pid_t)pid) == p->pid)
        continue;
      if (has_entry(e->d_name, entry, text, MOST) && kill((pid_t)pid, SIGKILL) == 0) found = 1;
    }
    if (d) (void)closedir(d);
  }
  vt_free(text);
}

/* SIGTERM first: launchers of MPI end what they started elsewhere, too. */
static void tell_to_end(const vt__ipi_process *p)
{
  char how[96];
  const double launcher_s = 0.3;
  if (vt__ipi_ended(p, how)) return;
  (void)kill(-p->pid, SIGTERM);
  vt_nap_s(launcher_s);
}

/* Not reaped before its group was killed: so the number cannot have been given to somebody else. */
void vt__ipi_kill(vt__ipi_process *p, double patience_s)
{
  char how[96];
  const double nap_s = 0.005, reap_s = 5;
  if (p->pid > 0) {
    for (int left = (int)ceil(patience_s / nap_s); left > 0 && !vt__ipi_ended(p, how); left--) {
      vt__ipi_listen(p);
      vt_nap_s(nap_s);
    }
    tell_to_end(p);
    kill_strays(p);
    vt__ipi_remove_files(p); /* before: with the group dies who would do it if we were killed now */
    (void)kill(-p->pid, SIGKILL);
    for (int left = (int)ceil(reap_s / nap_s); left > 0 && waitpid(p->pid, NULL, WNOHANG) == 0; left--) vt_nap_s(nap_s);
    vt__ipi_listen(p);
    p->pid = 0;
  }
  close_fd(&p->out);
  close_fd(&p->life);
  vt__ipi_remove_files(p); /* what was written since */
  close_fd(&p->lock);
  p->scratch[0] = '\0';
}
