/* SPDX-License-Identifier: Apache-2.0 */
/* A server with limits, clients from addresses of their choice, and what the limits say meanwhile. */
#ifndef PORTERO_TESTS_SYSTEM_LIMITS_ENDS_H
#define PORTERO_TESTS_SYSTEM_LIMITS_ENDS_H

#include <portero/auth.h>
#include <portero/sink.h>

#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

/* Addresses of clients. */
#define ANNE "127.0.22.11"
#define BILL "127.0.22.12"
#define CARL "127.0.22.13"

extern struct lab limits_lab;
extern struct portero_server *limits_server; /* binding 0: TCP, binding 1: a local socket */
extern bool limits_fail;                     /* logins are not believed */
extern struct portero_assoc_limits
    limits_connection;          /* of the next server; the defaults at first */
extern unsigned limits_notices; /* so many of limits were told */

int limits_setup(void **state);
/* Every client has closed: waits until nothing is in use any more. */
int limits_teardown(void **state);

/* NULL: any number. With a book of JSON lines. */
void limits_serve(unsigned threads, const struct portero_server_limits *source,
                  const struct portero_server_limits *total);
/* Records of that name in the book, when all is told. */
unsigned limits_records(const char *name);
/* Ends the server; for each name the sum of counts in the book must be what was refused. */
void limits_end(void);

struct portero_limit_state limits_state(const char *name);
/* Waits until so much is in use, or it was refused so often. */
void limits_wait_now(const char *name, uint64_t now);
void limits_wait_refused(const char *name, uint64_t refused);
/* limits_state() is the same. */
void limits_check(const char *name, uint64_t now, uint64_t most, uint64_t refused);

/* Connects to the first binding. */
void limits_from(struct raw *r, const char *address);
/* The same, and binds. */
void limits_bound_from(struct raw *r, const char *address);
/* The same, and logs in. */
void limits_named_from(struct raw *r, const char *address);
/* Binds with a login; what answers is in r->pdu. */
void limits_login(struct raw *r);
/* Sends the first of several legs of one. */
void limits_begin_login(struct raw *r);
/* Connects, and is closed without a word. */
void limits_refused_from(const char *address);
/* Connects and binds again and again, until it may stay. */
void limits_in_at_last(struct raw *r, const char *address);

#endif
