/* doctor.h - what the files of `vitrion doctor` share; private to runner/cli/cluster.
 *
 * A check is a line: a verdict, a name, a sentence, and what to do where it is not ok.  What may hang (a dead file
 * server) runs in a process of its own with a time limit (vt__doctor_apart). */
#ifndef VT_CLI_DOCTOR_H
#define VT_CLI_DOCTOR_H

#include "runner/cli/cluster/cluster.h"

typedef enum vt__verdict { VT__FINE, VT__SKIP, VT__WARN, VT__BAD } vt__verdict;

/* What later checks need of earlier ones. */
typedef struct vt__patient {
  const char *campaign; /* its file; NULL: none was given */
  const char *output;   /* folder instead of the campaign's; NULL */
  vt_site site;
  char potential[VT_PATH], potential_sha256[65]; /* "" where there is none */
  char folder[VT_PATH];                          /* where the output will be, or what exists above it; "" */
} vt__patient;

typedef struct vt__doctor {
  int json;       /* 1: collect, print nothing */
  int pipe;       /* >= 0: this process is apart, and tells its parent there */
  vt_json *lines; /* array of {check, verdict, text, do} */
  int n[VT__BAD + 1];
  char doing[64]; /* the check that is under way */
} vt__doctor;

/* One check.  what_to_do: "" where nothing is. */
void vt__doctor_say(vt__doctor *d, const char *check, vt__verdict v, const char *what_to_do, const char *fmt, ...)
    VT_PRINTF(5, 6);
/* Which check begins: named if it does not come to an end. */
void vt__doctor_doing(vt__doctor *d, const char *check);
/* From the process apart: a member of the patient, "potential" ... */
void vt__doctor_fact(const vt__doctor *d, const char *name, const char *value);
/* work(d, p) in a process of its own for at most limit_s; what it says is said here, its facts become those of p. */
void vt__doctor_apart(vt__doctor *d, vt__patient *p, double limit_s, void (*work)(vt__doctor *d, vt__patient *p));

void vt__doctor_site(vt__doctor *d, vt__patient *p);     /* doctor_campaign.c */
void vt__doctor_campaign(vt__doctor *d, vt__patient *p); /* and its folder; to be called apart */
/* doctor_folder.c.  need_bytes: what the campaign will write there; 0: not known. */
void vt__doctor_folder(vt__doctor *d, const char *folder, double need_bytes, int64_t need_files);
void vt__doctor_launch(vt__doctor *d, const vt__patient *p); /* doctor_launch.c */

/* doctor_probe.c: one rank of what doctor_launch.c starts: `doctor --probe TOKEN POTENTIAL`, "-" for none.  Rank 0
 * prints VT__PROBE_MARK and a line of JSON: {"ranks":[{"rank","host","pid","simd","build","cores","token","potential",
 * "clock_s","clock_within_s"}]}; token: 1 if the file TOKEN is there; potential: its SHA-256 or what went wrong;
 * clock_s: ahead of rank 0. */
#define VT__PROBE_MARK "vitrion-probe "
int vt__doctor_probe(int argc, char **argv);

#endif
