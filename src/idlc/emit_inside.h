/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the back ends share.
 *
 *   emit.c         text, names, declarators
 *   emit_header.c  STEM.h: constants, types, parameters
 *   emit_quotes.c  what the IDL quotes, in STEM.h
 *   emit_rpc.c     STEM_rpc.h and STEM_rpc.c: calls and dispatch
 *   emit_hooks.c   the program's own types, and what converts values with them in them
 *   emit_source.c  STEM.c: the type table, descriptions of operations, the passes over STEM_wire.h
 *   emit_wire.c    STEM_wire.h: what is compiled once for each syntax and direction
 *   emit_walk.c      the parts of a value one after the other, in runs of fixed size
 *   emit_parts.c     arrays, unions, referents
 *   emit_expr.c      size_is and its kin as C
 *   emit_can.c       what is left to the type table
 *   emit_json.c, emit_tables.c  for other programs
 */
#ifndef PORTERO_IDLC_EMIT_INSIDE_H
#define PORTERO_IDLC_EMIT_INSIDE_H

#include "src/idlc/emit.h"
#include "src/idlc/source.h"

/* ---- emit.c ---- */

__attribute__((format(printf, 2, 3))) void emit_text(struct portero_writer *w, const char *format,
                                                     ...);
/* "made by portero idl from rrp.idl" */
void emit_made_by(const struct idlc_emit *e, struct portero_writer *w);
/* "rrp.idl" of a file */
const char *emit_base_name(const char *path);
/* "RRP_H" from "rrp" and "_H" */
void emit_guard(const struct idlc_emit *e, const char *suffix, struct portero_writer *w);
/* The name of a member in C; at: index in types.members. */
const char *emit_member_name(const struct idlc_emit *e, uint32_t at);
/* "struct", "union" or "enum" */
const char *emit_keyword(const struct portero_type *type);
/* The name of a STRUCT, UNION or ENUM, or NULL: its body stands where it is used. */
const char *emit_type_name(const struct idlc_emit *e, uint32_t type);
/* Is its body in this output's header? */
bool emit_is_ours(const struct idlc_emit *e, uint32_t type);

#define EMIT_NAME 1024

/*
 * "const struct rrp_x *const (*name)[4]": base is what the declaration starts with, declarator what
 * follows. behind: what name is stands behind a pointer, so that it is constant. A type without
 * name has the base NULL.
 */
struct emit_decl {
  const char *qualifier; /* "const " or "" */
  const char *keyword;   /* "struct " or "" */
  const char *base;      /* "uint32_t" */
  uint32_t type;         /* that base stands for */
  char declarator[EMIT_NAME];
};
void emit_declare(const struct idlc_emit *e, uint32_t type, const char *name, bool behind,
                  struct emit_decl *out_decl);
void emit_print_decl(const struct emit_decl *d, struct portero_writer *w);

static inline const struct portero_type *emit_type(const struct idlc_emit *e, uint32_t type)
{
  return &e->program->types.types[type];
}
static inline const struct portero_layout *emit_layout(const struct idlc_emit *e, uint32_t type)
{
  return &e->program->types.layouts[type];
}
static inline bool emit_is_enum(const struct portero_type *t)
{
  return t->kind == PORTERO_KIND_ENUM16 || t->kind == PORTERO_KIND_ENUM32;
}
/* The prefix of an operation's names: "winreg" */
const char *emit_iface_name(const struct idlc_emit *e, uint32_t iface);
/* "{{0x6f2c1a3e, ...}, 1, 0}" */
void emit_syntax(const struct portero_syntax *id, struct portero_writer *w);
/* Are there stubs for this interface in this output? */
bool emit_has_stub(const struct idlc_emit *e, uint32_t iface);
/* Of its ops, those that the network may call: callbacks come last and have numbers of their own. */
uint32_t emit_n_ops(const struct idlc_emit *e, const struct portero_iface *iface);

/* ---- emit_quotes.c ---- */

void emit_quotes(const struct idlc_emit *e, struct portero_writer *w);

/* ---- emit_hooks.c ---- */

/* Do programs see something else than what travels? */
static inline bool emit_is_hooked(const struct idlc_emit *e, uint32_t type)
{
  return e->program->type_info[type].is_hooked;
}
/* The typedefs and functions of hooks, for STEM.h. */
void emit_hook_types(const struct idlc_emit *e, struct portero_writer *w);
/* What converts the parameters of operations, for STEM.c. */
void emit_hook_walks(const struct idlc_emit *e, struct portero_writer *w);

#endif
