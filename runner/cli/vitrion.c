/* vitrion.c - main: the table of commands; and BLAS is told to have one thread before it loads. */
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "engine/num/num.h"
#include "runner/cli/cli.h"
#include "runner/cli/manual/manual.h"
#include "runner/comm/comm.h"
#include "runner/store/store.h"

/* OpenBLAS makes its threads while it is loaded, before main: one for each core, and where the system gives none (a
 * limit of address space or of processes) it never comes to an end.  So the program starts itself once more with
 * OPENBLAS_NUM_THREADS=1: the loader calls what stands in .preinit_array before it starts any library.  The process,
 * its number and its descriptors stay what they are.  Where that is not possible everything goes on as it is. */
#if !defined(__SANITIZE_ADDRESS__)
static void one_blas_thread(int argc, char **argv, char **env)
{
  enum { ENV_MOST = 8192 };
  static char one[] = "OPENBLAS_NUM_THREADS=1", *next[ENV_MOST];
  static const size_t n_name = sizeof "OPENBLAS_NUM_THREADS=" - 1;
  int n = 0;
  (void)argc;
  for (char **e = env; *e; e++) {
    if (strcmp(*e, one) == 0) return;
    if (strncmp(*e, one, n_name) != 0) next[n++] = *e;
    if (n + 2 > ENV_MOST) return;
  }
  next[n] = one;
  const char *program = (const char *)getauxval(AT_EXECFN); /* NOLINT(performance-no-int-to-ptr): the kernel's word */
  if (program) (void)execve(program, argv, next);
}
__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(int, char **,
                                                                                       char **) = one_blas_thread;
#endif

static const vt_command command[] = {
    {"check", "check a campaign file and report every mistake", cmd_check},
    {"plan", "estimate what a campaign costs and how precise it will be", cmd_plan},
    {"submit", "hand a campaign to SLURM, within what site.yaml allows", cmd_submit},
    {"doctor", "check potential, file system, MPI launch and nodes before hours are burnt", cmd_doctor},
    {"run", "run a campaign on all MPI ranks, or continue it", cmd_run},
    {"one", "run a single task of a campaign, without MPI", cmd_one},
    {"status", "show how far a campaign is", cmd_status},
    {"fit", "repeat the Arrhenius fits and the comparison, without new MD", cmd_fit},
    {"rank", "compositions in order of conductivity, D, Ea or Haven ratio, as far as errors allow", cmd_rank},
    {"report", "one HTML page of a campaign: figures, numbers, reasons", cmd_report},
    {"verify", "check every byte of a campaign's output folder", cmd_verify},
    {"repair", "repair what verify found", cmd_repair},
    {"analyze", "transport and structure of a trajectory from any program", cmd_analyze},
    {"energy", "energy, forces and virial of the frames of an extended XYZ file", cmd_energy},
    {"export", "structures and points of a campaign's folder for other programs", cmd_export},
    {"serve", "energies and forces for another program, through the i-PI protocol", cmd_serve},
    {"select", "frames of trajectories and campaigns that are worth labelling", cmd_select},
    {"label", "energies, forces and virials of frames by another program, on all MPI ranks", cmd_label},
    {"train", "train or fine-tune a potential on labelled frames, on all MPI ranks", cmd_train},
    {"validate", "errors of a potential on labelled frames", cmd_validate},
    {"bench", "measure speed and print it as JSON lines", cmd_bench},
    {"schema", "list every campaign key: type, unit, range, default, meaning", cmd_schema},
    {"manual", "man pages, and completion for bash, zsh and fish", cmd_manual}};
enum { N_COMMANDS = sizeof command / sizeof *command };

static void print_help(FILE *f)
{
  (void)fputs("usage: vitrion COMMAND [arguments] [options]\n\n"
              "How fast do the ions of a glass move, with which activation energy,\n"
              "and how much does the chemistry matter?\n\n"
              "commands:\n",
              f);
  for (int i = 0; i < N_COMMANDS; i++) (void)fprintf(f, "  %-10s %s\n", command[i].name, command[i].doc);
  (void)fputs("\n`vitrion help COMMAND` (or `vitrion COMMAND --help`) explains a command and gives an example;\n"
              "`vitrion --version` shows the build.\n\nexit codes:\n",
              f);
  for (const vt_manual_row *r = vt_cli_exits; r->name; r++) (void)fprintf(f, "  %-10s %s\n", r->name, r->text);
}

static void print_version(void)
{
  const vt_build *b = vt_build_info();
  printf("vitrion %s\n", b->version);
  printf("git:      %s\n", b->git);
  printf("compiler: %s, %s\n", b->compiler, b->flags);
  printf("MPI:      %s\n", vt_comm_mpi_version());
  printf("HDF5:     %s\n", vt_store_hdf5_version());
  printf("BLAS:     %s\n", vt_blas_name());
  printf("SIMD:     %s\n", vt_simd_name(vt_simd_best()));
}

static int unknown_command(const char *name)
{
  const char *names[N_COMMANDS];
  for (int i = 0; i < N_COMMANDS; i++) names[i] = command[i].name;
  const char *near = vt_cli_nearest(name, names, N_COMMANDS);
  (void)fprintf(stderr, "vitrion: unknown command '%s'", name);
  if (near) (void)fprintf(stderr, ", did you mean '%s'?", near);
  (void)fputs("\nusage: vitrion COMMAND ...; `vitrion --help` lists the commands\n", stderr);
  return VT_EXIT_USAGE;
}

/* Libraries log warnings here until a command installs something better. */
static void to_stderr(void *ctx, vt_log_level level, const char *module, const char *line)
{
  (void)ctx;
  vt_cli_progress_end();
  (void)fprintf(stderr, "%s: %s: %s\n", level == VT_LOG_ERROR ? "error" : "warning", module, line);
}

int main(int argc, char **argv)
{
  vt_blas_serial(); /* before the first BLAS call of anybody */
  vt_log_install(to_stderr, NULL, VT_LOG_WARN);
  vt_cli_commands_set(command, N_COMMANDS);
  if (argc < 2) {
    print_help(stderr);
    return VT_EXIT_USAGE;
  }
  const char *name = argv[1];
  const int is_help = strcmp(name, "help") == 0;
  if (argc > (is_help ? 3 : 2) && (is_help || strcmp(name, "--help") == 0 || strcmp(name, "--version") == 0)) {
    (void)fprintf(stderr, "vitrion %s: unexpected argument '%s'\n", name, argv[is_help ? 3 : 2]);
    return VT_EXIT_USAGE;
  }
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || (strcmp(name, "help") == 0 && argc == 2)) {
    print_help(stdout);
    return vt_cli_done(VT_EXIT_OK);
  }
  if (strcmp(name, "--version") == 0) {
    print_version();
    return vt_cli_done(VT_EXIT_OK);
  }
  int asks = strcmp(name, "help") == 0 && argc == 3; /* vitrion help COMMAND is vitrion COMMAND --help */
  static char help[] = "--help";
  char *asked[] = {argv[argc - 1], help, NULL};
  if (asks) name = argv[2];
  for (int i = 0; i < N_COMMANDS; i++)
    if (strcmp(command[i].name, name) == 0) return asks ? command[i].run(2, asked) : command[i].run(argc - 1, argv + 1);
  return unknown_command(name);
}
