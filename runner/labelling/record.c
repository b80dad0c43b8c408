/* record.c - what was computed for one frame, and why one failed, as files that last.
 *
 * FORMAT of frames/<id>.label: lines of text, numbers as %.17g
 *   vitrion-label 1
 *   id <64 hex>
 *   program <version, or ->
 *   energy <eV>
 *   virial <nine, eV>         or: virial none
 *   forces <n>
 *   <x> <y> <z>               eV/A, n lines
 *   crc <8 hex digits>        CRC-32 of all bytes before this line
 * of failed/<name>.txt:
 *   vitrion-label-failed 1
 *   id <64 hex>
 *   why <one line>
 *   crc <8 hex digits>
 * A file that does not check is as if it were not there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/labelling/labelling_impl.h"

enum { RECORD_MOST = 1 << 30, ROOM = 128 };
typedef char place_path[VT_PATH + ROOM];

static void record_path(const vt__labeller *l, int k, place_path out)
{
  char hex[65];
  vt_uid_hex(&l->frame[k].id, hex);
  (void)snprintf(out, VT_PATH + ROOM, "%s/frames/%s.label", l->place.dir, hex);
}

static void failed_path(const vt__labeller *l, int k, const char *end, place_path out)
{
  (void)snprintf(out, VT_PATH + ROOM, "%s/failed/%s%s", l->place.dir, l->frame[k].name, end);
}

static vt_status seal(const char *path, vt_buf *b, vt_err *err)
{
  VT_PASS(vt_buf_check(b, err));
  vt_buf_printf(b, "crc %08x\n", (unsigned)vt_crc32(0, b->s, b->len));
  VT_PASS(vt_buf_check(b, err));
  return vt_file_replace(path, b->s, b->len, err);
}

/* The text of a sealed file, cut before its last line; NULL: not there, or not whole. */
static char *unseal(const char *path)
{
  char *text = NULL, *tail = NULL;
  size_t n = 0;
  unsigned crc = 0;
  enum { TAIL = 13 }; /* "crc 01234567\n" */
  if (access(path, F_OK) != 0 || vt_file_read(path, RECORD_MOST, &text, &n, NULL) != VT_OK) return NULL;
  if (n > TAIL && strlen(text) == n) tail = text + n - TAIL;
  char *end = NULL;
  if (tail && memcmp(tail, "crc ", 4) == 0 && text[n - 1] == '\n') crc = (unsigned)strtoul(tail + 4, &end, 16);
  if (end && end == text + n - 1 && crc == vt_crc32(0, text, n - TAIL)) {
    *tail = '\0';
    return text;
  }
  vt_log(VT_LOG_WARN, "label", "ev=damaged file=\"%s\"", path);
  vt_free(text);
  return NULL;
}

/* ------------------------------------------------------------------ labels */

vt_status vt__label_record_write(const vt__labeller *l, int k, const vt__label *a, vt_err *err)
{
  place_path path;
  char hex[65];
  vt_buf b = {0};
  record_path(l, k, path);
  vt_uid_hex(&l->frame[k].id, hex);
  vt_buf_printf(&b, "vitrion-label 1\nid %s\nprogram %s\nenergy %.17g\nvirial", hex, a->program[0] ? a->program : "-",
                a->energy);
  for (int i = 0; i < 9 && a->has_virial; i++) vt_buf_printf(&b, " %.17g", a->virial[i]);
  vt_buf_printf(&b, "%s\nforces %d\n", a->has_virial ? "" : " none", a->n);
  for (int i = 0; i < a->n; i++) vt_buf_printf(&b, "%.17g %.17g %.17g\n", a->f[i][0], a->f[i][1], a->f[i][2]);
  const vt_status rc = seal(path, &b, err);
  vt_buf_free(&b);
  return rc;
}

int vt__label_record_there(const vt__labeller *l, int k)
{
  place_path path;
  record_path(l, k, path);
  return access(path, F_OK) == 0;
}

/* The line `key value`; *at advances behind it. */
static int take_line(char **at, const char *key, const char **value)
{
  const size_t n = strlen(key);
  char *end = strchr(*at, '\n');
  if (!end || strncmp(*at, key, n) != 0) return 0;
  *end = '\0';
  *value = *at + n;
  *at = end + 1;
  return 1;
}

static int take_numbers(const char *s, double *out, int n)
{
  const vt_span line = {s, strlen(s)};
  size_t at = 0;
  vt_span word;
  for (int k = 0; k < n; k++)
    if (!vt_span_token(line, " ", &at, &word) || !vt_parse_f64(word.s, word.n, &out[k])) return 0;
  return !vt_span_token(line, " ", &at, &word);
}

static int parse_record(char *at, const char *hex, vt__label *a)
{
  const char *v;
  int64_t n = 0;
  int ok = take_line(&at, "vitrion-label ", &v) && strcmp(v, "1") == 0;
  ok = ok && take_line(&at, "id ", &v) && strcmp(v, hex) == 0;
  ok = ok && take_line(&at, "program ", &v);
  if (ok) (void)snprintf(a->program, sizeof a->program, "%s", strcmp(v, "-") == 0 ? "" : v);
  ok = ok && take_line(&at, "energy ", &v) && take_numbers(v, &a->energy, 1);
  ok = ok && take_line(&at, "virial ", &v);
  a->has_virial = ok && strcmp(v, "none") != 0;
  ok = ok && (!a->has_virial || take_numbers(v, a->virial, 9));
  ok = ok && take_line(&at, "forces ", &v) && vt_parse_i64(v, strlen(v), &n) && n == a->n;
  for (int i = 0; ok && i < a->n; i++) ok = take_line(&at, "", &v) && take_numbers(v, a->f[i], 3);
  return ok && *at == '\0';
}

vt_status vt__label_record_read(const vt__labeller *l, int k, vt__label *a, int *got, vt_err *err)
{
  place_path path;
  char hex[65];
  *got = 0;
  *a = (vt__label){.n = l->frame[k].s.n};
  record_path(l, k, path);
  vt_uid_hex(&l->frame[k].id, hex);
  char *text = unseal(path);
  if (!text) return VT_OK;
  const vt_status rc = VT_NEW(a->f, a->n, err);
  if (rc == VT_OK) *got = parse_record(text, hex, a);
  vt_free(text);
  if (*got) return rc;
  vt_free(a->f);
  a->f = NULL;
  return rc;
}

/* ------------------------------------------------------------------ failures */

static vt_status keep(const vt__labeller *l, int k, const char *end, const vt_span *text, vt_err *err)
{
  place_path path;
  if (!text || !text->s || text->n == 0) return VT_OK;
  failed_path(l, k, end, path);
  return vt_file_replace(path, text->s, text->n, err);
}

vt_status vt__label_failure_write(const vt__labeller *l, int k, const char *why, const vt_span *log,
                                  const vt_span *input, vt_err *err)
{
  place_path path;
  char hex[65];
  vt_buf b = {0};
  VT_PASS(keep(l, k, ".log", log, err));
  VT_PASS(keep(l, k, ".inp", input, err));
  failed_path(l, k, ".txt", path);
  vt_uid_hex(&l->frame[k].id, hex);
  vt_buf_printf(&b, "vitrion-label-failed 1\nid %s\nwhy %s\n", hex, why);
  const vt_status rc = seal(path, &b, err);
  vt_buf_free(&b);
  return rc;
}

int vt__label_failure_read(const vt__labeller *l, int k, char why[VT__LABEL_WHY])
{
  place_path path;
  char hex[65];
  const char *v = "", *reason = "";
  failed_path(l, k, ".txt", path);
  vt_uid_hex(&l->frame[k].id, hex);
  char *text = unseal(path), *at = text;
  int ok = text && take_line(&at, "vitrion-label-failed ", &v) && take_line(&at, "id ", &v) && strcmp(v, hex) == 0;
  ok = ok && take_line(&at, "why ", &reason);
  if (ok) (void)snprintf(why, VT__LABEL_WHY, "%s", reason);
  vt_free(text);
  return ok;
}

void vt__label_failure_clear(const vt__labeller *l, int k)
{
  static const char *const ends[] = {".txt", ".log", ".inp"};
  for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
    place_path path;
    failed_path(l, k, ends[e], path);
    (void)unlink(path); /* what cannot be removed is overwritten, or of a frame that is labelled now */
  }
}
