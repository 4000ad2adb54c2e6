/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/lab_service.h"

#include <stdlib.h>

static const char kind;

struct lab_state {
  struct lab *lab;
  uint32_t uses;
};

static void lab_lock(struct lab *lab)
{
  (void)pthread_mutex_lock(&lab->lock);
}

static void lab_unlock(struct lab *lab)
{
  (void)pthread_cond_broadcast(&lab->changed);
  (void)pthread_mutex_unlock(&lab->lock);
}

static portero_status lab_null(struct portero_call *call)
{
  (void)call;
  return portero_ok();
}

static portero_status lab_negate(struct portero_call *call)
{
  uint32_t value = portero_ndr_read_u32(portero_call_in(call), "value");
  portero_status status = portero_ndr_reader_finish(portero_call_in(call));

  portero_ndr_write_u32(portero_call_out(call), ~value);
  return status;
}

static portero_status lab_blob(struct portero_call *call)
{
  uint32_t size = portero_ndr_read_u32(portero_call_in(call), "size");
  portero_status status = portero_ndr_reader_finish(portero_call_in(call));
  void *bytes = portero_is_ok(status) ? portero_arena_alloc(portero_call_arena(call), size) : NULL;

  if (!bytes)
    return portero_is_ok(status) ? portero_local(PORTERO_LOCAL_NO_MEMORY) : status;
  portero_ndr_write_bytes(portero_call_out(call), bytes, size);
  return status;
}

static portero_status lab_defer(struct portero_call *call)
{
  struct lab *lab = portero_call_user(call);
  portero_status status = portero_call_defer(call);
  uint32_t value = portero_ndr_read_u32(portero_call_in(call), "value");

  if (!portero_is_ok(status))
    return status;
  lab_lock(lab);
  if (lab->n_waiting == LAB_WAITING)
    abort();
  lab->waiting[lab->n_waiting] = call;
  lab->arguments[lab->n_waiting++] = value;
  lab_unlock(lab);
  return portero_ok();
}

static portero_status lab_block(struct portero_call *call)
{
  struct lab *lab = portero_call_user(call);
  uint32_t value = portero_ndr_read_u32(portero_call_in(call), "value");

  lab_lock(lab);
  lab->n_blocked++;
  (void)pthread_cond_broadcast(&lab->changed);
  while (lab->n_released == 0)
    (void)pthread_cond_wait(&lab->changed, &lab->lock);
  lab->n_released--;
  lab->n_blocked--;
  lab_unlock(lab);
  portero_ndr_write_u32(portero_call_out(call), value + 1);
  return portero_ok();
}

static void lab_rundown(void *state)
{
  struct lab_state *s = state;
  struct lab *lab = s->lab;

  lab_lock(lab);
  lab->n_rundowns++;
  lab->n_open--;
  lab_unlock(lab);
  free(s);
}

static portero_status lab_open(struct portero_call *call)
{
  struct lab *lab = portero_call_user(call);
  struct lab_state *state = calloc(1, sizeof *state);
  struct portero_handle handle;
  portero_status status;

  if (!state)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  state->lab = lab;
  status = portero_handle_new(call, &kind, state, lab_rundown, &handle);
  if (!portero_is_ok(status)) {
    free(state);
    return status;
  }
  lab_lock(lab);
  lab->n_open++;
  lab_unlock(lab);
  portero_ndr_write_handle(portero_call_out(call), &handle);
  return portero_ok();
}

static portero_status lab_use(struct portero_call *call)
{
  struct portero_handle handle = portero_ndr_read_handle(portero_call_in(call), "handle");
  portero_status status = portero_ndr_reader_finish(portero_call_in(call));
  void *state = NULL;

  if (portero_is_ok(status))
    status = portero_handle_find(call, &kind, &handle, &state);
  if (!portero_is_ok(status))
    return status;
  portero_ndr_write_u32(portero_call_out(call), ++((struct lab_state *)state)->uses);
  return status;
}

static portero_status lab_close(struct portero_call *call)
{
  struct portero_handle handle = portero_ndr_read_handle(portero_call_in(call), "handle"),
                        null = {0};
  portero_status status = portero_ndr_reader_finish(portero_call_in(call));

  if (portero_is_ok(status))
    status = portero_handle_close(call, &kind, &handle);
  portero_ndr_write_handle(portero_call_out(call), &null);
  return status;
}

static portero_status lab_fail(struct portero_call *call)
{
  (void)call;
  return portero_local(PORTERO_LOCAL_STATE);
}

static portero_status lab_careless(struct portero_call *call)
{
  (void)portero_ndr_read_u64(portero_call_in(call), "value");
  return portero_ok();
}

static portero_status lab_length(struct portero_call *call)
{
  size_t size = portero_reader_left(&portero_call_in(call)->r);

  portero_ndr_write_u32(portero_call_out(call), (uint32_t)size);
  return portero_ok();
}

static const struct portero_operation lab_operations[LAB_OPERATIONS] = {
    [LAB_NULL] = {"Null", lab_null, 0},
    [LAB_NEGATE] = {"Negate", lab_negate, 0},
    [LAB_BLOB] = {"Blob", lab_blob, 0},
    [LAB_DEFER] = {"Defer", lab_defer, 0},
    [LAB_BLOCK] = {"Block", lab_block, PORTERO_OPERATION_BLOCKS},
    [LAB_OPEN] = {"Open", lab_open, 0},
    [LAB_USE] = {"Use", lab_use, 0},
    [LAB_CLOSE] = {"Close", lab_close, 0},
    [LAB_UNUSED] = {"Unused", NULL, 0},
    [LAB_FAIL] = {"Fail", lab_fail, 0},
    [LAB_CARELESS] = {"Careless", lab_careless, 0},
    [LAB_LENGTH] = {"Length", lab_length, 0},
};

#define LAB_INTERFACE(first, label, extra)                                                         \
  {                                                                                                \
    .id = {{first, 0x5d2c, 0x4f38, {0xa1, 0x77, 0x0b, 0x4e, 0x92, 0x6d, 0xc3, 0x15}}, 1, 2},       \
    .name = label, .operations = lab_operations, .n_operations = LAB_OPERATIONS,                   \
    .min_level = PORTERO_LEVEL_NONE, .flags = extra, .arena_budget = (size_t)16 << 20              \
  }

const struct portero_interface lab_interface =
    LAB_INTERFACE(0x1b6f0a10, "lab", PORTERO_INTERFACE_NDR64);
const struct portero_interface lab_other_interface = LAB_INTERFACE(0x1b6f0a11, "other", 0);
const struct portero_interface lab_local_interface =
    LAB_INTERFACE(0x1b6f0a12, "local", PORTERO_INTERFACE_LOCAL);

/* ---- the test's side ---- */

void lab_init(struct lab *lab)
{
  *lab = (struct lab){0};
  (void)pthread_mutex_init(&lab->lock, NULL);
  (void)pthread_cond_init(&lab->changed, NULL);
}

void lab_deinit(struct lab *lab)
{
  (void)pthread_mutex_destroy(&lab->lock);
  (void)pthread_cond_destroy(&lab->changed);
}

static void lab_wait(struct lab *lab, const unsigned *counter, unsigned n)
{
  (void)pthread_mutex_lock(&lab->lock);
  while (*counter < n)
    (void)pthread_cond_wait(&lab->changed, &lab->lock);
  (void)pthread_mutex_unlock(&lab->lock);
}

void lab_wait_deferred(struct lab *lab, unsigned n)
{
  lab_wait(lab, &lab->n_waiting, n);
}

void lab_wait_blocked(struct lab *lab, unsigned n)
{
  lab_wait(lab, &lab->n_blocked, n);
}

void lab_wait_rundowns(struct lab *lab, unsigned n)
{
  lab_wait(lab, &lab->n_rundowns, n);
}

unsigned lab_count(struct lab *lab, const unsigned *counter)
{
  unsigned value;

  lab_lock(lab);
  value = *counter;
  lab_unlock(lab);
  return value;
}

struct portero_call *lab_take(struct lab *lab, unsigned i, uint32_t *out_argument)
{
  struct portero_call *call;

  lab_lock(lab);
  call = lab->waiting[i];
  *out_argument = lab->arguments[i];
  lab_unlock(lab);
  return call;
}

unsigned lab_take_all(struct lab *lab, struct portero_call **out_calls, uint32_t *out_arguments,
                      const bool *stop)
{
  unsigned n;

  (void)pthread_mutex_lock(&lab->lock);
  while (lab->n_waiting == 0 && !*stop)
    (void)pthread_cond_wait(&lab->changed, &lab->lock);
  n = lab->n_waiting;
  for (unsigned i = 0; i < n; i++) {
    out_calls[i] = lab->waiting[i];
    out_arguments[i] = lab->arguments[i];
  }
  lab->n_waiting = 0;
  (void)pthread_mutex_unlock(&lab->lock);
  return n;
}

void lab_wake(struct lab *lab, bool *stop)
{
  lab_lock(lab);
  *stop = true;
  lab_unlock(lab);
}

void lab_finish(struct portero_call *call, uint32_t argument)
{
  portero_ndr_write_u32(portero_call_out(call), argument + 1);
  portero_call_finish(call, portero_ok());
}

void lab_release(struct lab *lab, unsigned n)
{
  lab_lock(lab);
  lab->n_released += n;
  lab_unlock(lab);
}
