/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/stub.h>

static const struct portero_stub_codec *codec_of(const struct portero_stub_op *op,
                                                 enum portero_direction direction)
{
  return direction == PORTERO_DIRECTION_IN ? &op->in : &op->out;
}

static portero_status table_of(const struct portero_stub *s, const struct portero_stub_op *op,
                               struct portero_arena *arena, struct portero_types *out_types,
                               const struct portero_op **out_op)
{
  const struct portero_iface *iface;
  portero_status status =
      portero_types_load(portero_bytes_make(s->table, s->table_size), arena, out_types, NULL);

  if (!portero_is_ok(status))
    return status;
  iface = portero_types_iface(out_types, &s->id);
  *out_op = iface ? portero_types_op(out_types, iface, op->opnum) : NULL;
  return *out_op ? status : portero_local(PORTERO_LOCAL_USAGE);
}

/* Full pointers need memory to be known again. */
static void write_directly(portero_stub_write *write, enum portero_direction direction,
                           const void *params, struct portero_arena *arena,
                           struct portero_ndr_writer *w)
{
  bool lent = w->arena == NULL;

  if (lent)
    w->arena = arena;
  if (direction == PORTERO_DIRECTION_OUT)
    portero_ndr_write_answer(w);
  write(w, params);
  if (lent) {
    w->arena = NULL;
    w->full = NULL;
  }
}

static void write_wire(const struct portero_stub *s, const struct portero_stub_op *op,
                       enum portero_direction direction, const void *params,
                       struct portero_arena *arena, struct portero_ndr_writer *w)
{
  portero_stub_write *write = codec_of(op, direction)->write[w->ndr64];
  const struct portero_op *table_op;
  struct portero_types types;

  if (write && !w->w.big_endian)
    write_directly(write, direction, params, arena, w);
  else if (portero_is_ok(table_of(s, op, arena, &types, &table_op)))
    portero_types_write_call(&types, table_op, direction, params, w);
  else
    portero_ndr_writer_fail(w, PORTERO_LOCAL_NO_MEMORY);
}

static void read_wire(const struct portero_stub *s, const struct portero_stub_op *op,
                      enum portero_direction direction, void *params, struct portero_ndr_reader *r)
{
  portero_stub_read *read = codec_of(op, direction)->read[r->ndr64];
  const struct portero_op *table_op;
  struct portero_types types;

  if (read && !r->r.big_endian)
    read(r, params);
  else if (portero_is_ok(table_of(s, op, r->arena, &types, &table_op)))
    portero_types_read_call(&types, table_op, direction, false, params, r);
  else
    portero_ndr_reader_fail(r, PORTERO_LOCAL_NO_MEMORY, "type table");
}

/* ---- with the program's own types ---- */

static uint16_t members_of(enum portero_direction direction)
{
  return direction == PORTERO_DIRECTION_IN ? PORTERO_MEMBER_IN : PORTERO_MEMBER_OUT;
}

static void write_hooked(const struct portero_stub *s, const struct portero_stub_op *op,
                         enum portero_direction direction, const void *params,
                         struct portero_arena *arena, struct portero_ndr_writer *w)
{
  struct portero_stub_hook_run run = {arena, portero_ok(), NULL, PORTERO_NDR_DEPTH};
  void *wire = portero_arena_alloc(arena, op->hook->size);

  if (!wire) {
    portero_ndr_writer_fail(w, PORTERO_LOCAL_NO_MEMORY);
    return;
  }
  op->hook->to_wire(&run, params, members_of(direction), wire);
  if (portero_is_ok(run.status))
    write_wire(s, op, direction, wire, arena, w);
  else
    portero_ndr_writer_fail_with(w, run.status, run.what);
}

/* What comes back is read beside the arguments that were sent: they may say how much of it. */
static void read_hooked(const struct portero_stub *s, const struct portero_stub_op *op,
                        enum portero_direction direction, void *params,
                        struct portero_ndr_reader *r)
{
  struct portero_stub_hook_run run = {r->arena, portero_ok(), NULL, PORTERO_NDR_DEPTH};
  void *wire = portero_arena_alloc(r->arena, op->hook->size);

  if (!wire) {
    portero_ndr_reader_fail(r, PORTERO_LOCAL_LIMIT, op->name);
    return;
  }
  op->hook->to_wire(&run, params, 0, wire);
  read_wire(s, op, direction, wire, r);
  if (!portero_ndr_reader_ok(r))
    return;
  op->hook->from_wire(&run, wire, members_of(direction), params);
  if (!portero_is_ok(run.status))
    portero_ndr_reader_fail_with(r, run.status, run.what);
}

void portero_stub_write_params(const struct portero_stub *s, const struct portero_stub_op *op,
                               enum portero_direction direction, const void *params,
                               struct portero_arena *arena, struct portero_ndr_writer *w)
{
  if (op->hook)
    write_hooked(s, op, direction, params, arena, w);
  else
    write_wire(s, op, direction, params, arena, w);
}

void portero_stub_read_params(const struct portero_stub *s, const struct portero_stub_op *op,
                              enum portero_direction direction, void *params,
                              struct portero_ndr_reader *r)
{
  if (op->hook)
    read_hooked(s, op, direction, params, r);
  else
    read_wire(s, op, direction, params, r);
}
