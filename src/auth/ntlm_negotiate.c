/* SPDX-License-Identifier: Apache-2.0 */
/* NEGOTIATE: [MS-NLMP] 2.2.1.1. The names it may carry are of no use and not looked at. */
#include "src/auth/ntlm_fields.h"
#include "src/auth/ntlm_message.h"

portero_status ntlm_negotiate_read(struct portero_bytes message, uint32_t *out_flags)
{
  struct portero_reader r;
  portero_status status;
  uint32_t flags;

  portero_reader_init(&r, message, false);
  ntlm_head_read(&r, NTLM_MESSAGE_NEGOTIATE);
  flags = portero_read_u32(&r, "flags");
  status = portero_reader_finish(&r);
  if (portero_is_ok(status))
    *out_flags = flags;
  return status;
}

void ntlm_negotiate_write(struct portero_writer *w, uint32_t flags)
{
  struct portero_bytes none = portero_bytes_make(NULL, 0);
  size_t at = NTLM_NEGOTIATE_SIZE;

  ntlm_head_write(w, NTLM_MESSAGE_NEGOTIATE);
  portero_write_u32(w, flags);
  ntlm_field_write(w, none, &at); /* DomainName */
  ntlm_field_write(w, none, &at); /* Workstation */
  portero_write_zeros(w, 8);      /* Version */
}
