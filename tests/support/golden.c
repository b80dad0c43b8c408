#include "tests/support/golden.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/files.h"
#include "tests/vt_test.h"

static void read_number(FILE *f, double *x) { assert_int_equal(fscanf(f, "%lf", x), 1); }

static void word_is(FILE *f, const char *want)
{
  char w[64];
  assert_int_equal(fscanf(f, "%63s", w), 1);
  assert_string_equal(w, want);
}

static int species_of(vt_golden *g, const char *symbol)
{
  int s = 0;
  while (s < g->n_species && strcmp(g->symbol[s], symbol) != 0) s++;
  if (s == g->n_species) {
    assert_true(s < VT_MAX_SPECIES);
    strcpy(g->symbol[g->n_species++], symbol);
  }
  return s;
}

vt_golden vt_golden_read(const char *root, const char *name)
{
  vt_golden g = {0};
  char path[1024], file[128], word[8];
  double dim;
  snprintf(path, sizeof path, "%s/ref/%.127s", root, name);
  FILE *f = fopen(path, "r");
  if (!f) fail_msg("cannot open %s", path);
  assert_int_equal(fscanf(f, "%*[^\n]"), 0);
  word_is(f, "potential");
  assert_int_equal(fscanf(f, "%127s", file), 1);
  snprintf(g.potential, sizeof g.potential, "%s/potentials/%s", root, file);
  word_is(f, "natoms");
  assert_int_equal(fscanf(f, "%d", &g.n), 1);
  size_t n = (size_t)g.n;
  g.type = vt_test_array(n, sizeof *g.type), g.e = vt_test_array(n, sizeof *g.e);
  g.x = vt_test_array(n, sizeof *g.x), g.f = vt_test_array(n, sizeof *g.f), g.w = vt_test_array(n, sizeof *g.w);
  word_is(f, "lattice");
  for (int k = 0; k < 9; k++) read_number(f, &g.cell.h[k / 3][k % 3]);
  word_is(f, "energy");
  read_number(f, &g.energy);
  word_is(f, "virial");
  for (int k = 0; k < 9; k++) read_number(f, &g.virial[k]);
  word_is(f, "descriptor_dim");
  read_number(f, &dim);
  word_is(f, "atoms");
  assert_int_equal(fscanf(f, "%*[^\n]"), 0);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(fscanf(f, "%3s", word), 1);
    g.type[i] = species_of(&g, word);
    for (int k = 0; k < 3; k++) read_number(f, &g.x[i][k]);
    read_number(f, &g.e[i]);
    for (int k = 0; k < 3; k++) read_number(f, &g.f[i][k]);
  }
  word_is(f, "atom_virials");
  assert_int_equal(fscanf(f, "%*[^\n]"), 0);
  for (size_t i = 0; i < n; i++)
    for (int k = 0; k < 9; k++) read_number(f, &g.w[i][k]);
  fclose(f);
  return g;
}

void vt_golden_free(vt_golden *g) { free(g->type), free(g->x), free(g->f), free(g->e), free(g->w); }

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

int vt_golden_list(const char *root, char names[][128], int most)
{
  char path[1024];
  snprintf(path, sizeof path, "%s/ref", root);
  DIR *d = opendir(path);
  if (!d) fail_msg("cannot open %s", path);
  int n = 0;
  for (struct dirent *e; (e = readdir(d));) {
    size_t l = strlen(e->d_name);
    if (l < 5 || l >= 128 || strcmp(e->d_name + l - 4, ".ref") != 0) continue;
    assert_true(n < most);
    strcpy(names[n++], e->d_name);
  }
  closedir(d);
  qsort(names, (size_t)n, sizeof names[0], by_name);
  return n;
}
