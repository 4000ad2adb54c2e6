/* SPDX-License-Identifier: Apache-2.0 */
/* The record that RPC Firewall leaves for a call (its event 3), so that rules written for it match. */
#include "src/events/object.h"

static void address_member(struct object *o, const char *key, const struct portero_event_end *end)
{
  if (!text_has_address(end))
    return;
  object_key(o, key);
  text_char(o->w, '"');
  text_address(o->w, end->ip);
  text_char(o->w, '"');
}

void portero_event_write_rpcfw(struct portero_writer *w, const struct portero_event *e)
{
  bool blocked = e->outcome == PORTERO_OUTCOME_DENIED;
  struct object o;

  if (e->kind != PORTERO_EVENT_REQUEST || !e->interface)
    return;
  object_begin(&o, w);
  object_time(&o, "TimeCreated", e->time, "Z");
  object_text(&o, "EventLog", "RPCFW");
  object_number(&o, "EventID", 3);
  object_text(&o, "Keywords", blocked ? "Audit Failure" : "Audit Success");
  object_text(&o, "Protocol",
              e->protseq ? portero_protseq_name((enum portero_protseq)e->protseq) : NULL);
  object_text(&o, "Endpoint", e->binding);
  address_member(&o, "ClientNetworkAddress", &e->source);
  object_uuid(&o, "InterfaceUuid", &e->interface->uuid);
  object_number(&o, "OpNum", e->opnum);
  object_text(&o, "SubjectUserName", e->account);
  object_number(&o, "AuthenticationLevel", e->auth_level);
  object_number(&o, "AuthenticationService", e->auth_type);
  object_number_if(&o, "ClientPort", e->source.port);
  address_member(&o, "ServerNetworkAddress", &e->destination);
  object_number_if(&o, "ServerPort", e->destination.port);
  object_text(&o, "SubjectUserSid", e->sid);
  object_end(&o);
  text_char(w, '\n');
}
