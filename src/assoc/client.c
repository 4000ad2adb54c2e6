/* SPDX-License-Identifier: Apache-2.0 */
#include "src/assoc/client_assoc.h"

portero_status portero_client_assoc_new(const struct portero_assoc_config *config, uint64_t now,
                                        struct portero_client_assoc **out_assoc)
{
  struct portero_client_assoc *a = portero_mem_take(config->mem, sizeof *a);

  if (!a)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memset(a, 0, sizeof *a);
  a->config = config;
  a->now = now;
  a->dated = true;
  a->asked_since = a->partial_since = PORTERO_NEVER;
  a->next_call_id = 1;
  frame_init(&a->frame, config->mem);
  output_init(&a->output, config->mem);
  secure_init(&a->secure, config->mem);
  *out_assoc = a;
  return portero_ok();
}

static void client_tell_time(struct portero_client_assoc *a, uint64_t now)
{
  a->now = now;
  a->dated = true;
  moment_date(&a->asked_since, now);
  moment_date(&a->partial_since, now);
}

static void client_drop_answered(struct portero_client_assoc *a)
{
  if (a->answered)
    client_call_free(a, a->answered);
  a->answered = NULL;
}

void portero_client_assoc_free(struct portero_client_assoc *a)
{
  if (!a)
    return;
  client_drop_answered(a);
  while (a->first_call) {
    struct client_call *call = a->first_call;
    a->first_call = call->next;
    client_call_free(a, call);
  }
  client_bind_free(a);
  client_pcontexts_give(a, &a->agreed);
  secure_deinit(&a->secure);
  output_deinit(&a->output);
  frame_deinit(&a->frame);
  portero_mem_give(client_mem(a), a, sizeof *a);
}

void client_close(struct portero_client_assoc *a, portero_status status, const char *what)
{
  if (a->state == CLIENT_CLOSING || a->state == CLIENT_CLOSED)
    return;
  a->close_status = status;
  a->close_what = what;
  a->state = CLIENT_CLOSING;
}

struct portero_pdu_header client_header(uint8_t ptype, uint8_t flags, uint32_t call_id)
{
  struct portero_pdu_header header;

  memset(&header, 0, sizeof header);
  header.version = 5;
  header.ptype = ptype;
  header.flags = flags;
  header.drep[0] = PORTERO_DREP_LITTLE;
  header.call_id = call_id;
  return header;
}

portero_status client_commit(struct portero_client_assoc *a, size_t start)
{
  if (output_commit(&a->output, start))
    return portero_ok();
  client_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), "no memory for output");
  return portero_local(PORTERO_LOCAL_NO_MEMORY);
}

static bool client_dispatch(struct portero_client_assoc *a, const struct portero_pdu *pdu,
                            struct portero_client_event *out_event)
{
  switch (pdu->header.ptype) {
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
    return client_on_ack(a, pdu, out_event);
  case PORTERO_PTYPE_BIND_NAK:
    return client_on_nak(a, pdu);
  case PORTERO_PTYPE_RESPONSE:
    return client_on_response(a, pdu, out_event);
  case PORTERO_PTYPE_FAULT:
    return client_on_fault(a, pdu, out_event);
  case PORTERO_PTYPE_SHUTDOWN:
    out_event->kind = PORTERO_CLIENT_SHUTDOWN;
    return true;
  }
  client_close(a, portero_local(PORTERO_LOCAL_PROTOCOL),
               "the server sent a PDU that servers do not send");
  return false;
}

static bool client_next_pdu(struct portero_client_assoc *a, struct portero_client_event *out_event,
                            bool *out_more)
{
  struct portero_pdu_header header;
  struct portero_bytes whole;
  struct portero_pdu pdu;
  enum frame_result result = frame_next(&a->frame, &header, &whole);

  *out_more = result != FRAME_MORE;
  if (result == FRAME_MORE)
    return false;
  a->partial_since = PORTERO_NEVER;
  if (result == FRAME_NO_MEMORY) {
    client_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return false;
  }
  if (result != FRAME_PDU) {
    client_close(a, portero_local(PORTERO_LOCAL_VERSION), "what answers there is no MS-RPC server");
    return false;
  }
  if (!portero_is_ok(portero_pdu_read(whole, &pdu))) {
    client_close(a, portero_local(PORTERO_LOCAL_MALFORMED), "the server sent an unreadable PDU");
    return false;
  }
  return client_dispatch(a, &pdu, out_event);
}

static bool client_reads(const struct portero_client_assoc *a)
{
  return a->state == CLIENT_UNBOUND || a->state == CLIENT_BINDING || a->state == CLIENT_READY;
}

static void client_settle(struct portero_client_assoc *a)
{
  if (!frame_settle(&a->frame)) {
    client_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return;
  }
  if (a->frame.kept == NULL || !client_reads(a))
    a->partial_since = PORTERO_NEVER;
  else if (a->partial_since == PORTERO_NEVER)
    a->partial_since = a->dated ? a->now : MOMENT_UNDATED;
}

bool portero_client_assoc_next(struct portero_client_assoc *a,
                               struct portero_client_event *out_event)
{
  bool more = true;

  client_drop_answered(a);
  if (a->bound_untold) {
    a->bound_untold = false;
    return client_tell_bound(a, portero_bytes_make(NULL, 0), out_event);
  }
  while (more && client_reads(a))
    if (client_next_pdu(a, out_event, &more))
      return true;
  if (a->eof)
    client_close(a, a->close_status, NULL);
  if (a->state != CLIENT_CLOSING) {
    client_settle(a);
    if (a->state != CLIENT_CLOSING)
      return false;
  }
  a->state = CLIENT_CLOSED;
  frame_deinit(&a->frame);
  out_event->kind = PORTERO_CLIENT_CLOSE;
  out_event->u.close.status = a->close_status;
  out_event->u.close.what = a->close_what;
  return true;
}

void portero_client_assoc_input(struct portero_client_assoc *a, struct portero_bytes bytes,
                                uint64_t now)
{
  client_tell_time(a, now);
  if (a->state != CLIENT_CLOSING && a->state != CLIENT_CLOSED)
    frame_lend(&a->frame, bytes);
}

bool portero_client_assoc_wants_input(const struct portero_client_assoc *a)
{
  return client_reads(a) && !a->eof;
}

void portero_client_assoc_eof(struct portero_client_assoc *a, portero_status why)
{
  if (a->state == CLIENT_CLOSING || a->state == CLIENT_CLOSED)
    return;
  a->eof = true;
  a->close_status = portero_is_ok(why) ? portero_local(PORTERO_LOCAL_CLOSED) : why;
}

struct portero_bytes portero_client_assoc_output(struct portero_client_assoc *a)
{
  return output_bytes(&a->output);
}

void portero_client_assoc_sent(struct portero_client_assoc *a, size_t n)
{
  output_sent(&a->output, n);
}

uint64_t portero_client_assoc_deadline(const struct portero_client_assoc *a)
{
  const struct portero_assoc_limits *limits = &a->config->limits;
  uint64_t deadline = PORTERO_NEVER;

  if (a->state == CLIENT_CLOSING || a->state == CLIENT_CLOSED)
    return PORTERO_NEVER;
  deadline = moment_deadline(deadline, a->asked_since, limits->bind_timeout, a->now);
  return moment_deadline(deadline, a->partial_since, limits->partial_timeout, a->now);
}

void portero_client_assoc_tick(struct portero_client_assoc *a, uint64_t now)
{
  client_tell_time(a, now);
  if (portero_client_assoc_deadline(a) <= now)
    client_close(a, portero_local(PORTERO_LOCAL_TIMEOUT),
                 a->asked_since != PORTERO_NEVER ? "no answer to the bind"
                                                 : "half a PDU, and no more of it");
}
