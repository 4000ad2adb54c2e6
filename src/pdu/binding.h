/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser and the printer of string bindings must agree on. */
#ifndef PORTERO_SRC_PDU_BINDING_H
#define PORTERO_SRC_PDU_BINDING_H

#include <portero/tower.h>

/* A backslash takes away the meaning of these; before any other character it means itself. */
#define BINDING_SPECIALS      "\\[],="
#define BINDING_ENDPOINT_NAME "endpoint="

static inline bool binding_is_special(char c)
{
  return c != '\0' && strchr(BINDING_SPECIALS, c) != NULL;
}

/* Whether [text] behind an empty host could be an IPv6 address for this protocol sequence. */
bool binding_is_ipv6(enum portero_protseq protseq, const char *text, size_t length);

#endif
