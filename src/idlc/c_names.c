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

/* Operations' structs have their names first: they are what users write. */
static bool names_operations(struct names_walk *walk, uint32_t index)
{
  struct idlc_builder *b = &walk->lo->b;
  const struct portero_iface *iface = (struct portero_iface *)b->ifaces.items + index;
  struct idlc_iface_info *info = (struct idlc_iface_info *)b->iface_info.items + index;
  size_t prefix;

  info->c_name = names_make(walk, walk->interfaces, "", info->c_name);
  prefix = strlen(info->c_name) + 1;
  for (uint32_t i = 0; i < iface->n_ops; i++) {
    struct idlc_op_info *op = (struct idlc_op_info *)b->op_info.items + iface->first_op + i;
    const struct portero_op *row = (struct portero_op *)b->ops.items + iface->first_op + i;
    const char *tag = names_make(walk, walk->tags, info->c_name, op->c_name);
    if (walk->lo->s->out_of_memory)
      return false;
    op->c_name = tag + prefix;
    idlc_builder_info(b, row->params)->c_name = tag;
  }
  return true;
}

static bool names_types(struct names_walk *walk)
{
  struct idlc_builder *b = &walk->lo->b;

  for (uint32_t i = 1; i < b->types.count; i++) {
    const struct portero_type *type = idlc_builder_at(b, i);
    struct idlc_type_info *info = idlc_builder_info(b, i);
    if (type->flags & PORTERO_TYPE_INTERFACE)
      info->c_name = "portero_interface_pointer";
    else if (info->c_name && !info->same_as && !(type->flags & PORTERO_TYPE_PARAMS))
      info->c_name = names_make(walk, walk->tags, names_prefix(walk->lo, info->file), info->c_name);
  }
  for (uint32_t i = 1; i < b->types.count; i++) {
    struct idlc_type_info *info = idlc_builder_info(b, i);
    if (info->same_as)
      info->c_name = idlc_builder_info(b, info->same_as)->c_name;
  }
  return !walk->lo->s->out_of_memory;
}

bool idlc_names(struct idlc_lower *lo, struct idlc_const *consts, unsigned n_consts)
{
  struct names_walk walk = {.lo = lo};

  walk.tags = portero_arena_alloc(lo->arena, sizeof *walk.tags);
  walk.values = portero_arena_alloc(lo->arena, sizeof *walk.values);
  walk.interfaces = portero_arena_alloc(lo->arena, sizeof *walk.interfaces);
  if (!walk.tags || !walk.values || !walk.interfaces)
    return false;
  for (uint32_t i = 0; i < lo->b.ifaces.count; i++) {
    if (!names_operations(&walk, i))
      return false;
  }
  for (unsigned i = 0; i < n_consts; i++)
    consts[i].c_name =
        names_make(&walk, walk.values, names_prefix(lo, consts[i].file), consts[i].name);
  return names_types(&walk);
}
