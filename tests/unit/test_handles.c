/* SPDX-License-Identifier: Apache-2.0 */
/* Context handles and association groups as tables: who finds what, and when state is run down. */
#include "tests/unit/support.h"

#include <stdlib.h>

#include "src/net/random.h"
#include "src/rpc/groups.h"

static const struct rpc_handle_toll no_toll;
static const struct portero_interface plain = {.name = "plain"}, foreign = {.name = "foreign"};
static const struct portero_interface shared1 = {.flags = PORTERO_INTERFACE_SHARED_HANDLES};
static const struct portero_interface shared2 = {.flags = PORTERO_INTERFACE_SHARED_HANDLES};
static const char kind, other_kind;
static unsigned n_rundowns;

static void count_rundown(void *state)
{
  ++*(unsigned *)state;
  n_rundowns++;
}

static struct rpc_handle_owner owner_of(const struct portero_interface *iface)
{
  struct rpc_handle_owner owner = {.iface = iface, .level = PORTERO_LEVEL_NONE};

  return owner;
}

static struct portero_uuid add(struct rpc_handles *t, const struct rpc_handle_owner *owner,
                               unsigned *state)
{
  struct portero_uuid uuid = net_random_uuid();

  assert_true(
      portero_is_ok(rpc_handles_add(t, owner, &no_toll, &kind, state, count_rundown, &uuid)));
  return uuid;
}

static bool is_found(struct rpc_handles *t, const struct rpc_handle_owner *owner,
                     const void *of_kind, const struct portero_uuid *uuid)
{
  struct rpc_handle *h = rpc_handles_take(t, owner, of_kind, uuid);

  if (h)
    rpc_handles_give(t, h);
  return h != NULL;
}

static int setup(void **state)
{
  struct rpc_handles *t = test_malloc(sizeof *t);

  n_rundowns = 0;
  rpc_handles_init(t, 100);
  *state = t;
  return 0;
}

static int teardown(void **state)
{
  rpc_handles_run_down(*state);
  rpc_handles_deinit(*state);
  test_free(*state);
  return 0;
}

static void only_the_owner(void **state)
{
  struct rpc_handle_owner owner = owner_of(&plain), stranger = owner;
  static unsigned runs; /* the teardown counts, too */
  struct portero_uuid uuid, wrong;

  owner.level = PORTERO_LEVEL_INTEGRITY;
  owner.has_uid = true;
  owner.uid = 1000;
  uuid = add(*state, &owner, &runs);
  assert_true(is_found(*state, &owner, &kind, &uuid));
  assert_false(is_found(*state, &owner, &other_kind, &uuid));
  wrong = uuid;
  wrong.node[7] ^= 1;
  assert_false(is_found(*state, &owner, &kind, &wrong));
  stranger = owner;
  stranger.iface = &foreign;
  assert_false(is_found(*state, &stranger, &kind, &uuid));
  stranger = owner;
  stranger.level = PORTERO_LEVEL_PRIVACY; /* more protection is fine */
  assert_true(is_found(*state, &stranger, &kind, &uuid));
  stranger.level = PORTERO_LEVEL_PACKET;
  assert_false(is_found(*state, &stranger, &kind, &uuid));
  stranger = owner;
  stranger.uid = 1001;
  assert_false(is_found(*state, &stranger, &kind, &uuid));
  stranger = owner;
  stranger.has_uid = false;
  assert_false(is_found(*state, &stranger, &kind, &uuid));
  assert_int_equal(runs, 0);
}

static void only_the_name(void **state)
{
  char account[] = "alice";
  struct rpc_handle_owner owner = owner_of(&plain), stranger;
  static unsigned runs; /* the teardown counts, too */
  struct portero_uuid uuid;

  owner.account = account;
  owner.domain = "LAB";
  uuid = add(*state, &owner, &runs);
  account[0] = 'x'; /* the handle has a copy */
  assert_false(is_found(*state, &owner, &kind, &uuid));
  account[0] = 'a';
  assert_true(is_found(*state, &owner, &kind, &uuid));
  stranger = owner;
  stranger.domain = NULL;
  assert_false(is_found(*state, &stranger, &kind, &uuid));
  stranger.domain = "LA";
  assert_false(is_found(*state, &stranger, &kind, &uuid));
  stranger = owner_of(&plain);
  assert_false(is_found(*state, &stranger, &kind, &uuid));
  uuid = add(*state, &stranger, &runs);
  assert_true(is_found(*state, &stranger, &kind, &uuid));
  assert_false(is_found(*state, &owner, &kind, &uuid)); /* nobody's is not everybody's */
  assert_int_equal(runs, 0);
}

static void shared_between_interfaces(void **state)
{
  struct rpc_handle_owner one = owner_of(&shared1), two = owner_of(&shared2),
                          three = owner_of(&plain);
  static unsigned runs; /* the teardown counts, too */
  struct portero_uuid uuid = add(*state, &one, &runs), private = add(*state, &three, &runs);

  assert_true(is_found(*state, &two, &kind, &uuid));
  assert_false(is_found(*state, &three, &kind, &uuid));
  assert_false(is_found(*state, &one, &kind, &private));
}

static void forgotten_once(void **state)
{
  struct rpc_handle_owner owner = owner_of(&plain);
  static unsigned runs; /* the teardown counts, too */
  struct portero_uuid uuid = add(*state, &owner, &runs);
  struct rpc_handle *user = rpc_handles_take(*state, &owner, &kind, &uuid);
  struct rpc_handle *closer = rpc_handles_take(*state, &owner, &kind, &uuid);

  assert_ptr_equal(rpc_handle_state(user), &runs);
  assert_true(rpc_handles_forget(*state, closer));
  assert_false(rpc_handles_forget(*state, user));
  assert_false(is_found(*state, &owner, &kind, &uuid));
  rpc_handles_give(*state, closer);
  assert_int_equal(runs, 0); /* somebody is still using it */
  rpc_handles_give(*state, user);
  assert_int_equal(runs, 1);
}

static void limit(void **state)
{
  struct rpc_handle_owner owner = owner_of(&plain);
  static unsigned runs; /* the teardown counts, too */
  struct portero_uuid first = add(*state, &owner, &runs), late = net_random_uuid();
  struct rpc_handle *h;

  for (int i = 1; i < 100; i++)
    (void)add(*state, &owner, &runs);
  assert_true(portero_is_local(
      rpc_handles_add(*state, &owner, &no_toll, &kind, &runs, count_rundown, &late),
      PORTERO_LOCAL_LIMIT));
  assert_true(is_found(*state, &owner, &kind, &first));
  h = rpc_handles_take(*state, &owner, &kind, &first);
  assert_true(rpc_handles_forget(*state, h));
  rpc_handles_give(*state, h);
  (void)add(*state, &owner, &runs);
  assert_int_equal(runs, 1);
}

static void run_down(void **state)
{
  struct rpc_handle_owner owner = owner_of(&plain);
  unsigned runs[64] = {0};
  struct portero_uuid uuid, late = net_random_uuid();
  struct rpc_handle *h;

  for (int i = 0; i < 64; i++)
    uuid = add(*state, &owner, &runs[i]);
  h = rpc_handles_take(*state, &owner, &kind, &uuid);
  rpc_handles_run_down(*state);
  for (int i = 0; i < 63; i++)
    assert_int_equal(runs[i], 1);
  assert_int_equal(runs[63], 0); /* in use */
  assert_false(is_found(*state, &owner, &kind, &uuid));
  assert_false(rpc_handles_forget(*state, h));
  rpc_handles_give(*state, h);
  assert_int_equal(runs[63], 1);
  assert_true(portero_is_local(
      rpc_handles_add(*state, &owner, &no_toll, &kind, &runs, count_rundown, &late),
      PORTERO_LOCAL_CLOSED));
  rpc_handles_run_down(*state);
  assert_int_equal(n_rundowns, 64);
}

static void no_rundown(void **state)
{
  struct rpc_handle_owner owner = owner_of(&plain);
  struct portero_uuid uuid = net_random_uuid();

  assert_true(portero_is_ok(rpc_handles_add(*state, &owner, &no_toll, &kind, NULL, NULL, &uuid)));
  assert_true(is_found(*state, &owner, &kind, &uuid));
}

/* ---- groups ---- */

static const char here, elsewhere; /* endpoints */

static void groups_by_id(void **state)
{
  struct net_ends ends = {.is_local = false};
  struct rpc_group *g[500];
  struct rpc_groups t;

  (void)state;
  rpc_groups_init(&t, 7, 10);
  assert_null(rpc_groups_join(&t, 0x107, &here, &ends));
  for (int i = 0; i < 500; i++) {
    g[i] = rpc_groups_new(&t, &here, &ends);
    assert_non_null(g[i]);
    assert_int_equal(rpc_group_loop(g[i]->id), 7);
    assert_true(g[i]->id > 0xff);
  }
  for (int i = 0; i < 500; i++)
    assert_ptr_equal(rpc_groups_join(&t, g[i]->id, &here, &ends), g[i]);
  assert_null(rpc_groups_join(&t, g[3]->id, &elsewhere, &ends));
  assert_null(rpc_groups_join(&t, g[3]->id ^ 0x8, &here, &ends));
  for (int i = 0; i < 500; i++) {
    uint32_t id = g[i]->id;
    rpc_groups_leave(&t, g[i]);
    assert_ptr_equal(rpc_groups_join(&t, id, &here, &ends), g[i]);
    rpc_groups_leave(&t, g[i]);
    rpc_groups_leave(&t, g[i]);
    assert_null(rpc_groups_join(&t, id, &here, &ends));
  }
  rpc_groups_leave(&t, NULL);
  rpc_groups_deinit(&t);
}

static void groups_by_user(void **state)
{
  struct net_ends alice = {.is_local = true, .has_credentials = true, .uid = 1000}, bob = alice,
                  nobody = alice;
  struct rpc_groups t;
  struct rpc_group *g;

  (void)state;
  bob.uid = 1001;
  nobody.has_credentials = false;
  rpc_groups_init(&t, 0, 10);
  g = rpc_groups_new(&t, &here, &alice);
  assert_null(rpc_groups_join(&t, g->id, &here, &bob));
  assert_null(rpc_groups_join(&t, g->id, &here, &nobody));
  assert_ptr_equal(rpc_groups_join(&t, g->id, &here, &alice), g);
  rpc_groups_leave(&t, g);
  rpc_groups_leave(&t, g);
  rpc_groups_deinit(&t);
}

static void group_outlives_its_end(void **state)
{
  struct net_ends ends = {.is_local = false};
  struct rpc_handle_owner owner = owner_of(&plain);
  static unsigned runs; /* the teardown counts, too */
  struct portero_uuid uuid;
  struct rpc_handle *h;
  struct rpc_groups t;
  struct rpc_group *g;

  (void)state;
  rpc_groups_init(&t, 0, 10);
  g = rpc_groups_new(&t, &here, &ends);
  uuid = add(&g->handles, &owner, &runs);
  h = rpc_handles_take(&g->handles, &owner, &kind, &uuid);
  rpc_group_hold(g); /* as a call in flight does */
  rpc_groups_leave(&t, g);
  rpc_groups_deinit(&t);
  assert_int_equal(runs, 0);
  rpc_handles_give(&g->handles, h);
  assert_int_equal(runs, 1);
  rpc_group_release(g);
  rpc_group_release(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(only_the_owner),
      TEST(only_the_name),
      TEST(shared_between_interfaces),
      TEST(forgotten_once),
      TEST(limit),
      TEST(run_down),
      TEST(no_rundown),
      cmocka_unit_test(groups_by_id),
      cmocka_unit_test(groups_by_user),
      cmocka_unit_test(group_outlives_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
