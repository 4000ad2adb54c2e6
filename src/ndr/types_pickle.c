/* SPDX-License-Identifier: Apache-2.0 */
/* Type serialization, both versions. [MS-RPCE] 2.2.6, 2.2.7 */
#include "src/ndr/types_inside.h"

#define LITTLE_ENDIAN_LABEL 0x10u
#define BIG_ENDIAN_LABEL    0x00u
#define FILLER              0xccccccccu

/* Common header: bytes; private header: bytes; what the object is padded to. */
struct form {
  uint16_t common;
  uint8_t private;
  uint8_t align;
};

static struct form form_of(unsigned version, bool is_scalar)
{
  if (version == 2)
    return (struct form){64, 16, 16};
  /* 2.2.6.1: primitive types have no private header. */
  return (struct form){8, is_scalar ? 0 : 8, 8};
}

static void write_syntax_id(struct portero_writer *w, const struct portero_syntax *id)
{
  portero_write_uuid(w, &id->uuid);
  portero_write_u16(w, id->major);
  portero_write_u16(w, id->minor);
}

static void write_common(const struct portero_types *t, unsigned version, bool ndr64,
                         struct portero_writer *w)
{
  static const struct portero_syntax none = {{0, 0, 0, {0}}, 0, 0};

  portero_write_u8(w, (uint8_t)version);
  portero_write_u8(w, w->big_endian ? BIG_ENDIAN_LABEL : LITTLE_ENDIAN_LABEL);
  portero_write_u16(w, form_of(version, false).common);
  portero_write_u32(w, FILLER);
  if (version == 1)
    return;
  for (unsigned i = 0; i < 4; i++)
    portero_write_u32(w, FILLER);
  write_syntax_id(w, ndr64 ? &portero_syntax_ndr64 : &portero_syntax_ndr);
  write_syntax_id(w, t->n_ifaces ? &t->ifaces[0].id : &none);
}

portero_status portero_types_pickle(const struct portero_types *t, uint32_t type, const void *value,
                                    unsigned version, bool ndr64, bool big_endian,
                                    struct portero_writer *out)
{
  struct portero_ndr_writer n = {.w = *out, .ndr64 = ndr64};
  struct form form;
  size_t patch;

  if (version < 1 || version > 2 || (version == 1 && ndr64) || (version == 2 && big_endian) ||
      !types_stands_alone(t, type))
    return portero_local(PORTERO_LOCAL_USAGE);
  form = form_of(version, types_is_scalar(t->types[type].kind));
  n.w.big_endian = big_endian;
  write_common(t, version, ndr64, &n.w);
  patch = n.w.size;
  portero_write_zeros(&n.w, form.private);
  portero_ndr_writer_start(&n);
  portero_types_write(t, type, value, &n);
  portero_ndr_write_align(&n, form.align);
  if (form.private)
    portero_patch_u32(&n.w, patch, (uint32_t)(n.w.size - n.origin));
  n.w.big_endian = out->big_endian;
  *out = n.w;
  return portero_ndr_writer_finish(&n);
}

/* What the common header says; false: not one. */
static bool read_common(struct portero_reader *r, unsigned *out_version, bool *out_ndr64)
{
  struct portero_syntax id;
  uint8_t version = portero_read_u8(r, "version");
  uint8_t label = portero_read_u8(r, "byte order");

  if (label != LITTLE_ENDIAN_LABEL && (version != 1 || label != BIG_ENDIAN_LABEL))
    return false;
  r->big_endian = label == BIG_ENDIAN_LABEL;
  if (version < 1 || version > 2 ||
      portero_read_u16(r, "header length") != form_of(version, false).common)
    return false;
  (void)portero_read_u32(r, "filler");
  *out_version = version;
  *out_ndr64 = false;
  if (version == 1)
    return true;
  (void)portero_read_bytes(r, 16, "filler");
  id.uuid = portero_read_uuid(r, "transfer syntax");
  id.major = portero_read_u16(r, "transfer syntax");
  id.minor = portero_read_u16(r, "transfer syntax");
  (void)portero_read_bytes(r, 20, "interface");
  *out_ndr64 = portero_syntax_equal(&id, &portero_syntax_ndr64);
  return *out_ndr64 || portero_syntax_equal(&id, &portero_syntax_ndr);
}

portero_status portero_types_unpickle(const struct portero_types *t, uint32_t type,
                                      struct portero_bytes in, struct portero_arena *arena,
                                      void *value)
{
  struct portero_ndr_reader n;
  struct portero_reader r;
  unsigned version = 0;
  bool ndr64 = false;
  struct form form;
  size_t size;

  if (!types_stands_alone(t, type))
    return portero_local(PORTERO_LOCAL_USAGE);
  portero_reader_init(&r, in, false);
  if (!read_common(&r, &version, &ndr64) && !r.failed)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  form = form_of(version, types_is_scalar(t->types[type].kind));
  size = portero_reader_left(&r);
  if (form.private) {
    size = portero_read_u32(&r, "object length");
    (void)portero_read_bytes(&r, form.private - 4u, "filler");
  }
  in = portero_read_bytes(&r, size, "object");
  if (!portero_is_ok(portero_reader_finish(&r)))
    return portero_local(PORTERO_LOCAL_SHORT);
  portero_ndr_reader_init(&n, in, arena, ndr64, r.big_endian);
  portero_types_read(t, type, value, &n);
  return portero_ndr_reader_finish(&n);
}
