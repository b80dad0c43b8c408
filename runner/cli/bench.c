/* bench.c - the benchmarks; each prints JSON lines that a script may append to a file. */
#include <string.h>

#include "runner/cli/cli.h"

static const vt_command bench[] = {{"engine", "atom-steps per second of NVE MD", bench_engine},
                                   {"sched", "empty tasks through master, workers and journal", bench_sched}};
enum { N_BENCH = sizeof bench / sizeof *bench };

static void print_help(FILE *f)
{
  (void)fputs("usage: vitrion bench NAME [options]\n\nMeasure and print JSON lines.\n\nbenchmarks:\n", f);
  for (int i = 0; i < N_BENCH; i++) (void)fprintf(f, "  %-10s %s\n", bench[i].name, bench[i].doc);
  (void)fputs("\nexample:\n  vitrion bench engine --atoms 336,1344 --repeat 5\n", f);
}

int cmd_bench(int argc, char **argv)
{
  if (argc < 2) {
    print_help(stderr);
    return VT_EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    print_help(stdout);
    return vt_cli_done(VT_EXIT_OK);
  }
  const char *names[N_BENCH];
  for (int i = 0; i < N_BENCH; i++) {
    names[i] = bench[i].name;
    if (strcmp(bench[i].name, argv[1]) == 0) return bench[i].run(argc - 1, argv + 1);
  }
  const char *near = vt_cli_nearest(argv[1], names, N_BENCH);
  (void)fprintf(stderr, "vitrion bench: unknown benchmark '%s'%s%s%s\n", argv[1], near ? ", did you mean '" : "",
                near ? near : "", near ? "'?" : "");
  return VT_EXIT_USAGE;
}
