/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same sealed call to several servers, in interleaved rounds: rpc_mgmt_is_server_listening, which
 * every server has, under packet privacy and without protection.
 *
 * usage: peers [--rounds N] [--seconds S] USER PASSWORD MECHANISM BINDING...
 *
 * MECHANISM: ntlm or krb5. Each server gets one connection with DEPTH calls in flight. Printed are
 * calls a second, medians, and for all servers but the first the ratio to the first, taken within
 * the round.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uv.h>

#include <portero/client.h>

#include "idl/mgmt.h"

#define DEPTH       16u
#define ROUNDS_MAX  101u
#define SERVERS_MAX 4u
#define OPNUM       2u /* rpc_mgmt_is_server_listening: no arguments */

struct peer {
  const char *binding;
  double sealed[ROUNDS_MAX], plain[ROUNDS_MAX];
};

struct round {
  double end;
  unsigned in_flight, answered;
  bool opened;
};

static double now(void)
{
  struct timespec t;

  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void fail(const struct portero_client *c, const char *what)
{
  (void)fprintf(stderr, "peers: %s: %s\n", what, c ? portero_client_error(c) : "");
  exit(1);
}

static struct round current;

static void call(struct portero_client *c);

static void answered(struct portero_client *c, void *user, portero_status status,
                     struct portero_ndr_reader *results)
{
  (void)user;
  (void)results;
  if (!portero_is_ok(status))
    fail(c, "a call");
  current.in_flight--;
  current.answered++;
  if (now() < current.end)
    call(c);
}

static void call(struct portero_client *c)
{
  (void)portero_client_in(c);
  if (!portero_is_ok(portero_client_send(c, OPNUM, answered, NULL)))
    fail(c, "sending");
  current.in_flight++;
}

static void opened(struct portero_client *c, void *user, portero_status status)
{
  (void)user;
  if (!portero_is_ok(status))
    fail(c, "opening");
  current.opened = true;
}

static void turn(uv_loop_t *loop, bool (*go_on)(void))
{
  while (go_on())
    (void)uv_run(loop, UV_RUN_ONCE);
}

static bool is_opening(void)
{
  return !current.opened;
}

static bool is_calling(void)
{
  return current.in_flight > 0;
}

/* Calls a second; login NULL: without protection. */
static double round_of(uv_loop_t *loop, const struct peer *p, const struct portero_login *login,
                       double seconds)
{
  struct portero_client_options options;
  struct portero_client *c = NULL;
  double start;

  memset(&options, 0, sizeof options);
  memset(&current, 0, sizeof current);
  options.login = login;
  if (!portero_is_ok(
          portero_client_start(loop, p->binding, &mgmt_stub.id, &options, opened, NULL, &c)))
    fail(c, p->binding);
  turn(loop, is_opening);
  start = now();
  current.end = start + seconds;
  for (unsigned i = 0; i < DEPTH; i++)
    call(c);
  turn(loop, is_calling);
  start = now() - start;
  portero_client_close(c);
  (void)uv_run(loop, UV_RUN_DEFAULT);
  return current.answered / start;
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

static double median(const double *values, unsigned n)
{
  double sorted[ROUNDS_MAX];

  memcpy(sorted, values, n * sizeof *values);
  qsort(sorted, n, sizeof *sorted, by_value);
  return sorted[n / 2];
}

static void print(const struct peer *peers, unsigned n_peers, unsigned rounds)
{
  for (unsigned i = 0; i < n_peers; i++) {
    double sealed[ROUNDS_MAX], plain[ROUNDS_MAX];
    for (unsigned r = 0; r < rounds; r++) {
      sealed[r] = peers[i].sealed[r] / peers[0].sealed[r];
      plain[r] = peers[i].plain[r] / peers[0].plain[r];
    }
    (void)printf("%-36s sealed %8.0f/s  plain %8.0f/s  to the first: sealed %.2f plain %.2f\n",
                 peers[i].binding, median(peers[i].sealed, rounds), median(peers[i].plain, rounds),
                 median(sealed, rounds), median(plain, rounds));
  }
}

static struct portero_login login_of(char **words)
{
  struct portero_credentials_options o;
  struct portero_login login;

  memset(&o, 0, sizeof o);
  memset(&login, 0, sizeof login);
  o.user = words[0];
  o.password = words[1];
  login.type = strcmp(words[2], "krb5") == 0 ? PORTERO_AUTH_KERBEROS : PORTERO_AUTH_NTLM;
  if (!portero_is_ok(portero_credentials_new(&o, &login.credentials)))
    fail(NULL, "credentials");
  return login;
}

int main(int argc, char **argv)
{
  static const struct option long_options[] = {{"rounds", required_argument, NULL, 'r'},
                                               {"seconds", required_argument, NULL, 's'},
                                               {NULL, 0, NULL, 0}};
  static struct peer peers[SERVERS_MAX];
  unsigned rounds = 9, n_peers;
  struct portero_login login;
  double seconds = 0.5;
  uv_loop_t loop;
  int option;

  while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
    if (option == 'r')
      rounds = (unsigned)atoi(optarg);
    else if (option == 's')
      seconds = atof(optarg);
    else
      return 2;
  }
  if (argc - optind < 4 || argc - optind > 3 + (int)SERVERS_MAX || rounds < 1 ||
      rounds > ROUNDS_MAX)
    return 2;
  n_peers = (unsigned)(argc - optind) - 3;
  login = login_of(argv + optind);
  for (unsigned i = 0; i < n_peers; i++)
    peers[i].binding = argv[optind + 3 + (int)i];
  if (uv_loop_init(&loop) != 0)
    return 1;
  for (unsigned r = 0; r < rounds; r++)
    for (unsigned i = 0; i < n_peers; i++) {
      peers[i].sealed[r] = round_of(&loop, &peers[i], &login, seconds);
      peers[i].plain[r] = round_of(&loop, &peers[i], NULL, seconds);
    }
  print(peers, n_peers, rounds);
  portero_credentials_free(login.credentials);
  return uv_loop_close(&loop) == 0 ? 0 : 1;
}
