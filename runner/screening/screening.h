/* screening.h - from the arrays of all tasks to fits and the comparison of compositions (layer 7; no journal, no
 * store). */
#ifndef VT_SCREENING_H
#define VT_SCREENING_H

#include "config/config.h"
#include "engine/comparison/comparison.h"
#include "engine/fits/fits.h"
#include "engine/replica/replica.h"
#include "engine/structure/structure.h"
#include "engine/transport/transport.h"
#include "runner/fields/fields.h"

/* What is fitted against 1/T and compared (quantities.c): D of the alkali and sigma T, then D of every species of the
 * campaign ("D_Li"), then the rates at which alkalis leave metals with 0, 1, 2 oxygens ("rate_o0"). */
enum { VT_Q_D_ALKALI = 0, VT_Q_SIGMA_T = 1, VT_Q_HEADLINES = 2, VT_Q_RATES = 3 };
enum { VT_MAX_QUANTITIES = VT_Q_HEADLINES + VT_MAX_SPECIES + VT_Q_RATES };
typedef struct vt_quantity {
  char name[16], unit[16], doc[96];
} vt_quantity;
/* Fills q, returns their number. */
int vt_quantities_of(const vt_campaign *c, vt_quantity q[VT_MAX_QUANTITIES]);

/* One quantity compared between compositions. */
typedef struct vt_comparison {
  vt_compare at_t;                      /* at equal T: decides                                    */
  vt_compare at_tg;                     /* at equal T/Tg; k = 0 with a reason when a Tg is missing */
  vt_var_split variance;                /* of at_t                                                */
  char factor[VT_MAX_FACTORS][VT_NAME]; /* [variance.n_factors] */
} vt_comparison;

/* One quantity with its fits. */
typedef struct vt_fitted {
  vt_quantity what;
  vt_arrh *arrh;   /* [n_comp] */
  vt_at_t *at;     /* [n_at] the glasses of a composition at one temperature, by composition; NULL: not known */
  int32_t *status; /* [n_tasks] vt_point_status; -1: not a point (a glass, or no result); NULL for a table */
  int n_at;
  vt_comparison compare;
} vt_fitted;

/* The glasses of one composition at one temperature together; NaN where no glass has a result. */
typedef struct vt_group {
  int32_t n_results; /* glasses with a result                                       */
  vt_pool pool;
  vt_res_trend residence; /* of the continuous residence times                      */
} vt_group;

/* Everything that follows from the results without new MD. */
typedef struct vt_fits {
  int n_tasks, n_comp, n_temp, n_glasses, n_quantities;
  vt_transport *transport;         /* [n_tasks]; n_species 0 where there is no result */
  double *d_alkali, *d_alkali_se;  /* [n_tasks] number-weighted over the alkali species, cm^2/s */
  vt_pool_glass *of_pool;          /* [n_tasks] in the window of all glasses: what is fitted, of all pieces together at
                                    * the row of the first; NaN: no result, a later piece */
  vt_structure_summary *structure; /* [n_tasks]; NaN where there is no result */
  vt_structure_summary *whole;     /* as `md`, of all pieces of a production that have a result together */
  vt_gates *gates;                 /* [n_tasks] of MD tasks with a result, else not observed */
  vt_over_glasses *mean;           /* of vt_fits_means, read by vt_structure_mean */
  int *md;                         /* [n_comp][n_temp][n_glasses] row of the MD task, of the first piece; -1: none */
  vt_group *group;                 /* [n_comp][n_temp] */
  vt_fitted *fitted;               /* [n_quantities] */
  double *melt_a2;                 /* [n_tasks] of glasses: vt_melt_metals; NaN without a result */
  double *volume_error;            /* [n_tasks] of MD tasks, relative; NaN: without a result, or not known */
  vt_tg *tg;                       /* [n_tasks] n_rows -1: not a glass with a result */
  vt_tg_summary *tg_comp;          /* [n_comp] */
} vt_fits;

void vt_fits_free(vt_fits *f);

/* Structure of one glass at one temperature, all pieces together; NULL: there is no such task. */
const vt_structure_summary *vt_fits_whole(const vt_fits *f, int comp, int temp, int glass);

/* What somebody asks of the comparison in the place of what its spec says; NaN: nothing. */
typedef struct vt_compare_asked {
  double t_ref_k, t_extra_k, margin, tau_margin, range_margin;
} vt_compare_asked;
vt_compare_asked vt_compare_asked_nothing(void);
void vt_compare_ask(const vt_compare_asked *asked, vt_compare_spec *spec);

/* Points from a table (vt_csv; gzip and xz too) with the columns composition, glass, temperature_K, D_cm2_s, D_se and
 * one for each factor, in any order; all rows are as wide as the header.  D is above 0; empty, NA, nan,
 * null, None: not known.  VT_EPARSE with file and line.  Names are kept in order of appearance.  A composition has one
 * value of each factor; a level is the row of the first composition that has it. */
typedef struct vt_table {
  int n_comp, n;
  char (*name)[VT_NAME]; /* [n_comp] */
  vt_point *pt;          /* [n] */
  int n_factors;
  char factor[VT_MAX_FACTORS][VT_NAME];
  int *level[VT_MAX_FACTORS]; /* [n_comp] */
} vt_table;
VT_MUST_CHECK vt_status vt_table_read(const char *path, vt_table *t, vt_err *err);
void vt_table_free(vt_table *t);
/* Arrhenius per composition, values by temperature, and the comparison: q->arrh[n_comp], q->at[t->n] (room of the
 * caller), q->n_at, q->compare.  tg_k: the glass transition that T0 stays below (vt_fit_spec). */
VT_MUST_CHECK vt_status vt_table_fit(const vt_table *t, const vt_compare_spec *spec, double tg_k, uint64_t key,
                                     vt_fitted *q, vt_err *err);

/* The Arrhenius lines alone: arrh[n_comp]. */
VT_MUST_CHECK vt_status vt_table_lines(const vt_table *t, double t_ref_k, double t_extra_k, double tg_k, vt_arrh *arrh,
                                       vt_err *err);

/* The points of a campaign's D of the alkali as such a table, with the factors of the comparison; what is not known is
 * an empty cell. */
VT_MUST_CHECK vt_status vt_points_csv(const vt_campaign *c, const vt_fits *f, vt_buf *out, vt_err *err);

/* Where arrays come from: *values of task i in the order of vt_replica_layout (vt_free), NULL if it has no result. */
typedef struct vt_arrays_from {
  void *ctx;
  vt_status (*load)(void *ctx, int i, const vt_plan *p, double **values, vt_err *err);
} vt_arrays_from;

/* All of it.  Every task's arrays are asked for once; those of all glasses of one composition at one
 * temperature are held together. */
VT_MUST_CHECK vt_status vt_fits_make(const vt_campaign *c, const vt_arrays_from *from, vt_fits **out, vt_err *err);
/* The same in steps, for whoever divides it: begin; of every composition what its own arrays say, as bytes of this
 * build that may come from another rank, put in, in any order; end. */
/* Rows of a composition: their number, and the first. */
int vt_fits_rows(const vt_campaign *c, int comp, int *first);
VT_MUST_CHECK vt_status vt_fits_begin(const vt_campaign *c, vt_fits **f, vt_err *err);
VT_MUST_CHECK vt_status vt_fits_part(const vt_campaign *c, const vt_arrays_from *from, int comp, vt_buf *out,
                                     vt_err *err);
VT_MUST_CHECK vt_status vt_fits_put(const vt_campaign *c, vt_fits *f, int comp, const char *part, size_t n,
                                    vt_err *err);
VT_MUST_CHECK vt_status vt_fits_end(const vt_campaign *c, vt_fits *f, vt_err *err);

/* The Arrhenius lines of one quantity (VT_Q_...) of a campaign at other temperatures than c->compare says:
 * arrh[n_comp].  f is read. */
VT_MUST_CHECK vt_status vt_fits_lines(const vt_campaign *c, const vt_fits *f, int quantity, double t_ref_k,
                                      double t_extra_k, vt_arrh *arrh, vt_err *err);

/* The comparison of one quantity at equal T with a share of its chance of error: one look of several
 * (vt_compare_input.share).  f is read. */
VT_MUST_CHECK vt_status vt_fits_compare(const vt_campaign *c, const vt_fits *f, int quantity, double share,
                                        vt_compare *out, vt_err *err);

/* Runs by what became of one gate. */
typedef struct vt_gate_count {
  int failed, passed, not_judged;
} vt_gate_count;
/* Over the runs (a production in pieces is one: it fails what a piece fails) with a result of composition comp at
 * temperature temp; -1: of all. */
typedef struct vt_gate_counts {
  int runs, failing; /* with a result; of them with a shut gate */
  vt_gate_count gate[VT_N_GATES];
} vt_gate_counts;
void vt_count_gates(const vt_campaign *c, const vt_fits *f, int comp, int temp, vt_gate_counts *out);

/* Runs of composition comp at temperature temp (-1: of all): asked for, and with a result of their first piece. */
typedef struct vt_run_counts {
  int asked, done;
} vt_run_counts;
vt_run_counts vt_count_runs(const vt_campaign *c, const vt_fits *f, int comp, int temp);

/* Means over glasses of every member of f->structure that has a key, f->mean; and the intervals of f->group's residence
 * trends: scatter pooled over the compositions at each temperature (T 13.5).  Part of vt_fits_make.  Allocates. */
VT_MUST_CHECK vt_status vt_fits_means(vt_fits *f, vt_err *err);
/* Of value k of a structure field. */
vt_over_glasses vt_structure_mean(const vt_fits *f, int comp, int temp, const vt_field *field, int k);

#endif
