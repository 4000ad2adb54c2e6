/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files mean: the type tables of everything that the main file declares and needs, and
 * beside them what only generated text wants to know. All back ends read this and the layouts in
 * it, and nothing else.
 */
#ifndef PORTERO_IDLC_PROGRAM_H
#define PORTERO_IDLC_PROGRAM_H

#include <portero/types.h>

#include "src/idlc/ast.h"

/* Beside types.types[i]. */
struct idlc_type_info {
  uint16_t file;      /* that defines it; 0: not a type with a name */
  const char *c_name; /* STRUCT, UNION, ENUM: the tag in C, with prefix: "ms_types_sid"; parameters:
                         INTERFACE_Operation. An anonymous one's is made of where it stands */
  const char *local_name; /* is_hooked: the same for the form with the program's own types in it;
                             c_name is that of what travels then: "f_X_wire" */
  bool is_hooked;         /* there is a hook in it, or it is one */
  uint32_t same_as;   /* an ENUM with a range: the type that is the enum itself, defined there */
  struct idlc_place place;
};

/* Beside types.ops[i]. */
struct idlc_op_info {
  const struct idlc_item *iface, *item;
  const char *c_name; /* without prefix: "BaseRegOpenKey"; properties: "get_Count" */
  struct idlc_place place;
};

/* Beside types.ifaces[i]. */
struct idlc_iface_info {
  uint16_t file;
  const char *c_name; /* with prefix, e.g. "winreg": the prefix of its operations is this and '_' */
  const char *endpoints; /* "ncacn_np:[\\pipe\\winreg],ncacn_ip_tcp:[135]" or NULL */
  bool is_main;          /* of the main file: stubs are made for it */
};

enum idlc_const_kind {
  IDLC_CONST_NUMBER,
  IDLC_CONST_REAL,
  IDLC_CONST_TEXT,
  IDLC_CONST_WTEXT
};

struct idlc_const {
  uint16_t file;
  enum idlc_const_kind kind;
  const char *name;   /* as in the IDL */
  const char *c_name; /* with prefix */
  int64_t value;
  bool is_unsigned;
  const char *text; /* REAL, TEXT, WTEXT: as written, without quotes */
};

/*
 * A type for which the program has one of its own, and functions that convert: c_name_to_wire() and
 * c_name_from_wire(). In C there are typedefs for both forms.
 */
struct idlc_hook {
  uint16_t file;          /* that defines the type: its header has the typedefs */
  const char *name;       /* as in the IDL */
  const char *c_name;     /* with prefix: "ms_types_FILETIME" */
  const char *local_name; /* the typedefs: "ms_types_FILETIME_local" */
  const char *wire_name;  /* and "..._wire" */
  const char *local;      /* what local_name is: C, e.g. "struct timespec" */
  uint32_t wire;          /* what wire_name is; 0: not known here, it is another file's */
};

/* A [local] operation that another one travels for. */
struct idlc_local_op {
  struct idlc_local_op *next;
  const struct idlc_item *iface, *op;
  const char *c_name; /* "IPrint_Open" */
  uint32_t params;    /* type */
};

struct idlc_program {
  struct portero_types types; /* checked, layouts are there; a type comes after what it contains
                                 (but for what is behind pointers) */
  struct idlc_type_info *type_info;
  struct idlc_op_info *op_info;
  struct idlc_iface_info *iface_info;
  const char *const *enumerator_names; /* in C, with prefix; beside types.enumerators[i] */
  const struct idlc_const *consts; /* of all files, in order */
  unsigned n_consts;
  const char *const *quotes; /* cpp_quote of the main file, in order */
  unsigned n_quotes;
  const uint16_t *imports; /* files that the main file imports itself, in order */
  unsigned n_imports;
  uint16_t main_file;
  struct idlc_hook *hooks;
  unsigned n_hooks;
  const struct idlc_local_op *local_ops;
  const char *const *includes; /* headers for the generated one: "x.h" or <x.h> */
  unsigned n_includes;
  /*
   * NULL when nothing is hooked. Else the same program as programs see it: members and elements are
   * hooks (IDLC_KIND_HOOK), which are types behind all others; the names are the local ones.
   */
  const struct idlc_program *local;
};

struct idlc_prefix {
  const char *stem;   /* of a file: "ms_types"; NULL: the main file */
  const char *prefix; /* "dtyp": without the underscore; "" for none */
};

/* A type for which the program has its own. */
struct idlc_hook_option {
  const char *name;  /* a typedef's */
  const char *local; /* C; NULL: its own definition, or its name */
};

struct idlc_program_options {
  const struct idlc_prefix *prefixes;
  unsigned n_prefixes;
  bool all_hooks; /* for all [wire_marshal], [transmit_as], and [call_as] */
  const struct idlc_hook_option *hooks;
  unsigned n_hooks;
  const char *const *includes; /* of the generated header: "x.h", <x.h> or plain x.h */
  unsigned n_includes;
};

/*
 * Resolves names in any order, judges attributes, computes constants, lowers types. C names:
 * a type PREFIX_name, PREFIX being the file's stem unless options say otherwise; an interface its
 * own name, its operations' structs INTERFACE_Operation; where two would collide, or a name is a
 * word of C or C++, an underscore is added behind. NULL when there were errors.
 */
struct idlc_program *idlc_understand(struct idlc_sources *s, const struct idlc_tree *tree,
                                     const struct idlc_program_options *options);

#endif
