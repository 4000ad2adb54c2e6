/* SPDX-License-Identifier: Apache-2.0 */
/* A server with a policy and a book, and clients for it, for tests of the door. One at a time. */
#ifndef PORTERO_TESTS_SYSTEM_DOOR_ENDS_H
#define PORTERO_TESTS_SYSTEM_DOOR_ENDS_H

#include <portero/auth.h>
#include <portero/credentials.h>
#include <portero/policy.h>

#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#define DOOR_FAILURES 3u /* logins of one source that may fail */

extern struct lab door_lab;
extern struct portero_server *door_server; /* binding 0: TCP, binding 1: a local socket */
extern struct portero_book *door_book;     /* of the server; NULL: none. Before it is prepared */
extern const char *door_caller;            /* whom the test mechanism finds; alice */
extern portero_status door_failure;        /* of the test mechanism's second step; OK: none */
extern portero_status door_access;         /* what the access check of the lab says; OK at first */
extern unsigned door_asked;                /* how often it was asked */
extern bool door_control;                  /* serve door_control_interface as well */
extern struct portero_interface door_control_interface;
extern const struct portero_acceptor *door_acceptor; /* the test mechanism's, as NTLM */

int door_setup(void **state);
int door_teardown(void **state);

/* A server that listens, of so many loops. */
void door_prepare(unsigned threads);
/* The same with a policy, and it runs. */
void door_serve(unsigned threads, const struct portero_policy_rule *rules, size_t n,
                enum portero_action otherwise);
/* Gives the server another policy. */
void door_policy(const struct portero_policy_rule *rules, size_t n, enum portero_action otherwise);
/* Waits until the loops have gone over to it. */
void door_turned(void);
/* Blocks of memory that policies hold. */
size_t door_blocks(void);

struct portero_policy_network door_network(uint8_t a, uint8_t b, uint8_t c, uint8_t d,
                                           uint8_t bits);
/* A connection over TCP that has bound the lab. */
void door_bound(struct raw *r);
/* Sends one fragment of a request on context 0. */
void door_fragment(struct raw *r, uint32_t call_id, uint16_t opnum, uint8_t flags, const void *stub,
                   size_t size);
/*
 * A client of its own calls an operation of the lab with a number; the test mechanism answers for its
 * login unless that has credentials. The fault; 0: answered.
 */
uint32_t door_call(const struct portero_client_options *options, uint16_t opnum);

#endif
