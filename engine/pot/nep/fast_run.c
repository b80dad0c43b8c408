/* fast_run.c - one force call of the vector path: chunks of atoms, dealt to the threads of the list's team.
 *
 * Each chunk has a buffer of forces of its own, and buffers, energies and virials are added up in the order of the
 * chunks, whose cuts follow from the atoms and the lanes of the kernel alone: the bits are the same for any number of
 * threads (T 4.12).  A thread that is alone needs one buffer, which it adds up after each chunk. */
#include <string.h>

#include "engine/pot/nep/fast_impl.h"

enum {
  CHUNK_ATOMS = 42, /* a chunk of the smallest cells: three batches of mixed precision */
  FEW = 2000,       /* fewer entries are copied faster than threads are told to           */
  GRAIN = 8         /* atoms whose forces are whole cache lines                           */
};

/* ------------------------------------------------------------------ memory */

static vt_status add_views(vt_nep_vector *v, int n, vt_err *err)
{
  if (n <= v->n_views) return VT_OK;
  VT_PASS(VT_GROW(v->view, (size_t)v->n_views, n, err));
  while (v->n_views < n) {
    vt_nep_fast *f = &v->view[v->n_views];
    *f = v->view[0];
    f->slot = NULL, f->work = NULL, f->cap_row = 0;
    VT_PASS(VT_NEW(f->slot, f->kernel->lanes, err));
    v->n_views++;
  }
  return VT_OK;
}

static vt_status reserve_atoms(vt_nep_vector *v, const vt_nlist *nl, vt_err *err)
{
  if (nl->n > v->cap_n) {
    v->cap_n = 0;
    vt_free(v->order);
    v->order = NULL;
    VT_PASS(VT_NEW(v->order, nl->n, err));
    v->cap_n = nl->n;
  }
  if (nl->n_all > v->cap_all) {
    const int room = nl->n_all + nl->n_all / 8; /* the number of ghosts changes with every list */
    v->cap_all = 0;
    vt_free(v->site);
    v->site = NULL;
    VT_PASS(VT_NEW(v->site, room, err));
    v->cap_all = room;
  }
  return VT_OK;
}

/* Room for the sum and `n_buffers` buffers of 4 numbers an atom. */
static vt_status reserve_buffers(vt_nep_vector *v, int n_atoms, int n_buffers, vt_err *err)
{
  const size_t need = 4 * (size_t)n_atoms * (size_t)(n_buffers + 1);
  if (need <= v->cap_buffers) return VT_OK;
  v->cap_buffers = 0;
  vt_free(v->buffers);
  v->buffers = NULL;
  VT_PASS(VT_NEW(v->buffers, need, err));
  v->cap_buffers = need;
  return VT_OK;
}

/* What `members` threads work with. */
static vt_status reserve_views(vt_nep_vector *v, const vt_nlist *nl, int members, int n_buffers, vt_err *err)
{
  int longest = 0;
  for (int i = 0; i < nl->n; i++) longest = nl->count[i] > longest ? nl->count[i] : longest;
  VT_TRY(add_views(v, members, err), err, "vector path of %d threads", members);
  VT_TRY(reserve_buffers(v, nl->n, n_buffers, err), err, "vector path: forces of %d chunks", n_buffers);
  for (int m = 0; m < members; m++) {
    vt_nep_fast *f = &v->view[m];
    VT_PASS(vt__nep_fast_rows(f, longest, err));
    f->order = v->order;
    f->site = v->site;
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ atoms in order */

static void group_by_species(vt_nep_vector *v, const vt_nlist *nl)
{
  int start[VT_MAX_SPECIES + 1] = {0};
  for (int i = 0; i < nl->n; i++) start[nl->type[i] + 1]++;
  for (int s = 0; s < VT_MAX_SPECIES; s++) start[s + 1] += start[s];
  for (int i = 0; i < nl->n; i++) v->order[start[nl->type[i]]++] = i;
  VT_ASSERT(start[VT_MAX_SPECIES] == nl->n && start[VT_MAX_SPECIES - 1] == nl->n);
}

int vt__nep_chunks(int n_atoms)
{
  const int n = n_atoms / CHUNK_ATOMS < VT_FAST_CHUNKS ? n_atoms / CHUNK_ATOMS : VT_FAST_CHUNKS;
  return n > 1 ? n : 1;
}

/* Whole batches (as the kernel takes them: `lanes` atoms of one species) to chunks; returns how many there are. */
static int cut(vt_nep_vector *v, const vt_nlist *nl)
{
  const int lanes = v->view->kernel->lanes;
  const int64_t most = vt__nep_chunks(nl->n);
  int n_chunks = 0, last = -1;
  for (int first = 0, n; first < nl->n; first += n) {
    const int a = nl->type[v->order[first]], k = (int)(first * most / nl->n);
    for (n = 1; n < lanes && first + n < nl->n && nl->type[v->order[first + n]] == a;) n++;
    if (n_chunks == 0 || k != last) v->chunk[n_chunks++].first = first;
    v->chunk[n_chunks - 1].last = first + n;
    last = k;
  }
  VT_ASSERT(n_chunks <= VT_FAST_CHUNKS);
  return n_chunks;
}

/* ------------------------------------------------------------------ the call */

typedef struct force_call {
  vt_nep_vector *v;
  const vt_nlist *nl;
  vt_force_out *out;
  int n_chunks, pieces;
} force_call;

static void put_sites(void *ctx, int piece, int member)
{
  const force_call *c = ctx;
  const vt_nlist *nl = c->nl;
  int from, to;
  (void)member;
  vt_team_part(nl->n_all, c->pieces, piece, GRAIN, &from, &to);
  for (int j = from; j < to; j++)
    c->v->site[j] = (vt_fast_site){nl->x[j], nl->y[j], nl->z[j], {nl->owner[j], nl->type[j]}};
}

static void compute_chunk(void *ctx, int piece, int member)
{
  const force_call *c = ctx;
  vt_nep_fast *f = &c->v->view[member];
  vt_fast_chunk *k = &c->v->chunk[piece];
  memset(k->force, 0, (size_t)c->nl->n * sizeof *k->force);
  f->kernel->compute(f, c->nl, k, c->out->e_atom);
}

VT_WIDE static void add(double *restrict sum, const double *restrict more, size_t n)
{
  for (size_t k = 0; k < n; k++) sum[k] += more[k];
}

/* The forces of some atoms: those of the first chunk, plus those of the second, ... */
static void add_up(void *ctx, int piece, int member)
{
  const force_call *c = ctx;
  double(*sum)[4] = (double(*)[4])c->v->buffers;
  int from, to;
  (void)member;
  vt_team_part(c->nl->n, c->pieces, piece, GRAIN, &from, &to);
  if (from == to) return;
  memcpy(sum[from], c->v->chunk[0].force[from], (size_t)(to - from) * sizeof *sum);
  for (int k = 1; k < c->n_chunks; k++) add(sum[from], c->v->chunk[k].force[from], 4 * (size_t)(to - from));
  for (int i = from; i < to; i++) memcpy(c->out->f[i], sum[i], sizeof c->out->f[i]);
}

/* The same chunk by chunk, in one buffer. */
static void compute_alone(force_call *c)
{
  double(*sum)[4] = (double(*)[4])c->v->buffers;
  for (int k = 0; k < c->n_chunks; k++) {
    vt_fast_chunk *chunk = &c->v->chunk[k];
    compute_chunk(c, k, 0);
    if (chunk->atom >= 0) return;
    if (k > 0) add(sum[0], chunk->force[0], 4 * (size_t)c->nl->n);
    if (k == 0) memcpy(sum, chunk->force, (size_t)c->nl->n * sizeof *sum);
  }
  for (int i = 0; i < c->nl->n; i++) memcpy(c->out->f[i], sum[i], sizeof c->out->f[i]);
}

static vt_status totals(const force_call *c, vt_err *err)
{
  vt_force_out *out = c->out;
  out->energy = 0;
  memset(out->virial, 0, sizeof out->virial);
  for (int k = 0; k < c->n_chunks; k++) {
    const vt_fast_chunk *chunk = &c->v->chunk[k];
    if (chunk->atom >= 0) return vt__pot_overlap(c->nl, chunk->atom, chunk->entry, err);
    out->energy += chunk->energy;
    for (int b = 0; b < 9; b++) out->virial[b] += chunk->virial[b];
  }
  return VT_OK;
}

vt_status vt__nep_vector_compute(vt_nep_vector *v, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  vt_team *team = nl->team;
  const int members = vt_team_size(team);
  force_call c = {.v = v, .nl = nl, .out = out};
  VT_TRY(reserve_atoms(v, nl, err), err, "vector path");
  group_by_species(v, nl);
  c.n_chunks = cut(v, nl);
  const int alone = members == 1 || c.n_chunks == 1, n_buffers = alone ? 1 : c.n_chunks;
  VT_PASS(reserve_views(v, nl, alone ? 1 : members, n_buffers, err));
  for (int k = 0; k < c.n_chunks; k++)
    v->chunk[k].force = (double(*)[4])v->buffers + (size_t)nl->n * (size_t)(alone ? 1 : k + 1);
  c.pieces = alone || nl->n < FEW ? 1 : members;
  vt_team_run(team, c.pieces, put_sites, &c);
  if (alone) {
    compute_alone(&c);
  } else {
    vt_team_run(team, c.n_chunks, compute_chunk, &c);
    vt_team_run(team, c.pieces, add_up, &c);
  }
  return totals(&c, err);
}
