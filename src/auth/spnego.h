/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPNEGO: one dialogue about which mechanism to use, around the dialogue of that mechanism.
 * [RFC4178], [MS-SPNG]
 *
 *     initiator                                          acceptor
 *     NegTokenInit  mechTypes, mechToken            ->
 *                                                   <-   NegTokenResp  accept-incomplete, token
 *     NegTokenResp  token, mechListMIC              ->
 *                                                   <-   NegTokenResp  accept-completed, mechListMIC
 *
 * Both ends hold the mechanisms they would use, begun but not stepped; once one is agreed on, the
 * others are freed. A mechListMIC is the mechanism's own signature over the list of mechTypes: who
 * took a mechanism out of the list on its way is found out. It is due when the initiator's first
 * choice was not taken, when the acceptor asked for it, when the other side sent one, and when the
 * mechanism wants it.
 */
#ifndef PORTERO_AUTH_SPNEGO_H
#define PORTERO_AUTH_SPNEGO_H

#include "src/auth/mechanisms.h"
#include "src/auth/spnego_message.h"

#define SPNEGO_INNER_LIMIT 2u    /* Kerberos and NTLM */
#define SPNEGO_WHY_SIZE    1024u /* a mechanism's own, and what became of it */

struct spnego_inner {
  uint8_t type; /* PORTERO_AUTH_KERBEROS or PORTERO_AUTH_NTLM */
  const struct auth_mic_ops *mic;
  struct portero_security *security;
};

enum spnego_leg {
  SPNEGO_LEG_FIRST,
  SPNEGO_LEG_CHOICE, /* the initiator waits to hear which mechanism it is */
  SPNEGO_LEG_NEXT,
  SPNEGO_LEG_BARE, /* the mechanism alone, without SPNEGO around it */
  SPNEGO_LEG_DONE, /* or failed */
};

struct spnego {
  struct portero_security security; /* first */
  struct spnego_inner inner[SPNEGO_INNER_LIMIT];
  bool falls_back; /* to the second mechanism, when the first gives no token */
  size_t n_inner;  /* from SPNEGO_LEG_NEXT on: 1 */
  enum spnego_leg leg;
  uint8_t *list; /* the initiator's mechTypes */
  size_t list_size;
  bool hinted;        /* the acceptor spoke first */
  bool preferred;     /* it is the initiator's first choice that was taken */
  bool requested;     /* the acceptor asked for a mechListMIC */
  bool inner_done;    /* the mechanism inside has what it needs */
  bool made, checked; /* our mechListMIC, the other side's */
  char why[SPNEGO_WHY_SIZE];
};

/*
 * inner: the best liked first. falls_back: an initiator goes on with the second when the first gives no token. Owns their security contexts, also when it fails.
 * LOCAL_USAGE: none, too many, or two of a type.
 */
PORTERO_MUST_USE portero_status spnego_initiator_make(const struct spnego_inner *inner,
                                                      size_t n_inner, bool falls_back,
                                                      struct portero_security **out_security);
PORTERO_MUST_USE portero_status spnego_acceptor_make(const struct spnego_inner *inner,
                                                     size_t n_inner,
                                                     struct portero_security **out_security);

/* Which mechanisms an initiator offers. docs/authentication.md tells the rule to users. */
struct spnego_offer {
  bool kerberos;
  bool ntlm;
};
struct spnego_offer spnego_offer_for(const struct auth_initiation *i);

/* ---- shared by both ends ---- */

PORTERO_MUST_USE portero_status spnego_make(const struct portero_security_ops *ops,
                                            const struct spnego_inner *inner, size_t n_inner,
                                            struct portero_security **out_security);
struct spnego *spnego_of(struct portero_security *s);
uint8_t spnego_type_of(uint8_t mech); /* enum spnego_mech; 0: none that we know */
const char *spnego_name_of(uint8_t type);
/* Frees all but number at, which becomes the only one. */
void spnego_choose(struct spnego *s, size_t at);
portero_status spnego_keep_list(struct spnego *s, struct portero_bytes list);

/* Ends the dialogue; the text becomes what why() tells. */
portero_status spnego_fail(struct spnego *s, portero_status status, const char *format, ...)
    PORTERO_PRINTF(3, 4);
/* One leg of the mechanism inside; sets inner_done. A failure has been explained. */
portero_status spnego_step_inner(struct spnego *s, struct portero_bytes token,
                                 struct portero_writer *out_token);
portero_status spnego_mic_make(struct spnego *s, struct portero_writer *out_mic);
portero_status spnego_mic_check(struct spnego *s, struct portero_bytes mic);
bool spnego_mic_wanted(const struct spnego *s);
/* Both sides agree: what follows is protected data. */
void spnego_establish(struct spnego *s, bool *out_done);

size_t spnego_value_size(const struct portero_security *security, uint8_t level, size_t data_size);
portero_status spnego_protect(struct portero_security *security,
                              const struct portero_protected_pdu *p);
portero_status spnego_unprotect(struct portero_security *security,
                                const struct portero_protected_pdu *p);
const struct portero_identity *spnego_identity(const struct portero_security *security);
const struct portero_identity *spnego_claimed(const struct portero_security *security);
const char *spnego_why(const struct portero_security *security);
void spnego_free(struct portero_security *security);

#endif
