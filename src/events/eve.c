/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suricata's EVE record of a DCE/RPC transaction. Its validators know no further keys inside
 * "dcerpc": what only we know stands beside it.
 */
#include <portero/pdu.h>

#include "src/events/object.h"

#define FLOW_MASK ((UINT64_C(1) << 53) - 1) /* what survives readers that hold numbers as doubles */

static const char *answer_name(const struct portero_event *e)
{
  bool bind = e->kind == PORTERO_EVENT_BIND;

  switch (e->outcome) {
  case PORTERO_OUTCOME_ANSWERED:
    return bind ? "BINDACK" : "RESPONSE";
  case PORTERO_OUTCOME_FAULT:
  case PORTERO_OUTCOME_DENIED:
  case PORTERO_OUTCOME_FAILED:
    return bind ? "BINDNAK" : "FAULT";
  case PORTERO_OUTCOME_NONE:
  case PORTERO_OUTCOME_CANCELLED:
  case PORTERO_OUTCOME_UNANSWERED:
  case PORTERO_OUTCOMES:
    break;
  }
  return "UNREPLIED";
}

static bool is_rejected(const struct portero_event *e)
{
  return e->kind == PORTERO_EVENT_BIND &&
         (e->outcome == PORTERO_OUTCOME_DENIED || e->outcome == PORTERO_OUTCOME_FAILED);
}

static void interface_element(struct object *dcerpc, const struct portero_event *e)
{
  struct object o;

  if (!e->interface)
    return;
  object_key(dcerpc, "interfaces");
  text_char(dcerpc->w, '[');
  object_begin(&o, dcerpc->w);
  object_uuid(&o, "uuid", &e->interface->uuid);
  object_version(&o, "version", e->interface);
  object_number(&o, "ack_result", is_rejected(e) ? PORTERO_RESULT_PROVIDER_REJECTION : 0);
  object_text(&o, "service", text_interface(e));
  object_text(&o, "procedure", text_operation(e));
  object_end(&o);
  text_char(dcerpc->w, ']');
}

static void transaction(struct object *o, const struct portero_event *e)
{
  const char *answer = answer_name(e);
  struct object dcerpc, part;

  object_inside(o, "dcerpc", &dcerpc);
  object_text(&dcerpc, "request", e->kind == PORTERO_EVENT_BIND ? "BIND" : "REQUEST");
  if (e->kind == PORTERO_EVENT_CALL) {
    object_inside(&dcerpc, "req", &part);
    object_number(&part, "opnum", e->opnum);
    object_number(&part, "frag_cnt", e->fragments);
    object_number(&part, "stub_data_size", e->bytes_in);
    object_end(&part);
  }
  interface_element(&dcerpc, e);
  object_text(&dcerpc, "response", answer);
  if (e->kind == PORTERO_EVENT_CALL && strcmp(answer, "RESPONSE") == 0) {
    object_inside(&dcerpc, "res", &part);
    object_number(&part, "frag_cnt", e->fragments_out);
    object_number(&part, "stub_data_size", e->bytes_out);
    object_end(&part);
  }
  object_number(&dcerpc, "call_id", e->call_id);
  object_text(&dcerpc, "rpc_version", "5.0");
  object_end(&dcerpc);
}

static void beside(struct object *o, const struct portero_event *e)
{
  struct object ours;

  object_inside(o, "portero", &ours);
  object_text(&ours, "outcome", portero_outcome_name(e->outcome));
  object_status(&ours, "status", e->status);
  object_text(&ours, "auth", text_auth(e->auth_type));
  object_text(&ours, "level", text_level(e->auth_level));
  object_text(&ours, "account", e->account);
  object_text(&ours, "domain", e->domain);
  object_text(&ours, "verdict", e->verdict);
  object_text(&ours, "rule", e->rule);
  object_texts(&ours, "tags", e->tags, e->n_tags);
  object_end(&ours);
}

void portero_event_write_eve(struct portero_writer *w, const struct portero_event *e)
{
  struct object o;

  if (e->kind != PORTERO_EVENT_CALL && e->kind != PORTERO_EVENT_BIND)
    return;
  if (!text_has_address(&e->source)) /* a local socket: its readers know nothing but networks */
    return;
  object_begin(&o, w);
  object_time(&o, "timestamp", e->time, "+0000");
  object_number(&o, "flow_id", e->connection & FLOW_MASK);
  object_text(&o, "event_type", "dcerpc");
  object_end_of(&o, "src_ip", "src_port", &e->source);
  object_end_of(&o, "dest_ip", "dest_port", &e->destination);
  object_text(&o, "proto", "TCP");
  transaction(&o, e);
  beside(&o, e);
  object_end(&o);
  text_char(w, '\n');
}
