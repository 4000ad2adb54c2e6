/* SPDX-License-Identifier: Apache-2.0 */
/* Asks winbind, and through it a domain controller, about one response. Waits. */
#ifndef PORTERO_AUTH_WINBIND_H
#define PORTERO_AUTH_WINBIND_H

#include <portero/bytes.h>
#include <portero/sid.h>

struct winbind_question {
  const char *account, *domain, *workstation; /* UTF-8 */
  const uint8_t *challenge;                   /* 8 bytes */
  struct portero_bytes nt_response;
};

/* Texts and SIDs are the asker's, to be freed. */
struct winbind_answer {
  char *account, *domain;
  struct portero_sid *sids;
  size_t n_sids;
  uint8_t session_key[16]; /* SessionBaseKey */
};

#define WINBIND_WHY_SIZE 160u

/*
 * LOCAL_DENIED: it says no; LOCAL_UNSUPPORTED: there is no winbind to ask; both say why in
 * why[WINBIND_WHY_SIZE]. LOCAL_NO_MEMORY.
 */
PORTERO_MUST_USE portero_status winbind_ask(const struct winbind_question *q, char *why,
                                            struct winbind_answer *out_answer);

#endif
