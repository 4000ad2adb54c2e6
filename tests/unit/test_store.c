/* SPDX-License-Identifier: Apache-2.0 */
/* The two-sided map: both sides stay equal, and readers in other threads never see half a change. */
#include <pthread.h>

#include "src/mapper/store.h"
#include "tests/unit/support.h"

#define ROUNDS  2000u
#define ENTRIES 8u

struct change {
  uint64_t owner;
  bool remove;
};

static void tower_of(uint16_t port, struct portero_tower *tower)
{
  memset(tower, 0, sizeof *tower);
  tower->interface.uuid.time_low = 1;
  tower->interface.major = 1;
  tower->transfer = portero_syntax_ndr;
  tower->protseq = PORTERO_NCACN_IP_TCP;
  tower->port = port;
}

/* All of an owner's entries, or none: what a reader may see. */
static portero_status change_apply(struct portero_epm_map *map, void *ctx)
{
  const struct change *change = ctx;
  portero_status status = portero_ok();

  if (change->remove) {
    (void)portero_epm_map_delete_owner(map, change->owner);
    return status;
  }
  for (uint16_t i = 0; i < ENTRIES && portero_is_ok(status); i++) {
    struct portero_tower tower;
    struct portero_epm_item item = {.tower = &tower};
    uint8_t octets[2] = {(uint8_t)i, 1};
    tower_of((uint16_t)(1000 + i), &tower);
    item.octets = portero_bytes_make(octets, sizeof octets);
    status = portero_epm_map_insert(map, change->owner, &item, 0, 0, NULL);
  }
  return status;
}

struct watch {
  struct store *store;
  atomic_bool stop;
  unsigned odd, looks;
};

static void *watcher(void *arg)
{
  struct watch *w = arg;

  while (!atomic_load(&w->stop)) {
    unsigned ticket;
    uint32_t n = portero_epm_map_count(store_enter(w->store, &ticket));
    store_leave(w->store, ticket);
    w->odd += n != 0 && n != ENTRIES;
    w->looks++;
  }
  return NULL;
}

static void test_readers_see_whole_changes(void **state)
{
  struct watch watches[2] = {{0}, {0}};
  struct change change = {.owner = 5};
  pthread_t threads[2];
  struct store s;

  (void)state;
  assert_true(portero_is_ok(store_init(&s, NULL, true)));
  for (size_t i = 0; i < 2; i++) {
    watches[i].store = &s;
    assert_int_equal(pthread_create(&threads[i], NULL, watcher, &watches[i]), 0);
  }
  for (unsigned i = 0; i < ROUNDS; i++) {
    change.remove = i & 1;
    assert_true(portero_is_ok(store_apply(&s, change_apply, &change)));
  }
  for (size_t i = 0; i < 2; i++) {
    atomic_store(&watches[i].stop, true);
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(watches[i].odd, 0);
  }
  store_deinit(&s);
}

static void test_sides_stay_equal(void **state)
{
  struct change change = {.owner = 5};
  struct store s;

  (void)state;
  assert_true(portero_is_ok(store_init(&s, NULL, true)));
  assert_true(portero_is_ok(store_apply(&s, change_apply, &change)));
  change.owner = 6; /* the same endpoints: refused on both sides */
  assert_true(portero_is_local(store_apply(&s, change_apply, &change), PORTERO_LOCAL_EXISTS));
  assert_int_equal(portero_epm_map_count(s.sides[0]), ENTRIES);
  assert_int_equal(portero_epm_map_count(s.sides[1]), ENTRIES);
  assert_int_equal(portero_epm_map_serial(s.sides[0]), portero_epm_map_serial(s.sides[1]));
  store_deinit(&s);
}

static void test_one_loop_has_one_side(void **state)
{
  struct change change = {.owner = 5};
  struct store s;
  unsigned ticket;

  (void)state;
  assert_true(portero_is_ok(store_init(&s, NULL, false)));
  assert_null(s.sides[1]);
  assert_true(portero_is_ok(store_apply(&s, change_apply, &change)));
  assert_int_equal(portero_epm_map_count(store_enter(&s, &ticket)), ENTRIES);
  store_leave(&s, ticket);
  store_deinit(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_readers_see_whole_changes),
      cmocka_unit_test(test_sides_stay_equal),
      cmocka_unit_test(test_one_loop_has_one_side),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
