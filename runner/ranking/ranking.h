/* ranking.h - compositions of one campaign or more in order of what was asked, with what their errors allow to say
 * (layer 8).
 *
 * Order: by the cautious end of the 95 % interval, the lower one of what shall be high (sigma, D), the upper one of
 * what shall be low (Ea, Haven ratio).  What has no interval has no place, and says why.  Not collective.
 *
 * FORMAT of the table (vt_ranking_csv): RFC 4180, lines end with "\n"; the first has the names of the columns, then
 * comes a line a composition: those with a place in order, then the others.  Numbers are written with %.17g; a field is
 * empty where nothing is known.  Columns are added at the end and never change place or meaning. */
#ifndef VT_RANKING_H
#define VT_RANKING_H

#include "runner/json/json.h"
#include "runner/screening/screening.h"

typedef enum vt_ranked {
  VT_RANKED_SIGMA, /* conductivity, mS/cm: of the fit of sigma T        */
  VT_RANKED_D,     /* tracer diffusion of the alkali, cm^2/s            */
  VT_RANKED_EA,    /* activation energy of D, eV; of a curve the local one */
  VT_RANKED_HAVEN, /* Haven ratio of the alkali, at a measured temperature */
  VT_N_RANKED
} vt_ranked;

#define VT_RANKING_FRAMES "metal|barycentric|frame-free"
enum { VT_RANKING_METAL, VT_RANKING_BARYCENTRIC, VT_RANKING_FRAME_FREE };

typedef struct vt_ranking_by {
  int quantity; /* vt_ranked                                 */
  int frame;    /* of a Haven ratio: VT_RANKING_METAL ...    */
  double t_k;   /* NaN: not said yet                         */
} vt_ranking_by;

/* "sigma300", "D", "ea", "Haven 800": a name in any case, and a temperature from 50 to 1e5 K behind it or not.  0: it
 * is none; *nearest is then a name that may be meant, or NULL. */
int vt_ranking_parse(const char *word, vt_ranking_by *by, const char **nearest);
enum { VT_RANKING_WORD = 32 };
/* "sigma300", "ea": as it would be asked for; of Ea without the temperature. */
void vt_ranking_word(const vt_ranking_by *by, char word[VT_RANKING_WORD]);
const char *vt_ranked_name(int quantity); /* "sigma", "D", "ea", "haven" */
const char *vt_ranked_unit(int quantity);
const char *vt_ranked_source(int quantity); /* where its values come from, in words */
int vt_ranked_is_high(int quantity);        /* 1: much is good and comes first */

/* One quantity of one composition. */
typedef struct vt_ranking_value {
  double value, lo95, hi95;   /* not resolved: value NaN or without an interval, hi95 NaN or an upper bound (97.5 %) */
  int resolved, extrapolated; /* extrapolated: T lies beyond the temperatures that are resolved */
  char why[256];              /* why it is not resolved                                          */
  char needs[256];            /* what would resolve it; "": not known                            */
  double needs_ns;            /* production of a run that would; NaN: not a matter of length     */
} vt_ranking_value;

/* Values of all compositions: out[n_comp].  A Haven ratio needs by->t_k among the campaign's temperatures. */
VT_MUST_CHECK vt_status vt_ranking_campaign(const vt_campaign *c, const vt_fits *f, const vt_ranking_by *by,
                                            vt_ranking_value *out, vt_err *err);
/* D and Ea of a table; VT_EINVAL of others. */
VT_MUST_CHECK vt_status vt_ranking_table(const vt_table *t, const vt_ranking_by *by, vt_ranking_value *out,
                                         vt_err *err);
/* Row of t_k among the temperatures of a campaign; -1: it is not measured. */
int vt_ranking_temperature(const vt_campaign *c, double t_k);

/* One composition; x: of the order, and of the two quantities of the front. */
typedef struct vt_ranking_entry {
  char name[VT_NAME];
  const char *source; /* folder or table, borrowed */
  vt_ranking_value x[3];
  int place;     /* from 1; 0: not resolved                                                     */
  int tied;      /* 1: its interval overlaps that of the first; the first itself is not         */
  int front;     /* 1: on the Pareto front, 0: not, -1: one of the two is not resolved          */
  int beaten_by; /* row of one that is at least as good in both and better in one; -1: none     */
} vt_ranking_entry;

typedef struct vt_ranking {
  vt_ranking_by by[3];
  vt_ranking_entry *entry; /* [n], owned */
  int n, n_placed, n_sources;
  int n_runs, n_done; /* of the campaigns: asked for, and with a result */
} vt_ranking;
/* "Not finished: 12 of 40 runs have no result, ..."; "" when all have one. */
enum { VT_RANKING_NOTE = 160 };
void vt_ranking_note(const vt_ranking *r, char text[VT_RANKING_NOTE]);
void vt_ranking_free(vt_ranking *r);

/* Sort the entries: places first, the others behind them in the order in which they came; ties and the front, by the
 * cautious ends of both of its quantities.  What is equal keeps its order.  Allocates. */
VT_MUST_CHECK vt_status vt_ranking_order(vt_ranking *r, vt_err *err);

/* What people, scripts and tables show of an ordered ranking: the first `top` places (0: all). */
void vt_ranking_text(vt_buf *out, const vt_ranking *r, int top);
vt_json *vt_ranking_json(const vt_ranking *r, int top);
void vt_ranking_csv(vt_buf *out, const vt_ranking *r, int top);

#endif
