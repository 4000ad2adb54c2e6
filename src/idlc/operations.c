/* SPDX-License-Identifier: Apache-2.0 */
/* Operations: parameters and result as one struct. Binding handles are not in it. */
#include "src/idlc/lower.h"

#include <stdio.h>
#include <string.h>

static const char *operations_unnamed(struct idlc_lower *lo, unsigned index)
{
  char *name = portero_arena_alloc(lo->arena, 16);

  if (!name)
    return "p";
  (void)snprintf(name, 16, "p%u", index);
  return name;
}

static uint16_t operations_direction(const struct idlc_attr *attrs)
{
  uint16_t flags = idlc_attr_in(attrs, IDLC_ATTR_IN) ? PORTERO_MEMBER_IN : 0;

  if (idlc_attr_in(attrs, IDLC_ATTR_OUT))
    flags |= PORTERO_MEMBER_OUT;
  return flags ? flags : PORTERO_MEMBER_IN;
}

static bool operations_is_handle(const struct idlc_shape *shape)
{
  return shape->base && shape->base->kind == IDLC_SPEC_BASE && shape->base->base == IDLC_HANDLE;
}

/* Something that the callee can write to. */
static void operations_check_out(struct idlc_lower *lo, const struct idlc_decl *decl,
                                 const struct idlc_lowered *lowered)
{
  uint8_t kind = idlc_builder_at(&lo->b, idlc_builder_wire(&lo->b, lowered->type))->kind;

  if (lowered->is_inlined || kind == PORTERO_KIND_POINTER || kind == PORTERO_KIND_ARRAY ||
      kind == PORTERO_KIND_STRING || kind == PORTERO_KIND_PIPE)
    return;
  idlc_warn(lo->s, decl->place, "put a '*' before its name",
            "'%s' is [out], and neither a pointer nor an array", decl->name);
}

static bool operations_parameter(struct idlc_lower *lo, const struct idlc_decl *decl,
                                 const struct idlc_item *home, struct idlc_frame *frame,
                                 unsigned index)
{
  struct idlc_named named = {.name = decl->name};
  struct idlc_lowered lowered;
  struct idlc_shape shape;

  if (!named.name)
    named.name = operations_unnamed(lo, index);
  if (!idlc_shape_of(lo, decl, decl->attrs, home, &shape))
    return false;
  if (operations_is_handle(&shape)) {
    named.is_absent = true;
    return idlc_frame_add(lo, frame, &named);
  }
  if (!idlc_type_of(lo, &shape, IDLC_USE_PARAMETER, frame, &lowered))
    return false;
  named.is_inlined = lowered.is_inlined;
  named.member.name = idlc_builder_text(&lo->b, named.name);
  named.member.type = lowered.type;
  named.member.flags = operations_direction(decl->attrs);
  if (named.member.flags & PORTERO_MEMBER_OUT)
    operations_check_out(lo, decl, &lowered);
  return idlc_frame_add(lo, frame, &named);
}

static bool operations_result(struct idlc_lower *lo, const struct idlc_item *op,
                              const struct idlc_item *home, struct idlc_frame *frame)
{
  struct idlc_decl decl = *op->decls;
  struct idlc_named named = {.name = "result"};
  struct idlc_lowered lowered;
  struct idlc_shape shape;

  decl.derive = decl.derive->next;
  if (!idlc_shape_of(lo, &decl, op->attrs, home, &shape))
    return false;
  if (!shape.count && shape.base && shape.base->kind == IDLC_SPEC_BASE &&
      (shape.base->base == IDLC_VOID || shape.base->base == IDLC_HANDLE))
    return true;
  if (!idlc_type_of(lo, &shape, IDLC_USE_RESULT, frame, &lowered))
    return false;
  for (const struct idlc_named *n = frame->first; n; n = n->next) {
    if (strcmp(n->name, "result") == 0)
      named.name = "result_";
  }
  named.member.name = idlc_builder_text(&lo->b, named.name);
  named.member.type = lowered.type;
  named.member.flags = PORTERO_MEMBER_OUT | PORTERO_MEMBER_RESULT;
  return idlc_frame_add(lo, frame, &named);
}

static bool operations_members(struct idlc_lower *lo, const struct idlc_item *op,
                               const struct idlc_item *home, struct idlc_frame *frame)
{
  unsigned index = 0;

  for (const struct idlc_decl *d = op->decls->derive->params; d; d = d->next) {
    if (operations_parameter(lo, d, home, frame, index++))
      continue;
    if (!lo->quiet)
      idlc_note(lo->s, d->place, "for parameter '%s' of operation '%s'", d->name ? d->name : "",
                op->decls->name);
    return false;
  }
  return operations_result(lo, op, home, frame);
}

bool idlc_parameters(struct idlc_lower *lo, const struct idlc_item *op,
                     const struct idlc_item *home, uint16_t file, uint32_t *out_type)
{
  struct portero_type type = {.kind = PORTERO_KIND_STRUCT, .flags = PORTERO_TYPE_PARAMS};
  struct idlc_frame frame = {NULL, NULL, 0, NULL};
  struct idlc_type_info *info;
  uint32_t made;

  if (!operations_members(lo, op, home, &frame) || !idlc_expression_settle(lo, &frame) ||
      !idlc_frame_store(lo, &frame, &type.first))
    return false;
  type.count = frame.count;
  made = idlc_builder_type(&lo->b, &type);
  if (made == IDLC_BAD)
    return false;
  info = idlc_builder_info(&lo->b, made);
  info->file = file;
  info->place = op->place;
  *out_type = made;
  return true;
}
