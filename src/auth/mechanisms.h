/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The initiators' ends, one constructor for each mechanism; a build without what a mechanism needs
 * has one that answers LOCAL_UNSUPPORTED. login.c chooses among them, and SPNEGO does.
 */
#ifndef PORTERO_AUTH_MECHANISMS_H
#define PORTERO_AUTH_MECHANISMS_H

#include <portero/auth.h>
#include <portero/credentials.h>

/* What an initiator is made from. Pointers live only for the call. */
struct auth_initiation {
  struct portero_credentials *credentials; /* to be held as long as it is needed; NULL: none */
  const char *target;                      /* "service/host" */
  uint8_t level;                           /* CONNECT to PRIVACY, CALL raised */
};

portero_status ntlm_initiator_new(const struct auth_initiation *i,
                                  struct portero_security **out_security);
portero_status kerberos_initiator_new(const struct auth_initiation *i,
                                      struct portero_security **out_security);
portero_status spnego_initiator_new(const struct auth_initiation *i,
                                    struct portero_security **out_security);
portero_status netlogon_initiator_new(struct portero_netlogon_channel *channel, uint8_t level,
                                      struct portero_security **out_security);

/* ---- for SPNEGO: what it needs of the mechanism inside, beside portero_security_ops ---- */

/*
 * The signature of a mechListMIC, as gss_getMIC and gss_verifyMIC make and check it ([RFC4178] 5).
 * Implemented by NTLM and Kerberos; asked for when step() is done. LOCAL_SECURITY.
 */
struct auth_mic_ops {
  portero_status (*make)(struct portero_security *s, struct portero_bytes text,
                         struct portero_writer *out_mic);
  portero_status (*check)(struct portero_security *s, struct portero_bytes text,
                          struct portero_bytes mic);
  /*
   * NTLM: behind the mechListMIC both directions' ciphers start anew; the sequence numbers go on.
   * Called once, when all mechListMICs of the dialogue are made and checked. [MS-SPNG] 3.3.5.1
   * NULL: nothing to do.
   */
  void (*restart)(struct portero_security *s);
  /*
   * Is a mechListMIC due even where the mechanism is the one the initiator liked best? NTLM, at both
   * ends: the AUTHENTICATE message carried a MIC. Kerberos: the initiator, where signing was agreed on.
   * NULL: never.
   */
  bool (*wanted)(const struct portero_security *s);
};
extern const struct auth_mic_ops ntlm_mic_ops, kerberos_mic_ops;

#endif
