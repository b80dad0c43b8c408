/* files.h - temporary folders and files of a test.  Every function fails the running test on error. */
#ifndef VT_TEST_FILES_H
#define VT_TEST_FILES_H

#include <stddef.h>

enum { VT_TEST_PATH = 64 };

/* A new folder /tmp/vt_<name>_XXXXXX. */
void vt_test_folder(char folder[VT_TEST_PATH], const char *name);
/* The same in memory where that exists: for tests that write or sync a lot and do not ask what a power failure leaves.
 */
void vt_test_folder_in_memory(char folder[VT_TEST_PATH], const char *name);
/* The folder and all that is in it; an empty name is nothing to remove. */
void vt_test_folder_remove(const char *folder);
/* folder/name, in one of eight buffers in turn. */
const char *vt_test_inside(const char *folder, const char *name);

/* A new file with this text; remove it with unlink. */
void vt_test_file(char path[VT_TEST_PATH], const char *text);
/* Exactly these bytes become the file; text: up to its end. */
void vt_test_write(const char *path, const void *bytes, size_t n);
void vt_test_write_text(const char *path, const char *text);
/* Overwrite bytes of a file that is there. */
void vt_test_poke(const char *path, size_t at, const void *bytes, size_t n);
/* The whole file with a zero behind it; vt_free. n may be NULL. */
char *vt_test_read(const char *path, size_t *n);

/* Zeroed memory that a test may free with free. */
void *vt_test_array(size_t n, size_t size);

#endif
