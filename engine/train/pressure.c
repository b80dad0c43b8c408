/* pressure.c - groups of frames whose mean pressure is known (T 17.8). */
#include "engine/train/train.h"

/* The trace of a virial as a pressure, times the volume of an atom in the mean of the group: eV/atom. */
double vt_train_push(const vt_train_sample *s, const double virial[9], double atom_volume)
{
  return atom_volume * (virial[0] + virial[4] + virial[8]) / (3 * vt_cell_volume(&s->cell));
}

double vt_train_push_wanted(const vt_train_sample *s, double pressure, double t_k, double atom_volume)
{
  return atom_volume * (pressure - s->n * VT_KB_EV * t_k / vt_cell_volume(&s->cell));
}

void vt_train_push_back(const vt_train_sample *s, double error, double scale, double atom_volume, double d_virial[9])
{
  const double along =
      s->weight * vt_train_robust_slope(error / scale) / scale * atom_volume / (3 * vt_cell_volume(&s->cell));
  for (int k = 0; k < 9; k += 4) d_virial[k] += along;
}
