/* team.c - threads that wait for the next loop, and the loop.
 *
 * One word holds the number of the loop, its pieces and the next piece that nobody has taken: whoever adds one to it
 * has taken a piece of just that loop, or learns that there is none left, also if it comes late.  The loop's function
 * is read only by who holds a piece, and its owner does not return, let alone begin another loop, before every piece
 * that was taken is done.  So nobody need wait for members that are not there: a member that sleeps, or whose
 * processor is taken away, costs the loop nothing but its help. */
#define _GNU_SOURCE /* sched_getaffinity, pthread_setaffinity_np */
#include "engine/team/team.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* How often a member looks for the next loop before it sleeps: some 30 us, more than what lies between two loops of a
 * step of a few hundred atoms. */
enum { LOOKS = 1500 };

/* The word: number of the loop (32 bits), its pieces (16), the next one (16). */
enum { PIECE_BITS = 16 };
_Static_assert(VT_TEAM_PIECES + 2 * VT_TEAM_MOST < 1 << PIECE_BITS, "each member may add one in vain");

typedef struct team_member {
  vt_team *team;
  pthread_t thread;
  int index;
} team_member;

struct vt_team {
  _Alignas(64) _Atomic uint64_t word;
  vt_team_work *work;
  void *ctx;
  atomic_int wanted; /* members; who has a higher number ends */
  atomic_int sleeping;
  int size;
  uint32_t loop;
  _Alignas(64) atomic_int done; /* pieces of this loop */
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  vt_cpus own;                      /* of the opener */
  team_member member[VT_TEAM_MOST]; /* the first is the opener, which has no entry */
};

/* ------------------------------------------------------------------ processors */

static void to_set(const vt_cpus *c, cpu_set_t *set)
{
  CPU_ZERO(set);
  for (size_t k = 0; k < VT_CPUS && k < CPU_SETSIZE; k++)
    if (c->bit[k / 64] >> k % 64 & 1) CPU_SET(k, set);
}

void vt_cpus_mine(vt_cpus *c)
{
  cpu_set_t set;
  *c = (vt_cpus){0};
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return;
  for (size_t k = 0; k < VT_CPUS && k < CPU_SETSIZE; k++)
    if (CPU_ISSET(k, &set)) c->bit[k / 64] |= (uint64_t)1 << k % 64;
}

int vt_cpus_count(const vt_cpus *c)
{
  int n = 0;
  for (int k = 0; k < VT_CPUS / 64; k++) n += __builtin_popcountll(c->bit[k]);
  return n;
}

int vt_cpus_overlap(const vt_cpus *a, const vt_cpus *b)
{
  for (int k = 0; k < VT_CPUS / 64; k++)
    if (a->bit[k] & b->bit[k]) return 1;
  return 0;
}

int vt_cpus_asked(void)
{
  const char *text = getenv("SLURM_CPUS_PER_TASK");
  int64_t n = 0;
  return text && vt_parse_i64(text, strlen(text), &n) && n > 0 && n <= VT_CPUS ? (int)n : 0;
}

int vt_cpus_usable(void)
{
  vt_cpus mine;
  vt_cpus_mine(&mine);
  int n = vt_cpus_count(&mine);
  const int asked = vt_cpus_asked();
  if (asked > 0 && n > asked) n = asked;
  return n < 1 ? 1 : n < VT_TEAM_MOST ? n : VT_TEAM_MOST;
}

/* ------------------------------------------------------------------ a loop */

static void rest(void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/* Pieces of the loop at hand, until there is none left. */
static void work_along(vt_team *t, int member)
{
  const uint64_t low = (1 << PIECE_BITS) - 1;
  for (;;) {
    uint64_t w = atomic_fetch_add(&t->word, 1);
    const int piece = (int)(w & low), pieces = (int)(w >> PIECE_BITS & low);
    if (piece >= pieces) return;
    t->work(t->ctx, piece, member);
    atomic_fetch_add_explicit(&t->done, 1, memory_order_release);
  }
}

static uint32_t loop_of(uint64_t word) { return (uint32_t)(word >> 2 * PIECE_BITS); }

/* Until another loop than `seen` is there. */
static uint32_t await(vt_team *t, uint32_t seen)
{
  for (int k = 0; k < LOOKS; k++) {
    uint32_t now = loop_of(atomic_load_explicit(&t->word, memory_order_acquire));
    if (now != seen) return now;
    rest();
  }
  (void)pthread_mutex_lock(&t->mutex);
  atomic_fetch_add(&t->sleeping, 1);
  while (loop_of(atomic_load(&t->word)) == seen) (void)pthread_cond_wait(&t->wake, &t->mutex);
  atomic_fetch_sub(&t->sleeping, 1);
  (void)pthread_mutex_unlock(&t->mutex);
  return loop_of(atomic_load(&t->word));
}

static void *live(void *arg)
{
  team_member *m = arg;
  vt_team *t = m->team;
  uint32_t seen = 0;
  for (;;) {
    seen = await(t, seen);
    if (m->index >= atomic_load(&t->wanted)) return NULL;
    work_along(t, m->index);
  }
}

/* A new loop is there for all to see; who sleeps is woken.  Both sides use sequentially consistent operations: either
 * the sleeper sees the new word or this sees the sleeper. */
static void announce(vt_team *t, int pieces)
{
  t->loop = t->loop + 1 ? t->loop + 1 : 1; /* 0: before the first */
  atomic_store(&t->word, (uint64_t)t->loop << 2 * PIECE_BITS | (uint64_t)pieces << PIECE_BITS);
  if (atomic_load(&t->sleeping) == 0) return;
  (void)pthread_mutex_lock(&t->mutex);
  (void)pthread_cond_broadcast(&t->wake);
  (void)pthread_mutex_unlock(&t->mutex);
}

void vt_team_run(vt_team *t, int pieces, vt_team_work *work, void *ctx)
{
  VT_ASSERT(pieces >= 0 && pieces <= VT_TEAM_PIECES);
  if (!t || t->size == 1 || pieces == 1) {
    for (int k = 0; k < pieces; k++) work(ctx, k, 0);
    return;
  }
  t->work = work;
  t->ctx = ctx;
  atomic_store_explicit(&t->done, 0, memory_order_relaxed);
  announce(t, pieces);
  work_along(t, 0);
  for (int k = 0; atomic_load_explicit(&t->done, memory_order_acquire) < pieces; k++) {
    if (k < LOOKS)
      rest();
    else
      (void)sched_yield(); /* whoever has the last piece may need this processor */
  }
}

void vt_team_part(int n, int pieces, int piece, int grain, int *from, int *to)
{
  const int64_t grains = ((int64_t)n + grain - 1) / grain;
  const int64_t a = grains * piece / pieces * grain, b = grains * (piece + 1) / pieces * grain;
  *from = (int)(a < n ? a : n);
  *to = (int)(b < n ? b : n);
}

/* ------------------------------------------------------------------ life */

vt_status vt_team_open(vt_team **out, vt_err *err)
{
  void *p;
  *out = NULL;
  VT_TRY(vt_calloc64(&p, 1, sizeof(vt_team), err), err, "team of threads");
  vt_team *t = p;
  t->size = 1;
  atomic_init(&t->word, 0);
  atomic_init(&t->done, 0);
  atomic_init(&t->wanted, 1);
  atomic_init(&t->sleeping, 0);
  vt_cpus_mine(&t->own);
  if (pthread_mutex_init(&t->mutex, NULL) != 0 || pthread_cond_init(&t->wake, NULL) != 0) {
    vt_free(t);
    VT_FAIL(err, VT_ENOMEM, "team of threads: no mutex");
  }
  *out = t;
  return VT_OK;
}

/* Where a member runs; what the system does not allow is left as it was. */
static void place(const team_member *m, const vt_cpus *where)
{
  cpu_set_t set;
  const vt_cpus *c = where && vt_cpus_count(where) > 0 ? where : &m->team->own;
  if (vt_cpus_count(c) == 0) return;
  to_set(c, &set);
  (void)pthread_setaffinity_np(m->thread, sizeof set, &set);
}

static int start(vt_team *t, int index)
{
  sigset_t all, before;
  team_member *m = &t->member[index];
  *m = (team_member){.team = t, .index = index};
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&m->thread, NULL, live, m);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return !failed;
}

int vt_team_resize(vt_team *t, int size, const vt_cpus *where)
{
  if (size < 1) size = 1;
  if (size > VT_TEAM_MOST) size = VT_TEAM_MOST;
  if (size < t->size) {
    atomic_store(&t->wanted, size);
    announce(t, 0);
    for (int k = size; k < t->size; k++) (void)pthread_join(t->member[k].thread, NULL);
    t->size = size;
  }
  while (t->size < size) {
    atomic_store(&t->wanted, t->size + 1);
    if (!start(t, t->size)) {
      atomic_store(&t->wanted, t->size);
      break;
    }
    t->size++;
  }
  for (int k = 1; k < t->size; k++) place(&t->member[k], where ? &where[k - 1] : NULL);
  return t->size;
}

int vt_team_size(const vt_team *t) { return t ? t->size : 1; }

void vt_team_close(vt_team *t)
{
  if (!t) return;
  (void)vt_team_resize(t, 1, NULL);
  (void)pthread_cond_destroy(&t->wake);
  (void)pthread_mutex_destroy(&t->mutex);
  vt_free(t);
}
