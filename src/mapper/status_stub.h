/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stubs of the mapper's status interface, both sides: what is registered, by whom, and what has
 * happened since the start. Served over the local socket alone.
 *
 *     [uuid(0c7d2f4e-95b1-4f0a-8a3e-6b9d1e2c3a45), version(1.0), pointer_default(unique)]
 *     typedef struct { hyper serial, age, lookups; long pid, uid, flags; GUID object;
 *                      [string] char *annotation; [string] char *unit;
 *                      long tower_size; [size_is(tower_size)] byte *tower; } ENTRY;
 *     long List([in] hyper after, [in, range(0,500)] long max, [out] hyper counters[9],
 *               [out] long *count, [out, size_is(max), length_is(*count)] ENTRY entries[]);
 */
#ifndef PORTERO_MAPPER_STATUS_STUB_H
#define PORTERO_MAPPER_STATUS_STUB_H

#include <portero/ndr.h>

extern const struct portero_syntax mapper_status_syntax;

#define STATUS_BATCH_MAX       500u
#define STATUS_HAS_CREDENTIALS 1u /* pid and uid are known */
#define STATUS_CONFIGURED      2u /* from the configuration file */

enum status_counter {
  STATUS_UPTIME, /* seconds */
  STATUS_ENTRIES,
  STATUS_MAPS,
  STATUS_LOOKUPS,
  STATUS_INSERTS,
  STATUS_DELETES,
  STATUS_REFUSED_REMOTE, /* attempts to register from the network */
  STATUS_REFUSED_CALLER, /* local processes that may not register */
  STATUS_REFUSED_TAKEN,  /* endpoints that another owner has */
  STATUS_COUNTERS,
};

struct status_entry {
  uint64_t serial;
  uint64_t age; /* seconds */
  uint64_t lookups;
  uint32_t pid, uid, flags;
  struct portero_uuid object;
  const char *annotation;
  const char *unit; /* systemd unit, or empty */
  struct portero_bytes tower;
};

struct status_request {
  uint64_t after; /* serial of the last entry known; 0: begin */
  uint32_t max;
};

struct status_response {
  uint64_t counters[STATUS_COUNTERS];
  uint32_t max; /* of the request */
  uint32_t n_entries;
  const struct status_entry *entries;
  uint32_t status;
};

void status_request_write(struct portero_ndr_writer *w, const struct status_request *m);
PORTERO_MUST_USE portero_status status_request_read(struct portero_ndr_reader *r,
                                                    struct status_request *out_m);
void status_response_write(struct portero_ndr_writer *w, const struct status_response *m);
/* What it gives lives in the reader's arena and in the stub. */
PORTERO_MUST_USE portero_status status_response_read(struct portero_ndr_reader *r,
                                                     struct status_response *out_m);

#endif
