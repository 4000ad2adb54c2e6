/* SPDX-License-Identifier: Apache-2.0 */
/* Context handles of two types in one interface: generated stubs at both ends of a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "doors_rpc.h"

static unsigned doors_down, windows_down; /* how often each rundown ran: on the server's one loop */

static void door_down(void *state)
{
  __atomic_add_fetch(&doors_down, 1, __ATOMIC_SEQ_CST);
  free(state);
}

static void window_down(void *state)
{
  __atomic_add_fetch(&windows_down, 1, __ATOMIC_SEQ_CST);
  free(state);
}

/* ---- the server ---- */

static portero_status open_as(struct portero_call *call, const void *kind, portero_rundown *rundown,
                              struct portero_handle *out_handle)
{
  int32_t *uses = calloc(1, sizeof *uses);
  portero_status status = uses ? portero_handle_new(call, kind, uses, rundown, out_handle)
                               : portero_local(PORTERO_LOCAL_NO_MEMORY);

  if (!portero_is_ok(status))
    free(uses);
  return status;
}

static portero_status use_as(struct portero_call *call, const void *kind,
                             const struct portero_handle *handle, int32_t *out_uses)
{
  void *uses;
  portero_status status = portero_handle_find(call, kind, handle, &uses);

  if (portero_is_ok(status))
    *out_uses = ++*(int32_t *)uses;
  return status;
}

static portero_status close_as(struct portero_call *call, const void *kind,
                               struct portero_handle *handle)
{
  portero_status status = portero_handle_close(call, kind, handle);

  *handle = (struct portero_handle){0};
  return status;
}

static portero_status open_door(struct portero_call *call, struct doors_OpenDoor *p)
{
  return open_as(call, doors_door_kind, door_down, &p->opened);
}

static portero_status open_window(struct portero_call *call, struct doors_OpenWindow *p)
{
  return open_as(call, doors_window_kind, window_down, &p->opened);
}

static portero_status use_door(struct portero_call *call, struct doors_UseDoor *p)
{
  return use_as(call, doors_door_kind, &p->used, &p->uses);
}

static portero_status use_front_door(struct portero_call *call, struct doors_UseFrontDoor *p)
{
  return use_as(call, doors_door_kind, &p->used, &p->uses);
}

static portero_status use_window(struct portero_call *call, struct doors_UseWindow *p)
{
  return use_as(call, doors_window_kind, &p->used, &p->uses);
}

static portero_status close_door(struct portero_call *call, struct doors_CloseDoor *p)
{
  return close_as(call, doors_door_kind, &p->closed);
}

static portero_status close_window(struct portero_call *call, struct doors_CloseWindow *p)
{
  return close_as(call, doors_window_kind, &p->closed);
}

static const struct doors_handlers handlers = {
    .OpenDoor = open_door,
    .OpenWindow = open_window,
    .UseDoor = use_door,
    .UseFrontDoor = use_front_door,
    .UseWindow = use_window,
    .CloseDoor = close_door,
    .CloseWindow = close_window,
};

/* ---- the test ---- */

struct fixture {
  struct portero_server *server;
  struct portero_client *client;
  struct portero_handle door, window;
};

static void assert_mismatch(portero_status status)
{
  assert_int_equal(status.klass, PORTERO_CLASS_FAULT);
  assert_int_equal(status.code, PORTERO_FAULT_CONTEXT_MISMATCH);
}

static int setup(void **state)
{
  struct fixture *f = test_calloc(1, sizeof *f);
  struct doors_OpenDoor door = {.opened = {0}};
  struct doors_OpenWindow window = {.opened = {0}};

  doors_down = windows_down = 0;
  if (!portero_is_ok(portero_server_new(NULL, &f->server)) ||
      !portero_is_ok(doors_serve(f->server, &handlers, NULL, PORTERO_LEVEL_NONE)) ||
      !portero_is_ok(portero_server_listen(f->server, "ncacn_ip_tcp:127.0.71.3[]")) ||
      !portero_is_ok(portero_server_start(f->server)) ||
      !portero_is_ok(portero_client_open(portero_server_binding(f->server, 0), &doors_interface.id,
                                         NULL, &f->client)) ||
      !portero_is_ok(doors_OpenDoor(f->client, &door)) ||
      !portero_is_ok(doors_OpenWindow(f->client, &window)))
    return -1;
  f->door = door.opened;
  f->window = window.opened;
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  portero_client_close(f->client);
  portero_server_free(f->server);
  test_free(f);
  return 0;
}

static void each_is_of_its_kind(void **state)
{
  struct fixture *f = *state;
  struct doors_UseDoor door = {.used = f->door};
  struct doors_UseFrontDoor front = {.used = f->door};
  struct doors_UseWindow window = {.used = f->window};

  assert_true(portero_is_ok(doors_UseDoor(f->client, &door)));
  assert_int_equal(door.uses, 1);
  assert_true(portero_is_ok(doors_UseFrontDoor(f->client, &front))); /* an alias is the same type */
  assert_int_equal(front.uses, 2);
  assert_true(portero_is_ok(doors_UseWindow(f->client, &window)));
  assert_int_equal(window.uses, 1);
}

static void none_is_of_the_other(void **state)
{
  struct fixture *f = *state;
  struct doors_UseDoor door = {.used = f->window};
  struct doors_UseFrontDoor front = {.used = f->window};
  struct doors_UseWindow window = {.used = f->door};
  struct doors_CloseDoor close_as_door = {.closed = f->window};
  struct doors_CloseWindow close_as_window = {.closed = f->door};

  assert_mismatch(doors_UseDoor(f->client, &door));
  assert_mismatch(doors_UseFrontDoor(f->client, &front));
  assert_mismatch(doors_UseWindow(f->client, &window));
  assert_mismatch(doors_CloseDoor(f->client, &close_as_door));
  assert_mismatch(doors_CloseWindow(f->client, &close_as_window));
  assert_int_equal(__atomic_load_n(&doors_down, __ATOMIC_SEQ_CST), 0);
  each_is_of_its_kind(state); /* the attempts have done nothing to them */
}

static void each_has_its_rundown(void **state)
{
  struct fixture *f = *state;
  struct doors_CloseDoor door = {.closed = f->door};

  assert_true(portero_is_ok(doors_CloseDoor(f->client, &door)));
  assert_mismatch(doors_CloseDoor(f->client, &(struct doors_CloseDoor){.closed = f->door}));
  portero_client_close(f->client); /* the window goes with its connection */
  f->client = NULL;
  portero_server_free(f->server);
  f->server = NULL;
  assert_int_equal(__atomic_load_n(&doors_down, __ATOMIC_SEQ_CST), 1);
  assert_int_equal(__atomic_load_n(&windows_down, __ATOMIC_SEQ_CST), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_is_of_its_kind, setup, teardown),
      cmocka_unit_test_setup_teardown(none_is_of_the_other, setup, teardown),
      cmocka_unit_test_setup_teardown(each_has_its_rundown, setup, teardown),
  };

  return cmocka_run_group_tests_name("server_handles", tests, NULL, NULL);
}
