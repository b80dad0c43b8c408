/* nlist_near.h - which of a stretch of positions are within reach of an atom; private to engine/sys. */
#ifndef VT_NLIST_NEAR_H
#define VT_NLIST_NEAR_H

/* Entries in bin order. */
typedef struct vt__near_slots {
  const double *x, *y, *z;
  const int *slot; /* which entry */
} vt__near_slots;

/* Appends to row[k..] the entries of [from, to) but `self` whose distance squared from (at[0], at[1], at[2]) is below
 * reach2, in order; returns the row's new length.  row has room for to - from more.  The same entries on any machine.
 */
typedef int vt__append_near(const vt__near_slots *s, int from, int to, const double at[3], double reach2, int self,
                            int *row, int k);
vt__append_near *vt__append_near_best(void);
vt__append_near vt__append_near_portable; /* also for tests */

#endif
