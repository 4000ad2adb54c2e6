/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/flood/reader.h"

#include <errno.h>
#include <string.h>

#include <portero/pdu.h>

#include "bench/sockets.h"

#define NAK_REASON   16u
#define FAULT_STATUS 24u

static void take(struct portero_bytes *bytes, size_t n)
{
  bytes->data += n;
  bytes->size -= n;
}

static size_t less(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* True when head has n bytes. */
static bool fill(struct flood_reader *r, struct portero_bytes *bytes, size_t n)
{
  size_t more = r->held < n ? less(n - r->held, bytes->size) : 0;

  if (more) {
    memcpy(r->head + r->held, bytes->data, more);
    r->held = (uint8_t)(r->held + more);
    take(bytes, more);
  }
  return r->held >= n;
}

static uint32_t code_of(const struct flood_reader *r, uint8_t ptype)
{
  if (ptype == PORTERO_PTYPE_FAULT)
    return portero_load_u32(r->head + FAULT_STATUS, false);
  return ptype == PORTERO_PTYPE_BIND_NAK ? portero_load_u16(r->head + NAK_REASON, false) : 0;
}

bool flood_reader_next(struct flood_reader *r, struct portero_bytes *bytes,
                       struct flood_heard *out_heard)
{
  struct portero_pdu_header header;
  size_t head, skipped;

  if (!r->left) {
    if (!fill(r, bytes, PORTERO_PDU_HEADER_SIZE))
      return false;
    portero_pdu_header_read(r->head, &header);
    errno = 0;
    if (header.frag_length < PORTERO_PDU_HEADER_SIZE)
      bench_fail("what came is no PDU");
    head = less(header.frag_length, FLOOD_HEAD);
    if (!fill(r, bytes, head))
      return false;
    r->left = (uint16_t)(header.frag_length - head);
  }
  skipped = less(r->left, bytes->size);
  take(bytes, skipped);
  r->left = (uint16_t)(r->left - skipped);
  if (r->left)
    return false;
  portero_pdu_header_read(r->head, &header);
  out_heard->ptype = header.ptype;
  out_heard->last = (header.flags & PORTERO_PFC_LAST_FRAG) != 0;
  out_heard->code = code_of(r, header.ptype);
  r->held = 0;
  return true;
}
