/* SPDX-License-Identifier: Apache-2.0 */
/* The tap from the inside: tap.c takes PDUs and tells events, tap_track.c follows contexts and calls. */
#ifndef PORTERO_ASSOC_TAP_H
#define PORTERO_ASSOC_TAP_H

#include "src/assoc/frame.h"
#include "src/assoc/pctx.h"
#include "src/assoc/stub_buffer.h"

struct tap_direction {
  struct frame frame;
  bool lost;
};

struct tap_call {
  struct tap_call *next;
  uint32_t call_id;
  uint16_t context_id;
  uint16_t opnum;
  bool has_object;
  bool asked;    /* the request is complete */
  bool answered; /* the response's first fragment has been seen */
  struct portero_uuid object;
  struct stub_buffer buffer; /* of the side that speaks */
  uint64_t when;             /* the request was complete */
};

/* A context as proposed, until the answer tells what became of it. */
struct tap_proposed {
  uint16_t id;
  struct portero_syntax abstract;
};

struct portero_tap {
  const struct portero_assoc_config *config;
  struct tap_direction directions[2]; /* from the client, from the server */
  unsigned current;
  struct pctx_table contexts;
  struct tap_proposed *proposed;
  size_t n_proposed;
  uint32_t proposed_call_id;
  struct tap_call *first_call; /* newest first */
  size_t calls;
  struct tap_call *told; /* its stub is in the reader's hands until the next next() */
  struct portero_pdu pdu;
  bool have_pdu, understood;
  const char *odd; /* still to be told of pdu */
  uint64_t now;
};

static inline const struct portero_mem *tap_mem(const struct portero_tap *t)
{
  return t->config->mem;
}

void tap_call_free(struct portero_tap *t, struct tap_call *call); /* NULL is fine */
void tap_call_drop(struct portero_tap *t, struct tap_call *call);

void tap_on_bind(struct portero_tap *t);
void tap_on_ack(struct portero_tap *t);
bool tap_on_request(struct portero_tap *t, struct portero_tap_event *out_event);
bool tap_on_response(struct portero_tap *t, struct portero_tap_event *out_event);
bool tap_on_fault(struct portero_tap *t, struct portero_tap_event *out_event);
void tap_on_orphaned(struct portero_tap *t);

#endif
