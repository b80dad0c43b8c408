#include "tests/mpi/store_fixture.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char fx_campaign[] =
    "vitrion: 1\ncampaign: fixture\ntemperatures: [500 K, 600 K, 700 K]\n# \xc3\x85ngstr\xc3\xb6m\n";

double fx_wall_s = 0;

static char name[FX_COMP][64] = {"LiAlCl2.5O0.75", "NaTaCl6"};
static char symbol[FX_SPECIES][4] = {"Li", "Na", "Al", "Cl"};
static char utf8[2][24] = {"\xc3\x85ngstr\xc3\xb6m \xce\xb1\xe2\x86\x92\xce\xb2", ""};
static const int64_t charge[FX_SPECIES] = {1, 1, 3, -1};
static const double mass[FX_SPECIES] = {6.94, 22.98976928, 26.9815384, 35.45};
static const double ea[FX_COMP] = {0.28, 0.31};
static const double special[6] = {-0.0, 5e-324, 1.7976931348623157e308, NAN, INFINITY, -INFINITY};
static const double scalar[1] = {500.0};
static const double none[1] = {0};
static char kind[FX_ROWS][8];
static int64_t comp_of[FX_ROWS], glass_of[FX_ROWS];
static double temperature[FX_ROWS], d_alkali[FX_ROWS], d_alkali_se[FX_ROWS], wall[FX_ROWS];
static double log10_ref[FX_COMP], t_ref[FX_COMP], ea_se[FX_COMP];

int fx_absent(int64_t row) { return row % 5 == 3; }

size_t fx_items(const vt_store_dset *d)
{
  size_t n = 1;
  for (int a = 1; a < d->n_dim; a++) n *= (size_t)d->dim[a];
  return n;
}

/* 53 well mixed bits of (path, row, i). */
static uint64_t mixed(const char *path, int64_t row, size_t i)
{
  uint32_t ctr[4] = {(uint32_t)row, (uint32_t)i, vt_crc32(0, path, strlen(path)), 7}, out[4];
  vt_rng_block(1, ctr, out);
  return ((uint64_t)out[0] << 21) ^ out[1];
}

double fx_f64(const char *path, int64_t row, size_t i)
{
  if (strcmp(path, "/obs/long/profile") == 0) return (double)row * 1000 + (double)(i / 100); /* quick to compress */
  if (i % 11 == 10) return NAN;
  return (double)mixed(path, row, i) * 1e-9 * (i % 2 ? -1 : 1);
}

int64_t fx_i64(const char *path, int64_t row, size_t i) { return (int64_t)(mixed(path, row, i) % 100000) - 50000; }

void fx_str(const char *path, int64_t row, size_t i, char *out, size_t width)
{
  memset(out, 0, width);
  (void)snprintf(out, width, "%lld/%zu-%" PRIx64 " \xce\xb1", (long long)row, i, mixed(path, row, i) % 65536);
}

static vt_status fixture_row(void *ctx, int64_t row, void *const *out, vt_err *err)
{
  fixture *fx = ctx;
  if (fx->n_asked < FX_ROWS) fx->asked[fx->n_asked] = row;
  fx->n_asked++;
  if (row <= fx->last_asked) fx->out_of_order = 1;
  fx->last_asked = row;
  if (fx->before_row) fx->before_row(row);
  if (row == fx->fail_row) VT_FAIL(err, VT_ECORRUPT, "record of row %lld is torn", (long long)row);
  if (fx_absent(row)) return VT_OK;
  for (int k = 0; k < fx->spec.n_dset; k++) {
    const vt_store_dset *d = &fx->dset[k];
    if (d->table) continue;
    for (size_t i = 0; i < fx_items(d); i++) {
      if (d->type == VT_F64) ((double *)out[k])[i] = fx_f64(d->path, row, i);
      if (d->type == VT_I64) ((int64_t *)out[k])[i] = fx_i64(d->path, row, i);
      if (d->type == VT_STR) fx_str(d->path, row, i, (char *)out[k] + i * (size_t)d->width, (size_t)d->width);
    }
  }
  return VT_OK;
}

/* D = D0 exp(-Ea/kT) with its own Ea for each composition. */
static void make_tables(void)
{
  for (int i = 0; i < FX_ROWS; i++) {
    comp_of[i] = i % FX_COMP;
    glass_of[i] = i / 6;
    (void)snprintf(kind[i], sizeof kind[i], i % 7 ? "md" : "glass");
    temperature[i] = i % 7 ? 500 + 100.0 * (i % 3) : 500;
    d_alkali[i] = i % 7 ? 1e-2 * exp(-ea[comp_of[i]] / (VT_KB_EV * temperature[i])) * (1 + 0.01 * (i % 4)) : NAN;
    d_alkali_se[i] = 0.05 * d_alkali[i];
    wall[i] = fx_wall_s;
  }
  for (int k = 0; k < FX_COMP; k++) {
    t_ref[k] = 500;
    ea_se[k] = 0.01;
    log10_ref[k] = -2 - ea[k] / (VT_KB_EV * t_ref[k]) / log(10.0);
  }
}

static vt_store_dset *add_dataset(fixture *fx, const char *path, const char *unit, vt_store_type type,
                                  const void *table)
{
  vt_store_dset *d = &fx->dset[fx->spec.n_dset++];
  *d = (vt_store_dset){.type = (int)type, .n_dim = 1, .dim = {FX_ROWS}, .table = table};
  (void)snprintf(d->path, sizeof d->path, "%s", path);
  (void)snprintf(d->unit, sizeof d->unit, "%s", unit);
  (void)snprintf(d->doc, sizeof d->doc, "what %s holds, in \xc3\x85", path);
  (void)snprintf(d->source, sizeof d->source, "test");
  return d;
}

static void table(fixture *fx, const char *path, const char *unit, vt_store_type type, int64_t n, int width,
                  const void *v)
{
  vt_store_dset *d = add_dataset(fx, path, unit, type, v);
  d->dim[0] = n;
  d->width = width;
}

static void rows(fixture *fx, const char *path, vt_store_type type, int width, int64_t d1, int64_t d2)
{
  vt_store_dset *d = add_dataset(fx, path, type == VT_F64 ? "A^2" : "1", type, NULL);
  d->width = width;
  if (d1) d->dim[d->n_dim++] = d1;
  if (d2) d->dim[d->n_dim++] = d2;
}

vt_store_dset *fx_find(fixture *fx, const char *path)
{
  for (int k = 0; k < fx->spec.n_dset; k++)
    if (strcmp(fx->dset[k].path, path) == 0) return &fx->dset[k];
  return NULL;
}

void fx_drop(fixture *fx, const char *path)
{
  vt_store_dset *d = fx_find(fx, path), *end = fx->dset + fx->spec.n_dset--;
  memmove(d, d + 1, (size_t)(end - d - 1) * sizeof *d);
}

void fx_make(fixture *fx)
{
  memset(fx, 0, sizeof *fx);
  make_tables();
  fx->fail_row = fx->last_asked = -1;
  fx->attr[0] = (vt_store_attr){.name = "build", .text = "test \xce\xb2"};
  fx->attr[1] = (vt_store_attr){.name = "n_ranks_ever", .i = -7000000000, .is_int = 1};
  fx->attr[2] = (vt_store_attr){.name = "format", .i = VT_STORE_FORMAT, .is_int = 1};
  rows(fx, "/obs/msd/mean", VT_F64, 0, FX_SPECIES, FX_LAGS); /* chunked                            */
  rows(fx, "/obs/coord/counts", VT_I64, 0, FX_BINS, 0);      /* chunked                            */
  rows(fx, "/obs/tags", VT_STR, FX_WIDTH, FX_TAGS, 0);       /* chunked                            */
  rows(fx, "/glass/cell", VT_F64, 0, 3, 3);                  /* side by side                       */
  rows(fx, "/tasks/score", VT_F64, 0, 0, 0);
  rows(fx, "/tasks/attempt", VT_I64, 0, 0, 0);
  rows(fx, "/tasks/note", VT_STR, FX_WIDTH, 0, 0);
  rows(fx, "/obs/long/profile", VT_F64, 0, 8, 16000); /* 1 MB a row: several batches */
  table(fx, "/tasks/kind", "1", VT_STR, FX_ROWS, sizeof kind[0], kind);
  table(fx, "/tasks/composition", "1", VT_I64, FX_ROWS, 0, comp_of);
  table(fx, "/tasks/glass", "1", VT_I64, FX_ROWS, 0, glass_of);
  table(fx, "/tasks/temperature", "K", VT_F64, FX_ROWS, 0, temperature);
  table(fx, "/transport/D_alkali", "cm^2/s", VT_F64, FX_ROWS, 0, d_alkali);
  table(fx, "/transport/D_alkali_se", "cm^2/s", VT_F64, FX_ROWS, 0, d_alkali_se);
  table(fx, "/compositions/name", "1", VT_STR, FX_COMP, sizeof name[0], name);
  table(fx, "/species/symbol", "1", VT_STR, FX_SPECIES, sizeof symbol[0], symbol);
  table(fx, "/species/charge", "1", VT_I64, FX_SPECIES, 0, charge);
  table(fx, "/species/mass", "u", VT_F64, FX_SPECIES, 0, mass);
  table(fx, "/fits/D_alkali/ea_ev", "eV", VT_F64, FX_COMP, 0, ea);
  table(fx, "/fits/D_alkali/ea_se", "eV", VT_F64, FX_COMP, 0, ea_se);
  table(fx, "/fits/D_alkali/t_ref_k", "K", VT_F64, FX_COMP, 0, t_ref);
  table(fx, "/fits/D_alkali/log10_ref", "1", VT_F64, FX_COMP, 0, log10_ref);
  table(fx, "/odd/special", "1", VT_F64, 6, 0, special);
  table(fx, "/odd/utf8", "1", VT_STR, 2, sizeof utf8[0], utf8);
  table(fx, "/odd/nothing", "1", VT_F64, 0, 0, none);
  table(fx, "/timing/wall", "s", VT_F64, FX_ROWS, 0, wall);
  add_dataset(fx, "/odd/scalar", "K", VT_F64, scalar)->n_dim = 0;
  fx->spec.dset = fx->dset;
  fx->spec.attr = fx->attr;
  fx->spec.n_attr = FX_ATTRS;
  fx->spec.campaign_text = fx_campaign;
  fx->spec.n_rows = FX_ROWS;
  fx->spec.row = fixture_row;
  fx->spec.ctx = fx;
}
