/* index.c - which records belong to a uid. */
#include <limits.h>
#include <string.h>

#include "runner/journal/journal_impl.h"

/* A uid is a SHA-256: its first bytes are as good as any hash of it. */
static size_t slot_of(const vt__index *x, const int32_t *slot, size_t n_slots, const vt_uid *uid)
{
  uint64_t h;
  VT_ASSERT(x->n_used < n_slots && (n_slots & (n_slots - 1)) == 0); /* there is a free slot to stop at */
  memcpy(&h, uid->b, sizeof h);
  size_t i = (size_t)h & (n_slots - 1);
  while (slot[i] >= 0 && !vt_uid_equal(&x->rec[slot[i]].uid, uid)) i = (i + 1) & (n_slots - 1);
  return i;
}

static vt_status more_slots(vt__index *x, vt_err *err)
{
  size_t n = x->n_slots ? 2 * x->n_slots : 64;
  int32_t *slot, *last;
  VT_TRY(VT_NEW(slot, n, err), err, "index of %d journal records", x->n);
  vt_status rc = VT_NEW(last, n, err);
  if (rc != VT_OK) {
    vt_free(slot);
    return vt_err_wrap(err, rc, __FILE__, __LINE__, "index of %d journal records", x->n);
  }
  size_t used = 0;
  for (size_t i = 0; i < n; i++) slot[i] = -1;
  for (size_t i = 0; i < x->n_slots; i++)
    if (x->slot[i] >= 0) {
      size_t to = slot_of(x, slot, n, &x->rec[x->slot[i]].uid);
      VT_ASSERT(slot[to] < 0); /* a uid has one slot */
      slot[to] = x->slot[i];
      last[to] = x->last[i];
      used++;
    }
  VT_ASSERT(used == x->n_used);
  vt_free(x->slot);
  vt_free(x->last);
  x->slot = slot;
  x->last = last;
  x->n_slots = n;
  return VT_OK;
}

static vt_status more_records(vt__index *x, vt_err *err)
{
  if (x->cap > INT_MAX / 2) VT_FAIL(err, VT_EINVAL, "more than %d journal records", x->cap);
  int cap = x->cap ? 2 * x->cap : 64;
  VT_TRY(VT_GROW(x->rec, x->n, cap, err), err, "%d journal records", cap);
  VT_TRY(VT_GROW(x->next, x->n, cap, err), err, "%d journal records", cap);
  x->cap = cap;
  return VT_OK;
}

vt_status vt__index_add(vt__index *x, const vt_rec *r, int (*before)(const void *ctx, const vt_rec *a, const vt_rec *b),
                        const void *ctx, vt_err *err)
{
  if (x->n == x->cap) VT_PASS(more_records(x, err));
  if (2 * (x->n_used + 1) > x->n_slots) VT_PASS(more_slots(x, err));
  int i = x->n++;
  x->rec[i] = *r;
  size_t of = slot_of(x, x->slot, x->n_slots, &r->uid);
  int32_t *at = &x->slot[of];
  x->n_used += *at < 0;
  if (*at >= 0 && before(ctx, &x->rec[x->last[of]], r)) at = &x->next[x->last[of]]; /* nearly always */
  while (*at >= 0 && before(ctx, &x->rec[*at], r)) at = &x->next[*at];
  x->next[i] = *at;
  *at = i;
  if (x->next[i] < 0) x->last[of] = i;
  VT_ASSERT(x->next[i] < 0 || vt_uid_equal(&x->rec[x->next[i]].uid, &r->uid));
  VT_ASSERT(x->next[i] < 0 || before(ctx, r, &x->rec[x->next[i]])); /* no two records are at one place */
  VT_ASSERT(x->n <= x->cap && 2 * x->n_used <= x->n_slots && x->n_used <= (size_t)x->n);
  return VT_OK;
}

int vt__index_first(const vt__index *x, const vt_uid *uid)
{
  int first = x->n_slots ? x->slot[slot_of(x, x->slot, x->n_slots, uid)] : -1;
  VT_ASSERT(first < x->n && (first < 0 || vt_uid_equal(&x->rec[first].uid, uid)));
  return first;
}

void vt__index_free(vt__index *x)
{
  vt_free(x->rec);
  vt_free(x->next);
  vt_free(x->slot);
  vt_free(x->last);
  *x = (vt__index){0};
}
