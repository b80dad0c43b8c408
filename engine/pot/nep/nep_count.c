/* nep_count.c - how many multiply-adds a force call needs: the useful work behind a rate in GFLOP/s.
 *
 * What the scheme of fast_kernel.h does once for each neighbour, channel or neuron, whatever the vectors' width.  Not
 * counted, so that a rate is a lower bound: distances, cutoff functions, tanh, ZBL, additions to forces and virial,
 * lanes that are empty.  Lone products and sums within a counted expression go with the multiply-add beside them. */
#include "engine/pot/nep/nep_impl.h"

/* Neighbours within the radial and the angular cutoff of their pairs, of all atoms. */
static void count_neighbours(const vt_nep_bound *b, const vt_nlist *nl, double *radial, double *angular)
{
  const vt_nep_model *m = b->model;
  *radial = *angular = 0;
  for (int i = 0; i < nl->n; i++) {
    const int a = b->type[nl->type[i]];
    for (int k = 0; k < nl->count[i]; k++) {
      const int j = nl->neigh[nl->first[i] + k], c = b->type[nl->type[j]];
      const double d[3] = {nl->x[j] - nl->x[i], nl->y[j] - nl->y[i], nl->z[j] - nl->z[i]};
      const double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
      const double rc_radial = 0.5 * (m->rc_radial[a] + m->rc_radial[c]);
      const double rc_angular = 0.5 * (m->rc_angular[a] + m->rc_angular[c]);
      *radial += r2 < rc_radial * rc_radial;
      *angular += r2 < rc_angular * rc_angular;
    }
  }
}

/* With nR, nA channels, KR, KA functions, H = l_max (l_max + 2) harmonics, S species, dim and neurons:
 *
 *   radial neighbour    2 KR (T_k, f_k) + (S > 1 ? nR KR : KR) (descriptor) + 5 KR (T_k, T_k', two sums of the force)
 *   angular neighbour   5 KA (T_k, T_k', f_k, f_k') + 2 nA KA (g_n, g_n') + nA H (sums)
 *                       + 2 nA H (contraction of g_n and g_n' with dU/dS)
 *                       + 2 H (harmonics, twice) + H (their sum with g_n') + 2 H (gradient)
 *   atom                S nR KR (dU/dq with c, once a species) + (S > 1 ? 0 : nR KR) (moments to channels)
 *                       + 2 nA H (invariants and back) + 2 dim neurons (network and back) */
double vt__nep_multiply_adds(const vt_nep_bound *b, const vt_nlist *nl)
{
  const vt_nep_model *m = b->model;
  const double n_r = m->n_radial, n_a = m->n_angular, k_r = m->k_radial, k_a = m->k_angular;
  const double h = m->l_max * (m->l_max + 2), species = b->n_species;
  const int mixed = b->n_species > 1;
  double radial, angular;
  count_neighbours(b, nl, &radial, &angular);
  const double of_radial = 7 * k_r + (mixed ? n_r * k_r : k_r);
  const double of_angular = 5 * k_a + 2 * n_a * k_a + 3 * n_a * h + 5 * h;
  const double of_atom = species * n_r * k_r + (mixed ? 0 : n_r * k_r) + 2 * n_a * h + 2.0 * m->dim * m->neurons;
  return radial * of_radial + angular * of_angular + nl->n * of_atom;
}
