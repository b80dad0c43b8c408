/* node.c - one rank: the loop that moves messages between its master, its worker and the others. */
#include "runner/drive/drive_impl.h"

typedef struct node {
  const vt_node_options *o;
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

/* Every message that is there; then the stop request; then, on rank 0, the watch. */
static vt_status pump(void *ctx, int *busy, vt_err *err)
{
  node *n = ctx;
  vt_comm *c = n->o->comm;
  vt_msg msg;
  int got = 1;
  while (got) {
    VT_PASS(vt_comm_poll(c, &msg, &got, err));
    if (!got) break;
    *busy = 1;
    VT_PASS(dispatch(n, &msg, err));
  }
  if (!n->stop_asked && n->o->stop && n->o->stop(n->o->ctx)) {
    n->stop_asked = 1;
    VT_PASS(vt_comm_send(c, 0, VT_MSG_STOP_ASK, NULL, 0, err));
  }
  double now = vt_comm_now(c);
  if (n->master && n->o->watch && now - n->last_watch >= 1) {
    vt_watch w;
    n->last_watch = now;
    vt__master_watch(n->master, now, &w);
    n->o->watch(n->o->ctx, &w);
  }
  return VT_OK;
}

static int finished(const node *n)
{
  return (!n->worker || vt__worker_left(n->worker)) && (!n->master || vt__master_finished(n->master));
}

static vt_status loop(node *n, vt_err *err)
{
  while (!finished(n)) {
    int busy = 0;
    VT_PASS(pump(n, &busy, err));
    if (n->worker && !vt__worker_left(n->worker)) VT_PASS(vt__worker_step(n->worker, &busy, err));
    vt_comm_nap(n->o->comm, busy);
  }
  if (n->worker) {
    int busy = 0;
    VT_PASS(vt__worker_step(n->worker, &busy, err)); /* what still waits becomes durable */
  }
  return VT_OK;
}

vt_status vt_node_run(const vt_node_options *o, vt_node_outcome *out, vt_err *err)
{
  vt_status rc = VT_OK;
  node n = {.o = o};
  *out = (vt_node_outcome){0};
  int rank = vt_comm_rank(o->comm);
  if (rank == 0) VT_TRY_OUT(vt__master_open(&n.master, o, err), err, "master");
  if (rank > 0 || o->master_inline)
    VT_TRY_OUT(vt__worker_open(&n.worker, o, (vt_pump){.ctx = &n, .step = pump}, err), err, "worker");
out:
  rc = vt_comm_agree(o->comm, rc, err);
  if (rc == VT_OK) rc = loop(&n, err);
  /* Messages that crossed the end (heartbeats, READY after LEAVE) are taken before the communicator is used again. */
  if (rc == VT_OK) rc = vt_comm_barrier(o->comm, err);
  vt_msg msg;
  for (int got = 1; rc == VT_OK && got;) rc = vt_comm_poll(o->comm, &msg, &got, err);
  if (rc == VT_OK && n.master) {
    vt_watch w;
    vt__master_watch(n.master, vt_comm_now(o->comm), &w);
    out->tasks = w.tasks;
    out->stopped = w.stopping;
    if (o->watch) o->watch(o->ctx, &w);
    const vt_err *abort = vt__master_abort(n.master);
    if (abort) {
      if (err) *err = *abort;
      rc = (vt_status)abort->code;
    }
  }
  vt__worker_close(n.worker);
  vt__master_close(n.master);
  return rc;
}
