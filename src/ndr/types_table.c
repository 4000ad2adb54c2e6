/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form, writing and reading side by side: docs/type-tables.md. */
#include "src/ndr/types_inside.h"

static const uint8_t magic[4] = {'P', 'T', 'T', 1};

/* Which fields of a type's row are there. */
#define HAS_NAME   0x01u
#define HAS_FLAGS  0x02u
#define HAS_OF     0x04u
#define HAS_ROWS   0x08u /* first and count */
#define HAS_SIZE   0x10u
#define HAS_LENGTH 0x20u
#define HAS_OFFSET 0x40u
#define HAS_RANGE  0x80u

/* In the first byte of a member's row, beside its flags. */
#define MEMBER_FLAGS 0x3fu
#define HAS_LABEL    0x40u

/* Rows of types are in the order of what they own, so `first` is told by its distance. */
struct expected {
  uint32_t member, enumerator;
};

struct loader {
  const uint8_t *at, *end;
  bool failed;
};

static uint32_t *expected_first(struct expected *e, uint8_t kind)
{
  if (kind == PORTERO_KIND_STRUCT || kind == PORTERO_KIND_UNION)
    return &e->member;
  return kind == PORTERO_KIND_ENUM16 || kind == PORTERO_KIND_ENUM32 ? &e->enumerator : NULL;
}

/* ---- numbers ---- */

static uint64_t load_unsigned(struct loader *l, uint64_t max)
{
  uint64_t value = 0;

  if (l->failed || !types_leb_unsigned(&l->at, l->end, &value) || value > max) {
    l->failed = true;
    return 0;
  }
  return value;
}

static uint32_t load_u32(struct loader *l)
{
  return (uint32_t)load_unsigned(l, UINT32_MAX);
}

static uint16_t load_u16(struct loader *l)
{
  return (uint16_t)load_unsigned(l, UINT16_MAX);
}

static int64_t load_signed(struct loader *l)
{
  int64_t value = 0;

  if (l->failed || !types_leb_signed(&l->at, l->end, &value)) {
    l->failed = true;
    return 0;
  }
  return value;
}

static uint8_t load_u8(struct loader *l)
{
  if (l->failed || l->at == l->end) {
    l->failed = true;
    return 0;
  }
  return *l->at++;
}

static const void *load_bytes(struct loader *l, uint32_t size)
{
  const uint8_t *bytes = l->at;

  if (l->failed || (size_t)(l->end - l->at) < size) {
    l->failed = true;
    return NULL;
  }
  l->at += size;
  return bytes;
}

/* ---- types ---- */

static uint8_t has_of_type(const struct portero_type *type)
{
  unsigned has = 0;

  has |= type->name ? HAS_NAME : 0;
  has |= type->flags ? HAS_FLAGS : 0;
  has |= type->of ? HAS_OF : 0;
  has |= type->count ? HAS_ROWS : 0;
  has |= type->size ? HAS_SIZE : 0;
  has |= type->length ? HAS_LENGTH : 0;
  has |= type->offset ? HAS_OFFSET : 0;
  has |= type->min || type->max ? HAS_RANGE : 0;
  return (uint8_t)has;
}

static void save_rows(struct portero_writer *w, const struct portero_type *type, struct expected *e)
{
  uint32_t *expected = expected_first(e, type->kind);

  types_leb_write_unsigned(w, type->count);
  if (!expected)
    return;
  types_leb_write_signed(w, (int64_t)type->first - *expected);
  *expected = type->first + type->count;
}

static void load_rows(struct loader *l, struct portero_type *type, struct expected *e)
{
  uint32_t *expected = expected_first(e, type->kind);
  int64_t first;

  type->count = load_u32(l);
  if (!expected)
    return;
  first = load_signed(l);
  if (first < -(int64_t)*expected || first > (int64_t)(UINT32_MAX - *expected) ||
      (uint64_t)((int64_t)*expected + first) + type->count > UINT32_MAX) {
    l->failed = true;
    return;
  }
  type->first = (uint32_t)((int64_t)*expected + first);
  *expected = type->first + type->count;
}

static void save_type(struct portero_writer *w, const struct portero_type *type, struct expected *e)
{
  uint8_t has = has_of_type(type);

  portero_write_u8(w, type->kind);
  portero_write_u8(w, has);
  if (has & HAS_NAME)
    types_leb_write_unsigned(w, type->name);
  if (has & HAS_FLAGS)
    types_leb_write_unsigned(w, type->flags);
  if (has & HAS_OF)
    types_leb_write_unsigned(w, type->of);
  if (has & HAS_ROWS)
    save_rows(w, type, e);
  if (has & HAS_SIZE)
    types_leb_write_unsigned(w, type->size);
  if (has & HAS_LENGTH)
    types_leb_write_unsigned(w, type->length);
  if (has & HAS_OFFSET)
    types_leb_write_unsigned(w, type->offset);
  if (has & HAS_RANGE) {
    types_leb_write_signed(w, type->min);
    types_leb_write_signed(w, type->max);
  }
}

static void load_type(struct loader *l, struct portero_type *type, struct expected *e)
{
  uint8_t has;

  type->kind = load_u8(l);
  has = load_u8(l);
  type->name = has & HAS_NAME ? load_u32(l) : 0;
  type->flags = has & HAS_FLAGS ? load_u16(l) : 0;
  type->of = has & HAS_OF ? load_u32(l) : 0;
  if (has & HAS_ROWS)
    load_rows(l, type, e);
  type->size = has & HAS_SIZE ? load_u32(l) : 0;
  type->length = has & HAS_LENGTH ? load_u32(l) : 0;
  type->offset = has & HAS_OFFSET ? load_u32(l) : 0;
  type->min = has & HAS_RANGE ? load_signed(l) : 0;
  type->max = has & HAS_RANGE ? load_signed(l) : 0;
}

/* ---- members and enumerators ---- */

static void save_member(struct portero_writer *w, const struct portero_member *m)
{
  portero_write_u8(w, (uint8_t)((m->flags & MEMBER_FLAGS) | (m->label ? HAS_LABEL : 0)));
  types_leb_write_unsigned(w, m->name);
  types_leb_write_unsigned(w, m->type);
  if (m->label)
    types_leb_write_signed(w, m->label);
}

static void load_member(struct loader *l, struct portero_member *m)
{
  uint8_t has = load_u8(l);

  if (has & ~(MEMBER_FLAGS | HAS_LABEL))
    l->failed = true;
  m->flags = has & MEMBER_FLAGS;
  m->name = load_u32(l);
  m->type = load_u32(l);
  m->label = has & HAS_LABEL ? load_signed(l) : 0;
}

static void save_enumerator(struct portero_writer *w, const struct portero_enumerator *e)
{
  types_leb_write_unsigned(w, e->name);
  types_leb_write_signed(w, e->value);
}

static void load_enumerator(struct loader *l, struct portero_enumerator *e)
{
  int64_t value;

  e->name = load_u32(l);
  value = load_signed(l);
  if (value < INT32_MIN || value > INT32_MAX)
    l->failed = true;
  e->value = (int32_t)(value & UINT32_MAX);
}

/* ---- operations and interfaces ---- */

static void save_op(struct portero_writer *w, const struct portero_op *op)
{
  types_leb_write_unsigned(w, op->name);
  types_leb_write_unsigned(w, op->params);
  types_leb_write_unsigned(w, op->opnum);
  types_leb_write_unsigned(w, op->flags);
}

static void load_op(struct loader *l, struct portero_op *op)
{
  op->name = load_u32(l);
  op->params = load_u32(l);
  op->opnum = load_u16(l);
  op->flags = load_u16(l);
}

static void save_iface(struct portero_writer *w, const struct portero_iface *i)
{
  types_leb_write_unsigned(w, i->name);
  portero_write_uuid(w, &i->id.uuid);
  types_leb_write_unsigned(w, i->id.major);
  types_leb_write_unsigned(w, i->id.minor);
  types_leb_write_unsigned(w, i->first_op);
  types_leb_write_unsigned(w, i->n_ops);
  types_leb_write_unsigned(w, i->base);
  types_leb_write_unsigned(w, i->flags);
}

static void load_iface(struct loader *l, struct portero_iface *i)
{
  struct portero_reader r;
  const uint8_t *uuid;

  i->name = load_u32(l);
  uuid = load_bytes(l, 16);
  portero_reader_init(&r, portero_bytes_make(uuid, uuid ? 16 : 0), false);
  i->id.uuid = portero_read_uuid(&r, "uuid");
  i->id.major = load_u16(l);
  i->id.minor = load_u16(l);
  i->first_op = load_u32(l);
  i->n_ops = load_u32(l);
  i->base = load_u32(l);
  i->flags = load_u16(l);
}

/* ---- the table ---- */

void portero_types_save(const struct portero_types *t, struct portero_writer *w)
{
  struct expected e = {0, 0};
  bool big_endian = w->big_endian;

  w->big_endian = false;
  portero_write_bytes(w, magic, sizeof magic);
  types_leb_write_unsigned(w, t->n_strings);
  types_leb_write_unsigned(w, t->n_code);
  types_leb_write_unsigned(w, t->n_types);
  types_leb_write_unsigned(w, t->n_members);
  types_leb_write_unsigned(w, t->n_enumerators);
  types_leb_write_unsigned(w, t->n_ops);
  types_leb_write_unsigned(w, t->n_ifaces);
  portero_write_bytes(w, t->strings, t->n_strings);
  portero_write_bytes(w, t->code, t->n_code);
  for (uint32_t i = 0; i < t->n_types; i++)
    save_type(w, &t->types[i], &e);
  for (uint32_t i = 0; i < t->n_members; i++)
    save_member(w, &t->members[i]);
  for (uint32_t i = 0; i < t->n_enumerators; i++)
    save_enumerator(w, &t->enumerators[i]);
  for (uint32_t i = 0; i < t->n_ops; i++)
    save_op(w, &t->ops[i]);
  for (uint32_t i = 0; i < t->n_ifaces; i++)
    save_iface(w, &t->ifaces[i]);
  w->big_endian = big_endian;
}

/* The counts, when that many rows can be in what follows: each has its least size. */
static void load_counts(struct loader *l, struct portero_types *t)
{
  uint64_t least;

  t->n_strings = load_u32(l);
  t->n_code = load_u32(l);
  t->n_types = load_u32(l);
  t->n_members = load_u32(l);
  t->n_enumerators = load_u32(l);
  t->n_ops = load_u32(l);
  t->n_ifaces = load_u32(l);
  least = (uint64_t)t->n_strings + t->n_code + 2ull * t->n_types + 3ull * t->n_members +
          2ull * t->n_enumerators + 4ull * t->n_ops + 23ull * t->n_ifaces;
  if (least > (uint64_t)(l->end - l->at))
    l->failed = true;
}

/* False: no memory. */
static bool load_tables(struct loader *l, struct portero_types *t, struct portero_arena *arena)
{
  struct portero_type *types = portero_arena_array(arena, t->n_types, sizeof *types);
  struct portero_member *members = portero_arena_array(arena, t->n_members, sizeof *members);
  struct portero_enumerator *enumerators =
      portero_arena_array(arena, t->n_enumerators, sizeof *enumerators);
  struct portero_op *ops = portero_arena_array(arena, t->n_ops, sizeof *ops);
  struct portero_iface *ifaces = portero_arena_array(arena, t->n_ifaces, sizeof *ifaces);
  struct expected e = {0, 0};

  if (!types || !members || !enumerators || !ops || !ifaces)
    return false;
  t->strings = load_bytes(l, t->n_strings);
  t->code = load_bytes(l, t->n_code);
  for (uint32_t i = 0; i < t->n_types && !l->failed; i++)
    load_type(l, &types[i], &e);
  for (uint32_t i = 0; i < t->n_members && !l->failed; i++)
    load_member(l, &members[i]);
  for (uint32_t i = 0; i < t->n_enumerators && !l->failed; i++)
    load_enumerator(l, &enumerators[i]);
  for (uint32_t i = 0; i < t->n_ops && !l->failed; i++)
    load_op(l, &ops[i]);
  for (uint32_t i = 0; i < t->n_ifaces && !l->failed; i++)
    load_iface(l, &ifaces[i]);
  t->types = types;
  t->members = members;
  t->enumerators = enumerators;
  t->ops = ops;
  t->ifaces = ifaces;
  return true;
}

static portero_status malformed(const char *problem, const char **out_problem)
{
  if (out_problem)
    *out_problem = problem;
  return portero_local(PORTERO_LOCAL_MALFORMED);
}

portero_status portero_types_load(struct portero_bytes table, struct portero_arena *arena,
                                  struct portero_types *out_types, const char **out_problem)
{
  struct loader l = {table.data, table.data + table.size, false};
  struct portero_types t = {0};
  const uint8_t *start = load_bytes(&l, sizeof magic);
  portero_status s;

  if (!start || memcmp(start, magic, sizeof magic) != 0)
    return malformed("not a type table of this version", out_problem);
  load_counts(&l, &t);
  if (!l.failed && !load_tables(&l, &t, arena))
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (l.failed || l.at != l.end)
    return malformed("the table is cut off, or goes on behind its end", out_problem);
  s = portero_types_check(&t, arena, out_problem);
  if (portero_is_ok(s))
    *out_types = t;
  return s;
}
