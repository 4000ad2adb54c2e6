/* SPDX-License-Identifier: Apache-2.0 */
/* greeter.idl for C programs. Text is UTF-8. */
#ifndef GREETER_STUB_H
#define GREETER_STUB_H

#include <portero/client.h>
#include <portero/server.h>

enum greeter_opnum {
  GREETER_GREET = 0,
  GREETER_ADD = 1,
};

extern const struct portero_interface greeter_interface;

/*
 * A server: portero_server_add(server, &greeter_interface, &handlers). What a handler gives back
 * must last until the call is answered: take it from portero_call_arena().
 */
struct greeter_handlers {
  portero_status (*greet)(struct portero_call *call, const char *name, const char **out_greeting,
                          int32_t *out_result);
  portero_status (*add)(struct portero_call *call, int32_t a, int32_t b, int32_t *out_result);
};

/* A client: portero_client_open(binding, &greeter_interface.id, ...). Text lives until its next call. */
PORTERO_MUST_USE portero_status greeter_greet(struct portero_client *c, const char *name,
                                              const char **out_greeting, int32_t *out_result);
PORTERO_MUST_USE portero_status greeter_add(struct portero_client *c, int32_t a, int32_t b,
                                            int32_t *out_result);

#endif
