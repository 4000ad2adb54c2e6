/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three messages of NTLM, read and written, and the list of pairs inside two of them.
 * [MS-NLMP] 2.2.1, 2.2.2.1. Little-endian throughout; views live as long as the message's bytes.
 * Readers answer LOCAL_SHORT when the bytes are not such a message.
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
#define NTLM_TARGET_TYPE_DOMAIN 0x00010000u
#define NTLM_TARGET_TYPE_SERVER 0x00020000u
#define NTLM_EXTENDED_SECURITY  0x00080000u
#define NTLM_TARGET_INFO        0x00800000u
#define NTLM_128                0x20000000u
#define NTLM_KEY_EXCH           0x40000000u
#define NTLM_56                 0x80000000u

#define NTLM_CHALLENGE_SIZE 8u
#define NTLM_KEY_SIZE       16u
#define NTLM_MIC_SIZE       16u
#define NTLM_MIC_AT         72u    /* in an AUTHENTICATE message that has one */
#define NTLM_MESSAGE_LIMIT  16384u /* no honest message comes near it */

/* ---- NEGOTIATE ---- */

#define NTLM_NEGOTIATE_SIZE 40u /* as it is written here: without names and version */

PORTERO_MUST_USE portero_status ntlm_negotiate_read(struct portero_bytes message,
                                                    uint32_t *out_flags);
void ntlm_negotiate_write(struct portero_writer *w, uint32_t flags);

/* ---- CHALLENGE ---- */

struct ntlm_challenge {
  uint32_t flags;
  uint8_t challenge[NTLM_CHALLENGE_SIZE];
  struct portero_bytes target;      /* UTF-16 */
  struct portero_bytes target_info; /* pairs; only with NTLM_TARGET_INFO */
  uint8_t version[8];
};

PORTERO_MUST_USE portero_status ntlm_challenge_read(struct portero_bytes message,
                                                    struct ntlm_challenge *out_message);
void ntlm_challenge_write(struct portero_writer *w, const struct ntlm_challenge *m);

/* ---- AUTHENTICATE ---- */

struct ntlm_authenticate {
  uint32_t flags;
  struct portero_bytes lm_response;
  struct portero_bytes nt_response;
  struct portero_bytes domain;      /* UTF-16 */
  struct portero_bytes user;        /* UTF-16 */
  struct portero_bytes workstation; /* UTF-16 */
  struct portero_bytes session_key; /* under the key exchange key; empty without KEY_EXCH */
  struct portero_bytes mic;         /* what lies in its place, or empty: only a pair of the NT
                                       response tells whether it is one */
  uint8_t version[8];
};

PORTERO_MUST_USE portero_status ntlm_authenticate_read(struct portero_bytes message,
                                                       struct ntlm_authenticate *out_message);
/* With room for the MIC, written as zeros, when m->mic is not empty: it is filled in afterwards. */
void ntlm_authenticate_write(struct portero_writer *w, const struct ntlm_authenticate *m);

/* ---- AV pairs ---- */

enum ntlm_av_id { /* [MS-NLMP] 2.2.2.1 */
  NTLM_AV_EOL = 0,
  NTLM_AV_NETBIOS_COMPUTER = 1,
  NTLM_AV_NETBIOS_DOMAIN = 2,
  NTLM_AV_DNS_COMPUTER = 3,
  NTLM_AV_DNS_DOMAIN = 4,
  NTLM_AV_FLAGS = 6,
  NTLM_AV_TIMESTAMP = 7,
  NTLM_AV_TARGET_NAME = 9,
  NTLM_AV_CHANNEL_BINDINGS = 10,
};

#define NTLM_AV_FLAG_MIC          0x2u
#define NTLM_CHANNEL_BINDING_SIZE 16u

/* Those that are acted upon. Of a pair that comes twice the first counts. */
struct ntlm_target_info {
  bool has_flags, has_timestamp;
  uint32_t flags;
  uint64_t timestamp;                    /* FILETIME */
  struct portero_bytes channel_bindings; /* NTLM_CHANNEL_BINDING_SIZE bytes, or empty */
};

struct ntlm_av {
  uint16_t id;
  struct portero_bytes value;
};

/* false at the end, and when the list breaks off: then the reader has failed. */
bool ntlm_av_next(struct portero_reader *pairs, struct ntlm_av *out_pair);
void ntlm_av_write(struct portero_writer *w, uint16_t id, struct portero_bytes value);
PORTERO_MUST_USE portero_status ntlm_target_info_read(struct portero_bytes pairs,
                                                      struct ntlm_target_info *out_info);

#endif
