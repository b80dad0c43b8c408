/* fast_impl.h - what the vector path's common part (fast.c) and its kernels (fast_kernel.h) share. */
#ifndef VT_NEP_FAST_IMPL_H
#define VT_NEP_FAST_IMPL_H

#include "engine/pot/nep/nep_impl.h"

/* The forms the kernels serve. */
enum {
  VT_FAST_L = 4,         /* l_max                                             */
  VT_FAST_H = 24,        /* harmonics of l = 1..4                             */
  VT_FAST_MOST = 17,     /* radial or angular channels (n_max + 1)            */
  VT_FAST_CHANNELS = 32, /* room for them in whole vectors                    */
  VT_FAST_BASIS = 17,    /* most radial functions (basis_size + 1)            */
  VT_FAST_ROW = 16,      /* entries of a coefficient row: one for each species */
  VT_FAST_CHUNKS = 16    /* most chunks of a cell                             */
};

/* An atom or ghost as the search for neighbours wants it: one aligned load instead of one from each of five arrays. */
typedef struct vt_fast_site {
  double x, y, z;
  int id[2]; /* owner, species */
} vt_fast_site;
_Static_assert(sizeof(vt_fast_site) == 32, "loaded as four doubles");

/* Arrays marked `real` have the kernel's type, double or float. */
typedef struct vt_fast_network {
  void *w0;  /* real [neurons][dim], times the scale of the descriptor */
  void *w0t; /* real [dim][neurons], the same                          */
  void *b0;  /* real [neurons] */
  void *w1;  /* real [neurons] */
  double bias;
} vt_fast_network;

/* Neighbours within reach of one atom, or of two in turns (entry j is of atom j % atoms), those within the shorter
 * cutoff first, and their angular sums.  Arrays have room for vt_nep_fast.cap_row entries. */
typedef struct vt_fast_slot {
  int n, n_near;        /* entries; those up to the last one within the shorter cutoff */
  int count[2];         /* neighbours of each atom; its other entries are out of reach */
  void *x, *y, *z;      /* real: unit vector              */
  void *r, *ri;         /* real: distance and its inverse */
  void *fc, *dfc;       /* real: radial cutoff function and its derivative by r/rc */
  int *owner, *species; /* local atom an entry is an image of; its species */
  void *g, *dg;         /* real [n_angular][cap_row]: g_n(r) and derivative */
  void *s;              /* real [VT_FAST_H][VT_FAST_CHANNELS][atoms] */
  int n_close, n_done;  /* neighbours that are repelled; of them, whose force is known */
  int *close;           /* [n_close] which they are                                    */
  void *close_force;    /* real [n_close]: half of dV/dr                               */
  double repulsion[2];  /* half of their V for each atom, eV                           */
} vt_fast_slot;

/* A chunk of atoms, and what its energies give: forces on all atoms. */
typedef struct vt_fast_chunk {
  int first, last;    /* order[first] .. order[last - 1] */
  double (*force)[4]; /* [atoms of the cell] */
  double energy, virial[9];
  int atom, entry; /* the first atom that sits on another one, -1: none; that entry of the list */
} vt_fast_chunk;

typedef struct vt_nep_kernel {
  const char *name;
  int lanes;
  int atoms;     /* that share a slot */
  int real_size; /* bytes */
  /* Chunks of one cell may be computed at the same time, each with another `f`.  e_atom[atoms of the cell] or NULL. */
  void (*compute)(vt_nep_fast *f, const vt_nlist *nl, vt_fast_chunk *c, double *e_atom);
} vt_nep_kernel;

/* What one thread computes with: the parameters, which all share, and working memory of its own. */

struct vt_nep_fast {
  const vt_nep_bound *bound;
  const vt_nep_kernel *kernel;
  int n_radial, n_angular, k_radial, k_angular, n_blocks, dim, neurons;
  int f222, f1111, zbl;
  double reach_radial, reach_angular; /* largest cutoff of any pair                                     */
  double reach_near;                  /* the shorter of the two                                         */
  double zbl_reach[VT_MAX_SPECIES];   /* largest outer cutoff of a species' repulsion                   */
  int n_cutoffs;                      /* 1: all pairs have the same two cutoffs; else as many as species */
  void *parameters;                   /* one block that the following point into */
  void *c_radial;                     /* real [species][n][k][VT_FAST_ROW] */
  void *c_angular;
  void *inverse_radial; /* real [species][VT_FAST_ROW]: 1/cutoff of a centre with each neighbour's species */
  void *inverse_angular;
  vt_fast_network net[VT_MAX_SPECIES];

  int *order;               /* atoms grouped by species; shared: a chunk orders its own */
  const vt_fast_site *site; /* positions of this call, ghosts included; shared */
  double (*force)[4];       /* of the chunk at hand */

  /* Working memory: grows with the longest row, never shrinks. */
  ptrdiff_t cap_row;
  void *work;         /* one block that the following point into */
  vt_fast_slot *slot; /* [lanes] */
  double *raw[4];     /* [2 * cap_row] x, y, z, r^2: near ones from 0, far ones from cap_row */
  int (*raw_id)[2];   /* [2 * cap_row] owner, species */
  int *near; /* [lanes][2 * cap_row / atoms] entries within reach, the same way (AVX-512, which needs no raw) */
  void *fx, *fy, *fz; /* real [cap_row] */
  void *h;            /* real [cap_row][VT_FAST_H] */
  void *q, *d;        /* real [dim][lanes]: descriptors and dU/dq of a batch of atoms */
  void *hidden;       /* real [neurons][lanes] */
};

/* fast_run.c.  Of a potential: the threads' views and what they share. */
struct vt_nep_vector {
  vt_nep_fast *view; /* [n_views] the first is opened with the potential, the others are copies of it */
  int n_views;
  int shares; /* 1: the parameters are those of another one */
  int cap_n, cap_all;
  size_t cap_buffers;
  int *order;         /* [cap_n] */
  vt_fast_site *site; /* [cap_all] */
  double *buffers; /* [cap_buffers] forces: their sum, then those of the chunks that are under way; [atoms][4] each */
  vt_fast_chunk chunk[VT_FAST_CHUNKS];
};

/* fast.c.  Room for rows of `longest` and what whole vectors may read and write beyond. */
VT_MUST_CHECK vt_status vt__nep_fast_rows(vt_nep_fast *f, int longest, vt_err *err);

extern const vt_nep_kernel vt__nep_portable_f64, vt__nep_portable_f32;
#ifdef VT_POT_X86
extern const vt_nep_kernel vt__nep_avx2_f64, vt__nep_avx2_f32, vt__nep_avx512_f64, vt__nep_avx512_f32;
#endif

#endif
