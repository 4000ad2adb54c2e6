/* SPDX-License-Identifier: Apache-2.0 */
/* What is not of fixed size: arrays, text, unions; and what pointers point to. */
#include "src/idlc/emit_wire.h"

static const struct portero_wire *wire(const struct emit_function *f, uint32_t type, unsigned s)
{
  return &emit_layout(f->x->e, type)->wire[s];
}

static const char *align_of(const struct emit_function *f, uint32_t type)
{
  return emit_w(f->x->e, wire(f, type, 0)->align, wire(f, type, 1)->align);
}

static const char *min_of(const struct emit_function *f, uint32_t type)
{
  return emit_w(f->x->e, wire(f, type, 0)->min, wire(f, type, 1)->min);
}

static const char *expr(const struct emit_function *f, uint32_t code)
{
  return emit_expr(f->x->e, code, f->scope, "v->");
}

/* A name of a local that waits for its expression. */
static unsigned wait_for(struct emit_function *f, uint32_t code)
{
  unsigned name = f->n_names++;

  if (f->n_late == EMIT_LATE) {
    f->body.failed = true;
    return name;
  }
  f->late[f->n_late].name = name;
  f->late[f->n_late++].code = code;
  return name;
}

void emit_settle(struct emit_function *f)
{
  for (unsigned i = 0; i < f->n_late; i++)
    emit_word(f, "LSAME(k%u, %s)", f->late[i].name, expr(f, f->late[i].code));
}

/* ---- arrays ---- */

enum array_place {
  ARRAY_POINTEE,
  ARRAY_PARAM,
  ARRAY_TAIL, /* of a struct: the count is c, the referents come later */
  ARRAY_FIXED /* inline, varying */
};

static const char *element_min(const struct emit_function *f, const struct portero_type *t)
{
  return t->flags & PORTERO_TYPE_VARYING ? "0" : min_of(f, t->of);
}

/* The maximum count; gives the local's name. */
static const char *array_count(struct emit_function *f, const struct portero_type *t,
                               enum array_place place)
{
  const struct idlc_emit *e = f->x->e;
  const char *name;

  if (place == ARRAY_FIXED)
    return emit_format(e, "%u", (unsigned)t->count);
  if (place == ARRAY_TAIL) {
    emit_word(f, "SAME(c, %s)", expr(f, t->size));
    return "c";
  }
  name = emit_format(e, "c%u", f->n_names++);
  if (emit_expr_is_ready(f, t->size))
    emit_word(f, "COUNT(%s, %s, %s)", name, element_min(f, t), expr(f, t->size));
  else
    emit_word(f, "LCOUNT(k%u, %s, %s, %s)", wait_for(f, t->size), name, element_min(f, t),
              expr(f, t->size));
  return name;
}

static const char *array_length(struct emit_function *f, const struct portero_type *t,
                                const char *count)
{
  const char *name;

  if (!(t->flags & PORTERO_TYPE_VARYING))
    return count;
  name = emit_format(f->x->e, "l%u", f->n_names++);
  if (!t->length)
    emit_word(f, "LENGTH(%s, %s, %s, %s)", name, count, min_of(f, t->of), count);
  else if (emit_expr_is_ready(f, t->length))
    emit_word(f, "LENGTH(%s, %s, %s, %s)", name, count, min_of(f, t->of), expr(f, t->length));
  else
    emit_word(f, "LLENGTH(k%u, %s, %s, %s, %s)", wait_for(f, t->length), name, count,
              min_of(f, t->of), expr(f, t->length));
  return name;
}

static void array_elements(struct emit_function *f, const struct portero_type *t,
                           const char *lvalue, const char *count, enum array_place place)
{
  const struct idlc_emit *e = f->x->e;
  bool refs = emit_is_deferred(e, t->of) && place != ARRAY_TAIL;
  bool or_zeros = place == ARRAY_PARAM && f->is_out;
  const char *element;

  if (emit_is_plain(e, t->of)) {
    emit_word(f, "%sBULK(%s, %s, %s)", place == ARRAY_FIXED ? "F" : or_zeros ? "O" : "", lvalue,
              count, align_of(f, t->of));
    return;
  }
  element = emit_need_element(f->x, t->of);
  if (place == ARRAY_FIXED)
    emit_word(f, "PARTN(%s, %s, %s)", lvalue, element, count);
  else if (or_zeros && emit_is_fixed(e, t->of))
    emit_word(f, "ORUN%s(%s, %s, %s, %s, %s)", refs ? "R" : "", lvalue, element, count,
              align_of(f, t->of), emit_w(e, wire(f, t->of, 0)->size, wire(f, t->of, 1)->size));
  else
    emit_word(f, "RUN%s(%s, %s, %s)", refs ? "R" : "", lvalue, element, count);
  if (place == ARRAY_FIXED && f->pass == EMIT_PARAMS && refs)
    emit_word(f, "REFN(%s, %s, %s)", lvalue, element, count);
}

static void array(struct emit_function *f, uint32_t type, const char *lvalue,
                  enum array_place place)
{
  const struct portero_type *t = emit_type(f->x->e, type);
  const char *count, *length;

  emit_anywhere(f);
  count = array_count(f, t, place);
  if ((t->flags & PORTERO_TYPE_RANGE) && place != ARRAY_FIXED)
    emit_word(f, "RANGE(%s, %lldll, %lldll)", count,
              (long long)(t->min == INT64_MIN ? t->min + 1 : t->min), (long long)t->max);
  length = array_length(f, t, count);
  if (place == ARRAY_FIXED && (t->flags & PORTERO_TYPE_VARYING))
    emit_word(f, "CLEAR(%s)", lvalue);
  array_elements(f, t, lvalue, length, place);
}

/* ---- unions ---- */

static const char *tag_type(uint8_t kind)
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
  case PORTERO_KIND_ENUM32:
    return "int32_t";
  case PORTERO_KIND_INT64:
    return "int64_t";
  case PORTERO_KIND_UINT64:
    return "uint64_t";
  case PORTERO_KIND_INT3264:
    return "W(int32_t, int64_t)";
  case PORTERO_KIND_UINT3264:
    return "W(uint32_t, uint64_t)";
  default:
    return "uint32_t";
  }
}

/* The alignment in front of the tag: its own, in NDR64 the union's. */
static void emit_tag(struct emit_function *f, uint32_t u, const char *name)
{
  const struct idlc_emit *e = f->x->e;
  uint32_t tag = emit_type(e, u)->of;
  const char *align = emit_w(e, wire(f, tag, 0)->align, wire(f, u, 1)->align);

  if (emit_type(e, tag)->kind == PORTERO_KIND_ENUM16)
    emit_word(f, "TAGE(%s, %s)", name, align);
  else
    emit_word(f, "TAG(%s, %s, %s)", name, tag_type(emit_type(e, tag)->kind), align);
}

/* Was this label there before? Then the first one counts. */
static bool is_repeated(const struct portero_member *arms, uint32_t at)
{
  for (uint32_t i = 0; i < at; i++)
    if (!(arms[i].flags & PORTERO_MEMBER_DEFAULT) && arms[i].label == arms[at].label)
      return true;
  return false;
}

/* "case 1: case 2:" of the arm and of those that share it; false: nothing is left. */
static bool arm_labels(struct emit_function *f, const struct portero_type *u, uint32_t at)
{
  const struct portero_member *arms = &f->x->e->program->types.members[u->first];
  bool any = false;

  for (uint32_t i = at; i < u->count && (i == at || arms[i].flags & PORTERO_MEMBER_SAME); i++) {
    if (!(arms[i].flags & PORTERO_MEMBER_DEFAULT) && is_repeated(arms, i))
      continue;
    if (!any)
      emit_line(f);
    any = true;
    if (arms[i].flags & PORTERO_MEMBER_DEFAULT)
      emit_word(f, "default:");
    else if (arms[i].label == INT64_MIN)
      emit_word(f, "case -INT64_MAX - 1:");
    else
      emit_word(f, "case %lld%s:", (long long)arms[i].label,
                arms[i].label > INT32_MAX || arms[i].label < INT32_MIN ? "ll" : "");
  }
  return any;
}

/* The arms, path before their names; every one begins where the first does. */
static void arms(struct emit_function *f, uint32_t union_type, const char *choice,
                 const char *path, bool referents)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *u = emit_type(e, union_type);
  unsigned known[2] = {f->known[0], f->known[1]};
  unsigned position[2] = {f->position[0], f->position[1]};
  bool has_default = false;

  emit_line(f);
  emit_word(f, "switch (%s) {", choice);
  for (uint32_t i = 0; i < u->count; i++) {
    const struct portero_member *m = &e->program->types.members[u->first + i];
    const char *lvalue = emit_format(e, "%s%s", path, emit_member_name(e, u->first + i));

    has_default = has_default || m->flags & PORTERO_MEMBER_DEFAULT;
    if (m->flags & PORTERO_MEMBER_SAME || (referents && !emit_is_deferred(e, m->type)) ||
        !arm_labels(f, u, i))
      continue;
    for (unsigned s = 0; s < 2; s++) {
      f->known[s] = known[s];
      f->position[s] = position[s];
    }
    emit_word(f, m->type ? "{" : "break;");
    if (m->type == 0)
      continue;
    if (referents)
      emit_referents(f, m->type, lvalue);
    else
      emit_in_place(f, m->type, lvalue);
    emit_word(f, "break; }");
  }
  if (!has_default && !referents) {
    emit_line(f);
    emit_word(f, "default: WRONG(%s)", choice);
  }
  emit_word(f, "}");
  emit_line(f);
  emit_anywhere(f);
}

void emit_union_in_place(struct emit_function *f, uint32_t u, const char *tag, const char *path)
{
  emit_anywhere(f);
  if (!(emit_type(f->x->e, u)->flags & PORTERO_TYPE_NO_TAG)) {
    emit_tag(f, u, tag);
    emit_align(f, wire(f, u, 0)->arm, wire(f, u, 1)->arm, "ALIGN");
  } else {
    emit_align(f, wire(f, u, 0)->arm, wire(f, u, 1)->align, "ALIGN");
  }
  arms(f, u, tag, path, false);
}

void emit_union_referents(struct emit_function *f, uint32_t u, const char *tag, const char *path)
{
  arms(f, u, tag, path, true);
}

static bool is_inline(const struct emit_function *f, uint32_t type, const char *lvalue)
{
  return !lvalue[0] || emit_is_inline(f->x->e, type);
}

/* In place, and for parameters what it points to. */
static void choice(struct emit_function *f, uint32_t type, const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);
  bool hidden = emit_type(e, t->of)->flags & PORTERO_TYPE_NO_TAG;
  bool ready = emit_expr_is_ready(f, t->size);
  const char *path = lvalue[0] ? emit_format(e, "%s.", lvalue) : "v->";
  const char *says = expr(f, t->size);
  const char *tag = says;
  bool refs = f->pass == EMIT_PARAMS && emit_is_deferred(e, type);

  emit_anywhere(f);
  if (!is_inline(f, type, lvalue)) {
    emit_need_union(f->x, t->of);
    if (!ready)
      tag = emit_format(e, "k%u", wait_for(f, t->size));
    if (ready)
      emit_word(f, "U%s(%s, %s, %s)", refs ? "R" : "", lvalue, emit_type_name(e, t->of), says);
    else
      emit_word(f, "LU(%s, %s, %s, %s)", tag, lvalue, emit_type_name(e, t->of), says);
    if (refs && !ready)
      emit_word(f, "UREF(%s, %s, %s)", lvalue, emit_type_name(e, t->of), tag);
    return;
  }
  if (!hidden) {
    tag = emit_format(e, "k%u", ready ? f->n_names++ : wait_for(f, t->size));
    emit_word(f, "%s(%s, %s)", ready ? "TAGVAL" : "LTAG", tag, says);
  }
  emit_union_in_place(f, t->of, tag, path);
  if (!hidden && ready)
    emit_word(f, "SAME(%s, %s)", tag, says);
  if (refs)
    emit_union_referents(f, t->of, tag, path);
}

/* ---- in place ---- */

/* Text whose maximum count is more than what it needs, or has a range. */
static void text_with_count(struct emit_function *f, const struct portero_type *t,
                            const char *lvalue, const char *zeros, const char *wide)
{
  const char *name = emit_format(f->x->e, "c%u", f->n_names++);

  if (!t->size)
    emit_word(f, "NEED(%s, %s, %s)", name, lvalue, wide[0] ? "2" : "1");
  else if (emit_expr_is_ready(f, t->size))
    emit_word(f, "COUNT(%s, 0, %s)", name, expr(f, t->size));
  else
    emit_word(f, "LCOUNT(k%u, %s, 0, %s)", wait_for(f, t->size), name, expr(f, t->size));
  if (t->flags & PORTERO_TYPE_RANGE)
    emit_word(f, "RANGE(%s, %lldll, %lldll)", name,
              (long long)(t->min == INT64_MIN ? t->min + 1 : t->min), (long long)t->max);
  emit_word(f, "%sM%sSTR(%s, %s)", zeros, wide, lvalue, name);
}

static void text(struct emit_function *f, const struct portero_type *t, const char *lvalue)
{
  const char *wide = emit_type(f->x->e, t->of)->kind == PORTERO_KIND_WCHAR ? "W" : "";
  const char *zeros = f->pass == EMIT_PARAMS && f->is_out ? "O" : "";

  emit_anywhere(f);
  if (!(t->flags & PORTERO_TYPE_CONFORMANT))
    emit_word(f, "%sV%sSTR(%s, %u)", zeros, wide, lvalue, (unsigned)t->count);
  else if (t->size || (t->flags & PORTERO_TYPE_RANGE))
    text_with_count(f, t, lvalue, zeros, wide);
  else
    emit_word(f, "%s%sSTR(%s)", zeros, wide, lvalue);
}

void emit_in_place(struct emit_function *f, uint32_t type, const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);
  bool conformant = wire(f, type, 0)->flags & PORTERO_WIRE_CONFORMANT;

  if (emit_is_fixed(e, type)) {
    emit_item(f, type, lvalue);
    return;
  }
  if (t->kind == PORTERO_KIND_SWITCH) {
    choice(f, type, lvalue);
  } else if (t->kind == PORTERO_KIND_STRING) {
    text(f, t, lvalue);
  } else if (t->kind == PORTERO_KIND_ARRAY) {
    array(f, type, lvalue, conformant ? ARRAY_TAIL : ARRAY_FIXED);
  } else {
    emit_anywhere(f);
    emit_need_struct(f->x, type);
    emit_word(f, conformant ? "PARTT(%s, %s, c)" : "PART(%s, %s)", lvalue, emit_type_name(e, type));
  }
  emit_anywhere(f);
}

void emit_param(struct emit_function *f, uint32_t type, const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);

  if (emit_is_fixed(e, type)) {
    emit_item(f, type, lvalue);
    if (emit_is_deferred(e, type))
      emit_referents(f, type, lvalue);
  } else if (t->kind == PORTERO_KIND_ARRAY) {
    array(f, type, lvalue,
          t->flags & PORTERO_TYPE_CONFORMANT ? ARRAY_PARAM : ARRAY_FIXED);
  } else if (t->kind == PORTERO_KIND_STRUCT) {
    emit_anywhere(f);
    emit_need_struct(f->x, type);
    emit_word(f, "WHOLE(%s, %s)", lvalue, emit_type_name(e, type));
  } else {
    emit_in_place(f, type, lvalue);
  }
}

/* ---- referents ---- */

static void pointee_union(struct emit_function *f, uint32_t type, const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);
  const char *refs = emit_is_deferred(e, type) ? "R" : "";

  emit_need_union(f->x, t->of);
  if (emit_expr_is_ready(f, t->size))
    emit_word(f, "TOU%s(%s, %s, %s)", refs, lvalue, emit_type_name(e, t->of), expr(f, t->size));
  else
    emit_word(f, "LTOU%s(k%u, %s, %s, %s)", refs, wait_for(f, t->size), lvalue,
              emit_type_name(e, t->of), expr(f, t->size));
}

/* Most arrays behind pointers have one word for all of it. */
static bool usual_array(struct emit_function *f, const struct portero_type *t, const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  bool plain = emit_is_plain(e, t->of), varying = t->flags & PORTERO_TYPE_VARYING;

  if (plain && !varying && !(t->flags & PORTERO_TYPE_RANGE) && !emit_expr_is_ready(f, t->size)) {
    emit_word(f, "LPBULK(k%u, %s, %s, %s, %s)", wait_for(f, t->size), lvalue, min_of(f, t->of),
              align_of(f, t->of), expr(f, t->size));
    return true;
  }
  if (t->flags & PORTERO_TYPE_RANGE || !emit_expr_is_ready(f, t->size) ||
      (varying && (!plain || !t->length || !emit_expr_is_ready(f, t->length))))
    return false;
  if (varying)
    emit_word(f, "PVBULK(%s, %s, %s, %s, %s)", lvalue, min_of(f, t->of), align_of(f, t->of),
              expr(f, t->size), expr(f, t->length));
  else if (plain)
    emit_word(f, "PBULK(%s, %s, %s, %s)", lvalue, min_of(f, t->of), align_of(f, t->of),
              expr(f, t->size));
  else
    emit_word(f, "PRUN%s(%s, %s, %s, %s)", emit_is_deferred(e, t->of) ? "R" : "", lvalue,
              emit_need_element(f->x, t->of), min_of(f, t->of), expr(f, t->size));
  return true;
}

static void pointee_array(struct emit_function *f, uint32_t type, const char *lvalue)
{
  const struct portero_type *t = emit_type(f->x->e, type);
  bool deep = emit_is_deferred(f->x->e, t->of);

  if (usual_array(f, t, lvalue))
    return;
  emit_line(f);
  emit_word(f, "if (%s) { %s(%s)", lvalue, deep ? "ENTER" : "DEEP", lvalue);
  array(f, type, lvalue, ARRAY_POINTEE);
  emit_word(f, deep ? "LEAVE() }" : "}");
  emit_line(f);
}

static void pointee(struct emit_function *f, uint32_t type, const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);

  if (t->kind == PORTERO_KIND_ARRAY && (t->flags & PORTERO_TYPE_CONFORMANT)) {
    pointee_array(f, type, lvalue);
  } else if (t->kind == PORTERO_KIND_STRING && (t->size || (t->flags & PORTERO_TYPE_RANGE))) {
    emit_word(f, "if (%s) { DEEP(%s)", lvalue, lvalue);
    text_with_count(f, t, lvalue, "", emit_type(e, t->of)->kind == PORTERO_KIND_WCHAR ? "W" : "");
    emit_word(f, "}");
  } else if (t->kind == PORTERO_KIND_STRING) {
    emit_word(f, "%s(%s)", emit_type(e, t->of)->kind == PORTERO_KIND_WCHAR ? "WSTRP" : "STRP",
              lvalue);
  } else if (emit_is_plain(e, type)) {
    emit_word(f, "TOV(%s, %s)", lvalue, align_of(f, type));
  } else if (t->kind == PORTERO_KIND_ENUM16) {
    emit_word(f, "TOE(%s)", lvalue);
  } else if (t->kind == PORTERO_KIND_SWITCH) {
    pointee_union(f, type, lvalue);
  } else {
    const char *element = emit_need_element(f->x, type);

    emit_word(f, "TO(%s, %s)", lvalue, element);
  }
}

/* What a full pointer points to: the type's number tells identifiers apart. */
static void pointee_known_again(struct emit_function *f, uint32_t type, const char *lvalue)
{
  if (emit_is_plain(f->x->e, type))
    emit_word(f, "TOVF(%s, %s, %u)", lvalue, align_of(f, type), (unsigned)type);
  else
    emit_word(f, "TOF(%s, %s, %u)", lvalue, emit_need_element(f->x, type), (unsigned)type);
}

static void array_referents(struct emit_function *f, uint32_t type, const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);
  const char *element = emit_need_element(f->x, t->of);
  uint32_t code = t->length ? t->length : t->size;

  if (!(t->flags & PORTERO_TYPE_CONFORMANT))
    emit_word(f, "REFN(%s, %s, %s)", lvalue, element,
              t->length ? emit_format(e, "(size_t)(%s)", expr(f, code))
                        : emit_format(e, "%u", (unsigned)t->count));
  else
    emit_word(f, "REFP(%s, %s, (size_t)(%s))", lvalue, element, expr(f, code));
}

void emit_referents(struct emit_function *f, uint32_t type, const char *lvalue)
{
  const struct idlc_emit *e = f->x->e;
  const struct portero_type *t = emit_type(e, type);

  if (!emit_is_deferred(e, type))
    return;
  emit_anywhere(f);
  if (t->kind == PORTERO_KIND_POINTER) {
    if (t->flags & PORTERO_TYPE_FULL)
      pointee_known_again(f, t->of, lvalue);
    else
      pointee(f, t->of, lvalue);
  } else if (t->kind == PORTERO_KIND_ARRAY) {
    array_referents(f, type, lvalue);
  } else if (t->kind == PORTERO_KIND_STRUCT) {
    emit_need_struct(f->x, type);
    emit_word(f, "REF(%s, %s)", lvalue, emit_type_name(e, type));
  } else if (is_inline(f, type, lvalue)) {
    emit_union_referents(f, t->of, expr(f, t->size),
                         lvalue[0] ? emit_format(e, "%s.", lvalue) : "v->");
  } else {
    emit_need_union(f->x, t->of);
    emit_word(f, "UREF(%s, %s, %s)", lvalue, emit_type_name(e, t->of), expr(f, t->size));
  }
  emit_anywhere(f);
}
