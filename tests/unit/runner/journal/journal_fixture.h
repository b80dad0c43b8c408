/* journal_fixture.h - a folder of its own, and records that can be recognised; shared by the journal's tests. */
#ifndef JOURNAL_FIXTURE_H
#define JOURNAL_FIXTURE_H

#include "runner/journal/journal.h"

/* cmocka setup and teardown: a fresh folder. */
int jf_setup(void **state);
int jf_teardown(void **state);
const char *jf_dir(void); /* the journal's folder: does not exist at first */
/* The only shard in the journal's folder. */
void jf_shard_path(char *path, size_t cap);
void jf_write_file(const char *path, const void *data, size_t n);

/* Record k: everything in it is a function of k. */
vt_uid jf_uid(int k);
vt_rec_type jf_type(int k);
int jf_attempt(int k);
int jf_half(int k);
size_t jf_size(int k);
void jf_fill(char *b, int k);
void jf_append(vt_journal_writer *w, int k);                 /* and expect success                */
void jf_expect(const vt_journal *j, const vt_rec *r, int k); /* r is record k, payload and all    */

#endif
