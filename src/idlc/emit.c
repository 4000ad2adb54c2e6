/* SPDX-License-Identifier: Apache-2.0 */
/* Text, names and declarators of C. */
#include "src/idlc/emit_inside.h"
#include "src/idlc/lower.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void emit_text(struct portero_writer *w, const char *format, ...)
{
  char small[512];
  va_list args;
  int length;
  uint8_t *out;

  va_start(args, format);
  length = vsnprintf(small, sizeof small, format, args);
  va_end(args);
  if (length < 0) {
    w->failed = true;
    return;
  }
  if ((size_t)length < sizeof small) {
    portero_write_bytes(w, small, (size_t)length);
    return;
  }
  out = portero_writer_reserve(w, (size_t)length + 1);
  if (!out)
    return;
  va_start(args, format);
  (void)vsnprintf((char *)out, (size_t)length + 1, format, args);
  va_end(args);
  w->size--;
}

const char *emit_base_name(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash ? slash + 1 : path;
}

void emit_made_by(const struct idlc_emit *e, struct portero_writer *w)
{
  emit_text(w, "/* made by portero idl from %s */\n",
            emit_base_name(e->sources->files[e->program->main_file].path));
}

void emit_guard(const struct idlc_emit *e, const char *suffix, struct portero_writer *w)
{
  for (const char *c = e->stem; *c; c++)
    emit_text(w, "%c", isalnum((unsigned char)*c) ? toupper((unsigned char)*c) : '_');
  emit_text(w, "%s", suffix);
}

const char *emit_member_name(const struct idlc_emit *e, uint32_t at)
{
  const struct portero_types *t = &e->program->types;
  const char *name = portero_types_text(t, t->members[at].name);
  size_t length = strlen(name);
  char *longer;

  if (!idlc_name_is_word(name))
    return name;
  longer = portero_arena_alloc(e->sources->arena, length + 2);
  if (!longer)
    return name;
  memcpy(longer, name, length);
  longer[length] = '_';
  return longer;
}

const char *emit_keyword(const struct portero_type *type)
{
  return type->kind == PORTERO_KIND_STRUCT  ? "struct"
         : type->kind == PORTERO_KIND_UNION ? "union"
                                            : "enum";
}

const char *emit_type_name(const struct idlc_emit *e, uint32_t type)
{
  return e->program->type_info[type].c_name;
}

bool emit_is_ours(const struct idlc_emit *e, uint32_t type)
{
  const struct portero_type *t = emit_type(e, type);
  const struct idlc_type_info *info = &e->program->type_info[type];

  if (t->kind != PORTERO_KIND_STRUCT && t->kind != PORTERO_KIND_UNION && !emit_is_enum(t))
    return false;
  return info->c_name && info->file && !e->sources->files[info->file].imported &&
         !(t->flags & PORTERO_TYPE_PARAMS) && !info->same_as;
}

static const char *scalar_name(uint8_t kind)
{
  switch (kind) {
  case PORTERO_KIND_INT8:
    return "int8_t";
  case PORTERO_KIND_UINT8:
  case PORTERO_KIND_BOOLEAN:
  case PORTERO_KIND_BYTE:
  case PORTERO_KIND_CHAR:
    return "uint8_t";
  case PORTERO_KIND_INT16:
    return "int16_t";
  case PORTERO_KIND_UINT16:
  case PORTERO_KIND_WCHAR:
    return "uint16_t";
  case PORTERO_KIND_INT32:
    return "int32_t";
  case PORTERO_KIND_INT64:
  case PORTERO_KIND_INT3264:
    return "int64_t";
  case PORTERO_KIND_UINT64:
  case PORTERO_KIND_UINT3264:
    return "uint64_t";
  case PORTERO_KIND_FLOAT:
    return "float";
  case PORTERO_KIND_DOUBLE:
    return "double";
  case PORTERO_KIND_UUID:
    return "struct portero_uuid";
  case PORTERO_KIND_HANDLE:
    return "struct portero_handle";
  case PORTERO_KIND_PIPE:
    return "struct portero_pipe";
  default:
    return "uint32_t";
  }
}

/* Puts before and after around what is there; a name that would not fit is cut and cannot be C. */
static void wrap(struct emit_decl *d, const char *before, const char *after)
{
  char old[EMIT_NAME];

  memcpy(old, d->declarator, sizeof old);
  if (snprintf(d->declarator, sizeof d->declarator, "%s%s%s", before, old, after) >= EMIT_NAME)
    d->declarator[0] = '\0';
}

static void add_pointer(struct emit_decl *d, bool *behind)
{
  wrap(d, *behind ? "*const " : "*", "");
  *behind = true;
}

static void add_bound(struct emit_decl *d, uint32_t count)
{
  char bound[16];

  (void)snprintf(bound, sizeof bound, "[%u]", (unsigned)count);
  if (d->declarator[0] == '*')
    wrap(d, "(", ")");
  wrap(d, "", bound);
}

void emit_declare(const struct idlc_emit *e, uint32_t type, const char *name, bool behind,
                  struct emit_decl *out_decl)
{
  const struct portero_type *t = emit_type(e, type);
  bool is_text = false;

  (void)snprintf(out_decl->declarator, sizeof out_decl->declarator, "%s", name);
  while (t->kind == PORTERO_KIND_POINTER || t->kind == PORTERO_KIND_ARRAY ||
         t->kind == PORTERO_KIND_STRING || t->kind == PORTERO_KIND_SWITCH) {
    bool conformant = t->flags & PORTERO_TYPE_CONFORMANT;

    is_text = t->kind == PORTERO_KIND_STRING;
    if (t->kind == PORTERO_KIND_ARRAY && !conformant)
      add_bound(out_decl, t->count);
    else if (t->kind != PORTERO_KIND_SWITCH &&
             !(t->kind == PORTERO_KIND_POINTER && emit_layout(e, type)->is_collapsed))
      add_pointer(out_decl, &behind);
    type = t->of;
    t = emit_type(e, type);
  }
  out_decl->type = type;
  out_decl->qualifier = behind ? "const " : "";
  out_decl->keyword = "";
  out_decl->base = is_text ? "char" : scalar_name(t->kind);
  if (t->kind == IDLC_KIND_HOOK)
    out_decl->base = e->program->hooks[t->first - 1].local_name;
  if (t->kind == PORTERO_KIND_STRUCT || t->kind == PORTERO_KIND_UNION || emit_is_enum(t)) {
    out_decl->keyword = emit_keyword(t);
    out_decl->base = emit_type_name(e, type);
  }
}

void emit_print_decl(const struct emit_decl *d, struct portero_writer *w)
{
  const char *gap = d->declarator[0] ? " " : "";

  emit_text(w, "%s%s%s%s%s%s", d->qualifier, d->keyword, d->keyword[0] ? " " : "", d->base, gap,
            d->declarator);
}

const char *emit_iface_name(const struct idlc_emit *e, uint32_t iface)
{
  return e->program->iface_info[iface].c_name;
}

bool emit_has_stub(const struct idlc_emit *e, uint32_t iface)
{
  const struct portero_iface *i = &e->program->types.ifaces[iface];

  if (!e->program->iface_info[iface].is_main || (i->flags & PORTERO_IFACE_LOCAL))
    return false;
  for (uint32_t k = 0; k < emit_n_ops(e, i); k++)
    if (!(e->program->types.ops[i->first_op + k].flags & PORTERO_OP_RESERVED))
      return true;
  return false;
}

uint32_t emit_n_ops(const struct idlc_emit *e, const struct portero_iface *iface)
{
  uint32_t n = 0;

  while (n < iface->n_ops &&
         !(e->program->types.ops[iface->first_op + n].flags & PORTERO_OP_CALLBACK))
    n++;
  return n;
}

void emit_syntax(const struct portero_syntax *id, struct portero_writer *w)
{
  emit_text(w, "{{0x%08x, 0x%04x, 0x%04x, {", (unsigned)id->uuid.time_low,
            (unsigned)id->uuid.time_mid, (unsigned)id->uuid.time_hi_and_version);
  for (unsigned i = 0; i < 8; i++)
    emit_text(w, "%s0x%02x", i ? ", " : "", (unsigned)id->uuid.node[i]);
  emit_text(w, "}}, %u, %u}", (unsigned)id->major, (unsigned)id->minor);
}
