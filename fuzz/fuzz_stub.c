/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One target for each file in idl/ (FUZZ_IDL names it): bytes as the stub of any of its operations,
 * in either direction and any encoding. Generated code and type table have the same verdict and the
 * same values; what was read is written, and that reads and writes the same.
 *
 * The first byte picks the interface, the second the operation, the third direction and encoding.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "tests/golden/stubs.h"

#define HEAD       3u
#define MAX_STUB   ((size_t)1 << 20)
#define BUDGET     ((size_t)64 << 20)
#define INTERFACES 64u

static const struct portero_stub *stubs[INTERFACES];
static unsigned n_stubs;
static struct portero_types tables[INTERFACES];

struct way {
  const struct portero_stub *stub;
  const struct portero_types *types;
  const struct portero_stub_op *op;
  const struct portero_op *table_op;
  enum portero_direction direction;
  bool ndr64, big_endian;
  struct portero_arena arena;
};

static void load(void)
{
  static struct portero_arena arena;
  const char *idl = FUZZ_IDL;

  FUZZ_CHECK(idl != NULL);
  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  for (const struct listed_stub *s = listed_stubs; s->file; s++) {
    struct portero_bytes table = portero_bytes_make(s->stub->table, s->stub->table_size);

    if (strcmp(s->file, idl) != 0 || n_stubs == INTERFACES)
      continue;
    FUZZ_CHECK(portero_is_ok(portero_types_load(table, &arena, &tables[n_stubs], NULL)));
    stubs[n_stubs++] = s->stub;
  }
  FUZZ_CHECK(n_stubs > 0);
}

static bool way_of(const uint8_t *head, struct way *out_way)
{
  unsigned i = head[0] % n_stubs;
  const struct portero_iface *iface = portero_types_iface(&tables[i], &stubs[i]->id);

  FUZZ_CHECK(iface != NULL);
  out_way->stub = stubs[i];
  out_way->types = &tables[i];
  out_way->op = &stubs[i]->ops[head[1] % stubs[i]->n_ops];
  if (out_way->op->flags & PORTERO_OP_RESERVED)
    return false;
  out_way->table_op = portero_types_op(&tables[i], iface, out_way->op->opnum);
  FUZZ_CHECK(out_way->table_op != NULL);
  out_way->direction = head[2] & 1 ? PORTERO_DIRECTION_OUT : PORTERO_DIRECTION_IN;
  out_way->ndr64 = (head[2] & 6) == 2;
  out_way->big_endian = (head[2] & 6) == 4;
  return true;
}

/* What the request said, for an answer alone: as far as the answer tells it. */
static void *given_of(struct way *w, struct portero_bytes bytes)
{
  void *params = portero_arena_alloc(&w->arena, w->op->size);
  struct portero_ndr_reader r;

  portero_ndr_reader_init(&r, bytes, &w->arena, w->ndr64, w->big_endian);
  if (params)
    portero_types_read_call(w->types, w->table_op, w->direction, true, params, &r);
  return params && portero_ndr_reader_ok(&r) ? params : NULL;
}

/* NULL: refused. */
static const void *read_params(struct way *w, bool by_code, struct portero_bytes bytes,
                               const uint8_t *given)
{
  const struct portero_types *t = w->types;
  const struct portero_type *s = &t->types[w->table_op->params];
  uint8_t *params = portero_arena_alloc(&w->arena, w->op->size);
  struct portero_ndr_reader r;

  if (!params)
    return NULL;
  for (uint32_t i = s->first; given && i < s->first + s->count; i++)
    if (t->members[i].type && (t->members[i].flags & PORTERO_MEMBER_IN))
      memcpy(params + t->offsets[i], given + t->offsets[i], t->layouts[t->members[i].type].size);
  portero_ndr_reader_init(&r, bytes, &w->arena, w->ndr64, w->big_endian);
  if (by_code)
    portero_stub_read_params(w->stub, w->op, w->direction, params, &r);
  else
    portero_types_read_call(t, w->table_op, w->direction, false, params, &r);
  return portero_ndr_reader_ok(&r) ? params : NULL;
}

static bool write_params(struct way *w, bool by_code, const void *params,
                         struct portero_ndr_writer *out_writer)
{
  portero_ndr_writer_init(out_writer, &portero_mem_malloc, MAX_STUB, w->ndr64, w->big_endian);
  if (by_code)
    portero_stub_write_params(w->stub, w->op, w->direction, params, &w->arena, out_writer);
  else
    portero_types_write_call(w->types, w->table_op, w->direction, params, out_writer);
  return portero_is_ok(portero_ndr_writer_finish(out_writer));
}

static bool same(const struct portero_ndr_writer *a, const struct portero_ndr_writer *b)
{
  struct portero_bytes x = portero_ndr_writer_stub(a), y = portero_ndr_writer_stub(b);

  return x.size == y.size && (x.size == 0 || memcmp(x.data, y.data, x.size) == 0);
}

/* A value that was read by one, written by both. */
static void check_value(struct way *w, const void *by_table, const void *by_code)
{
  struct portero_ndr_writer first, second, third;
  bool written = write_params(w, false, by_table, &first);

  FUZZ_CHECK(write_params(w, true, by_code, &second) == written);
  FUZZ_CHECK(!written || same(&first, &second));
  if (written) {
    const void *again = read_params(w, true, portero_ndr_writer_stub(&first), by_table);

    FUZZ_CHECK(again != NULL);
    FUZZ_CHECK(write_params(w, true, again, &third));
    FUZZ_CHECK(same(&first, &third));
    portero_writer_deinit(&third.w);
  }
  portero_writer_deinit(&first.w);
  portero_writer_deinit(&second.w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const void *by_table, *by_code;
  struct portero_bytes bytes;
  struct way w;
  const uint8_t *given;

  if (n_stubs == 0)
    load();
  if (size < HEAD || !way_of(data, &w))
    return 0;
  bytes = portero_bytes_make(data + HEAD, size - HEAD);
  portero_arena_init(&w.arena, &portero_mem_malloc, BUDGET);
  given = w.direction == PORTERO_DIRECTION_OUT ? given_of(&w, bytes) : NULL;
  by_table = read_params(&w, false, bytes, given);
  by_code = read_params(&w, true, bytes, given);
  FUZZ_CHECK(!by_table == !by_code);
  if (by_table)
    check_value(&w, by_table, by_code);
  portero_arena_deinit(&w.arena);
  return 0;
}
