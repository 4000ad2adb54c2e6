/* SPDX-License-Identifier: Apache-2.0 */
/* What a loop lends: memory, deadlines; addresses as text; random numbers. */
#include "tests/unit/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/net/address.h"
#include "src/net/deadline.h"
#include "src/net/loop.h"
#include "src/net/pool.h"
#include "src/net/random.h"

/* ---- pool ---- */

static void pool_sizes(void **state)
{
  static const size_t sizes[] = {0,     1,      16,     31,     32,      33,   64,
                                 1000,  1023,   1024,   1025,   2048,    2049, 65535,
                                 65536, 131071, 131072, 131073, 1u << 20};
  struct net_pool p;

  (void)state;
  net_pool_init(&p);
  for (size_t round = 0; round < 3; round++) {
    uint8_t *blocks[sizeof sizes / sizeof sizes[0]];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      blocks[i] = portero_mem_take(&p.mem, sizes[i]);
      assert_non_null(blocks[i]);
      memset(blocks[i], (int)i, sizes[i]);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      if (sizes[i])
        assert_int_equal(blocks[i][sizes[i] - 1], i);
      portero_mem_give(&p.mem, blocks[i], sizes[i]);
    }
  }
  portero_mem_give(&p.mem, NULL, 100);
  net_pool_deinit(&p);
}

/* From each size to each larger one: what was there is there, and what is new can be written. */
static void pool_grows(void **state)
{
  static const size_t sizes[] = {1,      32,     33,     1024,   1025,    4096,    65536,  131072,
                                 131073, 524287, 524288, 524289, 1048576, 4194304, 4194305};
  const size_t n = sizeof sizes / sizeof sizes[0];
  struct net_pool p;

  (void)state;
  net_pool_init(&p);
  for (size_t i = 0; i < n; i++)
    for (size_t j = i; j < n; j++) {
      uint8_t *block = portero_mem_take(&p.mem, sizes[i]), *grown;
      assert_non_null(block);
      memset(block, 0x5a, sizes[i]);
      block[0] = 1;
      block[sizes[i] - 1] = 2;
      grown = portero_mem_grow(&p.mem, block, sizes[i], sizes[j]);
      assert_non_null(grown);
      assert_int_equal(grown[0], sizes[i] > 1 ? 1 : 2);
      assert_int_equal(grown[sizes[i] - 1], 2);
      if (sizes[i] > 2)
        assert_int_equal(grown[sizes[i] / 2], 0x5a);
      memset(grown, 3, sizes[j]);
      portero_mem_give(&p.mem, grown, sizes[j]);
    }
  net_pool_deinit(&p);
}

/* What nobody has: the block stays as it is. A sanitizer's malloc ends the program instead. */
static void pool_grows_no_more(void **state)
{
  struct net_pool p;
  uint8_t *block;

  (void)state;
  if (!NET_POOL_KEEPS)
    skip();
  net_pool_init(&p);
  block = portero_mem_take(&p.mem, 1u << 20);
  assert_non_null(block);
  block[100] = 7;
  assert_null(portero_mem_grow(&p.mem, block, 1u << 20, SIZE_MAX / 4));
  assert_int_equal(block[100], 7);
  portero_mem_give(&p.mem, block, 1u << 20);
  net_pool_deinit(&p);
}

/* Bytes of address space: what is mapped, whether it was touched or not. */
static size_t mapped(void)
{
  FILE *f = fopen("/proc/self/statm", "r");
  size_t pages = 0;

  assert_non_null(f);
  assert_int_equal(fscanf(f, "%zu", &pages), 1);
  (void)fclose(f);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Of twenty megabytes in small blocks one slab stays; with one block in use as well. */
static void slabs_go_back(void **state)
{
  enum {
    N = 20000
  };
  struct net_pool p;
  void **blocks;
  size_t before;

  (void)state;
  if (!NET_POOL_KEEPS)
    skip();
  blocks = test_calloc(N, sizeof *blocks);
  before = mapped();
  net_pool_init(&p);
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < N; i++) {
      blocks[i] = portero_mem_take(&p.mem, 1000);
      assert_non_null(blocks[i]);
    }
    assert_true(mapped() >= before + (size_t)N * 1000);
    for (int i = 0; i < N; i++)
      if (i != N / 2)
        portero_mem_give(&p.mem, blocks[i], 1000);
    assert_true(mapped() <= before + 2 * NET_SLAB_SIZE);
    portero_mem_give(&p.mem, blocks[N / 2], 1000);
    assert_int_equal(mapped(), before + NET_SLAB_SIZE);
  }
  net_pool_deinit(&p);
  assert_int_equal(mapped(), before);
  test_free(blocks);
}

static void count_untidy(void *ctx)
{
  ++*(unsigned *)ctx;
}

/* Three large blocks: the kernel has back all but what is kept, a piece each time. */
static void pages_go_back_in_pieces(void **state)
{
  const size_t size = 8u << 20, room = net_pages_room(8u << 20), piece = 256u << 10,
               kept = 6u << 20;
  const size_t before = mapped();
  unsigned untidy = 0, pieces = 0;
  struct net_pages p = {.untidy = count_untidy, .ctx = &untidy};
  void *blocks[3];

  (void)state;
  for (size_t i = 0; i < 3; i++) {
    blocks[i] = net_pages_take(&p, size);
    assert_non_null(blocks[i]);
  }
  for (size_t i = 0; i < 3; i++)
    net_pages_give(&p, blocks[i]);
  assert_int_equal(untidy, 3);
  assert_int_equal(mapped(), before + 3 * room);
  for (bool more = true; more; pieces++) {
    size_t was = mapped();
    more = net_pages_tidy(&p);
    assert_int_equal(mapped(), was - piece);
  }
  assert_int_equal(pieces, (3 * room - kept + piece - 1) / piece);
  assert_true(p.n_spare <= kept && p.n_spare > kept - piece);
  assert_false(net_pages_tidy(&p));
  assert_int_equal(mapped(), before + p.n_spare);
  net_pages_deinit(&p);
  assert_int_equal(mapped(), before);
}

/* Small ones go back by the piece, too, not one each time. */
static void pages_go_back_however_small(void **state)
{
  enum {
    N = 1000
  };
  const size_t size = 36000, room = net_pages_room(36000);
  unsigned untidy = 0, turns = 0;
  struct net_pages p = {.untidy = count_untidy, .ctx = &untidy};
  void **blocks = test_calloc(N, sizeof *blocks);

  (void)state;
  for (size_t i = 0; i < N; i++) {
    blocks[i] = net_pages_take(&p, size);
    assert_non_null(blocks[i]);
  }
  for (size_t i = 0; i < N; i++)
    net_pages_give(&p, blocks[i]);
  while (net_pages_tidy(&p))
    turns++;
  assert_true(turns < N * room / (256u << 10));
  net_pages_deinit(&p);
  test_free(blocks);
}

/* A loop does so in its turns, and then has nothing more to do. */
static void a_loop_gives_pages_back(void **state)
{
  const size_t size = 32u << 20, before = mapped();
  struct net_loop loop;
  void *block;

  (void)state;
  if (!NET_POOL_KEEPS)
    skip();
  assert_true(portero_is_ok(net_loop_init(&loop)));
  block = portero_mem_take(&loop.pool.mem, size);
  assert_non_null(block);
  portero_mem_give(&loop.pool.mem, block, size);
  assert_true(mapped() >= before + size);
  for (unsigned i = 0; i < 10; i++) {
    assert_true(uv_is_active((uv_handle_t *)&loop.tidy));
    (void)uv_run(&loop.uv, UV_RUN_NOWAIT);
    assert_true(mapped() >= before + size - (i + 1) * (256u << 10));
  }
  for (unsigned i = 0; i < 200 && uv_is_active((uv_handle_t *)&loop.tidy); i++)
    (void)uv_run(&loop.uv, UV_RUN_NOWAIT);
  assert_false(uv_is_active((uv_handle_t *)&loop.tidy));
  assert_true(mapped() < before + (8u << 20));
  net_loop_deinit(&loop);
}

/* What is kept serves the next one, and one that grows into it is not even moved. */
static void pages_are_used_again(void **state)
{
  const size_t before = mapped();
  struct net_pages p = {.untidy = NULL};
  uint8_t *block, *again, *grown;
  size_t held;

  (void)state;
  block = net_pages_take(&p, 3u << 20);
  assert_non_null(block);
  net_pages_give(&p, block);
  held = mapped();
  assert_int_equal(held, before + net_pages_room(3u << 20));
  again = net_pages_take(&p, 100000);
  assert_ptr_equal(again, block);
  memset(again, 1, 100000);
  assert_ptr_equal(net_pages_grow(&p, again, 100000, 3u << 20), again);
  assert_int_equal(again[99999], 1);
  memset(again, 2, 3u << 20);
  assert_int_equal(mapped(), held);
  block = net_pages_take(&p, 100000); /* nothing is free */
  assert_non_null(block);
  assert_true(mapped() > held);
  assert_null(net_pages_take(&p, SIZE_MAX));
  assert_null(net_pages_take(&p, SIZE_MAX - 4096));
  assert_null(net_pages_grow(&p, block, 100000, SIZE_MAX - 64));
  net_pages_give(&p, again);
  memset(block, 3, 100000); /* one that does not fit goes there */
  grown = net_pages_grow(&p, block, 100000, 2u << 20);
  assert_ptr_equal(grown, again);
  assert_int_equal(grown[99999], 3);
  assert_int_equal(mapped(), held + net_pages_room(100000));
  net_pages_give(&p, grown);
  net_pages_deinit(&p);
  assert_int_equal(mapped(), before);
}

/* What a small block has of a large one's room counts as free, and goes back like it. */
static void room_that_is_not_needed(void **state)
{
  enum {
    N = 10
  };
  const size_t before = mapped(), small = net_pages_room(100000);
  struct net_pages p = {.untidy = NULL};
  uint8_t *blocks[N];

  (void)state;
  for (unsigned i = 0; i < N; i++) {
    uint8_t *large = net_pages_take(&p, 4u << 20);
    assert_non_null(large);
    net_pages_give(&p, large);
    blocks[i] = net_pages_take(&p, 100000);
    assert_non_null(blocks[i]);
    memset(blocks[i], (int)i, 100000);
    assert_true(p.n_spare <= 6u << 20);
    assert_true(mapped() <= before + (i + 1) * small + (6u << 20));
  }
  for (unsigned i = 0; i < N; i++) {
    assert_int_equal(blocks[i][99999], i);
    net_pages_give(&p, blocks[i]);
  }
  net_pages_deinit(&p);
  assert_int_equal(p.n_spare, 0);
  assert_int_equal(mapped(), before);
}

/* Without turns what is too much goes at once. */
static void pages_without_a_loop(void **state)
{
  const size_t before = mapped();
  struct net_pages p = {.untidy = NULL};
  void *block = net_pages_take(&p, 8u << 20);

  (void)state;
  assert_non_null(block);
  net_pages_give(&p, block);
  assert_true(mapped() <= before + (6u << 20));
  net_pages_deinit(&p);
}

/* ---- deadlines ---- */

#define DEADLINES 200u

static void deadlines_in_order(void **state)
{
  struct net_deadline d[DEADLINES];
  struct net_deadlines t;
  struct net_deadline *next;
  uint64_t last = 0;
  unsigned count = 0;

  (void)state;
  memset(d, 0, sizeof d);
  net_deadlines_init(&t);
  assert_true(net_deadlines_next(&t) == NET_NEVER);
  assert_null(net_deadlines_take(&t, UINT64_MAX));
  for (unsigned i = 0; i < DEADLINES; i++)
    assert_true(net_deadlines_set(&t, &d[i], 1000 + i * 7919u % 501));
  for (unsigned i = 0; i < DEADLINES; i += 3)
    net_deadlines_remove(&t, &d[i]);
  for (unsigned i = 1; i < DEADLINES; i += 3)
    assert_true(net_deadlines_set(&t, &d[i], 500 + i * 31u % 97)); /* earlier */
  assert_null(net_deadlines_take(&t, 499));
  while ((next = net_deadlines_take(&t, 5000)) != NULL) {
    assert_true(next->at >= last);
    assert_int_equal(next->position, 0);
    assert_int_not_equal((next - d) % 3, 0);
    last = next->at;
    count++;
  }
  assert_int_equal(count, DEADLINES - (DEADLINES + 2) / 3);
  net_deadlines_deinit(&t);
}

static void deadlines_that_move(void **state)
{
  struct net_deadline a = {0}, b = {0};
  struct net_deadlines t;

  (void)state;
  net_deadlines_init(&t);
  assert_true(net_deadlines_set(&t, &a, 100));
  assert_true(net_deadlines_set(&t, &b, 50));
  assert_true(net_deadlines_set(&t, &a, 200)); /* later: told at 100 all the same */
  assert_true(net_deadlines_next(&t) == 50);
  assert_true(net_deadlines_set(&t, &b, NET_NEVER));
  assert_true(net_deadlines_next(&t) == 100);
  assert_true(net_deadlines_set(&t, &a, 10));
  assert_ptr_equal(net_deadlines_take(&t, 10), &a);
  net_deadlines_remove(&t, &a); /* not waiting: nothing happens */
  assert_true(net_deadlines_next(&t) == NET_NEVER);
  net_deadlines_deinit(&t);
}

/* ---- addresses ---- */

static struct net_address address_of(const char *text, uint16_t port)
{
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  struct sockaddr_in four = {.sin_family = AF_INET};
  struct net_address a;

  if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
    four.sin_port = htons(port);
    assert_true(net_address_from((struct sockaddr *)&four, &a));
  } else {
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    six.sin6_port = htons(port);
    assert_true(net_address_from((struct sockaddr *)&six, &a));
  }
  return a;
}

static void addresses(void **state)
{
  static const struct {
    const char *in, *out;
    bool loopback;
  } cases[] = {
      {"192.0.2.7", "192.0.2.7", false},
      {"127.0.0.1", "127.0.0.1", true},
      {"127.255.3.4", "127.255.3.4", true},
      {"::ffff:127.0.0.9", "127.0.0.9", true},
      {"::1", "::1", true},
      {"::2", "::2", false},
      {"2001:db8::1", "2001:db8::1", false},
      {"::ffff:192.0.2.1", "192.0.2.1", false},
      {"128.0.0.1", "128.0.0.1", false},
      {"255.100.99.10", "255.100.99.10", false},
      {"0.9.200.109", "0.9.200.109", false},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct net_address a = address_of(cases[i].in, 135);
    char text[64];
    net_address_text(&a, text, sizeof text);
    assert_string_equal(text, cases[i].out);
    assert_int_equal(net_address_is_loopback(&a), cases[i].loopback);
    assert_int_equal(a.port, 135);
  }
}

static void not_an_internet_address(void **state)
{
  struct sockaddr_storage local = {.ss_family = AF_UNIX};
  struct net_address a;

  (void)state;
  assert_false(net_address_from((struct sockaddr *)&local, &a));
}

static void resolved(void **state)
{
  struct sockaddr_storage address;
  bool any = false;

  (void)state;
  assert_true(portero_is_ok(net_address_resolve("127.0.0.1", 80, &address, &any)));
  assert_int_equal(address.ss_family, AF_INET);
  assert_false(any);
  assert_true(portero_is_ok(net_address_resolve("", 80, &address, &any)));
  assert_true(any);
  assert_true(portero_is_local(net_address_resolve("no such name", 80, &address, &any),
                               PORTERO_LOCAL_NAME));
}

static void local_paths(void **state)
{
  char path[108], small[8], name[200];

  (void)state;
  assert_true(portero_is_ok(net_local_path("/run/x", true, path, sizeof path)));
  assert_string_equal(path, "/run/x");
  assert_true(portero_is_ok(net_local_path("epmapper", true, path, sizeof path)));
  assert_string_equal(strrchr(path, '/'), "/epmapper");
  assert_true(
      portero_is_local(net_local_path("", true, path, sizeof path), PORTERO_LOCAL_MALFORMED));
  assert_true(
      portero_is_local(net_local_path("a/b", true, path, sizeof path), PORTERO_LOCAL_MALFORMED));
  assert_true(
      portero_is_local(net_local_path("../x", true, path, sizeof path), PORTERO_LOCAL_MALFORMED));
  assert_true(portero_is_local(net_local_path("/run/longer", true, small, sizeof small),
                               PORTERO_LOCAL_LIMIT));
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  assert_true(portero_is_local(net_local_path(name, true, path, sizeof path), PORTERO_LOCAL_LIMIT));
  name[0] = '/';
  assert_true(portero_is_local(net_local_path(name, true, path, sizeof path), PORTERO_LOCAL_LIMIT));
}

/* ---- random numbers ---- */

/* ---- the process at the other end ---- */

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static bool kernel_tells_processes(int fd)
{
  socklen_t size = sizeof(int);
  int process;

  if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &process, &size) != 0)
    return errno != ENOPROTOOPT;
  (void)close(process);
  return true;
}

/* A process connects, lives until it is told to end, and leaves its end of the socket to us. */
static void process_that_connected(void **state)
{
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  socklen_t size = sizeof at.sun_family; /* the kernel finds a name */
  int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, ends[2];
  int theirs = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char byte;
  pid_t pid;

  (void)state;
  assert_int_equal(bind(listening, (struct sockaddr *)&at, size), 0);
  assert_int_equal(listen(listening, 1), 0);
  size = sizeof at;
  assert_int_equal(getsockname(listening, (struct sockaddr *)&at, &size), 0);
  assert_int_equal(pipe(ends), 0);
  pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    (void)close(ends[1]);
    if (connect(theirs, (struct sockaddr *)&at, size) == 0)
      (void)!read(ends[0], &byte, 1);
    _exit(0);
  }
  fd = accept(listening, NULL, NULL);
  assert_true(fd >= 0);
  assert_true(net_peer_lives(fd));
  (void)close(ends[1]);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  assert_int_equal(net_peer_lives(fd), !kernel_tells_processes(fd));
  (void)close(ends[0]);
  (void)close(fd);
  (void)close(theirs);
  (void)close(listening);
}

static void random_numbers(void **state)
{
  unsigned seen[10] = {0};
  struct portero_uuid a = net_random_uuid(), b = net_random_uuid();

  (void)state;
  assert_false(portero_uuid_equal(&a, &b));
  assert_int_equal(a.time_hi_and_version >> 12, 4);
  assert_int_equal(a.node[0] >> 6, 2);
  for (int i = 0; i < 2000; i++) {
    uint32_t n = net_random_below(10);
    assert_true(n < 10);
    seen[n]++;
  }
  for (int i = 0; i < 10; i++)
    assert_true(seen[i] > 50); /* 200 expected; below 50 once in 10^30 */
  assert_int_equal(net_random_below(1), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pool_sizes),
      cmocka_unit_test(pool_grows),
      cmocka_unit_test(pool_grows_no_more),
      cmocka_unit_test(slabs_go_back),
      cmocka_unit_test(pages_go_back_in_pieces),
      cmocka_unit_test(pages_go_back_however_small),
      cmocka_unit_test(a_loop_gives_pages_back),
      cmocka_unit_test(pages_are_used_again),
      cmocka_unit_test(room_that_is_not_needed),
      cmocka_unit_test(pages_without_a_loop),
      cmocka_unit_test(deadlines_in_order),
      cmocka_unit_test(deadlines_that_move),
      cmocka_unit_test(addresses),
      cmocka_unit_test(not_an_internet_address),
      cmocka_unit_test(resolved),
      cmocka_unit_test(local_paths),
      cmocka_unit_test(random_numbers),
      cmocka_unit_test(process_that_connected),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
