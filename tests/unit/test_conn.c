/* SPDX-License-Identifier: Apache-2.0 */
/* A connection on its loop: what one peer sends at once does not keep the others waiting. */
#include "tests/unit/support.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <portero/pdu.h>

#include "src/net/conn.h"
#include "src/net/listener.h"

#define HOST     "127.0.26.10"
#define ADDRESS  0x7f001a0au
#define FRAGMENT 4096u
#define COUNT    200u /* fragments: twelve and a half reads */
#define ANSWER   40000u
#define ASKED    400u

struct ends {
  struct net_listener listener; /* first */
  struct net_conn *conn;
  struct portero_assoc_config config;
  struct net_loop loop;
  int peer;
};

static const struct portero_syntax iface = {
    {0x5e1f0000, 0, 0x4000, {0x80, 0, 0, 0, 0, 0, 0, 7}}, 1, 0};

static void on_event(struct net_conn *c, const struct portero_server_event *event)
{
  static const uint8_t zeros[ANSWER];

  if (event->kind == PORTERO_SERVER_CALL)
    assert_true(portero_is_ok(portero_server_assoc_respond(
        c->assoc, event->u.call, portero_bytes_make(zeros, sizeof zeros))));
  if (event->kind != PORTERO_SERVER_BIND)
    return;
  event->u.bind.contexts[0].result = PORTERO_RESULT_ACCEPTANCE;
  event->u.bind.contexts[0].chosen = 0;
  portero_server_assoc_accept_bind(c->assoc, 7);
}

static unsigned n_lost, n_gone;
static bool gone;

static void on_lost(struct net_conn *c, portero_status why, const char *what)
{
  (void)c;
  (void)why;
  (void)what;
  n_lost++;
}

static void on_gone(struct net_conn *c)
{
  (void)c;
  gone = true;
  n_gone++;
}

static void on_connection(struct net_listener *l)
{
  static const struct net_conn_ops ops = {sizeof(struct net_conn), on_event, on_lost, on_gone};
  struct ends *e = (struct ends *)(void *)l;

  e->conn = net_conn_new(&e->loop, &ops, false);
  assert_non_null(e->conn);
  assert_true(portero_is_ok(net_conn_accept(e->conn, &l->uv.stream)));
  assert_true(portero_is_ok(net_conn_open(e->conn, &e->config, false)));
}

static void turn(struct ends *e)
{
  (void)uv_run(&e->loop.uv, UV_RUN_NOWAIT);
}

static void ends_open(struct ends *e)
{
  struct sockaddr_in to = {.sin_family = AF_INET};
  int fd;

  memset(e, 0, sizeof *e);
  gone = false;
  n_lost = n_gone = 0;
  assert_true(portero_is_ok(net_loop_init(&e->loop)));
  e->config.mem = &e->loop.pool.mem;
  e->config.limits = portero_assoc_limits_default;
  e->config.in_place = true;
  assert_true(portero_is_ok(net_tcp_listen(HOST, 0, 1, &fd)));
  to.sin_port = htons(net_tcp_port(fd));
  to.sin_addr.s_addr = htonl(ADDRESS);
  assert_true(portero_is_ok(net_listener_open(&e->listener, &e->loop, fd, false, on_connection)));
  e->peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(e->peer, (struct sockaddr *)&to, sizeof to), 0);
  for (int i = 0; i < 5 && !e->conn; i++)
    turn(e);
  assert_non_null(e->conn);
}

static void ends_close(struct ends *e)
{
  if (!gone)
    net_conn_abort(e->conn);
  net_listener_close(&e->listener);
  net_loop_deinit(&e->loop);
  (void)close(e->peer);
  assert_true(gone);
}

static void write_bind(struct portero_writer *w)
{
  struct portero_pdu_header h = {
      .version = 5, .flags = PORTERO_PFC_WHOLE, .drep = {PORTERO_DREP_LITTLE}, .call_id = 1};
  struct portero_context context = {
      .abstract = iface, .transfer = &portero_syntax_ndr, .n_transfer = 1};
  struct portero_bind bind = {
      .max_xmit_frag = 5840, .max_recv_frag = 5840, .n_contexts = 1, .contexts = &context};

  portero_pdu_write_bind(w, &h, &bind);
}

/* Small ones, all at once. */
static void write_requests(struct portero_writer *w)
{
  struct portero_pdu_header h = {
      .version = 5, .flags = PORTERO_PFC_WHOLE, .drep = {PORTERO_DREP_LITTLE}};
  struct portero_request r = {.opnum = 0};

  for (h.call_id = 2; h.call_id < ASKED + 2; h.call_id++)
    portero_pdu_write_request(w, &h, &r);
}

/* A request that does not end yet. */
static void write_fragments(struct portero_writer *w)
{
  static const uint8_t zeros[FRAGMENT - 24];
  struct portero_pdu_header h = {.version = 5, .drep = {PORTERO_DREP_LITTLE}, .call_id = 2};
  struct portero_request r = {.stub = portero_bytes_make(zeros, sizeof zeros)};

  for (unsigned i = 0; i < COUNT; i++) {
    h.flags = i == 0 ? PORTERO_PFC_FIRST_FRAG : 0;
    portero_pdu_write_request(w, &h, &r);
  }
}

static void send_all(struct ends *e, const struct portero_writer *w)
{
  size_t at = 0;

  while (at < w->size) {
    ssize_t n = send(e->peer, w->base + at, w->size - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
      at += (size_t)n;
    else
      break;
  }
  assert_int_equal(at, w->size); /* else the socket holds too little for this test */
}

static void ends_bind(struct ends *e)
{
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, 4096);
  write_bind(&w);
  send_all(e, &w);
  portero_writer_deinit(&w);
  for (int i = 0; i < 5 && e->loop.pdus_in == 0; i++)
    turn(e);
  assert_int_equal(e->loop.pdus_in, 1);
}

static void much_at_once_takes_many_turns(void **state)
{
  static struct ends e;
  struct portero_writer w;
  unsigned turns = 0;
  uint32_t before;
  int big = 4 << 20;

  (void)state;
  ends_open(&e);
  (void)setsockopt(e.peer, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
  ends_bind(&e);
  portero_writer_init(&w, &portero_mem_malloc, 4u << 20);
  write_fragments(&w);
  send_all(&e, &w);
  for (; e.loop.pdus_in < COUNT + 1 && turns < 10 * COUNT; turns++) {
    before = e.loop.pdus_in;
    turn(&e);
    assert_true(e.loop.pdus_in - before <= NET_READ_SIZE / FRAGMENT + 1);
  }
  assert_int_equal(e.loop.pdus_in, COUNT + 1);
  assert_true(turns >= COUNT * FRAGMENT / NET_READ_SIZE);
  portero_writer_deinit(&w);
  ends_close(&e);
}

/* The end comes right behind a full buffer. */
static void an_end_after_much_is_seen(void **state)
{
  static struct ends e;
  struct portero_writer w;

  (void)state;
  ends_open(&e);
  portero_writer_init(&w, &portero_mem_malloc, 4u << 20);
  write_bind(&w);
  write_fragments(&w);
  w.size = NET_READ_SIZE;
  send_all(&e, &w);
  (void)shutdown(e.peer, SHUT_WR);
  for (int i = 0; i < 20 && !gone; i++)
    turn(&e);
  assert_true(gone);
  portero_writer_deinit(&w);
  ends_close(&e);
}

/* What has come to the peer. */
static size_t take_all(const struct ends *e)
{
  static uint8_t buffer[1 << 20];
  size_t sum = 0;
  ssize_t n;

  while ((n = recv(e->peer, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
    sum += (size_t)n;
  return sum;
}

/* The machine holds about max_output of answers; the rest is for further turns, which come unasked. */
static void many_questions_take_many_turns(void **state)
{
  static struct ends e;
  struct portero_writer w;
  unsigned turns = 0;
  uint32_t before;
  size_t taken = 0;

  (void)state;
  ends_open(&e);
  ends_bind(&e);
  portero_writer_init(&w, &portero_mem_malloc, 1u << 20);
  write_requests(&w);
  send_all(&e, &w);
  for (; e.loop.pdus_in < ASKED + 1 && turns < 100 * ASKED; turns++) {
    before = e.loop.pdus_in;
    turn(&e);
    assert_true(e.loop.pdus_in - before <= e.config.limits.max_output / ANSWER + 1);
    taken += take_all(&e);
  }
  assert_int_equal(e.loop.pdus_in, ASKED + 1);
  for (int i = 0; i < 1000 && taken < (size_t)ASKED * ANSWER; i++) {
    turn(&e);
    taken += take_all(&e);
  }
  assert_true(taken >= (size_t)ASKED * ANSWER);
  portero_writer_deinit(&w);
  ends_close(&e);
}

/* It has more to do in the next turn, and is gone by then. */
static void closed_while_it_waits(void **state)
{
  static struct ends e;
  struct portero_writer w;

  (void)state;
  ends_open(&e);
  ends_bind(&e);
  portero_writer_init(&w, &portero_mem_malloc, 1u << 20);
  write_requests(&w);
  send_all(&e, &w);
  for (int i = 0; i < 100 && !e.conn->line; i++) {
    turn(&e);
    (void)take_all(&e);
  }
  assert_true(e.conn->line);
  assert_int_equal(e.loop.waiting.n, 1);
  portero_writer_deinit(&w);
  net_listener_close(&e.listener);
  net_conn_abort(e.conn);
  assert_null(e.loop.waiting.first);
  assert_int_equal(e.loop.waiting.n, 0);
  turn(&e);
  turn(&e);
  net_loop_deinit(&e.loop);
  (void)close(e.peer);
}

/* Their ends are read in one turn, and have as many as it takes to follow. */
static void a_crowd_that_ends_at_once(void **state)
{
  enum {
    CROWD = 100,
    CLOSES = 8
  };
  static struct ends e;
  struct sockaddr_in to;
  socklen_t size = sizeof to;
  int peers[CROWD];
  unsigned turns = 0;

  (void)state;
  ends_open(&e);
  assert_int_equal(getpeername(e.peer, (struct sockaddr *)&to, &size), 0);
  for (int i = 0; i < CROWD; i++) {
    peers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(peers[i], (struct sockaddr *)&to, sizeof to), 0);
  }
  for (int i = 0; i < CROWD && e.loop.n_conns <= CROWD; i++)
    turn(&e);
  assert_int_equal(e.loop.n_conns, CROWD + 1);
  for (int i = 0; i < CROWD; i++)
    (void)close(peers[i]);
  turn(&e);
  assert_int_equal(n_lost, 0);
  assert_int_equal(e.loop.waiting.n, CROWD);
  for (; n_gone < CROWD && turns < 100 * CROWD; turns++) {
    unsigned before = n_gone;
    turn(&e);
    assert_true(n_gone - before <= CLOSES);
  }
  assert_int_equal(n_gone, CROWD);
  assert_true(turns >= CROWD / CLOSES);
  assert_int_equal(e.loop.n_conns, 1);
  assert_false(uv_is_active((uv_handle_t *)&e.loop.turn));
  e.conn = e.loop.conns;
  gone = false;
  ends_close(&e);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(much_at_once_takes_many_turns),  cmocka_unit_test(an_end_after_much_is_seen),
      cmocka_unit_test(many_questions_take_many_turns), cmocka_unit_test(closed_while_it_waits),
      cmocka_unit_test(a_crowd_that_ends_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
