/* apart.c - H5MD files are read by a process of their own.
 *
 * HDF5 dies of some damaged files (its global heap believes the sizes that it finds: H5HG_read).  A file must never end
 * the program that was given it: here it ends the reader, and that is a message.  Frames come through a pipe; the
 * reader is this program, forked, so what goes through is plain memory of the same build. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/h5md_read/h5md_impl.h"

enum { SILENT_S = 300, LOOK_MS = 1000 };   /* a frame from a slow disk takes seconds */
enum { OPEN_CPU_S = 5, FRAME_CPU_S = 60 }; /* of processor time; of some damaged files HDF5 finds no end */

typedef enum kind { OPENED = 1, FRAME, END, FAILED } kind;

/* One message; behind FRAME follow symbol[n], x[n], and v[n], id[n] where they are. */
typedef struct message {
  int32_t kind, n, has_v, has_id;
  vt_structure frame; /* its pointers mean nothing */
  vt_err err;
} message;

typedef struct apart {
  char path[VT_PATH];
  pid_t pid; /* 0: it has ended */
  int from;
} apart;

/* ------------------------------------------------------------------ the reader */

/* What cannot be written has no reader any more. */
static void put(int to, const void *bytes, size_t n)
{
  const char *at = bytes;
  while (n > 0) {
    const ssize_t l = write(to, at, n);
    if (l < 0 && errno == EINTR) continue;
    if (l <= 0) _exit(VT_EXIT_FAIL);
    at += l;
    n -= (size_t)l;
  }
}

static void put_frame(int to, const vt_structure *s)
{
  const size_t n = (size_t)s->n;
  message m = {.kind = FRAME, .n = s->n, .has_v = s->v != NULL, .has_id = s->id != NULL, .frame = *s};
  put(to, &m, sizeof m);
  put(to, s->symbol, n * sizeof *s->symbol);
  put(to, s->x, n * sizeof *s->x);
  if (s->v) put(to, s->v, n * sizeof *s->v);
  if (s->id) put(to, s->id, n * sizeof *s->id);
}

/* Nobody's handlers run here, no core is left, and what libraries print when they die is seen by nobody.  It ends with
 * who made it: a rank may hold what its launcher waits for. */
static void become_reader(pid_t parent)
{
  static const int all[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGXCPU};
  const struct rlimit none = {0, 0};
  sigset_t mask;
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) (void)signal(all[k], SIG_DFL);
  (void)sigemptyset(&mask);
  (void)sigprocmask(SIG_SETMASK, &mask, NULL);
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(VT_EXIT_FAIL); /* it had ended before */
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) (void)dup2(nowhere, STDERR_FILENO);
}

/* From now on: so much processor time, then SIGXCPU. */
static void allow_cpu(int seconds)
{
  struct rusage used;
  struct rlimit l;
  if (getrusage(RUSAGE_SELF, &used) != 0 || getrlimit(RLIMIT_CPU, &l) != 0) return;
  const rlim_t until = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + seconds + 1);
  if (until < l.rlim_max) l.rlim_cur = until;
  (void)setrlimit(RLIMIT_CPU, &l);
}

static void read_all(int to, const char *path, const vt_frames_options *o)
{
  message m = {0};
  void *state = NULL;
  int got = 1;
  allow_cpu(OPEN_CPU_S);
  vt_status rc = vt__h5md_inside.open(&state, path, o, &m.err);
  m.kind = rc == VT_OK ? OPENED : FAILED;
  put(to, &m, sizeof m);
  while (rc == VT_OK && got) {
    vt_structure s = {0};
    allow_cpu(FRAME_CPU_S);
    rc = vt__h5md_inside.next(state, &s, &got, &m.err);
    if (rc == VT_OK && got) put_frame(to, &s);
    vt_structure_free(&s);
  }
  m.kind = rc == VT_OK ? END : FAILED;
  put(to, &m, sizeof m);
  vt__h5md_inside.close(state);
}

/* ------------------------------------------------------------------ this side */

/* How the reader ended. */
static vt_status reader_is_dead(apart *a, vt_err *err)
{
  int status = 0;
  while (waitpid(a->pid, &status, 0) < 0 && errno == EINTR) {}
  a->pid = 0;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) VT__H5MD_BAD(a->path, "HDF5 finds no end in it: damaged");
  if (WIFSIGNALED(status))
    VT__H5MD_BAD(a->path, "HDF5 dies of it (signal %d): cut or damaged, or too large for the memory", WTERMSIG(status));
  VT__H5MD_BAD(a->path, "HDF5 gives up (exit code %d): cut or damaged", WEXITSTATUS(status));
}

static vt_status get(apart *a, void *bytes, size_t n, vt_err *err)
{
  char *at = bytes;
  int silent = 0;
  if (a->pid == 0) VT__H5MD_BAD(a->path, "its reader has ended");
  while (n > 0) {
    struct pollfd p = {.fd = a->from, .events = POLLIN};
    const int ready = poll(&p, 1, LOOK_MS);
    vt_alive();
    if (ready == 0 && ++silent < SILENT_S * 1000 / LOOK_MS) continue;
    if (ready == 0) {
      (void)kill(a->pid, SIGKILL);
      (void)reader_is_dead(a, NULL);
      VT__H5MD_BAD(a->path, "HDF5 did not read on for %d s: damaged, or its disk does not answer", SILENT_S);
    }
    const ssize_t l = ready < 0 ? -1 : read(a->from, at, n);
    if (l < 0 && errno == EINTR) continue;
    if (l <= 0) return reader_is_dead(a, err);
    at += l;
    n -= (size_t)l;
  }
  return VT_OK;
}

/* The next message; that the reader failed is its error. */
static vt_status get_message(apart *a, message *m, vt_err *err)
{
  VT_PASS(get(a, m, sizeof *m, err));
  if (m->kind != FAILED) return VT_OK;
  if (err) *err = m->err;
  return (vt_status)m->err.code;
}

static void apart_close(void *state)
{
  apart *a = state;
  if (!a) return;
  if (a->from >= 0) (void)close(a->from);
  if (a->pid > 0) {
    (void)kill(a->pid, SIGKILL);
    while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR) {}
  }
  vt_free(a);
}

static vt_status start_reader(apart *a, const vt_frames_options *o, vt_err *err)
{
  int end[2];
  const pid_t self = getpid();
  if (pipe(end) != 0) return vt_err_user(err, VT_EIO, a->path, 0, 0, "no pipe for its reader: %s", strerror(errno));
  a->pid = fork();
  if (a->pid == 0) {
    (void)close(end[0]);
    become_reader(self);
    read_all(end[1], a->path, o);
    _exit(VT_EXIT_OK);
  }
  const int why = errno;
  (void)close(end[1]);
  a->from = end[0];
  if (a->pid > 0) return VT_OK;
  a->pid = 0;
  return vt_err_user(err, VT_EIO, a->path, 0, 0, "no process for its reader: %s", strerror(why));
}

static vt_status apart_open(void **state, const char *path, const vt_frames_options *o, vt_err *err)
{
  apart *a = NULL;
  message m = {0};
  if (strlen(path) >= VT_PATH) VT_FAIL(err, VT_EINVAL, "the name of a file is longer than %d bytes", VT_PATH - 1);
  VT_PASS(VT_NEW(a, 1, err));
  memcpy(a->path, path, strlen(path) + 1);
  a->from = -1;
  vt_status rc = start_reader(a, o, err);
  if (rc == VT_OK) rc = get_message(a, &m, err);
  if (rc == VT_OK)
    *state = a;
  else
    apart_close(a);
  return rc;
}

static vt_status apart_next(void *state, vt_structure *s, int *got, vt_err *err)
{
  apart *a = state;
  message m = {0};
  *got = 0;
  VT_PASS(get_message(a, &m, err));
  if (m.kind == END) return VT_OK;
  const size_t n = (size_t)m.n;
  *s = m.frame;
  s->symbol = NULL;
  s->x = s->v = s->f = NULL;
  s->id = NULL;
  s->row = NULL;
  s->labels = NULL;
  VT_PASS(VT_NEW(s->symbol, n, err));
  VT_PASS(VT_NEW(s->x, n, err));
  if (m.has_v) VT_PASS(VT_NEW(s->v, n, err));
  if (m.has_id) VT_PASS(VT_NEW(s->id, n, err));
  VT_PASS(get(a, s->symbol, n * sizeof *s->symbol, err));
  VT_PASS(get(a, s->x, n * sizeof *s->x, err));
  if (m.has_v) VT_PASS(get(a, s->v, n * sizeof *s->v, err));
  if (m.has_id) VT_PASS(get(a, s->id, n * sizeof *s->id, err));
  *got = 1;
  return VT_OK;
}

const vt_format vt_h5md_format = {.name = "H5MD",
                                  .is_binary = 1,
                                  .has_types = 1,
                                  .fits = vt__h5md_fits,
                                  .open = apart_open,
                                  .next = apart_next,
                                  .close = apart_close};
