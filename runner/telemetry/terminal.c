/* terminal.c - who reads what this process writes to stderr: its own terminal, or that of the launcher. */
#define _DEFAULT_SOURCE /* S_ISSOCK, TIOCGWINSZ */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "runner/telemetry/telemetry.h"

enum { ABOVE_MOST = 8, PATH_MOST = 64, NARROW = 20, WIDTH = 80 };

static struct {
  vt_progress_shape asked;
  int looked;
  pid_t launcher; /* whose stderr takes what we write; 0: none */
} terminal;

void vt_progress_ask(vt_progress_shape asked) { terminal.asked = asked; }

/* ------------------------------------------------------------------ processes above this one */

typedef struct above {
  char name[32];
  long parent, group, front; /* front: the group in the foreground of its terminal; -1: it has none */
} above;

static int look_up(pid_t pid, above *a)
{
  char path[PATH_MOST], line[512] = "";
  (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  FILE *f = fopen(path, "r");
  if (!f) return 0;
  const size_t n = fread(line, 1, sizeof line - 1, f);
  (void)fclose(f);
  line[n] = '\0';
  const char *open = strchr(line, '('), *shut = strrchr(line, ')');
  if (!open || !shut || shut < open || !shut[1] || !shut[2]) return 0;
  (void)snprintf(a->name, sizeof a->name, "%.*s", (int)(shut - open - 1), open + 1);
  char *at = NULL;
  a->parent = strtol(shut + 3, &at, 10); /* behind the letter of the state */
  a->group = strtol(at, &at, 10);
  (void)strtol(at, &at, 10); /* session */
  (void)strtol(at, &at, 10); /* terminal */
  a->front = strtol(at, &at, 10);
  return 1;
}

/* Does it put a text before each line of a rank?  Then a line that rewrites itself would be none. */
static int labels_lines(pid_t pid)
{
  static const char *const option[] = {"-l", "-prepend-rank", "--prepend-rank", "-prepend-pattern",
                                       "--prepend-pattern"};
  char path[PATH_MOST], words[4096] = "";
  (void)snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
  FILE *f = fopen(path, "r");
  if (!f) return 1;
  const size_t n = fread(words, 1, sizeof words - 1, f);
  (void)fclose(f);
  for (size_t at = 0; at < n; at += strlen(words + at) + 1)
    for (size_t k = 0; k < sizeof option / sizeof *option; k++)
      if (strcmp(words + at, option[k]) == 0) return 1;
  return 0;
}

/* Above a rank stand its watchdog, the launcher's proxy, and the launcher itself, if it is on this machine. */
static pid_t find_launcher(void)
{
  static const char *const name[] = {"mpiexec", "mpirun"};
  pid_t pid = getppid();
  above a;
  for (int k = 0; k < ABOVE_MOST && pid > 1 && look_up(pid, &a); k++, pid = (pid_t)a.parent)
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
      if (strncmp(a.name, name[i], strlen(name[i])) == 0) return labels_lines(pid) ? 0 : pid;
  return 0;
}

/* ------------------------------------------------------------------ its width */

static int width_of(int fd)
{
  struct winsize w;
  if (fd < 0 || !isatty(fd)) return 0;
  return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col >= NARROW ? w.ws_col : WIDTH;
}

/* 0 where its stderr is no terminal, or it is not in the foreground there. */
static int width_of_launcher(pid_t pid)
{
  char path[PATH_MOST];
  above a;
  if (!look_up(pid, &a) || a.group != a.front) return 0;
  (void)snprintf(path, sizeof path, "/proc/%ld/fd/2", (long)pid);
  struct stat st;
  if (stat(path, &st) != 0 || !S_ISCHR(st.st_mode)) return 0;
  const int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  const int width = width_of(fd);
  if (fd >= 0) (void)close(fd);
  return width;
}

int vt_progress_width(void)
{
  struct stat st;
  if (terminal.asked == VT_PROGRESS_PLAIN) return 0;
  int width = width_of(STDERR_FILENO);
  if (!width && getenv("PMI_RANK")) {
    if (!terminal.looked) {
      /* what a launcher reads is a pipe; a file of our own stays a file */
      terminal.launcher =
          fstat(STDERR_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) ? find_launcher() : 0;
      terminal.looked = 1;
    }
    if (terminal.launcher > 0) width = width_of_launcher(terminal.launcher);
  }
  return width > 0 ? width : terminal.asked == VT_PROGRESS_LINE ? WIDTH : 0;
}
