/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NDR primitives in any order. The first byte picks the encoding, the second says how many
 * operations follow, one byte each; the rest is the stub. What was read is written by the same
 * operations, and that reads and writes the same again.
 */
#include "fuzz/fuzz.h"

#include <portero/ndr.h>

#include <string.h>

#define ARENA_BUDGET (1u << 16)
#define STUB_LIMIT   (1u << 20)

struct io {
  struct portero_ndr_reader r;
  struct portero_ndr_writer w;
};

static void pass_number(struct io *io, unsigned operation)
{
  struct portero_uuid u;
  struct portero_syntax s;
  struct portero_handle h;

  switch (operation % 9) {
  case 0:
    portero_ndr_write_u8(&io->w, portero_ndr_read_u8(&io->r, "u8"));
    return;
  case 1:
    portero_ndr_write_u16(&io->w, portero_ndr_read_u16(&io->r, "u16"));
    return;
  case 2:
    portero_ndr_write_u32(&io->w, portero_ndr_read_u32(&io->r, "u32"));
    return;
  case 3:
    portero_ndr_write_u64(&io->w, portero_ndr_read_u64(&io->r, "u64"));
    return;
  case 4:
    portero_ndr_write_enum16(&io->w, portero_ndr_read_enum16(&io->r, "enum16"));
    return;
  case 5:
    portero_ndr_write_uint3264(&io->w, portero_ndr_read_uint3264(&io->r, "uint3264"));
    return;
  case 6:
    u = portero_ndr_read_uuid(&io->r, "uuid");
    portero_ndr_write_uuid(&io->w, &u);
    return;
  case 7:
    s = portero_ndr_read_syntax(&io->r, "syntax");
    portero_ndr_write_syntax(&io->w, &s);
    return;
  default:
    h = portero_ndr_read_handle(&io->r, "handle");
    portero_ndr_write_handle(&io->w, &h);
    return;
  }
}

static void pass_array(struct io *io)
{
  uint32_t count = portero_ndr_read_count(&io->r, 2, "array");

  FUZZ_CHECK(count <= portero_reader_left(&io->r.r) / 2);
  portero_ndr_write_size(&io->w, count);
  for (uint32_t i = 0; i < count; i++)
    portero_ndr_write_u16(&io->w, portero_ndr_read_u16(&io->r, "array[]"));
}

static void pass_slice(struct io *io)
{
  uint32_t max = portero_ndr_read_size(&io->r, "slice");
  uint32_t offset = 0;
  uint32_t actual = portero_ndr_read_varying(&io->r, max, 1, &offset, "slice");
  struct portero_bytes view = portero_ndr_read_bytes(&io->r, actual, "slice");

  if (portero_ndr_reader_ok(&io->r))
    FUZZ_CHECK(offset <= max && actual <= max - offset && view.size == actual);
  portero_ndr_write_size(&io->w, max);
  portero_ndr_write_size(&io->w, offset);
  portero_ndr_write_size(&io->w, actual);
  portero_ndr_write_bytes(&io->w, view.data, view.size);
}

static void pass_other(struct io *io, unsigned operation)
{
  switch (operation % 9) {
  case 0:
    portero_ndr_write_pointer(&io->w, portero_ndr_read_pointer(&io->r, "pointer"));
    return;
  case 1:
    pass_array(io);
    return;
  case 2:
    pass_slice(io);
    return;
  case 3:
    portero_ndr_write_string(&io->w, portero_ndr_read_string(&io->r, "string"));
    return;
  case 4:
    portero_ndr_write_wstring(&io->w, portero_ndr_read_wstring(&io->r, "wstring"));
    return;
  case 5:
    portero_ndr_write_varying_string(&io->w, portero_ndr_read_varying_string(&io->r, 64, "string"));
    return;
  case 6:
    portero_ndr_write_varying_wstring(&io->w,
                                      portero_ndr_read_varying_wstring(&io->r, 64, "wstring"));
    return;
  case 7:
    portero_ndr_read_align(&io->r, 8, "align");
    portero_ndr_write_align(&io->w, 8);
    return;
  default:
    portero_ndr_read_gap(&io->r, 8, "gap");
    portero_ndr_write_gap(&io->w, 8);
    return;
  }
}

/* Reads the stub and writes it to io->w; true when all of it could be done. */
static bool pass(struct io *io, struct portero_bytes operations, struct portero_bytes stub,
                 bool ndr64, bool big_endian)
{
  struct portero_arena arena;
  bool done;

  portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
  portero_ndr_reader_init(&io->r, stub, &arena, ndr64, big_endian);
  portero_ndr_writer_init(&io->w, &portero_mem_malloc, STUB_LIMIT, ndr64, big_endian);
  for (size_t i = 0; i < operations.size; i++) {
    if (operations.data[i] & 0x80)
      pass_other(io, operations.data[i] & 0x7f);
    else
      pass_number(io, operations.data[i]);
    FUZZ_CHECK(io->r.r.at <= stub.size);
  }
  done = portero_is_ok(portero_ndr_reader_finish(&io->r)) &&
         portero_is_ok(portero_ndr_writer_finish(&io->w));
  portero_arena_deinit(&arena);
  return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct portero_bytes operations, stub;
  struct io first, second;
  bool ndr64, big_endian;

  if (size < 2 || size - 2 < data[1])
    return 0;
  ndr64 = data[0] & 1;
  big_endian = !ndr64 && (data[0] & 2);
  operations = portero_bytes_make(data + 2, data[1]);
  stub = portero_bytes_make(data + 2 + data[1], size - 2 - data[1]);
  if (pass(&first, operations, stub, ndr64, big_endian)) {
    struct portero_bytes written = portero_ndr_writer_stub(&first.w);

    FUZZ_CHECK(pass(&second, operations, written, ndr64, big_endian));
    FUZZ_CHECK(portero_ndr_writer_stub(&second.w).size == written.size);
    FUZZ_CHECK(written.size == 0 ||
               memcmp(portero_ndr_writer_stub(&second.w).data, written.data, written.size) == 0);
    portero_writer_deinit(&second.w.w);
  }
  portero_writer_deinit(&first.w.w);
  return 0;
}
