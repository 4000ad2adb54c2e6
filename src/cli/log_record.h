/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of a book in the form json, back to the record it was made of.
 *
 * Strict: a line is a JSON object of which each known key has a value of its kind, once, in valid
 * UTF-8 without raw control characters, and "time" and "event" are there. Keys that are not known
 * are passed over, whatever their values; the order of keys and blanks between them do not matter.
 * What does not fit into a C string or the record's fields makes the line unreadable.
 */
#ifndef PORTERO_CLI_LOG_RECORD_H
#define PORTERO_CLI_LOG_RECORD_H

#include <portero/event.h>

#define LOG_LINE_MAX 65536u /* a record has at most 32 KiB as it was written */
#define LOG_TAGS_MAX 64u

struct log_record {
  struct portero_event event; /* its texts are in this struct */
  struct portero_syntax interface;
  struct portero_uuid object;
  const char *tags[LOG_TAGS_MAX];
  char texts[LOG_LINE_MAX];
};

/* line: without its end of line. false: not a record; what r holds then means nothing. */
bool log_record_read(struct log_record *r, const char *line, size_t size);
/* The number behind a UID, "C" and 17 characters; false when text is none. */
bool log_uid_read(const char *text, uint64_t *out_connection);

#endif
