/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzing stubs: the first byte of an input picks the message (low four bits) and the encoding
 * (next two), the rest is the stub. What was read is written, and that reads and writes the same.
 */
#ifndef PORTERO_FUZZ_STUB_H
#define PORTERO_FUZZ_STUB_H

#include "fuzz/fuzz.h"

#include <portero/ndr.h>

#include <string.h>

/* Reads one message and, when that worked, writes it. */
typedef bool fuzz_message(struct portero_ndr_reader *r, struct portero_ndr_writer *w);

/* Large enough for any sane message; a writer that hits it has failed without harm. */
#define FUZZ_STUB_LIMIT (1u << 20)

static inline bool fuzz_pass(fuzz_message *message, struct portero_bytes stub, bool ndr64,
                             bool big_endian, struct portero_ndr_writer *w)
{
  struct portero_arena arena;
  struct portero_ndr_reader r;
  bool done;

  portero_arena_init(&arena, &portero_mem_malloc, FUZZ_STUB_LIMIT);
  portero_ndr_reader_init(&r, stub, &arena, ndr64, big_endian);
  portero_ndr_writer_init(w, &portero_mem_malloc, FUZZ_STUB_LIMIT, ndr64, big_endian);
  done = message(&r, w) && portero_is_ok(portero_ndr_writer_finish(w));
  portero_arena_deinit(&arena);
  return done;
}

static inline void fuzz_stub(fuzz_message *const *messages, size_t n_messages, const uint8_t *data,
                             size_t size)
{
  struct portero_ndr_writer first, second;
  fuzz_message *message;
  bool ndr64, big_endian;

  if (size == 0)
    return;
  message = messages[(data[0] & 0xf) % n_messages];
  ndr64 = data[0] & 0x20;
  big_endian = !ndr64 && (data[0] & 0x10);
  if (fuzz_pass(message, portero_bytes_make(data + 1, size - 1), ndr64, big_endian, &first)) {
    struct portero_bytes written = portero_ndr_writer_stub(&first);

    FUZZ_CHECK(fuzz_pass(message, written, ndr64, big_endian, &second));
    FUZZ_CHECK(portero_ndr_writer_stub(&second).size == written.size);
    FUZZ_CHECK(memcmp(portero_ndr_writer_stub(&second).data, written.data, written.size) == 0);
    portero_writer_deinit(&second.w);
  }
  portero_writer_deinit(&first.w);
}

/* A fuzz_message from a read and a write function of one struct. */
#define FUZZ_MESSAGE(name, type)                                                                   \
  static bool name(struct portero_ndr_reader *r, struct portero_ndr_writer *w)                     \
  {                                                                                                \
    type m;                                                                                        \
    if (!portero_is_ok(portero_##name##_read(r, &m)))                                              \
      return false;                                                                                \
    portero_##name##_write(w, &m);                                                                 \
    return true;                                                                                   \
  }

/* The same for a message that is one number. */
#define FUZZ_NUMBER(name)                                                                          \
  static bool name(struct portero_ndr_reader *r, struct portero_ndr_writer *w)                     \
  {                                                                                                \
    uint32_t value;                                                                                \
    if (!portero_is_ok(portero_##name##_read(r, &value)))                                          \
      return false;                                                                                \
    portero_##name##_write(w, value);                                                              \
    return true;                                                                                   \
  }

#endif
