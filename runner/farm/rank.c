/* rank.c - one rank: the loop that moves messages between its master, its worker and the others. */
#include <string.h>

#include "runner/farm/farm_impl.h"
#include "runner/watchdog/watchdog.h"

typedef struct node {
  const vt_farm_options *o;
  vt_master *master; /* rank 0 */
  vt_worker *worker;
  int stop_asked;
  double last_watch;
} node;

static vt_status dispatch(node *n, const vt_msg *msg, vt_err *err)
{
  if (msg->tag < VT_MSG_TASK) {
    if (!n->master) VT_FAIL(err, VT_EBUG, "rank %d sent message %d to a rank without master", msg->src, msg->tag);
    return vt__master_message(n->master, msg, err);
  }
  if (!n->worker) VT_FAIL(err, VT_EBUG, "message %d to a rank without worker", msg->tag);
  return vt__worker_message(n->worker, msg, err);
}

/* Every message that is there (a flood must not keep a master from what time brings); then the stop request; then, on
 * rank 0, what time brings, and the watch. */
enum { MESSAGES_MOST = 10000 };

static vt_status rank_pump(void *ctx, int *busy, vt_err *err)
{
  node *n = ctx;
  vt_comm *c = n->o->comm;
  vt_msg msg;
  int got = 1;
  vt_watchdog_beat();
  for (int k = 0; got && k < MESSAGES_MOST; k++) {
    VT_PASS(vt_comm_poll(c, &msg, &got, err));
    if (!got) break;
    *busy = 1;
    VT_PASS(dispatch(n, &msg, err));
  }
  if (!n->stop_asked && n->o->stop && n->o->stop(n->o->ctx)) {
    n->stop_asked = 1;
    VT_PASS(vt_comm_send(c, 0, VT_MSG_STOP_ASK, NULL, 0, err));
  }
  if (n->master) VT_PASS(vt__master_tick(n->master, err));
  double now = vt_comm_now(c);
  if (n->master && n->o->watch && now - n->last_watch >= 1) {
    vt_run_snapshot w;
    vt__master_snapshot(n->master, now, &w);
    n->o->watch(n->o->ctx, &w);
    n->last_watch = vt_comm_now(c);
  }
  return VT_OK;
}

/* The end: of the master's rank when the master says so, of another one when it was told to go. */
static int finished(const node *n)
{
  const unsigned char *dead;
  int declared_dead;
  if (n->master) return vt__master_finished(n->master);
  return vt__worker_over(n->worker, &dead, &declared_dead) > 0;
}

static vt_status rank_loop(node *n, int *declared_dead, vt_err *err)
{
  const unsigned char *dead;
  while (!finished(n)) {
    int busy = 0;
    VT_PASS(rank_pump(n, &busy, err));
    if (n->worker) {
      VT_PASS(vt__worker_step(n->worker, &busy, err));
      if (vt__worker_over(n->worker, &dead, declared_dead) < 0)
        VT_FAIL(err, VT_ESTOP, "%s",
                *declared_dead ? "this rank was declared dead; others do its work" : "the master of this job is dead");
    }
    vt_comm_nap(n->o->comm, busy);
  }
  return VT_OK;
}

/* Ranks that died on the way do not take part.  Messages that crossed the end (heartbeats, READY after LEAVE) are taken
 * before the communicator is used again. */
static vt_status rank_gather(node *n, vt_farm_outcome *out, vt_err *err)
{
  vt_comm *c = n->o->comm;
  const unsigned char *dead = NULL;
  int declared_dead, n_dead = 0;
  vt_crash_note_in_collective(1, n->o->rank_timeout_s);
  if (n->master)
    dead = vt__master_dead(n->master, &n_dead);
  else {
    (void)vt__worker_over(n->worker, &dead, &declared_dead);
    for (int r = 0; r < vt_comm_size(c); r++) n_dead += dead[r / 8] >> r % 8 & 1;
  }
  out->n_dead = n_dead;
  size_t bytes = (size_t)vt_comm_size(c) / 8 + 1;
  void *p;
  VT_TRY(vt_calloc64(&p, bytes, 1, err), err, "%d ranks", vt_comm_size(c));
  out->dead = memcpy(p, dead, bytes);
  vt_msg msg;
  for (int got = 1; got;) VT_PASS(vt_comm_poll(c, &msg, &got, err));
  if (n_dead) VT_PASS(vt_comm_shrink(c, dead, err));
  VT_PASS(vt_comm_barrier(c, err));
  for (int got = 1; got;) VT_PASS(vt_comm_poll(c, &msg, &got, err));
  return VT_OK;
}

static vt_status outcome_of(node *n, vt_farm_outcome *out, vt_err *err)
{
  vt_run_snapshot w;
  vt__master_snapshot(n->master, vt_comm_now(n->o->comm), &w);
  out->tasks = w.tasks;
  out->stopped = w.stopping;
  out->leads = w.leads;
  out->others = w.others;
  if (n->o->watch) n->o->watch(n->o->ctx, &w);
  const vt_err *abort = vt__master_abort(n->master);
  if (!abort) return VT_OK;
  if (err) *err = *abort;
  return (vt_status)abort->code;
}

vt_status vt_farm_run(const vt_farm_options *o, vt_farm_outcome *out, vt_err *err)
{
  vt_status rc = VT_OK;
  node n = {.o = o};
  *out = (vt_farm_outcome){0};
  int rank = vt_comm_rank(o->comm);
  if (rank == 0) VT_TRY_OUT(vt__master_open(&n.master, o, err), err, "master");
  if (rank > 0 || o->master_inline)
    VT_TRY_OUT(vt__worker_open(&n.worker, o, (vt_pump){.ctx = &n, .step = rank_pump}, err), err, "worker");
out:
  rc = vt_comm_agree(o->comm, rc, err);
  if (rc == VT_OK) {
    vt_crash_note_in_collective(0, o->rank_timeout_s);
    vt_watchdog_doing(NULL); /* the note says it */
    rc = rank_loop(&n, &out->declared_dead, err);
    if (rc == VT_OK) rc = rank_gather(&n, out, err);
    out->alone = rc != VT_OK;
    if (out->alone && n.master && o->death_notes)
      vt_death_note_leave(o->death_notes, rank); /* the workers need not wait for a timeout */
  }
  if (rc == VT_OK && n.master) rc = outcome_of(&n, out, err);
  vt__worker_close(n.worker);
  vt__master_close(n.master);
  return rc;
}
