/* command.c - the command of a driver: placeholders, quoting, what its identity is. */
#include <string.h>
#include <sys/stat.h>

#include "engine/ipi/ipi_impl.h"

enum { SOCKET, START, DIR_, FILE_, PLACES };
static const char *const place_name[PLACES] = {"socket", "start", "dir", "file"};
static const char small[] = "abcdefghijklmnopqrstuvwxyz_";

/* The next {word} of s from *at on: its number, PLACES for an unknown one, -1: there is none.  *at stands behind it,
 * *from at its brace. */
static int next_place(const char *s, size_t *at, size_t *from)
{
  for (size_t k = *at; s[k]; k++) {
    if (s[k] != '{' || (k > 0 && s[k - 1] == '$')) continue;
    size_t n = strspn(s + k + 1, small);
    if (n == 0 || s[k + 1 + n] != '}') continue;
    *from = k;
    *at = k + n + 2;
    for (int p = 0; p < PLACES; p++)
      if (strlen(place_name[p]) == n && memcmp(place_name[p], s + k + 1, n) == 0) return p;
    return PLACES;
  }
  return -1;
}

vt_status vt_ipi_command_check(const vt_driver *d, const char *file, vt_err *err)
{
  int seen[PLACES + 1] = {0};
  size_t at = 0, from = 0;
  for (int p; (p = next_place(d->command, &at, &from)) >= 0; seen[p]++) {
    if (p < PLACES) continue;
    int best = 0, n = (int)(at - from) - 2;
    char word[40];
    (void)snprintf(word, sizeof word, "%.*s", n, d->command + from + 1);
    for (int k = 1; k < PLACES; k++)
      if (vt_edit_distance(word, place_name[k], 8) < vt_edit_distance(word, place_name[best], 8)) best = k;
    VT_FAIL(err, VT_EINVAL, "{%s} stands for nothing, did you mean {%s}? (there are {socket}, {start}, {dir}, {file})",
            word, place_name[best]);
  }
  if (!seen[SOCKET])
    VT_FAIL(err, VT_EINVAL, "the command has no {socket}: the program would not know where to connect");
  if (seen[FILE_] && strcmp(file, "-") == 0)
    VT_FAIL(err, VT_EINVAL, "the command has {file}, but potential.file names none");
  return VT_OK;
}

void vt_shell_quoted(vt_buf *b, const char *s)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,@%+=-";
  if (s[strspn(s, plain)] == '\0') {
    vt_buf_add(b, s, strlen(s));
    return;
  }
  vt_buf_add(b, "'", 1);
  for (; *s; s++) {
    if (*s == '\'')
      vt_buf_add(b, "'\\''", 4);
    else
      vt_buf_add(b, s, 1);
  }
  vt_buf_add(b, "'", 1);
}

vt_status vt__ipi_command(const vt_driver *d, const char *file, const char *socket, const char *start, vt_buf *out,
                          vt_err *err)
{
  const char *value[PLACES] = {socket, start, d->dir, file};
  size_t at = 0, from = 0, done = 0;
  VT_PASS(vt_ipi_command_check(d, file, err));
  for (int p; (p = next_place(d->command, &at, &from)) >= 0; done = at) {
    vt_buf_add(out, d->command + done, from - done);
    vt_shell_quoted(out, value[p]);
  }
  vt_buf_add(out, d->command + done, strlen(d->command + done));
  return vt_buf_check(out, err);
}

static vt_status hash_file(vt_buf *text, const char *what, const char *path, vt_err *err)
{
  vt_uid sha;
  char hex[65];
  VT_PASS(vt_sha256_file(path, &sha, err));
  vt_uid_hex(&sha, hex);
  vt_buf_printf(text, "%s %s\n", what, hex);
  return VT_OK;
}

/* The files that stand as {dir}/name in the command. */
static vt_status hash_named(const vt_driver *d, vt_buf *text, vt_err *err)
{
  size_t at = 0, from = 0;
  for (int p; (p = next_place(d->command, &at, &from)) >= 0;) {
    char path[2 * VT_PATH];
    struct stat st;
    size_t n = strcspn(d->command + at, " \t\r\n'\"<>|;&()$`*?");
    if (p != DIR_ || n < 2 || d->command[at] != '/') continue;
    if (snprintf(path, sizeof path, "%s%.*s", d->dir, (int)n, d->command + at) >= (int)sizeof path)
      VT_FAIL(err, VT_EINVAL, "'{dir}%.*s' is too long", (int)n, d->command + at);
    if (stat(path, &st) != 0)
      VT_FAIL(err, VT_EIO,
              "the command names '%s', which is not there (what a driver writes belongs into its scratch "
              "folder, where it runs)",
              path);
    if (S_ISREG(st.st_mode)) VT_TRY(hash_file(text, "named", path, err), err, "'%s' of the command", path);
  }
  return VT_OK;
}

vt_status vt_ipi_identity(const vt_driver *d, const char *file, vt_uid *sha256, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf text = {0};
  vt_buf_printf(&text, "vitrion-driver 1\ncommand %s\n", d->command);
  if (strcmp(file, "-") != 0) VT_TRY_OUT(hash_file(&text, "file", file, err), err, "the model's file '%s'", file);
  VT_TRY_OUT(hash_named(d, &text, err), err, "what the driver needs");
  VT_TRY_OUT(vt_buf_check(&text, err), err, "identity of the driver");
  vt_sha256(text.s, text.len, sha256);
out:
  vt_buf_free(&text);
  return rc;
}
