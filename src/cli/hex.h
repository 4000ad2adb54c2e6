/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as hex digits on the command line; spaces and colons between bytes are fine. */
#ifndef PORTERO_CLI_HEX_H
#define PORTERO_CLI_HEX_H

#include <portero/bytes.h>

/* malloc'ed bytes; false: not pairs of hex digits, or memory is out. */
bool hex_parse(const char *text, uint8_t **out_bytes, size_t *out_size);
/* "-" is standard input, up to 64 MiB; malloc'ed and terminated, or NULL. */
char *text_or_input(const char *text);

#endif
