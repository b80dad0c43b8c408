/* formats_impl.h - what the readers of texts share; private to engine/formats. */
#ifndef VT_FORMATS_IMPL_H
#define VT_FORMATS_IMPL_H

#include "engine/formats/formats.h"

extern const vt_format vt__format_xyz, vt__format_poscar, vt__format_xdatcar, vt__format_lammps_dump,
    vt__format_lammps_data;

enum {
  VT__ATOMS_MOST = 10000000,
  VT__BLANK_MOST = 1000 /* lines without words: a file of nothing else ends */
};
/* No coordinate and no cell vector may be larger, in A: as in extended XYZ. */
#define VT__LENGTH_MOST 1e6

/* A text being read. */
typedef struct vt__text {
  vt_lines *lines;
  vt_frames_options o;
  vt_span line; /* the one at hand */
  size_t at;    /* how far its words are taken */
} vt__text;

VT_MUST_CHECK vt_status vt__text_open(vt__text *t, const char *path, const vt_frames_options *o, vt_err *err);
void vt__text_close(vt__text *t);
/* The next line; VT_EPARSE where the text ends: "the file ends, expected <what>". */
VT_MUST_CHECK vt_status vt__text_line(vt__text *t, const char *what, vt_err *err);
/* The next line that has words, if there is one. */
VT_MUST_CHECK vt_status vt__text_words(vt__text *t, int *got, vt_err *err);
int vt__text_word(vt__text *t, vt_span *word);             /* the next word of the line at hand, or 0 */
int vt__text_begins(const vt__text *t, const char *words); /* the line does, after blanks; letters of any case */
/* The next word as a number; VT_EPARSE names `what` was expected. */
VT_MUST_CHECK vt_status vt__text_real(vt__text *t, const char *what, double *x, vt_err *err);
VT_MUST_CHECK vt_status vt__text_int(vt__text *t, const char *what, int64_t *i, vt_err *err);
/* Three numbers of at most VT__LENGTH_MOST. */
VT_MUST_CHECK vt_status vt__text_vector(vt__text *t, const char *what, double x[3], vt_err *err);
/* A number of atoms. */
VT_MUST_CHECK vt_status vt__text_count(vt__text *t, const char *what, int64_t *n, vt_err *err);
/* What is wrong with an atom's line: noted where mistakes are told together. */
VT_MUST_CHECK vt_status vt__text_forgive(vt__text *t, vt_status rc, vt_err *err);

#define VT__TEXT_BAD(t, word, ...)                                                           \
  return vt_err_user(err, VT_EPARSE, vt_lines_name((t)->lines), vt_lines_number((t)->lines), \
                     (word).s ? vt_span_column((t)->line, (word).s) : 0, __VA_ARGS__)

/* Symbol of an element, or the text it begins with before '_', '/' or '-' (Li_sv): 0 if it is none. */
int vt__symbol_of(vt_span word, char symbol[4]);
/* A cell that spans a volume and is not too large, else VT_EPARSE at the line at hand. */
VT_MUST_CHECK vt_status vt__check_cell(const vt__text *t, const vt_cell *c, vt_err *err);
/* Room for n atoms, as they really come: `cap` is what there is. */
VT_MUST_CHECK vt_status vt__structure_room(vt_structure *s, int *cap, int n, int with_id, int with_v, vt_err *err);

/* Words of the first lines, for `fits`: the line number k (from 0) of the beginning of a file, or n = 0. */
vt_span vt__head_line(const char *head, size_t n, int k);
int vt__head_numbers(vt_span line); /* how many words it has, all of them numbers; 0 if one is none */
/* Line 2 is a scale and lines 3 to 5 are vectors: POSCAR and XDATCAR. */
int vt__head_is_vasp(const char *head, size_t n);

#endif
