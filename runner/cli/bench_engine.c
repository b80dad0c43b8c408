/* bench_engine.c - `vitrion bench engine`: NVE MD of one cell, atom-steps per CPU second.
 *
 * CPU time, not wall time: on a shared machine the neighbours' load is not our speed (one thread, so the two agree on
 * an idle one; the ratio is printed).  The share of the forces is measured inside the run by a wrapper around the
 * potential; the share of the neighbour list is the number of rebuilds times the cost of one, timed on the same cell.
 */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine/md/md.h"
#include "runner/cli/cli.h"

enum { MAX_SIZES = 16, MAX_REPEAT = 101 };
#define DEFAULT_POTENTIAL "campaigns/potentials/oxyhalide7-v0.nep.txt"

typedef struct options {
  const char *kind, *potential, *structure, *atoms;
  vt_numerics num;
  int steps, repeat;
  double seconds, dt_fs, t_k, skin_a;
} options;

/* ------------------------------------------------------------------ a potential with a stop-watch */

typedef struct timed {
  vt_pot *inner; /* borrowed */
  double cpu_s;
} timed;

static void timed_describe(const void *self, vt_pot_info *out) { vt_pot_describe(((const timed *)self)->inner, out); }

static vt_status timed_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  timed *t = self;
  double t0_s = vt_cpu_s();
  vt_status rc = t->inner->ops->compute(t->inner->self, nl, out, err);
  t->cpu_s += vt_cpu_s() - t0_s;
  return rc;
}

/* Neither opened nor closed: it borrows a potential that is. */
static const vt_pot_ops timed_ops = {.name = "timed", .describe = timed_describe, .compute = timed_compute};

/* ------------------------------------------------------------------ the cell */

/* `about` atoms of LiAlCl2.5O0.75, in whole units of Li4 Al4 Cl10 O3. */
static vt_composition glass_composition(int about)
{
  enum { UNIT_ATOMS = 21 };
  static const struct {
    const char *symbol;
    int count;
  } unit[] = {{"Li", 4}, {"Al", 4}, {"O", 3}, {"Cl", 10}};
  int k = (about + UNIT_ATOMS / 2) / UNIT_ATOMS;
  vt_composition c = {.name = "LiAlCl2.5O0.75", .n_species = 4};
  if (k < 1) k = 1;
  for (int s = 0; s < c.n_species; s++) {
    c.z[s] = vt_element_z(unit[s].symbol);
    c.charge[s] = vt_element_charge(c.z[s]);
    c.count[s] = k * unit[s].count;
    c.n_atoms += c.count[s];
  }
  return c;
}

static vt_status packed_structure(int about, vt_structure *s, vt_err *err)
{
  const double density = 1.0;
  vt_status rc = VT_OK;
  vt_composition c = glass_composition(about);
  void *m = NULL;
  int *type = NULL;
  VT_TRY_OUT(vt_calloc64(&m, (size_t)c.n_atoms, sizeof *type, err), err, "%d atoms", (int)c.n_atoms);
  type = m;
  VT_TRY_OUT(vt_calloc64(&m, (size_t)c.n_atoms, sizeof *s->x, err), err, "%d atoms", (int)c.n_atoms);
  s->x = m;
  VT_TRY_OUT(vt_calloc64(&m, (size_t)c.n_atoms, sizeof *s->symbol, err), err, "%d atoms", (int)c.n_atoms);
  s->symbol = m;
  s->n = c.n_atoms;
  VT_TRY_OUT(vt_pack(&c, density, 1, &s->cell, type, s->x, err), err, "packing %d atoms", (int)c.n_atoms);
  for (int i = 0; i < s->n; i++)
    (void)snprintf(s->symbol[i], sizeof s->symbol[i], "%s", vt_element_symbol(c.z[type[i]]));
out:
  vt_free(type);
  return rc;
}

static vt_status read_structure(const char *path, vt_structure *s, vt_err *err)
{
  vt_xyz *x = NULL;
  int got = 0;
  VT_PASS(vt_xyz_open(&x, path, err));
  vt_status rc = vt_xyz_next(x, s, &got, err);
  vt_xyz_close(x);
  if (rc == VT_OK && !got) return vt_err_user(err, VT_EPARSE, path, 1, 0, "no frame in this file");
  return rc;
}

/* ------------------------------------------------------------------ measuring */

typedef struct measured {
  int n, repeats;
  int64_t steps;
  double cpu_s[MAX_REPEAT];
  double cpu_total_s, wall_total_s, force_s, list_s;
  double drift_ev_atom; /* change of the conserved energy over the timed steps */
  vt_pot_info info;
} measured;

static vt_md_stage stage(const options *o, vt_ensemble ensemble, int64_t n_steps)
{
  enum { NEVER = INT_MAX }; /* no rebuild but where the skin asks for one */
  return (vt_md_stage){.name = "bench",
                       .ensemble = (int32_t)ensemble,
                       .t0_k = o->t_k,
                       .t1_k = o->t_k,
                       .dt = vt_unit_time_from_fs(o->dt_fs),
                       .n_steps = n_steps,
                       .tau_t = vt_unit_time_from_fs(50),
                       .tau_p = vt_unit_time_from_fs(1000),
                       .block_steps = NEVER,
                       .guard = {.t_max_k = 1e6, .f_max = 1e4, .volume_ratio = 2}};
}

/* How many steps fill `seconds`, from the pace of a short run. */
static int64_t steps_for(const options *o, int64_t trial, double trial_s)
{
  if (o->steps > 0) return o->steps;
  double n = trial_s > 0 ? o->seconds * (double)trial / trial_s : 1000;
  return n < 10 ? 10 : n > 1e8 ? 100000000 : (int64_t)n;
}

/* CPU seconds of the list: one rebuild and one refresh, times how often the run did them. */
static vt_status time_list(vt_md *md, int64_t steps, int64_t builds, double *cpu_s, vt_err *err)
{
  enum { REBUILDS = 3, REFRESHES = 20 };
  const double(*x)[3] = (const double(*)[3])md->x;
  double t0_s = vt_cpu_s();
  for (int k = 0; k < REBUILDS; k++) VT_PASS(vt_nlist_update(&md->nl, &md->cell, x, 1, err));
  double t1_s = vt_cpu_s();
  for (int k = 0; k < REFRESHES; k++) VT_PASS(vt_nlist_update(&md->nl, &md->cell, x, 0, err));
  double t2_s = vt_cpu_s();
  *cpu_s = (t1_s - t0_s) / REBUILDS * (double)builds + (t2_s - t1_s) / REFRESHES * (double)(steps - builds);
  return VT_OK;
}

static vt_status measure_md(vt_md *md, timed *t, const options *o, measured *m, vt_err *err)
{
  /* The packing's overlaps are relaxed away and its heat taken out before anything is timed. */
  enum { RELAX = 300, THERMALISE = 200 };
  vt_md_stage st = stage(o, VT_NVT, THERMALISE);
  if (!o->structure) VT_PASS(vt_md_relax(md, RELAX, 0.05, 2.0, err));
  vt_md_velocities(md, o->t_k);
  double t0_s = vt_cpu_s();
  VT_PASS(vt_md_begin(md, &st, 0, err));
  VT_PASS(vt_md_run(md, THERMALISE, err));
  int64_t steps = steps_for(o, THERMALISE, vt_cpu_s() - t0_s);
  m->steps = steps;
  st = stage(o, VT_NVE, steps * m->repeats);
  VT_PASS(vt_md_begin(md, &st, 1, err));
  double e0 = md->e_kin + md->out.energy, wall0_s = vt_now_s();
  int64_t builds = md->nl.builds;
  t->cpu_s = 0;
  for (int k = 0; k < m->repeats; k++) {
    t0_s = vt_cpu_s();
    VT_PASS(vt_md_run(md, steps, err));
    m->cpu_s[k] = vt_cpu_s() - t0_s;
    m->cpu_total_s += m->cpu_s[k];
  }
  m->wall_total_s = vt_now_s() - wall0_s;
  m->force_s = t->cpu_s;
  m->drift_ev_atom = (md->e_kin + md->out.energy - e0) / md->n;
  return time_list(md, steps * m->repeats, md->nl.builds - builds, &m->list_s, err);
}

static vt_status measure(const options *o, int about, measured *m, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_structure s = {0};
  vt_bound b = {0};
  vt_md md = {0};
  rc = o->structure ? read_structure(o->structure, &s, err) : packed_structure(about, &s, err);
  if (rc == VT_OK) rc = vt_cli_bind(&b, o->kind, o->potential, o->num, &s, err);
  if (rc != VT_OK) goto out;
  timed t = {.inner = &b.pot};
  vt_pot pot = {.ops = &timed_ops, .self = &t};
  vt_pot_describe(&b.pot, &m->info);
  m->n = s.n;
  VT_TRY_OUT(vt_md_open(&md, &b.comp, &s.cell, b.type, (const double(*)[3])s.x, &pot, o->skin_a, 1, err), err,
             "MD of %d atoms", s.n);
  VT_TRY_OUT(measure_md(&md, &t, o, m, err), err, "MD of %d atoms", s.n);
out:
  vt_md_close(&md);
  vt_cli_unbind(&b);
  vt_structure_free(&s);
  return rc;
}

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

static void print(const options *o, measured *m)
{
  char cpu[128];
  cpu_name(cpu);
  double work = (double)m->n * (double)m->steps, rest_s = m->cpu_total_s - m->force_s - m->list_s;
  qsort(m->cpu_s, (size_t)m->repeats, sizeof *m->cpu_s, by_value);
  int h = m->repeats / 2;
  double median_s = m->repeats % 2 ? m->cpu_s[h] : (m->cpu_s[h - 1] + m->cpu_s[h]) / 2;
  json_t *j = vt_json_object(), *shares = vt_json_object();
  vt_json_put(shares, "force", vt_json_num(m->force_s / m->cpu_total_s));
  vt_json_put(shares, "neighbour_list", vt_json_num(m->list_s / m->cpu_total_s));
  vt_json_put(shares, "integrator_and_rest", vt_json_num(rest_s / m->cpu_total_s));
  vt_json_put(j, "bench", vt_json_text("engine"));
  vt_json_put(j, "potential", vt_json_text(o->potential));
  vt_json_put(j, "structure", vt_json_text(o->structure ? o->structure : "packed LiAlCl2.5O0.75"));
  vt_json_put(j, "n_atoms", vt_json_int(m->n));
  vt_json_put(j, "precision", vt_json_text(o->num.precision == VT_DOUBLE ? "double" : "mixed"));
  vt_json_put(j, "simd", vt_json_text(vt_simd_name((vt_simd)o->num.simd)));
  vt_json_put(j, "threads", vt_json_int(1));
  vt_json_put(j, "atom_steps_per_s_median", vt_json_num(work / median_s));
  vt_json_put(j, "atom_steps_per_s_best", vt_json_num(work / m->cpu_s[0]));
  vt_json_put(j, "shares", shares);
  vt_json_put(j, "cpu", vt_json_text(cpu));
  vt_json_put(j, "build", vt_json_text(vt_build_info()->build_id));
  vt_json_put(j, "kernel", vt_json_text(m->info.kernel));
  vt_json_put(j, "clock", vt_json_text("cpu"));
  vt_json_put(j, "wall_over_cpu", vt_json_num(m->wall_total_s / m->cpu_total_s));
  vt_json_put(j, "steps", vt_json_int(m->steps));
  vt_json_put(j, "repeats", vt_json_int(m->repeats));
  vt_json_put(j, "timestep_fs", vt_json_num(o->dt_fs));
  vt_json_put(j, "energy_drift_eV_atom", vt_json_num(m->drift_ev_atom));
  vt_json_print(j, 1);
  (void)fflush(stdout);
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

static int run_all(const options *o, const int *size, int n_sizes)
{
  for (int k = 0; k < n_sizes; k++) {
    vt_err err = {0};
    measured m = {.repeats = o->repeat};
    if (measure(o, size[k], &m, &err) != VT_OK) return vt_cli_fail(&err);
    print(o, &m);
  }
  return VT_EXIT_OK;
}

int bench_engine(int argc, char **argv)
{
  int simd = VT_SIMD_AUTO, precision = VT_DOUBLE, size[MAX_SIZES], n_sizes = 1;
  char shipped[PATH_MAX];
  options o = {.kind = "nep", .repeat = 5, .seconds = 1, .dt_fs = 1, .t_k = 600, .skin_a = 1};
  const vt_opt opt[] = {
      {"potential", VT_OPT_TEXT, "FILE", "parameter file (the shipped oxyhalide7-v0)", &o.potential, 0, 0},
      {"kind", VT_OPT_TEXT, "KIND", "kind of the potential (nep)", &o.kind, 0, 0},
      {"structure", VT_OPT_TEXT, "FILE.xyz", "first frame of this file (packed LiAlCl2.5O0.75)", &o.structure, 0, 0},
      {"atoms", VT_OPT_TEXT, "LIST", "sizes of packed cells, comma-separated (336)", &o.atoms, 0, 0},
      {"steps", VT_OPT_INT, "N", "steps of one repeat (as many as fill --seconds)", &o.steps, 1, 100000000},
      {"seconds", VT_OPT_REAL, "S", "CPU time of one repeat (1)", &o.seconds, 0.001, 3600},
      {"repeat", VT_OPT_INT, "N", "repeats; median and best are printed (5)", &o.repeat, 1, MAX_REPEAT},
      {"timestep", VT_OPT_REAL, "FS", "time step (1)", &o.dt_fs, 0.01, 10},
      {"temperature", VT_OPT_REAL, "K", "start temperature (600)", &o.t_k, 0, 5000},
      {"skin", VT_OPT_REAL, "A", "skin of the neighbour list (1)", &o.skin_a, 0, 5},
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
