/* last_place.c - where a campaign file last ran: a list in the user's own state folder, for a later start elsewhere.
 * A help, never a condition: whatever cannot be read or written here is passed over in silence. */
#define _GNU_SOURCE /* realpath */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/folder/folder_impl.h"

enum { LINES_MOST = 200, BYTES_MOST = LINES_MOST * 2 * VT_PATH };

/* 0: nobody says where such files go.  `make`: the folder, too. */
static int list_path(char path[VT_PATH + 32], int make)
{
  const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
  char dir[VT_PATH];
  int n = -1;
  if (state && state[0] == '/') /* the standard: a relative one does not count */
    n = snprintf(dir, sizeof dir, "%s/vitrion", state);
  else if (home && home[0] == '/')
    n = snprintf(dir, sizeof dir, "%s/.local/state/vitrion", home);
  if (n < 0 || n >= (int)sizeof dir) return 0;
  for (char *slash = strchr(dir + 1, '/'); make && slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    (void)mkdir(dir, 0700);
    *slash = '/';
  }
  if (make) (void)mkdir(dir, 0700);
  (void)snprintf(path, VT_PATH + 32, "%s/last-places", dir);
  return 1;
}

/* The beginning of the line of a campaign file: its full name and a tabulator.  0: it cannot be written down. */
static int list_key(const char *campaign_file, char key[VT_PATH + 2])
{
  char *full = realpath(campaign_file, NULL);
  int fits = full && strlen(full) < VT_PATH && !strpbrk(full, "\t\n");
  if (fits) (void)snprintf(key, VT_PATH + 2, "%s\t", full);
  free(full);
  return fits;
}

static char *list_text(const char *path)
{
  char *text = NULL;
  size_t n;
  struct stat st;
  if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || vt_file_read(path, BYTES_MOST, &text, &n, NULL) != VT_OK)
    return NULL;
  return text;
}

void vt_outdir_remember(const vt_outdir *o, const char *campaign_file)
{
  char path[VT_PATH + 32], key[VT_PATH + 2], folder[VT_PATH];
  vt_buf list = {0};
  vt_outdir_full(o, folder);
  if (!list_key(campaign_file, key) || strpbrk(folder, "\t\n") || !list_path(path, 1)) return;
  vt_buf_printf(&list, "%s%s\n", key, folder); /* the newest first */
  char *old = list_text(path);
  int lines = 1;
  for (const char *s = old; s && *s && lines < LINES_MOST; lines++) {
    size_t n = strcspn(s, "\n");
    if (n && strncmp(s, key, strlen(key)) != 0) vt_buf_printf(&list, "%.*s\n", (int)n, s);
    s += n + (s[n] == '\n');
  }
  vt_free(old);
  if (vt_buf_check(&list, NULL) == VT_OK) (void)!vt_file_publish_view(path, list.s, list.len, NULL);
  vt_buf_free(&list);
}

int vt__outdir_last_place(const char *campaign_file, char folder[VT_PATH])
{
  char path[VT_PATH + 32], key[VT_PATH + 2];
  if (!list_key(campaign_file, key) || !list_path(path, 0)) return 0;
  char *text = list_text(path);
  int found = 0;
  for (const char *s = text; s && *s && !found;) {
    size_t n = strcspn(s, "\n"), n_key = strlen(key);
    found = n > n_key && n - n_key < VT_PATH && strncmp(s, key, n_key) == 0;
    if (found) (void)snprintf(folder, VT_PATH, "%.*s", (int)(n - n_key), s + n_key);
    s += n + (s[n] == '\n');
  }
  vt_free(text);
  return found;
}
