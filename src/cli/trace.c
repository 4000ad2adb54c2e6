/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <portero/assoc.h>
#include <portero/catalog.h>

#include "src/cli/output.h"

struct trace {
  struct portero_assoc_config config;
  struct portero_tap *tap; /* knows which interface a context is */
};

struct trace *trace_new(void)
{
  struct trace *t = calloc(1, sizeof *t);

  if (!t)
    return NULL;
  t->config.mem = &portero_mem_malloc;
  t->config.limits = portero_assoc_limits_default;
  return t;
}

void trace_free(struct trace *t)
{
  if (t)
    portero_tap_free(t->tap);
  free(t);
}

/* ---- the parts of a line ---- */

static void put_flags(uint8_t ptype, uint8_t flags)
{
  static const char *const names[8] = {"first",           "last",  NULL,    "0x08", "mpx",
                                       "did-not-execute", "maybe", "object"};
  bool signs = ptype >= PORTERO_PTYPE_BIND && ptype <= PORTERO_PTYPE_AUTH3;

  for (unsigned i = 0; i < 8; i++) {
    const char *name = i == 2 ? (signs ? "header-sign" : "pending-cancel") : names[i];
    if (flags & 1u << i)
      (void)fprintf(stderr, "%s%s", flags & ((1u << i) - 1) ? "+" : " ", name);
  }
}

static void put_syntax(const struct portero_syntax *s)
{
  struct portero_catalog_entry entry;
  char uuid[PORTERO_UUID_TEXT_SIZE];

  if (portero_catalog_interface(s, &entry))
    (void)fprintf(stderr, " %s", entry.name);
  else
    (void)fprintf(stderr, " %s", portero_uuid_text(&s->uuid, uuid));
  (void)fprintf(stderr, " v%u.%u", (unsigned)s->major, (unsigned)s->minor);
}

static const char *transfer_name(const struct portero_syntax *s)
{
  uint64_t features;

  if (portero_syntax_equal(s, &portero_syntax_ndr))
    return "ndr";
  if (portero_syntax_equal(s, &portero_syntax_ndr64))
    return "ndr64";
  return portero_syntax_is_features(s, &features) ? "features" : "other";
}

static void put_bind(const struct portero_bind *bind)
{
  struct portero_context_iter iter = bind->iter;
  struct portero_context_view view;
  struct portero_syntax transfer;

  (void)fprintf(stderr, " frag=%u group=%#x", (unsigned)bind->max_xmit_frag,
                (unsigned)bind->assoc_group_id);
  while (portero_context_next(&iter, &view)) {
    (void)fprintf(stderr, " ctx=%u", (unsigned)view.id);
    put_syntax(&view.abstract);
    while (portero_context_transfer(&view, &transfer))
      (void)fprintf(stderr, "/%s", transfer_name(&transfer));
  }
}

static void put_result(const struct portero_context_result *r)
{
  static const char *const reasons[4] = {"", ":abstract-syntax", ":transfer-syntaxes", ":limit"};

  switch (r->result) {
  case PORTERO_RESULT_ACCEPTANCE:
    (void)fprintf(stderr, " accepted/%s", transfer_name(&r->transfer));
    return;
  case PORTERO_RESULT_NEGOTIATE_ACK:
    (void)fprintf(stderr, " features=%#x", (unsigned)r->reason);
    return;
  }
  (void)fprintf(stderr, " rejected%s", r->reason < 4 ? reasons[r->reason] : "");
}

static void put_bind_ack(const struct portero_bind_ack *ack)
{
  struct portero_reader results = ack->results_reader;
  struct portero_context_result result;

  (void)fprintf(stderr, " frag=%u group=%#x", (unsigned)ack->max_recv_frag,
                (unsigned)ack->assoc_group_id);
  while (portero_context_result_next(&results, &result))
    put_result(&result);
}

static void put_operation(const struct portero_tap_event *event)
{
  const char *operation;

  if (!event || !event->known_context)
    return;
  put_syntax(&event->abstract);
  operation = portero_catalog_operation(&event->abstract.uuid, event->opnum);
  if (operation)
    (void)fprintf(stderr, ".%s", operation);
}

static void put_body(const struct portero_pdu *pdu, const struct portero_tap_event *event)
{
  char text[128];

  switch (pdu->header.ptype) {
  case PORTERO_PTYPE_BIND:
  case PORTERO_PTYPE_ALTER_CONTEXT:
    put_bind(&pdu->body.bind);
    return;
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
    put_bind_ack(&pdu->body.bind_ack);
    return;
  case PORTERO_PTYPE_BIND_NAK:
    (void)fprintf(stderr, " reason=%u", (unsigned)pdu->body.bind_nak.reason);
    return;
  case PORTERO_PTYPE_REQUEST:
    (void)fprintf(stderr, " ctx=%u opnum=%u stub=%zu", (unsigned)pdu->body.request.context_id,
                  (unsigned)pdu->body.request.opnum, pdu->body.request.stub.size);
    put_operation(event);
    return;
  case PORTERO_PTYPE_RESPONSE:
    (void)fprintf(stderr, " ctx=%u stub=%zu", (unsigned)pdu->body.response.context_id,
                  pdu->body.response.stub.size);
    put_operation(event);
    return;
  case PORTERO_PTYPE_FAULT:
    (void)fprintf(
        stderr, " ctx=%u %s", (unsigned)pdu->body.fault.context_id,
        portero_status_text(portero_fault_status(pdu->body.fault.status), text, sizeof text));
    put_operation(event);
    return;
  }
}

static void put_pdu(bool sent, struct portero_bytes bytes, const struct portero_tap_event *event)
{
  struct portero_pdu pdu;
  const char *name;

  (void)output_styled(stderr, sent ? "36" : "35", sent ? "->" : "<-");
  if (!portero_is_ok(portero_pdu_read(bytes, &pdu)) || pdu.odd & PORTERO_ODD_VERSION) {
    (void)fprintf(stderr, " %zu bytes that are no PDU\n", bytes.size);
    return;
  }
  name = portero_ptype_name(pdu.header.ptype);
  if (name)
    (void)fprintf(stderr, " %s", name);
  else
    (void)fprintf(stderr, " ptype=%u", (unsigned)pdu.header.ptype);
  (void)fprintf(stderr, " call=%u size=%zu", (unsigned)pdu.header.call_id, bytes.size);
  put_flags(pdu.header.ptype, pdu.header.flags);
  put_body(&pdu, event);
  if (portero_pdu_is_big_endian(&pdu.header))
    (void)fputs(" big-endian", stderr);
  if (event && event->kind == PORTERO_TAP_ODD)
    (void)fprintf(stderr, " odd: %s", event->what);
  (void)fputc('\n', stderr);
}

static void trace_begin_connection(struct trace *t)
{
  portero_tap_free(t->tap);
  t->tap = NULL;
  if (!portero_is_ok(portero_tap_new(&t->config, &t->tap)))
    t->tap = NULL;
}

void trace_pdu(void *user, bool sent, struct portero_bytes bytes)
{
  struct trace *t = user;
  struct portero_tap_event event, ignored;
  bool told;

  output_progress_end();
  if (sent && bytes.size > 2 && bytes.data[2] == PORTERO_PTYPE_BIND)
    trace_begin_connection(t);
  if (!t->tap) {
    put_pdu(sent, bytes, NULL);
    return;
  }
  portero_tap_input(t->tap, !sent, bytes, 0);
  told = portero_tap_next(t->tap, &event);
  put_pdu(sent, bytes, told ? &event : NULL);
  while (told)
    told = portero_tap_next(t->tap, &ignored);
}
