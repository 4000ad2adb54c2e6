/* SPDX-License-Identifier: Apache-2.0 */
#include "clock_stub.h"

static portero_status run_now(struct portero_call *call)
{
  const struct clock_handlers *handlers = portero_call_user(call);
  struct portero_ndr_writer *out = portero_call_out(call);
  int64_t result = 0;
  portero_status status = handlers->now(call, &result);

  if (!portero_is_ok(status))
    return status;
  portero_ndr_write_u64(out, (uint64_t)result);
  return portero_ndr_writer_finish(out);
}

static portero_status run_format(struct portero_call *call)
{
  const struct clock_handlers *handlers = portero_call_user(call);
  struct portero_ndr_reader *in = portero_call_in(call);
  struct portero_ndr_writer *out = portero_call_out(call);
  int64_t time = (int64_t)portero_ndr_read_u64(in, "time");
  const char *text = NULL;
  int32_t result = 0;
  portero_status status = portero_ndr_reader_finish(in);

  if (portero_is_ok(status))
    status = handlers->format(call, time, &text, &result);
  if (!portero_is_ok(status))
    return status;
  portero_ndr_write_pointer(out, text != NULL);
  if (text)
    portero_ndr_write_wstring(out, text);
  portero_ndr_write_u32(out, (uint32_t)result);
  return portero_ndr_writer_finish(out);
}

static const struct portero_operation operations[] = {
    [CLOCK_NOW] = {"Now", run_now, 0},
    [CLOCK_FORMAT] = {"Format", run_format, 0},
};

const struct portero_interface clock_interface = {
    .id = {{0x2b8f5c70, 0x41d3, 0x4e6a, {0xb7, 0xc9, 0x0d, 0x1e, 0x2f, 0x3a, 0x4b, 0x5c}}, 1, 0},
    .name = "clock",
    .operations = operations,
    .n_operations = sizeof operations / sizeof operations[0],
    .min_level = PORTERO_LEVEL_NONE,
    .flags = PORTERO_INTERFACE_NDR64,
};

/* ---- the client's side ---- */

portero_status clock_now(struct portero_client *c, int64_t *out_result)
{
  struct portero_ndr_reader *results;
  portero_status status;
  int64_t result;

  (void)portero_client_in(c);
  status = portero_client_call(c, CLOCK_NOW, &results);
  if (!portero_is_ok(status))
    return status;
  result = (int64_t)portero_ndr_read_u64(results, "result");
  status = portero_ndr_reader_finish(results);
  if (portero_is_ok(status))
    *out_result = result;
  return status;
}

portero_status clock_format(struct portero_client *c, int64_t time, const char **out_text,
                            int32_t *out_result)
{
  struct portero_ndr_reader *results;
  const char *text = NULL;
  portero_status status;
  int32_t result;

  portero_ndr_write_u64(portero_client_in(c), (uint64_t)time);
  status = portero_client_call(c, CLOCK_FORMAT, &results);
  if (!portero_is_ok(status))
    return status;
  if (portero_ndr_read_pointer(results, "text"))
    text = portero_ndr_read_wstring(results, "text");
  result = (int32_t)portero_ndr_read_u32(results, "result");
  status = portero_ndr_reader_finish(results);
  if (!portero_is_ok(status))
    return status;
  *out_text = text;
  *out_result = result;
  return status;
}
