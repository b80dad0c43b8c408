/* deal.c - pieces of work to whichever rank is free, answers back to rank 0; written once for every transport.
 *
 * Texts of any length travel as messages of one kind each: a head, and as many bytes as fit.  Every rank but the first
 * has up to AHEAD pieces, so that it need not wait for the next one; the first rank works too where there are few. */
#include <string.h>

#include "runner/comm/comm_impl.h"

enum { AHEAD = 2, WORKS_TOO_UP_TO = 8 };
enum { TAG_QUESTION = 4000, TAG_OVER, TAG_ANSWER, TAG_TEXT };

typedef struct part_head {
  int64_t piece;
  uint64_t n; /* bytes of the whole text */
  int32_t status, reserved;
} part_head;
enum { PART = VT_COMM_MOST - (int)sizeof(part_head) };

static vt_status send_text(vt_comm *c, int dst, int tag, int64_t piece, vt_status status, const vt_buf *text,
                           vt_err *err)
{
  char message[VT_COMM_MOST];
  const part_head h = {.piece = piece, .n = text->len, .status = (int32_t)status};
  size_t at = 0;
  memcpy(message, &h, sizeof h);
  do {
    const size_t n = text->len - at < PART ? text->len - at : PART;
    if (n) memcpy(message + sizeof h, text->s + at, n);
    VT_PASS(vt_comm_send(c, dst, tag, message, sizeof h + n, err));
    at += n;
  } while (at < text->len);
  return VT_OK;
}

/* A message joins what came of its text; *whole 1: that is all of it. */
static vt_status take_part(const vt_msg *m, vt_buf *text, part_head *h, int *whole, vt_err *err)
{
  *whole = 0;
  if (m->n < sizeof *h) VT_FAIL(err, VT_EBUG, "part of %zu bytes from rank %d", m->n, m->src);
  memcpy(h, m->data, sizeof *h);
  vt_buf_add(text, (const char *)m->data + sizeof *h, m->n - sizeof *h);
  VT_TRY(vt_buf_check(text, err), err, "text of %llu bytes from rank %d", (unsigned long long)h->n, m->src);
  if (text->len > h->n) VT_FAIL(err, VT_EBUG, "too long a text from rank %d", m->src);
  *whole = text->len == h->n;
  return VT_OK;
}

/* The next message; while there is none, signs of life. */
static vt_status wait_message(vt_comm *c, vt_msg *m, vt_err *err)
{
  for (int got = 0, first = 1;; first = 0) {
    VT_PASS(vt_comm_poll(c, m, &got, err));
    if (got) return VT_OK;
    if (!c->ops->can_wait) VT_FAIL(err, VT_EBUG, "simulated rank %d cannot wait for the others", c->rank);
    c->ops->nap(c, first);
    if (c->wait) VT_PASS(c->wait(c->wait_ctx, err));
  }
}

/* ------------------------------------------------------------------ rank 0 */

typedef struct dealer {
  vt_comm *c;
  const vt_deal *d;
  int64_t next, end; /* pieces that were not yet given: [next, end) */
  int64_t out;       /* given, not yet answered */
  int *has;          /* [size] pieces of each rank */
  vt_buf *answer;    /* [size] what came of an answer so far */
  vt_status rc;      /* the first failure: nothing more is given then */
} dealer;

static void deal_failed(dealer *x, vt_status rc)
{
  if (x->rc == VT_OK) x->rc = rc;
  x->end = x->next;
}

static void dealer_close(dealer *x)
{
  for (int r = 0; x->answer && r < x->c->size; r++) vt_buf_free(&x->answer[r]);
  vt_free(x->answer);
  vt_free(x->has);
}

/* The next piece to a rank. */
static vt_status deal_one(dealer *x, int rank, vt_err *err)
{
  vt_buf question = {0};
  const int64_t i = x->next++;
  vt_err why = {0};
  vt_status rc = x->d->ask(x->d->ctx, i, &question, &why);
  if (rc == VT_OK) rc = vt_buf_check(&question, &why);
  if (rc != VT_OK) {
    if (x->rc == VT_OK && err) *err = why;
    deal_failed(x, rc);
    vt_buf_free(&question);
    return VT_OK;
  }
  rc = send_text(x->c, rank, TAG_QUESTION, i, VT_OK, &question, err);
  vt_buf_free(&question);
  x->has[rank]++;
  x->out++;
  return rc;
}

static vt_status deal_to(dealer *x, int rank, int most, vt_err *err)
{
  while (x->next < x->end && x->has[rank] < most) VT_PASS(deal_one(x, rank, err));
  return VT_OK;
}

/* A piece by this rank itself. */
static void deal_own(dealer *x, vt_err *err)
{
  vt_buf question = {0}, answer = {0};
  vt_err why = {0};
  const int64_t i = x->next++;
  vt_status rc = x->d->ask(x->d->ctx, i, &question, &why);
  if (rc == VT_OK) rc = vt_buf_check(&question, &why);
  if (rc == VT_OK) rc = x->d->work(x->d->ctx, question.s, question.len, &answer, &why);
  if (rc == VT_OK) rc = vt_buf_check(&answer, &why);
  if (rc == VT_OK) rc = x->d->take(x->d->ctx, i, answer.s, answer.len, &why);
  if (rc != VT_OK) {
    if (x->rc == VT_OK && err) *err = why;
    deal_failed(x, rc);
  }
  vt_buf_free(&question);
  vt_buf_free(&answer);
}

static vt_status deal_answer(dealer *x, const vt_msg *m, vt_err *err)
{
  part_head h;
  int whole;
  vt_buf *text = &x->answer[m->src];
  vt_err why = {0};
  if (m->tag != TAG_ANSWER) return VT_OK; /* a heartbeat that crossed the end of the tasks */
  const int src = m->src;
  VT_PASS(take_part(m, text, &h, &whole, err));
  if (!whole) return VT_OK;
  x->has[src]--;
  x->out--;
  vt_status rc = (vt_status)h.status; /* its words come with the agreement */
  if (rc == VT_OK && x->rc == VT_OK) rc = x->d->take(x->d->ctx, h.piece, text->s, text->len, &why);
  if (rc != VT_OK) {
    if (x->rc == VT_OK && h.status == VT_OK && err) *err = why;
    deal_failed(x, h.status == VT_OK ? rc : VT_OK);
  }
  text->len = 0;
  return deal_to(x, src, AHEAD, err);
}

static vt_status deal_out(dealer *x, vt_err *err)
{
  const int size = x->c->size, works = size <= WORKS_TOO_UP_TO;
  const vt_buf none = {0};
  vt_msg m;
  if (size > 1) {
    VT_PASS(VT_NEW(x->has, size, err));
    VT_PASS(VT_NEW(x->answer, size, err));
  }
  for (int most = 1; most <= AHEAD; most++)
    for (int r = 1; r < size; r++) VT_PASS(deal_to(x, r, most, err));
  while (x->next < x->end || x->out > 0) {
    int got = 0;
    vt_alive();
    if (works && x->next < x->end) {
      if (size > 1) VT_PASS(vt_comm_poll(x->c, &m, &got, err));
      if (!got) deal_own(x, err);
    } else {
      VT_PASS(wait_message(x->c, &m, err));
      got = 1;
    }
    if (got) VT_PASS(deal_answer(x, &m, err));
  }
  for (int r = 1; r < size; r++) VT_PASS(send_text(x->c, r, TAG_OVER, -1, VT_OK, &none, err));
  return x->rc;
}

/* ------------------------------------------------------------------ the others */

/* After a failure the pieces that are under way still come, and are answered with it. */
static vt_status deal_work(vt_comm *c, const vt_deal *d, vt_err *err)
{
  vt_status failed = VT_OK, rc = VT_OK;
  vt_buf question = {0}, answer = {0};
  for (;;) {
    vt_msg m;
    part_head h;
    int whole;
    VT_TRY_OUT(wait_message(c, &m, err), err, "pieces of work");
    if (m.tag == TAG_OVER) break;
    if (m.tag != TAG_QUESTION) continue;
    VT_TRY_OUT(take_part(&m, &question, &h, &whole, err), err, "pieces of work");
    if (!whole) continue;
    answer.len = 0;
    if (failed == VT_OK) failed = d->work(d->ctx, question.s, question.len, &answer, err);
    if (failed == VT_OK) failed = vt_buf_check(&answer, err);
    if (failed != VT_OK) answer.len = 0;
    question.len = 0;
    VT_TRY_OUT(send_text(c, 0, TAG_ANSWER, h.piece, failed, &answer, err), err, "an answer");
  }
out:
  vt_buf_free(&question);
  vt_buf_free(&answer);
  return rc == VT_OK ? failed : rc;
}

vt_status vt_comm_deal(vt_comm *c, const vt_deal *d, vt_err *err)
{
  vt_status rc;
  if (c->rank == 0) {
    dealer x = {.c = c, .d = d, .end = d->n};
    rc = deal_out(&x, err);
    dealer_close(&x);
  } else
    rc = deal_work(c, d, err);
  return vt_comm_agree(c, rc, err);
}

/* ------------------------------------------------------------------ one text to one rank */

vt_status vt_comm_hand(vt_comm *c, int dst, const vt_buf *text, vt_err *err)
{
  VT_TRY(send_text(c, dst, TAG_TEXT, 0, VT_OK, text, err), err, "%zu bytes to rank %d", text->len, dst);
  return VT_OK;
}

vt_status vt_comm_take(vt_comm *c, vt_buf *text, vt_err *err)
{
  vt_msg m;
  part_head h;
  for (int whole = 0; !whole;) {
    VT_TRY(wait_message(c, &m, err), err, "a text");
    if (m.tag == TAG_TEXT) VT_TRY(take_part(&m, text, &h, &whole, err), err, "a text");
  }
  return VT_OK;
}
