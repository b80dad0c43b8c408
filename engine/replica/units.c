/* units.c - stages that go on until they are good enough (protocol 2): in units of the duration that was asked for, at
 * most so many.  Whether another one follows is decided at the end of a unit from what a checkpoint holds (the rows of
 * the recorder, the displacements), never from a clock, and from this task alone. */
#include <math.h>
#include <string.h>

#include "engine/num/num.h"
#include "engine/replica/replica_impl.h"

enum { UNITS_MOST = 5 };

/* Relaxation times of the barostat that the second half of an equilibration must span.  Volumes of 84 atoms at 800 K
 * remember 7 to 13 ps, of which 12 ps show nothing: errors of 0.6 to 1 % were found there where glasses differed by 3
 * %. */
static const double least_memories = 50;

static int is_judged(const vt_plan *p, vt_stage id)
{
  if (p->protocol.version < 2) return 0;
  return id == VT_STAGE_MELT || (id == VT_STAGE_EQUILIBRATE && p->protocol.equil_ensemble == VT_NPT);
}

int vt__replica_units_most(const vt_plan *p, vt_stage id) { return is_judged(p, id) ? UNITS_MOST : 1; }

int vt__replica_units_at(const vt_plan *p, vt_stage id, int64_t step)
{
  const int64_t unit = vt__replica_stage_steps(p, id), most = vt__replica_units_most(p, id);
  int64_t units = unit > 0 ? (step + unit - 1) / unit : 1;
  return (int)(units < 1 ? 1 : units > most ? most : units);
}

/* ------------------------------------------------------------------ how many, before anything ran */

/* Metals of the melts that these cells are quenched from move 0.7 to 1.3 A^2/ps at 1200 K. */
static double melt_ps(void) { return VT_MELT_LEAST_A2 / 1.0; }

/* The volume fluctuates by var(V)/V^2 = kB T / (K V) and is forgotten within some relaxation times of the
 * barostat; its mean over t has the relative error sqrt(2 tau kB T / (K V t)), and half of the stage counts.  K = 1
 * GPa: measured 0.5 to 1 at 800 K. */
static double volume_ps(const vt_plan *p)
{
  const double tau_ps = 4 * p->protocol.barostat_ps, stiffness = vt_unit_pressure_from_gpa(1);
  double volume = 0;
  for (int s = 0; s < p->comp.n_species; s++) volume += p->comp.count[s] * vt_comp_volume(&p->comp, s);
  if (!(volume > 0)) return 2 * least_memories * p->protocol.barostat_ps;
  const double half =
      2 * tau_ps * VT_KB_EV * p->t_k / (stiffness * volume) / (VT_VOLUME_ERROR_MOST * VT_VOLUME_ERROR_MOST);
  return 2 * fmax(half, least_memories * p->protocol.barostat_ps);
}

int vt__replica_units_expected(const vt_plan *p, vt_stage id)
{
  if (!is_judged(p, id)) return 1;
  const int most = vt__replica_units_most(p, id), melt = id == VT_STAGE_MELT;
  const double unit_ps = melt ? p->protocol.melt_ps : p->protocol.equil_ps;
  const double units = unit_ps > 0 ? ceil((melt ? melt_ps() : volume_ps(p)) / unit_ps) : 1;
  return units < 1 ? 1 : units > most ? most : (int)units;
}

/* ------------------------------------------------------------------ is it good enough? */

/* How far those atoms moved that must have moved: the metals, without metals the anions, else all. */
static double melt_moved(const vt__replica *r)
{
  static const int groups[] = {VT_ROLE_NETWORK, VT_ROLE_ANIONS, 0}; /* 0: all */
  const vt_composition *c = &r->plan->comp;
  for (int g = 0;; g++) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < r->md.n; i++) {
      if (groups[g] && !(vt_comp_role(c, r->md.type[i]) & groups[g])) continue;
      const double *d = r->md.dx[i];
      sum += d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
      n++;
    }
    if (n > 0 || !groups[g]) return sum / n;
  }
}

/* The first row of the second half of what was run, and the row behind its last. */
static void late_rows(const vt__recorder *rec, int64_t n_steps, int *first, int *end)
{
  *end = (int)(n_steps * VT__REPLICA_ROWS / rec->n_steps);
  *first = (*end + 1) / 2;
}

/* Mean volume of the second half, its standard error, and its variance between rows that are sums so far. */
static void late_volume(const vt__recorder *rec, int64_t n_steps, double *volume, double *se, double *variance)
{
  enum { LEAST_BLOCKS = 6 };
  double mean[VT__REPLICA_ROWS], scratch[VT__REPLICA_ROWS], sum = 0, hits = 0;
  int first, end;
  size_t n = 0;
  late_rows(rec, n_steps, &first, &end);
  for (int k = first; k < end; k++) {
    if (rec->seen.hits[k] == 0) continue;
    const double row = rec->rows[k * VT__REPLICA_COLUMNS + VT__REPLICA_VOLUME];
    sum += row;
    hits += rec->seen.hits[k];
    mean[n++] = row / rec->seen.hits[k];
  }
  *volume = sum / hits;
  *se = vt_blocking_se_least(mean, n, LEAST_BLOCKS, scratch);
  *variance = vt_variance(mean, n);
}

static int judge_melt(vt__replica *r, int units)
{
  double *out = vt__replica_values(r, &vt_a_glass_melt);
  const double moved = melt_moved(r);
  out[VT_MELT_MOVED_A2] = moved;
  out[VT_MELT_LIMIT_A2] = VT_MELT_LEAST_A2;
  out[VT_MELT_UNITS] = units;
  out[VT_MELT_OK] = moved > VT_MELT_LEAST_A2;
  return out[VT_MELT_OK] > 0;
}

static int judge_volume(vt__replica *r, int units)
{
  double *out = vt__replica_values(r, &vt_a_equilibrate_volume), se = 0, variance = 0;
  out[VT_VOLUME_A3] = vt_cell_volume(&r->md.cell);
  if (r->plan->protocol.equil_ensemble == VT_NPT) {
    late_volume(&r->rec, r->md.step, &out[VT_VOLUME_A3], &se, &variance);
    if (variance > 0) vt_md_set_stiffness(&r->md, VT_KB_EV * r->plan->t_k * out[VT_VOLUME_A3] / variance);
  }
  out[VT_VOLUME_ERROR] = se / out[VT_VOLUME_A3];
  out[VT_VOLUME_LIMIT] = VT_VOLUME_ERROR_MOST;
  out[VT_VOLUME_UNITS] = units;
  const double half_ps = 0.5e-3 * (double)r->md.step * vt__replica_stage_dt_fs(r->plan, VT_STAGE_EQUILIBRATE);
  const int long_enough =
      r->plan->protocol.equil_ensemble != VT_NPT ||
      half_ps >= least_memories * r->plan->protocol.barostat_ps * (1 - 1e-9);     /* rounding of steps */
  out[VT_VOLUME_OK] = long_enough && out[VT_VOLUME_ERROR] < VT_VOLUME_ERROR_MOST; /* NaN: too few samples */
  return out[VT_VOLUME_OK] > 0;
}

int vt__replica_unit_end(vt__replica *r, vt_stage id)
{
  const vt_plan *p = r->plan;
  if (p->protocol.version < 2 || (id != VT_STAGE_MELT && id != VT_STAGE_EQUILIBRATE)) return 0;
  const int units = vt__replica_units_at(p, id, r->md.step);
  const int good = id == VT_STAGE_MELT ? judge_melt(r, units) : judge_volume(r, units);
  if (good || units >= vt__replica_units_most(p, id)) return 0;
  vt_md_extend(&r->md, (units + 1) * vt__replica_stage_steps(p, id));
  if (id == VT_STAGE_EQUILIBRATE) vt__recorder_reach(&r->rec, r->md.stage.n_steps);
  return 1;
}

int vt__replica_units(const vt__replica *r, vt_stage id)
{
  if (!is_judged(r->plan, id)) return 1;
  return (int)(id == VT_STAGE_MELT ? vt__replica_values(r, &vt_a_glass_melt)[VT_MELT_UNITS]
                                   : vt__replica_values(r, &vt_a_equilibrate_volume)[VT_VOLUME_UNITS]);
}
