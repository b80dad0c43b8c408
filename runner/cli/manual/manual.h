/* manual.h - what `vitrion --help` says, as man pages and as completion for shells: all from the same tables. */
#ifndef VT_CLI_MANUAL_H
#define VT_CLI_MANUAL_H

#include "runner/cli/cli.h"

/* ------------------------------------------------------------------ what there is to tell (pages.c) */

enum { VT_PAGE_OPTIONS = 64, VT_PAGE_NAME = 48 };

/* One command line, copied from the vt_usage of its command. */
typedef struct vt_page {
  char name[VT_PAGE_NAME]; /* "run", "bench engine"            */
  const char *brief;       /* its line in `vitrion --help`     */
  char *doc;               /* owned                            */
  const char *args, *example;
  vt_opt opt[VT_PAGE_OPTIONS];
  int n_opt, n_own; /* the last n_opt - n_own are those of every command */
  int most_args;
} vt_page;

typedef struct vt_pages {
  const vt_command *command; /* borrowed */
  int n_commands;
  vt_page *page; /* of every command, and instead of `bench` of each of its benchmarks */
  int n_pages;
} vt_pages;

/* Ask every command for its usage.  VT_ENOMEM, VT_EBUG (a command that did not tell).  Free it in any case. */
VT_MUST_CHECK vt_status vt_cli_pages_read(vt_pages *p, vt_err *err);
void vt_cli_pages_free(vt_pages *p);
/* 1 if page i tells of this command: of itself, or as one of the benchmarks of `bench`. */
int vt_cli_page_is_of(const vt_page *page, const char *command);

/* ------------------------------------------------------------------ words for every page (words.c) */

/* A row of EXIT STATUS, ENVIRONMENT or FILES; `commands`: names between blanks, NULL: all. */
typedef struct vt_manual_row {
  const char *name, *text, *commands;
} vt_manual_row;
extern const vt_manual_row vt_cli_exits[], vt_cli_environment[], vt_cli_files[]; /* up to the name NULL */
int vt_cli_row_is_of(const vt_manual_row *r, const char *command);

/* What completes a value or an argument that help shows as `arg`, "CAMPAIGN", "DIR|POINTS.csv...", "a|b|c". */
typedef struct vt_completes {
  int any_file, folders; /* every file (and folder); folders alone */
  int n_endings, n_words;
  char ending[8][8], word[64][24]; /* files with these endings, without the dot; words to choose from */
} vt_completes;
/* is_choice: `arg` is the list of a VT_OPT_CHOICE. */
vt_completes vt_cli_completes(const char *arg, int is_choice);
/* 1 if nothing completes it: a number, a name. */
int vt_cli_completes_nothing(const vt_completes *c);

/* ------------------------------------------------------------------ what becomes of it */

/* The man page of a command, or of the program (NULL), in the macros of man(7); date: "2026-01-31". */
void vt_cli_man(const vt_pages *p, const char *command, const char *date, vt_buf *b);
/* A script of completion. */
void vt_cli_bash(const vt_pages *p, vt_buf *b);
void vt_cli_zsh(const vt_pages *p, vt_buf *b);
void vt_cli_fish(const vt_pages *p, vt_buf *b);

#endif
