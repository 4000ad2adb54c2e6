/* SPDX-License-Identifier: Apache-2.0 */
/* A Windows program: serves our test interface on a TCP port. usage: lab_server PORT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

#include <rpc.h>

#include "lab.h"

void *__RPC_USER midl_user_allocate(SIZE_T size)
{
  return malloc(size);
}

void __RPC_USER midl_user_free(void *block)
{
  free(block);
}

void __RPC_USER counter_rundown(counter left)
{
  printf("run down\n");
  fflush(stdout);
  free(left);
}

static wchar_t *copy(const wchar_t *text)
{
  size_t size = (wcslen(text) + 1) * sizeof *text;
  wchar_t *to = midl_user_allocate(size);

  if (to)
    memcpy(to, text, size);
  return to;
}

void Ping(void)
{
}

long AddOne(long value)
{
  return value + 1;
}

long EchoStr(wchar_t *text, wchar_t **echoed)
{
  *echoed = copy(text);
  return (long)wcslen(text);
}

hyper Sum(unsigned long num_values, long *values)
{
  hyper sum = 0;

  for (unsigned long i = 0; i < num_values; i++)
    sum += values[i];
  return sum;
}

long ListLen(node *head, long *sum_of_ids)
{
  long count = 0;

  *sum_of_ids = 0;
  for (; head; head = head->next) {
    count++;
    *sum_of_ids += head->id;
  }
  return count;
}

long EchoUnion(box *sent, box *echoed)
{
  *echoed = *sent;
  if (sent->tag == 1)
    echoed->choice.number++;
  if (sent->tag == 2)
    echoed->choice.large *= 2;
  if (sent->tag == 3)
    echoed->choice.text = copy(sent->choice.text);
  return sent->tag;
}

long CtxOpen(counter *opened, long start)
{
  long *made = malloc(sizeof *made);

  if (!made)
    return 1;
  *made = start;
  *opened = made;
  return 0;
}

long CtxNext(counter open, long *value)
{
  *value = (*(long *)open)++;
  return 0;
}

long CtxClose(counter *closed)
{
  free(*closed);
  *closed = NULL;
  return 0;
}

long EchoData(unsigned long size, byte *data, byte *echoed)
{
  memcpy(echoed, data, size);
  return (long)size;
}

void Raise(unsigned long code)
{
  RpcRaiseException((RPC_STATUS)code);
}

void Shutdown(void)
{
  RpcMgmtStopServerListening(NULL);
}

int main(int argc, char **argv)
{
  RPC_STATUS status = argc == 2 ? RPC_S_OK : RPC_S_INVALID_ARG;

  if (status == RPC_S_OK)
    status = RpcServerUseProtseqEpA((RPC_CSTR) "ncacn_ip_tcp", RPC_C_PROTSEQ_MAX_REQS_DEFAULT,
                                    (RPC_CSTR)argv[1], NULL);
  if (status == RPC_S_OK)
    status = RpcServerRegisterIf(lab_v1_0_s_ifspec, NULL, NULL);
  if (status == RPC_S_OK) {
    printf("listening\n");
    fflush(stdout);
    status = RpcServerListen(1, RPC_C_LISTEN_MAX_CALLS_DEFAULT, FALSE);
  }
  printf("ended with %ld\n", (long)status);
  return (int)status;
}
