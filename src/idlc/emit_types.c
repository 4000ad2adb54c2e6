/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of STEM_wire.h, each after those that it uses. */
#include "src/idlc/emit_wire.h"

static const char *lvalue_of(const struct idlc_emit *e, uint32_t at)
{
  if (e->program->types.members[at].flags & PORTERO_MEMBER_EMBED)
    return "";
  return emit_format(e, "v->%s", emit_member_name(e, at));
}

static bool is_conformant(const struct idlc_emit *e, uint32_t type)
{
  return emit_layout(e, type)->wire[0].flags & PORTERO_WIRE_CONFORMANT;
}

/* ---- structs ---- */

static void members_in_place(struct emit_function *f, uint32_t type)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);

  for (f->member = 0; f->member < t->count; f->member++) {
    uint32_t at = t->first + f->member;

    emit_in_place(f, e->program->types.members[at].type, lvalue_of(e, at));
  }
}

/* Only what is at offsets from the struct's start: there is no run of its own. */
static void fixed_struct(struct emit_function *f, uint32_t type)
{
  f->is_open = true;
  f->known[0] = f->known[1] = 8;
  members_in_place(f, type);
  portero_write_bytes(&f->body, f->items.base, f->items.size);
  f->is_open = false;
}

static void loose_struct(struct emit_function *f, uint32_t type)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_wire *w = emit_layout(e, type)->wire;
  uint32_t first = e->program->types.members[emit_type(e, type)->first].type;

  if (emit_is_fixed(e, first)) {
    f->is_open = true;
    for (unsigned s = 0; s < 2; s++)
      f->start[s] = f->known[s] = w[s].align;
  } else {
    emit_align(f, w[0].align, w[1].align, "ALIGN");
  }
  members_in_place(f, type);
  emit_settle(f);
  emit_align(f, w[0].gap, w[1].gap, is_conformant(e, type) ? "GAP" : "ALIGN");
}

static void struct_referents(struct emit_function *f, uint32_t type)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);

  for (f->member = 0; f->member < t->count; f->member++) {
    uint32_t at = t->first + f->member;

    emit_referents(f, e->program->types.members[at].type, lvalue_of(e, at));
  }
  f->member = t->count;
  emit_settle(f);
}

/* The count in front of a conformant struct: of the array at its end, however deep. */
static void emit_one_conformant(const struct emit_wire *x, uint32_t type)
{
  const struct idlc_emit *e = x->e;
  const struct portero_type *t = emit_type(e, type);
  const char *path = "v->", *name = emit_type_name(e, type);
  const struct portero_wire *w;
  uint32_t last = t->first + t->count - 1, scope = type;
  bool refs = emit_is_deferred(e, type);

  while (emit_type(e, e->program->types.members[last].type)->kind == PORTERO_KIND_STRUCT) {
    path = emit_format(e, "%s%s.", path, emit_member_name(e, last));
    scope = e->program->types.members[last].type;
    t = emit_type(e, scope);
    last = t->first + t->count - 1;
  }
  t = emit_type(e, e->program->types.members[last].type);
  w = emit_layout(e, t->of)->wire;
  emit_text(x->w, "ONET%s(%s, %s, %s)\n", refs ? "R" : "", name,
            t->flags & PORTERO_TYPE_VARYING ? "0" : emit_w(e, w[0].min, w[1].min),
            emit_expr(e, t->size, scope, path));
}

static const char *struct_head(const struct idlc_emit *e, uint32_t type)
{
  const struct portero_wire *w = emit_layout(e, type)->wire;
  const char *name = emit_type_name(e, type);

  if (emit_is_fixed(e, type))
    return emit_format(e, "FIXED%s(%s, %s, %s)", emit_has_gaps(e, type) ? "Z" : "", name,
                       emit_w(e, w[0].align, w[1].align), emit_w(e, w[0].size, w[1].size));
  return emit_format(e, "%s(%s)", is_conformant(e, type) ? "TAIL" : "EACH", name);
}

void emit_need_struct(struct emit_wire *x, uint32_t type)
{
  const struct idlc_emit *e = x->e;
  const char *name = emit_type_name(e, type);
  bool refs = emit_is_deferred(e, type);
  struct emit_function in_place, after;

  if (x->state[type] == EMIT_BUSY) {
    emit_text(x->w, "PROTO%s(%s)\n", is_conformant(e, type) ? "T" : "", name);
    x->state[type] = EMIT_DECLARED;
  }
  if (x->state[type] != EMIT_NEW || emit_is_plain(e, type))
    return;
  x->state[type] = EMIT_BUSY;
  emit_begin(&in_place, x, EMIT_IN_PLACE, type);
  if (emit_is_fixed(e, type))
    fixed_struct(&in_place, type);
  else
    loose_struct(&in_place, type);
  emit_begin(&after, x, EMIT_REFERENTS, type);
  struct_referents(&after, type);
  emit_end(&in_place, struct_head(e, type));
  if (refs)
    emit_end(&after, emit_format(e, "REFS%s(%s)", is_conformant(e, type) ? "T" : "", name));
  else
    emit_drop(&after);
  if (is_conformant(e, type))
    emit_one_conformant(x, type);
  else if (!refs)
    emit_text(x->w, "ONE(%s)\n", name);
  x->state[type] = EMIT_DONE;
}

/* ---- unions ---- */

void emit_need_union(struct emit_wire *x, uint32_t type)
{
  const struct idlc_emit *e = x->e;
  const char *name = emit_type_name(e, type);
  bool refs = emit_layout(e, type)->wire[0].flags & PORTERO_WIRE_DEFERRED;
  struct emit_function in_place, after;

  if (x->state[type] == EMIT_BUSY) {
    emit_text(x->w, "PROTOU(%s)\n", name);
    x->state[type] = EMIT_DECLARED;
  }
  if (x->state[type] != EMIT_NEW)
    return;
  x->state[type] = EMIT_BUSY;
  emit_begin(&in_place, x, EMIT_IN_PLACE, 0);
  emit_union_in_place(&in_place, type, "*tag", "v->");
  emit_begin(&after, x, EMIT_REFERENTS, 0);
  if (refs)
    emit_union_referents(&after, type, "tag", "v->");
  emit_end(&in_place, emit_format(e, "UNION(%s)", name));
  if (refs)
    emit_end(&after, emit_format(e, "UREFS(%s)", name));
  else
    emit_drop(&after);
  x->state[type] = EMIT_DONE;
}

/* ---- elements ---- */

static const char *pointer_name(struct emit_wire *x, uint32_t type)
{
  const struct idlc_emit *e = x->e;
  const struct portero_type *t = emit_type(e, type);
  const char *name = emit_format(e, "p%u", (unsigned)type);
  const char *c_type;
  struct emit_function f;
  struct emit_decl d;

  emit_declare(e, type, "", false, &d);
  c_type = emit_format(e, "%s%s%s%s %s", d.qualifier, d.keyword, d.keyword[0] ? " " : "", d.base,
                       d.declarator);
  if (x->state[type] == EMIT_BUSY) {
    emit_text(x->w, "PROTOP(%s, %s)\n", name, c_type);
    x->state[type] = EMIT_DECLARED;
  }
  if (x->state[type] != EMIT_NEW)
    return name;
  x->state[type] = EMIT_BUSY;
  emit_begin(&f, x, EMIT_REFERENTS, 0);
  emit_referents(&f, type, "*v");
  if (t->flags & PORTERO_TYPE_FULL)
    emit_end(&f, emit_format(e, "POINTERSF(%s, %s, %u)", name, c_type, (unsigned)t->of));
  else
    emit_end(&f, emit_format(e, "POINTERS(%s, %s, %s)", name, c_type,
                             t->flags & PORTERO_TYPE_REF ? "RRN" : "RN"));
  x->state[type] = EMIT_DONE;
  return name;
}

const char *emit_need_element(struct emit_wire *x, uint32_t type)
{
  const struct portero_type *t = emit_type(x->e, type);

  if (t->kind == PORTERO_KIND_POINTER)
    return pointer_name(x, type);
  if (t->kind == PORTERO_KIND_ENUM16)
    return "enum16";
  emit_need_struct(x, type);
  return emit_type_name(x->e, type);
}

/* ---- operations ---- */

/* Can a conformant struct with a gap behind it be reached? seen: for each type, looked at. */
static bool reaches_gap(const struct idlc_emit *e, uint32_t type, uint8_t *seen)
{
  const struct portero_type *t = emit_type(e, type);
  const struct portero_wire *w = &emit_layout(e, type)->wire[1];

  if (t->kind == PORTERO_KIND_STRUCT && is_conformant(e, type) && w->gap > 1)
    return true;
  if (seen[type] || type == 0)
    return false;
  seen[type] = 1;
  if (t->kind == PORTERO_KIND_STRUCT || t->kind == PORTERO_KIND_UNION)
    for (uint32_t i = 0; i < t->count; i++)
      if (reaches_gap(e, e->program->types.members[t->first + i].type, seen))
        return true;
  return t->of && reaches_gap(e, t->of, seen);
}

/* Bytes in NDR64 that the parameters behind f's take at least, from an offset of at mod 8. */
static uint64_t least_behind(const struct emit_function *f, const struct portero_type *t,
                             uint16_t wanted, uint64_t at)
{
  const struct idlc_emit *e = f->x->e;
  uint64_t end = at;

  for (uint32_t i = f->member + 1; i < t->count; i++) {
    const struct portero_member *m = &e->program->types.members[t->first + i];
    const struct portero_wire *w = &emit_layout(e, m->type)->wire[1];

    if (!(m->flags & wanted))
      continue;
    if (w->flags & PORTERO_WIRE_FIXED)
      end = (end + w->align - 1u) & ~((uint64_t)w->align - 1u);
    end += w->min;
  }
  return end - at;
}

/* Where a gap may be missing, what is behind it tells. */
static void rest(struct emit_function *f, const struct portero_type *t, uint16_t wanted,
                 uint64_t now[4])
{
  const struct idlc_emit *e = f->x->e;
  uint8_t *seen = portero_arena_alloc(e->sources->arena, e->program->types.n_types);
  uint64_t least[4];
  bool same = true;

  if (!seen || !reaches_gap(e, e->program->types.members[t->first + f->member].type, seen))
    return;
  for (unsigned i = 0; i < 4; i++) {
    least[i] = least_behind(f, t, wanted, 2 * i);
    same = same && least[i] == now[i];
    now[i] = least[i];
  }
  if (!same)
    emit_word(f, "REST(%llu, %llu, %llu, %llu)", (unsigned long long)least[0],
              (unsigned long long)least[1], (unsigned long long)least[2],
              (unsigned long long)least[3]);
}

static void params(struct emit_wire *x, const struct portero_op *op, bool is_out)
{
  const struct idlc_emit *e = x->e;
  const struct portero_type *t = emit_type(e, op->params);
  uint16_t wanted = is_out ? PORTERO_MEMBER_OUT : PORTERO_MEMBER_IN;
  uint64_t now[4] = {0, 0, 0, 0};
  struct emit_function f;

  emit_begin(&f, x, EMIT_PARAMS, op->params);
  f.is_out = is_out;
  f.known[0] = f.known[1] = 8;
  for (f.member = 0; f.member < t->count; f.member++) {
    const struct portero_member *m = &e->program->types.members[t->first + f.member];

    if (!(m->flags & wanted))
      continue;
    rest(&f, t, wanted, now);
    emit_param(&f, m->type, lvalue_of(e, t->first + f.member));
  }
  emit_settle(&f);
  emit_end(&f, emit_format(e, "%s(%s)", is_out ? "OUT" : "IN", emit_type_name(e, op->params)));
}

void emit_op(struct emit_wire *x, const struct portero_op *op)
{
  params(x, op, false);
  params(x, op, true);
}
