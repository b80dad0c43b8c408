#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conform/comm_conform.h"
#include "tests/vt_test.h"

enum { N_EACH = 60, N_FLOOD = 40, TAG_FLOOD = 7, TAG_ORDER = 100, BIG = 3000000, TEXT = 1000 };
static const size_t bcast_size[] = {0, 1, 100000, BIG};
enum { N_BCAST = sizeof bcast_size / sizeof bcast_size[0] };

struct comm_conform {
  vt_comm *c;
  int rank, size;
  int stage, begun, part;   /* begun, part: of this stage */
  int n_sent, n_got, *next; /* next[src]: number of the message expected from it */
  double entered;
  unsigned char *big;
  vt_err err;
};

#define REQUIRE(p, cond)                                                                           \
  do {                                                                                             \
    if (!(cond)) fail_msg("stage %d, rank %d of %d: %s", (p)->stage, (p)->rank, (p)->size, #cond); \
  } while (0)
#define REQUIRE_OK(p, call)                                                                                        \
  do {                                                                                                             \
    if ((call) != VT_OK) fail_msg("stage %d, rank %d of %d: %s", (p)->stage, (p)->rank, (p)->size, (p)->err.text); \
  } while (0)

static uint32_t mix(uint32_t a, uint32_t b, uint32_t c)
{
  uint32_t out[4];
  vt_rng_block(42, (uint32_t[4]){a, b, c, 0}, out);
  return out[0];
}

/* Number k from src to dst: one in eight is as large as allowed, one in eight empty, the others short. */
static size_t message_size(int src, int dst, int k)
{
  uint32_t r = mix((uint32_t)src, (uint32_t)dst, (uint32_t)k);
  return r % 8 == 0 ? VT_COMM_MOST : r % 8 == 1 ? 0 : 1 + r / 8 % 2000;
}

static void fill_message(unsigned char *b, size_t n, int src, int dst, int k)
{
  uint32_t x = mix((uint32_t)src, (uint32_t)dst, (uint32_t)k + 1000000);
  for (size_t i = 0; i < n; i++) {
    x = x * 1664525u + 1013904223u;
    b[i] = (unsigned char)(x >> 24);
  }
}

static void send_numbered(comm_conform *p, int dst, int k)
{
  unsigned char buf[VT_COMM_MOST];
  size_t n = message_size(p->rank, dst, k);
  fill_message(buf, n, p->rank, dst, k);
  REQUIRE_OK(p, vt_comm_send(p->c, dst, TAG_ORDER + k, buf, n, &p->err));
  memset(buf, 0xee, sizeof buf); /* the buffer is ours again */
}

/* The next message of its source: right number, tag, size and bytes. */
static void take_numbered(comm_conform *p, const vt_msg *m)
{
  static unsigned char want[VT_COMM_MOST];
  REQUIRE(p, m->src >= 0 && m->src < p->size);
  int k = p->next[m->src]++;
  REQUIRE(p, k < N_EACH);
  REQUIRE(p, m->tag == TAG_ORDER + k);
  REQUIRE(p, m->n == message_size(m->src, p->rank, k));
  fill_message(want, m->n, m->src, p->rank, k);
  REQUIRE(p, m->n == 0 || memcmp(want, m->data, m->n) == 0);
}

/* Every rank sends to every rank, itself too: order per pair is kept, every message arrives once with its bytes. */
static int stage_messages(comm_conform *p)
{
  int all = N_EACH * p->size;
  for (int i = 0; i < 3 && p->n_sent < all; i++, p->n_sent++)
    send_numbered(p, p->n_sent % p->size, p->n_sent / p->size);
  for (int i = 0; i < 2; i++) {
    vt_msg m;
    int got;
    REQUIRE_OK(p, vt_comm_poll(p->c, &m, &got, &p->err));
    if (!got) break;
    take_numbered(p, &m);
    p->n_got++;
  }
  return p->n_sent == all && p->n_got == all;
}

/* The last rank enters late; nobody leaves before it has entered (one clock: same machine). */
static int stage_barrier(comm_conform *p)
{
  int done;
  if (!p->begun) {
    if (p->rank == p->size - 1 && p->part++ < 50) return 0;
    p->entered = vt_comm_now(p->c);
    REQUIRE_OK(p, vt_comm_barrier_start(p->c, &p->err));
    p->begun = 1;
  }
  if (p->begun == 1) {
    REQUIRE_OK(p, vt_comm_test(p->c, &done, &p->err));
    if (!done) return 0;
    double left = vt_comm_now(p->c), last = p->entered;
    p->entered = left;
    memcpy(p->big, &last, sizeof last);
    REQUIRE_OK(p, vt_comm_bcast_start(p->c, p->size - 1, p->big, sizeof last, &p->err));
    p->begun = 2;
  }
  REQUIRE_OK(p, vt_comm_test(p->c, &done, &p->err));
  if (!done) return 0;
  double last;
  memcpy(&last, p->big, sizeof last);
  REQUIRE(p, p->entered >= last);
  return 1;
}

/* After the barrier nothing is left over. */
static int stage_silence(comm_conform *p)
{
  vt_msg m;
  int got;
  REQUIRE_OK(p, vt_comm_poll(p->c, &m, &got, &p->err));
  REQUIRE(p, !got);
  return ++p->part == 20;
}

/* All send a lot before anyone listens: no send waits for its receiver. */
static int stage_flood(comm_conform *p)
{
  int to = (p->rank + 1) % p->size, from = (p->rank + p->size - 1) % p->size;
  static unsigned char buf[VT_COMM_MOST];
  for (int k = 0; !p->begun && k < N_FLOOD; k++) {
    fill_message(buf, sizeof buf, p->rank, to, k);
    REQUIRE_OK(p, vt_comm_send(p->c, to, TAG_FLOOD, buf, sizeof buf, &p->err));
  }
  p->begun = 1;
  vt_msg m;
  int got;
  REQUIRE_OK(p, vt_comm_poll(p->c, &m, &got, &p->err));
  if (!got) return 0;
  REQUIRE(p, m.src == from && m.tag == TAG_FLOOD && m.n == sizeof buf);
  fill_message(buf, sizeof buf, from, p->rank, p->part);
  REQUIRE(p, memcmp(buf, m.data, sizeof buf) == 0);
  return ++p->part == N_FLOOD;
}

/* Agree with `mine`; 1 when over, *got the status and p->err the text. */
static int agreed(comm_conform *p, vt_status mine, vt_status *got)
{
  int done;
  if (!p->begun) {
    vt_err why = p->err;
    vt_err_clear(&p->err);
    REQUIRE_OK(p, vt_comm_agree_start(p->c, mine, &why, &p->err));
    p->begun = 1;
  }
  *got = vt_comm_test(p->c, &done, &p->err);
  return done;
}

/* A lone rank needs no name. */
static int names_rank(const comm_conform *p, int rank)
{
  char text[64];
  if (p->size == 1) return strstr(p->err.text, "on rank") == NULL;
  (void)snprintf(text, sizeof text, "on rank %d of %d", rank, p->size);
  return strstr(p->err.text, text) != NULL;
}

static int stage_all_well(comm_conform *p)
{
  vt_status s;
  vt_err_clear(&p->err);
  if (!agreed(p, VT_OK, &s)) return 0;
  REQUIRE(p, s == VT_OK && p->err.used == 0);
  return 1;
}

/* The last rank diverged, the first wants to stop, the others are well: a failure outweighs a stop. */
static int stage_one_fails(comm_conform *p)
{
  vt_status s, mine = VT_OK;
  int last = p->size - 1;
  if (!p->begun) {
    if (p->rank == 0) mine = vt_err_set(&p->err, VT_ESTOP, "here.c", 1, "asked to stop");
    if (p->rank == last) mine = vt_err_set(&p->err, VT_EDIVERGE, "there.c", 2, "T = 9.1e5 K at step 1200");
  }
  if (!agreed(p, mine, &s)) return 0;
  REQUIRE(p, s == VT_EDIVERGE && p->err.code == VT_EDIVERGE);
  REQUIRE(p, strstr(p->err.text, "there.c:2: T = 9.1e5 K at step 1200\n"));
  REQUIRE(p, !strstr(p->err.text, "asked to stop"));
  REQUIRE(p, names_rank(p, last));
  return 1;
}

/* All fail alike, and without a text: the lowest rank is named, the status explains itself. */
static int stage_all_fail(comm_conform *p)
{
  vt_status s;
  if (!p->begun) vt_err_clear(&p->err);
  if (!agreed(p, VT_ETASK, &s)) return 0;
  REQUIRE(p, s == VT_ETASK && names_rank(p, 0));
  REQUIRE(p, strstr(p->err.text, vt_status_text(VT_ETASK)));
  return 1;
}

/* A chain that fills the error leaves room for the rank's name. */
static int stage_long_text(comm_conform *p)
{
  vt_status s, mine = VT_OK;
  int who = p->size / 2;
  if (!p->begun && p->rank == who) {
    char text[TEXT + 1];
    memset(text, 'x', TEXT);
    text[TEXT] = '\0';
    mine = vt_err_set(&p->err, VT_EIO, "f.c", 3, "%s", text);
  }
  if (!agreed(p, mine, &s)) return 0;
  REQUIRE(p, s == VT_EIO && names_rank(p, who));
  REQUIRE(p, strncmp(p->err.text, "f.c:3: xxxxx", 12) == 0);
  return 1;
}

/* Any number of bytes, from any rank. */
static int stage_bcast(comm_conform *p)
{
  int done, root = p->part % p->size;
  size_t n = bcast_size[p->part / p->size];
  if (!p->begun) {
    memset(p->big, 0, BIG);
    if (p->rank == root) fill_message(p->big, n, root, 0, p->part);
    REQUIRE_OK(p, vt_comm_bcast_start(p->c, root, p->big, n, &p->err));
    p->begun = 1;
  }
  REQUIRE_OK(p, vt_comm_test(p->c, &done, &p->err));
  if (!done) return 0;
  unsigned char *want = malloc(BIG);
  REQUIRE(p, want != NULL);
  memset(want, 0, BIG);
  fill_message(want, n, root, 0, p->part);
  int same = memcmp(want, p->big, BIG) == 0; /* not one byte more than n, too */
  free(want);
  REQUIRE(p, same);
  p->begun = 0;
  return ++p->part == N_BCAST * p->size;
}

/* Wrong arguments are refused at once and leave the transport usable. */
static int stage_refusals(comm_conform *p)
{
  static const char bytes[VT_COMM_MOST + 1];
  vt_err *e = &p->err;
  REQUIRE(p, vt_comm_send(p->c, p->size, 1, bytes, 1, e) == VT_EINVAL && strstr(e->text, "rank"));
  REQUIRE(p, vt_comm_send(p->c, -1, 1, bytes, 1, e) == VT_EINVAL);
  REQUIRE(p, vt_comm_send(p->c, 0, VT_COMM_TAG_MOST + 1, bytes, 1, e) == VT_EINVAL && strstr(e->text, "tag"));
  REQUIRE(p, vt_comm_send(p->c, 0, 1, bytes, sizeof bytes, e) == VT_EINVAL && strstr(e->text, "32769 bytes"));
  REQUIRE(p, vt_comm_bcast_start(p->c, p->size, p->big, 1, e) == VT_EINVAL);
  int done;
  REQUIRE(p, vt_comm_test(p->c, &done, e) == VT_EBUG && !done);
  return 1;
}

/* A barrier on both sides of each silence: what the next stage sends must not arrive in it. */
static int (*const script[])(comm_conform *p) = {
    stage_messages, stage_barrier,  stage_silence,   stage_barrier,  stage_refusals, stage_flood,     stage_barrier,
    stage_silence,  stage_all_well, stage_one_fails, stage_all_fail, stage_all_well, stage_long_text, stage_bcast};

comm_conform *comm_conform_open(vt_comm *c)
{
  comm_conform *p = calloc(1, sizeof *p);
  assert_non_null(p);
  p->c = c;
  p->rank = vt_comm_rank(c);
  p->size = vt_comm_size(c);
  p->next = calloc((size_t)p->size, sizeof *p->next);
  p->big = malloc(BIG);
  assert_non_null(p->next);
  assert_non_null(p->big);
  return p;
}

int comm_conform_step(comm_conform *p)
{
  int n = (int)(sizeof script / sizeof script[0]);
  if (p->stage == n) return 1;
  if (script[p->stage](p)) {
    p->stage++;
    p->begun = p->part = 0;
  }
  return p->stage == n;
}

void comm_conform_close(comm_conform *p)
{
  if (!p) return;
  free(p->next);
  free(p->big);
  free(p);
}
