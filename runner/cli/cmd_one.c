/* cmd_one.c - one task of a campaign alone in this process: for a debugger, and to compare bits with a finished run. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/replica/replica.h"
#include "engine/team/team.h"
#include "runner/analysis/analysis.h"
#include "runner/cli/cli.h"
#include "runner/folder/folder.h"

typedef struct one {
  const char *campaign_path, *uid, *output, *post_mortem_path, *trajectory_path;
  double every_ps; /* between two frames of the trajectory */
  int json, check, huge;
  int threads; /* 0: as the campaign says */
  vt_campaign *c;
  vt_outdir dir;
  vt_journal *journal;
} one;

/* ------------------------------------------------------------------ which task */

static void print_task(FILE *f, const vt_campaign *c, int i)
{
  char hex[65];
  const vt_task *t = &c->task[i];
  vt_uid_hex(&t->uid, hex);
  if (t->kind == VT_TASK_GLASS)
    (void)fprintf(f, "%.12s  glass %-3d          %s%s\n", hex, (int)t->glass, c->comp[t->comp].name,
                  t->piece > 0 ? ", quench continued" : "");
  else
    (void)fprintf(f, "%.12s  glass %-3d %7.6g K %s", hex, (int)t->glass, c->t_k[t->temp], c->comp[t->comp].name);
  if (t->kind == VT_TASK_MD && t->piece > 1) (void)fprintf(f, ", piece %d", (int)t->piece);
  if (t->kind == VT_TASK_MD) (void)fprintf(f, "\n");
}

/* ------------------------------------------------------------------ running */

static vt_status one_show(void *ctx, const vt_progress *p, vt_err *err)
{
  (void)ctx;
  (void)err;
  vt_cli_progress("%s, step %" PRId64 " of %" PRId64 ", %.4g ns, %.0f %%", p->stage, p->step, p->n_steps, p->ns_done,
                  100 * p->fraction);
  return VT_OK;
}

/* The trajectory being written: beside its name, which it takes when it is whole. */
typedef struct dump {
  FILE *file; /* NULL: none */
  const char *path;
  char beside[VT_PATH]; /* "": `path` is a pipe, a device or a link, and written as it is */
  const char *symbol[VT_MAX_SPECIES];
  int64_t every; /* steps */
} dump;

static vt_status write_frame(void *ctx, const vt_frame *fr, vt_err *err)
{
  vt_status rc = VT_OK;
  const dump *d = ctx;
  vt_buf text = {0};
  char extra[96];
  if (!d->file || fr->step % d->every != 0) return VT_OK;
  (void)snprintf(extra, sizeof extra, "time_ps=%.17g energy=%.17g", fr->time_ps, fr->e_pot);
  vt_xyz_format(&text, fr->n, &fr->cell, fr->type, d->symbol, fr->x, NULL, extra);
  VT_TRY_OUT(vt_buf_check(&text, err), err, "trajectory");
  if (fwrite(text.s, 1, text.len, d->file) != text.len)
    VT_FAIL_OUT(err, VT_EIO, "cannot write to '%s': %s", d->path, strerror(errno));
out:
  vt_buf_free(&text);
  return rc;
}

/* A pipe, a device, or a link such as /dev/stdout: nothing is renamed to it. */
static int is_special(const char *path)
{
  struct stat st;
  return lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static vt_status dump_beside(dump *d, vt_err *err)
{
  int fd = -1;
  struct stat st;
  if (stat(d->path, &st) == 0 && S_ISDIR(st.st_mode))
    VT_FAIL(err, VT_EIO, "cannot write '%s': %s", d->path, strerror(EISDIR));
  VT_PASS(vt_file_beside(d->path, d->beside, sizeof d->beside, &fd, err));
  d->file = fdopen(fd, "w");
  if (d->file) return VT_OK;
  const int why = errno;
  (void)close(fd);
  (void)unlink(d->beside);
  VT_FAIL(err, VT_EIO, "cannot write '%s': %s", d->path, strerror(why));
}

/* Frames are there when an observable samples: their spacing is a multiple of the shortest interval. */
static vt_status check_spacing(const one *o, const vt_plan *p, vt_err *err)
{
  int64_t shortest = INT64_MAX;
  const vt_obs_request clock = {.every_ps = o->every_ps};
  for (int k = 0; k < p->n_obs; k++) {
    int64_t every = vt_obs_every_steps(p, &p->obs[k]);
    if (every < shortest) shortest = every;
  }
  const double step_ps = p->protocol.produce_dt_fs * (p->half_stage == VT_STAGE_PRODUCE ? 0.5e-3 : 1e-3),
               least_ps = (double)shortest * step_ps;
  const double off_ps = fabs((double)vt_obs_every_steps(p, &clock) * step_ps - o->every_ps);
  if (p->n_obs == 0 || vt_obs_every_steps(p, &clock) % shortest != 0 || off_ps > 1e-9 * o->every_ps)
    return vt_err_user(err, VT_EINVAL, "vitrion one", 0, 0,
                       "--every %g: expected a multiple of %g ps, the shortest interval of this task's observables",
                       o->every_ps, least_ps);
  return VT_OK;
}

/* What is wrong with --trajectory, before an hour of MD and not after it. */
static vt_status check_trajectory(const one *o, const vt_plan *p, vt_err *err)
{
  struct stat there, campaign;
  if (p->kind != VT_TASK_MD)
    return vt_err_user(err, VT_EINVAL, "vitrion one", 0, 0,
                       "--trajectory: a glass has no produce stage, choose an MD task");
  VT_PASS(check_spacing(o, p, err));
  if (stat(o->trajectory_path, &there) == 0 && stat(o->campaign_path, &campaign) == 0 &&
      there.st_dev == campaign.st_dev && there.st_ino == campaign.st_ino)
    return vt_err_user(err, VT_EINVAL, "vitrion one", 0, 0, "--trajectory: '%s' is the campaign file",
                       o->trajectory_path);
  dump d = {.path = o->trajectory_path};
  vt_err why = {0};
  if (is_special(d.path)) return VT_OK;
  if (dump_beside(&d, &why) != VT_OK)
    return vt_err_user(err, VT_EINVAL, "vitrion one", 0, 0, "--trajectory: %s", vt_err_line(why.text).s);
  (void)fclose(d.file);
  (void)unlink(d.beside);
  return VT_OK;
}

static vt_status dump_open(dump *d, const one *o, const vt_plan *p, vt_err *err)
{
  if (!o->trajectory_path || p->kind != VT_TASK_MD) return VT_OK;
  const vt_obs_request clock = {.every_ps = o->every_ps};
  for (int s = 0; s < p->comp.n_species; s++) d->symbol[s] = vt_element_symbol(p->comp.z[s]);
  d->every = vt_obs_every_steps(p, &clock);
  d->path = o->trajectory_path;
  if (!is_special(d->path)) return dump_beside(d, err);
  d->file = fopen(d->path, "w");
  if (!d->file) VT_FAIL(err, VT_EIO, "cannot write '%s': %s", d->path, strerror(errno));
  return VT_OK;
}

/* rc: how the run ended; after a failure nothing is left of a file, and what stood under its name stays. */
static vt_status dump_close(dump *d, vt_status rc, vt_err *err)
{
  if (!d->file) return rc;
  int bad = fflush(d->file) != 0 || (d->beside[0] && fsync(fileno(d->file)) != 0) ? errno : 0;
  if (fclose(d->file) != 0 && !bad) bad = errno;
  if (rc == VT_OK && bad)
    rc = vt_err_set(err, VT_EIO, __FILE__, __LINE__, "cannot write to '%s': %s", d->path, strerror(bad));
  if (rc == VT_OK && d->beside[0]) rc = vt_file_move(d->beside, d->path, err);
  if (rc != VT_OK && d->beside[0]) (void)unlink(d->beside);
  return rc;
}

/* As many as were asked for; of `auto` as many as this process may use processors. */
static vt_status one_team(const one *o, vt_team **team, vt_err *err)
{
  VT_PASS(vt_team_open(team, err));
  (void)vt_team_resize(*team, o->threads > 0 ? o->threads : o->c->threads > 0 ? o->c->threads : vt_cpus_usable(), NULL);
  return VT_OK;
}

/* asked: it is the task that was asked for, whose trajectory is wanted, and not one that it begins with. */
static vt_status one_run(const one *o, const vt_plan *p, int asked, const double *glass, size_t n_glass, vt_result *out,
                         vt_err *err)
{
  dump d = {0};
  vt_replica_hooks hooks = {.ctx = &d, .poll = one_show, .frame = write_frame};
  vt_buf frame = {0};
  if (p->kind == VT_TASK_GLASS && !glass) VT_PASS(vt_campaign_start(o->c, p, &glass, &n_glass, err));
  VT_PASS(one_team(o, &hooks.team, err));
  vt_status rc = asked ? dump_open(&d, o, p, err) : VT_OK;
  if (rc == VT_OK) rc = dump_close(&d, vt_replica_run(p, glass, n_glass, &hooks, &frame, out, err), err);
  vt_cli_progress_end();
  vt_team_close(hooks.team);
  if (rc != VT_OK && frame.len && o->post_mortem_path) {
    vt_err other = {0};
    if (vt_file_replace(o->post_mortem_path, frame.s, frame.len, &other) != VT_OK)
      (void)vt_cli_fail(&other);
    else
      (void)fprintf(stderr, "the frame that failed is in %s\n", o->post_mortem_path);
  }
  vt_buf_free(&frame);
  return rc;
}

/* What a task begins with, the glass or the piece before: out of the journal, or made now, with what that needs. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as there are pieces and stops */
static vt_status get_before(const one *o, int task, double **values, size_t *n, vt_err *err)
{
  vt_plan p;
  vt_result r = {0};
  double *before = NULL;
  size_t n_before = 0;
  const int needs = o->c->task[task].needs;
  *values = NULL;
  *n = 0;
  if (needs < 0) return VT_OK;
  VT_PASS(vt_campaign_plan(o->c, needs, &p, err));
  if (o->journal) VT_PASS(vt_record_begin(o->journal, &p, values, n, err));
  if (*values) return VT_OK;
  if (!vt_cli_quiet())
    (void)fprintf(stderr, "the %s is not in the output folder: making it first\n",
                  p.kind == VT_TASK_GLASS ? "glass" : "piece before");
  vt_status rc = get_before(o, needs, &before, &n_before, err);
  if (rc == VT_OK) rc = one_run(o, &p, 0, before, n_before, &r, err);
  if (rc == VT_OK && p.kind == VT_TASK_MD)
    rc = vt_replica_continue(&p, r.values, r.n_values, r.last, r.n_last, values, n, err);
  else if (rc == VT_OK) {
    *values = r.values;
    *n = r.n_values;
    r.values = NULL;
  }
  vt_free(before);
  vt_result_free(&r);
  return rc;
}

/* ------------------------------------------------------------------ --check */

/* Compare with the recorded result; 1 if every bit is equal. `where` says what differs first. */
static vt_status one_compare(const one *o, const vt_plan *p, const vt_result *r, int *same, char where[160],
                             vt_err *err)
{
  vt_array_def defs[VT_MAX_ARRAYS];
  double *old = NULL;
  size_t n = 0, first = 0;
  int n_defs = 0;
  VT_PASS(vt_replica_layout(p, defs, VT_MAX_ARRAYS, &n_defs, err));
  VT_PASS(vt_results_load(o->journal, p, NULL, &old, &n, err));
  *same = n == r->n_values && memcmp(old, r->values, n * sizeof *old) == 0;
  (void)snprintf(where, 160, "all %zu values are equal bit by bit", r->n_values);
  for (int k = 0; k < n_defs && !*same; k++) { /* equal sizes: vt_results_load checked them against this layout */
    size_t m = vt_array_count(&defs[k]), i = 0;
    while (i < m && memcmp(&old[first + i], &r->values[first + i], sizeof *old) == 0) i++;
    if (i < m) {
      (void)snprintf(where, 160, "%.47s differs first at element %zu: recorded %.17g, now %.17g", defs[k].name, i,
                     old[first + i], r->values[first + i]);
      break;
    }
    first += m;
  }
  vt_free(old);
  return VT_OK;
}

/* ------------------------------------------------------------------ what is printed */

static void glass_facts(const vt_plan *p, const vt_result *r, double *volume_a3, double *density_g_cm3)
{
  vt_cell cell;
  double mass = 0;
  memcpy(cell.h, r->values, sizeof cell.h); /* the first array of a GLASS */
  for (int s = 0; s < p->comp.n_species; s++) mass += p->comp.count[s] * vt_element_mass(p->comp.z[s]);
  *volume_a3 = vt_cell_volume(&cell);
  *density_g_cm3 = vt_unit_g_cm3(mass, *volume_a3);
}

/* What it was measured with: the cutoffs of its own equilibration. */
static void cutoffs_of(const vt_plan *p, const vt_array_def *defs, int n_defs, const double *values, vt_cutoffs *cut)
{
  const int n = p->comp.n_species;
  const double *r = vt_array_find(defs, n_defs, values, &vt_a_equilibrate_cutoff, NULL);
  const double *measured = vt_array_find(defs, n_defs, values, &vt_a_equilibrate_cutoff_measured, NULL);
  *cut = (vt_cutoffs){.n_species = n};
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      cut->r[i][j] = r[vt_pair_index(i, j, n)];
      cut->measured[i][j] = measured[vt_pair_index(i, j, n)] > 0;
    }
}

/* glass/melt_msd of the glass that an MD task started from, borrowed from its values: `before`, or, of a later piece,
 * those in the journal (*owned; without them NULL: not judged). */
static vt_status melt_of(const one *o, int task, const double *before, double **owned, const double **msd, vt_err *err)
{
  vt_plan p;
  vt_array_def defs[VT_MAX_ARRAYS];
  int n = 0, glass = o->c->task[task].needs;
  size_t n_values;
  while (o->c->task[glass].kind != VT_TASK_GLASS) glass = o->c->task[glass].needs;
  VT_PASS(vt_campaign_plan(o->c, glass, &p, err));
  if (glass != o->c->task[task].needs) {
    if (o->journal) VT_PASS(vt_results_load(o->journal, &p, NULL, owned, &n_values, err));
    before = *owned;
  }
  VT_PASS(vt_replica_layout(&p, defs, VT_MAX_ARRAYS, &n, err));
  *msd = before ? vt_array_find(defs, n, before, &vt_a_glass_melt_msd, NULL) : NULL;
  return VT_OK;
}

static void print_json(const one *o, const vt_plan *p, const vt_result *r, const vt_analysis *a, int same,
                       const char *where)
{
  char uid[65], sha[65];
  vt_uid digest;
  vt_uid_hex(&p->uid, uid);
  vt_sha256(r->values, r->n_values * sizeof *r->values, &digest);
  vt_uid_hex(&digest, sha);
  vt_json *j = vt_json_object();
  vt_json_put(j, "task", vt_json_text(uid));
  vt_json_put(j, "kind", vt_json_text(p->kind == VT_TASK_GLASS ? "glass" : "md"));
  vt_json_put(j, "composition", vt_json_text(p->comp.name));
  vt_json_put(j, "glass", vt_json_int(p->glass));
  vt_json_put(j, "target_temperature_K", vt_json_num(p->t_k));
  if (p->kind == VT_TASK_MD) vt_json_put(j, "piece", vt_json_int(p->piece));
  vt_json_put(j, "attempt", vt_json_int(p->attempt));
  vt_json_put(j, "half_stage", vt_json_int(p->half_stage));
  vt_json_put(j, "ns", vt_json_num(r->ns));
  vt_json_put(j, "wall_s", vt_json_num(r->wall_s));
  vt_json_put(j, "kernel", vt_json_text(r->kernel));
  vt_json_put(j, "n_values", vt_json_int((int64_t)r->n_values));
  vt_json_put(j, "result_sha256", vt_json_text(sha));
  vt_json_put(j, "warnings", vt_json_lines(a->warnings.s));
  if (p->kind == VT_TASK_MD) {
    vt_analysis_json(a, j);
  } else {
    double volume, density;
    glass_facts(p, r, &volume, &density);
    vt_json_put(j, "volume_A3", vt_json_num(volume));
    vt_json_put(j, "density_g_cm3", vt_json_num(density));
  }
  if (o->check) {
    vt_json *check = vt_json_object();
    vt_json_put(check, "identical", vt_json_bool(same));
    vt_json_put(check, "text", vt_json_text(where));
    vt_json_put(j, "check", check);
  }
  vt_cli_print_json(j, 0);
}

static void print_text(const one *o, const vt_plan *p, const vt_result *r, const vt_analysis *a, const char *where)
{
  char uid[65];
  vt_uid_hex(&p->uid, uid);
  printf("task %.12s: %s, glass %d, %s %g K\n", uid, p->comp.name, (int)p->glass,
         p->kind == VT_TASK_GLASS ? "quenched to" : "MD at", p->t_k);
  if (p->kind == VT_TASK_MD && p->piece > 1)
    printf("  piece %d of its production, from %.10g ps on\n", (int)p->piece, p->before_ps);
  printf("  %.4g ns in %.3g s, kernel %s\n", r->ns, r->wall_s, r->kernel);
  if (p->kind == VT_TASK_MD) {
    vt_analysis_transport_text(a, stdout);
  } else {
    double volume, density;
    glass_facts(p, r, &volume, &density);
    printf("  density %.4g g/cm3, volume %.6g A3\n", density, volume);
  }
  if (o->check) printf("  check: %s\n", where);
}

/* ------------------------------------------------------------------ the command */

static vt_status do_task(const one *o, int task, int *code, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_plan p;
  vt_result r = {0};
  double *before = NULL, *glass = NULL;
  size_t n_before = 0;
  vt_analysis a = {0};
  vt_cutoffs cut;
  vt_array_def defs[VT_MAX_ARRAYS];
  char where[160] = "";
  int same = 1, n_defs = 0;
  VT_PASS(vt_campaign_plan(o->c, task, &p, err));
  const vt_rec *rec = o->journal ? vt_journal_result(o->journal, &p.uid) : NULL;
  if (rec) p.attempt = rec->attempt, p.half_stage = rec->half_stage; /* as it was run */
  if (o->check && !rec) VT_FAIL(err, VT_EINVAL, "--check: '%s' holds no result of this task", o->dir.dir);
  if (o->trajectory_path) VT_PASS(check_trajectory(o, &p, err));
  VT_TRY_OUT(get_before(o, task, &before, &n_before, err), err, "what row %d needs", task);
  rc = one_run(o, &p, 1, before, n_before, &r, err);
  if (rc != VT_OK) goto out; /* the chain names the task */
  VT_TRY_OUT(vt_replica_layout(&p, defs, VT_MAX_ARRAYS, &n_defs, err), err, "layout");
  vt_measured m = {.plan = &p, .cutoffs = &cut, .defs = defs, .n_defs = n_defs, .values = r.values};
  if (p.kind == VT_TASK_MD) {
    cutoffs_of(&p, defs, n_defs, r.values, &cut);
    VT_TRY_OUT(melt_of(o, task, before, &glass, &m.melt_msd, err), err, "glass of row %d", task);
    const double *volume = vt_array_find(defs, n_defs, r.values, &vt_a_equilibrate_volume, NULL);
    m.volume_error = volume ? &volume[VT_VOLUME_ERROR] : NULL;
    VT_TRY_OUT(vt_analysis_make(&a, &m, VT_TR_FRAMEWORK, err), err, "analysis of row %d", task);
  }
  if (o->check) VT_TRY_OUT(one_compare(o, &p, &r, &same, where, err), err, "--check");
  if (o->json)
    print_json(o, &p, &r, &a, same, where);
  else
    print_text(o, &p, &r, &a, where);
  if (!same) {
    (void)fprintf(stderr, "vitrion one: the result differs from the recorded one: %s%s\n", where,
                  p.driver.command[0] ? "; the forces are those of another program, which may not repeat its bits"
                                      : "");
    *code = VT_EXIT_FAIL;
  }
out:
  vt_analysis_free(&a);
  vt_free(before);
  vt_free(glass);
  vt_result_free(&r);
  return rc;
}

/* The campaign with the numerics and the protocol that its output folder recorded: they are part of every uid. */
static int one_load(one *o)
{
  vt_err err = {0};
  int code = vt_cli_campaign(o->campaign_path, o->huge, NULL, NULL, &o->c);
  if (code != VT_EXIT_OK) return code;
  const char *dir = o->output ? o->output : o->c->output;
  if (!*dir) return VT_EXIT_OK;
  if (vt_outdir_name(&o->dir, dir, &err) != VT_OK) return vt_cli_fail(&err);
  vt_outdir_kept kept = vt_outdir_look_up(&o->dir, vt_cli_env(o->huge));
  if (kept.recorded) {
    vt_campaign_free(o->c);
    code = vt_cli_campaign(o->campaign_path, o->huge, &kept, NULL, &o->c);
  }
  vt_outdir_kept_free(&kept);
  if (code != VT_EXIT_OK) return code;
  if (vt_journal_open(&o->journal, o->dir.journal, &err) != VT_OK) return vt_cli_fail(&err);
  return VT_EXIT_OK;
}

int cmd_one(int argc, char **argv)
{
  one o = {.every_ps = 0.1};
  const vt_opt opt[] = {{"task", VT_OPT_TEXT, "UID",
                         "the first digits of the uid of the task; without it all tasks are listed", &o.uid, 0, 0},
                        {"check", VT_OPT_FLAG, NULL,
                         "compare with the recorded result bit by bit; exit code 1 if it differs", &o.check, 0, 0},
                        {"output", VT_OPT_TEXT, "DIR",
                         "output folder with the recorded results (default: the one in the campaign)", &o.output, 0, 0},
                        {"post-mortem", VT_OPT_TEXT, "FILE",
                         "if the run fails, write its last frame here, extended XYZ", &o.post_mortem_path, 0, 0},
                        {"trajectory", VT_OPT_TEXT, "FILE", "write the produce stage of an MD task here, extended XYZ",
                         &o.trajectory_path, 0, 0},
                        {"every", VT_OPT_REAL, "PS",
                         "time between frames, a multiple of the shortest interval of the observables (0.1)",
                         &o.every_ps, 0.0001, 1000},
                        {"threads", VT_OPT_INT, "N",
                         "that share the task (runner.threads of the campaign; auto: as many as there are processors)",
                         &o.threads, 1, VT_TEAM_MOST},
                        {"json", VT_OPT_FLAG, NULL, "print JSON", &o.json, 0, 0},
                        {"allow-huge", VT_OPT_FLAG, NULL, "allow more than 10^6 tasks", &o.huge, 0, 0}};
  vt_usage u = {.name = "one",
                .args = "CAMPAIGN",
                .doc = "Run one task in this process, without MPI: in a debugger, or to see whether a recorded result\n"
                       "can be reproduced.  The glass of an MD task comes from the output folder, or is made first.\n"
                       "Nothing is written into the folder.",
                .example = "vitrion one campaigns/quickstart.yaml --task 3fa2c1 --check",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = vt_cli_readable(&u, u.arg[0]);
  if (code >= 0) return code;
  o.campaign_path = u.arg[0];
  code = vt_cli_ignored(&u, !o.uid, "check|post-mortem|trajectory|json|threads", "needs --task");
  if (code < 0) code = vt_cli_ignored(&u, !o.trajectory_path, "every", "needs --trajectory");
  if (code >= 0) return code;
  code = one_load(&o);
  if (code == VT_EXIT_OK && !o.uid) {
    for (int i = 0; i < o.c->n_tasks; i++) print_task(stdout, o.c, i);
  } else if (code == VT_EXIT_OK) {
    vt_err err = {0};
    int task = vt_cli_find_task(&u, o.c, o.uid);
    if (task < 0)
      code = VT_EXIT_USAGE;
    else if (do_task(&o, task, &code, &err) != VT_OK) {
      code = vt_cli_fail(&err);
      vt_dispo d = vt_status_dispo((vt_status)err.code);
      if (d == VT_DISPO_TASK || d == VT_DISPO_RETRY) code = VT_EXIT_TASKS; /* a campaign would go on without it */
    }
  }
  vt_journal_free(o.journal);
  vt_campaign_free(o.c);
  return vt_cli_done(code);
}
