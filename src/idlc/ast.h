/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The syntax tree: what the files say, before anybody asks what it means. Names are not resolved,
 * constants not computed, attributes not judged. Lists are linked in the order of the text.
 * Everything lives in the compile's arena.
 */
#ifndef PORTERO_IDLC_AST_H
#define PORTERO_IDLC_AST_H

#include "src/idlc/token.h"

struct idlc_spec;

/* ---- expressions: constants, size_is and its kin, case labels ---- */

enum idlc_expr_kind {
  IDLC_EXPR_NUMBER, /* value */
  IDLC_EXPR_REAL,   /* name is the text */
  IDLC_EXPR_TEXT,   /* name is the text; wide when value is 1 */
  IDLC_EXPR_CHAR,   /* value */
  IDLC_EXPR_NAME,   /* a constant, an enumerator, a member or a parameter */
  IDLC_EXPR_UNARY,  /* op: '-' '+' '~' '!' '*' '&'; a */
  IDLC_EXPR_BINARY, /* op: '+' ... IDLC_PAIR('<', '<') ...; a, b */
  IDLC_EXPR_COND,   /* a ? b : c */
  IDLC_EXPR_CAST,   /* (spec) a; pointers: how many '*' behind spec */
  IDLC_EXPR_SIZEOF, /* of spec with pointers, or of a */
  IDLC_EXPR_MEMBER, /* a.name, or a->name when op is IDLC_PAIR('-', '>') */
  IDLC_EXPR_ALL,    /* a lone '*': size_is(*), range(1 .. *) */
};

struct idlc_expr {
  enum idlc_expr_kind kind;
  uint32_t op;
  struct idlc_place place;
  uint64_t value;
  bool is_unsigned;
  unsigned pointers;
  const char *name;
  struct idlc_spec *spec;
  struct idlc_expr *a, *b, *c;
};

/* ---- attributes: [name] or [name(argument, ...)] ---- */

/*
 * One argument: an expression, or empty, e.g. the first slot of size_is(, *n). `a .. b` is two.
 * implicit_handle(handle_t h) has one, with spec and, as expr, the name.
 */
struct idlc_arg {
  struct idlc_arg *next;
  struct idlc_place place;
  struct idlc_expr *expr; /* NULL: an empty slot */
  uint16_t pair_major;    /* version(1.2): is_version; expr is NULL then */
  uint16_t pair_minor;
  bool is_version;
  const char *uuid;       /* uuid(...): the text; expr is NULL then */
  struct idlc_spec *spec; /* switch_type(unsigned short), wire_marshal(T) ...: when it is a type */
  unsigned pointers;      /* '*' behind spec */
};

struct idlc_attr {
  struct idlc_attr *next;
  const char *name; /* interned; as written */
  struct idlc_place place;
  struct idlc_arg *args;
  unsigned n_args;
};

/* ---- types ---- */

enum idlc_spec_kind {
  IDLC_SPEC_NAME, /* a typedef or an interface, found by name later */
  IDLC_SPEC_BASE, /* base */
  IDLC_SPEC_STRUCT,
  IDLC_SPEC_UNION,
  IDLC_SPEC_ENUM,
  IDLC_SPEC_PIPE,      /* pipe of spec `of` */
  IDLC_SPEC_SAFEARRAY, /* SAFEARRAY(of) */
  IDLC_SPEC_INTERFACE, /* `interface X` as a type */
};

enum idlc_base {
  IDLC_VOID,
  IDLC_BOOLEAN,
  IDLC_BYTE,
  IDLC_CHAR8, /* char: text */
  IDLC_WCHAR,
  IDLC_INT8, /* small; signed char */
  IDLC_UINT8,
  IDLC_INT16,
  IDLC_UINT16,
  IDLC_INT32,
  IDLC_UINT32,
  IDLC_INT64,
  IDLC_UINT64,
  IDLC_INT3264,
  IDLC_UINT3264,
  IDLC_FLOAT,
  IDLC_DOUBLE,
  IDLC_HANDLE, /* handle_t */
  IDLC_ERROR_STATUS,
};

/* Around a type: pointers, arrays and functions, from the name outwards. */
enum idlc_derive_kind {
  IDLC_POINTER_TO,
  IDLC_ARRAY_OF,
  IDLC_FUNCTION
};

struct idlc_derive {
  struct idlc_derive *next; /* towards the specifier: `*a[3]` is ARRAY_OF 3, then POINTER_TO */
  enum idlc_derive_kind kind;
  struct idlc_place place;
  struct idlc_attr *attrs; /* pointers: `* [unique] p`, rare */
  bool is_open;            /* arrays: [], [*] or, with lower, [lower..*] */
  struct idlc_expr *lower; /* arrays: [lower..upper]; else NULL */
  struct idlc_expr *bound; /* arrays: [bound]; with lower: the upper bound, inclusive */
  struct idlc_decl *params; /* functions; (void) is none */
};

/* One enumerator: value NULL is one more than the last. */
struct idlc_enumerator {
  struct idlc_enumerator *next;
  const char *name;
  struct idlc_place place;
  struct idlc_expr *value;
};

/*
 * A member, an arm of a union, a parameter, a typedef's name, an operation. For each declarator of
 * `int a, *b;` one, sharing attrs and spec. An operation's and a typedef's attributes are those of
 * its item.
 */
struct idlc_decl {
  struct idlc_decl *next;
  const char
      *name; /* NULL: an anonymous member (inline union), an empty arm, an unnamed parameter */
  struct idlc_place place;
  struct idlc_attr *attrs;
  struct idlc_spec *spec; /* NULL: an empty arm */
  struct idlc_derive *derive;
  struct idlc_expr *bits; /* bit-field width */
  struct idlc_expr *value; /* members: `cb = (n + 7) & ~7`, what a sender puts there; no MIDL, but
                              in collections of published texts */
  /* arms of unions: C-style `case 1: case 2:` or [case(1, 2)] both end here */
  struct idlc_arg *labels;
  bool is_default;
  bool is_const;
};

struct idlc_spec {
  enum idlc_spec_kind kind;
  enum idlc_base base;
  struct idlc_place place;
  struct idlc_attr
      *attrs;       /* `struct [attrs] {`, and a typedef's attributes stay with the typedef */
  const char *name; /* NAME, INTERFACE; or the tag; NULL: none */
  bool is_defined;  /* it has a body */
  struct idlc_decl *members;
  struct idlc_enumerator *enumerators;
  struct idlc_spec *of;
  unsigned pointers; /* PIPE, SAFEARRAY: '*' behind of */
  /* encapsulated union: switch (switch_spec switch_name) union_name */
  struct idlc_spec *switch_spec;
  const char *switch_name;
  const char *union_name; /* NULL: tagged_union */
};

/* ---- declarations ---- */

enum idlc_item_kind {
  IDLC_ITEM_TYPEDEF,   /* attrs; decl list; */
  IDLC_ITEM_TYPE,      /* struct x { ... }; alone, also behind typedef */
  IDLC_ITEM_CONST,     /* decls is one; value */
  IDLC_ITEM_OPERATION, /* decls is one, whose derive begins with FUNCTION */
  IDLC_ITEM_PROPERTY,  /* of a dispinterface: decls is one */
  IDLC_ITEM_CPP_QUOTE, /* text */
  IDLC_ITEM_IMPORT, /* text: the name as written; unit: what it became, NULL when imported before */
  IDLC_ITEM_INTERFACE, /* dispinterface too */
  IDLC_ITEM_LIBRARY,
  IDLC_ITEM_COCLASS,
  IDLC_ITEM_MODULE,
  IDLC_ITEM_IMPORTLIB, /* text: the name as written */
  IDLC_ITEM_PRAGMA,    /* midl_pragma, midl_echo, extern declarations: nothing to do */
};

struct idlc_item {
  struct idlc_item *next;
  enum idlc_item_kind kind;
  struct idlc_place place;
  struct idlc_attr *attrs;
  const char *name; /* interface, library, coclass */
  const char *text;
  struct idlc_spec *spec; /* TYPE, TYPEDEF, CONST */
  struct idlc_decl *decls;
  struct idlc_expr *value;
  const char *base; /* interface X : base */
  bool is_forward;  /* interface X; */
  bool is_dispinterface;
  struct idlc_item *items; /* the body; of a coclass: its interfaces as forward ones */
  struct idlc_unit *unit;
};

/* One file. */
struct idlc_unit {
  struct idlc_unit *next; /* all units of a compile, imported ones before those that import them */
  uint16_t file;
  struct idlc_item *items;
};

/*
 * An attribute configuration file: attributes that are added to what the IDL names.
 * [implicit_handle(handle_t h)] interface x { [async] Op(); typedef [allocate(...)] T; }
 */
struct idlc_acf_entry {
  struct idlc_acf_entry *next;
  struct idlc_place place;
  uint16_t idl; /* the file that it is about */
  struct idlc_attr *attrs;
  const char *interface_name;
  const char *operation; /* NULL: for the interface, or for type */
  const char *parameter; /* NULL: for the operation */
  const char *type;
};

/* Of the configuration file: include "x.h"; what the generated header includes too. */
struct idlc_include {
  struct idlc_include *next;
  const char *name; /* "x.h" */
};

struct idlc_parse_options {
  const struct idlc_define *defines;
  unsigned n_defines;
  const char *acf; /* path; NULL: the main file's name with .acf, when there is one */
};

struct idlc_tree {
  struct idlc_unit *units; /* in dependency order, main last */
  struct idlc_unit *main;
  struct idlc_acf_entry *acf;
  struct idlc_include *includes;
  struct idlc_acf_entry *imported_acf; /* of files beside imported ones, when they are there */
};

/*
 * Parses path and all that it imports; each file once. An import is looked for by its name, then
 * without a directory, then without the prefix "ms-" ("ms-dtyp.idl", "ms_dtyp.idl" -> "dtyp.idl"),
 * in each case relative to the importing file and in the include directories, at last in small
 * letters; "unknwn.idl", "wtypes.idl" ... are files like any other. One that is not found is a
 * warning: whoever needs a name of it will complain. NULL: nothing could be parsed. Errors are in
 * s->errors; the tree holds what could be understood, so that later passes may find more of them.
 */
struct idlc_tree *idlc_parse(struct idlc_sources *s, const char *path,
                             const struct idlc_parse_options *options);

#endif
