/* server.c - one driver: from its start to its answers; who waits for what, and for how long. */
#define _GNU_SOURCE /* accept4, SO_PEERCRED */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/ipi/ipi_impl.h"

enum { TIMES = 64, POLL_MS = 5 };

struct vt_ipi {
  vt__ipi_process process;
  vt_driver driver;
  int door, fd;    /* listening, connected; -1: not */
  int ready;       /* it was asked how it is, and is idle */
  int needs_init;  /* before every step */
  int first, idle; /* nothing was answered yet; it waits for us */
  double took_s[TIMES];
  int n_took, next_took;
  double began_s; /* of the wait that is on */
  const char *what;
  const vt_ipi_host *host;
  vt_buf message;
};

/* ------------------------------------------------------------------ patience */

static int patience_order(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double vt_ipi_patience(const double *took_s, int n, double asked_s)
{
  const double unknown_s = 3600, least_s = 60, times = 20;
  double sorted[TIMES];
  if (asked_s > 0) return asked_s;
  if (n > TIMES) n = TIMES;
  if (n < 3) return unknown_s;
  memcpy(sorted, took_s, (size_t)n * sizeof *sorted);
  qsort(sorted, (size_t)n, sizeof *sorted, patience_order);
  const double patience = times * sorted[n / 2];
  return patience > least_s ? patience : least_s;
}

/* Where its last three lines begin, or as many of them as are below `most` bytes: whole lines if there are any. */
static size_t last_lines(const vt__ipi_process *p, size_t end, size_t most)
{
  enum { LINES = 3 };
  size_t from = end;
  for (int lines = 0; from > 0 && end - from < most; from--)
    if (p->said[from - 1] == '\n' && ++lines == LINES) return from;
  const char *line = from > 0 ? memchr(p->said + from, '\n', end - from) : NULL;
  return line ? (size_t)(line + 1 - p->said) : from;
}

/* What it printed last, in one line: "... | last line". */
static void last_words(const vt__ipi_process *p, char *out, size_t cap)
{
  size_t end = p->n_said, used = 0;
  while (end > 0 && (unsigned char)p->said[end - 1] <= ' ') end--;
  for (size_t k = last_lines(p, end, cap - 8); k < end && used + 4 < cap; k++) {
    const char c = p->said[k];
    if (c > ' ' && c <= '~')
      out[used++] = c;
    else if (c == '\n')
      memcpy(out + used, " | ", 3), used += 3;
    else if (used > 0 && out[used - 1] != ' ')
      out[used++] = ' ';
  }
  out[used] = '\0';
}

/* The connection has ended: how the process did says more. */
static int gave_up(const vt_ipi *s, char how[96])
{
  char byte;
  if (s->process.pid == 0) return 0;
  if (s->fd >= 0 && recv(s->fd, &byte, 1, MSG_PEEK) == 0)
    for (int k = 0; k < 100 && !vt__ipi_ended(&s->process, how); k++) vt_nap_s(0.005);
  return vt__ipi_ended(&s->process, how);
}

/* An error of the driver in one sentence, since lists of failures show one: what it did, how its process ended if that
 * is not said yet, what it printed last. */
static vt_status with_words(vt_ipi *s, vt_status rc, vt_err *err)
{
  char did[512], words[240], how[96] = "";
  int n;
  if (rc != VT_EDRIVER) return rc;
  const int ended = gave_up(s, how);
  vt__ipi_listen(&s->process);
  last_words(&s->process, words, sizeof words);
  const char *sentence = vt_err_sentence(err->text, &n);
  (void)snprintf(did, sizeof did, "%.*s", n, sentence);
  const int told = !ended || strstr(did, how) != NULL;
  return vt_err_set(err, rc, __FILE__, __LINE__, "%s%s%s%s; it printed %s%s", did,
                    told ? "" : " (it ended: ", told ? "" : how, told ? "" : ")", words[0] ? "last: " : "nothing",
                    words);
}

vt_status vt_ipi_blame(vt_ipi *s, vt_err *err, const char *fmt, ...)
{
  char text[300];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  return with_words(s, vt_err_set(err, VT_EDRIVER, __FILE__, __LINE__, "the driver %s", text), err);
}

/* ------------------------------------------------------------------ waiting */

static vt_status server_wait(void *ctx, int fd, short events, vt_err *err)
{
  vt_ipi *s = ctx;
  char how[96];
  struct pollfd p[2] = {{.fd = fd, .events = events}, {.fd = s->process.out, .events = POLLIN}};
  (void)poll(p, 2, POLL_MS);
  if (p[1].revents) vt__ipi_listen(&s->process);
  if (p[0].revents) return VT_OK;
  if (vt__ipi_ended(&s->process, how)) VT_FAIL(err, VT_EDRIVER, "the driver ended (%s) while %s", how, s->what);
  const double most_s = vt_ipi_patience(s->took_s, s->n_took, s->driver.timeout_s), waited_s = vt_now_s() - s->began_s;
  if (waited_s > most_s && poll(p, 1, 0) == 0) /* unless it came while this process was suspended */
    VT_FAIL(err, VT_EDRIVER, "the driver was silent for %.3g s while %s; its limit (%s) is %.3g s", waited_s, s->what,
            s->driver.timeout_s > 0 ? "timeout" : "by its own times", most_s);
  vt_alive();
  return s->host && s->host->wait ? s->host->wait(s->host->ctx, err) : VT_OK;
}

static vt__ipi_stream stream_of(vt_ipi *s)
{
  return (vt__ipi_stream){.fd = s->fd, .broken = VT_EDRIVER, .wait = server_wait, .ctx = s};
}

static void waits_for(vt_ipi *s, const char *what)
{
  s->what = what;
  s->began_s = vt_now_s();
}

/* ------------------------------------------------------------------ the start */

static vt_status open_door(vt_ipi *s, vt_err *err)
{
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  const char *path = s->process.socket_path;
  memcpy(a.sun_path, path, strlen(path) + 1); /* both are below 100 bytes */
  s->door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s->door < 0 || bind(s->door, (const struct sockaddr *)&a, sizeof a) != 0 || chmod(path, 0600) != 0 ||
      listen(s->door, 1) != 0)
    VT_FAIL(err, VT_EIO, "the socket '%s' cannot be opened: %s", path, strerror(errno));
  return VT_OK;
}

static vt_status write_start(const vt_ipi *s, const vt_buf *start, vt_err *err)
{
  FILE *f = fopen(s->process.start, "w");
  int bad = !f || fwrite(start->s, 1, start->len, f) != start->len;
  if (f && fclose(f) != 0) bad = 1;
  if (bad) VT_FAIL(err, VT_EIO, "'%s' cannot be written: %s", s->process.start, strerror(errno));
  return VT_OK;
}

vt_status vt_ipi_start(vt_ipi **out, const vt_driver *d, const char *file, const vt_buf *start, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf command = {0};
  vt_ipi *s = NULL;
  *out = NULL;
  VT_PASS(VT_NEW(s, 1, err));
  s->door = s->fd = -1;
  s->driver = *d;
  s->first = s->idle = 1;
  VT_TRY_OUT(vt__ipi_scratch(&s->process, err), err, "starting a driver");
  VT_TRY_OUT(open_door(s, err), err, "starting a driver");
  VT_TRY_OUT(write_start(s, start, err), err, "starting a driver");
  VT_TRY_OUT(vt__ipi_command(d, file, s->process.socket, s->process.start, &command, err), err, "starting a driver");
  VT_TRY_OUT(vt__ipi_spawn(&s->process, command.s, err), err, "starting a driver");
  waits_for(s, "it was to connect");
  *out = s, s = NULL;
out:
  vt_buf_free(&command);
  vt_ipi_end(s);
  return rc;
}

/* Of this user only; the socket's name is free again at once. */
static vt_status let_in(vt_ipi *s, vt_err *err)
{
  while (s->fd < 0) {
    struct ucred who = {0};
    socklen_t n = sizeof who;
    s->fd = accept4(s->door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (s->fd >= 0) {
      if (getsockopt(s->fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.uid == geteuid()) break;
      (void)close(s->fd);
      s->fd = -1;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      VT_PASS(server_wait(s, s->door, POLLIN, err));
    } else if (errno != EINTR && errno != ECONNABORTED) {
      VT_FAIL(err, VT_EDRIVER, "a driver cannot be let in: %s", strerror(errno));
    }
  }
  (void)close(s->door);
  s->door = -1;
  (void)unlink(s->process.socket_path);
  return VT_OK;
}

/* ------------------------------------------------------------------ the conversation */

static vt_status send_message(vt_ipi *s, vt_err *err)
{
  const vt__ipi_stream stream = stream_of(s);
  vt_status rc = vt_buf_check(&s->message, err);
  if (rc == VT_OK) rc = vt__ipi_put(&stream, s->message.s, s->message.len, err);
  s->message.len = 0;
  return rc;
}

static vt_status take_header(vt_ipi *s, vt__ipi_header *h, vt_err *err)
{
  const vt__ipi_stream stream = stream_of(s);
  char how[96] = "";
  int eof = 0;
  VT_PASS(vt__ipi_take_header(&stream, h, &eof, err));
  if (eof && gave_up(s, how)) VT_FAIL(err, VT_EDRIVER, "the driver ended (%s) while %s", how, s->what);
  if (eof) VT_FAIL(err, VT_EDRIVER, "the driver closed the connection while %s", s->what);
  return VT_OK;
}

/* STATUS, and INIT as often as it is asked for, until the state is the wanted one. */
static vt_status bring_to(vt_ipi *s, const char *wanted, vt_err *err)
{
  enum { ROUNDS = 4 };
  vt__ipi_header h;
  for (int k = 0; k < ROUNDS; k++) {
    vt__ipi_put_header(&s->message, "STATUS");
    VT_PASS(send_message(s, err));
    VT_PASS(take_header(s, &h, err));
    if (vt__ipi_is(&h, wanted)) return VT_OK;
    if (!vt__ipi_is(&h, "NEEDINIT")) break;
    vt__ipi_put_init(&s->message);
    VT_PASS(send_message(s, err));
    s->needs_init = !s->first;
  }
  VT_FAIL(err, VT_EDRIVER, "the driver answered STATUS with '%s', expected %s", h.text, wanted);
}

/* Nothing may come before we have asked. */
static vt_status refuse_noise(vt_ipi *s, vt_err *err)
{
  char piece[16];
  ssize_t n = recv(s->fd, piece, sizeof piece, MSG_PEEK);
  if (n > 0) VT_FAIL(err, VT_EDRIVER, "the driver sends what nobody asked for");
  return VT_OK;
}

static vt_status ask_plain(vt_ipi *s, int n, const double h[3][3], const double (*x)[3], vt_err *err)
{
  VT_PASS(bring_to(s, "READY", err));
  vt__ipi_put_posdata(&s->message, n, h, x);
  VT_PASS(send_message(s, err));
  VT_PASS(bring_to(s, "HAVEDATA", err));
  vt__ipi_put_header(&s->message, "GETFORCE");
  return send_message(s, err);
}

/* All in one piece.  A client that wants INIT before every step says so when it is asked after its first answer. */
static vt_status ask_fused(vt_ipi *s, int n, const double h[3][3], const double (*x)[3], vt_err *err)
{
  if (!s->ready) {
    VT_PASS(bring_to(s, "READY", err));
    s->ready = !s->first;
  } else if (s->needs_init) {
    vt__ipi_put_init(&s->message);
  }
  vt__ipi_put_posdata(&s->message, n, h, x);
  vt__ipi_put_header(&s->message, "GETFORCE");
  return send_message(s, err);
}

static vt_status take_forces(vt_ipi *s, int n, vt_ipi_answer *a, vt_err *err)
{
  const vt__ipi_stream stream = stream_of(s);
  vt__ipi_header h;
  VT_PASS(take_header(s, &h, err));
  if (!vt__ipi_is(&h, "FORCEREADY")) VT_FAIL(err, VT_EDRIVER, "the driver answered GETFORCE with '%s'", h.text);
  return vt__ipi_take_forces(&stream, n, a, s->process.name, sizeof s->process.name, err);
}

static void remember(vt_ipi *s, double took_s)
{
  if (!s->first) {
    s->took_s[s->next_took] = took_s;
    s->next_took = (s->next_took + 1) % TIMES;
    if (s->n_took < TIMES) s->n_took++;
  }
  s->first = 0;
}

static vt_status converse(vt_ipi *s, int n, const double h[3][3], const double (*x)[3], vt_ipi_answer *a, vt_err *err)
{
  if (s->fd < 0) VT_PASS(let_in(s, err));
  waits_for(s, s->first ? "its first answer was awaited" : "an answer was awaited");
  VT_PASS(refuse_noise(s, err));
  VT_PASS(s->driver.plain ? ask_plain(s, n, h, x, err) : ask_fused(s, n, h, x, err));
  return take_forces(s, n, a, err);
}

vt_status vt_ipi_ask(vt_ipi *s, int n, const double h[3][3], const double (*x)[3], const vt_ipi_host *host,
                     vt_ipi_answer *a, vt_err *err)
{
  s->host = host;
  s->idle = 0;
  vt_status rc = converse(s, n, h, x, a, err);
  s->host = NULL;
  if (rc != VT_OK) return with_words(s, rc, err);
  a->first = s->first;
  a->took_s = vt_now_s() - s->began_s;
  remember(s, a->took_s);
  vt__ipi_listen(&s->process);
  s->idle = 1;
  return VT_OK;
}

const char *vt_ipi_said(const vt_ipi *s) { return s->process.said; }

int vt_ipi_not_started(const vt_ipi *s)
{
  char how[96] = "";
  return s->fd < 0 && s->process.pid > 0 && vt__ipi_ended(&s->process, how) && vt__ipi_no_such_program(how);
}

const char *vt_ipi_name(const vt_ipi *s) { return s->process.name; }

void vt_ipi_end(vt_ipi *s)
{
  const double patience_s = 3;
  if (!s) return;
  int polite = s->idle && s->fd >= 0;
  if (polite) {
    vt_buf bye = {0};
    vt__ipi_put_header(&bye, "EXIT");
    polite = bye.s && send(s->fd, bye.s, bye.len, MSG_NOSIGNAL) == (ssize_t)bye.len;
    vt_buf_free(&bye);
  }
  if (s->fd >= 0) (void)shutdown(s->fd, SHUT_WR);
  vt__ipi_kill(&s->process, polite ? patience_s : 0);
  if (s->fd >= 0) (void)close(s->fd);
  if (s->door >= 0) (void)close(s->door);
  vt_buf_free(&s->message);
  vt_free(s);
}
