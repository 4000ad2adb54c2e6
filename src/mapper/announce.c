/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the configuration: services that do not register themselves. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/mapper/change.h"
#include "src/rpc/epm.h"

static bool is_local_host(const char *host)
{
  return strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0;
}

/* Names are not looked up: who answers for them may change while the map stays. */
static bool host_can_be_told(const char *host)
{
  struct in6_addr address;

  return *host == '\0' || is_local_host(host) || inet_pton(AF_INET, host, &address) == 1 ||
         inet_pton(AF_INET6, host, &address) == 1;
}

static bool announced_tower(const struct mapper_entry *e, struct portero_tower *out_tower)
{
  char *end;
  unsigned long port = strtoul(e->binding.endpoint, &end, 10);

  if (e->binding.protseq == PORTERO_PROTSEQ_UNKNOWN)
    return false;

  memset(out_tower, 0, sizeof *out_tower);
  out_tower->interface = e->interface;
  out_tower->transfer = portero_syntax_ndr;
  out_tower->protseq = e->binding.protseq;
  (void)inet_pton(AF_INET, e->binding.host, out_tower->ipv4);
  (void)snprintf(out_tower->endpoint, sizeof out_tower->endpoint, "%s", e->binding.endpoint);
  if (e->binding.protseq == PORTERO_NCACN_NP || e->binding.protseq == PORTERO_NCALRPC ||
      e->binding.protseq == PORTERO_NCACN_UNIX_STREAM)
    return true;
  out_tower->port = (uint16_t)port;
  return e->binding.endpoint[0] >= '0' && e->binding.endpoint[0] <= '9' && *end == '\0' &&
         port > 0 && port <= UINT16_MAX && host_can_be_told(e->binding.host);
}

bool mapper_entry_is_usable(const struct mapper_entry *entry)
{
  struct portero_tower tower;

  return announced_tower(entry, &tower);
}

/* Nobody is asked: the configuration is the administrator's own word. */
static void announcement_tell(struct mapper *m, const struct mapper_entry *e,
                              const struct portero_tower *tower)
{
  struct roll_entry entry;
  struct roll roll = {.entries = &entry, .n = 1};
  struct portero_event event;

  if (!records_wanted(m))
    return;
  roll_entry_of(tower, &e->binding.object, e->annotation, &entry);
  entry.serial = entry.owner = OWNER_CONFIGURATION;
  memset(&event, 0, sizeof event);
  event.reason = "configuration";
  records_registered(m, &event, &roll, 0);
}

portero_status mapper_announce(struct mapper *m, const struct mapper_entry *e)
{
  struct epm_entry entry = {.object = e->binding.object, .annotation = e->annotation};
  struct epm_tower octets;
  struct portero_tower tower;
  struct portero_writer w;
  struct change change;
  portero_status status = portero_local(PORTERO_LOCAL_USAGE);

  if (!announced_tower(e, &tower))
    return status;
  portero_writer_init(&w, &portero_mem_malloc, PORTERO_EPM_TOWER_LIMIT);
  portero_tower_write(&w, &tower);
  status = portero_writer_finish(&w);
  if (portero_is_ok(status)) {
    octets = epm_tower_of(portero_writer_bytes(&w));
    entry.tower = &octets;
    memset(&change, 0, sizeof change);
    change.owner = OWNER_CONFIGURATION;
    change.entries = &entry;
    change.towers = &tower;
    change.n = 1;
    change.local_only = is_local_host(e->binding.host);
    status = store_apply(&m->store, change_insert, &change);
  }
  if (portero_is_ok(status))
    announcement_tell(m, e, &tower);
  portero_writer_deinit(&w);
  return status;
}
