/* SPDX-License-Identifier: Apache-2.0 */
/* clock.idl for C programs. Text is UTF-8. */
#ifndef CLOCK_STUB_H
#define CLOCK_STUB_H

#include <portero/client.h>
#include <portero/server.h>

enum clock_opnum {
  CLOCK_NOW = 0,
  CLOCK_FORMAT = 1,
};

extern const struct portero_interface clock_interface;

/*
 * A server: portero_server_add(server, &clock_interface, &handlers). What a handler gives back
 * must last until the call is answered: take it from portero_call_arena().
 */
struct clock_handlers {
  portero_status (*now)(struct portero_call *call, int64_t *out_result);
  portero_status (*format)(struct portero_call *call, int64_t time, const char **out_text,
                           int32_t *out_result);
};

/* A client: portero_client_open(binding, &clock_interface.id, ...). Text lives until its next call. */
PORTERO_MUST_USE portero_status clock_now(struct portero_client *c, int64_t *out_result);
PORTERO_MUST_USE portero_status clock_format(struct portero_client *c, int64_t time,
                                             const char **out_text, int32_t *out_result);

#endif
