/* replay.c - main of a fuzz target without libFuzzer: every file of the corpus folder once. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *folder, const char *name)
{
  enum { MOST_BYTES = 1 << 24 };
  char path[4096], *data;
  size_t n;
  vt_err err = {0};
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  if (vt_file_read(path, MOST_BYTES, &data, &n, &err) != VT_OK) {
    (void)fprintf(stderr, "%s", err.text);
    return 0;
  }
  (void)fprintf(stderr, "%s\n", path); /* before the call: the last line names what crashed */
  /* a block of exactly n bytes, so that a sanitizer sees a read beyond the end */
  uint8_t *exact = malloc(n ? n : 1);
  for (size_t i = 0; exact && i < n; i++) exact[i] = (uint8_t)data[i];
  if (exact) (void)LLVMFuzzerTestOneInput(exact, n);
  free(exact);
  vt_free(data);
  return 1;
}

int main(int argc, char **argv)
{
  struct dirent **entry;
  int done = 0, failed = 0, n = argc == 2 ? scandir(argv[1], &entry, NULL, alphasort) : -1;
  if (n < 0) {
    (void)fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  for (int i = 0; i < n; i++) {
    if (entry[i]->d_name[0] != '.') {
      done++;
      failed += !replay(argv[1], entry[i]->d_name);
    }
    free(entry[i]);
  }
  free(entry);
  (void)fprintf(stderr, "%d files\n", done);
  return failed || done == 0;
}
