/* cmd_energy.c - single points: energy, forces, virial of every frame of an extended XYZ file.
 *
 * Frames of the same elements are computed some at a time, on all processors that this process may use. */
#include <math.h>
#include <string.h>

#include "engine/team/team.h"
#include "runner/cli/cli.h"

typedef struct job {
  const char *kind, *pot_path, *xyz_path, *command;
  vt_driver driver; /* of `command` */
  vt_pot_kept kept; /* its program */
  vt_numerics num;
  int json;
  vt_json *frames;
  vt_bound bound;
  int n_frames; /* that are computed */
  struct batch *batch;
  vt_team *team;
} job;

/* Everything of one frame; owns its memory. */
typedef struct point {
  vt_structure s;
  vt_nlist nl;
  vt_force_out out;
} point;

enum { FRAMES_MOST = 128, ATOMS_MOST = 20000 };
/* Frames that wait to be computed together. */
typedef struct batch {
  int n, n_atoms;
  point p[FRAMES_MOST];
} batch;

static void point_close(point *p)
{
  vt_nlist_close(&p->nl);
  vt_free(p->out.f);
  vt_free(p->out.e_atom);
  vt_structure_free(&p->s);
}

static vt_status point_open(point *p, const job *j, vt_err *err)
{
  const vt_structure *s = &p->s;
  void *m = NULL;
  vt_pot_info info;
  VT_PASS(vt_calloc64(&m, (size_t)s->n, sizeof *p->out.f, err));
  p->out.f = m;
  VT_PASS(vt_calloc64(&m, (size_t)s->n, sizeof *p->out.e_atom, err));
  p->out.e_atom = m;
  vt_pot_describe(&j->bound.pot, &info);
  VT_PASS(vt_nlist_open(&p->nl, s->n, j->bound.type, info.cutoff, 0, err));
  VT_PASS(vt_nlist_update(&p->nl, &s->cell, (const double(*)[3])s->x, 1, err));
  return VT_OK;
}

static vt_json *frame_json(const vt_structure *s, const vt_force_out *out)
{
  vt_json *o = vt_json_object(), *f = vt_json_array();
  for (int i = 0; i < s->n; i++) vt_json_add(f, vt_json_nums(out->f[i], 3));
  vt_json_put(o, "n_atoms", vt_json_int(s->n));
  vt_json_put(o, "energy_eV", vt_json_num(out->energy));
  vt_json_put(o, "energies_eV", vt_json_nums(out->e_atom, (size_t)s->n));
  vt_json_put(o, "forces_eV_A", f);
  vt_json_put(o, "virial_eV", vt_json_nums(out->virial, 9));
  return o;
}

static void frame_text(int k, const vt_structure *s, const vt_force_out *out)
{
  const double *w = out->virial;
  double f_max = 0;
  for (int i = 0; i < s->n; i++)
    f_max = fmax(f_max, sqrt(out->f[i][0] * out->f[i][0] + out->f[i][1] * out->f[i][1] + out->f[i][2] * out->f[i][2]));
  printf("frame %d: %d atoms, energy %.10g eV (%.8g eV/atom), largest force %.6g eV/A\n", k, s->n, out->energy,
         out->energy / s->n, f_max);
  printf("  virial eV: xx %.8g xy %.8g xz %.8g yx %.8g yy %.8g yz %.8g zx %.8g zy %.8g zz %.8g\n", w[0], w[1], w[2],
         w[3], w[4], w[5], w[6], w[7], w[8]);
}

/* Compute what waits, and say it. */
static vt_status energy_flush(job *j, vt_err *err)
{
  const vt_nlist *nl[FRAMES_MOST];
  vt_force_out *out[FRAMES_MOST];
  batch *b = j->batch;
  int failed = -1;
  for (int k = 0; k < b->n; k++) nl[k] = &b->p[k].nl, out[k] = &b->p[k].out;
  vt_status rc = vt_pot_compute_many(&j->bound.pot, b->n, nl, out, j->team, &failed, err);
  const int done = rc == VT_OK ? b->n : failed > 0 ? failed : 0;
  for (int k = 0; k < done; k++) {
    j->n_frames++;
    if (j->json)
      vt_json_add(j->frames, frame_json(&b->p[k].s, out[k]));
    else
      frame_text(j->n_frames, &b->p[k].s, out[k]);
  }
  for (int k = 0; k < b->n; k++) point_close(&b->p[k]);
  *b = (batch){0};
  if (rc != VT_OK) return vt_err_wrap(err, rc, __FILE__, __LINE__, "frame %d of '%s'", j->n_frames + 1, j->xyz_path);
  return VT_OK;
}

/* Does the potential as it is bound serve this frame, too?  (vt_pot_bind keeps it then.) */
static int is_bound_to(const vt_bound *b, const vt_structure *s)
{
  int n = 0;
  for (int i = 0; i < s->n; i++) {
    int k = 0;
    while (k < n && strcmp(b->symbol[k], s->symbol[i]) != 0) k++;
    if (k < n) continue;
    if (n == b->n_species || strcmp(b->symbol[n], s->symbol[i]) != 0) return 0;
    n++;
  }
  return n == b->n_species;
}

/* Takes the frame over. */
static vt_status one_frame(job *j, vt_structure *s, vt_err *err)
{
  batch *b = j->batch;
  const int most = j->command ? 1 : FRAMES_MOST;
  if (b->n > 0 && (b->n == most || b->n_atoms + s->n > ATOMS_MOST || !is_bound_to(&j->bound, s)))
    VT_PASS(energy_flush(j, err));
  point *p = &b->p[b->n];
  p->s = *s;
  *s = (vt_structure){0};
  const int frame = j->n_frames + b->n + 1;
  vt_status rc = vt_pot_bind(&j->bound, j->kind, j->pot_path, j->num, &p->s, err);
  if (rc == VT_OK) rc = point_open(p, j, err);
  if (rc != VT_OK) {
    point_close(p);
    *p = (point){0};
    return vt_err_wrap(err, rc, __FILE__, __LINE__, "frame %d of '%s'", frame, j->xyz_path);
  }
  b->n++;
  b->n_atoms += p->s.n;
  return VT_OK;
}

/* The first error counts, and what stands before it is said. */
static vt_status all_frames(job *j, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_xyz *xyz = NULL;
  vt_err later = {0};
  VT_PASS(vt_xyz_open(&xyz, j->xyz_path, err));
  for (int got = 1; got && rc == VT_OK;) {
    vt_structure s = {0};
    rc = vt_xyz_next(xyz, &s, &got, &later);
    if (rc == VT_OK && got) rc = one_frame(j, &s, &later);
    vt_structure_free(&s);
  }
  vt_xyz_close(xyz);
  if (j->batch->n > 0) VT_PASS(energy_flush(j, err));
  if (rc != VT_OK && err) *err = later;
  if (rc == VT_OK && j->n_frames == 0)
    return vt_err_user(err, VT_EPARSE, j->xyz_path, 1, 0, "no frame in this file, expected extended XYZ");
  return rc;
}

static vt_json *potential_json(const vt_pot_info *info, const char *file)
{
  char hex[65];
  vt_uid_hex(&info->sha256, hex);
  vt_json *o = vt_json_object(), *elements = vt_json_array();
  for (int i = 0; i < info->n_elements; i++) vt_json_add(elements, vt_json_text(info->element[i]));
  vt_json_put(o, "kind", vt_json_text(info->kind));
  vt_json_put(o, "file", vt_json_text(file));
  vt_json_put(o, "sha256", vt_json_text(hex));
  vt_json_put(o, "elements", elements);
  return o;
}

/* What nobody computes, once. */
static void energy_warn(const job *j, vt_json *o)
{
  if (j->command) vt_json_warn(o, "energies_eV: the i-PI protocol has no energies of atoms");
}

static int cli_energy(job *j, const vt_usage *u)
{
  vt_err err = {0};
  vt_pot_info info = {0};
  int code = VT_EXIT_OK;
  j->frames = vt_json_array();
  vt_status rc = vt_pot_probe_driver(j->kind, j->pot_path, j->bound.driver, &info, &err);
  if (rc == VT_EIO && !j->command)
    code = vt_cli_readable(u, j->pot_path); /* a name mistyped is the user's mistake, not ours */
  if (rc == VT_OK) rc = VT_NEW(j->batch, 1, &err);
  if (rc == VT_OK) rc = vt_team_open(&j->team, &err);
  if (rc == VT_OK) {
    (void)vt_team_resize(j->team, vt_cpus_usable(), NULL);
    rc = all_frames(j, &err);
  }
  if (rc != VT_OK && code <= VT_EXIT_OK) code = vt_cli_fail(&err);
  if (j->kept.said.len > 0) (void)fprintf(stderr, "\nall that the driver printed:\n%s\n", j->kept.said.s);
  if (rc == VT_OK && j->json) {
    vt_json *o = vt_json_object();
    vt_json_put(o, "potential", potential_json(&info, j->pot_path));
    vt_json_put(o, "frames", vt_json_share(j->frames));
    energy_warn(j, o);
    vt_cli_print_json(o, 1);
  }
  vt_json_free(j->frames);
  vt_team_close(j->team);
  vt_free(j->batch);
  vt_pot_unbind(&j->bound);
  vt_pot_kept_end(&j->kept);
  return vt_cli_done(code);
}

int cmd_energy(int argc, char **argv)
{
  int simd = VT_SIMD_AUTO, precision = VT_DOUBLE, plain = 0;
  job j = {.kind = "nep"};
  const vt_opt opt[] = {
      {"json", VT_OPT_FLAG, NULL, "print everything, as JSON in one line", &j.json, 0, 0},
      {"kind", VT_OPT_TEXT, "KIND", "kind of the potential (nep)", &j.kind, 0, 0},
      {"command", VT_OPT_TEXT, "PROGRAM",
       "kind ipi: another program computes, which this shell command starts (potential.command in "
       "`vitrion schema`); POTENTIAL is its {file}, or -",
       &j.command, 0, 0},
      {"plain", VT_OPT_FLAG, NULL, "every message to it waits for the answer to the one before", &plain, 0, 0},
      {"timeout", VT_OPT_REAL, "S", "how long one of its answers may take, s (0: by its own times)",
       &j.driver.timeout_s, 0, 1e6},
      {"simd", VT_OPT_CHOICE, VT_CLI_SIMD, "vector level (auto)", &simd, 0, 0},
      {"precision", VT_OPT_CHOICE, VT_CLI_PRECISION, "arithmetic (double)", &precision, 0, 0}};
  vt_usage u = {.name = "energy",
                .args = "POTENTIAL STRUCTURE.xyz",
                .doc = "Energy, per-atom energies, forces and virial of every frame of an extended XYZ file.\n"
                       "Virial: W = -dE/d(strain), eV, as in the GPUMD training format.",
                .example = "vitrion energy campaigns/potentials/oxyhalide7-v0.nep.txt glass.xyz --json",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 2,
                .most_args = 2};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = vt_cli_ignored(&u, !j.command, "plain|timeout", "needs --command");
  if (code < 0) code = vt_cli_ignored(&u, j.command != NULL, "kind|simd|precision", "has no effect with --command");
  if (code >= 0) return code;
  j.pot_path = u.arg[0];
  j.xyz_path = u.arg[1];
  code = vt_cli_readable(&u, j.xyz_path);
  if (code >= 0) return code;
  j.driver.plain = plain;
  if (j.command) {
    code = vt_cli_driver(&u, j.command, &j.driver);
    j.kind = "ipi";
    j.bound.driver = &j.driver;
    j.bound.kept = &j.kept;
  }
  if (code >= 0) return code;
  j.num = vt_cli_numerics(simd, precision);
  return cli_energy(&j, &u);
}
