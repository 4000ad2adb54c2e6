/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two mechanisms for tests, behind portero/security.h. Neither protects anything from anybody.
 *
 * The null mechanism changes no byte and has an empty auth value, so it serves the connect level
 * alone: without a value a PDU can carry no trailer. Its dialogue has two legs.
 *
 * The test mechanism really transforms bytes, so that a mistake in what is signed, sealed, padded
 * or counted cannot pass. Data is sealed by a keyed stream that depends on the direction and on a
 * sequence number; the 16-byte auth value is a mark, a keyed checksum over what header_signing
 * names, and the sequence number. Its dialogue has 2, 3 or 4 legs with numbered, checked tokens.
 * A dialogue of 3 legs calls itself NTLM, so that its last leg goes by auth3, unless told otherwise.
 */
#ifndef PORTERO_TESTS_SUPPORT_SECURITY_TEST_H
#define PORTERO_TESTS_SUPPORT_SECURITY_TEST_H

#include <portero/arena.h>
#include <portero/security.h>

#define SECURITY_TEST_VALUE_SIZE 16u
#define SECURITY_TEST_TYPE       0x2au /* of 2 and 4 legs; a private number */
#define SECURITY_TEST_TYPE_NULL  0x2bu

struct security_test_options {
  bool initiator;
  bool null;     /* the null mechanism: type is SECURITY_TEST_TYPE_NULL, legs 2 */
  uint8_t type;  /* 0: as above */
  unsigned legs; /* 2, 3 or 4 */
  unsigned fail; /* the step that reads or makes this token fails; 0: none */
  portero_status failure;
  const char *account;      /* the identity's; NULL: it has none */
  bool waits;               /* step() may wait, */
  void (*wait)(void *user); /* and does so here, before it does anything; NULL: not */
  void *wait_user;
  const char *why; /* what it says of a failure; NULL: nothing */
};

/* NULL when memory is out. Belongs to whoever made it until a machine takes it. */
struct portero_security *security_test_new(const struct portero_mem *mem,
                                           const struct security_test_options *options);
/* Contexts of this type need so many legs: what an acceptor is made with. 0: unknown type. */
unsigned security_test_legs(uint8_t type);

#endif
