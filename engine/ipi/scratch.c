/* scratch.c - folders of drivers: one for each, and the removal of those that outlived their process.
 *
 * The process that owns a folder holds a lock on it (flock), which the system takes back however that process ends.  A
 * folder without it, of a process of this user and host that is not there any more, belongs to nobody. */
#define _GNU_SOURCE /* nftw */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/ipi/ipi_impl.h"

enum { HOST = 16, MARK = 64 };

/* "vitrion-HOST-": of the host's name the last letters and digits before the first dot. */
static void mark_of_host(char mark[MARK])
{
  char host[256] = "", word[HOST + 1] = "";
  (void)gethostname(host, sizeof host - 1);
  const size_t n = strcspn(host, ".");
  size_t k = 0;
  for (size_t i = n > HOST ? n - HOST : 0; i < n; i++)
    if (isalnum((unsigned char)host[i])) word[k++] = host[i];
  (void)snprintf(mark, MARK, "vitrion-%s-", k ? word : "host");
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
  (void)st, (void)flag, (void)ftw;
  (void)remove(path); /* what cannot be removed stays for the next one */
  return 0;
}

static void remove_folder(const char *folder) { (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

static void socket_of(const char *folder, char path[VT__IPI_SOCKET])
{
  (void)snprintf(path, VT__IPI_SOCKET, VT__IPI_PREFIX "%.63s", strrchr(folder, '/') + 1); /* as unique as the folder */
}

/* 1: `name` is ours by its form, and the process in it is not there. */
static int owner_is_gone(const char *name, const char *mark)
{
  const size_t n = strlen(mark);
  int64_t pid = 0;
  if (strncmp(name, mark, n) != 0) return 0;
  const size_t digits = strcspn(name + n, "-");
  if (name[n + digits] != '-' || !vt_parse_i64(name + n, digits, &pid) || pid <= 1) return 0;
  return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* The folder's descriptor with the lock, or -1. */
static int lock_folder(const char *folder)
{
  struct stat st;
  const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  (void)close(fd);
  return -1;
}

/* What watches over a killed process's driver (process.c) removes its folder, too, but not if it was killed itself, or
 * was not there yet.  Another process of that number, or in another container, keeps a folder by its lock. */
static void remove_abandoned(const char *tmp, const char *mark)
{
  char folder[VT_PATH], path[VT__IPI_SOCKET];
  DIR *d = opendir(tmp);
  for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
    if (!owner_is_gone(e->d_name, mark) || strlen(e->d_name) > MARK) continue;
    (void)snprintf(folder, sizeof folder, "%s/%.*s", tmp, MARK, e->d_name);
    const int fd = lock_folder(folder);
    if (fd < 0) continue;
    socket_of(folder, path);
    (void)unlink(path);
    remove_folder(folder);
    (void)close(fd);
  }
  if (d) (void)closedir(d);
}

vt_status vt__ipi_scratch(vt__ipi_process *p, vt_err *err)
{
  char mark[MARK];
  const char *tmp = getenv("TMPDIR");
  if (!tmp || tmp[0] != '/' || strlen(tmp) > VT_PATH - 2 * MARK) tmp = "/tmp";
  mark_of_host(mark);
  remove_abandoned(tmp, mark);
  p->pid = 0;
  p->life = p->out = p->lock = -1;
  (void)snprintf(p->scratch, sizeof p->scratch, "%s/%s%d-XXXXXX", tmp, mark, (int)getpid());
  if (!mkdtemp(p->scratch)) {
    int why = errno;
    p->scratch[0] = '\0';
    VT_FAIL(err, VT_EIO, "no folder for a driver can be made in '%s': %s", tmp, strerror(why));
  }
  p->lock = lock_folder(p->scratch); /* a file system without locks: nobody else gets one, either */
  (void)snprintf(p->start, sizeof p->start, "%s/start.xyz", p->scratch);
  socket_of(p->scratch, p->socket_path);
  (void)snprintf(p->socket, sizeof p->socket, "%s", p->socket_path + sizeof VT__IPI_PREFIX - 1);
  return VT_OK;
}

void vt__ipi_remove_files(const vt__ipi_process *p)
{
  if (p->socket_path[0]) (void)unlink(p->socket_path);
  if (p->scratch[0]) remove_folder(p->scratch);
}
