/* status_label.c - `vitrion status DIR` of the folder of a labelling: how many frames, which ones failed and why. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/cli/training/status_work.h"

enum { SHOWN = 10 };

static void print_failed(const vt_json *failed)
{
  const size_t n = vt_json_size(failed);
  for (size_t k = 0; k < n && k < SHOWN; k++) {
    const vt_json *f = vt_json_at(failed, k);
    const char *log = vt_json_get_text(f, "log", NULL);
    printf("  frame %" PRId64 " (%s:%" PRId64 ") failed: %s%s%s\n", vt_json_get_int(f, "frame", 0),
           vt_json_get_text(f, "file", ""), vt_json_get_int(f, "line", 0), vt_json_get_text(f, "why", ""),
           log ? "; " : "", log ? log : "");
  }
  if (n > SHOWN) printf("  ... %zu failed, all of them: --json\n", n);
}

static void print_label(const vt_outdir *dir, const vt_json *v, const char *state)
{
  const vt_json *n = vt_json_get(v, "frames");
  const size_t warnings = vt_json_size(vt_json_get(v, "warnings"));
  const int64_t all = vt_json_get_int(n, "total", 0), done = vt_json_get_int(n, "done", 0);
  const int64_t failed = vt_json_get_int(n, "failed", 0), running = vt_json_get_int(n, "running", 0);
  const double eta_s = vt_json_get_num(v, "eta_s", (double)NAN);
  const int runs = strcmp(state, "running") == 0;
  (void)dir;
  printf("%s: labelling, %s\n", vt_json_get_text(v, "label", ""), state);
  printf("  %" PRId64 " of %" PRId64 " frames labelled, %" PRId64 " failed, %" PRId64 " left", done, all, failed,
         all - done - failed);
  if (runs) printf(", %" PRId64 " running", running);
  if (runs && isfinite(eta_s)) printf(", about %.0f min left", eta_s / 60);
  printf("\n");
  print_failed(vt_json_get(v, "failed"));
  if (warnings > 0) printf("  %zu warning%s: status.json there\n", warnings, warnings == 1 ? "" : "s");
}

const vt_cli_work vt_cli_work_label = {.key = "label", .print = print_label};
