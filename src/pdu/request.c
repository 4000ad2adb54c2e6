/* SPDX-License-Identifier: Apache-2.0 */
/* request. [C706] 12.6.4.9 */
#include "src/pdu/parts.h"

#define OBJECT_SIZE 16u

static void object_load(const uint8_t *p, bool big, struct portero_uuid *out_object)
{
  out_object->time_low = portero_load_u32(p, big);
  out_object->time_mid = portero_load_u16(p + 4, big);
  out_object->time_hi_and_version = portero_load_u16(p + 6, big);
  memcpy(out_object->node, p + 8, sizeof out_object->node);
}

/* The hot path of a server: one check for everything fixed, then loads. */
portero_status pdu_request_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                                struct portero_pdu *out_pdu)
{
  struct portero_request *request = &out_pdu->body.request;
  bool has_object = (h->flags & PORTERO_PFC_OBJECT_UUID) != 0;
  size_t body_end = PORTERO_PDU_REQUEST_SIZE + (has_object ? OBJECT_SIZE : 0);
  portero_status status = pdu_fixed_check(whole.size, h, body_end);
  bool big = portero_pdu_is_big_endian(h);

  if (!portero_is_ok(status))
    return status;
  pdu_start(whole, h, out_pdu);
  request->alloc_hint = portero_load_u32(whole.data + 16, big);
  request->context_id = portero_load_u16(whole.data + 20, big);
  request->opnum = portero_load_u16(whole.data + 22, big);
  request->has_object = has_object;
  if (has_object)
    object_load(whole.data + PORTERO_PDU_REQUEST_SIZE, big, &request->object);
  else
    memset(&request->object, 0, sizeof request->object);
  request->stub = pdu_stub_read(out_pdu, body_end);
  if (request->alloc_hint && request->alloc_hint < request->stub.size)
    out_pdu->odd |= PORTERO_ODD_ALLOC_HINT;
  return portero_ok();
}

void portero_pdu_write_request(struct portero_writer *w, const struct portero_pdu_header *h,
                               const struct portero_request *request)
{
  unsigned others = h->flags & ~PORTERO_PFC_OBJECT_UUID;
  unsigned flags = others | (request->has_object ? PORTERO_PFC_OBJECT_UUID : 0);
  size_t start = pdu_begin(w, h, PORTERO_PTYPE_REQUEST, (uint8_t)flags);

  portero_write_u32(w, request->alloc_hint);
  portero_write_u16(w, request->context_id);
  portero_write_u16(w, request->opnum);
  if (request->has_object)
    portero_write_uuid(w, &request->object);
  portero_write_bytes(w, request->stub.data, request->stub.size);
  pdu_end(w, start);
}
