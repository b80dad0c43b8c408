/* config.h - a campaign file: text -> checked campaign -> tasks and plans (layer 3; the only user of libyaml).
 *
 * Knows neither potentials nor observables: the caller passes tables (vt_campaign_env).  All mistakes of a file are
 * collected, each as `file:line:col: path: message`. */
#ifndef VT_CONFIG_H
#define VT_CONFIG_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"
#include "engine/sys/sys.h"

/* ------------------------------------------------------------------ what the caller knows */

typedef struct vt_pot_facts {
  int n_elements;
  char element[96][4];
  double cutoff;
  vt_uid sha256; /* all zero: the probe does not know */
} vt_pot_facts;

/* Frames of a file, owned by who asked (vt_structures_free). */
typedef struct vt_structures {
  int n;
  vt_structure *frame; /* [n] */
  char format[24];     /* "POSCAR" */
} vt_structures;
void vt_structures_free(vt_structures *s);

typedef struct vt_campaign_env {
  const vt_obs_doc *const *obs; /* NULL-terminated list of what can be observed                     */
  const char *const *pot_kinds; /* NULL-terminated                                                  */
  /* Read a potential's file; called once with the path already resolved against the campaign's folder. */
  vt_status (*probe)(void *ctx, const char *kind, const char *path, vt_pot_facts *out, vt_err *err);
  /* The same of a potential that another program computes; NULL: there is none. */
  vt_status (*probe_driver)(void *ctx, const char *kind, const char *path, const vt_driver *driver, vt_pot_facts *out,
                            vt_err *err);
  /* Every frame of an extended XYZ file, the last one of any other format; type_z: elements of atom types, where a file
   * does not name them.  What is wrong with its lines is noted in `m` (then VT_EPARSE).  NULL: no file of a structure
   * is looked at, what the text states of it (cell, sha256) has to do, and its frames stay NULL. */
  vt_status (*structures)(void *ctx, const char *path, int n_types, const int *type_z, vt_mistakes *m,
                          vt_structures *out, vt_err *err);
  void *ctx;
  const char *output; /* the output folder that was asked for instead of the campaign's; NULL */
  int allow_huge;     /* more than 10^6 tasks */
  int recorded;       /* the text was recorded by a run: a key that it lacks did not exist then (protocol.version: 1) */
  /* A file that may be the potential, if it is not where the campaign says; may be NULL. */
  const char *pot_hint;
  /* The folder of the potentials that came with the program, the last place where one is looked for; NULL: none. */
  const char *shipped;
} vt_campaign_env;

/* ------------------------------------------------------------------ mistakes */

typedef struct vt_diag {
  int line, col;  /* 1-based; 0: concerns the whole file */
  int is_error;   /* 0: a warning                        */
  char path[96];  /* "protocol.melt.temperature"         */
  char text[800]; /* what is wrong, what was expected    */
} vt_diag;

typedef struct vt_diags {
  char file[VT_PATH];
  int n, n_errors, cap;
  vt_diag *d; /* in order of line */
} vt_diags;
void vt_diags_free(vt_diags *d);
/* One `file:line:col: path: message` line each. */
void vt_diags_format(const vt_diags *d, vt_buf *out);

/* ------------------------------------------------------------------ the campaign */

enum { VT_MAX_LABELS = 6 };

/* What the user asked of a composition, beside the integer cell that it became. */
typedef struct vt_comp_asked {
  char formula[VT_NAME]; /* exact: LiAlCl2.5O0.75, LiTaCl74/19O20/19 (per metal), Li7La3Zr2O12 (as written) */
  /* labels: the mobile ions, the network, the anions but that which is counted; "" for a formula with none */
  char alkali[VT_NAME], metal[VT_NAME], halogen[VT_NAME];
  char label[VT_MAX_LABELS][VT_NAME]; /* of the campaign's own factors, vt_campaign.factor; "" without one */
  double halogen_to_oxygen; /* asked X/O; INFINITY for halogen_only; NaN for a plain formula without O and X */
  double alkali_per_metal;  /* INFINITY without metal */
  double got_halogen_to_oxygen, got_alkali_per_metal; /* of the cell */
  double worst_ratio_error;                           /* largest relative error of any asked ratio   */
} vt_comp_asked;

typedef struct vt_task {
  int32_t kind;              /* vt_task_kind                            */
  int32_t comp, glass, temp; /* temp: index into t_k, -1 for GLASS */
  int32_t needs;             /* index of the task that comes before: the GLASS, the piece before, the GLASS whose quench
                              * is continued; -1                        */
  int32_t piece;             /* MD: of its production, from 1; GLASS: index into stop_k */
  vt_uid uid;
} vt_task;

/* A structure that glasses begin with: compositions[n_comp - n_structures + k] is that of structure[k]. */
enum { VT_STRUCTURE_TYPES = 32, VT_STRUCTURE_WHY = 400 };
typedef struct vt_campaign_structure {
  char file[VT_PATH], path[VT_PATH]; /* as written; where it was found, "" if it was not (of a recorded campaign) */
  char recorded[VT_PATH];            /* what canonical text calls the file; "": path */
  char name[VT_NAME], format[24];
  int32_t supercell[3], start; /* vt_start */
  int n_types;
  int type_z[VT_STRUCTURE_TYPES];
  vt_uid sha256;  /* of atoms, cells and positions of all frames, in their order */
  int n_frames;   /* of the file */
  int n_values;   /* of a frame: cell[9], then x[n_atoms][3] by species blocks, A, wrapped into a reduced cell */
  double *frame;  /* [n_frames][n_values] owned; NULL if the file was not read */
  char cell[200]; /* "Li 4 Al 4 Cl 16" */
} vt_campaign_structure;

typedef struct vt_compare_spec {
  int by_alkali, by_metal, by_halogen, by_ratio;
  int by_label[VT_MAX_LABELS]; /* of vt_campaign.factor */
  double t_ref_k, t_extra_k, margin, tau_margin, range_margin;
} vt_compare_spec;

/* Frames of the production of every MD task, kept as a file.  They change no bit of a result and are in no uid. */
typedef struct vt_trajectory_request {
  int32_t on, velocities; /* 0 or 1; velocities: beside the positions */
  double every_ps;        /* between two frames, the first at the beginning of the production */
} vt_trajectory_request;

/* A production in pieces that continue each other. */
enum { VT_MOST_PIECES = 64, VT_MOST_STOPS = 16 };
typedef struct vt_lengths {
  int n;
  double ps[VT_MOST_PIECES];
} vt_lengths;

double vt_lengths_sum(const vt_lengths *l); /* ps */

/* What a folder holds of productions at a temperature that is left out, or beyond what is asked for now. */
typedef struct vt_kept_length {
  double t_k;
  vt_lengths of;
} vt_kept_length;

/* What a campaign asks to know; half-widths of 95 % intervals, 0: not asked.  In no uid: it says how much is run. */
typedef struct vt_target {
  int32_t asked, verdict;
  double ea_ev;                    /* of every composition                                       */
  double log10_d, log10_d_at_k;    /* of the line at a temperature                               */
  double haven, haven_at_k;        /* one of the campaign's temperatures                         */
  double budget_core_h, budget_ns; /* as asked, one of them; 0: the other one                  */
  double budget_fixed_ns;          /* what decisions keep to; 0: core-hours that nobody has turned into ns yet */
  int32_t pilot_glasses, reserved; /* of every composition; n_glasses is what the largest has now */
} vt_target;

/* D of an alkali where nothing is known: a line with this Ea through this value at 500 K, cm^2/s (T 14). */
#define VT_ASSUMED_EA_EV 0.30
#define VT_ASSUMED_D_500 2.7e-6

typedef struct vt_campaign {
  char name[VT_NAME];
  char file[VT_PATH];   /* as given                                          */
  char folder[VT_PATH]; /* of the campaign file: what relative paths refer to */
  uint64_t seed;
  char pot_kind[16], pot_file[VT_PATH] /* as written */, pot_path[VT_PATH] /* where it was found, absolute */;
  char pot_sha256[65];        /* as written, "" if not given: what the file must have */
  char pot_recorded[VT_PATH]; /* what canonical text calls the file; "": pot_path; set by who records */
  vt_driver driver;           /* command "": none */
  vt_pot_facts pot;
  int atoms; /* asked per cell; comp[].n_atoms is what it became */
  int n_comp;
  vt_composition *comp;             /* [n_comp] */
  vt_comp_asked *asked;             /* [n_comp] */
  vt_campaign_structure *structure; /* [n_structures] of the last compositions */
  int n_structures;
  int n_temp;
  double *t_k; /* ascending */
  int n_glasses;
  /* What was asked for in several steps, since a folder holds the first ones (README: changing a campaign). */
  vt_lengths *length;      /* [n_temp] of the production at each temperature; NULL: protocol.produce_ps */
  vt_lengths *comp_length; /* [n_comp * n_temp], n 0: as `length`; NULL: all of them                   */
  int32_t *comp_glasses;   /* [n_comp] at most n_glasses; NULL: n_glasses                                */
  int32_t *comp_dropped;   /* [n_comp] 1: its target is given up; NULL: none                             */
  vt_target target;
  vt_kept_length *kept; /* [n_kept] ascending                                                         */
  int n_kept, n_stops;
  double stop_k[VT_MOST_STOPS]; /* descending: where quenches stop and glasses are kept; n_stops 0: t_k[0] alone */
  vt_protocol protocol; /* version may be 0 until vt_campaign_resolve; produce_ps: the longest production, all pieces */
  int n_obs;
  vt_obs_request obs[VT_MAX_OBS];
  const vt_obs_doc *obs_doc[VT_MAX_OBS]; /* of each request, in the caller's table, which must outlive the campaign */
  vt_trajectory_request trajectory;      /* in no uid: may change from one start to the next */
  vt_numerics numerics;                  /* simd may be AUTO until vt_campaign_resolve */
  vt_compare_spec compare;
  int n_factors; /* of a template or of formulas with factors of their own, in the order of the alphabet */
  char factor[VT_MAX_LABELS][VT_NAME];
  /* What `elements` states, by atomic number; 0: nothing. */
  struct {
    int32_t charge, role;  /* VT_ROLE_MOBILE, _NETWORK, _ANION */
    double radius, volume; /* A, A^3                           */
  } ion[VT_N_ELEMENTS];
  int n_bonds;
  struct {
    int32_t z[2];
    double length; /* A */
  } bond[VT_MAX_BONDS];
  int n_species; /* all elements of the campaign in canonical order: rows of species tables */
  int32_t z[VT_MAX_SPECIES];
  char output[VT_PATH]; /* as written; runs/NAME if it is empty or not given */
  /* runner.* */
  int master_inline; /* 0 dedicated, 1 inline, 2 auto */
  int max_tries;
  int threads; /* of a task; 0: as many as there are cores for it */
  double checkpoint_every_s, master_timeout_s, rank_timeout_s;
  /* filled by vt_campaign_resolve: */
  int n_tasks, n_glass_tasks;
  vt_task
      *task; /* [n_tasks] sorted: composition, then glasses by (glass, stop), then MD by (glass, temperature, piece) */
  vt_uid_index by_uid; /* of task[].uid: vt_campaign_find */
  vt_uid id;           /* SHA-256 over the sorted uids */
} vt_campaign;

/* Parse and check.  VT_OK with *c set, or VT_EPARSE with every mistake in `diags` (and *c NULL); warnings may be there
 * in both cases.  Other statuses: the file could not be read, out of memory.  diags is always to be freed. */
VT_MUST_CHECK vt_status vt_campaign_load(const char *path, const vt_campaign_env *env, vt_campaign **c, vt_diags *diags,
                                         vt_err *err);
/* The same from memory; `file` names it in messages, `folder` is what relative paths refer to. */
VT_MUST_CHECK vt_status vt_campaign_parse(const char *text, size_t n, const char *file, const char *folder,
                                          const vt_campaign_env *env, vt_campaign **c, vt_diags *diags, vt_err *err);
void vt_campaign_free(vt_campaign *c);

/* Fix the numerics (AUTO becomes `simd`) and the protocol (version 0 becomes the newest), expand the tasks, compute
 * every uid and the campaign's identity. */
VT_MUST_CHECK vt_status vt_campaign_resolve(vt_campaign *c, vt_simd simd, vt_err *err);

/* Before vt_campaign_resolve: bring `c` in line with `old`, the campaign (resolved) that its folder has recorded.  A
 * longer production becomes the recorded pieces and one for the rest; one that ends where a recorded piece ends, these;
 * stops of quenches stay, and a lower temperature adds one; what is not asked for now is kept in mind (c->kept).  What
 * ends within a recorded piece stays as it is (vt_campaign_other_length).  VT_EINVAL: what would be added is too short,
 * or there would be too many pieces. */
VT_MUST_CHECK vt_status vt_campaign_follow(vt_campaign *c, const vt_campaign *old, vt_err *err);

/* 1 if both (resolved) have the same tasks and ask for productions of the same length, which no uid of protocol 2 says.
 */
int vt_campaign_equal(const vt_campaign *a, const vt_campaign *b);
/* 1 if tasks of both ask for productions of different lengths under one uid. */
int vt_campaign_other_length(const vt_campaign *a, const vt_campaign *b);

/* ps of the production with which a target's pilot begins at a temperature, where nobody says it. */
double vt_campaign_pilot_ps(double t_k);
/* comp_length, comp_glasses and comp_dropped are there from now on; of a campaign with a target. */
VT_MUST_CHECK vt_status vt_campaign_begin_decisions(vt_campaign *c, vt_err *err);

/* The row of the task with this uid, or -1. */
int vt_campaign_find(const vt_campaign *c, const vt_uid *uid);

/* Glasses of a composition; pieces of the production at a temperature; number of stops, at least 1, their
 * temperatures, and the stop whose glass an MD task at a temperature begins with: the highest that is not above it. */
int vt_campaign_glasses(const vt_campaign *c, int comp);
vt_lengths vt_campaign_pieces(const vt_campaign *c, int comp, int temp);
int vt_campaign_stops(const vt_campaign *c);
double vt_campaign_stop_k(const vt_campaign *c, int stop);
int vt_campaign_stop(const vt_campaign *c, int temp);

/* The plan of task `i` (attempt 0). */
VT_MUST_CHECK vt_status vt_campaign_plan(const vt_campaign *c, int i, vt_plan *out, vt_err *err);

/* What the glass of plan `p` begins with, borrowed: *n values as vt_replica_run takes them; NULL and 0 for one that is
 * packed, for one that goes on with a quench, and for an MD task.  VT_EIO: the structure's file was not found. */
VT_MUST_CHECK vt_status vt_campaign_start(const vt_campaign *c, const vt_plan *p, const double **values, size_t *n,
                                          vt_err *err);
/* "structures/NAME.poscar": under which name an output folder keeps the file of structure k. */
void vt_campaign_structure_copy(const vt_campaign_structure *s, char name[2 * VT_NAME]);
/* Does the file `path` hold what structure k was made of?  why: "" if so, else a sentence.  VT_ENOMEM. */
VT_MUST_CHECK vt_status vt_campaign_structure_same(const vt_campaign *c, int k, const char *path,
                                                   const vt_campaign_env *env, char why[VT_STRUCTURE_WHY], vt_err *err);

/* The campaign as canonical YAML: a valid campaign file, every key with its value and unit, that parses to the same
 * tasks in the folder that pot_recorded is relative to; without that, the potential's path is absolute.  With the
 * SHA-256 of the potential a reader finds it under another path as well: as written, vt_campaign_env.pot_hint, under
 * its name in the file's folder, in the two folders above and in potentials/ of the three, then under any name in the
 * folder that was written, that of the hint, and potentials/ of the three; at last in vt_campaign_env.shipped. */
void vt_campaign_canon(const vt_campaign *c, vt_buf *out);

/* The keys that decide about tasks and have another value in b than in a, one line each: `  key: A, here B` (a's value
 * first); of lists and of observables what only one of the two has.  Nothing is added if all are equal. */
void vt_campaign_differences(const vt_campaign *a, const vt_campaign *b, vt_buf *out);
/* The same one by one: the value in a, and in b; of lists an item at a time, NULL where it is not. */
typedef void vt_difference_visit(void *ctx, const char *key, const char *a, const char *b);
void vt_campaign_each_difference(const vt_campaign *a, const vt_campaign *b, vt_difference_visit *visit, void *ctx);

/* Every key: type, unit, range, default, meaning; as Markdown or JSON. */
void vt_schema_markdown(const vt_campaign_env *env, vt_buf *out);
/* The same key by key, in the order of the manual; what it points to lives as long as the call of `visit`. */
typedef struct vt_schema_key {
  const char *path, *type, *unit, *meaning;
  const char *default_text; /* as in a campaign file; NULL: none, or a number         */
  double default_number;    /* in `unit`; NaN: none, or a text                        */
  int required, ranged;     /* required: when the section is there                    */
  double least, most;       /* in `unit`, if ranged                                   */
  char choices[200];        /* "a, b, c"; "" if any value of the type may be written  */
} vt_schema_key;
typedef void vt_schema_visit(void *ctx, const vt_schema_key *k);
void vt_schema_each(const vt_campaign_env *env, vt_schema_visit *visit, void *ctx);

/* ------------------------------------------------------------------ a training file (training.c) */

typedef struct vt_training_file {
  char path[VT_PATH]; /* resolved against the file's folder */
  double weight;
  int line; /* where it stands */
  int item; /* of vt_training.item; -1: of validation or test */
} vt_training_file;
typedef struct vt_training_files {
  int n;
  vt_training_file *f; /* [n] */
} vt_training_files;

enum { VT_TRAINING_ELEMENTS = 96, VT_TRAINING_MOST_SEEDS = 64 };

typedef struct vt_training_weight {
  char name[VT_NAME];
  double weight;
  int line;
} vt_training_weight;

/* What is said of the files of one item of data, beside their weight. */
typedef struct vt_training_item {
  int line, col;
  int n_config;
  vt_training_weight *config; /* [n_config] frames with this config_type; multiplies */
  int has_elements;
  double element[VT_TRAINING_ELEMENTS]; /* by atomic number: weight of the forces on it, 1 if not said */
  char group[VT_NAME];                  /* "": none; items of one name say the same of it */
  double pressure, temperature;         /* GPa; K, 0: the pressure is that of the forces alone */
} vt_training_item;

/* A new element and the one whose numbers it begins with. */
typedef struct vt_training_graft {
  char element[4], donor[4];
  int line, col;
} vt_training_graft;

enum { VT_FREEZE_DESCRIPTOR = 1, VT_FREEZE_NETWORK = 2, VT_FREEZE_ALL_BUT_LAST = 4 };
enum { VT_BY_TRAJECTORY, VT_BY_COMPOSITION };

/* TRAIN.yaml: what `vitrion train` does.  Energies eV/atom, forces eV/A, lengths A. */
typedef struct vt_training {
  char name[VT_NAME];
  char start[VT_PATH];  /* NEP file to begin with, resolved; "": a new model; may hold {seed}: vt_training_start */
  char output[VT_PATH]; /* as written; runs/train/NAME if it is not given */
  int n_elements;
  char element[VT_TRAINING_ELEMENTS][4];
  int n_graft;
  vt_training_graft graft[VT_TRAINING_ELEMENTS];
  /* a new model */
  double cutoff[2], zbl; /* radial, angular; zbl 0: none */
  int n_max[2], basis[2], l_max[3], neurons;
  vt_training_files data, validation, test;
  int n_items;
  vt_training_item *item; /* [n_items] of data */
  double fraction;        /* of the data for validation, where it has no files */
  int by;                 /* VT_BY_: what is held back together */
  double energy, force, virial, mean_virial;
  double force_relative; /* part of a labelled force that adds to its scale */
  double rate;           /* largest learning rate; 0: 2e-2 new, 5e-4 from a start */
  int epochs, batch;
  uint64_t seed;
  int seeds;      /* committee: models that begin with seed, seed + 1, ... */
  int finish;     /* steps of all data behind the epochs */
  int early_stop; /* epochs without a better validation after which no more follow; 0: never */
  int freeze;     /* VT_FREEZE_, added */
  double pull;    /* weight of the distance to the start */
  int smoke;      /* 0: no test by molecular dynamics afterwards */
  double smoke_t_k, smoke_ps;
} vt_training;

/* As vt_campaign_load; vt_training_free. */
VT_MUST_CHECK vt_status vt_training_load(const char *path, vt_training **t, vt_diags *diags, vt_err *err);
void vt_training_free(vt_training *t);
/* The file that the member of this seed begins with: t->start with the seed in place of "{seed}". */
void vt_training_start(const vt_training *t, uint64_t seed, char path[VT_PATH]);
/* The keys of a training file, one line each: key, what it takes, default. */
void vt_training_keys(vt_buf *out);

/* ------------------------------------------------------------------ a method of labelling (method/method.c)
 *
 * METHOD.yaml: which program computes energies, forces and virials of frames, and how it is asked: an i-PI driver
 * (driver), or a command per frame with an input made from a template (batch) and an output of which a table of rows
 * says what is where (read).
 *
 * TEMPLATE.  {word} stands for a value, ${word} is the program's own:
 *   {name} {n_atoms} {n_elements}   name of the frame in the output folder; counts
 *   {cell}                          three lines "x y z": vectors, A
 *   {a} {b} {c}                     one vector each, "x y z"
 *   {coordinates}                   a line "Symbol x y z" each atom, A
 *   {kinds}                         batch.kind once for each element of the frame, in the order of appearance
 *   {key}                           a number that batch.elements gives for each element: the largest of the frame's
 * In batch.kind: {element}, and the keys of batch.elements (numbers or words) of that element.
 * In the command: {input} {output} {start} (the frame as extended XYZ): names in the folder where it runs, which is a
 * new one for each frame; {name}; {dir}: the folder of METHOD.yaml. */

enum { VT_METHOD_TEXT = 200, VT_METHOD_KEYS = 16, VT_METHOD_TEXTS = 8, VT_METHOD_ENV = 16 };

typedef enum vt_method_what {
  VT_METHOD_ENERGY,
  VT_METHOD_FORCES,
  VT_METHOD_STRESS,
  VT_METHOD_VIRIAL,
  VT_METHOD_VERSION,
  VT_METHOD_WHATS
} vt_method_what;

/* Where a quantity stands in what a program wrote. */
typedef struct vt_method_row {
  int given, line;            /* line of METHOD.yaml */
  char file[VT_METHOD_TEXT];  /* name in the folder of the run, with {name}; "": {output} */
  char after[VT_METHOD_TEXT]; /* what is wanted stands behind this text in a line; "": by match */
  char match[VT_METHOD_TEXT]; /* extended regular expression; {number} is one word that is captured */
  int first;                  /* 1: where it stands several times the first counts, else the last */
  double factor;              /* to eV, eV/A, eV/A^3; of a stress or virial also its sign: to -dE/dstrain */
  int voigt;                  /* 1: six numbers, else nine or three lines of three */
  int place[6];               /* of these six, in a 3 x 3 matrix by rows: {0, 4, 8, 5, 2, 1} is xx yy zz yz xz xy */
} vt_method_row;

typedef struct vt_method_element {
  char symbol[4];
  char value[VT_METHOD_KEYS][VT_NAME]; /* [n_keys] of vt_method.key; "": not given */
} vt_method_element;

typedef struct vt_method {
  char name[VT_NAME];
  char dir[VT_PATH];        /* absolute: folder of METHOD.yaml */
  vt_driver driver;         /* command "": batch */
  int driver_virial;        /* 1: it must answer a virial; 0: all zero is none */
  char command[VT_COMMAND]; /* batch; "": driver */
  char input[VT_PATH];      /* file of the template, resolved */
  char *text;               /* its text, owned */
  char *kind;               /* text for one element, owned; NULL: none */
  double timeout_s;         /* of one frame */
  int n_env;
  char env[VT_METHOD_ENV][2][VT_METHOD_TEXT]; /* name, value; OMP_NUM_THREADS is always there */
  int n_keys;
  char key[VT_METHOD_KEYS][VT_NAME];
  int n_elements; /* 0: any */
  vt_method_element element[VT_TRAINING_ELEMENTS];
  vt_method_row read[VT_METHOD_WHATS];
  int n_found, n_not_found; /* texts that must, and must not, stand in the output of a calculation that converged */
  char found[VT_METHOD_TEXTS][VT_METHOD_TEXT], not_found[VT_METHOD_TEXTS][VT_METHOD_TEXT];
  double net_force;       /* largest |sum of forces| / sqrt(atoms), eV/A: errors of single atoms add up like that */
  double asymmetry;       /* largest difference of stress components xy and yx, eV/A^3 */
  double energy_distance; /* from the median of the same composition, eV/atom: a warning */
  vt_uid sha256;          /* of what decides about labels, but for batch.elements */
  vt_uid input_sha256;    /* of the template, or of the driver (vt_ipi_identity is the caller's) */
} vt_method;

/* As vt_campaign_load; vt_method_free. */
VT_MUST_CHECK vt_status vt_method_load(const char *path, vt_method **m, vt_diags *diags, vt_err *err);
void vt_method_free(vt_method *m);
/* SHA-256 of all that decides about a frame's label: of the method, and of the rows of batch.elements that it uses,
 * used[n_elements].  So another cutoff of one element makes no new labels of frames without it. */
VT_MUST_CHECK vt_status vt_method_frame_sha256(const vt_method *m, const unsigned char *used, vt_uid *sha256,
                                               vt_err *err);
/* The keys of METHOD.yaml, one line each: key, what it takes, default. */
void vt_method_keys(vt_buf *out);
/* The next {word} of `s` from *at on: 1 with *from (its brace), *at (behind it) and the word in *word, which points
 * into s; 0: there is none. */
int vt_method_place(const char *s, size_t *at, size_t *from, vt_span *word);
/* Which key of batch.elements this is; -1: none. */
int vt_method_key(const vt_method *m, vt_span word);
/* A match with its {number} written out, each a group that captures one word. */
void vt_method_pattern(const char *match, char *out, size_t cap);

/* ------------------------------------------------------------------ a cluster (site/site.c)
 *
 * site.yaml: what a site wants in batch jobs.  Read from /etc/vitrion, from $XDG_CONFIG_HOME/vitrion
 * (~/.config/vitrion) and from the folder of the campaign file; what a later one says wins, and an empty value takes
 * back what an earlier one said. */

enum { VT_SITE_FILES = 3, VT_SITE_MODULES = 16 };

typedef struct vt_site {
  char partition[VT_NAME], account[VT_NAME], qos[VT_NAME]; /* words of a shell and of #SBATCH; "": not said */
  int n_modules;
  char module[VT_SITE_MODULES][VT_NAME]; /* words */
  int cores_per_node, most_ranks;        /* of one job; 0: not said */
  double most_s;                         /* of one job; 0: not said */
  char launcher[VT_COMMAND];             /* words between blanks, no quotes; "": not said */
  int n_files;
  char file[VT_SITE_FILES][VT_PATH]; /* that were read, in their order */
} vt_site;

/* The files that exist of those named path[n] (n <= VT_SITE_FILES), in this order.  What is wrong in file k goes to
 * diags[k] (vt_diags_free each, whatever is returned); what could be read of it is kept.  VT_EPARSE: there are
 * mistakes, or a file that cannot be read (it has a sentence in its diags). */
VT_MUST_CHECK vt_status vt_site_read(const char *const *path, int n, vt_site *s, vt_diags diags[VT_SITE_FILES],
                                     vt_err *err);
/* Where they are looked for; campaign: its file, or NULL.  Returns how many. */
int vt_site_places(const char *campaign, char place[VT_SITE_FILES][VT_PATH]);
/* Each key of site.yaml: name, what it takes, meaning. */
void vt_site_each(void (*each)(void *ctx, const char *key, const char *takes, const char *meaning), void *ctx);

#endif
