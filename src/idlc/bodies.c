/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies: structs, unions and enums with what is in them. A body that is being lowered has its
 * index already, so that a struct may point to itself.
 */
#include "src/idlc/lower.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- frames ---- */

bool idlc_frame_add(struct idlc_lower *lo, struct idlc_frame *frame, const struct idlc_named *named)
{
  struct idlc_named *copy = portero_arena_alloc(lo->arena, sizeof *copy);

  if (!copy) {
    lo->s->out_of_memory = true;
    return false;
  }
  *copy = *named;
  copy->next = NULL;
  if (frame->last)
    frame->last->next = copy;
  else
    frame->first = copy;
  frame->last = copy;
  frame->count += named->is_absent ? 0 : 1;
  return true;
}

void idlc_frame_wait(struct idlc_lower *lo, struct idlc_frame *frame,
                     const struct idlc_pending *pending)
{
  struct idlc_pending *copy, **at;

  if (!frame) {
    (void)idlc_complain(lo, pending->expr->place, NULL, "there are no members to count with here");
    return;
  }
  copy = portero_arena_alloc(lo->arena, sizeof *copy);
  if (!copy) {
    lo->s->out_of_memory = true;
    return;
  }
  *copy = *pending;
  copy->next = NULL;
  for (at = &frame->pending; *at;)
    at = &(*at)->next;
  *at = copy;
}

bool idlc_frame_store(struct idlc_lower *lo, const struct idlc_frame *frame, uint32_t *out_first)
{
  struct portero_member *members = idlc_table_add(&lo->b, &lo->b.members, frame->count);

  if (!members)
    return false;
  *out_first = lo->b.members.count - frame->count;
  for (const struct idlc_named *n = frame->first; n; n = n->next) {
    if (!n->is_absent)
      *members++ = n->member;
  }
  return true;
}

/* ---- members ---- */

static bool bodies_is_inline(const struct idlc_shape *shape)
{
  return shape->base && !shape->count && !shape->base->name &&
         (shape->base->kind == IDLC_SPEC_STRUCT || shape->base->kind == IDLC_SPEC_UNION);
}

static bool bodies_has(const struct idlc_spec *spec, const char *name)
{
  for (const struct idlc_decl *d = spec->members; name && d; d = d->next) {
    if (d->name && strcmp(d->name, name) == 0)
      return true;
  }
  return false;
}

/* Members of an unnamed body are the outer one's in C: that goes unless a name is there already. */
static bool bodies_clash(const struct idlc_spec *outer, const struct idlc_spec *inner)
{
  for (const struct idlc_decl *d = inner->members; d && !inner->switch_spec; d = d->next) {
    if (bodies_has(outer, d->name))
      return true;
  }
  return bodies_has(outer, inner->switch_name) || bodies_has(outer, inner->union_name);
}

static bool bodies_member(struct idlc_lower *lo, const struct idlc_body *body,
                          const struct idlc_decl *decl, struct idlc_frame *frame)
{
  struct idlc_named named = {.name = decl->name};
  struct idlc_lowered lowered;
  struct idlc_shape shape;

  if (decl->bits)
    return idlc_complain(lo, decl->place, NULL, "a bit-field cannot travel") != IDLC_BAD;
  if (!idlc_shape_of(lo, decl, decl->attrs, body->home, &shape) ||
      !idlc_type_of(lo, &shape, IDLC_USE_MEMBER, frame, &lowered))
    return false;
  if (!named.name && bodies_is_inline(&shape) && bodies_clash(body->spec, shape.base))
    named.name = bodies_has(body->spec, "u") ? "u_" : "u";
  named.member.name = idlc_builder_text(&lo->b, named.name);
  named.member.type = lowered.type;
  if (!named.name && bodies_is_inline(&shape))
    named.member.flags |= PORTERO_MEMBER_EMBED;
  else if (!named.name)
    return idlc_complain(lo, decl->place, NULL, "this member has no name") != IDLC_BAD;
  return idlc_frame_add(lo, frame, &named);
}

static bool bodies_last_is_conformant(struct idlc_lower *lo, const struct idlc_body *body,
                                      const struct idlc_frame *frame)
{
  for (const struct idlc_named *n = frame->first; n && n->next; n = n->next) {
    if (idlc_is_conformant(lo, n->member.type))
      return idlc_complain(lo, body->spec->place, "make it a pointer, or the last member",
                           "'%s' has no fixed size and is not the last member",
                           n->name) != IDLC_BAD;
  }
  return true;
}

static int bodies_compare(const void *a, const void *b)
{
  const struct idlc_decl *x = *(const struct idlc_decl *const *)a;
  const struct idlc_decl *y = *(const struct idlc_decl *const *)b;
  int order = strcmp(x->name, y->name);

  if (order)
    return order;
  order = (x->place.line > y->place.line) - (x->place.line < y->place.line);
  return order ? order : (x->place.column > y->place.column) - (x->place.column < y->place.column);
}

static bool bodies_are_told_apart(struct idlc_lower *lo, const struct idlc_spec *spec,
                                  uint32_t count)
{
  const struct idlc_decl **all = portero_arena_alloc(lo->arena, count * sizeof *all);
  uint32_t n = 0;

  if (!all) {
    lo->s->out_of_memory = true;
    return false;
  }
  for (const struct idlc_decl *d = spec->members; d && n < count; d = d->next) {
    if (d->name)
      all[n++] = d;
  }
  qsort(all, n, sizeof *all, bodies_compare);
  for (uint32_t i = 1; i < n; i++) {
    if (strcmp(all[i - 1]->name, all[i]->name) == 0)
      return idlc_complain(lo, all[i]->place, NULL, "there is a member '%s' already",
                           all[i]->name) != IDLC_BAD;
  }
  return true;
}

static uint32_t bodies_struct(struct idlc_lower *lo, struct idlc_body *body)
{
  struct idlc_frame frame = {NULL, NULL, 0, NULL};
  uint32_t first;

  for (const struct idlc_decl *d = body->spec->members; d; d = d->next) {
    if (!bodies_member(lo, body, d, &frame))
      return IDLC_BAD;
  }
  if (!frame.count)
    return idlc_complain(lo, body->spec->place, NULL, "a struct without members cannot travel");
  if (!bodies_are_told_apart(lo, body->spec, frame.count) || !idlc_expression_settle(lo, &frame) ||
      !bodies_last_is_conformant(lo, body, &frame) || !idlc_frame_store(lo, &frame, &first))
    return IDLC_BAD;
  idlc_builder_at(&lo->b, body->type)->first = first;
  idlc_builder_at(&lo->b, body->type)->count = frame.count;
  return body->type;
}

/* ---- unions ---- */

static int64_t bodies_label_of(uint8_t kind, int64_t label)
{
  uint64_t bits = (uint64_t)label;

  switch (kind) {
  case PORTERO_KIND_INT8:
    return (int8_t)(uint8_t)bits;
  case PORTERO_KIND_UINT8:
  case PORTERO_KIND_BOOLEAN:
  case PORTERO_KIND_BYTE:
  case PORTERO_KIND_CHAR:
    return (uint8_t)bits;
  case PORTERO_KIND_INT16:
    return (int16_t)(uint16_t)bits;
  case PORTERO_KIND_UINT16:
  case PORTERO_KIND_WCHAR:
    return (uint16_t)bits;
  case PORTERO_KIND_INT32:
  case PORTERO_KIND_ENUM16:
  case PORTERO_KIND_ENUM32:
    return (int32_t)(uint32_t)bits;
  case PORTERO_KIND_UINT32:
  case PORTERO_KIND_ERROR:
    return (uint32_t)bits;
  default:
    return label;
  }
}

void idlc_union_set_tag(struct idlc_lower *lo, uint32_t type, uint32_t tag)
{
  struct portero_type *u = idlc_builder_at(&lo->b, type);
  struct portero_member *members = (struct portero_member *)lo->b.members.items + u->first;
  uint8_t kind = idlc_builder_at(&lo->b, tag)->kind;

  u->of = tag;
  for (uint32_t i = 0; i < u->count; i++)
    members[i].label = bodies_label_of(kind, members[i].label);
}

/* One member for each label: the first has the memory, the others share it. */
static bool bodies_labels(struct idlc_lower *lo, const struct idlc_decl *decl,
                          struct idlc_frame *frame, struct idlc_named *named)
{
  bool is_default = decl->is_default || idlc_attr_in(decl->attrs, IDLC_ATTR_DEFAULT);
  struct idlc_value value;

  for (const struct idlc_arg *label = decl->labels; label; label = label->next) {
    if (!label->expr || !idlc_constant(lo, label->expr, true, &value))
      return false;
    named->member.label = value.number;
    if (!idlc_frame_add(lo, frame, named))
      return false;
    named->member.flags |= PORTERO_MEMBER_SAME;
  }
  if (!is_default)
    return decl->labels || idlc_complain(lo, decl->place, "say it with case(...) or default",
                                         "nothing says when this arm is there") != IDLC_BAD;
  named->member.label = 0;
  named->member.flags |= PORTERO_MEMBER_DEFAULT;
  return idlc_frame_add(lo, frame, named);
}

static bool bodies_arm(struct idlc_lower *lo, const struct idlc_body *body,
                       const struct idlc_decl *decl, struct idlc_frame *arms,
                       struct idlc_frame *frame)
{
  struct idlc_named named = {.name = NULL};
  struct idlc_lowered lowered;
  struct idlc_shape shape;

  if (!decl->spec)
    return bodies_labels(lo, decl, arms, &named);
  if (!idlc_shape_of(lo, decl, decl->attrs, body->home, &shape))
    return false;
  if (!shape.count && shape.base && shape.base->kind == IDLC_SPEC_BASE &&
      shape.base->base == IDLC_VOID)
    return bodies_labels(lo, decl, arms, &named);
  if (!idlc_type_of(lo, &shape, IDLC_USE_MEMBER, frame, &lowered))
    return false;
  if (idlc_is_conformant(lo, lowered.type))
    return idlc_complain(lo, decl->place, "make it a pointer", "an arm needs a fixed size") !=
           IDLC_BAD;
  named.member.name = idlc_builder_text(&lo->b, decl->name);
  named.member.type = lowered.type;
  if (!decl->name && bodies_is_inline(&shape))
    named.member.flags |= PORTERO_MEMBER_EMBED;
  else if (!decl->name)
    return idlc_complain(lo, decl->place, NULL, "this arm has no name") != IDLC_BAD;
  return bodies_labels(lo, decl, arms, &named);
}

static bool bodies_arms(struct idlc_lower *lo, struct idlc_body *body, uint32_t type,
                        struct idlc_frame *frame)
{
  struct idlc_frame arms = {NULL, NULL, 0, NULL};
  uint32_t first;

  for (const struct idlc_decl *d = body->spec->members; d; d = d->next) {
    if (!bodies_arm(lo, body, d, &arms, frame))
      return false;
  }
  if (!arms.count)
    return idlc_complain(lo, body->spec->place, NULL, "a union without arms cannot travel") !=
           IDLC_BAD;
  if (!idlc_frame_store(lo, &arms, &first))
    return false;
  idlc_builder_at(&lo->b, type)->first = first;
  idlc_builder_at(&lo->b, type)->count = arms.count;
  return true;
}

static bool bodies_tag_type(struct idlc_lower *lo, const struct idlc_spec *spec, unsigned pointers,
                            const struct idlc_item *home, uint32_t *out_tag)
{
  struct idlc_lowered lowered;
  struct idlc_shape shape;

  if (!idlc_shape_of_spec(lo, spec, pointers, home, &shape) ||
      !idlc_type_of(lo, &shape, IDLC_USE_MEMBER, NULL, &lowered))
    return false;
  *out_tag = lowered.type;
  return true;
}

/* switch_type(T): T as a type, or as a name. */
static bool bodies_switch_type(struct idlc_lower *lo, const struct idlc_body *body,
                               uint32_t *out_tag)
{
  const struct idlc_attr *attr = idlc_attr_find(body->attrs, IDLC_ATTR_SWITCH_TYPE);
  const struct idlc_arg *arg = attr ? attr->args : NULL;
  struct idlc_spec named = {.kind = IDLC_SPEC_NAME};

  *out_tag = 0;
  if (!arg)
    return true;
  if (arg->spec)
    return bodies_tag_type(lo, arg->spec, arg->pointers, body->home, out_tag);
  if (!arg->expr || arg->expr->kind != IDLC_EXPR_NAME)
    return idlc_complain(lo, attr->place, NULL, "switch_type needs a type") != IDLC_BAD;
  named.name = arg->expr->name;
  named.place = arg->expr->place;
  return bodies_tag_type(lo, &named, 0, body->home, out_tag);
}

static bool bodies_is_ms(const struct idlc_body *body)
{
  return idlc_attr_find(body->attrs, IDLC_ATTR_MS_UNION) ||
         idlc_attr_in(body->home ? body->home->attrs : NULL, IDLC_ATTR_MS_UNION);
}

static uint32_t bodies_union(struct idlc_lower *lo, struct idlc_body *body,
                             struct idlc_frame *frame)
{
  struct idlc_frame own = {NULL, NULL, 0, NULL};
  uint32_t tag;

  if (!bodies_switch_type(lo, body, &tag) ||
      !bodies_arms(lo, body, body->type, frame ? frame : &own))
    return IDLC_BAD;
  if (!frame && !idlc_expression_settle(lo, &own))
    return IDLC_BAD;
  if (bodies_is_ms(body))
    idlc_builder_at(&lo->b, body->type)->flags |= PORTERO_TYPE_MS_UNION;
  if (tag)
    idlc_union_set_tag(lo, body->type, tag);
  return body->type;
}

/* `union switch (long tag) u { ... } name`: a struct of the tag and the union. */
static uint32_t bodies_encapsulated(struct idlc_lower *lo, struct idlc_body *body)
{
  const struct idlc_spec *spec = body->spec;
  struct portero_type u = {.kind = PORTERO_KIND_UNION,
                           .flags = PORTERO_TYPE_NO_TAG | PORTERO_TYPE_ANONYMOUS};
  struct portero_type choice = {.kind = PORTERO_KIND_SWITCH};
  struct idlc_named tag = {.name = spec->switch_name}, arms = {.name = spec->union_name};
  struct idlc_expr expr = {.kind = IDLC_EXPR_NAME, .place = spec->place};
  struct idlc_pending pending = {.what = IDLC_PENDING_SIZE, .expr = &expr};
  struct idlc_frame frame = {NULL, NULL, 0, NULL};
  uint32_t first;

  tag.name = tag.name ? tag.name : "tag";
  arms.name = arms.name ? arms.name : "tagged_union";
  expr.name = tag.name;
  choice.of = idlc_builder_type(&lo->b, &u);
  if (choice.of == IDLC_BAD ||
      !bodies_tag_type(lo, spec->switch_spec, 0, body->home, &tag.member.type))
    return IDLC_BAD;
  idlc_builder_info(&lo->b, choice.of)->place = spec->place;
  idlc_builder_info(&lo->b, choice.of)->file = body->file;
  arms.member.type = pending.type = idlc_builder_type(&lo->b, &choice);
  tag.member.name = idlc_builder_text(&lo->b, tag.name);
  arms.member.name = idlc_builder_text(&lo->b, arms.name);
  if (pending.type == IDLC_BAD || !idlc_frame_add(lo, &frame, &tag) ||
      !idlc_frame_add(lo, &frame, &arms) || !bodies_arms(lo, body, choice.of, &frame))
    return IDLC_BAD;
  idlc_union_set_tag(lo, choice.of, tag.member.type);
  idlc_frame_wait(lo, &frame, &pending);
  if (!idlc_expression_settle(lo, &frame) || !idlc_frame_store(lo, &frame, &first))
    return IDLC_BAD;
  idlc_builder_at(&lo->b, body->type)->first = first;
  idlc_builder_at(&lo->b, body->type)->count = frame.count;
  return body->type;
}

/* ---- enums ---- */

static uint32_t bodies_enum(struct idlc_lower *lo, struct idlc_body *body)
{
  struct portero_enumerator *row;
  struct idlc_def *def;
  struct idlc_value value;
  uint32_t first = lo->b.enumerators.count, count = 0;

  for (const struct idlc_enumerator *e = body->spec->enumerators; e; e = e->next) {
    def = idlc_scope_find(lo, IDLC_SPACE_VALUE, e->name, e->place.file);
    while (def && def->enumerator != e)
      def = def->again;
    if (!def || !idlc_constant_def(lo, def, &value))
      return IDLC_BAD;
    row = idlc_table_add(&lo->b, &lo->b.enumerators, 1);
    if (!row)
      return IDLC_BAD;
    row->name = idlc_builder_text(&lo->b, e->name);
    row->value = (int32_t)(uint32_t)(uint64_t)value.number;
    count++;
  }
  idlc_builder_at(&lo->b, body->type)->first = first;
  idlc_builder_at(&lo->b, body->type)->count = count;
  return body->type;
}

/* ---- UUIDs ---- */

static bool bodies_is_uuid_name(const char *name)
{
  static const char *const names[] = {"guid", "uuid", "uuid_t", "iid", "clsid"};

  if (!name)
    return false;
  while (*name == '_')
    name++;
  if (strncasecmp(name, "tag", 3) == 0)
    name += 3;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcasecmp(names[i], name) == 0)
      return true;
  }
  return false;
}

static bool bodies_is_byte(uint8_t kind)
{
  return kind == PORTERO_KIND_BYTE || kind == PORTERO_KIND_CHAR || kind == PORTERO_KIND_UINT8;
}

/* u32, u16, u16, and eight bytes however they are grouped. */
static bool bodies_is_uuid(struct idlc_lower *lo, const struct idlc_body *body)
{
  const struct portero_type *s = idlc_builder_at(&lo->b, body->type), *t;
  const struct portero_member *members = (struct portero_member *)lo->b.members.items + s->first;
  static const uint8_t head[] = {PORTERO_KIND_UINT32, PORTERO_KIND_UINT16, PORTERO_KIND_UINT16};
  uint32_t bytes = 0;

  if (s->count < 4 || !(bodies_is_uuid_name(body->name) || bodies_is_uuid_name(body->spec->name)))
    return false;
  for (uint32_t i = 0; i < s->count; i++) {
    t = idlc_builder_at(&lo->b, members[i].type);
    if (i < 3 && t->kind != head[i])
      return false;
    if (i < 3)
      continue;
    if (t->kind == PORTERO_KIND_ARRAY && !t->flags &&
        bodies_is_byte(idlc_builder_at(&lo->b, t->of)->kind))
      bytes += t->count;
    else if (bodies_is_byte(t->kind))
      bytes++;
    else
      return false;
  }
  return bytes == 8;
}

/* ---- any ---- */

static uint8_t bodies_kind(const struct idlc_body *body)
{
  if (body->spec->kind == IDLC_SPEC_ENUM)
    return idlc_attr_find(body->attrs, IDLC_ATTR_V1_ENUM) ? PORTERO_KIND_ENUM32
                                                          : PORTERO_KIND_ENUM16;
  return body->spec->kind == IDLC_SPEC_UNION && !body->spec->switch_spec ? PORTERO_KIND_UNION
                                                                         : PORTERO_KIND_STRUCT;
}

/* mark: from before the body began. */
static uint32_t bodies_lower(struct idlc_lower *lo, struct idlc_body *body,
                             struct idlc_frame *frame, struct idlc_mark mark)
{
  uint32_t type;

  if (body->spec->kind == IDLC_SPEC_ENUM)
    return bodies_enum(lo, body);
  if (body->spec->kind == IDLC_SPEC_UNION && !body->spec->switch_spec)
    return bodies_union(lo, body, frame);
  if (body->spec->kind == IDLC_SPEC_UNION)
    return bodies_encapsulated(lo, body);
  type = bodies_struct(lo, body);
  if (type == IDLC_BAD || !bodies_is_uuid(lo, body))
    return type;
  idlc_builder_rewind(&lo->b, mark);
  return idlc_scalar(lo, PORTERO_KIND_UUID);
}

static uint32_t bodies_begin(struct idlc_lower *lo, struct idlc_body *body)
{
  struct portero_type type = {.kind = bodies_kind(body)};
  struct idlc_type_info *info;

  type.name = idlc_builder_text(&lo->b, body->name);
  if (!body->name)
    type.flags |= PORTERO_TYPE_ANONYMOUS;
  if (body->spec->kind == IDLC_SPEC_UNION && body->spec->switch_spec)
    type.flags |= PORTERO_TYPE_ENCAPSULATED;
  body->type = idlc_builder_type(&lo->b, &type);
  if (body->type == IDLC_BAD)
    return IDLC_BAD;
  info = idlc_builder_info(&lo->b, body->type);
  info->file = body->file;
  info->place = body->spec->place;
  body->state = IDLC_STATE_BUSY;
  body->indirections = lo->indirections;
  return body->type;
}

uint32_t idlc_body_type(struct idlc_lower *lo, struct idlc_body *body, struct idlc_frame *frame)
{
  struct idlc_mark mark = idlc_builder_mark(&lo->b);
  uint32_t type;

  if (body->state == IDLC_STATE_BUSY && body->indirections == lo->indirections)
    return idlc_complain(lo, body->spec->place, "put a pointer between", "'%s' contains itself",
                         body->name ? body->name : "this");
  if (body->state == IDLC_STATE_FAILED)
    return IDLC_BAD;
  if (body->state != IDLC_STATE_NEW)
    return body->type;
  if (!idlc_enter(lo, body->spec->place))
    return IDLC_BAD;
  type = bodies_begin(lo, body);
  if (type != IDLC_BAD)
    type = bodies_lower(lo, body, frame, mark);
  idlc_leave(lo);
  body->state = type == IDLC_BAD ? IDLC_STATE_FAILED : IDLC_STATE_DONE;
  body->failed_quietly = lo->quiet > 0;
  body->type = type;
  return type;
}
