/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preprocessing tokens: the text cut up, comments and line splices gone, nothing understood yet.
 * Each keeps its spelling, so that it can be pasted, put in quotes, or be a part of a UUID.
 */
#ifndef PORTERO_IDLC_LEXER_H
#define PORTERO_IDLC_LEXER_H

#include "src/idlc/token.h"

/* A name; one for each spelling in a compile. */
struct idlc_symbol {
  struct idlc_symbol *next; /* with the same hash */
  const char *text;
  uint32_t length;
  uint32_t hash;
};

/* Never NULL; when memory is out, s->out_of_memory is set and the name is empty. */
const struct idlc_symbol *idlc_intern(struct idlc_sources *s, const char *text, size_t length);

enum lexer_kind {
  LEXER_END,
  LEXER_LINE_END, /* in directives alone; is not consumed */
  LEXER_NAME,     /* symbol */
  LEXER_NUMBER,   /* anything that begins like a number [C17] 6.4.8 */
  LEXER_TEXT,     /* spelling with prefix and quotes */
  LEXER_WTEXT,
  LEXER_CHAR,
  LEXER_MARK,
  LEXER_OTHER /* a character that nothing begins with */
};

struct lexer_token {
  uint8_t kind; /* enum lexer_kind */
  bool line_start;
  bool space_before;
  bool painted;  /* a name that is not to be expanded any more [C17] 6.10.3.4 */
  uint32_t mark; /* MARK; of a NAME in a macro's body: the number of the parameter, from 1 */
  uint32_t length;
  struct idlc_place place;
  const char *text; /* spelling, not terminated */
  const struct idlc_symbol *symbol;
};

struct lexer {
  struct idlc_sources *s;
  const uint8_t *begin, *at, *end; /* the text without line splices */
  const uint8_t *line_begin;       /* where column 1 is */
  const uint32_t *splices;         /* offsets in the text where one was */
  uint32_t n_splices, next_splice;
  uint32_t line;
  uint16_t file;
  bool in_directive; /* the end of the line is a token */
  bool quiet;        /* in text that is skipped: errors are none */
  bool line_start;
};

/* For a file; false when memory is out or the file is no text (which is reported). */
bool lexer_open(struct lexer *l, struct idlc_sources *s, uint16_t file);
/* For a piece of text without a place. */
void lexer_init(struct lexer *l, struct idlc_sources *s, const char *text, size_t length);
void lexer_next(struct lexer *l, struct lexer_token *out_token);
/* Blanks, comments and, outside directives, ends of lines; true when there was anything. */
bool lexer_skip(struct lexer *l);
struct idlc_place lexer_place(struct lexer *l);

bool lexer_is_mark(const struct lexer_token *t, uint32_t mark);
bool lexer_is_word(uint8_t c);
/* 36 bytes, 8-4-4-4-12. */
bool lexer_is_uuid(const char *text);

/* What numbers and quoted characters are worth. Bad ones are reported and worth 0. */
void literal_number(struct idlc_sources *s, const struct lexer_token *t,
                    struct idlc_token *out_token);
uint64_t literal_char(struct idlc_sources *s, const struct lexer_token *t);
/* What is between the quotes. */
void literal_inside(const struct lexer_token *t, const char **out_text, size_t *out_length);

#endif
