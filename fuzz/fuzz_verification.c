/* SPDX-License-Identifier: Apache-2.0 */
/* A verification trailer: what is accepted reads the same after it was written again. */
#include "fuzz/fuzz.h"

#include <portero/trailer.h>

#include <string.h>

static void check_same(const struct portero_verification *a, const struct portero_verification *b)
{
  FUZZ_CHECK(a->has_bitmask == b->has_bitmask);
  FUZZ_CHECK(a->has_pcontext == b->has_pcontext);
  FUZZ_CHECK(a->has_header2 == b->has_header2);
  FUZZ_CHECK(a->bitmask == b->bitmask);
  FUZZ_CHECK(portero_syntax_equal(&a->interface, &b->interface));
  FUZZ_CHECK(portero_syntax_equal(&a->transfer, &b->transfer));
  FUZZ_CHECK(a->header2.ptype == b->header2.ptype && a->header2.opnum == b->header2.opnum);
  FUZZ_CHECK(a->header2.call_id == b->header2.call_id);
  FUZZ_CHECK(a->header2.context_id == b->header2.context_id);
  FUZZ_CHECK(memcmp(a->header2.drep, b->header2.drep, sizeof a->header2.drep) == 0);
}

/* A value may hold the signature. The last one counts, so what was written cannot be read back then. */
static bool holds_signature(struct portero_bytes trailer)
{
  static const uint8_t signature[8] = {0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71};

  for (size_t at = 4; at + sizeof signature <= trailer.size; at += 4)
    if (memcmp(trailer.data + at, signature, sizeof signature) == 0)
      return true;
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct portero_verification v, again;
  struct portero_writer w;
  struct portero_bytes written;
  size_t stub_size, stub_size_again;

  if (!portero_is_ok(portero_verification_read(portero_bytes_make(data, size), &v, &stub_size)))
    return 0;
  FUZZ_CHECK(stub_size < size);
  portero_writer_init(&w, &portero_mem_malloc, size + 128);
  portero_write_bytes(&w, data, stub_size);
  portero_verification_write(&w, 0, &v);
  FUZZ_CHECK(portero_is_ok(portero_writer_finish(&w)));
  written = portero_writer_bytes(&w);
  if (!holds_signature(portero_bytes_make(written.data + stub_size, written.size - stub_size))) {
    FUZZ_CHECK(portero_is_ok(portero_verification_read(written, &again, &stub_size_again)));
    FUZZ_CHECK(stub_size_again == stub_size);
    check_same(&v, &again);
  }
  portero_writer_deinit(&w);
  return 0;
}
