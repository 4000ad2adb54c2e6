/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/operation_name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <portero/catalog.h>

#define TYPES_BUDGET ((size_t)64 << 20)

static bool is_number(const char *text, uint16_t *out_opnum)
{
  char *end;
  unsigned long number;

  if (!isdigit((unsigned char)*text))
    return false;
  number = strtoul(text, &end, 0);
  *out_opnum = (uint16_t)number;
  return *end == '\0' && number <= UINT16_MAX;
}

static int no_operation(const struct tool *t, const char *name)
{
  return tool_usage(
      t, "\"%s\": no operation of that name is known; a number from 0 to 65535 will do", name);
}

/* ---- by what the program knows ---- */

/* The name that the definition has, one that the catalog has, or a number. */
static bool find_number(const char *operation, struct operation_name *n)
{
  const struct type_operation *o = &n->type;
  const struct portero_op *named =
      o->iface ? portero_types_op_named(&o->types, o->iface, operation) : NULL;

  if (named)
    n->opnum = named->opnum;
  return named || is_number(operation, &n->opnum) ||
         portero_catalog_find_operation(&n->interface.uuid, operation, strlen(operation),
                                        &n->opnum);
}

static int parse_known(const struct tool *t, const char *interface, const char *operation,
                       struct operation_name *n)
{
  char message[256];

  if (!interface_find(interface, &n->interface, &n->versioned, message, sizeof message))
    return tool_usage(t, "%s", message);
  if (!type_tables_find(&n->interface.uuid, &n->arena, &n->type))
    memset(&n->type, 0, sizeof n->type);
  if (!find_number(operation, n))
    return no_operation(t, operation);
  if (n->type.iface)
    n->type.op = portero_types_op(&n->type.types, n->type.iface, n->opnum);
  n->has_types = n->type.op != NULL;
  return TOOL_GO_ON;
}

/* ---- by a file of the user's ---- */

static const struct portero_iface *interface_of(const struct portero_types *t, const char *text)
{
  const struct portero_iface *iface = portero_types_iface_named(t, text);
  struct portero_syntax syntax;

  if (iface || !interface_parse(text, &syntax))
    return iface;
  for (uint32_t i = 0; i < t->n_ifaces; i++)
    if (portero_uuid_equal(&t->ifaces[i].id.uuid, &syntax.uuid))
      return &t->ifaces[i];
  return NULL;
}

static int parse_typed(const struct tool *t, const char *path, const char *interface,
                       const char *operation, struct operation_name *n)
{
  char message[512];

  if (!type_tables_load(path, &n->arena, &n->type.types, message, sizeof message))
    return message[0] ? tool_usage(t, "%s", message) : EXIT_USAGE;
  n->type.iface = interface_of(&n->type.types, interface);
  if (!n->type.iface)
    return tool_usage(t, "%s has no interface \"%s\"", path, interface);
  if (is_number(operation, &n->opnum))
    n->type.op = portero_types_op(&n->type.types, n->type.iface, n->opnum);
  else
    n->type.op = portero_types_op_named(&n->type.types, n->type.iface, operation);
  if (!n->type.op)
    return no_operation(t, operation);
  n->opnum = n->type.op->opnum;
  n->interface = n->type.iface->id;
  n->versioned = true;
  n->has_types = true;
  return TOOL_GO_ON;
}

int operation_name_parse(const struct tool *t, const char *text, const char *types_path,
                         struct operation_name *out_name)
{
  const char *dot = strrchr(text, '.');
  char interface[128];

  memset(out_name, 0, sizeof *out_name);
  portero_arena_init(&out_name->arena, &portero_mem_malloc, TYPES_BUDGET);
  if (!dot || (size_t)(dot - text) >= sizeof interface)
    return tool_usage(t, "\"%s\": expected INTERFACE.OPERATION", text);
  memcpy(interface, text, (size_t)(dot - text));
  interface[dot - text] = '\0';
  if (types_path)
    return parse_typed(t, types_path, interface, dot + 1, out_name);
  return parse_known(t, interface, dot + 1, out_name);
}

void operation_name_deinit(struct operation_name *name)
{
  portero_arena_deinit(&name->arena);
}
