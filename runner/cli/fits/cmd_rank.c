/* cmd_rank.c - compositions in order of what is asked for. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/cli/fits/fits.h"

typedef struct rank_args {
  const char *by, *pareto, *csv;
  double t_k;
  int frame, top, json;
} rank_args;

enum { FRAME_NOT_SAID = -1 };

/* -1, or the exit code after a message. */
static int take_quantity(const vt_usage *u, const char *option, const char *word, vt_ranking_by *by)
{
  const char *near;
  if (vt_ranking_parse(word, by, &near)) return -1;
  if (near)
    return vt_cli_usage_error(
        u, "--%s: unknown quantity '%s', did you mean '%s'? (sigma, D, ea or haven, as D or D300)", option, word, near);
  return vt_cli_usage_error(u,
                            "--%s: '%s', expected sigma, D, ea or haven, and a temperature from 50 K behind it or "
                            "not, as D or D300",
                            option, word);
}

/* "D300,ea" */
static int take_pareto(const vt_usage *u, const char *text, vt_ranking_by by[2])
{
  char first[64];
  const char *comma = strchr(text, ',');
  if (!comma || strchr(comma + 1, ',') || comma - text >= (int)sizeof first)
    return vt_cli_usage_error(u, "--pareto: expected two quantities such as D,ea, found '%s'", text);
  (void)snprintf(first, sizeof first, "%.*s", (int)(comma - text), text);
  int code = take_quantity(u, "pareto", first, &by[0]);
  if (code < 0) code = take_quantity(u, "pareto", comma + 1, &by[1]);
  if (code < 0 && by[0].quantity == by[1].quantity && (by[0].t_k == by[1].t_k || isnan(by[0].t_k) || isnan(by[1].t_k)))
    code = vt_cli_usage_error(u, "--pareto: '%s' is one quantity twice", text);
  return code;
}

/* --temperature is that of the quantities that have none behind their names. */
static int take_temperature(const vt_usage *u, const rank_args *a, vt_ranking *r, int n_given)
{
  int used = isnan(a->t_k);
  for (int q = 0; q < n_given; q++) {
    if (!isnan(r->by[q].t_k)) continue;
    r->by[q].t_k = a->t_k;
    used = 1;
  }
  return used ? -1 : vt_cli_usage_error(u, "--temperature: '%s' says its temperature already", a->by);
}

/* The front of what is ranked and Ea; of Ea, and of Haven ratios, with D. */
static void default_pareto(vt_ranking *r)
{
  const int with_d = r->by[0].quantity == VT_RANKED_EA || r->by[0].quantity == VT_RANKED_HAVEN;
  r->by[1] = r->by[0];
  r->by[2] = (vt_ranking_by){.quantity = with_d ? VT_RANKED_D : VT_RANKED_EA, .t_k = r->by[0].t_k};
}

static int take_quantities(const vt_usage *u, const rank_args *a, vt_ranking *r)
{
  int haven = 0, code = take_quantity(u, "by", a->by, &r->by[0]);
  if (code < 0 && a->pareto) code = take_pareto(u, a->pareto, r->by + 1);
  if (code < 0) code = take_temperature(u, a, r, a->pareto ? 3 : 1);
  if (code >= 0) return code;
  if (!a->pareto) default_pareto(r);
  for (int q = 0; q < 3; q++) {
    if (r->by[q].quantity != VT_RANKED_HAVEN) continue;
    if (a->frame != FRAME_NOT_SAID) r->by[q].frame = a->frame;
    haven = 1;
  }
  if (a->frame != FRAME_NOT_SAID && !haven)
    return vt_cli_usage_error(u, "--frame is that of Haven ratios, and none is asked for");
  return -1;
}

/* -1 if every source is another one. */
static int check_sources(const vt_usage *u)
{
  struct stat a, b;
  for (int i = 0; i < u->n_args; i++)
    for (int k = 0; k < i; k++)
      if (stat(u->arg[i], &a) == 0 && stat(u->arg[k], &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return vt_cli_usage_error(u, "'%s' and '%s' are the same", u->arg[k], u->arg[i]);
  return -1;
}

/* A Haven ratio at a temperature that nobody measured is a mistake, not a row of gaps. */
static int check_measured(const vt_usage *u, const vt_ranking *r, const vt_rank_measured *m)
{
  for (int q = 0; q < 3; q++)
    if (r->by[q].quantity == VT_RANKED_HAVEN && !m->is_there[q])
      return vt_cli_usage_error(u, "a Haven ratio is not extrapolated, and %g K was not measured, expected one of %s K",
                                r->by[q].t_k, m->text);
  return -1;
}

static vt_status show(const vt_ranking *r, const rank_args *a, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf csv = {0}, text = {0};
  if (a->csv) {
    vt_ranking_csv(&csv, r, a->top);
    VT_TRY_OUT(vt_buf_check(&csv, err), err, "--csv");
    VT_TRY_OUT(vt_file_replace(a->csv, csv.s, csv.len, err), err, "--csv");
  }
  if (a->json) {
    vt_cli_print_json(vt_ranking_json(r, a->top), 0);
  } else {
    vt_ranking_text(&text, r, a->top);
    VT_TRY_OUT(vt_buf_check(&text, err), err, "ranking");
    vt_cli_put(text.s, text.len);
  }
out:
  vt_buf_free(&csv);
  vt_buf_free(&text);
  return rc;
}

static int rank_all(const vt_usage *u, const rank_args *a)
{
  vt_ranking r = {0};
  vt_err err = {0};
  vt_rank_measured m = {0};
  int code = take_quantities(u, a, &r);
  for (int i = 0; i < u->n_args && code < 0; i++) code = vt_cli_rank_source(u, u->arg[i], &r, &m);
  if (code < 0) code = check_measured(u, &r, &m);
  if (code < 0) {
    vt_status rc = vt_ranking_order(&r, &err);
    if (rc == VT_OK) rc = show(&r, a, &err);
    code = rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err);
  }
  vt_ranking_free(&r);
  return code;
}

static const char rank_doc[] =
    "Compositions of campaigns, or of tables of D, in order: by the cautious end of the 95 % interval,\n"
    "the lower one of sigma and D (highest first), the upper one of Ea and Haven ratio (lowest first).\n"
    "sigma and D are those of the fit through all temperatures; beyond the measured ones they are\n"
    "marked.  What is not resolved stands apart, with its reason and what it needs.  The Pareto front\n"
    "holds what no other beats in the cautious ends of both quantities.\n"
    "Quantities: sigma, D, ea, haven, with a temperature behind the name or not: sigma300.";

int cmd_rank(int argc, char **argv)
{
  rank_args a = {.by = "D", .t_k = (double)NAN, .frame = FRAME_NOT_SAID};
  const vt_opt opt[] = {{"by", VT_OPT_TEXT, "QUANTITY", "sigma, D, ea or haven (D)", &a.by, 0, 0},
                        {"temperature", VT_OPT_REAL, "K",
                         "of quantities without their own (the first campaign's reference)", &a.t_k, 50, 1e5},
                        {"pareto", VT_OPT_TEXT, "A,B",
                         "quantities of the Pareto front (that of --by and ea; of ea, haven: D)", &a.pareto, 0, 0},
                        {"frame", VT_OPT_CHOICE, VT_RANKING_FRAMES, "of Haven ratios (metal)", &a.frame, 0, 0},
                        {"top", VT_OPT_INT, "N", "the first N places alone", &a.top, 1, 1e9},
                        {"csv", VT_OPT_TEXT, "FILE", "write the ranking as a table, too", &a.csv, 0, 0},
                        {"json", VT_OPT_FLAG, NULL, "print JSON", &a.json, 0, 0}};
  vt_usage u = {.name = "rank",
                .args = "DIR|POINTS.csv...",
                .doc = rank_doc,
                .example = "vitrion rank runs/a runs/b --by sigma300 --pareto sigma300,ea --top 10",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = VT_CLI_MAX_ARGS};
  int code = vt_cli_parse(&u, argc, argv);
  if (code < 0) code = check_sources(&u);
  if (code >= 0) return code;
  return vt_cli_done(rank_all(&u, &a));
}
