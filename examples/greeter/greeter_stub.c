/* SPDX-License-Identifier: Apache-2.0 */
#include "greeter_stub.h"

static portero_status run_greet(struct portero_call *call)
{
  const struct greeter_handlers *handlers = portero_call_user(call);
  struct portero_ndr_reader *in = portero_call_in(call);
  struct portero_ndr_writer *out = portero_call_out(call);
  const char *name = portero_ndr_read_wstring(in, "name");
  const char *greeting = NULL;
  int32_t result = 0;
  portero_status status = portero_ndr_reader_finish(in);

  if (portero_is_ok(status))
    status = handlers->greet(call, name, &greeting, &result);
  if (!portero_is_ok(status))
    return status;
  portero_ndr_write_pointer(out, greeting != NULL);
  if (greeting)
    portero_ndr_write_wstring(out, greeting);
  portero_ndr_write_u32(out, (uint32_t)result);
  return portero_ndr_writer_finish(out);
}

static portero_status run_add(struct portero_call *call)
{
  const struct greeter_handlers *handlers = portero_call_user(call);
  struct portero_ndr_reader *in = portero_call_in(call);
  struct portero_ndr_writer *out = portero_call_out(call);
  int32_t a = (int32_t)portero_ndr_read_u32(in, "a");
  int32_t b = (int32_t)portero_ndr_read_u32(in, "b");
  int32_t result = 0;
  portero_status status = portero_ndr_reader_finish(in);

  if (portero_is_ok(status))
    status = handlers->add(call, a, b, &result);
  if (!portero_is_ok(status))
    return status;
  portero_ndr_write_u32(out, (uint32_t)result);
  return portero_ndr_writer_finish(out);
}

static const struct portero_operation operations[] = {
    [GREETER_GREET] = {"Greet", run_greet, 0},
    [GREETER_ADD] = {"Add", run_add, 0},
};

const struct portero_interface greeter_interface = {
    .id = {{0x6f2c1a3e, 0x8d47, 0x4b59, {0x9a, 0x0e, 0x3c, 0x5b, 0x7d, 0x1e, 0x2f, 0x40}}, 1, 0},
    .name = "greeter",
    .operations = operations,
    .n_operations = sizeof operations / sizeof operations[0],
    .min_level = PORTERO_LEVEL_NONE,
    .flags = PORTERO_INTERFACE_NDR64,
};

/* ---- the client's side ---- */

portero_status greeter_greet(struct portero_client *c, const char *name, const char **out_greeting,
                             int32_t *out_result)
{
  struct portero_ndr_reader *results;
  const char *greeting = NULL;
  portero_status status;
  int32_t result;

  portero_ndr_write_wstring(portero_client_in(c), name);
  status = portero_client_call(c, GREETER_GREET, &results);
  if (!portero_is_ok(status))
    return status;
  if (portero_ndr_read_pointer(results, "greeting"))
    greeting = portero_ndr_read_wstring(results, "greeting");
  result = (int32_t)portero_ndr_read_u32(results, "result");
  status = portero_ndr_reader_finish(results);
  if (!portero_is_ok(status))
    return status;
  *out_greeting = greeting;
  *out_result = result;
  return status;
}

portero_status greeter_add(struct portero_client *c, int32_t a, int32_t b, int32_t *out_result)
{
  struct portero_ndr_writer *in = portero_client_in(c);
  struct portero_ndr_reader *results;
  portero_status status;
  int32_t result;

  portero_ndr_write_u32(in, (uint32_t)a);
  portero_ndr_write_u32(in, (uint32_t)b);
  status = portero_client_call(c, GREETER_ADD, &results);
  if (!portero_is_ok(status))
    return status;
  result = (int32_t)portero_ndr_read_u32(results, "result");
  status = portero_ndr_reader_finish(results);
  if (portero_is_ok(status))
    *out_result = result;
  return status;
}
