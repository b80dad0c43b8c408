/* pace.c - rests between things that are not the work, by what they cost; signs of life. */
#include <errno.h>

#include "engine/base/base.h"

static const double SLOW_S = 0.25; /* what takes so long is worth a word */

int vt_pace_due(const vt_pace *p, double now) { return now >= p->next; }

void vt_pace_begin(vt_pace *p, double now) { p->began = now; }

void vt_pace_end(vt_pace *p, double now)
{
  double took = now - p->began, cost = took < p->before ? took : p->before, rest = cost / VT_PACE_SHARE;
  p->before = took;
  if (took <= VT_PACE_SHARE * p->every_s) { /* cheap: the rhythm is kept */
    p->next = p->began + p->every_s;
    return;
  }
  if (rest > p->most_s) rest = p->most_s;
  if (rest < p->every_s) rest = p->every_s;
  p->next = now + rest;
  if (cost < SLOW_S || p->said) return;
  p->said = 1;
  vt_log(VT_LOG_WARN, "pace", "ev=slow_storage what=\"%s\" took_s=%.2f rest_s=%.0f", p->what ? p->what : "", cost,
         rest);
}

/* ------------------------------------------------------------------ signs of life */

static void (*alive_call)(void *ctx);
static void *alive_ctx;

void vt_alive_install(void (*alive)(void *ctx), void *ctx)
{
  alive_call = alive;
  alive_ctx = ctx;
}

void vt_alive(void)
{
  int keep = errno;
  if (alive_call) alive_call(alive_ctx);
  errno = keep;
}
