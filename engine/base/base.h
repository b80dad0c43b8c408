/* base.h - status codes, error chains, checked memory, log, text, files, random numbers (layer 0).
 *
 * Every fallible function in the project returns vt_status and takes, last, a
 * `vt_err *` that the CALLER owns.  The pointer may be NULL: the code is still
 * returned, the text is dropped.  A vt_err is plain data (no pointers), so it
 * can be sent between ranks and written to the store as it is.
 *
 * Nothing here is collective, nothing here prints (vt_log calls the sink that main installed).
 */
#ifndef VT_BASE_H
#define VT_BASE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ------------------------------------------------------------------ status and errors */

/* What the scheduler does with a task whose replica ended with this status. */
typedef enum vt_dispo {
  VT_DISPO_NONE,   /* not an error                                          */
  VT_DISPO_ABORT,  /* the campaign cannot go on (bad input, bug, disk full) */
  VT_DISPO_TASK,   /* this task is failed for good; the others go on        */
  VT_DISPO_RETRY,  /* the task may be tried again, by the ladder of retries */
  VT_DISPO_AGAIN,  /* an accident of this machine: the same again           */
  VT_DISPO_CRASH,  /* it brought a process down: again, but not for ever    */
  VT_DISPO_REQUEUE /* not a failure: stop cleanly, continue in the next job */
} vt_dispo;

/* X(name, disposition, text).  EDIVERGE is RETRY: the ladder of retries is deterministic (half step, new attempt). */
#define VT_STATUS_LIST(X)                                            \
  X(OK, VT_DISPO_NONE, "success")                                    \
  X(EINVAL, VT_DISPO_ABORT, "invalid argument")                      \
  X(EPARSE, VT_DISPO_ABORT, "malformed input file")                  \
  X(ENOMEM, VT_DISPO_AGAIN, "out of memory")                         \
  X(EIO, VT_DISPO_ABORT, "input/output error")                       \
  X(ECORRUPT, VT_DISPO_AGAIN, "checksum mismatch")                   \
  X(EDIVERGE, VT_DISPO_RETRY, "the trajectory left physical bounds") \
  X(ETASK, VT_DISPO_TASK, "this task cannot be done")                \
  X(EUNSUP, VT_DISPO_ABORT, "not supported by this build")           \
  X(ESTOP, VT_DISPO_REQUEUE, "stop requested")                       \
  X(EBUG, VT_DISPO_ABORT, "internal invariant broken")               \
  X(ECRASH, VT_DISPO_CRASH, "the process that ran it died")          \
  X(EDRIVER, VT_DISPO_AGAIN, "the program that computes the forces failed")

typedef enum vt_status {
#define VT_STATUS_ENUM(name, dispo, text) VT_##name,
  VT_STATUS_LIST(VT_STATUS_ENUM)
#undef VT_STATUS_ENUM
      VT_STATUS_COUNT
} vt_status;

/* What the program ends with; scripts and batch systems rely on these numbers. */
typedef enum vt_exit {
  VT_EXIT_OK = 0,
  VT_EXIT_FAIL = 1,   /* internal or I/O failure                          */
  VT_EXIT_USAGE = 2,  /* usage or campaign error                          */
  VT_EXIT_TASKS = 3,  /* finished, but some tasks failed for good         */
  VT_EXIT_LAUNCH = 4, /* N copies that each believe to be rank 0 of 1     */
  VT_EXIT_AGAIN = 75  /* stopped early, nothing lost: submit again        */
} vt_exit;

typedef struct vt_buf vt_buf;

typedef struct vt_err {
  int32_t code;    /* a vt_status                                      */
  uint32_t frames; /* number of frames recorded                        */
  uint32_t used;   /* bytes of text in use, without the final NUL      */
  char text[1012]; /* innermost frame first, one '\n'-ended line each  */
} vt_err;
_Static_assert(sizeof(vt_err) == 1024, "vt_err is a wire and file format");

#define VT_MUST_CHECK   __attribute__((warn_unused_result))
#define VT_PRINTF(f, a) __attribute__((format(printf, f, a)))
/* A loop whose iterations are independent: compiled for wider registers too, which the loader chooses.  No bit depends
 * on it, since there is no sum across iterations and nothing is fused (-ffp-contract=off). */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define VT_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VT_WIDE
#endif

const char *vt_status_text(vt_status s);
vt_dispo vt_status_dispo(vt_status s);

/* Start a chain (set) or add the caller's frame to it (wrap).  Both return `s`. */
vt_status vt_err_set(vt_err *err, vt_status s, const char *file, int line, const char *fmt, ...) VT_PRINTF(5, 6);
vt_status vt_err_wrap(vt_err *err, vt_status s, const char *file, int line, const char *fmt, ...) VT_PRINTF(5, 6);
void vt_err_clear(vt_err *err);

/* An error in a USER's file: the first line of the chain reads `path:line:col: text` without our own source position
 * (col 0: left out).  Bytes of the text that are no UTF-8 or steer a terminal become '?'.  Returns s. */
vt_status vt_err_user(vt_err *err, vt_status s, const char *path, int line, int col, const char *fmt, ...)
    VT_PRINTF(6, 7);

/* What people read of a chain (vt_err.text, also of an older build's record): its sentences, innermost first, without
 * positions in our sources.  In a USER's file the position stays.
 *
 * vt_err_for_people: one a line, no empty ones.  vt_err_line: all on one line, joined by "; ", for log lines.  Both
 * keep our positions after vt_err_show_positions(1) (`--debug`).  vt_err_sentences: one a line, never with a position:
 * what the store holds must not depend on where our lines stand.  vt_err_sentence: the innermost alone, likewise; it
 * begins in `chain`, and *n is its length. */
void vt_err_show_positions(int on);
void vt_err_for_people(const char *chain, vt_buf *out);
typedef struct vt_err_text {
  char s[sizeof((vt_err *)NULL)->text];
} vt_err_text;
vt_err_text vt_err_line(const char *chain);
vt_err_text vt_err_sentences(const char *chain);
const char *vt_err_sentence(const char *chain, int *n);

#define VT_FAIL(err, s, ...)                                              \
  do {                                                                    \
    const vt_status vt_fail_s_ = (s);                                     \
    (void)vt_err_set((err), vt_fail_s_, __FILE__, __LINE__, __VA_ARGS__); \
    return vt_fail_s_;                                                    \
  } while (0)

#define VT_TRY(call, err, ...)                                              \
  do {                                                                      \
    const vt_status vt_try_s_ = (call);                                     \
    if (vt_try_s_ != VT_OK) {                                               \
      (void)vt_err_wrap((err), vt_try_s_, __FILE__, __LINE__, __VA_ARGS__); \
      return vt_try_s_;                                                     \
    }                                                                       \
  } while (0)

/* The same for a callee whose frames already say all: hand its status on. */
#define VT_PASS(call)                         \
  do {                                        \
    vt_status vt_try_s_ = (call);             \
    if (vt_try_s_ != VT_OK) return vt_try_s_; \
  } while (0)

/* For functions that own something: needs `vt_status rc` and a label `out`. */
#define VT_TRY_OUT(call, err, ...)                                   \
  do {                                                               \
    rc = (call);                                                     \
    if (rc != VT_OK) {                                               \
      (void)vt_err_wrap((err), rc, __FILE__, __LINE__, __VA_ARGS__); \
      goto out;                                                      \
    }                                                                \
  } while (0)
#define VT_FAIL_OUT(err, s, ...)                                          \
  do {                                                                    \
    const vt_status vt_fail_s_ = (s);                                     \
    (void)vt_err_set((err), vt_fail_s_, __FILE__, __LINE__, __VA_ARGS__); \
    rc = vt_fail_s_;                                                      \
    goto out;                                                             \
  } while (0)

/* ------------------------------------------------------------------ invariants */

/* What only a mistake in our own code can make false; whatever a user, a file or another rank can cause is a vt_status.
 * Where the build defines VT_CHECKED (dev, asan, fuzz) a false condition ends the process after one line on stderr;
 * elsewhere the condition is compiled and never evaluated.  It may call functions, but change nothing. */
#ifdef VT_CHECKED
#define VT_ASSERT(cond) ((cond) ? (void)0 : vt_assert_failed(__FILE__, __LINE__, __func__, #cond))
#else
#define VT_ASSERT(cond) ((void)(0 && (cond)))
#endif
/* Writes `file:line: function: broken invariant: cond` to stderr and calls abort(). */
_Noreturn void vt_assert_failed(const char *file, int line, const char *function, const char *cond);

/* ------------------------------------------------------------------ memory */

/* Zeroed, 64-byte aligned array of n items of `size` bytes; *p is NULL on failure (VT_EINVAL: n*size overflows,
 * VT_ENOMEM).  Free with vt_free(), which accepts NULL. */
VT_MUST_CHECK vt_status vt_calloc64(void **p, size_t n, size_t size, vt_err *err);
void vt_free(void *p);

/* The same into a pointer of any type, e.g. VT_TRY(VT_NEW(s->x, n, err), err, "..."): zeroed room for n of what `ptr`
 * points to.  NULL on failure; what it pointed to before is not freed.  (A cast of &s->x to void ** would be undefined:
 * vt_calloc64 would store a void * where a pointer of another type lives.) */
#define VT_NEW(ptr, n, err)                                                                 \
  __extension__({                                                                           \
    void *vt_new_p_ = NULL;                                                                 \
    const vt_status vt_new_s_ = vt_calloc64(&vt_new_p_, (size_t)(n), sizeof *(ptr), (err)); \
    (ptr) = vt_new_p_;                                                                      \
    vt_new_s_;                                                                              \
  })

/* More room in the same way: VT_GROW(s->x, s->n, cap, err) gives zeroed room for `cap` items, of which the first `used`
 * are the old ones, and frees the old room.  On failure all is as before. */
VT_MUST_CHECK vt_status vt_grow64(void **p, size_t used, size_t cap, size_t size, vt_err *err);
#define VT_GROW(ptr, used, cap, err)                                                                        \
  __extension__({                                                                                           \
    void *vt_new_p_ = (ptr);                                                                                \
    const vt_status vt_new_s_ = vt_grow64(&vt_new_p_, (size_t)(used), (size_t)(cap), sizeof *(ptr), (err)); \
    (ptr) = vt_new_p_;                                                                                      \
    vt_new_s_;                                                                                              \
  })

/* ------------------------------------------------------------------ log */

typedef enum vt_log_level { VT_LOG_DEBUG, VT_LOG_INFO, VT_LOG_WARN, VT_LOG_ERROR } vt_log_level;
/* `line` is the logfmt text without time, level, module and newline. */
typedef void vt_log_sink(void *ctx, vt_log_level level, const char *module, const char *line);
/* Called once by main; before that vt_log does nothing. */
void vt_log_install(vt_log_sink *sink, void *ctx, vt_log_level least);
void vt_log(vt_log_level level, const char *module, const char *fmt, ...) VT_PRINTF(3, 4);

/* ------------------------------------------------------------------ text */

/* A growing string, always NUL-terminated once something was added.  Out of memory is remembered in `failed` and
 * reported by vt_buf_check, so that callers need not test every line.  Zero-initialise; free with vt_buf_free. */
struct vt_buf {
  char *s;
  size_t len, cap;
  int failed;
};
void vt_buf_add(vt_buf *b, const void *bytes, size_t n);
void vt_buf_printf(vt_buf *b, const char *fmt, ...) VT_PRINTF(2, 3);
VT_MUST_CHECK vt_status vt_buf_check(const vt_buf *b, vt_err *err);
void vt_buf_free(vt_buf *b);

/* Strict numbers: decimal text of which every character is used; no blanks, no locale, no hexadecimal, no nan or inf,
 * no overflow; a double may underflow to 0.  Return 1 and set *out, or 0 and leave it. */
int vt_parse_f64(const char *s, size_t n, double *out);
int vt_parse_i64(const char *s, size_t n, int64_t *out);

/* Least number of single-character edits from a to b, at most `limit`+1 (for did-you-mean). */
int vt_edit_distance(const char *a, const char *b, int limit);

/* ------------------------------------------------------------------ files, time */

/* Open for reading what is a file, or a character device: a folder, FIFO, socket or block device is VT_EIO, "'path' is
 * a FIFO (named pipe), expected a file", and nothing waits for whoever would write into it.  fclose it. */
VT_MUST_CHECK vt_status vt_file_open(const char *path, FILE **f, vt_err *err);
/* What an st_mode is that vt_file_open refuses, in words; NULL: it takes it. */
const char *vt_file_kind(unsigned mode);
/* The whole file as a NUL-terminated block that the caller frees with vt_free; VT_EIO if it cannot be read,
 * VT_EPARSE if it is larger than `most` bytes. */
VT_MUST_CHECK vt_status vt_file_read(const char *path, size_t most, char **data, size_t *n, vt_err *err);
/* The bytes of a file that people gave, expanded where it begins like gzip or xz, whatever its name; several members
 * follow each other.  VT_EPARSE by name: data that are damaged or cut, another compression, UTF-16, what needs more
 * than 128 MiB to be expanded, and what becomes more than 64 MiB and more than 1000 times its size. */
typedef struct vt_input vt_input;
/* Takes `file`, closes it after a failure, too. */
VT_MUST_CHECK vt_status vt_input_open(vt_input **s, const char *name, FILE *file, vt_err *err);
/* Up to `cap` bytes; fewer only at the end. */
VT_MUST_CHECK vt_status vt_input_read(vt_input *s, void *to, size_t cap, size_t *n, vt_err *err);
int vt_input_expands(const vt_input *s); /* it is compressed */
void vt_input_close(vt_input *s);
/* A whole text that people gave, as vt_file_read and through a vt_input; `most` counts expanded bytes.  VT_EPARSE also
 * by vt_text_whole. */
VT_MUST_CHECK vt_status vt_text_read(const char *path, size_t most, char **data, size_t *n, vt_err *err);
/* VT_EPARSE with name and line when the last line has no newline: a file that was cut inside its last number would read
 * as another number.  Blanks behind the last newline are none. */
VT_MUST_CHECK vt_status vt_text_whole(const char *name, const char *text, size_t n, vt_err *err);
/* Bytes of the byte order mark at the beginning of a text: 3 (UTF-8) or 0. */
size_t vt_text_mark(const char *text, size_t n);
/* A piece of text that something else holds; not NUL-terminated. */
typedef struct vt_span {
  const char *s;
  size_t n;
} vt_span;
/* The next word of a line after *at (advanced), between characters of `between`; 0 if there is none. */
int vt_span_token(vt_span line, const char *between, size_t *at, vt_span *t);
int vt_span_is(vt_span t, const char *word);      /* in any case of letters */
int vt_span_column(vt_span line, const char *at); /* of a character of the line, from 1 on */
int vt_span_shown(vt_span t);                     /* of its bytes, in messages: at most 40 */

/* Lines of a text that people gave: a file or pipe, plain or compressed (vt_input), with or without a byte order mark.
 * Errors carry path:line:col: a line longer than VT_LINE_MOST bytes, a NUL byte, a last line without an end
 * (vt_text_whole) are VT_EPARSE.  `path` is copied, the text of open_text is borrowed until close. */
enum { VT_LINE_MOST = 1 << 16 };
typedef struct vt_lines vt_lines;
VT_MUST_CHECK vt_status vt_lines_open(vt_lines **l, const char *path, vt_err *err);
VT_MUST_CHECK vt_status vt_lines_open_text(vt_lines **l, const char *name, const char *text, size_t n, vt_err *err);
/* The next line without its end (LF or CRLF), valid until the next call; *got = 0 at the end of the text. */
VT_MUST_CHECK vt_status vt_lines_next(vt_lines *l, vt_span *line, int *got, vt_err *err);
void vt_lines_again(vt_lines *l);       /* the line that was read last is the next one, too */
int vt_lines_number(const vt_lines *l); /* of the line that was read last, from 1 on */
const char *vt_lines_name(const vt_lines *l);
void vt_lines_close(vt_lines *l);

/* Mistakes of one input, told together.  Zero-initialise; vt_mistakes_free. */
enum { VT_MISTAKES_MOST = 20 };
typedef struct vt_mistakes {
  int n;
  vt_buf text; /* one line each */
} vt_mistakes;
/* Take the error of the input `name`, and clear it.  VT_EPARSE: these are enough, nobody need look for more. */
VT_MUST_CHECK vt_status vt_mistakes_note(vt_mistakes *m, const char *name, vt_err *err);
void vt_mistakes_free(vt_mistakes *m);

/* A new empty file beside `path`, open for writing: `path`.tmp-<pid>-<16 random hex digits>.  Nobody can have prepared
 * a file or link of that name, and none is followed (O_EXCL, O_NOFOLLOW); its mode is 0666 less the umask.  Close *fd;
 * rename or unlink tmp. VT_EIO. */
VT_MUST_CHECK vt_status vt_file_beside(const char *path, char *tmp, size_t cap, int *fd, vt_err *err);
/* 1 if a file of this name is one that vt_file_beside makes, or what earlier builds made (.tmp-<pid>, .vck.tmp): when
 * no process lives that may write it, it is a left-over. */
int vt_file_is_temporary(const char *name);
/* Open a log for appending, made if it is not there; no link is followed, and what is not a regular file is refused.  A
 * descriptor, or -1 and errno. */
int vt_file_append_fd(const char *path);
/* Whole or not at all: write a file of vt_file_beside, fsync, rename, fsync the folder. VT_EIO. */
VT_MUST_CHECK vt_status vt_file_replace(const char *path, const void *data, size_t n, vt_err *err);
/* The same, but what stood at `path` before is at `path`.prev afterwards: at every moment one of the two is whole.  One
 * writer at a time. VT_EIO. */
VT_MUST_CHECK vt_status vt_file_rotate(const char *path, const void *data, size_t n, vt_err *err);
/* Rename within one file system, then fsync the folder, so that the new name lasts. VT_EIO. */
VT_MUST_CHECK vt_status vt_file_move(const char *from, const char *to, vt_err *err);
/* Who may change files that several jobs share (the store, its checksum, summaries, the record of a campaign)?  The
 * leader of a folder installs a fence; while one is installed, temporary names carry its mark and nothing is renamed
 * before may() was asked.  Whoever takes the lead removes the temporary files of marks before its own, so that a rename
 * that comes late has no source: a job that slept changes nothing that is shared.  NULL: no fence.  Not copied. */
typedef struct vt_fence {
  char mark[160];                           /* part of a file's name, nobody else's: "<epoch>.<job>" */
  vt_status (*may)(void *ctx, vt_err *err); /* VT_ESTOP: not any more */
  void *ctx;
} vt_fence;
void vt_fence_install(const vt_fence *fence);
VT_MUST_CHECK vt_status vt_fence_check(vt_err *err); /* VT_OK without a fence */
/* path.<mark>.tmp; without a fence path.0.<pid>.tmp.  VT_EINVAL: too long. */
VT_MUST_CHECK vt_status vt_fence_name(const char *path, char *tmp, size_t cap, vt_err *err);
/* A name that vt_fence_name made; *epoch: the number its mark begins with. */
int vt_fence_is_name(const char *name, int64_t *epoch);
/* vt_file_move of such a temporary file, asking the fence right before.  The source is removed if that fails. */
VT_MUST_CHECK vt_status vt_fence_move(const char *tmp, const char *path, vt_err *err);
/* The bytes, synced, in a new file tmp (O_EXCL; what has that name is removed first). */
VT_MUST_CHECK vt_status vt_fence_write(const char *tmp, const void *data, size_t n, vt_err *err);
/* vt_file_replace behind the fence. */
VT_MUST_CHECK vt_status vt_file_publish(const char *path, const void *data, size_t n, vt_err *err);
/* The same without any fsync, for a view that may be lost: a reader sees one of the two files whole, a power loss may
 * leave either, or an empty one. */
VT_MUST_CHECK vt_status vt_file_publish_view(const char *path, const void *data, size_t n, vt_err *err);
/* mkdir -p. */
VT_MUST_CHECK vt_status vt_dir_make(const char *path, vt_err *err);
/* fsync of a folder, so that a rename or a new name in it lasts. */
VT_MUST_CHECK vt_status vt_dir_sync(const char *path, vt_err *err);
/* CRC-32 (IEEE, zlib's), continued from `crc` (0 to begin). */
uint32_t vt_crc32(uint32_t crc, const void *p, size_t n);
/* The CRC of two stretches, one behind the other, from those of each; n_b: bytes of the second. */
uint32_t vt_crc32_join(uint32_t a, uint32_t b, uint64_t n_b);
/* Monotonic seconds; CPU seconds of this process; an interruptible-safe nap. */
double vt_now_s(void);
double vt_cpu_s(void);
void vt_nap_s(double s);
/* The date: 2026-02-03T04:05:06.789Z. */
void vt_utc_now(char text[32]);

/* ------------------------------------------------------------------ rests, signs of life */

/* How often something may be done that is not the work but touches files (status.json, a look for HALT, heartbeats).
 * The rest counts from the END of the last time and is so long that this one thing takes no more than VT_PACE_SHARE of
 * the time: five of them take at most 2 %.  But it is never longer than most_s: what must be seen within some time is
 * seen within that, whatever it costs.  What costs next to nothing (VT_PACE_SHARE of every_s) keeps its rhythm: every
 * every_s, from begin to begin.  What was slow once and not the time before or after is a hiccup (a busy machine): of
 * the last two costs the smaller one counts.  The first time that this is a quarter of a second the log says so:
 * ev=slow_storage what="..." took_s=... rest_s=...  No clock: the caller says what time it is.  All times are seconds.
 * Give what, every_s and most_s (>= every_s), the rest is 0; it is due at once. */
#define VT_PACE_SHARE 0.004
typedef struct vt_pace {
  const char *what;   /* for the log, borrowed */
  double every_s;     /* least rest */
  double most_s;      /* longest rest */
  double began, next; /* the last begin; when it is due again */
  double before;      /* what the last time took */
  int said;           /* the log knows that it is slow */
} vt_pace;
int vt_pace_due(const vt_pace *p, double now);
void vt_pace_begin(vt_pace *p, double now);
void vt_pace_end(vt_pace *p, double now);

/* A sign of life to whom it may concern, from loops that take long outside of replicas: reading, hashing, fitting.
 * Installed by the program; cheap, may be called often; errno is kept.  NULL: nobody listens. */
void vt_alive_install(void (*alive)(void *ctx), void *ctx);
void vt_alive(void);

/* ------------------------------------------------------------------ random numbers
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC'11).  Numbers are a pure function of (key, counter): no generator
 * state exists, so nothing can be restored wrongly.  key = first 8 bytes of SHA-256(seed, uid, attempt);
 * counter = (stream << 16 | draw, step low, step high, atom).  See DECISIONS.md. */

typedef enum vt_stream {
  VT_STREAM_PACK = 1,   /* random packing                     */
  VT_STREAM_VELOCITY,   /* Maxwell-Boltzmann velocities       */
  VT_STREAM_THERMOSTAT, /* stochastic velocity rescaling      */
  VT_STREAM_BAROSTAT,   /* stochastic cell rescaling          */
  VT_STREAM_LANGEVIN,   /* Langevin noise                     */
  VT_STREAM_BOOTSTRAP,  /* resampling in fits                 */
  VT_STREAM_TEST,       /* tests                              */
  VT_STREAM_TRAIN       /* order of frames, first numbers     */
} vt_stream;

void vt_rng_block(uint64_t key, const uint32_t ctr[4], uint32_t out[4]);
/* Two uniforms in (0,1), 52 bits each. draw < 65536. */
void vt_rng_uniform2(uint64_t key, vt_stream stream, uint32_t draw, int64_t step, uint32_t atom, double u[2]);
/* Two independent standard normals (Box-Muller). */
void vt_rng_normal2(uint64_t key, vt_stream stream, uint32_t draw, int64_t step, uint32_t atom, double g[2]);

/* ------------------------------------------------------------------ enums that people read */

/* What one value of an enum is called: in a few words (documents of the store, tables) and in a sentence.  A list
 * X(constant, name, text) makes both the enum and this table; the constants count from 0. */
typedef struct vt_reason {
  const char *name, *text;
} vt_reason;
typedef struct vt_reasons {
  const vt_reason *row; /* [n] */
  int n;
} vt_reasons;
#define VT_REASON_ENUM(constant, name, text) constant,
#define VT_REASON_ROW(constant, name, text)  {name, text},
/* The table of a list, as `const vt_reasons` of that name. */
#define VT_REASONS(table, LIST)                                 \
  static const vt_reason table##_row[] = {LIST(VT_REASON_ROW)}; \
  const vt_reasons table = {table##_row, (int)(sizeof table##_row / sizeof *table##_row)}

/* Sentence of value k; "unknown" for one that the enum does not have. */
static inline const char *vt_reason_text(const vt_reasons *r, int k)
{
  return k >= 0 && k < r->n ? r->row[k].text : "unknown";
}

/* ------------------------------------------------------------------ build identity */

/* Version, git hash, compiler ... as fixed strings; build_id is one short word for results and logs. */
typedef struct vt_build {
  const char *version, *git, *compiler, *flags, *build_id;
} vt_build;
const vt_build *vt_build_info(void);

#endif
