#include "engine/obs/track.h"

#include <limits.h>
#include <math.h>
#include <string.h>

vt_status vt__track_open(vt__track *t, const vt_composition *c, int first, int second, int most, double hysteresis_a,
                         int64_t patience, vt_err *err)
{
  *t = (vt__track){.hysteresis_a = hysteresis_a, .patience = patience, .most = most};
  t->slots = patience > 0 ? 2 * most : most;
  VT_ASSERT(most >= 1 && most <= VT__TRACK_MOST);
  /* twice the bonds: between the two radii there are atoms that are none */
  VT_TRY(vt__pairs_open(&t->pairs, c, first, second, 2 * most, err), err, "bonds of '%s'", c->name);
  const size_t rows = (size_t)t->pairs.n_first, words = sizeof(vt__bond) / sizeof(int64_t);
  t->n_state = 2 + rows + rows * (size_t)t->slots * words;
  vt_status rc = VT_NEW(t->state, t->n_state, err);
  if (rc != VT_OK) vt__track_close(t);
  VT_TRY(rc, err, "bonds of %zu atoms", rows);
  t->samples = t->state, t->last_number = t->state + 1, t->count = t->state + 2;
  t->bond = (vt__bond *)(t->count + rows);
  VT_ASSERT((int64_t *)(t->bond + rows * (size_t)t->slots) == t->state + t->n_state);
  return VT_OK;
}

void vt__track_close(vt__track *t)
{
  vt__pairs_close(&t->pairs);
  vt_free(t->state);
  *t = (vt__track){0};
}

vt_status vt__track_begin(vt__track *t, const vt_cutoffs *cut, vt_err *err)
{
  if (cut->n_species < 1) VT_FAIL(err, VT_EBUG, "cutoffs of %d species", (int)cut->n_species);
  t->cut = *cut;
  return VT_OK;
}

/* One entry of a row into this frame; at: its entry of pairs.d, -1 if it is farther away.  1: it is to be kept. */
static int obs_track_follow(vt__track *t, vt__bond *b, int is_known, int at, double cutoff)
{
  const int was = is_known && b->absent == 0;
  const int is = at >= 0 && (was || t->pairs.d[at][3] < cutoff);
  b->formed = is && !was && *t->samples > 0;
  b->at = is ? at : -1;
  if (!is) return is_known && ++b->absent <= t->patience;
  if (!was) {
    b->number = ++*t->last_number;
    if (!is_known) b->lasting = b->number;
  }
  b->absent = 0;
  return 1;
}

/* Both the row and the neighbours ascend in the partner, so that one pass merges them. */
static vt_status follow_row(vt__track *t, const vt_frame *fr, int a, vt_err *err)
{
  const vt__pairs *p = &t->pairs;
  vt__bond next[2 * VT__TRACK_MOST], *row = t->bond + (size_t)a * (size_t)t->slots;
  const int n_old = (int)t->count[a]; /* fits: at most `slots` */
  VT_ASSERT(t->count[a] >= 0 && t->count[a] <= t->slots);
  int n = 0, bonds = 0;
  for (int i = 0, j = 0; i < n_old || j < p->count[a];) {
    const int known = i < n_old ? row[i].partner : INT_MAX;
    const int near = j < p->count[a] ? p->place[a * p->most + j] : INT_MAX;
    const int is_known = known <= near;
    vt__bond b = is_known ? row[i] : (vt__bond){.partner = near};
    const int at = near <= known ? a * p->most + j : -1;
    const double cutoff = t->cut.r[fr->type[p->first[a]]][fr->type[p->second[b.partner]]];
    i += is_known;
    j += near <= known;
    if (!obs_track_follow(t, &b, is_known, at, cutoff)) continue;
    bonds += b.absent == 0;
    if (bonds > t->most) VT_FAIL(err, VT_ETASK, "atom %d has more than %d bonds", p->first[a], t->most);
    if (n == t->slots)
      VT_FAIL(err, VT_ETASK, "atom %d had more than %d bonds within %lld samples", p->first[a], t->slots,
              (long long)t->patience);
    VT_ASSERT(n == 0 || next[n - 1].partner < b.partner);
    VT_ASSERT(b.lasting >= 1 && b.lasting <= b.number && b.number <= *t->last_number);
    VT_ASSERT((b.at >= 0) == (b.absent == 0) && b.absent <= t->patience);
    next[n++] = b;
  }
  memcpy(row, next, (size_t)n * sizeof *row);
  memset(row + n, 0, (size_t)(t->slots - n) * sizeof *row); /* a checkpoint shows no past */
  t->count[a] = n;
  return VT_OK;
}

vt_status vt__track_sample(vt__track *t, const vt_frame *fr, vt_err *err)
{
  if (t->cut.n_species != fr->n_species)
    VT_FAIL(err, VT_EBUG, "cutoffs of %d species for a frame of %d", (int)t->cut.n_species, fr->n_species);
  VT_PASS(vt__pairs_find(&t->pairs, fr, &t->cut, t->hysteresis_a, err));
  for (int a = 0; a < t->pairs.n_first; a++) VT_PASS(follow_row(t, fr, a, err));
  ++*t->samples;
  return VT_OK;
}

const vt__bond *vt__track_row(const vt__track *t, int a, int *n)
{
  *n = (int)t->count[a]; /* fits: at most `slots` */
  return t->bond + (size_t)a * (size_t)t->slots;
}

int vt__track_partners(const vt__track *t, int a, int32_t partner[VT__TRACK_MOST])
{
  int n_row, n = 0;
  const vt__bond *b = vt__track_row(t, a, &n_row);
  for (int i = 0; i < n_row; i++)
    if (b[i].absent == 0) partner[n++] = b[i].partner;
  VT_ASSERT(n <= t->most);
  return n;
}

size_t vt__track_state_size(const vt__track *t) { return t->n_state * sizeof(int64_t); }
void vt__track_save(const vt__track *t, void *bytes) { memcpy(bytes, t->state, vt__track_state_size(t)); }
void vt__track_load(vt__track *t, const void *bytes) { memcpy(t->state, bytes, vt__track_state_size(t)); }

/* A thousandth of a sample absorbs the rounding of times that are whole numbers of samples. */
int64_t vt__track_at_least(double ps, double sample_ps) { return (int64_t)ceil(ps / sample_ps - 1e-3); }
int64_t vt__track_at_most(double ps, double sample_ps) { return (int64_t)floor(ps / sample_ps + 1e-3); }
