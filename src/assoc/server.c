/* SPDX-License-Identifier: Apache-2.0 */
#include "src/assoc/server_assoc.h"

portero_status portero_server_assoc_new(const struct portero_assoc_config *config,
                                        const struct portero_mem *mem, uint64_t now,
                                        struct portero_server_assoc **out_assoc)
{
  struct portero_server_assoc *a;

  mem = mem ? mem : config->mem;
  a = portero_mem_take(mem, sizeof *a);

  if (!a)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memset(a, 0, sizeof *a);
  a->config = config;
  a->mem = mem;
  a->started = a->active = a->now = now;
  a->dated = true;
  a->partial_since = a->output_since = a->auth_since = PORTERO_NEVER;
  frame_init(&a->frame, mem);
  output_init(&a->output, mem);
  pctx_init(&a->contexts, mem);
  secure_init(&a->secure, mem);
  server_set_state(a, SERVER_WAIT_BIND);
  *out_assoc = a;
  return portero_ok();
}

void portero_server_assoc_free(struct portero_server_assoc *a)
{
  if (!a)
    return;
  while (a->first_call)
    server_call_free(a, a->first_call);
  server_proposal_free(a);
  secure_deinit(&a->secure);
  pctx_deinit(&a->contexts);
  output_deinit(&a->output);
  frame_deinit(&a->frame);
  portero_mem_give(server_mem(a), a, sizeof *a);
}

void server_set_state(struct portero_server_assoc *a, enum server_state state)
{
  a->state = state;
}

uint64_t server_moment(const struct portero_server_assoc *a)
{
  return a->dated ? a->now : MOMENT_UNDATED;
}

static void server_tell_time(struct portero_server_assoc *a, uint64_t now)
{
  a->now = now;
  a->dated = true;
  moment_date(&a->active, now);
  moment_date(&a->partial_since, now);
  moment_date(&a->output_since, now);
}

void server_close(struct portero_server_assoc *a, portero_status status, const char *what)
{
  if (a->state == SERVER_CLOSING || a->state == SERVER_CLOSED)
    return;
  a->close_status = status;
  a->close_what = what;
  server_set_state(a, SERVER_CLOSING);
}

/* [MS-RPCE] 3.3.1.5: anything before a bind is taken for a bad bind; a client's PDU types only from then on. */
static bool server_refuse_unbound(struct portero_server_assoc *a,
                                  const struct portero_pdu_header *header)
{
  server_send_nak(a, header->call_id, PORTERO_NAK_NOT_SPECIFIED);
  server_close(a, portero_local(PORTERO_LOCAL_PROTOCOL), "the first PDU is not a bind");
  return false;
}

static bool server_refuse_unexpected(struct portero_server_assoc *a,
                                     const struct portero_pdu_header *header)
{
  server_refuse(a, header->call_id, 0, PORTERO_FAULT_PROTOCOL, PORTERO_PFC_DID_NOT_EXECUTE,
                "a PDU that clients do not send");
  return false;
}

static bool server_refuse_unreadable(struct portero_server_assoc *a,
                                     const struct portero_pdu_header *header)
{
  if (header->ptype == PORTERO_PTYPE_BIND || !a->bound) {
    server_send_nak(a, header->call_id, PORTERO_NAK_PROTOCOL_VERSION);
    server_close(a, portero_local(PORTERO_LOCAL_MALFORMED), "unreadable bind");
    return false;
  }
  server_refuse(a, header->call_id, 0, PORTERO_FAULT_PROTOCOL,
                header->ptype == PORTERO_PTYPE_ALTER_CONTEXT ? PORTERO_PFC_DID_NOT_EXECUTE : 0,
                "unreadable PDU");
  return false;
}

static bool server_dispatch(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                            struct portero_server_event *out_event)
{
  if (!a->bound && pdu->header.ptype != PORTERO_PTYPE_BIND)
    return server_refuse_unbound(a, &pdu->header);
  switch (pdu->header.ptype) {
  case PORTERO_PTYPE_REQUEST:
    return server_on_request(a, pdu, out_event);
  case PORTERO_PTYPE_BIND:
  case PORTERO_PTYPE_ALTER_CONTEXT:
    return server_on_bind(a, pdu, out_event);
  case PORTERO_PTYPE_AUTH3:
    return server_on_auth3(a, pdu, out_event);
  case PORTERO_PTYPE_CO_CANCEL:
    return server_on_cancel(a, pdu, out_event);
  case PORTERO_PTYPE_ORPHANED:
    return server_on_orphaned(a, pdu, out_event);
  }
  return server_refuse_unexpected(a, &pdu->header);
}

/* A stream that is no MS-RPC gets the 24-byte bind_nak by which scanners know the protocol. */
static void server_refuse_stream(struct portero_server_assoc *a, enum frame_result why,
                                 const struct portero_pdu_header *header)
{
  if (why == FRAME_NO_MEMORY) {
    server_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return;
  }
  server_send_nak(a, header->call_id, PORTERO_NAK_PROTOCOL_VERSION);
  server_close(a, portero_local(PORTERO_LOCAL_VERSION),
               why == FRAME_VERSION ? "not protocol version 5"
                                    : "frag_length is smaller than a header");
}

static bool server_next_pdu(struct portero_server_assoc *a, struct portero_server_event *out_event,
                            bool *out_more)
{
  struct portero_pdu_header header;
  struct portero_bytes whole;
  struct portero_pdu pdu;
  enum frame_result result;

  *out_more = false;
  if (server_must_wait(a))
    return false;
  result = frame_next(&a->frame, &header, &whole);
  if (result == FRAME_MORE)
    return false;
  *out_more = true;
  if (result != FRAME_PDU) {
    server_refuse_stream(a, result, &header);
    return false;
  }
  a->pdus_in++;
  a->active = server_moment(a);
  a->partial_since = PORTERO_NEVER;
  if (!portero_is_ok(portero_pdu_read(whole, &pdu)))
    return server_refuse_unreadable(a, &header);
  return server_dispatch(a, &pdu, out_event);
}

static bool server_tell_close(struct portero_server_assoc *a,
                              struct portero_server_event *out_event)
{
  server_set_state(a, SERVER_CLOSED);
  frame_deinit(&a->frame);
  out_event->kind = PORTERO_SERVER_CLOSE;
  out_event->u.close.status = a->close_status;
  out_event->u.close.what = a->close_what;
  return true;
}

static bool server_reads(const struct portero_server_assoc *a)
{
  return (a->state == SERVER_WAIT_BIND || a->state == SERVER_READY) &&
         output_waiting(&a->output) <= a->config->limits.max_output;
}

/* The peer is held to its time only while we read: what waits for our own answers is not its fault. */
static void server_settle(struct portero_server_assoc *a)
{
  if (!frame_settle(&a->frame)) {
    server_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return;
  }
  if ((a->frame.kept == NULL && !a->assembling) || !server_reads(a) || server_must_wait(a))
    a->partial_since = PORTERO_NEVER;
  else if (a->partial_since == PORTERO_NEVER)
    a->partial_since = server_moment(a);
}

bool portero_server_assoc_next(struct portero_server_assoc *a,
                               struct portero_server_event *out_event)
{
  bool more = true;

  if (a->state == SERVER_ASKED_AUTH && !a->auth_asked)
    return server_ask_auth(a, out_event);
  while (more && server_reads(a))
    if (server_next_pdu(a, out_event, &more))
      return true;
  if (a->eof)
    server_close(a, a->close_status, NULL);
  if (a->state != SERVER_CLOSING)
    server_settle(a);
  return a->state == SERVER_CLOSING && server_tell_close(a, out_event);
}

void portero_server_assoc_input(struct portero_server_assoc *a, struct portero_bytes bytes,
                                uint64_t now)
{
  server_tell_time(a, now);
  if (a->state == SERVER_CLOSING || a->state == SERVER_CLOSED)
    return;
  frame_lend(&a->frame, bytes);
}

bool portero_server_assoc_wants_input(const struct portero_server_assoc *a)
{
  return server_reads(a) && !a->eof && !server_must_wait(a);
}

void portero_server_assoc_eof(struct portero_server_assoc *a, portero_status why)
{
  if (a->state == SERVER_CLOSING || a->state == SERVER_CLOSED)
    return;
  a->eof = true;
  a->close_status = why;
}

struct portero_bytes portero_server_assoc_output(struct portero_server_assoc *a)
{
  if (output_waiting(&a->output) && a->output_since == PORTERO_NEVER)
    a->output_since = server_moment(a);
  return output_bytes(&a->output);
}

void portero_server_assoc_sent(struct portero_server_assoc *a, size_t n)
{
  output_sent(&a->output, n);
  /* What is sent is sent at a time that we are not told. */
  a->output_since = output_waiting(&a->output) ? MOMENT_UNDATED : PORTERO_NEVER;
}

uint64_t portero_server_assoc_deadline(const struct portero_server_assoc *a)
{
  const struct portero_assoc_limits *limits = &a->config->limits;
  uint64_t deadline = PORTERO_NEVER;

  if (a->state == SERVER_CLOSING || a->state == SERVER_CLOSED)
    return PORTERO_NEVER;
  if (a->pdus_in == 0)
    deadline = moment_deadline(deadline, a->started, limits->first_pdu_timeout, a->now);
  if (!a->bound)
    deadline = moment_deadline(deadline, a->started, limits->bind_timeout, a->now);
  deadline = moment_deadline(deadline, a->partial_since, limits->partial_timeout, a->now);
  deadline = moment_deadline(deadline, a->output_since, limits->partial_timeout, a->now);
  deadline = moment_deadline(deadline, a->auth_since, limits->auth_timeout, a->now);
  if (a->calls == 0)
    deadline = moment_deadline(deadline, a->active, limits->idle_timeout, a->now);
  return deadline;
}

void portero_server_assoc_tick(struct portero_server_assoc *a, uint64_t now)
{
  server_tell_time(a, now);
  if (moment_deadline(PORTERO_NEVER, a->auth_since, a->config->limits.auth_timeout, now) <= now)
    server_auth_late(a);
  else if (portero_server_assoc_deadline(a) <= now)
    server_close(a, portero_local(PORTERO_LOCAL_TIMEOUT),
                 a->bound
                     ? "half a PDU or call, an answer not taken, or nothing at all, for too long"
                 : a->pdus_in ? "no bind in time"
                              : "no PDU in time");
}

void portero_server_assoc_shutdown(struct portero_server_assoc *a)
{
  struct portero_pdu_header header = server_header(PORTERO_PFC_WHOLE, 0);
  struct portero_writer *w;
  size_t start;

  if (a->shutdown_sent || !a->bound || a->state == SERVER_CLOSING || a->state == SERVER_CLOSED)
    return;
  a->shutdown_sent = true;
  header.ptype = PORTERO_PTYPE_SHUTDOWN;
  w = output_writer(&a->output);
  start = w->size;
  portero_pdu_write_simple(w, &header);
  if (!output_commit(&a->output, start))
    server_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), "no memory for output");
}

uint32_t portero_server_assoc_group(const struct portero_server_assoc *a)
{
  return a->group_id;
}

size_t portero_server_assoc_calls(const struct portero_server_assoc *a)
{
  return a->calls;
}

size_t portero_server_assoc_contexts(const struct portero_server_assoc *a)
{
  return a->contexts.count;
}

bool portero_server_assoc_has_context(const struct portero_server_assoc *a, uint16_t id)
{
  return pctx_find(&a->contexts, id) != NULL;
}

void portero_server_assoc_pdus(const struct portero_server_assoc *a, uint32_t *out_in,
                               uint32_t *out_out)
{
  *out_in = a->pdus_in;
  *out_out = a->output.appended;
}
