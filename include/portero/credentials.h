/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client proves itself with, and how a connection is to be authenticated and protected.
 *
 *     struct portero_credentials *me;
 *     portero_credentials_new(&(struct portero_credentials_options){.user = "LAB\\alice",
 *                             .password = password}, &me);
 *     options.login = &(struct portero_login){.credentials = me};      SPNEGO, packet privacy
 *     portero_client_open("ncacn_ip_tcp:dc1.lab.test", &samr_interface.id, &options, &client);
 *
 * There is no silent fallback: what was asked for is agreed on, or opening fails.
 */
#ifndef PORTERO_CREDENTIALS_H
#define PORTERO_CREDENTIALS_H

#include <portero/security.h>

PORTERO_BEGIN_DECLS

/* LM and NTLMv1 responses are neither made nor taken without this. They can be broken by anybody
 * who watches. */
#define PORTERO_ALLOW_NTLMV1 0x01u
/* RC4 on a Netlogon secure channel; client only. */
#define PORTERO_ALLOW_NETLOGON_RC4 0x02u
/* SPNEGO goes on with NTLM when Kerberos gets no ticket. Whoever keeps the KDC out of reach brings
 * that about, and gets a response to guess the password from. */
#define PORTERO_ALLOW_NTLM_FALLBACK 0x04u

/* Everything may be NULL: the ticket cache of the user. Texts are UTF-8. */
struct portero_credentials_options {
  const char *user;   /* "name", "DOMAIN\name" or "name@REALM"; NULL: whom the ticket cache names */
  const char *domain; /* when user names none */
  const char *password;
  const uint8_t *nt_hash;  /* 16 bytes, in place of the password; NTLM only */
  const char *ccache;      /* Kerberos: NULL is the default ticket cache; "MEMORY:..." is fine */
  const char *keytab;      /* Kerberos: in place of a password */
  const char *workstation; /* NTLM: the name told to the server; NULL: the host's */
  bool anonymous;          /* NTLM without a name; nothing else may be set */
  unsigned allow;          /* PORTERO_ALLOW_* */
};

/* Immutable and counted; may be used by any number of threads and connections. Secrets are wiped
 * when the last holder lets go. */
struct portero_credentials;

/* LOCAL_USAGE: options contradict each other; LOCAL_MALFORMED: no UTF-8, or no user name. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_credentials_new(const struct portero_credentials_options *options,
                        struct portero_credentials **out_credentials);
/*
 * From a file with lines "username = ", "domain = ", "password = " (the form of smbclient -A),
 * which others may not read: LOCAL_DENIED when its mode has any bit of 077. CLASS_SYSTEM.
 */
PORTERO_API PORTERO_MUST_USE portero_status
portero_credentials_from_file(const char *path, struct portero_credentials **out_credentials);
PORTERO_API struct portero_credentials *portero_credentials_hold(struct portero_credentials *c);
/* NULL is fine. */
PORTERO_API void portero_credentials_free(struct portero_credentials *c);

struct portero_netlogon_channel; /* portero/netlogon.h */

/* How to authenticate a connection. Its pointers live until the connection is open. */
struct portero_login {
  uint8_t type;                              /* enum portero_auth_type; 0: SPNEGO */
  uint8_t level;                             /* enum portero_auth_level; 0: packet privacy */
  struct portero_credentials *credentials;   /* NULL: the default ticket cache */
  struct portero_netlogon_channel *netlogon; /* with PORTERO_AUTH_NETLOGON, and only there */
  const char
      *target; /* the service's principal, "host/dc1.lab.test"; NULL: "host/" and the host called */
  bool no_header_signing; /* for peers that cannot */
};

/*
 * The initiator's end of one dialogue. host: the host called, for the target's name. The first step()
 * has an empty token. LOCAL_UNSUPPORTED: this build has no such mechanism; LOCAL_USAGE: type, level
 * and credentials do not go together.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_login_begin(
    const struct portero_login *login, const char *host, struct portero_security **out_security);

PORTERO_END_DECLS

#endif
