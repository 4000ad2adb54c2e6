/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attribute configuration file. It speaks about the local side: how handles are passed, who
 * allocates. Of what it can say, [async] matters here.
 */
#include "src/idlc/lower.h"

#include <string.h>

static bool acf_is(const char *a, const char *b)
{
  return a && b && strcmp(a, b) == 0;
}

const struct idlc_attr *idlc_acf_attr(const struct idlc_lower *lo, const char *interface_name,
                                      const char *operation, enum idlc_attribute which)
{
  const struct idlc_attr *attr;

  for (const struct idlc_acf_entry *e = lo->tree->acf; e; e = e->next) {
    if (!acf_is(e->interface_name, interface_name) || e->parameter || e->type)
      continue;
    if (e->operation && !acf_is(e->operation, operation))
      continue;
    attr = idlc_attr_in(e->attrs, which);
    if (attr)
      return attr;
  }
  return NULL;
}

static bool acf_has_operation(const struct idlc_item *item, const char *name)
{
  for (const struct idlc_item *op = item->items; op; op = op->next) {
    if (op->kind == IDLC_ITEM_OPERATION && op->decls && acf_is(op->decls->name, name))
      return true;
  }
  return false;
}

void idlc_acf_check(struct idlc_lower *lo)
{
  const struct idlc_def *def;

  for (const struct idlc_acf_entry *e = lo->tree->acf; e; e = e->next) {
    def = idlc_scope_find(lo, IDLC_SPACE_INTERFACE, e->interface_name, lo->tree->main->file);
    if (!def)
      (void)idlc_complain(lo, e->place, NULL, "interface '%s' is defined nowhere",
                          e->interface_name ? e->interface_name : "");
    else if (e->operation && !acf_has_operation(def->item, e->operation))
      (void)idlc_complain(lo, e->place, NULL, "interface '%s' has no operation '%s'", def->name,
                          e->operation);
  }
}
