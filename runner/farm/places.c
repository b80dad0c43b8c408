/* places.c - where the results are, so that whoever needs one reads that record and no other. */
#include <string.h>

#include "runner/farm/master_impl.h"

vt_status vt__places_open(vt_master *m, vt_err *err)
{
  vt__places *p = &m->places;
  VT_PASS(VT_NEW(p->offset, (size_t)m->o->n_tasks, err));
  VT_PASS(VT_NEW(p->rank, (size_t)m->o->n_tasks, err));
  return VT_NEW(p->shard, (size_t)m->n_ranks, err);
}

void vt__places_free(vt_master *m)
{
  for (int r = 0; m->places.shard && r < m->n_ranks; r++) vt_free(m->places.shard[r]);
  vt_free(m->places.offset);
  vt_free(m->places.rank);
  vt_free(m->places.shard);
}

/* A rank has one shard as long as there is a master. */
vt_status vt__places_told(vt_master *m, int rank, int task, const vt_place *at, vt_err *err)
{
  vt__places *p = &m->places;
  if (at->offset == 0) return VT_OK;
  if (!memchr(at->shard, '\0', sizeof at->shard)) VT_FAIL(err, VT_EBUG, "the shard of rank %d has no name", rank);
  const size_t n = strlen(at->shard) + 1;
  if (!p->shard[rank]) {
    VT_TRY(VT_NEW(p->shard[rank], n, err), err, "shard of rank %d", rank);
    memcpy(p->shard[rank], at->shard, n);
  }
  if (strcmp(p->shard[rank], at->shard) != 0)
    VT_FAIL(err, VT_EBUG, "rank %d has two shards, '%.80s' and '%.80s'", rank, p->shard[rank], at->shard);
  p->offset[task] = at->offset;
  p->rank[task] = rank;
  return VT_OK;
}

void vt__places_of(const vt_master *m, int task, vt_place *out)
{
  const vt__places *p = &m->places;
  *out = (vt_place){.offset = 0};
  if (task < 0) return;
  const vt_rec *rec = NULL;
  if (p->offset[task]) {
    const char *name = p->shard[p->rank[task]];
    out->offset = p->offset[task];
    memcpy(out->shard, name, strlen(name) + 1);
  } else if (m->o->replay && (rec = vt_journal_result(m->o->replay, &m->o->task[task].uid)) != NULL)
    vt_journal_place(m->o->replay, rec, out);
}
