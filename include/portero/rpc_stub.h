/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls and handlers by description: what generated clients and servers are made of. Programs call
 * the generated functions; these are for tools and for other generators.
 */
#ifndef PORTERO_RPC_STUB_H
#define PORTERO_RPC_STUB_H

#include <portero/client.h>
#include <portero/server.h>
#include <portero/stub.h>

PORTERO_BEGIN_DECLS

/*
 * Sends the [in] members of params, waits, and fills in the [out] ones; what those point to lives
 * until c's next call. Fails as portero_client_call() does, and with LOCAL_SHORT, LOCAL_MALFORMED
 * or LOCAL_LIMIT for an answer that is none; the [out] members are then of no use.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_stub_call(struct portero_client *c,
                                                              const struct portero_stub *s,
                                                              uint16_t opnum, void *params);

/* params as given to portero_stub_send(); what they point to lives until answered returns. */
typedef void portero_stub_answered(struct portero_client *c, void *user, portero_status status,
                                   void *params);
/*
 * The same for a client on a loop of the caller's: returns at once, answered is called on the loop.
 * params must live until then; its [in] members are sent before this returns. answered is not
 * called when this fails.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_stub_send(struct portero_client *c,
                                                              const struct portero_stub *s,
                                                              uint16_t opnum, void *params,
                                                              portero_stub_answered *answered,
                                                              void *user);

/*
 * Offers an interface with its generated table of handlers, which must outlive s; handlers find
 * user with portero_call_user(). min_level: the least level of callers, 0 is packet privacy. As
 * portero_server_add() else.
 */
PORTERO_API PORTERO_MUST_USE portero_status
portero_stub_offer(struct portero_server *s, const struct portero_interface *iface,
                   const void *handlers, void *user, uint8_t min_level);

/* Runs the handler that the program gave for one operation: generated, one for each. */
typedef portero_status portero_stub_invoke(const void *handlers, struct portero_call *call,
                                           void *params);
/*
 * The body of a generated operation: reads the parameters into the call's arena (a struct of
 * op->size bytes, zeroed first), invokes the handler with the table given to portero_stub_offer(),
 * writes the results. Without a table the answer is nca_s_op_rng_error.
 * What a handler gives back must last until the call is answered: portero_call_arena().
 *
 * A handler that answers later returns portero_call_defer() and calls portero_stub_finish() with
 * its params, which stay good until then. Operations that are [async] may do this, and those that
 * block; others get LOCAL_STATE from portero_call_defer(), since their arguments are views of a
 * buffer that goes on.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_stub_serve(struct portero_call *call,
                                                               const struct portero_stub *s,
                                                               uint16_t opnum,
                                                               portero_stub_invoke *invoke);
/* From any thread; call and params are gone then. */
PORTERO_API void portero_stub_finish(struct portero_call *call, const struct portero_stub *s,
                                     const void *params, portero_status status);

/* In FILE_rpc.h: the handler of an operation, in the table of handlers. */
#define PORTERO_STUB_HANDLER(iface, op)                                                            \
  portero_status (*op)(struct portero_call *call, struct iface##_##op *args)
/* A call as clients make it: portero_stub_call() with parameters that have a type. */
#define PORTERO_STUB_CLIENT(call)                                                                  \
  PORTERO_MUST_USE portero_status call(struct portero_client *c, struct call *args)

PORTERO_END_DECLS

#endif
