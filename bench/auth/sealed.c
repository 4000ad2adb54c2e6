/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole calls under packet privacy against the same calls without, and what the protection costs
 * against the cipher itself.
 *
 * usage: sealed [--rounds N] [--seconds S]
 *
 * Client and server are threads of this process and talk over loopback. In each round each has its
 * turn: calls without protection, sealed calls, the cipher. Time is the processor's, of both ends
 * together. The last column is (sealed - plain) / cipher, taken within the round.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <portero/auth.h>
#include <portero/client.h>
#include <portero/server.h>

#include "bench/auth/auth.h"

#define ACCOUNTS      "alice:8846f7eaee8fb117ad06bdd830b7586c\n" /* "password" */
#define SMALL_SIZE    16u
#define FRAGMENT_DATA 5728u
#define ROUNDS_MAX    1001

static uint8_t block[TRANSFER_SIZE], pdu[HEADER_SIZE + TRANSFER_SIZE + TRAILER_SIZE];

/* ---- the server: answers with its arguments ---- */

static portero_status run_echo(struct portero_call *call)
{
  struct portero_reader *r = &portero_call_in(call)->r;
  struct portero_bytes stub = portero_read_bytes(r, portero_reader_left(r), "stub");

  portero_ndr_write_bytes(portero_call_out(call), stub.data, stub.size);
  return portero_ok();
}

static const struct portero_operation operations[] = {{"Echo", run_echo, 0}};
static const struct portero_interface echo_interface = {
    .id = {{0x2b6f0d12, 0x7c52, 0x4e0a, {0x9a, 0x51, 0x6d, 0x0c, 0x35, 0xc1, 0xf7, 0xe8}}, 1, 0},
    .name = "echo",
    .operations = operations,
    .n_operations = 1,
    .min_level = PORTERO_LEVEL_NONE,
};

static _Noreturn void fail(const char *what)
{
  (void)fprintf(stderr, "sealed: %s\n", what);
  exit(1);
}

static void check(portero_status status, const char *what)
{
  char text[256];

  if (portero_is_ok(status))
    return;
  (void)fprintf(stderr, "sealed: %s: %s\n", what, portero_status_text(status, text, sizeof text));
  exit(1);
}

static struct portero_acceptor *ntlm, *kerberos;

static struct portero_server *serve(const struct kdc *kdc)
{
  char accounts[KDC_PATH], keytab[KDC_PATH];
  struct portero_ntlm_options for_ntlm = {.accounts = kdc_path(kdc, "accounts", accounts),
                                          .computer = "HOST"};
  struct portero_kerberos_options for_kerberos = {
      .keytab = kdc_path(kdc, "aes256-cts-hmac-sha1-96.keytab", keytab)};
  const struct portero_server_options options = {.source_limits = &portero_server_limits_none,
                                                 .total_limits = &portero_server_limits_none};
  struct portero_server *server;
  FILE *file = fopen(accounts, "we");

  if (!file || fputs(ACCOUNTS, file) < 0 || fclose(file) != 0)
    fail("the accounts cannot be written");
  check(portero_acceptor_ntlm_new(&for_ntlm, &ntlm), "NTLM");
  check(portero_acceptor_kerberos_new(&for_kerberos, &kerberos), "Kerberos");
  check(portero_server_new(&options, &server), "server");
  check(portero_server_add(server, &echo_interface, NULL), "interface");
  check(portero_server_accept(server, ntlm), "NTLM");
  check(portero_server_accept(server, kerberos), "Kerberos");
  check(portero_server_listen(server, "ncacn_ip_tcp:127.0.76.9[]"), "listening");
  check(portero_server_start(server), "server");
  return server;
}

/* ---- the client ---- */

static struct portero_client *opened(const struct portero_server *server,
                                     const struct portero_login *login)
{
  const struct portero_client_options options = {.login = login};
  struct portero_client *c;

  if (!portero_is_ok(
          portero_client_open(portero_server_binding(server, 0), &echo_interface.id, &options, &c)))
    fail(portero_client_error(c));
  return c;
}

static struct portero_client *logged_in(const struct portero_server *server, uint8_t type,
                                        const struct portero_credentials_options *who,
                                        const char *target)
{
  struct portero_login login = {.type = type, .target = target};
  struct portero_client *c;

  check(portero_credentials_new(who, &login.credentials), "credentials");
  c = opened(server, &login);
  portero_credentials_free(login.credentials);
  return c;
}

/* ---- rounds ---- */

static double now(void)
{
  struct timespec t;

  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds of one call with size bytes there and back. */
static double calls(struct portero_client *c, size_t size, double seconds)
{
  double start = now(), end = start;
  struct portero_bytes answer;
  unsigned long n = 0;

  for (; end - start < seconds || n == 0; n++) {
    if (!portero_is_ok(portero_client_call_bytes(c, 0, portero_bytes_make(block, size), &answer)) ||
        answer.size < size)
      fail(portero_client_error(c));
    end = now();
  }
  return (end - start) / (double)n;
}

/* Of sealing and opening as much, there and back. */
static double ciphers(const struct cipher *cipher, size_t size, double seconds)
{
  double start = now(), end = start;
  unsigned long n = 0;

  for (; end - start < seconds || n == 0; n++) {
    for (unsigned way = 0; way < 2; way++)
      for (size_t at = 0; at < size; at += FRAGMENT_DATA)
        if (!cipher->run(pdu, size - at < FRAGMENT_DATA ? size - at : FRAGMENT_DATA))
          fail("the cipher does not fit itself");
    end = now();
  }
  return (end - start) / (double)n;
}

static int by_size(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
  qsort(values, n, sizeof *values, by_size);
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void compare(const char *name, const char *shape, struct portero_client *plain,
                    struct portero_client *sealed, const struct cipher *cipher, size_t size,
                    size_t rounds, double seconds)
{
  static double without[ROUNDS_MAX], with[ROUNDS_MAX], itself[ROUNDS_MAX], ratios[ROUNDS_MAX],
      costs[ROUNDS_MAX];
  double ratio, cost;

  for (size_t i = 0; i < rounds; i++) {
    without[i] = calls(plain, size, seconds);
    with[i] = calls(sealed, size, seconds);
    itself[i] = ciphers(cipher, size, seconds / 2);
    ratios[i] = with[i] / without[i];
    costs[i] = (with[i] - without[i]) / itself[i];
  }
  ratio = median(ratios, rounds);
  cost = median(costs, rounds);
  (void)printf("%-9s %-7s %9.1f us %9.1f us %9.1f us %7.2f   %.3f (%.3f to %.3f)\n", name, shape,
               median(without, rounds) * 1e6, median(with, rounds) * 1e6,
               median(itself, rounds) * 1e6, ratio, cost, costs[0], costs[rounds - 1]);
}

static void subject(const char *name, struct portero_client *plain, struct portero_client *sealed,
                    const struct cipher *cipher, size_t rounds, double seconds)
{
  if (!cipher->begin())
    fail("the cipher cannot be had");
  compare(name, "small", plain, sealed, cipher, SMALL_SIZE, rounds, seconds);
  compare(name, "64 KiB", plain, sealed, cipher, TRANSFER_SIZE, rounds, seconds);
  cipher->end();
  portero_client_close(sealed);
}

static double option(int argc, char **argv, const char *name, double otherwise)
{
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], name) == 0)
      return atof(argv[i + 1]);
  return otherwise;
}

static void run(const struct kdc *kdc, size_t rounds, double seconds)
{
  static const struct portero_credentials_options alice = {.user = "alice", .password = "password"},
                                                  alice_of_realm = {.user = "alice@" KDC_REALM,
                                                                    .password = KDC_PASSWORD};
  struct portero_server *server = serve(kdc);
  struct portero_client *plain = opened(server, NULL);

  (void)printf("%-9s %-7s %12s %12s %12s %7s   %s\n", "", "", "plain", "sealed", "cipher", "ratio",
               "protection to cipher (lowest to highest)");
  subject("NTLM", plain, logged_in(server, PORTERO_AUTH_NTLM, &alice, NULL), &cipher_ntlm, rounds,
          seconds);
  subject("Kerberos", plain,
          logged_in(server, PORTERO_AUTH_KERBEROS, &alice_of_realm,
                    "host/aes256-cts-hmac-sha1-96.kdc.test"),
          &cipher_kerberos, rounds, seconds);
  portero_client_close(plain);
  portero_server_free(server);
  portero_acceptor_free(ntlm);
  portero_acceptor_free(kerberos);
}

int main(int argc, char **argv)
{
  size_t rounds = (size_t)option(argc, argv, "--rounds", 9);
  double seconds = option(argc, argv, "--seconds", 0.2);
  const char *missing = kdc_missing();
  struct kdc kdc;

  if (rounds < 1 || rounds > ROUNDS_MAX)
    return 2;
  (void)umask(077); /* the account file is nobody else's */
  if (missing || !kdc_start(&kdc)) {
    (void)fprintf(stderr, "sealed: no KDC: %s\n", missing ? missing : "it did not start");
    return 77;
  }
  run(&kdc, rounds, seconds);
  kdc_stop(&kdc);
  return 0;
}
