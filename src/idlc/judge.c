/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes that nobody knows, each name once, and attributes where they mean nothing: warnings,
 * because what is left is still understood.
 */
#include "src/idlc/lower.h"

#include <string.h>

struct judge_name {
  struct judge_name *next;
  const char *name;
};

struct judge {
  struct idlc_lower *lo;
  struct judge_name *known;
};

static const char *judge_place(unsigned where)
{
  return where == IDLC_ON_INTERFACE   ? "an interface"
         : where == IDLC_ON_TYPEDEF   ? "a type"
         : where == IDLC_ON_MEMBER    ? "a member"
         : where == IDLC_ON_PARAMETER ? "a parameter"
                                      : "an operation";
}

static void judge_unknown(struct judge *j, const struct idlc_attr *attr)
{
  struct judge_name *entry;
  struct idlc_suggestion s;

  for (entry = j->known; entry; entry = entry->next) {
    if (strcmp(entry->name, attr->name) == 0)
      return;
  }
  entry = portero_arena_alloc(j->lo->arena, sizeof *entry);
  if (!entry) {
    j->lo->s->out_of_memory = true;
    return;
  }
  entry->name = attr->name;
  entry->next = j->known;
  j->known = entry;
  idlc_suggest_begin(&s, attr->name);
  idlc_attribute_suggest(&s);
  idlc_warn(j->lo->s, attr->place, idlc_suggest_hint(j->lo, &s),
            "attribute '%s' is not known: it is passed over", attr->name);
}

static void judge_attrs(struct judge *j, const struct idlc_attr *attrs, unsigned where)
{
  for (const struct idlc_attr *attr = attrs; attr; attr = attr->next) {
    enum idlc_attribute which = idlc_attribute_named(attr->name);
    if (which == IDLC_ATTR_UNKNOWN)
      judge_unknown(j, attr);
    else if (!(idlc_attribute_places(which) & where))
      idlc_warn(j->lo->s, attr->place, NULL, "'%s' means nothing on %s", attr->name,
                judge_place(where));
  }
}

static void judge_decls(struct judge *j, const struct idlc_decl *decls, unsigned where);

static void judge_spec(struct judge *j, const struct idlc_spec *spec)
{
  if (!spec || !spec->is_defined || !idlc_enter(j->lo, spec->place))
    return;
  judge_attrs(j, spec->attrs, IDLC_ON_TYPEDEF);
  judge_decls(j, spec->members, IDLC_ON_MEMBER);
  idlc_leave(j->lo);
}

static void judge_decls(struct judge *j, const struct idlc_decl *decls, unsigned where)
{
  const struct idlc_attr *attrs = NULL;

  for (const struct idlc_decl *d = decls; d; d = d->next) {
    if (d->attrs != attrs || d == decls)
      judge_attrs(j, d->attrs, where);
    if (d == decls || d->attrs != attrs)
      judge_spec(j, d->spec);
    attrs = d->attrs;
  }
}

static void judge_item(struct judge *j, const struct idlc_item *item)
{
  const struct idlc_derive *derive = item->decls ? item->decls->derive : NULL;

  if (item->kind == IDLC_ITEM_TYPEDEF || item->kind == IDLC_ITEM_TYPE) {
    judge_attrs(j, item->attrs, IDLC_ON_TYPEDEF);
    judge_spec(j, item->spec);
  }
  if (item->kind == IDLC_ITEM_INTERFACE && !item->is_forward && !item->is_dispinterface)
    judge_attrs(j, item->attrs, IDLC_ON_INTERFACE);
  if (item->kind == IDLC_ITEM_OPERATION && derive) {
    judge_attrs(j, item->attrs, IDLC_ON_OPERATION);
    judge_decls(j, derive->params, IDLC_ON_PARAMETER);
  }
}

static void judge_items(struct judge *j, const struct idlc_item *items)
{
  for (const struct idlc_item *item = items; item; item = item->next) {
    if (!idlc_enter(j->lo, item->place))
      return;
    judge_item(j, item);
    if (!item->is_dispinterface && item->kind != IDLC_ITEM_COCLASS)
      judge_items(j, item->items);
    idlc_leave(j->lo);
  }
}

void idlc_judge(struct idlc_lower *lo)
{
  struct judge j = {lo, NULL};

  judge_items(&j, lo->tree->main->items);
}
