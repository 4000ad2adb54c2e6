/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-16 on the wire, UTF-8 in memory. Lone surrogates, overlong forms and values above U+10FFFF
 * are refused in both directions; U+0000 is an ordinary character here. [MS-RPCE] 2.2.4, RFC 3629.
 */
#ifndef PORTERO_UTF16_H
#define PORTERO_UTF16_H

#include <portero/bytes.h>

PORTERO_BEGIN_DECLS

/*
 * Converts whole UTF-16 code units. out may be NULL to measure; nothing is terminated. *out_length
 * is the number of bytes of UTF-8. LOCAL_MALFORMED: an odd number of bytes or a lone surrogate;
 * LOCAL_LIMIT: size is too small.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_utf16_to_utf8(struct portero_bytes units,
                                                                  bool big_endian, char *out,
                                                                  size_t size, size_t *out_length);
/*
 * The other way. out may be NULL to measure; nothing is terminated. *out_size is in bytes (two per
 * code unit). LOCAL_MALFORMED: text is no UTF-8; LOCAL_LIMIT: size is too small.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_utf8_to_utf16(const char *text, size_t length,
                                                                  bool big_endian, uint8_t *out,
                                                                  size_t size, size_t *out_size);

PORTERO_END_DECLS

#endif
