/* libyaml's events -> a tree with marks.
 *
 * The event interface, because the document interface is quadratic in nesting and expands nothing with a limit: depth,
 * events, nodes (copies of anchors included) and keys of a mapping are bounded here, so no input costs more than some
 * milliseconds.  No recursion. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/config_impl.h"

enum { MOST_DEPTH = 64, MOST_EVENTS = 100000, MOST_NODES = 200000, MOST_KEYS = 256, MOST_ANCHORS = 256 };

typedef struct builder {
  vt__yaml *y;
  vt_diags *d;
  vt_err *err;
  int depth;
  struct {
    int node;
    int key; /* of a mapping: the key that waits for its value, 0 if a key comes next */
    int n_keys;
  } open[MOST_DEPTH];
  int n_anchors;
  struct {
    int name, node; /* offset in the pool */
  } anchor[MOST_ANCHORS];
} builder;

static vt__mark mark_of(yaml_mark_t m) { return (vt__mark){(int)m.line + 1, (int)m.column + 1}; }

#define REFUSE(b, at, ...) return vt__diag_error((b)->d, (at), "", __VA_ARGS__), VT_EPARSE

/* ------------------------------------------------------------------ nodes */

static vt_status room_for(builder *b, int more)
{
  vt__yaml *y = b->y;
  if (y->n + more <= y->cap) return VT_OK;
  int cap = y->cap ? y->cap : 64;
  while (cap < y->n + more) cap *= 2; /* at most 2 * MOST_NODES */
  vt__yaml_node *grown = realloc(y->node, (size_t)cap * sizeof *grown);
  if (!grown) VT_FAIL(b->err, VT_ENOMEM, "out of memory for %d YAML nodes", cap);
  y->node = grown;
  y->cap = cap;
  return VT_OK;
}

static vt_status pool_add(builder *b, const void *text, size_t n, int *offset)
{
  *offset = (int)b->y->pool.len; /* the pool is not larger than a few times the file, which is at most 1 MiB */
  vt_buf_add(&b->y->pool, text, n);
  vt_buf_add(&b->y->pool, "", 1);
  return vt_buf_check(&b->y->pool, b->err);
}

/* A place for one more child in the innermost open container; of a mapping this may complete a pair. */
static vt_status attach(builder *b, int is_scalar, vt__mark at)
{
  if (b->depth == 0) return VT_OK;
  int parent = b->open[b->depth - 1].node;
  if (b->y->node[parent].kind != VT__MAP) return VT_OK;
  int *key = &b->open[b->depth - 1].key;
  if (*key) {
    *key = 0;
    return VT_OK;
  }
  if (!is_scalar) REFUSE(b, at, "a key must be a plain word");
  if (++b->open[b->depth - 1].n_keys > MOST_KEYS) REFUSE(b, at, "more than %d keys in one mapping", MOST_KEYS);
  *key = b->y->n;
  return VT_OK;
}

static vt_status yaml_push(builder *b, vt__yaml_node x)
{
  if (b->y->n >= MOST_NODES) REFUSE(b, x.at, "more than %d values, anchors expanded", MOST_NODES);
  VT_PASS(room_for(b, 1));
  x.end = b->y->n + 1;
  b->y->node[b->y->n++] = x;
  return VT_OK;
}

/* Append a copy of the nodes [from, to). */
static vt_status yaml_copy(builder *b, int from, int to, vt__mark at)
{
  int n = to - from, shift = b->y->n - from;
  if (n > MOST_NODES - b->y->n) REFUSE(b, at, "more than %d values, anchors expanded", MOST_NODES);
  VT_PASS(room_for(b, n));
  for (int i = from; i < to; i++) {
    vt__yaml_node x = b->y->node[i];
    x.end += shift;
    b->y->node[b->y->n++] = x;
  }
  return VT_OK;
}

/* The key equal to `text` among the keys [first, end) of a mapping, or 0. */
static int find_key(const vt__yaml *y, int first, int end, const char *text)
{
  for (int k = first; k < end; k = y->node[k + 1].end)
    if (!y->node[k].merged && strcmp(vt__yaml_text(y, k), text) == 0) return k;
  return 0;
}

static vt_status check_key(builder *b, int key)
{
  const vt__yaml *y = b->y;
  const vt__yaml_node *k = &y->node[key];
  const char *text = vt__yaml_text(y, key);
  int twin = find_key(y, b->open[b->depth - 1].node + 1, key, text);
  if (twin) REFUSE(b, k->at, "key '%.60s' stands twice in this mapping, first at line %d", text, y->node[twin].at.line);
  return VT_OK;
}

/* ------------------------------------------------------------------ anchors and merge keys */

static vt_status note_anchor(builder *b, const yaml_char_t *name, vt__mark at)
{
  if (!name) return VT_OK;
  if (b->n_anchors == MOST_ANCHORS) REFUSE(b, at, "more than %d anchors", MOST_ANCHORS);
  int offset = 0;
  VT_PASS(pool_add(b, name, strlen((const char *)name), &offset));
  b->anchor[b->n_anchors].name = offset;
  b->anchor[b->n_anchors++].node = b->y->n; /* the node that is pushed next */
  return VT_OK;
}

static int is_open(const builder *b, int node)
{
  for (int i = 0; i < b->depth; i++)
    if (b->open[i].node == node) return 1;
  return 0;
}

static vt_status on_alias(builder *b, const yaml_event_t *ev)
{
  const char *name = (const char *)ev->data.alias.anchor;
  vt__mark at = mark_of(ev->start_mark);
  int i = b->n_anchors - 1; /* the latest of a name counts */
  while (i >= 0 && strcmp(b->y->pool.s + b->anchor[i].name, name) != 0) i--;
  if (i < 0) REFUSE(b, at, "no anchor '&%.60s' stands before this", name);
  int from = b->anchor[i].node;
  if (is_open(b, from)) REFUSE(b, at, "'*%.60s' stands inside the value that it names", name);
  VT_PASS(attach(b, 0, at));
  return yaml_copy(b, from, b->y->node[from].end, at);
}

/* Copy into the mapping `m`, which ends the tree, those pairs of `source` whose keys it does not have. */
static vt_status merge_one(builder *b, int m, int source, vt__mark at)
{
  if (b->y->node[source].kind != VT__MAP) REFUSE(b, at, "'<<' needs a mapping or a list of mappings");
  int end = b->y->node[source].end;
  for (int k = source + 1; k < end; k = b->y->node[k + 1].end) {
    if (b->y->node[k].merged || find_key(b->y, m + 1, b->y->n, vt__yaml_text(b->y, k))) continue;
    VT_PASS(yaml_copy(b, k, b->y->node[k + 1].end, at));
  }
  return VT_OK;
}

static vt_status merge_all(builder *b, int m)
{
  int end = b->y->n;
  for (int k = m + 1; k < end; k = b->y->node[k + 1].end) {
    if (b->y->node[k].quoted || strcmp(vt__yaml_text(b->y, k), "<<") != 0) continue;
    b->y->node[k].merged = 1;
    vt__mark at = b->y->node[k].at;
    int from = k + 1, to = b->y->node[k + 1].end;
    if (b->y->node[from].kind != VT__SEQ) {
      VT_PASS(merge_one(b, m, from, at));
      continue;
    }
    for (int item = from + 1; item < to; item = b->y->node[item].end) VT_PASS(merge_one(b, m, item, at));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ events */

static vt_status on_scalar(builder *b, const yaml_event_t *ev)
{
  const yaml_char_t *s = ev->data.scalar.value;
  size_t n = ev->data.scalar.length;
  vt__mark at = mark_of(ev->start_mark);
  for (size_t i = 0; i < n; i++)
    if (s[i] < 0x20 || s[i] == 0x7f) REFUSE(b, at, "a value is one line without control characters");
  if (ev->data.scalar.tag) REFUSE(b, at, "tags such as '%.60s' are not supported", (const char *)ev->data.scalar.tag);
  int offset = 0;
  VT_PASS(pool_add(b, s, n, &offset));
  VT_PASS(note_anchor(b, ev->data.scalar.anchor, at));
  VT_PASS(attach(b, 1, at));
  VT_PASS(yaml_push(b, (vt__yaml_node){.kind = VT__SCALAR,
                                       .quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE,
                                       .text = offset,
                                       .len = (int)n,
                                       .at = at}));
  int is_key = b->depth && b->open[b->depth - 1].key == b->y->n - 1;
  return is_key ? check_key(b, b->y->n - 1) : VT_OK;
}

static vt_status on_start(builder *b, const yaml_event_t *ev)
{
  int is_map = ev->type == YAML_MAPPING_START_EVENT;
  const yaml_char_t *tag = is_map ? ev->data.mapping_start.tag : ev->data.sequence_start.tag;
  const yaml_char_t *anchor = is_map ? ev->data.mapping_start.anchor : ev->data.sequence_start.anchor;
  vt__mark at = mark_of(ev->start_mark);
  if (tag) REFUSE(b, at, "tags such as '%.60s' are not supported", (const char *)tag);
  if (b->depth == MOST_DEPTH) REFUSE(b, at, "nested more than %d deep", MOST_DEPTH);
  VT_PASS(note_anchor(b, anchor, at));
  VT_PASS(attach(b, 0, at));
  VT_PASS(yaml_push(b, (vt__yaml_node){.kind = is_map ? VT__MAP : VT__SEQ, .at = at}));
  b->open[b->depth].node = b->y->n - 1;
  b->open[b->depth].key = 0;
  b->open[b->depth++].n_keys = 0;
  return VT_OK;
}

static vt_status on_end(builder *b)
{
  int node = b->open[b->depth - 1].node; /* stays open while merging, so that it ends with its last copy */
  if (b->y->node[node].kind == VT__MAP) VT_PASS(merge_all(b, node));
  b->y->node[node].end = b->y->n;
  b->depth--;
  return VT_OK;
}

static vt_status on_event(builder *b, const yaml_event_t *ev)
{
  switch (ev->type) {
  case YAML_DOCUMENT_START_EVENT:
    if (b->y->n) REFUSE(b, mark_of(ev->start_mark), "a second document begins here; a campaign is one document");
    return VT_OK;
  case YAML_SCALAR_EVENT:
    return on_scalar(b, ev);
  case YAML_ALIAS_EVENT:
    return on_alias(b, ev);
  case YAML_SEQUENCE_START_EVENT:
  case YAML_MAPPING_START_EVENT:
    return on_start(b, ev);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    return on_end(b);
  default:
    return VT_OK;
  }
}

/* `[700, 800] K`: a word behind a list, where its numbers have none; "; write [700 K, 800 K]" for it, else "". */
static void unit_behind_list(const char *text, size_t n, size_t at, char *out, size_t cap)
{
  size_t close = at, open, used = 0;
  vt_span word = {text + at, 0}, item;
  out[0] = '\0';
  while (at + word.n < n && isalpha((unsigned char)text[at + word.n])) word.n++;
  while (close > 0 && text[close - 1] == ' ') close--;
  if (word.n == 0 || word.n > 20 || close < 2 || text[--close] != ']') return;
  for (open = close; open > 0 && text[open - 1] != '[' && text[open - 1] != '\n';) open--;
  if (open == 0 || text[open - 1] != '[') return;
  const vt_span list = {text + open, close - open};
  for (size_t k = 0; vt_span_token(list, ", ", &k, &item) && used < cap;) {
    if (!isdigit((unsigned char)*item.s) || strspn(item.s, "0123456789.e+-") < item.n)
      return; /* has a word of its own */
    used += (size_t)snprintf(out + used, cap - used, "%s%.*s %.*s", used ? ", " : "", (int)item.n, item.s, (int)word.n,
                             word.s);
  }
  if (used >= cap / 2 || used == 0) out[0] = '\0';
}

static vt_status syntax_error(builder *b, const yaml_parser_t *p, const char *text, size_t n)
{
  if (p->error == YAML_MEMORY_ERROR) VT_FAIL(b->err, VT_ENOMEM, "out of memory while reading YAML");
  vt__mark at = mark_of(p->problem_mark);
  if (p->error == YAML_READER_ERROR) { /* has an offset instead of a mark */
    size_t to = p->problem_offset < n ? p->problem_offset : n, line_start = 0;
    at = (vt__mark){1, 1};
    for (size_t i = 0; i < to; i++)
      if (text[i] == '\n') at.line++, line_start = i + 1;
    at.col = (int)(to - line_start) + 1;
  }
  char with_units[240] = "";
  if (p->error == YAML_PARSER_ERROR && p->problem_mark.index < n)
    unit_behind_list(text, n, p->problem_mark.index, with_units, sizeof with_units);
  if (with_units[0]) REFUSE(b, at, "a unit stands behind each number of a list: write [%s]", with_units);
  REFUSE(b, at, "%s%s%s", p->context ? p->context : "", p->context ? ": " : "",
         p->problem ? p->problem : "not valid YAML");
}

static vt_status all_events(builder *b, yaml_parser_t *p, const char *text, size_t n)
{
  for (int i = 0;; i++) {
    yaml_event_t ev;
    if (!yaml_parser_parse(p, &ev)) return syntax_error(b, p, text, n);
    int last = ev.type == YAML_STREAM_END_EVENT;
    vt__mark at = mark_of(ev.start_mark);
    vt_status rc = on_event(b, &ev);
    yaml_event_delete(&ev);
    if (rc != VT_OK || last) return rc;
    if (i == MOST_EVENTS) REFUSE(b, at, "more than %d values and brackets", MOST_EVENTS);
  }
}

vt_status vt__yaml_parse(vt__yaml *y, const char *text, size_t n, vt_diags *d, vt_err *err)
{
  builder b = {.y = y, .d = d, .err = err};
  yaml_parser_t p;
  const size_t mark = vt_text_mark(text, n); /* libyaml takes it for a letter where it knows the encoding */
  text += mark;
  n -= mark;
  *y = (vt__yaml){0};
  if (!yaml_parser_initialize(&p)) VT_FAIL(err, VT_ENOMEM, "out of memory for the YAML parser");
  yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&p, (const unsigned char *)text, n);
  vt_status rc = all_events(&b, &p, text, n);
  yaml_parser_delete(&p);
  if (rc == VT_OK && y->n == 0) {
    vt__diag_error(d, (vt__mark){1, 1}, "", "the file is empty");
    rc = VT_EPARSE;
  }
  return rc;
}

/* ------------------------------------------------------------------ reading the tree */

void vt__yaml_free(vt__yaml *y)
{
  free(y->node);
  vt_buf_free(&y->pool);
  *y = (vt__yaml){0};
}

const char *vt__yaml_text(const vt__yaml *y, int node) { return y->pool.s + y->node[node].text; }

/* The first child from `child` on that is no merge key, or 0. */
static int skip_merged(const vt__yaml *y, int parent, int child)
{
  int end = y->node[parent].end;
  while (child < end && y->node[child].merged) child = y->node[child + 1].end;
  return child < end ? child : 0;
}

int vt__yaml_first(const vt__yaml *y, int parent)
{
  return y->node[parent].kind == VT__SCALAR ? 0 : skip_merged(y, parent, parent + 1);
}

int vt__yaml_next(const vt__yaml *y, int parent, int child)
{
  int is_map = y->node[parent].kind == VT__MAP;
  return skip_merged(y, parent, y->node[child + is_map].end);
}

int vt__yaml_is_null(const vt__yaml *y, int node)
{
  const vt__yaml_node *x = &y->node[node];
  if (x->kind != VT__SCALAR || x->quoted) return 0;
  const char *s = vt__yaml_text(y, node);
  return x->len == 0 || strcmp(s, "~") == 0 || strcmp(s, "null") == 0;
}
