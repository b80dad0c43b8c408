/* places.c - where the results are, so that whoever needs one reads that record and no other. */
#include <string.h>

#include "runner/farm/master_impl.h"

vt_status vt__places_open(vt_master *m, vt_err *err)
{
  vt__places *p = &m->places;
  VT_PASS(VT_NEW(p->offset, (size_t)m->o->n_tasks, err));
  VT_PASS(VT_NEW(p->shard, (size_t)m->o->n_tasks, err));
  VT_PASS(VT_NEW(p->last, (size_t)m->n_ranks, err));
  for (int r = 0; r < m->n_ranks; r++) p->last[r] = -1;
  return VT_OK;
}

void vt__places_free(vt_master *m)
{
  for (int k = 0; k < m->places.n_names; k++) vt_free(m->places.name[k]);
  vt_free(m->places.offset);
  vt_free(m->places.shard);
  vt_free(m->places.name);
  vt_free(m->places.last);
}

/* Names are few: one a machine, and one for each rank that could not share. */
static vt_status find_name(vt__places *p, const char *name, int32_t *found, vt_err *err)
{
  for (*found = p->n_names - 1; *found >= 0; --*found)
    if (strcmp(p->name[*found], name) == 0) return VT_OK;
  if (p->n_names == p->cap_names) {
    const int cap = p->cap_names ? 2 * p->cap_names : 16;
    VT_PASS(VT_GROW(p->name, p->n_names, cap, err));
    p->cap_names = cap;
  }
  const size_t n = strlen(name) + 1;
  char *copy;
  VT_PASS(VT_NEW(copy, n, err));
  memcpy(copy, name, n);
  *found = p->n_names++;
  p->name[*found] = copy;
  return VT_OK;
}

vt_status vt__places_told(vt_master *m, int rank, int task, const vt_place *at, vt_err *err)
{
  vt__places *p = &m->places;
  if (at->offset == 0) return VT_OK;
  if (!memchr(at->shard, '\0', sizeof at->shard)) VT_FAIL(err, VT_EBUG, "the shard of rank %d has no name", rank);
  int32_t *last = &p->last[rank];
  if (*last < 0 || strcmp(p->name[*last], at->shard) != 0)
    VT_TRY(find_name(p, at->shard, last, err), err, "shard of rank %d", rank);
  p->offset[task] = at->offset;
  p->shard[task] = *last;
  return VT_OK;
}

int vt__places_known(void *ctx, const vt_uid *uid, const char *shard, uint64_t offset)
{
  const vt_master *m = ctx;
  const int task = vt_uid_index_find(m->o->by_uid, uid);
  return task >= 0 && m->places.offset[task] == offset && strcmp(m->places.name[m->places.shard[task]], shard) == 0;
}

void vt__places_of(const vt_master *m, int task, vt_place *out)
{
  const vt__places *p = &m->places;
  *out = (vt_place){.offset = 0};
  if (task < 0) return;
  const vt_rec *rec = NULL;
  if (p->offset[task]) {
    const char *name = p->name[p->shard[task]];
    out->offset = p->offset[task];
    memcpy(out->shard, name, strlen(name) + 1);
  } else if (m->o->replay && (rec = vt_journal_result(m->o->replay, &m->o->task[task].uid)) != NULL)
    vt_journal_place(m->o->replay, rec, out);
}
