/* bash.c - completion for bash, which needs nothing beside bash 4. */
#include <string.h>

#include "runner/cli/manual/manual.h"

static const char functions[] =
    "# bash completion of vitrion, made by `vitrion manual` from the tables of the program; do not edit\n"
    "\n"
    "_vitrion_words() { # WORD...\n"
    "  local at=${#COMPREPLY[@]}\n"
    "  mapfile -t -O \"$at\" COMPREPLY < <(compgen -W \"$*\" -- \"$cur\")\n"
    "}\n"
    "_vitrion_files() { # [ENDING...]: files that end so, without one all, and folders\n"
    "  local at=${#COMPREPLY[@]} ending\n"
    "  compopt -o filenames\n"
    "  if (($# == 0)); then\n"
    "    mapfile -t -O \"$at\" COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "    return\n"
    "  fi\n"
    "  mapfile -t -O \"$at\" COMPREPLY < <(\n"
    "    {\n"
    "      compgen -d -- \"$cur\"\n"
    "      for ending in \"$@\"; do compgen -f -X \"!*.$ending\" -- \"$cur\"; done\n"
    "    } | sort -u\n"
    "  )\n"
    "}\n"
    "_vitrion_folders() {\n"
    "  local at=${#COMPREPLY[@]}\n"
    "  compopt -o filenames\n"
    "  mapfile -t -O \"$at\" COMPREPLY < <(compgen -d -- \"$cur\")\n"
    "}\n";

static const char begins[] =
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} key=${COMP_WORDS[1]}\n"
    "  COMPREPLY=()\n"
    "  if [[ $cur == = ]]; then # --name=value comes in three words\n"
    "    cur=\n"
    "  elif [[ $prev == = ]]; then\n"
    "    prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "  fi\n"
    "  if ((COMP_CWORD == 1)) || [[ $key == help ]]; then\n"
    "    ((COMP_CWORD > 2)) || _vitrion_words \"$commands\"\n"
    "    return\n"
    "  fi\n"
    "  if [[ $key == bench ]]; then\n"
    "    if ((COMP_CWORD == 2)); then\n"
    "      _vitrion_words \"$benches\"\n"
    "      return\n"
    "    fi\n"
    "    key=\"bench ${COMP_WORDS[2]}\"\n"
    "  fi\n";

/* What a value or an argument is completed by, as commands of the shell. */
static void put_kind(vt_buf *b, const vt_completes *c)
{
  if (c->n_words > 0) {
    vt_buf_printf(b, " _vitrion_words");
    for (int i = 0; i < c->n_words; i++) vt_buf_printf(b, " %s", c->word[i]);
    vt_buf_printf(b, ";");
  }
  if (c->any_file || c->n_endings > 0) {
    vt_buf_printf(b, " _vitrion_files");
    for (int i = 0; !c->any_file && i < c->n_endings; i++) vt_buf_printf(b, " %s", c->ending[i]);
    vt_buf_printf(b, ";");
  } else if (c->folders)
    vt_buf_printf(b, " _vitrion_folders;");
}

/* "bench sched --simulate" has the options of "bench sched" in the shell, and more. */
static int length_of_key(const vt_page *p)
{
  const char *dash = strstr(p->name, " --");
  return (int)(dash ? (size_t)(dash - p->name) : strlen(p->name));
}

static int is_variant(const vt_page *p) { return p->name[length_of_key(p)] != '\0'; }

static int told_before(const vt_page *p, const char *option)
{
  for (int k = 0; k < p->n_opt; k++)
    if (strcmp(p->opt[k].name, option) == 0) return 1;
  return 0;
}

static void values(const vt_pages *p, vt_buf *b)
{
  vt_buf_printf(b, "  case \"$key $prev\" in\n");
  for (int i = 0; i < p->n_pages; i++) {
    const vt_page *page = &p->page[i];
    for (int k = 0; k < page->n_opt; k++) {
      const vt_opt *o = &page->opt[k];
      if (o->type == VT_OPT_FLAG || (is_variant(page) && told_before(page - 1, o->name))) continue;
      const vt_completes c = vt_cli_completes(o->arg, o->type == VT_OPT_CHOICE);
      vt_buf_printf(b, "    \"%.*s --%s\")", length_of_key(page), page->name, o->name);
      put_kind(b, &c);
      vt_buf_printf(b, " return ;;\n");
    }
  }
  vt_buf_printf(b, "  esac\n");
}

/* The options of a page, and those that its variant has beside them. */
static void option_words(vt_buf *b, const vt_page *page, const vt_page *next)
{
  vt_buf_printf(b, "      if [[ $cur == -* ]]; then _vitrion_words");
  for (int k = 0; k < page->n_opt; k++) vt_buf_printf(b, " --%s", page->opt[k].name);
  for (int k = 0; next && is_variant(next) && k < next->n_own; k++)
    if (!told_before(page, next->opt[k].name)) vt_buf_printf(b, " --%s", next->opt[k].name);
  vt_buf_printf(b, "; fi\n");
}

static void words(const vt_pages *p, vt_buf *b)
{
  vt_buf_printf(b, "  case $key in\n");
  for (int i = 0; i < p->n_pages; i++) {
    const vt_page *page = &p->page[i];
    if (is_variant(page)) continue;
    const vt_completes c = vt_cli_completes(page->args, 0);
    vt_buf_printf(b, "    \"%s\")\n", page->name);
    option_words(b, page, i + 1 < p->n_pages ? page + 1 : NULL);
    if (!vt_cli_completes_nothing(&c)) {
      vt_buf_printf(b, "      if [[ $cur != -* ]]; then");
      put_kind(b, &c);
      vt_buf_printf(b, " fi\n");
    }
    vt_buf_printf(b, "      ;;\n");
  }
  vt_buf_printf(b, "  esac\n");
}

void vt_cli_bash(const vt_pages *p, vt_buf *b)
{
  int n_benches;
  const vt_command *bench = vt_cli_benches(&n_benches);
  vt_buf_printf(b, "%s_vitrion() {\n  local commands='", functions);
  for (int i = 0; i < p->n_commands; i++) vt_buf_printf(b, "%s ", p->command[i].name);
  vt_buf_printf(b, "help --help --version' benches='");
  for (int i = 0; i < n_benches; i++) vt_buf_printf(b, "%s%s", bench[i].name, i + 1 < n_benches ? " " : "");
  vt_buf_printf(b, "'\n%s", begins);
  values(p, b);
  words(p, b);
  vt_buf_printf(b, "}\ncomplete -F _vitrion vitrion\n");
}
