/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs and syntax identifiers. [C706] appendix A, 12.6.3.1. Values: no lifetime. */
#ifndef PORTERO_UUID_H
#define PORTERO_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <portero/api.h>

PORTERO_BEGIN_DECLS

struct portero_uuid {
  uint32_t time_low;
  uint16_t time_mid;
  uint16_t time_hi_and_version;
  uint8_t node[8]; /* clock_seq_hi, clock_seq_low, node[6] */
};

/* An interface or a transfer syntax with its version. */
struct portero_syntax {
  struct portero_uuid uuid;
  uint16_t major;
  uint16_t minor;
};

#define PORTERO_UUID_TEXT_SIZE 37 /* with the terminator */

static inline bool portero_uuid_equal(const struct portero_uuid *a, const struct portero_uuid *b)
{
  return memcmp(a, b, sizeof *a) == 0;
}
static inline bool portero_uuid_is_nil(const struct portero_uuid *u)
{
  static const struct portero_uuid nil = {0, 0, 0, {0}};
  return memcmp(u, &nil, sizeof nil) == 0;
}
static inline bool portero_syntax_equal(const struct portero_syntax *a,
                                        const struct portero_syntax *b)
{
  return portero_uuid_equal(&a->uuid, &b->uuid) && a->major == b->major && a->minor == b->minor;
}

/* Writes 8-4-4-4-12 in lower case; returns text. */
PORTERO_API const char *portero_uuid_text(const struct portero_uuid *u,
                                          char text[PORTERO_UUID_TEXT_SIZE]);
/* Accepts 8-4-4-4-12 hex digits in any case and nothing else; false leaves *out_uuid alone. */
PORTERO_API bool portero_uuid_parse(const char *text, struct portero_uuid *out_uuid);

/* NDR 2.0, NDR64 and the prefix of the bind-time feature syntax. [C706] 14, [MS-RPCE] 2.2.4.12, 3.3.1.5.3. */
PORTERO_API extern const struct portero_syntax portero_syntax_ndr;
PORTERO_API extern const struct portero_syntax portero_syntax_ndr64;

PORTERO_END_DECLS

#endif
