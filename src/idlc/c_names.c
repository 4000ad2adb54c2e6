/* SPDX-License-Identifier: Apache-2.0 */
/* Names for C: prefixes, and an underscore behind what is taken or a word of C or C++. */
#include "src/idlc/lower.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAMES_BUCKETS 1024u

struct names_entry {
  struct names_entry *next;
  const char *name;
};

struct names_set {
  struct names_entry *buckets[NAMES_BUCKETS];
};

struct names_walk {
  struct idlc_lower *lo;
  struct names_set *tags, *values, *interfaces;
};

bool idlc_name_is_word(const char *name)
{
  /* Sorted. C17 and C++20. */
  static const char *const words[] = {
      "alignas",     "alignof",      "and",       "and_eq",
      "asm",         "auto",         "bitand",    "bitor",
      "bool",        "break",        "case",      "catch",
      "char",        "char16_t",     "char32_t",  "char8_t",
      "class",       "co_await",     "co_return", "co_yield",
      "compl",       "concept",      "const",     "const_cast",
      "consteval",   "constexpr",    "constinit", "continue",
      "decltype",    "default",      "delete",    "do",
      "double",      "dynamic_cast", "else",      "enum",
      "explicit",    "export",       "extern",    "false",
      "float",       "for",          "friend",    "goto",
      "if",          "inline",       "int",       "linux",
      "long",        "mutable",      "namespace", "new",
      "noexcept",    "not",          "not_eq",    "nullptr",
      "operator",    "or",           "or_eq",     "private",
      "protected",   "public",       "register",  "reinterpret_cast",
      "requires",    "restrict",     "return",    "short",
      "signed",      "sizeof",       "static",    "static_assert",
      "static_cast", "struct",       "switch",    "template",
      "this",        "thread_local", "throw",     "true",
      "try",         "typedef",      "typeid",    "typename",
      "union",       "unix",         "unsigned",  "using",
      "virtual",     "void",         "volatile",  "wchar_t",
      "while",       "xor",          "xor_eq",
  };
  size_t low = 0, high = sizeof words / sizeof words[0];

  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = strcmp(name, words[middle]);
    if (!order)
      return true;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return false;
}

static uint32_t names_hash(const char *name)
{
  uint32_t h = 2166136261u;

  for (; *name; name++)
    h = (h ^ (uint8_t)*name) * 16777619u;
  return h % NAMES_BUCKETS;
}

static bool names_has(const struct names_set *set, const char *name)
{
  const struct names_entry *e = set->buckets[names_hash(name)];

  while (e && strcmp(e->name, name) != 0)
    e = e->next;
  return e != NULL;
}

/* prefix_name, with as many underscores behind as make it free; remembered in set. */
static const char *names_make(struct names_walk *walk, struct names_set *set, const char *prefix,
                              const char *name)
{
  struct portero_arena *arena = walk->lo->arena;
  size_t length = strlen(prefix) + strlen(name) + 2;
  struct names_entry *entry = portero_arena_alloc(arena, sizeof *entry);
  char *text;
  size_t end;

  for (size_t more = 0; more < 64; more++) {
    text = portero_arena_alloc(arena, length + more);
    if (!text || !entry)
      break;
    (void)snprintf(text, length, "%s%s%s", prefix, *prefix ? "_" : "", name);
    end = strlen(text);
    memset(text + end, '_', more);
    text[end + more] = 0;
    if (idlc_name_is_word(text) || names_has(set, text))
      continue;
    entry->name = text;
    entry->next = set->buckets[names_hash(text)];
    set->buckets[names_hash(text)] = entry;
    return text;
  }
  walk->lo->s->out_of_memory = true;
  return name;
}

/* A stem as part of a name: "ms-dtyp" is ms_dtyp. */
static const char *names_identifier(struct idlc_lower *lo, const char *stem)
{
  size_t length = strlen(stem);
  char *text = portero_arena_alloc(lo->arena, length + 2);
  char *at = text;

  if (!text)
    return "idl";
  if (isdigit((unsigned char)stem[0]))
    *at++ = '_';
  for (; *stem; stem++)
    *at++ = isalnum((unsigned char)*stem) ? *stem : '_';
  *at = 0;
  return text;
}

static const char *names_prefix(struct idlc_lower *lo, uint16_t file)
{
  const struct idlc_program_options *options = lo->options;
  const char *stem = lo->s->files[file].stem;

  for (unsigned i = 0; options && i < options->n_prefixes; i++) {
    const struct idlc_prefix *p = &options->prefixes[i];
    if (p->stem ? strcmp(p->stem, stem) == 0 : file == lo->tree->main->file)
      return p->prefix;
  }
  return names_identifier(lo, stem);
}

/* ---- interfaces: operations' structs have their names first, they are what users write ---- */

static uint32_t names_row(const struct idlc_builder *b, const struct portero_iface *iface,
                          const struct idlc_item *op)
{
  const struct idlc_op_info *info = b->op_info.items;

  for (uint32_t i = iface->first_op; i < iface->first_op + iface->n_ops; i++) {
    if (info[i].item == op)
      return i;
  }
  return UINT32_MAX;
}

/* tag for what programs see; what travels is another struct when there are hooks in it. */
static void names_tag(struct names_walk *walk, uint32_t type, const char *tag)
{
  struct idlc_type_info *info = idlc_builder_info(&walk->lo->b, type);

  info->c_name = tag;
  if (!info->is_hooked)
    return;
  info->local_name = tag;
  info->c_name = names_make(walk, walk->tags, tag, "wire");
}

static void names_local_op(struct names_walk *walk, const struct idlc_item *op, const char *tag)
{
  for (struct idlc_local_op *row = walk->lo->local_ops; row; row = row->next) {
    if (row->op != op)
      continue;
    row->c_name = tag;
    idlc_builder_info(&walk->lo->b, row->params)->c_name = tag;
  }
}

static void names_operation(struct names_walk *walk, const struct portero_iface *iface,
                            const char *prefix, const struct idlc_item *op)
{
  struct idlc_builder *b = &walk->lo->b;
  const char *tag = names_make(walk, walk->tags, prefix, idlc_operation_name(walk->lo, op));
  uint32_t row = iface ? names_row(b, iface, op) : UINT32_MAX;

  if (row == UINT32_MAX) {
    names_local_op(walk, op, tag);
    return;
  }
  ((struct idlc_op_info *)b->op_info.items)[row].c_name = tag + strlen(prefix) + 1;
  names_tag(walk, ((struct portero_op *)b->ops.items)[row].params, tag);
}

static void names_interface(struct names_walk *walk, const struct idlc_item *item, uint16_t file)
{
  struct idlc_lower *lo = walk->lo;
  const struct idlc_def *def = idlc_scope_find(lo, IDLC_SPACE_INTERFACE, item->name, file);
  const struct portero_iface *iface = NULL;
  const char *c_name;

  while (def && def->item != item)
    def = def->again;
  c_name = names_make(walk, walk->interfaces, "", item->name);
  if (def && def->iface) {
    iface = (const struct portero_iface *)lo->b.ifaces.items + def->iface - 1;
    ((struct idlc_iface_info *)lo->b.iface_info.items)[def->iface - 1].c_name = c_name;
  }
  for (const struct idlc_item *op = item->items; op; op = op->next) {
    if (op->kind == IDLC_ITEM_OPERATION && op->decls && op->decls->name)
      names_operation(walk, iface, c_name, op);
  }
}

static void names_interfaces(struct names_walk *walk, const struct idlc_item *items, uint16_t file)
{
  for (const struct idlc_item *item = items; item; item = item->next) {
    if (item->kind == IDLC_ITEM_LIBRARY)
      names_interfaces(walk, item->items, file);
    if (item->kind == IDLC_ITEM_INTERFACE && !item->is_forward && !item->is_dispinterface &&
        item->name)
      names_interface(walk, item, file);
  }
}

/* ---- types and enumerators ---- */

static void names_enumerators(struct names_walk *walk, const struct idlc_body *body,
                              const char *prefix, const char **rows)
{
  bool is_lowered = body->state == IDLC_STATE_DONE;
  uint32_t row = is_lowered ? idlc_builder_at(&walk->lo->b, body->type)->first : 0;
  const char *c_name;

  for (const struct idlc_enumerator *e = body->spec->enumerators; e; e = e->next, row++) {
    c_name = names_make(walk, walk->values, prefix, e->name);
    if (is_lowered)
      rows[row] = c_name;
  }
}

static void names_body(struct names_walk *walk, const struct idlc_body *body, const char **rows)
{
  struct idlc_builder *b = &walk->lo->b;
  const struct portero_member *members = b->members.items;
  const char *prefix = names_prefix(walk->lo, body->file);
  const char *own = body->name ? body->name : body->stand_in;
  const char *tag = names_make(walk, walk->tags, prefix, own), *inner = NULL;
  const struct portero_type *type;

  if (body->spec->kind == IDLC_SPEC_UNION && body->spec->switch_spec)
    inner = names_make(walk, walk->tags, tag,
                       body->spec->union_name ? body->spec->union_name : "tagged_union");
  if (body->spec->kind == IDLC_SPEC_ENUM)
    names_enumerators(walk, body, prefix, rows);
  if (body->state != IDLC_STATE_DONE)
    return;
  type = idlc_builder_at(b, body->type);
  if (type->kind == PORTERO_KIND_UUID)
    return;
  names_tag(walk, body->type, tag);
  if (inner)
    names_tag(walk, idlc_builder_at(b, members[type->first + 1].type)->of, inner);
}

/* In C++ a typedef's name and a struct's are of one kind. */
static void names_hooks(struct names_walk *walk)
{
  struct idlc_lower *lo = walk->lo;

  for (struct idlc_hooked *hook = lo->hooks; hook; hook = hook->next) {
    const char *prefix = names_prefix(lo, hook->def->file);
    size_t size = strlen(prefix) + strlen(hook->def->name) + 2;
    char *text = portero_arena_alloc(lo->arena, size);

    if (!text) {
      lo->s->out_of_memory = true;
      return;
    }
    (void)snprintf(text, size, "%s%s%s", prefix, *prefix ? "_" : "", hook->def->name);
    hook->c_name = text;
    hook->local_name = names_make(walk, walk->tags, text, "local");
    hook->wire_name = names_make(walk, walk->tags, text, "wire");
  }
}

static void names_others(struct idlc_lower *lo)
{
  struct idlc_builder *b = &lo->b;

  for (uint32_t i = 1; i < b->types.count; i++) {
    struct idlc_type_info *info = idlc_builder_info(b, i);
    if (idlc_builder_at(b, i)->flags & PORTERO_TYPE_INTERFACE)
      info->c_name = "portero_interface_pointer";
    if (info->same_as)
      info->c_name = idlc_builder_info(b, info->same_as)->c_name;
  }
}

/*
 * All names of a file, needed or not, in one order: so a type is called the same whoever imports
 * it.
 */
bool idlc_names(struct idlc_lower *lo, struct idlc_const *consts, unsigned n_consts,
                const char *const **out_enumerators)
{
  struct names_walk walk = {.lo = lo};
  const char **rows = portero_arena_array(lo->arena, lo->b.enumerators.count, sizeof *rows);

  walk.tags = portero_arena_alloc(lo->arena, sizeof *walk.tags);
  walk.values = portero_arena_alloc(lo->arena, sizeof *walk.values);
  walk.interfaces = portero_arena_alloc(lo->arena, sizeof *walk.interfaces);
  if (!walk.tags || !walk.values || !walk.interfaces || !rows)
    return false;
  for (const struct idlc_unit *unit = lo->tree->units; unit; unit = unit->next)
    names_interfaces(&walk, unit->items, unit->file);
  for (unsigned i = 0; i < n_consts; i++)
    consts[i].c_name =
        names_make(&walk, walk.values, names_prefix(lo, consts[i].file), consts[i].name);
  for (const struct idlc_body *body = lo->scope.first_body; body; body = body->after)
    names_body(&walk, body, rows);
  names_hooks(&walk);
  names_others(lo);
  *out_enumerators = rows;
  return !lo->s->out_of_memory;
}
