/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that may block run on libuv's thread pool. */
#include "src/rpc/call.h"

static void worker_run(uv_work_t *work)
{
  struct portero_call *call = work->data;

  call->result = call->offer->iface->operations[call->opnum].run(call);
}

/* On the loop again. */
static void worker_done(uv_work_t *work, int cancelled)
{
  struct portero_call *call = work->data;
  struct rpc_loop *l = call->loop;

  l->n_works--;
  rpc_call_returned(call, cancelled ? portero_local(PORTERO_LOCAL_CANCELLED) : call->result);
  rpc_loop_send(l);
}

portero_status rpc_worker_start(struct portero_call *call)
{
  portero_status status = rpc_call_pend(call);
  int result;

  if (!portero_is_ok(status))
    return status;
  call->work.data = call;
  result = uv_queue_work(&call->loop->net.uv, &call->work, worker_run, worker_done);
  if (result == 0)
    call->loop->n_works++;
  return net_status(result);
}
