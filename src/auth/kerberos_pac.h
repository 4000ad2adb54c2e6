/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logon information of a ticket: [MS-PAC] 2.5 KERB_VALIDATION_INFO, as type serialization
 * version 1 ([MS-RPCE] 2.2.6). The bytes come from whoever made the ticket: whether that may be
 * believed is the caller's to know.
 */
#ifndef PORTERO_AUTH_KERBEROS_PAC_H
#define PORTERO_AUTH_KERBEROS_PAC_H

#include <portero/bytes.h>
#include <portero/sid.h>

#define KERBEROS_MAX_SIDS 1024u /* Windows gives an account 1015 at most */

/* Texts are UTF-8 and never NULL. Lives in the arena it was read into. */
struct kerberos_logon {
  const char *account;            /* sAMAccountName: "alice", "HOST$" */
  const char *domain;             /* NetBIOS domain */
  const struct portero_sid *sids; /* the account's own first, its primary group, its other groups */
  size_t n_sids;
};

/*
 * LOCAL_SHORT, LOCAL_MALFORMED: it is none; a SID or a text in it is none. LOCAL_LIMIT: too many
 * SIDs, or the arena's budget is used up. Groups that only deny are left out.
 */
PORTERO_MUST_USE portero_status kerberos_pac_read(struct portero_bytes in,
                                                  struct portero_arena *arena,
                                                  struct kerberos_logon *out_logon);

#endif
