/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three messages of NTLM, read and written. [MS-NLMP] 2.2.1. Little-endian throughout; views
 * live as long as the message's bytes.
 */
#ifndef PORTERO_AUTH_NTLM_MESSAGE_H
#define PORTERO_AUTH_NTLM_MESSAGE_H

#include <portero/bytes.h>

/* NEGOTIATE flags. [MS-NLMP] 2.2.2.5 */
#define NTLM_UNICODE            0x00000001u
#define NTLM_REQUEST_TARGET     0x00000004u
#define NTLM_SIGN               0x00000010u
#define NTLM_SEAL               0x00000020u
#define NTLM_NTLM               0x00000200u
#define NTLM_ANONYMOUS          0x00000800u
#define NTLM_ALWAYS_SIGN        0x00008000u
#define NTLM_TARGET_TYPE_SERVER 0x00020000u
#define NTLM_EXTENDED_SECURITY  0x00080000u
#define NTLM_TARGET_INFO        0x00800000u
#define NTLM_128                0x20000000u
#define NTLM_KEY_EXCH           0x40000000u

#define NTLM_CHALLENGE_SIZE 8u
#define NTLM_KEY_SIZE       16u

/* LOCAL_SHORT or LOCAL_MALFORMED when it is none. */
PORTERO_MUST_USE portero_status ntlm_negotiate_read(struct portero_bytes message,
                                                    uint32_t *out_flags);

/* target: the server's NetBIOS name, in ASCII. */
void ntlm_challenge_write(struct portero_writer *w, uint32_t flags,
                          const uint8_t challenge[NTLM_CHALLENGE_SIZE], const char *target);

struct ntlm_authenticate {
  uint32_t flags;
  struct portero_bytes lm_response;
  struct portero_bytes nt_response;
  struct portero_bytes domain;
  struct portero_bytes user;
  struct portero_bytes workstation;
  struct portero_bytes
      session_key; /* encrypted with the key exchange key; empty without KEY_EXCH */
};
PORTERO_MUST_USE portero_status ntlm_authenticate_read(struct portero_bytes message,
                                                       struct ntlm_authenticate *out_message);

#endif
