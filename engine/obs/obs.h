/* obs.h - what is measured while the atoms move: one table of functions an observable (layer 3).
 *
 * Streaming only: no observable may assume that a trajectory exists; memory is fixed by the plan.  Observables give
 * arrays; engine/transport and engine/structure turn arrays into numbers with errors, so that a fit can be repeated
 * without new MD. */
#ifndef VT_OBS_H
#define VT_OBS_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"
#include "engine/sys/sys.h"

/* The arrays of all observables, "<observable>/<array>" (vt_array_name).  A new array is one entry here and one in its
 * layout. */
/* clang-format off */
#define VT_OBS_ARRAYS(X)                                                                              \
  X(thermo, time_ps) X(thermo, temperature) X(thermo, pressure) X(thermo, energy) X(thermo, volume)   \
  X(thermo, spread)                                                                                   \
  X(msd, lag_ps) X(msd, mean) X(msd, m4) X(msd, origins) X(msd, third_mean) X(msd, third_origins)     \
  X(charge, lag_ps) X(charge, corr) X(charge, charge_msd) X(charge, origins) X(charge, path_ps)       \
  X(charge, path)                                                                                     \
  X(rdf, r) X(rdf, g) X(rdf, metals_close)                                                            \
  X(vanhove, lag_ps) X(vanhove, r) X(vanhove, self) X(vanhove, distinct)                              \
  X(polyhedra, cn) X(polyhedra, o_count) X(polyhedra, anion) X(polyhedra, sharing)                    \
  X(polyhedra, angle_deg) X(polyhedra, angle)                                                         \
  X(chains, fragments) X(chains, mean_size) X(chains, weight_size) X(chains, largest)                 \
  X(chains, cycles) X(chains, degree) X(chains, o_by_size) X(chains, frames)                          \
  X(residence, continuous) X(residence, intermittent) X(residence, endpoint) X(residence, lag_ps)     \
  X(residence, origins) X(residence, bonds) X(residence, metals) X(residence, visits)                 \
  X(bonds, lag_ps) X(bonds, origins) X(bonds, continuous) X(bonds, endpoint) X(bonds, c2)             \
  X(bonds, per_metal)                                                                                 \
  X(jumps, count) X(jumps, rate) X(jumps, back) X(jumps, length) X(jumps, settled) X(jumps, length_r) \
  X(jumps, length_density)
/* clang-format on */
VT_OBS_ARRAYS(VT_ARRAY_NAME)

#define VT_METALS_CLOSE_A 2.6 /* bonded Al-Al 2.5, Ga-Ga 2.4; across an edge of two polyhedra 2.5 to 3 */

/* Where bonds and coordination shells end: distances between species i and j, A, symmetric. */
typedef struct vt_cutoffs {
  int32_t n_species, reserved;
  double r[VT_MAX_SPECIES][VT_MAX_SPECIES];
  int32_t measured[VT_MAX_SPECIES][VT_MAX_SPECIES]; /* 1: first minimum of g(r); 0: 1.35 bond lengths stand in */
} vt_cutoffs;

typedef struct vt_obs_ops {
  vt_obs_doc doc;
  /* Pure: the arrays that this request will produce for this plan (names "<obs>/<array>", at most `cap`). */
  vt_status (*layout)(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n, vt_err *err);
  vt_status (*open)(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err);
  /* Once, before the first sample (also after load): what counts as bonded. NULL for those that do not ask. */
  vt_status (*begin)(void *self, const vt_cutoffs *cut, vt_err *err);
  /* One sample of the produce stage, first at step 0, then every vt_obs_every_steps.  Allocates nothing.  VT_ETASK:
   * this observable cannot go on. */
  vt_status (*sample)(void *self, const vt_frame *fr, vt_err *err);
  /* Checkpoint: a fixed size, plain bytes. */
  size_t (*state_size)(const void *self);
  void (*save)(const void *self, void *bytes);
  vt_status (*load)(void *self, const void *bytes, size_t n, vt_err *err);
  /* Fill out[k] (vt_array_count(&defs[k]) doubles each, layout's order) completely. */
  vt_status (*finish)(void *self, double *const *out, vt_err *err);
  void (*close)(void *self); /* NULL is allowed */
  /* How each array of several pieces of a production becomes one of all of them (T 6.14), layout's order. */
  const struct vt__join_rule *join;
  int n_join;
} vt_obs_ops;

/* Built-in observables, NULL-terminated; adding one = one file and one line in obs.c. */
extern const vt_obs_ops *const vt_obs_builtin[];
const vt_obs_ops *vt_obs_find(const char *name); /* NULL if there is none */

/* How many MD steps lie between two samples, and how many samples the produce stage gives (step 0 included).  Counted
 * with the plan's full time step, at least 1, and twice that where half_stage is the produce stage: such a task samples
 * at the same times and has arrays of the same shape. */
int64_t vt_obs_every_steps(const vt_plan *p, const vt_obs_request *r);
int64_t vt_obs_samples(const vt_plan *p, const vt_obs_request *r);
/* Steps of the produce stage with the plan's (possibly halved) time step. */
int64_t vt_obs_produce_steps(const vt_plan *p);
/* Production behind the arrays of a plan, ps: of all pieces together where they were joined. */
double vt_obs_run_ps(const vt_plan *p);

/* The set of observables of one replica: opens all that the plan asks for. */
typedef struct vt_obs_set vt_obs_set;
/* All arrays of all observables of a plan, in order. */
VT_MUST_CHECK vt_status vt_obs_layouts(const vt_plan *p, vt_array_def *defs, int cap, int *n, vt_err *err);
VT_MUST_CHECK vt_status vt_obs_set_open(vt_obs_set **s, const vt_plan *p, vt_err *err);
/* Before the first sample. */
VT_MUST_CHECK vt_status vt_obs_set_begin(vt_obs_set *s, const vt_cutoffs *cut, vt_err *err);
/* Steps until the next sample of any observable (>= 1). */
int64_t vt_obs_set_next(const vt_obs_set *s, int64_t step);
/* From now on the members of a team (borrowed; NULL: nobody) sample, each another observable. */
void vt_obs_set_team(vt_obs_set *s, vt_team *team);
/* Sample those that are due at fr->step.  One that cannot take the frame (VT_ETASK of its own) ends there: the log says
 * why, its means will be NaN and its counts 0, the others go on. */
VT_MUST_CHECK vt_status vt_obs_set_sample(vt_obs_set *s, const vt_frame *fr, vt_err *err);
/* For whoever would rather stop: VT_ETASK and the reason of the first that ended at a frame sampled here. */
VT_MUST_CHECK vt_status vt_obs_set_ended(const vt_obs_set *s, vt_err *err);
/* Concatenated values of all arrays in the order of vt_obs_layouts. */
VT_MUST_CHECK vt_status vt_obs_set_finish(vt_obs_set *s, double *values, size_t n, vt_err *err);
size_t vt_obs_set_memory(const vt_obs_set *s); /* bytes held */
/* What all have seen so far, as plain bytes for a set of the same plan in any process of the same build.  load: into a
 * set that has begun; VT_ECORRUPT (wrong size) leaves it in an undefined state. */
size_t vt_obs_set_state_size(const vt_obs_set *s);
void vt_obs_set_save(const vt_obs_set *s, void *bytes);
VT_MUST_CHECK vt_status vt_obs_set_load(vt_obs_set *s, const void *bytes, size_t n, vt_err *err);
void vt_obs_set_close(vt_obs_set *s);

/* Arrays of n pieces of one production, in their order, as those of the whole (T 6.14).  values[i]: of plan[i], as
 * vt_obs_set_finish gives them; out: those of `joined`, which is plan[0] but for protocol.produce_ps, that of the
 * longest piece, and run_ps, that of all together.  The plans differ in nothing else that an observable depends on.  Of
 * one piece: its values, bit for bit.  Allocates. */
VT_MUST_CHECK vt_status vt_obs_join(const vt_plan *joined, const vt_plan *const *plan, const double *const *values,
                                    int n, double *out, vt_err *err);

/* Cutoffs of a stage: sample its frames, then read the first minima of g(r) (T 6.6).  Without samples, and for pairs
 * without a minimum, stand-ins.  sample and cutoffs allocate nothing. */
typedef struct vt_shells vt_shells;
VT_MUST_CHECK vt_status vt_shells_open(vt_shells **s, const vt_composition *c, vt_err *err);
VT_MUST_CHECK vt_status vt_shells_sample(vt_shells *s, const vt_frame *fr, vt_err *err);
VT_MUST_CHECK vt_status vt_shells_cutoffs(vt_shells *s, vt_cutoffs *out, vt_err *err);
/* As those of a set of observables. */
size_t vt_shells_state_size(const vt_shells *s);
void vt_shells_save(const vt_shells *s, void *bytes);
VT_MUST_CHECK vt_status vt_shells_load(vt_shells *s, const void *bytes, size_t n, vt_err *err);
void vt_shells_close(vt_shells *s);
/* The stand-ins alone. */
void vt_cutoffs_default(const vt_composition *c, vt_cutoffs *out);

enum { VT_MAX_ARRAYS = 128 };

#endif
