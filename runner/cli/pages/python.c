/* python.c - finds a shipped script and a Python that has what it imports, and runs the one by the other. */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/cli/pages/pages.h"

extern char **environ;

enum { MOST_ARGS = 16 };

const char *vt_cli_program(char path[PATH_MAX])
{
  ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
  if (n <= 0) return NULL;
  path[n] = '\0';
  return path;
}

const char *vt_cli_shipped(const char *name, char path[PATH_MAX])
{
  char dir[PATH_MAX];
  if (!vt_cli_program(dir)) return NULL;
  for (char *slash = strrchr(dir, '/'); slash; slash = strrchr(dir, '/')) {
    static const char *const below[] = {"", "/share/vitrion"};
    *slash = '\0';
    for (int k = 0; k < 2; k++) {
      int l = snprintf(path, PATH_MAX, "%s%s/%s", dir, below[k], name);
      if (l > 0 && l < PATH_MAX && access(path, R_OK) == 0) return path;
    }
  }
  return NULL;
}

/* Start argv[0], wait for its end.  Its exit code, 128 and the signal that ended it, or -errno if it did not start. */
static int run(char *const argv[])
{
  pid_t pid = 0;
  int status = 0, bad = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
  if (bad) return -bad;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int has_modules(char *python)
{
  static char c[] = "-c", ask[] = "import importlib.util as u, sys; sys.exit(any(u.find_spec(m) is None for m in "
                                  "('h5py', 'matplotlib', 'numpy')))";
  char *argv[] = {python, c, ask, NULL};
  return run(argv) == 0;
}

static char *find_python(void)
{
  static char of_path[] = "python3", of_system[] = "/usr/bin/python3";
  char *named = getenv("VITRION_PYTHON");
  if (named && *named) return has_modules(named) ? named : NULL;
  if (has_modules(of_path)) return of_path;
  return has_modules(of_system) ? of_system : NULL;
}

static void no_python(const vt_usage *u)
{
  const char *named = getenv("VITRION_PYTHON");
  (void)fprintf(stderr, "vitrion %s: ", u->name);
  if (named && *named)
    (void)fprintf(stderr, "'%s' (VITRION_PYTHON) is no Python that has h5py, matplotlib and numpy\n", named);
  else
    (void)fputs("no Python that has h5py, matplotlib and numpy: looked for python3 on the PATH and /usr/bin/python3\n",
                stderr);
  (void)fputs("  Debian, Ubuntu: apt-get install python3 python3-matplotlib python3-h5py python3-numpy\n"
              "  elsewhere: set VITRION_PYTHON to a Python that has them\n",
              stderr);
}

int vt_cli_python(const vt_usage *u, const char *script, const char *const *args, int n)
{
  static char no_cache[] = "-B";
  char path[PATH_MAX], *argv[MOST_ARGS + 4] = {NULL};
  if (!vt_cli_shipped(script, path)) {
    (void)fprintf(stderr, "vitrion %s: '%s' is neither above the program nor in share/vitrion beside it\n", u->name,
                  script);
    return VT_EXIT_FAIL;
  }
  char *python = find_python();
  if (!python) {
    no_python(u);
    return VT_EXIT_FAIL;
  }
  int k = 0;
  argv[k++] = python;
  argv[k++] = no_cache;
  argv[k++] = path;
  for (int i = 0; i < n && i < MOST_ARGS; i++) memcpy(&argv[k++], &args[i], sizeof *argv); /* nobody writes to them */
  int code = run(argv);
  if (code >= 0 && code < 128) return code;
  if (code < 0)
    (void)fprintf(stderr, "vitrion %s: '%s' could not be run: %s\n", u->name, python, strerror(-code));
  else
    (void)fprintf(stderr, "vitrion %s: %s was ended by signal %d (%s)\n", u->name, script, code - 128,
                  strsignal(code - 128));
  return VT_EXIT_FAIL;
}
