/* cli.h - the program: its commands, their options, what they print (layer 10).
 *
 * One small file a command (cmd_*.c); adding one = its file and one row in the table of vitrion.c.  A command prints
 * its answer on stdout, everything else on stderr, and returns an exit code.  Only `run`, `train`, `label`,
 * `bench sched` and what `doctor` launches start MPI. */
#ifndef VT_CLI_H
#define VT_CLI_H

#include <stdio.h>

#include "config/config.h"
#include "engine/base/base.h"
#include "engine/pot/pot.h"
#include "engine/sys/sys.h"
#include "engine/transport/transport.h"
#include "runner/folder/folder.h"
#include "runner/json/json.h"

/* ------------------------------------------------------------------ commands */

typedef struct vt_command {
  const char *name, *doc;
  int (*run)(int argc, char **argv); /* argv[0] is the command's name */
} vt_command;

int cmd_analyze(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_energy(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_fit(int argc, char **argv);
int cmd_label(int argc, char **argv);
int cmd_manual(int argc, char **argv);
int cmd_one(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_rank(int argc, char **argv);
int cmd_repair(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_schema(int argc, char **argv);
int cmd_select(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_submit(int argc, char **argv);
int cmd_train(int argc, char **argv);
int cmd_bench_driver(int argc, char **argv);
int cmd_bench_tail(int argc, char **argv);
int cmd_bench_train(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_verify(int argc, char **argv);

/* The tables of the program: its commands, which main hands over before it calls one, and the benchmarks. */
void vt_cli_commands_set(const vt_command *c, int n);
const vt_command *vt_cli_commands(int *n);
const vt_command *vt_cli_benches(int *n);

/* ------------------------------------------------------------------ options (opts.c) */

typedef enum vt_opt_type {
  VT_OPT_FLAG,  /* out: int *, becomes 1                                       */
  VT_OPT_TEXT,  /* out: const char **                                          */
  VT_OPT_INT,   /* out: int *, between lo and hi                               */
  VT_OPT_REAL,  /* out: double *, between lo and hi                            */
  VT_OPT_CHOICE /* out: int *, the index of the word within `arg`, "a|b|c"     */
} vt_opt_type;

typedef struct vt_opt {
  const char *name; /* without the dashes */
  vt_opt_type type;
  const char *arg; /* what help shows for the value; the words of a CHOICE */
  const char *doc;
  void *out;
  double lo, hi;
} vt_opt;

enum { VT_CLI_MAX_ARGS = 4096 }; /* files by a pattern of the shell */

/* One command line: what it accepts, and after vt_cli_parse what it got. */
typedef struct vt_usage {
  const char *name; /* "bench engine"                                   */
  const char *args; /* "CAMPAIGN"; "" for none                          */
  const char *doc;  /* one or more lines                                */
  const char *example;
  const vt_opt *opt;
  int n_opt;
  int least_args, most_args;
  int n_args; /* filled in */
  const char *arg[VT_CLI_MAX_ARGS];
  uint64_t given; /* filled in: bit k: opt[k] */
} vt_usage;

/* Long options with `--name value` or `--name=value`, flags, positional arguments, `--` ends the options.  Every
 * command also takes --help, --quiet, --color, --progress and --debug.  Returns -1 to go on, or the exit code to leave
 * with (help was printed, or a mistake was named on stderr with the nearest valid option). */
int vt_cli_parse(vt_usage *u, int argc, char **argv);

/* What the command takes, what every command takes behind it: option i of vt_cli_n_options. */
int vt_cli_n_options(const vt_usage *u);
const vt_opt *vt_cli_option(const vt_usage *u, int i);

/* While a reader is set, vt_cli_parse reads no line: it hands the command's usage to `read` and returns VT_EXIT_OK, so
 * that a command called meanwhile does nothing else.  A command that does anything before it parses (MPI) asks
 * vt_cli_described first.  NULL: as usual. */
typedef void (*vt_usage_reader)(void *ctx, const vt_usage *u);
void vt_cli_describe(vt_usage_reader read, void *ctx);
/* 1 if a reader was set and has now got `u`. */
int vt_cli_described(const vt_usage *u);

int vt_cli_given(const vt_usage *u, const char *name);
/* For options that do nothing in this combination: if `is_ignored` and one of "a|b|c" was given, the exit code after
 * the message "--a WHY"; else -1. */
int vt_cli_ignored(const vt_usage *u, int is_ignored, const char *names, const char *why);

/* The name nearest to `word`, or NULL if none is near enough to be a typing mistake; names[n]. */
const char *vt_cli_nearest(const char *word, const char *const *names, int n);

/* Words for CHOICE options in the order of vt_simd and vt_precision. */
#define VT_CLI_SIMD      "portable|avx2|avx512|auto"
#define VT_CLI_PRECISION "double|mixed"
vt_numerics vt_cli_numerics(int simd, int precision);

/* The program of --command, whose {dir} is the folder where it was given.  -1, or the exit code after a message. */
int vt_cli_driver(const vt_usage *u, const char *command, vt_driver *d);

/* Seconds of a time limit as SLURM writes it: "D-HH[:MM[:SS]]", "HH:MM:SS", "MM:SS" or whole minutes.  0 if it is none
 * or not positive. */
int vt_cli_wall(const char *s, double *seconds);

/* ------------------------------------------------------------------ what the user sees (out.c) */

int vt_cli_quiet(void);                /* --quiet was given */
void vt_cli_set(int quiet, int color); /* color: 0 auto, 1 always, 2 never */
/* 1 if escape sequences may be written to f. */
int vt_cli_color(FILE *f);
/* Whole lines to stdout, in 100 columns (vt_report_fold). */
void vt_cli_say(const char *fmt, ...) VT_PRINTF(1, 2);

/* `vitrion NAME: text` on stderr; returns VT_EXIT_USAGE. */
int vt_cli_usage_error(const vt_usage *u, const char *fmt, ...) VT_PRINTF(2, 3);
/* -1 if the file can be opened for reading, else the exit code after a message. */
int vt_cli_readable(const vt_usage *u, const char *path);
/* The error on stderr, innermost sentence first (--debug: with positions in our sources); the exit code that belongs to
 * its status. */
int vt_cli_fail(const vt_err *err);
/* A JSON answer on stdout, indented or in one line; frees it.  What goes wrong is told by vt_cli_done. */
void vt_cli_print_json(vt_json *v, int one_line);
/* A text [n] on stdout; the same. */
void vt_cli_put(const char *text, size_t n);
/* The end of every command.  Flush stdout: VT_EXIT_FAIL with a message when the answer could not be written (a full
 * disk, no memory), else `code`. */
int vt_cli_done(int code);

/* One line that rewrites itself on a terminal, one line a minute otherwise, nothing with --quiet. */
void vt_cli_progress(const char *fmt, ...) VT_PRINTF(1, 2);
void vt_cli_progress_end(void);

/* ------------------------------------------------------------------ the start of MPI (launch.c) */

/* Before anything of MPI: -1, or the exit code after a message (rank 0's) that names the cause.  VT_EXIT_LAUNCH: the
 * launcher's descriptor is not there.  VT_EXIT_FAIL: too few open files (a soft limit is raised if it may be), or files
 * that are too small for MPI's shared memory. */
int vt_cli_launch_check(void);
/* Around the call that starts MPI.  In between, MPI ending this process by exit() is told and gives VT_EXIT_FAIL; a
 * start that takes more than 300 s gives VT_EXIT_LAUNCH.  Neither is a death for the watchdog. */
void vt_cli_launch_begin(void);
void vt_cli_launch_end(void);

/* ------------------------------------------------------------------ campaigns (campaign.c) */

/* What the reader of campaign files must know of potentials and observables; static storage. */
const vt_campaign_env *vt_cli_env(int allow_huge);
/* vt_campaign_env.structures: of extended XYZ every frame, of other formats the last one. */
VT_MUST_CHECK vt_status vt_cli_structures(void *ctx, const char *path, int n_types, const int *type_z, vt_mistakes *m,
                                          vt_structures *out, vt_err *err);

/* Load and resolve, with what a folder kept (NULL: nothing).  Mistakes go to stderr, one `file:line:col: ...` line
 * each.  With `report` the warnings do too, and both go into its arrays "errors" and "warnings".  Returns VT_EXIT_OK
 * with *c set, or the exit code. */
int vt_cli_campaign(const char *path, int allow_huge, const vt_outdir_kept *kept, vt_json *report, vt_campaign **c);
/* The task whose uid begins with these digits; -1 after a message. */
int vt_cli_find_task(const vt_usage *u, const vt_campaign *c, const char *uid);

/* The keys that `check` and `plan` share: campaign, n_compositions ... compositions. */
void vt_cli_campaign_json(const vt_campaign *c, vt_json *o);
/* One line a composition: the cell, and what rounding did to the ratios. */
void vt_cli_compositions_text(const vt_campaign *c);
/* Simulated time of all tasks, ns, as expected. */
double vt_cli_campaign_ns(const vt_campaign *c);

#endif
