/* client.c - the other side: our forces for a program that moves the atoms. */
#define _DEFAULT_SOURCE /* struct addrinfo */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/ipi/ipi_impl.h"

/* ------------------------------------------------------------------ connecting */

static const double RETRY_S = 0.1;

vt_status vt_ipi_connect_unix(const char *name, double patience_s, int *fd, vt_err *err)
{
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  const char *prefix = strchr(name, '/') ? "" : VT__IPI_PREFIX;
  const double until_s = vt_now_s() + patience_s;
  *fd = -1;
  if (!name[0] || snprintf(a.sun_path, sizeof a.sun_path, "%s%s", prefix, name) >= (int)sizeof a.sun_path)
    VT_FAIL(err, VT_EINVAL, "a socket's name of 1 to %zu characters is expected",
            sizeof a.sun_path - 1 - strlen(prefix));
  for (;;) {
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (s >= 0 && connect(s, (const struct sockaddr *)&a, sizeof a) == 0) {
      *fd = s;
      return VT_OK;
    }
    int why = errno;
    if (s >= 0) (void)close(s);
    if (vt_now_s() >= until_s) VT_FAIL(err, VT_EIO, "no server at '%s': %s", a.sun_path, strerror(why));
    vt_nap_s(RETRY_S);
  }
}

/* The first address that takes us, or -1 and errno. */
static int connect_any(const struct addrinfo *list)
{
  int one = 1;
  for (const struct addrinfo *at = list; at; at = at->ai_next) {
    int s = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (s < 0) continue;
    if (connect(s, at->ai_addr, at->ai_addrlen) == 0) {
      (void)setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* slower without, not wrong */
      return s;
    }
    int why = errno;
    (void)close(s);
    errno = why;
  }
  return -1;
}

vt_status vt_ipi_connect_tcp(const char *host, int port, double patience_s, int *fd, vt_err *err)
{
  struct addrinfo *list = NULL, hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  const double until_s = vt_now_s() + patience_s;
  char text[16];
  *fd = -1;
  (void)snprintf(text, sizeof text, "%d", port);
  int bad = getaddrinfo(host, text, &hints, &list);
  if (bad) VT_FAIL(err, VT_EINVAL, "the host '%s' is not known: %s", host, gai_strerror(bad));
  for (;;) {
    *fd = connect_any(list);
    int why = errno;
    if (*fd >= 0 || vt_now_s() >= until_s) {
      freeaddrinfo(list);
      if (*fd < 0) VT_FAIL(err, VT_EIO, "no server at %s, port %d: %s", host, port, strerror(why));
      return VT_OK;
    }
    vt_nap_s(RETRY_S);
  }
}

/* ------------------------------------------------------------------ answering */

typedef struct client {
  vt__ipi_stream stream;
  vt_ipi_compute *compute;
  void *ctx;
  int has_data;
  int n, cap_x, cap_f;
  double h[3][3], energy, virial[9];
  double (*x)[3], (*f)[3];
  vt_buf message;
} client;

static vt_status client_wait(void *ctx, int fd, short events, vt_err *err)
{
  (void)ctx, (void)err;
  struct pollfd p = {.fd = fd, .events = events};
  (void)poll(&p, 1, -1);
  return VT_OK;
}

static vt_status client_send(client *c, vt_err *err)
{
  vt_status rc = vt_buf_check(&c->message, err);
  if (rc == VT_OK) rc = vt__ipi_put(&c->stream, c->message.s, c->message.len, err);
  c->message.len = 0;
  return rc;
}

static vt_status client_compute(client *c, vt_err *err)
{
  VT_TRY(vt__ipi_take_posdata(&c->stream, c->h, &c->n, &c->x, &c->cap_x, err), err, "reading POSDATA");
  if (c->n > c->cap_f) {
    VT_TRY(VT_GROW(c->f, 0, c->n, err), err, "forces of %d atoms", c->n);
    c->cap_f = c->n;
  }
  VT_PASS(
      c->compute(c->ctx, c->n, (const double(*)[3])c->h, (const double(*)[3])c->x, &c->energy, c->f, c->virial, err));
  c->has_data = 1;
  return VT_OK;
}

static vt_status client_answer(client *c, const vt__ipi_header *h, int64_t *n_answers, vt_err *err)
{
  char text[256];
  int32_t bead;
  if (vt__ipi_is(h, "STATUS")) {
    vt__ipi_put_header(&c->message, c->has_data ? "HAVEDATA" : "READY");
    return client_send(c, err);
  }
  if (vt__ipi_is(h, "INIT")) {
    VT_PASS(vt__ipi_take(&c->stream, &bead, sizeof bead, "INIT", NULL, err));
    return vt__ipi_take_text(&c->stream, "INIT", text, sizeof text, err);
  }
  if (vt__ipi_is(h, "POSDATA")) return client_compute(c, err);
  if (!vt__ipi_is(h, "GETFORCE"))
    VT_FAIL(err, VT_EPARSE, "'%s' is no message of the i-PI protocol (STATUS, INIT, POSDATA, GETFORCE, EXIT)", h->text);
  if (!c->has_data) VT_FAIL(err, VT_EPARSE, "GETFORCE came before POSDATA");
  vt__ipi_put_forces(&c->message, c->n, c->energy, (const double(*)[3])c->f, c->virial);
  VT_PASS(client_send(c, err));
  c->has_data = 0;
  (*n_answers)++;
  return VT_OK;
}

vt_status vt_ipi_serve(int fd, vt_ipi_compute *compute, void *ctx, int64_t *n_answers, vt_err *err)
{
  client c = {.stream = {.fd = fd, .broken = VT_EPARSE, .wait = client_wait}, .compute = compute, .ctx = ctx};
  vt_status rc = vt__ipi_unblock(fd, err);
  *n_answers = 0;
  while (rc == VT_OK) {
    vt__ipi_header h;
    int eof = 0;
    rc = vt__ipi_take_header(&c.stream, &h, &eof, err);
    if (rc != VT_OK || eof || vt__ipi_is(&h, "EXIT")) break;
    rc = client_answer(&c, &h, n_answers, err);
  }
  vt_free(c.x);
  vt_free(c.f);
  vt_buf_free(&c.message);
  return rc;
}
