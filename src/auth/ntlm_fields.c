/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/ntlm_fields.h"

static const uint8_t signature[8] = {'N', 'T', 'L', 'M', 'S', 'S', 'P', 0};

void ntlm_head_read(struct portero_reader *r, enum ntlm_message_type type)
{
  const uint8_t *p = portero_reader_take(r, sizeof signature, "signature");

  if (p && memcmp(p, signature, sizeof signature) != 0)
    portero_reader_fail(r, "signature");
  if (portero_read_u32(r, "message type") != (uint32_t)type)
    portero_reader_fail(r, "message type");
}

void ntlm_head_write(struct portero_writer *w, enum ntlm_message_type type)
{
  portero_write_bytes(w, signature, sizeof signature);
  portero_write_u32(w, (uint32_t)type);
}

struct portero_bytes ntlm_field_read(struct portero_reader *r, struct portero_bytes message,
                                     const char *what)
{
  uint16_t size = portero_read_u16(r, what);
  uint32_t at;

  (void)portero_read_u16(r, what);
  at = portero_read_u32(r, what);
  if (size == 0 || r->failed)
    return portero_bytes_make(NULL, 0);
  if (at > message.size || message.size - at < size) {
    portero_reader_fail(r, what);
    return portero_bytes_make(NULL, 0);
  }
  return portero_bytes_make(message.data + at, size);
}

void ntlm_field_write(struct portero_writer *w, struct portero_bytes payload, size_t *at)
{
  if (payload.size > UINT16_MAX) {
    w->failed = true;
    return;
  }
  portero_write_u16(w, (uint16_t)payload.size);
  portero_write_u16(w, (uint16_t)payload.size);
  portero_write_u32(w, (uint32_t)*at);
  *at += payload.size;
}
