/* pot.h - potentials: one table of functions a back end, one table of back ends (layer 3). */
#ifndef VT_POT_H
#define VT_POT_H

#include "engine/base/base.h"
#include "engine/sys/sys.h"

typedef struct vt_force_out {
  double energy;       /* total, eV                                                                          */
  double virial[9];    /* W = -dE/d(strain), xx xy xz yx yy yz zx zy zz, eV; pressure = (2 Ekin + tr W)/(3 V) */
  double (*f)[3];      /* [n][3] eV/A, written by compute, memory owned by the caller                         */
  double *e_atom;      /* [n] eV, or NULL if not wanted                                                       */
  double (*w_atom)[9]; /* [n][9] eV, per-atom virial assigned to the NEIGHBOUR, or NULL if not wanted
                        * (asking for it may choose a slower path with other rounding)                     */
  double spread;       /* committee: root mean square force spread, eV/A; NaN otherwise                       */
} vt_force_out;

/* What outlives a potential whose forces another program computes: that program, as long as the same atoms come again,
 * and what it said before it failed.  Zero-initialised; vt_pot_kept_end it. */
typedef struct vt_pot_kept {
  void *driver;
  vt_uid key; /* of the atoms and the command that `driver` is for */
  vt_buf said;
  char name[200]; /* what the program calls itself, or "" */
} vt_pot_kept;
void vt_pot_kept_end(vt_pot_kept *k);

typedef struct vt_pot_args {
  const char *path; /* parameter file, or "-" for back ends without one */
  int n_species;
  const char *const *species; /* element symbols, in the order of vt_nlist.type   */
  const vt_composition *comp; /* the same species with charges and radii, for models built from them; NULL: the usual */
  vt_numerics numerics;       /* simd must not be AUTO                            */
  /* Of a potential that another program computes (kind ipi); all may be NULL, borrowed until close. */
  const vt_driver *driver;
  vt_pot_kept *kept;                         /* NULL: the program ends with the potential */
  vt_status (*wait)(void *ctx, vt_err *err); /* asked every few milliseconds while it computes; not VT_OK ends it */
  void *wait_ctx;
  int needs_virial; /* a program that gives none is refused; else the virial is NaN then */
} vt_pot_args;

typedef struct vt_pot_info {
  char kind[16];
  char path[VT_PATH];
  vt_uid sha256;  /* of the file's text, expanded if it is compressed; zero: none */
  int n_elements; /* what the model knows (not only what this task uses) */
  char element[96][4];
  double cutoff;   /* A */
  char kernel[32]; /* "avx512 double", "reference double", ...            */
  int foreign;     /* 1: another program computes, which promises no bits */
} vt_pot_info;

typedef struct vt_pot_ops {
  const char *name;
  /* Read the file, check that every species is known, keep what is needed in *self.  On failure *self is NULL. */
  vt_status (*open)(const vt_pot_args *a, void **self, vt_err *err);
  void (*describe)(const void *self, vt_pot_info *out);
  /* Energies and forces of the list's current positions.  The list reaches at least describe().cutoff.  Must not
   * print; may allocate only when the number of atoms or threads or the longest row grew; gives the same bits for the
   * same list, whatever the list's team. */
  vt_status (*compute)(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err);
  void (*close)(void *self); /* NULL is allowed */
  /* vt_pot_compute_many, but for what every potential is checked for; NULL: one after the other. */
  vt_status (*compute_many)(void *self, int n, const vt_nlist *const *nl, vt_force_out *const *out, vt_team *team,
                            int *failed, vt_err *err);
  int (*threads_most)(int n_atoms); /* vt_pot_threads_most; NULL: 1 */
  /* Useful multiply-adds of one compute for this list, for benchmarks; NULL: nobody counted them. */
  double (*multiply_adds)(const void *self, const vt_nlist *nl);
  int takes_driver; /* vt_pot_args.driver must be there; for the others it must not */
} vt_pot_ops;

typedef struct vt_pot {
  const vt_pot_ops *ops;
  void *self;
} vt_pot;

/* VT_EUNSUP: no such kind (the message lists those there are); else what the back end says. */
VT_MUST_CHECK vt_status vt_pot_open(vt_pot *pot, const char *kind, const vt_pot_args *args, vt_err *err);
void vt_pot_describe(const vt_pot *pot, vt_pot_info *out);
/* VT_EDIVERGE when energy, virial or a force is not finite, or two atoms sit on each other.  Of a foreign potential
 * without a virial (vt_pot_args.needs_virial) all nine are NaN.  VT_EDRIVER: another program failed. */
VT_MUST_CHECK vt_status vt_pot_compute(vt_pot *pot, const vt_nlist *nl, vt_force_out *out, vt_err *err);
/* n cells at once: nl[k], out[k], each as if vt_pot_compute had been called with it alone, the same bits.  Whole cells
 * are dealt to the members of `team` (NULL: nobody) where the potential can; what the lists say of teams does not count
 * then.  *failed: the first cell that could not be computed; those before it are done.  Not collective. */
VT_MUST_CHECK vt_status vt_pot_compute_many(vt_pot *pot, int n, const vt_nlist *const *nl, vt_force_out *const *out,
                                            vt_team *team, int *failed, vt_err *err);
void vt_pot_close(vt_pot *pot);

/* How many threads (vt_nlist.team) a force call of so many atoms can use; 1 for kinds that share nothing. */
int vt_pot_threads_most(const char *kind, int n_atoms);

/* What a potential's file knows, without binding it to species (campaign checks, hashes): kind, path, sha256, elements,
 * cutoff. */
VT_MUST_CHECK vt_status vt_pot_probe(const char *kind, const char *path, vt_pot_info *out, vt_err *err);
/* The same of a potential that another program computes, which is not started. */
VT_MUST_CHECK vt_status vt_pot_probe_driver(const char *kind, const char *path, const vt_driver *driver,
                                            vt_pot_info *out, vt_err *err);

/* A potential bound to the elements of one structure; zero-initialised. */
typedef struct vt_bound {
  vt_pot pot; /* ops NULL: nothing is bound */
  int n_species;
  const char *symbol[VT_MAX_SPECIES]; /* in order of first appearance */
  vt_composition comp;                /* of the structure; charges that make it neutral, else as by default */
  int *type;                          /* [n] of the structure */
  const vt_driver *driver;            /* set before: the other program of a foreign potential; NULL: none */
  vt_pot_kept *kept;                  /* set before: where that program is kept; NULL: it ends with the potential */
} vt_bound;
/* Bind `kind`, `path` to the elements of `s`; a potential that is already bound to just these is kept.  vt_pot_unbind
 * it, after a failure too. */
VT_MUST_CHECK vt_status vt_pot_bind(vt_bound *b, const char *kind, const char *path, vt_numerics num,
                                    const vt_structure *s, vt_err *err);
void vt_pot_unbind(vt_bound *b);

/* Built-in back ends, NULL-terminated; adding a potential = one file and one line in pot.c. */
extern const vt_pot_ops *const vt_pot_builtin[];

/* The best level this processor and build can do (never AUTO); 1 if `s` can run here. */
vt_simd vt_simd_best(void);
int vt_simd_works(vt_simd s);
const char *vt_simd_name(vt_simd s);

#endif
