/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verification trailer: a signature, then commands of u16 type, u16 size and value. All of it
 * is little-endian. [MS-RPCE] 2.2.2.13
 */
#include <portero/trailer.h>

#define SEARCH_BYTES         1024u
#define COMMAND_END          0x4000u
#define COMMAND_MUST_PROCESS 0x8000u
#define COMMAND_TYPE         0x3fffu

enum command_type {
  COMMAND_NOTHING = 0, /* no command of the specification: it carries the end mark alone */
  COMMAND_BITMASK = 1,
  COMMAND_PCONTEXT = 2,
  COMMAND_HEADER2 = 3,
};
#define BITMASK_SIZE  4u
#define PCONTEXT_SIZE 40u
#define HEADER2_SIZE  16u

static const uint8_t signature[8] = {0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71};

/* The last place on a 4-byte boundary where the signature stands; false when there is none. */
static bool signature_find(struct portero_bytes stub, size_t *out_at)
{
  size_t first = stub.size > SEARCH_BYTES ? stub.size - SEARCH_BYTES : 0;

  if (stub.size < sizeof signature)
    return false;
  for (size_t at = (stub.size - sizeof signature) & ~(size_t)3;; at -= 4) {
    if (at < first)
      return false;
    if (memcmp(stub.data + at, signature, sizeof signature) == 0) {
      *out_at = at;
      return true;
    }
    if (at == 0)
      return false;
  }
}

static bool bitmask_take(struct portero_reader *r, struct portero_verification *v)
{
  if (v->has_bitmask || r->size != BITMASK_SIZE)
    return false;
  v->has_bitmask = true;
  v->bitmask = portero_read_u32(r, "bits");
  return true;
}

static bool pcontext_take(struct portero_reader *r, struct portero_verification *v)
{
  if (v->has_pcontext || r->size != PCONTEXT_SIZE)
    return false;
  v->has_pcontext = true;
  v->interface = portero_read_syntax(r, "InterfaceId");
  v->transfer = portero_read_syntax(r, "TransferSyntax");
  return true;
}

static bool header2_take(struct portero_reader *r, struct portero_verification *v)
{
  struct portero_bytes drep;

  if (v->has_header2 || r->size != HEADER2_SIZE)
    return false;
  v->has_header2 = true;
  v->header2.ptype = portero_read_u8(r, "PTYPE");
  (void)portero_read_bytes(r, 3, "Reserved");
  drep = portero_read_bytes(r, sizeof v->header2.drep, "drep");
  memcpy(v->header2.drep, drep.data, sizeof v->header2.drep);
  v->header2.call_id = portero_read_u32(r, "call_id");
  v->header2.context_id = portero_read_u16(r, "p_context_id_t");
  v->header2.opnum = portero_read_u16(r, "opnum");
  return true;
}

static portero_status command_take(unsigned command, struct portero_bytes value,
                                   struct portero_verification *v)
{
  struct portero_reader r;
  bool fits = false;

  portero_reader_init(&r, value, false);
  switch (command & COMMAND_TYPE) {
  case COMMAND_BITMASK:
    fits = bitmask_take(&r, v);
    break;
  case COMMAND_PCONTEXT:
    fits = pcontext_take(&r, v);
    break;
  case COMMAND_HEADER2:
    fits = header2_take(&r, v);
    break;
  default:
    if (command & COMMAND_MUST_PROCESS)
      return portero_local(PORTERO_LOCAL_UNSUPPORTED);
    fits = true;
    break;
  }
  return fits ? portero_ok() : portero_local(PORTERO_LOCAL_MALFORMED);
}

portero_status portero_verification_read(struct portero_bytes stub,
                                         struct portero_verification *out_trailer,
                                         size_t *out_stub_size)
{
  struct portero_verification v;
  struct portero_reader r;
  unsigned command = 0;
  size_t at;

  if (!signature_find(stub, &at))
    return portero_local(PORTERO_LOCAL_NOT_FOUND);
  memset(&v, 0, sizeof v);
  portero_reader_init(&r, stub, false);
  r.at = at + sizeof signature;
  while (!(command & COMMAND_END)) {
    struct portero_bytes value;
    portero_status status;
    command = portero_read_u16(&r, "command");
    value = portero_read_bytes(&r, portero_read_u16(&r, "length"), "value");
    status = portero_reader_finish(&r);
    if (portero_is_ok(status))
      status = command_take(command, value, &v);
    if (!portero_is_ok(status))
      return status;
  }
  *out_trailer = v;
  *out_stub_size = at;
  return portero_ok();
}

/* The last command carries the end mark; which one that is depends on what is there. */
static void command_put(struct portero_writer *w, enum command_type type, bool last, uint16_t size)
{
  portero_write_u16(w, (uint16_t)((unsigned)type | (last ? COMMAND_END : 0)));
  portero_write_u16(w, size);
}

static void header2_put(struct portero_writer *w, const struct portero_verification *v)
{
  portero_write_u8(w, v->header2.ptype);
  portero_write_zeros(w, 3);
  portero_write_bytes(w, v->header2.drep, sizeof v->header2.drep);
  portero_write_u32(w, v->header2.call_id);
  portero_write_u16(w, v->header2.context_id);
  portero_write_u16(w, v->header2.opnum);
}

void portero_verification_write(struct portero_writer *w, size_t stub_at,
                                const struct portero_verification *trailer)
{
  const struct portero_verification *v = trailer;
  bool big_endian = w->big_endian;

  w->big_endian = false;
  portero_write_align(w, stub_at, 4);
  portero_write_bytes(w, signature, sizeof signature);
  if (!v->has_bitmask && !v->has_pcontext && !v->has_header2)
    command_put(w, COMMAND_NOTHING, true, 0);
  if (v->has_bitmask) {
    command_put(w, COMMAND_BITMASK, !v->has_pcontext && !v->has_header2, BITMASK_SIZE);
    portero_write_u32(w, v->bitmask);
  }
  if (v->has_pcontext) {
    command_put(w, COMMAND_PCONTEXT, !v->has_header2, PCONTEXT_SIZE);
    portero_write_syntax(w, &v->interface);
    portero_write_syntax(w, &v->transfer);
  }
  if (v->has_header2) {
    command_put(w, COMMAND_HEADER2, true, HEADER2_SIZE);
    header2_put(w, v);
  }
  w->big_endian = big_endian;
}
