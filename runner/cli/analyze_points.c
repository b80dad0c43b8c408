/* analyze_points.c - `vitrion analyze RUN... --points`: many runs, one table for `vitrion fit`. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "runner/cli/analyze_points.h"
#include "runner/points/points.h"

/* ------------------------------------------------------------------ what is printed */

static vt_json *json_of(const vt_run *r, const vt_run_point *p)
{
  vt_json *o = vt_json_object(), *files = vt_json_array();
  for (int k = 0; k < r->n_paths; k++) vt_json_add(files, vt_json_text(r->path[k]));
  vt_json_put(o, "files", files);
  vt_json_put(o, "composition", vt_json_text(r->composition));
  vt_json_put(o, "glass", vt_json_int(r->glass));
  vt_json_put(o, "temperature_K", vt_json_num(r->t_k));
  if (p->measured) {
    vt_json_put(o, "format", vt_json_text(p->format));
    vt_json_put(o, "n_frames", vt_json_int(p->n_frames));
    vt_json_put(o, "n_atoms", vt_json_int(p->comp.n_atoms));
    vt_json_put(o, "dt_ps", vt_json_num(p->dt_ps));
    vt_json_put(o, "frame", vt_json_text(vt_tr_frame_name(p->frame)));
    vt_json_est(o, "D_cm2_s", p->d_cm2_s, p->se);
  }
  vt_json_put(o, "reason", p->why.len ? vt_json_text(p->why.s) : vt_json_null());
  if (p->measured) vt_json_put(o, "warnings", vt_json_lines(p->warnings.s));
  return o;
}

static int count_lines(const vt_buf *b)
{
  int n = 0;
  for (size_t k = 0; k < b->len; k++) n += b->s[k] == '\n';
  return n;
}

static void text_of(const vt_run *r, const vt_run_point *p)
{
  if (!p->measured) return;
  printf("%s, glass %d, %.10g K: ", r->composition, (int)r->glass, r->t_k);
  if (isfinite(p->d_cm2_s))
    printf("D %.4g +- %.2g cm2/s, frame: %s", p->d_cm2_s, p->se, vt_tr_frame_name(p->frame));
  else
    printf("%s", p->why.s);
  const int n = count_lines(&p->warnings);
  printf("; %d frames, %d warning%s (%s%s)\n", p->n_frames, n, n == 1 ? "" : "s", r->path[0],
         r->n_paths > 1 ? " ..." : "");
}

/* What could not be measured, on stderr with its reasons, each on a line. */
static void say_left_out(const vt_run *r, const vt_run_point *p)
{
  (void)fprintf(stderr, "left out: %s, glass %d, %.10g K (%s%s)\n", r->composition, (int)r->glass, r->t_k, r->path[0],
                r->n_paths > 1 ? " ..." : "");
  for (const char *at = p->why.len ? p->why.s : "no reason is known"; *at;) {
    const int n = (int)strcspn(at, "\n"); /* of one message */
    (void)fprintf(stderr, "  %.*s\n", n, at);
    at += n + (at[n] == '\n');
  }
}

/* ------------------------------------------------------------------ all of it */

typedef struct summary {
  int measured, resolved, left_out;
} summary;

static vt_status measure_all(const vt_points_asked *x, const vt_runs *runs, vt_run_point *point, vt_json *all,
                             summary *sum, vt_err *err)
{
  vt_json *list = vt_json_array(), *left_out = vt_json_array();
  if (all) vt_json_put(all, "runs", list), vt_json_put(all, "left_out", left_out);
  vt_status rc = VT_OK;
  for (int k = 0; k < runs->n && rc == VT_OK; k++) {
    const vt_run *r = &runs->run[k];
    vt_run_point *p = &point[k];
    vt_cli_progress("run %d of %d: %s", k + 1, runs->n, r->path[0]);
    rc = vt_run_measure(runs, k, x->o, x->frame, point, err);
    vt_cli_progress_end();
    if (rc != VT_OK) break;
    sum->measured += p->measured;
    sum->resolved += p->measured && isfinite(p->d_cm2_s);
    sum->left_out += !p->measured;
    if (!p->measured) say_left_out(r, p);
    if (all)
      vt_json_add(p->measured ? list : left_out, json_of(r, p));
    else
      text_of(r, p);
  }
  if (!all) {
    vt_json_free(list);
    vt_json_free(left_out);
  }
  return rc;
}

static vt_status write_table(const vt_points_asked *x, const vt_runs *runs, const vt_run_point *point, vt_err *err)
{
  vt_buf b = {0};
  vt_status rc = vt_runs_csv(runs, point, &b, err);
  if (rc == VT_OK) rc = vt_file_replace(x->points, b.s, b.len, err);
  vt_buf_free(&b);
  return rc;
}

static int points_of(const vt_points_asked *x, const vt_runs *runs)
{
  vt_err err = {0};
  summary sum = {0};
  vt_run_point *point = NULL;
  vt_json *all = x->json ? vt_json_object() : NULL;
  vt_status rc = VT_NEW(point, runs->n, &err);
  if (rc == VT_OK) rc = measure_all(x, runs, point, all, &sum, &err);
  if (rc == VT_OK && sum.measured > 0) rc = write_table(x, runs, point, &err);
  if (rc == VT_OK && all) {
    vt_json_put(all, "points", sum.measured ? vt_json_text(x->points) : vt_json_null());
    vt_cli_print_json(all, 0);
    all = NULL;
  } else if (rc == VT_OK && sum.measured > 0) {
    printf("%s: %d points, %d of them not resolved; `vitrion fit %s` goes on with them\n", x->points, sum.measured,
           sum.measured - sum.resolved, x->points);
  }
  if (rc == VT_OK && sum.left_out > 0)
    (void)fprintf(stderr, "%d of %d runs were left out%s\n", sum.left_out, runs->n,
                  sum.measured ? "" : ": no table was written");
  vt_json_free(all);
  for (int k = 0; point && k < runs->n; k++) vt_run_point_free(&point[k]);
  vt_free(point);
  if (rc != VT_OK) return vt_cli_fail(&err);
  return sum.left_out ? VT_EXIT_TASKS : VT_EXIT_OK;
}

/* -1 if a file can be made where the table is asked for. */
static int check_place(const vt_usage *u, const char *points)
{
  char folder[VT_PATH];
  const char *slash = strrchr(points, '/');
  if (!*points || (slash && !slash[1])) return vt_cli_usage_error(u, "--points: '%s' is no name of a file", points);
  if (strlen(points) >= sizeof folder) return vt_cli_usage_error(u, "--points: the name is too long");
  (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - points) + 1 : 1, slash ? points : ".");
  if (access(folder, W_OK | X_OK) != 0) return vt_cli_usage_error(u, "--points: no file can be made in '%s'", folder);
  return -1;
}

int vt_cli_points(const vt_usage *u, const vt_points_asked *x)
{
  vt_err err = {0};
  vt_runs runs;
  vt_mistakes m = {0};
  int code = check_place(u, x->points);
  if (code < 0 && x->table) code = vt_cli_readable(u, x->table);
  if (code >= 0) return code;
  const vt_status rc = x->table ? vt_runs_from_table(x->table, u->arg, u->n_args, &runs, &m, &err)
                                : vt_runs_from_names(u->arg, u->n_args, &runs, &m, &err);
  if (rc != VT_OK && m.n > 0) {
    (void)fputs(m.text.s ? m.text.s : "", stderr);
    if (m.n >= VT_MISTAKES_MOST) (void)fprintf(stderr, "%d mistakes: what follows was not looked at\n", m.n);
    code = VT_EXIT_USAGE;
  } else {
    code = rc == VT_OK ? points_of(x, &runs) : vt_cli_fail(&err);
  }
  if (rc == VT_OK) vt_runs_free(&runs);
  vt_mistakes_free(&m);
  return code;
}
