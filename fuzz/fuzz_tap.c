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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct portero_tap_event event;
  struct portero_tap *t;

  machine_begin(&m, data, size);
  memset(lost, 0, sizeof lost);
  if (!portero_is_ok(portero_tap_new(&m.config, &t)))
    return 0;
  while (m.stream.size) {
    bool from_server = machine_choose(&m, 2) != 0;
    struct portero_bytes chunk = machine_chunk(&m);
    portero_tap_input(t, from_server, chunk, m.now++);
    while (portero_tap_next(t, &event))
      on_event(&event);
    machine_chunk_free(chunk);
  }
  portero_tap_free(t);
  machine_end(&m);
  return 0;
}
