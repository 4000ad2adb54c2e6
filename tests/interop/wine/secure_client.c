/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Windows program that authenticates: calls our test interface at HOST, on the port that the
 * endpoint mapper there names. LEVEL and SERVICE are numbers of RpcBindingSetAuthInfo. PRINCIPAL may
 * be empty. usage: secure_client HOST LEVEL SERVICE PRINCIPAL USER DOMAIN PASSWORD
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <rpc.h>

#include "lab.h"

#define ARGUMENTS 8
#define BYTES     20000 /* some fragments */
#define CALLS     20

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
  printf("exception 0x%lx\n", (unsigned long)what->ExceptionRecord->ExceptionCode);
  fflush(stdout);
  ExitProcess(100);
  return 0;
}

static int failed(const char *what, RPC_STATUS status)
{
  printf("%s: %ld\n", what, (long)status);
  return 2;
}

static RPC_STATUS resolve(const char *host)
{
  RPC_CSTR text;
  RPC_STATUS status =
      RpcStringBindingComposeA(NULL, (RPC_CSTR) "ncacn_ip_tcp", (RPC_CSTR)host, NULL, NULL, &text);

  if (status == RPC_S_OK)
    status = RpcBindingFromStringBindingA(text, &lab_binding);
  if (status == RPC_S_OK)
    status = RpcEpResolveBinding(lab_binding, lab_v1_0_c_ifspec);
  return status;
}

static RPC_STATUS authenticate(char **argv)
{
  SEC_WINNT_AUTH_IDENTITY_A who = {0};
  unsigned long level = strtoul(argv[2], NULL, 10), service = strtoul(argv[3], NULL, 10);

  who.User = (unsigned char *)argv[5];
  who.UserLength = (unsigned long)strlen(argv[5]);
  who.Domain = (unsigned char *)argv[6];
  who.DomainLength = (unsigned long)strlen(argv[6]);
  who.Password = (unsigned char *)argv[7];
  who.PasswordLength = (unsigned long)strlen(argv[7]);
  who.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
  return RpcBindingSetAuthInfoA(lab_binding, *argv[4] ? (RPC_CSTR)argv[4] : NULL, level, service,
                                &who, 0);
}

static int call(void)
{
  static byte sent[BYTES], echoed[BYTES];

  for (int i = 0; i < BYTES; i++)
    sent[i] = (byte)(i * 7);
  for (int i = 0; i < CALLS; i++)
    if (AddOne(40 + i) != 41 + i)
      return failed("AddOne", i);
  if (EchoData(BYTES, sent, echoed) != BYTES || memcmp(sent, echoed, BYTES) != 0)
    return failed("EchoData", 0);
  printf("%d calls and %d bytes answered\n", CALLS, BYTES);
  return 0;
}

int main(int argc, char **argv)
{
  RPC_STATUS status;

  SetUnhandledExceptionFilter(on_exception);
  if (argc != ARGUMENTS)
    return 3;
  status = resolve(argv[1]);
  if (status != RPC_S_OK)
    return failed("RpcEpResolveBinding", status);
  status = authenticate(argv);
  if (status != RPC_S_OK)
    return failed("RpcBindingSetAuthInfo", status);
  return call();
}
