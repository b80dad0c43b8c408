/* cores.c - the master's side of cores.h: counting, lending, telling. */
#include "runner/farm/cores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/farm/master_impl.h"

static const double LOOK_S = 1, IDLE_S = 1; /* a rank between two tasks is idle for less */
static const double FIRST_S = 2;            /* after so long the first tasks are given whoever has not said HERE */

void vt__here(vt_here_msg *h)
{
  *h = (vt_here_msg){.asked = vt_cpus_asked()};
  vt_host_name(h->host);
  vt_cpus_mine(&h->cpus);
}

size_t vt__cores_bytes(int size) { return offsetof(vt_cores_msg, where) + (size_t)(size - 1) * sizeof(vt_cpus); }

int vt__cores_own(const vt_here_msg *here, const int *same, int n, int rank)
{
  int sharing = 0;
  for (int k = 0; k < n; k++) sharing += vt_cpus_overlap(&here[same[k]].cpus, &here[rank].cpus);
  int own = sharing > 0 ? vt_cpus_count(&here[rank].cpus) / sharing : 1;
  if (here[rank].asked > 0 && own > here[rank].asked) own = here[rank].asked;
  return own > 1 ? own : 1;
}

/* ------------------------------------------------------------------ memory */

static vt_status cores_reserve(vt__cores *c, size_t n, vt_err *err)
{
  VT_PASS(VT_NEW(c->here, n, err));
  VT_PASS(VT_NEW(c->node, n, err));
  VT_PASS(VT_NEW(c->said, n, err));
  VT_PASS(VT_NEW(c->placed, n, err));
  VT_PASS(VT_NEW(c->by_node, n, err));
  VT_PASS(VT_NEW(c->own, n, err));
  VT_PASS(VT_NEW(c->lends_to, n, err));
  VT_PASS(VT_NEW(c->scratch, 2 * n, err));
  VT_PASS(VT_NEW(c->state, n, err));
  VT_PASS(VT_NEW(c->asked, n, err));
  VT_PASS(VT_NEW(c->helped, n, err));
  return VT_NEW(c->told, n, err);
}

vt_status vt__cores_open(vt_master *m, vt_err *err)
{
  vt__cores *c = &m->cores;
  VT_PASS(cores_reserve(c, (size_t)m->n_ranks, err));
  for (int r = 0; r < m->n_ranks; r++) c->lends_to[r] = -1, c->own[r] = 1;
  return VT_OK;
}

void vt__cores_free(vt_master *m)
{
  vt__cores *c = &m->cores;
  void *all[] = {c->here,     c->node,    c->said,  c->placed, c->by_node, c->own,
                 c->lends_to, c->scratch, c->state, c->told,   c->asked,   c->helped};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) vt_free(all[k]);
  *c = (vt__cores){0};
}

/* ------------------------------------------------------------------ who is where */

vt_status vt__cores_here(vt_master *m, const vt_msg *msg, vt_err *err)
{
  vt__cores *c = &m->cores;
  vt_here_msg *h = &c->here[msg->src];
  if (msg->n != sizeof *h) VT_FAIL(err, VT_EBUG, "message of rank %d has %zu bytes", msg->src, msg->n);
  memcpy(h, msg->data, sizeof *h);
  h->host[sizeof h->host - 1] = '\0';
  c->n_said += !c->said[msg->src];
  c->said[msg->src] = 1;
  c->changed = 1;
  return VT_OK;
}

typedef struct by_host {
  const char *host;
  int rank;
} by_host;

static int compare_hosts(const void *a, const void *b)
{
  const by_host *x = a, *y = b;
  const int d = strcmp(x->host, y->host);
  return d ? d : (x->rank > y->rank) - (x->rank < y->rank);
}

/* Nodes and own cores anew; a rank that has not said where it is counts to the first node, but takes no part. */
static vt_status cores_count(vt_master *m, vt_err *err)
{
  vt__cores *c = &m->cores;
  by_host *at = NULL;
  int n = 0, nodes = 0;
  VT_PASS(VT_NEW(at, m->n_ranks, err));
  for (int r = 0; r < m->n_ranks; r++) {
    c->node[r] = 0;
    if (c->said[r]) at[n++] = (by_host){c->here[r].host, r};
  }
  qsort(at, (size_t)n, sizeof *at, compare_hosts);
  for (int first = 0, k; first < n; first = k) {
    for (k = first; k < n && strcmp(at[k].host, at[first].host) == 0; k++) {
      c->by_node[k] = at[k].rank;
      c->node[at[k].rank] = nodes;
    }
    for (int i = first; i < k; i++)
      c->own[at[i].rank] = vt__cores_own(c->here, c->by_node + first, k - first, at[i].rank);
    nodes++;
  }
  vt_free(at);
  c->changed = 0;
  memcpy(c->placed, c->node, (size_t)m->n_ranks * sizeof *c->placed);
  return vt_sched_place(m->sched, c->placed, err);
}

/* ------------------------------------------------------------------ the first tasks */

static vt_status hand_on(vt_master *m, int rank, vt_err *err)
{
  return vt__master_event(m, &(vt_event){.kind = VT_EV_READY, .worker = rank, .task = -1}, err);
}

/* Asked for every READY of the start: no walk over ranks. */
static int workers(const vt_master *m) { return m->n_ranks - !vt__master_works(m, 0) - m->n_dead; }

vt_status vt__cores_ready(vt_master *m, int rank, vt_err *err)
{
  vt__cores *c = &m->cores;
  if (!c->settled && !m->closing && vt_sched_count(m->sched).ready < workers(m)) {
    c->asked[rank] = 1;
    return VT_OK;
  }
  return hand_on(m, rank, err);
}

/* All have said where they are, or the time is over: who asked is served in turns of nodes, the first of each, then the
 * second of each, and so on. */
static vt_status settle(vt_master *m, double now, vt_err *err)
{
  vt__cores *c = &m->cores;
  if (c->settled || (c->n_said < workers(m) && now - m->t_start < FIRST_S && !m->closing)) return VT_OK;
  c->settled = 1;
  VT_PASS(cores_count(m, err));
  int *turn = c->scratch, *seen = c->scratch + m->n_ranks, last = 0;
  for (int r = 0; r < m->n_ranks; r++) seen[r] = 0;
  for (int r = 0; r < m->n_ranks; r++) {
    turn[r] = c->asked[r] ? seen[c->node[r]]++ : -1;
    last = turn[r] > last ? turn[r] : last;
  }
  for (int t = 0; t <= last; t++)
    for (int r = 0; r < m->n_ranks; r++)
      if (turn[r] == t && m->rank[r].doing != VT_RANK_DEAD) VT_PASS(hand_on(m, r, err));
  return VT_OK;
}

/* ------------------------------------------------------------------ lending */

/* What is left of a task at its pace so far; NaN: it has only begun. */
static double left_s(const vt_rank_state *r, double now)
{
  return r->fraction > 0 ? (1 - r->fraction) / r->fraction * (now - r->since) : (double)NAN;
}

static int threads_of_task(const vt_master *m, int task)
{
  const int most = m->o->threads_most ? m->o->threads_most(m->o->ctx, task) : 1;
  return most < VT_TEAM_MOST ? most : VT_TEAM_MOST;
}

static void cores_lend(vt_master *m, double now)
{
  vt__cores *c = &m->cores;
  for (int r = 0; r < m->n_ranks; r++) {
    const vt_rank_state *s = &m->rank[r];
    const int rests = s->doing == VT_RANK_IDLE || s->doing == VT_RANK_LEFT;
    c->state[r] = (vt_lend_state){.idle = c->said[r] && rests && now - s->since >= IDLE_S,
                                  .busy = c->said[r] && s->doing == VT_RANK_BUSY,
                                  .remaining_s = left_s(s, now)};
    if (c->state[r].busy) c->state[r].cores_most = threads_of_task(m, s->task) - c->own[r] + 1;
  }
  vt_sched_lend(m->n_ranks, c->node, c->state, c->scratch, c->lends_to);
}

/* ------------------------------------------------------------------ telling */

/* One core more, of these processors. */
static void one_more(vt_cores_msg *t, const vt_cpus *where, int most)
{
  if (t->size >= most) return;
  t->where[t->size - 1] = *where;
  t->size++;
}

static vt_status tell(vt_master *m, int rank, const vt_cores_msg *t, vt_err *err)
{
  vt__cores *c = &m->cores;
  vt_rank_state *s = &m->rank[rank];
  const size_t bytes = vt__cores_bytes(t->size);
  const uint32_t sum = t->size == 1 ? 0 : vt_crc32(0, t, bytes) | 1;
  char text[64];
  if (sum == c->told[rank]) return VT_OK;
  c->told[rank] = sum;
  if (s->cores != t->size && s->doing == VT_RANK_BUSY) {
    const vt_lease l = {.task = s->task, .attempt = s->attempt, .half_stage = s->half_stage};
    (void)snprintf(text, sizeof text, "%d core%s", t->size, t->size == 1 ? "" : "s");
    vt__master_say(m, VT_RUN_CORES, rank, &l, text);
  }
  s->cores = t->size;
  VT_TRY(vt_comm_send(m->comm, rank, VT_MSG_CORES, t, bytes, err), err, "cores of rank %d", rank);
  return VT_OK;
}

/* A number of threads that is always the same. */
static vt_status tell_fixed(vt_master *m, vt_err *err)
{
  static const vt_cpus anywhere = {{0}};
  for (int r = 0; r < m->n_ranks; r++) {
    vt_cores_msg t = {.size = 1};
    if (!m->cores.said[r] || m->rank[r].doing == VT_RANK_DEAD) continue;
    while (t.size < m->o->threads) one_more(&t, &anywhere, m->o->threads);
    VT_PASS(tell(m, r, &t, err));
  }
  return VT_OK;
}

/* Own cores, then those that are lent: ranks in their order. */
static vt_status tell_dealt(vt_master *m, vt_err *err)
{
  vt__cores *c = &m->cores;
  int *first = c->scratch, *next = c->scratch + m->n_ranks; /* lists of those who lend to a rank */
  for (int r = 0; r < m->n_ranks; r++) first[r] = next[r] = -1;
  for (int r = m->n_ranks - 1; r >= 0; r--)
    if (c->lends_to[r] >= 0) next[r] = first[c->lends_to[r]], first[c->lends_to[r]] = r;
  for (int r = 0; r < m->n_ranks; r++) {
    vt_cores_msg t = {.size = 1};
    if (!c->said[r] || m->rank[r].doing != VT_RANK_BUSY) continue;
    const int most = threads_of_task(m, m->rank[r].task);
    for (int k = 1; k < c->own[r]; k++) one_more(&t, &c->here[r].cpus, most);
    for (int l = first[r]; l >= 0; l = next[l])
      for (int k = 0; k < c->own[l]; k++) one_more(&t, &c->here[l].cpus, most);
    c->helped[r] |= t.size > c->own[r];
    VT_PASS(tell(m, r, &t, err));
  }
  return VT_OK;
}

vt_status vt__cores_look(vt_master *m, double now, vt_err *err)
{
  vt__cores *c = &m->cores;
  VT_PASS(settle(m, now, err));
  if (c->n_said == 0 || m->stopping || now - c->looked < LOOK_S) return VT_OK;
  c->looked = now;
  if (c->changed) VT_TRY(cores_count(m, err), err, "cores of %d ranks", m->n_ranks);
  if (m->o->threads > 0) return tell_fixed(m, err);
  cores_lend(m, now);
  return tell_dealt(m, err);
}
