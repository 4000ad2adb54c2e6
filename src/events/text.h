/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, times, addresses and foreign text, appended to a writer. */
#ifndef PORTERO_EVENTS_TEXT_H
#define PORTERO_EVENTS_TEXT_H

#include <portero/event.h>

void text_raw(struct portero_writer *w, const char *text);
void text_char(struct portero_writer *w, char c);
void text_number(struct portero_writer *w, uint64_t value);
/* Zeros in front, up to width digits. */
void text_padded(struct portero_writer *w, uint64_t value, unsigned width);
/* "0x00000005" */
void text_hex32(struct portero_writer *w, uint32_t value);
void text_uuid(struct portero_writer *w, const struct portero_uuid *uuid);
/* "1.0" */
void text_version(struct portero_writer *w, const struct portero_syntax *syntax);
/* Nanoseconds as seconds with six decimals. */
void text_seconds(struct portero_writer *w, uint64_t nanoseconds);
/* "2026-11-21T04:00:00.123456", without a zone; between: what stands between date and time. */
void text_time(struct portero_writer *w, uint64_t time, char between);
/* Just the date and time in seconds, all separated by a dash, as Zeek's headers have it. */
void text_time_dashed(struct portero_writer *w, uint64_t time);
/* "192.0.2.1", "2001:db8::1" ([RFC5952]) */
void text_address(struct portero_writer *w, const uint8_t ip[16]);
bool text_has_address(const struct portero_event_end *end);

/*
 * The next character of UTF-8 text, and how many bytes it has; what is no UTF-8 is U+FFFD, a byte at
 * a time. *at must not be at the terminator.
 */
uint32_t text_next(const char *at, size_t *out_size);
/*
 * Controls, ends of lines, and what turns the direction of writing: with them a text may look like
 * another, or like more than one line.
 */
bool text_is_unsafe(uint32_t c);
/* Foreign text between quotes, in JSON; what is unsafe is escaped. */
void text_json(struct portero_writer *w, const char *text);

/* Foreign text on one line for people: what is unsafe is a question mark. Never longer than it was. */
void text_plain(struct portero_writer *w, const char *text);

const char *text_auth(uint8_t type);                       /* "ntlm"; NULL: none */
const char *text_level(uint8_t level);                     /* "privacy"; NULL: none */
const char *text_transport(const struct portero_event *e); /* "ncacn_ip_tcp"; NULL: none */
/* Of other records the number means nothing. */
bool text_has_call_id(const struct portero_event *e);
/* The names of the catalog where the record has none of its own. NULL: unknown. */
const char *text_interface(const struct portero_event *e);
const char *text_operation(const struct portero_event *e);
/* Of a fault. NULL: it has none; why a bind was refused is a number of another kind. */
const char *text_status(const struct portero_event *e);

#endif
