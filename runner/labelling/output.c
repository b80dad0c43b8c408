/* output.c - numbers out of what a program wrote, by the rows of METHOD.yaml. */
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "runner/labelling/labelling_impl.h"

enum { CAPTURES = 10 };

/* One row at work. */
typedef struct finder {
  const vt_method_row *w;
  regex_t re;
  int has_re;
  const char *at, *end; /* of the text that is left */
  int per_line;         /* numbers wanted of one line; 0: as many as there are, up to CAPTURES - 1 */
} finder;

static int number_of(const char *s, size_t n, double *x)
{
  char text[64];
  if (n >= sizeof text) return 0;
  memcpy(text, s, n);
  text[n] = '\0';
  for (size_t k = 0; k < n; k++)
    if (text[k] == 'D' || text[k] == 'd') text[k] = 'E'; /* as Fortran writes */
  return vt_parse_f64(text, n, x);
}

/* The next line without its end; 0: none. */
static int next_line(finder *f, vt_span *line)
{
  if (f->at >= f->end) return 0;
  const char *nl = memchr(f->at, '\n', (size_t)(f->end - f->at));
  const char *stop = nl ? nl : f->end;
  *line = (vt_span){f->at, (size_t)(stop - f->at)};
  f->at = nl ? nl + 1 : f->end;
  if (line->n > 0 && line->s[line->n - 1] == '\r') line->n--;
  return 1;
}

static const char *find_text(vt_span line, const char *text)
{
  const size_t n = strlen(text);
  for (size_t k = 0; k + n <= line.n; k++)
    if (memcmp(line.s + k, text, n) == 0) return line.s + k + n;
  return NULL;
}

/* Words of a line that the row takes; how many, 0: the line is another one. */
static int words_of(finder *f, vt_span line, vt_span word[CAPTURES])
{
  int n = 0;
  if (f->has_re) {
    regmatch_t m[CAPTURES] = {{.rm_so = 0, .rm_eo = (regoff_t)line.n}};
    if (regexec(&f->re, line.s, CAPTURES, m, REG_STARTEND) != 0) return 0;
    for (size_t k = 1; k <= f->re.re_nsub && k < CAPTURES; k++, n++)
      word[n] = (vt_span){line.s + m[k].rm_so, (size_t)(m[k].rm_eo - m[k].rm_so)};
    return n;
  }
  const char *behind = find_text(line, f->w->after);
  size_t at = behind ? (size_t)(behind - line.s) : line.n;
  double x;
  while (n < CAPTURES - 1 && vt_span_token(line, " \t:=,;", &at, &word[n])) {
    const int is_number = number_of(word[n].s, word[n].n, &x);
    if (!is_number && f->per_line != 1 && n == 0) continue; /* a unit or a name before the numbers */
    if (!is_number && n > 0) break;                         /* or behind them */
    n++;
    if (n == f->per_line) break;
  }
  return n;
}

static int open_finder(finder *f, const vt_method_row *w, const char *text, size_t n, int per_line)
{
  char pattern[4 * VT_METHOD_TEXT];
  *f = (finder){.w = w, .at = text, .end = text + n, .per_line = per_line};
  if (!w->match[0]) return 1;
  vt_method_pattern(w->match, pattern, sizeof pattern);
  f->has_re = regcomp(&f->re, pattern, REG_EXTENDED) == 0;
  return f->has_re;
}

static void close_finder(finder *f)
{
  if (f->has_re) regfree(&f->re);
}

static int take(const vt_span *word, int n, double *out, const char *what, char *why, size_t cap)
{
  for (int k = 0; k < n; k++)
    if (!number_of(word[k].s, word[k].n, &out[k])) {
      (void)snprintf(why, cap, "'%.*s' of %s is not a number", vt_span_shown(word[k]), word[k].s, what);
      return 0;
    }
  return 1;
}

/* One number: the first line or the last one that has it. */
static int read_energy(finder *f, double *energy, char *why, size_t cap)
{
  vt_span line, word[CAPTURES], found = {0};
  while (next_line(f, &line))
    if (words_of(f, line, word) > 0) {
      found = word[0];
      if (f->w->first) break;
    }
  if (!found.s) {
    (void)snprintf(why, cap, "the output has no energy");
    return 0;
  }
  return take(&found, 1, energy, "the energy", why, cap);
}

/* n lines of three; more: whole blocks of n, of which the first or the last counts. */
static int read_forces(finder *f, int n, double (*out)[3], char *why, size_t cap)
{
  vt_span line, word[CAPTURES];
  int k = 0;
  while (next_line(f, &line)) {
    if (words_of(f, line, word) < 3) continue;
    if (f->w->first && k == n) break;
    if (!take(word, 3, out[k++ % n], "a force", why, cap)) return 0;
  }
  if (k > 0 && k % n == 0) return 1;
  (void)snprintf(why, cap, "the output has forces on %d atoms, expected %d", k, n);
  return 0;
}

/* Nine numbers in one line or in three, or six. */
static int read_tensor(finder *f, double out[9], const char *what, char *why, size_t cap)
{
  vt_span line, word[CAPTURES];
  double x[9] = {0};
  int k = 0;
  const int all = f->w->voigt ? 6 : 9;
  while (next_line(f, &line)) {
    const int n = words_of(f, line, word);
    if (n == 0) continue;
    if (k == all) {
      if (f->w->first) break;
      k = 0;
    }
    if (k + n > all) break;
    if (!take(word, n, x + k, what, why, cap)) return 0;
    k += n;
  }
  for (int i = 0; i < all; i++) {
    const int c = f->w->voigt ? f->w->place[i] : i;
    out[c] = x[i];
    if (f->w->voigt) out[3 * (c % 3) + c / 3] = x[i];
  }
  if (k == all) return 1;
  (void)snprintf(why, cap, "the output has %d components of %s, expected %d", k, what, all);
  return 0;
}

/* The rest of the line behind the text, or what the pattern takes. */
static void read_version(finder *f, char out[VT__LABEL_PROGRAM])
{
  vt_span line, word[CAPTURES];
  out[0] = '\0';
  while (next_line(f, &line)) {
    const char *behind = f->has_re ? NULL : find_text(line, f->w->after);
    vt_span found = {0};
    if (f->has_re && words_of(f, line, word) > 0) found = word[0];
    if (behind) found = (vt_span){behind, (size_t)(line.s + line.n - behind)};
    while (found.n > 0 && strchr(" \t:=", found.s[0])) found.s++, found.n--;
    while (found.n > 0 && strchr(" \t", found.s[found.n - 1])) found.n--;
    if (found.n == 0) continue;
    if (found.n >= VT__LABEL_PROGRAM) found.n = VT__LABEL_PROGRAM - 1;
    for (size_t k = 0; k < found.n; k++) {
      const char c = found.s[k];
      out[k] = (char)(c >= ' ' && c <= '~' && c != '"' && c != '\\' ? c : '?');
    }
    out[found.n] = '\0';
    if (f->w->first) return;
  }
}

static int read_row(const vt_method *m, vt_method_what what, finder *f, vt__label *a, char *why, size_t cap)
{
  (void)m;
  switch (what) {
  case VT_METHOD_ENERGY:
    return read_energy(f, &a->energy, why, cap);
  case VT_METHOD_FORCES:
    return read_forces(f, a->n, a->f, why, cap);
  case VT_METHOD_STRESS:
  case VT_METHOD_VIRIAL:
    a->has_virial = 1;
    return read_tensor(f, a->virial, what == VT_METHOD_STRESS ? "the stress" : "the virial", why, cap);
  default:
    read_version(f, a->program);
    return 1;
  }
}

static int has_converged(const vt_method *m, const vt__label_texts *of, char *why, size_t cap)
{
  size_t n = 0;
  const char *text = of->text(of->ctx, "", &n);
  const vt_span all = {text, text ? n : 0};
  for (int k = 0; k < m->n_not_found; k++)
    if (text && find_text(all, m->not_found[k])) {
      (void)snprintf(why, cap, "not converged: the output says '%s'", m->not_found[k]);
      return 0;
    }
  for (int k = 0; k < m->n_found; k++)
    if (!text || !find_text(all, m->found[k])) {
      (void)snprintf(why, cap, "not converged: the output does not say '%s'", m->found[k]);
      return 0;
    }
  return 1;
}

static void to_our_units(const vt_method *m, double volume, vt__label *a)
{
  const vt_method_row *r = m->read;
  a->energy *= r[VT_METHOD_ENERGY].factor;
  for (int i = 0; i < a->n; i++)
    for (int k = 0; k < 3; k++) a->f[i][k] *= r[VT_METHOD_FORCES].factor;
  const double w = r[VT_METHOD_STRESS].given ? r[VT_METHOD_STRESS].factor * volume : r[VT_METHOD_VIRIAL].factor;
  for (int k = 0; k < 9 && a->has_virial; k++) a->virial[k] *= w;
}

int vt__label_parse(const vt_method *m, double volume, const vt__label_texts *of, vt__label *a, char *why, size_t cap)
{
  if (!has_converged(m, of, why, cap)) return 0;
  for (int k = 0; k < VT_METHOD_WHATS; k++) {
    const vt_method_row *w = &m->read[k];
    size_t n = 0;
    finder f;
    if (!w->given) continue;
    const char *text = of->text(of->ctx, w->file, &n);
    if (!text) {
      (void)snprintf(why, cap, "the program wrote no file '%s'", w->file[0] ? w->file : "{output}");
      return 0;
    }
    if (!open_finder(&f, w, text, n, k == VT_METHOD_ENERGY ? 1 : 0)) {
      (void)snprintf(why, cap, "line %d of the method: no memory for the expression", w->line);
      return 0;
    }
    const int ok = read_row(m, (vt_method_what)k, &f, a, why, cap);
    close_finder(&f);
    if (!ok) return 0;
  }
  to_our_units(m, volume, a);
  return 1;
}
