/* read_structures.c - the items of compositions.structures, before any file is read. */
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"

enum { MOST_STRUCTURES = 200, MOST_COPIES = 64 };

static const char *const key_of_structure[] = {"file",  "name",    "supercell", "start",
                                               "types", "factors", "sha256",    "cell"};
enum { N_KEYS = (int)(sizeof key_of_structure / sizeof *key_of_structure) };

static const vt__choice starts[] = {
    {"melt", VT_START_MELT}, {"quench", VT_START_QUENCH}, {"equilibrate", VT_START_EQUILIBRATE}, {NULL, 0}};

static vt__mark structures_at(const vt__draft *dr, int node) { return dr->y->node[node].at; }

/* Each key is one of these, and those that are needed are there. */
static int check_keys(vt__draft *dr, const vt__row *row, int node)
{
  const vt__yaml *y = dr->y;
  const int before = dr->d->n_errors;
  if (y->node[node].kind != VT__MAP) {
    vt__diag_error(
        dr->d, structures_at(dr, node), row->path,
        "expected a file and a name, e.g. {file: LiAlCl4.poscar, name: LiAlCl4-crystal, start: equilibrate}");
    return 0;
  }
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    vt__nearest near = vt__nearest_to(vt__yaml_text(y, k));
    char hint[100];
    int i = 0;
    while (i < N_KEYS && strcmp(vt__yaml_text(y, k), key_of_structure[i]) != 0) i++;
    if (i < N_KEYS) continue;
    for (i = 0; i < N_KEYS; i++) vt__nearest_offer(&near, key_of_structure[i]);
    vt__nearest_text(&near, hint);
    vt__diag_error(dr->d, structures_at(dr, k), row->path, "unknown key '%.60s'%s", vt__yaml_text(y, k), hint);
  }
  for (int i = 0; i < 4; i++)
    if (i != 2 && !vt__yaml_value(y, node, key_of_structure[i]))
      vt__diag_error(dr->d, structures_at(dr, node), row->path, "a structure needs its %s%s", key_of_structure[i],
                     i == 3 ? ": melt, quench or equilibrate" : "");
  return dr->d->n_errors == before;
}

/* [3, 2, 2] */
static void read_supercell(vt__draft *dr, const vt__row *row, int node, int32_t out[3])
{
  int i = 0;
  out[0] = out[1] = out[2] = 1;
  if (!node) return;
  if (vt__read_count(dr, row, node, 3, "three numbers of copies such as [3, 2, 2]") < 0) return;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k)) {
    const char *s = vt__read_scalar(dr, row, k, "a number of copies");
    int64_t n;
    if (!s) return;
    if (!vt_parse_i64(s, strlen(s), &n) || n < 1 || n > MOST_COPIES) {
      vt__diag_error(dr->d, structures_at(dr, k), row->path, "'%.40s': expected 1 to %d copies", s, MOST_COPIES);
      return;
    }
    out[i++] = (int32_t)n;
  }
  if (i < 3) vt__diag_error(dr->d, structures_at(dr, node), row->path, "%d numbers, expected three: [3, 2, 2]", i);
}

static void read_start(vt__draft *dr, const vt__row *row, int node, int32_t *out)
{
  const char *s = vt__read_scalar(dr, row, node, "melt, quench or equilibrate");
  if (!s) return;
  vt__nearest near = vt__nearest_to(s);
  char hint[100];
  for (const vt__choice *c = starts; c->name; c++) {
    if (strcmp(s, c->name) == 0) *out = c->value;
    vt__nearest_offer(&near, c->name);
  }
  vt__nearest_text(&near, hint);
  if (!*out)
    vt__diag_error(dr->d, structures_at(dr, node), row->path, "'%.40s', expected melt, quench or equilibrate%s", s,
                   hint);
}

static void read_types(vt__draft *dr, const vt__row *row, int node, vt_campaign_structure *s)
{
  if (!node || vt__read_count(dr, row, node, VT_STRUCTURE_TYPES, "elements such as [Li, Al, Cl]") < 0) return;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k)) {
    const char *symbol = vt__read_scalar(dr, row, k, "an element");
    const int z = symbol ? vt__read_element(dr, row->path, symbol, 0, structures_at(dr, k)) : 0;
    if (z) s->type_z[s->n_types++] = z;
  }
}

static void read_text(vt__draft *dr, const vt__row *row, int node, char *out, size_t cap, const char *what)
{
  const char *s = node ? vt__read_scalar(dr, row, node, what) : NULL;
  if (s && snprintf(out, cap, "%s", s) >= (int)cap)
    vt__diag_error(dr->d, structures_at(dr, node), row->path, "more than %zu characters", cap - 1);
}

/* Letters, digits, '.', '_' and '-': it names files. */
static void check_name(vt__draft *dr, const vt__row *row, int node, const char *name)
{
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (!name[0] || name[0] == '.' || strspn(name, allowed) != strlen(name))
    vt__diag_error(dr->d, structures_at(dr, node), row->path,
                   "the name '%.60s': expected letters, digits, '.', '_' and '-', not beginning with '.'", name);
}

static int read_structure(vt__draft *dr, const vt__row *row, int node, vt__structure *x)
{
  const vt__yaml *y = dr->y;
  const int before = dr->d->n_errors;
  if (!check_keys(dr, row, node)) return 0;
  const int file = vt__yaml_value(y, node, "file"), name = vt__yaml_value(y, node, "name");
  x->at = structures_at(dr, node);
  x->file_at = structures_at(dr, file);
  read_text(dr, row, file, x->s.file, sizeof x->s.file, "a file");
  read_text(dr, row, name, x->s.name, sizeof x->s.name, "a name");
  check_name(dr, row, name, x->s.name);
  read_supercell(dr, row, vt__yaml_value(y, node, "supercell"), x->s.supercell);
  read_start(dr, row, vt__yaml_value(y, node, "start"), &x->s.start);
  read_types(dr, row, vt__yaml_value(y, node, "types"), &x->s);
  read_text(dr, row, vt__yaml_value(y, node, "sha256"), x->sha256, sizeof x->sha256, "a SHA-256");
  read_text(dr, row, vt__yaml_value(y, node, "cell"), x->s.cell, sizeof x->s.cell, "elements and numbers");
  const int factors = vt__yaml_value(y, node, "factors");
  if (factors && y->node[factors].kind != VT__MAP)
    vt__diag_error(dr->d, structures_at(dr, factors), row->path, "expected names and values, e.g. {form: crystal}");
  for (int k = factors && y->node[factors].kind == VT__MAP ? vt__yaml_first(y, factors) : 0; k;
       k = vt__yaml_next(y, factors, k)) {
    const char *text = vt__read_scalar(dr, row, k + 1, "a word");
    if (text) vt__labels_put(dr, row->path, structures_at(dr, k), &x->labels, vt__yaml_text(y, k), text);
  }
  return dr->d->n_errors == before;
}

vt_status vt__read_structures(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  const int n =
      vt__read_count(dr, row, node, MOST_STRUCTURES, "structures, e.g. {file: a.poscar, name: a, start: melt}");
  void *p = NULL;
  if (n <= 0) return VT_OK;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof *dr->structure, err), err, "structures");
  dr->structure = p;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k))
    dr->n_structures += read_structure(dr, row, k, &dr->structure[dr->n_structures]);
  return VT_OK;
}

void vt__put_structures(vt_buf *b, const vt_campaign *c, int with_files)
{
  for (int k = 0; k < c->n_structures; k++) {
    const vt_campaign_structure *s = &c->structure[k];
    const int comp = c->n_comp - c->n_structures + k;
    char hex[65];
    int n = 0;
    vt_uid_hex(&s->sha256, hex);
    vt_buf_printf(b, "\n    - {");
    if (with_files) {
      vt_buf_printf(b, "file: ");
      vt__put_quoted(b, s->recorded[0] ? s->recorded : s->path[0] ? s->path : s->file);
      vt_buf_printf(b, ", ");
    }
    vt_buf_printf(b, "name: %s, supercell: [%d, %d, %d], start: %s", s->name, (int)s->supercell[0],
                  (int)s->supercell[1], (int)s->supercell[2], starts[s->start - 1].name);
    for (int i = 0; i < s->n_types; i++)
      vt_buf_printf(b, "%s%s", i ? ", " : ", types: [", vt_element_symbol(s->type_z[i]));
    if (s->n_types) vt_buf_printf(b, "]");
    for (int q = 0; q < c->n_factors; q++) {
      if (!c->asked[comp].label[q][0]) continue;
      vt_buf_printf(b, "%s%s: ", n++ ? ", " : ", factors: {", c->factor[q]);
      vt__put_quoted(b, c->asked[comp].label[q]);
    }
    if (n) vt_buf_printf(b, "}");
    vt_buf_printf(b, ", cell: \"%s\", sha256: \"%s\"}", s->cell, hex);
  }
}
