/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint map: who may register what, who finds what, and in which order. */
#include <stdio.h>
#include <stdlib.h>

#include "src/epm/map.h"
#include "tests/unit/support.h"

#define MAX_FOUND 64u

enum {
  ALICE = 7,
  BOB = 8
};

/* An item on the stack; fields may be changed before it is used. */
struct offer {
  struct portero_tower tower;
  struct portero_epm_item item;
  uint8_t octets[8];
};

static struct portero_uuid uuid_of(uint32_t n)
{
  struct portero_uuid u = {.time_low = n, .node = {0x80, 0, (uint8_t)n}};
  return n ? u : (struct portero_uuid){0};
}

static void offer_port(struct offer *o, uint32_t interface, uint16_t major, uint16_t minor,
                       uint16_t port)
{
  memset(o, 0, sizeof *o);
  o->tower.interface = (struct portero_syntax){uuid_of(interface), major, minor};
  o->tower.transfer = portero_syntax_ndr;
  o->tower.protseq = PORTERO_NCACN_IP_TCP;
  o->tower.port = port;
  memcpy(o->octets, &interface, 4);
  memcpy(o->octets + 4, &port, 2);
  o->item.tower = &o->tower;
  o->item.octets = portero_bytes_make(o->octets, sizeof o->octets);
}

static struct portero_epm_map *map_new(const struct portero_epm_options *options)
{
  struct portero_epm_map *map;
  assert_true(portero_is_ok(portero_epm_map_new(&portero_mem_malloc, options, &map)));
  return map;
}

/* Its entries one by one, in order, and nobody else's. */
static void assert_owned(const struct portero_epm_map *map, uint64_t owner, size_t wanted)
{
  struct portero_epm_cursor cursor = {0, 0};
  struct portero_epm_entry *entry;
  uint64_t last = 0;
  size_t n = 0;

  for (; portero_epm_map_owned(map, owner, &cursor, &entry, 1) == 1; n++) {
    assert_int_equal(entry->owner, owner);
    assert_true(entry->serial > last);
    last = entry->serial;
  }
  assert_int_equal(n, wanted);
}

static enum portero_local insert(struct portero_epm_map *map, uint64_t owner, const struct offer *o)
{
  return (enum portero_local)portero_epm_map_insert(map, owner, &o->item, 0, 0, NULL).code;
}

static void put(struct portero_epm_map *map, uint64_t owner, uint32_t interface, uint16_t major,
                uint16_t minor, uint16_t port, uint32_t object)
{
  struct offer o;
  offer_port(&o, interface, major, minor, port);
  o.item.object = uuid_of(object);
  assert_int_equal(insert(map, owner, &o), PORTERO_LOCAL_NONE);
}

/* The ports that a look-up finds, as text: "1 2 3". */
static const char *ports_text(struct portero_epm_entry **found, size_t count)
{
  static char text[MAX_FOUND * 6];
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < count; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, i ? " %u" : "%u",
                             (unsigned)found[i]->port);
  return text;
}

static const char *lookup(const struct portero_epm_map *map, const struct portero_epm_query *q)
{
  struct portero_epm_entry *found[MAX_FOUND];
  struct portero_epm_cursor cursor = {0};
  size_t count;
  bool more;
  assert_true(portero_is_ok(portero_epm_lookup(map, q, &cursor, found, MAX_FOUND, &count, &more)));
  assert_false(more);
  return ports_text(found, count);
}

static const char *find(const struct portero_epm_map *map, const struct portero_epm_map_query *q)
{
  struct portero_epm_entry *found[MAX_FOUND];
  struct portero_epm_cursor cursor = {0};
  size_t count;
  bool more;
  portero_epm_map_find(map, q, &cursor, found, MAX_FOUND, &count, &more);
  assert_false(more);
  return ports_text(found, count);
}

static const struct portero_epm_query everything = {.inquiry = PORTERO_EPM_ALL};

/* ---- what ept_lookup finds ---- */

static void inquiry_types(void **state)
{
  static const struct {
    uint32_t inquiry, interface, object;
    const char *ports;
  } cases[] = {
      {PORTERO_EPM_ALL, 9, 9, "1 2 3 4 5"},    {PORTERO_EPM_BY_INTERFACE, 1, 9, "1 2 4"},
      {PORTERO_EPM_BY_INTERFACE, 2, 9, "3 5"}, {PORTERO_EPM_BY_INTERFACE, 3, 9, ""},
      {PORTERO_EPM_BY_OBJECT, 9, 100, "2 3"},  {PORTERO_EPM_BY_OBJECT, 9, 101, "4"},
      {PORTERO_EPM_BY_OBJECT, 9, 102, ""},     {PORTERO_EPM_BY_OBJECT, 9, 0, "1 5"},
      {PORTERO_EPM_BY_BOTH, 1, 100, "2"},      {PORTERO_EPM_BY_BOTH, 2, 100, "3"},
      {PORTERO_EPM_BY_BOTH, 2, 101, ""},       {PORTERO_EPM_BY_BOTH, 1, 0, "1"},
  };
  struct portero_epm_map *map = map_new(NULL);
  (void)state;
  put(map, ALICE, 1, 1, 0, 1, 0);
  put(map, ALICE, 1, 1, 0, 2, 100);
  put(map, BOB, 2, 1, 0, 3, 100);
  put(map, BOB, 1, 1, 0, 4, 101);
  put(map, BOB, 2, 1, 0, 5, 0);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct portero_epm_query q = {.inquiry = cases[i].inquiry, .version = PORTERO_EPM_VERSION_ALL};
    q.interface.uuid = uuid_of(cases[i].interface);
    q.object = uuid_of(cases[i].object);
    assert_string_equal(lookup(map, &q), cases[i].ports);
  }
  portero_epm_map_free(map);
}

static void version_options(void **state)
{
  static const struct {
    uint32_t option;
    uint16_t major, minor;
    const char *ports;
  } cases[] = {
      {PORTERO_EPM_VERSION_ALL, 9, 9, "10 12 20 21 23 30"},
      {PORTERO_EPM_VERSION_COMPATIBLE, 2, 1, "21 23"},
      {PORTERO_EPM_VERSION_COMPATIBLE, 2, 4, ""},
      {PORTERO_EPM_VERSION_COMPATIBLE, 1, 0, "10 12"},
      {PORTERO_EPM_VERSION_EXACT, 2, 1, "21"},
      {PORTERO_EPM_VERSION_EXACT, 2, 2, ""},
      {PORTERO_EPM_VERSION_MAJOR_ONLY, 2, 9, "20 21 23"},
      {PORTERO_EPM_VERSION_MAJOR_ONLY, 4, 0, ""},
      {PORTERO_EPM_VERSION_UP_TO, 2, 1, "10 12 20 21"},
      {PORTERO_EPM_VERSION_UP_TO, 0, 9, ""},
      {PORTERO_EPM_VERSION_UP_TO, 3, 0, "10 12 20 21 23 30"},
  };
  struct portero_epm_map *map = map_new(NULL);
  struct portero_epm_entry *found[1];
  size_t count;
  bool more;
  (void)state;
  for (uint16_t v = 10; v <= 30; v++)
    if (v == 10 || v == 12 || v == 20 || v == 21 || v == 23 || v == 30)
      put(map, ALICE, 1, v / 10, v % 10, v, 0);
  put(map, ALICE, 2, 2, 1, 99, 0);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct portero_epm_query q = {.inquiry = PORTERO_EPM_BY_INTERFACE, .version = cases[i].option};
    q.interface = (struct portero_syntax){uuid_of(1), cases[i].major, cases[i].minor};
    assert_string_equal(lookup(map, &q), cases[i].ports);
  }
  for (uint32_t wrong = 0; wrong <= 6; wrong += 6) {
    struct portero_epm_query q = {.inquiry = PORTERO_EPM_BY_INTERFACE, .version = wrong};
    struct portero_epm_cursor cursor = {0};
    assert_int_equal(portero_epm_lookup(map, &q, &cursor, found, 1, &count, &more).code,
                     PORTERO_LOCAL_USAGE);
    q.inquiry = PORTERO_EPM_BY_OBJECT; /* no interface, no version */
    assert_true(portero_is_ok(portero_epm_lookup(map, &q, &cursor, found, 1, &count, &more)));
    q.inquiry = 4;
    assert_int_equal(portero_epm_lookup(map, &q, &cursor, found, 1, &count, &more).code,
                     PORTERO_LOCAL_USAGE);
  }
  portero_epm_map_free(map);
}

/* ---- what ept_map finds ---- */

static bool port_is_even(const void *ctx, const struct portero_epm_entry *e)
{
  (void)ctx;
  return e->port % 2 == 0;
}

static void map_matches_version_syntax_and_protseq(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct portero_epm_map_query q = {.interface = {uuid_of(1), 2, 1},
                                    .protseq = PORTERO_NCACN_IP_TCP};
  struct offer o;
  (void)state;
  put(map, ALICE, 1, 2, 0, 20, 0);
  put(map, ALICE, 1, 2, 1, 21, 0);
  put(map, ALICE, 1, 2, 2, 22, 0);
  put(map, ALICE, 1, 3, 1, 31, 0);
  put(map, ALICE, 2, 2, 1, 91, 0);
  offer_port(&o, 1, 2, 1, 21);
  o.tower.transfer = portero_syntax_ndr64;
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_NONE);
  offer_port(&o, 1, 2, 1, 80);
  o.tower.protseq = PORTERO_NCACN_HTTP;
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_NONE);

  q.transfer = portero_syntax_ndr;
  assert_string_equal(find(map, &q), "21 22");
  q.transfer = portero_syntax_ndr64;
  assert_string_equal(find(map, &q), "21");
  q.transfer.minor = 9;
  assert_string_equal(find(map, &q), "");
  q.transfer = portero_syntax_ndr;
  q.protseq = PORTERO_NCACN_HTTP;
  assert_string_equal(find(map, &q), "80");
  q.protseq = PORTERO_NCACN_NP;
  assert_string_equal(find(map, &q), "");
  q.protseq = PORTERO_NCACN_IP_TCP;
  q.interface.major = 1;
  assert_string_equal(find(map, &q), "");
  q.interface = (struct portero_syntax){uuid_of(3), 2, 1};
  assert_string_equal(find(map, &q), "");
  portero_epm_map_free(map);
}

static void map_prefers_the_asked_object(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct portero_epm_map_query q = {.interface = {uuid_of(1), 1, 0},
                                    .transfer = portero_syntax_ndr,
                                    .protseq = PORTERO_NCACN_IP_TCP};
  (void)state;
  put(map, ALICE, 1, 1, 0, 1, 100);
  put(map, ALICE, 2, 1, 0, 2, 100);
  q.object = uuid_of(100);
  assert_string_equal(find(map, &q), "1");
  q.object = uuid_of(101); /* another object's server is none */
  assert_string_equal(find(map, &q), "");
  q.object = uuid_of(0); /* who knows of no objects finds the service */
  assert_string_equal(find(map, &q), "1");

  put(map, ALICE, 1, 1, 0, 3, 0);
  assert_string_equal(find(map, &q), "3");
  q.object = uuid_of(101);
  assert_string_equal(find(map, &q), "3");
  q.object = uuid_of(100);
  assert_string_equal(find(map, &q), "1");
  q.visible = port_is_even; /* what is hidden is not preferred either */
  assert_string_equal(find(map, &q), "");
  put(map, ALICE, 1, 1, 0, 4, 0);
  assert_string_equal(find(map, &q), "4");
  portero_epm_map_free(map);
}

static void map_goes_on_with_the_same_objects(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct portero_epm_map_query q = {.interface = {uuid_of(1), 1, 0},
                                    .transfer = portero_syntax_ndr,
                                    .protseq = PORTERO_NCACN_IP_TCP};
  struct portero_epm_cursor cursor = {0};
  struct portero_epm_entry *found[2];
  size_t count;
  bool more;
  (void)state;
  put(map, ALICE, 1, 1, 0, 1, 100);
  put(map, ALICE, 1, 1, 0, 2, 101);
  put(map, ALICE, 1, 1, 0, 3, 100);
  portero_epm_map_find(map, &q, &cursor, found, 2, &count, &more);
  assert_string_equal(ports_text(found, count), "1 2");
  assert_true(more);
  put(map, ALICE, 1, 1, 0, 4, 0); /* would have been preferred at the start */
  portero_epm_map_find(map, &q, &cursor, found, 2, &count, &more);
  assert_string_equal(ports_text(found, count), "3 4");
  assert_true(more);
  portero_epm_map_find(map, &q, &cursor, found, 2, &count, &more);
  assert_int_equal(count, 0);
  assert_false(more);
  portero_epm_map_free(map);
}

/* ---- who may register what ---- */

static void an_endpoint_has_one_owner(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct offer o;
  (void)state;
  put(map, ALICE, 1, 1, 0, 500, 0);
  offer_port(&o, 1, 1, 0, 500);
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_EXISTS);
  o.tower.transfer = portero_syntax_ndr64; /* in no transfer syntax */
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_EXISTS);
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_NONE);
  o.tower.ipv4[0] = 10; /* all addresses include this one */
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_EXISTS);
  assert_int_equal(portero_epm_map_count(map), 2);

  offer_port(&o, 1, 1, 0, 501);
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE);
  offer_port(&o, 1, 1, 1, 500);
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE);
  offer_port(&o, 2, 1, 0, 500);
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE);
  offer_port(&o, 1, 1, 0, 500);
  o.item.object = uuid_of(100);
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE);
  offer_port(&o, 1, 1, 0, 500);
  o.tower.protseq = PORTERO_NCADG_IP_UDP;
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE);
  portero_epm_map_free(map);
}

static void two_addresses_are_two_endpoints(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct offer o;
  (void)state;
  offer_port(&o, 1, 1, 0, 500);
  memcpy(o.tower.ipv4, "\x0a\x00\x00\x01", 4);
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_NONE);
  o.tower.ipv4[3] = 2;
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE);
  o.tower.ipv4[3] = 1;
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_EXISTS);
  memset(o.tower.ipv4, 0, 4);
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_EXISTS);
  assert_int_equal(portero_epm_map_count(map), 2);
  portero_epm_map_free(map);
}

static void names_are_endpoints_too(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct offer o;
  (void)state;
  offer_port(&o, 1, 1, 0, 0);
  o.tower.protseq = PORTERO_NCALRPC;
  strcpy(o.tower.endpoint, "greeter");
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_NONE);
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_EXISTS);
  strcpy(o.tower.endpoint, "greeter2");
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE);
  portero_epm_map_free(map);
}

static void again_updates_the_annotation(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct portero_epm_entry *first, *second;
  struct offer o;
  char longest[65];
  (void)state;
  memset(longest, 'x', 64);
  longest[64] = '\0';
  offer_port(&o, 1, 1, 0, 500);
  o.item.annotation = "a longer first one";
  assert_true(portero_is_ok(portero_epm_map_insert(map, ALICE, &o.item, 0, 1000, &first)));
  assert_string_equal(first->annotation, "a longer first one");
  o.item.annotation = "second";
  o.item.local_only = true;
  assert_true(portero_is_ok(portero_epm_map_insert(map, ALICE, &o.item, 0, 2000, &second)));
  assert_ptr_equal(first, second);
  assert_string_equal(second->annotation, "second");
  assert_true(second->local_only);
  assert_int_equal(second->serial, 1);
  assert_int_equal(second->registered_at, 1000);
  assert_int_equal(second->octets_size, sizeof o.octets);
  assert_memory_equal(second->octets, o.octets, sizeof o.octets);
  o.item.annotation = longest;
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_USAGE);
  assert_string_equal(second->annotation, "second");
  o.item.annotation = longest + 1;
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_NONE);
  assert_string_equal(second->annotation, longest + 1);
  assert_int_equal(portero_epm_map_count(map), 1);
  portero_epm_map_free(map);
}

static void what_is_no_tower_is_refused(void **state)
{
  static uint8_t huge[PORTERO_EPM_TOWER_LIMIT + 1];
  struct portero_epm_map *map = map_new(NULL);
  struct offer o;
  (void)state;
  offer_port(&o, 1, 1, 0, 500);
  o.item.octets.size = 0;
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_USAGE);
  o.item.octets = portero_bytes_make(huge, sizeof huge);
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_USAGE);
  offer_port(&o, 1, 1, 0, 500);
  o.tower.protseq = PORTERO_PROTSEQ_UNKNOWN;
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_USAGE);
  offer_port(&o, 1, 1, 0, 500);
  o.item.tower = NULL;
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_USAGE);
  assert_int_equal(portero_epm_map_delete(map, ALICE, &o.item).code, PORTERO_LOCAL_USAGE);
  offer_port(&o, 1, 1, 0, 500);
  o.item.octets = portero_bytes_make(huge, sizeof huge - 1);
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_NONE);
  portero_epm_map_free(map);
}

static void deletion_is_the_owners(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct offer o;
  (void)state;
  put(map, ALICE, 1, 1, 0, 1, 0);
  put(map, ALICE, 1, 1, 0, 2, 100);
  put(map, BOB, 1, 1, 0, 3, 0);
  offer_port(&o, 1, 1, 0, 1);
  assert_int_equal(portero_epm_map_delete(map, BOB, &o.item).code, PORTERO_LOCAL_DENIED);
  o.tower.transfer = portero_syntax_ndr64;
  assert_int_equal(portero_epm_map_delete(map, ALICE, &o.item).code, PORTERO_LOCAL_NOT_FOUND);
  offer_port(&o, 1, 1, 0, 2); /* without its object */
  assert_int_equal(portero_epm_map_delete(map, ALICE, &o.item).code, PORTERO_LOCAL_NOT_FOUND);
  assert_string_equal(lookup(map, &everything), "1 2 3");
  offer_port(&o, 1, 1, 0, 1);
  assert_true(portero_is_ok(portero_epm_map_delete(map, ALICE, &o.item)));
  assert_int_equal(portero_epm_map_delete(map, ALICE, &o.item).code, PORTERO_LOCAL_NOT_FOUND);
  assert_string_equal(lookup(map, &everything), "2 3");
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE); /* free for others now */
  assert_owned(map, BOB, 2);
  assert_owned(map, 99, 0);
  assert_int_equal(portero_epm_map_owner_count(map, BOB), 2);
  assert_int_equal(portero_epm_map_delete_owner(map, BOB), 2);
  assert_int_equal(portero_epm_map_delete_owner(map, BOB), 0);
  assert_int_equal(portero_epm_map_owner_count(map, BOB), 0);
  assert_string_equal(lookup(map, &everything), "2");
  portero_epm_map_free(map);
}

static void replacing(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct offer o;
  uint64_t before;
  (void)state;
  put(map, ALICE, 1, 1, 0, 1, 0);
  put(map, ALICE, 1, 1, 0, 2, 0);
  put(map, ALICE, 1, 1, 0, 3, 100); /* another object */
  put(map, ALICE, 1, 1, 1, 4, 0);   /* another version */
  put(map, ALICE, 2, 1, 0, 5, 0);   /* another interface */
  put(map, BOB, 1, 1, 0, 6, 0);     /* another owner */
  offer_port(&o, 1, 1, 0, 7);
  o.tower.protseq = PORTERO_NCADG_IP_UDP; /* another protocol sequence */
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_NONE);

  /* One request that brings two endpoints and keeps one in a second transfer syntax. */
  before = portero_epm_map_serial(map);
  offer_port(&o, 1, 1, 0, 2);
  o.tower.transfer = portero_syntax_ndr64;
  assert_true(portero_is_ok(portero_epm_map_insert(map, ALICE, &o.item, before, 0, NULL)));
  assert_string_equal(lookup(map, &everything), "2 3 4 5 6 7 2");
  offer_port(&o, 1, 1, 0, 8);
  assert_true(portero_is_ok(portero_epm_map_insert(map, ALICE, &o.item, before, 0, NULL)));
  assert_string_equal(lookup(map, &everything), "3 4 5 6 7 2 8");

  /* What is refused replaces nothing. */
  before = portero_epm_map_serial(map);
  offer_port(&o, 1, 1, 0, 6);
  assert_int_equal(portero_epm_map_insert(map, ALICE, &o.item, before, 0, NULL).code,
                   PORTERO_LOCAL_EXISTS);
  assert_string_equal(lookup(map, &everything), "3 4 5 6 7 2 8");
  /* The same again replaces the others. */
  offer_port(&o, 1, 1, 0, 8);
  assert_true(portero_is_ok(portero_epm_map_insert(map, ALICE, &o.item, before, 0, NULL)));
  assert_string_equal(lookup(map, &everything), "3 4 5 6 7 8");
  portero_epm_map_free(map);
}

static void limits_hold(void **state)
{
  const struct portero_epm_options options = {.max_entries = 5, .max_per_owner = 3};
  struct portero_epm_map *map = map_new(&options);
  struct offer o;
  (void)state;
  for (uint16_t port = 1; port <= 3; port++)
    put(map, ALICE, 1, 1, 0, port, 0);
  offer_port(&o, 1, 1, 0, 4);
  assert_int_equal(insert(map, ALICE, &o), PORTERO_LOCAL_LIMIT);
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE);
  put(map, BOB, 1, 1, 0, 5, 0);
  offer_port(&o, 1, 1, 0, 6);
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_LIMIT);
  offer_port(&o, 1, 1, 0, 5); /* known already */
  assert_int_equal(insert(map, BOB, &o), PORTERO_LOCAL_NONE);
  offer_port(&o, 1, 1, 0, 6); /* in the place of others */
  assert_true(portero_is_ok(
      portero_epm_map_insert(map, BOB, &o.item, portero_epm_map_serial(map), 0, NULL)));
  assert_string_equal(lookup(map, &everything), "1 2 3 6");
  portero_epm_map_free(map);
}

/* ---- cursors ---- */

static size_t next(const struct portero_epm_map *map, struct portero_epm_cursor *cursor,
                   struct portero_epm_entry **found, size_t max, bool *out_more)
{
  size_t count;
  assert_true(
      portero_is_ok(portero_epm_lookup(map, &everything, cursor, found, max, &count, out_more)));
  return count;
}

static void a_full_batch_keeps_the_cursor(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct portero_epm_entry *found[8];
  bool more;
  (void)state;
  for (uint16_t port = 1; port <= 6; port++)
    put(map, ALICE, port, 1, 0, port, 0);
  for (size_t max = 1; max <= 7; max++) {
    struct portero_epm_cursor cursor = {0};
    size_t told = 0, count;
    do {
      count = next(map, &cursor, found, max, &more);
      for (size_t i = 0; i < count; i++)
        assert_int_equal(found[i]->port, ++told);
      assert_int_equal(more, count == max);
    } while (more);
    assert_int_equal(told, 6);
    assert_int_equal(count, 6 % max);
  }
  struct portero_epm_cursor cursor = {0};
  assert_int_equal(next(map, &cursor, found, 0, &more), 0);
  assert_false(more);
  portero_epm_map_free(map);
}

static void cursors_survive_changes(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct portero_epm_cursor cursor = {0};
  struct portero_epm_entry *found[8];
  bool more;
  (void)state;
  for (uint16_t port = 1; port <= 6; port++)
    put(map, port % 2 ? ALICE : BOB, 1, 1, 0, port, 0);
  assert_int_equal(next(map, &cursor, found, 2, &more), 2);
  assert_string_equal(ports_text(found, 2), "1 2");
  portero_epm_map_remove(map, found[1]);                         /* the one the cursor stands on */
  assert_int_equal(portero_epm_map_delete_owner(map, ALICE), 3); /* before and behind it */
  put(map, ALICE, 1, 1, 0, 7, 0);
  put(map, ALICE, 1, 1, 0, 1, 0); /* back, but new */
  assert_int_equal(next(map, &cursor, found, 2, &more), 2);
  assert_string_equal(ports_text(found, 2), "4 6");
  assert_true(more);
  assert_int_equal(next(map, &cursor, found, 8, &more), 2);
  assert_string_equal(ports_text(found, 2), "7 1");
  assert_false(more);
  portero_epm_map_free(map);
}

/* ---- reach ---- */

static void reach(void **state)
{
  static const struct {
    enum portero_protseq protseq;
    uint8_t first;
    bool local_only;
    enum portero_epm_reach want;
  } cases[] = {
      {PORTERO_NCACN_IP_TCP, 10, false, PORTERO_EPM_REACH_NETWORK},
      {PORTERO_NCACN_IP_TCP, 0, false, PORTERO_EPM_REACH_NETWORK},
      {PORTERO_NCACN_IP_TCP, 127, false, PORTERO_EPM_REACH_LOOPBACK},
      {PORTERO_NCADG_IP_UDP, 127, false, PORTERO_EPM_REACH_LOOPBACK},
      {PORTERO_NCACN_HTTP, 127, false, PORTERO_EPM_REACH_LOOPBACK},
      {PORTERO_NCACN_IP_TCP, 0, true, PORTERO_EPM_REACH_LOOPBACK},
      {PORTERO_NCACN_NP, 0, false, PORTERO_EPM_REACH_NETWORK},
      {PORTERO_NCALRPC, 0, false, PORTERO_EPM_REACH_LOCAL},
      {PORTERO_NCACN_UNIX_STREAM, 0, true, PORTERO_EPM_REACH_LOCAL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct portero_epm_entry e = {.protseq = (uint8_t)cases[i].protseq,
                                        .ipv4 = {cases[i].first},
                                        .local_only = cases[i].local_only};
    assert_int_equal(portero_epm_entry_reach(&e), cases[i].want);
  }
}

static void hits_are_counted(void **state)
{
  struct portero_epm_map *map = map_new(NULL);
  struct portero_epm_cursor cursor = {0};
  struct portero_epm_entry *found[1];
  bool more;
  (void)state;
  put(map, ALICE, 1, 1, 0, 1, 0);
  assert_int_equal(next(map, &cursor, found, 1, &more), 1);
  assert_int_equal(portero_epm_entry_lookups(found[0]), 0);
  portero_epm_entry_hit(found[0]);
  portero_epm_entry_hit(found[0]);
  assert_int_equal(portero_epm_entry_lookups(found[0]), 2);
  portero_epm_map_free(map);
}

/* ---- against a plain model, and two copies against each other ---- */

struct model_entry {
  uint64_t owner;
  uint32_t interface, object;
  uint16_t port;
};

struct model {
  struct model_entry entries[4096];
  size_t count;
};

static uint32_t draw(uint32_t *state, uint32_t below)
{
  *state = *state * 1664525u + 1013904223u;
  return (*state >> 8) % below;
}

static void model_drop(struct model *m, size_t i)
{
  memmove(&m->entries[i], &m->entries[i + 1], (m->count - i - 1) * sizeof m->entries[0]);
  m->count--;
}

static void model_insert(struct model *m, const struct model_entry *e, enum portero_local *out_want)
{
  for (size_t i = 0; i < m->count; i++) {
    const struct model_entry *have = &m->entries[i];
    if (have->interface == e->interface && have->object == e->object && have->port == e->port) {
      *out_want = have->owner == e->owner ? PORTERO_LOCAL_NONE : PORTERO_LOCAL_EXISTS;
      return;
    }
  }
  m->entries[m->count++] = *e;
  *out_want = PORTERO_LOCAL_NONE;
}

static enum portero_local model_delete(struct model *m, const struct model_entry *e)
{
  for (size_t i = 0; i < m->count; i++) {
    const struct model_entry *have = &m->entries[i];
    if (have->interface != e->interface || have->object != e->object || have->port != e->port)
      continue;
    if (have->owner != e->owner)
      return PORTERO_LOCAL_DENIED;
    model_drop(m, i);
    return PORTERO_LOCAL_NONE;
  }
  return PORTERO_LOCAL_NOT_FOUND;
}

static uint32_t model_delete_owner(struct model *m, uint64_t owner)
{
  uint32_t count = 0;
  for (size_t i = m->count; i-- > 0;) {
    if (m->entries[i].owner != owner)
      continue;
    model_drop(m, i);
    count++;
  }
  return count;
}

/* Both maps tell what the model has, in its order, with equal serials. */
static void compare(struct portero_epm_map *const maps[2], const struct model *m,
                    const struct portero_epm_query *q, uint32_t interface, uint32_t object)
{
  struct portero_epm_cursor cursors[2] = {{0}, {0}};
  size_t at = 0;
  bool more = true;
  while (more) {
    struct portero_epm_entry *found[2][7];
    size_t counts[2];
    for (size_t k = 0; k < 2; k++)
      assert_true(portero_is_ok(
          portero_epm_lookup(maps[k], q, &cursors[k], found[k], 7, &counts[k], &more)));
    assert_int_equal(counts[0], counts[1]);
    for (size_t i = 0; i < counts[0]; i++) {
      while (at < m->count && ((interface && m->entries[at].interface != interface) ||
                               (object && m->entries[at].object != object)))
        at++;
      assert_true(at < m->count);
      assert_int_equal(found[0][i]->port, m->entries[at].port);
      assert_int_equal(found[0][i]->owner, m->entries[at].owner);
      assert_int_equal(found[0][i]->serial, found[1][i]->serial);
      assert_true(portero_uuid_equal(&found[0][i]->object, &found[1][i]->object));
      at++;
    }
  }
  for (; at < m->count; at++)
    assert_false((!interface || m->entries[at].interface == interface) &&
                 (!object || m->entries[at].object == object));
}

static void random_step(struct portero_epm_map *const maps[2], struct model *m, uint32_t *rng)
{
  struct model_entry e = {.owner = 1 + draw(rng, 5), .interface = 1 + draw(rng, 6)};
  struct offer o;
  uint32_t what = draw(rng, 100);
  enum portero_local want = PORTERO_LOCAL_NONE;
  uint32_t removed = what == 0 ? model_delete_owner(m, e.owner) : 0;

  e.object = draw(rng, 3) ? 0 : 100 + draw(rng, 4);
  e.port = (uint16_t)(1 + draw(rng, 40));
  if (what >= 60)
    want = model_delete(m, &e);
  else if (what > 0)
    model_insert(m, &e, &want);
  offer_port(&o, e.interface, 1, 0, e.port);
  o.item.object = uuid_of(e.object);
  for (size_t k = 0; k < 2; k++) {
    if (what == 0)
      assert_int_equal(portero_epm_map_delete_owner(maps[k], e.owner), removed);
    else if (what >= 60)
      assert_int_equal(portero_epm_map_delete(maps[k], e.owner, &o.item).code, want);
    else
      assert_int_equal(insert(maps[k], e.owner, &o), want);
    assert_int_equal(portero_epm_map_count(maps[k]), m->count);
  }
}

static void two_copies_and_a_model_agree(void **state)
{
  const struct portero_epm_options options[2] = {{.seed = 1}, {.seed = 0x123456789abcdef}};
  struct portero_epm_map *maps[2] = {map_new(&options[0]), map_new(&options[1])};
  struct model *m = calloc(1, sizeof *m);
  uint32_t rng = 2026;
  (void)state;
  assert_non_null(m);
  for (unsigned step = 0; step < 20000; step++) {
    struct portero_epm_query q = {.inquiry = step % 4, .version = PORTERO_EPM_VERSION_ALL};
    uint32_t interface = 1 + step % 6, object = 100 + step % 4;

    random_step(maps, m, &rng);
    if (step % 50)
      continue;
    q.inquiry = step / 50 % 4;
    q.interface.uuid = uuid_of(interface);
    q.object = uuid_of(object);
    compare(maps, m, &q, q.inquiry & 1 ? interface : 0, q.inquiry & 2 ? object : 0);
  }
  free(m);
  portero_epm_map_free(maps[0]);
  portero_epm_map_free(maps[1]);
}

/* ---- memory ---- */

static void running_out_of_memory_changes_nothing(void **state)
{
  (void)state;
  for (size_t fail_at = 0;; fail_at++) {
    struct support_mem m;
    struct portero_epm_map *map;
    uint16_t done = 0;

    support_mem_init(&m, fail_at);
    if (portero_is_ok(portero_epm_map_new(&m.mem, NULL, &map))) {
      for (; done < 40; done++) {
        struct offer o;
        offer_port(&o, 1 + done % 20u, 1, 0, (uint16_t)(done + 1));
        o.item.object = uuid_of(done % 3);
        if (insert(map, ALICE, &o) != PORTERO_LOCAL_NONE)
          break;
      }
      assert_int_equal(portero_epm_map_count(map), done);
      assert_int_equal(portero_epm_map_owner_count(map, ALICE), done);
      assert_int_equal(portero_epm_map_delete_owner(map, ALICE), done);
      portero_epm_map_free(map);
    }
    assert_int_equal(m.in_use, 0);
    if (done == 40)
      break;
  }
}

/* ---- size ---- */

#define MANY 100000u

static bool count_and_show(const void *ctx, const struct portero_epm_entry *e)
{
  size_t *counter;
  (void)e;
  memcpy(&counter, ctx, sizeof(size_t *));
  ++*counter;
  return true;
}

/* Entries read for one look-up by UUID. */
static size_t effort(const struct portero_epm_map *map, uint32_t interface)
{
  size_t looked_at = 0;
  size_t *counter = &looked_at;
  struct portero_epm_map_query q = {.interface = {uuid_of(interface), 1, 0},
                                    .transfer = portero_syntax_ndr,
                                    .protseq = PORTERO_NCACN_IP_TCP,
                                    .visible = count_and_show,
                                    .visible_ctx = &counter};
  struct portero_epm_cursor cursor = {0};
  struct portero_epm_entry *found[4];
  size_t count;
  bool more;
  portero_epm_map_find(map, &q, &cursor, found, 4, &count, &more);
  assert_int_equal(count, 1);
  assert_true(portero_uuid_equal(&found[0]->interface.uuid, &q.interface.uuid));
  return looked_at;
}

static void a_hundred_thousand_entries(void **state)
{
  struct support_mem m;
  struct portero_epm_map *map;
  struct portero_epm_cursor cursor = {0};
  struct portero_epm_entry *found[500];
  size_t few, told = 0;
  bool more = true;
  (void)state;
  support_mem_init(&m, SIZE_MAX);
  assert_true(portero_is_ok(portero_epm_map_new(&m.mem, NULL, &map)));
  for (uint32_t i = 1; i <= 10; i++)
    put(map, i / 500, i, 1, 0, (uint16_t)i, 0);
  few = effort(map, 5);
  for (uint32_t i = 11; i <= MANY; i++)
    put(map, i / 500, i, 1, 0, (uint16_t)i, 0);
  assert_int_equal(effort(map, 5), few);
  assert_int_equal(effort(map, MANY), few);
  print_message("  %zu bytes an entry, each of an interface of its own\n", m.in_use / MANY);
  assert_true(m.in_use / MANY < 500);
  while (more) {
    size_t count = next(map, &cursor, found, 500, &more);
    for (size_t i = 0; i < count; i++)
      assert_int_equal(found[i]->serial, ++told);
  }
  assert_int_equal(told, MANY);
  for (uint32_t owner = 0; owner <= MANY / 500; owner += 2)
    assert_true(portero_epm_map_delete_owner(map, owner) > 0);
  assert_int_equal(effort(map, 700), few);
  assert_int_equal(portero_epm_map_count(map), MANY / 2);
  portero_epm_map_free(map);
  assert_int_equal(m.in_use, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(inquiry_types),
      cmocka_unit_test(version_options),
      cmocka_unit_test(map_matches_version_syntax_and_protseq),
      cmocka_unit_test(map_prefers_the_asked_object),
      cmocka_unit_test(map_goes_on_with_the_same_objects),
      cmocka_unit_test(an_endpoint_has_one_owner),
      cmocka_unit_test(two_addresses_are_two_endpoints),
      cmocka_unit_test(names_are_endpoints_too),
      cmocka_unit_test(again_updates_the_annotation),
      cmocka_unit_test(what_is_no_tower_is_refused),
      cmocka_unit_test(deletion_is_the_owners),
      cmocka_unit_test(replacing),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(a_full_batch_keeps_the_cursor),
      cmocka_unit_test(cursors_survive_changes),
      cmocka_unit_test(reach),
      cmocka_unit_test(hits_are_counted),
      cmocka_unit_test(two_copies_and_a_model_agree),
      cmocka_unit_test(running_out_of_memory_changes_nothing),
      cmocka_unit_test(a_hundred_thousand_entries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
