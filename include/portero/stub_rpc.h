/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of generated files' FILE_rpc.c. Nothing else includes this: they are short.
 *
 *     CALL(iface, op, opnum)   the client's call; what runs the handler; what the runtime runs
 *     OPERATIONS(iface) ...    all opnums: ROW an operation, UNUSED one that nobody calls
 *     SERVE(iface)             what offers the interface
 */
#ifndef PORTERO_STUB_RPC_H
#define PORTERO_STUB_RPC_H

#include <portero/rpc_stub.h>

/* clang-format off */
#define CALL(iface, op, opnum)                                                                     \
  portero_status iface##_##op(struct portero_client *c, struct iface##_##op *args)                 \
  {                                                                                                \
    return portero_stub_call(c, &iface##_stub, opnum, args);                                       \
  }                                                                                                \
  static portero_status iface##_##op##_invoke(const void *handlers, struct portero_call *call,     \
                                              void *args)                                          \
  {                                                                                                \
    const struct iface##_handlers *h = handlers;                                                   \
    return h->op ? h->op(call, args) : portero_fault_status(PORTERO_FAULT_OP_RANGE);               \
  }                                                                                                \
  static portero_status iface##_##op##_run(struct portero_call *call)                              \
  {                                                                                                \
    return portero_stub_serve(call, &iface##_stub, opnum, iface##_##op##_invoke);                  \
  }
#define OPERATIONS(iface) static const struct portero_operation iface##_operations[] =
#define ROW(iface, op, flags) {#op, iface##_##op##_run, flags},
#define UNUSED                {NULL, NULL, 0},
#define SERVE(iface)                                                                               \
  portero_status iface##_serve(struct portero_server *s, const struct iface##_handlers *handlers,  \
                               void *user, uint8_t min_level)                                      \
  {                                                                                                \
    return portero_stub_offer(s, &iface##_interface, handlers, user, min_level);                   \
  }
/* clang-format on */

#endif
