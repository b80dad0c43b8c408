/* Numbers with units, as people write them. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"

typedef struct unit {
  const char *text;
  const char *family;
  int exp10;     /* the unit is factor * 10^exp10 of its family's base */
  double factor; /* 1 where the power of ten says all: then conversion is exact in decimal */
} unit;

static const unit known[] = {
    {"K", "temperature", 0, 1},
    {"fs", "time", -15, 1},
    {"ps", "time", -12, 1},
    {"ns", "time", -9, 1},
    {"us", "time", -6, 1},
    {"ms", "time", -3, 1},
    {"s", "time", 0, 1},
    {"min", "time", 0, 60},
    {"h", "time", 0, 3600},
    {"K/s", "cooling rate", 0, 1},
    {"K/us", "cooling rate", 6, 1},
    {"K/ns", "cooling rate", 9, 1},
    {"K/ps", "cooling rate", 12, 1},
    {"K/fs", "cooling rate", 15, 1},
    {"GPa", "pressure", 9, 1},
    {"MPa", "pressure", 6, 1},
    {"kPa", "pressure", 3, 1},
    {"Pa", "pressure", 0, 1},
    {"bar", "pressure", 5, 1},
    {"kbar", "pressure", 8, 1},
    {"atm", "pressure", 0, 101325},
    {"A", "length", -10, 1},
    {"A^3", "volume", -30, 1},
    {"nm", "length", -9, 1},
    {"1/A", "wave number", 10, 1},
    {"1/nm", "wave number", 9, 1},
    {"eV", "energy", 0, 1},
    {"meV", "energy", -3, 1},
    {"eV/A", "force", 0, 1},
    {"meV/A", "force", -3, 1},
    {"eV/atom", "energy per atom", 0, 1},
    {"meV/atom", "energy per atom", -3, 1},
    {"decades", "ratio", 0, 1},
    {"decade", "ratio", 0, 1},
};
enum { N_KNOWN = (int)(sizeof known / sizeof known[0]) };

static const unit *find_unit(const char *text, size_t n)
{
  for (int i = 0; i < N_KNOWN; i++)
    if (strlen(known[i].text) == n && memcmp(known[i].text, text, n) == 0) return &known[i];
  return NULL;
}

/* Length of the decimal number that begins `s` (0: none); *digits is its length without the exponent. */
static size_t number_length(const char *s, size_t n, size_t *digits)
{
  size_t i = 0, seen = 0;
  if (i < n && (s[i] == '-' || s[i] == '+')) i++;
  while (i < n && isdigit((unsigned char)s[i])) i++, seen++;
  if (i < n && s[i] == '.' && !(i + 1 < n && s[i + 1] == '.')) { /* not the dots of a range */
    i++;
    while (i < n && isdigit((unsigned char)s[i])) i++, seen++;
  }
  if (!seen) return 0;
  *digits = i;
  if (i < n && (s[i] == 'e' || s[i] == 'E')) {
    size_t j = i + 1;
    if (j < n && (s[j] == '-' || s[j] == '+')) j++;
    size_t first = j;
    while (j < n && isdigit((unsigned char)s[j])) j++;
    if (j > first) i = j;
  }
  return i;
}

/* The number of `len` characters of which `digits` stand before the exponent, times 10^shift, rounded once. */
static int scaled(const char *s, size_t digits, size_t len, int shift, double *out)
{
  int64_t own = 0;
  if (len > digits && (!vt_parse_i64(s + digits + 1, len - digits - 1, &own) || own > 1000 || own < -1000)) return 0;
  char text[64];
  int n = snprintf(text, sizeof text, "%.*se%d", digits < sizeof text ? (int)digits : (int)sizeof text, s,
                   (int)own + shift);
  return n > 0 && n < (int)sizeof text && vt_parse_f64(text, (size_t)n, out);
}

static void list_family(const char *family, char *out, size_t cap)
{
  size_t used = 0;
  out[0] = '\0';
  for (int i = 0; i < N_KNOWN && used < cap; i++)
    if (strcmp(known[i].family, family) == 0)
      used += (size_t)snprintf(out + used, cap - used, "%s%s", used ? ", " : "", known[i].text);
}

static int refuse_unit(const char *got, size_t n, const unit *want, const char *unit_text, char *why, size_t cap)
{
  char units[120] = "";
  if (want) list_family(want->family, units, sizeof units);
  if (n == 0)
    (void)snprintf(why, cap, "the unit is missing, expected %s %s in %s",
                   want && strchr("aeiou", want->family[0]) ? "an" : "a", want ? want->family : "quantity",
                   want ? units : unit_text);
  else if (unit_text[0] == '\0')
    (void)snprintf(why, cap, "'%.*s' after the number: this is a plain number without a unit", n < 40 ? (int)n : 40,
                   got);
  else
    (void)snprintf(why, cap, "'%.*s' is not a unit of %s, expected %s", n < 40 ? (int)n : 40, got,
                   want ? want->family : "this quantity", want ? units : unit_text);
  return 0;
}

int vt__quantity_parse(const char *text, size_t n, const char *unit_text, double *out, char *why, size_t cap)
{
  size_t digits = 0, len = number_length(text, n, &digits), from = len;
  const unit *want = find_unit(unit_text, strlen(unit_text));
  if (!len) {
    (void)snprintf(why, cap, "'%.60s' is not a number%s%s", text, unit_text[0] ? " with a unit such as " : "",
                   unit_text);
    return 0;
  }
  while (from < n && text[from] == ' ') from++;
  size_t n_unit = n - from;
  const unit *got = find_unit(text + from, n_unit);
  int same = n_unit == strlen(unit_text) && memcmp(text + from, unit_text, n_unit) == 0;
  if (!same && (!want || !got || strcmp(want->family, got->family) != 0))
    return refuse_unit(text + from, n_unit, want, unit_text, why, cap);
  double x = 0;
  if (!scaled(text, digits, len, same ? 0 : got->exp10 - want->exp10, &x)) {
    (void)snprintf(why, cap, "'%.60s' is too large or has too many digits", text);
    return 0;
  }
  if (!same && (got->factor != 1 || want->factor != 1)) x = x * got->factor / want->factor;
  *out = x;
  return 1;
}

/* ------------------------------------------------------------------ ranges of temperature */

static size_t without_blanks(const char *s, size_t n)
{
  while (n && s[n - 1] == ' ') n--;
  return n;
}

static size_t length_of_number(const char *s, size_t n)
{
  size_t digits = 0;
  return number_length(s, n, &digits);
}

/* A temperature of which the unit may be missing if `bare`. */
static int parse_k(const char *s, size_t n, int bare, double *out, char *why, size_t cap)
{
  int no_unit = bare && n && length_of_number(s, n) == n;
  return vt__quantity_parse(s, n, no_unit ? "" : "K", out, why, cap);
}

/* Positive numbers in a text, up to `cap` of them, whatever stands between; returns how many there are. */
static int numbers_in(const char *text, double *x, int cap)
{
  int n = 0;
  for (size_t left = strlen(text); left > 0;) {
    const size_t l = isdigit((unsigned char)*text) ? length_of_number(text, left) : 0;
    double one = 0;
    if (l && vt_parse_f64(text, l, &one) && n++ < cap) x[n - 1] = one;
    text += l ? l : 1;
    left -= l ? l : 1;
  }
  return n;
}

/* A round step that leads from one temperature to another, at least twice if there is such a one. */
static double step_between(double from, double to)
{
  static const double round_steps[] = {100, 50, 25, 20, 10, 5, 1};
  for (size_t k = 0; k < sizeof round_steps / sizeof *round_steps; k++) {
    const double steps = (to - from) / round_steps[k];
    if (steps >= 2 && fabs(steps - round(steps)) < 1e-9) return round_steps[k];
  }
  return to - from;
}

int vt__temperatures_as_written(const char *text, char *out, size_t cap)
{
  enum { MOST = 8 };
  double x[MOST] = {0};
  const int n = numbers_in(text, x, MOST), list = !strstr(text, "..") && (strpbrk(text, ",;") || n > 3);
  size_t used = 0;
  (void)snprintf(out, cap, "450..700 K by 50 K");
  for (int k = 0; list && n >= 2 && n <= MOST && k < n && used < cap; k++)
    used += (size_t)snprintf(out + used, cap - used, "%s%.10g K%s", k ? ", " : "[", x[k], k + 1 < n ? "" : "]");
  if (!list && (n == 2 || n == 3) && x[0] != x[1]) {
    const double from = fmin(x[0], x[1]), to = fmax(x[0], x[1]), step = n == 3 ? x[2] : 0;
    (void)snprintf(out, cap, "%.10g..%.10g K by %.10g K", from, to, step > 0 ? step : step_between(from, to));
  }
  return n;
}

int vt__range_parse(const char *text, double *t_k, int cap, int *n, double *asked_end, char *why, size_t why_cap)
{
  const char *dots = strstr(text, ".."), *by = strstr(text, " by ");
  double from = 0, to = 0, step = 0;
  if (!dots || !by || by < dots) {
    (void)snprintf(why, why_cap, "'%.60s' is not a range", text);
    return 0;
  }
  const char *end = dots + 2, *width = by + 4;
  while (*end == ' ') end++;
  while (*width == ' ') width++;
  if (end > by) {
    (void)snprintf(why, why_cap, "the end of the range '%.60s' is missing", text);
    return 0;
  }
  if (!parse_k(text, without_blanks(text, (size_t)(dots - text)), 1, &from, why, why_cap) ||
      !parse_k(end, without_blanks(end, (size_t)(by - end)), 0, &to, why, why_cap) ||
      !parse_k(width, strlen(width), 1, &step, why, why_cap))
    return 0;
  if (!(step > 0) || to < from) {
    (void)snprintf(why, why_cap, "the range '%.60s' has the wrong sign, expected low..high K by a positive step", text);
    return 0;
  }
  double steps = floor((to - from) / step + 1e-9);
  if (!(steps < cap)) {
    (void)snprintf(why, why_cap, "the range '%.60s' has more than %d temperatures", text, cap);
    return 0;
  }
  *n = (int)steps + 1;
  *asked_end = to;
  /* Rounded to a micro-kelvin, so that a range and a list of the same temperatures are the same bits. */
  for (int i = 0; i < *n; i++) t_k[i] = round((from + i * step) * 1e6) / 1e6;
  return 1;
}

/* ------------------------------------------------------------------ writing */

void vt__put_f64(vt_buf *b, double x)
{
  char text[40];
  for (int digits = 6; digits <= 17; digits++) {
    double back = 0;
    int n = snprintf(text, sizeof text, "%.*g", digits, x);
    if (vt_parse_f64(text, (size_t)n, &back) && back == x) break;
  }
  vt_buf_printf(b, "%s", text);
}
