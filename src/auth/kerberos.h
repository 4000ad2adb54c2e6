/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kerberos through MIT GSSAPI, in DCE style: three unframed legs, AP-REQ, AP-REP, AP-REP, and
 * tokens that leave the data where it is. [MS-KILE] 3.4.5, [RFC4121].
 *
 * Both ends share one context. It reads no environment and changes none: credentials and keytabs are
 * named to the library for each context, so that a process may have several. What the library
 * itself reads is krb5.conf.
 */
#ifndef PORTERO_AUTH_KERBEROS_H
#define PORTERO_AUTH_KERBEROS_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include "src/auth/kerberos_why.h"
#include "src/auth/mechanisms.h"

enum kerberos_state {
  KERBEROS_NEW,
  KERBEROS_STARTED,
  KERBEROS_ESTABLISHED,
  KERBEROS_FAILED,
};

struct kerberos {
  struct portero_security base; /* first: what others hold is a pointer to it */
  enum kerberos_state state;
  uint8_t level;
  bool initiator;
  gss_ctx_id_t context;
  OM_uint32 flags;   /* what was agreed on; valid when established */
  size_t mic_size;   /* of the auth value that signs */
  size_t seal_size;  /* of the one that seals */
  bool counts;       /* the library does not look at the order of PDUs: we do */
  bool has_received; /* next_received is known */
  uint64_t next_received;
  struct portero_arena arena; /* of identity */
  struct portero_identity identity;
  char why[KERBEROS_WHY_SIZE];
};

static inline struct kerberos *kerberos_of(struct portero_security *s)
{
  return (struct kerberos *)(void *)s;
}
static inline const struct kerberos *kerberos_of_const(const struct portero_security *s)
{
  return (const struct kerberos *)(const void *)s;
}

/* GSSAPI has no word for "constant". */
static inline gss_buffer_desc kerberos_buffer(const void *data, size_t size)
{
  gss_buffer_desc b = {size, (void *)(uintptr_t)data};
  return b;
}

void kerberos_init(struct kerberos *k, const struct portero_security_ops *ops, uint8_t level,
                   bool initiator);
void kerberos_deinit(struct kerberos *k);

/* Says why, and that nothing more can be done with the context. subject: whom it was about. */
portero_status kerberos_failed(struct kerberos *k, const char *subject, OM_uint32 major,
                               OM_uint32 minor);
/* The same where the library has nothing to say. */
portero_status kerberos_refused(struct kerberos *k, const char *why);
/* Appends what the library made, and releases it. */
void kerberos_put_token(struct portero_writer *out_token, gss_buffer_desc *token);
/* The context stands: checks what was agreed on, measures, finds out who peer is. */
portero_status kerberos_established(struct kerberos *k, gss_name_t peer, OM_uint32 flags);

/* kerberos_identity.c. LOCAL_SECURITY: what the ticket says of its owner is malformed. */
portero_status kerberos_identify(struct kerberos *k, gss_name_t peer);

/* kerberos_protect.c */
bool kerberos_measure(struct kerberos *k);
size_t kerberos_value_size(const struct portero_security *s, uint8_t level, size_t data_size);
portero_status kerberos_protect(struct portero_security *s, const struct portero_protected_pdu *p);
portero_status kerberos_unprotect(struct portero_security *s,
                                  const struct portero_protected_pdu *p);

/* kerberos_context.c: members of portero_security_ops that both ends have. */
const struct portero_identity *kerberos_identity(const struct portero_security *s);
const char *kerberos_why(const struct portero_security *s);

#endif
