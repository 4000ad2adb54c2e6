/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Windows program: calls every operation of our test interface at HOST, on the port that the
 * endpoint mapper there names. One line for each check; the status is the number of those that failed.
 * With a CODE, asks the server to raise that one instead.
 * usage: lab_client HOST [CODE]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

#include <rpc.h>

#include "lab.h"

#define MANY  50000
#define BYTES 20000
#define NODES 1000 /* of a list: some fragments; a server may refuse deeper ones */

static int failures;

void *__RPC_USER midl_user_allocate(SIZE_T size)
{
  return malloc(size);
}

void __RPC_USER midl_user_free(void *block)
{
  free(block);
}

static void check(const char *what, int good)
{
  printf("%s %s\n", good ? "ok" : "FAILED", what);
  fflush(stdout);
  failures += !good;
}

/* An RPC failure is an exception; the process ends with what it was. */
static LONG CALLBACK on_exception(EXCEPTION_POINTERS *what)
{
  printf("exception 0x%lx\n", (unsigned long)what->ExceptionRecord->ExceptionCode);
  fflush(stdout);
  ExitProcess(100);
  return 0;
}

static int resolve(const char *host)
{
  RPC_CSTR text;
  RPC_STATUS status =
      RpcStringBindingComposeA(NULL, (RPC_CSTR) "ncacn_ip_tcp", (RPC_CSTR)host, NULL, NULL, &text);

  if (status == RPC_S_OK)
    status = RpcBindingFromStringBindingA(text, &lab_binding);
  if (status == RPC_S_OK)
    status = RpcEpResolveBinding(lab_binding, lab_v1_0_c_ifspec);
  if (status == RPC_S_OK)
    status = RpcBindingToStringBindingA(lab_binding, &text);
  if (status == RPC_S_OK)
    printf("resolved %s\n", (const char *)text);
  else
    printf("not resolved: %ld\n", (long)status);
  return status == RPC_S_OK;
}

/* A pointer that is not null would be taken for room to write to. */
static int echoes(const wchar_t *text)
{
  wchar_t *echoed = NULL;
  long length = EchoStr((wchar_t *)text, &echoed);
  int same = length == (long)wcslen(text) && echoed && wcscmp(text, echoed) == 0;

  midl_user_free(echoed);
  return same;
}

static void scalars_and_text(void)
{
  static wchar_t longer[6001];

  Ping();
  check("Ping", 1);
  check("AddOne", AddOne(41) == 42);
  check("AddOne wraps", AddOne(0x7fffffff) == (long)0x80000000);
  for (int i = 0; i < 6000; i++)
    longer[i] = (wchar_t)(L'a' + i % 26);
  check("EchoStr", echoes(L"Gr\u00fc\u00dfe, \u4e16\u754c \U0001f6aa"));
  check("EchoStr of fragments", echoes(longer));
  check("EchoStr of nothing", echoes(L""));
}

static void arrays(void)
{
  static long values[MANY];
  static byte data[BYTES], echoed[BYTES];
  hyper sum = 0;

  for (int i = 0; i < MANY; i++) {
    values[i] = i * 3 - 7;
    sum += values[i];
  }
  check("Sum of nothing", Sum(0, values) == 0);
  check("Sum of one", Sum(1, values) == -7);
  check("Sum of fragments", Sum(MANY, values) == sum);
  for (int i = 0; i < BYTES; i++)
    data[i] = (byte)(i * 7);
  check("EchoData of fragments",
        EchoData(BYTES, data, echoed) == BYTES && memcmp(data, echoed, BYTES) == 0);
}

static void lists(void)
{
  static node nodes[NODES];
  node last = {3, L"c", NULL}, middle = {2, NULL, &last}, first = {1, L"a", &middle};
  long sum = -1;

  check("ListLen", ListLen(&first, &sum) == 3 && sum == 6);
  check("ListLen of nothing", ListLen(NULL, &sum) == 0 && sum == 0);
  for (int i = 0; i < NODES; i++)
    nodes[i] = (node){i, L"name", i + 1 < NODES ? &nodes[i + 1] : NULL};
  check("ListLen of many", ListLen(nodes, &sum) == NODES && sum == NODES * (NODES - 1) / 2);
}

static void unions(void)
{
  box in, out;

  memset(&in, 0, sizeof in);
  memset(&out, 0, sizeof out);
  in.tag = 1;
  in.choice.number = 5;
  check("EchoUnion number", EchoUnion(&in, &out) == 1 && out.tag == 1 && out.choice.number == 6);
  memset(&out, 0, sizeof out);
  in.tag = 2;
  in.choice.large = (hyper)1 << 40;
  check("EchoUnion large", EchoUnion(&in, &out) == 2 && out.choice.large == (hyper)1 << 41);
  memset(&out, 0, sizeof out);
  in.tag = 3;
  in.choice.text = L"words";
  check("EchoUnion text", EchoUnion(&in, &out) == 3 && wcscmp(out.choice.text, L"words") == 0);
  memset(&out, 0, sizeof out);
  in.tag = 9;
  check("EchoUnion default", EchoUnion(&in, &out) == 9 && out.tag == 9);
}

static void handles(void)
{
  counter one = NULL, two = NULL;
  long value = 0;

  CtxOpen(&one, 10);
  CtxOpen(&two, 20);
  CtxNext(one, &value);
  check("CtxNext", value == 10);
  CtxNext(one, &value);
  check("CtxNext again", value == 11);
  CtxNext(two, &value);
  check("CtxNext of another", value == 20);
  CtxClose(&one);
  check("CtxClose", one == NULL);
  CtxClose(&two);
  check("CtxClose of another", two == NULL);
}

int main(int argc, char **argv)
{
  SetUnhandledExceptionFilter(on_exception);
  if (argc < 2 || !resolve(argv[1]))
    return 200;
  if (argc == 3) {
    Raise(strtoul(argv[2], NULL, 0));
    return 0;
  }
  scalars_and_text();
  arrays();
  lists();
  unions();
  handles();
  Shutdown();
  check("Shutdown", 1);
  RpcBindingFree(&lab_binding);
  printf("%d failed\n", failures);
  return failures;
}
