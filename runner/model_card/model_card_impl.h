/* model_card_impl.h - what the files of runner/model_card share. */
#ifndef VT_MODEL_CARD_IMPL_H
#define VT_MODEL_CARD_IMPL_H

#include "runner/model_card/model_card.h"

/* ------------------------------------------------------------------ validate.c: errors */

/* Sums over frames, all of weight 1. */
typedef struct vt__sums {
  char name[VT_NAME];
  double frames, energy, n_e, force, n_f, virial, n_v;
  double mean_virial, mean_virial_2; /* sum of tr(W - label)/3N over frames, and of its square */
  double along, square;              /* of forces: predicted . labelled, labelled . labelled */
} vt__sums;

typedef struct vt__table {
  vt__sums *row;
  int n;
} vt__table;

typedef struct vt__tables {
  vt__sums all;
  vt__table element, comp, config, stretch;
} vt__tables;
void vt__tables_free(vt__tables *t);
/* Elements as in the model, the others by name. */
void vt__tables_sort(vt__tables *t, const vt_nep_model *m);

/* Root mean squares (meV/atom, meV/A, meV/atom), slope, mean of tr dW/3N (meV/atom) and its standard error over frames;
 * NaN without labels. */
double vt__rmse_energy(const vt__sums *s);
double vt__rmse_force(const vt__sums *s);
double vt__rmse_virial(const vt__sums *s);
double vt__slope(const vt__sums *s);
double vt__mean_virial(const vt__sums *s);
double vt__mean_virial_se(const vt__sums *s);
/* Indices of the rows with a mean virial, the largest first; order[t->n]; returns how many. */
int vt__worst_virials(const vt__table *t, int *order);

/* Every frame with what the model says. */
typedef vt_status (*vt__visit)(void *ctx, const vt_train_sample *s, const vt_train_values *v, vt_err *err);
VT_MUST_CHECK vt_status vt__walk(const vt_nep_model *m, vt_train_data *d, vt__visit visit, void *ctx, vt_err *err);
VT_MUST_CHECK vt_status vt__tables_add(vt__tables *t, const vt_nep_model *m, const vt_train_data *d,
                                       const vt_train_sample *s, const vt_train_values *v, vt_err *err);
void vt__sums_add(vt__sums *to, const vt_train_sample *s, const vt_train_values *v);

/* ------------------------------------------------------------------ density.c: points of a parity plot, counted */

enum { VT__BINS = 110, VT__FINE_BINS = 4096 };
typedef struct vt__density {
  double lo, hi;
  int64_t n, outside;            /* points; those of which label or prediction lies beyond the range */
  int count[VT__BINS][VT__BINS]; /* [label][prediction] */
  int fine[VT__FINE_BINS];       /* labels between the smallest and the largest */
} vt__density;
void vt__density_widen(vt__density *d, double label); /* first all labels, */
void vt__density_look(vt__density *d, double label);  /* all of them once more, */
/* then the range gets its margin: that of all labels, but of all but one in a thousand at either end (at least one,
 * where there are twenty) if these leave three quarters of it empty; */
void vt__density_close(vt__density *d);
void vt__density_add(vt__density *d, double label, double value); /* then points */

/* Energies relative to the mean label of their composition, eV/atom; forces, eV/A; virials per atom, eV. */
typedef struct vt__parity {
  vt__density energy, force, virial;
  double *mean; /* [n_comp] mean label */
} vt__parity;

/* ------------------------------------------------------------------ parity.c: the three tables of a set */

typedef struct vt__parity_files vt__parity_files;
VT_MUST_CHECK vt_status vt__parity_open(const char *folder, vt__parity_files **out, vt_err *err);
VT_MUST_CHECK vt_status vt__parity_add(vt__parity_files *p, const vt_nep_model *m, const vt_train_data *d,
                                       const vt_train_sample *s, const vt_train_values *v, vt_err *err);
/* Rename them into place, or (ok = 0) leave nothing. */
VT_MUST_CHECK vt_status vt__parity_end(vt__parity_files *p, int ok, vt_err *err);

/* ------------------------------------------------------------------ readback.c */

/* Largest differences between the engine, which read the file, and the trainer's own values. */
typedef struct vt__readback {
  int frames;
  double energy, force, virial; /* of |E|, of the r.m.s. force, of the r.m.s. virial of all frames looked at */
  int ok;
} vt__readback;
VT_MUST_CHECK vt_status vt__read_back(const vt_card *c, vt_train_data *d, vt__readback *out, vt_err *err);

/* ------------------------------------------------------------------ knows.c: what the training data hold */

typedef struct vt__knows {
  double (*nearest)[VT_NEP_MOST_TYPES]; /* [n_types] shortest distance of a pair, A; 0: none within the cutoff */
} vt__knows;
VT_MUST_CHECK vt_status vt__knows_find(const vt_nep_model *m, const vt_train_data *d, vt__knows *out, vt_err *err);
void vt__knows_free(vt__knows *k);

/* ------------------------------------------------------------------ melt.c, smoke.c */

/* One melt; plain data, since ranks send it. */
typedef struct vt__melt {
  vt_composition comp;
  uint64_t seed;
  double start;                          /* g/cm3; 0: that of the packing */
  double t_k, melt_ps;                   /* constant volume */
  double npt_k, nvt_ps, npt_ps, mean_ps; /* then there: at constant volume, without pressure, measured; 0: not */
  double nve_ps;                         /* then without thermostat; 0: not */
  int done;                              /* all stages came to their end */
  int not_run;                           /* no packing was found: nothing is said about the model */
  double temperature;                    /* of the NVE stage, mean, K */
  double drift;                          /* meV/atom/ps */
  double density, density_se;            /* g/cm3 */
  char why[400];                         /* what ended it before that */
} vt__melt;
/* stop(ctx): leave with VT_ESTOP.  A melt that a guard ends is no error. */
VT_MUST_CHECK vt_status vt__melt_run(const char *potential, int (*stop)(void *ctx), void *ctx, vt__melt *melt,
                                     vt_err *err);

enum { VT__SMOKE_SEEDS = 3, VT__SMOKE_CLASSES = 3, VT__DENSITY_SEEDS = 2, VT__MELTS_MOST = 32 };
/* A melt whose density was measured: rho = a - b T, g/cm3. */
typedef struct vt__measured {
  const char *name, *source;
  int n;
  struct {
    const char *symbol;
    int count;
  } of[4];
  double a, b, t_k;
} vt__measured;
extern const vt__measured vt__measured_melts[];
extern const int vt__n_measured_melts;

typedef struct vt__smoke_result {
  int n, n_smoke; /* melts; the first n_smoke are the smoke test, the others densities */
  vt__melt melt[VT__MELTS_MOST];
  int measured[VT__MELTS_MOST]; /* row of vt__measured_melts */
  char not_run[300];            /* why there is none, or "" */
} vt__smoke_result;
/* The melts of the smoke test, not run: of each set of cations the composition with most frames, the first by name of
 * equals; a name that stands for several formulas is left out. */
VT_MUST_CHECK vt_status vt__smoke_list(const vt_card *c, vt__smoke_result *out, vt_err *err);
VT_MUST_CHECK vt_status vt__smoke(vt_comm *comm, const vt_card *c, vt__smoke_result *out, int *stopped, vt_err *err);
/* Does a melt of the smoke test pass?  Its drift counts, too. */
int vt__smoke_passes(const vt__melt *melt);

/* ------------------------------------------------------------------ limits.c: what is said to fail, one table */

typedef struct vt__limits {
  double drift_most;               /* meV/atom/ps */
  double readback_most;            /* relative */
  double virial_good, virial_fair; /* meV/atom: what the counts of compositions are above */
} vt__limits;
extern const vt__limits vt__card_limits;

/* ------------------------------------------------------------------ svg.c */

typedef struct vt__axis {
  double lo, hi;
  int log;
  const char *label;
} vt__axis;
typedef struct vt__plot {
  vt_buf *b;
  double x, y, w, h; /* of the frame, px */
  vt__axis ax, ay;
} vt__plot;
void vt__svg_begin(vt_buf *b, double w, double h, const char *what);
void vt__svg_end(vt_buf *b);
/* Frame, ticks, labels of the axes (without a label ay has no ticks), title. */
void vt__plot_begin(const vt__plot *p, const char *title);
double vt__plot_x(const vt__plot *p, double v);
double vt__plot_y(const vt__plot *p, double v);
/* A line through the points that are finite (and positive on a log axis). */
void vt__plot_line(const vt__plot *p, const char *css, const double *x, const double *y, int n);
void vt__svg_text(vt_buf *b, const char *css, double x, double y, const char *fmt, ...) VT_PRINTF(5, 6);
/* Text of a document: & < > " are written as entities, what is no UTF-8 character of XML as '?'. */
void vt__xml(vt_buf *b, const char *s);

/* ------------------------------------------------------------------ figures.c */

VT_MUST_CHECK vt_status vt__figure_curve(vt_buf *b, const vt_card *c, vt_err *err);
void vt__figure_parity(vt_buf *b, const vt__parity *p, const vt__sums *all);
VT_MUST_CHECK vt_status vt__figure_virials(vt_buf *b, const vt__table *comp, vt_err *err);

/* ------------------------------------------------------------------ groups.c: mean pressures that training held */

enum { VT__LABELS, VT__BEFORE, VT__AFTER, VT__SOURCES }; /* before: the start, after: the model of the card */
typedef struct vt__group_mean {
  int n, trajectories; /* frames that have it, and how many trajectories they are of */
  double mean, se;     /* GPa; NaN: not known; se: of one trajectory, too */
} vt__group_mean;
typedef struct vt__group {
  const vt_training_item *item;
  const char *set, *comp; /* "training" or "validation"; of its first frame */
  int n_frames;
  vt__group_mean of[VT__SOURCES];
} vt__group;
typedef struct vt__groups {
  int n;
  vt__group *row; /* [n] */
} vt__groups;
struct vt__findings;
VT_MUST_CHECK vt_status vt__groups_find(struct vt__findings *f, vt_err *err);
void vt__groups_free(vt__groups *g);
void vt__groups_put(vt_buf *b, const struct vt__findings *f); /* part of README.md; nothing without groups */
/* pressure_groups.json, if there are groups. */
VT_MUST_CHECK vt_status vt__groups_write(const struct vt__findings *f, vt_err *err);

/* ------------------------------------------------------------------ all of it */

typedef struct vt__findings {
  const vt_card *c;
  struct {
    const char *name;
    vt_train_data *data; /* NULL: none */
    vt__tables t;
    vt__sums before; /* of the start; not of the training set */
  } set[3];          /* training, validation, test */
  int shown;         /* the one of figures and parity */
  vt__parity parity;
  vt__readback readback;
  vt__knows knows;
  vt__groups groups;
  vt__smoke_result *smoke;
  vt_buf failures; /* lines */
  int n_failures;
} vt__findings;

VT_MUST_CHECK vt_status vt__write_report(const vt__findings *f, vt_err *err);
VT_MUST_CHECK vt_status vt__write_card(const vt__findings *f, vt_err *err);

#endif
