#include "tests/unit/engine/obs/obs_history.h"

#include <math.h>
#include <string.h>

#include "tests/vt_test.h"

vt_plan plan_of_glass(const int count[HISTORY_SPECIES], int n_frames)
{
  const int32_t z[HISTORY_SPECIES] = {3, 13, 17, 8}, charge[HISTORY_SPECIES] = {1, 3, -1, -2};
  vt_plan p = {.kind = VT_TASK_MD,
               .t_k = 500,
               .comp = {.name = "LiAlClO", .n_species = HISTORY_SPECIES},
               .protocol = {.produce_ps = 0.1 * (n_frames - 1), .produce_dt_fs = 100}};
  for (int s = 0; s < HISTORY_SPECIES; s++) {
    p.comp.z[s] = z[s];
    p.comp.charge[s] = charge[s];
    p.comp.count[s] = count[s];
    p.comp.n_atoms += count[s];
  }
  return p;
}

void types_of(const int count[HISTORY_SPECIES], int *type)
{
  for (int s = 0; s < HISTORY_SPECIES; s++)
    for (int k = 0; k < count[s]; k++) *type++ = s;
}

void set_par(vt_plan *p, const char *obs, const char *par, double value)
{
  const vt_obs_doc *doc = &vt_obs_find(obs)->doc;
  for (int i = 0; i < p->n_obs; i++)
    for (int k = 0; k < doc->n_par && strcmp(p->obs[i].name, obs) == 0; k++)
      if (strcmp(doc->par[k].name, par) == 0) {
        p->obs[i].par[k] = value;
        return;
      }
  fail_msg("no parameter %s of %s was asked for", par, obs);
}

double image(const double from[3], const double to[3], double d[3])
{
  const double edge = 20;
  double r2 = 0;
  for (int c = 0; c < 3; c++) {
    d[c] = fmod(to[c] - from[c], edge);
    if (d[c] > edge / 2) d[c] -= edge;
    if (d[c] < -edge / 2) d[c] += edge;
    r2 += d[c] * d[c];
  }
  return sqrt(r2);
}

void bond_history(int n, const double *r, double cutoff, double hysteresis, char *is)
{
  for (int t = 0; t < n; t++) {
    int s = t;
    while (s > 0 && r[s] >= cutoff && r[s] < cutoff + hysteresis) s--;
    is[t] = r[s] < cutoff;
  }
}

int longest_absence(const char *is, int from, int to)
{
  int longest = 0;
  for (int t = from, run = 0; t <= to; t++) {
    run = is[t] ? 0 : run + 1;
    if (run > longest) longest = run;
  }
  return longest;
}

int stride_of(int m)
{
  int stride = 1;
  while (m / stride > 16) stride *= 2;
  return stride;
}
