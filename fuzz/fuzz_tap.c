/* SPDX-License-Identifier: Apache-2.0 */
/* The tap: any bytes in either direction. */
#include "fuzz/machine.h"

#include <string.h>

static struct machine m;
static bool lost[2];

static void on_event(const struct portero_tap_event *event)
{
  unsigned sum = 0;

  FUZZ_CHECK(!lost[event->from_server]);
  FUZZ_CHECK((event->pdu == NULL) == (event->kind == PORTERO_TAP_LOST));
  for (size_t i = 0; i < event->stub.size; i++)
    sum += event->stub.data[i];
  FUZZ_CHECK(sum != UINT32_MAX);
  if (event->kind == PORTERO_TAP_ODD || event->kind == PORTERO_TAP_LOST)
    FUZZ_CHECK(event->what != NULL && event->what[0] != '\0');
  lost[event->from_server] = lost[event->from_server] || event->kind == PORTERO_TAP_LOST;
}

/* Where no choice says whose bytes come next, they are one PDU of the side that sends such PDUs. */
static bool servers_turn(void)
{
  switch (m.stream.size > 2 ? m.stream.data[2] : UINT8_MAX) {
  case PORTERO_PTYPE_RESPONSE:
  case PORTERO_PTYPE_FAULT:
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_BIND_NAK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
  case PORTERO_PTYPE_SHUTDOWN:
    return true;
  }
  return false;
}

static struct portero_bytes one_pdu(void)
{
  struct portero_bytes all = m.stream, chunk;
  struct portero_pdu_header header;

  if (all.size >= PORTERO_PDU_HEADER_SIZE) {
    portero_pdu_header_read(all.data, &header);
    if (header.frag_length >= PORTERO_PDU_HEADER_SIZE && header.frag_length < all.size)
      m.stream.size = header.frag_length;
  }
  chunk = machine_chunk(&m);
  m.stream.size = all.size - chunk.size;
  return chunk;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct portero_tap_event event;
  struct portero_tap *t;

  machine_begin(&m, data, size);
  memset(lost, 0, sizeof lost);
  if (!portero_is_ok(portero_tap_new(&m.config, &t)))
    return 0;
  while (m.stream.size) {
    unsigned side = machine_choose(&m, 3);
    bool from_server = side ? side == 2 : servers_turn();
    struct portero_bytes chunk = side ? machine_chunk(&m) : one_pdu();
    portero_tap_input(t, from_server, chunk, m.now++);
    while (portero_tap_next(t, &event))
      on_event(&event);
    machine_chunk_free(chunk);
  }
  portero_tap_free(t);
  machine_end(&m);
  return 0;
}
