/* cmd_analyze.c - transport and structure of a trajectory that someone else made. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/replica/replica.h"
#include "runner/analysis/analysis.h"
#include "runner/cli/analyze_points.h"
#include "runner/cli/cli.h"
#include "runner/h5md_read/h5md_read.h"

/* "Al-Cl=2.9,Li-Al=4.4": 1 and the pairs, or 0 after a message. */
static int parse_cutoffs(const vt_usage *u, const char *text, vt_trajectory_options *o)
{
  for (const char *s = text; *s;) {
    char a[4] = "", b[4] = "";
    size_t l = strcspn(s, ","), dash = strcspn(s, "-"), is = strcspn(s, "=");
    double r_a = 0;
    if (dash < is && is < l && dash < sizeof a && is - dash - 1 < sizeof b) {
      memcpy(a, s, dash);
      memcpy(b, s + dash + 1, is - dash - 1);
    }
    int z1 = vt_element_z(a), z2 = vt_element_z(b);
    if (!z1 || !z2 || !vt_parse_f64(s + is + 1, l - is - 1, &r_a) || !(r_a > 0 && r_a < 50)) {
      (void)vt_cli_usage_error(u, "--cutoffs: expected pairs such as Al-Cl=2.9,Li-Al=4.4 in A, found '%.*s'", (int)l,
                               s);
      return 0;
    }
    if (o->n_cutoffs == VT_TRAJECTORY_PAIRS) {
      (void)vt_cli_usage_error(u, "--cutoffs: more than %d pairs", VT_TRAJECTORY_PAIRS);
      return 0;
    }
    o->cutoff[o->n_cutoffs].z[0] = z1;
    o->cutoff[o->n_cutoffs].z[1] = z2;
    o->cutoff[o->n_cutoffs++].r_a = r_a;
    s += l + (s[l] == ',');
  }
  return 1;
}

/* "Li=1,Al=3" */
static int parse_charges(const vt_usage *u, const char *text, vt_trajectory_options *o)
{
  enum { MOST = 8 };
  for (const char *s = text; *s;) {
    char symbol[4] = "";
    size_t l = strcspn(s, ","), is = strcspn(s, "=");
    int64_t q = 0;
    if (is < l && is < sizeof symbol) memcpy(symbol, s, is);
    int z = vt_element_z(symbol);
    if (!z || !vt_parse_i64(s + is + 1, l - is - 1, &q) || q < -MOST || q > MOST || o->n_charges == VT_MAX_SPECIES) {
      (void)vt_cli_usage_error(u, "--charges: expected oxidation numbers such as Li=1,Al=3,Cl=-1, found '%.*s'", (int)l,
                               s);
      return 0;
    }
    for (int k = 0; k < o->n_charges; k++)
      if (o->charge[k].z == z) {
        (void)vt_cli_usage_error(u, "--charges: %s stands twice", vt_element_symbol(z));
        return 0;
      }
    o->charge[o->n_charges].z = z;
    o->charge[o->n_charges++].charge = (int)q; /* fits: within +-MOST */
    s += l + (s[l] == ',');
  }
  return 1;
}

/* "P=network,S=anion" */
static int parse_roles(const vt_usage *u, const char *text, vt_trajectory_options *o)
{
  static const struct {
    const char *name;
    int role;
  } all[] = {{"mobile", VT_ROLE_MOBILE}, {"network", VT_ROLE_NETWORK}, {"anion", VT_ROLE_ANION}};
  for (const char *s = text; *s;) {
    char symbol[4] = "";
    size_t l = strcspn(s, ","), is = strcspn(s, "=");
    int role = 0;
    if (is < l && is < sizeof symbol) memcpy(symbol, s, is);
    for (size_t k = 0; k < sizeof all / sizeof *all && is < l; k++)
      if (strlen(all[k].name) == l - is - 1 && memcmp(all[k].name, s + is + 1, l - is - 1) == 0) role = all[k].role;
    const int z = vt_element_z(symbol);
    if (!z || !role || o->n_roles == VT_MAX_SPECIES) {
      (void)vt_cli_usage_error(u, "--roles: expected mobile, network or anion, such as P=network,S=anion, found '%.*s'",
                               (int)l, s);
      return 0;
    }
    for (int k = 0; k < o->n_roles; k++)
      if (o->role[k].z == z) {
        (void)vt_cli_usage_error(u, "--roles: %s stands twice", vt_element_symbol(z));
        return 0;
      }
    o->role[o->n_roles].z = z;
    o->role[o->n_roles++].role = role;
    s += l + (s[l] == ',');
  }
  return 1;
}

static int parse_count(const vt_usage *u, const char *text, vt_trajectory_options *o)
{
  enum { OXYGEN = 8 };
  const int z = vt_element_z(text);
  if (!z) {
    (void)vt_cli_usage_error(u, "--count: expected an anion such as S, found '%s'", text);
    return 0;
  }
  o->counted = z == OXYGEN ? 0 : z;
  return 1;
}

/* What the times of the file count; they were compared with --dt. */
static const char *unit_of(const vt_trajectory *t) { return t->times_per_ps > 1 ? "fs" : "ps"; }

static void print_json(const vt_trajectory *t, const vt_analysis *a)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "n_frames", vt_json_int(t->n_frames));
  vt_json_put(o, "n_frames_read", vt_json_int(t->n_read));
  vt_json_put(o, "format", vt_json_text(t->format));
  vt_json_put(o, "n_atoms", vt_json_int(t->plan.comp.n_atoms));
  vt_json_put(o, "dt_ps", vt_json_num(t->plan.protocol.produce_dt_fs / 1000));
  vt_json_put(o, "time_key", isfinite(t->times_per_ps) ? vt_json_text(t->time_key) : vt_json_null());
  vt_json_put(o, "time_unit", isfinite(t->times_per_ps) ? vt_json_text(unit_of(t)) : vt_json_null());
  vt_json_put(o, "warnings", vt_json_lines(a->warnings.s));
  vt_analysis_json(a, o);
  vt_json_put(o, "temperature_K", vt_json_num(t->plan.t_k)); /* what was asked for: the file knows none */
  vt_json_put(o, "volume_A3", vt_json_num(t->volume_a3));
  vt_cli_print_json(o, 0);
}

static vt_status analyze_answer(const vt_trajectory *t, int frame, int json, vt_err *err)
{
  vt_analysis a = {0};
  vt_measured m;
  vt_status rc = vt_analysis_of_trajectory(&a, &m, t, frame, err);
  if (rc == VT_OK && json) {
    print_json(t, &a);
  } else if (rc == VT_OK) {
    printf("%d frames of %d atoms, %g ps apart", t->n_frames, (int)t->plan.comp.n_atoms,
           t->plan.protocol.produce_dt_fs / 1000);
    if (isfinite(t->times_per_ps)) printf(" (%s in the file agrees, in %s)", t->time_key, unit_of(t));
    printf("\n");
    vt_analysis_text(&a, stdout);
  }
  vt_analysis_free(&a);
  return rc;
}

/* What several of its lines say wrongly, or the one mistake. */
static int analyze_fail(const vt_mistakes *m, const vt_err *err)
{
  if (m->n == 0) return vt_cli_fail(err);
  (void)fputs(m->text.s ? m->text.s : "", stderr);
  return VT_EXIT_USAGE;
}

static int analyze(const char *const *path, int n_paths, const vt_trajectory_options *asked, int frame, int json)
{
  vt_err err = {0};
  vt_trajectory t;
  vt_mistakes m = {0};
  vt_trajectory_options o = *asked;
  o.frames.mistakes = &m;
  if (vt_trajectory_measure(path, n_paths, &o, &t, &err) != VT_OK) {
    int code = analyze_fail(&m, &err);
    vt_mistakes_free(&m);
    if (code != VT_EXIT_TASKS) return code;
    (void)fprintf(stderr, "the cutoffs are too large (--cutoffs), or the file does not hold what it should\n");
    return VT_EXIT_USAGE; /* no campaign goes on without it */
  }
  int code = analyze_answer(&t, frame, json, &err) == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
  vt_trajectory_free(&t);
  return code;
}

/* "Li,Al,Cl": what atom types 1, 2, 3 are. */
static int parse_types(const vt_usage *u, const char *text, vt_frames_options *o)
{
  for (const char *s = text; *s;) {
    char symbol[4] = "";
    size_t l = strcspn(s, ",");
    if (l < sizeof symbol) memcpy(symbol, s, l);
    if (!vt_element_z(symbol) || o->n_types == VT_FRAMES_TYPES) {
      (void)vt_cli_usage_error(u, "--types: expected at most %d elements such as Li,Al,Cl, found '%.*s'",
                               VT_FRAMES_TYPES, (int)l, s);
      return 0;
    }
    o->type_z[o->n_types++] = vt_element_z(symbol);
    s += l + (s[l] == ',');
  }
  return 1;
}

/* -1 if every file can be read, and twice; else the exit code. */
static int check_paths(const vt_usage *u)
{
  for (int k = 0; k < u->n_args; k++) {
    struct stat st;
    if (stat(u->arg[k], &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
      return vt_cli_usage_error(u, "'%s' is not a regular file; save it first, since it is read twice", u->arg[k]);
    const int code = vt_cli_readable(u, u->arg[k]);
    if (code >= 0) return code;
  }
  return -1;
}

/* What many runs need, and what one run needs; -1, or the exit code after a message. */
static int check_mode(const vt_usage *u, const vt_trajectory_options *o, const char *points, const char *table)
{
  if (!points && table) return vt_cli_usage_error(u, "--table says which runs --points FILE.csv is made of");
  if (points && isfinite(o->t_k))
    return vt_cli_usage_error(u, "--temperature: with --points each run has its own, in its name or in --table");
  const int code = vt_cli_ignored(u, points != NULL, "cutoffs|count", "has no effect with --points, which are D alone");
  if (code >= 0) return code;
  if (u->n_args == 0 && !table) return vt_cli_usage_error(u, "expected TRAJECTORY...");
  return points ? -1 : check_paths(u);
}

/* -1, or the exit code after a message: --types for files that name their elements. */
static int check_types(const vt_usage *u, const vt_trajectory_options *o)
{
  const vt_format *format;
  vt_err err = {0};
  if (o->frames.n_types == 0) return -1;
  for (int k = 0; k < u->n_args; k++) {
    if (vt_format_of(u->arg[k], &o->frames, &format, &err) != VT_OK) return vt_cli_fail(&err);
    if (!format->has_types)
      return vt_cli_usage_error(u, "--types: '%s' (%s) names its elements itself", u->arg[k], format->name);
  }
  return -1;
}

/* What lists of the command line say. */
typedef struct lists {
  const char *cutoffs, *charges, *roles, *count, *types;
} lists;

static int parse_lists(const vt_usage *u, const lists *l, vt_trajectory_options *o)
{
  return (!l->cutoffs || parse_cutoffs(u, l->cutoffs, o)) && (!l->charges || parse_charges(u, l->charges, o)) &&
         (!l->roles || parse_roles(u, l->roles, o)) && (!l->count || parse_count(u, l->count, o)) &&
         (!l->types || parse_types(u, l->types, &o->frames));
}

static const char analyze_doc[] =
    "Transport and structure of a trajectory from any program: extended XYZ, XDATCAR, LAMMPS dump, H5MD, plain\n"
    "or compressed by gzip or xz; several files of one run in order, where a frame that ends one file and\n"
    "begins the next counts once.  Positions wrapped or not, columns in any order, fixed or changing cell,\n"
    "any vectors that span it.  Atoms are in the same order in every frame, or have a column id.  Frames are\n"
    "--dt apart: times and steps in the file must agree.  The files are read twice: first for the cutoffs,\n"
    "then for everything else.\n"
    "With --points each is a run of its own, and its name says which: the word 600K is its temperature, glass2\n"
    "its glass (0 where there is none), what stands before them its composition, or the name of the folder:\n"
    "LiAlCl4-600K-glass2.xyz, LiAlCl4/600K-glass2.dump.gz, LiAlCl4/glass2/600K/XDATCAR.  A table says it for\n"
    "files of other names.  A run that cannot be analysed is named with its reason (exit code 3), the others\n"
    "go on.";

int cmd_analyze(int argc, char **argv)
{
  static const vt_format *const more[] = {&vt_h5md_format, NULL};
  lists l = {0};
  const char *points = NULL, *table = NULL;
  int json = 0, frame = 0;
  vt_trajectory_options o = {.dt_ps = (double)NAN, .t_k = (double)NAN, .frames = {.more = more}};
  const vt_opt opt[] = {
      {"dt", VT_OPT_REAL, "PS", "time between two frames, ps (required where the file does not say it with its unit)",
       &o.dt_ps, 1e-6, 1e6},
      {"temperature", VT_OPT_REAL, "K", "temperature, for conductivities", &o.t_k, 0.001, 1e5},
      {"frame", VT_OPT_CHOICE, "framework|barycentric", "frame of reference of diffusion (framework: the network)",
       &frame, 0, 0},
      {"cutoffs", VT_OPT_TEXT, "LIST", "ends of neighbour shells in A, as Al-Cl=2.9,Li-Al=4.4 (first minima of g(r))",
       &l.cutoffs, 0, 0},
      {"charges", VT_OPT_TEXT, "LIST", "oxidation numbers, as Li=1,Al=3 (those that make the cell neutral)", &l.charges,
       0, 0},
      {"roles", VT_OPT_TEXT, "LIST", "mobile, network or anion, as P=network,S=anion (by element and charge)", &l.roles,
       0, 0},
      {"count", VT_OPT_TEXT, "ANION", "what residence, polyhedra and chains count around a metal (O)", &l.count, 0, 0},
      {"skip", VT_OPT_REAL, "PS", "leave out the first PS ps of the run (0)", &o.skip_ps, 0, 1e9},
      {"every", VT_OPT_INT, "N", "of the others measure every Nth (1); moves are followed through all frames", &o.every,
       1, 1e9},
      {"types", VT_OPT_TEXT, "LIST", "elements of atom types 1, 2, ... of a file that names none, as Li,Al,Cl",
       &l.types, 0, 0},
      {"points", VT_OPT_TEXT, "FILE.csv", "each TRAJECTORY, and each below a folder, is a run: write what `fit` reads",
       &points, 0, 0},
      {"table", VT_OPT_TEXT, "RUNS.csv",
       "with --points: a row a file; run, composition, temperature_K; glass, dt_ps, part, factors", &table, 0, 0},
      {"json", VT_OPT_FLAG, NULL, "print everything, as JSON", &json, 0, 0}};
  vt_usage u = {.name = "analyze",
                .args = "TRAJECTORY...",
                .doc = analyze_doc,
                .example = "vitrion analyze run.xyz --dt 0.1 --temperature 600 --json",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .most_args = VT_CLI_MAX_ARGS};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  code = check_mode(&u, &o, points, table);
  if (code >= 0) return code;
  if (!parse_lists(&u, &l, &o)) return VT_EXIT_USAGE;
  if (points) {
    const vt_points_asked x = {&o, points, table, frame ? VT_TR_BARYCENTRIC : VT_TR_FRAMEWORK, json};
    return vt_cli_done(vt_cli_points(&u, &x));
  }
  code = check_types(&u, &o);
  if (code >= 0) return code;
  return vt_cli_done(analyze(u.arg, u.n_args, &o, frame ? VT_TR_BARYCENTRIC : VT_TR_FRAMEWORK, json));
}
