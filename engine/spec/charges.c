/* charges.c - which oxidation numbers make a composition neutral. */
#include "engine/spec/spec.h"

enum { MOST_TRIED = 100000, SEVERAL = 2 };

typedef struct states {
  int n[VT_MAX_SPECIES];
  int charge[VT_MAX_SPECIES][VT_MAX_CHARGES];
} states;

/* Every combination in turn, like the digits of a number: those that are neutral, at most SEVERAL; the first of them in
 * found[]. */
static int count_neutral(const states *s, int n_species, const int64_t *amount, int32_t *found)
{
  int digit[VT_MAX_SPECIES] = {0}, neutral = 0;
  for (int tried = 0; tried < MOST_TRIED; tried++) {
    int64_t sum = 0, part;
    int fits = 1;
    for (int k = 0; k < n_species; k++)
      fits = fits && !__builtin_mul_overflow(amount[k], (int64_t)s->charge[k][digit[k]], &part) &&
             !__builtin_add_overflow(sum, part, &sum);
    if (fits && sum == 0 && neutral++ == 0)
      for (int k = 0; k < n_species; k++) found[k] = s->charge[k][digit[k]];
    if (neutral == SEVERAL) return neutral;
    int k = 0;
    while (k < n_species && ++digit[k] == s->n[k]) digit[k++] = 0;
    if (k == n_species) return neutral;
  }
  return SEVERAL; /* too many elements with several numbers: nobody can tell */
}

int vt_charges_settle(int n_species, const int32_t *z, const int64_t *amount, int32_t *charge)
{
  states s;
  int32_t found[VT_MAX_SPECIES] = {0};
  int neutral = 0;
  if (n_species < 1 || n_species > VT_MAX_SPECIES) return 0;
  for (int round = 0; round < 2 && neutral == 0; round++) {
    for (int k = 0; k < n_species; k++) {
      s.n[k] = vt_element_charges(z[k], s.charge[k]);
      if (s.n[k] == 0) s.n[k] = 1, s.charge[k][0] = 0;
      if (round == 0 && vt_element_charge(z[k]) < 0) s.n[k] = 1;
      if (charge[k]) s.n[k] = 1, s.charge[k][0] = charge[k];
    }
    neutral = count_neutral(&s, n_species, amount, found);
  }
  for (int k = 0; neutral == 1 && k < n_species; k++) charge[k] = found[k];
  return neutral;
}
