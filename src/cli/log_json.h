/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON, token by token, out of one line and without allocating. Texts are copied, unescaped and
 * terminated, to where texts points, which needs room for as many bytes as the line has. After false
 * the line is not worth reading on.
 */
#ifndef PORTERO_CLI_LOG_JSON_H
#define PORTERO_CLI_LOG_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_json {
  const char *at, *end;
  char *texts;
};

/* '{'; *out_more: a member follows. */
bool log_json_begin(struct log_json *j, bool *out_more);
bool log_json_begin_array(struct log_json *j, bool *out_more);
/* A key and its colon; *out_name is in the line, as it is written there. */
bool log_json_key(struct log_json *j, const char **out_name, size_t *out_size);
/* Behind a value: ',' and another, or the bracket close. */
bool log_json_next(struct log_json *j, char close, bool *out_more);
/* Nothing but blanks is left. */
bool log_json_at_end(struct log_json *j);

/* Valid UTF-8 without control characters; those that are escaped come out, except NUL: false. */
bool log_json_text(struct log_json *j, const char **out_text);
/* A whole number that is not negative. */
bool log_json_number(struct log_json *j, uint64_t most, uint64_t *out_value);
/* Seconds with or without decimals or an exponent, as nanoseconds. */
bool log_json_seconds(struct log_json *j, uint64_t *out_nanoseconds);
/* Any value, nested up to 16 deep. */
bool log_json_skip(struct log_json *j);

#endif
