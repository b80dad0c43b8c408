/* spec.h - the nouns of a campaign as plain data; units; elements; identity (layer 1).
 *
 * No pointers and no ownership: a vt_plan can be copied, sent and hashed.  Everything here is in the units that a
 * person writes (ps, fs, K, GPa, K/s); the engine's internal units appear only behind vt_unit_*. */
#ifndef VT_SPEC_H
#define VT_SPEC_H

#include "engine/base/base.h"

enum {
  VT_MAX_SPECIES = 16, /* element types in one cell or one campaign */
  VT_MAX_OBS = 16,
  VT_MAX_OBS_PAR = 4,
  VT_NAME = 64,
  VT_PATH = 512,
  VT_MAX_DIM = 4
};

/* ------------------------------------------------------------------ units
 * Internal units: length A, energy eV, mass u, temperature K, hence time sqrt(u A^2/eV) = 10.18 fs, pressure eV/A^3. */
#define VT_KB_EV      8.617333262e-5 /* eV/K, CODATA 2018 (exact by definition)                  */
#define VT_E_CHARGE_C 1.602176634e-19
double vt_unit_time_from_fs(double fs);
double vt_unit_fs_from_time(double t);
double vt_unit_gpa_from_pressure(double ev_a3); /* 160.21766208 GPa per eV/A^3 */
double vt_unit_pressure_from_gpa(double gpa);
double vt_unit_g_cm3(double mass_u, double volume_a3);
/* Atomic units, which the i-PI protocol speaks (CODATA 2018). */
double vt_unit_bohr_from_a(double a);
double vt_unit_a_from_bohr(double bohr);
double vt_unit_hartree_from_ev(double ev);
double vt_unit_ev_from_hartree(double hartree);
double vt_unit_hartree_bohr_from_ev_a(double ev_a); /* forces */
double vt_unit_ev_a_from_hartree_bohr(double hartree_bohr);
/* Units in which other programs print: *factor times the number is in eV, eV/A, eV/A^3.  0: there is no such unit of
 * this kind; names: those there are, "eV, hartree, Ry". */
typedef enum vt_unit_kind { VT_UNIT_ENERGY, VT_UNIT_FORCE, VT_UNIT_PRESSURE, VT_UNIT_KINDS } vt_unit_kind;
int vt_unit_by_name(vt_unit_kind kind, const char *name, double *factor);
const char *vt_unit_names(vt_unit_kind kind);
/* sigma in mS/cm from the slope d<|sum z dr|^2>/dtau in A^2/ps: 3.0988e7 * s / (T V)  (science: Einstein relation,
 * sigma = e^2 s / (6 V kB T)). */
double vt_unit_sigma_mS_cm(double slope_a2_ps, double t_k, double volume_a3);

/* ------------------------------------------------------------------ elements */

/* What an ion does in a material.  Masks: VT_ROLE_ANIONS is any anion. */
enum {
  VT_ROLE_MOBILE = 1,  /* carries the current                                           */
  VT_ROLE_NETWORK = 2, /* the cations that hold the framework                           */
  VT_ROLE_ANION = 4,   /* an anion, but that which is counted                           */
  VT_ROLE_COUNTED = 8, /* the anion that residence and polyhedra count, oxygen as a rule */
  VT_ROLE_ANIONS = VT_ROLE_ANION | VT_ROLE_COUNTED
};
enum { VT_MAX_CHARGES = 4, VT_MAX_BONDS = 16 };
enum { VT_N_ELEMENTS = 95 }; /* atomic numbers below this are known */

/* Atomic number of an exact symbol ("Li"), or 0. */
int vt_element_z(const char *symbol);
const char *vt_element_symbol(int z); /* NULL outside 1..94 */
double vt_element_mass(int z);        /* u, IUPAC 2021 conventional */
uint32_t vt_element_colour(int z);    /* 0xRRGGBB */
int vt_element_charge(int z);         /* the most common oxidation number, 0 if none is known */
double vt_element_volume(int z);      /* of its ion: additive estimate of the volume in a glass, A^3; 0 unknown */
char vt_element_role(int z);          /* of its ion: 'A' mobile, 'M' network, 'X' anion, 'O' oxygen, '?' none */
int vt_element_is_classic(int z);     /* one of the fifteen whose numbers are older than the table of all elements */
/* The common oxidation numbers, the most common first; returns how many. */
int vt_element_charges(int z, int charge[VT_MAX_CHARGES]);
double vt_pair_min_distance(int z1, int z2); /* closest approach for random packing, A */
double vt_pair_bond_length(int z1, int z2); /* a bond of two unlike ions, else the shortest distance met in solids, A */
double vt_pair_molecule_length(int z1, int z2); /* two anions closer than this are a molecule, A; 0 for other pairs */

/* The role (one of VT_ROLE_*) of an ion of this charge; charge 0: of its common one; 0: it forms none. */
int vt_ion_role(int z, int charge);
/* Effective ionic radius, A (R. D. Shannon, Acta Cryst. A 32, 751 (1976)), of the smallest coordination from four on,
 * else of the largest below; NaN: not known.  Negative for a bare proton. */
double vt_ion_radius(int z, int charge);
/* All that the table has of an element, at most n of them in *out; returns how many there are. */
typedef struct vt_ion_size {
  int charge, coordination;
  double radius;
} vt_ion_size;
int vt_ion_radii(int z, int n, vt_ion_size *out);

/* The common oxidation numbers that make whole amounts of these elements neutral.  charge[k] != 0 is given, 0 is to be
 * found.  Elements that are anions as a rule keep their common charge unless nothing is neutral then.  1: there is one
 * way, now in charge[]; 0: none; 2: several, or too many to try. */
int vt_charges_settle(int n_species, const int32_t *z, const int64_t *amount, int32_t *charge);

/* ------------------------------------------------------------------ a cell's composition */

typedef struct vt_composition {
  char name[VT_NAME]; /* shown everywhere; unique in a campaign, e.g. "LiAlCl2.5O0.75" */
  int32_t n_species;  /* species in canonical order: mobile, network, anions, oxygen, then atomic number */
  int32_t z[VT_MAX_SPECIES];
  int32_t count[VT_MAX_SPECIES];
  int32_t charge[VT_MAX_SPECIES];
  int32_t n_atoms;
  int32_t counted; /* atomic number of the anion that is counted; 0: oxygen */
  /* what was stated of the ions instead of what the table says; 0: nothing */
  int32_t role[VT_MAX_SPECIES];  /* VT_ROLE_MOBILE, _NETWORK, _ANION */
  double radius[VT_MAX_SPECIES]; /* A   */
  double volume[VT_MAX_SPECIES]; /* A^3 */
  int32_t n_bonds, reserved;
  struct {
    int32_t z[2];
    double length; /* A */
  } bond[VT_MAX_BONDS];
} vt_composition;

/* The ions of a composition: what was stated of them, else what follows from element and charge. */
int vt_comp_role(const vt_composition *c, int s);      /* one of VT_ROLE_*; 0: none */
int vt_comp_atoms(const vt_composition *c, int roles); /* how many atoms have one of these roles */
/* "Ag mobile, I anion": who does what, cut at `cap` bytes. */
void vt_comp_roles_text(const vt_composition *c, char *out, size_t cap);
const char *vt_comp_counted(const vt_composition *c);  /* symbol of the anion that is counted */
double vt_comp_radius(const vt_composition *c, int s); /* A; NaN unknown */
double vt_comp_volume(const vt_composition *c, int s); /* A^3; 0 unknown */
/* As vt_pair_*, of two species. */
double vt_comp_bond_length(const vt_composition *c, int a, int b);
double vt_comp_min_distance(const vt_composition *c, int a, int b);
double vt_comp_molecule_length(const vt_composition *c, int a, int b);
/* Two network cations nearer than this stick together unless anions bridge them, A; 0 for other pairs. */
double vt_comp_close_length(const vt_composition *c, int a, int b);

/* ------------------------------------------------------------------ protocol */

/* LANGEVIN: constant volume, friction and noise on every atom; for melts, since friction damps diffusion. */
typedef enum vt_ensemble { VT_NVE = 0, VT_NVT = 1, VT_NPT = 2, VT_LANGEVIN = 3 } vt_ensemble;

/* How glasses are made and run changes now and then; what each version does stands in engine/replica/replica.h, and a
 * task keeps that of the campaign it belongs to.  0: not settled yet (vt_campaign_resolve takes the newest). */
enum { VT_PROTOCOL_FIRST = 1, VT_PROTOCOL_NEWEST = 3 };

/* What no sound trajectory does; 0 is no limit. They decide whether a task fails, never a bit of its result. */
typedef struct vt_guard_limits {
  double temperature; /* instantaneous, over the highest the stage asks for                  */
  double force_ev_a;  /* on any atom                                                         */
  double volume;      /* over that at the start of the stage, or its inverse                 */
  double distance;    /* of any pair, over vt_pair_bond_length                               */
  double spread_ev_a; /* of a committee                                                      */
  int32_t molecules;  /* 1: two anions that stay within vt_pair_molecule_length              */
  int32_t contacts;   /* 1: pairs that stay crushed, metals that stay bonded to each other   */
} vt_guard_limits;

typedef struct vt_protocol {
  double pack_density; /* of the estimated density (vt_element_volume), 1              */
  double melt_t_k, melt_ps, melt_dt_fs;
  double quench_rate_k_s;    /* > 0                                                           */
  double quench_npt_below_k; /* 0: the volume stays                                           */
  double quench_dt_fs;
  double pressure_gpa;
  double equil_ps, equil_dt_fs;
  double produce_ps, produce_dt_fs;
  double thermostat_ps, barostat_ps;                       /* coupling times                                        */
  int32_t melt_ensemble, equil_ensemble, produce_ensemble; /* vt_ensemble                     */
  int32_t version; /* VT_PROTOCOL_FIRST .. VT_PROTOCOL_NEWEST, 0 before it is settled */
  vt_guard_limits guard;
} vt_protocol;

/* ------------------------------------------------------------------ what is observed */

typedef struct vt_obs_request {
  char name[16];
  double every_ps;
  double par[VT_MAX_OBS_PAR]; /* meaning: vt_obs_doc of that name */
} vt_obs_request;

/* The unit of a parameter that is an element: its atomic number, 0 stands for oxygen. */
#define VT_UNIT_ELEMENT "element"

/* What an observable tells the campaign reader about itself (the reader knows no observable by name). */
typedef struct vt_obs_doc {
  const char *name, *doc;
  double every_ps, every_lo_ps, every_hi_ps;
  int n_par;
  int on_by_default;
  struct {
    const char *name, *unit, *doc;
    double lo, hi, def;
  } par[VT_MAX_OBS_PAR];
} vt_obs_doc;

/* ------------------------------------------------------------------ identity, numerics, plan */

typedef struct vt_uid {
  uint8_t b[32]; /* SHA-256 */
} vt_uid;

typedef enum vt_simd { VT_SIMD_PORTABLE = 0, VT_SIMD_AVX2 = 1, VT_SIMD_AVX512 = 2, VT_SIMD_AUTO = 3 } vt_simd;
typedef enum vt_precision { VT_DOUBLE = 0, VT_MIXED = 1 } vt_precision;

typedef struct vt_numerics {
  int32_t simd;      /* vt_simd, never AUTO inside a plan */
  int32_t precision; /* vt_precision                      */
  int32_t format;    /* VT_ENGINE_FORMAT; 0 before it is settled */
  int32_t reserved;
} vt_numerics;
/* +1 whenever the bits of a result may change; a campaign keeps that of its first start, as its build. */
enum { VT_ENGINE_FORMAT = 4, VT_ENGINE_FORMAT_UNSAID = 2 /* of a recorded campaign that does not say it */ };

/* Another program that computes the forces (engine/ipi says how it is started). */
enum { VT_COMMAND = 1024 };
typedef struct vt_driver {
  char command[VT_COMMAND]; /* for the shell, with {socket} {start} {dir} {file}; "": there is none */
  char dir[VT_PATH];        /* absolute; what {dir} stands for: the folder of the campaign file */
  double timeout_s;         /* for one answer; 0: auto */
  int32_t plain;            /* 1: every message waits for the answer to the one before */
  int32_t n_elements;       /* what it knows; 0: it takes any element */
  char element[96][4];
} vt_driver;

/* Stages that move atoms.  The number enters the random counter and files: never renumber (VT_ENGINE_FORMAT). */
typedef enum vt_stage {
  VT_STAGE_NONE = 0,
  VT_STAGE_MELT = 1,
  VT_STAGE_QUENCH = 2,
  VT_STAGE_EQUILIBRATE = 3,
  VT_STAGE_PRODUCE = 4
} vt_stage;
const char *vt_stage_name(int stage); /* "melt" ...; "" for what is none */

/* What a GLASS task begins with: a random packing, or a structure that was given, at the beginning of the melt, at its
 * end, or as what a glass is.  Never renumber: it is in the canonical text. */
typedef enum vt_start { VT_START_PACK = 0, VT_START_MELT = 1, VT_START_QUENCH = 2, VT_START_EQUILIBRATE = 3 } vt_start;

typedef enum vt_task_kind { VT_TASK_GLASS = 0, VT_TASK_MD = 1 } vt_task_kind;

/* All that is needed to do one task, on any rank, in any process. */
typedef struct vt_plan {
  vt_uid uid;          /* of this task                                                      */
  vt_uid needs;        /* MD: the glass it starts from, or the piece before; GLASS: all zero, or the glass whose quench
                        * it continues                                                       */
  uint64_t seed;       /* the campaign's                                                    */
  int32_t kind;        /* vt_task_kind                                                      */
  int32_t comp_index;  /* row of the composition in the campaign (not in the identity)      */
  int32_t glass;       /* 0.. independent melt                                              */
  int32_t attempt;     /* 0.. (not in the identity; enters the random key)                  */
  int32_t half_stage;  /* vt_stage that runs with half its time step: the retry ladder (not in the identity) */
  int32_t block_steps; /* steps of one block; a function of n_atoms only                    */
  double t_k;          /* MD: its temperature; GLASS: where the quench ends                 */
  double from_k;       /* GLASS that continues the quench of `needs`: where that ended; else 0 */
  int32_t piece;       /* MD: of the production, from 1; 0 is 1; later ones begin where the one before ended */
  double before_ps;    /* MD: production of the pieces before this one                      */
  double run_ps;       /* MD, of joined pieces (not in the identity): all of them together; 0: protocol.produce_ps */
  vt_composition comp;
  vt_protocol protocol;
  vt_numerics numerics;
  int32_t n_obs;
  int32_t reserved;
  vt_obs_request obs[VT_MAX_OBS];
  char pot_kind[16];
  char pot_path[VT_PATH]; /* as this process can open it (not in the identity) */
  vt_uid pot_hash;        /* SHA-256 of the potential's file                   */
  vt_driver driver;       /* command "": no other program; the identity has it in pot_hash */
  int32_t start;          /* vt_start of the glass                              */
  int32_t start_frame;    /* of the structure, from 0 (not in the identity)   */
  vt_uid start_hash;      /* of the structure: atoms, cells, order; zero: none  */
} vt_plan;

void vt_sha256(const void *p, size_t n, vt_uid *out);
/* The same of a file of any size, read piece by piece. VT_EIO. */
VT_MUST_CHECK vt_status vt_sha256_file(const char *path, vt_uid *out, vt_err *err);
void vt_uid_hex(const vt_uid *u, char hex[65]);
/* Parse 4..64 hex digits into a prefix mask comparison: 1 if `u` begins with them. */
int vt_uid_has_prefix(const vt_uid *u, const char *hex);
int vt_uid_equal(const vt_uid *a, const vt_uid *b);
int vt_uid_cmp(const vt_uid *a, const vt_uid *b);

/* Positions of uids in their order, for finding one among many.  The uids are borrowed: n of them, `stride` bytes
 * apart (members of an array of structs). */
typedef struct vt_uid_index {
  int32_t *order; /* [n] positions, smallest uid first; owned */
  const vt_uid *first;
  size_t stride;
  int n;
} vt_uid_index;
/* VT_ENOMEM.  Free with vt_uid_index_free (zeroed is fine). */
VT_MUST_CHECK vt_status vt_uid_index_make(vt_uid_index *x, const vt_uid *first, size_t stride, int n, vt_err *err);
const vt_uid *vt_uid_index_at(const vt_uid_index *x, int k);     /* the k-th smallest */
int vt_uid_index_find(const vt_uid_index *x, const vt_uid *uid); /* its position, or -1 */
void vt_uid_index_free(vt_uid_index *x);

/* The canonical text of a task: one `key value` line each, numbers as %.17g; what is in it IS the identity
 * (architecture: composition counts, protocol, observables, seeds, potential hash, numerics; no path, row, index,
 * rank count, output).  A GLASS holds pack, melt, quench and its end temperature; an MD task the glass's uid, its own
 * temperature, equilibrate, produce and the observables.
 *
 * Two versions, by the protocol's.  "vitrion-task 1" (protocol 1) has the length of production in it.
 * "vitrion-task 2" (protocol 2 and later) names the version of the protocol instead: production is a series of pieces,
 * numbered from 1, that continue each other, and a piece is named by the task's uid and its number.  How long one is
 * stands where it is asked for (the campaign's recorded file) and where it is kept (the head of the result).
 * A piece from the second on is a task of its own ("kind piece"): that which it needs, its number, where it begins, how
 * long it is.  So is the part of a quench below the temperature where a glass was kept. */
void vt_plan_canon(const vt_plan *p, vt_buf *out);
/* Set p->uid (an MD plan needs p->needs first). */
VT_MUST_CHECK vt_status vt_plan_identify(vt_plan *p, vt_err *err);
/* First 8 bytes of SHA-256(seed, uid, attempt), little endian: the key of every random number of the task. */
uint64_t vt_plan_key(const vt_plan *p);
/* The block length for n atoms: about a second's worth by the cost formula 4 us per atom-step (no clock). */
int vt_plan_block_steps(int n_atoms);

/* ------------------------------------------------------------------ arrays with a meaning */

/* How an axis maps from one task to the campaign's common table: a plain axis is copied, species axes are scattered
 * to the campaign's species (absent ones stay NaN), pair axes likewise over unordered pairs i <= j in row order
 * (0,0),(0,1),...,(1,1),... */
typedef enum vt_axis { VT_AXIS_PLAIN = 0, VT_AXIS_SPECIES, VT_AXIS_PAIR, VT_AXIS_ATOM } vt_axis;

/* One array that a task produces.  All values are double (NaN: not there). */
typedef struct vt_array_def {
  char name[48]; /* "msd/mean": the dataset's path below /obs, /glass ... */
  char unit[24];
  char doc[160];
  char source[64];
  int32_t n_dim;
  int32_t dim[VT_MAX_DIM];  /* for this task */
  int32_t axis[VT_MAX_DIM]; /* vt_axis       */
} vt_array_def;
size_t vt_array_count(const vt_array_def *d); /* product of dims */
int vt_pair_index(int i, int j, int n);       /* row of the unordered pair */

/* The name of an array, declared once by the module that makes it (obs.h, replica.h): vt_a_msd_mean is "msd/mean".
 * Everything that reads arrays names them so; a typo does not compile. */
typedef struct vt_array_name {
  const char *path;
} vt_array_name;
#define VT_ARRAY_NAME(group, array)        extern const vt_array_name vt_a_##group##_##array;
#define VT_ARRAY_NAME_DEFINE(group, array) const vt_array_name vt_a_##group##_##array = {#group "/" #array};

/* The values of the array `name` among values that hold defs[n_defs] one after the other, and its def (may be NULL);
 * NULL if it is not there. */
const double *vt_array_find(const vt_array_def *defs, int n_defs, const double *values, const vt_array_name *name,
                            const vt_array_def **def);
int vt_array_is(const vt_array_def *d, const vt_array_name *name);

#endif
