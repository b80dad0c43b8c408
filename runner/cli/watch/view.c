/* view.c - a campaign on one screen: what needs attention first. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "runner/cli/watch/watch.h"

enum { LEAST_TABLE = 3, MOST_JOBS = 6, MOST_TARGETS = 6, BAR_MOST = 40 };
static const char RED[] = "\033[31m", GREEN[] = "\033[32m", DIM[] = "\033[2m", BOLD[] = "\033[1m", PLAIN[] = "\033[0m";

typedef struct page {
  vt_watch *w;
  vt_buf *o;
  int lines;
} page;

static const char *ink(const page *p, const char *color) { return p->w->color ? color : ""; }

static void line(page *p, const char *fmt, ...) VT_PRINTF(2, 3);
static void line(page *p, const char *fmt, ...)
{
  char text[1024];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  vt_buf_printf(p->o, "%s\n", text);
  p->lines++;
}

/* ------------------------------------------------------------------ pieces of lines */

static void bar(char *out, int width, double fraction, double failed)
{
  const int full = (int)(fraction * width), bad = failed > 0 && failed * width < 1 ? 1 : (int)(failed * width);
  for (int k = 0; k < width; k++) out[k] = k < full ? '#' : k < full + bad ? '!' : '.';
  out[width] = '\0';
}

static void span_of(double s, char out[32])
{
  const double minute = 60, hour = 3600, day = 86400;
  if (!isfinite(s))
    (void)snprintf(out, 32, "-");
  else if (s < 100)
    (void)snprintf(out, 32, "%.0f s", s);
  else if (s < 100 * minute)
    (void)snprintf(out, 32, "%.0f min", s / minute);
  else if (s < 2 * day)
    (void)snprintf(out, 32, "%.1f h", s / hour);
  else
    (void)snprintf(out, 32, "%.1f days", s / day);
}

/* "0.312+-0.023", of a 95 % interval; where nothing is known, why. */
static void plus_minus(double x, double half, int digits, const char *lacks, char out[32])
{
  if (!isfinite(x))
    (void)snprintf(out, 32, "%s", lacks ? lacks : "-");
  else if (!isfinite(half))
    (void)snprintf(out, 32, "%.*f", digits, x);
  else
    (void)snprintf(out, 32, "%.*f+-%.*f", digits, x, digits, half);
}

/* ------------------------------------------------------------------ the head */

static void head(page *p)
{
  const vt_watch *w = p->w;
  const vt_folder_state *s = vt_folder_view_state(w->v);
  const vt_campaign *c = vt_folder_view_campaign(w->v);
  char now[32], left[32], line_of[BAR_MOST + 1], rate[48] = "";
  const time_t t = time(NULL);
  struct tm local;
  const int width = w->columns / 3 < BAR_MOST ? w->columns / 3 : BAR_MOST;
  (void)strftime(now, sizeof now, "%H:%M:%S", localtime_r(&t, &local));
  line(p, "%s%.60s%s: %s   %s", ink(p, BOLD), c->name, ink(p, PLAIN), s->state, now);
  bar(line_of, width, s->ns_total > 0 ? fmin(1, s->ns_done / s->ns_total) : 0, 0);
  span_of(s->eta_s, left);
  if (isfinite(s->ns_per_day)) (void)snprintf(rate, sizeof rate, ", %.4g ns/day", s->ns_per_day);
  line(p, "[%s] %.4g of %.4g ns%s%s%s%s", line_of, s->ns_done, s->ns_total, rate,
       isfinite(s->eta_s) || s->live ? ", " : "", isfinite(s->eta_s) ? left : "",
       isfinite(s->eta_s) ? " left"
       : s->live          ? "time left not known yet"
                          : "");
  line(p,
       "tasks: %" PRId64 " done, %" PRId64 " running, %" PRId64 " ready, %" PRId64 " waiting, %s%" PRId64 " failed%s",
       s->tasks.done, s->tasks.leased, s->tasks.ready, s->tasks.waiting, s->tasks.failed ? ink(p, RED) : "",
       s->tasks.failed, s->tasks.failed ? ink(p, PLAIN) : "");
}

static void jobs(page *p)
{
  const vt_jobs_list *l = p->w->jobs;
  const int most = p->w->rows / 6 < MOST_JOBS ? p->w->rows / 6 : MOST_JOBS;
  if (!vt_jobs_list_alive(l)) line(p, "nobody works in the folder");
  for (int k = 0; k < l->n && k < most; k++) {
    const vt_job *b = &l->job[k];
    const struct vt_job_rate *r = vt_job_rate_of(p->w->rates, b->id);
    char did[96] = "";
    const double elapsed = r && r->began > 0 ? difftime(time(NULL), (time_t)r->began) : 0;
    if (r && r->ranks > 0 && elapsed > 0)
      (void)snprintf(did, sizeof did, ", %d rank%s, %.3g ns done (%.3g ns/day)", r->ranks, r->ranks == 1 ? "" : "s",
                     r->ns, 86400 * r->ns / elapsed);
    const int name = b->label[0] ? (int)strcspn(b->label, ",") : 0; /* behind it stands the build */
    line(p, "%s%.*s on %.30s: %d task%s%s%s", b->leads ? "leads: " : "", name ? name : 3, name ? b->label : "job",
         b->host, b->claims, b->claims == 1 ? "" : "s", did, b->dead ? ", dead: its work will be inherited" : "");
  }
  if (l->n > most) line(p, "... and %d more jobs", l->n - most);
}

/* What a campaign asks for (`target`), as the run says it in status.json. */
static void targets(page *p)
{
  const vt_json *t = vt_json_get(vt_folder_view_state(p->w->v)->live, "target");
  const int n = (int)vt_json_size(t);
  int reached = 0;
  for (int k = 0; k < n; k++) {
    const vt_json *r = vt_json_get(vt_json_at(t, (size_t)k), "reached");
    reached += r && vt_json_get_int(vt_json_at(t, (size_t)k), "reached", 0) != 0;
  }
  if (n) line(p, "targets: %d of %d reached", reached, n);
  for (int k = 0; k < n && k < MOST_TARGETS && p->w->rows > 30; k++) {
    const vt_json *r = vt_json_at(t, (size_t)k);
    line(p, "  %-30.30s half width %.3g of %.3g", vt_json_get_text(r, "what", ""),
         vt_json_get_num(r, "half_width", (double)NAN), vt_json_get_num(r, "goal", (double)NAN));
  }
}

static void last_error(page *p)
{
  const vt_folder_state *s = vt_folder_view_state(p->w->v);
  vt_failed_task f;
  if (!s->last_error[0]) return;
  line(p, "%slast error%s: %.300s", ink(p, RED), ink(p, PLAIN), s->last_error);
  if (vt_folder_view_newest_failure(p->w->v, &f) >= 0 && f.what_to_try[0]) line(p, "  try: %.300s", f.what_to_try);
}

static void failed(page *p, int most)
{
  const vt_campaign *c = vt_folder_view_campaign(p->w->v);
  vt_failed_task f;
  int n = 0;
  const int64_t all = vt_folder_view_state(p->w->v)->tasks.failed;
  for (int i = vt_folder_view_failed(p->w->v, 0, &f); i >= 0 && n < most;
       i = vt_folder_view_failed(p->w->v, i + 1, &f)) {
    char hex[65];
    vt_uid_hex(&c->task[i].uid, hex);
    line(p, "%sfailed%s %.12s %.24s: %s%.200s", ink(p, RED), ink(p, PLAIN), hex, c->comp[c->task[i].comp].name,
         f.by == i ? "" : "its glass: ", f.why);
    n++;
  }
  if (all > n) line(p, "... %" PRId64 " failed tasks: vitrion status DIR lists them with what to try", all);
}

/* ------------------------------------------------------------------ compositions */

static int trouble(const vt_sched_counts *n) { return n->failed > 0 ? 0 : n->ready + n->waiting > 0 ? 1 : 2; }

/* Every composition as one sign: so all fit, however many. */
static void overview(page *p, int most)
{
  const vt_campaign *c = vt_folder_view_campaign(p->w->v);
  const vt_folder_state *s = vt_folder_view_state(p->w->v);
  const int width = p->w->columns - 2, n_lines = (c->n_comp + width - 1) / width;
  const int each = n_lines > most ? (n_lines + most - 1) / most : 1; /* compositions a sign */
  char signs[512];
  int k = 0;
  if (width < 1 || c->n_comp < 2) return;
  for (int i = 0; i < c->n_comp; i += each) {
    int64_t done = 0, all = 0, bad = 0;
    for (int m = i; m < i + each && m < c->n_comp; m++) {
      done += s->comp[m].done, bad += s->comp[m].failed;
      all += s->comp[m].done + s->comp[m].failed + s->comp[m].ready + s->comp[m].waiting;
    }
    signs[k++] = bad           ? '!'
                 : done == all ? '#'
                 : done == 0   ? '.'
                               : (char)('0' + (int)(9.999 * (double)done / (double)all));
    if (k == width || k == (int)sizeof signs - 1 || i + each >= c->n_comp) {
      signs[k] = '\0';
      line(p, " %s", signs);
      k = 0;
    }
  }
}

static const vt_json *estimate_of(const vt_watch *w, const char *name)
{
  const vt_json *list = vt_json_get(w->estimates, "compositions");
  for (size_t k = 0; k < vt_json_size(list); k++)
    if (strcmp(vt_json_get_text(vt_json_at(list, k), "name", ""), name) == 0) return vt_json_at(list, k);
  return NULL;
}

/* Columns that do not fit are left out, never cut: half a number is another number. */
typedef struct columns {
  int name, bar, energy; /* widths of the first two, 0: not shown; energy 1: shown */
} columns;

static columns columns_of(int width)
{
  const int numbers = 31, energy = 15, bar_and_blank = 9, name_least = 8;
  columns k = {.energy = width >= name_least + numbers + energy};
  int left = width - numbers - (k.energy ? energy : 0);
  if (left >= 2 * name_least + bar_and_blank) k.bar = width > 100 ? 20 : bar_and_blank - 1;
  left -= k.bar ? k.bar + 1 : 0;
  k.name = left < name_least ? name_least : left > 40 ? 40 : left;
  return k;
}

static void row(page *p, int i, columns k)
{
  const vt_sched_counts *n = &vt_folder_view_state(p->w->v)->comp[i];
  const char *name = vt_folder_view_campaign(p->w->v)->comp[i].name;
  const vt_json *e = estimate_of(p->w, name);
  const int64_t all = n->done + n->failed + n->ready + n->waiting;
  const double share = all > 0 ? 1.0 / (double)all : 0;
  char b[BAR_MOST + 1], count[32], bad[32] = "", d[32], ea[32];
  bar(b, k.bar, (double)n->done * share, (double)n->failed * share);
  (void)snprintf(count, sizeof count, "%" PRId64 "/%" PRId64, n->done, all);
  if (n->failed) (void)snprintf(bad, sizeof bad, "%" PRId64, n->failed);
  const char *lacks = vt_json_get_text(e, "lacks", p->w->lacks);
  plus_minus(vt_json_get_num(e, "log10_D", (double)NAN), vt_json_get_num(e, "log10_D_half", (double)NAN), 2, lacks, d);
  plus_minus(vt_json_get_num(e, "Ea_eV", (double)NAN), vt_json_get_num(e, "Ea_half_eV", (double)NAN), 3, lacks, ea);
  line(p, "%s%-*.*s%s%s%s %9s %6s %13s%s%*s",
       n->failed        ? ink(p, RED)
       : n->done == all ? ink(p, GREEN)
                        : "",
       k.name, k.name, name, ink(p, PLAIN), k.bar ? " " : "", k.bar ? b : "", count, bad, d, k.energy ? " " : "",
       k.energy ? 14 : 0, k.energy ? ea : "");
}

/* In the order of trouble: rows first .. of those that fit. */
static void table(page *p, int room)
{
  const vt_campaign *c = vt_folder_view_campaign(p->w->v);
  const vt_folder_state *s = vt_folder_view_state(p->w->v);
  const columns k = columns_of(p->w->columns);
  int shown = 0, at = 0;
  const int last_first = c->n_comp > room ? c->n_comp - room : 0;
  char head_d[40];
  if (p->w->first > last_first) p->w->first = last_first;
  if (p->w->first < 0) p->w->first = 0;
  (void)snprintf(head_d, sizeof head_d, "lgD(%.0fK)", vt_json_get_num(p->w->estimates, "t_ref_K", c->compare.t_ref_k));
  line(p, "%s%-*.*s%s%-*s %9s %6s %13s%s%s", ink(p, DIM), k.name, k.name, "composition", k.bar ? " " : "", k.bar, "",
       "done", "failed", head_d, k.energy ? "   Ea/eV (95 %)" : "", ink(p, PLAIN));
  for (int want = 0; want <= 2; want++)
    for (int i = 0; i < c->n_comp && shown < room; i++) {
      if (trouble(&s->comp[i]) != want || at++ < p->w->first) continue;
      row(p, i, k);
      shown++;
    }
  if (c->n_comp > room)
    line(p, "%scompositions %d to %d of %d, those with trouble first; arrows scroll, q leaves%s", ink(p, DIM),
         p->w->first + 1, p->w->first + shown, c->n_comp, ink(p, PLAIN));
  else
    line(p, "%sq leaves; the campaign goes on%s", ink(p, DIM), ink(p, PLAIN));
}

vt_status vt_watch_lines(vt_watch *w, vt_buf *out, vt_err *err)
{
  const int around = 2; /* the head of the table, and the line below it */
  page p = {.w = w, .o = out};
  head(&p);
  jobs(&p);
  targets(&p);
  last_error(&p);
  if (w->estimates_lack && *w->estimates_lack) line(&p, "newer D and Ea: %s", w->estimates_lack);
  failed(&p, w->rows < 40 ? 3 : w->rows / 8);
  int room = w->rows - p.lines - around;
  if (vt_folder_view_campaign(w->v)->n_comp > room) overview(&p, room > 12 ? room / 3 : 2);
  room = w->rows - p.lines - around;
  if (room >= LEAST_TABLE) table(&p, room);
  return vt_buf_check(out, err);
}
