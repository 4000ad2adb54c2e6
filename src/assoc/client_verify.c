/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the signature does not cover is told once more behind the stub, where it does. The bitmask
 * and the presentation context once for each security context, the header wherever it is not
 * signed itself. [MS-RPCE] 2.2.2.13
 */
#include <portero/trailer.h>

#include "src/assoc/client_assoc.h"

#define BITMASK_HEADER_SIGNING 1u

bool client_pcontext_put(struct portero_client_assoc *a, struct client_pcontext **list, uint16_t id,
                         const struct portero_syntax *abstract)
{
  struct client_pcontext *p = portero_mem_take(client_mem(a), sizeof *p);

  if (!p)
    return false;
  memset(p, 0, sizeof *p);
  p->id = id;
  p->abstract = *abstract;
  p->next = *list;
  *list = p;
  return true;
}

void client_pcontexts_give(struct portero_client_assoc *a, struct client_pcontext **list)
{
  while (*list) {
    struct client_pcontext *p = *list;
    *list = p->next;
    portero_mem_give(client_mem(a), p, sizeof *p);
  }
}

static struct client_pcontext *pcontext_find(const struct portero_client_assoc *a, uint16_t id)
{
  struct client_pcontext *p = a->agreed;

  while (p && p->id != id)
    p = p->next;
  return p;
}

void client_pcontexts_agree(struct portero_client_assoc *a)
{
  for (size_t i = 0; a->asked && i < a->n_results; i++) {
    struct client_pcontext *p = a->asked;
    a->asked = p->next;
    if (a->results[i].result != PORTERO_RESULT_ACCEPTANCE || pcontext_find(a, p->id)) {
      portero_mem_give(client_mem(a), p, sizeof *p);
      continue;
    }
    p->transfer = a->results[i].transfer;
    p->next = a->agreed;
    a->agreed = p;
  }
  client_pcontexts_give(a, &a->asked);
}

static void tell_header(struct portero_verification *v,
                        const struct portero_client_request *request, uint32_t call_id)
{
  v->has_header2 = true;
  v->header2.ptype = PORTERO_PTYPE_REQUEST;
  v->header2.drep[0] = request->big_endian ? 0 : PORTERO_DREP_LITTLE;
  v->header2.call_id = call_id;
  v->header2.context_id = request->context_id;
  v->header2.opnum = request->opnum;
}

static void tell_pcontext(struct portero_client_assoc *a, struct portero_verification *v,
                          uint16_t id)
{
  struct client_pcontext *p = pcontext_find(a, id);

  if (!p || p->told == a->current)
    return;
  p->told = a->current;
  v->has_pcontext = true;
  v->interface = p->abstract;
  v->transfer = p->transfer;
}

struct portero_bytes client_verification(struct portero_client_assoc *a,
                                         const struct portero_client_request *request,
                                         uint32_t call_id, size_t stub_size,
                                         uint8_t out_bytes[CLIENT_VERIFICATION_SIZE])
{
  struct portero_verification v;
  struct portero_writer w;

  memset(&v, 0, sizeof v);
  if (!a->current || a->current->level < PORTERO_LEVEL_PACKET)
    return portero_bytes_make(NULL, 0);
  if (a->config->header_signing && !a->current->bitmask_told) {
    a->current->bitmask_told = v.has_bitmask = true;
    v.bitmask = BITMASK_HEADER_SIGNING;
  }
  tell_pcontext(a, &v, request->context_id);
  if (!a->header_signing)
    tell_header(&v, request, call_id);
  if (!v.has_bitmask && !v.has_pcontext && !v.has_header2)
    return portero_bytes_make(NULL, 0);
  portero_writer_init_fixed(&w, out_bytes, CLIENT_VERIFICATION_SIZE);
  portero_write_zeros(&w, (4 - (stub_size & 3u)) & 3u);
  portero_verification_write(&w, w.size, &v);
  return portero_writer_bytes(&w);
}
