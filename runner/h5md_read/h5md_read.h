/* h5md_read.h - trajectories in H5MD files (layer 4): what of https://nongnu.org/h5md/h5md.html (version 1.1) is read.
 *
 * The one group under /particles: position (value [frame][atom][3], step, time; or without time: one structure),
 * velocity where it is and says its unit (Angstrom or nm by ps, Angstrom by fs), box/edges ([3] or [3][3], rows are
 * vectors; fixed or one a frame), image and id where they are; box's attribute boundary must be periodic everywhere.
 * Elements come from species: names (an enumeration, as "Li", or strings), atomic numbers, or, with
 * vt_frames_options.type_z, numbers of types from 1 on.  Lengths are in their attribute unit (Angstrom, nm, pm; none:
 * A), times likewise (fs, ps, ns).  A file that is compressed as a whole is expanded into memory, up to 4 GiB. */
#ifndef VT_H5MD_READ_H
#define VT_H5MD_READ_H

#include "engine/formats/formats.h"

/* For vt_frames_options.more. */
extern const vt_format vt_h5md_format;

#endif
