/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends of an NTLM dialogue have in common: protection, identity, the account of a failure. */
#ifndef PORTERO_AUTH_NTLM_CONTEXT_H
#define PORTERO_AUTH_NTLM_CONTEXT_H

#include "src/auth/mechanisms.h"
#include "src/auth/ntlm_session.h"

#define NTLM_WHY_SIZE  320u
#define NTLM_NAME_SIZE 512u /* bytes of UTF-16, of any name on the wire */

struct ntlm_context {
  struct portero_security security; /* first */
  bool is_server;
  bool established;
  bool has_mic; /* the three messages were signed */
  uint32_t flags;
  uint8_t key[NTLM_KEY_SIZE]; /* ExportedSessionKey */
  struct ntlm_session session;
  struct portero_identity identity;
  char why[NTLM_WHY_SIZE];
};

static inline struct ntlm_context *ntlm_context_of(struct portero_security *s)
{
  return (struct ntlm_context *)(void *)s;
}

/* Both ends' flags that nothing is done without, whatever the level. */
#define NTLM_REQUIRED (NTLM_UNICODE | NTLM_EXTENDED_SECURITY | NTLM_128)
/* And what a level needs besides: [MS-RPCE] 2.2.1.1.8 */
uint32_t ntlm_level_flags(uint8_t level);

/* The dialogue is over; identity is the caller's to fill in. */
void ntlm_context_establish(struct ntlm_context *c, const uint8_t key[NTLM_KEY_SIZE],
                            uint32_t flags);
/* Control characters do not get through. */
void ntlm_context_explain(struct ntlm_context *c, const char *format, ...) PORTERO_PRINTF(2, 3);

size_t ntlm_value_size(const struct portero_security *s, uint8_t level, size_t data_size);
portero_status ntlm_protect(struct portero_security *s, const struct portero_protected_pdu *p);
portero_status ntlm_unprotect(struct portero_security *s, const struct portero_protected_pdu *p);
const struct portero_identity *ntlm_identity(const struct portero_security *s);
const char *ntlm_why(const struct portero_security *s);

/* 100 ns since 1601, as NTLM has its time. [MS-DTYP] 2.3.3 */
uint64_t ntlm_filetime_now(void);
/* This host's NetBIOS name: what is before the first dot, in capitals, 15 characters. */
#define NTLM_NETBIOS_SIZE 16u
void ntlm_computer_name(char out_name[NTLM_NETBIOS_SIZE]);

#endif
