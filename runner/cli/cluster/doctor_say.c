/* doctor_say.c - the lines of `vitrion doctor`, and the process apart that may hang without harm. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/cli/cluster/doctor.h"

static const char *const word[] = {"ok", "skip", "warn", "FAIL"};

/* ------------------------------------------------------------------ lines */

static void print_line(const char *check, vt__verdict v, const char *what_to_do, const char *text)
{
  static const char *const color[] = {"\033[32m", "\033[2m", "\033[33m", "\033[31m"};
  const int c = vt_cli_color(stdout);
  printf("%s%-4s%s  %-10s  %s\n", c ? color[v] : "", word[v], c ? "\033[0m" : "", check, text);
  if (what_to_do[0]) printf("                  -> %s\n", what_to_do);
  (void)fflush(stdout);
}

static void note(vt__doctor *d, const char *check, vt__verdict v, const char *what_to_do, const char *text)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "check", vt_json_text(check));
  vt_json_put(o, "verdict", vt_json_text(word[v]));
  vt_json_put(o, "text", vt_json_text(text));
  vt_json_put(o, "do", what_to_do[0] ? vt_json_text(what_to_do) : vt_json_null());
  d->n[v]++;
  vt_json_add(d->lines, o);
  if (!d->json) print_line(check, v, what_to_do, text);
}

/* One object in one line; frees it. */
static void tell(const vt__doctor *d, vt_json *o)
{
  vt_buf b = {0};
  if (vt_json_dump(o, 0, &b, NULL) == VT_OK) {
    vt_buf_printf(&b, "\n");
    for (size_t at = 0; at < b.len;) {
      const ssize_t n = write(d->pipe, b.s + at, b.len - at);
      if (n < 0 && errno != EINTR) break;
      if (n > 0) at += (size_t)n;
    }
  }
  vt_buf_free(&b);
  vt_json_free(o);
}

void vt__doctor_say(vt__doctor *d, const char *check, vt__verdict v, const char *what_to_do, const char *fmt, ...)
{
  char text[1200];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  if (d->pipe < 0) {
    note(d, check, v, what_to_do, text);
    return;
  }
  vt_json *o = vt_json_object();
  vt_json_put(o, "check", vt_json_text(check));
  vt_json_put(o, "verdict", vt_json_int(v));
  vt_json_put(o, "text", vt_json_text(text));
  vt_json_put(o, "do", vt_json_text(what_to_do));
  tell(d, o);
}

void vt__doctor_doing(vt__doctor *d, const char *check)
{
  (void)snprintf(d->doing, sizeof d->doing, "%s", check);
  if (d->pipe < 0) return;
  vt_json *o = vt_json_object();
  vt_json_put(o, "doing", vt_json_text(check));
  tell(d, o);
}

void vt__doctor_fact(const vt__doctor *d, const char *name, const char *value)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "fact", vt_json_text(name));
  vt_json_put(o, "value", vt_json_text(value));
  tell(d, o);
}

/* ------------------------------------------------------------------ the process apart */

static void take_fact(vt__patient *p, const char *name, const char *value)
{
  if (strcmp(name, "potential") == 0) (void)snprintf(p->potential, sizeof p->potential, "%s", value);
  if (strcmp(name, "sha256") == 0) (void)snprintf(p->potential_sha256, sizeof p->potential_sha256, "%s", value);
  if (strcmp(name, "folder") == 0) (void)snprintf(p->folder, sizeof p->folder, "%s", value);
}

static void take_line(vt__doctor *d, vt__patient *p, const char *line, size_t n)
{
  vt_json *o = NULL;
  if (vt_json_parse(line, n, &o, NULL) != VT_OK) return;
  const char *check = vt_json_get_text(o, "check", ""), *fact = vt_json_get_text(o, "fact", "");
  const int64_t v = vt_json_get_int(o, "verdict", VT__BAD);
  if (check[0] && v >= VT__FINE && v <= VT__BAD)
    note(d, check, (vt__verdict)v, vt_json_get_text(o, "do", ""), vt_json_get_text(o, "text", ""));
  else if (fact[0])
    take_fact(p, fact, vt_json_get_text(o, "value", ""));
  else
    (void)snprintf(d->doing, sizeof d->doing, "%s", vt_json_get_text(o, "doing", ""));
  vt_json_free(o);
}

/* What comes through the pipe, line by line; 0 at its end. */
static int take_bytes(vt__doctor *d, vt__patient *p, int fd, vt_buf *rest)
{
  char bytes[4096];
  const ssize_t n = read(fd, bytes, sizeof bytes);
  if (n == 0 || (n < 0 && errno != EINTR)) return 0;
  if (n > 0) vt_buf_add(rest, bytes, (size_t)n);
  size_t from = 0;
  for (size_t at = 0; at < rest->len; at++)
    if (rest->s[at] == '\n') {
      take_line(d, p, rest->s + from, at - from);
      from = at + 1;
    }
  vt_buf left = {0};
  if (from < rest->len) vt_buf_add(&left, rest->s + from, rest->len - from);
  vt_buf_free(rest);
  *rest = left;
  return 1;
}

static void listen_to(vt__doctor *d, vt__patient *p, pid_t pid, int fd, double limit_s)
{
  const double end = vt_now_s() + limit_s;
  int status = 0, more = 1;
  vt_buf rest = {0};
  while (more && vt_now_s() < end) {
    struct pollfd f = {.fd = fd, .events = POLLIN};
    if (poll(&f, 1, 200) > 0) more = take_bytes(d, p, fd, &rest);
  }
  vt_buf_free(&rest);
  if (more) {
    vt__doctor_say(d, d->doing[0] ? d->doing : "folder", VT__BAD,
                   "a file server that does not answer? try the same by hand: ls, cp, sync", "no answer within %.0f s",
                   limit_s);
    (void)kill(pid, SIGKILL);
  }
  /* who waits for a dead file server cannot be ended, and is not waited for */
  for (int k = 0; k < 100 && waitpid(pid, &status, more ? WNOHANG : 0) == 0; k++) vt_nap_s(0.01);
  if (!more && WIFSIGNALED(status))
    vt__doctor_say(d, d->doing[0] ? d->doing : "folder", VT__BAD, "this is a mistake of vitrion: please report it",
                   "died of signal %d", WTERMSIG(status));
}

void vt__doctor_apart(vt__doctor *d, vt__patient *p, double limit_s, void (*work)(vt__doctor *d, vt__patient *p))
{
  int fd[2];
  d->doing[0] = '\0';
  (void)fflush(NULL);
  const int piped = pipe(fd);
  const pid_t pid = piped == 0 ? fork() : -1;
  if (pid < 0) {
    vt__doctor_say(d, "process", VT__BAD, "close other programs, or ask for a higher limit (ulimit -u, ulimit -n)",
                   "no further process can be started: %s", strerror(errno));
    for (int k = 0; k < 2 && piped == 0; k++) (void)close(fd[k]);
    return;
  }
  if (pid == 0) {
    (void)close(fd[0]);
    d->pipe = fd[1];
    work(d, p);
    _exit(0);
  }
  (void)close(fd[1]);
  listen_to(d, p, pid, fd[0], limit_s);
  (void)close(fd[0]);
}
