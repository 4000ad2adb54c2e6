/* SPDX-License-Identifier: Apache-2.0 */
/* Whether who sent an AUTHENTICATE message knows the password of whom it names. */
#ifndef PORTERO_AUTH_NTLM_VERIFY_H
#define PORTERO_AUTH_NTLM_VERIFY_H

#include "src/auth/accounts.h"
#include "src/auth/ntlm_context.h"

/* What an acceptor was made with. Lives as long as it. */
struct ntlm_settings {
  const char *computer, *domain;         /* UTF-8; never NULL */
  const char *dns_computer, *dns_domain; /* NULL: not told */
  struct accounts *accounts;             /* NULL: none */
  bool winbind;
  bool anonymous;
  unsigned allow; /* PORTERO_ALLOW_* */
};

/* Texts and SIDs are the holder's, to be freed with ntlm_user_free(). */
struct ntlm_user {
  char *account, *domain;
  struct portero_sid *sids;
  size_t n_sids;
  uint8_t exchange_key[NTLM_KEY_SIZE];
};

/*
 * How far the time in a response of version 2 may be from this host's. Clients that were told the
 * server's time send that back. [MS-NLMP] 3.2.1.1 MaxLifetime, whose value in Windows this is.
 */
#define NTLM_LIFETIME_HOURS 36u

/*
 * Every refusal is the same to the peer, and costs the same whether the account exists: which it was
 * is told to c alone. LOCAL_DENIED; LOCAL_NO_MEMORY. May wait, with winbind.
 * sent: the CHALLENGE that is answered; a response of version 2 has to repeat its pairs.
 * out_has_mic: the response says that the message has a MIC, which is then to be checked.
 */
PORTERO_MUST_USE portero_status ntlm_verify(const struct ntlm_settings *settings,
                                            const struct ntlm_challenge *sent,
                                            const struct ntlm_authenticate *m,
                                            struct ntlm_context *c, struct ntlm_user *out_user,
                                            bool *out_has_mic);
void ntlm_user_free(struct ntlm_user *u);

#endif
