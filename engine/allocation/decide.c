/* decide.c - the next batch: where the target's variance falls most for its cost (T 20.2, 16.3). */
#include <math.h>
#include <string.h>

#include "engine/allocation/allocation_impl.h"

VT_REASONS(vt_alloc_states, VT_ALLOC_STATES);

/* Of what is foreseen to be missing this much is asked for at once: what is known of the scatter between glasses grows
 * on the way, and what has been run cannot be given back. */
static const double at_once = 0.5;
/* A composition is given up if even this part of what it is foreseen to need is more than the budget leaves. */
static const double surely_needed = 0.7;

/* A sequence of looks by G. K. Lan and D. L. DeMets' spending of alpha for looks of P. K. Pocock's kind, two-sided
 * levels .0142 .0114 .0137 .0172 .0192 of an alpha of .05 (T 20.4). */
const vt_look vt_looks[VT_LOOKS] = {
    {5, 0.0142 / 0.05}, {8, 0.0114 / 0.05}, {12, 0.0137 / 0.05}, {18, 0.0172 / 0.05}, {25, 0.0192 / 0.05}};

int vt_alloc_is_dropped(vt_alloc_state s)
{
  return s == VT_ALLOC_TOO_DEAR || s == VT_ALLOC_MISFIT || s == VT_ALLOC_NO_VALUE || s == VT_ALLOC_LIMIT ||
         s == VT_ALLOC_BEFORE;
}

static int wants_verdict(const vt_alloc *a)
{
  for (int k = 0; k < a->n_aims; k++)
    if (a->aim[k].kind == VT_AIM_VERDICT) return !a->decided;
  return 0;
}

int vt_look_due(const vt_alloc *a)
{
  int least = -1, due = -1;
  if (!wants_verdict(a)) return -1;
  for (int c = 0; c < a->n_comp; c++)
    if (!a->comp[c].dropped && (least < 0 || a->comp[c].n_glasses < least)) least = a->comp[c].n_glasses;
  for (int k = a->looks_done; k < VT_LOOKS; k++)
    if (vt_looks[k].glasses <= least) due = k;
  return due;
}

/* ------------------------------------------------------------------ the way to the goal */

/* A design of one composition, and what it costs beyond the one that is there. */
typedef struct design {
  int n_glasses;
  double *length_ps; /* [n_temp] */
} design;

typedef struct work {
  design now, half, end; /* as it is; after what is asked for at once; where the goal is reached */
  double half_ps, end_ps;
} work;

static void design_copy(const vt_alloc *a, design *to, const design *from)
{
  to->n_glasses = from->n_glasses;
  memcpy(to->length_ps, from->length_ps, (size_t)a->n_temp * sizeof *to->length_ps);
}

static void design_as_it_is(const vt_alloc *a, int c, design *d)
{
  d->n_glasses = a->comp[c].n_glasses;
  for (int j = 0; j < a->n_temp; j++) d->length_ps[j] = a->comp[c].cell[j].length_ps;
}

/* A step is a quantum, and an eighth of what is there once that is more. */
static double step_of(const vt_alloc_cell *x, double length_ps)
{
  const double n = floor(length_ps / x->quantum_ps / 8);
  return x->quantum_ps * fmax(1, n);
}

/* The one step that makes the aims miss least for its cost: a longer run at one temperature, or a glass.  0: none
 * helps.
 */
static int best_step(const vt_alloc *a, int c, design *d, double misses, double *cost_ps)
{
  const vt_alloc_comp *x = &a->comp[c];
  int best = -2;
  double most = 0;
  for (int j = -1; j < a->n_temp; j++) { /* -1: a glass */
    if (j < 0 ? d->n_glasses >= VT_ALLOC_MOST_GLASSES : !x->cell[j].may_grow) continue;
    const double step = j < 0 ? 0 : step_of(&x->cell[j], d->length_ps[j]);
    double cost = d->n_glasses * step, left;
    if (j < 0) {
      cost = vt_alloc_cost(a, c, 1, d->length_ps);
      left = vt__alloc_misses(a, c, d->n_glasses + 1, d->length_ps);
    } else {
      d->length_ps[j] += step;
      left = vt__alloc_misses(a, c, d->n_glasses, d->length_ps);
      d->length_ps[j] -= step;
    }
    if (!((misses - left) / cost > most)) continue;
    most = (misses - left) / cost;
    best = j;
    *cost_ps = cost;
  }
  if (best == -2) return 0;
  if (best < 0)
    d->n_glasses++;
  else
    d->length_ps[best] += step_of(&x->cell[best], d->length_ps[best]);
  return 1;
}

/* Steps until all aims are met, or more than most_ps is spent; at_most_ps: where to stop before.  Returns their cost.
 */
static double go(const vt_alloc *a, int c, design *d, double at_most_ps, double most_ps, double *misses)
{
  double spent = 0, cost;
  *misses = vt__alloc_misses(a, c, d->n_glasses, d->length_ps);
  while (*misses > 0 && spent < at_most_ps && spent <= most_ps) {
    if (!best_step(a, c, d, *misses, &cost)) break;
    spent += cost;
    *misses = vt__alloc_misses(a, c, d->n_glasses, d->length_ps);
  }
  return spent;
}

/* No interval yet, or none beyond two temperatures: twice the production wherever no glass has a value; of the Haven
 * ratio at its temperature. */
static int look_for_values(const vt_alloc *a, int c, design *d)
{
  const vt_alloc_comp *x = &a->comp[c];
  int grown = 0;
  for (int j = 0; j < a->n_temp; j++) {
    const vt_alloc_cell *t = &x->cell[j];
    int wanted = x->dof < 1 && !(t->variance > 0);
    for (int k = 0; k < a->n_aims; k++)
      wanted |= (a->aim[k].kind == VT_AIM_HAVEN && a->aim[k].t_k == t->t_k && !(t->haven_half > 0)) ||
                (vt__alloc_is_beyond(x, &a->aim[k]) && !(t->variance > 0));
    if (!wanted || !t->may_grow) continue;
    d->length_ps[j] += t->quantum_ps * ceil(t->length_ps / t->quantum_ps);
    grown = 1;
  }
  if (!grown && x->dof < 1 && d->n_glasses < VT_ALLOC_MOST_GLASSES) d->n_glasses++, grown = 1; /* all failed, or one */
  return grown;
}

/* A misfit is false in 1 % of the fits, and then more glasses make it go away: a third more of them. */
static int doubt_the_misfit(const vt_alloc *a, int c, design *d)
{
  const vt_alloc_comp *x = &a->comp[c];
  if (!x->misfit || x->n_glasses >= VT_ALLOC_MISFIT_GLASSES) return 0;
  d->n_glasses += (x->n_glasses + 2) / 3;
  return 1;
}

static vt_alloc_state given_up(const vt_alloc_comp *x, vt_alloc_state why) { return x->misfit ? VT_ALLOC_MISFIT : why; }

/* What is missing is foreseen. */
static void plan_the_way(const vt_alloc *a, int c, double left_ps, work *w, vt_alloc_move *m)
{
  const double most_ps = left_ps / surely_needed;
  double misses;
  w->end_ps = go(a, c, &w->end, INFINITY, most_ps, &misses);
  const int dear = w->end_ps > most_ps;
  m->needs_ps = dear || misses > 0 ? INFINITY : w->end_ps;
  m->state = (int32_t)(m->needs_ps < INFINITY ? VT_ALLOC_OPEN
                                              : given_up(&a->comp[c], dear ? VT_ALLOC_TOO_DEAR : VT_ALLOC_LIMIT));
  w->half_ps = go(a, c, &w->half, at_once * w->end_ps, INFINITY, &misses);
}

/* It is not: there is no interval, or one that is not believed. */
static void plan_a_try(const vt_alloc *a, int c, double left_ps, int tries, work *w, vt_alloc_move *m)
{
  m->needs_ps = (double)NAN;
  w->half_ps = w->end_ps = vt_alloc_cost(a, c, w->half.n_glasses, w->half.length_ps) -
                           vt_alloc_cost(a, c, w->now.n_glasses, w->now.length_ps);
  m->state = (int32_t)(tries && w->half_ps <= left_ps ? VT_ALLOC_OPEN : given_up(&a->comp[c], VT_ALLOC_NO_VALUE));
}

static void plan_of(const vt_alloc *a, int c, double left_ps, work *w, vt_alloc_move *m)
{
  const vt_alloc_comp *x = &a->comp[c];
  design_as_it_is(a, c, &w->now);
  design_copy(a, &w->half, &w->now);
  design_copy(a, &w->end, &w->now);
  for (int k = 0; k < a->n_aims; k++) m->half[k] = vt_alloc_foresee(a, c, k, w->now.n_glasses, NULL);
  const double misses = vt__alloc_misses(a, c, w->now.n_glasses, NULL);
  if (misses <= 0) return; /* reached; NaN is not */
  if (doubt_the_misfit(a, c, &w->half))
    plan_a_try(a, c, left_ps, 1, w, m);
  else if (misses > 0)
    plan_the_way(a, c, left_ps, w, m);
  else
    plan_a_try(a, c, left_ps, !x->misfit && look_for_values(a, c, &w->half), w, m);
}

/* ------------------------------------------------------------------ the budget */

static double known_needs(const vt_alloc_move *m, const work *w)
{
  return isnan(m->needs_ps) ? w->end_ps : m->needs_ps;
}

/* The cheapest first: as many compositions as possible reach their goal. */
static int next_cheapest(const vt_alloc *a, const vt_alloc_move *move, const work *w, const unsigned char *taken)
{
  int best = -1;
  for (int c = 0; c < a->n_comp; c++) {
    if (taken[c] || move[c].state != VT_ALLOC_OPEN) continue;
    if (best < 0 || known_needs(&move[c], &w[c]) < known_needs(&move[best], &w[best])) best = c;
  }
  return best;
}

/* Gives batches; whoever would need more than is left behind the cheaper ones is dropped. */
static void share_budget(const vt_alloc *a, const work *w, double left_ps, unsigned char *taken, vt_alloc_move *move,
                         double *asked_ps)
{
  double promised = 0;
  int c;
  while ((c = next_cheapest(a, move, w, taken)) >= 0) {
    taken[c] = 1;
    const double needs = known_needs(&move[c], &w[c]);
    if (surely_needed * needs > left_ps - promised) {
      move[c].state = VT_ALLOC_TOO_DEAR;
      continue;
    }
    promised += surely_needed * needs;
    if (w[c].half_ps > left_ps - *asked_ps) {
      move[c].state = VT_ALLOC_WAITS;
      continue;
    }
    move[c].glasses = w[c].half.n_glasses - w[c].now.n_glasses;
    move[c].cost_ps = w[c].half_ps;
    *asked_ps += w[c].half_ps;
  }
}

/* The glasses that the next look wants; all of them or none. */
static void ask_for_look(const vt_alloc *a, work *w, double left_ps, vt_alloc_move *move, vt_alloc_sum *sum)
{
  if (!wants_verdict(a) || a->looks_done >= VT_LOOKS) return;
  const int glasses = vt_looks[a->looks_done].glasses;
  for (int pass = 0; pass < 2; pass++) {
    double cost = 0;
    for (int c = 0; c < a->n_comp; c++) {
      if (a->comp[c].dropped || vt_alloc_is_dropped((vt_alloc_state)move[c].state)) continue;
      const design *d = move[c].cost_ps > 0 ? &w[c].half : &w[c].now;
      const int more = glasses - d->n_glasses;
      if (more <= 0) continue;
      const double each = more * vt_alloc_cost(a, c, 1, d->length_ps);
      cost += each;
      if (pass == 0) continue;
      move[c].glasses += more;
      move[c].cost_ps += each;
      if (move[c].state == VT_ALLOC_REACHED) move[c].state = VT_ALLOC_OPEN;
    }
    if (cost > left_ps - sum->asked_ps) {
      sum->verdict_waits = 1;
      return;
    }
    if (pass == 1) sum->asked_ps += cost;
  }
}

/* ------------------------------------------------------------------ all of it */

static vt_status check(const vt_alloc *a, vt_err *err)
{
  if (a->n_aims < 1 || a->n_aims > VT_MAX_AIMS || a->n_comp < 0 || a->n_temp < 1 || !(a->budget_ps > 0))
    VT_FAIL(err, VT_EINVAL, "%d aims, %d compositions at %d temperatures, a budget of %g ps", a->n_aims, a->n_comp,
            a->n_temp, a->budget_ps);
  for (int k = 0; k < a->n_aims; k++)
    if (a->aim[k].kind != VT_AIM_VERDICT && !(a->aim[k].goal > 0))
      VT_FAIL(err, VT_EINVAL, "a half-width of %g is asked for", a->aim[k].goal);
  for (int c = 0; c < a->n_comp; c++) {
    const vt_alloc_comp *x = &a->comp[c];
    if (x->n_glasses < 1 || x->n_lines > x->n_glasses || !(x->glass_ps >= 0) || !(x->equilibrate_ps >= 0))
      VT_FAIL(err, VT_EINVAL, "composition %d: %d glasses, %d with a line, %g and %g ps for a glass", c,
              (int)x->n_glasses, (int)x->n_lines, x->glass_ps, x->equilibrate_ps);
    for (int j = 0; j < a->n_temp; j++)
      if (!(x->cell[j].quantum_ps > 0) || !(x->cell[j].length_ps > 0) || !(x->cell[j].t_k > 0))
        VT_FAIL(err, VT_EINVAL, "composition %d at %g K: %g ps in steps of %g ps", c, x->cell[j].t_k,
                x->cell[j].length_ps, x->cell[j].quantum_ps);
  }
  return VT_OK;
}

/* Three designs of a composition in room[3 n_temp]. */
static void work_open(const vt_alloc *a, work *w, double *room)
{
  w->now.length_ps = room;
  w->half.length_ps = room + a->n_temp;
  w->end.length_ps = room + 2 * (ptrdiff_t)a->n_temp;
}

static void plan_all(const vt_alloc *a, double left_ps, work *w, vt_alloc_move *move)
{
  for (int c = 0; c < a->n_comp; c++) {
    move[c] = (vt_alloc_move){.state = VT_ALLOC_REACHED};
    plan_of(a, c, left_ps, &w[c], &move[c]);
    if (a->comp[c].dropped) move[c].state = VT_ALLOC_BEFORE;
  }
}

static void write_moves(const vt_alloc *a, const work *w, vt_alloc_move *move, double *more_ps)
{
  for (int c = 0; c < a->n_comp; c++) {
    const int asks = move[c].cost_ps > 0;
    const double *to = move[c].state == VT_ALLOC_OPEN && w[c].half_ps > 0 ? w[c].half.length_ps : w[c].now.length_ps;
    for (int j = 0; j < a->n_temp; j++) more_ps[c * a->n_temp + j] = asks ? to[j] - w[c].now.length_ps[j] : 0;
    for (int k = 0; k < a->n_aims; k++)
      move[c].foreseen[k] =
          asks ? vt_alloc_foresee(a, c, k, a->comp[c].n_glasses + move[c].glasses, to) : move[c].half[k];
  }
}

vt_status vt_alloc_decide(const vt_alloc *a, vt_alloc_move *move, double *more_ps, vt_alloc_sum *sum, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL, *p = NULL, *taken = NULL;
  const size_t n = (size_t)(a->n_comp > 0 ? a->n_comp : 0);
  *sum = (vt_alloc_sum){0};
  VT_PASS(check(a, err));
  VT_TRY_OUT(vt_calloc64(&p, n + 1, sizeof(work), err), err, "%d compositions", a->n_comp);
  VT_TRY_OUT(vt_calloc64(&taken, n + 1, 1, err), err, "%d compositions", a->n_comp);
  VT_TRY_OUT(vt_calloc64(&block, 3 * n * (size_t)a->n_temp + 1, sizeof(double), err), err, "%d compositions",
             a->n_comp);
  for (int c = 0; c < a->n_comp; c++) sum->spent_ps += vt_alloc_cost(a, c, a->comp[c].n_glasses, NULL);
  const double left_ps = fmax(0, a->budget_ps - sum->spent_ps);
  for (int c = 0; c < a->n_comp; c++) work_open(a, (work *)p + c, (double *)block + 3 * (ptrdiff_t)a->n_temp * c);
  plan_all(a, left_ps, p, move);
  share_budget(a, p, left_ps, taken, move, &sum->asked_ps);
  ask_for_look(a, p, left_ps, move, sum);
  write_moves(a, p, move, more_ps);
  sum->ends = !(sum->asked_ps > 0);
out:
  vt_free(p);
  vt_free(taken);
  vt_free(block);
  return rc;
}
