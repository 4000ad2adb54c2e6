/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers many interfaces with the endpoint mapper, through its local socket, and keeps them.
 *
 * usage: fill SOCKET N; prints "filled N" and stays until standard input ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <portero/client.h>

#include "bench/names.h"
#include "bench/sockets.h"
#include "idl/epm_rpc.h"
#include "src/rpc/epm.h"

#define BATCH      1000u
#define TOWER_SIZE 128u
#define PORT_FIRST 49152u

struct batch {
  struct epm_entry entries[BATCH];
  struct epm_tower tower[BATCH];
  uint8_t towers[BATCH][TOWER_SIZE];
};

static struct portero_bytes write_tower(uint32_t number, uint8_t *buffer)
{
  struct portero_tower tower;
  struct portero_writer w;

  memset(&tower, 0, sizeof tower);
  tower.interface = (struct portero_syntax)BENCH_FILLED_INTERFACE;
  tower.interface.uuid.time_low = number;
  tower.transfer = portero_syntax_ndr;
  tower.protseq = PORTERO_NCACN_IP_TCP;
  tower.port = (uint16_t)(PORT_FIRST + number % (65536u - PORT_FIRST));
  portero_writer_init_fixed(&w, buffer, TOWER_SIZE);
  portero_tower_write(&w, &tower);
  return portero_writer_bytes(&w);
}

static void insert(struct portero_client *c, struct batch *b, uint32_t from, uint32_t n)
{
  struct epmapper_ept_insert m = {.entries = b->entries, .num_entries = n};

  memset(b->entries, 0, sizeof b->entries);
  for (uint32_t i = 0; i < n; i++) {
    b->tower[i] = epm_tower_of(write_tower(from + i, b->towers[i]));
    b->entries[i].tower = &b->tower[i];
    b->entries[i].annotation = "fill";
  }
  errno = 0;
  if (!portero_is_ok(epmapper_ept_insert(c, &m)))
    bench_fail(portero_client_error(c));
  if (m.status != 0)
    bench_fail("the endpoint mapper takes no more: mapper.max-entries-per-owner");
}

static struct portero_client *open_mapper(const char *path)
{
  struct portero_client *client = NULL;
  char binding[256];

  (void)snprintf(binding, sizeof binding, "ncalrpc:[%s]", path);
  errno = 0;
  if (!portero_is_ok(portero_client_open(binding, &epmapper_stub.id, NULL, &client)))
    bench_fail(client ? portero_client_error(client) : "memory");
  return client;
}

int main(int argc, char **argv)
{
  static struct batch batch;
  struct portero_client *client;
  uint32_t n;
  char byte;

  if (argc != 3) {
    (void)fprintf(stderr, "usage: fill SOCKET N\n");
    return 2;
  }
  n = (uint32_t)bench_number("N", argv[2], 1, 10000000);
  client = open_mapper(argv[1]);
  for (uint32_t at = 0; at < n; at += BATCH)
    insert(client, &batch, at, n - at < BATCH ? n - at : BATCH);
  printf("filled %u\n", n);
  (void)fflush(stdout);
  while (read(STDIN_FILENO, &byte, 1) > 0)
    ;
  portero_client_close(client);
  return 0;
}
