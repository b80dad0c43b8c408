/* recorder.c - T, V, E, P of a stage, as means over equal parts of it. */
#include <math.h>
#include <string.h>

#include "engine/replica/replica_impl.h"

void vt__recorder_sample(vt__recorder *r, const vt_md *md)
{
  int64_t part = (md->step - 1) * VT__REPLICA_ROWS / r->n_steps; /* 0..ROWS-1: a stage's samples begin at step 1 */
  double volume = vt_cell_volume(&md->cell);
  double *row = r->rows + part * VT__REPLICA_COLUMNS;
  row[0] += md->t_k;
  row[VT__REPLICA_VOLUME] += volume;
  row[2] += md->out.energy / md->n;
  row[3] += vt_unit_gpa_from_pressure(md->pressure);
  r->seen.hits[part]++;
  if (2 * md->step > r->n_steps) r->seen.late_volume += volume, r->seen.late_hits++;
}

/* Two rows become one, and half of the rows are free. */
static void halve(vt__recorder *r)
{
  enum { HALF = VT__REPLICA_ROWS / 2, C = VT__REPLICA_COLUMNS };
  for (int i = 0; i < HALF; i++) {
    for (int k = 0; k < C; k++) r->rows[i * C + k] = r->rows[2 * i * C + k] + r->rows[(2 * i + 1) * C + k];
    r->seen.hits[i] = r->seen.hits[2 * i] + r->seen.hits[2 * i + 1];
  }
  memset(r->rows + HALF * C, 0, (size_t)HALF * C * sizeof *r->rows);
  memset(r->seen.hits + HALF, 0, HALF * sizeof *r->seen.hits);
  r->n_steps *= 2;
}

void vt__recorder_reach(vt__recorder *r, int64_t n_steps)
{
  while (r->n_steps < n_steps) halve(r);
}

void vt__recorder_finish(vt__recorder *r)
{
  for (int i = 0; i < VT__REPLICA_ROWS; i++)
    for (int k = 0; k < VT__REPLICA_COLUMNS; k++) {
      double *x = &r->rows[i * VT__REPLICA_COLUMNS + k];
      *x = r->seen.hits[i] > 0 ? *x / r->seen.hits[i] : (double)NAN;
    }
}
