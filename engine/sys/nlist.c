/* nlist.c - Verlet list over local atoms and their periodic images.
 *
 * Build: wrap the atoms by whole lattice vectors, lay out every image within reach of the cell as a ghost, sort all of
 * them into bins in FRACTIONAL space (no empty corners for skewed cells), and read each atom's row from the bins
 * around it.  Between builds an entry is its owner's position plus a fixed whole number of lattice vectors, so nothing
 * jumps and a changing cell only changes the shift vectors. */
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "engine/sys/nlist_near.h"
#include "engine/sys/sys.h"

enum {
  FEW = 1000,            /* fewer atoms are moved along faster than threads are told to                 */
  GRAIN = 8,             /* atoms whose positions are whole cache lines                                 */
  REACH = 2,             /* bins to each side that a row reads: a bin is reach/REACH wide              */
  MOST_ENTRIES = 1 << 27 /* atoms and images; more means a collapsed cell, not a system that can be run */
};

typedef struct shift {
  int k[3]; /* lattice vectors added to the owner's position */
} shift;

struct vt_nlist_own {
  int valid;            /* the rows belong to cell0, x0                     */
  int cap_all;          /* entries that the arrays below can hold           */
  size_t cap_neigh;     /* ints in neigh                                    */
  size_t cap_bins;      /* ints in start, without the last                  */
  double *x, *y, *z;    /* [cap_all] = vt_nlist.x ...                       */
  double *sx, *sy, *sz; /* [cap_all] shift vectors in the current cell    */
  shift *sh;            /* [cap_all] locals: wrapping; ghosts: their image  */
  int *type, *owner;    /* [cap_all]                                        */
  double (*frac)[3];    /* [cap_all] fractional coordinates at the build    */
  int *bin;             /* [cap_all]                                        */
  int *slot;            /* [cap_all] entries in bin order                   */
  double *bx, *by, *bz; /* [cap_all] their positions                      */
  int *start;           /* [n_bins + 1] first slot of a bin                 */
  int *first, *count;   /* [n + 1], [n]                                     */
  int *neigh;           /* [cap_neigh]                                      */
  double *x0, *y0, *z0; /* [n] positions at the last build                */
  vt_cell cell0;        /* cell at the last build                           */
};

/* What a build knows about its cell. */
typedef struct geometry {
  double reach;     /* cutoff + skin                                          */
  double hi[3][3];  /* inverse cell                                           */
  double margin[3]; /* reach in fractional units of each axis                 */
  int n_bin[3];
  double per_bin[3]; /* bins a fractional unit                                 */
} geometry;

/* ------------------------------------------------------------------ memory */

/* Room for n_all entries; contents are lost when it grows (a build writes them all, but for the locals' types). */
static vt_status reserve_entries(struct vt_nlist_own *o, int n, int n_all, vt_err *err)
{
  if (n_all <= o->cap_all) return VT_OK;
  const int cap = n_all + n_all / 4 + 64;
  VT_PASS(VT_GROW(o->type, n, cap, err));
  VT_PASS(VT_GROW(o->x, 0, cap, err));
  VT_PASS(VT_GROW(o->y, 0, cap, err));
  VT_PASS(VT_GROW(o->z, 0, cap, err));
  VT_PASS(VT_GROW(o->sx, 0, cap, err));
  VT_PASS(VT_GROW(o->sy, 0, cap, err));
  VT_PASS(VT_GROW(o->sz, 0, cap, err));
  VT_PASS(VT_GROW(o->sh, 0, cap, err));
  VT_PASS(VT_GROW(o->owner, 0, cap, err));
  VT_PASS(VT_GROW(o->frac, 0, cap, err));
  VT_PASS(VT_GROW(o->bin, 0, cap, err));
  VT_PASS(VT_GROW(o->slot, 0, cap, err));
  VT_PASS(VT_GROW(o->bx, 0, cap, err));
  VT_PASS(VT_GROW(o->by, 0, cap, err));
  VT_PASS(VT_GROW(o->bz, 0, cap, err));
  o->cap_all = cap;
  return VT_OK;
}

static vt_status reserve_bins(struct vt_nlist_own *o, size_t n_bins, vt_err *err)
{
  if (n_bins <= o->cap_bins) return VT_OK;
  size_t cap = n_bins + n_bins / 4;
  VT_TRY(VT_GROW(o->start, 0, cap + 1, err), err, "neighbour list");
  o->cap_bins = cap;
  return VT_OK;
}

static vt_status reserve_rows(struct vt_nlist_own *o, size_t need, vt_err *err)
{
  if (need <= o->cap_neigh) return VT_OK;
  if (need > INT_MAX / 2) VT_FAIL(err, VT_EDIVERGE, "more than %d neighbour entries", INT_MAX / 2);
  size_t cap = need + need / 4;
  vt_free(o->neigh); /* a build writes all rows */
  o->neigh = NULL;
  o->cap_neigh = 0;
  VT_TRY(VT_NEW(o->neigh, cap, err), err, "neighbour rows");
  o->cap_neigh = cap;
  return VT_OK;
}

vt_status vt_nlist_open(vt_nlist *nl, int n, const int *type, double cutoff, double skin, vt_err *err)
{
  vt_status rc = VT_OK;
  memset(nl, 0, sizeof *nl);
  if (n < 1 || !(cutoff > 0) || !(skin >= 0) || !isfinite(cutoff + skin))
    VT_FAIL(err, VT_EINVAL, "neighbour list of %d atoms, cutoff %g A, skin %g A", n, cutoff, skin);
  size_t m = (size_t)n;
  VT_TRY(VT_NEW(nl->own, 1, err), err, "neighbour list");
  struct vt_nlist_own *o = nl->own;
  VT_TRY_OUT(VT_NEW(o->type, m, err), err, "neighbour list");
  VT_TRY_OUT(VT_NEW(o->x0, m, err), err, "neighbour list");
  VT_TRY_OUT(VT_NEW(o->y0, m, err), err, "neighbour list");
  VT_TRY_OUT(VT_NEW(o->z0, m, err), err, "neighbour list");
  VT_TRY_OUT(VT_NEW(o->first, m + 1, err), err, "neighbour list");
  VT_TRY_OUT(VT_NEW(o->count, m, err), err, "neighbour list");
  memcpy(o->type, type, m * sizeof *type);
  nl->n = n;
  nl->cutoff = cutoff;
  nl->skin = skin;
out:
  if (rc != VT_OK) vt_nlist_close(nl);
  return rc;
}

void vt_nlist_close(vt_nlist *nl)
{
  struct vt_nlist_own *o = nl->own;
  if (o) {
    void *all[] = {o->x,    o->y,  o->z,  o->sx, o->sy, o->sz, o->sh, o->type,  o->owner, o->frac,  o->bin,
                   o->slot, o->bx, o->by, o->bz, o->x0, o->y0, o->z0, o->start, o->first, o->count, o->neigh};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) vt_free(all[i]);
    vt_free(o);
  }
  memset(nl, 0, sizeof *nl);
}

/* ------------------------------------------------------------------ positions between builds */

static int same_cell(const vt_cell *a, const vt_cell *b)
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      if (a->h[i][j] != b->h[i][j]) return 0;
  return 1;
}

static void set_shift_vectors(vt_nlist *nl, const vt_cell *cell)
{
  struct vt_nlist_own *o = nl->own;
  const double(*h)[3] = cell->h;
  for (int i = 0; i < nl->n_all; i++) {
    double a = o->sh[i].k[0], b = o->sh[i].k[1], c = o->sh[i].k[2];
    o->sx[i] = a * h[0][0] + b * h[1][0] + c * h[2][0];
    o->sy[i] = a * h[0][1] + b * h[1][1] + c * h[2][1];
    o->sz[i] = a * h[0][2] + b * h[1][2] + c * h[2][2];
  }
  nl->cell = *cell;
}

typedef struct placing {
  const vt_nlist *nl;
  const double (*pos)[3];
  int pieces;
} placing;

static void place_locals(void *ctx, int piece, int member)
{
  const placing *p = ctx;
  const struct vt_nlist_own *o = p->nl->own;
  const double(*pos)[3] = p->pos;
  double *restrict x = o->x, *restrict y = o->y, *restrict z = o->z;
  int from, to;
  (void)member;
  vt_team_part(p->nl->n, p->pieces, piece, GRAIN, &from, &to);
  for (int i = from; i < to; i++) {
    x[i] = pos[i][0] + o->sx[i];
    y[i] = pos[i][1] + o->sy[i];
    z[i] = pos[i][2] + o->sz[i];
  }
}

static void place_ghosts(void *ctx, int piece, int member)
{
  const placing *p = ctx;
  const struct vt_nlist_own *o = p->nl->own;
  double *restrict x = o->x, *restrict y = o->y, *restrict z = o->z;
  int from, to;
  (void)member;
  vt_team_part(p->nl->n_all - p->nl->n, p->pieces, piece, GRAIN, &from, &to);
  for (int g = p->nl->n + from; g < p->nl->n + to; g++) {
    int i = o->owner[g];
    x[g] = x[i] + o->sx[g];
    y[g] = y[i] + o->sy[g];
    z[g] = z[i] + o->sz[g];
  }
}

static int pieces_of(const vt_nlist *nl) { return nl->n < FEW ? 1 : vt_team_size(nl->team); }

static void nlist_place(vt_nlist *nl, const double (*pos)[3])
{
  placing p = {.nl = nl, .pos = pos, .pieces = pieces_of(nl)};
  vt_team_run(nl->team, p.pieces, place_locals, &p);
  vt_team_run(nl->team, p.pieces, place_ghosts, &p);
}

typedef struct moving {
  const vt_nlist *nl;
  double f[3][3]; /* what the cell did since the build: h = h0 f */
  double limit2;
  int pieces;
  atomic_int moved; /* 1: an atom went farther */
} moving;

static void look_for_moves(void *ctx, int piece, int member)
{
  moving *m = ctx;
  const struct vt_nlist_own *o = m->nl->own;
  const double(*f)[3] = (const double(*)[3])m->f, limit2 = m->limit2;
  int from, to, moved = 0;
  (void)member;
  vt_team_part(m->nl->n, m->pieces, piece, GRAIN, &from, &to);
  for (int i = from; i < to; i++) {
    double a = o->x0[i], b = o->y0[i], c = o->z0[i];
    double ux = o->x[i] - (a * f[0][0] + b * f[1][0] + c * f[2][0]);
    double uy = o->y[i] - (a * f[0][1] + b * f[1][1] + c * f[2][1]);
    double uz = o->z[i] - (a * f[0][2] + b * f[1][2] + c * f[2][2]);
    moved |= !(ux * ux + uy * uy + uz * uz <= limit2);
  }
  if (moved) atomic_store_explicit(&m->moved, 1, memory_order_relaxed);
}

/* May a pair within the cutoff be missing from the rows?  With h = h0 F and x = x0 F + u, a pair vector is
 * d = d0 F + u_j - u_i, so |d| < cutoff implies |d0| < |F^-1| (cutoff + 2 max|u|); the rows hold all |d0| < cutoff +
 * skin.  |F^-1| is bounded by the root of its largest row sum times its largest column sum.  NaN anywhere says yes. */
static int outdated(const vt_nlist *nl)
{
  const struct vt_nlist_own *o = nl->own;
  moving m = {.nl = nl, .f = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, .pieces = pieces_of(nl)};
  double(*f)[3] = m.f, stretch = 1;
  if (!same_cell(&nl->cell, &o->cell0)) {
    double hi[3][3], hi0[3][3], row = 0, col[3] = {0};
    if (!vt_cell_inverse(&nl->cell, hi) || !vt_cell_inverse(&o->cell0, hi0)) return 1;
    for (int a = 0; a < 3; a++) {
      double sum = 0;
      for (int b = 0; b < 3; b++) {
        double inverse = hi[a][0] * o->cell0.h[0][b] + hi[a][1] * o->cell0.h[1][b] + hi[a][2] * o->cell0.h[2][b];
        f[a][b] = hi0[a][0] * nl->cell.h[0][b] + hi0[a][1] * nl->cell.h[1][b] + hi0[a][2] * nl->cell.h[2][b];
        sum += fabs(inverse);
        col[b] += fabs(inverse);
      }
      row = fmax(row, sum);
    }
    stretch = sqrt(row * fmax(col[0], fmax(col[1], col[2]))) * (1 + 1e-12);
  }
  double limit = 0.5 * ((nl->cutoff + nl->skin) / stretch - nl->cutoff);
  if (!(limit >= 0)) return 1;
  m.limit2 = limit * limit;
  atomic_init(&m.moved, 0);
  vt_team_run(nl->team, m.pieces, look_for_moves, &m);
  return atomic_load(&m.moved);
}

/* ------------------------------------------------------------------ build */

/* Which whole numbers k put s + k within margin of [0, 1]. */
static void image_range(double s, double margin, int *lo, int *hi)
{
  *lo = (int)ceil(-margin - s);
  *hi = (int)floor(1 + margin - s);
}

static vt_status nlist_measure(const vt_nlist *nl, const vt_cell *cell, geometry *g, vt_err *err)
{
  g->reach = nl->cutoff + nl->skin;
  if (!vt_cell_inverse(cell, g->hi)) VT_FAIL(err, VT_EDIVERGE, "the cell is flat or not finite");
  double images = nl->n;
  for (int a = 0; a < 3; a++) {
    /* the last factor covers the rounding of fractional coordinates */
    g->margin[a] = g->reach / vt_cell_height(cell, a) * (1 + 1e-9) + 1e-9;
    images *= 1 + 2 * g->margin[a];
  }
  if (!(images < MOST_ENTRIES))
    VT_FAIL(err, VT_EDIVERGE, "a cell of heights %g, %g, %g A needs %.3g images for a reach of %g A",
            vt_cell_height(cell, 0), vt_cell_height(cell, 1), vt_cell_height(cell, 2), images, g->reach);
  return VT_OK;
}

/* Wrapping shifts and fractional coordinates of the locals; *n_all counts them and their images. */
static vt_status wrap_locals(vt_nlist *nl, const geometry *g, const double (*pos)[3], int64_t *n_all, vt_err *err)
{
  struct vt_nlist_own *o = nl->own;
  *n_all = 0;
  for (int i = 0; i < nl->n; i++) {
    int64_t images = 1;
    for (int a = 0; a < 3; a++) {
      double s = pos[i][0] * g->hi[0][a] + pos[i][1] * g->hi[1][a] + pos[i][2] * g->hi[2][a];
      if (!(fabs(s) < 1e9)) /* also NaN; 1e9 cells away no digit of the position is left that matters */
        VT_FAIL(err, VT_EDIVERGE, "atom %d is at (%g, %g, %g) A", i, pos[i][0], pos[i][1], pos[i][2]);
      double k = floor(s);
      o->sh[i].k[a] = -(int)k;
      o->frac[i][a] = s - k;
      int lo, hi;
      image_range(s - k, g->margin[a], &lo, &hi);
      images *= hi - lo + 1;
    }
    *n_all += images;
  }
  return VT_OK;
}

static void lay_ghosts(vt_nlist *nl, const geometry *g, int64_t n_all)
{
  struct vt_nlist_own *o = nl->own;
  int at = nl->n;
  for (int i = 0; i < nl->n; i++) {
    int lo[3], hi[3];
    const double *s = o->frac[i];
    o->owner[i] = i;
    for (int a = 0; a < 3; a++) image_range(s[a], g->margin[a], &lo[a], &hi[a]);
    for (int a = lo[0]; a <= hi[0]; a++) {
      for (int b = lo[1]; b <= hi[1]; b++) {
        for (int c = lo[2]; c <= hi[2]; c++) {
          if (a == 0 && b == 0 && c == 0) continue;
          VT_ASSERT(at < o->cap_all);
          o->sh[at] = (shift){{a, b, c}};
          o->owner[at] = i;
          o->type[at] = o->type[i];
          o->frac[at][0] = s[0] + a;
          o->frac[at][1] = s[1] + b;
          o->frac[at][2] = s[2] + c;
          at++;
        }
      }
    }
  }
  VT_ASSERT(at == n_all);
  nl->n_all = at;
}

/* Bins reach/REACH high, wider where that would give many more bins than atoms (vacuum). */
static size_t choose_bins(const vt_nlist *nl, geometry *g)
{
  double most = 4.0 * nl->n_all + 64, n_bins = 1;
  for (int a = 0; a < 3; a++) {
    double want = floor((1 + 2 * g->margin[a]) / g->margin[a] * REACH);
    g->n_bin[a] = want < 1e6 ? (int)want : 1000000;
    n_bins *= g->n_bin[a];
  }
  while (n_bins > most) {
    int a = g->n_bin[0] >= g->n_bin[1] ? 0 : 1;
    if (g->n_bin[2] > g->n_bin[a]) a = 2;
    n_bins /= g->n_bin[a];
    g->n_bin[a] = (g->n_bin[a] + 1) / 2;
    n_bins *= g->n_bin[a];
  }
  for (int a = 0; a < 3; a++) g->per_bin[a] = g->n_bin[a] / (1 + 2 * g->margin[a]);
  return (size_t)g->n_bin[0] * (size_t)g->n_bin[1] * (size_t)g->n_bin[2];
}

static int bin_along(const geometry *g, int axis, double s)
{
  int b = (int)((s + g->margin[axis]) * g->per_bin[axis]); /* s >= -margin */
  return b < g->n_bin[axis] ? b : g->n_bin[axis] - 1;
}

/* Counting sort: inside a bin the order is that of the entries. */
static void sort_into_bins(vt_nlist *nl, const geometry *g, size_t n_bins)
{
  struct vt_nlist_own *o = nl->own;
  memset(o->start, 0, (n_bins + 1) * sizeof *o->start);
  for (int i = 0; i < nl->n_all; i++) {
    const double *s = o->frac[i];
    o->bin[i] = (bin_along(g, 0, s[0]) * g->n_bin[1] + bin_along(g, 1, s[1])) * g->n_bin[2] + bin_along(g, 2, s[2]);
    VT_ASSERT(o->bin[i] >= 0 && (size_t)o->bin[i] < n_bins);
    o->start[o->bin[i] + 1]++;
  }
  for (size_t b = 0; b < n_bins; b++) o->start[b + 1] += o->start[b];
  for (int i = nl->n_all - 1; i >= 0; i--) o->slot[--o->start[o->bin[i] + 1]] = i;
  VT_ASSERT(o->start[1] == 0);
  /* now start[b + 1] is the first slot of bin b; move it down */
  memmove(o->start, o->start + 1, n_bins * sizeof *o->start);
  o->start[n_bins] = nl->n_all;
  for (int p = 0; p < nl->n_all; p++) {
    int i = o->slot[p];
    o->bx[p] = o->x[i];
    o->by[p] = o->y[i];
    o->bz[p] = o->z[i];
  }
}

/* The stretches of slots that the bins around an atom occupy: one for each (a, b), contiguous along c. */
static int stretches(const vt_nlist *nl, const geometry *g, const double s[3], int (*span)[2], size_t *n_slots)
{
  int lo[3], hi[3], n = 0;
  for (int a = 0; a < 3; a++) {
    lo[a] = bin_along(g, a, s[a] - g->margin[a]);
    hi[a] = bin_along(g, a, s[a] + g->margin[a]);
  }
  *n_slots = 0;
  for (int a = lo[0]; a <= hi[0]; a++) {
    for (int b = lo[1]; b <= hi[1]; b++, n++) {
      const int *start = nl->own->start + ((size_t)a * (size_t)g->n_bin[1] + (size_t)b) * (size_t)g->n_bin[2];
      span[n][0] = start[lo[2]];
      span[n][1] = start[hi[2] + 1];
      *n_slots += (size_t)(span[n][1] - span[n][0]);
    }
  }
  return n;
}

/* Rows of some atoms, one behind the other; a thread begins at a place of its own, since how much those before it will
 * fill is not known. */
typedef struct filling {
  vt_nlist *nl;
  const geometry *g;
  int pieces;
  size_t at[VT_TEAM_MOST + 1]; /* first entry of a piece; behind the last */
} filling;

enum { SPANS = (2 * REACH + 2) * (2 * REACH + 2) };

/* at[piece + 1]: entries that these rows have at most. */
static void size_rows(void *ctx, int piece, int member)
{
  filling *f = ctx;
  int from, to, span[SPANS][2];
  size_t n_slots, sum = 0;
  (void)member;
  vt_team_part(f->nl->n, f->pieces, piece, 1, &from, &to);
  for (int i = from; i < to; i++) {
    (void)stretches(f->nl, f->g, f->nl->own->frac[i], span, &n_slots);
    sum += (n_slots + VT_NL_PAD - 1) / VT_NL_PAD * VT_NL_PAD;
  }
  f->at[piece + 1] = sum;
}

static void fill_rows(void *ctx, int piece, int member)
{
  filling *f = ctx;
  const struct vt_nlist_own *o = f->nl->own;
  const double reach2 = f->g->reach * f->g->reach;
  const vt__near_slots slots = {.x = o->bx, .y = o->by, .z = o->bz, .slot = o->slot};
  vt__append_near *append_near = vt__append_near_best();
  size_t used = f->at[piece];
  int from, to, span[SPANS][2];
  (void)member;
  vt_team_part(f->nl->n, f->pieces, piece, 1, &from, &to);
  for (int i = from; i < to; i++) {
    size_t n_slots;
    int n_span = stretches(f->nl, f->g, o->frac[i], span, &n_slots);
    VT_ASSERT(n_span <= SPANS);
    int *restrict row = o->neigh + used;
    const double at[3] = {o->x[i], o->y[i], o->z[i]};
    int k = 0;
    for (int m = 0; m < n_span; m++) k = append_near(&slots, span[m][0], span[m][1], at, reach2, i, row, k);
    o->first[i] = (int)used;
    o->count[i] = k;
    while (k % VT_NL_PAD) row[k++] = i;
    used += (size_t)k;
    VT_ASSERT(used <= f->at[piece + 1]);
  }
  if (to == f->nl->n) o->first[to] = (int)used;
}

static vt_status put_rows(vt_nlist *nl, const geometry *g, vt_err *err)
{
  filling f = {.nl = nl, .g = g, .pieces = vt_team_size(nl->team)};
  vt_team_run(nl->team, f.pieces, size_rows, &f);
  for (int k = 0; k < f.pieces; k++) f.at[k + 1] += f.at[k];
  VT_PASS(
      reserve_rows(nl->own, f.at[f.pieces] + VT_NL_PAD, err)); /* what is looked at is written before it is dropped */
  vt_team_run(nl->team, f.pieces, fill_rows, &f);
  return VT_OK;
}

/* Do the rows hold what a row is: neighbours within reach with an owner each, and every pair from both of its atoms?
 * Since the two distances of a pair differ in their last bits, pairs at the very edge are left out of the second count.
 */
static int rows_hold(const vt_nlist *nl, double reach)
{
  const struct vt_nlist_own *o = nl->own;
  const double outer2 = reach * reach * (1 + 1e-9), inner2 = reach * reach * (1 - 1e-9);
  int64_t of_rows = 0, of_neighbours = 0; /* sums over all entries of the row's atom, of the neighbour's owner */
  for (int i = 0; i < nl->n; i++) {
    if (o->first[i] % VT_NL_PAD != 0 || o->first[i] + o->count[i] > o->first[i + 1]) return 0;
    for (int k = o->first[i]; k < o->first[i] + o->count[i]; k++) {
      const int j = o->neigh[k];
      if (j < 0 || j >= nl->n_all || j == i || o->owner[j] < 0 || o->owner[j] >= nl->n) return 0;
      const double dx = o->x[j] - o->x[i], dy = o->y[j] - o->y[i], dz = o->z[j] - o->z[i];
      const double d2 = dx * dx + dy * dy + dz * dz;
      if (!(d2 < outer2)) return 0;
      of_rows += d2 < inner2 ? i : 0;
      of_neighbours += d2 < inner2 ? o->owner[j] : 0;
    }
  }
  return of_rows == of_neighbours;
}

static vt_status nlist_build(vt_nlist *nl, const vt_cell *cell, const double (*pos)[3], vt_err *err)
{
  struct vt_nlist_own *o = nl->own;
  geometry g;
  int64_t n_all;
  o->valid = 0;
  VT_PASS(nlist_measure(nl, cell, &g, err));
  VT_TRY(reserve_entries(o, nl->n, nl->n, err), err, "neighbour list");
  VT_PASS(wrap_locals(nl, &g, pos, &n_all, err));
  if (n_all > MOST_ENTRIES) VT_FAIL(err, VT_EDIVERGE, "%lld atoms and images", (long long)n_all);
  if (n_all > o->cap_all) { /* growing forgets the locals */
    VT_TRY(reserve_entries(o, nl->n, (int)n_all, err), err, "neighbour list");
    VT_PASS(wrap_locals(nl, &g, pos, &n_all, err));
  }
  lay_ghosts(nl, &g, n_all);
  set_shift_vectors(nl, cell);
  nlist_place(nl, pos);
  size_t n_bins = choose_bins(nl, &g);
  VT_PASS(reserve_bins(o, n_bins, err));
  sort_into_bins(nl, &g, n_bins);
  VT_PASS(put_rows(nl, &g, err));
  VT_ASSERT(rows_hold(nl, g.reach));
  o->cell0 = *cell;
  memcpy(o->x0, o->x, (size_t)nl->n * sizeof *o->x0);
  memcpy(o->y0, o->y, (size_t)nl->n * sizeof *o->y0);
  memcpy(o->z0, o->z, (size_t)nl->n * sizeof *o->z0);
  o->valid = 1;
  nl->builds++;
  nl->x = o->x;
  nl->y = o->y;
  nl->z = o->z;
  nl->type = o->type;
  nl->owner = o->owner;
  nl->first = o->first;
  nl->count = o->count;
  nl->neigh = o->neigh;
  return VT_OK;
}

vt_status vt_nlist_update(vt_nlist *nl, const vt_cell *cell, const double (*x)[3], int force_rebuild, vt_err *err)
{
  if (nl->own->valid && !force_rebuild) {
    if (!same_cell(cell, &nl->cell)) set_shift_vectors(nl, cell);
    nlist_place(nl, x);
    if (!outdated(nl)) return VT_OK;
  }
  return nlist_build(nl, cell, x, err);
}
