/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs: as much as there is of fixed size becomes one bounds check and accesses at constant
 * offsets. The position is known modulo something in each syntax; where a part asks for more, a
 * new run begins.
 */
#include "src/idlc/emit_wire.h"

#include <stdio.h>
#include <string.h>

#define LINE_END 98u

void emit_begin(struct emit_function *f, struct emit_wire *x, enum emit_pass pass, uint32_t scope)
{
  memset(f, 0, sizeof *f);
  f->x = x;
  f->pass = pass;
  f->scope = scope;
  portero_writer_init(&f->body, x->w->mem, SIZE_MAX);
  portero_writer_init(&f->items, x->w->mem, SIZE_MAX);
  f->known[0] = f->known[1] = 1;
}

/* Words to lines. */
static void lay_lines(const struct emit_function *f, struct portero_writer *w)
{
  const char *text = (const char *)f->body.base;
  size_t column = 0, at = 0;

  while (at < f->body.size) {
    size_t length = 0;

    while (at + length < f->body.size && text[at + length] != EMIT_GAP && text[at + length] != '\n')
      length++;
    if (column && column + length >= LINE_END) {
      emit_text(w, "\n");
      column = 0;
    }
    if (length) {
      emit_text(w, "%s%.*s", column ? " " : "  ", (int)length, text + at);
      column += length + (column ? 1 : 2);
    }
    at += length;
    if (at < f->body.size && text[at] == '\n' && column) {
      emit_text(w, "\n");
      column = 0;
    }
    at++;
  }
  if (column)
    emit_text(w, "\n");
}

void emit_drop(struct emit_function *f)
{
  portero_writer_deinit(&f->body);
  portero_writer_deinit(&f->items);
}

void emit_end(struct emit_function *f, const char *head)
{
  struct portero_writer *w = f->x->w;

  emit_flush(f);
  if (f->body.failed || f->items.failed)
    w->failed = true;
  emit_text(w, "%s\n{\n", head);
  for (unsigned i = 0; i < f->n_late; i++)
    emit_text(w, "  LATE(k%u)\n", f->late[i].name);
  lay_lines(f, w);
  emit_text(w, "}\n");
  emit_drop(f);
}

__attribute__((format(printf, 2, 0))) static void put_word(struct portero_writer *w, const char *format, va_list args)
{
  char text[2 * EMIT_NAME];
  int length = vsnprintf(text, sizeof text, format, args);

  if (length < 0 || (size_t)length >= sizeof text) {
    w->failed = true;
    return;
  }
  portero_write_bytes(w, text, (size_t)length);
  portero_write_u8(w, EMIT_GAP);
}

void emit_word(struct emit_function *f, const char *format, ...)
{
  va_list args;

  emit_flush(f);
  va_start(args, format);
  put_word(&f->body, format, args);
  va_end(args);
}

__attribute__((format(printf, 2, 3))) static void item(struct emit_function *f, const char *format,
                                                       ...)
{
  va_list args;

  va_start(args, format);
  put_word(&f->items, format, args);
  va_end(args);
}

void emit_line(struct emit_function *f)
{
  emit_flush(f);
  portero_write_u8(&f->body, '\n');
}

const char *emit_w(const struct idlc_emit *e, uint64_t ndr, uint64_t ndr64)
{
  if (ndr == ndr64)
    return emit_format(e, "%llu", (unsigned long long)ndr);
  return emit_format(e, "W(%llu, %llu)", (unsigned long long)ndr, (unsigned long long)ndr64);
}

void emit_flush(struct emit_function *f)
{
  const struct idlc_emit *e = f->x->e;
  bool gaps = f->offset[0] != f->leaves[0] || f->offset[1] != f->leaves[1];

  if (!f->is_open)
    return;
  f->is_open = false;
  if (f->single) {
    emit_word(f, "%s", f->single);
    portero_writer_reset(&f->items);
    return;
  }
  emit_line(f);
  emit_word(f, "ROOM%s(%s, %s)", gaps ? "Z" : "", emit_w(e, f->start[0], f->start[1]),
            emit_w(e, f->offset[0], f->offset[1]));
  portero_write_bytes(&f->body, f->items.base, f->items.size);
  if (f->items.failed)
    f->body.failed = true;
  portero_writer_reset(&f->items);
}

void emit_anywhere(struct emit_function *f)
{
  emit_flush(f);
  f->known[0] = f->known[1] = 1;
  f->position[0] = f->position[1] = 0;
}

void emit_align(struct emit_function *f, unsigned ndr, unsigned ndr64, const char *word)
{
  const unsigned align[2] = {ndr, ndr64};
  bool needed = false;

  emit_flush(f);
  for (unsigned s = 0; s < 2; s++)
    needed = needed || align[s] > f->known[s] || (f->position[s] & (align[s] - 1)) != 0;
  if (!needed)
    return;
  emit_word(f, "%s(%s)", word, emit_w(f->x->e, ndr, ndr64));
  for (unsigned s = 0; s < 2; s++) {
    if (align[s] > f->known[s]) {
      f->known[s] = align[s];
      f->position[s] = 0;
    } else {
      f->position[s] = ((f->position[s] + align[s] - 1) & ~(align[s] - 1)) % f->known[s];
    }
  }
}

/* ---- values of fixed size ---- */

/* Bytes that are not gaps. */
static uint64_t leaves(const struct idlc_emit *e, uint32_t type, unsigned s)
{
  const struct portero_type *t = emit_type(e, type);
  const struct portero_wire *w = &emit_layout(e, type)->wire[s];
  uint64_t sum = 0;

  if (w->flags & PORTERO_WIRE_PLAIN)
    return w->size;
  if (t->kind == PORTERO_KIND_ARRAY)
    return t->count * leaves(e, t->of, s);
  if (t->kind != PORTERO_KIND_STRUCT)
    return w->size;
  for (uint32_t i = 0; i < t->count; i++)
    sum += leaves(e, e->program->types.members[t->first + i].type, s);
  return sum;
}

bool emit_has_gaps(const struct idlc_emit *e, uint32_t type)
{
  const struct portero_layout *l = emit_layout(e, type);

  for (unsigned s = 0; s < 2; s++)
    if (leaves(e, type, s) != l->wire[s].size || l->wire[s].size % l->wire[s].align != 0)
      return true;
  return false;
}

/* Where the value stands in its run; true: in a new one, since it cannot stand in that which is open. */
static bool place(struct emit_function *f, const struct portero_layout *l, uint64_t out_offset[2])
{
  bool fits = f->is_open;

  for (unsigned s = 0; s < 2; s++)
    fits = fits && l->wire[s].align <= f->known[s];
  if (!fits)
    emit_flush(f);
  for (unsigned s = 0; s < 2; s++) {
    unsigned align = l->wire[s].align;
    unsigned pad;

    if (!fits) {
      f->start[s] = align > f->known[s] ? align : 1;
      f->position[s] = align > f->known[s] ? 0 : f->position[s];
      f->known[s] = align > f->known[s] ? align : f->known[s];
      f->offset[s] = f->leaves[s] = f->counted[s] = f->base[s] = 0;
      f->phase[s] = f->position[s];
    }
    pad = (align - (f->position[s] & (align - 1))) & (align - 1);
    out_offset[s] = f->offset[s] + pad;
    f->offset[s] = out_offset[s] + l->wire[s].size;
    f->position[s] = (unsigned)((f->position[s] + pad + l->wire[s].size) % f->known[s]);
  }
  f->is_open = true;
  return !fits;
}

static uint64_t up(uint64_t offset, uint64_t align)
{
  return (offset + align - 1) & ~(align - 1);
}

static bool is_met(const struct emit_function *f, const uint64_t offset[2],
                   const uint64_t align[2])
{
  for (unsigned s = 0; s < 2; s++)
    if (up(f->counted[s], align[s]) != offset[s] + f->base[s])
      return false;
  return true;
}

/* What the words do with o: to the next multiple of align, and behind count values of size. */
static void count_on(struct emit_function *f, const uint64_t offset[2], const uint64_t align[2],
                     const uint64_t size[2], uint64_t count)
{
  if (!is_met(f, offset, align) && f->base[0] + f->base[1] == 0 && f->phase[0] + f->phase[1]) {
    item(f, "PHASE(%s)", emit_w(f->x->e, f->phase[0], f->phase[1]));
    for (unsigned s = 0; s < 2; s++) {
      f->base[s] = f->phase[s];
      f->counted[s] += f->phase[s];
    }
  }
  if (!is_met(f, offset, align))
    f->items.failed = true; /* the layout and the words disagree: no code is better than that */
  for (unsigned s = 0; s < 2; s++)
    f->counted[s] =
        offset[s] + f->base[s] + (count - 1) * up(size[s], align[s]) + size[s];
}

static void count_layout(struct emit_function *f, uint32_t type, const uint64_t offset[2],
                         uint64_t count)
{
  const struct portero_wire *w = emit_layout(f->x->e, type)->wire;
  const uint64_t size[2] = {w[0].size, w[1].size};
  uint64_t align[2] = {w[0].align, w[1].align};

  if (emit_is_plain(f->x->e, type))
    align[0] = align[1]; /* memory has one */
  count_on(f, offset, align, size, count);
}

static void array_item(struct emit_function *f, const struct portero_type *t,
                       const uint64_t offset[2], const char *lvalue)
{
  const struct portero_type *of = emit_type(f->x->e, t->of);

  count_layout(f, t->of, offset, t->count);
  if (of->kind == PORTERO_KIND_ENUM16)
    item(f, "EN(%s, %uu)", lvalue, (unsigned)t->count);
  else if (of->kind == PORTERO_KIND_POINTER && (of->flags & PORTERO_TYPE_FULL))
    item(f, "RFN(%s, %uu, %u)", lvalue, (unsigned)t->count, (unsigned)of->of);
  else if (of->kind == PORTERO_KIND_POINTER)
    item(f, "%s(%s, %uu)", of->flags & PORTERO_TYPE_REF ? "RRN" : "RN", lvalue,
         (unsigned)t->count);
  else
    item(f, "AN(%s, %s, %uu)", lvalue, emit_type_name(f->x->e, t->of), (unsigned)t->count);
}

/* A referent's identifier or a plain value alone is worth a word: it aligns itself. */
static const char *single_word(const struct emit_function *f, uint32_t type,
                               const uint64_t offset[2], const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);
  const struct portero_layout *l = emit_layout(e, type);

  if (offset[0] || offset[1])
    return NULL;
  if (t->kind == PORTERO_KIND_POINTER && t->flags & PORTERO_TYPE_UNIQUE &&
      !(t->flags & PORTERO_TYPE_IGNORE))
    return emit_format(e, "ID(%s)", lvalue);
  if (t->kind == PORTERO_KIND_STRUCT && !emit_is_plain(e, type))
    return emit_format(e, "PART(%s, %s)", lvalue, emit_type_name(e, type));
  return emit_is_plain(e, type) && l->wire[0].align == l->wire[1].align
             ? emit_format(e, "S(%u, %s)", (unsigned)l->wire[0].align, lvalue)
             : NULL;
}

static void number(struct emit_function *f, int64_t value)
{
  emit_text(&f->items, value > INT32_MAX || value <= INT32_MIN ? "%lldll" : "%lld",
            (long long)value);
}

static void range(struct emit_function *f, const struct portero_type *t, const char *lvalue)
{
  emit_text(&f->items, "RG%s(%s, ", emit_is_enum(t) ? "E" : "", lvalue);
  number(f, t->min == INT64_MIN ? -INT64_MAX : t->min);
  emit_text(&f->items, ", ");
  number(f, t->max);
  emit_text(&f->items, ")%c", EMIT_GAP);
}

static void value_item(struct emit_function *f, uint32_t type, const uint64_t offset[2],
                       const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);

  count_layout(f, type, offset, 1);
  if (emit_is_plain(e, type))
    item(f, "V(%s)", lvalue);
  else if (t->kind == PORTERO_KIND_STRUCT)
    item(f, "A(%s, %s)", lvalue, emit_type_name(e, type));
  else if (t->kind == PORTERO_KIND_POINTER && (t->flags & PORTERO_TYPE_FULL))
    item(f, "RF(%s, %u)", lvalue, (unsigned)t->of);
  else
    item(f, "%s(%s)",
         t->kind == PORTERO_KIND_ENUM16        ? "E"
         : t->kind == PORTERO_KIND_INT3264     ? "L"
         : t->kind == PORTERO_KIND_UINT3264    ? "UL"
         : t->kind != PORTERO_KIND_POINTER     ? "V"
         : t->flags & PORTERO_TYPE_IGNORE      ? "Z"
         : t->flags & PORTERO_TYPE_REF         ? "RR"
                                               : "R",
         lvalue);
}

void emit_item(struct emit_function *f, uint32_t type, const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);
  uint64_t offset[2];
  bool begins;

  if (t->kind == PORTERO_KIND_STRUCT)
    emit_need_struct(f->x, type);
  else if (t->kind == PORTERO_KIND_ARRAY && emit_type(e, t->of)->kind == PORTERO_KIND_STRUCT)
    emit_need_struct(f->x, t->of);
  begins = place(f, emit_layout(e, type), offset);
  f->single = begins ? single_word(f, type, offset, lvalue) : NULL;
  for (unsigned s = 0; s < 2; s++)
    f->leaves[s] += leaves(e, type, s);
  if (t->kind == PORTERO_KIND_ARRAY && !emit_is_plain(e, type))
    array_item(f, t, offset, lvalue);
  else
    value_item(f, type, offset, lvalue);
  if ((t->flags & PORTERO_TYPE_RANGE) && t->kind != PORTERO_KIND_ARRAY)
    range(f, t, lvalue);
}
