/* pack.c - random start configurations: insertion one by one, then soft spheres push the rest apart. */
#include <math.h>
#include <string.h>

#include "engine/sys/sys.h"

enum {
  MOST_ATTEMPTS = 8,  /* fresh random points                                              */
  MOST_TRIALS = 60,   /* points tried for an atom before the best of them is taken        */
  MOST_PUSHES = 1000, /* relaxation steps of an attempt                                   */
  MOST_GRID = 64      /* insertion grid cells along an edge                               */
};

/* Spheres are pushed to slightly more than the contact distance, so that contact is reached in finitely many steps. */
static const double inflate = 1.02;
/* Share of an overlap that one contact corrects in one step: a sphere in a dense packing has 6-12 contacts, and
 * gradient descent on their springs is stable below 2 / (largest eigenvalue), about 1/3 here. */
static const double push_share = 0.3;
/* Anions are kept apart by more than their contact distance where the density allows it: at contact they meet in the
 * first picoseconds of the melt and form O2, X2 or OX before the metals have found their anions (24 oxychlorides of 168
 * atoms: 7 had such pairs with factor 1, none with 1.2). */
static const double anion_spread[MOST_ATTEMPTS] = {1.2, 1.2, 1.1, 1.1, 1, 1, 1, 1};

typedef struct packer {
  int n;
  const int *type;
  double (*x)[3];
  uint64_t key;
  double edge;
  double contact[VT_MAX_SPECIES][VT_MAX_SPECIES], longest; /* of this attempt; of any */
  /* insertion grid: chains of atoms in cells at least `longest` wide */
  int grid, *head, *next;
  double (*push)[3]; /* [n] displacement of one relaxation step */
  vt_nlist nl;
} packer;

static void set_contacts(packer *p, const vt_composition *c, double spread)
{
  for (int a = 0; a < c->n_species; a++) {
    for (int b = 0; b < c->n_species; b++) {
      int anions = c->charge[a] < 0 && c->charge[b] < 0;
      p->contact[a][b] = vt_comp_min_distance(c, a, b) * (anions ? spread : 1);
      p->longest = fmax(p->longest, p->contact[a][b]);
    }
  }
}

static vt_status packer_open(packer *p, const vt_composition *c, double edge, const int *type, double (*x)[3],
                             uint64_t key, vt_err *err)
{
  vt_status rc = VT_OK;
  *p = (packer){.n = c->n_atoms, .type = type, .x = x, .key = key, .edge = edge};
  set_contacts(p, c, anion_spread[0]);
  int fits = (int)fmin(MOST_GRID, floor(edge / p->longest));
  p->grid = fits < 3 ? 1 : fits; /* below three, neighbours of a cell would be met twice */
  size_t n = (size_t)p->n, cells = (size_t)p->grid * (size_t)p->grid * (size_t)p->grid;
  VT_TRY_OUT(VT_NEW(p->head, cells, err), err, "packing");
  VT_TRY_OUT(VT_NEW(p->next, n, err), err, "packing");
  VT_TRY_OUT(VT_NEW(p->push, n, err), err, "packing");
  VT_TRY_OUT(vt_nlist_open(&p->nl, p->n, type, p->longest * inflate, 0.3 * p->longest, err), err, "packing");
  for (int a = 0; a < c->n_species; a++) {
    double contact = vt_comp_min_distance(c, a, a);
    if (edge < contact)
      VT_FAIL(err, VT_ETASK, "an edge of %.3g A is shorter than the %s-%s contact of %.3g A: more atoms are needed",
              edge, vt_element_symbol(c->z[a]), vt_element_symbol(c->z[a]), contact);
  }
out:
  return rc;
}

static void packer_close(packer *p)
{
  vt_nlist_close(&p->nl);
  vt_free(p->head);
  vt_free(p->next);
  vt_free(p->push);
}

static int grid_of(const packer *p, double x)
{
  int q = (int)(x / p->edge * p->grid);
  return q < p->grid ? q : p->grid - 1;
}

static int cell_of(const packer *p, int qx, int qy, int qz)
{
  int g = p->grid;
  return ((qx + g) % g * g + (qy + g) % g) * g + (qz + g) % g;
}

/* Least distance / contact distance from a point to the atoms of one grid cell. */
static double room_in_cell(const packer *p, int cell, int type, const double at[3], double least)
{
  for (int j = p->head[cell]; j >= 0; j = p->next[j]) {
    double r2 = 0, contact = p->contact[type][p->type[j]];
    for (int b = 0; b < 3; b++) {
      double d = fabs(at[b] - p->x[j][b]);
      d = fmin(d, p->edge - d);
      r2 += d * d;
    }
    least = fmin(least, r2 / (contact * contact));
  }
  return least;
}

static double room_at(const packer *p, int type, const double at[3])
{
  int reach = p->grid == 1 ? 0 : 1, q[3];
  double least = 1;
  for (int b = 0; b < 3; b++) q[b] = grid_of(p, at[b]);
  for (int a = -reach; a <= reach; a++)
    for (int b = -reach; b <= reach; b++)
      for (int c = -reach; c <= reach; c++)
        least = room_in_cell(p, cell_of(p, q[0] + a, q[1] + b, q[2] + c), type, at, least);
  return least;
}

/* Put atom by atom at the first random point with room, or at the best of MOST_TRIALS. Anions, which come last in a
 * composition and are the largest, go first. */
static void insert_all(packer *p, int attempt)
{
  int cells = p->grid * p->grid * p->grid;
  for (int c = 0; c < cells; c++) p->head[c] = -1;
  for (int i = p->n - 1; i >= 0; i--) {
    double best = -1;
    for (int trial = 0; trial < MOST_TRIALS && best < 1; trial++) {
      double u[4], at[3];
      int64_t step = (int64_t)attempt * MOST_TRIALS + trial;
      vt_rng_uniform2(p->key, VT_STREAM_PACK, 0, step, (uint32_t)i, u);
      vt_rng_uniform2(p->key, VT_STREAM_PACK, 1, step, (uint32_t)i, u + 2);
      for (int b = 0; b < 3; b++) at[b] = u[b] * p->edge;
      double room = room_at(p, p->type[i], at);
      if (room > best) {
        best = room;
        memcpy(p->x[i], at, sizeof at);
      }
    }
    int cell = cell_of(p, grid_of(p, p->x[i][0]), grid_of(p, p->x[i][1]), grid_of(p, p->x[i][2]));
    p->next[i] = p->head[cell];
    p->head[cell] = i;
  }
}

/* The displacements of one step of gradient descent on sum (1/2)(inflated contact - r)^2 over overlapping pairs;
 * returns the least distance / contact distance. */
static double find_pushes(packer *p)
{
  const vt_nlist *nl = &p->nl;
  double least = 2;
  for (int i = 0; i < p->n; i++) {
    double push[3] = {0};
    for (int k = 0; k < nl->count[i]; k++) {
      int j = nl->neigh[nl->first[i] + k];
      double contact = p->contact[nl->type[i]][nl->type[j]];
      double d[3] = {nl->x[j] - nl->x[i], nl->y[j] - nl->y[i], nl->z[j] - nl->z[i]};
      double r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
      least = fmin(least, r / contact);
      double overlap = inflate * contact - r;
      if (overlap <= 0 || r == 0) continue;
      for (int b = 0; b < 3; b++) push[b] -= push_share * overlap * d[b] / r;
    }
    memcpy(p->push[i], push, sizeof push);
  }
  return least;
}

/* *least >= 1: packed. */
static vt_status pack_relax(packer *p, const vt_cell *cell, double *least, vt_err *err)
{
  *least = 0;
  for (int step = 0; step < MOST_PUSHES; step++) {
    VT_TRY(vt_nlist_update(&p->nl, cell, (const double(*)[3])p->x, step == 0, err), err, "packing");
    *least = find_pushes(p);
    if (*least >= 1) return VT_OK;
    for (int i = 0; i < p->n; i++)
      for (int b = 0; b < 3; b++) p->x[i][b] += p->push[i][b];
  }
  return VT_OK;
}

static vt_status estimate_edge(const vt_composition *c, double density, double *edge, vt_err *err)
{
  if (c->n_atoms < 1 || c->n_species < 1 || c->n_species > VT_MAX_SPECIES || !(density > 0) || !isfinite(density))
    VT_FAIL(err, VT_EINVAL, "packing %d atoms of %d species at density %g", c->n_atoms, c->n_species, density);
  double volume = 0;
  int total = 0;
  for (int s = 0; s < c->n_species; s++) {
    double one = vt_comp_volume(c, s);
    if (!(one > 0))
      VT_FAIL(err, VT_ETASK, "no volume estimate for %s, cannot choose a density", vt_element_symbol(c->z[s]));
    volume += one * c->count[s];
    total += c->count[s];
  }
  if (total != c->n_atoms) VT_FAIL(err, VT_EINVAL, "%s: counts add up to %d, not %d", c->name, total, c->n_atoms);
  *edge = cbrt(volume / density);
  return VT_OK;
}

vt_status vt_pack(const vt_composition *c, double density, uint64_t key, vt_cell *cell, int *type, double (*x)[3],
                  vt_err *err)
{
  vt_status rc = VT_OK;
  packer p = {0};
  double edge = 0, least = 0;
  VT_TRY(estimate_edge(c, density, &edge, err), err, "packing %s", c->name);
  for (int s = 0, i = 0; s < c->n_species; s++)
    for (int k = 0; k < c->count[s]; k++) type[i++] = s;
  *cell = vt_cell_cubic(edge);
  VT_TRY_OUT(packer_open(&p, c, edge, type, x, key, err), err, "packing %s", c->name);
  for (int attempt = 0; attempt < MOST_ATTEMPTS && least < 1; attempt++) {
    set_contacts(&p, c, anion_spread[attempt]);
    insert_all(&p, attempt);
    VT_TRY_OUT(pack_relax(&p, cell, &least, err), err, "packing %s", c->name);
  }
  if (least < 1)
    VT_FAIL_OUT(err, VT_ETASK, "%s cannot be packed at density %g: a pair stays at %.3f of its contact distance",
                c->name, density, least);
  double hi[3][3];
  if (!vt_cell_inverse(cell, hi)) VT_FAIL_OUT(err, VT_EBUG, "a cubic cell of edge %g A has no inverse", edge);
  for (int i = 0; i < p.n; i++) vt_cell_wrap(cell, (const double(*)[3])hi, x[i]);
out:
  packer_close(&p);
  return rc;
}
