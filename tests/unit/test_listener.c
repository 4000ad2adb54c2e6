/* SPDX-License-Identifier: Apache-2.0 */
/* Taking connections: so that others have their turn in between, and ready for use. */
#include "tests/unit/support.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/net/listener.h"

#define HOST  "127.0.26.9"
#define COUNT 100

struct door {
  struct net_listener net; /* first */
  uv_tcp_t taken[COUNT];
  unsigned n;
  bool shy; /* takes nothing */
};

static void take(struct net_listener *l)
{
  struct door *d = (struct door *)(void *)l;

  if (d->shy)
    return;
  assert_true(d->n < COUNT);
  (void)uv_tcp_init(&l->loop->uv, &d->taken[d->n]);
  assert_int_equal(uv_accept(&l->uv.stream, (uv_stream_t *)&d->taken[d->n]), 0);
  d->n++;
}

static int knock(uint16_t port)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  to.sin_addr.s_addr = htonl(0x7f001a09);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  return fd;
}

static uint16_t open_door(struct door *d, struct net_loop *loop)
{
  int fd;
  uint16_t port;

  memset(d, 0, sizeof *d);
  assert_true(portero_is_ok(net_loop_init(loop)));
  assert_true(portero_is_ok(net_tcp_listen(HOST, 0, 1, &fd)));
  port = net_tcp_port(fd);
  assert_true(portero_is_ok(net_listener_open(&d->net, loop, fd, false, take)));
  return port;
}

static void close_door(struct door *d, struct net_loop *loop, const int *fds, unsigned n)
{
  net_listener_close(&d->net);
  for (unsigned i = 0; i < d->n; i++)
    uv_close((uv_handle_t *)&d->taken[i], NULL);
  net_loop_deinit(loop);
  for (unsigned i = 0; i < n; i++)
    (void)close(fds[i]);
}

static void a_crowd_leaves_turns_to_others(void **state)
{
  static struct door d;
  struct net_loop loop;
  uint16_t port = open_door(&d, &loop);
  unsigned turns = 0, before;
  int fds[COUNT];

  (void)state;
  for (int i = 0; i < COUNT; i++)
    fds[i] = knock(port);
  for (; d.n < COUNT && turns < COUNT; turns++) {
    before = d.n;
    (void)uv_run(&loop.uv, UV_RUN_NOWAIT);
    assert_true(d.n - before <= 8);
  }
  assert_int_equal(d.n, COUNT); /* and yet all of them, without another one that comes */
  assert_true(turns > COUNT / 8);
  close_door(&d, &loop, fds, COUNT);
}

static void closed_while_one_waits(void **state)
{
  static struct door d;
  struct net_loop loop;
  uint16_t port = open_door(&d, &loop);
  int fds[COUNT];

  (void)state;
  for (int i = 0; i < COUNT; i++)
    fds[i] = knock(port);
  (void)uv_run(&loop.uv, UV_RUN_NOWAIT);
  assert_true(d.n > 0 && d.n < COUNT);
  close_door(&d, &loop, fds, COUNT);
}

static void untaken_waits_for_its_owner(void **state)
{
  static struct door d;
  struct net_loop loop;
  uint16_t port = open_door(&d, &loop);
  int fd = knock(port);

  (void)state;
  d.shy = true;
  for (int i = 0; i < 5; i++)
    (void)uv_run(&loop.uv, UV_RUN_NOWAIT);
  assert_int_equal(d.n, 0);
  d.shy = false;
  take(&d.net);
  assert_int_equal(d.n, 1);
  close_door(&d, &loop, &fd, 1);
}

static int option_of(const uv_tcp_t *taken, int level, int option)
{
  uv_os_fd_t fd;
  int value = -1;
  socklen_t size = sizeof value;

  assert_int_equal(uv_fileno((const uv_handle_t *)taken, &fd), 0);
  assert_int_equal(getsockopt(fd, level, option, &value, &size), 0);
  return value;
}

static void what_is_taken_is_set_up(void **state)
{
  static struct door d;
  struct net_loop loop;
  uint16_t port = open_door(&d, &loop);
  int fd = knock(port);

  (void)state;
  for (int i = 0; i < 5 && d.n == 0; i++)
    (void)uv_run(&loop.uv, UV_RUN_NOWAIT);
  assert_int_equal(d.n, 1);
  assert_true(option_of(&d.taken[0], IPPROTO_TCP, TCP_NODELAY) > 0);
  assert_true(option_of(&d.taken[0], SOL_SOCKET, SO_KEEPALIVE) > 0);
  assert_int_equal(option_of(&d.taken[0], IPPROTO_TCP, TCP_KEEPIDLE), 300);
  assert_int_equal(option_of(&d.taken[0], IPPROTO_TCP, TCP_NOTSENT_LOWAT), 65536);
  close_door(&d, &loop, &fd, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_crowd_leaves_turns_to_others),
      cmocka_unit_test(closed_while_one_waits),
      cmocka_unit_test(untaken_waits_for_its_owner),
      cmocka_unit_test(what_is_taken_is_set_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
