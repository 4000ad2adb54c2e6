/* SPDX-License-Identifier: Apache-2.0 */
/* CHALLENGE: [MS-NLMP] 2.2.1.2 */
#include "src/auth/ntlm_fields.h"
#include "src/auth/ntlm_message.h"

#define PAYLOAD_AT 56u

portero_status ntlm_challenge_read(struct portero_bytes message, struct ntlm_challenge *out_message)
{
  struct ntlm_challenge m;
  struct portero_reader r;
  portero_status status;
  const uint8_t *p;

  memset(&m, 0, sizeof m);
  portero_reader_init(&r, message, false);
  ntlm_head_read(&r, NTLM_MESSAGE_CHALLENGE);
  m.target = ntlm_field_read(&r, message, "TargetName");
  m.flags = portero_read_u32(&r, "flags");
  p = portero_reader_take(&r, NTLM_CHALLENGE_SIZE, "ServerChallenge");
  if (p)
    memcpy(m.challenge, p, sizeof m.challenge);
  if (m.flags & NTLM_TARGET_INFO) {
    (void)portero_reader_take(&r, 8, "reserved");
    m.target_info = ntlm_field_read(&r, message, "TargetInfo");
  }
  status = portero_reader_finish(&r);
  if (portero_is_ok(status))
    *out_message = m;
  return status;
}

void ntlm_challenge_write(struct portero_writer *w, const struct ntlm_challenge *m)
{
  size_t at = PAYLOAD_AT;

  ntlm_head_write(w, NTLM_MESSAGE_CHALLENGE);
  ntlm_field_write(w, m->target, &at);
  portero_write_u32(w, m->flags);
  portero_write_bytes(w, m->challenge, sizeof m->challenge);
  portero_write_zeros(w, 8);
  if (m->flags & NTLM_TARGET_INFO)
    ntlm_field_write(w, m->target_info, &at);
  else
    portero_write_zeros(w, 8);
  portero_write_bytes(w, m->version, sizeof m->version);
  portero_write_bytes(w, m->target.data, m->target.size);
  if (m->flags & NTLM_TARGET_INFO)
    portero_write_bytes(w, m->target_info.data, m->target_info.size);
}
