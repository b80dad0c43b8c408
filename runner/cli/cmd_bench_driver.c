/* cmd_bench_driver.c - `vitrion bench driver`. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "runner/bench/bench.h"
#include "runner/cli/cli.h"

/* This program as the driver that computes nothing. */
static int own_command(char *out, size_t cap)
{
  char exe[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
  if (n <= 0) return 0;
  exe[n] = '\0';
  return snprintf(out, cap, "exec '%s' bench driver --idle {socket}", exe) < (int)cap && !strchr(exe, '\'');
}

int cmd_bench_driver(int argc, char **argv)
{
  char command[PATH_MAX + 64];
  const char *idle = NULL;
  vt_bench_driver_options o = {.atoms = 336, .answers = 1000};
  const vt_opt opt[] = {
      {"command", VT_OPT_TEXT, "PROGRAM",
       "the program that computes, as potential.command of a campaign (one that computes nothing)", &o.command, 0, 0},
      {"structure", VT_OPT_TEXT, "FILE.xyz", "use the first frame of this file (default: packed LiAlCl2.5O0.75)",
       &o.structure, 0, 0},
      {"atoms", VT_OPT_INT, "N", "about how many atoms are packed (336)", &o.atoms, 21, 1000000},
      {"answers", VT_OPT_INT, "N", "answers that are timed (1000)", &o.answers, 1, 100000000},
      {"idle", VT_OPT_TEXT, "SOCKET", "be the program that computes nothing, at this socket", &idle, 0, 0}};
  vt_usage u = {
      .name = "bench driver",
      .args = "",
      .doc = "Wall time of a step whose forces another program computes, through the i-PI protocol: one JSON\n"
             "line with the messages of a step in one piece, one with them one by one.  Without --command:\n"
             "what the socket costs.",
      .example = "vitrion bench driver --command \"python3 {dir}/ase_driver.py {socket} {start} emt\" --answers 50",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt};
  vt_err err = {0};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = vt_cli_ignored(&u, idle != NULL, "command|structure|atoms|answers", "has no effect with --idle");
  if (code < 0) code = vt_cli_ignored(&u, o.structure != NULL, "atoms", "has no effect with --structure");
  if (code < 0 && o.structure) code = vt_cli_readable(&u, o.structure);
  if (code >= 0) return code;
  if (idle) return vt_bench_driver_idle(idle, stdout, &err) == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
  if (!o.command && !own_command(command, sizeof command))
    return vt_cli_usage_error(&u, "this program's own path is not known: give --command");
  if (!o.command) o.command = command;
  return vt_cli_done(vt_bench_driver(&o, stdout, &err) == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err));
}
