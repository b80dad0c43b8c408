/* read_driver.c - the keys of a potential that another program computes. */
#include <string.h>

#include "config/config_impl.h"

static vt__mark at_node(const vt__draft *dr, int node) { return dr->y->node[node].at; }

/* What is in it is checked by who can run it. */
void vt__read_command(vt__draft *dr, const vt__row *row, int node, char *out)
{
  if (vt__yaml_is_null(dr->y, node)) return;
  const char *s = vt__read_scalar(dr, row, node, "a command in quotes");
  if (!s) return;
  if (strlen(s) >= VT_COMMAND)
    vt__diag_error(dr->d, at_node(dr, node), row->path, "a command of more than %d characters: put it into a script",
                   VT_COMMAND - 1);
  else if (strpbrk(s, "\n\r"))
    vt__diag_error(dr->d, at_node(dr, node), row->path, "a command of several lines: put it into a script");
  else
    (void)snprintf(out, VT_COMMAND, "%s", s);
}

void vt__read_symbols(vt__draft *dr, const vt__row *row, int node, vt_driver *out)
{
  enum { MOST = (int)(sizeof out->element / sizeof *out->element) };
  if (vt__read_count(dr, row, node, MOST, "elements") < 0) return;
  out->n_elements = 0;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k)) {
    const char *s = vt__read_scalar(dr, row, k, "the symbol of an element");
    if (!s) continue;
    if (!vt_element_z(s))
      vt__diag_error(dr->d, at_node(dr, k), row->path, "'%.60s' is not an element", s);
    else
      (void)snprintf(out->element[out->n_elements++], sizeof *out->element, "%s", s);
  }
}

void vt__read_patience(vt__draft *dr, const vt__row *row, int node, double *out)
{
  const vt__yaml *y = dr->y;
  if (y->node[node].kind == VT__SCALAR && strcmp(vt__yaml_text(y, node), "auto") == 0)
    *out = 0;
  else
    vt__read_quantity(dr, row, node, out);
}
