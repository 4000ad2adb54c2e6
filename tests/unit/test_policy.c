/* SPDX-License-Identifier: Apache-2.0 */
/* The policy engine: every key with an accept and a reject, order, rates, reservations; and random
 * policies, where what the index finds is held against trying every rule. */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>

#include <portero/policy.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct portero_uuid samr = {.time_low = 0x12345778, .node = {0xac}};
static const struct portero_uuid epm = {.time_low = 0xe1af8308, .node = {0xfa}};

static struct portero_policy *policy_of(const struct portero_policy_options *options)
{
  struct portero_policy *p = NULL;

  assert_true(portero_is_ok(portero_policy_new(&portero_mem_malloc, options, &p)));
  return p;
}

static struct portero_policy_network net4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t bits)
{
  struct portero_policy_network n = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d},
                                     .prefix = (uint8_t)(96 + bits)};

  return n;
}

static struct portero_policy_call call_from(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
  struct portero_policy_network n = net4(a, b, c, d, 32);
  struct portero_policy_call call = {.has_opnum = true, .opnum = 7, .level = PORTERO_LEVEL_PRIVACY};

  memcpy(call.source, n.ip, sizeof call.source);
  call.interface.uuid = samr;
  call.interface.major = 1;
  call.protseq = PORTERO_NCACN_IP_TCP;
  return call;
}

static enum portero_action asked(const struct portero_policy_rule *rule,
                                 const struct portero_policy_call *call)
{
  struct portero_policy_options o = {.calls = rule, .n_calls = 1};
  struct portero_policy *p = policy_of(&o);
  struct portero_verdict v;

  portero_policy_ask_call(p, NULL, call, &v);
  portero_policy_free(p);
  return v.action;
}

/* The rule denies the one call and does not touch the other. */
static void decides(const struct portero_policy_rule *rule, const struct portero_policy_call *hit,
                    const struct portero_policy_call *miss)
{
  struct portero_policy_rule r = *rule;

  r.name = "r";
  r.action = PORTERO_ACTION_DENY;
  assert_int_equal(asked(&r, hit), PORTERO_ACTION_DENY);
  assert_int_equal(asked(&r, miss), PORTERO_ACTION_ALLOW);
}

static void each_key_decides(void **state)
{
  const struct portero_policy_network nets[] = {net4(10, 0, 0, 0, 8), net4(192, 0, 2, 1, 32)};
  const struct portero_policy_range range = {5, 7};
  const struct portero_policy_interface interface = {.uuid = samr, .major = 1};
  const struct portero_policy_interface operations = {
      .uuid = samr, .any_version = true, .operations = &range, .n_operations = 1};
  struct portero_policy_call in = call_from(10, 1, 2, 3), out = call_from(11, 1, 2, 3), other;
  struct portero_policy_rule r = {.sources = {nets, 2, false}};

  (void)state;
  decides(&r, &in, &out);
  r.sources.negate = true;
  decides(&r, &out, &in);
  other = in;
  memcpy(other.destination, nets[1].ip, 16);
  decides(&(struct portero_policy_rule){.destinations = {nets, 2, false}}, &other, &in);
  other = in;
  other.interface.major = 2;
  decides(&(struct portero_policy_rule){.interfaces = {&interface, 1, false}}, &in, &other);
  decides(&(struct portero_policy_rule){.interfaces = {&interface, 1, true}}, &other, &in);
  other = in;
  other.opnum = 8;
  decides(&(struct portero_policy_rule){.interfaces = {&operations, 1, false}}, &in, &other);
  other.has_opnum = false;
  decides(&(struct portero_policy_rule){.interfaces = {&operations, 1, false}}, &in, &other);
  other = in;
  other.protseq = PORTERO_NCALRPC;
  decides(&(struct portero_policy_rule){.protseqs = 1u << PORTERO_NCALRPC}, &other, &in);
  other = in;
  other.object = &epm;
  decides(&(struct portero_policy_rule){.objects = {&epm, 1, false}}, &other, &in);
  decides(&(struct portero_policy_rule){.objects = {&epm, 1, true}}, &in, &other);
  other = in;
  other.level = PORTERO_LEVEL_INTEGRITY;
  decides(&(struct portero_policy_rule){.below_level = PORTERO_LEVEL_PRIVACY}, &other, &in);
  decides(&(struct portero_policy_rule){.least_level = PORTERO_LEVEL_PRIVACY}, &in, &other);
  other = in;
  other.missing = true;
  decides(&(struct portero_policy_rule){.missing = true}, &other, &in);
}

static void callers_decide(void **state)
{
  struct portero_sid admins, alice;
  struct portero_identity who = {.type = PORTERO_AUTH_KERBEROS,
                                 .account = "Alice",
                                 .domain = "LAB",
                                 .principal = "Alice@LAB.TEST",
                                 .sids = &alice,
                                 .n_sids = 1};
  static const char *const names[] = {"lab\\alice", "bob"}, *const realm[] = {"alice@lab.test"},
                           *const wrong[] = {"OTHER\\alice", "alic", "alice@LAB"};
  struct portero_policy_call named = call_from(10, 0, 0, 1), nobody = call_from(10, 0, 0, 1);

  (void)state;
  assert_true(portero_sid_parse("S-1-5-32-544", &admins));
  assert_true(portero_sid_parse("S-1-5-21-1-2-3-1000", &alice));
  named.identity = &who;
  decides(&(struct portero_policy_rule){.accounts = {names, 2, false}}, &named, &nobody);
  decides(&(struct portero_policy_rule){.accounts = {names, 2, true}}, &nobody, &named);
  decides(&(struct portero_policy_rule){.accounts = {realm, 1, false}}, &named, &nobody);
  decides(&(struct portero_policy_rule){.accounts = {wrong, 3, true}}, &named,
          &(struct portero_policy_call){.weekday = 0,
                                        .identity = &(struct portero_identity){.account = "alice",
                                                                               .domain = "other",
                                                                               .principal = ""}});
  decides(&(struct portero_policy_rule){.sids = {&alice, 1, false}}, &named, &nobody);
  decides(&(struct portero_policy_rule){.sids = {&admins, 1, true}}, &named,
          &(struct portero_policy_call){
              .identity = &(struct portero_identity){
                  .account = "", .domain = "", .principal = "", .sids = &admins, .n_sids = 1}});
  decides(&(struct portero_policy_rule){.mechanisms = 4}, &named, &nobody);
  decides(&(struct portero_policy_rule){.mechanisms = 1}, &nobody, &named);
}

static void times_decide(void **state)
{
  struct portero_policy_call noon = call_from(10, 0, 0, 1), night = call_from(10, 0, 0, 1);

  (void)state;
  noon.minute = 720;
  night.minute = 60;
  decides(&(struct portero_policy_rule){.from_minute = 480, .to_minute = 1080}, &noon, &night);
  decides(&(struct portero_policy_rule){.from_minute = 1080, .to_minute = 480}, &night, &noon);
  noon.weekday = 6;
  decides(&(struct portero_policy_rule){.weekdays = 1u << 6}, &noon, &night);
}

static void first_match_decides_and_observers_tell(void **state)
{
  static const char *const tags[] = {"T1003.006"};
  const struct portero_policy_network nets[] = {net4(10, 0, 0, 0, 8)};
  const struct portero_policy_rule rules[] = {
      {.name = "watch", .action = PORTERO_ACTION_OBSERVE, .tags = tags, .n_tags = 1, .alert = true},
      {.name = "friends", .action = PORTERO_ACTION_ALLOW, .sources = {nets, 1, false}},
      {.name = "rest", .line = 9, .action = PORTERO_ACTION_DENY, .fault = 0x1c010003},
      {.name = "never", .action = PORTERO_ACTION_DROP},
  };
  struct portero_policy_options o = {.calls = rules, .n_calls = COUNT(rules)};
  struct portero_policy *p = policy_of(&o);
  struct portero_policy_call friend = call_from(10, 1, 1, 1), other = call_from(9, 1, 1, 1);
  struct portero_verdict v;

  (void)state;
  portero_policy_ask_call(p, NULL, &friend, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  assert_string_equal(v.rule, "friends");
  assert_int_equal(v.n_observed, 1);
  assert_string_equal(v.observed[0].rule, "watch");
  assert_string_equal(v.observed[0].tags[0], "T1003.006");
  assert_true(v.observed[0].alert);
  assert_false(v.alert);
  portero_policy_ask_call(p, NULL, &other, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DENY);
  assert_int_equal(v.fault, 0x1c010003);
  assert_int_equal(v.line, 9);
  assert_string_equal(v.rule, "rest");
  portero_policy_free(p);
}

/* Every technique is named: all observers that matched, in their order, up to the number that fits. */
static void all_observers_are_told(void **state)
{
  static const char *const tags[] = {"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"};
  struct portero_policy_rule rules[11];
  struct portero_policy_options o = {.calls = rules, .n_calls = COUNT(rules)};
  struct portero_policy_call call = call_from(10, 1, 1, 1);
  struct portero_policy *p;
  struct portero_verdict v;

  (void)state;
  memset(rules, 0, sizeof rules);
  for (unsigned i = 0; i < 10; i++)
    rules[i] = (struct portero_policy_rule){.name = tags[i],
                                            .line = i + 1,
                                            .action = PORTERO_ACTION_OBSERVE,
                                            .tags = &tags[i],
                                            .n_tags = 1,
                                            .alert = i == 4,
                                            .below_level = i == 1 ? PORTERO_LEVEL_PRIVACY : 0};
  rules[10] = (struct portero_policy_rule){.name = "end", .action = PORTERO_ACTION_DROP};
  p = policy_of(&o);
  portero_policy_ask_call(p, NULL, &call, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DROP);
  assert_int_equal(v.n_observed, PORTERO_POLICY_OBSERVED);
  for (unsigned i = 0; i < PORTERO_POLICY_OBSERVED; i++) { /* the second does not match */
    assert_string_equal(v.observed[i].rule, tags[i ? i + 1 : 0]);
    assert_string_equal(v.observed[i].tags[0], tags[i ? i + 1 : 0]);
    assert_int_equal(v.observed[i].line, i ? i + 2 : 1);
    assert_int_equal(v.observed[i].alert, i == 3);
  }
  portero_policy_free(p);
}

/* ---- binds ---- */

static struct portero_verdict asked_to_bind(const struct portero_policy_rule *rules, size_t n,
                                            enum portero_action otherwise,
                                            const struct portero_policy_call *call)
{
  static char rule[32];
  struct portero_policy_options o = {.calls = rules, .n_calls = n, .call_default = otherwise};
  struct portero_policy *p = policy_of(&o);
  struct portero_verdict v;

  portero_policy_ask_call(p, NULL, call, &v);
  if (v.rule) { /* it goes with the policy */
    (void)snprintf(rule, sizeof rule, "%s", v.rule);
    v.rule = rule;
  }
  portero_policy_free(p);
  v.tags = NULL;
  return v;
}

/*
 * A rule with this condition allows, all else is refused: the bind passes. It refuses, all else is
 * allowed: the bind passes as well.
 */
static void may_come_true(const struct portero_policy_rule *rule)
{
  struct portero_policy_rule r = *rule;
  struct portero_policy_call bind = call_from(10, 0, 0, 1);
  struct portero_verdict v;

  bind.has_opnum = false;
  bind.level = PORTERO_LEVEL_NONE;
  r.name = "may";
  r.alert = true;
  r.action = PORTERO_ACTION_ALLOW;
  v = asked_to_bind(&r, 1, PORTERO_ACTION_DENY, &bind);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  assert_string_equal(v.rule, "may");
  assert_false(v.alert); /* it has not happened */
  r.action = PORTERO_ACTION_DENY;
  assert_int_equal(asked_to_bind(&r, 1, PORTERO_ACTION_ALLOW, &bind).action, PORTERO_ACTION_ALLOW);
  r.action = PORTERO_ACTION_DROP;
  assert_int_equal(asked_to_bind(&r, 1, PORTERO_ACTION_ALLOW, &bind).action, PORTERO_ACTION_ALLOW);
  r.action = PORTERO_ACTION_OBSERVE;
  v = asked_to_bind(&r, 1, PORTERO_ACTION_DENY, &bind);
  assert_int_equal(v.action, PORTERO_ACTION_DENY);
  assert_int_equal(v.n_observed, 0);
  bind.interface.uuid = epm;
  r.action = PORTERO_ACTION_ALLOW;
  if (r.interfaces.count) {
    v = asked_to_bind(&r, 1, PORTERO_ACTION_DENY, &bind);
    assert_int_equal(v.action, r.interfaces.negate ? PORTERO_ACTION_ALLOW : PORTERO_ACTION_DENY);
  }
}

static void what_only_a_call_tells_lets_a_bind_pass(void **state)
{
  static const char *const names[] = {"alice"};
  const struct portero_policy_range range = {0, 2};
  const struct portero_policy_interface operations = {
      .uuid = samr, .any_version = true, .operations = &range, .n_operations = 1};
  const struct portero_sid sid = {.revision = 1, .n_sub = 1, .authority = 5};

  (void)state;
  may_come_true(&(struct portero_policy_rule){.accounts = {names, 1, false}});
  may_come_true(&(struct portero_policy_rule){.accounts = {names, 1, true}});
  may_come_true(&(struct portero_policy_rule){.sids = {&sid, 1, false}});
  may_come_true(&(struct portero_policy_rule){.sids = {&sid, 1, true}});
  may_come_true(&(struct portero_policy_rule){.mechanisms = 4});
  may_come_true(&(struct portero_policy_rule){.least_level = PORTERO_LEVEL_PRIVACY});
  may_come_true(&(struct portero_policy_rule){.below_level = PORTERO_LEVEL_INTEGRITY});
  may_come_true(&(struct portero_policy_rule){.objects = {&epm, 1, false}});
  may_come_true(&(struct portero_policy_rule){.objects = {&epm, 1, true}});
  may_come_true(&(struct portero_policy_rule){.rate = 3, .rate_window = 1000});
  may_come_true(&(struct portero_policy_rule){.missing = true});
  may_come_true(&(struct portero_policy_rule){.missing = true, .rate = 3, .rate_window = 1000});
  may_come_true(&(struct portero_policy_rule){.interfaces = {&operations, 1, false}});
  may_come_true(&(struct portero_policy_rule){.interfaces = {&operations, 1, true}});
}

static void what_is_sure_decides_a_bind(void **state)
{
  static const char *const names[] = {"alice"};
  const struct portero_policy_network here[] = {net4(10, 0, 0, 0, 8)},
                                      there[] = {net4(11, 0, 0, 0, 8)};
  const struct portero_policy_interface interface = {.uuid = samr, .any_version = true};
  struct portero_policy_rule user = {
      .name = "user", .action = PORTERO_ACTION_ALLOW, .accounts = {names, 1, false}};
  struct portero_policy_rule rules[2];
  struct portero_policy_call bind = call_from(10, 0, 0, 1), other;

  (void)state;
  bind.has_opnum = false;
  assert_int_equal(asked_to_bind(&user, 1, PORTERO_ACTION_DENY, &bind).action,
                   PORTERO_ACTION_ALLOW);
  user.sources.values = there; /* nobody here will be alice over there */
  user.sources.count = 1;
  assert_int_equal(asked_to_bind(&user, 1, PORTERO_ACTION_DENY, &bind).action, PORTERO_ACTION_DENY);
  other = bind;
  other.source[12] = 11;
  assert_int_equal(asked_to_bind(&user, 1, PORTERO_ACTION_DENY, &other).action,
                   PORTERO_ACTION_ALLOW);
  user.sources.count = 0;
  user.from_minute = 60;
  user.to_minute = 120; /* the time of the bind is known */
  assert_int_equal(asked_to_bind(&user, 1, PORTERO_ACTION_DENY, &bind).action, PORTERO_ACTION_DENY);
  bind.minute = 60;
  assert_int_equal(asked_to_bind(&user, 1, PORTERO_ACTION_DENY, &bind).action,
                   PORTERO_ACTION_ALLOW);
  user.from_minute = user.to_minute = 0;

  /* the order counts: sure before what may be, and the other way round */
  rules[0] = (struct portero_policy_rule){
      .name = "here", .action = PORTERO_ACTION_DENY, .fault = 7, .sources = {here, 1, false}};
  rules[1] = user;
  assert_int_equal(asked_to_bind(rules, 2, PORTERO_ACTION_ALLOW, &bind).fault, 7);
  rules[1] = rules[0];
  rules[0] = user;
  assert_string_equal(asked_to_bind(rules, 2, PORTERO_ACTION_DENY, &bind).rule, "user");
  rules[0] = (struct portero_policy_rule){
      .name = "samr", .action = PORTERO_ACTION_DROP, .interfaces = {&interface, 1, false}};
  assert_int_equal(asked_to_bind(rules, 1, PORTERO_ACTION_ALLOW, &bind).action,
                   PORTERO_ACTION_DROP);
  other = bind;
  other.interface.uuid = epm;
  assert_int_equal(asked_to_bind(rules, 1, PORTERO_ACTION_ALLOW, &other).action,
                   PORTERO_ACTION_ALLOW);
  rules[0].interfaces.negate = true;
  assert_int_equal(asked_to_bind(rules, 1, PORTERO_ACTION_ALLOW, &bind).action,
                   PORTERO_ACTION_ALLOW);
  rules[0].action = PORTERO_ACTION_OBSERVE;
  rules[0].alert = true;
  assert_int_equal(asked_to_bind(rules, 1, PORTERO_ACTION_ALLOW, &other).n_observed, 1);
}

static void defaults_are_as_said(void **state)
{
  struct portero_policy_options o = {.call_default = PORTERO_ACTION_DENY};
  struct portero_policy *p = policy_of(&o);
  struct portero_policy_call call = call_from(10, 1, 1, 1);
  struct portero_policy_registration r = {.uid = 5};
  struct portero_verdict v;

  (void)state;
  portero_policy_ask_call(p, NULL, &call, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DENY);
  assert_int_equal(v.fault, PORTERO_FAULT_ACCESS_DENIED);
  assert_null(v.rule);
  portero_policy_ask_registration(p, &r, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  portero_policy_free(p);
}

static void rates_count_each_source(void **state)
{
  const struct portero_policy_rule rule = {
      .name = "burst", .action = PORTERO_ACTION_DENY, .rate = 3, .rate_window = 1000};
  struct portero_policy_options o = {.calls = &rule, .n_calls = 1};
  struct portero_policy *p = policy_of(&o);
  struct portero_policy_rates *rates = portero_policy_rates_new(&portero_mem_malloc, p, 1000);
  struct portero_policy_call one = call_from(10, 0, 0, 1), two = call_from(10, 0, 0, 2);
  struct portero_verdict v;

  (void)state;
  for (unsigned i = 0; i < 3; i++) {
    portero_policy_ask_call(p, rates, &one, &v);
    assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  }
  portero_policy_ask_call(p, rates, &one, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DENY);
  portero_policy_ask_call(p, rates, &two, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  one.now = 1000;
  portero_policy_ask_call(p, rates, &one, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  portero_policy_rates_free(rates);
  portero_policy_free(p);
}

static struct portero_policy_call call_from_six(uint8_t subnet, uint8_t host)
{
  struct portero_policy_call call = call_from(0, 0, 0, 0);
  const uint8_t ip[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, subnet, [15] = host};

  memcpy(call.source, ip, sizeof ip);
  return call;
}

static void a_rate_counts_a_whole_64(void **state)
{
  const struct portero_policy_rule rule = {
      .name = "burst", .action = PORTERO_ACTION_DENY, .rate = 3, .rate_window = 1000};
  struct portero_policy_options o = {.calls = &rule, .n_calls = 1};
  struct portero_policy *p = policy_of(&o);
  struct portero_policy_rates *rates = portero_policy_rates_new(&portero_mem_malloc, p, 1000);
  struct portero_policy_call call;
  struct portero_verdict v;

  (void)state;
  for (uint8_t host = 1; host <= 8; host++) {
    call = call_from_six(1, host);
    portero_policy_ask_call(p, rates, &call, &v);
    assert_int_equal(v.action, host <= 3 ? PORTERO_ACTION_ALLOW : PORTERO_ACTION_DENY);
  }
  call = call_from_six(2, 1); /* the next /64 is another source */
  portero_policy_ask_call(p, rates, &call, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  for (uint8_t host = 1; host <= 8; host++) { /* IPv4 addresses are one each */
    call = call_from(10, 0, 0, host);
    portero_policy_ask_call(p, rates, &call, &v);
    assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  }
  portero_policy_rates_free(rates);
  portero_policy_free(p);
}

/* Is one who has met the rate forgotten when those strangers have come after him? */
static bool pushes_out(const struct portero_policy *p, uint64_t seed, const uint16_t *strangers,
                       size_t n)
{
  struct portero_policy_rates *rates = portero_policy_rates_new(&portero_mem_malloc, p, 64);
  struct portero_policy_call loud = call_from(10, 0, 0, 1), stranger;
  struct portero_verdict v;

  assert_non_null(rates);
  portero_policy_rates_seed(rates, seed);
  loud.now = 1;
  for (unsigned i = 0; i < 4; i++)
    portero_policy_ask_call(p, rates, &loud, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DENY);
  for (size_t i = 0; i < n; i++) {
    stranger = call_from(11, 0, (uint8_t)(strangers[i] >> 8), (uint8_t)strangers[i]);
    stranger.now = i + 2;
    portero_policy_ask_call(p, rates, &stranger, &v);
  }
  loud.now = n + 2;
  portero_policy_ask_call(p, rates, &loud, &v);
  portero_policy_rates_free(rates);
  return v.action == PORTERO_ACTION_ALLOW;
}

/* Addresses that were chosen for one seed do nothing under another one. */
static void places_of_rates_cannot_be_foreseen(void **state)
{
  const struct portero_policy_rule rule = {
      .name = "burst", .action = PORTERO_ACTION_DENY, .rate = 3, .rate_window = 60000};
  struct portero_policy_options o = {.calls = &rule, .n_calls = 1};
  struct portero_policy *p = policy_of(&o);
  uint16_t chosen[400];
  size_t n = 0, pushed = 0;

  (void)state;
  for (uint16_t i = 0; i < 400; i++)
    chosen[n++] = i;
  assert_true(pushes_out(p, 1, chosen, n));
  for (size_t i = n; i-- > 0;) { /* without those that are not needed */
    uint16_t one = chosen[i];
    memmove(&chosen[i], &chosen[i + 1], (n - i - 1) * sizeof one);
    if (pushes_out(p, 1, chosen, n - 1)) {
      n--;
      continue;
    }
    memmove(&chosen[i + 1], &chosen[i], (n - i - 1) * sizeof one);
    chosen[i] = one;
  }
  assert_true(n < 16);
  assert_true(pushes_out(p, 1, chosen, n));
  for (uint64_t seed = 2; seed < 66; seed++)
    pushed += pushes_out(p, seed, chosen, n);
  assert_true(pushed < 4);
  portero_policy_free(p);
}

static void lock_take(void *ctx)
{
  unsigned *held = ctx;

  assert_int_equal(held[0]++, 0);
  held[1]++;
}

static void lock_give(void *ctx)
{
  unsigned *held = ctx;

  assert_int_equal(held[0]--, 1);
}

/* The lock is held for what is counted, and for nothing else; a clock that is behind counts as well. */
static void shared_rates_are_locked(void **state)
{
  const struct portero_policy_network from = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10},
                                              .prefix = 104};
  const struct portero_policy_rule rule = {.name = "burst",
                                           .action = PORTERO_ACTION_DENY,
                                           .sources = {&from, 1, false},
                                           .rate = 3,
                                           .rate_window = 1000};
  struct portero_policy_options o = {.calls = &rule, .n_calls = 1};
  struct portero_policy *p = policy_of(&o);
  struct portero_policy_rates *rates = portero_policy_rates_new(&portero_mem_malloc, p, 1000);
  struct portero_policy_call one = call_from(10, 0, 0, 1), other = call_from(11, 0, 0, 1);
  unsigned held[2] = {0, 0};
  const struct portero_policy_lock lock = {lock_take, lock_give, held};
  struct portero_verdict v;

  (void)state;
  portero_policy_rates_share(rates, &lock);
  for (unsigned i = 0; i < 4; i++) {
    one.now = i % 2 ? 5000 : 5002;
    portero_policy_ask_call(p, rates, &one, &v);
    assert_int_equal(v.action, i < 3 ? PORTERO_ACTION_ALLOW : PORTERO_ACTION_DENY);
    portero_policy_ask_call(p, rates, &other, &v);
    assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
    assert_int_equal(held[0], 0);
    assert_int_equal(held[1], i + 1);
  }
  one.now = 6002;
  portero_policy_ask_call(p, rates, &one, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  portero_policy_rates_free(rates);
  portero_policy_free(p);
}

/* Binds to what is not there count together with calls of what is not there, others do not. */
static void what_is_missing_counts(void **state)
{
  const struct portero_policy_rule rule = {.name = "scan",
                                           .action = PORTERO_ACTION_DENY,
                                           .missing = true,
                                           .rate = 3,
                                           .rate_window = 1000};
  struct portero_policy_options o = {.calls = &rule, .n_calls = 1};
  struct portero_policy *p = policy_of(&o);
  struct portero_policy_rates *rates = portero_policy_rates_new(&portero_mem_malloc, p, 1000);
  struct portero_policy_call call = call_from(10, 0, 0, 1), bind = call;
  struct portero_verdict v;

  (void)state;
  bind.has_opnum = false;
  for (unsigned i = 0; i < 12; i++) {
    struct portero_policy_call *next = i % 2 ? &call : &bind;
    next->missing = i >= 8;
    next->interface.uuid.time_low = i;
    portero_policy_ask_call(p, rates, next, &v);
    assert_int_equal(v.action, i < 11 ? PORTERO_ACTION_ALLOW : PORTERO_ACTION_DENY);
    next->again = true; /* nothing comes of asking once more */
    portero_policy_ask_call(p, rates, next, &v);
    assert_int_equal(v.action, i < 11 ? PORTERO_ACTION_ALLOW : PORTERO_ACTION_DENY);
    next->again = false;
  }
  bind.missing = false; /* who goes on with what is there may */
  portero_policy_ask_call(p, rates, &bind, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  portero_policy_rates_free(rates);
  portero_policy_free(p);
}

/* A flood of sources takes no memory, and does not hide who goes on. */
static void rates_are_bounded(void **state)
{
  const struct portero_policy_rule rule = {
      .name = "burst", .action = PORTERO_ACTION_DENY, .rate = 10, .rate_window = 60000};
  struct portero_policy_options o = {.calls = &rule, .n_calls = 1};
  struct portero_policy *p = policy_of(&o);
  struct portero_policy_rates *rates = portero_policy_rates_new(&portero_mem_malloc, p, 64);
  struct portero_policy_call loud = call_from(10, 0, 0, 1);
  struct portero_verdict v;

  (void)state;
  for (uint32_t i = 0; i < 20000; i++) {
    struct portero_policy_call stranger =
        call_from(11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i);
    stranger.now = loud.now = i;
    portero_policy_ask_call(p, rates, &stranger, &v);
    assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
    portero_policy_ask_call(p, rates, &loud, &v);
    assert_int_equal(v.action, i < 10 ? PORTERO_ACTION_ALLOW : PORTERO_ACTION_DENY);
  }
  portero_policy_rates_free(rates);
  portero_policy_free(p);
}

static void reservations_keep_strangers_out(void **state)
{
  static const uint32_t owners[] = {105};
  static const char *const units[] = {"cups.service"};
  const struct portero_policy_reservation reserved[] = {{.name = "spooler",
                                                         .line = 3,
                                                         .uuid = samr,
                                                         .uids = owners,
                                                         .n_uids = 1,
                                                         .units = units,
                                                         .n_units = 1}};
  const struct portero_policy_rule rules[] = {{.name = "no-root",
                                               .action = PORTERO_ACTION_DENY,
                                               .uids = {(const uint32_t[]){0}, 1, false}}};
  struct portero_policy_options o = {
      .reservations = reserved, .n_reservations = 1, .registrations = rules, .n_registrations = 1};
  struct portero_policy *p = policy_of(&o);
  struct portero_policy_registration r = {.interface = {.uuid = samr}, .uid = 105};
  struct portero_verdict v;

  (void)state;
  portero_policy_ask_registration(p, &r, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  assert_string_equal(v.rule, "spooler");
  r.uid = 1000;
  portero_policy_ask_registration(p, &r, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DENY);
  assert_true(v.alert);
  assert_string_equal(v.tags[0], "CVE-2025-49760");
  r.unit = "cups.service";
  portero_policy_ask_registration(p, &r, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  r.is_remote = true;
  portero_policy_ask_registration(p, &r, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DENY);
  r = (struct portero_policy_registration){.interface = {.uuid = epm}};
  portero_policy_ask_registration(p, &r, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DENY);
  assert_false(v.alert);
  r.uid = 1;
  portero_policy_ask_registration(p, &r, &v);
  assert_int_equal(v.action, PORTERO_ACTION_ALLOW);
  portero_policy_free(p);
}

static void what_is_wrong_is_refused(void **state)
{
  struct portero_policy_rule rules[2] = {{.name = "a"}, {.name = "a"}};
  struct portero_policy_options o = {.calls = rules, .n_calls = 2};
  struct portero_policy *p = NULL;

  (void)state;
  assert_true(
      portero_is_local(portero_policy_new(&portero_mem_malloc, &o, &p), PORTERO_LOCAL_USAGE));
  rules[1].name = NULL;
  assert_true(
      portero_is_local(portero_policy_new(&portero_mem_malloc, &o, &p), PORTERO_LOCAL_USAGE));
  rules[1].name = "b";
  o.call_default = PORTERO_ACTION_OBSERVE;
  assert_true(
      portero_is_local(portero_policy_new(&portero_mem_malloc, &o, &p), PORTERO_LOCAL_USAGE));
  assert_null(p);
}

/* ---- random policies ---- */

static uint32_t draw(uint32_t *seed, uint32_t n)
{
  *seed = *seed * 1664525u + 1013904223u;
  return (*seed >> 8) % n;
}

static struct portero_uuid interface_number(uint32_t i)
{
  struct portero_uuid u = {.time_low = 0x1000 + i};

  return u;
}

#define RULES    60u
#define NETWORKS 12u

struct random_policy {
  struct portero_policy_network nets[8][NETWORKS];
  struct portero_policy_interface interfaces[RULES][3];
  struct portero_policy_rule rules[RULES];
  char names[RULES][8];
};

static void random_policy(struct random_policy *r, uint32_t *seed)
{
  memset(r, 0, sizeof *r);
  for (uint32_t i = 0; i < 8; i++)
    for (uint32_t j = 0; j < NETWORKS; j++)
      r->nets[i][j] = net4(10, (uint8_t)draw(seed, 3), (uint8_t)draw(seed, 3),
                           (uint8_t)draw(seed, 4), (uint8_t)draw(seed, 33));
  for (uint32_t i = 0; i < RULES; i++) {
    struct portero_policy_rule *rule = &r->rules[i];
    (void)snprintf(r->names[i], sizeof r->names[i], "%u", (unsigned)i);
    rule->name = r->names[i];
    rule->action = (enum portero_action)draw(seed, 4);
    rule->least_level = draw(seed, 3) ? PORTERO_LEVEL_PRIVACY : 0;
    if (draw(seed, 4)) {
      rule->sources.values = r->nets[draw(seed, 8)];
      rule->sources.count = 1 + draw(seed, NETWORKS);
      rule->sources.negate = draw(seed, 5) == 0;
    }
    for (uint32_t j = 0; j < 3; j++)
      r->interfaces[i][j] = (struct portero_policy_interface){
          .uuid = interface_number(draw(seed, 6)), .any_version = true};
    if (draw(seed, 4)) {
      rule->interfaces.values = r->interfaces[i];
      rule->interfaces.count = 1 + draw(seed, 3);
      rule->interfaces.negate = draw(seed, 5) == 0;
    }
  }
}

struct first {
  const char *rule;
};

static void remember(void *user, const char *rule, uint32_t line, bool matches, const char *why)
{
  struct first *f = user;

  (void)line;
  (void)why;
  f->rule = matches ? rule : f->rule;
}

static void the_index_finds_what_trying_all_finds(void **state)
{
  static struct random_policy r;
  uint32_t seed = 7, n_hits = 0;

  (void)state;
  for (unsigned round = 0; round < 200; round++) {
    struct portero_policy_options o = {.calls = r.rules, .n_calls = RULES};
    struct portero_policy *p;
    random_policy(&r, &seed);
    o.n_calls = 1 + draw(&seed, RULES);
    p = policy_of(&o);
    for (unsigned i = 0; i < 100; i++) {
      struct portero_policy_call call =
          call_from(10, (uint8_t)draw(&seed, 4), (uint8_t)draw(&seed, 3), (uint8_t)draw(&seed, 4));
      struct first first = {NULL};
      struct portero_verdict v;
      call.interface.uuid = interface_number(draw(&seed, 7));
      call.level = draw(&seed, 2) ? PORTERO_LEVEL_PRIVACY : PORTERO_LEVEL_NONE;
      call.has_opnum = draw(&seed, 2) > 0;
      portero_policy_ask_call(p, NULL, &call, &v);
      portero_policy_explain_call(p, &call, remember, &first);
      if (v.rule)
        assert_string_equal(v.rule, first.rule);
      else if (first.rule) /* the last that matched only observes */
        assert_int_equal(r.rules[atoi(first.rule)].action, PORTERO_ACTION_OBSERVE);
      n_hits += v.rule != NULL;
    }
    portero_policy_free(p);
  }
  assert_in_range(n_hits, 1000, 19999);
}

static void memory_may_run_out_anywhere(void **state)
{
  static struct random_policy r;
  struct portero_policy_options o = {.calls = r.rules, .n_calls = RULES};
  uint32_t seed = 3;
  bool done = false;

  (void)state;
  random_policy(&r, &seed);
  for (size_t limit = 0; !done; limit++) {
    struct support_mem m;
    struct portero_policy *p = NULL;
    portero_status status;
    support_mem_init(&m, limit);
    status = portero_policy_new(&m.mem, &o, &p);
    done = portero_is_ok(status);
    if (!done)
      assert_true(portero_is_local(status, PORTERO_LOCAL_NO_MEMORY));
    portero_policy_free(p);
    assert_int_equal(m.in_use, 0);
    assert_in_range(limit, 0, 1000);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_key_decides),
      cmocka_unit_test(callers_decide),
      cmocka_unit_test(times_decide),
      cmocka_unit_test(first_match_decides_and_observers_tell),
      cmocka_unit_test(all_observers_are_told),
      cmocka_unit_test(what_only_a_call_tells_lets_a_bind_pass),
      cmocka_unit_test(what_is_sure_decides_a_bind),
      cmocka_unit_test(defaults_are_as_said),
      cmocka_unit_test(rates_count_each_source),
      cmocka_unit_test(a_rate_counts_a_whole_64),
      cmocka_unit_test(places_of_rates_cannot_be_foreseen),
      cmocka_unit_test(shared_rates_are_locked),
      cmocka_unit_test(what_is_missing_counts),
      cmocka_unit_test(rates_are_bounded),
      cmocka_unit_test(reservations_keep_strangers_out),
      cmocka_unit_test(what_is_wrong_is_refused),
      cmocka_unit_test(the_index_finds_what_trying_all_finds),
      cmocka_unit_test(memory_may_run_out_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
