/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/catalog.h>

#include "src/catalog/table.h"

static const char *catalog_text(uint32_t offset)
{
  return offset == 0 ? NULL : catalog_pool + offset;
}

/* The order of the UUIDs as text, whatever the byte order of this machine. */
static int uuid_compare(const struct portero_uuid *a, const struct portero_uuid *b)
{
  if (a->time_low != b->time_low)
    return a->time_low < b->time_low ? -1 : 1;
  if (a->time_mid != b->time_mid)
    return a->time_mid < b->time_mid ? -1 : 1;
  if (a->time_hi_and_version != b->time_hi_and_version)
    return a->time_hi_and_version < b->time_hi_and_version ? -1 : 1;
  return memcmp(a->node, b->node, sizeof a->node);
}

/* ASCII only: tolower() would follow the locale. */
static int lower(char c)
{
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

/* Compares a terminated name of the table with length characters of a name asked for. */
static int name_compare(const char *known, const char *asked, size_t length)
{
  for (size_t i = 0; i < length; i++) {
    int k = lower(known[i]);
    int a = lower(asked[i]);
    if (k != a)
      return k < a ? -1 : 1;
    if (k == 0) /* a NUL within the asked name: longer than the known one */
      return -1;
  }
  return known[length] == '\0' ? 0 : 1;
}

static const struct catalog_interface *interface_by_uuid(const struct portero_uuid *uuid)
{
  size_t low = 0, high = catalog_n_interfaces;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = uuid_compare(&catalog_interfaces[middle].uuid, uuid);
    if (order == 0)
      return &catalog_interfaces[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

/* Index of the first name that does not sort before the one asked for. */
static size_t names_from(const char *name, size_t length)
{
  size_t low = 0, high = catalog_n_names;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (name_compare(catalog_pool + catalog_names[middle].name, name, length) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static struct portero_catalog_entry interface_public(const struct catalog_interface *from)
{
  return (struct portero_catalog_entry){
      .syntax = {.uuid = from->uuid, .major = from->major, .minor = from->minor},
      .version_known = from->version_known != 0,
      .name = catalog_text(from->name),
      .document = catalog_text(from->document),
      .served_by = catalog_text(from->served_by),
      .n_operations = from->n_operations,
  };
}

bool portero_catalog_interface(const struct portero_syntax *syntax,
                               struct portero_catalog_entry *out_entry)
{
  const struct catalog_interface *found = interface_by_uuid(&syntax->uuid);

  if (!found)
    return false;
  *out_entry = interface_public(found);
  return true;
}

const char *portero_catalog_operation(const struct portero_uuid *interface, uint16_t opnum)
{
  const struct catalog_interface *found = interface_by_uuid(interface);
  size_t low, high;

  if (!found)
    return NULL;
  low = found->first_operation;
  high = low + found->n_operations;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (catalog_opnums[middle] == opnum)
      return catalog_text(catalog_operations[middle]);
    if (catalog_opnums[middle] < opnum)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

size_t portero_catalog_find(const char *name, size_t length,
                            struct portero_catalog_entry *out_entries, size_t max)
{
  size_t found = 0;

  for (size_t i = names_from(name, length); i < catalog_n_names; i++) {
    if (name_compare(catalog_pool + catalog_names[i].name, name, length) != 0)
      break;
    if (found < max)
      out_entries[found] = interface_public(&catalog_interfaces[catalog_names[i].interface]);
    found++;
  }
  return found;
}

bool portero_catalog_find_operation(const struct portero_uuid *interface, const char *name,
                                    size_t length, uint16_t *out_opnum)
{
  const struct catalog_interface *found = interface_by_uuid(interface);

  if (!found)
    return false;
  for (size_t i = found->first_operation; i < found->first_operation + found->n_operations; i++) {
    if (name_compare(catalog_pool + catalog_operations[i], name, length) == 0) {
      *out_opnum = catalog_opnums[i];
      return true;
    }
  }
  return false;
}

size_t portero_catalog_count(void)
{
  return catalog_n_interfaces;
}

bool portero_catalog_at(size_t index, struct portero_catalog_entry *out_entry)
{
  if (index >= catalog_n_interfaces)
    return false;
  *out_entry = interface_public(&catalog_interfaces[index]);
  return true;
}
