#include <inttypes.h>

#include "engine/spec/spec.h"

/* ------------------------------------------------------------------ canonical text
 *
 * What is written here is the identity of a task; VT_ENGINE_FORMAT says which version of the meaning it has. */

static void put_f64(vt_buf *b, const char *key, double x)
{
  vt_buf_printf(b, "%s %.17g\n", key, x + 0.0); /* + 0.0: minus zero is zero */
}

static void put_i32(vt_buf *b, const char *key, int32_t x) { vt_buf_printf(b, "%s %" PRId32 "\n", key, x); }

static void put_uid(vt_buf *b, const char *key, const vt_uid *u)
{
  char hex[65];
  vt_uid_hex(u, hex);
  vt_buf_printf(b, "%s %s\n", key, hex);
}

/* Only what differs from the table: compositions that state nothing keep the text they always had. */
static void put_stated(vt_buf *b, const vt_composition *c)
{
  for (int i = 0; i < c->n_species; i++) {
    if (c->role[i]) vt_buf_printf(b, "composition.role.%s %" PRId32 "\n", vt_element_symbol(c->z[i]), c->role[i]);
    if (c->radius[i] > 0) vt_buf_printf(b, "composition.radius.%s %.17g\n", vt_element_symbol(c->z[i]), c->radius[i]);
    if (c->volume[i] > 0) vt_buf_printf(b, "composition.volume.%s %.17g\n", vt_element_symbol(c->z[i]), c->volume[i]);
  }
  for (int k = 0; k < c->n_bonds; k++)
    vt_buf_printf(b, "composition.bond.%s-%s %.17g\n", vt_element_symbol(c->bond[k].z[0]),
                  vt_element_symbol(c->bond[k].z[1]), c->bond[k].length);
}

static void put_composition(vt_buf *b, const vt_composition *c)
{
  put_i32(b, "composition.n_species", c->n_species);
  for (int i = 0; i < c->n_species; i++) {
    const char *symbol = vt_element_symbol(c->z[i]);
    vt_buf_printf(b, "composition.species.%d %s count %" PRId32 " charge %" PRId32 "\n", i, symbol ? symbol : "?",
                  c->count[i], c->charge[i]);
  }
  put_stated(b, c);
}

/* Limits change no bit of a result, but they decide which attempt's result is the task's. */
static void put_guard(vt_buf *b, const vt_guard_limits *g)
{
  put_f64(b, "guard.temperature", g->temperature);
  put_f64(b, "guard.force_ev_a", g->force_ev_a);
  put_f64(b, "guard.volume", g->volume);
  put_f64(b, "guard.distance", g->distance);
  put_f64(b, "guard.spread_ev_a", g->spread_ev_a);
  put_i32(b, "guard.molecules", g->molecules);
  put_i32(b, "guard.contacts", g->contacts);
}

/* What every task depends on: model, arithmetic, couplings, limits. */
static void put_common(vt_buf *b, const vt_plan *p)
{
  put_composition(b, &p->comp);
  vt_buf_printf(b, "potential.kind %s\n", p->pot_kind);
  put_uid(b, "potential.sha256", &p->pot_hash);
  put_i32(b, "numerics.simd", p->numerics.simd);
  put_i32(b, "numerics.precision", p->numerics.precision);
  put_i32(b, "numerics.format", p->numerics.format);
  put_i32(b, "block_steps", p->block_steps);
  put_f64(b, "pressure_gpa", p->protocol.pressure_gpa);
  put_f64(b, "thermostat_ps", p->protocol.thermostat_ps);
  put_f64(b, "barostat_ps", p->protocol.barostat_ps);
  put_guard(b, &p->protocol.guard);
}

/* A structure that was given, and no more of the protocol than is run.  Which frame follows from hash and glass. */
static void put_start(vt_buf *b, const vt_plan *p)
{
  put_i32(b, "start", p->start);
  put_uid(b, "start.sha256", &p->start_hash);
}

static void put_glass(vt_buf *b, const vt_plan *p)
{
  const vt_protocol *q = &p->protocol;
  vt_buf_printf(b, "seed %" PRIu64 "\n", p->seed);
  put_i32(b, "glass", p->glass);
  if (p->start != VT_START_PACK) put_start(b, p);
  if (p->start == VT_START_EQUILIBRATE) return;
  if (p->start == VT_START_PACK) put_f64(b, "pack.density", q->pack_density);
  put_f64(b, "melt.temperature_k", q->melt_t_k);
  if (p->start != VT_START_QUENCH) {
    put_f64(b, "melt.duration_ps", q->melt_ps);
    put_f64(b, "melt.timestep_fs", q->melt_dt_fs);
    put_i32(b, "melt.ensemble", q->melt_ensemble);
  }
  put_f64(b, "quench.rate_k_s", q->quench_rate_k_s);
  put_f64(b, "quench.npt_below_k", q->quench_npt_below_k);
  put_f64(b, "quench.timestep_fs", q->quench_dt_fs);
  put_f64(b, "quench.end_k", p->t_k);
}

/* The first text of a task; later ones name a protocol and no length of production. */
static int has_length(const vt_plan *p) { return p->protocol.version == VT_PROTOCOL_FIRST; }

/* The seed and the index of the melt are in the glass's uid. */
static void put_md(vt_buf *b, const vt_plan *p)
{
  const vt_protocol *q = &p->protocol;
  put_uid(b, "needs", &p->needs);
  put_f64(b, "temperature_k", p->t_k);
  put_f64(b, "equilibrate.duration_ps", q->equil_ps);
  put_f64(b, "equilibrate.timestep_fs", q->equil_dt_fs);
  put_i32(b, "equilibrate.ensemble", q->equil_ensemble);
  if (has_length(p)) put_f64(b, "produce.duration_ps", q->produce_ps);
  put_f64(b, "produce.timestep_fs", q->produce_dt_fs);
  put_i32(b, "produce.ensemble", q->produce_ensemble);
  put_i32(b, "observe.n", p->n_obs);
  for (int i = 0; i < p->n_obs; i++) {
    const vt_obs_request *o = &p->obs[i];
    vt_buf_printf(b, "observe.%s every_ps %.17g", o->name, o->every_ps + 0.0);
    for (int k = 0; k < VT_MAX_OBS_PAR; k++) vt_buf_printf(b, " %.17g", o->par[k] + 0.0);
    vt_buf_add(b, "\n", 1);
  }
}

/* What it needs holds all the rest. */
static void put_later_piece(vt_buf *b, const vt_plan *p)
{
  put_uid(b, "needs", &p->needs);
  put_i32(b, "piece", p->piece);
  put_f64(b, "piece.begins_ps", p->before_ps);
  put_f64(b, "piece.duration_ps", p->protocol.produce_ps);
}

static void put_later_quench(vt_buf *b, const vt_plan *p)
{
  put_uid(b, "needs", &p->needs);
  put_f64(b, "quench.begin_k", p->from_k);
  put_f64(b, "quench.end_k", p->t_k);
}

void vt_plan_canon(const vt_plan *p, vt_buf *out)
{
  const int later_piece = p->kind == VT_TASK_MD && p->piece > 1,
            later_quench = p->kind == VT_TASK_GLASS && p->from_k > 0;
  vt_buf_printf(out, "vitrion-task %d\nkind %s\n", has_length(p) ? 1 : 2,
                later_piece                ? "piece"
                : later_quench             ? "glass continued"
                : p->kind == VT_TASK_GLASS ? "glass"
                                           : "md");
  if (later_piece || later_quench) {
    put_i32(out, "protocol", p->protocol.version);
    (later_piece ? put_later_piece : put_later_quench)(out, p);
    return;
  }
  if (!has_length(p)) put_i32(out, "protocol", p->protocol.version);
  put_common(out, p);
  if (p->kind == VT_TASK_GLASS)
    put_glass(out, p);
  else
    put_md(out, p);
}

/* ------------------------------------------------------------------ identity */

static int is_zero(const vt_uid *u)
{
  static const vt_uid zero;
  return vt_uid_equal(u, &zero);
}

static vt_status check_plan(const vt_plan *p, vt_err *err)
{
  if (p->kind != VT_TASK_GLASS && p->kind != VT_TASK_MD)
    VT_FAIL(err, VT_EINVAL, "task kind %" PRId32 " is unknown", p->kind);
  if (p->comp.n_species < 1 || p->comp.n_species > VT_MAX_SPECIES)
    VT_FAIL(err, VT_EINVAL, "%" PRId32 " species, expected 1 to %d", p->comp.n_species, VT_MAX_SPECIES);
  for (int i = 0; i < p->comp.n_species; i++)
    if (!vt_element_symbol(p->comp.z[i]))
      VT_FAIL(err, VT_EINVAL, "species %d has the unknown atomic number %" PRId32, i, p->comp.z[i]);
  if (p->protocol.version < VT_PROTOCOL_FIRST || p->protocol.version > VT_PROTOCOL_NEWEST)
    VT_FAIL(err, VT_EINVAL, "protocol version %" PRId32 ", expected %d to %d", p->protocol.version, VT_PROTOCOL_FIRST,
            VT_PROTOCOL_NEWEST);
  if (p->n_obs < 0 || p->n_obs > VT_MAX_OBS)
    VT_FAIL(err, VT_EINVAL, "%" PRId32 " observables, expected 0 to %d", p->n_obs, VT_MAX_OBS);
  if (p->numerics.simd == VT_SIMD_AUTO)
    VT_FAIL(err, VT_EINVAL, "the SIMD level of a task must be settled before it gets its identity");
  if ((p->start == VT_START_PACK) != is_zero(&p->start_hash))
    VT_FAIL(err, VT_EINVAL, "a start of kind %" PRId32 " %s", p->start,
            p->start == VT_START_PACK ? "needs no structure" : "needs the hash of its structure");
  if ((p->piece > 1 || p->from_k > 0) && has_length(p))
    VT_FAIL(err, VT_EINVAL, "protocol 1 cannot continue a production or a quench");
  if ((p->kind == VT_TASK_MD || p->from_k > 0) == is_zero(&p->needs))
    VT_FAIL(err, VT_EINVAL, "%s",
            is_zero(&p->needs) ? "an MD task needs the uid of its glass" : "a glass needs no task");
  return VT_OK;
}

vt_status vt_plan_identify(vt_plan *p, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf text = {0};
  VT_TRY_OUT(check_plan(p, err), err, "identity of a task of '%s'", p->comp.name);
  vt_plan_canon(p, &text);
  VT_TRY_OUT(vt_buf_check(&text, err), err, "identity of a task of '%s'", p->comp.name);
  vt_sha256(text.s, text.len, &p->uid);
  vt_alive(); /* a campaign may have a million tasks */
out:
  vt_buf_free(&text);
  return rc;
}

static void put_le(uint8_t *to, uint64_t x, int n_bytes)
{
  for (int i = 0; i < n_bytes; i++) to[i] = (uint8_t)(x >> 8 * i);
}

uint64_t vt_plan_key(const vt_plan *p)
{
  enum { SEED = 8, UID = sizeof p->uid.b, ATTEMPT = 4 };
  uint8_t bytes[SEED + UID + ATTEMPT];
  vt_uid hash;
  put_le(bytes, p->seed, SEED);
  for (int i = 0; i < UID; i++) bytes[SEED + i] = p->uid.b[i];
  put_le(bytes + SEED + UID, (uint32_t)p->attempt, ATTEMPT);
  vt_sha256(bytes, sizeof bytes, &hash);
  uint64_t key = 0;
  for (int i = 0; i < 8; i++) key |= (uint64_t)hash.b[i] << 8 * i;
  return key;
}

const char *vt_stage_name(int stage)
{
  static const char *const name[] = {"", "melt", "quench", "equilibrate", "produce"};
  return stage > VT_STAGE_NONE && stage <= VT_STAGE_PRODUCE ? name[stage] : name[0];
}

int vt_plan_block_steps(int n_atoms)
{
  const int steps_atoms_per_s = 250000; /* 4 us per atom and step */
  enum { LEAST = 20, MOST = 5000 };     /* huge cells still amortise a list; tiny ones still checkpoint */
  int steps = n_atoms > 0 ? steps_atoms_per_s / n_atoms : MOST;
  return steps < LEAST ? LEAST : steps > MOST ? MOST : steps;
}
