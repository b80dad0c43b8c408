/* engine.c - `vitrion bench engine`: atom-steps per second of NVE MD, one JSON line a cell and number of threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "runner/bench/bench_impl.h"

/* ------------------------------------------------------------------ printing */

vt_status vt__bench_print(vt_json *line, FILE *out, vt_err *err)
{
  vt_status rc = vt_json_print(line, VT_JSON_LINE, out, err);
  vt_json_free(line);
  (void)fflush(out); /* a failure stays: the command tests its stdout in the end */
  return rc;
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* "model name" of /proc/cpuinfo, or the machine's name. */
void vt__bench_cpu(char name[128])
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

static double bench_engine_median(const double *sorted, int n)
{
  return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Shares of a step of NVT production: that of the run, a thermostat and observables. */
static void put_shares(vt_json *j, const vt__bench_measured *m)
{
  const struct {
    const char *name;
    double spent_s;
  } part[] = {{"force", m->force_s},
              {"neighbour_list", m->list_s},
              {"integrator", m->integrator_s},
              {"thermostat", m->thermostat_s},
              {"observables", m->observables_s}};
  enum { PARTS = sizeof part / sizeof *part };
  vt_json *shares = vt_json_object();
  double sum_s = 0;
  for (int k = 0; k < PARTS; k++) sum_s += part[k].spent_s;
  for (int k = 0; k < PARTS; k++) vt_json_put(shares, part[k].name, vt_json_num(part[k].spent_s / sum_s));
  vt_json_put(j, "shares", shares);
  vt_json_put(j, "rest_over_force", vt_json_num((sum_s - m->force_s) / m->force_s));
}

static void put_rates(vt_json *j, const vt_bench_engine_options *o, vt__bench_measured *m)
{
  const double steps = (double)m->steps, work = m->n * steps, peak = vt__bench_peak_gflops(o->num);
  qsort(m->spent_s, (size_t)m->repeats, sizeof *m->spent_s, by_value);
  /* Of the best repeat, as the peak is the best of several. */
  const double force_call_s = m->spent_s[0] / steps * (m->force_s / m->total_s);
  const double gflops = 2e-9 * m->multiply_adds / force_call_s;
  vt_json_put(j, "atom_steps_per_s_median", vt_json_num(work / bench_engine_median(m->spent_s, m->repeats)));
  vt_json_put(j, "atom_steps_per_s_best", vt_json_num(work / m->spent_s[0]));
  put_shares(j, m);
  vt_json_put(j, "multiply_adds_per_atom", vt_json_num(m->multiply_adds / m->n));
  vt_json_put(j, "gflops", vt_json_num(gflops));
  vt_json_put(j, "peak_gflops", vt_json_num(peak)); /* of one core */
  vt_json_put(j, "peak_percent", vt_json_num(100 * gflops / (peak * m->threads)));
}

static vt_json *line_of(const vt_bench_engine_options *o, vt__bench_measured *m, const char *cpu)
{
  char hex[65];
  vt_json *j = vt_json_object();
  vt_json_put(j, "bench", vt_json_text("engine"));
  vt_json_put(j, "potential", vt_json_text(o->potential));
  vt_json_put(j, "structure", vt_json_text(o->structure ? o->structure : "packed LiAlCl2.5O0.75"));
  vt_json_put(j, "n_atoms", vt_json_int(m->n));
  vt_json_put(j, "precision", vt_json_text(o->num.precision == VT_DOUBLE ? "double" : "mixed"));
  vt_json_put(j, "simd", vt_json_text(vt_simd_name((vt_simd)o->num.simd)));
  vt_json_put(j, "threads", vt_json_int(m->threads));
  put_rates(j, o, m);
  vt_json_put(j, "cpu", vt_json_text(cpu));
  vt_json_put(j, "build", vt_json_text(vt_build_info()->build_id));
  vt_json_put(j, "kernel", vt_json_text(m->info.kernel));
  vt_json_put(j, "clock", vt_json_text(m->wall ? "wall" : "cpu"));
  vt_json_put(j, "wall_over_cpu", vt_json_num(m->wall_total_s / m->cpu_total_s));
  vt_json_put(j, "steps", vt_json_int(m->steps));
  vt_json_put(j, "repeats", vt_json_int(m->repeats));
  vt_json_put(j, "timestep_fs", vt_json_num(o->dt_fs));
  vt_json_put(j, "skin_A", vt_json_num(m->skin_a));
  vt_json_put(j, "rebuild_every_steps", vt_json_num(m->rebuild_steps));
  vt_json_put(j, "energy_drift_eV_atom", vt_json_num(m->drift_ev_atom));
  vt_uid_hex(&m->state, hex);
  vt_json_put(j, "state_sha256", vt_json_text(hex));
  return j;
}

/* ------------------------------------------------------------------ the bench */

static vt_status one_cell(const vt_bench_engine_options *o, int about, int threads, const char *cpu,
                          const vt_json *earlier, FILE *out, vt_err *err)
{
  vt__bench_measured m = {.repeats = o->repeat};
  VT_PASS(vt__bench_measure(o, about, threads, &m, err));
  vt_json *line = line_of(o, &m, cpu);
  vt_status rc = vt__bench_print(vt_json_share(line), out, err);
  if (rc == VT_OK && earlier) rc = vt__bench_against_print(earlier, line, out, err);
  vt_json_free(line);
  return rc;
}

vt_status vt_bench_engine(const vt_bench_engine_options *o, FILE *out, vt_err *err)
{
  char cpu[128];
  vt_json *earlier = NULL;
  vt__bench_cpu(cpu);
  vt_status rc = o->against ? vt__bench_against_open(o->against, cpu, &earlier, err) : VT_OK;
  for (int k = 0; k < o->n_cells && rc == VT_OK; k++) {
    if (o->n_threads == 0) rc = one_cell(o, o->atoms[k], 0, cpu, earlier, out, err);
    for (int t = 0; t < o->n_threads && rc == VT_OK; t++)
      rc = one_cell(o, o->atoms[k], o->threads[t], cpu, earlier, out, err);
  }
  vt_json_free(earlier);
  return rc;
}
