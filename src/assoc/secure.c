/* SPDX-License-Identifier: Apache-2.0 */
#include "src/assoc/secure.h"

#define STUB_ALIGN 16u

void secure_init(struct secure_table *t, const struct portero_mem *mem)
{
  memset(t, 0, sizeof *t);
  t->mem = mem;
}

void secure_deinit(struct secure_table *t)
{
  while (t->first) {
    struct secure_context *c = t->first;
    t->first = c->next;
    portero_security_release(c->security);
    portero_mem_give(t->mem, c, sizeof *c);
  }
  portero_mem_give(t->mem, t->opened, t->opened_size);
  secure_init(t, t->mem);
}

struct secure_context *secure_find(const struct secure_table *t, uint32_t id)
{
  struct secure_context *c = t->first;

  while (c && c->id != id)
    c = c->next;
  return c;
}

bool secure_unfinished(const struct secure_table *t)
{
  const struct secure_context *c = t->first;

  while (c && c->done && !c->invalid)
    c = c->next;
  return c != NULL;
}

bool secure_protects(const struct secure_table *t)
{
  const struct secure_context *c = t->first;

  while (c && (!c->done || c->invalid || c->level < PORTERO_LEVEL_PACKET))
    c = c->next;
  return c != NULL;
}

struct secure_context *secure_add(struct secure_table *t, uint32_t id, uint8_t type, uint8_t level)
{
  struct secure_context *c = portero_mem_take(t->mem, sizeof *c);

  if (!c)
    return NULL;
  memset(c, 0, sizeof *c);
  c->id = id;
  c->type = type;
  c->level = level;
  c->next = t->first;
  t->first = c;
  t->count++;
  return c;
}

static struct portero_protected_pdu protected_view(uint8_t *pdu, size_t size, size_t data_at,
                                                   uint8_t level, bool header_signing)
{
  struct portero_protected_pdu p;

  p.pdu = pdu;
  p.size = size;
  p.data_at = data_at;
  p.data_size = size - PORTERO_SEC_TRAILER_SIZE - data_at;
  p.value = pdu + size;
  p.value_size = 0;
  p.level = level;
  p.header_signing = header_signing;
  return p;
}

static bool secure_copy(struct secure_table *t, struct portero_bytes whole)
{
  if (t->opened_size < whole.size) {
    portero_mem_give(t->mem, t->opened, t->opened_size);
    t->opened = portero_mem_take(t->mem, whole.size);
    t->opened_size = t->opened ? whole.size : 0;
  }
  if (t->opened)
    memcpy(t->opened, whole.data, whole.size);
  return t->opened != NULL;
}

portero_status secure_open_in_place(struct secure_context *c, const struct portero_pdu *pdu,
                                    uint8_t *bytes, size_t body_at, bool header_signing)
{
  struct portero_protected_pdu p;

  if (!c->security || !c->done || c->invalid || pdu->auth.at < body_at ||
      (pdu->odd & PORTERO_ODD_AUTH_PAD))
    return portero_local(PORTERO_LOCAL_SECURITY);
  if (c->level == PORTERO_LEVEL_CONNECT)
    return portero_ok();
  p = protected_view(bytes, pdu->auth.at + PORTERO_SEC_TRAILER_SIZE, body_at, c->level,
                     header_signing);
  p.value_size = pdu->auth.value.size;
  return c->security->ops->unprotect(c->security, &p);
}

portero_status secure_open(struct secure_table *t, struct secure_context *c,
                           const struct portero_pdu *pdu, size_t body_at, bool header_signing,
                           bool ours, struct portero_pdu *out_pdu)
{
  uint8_t *bytes = (uint8_t *)(uintptr_t)pdu->whole.data;
  portero_status status;

  if (!ours) {
    if (!secure_copy(t, pdu->whole))
      return portero_local(PORTERO_LOCAL_NO_MEMORY);
    bytes = t->opened;
  }
  status = secure_open_in_place(c, pdu, bytes, body_at, header_signing);
  return portero_is_ok(status)
             ? portero_pdu_read(portero_bytes_make(bytes, pdu->whole.size), out_pdu)
             : status;
}

portero_status secure_close(struct secure_context *c, struct portero_writer *w, size_t start,
                            size_t body_at, bool header_signing)
{
  struct portero_sec_trailer trailer = {.type = c->type, .level = c->level, .context_id = c->id};
  struct portero_protected_pdu p;
  size_t value_size, signed_size;

  if (w->failed)
    return portero_local(PORTERO_LOCAL_LIMIT);
  value_size = c->security->ops->value_size(c->security, c->level, w->size - body_at);
  if (value_size == 0) /* then a call's trailer could not be found again */
    return portero_local(PORTERO_LOCAL_LIMIT);
  portero_pdu_add_auth(w, start, body_at, STUB_ALIGN, &trailer, value_size);
  if (w->failed)
    return portero_local(PORTERO_LOCAL_LIMIT);
  signed_size = w->size - start - value_size;
  p = protected_view(w->base + start, signed_size, body_at - start, c->level, header_signing);
  p.value_size = value_size;
  return c->security->ops->protect(c->security, &p);
}

size_t secure_overhead(const struct secure_context *c, size_t stub_size)
{
  return PORTERO_SEC_TRAILER_SIZE + c->security->ops->value_size(c->security, c->level, stub_size);
}
