/* bench.c - `vitrion bench train`: what a gradient costs, and what ranks gain (THEORY T 17.5).
 *
 * Kernels: CPU time of one core, of every frame by itself.  Steps: wall time of the real loop, first with one rank (the
 * others wait), then with all, so that both see the same machine. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/sys/sys.h"
#include "runner/training/training_impl.h"

/* ------------------------------------------------------------------ the model and frames */

/* The form of the shipped models. */
static vt_status bench_model(const vt_training_bench_options *o, vt_nep_model **m, vt_err *err)
{
  static const char *const twelve[] = {"Li", "Na", "K", "Al", "Ga", "In", "Nb", "Ta", "O", "Cl", "Br", "I"};
  static const char *const seven[] = {"Li", "Na", "Al", "Nb", "Ta", "O", "Cl"};
  if (o->potential) return vt_training_model(o->potential, m, err);
  vt_nep_model f = {.version = 4,
                    .n_types = o->elements,
                    .zbl = VT_ZBL_UNIVERSAL,
                    .zbl_inner = 1,
                    .zbl_outer = 2,
                    .n_radial = 6,
                    .n_angular = 5,
                    .k_radial = 8,
                    .k_angular = 8,
                    .l_max = 4,
                    .neurons = 50};
  f.flag[VT_NEP_222] = f.flag[VT_NEP_1111] = 1;
  for (int k = 0; k < o->elements; k++) {
    (void)snprintf(f.symbol[k], sizeof f.symbol[k], "%s", o->elements == 7 ? seven[k] : twelve[k]);
    f.z[k] = vt_element_z(f.symbol[k]);
    f.rc_radial[k] = 6;
    f.rc_angular[k] = 5;
  }
  VT_PASS(vt_nep_new(&f, m, err));
  vt_train_draw(*m, 1);
  return VT_OK;
}

/* 84 atoms of M Al Cl2.5 O0.75 with the elements that the model has: composition k of those with other cations, metals
 * and anions. */
static vt_composition glass(const vt_nep_model *m, int k)
{
  static const char *const site[4][3] = {{"Li", "Na", "K"}, {"Al", "Ga", "In"}, {"Cl", "Br", "I"}, {"O", "O", "O"}};
  static const int count[4] = {16, 16, 40, 12};
  vt_composition c = {.n_species = 4};
  for (int s = 0; s < 4; s++, k /= 3) {
    const char *symbol = site[s][0];
    for (int t = 0; t < m->n_types; t++)
      if (strcmp(m->symbol[t], site[s][k % 3]) == 0) symbol = m->symbol[t];
    c.z[s] = vt_element_z(symbol);
    c.charge[s] = vt_element_charge(c.z[s]);
    c.count[s] = count[s];
    c.n_atoms += count[s];
  }
  return c;
}

static int type_of(const vt_nep_model *m, int z)
{
  for (int t = 0; t < m->n_types; t++)
    if (m->z[t] == z) return t;
  return -1;
}

/* A packed glass at the density of one; labels are 0: a large error costs what a small one does. */
static vt_status packed_sample(const vt_nep_model *m, int number, int comp, vt_train_sample *s, vt_err *err)
{
  const vt_composition c = glass(m, comp);
  *s = (vt_train_sample){.n = (int)c.n_atoms, .has_energy = 1, .has_virial = 1, .weight = 1, .comp = comp};
  VT_PASS(VT_NEW(s->type, s->n, err));
  VT_PASS(VT_NEW(s->x, s->n, err));
  VT_PASS(VT_NEW(s->f, s->n, err));
  VT_PASS(vt_pack(&c, 1.0, (uint64_t)number + 1, &s->cell, s->type, s->x, err));
  for (int i = 0; i < s->n; i++) {
    s->type[i] = type_of(m, c.z[s->type[i]]);
    if (s->type[i] < 0) VT_FAIL(err, VT_EINVAL, "the model lacks an element of M Al Cl2.5 O0.75");
  }
  return VT_OK;
}

static vt_status packed_frames(const vt_nep_model *m, int n, vt_train_data *d, vt_err *err)
{
  enum { COMPOSITIONS = 8 };
  VT_PASS(VT_NEW(d->s, n, err));
  VT_PASS(VT_NEW(d->comp, COMPOSITIONS, err));
  d->cap = n;
  d->n_comp = COMPOSITIONS;
  for (int k = 0; k < n; k++) {
    d->n++;
    VT_PASS(packed_sample(m, k, k % COMPOSITIONS, &d->s[k], err));
  }
  return VT_OK;
}

static vt_status bench_frames(const vt_training_bench_options *o, vt__trainer *t, vt_err *err)
{
  if (!o->data) return packed_frames(t->m, o->frames, &t->data, err);
  VT_PASS(vt_train_data_read(&t->data, t->m, o->data, 1, err));
  if (t->data.n_mistakes > 0) VT_FAIL(err, VT_EPARSE, "%s", t->data.mistakes.s ? t->data.mistakes.s : o->data);
  if (t->data.n == 0) VT_FAIL(err, VT_EPARSE, "'%s' holds no frame", o->data);
  return VT_OK;
}

/* ------------------------------------------------------------------ a trainer without a file */

static vt_status open_trainer(const vt_training_bench_options *o, vt_comm *comm, vt__job *j, vt__trainer *t,
                              vt_err *err)
{
  j->world = j->team = comm;
  *t = (vt__trainer){.job = j, .y = j->y, .comm = comm, .simd = o->simd};
  t->scales = (vt_train_scales){.energy = 0.01, .force = 0.1, .virial = 0.02, .mean_virial = 0.005};
  VT_PASS(bench_model(o, &t->m, err));
  VT_PASS(bench_frames(o, t, err));
  VT_PASS(vt__trainer_room(t, err));
  VT_PASS(vt__hold_open(t, err));
  for (int k = 0; k < t->data.n; k++) VT_PASS(vt__trainer_frame(t, &t->data.s[k], err));
  vt_train_order(1, 0, t->data.n, t->order);
  return VT_OK;
}

/* ------------------------------------------------------------------ kernels */

typedef struct bench_kernels {
  double forward_s[VT_TRAINING_BENCH_REPEAT], gradient_s[VT_TRAINING_BENCH_REPEAT]; /* of all frames */
} bench_kernels;

static int larger_s(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static vt_status time_kernels(vt__trainer *t, int repeat, bench_kernels *out, vt_err *err)
{
  double *gradient = t->tree.leaf[0];
  for (int r = 0; r < repeat; r++) {
    out->forward_s[r] = out->gradient_s[r] = 0;
    for (int k = 0; k < t->data.n; k++) {
      const vt_train_sample *s = &t->data.s[k];
      vt_train_values v;
      vt_train_terms terms;
      double de, dw[9];
      const double from_s = vt_cpu_s();
      VT_PASS(vt_train_forward(t->train, s->frame, &v, err));
      const double between_s = vt_cpu_s();
      vt_train_loss(s, &v, &t->scales, 0, &terms, &de, t->d_force, dw);
      vt_train_backward(t->train, s->frame, de, (const double(*)[3])t->d_force, dw, gradient);
      vt_train_frame_parts(t->train, s->frame, t->tree.used[0]);
      out->forward_s[r] += between_s - from_s;
      out->gradient_s[r] += vt_cpu_s() - from_s;
    }
  }
  vt__tree_clear(&t->tree, 0);
  qsort(out->forward_s, (size_t)repeat, sizeof *out->forward_s, larger_s);
  qsort(out->gradient_s, (size_t)repeat, sizeof *out->gradient_s, larger_s);
  return VT_OK;
}

/* ------------------------------------------------------------------ steps */

enum { WARM = 32 }; /* T 17.4: bases move in every one of them, then in every sixteenth */

typedef struct bench_steps {
  double wall_s, cpu_s, work_s; /* work: CPU time outside of waits for other ranks */
  int64_t frames;
} bench_steps;

static vt_status time_steps(vt__trainer *t, int steps, bench_steps *out, vt_err *err)
{
  int stop = 0;
  VT_PASS(vt_comm_barrier(t->comm, err));
  const int64_t before = t->frames_done;
  const double wall_s = vt_now_s(), cpu_s = vt_cpu_s(), waited_s = t->tree.waited_s;
  for (int k = 0; k < steps; k++) {
    VT_PASS(vt__trainer_batch(t, &stop, err));
    if (t->batch == t->n_batches) t->batch = 0;
  }
  *out = (bench_steps){.wall_s = vt_now_s() - wall_s, .cpu_s = vt_cpu_s() - cpu_s, .frames = t->frames_done - before};
  out->work_s = out->cpu_s - (t->tree.waited_s - waited_s);
  return VT_OK;
}

/* The least work of each rank so far. */
static vt_status least_work(vt_comm *comm, double mine, int first, double *by_rank, vt_err *err)
{
  for (int r = 0; r < vt_comm_size(comm); r++) {
    double of = mine;
    VT_PASS(vt_comm_bcast(comm, r, &of, sizeof of, err));
    by_rank[r] = first ? of : fmin(of, by_rank[r]);
  }
  return VT_OK;
}

/* One rank, and all: the best of `repeat`, in turns, of each time. */
static vt_status compare_ranks(vt__trainer *one, vt__trainer *all, const vt_training_bench_options *o,
                               bench_steps best[2], double *work_s, vt_err *err)
{
  bench_steps ignored;
  if (vt_comm_rank(all->comm) == 0) VT_PASS(time_steps(one, WARM, &ignored, err)); /* every step of these is dearer */
  VT_PASS(time_steps(all, WARM, &ignored, err));
  for (int r = 0; r < o->repeat; r++)
    for (int who = 0; who < 2; who++) {
      bench_steps now = {0};
      vt_status rc = VT_OK;
      if (who == 1)
        rc = time_steps(all, o->steps, &now, err);
      else if (vt_comm_rank(all->comm) == 0)
        rc = time_steps(one, o->steps, &now, err);
      VT_PASS(vt_comm_agree(all->comm, rc, err));
      if (who == 1) VT_PASS(least_work(all->comm, now.work_s, r == 0, work_s, err));
      if (r == 0) best[who] = now;
      const double least_s = fmin(now.work_s, best[who].work_s);
      if (now.wall_s < best[who].wall_s) best[who] = now;
      best[who].work_s = least_s;
    }
  return VT_OK;
}

/* ------------------------------------------------------------------ the line */

static double middle(const double *sorted, int n)
{
  return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static vt_json *line_of(const vt_training_bench_options *o, const vt__trainer *t, const bench_kernels *k,
                        const bench_steps step[2], const double *work_s)
{
  const double set_atoms = 5000.0 * 70, hour_s = 3600;
  double atoms = 0, radial = 0, angular = 0;
  for (int i = 0; i < t->data.n; i++) {
    atoms += t->data.s[i].n;
    radial += vt_train_frame_pairs(t->data.s[i].frame, &angular);
  }
  vt_json *j = vt_json_object(), *by_rank = vt_json_array();
  double most_s = 0;
  for (int r = 0; r < vt_comm_size(t->comm); r++) {
    vt_json_add(by_rank, vt_json_num(1e6 * work_s[r] / o->steps));
    most_s = fmax(most_s, work_s[r]);
  }
  const double us = 1e6 / atoms, one = (double)step[0].frames / step[0].wall_s,
               every = (double)step[1].frames / step[1].wall_s;
  vt_json_put(j, "bench", vt_json_text("train"));
  vt_json_put(j, "potential", vt_json_text(o->potential));
  vt_json_put(j, "data", vt_json_text(o->data ? o->data : "packed M Al Cl2.5 O0.75"));
  vt_json_put(j, "elements", vt_json_int(t->m->n_types));
  vt_json_put(j, "numbers", vt_json_int((int64_t)t->m->n_trained));
  vt_json_put(j, "frames", vt_json_int(t->data.n));
  vt_json_put(j, "atoms_a_frame", vt_json_num(atoms / t->data.n));
  vt_json_put(j, "radial_pairs_an_atom", vt_json_num(radial / atoms));
  vt_json_put(j, "angular_pairs_an_atom", vt_json_num(angular / atoms));
  vt_json_put(j, "simd", vt_json_text(vt_simd_name(t->simd)));
  vt_json_put(j, "kernel", vt_json_text(vt_train_kernel(t->train)));
  vt_json_put(j, "forward_us_atom_best", vt_json_num(us * k->forward_s[0]));
  vt_json_put(j, "forward_us_atom_median", vt_json_num(us * middle(k->forward_s, o->repeat)));
  vt_json_put(j, "gradient_us_atom_best", vt_json_num(us * k->gradient_s[0]));
  vt_json_put(j, "gradient_us_atom_median", vt_json_num(us * middle(k->gradient_s, o->repeat)));
  vt_json_put(j, "gradient_over_forward", vt_json_num(k->gradient_s[0] / k->forward_s[0]));
  vt_json_put(j, "repeats", vt_json_int(o->repeat));
  vt_json_put(j, "batch", vt_json_int(o->batch));
  vt_json_put(j, "steps", vt_json_int(o->steps));
  vt_json_put(j, "ranks", vt_json_int(vt_comm_size(t->comm)));
  vt_json_put(j, "frames_per_s_one_rank", vt_json_num(one));
  vt_json_put(j, "frames_per_s", vt_json_num(every));
  vt_json_put(j, "scaling", vt_json_num(every / one));
  vt_json_put(j, "work_us_a_step_one_rank", vt_json_num(1e6 * step[0].work_s / o->steps));
  vt_json_put(j, "work_us_a_step_by_rank", by_rank);
  vt_json_put(j, "scaling_of_work", vt_json_num(step[0].work_s / most_s));
  vt_json_put(j, "wall_over_cpu_one_rank", vt_json_num(step[0].wall_s / step[0].cpu_s));
  vt_json_put(j, "wall_over_cpu", vt_json_num(step[1].wall_s / step[1].cpu_s));
  vt_json_put(j, "epochs_per_hour_5000_frames_of_70", vt_json_num(hour_s * every * atoms / t->data.n / set_atoms));
  vt_json_put(j, "build", vt_json_text(vt_build_info()->build_id));
  return j;
}

/* ------------------------------------------------------------------ the bench */

static vt_status measure(const vt_training_bench_options *o, vt__trainer *one, vt__trainer *all, double *work_s,
                         FILE *out, vt_err *err)
{
  bench_kernels k = {0};
  bench_steps best[2] = {0};
  const int is_root = vt_comm_rank(all->comm) == 0;
  VT_ASSERT(one->tree.leaf && all->m);
  VT_PASS(vt_comm_agree(all->comm, is_root ? time_kernels(one, o->repeat, &k, err) : VT_OK, err));
  VT_PASS(compare_ranks(one, all, o, best, work_s, err));
  if (!is_root) return VT_OK;
  vt_json *line = line_of(o, all, &k, best, work_s);
  const vt_status rc = vt_json_print(line, VT_JSON_LINE, out, err);
  vt_json_free(line);
  (void)fflush(out); /* a failure stays: the command tests its stdout in the end */
  return rc;
}

vt_status vt_training_bench(vt_comm *comm, const vt_training_bench_options *o, FILE *out, vt_err *err)
{
  const double rate = 1e-9; /* the frames stay what they are: so does the work */
  vt_training y = {.batch = o->batch, .epochs = 1, .rate = rate, .seed = 1};
  vt__job job[2] = {{.y = &y}, {.y = &y}};
  vt__trainer one = {0}, all = {0};
  double *work_s = NULL;
  vt_sim *alone = NULL; /* a world of one rank, whatever there is around it */
  const vt_sim_options sim = {.n_ranks = 1};
  vt_status rc = VT_NEW(work_s, vt_comm_size(comm), err);
  if (rc == VT_OK) rc = vt_sim_open(&alone, &sim, err);
  if (rc == VT_OK) rc = open_trainer(o, vt_sim_comm(alone, 0), &job[0], &one, err);
  if (rc == VT_OK) rc = open_trainer(o, comm, &job[1], &all, err);
  rc = vt_comm_agree(comm, rc, err);
  if (rc == VT_OK) rc = measure(o, &one, &all, work_s, out, err);
  vt__trainer_close(&one);
  vt__trainer_close(&all);
  vt_sim_close(alone);
  vt_free(work_s);
  return rc;
}
