#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/base.h"

/* ------------------------------------------------------------------ growing string */

static int room_for(vt_buf *b, size_t more)
{
  if (b->failed) return 0;
  if (more > SIZE_MAX / 4 - b->len) return b->failed = 1, 0;
  size_t need = b->len + more + 1;
  if (need <= b->cap) return 1;
  size_t cap = b->cap ? b->cap : 256;
  while (cap < need) cap *= 2;
  char *s = realloc(b->s, cap);
  if (!s) return b->failed = 1, 0;
  b->s = s;
  b->cap = cap;
  return 1;
}

void vt_buf_add(vt_buf *b, const void *bytes, size_t n)
{
  if (!room_for(b, n)) return;
  VT_ASSERT(b->len + n < b->cap);
  if (n) memcpy(b->s + b->len, bytes, n);
  b->len += n;
  b->s[b->len] = '\0';
}

void vt_buf_printf(vt_buf *b, const char *fmt, ...)
{
  va_list ap, again;
  va_start(ap, fmt);
  va_copy(again, ap);
  int n = vsnprintf(NULL, 0, fmt, ap);
  va_end(ap);
  if (n < 0)
    b->failed = 1;
  else if (room_for(b, (size_t)n)) {
    (void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
    b->len += (size_t)n;
  }
  va_end(again);
}

vt_status vt_buf_check(const vt_buf *b, vt_err *err)
{
  if (b->failed) VT_FAIL(err, VT_ENOMEM, "out of memory while building a text of more than %zu bytes", b->len);
  return VT_OK;
}

void vt_buf_free(vt_buf *b)
{
  free(b->s);
  *b = (vt_buf){0};
}

/* ------------------------------------------------------------------ strict numbers */

/* A NUL-terminated copy of a short token; 0 if it cannot be a number (too long, empty, embedded NUL). */
static int token(const char *s, size_t n, char buf[64])
{
  if (n == 0 || n >= 64 || memchr(s, '\0', n)) return 0;
  memcpy(buf, s, n);
  buf[n] = '\0';
  return !isspace((unsigned char)buf[0]);
}

int vt_parse_f64(const char *s, size_t n, double *out)
{
  char buf[64], *end;
  if (!token(s, n, buf)) return 0;
  const char *digits = buf + (buf[0] == '-' || buf[0] == '+');
  if (!isdigit((unsigned char)digits[0]) && digits[0] != '.') return 0; /* no nan, no inf */
  if (memchr(buf, 'x', n) || memchr(buf, 'X', n)) return 0;             /* no hexadecimal */
  errno = 0;
  double x = strtod(buf, &end);
  if (end != buf + n || !isfinite(x)) return 0;
  *out = x;
  return 1;
}

int vt_parse_i64(const char *s, size_t n, int64_t *out)
{
  char buf[64], *end;
  if (!token(s, n, buf)) return 0;
  errno = 0;
  long long x = strtoll(buf, &end, 10);
  if (end != buf + n || errno == ERANGE) return 0;
  *out = x;
  return 1;
}

/* ------------------------------------------------------------------ did you mean */

static int least3(int a, int b, int c)
{
  int m = a < b ? a : b;
  return m < c ? m : c;
}

int vt_edit_distance(const char *a, const char *b, int limit)
{
  enum { MOST = 64 };
  size_t na = strlen(a), nb = strlen(b);
  if (na >= MOST || nb >= MOST) return limit + 1;
  int row[MOST + 1];
  for (size_t j = 0; j <= nb; j++) row[j] = (int)j;
  for (size_t i = 1; i <= na; i++) {
    int diagonal = row[0];
    row[0] = (int)i;
    for (size_t j = 1; j <= nb; j++) {
      int above = row[j];
      row[j] = least3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
      diagonal = above;
    }
  }
  return row[nb] <= limit ? row[nb] : limit + 1;
}
