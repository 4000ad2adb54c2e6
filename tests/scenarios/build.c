/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenarios/scenario.h"

#include <portero/trailer.h>

#include "src/assoc/secure.h"

#include <stdlib.h>

struct building {
  struct portero_writer *out;
  const struct words *w;
  struct peers *peers;
  struct portero_pdu_header header;
  size_t start;
  struct portero_context contexts[300];
  struct portero_syntax transfers[2000];
};

static const struct {
  const char *name;
  uint8_t ptype;
} ptypes[] = {
    {"request", PORTERO_PTYPE_REQUEST},
    {"response", PORTERO_PTYPE_RESPONSE},
    {"fault", PORTERO_PTYPE_FAULT},
    {"bind", PORTERO_PTYPE_BIND},
    {"bind_ack", PORTERO_PTYPE_BIND_ACK},
    {"bind_nak", PORTERO_PTYPE_BIND_NAK},
    {"alter_context", PORTERO_PTYPE_ALTER_CONTEXT},
    {"alter_context_resp", PORTERO_PTYPE_ALTER_CONTEXT_RESP},
    {"auth3", PORTERO_PTYPE_AUTH3},
    {"shutdown", PORTERO_PTYPE_SHUTDOWN},
    {"co_cancel", PORTERO_PTYPE_CO_CANCEL},
    {"orphaned", PORTERO_PTYPE_ORPHANED},
};

static uint8_t ptype_of(const struct words *w)
{
  for (size_t i = 0; i < sizeof ptypes / sizeof ptypes[0]; i++)
    if (strcmp(w->word[0], ptypes[i].name) == 0)
      return ptypes[i].ptype;
  words_wrong(w, "no such PDU");
}

static void header_fill(struct building *b)
{
  memset(&b->header, 0, sizeof b->header);
  b->header.version = 5;
  b->header.version_minor = (uint8_t)words_number(b->w, "minor", 0);
  b->header.ptype = ptype_of(b->w);
  b->header.flags = name_flags(b->w, words_value(b->w, "flags"));
  b->header.drep[0] = words_has(b->w, "be") ? 0 : PORTERO_DREP_LITTLE;
  b->header.call_id = words_number(b->w, "call", 0);
}

static void build_bind(struct building *b)
{
  struct portero_bind bind;
  unsigned n;

  memset(&bind, 0, sizeof bind);
  bind.max_xmit_frag = (uint16_t)words_number(b->w, "xmit", 5840);
  bind.max_recv_frag = (uint16_t)words_number(b->w, "recv", 5840);
  bind.assoc_group_id = words_number(b->w, "group", 0);
  name_contexts(b->w, words_value(b->w, "contexts"), b->contexts, b->transfers, &n);
  bind.n_contexts = (uint8_t)n;
  bind.contexts = b->contexts;
  if (b->header.ptype == PORTERO_PTYPE_BIND)
    portero_pdu_write_bind(b->out, &b->header, &bind);
  else
    portero_pdu_write_alter_context(b->out, &b->header, &bind);
}

/* results=accept:NDR,reject:2:1,features:3 */
static unsigned results_fill(const struct words *w, struct portero_context_result *results)
{
  const char *value = words_value(w, "results");
  char copy[400], *rest = NULL;
  unsigned n = 0;

  memset(results, 0, 16 * sizeof *results);
  if (!value || strlen(value) >= sizeof copy)
    return 0;
  memcpy(copy, value, strlen(value) + 1);
  for (char *p = strtok_r(copy, ",", &rest); p && n < 16; p = strtok_r(NULL, ",", &rest), n++) {
    if (strncmp(p, "accept:", 7) == 0) {
      results[n].transfer = name_syntax(w, p + 7);
    } else if (strncmp(p, "features:", 9) == 0) {
      results[n].result = PORTERO_RESULT_NEGOTIATE_ACK;
      results[n].reason = (uint16_t)words_parse(w, p + 9);
    } else if (strncmp(p, "reject:", 7) == 0) {
      results[n].result = (uint16_t)(p[7] - '0');
      results[n].reason = (uint16_t)(p[9] - '0');
    } else {
      words_wrong(w, "a result is accept:TRANSFER, reject:RESULT:REASON or features:BITS");
    }
  }
  return n;
}

static void build_ack(struct building *b)
{
  struct portero_context_result results[16];
  const char *address = words_value(b->w, "address");
  struct portero_bind_ack ack;

  if (b->header.flags & PORTERO_PFC_SUPPORT_HEADER_SIGN)
    b->peers->header_signing = true;
  memset(&ack, 0, sizeof ack);
  ack.max_xmit_frag = (uint16_t)words_number(b->w, "xmit", 5840);
  ack.max_recv_frag = (uint16_t)words_number(b->w, "recv", 5840);
  ack.assoc_group_id = words_number(b->w, "group", 0);
  if (address)
    ack.secondary_address = portero_bytes_make(address, strlen(address));
  ack.n_results = (uint8_t)results_fill(b->w, results);
  ack.results = results;
  if (b->header.ptype == PORTERO_PTYPE_BIND_ACK)
    portero_pdu_write_bind_ack(b->out, &b->header, &ack);
  else
    portero_pdu_write_alter_context_resp(b->out, &b->header, &ack);
}

/* vt=bitmask,pcontext,header2 of this very request; badpcontext, badtransfer, badheader2, bitmask:N. */
static void verification_add(struct building *b, struct portero_writer *stub,
                             const struct portero_request *request)
{
  const char *value = words_value(b->w, "vt"), *bits = value ? strstr(value, "bitmask:") : NULL;
  struct portero_verification v;

  if (!value)
    return;
  memset(&v, 0, sizeof v);
  v.has_bitmask = strstr(value, "bitmask") != NULL;
  v.bitmask = bits ? (uint32_t)strtoul(bits + 8, NULL, 0) : 0;
  v.has_pcontext = strstr(value, "pcontext") || strstr(value, "badtransfer");
  v.interface = name_syntax(b->w, strstr(value, "badpcontext") ? "EPM" : "TEST");
  v.transfer = name_syntax(b->w, strstr(value, "badtransfer") ? "NDR64" : "NDR");
  v.has_header2 = strstr(value, "header2") != NULL;
  v.header2.ptype = PORTERO_PTYPE_REQUEST;
  memcpy(v.header2.drep, b->header.drep, 4);
  v.header2.call_id = b->header.call_id;
  v.header2.context_id = request->context_id;
  v.header2.opnum = (uint16_t)(request->opnum + (strstr(value, "badheader2") ? 1 : 0));
  portero_verification_write(stub, 0, &v);
}

static void build_request(struct building *b)
{
  const char *object = words_value(b->w, "object"), *value = words_value(b->w, "stub");
  struct portero_bytes bytes = name_stub(b->w, value ? value : "");
  struct portero_request request;
  struct portero_writer stub;

  memset(&request, 0, sizeof request);
  portero_writer_init(&stub, &portero_mem_malloc, 65535);
  request.context_id = (uint16_t)words_number(b->w, "context", 0);
  request.opnum = (uint16_t)words_number(b->w, "opnum", 0);
  request.has_object = object != NULL;
  if (object && !portero_uuid_parse(object, &request.object))
    words_wrong(b->w, "object is no UUID");
  portero_write_bytes(&stub, bytes.data, bytes.size);
  verification_add(b, &stub, &request);
  request.alloc_hint = words_number(b->w, "hint", (uint32_t)stub.size);
  request.stub = portero_writer_bytes(&stub);
  portero_pdu_write_request(b->out, &b->header, &request);
  portero_writer_deinit(&stub);
  free((void *)(uintptr_t)bytes.data);
}

static void build_response(struct building *b)
{
  const char *value = words_value(b->w, "stub");
  struct portero_bytes bytes = name_stub(b->w, value ? value : "");
  struct portero_response response;

  memset(&response, 0, sizeof response);
  response.alloc_hint = words_number(b->w, "hint", (uint32_t)bytes.size);
  response.context_id = (uint16_t)words_number(b->w, "context", 0);
  response.stub = bytes;
  portero_pdu_write_response(b->out, &b->header, &response);
  free((void *)(uintptr_t)bytes.data);
}

static void build_fault(struct building *b)
{
  struct portero_fault fault;

  memset(&fault, 0, sizeof fault);
  fault.alloc_hint = words_number(b->w, "hint", 32);
  fault.context_id = (uint16_t)words_number(b->w, "context", 0);
  fault.status = words_number(b->w, "status", 0);
  portero_pdu_write_fault(b->out, &b->header, &fault);
}

static size_t body_at(const struct building *b)
{
  if (b->header.ptype == PORTERO_PTYPE_REQUEST)
    return PORTERO_PDU_REQUEST_SIZE + (words_value(b->w, "object") ? 16u : 0u);
  return PORTERO_PDU_RESPONSE_SIZE;
}

static bool is_call(const struct building *b)
{
  return b->header.ptype == PORTERO_PTYPE_REQUEST || b->header.ptype == PORTERO_PTYPE_RESPONSE;
}

/* auth=TYPE:LEVEL:ID: a token on binds and auth3, a signature on requests and responses. */
static void add_auth(struct building *b)
{
  const char *auth = words_value(b->w, "auth"), *raw = words_value(b->w, "value");
  struct secure_context c = {.next = NULL};
  char copy[60], *rest = NULL, *type, *level, *id;
  struct portero_sec_trailer trailer = {.type = 0};
  struct portero_bytes value;

  if (!auth || strlen(auth) >= sizeof copy)
    return;
  memcpy(copy, auth, strlen(auth) + 1);
  type = strtok_r(copy, ":", &rest);
  level = strtok_r(NULL, ":", &rest);
  id = strtok_r(NULL, ":", &rest);
  if (!type || !level || !id)
    words_wrong(b->w, "auth is TYPE:LEVEL:ID");
  trailer.type = c.type = name_type(b->w, type);
  trailer.level = c.level = name_level(b->w, level);
  trailer.context_id = c.id = words_parse(b->w, id);
  if (!raw && is_call(b)) {
    c.security = peers_of(b->peers, b->w, c.id)->security;
    c.done = true;
    if (c.security && portero_is_ok(secure_close(&c, b->out, b->start, b->start + body_at(b),
                                                 b->peers->header_signing)))
      return;
    if (!b->peers->lenient)
      words_wrong(b->w, "the scripted side cannot protect this");
    return;
  }
  value = raw ? name_stub(b->w, raw) : peers_token(b->peers, b->w, c.id, c.type);
  if (value.size == 0 && b->peers->lenient)
    return;
  portero_pdu_add_auth(b->out, b->start, b->start + (is_call(b) ? body_at(b) : 0),
                       is_call(b) ? 16 : 4, &trailer, value.size);
  if (!b->out->failed)
    memcpy(b->out->base + b->out->size - value.size, value.data, value.size);
  if (raw)
    free((void *)(uintptr_t)value.data);
}

/* Rewrites the padding length that the trailer tells. */
static void set_pad(struct building *b)
{
  struct portero_pdu pdu;

  if (!words_value(b->w, "pad"))
    return;
  if (!portero_is_ok(portero_pdu_read(
          portero_bytes_make(b->out->base + b->start, b->out->size - b->start), &pdu)) ||
      !pdu.has_auth)
    words_wrong(b->w, "there is no trailer");
  b->out->base[b->start + pdu.auth.at + 2] = (uint8_t)words_number(b->w, "pad", 0);
}

/* Damage that no writer would do. */
static void distort(struct building *b)
{
  const struct words *w = b->w;
  struct portero_writer *out = b->out;
  bool big = words_has(w, "be");
  const char *append = words_value(w, "append"), *at;
  uint8_t *pdu;

  if (append) {
    struct portero_bytes more = name_stub(w, append);
    portero_write_bytes(out, more.data, more.size);
    if (out->failed)
      words_wrong(w, "does not fit");
    portero_store_u16(out->base + b->start + 8, big, (uint16_t)(out->size - b->start));
    free((void *)(uintptr_t)more.data);
  }
  if (out->failed)
    words_wrong(w, "this PDU cannot be written");
  pdu = out->base + b->start;
  pdu[0] = (uint8_t)words_number(w, "version", pdu[0]);
  pdu[2] = (uint8_t)words_number(w, "ptype", pdu[2]);
  if (words_value(w, "drep"))
    portero_store_u32(pdu + 4, true, words_number(w, "drep", 0));
  if (words_value(w, "frag_length"))
    portero_store_u16(pdu + 8, big, (uint16_t)words_number(w, "frag_length", 0));
  if (words_value(w, "auth_length"))
    portero_store_u16(pdu + 10, big, (uint16_t)words_number(w, "auth_length", 0));
  at = words_value(w, "flip");
  if (at)
    pdu[*at == '-' ? out->size - b->start - (size_t)strtoul(at + 1, NULL, 0)
                   : (size_t)strtoul(at, NULL, 0)] ^= 1;
  if (words_value(w, "keep"))
    out->size = b->start + words_number(w, "keep", 0);
}

static void build_hex(struct portero_writer *out, const struct words *w)
{
  for (unsigned i = 1; i < w->n; i++) {
    struct portero_bytes bytes = name_stub(w, w->word[i]);
    portero_write_bytes(out, bytes.data, bytes.size);
    free((void *)(uintptr_t)bytes.data);
  }
}

static void build_one(struct building *b)
{
  b->start = b->out->size;
  switch (b->header.ptype) {
  case PORTERO_PTYPE_BIND:
  case PORTERO_PTYPE_ALTER_CONTEXT:
    build_bind(b);
    break;
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
    build_ack(b);
    break;
  case PORTERO_PTYPE_BIND_NAK:
    portero_pdu_write_bind_nak(b->out, &b->header, (uint16_t)words_number(b->w, "reason", 0));
    break;
  case PORTERO_PTYPE_REQUEST:
    build_request(b);
    break;
  case PORTERO_PTYPE_RESPONSE:
    build_response(b);
    break;
  case PORTERO_PTYPE_FAULT:
    build_fault(b);
    break;
  default:
    portero_pdu_write_simple(b->out, &b->header);
  }
  add_auth(b);
  set_pad(b);
  distort(b);
}

void build_pdu(struct portero_writer *out, const struct words *w, struct peers *peers)
{
  struct building b;
  uint32_t times = words_number(w, "times", 1);

  if (w->n == 0)
    words_wrong(w, "which PDU?");
  if (strcmp(w->word[0], "hex") == 0) {
    build_hex(out, w);
    return;
  }
  b.out = out;
  b.w = w;
  b.peers = peers;
  header_fill(&b);
  for (uint32_t i = 0; i < times; i++) {
    build_one(&b);
    if (words_has(w, "next-call"))
      b.header.call_id++;
  }
}
