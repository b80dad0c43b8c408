/* docs.c - what each group of results.h5 holds, and the README at its root. */
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"

static const struct {
  const char *path, *doc;
} group_doc[] = {
    {"/axes", "scales of the axes that no table names"},
    {"/tasks", "a row a task: what it is, what became of it"},
    {"/compositions", "a row a composition: formula, factors, cell"},
    {"/species", "elements of the campaign, and their pairs"},
    {"/glass", "of each quench: its last structure, its course, its melt"},
    {"/obs", "of each run: what was measured while the atoms moved"},
    {"/obs/equilibrate", "of each run: its equilibration, and the volume and cutoffs that came of it"},
    {"/obs/thermo", "of each run: temperature, pressure, energy, volume in time"},
    {"/obs/msd", "of each run: mean squared displacements by lag"},
    {"/obs/charge", "of each run: collective displacements by lag, from which conductivity follows"},
    {"/obs/rdf", "of each run: partial radial distribution functions"},
    {"/obs/vanhove", "of each run: van Hove functions, self and distinct"},
    {"/obs/polyhedra", "of each run: neighbours, angles and shared anions of the metals"},
    {"/obs/chains", "of each run: fragments that metals form through shared anions"},
    {"/obs/residence", "of each run: survival of alkali-metal bonds by the metal's oxygens"},
    {"/obs/bonds", "of each run: survival and turning of metal-anion bonds"},
    {"/obs/jumps", "of each run: jumps of alkalis between settled sets of metals"},
    {"/transport", "of each run: diffusion, conductivity, Haven ratios, and what of it went into the fits"},
    {"/transport/glass", "of each quench: glass transition from its volume"},
    {"/structure", "of each run: structure and residence as single numbers"},
    {"/stationarity", "of each run: its last third against its first"},
    {"/stationarity/energy", "potential energy"},
    {"/stationarity/temperature", "temperature"},
    {"/stationarity/pressure", "pressure"},
    {"/stationarity/D", "diffusion coefficients"},
    {"/gates", "of each run: the limits that a sound run keeps"},
    {"/pool", "by composition and temperature: transport from all glasses together; intervals by them and theory alone "
              "(THEORY.md 7.7)"},
    {"/pool/D", "tracer diffusion coefficients by element"},
    {"/structure_mean", "by composition and temperature: means of /structure over glasses"},
    {"/residence", "by composition and temperature: how residence depends on the metal's oxygens"},
    {"/fits", "by composition: fits over temperature"},
    {"/fits/glass_transition", "median over the quenches of a composition"},
    {"/compare", "compositions compared with each other, by quantity"},
    {"/failures", "a row a failed try: what stopped it"},
    {"/timing", "where and when tasks ran; the only group that two equal campaigns do not share"},
    {"/timing/crash", "a row a process that died"}};

static vt_store_group *find(vt_tables *t, const char *path, size_t n)
{
  for (int k = 0; k < t->n_group; k++)
    if (strncmp(t->group[k].path, path, n) == 0 && t->group[k].path[n] == '\0') return &t->group[k];
  return NULL;
}

void vt__table_group(vt_tables *t, const char *path, const char *doc)
{
  if (t->rc != VT_OK || find(t, path, strlen(path))) return;
  if (t->n_group == VT_GROUPS_MOST) {
    t->rc = vt_err_set(t->err, VT_EBUG, __FILE__, __LINE__, "more than %d groups", VT_GROUPS_MOST);
    return;
  }
  vt_store_group *g = &t->group[t->n_group++];
  (void)snprintf(g->path, sizeof g->path, "%s", path);
  (void)snprintf(g->doc, sizeof g->doc, "%s", doc);
}

/* Of one quantity that is fitted: its groups. */
static void docs_of_quantity(vt_tables *t, const vt_quantity *q)
{
  static const struct {
    const char *before, *behind, *doc;
  } group[] = {{"/fits/", "", "fits over temperature"},
               {"/fits/", "/by_temperature", "means over glasses; scatter: of all compositions (/pool: its own)"},
               {"/compare/", "", "at the reference temperature"},
               {"/compare/", "/at_tg", "each composition at its own glass transition"},
               {"/compare/", "/variance", "what the spread comes from"}};
  for (int k = 0; k < VT_COUNT(group); k++) {
    char path[96], doc[160];
    (void)snprintf(path, sizeof path, "%s%s%s", group[k].before, q->name, group[k].behind);
    (void)snprintf(doc, sizeof doc, "%s: %s, %s", group[k].doc, q->doc, q->unit);
    vt__table_group(t, path, doc);
  }
}

/* Only those that exist. */
static void keep_used(vt_tables *t, const vt_store_dset *dset, int n)
{
  int kept = 0;
  for (int g = 0; g < t->n_group; g++) {
    const size_t len = strlen(t->group[g].path);
    int k = 0;
    while (k < n && !(strncmp(dset[k].path, t->group[g].path, len) == 0 && dset[k].path[len] == '/')) k++;
    if (k < n) t->group[kept++] = t->group[g];
  }
  t->n_group = kept;
}

void vt__tables_docs(vt_tables *t, const vt_fits *f, const vt_store_dset *dset, int n)
{
  for (int k = 0; k < VT_COUNT(group_doc); k++) vt__table_group(t, group_doc[k].path, group_doc[k].doc);
  for (int q = 0; q < f->n_quantities; q++) docs_of_quantity(t, &f->fitted[q].what);
  for (int k = 0; k < n && t->rc == VT_OK; k++)
    for (const char *slash = strchr(dset[k].path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
      if (!find(t, dset[k].path, (size_t)(slash - dset[k].path))) {
        t->rc = vt_err_set(t->err, VT_EBUG, __FILE__, __LINE__, "the group of '%s' has no doc (docs.c)", dset[k].path);
        return;
      }
  if (t->rc == VT_OK) keep_used(t, dset, n);
}

static const char readme[] =
    "\n"
    "Where is what\n"
    "  /campaign        the campaign as it was run: a YAML text\n"
    "  /tasks           a row a task (a quench or a run): what it is, what became of it\n"
    "  /compositions    a row a composition          /species  elements and pairs of elements\n"
    "  /fits            BY COMPOSITION: activation energy, value at the reference temperature\n"
    "  /compare         does the chemistry matter: spread, range, verdict\n"
    "  /pool            BY COMPOSITION AND TEMPERATURE: D, sigma, Haven ratios, transference, all glasses together\n"
    "  /structure_mean  the same of structure and residence times; /residence their trend with oxygen\n"
    "  /transport, /structure, /stationarity, /gates   of each run by itself\n"
    "  /obs             what each run measured: msd, charge, rdf, vanhove, residence, bonds, chains, ...\n"
    "  /glass           the last structure of each quench\n"
    "  /failures        a row a failed try           /timing   where and when tasks ran\n"
    "  /axes            scales of axes that no table names\n"
    "\n"
    "Rules\n"
    "  A dataset has unit (\"1\": none), doc and, where it comes from a formula, source; a group has doc.\n"
    "  Each axis has a label and a scale: in h5py ds.dims[0].label and ds.dims[0][0].\n"
    "  x, x_se (standard error), x_lo95 and x_hi95 (ends of the 95 % interval), the unit last: ea_lo95_ev.\n"
    "  In a group of its own an estimate is value, se, lo95, hi95.\n"
    "  Frames: metal, barycentric, frame_free.\n"
    "  NaN, or -1 in whole numbers: not there or not resolved; `reason` beside it says why.\n"
    "  digest is of the values; `vitrion verify DIR` compares it.\n"
    "\n"
    "First steps\n"
    "  import h5py; f = h5py.File('results.h5')\n"
    "  f['fits/D_alkali/ea_ev'][:], f['compositions/name'][:]\n"
    "  f['pool/D_alkali/value'][0, :], f['pool/temperature'][:]      # of the first composition\n"
    "  print(f['pool/D_alkali/value'].attrs['unit'])\n"
    "`vitrion schema store CAMPAIGN` lists every dataset; config/store.md is the page.\n";

void vt__readme(const vt_campaign *c, vt_buf *out)
{
  vt_buf_printf(
      out, "Results of the Vitrion campaign \"%s\": %d compositions, %d temperatures, %d tasks (store format %d).\n",
      c->name, c->n_comp, c->n_temp, c->n_tasks, VT_STORE_FORMAT);
  vt_buf_printf(out, "%s", readme);
}
