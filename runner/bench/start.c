/* start.c - what every rank does before its first task and rank 0 after the last one, of a campaign of so many tasks:
 * reading it, and the walks over all tasks that fits need beside the arrays themselves. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "runner/bench/bench_impl.h"

enum { TEMPERATURES = 5, RATIOS = 60 };

/* Any element; no file. */
static vt_status any_potential(void *ctx, const char *kind, const char *path, vt_pot_facts *out, vt_err *err)
{
  (void)ctx, (void)kind, (void)path, (void)err;
  *out = (vt_pot_facts){.cutoff = 6};
  for (int z = 1; z <= 94; z++)
    (void)snprintf(out->element[out->n_elements++], sizeof out->element[0], "%s", vt_element_symbol(z));
  return VT_OK;
}

/* As many compositions as there are tasks for, up to 12 * RATIOS; glasses and MD tasks are 1 to 5. */
static void write_text(int tasks, vt_buf *out)
{
  const int metals = 6, alkalis = 2, of_glass = 1 + TEMPERATURES;
  int ratios = tasks / (metals * alkalis * of_glass);
  if (ratios > RATIOS) ratios = RATIOS;
  if (ratios < 1) ratios = 1;
  int glasses = tasks / (metals * alkalis * ratios * of_glass);
  if (glasses < 1) glasses = 1;
  vt_buf_printf(out, "vitrion: 1\ncampaign: start\nseed: 7\npotential: {kind: nep, file: any}\ncompositions:\n  grid:\n"
                     "    alkali: [Li, Na]\n    metal: [Al, Ga, In, Y, Ta, Nb]\n    halogen: [Cl]\n"
                     "    halogen_to_oxygen: [");
  for (int k = 0; k < ratios; k++) vt_buf_printf(out, "%s%d/20", k ? ", " : "", 20 + k);
  vt_buf_printf(out,
                "]\n  atoms: 400\ntemperatures: [500 K, 550 K, 600 K, 650 K, 700 K]\nglasses: %d\nprotocol:\n"
                "  melt: {temperature: 1200 K, duration: 20 ps}\n  quench: {rate: 1e13 K/s}\n"
                "  equilibrate: {duration: 20 ps}\n  produce: {duration: 100 ps}\n",
                glasses);
}

static vt_status no_result(void *ctx, int i, const vt_plan *p, double **values, vt_err *err)
{
  (void)ctx, (void)i, (void)p, (void)err;
  *values = NULL;
  return VT_OK;
}

static int64_t allocated(void)
{
  struct mallinfo2 i = mallinfo2();
  return (int64_t)(i.uordblks + i.hblkhd);
}

static vt_status read_campaign(const vt_buf *text, const vt_campaign_env *env, vt_campaign **c, vt_err *err)
{
  vt_diags diags = {0};
  vt_campaign_env reading = *env;
  reading.probe = any_potential;
  reading.recorded = 0;
  reading.allow_huge = 1;
  vt_status rc = vt_campaign_parse(text->s, text->len, "start", ".", &reading, c, &diags, err);
  if (rc == VT_EPARSE && diags.n)
    rc = vt_err_set(err, VT_EBUG, __FILE__, __LINE__, "the campaign of the bench: %s: %s", diags.d[0].path,
                    diags.d[0].text);
  vt_diags_free(&diags);
  VT_PASS(rc);
  return vt_campaign_resolve(*c, VT_SIMD_PORTABLE, err);
}

vt_status vt__bench_campaign(int tasks, const vt_campaign_env *env, vt_campaign **c, vt_err *err)
{
  vt_buf text = {0};
  *c = NULL;
  write_text(tasks, &text);
  vt_status rc = vt_buf_check(&text, err);
  if (rc == VT_OK) rc = read_campaign(&text, env, c, err);
  vt_buf_free(&text);
  return rc;
}

vt_status vt__bench_start(int tasks, const vt_campaign_env *env, vt__bench_started *x, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_campaign *c = NULL;
  vt_sched_task *task = NULL;
  double *ns = NULL;
  vt_fits *f = NULL;
  const vt_arrays_from nowhere = {.load = no_result};
  *x = (vt__bench_started){0};
  int64_t before = allocated();
  double from = vt_cpu_s();
  VT_TRY_OUT(vt__bench_campaign(tasks, env, &c, err), err, "campaign");
  x->read_s = vt_cpu_s() - from;
  from = vt_cpu_s();
  VT_TRY_OUT(vt_records_sched_tasks(c, &task, &ns, err), err, "tasks");
  x->rows_s = vt_cpu_s() - from;
  x->read_bytes = allocated() - before;
  x->n_tasks = c->n_tasks;
  x->n_comp = c->n_comp;
  before = allocated();
  from = vt_cpu_s();
  VT_TRY_OUT(vt_fits_make(c, &nowhere, &f, err), err, "fits");
  x->walks_s = vt_cpu_s() - from;
  x->fits_bytes = allocated() - before;
out:
  vt_fits_free(f);
  vt_free(task);
  vt_free(ns);
  vt_campaign_free(c);
  return rc;
}
