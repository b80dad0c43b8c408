/* cmd_report.c - one page of a campaign's folder; drawn by scripts/report.py. */
#include <sys/stat.h>

#include "runner/cli/pages/pages.h"

int cmd_report(int argc, char **argv)
{
  const char *output = NULL, *figures = NULL, *args[10];
  char program[PATH_MAX];
  const vt_opt opt[] = {{"output", VT_OPT_TEXT, "FILE", "the page (DIR/report.html)", &output, 0, 0},
                        {"figures", VT_OPT_TEXT, "FOLDER",
                         "write every figure there as SVG and PDF too, 8.6 cm wide, 8 pt", &figures, 0, 0}};
  vt_usage u = {.name = "report",
                .args = "DIR",
                .doc =
                    "One HTML page of a campaign's folder that opens offline: what was asked, the answer, Arrhenius\n"
                    "lines, ranking, comparison, Haven ratio, residence, structure, scattering, what was not\n"
                    "resolved and why, failures, cost, provenance.  It reads DIR/summary.json and DIR/results.h5.\n"
                    "Needs Python with matplotlib, h5py and numpy; scattering also periodictable.",
                .example = "vitrion report runs/quickstart --figures figures",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  struct stat st;
  int n = 0, code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  if (stat(u.arg[0], &st) != 0 || !S_ISDIR(st.st_mode))
    return vt_cli_usage_error(&u, "'%s' is not a folder, expected the output folder of a campaign", u.arg[0]);
  if (output) {
    args[n++] = "--output";
    args[n++] = output;
  }
  if (figures) {
    args[n++] = "--figures";
    args[n++] = figures;
  }
  if (vt_cli_program(program)) {
    args[n++] = "--program";
    args[n++] = program;
  }
  if (vt_cli_quiet()) args[n++] = "--quiet";
  args[n++] = "--";
  args[n++] = u.arg[0];
  return vt_cli_done(vt_cli_python(&u, "scripts/report.py", args, n));
}
