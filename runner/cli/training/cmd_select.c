/* cmd_select.c - which frames of trajectories and campaigns are worth labelling. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/cli/training/select_sources.h"

enum { EXAMPLES = 5 };

static void show_progress(void *ctx, const char *line)
{
  (void)ctx;
  vt_cli_progress("%s", line);
}

/* The picked frames in their order; [n_picked], borrowed. */
static vt_status in_order(const vt_selection *s, const vt_selection_frame ***out, vt_err *err)
{
  VT_PASS(VT_NEW(*out, s->n_picked + 1, err));
  for (int k = 0; k < s->n; k++)
    if (s->frame[k].picked) (*out)[s->frame[k].picked - 1] = &s->frame[k];
  return VT_OK;
}

static int count_why(const vt_selection *s, int why)
{
  int n = 0;
  for (int k = 0; k < s->n; k++) n += !s->frame[k].picked && (int)s->frame[k].why == why;
  return n;
}

/* ------------------------------------------------------------------ JSON */

static vt_json *frame_json(const vt_selection_source *source, const vt_selection_frame *f)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "source", vt_json_text(source[f->source].shown));
  vt_json_put(o, "frame", vt_json_int(f->frame + 1));
  return o;
}

static vt_json *picked_json(const vt_selection *s, const vt_selection_source *source, const vt_selection_frame *f)
{
  vt_json *o = frame_json(source, f);
  vt_json_put(o, "run", vt_json_text(s->run[f->run]));
  vt_json_put(o, "composition", vt_json_text(s->composition[f->composition]));
  vt_json_put(o, "n_atoms", vt_json_int(f->n_atoms));
  vt_json_put(o, "spread_eV_A", vt_json_num(f->spread));
  vt_json_put(o, "distance", vt_json_num(f->distance));
  return o;
}

static vt_json *left_out_json(const vt_selection *s, const vt_selection_source *source)
{
  vt_json *all = vt_json_array();
  for (int why = 0; why < VT_SELECTION_N_WHYS; why++) {
    const int n = count_why(s, why);
    if (n == 0) continue;
    vt_json *o = vt_json_object(), *examples = vt_json_array();
    for (int k = 0, shown = 0; k < s->n && shown < EXAMPLES; k++) {
      const vt_selection_frame *f = &s->frame[k];
      if (f->picked || (int)f->why != why) continue;
      vt_json *one = frame_json(source, f);
      if (f->detail[0]) vt_json_put(one, "detail", vt_json_text(f->detail));
      vt_json_add(examples, one);
      shown++;
    }
    vt_json_put(o, "why", vt_json_text(vt_selection_whys.row[why].name));
    vt_json_put(o, "text", vt_json_text(vt_reason_text(&vt_selection_whys, why)));
    vt_json_put(o, "n", vt_json_int(n));
    vt_json_put(o, "examples", examples);
    vt_json_add(all, o);
  }
  return all;
}

/* --out can be written, and is none of the other files; -1, or the exit code after a message. */
static int check_out(const vt_usage *u, const char *out, const char *const *other, int n)
{
  char folder[VT_PATH];
  struct stat st, here;
  const char *slash = strrchr(out, '/');
  (void)snprintf(folder, sizeof folder, "%.*s", slash == out ? 1 : slash ? (int)(slash - out) : 1, slash ? out : ".");
  if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
    return vt_cli_usage_error(u, "--out '%s': there is no folder '%s'", out, folder);
  if (stat(out, &st) != 0) return -1;
  if (S_ISDIR(st.st_mode)) return vt_cli_usage_error(u, "--out '%s' is a folder, expected a file", out);
  for (int k = 0; k < n; k++)
    if (other[k] && stat(other[k], &here) == 0 && here.st_dev == st.st_dev && here.st_ino == st.st_ino)
      return vt_cli_usage_error(u, "--out '%s' is read, too: it would be overwritten", out);
  return -1;
}

static void warnings(const vt_selection *s, const vt_selection_options *o, vt_buf *b)
{
  if (s->n_picked < o->count)
    vt_buf_printf(b, "%d frame%s asked for, %d %s worth it: see the reasons of those left out\n", o->count,
                  o->count == 1 ? " was" : "s were", s->n_picked, s->n_picked == 1 ? "is" : "are");
  if (s->n_members < 2)
    vt_buf_printf(b, "the potential is no committee: there is no spread, only distances between frames count\n");
}

static void print_json(const vt_selection *s, const vt_selection_source *source, const vt_selection_options *o,
                       const vt_selection_frame **row, const vt_buf *warned)
{
  vt_json *all = vt_json_object(), *picked = vt_json_array();
  for (int k = 0; k < s->n_picked; k++) vt_json_add(picked, picked_json(s, source, row[k]));
  vt_json_put(all, "n_frames", vt_json_int(s->n));
  vt_json_put(all, "count", vt_json_int(o->count));
  vt_json_put(all, "n_members", vt_json_int(s->n_members));
  vt_json_put(all, "per_run", vt_json_int(s->per_run));
  vt_json_put(all, "per_composition", vt_json_int(s->per_composition));
  vt_json_put(all, "picked", picked);
  vt_json_put(all, "left_out", left_out_json(s, source));
  vt_json_put(all, "warnings", vt_json_lines(warned->s));
  vt_cli_print_json(all, 0);
}

/* ------------------------------------------------------------------ text */

static void print_text(const vt_selection *s, const vt_selection_source *source, const vt_selection_frame **row,
                       const vt_buf *warned)
{
  printf("%d of %d frames\n", s->n_picked, s->n);
  if (s->n_picked > 0) printf("  %11s %9s %6s  composition, source\n", "spread eV/A", "distance", "frame");
  for (int k = 0; k < s->n_picked; k++) {
    const vt_selection_frame *f = row[k];
    char spread[24] = "-", distance[24] = "-";
    if (isfinite(f->spread)) (void)snprintf(spread, sizeof spread, "%.4f", f->spread);
    if (isfinite(f->distance)) (void)snprintf(distance, sizeof distance, "%.5f", f->distance);
    printf("  %11s %9s %6d  %s, %s\n", spread, distance, f->frame + 1, s->composition[f->composition],
           source[f->source].shown);
  }
  for (int why = 0; why < VT_SELECTION_N_WHYS; why++) {
    const int n = count_why(s, why);
    if (n == 0) continue;
    printf("left out: %d: %s\n", n, vt_reason_text(&vt_selection_whys, why));
    for (int k = 0, shown = 0; k < s->n && shown < EXAMPLES; k++) {
      const vt_selection_frame *f = &s->frame[k];
      if (f->picked || (int)f->why != why || !f->detail[0]) continue;
      printf("  frame %d of %s: %s\n", f->frame + 1, source[f->source].shown, f->detail);
      shown++;
    }
  }
  (void)fflush(stdout);
  if (warned->len) (void)fprintf(stderr, "%s", warned->s);
}

/* ------------------------------------------------------------------ the command */

static int select_from(const vt_select_sources *from, const vt_selection_options *o, const char *out, int json)
{
  vt_err err = {0};
  vt_selection s = {0};
  vt_buf text = {0}, warned = {0};
  const vt_selection_frame **row = NULL;
  vt_status rc = vt_select(from->source, from->n, o, &s, &err);
  vt_cli_progress_end();
  if (rc == VT_OK) rc = vt_selection_write(&s, from->source, &text, &err);
  if (rc == VT_OK && s.n_picked > 0) rc = vt_file_replace(out, text.s, text.len, &err);
  if (rc == VT_OK) rc = in_order(&s, &row, &err);
  int code = rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
  if (rc == VT_OK) {
    warnings(&s, o, &warned);
    if (json)
      print_json(&s, from->source, o, row, &warned);
    else
      print_text(&s, from->source, row, &warned);
  }
  if (rc == VT_OK && s.n_picked == 0) {
    (void)fprintf(stderr, "vitrion select: no frame was picked, '%s' was not written\n", out);
    code = VT_EXIT_TASKS;
  }
  vt_free(row);
  vt_buf_free(&text);
  vt_buf_free(&warned);
  vt_selection_free(&s);
  return code;
}

int cmd_select(int argc, char **argv)
{
  const char *out = NULL;
  int json = 0;
  vt_select_sources from = {0};
  vt_selection_options o = {.every = 1, .pool = 20, .contact = 0.7, .duplicate = 1e-3, .progress = show_progress};
  const vt_opt opt[] = {
      {"potential", VT_OPT_TEXT, "COMMITTEE", "committee.txt of a training, or a NEP by itself (required)",
       &o.potential, 0, 0},
      {"count", VT_OPT_INT, "N", "how many frames (required)", &o.count, 1, 1e6},
      {"out", VT_OPT_TEXT, "picked.xyz", "where they are written (required)", &out, 0, 0},
      {"known", VT_OPT_TEXT, "FRAMES.xyz", "frames that are labelled already: what is near to one is not picked",
       &o.known, 0, 0},
      {"every", VT_OPT_INT, "N", "of each file look at every Nth frame (1)", &o.every, 1, 1e9},
      {"per-run", VT_OPT_INT, "N", "at most so many of one run (twice an even share)", &o.per_run, 1, 1e6},
      {"per-composition", VT_OPT_INT, "N", "at most so many of one composition (twice an even share)",
       &o.per_composition, 1, 1e6},
      {"pool", VT_OPT_INT, "K", "choose among the K times N frames with the largest spread (20)", &o.pool, 1, 1e6},
      {"contact", VT_OPT_REAL, "PART", "a pair nearer than this part of its bond length is fused (0.7)", &o.contact, 0,
       2},
      {"duplicate", VT_OPT_REAL, "D", "frames nearer than this are duplicates (0.001)", &o.duplicate, 0, 1e3},
      {"json", VT_OPT_FLAG, NULL, "print what was picked and why the others were not, as JSON", &json, 0, 0}};
  vt_usage u = {
      .name = "select",
      .args = "SOURCE...",
      .doc =
          "Frames that are worth labelling, out of trajectories (extended XYZ, H5MD, LAMMPS dump, XDATCAR), folders\n"
          "of them, and output folders of campaigns (trajectories, glasses, how tasks ended, failed frames).\n"
          "Those on which the members of the committee disagree most are looked at; of these the first is the one\n"
          "with the largest spread of forces, and each further one the farthest from those picked before, by mean\n"
          "scaled descriptors of each element.  Fused frames and duplicates are left out; one run or composition\n"
          "cannot fill the list.  The same sources give the same answer.",
      .example = "vitrion select runs/screen --potential committee.txt --count 8 --out picked.xyz",
      .opt = opt,
      .n_opt = sizeof opt / sizeof *opt,
      .least_args = 1,
      .most_args = VT_CLI_MAX_ARGS};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0 && !o.potential) code = vt_cli_usage_error(&u, "--potential is missing: a committee file, or a NEP");
  if (code < 0 && o.count < 1) code = vt_cli_usage_error(&u, "--count is missing: how many frames");
  if (code < 0 && !out) code = vt_cli_usage_error(&u, "--out is missing: where the frames are written");
  if (code < 0) code = vt_cli_readable(&u, o.potential);
  if (code < 0 && o.known) code = vt_cli_readable(&u, o.known);
  from.out = out;
  if (code < 0 && out) code = check_out(&u, out, (const char *const[]){o.potential, o.known}, 2);
  for (int k = 0; code < 0 && k < u.n_args; k++) code = vt_select_source_add(&from, &u, u.arg[k]);
  if (code < 0) code = select_from(&from, &o, out, json);
  vt_select_sources_free(&from);
  return vt_cli_done(code);
}
