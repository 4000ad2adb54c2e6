/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <portero/tower.h>

#include "bench/sockets.h"
#include "src/rpc/epm.h"

#define ARENA_SIZE      65536u
#define TOWER_INTERFACE 5u /* where a tower's first UUID is: count of floors, length, kind */

static struct portero_pdu_header make_header(uint32_t call_id)
{
  struct portero_pdu_header header = {
      .version = 5, .flags = PORTERO_PFC_WHOLE, .drep = {PORTERO_DREP_LITTLE}, .call_id = call_id};

  return header;
}

void calls_request_make(struct calls_request *out_request, uint16_t opnum,
                        struct portero_bytes stub)
{
  struct portero_pdu_header header = make_header(0);
  struct portero_request request = {
      .alloc_hint = (uint32_t)stub.size, .opnum = opnum, .stub = stub};
  struct portero_writer w;

  memset(out_request, 0, sizeof *out_request);
  portero_writer_init_fixed(&w, out_request->bytes, sizeof out_request->bytes);
  portero_pdu_write_request(&w, &header, &request);
  errno = 0;
  if (!portero_is_ok(portero_writer_finish(&w)))
    bench_fail("the stub does not fit in one fragment");
  out_request->size = w.size;
}

static struct portero_bytes make_tower(const struct portero_syntax *iface, uint8_t *buffer,
                                       size_t capacity)
{
  struct portero_tower tower;
  struct portero_writer w;

  memset(&tower, 0, sizeof tower);
  tower.interface = *iface;
  tower.transfer = portero_syntax_ndr;
  tower.protseq = PORTERO_NCACN_IP_TCP;
  portero_writer_init_fixed(&w, buffer, capacity);
  portero_tower_write(&w, &tower);
  return portero_writer_bytes(&w);
}

void calls_request_make_map(struct calls_request *out_request, const struct portero_syntax *iface,
                            uint32_t vary)
{
  uint8_t octets[256], stub[512];
  struct portero_ndr_writer w;
  const struct portero_bytes tower = make_tower(iface, octets, sizeof octets);
  const struct epm_tower map_tower = epm_tower_of(tower);
  const struct epmapper_ept_map m = {.map_tower = &map_tower, .max_towers = 1};
  struct portero_arena arena;
  const uint8_t *found;

  portero_arena_init(&arena, &portero_mem_malloc, ARENA_SIZE);
  portero_ndr_writer_init_fixed(&w, stub, sizeof stub, false, false);
  portero_stub_write_params(&epmapper_stub, &epmapper_stub.ops[epmapper_ept_map_opnum],
                            PORTERO_DIRECTION_IN, &m, &arena, &w);
  portero_arena_deinit(&arena);
  calls_request_make(out_request, epmapper_ept_map_opnum, portero_ndr_writer_stub(&w));
  found = memmem(out_request->bytes, out_request->size, tower.data, tower.size);
  errno = 0;
  if (!found)
    bench_fail("the tower is not in its request");
  out_request->vary_at = (size_t)(found - out_request->bytes) + TOWER_INTERFACE;
  out_request->vary_from = iface->uuid.time_low;
  out_request->vary = vary;
}

/*
 * Neighbours in time are far apart in the map, and every value has its turn in n calls: the factor
 * is a prime, which has no divisor in common with n but for n = factor.
 */
static uint32_t spread(uint32_t call_id, uint32_t n)
{
  return (uint32_t)((uint64_t)(call_id % n) * 2654435761u % n);
}

void calls_request_write(const struct calls_request *r, uint32_t call_id, uint8_t *out_bytes)
{
  memcpy(out_bytes, r->bytes, r->size);
  portero_store_u32(out_bytes + CALLS_CALL_ID, false, call_id);
  if (r->vary)
    portero_store_u32(out_bytes + r->vary_at, false, r->vary_from + spread(call_id, r->vary));
}

static bool read_all(int fd, uint8_t *buffer, size_t size)
{
  return size == 0 || recv(fd, buffer, size, MSG_WAITALL) == (ssize_t)size;
}

bool calls_read(int fd, uint8_t buffer[CALLS_BUFFER], struct portero_pdu *out_pdu)
{
  struct portero_pdu_header header;

  if (!read_all(fd, buffer, PORTERO_PDU_HEADER_SIZE))
    return false;
  portero_pdu_header_read(buffer, &header);
  if (header.frag_length < PORTERO_PDU_HEADER_SIZE)
    return false;
  if (!read_all(fd, buffer + PORTERO_PDU_HEADER_SIZE,
                header.frag_length - (size_t)PORTERO_PDU_HEADER_SIZE))
    return false;
  return portero_is_ok(portero_pdu_read(portero_bytes_make(buffer, header.frag_length), out_pdu));
}

static bool accepted(struct portero_pdu *pdu)
{
  struct portero_context_result result;

  return pdu->header.ptype == PORTERO_PTYPE_BIND_ACK &&
         portero_context_result_next(&pdu->body.bind_ack.results_reader, &result) &&
         result.result == PORTERO_RESULT_ACCEPTANCE;
}

bool calls_bind(int fd, const struct portero_syntax *iface, bool multiplex)
{
  struct portero_pdu_header header = make_header(1);
  struct portero_context context = {
      .abstract = *iface, .transfer = &portero_syntax_ndr, .n_transfer = 1};
  struct portero_bind bind = {.max_xmit_frag = CALLS_FRAGMENT,
                              .max_recv_frag = CALLS_FRAGMENT,
                              .n_contexts = 1,
                              .contexts = &context};
  static uint8_t buffer[CALLS_BUFFER];
  struct portero_writer w;
  struct portero_pdu pdu;

  if (multiplex)
    header.flags |= PORTERO_PFC_CONC_MPX;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  portero_pdu_write_bind(&w, &header, &bind);
  return bench_try_send(fd, w.base, w.size) && calls_read(fd, buffer, &pdu) && accepted(&pdu);
}

bool calls_once(int fd, const struct calls_request *r, uint8_t buffer[CALLS_BUFFER],
                struct portero_pdu *out_pdu)
{
  calls_request_write(r, 0, buffer);
  return bench_try_send(fd, buffer, r->size) && calls_read(fd, buffer, out_pdu);
}

static bool tower_of(const struct epmapper_ept_map *m, struct portero_tower *out_tower)
{
  return m->status == 0 && m->num_towers > 0 && m->towers[0] &&
         portero_is_ok(portero_tower_read(epm_octets(m->towers[0]), out_tower));
}

bool calls_map_port(const struct portero_pdu *pdu, uint16_t *out_port)
{
  struct epmapper_ept_map m = {.max_towers = 1};
  struct portero_ndr_reader r;
  struct portero_arena arena;
  struct portero_tower tower;
  bool found;

  if (pdu->header.ptype != PORTERO_PTYPE_RESPONSE)
    return false;
  portero_arena_init(&arena, &portero_mem_malloc, ARENA_SIZE);
  portero_ndr_reader_init(&r, pdu->body.response.stub, &arena, false, false);
  portero_stub_read_params(&epmapper_stub, &epmapper_stub.ops[epmapper_ept_map_opnum],
                           PORTERO_DIRECTION_OUT, &m, &r);
  found = portero_is_ok(portero_ndr_reader_finish(&r)) && tower_of(&m, &tower);
  if (found)
    *out_port = tower.port;
  portero_arena_deinit(&arena);
  return found;
}

bool calls_map_found(const struct portero_pdu *pdu)
{
  uint16_t port;

  return calls_map_port(pdu, &port);
}

struct portero_syntax calls_parse_interface(const char *text)
{
  struct portero_syntax out = {.major = 0};
  char uuid[PORTERO_UUID_TEXT_SIZE];
  unsigned major, minor;
  const char *colon = strchr(text, ':');

  errno = 0;
  if (!colon || (size_t)(colon - text) >= sizeof uuid ||
      sscanf(colon, ":%5u.%5u", &major, &minor) != 2)
    bench_fail("expected an interface as UUID:MAJOR.MINOR");
  memcpy(uuid, text, (size_t)(colon - text));
  uuid[colon - text] = 0;
  if (!portero_uuid_parse(uuid, &out.uuid))
    bench_fail("expected an interface as UUID:MAJOR.MINOR");
  out.major = (uint16_t)major;
  out.minor = (uint16_t)minor;
  return out;
}
