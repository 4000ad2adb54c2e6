/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS    10000
#define SILENCE_MS 100
#define PUT_LIMIT  (1u << 20)

static void raw_connect_local(struct raw *r, const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};

  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(r->fd, (struct sockaddr *)&address, sizeof address), 0);
}

static void raw_connect_tcp(struct raw *r, const struct portero_binding *b)
{
  struct sockaddr_in address = {.sin_family = AF_INET};

  address.sin_port = htons((uint16_t)atoi(b->endpoint));
  assert_int_equal(inet_pton(AF_INET, b->host, &address.sin_addr), 1);
  r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(r->fd, (struct sockaddr *)&address, sizeof address), 0);
}

void raw_connect(struct raw *r, const struct portero_server *s, size_t i)
{
  const char *text = portero_server_binding(s, i);
  struct portero_binding b;

  memset(r, 0, sizeof *r);
  r->next_call = 1;
  assert_non_null(text);
  assert_true(portero_is_ok(portero_binding_parse(text, &b, NULL)));
  if (b.protseq == PORTERO_NCALRPC)
    raw_connect_local(r, b.endpoint);
  else
    raw_connect_tcp(r, &b);
}

void raw_close(struct raw *r)
{
  (void)close(r->fd);
  r->fd = -1;
}

void raw_send(struct raw *r, struct portero_bytes bytes)
{
  while (bytes.size > 0) {
    ssize_t n = send(r->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    assert_true(n > 0);
    bytes.data += n;
    bytes.size -= (size_t)n;
  }
}

static bool raw_wait(const struct raw *r, int ms)
{
  struct pollfd p = {.fd = r->fd, .events = POLLIN};
  int n;

  do
    n = poll(&p, 1, ms);
  while (n < 0 && errno == EINTR);
  return n > 0;
}

/* false: the peer closed before the first byte. */
static bool raw_read_bytes(struct raw *r, uint8_t *at, size_t size)
{
  for (size_t done = 0; done < size;) {
    ssize_t n;
    assert_true(raw_wait(r, WAIT_MS));
    n = recv(r->fd, at + done, size - done, 0);
    if (done == 0 && n == 0)
      return false;
    assert_true(n > 0);
    done += (size_t)n;
  }
  return true;
}

void raw_read(struct raw *r)
{
  struct portero_pdu_header header;

  assert_true(raw_read_bytes(r, r->bytes, PORTERO_PDU_HEADER_SIZE));
  portero_pdu_header_read(r->bytes, &header);
  assert_true(header.frag_length >= PORTERO_PDU_HEADER_SIZE);
  if (header.frag_length > PORTERO_PDU_HEADER_SIZE)
    assert_true(raw_read_bytes(r, r->bytes + PORTERO_PDU_HEADER_SIZE,
                               header.frag_length - PORTERO_PDU_HEADER_SIZE));
  assert_true(
      portero_is_ok(portero_pdu_read(portero_bytes_make(r->bytes, header.frag_length), &r->pdu)));
}

void raw_expect(struct raw *r, enum portero_ptype ptype)
{
  raw_read(r);
  assert_int_equal(r->pdu.header.ptype, ptype);
}

void raw_expect_end(struct raw *r)
{
  uint8_t byte;

  assert_true(raw_wait(r, WAIT_MS));
  assert_true(recv(r->fd, &byte, 1, 0) <= 0);
}

void raw_expect_silence(struct raw *r)
{
  assert_false(raw_wait(r, SILENCE_MS));
}

/* ---- PDUs ---- */

static struct portero_pdu_header raw_header(enum portero_ptype ptype, uint8_t flags,
                                            uint32_t call_id)
{
  struct portero_pdu_header header;

  memset(&header, 0, sizeof header);
  header.version = 5;
  header.ptype = (uint8_t)ptype;
  header.flags = flags;
  header.drep[0] = PORTERO_DREP_LITTLE;
  header.call_id = call_id;
  return header;
}

void raw_put_bind(struct portero_writer *w, enum portero_ptype ptype, uint32_t call_id,
                  uint32_t group, const struct portero_context *contexts, uint8_t n, uint8_t flags)
{
  struct portero_pdu_header header = raw_header(ptype, flags, call_id);
  struct portero_bind bind;

  memset(&bind, 0, sizeof bind);
  bind.max_xmit_frag = bind.max_recv_frag = 5840;
  bind.assoc_group_id = group;
  bind.n_contexts = n;
  bind.contexts = contexts;
  if (ptype == PORTERO_PTYPE_BIND)
    portero_pdu_write_bind(w, &header, &bind);
  else
    portero_pdu_write_alter_context(w, &header, &bind);
}

void raw_put_request(struct portero_writer *w, uint32_t call_id, uint16_t context, uint16_t opnum,
                     uint8_t flags, struct portero_bytes stub)
{
  struct portero_pdu_header header = raw_header(PORTERO_PTYPE_REQUEST, flags, call_id);
  struct portero_request request;

  memset(&request, 0, sizeof request);
  request.alloc_hint = (uint32_t)stub.size;
  request.context_id = context;
  request.opnum = opnum;
  request.stub = stub;
  portero_pdu_write_request(w, &header, &request);
}

void raw_put_simple(struct portero_writer *w, enum portero_ptype ptype, uint32_t call_id)
{
  struct portero_pdu_header header = raw_header(ptype, PORTERO_PFC_WHOLE, call_id);

  portero_pdu_write_simple(w, &header);
}

static void raw_send_writer(struct raw *r, struct portero_writer *w)
{
  assert_true(portero_is_ok(portero_writer_finish(w)));
  raw_send(r, portero_writer_bytes(w));
  portero_writer_deinit(w);
}

static void raw_propose(struct raw *r, enum portero_ptype ptype, uint16_t id,
                        const struct portero_syntax *iface, uint32_t group)
{
  struct portero_context context = {id, *iface, &portero_syntax_ndr, 1};
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, PUT_LIMIT);
  raw_put_bind(&w, ptype, r->next_call++, group, &context, 1,
               PORTERO_PFC_WHOLE | PORTERO_PFC_CONC_MPX);
  raw_send_writer(r, &w);
  raw_read(r);
}

struct portero_context_result raw_result(const struct raw *r, unsigned i)
{
  struct portero_reader reader = r->pdu.body.bind_ack.results_reader;
  struct portero_context_result result;

  memset(&result, 0, sizeof result);
  for (unsigned at = 0; at <= i; at++)
    assert_true(portero_context_result_next(&reader, &result));
  return result;
}

void raw_try_bind(struct raw *r, const struct portero_syntax *iface, uint32_t group)
{
  raw_propose(r, PORTERO_PTYPE_BIND, 0, iface, group);
}

void raw_bind(struct raw *r, const struct portero_syntax *iface, uint32_t group)
{
  raw_try_bind(r, iface, group);
  assert_int_equal(r->pdu.header.ptype, PORTERO_PTYPE_BIND_ACK);
  assert_int_equal(raw_result(r, 0).result, PORTERO_RESULT_ACCEPTANCE);
  r->group = r->pdu.body.bind_ack.assoc_group_id;
  r->context = 0;
}

void raw_alter(struct raw *r, uint16_t id, const struct portero_syntax *iface)
{
  raw_propose(r, PORTERO_PTYPE_ALTER_CONTEXT, id, iface, r->group);
  assert_int_equal(r->pdu.header.ptype, PORTERO_PTYPE_ALTER_CONTEXT_RESP);
  assert_int_equal(raw_result(r, 0).result, PORTERO_RESULT_ACCEPTANCE);
  r->context = id;
}

/* ---- calls ---- */

uint32_t raw_request(struct raw *r, uint16_t opnum, struct portero_bytes stub)
{
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, PUT_LIMIT);
  raw_put_request(&w, r->next_call, r->context, opnum, PORTERO_PFC_WHOLE, stub);
  raw_send_writer(r, &w);
  return r->next_call++;
}

struct portero_bytes raw_call(struct raw *r, uint16_t opnum, struct portero_bytes stub)
{
  uint32_t call_id = raw_request(r, opnum, stub);

  raw_expect(r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(r->pdu.header.call_id, call_id);
  return r->pdu.body.response.stub;
}

uint32_t raw_fault(struct raw *r, uint16_t opnum, struct portero_bytes stub)
{
  uint32_t call_id = raw_request(r, opnum, stub);

  raw_expect(r, PORTERO_PTYPE_FAULT);
  assert_int_equal(r->pdu.header.call_id, call_id);
  return r->pdu.body.fault.status;
}

struct portero_bytes raw_u32(uint32_t *value)
{
  return portero_bytes_make(value, sizeof *value);
}

uint32_t raw_get_u32(struct portero_bytes stub)
{
  assert_true(stub.size >= 4);
  return portero_load_u32(stub.data, false);
}
