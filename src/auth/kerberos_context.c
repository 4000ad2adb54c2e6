/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends of a Kerberos context share: its states, what it must have agreed on, its end. */
#include <stdio.h>
#include <stdlib.h>

#include <portero/pdu.h>

#include "src/auth/kerberos.h"

#define IDENTITY_BUDGET ((size_t)256 << 10)
#define IN_ORDER        (GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG)

void kerberos_init(struct kerberos *k, const struct portero_security_ops *ops, uint8_t level,
                   bool initiator)
{
  memset(k, 0, sizeof *k);
  k->base.ops = ops;
  k->base.waits = true;
  k->level = level;
  k->initiator = initiator;
  k->context = GSS_C_NO_CONTEXT;
  portero_arena_init(&k->arena, &portero_mem_malloc, IDENTITY_BUDGET);
}

void kerberos_deinit(struct kerberos *k)
{
  OM_uint32 minor;

  if (k->context != GSS_C_NO_CONTEXT)
    (void)gss_delete_sec_context(&minor, &k->context, GSS_C_NO_BUFFER);
  if (k->identity.session_key.size)
    explicit_bzero((void *)(uintptr_t)k->identity.session_key.data, k->identity.session_key.size);
  portero_arena_deinit(&k->arena);
}

/* A server tells its client no more than this. [MS-RPCE] 3.3.1.5.2 */
static portero_status failure(struct kerberos *k)
{
  k->state = KERBEROS_FAILED;
  return k->initiator ? portero_local(PORTERO_LOCAL_SECURITY)
                      : portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
}

portero_status kerberos_failed(struct kerberos *k, const char *subject, OM_uint32 major,
                               OM_uint32 minor)
{
  kerberos_explain(k->initiator, subject, major, minor, k->why, sizeof k->why);
  return failure(k);
}

portero_status kerberos_refused(struct kerberos *k, const char *why)
{
  (void)snprintf(k->why, sizeof k->why, "%s", why);
  return failure(k);
}

void kerberos_put_token(struct portero_writer *out_token, gss_buffer_desc *token)
{
  OM_uint32 minor;

  portero_write_bytes(out_token, token->value, token->length);
  (void)gss_release_buffer(&minor, token);
}

/* Refused in the last leg; at lower levels the first signature tells. */
static portero_status not_sealed(struct kerberos *k)
{
  portero_status status = kerberos_refused(
      k, "Kerberos: the other side has agreed on no encryption, which level privacy needs");

  return k->initiator ? status
                      : portero_status_make(PORTERO_CLASS_FAULT, PORTERO_FAULT_SEC_PKG_ERROR);
}

portero_status kerberos_established(struct kerberos *k, gss_name_t peer, OM_uint32 flags)
{
  const OM_uint32 needed = GSS_C_MUTUAL_FLAG | GSS_C_DCE_STYLE;
  portero_status status;

  if ((flags & needed) != needed)
    return kerberos_refused(
        k, "Kerberos: the other side does not use the three legs of DCE style with "
           "mutual authentication; without them a token could be replayed");
  if (k->level == PORTERO_LEVEL_PRIVACY && !(flags & GSS_C_CONF_FLAG))
    return not_sealed(k);
  k->flags = flags;
  k->counts = (flags & IN_ORDER) != IN_ORDER;
  if (!kerberos_measure(k))
    return kerberos_refused(k, "Kerberos: the library cannot tell the size of its signatures");
  status = kerberos_identify(k, peer);
  if (!portero_is_ok(status))
    return status;
  k->state = KERBEROS_ESTABLISHED;
  return portero_ok();
}

const struct portero_identity *kerberos_identity(const struct portero_security *s)
{
  const struct kerberos *k = kerberos_of_const(s);

  return k->state == KERBEROS_ESTABLISHED ? &k->identity : NULL;
}

const char *kerberos_why(const struct portero_security *s)
{
  const struct kerberos *k = kerberos_of_const(s);

  return k->why[0] ? k->why : NULL;
}
