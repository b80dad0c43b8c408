/* command.c - the command of a driver: placeholders, quoting, what its identity is. */
#include <dirent.h>
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

static const char between_words[] = " \t\r\n'\"<>|;&()$`*?";

/* The file beside the one that is not there whose name is nearest, or "". */
static void nearest_file(const char *path, char out[256])
{
  enum { FAR = 4 };
  const char *slash = strrchr(path, '/');
  char folder[2 * VT_PATH];
  int best = FAR;
  out[0] = '\0';
  (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
  DIR *d = opendir(folder);
  const struct dirent *e;
  while (d && (e = readdir(d)) != NULL) {
    const int far = e->d_name[0] == '.' ? FAR : vt_edit_distance(slash + 1, e->d_name, FAR);
    if (far >= best) continue;
    best = far;
    (void)snprintf(out, 256, "%s", e->d_name);
  }
  if (d) (void)closedir(d);
}

/* The files that stand as {dir}/name in the command; *n counts them. */
static vt_status hash_named(const vt_driver *d, vt_buf *text, int *n_files, vt_err *err)
{
  size_t at = 0, from = 0;
  for (int p; (p = next_place(d->command, &at, &from)) >= 0;) {
    char path[2 * VT_PATH], near[256];
    struct stat st;
    size_t n = strcspn(d->command + at, between_words);
    if (p != DIR_ || n < 2 || d->command[at] != '/') continue;
    if (snprintf(path, sizeof path, "%s%.*s", d->dir, (int)n, d->command + at) >= (int)sizeof path)
      VT_FAIL(err, VT_EINVAL, "'{dir}%.*s' is too long", (int)n, d->command + at);
    if (stat(path, &st) != 0) {
      nearest_file(path, near);
      VT_FAIL(err, VT_EIO,
              "the command names '%s', which is not there%s%s%s (what a driver writes belongs into its scratch "
              "folder, where it runs)",
              path, near[0] ? ", did you mean '" : "", near, near[0] ? "'?" : "");
    }
    if (!S_ISREG(st.st_mode)) continue;
    VT_TRY(hash_file(text, "named", path, err), err, "'%s' of the command", path);
    ++*n_files;
  }
  return VT_OK;
}

/* A file of {dir} that is named without it: the driver, which runs in a folder of its own, would not find it. */
static vt_status refuse_relative(const vt_driver *d, vt_err *err)
{
  for (const char *at = d->command; *at;) {
    char path[2 * VT_PATH];
    struct stat st;
    const size_t n = strcspn(at, between_words);
    const int named =
        n > 1 && memchr(at, '.', n) && !memchr(at, '{', n) && at[0] != '/' && at[0] != '~' && at[0] != '-';
    if (named && snprintf(path, sizeof path, "%s/%.*s", d->dir, (int)n, at) < (int)sizeof path &&
        stat(path, &st) == 0 && S_ISREG(st.st_mode))
      VT_FAIL(err, VT_EINVAL,
              "a driver runs in a scratch folder of its own, where it does not find '%.*s': write {dir}/%.*s", (int)n,
              at, (int)n, at);
    at += n > 0 ? n : 1;
  }
  return VT_OK;
}

vt_status vt_ipi_identity(const vt_driver *d, const char *file, vt_uid *sha256, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf text = {0};
  int n_files = 0;
  VT_PASS(refuse_relative(d, err));
  vt_buf_printf(&text, "vitrion-driver 1\ncommand %s\n", d->command);
  if (strcmp(file, "-") != 0) VT_TRY_OUT(hash_file(&text, "file", file, err), err, "the model's file '%s'", file);
  VT_TRY_OUT(hash_named(d, &text, &n_files, err), err, "what the driver needs");
  VT_TRY_OUT(vt_buf_check(&text, err), err, "identity of the driver");
  vt_sha256(text.s, text.len, sha256);
out:
  vt_buf_free(&text);
  return rc;
}

vt_status vt_program_identity(const vt_driver *d, int *n_files, vt_uid *sha256, vt_err *err)
{
  vt_buf text = {0};
  *n_files = 0;
  vt_buf_printf(&text, "vitrion-command 1\ncommand %s\n", d->command);
  vt_status rc = hash_named(d, &text, n_files, err);
  if (rc == VT_OK) rc = vt_buf_check(&text, err);
  if (rc == VT_OK) vt_sha256(text.s, text.len, sha256);
  vt_buf_free(&text);
  return rc;
}
