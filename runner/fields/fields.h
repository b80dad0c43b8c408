/* fields.h - what the members of result structs are: their names in the store, in JSON and in summary.csv, their units
 * and what they mean (layer 6).
 *
 * One row a number.  Names follow one rule: x, x_se (its standard error), x_lo95 and x_hi95 (ends of its 95 %
 * interval), with the unit last: Ea_eV, Ea_se_eV, Ea_lo95_eV; in an object or a group of its own: value, se, lo95,
 * hi95.  The store calls frames `metal`, `barycentric` and `frame_free`; in JSON the frame of the metals is `metal` for
 * Haven ratios and `framework` for transference numbers and Onsager coefficients, as in older files.  Older keys stay
 * in JSON as copies, and nowhere else.  Nothing here is collective or allocates, but JSON. */
#ifndef VT_FIELDS_H
#define VT_FIELDS_H

#include <stddef.h>

#include "engine/comparison/comparison.h"
#include "engine/fits/fits.h"
#include "engine/structure/structure.h"
#include "engine/transport/transport.h"
#include "runner/json/json.h"

typedef enum vt_field_kind {
  VT_FIELD_REAL,     /* double                                                                   */
  VT_FIELD_COUNT,    /* int32_t                                                                  */
  VT_FIELD_REASON,   /* int32_t of the enum in `reasons`: a number in the store, a text elsewhere */
  VT_FIELD_WORD,     /* the same, a text everywhere                                              */
  VT_FIELD_TEXT,     /* char[step]                                                               */
  VT_FIELD_INTERVAL, /* double[2]: [a, b] in JSON, null where it is not known; not in the store */
  VT_FIELD_PARTS     /* a struct that `parts` describes: a group of datasets, a JSON object       */
} vt_field_kind;

/* A member of a struct, or one of an array of structs in it. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): rows of the tables are written in this order */
typedef struct vt_field {
  size_t offset;
  vt_field_kind kind;
  const char *name;               /* dataset; NULL: not in the store                                    */
  const char *unit;               /* "1": none; "": that of the whole, or of the quantity that is fitted  */
  const char *doc;                /* without the values of an enum: vt_field_doc                        */
  const char *json;               /* key, "a.b" for b in the object a; NULL: not in JSON                */
  const char *json_old;           /* a second key, in the same object                                   */
  int n;                          /* values of a further axis; 0, 1: there is none                      */
  size_t step;                    /* bytes between these; of a text: its room                           */
  double (*of)(const void *base); /* REAL: computed out of the struct instead of read at offset */
  const vt_reasons *reasons;
  const struct vt_fields *parts;
  vt_mean_kind mean;            /* of a vt_structure_summary: how it is averaged over glasses */
  const struct vt_field *error; /* and its standard error in one run; NULL: not known         */
} vt_field;

/* The members of one struct.  Those of one JSON object stand together. */
typedef struct vt_fields {
  const vt_field *f; /* [n] */
  int n;
} vt_fields;

#define VT_COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

/* Number k of a field (enums and counts as numbers; NaN of a text or of parts). */
double vt_field_at(const vt_field *f, const void *base, int k);
/* The text of a WORD, a REASON or a TEXT; NULL of numbers. */
const char *vt_field_text(const vt_field *f, const void *base);
/* What the store says of it: doc, and the values of an enum. */
void vt_field_doc(const vt_field *f, char doc[160]);
/* The field at a JSON key; in parts: "haven.metal.lo95", with the offset of the whole in *out.  0: there is none. */
int vt_field_find(const vt_fields *in, const char *key, vt_field *out);

/* vt_at_t. */
extern const vt_fields vt_at_t_fields;
/* vt_tracer, vt_transport, vt_arrh, vt_tg, vt_tg_summary; vt_compare: numbers, verdict, one composition (k of
 * vt_field_at), the rest of a vt_var_split. */
extern const vt_fields vt_tracer_fields, vt_transport_fields, vt_arrh_fields, vt_tg_fields, vt_tg_summary_fields,
    vt_compare_fields, vt_verdict_fields, vt_compared_fields, vt_var_split_fields;
/* vt_structure_summary (what has a key has a mean over glasses), its stationarity, vt_trend. */
extern const vt_fields vt_structure_fields, vt_stationarity_fields, vt_trend_fields;
/* vt_gates: of each gate its value and its vt_gate_state. */
extern const vt_fields vt_gates_fields;
/* vt_pooled, vt_over_glasses; the state of a vt_pool and its vt_pooled members; vt_res_trend. */
extern const vt_fields vt_pooled_fields, vt_mean_fields, vt_pool_state_fields, vt_pool_fields, vt_res_trend_fields;

/* The members of the struct at `base` that have a JSON key, put into o. */
void vt_fields_json(vt_json *o, const vt_fields *all, const void *base);
/* [{"name", "value", "limit", ..., "ok"}] of a run; ok null has its "reason".  The limits of one gate, put into o. */
vt_json *vt_gates_json(const vt_gates *g);
void vt_gate_rule_json(vt_json *o, int gate);
/* Onsager coefficients of a composition: {"frame", "unit", "species", "L", "L_se", "L_lo95", "L_hi95", "L_recoil"};
 * matrices [VT_MAX_SPECIES][VT_MAX_SPECIES] in mS/cm, borrowed. */
typedef struct vt_onsager_view {
  int frame, dof; /* vt_tr_frame; degrees of freedom of the errors */
  const double *l, *l_se, *recoil;
} vt_onsager_view;
vt_json *vt_onsager_json(const vt_composition *comp, const vt_onsager_view *v);

#endif
