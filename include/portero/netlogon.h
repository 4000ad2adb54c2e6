/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secure channel of a domain member to a domain controller. [MS-NRPC] 3.1.4.1, 3.4
 *
 *     struct portero_netlogon_channel *channel;
 *     portero_netlogon_open(&(struct portero_netlogon_options){.server = "dc1.lab.test",
 *         .computer = "FILES", .domain = "LAB", .password = machine_password}, &channel);
 *     options.login = &(struct portero_login){.type = PORTERO_AUTH_NETLOGON, .netlogon = channel};
 *     portero_client_open("ncacn_ip_tcp:dc1.lab.test", &netlogon_interface.id, &options, &client);
 *
 * The dialogue that agrees on the session key (ServerReqChallenge, ServerAuthenticate3) waits.
 * AES and HMAC-SHA256 are asked for and nothing less is taken, unless RC4 is allowed by name.
 * A connection protected like this carries one call at a time: both directions share a counter.
 */
#ifndef PORTERO_NETLOGON_H
#define PORTERO_NETLOGON_H

#include <portero/credentials.h>

PORTERO_BEGIN_DECLS

struct portero_netlogon_options {
  const char *server;     /* host to call */
  const char *computer;   /* NetBIOS name of this member, without the $ */
  const char *domain;     /* NetBIOS domain */
  const char *account;    /* NULL: computer and $ */
  const char *password;   /* of the machine account */
  const uint8_t *nt_hash; /* 16 octets, in place of the password */
  uint16_t channel_type;  /* [MS-NRPC] 2.2.1.3.13; 0: workstation, 2 */
  uint16_t mapper_port;   /* 0: 135 */
  uint32_t timeout;       /* ms, for each step; 0: 30 s */
  uint8_t level;          /* of portero_netlogon_logon(): 0 is packet privacy */
  unsigned allow;         /* PORTERO_ALLOW_NETLOGON_RC4 */
};

/*
 * Any number of connections may be opened with it, from any thread; they live on without it.
 * portero_netlogon_logon() may be called from any thread and takes one logon after the other.
 */
struct portero_netlogon_channel;

/*
 * Agrees on a session key. On failure *out_channel is still set, unless memory is out, so that
 * portero_netlogon_error() can be asked; close it in any case. CLASS_RESULT: the controller's
 * answer, NT_STATUS_ACCESS_DENIED when it has another password; LOCAL_SECURITY: what answered does
 * not know the password; LOCAL_DENIED: it wants weaker protection than is allowed; LOCAL_USAGE.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_netlogon_open(
    const struct portero_netlogon_options *options, struct portero_netlogon_channel **out_channel);
/* NULL is fine. Wipes the keys. */
PORTERO_API void portero_netlogon_close(struct portero_netlogon_channel *channel);
/* What happened, for a person; the text lives until the channel's next use. */
PORTERO_API const char *portero_netlogon_error(const struct portero_netlogon_channel *channel);
/* What ServerAuthenticate3 told: the account's RID, and what both sides can do (3.1.4.2). */
PORTERO_API uint32_t portero_netlogon_rid(const struct portero_netlogon_channel *channel);
PORTERO_API uint32_t portero_netlogon_flags(const struct portero_netlogon_channel *channel);

/*
 * The authenticator of one more call, and the check of the one that came back. [MS-NRPC] 3.1.4.5
 * From one thread at a time, one call at a time. When a check fails, or portero_netlogon_logon() has
 * agreed on a new key meanwhile, the channel is of no more use for such calls; open another.
 */
struct portero_netlogon_authenticator {
  uint8_t credential[8];
  uint32_t timestamp; /* seconds since 1970 */
};
PORTERO_API void
portero_netlogon_authenticate(struct portero_netlogon_channel *channel,
                              struct portero_netlogon_authenticator *out_authenticator);
PORTERO_API PORTERO_MUST_USE bool
portero_netlogon_verify(struct portero_netlogon_channel *channel,
                        const struct portero_netlogon_authenticator *returned);
/* Encrypts or decrypts a secret inside a message with the session key, in place. [MS-NRPC] 3.1.4.4 */
PORTERO_API void portero_netlogon_encrypt(struct portero_netlogon_channel *channel, uint8_t *data,
                                          size_t size);
PORTERO_API void portero_netlogon_decrypt(struct portero_netlogon_channel *channel, uint8_t *data,
                                          size_t size);

/* ---- logons that pass through to the controller ---- */

/* What a server knows of a caller that answered its NTLM challenge. Texts are UTF-8, or NULL. */
struct portero_netlogon_attempt {
  const char *account, *domain, *workstation;
  uint8_t challenge[8]; /* the server's, in its CHALLENGE_MESSAGE */
  struct portero_bytes nt_response, lm_response;
};

struct portero_netlogon_user;

/*
 * Asks the controller whether the responses are right (NetrLogonSamLogonEx) over a connection under
 * the secure channel, which is kept for the next one, and made again, key and all, when it was lost.
 * Waits. CLASS_RESULT: the controller's answer: NT_STATUS_WRONG_PASSWORD, NT_STATUS_NO_SUCH_USER,
 * NT_STATUS_ACCOUNT_LOCKED_OUT, NT_STATUS_LOGON_FAILURE where the caller's target information named
 * another computer than the channel's ... The identity's session key is the session base key of [MS-NLMP].
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_netlogon_logon(
    struct portero_netlogon_channel *channel, const struct portero_netlogon_attempt *logon,
    struct portero_netlogon_user **out_user);
/* Lives as long as the user. */
PORTERO_API const struct portero_identity *
portero_netlogon_user_identity(const struct portero_netlogon_user *user);
/* NULL is fine. */
PORTERO_API void portero_netlogon_user_free(struct portero_netlogon_user *user);

/* ---- for a server that plays the controller's part ---- */

/*
 * A client challenge whose first five octets hold none that is there once only is no random number
 * but an attempt to guess the key's first octets: all zeros, as CVE-2020-1472 has it. [MS-NRPC] 3.1.4.1
 */
PORTERO_API bool portero_netlogon_challenge_is_random(const uint8_t challenge[8]);

/* What a client brings to ServerAuthenticate3, and what the server knows. */
struct portero_netlogon_proof {
  const uint8_t *nt_hash; /* 16 octets: of the machine account's password */
  uint8_t client_challenge[8], server_challenge[8];
  uint8_t client_credential[8];
  uint32_t flags; /* the client's */
};
/*
 * Whether the client knows the password: the session key for portero_acceptor_netlogon_new(), and
 * the credential to answer with. LOCAL_DENIED: the flags lack AES, or the challenge is not random;
 * LOCAL_SECURITY: it does not know the password. Answer both with NT_STATUS_ACCESS_DENIED, and
 * forget the challenges in any case: each serves one attempt.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_netlogon_agree(
    const struct portero_netlogon_proof *proof, uint8_t out_key[16], uint8_t out_credential[8]);

PORTERO_END_DECLS

#endif
