/* share.c - one index for many ranks: each shard is read by one of them, and the first one takes in what they found;
 * some of its records for another rank. */
#include <string.h>
#include <sys/stat.h>

#include "runner/comm/comm.h"
#include "runner/journal/journal_impl.h"

/* ------------------------------------------------------------------ numbers and texts in a row of bytes */

typedef struct bytes {
  const char *at, *end;
} bytes;

static int bytes_get(bytes *b, void *to, size_t n)
{
  if ((size_t)(b->end - b->at) < n) return 0;
  if (n) memcpy(to, b->at, n);
  b->at += n;
  return 1;
}

/* A name with its NUL. */
static const char *bytes_name(bytes *b)
{
  const char *name = b->at, *nul = memchr(b->at, '\0', (size_t)(b->end - b->at));
  if (!nul || nul - name >= VT_SHARD_NAME) return NULL;
  b->at = nul + 1;
  return name;
}

static void put_name(vt_buf *out, const char *name) { vt_buf_add(out, name, strlen(name) + 1); }

/* ------------------------------------------------------------------ reading shards on all ranks */

/* What is known of a shard before it is read, and after it: then flaws and records follow that are new. */
typedef struct shard_state {
  uint64_t good, seen;
  int32_t n_flaws, n_records;
} shard_state;

/* Shards are read in groups of so many bytes, or so many files. */
enum { GROUP_BYTES = 32 << 20, GROUP_FILES = 64 };

typedef struct found {
  vt_buf text; /* of one shard: shard_state, flaws, records */
} found;

typedef struct sharing {
  vt_journal *j;
  const char *dir;
  int *grown;    /* [n_grown] shards that have grown, in the order of their names */
  int *first;    /* [n_groups + 1] in `grown`  */
  found *answer; /* [n_grown] */
  int n_grown, n_groups;
} sharing;

static void sharing_free(sharing *s)
{
  for (int k = 0; s->answer && k < s->n_grown; k++) vt_buf_free(&s->answer[k].text);
  vt_free(s->grown);
  vt_free(s->first);
  vt_free(s->answer);
}

/* Which shards are to be read.  A shard that cannot be examined is: reading it says why. */
static vt_status sharing_plan(sharing *s, vt_err *err)
{
  vt_journal *j = s->j;
  uint64_t group = 0;
  VT_PASS(vt__journal_list(j, err));
  VT_PASS(VT_NEW(s->grown, (size_t)j->n_shards + 1, err));
  VT_PASS(VT_NEW(s->first, (size_t)j->n_shards + 2, err));
  for (int k = 0; k < j->n_shards; k++) {
    struct stat st;
    char path[VT__SHARD_PATH];
    const vt__shard *of = &j->shard[j->by_name[k]];
    vt_alive();
    vt__shard_path(j, of, path, sizeof path);
    const int known = stat(path, &st) == 0;
    if (known && S_ISREG(st.st_mode) && of->good > 0 && of->good == of->seen && (uint64_t)st.st_size == of->seen)
      continue;
    const uint64_t more = known && (uint64_t)st.st_size > of->good ? (uint64_t)st.st_size - of->good : 0;
    const int open = s->n_groups > 0 ? s->n_grown - s->first[s->n_groups - 1] : 0;
    if (s->n_groups == 0 || open >= GROUP_FILES || group + more > GROUP_BYTES) {
      s->first[s->n_groups++] = s->n_grown;
      group = 0;
    }
    group += more;
    j->shared.bytes += more;
    s->grown[s->n_grown++] = j->by_name[k];
  }
  s->first[s->n_groups] = s->n_grown;
  return VT_NEW(s->answer, (size_t)s->n_grown + 1, err);
}

static vt_status share_ask(void *ctx, int64_t i, vt_buf *question, vt_err *err)
{
  const sharing *s = ctx;
  (void)err;
  for (int k = s->first[i]; k < s->first[i + 1]; k++) {
    const vt__shard *of = &s->j->shard[s->grown[k]];
    const shard_state was = {.good = of->good, .seen = of->seen};
    put_name(question, of->name);
    vt_buf_add(question, &was, sizeof was);
  }
  return VT_OK;
}

static void share_say(const vt_journal *j, int shard, vt_buf *answer)
{
  const vt__shard *s = &j->shard[shard];
  const shard_state is = {.good = s->good, .seen = s->seen, .n_flaws = s->n_flaws, .n_records = j->index.n};
  vt_buf_add(answer, &is, sizeof is);
  if (s->n_flaws) vt_buf_add(answer, s->flaw, (size_t)s->n_flaws * sizeof *s->flaw);
  if (j->index.n) vt_buf_add(answer, j->index.rec, (size_t)j->index.n * sizeof *j->index.rec);
}

/* Every shard of the question with a journal of its own, which then knows the new records alone. */
static vt_status share_work(void *ctx, const char *question, size_t n, vt_buf *answer, vt_err *err)
{
  const sharing *s = ctx;
  bytes b = {question, question + n};
  double spent = vt_cpu_s();
  vt_buf_add(answer, &spent, sizeof spent); /* room for it */
  while (b.at < b.end) {
    vt_journal *j;
    shard_state was;
    const char *name = bytes_name(&b);
    if (!name || !bytes_get(&b, &was, sizeof was)) VT_FAIL(err, VT_EBUG, "a question about shards that ends early");
    VT_PASS(vt_journal_blank(&j, s->dir, err));
    vt_status rc = vt__journal_add_shard(j, name, err);
    if (rc == VT_OK) {
      j->shard[0].good = was.good;
      j->shard[0].seen = was.seen;
      rc = vt__journal_read_shard(j, 0, err);
    }
    if (rc == VT_OK) share_say(j, 0, answer);
    vt_journal_free(j);
    VT_PASS(rc);
  }
  spent = vt_cpu_s() - spent;
  VT_PASS(vt_buf_check(answer, err));
  memcpy(answer->s, &spent, sizeof spent);
  return VT_OK;
}

static vt_status share_take(void *ctx, int64_t i, const char *answer, size_t n, vt_err *err)
{
  const sharing *s = ctx;
  bytes b = {answer, answer + n};
  double spent;
  if (!bytes_get(&b, &spent, sizeof spent)) VT_FAIL(err, VT_EBUG, "an answer about shards that ends early");
  s->j->shared.read_s += spent;
  if (spent > s->j->shared.longest_s) s->j->shared.longest_s = spent;
  for (int k = s->first[i]; k < s->first[i + 1]; k++) {
    shard_state is;
    const char *from = b.at;
    if (!bytes_get(&b, &is, sizeof is) || is.n_flaws < 0 || is.n_records < 0)
      VT_FAIL(err, VT_EBUG, "an answer about shards that ends early");
    const size_t more = (size_t)is.n_flaws * sizeof(vt_flaw) + (size_t)is.n_records * sizeof(vt_rec);
    if ((size_t)(b.end - b.at) < more) VT_FAIL(err, VT_EBUG, "an answer about shards that ends early");
    b.at += more;
    vt_buf_add(&s->answer[k].text, from, (size_t)(b.at - from));
    VT_PASS(vt_buf_check(&s->answer[k].text, err));
  }
  return VT_OK;
}

/* What was found in a shard becomes known; all of them in the order of their names, as one rank alone finds them. */
static vt_status share_merge(sharing *s, vt_err *err)
{
  vt_journal *j = s->j;
  for (int k = 0; k < s->n_grown; k++) {
    const vt_buf *text = &s->answer[k].text;
    bytes b = {text->s, text->s + text->len};
    vt__shard *to = &j->shard[s->grown[k]];
    shard_state is;
    vt_flaw flaw;
    vt_rec r;
    if (!text->len || !bytes_get(&b, &is, sizeof is)) VT_FAIL(err, VT_EBUG, "nothing was said about '%s'", to->name);
    for (int i = 0; i < is.n_flaws && bytes_get(&b, &flaw, sizeof flaw); i++)
      VT_PASS(vt__journal_add_flaw(to, &flaw, err));
    for (int i = 0; i < is.n_records && bytes_get(&b, &r, sizeof r); i++) {
      r.shard = s->grown[k];
      VT_PASS(vt__journal_add(j, &r, err));
    }
    to->good = is.good;
    to->seen = is.seen;
    vt_alive();
  }
  return VT_OK;
}

vt_shared vt_journal_shared(const vt_journal *j) { return j->shared; }

static void share_log(vt_journal *j, double merged_s)
{
  vt_shared *d = &j->shared;
  d->own_s += merged_s;
  if (d->groups)
    vt_log(VT_LOG_INFO, "journal", "ev=indexed groups=%d bytes=%llu records=%d read_s=%.3f longest_s=%.3f own_s=%.3f",
           d->groups, (unsigned long long)d->bytes, j->index.n, d->read_s, d->longest_s, d->own_s);
}

vt_status vt_journal_share(vt_comm *comm, const char *dir, vt_journal **j, vt_err *err)
{
  vt_status rc = VT_OK;
  sharing s = {.dir = dir};
  const int first = vt_comm_rank(comm) == 0, is_new = first && !*j;
  if (is_new) rc = vt_journal_blank(j, dir, err);
  if (rc == VT_OK && first) {
    s.j = *j;
    s.j->shared = (vt_shared){0};
    const double from = vt_cpu_s();
    rc = sharing_plan(&s, err);
    s.j->shared.own_s = vt_cpu_s() - from;
    s.j->shared.groups = s.n_groups;
  }
  rc = vt_comm_agree(comm, rc, err);
  if (rc == VT_OK)
    rc = vt_comm_deal(
        comm, &(vt_deal){.ctx = &s, .n = s.n_groups, .ask = share_ask, .work = share_work, .take = share_take}, err);
  if (rc == VT_OK) {
    const double from = vt_cpu_s();
    if (first) rc = share_merge(&s, err);
    if (rc == VT_OK && first) share_log(s.j, vt_cpu_s() - from);
    rc = vt_comm_agree(comm, rc, err);
  }
  sharing_free(&s);
  if (rc == VT_OK) return VT_OK;
  if (is_new) {
    vt_journal_free(*j);
    *j = NULL;
  }
  return vt_err_wrap(err, rc, __FILE__, __LINE__, "journal '%s'", dir);
}

/* ------------------------------------------------------------------ some records for another rank */

vt_status vt_journal_tell(const vt_journal *j, const vt_rec *const *rec, int n, vt_buf *out, vt_err *err)
{
  int32_t *as = NULL, n_names = 0; /* number of each shard in the text, from 1 */
  VT_TRY(VT_NEW(as, (size_t)j->n_shards + 1, err), err, "%d records", n);
  for (int i = 0; i < n; i++)
    if (!as[rec[i]->shard]) as[rec[i]->shard] = ++n_names;
  vt_buf_add(out, &n_names, sizeof n_names);
  n_names = 0;
  for (int i = 0; i < n; i++)
    if (as[rec[i]->shard] == n_names + 1) {
      put_name(out, j->shard[rec[i]->shard].name);
      n_names++;
    }
  const int32_t count = n;
  vt_buf_add(out, &count, sizeof count);
  for (int i = 0; i < n; i++) {
    vt_rec r = *rec[i];
    r.shard = as[r.shard] - 1;
    vt_buf_add(out, &r, sizeof r);
  }
  vt_free(as);
  return vt_buf_check(out, err);
}

vt_status vt_journal_hear(vt_journal *j, const char *text, size_t n, vt_err *err)
{
  int32_t names, records;
  bytes b = {text, text + n};
  if (j->n_shards) VT_FAIL(err, VT_EBUG, "a journal that knows something already");
  if (!bytes_get(&b, &names, sizeof names)) VT_FAIL(err, VT_EBUG, "records without a list of shards");
  for (int k = 0; k < names; k++) {
    const char *name = bytes_name(&b);
    if (!name) VT_FAIL(err, VT_EBUG, "records without a list of shards");
    VT_PASS(vt__journal_add_shard(j, name, err));
  }
  if (j->n_shards != names || !bytes_get(&b, &records, sizeof records))
    VT_FAIL(err, VT_EBUG, "records without a list of shards");
  for (int i = 0; i < records; i++) {
    vt_rec r;
    if (!bytes_get(&b, &r, sizeof r) || r.shard < 0 || r.shard >= names)
      VT_FAIL(err, VT_EBUG, "records that end early");
    VT_PASS(vt__journal_add(j, &r, err));
  }
  return VT_OK;
}
