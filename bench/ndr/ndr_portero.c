/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Portero's marshalling, for bench/ndr/run.
 * usage: ndr_portero code|table|memcpy pairs|hypers|bytes|logon write|read|hex SECONDS
 */
#include <string.h>

#include "bench/ndr/bench.h"
#include "bench/ndr/subjects.h"

#define STUB_SIZE ((size_t)1 << 20)

enum how {
  CODE,
  TABLE,
  MEMCPY
};

static const struct portero_stub_op *op;
static struct portero_types types;
static const struct portero_op *table_op;
static enum how how;
static const void *params;
static uint8_t stub[STUB_SIZE], copy[STUB_SIZE];
static size_t stub_size;
static struct portero_arena arena, table_arena;
static const void *memcpy_from;
static size_t memcpy_size;
volatile uint8_t bench_sink;

/* ---- values: the same as those of ndr_samba ---- */

static struct bench_pair pairs[BENCH_ELEMENTS];
static int64_t hypers[BENCH_ELEMENTS];
static uint8_t bytes[BENCH_BYTES];
static uint16_t text[32];
static struct bench_group groups[BENCH_GROUPS];
static struct bench_sid_attribute sids[BENCH_SIDS];
static const uint32_t sub_authorities[] = {21, 1, 2, 3};
static const struct ms_types_sid domain = {
    .revision = 1,
    .sub_authority_count = 4,
    .authority = {.value = {0, 0, 0, 0, 0, 5}},
    .sub_authority = sub_authorities,
};
static struct bench_pairs pairs_params = {.n = BENCH_ELEMENTS, .v = pairs};
static struct bench_hypers hypers_params = {.n = BENCH_ELEMENTS, .v = hypers};
static struct bench_bytes bytes_params = {.n = BENCH_BYTES, .v = bytes};
static struct bench_logon_info logon_params;

static struct bench_name name_of(uint16_t characters)
{
  struct bench_name n = {.length = (uint16_t)(2 * characters), .size = (uint16_t)(2 * characters)};

  n.string = text;
  return n;
}

/* With room for a terminator, as domain controllers send these two. */
static struct bench_name large_name_of(uint16_t characters)
{
  struct bench_name n = name_of(characters);

  n.size = (uint16_t)(n.size + 2);
  return n;
}

static void fill_logon(struct bench_logon *v)
{
  v->account_name = name_of(12);
  v->full_name = name_of(20);
  v->logon_script = name_of(8);
  v->profile_path = name_of(16);
  v->home_directory = name_of(16);
  v->home_drive = name_of(2);
  v->logon_count = 7;
  v->rid = 1105;
  v->primary_gid = 513;
  v->n_groups = BENCH_GROUPS;
  v->groups = groups;
  v->user_flags = 0x20;
  v->logon_server = large_name_of(10);
  v->logon_domain = large_name_of(9);
  v->domain_sid = &domain;
  v->account_flags = 0x210;
  v->n_sids = BENCH_SIDS;
  v->sids = sids;
}

static void fill(void)
{
  for (unsigned i = 0; i < BENCH_ELEMENTS; i++) {
    pairs[i] = (struct bench_pair){(uint16_t)i, (uint8_t)(i * 3)};
    hypers[i] = (int64_t)i * 0x0102030405;
  }
  for (unsigned i = 0; i < BENCH_BYTES; i++)
    bytes[i] = (uint8_t)i;
  for (unsigned i = 0; i < sizeof text / sizeof text[0]; i++)
    text[i] = (uint16_t)('a' + i % 26);
  for (unsigned i = 0; i < BENCH_GROUPS; i++)
    groups[i] = (struct bench_group){1000 + i, 7};
  for (unsigned i = 0; i < BENCH_SIDS; i++)
    sids[i] = (struct bench_sid_attribute){&domain, 7};
  fill_logon(&logon_params.v);
}

/* ---- steps ---- */

static void write_stub(void)
{
  struct portero_ndr_writer w;

  portero_ndr_writer_init_fixed(&w, stub, sizeof stub, false, false);
  if (how == TABLE)
    portero_types_write_call(&types, table_op, PORTERO_DIRECTION_IN, params, &w);
  else
    op->in.write[0](&w, params);
  stub_size = portero_ndr_writer_stub(&w).size;
}

static void read_stub(void)
{
  static union {
    struct bench_pairs pairs;
    struct bench_hypers hypers;
    struct bench_bytes bytes;
    struct bench_logon_info logon;
  } out;
  struct portero_ndr_reader r;

  portero_arena_reset(&arena);
  portero_ndr_reader_init(&r, portero_bytes_make(stub, stub_size), &arena, false, false);
  if (how == TABLE)
    portero_types_read_call(&types, table_op, PORTERO_DIRECTION_IN, false, &out, &r);
  else
    op->in.read[0](&r, &out);
  if (!portero_is_ok(portero_ndr_reader_finish(&r)))
    exit(1);
}

static void copy_bytes(void)
{
  memcpy(copy, memcpy_from, memcpy_size);
  bench_sink = copy[memcpy_size / 2];
}

/* ---- choice ---- */

static const struct {
  const char *name;
  uint16_t opnum;
  const void *params;
  const void *elements;
  size_t size;
} subjects[] = {
    {"pairs", 0, &pairs_params, pairs, sizeof pairs},
    {"hypers", 1, &hypers_params, hypers, sizeof hypers},
    {"bytes", 2, &bytes_params, bytes, sizeof bytes},
    {"logon", 3, &logon_params, &logon_params, sizeof logon_params},
};

static int choose(const char *way, const char *subject)
{
  const struct portero_iface *iface;

  how = strcmp(way, "table") == 0 ? TABLE : strcmp(way, "memcpy") == 0 ? MEMCPY : CODE;
  for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
    if (strcmp(subjects[i].name, subject) != 0)
      continue;
    op = &bench_stub.ops[subjects[i].opnum];
    params = subjects[i].params;
    memcpy_from = subjects[i].elements;
    memcpy_size = subjects[i].size;
  }
  portero_arena_init(&arena, &portero_mem_malloc, (size_t)64 << 20);
  portero_arena_init(&table_arena, &portero_mem_malloc, (size_t)64 << 20);
  if (!op ||
      !portero_is_ok(portero_types_load(portero_bytes_make(bench_stub.table, bench_stub.table_size),
                                        &table_arena, &types, NULL)))
    return -1;
  iface = portero_types_iface(&types, &bench_stub.id);
  table_op = iface ? portero_types_op(&types, iface, op->opnum) : NULL;
  return table_op ? 0 : -1;
}

int main(int argc, char **argv)
{
  if (argc != 5 || choose(argv[1], argv[2]) < 0) {
    (void)fprintf(stderr, "usage: ndr_portero code|table|memcpy SUBJECT write|read|hex SECONDS\n");
    return 2;
  }
  fill();
  write_stub();
  if (strcmp(argv[3], "hex") == 0)
    bench_print_hex(stub, stub_size);
  else if (how == MEMCPY)
    bench_measure(copy_bytes, strtod(argv[4], NULL));
  else
    bench_measure(strcmp(argv[3], "write") == 0 ? write_stub : read_stub, strtod(argv[4], NULL));
  return 0;
}
