/* SPDX-License-Identifier: Apache-2.0 */
/* RPC Firewall's rules: what each line becomes, what is refused and what is remarked, by line. And
 * which addresses a policy lets in at all. */
#include <stdio.h>
#include <stdlib.h>

#include "src/config/policy_reach.h"
#include "src/config/rpcfw.h"
#include "tests/unit/support.h"

#define DRS "e3514235-4b06-11d1-ab04-00c04fc2dcd2"

static portero_status read_text(struct rpcfw *f, const char *text)
{
  rpcfw_init(f, &portero_mem_malloc);
  return rpcfw_read(f, portero_bytes_make((const uint8_t *)text, strlen(text)));
}

static const struct rpcfw_remark *remark_at(const struct rpcfw *f, uint32_t line)
{
  for (const struct rpcfw_remark *r = f->remarks; r; r = r->next)
    if (r->line == line)
      return r;
  return NULL;
}

static void lines_become_rules(void **state)
{
  const struct portero_policy_rule *r;
  struct rpcfw f;

  (void)state;
  assert_true(portero_is_ok(
      read_text(&f, "a comment\r\n"
                    "fw:uuid:" DRS " addr:10.0.0.0/8 action:allow\r\n"
                    "fw:uuid:" DRS " opnum:3 prot:ncacn_np sid:BA action:block audit:true\r\n"
                    "fw:addr:fd00::/8\n"
                    "fw:action:block")));
  assert_int_equal(f.options.n_calls, 4);
  assert_int_equal(f.options.call_default, PORTERO_ACTION_ALLOW);
  assert_null(f.remarks);
  r = f.options.calls;
  assert_string_equal(r[0].name, "fw-2");
  assert_int_equal(r[0].action, PORTERO_ACTION_ALLOW);
  assert_int_equal(r[0].sources.count, 1);
  assert_int_equal(r[0].sources.values[0].prefix, 104);
  assert_int_equal(r[0].interfaces.values[0].n_operations, 0);
  assert_int_equal(r[1].line, 3);
  assert_int_equal(r[1].action, PORTERO_ACTION_DENY);
  assert_true(r[1].alert);
  assert_int_equal(r[1].interfaces.values[0].operations[0].low, 3);
  assert_int_equal(r[1].protseqs, 1u << PORTERO_NCACN_NP);
  assert_int_equal(r[1].sids.count, 1);
  assert_int_equal(r[2].action, PORTERO_ACTION_ALLOW);
  assert_false(r[3].alert);
  assert_int_equal(r[3].sources.count, 0);
  rpcfw_deinit(&f);
}

static void refuses(const char *line, const char *why)
{
  char text[1024];
  struct rpcfw f;
  portero_status status;

  (void)snprintf(text, sizeof text, "fw:action:allow\n%s\n", line);
  status = read_text(&f, text);
  if (portero_is_ok(status) || !remark_at(&f, 2) || !strstr(remark_at(&f, 2)->text, why))
    fail_msg("%s: %s", line, remark_at(&f, 2) ? remark_at(&f, 2)->text : "taken");
  assert_true(remark_at(&f, 2)->refused);
  assert_int_equal(f.n_refused, 1);
  rpcfw_deinit(&f);
}

static void what_is_not_plain_is_refused(void **state)
{
  (void)state;
  refuses("fw:uuid:e3514235 action:block", "is no whole UUID; RPC Firewall looks for a part");
  refuses("fw:uuid:" DRS " opnum:0-5", "opnum:0-5 is read as 0 by RPC Firewall");
  refuses("fw:uuid:" DRS " opnum:x", "takes the line for all operations");
  refuses("fw:uuid:" DRS " opnum:65536", "is over 65535; RPC Firewall fails at it");
  refuses("fw:uuid:" DRS " opnum:99999999999", "is over 65535");
  refuses("fw:opnum:3", "opnum: without uuid:");
  refuses("flt:uuid:" DRS " opnum:3", "opnum: in flt:");
  refuses("fw:addr:10.0.0.300 action:allow", "takes such a line for all addresses");
  refuses("fw:addr:any action:allow", "takes such a line for all addresses");
  refuses("fw:prot:tcp", "prot:tcp is none of");
  refuses("fw:prot:ncalrpc", "prot:ncalrpc is none of");
  refuses("fw:sid:DA", "has to be written as its SID");
  refuses("fw:action:deny", "action:deny is neither allow nor block");
  refuses("fw:audit:yes", "audit:yes is neither true nor false");
  refuses("fw:verbose:1", "verbose:1 is neither true nor false");
  refuses("fw:user:alice", "user: is no key");
  refuses("fw:action:block action:allow", "action: stands there twice");
  refuses("fw:block", "\"block\" is no key:value");
  refuses("fw:", "a line without keys");
  refuses(" fw:action:block", "takes this rule for a comment");
  refuses("FW:action:block", "takes this rule for a comment");
}

static void what_upstream_misreads_is_told(void **state)
{
  char text[1024];
  struct rpcfw f;

  (void)state;
  assert_true(portero_is_ok(read_text(&f, "flt:addr:fd00::/8 action:block\n"
                                          "flt:addr:10.0.0.1 action:block\n"
                                          "flt:addr:10.0.0.0/8 prot:remote action:block\n"
                                          "fw:verbose:true\n"
                                          "fw:verbose:false\n")));
  assert_non_null(strstr(remark_at(&f, 1)->text, "loses its prefix length"));
  assert_non_null(strstr(remark_at(&f, 2)->text, "is turned round"));
  assert_non_null(strstr(remark_at(&f, 3)->text, "unreliable"));
  assert_non_null(strstr(remark_at(&f, 4)->text, "no counterpart"));
  assert_null(remark_at(&f, 5));
  assert_int_equal(f.options.calls[2].protseqs >> PORTERO_NCALRPC & 1, 0);
  assert_int_equal(f.options.calls[2].protseqs >> PORTERO_NCACN_NP & 1, 1);
  rpcfw_deinit(&f);
  (void)snprintf(text, sizeof text, "%0300d\nfw:action:block\n", 0);
  assert_true(portero_is_ok(read_text(&f, text)));
  assert_non_null(strstr(remark_at(&f, 1)->text, "stops reading here"));
  assert_int_equal(f.options.n_calls, 1);
  rpcfw_deinit(&f);
}

/* Filters come first, but one that allows has no place in one list with the rest. */
static void filters_are_joined(void **state)
{
  struct rpcfw f;

  (void)state;
  assert_true(portero_is_ok(read_text(&f, "fw:action:allow\n"
                                          "flt:uuid:" DRS " action:block\n"
                                          "flt:action:allow\n")));
  assert_int_equal(f.options.n_calls, 2);
  assert_string_equal(f.options.calls[0].name, "flt-2");
  assert_string_equal(f.options.calls[1].name, "fw-1");
  rpcfw_deinit(&f);
  assert_false(portero_is_ok(read_text(&f, "flt:prot:ncacn_np action:allow\n"
                                           "flt:uuid:" DRS " action:block\n")));
  assert_non_null(strstr(remark_at(&f, 2)->text, "cannot be kept in one list"));
  rpcfw_deinit(&f);
}

static bool decode(struct portero_bytes input, void *ctx)
{
  struct rpcfw f;
  bool good;

  (void)ctx;
  rpcfw_init(&f, &portero_mem_malloc);
  good = portero_is_ok(rpcfw_read(&f, input));
  assert_true(good == (f.n_refused == 0));
  rpcfw_deinit(&f);
  return good;
}

static void damaged_files(void **state)
{
  static const char text[] = "fw:uuid:" DRS " opnum:3 addr:10.0.0.0/8 sid:BA\nflt:action:block\n";
  struct portero_bytes sample = portero_bytes_make((const uint8_t *)text, strlen(text));

  (void)state;
  assert_true(decode(sample, NULL));
  (void)support_prefixes(sample, decode, NULL);
  assert_true(support_bit_flips(sample, decode, NULL) < strlen(text) * 8);
}

/* ---- the reach ---- */

/* Small addresses, so that networks and questions meet often. */
static struct portero_policy_network random_network(void)
{
  struct portero_policy_network n = {.prefix = (uint8_t)(120 + rand() % 9)};

  if (rand() % 2) {
    n.ip[10] = n.ip[11] = 0xff;
    n.ip[12] = 10;
  } else {
    n.ip[0] = 0xfd;
  }
  n.ip[15] = (uint8_t)rand();
  for (unsigned i = n.prefix; i < 128; i++)
    n.ip[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
  return n;
}

static bool is_in(const struct portero_policy_network *n, const uint8_t ip[16])
{
  for (unsigned i = 0; i < n->prefix; i++)
    if ((n->ip[i / 8] ^ ip[i / 8]) & 0x80u >> i % 8)
      return false;
  return true;
}

static bool in_any(const struct portero_policy_network *networks, size_t n, const uint8_t ip[16])
{
  for (size_t i = 0; i < n; i++)
    if (is_in(&networks[i], ip))
      return true;
  return false;
}

/* Could some call from there be allowed? The first rule that is about sources alone, or allows. */
static bool could_be_allowed(const struct portero_policy_options *o, const uint8_t ip[16])
{
  for (size_t i = 0; i < o->n_calls; i++) {
    const struct portero_policy_rule *r = &o->calls[i];
    bool here =
        !r->sources.count || in_any(r->sources.values, r->sources.count, ip) != r->sources.negate;
    if (!here || (r->action == PORTERO_ACTION_DENY && r->least_level))
      continue;
    return r->action == PORTERO_ACTION_ALLOW;
  }
  return o->call_default == PORTERO_ACTION_ALLOW;
}

static void random_rules(struct portero_policy_rule rules[4],
                         struct portero_policy_network networks[4][3], const char *const names[4])
{
  memset(rules, 0, 4 * sizeof *rules);
  for (unsigned i = 0; i < 4; i++) {
    rules[i].name = names[i];
    rules[i].action = rand() % 2 ? PORTERO_ACTION_ALLOW : PORTERO_ACTION_DENY;
    rules[i].least_level = rand() % 3 == 0 ? PORTERO_LEVEL_PRIVACY : 0;
    rules[i].sources.count = (size_t)(rand() % 8 ? 1 + rand() % 3 : 0);
    rules[i].sources.negate = rand() % 4 == 0;
    rules[i].sources.values = networks[i];
    for (unsigned n = 0; n < 3; n++)
      networks[i][n] = random_network();
  }
}

static void reach_is_what_could_be_allowed(void **state)
{
  static const char *const names[4] = {"a", "b", "c", "d"};
  struct portero_policy_network networks[4][3];
  struct portero_policy_rule rules[4];

  (void)state;
  srand(1);
  for (unsigned round = 0; round < 300; round++) {
    struct portero_policy_options o = {.calls = rules, .n_calls = 4};
    struct policy_reach reach;
    struct portero_arena arena;
    uint8_t ip[16] = {0};

    random_rules(rules, networks, names);
    o.call_default = rand() % 2 ? PORTERO_ACTION_ALLOW : PORTERO_ACTION_DENY;
    portero_arena_init(&arena, &portero_mem_malloc, 1u << 24);
    assert_true(policy_reach_find(&arena, &o, &reach));
    for (unsigned at = 0; at < 1024; at++) { /* both families, and what is just beside */
      memset(ip, 0, sizeof ip);
      if (at & 512) {
        ip[0] = 0xfd;
      } else {
        ip[10] = ip[11] = 0xff;
        ip[12] = 10;
      }
      ip[14] = at >> 8 & 1;
      ip[15] = (uint8_t)at;
      assert_int_equal(at & 512 ? in_any(reach.v6, reach.n_v6, ip)
                                : in_any(reach.v4, reach.n_v4, ip),
                       could_be_allowed(&o, ip));
    }
    for (size_t i = 0; i < reach.n_v4; i++)
      assert_true(reach.v4[i].prefix >= 96);
    portero_arena_deinit(&arena);
  }
}

static void reach_of_everybody(void **state)
{
  struct portero_policy_options o = {.call_default = PORTERO_ACTION_ALLOW};
  struct policy_reach reach;
  struct portero_arena arena;

  (void)state;
  portero_arena_init(&arena, &portero_mem_malloc, 1u << 20);
  assert_true(policy_reach_find(&arena, &o, &reach));
  assert_int_equal(reach.n_v4, 1);
  assert_int_equal(reach.v4[0].prefix, 96);
  assert_int_equal(reach.n_v6, 1);
  assert_int_equal(reach.v6[0].prefix, 0);
  o.call_default = PORTERO_ACTION_DENY;
  assert_true(policy_reach_find(&arena, &o, &reach));
  assert_int_equal(reach.n_v4 + reach.n_v6, 0);
  portero_arena_deinit(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_become_rules),
      cmocka_unit_test(what_is_not_plain_is_refused),
      cmocka_unit_test(what_upstream_misreads_is_told),
      cmocka_unit_test(filters_are_joined),
      cmocka_unit_test(damaged_files),
      cmocka_unit_test(reach_is_what_could_be_allowed),
      cmocka_unit_test(reach_of_everybody),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
