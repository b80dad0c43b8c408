/* cmd_analyze.c - transport and structure of a trajectory that someone else made. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/replica/replica.h"
#include "runner/analysis/analysis.h"
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

/* Cutoffs of bonds (metal and anion, alkali and metal) that are stand-ins, or that the cell is too small for. */
static void warn_of_cutoffs(const vt_trajectory *t, vt_analysis *a)
{
  const vt_composition *c = &t->plan.comp;
  for (int i = 0; i < c->n_species; i++)
    for (int j = 0; j < c->n_species; j++) {
      const int p = vt_comp_role(c, i), q = vt_comp_role(c, j);
      if (!(p == VT_ROLE_NETWORK && q & VT_ROLE_ANIONS) && !(p == VT_ROLE_MOBILE && q == VT_ROLE_NETWORK)) continue;
      const char *first = vt_element_symbol(c->z[i]), *second = vt_element_symbol(c->z[j]);
      if (t->cutoffs.r[i][j] > t->half_height_a)
        vt_analysis_warn(
            a,
            "%s-%s: the cutoff of %.3g A lies beyond half of the shortest height of the cell, %.3g A, where "
            "neighbours are no longer counted: coordination, chains and residence are wrong",
            first, second, t->cutoffs.r[i][j], t->half_height_a);
      else if (!t->cutoffs.measured[i][j])
        vt_analysis_warn(a, "%s-%s: the cutoff of %.3g A is no first minimum of g(r): given, or 1.35 bond lengths",
                         first, second, t->cutoffs.r[i][j]);
    }
}

/* Steps that were so long that they may have been others. */
static void warn_of_moves(const vt_trajectory *t, vt_analysis *a)
{
  const double doubtful = 0.25;
  const vt_unknown_moves *u = &t->unknown;
  if (u->effect > VT_UNKNOWN_EFFECT)
    vt_analysis_warn(
        a,
        "where %s went in frame %d (line %d) cannot be known: it moved by %.2f of the shortest lattice vector, and "
        "from "
        "0.5 on another image may be as near; %lld such moves leave no diffusion, conductivity, Haven ratio or jumps: "
        "save more frames",
        vt_element_symbol(u->z), u->frame, u->line, u->share, (long long)u->n);
  else if (u->n > 0)
    vt_analysis_warn(a,
                     "%lld moves between two frames are longer than half of the shortest lattice vector and may have "
                     "been others (the "
                     "first: %s in frame %d, line %d): D may be wrong by %.1f %%, save more frames",
                     (long long)u->n, vt_element_symbol(u->z), u->frame, u->line, 100 * u->effect);
  else if (t->largest_move > doubtful)
    vt_analysis_warn(
        a,
        "an atom moves by %.2f of the shortest lattice vector between two frames: from 0.5 on nobody can say where it "
        "went, save more frames",
        t->largest_move);
}

/* What a user should know before believing the numbers. */
static void analyze_warn(const vt_trajectory *t, vt_analysis *a)
{
  const vt_composition *c = &t->plan.comp;
  int charge = 0;
  for (int s = 0; s < c->n_species; s++) {
    charge += c->count[s] * c->charge[s];
    if (c->charge[s] == 0)
      vt_analysis_warn(a, "%s has no charge: it does not count in conductivities (--charges %s=...)",
                       vt_element_symbol(c->z[s]), vt_element_symbol(c->z[s]));
  }
  if (charge != 0) vt_analysis_warn(a, "the cell has a charge of %+d: sigma depends on the frame (--charges)", charge);
  warn_of_moves(t, a);
  if (t->n_repeated > 0)
    vt_analysis_warn(a, "%d frames stood at the end of one file and at the beginning of the next: they count once",
                     t->n_repeated);
  if (t->ignored[0]) vt_analysis_warn(a, "line %d: '%s' is no number and was passed over", t->ignored_line, t->ignored);
  if (!isfinite(t->plan.t_k)) vt_analysis_warn(a, "no --temperature: conductivities are not known");
  warn_of_cutoffs(t, a);
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
  const vt_measured m = {
      .plan = &t->plan, .cutoffs = &t->cutoffs, .defs = t->defs, .n_defs = t->n_defs, .values = t->values};
  analyze_warn(t, &a);
  vt_status rc = vt_analysis_make(&a, &m, frame, err);
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

int cmd_analyze(int argc, char **argv)
{
  static const vt_format *const more[] = {&vt_h5md_format, NULL};
  const char *cutoffs = NULL, *charges = NULL, *roles = NULL, *count = NULL, *types = NULL;
  int json = 0, frame = 0;
  vt_trajectory_options o = {.dt_ps = (double)NAN, .t_k = (double)NAN, .frames = {.more = more}};
  const vt_opt opt[] = {
      {"dt", VT_OPT_REAL, "PS", "time between two frames, ps (required where the file does not say it with its unit)",
       &o.dt_ps, 1e-6, 1e6},
      {"temperature", VT_OPT_REAL, "K", "temperature, for conductivities", &o.t_k, 0.001, 1e5},
      {"frame", VT_OPT_CHOICE, "framework|barycentric", "frame of reference of diffusion (framework: the network)",
       &frame, 0, 0},
      {"cutoffs", VT_OPT_TEXT, "LIST", "ends of neighbour shells in A, as Al-Cl=2.9,Li-Al=4.4 (first minima of g(r))",
       &cutoffs, 0, 0},
      {"charges", VT_OPT_TEXT, "LIST", "oxidation numbers, as Li=1,Al=3 (those that make the cell neutral)", &charges,
       0, 0},
      {"roles", VT_OPT_TEXT, "LIST", "mobile, network or anion, as P=network,S=anion (by element and charge)", &roles,
       0, 0},
      {"count", VT_OPT_TEXT, "ANION", "what residence, polyhedra and chains count around a metal (O)", &count, 0, 0},
      {"skip", VT_OPT_REAL, "PS", "leave out the first PS ps of the run (0)", &o.skip_ps, 0, 1e9},
      {"every", VT_OPT_INT, "N", "of the others measure every Nth (1); moves are followed through all frames", &o.every,
       1, 1e9},
      {"types", VT_OPT_TEXT, "LIST", "elements of atom types 1, 2, ... of a file that names none, as Li,Al,Cl", &types,
       0, 0},
      {"json", VT_OPT_FLAG, NULL, "print everything, as JSON", &json, 0, 0}};
  vt_usage u = {
      .name = "analyze",
      .args = "TRAJECTORY...",
      .doc =
          "Transport and structure of a trajectory from any program: extended XYZ, XDATCAR, LAMMPS dump, H5MD, plain\n"
          "or compressed by gzip or xz; several files of one run in order, where a frame that ends one file and\n"
          "begins the next counts once.  Positions wrapped or not, columns in any order, fixed or changing cell,\n"
          "any vectors that span it.  Atoms are in the same order in every frame, or have a column id.  Frames are\n"
          "--dt apart: times and steps in the file must agree.  The files are read twice: first for the cutoffs,\n"
          "then for everything else.",
      .example = "vitrion analyze run.xyz --dt 0.1 --temperature 600 --json",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt,
      .least_args = 1,
      .most_args = VT_CLI_MAX_ARGS};
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  code = check_paths(&u);
  if (code >= 0) return code;
  if (cutoffs && !parse_cutoffs(&u, cutoffs, &o)) return VT_EXIT_USAGE;
  if (charges && !parse_charges(&u, charges, &o)) return VT_EXIT_USAGE;
  if (roles && !parse_roles(&u, roles, &o)) return VT_EXIT_USAGE;
  if (count && !parse_count(&u, count, &o)) return VT_EXIT_USAGE;
  if (types && !parse_types(&u, types, &o.frames)) return VT_EXIT_USAGE;
  return vt_cli_done(analyze(u.arg, u.n_args, &o, frame ? VT_TR_BARYCENTRIC : VT_TR_FRAMEWORK, json));
}
