/* comm_conform.h - what every transport of runner/comm must do.  All ranks play the same script, each as a step
 * function, so that one thread can play every rank of a simulation and a process its own rank of an MPI job. */
#ifndef COMM_CONFORM_H
#define COMM_CONFORM_H

#include "runner/comm/comm.h"

typedef struct comm_conform comm_conform;

comm_conform *comm_conform_open(vt_comm *c);
/* Do a little; 1 when the script is over.  A breach fails the running test with a text that names stage and rank. */
int comm_conform_step(comm_conform *p);
void comm_conform_close(comm_conform *p);

#endif
