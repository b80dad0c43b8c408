/* text_notes.c - why a cell of a table is empty: letters with a line each below it, and runs that have no result yet.
 */
#include <stdio.h>
#include <string.h>

#include "runner/report/report_impl.h"

/* ------------------------------------------------------------------ letters */

int vt__note(vt__notes *n, const char *text)
{
  int k = 0;
  while (k < n->n && strcmp(n->text[k], text) != 0) k++;
  if (k == VT__NOTES) return k - 1; /* there are fewer reasons than letters */
  if (k == n->n) n->text[n->n++] = text;
  return k;
}

void vt__note_cell(vt__notes *n, const char *text, char cell[VT__NOTE_CELL])
{
  if (text)
    (void)snprintf(cell, VT__NOTE_CELL, "- (%c)", 'a' + vt__note(n, text));
  else
    (void)snprintf(cell, VT__NOTE_CELL, "-");
}

void vt__notes_end(vt_buf *out, vt__notes *n)
{
  for (int k = 0; k < n->n; k++) vt_buf_printf(out, "  (%c)  %s\n", 'a' + k, n->text[k]);
  n->n = 0;
}

/* ------------------------------------------------------------------ why there is no value */

/* The alkali species whose D is not resolved in all glasses together, -1: each is. */
static int refused_alkali(const vt_composition *comp, const vt_pool *p)
{
  for (int s = 0; s < p->n_species; s++)
    if (vt_comp_role(comp, s) == VT_ROLE_MOBILE && comp->count[s] > 0 && p->tracer[s].reason != VT_TR_OK) return s;
  return -1;
}

const char *vt__why_no_value(const vt_campaign *c, const vt_fits *f, int comp, int temp, int quantity)
{
  const vt_group *g = &f->group[comp * c->n_temp + temp];
  if (g->n_results == 0) return "no run has a result yet";
  const int s = refused_alkali(&c->comp[comp], &g->pool);
  if (s >= 0) return vt_tr_reason_text((vt_tr_reason)g->pool.tracer[s].reason);
  if (quantity == VT_Q_SIGMA_T && (g->pool.reason == VT_POOL_NO_WINDOW || g->pool.reason == VT_POOL_NO_CHARGE))
    return vt_pool_reason_text((vt_pool_reason)g->pool.reason);
  return "no glass has a value above zero with an error";
}

const char *vt__why_no_haven(const vt_campaign *c, const vt_fits *f, int comp, int temp)
{
  const vt_group *g = &f->group[comp * c->n_temp + temp];
  if (g->n_results == 0) return "no run has a result yet";
  const int s = refused_alkali(&c->comp[comp], &g->pool);
  if (s >= 0) return vt_tr_reason_text((vt_tr_reason)g->pool.tracer[s].reason);
  if (g->pool.reason == VT_POOL_NO_WINDOW || g->pool.reason == VT_POOL_NO_CHARGE)
    return vt_pool_reason_text((vt_pool_reason)g->pool.reason);
  for (int k = 0; k < c->comp[comp].n_species; k++)
    if (vt_comp_role(&c->comp[comp], k) == VT_ROLE_NETWORK && c->comp[comp].count[k] > 0)
      return "the collective motion of all glasses together is not resolved";
  return "there is no metal to see it from";
}

/* ------------------------------------------------------------------ runs without a result */

/* " LiAlCl4 at 500, 600 K": temperatures of a composition at which no run has a result; 0: there is none. */
static int text_lacking(vt_buf *out, const vt_campaign *c, const vt_fits *f, int comp, const char *before)
{
  const char *comma = "";
  int n = 0;
  for (int t = 0; t < c->n_temp; t++) n += f->group[comp * c->n_temp + t].n_results == 0;
  if (n == 0) return 0;
  vt_buf_printf(out, "%s%s", before, c->comp[comp].name);
  for (int t = 0; t < c->n_temp && n < c->n_temp; t++) {
    if (f->group[comp * c->n_temp + t].n_results > 0) continue;
    vt_buf_printf(out, "%s%g", *comma ? comma : " at ", c->t_k[t]);
    comma = ", ";
  }
  if (n < c->n_temp) vt_buf_printf(out, " K");
  return 1;
}

int vt__text_unfinished(vt_buf *out, const vt_campaign *c, const vt_fits *f)
{
  enum { MOST = 8 };
  const vt_run_counts n = vt_count_runs(c, f, -1, -1);
  int lacking = 0, more = 0;
  if (n.done == n.asked) return 0;
  vt_buf_printf(out, "Not finished: %d of %d runs have no result (not done yet, or failed: `vitrion status`)",
                n.asked - n.done, n.asked);
  if (n.done == 0) {
    vt_buf_printf(out, "; there is nothing to fit yet\n\n");
    return 1;
  }
  for (int k = 0; k < c->n_comp; k++) {
    if (lacking < MOST)
      lacking += text_lacking(out, c, f, k, lacking ? "; " : ": no value yet of ");
    else
      for (int t = 0; t < c->n_temp; t++)
        if (f->group[k * c->n_temp + t].n_results == 0) {
          more++;
          break;
        }
  }
  if (more) vt_buf_printf(out, "; and of %d more compositions", more);
  vt_buf_printf(out, "\n\n");
  return 0;
}
