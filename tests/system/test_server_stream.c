/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in every cut and quantity: slow senders, slow readers, huge binds, garbage. Others are
 * served meanwhile.
 */
#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct portero_bytes nothing = {NULL, 0};

static struct lab lab;
static struct portero_server *server;
static struct raw other; /* a well-behaved client */

static int setup_with(bool hasty)
{
  struct portero_assoc_limits limits = portero_assoc_limits_default;
  struct portero_server_options options = {.limits = &limits};

  if (hasty)
    limits.bind_timeout = limits.partial_timeout = 300;
  lab_init(&lab);
  if (!portero_is_ok(portero_server_new(&options, &server)) ||
      !portero_is_ok(portero_server_add(server, &lab_interface, &lab)) ||
      !portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:127.0.26.3[]")) ||
      !portero_is_ok(portero_server_start(server)))
    return -1;
  raw_connect(&other, server, 0);
  raw_bind(&other, &lab_interface.id, 0);
  return 0;
}

static int setup(void **state)
{
  (void)state;
  return setup_with(false);
}

static int setup_hasty(void **state)
{
  (void)state;
  return setup_with(true);
}

static int teardown(void **state)
{
  (void)state;
  raw_close(&other);
  portero_server_free(server);
  lab_deinit(&lab);
  return 0;
}

static void others_are_served(void)
{
  uint32_t value = 77;

  assert_int_equal(raw_get_u32(raw_call(&other, LAB_NEGATE, raw_u32(&value))), ~value);
}

static void one_byte_at_a_time(void **state)
{
  struct portero_context context = {0, lab_interface.id, &portero_syntax_ndr, 1};
  uint32_t value = 9;
  struct portero_writer w;
  struct raw r;

  (void)state;
  raw_connect(&r, server, 0);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, &context, 1, PORTERO_PFC_WHOLE);
  raw_put_request(&w, 2, 0, LAB_NEGATE, PORTERO_PFC_WHOLE, raw_u32(&value));
  for (size_t i = 0; i < w.size; i++) {
    raw_send(&r, portero_bytes_make(w.base + i, 1));
    others_are_served(); /* so each byte is read by itself */
  }
  portero_writer_deinit(&w);
  raw_expect(&r, PORTERO_PTYPE_BIND_ACK);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(raw_get_u32(r.pdu.body.response.stub), ~value);
  raw_close(&r);
}

static void half_a_pdu(void **state)
{
  struct raw r;

  (void)state;
  raw_connect(&r, server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  raw_send(&r, portero_bytes_make("\x05\x00\x00\x03\x10\x00\x00\x00\x20\x00", 10));
  others_are_served();
  raw_expect_end(&r); /* partial_timeout */
  raw_close(&r);
}

static void no_bind_at_all(void **state)
{
  struct raw r;

  (void)state;
  raw_connect(&r, server, 0);
  others_are_served();
  raw_expect_end(&r); /* bind_timeout */
  raw_close(&r);
}

static void half_a_request(void **state)
{
  struct portero_writer w;
  struct raw r;

  (void)state;
  raw_connect(&r, server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_request(&w, 2, 0, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, portero_bytes_make("12345678", 8));
  raw_send(&r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  others_are_served();
  raw_expect_end(&r);
  raw_close(&r);
}

static void garbage(void **state)
{
  static const char text[] = "GET / HTTP/1.0\r\nHost: example.net\r\n\r\n";
  struct raw r;

  (void)state;
  raw_connect(&r, server, 0);
  raw_send(&r, portero_bytes_make(text, sizeof text - 1));
  raw_expect(&r, PORTERO_PTYPE_BIND_NAK);
  assert_int_equal(r.pdu.header.frag_length, 24);
  assert_int_equal(r.pdu.body.bind_nak.reason, PORTERO_NAK_PROTOCOL_VERSION);
  raw_expect_end(&r);
  raw_close(&r);
  others_are_served();
}

/* The answer reaches a client that is still sending: the server does not slam the door. */
static void garbage_that_goes_on(void **state)
{
  size_t size = (size_t)512 << 10;
  uint8_t *bytes = calloc(1, size);
  struct raw r;

  (void)state;
  assert_non_null(bytes);
  memset(bytes, 0x41, size);
  raw_connect(&r, server, 0);
  raw_send(&r, portero_bytes_make(bytes, size));
  raw_expect(&r, PORTERO_PTYPE_BIND_NAK);
  raw_expect_end(&r);
  raw_close(&r);
  free(bytes);
}

static void many_contexts(void **state)
{
  struct portero_context contexts[255];
  struct portero_syntax unknown = lab_interface.id;
  struct portero_writer w;
  struct raw r;

  (void)state;
  unknown.uuid.time_low++;
  for (unsigned i = 0; i < 255; i++) {
    contexts[i].id = (uint16_t)i;
    contexts[i].abstract = i == 254 ? lab_interface.id : unknown;
    contexts[i].transfer = &portero_syntax_ndr;
    contexts[i].n_transfer = 1;
  }
  raw_connect(&r, server, 0);
  portero_writer_init(&w, &portero_mem_malloc, 65535);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, contexts, 255, PORTERO_PFC_WHOLE);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  raw_send(&r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_expect(&r, PORTERO_PTYPE_BIND_ACK);
  assert_int_equal(r.pdu.body.bind_ack.n_results, 255);
  assert_int_equal(raw_result(&r, 0).result, PORTERO_RESULT_PROVIDER_REJECTION);
  assert_int_equal(raw_result(&r, 254).result, PORTERO_RESULT_ACCEPTANCE);
  r.context = 254;
  r.next_call = 2;
  assert_int_equal(raw_call(&r, LAB_NULL, nothing).size, 0);
  raw_close(&r);
}

/* As large as a PDU can be: thirteen contexts with 249 transfer syntaxes each. */
static void bind_of_64k(void **state)
{
  struct portero_syntax transfers[249];
  struct portero_context contexts[13];
  struct portero_writer w;
  struct raw r;

  (void)state;
  for (unsigned i = 0; i < 249; i++) {
    transfers[i] = portero_syntax_ndr;
    transfers[i].uuid.time_low += 248 - i;
  }
  for (unsigned i = 0; i < 13; i++)
    contexts[i] = (struct portero_context){(uint16_t)i, lab_interface.id, transfers, 249};
  portero_writer_init(&w, &portero_mem_malloc, 65535);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, contexts, 13, PORTERO_PFC_WHOLE);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  assert_true(w.size > 65000);
  raw_connect(&r, server, 0);
  raw_send(&r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_expect(&r, PORTERO_PTYPE_BIND_ACK);
  assert_int_equal(raw_result(&r, 0).result, PORTERO_RESULT_ACCEPTANCE);
  r.next_call = 2;
  assert_int_equal(raw_call(&r, LAB_NULL, nothing).size, 0);
  raw_close(&r);
}

static ssize_t send_some(struct raw *r, const struct portero_writer *w, size_t at)
{
  ssize_t n = send(r->fd, w->base + at, w->size - at, MSG_NOSIGNAL | MSG_DONTWAIT);

  return n < 0 && errno == EAGAIN ? 0 : n;
}

/*
 * Asks for far more than it reads. The server must neither buffer without bound nor forget a byte:
 * it stops reading, and goes on when the client does.
 */
static void slow_reader(void **state)
{
  enum {
    CALLS = 400
  };
  uint32_t size = 50000;
  struct portero_writer w;
  struct raw r;
  size_t sent = 0, got = 0, last = 0;

  (void)state;
  raw_connect(&r, server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  portero_writer_init(&w, &portero_mem_malloc, 1u << 20);
  for (uint32_t i = 0; i < CALLS; i++)
    raw_put_request(&w, 100 + i, 0, LAB_BLOB, PORTERO_PFC_WHOLE, raw_u32(&size));
  for (int tries = 0; tries < 50 && sent < w.size; tries++) {
    ssize_t n = send_some(&r, &w, sent);
    assert_true(n >= 0);
    sent += (size_t)n;
    others_are_served();
  }
  assert_int_equal(sent, w.size);
  portero_writer_deinit(&w);
  for (uint32_t done = 0; done < CALLS;) {
    raw_expect(&r, PORTERO_PTYPE_RESPONSE);
    got += r.pdu.body.response.stub.size;
    assert_int_equal(r.pdu.header.call_id, 100 + done);
    if (r.pdu.header.flags & PORTERO_PFC_LAST_FRAG) {
      assert_int_equal(got - last, size);
      last = got;
      done++;
    }
    if (done % 64 == 0)
      others_are_served();
  }
  assert_int_equal(raw_call(&r, LAB_NULL, nothing).size, 0);
  raw_close(&r);
}

/* A client that never reads is not waited for: its connection ends, and so does what it holds. */
static void reader_that_sleeps(void **state)
{
  enum {
    CALLS = 40
  };
  uint32_t size = 1u << 20;
  size_t got = 0;
  ssize_t n;
  struct raw r;

  (void)state;
  raw_connect(&r, server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  (void)raw_call(&r, LAB_OPEN, nothing);
  for (int i = 0; i < CALLS; i++)
    (void)raw_request(&r, LAB_BLOB, raw_u32(&size));
  lab_wait_rundowns(&lab, 1);
  others_are_served();
  while ((n = recv(r.fd, r.bytes, sizeof r.bytes, 0)) > 0)
    got += (size_t)n;
  assert_true(got < (size_t)CALLS << 20);
  raw_close(&r);
}

/* The same client goes away instead. */
static void reader_that_leaves(void **state)
{
  uint32_t size = 1u << 20;
  struct raw r;

  (void)state;
  raw_connect(&r, server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  for (int i = 0; i < 20; i++)
    (void)raw_request(&r, LAB_BLOB, raw_u32(&size));
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  raw_close(&r);
  others_are_served();
}

/* A client that shuts its side still gets the answers to what it has asked. */
static void half_close(void **state)
{
  uint32_t value = 4;
  struct raw r;

  (void)state;
  raw_connect(&r, server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  (void)raw_request(&r, LAB_NEGATE, raw_u32(&value));
  assert_int_equal(shutdown(r.fd, SHUT_WR), 0);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(raw_get_u32(r.pdu.body.response.stub), ~value);
  raw_expect_end(&r);
  raw_close(&r);
}

#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)
#define HASTY(name) cmocka_unit_test_setup_teardown(name, setup_hasty, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(one_byte_at_a_time),
      HASTY(half_a_pdu),
      HASTY(no_bind_at_all),
      HASTY(half_a_request),
      TEST(garbage),
      TEST(garbage_that_goes_on),
      TEST(many_contexts),
      TEST(bind_of_64k),
      TEST(slow_reader),
      HASTY(reader_that_sleeps),
      TEST(reader_that_leaves),
      TEST(half_close),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
