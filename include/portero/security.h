/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface that authentication mechanisms implement, and the only thing the association
 * machines know of them. [MS-RPCE] 2.2.1.1.7, 3.2.1.4.1, 3.3.1.5.2.
 *
 * A security context is made by whoever drives the machine, handed to it, and owned by it until
 * the association is freed (or the context is refused). step() may wait for a KDC or a directory:
 * the machine never calls it; it asks for the step with an event and takes the result.
 * protect() and unprotect() are short, called by the machine in place, one PDU at a time, in the
 * order the PDUs have on the wire.
 */
#ifndef PORTERO_SECURITY_H
#define PORTERO_SECURITY_H

#include <portero/bytes.h>

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

struct portero_security;

struct portero_security_ops {
  uint8_t type; /* enum portero_auth_type, or a private one */
  /*
   * One leg: token in (empty for an initiator's first), token out appended to out_token.
   * *out_done: this side has what it needs. Errors: LOCAL_SECURITY, CLASS_FAULT or CLASS_NAK.
   */
  portero_status (*step)(struct portero_security *s, struct portero_bytes token,
                         struct portero_writer *out_token, bool *out_done);
  /* Size of the auth value for a PDU with data_size bytes at this level; constant per context and level. */
  size_t (*value_size)(const struct portero_security *s, uint8_t level, size_t data_size);
  portero_status (*protect)(struct portero_security *s, const struct portero_protected_pdu *p);
  /* LOCAL_SECURITY when the signature does not fit. */
  portero_status (*unprotect)(struct portero_security *s, const struct portero_protected_pdu *p);
  void (*free)(struct portero_security *s);
};

struct portero_security {
  const struct portero_security_ops *ops;
  bool
      anonymous; /* established, but the caller has no name: worth no more than no authentication */
};

PORTERO_END_DECLS

#endif
