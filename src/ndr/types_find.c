/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces, operations and types by what people and peers call them. */
#include "src/ndr/types_inside.h"

#include <strings.h>

const struct portero_iface *portero_types_iface(const struct portero_types *t,
                                                const struct portero_syntax *id)
{
  for (uint32_t i = 0; i < t->n_ifaces; i++)
    if (portero_syntax_equal(&t->ifaces[i].id, id))
      return &t->ifaces[i];
  return NULL;
}

const struct portero_iface *portero_types_iface_named(const struct portero_types *t,
                                                      const char *name)
{
  for (uint32_t i = 0; i < t->n_ifaces; i++)
    if (strcasecmp(portero_types_text(t, t->ifaces[i].name), name) == 0)
      return &t->ifaces[i];
  return NULL;
}

static const struct portero_iface *base_of(const struct portero_types *t,
                                           const struct portero_iface *iface)
{
  return iface->base ? &t->ifaces[iface->base - 1] : NULL;
}

const struct portero_op *portero_types_op(const struct portero_types *t,
                                          const struct portero_iface *iface, uint16_t opnum)
{
  for (; iface; iface = base_of(t, iface))
    for (uint32_t i = 0; i < iface->n_ops; i++) {
      const struct portero_op *op = &t->ops[iface->first_op + i];

      if (op->opnum == opnum && !(op->flags & PORTERO_OP_CALLBACK))
        return op;
    }
  return NULL;
}

const struct portero_op *portero_types_op_named(const struct portero_types *t,
                                                const struct portero_iface *iface, const char *name)
{
  for (; iface; iface = base_of(t, iface))
    for (uint32_t i = 0; i < iface->n_ops; i++) {
      const struct portero_op *op = &t->ops[iface->first_op + i];

      if (strcasecmp(portero_types_text(t, op->name), name) == 0)
        return op;
    }
  return NULL;
}

uint32_t portero_types_named(const struct portero_types *t, const char *name)
{
  for (uint32_t i = 1; i < t->n_types; i++)
    if (t->types[i].name && strcmp(portero_types_text(t, t->types[i].name), name) == 0)
      return i;
  return 0;
}
