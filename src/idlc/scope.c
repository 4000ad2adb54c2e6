/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names: typedefs, tags, constants, enumerators and interfaces of all files, collected before
 * anything is looked up, so that their order does not matter. A file's own definition of a name
 * goes before another file's; of several others, the last one counts, as in C.
 */
#include "src/idlc/lower.h"

#include <stdio.h>
#include <string.h>

#define SCOPE_BUCKETS 1024u

/* Where the walk is. */
struct scope_walk {
  struct idlc_lower *lo;
  const struct idlc_item *home;
  uint16_t file;
  const char *outer; /* name of the body or operation around */
  bool is_inner;
  unsigned anonymous; /* bodies without a name in it, so far */
};

static uint32_t scope_hash(enum idlc_space space, const char *name)
{
  uint32_t h = 2166136261u ^ (uint32_t)space;

  for (; *name; name++)
    h = (h ^ (uint8_t)*name) * 16777619u;
  return h % SCOPE_BUCKETS;
}

static struct idlc_def *scope_first(const struct idlc_lower *lo, enum idlc_space space,
                                    const char *name)
{
  struct idlc_def *def = lo->scope.defs[scope_hash(space, name)];

  while (def && (def->space != space || strcmp(def->name, name) != 0))
    def = def->next;
  return def;
}

static struct idlc_def *scope_add(struct scope_walk *walk, enum idlc_space space, const char *name,
                                  struct idlc_place place)
{
  struct idlc_lower *lo = walk->lo;
  struct idlc_def *def = portero_arena_alloc(lo->arena, sizeof *def);
  struct idlc_def *first, **bucket;

  if (!def) {
    lo->s->out_of_memory = true;
    return NULL;
  }
  def->space = space;
  def->name = name;
  def->place = place;
  def->file = walk->file;
  def->home = walk->home;
  first = scope_first(lo, space, name);
  if (first) {
    while (first->again)
      first = first->again;
    first->again = def;
    return def;
  }
  bucket = &lo->scope.defs[scope_hash(space, name)];
  def->next = *bucket;
  *bucket = def;
  return def;
}

/* Own before foreign, defined before declared, and of other files the last one. */
struct idlc_def *idlc_scope_find(const struct idlc_lower *lo, enum idlc_space space,
                                 const char *name, uint16_t file)
{
  struct idlc_def *best = NULL;
  unsigned rank, best_rank = 0;

  for (struct idlc_def *def = name ? scope_first(lo, space, name) : NULL; def; def = def->again) {
    bool is_defined = space != IDLC_SPACE_INTERFACE || !def->item->is_forward;
    rank = is_defined ? 2 : 1;
    if (def->place.file == file && is_defined)
      return def;
    if (rank < best_rank)
      continue;
    best = def;
    best_rank = rank;
  }
  return best;
}

/* ---- bodies ---- */

static size_t scope_spec_bucket(const struct idlc_spec *spec)
{
  return (size_t)(((uintptr_t)spec >> 4) * 2654435761u) % SCOPE_BUCKETS;
}

struct idlc_body *idlc_scope_body(const struct idlc_lower *lo, const struct idlc_spec *spec)
{
  struct idlc_body *body = lo->scope.bodies[scope_spec_bucket(spec)];

  while (body && body->spec != spec)
    body = body->next;
  return body;
}

struct idlc_body *idlc_scope_resolve(const struct idlc_lower *lo, const struct idlc_spec *spec)
{
  struct idlc_body *own = idlc_scope_body(lo, spec);
  const struct idlc_def *def;

  if (own)
    return own;
  def = idlc_scope_find(lo, IDLC_SPACE_TAG, spec->name, spec->place.file);
  return def ? idlc_scope_body(lo, def->spec) : NULL;
}

/* The first typedef's name that is the type itself; what is one pointer away will do. */
static const char *scope_typedef_name(const struct idlc_decl *decls)
{
  for (const struct idlc_decl *d = decls; d; d = d->next) {
    if (!d->derive)
      return d->name;
  }
  return NULL;
}

static const char *scope_stand_in(struct scope_walk *walk, const char *name)
{
  const char *outer = walk->outer ? walk->outer : "anonymous";
  size_t length = strlen(outer) + (name ? strlen(name) : 10) + 4;
  char *text = portero_arena_alloc(walk->lo->arena, length);

  if (!text)
    return "anonymous";
  walk->anonymous++;
  if (name)
    (void)snprintf(text, length, "%s_%s", outer, name);
  else
    (void)snprintf(text, length, "%s_u%u", outer, walk->anonymous);
  return text;
}

static struct idlc_attrs *scope_attrs(struct idlc_lower *lo, const struct idlc_attr *list,
                                      const struct idlc_attrs *more)
{
  struct idlc_attrs *attrs = portero_arena_alloc(lo->arena, sizeof *attrs);

  if (!attrs) {
    lo->s->out_of_memory = true;
    return NULL;
  }
  attrs->list = list;
  attrs->more = more;
  return attrs;
}

static void scope_enumerators(struct scope_walk *walk, const struct idlc_spec *spec)
{
  struct idlc_def *def, *previous = NULL;

  for (const struct idlc_enumerator *e = spec->enumerators; e; e = e->next) {
    def = scope_add(walk, IDLC_SPACE_VALUE, e->name, e->place);
    if (!def)
      return;
    def->enumerator = e;
    def->previous = previous;
    previous = def;
  }
}

static void scope_spec(struct scope_walk *walk, const struct idlc_spec *spec, const char *name,
                       const char *member, const struct idlc_attr *attrs);

static void scope_decls(struct scope_walk *walk, const struct idlc_decl *decls, const char *outer)
{
  struct scope_walk inner = *walk;
  const struct idlc_spec *last = NULL;

  inner.outer = outer;
  inner.anonymous = 0;
  inner.is_inner = true;
  for (const struct idlc_decl *d = decls; d; d = d->next) {
    if (d->spec && d->spec != last)
      scope_spec(&inner, d->spec, NULL, d->name, d->attrs);
    last = d->spec;
    for (const struct idlc_derive *derive = d->derive; derive; derive = derive->next)
      scope_decls(&inner, derive->params, outer);
  }
}

static void scope_body(struct scope_walk *walk, const struct idlc_spec *spec, const char *name,
                       const char *member, const struct idlc_attr *attrs)
{
  struct idlc_lower *lo = walk->lo;
  struct idlc_body *body = portero_arena_alloc(lo->arena, sizeof *body);
  size_t bucket = scope_spec_bucket(spec);

  if (!body) {
    lo->s->out_of_memory = true;
    return;
  }
  body->spec = spec;
  body->file = walk->file;
  body->name = name ? name : spec->name;
  body->home = walk->home;
  body->is_inner = walk->is_inner;
  if (!body->name)
    body->stand_in = scope_stand_in(walk, member);
  body->attrs = scope_attrs(lo, spec->attrs, scope_attrs(lo, attrs, NULL));
  body->next = lo->scope.bodies[bucket];
  lo->scope.bodies[bucket] = body;
  if (lo->scope.last_body)
    lo->scope.last_body->after = body;
  else
    lo->scope.first_body = body;
  lo->scope.last_body = body;
  scope_enumerators(walk, spec);
  scope_decls(walk, spec->members, body->name ? body->name : body->stand_in);
}

/* name: a typedef's for it. member: of the declaration that the specifier stands in. */
static void scope_spec(struct scope_walk *walk, const struct idlc_spec *spec, const char *name,
                       const char *member, const struct idlc_attr *attrs)
{
  struct idlc_lower *lo = walk->lo;
  struct idlc_def *def;

  if (!spec || !idlc_enter(lo, spec->place))
    return;
  if (spec->of)
    scope_spec(walk, spec->of, NULL, member, NULL);
  if (spec->is_defined && !idlc_scope_body(lo, spec)) {
    if (spec->name) {
      def = scope_add(walk, IDLC_SPACE_TAG, spec->name, spec->place);
      if (def)
        def->spec = spec;
    }
    scope_body(walk, spec, name, member, attrs);
  }
  idlc_leave(lo);
}

/* ---- items ---- */

static void scope_typedef(struct scope_walk *walk, const struct idlc_item *item)
{
  struct idlc_def *def;

  scope_spec(walk, item->spec, scope_typedef_name(item->decls),
             item->decls ? item->decls->name : NULL, item->attrs);
  for (const struct idlc_decl *d = item->decls; d; d = d->next) {
    if (!d->name)
      continue;
    def = scope_add(walk, IDLC_SPACE_TYPE, d->name, d->place);
    if (!def)
      return;
    def->decl = d;
    def->attrs = item->attrs ? item->attrs : d->attrs;
  }
}

static void scope_items(struct scope_walk *walk, const struct idlc_item *items);

static void scope_interface(struct scope_walk *walk, const struct idlc_item *item)
{
  struct scope_walk inner = *walk;
  struct idlc_def *def;

  inner.home = item;
  inner.outer = NULL;
  if (item->name) {
    def = scope_add(walk, IDLC_SPACE_INTERFACE, item->name, item->place);
    if (def)
      def->item = item;
  }
  scope_items(&inner, item->items);
}

static void scope_const(struct scope_walk *walk, const struct idlc_item *item)
{
  struct idlc_def *def;

  for (const struct idlc_decl *d = item->decls; d; d = d->next) {
    def = d->name ? scope_add(walk, IDLC_SPACE_VALUE, d->name, d->place) : NULL;
    if (def)
      def->item = item;
  }
}

static void scope_item(struct scope_walk *walk, const struct idlc_item *item)
{
  switch (item->kind) {
  case IDLC_ITEM_TYPEDEF:
    scope_typedef(walk, item);
    return;
  case IDLC_ITEM_TYPE:
    scope_spec(walk, item->spec, NULL, NULL, item->attrs);
    return;
  case IDLC_ITEM_CONST:
    scope_const(walk, item);
    return;
  case IDLC_ITEM_OPERATION:
    scope_decls(walk, item->decls, item->decls ? item->decls->name : NULL);
    return;
  case IDLC_ITEM_INTERFACE:
    scope_interface(walk, item);
    return;
  case IDLC_ITEM_LIBRARY:
  case IDLC_ITEM_MODULE:
    scope_items(walk, item->items);
    return;
  case IDLC_ITEM_PROPERTY:
  case IDLC_ITEM_CPP_QUOTE:
  case IDLC_ITEM_IMPORT:
  case IDLC_ITEM_IMPORTLIB:
  case IDLC_ITEM_COCLASS:
  case IDLC_ITEM_PRAGMA:
    return;
  }
}

static void scope_items(struct scope_walk *walk, const struct idlc_item *items)
{
  for (const struct idlc_item *item = items; item; item = item->next) {
    if (idlc_hopeless(walk->lo->s) || !idlc_enter(walk->lo, item->place))
      return;
    scope_item(walk, item);
    idlc_leave(walk->lo);
  }
}

/* `typedef [switch_type(long)] union x y;` says it of a body that stands elsewhere. */
static void scope_lend_attrs(struct idlc_lower *lo, const struct idlc_item *items)
{
  struct idlc_body *body;

  for (const struct idlc_item *item = items; item; item = item->next) {
    if (item->items)
      scope_lend_attrs(lo, item->items);
    if (item->kind != IDLC_ITEM_TYPEDEF || !item->attrs || !item->spec || item->spec->is_defined)
      continue;
    if (item->spec->kind != IDLC_SPEC_UNION && item->spec->kind != IDLC_SPEC_ENUM)
      continue;
    body = idlc_scope_resolve(lo, item->spec);
    if (body)
      body->attrs = scope_attrs(lo, item->attrs, body->attrs);
  }
}

bool idlc_scope_collect(struct idlc_lower *lo)
{
  struct scope_walk walk = {.lo = lo};

  for (const struct idlc_unit *unit = lo->tree->units; unit; unit = unit->next) {
    walk.file = unit->file;
    scope_items(&walk, unit->items);
  }
  for (const struct idlc_unit *unit = lo->tree->units; unit; unit = unit->next)
    scope_lend_attrs(lo, unit->items);
  return !lo->s->out_of_memory;
}
