/* SPDX-License-Identifier: Apache-2.0 */
/* The tap watches every scenario: the calls, responses and faults it tells must be what was done. */
#include "tests/scenarios/scenario.h"

#include <stdlib.h>

void witness_init(struct witness *v, const struct portero_assoc_config *config)
{
  if (!portero_is_ok(portero_tap_new(config, &v->tap)))
    v->tap = NULL;
}

void witness_free(struct witness *v)
{
  portero_tap_free(v->tap);
  text_free(&v->seen[0]);
  text_free(&v->seen[1]);
  text_free(&v->calls);
  text_free(&v->did);
}

static void add_call(struct text *t, uint32_t call_id, uint16_t opnum, uint16_t context_id)
{
  text_add(t, "call %u context=%u opnum=%u\n", call_id, context_id, opnum);
}

static void add_stub(struct text *t, const char *of, uint32_t call_id, struct portero_bytes stub)
{
  text_add(t, "stub of %s %u:", of, call_id);
  name_stub_add(t, stub);
  text_add(t, "\n");
}

void witness_did_call(struct witness *v, uint32_t call_id, uint16_t opnum, uint16_t context_id)
{
  add_call(&v->did, call_id, opnum, context_id);
}

void witness_did_stub(struct witness *v, const char *of, uint32_t call_id,
                      struct portero_bytes stub)
{
  if (v->stubs)
    add_stub(&v->did, of, call_id, stub);
}

void witness_did_response(struct witness *v, uint32_t call_id)
{
  text_add(&v->did, "response %u\n", call_id);
}

void witness_did_fault(struct witness *v, uint32_t call_id, uint32_t status)
{
  text_add(&v->did, "fault %u 0x%x\n", call_id, status);
}

static void tell(struct witness *v, const struct portero_tap_event *event)
{
  static const char *const kinds[] = {"bind",   "bind_ack", "bind_nak", "auth3",
                                      "call",   "response", "fault",    "cancel",
                                      "orphan", "shutdown", "odd",      "lost"};
  struct text *seen = &v->seen[event->from_server];

  text_add(seen, "%s %s %u", event->from_server ? "<" : ">", kinds[event->kind], event->call_id);
  if (event->what)
    text_add(seen, ": %s", event->what);
  if (event->kind == PORTERO_TAP_CALL || event->kind == PORTERO_TAP_RESPONSE)
    name_stub_add(seen, event->stub);
  if (event->known_context && event->from_server) {
    text_add(seen, " ");
    name_syntax_add(seen, &event->abstract);
  }
  text_add(seen, "\n");
  if (event->kind == PORTERO_TAP_CALL)
    add_call(&v->calls, event->call_id, event->opnum, event->context_id);
  if (event->kind == PORTERO_TAP_RESPONSE)
    text_add(&v->calls, "response %u\n", event->call_id);
  if (event->kind == PORTERO_TAP_FAULT)
    text_add(&v->calls, "fault %u 0x%x\n", event->call_id, event->status);
  if (v->stubs && (event->kind == PORTERO_TAP_CALL || event->kind == PORTERO_TAP_RESPONSE))
    add_stub(&v->calls, kinds[event->kind], event->call_id, event->stub);
}

void witness_bytes(struct witness *v, bool from_server, struct portero_bytes bytes, uint64_t now)
{
  struct portero_tap_event event;

  if (!v->tap)
    return;
  portero_tap_input(v->tap, from_server, bytes, now);
  while (portero_tap_next(v->tap, &event))
    tell(v, &event);
}

/* Is line in t at least so often? */
static unsigned count_line(const struct text *t, const char *line, size_t size)
{
  unsigned n = 0;

  for (const char *p = t->data; p && *p; p = strchr(p, '\n') + 1)
    if (strncmp(p, line, size) == 0)
      n++;
  return n;
}

static bool lacks(const struct text *some, const struct text *all, bool faults, const char *who,
                  struct text *out_why)
{
  bool lacking = false;

  for (const char *p = some->data; p && *p; p = strchr(p, '\n') + 1) {
    size_t size = strcspn(p, "\n") + 1;
    if (!faults && strncmp(p, "fault", 5) == 0)
      continue;
    if (count_line(some, p, size) == count_line(all, p, size))
      continue;
    text_add(out_why, "%s: %.*s", who, (int)size, p);
    lacking = true;
  }
  return lacking;
}

bool witness_agrees(const struct witness *v, struct text *out_why)
{
  struct text more = {NULL, 0, 0};
  bool lacking = lacks(&v->did, &v->calls, true, "the witness did not see", out_why);

  if (!v->sees_more)
    return !lacks(&v->calls, &v->did, v->every_fault, "the witness alone saw", out_why) && !lacking;
  if (!lacks(&v->calls, &v->did, v->every_fault, "", &more)) {
    text_add(out_why, "the witness saw no more than was done, but the scenario says so\n");
    lacking = true;
  }
  text_free(&more);
  return !lacking;
}
