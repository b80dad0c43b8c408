/* cmd_train.c - a NEP from labelled frames, on all ranks. */
#include <signal.h>
#include <string.h>

#include "runner/cli/cli.h"
#include "runner/comm/comm.h"
#include "runner/stop/stop.h"
#include "runner/training/training.h"

typedef struct train_args {
  const char *output, *wall;
  double wall_s;
  int densities;
} train_args;

static void show_progress(void *ctx, const char *line)
{
  (void)ctx;
  vt_cli_progress("%s", line);
}

static void say_line(void *ctx, const char *line)
{
  (void)ctx;
  vt_cli_progress_end();
  (void)fprintf(stderr, "%s\n", line);
}

static int train_parse(train_args *a, vt_usage *u, int argc, char **argv)
{
  int code = vt_cli_parse(u, argc, argv);
  if (code < 0) code = vt_cli_readable(u, u->arg[0]);
  if (code < 0 && a->wall && !vt_cli_wall(a->wall, &a->wall_s))
    code = vt_cli_usage_error(u, "--wall: expected HH:MM:SS, D-HH:MM:SS, MM:SS or minutes, found '%s'", a->wall);
  return code;
}

static int train_on_ranks(vt_comm *comm, const train_args *a, const vt_usage *u)
{
  const double grace_s = 20, step_s = 0.02;
  int code = VT_EXIT_OK;
  vt_err err = {0};
  const vt_training_options o = {.file = u->arg[0],
                                 .output = a->output,
                                 .wall_s = a->wall_s,
                                 .grace_s = grace_s,
                                 .densities = a->densities,
                                 .progress = show_progress,
                                 .say = say_line};
  vt_comm_mpi_eager(comm, step_s); /* ranks meet after every batch, some milliseconds */
  vt_stop_install();               /* after MPI_Init, which takes SIGUSR1 for itself */
  if (vt_training_run(comm, &o, &code, &err) != VT_OK)
    code = vt_comm_rank(comm) == 0 ? vt_cli_fail(&err) : VT_EXIT_FAIL;
  vt_cli_progress_end();
  return code;
}

static int train_all(int argc, char **argv, train_args *a, vt_usage *u)
{
  vt_comm *comm;
  vt_err err = {0};
  vt_cli_launch_begin();
  const vt_status rc = vt_comm_mpi_open(&argc, &argv, &comm, &err);
  vt_cli_launch_end();
  if (rc != VT_OK) return vt_cli_fail(&err);
  const char *mismatch = vt_comm_mpi_mismatch(comm);
  int32_t code = -1;
  if (mismatch) {
    (void)fprintf(stderr, "vitrion train: %s\n", mismatch);
    code = VT_EXIT_LAUNCH;
  } else {
    if (vt_comm_rank(comm) == 0) code = train_parse(a, u, argc, argv);
    if (vt_comm_bcast(comm, 0, &code, sizeof code, &err) != VT_OK) code = vt_cli_fail(&err);
    if (code < 0 && vt_comm_rank(comm) > 0) code = train_parse(a, u, argc, argv); /* rank 0 found nothing to say */
    if (code < 0) code = train_on_ranks(comm, a, u);
  }
  code = vt_cli_done(code);
  if (vt_comm_bcast(comm, 0, &code, sizeof code, &err) != VT_OK) code = VT_EXIT_FAIL;
  vt_comm_mpi_close(comm);
  return code;
}

int cmd_train(int argc, char **argv)
{
  train_args a = {0};
  vt_buf doc = {0};
  const vt_opt opt[] = {
      {"output", VT_OPT_TEXT, "DIR", "output folder (default: the one in the file, or runs/train/NAME)", &a.output, 0,
       0},
      {"wall", VT_OPT_TEXT, "HH:MM:SS", "stop before this time has passed, with exit code 75", &a.wall, 0, 0},
      {"densities", VT_OPT_FLAG, NULL, "densities of melts that were measured, for the card; minutes each",
       &a.densities, 0, 0}};
  vt_buf_printf(
      &doc, "Train a NEP on energies, forces and virials of labelled frames (extended XYZ), on all MPI ranks,\n"
            "or fine-tune one (start).  Files of TRAIN.yaml are relative to it, the output to where it is run.\n"
            "SIGTERM, SIGUSR1, SIGINT, --wall or a file HALT in the output folder stop it softly, exit code 75;\n"
            "the same command goes on, also after a kill, and ends with the same bytes on any number of ranks.\n"
            "Writes nep.txt (best on validation), nep_average.txt, nep_last.txt, train.csv, test.json, parity/*.csv,\n"
            "report.html, README.md (the model card); on a training that has ended, these three again.  With\n"
            "schedule.seeds a folder seed<k> for each, nep_seed<k>.txt, committee.txt, nep.txt the best of them.\n"
            "Exit code 3: trained, but the model failed its own checks, as stderr and README.md say.\n"
            "Mistakes of file and data are listed with file and line, exit code 2.  Keys of the file:\n");
  vt_training_keys(&doc);
  while (doc.len && doc.s[doc.len - 1] == '\n') doc.s[--doc.len] = '\0';
  vt_usage u = {.name = "train",
                .args = "TRAIN.yaml",
                .doc = doc.s ? doc.s : "",
                .example = "mpiexec.mpich -n 4 vitrion train train.yaml --output runs/train/mine",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  (void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a write error */
  int code = vt_cli_described(&u) ? VT_EXIT_OK : vt_cli_launch_check();
  if (code < 0) vt_stop_ask_slurm();
  if (code < 0) code = train_all(argc, argv, &a, &u);
  vt_buf_free(&doc);
  return code;
}
