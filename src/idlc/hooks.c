/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks: types that the program has in a form of its own, with functions that convert it to what
 * travels and back. [transmit_as] and [wire_marshal] name the form that travels, [represent_as] and
 * [user_marshal] (of the configuration file) and options name the program's.
 */
#include "src/idlc/lower.h"

#include <stdio.h>
#include <string.h>

static const char *hook_format(struct idlc_lower *lo, const char *before, const char *name,
                               const char *after)
{
  size_t size = strlen(before) + strlen(name) + strlen(after) + 1;
  char *text = portero_arena_alloc(lo->arena, size);

  if (!text) {
    lo->s->out_of_memory = true;
    return "";
  }
  (void)snprintf(text, size, "%s%s%s", before, name, after);
  return text;
}

/* ---- what was asked for ---- */

/* [represent_as(T)], [represent_as(struct t *)], [represent_as("T")]: as C. */
static const char *hook_local_text(struct idlc_lower *lo, const struct idlc_attr *attr)
{
  static const char *const words[] = {[IDLC_VOID] = "void",
                                      [IDLC_BOOLEAN] = "uint8_t",
                                      [IDLC_BYTE] = "uint8_t",
                                      [IDLC_CHAR8] = "char",
                                      [IDLC_WCHAR] = "wchar_t",
                                      [IDLC_INT8] = "int8_t",
                                      [IDLC_UINT8] = "uint8_t",
                                      [IDLC_INT16] = "int16_t",
                                      [IDLC_UINT16] = "uint16_t",
                                      [IDLC_INT32] = "int32_t",
                                      [IDLC_UINT32] = "uint32_t",
                                      [IDLC_INT64] = "int64_t",
                                      [IDLC_UINT64] = "uint64_t",
                                      [IDLC_INT3264] = "int64_t",
                                      [IDLC_UINT3264] = "uint64_t",
                                      [IDLC_FLOAT] = "float",
                                      [IDLC_DOUBLE] = "double",
                                      [IDLC_HANDLE] = "void",
                                      [IDLC_ERROR_STATUS] = "uint32_t"};
  const struct idlc_arg *arg = attr->args;
  const char *text = NULL;

  if (arg && arg->expr && !arg->spec)
    return arg->expr->name;
  if (!arg || !arg->spec)
    return NULL;
  if (arg->spec->kind == IDLC_SPEC_BASE)
    text = words[arg->spec->base];
  else if (arg->spec->name)
    text = hook_format(lo,
                       arg->spec->kind == IDLC_SPEC_STRUCT  ? "struct "
                       : arg->spec->kind == IDLC_SPEC_UNION ? "union "
                       : arg->spec->kind == IDLC_SPEC_ENUM  ? "enum "
                                                            : "",
                       arg->spec->name, "");
  for (unsigned i = 0; text && i < arg->pointers; i++)
    text = hook_format(lo, text, i ? "" : " ", "*");
  return text;
}

static void hook_include(struct idlc_lower *lo, const char *name)
{
  struct idlc_include *include;

  for (include = lo->includes; include; include = include->next)
    if (strcmp(include->name, name) == 0)
      return;
  include = portero_arena_alloc(lo->arena, sizeof *include);
  if (!include) {
    lo->s->out_of_memory = true;
    return;
  }
  include->name = name;
  *lo->includes_tail = include;
  lo->includes_tail = &include->next;
}

/* What the configuration file of the file that defines a type says of it. */
static const struct idlc_attr *hook_acf(const struct idlc_lower *lo, const struct idlc_def *def)
{
  const struct idlc_acf_entry *e =
      def->file == lo->tree->main->file ? lo->tree->acf : lo->tree->imported_acf;
  const struct idlc_attr *attr;

  for (; e; e = e->next) {
    if (!e->type || e->idl != def->file || strcmp(e->type, def->name) != 0)
      continue;
    attr = idlc_attr_in(e->attrs, IDLC_ATTR_REPRESENT_AS);
    if (attr)
      return attr;
  }
  return NULL;
}

static const struct idlc_hook_option *hook_option(const struct idlc_lower *lo, const char *name)
{
  for (unsigned i = 0; lo->options && i < lo->options->n_hooks; i++)
    if (strcmp(lo->options->hooks[i].name, name) == 0)
      return &lo->options->hooks[i];
  return NULL;
}

static bool hook_wanted(struct idlc_lower *lo, const struct idlc_def *def, const char **out_local)
{
  const struct idlc_attr *acf = hook_acf(lo, def);
  const struct idlc_attr *idl = idlc_attr_in(def->attrs, IDLC_ATTR_REPRESENT_AS);
  const struct idlc_hook_option *option = hook_option(lo, def->name);
  bool all = lo->options && lo->options->all_hooks;
  const struct idlc_attr *attr = acf ? acf : all || option ? idl : NULL;

  *out_local = option && option->local ? option->local : NULL;
  if (attr && !*out_local)
    *out_local = hook_local_text(lo, attr);
  if (attr && def->file == lo->tree->main->file && attr->args && attr->args->next &&
      attr->args->next->expr && attr->args->next->expr->kind == IDLC_EXPR_TEXT)
    hook_include(lo, attr->args->next->expr->name);
  return option || attr ||
         (all && (idlc_attr_in(def->attrs, IDLC_ATTR_WIRE_MARSHAL) ||
                  idlc_attr_in(def->attrs, IDLC_ATTR_TRANSMIT_AS)));
}

uint32_t idlc_hook_of(struct idlc_lower *lo, const struct idlc_def *def)
{
  struct idlc_hooked *hook;
  const char *local;

  for (hook = lo->hooks; hook; hook = hook->next)
    if (hook->def == def)
      return hook->number;
  if (!hook_wanted(lo, def, &local))
    return 0;
  hook = portero_arena_alloc(lo->arena, sizeof *hook);
  if (!hook) {
    lo->s->out_of_memory = true;
    return 0;
  }
  hook->def = def;
  hook->local = local;
  hook->number = lo->last_hook ? lo->last_hook->number + 1 : 1;
  if (lo->last_hook)
    lo->last_hook->next = hook;
  else
    lo->hooks = hook;
  lo->last_hook = hook;
  return hook->number;
}

/* ---- their types ---- */

uint32_t idlc_hook_wrap(struct idlc_lower *lo, uint32_t hook, uint32_t type, bool is_pointee,
                        struct idlc_place place)
{
  struct portero_type node = {.kind = IDLC_KIND_HOOK,
                              .flags = is_pointee ? PORTERO_TYPE_REF : 0,
                              .of = type,
                              .first = hook};
  const struct portero_type *t = idlc_builder_at(&lo->b, type);
  bool is_array = t->kind == PORTERO_KIND_ARRAY || t->kind == PORTERO_KIND_STRING;

  if ((is_array && !(is_pointee && t->flags & PORTERO_TYPE_CONFORMANT)) ||
      t->kind == PORTERO_KIND_SWITCH)
    return idlc_complain(lo, place, "put it into a struct, or a pointer before it",
                         "%s cannot travel for a type of the program's own",
                         is_array ? "an array" : "a union without its tag");
  if (t->kind == PORTERO_KIND_HANDLE || t->kind == PORTERO_KIND_PIPE)
    return idlc_complain(lo, place, NULL, "the program cannot have a type of its own for %s",
                         t->kind == PORTERO_KIND_PIPE ? "a pipe" : "a context handle");
  return idlc_builder_shared(&lo->b, &node);
}

/* [string] of a use makes text of what is characters by itself: not of a hook's. */
static bool hook_is_text(const struct idlc_shape *shape, unsigned count)
{
  bool said_inside = false;

  for (unsigned i = shape->hook_chain; i < shape->n_chain; i++)
    said_inside = said_inside || idlc_attr_in(shape->chain[i].list, IDLC_ATTR_STRING);
  return count && shape->levels[count - 1].is_string && (count <= shape->hook_at || !said_inside);
}

bool idlc_hook_is_whole(struct idlc_lower *lo, const struct idlc_shape *shape, unsigned count)
{
  if (!shape->hook)
    return true;
  if (hook_is_text(shape, count))
    return idlc_complain(lo, shape->place, "say it in the typedef",
                         "[string] changes what travels for a type of the program's own") !=
           IDLC_BAD;
  for (unsigned i = shape->hook_at; i < count; i++) {
    const struct idlc_level *level = &shape->levels[i];
    if (level->size || level->length || level->first)
      return idlc_complain(lo, shape->place, "write out the type instead of its name",
                           "a count changes what travels for a type of the program's own") !=
             IDLC_BAD;
  }
  return shape->hook_at <= count ||
         idlc_complain(lo, shape->place, NULL,
                       "the program cannot have a type of its own for this") != IDLC_BAD;
}

static void hook_understand(struct idlc_lower *lo, const struct idlc_decl *decl,
                            const struct idlc_item *home)
{
  struct idlc_def *def = idlc_scope_find(lo, IDLC_SPACE_TYPE, decl->name, decl->place.file);
  uint32_t number = def && def->decl == decl ? idlc_hook_of(lo, def) : 0;
  struct idlc_spec spec = {.kind = IDLC_SPEC_NAME, .name = decl->name, .place = decl->place};
  struct idlc_lowered lowered;
  struct idlc_shape shape;
  struct idlc_mark mark;
  bool good;

  if (!number)
    return;
  mark = idlc_quiet_begin(lo);
  good = idlc_shape_of_spec(lo, &spec, 0, home, &shape) &&
         idlc_type_of(lo, &shape, IDLC_USE_MEMBER, NULL, &lowered);
  idlc_quiet_end(lo, mark, good);
  if (!good)
    idlc_warn(lo->s, decl->place, NULL, "'%s' is left out: %s", decl->name,
              lo->complaint ? lo->complaint : "it cannot travel");
  for (struct idlc_hooked *hook = lo->hooks; good && hook; hook = hook->next)
    if (hook->number == number)
      hook->node = lowered.type;
}

static void hooks_of(struct idlc_lower *lo, const struct idlc_item *items,
                     const struct idlc_item *home)
{
  for (const struct idlc_item *item = items; item && !idlc_hopeless(lo->s); item = item->next) {
    if (item->kind == IDLC_ITEM_TYPEDEF)
      for (const struct idlc_decl *d = item->decls; d; d = d->next)
        if (d->name)
          hook_understand(lo, d, home);
    if (item->items && idlc_enter(lo, item->place)) {
      hooks_of(lo, item->items, item->kind == IDLC_ITEM_INTERFACE ? item : home);
      idlc_leave(lo);
    }
  }
}

static void hooks_check(struct idlc_lower *lo)
{
  static const struct idlc_place nowhere;

  for (unsigned i = 0; lo->options && i < lo->options->n_hooks; i++)
    if (!idlc_scope_find(lo, IDLC_SPACE_TYPE, lo->options->hooks[i].name, lo->tree->main->file))
      idlc_warn(lo->s, nowhere, NULL, "there is no type '%.200s' to hook",
                lo->options->hooks[i].name);
  for (const struct idlc_acf_entry *e = lo->tree->acf; e; e = e->next) {
    const struct idlc_def *def =
        e->type ? idlc_scope_find(lo, IDLC_SPACE_TYPE, e->type, lo->tree->main->file) : NULL;

    if (!e->type || !idlc_attr_in(e->attrs, IDLC_ATTR_REPRESENT_AS))
      continue;
    if (!def)
      (void)idlc_complain(lo, e->place, NULL, "'%s' is no type", e->type);
    else if (def->file != lo->tree->main->file)
      (void)idlc_complain(lo, e->place, "say it in the one beside that file",
                          "'%s' is a type of another file", e->type);
  }
}

void idlc_hooks_begin(struct idlc_lower *lo)
{
  for (const struct idlc_include *i = lo->tree->includes; i; i = i->next)
    hook_include(lo, i->name);
  for (unsigned i = 0; lo->options && i < lo->options->n_includes; i++)
    hook_include(lo, lo->options->includes[i]);
  hooks_check(lo);
}

void idlc_hooks_understand(struct idlc_lower *lo)
{
  hooks_of(lo, lo->tree->main->items, NULL);
}

/* ---- which types have them in them ---- */

static bool hooks_reach(struct idlc_lower *lo, uint32_t type)
{
  const struct portero_type *t = idlc_builder_at(&lo->b, type);
  const struct portero_member *members = lo->b.members.items;

  if (t->kind == IDLC_KIND_HOOK)
    return true;
  if (t->kind != PORTERO_KIND_STRUCT && t->kind != PORTERO_KIND_UNION)
    return idlc_builder_info(&lo->b, t->of)->is_hooked;
  for (uint32_t i = 0; i < t->count; i++)
    if (idlc_builder_info(&lo->b, members[t->first + i].type)->is_hooked)
      return true;
  return false;
}

static void hooks_refuse_pipes(struct idlc_lower *lo)
{
  const struct portero_member *members = lo->b.members.items;
  const struct portero_op *ops = lo->b.ops.items;
  const struct idlc_op_info *info = lo->b.op_info.items;

  for (uint32_t i = 0; i < lo->b.ops.count; i++) {
    const struct portero_type *params = idlc_builder_at(&lo->b, ops[i].params);
    for (uint32_t m = 0; m < params->count; m++) {
      uint32_t type = members[params->first + m].type;
      if (idlc_builder_at(&lo->b, type)->kind == PORTERO_KIND_PIPE &&
          idlc_builder_info(&lo->b, type)->is_hooked)
        (void)idlc_complain(lo, info[i].place, "let the elements be what travels",
                            "elements of a pipe cannot have the program's own types in them");
    }
  }
}

void idlc_hooks_mark(struct idlc_lower *lo)
{
  bool more = lo->hooks != NULL;

  while (more) {
    more = false;
    for (uint32_t i = 1; i < lo->b.types.count; i++) {
      struct idlc_type_info *info = idlc_builder_info(&lo->b, i);
      if (info->is_hooked || !hooks_reach(lo, i))
        continue;
      info->is_hooked = more = true;
    }
  }
  if (lo->hooks)
    hooks_refuse_pipes(lo);
}

/* ---- for the back ends ---- */

/* A struct, union or enum that the IDL defines is that one of ours. */
static const char *hook_own_struct(struct idlc_lower *lo, const struct idlc_def *def)
{
  const struct idlc_spec *spec = def->decl->spec;
  const struct idlc_body *body;
  const struct idlc_type_info *info;
  const char *text;
  unsigned pointers = 0;

  if (!spec || (spec->kind != IDLC_SPEC_STRUCT && spec->kind != IDLC_SPEC_UNION &&
                spec->kind != IDLC_SPEC_ENUM))
    return NULL;
  body = idlc_scope_resolve(lo, spec);
  for (const struct idlc_derive *d = def->decl->derive; d; d = d->next, pointers++)
    if (d->kind != IDLC_POINTER_TO)
      return NULL;
  if (!body || body->state != IDLC_STATE_DONE)
    return NULL;
  info = idlc_builder_info(&lo->b, body->type);
  text = info->is_hooked ? info->local_name : info->c_name;
  if (!text)
    return NULL;
  text = hook_format(lo,
                     spec->kind == IDLC_SPEC_STRUCT  ? "struct "
                     : spec->kind == IDLC_SPEC_UNION ? "union "
                                                     : "enum ",
                     text, pointers ? " *" : "");
  for (; pointers > 1; pointers--)
    text = hook_format(lo, text, "", "const *");
  return def->decl->derive ? hook_format(lo, "const ", text, "") : text;
}

static const char *hook_local(struct idlc_lower *lo, const struct idlc_hooked *hook)
{
  bool travels = !idlc_attr_in(hook->def->attrs, IDLC_ATTR_WIRE_MARSHAL) &&
                 !idlc_attr_in(hook->def->attrs, IDLC_ATTR_TRANSMIT_AS);
  const char *own;

  if (hook->local)
    return hook->local;
  own = travels ? NULL : hook_own_struct(lo, hook->def);
  return own ? own : hook->def->name;
}

static bool hooks_store_includes(struct idlc_lower *lo, struct idlc_program *p)
{
  const char **names;

  for (const struct idlc_include *i = lo->includes; i; i = i->next)
    p->n_includes++;
  names = portero_arena_array(lo->arena, p->n_includes, sizeof *names);
  if (!names)
    return false;
  p->includes = names;
  for (const struct idlc_include *i = lo->includes; i; i = i->next)
    *names++ = i->name;
  return true;
}

bool idlc_hooks_store(struct idlc_lower *lo, struct idlc_program *p)
{
  struct idlc_hook *row;

  if (!hooks_store_includes(lo, p))
    return false;
  if (!lo->hooks)
    return true;
  row = portero_arena_array(lo->arena, lo->last_hook->number, sizeof *row);
  if (!row)
    return false;
  p->hooks = row;
  p->n_hooks = lo->last_hook->number;
  for (const struct idlc_hooked *hook = lo->hooks; hook; hook = hook->next, row++) {
    row->file = hook->def->file;
    row->name = hook->def->name;
    row->c_name = hook->c_name;
    row->local_name = hook->local_name;
    row->wire_name = hook->wire_name;
    row->local = hook_local(lo, hook);
  }
  return !lo->s->out_of_memory;
}
