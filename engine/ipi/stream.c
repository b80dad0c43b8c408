/* stream.c - bytes through a non-blocking socket: nothing here waits by itself. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/ipi/ipi_impl.h"

vt_status vt__ipi_unblock(int fd, vt_err *err)
{
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    VT_FAIL(err, VT_EIO, "preparing a socket: %s", strerror(errno));
  return VT_OK;
}

vt_status vt__ipi_put(const vt__ipi_stream *s, const void *bytes, size_t n, vt_err *err)
{
  const char *at = bytes;
  while (n > 0) {
    ssize_t k = send(s->fd, at, n, MSG_NOSIGNAL);
    if (k > 0) {
      at += k;
      n -= (size_t)k;
    } else if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      VT_PASS(s->wait(s->ctx, s->fd, POLLOUT, err));
    } else if (k < 0 && errno != EINTR) {
      VT_FAIL(err, s->broken, "the connection broke while a message was sent: %s", strerror(errno));
    }
  }
  return VT_OK;
}

vt_status vt__ipi_take(const vt__ipi_stream *s, void *bytes, size_t n, const char *what, int *eof, vt_err *err)
{
  char *at = bytes;
  size_t got = 0;
  if (eof) *eof = 0;
  while (got < n) {
    ssize_t k = recv(s->fd, at + got, n - got, 0);
    if (k > 0) {
      got += (size_t)k;
    } else if (k == 0 || (k < 0 && errno == ECONNRESET)) {
      if (eof && got == 0) {
        *eof = 1;
        return VT_OK;
      }
      VT_FAIL(err, s->broken, "the connection ended in the middle of a message: %zu of %zu bytes of %s", got, n, what);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      VT_PASS(s->wait(s->ctx, s->fd, POLLIN, err));
    } else if (errno != EINTR) {
      VT_FAIL(err, s->broken, "the connection broke while %s was read: %s", what, strerror(errno));
    }
  }
  return VT_OK;
}
