/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint map: who serves which interface where. [C706] 6.2.3, appendix O; [MS-RPCE] 2.2.1.2.
 *
 * A structure in memory without clock, lock or I/O. It belongs to one thread at a time; const
 * functions may run in several threads as long as nobody changes the map.
 *
 * It is deterministic: two maps made with the same options that got the same calls hold the same
 * entries with the same serials in the same order, and answer alike. A service that lets many
 * threads read keeps two maps and applies every change to both.
 *
 * Order is the order of registration: serials only grow. A cursor is the serial of the last entry
 * told; it goes on behind it whatever was added or removed meanwhile.
 *
 * Cost: insertion, deletion by name and removal of an owner's entry are O(1) amortised, a look-up
 * costs the entries of the interface (or object) asked for; finding the place of a cursor takes a
 * binary search. Insertion with replacement also reads the owner's entries.
 */
#ifndef PORTERO_SRC_EPM_MAP_H
#define PORTERO_SRC_EPM_MAP_H

#include <portero/tower.h>

#define PORTERO_EPM_ANNOTATION_SIZE                                                                \
  64u /* with the terminator. ept_max_annotation_size, [C706] appendix O */
#define PORTERO_EPM_TOWER_LIMIT 2048u /* octets */

/* Entries live in the map: pointers to them are valid until the map changes. */
struct portero_epm_entry {
  struct portero_uuid object; /* nil: none */
  struct portero_syntax interface;
  struct portero_syntax transfer;
  uint64_t owner;
  uint64_t serial; /* from 1 */
  uint64_t registered_at;
  uint64_t lookups; /* count with portero_epm_entry_hit() */
  const uint8_t *octets;
  const char *endpoint; /* pipe name or socket path; "" for ports */
  uint16_t octets_size;
  uint16_t port;
  uint8_t ipv4[4];
  uint8_t protseq; /* enum portero_protseq */
  bool local_only;
  char annotation[PORTERO_EPM_ANNOTATION_SIZE];
};

struct portero_epm_map;

struct portero_epm_options {
  uint32_t max_entries;   /* 0: 200,000 */
  uint32_t max_per_owner; /* 0: 1,024 */
  uint64_t seed; /* of the hashes; random where owners are not trusted. Never visible in answers */
};

/* What is registered or deleted. Everything is copied. */
struct portero_epm_item {
  struct portero_uuid object;
  struct portero_bytes octets;       /* the tower as it was sent; what look-ups give back */
  const struct portero_tower *tower; /* the same, parsed */
  const char *annotation;            /* NULL: empty */
  bool local_only; /* hidden from other hosts whatever the tower says (a service on [::1]) */
};

/* options may be NULL. mem must outlive the map. LOCAL_NO_MEMORY. */
PORTERO_MUST_USE portero_status portero_epm_map_new(const struct portero_mem *mem,
                                                    const struct portero_epm_options *options,
                                                    struct portero_epm_map **out_map);
/* NULL is fine. */
void portero_epm_map_free(struct portero_epm_map *map);

/* The serial that the next new entry gets: what was registered before has a smaller one. */
uint64_t portero_epm_map_serial(const struct portero_epm_map *map);
uint32_t portero_epm_map_count(const struct portero_epm_map *map);
uint32_t portero_epm_map_owner_count(const struct portero_epm_map *map, uint64_t owner);

/*
 * Registers one item for owner at time now (any unit; kept as it is).
 *
 * One interface id, object, protocol sequence and endpoint belong to one owner, in any transfer
 * syntax: LOCAL_EXISTS when another has them. Ports on 0.0.0.0 are taken on every address. The
 * same owner registering the same again (transfer syntax included) gets its entry's annotation and
 * local_only updated; serial and time stay.
 *
 * replace_before: 0 to add. Else the owner's entries with a smaller serial, the same interface id,
 * object and protocol sequence but another endpoint are removed ([C706] rpc_ep_register; another
 * owner's never are). A request of several entries takes portero_epm_map_serial() once, so that
 * its own do not replace each other.
 *
 * LOCAL_USAGE: no usable tower, annotation too long; LOCAL_LIMIT: map or owner is full;
 * LOCAL_NO_MEMORY. On failure nothing has changed. out_entry may be NULL.
 */
PORTERO_MUST_USE portero_status portero_epm_map_insert(struct portero_epm_map *map, uint64_t owner,
                                                       const struct portero_epm_item *item,
                                                       uint64_t replace_before, uint64_t now,
                                                       struct portero_epm_entry **out_entry);
/* Deletes the entry of this object and tower (octets, annotation and local_only do not matter).
 * LOCAL_NOT_FOUND; LOCAL_DENIED: it is another owner's. */
PORTERO_MUST_USE portero_status portero_epm_map_delete(struct portero_epm_map *map, uint64_t owner,
                                                       const struct portero_epm_item *item);
/* Deletes an entry that a look-up gave, whoever owns it. */
void portero_epm_map_remove(struct portero_epm_map *map, struct portero_epm_entry *entry);
/* Deletes everything of owner; returns how much that was. */
uint32_t portero_epm_map_delete_owner(struct portero_epm_map *map, uint64_t owner);

/* The same for those with this serial or a later one: takes back what has just been inserted. */
uint32_t portero_epm_map_delete_since(struct portero_epm_map *map, uint64_t owner, uint64_t serial);

/* ---- looking up ---- */

/* May this entry be told to the one who asks? Pure: same answer for the same arguments. */
typedef bool portero_epm_visible(const void *ctx, const struct portero_epm_entry *entry);

enum portero_epm_reach {
  PORTERO_EPM_REACH_LOCAL,    /* local sockets: clients on this host */
  PORTERO_EPM_REACH_LOOPBACK, /* 127.0.0.0/8, or local_only: the same */
  PORTERO_EPM_REACH_NETWORK,
};
/* From where the endpoint can be reached: the usual ingredient of a filter. */
enum portero_epm_reach portero_epm_entry_reach(const struct portero_epm_entry *entry);

/* Counts one look-up. Safe from several readers at once. */
static inline void portero_epm_entry_hit(struct portero_epm_entry *entry)
{
  (void)__atomic_fetch_add(&entry->lookups, 1, __ATOMIC_RELAXED);
}
static inline uint64_t portero_epm_entry_lookups(const struct portero_epm_entry *entry)
{
  return __atomic_load_n(&entry->lookups, __ATOMIC_RELAXED);
}

/* Values of the wire. [C706] rpc_mgmt_ep_elt_inq_begin, [MS-RPCE] 2.2.1.2.4 */
enum portero_epm_inquiry {
  PORTERO_EPM_ALL = 0, /* interface, version and object are ignored */
  PORTERO_EPM_BY_INTERFACE = 1,
  PORTERO_EPM_BY_OBJECT = 2,
  PORTERO_EPM_BY_BOTH = 3,
};
enum portero_epm_version {
  PORTERO_EPM_VERSION_ALL = 1,
  PORTERO_EPM_VERSION_COMPATIBLE = 2, /* same major, registered minor not below the asked one */
  PORTERO_EPM_VERSION_EXACT = 3,
  PORTERO_EPM_VERSION_MAJOR_ONLY = 4,
  PORTERO_EPM_VERSION_UP_TO = 5, /* registered version not above the asked one */
};

/* Where a look-up stands; all zero to begin. A value: drop it to end the look-up. */
struct portero_epm_cursor {
  uint64_t after; /* serial of the last entry told */
  uint8_t tier;   /* of ept_map: which objects count, settled by the first batch */
};

struct portero_epm_query {
  uint32_t inquiry; /* enum portero_epm_inquiry */
  uint32_t version; /* enum portero_epm_version; ignored where no interface is asked for */
  struct portero_syntax interface;
  struct portero_uuid object;   /* by object: nil finds the entries without object */
  portero_epm_visible *visible; /* NULL: everything is */
  const void *visible_ctx;
};

/*
 * ept_lookup: the next entries, at most max, in order of registration. *out_more: the batch is
 * full, go on with the cursor; the next batch may then be empty. A batch that is not full ends the
 * look-up, and so does max 0. LOCAL_USAGE: an inquiry type or version option that does not exist.
 */
PORTERO_MUST_USE portero_status portero_epm_lookup(const struct portero_epm_map *map,
                                                   const struct portero_epm_query *query,
                                                   struct portero_epm_cursor *cursor,
                                                   struct portero_epm_entry **out_entries,
                                                   size_t max, size_t *out_count, bool *out_more);

/* The entries of one owner behind the cursor, at most max; how many there were. */
size_t portero_epm_map_owned(const struct portero_epm_map *map, uint64_t owner,
                             struct portero_epm_cursor *cursor,
                             struct portero_epm_entry **out_entries, size_t max);

struct portero_epm_map_query {
  struct portero_syntax
      interface; /* same UUID and major, registered minor not below the asked one */
  struct portero_syntax transfer; /* equal */
  enum portero_protseq protseq;   /* equal; port, address and endpoint asked for say nothing */
  struct portero_uuid object;
  portero_epm_visible *visible;
  const void *visible_ctx;
};

/*
 * ept_map: where is this interface served? Entries with the asked object are told, and when there
 * are none those without object ([C706] 6.2.3.3). Who asks for no object (nil) gets the entries
 * without object and, when there are none, those of any object: [MS-RPCE] 2.2.1.2.5 says that nil
 * means that no object is specified, and clients that know nothing of objects have to find the
 * service. Batches as above. Never fails.
 */
void portero_epm_map_find(const struct portero_epm_map *map,
                          const struct portero_epm_map_query *query,
                          struct portero_epm_cursor *cursor, struct portero_epm_entry **out_entries,
                          size_t max, size_t *out_count, bool *out_more);

#endif
