/* SPDX-License-Identifier: Apache-2.0 */
/* JSON lines: our own names (docs/events.md), and those of the Elastic Common Schema. */
#include "src/events/object.h"

static void call_members(struct object *o, const struct portero_event *e)
{
  if (e->interface) {
    object_uuid(o, "interface", &e->interface->uuid);
    object_version(o, "version", e->interface);
  }
  object_text(o, "interface_name", text_interface(e));
  if (e->has_opnum)
    object_number(o, "opnum", e->opnum);
  object_text(o, "operation", text_operation(e));
  object_uuid(o, "object", e->object);
  if (text_has_call_id(e))
    object_number(o, "call_id", e->call_id);
  object_number_if(o, "fragments", e->fragments);
}

static void caller_members(struct object *o, const struct portero_event *e)
{
  object_text(o, "auth", text_auth(e->auth_type));
  object_text(o, "level", text_level(e->auth_level));
  object_text(o, "account", e->account);
  object_text(o, "domain", e->domain);
  object_text(o, "sid", e->sid);
}

static void verdict_members(struct object *o, const struct portero_event *e)
{
  object_text(o, "outcome", portero_outcome_name(e->outcome));
  object_status(o, "status", e->status);
  object_text(o, "status_name", text_status(e));
  object_text(o, "verdict", e->verdict);
  object_text(o, "rule", e->rule);
  object_texts(o, "tags", e->tags, e->n_tags);
  object_text(o, "reason", e->reason);
  object_number_if(o, "count", e->count);
}

static void process_members(struct object *o, const struct portero_event *e)
{
  if (e->has_process) {
    object_number(o, "pid", (uint32_t)e->pid);
    object_number(o, "user_id", e->uid);
    object_number(o, "group_id", e->gid);
  }
  object_text(o, "program", e->program);
  object_text(o, "unit", e->unit);
  object_text(o, "binding", e->binding);
  object_text(o, "annotation", e->annotation);
}

void portero_event_write_json(struct portero_writer *w, const struct portero_event *e)
{
  char uid[PORTERO_EVENT_UID_SIZE];
  struct object o;

  object_begin(&o, w);
  object_time(&o, "time", e->time, "Z");
  object_text(&o, "event", portero_event_name(e->kind));
  if (e->connection)
    object_text(&o, "uid", portero_event_uid(e, uid));
  object_end_of(&o, "source", "source_port", &e->source);
  object_end_of(&o, "destination", "destination_port", &e->destination);
  object_text(&o, "transport", text_transport(e));
  call_members(&o, e);
  object_number_if(&o, "bytes_in", e->bytes_in);
  object_number_if(&o, "bytes_out", e->bytes_out);
  if (e->duration)
    object_seconds(&o, "duration", e->duration);
  caller_members(&o, e);
  verdict_members(&o, e);
  process_members(&o, e);
  object_end(&o);
  text_char(w, '\n');
}

/* ---- Elastic Common Schema ---- */

static const char *ecs_outcome(const struct portero_event *e)
{
  switch (e->outcome) {
  case PORTERO_OUTCOME_ANSWERED:
    return "success";
  case PORTERO_OUTCOME_FAULT:
  case PORTERO_OUTCOME_DENIED:
  case PORTERO_OUTCOME_FAILED:
    return "failure";
  case PORTERO_OUTCOME_NONE:
  case PORTERO_OUTCOME_CANCELLED:
  case PORTERO_OUTCOME_UNANSWERED:
  case PORTERO_OUTCOMES:
    break;
  }
  return "unknown";
}

static const char *ecs_type(const struct portero_event *e)
{
  if (e->verdict && (strcmp(e->verdict, "deny") == 0 || strcmp(e->verdict, "drop") == 0))
    return "denied";
  if (e->verdict)
    return "allowed";
  if (e->kind == PORTERO_EVENT_OPENED)
    return "start";
  return e->kind == PORTERO_EVENT_CLOSED ? "end" : "info";
}

static void ecs_ends(struct object *o, const struct portero_event *e)
{
  object_end_of(o, "source.ip", "source.port", &e->source);
  object_end_of(o, "destination.ip", "destination.port", &e->destination);
  object_text(o, "network.transport", e->protseq == PORTERO_NCACN_IP_TCP ? "tcp" : NULL);
  object_text(o, "network.protocol", "dcerpc");
  object_number_if(o, "source.bytes", e->bytes_in);
  object_number_if(o, "destination.bytes", e->bytes_out);
  object_text(o, "user.name", e->account);
  object_text(o, "user.domain", e->domain);
  object_text(o, "user.id", e->sid);
}

static void ecs_call(struct object *o, const struct portero_event *e)
{
  object_text(o, "rpc.transport", text_transport(e));
  if (e->interface) {
    object_uuid(o, "rpc.interface.uuid", &e->interface->uuid);
    object_version(o, "rpc.interface.version", e->interface);
  }
  object_text(o, "rpc.interface.name", text_interface(e));
  if (e->has_opnum)
    object_number(o, "rpc.opnum", e->opnum);
  object_uuid(o, "rpc.object", e->object);
  if (text_has_call_id(e))
    object_number(o, "rpc.call_id", e->call_id);
  object_number_if(o, "rpc.fragments", e->fragments);
  object_text(o, "rpc.auth.type", text_auth(e->auth_type));
  object_text(o, "rpc.auth.level", text_level(e->auth_level));
}

static void ecs_verdict(struct object *o, const struct portero_event *e)
{
  object_text(o, "rpc.outcome", portero_outcome_name(e->outcome));
  object_status(o, "rpc.status", e->status);
  object_text(o, "rpc.status_name", text_status(e));
  object_text(o, "rpc.verdict", e->verdict);
  object_text(o, "rule.name", e->rule);
  object_texts(o, "threat.technique.id", e->tags, e->n_tags);
  object_text(o, "message", e->reason);
  object_number_if(o, "rpc.count", e->count);
}

/* Identifiers of users and groups are words in the schema. */
static void ecs_process(struct object *o, const struct portero_event *e)
{
  if (e->has_process) {
    object_number(o, "process.pid", (uint32_t)e->pid);
    object_word(o, "process.user.id", e->uid);
    object_word(o, "process.group.id", e->gid);
  }
  object_text(o, "process.name", e->program);
  object_text(o, "rpc.unit", e->unit);
  object_text(o, "rpc.binding", e->binding);
  object_text(o, "rpc.annotation", e->annotation);
}

void portero_event_write_ecs(struct portero_writer *w, const struct portero_event *e)
{
  static const char *const categories[] = {"network"};
  char uid[PORTERO_EVENT_UID_SIZE];
  const char *type = ecs_type(e);
  struct object o;

  object_begin(&o, w);
  object_time(&o, "@timestamp", e->time, "Z");
  object_text(&o, "ecs.version", "8.11.0");
  object_text(&o, "event.kind", e->kind == PORTERO_EVENT_ALERT ? "alert" : "event");
  object_texts(&o, "event.category", categories, 1);
  object_texts(&o, "event.type", &type, 1);
  object_text(&o, "event.outcome", ecs_outcome(e));
  object_text(&o, "event.dataset", "portero");
  object_text(&o, "event.code", portero_event_name(e->kind));
  object_text(&o, "event.action",
              text_operation(e) ? text_operation(e) : portero_event_name(e->kind));
  if (e->duration)
    object_number(&o, "event.duration", e->duration);
  if (e->connection)
    object_text(&o, "event.id", portero_event_uid(e, uid));
  ecs_ends(&o, e);
  ecs_call(&o, e);
  ecs_verdict(&o, e);
  ecs_process(&o, e);
  object_end(&o);
  text_char(w, '\n');
}
