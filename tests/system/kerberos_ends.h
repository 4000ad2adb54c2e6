/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of a Kerberos dialogue in one process, with a KDC of the test's own. */
#ifndef PORTERO_TESTS_SYSTEM_KERBEROS_ENDS_H
#define PORTERO_TESTS_SYSTEM_KERBEROS_ENDS_H

#include <portero/auth.h>
#include <portero/credentials.h>

#include "tests/support/kdc.h"
#include "tests/unit/support.h"

#define ENDS_TOKENS 3u
#define ENDS_STEPS  4u /* client, server, client, server */

extern struct kdc ends_kdc;
/* Seconds that the clock of this process is ahead; 0 at the start of each test. */
extern long ends_clock_ahead;

/* cmocka's group set-up: the KDC, and alice's tickets in the default cache. */
int ends_setup(void **state);
int ends_teardown(void **state);
/* main() of a test: skips visibly where there is no KDC. */
int ends_main(const struct CMUnitTest *tests, size_t n_tests);

struct ends {
  struct portero_security *client, *server;
  struct portero_writer tokens[ENDS_TOKENS]; /* AP-REQ, AP-REP, AP-REP */
};

/* The acceptor with a keytab of the KDC's folder, principal NULL: any. */
struct portero_acceptor *ends_acceptor(const char *keytab, const char *principal);
/* NULL options: the default ticket cache. */
struct portero_security *ends_initiator(const struct portero_credentials_options *options,
                                        const char *target, uint8_t level);

void ends_begin(struct ends *e, struct portero_security *client, struct portero_acceptor *acceptor,
                uint8_t level);
/* Up to so many steps, from the first. The first failure ends it. */
portero_status ends_run(struct ends *e, size_t steps);
/* All of them, which must work out. */
void ends_meet(struct ends *e, struct portero_acceptor *acceptor, const char *target,
               uint8_t level);
void ends_free(struct ends *e);

/* One leg: its token is dropped; true: it was accepted. */
bool ends_feed(struct portero_security *s, struct portero_bytes token, bool *out_done);
/* Fails the test unless s says why in these words. */
void ends_assert_why(const struct portero_security *s, const char *words);

#endif
