/* SPDX-License-Identifier: Apache-2.0 */
/* The server's machine: any client, any driver, any moment. */
#include "fuzz/machine.h"

#include <string.h>

#define HELD_MAX 8u

struct server {
  struct machine m;
  struct portero_server_assoc *a;
  struct portero_assoc_call *held[HELD_MAX]; /* complete calls that are answered later */
  size_t n_held;
  bool closed;
};

static struct server s;

static void answer(struct portero_assoc_call *call)
{
  static const uint8_t stub[9000];

  switch (machine_choose(&s.m, 7)) {
  case 1:
    portero_server_assoc_fault(s.a, call, PORTERO_FAULT_OP_RANGE, false);
    return;
  case 2:
    portero_server_assoc_fault(s.a, call, PORTERO_FAULT_BAD_STUB_DATA, true);
    return;
  case 3:
    portero_server_assoc_fault_close(s.a, call, PORTERO_FAULT_ACCESS_DENIED);
    return;
  case 4:
    portero_server_assoc_drop(s.a, call);
    return;
  case 5:
    (void)portero_server_assoc_respond(s.a, call, portero_bytes_make(stub, sizeof stub));
    return;
  default:
    (void)portero_server_assoc_respond(s.a, call,
                                       portero_bytes_make(stub, machine_choose(&s.m, 256)));
    return;
  }
}

static void on_bind(const struct portero_server_event *event)
{
  for (size_t i = 0; i < event->u.bind.n_contexts; i++) {
    struct portero_context_ask *ask = &event->u.bind.contexts[i];
    FUZZ_CHECK(ask->n_transfer > 0);
    if (machine_choose(&s.m, 4) == 3)
      continue;
    ask->result = PORTERO_RESULT_ACCEPTANCE;
    ask->chosen = (uint8_t)machine_choose(&s.m, ask->n_transfer);
  }
  if (machine_choose(&s.m, 16) == 15)
    portero_server_assoc_refuse_bind(s.a, PORTERO_NAK_NOT_SPECIFIED);
  else
    portero_server_assoc_accept_bind(s.a, 7);
}

static void on_auth(const struct portero_server_event *event)
{
  struct portero_security *security = event->u.auth.security;
  struct portero_writer token;
  bool done = false, fresh = !security;
  portero_status status;

  if (fresh)
    security = machine_security(&s.m, event->u.auth.type);
  if (!security) {
    (void)portero_server_assoc_auth_done(s.a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL,
                                         portero_bytes_make(NULL, 0), false);
    return;
  }
  portero_writer_init(&token, &s.m.mem, 256);
  status = security->ops->step(security, event->u.auth.token, &token, &done);
  if (!portero_is_ok(status) && fresh) {
    security->ops->free(security);
    security = NULL;
  }
  (void)portero_server_assoc_auth_done(s.a, status, security, portero_writer_bytes(&token), done);
  portero_writer_deinit(&token);
}

static void on_call(struct portero_assoc_call *call)
{
  unsigned sum = 0;

  FUZZ_CHECK(call->context != NULL);
  for (size_t i = 0; i < call->stub.size; i++)
    sum += call->stub.data[i];
  if (machine_choose(&s.m, 3) != 2 || s.n_held == HELD_MAX || sum == UINT32_MAX) {
    answer(call);
    return;
  }
  if (portero_is_ok(portero_server_assoc_keep(s.a, call)))
    s.held[s.n_held++] = call;
  else
    portero_server_assoc_drop(s.a, call);
}

static void on_event(const struct portero_server_event *event)
{
  FUZZ_CHECK(!s.closed);
  switch (event->kind) {
  case PORTERO_SERVER_BIND:
    on_bind(event);
    return;
  case PORTERO_SERVER_AUTH:
    on_auth(event);
    return;
  case PORTERO_SERVER_CALL_BEGUN:
    if (machine_choose(&s.m, 8) == 7)
      portero_server_assoc_fault(s.a, event->u.call, PORTERO_FAULT_OP_RANGE, false);
    return;
  case PORTERO_SERVER_CALL:
    on_call(event->u.call);
    return;
  case PORTERO_SERVER_CANCEL:
  case PORTERO_SERVER_ORPHAN:
    FUZZ_CHECK(event->u.call->cancelled);
    return;
  case PORTERO_SERVER_REFUSED:
    FUZZ_CHECK(event->u.refused.status != 0);
    FUZZ_CHECK(event->u.refused.what != NULL);
    return;
  case PORTERO_SERVER_CLOSE:
    s.closed = true;
    return;
  }
}

static void drain(void)
{
  struct portero_server_event event;
  struct portero_bytes out;

  while (portero_server_assoc_next(s.a, &event))
    on_event(&event);
  out = portero_server_assoc_output(s.a);
  if (machine_choose(&s.m, 4) == 3)
    out.size /= 2;
  machine_sends(&s.m, out);
  portero_server_assoc_sent(s.a, out.size);
}

static void round_once(void)
{
  struct portero_bytes chunk = machine_chunk(&s.m);

  portero_server_assoc_input(s.a, chunk, s.m.now);
  drain();
  machine_chunk_free(chunk); /* next() said false: the bytes are the driver's again */
  if (s.n_held && machine_choose(&s.m, 2)) {
    answer(s.held[--s.n_held]);
    drain();
  }
  s.m.now += machine_choose(&s.m, 64) * 1000u;
  if (portero_server_assoc_deadline(s.a) <= s.m.now)
    portero_server_assoc_tick(s.a, s.m.now);
  drain();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  memset(&s, 0, sizeof s);
  machine_begin(&s.m, data, size);
  if (!portero_is_ok(portero_server_assoc_new(&s.m.config, NULL, 0, &s.a)))
    return 0;
  while (!s.closed && s.m.stream.size && portero_server_assoc_wants_input(s.a))
    round_once();
  if (machine_choose(&s.m, 2))
    portero_server_assoc_shutdown(s.a);
  while (s.n_held && machine_choose(&s.m, 4))
    answer(s.held[--s.n_held]);
  portero_server_assoc_eof(s.a, portero_ok());
  drain();
  FUZZ_CHECK(s.closed);
  portero_server_assoc_free(s.a);
  machine_end(&s.m);
  return 0;
}
