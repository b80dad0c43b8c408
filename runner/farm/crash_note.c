/* crash_note.c - what a rank leaves for its watchdog, and what the watchdog does with it when the rank is dead. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/farm/farm_impl.h"
#include "runner/watchdog/watchdog.h"

typedef struct note {
  char death_notes[VT_PATH * 2], journal[VT_PATH + 16];
  int32_t rank, in_task;
  vt_lease lease;
  vt_uid uid;
  int32_t stage, reserved;
  int64_t step;
} note;
_Static_assert(sizeof(note) <= VT_WATCHDOG_NOTE, "a note must fit");

static note mine; /* of this rank */

void vt_crash_note_folder(const char *journal, const char *death_notes, int rank)
{
  mine = (note){.rank = rank};
  (void)snprintf(mine.journal, sizeof mine.journal, "%s", journal);
  (void)snprintf(mine.death_notes, sizeof mine.death_notes, "%s", death_notes ? death_notes : "");
  vt_watchdog_note(&mine, sizeof mine);
}

void vt__crash_note_task(const vt_lease *l, const vt_uid *uid)
{
  mine.in_task = l != NULL;
  if (l) mine.lease = *l, mine.uid = *uid, mine.stage = VT_STAGE_NONE, mine.step = 0;
  vt_watchdog_note(&mine, sizeof mine);
}

void vt__crash_note_place(int stage, int64_t step)
{
  mine.stage = stage;
  mine.step = step;
  vt_watchdog_note(&mine, sizeof mine);
}

void vt_crash_note_in_collective(int in_collective, double rank_timeout_s)
{
  const double longer = 10;
  vt_watchdog_phase_set(in_collective ? VT_WATCHDOG_IN_COLLECTIVE : VT_WATCHDOG_FREE);
  vt_watchdog_patience(in_collective ? longer * rank_timeout_s : rank_timeout_s);
}

static void record_crash(const vt_watchdog_death *d, const note *n)
{
  vt_journal_writer *w = NULL;
  vt_err err = {0};
  vt_failure_head h = {
      .version = VT_FAILURE_VERSION, .stage = n->stage, .step = n->step, .rank = n->rank, .crashed = 1};
  vt_host_name(h.host);
  (void)snprintf(h.build_id, sizeof h.build_id, "%.47s", vt_build_info()->build_id);
  const char *where = vt_stage_name(n->stage);
  if (d->stalled)
    (void)vt_err_set(&h.err, VT_ECRASH, __FILE__, __LINE__,
                     "rank %d showed no sign of life for %.0f s (stage %s, step %lld) and was ended", n->rank,
                     d->silence_s, *where ? where : "none", (long long)n->step);
  else
    (void)vt_err_set(&h.err, VT_ECRASH, __FILE__, __LINE__,
                     "rank %d was killed by signal %d (%s) in stage %s, step %lld", n->rank, d->signal,
                     strsignal(d->signal), *where ? where : "none", (long long)n->step);
  vt_status rc = vt_journal_create(&w, n->journal, n->rank, &err);
  if (rc == VT_OK)
    rc = vt_journal_append(w, VT_REC_FAILURE, &n->uid, n->lease.attempt, n->lease.half_stage, &h, sizeof h, NULL, 0,
                           &err);
  if (rc == VT_OK) rc = vt_journal_sync(w, &err);
  if (rc != VT_OK) (void)fprintf(stderr, "vitrion: the crash could not be recorded: %s\n", vt_err_line(err.text).s);
  vt_journal_close(w);
}

void vt_crash_note_record(const vt_watchdog_death *d)
{
  note n;
  if (!d->note || d->n_note != sizeof n) return;
  memcpy(&n, d->note, sizeof n);
  if (n.in_task && vt_retry_own_fault(d->signal, d->stalled, d->suspended)) record_crash(d, &n);
  if (!n.death_notes[0]) return;
  vt_death_note_leave(n.death_notes, n.rank);
}

/* ------------------------------------------------------------------ death notes */

/* That the file is there is all it says. */
void vt_death_note_leave(const char *prefix, int rank)
{
  char name[VT_PATH * 2 + 16];
  (void)snprintf(name, sizeof name, "%s%d", prefix, rank);
  int fd = open(name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd >= 0) (void)close(fd);
}

/* Two notes may fall into one tick of the file system's clock, so the folder is listed now and then all the same. */
static int has_changed(vt_death_notes *f, const char *folder, double now)
{
  static const double look_well_s = 10;
  struct stat st;
  if (stat(folder, &st) != 0) return 0;
  int64_t stamp = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
  if (stamp == f->stamp && now - f->looked_well < look_well_s) return 0;
  f->stamp = stamp;
  f->looked_well = now;
  return 1;
}

static int look(vt_death_notes *f, double now, int take)
{
  char folder[VT_PATH * 2], path[VT_PATH * 2 + 300];
  const char *slash = f->prefix ? strrchr(f->prefix, '/') : NULL;
  const struct dirent *e;
  int64_t rank = -1;
  if (!slash) return -1;
  (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - f->prefix), f->prefix);
  DIR *d = has_changed(f, folder, now) ? opendir(folder) : NULL;
  if (!d) return -1;
  size_t n = strlen(slash + 1);
  while (rank < 0 && (e = readdir(d)) != NULL) {
    int64_t r;
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a prefix is compared, without its end */
    if (strncmp(e->d_name, slash + 1, n) != 0 || !vt_parse_i64(e->d_name + n, strlen(e->d_name + n), &r)) continue;
    if (r < 0 || r > INT32_MAX || (f->ignore && r < f->n_ignore && f->ignore[r / 8] >> r % 8 & 1)) continue;
    rank = r;
    f->stamp = 0; /* there may be more */
    (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    if (take) (void)unlink(path);
  }
  (void)closedir(d);
  return (int)rank;
}

int vt_death_notes_look(vt_death_notes *f, double now, int take)
{
  if (!f->pace.what) f->pace = (vt_pace){.what = "the look for death notes", .every_s = 1, .most_s = 300};
  if (!vt_pace_due(&f->pace, now)) return -1;
  double from = vt_now_s();
  vt_pace_begin(&f->pace, now);
  int rank = look(f, now, take);
  vt_pace_end(&f->pace, now + (vt_now_s() - from));
  if (rank >= 0) f->pace.next = now; /* there may be more */
  return rank;
}
