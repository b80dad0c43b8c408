/* obs_history.h - what a bond did, from all of its distances at once: the slow, plain reference for observables that
 * follow bonds from sample to sample. */
#ifndef VT_OBS_HISTORY_H
#define VT_OBS_HISTORY_H

#include "engine/obs/obs.h"

enum { HISTORY_SPECIES = 4 }; /* Li, Al, Cl, O */

/* An MD plan of those, sampled every 0.1 ps for n_frames frames. */
vt_plan plan_of_glass(const int count[HISTORY_SPECIES], int n_frames);
/* Species of the atoms in order. */
void types_of(const int count[HISTORY_SPECIES], int *type);
/* A request's parameter. */
void set_par(vt_plan *p, const char *obs, const char *par, double value);
/* Nearest-image vector in the cube of frame_of; returns its length. */
double image(const double from[3], const double to[3], double d[3]);

/* is[t] = 1 if, going back from t, one meets a distance within the cutoff before one of at least the wider radius. */
void bond_history(int n, const double *r, double cutoff, double hysteresis, char *is);
/* Longest run of samples without the bond between two samples. */
int longest_absence(const char *is, int from, int to);
/* Every how many samples the correlator with 16 points takes an origin for a lag of m samples (T 6.1). */
int stride_of(int m);

#endif
