/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/client.h"

static void cut_tell(struct portero_client *c, bool sent, struct portero_bytes pdu)
{
  c->options.trace(c->options.trace_user, sent, pdu);
}

/* The size of the PDU that begins here; 0: not enough to say. */
static size_t cut_size(struct portero_bytes held)
{
  struct portero_pdu_header header;

  if (held.size < PORTERO_PDU_HEADER_SIZE)
    return 0;
  portero_pdu_header_read(held.data, &header);
  return header.frag_length;
}

void client_cut(struct portero_client *c, bool sent, struct portero_bytes bytes)
{
  struct client_cutter *cutter = sent ? &c->sent : &c->received;
  struct portero_writer *held = &cutter->held;
  struct portero_bytes left;
  size_t size;

  if (!cutter->lost && held->size) {
    portero_write_bytes(held, bytes.data, bytes.size);
    bytes = portero_writer_bytes(held);
  }
  if (cutter->lost || held->failed) {
    cut_tell(c, sent, bytes);
    return;
  }
  left = bytes;
  while ((size = cut_size(left)) >= PORTERO_PDU_HEADER_SIZE && size <= left.size) {
    cut_tell(c, sent, portero_bytes_make(left.data, size));
    left.data += size;
    left.size -= size;
  }
  if (size > 0 && size < PORTERO_PDU_HEADER_SIZE) {
    cutter->lost = true;
    cut_tell(c, sent, left);
    left.size = 0;
  }
  if (bytes.data == held->base && left.size)
    memmove(held->base, left.data, left.size);
  if (bytes.data == held->base)
    held->size = left.size;
  else
    portero_write_bytes(held, left.data, left.size);
}

void client_cutters_deinit(struct portero_client *c)
{
  portero_writer_deinit(&c->sent.held);
  portero_writer_deinit(&c->received.held);
}
