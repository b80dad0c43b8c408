/* comm.c - argument checks and the collectives, written once for every transport. */
#include <string.h>

#include "runner/comm/comm_impl.h"

enum { BCAST_PART = 1 << 30 }; /* MPI counts are int */

int vt_comm_rank(const vt_comm *c) { return c->rank; }
int vt_comm_size(const vt_comm *c) { return c->size; }
double vt_comm_now(const vt_comm *c) { return c->ops->now(c); }
void vt_comm_nap(vt_comm *c, int busy) { c->ops->nap(c, busy); }

vt_status vt_comm_send(vt_comm *c, int dst, int tag, const void *data, size_t n, vt_err *err)
{
  if (dst < 0 || dst >= c->size) VT_FAIL(err, VT_EINVAL, "message to rank %d of %d", dst, c->size);
  if (tag < 0 || tag > VT_COMM_TAG_MOST)
    VT_FAIL(err, VT_EINVAL, "message tag %d, allowed 0..%d", tag, VT_COMM_TAG_MOST);
  if (n > VT_COMM_MOST) VT_FAIL(err, VT_EINVAL, "message of %zu bytes, at most %d are allowed", n, VT_COMM_MOST);
  return c->ops->send(c, dst, tag, data, n, err);
}

vt_status vt_comm_poll(vt_comm *c, vt_msg *m, int *got, vt_err *err)
{
  *got = 0;
  return c->ops->poll(c, m, got, err);
}

void vt_comm_on_wait(vt_comm *c, vt_status (*wait)(void *ctx, vt_err *err), void *ctx)
{
  c->wait = wait;
  c->wait_ctx = ctx;
}

vt_status vt_comm_shrink(vt_comm *c, const unsigned char *dead, vt_err *err)
{
  if (!c->ops->shrink) VT_FAIL(err, VT_EUNSUP, "this transport cannot go on without some of its ranks");
  if (dead[c->rank / 8] >> c->rank % 8 & 1) VT_FAIL(err, VT_EBUG, "rank %d is alive and counted as dead", c->rank);
  VT_TRY(c->ops->shrink(c, dead, err), err, "going on without the dead");
  c->shrunk = 1;
  return VT_OK;
}

int vt_comm_shrunk(const vt_comm *c) { return c->shrunk; }

vt_status vt_comm_part(vt_comm *c, int first, int n, vt_comm **part, vt_err *err)
{
  *part = NULL;
  if (first < 0 || n < 1 || n > c->size - first || c->rank < first || c->rank >= first + n)
    VT_FAIL(err, VT_EINVAL, "rank %d of %d opens the part of %d ranks from %d on", c->rank, c->size, n, first);
  VT_TRY(c->ops->part(c, first, n, part, err), err, "the part of %d ranks from %d on", n, first);
  VT_ASSERT((*part)->size == n && (*part)->rank == c->rank - first);
  return VT_OK;
}

void vt_comm_part_close(vt_comm *part)
{
  if (part) part->ops->part_close(part);
}

/* ------------------------------------------------------------------ agreement */

static int severity(vt_status s)
{
  static const int of_dispo[] = {
      [VT_DISPO_NONE] = 0,  [VT_DISPO_REQUEUE] = 1, [VT_DISPO_RETRY] = 2, [VT_DISPO_AGAIN] = 3,
      [VT_DISPO_CRASH] = 4, [VT_DISPO_TASK] = 5,    [VT_DISPO_ABORT] = 6};
  return of_dispo[vt_status_dispo(s)];
}

/* One number whose maximum over the ranks is the worst status on its lowest rank: severity, status, INT32_MAX - rank.
 */
static int64_t worst_key(vt_status s, int rank)
{
  return (int64_t)severity(s) << 48 | (int64_t)s << 32 | (int64_t)(INT32_MAX - rank);
}

static vt_status key_status(int64_t key) { return (vt_status)(key >> 32 & 0xffff); }
static int key_rank(int64_t key) { return INT32_MAX - (int)(key & INT32_MAX); }

/* The text that came from another rank, cut so that there is room to say from which. */
static void take_why(vt_comm *c, vt_status worst, vt_err *err)
{
  enum { ROOM = 160 };
  if (!err) return;
  *err = c->coll.why;
  err->code = (int32_t)worst;
  if (err->used > sizeof err->text - ROOM) {
    err->used = sizeof err->text - ROOM;
    err->text[err->used - 1] = '\n';
  }
  err->text[err->used] = '\0';
}

static vt_status idle(const vt_comm *c, vt_err *err)
{
  if (c->coll.phase != VT__COLL_NONE) VT_FAIL(err, VT_EBUG, "rank %d begins a collective inside another one", c->rank);
  return VT_OK;
}

vt_status vt_comm_agree_start(vt_comm *c, vt_status mine, const vt_err *why, vt_err *err)
{
  VT_PASS(idle(c, err));
  if ((int)mine < 0 || mine >= VT_STATUS_COUNT) VT_FAIL(err, VT_EBUG, "unknown status %d", (int)mine);
  VT_ASSERT(c->rank >= 0 && c->rank < c->size);
  vt_err_clear(&c->coll.why);
  if (mine != VT_OK && why && why->code == (int32_t)mine && why->used < sizeof why->text) c->coll.why = *why;
  if (mine != VT_OK && c->coll.why.used == 0)
    (void)vt_err_set(&c->coll.why, mine, __FILE__, __LINE__, "%s", vt_status_text(mine));
  c->coll.key = worst_key(mine, c->rank);
  VT_ASSERT(key_status(c->coll.key) == mine && key_rank(c->coll.key) == c->rank);
  VT_PASS(c->ops->max_start(c, &c->coll.key, err));
  c->coll.phase = VT__COLL_WORST;
  return VT_OK;
}

/* Its number is known: either all is well, or the text has to travel. */
static vt_status worst_known(vt_comm *c, int *done, vt_err *err)
{
  VT_ASSERT(key_rank(c->coll.key) >= 0 && key_rank(c->coll.key) < c->size);
  VT_ASSERT(c->coll.key >= worst_key(VT_OK, c->rank)); /* a maximum that this rank's own status is part of */
  if (key_status(c->coll.key) == VT_OK) {
    *done = 1;
    return VT_OK;
  }
  VT_PASS(c->ops->bcast_start(c, key_rank(c->coll.key), &c->coll.why, (int)sizeof c->coll.why, err));
  c->coll.phase = VT__COLL_WHY;
  return VT_OK;
}

static vt_status why_known(vt_comm *c, int *done, vt_err *err)
{
  vt_status worst = key_status(c->coll.key);
  *done = 1;
  take_why(c, worst, err);
  if (c->size == 1) return worst; /* there is no other rank to tell it from */
  return vt_err_wrap(err, worst, __FILE__, __LINE__, "on rank %d of %d", key_rank(c->coll.key), c->size);
}

/* ------------------------------------------------------------------ broadcast, barrier */

static vt_status bcast_part(vt_comm *c, vt_err *err)
{
  int part = c->coll.n > BCAST_PART ? BCAST_PART : (int)c->coll.n;
  VT_PASS(c->ops->bcast_start(c, c->coll.root, c->coll.data, part, err));
  VT_ASSERT((size_t)part <= c->coll.n && part >= 0);
  c->coll.data += part;
  c->coll.n -= (size_t)part;
  return VT_OK;
}

vt_status vt_comm_bcast_start(vt_comm *c, int root, void *data, size_t n, vt_err *err)
{
  VT_PASS(idle(c, err));
  if (root < 0 || root >= c->size) VT_FAIL(err, VT_EINVAL, "broadcast from rank %d of %d", root, c->size);
  c->coll.root = root;
  c->coll.data = data;
  c->coll.n = n;
  VT_PASS(bcast_part(c, err));
  c->coll.phase = VT__COLL_BCAST;
  return VT_OK;
}

/* Nobody knows the maximum before all have given their number: a barrier. */
vt_status vt_comm_barrier_start(vt_comm *c, vt_err *err)
{
  VT_PASS(idle(c, err));
  c->coll.key = 0;
  VT_PASS(c->ops->max_start(c, &c->coll.key, err));
  c->coll.phase = VT__COLL_BARRIER;
  return VT_OK;
}

/* ------------------------------------------------------------------ progress */

/* One step is over: begin the next one, or be done. */
static vt_status next_phase(vt_comm *c, int *done, vt_err *err)
{
  switch (c->coll.phase) {
  case VT__COLL_WORST:
    return worst_known(c, done, err);
  case VT__COLL_WHY:
    return why_known(c, done, err);
  case VT__COLL_BCAST:
    if (c->coll.n > 0) return bcast_part(c, err);
    break;
  case VT__COLL_BARRIER:
  case VT__COLL_NONE:
    break;
  }
  *done = 1;
  return VT_OK;
}

vt_status vt_comm_test(vt_comm *c, int *done, vt_err *err)
{
  *done = 0;
  if (c->coll.phase == VT__COLL_NONE) VT_FAIL(err, VT_EBUG, "rank %d tests a collective that was not begun", c->rank);
  vt_status rc;
  int step;
  do {
    step = 0;
    rc = c->ops->test(c, &step, err);
    if (rc == VT_OK && step) rc = next_phase(c, done, err);
  } while (rc == VT_OK && step && !*done);
  if (*done || rc != VT_OK) c->coll.phase = VT__COLL_NONE;
  return rc;
}

static vt_status wait_done(vt_comm *c, vt_err *err)
{
  c->ops->nap(c, 1);
  for (;;) {
    int done = 0;
    vt_status rc = vt_comm_test(c, &done, err);
    if (done || rc != VT_OK) return rc;
    if (!c->ops->can_wait)
      VT_FAIL(err, VT_EBUG, "simulated rank %d cannot wait for the others: start and test instead", c->rank);
    c->ops->nap(c, 0);
    if (c->wait) VT_PASS(c->wait(c->wait_ctx, err));
  }
}

vt_status vt_comm_agree(vt_comm *c, vt_status mine, vt_err *err)
{
  VT_PASS(vt_comm_agree_start(c, mine, err, err));
  return wait_done(c, err);
}

vt_status vt_comm_bcast(vt_comm *c, int root, void *data, size_t n, vt_err *err)
{
  VT_PASS(vt_comm_bcast_start(c, root, data, n, err));
  return wait_done(c, err);
}

vt_status vt_comm_barrier(vt_comm *c, vt_err *err)
{
  VT_PASS(vt_comm_barrier_start(c, err));
  return wait_done(c, err);
}
