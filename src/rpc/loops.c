/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "src/rpc/door.h"

/* ---- mail ---- */

static struct rpc_mailbox *mailbox_new(uv_async_t *wake)
{
  struct rpc_mailbox *m = calloc(1, sizeof *m);

  if (!m)
    return NULL;
  (void)pthread_mutex_init(&m->lock, NULL);
  m->wake = wake;
  m->takes_moves = true;
  m->holders = 1;
  return m;
}

void rpc_mailbox_hold(struct rpc_mailbox *m)
{
  (void)__atomic_add_fetch(&m->holders, 1, __ATOMIC_RELAXED);
}

void rpc_mailbox_release(struct rpc_mailbox *m)
{
  if (__atomic_sub_fetch(&m->holders, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  (void)pthread_mutex_destroy(&m->lock);
  free(m);
}

void rpc_mailbox_wake(struct rpc_mailbox *m)
{
  (void)pthread_mutex_lock(&m->lock);
  if (m->wake)
    (void)uv_async_send(m->wake);
  (void)pthread_mutex_unlock(&m->lock);
}

bool rpc_mailbox_move(struct rpc_mailbox *m, struct rpc_move *move)
{
  bool taken;

  (void)pthread_mutex_lock(&m->lock);
  taken = m->wake && m->takes_moves;
  if (taken) {
    move->next = m->moves;
    m->moves = move;
    (void)uv_async_send(m->wake);
  }
  (void)pthread_mutex_unlock(&m->lock);
  return taken;
}

bool rpc_mailbox_finish(struct rpc_mailbox *m, struct portero_call *call)
{
  bool taken;

  (void)pthread_mutex_lock(&m->lock);
  taken = m->wake != NULL;
  if (taken) {
    call->next = m->finished;
    m->finished = call;
    (void)uv_async_send(m->wake);
  }
  (void)pthread_mutex_unlock(&m->lock);
  return taken;
}

static void mailbox_empty(struct rpc_mailbox *m, bool close, struct rpc_move **out_moves,
                          struct portero_call **out_finished, struct rpc_eviction **out_evictions)
{
  (void)pthread_mutex_lock(&m->lock);
  *out_moves = m->moves;
  *out_finished = m->finished;
  *out_evictions = m->evictions;
  m->moves = NULL;
  m->finished = NULL;
  m->evictions = NULL;
  if (close)
    m->wake = NULL;
  (void)pthread_mutex_unlock(&m->lock);
}

void rpc_loop_mark(struct rpc_loop *l, struct rpc_conn *c)
{
  if (c->answered)
    return;
  c->answered = true;
  c->next_answered = l->answered;
  l->answered = c;
}

void rpc_loop_unmark(struct rpc_loop *l, struct rpc_conn *c)
{
  struct rpc_conn **at = &l->answered;

  if (!c->answered)
    return;
  while (*at != c)
    at = &(*at)->next_answered;
  *at = c->next_answered;
  c->answered = false;
}

void rpc_loop_send(struct rpc_loop *l)
{
  while (l->answered) {
    struct rpc_conn *c = l->answered;
    l->answered = c->next_answered;
    c->answered = false;
    net_conn_kick(&c->net);
    rpc_drain_conn(c);
  }
  rpc_drain_check(l);
}

/* The mailbox is a stack; calls are answered in the order in which they were finished. */
static void loop_answer(struct portero_call *newest)
{
  struct portero_call *oldest = NULL;

  while (newest) {
    struct portero_call *call = newest;
    newest = call->next;
    call->next = oldest;
    oldest = call;
  }
  while (oldest) {
    struct portero_call *call = oldest;
    oldest = call->next;
    rpc_call_finished(call);
  }
}

static void loop_on_wake(uv_async_t *wake)
{
  struct rpc_loop *l = wake->data;
  struct rpc_eviction *evictions;
  struct portero_call *finished;
  struct rpc_move *moves;

  rpc_door_turn(l);
  mailbox_empty(l->mailbox, false, &moves, &finished, &evictions);
  while (moves) {
    struct rpc_move *move = moves;
    moves = move->next;
    rpc_conn_arrive(l, move);
  }
  loop_answer(finished);
  rpc_loop_send(l);
  rpc_loop_evict(l, evictions);
  rpc_limits_woken(l->server->limiter, l);
  rpc_told_woken(l);
  rpc_shed(l);
  if (rpc_server_is_stopping(l->server))
    rpc_loop_drain(l);
}

/* ---- life ---- */

portero_status rpc_loop_init(struct rpc_loop *l, struct portero_server *s, unsigned index)
{
  portero_status status = net_loop_init(&l->net);
  int result;

  if (!portero_is_ok(status))
    return status;
  l->server = s;
  l->index = index;
  rpc_groups_init(&l->groups, index, s->options.max_handles);
  l->mailbox = mailbox_new(&l->wake);
  result = l->mailbox ? uv_async_init(&l->net.uv, &l->wake, loop_on_wake) : UV_ENOMEM;
  if (result < 0) {
    free(l->mailbox);
    net_loop_deinit(&l->net);
    return net_status(result);
  }
  l->wake.data = l;
  rpc_limits_join(s->limiter, l->mailbox);
  return portero_ok();
}

void rpc_loop_deinit(struct rpc_loop *l)
{
  struct rpc_eviction *evictions;
  struct portero_call *finished;
  struct rpc_move *moves;

  /* A handler on the worker pool can only be waited for. */
  while (l->n_works > 0)
    (void)uv_run(&l->net.uv, UV_RUN_ONCE);
  mailbox_empty(l->mailbox, true, &moves, &finished, &evictions);
  rpc_loop_evict(NULL, evictions);
  while (moves) {
    struct rpc_move *move = moves;
    moves = move->next;
    rpc_move_free(move);
  }
  loop_answer(finished);
  rpc_mailbox_release(l->mailbox);
  uv_close((uv_handle_t *)&l->wake, NULL);
  net_loop_deinit(&l->net);
  rpc_calls_free(l);
  rpc_groups_deinit(&l->groups);
  rpc_rules_release(l->rules);
}
