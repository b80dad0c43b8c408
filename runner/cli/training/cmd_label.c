/* cmd_label.c - energies, forces and virials of frames by another program, on all ranks. */
#include <signal.h>
#include <string.h>

#include "runner/cli/cli.h"
#include "runner/comm/comm.h"
#include "runner/labelling/labelling.h"
#include "runner/stop/stop.h"

typedef struct label_args {
  const char *method, *out, *wall;
  double wall_s;
  int retry;
} label_args;

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

static int label_parse(label_args *a, vt_usage *u, int argc, char **argv)
{
  int code = vt_cli_parse(u, argc, argv);
  if (code < 0 && !a->method) code = vt_cli_usage_error(u, "--method is missing: METHOD.yaml, how frames are computed");
  if (code < 0 && !a->out) code = vt_cli_usage_error(u, "--out is missing: the output folder");
  if (code < 0) code = vt_cli_readable(u, a->method);
  for (int k = 0; code < 0 && k < u->n_args; k++) code = vt_cli_readable(u, u->arg[k]);
  if (code < 0 && a->wall && !vt_cli_wall(a->wall, &a->wall_s))
    code = vt_cli_usage_error(u, "--wall: expected HH:MM:SS, D-HH:MM:SS, MM:SS or minutes, found '%s'", a->wall);
  return code;
}

static int label_on_ranks(vt_comm *comm, const label_args *a, const vt_usage *u)
{
  const double grace_s = 20;
  int code = VT_EXIT_OK;
  vt_err err = {0};
  const vt_labelling_options o = {.method = a->method,
                                  .output = a->out,
                                  .frame = u->arg,
                                  .n_files = u->n_args,
                                  .retry = a->retry,
                                  .wall_s = a->wall_s,
                                  .grace_s = grace_s,
                                  .progress = show_progress,
                                  .say = say_line};
  vt_stop_install(); /* after MPI_Init, which takes SIGUSR1 for itself */
  if (vt_labelling_run(comm, &o, &code, &err) != VT_OK)
    code = vt_comm_rank(comm) == 0 ? vt_cli_fail(&err) : VT_EXIT_FAIL;
  vt_cli_progress_end();
  return code;
}

static int label_all(int argc, char **argv, label_args *a, vt_usage *u)
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
    (void)fprintf(stderr, "vitrion label: %s\n", mismatch);
    code = VT_EXIT_LAUNCH;
  } else {
    if (vt_comm_rank(comm) == 0) code = label_parse(a, u, argc, argv);
    if (vt_comm_bcast(comm, 0, &code, sizeof code, &err) != VT_OK) code = vt_cli_fail(&err);
    if (code < 0 && vt_comm_rank(comm) > 0) code = label_parse(a, u, argc, argv); /* rank 0 found nothing to say */
    if (code < 0) code = label_on_ranks(comm, a, u);
  }
  code = vt_cli_done(code);
  if (vt_comm_bcast(comm, 0, &code, sizeof code, &err) != VT_OK) code = VT_EXIT_FAIL;
  vt_comm_mpi_close(comm);
  return code;
}

int cmd_label(int argc, char **argv)
{
  label_args a = {0};
  vt_buf doc = {0};
  const vt_opt opt[] = {
      {"method", VT_OPT_TEXT, "METHOD.yaml", "which program, how it is asked, where its answer stands (required)",
       &a.method, 0, 0},
      {"out", VT_OPT_TEXT, "DIR", "output folder (required)", &a.out, 0, 0},
      {"retry", VT_OPT_FLAG, NULL, "try again the frames that failed before", &a.retry, 0, 0},
      {"wall", VT_OPT_TEXT, "HH:MM:SS", "stop before this time has passed, with exit code 75", &a.wall, 0, 0}};
  vt_buf_printf(
      &doc,
      "Energies, forces and virials of frames (extended XYZ) by another program: an i-PI driver, which stays for\n"
      "many frames, or a command for each frame.  Each rank computes one frame at a time, so give as many ranks\n"
      "as there are cores, and one thread to each program.\n"
      "A frame that fails never stops the rest: `vitrion status DIR` shows its reason, DIR/failed/ has what the\n"
      "program wrote; exit code 3 when all else is done.\n"
      "SIGTERM, SIGUSR1, SIGINT, --wall or a file HALT in DIR stop softly, exit code 75: frames that run are\n"
      "ended and done again later (with `after-tasks` in HALT they finish).  After that, and after a kill, the\n"
      "same command goes on; more frames may be given beside those that were given before.\n"
      "Writes DIR/labelled.xyz: the frames that were given, in their order, with energy, virial, forces, method,\n"
      "versions, hashes, and the keys that they had.  Programs run in new folders below $TMPDIR; what is left of\n"
      "one when its time is over, or when vitrion is killed, is ended.\n"
      "Methods that work: campaigns/methods.  Keys of such a file, with the default behind the semicolon:\n");
  vt_method_keys(&doc);
  while (doc.len && doc.s[doc.len - 1] == '\n') doc.s[--doc.len] = '\0';
  vt_usage u = {.name = "label",
                .args = "FRAMES.xyz...",
                .doc = doc.s ? doc.s : "",
                .example = "mpiexec.mpich -n 4 vitrion label picked.xyz --method cp2k-pbe-d3.yaml --out labels",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = VT_CLI_MAX_ARGS};
  (void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a write error */
  int code = vt_cli_described(&u) ? VT_EXIT_OK : vt_cli_launch_check();
  if (code < 0) vt_stop_ask_slurm();
  if (code < 0) code = label_all(argc, argv, &a, &u);
  vt_buf_free(&doc);
  return code;
}
