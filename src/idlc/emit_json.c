/* SPDX-License-Identifier: Apache-2.0 */
/* STEM.json: interfaces, operations, parameters and types, for tools of any language. */
#include "src/idlc/emit_inside.h"

#include <inttypes.h>

struct json {
  const struct idlc_emit *e;
  const struct portero_types *t;
  struct portero_writer *w;
};

static void json_text(const struct json *j, const char *text)
{
  emit_text(j->w, "\"");
  for (const char *c = text ? text : ""; *c; c++) {
    if (*c == '"' || *c == '\\')
      emit_text(j->w, "\\%c", *c);
    else if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
      emit_text(j->w, "\\u%04x", (unsigned)(unsigned char)*c);
    else
      emit_text(j->w, "%c", *c);
  }
  emit_text(j->w, "\"");
}

static void json_member(const struct json *j, const char *key, const char *value)
{
  emit_text(j->w, "\"%s\": ", key);
  json_text(j, value);
}

static const char *const kinds[PORTERO_KINDS] = {
    "none",   "int8",    "uint8",     "int16",      "uint16",    "int32",  "uint32", "int64",
    "uint64", "int3264", "uint3264",  "float",      "double",    "boolean", "byte",  "char",
    "wchar",  "error",   "enum16",    "enum32",     "uuid",      "handle", "struct", "union",
    "switch", "array",   "string",    "pointer",    "pipe"};

/* What a use of a type is: its kind, for one with a name that name, for others what it is of. */
static void json_type(const struct json *j, uint32_t type, unsigned depth)
{
  const struct portero_type *t = &j->t->types[type];
  const char *name = j->e->program->type_info[type].c_name;

  emit_text(j->w, "{");
  json_member(j, "kind", kinds[t->kind]);
  if (name) {
    emit_text(j->w, ", ");
    json_member(j, "name", name);
  }
  if (t->flags & PORTERO_TYPE_RANGE && t->kind != PORTERO_KIND_STRUCT)
    emit_text(j->w, ", \"range\": [%" PRId64 ", %" PRId64 "]", t->min, t->max);
  if (t->kind == PORTERO_KIND_POINTER)
    emit_text(j->w, ", \"pointer\": \"%s\"",
              t->flags & PORTERO_TYPE_REF    ? "ref"
              : t->flags & PORTERO_TYPE_FULL ? "full"
                                             : "unique");
  if (t->kind == PORTERO_KIND_ARRAY || t->kind == PORTERO_KIND_STRING)
    emit_text(j->w, ", \"conformant\": %s, \"varying\": %s",
              t->flags & PORTERO_TYPE_CONFORMANT ? "true" : "false",
              t->kind == PORTERO_KIND_STRING || t->flags & PORTERO_TYPE_VARYING ? "true" : "false");
  if ((t->kind == PORTERO_KIND_ARRAY || t->kind == PORTERO_KIND_STRING) &&
      !(t->flags & PORTERO_TYPE_CONFORMANT))
    emit_text(j->w, ", \"count\": %u", (unsigned)t->count);
  if (t->of && depth < 64 && t->kind != PORTERO_KIND_UNION) {
    emit_text(j->w, ", \"of\": ");
    json_type(j, t->of, depth + 1);
  }
  emit_text(j->w, "}");
}

static void json_label(const struct json *j, const struct portero_member *m)
{
  if (m->flags & PORTERO_MEMBER_DEFAULT)
    emit_text(j->w, ", \"default\": true");
  else
    emit_text(j->w, ", \"case\": %" PRId64, m->label);
}

static void json_members(const struct json *j, const struct portero_type *t)
{
  for (uint32_t i = 0; i < t->count; i++) {
    const struct portero_member *m = &j->t->members[t->first + i];

    emit_text(j->w, "%s\n        {", i ? "," : "");
    json_member(j, "name", portero_types_text(j->t, m->name));
    if (m->flags & (PORTERO_MEMBER_IN | PORTERO_MEMBER_OUT))
      emit_text(j->w, ", \"in\": %s, \"out\": %s",
                m->flags & PORTERO_MEMBER_IN ? "true" : "false",
                m->flags & PORTERO_MEMBER_OUT ? "true" : "false");
    if (m->flags & PORTERO_MEMBER_RESULT)
      emit_text(j->w, ", \"result\": true");
    if (t->kind == PORTERO_KIND_UNION)
      json_label(j, m);
    emit_text(j->w, ", \"type\": ");
    json_type(j, m->type, 0);
    emit_text(j->w, "}");
  }
}

static void json_enumerators(const struct json *j, const struct portero_type *t)
{
  for (uint32_t i = 0; i < t->count; i++) {
    const struct portero_enumerator *n = &j->t->enumerators[t->first + i];

    emit_text(j->w, "%s\n        {", i ? "," : "");
    json_member(j, "name", portero_types_text(j->t, n->name));
    emit_text(j->w, ", \"value\": %" PRId32 "}", n->value);
  }
}

static bool has_body(const struct json *j, uint32_t type)
{
  const struct portero_type *t = &j->t->types[type];
  const struct idlc_type_info *info = &j->e->program->type_info[type];

  return (t->kind == PORTERO_KIND_STRUCT || t->kind == PORTERO_KIND_UNION || emit_is_enum(t)) &&
         info->c_name && !info->same_as && !(t->flags & PORTERO_TYPE_PARAMS);
}

static void json_types(const struct json *j)
{
  bool any = false;

  emit_text(j->w, "  \"types\": [");
  for (uint32_t i = 1; i < j->t->n_types; i++) {
    const struct portero_type *t = &j->t->types[i];

    if (!has_body(j, i))
      continue;
    emit_text(j->w, "%s\n    {", any ? "," : "");
    any = true;
    json_member(j, "name", j->e->program->type_info[i].c_name);
    emit_text(j->w, ", ");
    json_member(j, "idl_name", portero_types_text(j->t, t->name));
    emit_text(j->w, ", ");
    json_member(j, "kind", kinds[t->kind]);
    emit_text(j->w, ",\n      \"%s\": [", emit_is_enum(t) ? "enumerators" : "members");
    if (emit_is_enum(t))
      json_enumerators(j, t);
    else
      json_members(j, t);
    emit_text(j->w, "]}");
  }
  emit_text(j->w, "\n  ],\n");
}

static void json_op(const struct json *j, uint32_t at)
{
  const struct portero_op *op = &j->t->ops[at];
  static const struct {
    uint16_t flag;
    const char *name;
  } flags[] = {{PORTERO_OP_IDEMPOTENT, "idempotent"}, {PORTERO_OP_MAYBE, "maybe"},
               {PORTERO_OP_BROADCAST, "broadcast"},   {PORTERO_OP_CALLBACK, "callback"},
               {PORTERO_OP_ASYNC, "async"},           {PORTERO_OP_OBJECT, "object"},
               {PORTERO_OP_RESERVED, "reserved"}};

  emit_text(j->w, "\n      {");
  json_member(j, "name", portero_types_text(j->t, op->name));
  emit_text(j->w, ", \"opnum\": %u", (unsigned)op->opnum);
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    if (op->flags & flags[i].flag)
      emit_text(j->w, ", \"%s\": true", flags[i].name);
  emit_text(j->w, ", \"params\": [");
  json_members(j, &j->t->types[op->params]);
  emit_text(j->w, "]}");
}

static void json_iface(const struct json *j, uint32_t index)
{
  const struct portero_iface *iface = &j->t->ifaces[index];
  const struct idlc_iface_info *info = &j->e->program->iface_info[index];
  char uuid[PORTERO_UUID_TEXT_SIZE];

  emit_text(j->w, "\n    {");
  json_member(j, "name", portero_types_text(j->t, iface->name));
  emit_text(j->w, ", ");
  json_member(j, "uuid", portero_uuid_text(&iface->id.uuid, uuid));
  emit_text(j->w, ", \"version\": \"%u.%u\"", (unsigned)iface->id.major, (unsigned)iface->id.minor);
  if (iface->flags & PORTERO_IFACE_OBJECT)
    emit_text(j->w, ", \"object\": true");
  if (iface->base) {
    emit_text(j->w, ", ");
    json_member(j, "base", portero_types_text(j->t, j->t->ifaces[iface->base - 1].name));
  }
  if (info->endpoints) {
    emit_text(j->w, ", ");
    json_member(j, "endpoints", info->endpoints);
  }
  emit_text(j->w, ",\n     \"operations\": [");
  for (uint32_t i = 0; i < iface->n_ops; i++) {
    emit_text(j->w, "%s", i ? "," : "");
    json_op(j, iface->first_op + i);
  }
  emit_text(j->w, "]}");
}

void idlc_emit_json(const struct idlc_emit *e, struct portero_writer *w)
{
  const struct json j = {e, &e->program->types, w};
  bool any = false;

  emit_text(w, "{\n  ");
  json_member(&j, "file", emit_base_name(e->sources->files[e->program->main_file].path));
  emit_text(w, ",\n");
  json_types(&j);
  emit_text(w, "  \"interfaces\": [");
  for (uint32_t i = 0; i < j.t->n_ifaces; i++) {
    if (!e->program->iface_info[i].is_main)
      continue;
    emit_text(w, "%s", any ? "," : "");
    any = true;
    json_iface(&j, i);
  }
  emit_text(w, "\n  ]\n}\n");
}
