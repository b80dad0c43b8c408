/* points_write.c - the points of a campaign as the table that vt_table_read reads. */
#include <math.h>
#include <string.h>

#include "runner/csv/csv.h"
#include "runner/screening/factors_impl.h"
#include "runner/screening/screening_impl.h"

/* The value of a factor as a cell; of compositions of one level the first one says it, so that rounding makes no two.
 */
static void put_ratio(vt_buf *b, double r)
{
  if (isinf(r))
    vt_buf_printf(b, "only");
  else if (!isnan(r))
    vt_buf_printf(b, "%.10g", r);
}

static void put_level(vt_buf *b, const vt_campaign *c, int comp, const char *factor)
{
  const vt_comp_asked *a = &c->asked[comp];
  const int own = vt__label_of(c, factor);
  vt_buf_add(b, ",", 1);
  if (own >= 0)
    vt_csv_cell(b, a->label[own]);
  else if (strcmp(factor, "alkali") == 0)
    vt_csv_cell(b, a->alkali);
  else if (strcmp(factor, "metal") == 0)
    vt_csv_cell(b, a->metal);
  else if (strcmp(factor, "halogen") == 0)
    vt_csv_cell(b, a->halogen);
  else
    put_ratio(b, strcmp(factor, "halogen_to_oxygen") == 0 ? a->halogen_to_oxygen : a->alkali_per_metal);
}

static void put_number(vt_buf *b, double x, int ok)
{
  vt_buf_add(b, ",", 1);
  if (ok) vt_buf_printf(b, "%.17g", x);
}

vt_status vt_points_csv(const vt_campaign *c, const vt_fits *f, vt_buf *out, vt_err *err)
{
  vt__factors factor;
  vt_status rc = vt__factors_of(c, &factor, err);
  vt_buf_printf(out, "composition,glass,temperature_K,D_cm2_s,D_se");
  for (int q = 0; q < factor.n && rc == VT_OK; q++) vt_buf_printf(out, ",%s", factor.name[q]);
  vt_buf_add(out, "\n", 1);
  for (int i = 0; i < c->n_tasks && rc == VT_OK; i++) {
    const vt_task *t = &c->task[i];
    double d, se;
    if (t->kind != VT_TASK_MD || t->piece > 1 || f->transport[i].n_species == 0) continue;
    vt__quantity_at(c, f, VT_Q_D_ALKALI, i, &d, &se);
    vt_csv_cell(out, c->comp[t->comp].name);
    vt_buf_printf(out, ",%d,%.17g", (int)t->glass, c->t_k[t->temp]);
    put_number(out, d, d > 0 && isfinite(d));
    put_number(out, se, se >= 0 && isfinite(se));
    for (int q = 0; q < factor.n; q++) put_level(out, c, factor.level[q][t->comp], factor.name[q]);
    vt_buf_add(out, "\n", 1);
  }
  vt__factors_free(&factor);
  return rc == VT_OK ? vt_buf_check(out, err) : rc;
}
