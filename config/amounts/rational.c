/* Exact ratios: `2.5/0.75` is 10/3, so that the smallest cell that holds a composition exactly can be found. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/amounts/amounts.h"

int64_t vt_gcd(int64_t a, int64_t b)
{
  while (b) {
    int64_t r = a % b;
    a = b;
    b = r;
  }
  return a < 0 ? -a : a;
}

int vt_q_make(int64_t num, int64_t den, vt_q *out)
{
  if (den == 0 || num == INT64_MIN || den == INT64_MIN) return 0;
  int64_t g = vt_gcd(num, den);
  if (den < 0) g = -g;
  *out = (vt_q){num / g, den / g};
  return 1;
}

/* An unsigned decimal of at most fifteen digits, at the start of s; *used is its length. */
static int decimal(const char *s, size_t n, size_t *used, vt_q *out)
{
  enum { MOST_DIGITS = 15 };
  int64_t num = 0, den = 1;
  int digits = 0, after_point = 0;
  size_t i = 0;
  for (; i < n && (isdigit((unsigned char)s[i]) || (s[i] == '.' && !after_point)); i++) {
    if (s[i] == '.') {
      after_point = 1;
      continue;
    }
    if (++digits > MOST_DIGITS) return 0;
    num = 10 * num + (s[i] - '0');
    if (after_point) den *= 10;
  }
  *used = i;
  return digits > 0 && vt_q_make(num, den, out);
}

int vt_q_parse(const char *s, size_t n, vt_q *out)
{
  vt_q a, b;
  size_t used = 0, more = 0;
  if (!decimal(s, n, &used, &a)) return 0;
  if (used == n) {
    *out = a;
    return 1;
  }
  while (used < n && s[used] == ' ') used++;
  if (used == n || s[used++] != '/') return 0;
  while (used < n && s[used] == ' ') used++;
  return decimal(s + used, n - used, &more, &b) && used + more == n && vt_q_div(a, b, out);
}

int vt_q_add(vt_q a, vt_q b, vt_q *out)
{
  int64_t g = vt_gcd(a.den, b.den), den, x, y, num;
  if (__builtin_mul_overflow(a.den, b.den / g, &den) || __builtin_mul_overflow(a.num, b.den / g, &x) ||
      __builtin_mul_overflow(b.num, a.den / g, &y) || __builtin_add_overflow(x, y, &num))
    return 0;
  return vt_q_make(num, den, out);
}

int vt_q_mul(vt_q a, vt_q b, vt_q *out)
{
  vt_q l, r; /* reduce crosswise first: fewer overflows */
  int64_t num, den;
  if (!vt_q_make(a.num, b.den, &l) || !vt_q_make(b.num, a.den, &r)) return 0;
  if (__builtin_mul_overflow(l.num, r.num, &num) || __builtin_mul_overflow(l.den, r.den, &den)) return 0;
  return vt_q_make(num, den, out);
}

int vt_q_div(vt_q a, vt_q b, vt_q *out)
{
  vt_q inverse;
  return b.num != 0 && vt_q_make(b.den, b.num, &inverse) && vt_q_mul(a, inverse, out);
}

int vt_q_equal(vt_q a, vt_q b) { return a.num == b.num && a.den == b.den; }

double vt_q_f64(vt_q a) { return (double)a.num / (double)a.den; }

void vt_q_text(vt_q a, char out[48])
{
  int64_t rest = a.den, scale = 1;
  int places = 0;
  while (places < 9 && scale % rest != 0) scale *= 10, places++;
  int64_t num;
  if (scale % rest != 0 || a.num < 0 || __builtin_mul_overflow(a.num, scale / rest, &num)) {
    (void)snprintf(out, 48, "%" PRId64 "/%" PRId64, a.num, a.den);
    return;
  }
  if (places == 0)
    (void)snprintf(out, 48, "%" PRId64, num);
  else
    (void)snprintf(out, 48, "%" PRId64 ".%0*" PRId64, num / scale, places, num % scale);
}
