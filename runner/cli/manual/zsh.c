/* zsh.c - completion for zsh, by its own _arguments. */
#include <string.h>

#include "runner/cli/manual/manual.h"

/* Within '...' and within an entry of _arguments or _describe. */
static void put(vt_buf *b, const char *s)
{
  for (; *s && *s != '\n'; s++) {
    if (*s == '\'')
      vt_buf_printf(b, "'\\''");
    else
      vt_buf_printf(b, "%s%c", strchr("[]:\\", *s) ? "\\" : "", *s);
  }
}

/* ACTION of an entry: what completes it; nothing: a blank, so that no file is offered. */
static void action(vt_buf *b, const vt_completes *c)
{
  const int files = c->any_file || c->n_endings > 0;
  if (vt_cli_completes_nothing(c)) {
    vt_buf_printf(b, " ");
    return;
  }
  if (c->n_words > 0 && (files || c->folders)) vt_buf_printf(b, "{compadd --");
  if (c->n_words > 0 && !(files || c->folders)) vt_buf_printf(b, "(");
  for (int i = 0; i < c->n_words; i++) vt_buf_printf(b, "%s%s", i || files || c->folders ? " " : "", c->word[i]);
  if (c->n_words > 0) vt_buf_printf(b, files || c->folders ? "; " : ")");
  if (c->any_file)
    vt_buf_printf(b, "_files");
  else if (files) {
    vt_buf_printf(b, "_files -g \"*.(");
    for (int i = 0; i < c->n_endings; i++) vt_buf_printf(b, "%s%s", i ? "|" : "", c->ending[i]);
    vt_buf_printf(b, ")(-.)\"");
  } else if (c->folders)
    vt_buf_printf(b, "_files -/");
  if (c->n_words > 0 && (files || c->folders)) vt_buf_printf(b, "}");
}

static void option(vt_buf *b, const vt_opt *o)
{
  vt_buf_printf(b, " \\\n        '--%s%s[", o->name, o->arg ? "=" : "");
  put(b, o->doc);
  vt_buf_printf(b, "]");
  if (o->arg) {
    const vt_completes c = vt_cli_completes(o->arg, o->type == VT_OPT_CHOICE);
    vt_buf_printf(b, ":");
    put(b, o->arg);
    vt_buf_printf(b, ":");
    action(b, &c);
  }
  vt_buf_printf(b, "'");
}

/* The entries of a command; of one that is also called with --simulate, those of both. */
static void entries(vt_buf *b, const vt_pages *p, const char *name)
{
  const size_t n = strlen(name);
  const vt_page *first = NULL;
  vt_buf_printf(b, "_arguments -s");
  for (int i = 0; i < p->n_pages; i++) {
    const vt_page *page = &p->page[i];
    if (strncmp(page->name, name, n) != 0 || (page->name[n] && strncmp(page->name + n, " --", 3) != 0)) continue;
    for (int k = 0; k < page->n_opt; k++) {
      int known = 0;
      for (int j = 0; first && j < first->n_opt; j++) known |= strcmp(first->opt[j].name, page->opt[k].name) == 0;
      if (!known) option(b, &page->opt[k]);
    }
    if (first) continue;
    first = page;
    if (!*page->args) continue;
    const vt_completes c = vt_cli_completes(page->args, 0);
    vt_buf_printf(b, " \\\n        '%s:", page->most_args > 1 ? "*" : "1");
    put(b, page->args);
    vt_buf_printf(b, ":");
    action(b, &c);
    vt_buf_printf(b, "'");
  }
  vt_buf_printf(b, "\n");
}

static void described(vt_buf *b, const char *array, const vt_command *c, int n)
{
  vt_buf_printf(b, "  %s=(", array);
  for (int i = 0; i < n; i++) {
    vt_buf_printf(b, "\n    '%s:", c[i].name);
    put(b, c[i].doc);
    vt_buf_printf(b, "'");
  }
  vt_buf_printf(b, ")\n");
}

void vt_cli_zsh(const vt_pages *p, vt_buf *b)
{
  int n_benches;
  char name[VT_PAGE_NAME];
  const vt_command *bench = vt_cli_benches(&n_benches);
  vt_buf_printf(b, "#compdef vitrion\n# made by `vitrion manual` from the tables of the program; do not edit\n\n"
                   "_vitrion() {\n  local curcontext=$curcontext state line\n  local -a commands benches\n");
  described(b, "commands", p->command, p->n_commands);
  described(b, "benches", bench, n_benches);
  vt_buf_printf(b, "  _arguments -C '(- *)--help[the commands]' '(- *)--version[the build]' '1:command:->command' "
                   "'*::argument:->argument' && return\n"
                   "  case $state in\n    command) _describe -t commands 'command' commands ;;\n    argument)\n"
                   "      case $words[1] in\n      help) _describe -t commands 'command' commands ;;\n");
  for (int i = 0; i < p->n_commands; i++) {
    if (strcmp(p->command[i].name, "bench") == 0) continue;
    vt_buf_printf(b, "      %s) ", p->command[i].name);
    entries(b, p, p->command[i].name);
    vt_buf_printf(b, "        ;;\n");
  }
  vt_buf_printf(b,
                "      bench)\n        if ((CURRENT == 2)); then _describe -t benches 'benchmark' benches; return; fi\n"
                "        shift words; ((CURRENT--))\n        case $words[1] in\n");
  for (int i = 0; i < n_benches; i++) {
    (void)snprintf(name, sizeof name, "bench %s", bench[i].name);
    vt_buf_printf(b, "        %s) ", bench[i].name);
    entries(b, p, name);
    vt_buf_printf(b, "          ;;\n");
  }
  vt_buf_printf(b, "        esac\n        ;;\n      esac\n      ;;\n  esac\n}\n\n"
                   "if [[ $funcstack[1] == _vitrion ]]; then _vitrion \"$@\"; else compdef _vitrion vitrion; fi\n");
}
