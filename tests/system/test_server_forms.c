/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of the program's own at both ends of a connection: a type of the C library for FILETIME,
 * UTF-8 text for BSTR, types of a header for others; in both transfer syntaxes and both byte
 * orders; and conversions that fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "tests/system/forms_ends.h"

#define ADDRESS "127.0.27.1"

/* ---- the client's own local operation: the same moment, so many times ---- */

portero_status forms_Sum(struct portero_client *c, struct forms_Sum *args)
{
  struct timespec each[4];
  struct forms_RemoteSum remote = {.each = each};
  portero_status status;

  if (args->n < 0 || args->n > 4)
    return portero_local(PORTERO_LOCAL_USAGE);
  remote.n = (uint32_t)args->n;
  for (uint32_t i = 0; i < remote.n; i++)
    each[i] = args->at;
  status = forms_RemoteSum(c, &remote);
  args->sum = remote.sum;
  args->result = remote.result;
  return status;
}

/* ---- the tests, in each encoding ---- */

#define MOMENT  ((struct timespec){1700000000, 123456700})
#define ANOTHER ((struct timespec){-11000000000, 0})

struct fixture {
  struct portero_server *server;
  struct portero_client *client;
  struct portero_handle diary;
};

static int setup(void **state, const struct portero_client_options *options)
{
  struct fixture *f = test_calloc(1, sizeof *f);
  struct forms_Open open = {.name = "T\xc3\xa4glich"};

  if (!portero_is_ok(portero_server_new(NULL, &f->server)) ||
      !portero_is_ok(forms_serve(f->server, &forms_server, NULL, PORTERO_LEVEL_NONE)) ||
      !portero_is_ok(portero_server_listen(f->server, "ncacn_ip_tcp:" ADDRESS "[]")) ||
      !portero_is_ok(portero_server_start(f->server)) ||
      !portero_is_ok(portero_client_open(portero_server_binding(f->server, 0), &forms_interface.id,
                                         options, &f->client)) ||
      !portero_is_ok(forms_Open(f->client, &open)) || open.result != 0)
    return -1;
  f->diary = open.diary;
  *state = f;
  return 0;
}

static int setup_ndr(void **state)
{
  return setup(state, NULL);
}

static int setup_ndr64(void **state)
{
  return setup(state, &(struct portero_client_options){.ndr64 = true});
}

static int setup_big_endian(void **state)
{
  return setup(state, &(struct portero_client_options){.big_endian = true});
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  portero_client_close(f->client);
  portero_server_free(f->server);
  test_free(f);
  return 0;
}

static void assert_time(const struct timespec *a, struct timespec b)
{
  assert_int_equal(a->tv_sec, b.tv_sec);
  assert_int_equal(a->tv_nsec, b.tv_nsec);
}

static void assert_ok(struct fixture *f, portero_status status)
{
  if (!portero_is_ok(status))
    fail_msg("%s", portero_client_error(f->client));
}

static void test_add(struct fixture *f)
{
  struct forms_Add add = {.diary = f->diary,
                          .event = {.at = {5, 0},
                                    .text = "birthday",
                                    .kind = 1,
                                    .window = {MOMENT, ANOTHER},
                                    .until = MOMENT}};

  assert_ok(f, forms_Add(f->client, &add));
  assert_time(&add.before, (struct timespec){1699999995, 123456700});
  assert_string_equal(add.text, "-/birthday/-");
  add.text = "\xe2\x82\xac";
  add.event.kind = 2;
  add.event.who = "\xf0\x9f\x8e\x82";
  assert_ok(f, forms_Add(f->client, &add));
  assert_time(&add.before, (struct timespec){-11000000005, 0});
  assert_string_equal(add.text, "\xe2\x82\xac/birthday/\xf0\x9f\x8e\x82");
  add.text = NULL;
  add.event.kind = 9;
  add.event.code = -4;
  assert_ok(f, forms_Add(f->client, &add));
  assert_int_equal(add.result, -4);
}

static void test_arrays(struct fixture *f)
{
  struct timespec times[300];
  struct forms_Many many = {.diary = f->diary, .count = 300, .times = times};

  for (int i = 0; i < 300; i++)
    times[i] = (struct timespec){i, i * 100};
  assert_ok(f, forms_Many(f->client, &many));
  assert_int_equal(many.found, 300);
  for (int i = 0; i < 300; i++) {
    assert_time(&many.events[i].at, times[299 - i]);
    assert_time(&many.events[i].until, times[i]);
    assert_string_equal(many.events[i].text, "back");
  }
  many.count = 0;
  assert_ok(f, forms_Many(f->client, &many));
  assert_int_equal(many.found, 0);
}

static void test_recursion(struct fixture *f)
{
  const struct forms_TREE leaves[2] = {{.here = 0.5}, {.here = 0.25}};
  const struct forms_TREE branch = {.here = 2, .count = 2, .children = leaves};
  struct forms_NODE nodes[500];
  struct forms_Walk walk = {.list = nodes, .tree = {.here = 1, .count = 1, .children = &branch}};
  int i = 0;

  for (i = 0; i < 500; i++)
    nodes[i] = (struct forms_NODE){i + 0.5, i < 499 ? &nodes[i + 1] : NULL};
  assert_ok(f, forms_Walk(f->client, &walk));
  assert_int_equal(walk.sum, 225);
  assert_int_equal(walk.result, 500);
  for (const struct forms_NODE *n = walk.list; n; n = n->next)
    assert_true(n->value == --i + 0.5);
  assert_int_equal(i, 0);
}

static void test_unions(struct fixture *f)
{
  const struct forms_ALBUM album = {.count = 0, .first = &MOMENT};
  struct forms_Choose choose = {
      .which = 1, .in_choice = {.time = {77, 0}}, .tagged = {1, {.angle = 91.5}}};

  assert_ok(f, forms_Choose(f->client, &choose));
  assert_int_equal(choose.result, 77);
  assert_int_equal(choose.tagged.tag, 2);
  assert_string_equal(choose.tagged.body.text, "wide");
  choose.which = 2;
  choose.in_choice.album = &album;
  assert_ok(f, forms_Choose(f->client, &choose));
  assert_int_equal(choose.result, 0);
  assert_int_equal(choose.tagged.tag, 1);
  assert_true(choose.tagged.body.angle == 4);
  choose.which = 3;
  choose.in_choice.plain = -9;
  assert_ok(f, forms_Choose(f->client, &choose));
  assert_int_equal(choose.result, -9);
}

static void test_values(struct fixture *f)
{
  struct forms_Mix mix = {.a = {1, 2, 3}, .b = {-4, -5, -6}};
  struct forms_Turn turn = {.heading = {.degrees = 90.5}};
  struct forms_Later later = {.at = MOMENT, .by = 3600};
  struct forms_Plain plain = {.a = 6};

  assert_ok(f, forms_Mix(f->client, &mix));
  assert_true(mix.result.red == 1 && mix.result.green == -5 && mix.result.blue == -3);
  assert_ok(f, forms_Turn(f->client, &turn));
  assert_int_equal(turn.result, 1);
  assert_true(turn.heading.degrees == 270.5);
  assert_string_equal(turn.heading.name, "west");
  assert_ok(f, forms_Later(f->client, &later));
  assert_time(later.result, (struct timespec){1700003600, 123456700});
  later.by = 0;
  assert_ok(f, forms_Later(f->client, &later));
  assert_null(later.result);
  assert_ok(f, forms_Plain(f->client, &plain));
  assert_string_equal(plain.text, "plain");
  assert_int_equal(plain.result, 6);
}

static void test_album(struct fixture *f)
{
  const struct forms_EVENT events[2] = {{.at = MOMENT, .text = "a"},
                                        {.text = "b", .kind = 3, .who = "c"}};
  const char *const names[2] = {"eins", NULL};
  const char *other = NULL;
  const struct forms_COLOUR colour = {7, 8, 9};
  struct forms_Keep keep = {.album = {.count = 2,
                                      .used = 1,
                                      .events = events,
                                      .names = names,
                                      .times = &MOMENT,
                                      .first = &ANOTHER,
                                      .colour = &colour,
                                      .other = &other}};

  assert_ok(f, forms_Keep(f->client, &keep));
  assert_int_equal(keep.result, 1);
  assert_ptr_not_equal(keep.album.events, events);
  assert_time(&keep.album.events[0].at, MOMENT);
  assert_string_equal(keep.album.events[1].who, "c");
  assert_string_equal(keep.album.names[0], "eins");
  assert_null(keep.album.names[1]);
  assert_time(keep.album.times, MOMENT);
  assert_time(keep.album.first, ANOTHER);
  assert_time(keep.album.second, ANOTHER);
  assert_int_equal(keep.album.colour->green, 8);
  assert_null(*keep.album.other);
}

/* What the type table alone can do. */
static void test_odd(struct fixture *f)
{
  const struct timespec first[3] = {{1, 0}, {2, 0}, {3, 0}}, second[3] = {{4, 0}, {5, 0}, {6, 0}};
  const struct timespec *const table[2] = {first, second};
  const struct timespec pair[2] = {MOMENT, ANOTHER};
  struct forms_Odd odd = {.rows = 2, .columns = 3, .table = table};

  odd.odd = (struct forms_ODD){.from = 2,
                               .n = 3,
                               .some = {ANOTHER, MOMENT, MOMENT, ANOTHER, MOMENT},
                               .alias = &first[1],
                               .pair = &pair,
                               .inner = "in",
                               .turn = 45,
                               .named = {{4, 5, 6}},
                               .tagged = {1, {.time = ANOTHER}},
                               .last = {.many = second}};
  assert_ok(f, forms_Odd(f->client, &odd));
  assert_int_equal(odd.sum.tv_sec, 21);
  assert_int_equal(odd.result, 1);
  assert_time(&odd.odd.some[2], MOMENT); /* each at its own index, and nothing in front of them */
  assert_time(&odd.odd.some[3], ANOTHER);
  assert_int_equal(odd.odd.some[0].tv_sec, 0);
  assert_null(odd.odd.full);
  assert_time(odd.odd.alias, first[1]);
  assert_time(&(*odd.odd.pair)[1], ANOTHER);
  assert_int_equal(odd.odd.grid[1][2].tv_sec, 21);
  assert_string_equal(odd.odd.inner, "outer");
  assert_true(odd.odd.turn == 45);
  assert_int_equal(odd.odd.named.back.blue, 6);
  assert_time(&odd.odd.tagged.body.time, ANOTHER);
  assert_time(&odd.odd.last.many[2], second[2]);
  odd.odd.n = 2;
  odd.odd.last.both[0] = odd.odd.last.both[1] = MOMENT;
  assert_ok(f, forms_Odd(f->client, &odd));
  assert_time(&odd.odd.last.both[1], MOMENT);
  odd.odd.n = 1;
  odd.odd.last.early = ANOTHER;
  odd.odd.tagged.which = 2;
  odd.odd.tagged.body.number = -7;
  odd.odd.full = first;
  assert_ok(f, forms_Odd(f->client, &odd));
  assert_time(&odd.odd.last.early, ANOTHER);
  assert_int_equal(odd.odd.tagged.body.number, -7);
  assert_time(odd.odd.full, first[0]);
  assert_int_equal(odd.result, 0);
}

static void test_part(struct fixture *f)
{
  const struct timespec some[6] = {{0, -1}, {0, -1}, {22, 0}, {33, 0}, {0, -1}, {0, -1}};
  struct forms_Part part = {.n = 6, .from = 2, .length = 2, .some = some};

  assert_ok(f, forms_Part(f->client, &part)); /* those that are not sent are not converted */
  assert_int_equal(part.result, 22);
  assert_time(&part.some[3], some[3]);
  part.some = some;
  part.length = 3;
  assert_true(portero_is_local(forms_Part(f->client, &part), PORTERO_LOCAL_USAGE));
  part.length = -3;
  assert_true(portero_is_local(forms_Part(f->client, &part), PORTERO_LOCAL_USAGE));
}

static void test_call_as(struct fixture *f)
{
  struct forms_Sum sum = {.n = 3, .at = {100, 0}};

  assert_ok(f, forms_Sum(f->client, &sum));
  assert_int_equal(sum.sum, 300);
  assert_int_equal(sum.result, 3);
  sum.n = 5;
  assert_true(portero_is_local(forms_Sum(f->client, &sum), PORTERO_LOCAL_USAGE));
}

static void test_deferred(struct fixture *f)
{
  struct forms_Slow slow = {.text = "sp\xc3\xa4t"};

  assert_ok(f, forms_Slow(f->client, &slow));
  forms_server_join();
  assert_string_equal(slow.answer, "sp\xc3\xa4t");
  assert_int_equal(slow.result, 77);
}

static void every_operation(void **state)
{
  struct fixture *f = *state;
  struct forms_Close close = {.diary = f->diary};

  test_add(f);
  test_arrays(f);
  test_recursion(f);
  test_unions(f);
  test_values(f);
  test_album(f);
  test_odd(f);
  test_part(f);
  test_call_as(f);
  test_deferred(f);
  assert_ok(f, forms_Close(f->client, &close));
}

/* ---- failures ---- */

static void conversions_that_fail(void **state)
{
  struct fixture *f = *state;
  struct forms_Fail fail = {.text = "!here"};
  struct forms_Later later = {.at = {0, 1000000000}};
  struct forms_Turn turn = {.heading = {.degrees = -1}};
  struct forms_Plain plain = {.a = 1};

  /* The client's, before anything is sent: its own status. */
  assert_true(portero_is_fault(forms_Fail(f->client, &fail), STUBBORN));
  assert_non_null(strstr(portero_client_error(f->client), "forms_BSTR_to_wire"));
  assert_true(portero_is_local(forms_Later(f->client, &later), PORTERO_LOCAL_USAGE));
  assert_true(portero_is_local(forms_Turn(f->client, &turn), PORTERO_LOCAL_USAGE));
  /* The server's, of arguments and of results: a fault. */
  fail.text = "?there";
  assert_true(portero_is_fault(forms_Fail(f->client, &fail), UNWANTED));
  fail.text = "server stubborn";
  assert_true(portero_is_fault(forms_Fail(f->client, &fail), STUBBORN));
  turn.heading.degrees = 359;
  assert_true(portero_is_fault(forms_Turn(f->client, &turn), PORTERO_FAULT_UNSPECIFIED));
  /* The client's, of results. */
  fail.text = "client unwilling";
  assert_true(portero_is_fault(forms_Fail(f->client, &fail), UNWANTED));
  assert_non_null(strstr(portero_client_error(f->client), "forms_BSTR_from_wire"));
  /* And the connection is as good as before. */
  assert_ok(f, forms_Plain(f->client, &plain));
}

/* A list without an end is refused, and so is one that is too long. */
static void lists_have_limits(void **state)
{
  static struct forms_NODE nodes[PORTERO_NDR_DEPTH + 1];
  struct fixture *f = *state;
  struct forms_Walk walk = {.list = nodes};

  for (size_t i = 0; i < PORTERO_NDR_DEPTH; i++)
    nodes[i].next = &nodes[i + 1];
  assert_true(portero_is_local(forms_Walk(f->client, &walk), PORTERO_LOCAL_LIMIT));
  nodes[PORTERO_NDR_DEPTH - 1].next = NULL;
  assert_ok(f, forms_Walk(f->client, &walk));
  assert_int_equal(walk.result, PORTERO_NDR_DEPTH);
  nodes[1].next = &nodes[0];
  walk.list = nodes;
  assert_true(portero_is_local(forms_Walk(f->client, &walk), PORTERO_LOCAL_LIMIT));
}

/* ---- without waiting ---- */

struct waited {
  struct forms_Later later;
  portero_status opened, refused, status;
  unsigned answers;
  int64_t seconds;
};

static void on_later(struct portero_client *c, void *user, portero_status status, void *params)
{
  struct waited *w = user;
  const struct forms_Later *later = params;

  w->status = status;
  w->answers++;
  w->seconds = portero_is_ok(status) && later->result ? later->result->tv_sec : 0;
  portero_client_close(c);
}

static void on_opened(struct portero_client *c, void *user, portero_status status)
{
  static struct forms_Later never = {.at = {0, -1}};
  struct waited *w = user;

  w->opened = status;
  if (!portero_is_ok(status))
    return;
  w->refused = portero_stub_send(c, &forms_stub, forms_Later_opnum, &never, on_later, w);
  w->status = portero_stub_send(c, &forms_stub, forms_Later_opnum, &w->later, on_later, w);
}

static void on_a_loop(void **state)
{
  struct fixture *f = *state;
  struct waited w = {.later = {.at = MOMENT, .by = 1}};
  struct portero_client *c;
  uv_loop_t loop;

  assert_int_equal(uv_loop_init(&loop), 0);
  assert_ok(f, portero_client_start(&loop, portero_server_binding(f->server, 0),
                                    &forms_interface.id, NULL, on_opened, &w, &c));
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
  assert_ok(f, w.opened);
  assert_true(portero_is_local(w.refused, PORTERO_LOCAL_USAGE));
  assert_ok(f, w.status);
  assert_int_equal(w.answers, 1);
  assert_int_equal(w.seconds, 1700000001);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_operation, setup_ndr, teardown),
      cmocka_unit_test_setup_teardown(every_operation, setup_ndr64, teardown),
      cmocka_unit_test_setup_teardown(every_operation, setup_big_endian, teardown),
      cmocka_unit_test_setup_teardown(conversions_that_fail, setup_ndr, teardown),
      cmocka_unit_test_setup_teardown(conversions_that_fail, setup_big_endian, teardown),
      cmocka_unit_test_setup_teardown(lists_have_limits, setup_ndr64, teardown),
      cmocka_unit_test_setup_teardown(on_a_loop, setup_ndr, teardown),
  };

  return cmocka_run_group_tests_name("server_forms", tests, NULL, NULL);
}
