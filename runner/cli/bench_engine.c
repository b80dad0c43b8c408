/* bench_engine.c - `vitrion bench engine`: atom-steps per CPU second of NVE MD, one JSON line a cell. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runner/cli/bench_engine.h"

enum { MAX_SIZES = 16 };
#define DEFAULT_POTENTIAL "campaigns/potentials/oxyhalide7-v0.nep.txt"

/* ------------------------------------------------------------------ printing */

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* "model name" of /proc/cpuinfo, or the machine's name. */
static void cpu_name(char name[128])
{
  struct utsname u;
  char line[256];
  FILE *f = fopen("/proc/cpuinfo", "r");
  (void)snprintf(name, 128, "%s", uname(&u) == 0 ? u.machine : "unknown");
  while (f && fgets(line, sizeof line, f)) {
    char *colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) != 0 || !colon) continue;
    colon += strspn(colon, ": \t");
    colon[strcspn(colon, "\n")] = '\0';
    (void)snprintf(name, 128, "%s", colon);
    break;
  }
  if (f) (void)fclose(f);
}

static double median(const double *sorted, int n)
{
  return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Shares of a step of NVT production: that of the run, a thermostat and observables. */
static void put_shares(json_t *j, const vt_bench_measured *m)
{
  const struct {
    const char *name;
    double cpu_s;
  } part[] = {{"force", m->force_s},
              {"neighbour_list", m->list_s},
              {"integrator", m->integrator_s},
              {"thermostat", m->thermostat_s},
              {"observables", m->observables_s}};
  enum { PARTS = sizeof part / sizeof *part };
  json_t *shares = vt_json_object();
  double sum_s = 0;
  for (int k = 0; k < PARTS; k++) sum_s += part[k].cpu_s;
  for (int k = 0; k < PARTS; k++) vt_json_put(shares, part[k].name, vt_json_num(part[k].cpu_s / sum_s));
  vt_json_put(j, "shares", shares);
  vt_json_put(j, "rest_over_force", vt_json_num((sum_s - m->force_s) / m->force_s));
}

static void put_rates(json_t *j, const vt_bench_options *o, vt_bench_measured *m)
{
  const double steps = (double)m->steps, work = m->n * steps, peak = vt_bench_peak_gflops(o->num);
  qsort(m->cpu_s, (size_t)m->repeats, sizeof *m->cpu_s, by_value);
  /* Of the best repeat, as the peak is the best of several. */
  const double force_call_s = m->cpu_s[0] / steps * (m->force_s / m->cpu_total_s);
  const double gflops = 2e-9 * m->multiply_adds / force_call_s;
  vt_json_put(j, "atom_steps_per_s_median", vt_json_num(work / median(m->cpu_s, m->repeats)));
  vt_json_put(j, "atom_steps_per_s_best", vt_json_num(work / m->cpu_s[0]));
  put_shares(j, m);
  vt_json_put(j, "multiply_adds_per_atom", vt_json_num(m->multiply_adds / m->n));
  vt_json_put(j, "gflops", vt_json_num(gflops));
  vt_json_put(j, "peak_gflops", vt_json_num(peak));
  vt_json_put(j, "peak_percent", vt_json_num(100 * gflops / peak));
}

static json_t *line_of(const vt_bench_options *o, vt_bench_measured *m, const char *cpu)
{
  json_t *j = vt_json_object();
  vt_json_put(j, "bench", vt_json_text("engine"));
  vt_json_put(j, "potential", vt_json_text(o->potential));
  vt_json_put(j, "structure", vt_json_text(o->structure ? o->structure : "packed LiAlCl2.5O0.75"));
  vt_json_put(j, "n_atoms", vt_json_int(m->n));
  vt_json_put(j, "precision", vt_json_text(o->num.precision == VT_DOUBLE ? "double" : "mixed"));
  vt_json_put(j, "simd", vt_json_text(vt_simd_name((vt_simd)o->num.simd)));
  vt_json_put(j, "threads", vt_json_int(1));
  put_rates(j, o, m);
  vt_json_put(j, "cpu", vt_json_text(cpu));
  vt_json_put(j, "build", vt_json_text(vt_build_info()->build_id));
  vt_json_put(j, "kernel", vt_json_text(m->info.kernel));
  vt_json_put(j, "clock", vt_json_text("cpu"));
  vt_json_put(j, "wall_over_cpu", vt_json_num(m->wall_total_s / m->cpu_total_s));
  vt_json_put(j, "steps", vt_json_int(m->steps));
  vt_json_put(j, "repeats", vt_json_int(m->repeats));
  vt_json_put(j, "timestep_fs", vt_json_num(o->dt_fs));
  vt_json_put(j, "skin_A", vt_json_num(m->skin_a));
  vt_json_put(j, "rebuild_every_steps", vt_json_num(m->rebuild_steps));
  vt_json_put(j, "energy_drift_eV_atom", vt_json_num(m->drift_ev_atom));
  return j;
}

/* ------------------------------------------------------------------ the command */

/* "336,1344": how many sizes, or 0. */
static int parse_sizes(const char *text, int size[MAX_SIZES])
{
  int n = 0;
  for (const char *s = text; n < MAX_SIZES; s++) {
    size_t l = strcspn(s, ",");
    int64_t k;
    if (!vt_parse_i64(s, l, &k) || k < 21 || k > 1000000) return 0;
    size[n++] = (int)k;
    s += l;
    if (!*s) return n;
  }
  return 0;
}

/* The shipped potential: in a folder above the program (a build tree), or in share/vitrion beside its bin. */
static const char *shipped_potential(char path[PATH_MAX])
{
  char dir[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", dir, sizeof dir - 1);
  if (n <= 0) return NULL;
  dir[n] = '\0';
  for (char *slash = strrchr(dir, '/'); slash; slash = strrchr(dir, '/')) {
    static const char *const below[] = {"", "/share/vitrion"};
    *slash = '\0';
    for (int k = 0; k < 2; k++) {
      int l = snprintf(path, PATH_MAX, "%s%s/%s", dir, below[k], DEFAULT_POTENTIAL);
      if (l > 0 && l < PATH_MAX && access(path, R_OK) == 0) return path;
    }
  }
  return NULL;
}

static int run_sizes(const vt_bench_options *o, const int *size, int n_sizes, const char *cpu, const json_t *earlier)
{
  for (int k = 0; k < n_sizes; k++) {
    vt_err err = {0};
    vt_bench_measured m = {.repeats = o->repeat};
    if (vt_bench_measure(o, size[k], &m, &err) != VT_OK) return vt_cli_fail(&err);
    json_t *line = line_of(o, &m, cpu);
    vt_json_print(json_incref(line), 1);
    (void)fflush(stdout);
    if (earlier) vt_bench_against_print(earlier, line);
    json_decref(line);
  }
  return VT_EXIT_OK;
}

static int run_all(const vt_bench_options *o, const int *size, int n_sizes)
{
  char cpu[128];
  json_t *earlier = NULL;
  cpu_name(cpu);
  int code = o->against ? vt_bench_against_open(o->against, cpu, &earlier) : -1;
  if (code < 0) code = run_sizes(o, size, n_sizes, cpu, earlier);
  json_decref(earlier);
  return code;
}

int bench_engine(int argc, char **argv)
{
  int simd = VT_SIMD_AUTO, precision = VT_DOUBLE, size[MAX_SIZES], n_sizes = 1;
  char shipped[PATH_MAX];
  vt_bench_options o = {
      .kind = "nep", .repeat = 5, .seconds = 1, .dt_fs = 1, .t_k = 600, .skin_a = VT_BENCH_SKIN_OF_PLAN};
  const vt_opt opt[] = {
      {"potential", VT_OPT_TEXT, "FILE", "parameter file (the shipped oxyhalide7-v0)", &o.potential, 0, 0},
      {"kind", VT_OPT_TEXT, "KIND", "kind of the potential (nep)", &o.kind, 0, 0},
      {"structure", VT_OPT_TEXT, "FILE.xyz", "first frame of this file (packed LiAlCl2.5O0.75)", &o.structure, 0, 0},
      {"atoms", VT_OPT_TEXT, "LIST", "sizes of packed cells, comma-separated (336)", &o.atoms, 0, 0},
      {"against", VT_OPT_TEXT, "FILE", "lines of an earlier run on this processor: print ratios too", &o.against, 0, 0},
      {"steps", VT_OPT_INT, "N", "steps of one repeat (as many as fill --seconds)", &o.steps, 1, 100000000},
      {"seconds", VT_OPT_REAL, "S", "CPU time of one repeat (1)", &o.seconds, 0.001, 3600},
      {"repeat", VT_OPT_INT, "N", "repeats; median and best are printed (5)", &o.repeat, 1, VT_BENCH_MAX_REPEAT},
      {"timestep", VT_OPT_REAL, "FS", "time step (1)", &o.dt_fs, 0.01, 10},
      {"temperature", VT_OPT_REAL, "K", "start temperature (600)", &o.t_k, 0, 5000},
      {"skin", VT_OPT_REAL, "A", "skin of the neighbour list (what a campaign would choose)", &o.skin_a, 0, 5},
      {"precision", VT_OPT_CHOICE, VT_CLI_PRECISION, "arithmetic (double)", &precision, 0, 0},
      {"simd", VT_OPT_CHOICE, VT_CLI_SIMD, "vector level (auto)", &simd, 0, 0}};
  vt_usage u = {.name = "bench engine",
                .args = "",
                .doc = "Atom-steps per CPU second of NVE MD on one core; one JSON line a cell.",
                .example = "vitrion bench engine --atoms 336,1344 --precision mixed",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  if (o.atoms && o.structure) return vt_cli_usage_error(&u, "--atoms sizes packed cells, --structure brings its own");
  size[0] = 336;
  if (o.atoms) n_sizes = parse_sizes(o.atoms, size);
  if (n_sizes == 0)
    return vt_cli_usage_error(&u, "--atoms: expected up to %d numbers from 21 to 1000000, found '%s'", MAX_SIZES,
                              o.atoms);
  if (!o.potential) o.potential = shipped_potential(shipped);
  if (!o.potential) return vt_cli_usage_error(&u, "no %s above the program, give --potential", DEFAULT_POTENTIAL);
  if (o.structure) code = vt_cli_readable(&u, o.structure);
  if (code >= 0) return code;
  o.num = vt_cli_numerics(simd, precision);
  return vt_cli_done(run_all(&o, size, n_sizes));
}
