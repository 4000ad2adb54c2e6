/* SPDX-License-Identifier: Apache-2.0 */
/* A program as text: one line for each thing, types written out down to those that have a name. */
#include "src/idlc/compile.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct dump {
  const struct idlc_program *p;
  struct portero_writer *w;
  uint32_t scope; /* the struct whose members expressions are about */
};

__attribute__((format(printf, 2, 3))) static void dump_put(struct dump *d, const char *format, ...)
{
  char text[256];
  va_list args;
  int n;

  va_start(args, format);
  n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (n > 0)
    portero_write_bytes(d->w, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static const char *dump_text(const struct dump *d, uint32_t name)
{
  return portero_types_text(&d->p->types, name);
}

static const char *dump_kind(uint8_t kind)
{
  static const char *const names[PORTERO_KINDS] = {
      "none",   "int8",    "uint8",    "int16",   "uint16", "int32",   "uint32", "int64",
      "uint64", "int3264", "uint3264", "float",   "double", "boolean", "byte",   "char",
      "wchar",  "error",   "enum16",   "enum32",  "uuid",   "handle",  "struct", "union",
      "switch", "array",   "string",   "pointer", "pipe",
  };

  return kind < PORTERO_KINDS ? names[kind] : "?";
}

/* ---- expressions: as they are written, fully in brackets ---- */

static int64_t dump_leb(const uint8_t **at, bool is_signed)
{
  uint64_t value = 0;
  unsigned shift = 0;
  uint8_t byte;

  do {
    byte = *(*at)++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80 && shift < 64);
  if (is_signed && shift < 64 && byte & 0x40)
    value |= ~(uint64_t)0 << shift;
  return (int64_t)value;
}

static const char *dump_operator(uint8_t code)
{
  static const char *const names[PORTERO_CODES] = {
      [PORTERO_CODE_NEG] = "neg", [PORTERO_CODE_NOT] = "~",   [PORTERO_CODE_LNOT] = "!",
      [PORTERO_CODE_ADD] = "+",   [PORTERO_CODE_SUB] = "-",   [PORTERO_CODE_MUL] = "*",
      [PORTERO_CODE_DIV] = "/",   [PORTERO_CODE_MOD] = "%",   [PORTERO_CODE_AND] = "&",
      [PORTERO_CODE_OR] = "|",    [PORTERO_CODE_XOR] = "^",   [PORTERO_CODE_SHL] = "<<",
      [PORTERO_CODE_SHR] = ">>",  [PORTERO_CODE_EQ] = "==",   [PORTERO_CODE_NE] = "!=",
      [PORTERO_CODE_LT] = "<",    [PORTERO_CODE_LE] = "<=",   [PORTERO_CODE_GT] = ">",
      [PORTERO_CODE_GE] = ">=",   [PORTERO_CODE_LAND] = "&&", [PORTERO_CODE_LOR] = "||",
      [PORTERO_CODE_COND] = "?:",
  };

  return code < PORTERO_CODES && names[code] ? names[code] : "??";
}

static const char *dump_member_name(const struct dump *d, int64_t index)
{
  const struct portero_type *scope = &d->p->types.types[d->scope];

  if (index < 0 || (uint64_t)index >= scope->count)
    return "?";
  return dump_text(d, d->p->types.members[scope->first + (uint32_t)index].name);
}

static void dump_code(struct dump *d, uint32_t code)
{
  const uint8_t *at = d->p->types.code + code;
  const char *space = "";

  for (; *at != PORTERO_CODE_END; space = " ") {
    uint8_t c = *at++;
    if (c == PORTERO_CODE_CONST)
      dump_put(d, "%s%" PRId64, space, dump_leb(&at, true));
    else if (c == PORTERO_CODE_FIELD)
      dump_put(d, "%s%s", space, dump_member_name(d, dump_leb(&at, false)));
    else if (c == PORTERO_CODE_DEREF)
      dump_put(d, "%s*%s", space, dump_member_name(d, dump_leb(&at, false)));
    else if (c == PORTERO_CODE_PRESENT)
      dump_put(d, "%s%s?", space, dump_member_name(d, dump_leb(&at, false)));
    else
      dump_put(d, "%s%s", space, dump_operator(c));
  }
}

/* ---- types ---- */

static void dump_type(struct dump *d, uint32_t index);

static void dump_array(struct dump *d, const struct portero_type *t)
{
  dump_put(d, "[");
  if (!(t->flags & PORTERO_TYPE_CONFORMANT))
    dump_put(d, "%" PRIu32, t->count);
  else if (t->size)
    dump_code(d, t->size);
  else
    dump_put(d, "*");
  if (t->flags & PORTERO_TYPE_VARYING) {
    dump_put(d, "; ");
    if (t->offset) {
      dump_code(d, t->offset);
      dump_put(d, " .. ");
    }
    dump_code(d, t->length);
  }
  if (t->flags & PORTERO_TYPE_RANGE)
    dump_put(d, " in %" PRId64 "..%" PRId64, t->min, t->max);
  dump_put(d, "]");
}

static const char *dump_pointer(uint16_t flags)
{
  return flags & PORTERO_TYPE_IGNORE   ? "ignore"
         : flags & PORTERO_TYPE_REF    ? "ref"
         : flags & PORTERO_TYPE_UNIQUE ? "unique"
                                       : "full";
}

static void dump_shape(struct dump *d, uint32_t index, const struct portero_type *t)
{
  if (t->kind == PORTERO_KIND_POINTER) {
    dump_put(d, "%s* ", dump_pointer(t->flags));
    dump_type(d, t->of);
  } else if (t->kind == PORTERO_KIND_ARRAY || t->kind == PORTERO_KIND_STRING) {
    dump_put(d, t->kind == PORTERO_KIND_STRING ? "string" : "");
    dump_array(d, t);
    dump_put(d, " ");
    dump_type(d, t->of);
  } else if (t->kind == PORTERO_KIND_PIPE) {
    dump_put(d, "pipe ");
    dump_type(d, t->of);
  } else if (t->kind == PORTERO_KIND_SWITCH) {
    dump_put(d, "switch(");
    dump_code(d, t->size);
    dump_put(d, ") ");
    dump_type(d, t->of);
  } else if (d->p->type_info[index].c_name) {
    dump_put(d, "%s", d->p->type_info[index].c_name);
  } else {
    dump_put(d, "%s%s", t->flags & PORTERO_TYPE_STRICT ? "strict " : "", dump_kind(t->kind));
  }
}

static void dump_type(struct dump *d, uint32_t index)
{
  const struct portero_type *t = &d->p->types.types[index];

  dump_shape(d, index, t);
  if (t->flags & PORTERO_TYPE_RANGE && t->kind != PORTERO_KIND_ARRAY &&
      t->kind != PORTERO_KIND_STRING)
    dump_put(d, " %" PRId64 "..%" PRId64, t->min, t->max);
}

static void dump_arm(struct dump *d, const struct portero_member *m)
{
  if (m->flags & PORTERO_MEMBER_DEFAULT)
    dump_put(d, "  default");
  else
    dump_put(d, "  case %" PRId64, m->label);
  if (m->flags & PORTERO_MEMBER_SAME)
    dump_put(d, " same");
}

static void dump_member(struct dump *d, const struct portero_type *t,
                        const struct portero_member *m)
{
  if (t->kind == PORTERO_KIND_UNION)
    dump_arm(d, m);
  else
    dump_put(d, "  %s%s%s%s", m->flags & PORTERO_MEMBER_IN ? "in " : "",
             m->flags & PORTERO_MEMBER_OUT ? "out " : "",
             m->flags & PORTERO_MEMBER_EMBED ? "embedded" : "", dump_text(d, m->name));
  if (t->kind == PORTERO_KIND_UNION)
    dump_put(d, " %s%s", m->flags & PORTERO_MEMBER_EMBED ? "embedded" : "", dump_text(d, m->name));
  dump_put(d, ": ");
  dump_type(d, m->type);
  dump_put(d, "\n");
}

static void dump_members(struct dump *d, uint32_t index)
{
  const struct portero_type *t = &d->p->types.types[index];

  if (t->kind == PORTERO_KIND_STRUCT)
    d->scope = index;
  for (uint32_t i = 0; i < t->count; i++)
    dump_member(d, t, &d->p->types.members[t->first + i]);
}

static void dump_enumerators(struct dump *d, const struct portero_type *t)
{
  for (uint32_t i = 0; i < t->count; i++) {
    const struct portero_enumerator *e = &d->p->types.enumerators[t->first + i];
    dump_put(d, "  %s = %" PRId32 "\n", d->p->enumerator_names[t->first + i], e->value);
  }
}

/* The struct that an inline union's expressions are about; 0: none. */
static uint32_t dump_owner(const struct portero_types *t, uint32_t of)
{
  for (uint32_t i = 1; i < t->n_types; i++) {
    for (uint32_t m = 0; t->types[i].kind == PORTERO_KIND_STRUCT && m < t->types[i].count; m++) {
      const struct portero_type *use = &t->types[t->members[t->types[i].first + m].type];
      if (use->kind == PORTERO_KIND_SWITCH && use->of == of)
        return i;
    }
  }
  return 0;
}

static void dump_body(struct dump *d, uint32_t index)
{
  const struct portero_type *t = &d->p->types.types[index];

  if (d->p->type_info[index].same_as || t->flags & PORTERO_TYPE_PARAMS)
    return;
  dump_put(d, "%s %s", dump_kind(t->kind), d->p->type_info[index].c_name);
  if (t->kind == PORTERO_KIND_UNION && !(t->flags & PORTERO_TYPE_NO_TAG)) {
    dump_put(d, "%s ", t->flags & PORTERO_TYPE_MS_UNION ? " ms" : "");
    dump_type(d, t->of);
  }
  if (t->flags & PORTERO_TYPE_ENCAPSULATED)
    dump_put(d, " encapsulated");
  dump_put(d, "\n");
  if (t->kind == PORTERO_KIND_UNION)
    d->scope = dump_owner(&d->p->types, index);
  if (t->kind == PORTERO_KIND_STRUCT || t->kind == PORTERO_KIND_UNION)
    dump_members(d, index);
  else
    dump_enumerators(d, t);
}

/* ---- interfaces ---- */

static void dump_op(struct dump *d, const struct portero_op *op, const struct idlc_op_info *info)
{
  static const struct {
    uint16_t flag;
    const char *name;
  } rows[] = {
      {PORTERO_OP_IDEMPOTENT, "idempotent"}, {PORTERO_OP_MAYBE, "maybe"},
      {PORTERO_OP_BROADCAST, "broadcast"},   {PORTERO_OP_CALLBACK, "callback"},
      {PORTERO_OP_ASYNC, "async"},           {PORTERO_OP_OBJECT, "object"},
      {PORTERO_OP_RESERVED, "reserved"},
  };

  dump_put(d, "op %u %s", op->opnum, info->c_name);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (op->flags & rows[i].flag)
      dump_put(d, " %s", rows[i].name);
  }
  dump_put(d, "\n");
  dump_members(d, op->params);
}

static void dump_iface(struct dump *d, uint32_t index)
{
  const struct portero_iface *iface = &d->p->types.ifaces[index];
  const struct idlc_iface_info *info = &d->p->iface_info[index];
  char uuid[PORTERO_UUID_TEXT_SIZE];

  dump_put(d, "interface %s %s %u.%u", info->c_name, portero_uuid_text(&iface->id.uuid, uuid),
           iface->id.major, iface->id.minor);
  if (iface->base)
    dump_put(d, " : %s", d->p->iface_info[iface->base - 1].c_name);
  dump_put(d, "%s%s\n", info->endpoints ? " at " : "", info->endpoints ? info->endpoints : "");
  for (uint32_t i = 0; i < iface->n_ops; i++)
    dump_op(d, &d->p->types.ops[iface->first_op + i], &d->p->op_info[iface->first_op + i]);
}

void idlc_dump(const struct idlc_program *p, struct portero_writer *w)
{
  struct dump d = {p, w, 0};

  for (unsigned i = 0; i < p->n_consts; i++) {
    const struct idlc_const *c = &p->consts[i];
    if (c->file == p->main_file && c->kind == IDLC_CONST_NUMBER)
      dump_put(&d, "const %s = %" PRId64 "%s\n", c->c_name, c->value, c->is_unsigned ? "u" : "");
    else if (c->file == p->main_file)
      dump_put(&d, "const %s = \"%s\"\n", c->c_name, c->text);
  }
  for (uint32_t i = 1; i < p->types.n_types; i++) {
    if (p->type_info[i].c_name)
      dump_body(&d, i);
  }
  for (uint32_t i = 0; i < p->types.n_ifaces; i++)
    dump_iface(&d, i);
}
