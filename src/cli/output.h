/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tools print: text that is safe on a terminal whatever a server put in it, JSON for
 * machines, colours where a person looks.
 */
#ifndef PORTERO_CLI_OUTPUT_H
#define PORTERO_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <portero/bytes.h>

#define OUTPUT_WIDTH 80u

/* Whether stream is a terminal that wants colours: $NO_COLOR and TERM=dumb say no. */
bool output_colours(FILE *stream);

/* Writes text with control characters and broken UTF-8 replaced; returns how many columns it took,
 * counting one for each character. */
size_t output_text(FILE *stream, const char *text);
/* The same between escape sequences, "1" for bold, "2" for faint, when colours are wanted. */
size_t output_styled(FILE *stream, const char *style, const char *text);
/* Sixteen bytes to a line: offset, hex, characters. */
void output_hex_dump(FILE *stream, struct portero_bytes bytes);

/* A line on standard error that the next one replaces; only where that is a terminal. */
void output_progress(const char *format, ...) PORTERO_PRINTF(1, 2);
/* Wipes it. */
void output_progress_end(void);

/* JSON, written as it comes. key is NULL in arrays and at the top. */
struct out_json {
  FILE *stream;
  unsigned depth;
  bool filled; /* something was written at this depth */
};

void out_begin(struct out_json *j, const char *key, char bracket);
void out_end(struct out_json *j, char bracket);
void out_text(struct out_json *j, const char *key, const char *value);
void out_number(struct out_json *j, const char *key, uint64_t value);
void out_real(struct out_json *j, const char *key, double value);
void out_bool(struct out_json *j, const char *key, bool value);
void out_hex(struct out_json *j, const char *key, struct portero_bytes value);
void out_uuid(struct out_json *j, const char *key, const struct portero_uuid *value);

#endif
