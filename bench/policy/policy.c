/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy costs each call: many rules and addresses against none at all, in interleaved rounds.
 *
 * usage: policy [ROUNDS [CALLS]]
 *
 * Four policies of 10,000 rules over 100,000 addresses: each rule with ten addresses of its own; all
 * with a named set of 1,000; each with an interface of its own too; and a list where only the last
 * rule matches. Calls come from all over the addresses, half from elsewhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <portero/policy.h>

#define RULES     10000u
#define ADDRESSES 100000u
#define CALLS     65536u

static struct portero_policy_network networks[ADDRESSES];
static struct portero_policy_rule rules[RULES];
static struct portero_policy_interface interfaces[RULES];
static struct portero_policy_call calls[CALLS];
static char names[RULES][8];

static uint32_t draw(uint32_t n)
{
  static uint32_t seed = 1;

  seed = seed * 1664525u + 1013904223u;
  return (uint32_t)((uint64_t)seed * n >> 32);
}

static void address(uint8_t ip[16], uint32_t number)
{
  memset(ip, 0, 10);
  ip[10] = ip[11] = 0xff;
  ip[12] = 10;
  ip[13] = (uint8_t)(number >> 16);
  ip[14] = (uint8_t)(number >> 8);
  ip[15] = (uint8_t)number;
}

static struct portero_uuid interface_number(uint32_t number)
{
  struct portero_uuid uuid = {.time_low = number, .node = {1, 2, 3, 4, 5, 6}};

  return uuid;
}

static void prepare(void)
{
  for (uint32_t i = 0; i < ADDRESSES; i++) {
    address(networks[i].ip, 3 * i);
    networks[i].prefix = 128;
  }
  for (uint32_t i = 0; i < RULES; i++) {
    (void)snprintf(names[i], sizeof names[i], "%u", (unsigned)i);
    interfaces[i].uuid = interface_number(i % 500);
    interfaces[i].any_version = true;
  }
  for (uint32_t i = 0; i < CALLS; i++) {
    address(calls[i].source, 3 * draw(ADDRESSES) + draw(2));
    calls[i].protseq = PORTERO_NCACN_IP_TCP;
    calls[i].interface.uuid = interface_number(draw(500));
    calls[i].has_opnum = true;
    calls[i].opnum = (uint16_t)draw(60);
    calls[i].level = PORTERO_LEVEL_PRIVACY;
  }
}

enum shape {
  OWN_ADDRESSES,
  SHARED_SETS,
  OWN_INTERFACES,
  LAST_DECIDES,
  SHAPES
};

static const char *const shape_names[] = {"ten addresses a rule", "100 sets of 1,000 addresses",
                                          "an interface and ten addresses a rule",
                                          "only the last rule matches"};

static struct portero_policy *policy_of(enum shape shape, uint32_t n)
{
  struct portero_policy_options o = {.calls = rules, .n_calls = n};
  struct portero_policy *p = NULL;

  memset(rules, 0, sizeof rules);
  for (uint32_t i = 0; i < n; i++) {
    bool last = i + 1 == n;
    rules[i].name = names[i];
    rules[i].action = PORTERO_ACTION_DENY;
    if (shape == LAST_DECIDES && last)
      continue;
    rules[i].sources.values = shape == SHARED_SETS ? &networks[i % 100 * 1000] : &networks[i * 10];
    rules[i].sources.count = shape == SHARED_SETS ? 1000 : 10;
    rules[i].below_level = shape == OWN_ADDRESSES ? PORTERO_LEVEL_PRIVACY : 0;
    if (shape != OWN_INTERFACES && shape != SHARED_SETS)
      continue;
    rules[i].interfaces.values = &interfaces[i];
    rules[i].interfaces.count = 1;
  }
  if (!portero_is_ok(portero_policy_new(&portero_mem_malloc, &o, &p)))
    exit(1);
  return p;
}

static double now(void)
{
  struct timespec t;

  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint32_t denied;

/* Nanoseconds a call. */
static double round_of(const struct portero_policy *p, uint32_t n_calls)
{
  double start = now();

  for (uint32_t i = 0; i < n_calls; i++) {
    struct portero_verdict v;
    portero_policy_ask_call(p, NULL, &calls[i % CALLS], &v);
    denied += v.action == PORTERO_ACTION_DENY;
  }
  return (now() - start) / n_calls;
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

static double median(double *values, unsigned n)
{
  qsort(values, n, sizeof *values, by_value);
  return values[n / 2];
}

int main(int argc, char **argv)
{
  unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 9;
  uint32_t n_calls = argc > 2 ? (uint32_t)atoi(argv[2]) : 1000000;
  struct portero_policy *none, *some;

  if (rounds < 1 || rounds > 99 || n_calls < 1)
    return 2;
  prepare();
  none = policy_of(OWN_ADDRESSES, 0);
  (void)printf("%u rules, %u addresses, %u rounds of %u calls: nanoseconds a call (median)\n",
               RULES, ADDRESSES, rounds, (unsigned)n_calls);
  for (unsigned shape = 0; shape < SHAPES; shape++) {
    double with[99], without[99];
    some = policy_of((enum shape)shape, RULES);
    for (unsigned i = 0; i < rounds; i++) {
      without[i] = round_of(none, n_calls);
      with[i] = round_of(some, n_calls);
    }
    (void)printf("%-40s %7.1f   no rules %6.1f\n", shape_names[shape], median(with, rounds),
                 median(without, rounds));
    portero_policy_free(some);
  }
  portero_policy_free(none);
  (void)printf("denied: %u\n", (unsigned)denied);
  return 0;
}
