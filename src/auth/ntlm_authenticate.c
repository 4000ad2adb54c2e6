/* SPDX-License-Identifier: Apache-2.0 */
/* AUTHENTICATE: [MS-NLMP] 2.2.1.3. Old clients leave the version out, and the MIC. */
#include "src/auth/ntlm_fields.h"
#include "src/auth/ntlm_message.h"

#define PAYLOAD_AT (NTLM_MIC_AT) /* without a MIC */

/* Where in the message the payload begins: no fixed field can reach beyond it. */
static size_t payload_at(struct portero_bytes message, const struct ntlm_authenticate *m)
{
  const struct portero_bytes fields[] = {m->lm_response, m->nt_response, m->domain,
                                         m->user,        m->workstation, m->session_key};
  size_t least = message.size;

  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
    if (fields[i].size > 0 && (size_t)(fields[i].data - message.data) < least)
      least = (size_t)(fields[i].data - message.data);
  return least;
}

portero_status ntlm_authenticate_read(struct portero_bytes message,
                                      struct ntlm_authenticate *out_message)
{
  struct ntlm_authenticate m;
  struct portero_reader r;
  portero_status status;

  memset(&m, 0, sizeof m);
  portero_reader_init(&r, message, false);
  ntlm_head_read(&r, NTLM_MESSAGE_AUTHENTICATE);
  m.lm_response = ntlm_field_read(&r, message, "LmChallengeResponse");
  m.nt_response = ntlm_field_read(&r, message, "NtChallengeResponse");
  m.domain = ntlm_field_read(&r, message, "DomainName");
  m.user = ntlm_field_read(&r, message, "UserName");
  m.workstation = ntlm_field_read(&r, message, "Workstation");
  m.session_key = ntlm_field_read(&r, message, "EncryptedRandomSessionKey");
  m.flags = portero_read_u32(&r, "flags");
  status = portero_reader_finish(&r);
  if (!portero_is_ok(status))
    return status;
  if (payload_at(message, &m) >= NTLM_MIC_AT)
    memcpy(m.version, message.data + r.at, sizeof m.version);
  if (payload_at(message, &m) >= NTLM_MIC_AT + NTLM_MIC_SIZE)
    m.mic = portero_bytes_make(message.data + NTLM_MIC_AT, NTLM_MIC_SIZE);
  *out_message = m;
  return portero_ok();
}

void ntlm_authenticate_write(struct portero_writer *w, const struct ntlm_authenticate *m)
{
  size_t at = PAYLOAD_AT + (m->mic.size ? NTLM_MIC_SIZE : 0), start = w->size;
  size_t domain_at = at, lm_at = at + m->domain.size + m->user.size + m->workstation.size;
  size_t key_at = lm_at + m->lm_response.size + m->nt_response.size;

  ntlm_head_write(w, NTLM_MESSAGE_AUTHENTICATE);
  ntlm_field_write(w, m->lm_response, &lm_at);
  ntlm_field_write(w, m->nt_response, &lm_at);
  ntlm_field_write(w, m->domain, &domain_at);
  ntlm_field_write(w, m->user, &domain_at);
  ntlm_field_write(w, m->workstation, &domain_at);
  ntlm_field_write(w, m->session_key, &key_at);
  portero_write_u32(w, m->flags);
  portero_write_bytes(w, m->version, sizeof m->version);
  portero_write_zeros(w, at - (w->failed ? at : w->size - start));
  portero_write_bytes(w, m->domain.data, m->domain.size);
  portero_write_bytes(w, m->user.data, m->user.size);
  portero_write_bytes(w, m->workstation.data, m->workstation.size);
  portero_write_bytes(w, m->lm_response.data, m->lm_response.size);
  portero_write_bytes(w, m->nt_response.data, m->nt_response.size);
  portero_write_bytes(w, m->session_key.data, m->session_key.size);
}
