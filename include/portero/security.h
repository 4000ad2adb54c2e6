/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface that authentication mechanisms implement, and the only thing the association
 * machines know of them. [MS-RPCE] 2.2.1.1.7, 3.2.1.4.1, 3.3.1.5.2.
 *
 * A security context is made by whoever drives the machine, handed to it, and owned by it until
 * the association is freed (or the context is refused). step() may wait for a KDC or a directory:
 * the machine never calls it; it asks for the step with an event and takes the result.
 * protect() and unprotect() are short, called by the machine in place, one PDU at a time, in the
 * order the PDUs have on the wire. One context is used by one thread at a time, which need not stay
 * the same one.
 */
#ifndef PORTERO_SECURITY_H
#define PORTERO_SECURITY_H

#include <portero/bytes.h>
#include <portero/sid.h>

PORTERO_BEGIN_DECLS

enum portero_auth_type {
  PORTERO_AUTH_NONE = 0,
  PORTERO_AUTH_SPNEGO = 9,
  PORTERO_AUTH_NTLM = 10,
  PORTERO_AUTH_KERBEROS = 16,
  PORTERO_AUTH_NETLOGON = 68,
};

enum portero_auth_level {
  PORTERO_LEVEL_DEFAULT = 0,
  PORTERO_LEVEL_NONE = 1,
  PORTERO_LEVEL_CONNECT = 2,
  PORTERO_LEVEL_CALL = 3, /* raised to PACKET before it is sent */
  PORTERO_LEVEL_PACKET = 4,
  PORTERO_LEVEL_INTEGRITY = 5,
  PORTERO_LEVEL_PRIVACY = 6,
};

/*
 * One PDU to protect or to check, in place. Sealed is [data, data + data_size): stub and padding.
 * With header_signing the signature covers [pdu, trailer end), without it only the data; NTLM has no
 * such choice: its peers always sign the whole.
 */
struct portero_protected_pdu {
  uint8_t *pdu;
  size_t size; /* up to and including the sec_trailer, without the auth value */
  size_t data_at;
  size_t data_size;
  uint8_t *value; /* the auth value: written by protect, checked by unprotect */
  size_t value_size;
  uint8_t level;
  bool header_signing;
};

/*
 * Who the other side turned out to be, once the context is established. Texts are UTF-8 and never
 * NULL, empty where they are not known. Lives as long as its security context.
 */
struct portero_identity {
  uint8_t type;          /* enum portero_auth_type: what did it, NTLM or Kerberos inside SPNEGO */
  bool anonymous;        /* established, but without a name */
  const char *account;   /* "alice", "HOST$" */
  const char *domain;    /* NetBIOS domain, or the realm where that is all there is */
  const char *principal; /* Kerberos: "alice@LAB.TEST" */
  const struct portero_sid *sids;   /* the account's own first, then its groups */
  size_t n_sids;                    /* 0: not known */
  struct portero_bytes session_key; /* secret: never to be shown */
};

struct portero_security;

struct portero_security_ops {
  uint8_t type; /* enum portero_auth_type, or a private one */
  /*
   * One leg: token in (empty for an initiator's first), token out appended to out_token.
   * *out_done: this side has what it needs. Errors: LOCAL_SECURITY, CLASS_FAULT or CLASS_NAK; a
   * token that was written before the error is sent where the protocol has a place for it. After an
   * error the context is only asked why() and claimed(), and freed.
   */
  portero_status (*step)(struct portero_security *s, struct portero_bytes token,
                         struct portero_writer *out_token, bool *out_done);
  /* Size of the auth value for a PDU with data_size bytes at this level; constant per context and level. */
  size_t (*value_size)(const struct portero_security *s, uint8_t level, size_t data_size);
  portero_status (*protect)(struct portero_security *s, const struct portero_protected_pdu *p);
  /* LOCAL_SECURITY when the signature does not fit. */
  portero_status (*unprotect)(struct portero_security *s, const struct portero_protected_pdu *p);
  /* NULL, or NULL back: nothing is known of the other side. Only when established. */
  const struct portero_identity *(*identity)(const struct portero_security *s);
  /* NULL, or NULL back: no more to say. What went wrong last, for a person: the cause and the next
   * step; holds no secret. */
  const char *(*why)(const struct portero_security *s);
  void (*free)(struct portero_security *s);
  /* NULL, or NULL back: not known. Whom the other side called itself when step() failed: account and
   * domain alone, and nothing about them is proved. */
  const struct portero_identity *(*claimed)(const struct portero_security *s);
};

struct portero_security {
  const struct portero_security_ops *ops;
  /* Established, but the caller has no name: worth no more than no authentication. */
  bool anonymous;
  /* step() may wait (a KDC, a directory): drivers run it on the worker pool, under a deadline. */
  bool waits;
  /* Beside the first one, atomic: whoever makes a context leaves it 0. A step that is still running,
   * or a call whose connection has gone, outlives the machine. */
  uint32_t holders;
};

static inline struct portero_security *portero_security_hold(struct portero_security *s)
{
  (void)__atomic_add_fetch(&s->holders, 1, __ATOMIC_RELAXED);
  return s;
}
/* In place of ops->free() for contexts that a machine has, or had. NULL is fine. */
static inline void portero_security_release(struct portero_security *s)
{
  if (s && __atomic_fetch_sub(&s->holders, 1, __ATOMIC_ACQ_REL) == 0)
    s->ops->free(s);
}

PORTERO_END_DECLS

#endif
