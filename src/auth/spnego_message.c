/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/spnego_message.h"

#include "src/auth/spnego_der.h"

#define OID_SIZE_MAX          10u
#define KERBEROS_TOKEN_AP_REQ 0x0100u /* [RFC4121] 4.1 */
#define KERBEROS_AP_REQ       0x6eu /* [APPLICATION 14], [RFC4120] 5.5.1: DCE style has no frame */

struct oid {
  uint8_t size;
  uint8_t bytes[OID_SIZE_MAX];
};

static const struct oid spnego_oid = {6, {0x2b, 6, 1, 5, 5, 2}}; /* 1.3.6.1.5.5.2 */

static const struct oid mech_oids[] = {
    [SPNEGO_MECH_OTHER] = {0, {0}},
    /* 1.2.840.113554.1.2.2 */
    [SPNEGO_MECH_KERBEROS] = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2}},
    /* 1.2.840.48018.1.2.2 */
    [SPNEGO_MECH_MS_KERBEROS] = {9, {0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2}},
    /* 1.3.6.1.4.1.311.2.2.10 */
    [SPNEGO_MECH_NTLM] = {10, {0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10}},
};

static const char hint_name[] = "not_defined_in_RFC4178@please_ignore";

static struct portero_bytes bytes_of(const struct oid *oid)
{
  return portero_bytes_make(oid->bytes, oid->size);
}

static bool is_oid(struct portero_bytes bytes, const struct oid *oid)
{
  return bytes.size == oid->size && memcmp(bytes.data, oid->bytes, oid->size) == 0;
}

static uint8_t mech_of(struct portero_bytes oid)
{
  for (uint8_t i = SPNEGO_MECH_KERBEROS; i <= SPNEGO_MECH_NTLM; i++)
    if (is_oid(oid, &mech_oids[i]))
      return i;
  return SPNEGO_MECH_OTHER;
}

/* ---- reading ---- */

/* Into the choice of a NegotiationToken, past the frame if there is one. The frame ends where the
 * message does, so that it needs no leaving. */
static struct portero_reader open_message(struct portero_reader *r, uint8_t choice)
{
  struct portero_reader frame, inner;

  if (!der_is(r, DER_APPLICATION_0))
    return der_enter(r, choice, "negotiation token");
  frame = der_enter(r, DER_APPLICATION_0, "initial token");
  if (!is_oid(der_read(&frame, DER_OID, "mechanism"), &spnego_oid))
    portero_reader_fail(&frame, "mechanism");
  inner = der_enter(&frame, choice, "negotiation token");
  der_leave(r, &frame, "initial token");
  return inner;
}

/* An optional field [n] with one element in it. */
static struct portero_bytes read_field(struct portero_reader *r, unsigned n, uint8_t tag,
                                       const char *what)
{
  struct portero_reader field;
  struct portero_bytes content;

  if (!der_is(r, (uint8_t)DER_CONTEXT(n)))
    return portero_bytes_make(NULL, 0);
  field = der_enter(r, (uint8_t)DER_CONTEXT(n), what);
  content = der_read(&field, tag, what);
  der_leave(r, &field, what);
  return content;
}

/* Of no meaning to us: looked at only as far as its end. */
static void skip_field(struct portero_reader *r, unsigned n, const char *what)
{
  if (der_is(r, (uint8_t)DER_CONTEXT(n)))
    (void)der_read(r, (uint8_t)DER_CONTEXT(n), what);
}

/* false: too many. */
static bool read_list(struct portero_reader *r, struct spnego_init *init)
{
  struct portero_reader field = der_enter(r, (uint8_t)DER_CONTEXT(0), "mechTypes");
  struct portero_reader list = der_enter(&field, DER_SEQUENCE, "mechTypes");

  init->list = portero_bytes_make(field.base, field.size);
  der_leave(r, &field, "mechTypes");
  while (portero_reader_left(&list) > 0) {
    if (init->n_mechs == SPNEGO_MECHS_LIMIT)
      return false;
    init->mechs[init->n_mechs++] = mech_of(der_read(&list, DER_OID, "mechType"));
  }
  if (init->n_mechs == 0)
    portero_reader_fail(&list, "mechTypes");
  der_leave(r, &list, "mechTypes");
  return true;
}

portero_status spnego_init_read(struct portero_bytes message, struct spnego_init *out_init)
{
  struct portero_reader r, choice, fields;
  struct spnego_init init = {0};
  portero_status status;

  if (message.size > SPNEGO_TOKEN_LIMIT)
    return portero_local(PORTERO_LOCAL_LIMIT);
  portero_reader_init(&r, message, false);
  choice = open_message(&r, (uint8_t)DER_CONTEXT(0));
  fields = der_enter(&choice, DER_SEQUENCE, "NegTokenInit");
  if (!read_list(&fields, &init))
    return portero_local(PORTERO_LOCAL_LIMIT);
  skip_field(&fields, 1, "reqFlags");
  init.token = read_field(&fields, 2, DER_OCTET_STRING, "mechToken");
  skip_field(&fields, 3, "negHints"); /* or a mechListMIC, which says nothing here */
  skip_field(&fields, 4, "mechListMIC");
  der_leave(&choice, &fields, "NegTokenInit");
  der_leave(&r, &choice, "negotiation token");
  if (portero_reader_left(&r) > 0)
    portero_reader_fail(&r, "end");
  status = portero_reader_finish(&r);
  if (portero_is_ok(status))
    *out_init = init;
  return status;
}

static void read_answer(struct portero_reader *r, struct spnego_resp *resp)
{
  struct portero_bytes state = read_field(r, 0, DER_ENUMERATED, "negState");

  resp->answer = SPNEGO_NO_ANSWER;
  if (!state.data)
    return;
  if (state.size != 1 || state.data[0] > SPNEGO_REQUEST_MIC)
    portero_reader_fail(r, "negState");
  else
    resp->answer = state.data[0];
}

portero_status spnego_resp_read(struct portero_bytes message, struct spnego_resp *out_resp)
{
  struct portero_reader r, choice, fields;
  struct spnego_resp resp = {0};
  struct portero_bytes mech;
  portero_status status;

  if (message.size > SPNEGO_TOKEN_LIMIT)
    return portero_local(PORTERO_LOCAL_LIMIT);
  portero_reader_init(&r, message, false);
  choice = open_message(&r, (uint8_t)DER_CONTEXT(1));
  fields = der_enter(&choice, DER_SEQUENCE, "NegTokenResp");
  read_answer(&fields, &resp);
  mech = read_field(&fields, 1, DER_OID, "supportedMech");
  resp.has_mech = mech.data != NULL;
  resp.mech = resp.has_mech ? mech_of(mech) : (uint8_t)SPNEGO_MECH_OTHER;
  resp.token = read_field(&fields, 2, DER_OCTET_STRING, "responseToken");
  resp.mic = read_field(&fields, 3, DER_OCTET_STRING, "mechListMIC");
  der_leave(&choice, &fields, "NegTokenResp");
  der_leave(&r, &choice, "negotiation token");
  if (portero_reader_left(&r) > 0)
    portero_reader_fail(&r, "end");
  status = portero_reader_finish(&r);
  if (portero_is_ok(status))
    *out_resp = resp;
  return status;
}

enum spnego_mech spnego_bare_mech(struct portero_bytes token)
{
  static const char ntlm[8] = "NTLMSSP";
  struct portero_reader r, frame;
  uint8_t mech;

  if (token.size >= sizeof ntlm && memcmp(token.data, ntlm, sizeof ntlm) == 0)
    return SPNEGO_MECH_NTLM;
  portero_reader_init(&r, token, false);
  if (der_is(&r, KERBEROS_AP_REQ)) {
    (void)der_read(&r, KERBEROS_AP_REQ, "AP-REQ");
    return r.failed ? SPNEGO_MECH_OTHER : SPNEGO_MECH_KERBEROS;
  }
  frame = der_enter(&r, DER_APPLICATION_0, "initial token");
  mech = mech_of(der_read(&frame, DER_OID, "mechanism"));
  return mech == SPNEGO_MECH_KERBEROS && !r.failed ? SPNEGO_MECH_KERBEROS : SPNEGO_MECH_OTHER;
}

struct portero_bytes spnego_without_frame(struct portero_bytes token)
{
  struct portero_reader r, frame;

  portero_reader_init(&r, token, false);
  frame = der_enter(&r, DER_APPLICATION_0, "initial token");
  if (mech_of(der_read(&frame, DER_OID, "mechanism")) != SPNEGO_MECH_KERBEROS)
    return token;
  frame.big_endian = true;
  if (portero_read_u16(&frame, "token identifier") != KERBEROS_TOKEN_AP_REQ ||
      !der_is(&frame, KERBEROS_AP_REQ) || portero_reader_left(&r) > 0)
    return token;
  return portero_bytes_make(frame.base + frame.at, portero_reader_left(&frame));
}

/* ---- writing ---- */

static size_t list_content(const uint8_t *mechs, size_t n_mechs)
{
  size_t size = 0;

  for (size_t i = 0; i < n_mechs; i++)
    size += der_size(mech_oids[mechs[i]].size);
  return size;
}

void spnego_list_write(struct portero_writer *w, const uint8_t *mechs, size_t n_mechs)
{
  der_write_head(w, DER_SEQUENCE, list_content(mechs, n_mechs));
  for (size_t i = 0; i < n_mechs; i++)
    der_write(w, DER_OID, bytes_of(&mech_oids[mechs[i]]));
}

static size_t field_size(size_t content)
{
  return der_size(der_size(content));
}

static void write_field(struct portero_writer *w, unsigned n, uint8_t tag,
                        struct portero_bytes content)
{
  der_write_head(w, (uint8_t)DER_CONTEXT(n), der_size(content.size));
  der_write(w, tag, content);
}

/* [3] NegHints with its hintName [0]. */
static size_t hints_size(void)
{
  return field_size(field_size(sizeof hint_name - 1));
}

static void write_hints(struct portero_writer *w)
{
  size_t name = field_size(sizeof hint_name - 1);

  der_write_head(w, (uint8_t)DER_CONTEXT(3), der_size(name));
  der_write_head(w, DER_SEQUENCE, name);
  write_field(w, 0, DER_GENERAL_STRING, portero_bytes_make(hint_name, sizeof hint_name - 1));
}

void spnego_init_write(struct portero_writer *w, const struct spnego_init *init)
{
  size_t list = der_size(list_content(init->mechs, init->n_mechs));
  size_t fields = der_size(list) + (init->token.size ? field_size(init->token.size) : 0) +
                  (init->hints ? hints_size() : 0);

  der_write_head(w, DER_APPLICATION_0, der_size(spnego_oid.size) + field_size(fields));
  der_write(w, DER_OID, bytes_of(&spnego_oid));
  der_write_head(w, (uint8_t)DER_CONTEXT(0), der_size(fields));
  der_write_head(w, DER_SEQUENCE, fields);
  der_write_head(w, (uint8_t)DER_CONTEXT(0), list);
  spnego_list_write(w, init->mechs, init->n_mechs);
  if (init->token.size)
    write_field(w, 2, DER_OCTET_STRING, init->token);
  if (init->hints)
    write_hints(w);
}

void spnego_resp_write(struct portero_writer *w, const struct spnego_resp *resp)
{
  const struct oid *mech = &mech_oids[resp->mech];
  size_t fields = (resp->answer != SPNEGO_NO_ANSWER ? field_size(1) : 0) +
                  (resp->has_mech ? field_size(mech->size) : 0) +
                  (resp->token.size ? field_size(resp->token.size) : 0) +
                  (resp->mic.size ? field_size(resp->mic.size) : 0);

  der_write_head(w, (uint8_t)DER_CONTEXT(1), der_size(fields));
  der_write_head(w, DER_SEQUENCE, fields);
  if (resp->answer != SPNEGO_NO_ANSWER)
    write_field(w, 0, DER_ENUMERATED, portero_bytes_make(&resp->answer, 1));
  if (resp->has_mech)
    write_field(w, 1, DER_OID, bytes_of(mech));
  if (resp->token.size)
    write_field(w, 2, DER_OCTET_STRING, resp->token);
  if (resp->mic.size)
    write_field(w, 3, DER_OCTET_STRING, resp->mic);
}
