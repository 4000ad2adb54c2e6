/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 64 KiB sealed and opened again through each mechanism, against the cipher itself.
 *
 * usage: auth [--rounds N] [--seconds S]
 *
 * In one piece, and in fragments of 5840 octets as they travel over TCP. In each round both have
 * their turn, in an order that changes; the ratio is taken within the round. Time is the processor's. Our
 * own allocations are counted: the linker sends them through here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/auth/auth.h"

#define FRAGMENT_DATA                                                                              \
  5728u /* of 5840: header, trailer and the longest auth value go off, 16-aligned */
#define VALUE_MAX  128u
#define ROUNDS_MAX 1001

static uint8_t pdu[HEADER_SIZE + TRANSFER_SIZE + TRAILER_SIZE];
static unsigned long allocations;

/* ---- our allocations ---- */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
  allocations++;
  return __real_malloc(size);
}
void *__wrap_calloc(size_t n, size_t size)
{
  allocations++;
  return __real_calloc(n, size);
}
void *__wrap_realloc(void *block, size_t size)
{
  allocations++;
  return __real_realloc(block, size);
}

/* ---- one transfer ---- */

struct way {
  const struct ends *ends; /* NULL: the cipher itself */
  const struct cipher *cipher;
  size_t piece;
};

static bool one_piece(const struct way *w, size_t size)
{
  static uint8_t value[VALUE_MAX];
  struct portero_protected_pdu p = {.pdu = pdu,
                                    .size = HEADER_SIZE + size + TRAILER_SIZE,
                                    .data_at = HEADER_SIZE,
                                    .data_size = size,
                                    .value = value,
                                    .level = PORTERO_LEVEL_PRIVACY,
                                    .header_signing = true};
  const struct ends *e = w->ends;

  if (!e)
    return w->cipher->run(pdu, size);
  p.value_size = e->from->ops->value_size(e->from, p.level, size);
  return p.value_size <= VALUE_MAX && portero_is_ok(e->from->ops->protect(e->from, &p)) &&
         portero_is_ok(e->to->ops->unprotect(e->to, &p));
}

static void transfer(const struct way *w)
{
  for (size_t at = 0; at < TRANSFER_SIZE; at += w->piece) {
    size_t left = TRANSFER_SIZE - at;
    if (!one_piece(w, left < w->piece ? left : w->piece)) {
      (void)fprintf(stderr, "auth: a PDU does not come through\n");
      exit(1);
    }
  }
}

/* ---- rounds ---- */

static double now(void)
{
  struct timespec t;

  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds of one transfer. */
static double measure(const struct way *w, double seconds)
{
  double start = now(), end = start;
  unsigned long n = 0;

  for (; end - start < seconds || n == 0; n++) {
    transfer(w);
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

static void compare(const char *name, const char *shape, const struct ends *ends,
                    const struct cipher *cipher, size_t piece, size_t rounds, double seconds)
{
  static double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratios[ROUNDS_MAX];
  struct way way = {ends, cipher, piece}, plain = {NULL, cipher, piece};
  unsigned long before;
  double ratio;

  transfer(&way);
  transfer(&plain);
  before = allocations;
  for (size_t i = 0; i < rounds; i++) {
    if (i % 2)
      theirs[i] = measure(&plain, seconds);
    ours[i] = measure(&way, seconds);
    if (i % 2 == 0)
      theirs[i] = measure(&plain, seconds);
    ratios[i] = ours[i] / theirs[i];
  }
  ratio = median(ratios, rounds);
  (void)printf("%-9s %-22s %9.1f us %9.1f us   %.3f (%.3f to %.3f)   %lu\n", name, shape,
               median(ours, rounds) * 1e6, median(theirs, rounds) * 1e6, ratio, ratios[0],
               ratios[rounds - 1], allocations - before);
}

static void subject(const char *name, const struct ends *ends, const struct cipher *cipher,
                    size_t rounds, double seconds)
{
  if (!cipher->begin()) {
    (void)fprintf(stderr, "auth: %s: the cipher cannot be had\n", name);
    exit(1);
  }
  compare(name, "in one piece", ends, cipher, TRANSFER_SIZE, rounds, seconds);
  compare(name, "in fragments of 5840", ends, cipher, FRAGMENT_DATA, rounds, seconds);
  cipher->end();
}

static double option(int argc, char **argv, const char *name, double otherwise)
{
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], name) == 0)
      return atof(argv[i + 1]);
  return otherwise;
}

int main(int argc, char **argv)
{
  size_t rounds = (size_t)option(argc, argv, "--rounds", 9);
  double seconds = option(argc, argv, "--seconds", 0.2);
  struct ends ntlm = {0}, kerberos = {0}, netlogon = {0};
  const char *missing = kdc_missing();
  struct kdc kdc;

  if (rounds < 1 || rounds > ROUNDS_MAX)
    return 2;
  if (missing || !kdc_start(&kdc)) {
    (void)fprintf(stderr, "auth: no KDC: %s\n", missing ? missing : "it did not start");
    return 77;
  }
  if (!ends_ntlm(&ntlm, kdc.dir) || !ends_kerberos(&kerberos, &kdc) || !ends_netlogon(&netlogon)) {
    kdc_stop(&kdc);
    return 1;
  }
  (void)printf("%-9s %-22s %12s %12s   %s   %s\n", "", "64 KiB sealed, opened", "ours", "cipher",
               "ratio (lowest to highest)", "allocations");
  subject("NTLM", &ntlm, &cipher_ntlm, rounds, seconds);
  subject("Kerberos", &kerberos, &cipher_kerberos, rounds, seconds);
  subject("Netlogon", &netlogon, &cipher_netlogon, rounds, seconds);
  ends_free(&ntlm);
  ends_free(&kerberos);
  ends_free(&netlogon);
  kdc_stop(&kdc);
  return 0;
}
