/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/type_tables.h"

#include <stdio.h>

#include "src/cli/idl_files.h"

static const struct portero_iface *find_interface(const struct portero_types *t,
                                                  const struct portero_uuid *uuid)
{
  for (uint32_t i = 0; i < t->n_ifaces; i++)
    if (portero_uuid_equal(&t->ifaces[i].id.uuid, uuid))
      return &t->ifaces[i];
  return NULL;
}

bool type_tables_find(const struct portero_uuid *interface, struct portero_arena *arena,
                      struct type_operation *out_operation)
{
  struct type_operation o = {.op = NULL};

  for (const struct type_table *t = type_tables; t->name; t++) {
    if (!portero_is_ok(
            portero_types_load(portero_bytes_make(t->bytes, t->size), arena, &o.types, NULL)))
      continue;
    o.iface = find_interface(&o.types, interface);
    if (o.iface && o.iface->n_ops) {
      *out_operation = o;
      return true;
    }
    portero_arena_reset(arena);
  }
  return false;
}

bool type_tables_load(const char *path, struct portero_arena *arena,
                      struct portero_types *out_types, char *message, size_t size)
{
  const char *dot = strrchr(path, '.'), *problem = "";
  struct portero_bytes table;

  message[0] = '\0';
  if (dot && strcmp(dot, ".idl") == 0)
    return idl_types(path, arena, out_types);
  if (!idl_disk_loader.load(NULL, path, arena, &table)) {
    (void)snprintf(message, size, "%s cannot be read", path);
    return false;
  }
  if (portero_is_ok(portero_types_load(table, arena, out_types, &problem)))
    return true;
  (void)snprintf(message, size, "%s is no type table: %s", path, problem);
  return false;
}
