/* SPDX-License-Identifier: Apache-2.0 */
#include "peer_services.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echo_rpc.h"
#include "lab_rpc.h"

#define INVALID_LEVEL 0xc0000148u /* STATUS_INVALID_LEVEL */

static void *give(struct portero_call *call, size_t count, size_t size)
{
  return portero_arena_array(portero_call_arena(call), count, size);
}

/* ---- Samba's echo ---- */

static portero_status echo_add_one(struct portero_call *call, struct rpcecho_AddOne *p)
{
  (void)call;
  p->out_data = p->in_data + 1;
  return portero_ok();
}

static portero_status echo_data(struct portero_call *call, struct rpcecho_EchoData *p)
{
  (void)call;
  p->out_data = p->in_data;
  return portero_ok();
}

static portero_status echo_sink(struct portero_call *call, struct rpcecho_SinkData *p)
{
  (void)call;
  (void)p;
  return portero_ok();
}

static portero_status echo_source(struct portero_call *call, struct rpcecho_SourceData *p)
{
  uint8_t *data = give(call, p->len, 1);

  if (!data)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  for (uint32_t i = 0; i < p->len; i++)
    data[i] = (uint8_t)i;
  p->data = data;
  return portero_ok();
}

static portero_status echo_test_call(struct portero_call *call, struct rpcecho_TestCall *p)
{
  (void)call;
  p->s2 = p->s1;
  return portero_ok();
}

static portero_status echo_test_call2(struct portero_call *call, struct rpcecho_TestCall2 *p)
{
  (void)call;
  switch (p->level) {
  case 1:
    p->info.info1.v = 10;
    return portero_ok();
  case 2:
    p->info.info2.v = 20;
    return portero_ok();
  case 3:
    p->info.info3.v = 30;
    return portero_ok();
  case 4:
    p->info.info4.v = 40;
    return portero_ok();
  case 5:
    p->info.info5.v1 = 50;
    p->info.info5.v2 = 60;
    return portero_ok();
  case 6:
    p->info.info6.v1 = 70;
    p->info.info6.info1.v = 80;
    return portero_ok();
  case 7:
    p->info.info7.v1 = 80;
    p->info.info7.info4.v = 90;
    return portero_ok();
  }
  return portero_status_make(PORTERO_CLASS_FAULT, INVALID_LEVEL);
}

/* Answered by a thread of its own, so that others are served meanwhile. */
struct sleeper {
  struct portero_call *call;
  struct rpcecho_TestSleep *params;
};

static void *sleep_and_answer(void *arg)
{
  struct sleeper s = *(struct sleeper *)arg;

  free(arg);
  (void)sleep(s.params->seconds);
  s.params->result = s.params->seconds;
  portero_stub_finish(s.call, &rpcecho_stub, s.params, portero_ok());
  return NULL;
}

static portero_status echo_sleep(struct portero_call *call, struct rpcecho_TestSleep *p)
{
  struct sleeper *s = malloc(sizeof *s);
  pthread_t thread;
  portero_status status;

  if (!s || p->seconds > 60) {
    free(s);
    return portero_local(PORTERO_LOCAL_LIMIT);
  }
  *s = (struct sleeper){call, p};
  status = portero_call_defer(call);
  if (!portero_is_ok(status)) {
    free(s);
    return status;
  }
  if (pthread_create(&thread, NULL, sleep_and_answer, s) != 0) {
    free(s);
    portero_stub_finish(call, &rpcecho_stub, p, portero_local(PORTERO_LOCAL_NO_MEMORY));
    return portero_ok();
  }
  (void)pthread_detach(thread);
  return portero_ok();
}

static portero_status echo_enum(struct portero_call *call, struct rpcecho_TestEnum *p)
{
  (void)call;
  (void)p;
  return portero_ok();
}

static portero_status echo_surrounding(struct portero_call *call, struct rpcecho_TestSurrounding *p)
{
  uint32_t x = 2 * p->data.x;
  uint16_t *surrounding = x < 65536 ? give(call, x, sizeof *surrounding) : NULL;

  if (!surrounding)
    return portero_local(PORTERO_LOCAL_LIMIT);
  p->data.x = x;
  p->data.surrounding = surrounding;
  return portero_ok();
}

static portero_status echo_double_pointer(struct portero_call *call,
                                          struct rpcecho_TestDoublePointer *p)
{
  (void)call;
  p->result = p->data && *p->data ? **p->data : 0;
  return portero_ok();
}

static const struct rpcecho_handlers echo_handlers = {
    .AddOne = echo_add_one,
    .EchoData = echo_data,
    .SinkData = echo_sink,
    .SourceData = echo_source,
    .TestCall = echo_test_call,
    .TestCall2 = echo_test_call2,
    .TestSleep = echo_sleep,
    .TestEnum = echo_enum,
    .TestSurrounding = echo_surrounding,
    .TestDoublePointer = echo_double_pointer,
};

/* ---- our test interface ---- */

static portero_status lab_ping(struct portero_call *call, struct lab_Ping *p)
{
  (void)call;
  (void)p;
  return portero_ok();
}

static portero_status lab_add_one(struct portero_call *call, struct lab_AddOne *p)
{
  (void)call;
  p->result = (int32_t)((uint32_t)p->value + 1);
  return portero_ok();
}

/* Characters as the client counts them: UTF-16 units. */
static int32_t units_of(const char *text)
{
  size_t size = 0;

  if (!portero_is_ok(portero_utf8_to_utf16(text, strlen(text), false, NULL, 0, &size)))
    return -1;
  return (int32_t)(size / 2);
}

static portero_status lab_echo_text(struct portero_call *call, struct lab_EchoStr *p)
{
  (void)call;
  p->echoed = p->text;
  p->result = units_of(p->text);
  return portero_ok();
}

static portero_status lab_sum(struct portero_call *call, struct lab_Sum *p)
{
  (void)call;
  for (uint32_t i = 0; i < p->num_values; i++)
    p->result += p->values[i];
  return portero_ok();
}

static portero_status lab_list(struct portero_call *call, struct lab_ListLen *p)
{
  (void)call;
  for (const struct lab_node *n = p->head; n; n = n->next) {
    p->result++;
    p->sum_of_ids += n->id;
  }
  return portero_ok();
}

static portero_status lab_union(struct portero_call *call, struct lab_EchoUnion *p)
{
  (void)call;
  p->echoed = p->sent;
  if (p->sent.tag == 1)
    p->echoed.choice.number++;
  if (p->sent.tag == 2)
    p->echoed.choice.large *= 2;
  p->result = p->sent.tag;
  return portero_ok();
}

static portero_status lab_open(struct portero_call *call, struct lab_CtxOpen *p)
{
  int32_t *counter = malloc(sizeof *counter);
  portero_status status;

  if (!counter)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  *counter = p->start;
  status = portero_handle_new(call, lab_counter_kind, counter, free, &p->counter);
  if (!portero_is_ok(status))
    free(counter);
  return status;
}

static portero_status lab_next(struct portero_call *call, struct lab_CtxNext *p)
{
  void *counter;
  portero_status status = portero_handle_find(call, lab_counter_kind, &p->counter, &counter);

  if (!portero_is_ok(status))
    return status;
  p->value = (*(int32_t *)counter)++;
  return status;
}

static portero_status lab_close(struct portero_call *call, struct lab_CtxClose *p)
{
  portero_status status = portero_handle_close(call, lab_counter_kind, &p->counter);

  memset(&p->counter, 0, sizeof p->counter);
  return status;
}

static portero_status lab_data(struct portero_call *call, struct lab_EchoData *p)
{
  (void)call;
  p->echoed = p->data;
  p->result = (int32_t)p->size;
  return portero_ok();
}

static portero_status lab_raise(struct portero_call *call, struct lab_Raise *p)
{
  (void)call;
  return portero_status_make(PORTERO_CLASS_FAULT, p->code);
}

static portero_status lab_shutdown(struct portero_call *call, struct lab_Shutdown *p)
{
  (void)p;
  portero_server_stop(portero_call_server(call));
  return portero_ok();
}

static const struct lab_handlers lab_handlers = {
    .Ping = lab_ping,
    .AddOne = lab_add_one,
    .EchoStr = lab_echo_text,
    .Sum = lab_sum,
    .ListLen = lab_list,
    .EchoUnion = lab_union,
    .CtxOpen = lab_open,
    .CtxNext = lab_next,
    .CtxClose = lab_close,
    .EchoData = lab_data,
    .Raise = lab_raise,
    .Shutdown = lab_shutdown,
};

/* ---- who calls ---- */

static portero_status say_caller(void *user, const struct portero_access *access)
{
  const struct portero_identity *i = access->identity;

  (void)user;
  printf("caller level=%u type=%u account=%s domain=%s principal=%s sids=%zu key=%zu\n",
         access->level, i ? i->type : 0u, i ? i->account : "", i ? i->domain : "",
         i ? i->principal : "", i ? i->n_sids : 0, i ? i->session_key.size : 0);
  (void)fflush(stdout);
  return portero_ok();
}

portero_status peer_services_offer(struct portero_server *server,
                                   const struct peer_services_options *options)
{
  portero_status status = rpcecho_serve(server, &echo_handlers, NULL, options->min_level);

  if (portero_is_ok(status) && options->say_callers)
    status = portero_server_set_access(server, &rpcecho_interface, say_caller, NULL);
  if (options->echo_alone || !portero_is_ok(status))
    return status;
  status = lab_serve(server, &lab_handlers, NULL, options->min_level);
  if (portero_is_ok(status) && options->say_callers)
    status = portero_server_set_access(server, &lab_interface, say_caller, NULL);
  return status;
}
