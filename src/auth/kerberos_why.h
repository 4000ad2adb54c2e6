/* SPDX-License-Identifier: Apache-2.0 */
/* What an error of the Kerberos library means to a person: the cause and the next step. */
#ifndef PORTERO_AUTH_KERBEROS_WHY_H
#define PORTERO_AUTH_KERBEROS_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERBEROS_WHY_SIZE 640u

/*
 * Writes into text (always terminated, cut when too long): whom it is about, the cause, the next
 * step, and what the library says. Holds no secret; control characters do not get through.
 */
void kerberos_explain(bool initiator, const char *subject, uint32_t major, uint32_t minor,
                      char *text, size_t size);

#endif
