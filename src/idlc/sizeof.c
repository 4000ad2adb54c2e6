/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes as a C compiler for 64 bits has them: what sizeof in an IDL file means. */
#include "src/idlc/lower.h"

struct size_of {
  uint64_t size, align;
};

static bool sizeof_spec(struct idlc_lower *lo, const struct idlc_spec *spec,
                        struct size_of *out_size);

static bool sizeof_base(enum idlc_base base, struct size_of *out_size)
{
  uint64_t size = 0;

  switch (base) {
  case IDLC_VOID:
    return false;
  case IDLC_BOOLEAN:
  case IDLC_BYTE:
  case IDLC_CHAR8:
  case IDLC_INT8:
  case IDLC_UINT8:
    size = 1;
    break;
  case IDLC_WCHAR:
  case IDLC_INT16:
  case IDLC_UINT16:
    size = 2;
    break;
  case IDLC_INT32:
  case IDLC_UINT32:
  case IDLC_FLOAT:
  case IDLC_ERROR_STATUS:
    size = 4;
    break;
  case IDLC_INT64:
  case IDLC_UINT64:
  case IDLC_INT3264:
  case IDLC_UINT3264:
  case IDLC_DOUBLE:
  case IDLC_HANDLE:
    size = 8;
    break;
  }
  *out_size = (struct size_of){size, size};
  return true;
}

static bool sizeof_derived(struct idlc_lower *lo, const struct idlc_derive *derive,
                           const struct idlc_spec *spec, struct size_of *out_size)
{
  struct idlc_value bound = {0, false};
  uint64_t count = 1;

  for (; derive && derive->kind == IDLC_ARRAY_OF; derive = derive->next) {
    if (derive->is_open || !derive->bound)
      bound.number = 0;
    else if (!idlc_constant(lo, derive->bound, false, &bound) || bound.number < 0)
      return false;
    if (__builtin_mul_overflow(count, (uint64_t)bound.number, &count))
      return false;
  }
  if (derive && derive->kind == IDLC_FUNCTION)
    return false;
  if (derive)
    *out_size = (struct size_of){8, 8};
  else if (!sizeof_spec(lo, spec, out_size))
    return false;
  return !__builtin_mul_overflow(out_size->size, count, &out_size->size);
}

static bool sizeof_members(struct idlc_lower *lo, const struct idlc_spec *spec,
                           struct size_of *out_size)
{
  struct size_of all = {0, 1}, one;
  bool is_union = spec->kind == IDLC_SPEC_UNION && !spec->switch_spec;

  if (spec->kind == IDLC_SPEC_UNION && spec->switch_spec)
    return false;
  for (const struct idlc_decl *d = spec->members; d; d = d->next) {
    if (!d->spec)
      continue;
    if (d->bits || !sizeof_derived(lo, d->derive, d->spec, &one) || one.size > UINT32_MAX)
      return false;
    if (one.align > all.align)
      all.align = one.align;
    if (is_union)
      all.size = one.size > all.size ? one.size : all.size;
    else
      all.size = (all.size + one.align - 1) / one.align * one.align + one.size;
    if (all.size > UINT32_MAX)
      return false;
  }
  all.size = (all.size + all.align - 1) / all.align * all.align;
  *out_size = all;
  return true;
}

/* Once for each body: a tree of structs may name the same one very often. */
static bool sizeof_body(struct idlc_lower *lo, struct idlc_body *body, struct size_of *out_size)
{
  struct size_of size;

  if (!body || body->size_state == IDLC_STATE_BUSY || body->size_state == IDLC_STATE_FAILED)
    return false;
  if (body->size_state == IDLC_STATE_NEW) {
    body->size_state = IDLC_STATE_BUSY;
    if (!sizeof_members(lo, body->spec, &size)) {
      body->size_state = IDLC_STATE_FAILED;
      return false;
    }
    body->size = size.size;
    body->align = size.align;
    body->size_state = IDLC_STATE_DONE;
  }
  *out_size = (struct size_of){body->size, body->align};
  return true;
}

static bool sizeof_any(struct idlc_lower *lo, const struct idlc_spec *spec,
                       struct size_of *out_size)
{
  const struct idlc_def *def;

  switch (spec->kind) {
  case IDLC_SPEC_BASE:
    return sizeof_base(spec->base, out_size);
  case IDLC_SPEC_NAME:
    def = idlc_scope_find(lo, IDLC_SPACE_TYPE, spec->name, spec->place.file);
    return def && sizeof_derived(lo, def->decl->derive, def->decl->spec, out_size);
  case IDLC_SPEC_ENUM:
    *out_size = (struct size_of){4, 4};
    return true;
  case IDLC_SPEC_STRUCT:
  case IDLC_SPEC_UNION:
    return sizeof_body(lo, idlc_scope_resolve(lo, spec), out_size);
  case IDLC_SPEC_PIPE:
  case IDLC_SPEC_SAFEARRAY:
  case IDLC_SPEC_INTERFACE:
    return false;
  }
  return false;
}

static bool sizeof_spec(struct idlc_lower *lo, const struct idlc_spec *spec,
                        struct size_of *out_size)
{
  bool good;

  if (!spec || !idlc_enter(lo, spec->place))
    return false;
  good = sizeof_any(lo, spec, out_size);
  idlc_leave(lo);
  return good;
}

bool idlc_sizeof(struct idlc_lower *lo, const struct idlc_spec *spec, unsigned pointers,
                 uint64_t *out_size)
{
  struct size_of size = {8, 8};

  if (!pointers && !sizeof_spec(lo, spec, &size))
    return false;
  *out_size = size.size;
  return true;
}

/* The base type behind typedefs; false: something else. */
static bool cast_base(struct idlc_lower *lo, const struct idlc_spec *spec, enum idlc_base *out_base)
{
  const struct idlc_def *def;

  for (unsigned i = 0; spec && i < IDLC_MAX_DEPTH; i++) {
    if (spec->kind == IDLC_SPEC_BASE) {
      *out_base = spec->base;
      return true;
    }
    if (spec->kind == IDLC_SPEC_ENUM) {
      *out_base = IDLC_INT32;
      return true;
    }
    if (spec->kind != IDLC_SPEC_NAME)
      return false;
    def = idlc_scope_find(lo, IDLC_SPACE_TYPE, spec->name, spec->place.file);
    if (!def || def->decl->derive)
      return false;
    spec = def->decl->spec;
  }
  return false;
}

struct idlc_value idlc_constant_cast(struct idlc_lower *lo, const struct idlc_spec *spec,
                                     unsigned pointers, struct idlc_value value)
{
  enum idlc_base base;
  uint64_t bits = (uint64_t)value.number;

  if (pointers || !cast_base(lo, spec, &base))
    return value;
  switch (base) {
  case IDLC_BOOLEAN:
  case IDLC_BYTE:
  case IDLC_CHAR8:
  case IDLC_UINT8:
    return (struct idlc_value){(uint8_t)bits, true};
  case IDLC_INT8:
    return (struct idlc_value){(int8_t)(uint8_t)bits, false};
  case IDLC_WCHAR:
  case IDLC_UINT16:
    return (struct idlc_value){(uint16_t)bits, true};
  case IDLC_INT16:
    return (struct idlc_value){(int16_t)(uint16_t)bits, false};
  case IDLC_UINT32:
  case IDLC_ERROR_STATUS:
    return (struct idlc_value){(uint32_t)bits, true};
  case IDLC_INT32:
    return (struct idlc_value){(int32_t)(uint32_t)bits, false};
  case IDLC_UINT64:
  case IDLC_UINT3264:
    return (struct idlc_value){value.number, true};
  case IDLC_INT64:
  case IDLC_INT3264:
    return (struct idlc_value){value.number, false};
  case IDLC_VOID:
  case IDLC_FLOAT:
  case IDLC_DOUBLE:
  case IDLC_HANDLE:
    return value;
  }
  return value;
}
