/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security identifiers: who an account or a group is, in every domain. [MS-DTYP] 2.4.2
 * A value, copied freely.
 */
#ifndef PORTERO_SID_H
#define PORTERO_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portero/api.h>

PORTERO_BEGIN_DECLS

#define PORTERO_SID_AUTHORITIES 15u  /* [MS-DTYP] 2.4.2.2 */
#define PORTERO_SID_TEXT        192u /* enough for the longest, with its NUL */

struct portero_sid {
  uint8_t revision;   /* 1 */
  uint8_t n_sub;      /* at most PORTERO_SID_AUTHORITIES */
  uint64_t authority; /* 48 bits; 5 is NT AUTHORITY */
  uint32_t sub[PORTERO_SID_AUTHORITIES];
};

/* "S-1-5-21-..." [MS-DTYP] 2.4.2.1; an authority of 2^32 or more is in hexadecimal. false: it is none. */
PORTERO_API PORTERO_MUST_USE bool portero_sid_parse(const char *text, struct portero_sid *out_sid);
/* Writes the text, always terminated, into text[PORTERO_SID_TEXT] and returns it. */
PORTERO_API const char *portero_sid_text(const struct portero_sid *sid, char *text);
PORTERO_API bool portero_sid_equal(const struct portero_sid *a, const struct portero_sid *b);
/* The same with one more sub-authority behind it: a domain's SID and a RID. false: it is full. */
PORTERO_API PORTERO_MUST_USE bool portero_sid_append(const struct portero_sid *domain, uint32_t rid,
                                                     struct portero_sid *out_sid);

PORTERO_END_DECLS

#endif
