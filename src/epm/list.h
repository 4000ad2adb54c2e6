/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries in order of their serial, as an array of slots. Removal leaves a mark that keeps the
 * serial, so that a place can be found by binary search; marks are swept out when they outnumber
 * the entries. An entry remembers its slot in each list that it is in.
 */
#ifndef PORTERO_SRC_EPM_LIST_H
#define PORTERO_SRC_EPM_LIST_H

#include <stdbool.h>

#include <portero/arena.h>

struct epm_node;

/* The lists that an entry is in. */
enum epm_kind {
  EPM_KIND_ALL,
  EPM_KIND_INTERFACE,
  EPM_KIND_OBJECT, /* not when the object is nil */
  EPM_KIND_OWNER,
  EPM_KINDS,
};

#define EPM_FEW 2u /* what most interfaces have; one miss of the cache less for them */

/* Does not move: the first slots are inside. */
struct epm_list {
  uint64_t *slots;
  uint32_t used;
  uint32_t capacity;
  uint32_t live;
  uint8_t kind; /* enum epm_kind */
  uint64_t few[EPM_FEW];
};

/* Makes sure that the next append cannot fail. */
bool epm_list_reserve(struct epm_list *list, const struct portero_mem *mem);
void epm_list_append(struct epm_list *list, struct epm_node *node);
void epm_list_remove(struct epm_list *list, const struct epm_node *node);
void epm_list_deinit(struct epm_list *list, const struct portero_mem *mem);

/* The first slot whose serial is greater than after. */
uint32_t epm_list_seek(const struct epm_list *list, uint64_t after);
/* The node of a slot, or NULL where one was removed. */
struct epm_node *epm_list_at(const struct epm_list *list, uint32_t slot);
/* The newest node, or NULL. */
struct epm_node *epm_list_last(const struct epm_list *list);

#endif
