/* identify.c - uids of all tasks of a campaign.
 *
 * Tasks that differ in their glass alone have texts that differ in one line: the rest is written once for all of them,
 * since a campaign may have a million tasks, on every rank. */
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"

enum { TEXTS = 64, OWN_MOST = 128 }; /* temperatures and pieces of one composition, about */

/* Text of plans that are equal without what without_place takes away. */
typedef struct text {
  vt_plan of;
  vt_buf canon; /* of `of` */
  size_t at, n; /* its one line of their own: begins, is so long */
} text;

struct vt__identities {
  text t[TEXTS];
  int n, next; /* the one that is replaced next, once all are there */
  vt_buf whole;
};

static vt_plan without_place(const vt_plan *p)
{
  vt_plan of = *p;
  of.uid = of.needs = (vt_uid){{0}};
  of.glass = of.start_frame = 0;
  return of;
}

static int is_first_glass(const vt_plan *p) { return p->kind == VT_TASK_GLASS && !(p->from_k > 0); }

/* The line of the canonical text that says the glass: which one it is, or which task it comes from. */
static size_t own_line(const vt_plan *p, char line[OWN_MOST])
{
  char hex[65];
  vt_uid_hex(&p->needs, hex);
  const int n = is_first_glass(p) ? snprintf(line, OWN_MOST, "\nglass %d\n", (int)p->glass)
                                  : snprintf(line, OWN_MOST, "\nneeds %s\n", hex);
  return (size_t)n;
}

/* Plans whose padding differs are not found, which costs time alone. */
static vt_status text_of(vt__identities *x, const vt_plan *of, const text **out, int *is_new, vt_err *err)
{
  char line[OWN_MOST];
  *is_new = 0;
  for (int k = 0; k < x->n; k++) {
    const vt_plan *q = &x->t[k].of;
    if (q->kind != of->kind || q->comp_index != of->comp_index || q->piece != of->piece || !x->t[k].n) continue;
    if (memcmp(q, of, sizeof *q) != 0) continue;
    *out = &x->t[k];
    return VT_OK;
  }
  *is_new = 1;
  text *t = &x->t[x->next];
  x->next = (x->next + 1) % TEXTS;
  if (x->n < TEXTS) x->n++;
  vt_buf_free(&t->canon);
  *t = (text){.of = *of};
  vt_plan_canon(of, &t->canon);
  VT_PASS(vt_buf_check(&t->canon, err));
  const size_t n = own_line(of, line);
  const char *found = strstr(t->canon.s, line);
  if (!found || strstr(found + 1, line)) VT_FAIL(err, VT_EBUG, "a canonical text without its line of the glass");
  t->at = (size_t)(found - t->canon.s);
  t->n = n;
  *out = t;
  return VT_OK;
}

vt_status vt__identities_open(vt__identities **x, vt_err *err) { return VT_NEW(*x, 1, err); }

void vt__identities_close(vt__identities *x)
{
  if (!x) return;
  for (int k = 0; k < x->n; k++) vt_buf_free(&x->t[k].canon);
  vt_buf_free(&x->whole);
  vt_free(x);
}

vt_status vt__identities_next(vt__identities *x, vt_plan *p, vt_err *err)
{
  const vt_plan of = without_place(p);
  const text *t;
  char line[OWN_MOST];
  int is_new;
  VT_PASS(text_of(x, &of, &t, &is_new, err));
  if (is_new) return vt_plan_identify(p, err); /* which checks it, too */
  x->whole.len = 0;
  vt_buf_add(&x->whole, t->canon.s, t->at);
  vt_buf_add(&x->whole, line, own_line(p, line));
  vt_buf_add(&x->whole, t->canon.s + t->at + t->n, t->canon.len - t->at - t->n);
  VT_PASS(vt_buf_check(&x->whole, err));
  vt_sha256(x->whole.s, x->whole.len, &p->uid);
  vt_alive();
  return VT_OK;
}
