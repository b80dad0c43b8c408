/* golden.h - NEP models with energies, forces and virials of an independent program (tests/golden/nep/README.md). */
#ifndef VT_TEST_GOLDEN_H
#define VT_TEST_GOLDEN_H

#include "engine/spec/spec.h"
#include "engine/sys/sys.h"

/* One case: a potential's file, a structure, and what the program gave.  A failure fails the running test. */
typedef struct vt_golden {
  char potential[256];
  int n, n_species;
  char symbol[VT_MAX_SPECIES][4];
  int *type;
  vt_cell cell;
  double energy, virial[9];
  double (*x)[3], (*f)[3], *e, (*w)[9];
} vt_golden;

/* The case root/ref/name; vt_golden_free. */
vt_golden vt_golden_read(const char *root, const char *name);
void vt_golden_free(vt_golden *g);
/* Names of the .ref files of root/ref, sorted; their number. */
int vt_golden_list(const char *root, char names[][128], int most);

#endif
