/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile arguments at a live server: every operation of every interface that there are stubs for,
 * at once, deferred and on the pool, in NDR, NDR64 and big-endian at the same time. Each is
 * answered, by a response or by a fault that says what was wrong; nothing else ends.
 * usage: test_server_stubs [ROUNDS [BINDING INTERFACE...]]
 * With a binding: the interfaces of a server that runs elsewhere, whose handlers may fault as they like.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <portero/client.h>
#include <portero/rpc_stub.h>

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/golden/stubs.h"
#include "tests/support/random_value.h"

#define ADDRESS   "127.0.71.2"
#define MAX_OPS   256u
#define MAX_STUB  ((size_t)1 << 16)
#define BUDGET    ((size_t)16 << 20)
#define ENCODINGS 3u /* NDR, NDR64, big-endian */
#define WAITING   16u

static unsigned rounds = 4;
static const char *elsewhere;        /* a binding; NULL: our own server */
static char *const *elsewhere_names; /* of its interfaces, the last is NULL */

/* ---- the server ---- */

/* One interface; the same stubs as everyone's, handlers of our own. */
struct hosted {
  const struct portero_stub *stub;
  struct portero_interface iface;
  struct portero_operation operations[MAX_OPS];
  struct portero_types types;
  const struct portero_iface *table;
  struct portero_arena arena;
};

/* Calls that are answered by another thread. */
struct answering {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct {
    const struct hosted *hosted;
    struct portero_call *call;
    void *params;
    uint16_t opnum;
  } waiting[WAITING];
  unsigned n;
  bool stop;
};

static struct answering answering = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                     .changed = PTHREAD_COND_INITIALIZER};

/* What a handler does with its arguments: it looks at every byte of them. */
static portero_status look_at(const struct hosted *h, uint16_t opnum, const void *params)
{
  struct portero_ndr_writer w;

  portero_ndr_writer_init(&w, &portero_mem_malloc, BUDGET, false, false);
  portero_types_write_call(&h->types, portero_types_op(&h->types, h->table, opnum),
                           PORTERO_DIRECTION_IN, params, &w);
  portero_writer_deinit(&w.w);
  return portero_ok();
}

static void *answer_others(void *arg)
{
  struct answering *a = arg;

  (void)pthread_mutex_lock(&a->lock);
  for (;;) {
    while (a->n == 0 && !a->stop)
      (void)pthread_cond_wait(&a->changed, &a->lock);
    if (a->n == 0)
      break;
    a->n--;
    __typeof__(a->waiting[0]) one = a->waiting[a->n];
    (void)pthread_mutex_unlock(&a->lock);
    portero_stub_finish(one.call, one.hosted->stub, one.params,
                        look_at(one.hosted, one.opnum, one.params));
    (void)pthread_mutex_lock(&a->lock);
  }
  (void)pthread_mutex_unlock(&a->lock);
  return NULL;
}

static portero_status leave_to_others(struct answering *a, const struct hosted *h,
                                      struct portero_call *call, void *params)
{
  uint16_t opnum = portero_call_opnum(call);
  portero_status status = portero_call_defer(call);

  if (!portero_is_ok(status))
    return status;
  (void)pthread_mutex_lock(&a->lock);
  if (a->n == WAITING)
    abort(); /* there are fewer clients */
  a->waiting[a->n].hosted = h;
  a->waiting[a->n].call = call;
  a->waiting[a->n].params = params;
  a->waiting[a->n++].opnum = opnum;
  (void)pthread_cond_signal(&a->changed);
  (void)pthread_mutex_unlock(&a->lock);
  return portero_ok();
}

static portero_status invoke(const void *handlers, struct portero_call *call, void *params)
{
  const struct hosted *h = handlers;
  uint16_t opnum = portero_call_opnum(call);

  if (h->operations[opnum].flags & PORTERO_OPERATION_DEFERS)
    return leave_to_others(&answering, h, call, params);
  return look_at(h, opnum, params);
}

static portero_status run(struct portero_call *call)
{
  const struct hosted *h = portero_call_user(call);

  return portero_stub_serve(call, h->stub, portero_call_opnum(call), invoke);
}

/* Methods are called through headers of their own, which no server has. */
static bool is_object(const struct portero_stub *stub)
{
  return stub->n_ops > 0 && stub->ops[0].flags & PORTERO_OP_OBJECT;
}

static struct hosted *hosted_new(const struct portero_stub *stub)
{
  struct hosted *h = calloc(1, sizeof *h);

  assert_non_null(h);
  assert_true(stub->n_ops <= MAX_OPS);
  h->stub = stub;
  portero_arena_init(&h->arena, &portero_mem_malloc, BUDGET);
  assert_true(portero_is_ok(portero_types_load(portero_bytes_make(stub->table, stub->table_size),
                                               &h->arena, &h->types, NULL)));
  h->table = portero_types_iface(&h->types, &stub->id);
  assert_non_null(h->table);
  return h;
}

static struct hosted *host(struct portero_server *server, const struct portero_stub *stub)
{
  static const uint32_t ways[] = {0, PORTERO_OPERATION_DEFERS, PORTERO_OPERATION_BLOCKS};
  struct hosted *h = hosted_new(stub);

  for (uint32_t i = 0; i < stub->n_ops; i++)
    if (!(stub->ops[i].flags & PORTERO_OP_RESERVED))
      h->operations[i] = (struct portero_operation){stub->ops[i].name, run, ways[i % 3]};
  h->iface = (struct portero_interface){.id = stub->id,
                                        .name = stub->name,
                                        .operations = h->operations,
                                        .n_operations = (uint16_t)stub->n_ops,
                                        .flags = PORTERO_INTERFACE_NDR64};
  assert_true(portero_is_ok(portero_stub_offer(server, &h->iface, h, h, PORTERO_LEVEL_NONE)));
  return h;
}

static void host_end(struct hosted *h)
{
  portero_arena_deinit(&h->arena);
  free(h);
}

/* ---- a client ---- */

struct attacker {
  pthread_t thread;
  const struct hosted *hosted;
  const char *binding;
  unsigned encoding;
  unsigned responses, faults;
  char problem[160]; /* the first; empty: none */
  struct portero_client *client;
  struct random_value random;
  uint8_t stub[MAX_STUB];
  size_t size;
};

static void complain(struct attacker *a, uint16_t opnum, portero_status status)
{
  if (!a->problem[0])
    (void)snprintf(a->problem, sizeof a->problem, "%s.%s, encoding %u: status %u/0x%x, %s",
                   a->hosted->stub->name, a->hosted->stub->ops[opnum].name, a->encoding,
                   status.klass, status.code, portero_client_error(a->client));
}

/* Good arguments, as far as there are any. */
static void make_good(struct attacker *a, const struct portero_op *op)
{
  void *params = portero_arena_alloc(a->random.arena, a->hosted->types.layouts[op->params].size);
  struct portero_ndr_writer w;
  struct portero_bytes made;

  a->size = 0;
  portero_ndr_writer_init(&w, &portero_mem_malloc, MAX_STUB, a->encoding == 1, a->encoding == 2);
  if (params && random_params(&a->random, op, params))
    portero_types_write_call(&a->hosted->types, op, PORTERO_DIRECTION_IN, params, &w);
  made = portero_ndr_writer_stub(&w);
  if (made.size)
    memcpy(a->stub, made.data, made.size);
  a->size = made.size;
  portero_writer_deinit(&w.w);
}

static void make_noise(struct attacker *a)
{
  a->size = random_below(&a->random, 300);
  for (size_t i = 0; i < a->size; i++)
    a->stub[i] = (uint8_t)(random_below(&a->random, 3) ? random_below(&a->random, 4)
                                                       : random_below(&a->random, 256));
}

/* Where counts, identifiers and tags stand, numbers that hurt. */
static void hurt(struct attacker *a)
{
  static const uint32_t numbers[] = {0,          1,          2,          0x7f,       0xffff,
                                     0x10000,    0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe,
                                     0x20000000, 0x00020000, 0x00020004, 0x40000001};
  uint32_t n = numbers[random_below(&a->random, sizeof numbers / sizeof numbers[0])];
  size_t at;

  if (a->size < 4)
    return;
  at = random_below(&a->random, (uint32_t)(a->size / 4)) * (size_t)4;
  if (a->encoding == 2)
    n = __builtin_bswap32(n);
  memcpy(a->stub + at, &n, 4);
}

static void change(struct attacker *a)
{
  if (a->size == 0)
    return;
  switch (random_below(&a->random, 5)) {
  case 0:
    a->stub[random_below(&a->random, (uint32_t)a->size)] ^=
        (uint8_t)(1u << random_below(&a->random, 8));
    return;
  case 1:
    a->size = random_below(&a->random, (uint32_t)a->size);
    return;
  case 2:
    if (a->size + 16 <= MAX_STUB) { /* more than was asked for */
      memset(a->stub + a->size, (int)random_below(&a->random, 256), 16);
      a->size += 16;
    }
    return;
  default:
    hurt(a);
    return;
  }
}

/* What is wrong with arguments; what is wrong with results nobody made. */
static bool is_expected(portero_status status)
{
  return status.klass == PORTERO_CLASS_FAULT &&
         (elsewhere || status.code == PORTERO_FAULT_BAD_STUB_DATA ||
          status.code == PORTERO_FAULT_NO_MEMORY || status.code == PORTERO_FAULT_UNSPECIFIED);
}

static void send_one(struct attacker *a, uint16_t opnum)
{
  struct portero_bytes answer;
  portero_status status =
      portero_client_call_bytes(a->client, opnum, portero_bytes_make(a->stub, a->size), &answer);

  if (portero_is_ok(status))
    a->responses++;
  else if (is_expected(status))
    a->faults++;
  else
    complain(a, opnum, status);
}

static void attack_operation(struct attacker *a, uint16_t opnum)
{
  const struct portero_op *op = portero_types_op(&a->hosted->types, a->hosted->table, opnum);

  for (unsigned i = 0; i < rounds && !a->problem[0]; i++) {
    portero_arena_reset(a->random.arena);
    make_good(a, op);
    send_one(a, opnum);
    for (unsigned k = 0; k < 4 && !a->problem[0]; k++) {
      change(a);
      send_one(a, opnum);
    }
    make_noise(a);
    send_one(a, opnum);
  }
}

static void *attack(void *arg)
{
  struct attacker *a = arg;
  const struct portero_stub *stub = a->hosted->stub;
  const struct portero_client_options options = {.ndr64 = a->encoding == 1,
                                                 .big_endian = a->encoding == 2};
  struct portero_arena arena;
  portero_status status = portero_client_open(a->binding, &stub->id, &options, &a->client);

  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  a->random = (struct random_value){
      .t = &a->hosted->types, .arena = &arena, .state = 0x9e3779b97f4a7c15u + a->encoding};
  if (!portero_is_ok(status))
    complain(a, 0, status);
  for (uint32_t i = 0; i < stub->n_ops && !a->problem[0]; i++)
    if (!(stub->ops[i].flags & PORTERO_OP_RESERVED))
      attack_operation(a, (uint16_t)i);
  portero_client_close(a->client);
  portero_arena_deinit(&arena);
  return NULL;
}

/* All three at once: buffers that are used again belong to another call then. */
static void attack_interface(const struct hosted *h, const char *binding, unsigned *out_answers)
{
  struct attacker *attackers = calloc(ENCODINGS, sizeof *attackers);

  assert_non_null(attackers);
  for (unsigned i = 0; i < ENCODINGS; i++) {
    attackers[i].hosted = h;
    attackers[i].binding = binding;
    attackers[i].encoding = i;
    assert_int_equal(pthread_create(&attackers[i].thread, NULL, attack, &attackers[i]), 0);
  }
  for (unsigned i = 0; i < ENCODINGS; i++) {
    assert_int_equal(pthread_join(attackers[i].thread, NULL), 0);
    out_answers[0] += attackers[i].responses;
    out_answers[1] += attackers[i].faults;
    if (attackers[i].problem[0])
      fail_msg("%s", attackers[i].problem);
  }
  free(attackers);
}

/* ---- the test ---- */

#define MAX_INTERFACES 64u

static void test_every_operation(void **state)
{
  const struct portero_server_options options = {.threads = 2,
                                                 .source_limits = &portero_server_limits_none,
                                                 .total_limits = &portero_server_limits_none};
  struct hosted *hosted[MAX_INTERFACES];
  unsigned answers[2] = {0, 0};
  struct portero_server *server;
  char binding[64];
  size_t n = 0;

  (void)state;
  assert_true(portero_is_ok(portero_server_new(&options, &server)));
  for (const struct listed_stub *s = listed_stubs; s->file; s++) {
    assert_true(n < MAX_INTERFACES);
    if (strcmp(s->stub->name, "mgmt") != 0 && !is_object(s->stub)) /* mgmt: the server's own */
      hosted[n++] = host(server, s->stub);
  }
  assert_true(portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:" ADDRESS "[]")));
  (void)snprintf(binding, sizeof binding, "%s", portero_server_binding(server, 0));
  assert_true(portero_is_ok(portero_server_start(server)));
  assert_int_equal(pthread_create(&answering.thread, NULL, answer_others, &answering), 0);
  for (size_t i = 0; i < n; i++)
    attack_interface(hosted[i], binding, answers);
  (void)pthread_mutex_lock(&answering.lock);
  answering.stop = true;
  (void)pthread_cond_signal(&answering.changed);
  (void)pthread_mutex_unlock(&answering.lock);
  assert_int_equal(pthread_join(answering.thread, NULL), 0);
  portero_server_free(server);
  for (size_t i = 0; i < n; i++)
    host_end(hosted[i]);
  print_message("%zu interfaces: %u responses, %u faults\n", n, answers[0], answers[1]);
  /* A test that only ever sends one kind shows nothing. */
  assert_true(answers[0] > answers[1] / 20);
  assert_true(answers[1] > answers[0] / 20);
}

static const struct portero_stub *stub_named(const char *name)
{
  for (const struct listed_stub *s = listed_stubs; s->file; s++)
    if (strcmp(s->stub->name, name) == 0)
      return s->stub;
  fail_msg("no stubs for %s", name);
  return NULL;
}

static void test_elsewhere(void **state)
{
  unsigned answers[2] = {0, 0};

  (void)state;
  for (char *const *name = elsewhere_names; *name; name++) {
    struct hosted *h = hosted_new(stub_named(*name));

    attack_interface(h, elsewhere, answers);
    host_end(h);
  }
  print_message("%u responses, %u faults\n", answers[0], answers[1]);
  assert_true(answers[0] > 0 && answers[1] > 0);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest own[] = {cmocka_unit_test(test_every_operation)};
  const struct CMUnitTest others[] = {cmocka_unit_test(test_elsewhere)};

  if (argc > 1)
    rounds = (unsigned)strtoul(argv[1], NULL, 10);
  if (argc <= 2)
    return cmocka_run_group_tests_name("server_stubs", own, NULL, NULL);
  elsewhere = argv[2];
  elsewhere_names = argv + 3;
  return cmocka_run_group_tests_name("server_stubs", others, NULL, NULL);
}
