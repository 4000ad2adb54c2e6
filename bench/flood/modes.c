/* SPDX-License-Identifier: Apache-2.0 */
/* What the connections of a flood say. */
#include <string.h>

#include <portero/pdu.h>

#include "bench/calls.h"
#include "bench/flood/flood.h"
#include "src/rpc/epm.h"

#define REQUEST_HEADER 24u
#define HUGE_STUB      (4u << 20)
#define FEW            1u   /* entries: the mapper keeps a handle for the rest */
#define MANY           500u /* entries: the most that one answer may have */
#define PIPELINE       200u /* requests behind one another */
#define GARBAGE        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n"

static const struct portero_pdu_header first_header = {
    .version = 5, .flags = PORTERO_PFC_WHOLE, .drep = {PORTERO_DREP_LITTLE}, .call_id = 1};

void flood_write_bind(struct portero_writer *w)
{
  struct portero_context context = {
      .abstract = epmapper_stub.id, .transfer = &portero_syntax_ndr, .n_transfer = 1};
  struct portero_bind bind = {.max_xmit_frag = CALLS_FRAGMENT,
                              .max_recv_frag = CALLS_FRAGMENT,
                              .n_contexts = 1,
                              .contexts = &context};

  portero_pdu_write_bind(w, &first_header, &bind);
}

static void write_half_bind(struct portero_writer *w)
{
  uint8_t bytes[256];
  struct portero_writer whole;

  portero_writer_init_fixed(&whole, bytes, sizeof bytes);
  flood_write_bind(&whole);
  portero_write_bytes(w, bytes, whole.size / 2);
}

static void write_garbage(struct portero_writer *w)
{
  portero_write_bytes(w, GARBAGE, sizeof GARBAGE - 1);
}

/* Zeros for ept_lookup, in as many fragments as they take; the last one only if ends. */
static void write_huge(struct portero_writer *w, bool ends)
{
  static const uint8_t zeros[CALLS_FRAGMENT - REQUEST_HEADER];
  struct portero_pdu_header header = first_header;
  struct portero_request request = {.alloc_hint = HUGE_STUB, .opnum = epmapper_ept_lookup_opnum};

  for (size_t at = 0; at < HUGE_STUB; at += request.stub.size) {
    size_t left = HUGE_STUB - at;
    request.stub = portero_bytes_make(zeros, left < sizeof zeros ? left : sizeof zeros);
    header.flags = 0;
    if (at == 0)
      header.flags |= PORTERO_PFC_FIRST_FRAG;
    if (left <= sizeof zeros && ends)
      header.flags |= PORTERO_PFC_LAST_FRAG;
    portero_pdu_write_request(w, &header, &request);
  }
}

static void write_huge_endless(struct portero_writer *w)
{
  write_huge(w, false);
}

static void write_huge_whole(struct portero_writer *w)
{
  write_huge(w, true);
}

static void write_lookup(struct portero_writer *w, uint32_t entries)
{
  const struct epmapper_ept_lookup m = {.inquiry_type = epm_RPC_C_EP_ALL_ELTS,
                                        .version_option = epm_RPC_C_VERS_ALL,
                                        .max_entries = entries};
  struct calls_request request;
  struct portero_ndr_writer ndr;
  struct portero_arena arena;
  uint8_t stub[256];

  portero_arena_init(&arena, &portero_mem_malloc, CALLS_BUFFER);
  portero_ndr_writer_init_fixed(&ndr, stub, sizeof stub, false, false);
  portero_stub_write_params(&epmapper_stub, &epmapper_stub.ops[epmapper_ept_lookup_opnum],
                            PORTERO_DIRECTION_IN, &m, &arena, &ndr);
  portero_arena_deinit(&arena);
  calls_request_make(&request, epmapper_ept_lookup_opnum, portero_ndr_writer_stub(&ndr));
  portero_write_bytes(w, request.bytes, request.size);
}

static void write_lookup_few(struct portero_writer *w)
{
  write_lookup(w, FEW);
}

static void write_lookup_many(struct portero_writer *w)
{
  write_lookup(w, MANY);
}

/* In pieces that are not too small, so that it is not the kernel whom it costs. */
static void write_lookups_many(struct portero_writer *w)
{
  for (unsigned i = 0; i < PIPELINE; i++)
    write_lookup(w, MANY);
}

static const struct flood_mode modes[] = {
    {.name = "close", .what = "connects and closes", .reads = true},
    {.name = "hold", .what = "connects and stays", .reads = true, .after = FLOOD_HOLD},
    {.name = "half",
     .what = "sends half a bind and stays",
     .reads = true,
     .after = FLOOD_HOLD,
     .write_body = write_half_bind},
    {.name = "garbage",
     .what = "sends what is no PDU and waits for the end",
     .reads = true,
     .answered = true,
     .write_body = write_garbage},
    {.name = "endless",
     .what = "sends 4 MiB of a request that never ends and stays",
     .binds = true,
     .reads = true,
     .after = FLOOD_HOLD,
     .write_body = write_huge_endless},
    {.name = "huge",
     .what = "sends a request of 4 MiB, waits for its answer",
     .binds = true,
     .reads = true,
     .answered = true,
     .write_body = write_huge_whole},
    {.name = "lookup",
     .what = "lists the map, 500 entries a call",
     .binds = true,
     .reads = true,
     .answered = true,
     .repeats = true,
     .write_body = write_lookup_many},
    {.name = "handles",
     .what = "begins a listing with each call and ends none",
     .binds = true,
     .reads = true,
     .answered = true,
     .repeats = true,
     .write_body = write_lookup_few},
    {.name = "slow",
     .what = "lists the map for ever and reads nothing of it",
     .binds = true,
     .repeats = true,
     .after = FLOOD_HOLD,
     .write_body = write_lookups_many},
};

const struct flood_mode *flood_mode_at(size_t i)
{
  return i < sizeof modes / sizeof modes[0] ? &modes[i] : NULL;
}

const struct flood_mode *flood_mode_find(const char *name)
{
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
    if (strcmp(modes[i].name, name) == 0)
      return &modes[i];
  return NULL;
}
