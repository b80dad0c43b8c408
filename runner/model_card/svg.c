/* svg.c - plots as SVG inside a page: frame, ticks, lines, text.  Colours and fonts are classes of the page's style. */
#include <math.h>
#include <stdio.h>

#include "runner/model_card/model_card_impl.h"

void vt__xml(vt_buf *b, const char *s)
{
  for (; *s; s++) {
    const unsigned char c = (unsigned char)*s;
    if (c == '&')
      vt_buf_printf(b, "&amp;");
    else if (c == '<')
      vt_buf_printf(b, "&lt;");
    else if (c == '>')
      vt_buf_printf(b, "&gt;");
    else if (c == '"')
      vt_buf_printf(b, "&quot;");
    else
      vt_buf_printf(b, "%c", c < ' ' || c > '~' ? '?' : c);
  }
}

void vt__svg_begin(vt_buf *b, double w, double h, const char *what)
{
  vt_buf_printf(
      b,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\" "
      "aria-label=\"%s\">\n",
      w, h, w, h, what);
}

void vt__svg_end(vt_buf *b) { vt_buf_printf(b, "</svg>\n"); }

void vt__svg_text(vt_buf *b, const char *css, double x, double y, const char *fmt, ...)
{
  char text[300];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  vt_buf_printf(b, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", css, x, y);
  vt__xml(b, text);
  vt_buf_printf(b, "</text>\n");
}

static double share(const vt__axis *a, double v)
{
  if (a->log) return (log10(v) - log10(a->lo)) / (log10(a->hi) - log10(a->lo));
  return (v - a->lo) / (a->hi - a->lo);
}

double vt__plot_x(const vt__plot *p, double v) { return p->x + p->w * share(&p->ax, v); }
double vt__plot_y(const vt__plot *p, double v) { return p->y + p->h * (1 - share(&p->ay, v)); }

/* ------------------------------------------------------------------ ticks */

enum { TICKS_MOST = 40, TICKS_WANTED = 5 };

static int linear_ticks(const vt__axis *a, double *at)
{
  static const double steps[] = {1, 2, 5, 10};
  const double rough = (a->hi - a->lo) / TICKS_WANTED, power = pow(10, floor(log10(rough)));
  double step = 10 * power;
  int n = 0;
  for (int k = 3; k >= 0; k--)
    if (steps[k] * power >= rough) step = steps[k] * power;
  const double first = ceil(a->lo / step);
  for (int i = 0; i < TICKS_MOST && (first + i) * step <= a->hi + 1e-9 * step; i++)
    at[n++] = first + i == 0 ? 0 : (first + i) * step; /* not -0 */
  return n;
}

/* 1 2 5 in every decade; only 1 where there are more than three decades; as on a linear axis where those are too few.
 */
static int log_ticks(const vt__axis *a, double *at)
{
  static const double in_decade[] = {1, 2, 5};
  const int few = log10(a->hi / a->lo) > 3;
  int n = 0;
  const int first = (int)floor(log10(a->lo)), last = (int)floor(log10(a->hi));
  for (int d = first; d <= last && n < TICKS_MOST - 3; d++)
    for (int k = 0; k < (few ? 1 : 3); k++) {
      const double v = in_decade[k] * pow(10, d);
      if (v >= a->lo * (1 - 1e-9) && v <= a->hi * (1 + 1e-9)) at[n++] = v;
    }
  return n < 3 ? linear_ticks(a, at) : n;
}

static int ticks(const vt__axis *a, double *at) { return a->log ? log_ticks(a, at) : linear_ticks(a, at); }

void vt__plot_begin(const vt__plot *p, const char *title)
{
  const double below = 17, left = 7, label_below = 36, label_left = 50, above = 8;
  double at[TICKS_MOST];
  int n = ticks(&p->ax, at);
  for (int k = 0; k < n; k++) {
    const double x = vt__plot_x(p, at[k]);
    vt_buf_printf(p->b, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", x, p->y, p->y + p->h);
    vt__svg_text(p->b, "tick middle", x, p->y + p->h + below, "%g", at[k]);
  }
  n = p->ay.label ? ticks(&p->ay, at) : 0;
  for (int k = 0; k < n; k++) {
    const double y = vt__plot_y(p, at[k]);
    vt_buf_printf(p->b, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", p->x, y, p->x + p->w);
    vt__svg_text(p->b, "tick end", p->x - left, y + 4, "%g", at[k]);
  }
  vt_buf_printf(p->b, "<rect class=\"frame\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", p->x, p->y,
                p->w, p->h);
  vt__svg_text(p->b, "title", p->x, p->y - above, "%s", title);
  if (p->ax.label) vt__svg_text(p->b, "label middle", p->x + p->w / 2, p->y + p->h + label_below, "%s", p->ax.label);
  if (!p->ay.label) return;
  vt_buf_printf(p->b, "<g transform=\"translate(%.1f %.1f) rotate(-90)\">", p->x - label_left, p->y + p->h / 2);
  vt__svg_text(p->b, "label middle", 0, 0, "%s", p->ay.label);
  vt_buf_printf(p->b, "</g>\n");
}

void vt__plot_line(const vt__plot *p, const char *css, const double *x, const double *y, int n)
{
  int open = 0;
  vt_buf_printf(p->b, "<path class=\"%s\" d=\"", css);
  for (int k = 0; k < n; k++) {
    const int there = isfinite(y[k]) && (!p->ay.log || y[k] > 0);
    if (there) vt_buf_printf(p->b, "%c%.1f %.1f", open ? 'L' : 'M', vt__plot_x(p, x[k]), vt__plot_y(p, y[k]));
    open = there;
  }
  vt_buf_printf(p->b, "\"/>\n");
}
