/* screen.c - a terminal that is drawn on as a whole, and is given back as it was. */
#define _DEFAULT_SOURCE /* SIGWINCH, TIOCGWINSZ */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "runner/cli/watch/watch.h"

static struct {
  volatile sig_atomic_t open, resized;
  int raw; /* the keyboard's settings were changed */
  struct termios before;
} screen;

/* Second page, cursor off, lines do not wrap; and back. */
static const char ENTER[] = "\033[?1049h\033[?25l\033[?7l\033[2J", LEAVE[] = "\033[?7h\033[?25h\033[?1049l";
static const int ENDS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGPIPE};
enum { N_ENDS = sizeof ENDS / sizeof *ENDS };

int vt_screen_is_there(void)
{
  const char *term = getenv("TERM");
  return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* ------------------------------------------------------------------ in and out; from signal handlers, too */

static void put(const char *s, size_t n)
{
  while (n > 0) {
    const ssize_t wrote = write(STDOUT_FILENO, s, n);
    if (wrote < 0 && errno != EINTR && errno != EAGAIN) return;
    if (wrote > 0) s += wrote, n -= (size_t)wrote;
  }
}

static void enter(void)
{
  put(ENTER, sizeof ENTER - 1);
  if (screen.raw) {
    struct termios t = screen.before;
    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &t);
  }
}

static void leave(void)
{
  put(LEAVE, sizeof LEAVE - 1);
  if (screen.raw) (void)tcsetattr(STDIN_FILENO, TCSANOW, &screen.before);
}

/* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c): write, tcsetattr, signal, raise and kill are allowed there */
static void on_end(int sig)
{
  if (screen.open) leave();
  screen.open = 0;
  (void)signal(sig, SIG_DFL); /* NOLINT(bugprone-signal-handler,cert-sig30-c) */
  (void)raise(sig);
}

static void on_resize(int sig)
{
  (void)sig;
  screen.resized = 1;
}

static void on_pause(int sig)
{
  (void)sig;
  const int errno_before = errno;
  if (screen.open) leave();
  (void)raise(SIGSTOP); /* NOLINT(bugprone-signal-handler,cert-sig30-c): goes on here after SIGCONT */
  if (screen.open) enter();
  screen.resized = 1;
  errno = errno_before;
}

static void handle(int sig, void (*how)(int))
{
  struct sigaction a = {.sa_handler = how};
  (void)sigemptyset(&a.sa_mask);
  (void)sigaction(sig, &a, NULL);
}

void vt_screen_open(void)
{
  (void)fflush(stdout);
  screen.raw =
      isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() && tcgetattr(STDIN_FILENO, &screen.before) == 0;
  screen.open = 1;
  for (int k = 0; k < N_ENDS; k++) handle(ENDS[k], on_end);
  handle(SIGWINCH, on_resize);
  handle(SIGTSTP, on_pause);
  enter();
}

void vt_screen_close(void)
{
  if (!screen.open) return;
  leave();
  screen.open = 0;
  for (int k = 0; k < N_ENDS; k++) handle(ENDS[k], SIG_DFL);
  handle(SIGWINCH, SIG_DFL);
  handle(SIGTSTP, SIG_DFL);
}

/* ------------------------------------------------------------------ drawing */

void vt_screen_size(int *columns, int *rows)
{
  struct winsize w;
  const int known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 && w.ws_row > 0;
  *columns = known ? w.ws_col : 80;
  *rows = known ? w.ws_row : 24;
}

/* One line, cut; what is behind it on the screen is wiped. */
static void put_line(vt_buf *o, const char *s, size_t n, int columns)
{
  int shown = 0;
  for (size_t k = 0; k < n; k++) {
    if (s[k] == '\033' && k + 1 < n && s[k + 1] == '[') {
      const size_t l = 2 + strspn(s + k + 2, "0123456789;");
      if (k + l < n && s[k + l] == 'm') vt_buf_add(o, s + k, l + 1);
      k += l;
    } else if (shown++ < columns)
      vt_buf_add(o, s[k] >= ' ' && s[k] <= '~' ? s + k : "?", 1);
  }
  vt_buf_printf(o, "\033[0m\033[K");
}

void vt_screen_draw(const vt_buf *lines)
{
  int columns, rows;
  vt_buf o = {0};
  vt_screen_size(&columns, &rows);
  vt_buf_printf(&o, "\033[H");
  const char *at = lines->s ? lines->s : "";
  for (int r = 0; r < rows && *at; r++) {
    const size_t n = strcspn(at, "\n");
    if (r) vt_buf_printf(&o, "\r\n");
    put_line(&o, at, n, columns);
    at += n + (at[n] == '\n');
  }
  vt_buf_printf(&o, "\033[J");
  if (o.s) put(o.s, o.len); /* at once: nothing flickers */
  vt_buf_free(&o);
}

/* ------------------------------------------------------------------ keys */

static int key_of(const char *s, ssize_t n)
{
  static const struct {
    const char *bytes;
    int key;
  } of[] = {{"\033[A", VT_KEY_UP},   {"\033[B", VT_KEY_DOWN},     {"\033OA", VT_KEY_UP},
            {"\033OB", VT_KEY_DOWN}, {"\033[5~", VT_KEY_PAGE_UP}, {"\033[6~", VT_KEY_PAGE_DOWN},
            {"\033[H", VT_KEY_HOME}, {"\033[F", VT_KEY_END}};
  for (size_t k = 0; k < sizeof of / sizeof *of; k++)
    if (n >= (ssize_t)strlen(of[k].bytes) && memcmp(s, of[k].bytes, strlen(of[k].bytes)) == 0) return of[k].key;
  return n == 1 ? s[0] : VT_KEY_NONE;
}

int vt_screen_key(double s)
{
  struct pollfd f = {.fd = screen.raw ? STDIN_FILENO : -1, .events = POLLIN};
  char bytes[16];
  const double end = vt_now_s() + s;
  while (!screen.resized) {
    const double left = end - vt_now_s();
    if (left <= 0) break;
    if (poll(&f, 1, left < 0.2 ? (int)(left * 1000) + 1 : 200) <= 0) continue;
    const ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n > 0) return key_of(bytes, n);
    if (n == 0 || errno != EINTR) screen.raw = 0; /* nobody is there any more */
  }
  screen.resized = 0;
  return VT_KEY_NONE;
}
