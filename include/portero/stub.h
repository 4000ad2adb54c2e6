/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What generated code is made of: descriptions of operations, and the inline functions with which
 * it reads and writes stubs. Written by `portero idl`; programs include what that generates.
 *
 * Generated marshalling functions work on little-endian stubs, NDR and NDR64 each with functions of
 * its own; anything else (a big-endian peer, an operation that has no functions) goes through the
 * type table, with the same values.
 */
#ifndef PORTERO_STUB_H
#define PORTERO_STUB_H

#include <portero/ndr.h>
#include <portero/types.h>

PORTERO_BEGIN_DECLS

typedef void portero_stub_write(struct portero_ndr_writer *w, const void *params);
typedef void portero_stub_read(struct portero_ndr_reader *r, void *params);

/* One direction of one operation: [0] NDR, [1] NDR64. NULL: by the type table. */
struct portero_stub_codec {
  portero_stub_write *write[2];
  portero_stub_read *read[2];
};

struct portero_stub_op {
  const char *name;
  uint16_t opnum;
  uint16_t flags; /* PORTERO_OP_ */
  uint32_t size;  /* of the parameters' struct */
  struct portero_stub_codec in, out;
};

/* An interface's stubs: static, generated. */
struct portero_stub {
  const char *name;
  struct portero_syntax id;
  const struct portero_stub_op
      *ops; /* by opnum, no holes: reserved ones are there with their flag */
  uint32_t n_ops;
  const uint8_t *table; /* type table */
  uint32_t table_size;
};

/*
 * The parameters of one direction: by the generated functions where they can, by the table where
 * they cannot; a table is loaded into arena for that one use. Failures are sticky in w and r.
 */
void portero_stub_write_params(const struct portero_stub *s, const struct portero_stub_op *op,
                               enum portero_direction direction, const void *params,
                               struct portero_arena *arena, struct portero_ndr_writer *w);
void portero_stub_read_params(const struct portero_stub *s, const struct portero_stub_op *op,
                              enum portero_direction direction, void *params,
                              struct portero_ndr_reader *r);

PORTERO_END_DECLS

#endif
