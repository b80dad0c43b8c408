/* sys.h - a configuration of atoms in a periodic cell, its neighbours, its files (layer 2).
 *
 * Units everywhere inside engine/: length A, energy eV, mass u, temperature K, time sqrt(u A^2/eV) (10.1805 fs),
 * pressure eV/A^3.  Conversions live in engine/spec only.  A cell holds lattice vectors as ROWS, any shape, periodic in
 * all three directions (vacuum is a long vector). */
#ifndef VT_SYS_H
#define VT_SYS_H

#include <stdio.h>

#include "engine/base/base.h"
#include "engine/spec/spec.h"
#include "engine/team/team.h"

/* ------------------------------------------------------------------ cell */

typedef struct vt_cell {
  double h[3][3]; /* rows = lattice vectors, A */
} vt_cell;

double vt_cell_volume(const vt_cell *c);                /* |det h|, A^3 */
int vt_cell_inverse(const vt_cell *c, double hi[3][3]); /* x = s h, s = x hi; 0 if singular or not finite */
double vt_cell_height(const vt_cell *c, int axis);      /* distance between opposite faces, A */
double vt_cell_shortest_height(const vt_cell *c);
vt_cell vt_cell_cubic(double edge_a);
/* Another basis of the same lattice: Minkowski-reduced, right-handed if c is, so that one lattice has one answer for
 * any vectors that span it. */
vt_cell vt_cell_reduced(const vt_cell *c);
/* The length of the shortest lattice vector: two images of an atom are never nearer.  c must be reduced. */
double vt_cell_shortest_vector(const vt_cell *c);
/* The basis of c's lattice that is nearest to the cell `before` (whole-number combinations of c's vectors): a box that
 * flipped is the one before again, and what is left is strain.  0 if there is none: the lattices differ by more than a
 * strain of about a third. */
int vt_cell_aligned(const vt_cell *c, const vt_cell *before, vt_cell *out);
/* Fold x into the cell. */
void vt_cell_wrap(const vt_cell *c, const double hi[3][3], double x[3]);
/* The nearest image of d: exact for a reduced cell; for another one as long as |d| after folding is below half the
 * shortest height, otherwise the best of the 27 around the folded vector. */
void vt_cell_min_image(const vt_cell *c, const double hi[3][3], double d[3]);

/* ------------------------------------------------------------------ frame: a borrowed view of one instant */

typedef struct vt_frame {
  int n; /* number of atoms                                                     */
  int n_species;
  vt_cell cell;
  const int *type;       /* [n] 0..n_species-1: index into the task's composition               */
  const double (*x)[3];  /* [n][3] Cartesian positions, wrapped into the cell, A                */
  const double (*v)[3];  /* [n][3] velocities (internal units), NULL where there are none       */
  const double (*dx)[3]; /* [n][3] displacement since the stage began, added up step by step
                          * (never reconstructed from images; cell rescaling moves no dx), A    */
  double t_k;            /* instantaneous temperature, K (3N-3 degrees of freedom)              */
  double pressure;       /* instantaneous, eV/A^3                                               */
  double e_pot, e_kin;   /* eV                                                                  */
  double spread;         /* committee spread of the forces, eV/A; NaN where there is none       */
  int64_t step;          /* step of the stage this frame belongs to                             */
  double time_ps;        /* time since the stage began                                          */
} vt_frame;

/* ------------------------------------------------------------------ neighbour list
 *
 * Atoms 0..n-1 are local; n..n_all-1 are ghosts: periodic images within cutoff+skin of the cell, so that a pair is
 * plainly x[j]-x[i] for any cell, also one thinner than the cutoff (an atom may neighbour its own images).  Lists are
 * full (i->j and j->i), sorted in a fixed order, and padded with i itself to a multiple of VT_NL_PAD so that kernels
 * can read whole vectors (a distance of exactly zero is padding).  The order and hence every sum depends on the
 * positions at the last rebuild only. */
enum { VT_NL_PAD = 16 };

typedef struct vt_nlist {
  int n, n_all;
  double cutoff, skin;
  vt_cell cell;
  const double *x, *y, *z;  /* [n_all] current positions, ghosts included, 64-byte aligned */
  const int *type;          /* [n_all]                                                     */
  const int *owner;         /* [n_all] local atom an entry is an image of                  */
  const int *first;         /* [n+1] row i is neigh[first[i]] .. first[i]+count[i]-1       */
  const int *count;         /* [n] true neighbours within cutoff+skin (without padding)    */
  const int *neigh;         /* row starts are multiples of VT_NL_PAD                       */
  int64_t builds;           /* how many rebuilds so far                                    */
  vt_team *team;            /* borrowed; who shares the work, also that of potentials; NULL: nobody */
  struct vt_nlist_own *own; /* private memory                                             */
} vt_nlist;

/* skin >= 0. type[n] borrowed for the call. Memory is reserved with head room; a rebuild that needs more allocates. */
VT_MUST_CHECK vt_status vt_nlist_open(vt_nlist *nl, int n, const int *type, double cutoff, double skin, vt_err *err);
/* Take positions x[n][3] (anywhere in space) and the cell: rebuild if `force_rebuild`, if the cell changed so much or
 * an atom moved so far since the last build that a pair could be missed; else only refresh positions (ghosts follow
 * their owners).  VT_EDIVERGE on a non-finite position or a cell that cannot be inverted. */
VT_MUST_CHECK vt_status vt_nlist_update(vt_nlist *nl, const vt_cell *cell, const double (*x)[3], int force_rebuild,
                                        vt_err *err);
void vt_nlist_close(vt_nlist *nl);

/* ------------------------------------------------------------------ extended XYZ */

/* When a frame was, as its comment line says. */
typedef struct vt_stamp {
  double value; /* NaN: not said                                        */
  double digit; /* what the last digit counts: 0.01 for 1.25             */
  int digits;   /* how many there are, without leading zeros             */
  char key[24]; /* as the file spells it; "" if not said                 */
} vt_stamp;

/* One frame read from a file; owns its memory. */
typedef struct vt_structure {
  int n;
  vt_cell cell;
  char (*symbol)[4]; /* [n] */
  double (*x)[3];    /* [n][3] A */
  double (*v)[3];    /* [n][3] A/fs as the file gives them, or NULL */
  double (*f)[3];    /* [n][3] eV/A, after vt_xyz_keep_labels where the file has them, else NULL */
  double energy;     /* eV, NaN if absent */
  int unfolded;      /* x says where the atoms went: it was never folded into the cell, or folded back by images */
  int line;          /* of the file, that of the number of atoms; vt_structure_line has those of atoms */
  int64_t *id;       /* [n] the column id, or NULL */
  int *row;          /* [n] after vt_structure_by_id: which atom of the frame it was, from 0; else NULL */
  vt_stamp time;     /* time, time_ps, time_fs, md_time, simulation_time */
  vt_stamp step;     /* step, timestep, time_step, md_step, iteration, frame */
  char replica[24];  /* replica, walker, bead, trajectory ...; "" if not said */
  char ignored[64];  /* what was needed for nothing and could not be read (energy=None), or "" */
  char comment[256]; /* first part of the comment line */
  char *labels;      /* all of it after vt_xyz_keep_labels, else NULL; read by vt_xyz_label */
} vt_structure;
void vt_structure_free(vt_structure *s);
int vt_structure_line(const vt_structure *s, int i); /* where atom i stands in the file; -2: the number of atoms */
/* Atoms in the order of their ids, where the file has them.  VT_EPARSE: an id that is there twice. */
VT_MUST_CHECK vt_status vt_structure_by_id(vt_structure *s, const char *name, vt_err *err);

/* Streaming reader.  `path` is used in errors, which carry path:line:col and what was expected.  Any column order
 * (Properties=..., species or Z), Lattice="9 numbers" or [[..],[..],[..]] (rows are vectors) required, pbc of three
 * values T where it is there, at most 10^7 atoms, a byte order mark, gzip or xz (vt_input); the last line must have an
 * end (vt_text_whole).  next: VT_OK with *got=0 at the end of file. */
typedef struct vt_xyz vt_xyz;
VT_MUST_CHECK vt_status vt_xyz_open(vt_xyz **x, const char *path, vt_err *err);
/* The same from memory (tests, fuzzing); `text` is borrowed until close. */
VT_MUST_CHECK vt_status vt_xyz_open_text(vt_xyz **x, const char *name, const char *text, size_t n, vt_err *err);
VT_MUST_CHECK vt_status vt_xyz_next(vt_xyz *x, vt_structure *s, int *got, vt_err *err);
void vt_xyz_close(vt_xyz *x);
/* From now on what is wrong with an atom's line is noted and its frame read on: when `next` is VT_OK and m->n has
 * grown, the frame at hand is not to be used.  `m` is borrowed. */
void vt_xyz_collect(vt_xyz *x, vt_mistakes *m);
/* From now on frames keep the columns force or forces (strictly numbers) and their whole comment line. */
void vt_xyz_keep_labels(vt_xyz *x);
/* The value of `key` (in any case of letters) in a comment line: 1 with *value, *n, which point into it, and *col (from
 * 1 on), or 0. */
int vt_xyz_label(const char *comment, const char *key, const char **value, size_t *n, int *col);
/* Numbers of such a value, between blanks, commas and brackets: how many of at most `most`, or -1: one is no number. */
int vt_xyz_numbers(const char *value, size_t n, double *out, int most);
/* Append one frame as text: species:S:1:pos:R:3[:vel:R:3], %.17g; `extra` (may be NULL) goes into the comment line. */
void vt_xyz_format(vt_buf *b, int n, const vt_cell *cell, const int *type, const char *const *symbol,
                   const double (*x)[3], const double (*v)[3], const char *extra);

/* ------------------------------------------------------------------ packing */

/* Random packing of a composition into a cubic cell at `density` times the estimated density (vt_comp_volume), by
 * sequential insertion with the pair distances of vt_comp_min_distance followed by a soft-sphere relaxation that pushes
 * remaining overlaps apart; a pure function of (composition, density, key).  type[n] grouped by species; x[n][3].
 * VT_ETASK when it cannot be packed at that density. */
VT_MUST_CHECK vt_status vt_pack(const vt_composition *c, double density, uint64_t key, vt_cell *cell, int *type,
                                double (*x)[3], vt_err *err);

#endif
