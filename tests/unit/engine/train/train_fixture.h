/* train_fixture.h - numbers and atoms that the tests of training draw. */
#ifndef VT_TRAIN_FIXTURE_H
#define VT_TRAIN_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

enum { TRAIN_ATOMS = 8 };

/* The k-th number of this seed, evenly spread over 0 to 1. */
double train_drawn(uint64_t seed, size_t k);
/* A cube of 2.6 A whose corners are moved by up to 0.8 A along each axis: numbers first + 10 i + axis of seed 5. */
void train_places(size_t first, double x[TRAIN_ATOMS][3]);

#endif
