/* SPDX-License-Identifier: Apache-2.0 */
/* A book that is read back as JSON lines, for tests of what it is told. One at a time. */
#ifndef PORTERO_TESTS_SYSTEM_BOOK_LINES_H
#define PORTERO_TESTS_SYSTEM_BOOK_LINES_H

#include <jansson.h>
#include <stdbool.h>

#include <portero/sink.h>

/* A new book with a file as its only sink. false: it cannot be made. */
bool lines_open(struct portero_book **out_book);
/* After the book was freed. */
void lines_close(void);
/* Reads what the book was told until now; fails when a line is not one object and nothing else. */
void lines_read(void);
/* Reads until there are n records of this kind. */
void lines_wait(const char *event, size_t n);
/* Does the file hold these bytes? */
bool lines_hold(const char *bytes, size_t size);

size_t lines_total(void);
const json_t *lines_at(size_t i);
/* Records of this kind, with this text under key; key NULL: all of them. */
size_t lines_count(const char *event, const char *key, const char *value);
/* The n-th record of this kind, from 0; fails when there is none. */
const json_t *lines_nth(const char *event, size_t n);

/* "" and 0 where there is no such key. */
const char *lines_text(const json_t *record, const char *key);
json_int_t lines_number(const json_t *record, const char *key);
/* Fails when the text under key is another; value "": there is no such key. */
void lines_has(const json_t *record, const char *key, const char *value);
/* All tags, with blanks between. */
void lines_has_tags(const json_t *record, const char *tags);

#endif
