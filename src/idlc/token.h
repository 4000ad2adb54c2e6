/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens: what the preprocessor hands to the parser. Comments, line splices, directives and macros
 * are behind us; keywords are still plain identifiers (MIDL's attribute words are names elsewhere).
 */
#ifndef PORTERO_IDLC_TOKEN_H
#define PORTERO_IDLC_TOKEN_H

#include "src/idlc/source.h"

enum idlc_token_kind {
  IDLC_END, /* of the file, for ever after */
  IDLC_NAME,
  IDLC_NUMBER, /* integer: value; suffixes U, L, UL, LL are accepted and dropped */
  IDLC_REAL,   /* 1.0: text only */
  IDLC_TEXT,   /* "abc", adjacent literals joined; text without quotes, escapes as written */
  IDLC_WTEXT,  /* L"abc" */
  IDLC_CHAR,   /* 'a': value */
  IDLC_UUID,   /* 8-4-4-4-12, bare: only where idlc_next_uuid() was asked for */
  IDLC_MARK,   /* punctuation: mark */
};

/* One or two characters, e.g. ';' or IDLC_PAIR('<', '<'). */
#define IDLC_PAIR(a, b) ((a) << 8 | (b))
#define IDLC_ELLIPSIS   0x2e2e2e

struct idlc_token {
  enum idlc_token_kind kind;
  uint32_t mark;
  const char *text; /* NAME, REAL, TEXT, WTEXT, UUID: terminated, in the arena; one pointer for each
                       name of a compile, so that names are compared with == */
  uint32_t length;
  uint64_t value;
  bool is_unsigned; /* a U suffix, or hexadecimal above INT64_MAX */
  struct idlc_place place;
};

struct idlc_define {
  const char *name;
  const char *value; /* "1" for -D NAME */
};

struct idlc_preprocessor;

/*
 * Reads file (an index from idlc_open()) with #define (object-like and function-like, # and ##),
 * #undef, #include, #if, #ifdef, #ifndef, #elif, #else, #endif, #error, #pragma (ignored, but
 * `#pragma pack` is passed over too), #line ignored; `__midl` is defined as 600 and _WIN32 is not. Includes are
 * bounded in depth (32), macro expansion in depth (128) and in tokens. Bad text is reported and
 * skipped: there is always a next token, and IDLC_END comes.
 */
struct idlc_preprocessor *idlc_preprocessor_new(struct idlc_sources *s, uint16_t file,
                                                const struct idlc_define *defines,
                                                unsigned n_defines);
struct idlc_token idlc_next(struct idlc_preprocessor *p);
/* The next token when it is a UUID (bare or in quotes), as IDLC_UUID; else as idlc_next(). */
struct idlc_token idlc_next_uuid(struct idlc_preprocessor *p);
/* The one copy of a name, for comparing with token.text. */
const char *idlc_name(struct idlc_preprocessor *p, const char *text);

#endif
