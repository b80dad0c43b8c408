/* train.h - training a NEP: energies, forces and virials of labelled frames, and the exact gradient of a loss of them
 * with respect to every number of the model that training may change (layer 4).
 *
 * All is done by frames, each on one rank and by itself: what a frame adds to a gradient does not depend on others.
 * Units: A, eV, eV/A; virial W = -dE/d(strain), eV, order xx xy xz yx yy yz zx zy zz.  Formulas: THEORY T 17. */
#ifndef VT_TRAIN_H
#define VT_TRAIN_H

#include "engine/base/base.h"
#include "engine/nep/nep.h"
#include "engine/spec/spec.h"
#include "engine/sys/sys.h"

/* ------------------------------------------------------------------ frames (frame.c) */

/* A structure as a model sees it: its pairs within the cutoffs, both directions, and what ZBL gives, which no
 * parameter changes.  Own memory; vt_train_frame_free. */
typedef struct vt_train_frame vt_train_frame;

/* type[n]: model types of the atoms of `s`.  VT_EDIVERGE: two atoms sit on each other; VT_EINVAL: no atom, or a cell
 * without volume. */
VT_MUST_CHECK vt_status vt_train_frame_new(const vt_nep_model *m, const vt_structure *s, const int *type,
                                           vt_train_frame **out, vt_err *err);
void vt_train_frame_free(vt_train_frame *f);
int vt_train_frame_atoms(const vt_train_frame *f);
/* How many pairs there are, both directions; adds those within the angular cutoff. */
double vt_train_frame_pairs(const vt_train_frame *f, double *angular);
/* Raise the most pairs of an atom: of all, and within the angular cutoff. */
void vt_train_frame_most(const vt_train_frame *f, int *radial, int *angular);
/* Multiply-adds of a gradient, roughly: what frames are spread over ranks by. */
double vt_train_frame_cost(const vt_nep_model *m, const vt_train_frame *f);
size_t vt_train_frame_memory(const vt_train_frame *f);

/* ------------------------------------------------------------------ energies, forces, gradients (kernel.c) */

/* Scratch for frames of one model form, with one level of instructions; not shared between threads. */
typedef struct vt_train vt_train;

/* `form`: only its form is used.  simd: not AUTO.  VT_EUNSUP: this build or processor has no such level. */
VT_MUST_CHECK vt_status vt_train_open(const vt_nep_model *form, vt_simd simd, vt_train **out, vt_err *err);
void vt_train_close(vt_train *t);
const char *vt_train_kernel(const vt_train *t);

/* Take the numbers of `m`, of the form it was opened with. */
void vt_train_set(vt_train *t, const vt_nep_model *m);
/* The same for the numbers of one part (below) alone, of a network those from `from` on; scales stay. */
void vt_train_set_part(vt_train *t, const vt_nep_model *m, int part, size_t from);

typedef struct vt_train_values {
  double energy;    /* eV, total          */
  double virial[9]; /* eV                 */
  double (*f)[3];   /* [n] eV/A; borrowed until the next forward run */
} vt_train_values;

/* Energy, forces and virial of a frame, ZBL included.  Allocates only when a frame is larger than all before. */
VT_MUST_CHECK vt_status vt_train_forward(vt_train *t, const vt_train_frame *f, vt_train_values *out, vt_err *err);

/* Add to `gradient` (vt_train_gradient_size numbers, in an order of its own) the derivatives of
 *   d_energy * E + sum_i d_force[i] . F_i + d_virial : W
 * of the frame of the last vt_train_forward, the coefficients held fixed: with dL/dE, dL/dF and dL/dW it is the
 * gradient of L. */
void vt_train_backward(vt_train *t, const vt_train_frame *f, double d_energy, const double (*d_force)[3],
                       const double d_virial[9], double *gradient);
size_t vt_train_gradient_size(const vt_train *t);
/* A gradient is made of parts, one for each type of atom and pair of types: part p is from[p] .. from[p + 1].  Returns
 * how many; from[parts + 1] or NULL. */
int vt_train_parts(const vt_train *t, size_t *from);
/* used[parts] = 1 for those that a frame changes; the others stay as they are. */
void vt_train_frame_parts(const vt_train *t, const vt_train_frame *f, unsigned char *used);
/* Widen lo[dim], hi[dim] by the descriptors (without scales) of the frame of the last vt_train_forward, and add them to
 * sum[dim]. */
void vt_train_descriptors(const vt_train *t, const vt_train_frame *f, double *lo, double *hi, double *sum);
/* Add the descriptors (without scales) of the atoms of the frame of the last vt_train_forward by their types:
 * sum[n_types][dim]. */
void vt_train_descriptor_sums(const vt_train *t, const vt_train_frame *f, double *sum);
/* gradient[vt_train_gradient_size] into out[n_trained], in the order of vt_nep_model.numbers, with the scales of the
 * model that was set last. */
void vt_train_gradient_read(const vt_train *t, const double *gradient, double *out);

/* A step falls into blocks that see nothing of each other but the norm: coefficients of a pair of types (radial,
 * angular), a network, the common bias.  Block b is part b of vt_train_parts. */
typedef struct vt_train_block {
  int rows, cols;
  size_t at, row, col;   /* number (r, c) is at + r row + c col of the model's */
  size_t plain;          /* in the order of (r, c): from here on numbers are in no matrix */
  size_t shape, n_shape; /* its part of vt_train_adam.shape */
  double cost;           /* of its step, about ns */
} vt_train_block;
static inline size_t vt_train_block_size(const vt_train_block *b) { return (size_t)b->rows * (size_t)b->cols; }

/* The gradient of a block, over weight, to the places of its numbers in out[n_trained]; used 0: it is 0. */
void vt_train_gradient_block(const vt_train *t, const double *gradient, int used, const vt_train_block *b,
                             double weight, double *out);

/* ------------------------------------------------------------------ labelled frames (data.c, check*.c, split.c) */

enum { VT_TRAIN_LABEL = 160, VT_TRAIN_WARNINGS = 16 };

typedef struct vt_train_sample {
  int n, *type; /* model types of the atoms */
  vt_cell cell;
  double (*x)[3];
  int has_energy, has_virial;
  double energy, virial[9]; /* eV */
  double (*f)[3];           /* eV/A, or NULL */
  double weight;
  const double *element_weight; /* [n_types] of the forces on an element, or NULL: 1; borrowed */
  int group;                    /* 1..: frames whose mean pressure is held (pressure.c); 0: none */
  double reference;             /* in a group: push (vt_train_push) that batches compare with, eV/atom */
  int file, line;               /* where it stands: file of vt_train_data, line of its number of atoms */
  int comp;                     /* of vt_train_data.comp */
  char config_type[VT_NAME];
  double v_v0; /* volume over that of the liquid or glass without pressure, as the frame says; NaN: not said */
  char trajectory[VT_TRAIN_LABEL]; /* frames that share it are one trajectory */
  vt_train_frame *frame;           /* made by vt_train_sample_frame */
} vt_train_sample;

/* Frames of several files.  Zero-initialise; vt_train_data_free. */
typedef struct vt_train_data {
  int n, cap, n_files, n_comp;
  vt_train_sample *s;                     /* [n] */
  char (*file)[VT_PATH];                  /* [n_files] as given */
  char (*comp)[VT_NAME];                  /* [n_comp] composition as the frames say, else the formula of their atoms */
  int n_mistakes;                         /* of the data: */
  vt_buf mistakes, warns;                 /* `file:line: text` lines */
  vt_buf shifts;                          /* lines: which files were shifted by how much (vt_train_data_rescale) */
  int n_warns, warned[VT_TRAIN_WARNINGS]; /* all; by kind: the first few of a kind are lines of `warns` */
  int n_shared; /* trajectories that stand in the set it was compared with, too: to be named beside any error */
} vt_train_data;
void vt_train_data_free(vt_train_data *set);

/* Add the frames of a file (extended XYZ; gzip, xz): energy, forces (columns force or forces), virial (eV, -dE/dstrain)
 * or stress (eV/A^3, tension positive; 9 numbers, or 6 as xx yy zz yz xz xy), config_type, composition, run, sample,
 * t_k, v_v0, weight.  A trajectory is what shares `run`; without it composition, sample and t_k.
 *   What is wrong with a frame goes into `mistakes` with file and line, and reading goes on: an element the model does
 * not know, no label at all, |F| > 100 eV/A, atoms nearer than 0.3 A, virial and stress that contradict each other, a
 * key that is there twice, less than 1 A^3 an atom, positions that are fractions of the cell, a virial too large for
 * the forces (T 17.9), a weight that is no positive number; a file that cannot be read any further is one, too.  What
 * is only odd goes into `warns`: a net force, forces all zero, a left-handed cell, atoms within the inner ZBL radius,
 * labels under a name that is not read.  VT_EIO: the file cannot be opened. */
VT_MUST_CHECK vt_status vt_train_data_read(vt_train_data *set, const vt_nep_model *m, const char *path, double weight,
                                           vt_err *err);
/* What only frames side by side show (check.c, T 17.9), once a set is complete; `mistakes`: energies far from those of
 * the same formula or of the same elements, with the unit that would explain them; virials of a file whose size or sign
 * does not fit its forces and volumes; files whose forces are all zero.  `warns`: labels that some frames of a file
 * lack; how many warnings of each kind were not shown.  It changes nothing that is trained on. */
VT_MUST_CHECK vt_status vt_train_data_check(vt_train_data *set, const vt_nep_model *m, vt_err *err);
/* Files of which all energies lie on another scale (total energies of DFT, of another functional) are moved, energy by
 * element, to that of the model (by_model) or else of the file with most energies; what was done is a line of `shifts`.
 * Where the frames are too few to find the shift they lose their energies, with a warning.  A file that is in another
 * unit is left as it is, and so is a frame alone: both are mistakes for vt_train_data_check, which comes after this
 * (scales.c, T 17.14). model_moves: a set[0] of which all files are far stays, since the model will be moved.
 * Sets with mistakes are compared with labels only. */
typedef struct vt_train_rescaling {
  vt_train_data *const *set; /* [n_sets]; a shift that one says holds for the later ones */
  int n_sets, by_model, model_moves;
  const vt_nep_model *m; /* its elements; with by_model its energies */
  const int *is_new;     /* [n_types] elements that the model only copies, or NULL */
  vt_simd simd;          /* with by_model; not AUTO */
} vt_train_rescaling;
VT_MUST_CHECK vt_status vt_train_data_rescale(const vt_train_rescaling *o, vt_err *err);
/* Labels against a model that knows such frames: the start of a training, or what is validated (check_start.c,
 * T 17.10). `mistakes`: files whose forces are those of the model in another unit, or of the other sign.  `warns`:
 * frames whose forces and virial, each for itself, are those of a cell that is larger or smaller.  Three times the cost
 * of energies and forces.  Only for sets without mistakes.  simd: not AUTO. */
VT_MUST_CHECK vt_status vt_train_data_check_model(vt_train_data *set, const vt_nep_model *m, vt_simd simd, vt_err *err);
/* Mistakes: frames of b that are equal to one of a to the bit, or but for a shift, a rotation or the order of their
 * atoms (1e-4 A); a warning for one that stands in a twice (a == b: only those).  Warnings: trajectories of b that are
 * in a, too; b->n_shared counts them. */
VT_MUST_CHECK vt_status vt_train_data_compare(vt_train_data *a, vt_train_data *b, const char *what, vt_err *err);
/* in[n] = 1 for frames held back for validation: whole trajectories (or compositions) in an order that `seed` gives,
 * until they are the fraction; none that is the only one with an element. */
VT_MUST_CHECK vt_status vt_train_split(const vt_train_data *set, int n_types, int whole_compositions, double fraction,
                                       uint64_t seed, int *in, vt_err *err);
/* The order in which (seed, epoch) sees n frames: order[n]. */
void vt_train_order(uint64_t seed, int64_t epoch, int n, int *order);
/* The frame of a sample, made when it is first asked for and kept. */
VT_MUST_CHECK vt_status vt_train_sample_frame(const vt_nep_model *m, vt_train_sample *s, vt_err *err);
void vt_train_sample_drop(vt_train_sample *s); /* its frame; it can be made again */

/* ------------------------------------------------------------------ loss (loss.c) */

/* Errors of this size weigh 1: eV/atom, eV/A, eV/atom; 0: not part of the loss.  force_relative: of the size of an
 * atom's labelled force; added in quadrature to `force` for its three components. */
typedef struct vt_train_scales {
  double energy, force, virial, mean_virial, force_relative;
} vt_train_scales;

/* What a frame adds to sums; all multiplied by its weight.  Sums of them are sums over members. */
typedef struct vt_train_terms {
  double weight;      /* */
  double loss;        /* without the mean virial */
  double energy, n_e; /* squared error, (eV/atom)^2, and how many: 0 or the weight */
  double force, n_f;  /* (eV/A)^2 a component, mean over the frame                 */
  double virial, n_v; /* (eV/atom)^2 a component, mean over nine                   */
  double mean_virial; /* tr(W - label) / 3N, eV/atom: not squared                  */
  double kind;        /* the same, or what else the mean of its kind is made of (T 17.2) */
} vt_train_terms;
enum { VT_TRAIN_TERMS = sizeof(vt_train_terms) / sizeof(double) };

/* The loss of a frame (T 17.2): z^2 (|z| <= 5) or 10 |z| - 25 of z = error / scale; energy per atom; mean over force
 * components; mean over nine of the virial per atom; times its weight.  d_force[n], d_virial[9] and *d_energy: its
 * derivatives, what vt_train_backward wants.  Components on an element count element_weight times in the loss, once in
 * the sum of squares.  pull: the mean virial error of its composition, eV/atom: the gradient
 * gets the frame's part of that of (pull / scale)^2. */
void vt_train_loss(const vt_train_sample *s, const vt_train_values *v, const vt_train_scales *scales, double pull,
                   vt_train_terms *terms, double *d_energy, double (*d_force)[3], double d_virial[9]);

double vt_train_robust(double z); /* rho */
double vt_train_robust_slope(double z);

/* ------------------------------------------------------------------ groups of known pressure (pressure.c) */

/* What a virial gives for the pressure without the motion of the atoms, tr W / 3V, times the mean volume of an atom of
 * the group: eV/atom, as the mean virial. */
double vt_train_push(const vt_train_sample *s, const double virial[9], double atom_volume);
/* What it should be in the mean: pressure (eV/A^3) less N k T / V. */
double vt_train_push_wanted(const vt_train_sample *s, double pressure, double t_k, double atom_volume);
/* Add to d_virial[9] the frame's part of the derivative of (weight of the group's frames) rho(error / scale), error the
 * weighted mean of push less what it should be, eV/atom. */
void vt_train_push_back(const vt_train_sample *s, double error, double scale, double atom_volume, double d_virial[9]);

/* ------------------------------------------------------------------ first numbers (start.c) */

/* A new model of the form of `form`: coefficients and networks drawn (T 17.3), constants zero, scales 1. */
void vt_train_draw(vt_nep_model *m, uint64_t seed);
/* Scales and thresholds from the descriptors of up to `most` frames of the set, evenly spread, that `skip` (or NULL)
 * does not hold back. */
VT_MUST_CHECK vt_status vt_train_fit_scales(vt_nep_model *m, vt_simd simd, vt_train_data *set, const int *skip,
                                            int most, uint64_t seed, vt_err *err);
/* Energies per element (eV, e[n_types]) by least squares of (label - model) over the set, a ridge where elements come
 * only together; an element that is nowhere has 0. */
VT_MUST_CHECK vt_status vt_train_fit_elements(const vt_nep_model *m, vt_simd simd, vt_train_data *set, const int *skip,
                                              int most, double *e, vt_err *err);
/* The same for the elements with which[n_types] alone (NULL: all), 0 for the others; squares: mean square of label -
 * model before and after, (eV/atom)^2. */
VT_MUST_CHECK vt_status vt_train_fit_some(const vt_nep_model *m, vt_simd simd, vt_train_data *set, const int *skip,
                                          int most, const int *which, double *e, double squares[2], vt_err *err);
/* Neuron 0 of each element becomes the constant e (T 17.3); one network a type. */
void vt_train_put_elements(vt_nep_model *m, const double *e);

/* ------------------------------------------------------------------ other elements, another scale (graft.c) */

/* The part of a model that concerns these elements, in this order.  VT_EINVAL: some that it does not have. */
VT_MUST_CHECK vt_status vt_train_cut(const vt_nep_model *from, int n, const char (*symbol)[4], vt_nep_model **out,
                                     vt_err *err);
/* The same with elements that `from` does not have: donor[k] (or "") is the one of `from` whose numbers element k
 * begins with: network, coefficients (of two new ones those between their donors), cutoffs, flexible ZBL; the atomic
 * number is its own.  is_new[n] = 1 for them.  VT_EINVAL: all elements that are missing.
 * A donor of an element that `from` has is passed over. */
VT_MUST_CHECK vt_status vt_train_graft(const vt_nep_model *from, int n, const char (*symbol)[4], const char (*donor)[4],
                                       vt_nep_model **out, int *is_new, vt_err *err);
/* Add e[t] eV to the energy of every atom of type t and change nothing else: by the biases of the types (NEP5), by a
 * neuron without weights if all have one, else by one more neuron: then *m is a new model, a NEP3 a NEP4. */
VT_MUST_CHECK vt_status vt_train_shift(vt_nep_model **m, const double *e, vt_err *err);

/* ------------------------------------------------------------------ what stays, what is pulled (hold.c) */

enum { VT_TRAIN_DESCRIPTOR = 1, VT_TRAIN_NETWORK = 2, VT_TRAIN_ALL_BUT_LAST = 4 };
/* moves[n_trained] = 0 for the numbers of the frozen parts (sum of the above), 1 for all others.  Descriptor: c;
 * network: weights, thresholds, biases; all but last: all but output weights and biases. */
void vt_train_moving(const vt_nep_model *m, int frozen, unsigned char *moves);
/* moves[n_trained] = 1 for the numbers that only frames with a new element feel: its network, its rows of c. */
void vt_train_moving_new(const vt_nep_model *m, const int *is_new, unsigned char *moves);
/* The sizes that a pull measures by (T 17.7): mean |x| of the number's block (w0, b0, w1, c radial, c angular); biases
 * 1 eV. */
void vt_train_pull_scales(const vt_nep_model *m, double *scale);
/* pull times the mean over the numbers that are pulled of ((x - start) / scale)^2; its derivative is added to
 * gradient[n] (or NULL). */
double vt_train_pull(double pull, size_t n, const double *numbers, const double *start, const double *scale,
                     const unsigned char *pulled, double *gradient);
/* Its derivative by one of `count` numbers that are pulled, `away` from its start. */
double vt_train_pull_slope(double pull, double count, double away, double scale);

/* ------------------------------------------------------------------ steps (adam.c, bases.c) */

typedef struct vt_train_bases vt_train_bases;
typedef struct vt_train_adam {
  size_t n;
  int64_t step;
  double norm;                      /* moving mean of the gradient's norm, which clips it */
  double *first, *second, *average; /* [n] moments; moving average of the numbers          */
  size_t n_shape;
  double *shape; /* [n_shape] means and bases of matrices (T 17.4): part of the state, as all above */
  int n_blocks;
  vt_train_block *block;        /* [n_blocks] */
  double unbias, unbias2, keep; /* of this step */
  vt_train_bases *bases;
} vt_train_adam;
/* Adam for n numbers. */
VT_MUST_CHECK vt_status vt_train_adam_open(vt_train_adam *a, const double *numbers, size_t n, vt_err *err);
/* From the first step on the matrices of `m`, whose n_trained numbers these are, are stepped in their own bases: SOAP.
 */
VT_MUST_CHECK vt_status vt_train_adam_rotate(vt_train_adam *a, const vt_nep_model *m, vt_simd simd, vt_err *err);
void vt_train_adam_close(vt_train_adam *a);
/* One step of numbers[n] along gradient[n] (T 17.4).  A matrix without any gradient stays as it is. */
void vt_train_adam_step(vt_train_adam *a, double rate, const double *gradient, double *numbers);

/* The same in pieces, for ranks that share it; behind vt_train_adam_rotate.  begin, the blocks in any order, end; norm,
 * limit, factor and next_norm are asked before the end.  Whoever steps a block needs the state of that block alone, the
 * step and the mean norm. */
/* The norm of the gradient, summed in the order of the numbers; used[n_blocks] 0: that of a block is 0 and is not
 * looked at. */
double vt_train_adam_norm(const vt_train_adam *a, const unsigned char *used, const double *gradient);
double vt_train_adam_limit(const vt_train_adam *a);                  /* a larger norm is cut to that */
double vt_train_adam_factor(const vt_train_adam *a, double norm);    /* of the gradient; 1: it is not clipped */
double vt_train_adam_next_norm(const vt_train_adam *a, double norm); /* the moving mean behind this step */
void vt_train_adam_begin(vt_train_adam *a);
/* 1: numbers of its matrix may have moved; others always may. */
int vt_train_adam_block(vt_train_adam *a, int b, double rate, double factor, const double *gradient, double *numbers);
void vt_train_adam_end(vt_train_adam *a, double next_norm);
/* Which of `ranks` steps each block, owner[n_blocks]: about equal costs, rank 0 with the norm beside them.  A rule of
 * the model's form alone; load[ranks]: what each has, ns. */
void vt_train_adam_owners(const vt_train_adam *a, int ranks, double *load, int *owner);
/* Rate when a part `done` (0 to 1) of a training is done: up linearly for the part `warm`, then down by a cosine to a
 * two hundredth of `most`. */
double vt_train_rate(double most, double done, double warm);

/* ------------------------------------------------------------------ steps of the whole loss (lbfgs.c) */

enum { VT_TRAIN_LBFGS_PAIRS = 12 };
typedef struct vt_train_lbfgs {
  size_t n, n_state;
  double *state; /* [n_state]: all there is, so that it can be saved */
} vt_train_lbfgs;
/* For n numbers; zero state: nothing was seen yet. */
VT_MUST_CHECK vt_status vt_train_lbfgs_open(vt_train_lbfgs *l, size_t n, vt_err *err);
void vt_train_lbfgs_close(vt_train_lbfgs *l);
/* x[n]: what to try next; left as it is (a start) if nothing was seen yet. */
void vt_train_lbfgs_trial(const vt_train_lbfgs *l, double *x);
/* The trial x[n] has this loss and gradient[n].  1: it is the best so far. */
int vt_train_lbfgs_take(vt_train_lbfgs *l, double loss, const double *gradient, const double *x);
/* [n] the best trial so far. */
const double *vt_train_lbfgs_best(const vt_train_lbfgs *l);

#endif
