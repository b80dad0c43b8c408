/* config_impl.h - what the files of config/ share; no other folder includes it.
 *
 * The way of a campaign: text -> vt__yaml (tree with marks) -> vt__draft (values as asked, with marks)
 * -> vt_campaign (integer cells, then tasks).  Mistakes never stop the way before its end: they are collected. */
#ifndef VT_CONFIG_IMPL_H
#define VT_CONFIG_IMPL_H

#include "config/amounts/amounts.h"
#include "config/config.h"

/* ------------------------------------------------------------------ where something stands */

typedef struct vt__mark {
  int line, col; /* 1-based; line 0: nowhere, a default */
} vt__mark;

/* Add a mistake (or a warning).  Beyond a fixed number they are only counted. */
void vt__diag_error(vt_diags *d, vt__mark at, const char *path, const char *fmt, ...) VT_PRINTF(4, 5);
void vt__diag_warn(vt_diags *d, vt__mark at, const char *path, const char *fmt, ...) VT_PRINTF(4, 5);
void vt__diag_sort(vt_diags *d);

/* ------------------------------------------------------------------ YAML tree */

typedef enum vt__yaml_kind { VT__SCALAR, VT__SEQ, VT__MAP } vt__yaml_kind;

typedef struct vt__yaml_node {
  vt__yaml_kind kind;
  int quoted; /* scalar style */
  int merged; /* key of a `<<` pair whose value has been merged into its mapping */
  int end;    /* index after the last node of this subtree */
  int text, len;
  vt__mark at;
} vt__yaml_node;

/* Nodes in preorder; a mapping's children alternate key, value; keys are scalars.  Aliases are copies and `<<` is
 * already merged, so readers meet a plain tree.  Node 0 is the root. */
typedef struct vt__yaml {
  vt__yaml_node *node;
  int n, cap;
  vt_buf pool; /* NUL-terminated texts of the scalars */
} vt__yaml;

/* VT_EPARSE: one mistake was added to `d`. */
VT_MUST_CHECK vt_status vt__yaml_parse(vt__yaml *y, const char *text, size_t n, vt_diags *d, vt_err *err);
void vt__yaml_free(vt__yaml *y);
const char *vt__yaml_text(const vt__yaml *y, int node);
/* Iterate: for (int k = vt__yaml_first(y, m); k; k = vt__yaml_next(y, m, k)); in a mapping k + 1 is the value of k. */
int vt__yaml_first(const vt__yaml *y, int parent);
int vt__yaml_next(const vt__yaml *y, int parent, int child);
int vt__yaml_is_null(const vt__yaml *y, int node); /* nothing, ~ or null */

/* ------------------------------------------------------------------ quantities with units */

/* `text` as a number of `unit` (exact in decimal where units differ by powers of ten).  1, or 0 with a sentence in
 * `why`. */
int vt__quantity_parse(const char *text, size_t n, const char *unit, double *out, char *why, size_t cap);
/* `450..700 K by 50`: ascending values of a range in K; *n is at most `cap`. */
int vt__range_parse(const char *text, double *t_k, int cap, int *n, double *asked_end, char *why, size_t why_cap);
/* How the temperatures that `text` seems to mean are written, a range or a list, into `out` (an example where that is
 * not clear); returns how many numbers stand in it. */
int vt__temperatures_as_written(const char *text, char *out, size_t cap);
/* The shortest decimal that parses back to x. */
void vt__put_f64(vt_buf *b, double x);

/* ------------------------------------------------------------------ the draft */

typedef enum vt__factor_id {
  VT__ALKALI,
  VT__METAL,
  VT__HALOGEN,
  VT__RATIO,     /* halogen_to_oxygen */
  VT__PER_METAL, /* alkali_per_metal  */
  VT__N_FACTORS
} vt__factor_id;

/* One value of a factor: a mixture of elements, or a number (n == 0). */
typedef struct vt__value {
  vt__mark at;
  int n;
  int z[VT_MAX_SPECIES];
  vt_q share[VT_MAX_SPECIES]; /* sums to one */
  vt__mark z_at[VT_MAX_SPECIES];
  vt_q number;
  int halogen_only;
} vt__value;

typedef struct vt__factor {
  int n;
  vt__value *v;
} vt__factor;

typedef struct vt__exclude {
  vt__mark at;
  vt__factor f[VT__N_FACTORS]; /* n == 0: any value */
} vt__exclude;

/* Names and texts, e.g. the factors of a formula. */
typedef struct vt__labels {
  int n;
  char name[VT_MAX_LABELS][VT_NAME], text[VT_MAX_LABELS][VT_NAME];
} vt__labels;

typedef struct vt__include {
  vt__mark at;
  vt_amounts a;
  vt__mark z_at[VT_MAX_SPECIES]; /* in the order of a.z */
  int charge[VT_MAX_SPECIES];    /* as stated for this formula, in the order of a.z; 0: not stated */
  vt__labels labels;
} vt__include;

/* A structure as asked; what is in its file comes later. */
typedef struct vt__structure {
  vt__mark at, file_at;
  vt_campaign_structure s;
  char sha256[65]; /* what it must have; "" */
  int n_atoms;     /* of its cell, once it was read */
  vt__labels labels;
} vt__structure;

/* A formula with keys in the place of elements. */
typedef struct vt__template {
  vt__mark at;
  int n_keys, n_parts, n_exclude;
  char key[VT_MAX_LABELS][VT_NAME];
  vt__factor value[VT_MAX_LABELS];
  struct {
    int key; /* -1: the elements of `a` */
    vt_q x;
    vt_amounts a;
  } part[VT_MAX_SPECIES];
  struct vt__template_exclude {
    vt__mark at;
    vt__factor f[VT_MAX_LABELS]; /* n == 0: any value */
  } * exclude;                   /* [n_exclude] */
} vt__template;

/* A production at one temperature as asked. */
typedef struct vt__duration {
  double t_k;
  vt__mark at;
  vt_lengths of;
} vt__duration;

enum { VT__MOST_ROWS = 128 };

typedef struct vt__draft {
  vt_campaign *c;
  const vt_campaign_env *env;
  vt_diags *d;
  const vt__yaml *y;                                 /* the tree that is being read: the file's, or that of a default */
  vt__mark mark[VT__MOST_ROWS];                      /* of the value of each row; line 0: not given */
  vt__mark obs_mark[VT_MAX_OBS][1 + VT_MAX_OBS_PAR]; /* every, parameters */
  vt__factor grid[VT__N_FACTORS];
  int n_exclude, n_include;
  vt__exclude *exclude;
  vt__include *include;
  int n_structures;
  vt__structure *structure;
  vt__template form;
  int charge[VT_N_ELEMENTS]; /* oxidation states by atomic number; 0: unknown */
  int stated[VT_N_ELEMENTS]; /* 1: the charge was stated, in oxidation_states or elements */
  vt__mark ion_at[VT_N_ELEMENTS];
  vt_lengths usual;       /* production where no temperature is named; n 0: each has its own */
  vt__duration *duration; /* [n_durations] */
  int n_durations, duration_failed;
  int decided; /* node of target.decided, where that is given */
  int n_by;    /* names in compare.by that are no factors of the grid */
  char by[VT_MAX_LABELS][VT_NAME];
  vt__mark by_at[VT_MAX_LABELS];
} vt__draft;

void vt__draft_free(vt__draft *dr); /* not the campaign */

/* ------------------------------------------------------------------ the table of keys */

typedef enum vt__type {
  VT__T_MAP,          /* a section                                  */
  VT__T_VERSION,      /* must be `lo`; not stored                   */
  VT__T_INT,          /* int; with a choice that word, too          */
  VT__T_SEED,         /* uint64_t                                   */
  VT__T_QUANTITY,     /* double in the row's unit                   */
  VT__T_NAME,         /* char[VT_NAME], letters digits . _ - only   */
  VT__T_PATH,         /* char[VT_PATH]                              */
  VT__T_SHA256,       /* char[65], 64 hex digits or ""              */
  VT__T_CHOICE,       /* int32_t of a list                          */
  VT__T_POT_KIND,     /* char[16] of the caller's list              */
  VT__T_TEMPERATURES, /* range or list                              */
  VT__T_ELEMENTS,     /* factor: list of elements or mixtures       */
  VT__T_RATIOS,       /* factor: list of ratios                     */
  VT__T_EXCLUDE,      /* list of mappings factor: value             */
  VT__T_INCLUDE,      /* list of formulas                           */
  VT__T_STRUCTURES,   /* list of files                              */
  VT__T_OXIDATION,    /* mapping element: integer                   */
  VT__T_TEMPLATE,     /* mapping formula, keys, exclude             */
  VT__T_IONS,         /* mapping element: what is stated of it      */
  VT__T_OBSERVE,      /* mapping observable: settings               */
  VT__T_FACTORS,      /* list of factor names                       */
  VT__T_COMMAND,      /* char[VT_COMMAND], one line or ""           */
  VT__T_SYMBOLS,      /* vt_driver: list of elements                */
  VT__T_PATIENCE,     /* double, `auto` is 0                        */
  VT__T_DURATION,     /* sum of quantities, or such by temperature  */
  VT__T_KEPT,         /* sums by temperature                        */
  VT__T_STOPS,        /* descending temperatures                    */
  VT__T_BUDGET,       /* core-hours or simulated time               */
  VT__T_DECIDED,      /* list: glasses and durations of compositions */
  VT__N_TYPES
} vt__type;

typedef struct vt__choice {
  const char *name; /* NULL ends the list */
  int value;
} vt__choice;

typedef struct vt__row {
  const char *path;
  vt__type type;
  const char *unit; /* of the stored value */
  double lo, hi;    /* allowed, inclusive  */
  const char *def;  /* YAML text; NULL: required when its section is there */
  size_t at;        /* offset in vt_campaign; of a factor: its vt__factor_id */
  const vt__choice *choice;
  const char *doc;
} vt__row;

extern const vt__row vt__rows[];
extern const int vt__n_rows;
const vt__row *vt__row_find(const char *path); /* NULL if there is none */
/* The row of setting k of an observable: 0 is `every`, 1.. its parameters; `path` holds the row's path. */
vt__row vt__row_of_observable(const vt_obs_doc *doc, int k, char path[96]);
const char *vt__type_name(vt__type t);
/* The names of a choice, or of the caller's potential kinds, as "a, b, c". */
void vt__row_choices(const vt__row *row, const vt_campaign_env *env, char *out, size_t cap);

/* The last component of a path ("melt.duration" -> "duration"), and the depth of a path (0: top). */
const char *vt__path_leaf(const char *path);
int vt__path_depth(const char *path);
/* 1 if `path` is a direct child of `parent` ("": the top). */
int vt__path_is_child(const char *path, const char *parent);

/* ------------------------------------------------------------------ the steps */

/* Tree -> draft and the scalars of the campaign; defaults filled in.  Mistakes go to dr->d; a status: no memory. */
VT_MUST_CHECK vt_status vt__read(vt__draft *dr, const vt__yaml *y, vt_err *err);
/* One value by its row; the readers of compositions (read_comp.c). */
VT_MUST_CHECK vt_status vt__read_value(vt__draft *dr, const vt__row *row, int node, vt_err *err);
void vt__read_quantity(vt__draft *dr, const vt__row *row, int node, double *out);
VT_MUST_CHECK vt_status vt__read_factor(vt__draft *dr, const vt__row *row, int node, vt__factor *f, vt_err *err);
VT_MUST_CHECK vt_status vt__read_exclude(vt__draft *dr, const vt__row *row, int node, vt_err *err);
VT_MUST_CHECK vt_status vt__read_include(vt__draft *dr, const vt__row *row, int node, vt_err *err);
void vt__read_oxidation(vt__draft *dr, const vt__row *row, int node);
/* An element that forms an ion, of the given role mask (0: any); 0 and a mistake if it is not. */
int vt__read_element(vt__draft *dr, const char *path, const char *symbol, int roles, vt__mark mark);
/* A charge, 0 and a mistake if it is not one of this element. */
int vt__read_charge(vt__draft *dr, const vt__row *row, int node, int z);
/* 1 if `a` now holds the formula `s`, which stands at `m`. */
int vt__read_formula(vt__draft *dr, const char *path, const char *s, vt__mark m, vt_amounts *a,
                     vt__mark z_at[VT_MAX_SPECIES]);
/* read_template.c */
VT_MUST_CHECK vt_status vt__read_template(vt__draft *dr, const vt__row *row, int node, vt_err *err);
int vt__values_equal(const vt__value *a, const vt__value *b);
/* read_ions.c */
void vt__read_ions(vt__draft *dr, const vt__row *row, int node);
/* The value behind a key of a mapping; 0: it is not there. */
int vt__yaml_value(const vt__yaml *y, int map, const char *name);
/* Take a name and its text; a mistake if there is no room or the name is none. */
void vt__labels_put(vt__draft *dr, const char *path, vt__mark at, vt__labels *l, const char *name, const char *text);
/* read_driver.c: the keys of a potential that another program computes. */
void vt__read_command(vt__draft *dr, const vt__row *row, int node, char *out);
void vt__read_symbols(vt__draft *dr, const vt__row *row, int node, vt_driver *out);
void vt__read_patience(vt__draft *dr, const vt__row *row, int node, double *out);
/* read_durations.c */
VT_MUST_CHECK vt_status vt__read_duration(vt__draft *dr, const vt__row *row, int node, vt_err *err);
VT_MUST_CHECK vt_status vt__read_kept(vt__draft *dr, const vt__row *row, int node, vt_err *err);
void vt__read_stops(vt__draft *dr, const vt__row *row, int node);
/* Durations of all temperatures, once those are known. */
VT_MUST_CHECK vt_status vt__settle_durations(vt__draft *dr, vt_err *err);
/* In their shortest form: lists only where they say more than one number. */
void vt__lengths_simplify(vt_campaign *c);
void vt__stops_simplify(vt_campaign *c);
VT_MUST_CHECK vt_status vt__keep_length(vt_campaign *c, double t_k, const vt_lengths *l, vt_err *err);
int vt__lengths_equal(const vt_lengths *a, const vt_lengths *b);
void vt__put_lengths(vt_buf *b, const vt_lengths *l);
void vt__put_duration(vt_buf *b, const vt_campaign *c);
void vt__put_kept(vt_buf *b, const vt_campaign *c);
void vt__put_stops(vt_buf *b, const vt_campaign *c);
/* "400 ps + 400 ps"; 1, or 0 and a mistake. */
int vt__read_sum(vt__draft *dr, const vt__row *row, int node, vt_lengths *out);
/* target.c; vt__settle_target settles durations, too */
void vt__read_budget(vt__draft *dr, const vt__row *row, int node);
void vt__put_budget(vt_buf *b, const vt_campaign *c);
VT_MUST_CHECK vt_status vt__settle_target(vt__draft *dr, vt_err *err);
/* n_glasses: of the composition that has most. */
void vt__decided_simplify(vt_campaign *c);
void vt__put_decided(vt_buf *b, const vt_campaign *c);
void vt__check_target(vt__draft *dr);
VT_MUST_CHECK vt_status vt__follow_target(vt_campaign *c, const vt_campaign *old, vt_err *err);
/* read.c.  64 hexadecimal digits; what is empty leaves `out` as it is. */
void vt__read_sha256(vt__draft *dr, const vt__row *row, int node, char out[65]);
/* read_item.c.  Text of a scalar; NULL and a mistake if it is something else or nothing. */
const char *vt__read_scalar(vt__draft *dr, const vt__row *row, int node, const char *expected);
/* Number of items of a list; -1 and a mistake if it is no list or has more than `most`. */
int vt__read_count(vt__draft *dr, const vt__row *row, int node, int most, const char *expected);
/* The nearest of the offered names, if one is near. */
typedef struct vt__nearest {
  const char *word, *name;
  int distance;
} vt__nearest;
vt__nearest vt__nearest_to(const char *word);
void vt__nearest_offer(vt__nearest *n, const char *name);
/* ", did you mean 'x'?" or "". */
void vt__nearest_text(const vt__nearest *n, char out[100]);

/* Ask the caller about the potential; check every element of the campaign against it. */
VT_MUST_CHECK vt_status vt__check_potential(vt__draft *dr, vt_err *err);
/* Grid and formulas -> c->comp, c->asked, c->z. */
VT_MUST_CHECK vt_status vt__expand_compositions(vt__draft *dr, vt_err *err);

/* A composition before it has a cell. */
typedef struct vt__candidate {
  vt_amounts a, shown;            /* normal form; as it is called */
  int32_t charge[VT_MAX_SPECIES]; /* in the order of both */
  vt__mark at;
  int order;     /* of asking */
  int structure; /* 0: none; else number k - 1 of the draft */
  vt__labels labels;
} vt__candidate;
typedef struct vt__candidates {
  int n, cap;
  vt__candidate *v;
} vt__candidates;
enum { VT__MOST_COMPOSITIONS = 20000, VT__MOST_GRID = 200000 };
VT_MUST_CHECK vt_status vt__candidates_add(vt__candidates *all, const vt__candidate *c, vt_err *err);
/* The species of `a` with charge, role, sizes and bonds, counts 0. */
void vt__ions_of(const vt__draft *dr, const vt_amounts *a, const int32_t *charge, vt_composition *out);
/* settle.c.  The charges of c->shown (given[k] != 0: as stated for it) and its normal form; 0 and a mistake if it is
 * not neutral, or neutral in several ways. */
int vt__settle(vt__draft *dr, vt__candidate *c, const int *given, const char *path);
/* 1 if this element has several oxidation states and none was stated; then that was said. */
int vt__is_unsettled(vt__draft *dr, int z, vt__mark at, const char *path);
/* read_comp.c, structures.c: the files of structures -> candidates, and then their compositions. */
VT_MUST_CHECK vt_status vt__read_structures(vt__draft *dr, const vt__row *row, int node, vt_err *err);
VT_MUST_CHECK vt_status vt__add_structures(vt__draft *dr, vt__candidates *all, vt_err *err);
void vt__put_structures(vt_buf *b, const vt_campaign *c, int with_files);
/* A text in double quotes. */
void vt__put_quoted(vt_buf *b, const char *s);
/* The potential knows this element, or a mistake says so. */
int vt__potential_knows(const vt_campaign *c, int z);
/* expand_template.c */
VT_MUST_CHECK vt_status vt__expand_template(vt__draft *dr, vt__candidates *all, vt_err *err);
/* The campaign's own factors and which of them compare.by names. */
void vt__name_factors(vt__draft *dr, const vt__candidates *all);
/* Rules between keys. */
void vt__check_rules(vt__draft *dr);

/* Where the value of a key stands, or the nearest section that was given. */
vt__mark vt__mark_of(const vt__draft *dr, const char *path);

/* A section of its own within the observables: it asks for frames, which no task's identity knows. */
#define VT__TRAJECTORY "observe.trajectory"

/* ------------------------------------------------------------------ identify.c */

/* As vt_plan_identify, of one task after the other; plans that follow each other and differ in their glass alone cost a
 * third.  Close: NULL is allowed. */
typedef struct vt__identities vt__identities;
VT_MUST_CHECK vt_status vt__identities_open(vt__identities **x, vt_err *err);
VT_MUST_CHECK vt_status vt__identities_next(vt__identities *x, vt_plan *p, vt_err *err);
void vt__identities_close(vt__identities *x);

#endif
