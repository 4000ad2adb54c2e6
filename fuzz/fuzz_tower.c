/* SPDX-License-Identifier: Apache-2.0 */
/* A tower: what is accepted reads the same after it was written again, and makes a binding. */
#include "fuzz/fuzz.h"

#include <portero/tower.h>

#include <string.h>

static void check_binding(const struct portero_tower *t)
{
  struct portero_binding b, again;
  char text[1024];

  if (!portero_binding_from_tower(t, "host.example", &b))
    return;
  FUZZ_CHECK(portero_binding_text(&b, text, sizeof text) < sizeof text);
  /* A name in a tower may have control characters in it; a string binding may not. */
  if (portero_is_ok(portero_binding_parse(text, &again, NULL))) {
    FUZZ_CHECK(again.protseq == t->protseq);
    FUZZ_CHECK(strcmp(again.endpoint, b.endpoint) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  uint8_t buffer[1024];
  struct portero_writer w;
  struct portero_tower t, again;

  if (!portero_is_ok(portero_tower_read(portero_bytes_make(data, size), &t)))
    return 0;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  portero_tower_write(&w, &t);
  FUZZ_CHECK(portero_is_ok(portero_writer_finish(&w)));
  FUZZ_CHECK(portero_is_ok(portero_tower_read(portero_writer_bytes(&w), &again)));
  FUZZ_CHECK(portero_syntax_equal(&t.interface, &again.interface));
  FUZZ_CHECK(portero_syntax_equal(&t.transfer, &again.transfer));
  FUZZ_CHECK(t.protseq == again.protseq && t.port == again.port);
  FUZZ_CHECK(memcmp(t.ipv4, again.ipv4, sizeof t.ipv4) == 0);
  FUZZ_CHECK(strcmp(t.endpoint, again.endpoint) == 0);
  FUZZ_CHECK(strcmp(t.host, again.host) == 0);
  check_binding(&t);
  return 0;
}
