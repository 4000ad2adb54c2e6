/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

portero_status net_status(int uv_error)
{
  if (uv_error >= 0)
    return portero_ok();
  if (uv_error == UV_EOF)
    return portero_local(PORTERO_LOCAL_CLOSED);
  if (uv_error == UV_ENOMEM)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)-uv_error); /* on Unix: -errno */
}

static void loop_on_timer(uv_timer_t *timer);

static void loop_set_timer(struct net_loop *l)
{
  uint64_t next = net_deadlines_next(&l->deadlines), now = uv_now(&l->uv);

  if (next == l->timer_at)
    return;
  l->timer_at = next;
  if (next == NET_NEVER)
    (void)uv_timer_stop(&l->timer);
  else
    (void)uv_timer_start(&l->timer, loop_on_timer, next > now ? next - now : 0, 0);
}

static void loop_on_timer(uv_timer_t *timer)
{
  struct net_loop *l = timer->data;
  uint64_t now = uv_now(&l->uv);
  struct net_deadline *d;

  l->timer_at = NET_NEVER;
  while ((d = net_deadlines_take(&l->deadlines, now)) != NULL)
    d->due(d);
  loop_set_timer(l);
}

void net_loop_at(struct net_loop *l, struct net_deadline *d, uint64_t at)
{
  /* Without memory for one more deadline the timeout is lost, the connection is not. */
  (void)net_deadlines_set(&l->deadlines, d, at);
  loop_set_timer(l);
}

static void loop_on_tidy(uv_idle_t *tidy)
{
  struct net_loop *l = tidy->data;

  if (!net_pages_tidy(&l->pool.pages))
    (void)uv_idle_stop(tidy);
}

static void loop_on_untidy(void *ctx)
{
  struct net_loop *l = ctx;

  (void)uv_idle_start(&l->tidy, loop_on_tidy);
}

portero_status net_loop_init(struct net_loop *l)
{
  uint8_t *buffer = malloc(NET_READ_SIZE);
  int result;

  if (!buffer)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  result = uv_loop_init(&l->uv);
  if (result < 0) {
    free(buffer);
    return net_status(result);
  }
  net_pool_init(&l->pool);
  l->pool.pages.untidy = loop_on_untidy;
  l->pool.pages.ctx = l;
  (void)uv_idle_init(&l->uv, &l->tidy);
  l->tidy.data = l;
  net_deadlines_init(&l->deadlines);
  (void)uv_timer_init(&l->uv, &l->timer);
  l->timer.data = l;
  l->timer_at = NET_NEVER;
  l->buffer = buffer;
  (void)uv_idle_init(&l->uv, &l->turn);
  l->turn.data = l;
  l->waiting = l->closing = (struct net_line){NULL, NULL, 0};
  l->n_closed = 0;
  l->conns = NULL;
  l->n_conns = 0;
  l->pdus_in = l->pdus_out = 0;
  return portero_ok();
}

void net_loop_deinit(struct net_loop *l)
{
  uv_close((uv_handle_t *)&l->timer, NULL);
  uv_close((uv_handle_t *)&l->turn, NULL);
  l->pool.pages.untidy = NULL;
  uv_close((uv_handle_t *)&l->tidy, NULL);
  while (uv_loop_close(&l->uv) == UV_EBUSY)
    (void)uv_run(&l->uv, UV_RUN_ONCE);
  net_deadlines_deinit(&l->deadlines);
  net_pool_deinit(&l->pool);
  free(l->buffer);
}

void net_loop_run(struct net_loop *l)
{
  static const struct timespec at_once = {0, 0};
  sigset_t pipe, before;

  (void)sigemptyset(&pipe);
  (void)sigaddset(&pipe, SIGPIPE);
  (void)pthread_sigmask(SIG_BLOCK, &pipe, &before);
  (void)uv_run(&l->uv, UV_RUN_DEFAULT);
  if (sigismember(&before, SIGPIPE) == 0) {
    while (sigtimedwait(&pipe, NULL, &at_once) == SIGPIPE)
      ;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
}
