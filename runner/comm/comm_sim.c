/* comm_sim.c - N virtual ranks in one process: every delay, stall and loss is a function of the seed. */
#include <math.h>
#include <string.h>

#include "runner/comm/comm_impl.h"

enum { RANKS_MOST = 32768, STALL_ONE_IN = 64, STALL_TIMES = 32 };

typedef struct letter {
  double arrives;
  int64_t number; /* counts all sends; order among equal arrivals */
  int src, tag;
  size_t n;
  char data[];
} letter;

typedef struct sim_comm {
  vt_comm base;
  vt_sim *sim;
  int dead;
  int open;          /* of a part: this rank has come */
  int64_t lost_from; /* of a dead rank: its letters with this number or a later one never arrive */
  letter **box;      /* binary heap: earliest arrival first */
  int n_box, cap_box;
  letter *held; /* the one that was polled last */
  /* Latest arrival so far of what this rank sent, by destination.  Most ranks of a large world write to one other only:
   * all have a place for one, and room for everybody comes with the second. */
  int only;
  double last_only;
  double *last; /* [n_ranks] or NULL */
  /* The collective step this rank is in. */
  enum { OUT, IN, THROUGH } step;
  int is_bcast, root, n;
  void *data;
  int64_t *max;
} sim_comm;

/* A part is a simulation of its own that has the time, the counters and the draws of the whole. */
struct vt_sim {
  vt_sim_options o;
  vt_sim *whole, *of; /* itself, if it is no part; what it was made of */
  vt_sim *next;       /* of the whole: all parts, also parts of parts */
  int first;          /* its rank 0 is this one of the whole */
  double now;
  int64_t n_sent, n_in_flight, n_draws;
  sim_comm *comm; /* [n_ranks] */
};

static sim_comm *comm_sim_self(vt_comm *c) { return (sim_comm *)c; } /* base is the first member */

static void uniform2(vt_sim *s, double u[2])
{
  vt_rng_uniform2(s->o.seed, VT_STREAM_TEST, 0, s->whole->n_draws++, 0, u);
}

/* ------------------------------------------------------------------ mail boxes */

static int comm_sim_sooner(const letter *a, const letter *b)
{
  return a->arrives < b->arrives || (a->arrives == b->arrives && a->number < b->number);
}

static vt_status box_put(sim_comm *c, letter *l, vt_err *err)
{
  if (c->n_box == c->cap_box) {
    int cap = c->cap_box ? 2 * c->cap_box : 8;
    VT_TRY(VT_GROW(c->box, c->n_box, cap, err), err, "mail box of rank %d", c->base.rank);
    c->cap_box = cap;
  }
  int i = c->n_box++;
  for (; i > 0 && comm_sim_sooner(l, c->box[(i - 1) / 2]); i = (i - 1) / 2) c->box[i] = c->box[(i - 1) / 2];
  c->box[i] = l;
  VT_ASSERT(i == 0 || !comm_sim_sooner(l, c->box[(i - 1) / 2]));
  return VT_OK;
}

static letter *box_take(sim_comm *c)
{
  letter *first = c->box[0], *l = c->box[--c->n_box];
  int i = 0;
  for (;;) {
    int k = 2 * i + 1;
    if (k >= c->n_box) break;
    if (k + 1 < c->n_box && comm_sim_sooner(c->box[k + 1], c->box[k])) k++;
    if (!comm_sim_sooner(c->box[k], l)) break;
    c->box[i] = c->box[k];
    i = k;
  }
  c->box[i] = l;
  c->sim->whole->n_in_flight--;
  VT_ASSERT(c->n_box == 0 || comm_sim_sooner(first, c->box[0]));
  VT_ASSERT(c->sim->whole->n_in_flight >= 0);
  return first;
}

static double delay(vt_sim *s)
{
  double u[2];
  uniform2(s, u);
  double d = -s->o.delay_s * log(u[0]);
  return u[1] * STALL_ONE_IN < 1 ? d * STALL_TIMES : d;
}

static vt_status last_arrival(sim_comm *c, int dst, double **last, vt_err *err)
{
  if (!c->last && (c->only < 0 || c->only == dst)) {
    c->only = dst;
    *last = &c->last_only;
    return VT_OK;
  }
  if (!c->last) {
    VT_TRY(VT_NEW(c->last, c->base.size, err), err, "simulated rank %d", c->base.rank);
    c->last[c->only] = c->last_only;
  }
  *last = &c->last[dst];
  return VT_OK;
}

static vt_status sim_send(vt_comm *base, int dst, int tag, const void *data, size_t n, vt_err *err)
{
  sim_comm *c = comm_sim_self(base);
  vt_sim *s = c->sim;
  if (c->dead) return VT_OK;
  s->whole->n_sent++;
  double *last = NULL, t = s->whole->now + delay(s);
  VT_PASS(last_arrival(c, dst, &last, err));
  if (t < *last) t = *last; /* never overtaken on its own way */
  *last = t;
  if (s->comm[dst].dead) return VT_OK;
  void *p;
  VT_TRY(vt_calloc64(&p, 1, sizeof(letter) + n, err), err, "message of %zu bytes", n);
  letter *l = p;
  *l = (letter){.arrives = t, .number = s->whole->n_sent, .src = base->rank, .tag = tag, .n = n};
  if (n) memcpy(l->data, data, n);
  vt_status rc = box_put(&s->comm[dst], l, err);
  if (rc == VT_OK)
    s->whole->n_in_flight++;
  else
    vt_free(l);
  return rc;
}

static vt_status sim_poll(vt_comm *base, vt_msg *m, int *got, vt_err *err)
{
  sim_comm *c = comm_sim_self(base);
  (void)err;
  vt_free(c->held);
  c->held = NULL;
  while (c->n_box > 0 && c->box[0]->arrives <= c->sim->whole->now) {
    letter *l = box_take(c);
    const sim_comm *from = &c->sim->comm[l->src];
    if (from->dead && l->number >= from->lost_from) {
      vt_free(l);
      continue;
    }
    c->held = l;
    *m = (vt_msg){.src = l->src, .tag = l->tag, .n = l->n, .data = l->data};
    *got = 1;
    break;
  }
  return VT_OK;
}

static double sim_now(const vt_comm *base) { return ((const sim_comm *)base)->sim->whole->now; }

static void sim_nap(vt_comm *base, int busy)
{
  (void)base;
  (void)busy;
}

/* ------------------------------------------------------------------ collectives: all pass when the last has come */

static vt_status meet(sim_comm *c, vt_err *err)
{
  vt_sim *s = c->sim;
  sim_comm *first = &s->comm[0];
  c->step = IN;
  for (int r = 0; r < s->o.n_ranks; r++)
    if (s->comm[r].step != IN || s->comm[r].dead) return VT_OK;
  int64_t most = INT64_MIN;
  for (int r = 0; r < s->o.n_ranks; r++) {
    const sim_comm *o = &s->comm[r];
    if (o->is_bcast != first->is_bcast || (o->is_bcast && (o->root != first->root || o->n != first->n)))
      VT_FAIL(err, VT_EBUG, "rank %d is not in the same collective as rank 0", r);
    if (!o->is_bcast && *o->max > most) most = *o->max;
  }
  for (int r = 0; r < s->o.n_ranks; r++) {
    sim_comm *o = &s->comm[r];
    if (!o->is_bcast)
      *o->max = most;
    else if (r != o->root && o->n)
      memcpy(o->data, s->comm[o->root].data, (size_t)o->n);
    o->step = THROUGH;
  }
  return VT_OK;
}

static vt_status sim_max_start(vt_comm *base, int64_t *v, vt_err *err)
{
  sim_comm *c = comm_sim_self(base);
  c->is_bcast = 0;
  c->max = v;
  return meet(c, err);
}

static vt_status sim_bcast_start(vt_comm *base, int root, void *data, int n, vt_err *err)
{
  sim_comm *c = comm_sim_self(base);
  c->is_bcast = 1;
  c->root = root;
  c->data = data;
  c->n = n;
  return meet(c, err);
}

static vt_status sim_test(vt_comm *base, int *done, vt_err *err)
{
  sim_comm *c = comm_sim_self(base);
  (void)err;
  VT_ASSERT(c->step != OUT);
  *done = c->step == THROUGH;
  if (*done) c->step = OUT;
  return VT_OK;
}

/* ------------------------------------------------------------------ parts */

static vt_status sim_new(vt_sim **out, const vt_sim_options *o, vt_err *err);

/* The first of them makes it, for all: the others come to the one that they are not in yet. */
static vt_status sim_part(vt_comm *base, int first, int n, vt_comm **out, vt_err *err)
{
  vt_sim *of = comm_sim_self(base)->sim, *s = of->whole->next;
  const int rank = base->rank - first, from = of->first + first;
  while (s && (s->of != of || s->first != from || s->o.n_ranks != n || s->comm[rank].open)) s = s->next;
  if (!s) {
    vt_sim_options o = of->o;
    o.n_ranks = n;
    VT_PASS(sim_new(&s, &o, err));
    s->whole = of->whole;
    s->of = of;
    s->first = from;
    for (int r = 0; r < n; r++) s->comm[r].dead = of->comm[first + r].dead;
    s->next = of->whole->next;
    of->whole->next = s;
  }
  s->comm[rank].open = 1;
  *out = &s->comm[rank].base;
  return VT_OK;
}

static void empty_box(sim_comm *c)
{
  while (c->n_box > 0) vt_free(box_take(c));
}

/* Its memory is that of the whole. */
static void sim_part_close(vt_comm *part) { empty_box(comm_sim_self(part)); }

static const vt__comm_ops sim_ops = {.send = sim_send,
                                     .poll = sim_poll,
                                     .now = sim_now,
                                     .nap = sim_nap,
                                     .max_start = sim_max_start,
                                     .bcast_start = sim_bcast_start,
                                     .test = sim_test,
                                     .part = sim_part,
                                     .part_close = sim_part_close,
                                     .can_wait = 0};

/* ------------------------------------------------------------------ the simulation as a whole */

static vt_status sim_new(vt_sim **out, const vt_sim_options *o, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_sim *s;
  VT_TRY(VT_NEW(s, 1, err), err, "simulation");
  s->o = *o;
  s->whole = s;
  size_t n = (size_t)o->n_ranks;
  VT_TRY_OUT(VT_NEW(s->comm, n, err), err, "%zu simulated ranks", n);
  for (int r = 0; r < o->n_ranks; r++) {
    s->comm[r].base.ops = &sim_ops;
    s->comm[r].base.rank = r;
    s->comm[r].base.size = o->n_ranks;
    s->comm[r].sim = s;
    s->comm[r].only = -1;
  }
  *out = s;
  s = NULL;
out:
  vt_sim_close(s);
  return rc;
}

vt_status vt_sim_open(vt_sim **out, const vt_sim_options *o, vt_err *err)
{
  *out = NULL;
  if (o->n_ranks < 1 || o->n_ranks > RANKS_MOST)
    VT_FAIL(err, VT_EINVAL, "%d simulated ranks, allowed 1..%d", o->n_ranks, RANKS_MOST);
  if (!(o->delay_s >= 0) || isinf(o->delay_s)) VT_FAIL(err, VT_EINVAL, "message delay of %g s", o->delay_s);
  return sim_new(out, o, err);
}

vt_comm *vt_sim_comm(vt_sim *s, int rank) { return &s->comm[rank].base; }
double vt_sim_now(const vt_sim *s) { return s->now; }
int vt_sim_alive(const vt_sim *s, int rank) { return !s->comm[rank].dead; }
int64_t vt_sim_messages(const vt_sim *s) { return s->n_sent; }
int64_t vt_sim_in_flight(const vt_sim *s) { return s->n_in_flight; }

void vt_sim_advance(vt_sim *s, double dt)
{
  if (dt > 0) s->now += dt;
}

/* It died at a random moment of the past: of its letters under way, a random number of the newest were never sent. */
static void kill_in(vt_sim *s, int rank)
{
  sim_comm *dead = &s->comm[rank];
  const int64_t n_sent = s->whole->n_sent;
  int64_t oldest = n_sent + 1;
  for (int r = 0; r < s->o.n_ranks; r++)
    for (int k = 0; k < s->comm[r].n_box; k++) {
      const letter *l = s->comm[r].box[k];
      if (l->src == rank && l->number < oldest) oldest = l->number;
    }
  double u[2];
  uniform2(s, u);
  dead->dead = 1;
  dead->lost_from = oldest + (int64_t)(u[0] * (double)(n_sent + 2 - oldest)); /* oldest .. n_sent + 1 */
  empty_box(dead);
}

void vt_sim_kill(vt_sim *s, int rank)
{
  if (s->comm[rank].dead) return;
  for (vt_sim *p = s; p; p = p->next)
    if (rank >= p->first && rank < p->first + p->o.n_ranks) kill_in(p, rank - p->first);
}

void vt_sim_close(vt_sim *s)
{
  while (s) {
    vt_sim *p = s->next ? s->next : s; /* parts use the counters of the whole, which goes last */
    if (p != s) s->next = p->next;
    for (int r = 0; p->comm && r < p->o.n_ranks; r++) {
      empty_box(&p->comm[r]);
      vt_free(p->comm[r].box);
      vt_free(p->comm[r].held);
      vt_free(p->comm[r].last);
    }
    if (p == s) s = NULL;
    vt_free(p->comm);
    vt_free(p);
  }
}
