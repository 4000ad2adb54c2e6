/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/stub_pass.h"

#include <stdlib.h>

#include "tests/unit/support.h"

#define ARENA_SIZE ((size_t)4 << 20)

struct portero_ndr_writer stub_writer(enum stub_encoding encoding)
{
  struct portero_ndr_writer w;

  portero_ndr_writer_init(&w, &portero_mem_malloc, 1 << 20, encoding == STUB_NDR64,
                          encoding == STUB_BIG);
  return w;
}

void stub_write(const struct stub_message *m, const void *params, struct portero_ndr_writer *w)
{
  struct portero_arena arena;

  portero_arena_init(&arena, &portero_mem_malloc, ARENA_SIZE);
  portero_stub_write_params(m->stub, &m->stub->ops[m->opnum], m->direction, params, &arena, w);
  portero_arena_deinit(&arena);
}

portero_status stub_pass(const struct stub_message *m, enum stub_encoding encoding, uint32_t max,
                         struct portero_bytes bytes, struct portero_ndr_writer *w, char **out_text)
{
  const struct portero_stub_op *op = &m->stub->ops[m->opnum];
  struct portero_arena arena;
  struct portero_ndr_reader r;
  portero_status status;
  char *told = NULL;
  size_t size;
  void *params;
  FILE *text = open_memstream(&told, &size);

  assert_non_null(text);
  portero_arena_init(&arena, &portero_mem_malloc, ARENA_SIZE);
  params = portero_arena_alloc(&arena, op->size);
  assert_non_null(params);
  if (m->given)
    m->given(params, max);
  portero_ndr_reader_init(&r, bytes, &arena, encoding == STUB_NDR64, encoding == STUB_BIG);
  portero_stub_read_params(m->stub, op, m->direction, params, &r);
  status = portero_ndr_reader_finish(&r);
  if (portero_is_ok(status)) {
    m->tell(text, params);
    stub_write(m, params, w);
  }
  (void)fclose(text);
  if (out_text)
    *out_text = told;
  else
    free(told);
  portero_arena_deinit(&arena);
  return status;
}
