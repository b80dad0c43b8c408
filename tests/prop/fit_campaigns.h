/* fit_campaigns.h - campaigns with known truth through the real fits, and how often their intervals hold it. */
#ifndef VT_FIT_CAMPAIGNS_H
#define VT_FIT_CAMPAIGNS_H

#include "engine/fits/fits.h"

enum { FC_MOST_T = 8, FC_MOST_GLASSES = 8, FC_MOST_COMP = 16 };

/* D of every composition: ln D = -12.5 - b (1/(T - t0) - 1/(500 - t0)), steeper by 4 % from one to the next. */
typedef struct fc_design {
  int n_comp, n_glasses, n_t;
  double t_k[FC_MOST_T];
  double t0_k;                  /* 0: a straight line of 0.31 eV; else the same slope at 620 K  */
  double level, slope_ev, rest; /* standard deviations between glasses: ln D at 620 K, eV, rest  */
  double noise, stated;         /* relative error of a point; what is stated, in units of it     */
  int alike;                    /* 0: every other composition has twice the scatter, the rest none */
  double jump, bad;             /* ln D: from the middle temperature on; at the second one alone  */
} fc_design;

/* Of `n` intervals: how many hold the truth. */
typedef struct fc_share {
  int n, held;
} fc_share;

typedef struct fc_tally {
  fc_share ea, level, at_t, extra, local;
  int n, n_resolved, n_line, n_vtf, n_wide, n_misfit, n_refused, n_named;
  double half_ea, width; /* sums: half widths of Ea, eV; widths of the extrapolated bands that are resolved, decades */
  int n_width;
} fc_tally;

/* Adds one campaign.  T_ref 500 K, extrapolated to 300 K; named: the misfit is the one that was put in. */
void fc_add(const fc_design *d, uint64_t seed, fc_tally *t);
/* Percent of a share. */
double fc_percent(fc_share s);

#endif
