/* pot.c - the table of potentials, and the checks that hold for all of them. */
#include <math.h>
#include <string.h>

#include "engine/pot/pot_impl.h"

const vt_pot_ops *const vt_pot_builtin[] = {&vt__pot_nep,  &vt__pot_nep_reference, &vt__pot_lj,  &vt__pot_mock,
                                            &vt__pot_born, &vt__pot_committee,     &vt__pot_ipi, NULL};

static void no_such_kind(const char *kind, vt_err *err)
{
  char known[128];
  size_t used = 0;
  known[0] = '\0';
  for (const vt_pot_ops *const *o = vt_pot_builtin; *o; o++) {
    size_t n = strlen((*o)->name);
    if (used + n + 3 > sizeof known) break;
    if (used) memcpy(known + used, ", ", 2), used += 2;
    memcpy(known + used, (*o)->name, n + 1);
    used += n;
  }
  (void)vt_err_set(err, VT_EUNSUP, __FILE__, __LINE__, "no potential of kind '%s' in this build; there are: %s", kind,
                   known);
}

static vt_status check_args(const vt_pot_args *a, vt_err *err)
{
  if (a->n_species < 0 || a->n_species > VT_MAX_SPECIES)
    VT_FAIL(err, VT_EINVAL, "a potential for %d species, expected at most %d", a->n_species, VT_MAX_SPECIES);
  if (a->numerics.precision != VT_DOUBLE && a->numerics.precision != VT_MIXED)
    VT_FAIL(err, VT_EINVAL, "unknown precision %d", (int)a->numerics.precision);
  vt_simd simd = (vt_simd)a->numerics.simd;
  if (a->numerics.simd < 0 || !vt_simd_works(simd))
    VT_FAIL(err, VT_EUNSUP, "vector level '%s' is asked for, the best here is '%s'", vt_simd_name(simd),
            vt_simd_name(vt_simd_best()));
  return VT_OK;
}

static vt_status check_driver(const vt_pot_ops *ops, const vt_pot_args *a, vt_err *err)
{
  if (ops->takes_driver && !a->driver)
    VT_FAIL(err, VT_EINVAL,
            "a potential of kind '%s' needs a command that starts the program which computes the forces", ops->name);
  if (!ops->takes_driver && a->driver) VT_FAIL(err, VT_EINVAL, "a potential of kind '%s' takes no command", ops->name);
  return VT_OK;
}

vt_status vt_pot_open(vt_pot *pot, const char *kind, const vt_pot_args *args, vt_err *err)
{
  *pot = (vt_pot){0};
  for (const vt_pot_ops *const *o = vt_pot_builtin; *o; o++) {
    if (strcmp((*o)->name, kind) != 0) continue;
    VT_TRY(check_args(args, err), err, "opening potential '%s' from '%s'", kind, args->path);
    VT_PASS(check_driver(*o, args, err));
    VT_TRY((*o)->open(args, &pot->self, err), err, "opening potential '%s' from '%s'", kind, args->path);
    pot->ops = *o;
    return VT_OK;
  }
  no_such_kind(kind, err);
  return VT_EUNSUP;
}

void vt_pot_describe(const vt_pot *pot, vt_pot_info *out)
{
  memset(out, 0, sizeof *out);
  size_t n = strlen(pot->ops->name);
  memcpy(out->kind, pot->ops->name, n < sizeof out->kind ? n : sizeof out->kind - 1);
  pot->ops->describe(pot->self, out);
}

/* 1: this potential has no virial, and says so. */
static int lacks_virial(const vt_pot_ops *ops, const double w[9])
{
  int n = 0;
  for (int k = 0; k < 9; k++) n += isnan(w[k]) != 0;
  return ops->takes_driver && n == 9;
}

/* Sums over everything: one non-finite term makes the sum non-finite; only then look for the culprit. */
static vt_status check_finite(const vt_pot_ops *ops, const vt_nlist *nl, const vt_force_out *out, vt_err *err)
{
  double sum = 0;
  for (int i = 0; i < nl->n; i++) sum += fabs(out->f[i][0]) + fabs(out->f[i][1]) + fabs(out->f[i][2]);
  for (int k = 0; k < 9 && !lacks_virial(ops, out->virial); k++) sum += fabs(out->virial[k]);
  if (isfinite(sum + fabs(out->energy))) return VT_OK;
  if (!isfinite(out->energy)) VT_FAIL(err, VT_EDIVERGE, "the energy is %g", out->energy);
  for (int i = 0; i < nl->n; i++) {
    const double *f = out->f[i];
    if (!isfinite(f[0]) || !isfinite(f[1]) || !isfinite(f[2]))
      VT_FAIL(err, VT_EDIVERGE, "the force on atom %d is (%g, %g, %g)", i, f[0], f[1], f[2]);
  }
  VT_FAIL(err, VT_EDIVERGE, "forces or virial are too large to add up");
}

vt_status vt_pot_compute(vt_pot *pot, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  VT_ASSERT(pot->ops && nl->x && nl->first && nl->n_all >= nl->n); /* opened, and the list was built */
  out->spread = NAN;
  VT_TRY(pot->ops->compute(pot->self, nl, out, err), err, "potential '%s'", pot->ops->name);
  VT_TRY(check_finite(pot->ops, nl, out, err), err, "potential '%s'", pot->ops->name);
  return VT_OK;
}

vt_status vt_pot_compute_many(vt_pot *pot, int n, const vt_nlist *const *nl, vt_force_out *const *out, vt_team *team,
                              int *failed, vt_err *err)
{
  vt_status rc = VT_OK;
  *failed = -1;
  if (!pot->ops->compute_many) {
    for (int k = 0; k < n && rc == VT_OK; k++)
      if ((rc = vt_pot_compute(pot, nl[k], out[k], err)) != VT_OK) *failed = k;
    return rc;
  }
  for (int k = 0; k < n; k++) out[k]->spread = NAN;
  rc = pot->ops->compute_many(pot->self, n, nl, out, team, failed, err);
  const int done = rc == VT_OK ? n : *failed;
  for (int k = 0; k < done; k++) {
    if (check_finite(pot->ops, nl[k], out[k], rc == VT_OK ? err : NULL) == VT_OK) continue;
    *failed = k;
    rc = check_finite(pot->ops, nl[k], out[k], err);
    break;
  }
  return rc == VT_OK ? rc : vt_err_wrap(err, rc, __FILE__, __LINE__, "potential '%s'", pot->ops->name);
}

void vt_pot_close(vt_pot *pot)
{
  if (!pot) return;
  if (pot->ops) pot->ops->close(pot->self);
  *pot = (vt_pot){0};
}

int vt_pot_threads_most(const char *kind, int n_atoms)
{
  for (const vt_pot_ops *const *o = vt_pot_builtin; *o; o++)
    if (strcmp((*o)->name, kind) == 0) return (*o)->threads_most ? (*o)->threads_most(n_atoms) : 1;
  return 1;
}

vt_status vt_pot_probe(const char *kind, const char *path, vt_pot_info *out, vt_err *err)
{
  return vt_pot_probe_driver(kind, path, NULL, out, err);
}

vt_status vt_pot_probe_driver(const char *kind, const char *path, const vt_driver *driver, vt_pot_info *out,
                              vt_err *err)
{
  vt_pot pot;
  VT_TRY(vt_pot_open(&pot, kind, &(vt_pot_args){.path = path, .driver = driver}, err), err,
         "looking into the potential");
  vt_pot_describe(&pot, out);
  vt_pot_close(&pot);
  return VT_OK;
}
