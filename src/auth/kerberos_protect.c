/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PDUs under a Kerberos context, in place. What is sealed is wrapped with its signature in a header
 * that goes where the auth value is, the rest of the PDU being signed only; what is not sealed has
 * a MIC. [MS-RPCE] 3.3.1.5.2.2, [MS-KILE] 3.4.5.4 and 3.4.5.6, [RFC4121] 4.2.4
 */
#include <stdlib.h>

#include "src/auth/kerberos.h"

#define CONNECT_VALUE_SIZE 16u
#define TOKEN_HEADER       16u /* [RFC4121] 4.2.6: identifier, flags, counts, sequence number */
#define SEQUENCE_AT        8u
#define OLD_CONFOUNDER     8u /* [RFC4757] 7.3: of wrapped tokens alone */
#define MAX_BUFFERS        4

struct buffers {
  gss_iov_buffer_desc of[MAX_BUFFERS];
  int count;
};

static void add(struct buffers *b, OM_uint32 type, uint8_t *data, size_t size)
{
  gss_iov_buffer_desc *at = &b->of[b->count++];

  at->type = type;
  at->buffer.value = data;
  at->buffer.length = size;
}

static void sealed_buffers(const struct portero_protected_pdu *p, struct buffers *out_buffers)
{
  size_t data_end = p->data_at + p->data_size;

  out_buffers->count = 0;
  add(out_buffers, GSS_IOV_BUFFER_TYPE_HEADER, p->value, p->value_size);
  if (p->header_signing)
    add(out_buffers, GSS_IOV_BUFFER_TYPE_SIGN_ONLY, p->pdu, p->data_at);
  add(out_buffers, GSS_IOV_BUFFER_TYPE_DATA, p->pdu + p->data_at, p->data_size);
  if (p->header_signing)
    add(out_buffers, GSS_IOV_BUFFER_TYPE_SIGN_ONLY, p->pdu + data_end, p->size - data_end);
}

static void signed_buffers(const struct portero_protected_pdu *p, struct buffers *out_buffers)
{
  out_buffers->count = 0;
  if (p->header_signing)
    add(out_buffers, GSS_IOV_BUFFER_TYPE_DATA, p->pdu, p->size);
  else
    add(out_buffers, GSS_IOV_BUFFER_TYPE_DATA, p->pdu + p->data_at, p->data_size);
  add(out_buffers, GSS_IOV_BUFFER_TYPE_MIC_TOKEN, p->value, p->value_size);
}

bool kerberos_measure(struct kerberos *k)
{
  struct portero_protected_pdu p = {
      .header_signing = true, .size = 64, .data_at = 24, .data_size = 32};
  struct buffers b;
  OM_uint32 minor;

  sealed_buffers(&p, &b);
  if (gss_wrap_iov_length(&minor, k->context, 1, GSS_C_QOP_DEFAULT, NULL, b.of, b.count) !=
      GSS_S_COMPLETE)
    return false;
  k->seal_size = b.of[0].buffer.length;
  signed_buffers(&p, &b);
  if (gss_get_mic_iov_length(&minor, k->context, GSS_C_QOP_DEFAULT, b.of, b.count) !=
      GSS_S_COMPLETE)
    return false;
  k->mic_size = b.of[1].buffer.length;
  if (k->mic_size == k->seal_size) /* RC4: the library counts what a MIC does not have */
    k->mic_size -= OLD_CONFOUNDER;
  return true;
}

size_t kerberos_value_size(const struct portero_security *s, uint8_t level, size_t data_size)
{
  const struct kerberos *k = kerberos_of_const(s);

  (void)data_size;
  if (level == PORTERO_LEVEL_CONNECT)
    return CONNECT_VALUE_SIZE;
  return level == PORTERO_LEVEL_PRIVACY ? k->seal_size : k->mic_size;
}

portero_status kerberos_protect(struct portero_security *s, const struct portero_protected_pdu *p)
{
  struct kerberos *k = kerberos_of(s);
  OM_uint32 major, minor;
  struct buffers b;
  int sealed = 0;

  if (k->state != KERBEROS_ESTABLISHED ||
      p->value_size != kerberos_value_size(s, p->level, p->data_size))
    return portero_local(PORTERO_LOCAL_SECURITY);
  if (p->level == PORTERO_LEVEL_CONNECT) {
    memset(p->value, 0, p->value_size); /* a version and nothing else: nobody looks at it */
    p->value[0] = 1;
    return portero_ok();
  }
  if (p->level == PORTERO_LEVEL_PRIVACY) {
    sealed_buffers(p, &b);
    major = gss_wrap_iov(&minor, k->context, 1, GSS_C_QOP_DEFAULT, &sealed, b.of, b.count);
  } else {
    signed_buffers(p, &b);
    major = gss_get_mic_iov(&minor, k->context, GSS_C_QOP_DEFAULT, b.of, b.count);
  }
  if (major == GSS_S_COMPLETE && (sealed || p->level != PORTERO_LEVEL_PRIVACY))
    return portero_ok();
  kerberos_explain(k->initiator, "protecting a PDU", major, minor, k->why, sizeof k->why);
  return portero_local(PORTERO_LOCAL_SECURITY);
}

/*
 * The order of what comes, where the other side has not asked the library to look at it: the number is in
 * the clear, and signed. Tokens of old ciphers hide it: there is no order without the library.
 */
static bool next_in_order(struct kerberos *k, const uint8_t *value, size_t size)
{
  uint64_t number;

  if (!k->counts)
    return true;
  if (size < TOKEN_HEADER || value[1] != 4 || (value[0] != 4 && value[0] != 5))
    return false;
  number = portero_load_u64(value + SEQUENCE_AT, true);
  if (k->has_received && number != k->next_received)
    return false;
  k->has_received = true;
  k->next_received = number + 1;
  return true;
}

static portero_status broken(struct kerberos *k, OM_uint32 major, OM_uint32 minor)
{
  kerberos_explain(k->initiator, "a protected PDU", major, minor, k->why, sizeof k->why);
  return portero_local(PORTERO_LOCAL_SECURITY);
}

/*
 * A signature has one size. A seal's header may be smaller than ours, where the other side has chosen
 * less filling ("extra count", [RFC4121] 4.2.3; impacket does): the library knows what it must be.
 */
static bool may_be_value(const struct kerberos *k, const struct portero_protected_pdu *p)
{
  if (k->state != KERBEROS_ESTABLISHED || p->value_size < TOKEN_HEADER)
    return false;
  return p->level == PORTERO_LEVEL_PRIVACY ? p->value_size <= k->seal_size
                                           : p->value_size == k->mic_size;
}

portero_status kerberos_unprotect(struct portero_security *s, const struct portero_protected_pdu *p)
{
  struct kerberos *k = kerberos_of(s);
  uint8_t head[TOKEN_HEADER];
  OM_uint32 major, minor = 0;
  struct buffers b;
  int sealed = 0;

  if (p->level == PORTERO_LEVEL_CONNECT && k->state == KERBEROS_ESTABLISHED)
    return portero_ok();
  if (!may_be_value(k, p))
    return broken(k, GSS_S_BAD_SIG, 0);
  memcpy(head, p->value, sizeof head);
  if (p->level == PORTERO_LEVEL_PRIVACY) {
    sealed_buffers(p, &b);
    major = gss_unwrap_iov(&minor, k->context, &sealed, NULL, b.of, b.count);
  } else {
    signed_buffers(p, &b);
    major = gss_verify_mic_iov(&minor, k->context, NULL, b.of, b.count);
  }
  /* Supplementary bits, a replay or a gap, count as well: nothing is lost or doubled on a stream. */
  if (major != GSS_S_COMPLETE)
    return broken(k, major, minor);
  if (p->level == PORTERO_LEVEL_PRIVACY && !sealed)
    return broken(k, GSS_S_BAD_SIG, 0);
  return next_in_order(k, head, sizeof head) ? portero_ok() : broken(k, GSS_S_UNSEQ_TOKEN, 0);
}

/* ---- for SPNEGO ---- */

static portero_status mic_make(struct portero_security *s, struct portero_bytes text,
                               struct portero_writer *out_mic)
{
  struct kerberos *k = kerberos_of(s);
  gss_buffer_desc message = kerberos_buffer(text.data, text.size), mic = GSS_C_EMPTY_BUFFER;
  OM_uint32 major, minor;

  if (k->state != KERBEROS_ESTABLISHED)
    return portero_local(PORTERO_LOCAL_STATE);
  major = gss_get_mic(&minor, k->context, GSS_C_QOP_DEFAULT, &message, &mic);
  if (major != GSS_S_COMPLETE)
    return broken(k, major, minor);
  kerberos_put_token(out_mic, &mic);
  return portero_writer_finish(out_mic);
}

static portero_status mic_check(struct portero_security *s, struct portero_bytes text,
                                struct portero_bytes mic)
{
  struct kerberos *k = kerberos_of(s);
  gss_buffer_desc message = kerberos_buffer(text.data, text.size);
  gss_buffer_desc token = kerberos_buffer(mic.data, mic.size);
  OM_uint32 major, minor;

  if (k->state != KERBEROS_ESTABLISHED)
    return portero_local(PORTERO_LOCAL_STATE);
  major = gss_verify_mic(&minor, k->context, &message, &token, NULL);
  if (major != GSS_S_COMPLETE)
    return broken(k, major, minor);
  return next_in_order(k, mic.data, mic.size) ? portero_ok() : broken(k, GSS_S_UNSEQ_TOKEN, 0);
}

/* An initiator that may sign does, as Windows does; servers look at none where signing was not agreed
 * on, as at connect level. */
static bool mic_wanted(const struct portero_security *s)
{
  const struct kerberos *k = kerberos_of_const(s);

  return k->initiator && (k->flags & GSS_C_INTEG_FLAG);
}

const struct auth_mic_ops kerberos_mic_ops = {
    .make = mic_make, .check = mic_check, .wanted = mic_wanted};
