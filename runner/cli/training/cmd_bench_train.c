/* cmd_bench_train.c - `vitrion bench train`. */
#include "runner/cli/cli.h"
#include "runner/comm/comm.h"
#include "runner/training/training.h"

typedef struct bench_train {
  vt_training_bench_options o;
  int twelve, simd;
} bench_train;

/* What the command line says; -1: go on. */
static int bench_parse(bench_train *b, vt_usage *u, int argc, char **argv)
{
  int code = vt_cli_parse(u, argc, argv);
  if (code < 0) code = vt_cli_ignored(u, b->o.potential != NULL, "elements", "has no effect with --potential");
  if (code < 0) code = vt_cli_ignored(u, b->o.data != NULL, "frames", "has no effect with --data");
  if (code < 0 && b->o.potential) code = vt_cli_readable(u, b->o.potential);
  if (code < 0 && b->o.data) code = vt_cli_readable(u, b->o.data);
  b->o.elements = b->twelve ? 12 : 7;
  b->o.simd = (vt_simd)vt_cli_numerics(b->simd, VT_DOUBLE).simd;
  return code;
}

static int bench_on_ranks(vt_comm *comm, bench_train *b, vt_usage *u, int argc, char **argv)
{
  const double step_s = 0.02; /* as `vitrion train` waits */
  vt_err err = {0};
  int32_t code = -1;
  if (vt_comm_rank(comm) == 0) code = bench_parse(b, u, argc, argv);
  if (vt_comm_bcast(comm, 0, &code, sizeof code, &err) != VT_OK) return vt_cli_fail(&err);
  if (code < 0 && vt_comm_rank(comm) > 0) code = bench_parse(b, u, argc, argv); /* rank 0 found nothing to say */
  if (code >= 0) return code;
  vt_comm_mpi_eager(comm, step_s);
  if (vt_training_bench(comm, &b->o, stdout, &err) == VT_OK) return VT_EXIT_OK;
  return vt_comm_rank(comm) == 0 ? vt_cli_fail(&err) : VT_EXIT_FAIL;
}

int cmd_bench_train(int argc, char **argv)
{

  bench_train b = {.twelve = 1, .simd = VT_SIMD_AUTO, .o = {.frames = 32, .batch = 8, .steps = 32, .repeat = 5}};
  const vt_opt opt[] = {
      {"potential", VT_OPT_TEXT, "FILE", "NEP file (default: the form of the shipped models, numbers drawn)",
       &b.o.potential, 0, 0},
      {"elements", VT_OPT_CHOICE, "7|12", "elements of that form, 7 or 12 (12)", &b.twelve, 0, 0},
      {"data", VT_OPT_TEXT, "FILE.xyz", "labelled frames (default: packed glasses of 84 atoms)", &b.o.data, 0, 0},
      {"frames", VT_OPT_INT, "N", "how many glasses are packed (32)", &b.o.frames, 1, 10000},
      {"batch", VT_OPT_INT, "N", "frames of a step (8)", &b.o.batch, 1, 256},
      {"steps", VT_OPT_INT, "N", "steps of the loop in one repeat (32)", &b.o.steps, 1, 1000000},
      {"repeat", VT_OPT_INT, "N", "repeats (5)", &b.o.repeat, 1, VT_TRAINING_BENCH_REPEAT},
      {"simd", VT_OPT_CHOICE, VT_CLI_SIMD, "vector level (auto)", &b.simd, 0, 0}};
  vt_usage u = {.name = "bench train",
                .args = "",
                .doc =
                    "What training costs: CPU time an atom of energies and forces alone and with the gradient (best\n"
                    "and median, one core), and frames a second of the training loop on one rank and, in turns with\n"
                    "it, on all.  One JSON line.",
                .example = "mpiexec.mpich -n 2 vitrion bench train --elements 12 --batch 16",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt};
  vt_comm *comm;
  vt_err err = {0};
  if (vt_comm_mpi_open(&argc, &argv, &comm, &err) != VT_OK) return vt_cli_fail(&err);
  const int code = bench_on_ranks(comm, &b, &u, argc, argv);
  vt_comm_mpi_close(comm);
  return vt_cli_done(code);
}
