/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/ndr.h>

void portero_ndr_reader_init(struct portero_ndr_reader *n, struct portero_bytes stub,
                             struct portero_arena *arena, bool ndr64, bool big_endian)
{
  portero_reader_init(&n->r, stub, big_endian);
  n->arena = arena;
  n->ndr64 = ndr64;
  n->failure = portero_ok();
  n->depth = PORTERO_NDR_DEPTH;
  n->full = NULL;
  memset(n->rest, 0, sizeof n->rest);
  if (ndr64 && big_endian)
    portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, "byte order");
}

portero_status portero_ndr_reader_finish(const struct portero_ndr_reader *n)
{
  if (n->r.failed && !portero_is_ok(n->failure))
    return n->failure;
  return portero_reader_finish(&n->r);
}

uint16_t portero_ndr_read_enum16(struct portero_ndr_reader *n, const char *what)
{
  uint32_t v;

  if (!n->ndr64)
    return portero_ndr_read_u16(n, what);
  v = portero_ndr_read_u32(n, what);
  if (v <= UINT16_MAX)
    return (uint16_t)v;
  portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
  return 0;
}

uint32_t portero_ndr_read_size(struct portero_ndr_reader *n, const char *what)
{
  uint64_t v = portero_ndr_read_uint3264(n, what);

  if (v <= UINT32_MAX)
    return (uint32_t)v;
  portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
  return 0;
}

/* Can count elements of min_size bytes each be in what is left? Fails the reader when not. */
static bool elements_fit(struct portero_ndr_reader *n, uint32_t count, size_t min_size,
                         const char *what)
{
  size_t size = min_size ? min_size : 1;

  if (portero_ndr_reader_ok(n) && count <= portero_reader_left(&n->r) / size)
    return true;
  portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
  return false;
}

uint32_t portero_ndr_read_count(struct portero_ndr_reader *n, size_t min_size, const char *what)
{
  uint32_t count = portero_ndr_read_size(n, what);

  return elements_fit(n, count, min_size, what) ? count : 0;
}

uint32_t portero_ndr_read_varying(struct portero_ndr_reader *n, uint32_t max, size_t min_size,
                                  uint32_t *out_offset, const char *what)
{
  uint32_t offset = portero_ndr_read_size(n, what);
  uint32_t actual = portero_ndr_read_size(n, what);

  if (!elements_fit(n, actual, min_size, what))
    return 0;
  if (offset > max || actual > max - offset || (!out_offset && offset != 0)) {
    portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
    return 0;
  }
  if (out_offset)
    *out_offset = offset;
  return actual;
}

void *portero_ndr_reader_alloc(struct portero_ndr_reader *n, size_t count, size_t size,
                               const char *what)
{
  void *block = NULL;

  if (portero_ndr_reader_ok(n) && n->arena)
    block = portero_arena_array(n->arena, count, size);
  if (!block)
    portero_ndr_reader_fail(n, PORTERO_LOCAL_LIMIT, what);
  return block;
}

struct portero_uuid portero_ndr_read_uuid(struct portero_ndr_reader *n, const char *what)
{
  portero_read_align(&n->r, 4, what);
  return portero_read_uuid(&n->r, what);
}

struct portero_syntax portero_ndr_read_syntax(struct portero_ndr_reader *n, const char *what)
{
  struct portero_syntax s;

  s.uuid = portero_ndr_read_uuid(n, what);
  s.major = portero_read_u16(&n->r, what);
  s.minor = portero_read_u16(&n->r, what);
  return s;
}

struct portero_handle portero_ndr_read_handle(struct portero_ndr_reader *n, const char *what)
{
  struct portero_handle h;

  h.attributes = portero_ndr_read_u32(n, what);
  h.uuid = portero_read_uuid(&n->r, what);
  return h;
}
