/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A KDC of the tests' own: MIT's krb5kdc on a loopback address, with its database, keytabs and
 * configuration in a temporary directory. Starting it points KRB5_CONFIG, KRB5CCNAME and KRB5_KTNAME of this
 * process there, before any thread is started.
 *
 * Principals: alice and bob with password KDC_PASSWORD; expired, whose password has to be changed;
 * locked, who gets no tickets; host/one.kdc.test and host/two.kdc.test with keytabs one.keytab and
 * two.keytab; stale.keytab holds an old key of host/one, alice.keytab alice's. Each has keys of every
 * cipher, but host/CIPHER.kdc.test, with CIPHER.keytab, has that one alone.
 */
#ifndef PORTERO_TESTS_SUPPORT_KDC_H
#define PORTERO_TESTS_SUPPORT_KDC_H

#include <stdbool.h>
#include <stddef.h>

#define KDC_REALM    "KDC.TEST"
#define KDC_PASSWORD "Kennwort.1"
#define KDC_PATH     512u

struct kdc {
  char dir[64];
  char address[32];
  unsigned port;
  int pid;
};

/* NULL, or the program that is missing. */
const char *kdc_missing(void);
/* false: it did not come up; stderr says why. */
bool kdc_start(struct kdc *k);
/* Ends it and removes its directory. */
void kdc_stop(struct kdc *k);
/* dir/name, in path, which is returned. */
const char *kdc_path(const struct kdc *k, const char *name, char path[KDC_PATH]);
/* From now on this process uses only this cipher; NULL: any. */
void kdc_only_cipher(const struct kdc *k, const char *cipher);
/* Tickets of a user, by kinit, into a ticket cache. lifetime as kinit -l has it; NULL: as usual. */
bool kdc_kinit(const struct kdc *k, const char *user, const char *cache, const char *lifetime);
/* Commands of kadmin.local, one a line. */
bool kdc_admin(const struct kdc *k, const char *commands);

#endif
