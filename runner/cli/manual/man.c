/* man.c - pages in the macros of man(7). */
#include <ctype.h>
#include <string.h>

#include "runner/cli/manual/manual.h"

/* ------------------------------------------------------------------ text */

/* Text within a line: what means something to troff stands for itself; `-` can be copied as it is. */
static void put_n(vt_buf *b, const char *s, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    switch (s[i]) {
    case '\\':
      vt_buf_printf(b, "\\e");
      break;
    case '-':
      vt_buf_printf(b, "\\-");
      break;
    case '\'':
      vt_buf_printf(b, "\\(aq");
      break;
    case '`':
      vt_buf_printf(b, "\\(ga");
      break;
    case '~':
      vt_buf_printf(b, "\\(ti");
      break;
    case '^':
      vt_buf_printf(b, "\\(ha");
      break;
    case '"':
      vt_buf_printf(b, "\\(dq");
      break;
    default:
      vt_buf_add(b, &s[i], 1);
    }
  }
}

/* Text that is filled: in lines of less than 80 bytes, broken at blanks.  One that begins with a dot is no request. */
static void put_line(vt_buf *b, const char *s, size_t n)
{
  enum { MOST = 60 }; /* escapes make it longer */
  while (n > 0) {
    size_t end = n;
    if (n > MOST) {
      for (end = MOST; end > 0 && s[end] != ' '; end--) {}
      for (size_t i = MOST; end == 0 && i <= n; i++) /* a word that is longer */
        if (i == n || s[i] == ' ') end = i;
    }
    if (s[0] == '.') vt_buf_printf(b, "\\&");
    size_t last = end;
    while (last > 0 && s[last - 1] == ' ') last--;
    put_n(b, s, last);
    vt_buf_printf(b, "\n");
    while (end < n && s[end] == ' ') end++;
    s += end;
    n -= end;
  }
}

static void put(vt_buf *b, const char *s) { put_line(b, s, strlen(s)); }

static void put_capitals(vt_buf *b, const char *s)
{
  for (; *s; s++) {
    const char c = (char)(*s == ' ' ? '-' : toupper((unsigned char)*s));
    put_n(b, &c, 1);
  }
}

/* A line of a description: "  key    meaning" is an entry of a list, another line with blanks before it stands as it
 * is, and the rest is filled. */
static void put_doc_line(vt_buf *b, const char *s, size_t n, int *in_list)
{
  size_t from = 0, end;
  while (from < n && s[from] == ' ') from++;
  for (end = from; end < n && !(s[end] == ' ' && end + 1 < n && s[end + 1] == ' '); end++) {}
  size_t text = end;
  while (text < n && s[text] == ' ') text++;
  if (from == 0) {
    if (*in_list) vt_buf_printf(b, ".PP\n");
    *in_list = 0;
    if (n) put_line(b, s, n);
    return;
  }
  *in_list = 1;
  vt_buf_printf(b, ".TP\n\\fB");
  put_n(b, s + from, end - from);
  vt_buf_printf(b, "\\fR\n");
  if (text < n)
    put_line(b, s + text, n - text);
  else
    vt_buf_printf(b, "\\&\n");
}

static void put_doc(vt_buf *b, const char *doc)
{
  int in_list = 0;
  for (const char *s = doc; *s;) {
    const size_t n = strcspn(s, "\n");
    put_doc_line(b, s, n, &in_list);
    s += n + (s[n] == '\n');
  }
}

static void section(vt_buf *b, const char *title) { vt_buf_printf(b, ".SH %s\n", title); }

static void rows(vt_buf *b, const char *title, const vt_manual_row *r, const char *command)
{
  int n = 0;
  for (; r->name; r++) {
    if (command && !vt_cli_row_is_of(r, command)) continue;
    if (n++ == 0) section(b, title);
    vt_buf_printf(b, ".TP\n\\fB");
    put_n(b, r->name, strlen(r->name));
    vt_buf_printf(b, "\\fR\n");
    put(b, r->text);
  }
}

/* ------------------------------------------------------------------ a command */

static void head(vt_buf *b, const char *command, const char *date, const char *brief)
{
  vt_buf_printf(b, ".\\\" made by `vitrion manual` from the tables of the program; do not edit\n.TH VITRION");
  if (command) {
    vt_buf_printf(b, "\\-");
    put_capitals(b, command);
  }
  vt_buf_printf(b, " 1 %s \"vitrion %s\" \"Vitrion\"\n.nh\n.ad l\n", date, vt_build_info()->version);
  section(b, "NAME");
  vt_buf_printf(b, "vitrion%s%s \\-\n", command ? "\\-" : "", command ? command : "");
  put(b, brief);
}

static void synopsis(vt_buf *b, const vt_page *p)
{
  vt_buf_printf(b, "\\fBvitrion ");
  put_n(b, p->name, strlen(p->name));
  vt_buf_printf(b, "\\fR%s\\fI", *p->args ? " " : "");
  put_n(b, p->args, strlen(p->args));
  vt_buf_printf(b, "\\fR [\\fIoptions\\fR]\n");
}

static void options(vt_buf *b, const vt_page *p, int from, int to)
{
  for (int i = from; i < to; i++) {
    const vt_opt *o = &p->opt[i];
    vt_buf_printf(b, ".TP\n\\fB\\-\\-");
    put_n(b, o->name, strlen(o->name));
    vt_buf_printf(b, "\\fR");
    if (o->arg) {
      vt_buf_printf(b, " \\fI");
      put_n(b, o->arg, strlen(o->arg));
      vt_buf_printf(b, "\\fR");
    }
    vt_buf_printf(b, "\n");
    put(b, o->doc);
  }
}

/* Lines that stand as they are. */
static void put_example(vt_buf *b, const char *s)
{
  while (*s) {
    while (*s == ' ') s++;
    put_n(b, s, strcspn(s, "\n"));
    vt_buf_printf(b, "\n");
    s += strcspn(s, "\n");
    s += *s == '\n';
  }
}

static void examples(vt_buf *b, const vt_pages *p, const char *command)
{
  section(b, "EXAMPLES");
  vt_buf_printf(b, ".nf\n");
  for (int i = 0; i < p->n_pages; i++)
    if (vt_cli_page_is_of(&p->page[i], command)) put_example(b, p->page[i].example);
  vt_buf_printf(b, ".fi\n");
}

static void see_also(vt_buf *b, const vt_pages *p, const char *command)
{
  section(b, "SEE ALSO");
  if (command) vt_buf_printf(b, ".BR vitrion (1)%s\n", p->n_commands > 1 ? "," : "");
  for (int i = 0; i < p->n_commands; i++) {
    const char *name = p->command[i].name, *last = p->command[p->n_commands - 1].name;
    if (command && strcmp(name, command) == 0) continue;
    const int ends = i == p->n_commands - 1 || (command && strcmp(last, command) == 0 && i == p->n_commands - 2);
    vt_buf_printf(b, ".BR vitrion\\-%s (1)%s\n", name, ends ? "" : ",");
  }
}

/* Its usage; of `bench` one for each benchmark, with the options of its own below a title of its own. */
static void usages(vt_buf *b, const vt_pages *p, const char *command)
{
  int n = 0;
  section(b, "SYNOPSIS");
  for (int i = 0; i < p->n_pages; i++) {
    if (!vt_cli_page_is_of(&p->page[i], command)) continue;
    if (n++) vt_buf_printf(b, ".br\n");
    synopsis(b, &p->page[i]);
  }
  section(b, "DESCRIPTION");
  for (int i = 0; i < p->n_pages; i++) {
    if (!vt_cli_page_is_of(&p->page[i], command)) continue;
    if (n > 1) vt_buf_printf(b, ".SS vitrion %s\n", p->page[i].name);
    put_doc(b, p->page[i].doc);
    if (n > 1) options(b, &p->page[i], 0, p->page[i].n_own);
  }
  for (int i = 0; i < p->n_pages; i++) {
    if (!vt_cli_page_is_of(&p->page[i], command)) continue;
    section(b, "OPTIONS");
    options(b, &p->page[i], n > 1 ? p->page[i].n_own : 0, p->page[i].n_opt);
    break;
  }
}

static void command_page(const vt_pages *p, const char *command, const char *date, vt_buf *b)
{
  const char *brief = "";
  for (int i = 0; i < p->n_commands; i++)
    if (strcmp(p->command[i].name, command) == 0) brief = p->command[i].doc;
  head(b, command, date, brief);
  usages(b, p, command);
  rows(b, "EXIT STATUS", vt_cli_exits, command);
  rows(b, "ENVIRONMENT", vt_cli_environment, command);
  rows(b, "FILES", vt_cli_files, command);
  examples(b, p, command);
  see_also(b, p, command);
}

/* ------------------------------------------------------------------ the program */

void vt_cli_man(const vt_pages *p, const char *command, const char *date, vt_buf *b)
{
  if (command) {
    command_page(p, command, date, b);
    return;
  }
  head(b, NULL, date, "ensembles of glasses: how fast their ions move, and how much the chemistry matters");
  section(b, "SYNOPSIS");
  vt_buf_printf(b, "\\fBvitrion\\fR \\fICOMMAND\\fR [\\fIarguments\\fR] [\\fIoptions\\fR]\n.br\n"
                   "\\fBvitrion help\\fR [\\fICOMMAND\\fR]\n.br\n\\fBvitrion \\-\\-version\\fR\n");
  section(b, "DESCRIPTION");
  put_doc(
      b,
      "A campaign, a YAML file, says which compositions, which temperatures and how many independent glasses of each.\n"
      "Vitrion builds the glasses, runs molecular dynamics of all of them over all MPI ranks, measures transport\n"
      "while the atoms move, fits Arrhenius lines, compares the chemistries, and leaves everything in one HDF5 file.");
  section(b, "COMMANDS");
  for (int i = 0; i < p->n_commands; i++) {
    vt_buf_printf(b, ".TP\n.BR vitrion\\-%s (1)\n", p->command[i].name);
    put(b, p->command[i].doc);
  }
  section(b, "OPTIONS");
  vt_buf_printf(b, ".TP\n\\fB\\-\\-help\\fR\nThe commands.\n.TP\n\\fB\\-\\-version\\fR\nVersion, checkout, compiler, "
                   "MPI,\nHDF5, BLAS and the vector level of this processor.\n");
  vt_buf_printf(b, ".PP\nEvery command takes\n");
  options(b, p->page, p->page->n_own, p->page->n_opt);
  rows(b, "EXIT STATUS", vt_cli_exits, NULL);
  rows(b, "ENVIRONMENT", vt_cli_environment, NULL);
  rows(b, "FILES", vt_cli_files, NULL);
  section(b, "EXAMPLES");
  vt_buf_printf(b, ".nf\n");
  for (int i = 0; i < p->n_pages; i++)
    for (const char *const *name = (const char *const[]){"check", "plan", "run", "status", "report", NULL}; *name;
         name++)
      if (strcmp(p->page[i].name, *name) == 0) put_example(b, p->page[i].example);
  vt_buf_printf(b, ".fi\n");
  see_also(b, p, NULL);
}
