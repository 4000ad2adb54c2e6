/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/ntlm_message.h"

#define MESSAGE_NEGOTIATE    1u
#define MESSAGE_CHALLENGE    2u
#define MESSAGE_AUTHENTICATE 3u
#define CHALLENGE_PAYLOAD_AT 56u /* behind the fixed fields and the version */
#define AV_EOL               0u  /* [MS-NLMP] 2.2.2.1 */
#define AV_NETBIOS_COMPUTER  1u
#define AV_NETBIOS_DOMAIN    2u

static const uint8_t signature[8] = {'N', 'T', 'L', 'M', 'S', 'S', 'P', 0};

static void head_read(struct portero_reader *r, uint32_t type)
{
  const uint8_t *p = portero_reader_take(r, sizeof signature, "signature");

  if (p && memcmp(p, signature, sizeof signature) != 0)
    portero_reader_fail(r, "signature");
  if (portero_read_u32(r, "message type") != type)
    portero_reader_fail(r, "message type");
}

portero_status ntlm_negotiate_read(struct portero_bytes message, uint32_t *out_flags)
{
  struct portero_reader r;
  portero_status status;
  uint32_t flags;

  portero_reader_init(&r, message, false);
  head_read(&r, MESSAGE_NEGOTIATE);
  flags = portero_read_u32(&r, "flags");
  status = portero_reader_finish(&r);
  if (portero_is_ok(status))
    *out_flags = flags;
  return status;
}

/* Length, allocated length, offset: the payload that they point to must be inside the message. */
static struct portero_bytes field_read(struct portero_reader *r, struct portero_bytes message,
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

portero_status ntlm_authenticate_read(struct portero_bytes message,
                                      struct ntlm_authenticate *out_message)
{
  struct ntlm_authenticate m;
  struct portero_reader r;
  portero_status status;

  portero_reader_init(&r, message, false);
  head_read(&r, MESSAGE_AUTHENTICATE);
  m.lm_response = field_read(&r, message, "LmChallengeResponse");
  m.nt_response = field_read(&r, message, "NtChallengeResponse");
  m.domain = field_read(&r, message, "DomainName");
  m.user = field_read(&r, message, "UserName");
  m.workstation = field_read(&r, message, "Workstation");
  m.session_key = field_read(&r, message, "EncryptedRandomSessionKey");
  m.flags = portero_read_u32(&r, "flags");
  status = portero_reader_finish(&r);
  if (portero_is_ok(status))
    *out_message = m;
  return status;
}

static void wide_write(struct portero_writer *w, const char *text)
{
  for (; *text; text++)
    portero_write_u16(w, (uint8_t)*text);
}

static void field_write(struct portero_writer *w, size_t size, size_t at)
{
  portero_write_u16(w, (uint16_t)size);
  portero_write_u16(w, (uint16_t)size);
  portero_write_u32(w, (uint32_t)at);
}

static void pair_write(struct portero_writer *w, uint16_t id, const char *text)
{
  portero_write_u16(w, id);
  portero_write_u16(w, (uint16_t)(strlen(text) * 2));
  wide_write(w, text);
}

void ntlm_challenge_write(struct portero_writer *w, uint32_t flags,
                          const uint8_t challenge[NTLM_CHALLENGE_SIZE], const char *target)
{
  size_t name_size = strlen(target) * 2, info_size = 3 * 4 + 2 * name_size;

  portero_write_bytes(w, signature, sizeof signature);
  portero_write_u32(w, MESSAGE_CHALLENGE);
  field_write(w, name_size, CHALLENGE_PAYLOAD_AT);
  portero_write_u32(w, flags);
  portero_write_bytes(w, challenge, NTLM_CHALLENGE_SIZE);
  portero_write_zeros(w, 8);
  field_write(w, info_size, CHALLENGE_PAYLOAD_AT + name_size);
  portero_write_zeros(w, 8); /* no version is told */
  wide_write(w, target);
  pair_write(w, AV_NETBIOS_DOMAIN, target);
  pair_write(w, AV_NETBIOS_COMPUTER, target);
  pair_write(w, AV_EOL, "");
}
