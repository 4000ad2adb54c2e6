/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/ndr.h>

/* What MIDL's stubs send; any value but 0 would do. [C706] 14.3.10 */
#define FIRST_REFERENT 0x00020000u
#define REFERENT_STEP  4u

static void writer_setup(struct portero_ndr_writer *n, bool ndr64, bool big_endian)
{
  n->w.big_endian = big_endian;
  n->ndr64 = ndr64;
  n->arena = NULL;
  portero_ndr_writer_start(n);
  if (ndr64 && big_endian)
    portero_ndr_writer_fail(n, PORTERO_LOCAL_USAGE);
}

void portero_ndr_writer_init(struct portero_ndr_writer *n, const struct portero_mem *mem,
                             size_t limit, bool ndr64, bool big_endian)
{
  portero_writer_init(&n->w, mem, limit);
  writer_setup(n, ndr64, big_endian);
}

void portero_ndr_writer_init_fixed(struct portero_ndr_writer *n, void *buffer, size_t capacity,
                                   bool ndr64, bool big_endian)
{
  portero_writer_init_fixed(&n->w, buffer, capacity);
  writer_setup(n, ndr64, big_endian);
}

void portero_ndr_writer_fail(struct portero_ndr_writer *n, enum portero_local reason)
{
  if (n->w.failed)
    return;
  n->w.failed = true;
  n->failure = portero_local(reason);
}

portero_status portero_ndr_writer_finish(const struct portero_ndr_writer *n)
{
  if (n->w.failed && !portero_is_ok(n->failure))
    return n->failure;
  return portero_writer_finish(&n->w);
}

void portero_ndr_write_pointer(struct portero_ndr_writer *n, bool present)
{
  if (!present) {
    portero_ndr_write_size(n, 0);
    return;
  }
  portero_ndr_write_size(n, FIRST_REFERENT + REFERENT_STEP * n->next_referent);
  n->next_referent++;
}

void portero_ndr_write_uuid(struct portero_ndr_writer *n, const struct portero_uuid *u)
{
  portero_ndr_write_align(n, 4);
  portero_write_uuid(&n->w, u);
}

void portero_ndr_write_syntax(struct portero_ndr_writer *n, const struct portero_syntax *s)
{
  portero_ndr_write_uuid(n, &s->uuid);
  portero_write_u16(&n->w, s->major);
  portero_write_u16(&n->w, s->minor);
}

void portero_ndr_write_handle(struct portero_ndr_writer *n, const struct portero_handle *h)
{
  portero_ndr_write_u32(n, h->attributes);
  portero_write_uuid(&n->w, &h->uuid);
}
