/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenarios/scenario.h"

#include "tests/support/security_test.h"

#include <stdlib.h>

bool end_new(struct end *e, bool is_server, const struct portero_assoc_config *config, uint64_t now,
             struct witness *witness, const char *mark)
{
  memset(e, 0, sizeof *e);
  e->is_server = is_server;
  e->witness = witness;
  e->mark = mark;
  return portero_is_ok(is_server ? portero_server_assoc_new(config, NULL, now, &e->server)
                                 : portero_client_assoc_new(config, now, &e->client));
}

/* As drivers do whose steps take their time: what came may be gone when the step is made. */
static void keep_token(struct end *e, struct portero_bytes token)
{
  free(e->token);
  e->token_size = token.size;
  e->token = malloc(token.size + 1);
  e->has_token = e->token != NULL;
  if (e->token && token.size)
    memcpy(e->token, token.data, token.size);
}

void end_free(struct end *e)
{
  free(e->token);
  e->token = NULL;
  portero_server_assoc_free(e->server);
  portero_client_assoc_free(e->client);
}

void end_input(struct end *e, struct portero_bytes bytes, uint64_t now)
{
  if (e->is_server)
    portero_server_assoc_input(e->server, bytes, now);
  else
    portero_client_assoc_input(e->client, bytes, now);
}

bool end_wants_input(const struct end *e)
{
  return e->is_server ? portero_server_assoc_wants_input(e->server)
                      : portero_client_assoc_wants_input(e->client);
}

struct portero_bytes end_output(struct end *e)
{
  return e->is_server ? portero_server_assoc_output(e->server)
                      : portero_client_assoc_output(e->client);
}

void end_sent(struct end *e, size_t n)
{
  if (e->is_server)
    portero_server_assoc_sent(e->server, n);
  else
    portero_client_assoc_sent(e->client, n);
}

void end_eof(struct end *e, portero_status why)
{
  if (e->is_server)
    portero_server_assoc_eof(e->server, why);
  else
    portero_client_assoc_eof(e->client, why);
}

void end_tick(struct end *e, uint64_t now)
{
  if (e->is_server)
    portero_server_assoc_tick(e->server, now);
  else
    portero_client_assoc_tick(e->client, now);
}

uint64_t end_deadline(const struct end *e)
{
  return e->is_server ? portero_server_assoc_deadline(e->server)
                      : portero_client_assoc_deadline(e->client);
}

/* ---- the server's events ---- */

static void tell_close(struct end *e, struct text *t, portero_status status, const char *what)
{
  e->closed = true;
  text_add(t, "close ");
  name_status_add(t, status);
  if (what)
    text_add(t, ": %s", what);
}

static void tell_bind(struct text *t, const struct portero_server_event *event)
{
  size_t n = event->u.bind.n_contexts;

  text_add(t, "%s call=%u group=%u contexts=", event->u.bind.alter ? "alter" : "bind",
           event->u.bind.call_id, event->u.bind.group_id);
  for (size_t i = 0; i < n && (n <= 8 || i < 1); i++) {
    const struct portero_context_ask *ask = &event->u.bind.contexts[i];
    text_add(t, "%s%u:", i ? "," : "", ask->id);
    name_syntax_add(t, &ask->abstract);
    for (unsigned k = 0; k < ask->n_transfer; k++) {
      text_add(t, k ? "+" : ":");
      name_syntax_add(t, &ask->transfer[k]);
    }
  }
  if (n > 8)
    text_add(t, ",...%zu", n);
  if (event->u.bind.authenticated)
    text_add(t, " auth=%s:%s", name_of_type(event->u.bind.auth_type),
             name_of_level(event->u.bind.auth_level));
}

static void tell_auth(struct text *t, const struct portero_server_event *event)
{
  const char *ptype = portero_ptype_name(event->u.auth.ptype);

  text_add(t, "auth by %s %s:%s:%u", ptype ? ptype : "?", name_of_type(event->u.auth.type),
           name_of_level(event->u.auth.level), event->u.auth.context_id);
  if (event->u.auth.header_signing)
    text_add(t, " sign");
  if (event->u.auth.security)
    text_add(t, " again");
}

static void tell_call(struct text *t, const struct portero_assoc_call *call, const char *kind)
{
  char uuid[PORTERO_UUID_TEXT_SIZE];

  text_add(t, "%s %u", kind, call->call_id);
  if (call->context)
    text_add(t, " context=%u", call->context->id);
  text_add(t, " opnum=%u", call->opnum);
  if (call->level != PORTERO_LEVEL_NONE)
    text_add(t, " level=%s", name_of_level(call->level));
  name_flags_add(t, PORTERO_PTYPE_REQUEST, call->flags | PORTERO_PFC_WHOLE);
  if (call->big_endian)
    text_add(t, " be");
  if (call->cancelled)
    text_add(t, " cancelled");
  if (call->has_object)
    text_add(t, " object=%s", portero_uuid_text(&call->object, uuid));
}

static void tell_refused(struct text *t, const struct portero_server_event *event)
{
  const struct portero_assoc_call *call = &event->u.refused.call;

  tell_call(t, call, "refused");
  if (!call->context)
    text_add(t, " unknown-context=%u", event->u.refused.context_id);
  text_add(t, " status=0x%x", event->u.refused.status);
}

static void remember_call(struct end *e, struct portero_assoc_call *call)
{
  for (unsigned i = 0; i < e->n_calls; i++)
    if (e->calls[i] == call)
      return;
  if (e->n_calls == MAX_END_CALLS)
    abort();
  e->calls[e->n_calls++] = call;
}

static void tell_whole_call(struct end *e, struct text *t, struct portero_assoc_call *call)
{
  tell_call(t, call, "call");
  name_stub_add(t, call->stub);
  if (e->keeps && !portero_is_ok(portero_server_assoc_keep(e->server, call)))
    e->keeps = false;
  witness_did_call(e->witness, call->call_id, call->opnum, call->context->id);
  witness_did_stub(e->witness, "call", call->call_id, call->stub);
}

static bool server_next(struct end *e, struct text *t)
{
  struct portero_server_event event;

  if (!portero_server_assoc_next(e->server, &event))
    return false;
  if (e->closed)
    text_add(t, "AFTER-CLOSE ");
  text_add(t, "%s ", e->mark);
  switch (event.kind) {
  case PORTERO_SERVER_BIND:
    e->asked = event;
    e->has_bind = true;
    tell_bind(t, &event);
    break;
  case PORTERO_SERVER_AUTH:
    e->asked = event;
    keep_token(e, event.u.auth.token);
    tell_auth(t, &event);
    break;
  case PORTERO_SERVER_CALL_BEGUN:
    remember_call(e, event.u.call);
    tell_call(t, event.u.call, "begun");
    break;
  case PORTERO_SERVER_CALL:
    remember_call(e, event.u.call);
    tell_whole_call(e, t, event.u.call);
    break;
  case PORTERO_SERVER_CANCEL:
    text_add(t, "cancel %u", event.u.call->call_id);
    break;
  case PORTERO_SERVER_ORPHAN:
    text_add(t, "orphan %u", event.u.call->call_id);
    break;
  case PORTERO_SERVER_REFUSED:
    tell_refused(t, &event);
    break;
  case PORTERO_SERVER_CLOSE:
    tell_close(e, t, event.u.close.status, event.u.close.what);
    break;
  }
  text_add(t, "\n");
  return true;
}

/* ---- the client's events ---- */

static void tell_bound(struct text *t, const struct portero_client_event *event)
{
  const char *before = " results=";

  text_add(t, "bound%s group=%u", event->u.bound.alter ? " alter" : "", event->u.bound.group_id);
  for (size_t i = 0; i < event->u.bound.n_results; i++, before = ",") {
    const struct portero_context_result *r = &event->u.bound.results[i];
    if (r->result != PORTERO_RESULT_ACCEPTANCE) {
      text_add(t, "%sreject:%u:%u", before, r->result, r->reason);
      continue;
    }
    text_add(t, "%saccept:", before);
    name_syntax_add(t, &r->transfer);
  }
  if (event->u.bound.secondary_address.size)
    text_add(t, " address=%.*s", (int)event->u.bound.secondary_address.size,
             (const char *)event->u.bound.secondary_address.data);
  if (event->u.bound.features)
    text_add(t, " features=%u", event->u.bound.features);
}

static void tell_client(struct end *e, struct text *t, const struct portero_client_event *event)
{
  switch (event->kind) {
  case PORTERO_CLIENT_BOUND:
    tell_bound(t, event);
    return;
  case PORTERO_CLIENT_AUTH:
    e->got = *event;
    keep_token(e, event->u.auth.token);
    text_add(t, "auth token=%zu", event->u.auth.token.size);
    return;
  case PORTERO_CLIENT_RESPONSE:
    text_add(t, "response %u context=%u%s", event->u.response.call_id, event->u.response.context_id,
             event->u.response.big_endian ? " be" : "");
    name_stub_add(t, event->u.response.stub);
    witness_did_response(e->witness, event->u.response.call_id);
    witness_did_stub(e->witness, "response", event->u.response.call_id, event->u.response.stub);
    return;
  case PORTERO_CLIENT_FAULT:
    text_add(t, "fault %u 0x%x%s", event->u.fault.call_id, event->u.fault.status,
             event->u.fault.did_not_execute ? " did-not-execute" : "");
    witness_did_fault(e->witness, event->u.fault.call_id, event->u.fault.status);
    return;
  case PORTERO_CLIENT_SHUTDOWN:
    text_add(t, "shutdown");
    return;
  case PORTERO_CLIENT_CLOSE:
    tell_close(e, t, event->u.close.status, event->u.close.what);
    return;
  }
}

bool end_next(struct end *e, struct text *t)
{
  struct portero_client_event event;

  if (e->is_server)
    return server_next(e, t);
  if (!portero_client_assoc_next(e->client, &event))
    return false;
  if (e->closed)
    text_add(t, "AFTER-CLOSE ");
  text_add(t, "%s ", e->mark);
  tell_client(e, t, &event);
  text_add(t, "\n");
  return true;
}

/* ---- the server's answers ---- */

static bool serves(const struct words *w, const struct portero_syntax *abstract)
{
  static const char *const names[] = {"MGMT", "EPM", "TEST"};

  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    struct portero_syntax s = name_syntax(w, names[i]);
    if (portero_syntax_equal(&s, abstract))
      return true;
  }
  return false;
}

/* Known interfaces in NDR, or in NDR64 where the word is given and the client offers it. */
static void judge(const struct words *w, struct portero_context_ask *ask)
{
  bool want64 = words_has(w, "ndr64");

  if (!serves(w, &ask->abstract))
    return;
  ask->reason = PORTERO_REASON_TRANSFER_SYNTAXES;
  for (uint8_t i = 0; i < ask->n_transfer; i++) {
    if (!portero_syntax_equal(&ask->transfer[i],
                              want64 ? &portero_syntax_ndr64 : &portero_syntax_ndr))
      continue;
    ask->result = PORTERO_RESULT_ACCEPTANCE;
    ask->chosen = i;
    return;
  }
}

static void answer_bind(struct end *e, const struct words *w)
{
  if (e->closed || !e->has_bind)
    return;
  e->has_bind = false;
  for (size_t i = 0; i < e->asked.u.bind.n_contexts; i++)
    judge(w, &e->asked.u.bind.contexts[i]);
  portero_server_assoc_accept_bind(e->server, words_number(w, "group", 1));
}

static void auth_done(struct end *e, portero_status status, struct portero_security *security,
                      struct portero_bytes token, bool done)
{
  if (e->is_server)
    (void)portero_server_assoc_auth_done(e->server, status, security, token, done);
  else
    portero_client_assoc_auth_done(e->client, status, token, done);
}

static struct portero_security *acceptor_new(uint8_t type)
{
  struct security_test_options options = {
      .type = type, .null = type == SECURITY_TEST_TYPE_NULL, .legs = security_test_legs(type)};

  return options.legs ? security_test_new(&portero_mem_malloc, &options) : NULL;
}

/* "auth": the mechanism steps; "auth STATUS": it fails so. */
static void answer_auth(struct end *e, const struct words *w)
{
  struct portero_security *s = e->is_server ? e->asked.u.auth.security : e->got.u.auth.security;
  struct portero_bytes token = portero_bytes_make(e->token, e->token_size);
  bool late = words_has(w, "late"), made = false, done = false;
  portero_status status = w->n > 1 && !late ? name_status(w, w->word[1]) : portero_ok();
  struct portero_writer out;

  if ((e->closed && !late) || !e->has_token)
    return;
  e->has_token = false;
  if (!portero_is_ok(status)) {
    auth_done(e, status, s, portero_bytes_make(NULL, 0), false);
    return;
  }
  if (e->is_server && !s) {
    s = acceptor_new(e->asked.u.auth.type);
    made = true;
  }
  portero_writer_init(&out, &portero_mem_malloc, 65536);
  status = s ? s->ops->step(s, token, &out, &done)
             : portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_AUTH_TYPE);
  auth_done(e, status, s, portero_writer_bytes(&out), done);
  if (!portero_is_ok(status) && made && s)
    s->ops->free(s);
  portero_writer_deinit(&out);
}

static struct portero_assoc_call *call_of(struct end *e, uint32_t call_id, bool forget)
{
  for (unsigned i = 0; i < e->n_calls; i++) {
    struct portero_assoc_call *call = e->calls[i];
    if (call->call_id != call_id)
      continue;
    if (forget)
      memmove(&e->calls[i], &e->calls[i + 1], (--e->n_calls - i) * sizeof call);
    return call;
  }
  return NULL;
}

static void respond(struct end *e, const struct words *w, struct portero_assoc_call *call)
{
  struct portero_bytes stub = name_stub(w, w->n > 2 ? w->word[2] : "");
  bool heard = !e->closed && !(call->flags & PORTERO_PFC_MAYBE) && !words_has(w, "unheard");
  uint32_t call_id = call->call_id;

  if (heard && e->witness && !e->witness->every_fault) {
    witness_did_response(e->witness, call_id);
    witness_did_stub(e->witness, "response", call_id, stub);
  }
  (void)portero_server_assoc_respond(e->server, call, stub);
  free((void *)(uintptr_t)stub.data);
}

static void fault(struct end *e, const struct words *w, struct portero_assoc_call *call)
{
  bool heard = !e->closed && !(call->flags & PORTERO_PFC_MAYBE) && !words_has(w, "unheard");
  uint32_t status = words_at(w, 2);

  if (heard && !e->witness->every_fault)
    witness_did_fault(e->witness, call->call_id, status);
  if (strcmp(w->word[0], "fault-close") == 0)
    portero_server_assoc_fault_close(e->server, call, status);
  else
    portero_server_assoc_fault(e->server, call, status, !words_has(w, "did-not-execute"));
}

/* respond ID STUB, fault ID STATUS, fault-close ID STATUS, drop ID, show ID (of a kept call) */
static void answer_call(struct end *e, const struct words *w, struct text *t)
{
  bool stays = strcmp(w->word[0], "show") == 0;
  struct portero_assoc_call *call = call_of(e, words_at(w, 1), !stays);

  if (!call)
    return; /* in a run without memory it never came */
  if (strcmp(w->word[0], "respond") == 0) {
    respond(e, w, call);
  } else if (strncmp(w->word[0], "fault", 5) == 0) {
    fault(e, w, call);
  } else if (strcmp(w->word[0], "drop") == 0) {
    portero_server_assoc_drop(e->server, call);
  } else if (strcmp(w->word[0], "show") == 0 && !e->keeps) {
    text_add(t, ". NO_MEMORY\n");
  } else if (strcmp(w->word[0], "show") == 0) {
    text_add(t, ". ");
    tell_call(t, call, "call");
    name_stub_add(t, call->stub);
    text_add(t, "\n");
  } else {
    words_wrong(w, "no such answer");
  }
}

void end_answer(struct end *e, const struct words *w, struct text *t)
{
  if (w->n == 0)
    words_wrong(w, "what is the answer?");
  if (strcmp(w->word[0], "auth") == 0)
    answer_auth(e, w);
  else if (!e->is_server)
    words_wrong(w, "a client answers auth alone");
  else if (strcmp(w->word[0], "accept") == 0)
    answer_bind(e, w);
  else if (strcmp(w->word[0], "refuse") == 0)
    portero_server_assoc_refuse_bind(e->server, (enum portero_nak_reason)words_at(w, 1));
  else if (strcmp(w->word[0], "shutdown") == 0)
    portero_server_assoc_shutdown(e->server);
  else
    answer_call(e, w, t);
}

/* ---- the client's commands ---- */

static void command_status(struct text *t, portero_status status)
{
  if (portero_is_ok(status))
    return;
  text_add(t, ". ");
  name_status_add(t, status);
  text_add(t, "\n");
}

/* bind contexts=... group=N auth=TYPE:LEVEL */
static void command_bind(struct end *e, const struct words *w, struct text *t)
{
  struct portero_context contexts[300];
  struct portero_syntax transfers[2000];
  const char *auth = words_value(w, "auth"), *colon = auth ? strchr(auth, ':') : NULL;
  struct security_test_options options = {.initiator = true};
  struct portero_security *s = NULL;
  struct portero_writer token;
  portero_status status;
  bool done = false;
  char type[20];
  unsigned n;

  portero_writer_init(&token, &portero_mem_malloc, 65536);
  name_contexts(w, words_value(w, "contexts"), contexts, transfers, &n);
  if (colon && (size_t)(colon - auth) < sizeof type) {
    memcpy(type, auth, (size_t)(colon - auth));
    type[colon - auth] = 0;
    options.type = name_type(w, type);
    options.null = options.type == SECURITY_TEST_TYPE_NULL;
    options.legs = security_test_legs(options.type);
    s = security_test_new(&portero_mem_malloc, &options);
    if (!s || !portero_is_ok(s->ops->step(s, portero_bytes_make(NULL, 0), &token, &done)))
      words_wrong(w, "no such mechanism");
  }
  status = portero_client_assoc_bind(e->client, contexts, (uint8_t)n, words_number(w, "group", 0),
                                     s, colon ? name_level(w, colon + 1) : PORTERO_LEVEL_NONE,
                                     words_has(w, "no-token") ? portero_bytes_make(NULL, 0)
                                                              : portero_writer_bytes(&token));
  if (s && !portero_is_ok(status))
    s->ops->free(s);
  command_status(t, status);
  portero_writer_deinit(&token);
}

/* call context=N opnum=N stub=... object=UUID maybe be */
static void command_call(struct end *e, const struct words *w, struct text *t)
{
  const char *value = words_value(w, "stub"), *object = words_value(w, "object");
  struct portero_bytes stub = name_stub(w, value ? value : "");
  struct portero_client_request request;
  struct portero_uuid uuid;
  portero_status status;
  uint32_t call_id;

  memset(&request, 0, sizeof request);
  if (object && !portero_uuid_parse(object, &uuid))
    words_wrong(w, "object is no UUID");
  request.context_id = (uint16_t)words_number(w, "context", 0);
  request.opnum = (uint16_t)words_number(w, "opnum", 0);
  request.object = object ? &uuid : NULL;
  request.stub = stub;
  request.maybe = words_has(w, "maybe");
  request.big_endian = words_has(w, "be");
  status = portero_client_assoc_call(e->client, &request, &call_id);
  command_status(t, status);
  if (portero_is_ok(status) && e->mark[0] == '!') {
    witness_did_call(e->witness, call_id, request.opnum, request.context_id);
    witness_did_stub(e->witness, "call", call_id, stub);
  }
  free((void *)(uintptr_t)stub.data);
}

void end_command(struct end *e, const struct words *w, struct text *t)
{
  if (w->n == 0 || e->is_server)
    words_wrong(w, "what is the client to do?");
  if (strcmp(w->word[0], "bind") == 0)
    command_bind(e, w, t);
  else if (strcmp(w->word[0], "call") == 0)
    command_call(e, w, t);
  else if (strcmp(w->word[0], "cancel") == 0)
    portero_client_assoc_cancel(e->client, words_at(w, 1));
  else if (strcmp(w->word[0], "orphan") == 0)
    portero_client_assoc_orphan(e->client, words_at(w, 1));
  else
    words_wrong(w, "no such command");
}
