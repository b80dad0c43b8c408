/* findings.c - a folder to check, and what was found in it: for `verify` and `repair`. */
#include "runner/cli/findings.h"

#include <sys/stat.h>
#include <unistd.h>

int vt_cli_folder(const vt_usage *u, const char *path, vt_outdir *dir)
{
  vt_err err = {0};
  struct stat st;
  if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
    return vt_cli_usage_error(u, "'%s' is not a folder, expected the output folder of a campaign", path);
  if (vt_outdir_name(dir, path, &err) != VT_OK) return vt_cli_fail(&err);
  if (access(dir->campaign, F_OK) != 0 && access(dir->journal, F_OK) != 0 && access(dir->store, F_OK) != 0)
    return vt_cli_usage_error(u, "'%s' holds neither campaign.yaml nor journal/ nor results.h5", path);
  return -1;
}

void vt_cli_findings_json(const vt_checked *v, vt_json *o)
{
  vt_json *list = vt_json_array();
  for (int i = 0; i < v->n; i++) {
    const vt_finding *f = &v->found[i];
    vt_json *one = vt_json_object();
    vt_json_put(one, "kind", vt_json_text(vt_finding_name(f->kind)));
    vt_json_put(one, "file", vt_json_text(f->file));
    vt_json_put(one, "where", vt_json_text(f->where));
    vt_json_put(one, "what", vt_json_text(f->what));
    vt_json_put(one, "action", vt_json_text(f->action));
    vt_json_add(list, one);
  }
  vt_json_put(o, "findings", list);
}

void vt_cli_findings_text(const vt_checked *v)
{
  for (int i = 0; i < v->n; i++) {
    const vt_finding *f = &v->found[i];
    printf("%-8s  %s%s%s: %s%s%s\n", vt_finding_name(f->kind), f->file, f->where[0] ? ", " : "", f->where, f->what,
           f->action[0] ? "; " : "", f->action);
  }
}
