/* SPDX-License-Identifier: Apache-2.0 */
/* Protected PDUs against the cipher itself: what each mechanism has to bring. */
#ifndef PORTERO_BENCH_AUTH_AUTH_H
#define PORTERO_BENCH_AUTH_AUTH_H

#include <portero/security.h>

#include "tests/support/kdc.h"

#define HEADER_SIZE   24u
#define TRAILER_SIZE  8u
#define TRANSFER_SIZE ((size_t)64 << 10)

/* Two established ends. */
struct ends {
  struct portero_security *from, *to;
};
/* false: stderr says why. */
bool ends_ntlm(struct ends *e, const char *folder);
bool ends_kerberos(struct ends *e, const struct kdc *kdc);
bool ends_netlogon(struct ends *e);
void ends_free(struct ends *e);

/*
 * The cipher itself, by the same library calls: seals size bytes of data and signs the PDU around
 * them, and undoes it. pdu has a header before the data and a trailer behind.
 */
struct cipher {
  bool (*begin)(void); /* false: it cannot be had */
  bool (*run)(uint8_t *pdu, size_t data_size);
  void (*end)(void);
};
extern const struct cipher cipher_ntlm, cipher_kerberos, cipher_netlogon;

#endif
