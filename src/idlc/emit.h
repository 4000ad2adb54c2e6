/* SPDX-License-Identifier: Apache-2.0 */
/* The outputs of a compile, as text or bytes in w. Failures (memory) are sticky in w. */
#ifndef PORTERO_IDLC_EMIT_H
#define PORTERO_IDLC_EMIT_H

#include "src/idlc/program.h"

struct idlc_emit {
  const struct idlc_sources *sources;
  const struct idlc_program *program;
  const char *stem; /* of the outputs: "rrp" in rrp.h, rrp.c ... */
};

/* For programs: types and parameters; calls and handlers. */
void idlc_emit_header(const struct idlc_emit *e, struct portero_writer *w);     /* STEM.h */
void idlc_emit_rpc_header(const struct idlc_emit *e, struct portero_writer *w); /* STEM_rpc.h */
/* What they declare: marshalling, compiled once for each syntax; calls and dispatch. */
void idlc_emit_wire(const struct idlc_emit *e, struct portero_writer *w);       /* STEM_wire.h */
void idlc_emit_source(const struct idlc_emit *e, struct portero_writer *w);     /* STEM.c */
void idlc_emit_rpc_source(const struct idlc_emit *e, struct portero_writer *w); /* STEM_rpc.c */
/* For other programs. */
void idlc_emit_tables(const struct idlc_emit *e, struct portero_writer *w); /* STEM.ptt */
void idlc_emit_json(const struct idlc_emit *e, struct portero_writer *w);   /* STEM.json */

#endif
