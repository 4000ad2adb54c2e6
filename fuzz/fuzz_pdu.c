/* SPDX-License-Identifier: Apache-2.0 */
/* One PDU: what is accepted lies inside its bytes, and reads the same after it was written again. */
#include "fuzz/fuzz.h"

#include "tests/unit/rewrite.h"

#include <string.h>

static void check_inside(const struct portero_pdu *pdu, struct portero_bytes part)
{
  FUZZ_CHECK(part.size <= pdu->whole.size);
  FUZZ_CHECK(part.size == 0 || (part.data >= pdu->whole.data &&
                                part.data + part.size <= pdu->whole.data + pdu->whole.size));
}

static struct portero_bytes stub_of(const struct portero_pdu *pdu)
{
  switch (pdu->header.ptype) {
  case PORTERO_PTYPE_REQUEST:
    return pdu->body.request.stub;
  case PORTERO_PTYPE_RESPONSE:
    return pdu->body.response.stub;
  case PORTERO_PTYPE_FAULT:
    return pdu->body.fault.stub;
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
    return pdu->body.bind_ack.secondary_address;
  default:
    return portero_bytes_make(NULL, 0);
  }
}

static void check_same_bytes(struct portero_bytes a, struct portero_bytes b)
{
  FUZZ_CHECK(a.size == b.size);
  FUZZ_CHECK(a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* The lists hold what their counts say, and the same twice. */
static void check_contexts(struct portero_pdu *a, struct portero_pdu *b)
{
  struct portero_context_view va, vb;
  struct portero_syntax sa, sb;

  FUZZ_CHECK(a->body.bind.n_contexts == b->body.bind.n_contexts);
  for (unsigned i = 0; i < a->body.bind.n_contexts; i++) {
    FUZZ_CHECK(portero_context_next(&a->body.bind.iter, &va));
    FUZZ_CHECK(portero_context_next(&b->body.bind.iter, &vb));
    FUZZ_CHECK(va.id == vb.id && va.n_transfer == vb.n_transfer);
    FUZZ_CHECK(portero_syntax_equal(&va.abstract, &vb.abstract));
    for (unsigned k = 0; k < va.n_transfer; k++) {
      FUZZ_CHECK(portero_context_transfer(&va, &sa));
      FUZZ_CHECK(portero_context_transfer(&vb, &sb));
      FUZZ_CHECK(portero_syntax_equal(&sa, &sb));
    }
    FUZZ_CHECK(!portero_context_transfer(&va, &sa));
  }
  FUZZ_CHECK(!portero_context_next(&a->body.bind.iter, &va));
}

static void check_results(struct portero_pdu *a, struct portero_pdu *b)
{
  struct portero_context_result ra, rb;

  FUZZ_CHECK(a->body.bind_ack.n_results == b->body.bind_ack.n_results);
  for (unsigned i = 0; i < a->body.bind_ack.n_results; i++) {
    FUZZ_CHECK(portero_context_result_next(&a->body.bind_ack.results_reader, &ra));
    FUZZ_CHECK(portero_context_result_next(&b->body.bind_ack.results_reader, &rb));
    FUZZ_CHECK(ra.result == rb.result && ra.reason == rb.reason);
    FUZZ_CHECK(portero_syntax_equal(&ra.transfer, &rb.transfer));
  }
  FUZZ_CHECK(!portero_context_result_next(&a->body.bind_ack.results_reader, &ra));
}

static void check_same(struct portero_pdu *a, struct portero_pdu *b)
{
  FUZZ_CHECK(a->header.ptype == b->header.ptype);
  FUZZ_CHECK(a->header.flags == b->header.flags);
  FUZZ_CHECK(a->header.call_id == b->header.call_id);
  FUZZ_CHECK((b->odd & ~a->odd) == 0);
  FUZZ_CHECK(a->has_auth == b->has_auth);
  FUZZ_CHECK(a->auth.type == b->auth.type && a->auth.level == b->auth.level);
  FUZZ_CHECK(a->auth.context_id == b->auth.context_id);
  check_same_bytes(a->auth.value, b->auth.value);
  check_same_bytes(stub_of(a), stub_of(b));
  if (a->header.ptype == PORTERO_PTYPE_BIND || a->header.ptype == PORTERO_PTYPE_ALTER_CONTEXT)
    check_contexts(a, b);
  if (a->header.ptype == PORTERO_PTYPE_BIND_ACK ||
      a->header.ptype == PORTERO_PTYPE_ALTER_CONTEXT_RESP)
    check_results(a, b);
}

static void check_read(struct portero_bytes whole)
{
  static uint8_t buffer[2 * 65536];
  struct portero_writer w;
  struct portero_pdu pdu, again;

  if (!portero_is_ok(portero_pdu_read(whole, &pdu)))
    return;
  FUZZ_CHECK(pdu.header.frag_length == whole.size);
  check_inside(&pdu, pdu.auth.value);
  if (pdu.odd & (PORTERO_ODD_VERSION | PORTERO_ODD_PTYPE))
    return;
  check_inside(&pdu, stub_of(&pdu));
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  rewrite_pdu(&w, &pdu);
  /* Padding or a terminator that was not there may push it over the 16 bits of its length. */
  if (w.failed) {
    FUZZ_CHECK(whole.size > 65535 - 32);
    return;
  }
  FUZZ_CHECK(portero_is_ok(portero_pdu_read(portero_writer_bytes(&w), &again)));
  check_same(&pdu, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  uint8_t *mended;

  check_read(portero_bytes_make(data, size));
  if (size < PORTERO_PDU_HEADER_SIZE || size > UINT16_MAX)
    return 0;
  /* Once more with the right length, or few inputs would get past it. */
  mended = malloc(size);
  if (!mended)
    return 0;
  memcpy(mended, data, size);
  portero_store_u16(mended + 8, (mended[4] & 0xf0) == 0, (uint16_t)size);
  check_read(portero_bytes_make(mended, size));
  free(mended);
  return 0;
}
