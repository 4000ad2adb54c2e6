/* SPDX-License-Identifier: Apache-2.0 */
/* The accepted presentation contexts of one connection, by context id. [C706] 12.6.3.1 */
#ifndef PORTERO_ASSOC_PCTX_H
#define PORTERO_ASSOC_PCTX_H

#include <portero/assoc.h>

struct pctx_table {
  const struct portero_mem *mem;
  struct portero_pcontext **sorted; /* by id; addresses are stable */
  size_t count, capacity;
};

void pctx_init(struct pctx_table *t, const struct portero_mem *mem);
void pctx_deinit(struct pctx_table *t);
struct portero_pcontext *pctx_find(const struct pctx_table *t, uint16_t id);
/* Adds (or replaces the syntaxes of) id. NULL when memory is out. */
struct portero_pcontext *pctx_put(struct pctx_table *t, uint16_t id,
                                  const struct portero_syntax *abstract,
                                  const struct portero_syntax *transfer, const void *owner);

#endif
