/* job_rates.c - how many ranks each job has and how much it did, out of log/events.jsonl. */
#define _DEFAULT_SOURCE /* timegm */
#include <string.h>
#include <time.h>

#include "runner/cli/watch/watch.h"

static struct vt_job_rate *of_id(vt_job_rates *r, const char *id)
{
  for (int k = 0; k < r->n; k++)
    if (strcmp(r->job[k].id, id) == 0) return &r->job[k];
  if (r->n == VT_JOB_RATES) { /* forget the oldest: those that are alive began last */
    memmove(r->job, r->job + 1, (VT_JOB_RATES - 1) * sizeof *r->job);
    r->n--;
  }
  r->job[r->n] = (struct vt_job_rate){0};
  (void)snprintf(r->job[r->n].id, sizeof r->job[r->n].id, "%s", id);
  return &r->job[r->n++];
}

const struct vt_job_rate *vt_job_rate_of(const vt_job_rates *r, const char *id)
{
  for (int k = 0; k < r->n; k++)
    if (strcmp(r->job[k].id, id) == 0) return &r->job[k];
  return NULL;
}

/* Seconds since 1970 of YYYY-MM-DDThh:mm:ss.mmmZ; 0: it is none. */
static double seconds_of(const char *s)
{
  struct tm t = {0};
  int y, m;
  /* NOLINTNEXTLINE(cert-err34-c): a few digits each, which cannot overflow */
  if (sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d", &y, &m, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec) != 6) return 0;
  t.tm_year = y - 1900;
  t.tm_mon = m - 1;
  return (double)timegm(&t);
}

static void take_event(vt_job_rates *r, const char *line, size_t n)
{
  vt_json *o = NULL;
  if (vt_json_parse(line, n, &o, NULL) != VT_OK) return;
  const char *job = vt_json_get_text(o, "job", ""), *event = vt_json_get_text(o, "event", "");
  if (job[0]) {
    struct vt_job_rate *j = of_id(r, job);
    const int rank = (int)vt_json_get_int(o, "rank", -1);
    if (strcmp(event, "start") == 0 || j->began == 0) j->began = seconds_of(vt_json_get_text(o, "time", ""));
    if (strcmp(event, "lease") == 0 && rank >= j->ranks) j->ranks = rank + 1;
    if (strcmp(event, "result") == 0) j->ns += vt_json_get_num(o, "ns", 0);
  }
  vt_json_free(o);
}

void vt_job_rates_read(vt_job_rates *r, const char *events)
{
  enum { AT_ONCE = 1 << 20 };
  char *bytes = NULL;
  FILE *f = NULL;
  if (vt_file_open(events, &f, NULL) != VT_OK) return;
  if (fseek(f, (long)r->read, SEEK_SET) == 0 && VT_NEW(bytes, AT_ONCE, NULL) == VT_OK) {
    size_t n;
    while ((n = fread(bytes, 1, AT_ONCE, f)) > 0) {
      size_t from = 0;
      for (size_t k = 0; k < n; k++)
        if (bytes[k] == '\n') {
          take_event(r, bytes + from, k - from);
          from = k + 1;
        }
      r->read += (int64_t)from;
      if (from == 0 || fseek(f, (long)r->read, SEEK_SET) != 0) break; /* a line that is being written */
    }
  }
  vt_free(bytes);
  (void)fclose(f);
}
