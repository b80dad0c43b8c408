/* status_training.c - `vitrion status DIR` of the folder of a training: its members. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/cli/training/status_work.h"

static void print_number(const char *what, double x, const char *unit)
{
  if (isfinite(x))
    printf(" %s %.1f %s", what, x, unit);
  else
    printf(" %s not known", what);
}

static void print_errors(const vt_json *m, const char *of)
{
  const double no = (double)NAN;
  const vt_json *e = vt_json_get(m, of);
  printf("    %s:", of);
  print_number("energy", vt_json_get_num(e, "energy_rmse_meV_atom", no), "meV/atom,");
  print_number("force", vt_json_get_num(e, "force_rmse_meV_A", no), "meV/A,");
  print_number("virial", vt_json_get_num(e, "virial_rmse_meV_atom", no), "meV/atom\n");
  if (!isfinite(vt_json_get_num(e, "virial_rmse_meV_atom", no))) printf("\n");
}

static void print_member(const vt_json *m, const char *state)
{
  const char *mine = vt_json_get_text(m, "state", "");
  const char *best = vt_json_get_text(m, "best_phase", NULL);
  const int64_t best_n = vt_json_get_int(m, "best_epoch", 0), steps = vt_json_get_int(m, "steps_of_all_data", 0);
  const double eta_s = vt_json_get_num(m, "eta_s", (double)NAN);
  printf("  seed %" PRId64 ": %s, %" PRId64 " of %" PRId64 " epochs", vt_json_get_int(m, "seed", 0),
         strcmp(mine, "running") == 0 ? state : mine, vt_json_get_int(m, "epoch", 0), vt_json_get_int(m, "epochs", 0));
  if (strcmp(vt_json_get_text(m, "phase", ""), "finish") == 0 &&
      vt_json_get_int(m, "epoch", 0) < vt_json_get_int(m, "epochs", 0))
    printf(" (early_stop)");
  if (steps > 0)
    printf(", %" PRId64 " of %" PRId64 " steps of all data", vt_json_get_int(m, "step_of_all_data", 0), steps);
  if (best && strcmp(best, "start") == 0)
    printf(", best on validation the start");
  else if (best)
    printf(", best on validation %s %" PRId64, strcmp(best, "finish") == 0 ? "step" : "epoch", best_n);
  const int64_t failed = vt_json_get_int(m, "failed_checks", 0);
  if (failed > 0) printf(", failed %" PRId64 " of its own checks", failed);
  if (isfinite(eta_s) && strcmp(state, "running") == 0) printf(", about %.0f min left", eta_s / 60);
  printf("\n");
  if (strcmp(mine, "waiting") == 0) return;
  print_errors(m, "training");
  print_errors(m, "validation");
}

static int has_failed(const vt_json *v) { return vt_json_get_int(v, "failed_checks", 0) > 0; }

static void print_training(const vt_outdir *dir, const vt_json *v, const char *state)
{
  const int64_t failed = vt_json_get_int(v, "failed_checks", 0);
  const vt_json *members = vt_json_get(v, "members");
  (void)dir;
  printf("%s: training, %s", vt_json_get_text(v, "training", ""), state);
  if (failed > 0) printf(", failed %" PRId64 " of its own checks: see README.md there", failed);
  printf("\n");
  for (size_t k = 0; k < vt_json_size(members); k++) print_member(vt_json_at(members, k), state);
}

const vt_cli_work vt_cli_work_training = {.key = "training", .print = print_training, .failed = has_failed};
