/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser's inside: tokens with two of look-ahead, complaints, and what its files need of each
 * other. Recursive descent. Every function that takes a parser stands at a token and leaves behind
 * what it understood; one that fails (NULL or false) has complained, or memory is out, and leaves
 * it to its caller to find a place from which to go on.
 */
#ifndef PORTERO_IDLC_PARSE_H
#define PORTERO_IDLC_PARSE_H

#include "src/idlc/ast.h"

/* Types in types, bodies in bodies, parentheses, imports: in all, over all files of a compile. */
#define PARSE_NESTING_MAX 200u
/* Pointers, arrays and functions around one type. */
#define PARSE_DERIVE_MAX 64u

/* Words that mean something where they stand. All but those of C may be names elsewhere. */
enum parse_word {
  WORD_NONE,
  /* C's: never a name */
  WORD_CONST,
  WORD_VOLATILE,
  WORD_TYPEDEF,
  WORD_STRUCT,
  WORD_UNION,
  WORD_ENUM,
  WORD_UNSIGNED,
  WORD_SIGNED,
  WORD_LONG,
  WORD_SHORT,
  WORD_INT,
  WORD_CHAR,
  WORD_FLOAT,
  WORD_DOUBLE,
  WORD_VOID,
  WORD_EXTERN,
  WORD_STATIC,
  WORD_SIZEOF,
  WORD_CASE,
  WORD_DEFAULT,
  WORD_SWITCH,
  WORD_LAST_OF_C = WORD_SWITCH,
  /* MIDL's base types */
  WORD_SMALL,
  WORD_HYPER,
  WORD_BYTE,
  WORD_BOOLEAN,
  WORD_WCHAR,
  WORD_HANDLE,
  WORD_ERROR_STATUS,
  WORD_INT8,
  WORD_INT16,
  WORD_INT32,
  WORD_INT64,
  WORD_INT3264,
  WORD_PIPE,
  WORD_SAFEARRAY,
  WORD_LAST_OF_TYPES = WORD_SAFEARRAY,
  /* declarations */
  WORD_INTERFACE,
  WORD_DISPINTERFACE,
  WORD_COCLASS,
  WORD_LIBRARY,
  WORD_MODULE,
  WORD_IMPORT,
  WORD_IMPORTLIB,
  WORD_INCLUDE, /* of ACF */
  WORD_CPP_QUOTE,
  WORD_PRAGMA,
  WORD_INLINE,
  WORD_PROPERTIES,
  WORD_METHODS,
  WORD_CALLING,  /* __stdcall, WINAPI, __RPC_FAR ...: in front of names, of no meaning here */
  WORD_METADATA, /* the Windows Runtime's dialect */
  WORD_REQUIRES  /* the same, behind the name of an interface */
};

/* What is known about a name of the compile, found by its one pointer. */
struct parse_name {
  const char *text; /* NULL: a free place */
  enum parse_word word;
  bool is_type; /* declared as one before */
};

/* One compile: what its files share. */
struct parse_compile {
  struct idlc_sources *s;
  const struct idlc_parse_options *options;
  struct idlc_tree *tree;
  uint16_t main_file;
  struct idlc_unit **units_tail;
  struct idlc_acf_entry **acf_tail, **imported_acf_tail;
  struct idlc_include **includes_tail;
  struct parse_name *names; /* open addressing, at most half full */
  size_t n_names, names_size;
  unsigned nesting;
  bool too_deep; /* was said */
};

struct parse_token {
  struct idlc_token t;
  enum parse_word word; /* of a NAME */
};

struct parser {
  struct parse_compile *c;
  struct idlc_preprocessor *pp;
  uint16_t file;
  struct parse_token tok; /* where we stand */
  struct parse_token ahead[2];
  unsigned n_ahead;
  struct idlc_place end; /* behind the token before tok */
  struct idlc_place last_error;
  unsigned parens, braces; /* that are open before tok */
  unsigned quiet;          /* complaints are not told */
  unsigned expr_nodes;     /* of the expression that is being read */
  bool in_interface;
  uint16_t acf_of; /* of a configuration file: the IDL file that it is about */
};

/* ---- parse_token.c: standing and going on ---- */

/* The words of the language, once per compile. */
bool parse_words_init(struct parse_compile *c, struct idlc_preprocessor *pp);
void parse_start(struct parser *p, struct parse_compile *c, struct idlc_preprocessor *pp,
                 uint16_t file);
void parse_advance(struct parser *p);
/* The next token may be a bare UUID. */
void parse_advance_uuid(struct parser *p);
/* The n-th token behind the one where we stand; n is 1 or 2. */
const struct parse_token *parse_peek(struct parser *p, unsigned n);
/* Remembers that name is a type. */
void parse_type_name(struct parser *p, const char *name);
bool parse_is_type_name(struct parser *p, const char *name);

static inline bool parse_is_mark(const struct parse_token *t, uint32_t mark)
{
  return t->t.kind == IDLC_MARK && t->t.mark == mark;
}
static inline bool parse_at(const struct parser *p, uint32_t mark)
{
  return parse_is_mark(&p->tok, mark);
}
static inline bool parse_at_end(const struct parser *p)
{
  return p->tok.t.kind == IDLC_END;
}
static inline bool parse_is_word(const struct parse_token *t)
{
  return t->t.kind == IDLC_NAME;
}
/* A name that may be declared: not a word of C. */
static inline bool parse_is_name(const struct parse_token *t)
{
  return t->t.kind == IDLC_NAME && (t->word == WORD_NONE || t->word > WORD_LAST_OF_C);
}
/* `..`, however the blanks lie. */
bool parse_at_dots(struct parser *p);
void parse_skip_dots(struct parser *p);
/* Goes on when it stands at mark. */
bool parse_accept(struct parser *p, uint32_t mark);
/* Goes on over mark, or complains at the end of the token before: "expected ')' after the ...". */
bool parse_expect(struct parser *p, uint32_t mark, const char *after);
/*
 * The semicolon behind a declaration. When it is missing and the next line begins something else,
 * nothing is lost; otherwise the rest up to the next one is skipped.
 */
void parse_semicolon(struct parser *p, const char *after);
/* A name to be declared; NULL after complaining "expected the name of what". */
const char *parse_name(struct parser *p, const char *what);

__attribute__((format(printf, 4, 5))) void parse_error(struct parser *p, struct idlc_place place,
                                                       const char *hint, const char *format, ...);
/* "expected what, found 'x'". Returns false. */
bool parse_expected(struct parser *p, const char *what, const char *hint);

/* The memory of the tree: zeroed, or NULL and the compile is hopeless. */
void *parse_new(struct parser *p, size_t size);
/* One level deeper, or false after complaining. Each true one is undone by parse_leave(). */
bool parse_enter(struct parser *p);
void parse_leave(struct parser *p);

/* Skips to behind the next ';' or to the '}' that ends the body with braces open around it. */
void parse_skip_item(struct parser *p, unsigned braces);
/* Skips to the ')' that leaves parens open, and over it; not beyond a ';' or a brace. */
void parse_skip_parens(struct parser *p, unsigned parens);
/* Skips from a '{' to behind its '}'. */
void parse_skip_block(struct parser *p);
/* Stands in front of something that can only begin a new declaration of a file or an interface. */
bool parse_at_declaration(struct parser *p);

/* ---- parse_expr.c ---- */

struct idlc_expr *parse_expr(struct parser *p);

/* ---- parse_attr.c ---- */

/* Any number of [ ... ], appended to *attrs. */
bool parse_attrs(struct parser *p, struct idlc_attr **attrs);
const struct idlc_attr *parse_find_attr(const struct idlc_attr *attrs, const char *name);

/* ---- parse_spec.c: types without a declarator ---- */

struct idlc_spec *parse_spec(struct parser *p, bool *out_const);
/* A type in an argument, a cast, sizeof: a specifier and its '*'. */
struct idlc_spec *parse_type(struct parser *p, unsigned *out_pointers);
/* The token can only begin a type; so can a name that is known as one, when names is set. */
bool parse_is_type(struct parser *p, const struct parse_token *t, bool names);
/* Skips calling conventions and the like; the second one const and volatile too. */
void parse_skip_calling(struct parser *p);
void parse_qualifiers(struct parser *p, bool *out_const);

/* ---- parse_decl.c: declarators, members, parameters ---- */

struct parse_decls {
  struct idlc_decl *first, **tail;
};
enum parse_need {
  PARSE_NAMED,   /* a name has to be there */
  PARSE_UNNAMED, /* a name may be missing: parameters */
};
/* Appends one declarator's declaration; what: "the member". */
struct idlc_decl *parse_declarator(struct parser *p, const struct idlc_decl *shared,
                                   enum parse_need need, const char *what,
                                   struct parse_decls *decls);
/* `a, *b` up to what follows; the second one `a : 3, b = 1` too. */
bool parse_declarators(struct parser *p, const struct idlc_decl *shared, const char *what,
                       struct parse_decls *decls);
bool parse_member_names(struct parser *p, const struct idlc_decl *shared,
                        struct parse_decls *decls);
/* ---- parse_body.c: what stands in braces behind struct, union, enum ---- */

/* From '{' to behind '}'. */
bool parse_members(struct parser *p, struct idlc_spec *spec);
bool parse_enumerators(struct parser *p, struct idlc_spec *spec);

/* ---- parse_item.c ---- */

struct parse_items {
  struct idlc_item *first, **tail;
};
/* Declarations up to the end of the file, or to the '}' of a body with braces open around it. */
void parse_item_list(struct parser *p, unsigned braces, struct parse_items *items);
bool parse_item(struct parser *p, struct parse_items *items);
struct idlc_item *parse_item_new(struct parser *p, enum idlc_item_kind kind,
                                 struct idlc_place place, struct parse_items *items);

/* ---- parse_interface.c: what has a body of declarations ---- */

bool parse_interface(struct parser *p, struct idlc_attr *attrs, struct parse_items *items);
bool parse_container(struct parser *p, struct idlc_attr *attrs, struct parse_items *items);

/* ---- parse.c: units ---- */

/* `import "a", "b";` */
bool parse_import(struct parser *p, struct parse_items *items);

/* ---- parse_acf.c ---- */

/* file is about idl. */
bool parse_acf(struct parse_compile *c, uint16_t file, uint16_t idl);

#endif
