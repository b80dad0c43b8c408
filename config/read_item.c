/* read_item.c - what every reader of the tree needs: a scalar, a list of so many items, the word that was meant. */
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"

/* ------------------------------------------------------------------ did you mean */

vt__nearest vt__nearest_to(const char *word)
{
  size_t n = strlen(word);
  int limit = n <= 3 ? 1 : n <= 6 ? 2 : 3;
  return (vt__nearest){.word = word, .distance = limit + 1};
}

void vt__nearest_offer(vt__nearest *n, const char *name)
{
  int distance = vt_edit_distance(n->word, name, n->distance - 1);
  if (distance < n->distance) *n = (vt__nearest){n->word, name, distance};
}

void vt__nearest_text(const vt__nearest *n, char out[100])
{
  out[0] = '\0';
  if (n->name) (void)snprintf(out, 100, ", did you mean '%s'?", n->name);
}

/* ------------------------------------------------------------------ scalars */

static vt__mark read_item_at(const vt__draft *dr, int node) { return dr->y->node[node].at; }

const char *vt__read_scalar(vt__draft *dr, const vt__row *row, int node, const char *expected)
{
  static const char *const kind[] = {[VT__SCALAR] = "nothing", [VT__SEQ] = "a list", [VT__MAP] = "a mapping"};
  if (dr->y->node[node].kind == VT__SCALAR && !vt__yaml_is_null(dr->y, node)) return vt__yaml_text(dr->y, node);
  vt__diag_error(dr->d, read_item_at(dr, node), row->path, "%s, expected %s", kind[dr->y->node[node].kind], expected);
  return NULL;
}

int vt__read_count(vt__draft *dr, const vt__row *row, int node, int most, const char *expected)
{
  int n = 0;
  if (dr->y->node[node].kind != VT__SEQ) {
    vt__diag_error(dr->d, read_item_at(dr, node), row->path, "expected a list of %s", expected);
    return -1;
  }
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k)) n++;
  if (n <= most) return n;
  vt__diag_error(dr->d, read_item_at(dr, node), row->path, "%d items, at most %d are allowed", n, most);
  return -1;
}
