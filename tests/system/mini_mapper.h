/* SPDX-License-Identifier: Apache-2.0 */
/* As much of an endpoint mapper as clients and registrations need, in the test's own process. */
#ifndef PORTERO_TESTS_SYSTEM_MINI_MAPPER_H
#define PORTERO_TESTS_SYSTEM_MINI_MAPPER_H

#include <pthread.h>

#include <portero/server.h>
#include <portero/tower.h>

#define MINI_TOWERS 8u

struct mini_mapper {
  struct portero_server *server;
  struct portero_interface epm;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct portero_tower towers[MINI_TOWERS]; /* the answer to ept_map, whatever is asked */
  unsigned n_towers;
  uint32_t result;     /* of ept_map and ept_insert, 0: success */
  unsigned n_inserted; /* entries */
  struct portero_tower inserted;
  char annotation[64]; /* of the last */
};

void mini_init(struct mini_mapper *m);
/* Serves at a string binding until mini_stop(). */
void mini_start(struct mini_mapper *m, const char *binding);
void mini_stop(struct mini_mapper *m);
void mini_deinit(struct mini_mapper *m);
/* An endpoint for ept_map to tell. */
void mini_add(struct mini_mapper *m, const struct portero_syntax *iface, uint16_t port);
/* Waits until n entries have been inserted in all. */
void mini_wait_inserted(struct mini_mapper *m, unsigned n);

#endif
