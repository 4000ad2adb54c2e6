/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs for fuzz_stub: random values of every operation of a file in idl/, each once in each
 * direction and encoding, as one file each.
 *
 * usage: make_stub_inputs IDL DIRECTORY STAMP; writes STAMP when the directory is filled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/golden/stubs.h"
#include "tests/support/random_value.h"

#define MAX_INPUT ((size_t)1 << 12) /* larger ones are left out: the fuzzer grows its own */
#define BUDGET    ((size_t)64 << 20)
#define WAYS      6u

static const char *directory;
static unsigned written;

static void must(bool fine, const char *what)
{
  if (fine)
    return;
  perror(what);
  exit(1);
}

static void save(const uint8_t *head, struct portero_bytes stub)
{
  char path[512];
  FILE *file;

  if (stub.size > MAX_INPUT)
    return;
  (void)snprintf(path, sizeof path, "%s/%u-%u-%u", directory, head[0], head[1], head[2]);
  file = fopen(path, "wb");
  must(file != NULL, path);
  must(fwrite(head, 1, 3, file) == 3, path);
  must(stub.size == 0 || fwrite(stub.data, 1, stub.size, file) == stub.size, path);
  must(fclose(file) == 0, path);
  written++;
}

static void make_op(const struct portero_types *t, const struct portero_op *op, uint8_t iface,
                    uint8_t index, uint32_t size)
{
  struct portero_arena arena;
  struct random_value r = {.t = t, .arena = &arena, .state = index * 2654435761u + 1};
  void *params;

  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  params = portero_arena_alloc(&arena, size);
  for (uint8_t way = 0; params && random_params(&r, op, params) && way < WAYS; way++) {
    const uint8_t head[] = {iface, index, way};
    struct portero_ndr_writer w;

    portero_ndr_writer_init(&w, &portero_mem_malloc, BUDGET, (way & 6) == 2, (way & 6) == 4);
    portero_types_write_call(t, op, way & 1 ? PORTERO_DIRECTION_OUT : PORTERO_DIRECTION_IN, params,
                             &w);
    if (portero_is_ok(portero_ndr_writer_finish(&w)))
      save(head, portero_ndr_writer_stub(&w));
    portero_writer_deinit(&w.w);
    params = portero_arena_alloc(&arena, size);
  }
  portero_arena_deinit(&arena);
}

static void make_interface(const struct portero_stub *s, uint8_t number)
{
  struct portero_arena arena;
  struct portero_types t;
  const struct portero_iface *iface;

  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  must(portero_is_ok(
           portero_types_load(portero_bytes_make(s->table, s->table_size), &arena, &t, NULL)),
       "type table");
  iface = portero_types_iface(&t, &s->id);
  must(iface != NULL, "interface");
  for (uint32_t i = 0; i < s->n_ops && i <= UINT8_MAX; i++)
    if (!(s->ops[i].flags & PORTERO_OP_RESERVED))
      make_op(&t, portero_types_op(&t, iface, s->ops[i].opnum), number, (uint8_t)i,
              s->ops[i].size);
  portero_arena_deinit(&arena);
}

int main(int argc, char **argv)
{
  uint8_t number = 0;
  FILE *stamp;

  must(argc == 4, "usage: make_stub_inputs IDL DIRECTORY STAMP");
  directory = argv[2];
  (void)mkdir(directory, 0777);
  for (const struct listed_stub *s = listed_stubs; s->file; s++)
    if (strcmp(s->file, argv[1]) == 0)
      make_interface(s->stub, number++);
  must(written > 0, directory);
  stamp = fopen(argv[3], "w");
  must(stamp != NULL && fclose(stamp) == 0, argv[3]);
  return 0;
}
