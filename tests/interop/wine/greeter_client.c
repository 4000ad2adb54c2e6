/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Windows program: resolves a dynamic endpoint through the endpoint mapper of HOST and calls the
 * greeter there. usage: greeter_client HOST CALLS
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include <rpc.h>

#include "greeter.h"

void *__RPC_USER midl_user_allocate(SIZE_T size)
{
  return malloc(size);
}

void __RPC_USER midl_user_free(void *block)
{
  free(block);
}

/* An RPC failure is an exception; the process ends with what it was. */
static LONG CALLBACK on_exception(EXCEPTION_POINTERS *what)
{
  printf("exception %lu\n", (unsigned long)what->ExceptionRecord->ExceptionCode);
  fflush(stdout);
  ExitProcess(3);
  return 0;
}

static int failed(const char *what, RPC_STATUS status)
{
  printf("%s: %ld\n", what, (long)status);
  return 1;
}

static int resolve(const char *host)
{
  RPC_CSTR text;
  RPC_STATUS status;

  status =
      RpcStringBindingComposeA(NULL, (RPC_CSTR) "ncacn_ip_tcp", (RPC_CSTR)host, NULL, NULL, &text);
  if (status != RPC_S_OK)
    return failed("RpcStringBindingCompose", status);
  status = RpcBindingFromStringBindingA(text, &greeter_binding);
  if (status != RPC_S_OK)
    return failed("RpcBindingFromStringBinding", status);
  status = RpcEpResolveBinding(greeter_binding, greeter_v1_0_c_ifspec);
  if (status != RPC_S_OK)
    return failed("RpcEpResolveBinding", status);
  status = RpcBindingToStringBindingA(greeter_binding, &text);
  if (status != RPC_S_OK)
    return failed("RpcBindingToStringBinding", status);
  printf("resolved %s\n", (const char *)text);
  return 0;
}

int main(int argc, char **argv)
{
  int calls = argc == 3 ? atoi(argv[2]) : 0;

  SetUnhandledExceptionFilter(on_exception);
  if (calls <= 0 || resolve(argv[1]) != 0)
    return 2;
  for (int i = 0; i < calls; i++) {
    long sum = Add(40 + i, -2 * i);
    if (sum != 40 - i)
      return failed("Add", sum);
  }
  printf("%d calls answered, 40 + 2 is %ld\n", calls, (long)Add(40, 2));
  RpcBindingFree(&greeter_binding);
  return 0;
}
