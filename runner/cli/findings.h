/* findings.h - what `verify` and `repair` share; private to runner/cli. */
#ifndef VT_CLI_FINDINGS_H
#define VT_CLI_FINDINGS_H

#include "runner/cli/cli.h"
#include "runner/verify/verify.h"

/* -1 and the names in it if `path` is the output folder of a campaign, or what is left of one; else the exit code. */
int vt_cli_folder(const vt_usage *u, const char *path, vt_outdir *dir);
void vt_cli_findings_json(const vt_checked *v, vt_json *o); /* the key "findings" */
void vt_cli_findings_text(const vt_checked *v);             /* one line each */

#endif
