/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mechanisms by which a server's callers may authenticate. A server accepts none until it is given
 * one: a bind that asks for another is refused with "authentication type not recognized".
 */
#ifndef PORTERO_AUTH_H
#define PORTERO_AUTH_H

#include <portero/security.h>

PORTERO_BEGIN_DECLS

/* Must outlive the servers that use it. One acceptor may serve several. */
struct portero_acceptor {
  uint8_t type; /* enum portero_auth_type */
  /* A new security context for one caller. May be called on any of the server's loops; must not wait. */
  portero_status (*begin)(void *ctx, uint8_t level, struct portero_security **out_security);
  void *ctx;
  void (*free)(struct portero_acceptor *a); /* NULL: static */
};

struct portero_server;
/* Before run(). LOCAL_EXISTS: a mechanism of this type is there already. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_server_accept(struct portero_server *s, const struct portero_acceptor *acceptor);

/*
 * NTLM without a name ([MS-NLMP] 3.2.5.1.2): for clients that insist on authenticating before they ask an
 * endpoint mapper. Such a caller counts as nobody: interfaces that demand a level refuse it.
 */
PORTERO_API extern const struct portero_acceptor portero_ntlm_anonymous;

/* NULL is fine. Not before the last server that uses it is free. */
PORTERO_API void portero_acceptor_free(struct portero_acceptor *a);

/*
 * NTLM with names: version 2 with extended session security and 128 bits, or nothing. [MS-NLMP] 3.2.5
 * Accounts are looked up in a file kept by `portero user`; what the file does not know goes to
 * winbind when that is wanted.
 */
struct portero_ntlm_options {
  const char *accounts; /* the account file; NULL: none */
  const char *computer; /* NetBIOS name; NULL: from the host's name, in capitals */
  const char *domain;   /* NetBIOS domain; NULL: the computer's name, as for a host without one */
  const char *dns_computer, *dns_domain; /* told in the target information; NULL: left out */
  bool winbind;                          /* a domain member: ask winbind. The steps wait */
  bool anonymous;                        /* callers without a name too; they count as nobody */
  unsigned allow;                        /* PORTERO_ALLOW_NTLMV1 */
};
/*
 * Texts are copied; the account file is read again when it has changed. CLASS_SYSTEM: it cannot be
 * opened; LOCAL_DENIED: others may read it (mode 0600 is wanted), or it belongs neither to root nor to
 * this process's user; LOCAL_MALFORMED: a line is no account. `portero user list` tells which.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_acceptor_ntlm_new(
    const struct portero_ntlm_options *options, struct portero_acceptor **out_acceptor);

/* Kerberos with a keytab of one's own: several servers in one process may have different ones. */
struct portero_kerberos_options {
  const char *keytab;    /* NULL: the default keytab */
  const char *principal; /* "host/fileserver.lab.test@LAB.TEST"; NULL: any that the keytab has */
};
PORTERO_API PORTERO_MUST_USE portero_status portero_acceptor_kerberos_new(
    const struct portero_kerberos_options *options, struct portero_acceptor **out_acceptor);

/*
 * SPNEGO, choosing among the others in the order given. They stay the caller's, and must outlive it.
 * LOCAL_USAGE: one of them is neither NTLM nor Kerberos.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_acceptor_spnego_new(
    struct portero_acceptor *const *inner, size_t n_inner, struct portero_acceptor **out_acceptor);

/*
 * The Netlogon secure channel, for a server that plays the domain controller's part. find tells the
 * session key that the computer has agreed on; it is called on a loop and must not wait.
 * computer: the NetBIOS name in UTF-8, as the client wrote it: the case of its letters means nothing.
 * LOCAL_NOT_FOUND: there is none. AES only. [MS-NRPC] 3.3.4
 */
typedef portero_status portero_netlogon_find(void *user, const char *computer, const char *domain,
                                             uint8_t out_key[16]);
PORTERO_API PORTERO_MUST_USE portero_status portero_acceptor_netlogon_new(
    portero_netlogon_find *find, void *user, struct portero_acceptor **out_acceptor);

PORTERO_END_DECLS

#endif
