/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces: which number each operation has, what is inherited, what is never sent. */
#include "src/idlc/lower.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* One interface while its operations are being numbered. */
struct interface_walk {
  struct idlc_lower *lo;
  const struct idlc_item *item;
  uint16_t file;
  bool is_object, is_local;
  uint32_t first; /* of its operations */
  uint32_t next;  /* operation number */
};

static const struct idlc_attr *interface_attr(const struct interface_walk *walk,
                                              const struct idlc_item *op, enum idlc_attribute which)
{
  const struct idlc_attr *attr = idlc_attr_in(op->attrs, which);

  return attr ? attr : idlc_acf_attr(walk->lo, walk->item->name, op->decls->name, which);
}

static uint16_t interface_flags(const struct interface_walk *walk, const struct idlc_item *op)
{
  static const struct {
    enum idlc_attribute attribute;
    uint16_t flag;
  } rows[] = {
      {IDLC_ATTR_IDEMPOTENT, PORTERO_OP_IDEMPOTENT}, {IDLC_ATTR_MAYBE, PORTERO_OP_MAYBE},
      {IDLC_ATTR_BROADCAST, PORTERO_OP_BROADCAST},   {IDLC_ATTR_CALLBACK, PORTERO_OP_CALLBACK},
      {IDLC_ATTR_ASYNC, PORTERO_OP_ASYNC},
  };
  uint16_t flags = walk->is_object ? PORTERO_OP_OBJECT : 0;

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (interface_attr(walk, op, rows[i].attribute))
      flags |= rows[i].flag;
  }
  return flags;
}

/* Properties are two operations with one name. */
const char *idlc_operation_name(struct idlc_lower *lo, const struct idlc_item *op)
{
  const char *before = idlc_attr_in(op->attrs, IDLC_ATTR_PROPGET)      ? "get_"
                       : idlc_attr_in(op->attrs, IDLC_ATTR_PROPPUT)    ? "put_"
                       : idlc_attr_in(op->attrs, IDLC_ATTR_PROPPUTREF) ? "putref_"
                                                                       : "";
  size_t length = strlen(before) + strlen(op->decls->name) + 1;
  char *name = portero_arena_alloc(lo->arena, length);

  if (!name)
    return op->decls->name;
  (void)snprintf(name, length, "%s%s", before, op->decls->name);
  return name;
}

/* Opnum4NotUsedOnWire: how published interfaces write a number that nobody may use. */
static bool interface_is_reserved_name(const char *name)
{
  if (strncmp(name, "Opnum", 5) != 0 || !isdigit((unsigned char)name[5]))
    return false;
  for (name += 5; isdigit((unsigned char)*name);)
    name++;
  return strncmp(name, "NotUsed", 7) == 0;
}

static const struct idlc_item *interface_op_named(const struct idlc_item *item, const char *name)
{
  for (const struct idlc_item *op = item->items; op; op = op->next) {
    if (op->kind == IDLC_ITEM_OPERATION && strcmp(op->decls->name, name) == 0)
      return op;
  }
  return NULL;
}

static const char *interface_call_as(const struct idlc_item *op)
{
  const struct idlc_attr *attr = idlc_attr_in(op->attrs, IDLC_ATTR_CALL_AS);

  return attr && attr->args && attr->args->expr ? attr->args->expr->name : NULL;
}

/* The operation that travels in place of a local one. */
static const struct idlc_item *interface_remote_of(const struct idlc_item *item,
                                                   const struct idlc_item *local)
{
  const char *of;

  for (const struct idlc_item *op = item->items; op; op = op->next) {
    of = op->kind == IDLC_ITEM_OPERATION ? interface_call_as(op) : NULL;
    if (of && strcmp(of, local->decls->name) == 0)
      return op;
  }
  return NULL;
}

static uint32_t interface_empty(struct interface_walk *walk, const struct idlc_item *op)
{
  struct portero_type type = {.kind = PORTERO_KIND_STRUCT, .flags = PORTERO_TYPE_PARAMS};
  uint32_t made = idlc_builder_type(&walk->lo->b, &type);

  if (made == IDLC_BAD)
    return IDLC_BAD;
  idlc_builder_info(&walk->lo->b, made)->file = walk->file;
  idlc_builder_info(&walk->lo->b, made)->place = op->place;
  return made;
}

static bool interface_add(struct interface_walk *walk, const struct idlc_item *op, uint16_t flags,
                          uint32_t params, uint16_t opnum)
{
  struct idlc_lower *lo = walk->lo;
  struct portero_op *row = idlc_table_add(&lo->b, &lo->b.ops, 1);
  struct idlc_op_info *info = idlc_table_add(&lo->b, &lo->b.op_info, 1);

  if (!row || !info)
    return false;
  row->name = idlc_builder_text(&lo->b, idlc_operation_name(lo, op));
  row->params = params;
  row->opnum = opnum;
  row->flags = flags;
  info->c_name = idlc_operation_name(lo, op);
  info->iface = walk->item;
  info->item = op;
  info->place = op->decls->place;
  return true;
}

/* An inherited operation that cannot be understood is not called: its number stays taken. */
static bool interface_try(struct interface_walk *walk, const struct idlc_item *op,
                          uint32_t *out_params)
{
  struct idlc_lower *lo = walk->lo;
  struct idlc_mark mark;
  bool good;

  if (walk->file == lo->tree->main->file)
    return idlc_parameters(lo, op, walk->item, walk->file, out_params);
  mark = idlc_quiet_begin(lo);
  good = idlc_parameters(lo, op, walk->item, walk->file, out_params);
  idlc_quiet_end(lo, mark, good);
  return good;
}

static bool interface_op(struct interface_walk *walk, const struct idlc_item *op, uint16_t opnum)
{
  struct idlc_lower *lo = walk->lo;
  uint16_t flags = interface_flags(walk, op);
  bool is_main = walk->file == lo->tree->main->file;
  bool is_reserved = walk->is_local || idlc_attr_in(op->attrs, IDLC_ATTR_LOCAL) ||
                     interface_is_reserved_name(op->decls->name);
  uint32_t params = IDLC_BAD;

  if (!is_reserved && !interface_try(walk, op, &params)) {
    if (is_main)
      return lo->s->errors > 0; /* said; the others may be good */
    is_reserved = true;
  }
  if (!is_reserved)
    return interface_add(walk, op, flags, params, opnum);
  params = interface_empty(walk, op);
  return params != IDLC_BAD && interface_add(walk, op, flags | PORTERO_OP_RESERVED, params, opnum);
}

static bool interface_is_operation(const struct idlc_item *op)
{
  return op->kind == IDLC_ITEM_OPERATION && op->decls && op->decls->name && op->decls->derive &&
         op->decls->derive->kind == IDLC_FUNCTION;
}

/* Does it take a number of its own? */
static bool interface_counts(const struct interface_walk *walk, const struct idlc_item *op)
{
  const char *of = interface_call_as(op);
  const struct idlc_item *local = of ? interface_op_named(walk->item, of) : NULL;

  if (idlc_attr_in(op->attrs, IDLC_ATTR_LOCAL))
    return walk->is_object;
  return !(walk->is_object && local && local != op);
}

static bool interface_ops(struct interface_walk *walk, bool callbacks)
{
  const struct idlc_item *remote;
  bool is_callback;

  for (const struct idlc_item *op = walk->item->items; op; op = op->next) {
    if (!interface_is_operation(op) || idlc_hopeless(walk->lo->s))
      continue;
    is_callback = interface_attr(walk, op, IDLC_ATTR_CALLBACK) != NULL;
    if (is_callback != callbacks || !interface_counts(walk, op))
      continue;
    remote = idlc_attr_in(op->attrs, IDLC_ATTR_LOCAL) ? interface_remote_of(walk->item, op) : NULL;
    if (walk->next > UINT16_MAX) {
      (void)idlc_complain(walk->lo, op->place, NULL, "too many operations");
      return false;
    }
    if (!interface_op(walk, remote ? remote : op, (uint16_t)walk->next))
      return false;
    walk->next++;
  }
  return true;
}

/* With hooks, local operations that others travel for are known in C as well. */
static void interface_locals(const struct interface_walk *walk)
{
  struct idlc_lower *lo = walk->lo;

  if (!lo->options || !lo->options->all_hooks || walk->is_local ||
      walk->file != lo->tree->main->file)
    return;
  for (const struct idlc_item *op = walk->item->items; op; op = op->next)
    if (interface_is_operation(op) && idlc_attr_in(op->attrs, IDLC_ATTR_LOCAL) &&
        interface_remote_of(walk->item, op))
      idlc_local_op(lo, walk->item, op, walk->file);
}

/* ---- what an interface says of itself ---- */

static char *interface_copy_endpoint(char *at, const char *text)
{
  for (; *text; text++) {
    if (text[0] == '\\' && text[1] == '\\')
      text++;
    *at++ = *text;
  }
  return at;
}

/* All endpoints in one text, commas between, without escapes. */
static const char *interface_endpoints(struct idlc_lower *lo, const struct idlc_item *item)
{
  const struct idlc_attr *attr = idlc_attr_in(item->attrs, IDLC_ATTR_ENDPOINT);
  size_t length = 1;
  char *text, *at;

  for (const struct idlc_arg *arg = attr ? attr->args : NULL; arg; arg = arg->next) {
    if (arg->expr && arg->expr->kind == IDLC_EXPR_TEXT)
      length += strlen(arg->expr->name) + 1;
  }
  text = length > 1 ? portero_arena_alloc(lo->arena, length) : NULL;
  if (!text)
    return NULL;
  at = text;
  for (const struct idlc_arg *arg = attr->args; arg; arg = arg->next) {
    if (!arg->expr || arg->expr->kind != IDLC_EXPR_TEXT)
      continue;
    if (at != text)
      *at++ = ',';
    at = interface_copy_endpoint(at, arg->expr->name);
  }
  *at = 0;
  return text;
}

static void interface_syntax(struct idlc_lower *lo, const struct idlc_item *item,
                             struct portero_syntax *out_id)
{
  const struct idlc_attr *uuid = idlc_attr_in(item->attrs, IDLC_ATTR_UUID);
  const struct idlc_attr *version = idlc_attr_in(item->attrs, IDLC_ATTR_VERSION);
  const struct idlc_arg *arg = version ? version->args : NULL;
  struct idlc_value major;

  if (uuid && uuid->args && uuid->args->uuid &&
      !portero_uuid_parse(uuid->args->uuid, &out_id->uuid))
    (void)idlc_complain(lo, uuid->place, NULL, "this is no UUID");
  if (arg && arg->is_version) {
    out_id->major = arg->pair_major;
    out_id->minor = arg->pair_minor;
  } else if (arg && idlc_constant(lo, arg->expr, true, &major)) {
    out_id->major = (uint16_t)major.number;
  }
}

/* Without one nobody can ask for it; what has nothing to call, or is never called, needs none. */
static void interface_check_uuid(const struct interface_walk *walk)
{
  const struct portero_op *ops = walk->lo->b.ops.items;

  if (idlc_attr_in(walk->item->attrs, IDLC_ATTR_UUID) || walk->is_object || walk->is_local ||
      walk->file != walk->lo->tree->main->file)
    return;
  for (uint32_t i = walk->first; i < walk->lo->b.ops.count; i++) {
    if (ops[i].flags & PORTERO_OP_RESERVED)
      continue;
    (void)idlc_complain(walk->lo, walk->item->place,
                        "write [uuid(...), version(1.0)] in front of it, or [local]",
                        "interface '%s' has operations and no uuid", walk->item->name);
    return;
  }
}

static bool interface_says_object(const struct idlc_item *item)
{
  return idlc_attr_in(item->attrs, IDLC_ATTR_OBJECT) || idlc_attr_in(item->attrs, IDLC_ATTR_ODL) ||
         idlc_attr_in(item->attrs, IDLC_ATTR_DUAL);
}

/* Operations of a base: its own and what it inherits, without callbacks. */
static uint32_t interface_count(const struct idlc_lower *lo, uint32_t base)
{
  const struct portero_iface *ifaces = lo->b.ifaces.items;
  const struct portero_op *ops = lo->b.ops.items;
  uint32_t count = 0;

  for (uint32_t steps = 0; base && steps <= lo->b.ifaces.count; steps++) {
    const struct portero_iface *iface = &ifaces[base - 1];
    for (uint32_t i = 0; i < iface->n_ops; i++)
      count += ops[iface->first_op + i].flags & PORTERO_OP_CALLBACK ? 0 : 1;
    base = iface->base;
  }
  return count;
}

/* The base: its index + 1 and the first free number; false after a complaint. */
static bool interface_base(struct interface_walk *walk, uint32_t *out_base)
{
  struct idlc_lower *lo = walk->lo;
  const struct idlc_item *item = walk->item;
  struct idlc_def *def = idlc_scope_find(lo, IDLC_SPACE_INTERFACE, item->base, item->place.file);

  *out_base = 0;
  if (!item->base)
    return true;
  if (def && !def->item->is_forward) {
    if (!idlc_interface(lo, def, def->file))
      return false;
    *out_base = def->iface;
    walk->next = interface_count(lo, def->iface);
    walk->is_object |= (((struct portero_iface *)lo->b.ifaces.items)[def->iface - 1].flags &
                        PORTERO_IFACE_OBJECT) != 0;
    return true;
  }
  /* Everybody knows these two, whether they are imported or not. */
  walk->is_object = true;
  walk->next = strcmp(item->base, "IUnknown") == 0    ? 3
               : strcmp(item->base, "IDispatch") == 0 ? 7
                                                      : 0;
  if (walk->next)
    return true;
  (void)idlc_complain(lo, item->place, NULL, "interface '%s' is defined nowhere", item->base);
  return false;
}

static bool interface_lower(struct interface_walk *walk, uint32_t *out_iface)
{
  struct idlc_lower *lo = walk->lo;
  struct portero_iface iface = {0}, *row;
  struct idlc_iface_info *info;

  if (!interface_base(walk, &iface.base))
    return false;
  iface.first_op = walk->first = lo->b.ops.count;
  if (!interface_ops(walk, false))
    return false;
  walk->next = 0;
  if (!interface_ops(walk, true))
    return false;
  interface_check_uuid(walk);
  interface_locals(walk);
  iface.n_ops = lo->b.ops.count - iface.first_op;
  iface.flags = (uint16_t)((walk->is_object ? PORTERO_IFACE_OBJECT : 0) |
                           (walk->is_local ? PORTERO_IFACE_LOCAL : 0));
  iface.name = idlc_builder_text(&lo->b, walk->item->name);
  interface_syntax(lo, walk->item, &iface.id);
  row = idlc_table_add(&lo->b, &lo->b.ifaces, 1);
  info = idlc_table_add(&lo->b, &lo->b.iface_info, 1);
  if (!row || !info)
    return false;
  *row = iface;
  info->file = walk->file;
  info->c_name = walk->item->name;
  info->endpoints = interface_endpoints(lo, walk->item);
  info->is_main = walk->file == lo->tree->main->file;
  *out_iface = lo->b.ifaces.count;
  return true;
}

bool idlc_interface(struct idlc_lower *lo, struct idlc_def *def, uint16_t file)
{
  struct interface_walk walk = {.lo = lo, .item = def->item, .file = file};
  bool good;

  if (def->state == IDLC_STATE_BUSY) {
    (void)idlc_complain(lo, def->place, NULL, "interface '%s' inherits from itself", def->name);
    return false;
  }
  if (def->state != IDLC_STATE_NEW)
    return def->state == IDLC_STATE_DONE;
  if (!idlc_enter(lo, def->place))
    return false;
  def->state = IDLC_STATE_BUSY;
  walk.is_object = interface_says_object(def->item);
  walk.is_local = idlc_attr_in(def->item->attrs, IDLC_ATTR_LOCAL) != NULL;
  good = interface_lower(&walk, &def->iface);
  def->state = good ? IDLC_STATE_DONE : IDLC_STATE_FAILED;
  idlc_leave(lo);
  return good;
}
