/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/types_build.h"

#include <stdlib.h>

static void room(size_t used, size_t more, size_t capacity)
{
  if (more > capacity - used)
    abort();
}

void build_init(struct types_build *b)
{
  memset(b, 0, sizeof *b);
  b->t.strings = b->strings;
  b->t.code = b->code;
  b->t.types = b->types;
  b->t.members = b->members;
  b->t.enumerators = b->enumerators;
  b->t.ops = b->ops;
  b->t.ifaces = b->ifaces;
  b->t.n_strings = b->t.n_code = b->t.n_types = 1;
}

uint32_t build_name(struct types_build *b, const char *name)
{
  uint32_t at = b->t.n_strings;
  size_t size = name ? strlen(name) + 1 : 0;

  if (size <= 1)
    return 0;
  room(at, size, BUILD_BYTES);
  memcpy(b->strings + at, name, size);
  b->t.n_strings += (uint32_t)size;
  return at;
}

uint32_t build_code(struct types_build *b, const uint8_t *code, size_t size)
{
  uint32_t at = b->t.n_code;

  room(at, size + 1, BUILD_BYTES);
  memcpy(b->code + at, code, size);
  b->code[at + size] = PORTERO_CODE_END;
  b->t.n_code += (uint32_t)size + 1;
  return at;
}

uint32_t build_type(struct types_build *b, struct portero_type type)
{
  room(b->t.n_types, 1, BUILD_ROWS);
  b->types[b->t.n_types] = type;
  return b->t.n_types++;
}

uint32_t build_scalar(struct types_build *b, enum portero_kind kind)
{
  return build_type(b, (struct portero_type){.kind = (uint8_t)kind});
}

uint32_t build_pointer(struct types_build *b, unsigned flags, uint32_t of)
{
  return build_type(
      b, (struct portero_type){.kind = PORTERO_KIND_POINTER, .flags = (uint16_t)flags, .of = of});
}

uint32_t build_fixed(struct types_build *b, uint32_t of, uint32_t count)
{
  return build_type(b, (struct portero_type){.kind = PORTERO_KIND_ARRAY, .of = of, .count = count});
}

uint32_t build_conformant(struct types_build *b, uint32_t of, uint32_t size)
{
  return build_type(
      b, (struct portero_type){
             .kind = PORTERO_KIND_ARRAY, .flags = PORTERO_TYPE_CONFORMANT, .of = of, .size = size});
}

uint32_t build_string(struct types_build *b, enum portero_kind of)
{
  uint32_t character = build_scalar(b, of);

  return build_type(b, (struct portero_type){.kind = PORTERO_KIND_STRING,
                                             .flags = PORTERO_TYPE_CONFORMANT,
                                             .of = character});
}

uint32_t build_switch(struct types_build *b, uint32_t of, uint32_t choice)
{
  return build_type(b,
                    (struct portero_type){.kind = PORTERO_KIND_SWITCH, .of = of, .size = choice});
}

static uint32_t add_members(struct types_build *b, const struct build_member *members, size_t n)
{
  uint32_t first = b->t.n_members;

  room(first, n, BUILD_ROWS);
  for (size_t i = 0; i < n; i++)
    b->members[b->t.n_members++] = (struct portero_member){.name = build_name(b, members[i].name),
                                                           .type = members[i].type,
                                                           .flags = (uint16_t)members[i].flags,
                                                           .label = members[i].label};
  return first;
}

uint32_t build_struct(struct types_build *b, unsigned flags, const struct build_member *members,
                      size_t n)
{
  uint32_t first = add_members(b, members, n);

  return build_type(b, (struct portero_type){.kind = PORTERO_KIND_STRUCT,
                                             .flags = (uint16_t)flags,
                                             .first = first,
                                             .count = (uint32_t)n});
}

uint32_t build_union(struct types_build *b, unsigned flags, uint32_t tag,
                     const struct build_member *arms, size_t n)
{
  uint32_t first = add_members(b, arms, n);

  return build_type(b, (struct portero_type){.kind = PORTERO_KIND_UNION,
                                             .flags = (uint16_t)flags,
                                             .of = tag,
                                             .first = first,
                                             .count = (uint32_t)n});
}

const struct portero_op *build_op(struct types_build *b, const char *name, uint32_t params)
{
  struct portero_op *op = &b->ops[b->t.n_ops];

  room(b->t.n_ops, 1, BUILD_ROWS);
  op->name = build_name(b, name);
  op->params = params;
  op->opnum = (uint16_t)b->t.n_ops++;
  return op;
}

void build_iface(struct types_build *b, const char *name, const struct portero_syntax *id)
{
  b->ifaces[0] =
      (struct portero_iface){.name = build_name(b, name), .id = *id, .n_ops = b->t.n_ops};
  b->t.n_ifaces = 1;
}
