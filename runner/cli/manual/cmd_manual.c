/* cmd_manual.c - man pages and completion, one on stdout or all as files. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/cli/manual/manual.h"

static const vt_command *commands;
static int n_commands;

void vt_cli_commands_set(const vt_command *c, int n)
{
  commands = c;
  n_commands = n;
}

const vt_command *vt_cli_commands(int *n)
{
  *n = n_commands;
  return commands;
}

/* The order of the option --completion. */
#define SHELLS "bash|zsh|fish"
static const struct {
  void (*text)(const vt_pages *p, vt_buf *out);
  const char *file; /* below the folder share of an installation */
} shell[] = {{vt_cli_bash, "bash-completion/completions/vitrion"},
             {vt_cli_zsh, "zsh/site-functions/_vitrion"},
             {vt_cli_fish, "fish/vendor_completions.d/vitrion.fish"}};
enum { N_SHELLS = sizeof shell / sizeof *shell };

/* Of the pages: today, or SOURCE_DATE_EPOCH (seconds), by which builds can be repeated. */
static void date_of(char out[16])
{
  const char *text = getenv("SOURCE_DATE_EPOCH");
  int64_t s;
  time_t t = text && vt_parse_i64(text, strlen(text), &s) ? (time_t)s : time(NULL);
  struct tm day;
  if (!gmtime_r(&t, &day) || strftime(out, 16, "%Y-%m-%d", &day) == 0) (void)snprintf(out, 16, "1970-01-01");
}

static vt_status write_file(const char *folder, const char *name, const vt_buf *text, vt_err *err)
{
  char path[PATH_MAX];
  VT_PASS(vt_buf_check(text, err));
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
    VT_FAIL(err, VT_EINVAL, "'%s/%s': the path is too long", folder, name);
  *strrchr(path, '/') = '\0';
  VT_PASS(vt_dir_make(path, err));
  path[strlen(path)] = '/';
  return vt_file_replace(path, text->s, text->len, err);
}

static vt_status write_page(const vt_pages *p, const char *folder, const char *command, const char *date, vt_err *err)
{
  char name[64];
  vt_buf b = {0};
  vt_cli_man(p, command, date, &b);
  (void)snprintf(name, sizeof name, "man/man1/vitrion%s%s.1", command ? "-" : "", command ? command : "");
  const vt_status rc = write_file(folder, name, &b, err);
  vt_buf_free(&b);
  return rc;
}

static vt_status write_all(const vt_pages *p, const char *folder, const char *date, vt_err *err)
{
  VT_PASS(write_page(p, folder, NULL, date, err));
  for (int i = 0; i < p->n_commands; i++) VT_PASS(write_page(p, folder, p->command[i].name, date, err));
  for (int k = 0; k < N_SHELLS; k++) {
    vt_buf b = {0};
    shell[k].text(p, &b);
    const vt_status rc = write_file(folder, shell[k].file, &b, err);
    vt_buf_free(&b);
    VT_PASS(rc);
  }
  return VT_OK;
}

/* -1 and the command, or the exit code after a message that names the nearest one. */
static int find_command(const vt_usage *u, const char **command)
{
  const char *names[64];
  *command = NULL;
  if (u->n_args == 0 || strcmp(u->arg[0], "vitrion") == 0) return -1;
  for (int i = 0; i < n_commands && i < 64; i++) {
    names[i] = commands[i].name;
    if (strcmp(names[i], u->arg[0]) == 0) *command = names[i];
  }
  if (*command) return -1;
  const char *near = vt_cli_nearest(u->arg[0], names, n_commands < 64 ? n_commands : 64);
  return vt_cli_usage_error(u, "unknown command '%s'%s%s%s", u->arg[0], near ? ", did you mean '" : "",
                            near ? near : "", near ? "'?" : "");
}

static vt_status tell(const vt_usage *u, const char *folder, const char *command, int of_shell, vt_err *err)
{
  char date[16];
  vt_pages pages;
  vt_buf b = {0};
  date_of(date);
  vt_status rc = vt_cli_pages_read(&pages, err);
  if (rc == VT_OK && folder) rc = write_all(&pages, folder, date, err);
  if (rc == VT_OK && !folder) {
    if (vt_cli_given(u, "completion"))
      shell[of_shell].text(&pages, &b);
    else
      vt_cli_man(&pages, command, date, &b);
    rc = vt_buf_check(&b, err);
    if (rc == VT_OK) vt_cli_put(b.s, b.len);
  }
  vt_buf_free(&b);
  vt_cli_pages_free(&pages);
  return rc;
}

int cmd_manual(int argc, char **argv)
{
  const char *folder = NULL, *command;
  int of_shell = 0;
  const vt_opt opt[] = {{"completion", VT_OPT_CHOICE, SHELLS, "instead: completion for this shell", &of_shell, 0, 0},
                        {"output", VT_OPT_TEXT, "FOLDER",
                         "write all pages and completions below this folder, as below share/", &folder, 0, 0}};
  vt_usage u = {.name = "manual",
                .args = "[COMMAND]",
                .doc =
                    "The man page of a command, or of the program, and completion for shells: what --help says, from\n"
                    "the same tables.  An installation has them in place; a build tree has this command.",
                .example = "vitrion manual run | man -l -\n  source <(vitrion manual --completion bash)",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .most_args = 1};
  vt_err err = {0};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = find_command(&u, &command);
  if (code < 0)
    code = vt_cli_ignored(&u, folder || u.n_args, "completion", "gives one script: without --output or COMMAND");
  if (code < 0 && folder && u.n_args)
    code = vt_cli_usage_error(&u, "--output writes the pages of all commands, found '%s'", u.arg[0]);
  if (code >= 0) return code;
  return vt_cli_done(tell(&u, folder, command, of_shell, &err) == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err));
}
