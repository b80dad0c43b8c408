/* fish.c - completion for fish: one `complete` line for each command, option and argument. */
#include <string.h>

#include "runner/cli/manual/manual.h"

/* Within '...': the first line of a text. */
static void put(vt_buf *b, const char *s)
{
  for (; *s && *s != '\n'; s++) vt_buf_printf(b, "%s%c", *s == '\'' || *s == '\\' ? "\\" : "", *s);
}

static void put_kind(vt_buf *b, const vt_completes *c)
{
  if (c->any_file) vt_buf_printf(b, " -F");
  if (vt_cli_completes_nothing(c) || c->any_file) return;
  vt_buf_printf(b, " -a '");
  for (int i = 0; i < c->n_words; i++) vt_buf_printf(b, "%s%s", i ? " " : "", c->word[i]);
  for (int i = 0; i < c->n_endings; i++) vt_buf_printf(b, " (__fish_complete_suffix .%s)", c->ending[i]);
  if (c->n_endings == 0 && c->folders) vt_buf_printf(b, " (__fish_complete_directories (commandline -ct) \"\")");
  vt_buf_printf(b, "'");
}

static void page_lines(vt_buf *b, const vt_page *p)
{
  const char *dash = strstr(p->name, " --");
  const int n = (int)(dash ? (size_t)(dash - p->name) : strlen(p->name));
  for (int k = 0; k < p->n_opt; k++) {
    const vt_opt *o = &p->opt[k];
    vt_buf_printf(b, "complete -c vitrion -n '__vitrion_is %.*s' -l %s", n, p->name, o->name);
    if (o->type != VT_OPT_FLAG) {
      const vt_completes c = vt_cli_completes(o->arg, o->type == VT_OPT_CHOICE);
      vt_buf_printf(b, c.any_file ? " -r" : " -x");
      put_kind(b, &c);
    }
    vt_buf_printf(b, " -d '");
    put(b, o->doc);
    vt_buf_printf(b, "'\n");
  }
  const vt_completes c = vt_cli_completes(p->args, 0);
  if (vt_cli_completes_nothing(&c)) return;
  vt_buf_printf(b, "complete -c vitrion -n '__vitrion_is %.*s'", n, p->name);
  put_kind(b, &c);
  vt_buf_printf(b, "\n");
}

static void named(vt_buf *b, const char *condition, const vt_command *c, int n)
{
  for (int i = 0; i < n; i++) {
    vt_buf_printf(b, "complete -c vitrion -n '%s' -a %s -d '", condition, c[i].name);
    put(b, c[i].doc);
    vt_buf_printf(b, "'\n");
  }
}

void vt_cli_fish(const vt_pages *p, vt_buf *b)
{
  int n_benches;
  const vt_command *bench = vt_cli_benches(&n_benches);
  vt_buf_printf(b, "# made by `vitrion manual` from the tables of the program; do not edit\n\n"
                   "# the words behind vitrion begin with these\n"
                   "function __vitrion_is\n"
                   "    set -l words (commandline -opc)\n"
                   "    set -l last (math 1 + (count $argv))\n"
                   "    test (count $words) -ge $last; and test \"$words[2..$last]\" = \"$argv\"\n"
                   "end\n"
                   "# so many words are complete\n"
                   "function __vitrion_at\n"
                   "    test (count (commandline -opc)) -eq $argv[1]\n"
                   "end\n\n"
                   "complete -c vitrion -f\n"
                   "complete -c vitrion -n '__vitrion_at 1' -l help -d 'the commands'\n"
                   "complete -c vitrion -n '__vitrion_at 1' -l version -d 'the build'\n");
  named(b, "__vitrion_at 1", p->command, p->n_commands);
  named(b, "__vitrion_is help; and __vitrion_at 2", p->command, p->n_commands);
  named(b, "__vitrion_is bench; and __vitrion_at 2", bench, n_benches);
  for (int i = 0; i < p->n_pages; i++) page_lines(b, &p->page[i]);
}
