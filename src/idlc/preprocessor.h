/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the preprocessor. Tokens come from a stack of contexts (what macros became), and
 * when it is empty from the file; frames are the files that include each other.
 */
#ifndef PORTERO_IDLC_PREPROCESSOR_H
#define PORTERO_IDLC_PREPROCESSOR_H

#include "src/idlc/lexer.h"

#define PP_MAX_INCLUDE_DEPTH 32u
#define PP_MAX_INCLUDES      4096u /* in all */
#define PP_MAX_DEPTH         128u  /* macro calls in arguments of macro calls; parentheses in #if */
#define PP_MAX_WORK          (1u << 22) /* tokens that macros make in all */
#define PP_MAX_SPELLING      65536u     /* of one token that # or ## makes */
#define PP_MAX_AHEAD         16u

struct pp_tokens {
  struct lexer_token *items;
  size_t n, capacity;
};

struct pp_macro {
  const struct idlc_symbol *name;
  struct idlc_place place;
  bool is_function;
  bool is_variadic; /* the last parameter takes the rest */
  bool disabled;    /* its expansion is being read */
  uint32_t n_params;
  const struct idlc_symbol **params;
  struct pp_tokens body;
};

struct pp_slot {
  const struct idlc_symbol *name;
  struct pp_macro *macro; /* NULL after #undef */
};

struct pp_context {
  struct pp_context *below;
  const struct lexer_token *at, *end;
  struct pp_macro *macro; /* enabled again when this is read to its end */
  bool is_barrier;        /* nothing below it is read: an argument on its own */
};

struct pp_condition {
  struct pp_condition *below;
  struct idlc_place place;
  bool taken; /* one of its groups was read */
  bool has_else;
};

struct pp_frame {
  struct pp_frame *below;
  struct lexer lexer;
  struct pp_condition *conditions;
};

struct idlc_preprocessor {
  struct idlc_sources *s;
  struct pp_frame *frame;
  unsigned frame_depth, n_includes;
  struct pp_context *contexts, *spare_contexts;
  struct pp_condition *spare_conditions;
  struct pp_slot *slots; /* open addressing */
  size_t n_slots, n_macros;
  uint32_t work;
  unsigned depth;
  bool in_if;   /* names behind `defined` stay what they are */
  bool stopped; /* nothing more is read */
  const struct idlc_symbol *sym_defined, *sym_va_args;
  bool *once; /* by file: #pragma once */
  size_t n_once;
  struct lexer_token ahead[PP_MAX_AHEAD]; /* expanded already */
  unsigned at_ahead, n_ahead;
};

/* ---- preprocessor.c ---- */

void pp_out_of_memory(struct idlc_preprocessor *p);
bool pp_add(struct idlc_preprocessor *p, struct pp_tokens *list, const struct lexer_token *t);
/* The next token that is not expanded. */
void pp_raw(struct idlc_preprocessor *p, struct lexer_token *out_token);
/* Reads tokens before everything else; macro may be NULL. */
struct pp_context *pp_push(struct idlc_preprocessor *p, const struct lexer_token *tokens, size_t n,
                           struct pp_macro *macro);
void pp_pop(struct idlc_preprocessor *p);
/* Reads another file before the rest of this one. */
void pp_enter_file(struct idlc_preprocessor *p, uint16_t file);

/* ---- macro.c ---- */

struct pp_macro *pp_find(const struct idlc_preprocessor *p, const struct idlc_symbol *name);
void pp_define(struct idlc_preprocessor *p, struct pp_macro *macro);
void pp_undefine(struct idlc_preprocessor *p, const struct idlc_symbol *name);
/* The next token with macros expanded. */
void pp_expanded(struct idlc_preprocessor *p, struct lexer_token *out_token);
/* The same for a list on its own. */
void pp_expand(struct idlc_preprocessor *p, const struct pp_tokens *list, struct pp_tokens *out);

/* ---- directive.c ---- */

/* Behind a '#' that begins a line. */
void pp_directive(struct idlc_preprocessor *p);
/* `NAME body` or `NAME(a, b) body`, up to the end of the lexer's line. */
void pp_read_define(struct idlc_preprocessor *p, struct lexer *l);
/* What a file left open. */
void pp_end_conditions(struct idlc_preprocessor *p, struct pp_frame *frame);

/* ---- condition.c ---- */

/* Reads the rest of an #if or #elif. */
bool pp_condition_value(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place);

#endif
