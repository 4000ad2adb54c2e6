/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that sends exactly the bytes it is told to, for tests of servers. It blocks, with a limit
 * of some seconds on every wait, and fails the running test when something does not come.
 */
#ifndef PORTERO_TESTS_SYSTEM_RAW_H
#define PORTERO_TESTS_SYSTEM_RAW_H

#include <portero/client.h>
#include <portero/server.h>

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RAW_PDU_MAX 65536u

struct raw {
  int fd;
  uint32_t next_call;
  uint16_t context; /* that requests name */
  uint32_t group;
  uint8_t bytes[RAW_PDU_MAX]; /* the last PDU read */
  struct portero_pdu pdu;
};

/* Connects to a server's i-th binding ("ncacn_ip_tcp:ADDRESS[PORT]" or "ncalrpc:[/PATH]"). */
void raw_connect(struct raw *r, const struct portero_server *s, size_t i);
void raw_close(struct raw *r);

void raw_send(struct raw *r, struct portero_bytes bytes);
/* Reads one whole PDU into r->pdu. */
void raw_read(struct raw *r);
/* Reads one and fails unless it has this ptype. */
void raw_expect(struct raw *r, enum portero_ptype ptype);
/* The peer closes, with nothing more sent. */
void raw_expect_end(struct raw *r);
/* Nothing comes for some 100 ms. */
void raw_expect_silence(struct raw *r);

/* Appends PDUs to w. */
void raw_put_bind(struct portero_writer *w, enum portero_ptype ptype, uint32_t call_id,
                  uint32_t group, const struct portero_context *contexts, uint8_t n, uint8_t flags);
void raw_put_request(struct portero_writer *w, uint32_t call_id, uint16_t context, uint16_t opnum,
                     uint8_t flags, struct portero_bytes stub);
void raw_put_simple(struct portero_writer *w, enum portero_ptype ptype, uint32_t call_id);

/*
 * Binds context 0 to iface over NDR with CONC_MPX, in the given group; the bind_ack (or bind_nak)
 * is in r->pdu.
 */
void raw_try_bind(struct raw *r, const struct portero_syntax *iface, uint32_t group);
/* The same; it must be accepted. r->group is the answer. */
void raw_bind(struct raw *r, const struct portero_syntax *iface, uint32_t group);
/* The i-th result of the bind_ack in r->pdu. */
struct portero_context_result raw_result(const struct raw *r, unsigned i);
/* Adds context id by alter_context, which becomes the one that requests name. */
void raw_alter(struct raw *r, uint16_t id, const struct portero_syntax *iface);

/* Sends a request of one fragment; returns its call id. */
uint32_t raw_request(struct raw *r, uint16_t opnum, struct portero_bytes stub);
/* Request and answer: the stub of the response, or a failed test. */
struct portero_bytes raw_call(struct raw *r, uint16_t opnum, struct portero_bytes stub);
/* Request and fault: its status. */
uint32_t raw_fault(struct raw *r, uint16_t opnum, struct portero_bytes stub);

/* A stub of numbers. */
struct portero_bytes raw_u32(uint32_t *value);
/* The number in a response. */
uint32_t raw_get_u32(struct portero_bytes stub);

#endif
