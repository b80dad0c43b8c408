/* pot_impl.h - what the back ends share. */
#ifndef VT_POT_IMPL_H
#define VT_POT_IMPL_H

#include "engine/pot/pot.h"

extern const vt_pot_ops vt__pot_nep;           /* nep/nep.c */
extern const vt_pot_ops vt__pot_nep_reference; /* nep/nep.c */
extern const vt_pot_ops vt__pot_lj;            /* lj.c */
extern const vt_pot_ops vt__pot_mock;          /* mock.c */
extern const vt_pot_ops vt__pot_born;          /* born.c */
extern const vt_pot_ops vt__pot_committee;     /* committee.c */
extern const vt_pot_ops vt__pot_ipi;           /* ipi.c */

/* A text file of short lines of words (lines.c).  Begin with path, at and end set. */
enum { VT__POT_WORDS = 3 };
typedef struct vt__pot_lines {
  const char *path;     /* for errors            */
  const char *at, *end; /* rest of the text      */
  int line;             /* of the words, from 1  */
  int n_words;          /* also those not kept   */
  const char *word[VT__POT_WORDS];
  int len[VT__POT_WORDS];
} vt__pot_lines;
/* The next line with words, or 0. */
int vt__pot_line(vt__pot_lines *l);
int vt__pot_word_is(const vt__pot_lines *l, int k, const char *s);
/* Word k for "%.*s", at most 80 characters of it. */
#define VT__POT_SHOWN(l, k) ((l)->len[k] < 80 ? (l)->len[k] : 80), (l)->word[k]

/* Two atoms closer than this sit on each other: their pair has no direction. */
#define VT_POT_OVERLAP_A 1e-4
/* VT_EDIVERGE naming local atom i and the owner of entry j. */
vt_status vt__pot_overlap(const vt_nlist *nl, int i, int j, vt_err *err);

#endif
