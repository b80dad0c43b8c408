/* names.c - which run a file is, by its name: the rule is in points.h. */
#include <ctype.h>
#include <string.h>

#include "runner/points/points_impl.h"

enum { PARTS_MOST = 64 };

static int begins_word(vt_span p, size_t i) { return i == 0 || strchr("-_. ", p.s[i - 1]) != NULL; }
static int ends_word(vt_span p, size_t i) { return i == p.n || strchr("-_. ", p.s[i]) != NULL; }
static int digit_at(vt_span p, size_t i) { return i < p.n && isdigit((unsigned char)p.s[i]); }

/* <number>K at i: its length, or 0. */
static size_t is_temperature(vt_span p, size_t i, vt_run *r)
{
  size_t k = i;
  while (digit_at(p, k)) k++;
  if (k > i && k < p.n && p.s[k] == '.' && digit_at(p, k + 1))
    for (k++; digit_at(p, k);) k++;
  const int is = k > i && k < p.n && p.s[k] == 'K' && ends_word(p, k + 1);
  return is && vt_parse_f64(p.s + i, k - i, &r->t_k) ? k + 1 - i : 0;
}

/* glass<k> at i: its length, or 0. */
static size_t is_glass(vt_span p, size_t i, vt_run *r)
{
  static const char word[] = "glass";
  const size_t l = sizeof word - 1;
  size_t k = i + l;
  int64_t glass;
  if (p.n - i <= l || memcmp(p.s + i, word, l) != 0) return 0;
  while (digit_at(p, k)) k++;
  if (k == i + l || !ends_word(p, k) || !vt_parse_i64(p.s + i + l, k - i - l, &glass) || glass > INT32_MAX) return 0;
  r->glass = (int32_t)glass;
  return k - i;
}

/* Words of a kind in one part of a name. */
typedef struct found {
  int n;          /* how many */
  size_t at, end; /* of the first */
} found;

static found find(vt_span p, size_t (*is)(vt_span, size_t, vt_run *), vt_run *r)
{
  found f = {0};
  vt_run other = {0};
  for (size_t i = 0; i < p.n; i++) {
    const size_t l = begins_word(p, i) ? is(p, i, f.n ? &other : r) : 0;
    if (l == 0) continue;
    if (f.n++ == 0) f = (found){.n = 1, .at = i, .end = i + l};
    i += l - 1;
  }
  return f;
}

static int split(const char *path, vt_span part[PARTS_MOST])
{
  int n = 0;
  vt_span p;
  size_t at = 0;
  const vt_span all = {path, strlen(path)};
  while (n < PARTS_MOST && vt_span_token(all, "/", &at, &p))
    if (!vt_span_is(p, ".") && !vt_span_is(p, "..")) part[n++] = p;
  return n;
}

static const char *take_composition(vt_span p, vt_run *r)
{
  while (p.n > 0 && strchr("-_. ", p.s[p.n - 1])) p.n--;
  if (p.n >= VT_NAME) return "the composition in its name has more than 63 characters";
  for (size_t i = 0; i < p.n; i++)
    if ((unsigned char)p.s[i] < ' ') return "its name has control characters";
  memcpy(r->composition, p.s, p.n);
  r->composition[p.n] = '\0';
  return NULL;
}

const char *vt__run_name(const char *path, vt_run *r)
{
  vt_span part[PARTS_MOST];
  const int n = split(path, part);
  int at = n - 1, first;
  found t = {0}, g = {0};
  r->glass = 0;
  for (; at >= 0; at--)
    if ((t = find(part[at], is_temperature, r)).n) break;
  if (t.n == 0) return "no temperature in its name, expected a word such as 600K";
  if (t.n > 1) return "two temperatures in its name";
  first = at;
  size_t words = t.at; /* where those of part[first] begin */
  for (int k = n - 1; k >= at && g.n == 0; k--) {
    g = find(part[k], is_glass, r);
    if (k == at && g.n && g.at < words) words = g.at;
  }
  if (g.n > 1) return "two glasses in its name";
  if (g.n == 0 && at > 0) {
    g = find(part[at - 1], is_glass, r);
    if (g.n == 1 && g.end == part[at - 1].n) {
      first = at - 1;
      words = g.at;
    } else
      r->glass = 0;
  }
  vt_span before = {part[first].s, words};
  const char *why = take_composition(before, r);
  if (!why && !r->composition[0] && first > 0) why = take_composition(part[first - 1], r);
  if (!why && !r->composition[0]) why = "no composition in its name, expected one before the temperature";
  return why;
}
