/* state.c - the state of a stage as bytes and back.
 *
 * List and forces are not saved: at a block boundary both follow from positions and cell.  What they gave then is
 * saved, and compared after they were computed anew: bits that differ mean that this machine cannot continue the
 * trajectory. */
#include <math.h>
#include <string.h>

#include "engine/md/md_impl.h"

/* Then x[n][3], v[n][3], dx[n][3] as doubles, then the followed pairs (contacts.c). */
typedef struct state_head {
  uint32_t n_atoms, stage_index, force_crc, reserved;
  int64_t step;
  double cell[3][3], volume0, exchanged;
  vt_md_barostat barostat;
  double energy, virial[9], spread, e_kin, t_k, pressure, conserved; /* these and force_crc are only compared */
} state_head;
_Static_assert(sizeof(state_head) == 24 + 29 * 8, "state_head is part of a state that is kept on disk");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "states are little endian");

static size_t vectors_size(int n_atoms) { return (size_t)n_atoms * 3 * sizeof(double); }

size_t vt_md_state_size(int n_atoms)
{
  return sizeof(state_head) + 3 * vectors_size(n_atoms) + vt__md_watch_state_size(n_atoms);
}

static state_head head_of(const vt_md *md)
{
  state_head h = {.n_atoms = (uint32_t)md->n,
                  .stage_index = md->stage_index,
                  .force_crc = vt_crc32(0, md->f, vectors_size(md->n)),
                  .step = md->step,
                  .volume0 = md->volume0,
                  .exchanged = md->exchanged,
                  .barostat = md->barostat,
                  .energy = md->out.energy,
                  .spread = md->out.spread,
                  .e_kin = md->e_kin,
                  .t_k = md->t_k,
                  .pressure = md->pressure,
                  .conserved = md->conserved};
  memcpy(h.cell, md->cell.h, sizeof h.cell);
  memcpy(h.virial, md->out.virial, sizeof h.virial);
  return h;
}

void vt_md_save(const vt_md *md, void *bytes)
{
  const size_t size = vectors_size(md->n);
  const state_head h = head_of(md);
  char *at = bytes;
  memcpy(at, &h, sizeof h);
  at += sizeof h;
  memcpy(at, md->x, size);
  memcpy(at + size, md->v, size);
  memcpy(at + 2 * size, md->dx, size);
  vt__md_watch_save(md, at + 3 * size);
}

static vt_status check_head(const vt_md *md, const vt_md_stage *st, uint32_t stage_index, const state_head *h,
                            vt_err *err)
{
  if (h->n_atoms != (uint32_t)md->n || h->stage_index != stage_index)
    VT_FAIL(err, VT_ECORRUPT, "state of %u atoms in stage %u, expected %d in %u", h->n_atoms, h->stage_index, md->n,
            stage_index);
  if (h->step < 0 || h->step > st->n_steps || h->step % st->block_steps != 0)
    VT_FAIL(err, VT_ECORRUPT, "state of step %lld in a stage of %lld steps in blocks of %d", (long long)h->step,
            (long long)st->n_steps, st->block_steps);
  if (!(h->volume0 > 0 && isfinite(h->volume0) && isfinite(h->exchanged)))
    VT_FAIL(err, VT_ECORRUPT, "state with a volume of %g A^3 and %g eV exchanged", h->volume0, h->exchanged);
  const vt_md_barostat *b = &h->barostat;
  if (!(b->stiffness > 0 && b->volume >= 0 && b->variance >= 0 && isfinite(b->stiffness + b->volume + b->variance)))
    VT_FAIL(err, VT_ECORRUPT, "state with a barostat of stiffness %g eV/A^3, volume %g +- %g^0.5 A^3", b->stiffness,
            b->volume, b->variance);
  return VT_OK;
}

static int all_finite(const double *x, size_t n)
{
  for (size_t k = 0; k < n; k++)
    if (!isfinite(x[k])) return 0;
  return 1;
}

/* Another program promises no bits (a density that is iterated from the last one, sums in parallel): within 1 meV an
 * atom it computes the same model, and the task goes on with its present forces. */
static int near_enough(const vt_md *md, double energy)
{
  const double most_ev = 1e-3;
  vt_pot_info info;
  vt_pot_describe(md->pot, &info);
  const double off_ev = fabs(md->out.energy - energy) / md->n;
  if (!info.foreign || !(off_ev < most_ev)) return 0;
  vt_log(VT_LOG_WARN, "md",
         "ev=other_bits energy_off_ev_atom=%.3g (the program that computes the forces does not repeat them to the bit; "
         "the task "
         "goes on)",
         off_ev);
  return 1;
}

vt_status vt_md_load(vt_md *md, const vt_md_stage *st, uint32_t stage_index, const void *bytes, size_t n, vt_err *err)
{
  const size_t size = vectors_size(md->n), n_x = 3 * (size_t)md->n;
  const char *at = bytes;
  state_head h;
  VT_PASS(vt__md_check_stage(st, stage_index, err));
  if (n != vt_md_state_size(md->n))
    VT_FAIL(err, VT_ECORRUPT, "state of %zu bytes, expected %zu", n, vt_md_state_size(md->n));
  memcpy(&h, at, sizeof h);
  at += sizeof h;
  VT_PASS(check_head(md, st, stage_index, &h, err));
  md->stage = *st;
  md->stage_index = stage_index;
  md->step = h.step;
  md->exchanged = h.exchanged;
  md->volume0 = h.volume0;
  md->barostat = h.barostat;
  memcpy(md->cell.h, h.cell, sizeof h.cell);
  memcpy(md->x, at, size);
  memcpy(md->v, at + size, size);
  memcpy(md->dx, at + 2 * size, size);
  if (!all_finite(md->x[0], n_x) || !all_finite(md->v[0], n_x) || !all_finite(md->dx[0], n_x))
    VT_FAIL(err, VT_ECORRUPT, "state with positions or velocities that are not finite");
  vt__md_watch_begin(md);
  VT_PASS(vt__md_watch_load(md, at + 3 * size, err));
  VT_TRY(vt__md_forces(md, 1, err), err, "forces of a state");
  vt__md_account(md);
  const state_head now = head_of(md);
  if (memcmp(&now, &h, sizeof h) != 0 && !near_enough(md, h.energy))
    VT_FAIL(err, VT_ECORRUPT,
            "this machine computes other bits than the one that saved the state: energy %.17g eV, then %.17g; pressure "
            "%.17g eV/A^3, then %.17g",
            md->out.energy, h.energy, md->pressure, h.pressure);
  return VT_OK;
}
