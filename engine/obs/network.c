#include "engine/obs/network.h"

#include <string.h>

enum { MOST = 32 }; /* bonds of one atom */

/* ------------------------------------------------------------------ one frame */

vt_status vt__network_open(vt__network *w, const vt_composition *c, vt_err *err)
{
  vt_status rc = VT_OK;
  *w = (vt__network){0};
  VT_TRY_OUT(vt__pairs_open(&w->anions_of, c, VT_ROLE_NETWORK, VT_ROLE_ANIONS, MOST, err), err, "network");
  VT_TRY_OUT(vt__pairs_open(&w->metals_of, c, VT_ROLE_ANIONS, VT_ROLE_NETWORK, MOST, err), err, "network");
  size_t n = (size_t)w->anions_of.n_first;
  VT_TRY_OUT(VT_NEW(w->partner, 3 * n + 1, err), err, "network of %zu metals", n);
  w->shares = w->partner + n;
  w->seen = w->shares + n;
out:
  if (rc != VT_OK) vt__network_close(w);
  return rc;
}

void vt__network_close(vt__network *w)
{
  vt__pairs_close(&w->anions_of);
  vt__pairs_close(&w->metals_of);
  vt_free(w->partner);
  *w = (vt__network){0};
}

vt_status vt__network_find(vt__network *w, const vt_frame *fr, const vt_cutoffs *cut, vt_err *err)
{
  VT_PASS(vt__pairs_find(&w->anions_of, fr, cut, 0, err));
  VT_PASS(vt__pairs_find(&w->metals_of, fr, cut, 0, err));
  const int n_anions = w->metals_of.n_first;
  int by_anions = 0, by_metals = -n_anions;
  for (int b = 0; b < n_anions; b++) by_anions += w->metals_of.count[b] - 1;
  for (int a = 0; a < w->anions_of.n_first; a++) by_metals += w->anions_of.count[a];
  if (by_anions != by_metals)
    VT_FAIL(err, VT_EBUG, "the sum over %d anions of (metals - 1) is %d, the sum of coordination numbers less %d is %d",
            n_anions, by_anions, n_anions, by_metals);
  return VT_OK;
}

int vt__network_links(vt__network *w, int a)
{
  const vt__pairs *p = &w->anions_of, *q = &w->metals_of;
  int n = 0;
  for (int i = 0; i < p->count[a]; i++) {
    const int anion = p->place[a * p->most + i], *metals = &q->place[anion * q->most];
    for (int j = 0; j < q->count[anion]; j++) {
      if (metals[j] <= a) continue;
      if (w->seen[metals[j]]++ == 0) w->partner[n++] = metals[j];
    }
  }
  VT_ASSERT(n < p->n_first || n == 0); /* `seen` was 0: every other metal is listed once */
  for (int k = 0; k < n; k++) {
    w->shares[k] = w->seen[w->partner[k]];
    w->seen[w->partner[k]] = 0;
  }
  return n;
}

/* ------------------------------------------------------------------ observables made of it */

vt_status vt__net_obs_open(const vt_obs_doc *doc, const vt_plan *p, const vt_obs_request *r, size_t n_tally,
                           int per_metal, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__net_obs *o = NULL;
  *self = NULL;
  VT_PASS(vt__obs_check(doc, p, r, err));
  VT_TRY_OUT(VT_NEW(o, 1, err), err, "%s", doc->name);
  o->doc = doc;
  o->comp = p->comp;
  o->n_tally = n_tally;
  for (int s = 0; s < p->comp.n_species; s++) o->is_oxygen[s] = vt_comp_role(&p->comp, s) == VT_ROLE_COUNTED;
  VT_TRY_OUT(vt__network_open(&o->net, &p->comp, err), err, "%s", doc->name);
  size_t ints = (size_t)per_metal * (size_t)o->net.anions_of.n_first;
  VT_TRY_OUT(VT_NEW(o->scratch, ints + 1, err), err, "%s", doc->name);
  VT_TRY_OUT(VT_NEW(o->tally, n_tally, err), err, "%s: %zu counts", doc->name, n_tally);
  *self = o, o = NULL;
out:
  vt__net_obs_close(o);
  return rc;
}

vt_status vt__net_obs_begin(void *self, const vt_cutoffs *cut, vt_err *err)
{
  vt__net_obs *o = self;
  if (cut->n_species != o->comp.n_species)
    VT_FAIL(err, VT_EBUG, "%s: cutoffs of %d species, expected %d", o->doc->name, (int)cut->n_species,
            (int)o->comp.n_species);
  o->cut = *cut;
  return VT_OK;
}

vt_status vt__net_obs_look(vt__net_obs *o, const vt_frame *fr, vt_err *err)
{
  VT_PASS(vt__obs_check_frame(fr, &o->comp, err));
  VT_PASS(vt__network_find(&o->net, fr, &o->cut, err));
  o->tally[0] += 1;
  return VT_OK;
}

int vt__net_obs_oxygens(const vt__net_obs *o, const vt_frame *fr, int a)
{
  const vt__pairs *p = &o->net.anions_of;
  int n = 0;
  for (int i = 0; i < p->count[a]; i++) n += o->is_oxygen[fr->type[p->second[p->place[a * p->most + i]]]];
  return n;
}

size_t vt__net_obs_state_size(const void *self) { return ((const vt__net_obs *)self)->n_tally * sizeof(double); }

void vt__net_obs_save(const void *self, void *bytes)
{
  memcpy(bytes, ((const vt__net_obs *)self)->tally, vt__net_obs_state_size(self));
}

vt_status vt__net_obs_load(void *self, const void *bytes, size_t n, vt_err *err)
{
  vt__net_obs *o = self;
  if (n != vt__net_obs_state_size(self))
    VT_FAIL(err, VT_ECORRUPT, "state of %s: %zu bytes, expected %zu", o->doc->name, n, vt__net_obs_state_size(self));
  memcpy(o->tally, bytes, n);
  return VT_OK;
}

void vt__net_obs_close(void *self)
{
  vt__net_obs *o = self;
  if (!o) return;
  vt__network_close(&o->net);
  vt_free(o->scratch);
  vt_free(o->tally);
  vt_free(o);
}
