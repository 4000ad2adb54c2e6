/* SPDX-License-Identifier: Apache-2.0 */
/* What is no scenario: framing at every cut, the output's queue, the table of contexts, memory. */
#include "tests/unit/support.h"

#include <portero/assoc.h>

#include "src/assoc/frame.h"
#include "src/assoc/output.h"
#include "src/assoc/pctx.h"
#include "src/assoc/secure.h"
#include "tests/support/security_test.h"

#include <stdlib.h>

/* ---- framing ---- */

#define N_FRAMED 4u

/* Four PDUs of 16, 40, 17 and 300 bytes; the second is big-endian. */
static size_t framed_stream(uint8_t *out)
{
  static const uint16_t sizes[N_FRAMED] = {16, 40, 17, 300};
  size_t at = 0;

  for (size_t i = 0; i < N_FRAMED; i++) {
    memset(out + at, (int)(i + 1), sizes[i]);
    memcpy(out + at,
           i == 1 ? "\x05\x00\x12\x03\x00\x00\x00\x00" : "\x05\x00\x12\x03\x10\x00\x00\x00", 8);
    portero_store_u16(out + at + 8, i == 1, sizes[i]);
    at += sizes[i];
  }
  return at;
}

static unsigned take_framed(struct frame *f, const uint8_t *stream, size_t *at)
{
  struct portero_pdu_header header;
  struct portero_bytes whole;
  unsigned n = 0;

  while (frame_next(f, &header, &whole) == FRAME_PDU) {
    assert_int_equal(header.frag_length, whole.size);
    assert_memory_equal(whole.data, stream + *at, whole.size);
    *at += whole.size;
    n++;
  }
  return n;
}

static unsigned frame_in_two(const uint8_t *stream, size_t size, size_t cut,
                             const struct portero_mem *mem)
{
  struct portero_bytes first = support_copy(portero_bytes_make(stream, cut));
  struct portero_bytes second = support_copy(portero_bytes_make(stream + cut, size - cut));
  struct frame f;
  size_t at = 0;
  unsigned n;

  frame_init(&f, mem);
  frame_lend(&f, first);
  n = take_framed(&f, stream, &at);
  assert_true(frame_settle(&f));
  support_free(first);
  assert_int_equal(frame_waiting(&f), cut - at);
  frame_lend(&f, second);
  n += take_framed(&f, stream, &at);
  assert_true(frame_settle(&f));
  support_free(second);
  assert_int_equal(at, size);
  assert_null(f.kept); /* a stream without a rest holds no memory */
  frame_deinit(&f);
  return n;
}

static void framing_does_not_depend_on_the_cut(void **state)
{
  uint8_t stream[512];
  size_t size = framed_stream(stream);
  struct support_mem mem;

  (void)state;
  support_mem_init(&mem, SIZE_MAX);
  for (size_t cut = 0; cut <= size; cut++)
    assert_int_equal(frame_in_two(stream, size, cut, &mem.mem), N_FRAMED);
  assert_int_equal(mem.in_use, 0);
}

static enum frame_result frame_first(const char *hex)
{
  struct portero_bytes bytes = support_hex(hex);
  struct portero_pdu_header header;
  struct portero_bytes whole;
  enum frame_result result;
  struct frame f;

  frame_init(&f, &portero_mem_malloc);
  frame_lend(&f, bytes);
  result = frame_next(&f, &header, &whole);
  frame_deinit(&f);
  support_free(bytes);
  return result;
}

static void framing_refuses_what_is_no_pdu(void **state)
{
  (void)state;
  assert_int_equal(frame_first("05001203 10000000 1000 0000 01000000"), FRAME_PDU);
  assert_int_equal(frame_first("05011203 10000000 1000 0000 01000000"), FRAME_PDU);
  assert_int_equal(frame_first("05021203 10000000 1000 0000 01000000"), FRAME_VERSION);
  assert_int_equal(frame_first("04001203 10000000 1000 0000 01000000"), FRAME_VERSION);
  assert_int_equal(frame_first("05001203 10000000 0f00 0000 01000000"), FRAME_LENGTH);
  assert_int_equal(frame_first("05001203 10000000 1100 0000 01000000"), FRAME_MORE);
  assert_int_equal(frame_first("04001203 10000000 1000 0000 010000"), FRAME_MORE);
}

/* ---- output ---- */

static void append(struct output *o, const void *data, size_t n)
{
  struct portero_writer *w = output_writer(o);
  size_t start = w->size;

  portero_write_bytes(w, data, n);
  assert_true(output_commit(o, start));
}

/* A peer that always lags behind does not make the buffer grow with what has been sent. */
static void output_is_compacted(void **state)
{
  static uint8_t piece[10000];
  struct support_mem mem;
  struct output o;

  (void)state;
  support_mem_init(&mem, SIZE_MAX);
  output_init(&o, &mem.mem);
  append(&o, piece, sizeof piece);
  for (unsigned i = 1; i <= 1000; i++) {
    memset(piece, (int)i, sizeof piece);
    append(&o, piece, sizeof piece);
    output_sent(&o, sizeof piece);
    assert_int_equal(output_waiting(&o), sizeof piece);
    assert_int_equal(output_bytes(&o).data[0], (uint8_t)i);
    assert_int_equal(output_bytes(&o).data[sizeof piece - 1], (uint8_t)i);
  }
  assert_true(mem.in_use <= 256u * 1024u);
  output_sent(&o, SIZE_MAX); /* more than there is */
  assert_int_equal(output_waiting(&o), 0);
  assert_int_equal(mem.in_use, 0);
}

static void a_failed_append_leaves_nothing(void **state)
{
  struct support_mem mem;
  struct portero_writer *w;
  struct output o;

  (void)state;
  support_mem_init(&mem, 0);
  output_init(&o, &mem.mem);
  w = output_writer(&o);
  portero_write_u32(w, 1);
  assert_false(output_commit(&o, 0));
  assert_int_equal(output_waiting(&o), 0);
  support_mem_init(&mem, SIZE_MAX);
  append(&o, "abcd", 4);
  assert_int_equal(output_waiting(&o), 4);
  output_deinit(&o);
}

/* ---- contexts ---- */

static void contexts_are_found_by_id(void **state)
{
  struct portero_syntax abstract = portero_syntax_ndr;
  struct pctx_table t;
  int owner;

  (void)state;
  pctx_init(&t, &portero_mem_malloc);
  assert_null(pctx_find(&t, 0));
  for (uint32_t i = 0; i < 65536; i++) { /* 40503 and 65536 have no common factor: every id once */
    uint16_t id = (uint16_t)(i * 40503u);
    abstract.major = id;
    assert_non_null(
        pctx_put(&t, id, &abstract, id & 1 ? &portero_syntax_ndr64 : &portero_syntax_ndr, &owner));
  }
  assert_int_equal(t.count, 65536);
  for (uint32_t id = 0; id < 65536; id += 7) {
    const struct portero_pcontext *c = pctx_find(&t, (uint16_t)id);
    assert_non_null(c);
    assert_int_equal(c->id, id);
    assert_int_equal(c->abstract.major, id);
    assert_int_equal(c->ndr64, id & 1);
    assert_ptr_equal(c->owner, &owner);
  }
  assert_non_null(pctx_put(&t, 9, &portero_syntax_ndr64, &portero_syntax_ndr, NULL)); /* again */
  assert_int_equal(t.count, 65536);
  assert_null(pctx_find(&t, 9)->owner);
  pctx_deinit(&t);
}

/* ---- a server and what drives it ---- */

struct driver {
  struct portero_assoc_config config;
  struct portero_server_assoc *server;
  struct portero_writer pdu;
  uint32_t call_id;
  unsigned accepted, rejected, answered;
  bool closed;
};

static void driver_init(struct driver *d, const struct portero_mem *mem)
{
  memset(d, 0, sizeof *d);
  d->config.mem = mem;
  d->config.limits = portero_assoc_limits_default;
  portero_writer_init(&d->pdu, &portero_mem_malloc, 65536);
  assert_true(portero_is_ok(portero_server_assoc_new(&d->config, NULL, 0, &d->server)));
}

static void driver_deinit(struct driver *d)
{
  portero_server_assoc_free(d->server);
  portero_writer_deinit(&d->pdu);
}

static void driver_handle(struct driver *d, struct portero_server_event *event)
{
  if (event->kind == PORTERO_SERVER_BIND) {
    for (size_t i = 0; i < event->u.bind.n_contexts; i++)
      event->u.bind.contexts[i].result = PORTERO_RESULT_ACCEPTANCE;
    portero_server_assoc_accept_bind(d->server, 1);
  } else if (event->kind == PORTERO_SERVER_CALL) {
    assert_true(
        portero_is_ok(portero_server_assoc_respond(d->server, event->u.call, event->u.call->stub)));
    d->answered++;
  } else if (event->kind == PORTERO_SERVER_CLOSE) {
    d->closed = true;
  } else {
    assert_int_equal(event->kind, PORTERO_SERVER_CALL_BEGUN);
  }
}

static void driver_count(struct driver *d, struct portero_bytes out)
{
  struct portero_context_result result;
  struct portero_pdu pdu;

  if (out.size == 0 || !portero_is_ok(portero_pdu_read(out, &pdu)) ||
      (pdu.header.ptype != PORTERO_PTYPE_BIND_ACK &&
       pdu.header.ptype != PORTERO_PTYPE_ALTER_CONTEXT_RESP))
    return;
  while (portero_context_result_next(&pdu.body.bind_ack.results_reader, &result)) {
    d->accepted += result.result == PORTERO_RESULT_ACCEPTANCE;
    d->rejected += result.result == PORTERO_RESULT_PROVIDER_REJECTION &&
                   result.reason == PORTERO_REASON_LOCAL_LIMIT;
  }
}

static void driver_send(struct driver *d, struct portero_bytes bytes)
{
  struct portero_server_event event;
  struct portero_bytes out;

  portero_server_assoc_input(d->server, bytes, 0);
  while (portero_server_assoc_next(d->server, &event))
    driver_handle(d, &event);
  out = portero_server_assoc_output(d->server);
  driver_count(d, out);
  portero_server_assoc_sent(d->server, out.size);
}

static struct portero_pdu_header driver_header(struct driver *d, uint8_t flags)
{
  struct portero_pdu_header h = {.version = 5, .flags = flags, .drep = {PORTERO_DREP_LITTLE}};

  h.call_id = ++d->call_id;
  portero_writer_reset(&d->pdu);
  return h;
}

static void driver_propose(struct driver *d, uint16_t context_id, bool alter)
{
  struct portero_pdu_header h = driver_header(d, PORTERO_PFC_WHOLE | PORTERO_PFC_CONC_MPX);
  struct portero_context context = {.id = context_id, .n_transfer = 1};
  struct portero_bind bind = {.max_xmit_frag = 5840, .max_recv_frag = 5840, .n_contexts = 1};

  context.transfer = &portero_syntax_ndr;
  context.abstract = portero_syntax_ndr64; /* any */
  bind.contexts = &context;
  if (alter)
    portero_pdu_write_alter_context(&d->pdu, &h, &bind);
  else
    portero_pdu_write_bind(&d->pdu, &h, &bind);
  driver_send(d, portero_writer_bytes(&d->pdu));
}

static void driver_call(struct driver *d, size_t stub_size)
{
  static const uint8_t stub[4096];
  struct portero_pdu_header h = driver_header(d, PORTERO_PFC_WHOLE);
  struct portero_request request;

  memset(&request, 0, sizeof request);
  request.stub = portero_bytes_make(stub, stub_size);
  portero_pdu_write_request(&d->pdu, &h, &request);
  driver_send(d, portero_writer_bytes(&d->pdu));
}

/* 65,535 alter_contexts, each with an id of its own: the limit holds, and the memory with it. */
static void alter_contexts_reach_a_limit(void **state)
{
  struct support_mem mem;
  struct driver d;
  size_t at_limit = 0;

  (void)state;
  support_mem_init(&mem, SIZE_MAX);
  driver_init(&d, &mem.mem);
  driver_propose(&d, 0, false);
  for (uint32_t id = 1; id <= 65535; id++) {
    driver_propose(&d, (uint16_t)id, true);
    if (id == d.config.limits.max_contexts)
      at_limit = mem.in_use;
  }
  assert_int_equal(d.accepted, d.config.limits.max_contexts);
  assert_int_equal(d.rejected, 65536 - d.config.limits.max_contexts);
  assert_int_equal(mem.in_use, at_limit);
  driver_call(&d, 8);
  assert_int_equal(d.answered, 1);
  assert_false(d.closed);
  driver_deinit(&d);
  assert_int_equal(mem.in_use, 0);
}

/* ---- no allocation per call ---- */

#define LIST_MOST 64u

/* Keeps what is given back and hands it out again: what a server's loop does. */
struct free_list {
  struct portero_mem mem;
  void *block[LIST_MOST];
  size_t size[LIST_MOST];
  size_t n, mallocs;
};

static void *free_list_take(void *ctx, size_t size)
{
  struct free_list *l = ctx;

  for (size_t i = 0; i < l->n; i++)
    if (l->size[i] == size) {
      void *block = l->block[i];
      l->block[i] = l->block[--l->n];
      l->size[i] = l->size[l->n];
      return block;
    }
  l->mallocs++;
  return malloc(size);
}

static void free_list_give(void *ctx, void *block, size_t size)
{
  struct free_list *l = ctx;

  if (l->n == LIST_MOST) {
    free(block);
    return;
  }
  l->block[l->n] = block;
  l->size[l->n++] = size;
}

static void free_list_init(struct free_list *l)
{
  memset(l, 0, sizeof *l);
  l->mem.take = free_list_take;
  l->mem.give = free_list_give;
  l->mem.ctx = l;
}

static void free_list_deinit(struct free_list *l)
{
  while (l->n)
    free(l->block[--l->n]);
}

static void steady_calls_reach_malloc_no_more(void **state)
{
  struct free_list list;
  struct driver d;
  size_t warm;

  (void)state;
  free_list_init(&list);
  driver_init(&d, &list.mem);
  driver_propose(&d, 0, false);
  for (unsigned i = 0; i < 10; i++)
    driver_call(&d, 100u * i);
  warm = list.mallocs;
  for (unsigned i = 0; i < 10000; i++)
    driver_call(&d, i % 1000u);
  assert_int_equal(d.answered, 10010);
  assert_int_equal(list.mallocs, warm);
  driver_deinit(&d);
  free_list_deinit(&list);
}

/* Whole and bound, an idle connection holds little: two small blocks besides the machine itself. */
static void an_idle_connection_is_small(void **state)
{
  struct support_mem mem;
  struct driver d;

  (void)state;
  support_mem_init(&mem, SIZE_MAX);
  driver_init(&d, &mem.mem);
  driver_propose(&d, 0, false);
  driver_call(&d, 1000);
  assert_int_equal(d.answered, 1);
  assert_true(mem.in_use <= 1024);
  driver_deinit(&d);
  assert_int_equal(mem.in_use, 0);
}

/* ---- protection ---- */

static struct portero_security *finished(bool initiator)
{
  struct security_test_options options = {.initiator = initiator, .legs = 2};
  struct portero_security *s = security_test_new(&portero_mem_malloc, &options);

  assert_non_null(s);
  return s;
}

static void shake_hands(struct portero_security *client, struct portero_security *server)
{
  struct portero_writer a, b;
  bool done = false;

  portero_writer_init(&a, &portero_mem_malloc, 100);
  portero_writer_init(&b, &portero_mem_malloc, 100);
  assert_true(portero_is_ok(client->ops->step(client, portero_bytes_make(NULL, 0), &a, &done)));
  assert_false(done);
  assert_true(portero_is_ok(server->ops->step(server, portero_writer_bytes(&a), &b, &done)));
  assert_true(done);
  done = false;
  portero_writer_reset(&a);
  assert_true(portero_is_ok(client->ops->step(client, portero_writer_bytes(&b), &a, &done)));
  assert_true(done);
  assert_int_equal(a.size, 0);
  portero_writer_deinit(&a);
  portero_writer_deinit(&b);
}

static bool opens(struct portero_bytes block, void *ctx)
{
  struct secure_context c = {
      .level = PORTERO_LEVEL_PRIVACY, .type = SECURITY_TEST_TYPE, .done = true};
  struct portero_security *client = finished(true), *server = finished(false);
  const bool *header_signing = ctx;
  struct portero_pdu pdu, plain;
  struct secure_table table;
  bool ok;

  secure_init(&table, &portero_mem_malloc);
  shake_hands(client, server);
  c.security = server;
  ok = portero_is_ok(portero_pdu_read(block, &pdu)) && pdu.has_auth &&
       pdu.header.ptype == PORTERO_PTYPE_REQUEST && pdu.auth.at >= PORTERO_PDU_REQUEST_SIZE &&
       portero_is_ok(
           secure_open(&table, &c, &pdu, PORTERO_PDU_REQUEST_SIZE, *header_signing, false, &plain));
  client->ops->free(client);
  server->ops->free(server);
  secure_deinit(&table);
  return ok;
}

static struct portero_bytes sealed_request(bool header_signing)
{
  struct secure_context c = {
      .level = PORTERO_LEVEL_PRIVACY, .type = SECURITY_TEST_TYPE, .done = true};
  struct portero_security *client = finished(true), *server = finished(false);
  struct portero_pdu_header h = {
      .version = 5, .flags = PORTERO_PFC_WHOLE, .drep = {PORTERO_DREP_LITTLE}};
  struct portero_request request;
  struct portero_bytes copy;
  struct portero_writer w;

  shake_hands(client, server);
  c.security = client;
  memset(&request, 0, sizeof request);
  request.stub = portero_bytes_make("0123456789abcdefghi", 19);
  portero_writer_init(&w, &portero_mem_malloc, 1000);
  portero_pdu_write_request(&w, &h, &request);
  assert_true(portero_is_ok(secure_close(&c, &w, 0, PORTERO_PDU_REQUEST_SIZE, header_signing)));
  assert_int_equal(w.size, 24 + 32 + 8 + 16);
  assert_memory_not_equal(w.base + 24, "0123456789abcdef", 16);
  copy = support_copy(portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  client->ops->free(client);
  server->ops->free(server);
  return copy;
}

/* With header signing no bit of the PDU may change; without it the header and the trailer may. */
static void every_protected_bit_counts(void **state)
{
  bool header_signing = true;
  struct portero_bytes sample = sealed_request(header_signing);

  (void)state;
  assert_true(opens(sample, &header_signing));
  assert_int_equal(support_bit_flips(sample, opens, &header_signing), 0);
  assert_int_equal(support_prefixes(sample, opens, &header_signing), 0);
  support_free(sample);
  header_signing = false;
  sample = sealed_request(header_signing);
  assert_true(opens(sample, &header_signing));
  assert_true(support_bit_flips(sample, opens, &header_signing) > 0);
  assert_int_equal(support_prefixes(sample, opens, &header_signing), 0);
  support_free(sample);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(framing_does_not_depend_on_the_cut),
      cmocka_unit_test(framing_refuses_what_is_no_pdu),
      cmocka_unit_test(output_is_compacted),
      cmocka_unit_test(a_failed_append_leaves_nothing),
      cmocka_unit_test(contexts_are_found_by_id),
      cmocka_unit_test(alter_contexts_reach_a_limit),
      cmocka_unit_test(steady_calls_reach_malloc_no_more),
      cmocka_unit_test(an_idle_connection_is_small),
      cmocka_unit_test(every_protected_bit_counts),
  };

  return cmocka_run_group_tests_name("assoc", tests, NULL, NULL);
}
