/* model_card.h - what is said about a potential: errors on labelled frames, a smoke test, figures, a card (layer 7).
 *
 * What vt_card_write leaves in a folder, each file beside and renamed:
 *   parity/energy.csv, force.csv, virial.csv   label and prediction of every frame, atom, frame of the test set
 *                                              (of validation, where there is no test set)
 *   report.html   learning curve, parity, mean virial by composition: one file, figures inside it
 *   README.md     the model card; every number in it was computed from the files it names
 *   pressure_groups.json  of a training that held mean pressures: those of the labels, of its start, of the model
 *
 * Formulas and limits: THEORY T 17.11. */
#ifndef VT_MODEL_CARD_H
#define VT_MODEL_CARD_H

#include "config/config.h"
#include "engine/train/train.h"
#include "runner/comm/comm.h"
#include "runner/json/json.h"

/* ------------------------------------------------------------------ errors */

/* Errors of a model on labelled frames: n_frames, energy_rmse_meV_atom, force_rmse_meV_A, virial_rmse_meV_atom,
 * force_slope (of predicted against labelled components; 1: right), mean_virial_meV_atom, by_element,
 * by_composition, by_config_type, and energy_shift (text) if frames were shifted.  A number without labels is null.
 * *out is the caller's. */
VT_MUST_CHECK vt_status vt_validate(const vt_nep_model *m, vt_train_data *data, vt_json **out, vt_err *err);
/* The same with values from predict(ctx), which borrows or makes them for a sample; m: the elements. */
typedef vt_status (*vt_predict)(void *ctx, vt_train_sample *s, vt_train_values *v, vt_err *err);
VT_MUST_CHECK vt_status vt_validate_by(const vt_nep_model *m, vt_predict predict, void *ctx, vt_train_data *data,
                                       vt_json **out, vt_err *err);
/* The same of a potential that another program computes; data: read with the elements of vt_validate_elements (no
 * model: all elements that there are).  Energies on another scale than the labels, and virials that the program does
 * not give, are null, with the reason in "warnings" and data->warns.  VT_EDRIVER: it failed. */
void vt_validate_elements(vt_nep_model *m);
VT_MUST_CHECK vt_status vt_validate_driven(const vt_driver *driver, const char *file, vt_train_data *data,
                                           vt_json **out, vt_err *err);
/* The same for people. */
void vt_validate_text(const vt_json *v, vt_buf *out);

/* ------------------------------------------------------------------ smoke test */

/* Melts: `n_seeds` random packings each of up to three compositions, at t_k for duration_ps, guards as in a campaign,
 * then 5 ps without thermostat, in which the energy must stay.  densities: melts of measured density, too. */
typedef struct vt_smoke {
  int on, densities;
  double t_k, duration_ps;
} vt_smoke;

/* ------------------------------------------------------------------ the card */

typedef struct vt_card {
  const char *folder;        /* that all is written into; it is there */
  const char *potential;     /* file of the model, for the engine */
  const vt_nep_model *m;     /* the model as whoever made it has it */
  const vt_training *y;      /* the training file; NULL: somebody else's model */
  const char *file;          /* its name, or NULL */
  const char *curve;         /* text of train.csv, or NULL */
  uint64_t seed;             /* that this model began with */
  const char *best_phase;    /* row of the curve that the model is from: its phase, and */
  int64_t best_n;            /* epoch; NULL: not known */
  const vt_nep_model *start; /* what training began with, of the same form; NULL: a new model */
  const vt_uid *identity;    /* of all that the training depends on, or NULL */
  vt_train_data *train;      /* NULL or empty: none */
  vt_train_data *held;       /* validation */
  vt_train_data *test;
  vt_smoke smoke;
  int (*stop)(void *ctx); /* every few steps of the smoke test, on every rank: 1: leave it; NULL: nobody asks */
  void (*say)(void *ctx, const char *line);
  void *ctx;
} vt_card;

/* What came of it. */
typedef struct vt_card_result {
  int stopped;   /* a soft stop was asked for during the smoke test: no card; the same again repeats it */
  int failed;    /* checks that the model failed; each was said */
  char why[252]; /* the first of them */
} vt_card_result;

/* Collective; comm NULL: alone.  Rank 0 writes and has to know all of `c`; of the others only potential, smoke and halt
 * are read. VT_EIO and what reading frames gives; a model that fails is no error. */
VT_MUST_CHECK vt_status vt_card_write(vt_comm *comm, const vt_card *c, vt_card_result *out, vt_err *err);

#endif
