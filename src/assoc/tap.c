/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passive machine: two directions in, the calls of the connection out. It keeps what a later
 * PDU needs to be understood (contexts, open calls) under the configured limits and refuses nothing.
 */
#include "src/assoc/tap.h"

portero_status portero_tap_new(const struct portero_assoc_config *config,
                               struct portero_tap **out_tap)
{
  struct portero_tap *t = portero_mem_take(config->mem, sizeof *t);

  if (!t)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memset(t, 0, sizeof *t);
  t->config = config;
  frame_init(&t->directions[0].frame, config->mem);
  frame_init(&t->directions[1].frame, config->mem);
  pctx_init(&t->contexts, config->mem);
  *out_tap = t;
  return portero_ok();
}

void portero_tap_free(struct portero_tap *t)
{
  if (!t)
    return;
  while (t->first_call)
    tap_call_drop(t, t->first_call);
  tap_call_free(t, t->told);
  portero_mem_give(tap_mem(t), t->proposed, t->n_proposed * sizeof *t->proposed);
  pctx_deinit(&t->contexts);
  frame_deinit(&t->directions[0].frame);
  frame_deinit(&t->directions[1].frame);
  portero_mem_give(tap_mem(t), t, sizeof *t);
}

void portero_tap_input(struct portero_tap *t, bool from_server, struct portero_bytes bytes,
                       uint64_t now)
{
  t->now = now;
  t->current = from_server ? 1 : 0;
  if (!t->directions[t->current].lost)
    frame_lend(&t->directions[t->current].frame, bytes);
}

static void event_start(const struct portero_tap *t, enum portero_tap_event_kind kind,
                        struct portero_tap_event *out_event)
{
  memset(out_event, 0, sizeof *out_event);
  out_event->kind = kind;
  out_event->from_server = t->current == 1;
  out_event->when = t->now;
}

static bool tell_lost(struct portero_tap *t, const char *what, struct portero_tap_event *out_event)
{
  struct tap_direction *d = &t->directions[t->current];

  d->lost = true;
  frame_deinit(&d->frame);
  event_start(t, PORTERO_TAP_LOST, out_event);
  out_event->what = what;
  return true;
}

static bool tell_odd(struct portero_tap *t, struct portero_tap_event *out_event)
{
  event_start(t, PORTERO_TAP_ODD, out_event);
  out_event->pdu = &t->pdu;
  out_event->call_id = t->pdu.header.call_id;
  out_event->what = t->odd;
  t->odd = NULL;
  return true;
}

static const char *odd_text(uint32_t odd)
{
  static const char *const texts[] = {
      "foreign protocol version",
      "a connectionless or unknown PDU type",
      "odd data representation",
      "odd flags",
      "authentication padding too long",
      "authentication trailer not aligned",
      "reserved octet set",
      "bytes behind the last field",
      "no presentation contexts",
      "a presentation context without transfer syntaxes",
      "reserved field set",
      "alloc_hint smaller than the stub",
  };

  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (odd & 1u << i)
      return texts[i];
  return NULL;
}

/* What the PDU means; false when it completes nothing. */
static bool tap_understand(struct portero_tap *t, struct portero_tap_event *out_event)
{
  switch (t->pdu.header.ptype) {
  case PORTERO_PTYPE_BIND:
  case PORTERO_PTYPE_ALTER_CONTEXT:
    tap_on_bind(t);
    out_event->kind = PORTERO_TAP_BIND;
    return true;
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
    tap_on_ack(t);
    out_event->kind = PORTERO_TAP_BIND_ACK;
    return true;
  case PORTERO_PTYPE_BIND_NAK:
    out_event->kind = PORTERO_TAP_BIND_NAK;
    out_event->status = t->pdu.body.bind_nak.reason;
    return true;
  case PORTERO_PTYPE_AUTH3:
    out_event->kind = PORTERO_TAP_AUTH3;
    return true;
  case PORTERO_PTYPE_REQUEST:
    return tap_on_request(t, out_event);
  case PORTERO_PTYPE_RESPONSE:
    return tap_on_response(t, out_event);
  case PORTERO_PTYPE_FAULT:
    return tap_on_fault(t, out_event);
  case PORTERO_PTYPE_CO_CANCEL:
    out_event->kind = PORTERO_TAP_CANCEL;
    return true;
  case PORTERO_PTYPE_ORPHANED:
    tap_on_orphaned(t);
    out_event->kind = PORTERO_TAP_ORPHAN;
    return true;
  case PORTERO_PTYPE_SHUTDOWN:
    out_event->kind = PORTERO_TAP_SHUTDOWN;
    return true;
  }
  return false;
}

static bool tell_pdu(struct portero_tap *t, struct portero_tap_event *out_event)
{
  const struct portero_pdu *pdu = &t->pdu;

  t->understood = true;
  event_start(t, PORTERO_TAP_ODD, out_event);
  out_event->pdu = pdu;
  out_event->call_id = pdu->header.call_id;
  out_event->auth_type = pdu->has_auth ? pdu->auth.type : PORTERO_AUTH_NONE;
  out_event->auth_level = pdu->has_auth ? pdu->auth.level : PORTERO_LEVEL_NONE;
  return tap_understand(t, out_event);
}

/* Takes the next PDU into t->pdu; false: none there, or an event was filled (*out_told). */
static bool tap_take(struct portero_tap *t, struct portero_tap_event *out_event, bool *out_told)
{
  struct tap_direction *d = &t->directions[t->current];
  struct portero_pdu_header header;
  struct portero_bytes whole;
  enum frame_result result;

  *out_told = false;
  if (d->lost)
    return false;
  result = frame_next(&d->frame, &header, &whole);
  if (result == FRAME_MORE) {
    *out_told = !frame_settle(&d->frame) && tell_lost(t, "out of memory", out_event);
    return false;
  }
  if (result != FRAME_PDU) {
    *out_told = tell_lost(
        t, result == FRAME_NO_MEMORY ? "out of memory" : "no MS-RPC, or its framing is gone",
        out_event);
    return false;
  }
  memset(&t->pdu, 0, sizeof t->pdu);
  t->pdu.header = header;
  t->pdu.whole = whole;
  if (!portero_is_ok(portero_pdu_read(whole, &t->pdu))) {
    t->pdu.header = header;
    t->understood = true; /* nothing but its header can be told */
    t->odd = "unreadable PDU";
    return true;
  }
  t->understood = false;
  t->odd = odd_text(t->pdu.odd);
  return true;
}

bool portero_tap_next(struct portero_tap *t, struct portero_tap_event *out_event)
{
  bool told = false;

  tap_call_free(t, t->told);
  t->told = NULL;
  do {
    if (!t->understood && t->have_pdu && tell_pdu(t, out_event))
      return true;
    if (t->odd)
      return tell_odd(t, out_event);
    t->have_pdu = tap_take(t, out_event, &told);
  } while (t->have_pdu);
  return told;
}
