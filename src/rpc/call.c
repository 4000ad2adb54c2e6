/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/call.h"

#include <stdlib.h>

#define IDLE_CALLS     64u                /* kept by a loop */
#define IDLE_BYTES     (64u << 10)        /* of each buffer that an idle call keeps */
#define RESPONSE_LIMIT ((size_t)64 << 20) /* bytes of one response's stub */

/* ---- the pool ---- */

static struct portero_call *call_new(struct rpc_loop *l)
{
  struct portero_call *call = calloc(1, sizeof *call);

  if (!call)
    return NULL;
  call->loop = l;
  rpc_account_init(&call->account, l->server->limiter, &portero_mem_malloc);
  call->held = call->held_inline;
  call->held_capacity = RPC_HELD_INLINE;
  portero_arena_init(&call->arena, &call->account.mem, RPC_DEFAULT_BUDGET);
  portero_ndr_writer_init(&call->out, &call->account.mem, RESPONSE_LIMIT, false, false);
  portero_writer_init(&call->kept, &call->account.mem, SIZE_MAX);
  return call;
}

static void call_free(struct portero_call *call)
{
  portero_arena_deinit(&call->arena);
  portero_writer_deinit(&call->out.w);
  portero_writer_deinit(&call->kept);
  rpc_account_deinit(&call->account);
  free(call);
}

static void writer_trim(struct portero_writer *w)
{
  const struct portero_mem *mem = w->mem;
  size_t limit = w->limit;

  portero_writer_reset(w);
  if (w->capacity <= IDLE_BYTES)
    return;
  portero_writer_deinit(w);
  portero_writer_init(w, mem, limit);
}

/* A large call leaves nothing large behind. */
static void call_recycle(struct portero_call *call)
{
  struct rpc_loop *l = call->loop;

  if (l->n_idle_calls >= IDLE_CALLS || rpc_memory_is_short(l->server->limiter)) {
    call_free(call);
    return;
  }
  portero_arena_reset(&call->arena);
  if ((size_t)(call->arena.end - call->arena.at) > IDLE_BYTES)
    portero_arena_deinit(&call->arena);
  writer_trim(&call->out.w);
  writer_trim(&call->kept);
  rpc_account_end(&call->account);
  call->next = l->idle_calls;
  l->idle_calls = call;
  l->n_idle_calls++;
}

static struct portero_call *call_take(struct rpc_loop *l)
{
  struct portero_call *call = l->idle_calls;

  if (!call)
    return call_new(l);
  l->idle_calls = call->next;
  l->n_idle_calls--;
  return call;
}

void rpc_calls_free(struct rpc_loop *l)
{
  while (l->idle_calls) {
    struct portero_call *call = l->idle_calls;
    l->idle_calls = call->next;
    call_free(call);
  }
  l->n_idle_calls = 0;
}

/* ---- begin ---- */

static void call_set_budget(struct portero_call *call)
{
  size_t budget = call->offer->iface->arena_budget;

  call->arena.full_budget = budget ? budget : RPC_DEFAULT_BUDGET;
  call->arena.budget = call->arena.full_budget;
}

struct portero_call *rpc_call_begin(struct rpc_conn *c, struct portero_assoc_call *assoc,
                                    const struct rpc_offer *offer)
{
  struct portero_call *call = call_take(rpc_conn_loop(c));

  if (!call)
    return NULL;
  call->conn = c;
  call->assoc = assoc;
  call->offer = offer;
  call->group = c->group;
  call->opnum = assoc->opnum;
  call->level = rpc_call_worth(assoc);
  call->security = assoc->security;
  call->has_object = assoc->has_object;
  call->object = assoc->object;
  call->pending = call->deferred = call->returned = call->finished = call->has_peer =
      call->has_views = false;
  call->cancelled = assoc->cancelled;
  rpc_account_begin(&call->account, c->share.source);
  call_set_budget(call);
  portero_ndr_reader_init(&call->in, assoc->stub, &call->arena, assoc->context->ndr64,
                          assoc->big_endian);
  call->out.ndr64 = assoc->context->ndr64;
  portero_ndr_writer_start(&call->out);
  return call;
}

static void call_link(struct portero_call *call)
{
  struct rpc_conn *c = call->conn;

  call->before = NULL;
  call->behind = c->calls;
  if (call->behind)
    call->behind->before = call;
  c->calls = call;
}

static void call_unlink(struct portero_call *call)
{
  struct rpc_conn *c = call->conn;

  if (call->before)
    call->before->behind = call->behind;
  else
    c->calls = call->behind;
  if (call->behind)
    call->behind->before = call->before;
}

portero_status rpc_call_pend(struct portero_call *call)
{
  struct portero_bytes stub = portero_bytes_make(call->in.r.base, call->in.r.size);

  if (call->pending)
    return portero_ok();
  portero_write_bytes(&call->kept, stub.data, stub.size);
  if (!portero_is_ok(portero_writer_finish(&call->kept)))
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  call->in.r.base = call->kept.base;
  (void)portero_call_peer(call);
  call->assoc->user = call;
  call->mailbox = call->loop->mailbox;
  rpc_mailbox_hold(call->mailbox);
  rpc_account_hold(&call->account);
  rpc_group_hold(call->group);
  if (call->security)
    (void)portero_security_hold(call->security);
  rpc_visit_hold(call);
  call_link(call);
  call->loop->n_pending++;
  call->pending = true;
  return portero_ok();
}

/* ---- end ---- */

/* What a handler's failure is on the wire. */
static uint32_t fault_of(portero_status status)
{
  if (status.klass == PORTERO_CLASS_FAULT)
    return status.code;
  if (portero_is_local(status, PORTERO_LOCAL_SHORT) ||
      portero_is_local(status, PORTERO_LOCAL_MALFORMED))
    return PORTERO_FAULT_BAD_STUB_DATA;
  if (portero_is_local(status, PORTERO_LOCAL_NO_MEMORY))
    return PORTERO_FAULT_NO_MEMORY;
  if (portero_is_local(status, PORTERO_LOCAL_CANCELLED))
    return PORTERO_FAULT_CANCELLED;
  return PORTERO_FAULT_UNSPECIFIED;
}

/* A handler that overlooked broken arguments or results has not succeeded. */
static portero_status call_verdict(const struct portero_call *call, portero_status status)
{
  if (portero_is_ok(status))
    status = portero_ndr_reader_finish(&call->in);
  if (!portero_is_ok(status))
    return status;
  status = portero_ndr_writer_finish(&call->out);
  return portero_is_local(status, PORTERO_LOCAL_LIMIT) ? portero_local(PORTERO_LOCAL_NO_MEMORY)
                                                       : status;
}

static void call_answer(struct portero_call *call, portero_status status)
{
  struct portero_server_assoc *a = call->conn->net.assoc;
  uint32_t pdus_in, pdus_out, fault = 0;

  portero_server_assoc_pdus(a, &pdus_in, &pdus_out);
  status = call_verdict(call, status);
  call->assoc->user = NULL;
  if (portero_is_ok(status)) {
    status = portero_server_assoc_respond(a, call->assoc, portero_ndr_writer_stub(&call->out));
    fault = portero_is_ok(status) ? 0 : PORTERO_FAULT_NO_MEMORY; /* it did not fit */
    net_count(&call->loop->counters.calls_out, 1);
  } else {
    fault = fault_of(status);
    portero_server_assoc_fault(a, call->assoc, fault, true);
  }
  rpc_visit_answered(call, fault, pdus_out);
}

static void call_unpend(struct portero_call *call)
{
  call->pending = false;
  call->loop->n_pending--;
  rpc_group_release(call->group);
  portero_security_release(call->security);
  call->security = NULL;
  rpc_mailbox_release(call->mailbox);
}

void rpc_call_complete(struct portero_call *call, portero_status status)
{
  if (call->conn)
    call_answer(call, status);
  rpc_call_give_handles(call);
  if (call->pending && call->conn) {
    call_unlink(call);
    rpc_loop_mark(call->loop, call->conn);
  }
  if (call->pending)
    call_unpend(call);
  rpc_visit_leave(call);
  call_recycle(call);
}

/* Both must have happened, in whichever order. */
static void call_check_end(struct portero_call *call)
{
  if (call->returned && (!call->deferred || call->finished))
    rpc_call_complete(call, call->deferred ? call->final : call->result);
}

void rpc_call_returned(struct portero_call *call, portero_status status)
{
  call->result = status;
  call->returned = true;
  call_check_end(call);
}

void rpc_call_finished(struct portero_call *call)
{
  call->finished = true;
  call_check_end(call);
}

void rpc_call_lose(struct portero_call *call)
{
  rpc_visit_lost(call);
  call_unlink(call);
  call->conn = NULL;
  call->assoc = NULL;
  __atomic_store_n(&call->cancelled, true, __ATOMIC_RELAXED);
}

void rpc_call_abandon(struct portero_call *call)
{
  rpc_call_give_handles(call);
  rpc_group_release(call->group);
  portero_security_release(call->security);
  rpc_mailbox_release(call->mailbox);
  rpc_visit_leave(call);
  call_free(call);
}

/* ---- for handlers ---- */

void *portero_call_user(const struct portero_call *call)
{
  return call->offer->user;
}

struct portero_server *portero_call_server(const struct portero_call *call)
{
  return call->loop->server;
}

struct portero_ndr_reader *portero_call_in(struct portero_call *call)
{
  return &call->in;
}

struct portero_ndr_writer *portero_call_out(struct portero_call *call)
{
  return &call->out;
}

struct portero_arena *portero_call_arena(struct portero_call *call)
{
  return &call->arena;
}

const struct portero_peer *portero_call_peer(const struct portero_call *call)
{
  struct portero_call *own = (struct portero_call *)(uintptr_t)call; /* filled on demand */

  if (!own->has_peer) {
    rpc_peer_describe(&own->conn->net.ends, own->conn->endpoint->protseq, &own->peer);
    own->has_peer = true;
  }
  return &own->peer;
}

size_t rpc_call_groups(const struct portero_call *call, uint32_t **out_groups)
{
  uv_os_fd_t fd;

  *out_groups = NULL;
  if (!call->conn || !call->conn->net.ends.has_credentials ||
      uv_fileno(&call->conn->net.uv.handle, &fd) != 0)
    return 0;
  return net_peer_groups(fd, out_groups);
}

bool rpc_call_peer_lives(const struct portero_call *call)
{
  uv_os_fd_t fd;

  return call->conn && uv_fileno(&call->conn->net.uv.handle, &fd) == 0 && net_peer_lives(fd);
}

bool portero_call_peer_in_group(const struct portero_call *call, uint32_t gid)
{
  uv_os_fd_t fd;

  if (!call->conn || !call->conn->net.ends.has_credentials)
    return false;
  return call->conn->net.ends.gid == gid ||
         (uv_fileno(&call->conn->net.uv.handle, &fd) == 0 && net_peer_in_group(fd, gid));
}

const struct portero_uuid *portero_call_object(const struct portero_call *call)
{
  return call->has_object ? &call->object : NULL;
}

uint16_t portero_call_opnum(const struct portero_call *call)
{
  return call->opnum;
}

uint32_t portero_call_group(const struct portero_call *call)
{
  return call->group->id;
}

uint8_t portero_call_level(const struct portero_call *call)
{
  return call->level;
}

bool portero_call_cancelled(const struct portero_call *call)
{
  return __atomic_load_n(&call->cancelled, __ATOMIC_RELAXED);
}

portero_status portero_call_defer(struct portero_call *call)
{
  portero_status status;

  if (call->deferred || call->has_views)
    return portero_local(PORTERO_LOCAL_STATE);
  status = rpc_call_pend(call);
  if (portero_is_ok(status))
    call->deferred = true;
  return status;
}

void portero_call_finish(struct portero_call *call, portero_status status)
{
  call->final = status;
  if (!rpc_mailbox_finish(call->mailbox, call))
    rpc_call_abandon(call);
}
