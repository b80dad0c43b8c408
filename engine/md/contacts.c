/* contacts.c - distances that no sound melt has: fused atoms at once, what should not be a bond once it lasts.
 *
 * Looks happen at fixed steps of a stage, so that a run fails at the same step however it is cut into calls.  A pair is
 * followed from the first look that finds it within its limit to the first that does not. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/md/md_impl.h"

#define LOOK_FS    50.0   /* a stretching mode has 30-100 fs: what is near at 20 looks in a row does not vibrate */
#define LASTING_FS 1000.0 /* science of melts at 1000 K: bonds break and form within a picosecond               */
#define CRUSHED    0.8    /* of a bond; vibrations at 1200 K reach 0.71 (Li-Cl), never for 1 ps                   */
#define BRIDGE     1.25   /* of a bond: an anion this near to both of two metals holds them together             */
enum { BRIDGES_OF_AN_EDGE = 2 };

/* A pair within its lasting limit. */
typedef struct follow {
  int32_t i, j;        /* owners, i < j */
  int64_t since, seen; /* first and latest look in a row */
} follow;
_Static_assert(sizeof(follow) == 24, "follow is part of a state that is kept on disk");

typedef double by_type[VT_MAX_SPECIES][VT_MAX_SPECIES]; /* squared distances, 0: no limit */

struct vt__md_watch {
  int64_t every, lasting;               /* steps */
  int any;                              /* is there any limit?                                */
  by_type look2;                        /* the largest of the following                       */
  by_type fused2;                       /* at once                                            */
  by_type crushed2, molecule2, metals2; /* lasting                              */
  by_type bridge2;                      /* metal and anion                      */
  int n, cap;
  follow *pair; /* [cap] */
};

vt_status vt__md_watch_open(vt_md *md, vt_err *err)
{
  VT_PASS(VT_NEW(md->watch, 1, err));
  VT_PASS(VT_NEW(md->watch->pair, md->n, err));
  md->watch->cap = md->n;
  return VT_OK;
}

void vt__md_watch_close(vt_md *md)
{
  if (md->watch) vt_free(md->watch->pair);
  vt_free(md->watch);
  md->watch = NULL;
}

static double contacts_square(double x) { return x * x; }

static int64_t steps_of(double fs, const vt_md_stage *st)
{
  double steps = round(fs / vt_unit_fs_from_time(st->dt));
  return steps > 1 ? (int64_t)steps : 1;
}

void vt__md_watch_begin(vt_md *md)
{
  struct vt__md_watch *w = md->watch;
  const vt_md_guard *g = &md->stage.guard;
  const vt_composition *c = &md->comp;
  w->every = steps_of(LOOK_FS, &md->stage);
  w->lasting = steps_of(LASTING_FS, &md->stage);
  w->n = w->any = 0;
  for (int a = 0; a < md->n_species; a++) {
    for (int b = 0; b < md->n_species; b++) {
      const int p = vt_comp_role(c, a), q = vt_comp_role(c, b);
      const int bridge = (p == VT_ROLE_NETWORK && q & VT_ROLE_ANIONS) || (q == VT_ROLE_NETWORK && p & VT_ROLE_ANIONS);
      const double bond = vt_comp_bond_length(c, a, b);
      w->fused2[a][b] = contacts_square(g->d_min_scale * bond);
      w->crushed2[a][b] = g->contacts ? contacts_square(CRUSHED * bond) : 0;
      w->metals2[a][b] = g->contacts ? contacts_square(vt_comp_close_length(c, a, b)) : 0;
      w->molecule2[a][b] = g->molecules ? contacts_square(vt_comp_molecule_length(c, a, b)) : 0;
      w->bridge2[a][b] = bridge ? contacts_square(BRIDGE * bond) : 0;
      w->look2[a][b] = fmax(fmax(w->fused2[a][b], w->crushed2[a][b]), fmax(w->metals2[a][b], w->molecule2[a][b]));
      w->any |= w->look2[a][b] > 0;
    }
  }
}

static double distance2(const vt_nlist *nl, int i, int j)
{
  return contacts_square(nl->x[j] - nl->x[i]) + contacts_square(nl->y[j] - nl->y[i]) +
         contacts_square(nl->z[j] - nl->z[i]);
}

/* Two metals that share an edge of their polyhedra (Al2O2: Al-Al 2.5 A) are near because anions hold them together. */
static int share_an_edge(const struct vt__md_watch *w, const vt_nlist *nl, int i, int j)
{
  int bridges = 0;
  for (int k = nl->first[i]; k < nl->first[i] + nl->count[i]; k++) {
    int m = nl->neigh[k];
    bridges += distance2(nl, i, m) < w->bridge2[nl->type[i]][nl->type[m]] &&
               distance2(nl, j, m) < w->bridge2[nl->type[j]][nl->type[m]];
  }
  return bridges >= BRIDGES_OF_AN_EDGE;
}

/* What is wrong with a pair if it lasts, and within which distance; NULL: nothing. */
static const char *contacts_wrong(const struct vt__md_watch *w, const vt_nlist *nl, int i, int j, double *limit2)
{
  int a = nl->type[i], b = nl->type[j];
  double r2 = distance2(nl, i, j);
  if (r2 < (*limit2 = w->crushed2[a][b])) return "crushed to less than 0.8 of a bond";
  if (r2 < (*limit2 = w->molecule2[a][b])) return "a molecule of anions";
  if (r2 < (*limit2 = w->metals2[a][b]) && !share_an_edge(w, nl, i, j)) return "a bond between metals";
  return NULL;
}

/* Since which step the pair has been followed; begins to follow it, -1: no room. */
static int64_t followed_since(struct vt__md_watch *w, int i, int j, int64_t step)
{
  int k = 0;
  VT_ASSERT(i < j && w->n <= w->cap);
  while (k < w->n && !(w->pair[k].i == i && w->pair[k].j == j)) k++;
  if (k == w->cap) return -1;
  if (k == w->n) w->pair[w->n++] = (follow){.i = i, .j = j, .since = step};
  w->pair[k].seen = step;
  return w->pair[k].since;
}

static void forget_the_parted(struct vt__md_watch *w, int64_t step)
{
  int kept = 0;
  for (int k = 0; k < w->n; k++)
    if (w->pair[k].seen == step) w->pair[kept++] = w->pair[k];
  for (int k = 0; k < kept; k++) VT_ASSERT(w->pair[k].since <= step);
  w->n = kept;
}

static vt_status look_at(const vt_md *md, int i, int j, vt_err *err)
{
  struct vt__md_watch *w = md->watch;
  const vt_nlist *nl = &md->nl;
  const char *first = md->symbol[nl->type[i]], *second = md->symbol[nl->type[j]];
  double r2 = distance2(nl, i, j), limit2 = w->fused2[nl->type[i]][nl->type[j]];
  if (r2 < limit2)
    VT_FAIL(err, VT_EDIVERGE, "%s %d and %s %d are %.3g A apart, limit %.3g", first, i, second, nl->owner[j], sqrt(r2),
            sqrt(limit2));
  const char *what = contacts_wrong(w, nl, i, j, &limit2);
  if (!what) return VT_OK;
  int64_t since = followed_since(w, i, nl->owner[j], md->step);
  if (since < 0)
    VT_FAIL(err, VT_EDIVERGE, "more than %d pairs are too close, among them %s %d and %s %d, %.3g A apart, limit %.3g",
            w->cap, first, i, second, nl->owner[j], sqrt(r2), sqrt(limit2));
  if (md->step - since >= w->lasting)
    VT_FAIL(err, VT_EDIVERGE, "%s %d and %s %d have been within %.3g A for %.3g ps, now %.3g A: %s", first, i, second,
            nl->owner[j], sqrt(limit2), 1e-3 * vt_unit_fs_from_time((double)(md->step - since) * md->stage.dt),
            sqrt(r2), what);
  return VT_OK;
}

/* The neighbours neigh[0..n-1] of i within a limit: their entries to near[], their number. Without branches: hardly any
 * is. */
static int near_ones(const struct vt__md_watch *w, const vt_nlist *nl, int i, const int *neigh, int n, int *near)
{
  const double *x = nl->x, *y = nl->y, *z = nl->z, *limit2 = w->look2[nl->type[i]];
  const double xi = x[i], yi = y[i], zi = z[i];
  const int *type = nl->type;
  int found = 0;
  for (int k = 0; k < n; k++) {
    int j = neigh[k];
    double dx = x[j] - xi, dy = y[j] - yi, dz = z[j] - zi;
    near[found] = j;
    found += dx * dx + dy * dy + dz * dz < limit2[type[j]];
  }
  return found;
}

vt_status vt__md_watch_step(vt_md *md, vt_err *err)
{
  enum { PIECE = 64 };
  struct vt__md_watch *w = md->watch;
  const vt_nlist *nl = &md->nl;
  int near[PIECE] = {0};
  if (!w->any || md->step % w->every != 0) return VT_OK;
  for (int i = 0; i < nl->n; i++) {
    for (int k = 0; k < nl->count[i]; k += PIECE) {
      int left = nl->count[i] - k;
      int found = near_ones(w, nl, i, nl->neigh + nl->first[i] + k, left < PIECE ? left : PIECE, near);
      for (int m = 0; m < found; m++)
        if (nl->owner[near[m]] > i) VT_PASS(look_at(md, i, near[m], err));
    }
  }
  forget_the_parted(w, md->step);
  return VT_OK;
}

/* i64 pairs, then room for `cap` of them; what is not used is zero. */
size_t vt__md_watch_state_size(int n_atoms) { return sizeof(int64_t) + (size_t)n_atoms * sizeof(follow); }

void vt__md_watch_save(const vt_md *md, void *bytes)
{
  const struct vt__md_watch *w = md->watch;
  const int64_t n = w->n;
  memset(bytes, 0, vt__md_watch_state_size(md->n));
  memcpy(bytes, &n, sizeof n);
  memcpy((char *)bytes + sizeof n, w->pair, (size_t)w->n * sizeof *w->pair);
}

vt_status vt__md_watch_load(vt_md *md, const void *bytes, vt_err *err)
{
  struct vt__md_watch *w = md->watch;
  int64_t n;
  memcpy(&n, bytes, sizeof n);
  if (n < 0 || n > w->cap)
    VT_FAIL(err, VT_ECORRUPT, "%lld pairs are followed, at most %d can be", (long long)n, w->cap);
  memcpy(w->pair, (const char *)bytes + sizeof n, (size_t)n * sizeof *w->pair);
  for (int k = 0; k < n; k++) {
    const follow *f = &w->pair[k];
    if (f->i < 0 || f->i >= f->j || f->j >= md->n || f->since < 0 || f->since > f->seen || f->seen > md->step)
      VT_FAIL(err, VT_ECORRUPT, "followed pair %d of atoms %d and %d from step %lld to %lld", k, f->i, f->j,
              (long long)f->since, (long long)f->seen);
  }
  w->n = (int)n; /* fits: at most cap */
  return VT_OK;
}

void vt__md_nearest(const vt_md *md, char text[VT_NAME])
{
  const vt_nlist *nl = &md->nl;
  double bond[VT_MAX_SPECIES][VT_MAX_SPECIES], least = (double)INFINITY;
  int one = -1, other = -1;
  for (int a = 0; a < md->n_species; a++)
    for (int b = 0; b < md->n_species; b++) bond[a][b] = vt_comp_bond_length(&md->comp, a, b);
  for (int i = 0; i < nl->n; i++) {
    for (int k = nl->first[i]; k < nl->first[i] + nl->count[i]; k++) {
      int j = nl->neigh[k];
      double ratio = sqrt(distance2(nl, i, j)) / bond[nl->type[i]][nl->type[j]];
      if (ratio < least) least = ratio, one = i, other = j;
    }
  }
  if (one < 0)
    (void)snprintf(text, VT_NAME, "no neighbours");
  else
    (void)snprintf(text, VT_NAME, "nearest %s %d and %s %d, %.3g A", md->symbol[nl->type[one]], one,
                   md->symbol[nl->type[other]], nl->owner[other], sqrt(distance2(nl, one, other)));
}
