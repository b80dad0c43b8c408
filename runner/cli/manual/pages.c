/* pages.c - the usage of every command, asked of the commands themselves. */
#include <string.h>

#include "runner/cli/manual/manual.h"

/* Room for the next page; what tells is vt_cli_parse, called by the command. */
typedef struct asking {
  vt_page *page;
  int told;
} asking;

static void take_usage(void *ctx, const vt_usage *u)
{
  asking *a = ctx;
  vt_page *p = a->page;
  vt_buf doc = {0};
  const int n = vt_cli_n_options(u);
  if (n > VT_PAGE_OPTIONS) return;
  (void)snprintf(p->name, sizeof p->name, "%s", u->name);
  vt_buf_printf(&doc, "%s", u->doc);
  vt_err err = {0};
  if (vt_buf_check(&doc, &err) != VT_OK) {
    vt_buf_free(&doc);
    return;
  }
  p->doc = doc.s;
  p->args = u->args;
  p->example = u->example;
  for (int i = 0; i < n; i++) p->opt[i] = *vt_cli_option(u, i);
  p->n_opt = n;
  p->n_own = u->n_opt;
  p->most_args = u->most_args;
  a->told = 1;
}

static vt_status ask(vt_pages *p, const vt_command *c, char *more, vt_err *err)
{
  char name[VT_PAGE_NAME];
  (void)snprintf(name, sizeof name, "%s", c->name);
  char *argv[] = {name, more, NULL};
  asking a = {.page = &p->page[p->n_pages]};
  a.page->brief = c->doc;
  vt_cli_describe(take_usage, &a);
  const int code = c->run(more ? 2 : 1, argv);
  vt_cli_describe(NULL, NULL);
  if (code != VT_EXIT_OK || !a.told) VT_FAIL(err, VT_EBUG, "'vitrion %s' did not tell its usage", c->name);
  p->n_pages++;
  return VT_OK;
}

vt_status vt_cli_pages_read(vt_pages *p, vt_err *err)
{
  static char simulate[] = "--simulate"; /* of `bench sched`: options of its own */
  int n_benches;
  const vt_command *bench = vt_cli_benches(&n_benches);
  *p = (vt_pages){0};
  p->command = vt_cli_commands(&p->n_commands);
  VT_PASS(VT_NEW(p->page, p->n_commands + n_benches + 1, err));
  for (int i = 0; i < p->n_commands; i++) {
    if (strcmp(p->command[i].name, "bench") != 0) {
      VT_PASS(ask(p, &p->command[i], NULL, err));
      continue;
    }
    for (int k = 0; k < n_benches; k++) {
      VT_PASS(ask(p, &bench[k], NULL, err));
      if (strcmp(bench[k].name, "sched") == 0) VT_PASS(ask(p, &bench[k], simulate, err));
    }
  }
  return VT_OK;
}

void vt_cli_pages_free(vt_pages *p)
{
  for (int i = 0; i < p->n_pages; i++) vt_free(p->page[i].doc);
  vt_free(p->page);
  *p = (vt_pages){0};
}

int vt_cli_page_is_of(const vt_page *page, const char *command)
{
  const size_t n = strlen(command);
  return strncmp(page->name, command, n) == 0 && (page->name[n] == '\0' || page->name[n] == ' ');
}
