/* SPDX-License-Identifier: Apache-2.0 */
/* The client's machine: any server, any driver, any moment. */
#include "fuzz/machine.h"

#include <string.h>

struct client {
  struct machine m;
  struct portero_client_assoc *a;
  bool closed, bound;
  uint32_t last_call;
  unsigned refused; /* what the machine would not begin */
};

static struct client c;

static const struct portero_syntax service = {{0x01020304, 1, 1, {1}}, 1, 0};

static void propose(void)
{
  struct portero_context contexts[2] = {{0, service, &portero_syntax_ndr, 1},
                                        {1, service, &portero_syntax_ndr64, 1}};
  struct portero_security *security =
      machine_choose(&c.m, 3) == 2 ? machine_security(&c.m, PORTERO_AUTH_NTLM) : NULL;
  uint8_t level = (uint8_t)(PORTERO_LEVEL_CONNECT + machine_choose(&c.m, 5)), token[32] = {0};
  portero_status status =
      portero_client_assoc_bind(c.a, contexts, (uint8_t)(1 + machine_choose(&c.m, 2)), 0, security,
                                level, portero_bytes_make(token, sizeof token));

  c.refused += !portero_is_ok(status);
  if (!portero_is_ok(status) && security)
    security->ops->free(security);
}

static void call(void)
{
  static const uint8_t stub[9000];
  struct portero_client_request request = {0, 1, NULL, {stub, 8}, false, false};

  if (machine_choose(&c.m, 8) == 7)
    request.stub.size = sizeof stub;
  request.maybe = machine_choose(&c.m, 16) == 15;
  request.big_endian = machine_choose(&c.m, 8) == 7;
  request.object = machine_choose(&c.m, 4) == 3 ? &service.uuid : NULL;
  c.refused += !portero_is_ok(portero_client_assoc_call(c.a, &request, &c.last_call));
}

static void on_auth(const struct portero_client_event *event)
{
  struct portero_writer token;
  bool done = false;
  portero_status status;

  portero_writer_init(&token, &c.m.mem, 256);
  status =
      event->u.auth.security->ops->step(event->u.auth.security, event->u.auth.token, &token, &done);
  portero_client_assoc_auth_done(c.a, status, portero_writer_bytes(&token), done);
  portero_writer_deinit(&token);
}

static void on_event(const struct portero_client_event *event)
{
  unsigned sum = 0;

  FUZZ_CHECK(!c.closed);
  switch (event->kind) {
  case PORTERO_CLIENT_BOUND:
    c.bound = true;
    for (size_t i = 0; i < event->u.bound.n_results; i++)
      sum += event->u.bound.results[i].result;
    call();
    return;
  case PORTERO_CLIENT_AUTH:
    on_auth(event);
    return;
  case PORTERO_CLIENT_RESPONSE:
    for (size_t i = 0; i < event->u.response.stub.size; i++)
      sum += event->u.response.stub.data[i];
    FUZZ_CHECK(sum != UINT32_MAX);
    return;
  case PORTERO_CLIENT_FAULT:
  case PORTERO_CLIENT_SHUTDOWN:
    return;
  case PORTERO_CLIENT_CLOSE:
    FUZZ_CHECK(!portero_is_ok(event->u.close.status));
    c.closed = true;
    return;
  }
}

static void drain(void)
{
  struct portero_client_event event;
  struct portero_bytes out;

  while (portero_client_assoc_next(c.a, &event))
    on_event(&event);
  out = portero_client_assoc_output(c.a);
  if (machine_choose(&c.m, 4) == 3)
    out.size /= 2;
  machine_sends(&c.m, out);
  portero_client_assoc_sent(c.a, out.size);
}

static void act(void)
{
  switch (machine_choose(&c.m, 6)) {
  case 1:
  case 2:
    call();
    return;
  case 3:
    portero_client_assoc_cancel(c.a, c.last_call);
    return;
  case 4:
    portero_client_assoc_orphan(c.a, c.last_call);
    return;
  case 5:
    if (c.bound)
      propose();
    return;
  default:
    return;
  }
}

static void round_once(void)
{
  struct portero_bytes chunk = machine_chunk(&c.m);

  portero_client_assoc_input(c.a, chunk, c.m.now);
  drain();
  machine_chunk_free(chunk);
  if (!c.closed)
    act();
  c.m.now += machine_choose(&c.m, 64) * 1000u;
  if (portero_client_assoc_deadline(c.a) <= c.m.now)
    portero_client_assoc_tick(c.a, c.m.now);
  drain();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  memset(&c, 0, sizeof c);
  machine_begin(&c.m, data, size);
  if (!portero_is_ok(portero_client_assoc_new(&c.m.config, 0, &c.a)))
    return 0;
  propose();
  drain();
  while (!c.closed && c.m.stream.size && portero_client_assoc_wants_input(c.a))
    round_once();
  portero_client_assoc_eof(c.a, portero_ok());
  drain();
  FUZZ_CHECK(c.closed);
  portero_client_assoc_free(c.a);
  machine_end(&c.m);
  return 0;
}
