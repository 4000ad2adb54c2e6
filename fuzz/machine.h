/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the targets of the association machines share. An input is a number n, n choices, and a
 * stream: the stream is the peer's bytes, the choices decide everything else (where it is cut, what
 * the driver answers, when time passes, which allocation fails).
 */
#ifndef PORTERO_FUZZ_MACHINE_H
#define PORTERO_FUZZ_MACHINE_H

#include <portero/assoc.h>

#include "fuzz/fuzz.h"

struct machine {
  const uint8_t *choices;
  size_t n_choices;
  struct portero_bytes stream; /* what is left of it */
  uint64_t now;
  struct portero_mem mem; /* counts; may fail */
  size_t in_use;
  unsigned fail_in; /* takes until one fails; 0: none does */
  struct portero_assoc_config config;
  uint8_t sent[70000]; /* output that is not a whole PDU yet */
  size_t n_sent;
};

void machine_begin(struct machine *m, const uint8_t *data, size_t size);
/* All memory must have come back. */
void machine_end(struct machine *m);
/* The next choice below n; 0 when there are none left. */
unsigned machine_choose(struct machine *m, unsigned n);
/* The next piece of the stream, in a block of its own that machine_chunk_free() gives back. */
struct portero_bytes machine_chunk(struct machine *m);
void machine_chunk_free(struct portero_bytes chunk);
/* The machine sends these bytes: what it says must be PDUs. */
void machine_sends(struct machine *m, struct portero_bytes bytes);
/* A mechanism that takes any signature beginning with a certain octet. NULL when memory is out. */
struct portero_security *machine_security(struct machine *m, uint8_t type);

#endif
