/* SPDX-License-Identifier: Apache-2.0 */
/* Between generated descriptions and the runtime: calls on both sides. */
#include <portero/rpc_stub.h>

#include <stdlib.h>

#include "src/rpc/call.h"
#include "src/rpc/client.h"

#define TABLE_BUDGET ((size_t)16 << 20) /* a type table in memory, for one call */

/* ---- the client ---- */

static const struct portero_stub_op *op_of(const struct portero_stub *s, uint16_t opnum)
{
  const struct portero_stub_op *op = opnum < s->n_ops ? &s->ops[opnum] : NULL;

  return op && !(op->flags & PORTERO_OP_RESERVED) ? op : NULL;
}

static portero_status write_arguments(struct portero_client *c, const struct portero_stub *s,
                                      const struct portero_stub_op *op, const void *params)
{
  struct portero_ndr_writer *w = portero_client_in(c);
  struct portero_arena arena;
  portero_status status;

  portero_arena_init(&arena, &portero_mem_malloc, TABLE_BUDGET);
  portero_stub_write_params(s, op, PORTERO_DIRECTION_IN, params, &arena, w);
  portero_arena_deinit(&arena);
  status = portero_ndr_writer_finish(w);
  if (!portero_is_ok(status))
    client_say(c, "%s.%s: the arguments have no form on the wire%s%s", s->name, op->name,
               w->what ? ": " : "", w->what ? w->what : "");
  return status;
}

static portero_status read_results(struct portero_client *c, const struct portero_stub *s,
                                   const struct portero_stub_op *op, void *params,
                                   struct portero_ndr_reader *r)
{
  portero_status status;

  portero_stub_read_params(s, op, PORTERO_DIRECTION_OUT, params, r);
  status = portero_ndr_reader_finish(r);
  if (!portero_is_ok(status))
    client_say(c, "%s.%s: the answer is broken at byte %zu (%s)", s->name, op->name, r->r.at,
               r->r.what ? r->r.what : "end");
  return status;
}

portero_status portero_stub_call(struct portero_client *c, const struct portero_stub *s,
                                 uint16_t opnum, void *params)
{
  const struct portero_stub_op *op = op_of(s, opnum);
  struct portero_ndr_reader *results;
  portero_status status;

  if (!op)
    return portero_local(PORTERO_LOCAL_USAGE);
  status = write_arguments(c, s, op, params);
  if (!portero_is_ok(status))
    return status;
  status = portero_client_call(c, opnum, &results);
  return portero_is_ok(status) ? read_results(c, s, op, params, results) : status;
}

/* A call on its way, for a client on a loop of its owner's. */
struct stub_sent {
  const struct portero_stub *stub;
  const struct portero_stub_op *op;
  void *params;
  portero_stub_answered *answered;
  void *user;
};

static void stub_on_answer(struct portero_client *c, void *user, portero_status status,
                           struct portero_ndr_reader *results)
{
  struct stub_sent sent = *(struct stub_sent *)user;

  free(user);
  if (portero_is_ok(status))
    status = read_results(c, sent.stub, sent.op, sent.params, results);
  sent.answered(c, sent.user, status, sent.params);
}

portero_status portero_stub_send(struct portero_client *c, const struct portero_stub *s,
                                 uint16_t opnum, void *params, portero_stub_answered *answered,
                                 void *user)
{
  const struct portero_stub_op *op = op_of(s, opnum);
  struct stub_sent *sent;
  portero_status status;

  if (!op)
    return portero_local(PORTERO_LOCAL_USAGE);
  status = write_arguments(c, s, op, params);
  if (!portero_is_ok(status))
    return status;
  sent = malloc(sizeof *sent);
  if (!sent)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  *sent = (struct stub_sent){s, op, params, answered, user};
  status = portero_client_send(c, opnum, stub_on_answer, sent);
  if (!portero_is_ok(status))
    free(sent);
  return status;
}

/* ---- the server ---- */

static void write_results(struct portero_call *call, const struct portero_stub *s,
                          const struct portero_stub_op *op, const void *params)
{
  portero_stub_write_params(s, op, PORTERO_DIRECTION_OUT, params, &call->arena, &call->out);
}

portero_status portero_stub_serve(struct portero_call *call, const struct portero_stub *s,
                                  uint16_t opnum, portero_stub_invoke *invoke)
{
  const struct portero_stub_op *op = &s->ops[opnum];
  portero_status status;
  void *params;

  if (!call->offer->handlers)
    return portero_status_make(PORTERO_CLASS_FAULT, PORTERO_FAULT_OP_RANGE);
  params = portero_arena_alloc(&call->arena, op->size);
  if (!params)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  call->has_views = !call->pending;
  portero_stub_read_params(s, op, PORTERO_DIRECTION_IN, params, &call->in);
  status = portero_ndr_reader_finish(&call->in);
  if (portero_is_ok(status))
    status = invoke(call->offer->handlers, call, params);
  if (portero_is_ok(status) && !call->deferred)
    write_results(call, s, op, params);
  return status;
}

void portero_stub_finish(struct portero_call *call, const struct portero_stub *s,
                         const void *params, portero_status status)
{
  if (portero_is_ok(status))
    write_results(call, s, &s->ops[call->opnum], params);
  portero_call_finish(call, status);
}
