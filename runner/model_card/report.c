/* report.c - report.html: one page that opens without a network. */
#include <math.h>
#include <stdio.h>

#include "runner/model_card/model_card_impl.h"

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:980px;margin:24px auto;padding:0 12px;color:#1b1f24;"
    "background:#fff}\nh1{font-size:24px}h2{font-size:19px;margin-top:34px}\n"
    "table{border-collapse:collapse;margin:10px 0;display:block;overflow-x:auto}td,th{padding:3px 12px 3px "
    "0;text-align:right;border-bottom:1px "
    "solid "
    "#d5d9de}td:first-child,th:first-child{text-align:left}\nsvg{max-width:100%;height:auto;display:block}\n"
    "svg text{font:12px system-ui,sans-serif;fill:#1b1f24}svg .title{font-weight:600;font-size:13px}\n"
    "svg .middle{text-anchor:middle}svg .end{text-anchor:end}svg .note{font-size:12px}\n"
    "svg path,svg rect.frame{fill:none}.frame{stroke:#6b7280}.grid{stroke:#e5e7eb}\n"
    ".line{stroke-width:1.8}.train{stroke:#0072b2}.held{stroke:#d55e00}.rate{stroke:#6b7280}\n"
    ".best{stroke:#009e73;stroke-dasharray:5 3}.identity{stroke:#d55e00;stroke-dasharray:6 4}\n"
    "svg path.level0,.level0{fill:#cfe1f2}svg path.level1,.level1{fill:#a3cce3}svg path.level2,.level2{fill:#6aaed6}"
    "svg path.level3,.level3{fill:#3a8ac2}svg path.level4,.level4{fill:#1764ab}svg path.level5,.level5{fill:#084285}"
    "svg path.level6,.level6{fill:#041f42}\n"
    ".bar.good{fill:#56b4e9}.bar.fair{fill:#e69f00}.bar.bad{fill:#d55e00}.whisker{stroke:#1b1f24}\n"
    ".zero{stroke:#1b1f24}.limit{stroke-dasharray:4 3}.limit.good{stroke:#8a6d00}.limit.fair{stroke:#a03000}\n"
    ".failed{color:#a03000;font-weight:600}pre{white-space:pre-wrap}\n";

static void put_number(vt_buf *b, const char *fmt, double x)
{
  char text[40] = "-";
  if (isfinite(x)) (void)snprintf(text, sizeof text, fmt, x);
  vt_buf_printf(b, "<td>%s</td>", text);
}

/* Errors count frames alike; training did not. */
static void weights_note(vt_buf *b, const char *name, const vt_train_data *d)
{
  double lo = INFINITY, hi = 0;
  int n = 0;
  for (int k = 0; k < d->n; k++) {
    const double w = d->s[k].weight;
    if (w == 1) continue;
    lo = fmin(lo, w), hi = fmax(hi, w);
    n++;
  }
  if (n == 0) return;
  vt_buf_printf(b, "<p>%d of the %d frames of %s have another weight in training than 1 (%g", n, d->n, name, lo);
  if (hi > lo) vt_buf_printf(b, " to %g", hi);
  vt_buf_printf(b, "); in this table each frame counts once.</p>\n");
}

static void errors_table(vt_buf *b, const vt__findings *f)
{
  vt_buf_printf(b, "<table><tr><th>frames</th><th>number</th><th>energy, meV/atom</th><th>force, meV/A</th>"
                   "<th>force slope</th><th>virial, meV/atom</th><th>mean virial, meV/atom</th></tr>\n");
  for (int k = 0; k < 3; k++) {
    const vt__sums *s = &f->set[k].t.all;
    if (!f->set[k].data) continue;
    vt_buf_printf(b, "<tr><td>%s</td><td>%.0f</td>", f->set[k].name, s->frames);
    put_number(b, "%.2f", vt__rmse_energy(s));
    put_number(b, "%.1f", vt__rmse_force(s));
    put_number(b, "%.3f", vt__slope(s));
    put_number(b, "%.2f", vt__rmse_virial(s));
    put_number(b, "%+.2f", vt__mean_virial(s));
    vt_buf_printf(b, "</tr>\n");
  }
  vt_buf_printf(b, "</table>\n");
  for (int k = 0; k < 3; k++)
    if (f->set[k].data) weights_note(b, f->set[k].name, f->set[k].data);
}

static void smoke_table(vt_buf *b, const vt__findings *f)
{
  const vt__smoke_result *r = f->smoke;
  if (r->n_smoke == 0) return;
  vt_buf_printf(b, "<h2>Melts of the smoke test</h2>\n<table><tr><th>composition</th><th>atoms</th><th>seed</th><th>T, "
                   "K</th><th>ps</th><th>NVE drift, meV/atom/ps</th><th>result</th></tr>\n");
  for (int k = 0; k < r->n_smoke; k++) {
    const vt__melt *m = &r->melt[k];
    vt_buf_printf(b, "<tr><td>");
    vt__xml(b, m->comp.name);
    vt_buf_printf(b, "</td><td>%d</td><td>%llu</td><td>%g</td><td>%g</td>", m->comp.n_atoms,
                  (unsigned long long)m->seed, m->t_k, m->melt_ps);
    put_number(b, "%+.4f", m->drift);
    vt_buf_printf(b, "<td>%s</td></tr>\n",
                  m->not_run            ? "not run"
                  : vt__smoke_passes(m) ? "held"
                                        : "<span class=\"failed\">failed</span>");
  }
  vt_buf_printf(b, "</table>\n");
}

static void failures(vt_buf *b, const vt__findings *f)
{
  if (f->n_failures == 0) return;
  vt_buf_printf(b, "<p class=\"failed\">The model failed %d of its checks:</p>\n<pre>", f->n_failures);
  for (const char *c = f->failures.s; c && *c; c++) {
    const char one[2] = {*c, '\0'};
    if (*c == '\n')
      vt_buf_printf(b, "\n");
    else
      vt__xml(b, one);
  }
  vt_buf_printf(b, "</pre>\n");
}

static vt_status figures(vt_buf *b, const vt__findings *f, vt_err *err)
{
  const char *shown = f->set[f->shown].name;
  if (f->c->curve && f->c->curve[0]) {
    vt_buf_printf(b, "<h2>Learning curve</h2>\n");
    VT_PASS(vt__figure_curve(b, f->c, err));
  }
  vt_buf_printf(b, "<h2>Predicted against labelled, %s</h2>\n", shown);
  vt__figure_parity(b, &f->parity, &f->set[f->shown].t.all);
  vt_buf_printf(
      b,
      "<h2>Mean virial error by composition, %s</h2>\n<p>The density of a melt hangs on it. Lines at %g and %g "
      "meV/atom.</p>\n",
      shown, vt__card_limits.virial_good, vt__card_limits.virial_fair);
  return vt__figure_virials(b, &f->set[f->shown].t.comp, err);
}

vt_status vt__write_report(const vt__findings *f, vt_err *err)
{
  vt_buf b = {0};
  char path[VT_PATH + 32];
  const char *name = f->c->y ? f->c->y->name : f->c->potential;
  vt_buf_printf(&b, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><meta "
                    "charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/><title>");
  vt__xml(&b, name);
  vt_buf_printf(&b, "</title><style>%s</style></head><body>\n<h1>", style);
  vt__xml(&b, name);
  vt_buf_printf(&b, "</h1>\n<p>Everything else about this model is in README.md beside this page, points in "
                    "parity/.</p>\n");
  failures(&b, f);
  vt_buf_printf(&b, "<h2>Errors</h2>\n");
  errors_table(&b, f);
  vt_status rc = figures(&b, f, err);
  smoke_table(&b, f);
  vt_buf_printf(&b, "</body></html>\n");
  (void)snprintf(path, sizeof path, "%.500s/report.html", f->c->folder);
  if (rc == VT_OK) rc = vt_buf_check(&b, err);
  if (rc == VT_OK) rc = vt_file_replace(path, b.s, b.len, err);
  vt_buf_free(&b);
  return rc;
}
