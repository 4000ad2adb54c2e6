/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files: each key with a call it decides and one it does not, and with what it refuses, in
 * words, by line and key; sets; what is written reads back the same. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/config/policy_file.h"
#include "src/config/policy_text.h"
#include "tests/unit/support.h"

#define HEAD     "default: {calls: allow, register: allow}\n"
#define RULE     HEAD "calls:\n- name: a\n  action: deny\n  "
#define REGISTER HEAD "register:\n- name: a\n  action: deny\n  "

struct result {
  struct policy_file file;
  portero_status status;
  char message[POLICY_MESSAGE_SIZE];
};

static void read_text(struct result *r, const char *text)
{
  struct portero_bytes copy = support_copy(portero_bytes_make((const uint8_t *)text, strlen(text)));

  policy_file_init(&r->file, &portero_mem_malloc);
  r->message[0] = 0;
  r->status = policy_file_read_text(&r->file, "p.yaml", copy, r->message, sizeof r->message);
  support_free(copy);
}

static struct portero_policy *policy_of(const char *text)
{
  struct portero_policy *p = NULL;
  struct result r;

  read_text(&r, text);
  if (!portero_is_ok(r.status))
    fail_msg("%s\n%s", text, r.message);
  assert_true(portero_is_ok(portero_policy_new(&portero_mem_malloc, &r.file.options, &p)));
  policy_file_deinit(&r.file);
  return p;
}

/* The whole message, but for "p.yaml:". */
static void refuses(const char *text, const char *message)
{
  struct result r;

  read_text(&r, text);
  if (portero_is_ok(r.status))
    fail_msg("taken: %s", text);
  assert_int_equal(r.file.options.n_calls, 0);
  if (strncmp(r.message, "p.yaml:", 7) != 0 ||
      strncmp(r.message + 7, message, strlen(message)) != 0)
    fail_msg("the message is: %s\n            not: %s", r.message, message);
  policy_file_deinit(&r.file);
}

static void address(uint8_t out_ip[16], uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
  const uint8_t ip[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};

  memcpy(out_ip, ip, sizeof ip);
}

/* drsuapi's DRSGetNCChanges from 10.0.0.1, sealed, on a Monday at noon */
static struct portero_policy_call a_call(void)
{
  struct portero_policy_call call = {.has_opnum = true,
                                     .opnum = 3,
                                     .protseq = PORTERO_NCACN_IP_TCP,
                                     .level = PORTERO_LEVEL_PRIVACY,
                                     .minute = 720};

  assert_true(portero_uuid_parse("e3514235-4b06-11d1-ab04-00c04fc2dcd2", &call.interface.uuid));
  call.interface.major = 4;
  address(call.source, 10, 0, 0, 1);
  address(call.destination, 10, 0, 0, 2);
  return call;
}

static enum portero_action asked(const char *text, const struct portero_policy_call *call)
{
  struct portero_policy *p = policy_of(text);
  struct portero_verdict v;

  portero_policy_ask_call(p, NULL, call, &v);
  portero_policy_free(p);
  return v.action;
}

static void decides(const char *text, const struct portero_policy_call *hit,
                    const struct portero_policy_call *miss)
{
  if (asked(text, hit) != PORTERO_ACTION_DENY || asked(text, miss) != PORTERO_ACTION_ALLOW)
    fail_msg("%s", text);
}

/* ---- keys ---- */

static void addresses_decide(void **state)
{
  struct portero_policy_call here = a_call(), there = a_call(), local = a_call(), v6 = a_call();

  (void)state;
  address(there.source, 11, 0, 0, 1);
  address(there.destination, 11, 0, 0, 1);
  memset(local.source, 0, sizeof local.source);
  memset(v6.source, 0, sizeof v6.source);
  v6.source[0] = 0xfd;
  decides(RULE "source: 10.0.0.0/8", &here, &there);
  decides(RULE "source: 10.0.0.1", &here, &there);
  decides(RULE "not-source: [10.0.0.0/8, 12.0.0.0/8]", &there, &here);
  decides(RULE "source: local", &local, &here);
  decides(RULE "source: fd00::/8", &v6, &here);
  assert_int_equal(asked(RULE "source: any", &local), PORTERO_ACTION_DENY);
  decides(RULE "destination: 10.0.0.2", &here, &there);
  decides(RULE "not-destination: 10.0.0.2", &there, &here);
  refuses(RULE "source: 10.0.0.300", "5: calls.source: \"10.0.0.300\": expected an address or");
  refuses(RULE "source: 10.0.0.0/33", "5: calls.source: \"10.0.0.0/33\": expected an address or");
  refuses(RULE "source: 10.0.0.0/", "5: calls.source: \"10.0.0.0/\": expected an address or");
  refuses(RULE "source: 10.0.0.1/8",
          "5: calls.source: \"10.0.0.1/8\": expected a network without bits behind its prefix: "
          "10.0.0.0/8");
  refuses(RULE "source: \"::/0\"", "5: calls.source: \"::/0\": expected any for all addresses");
  refuses(RULE "source: \"::/12\"", "5: calls.source: \"::/12\": expected any for all addresses");
  refuses(RULE "source: []", "5: calls.source: an empty list; expected at least one of: addresses");
  refuses(RULE "source: [[10.0.0.1]]",
          "5: calls.source: expected addresses, here is a list in a list");
  refuses(RULE "source: {a: b}", "5: calls.source: expected addresses, here is a section");
  refuses(RULE "source: 10.0.0.1\n  not-source: 10.0.0.2",
          "6: calls.not-source: stands beside its opposite; write two rules");
}

static void interfaces_decide(void **state)
{
  struct portero_policy_call here = a_call(), other = a_call(), bind = a_call(), four = a_call(),
                             version = a_call();

  (void)state;
  assert_true(portero_uuid_parse("12345778-1234-abcd-ef00-0123456789ac", &other.interface.uuid));
  bind.has_opnum = false;
  four.opnum = 4;
  version.interface.major = 3;
  decides(RULE "interface: drsuapi", &here, &other);
  decides(RULE "interface: DRSUAPI", &bind, &other);
  decides(RULE "interface: E3514235-4B06-11D1-AB04-00C04FC2DCD2", &here, &other);
  decides(RULE "not-interface: [drsuapi, spoolss]", &other, &here);
  decides(RULE "interface: drsuapi:4", &here, &version);
  decides(RULE "interface: drsuapi:4.0", &here, &version);
  decides(RULE "interface: drsuapi\n  operations: 3", &here, &four);
  decides(RULE "interface: drsuapi\n  operations: 3", &here, &bind);
  decides(RULE "interface: drsuapi\n  operations: [0, drsgetncchanges]", &here, &four);
  decides(RULE "interface: drsuapi\n  operations: 1-3", &here, &four);
  decides(RULE "interface: drsuapi\n  operations: DRSBind-DRSGetNCChanges", &here, &four);
  decides(RULE "interface: [{interface: drsuapi, operations: [3]}, samr]", &here, &four);
  decides(RULE "interface: [{interface: drsuapi, operations: [3]}, samr]", &other, &four);
  refuses(RULE "interface: drsuap",
          "5: calls.interface: \"drsuap\": expected a UUID or the name of a known interface, with "
          ":MAJOR where only that version is meant; did you mean drsuapi");
  refuses(RULE "interface: efsrpc",
          "5: calls.interface: \"efsrpc\": expected a UUID, because 2 interfaces have that name: "
          "c681d488-d850-11d0-8c52-00c04fd90f7e, df1941c5-fe89-4e79-bf10-463657acf44d");
  refuses(RULE "interface: drsuapi:4.1",
          "5: calls.interface: \"drsuapi:4.1\": expected the major version alone, 4");
  refuses(RULE "interface: drsuapi:x",
          "5: calls.interface: \"drsuapi:x\": expected a version's major number");
  refuses(RULE "interface: drsuapi\n  operations: DRSGetNCChange",
          "6: calls.operations: \"DRSGetNCChange\": expected an operation of drsuapi: a number, a "
          "known name, or a range such as 0-5; did you mean DRSGetNCChanges");
  refuses(RULE "interface: drsuapi\n  operations: 65536", "6: calls.operations: \"65536\"");
  refuses(RULE "interface: drsuapi\n  operations: 5-3", "6: calls.operations: \"5-3\"");
  refuses(RULE "interface: drsuapi\n  operations: []", "6: calls.operations: an empty list");
  refuses(RULE "operations: 3", "5: calls.operations: of which interface? give the rule one");
  refuses(RULE "interface: [{interface: drsuapi}]",
          "5: calls.interface: expected an interface, or {interface: NAME, operations: [...]}");
  refuses(RULE "interface: [{interface: drsuapi, operation: 3}]",
          "5: calls.interface: operation: no such key; expected interface and operations");
  refuses(RULE "interface: [{interface: drsuapi, operations: 3}]\n  operations: 4",
          "6: calls.operations: the interfaces of a set have operations of their own");
}

static void objects_and_transports_decide(void **state)
{
  struct portero_policy_call here = a_call(), pipe = a_call(), object = a_call();
  struct portero_uuid uuid;

  (void)state;
  assert_true(portero_uuid_parse("6f2c1a3e-8d47-4b59-9a0e-3c5b7d1e2f40", &uuid));
  object.object = &uuid;
  pipe.protseq = PORTERO_NCACN_NP;
  decides(RULE "object: 6f2c1a3e-8d47-4b59-9a0e-3c5b7d1e2f40", &object, &here);
  decides(RULE "not-object: 6f2c1a3e-8d47-4b59-9a0e-3c5b7d1e2f40", &here, &object);
  decides(RULE "protseq: [ncacn_np, ncalrpc]", &pipe, &here);
  decides(RULE "not-protseq: ncacn_np", &here, &pipe);
  refuses(RULE "object: drsuapi", "5: calls.object: \"drsuapi\": expected a UUID");
  refuses(RULE "protseq: tcp", "5: calls.protseq: \"tcp\": expected ncacn_ip_tcp, ncacn_np");
  refuses(RULE "not-protseq: [ncacn_ip_tcp, ncacn_np, ncalrpc, ncacn_http, ncadg_ip_udp, "
               "ncacn_unix_stream]",
          "5: calls.not-protseq: leaves nothing that could match");
}

static void callers_decide(void **state)
{
  struct portero_sid sid;
  struct portero_identity alice = {.type = PORTERO_AUTH_KERBEROS,
                                   .account = "alice",
                                   .domain = "LAB",
                                   .principal = "alice@LAB.TEST",
                                   .sids = &sid,
                                   .n_sids = 1};
  struct portero_policy_call named = a_call(), nobody = a_call(), missing = a_call();

  (void)state;
  assert_true(portero_sid_parse("S-1-5-32-544", &sid));
  named.identity = &alice;
  nobody.level = PORTERO_LEVEL_NONE;
  decides(RULE "user: alice", &named, &nobody);
  decides(RULE "user: [bob, 'lab\\ALICE']", &named, &nobody);
  decides(RULE "user: alice@lab.test", &named, &nobody);
  decides(RULE "not-user: alice", &nobody, &named);
  decides(RULE "sid: S-1-5-32-544", &named, &nobody);
  decides(RULE "not-sid: S-1-5-32-544", &nobody, &named);
  decides(RULE "mechanism: kerberos", &named, &nobody);
  decides(RULE "not-mechanism: [ntlm, kerberos]", &nobody, &named);
  decides(RULE "level: integrity", &named, &nobody);
  decides(RULE "below-level: privacy", &nobody, &named);
  missing.missing = true;
  decides(RULE "missing: true", &missing, &nobody);
  assert_int_equal(asked(RULE "missing: false", &nobody), PORTERO_ACTION_DENY); /* no condition */
  refuses(RULE "missing: 1", "5: calls.missing: \"1\": expected true or false");
  refuses(RULE "user: 'LAB\\'",
          "5: calls.user: \"LAB\\\": expected an account: name, DOMAIN\\name");
  refuses(RULE "user: a@b@c", "5: calls.user: \"a@b@c\": expected an account");
  refuses(RULE "user: ''", "5: calls.user: \"\": expected an account");
  refuses(RULE "sid: BA", "5: calls.sid: \"BA\": expected a SID, such as S-1-5-32-544");
  refuses(RULE "mechanism: krb5",
          "5: calls.mechanism: \"krb5\": expected none, ntlm, kerberos or netlogon");
  refuses(RULE "level: sealed",
          "5: calls.level: \"sealed\": expected none, connect, packet, integrity or privacy");
  refuses(RULE "level: [privacy]", "5: calls.level: expected level");
  refuses(RULE "level: privacy\n  below-level: privacy",
          "3: calls: the rule a can never match: level is not below below-level");
  refuses(RULE "below-level: none", "3: calls: the rule a can never match: nothing is below none");
}

static void times_decide(void **state)
{
  struct portero_policy_call noon = a_call(), night = a_call(), sunday = a_call();

  (void)state;
  night.minute = 1430;
  sunday.weekday = 6;
  decides(RULE "time: 08:00-18:00", &noon, &night);
  decides(RULE "time: 22:00-06:00", &night, &noon);
  decides(RULE "time: 23:50-24:00", &night, &noon);
  decides(RULE "weekdays: sun", &sunday, &noon);
  decides(RULE "weekdays: fri-mon", &sunday, &(struct portero_policy_call){.weekday = 2});
  decides(RULE "not-weekdays: [mon-sat]", &sunday, &noon);
  refuses(RULE "time: 8-18", "5: calls.time: \"8-18\": expected two times of day that differ");
  refuses(RULE "time: 24:00-06:00", "5: calls.time: \"24:00-06:00\": expected");
  refuses(RULE "time: 08:60-09:00", "5: calls.time: \"08:60-09:00\": expected");
  refuses(RULE "time: 08:00-08:00", "5: calls.time: \"08:00-08:00\": expected");
  refuses(RULE "weekdays: monday",
          "5: calls.weekdays: \"monday\": expected mon, tue, wed, thu, fri, sat or sun");
  refuses(RULE "not-weekdays: mon-sun", "5: calls.not-weekdays: leaves nothing that could match");
}

static enum portero_action asked_often(const char *text, unsigned times)
{
  struct portero_policy *p = policy_of(text);
  struct portero_policy_rates *rates = portero_policy_rates_new(&portero_mem_malloc, p, 8);
  struct portero_policy_call call = a_call();
  struct portero_verdict v;

  assert_non_null(rates);
  for (unsigned i = 0; i < times; i++)
    portero_policy_ask_call(p, rates, &call, &v);
  portero_policy_rates_free(rates);
  portero_policy_free(p);
  return v.action;
}

static void rates_decide(void **state)
{
  (void)state;
  assert_int_equal(asked_often(RULE "rate: 20 in 120s", 20), PORTERO_ACTION_ALLOW);
  assert_int_equal(asked_often(RULE "rate: 20 in 120s", 21), PORTERO_ACTION_DENY);
  assert_int_equal(asked_often(RULE "rate: 5 in 2m", 6), PORTERO_ACTION_DENY);
  refuses(RULE "rate: 20", "5: calls.rate: \"20\": expected calls and a time");
  refuses(RULE "rate: 20 in 120", "5: calls.rate: \"20 in 120\": expected calls and a time");
  refuses(RULE "rate: 0 in 1s", "5: calls.rate: \"0 in 1s\": expected calls and a time");
  refuses(RULE "rate: 1 in 25h", "5: calls.rate: \"1 in 25h\": expected calls and a time");
  refuses(RULE "rate: -1 in 1h", "5: calls.rate: \"-1 in 1h\": expected calls and a time");
}

/* ---- what comes of it ---- */

static void outcomes(void **state)
{
  struct portero_policy *p = policy_of(HEAD "calls:\n"
                                            "- {name: see, action: observe, tags: [T1, T2]}\n"
                                            "- name: no\n"
                                            "  interface: drsuapi\n"
                                            "  action: deny\n"
                                            "  fault: server-too-busy\n"
                                            "  alert: yes\n"
                                            "  tags: T1003.006\n"
                                            "- {name: gone, action: drop}\n");
  struct portero_policy_call call = a_call();
  struct portero_verdict v;

  (void)state;
  portero_policy_ask_call(p, NULL, &call, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DENY);
  assert_int_equal(v.fault, PORTERO_FAULT_SERVER_TOO_BUSY);
  assert_string_equal(v.rule, "no");
  assert_int_equal(v.line, 4);
  assert_true(v.alert);
  assert_int_equal(v.n_tags, 1);
  assert_string_equal(v.tags[0], "T1003.006");
  assert_int_equal(v.n_observed, 1);
  assert_string_equal(v.observed[0].rule, "see");
  assert_int_equal(v.observed[0].n_tags, 2);
  call.interface.uuid.time_low++;
  portero_policy_ask_call(p, NULL, &call, &v);
  assert_int_equal(v.action, PORTERO_ACTION_DROP);
  assert_false(v.alert);
  portero_policy_free(p);
  assert_int_equal(asked("default: {calls: deny, register: allow}", &call), PORTERO_ACTION_DENY);
}

static void outcomes_refused(void **state)
{
  (void)state;
  refuses(HEAD "calls: [{name: a}]",
          "2: calls: the rule a needs an action: allow, deny, drop or observe");
  refuses(HEAD "calls: [{action: deny}]", "2: calls: a rule needs a name");
  refuses(HEAD "calls: [{name: a b, action: deny}]",
          "2: calls.name: \"a b\": expected a name of letters, digits, dot, dash and underscore");
  refuses(HEAD "calls: [{name: a, action: block}]",
          "2: calls.action: \"block\": expected allow, deny, drop or observe");
  refuses(RULE "fault: nothing", "5: calls.fault: \"nothing\": expected access-denied, ");
  refuses(RULE "fault: 0", "5: calls.fault: \"0\": expected access-denied, ");
  refuses(HEAD "calls: [{name: a, action: drop, fault: access-denied}]",
          "2: calls: the rule a has a fault, but its action is not deny");
  refuses(RULE "alert: maybe", "5: calls.alert: \"maybe\": expected true or false");
  refuses(RULE "tags: [T1, 'a b']", "5: calls.tags: \"a b\": expected a word without blanks");
  refuses(RULE "sources: any", "5: calls.sources: no such key; did you mean source");
  refuses(RULE "not-level: none", "5: calls.not-level: no such key");
  refuses(RULE "endpoint: '135'", "5: calls.endpoint: no such key");
  refuses(RULE "source: any\n  source: any", "6: source: stands here twice");
  refuses(RULE "source: any\n- {name: a, action: deny}",
          "6: calls: a rule called a stands in line 3 already");
  refuses(HEAD "calls: {name: a}", "2: calls: expected a list of rules");
  refuses(HEAD "calls: [a]", "2: calls: expected a rule, such as");
  refuses("default: {calls: drop, register: allow}", "1: default: expected allow or deny");
  refuses("default: {calls: deny}", "1: default: has to be written: calls and register, each");
  refuses("calls: []", "1: default: has to be written: calls and register, each allow or deny");
  refuses("default: {calls: deny, register: allow, call: deny}",
          "1: default: call: no such key; did you mean calls");
  refuses(HEAD "rules: []", "2: rules: no such section");
  refuses(HEAD "call: []", "2: call: no such section; did you mean calls");
}

static void yaml_refused(void **state)
{
  (void)state;
  refuses("", "1: default: has to be written");
  refuses("- a", "1: expected sections such as calls:");
  refuses("calls", "1: expected sections such as calls:");
  refuses("a: [", "2: this is no YAML: ");
  refuses("\xff\xfe", "");
  refuses(HEAD "---\n" HEAD, "3: expected one document, here is another");
  refuses("a: &x 1\nb: *x", "2: an alias: give it a name in sets instead");
  refuses("? [a]\n: b", "1: expected a key");
  refuses("a: [[[[[[[[1]]]]]]]]", "1: nested too deep");
  refuses("a: \"\\0\"", "1: a text with a zero byte");
}

/* ---- sets ---- */

#define SETS                                                                                       \
  HEAD "sets:\n"                                                                                   \
       "  addresses: {dc: 10.0.0.1, lan: [$dc, 11.0.0.0/8]}\n"                                     \
       "  interfaces: {bad: [{interface: drsuapi, operations: [3]}, samr]}\n"                      \
       "  operations: {some: [3, 5-7]}\n"                                                          \
       "  accounts: {admins: [alice]}\n"                                                           \
       "  sids: {admins: S-1-5-32-544}\n"                                                          \
       "calls:\n- name: a\n  action: deny\n  "

static void sets_decide(void **state)
{
  struct portero_policy_call here = a_call(), there = a_call(), four = a_call();
  struct portero_identity alice = {.account = "alice"};
  struct portero_policy_call named = a_call();

  (void)state;
  named.identity = &alice;
  address(there.source, 11, 0, 0, 1);
  four.opnum = 4;
  decides(SETS "source: $dc", &here, &there);
  decides(SETS "not-source: [$dc]", &there, &here);
  assert_int_equal(asked(SETS "source: $lan", &here), PORTERO_ACTION_DENY);
  assert_int_equal(asked(SETS "source: [$lan, 12.0.0.1]", &there), PORTERO_ACTION_DENY);
  decides(SETS "interface: $bad", &here, &four);
  decides(SETS "interface: drsuapi\n  operations: $some", &here, &four);
  decides(SETS "user: $admins", &named, &here);
  refuses(SETS "source: $dcs",
          "11: calls.source: no set of addresses called dcs stands before this; did you mean $dc");
  refuses(SETS "user: $some", "11: calls.user: no set of accounts called some stands before this");
  refuses(HEAD "sets: {addresses: {a: $b, b: any}}",
          "2: sets.addresses: no set of addresses called b stands before this");
  refuses(HEAD "sets: {addresses: {a: []}}", "2: sets.addresses: an empty list");
  refuses(HEAD "sets: {operations: {a: []}}", "2: sets.operations: expected operations");
  refuses(HEAD "sets: {address: {a: any}}", "2: sets.address: no such key; did you mean addresses");
  refuses(HEAD "sets: {addresses: any}", "2: sets.addresses: expected names with lists");
  refuses(HEAD "sets: {addresses: {a b: any}}", "2: sets.addresses: a set's name is of letters");
  refuses(HEAD "sets: any", "2: sets: expected a section");
  refuses(HEAD "sets: {operations: {a: 1, b: $a}}\ncalls: [{name: a, action: deny, "
               "interface: samr, operations: $b}]",
          "2: calls.operations: \"$a\": expected an operation of samr");
}

/* What stands alone is not copied: the engine finds the lists by where they are. */
static void sets_are_shared(void **state)
{
  struct result r;

  (void)state;
  read_text(&r, SETS "source: $dc\n- {name: b, source: [$dc], action: drop}");
  assert_true(portero_is_ok(r.status));
  assert_ptr_equal(r.file.options.calls[0].sources.values, r.file.options.calls[1].sources.values);
  policy_file_deinit(&r.file);
}

static void warnings(void **state)
{
  struct result r;

  (void)state;
  read_text(&r, HEAD "sets: {addresses: {a: any, b: any}}\n"
                     "calls:\n- {name: x, source: $b, action: deny}\n"
                     "- {name: all, action: deny}\n- {name: never, action: deny}\n");
  assert_true(portero_is_ok(r.status));
  assert_non_null(r.file.warnings);
  assert_int_equal(r.file.warnings->line, 2);
  assert_string_equal(r.file.warnings->text, "nothing uses the set $a");
  assert_non_null(r.file.warnings->next);
  assert_int_equal(r.file.warnings->next->line, 6);
  assert_string_equal(r.file.warnings->next->text,
                      "no call comes this far: the rule all decides all");
  assert_null(r.file.warnings->next->next);
  policy_file_deinit(&r.file);
}

/* ---- registrations ---- */

static struct portero_policy_registration a_registration(void)
{
  struct portero_policy_registration r = {
      .protseq = PORTERO_NCACN_IP_TCP, .endpoint = "5000", .unit = "a.service"};
  struct portero_policy_call call = a_call();

  r.interface = call.interface;
  return r;
}

static enum portero_action asked_for(const char *text, const struct portero_policy_registration *r)
{
  struct portero_policy *p = policy_of(text);
  struct portero_verdict v;

  portero_policy_ask_registration(p, r, &v);
  portero_policy_free(p);
  return v.action;
}

static void registers(const char *text, const struct portero_policy_registration *hit,
                      const struct portero_policy_registration *miss)
{
  if (asked_for(text, hit) != PORTERO_ACTION_DENY || asked_for(text, miss) != PORTERO_ACTION_ALLOW)
    fail_msg("%s", text);
}

static void registrations_decide(void **state)
{
  struct portero_policy_registration here = a_registration(), other = a_registration();

  (void)state;
  other.interface.uuid.time_low++;
  other.protseq = PORTERO_NCACN_NP;
  other.endpoint = "6000";
  other.unit = "b.service";
  other.uid = other.gid = 4711;
  registers(REGISTER "interface: drsuapi", &here, &other);
  registers(REGISTER "not-interface: drsuapi", &other, &here);
  registers(REGISTER "protseq: ncacn_ip_tcp", &here, &other);
  registers(REGISTER "endpoint: ['5000']", &here, &other);
  registers(REGISTER "not-endpoint: '5000'", &other, &here);
  registers(REGISTER "user: root", &here, &other);
  registers(REGISTER "user: [4711]", &other, &here);
  registers(REGISTER "not-group: root", &other, &here);
  registers(REGISTER "unit: a.service", &here, &other);
  registers(REGISTER "not-unit: a.service", &other, &here);
  refuses(
      REGISTER "user: no-such-user-here",
      "5: register.user: \"no-such-user-here\": expected an account of this host, or its number");
  refuses(REGISTER "user: 4294967295", "5: register.user: \"4294967295\": expected an account");
  refuses(REGISTER "group: no-such-group-here",
          "5: register.group: \"no-such-group-here\": expected a group of this host");
  refuses(REGISTER "unit: cups",
          "5: register.unit: \"cups\": expected a systemd unit with its type");
  refuses(REGISTER "source: any", "5: register.source: no such key");
}

static void reservations(void **state)
{
  static const char text[] = HEAD "reserve:\n- interface: [drsuapi, samr]\n  users: 0\n"
                                  "  units: dc.service\n";
  struct portero_policy_registration owner = a_registration(), stranger = a_registration();

  (void)state;
  stranger.uid = 1000;
  registers(text, &stranger, &owner);
  stranger.unit = "dc.service";
  assert_int_equal(asked_for(text, &stranger), PORTERO_ACTION_ALLOW);
  stranger.is_remote = true;
  assert_int_equal(asked_for(text, &stranger), PORTERO_ACTION_DENY);
  refuses(HEAD "reserve: [{interface: samr}]",
          "2: reserve: for whom? expected users, groups or units");
  refuses(HEAD "reserve: [{users: root}]", "2: reserve: which interface? none is given");
  refuses(HEAD "reserve: [{interface: samr, user: root}]",
          "2: reserve.user: no such key; did you mean users");
  refuses(HEAD "reserve: [{interface: samr, users: root}, {interface: samr, users: root}]",
          "2: reserve: reserve-samr is reserved already");
  refuses(HEAD "reserve: [{interface: 'samr:1', users: root}]",
          "2: reserve: an interface is reserved in all its versions");
  refuses(HEAD "reserve: {}", "2: reserve: expected a list");
}

/* ---- there and back ---- */

static char *written(const struct portero_policy_options *o)
{
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);

  assert_non_null(out);
  assert_true(policy_write(out, o));
  assert_int_equal(fclose(out), 0);
  return text;
}

static void what_is_written_reads_back(void **state)
{
  static const char text[] =
      SETS "not-source: $lan\n  destination: [local, any, fd00::/8]\n  interface: $bad\n"
           "  object: 6f2c1a3e-8d47-4b59-9a0e-3c5b7d1e2f40\n  not-protseq: ncalrpc\n"
           "  missing: yes\n  level: connect\n  below-level: privacy\n  mechanism: [none, ntlm]\n"
           "  user: ['LAB\\a \"b', x@Y]\n  not-sid: $admins\n  rate: 5 in 2m\n"
           "  time: 22:00-06:00\n  weekdays: mon-fri\n  fault: 0x1c00001b\n  alert: true\n"
           "  tags: [T1, T2]\n"
           "- {name: one, interface: 'samr:1', operations: [0, 5-7, 60000], action: drop}\n"
           "register:\n"
           "- {name: r, not-unit: a.service, user: [0, 7], group: 0, endpoint: '\\pipe\\x',"
           " action: allow}\n"
           "reserve:\n- {interface: [netlogon, drsuapi], groups: [0, 1], units: x.service}\n";
  struct result r, again;
  char *first, *second;

  (void)state;
  read_text(&r, text);
  if (!portero_is_ok(r.status))
    fail_msg("%s", r.message);
  first = written(&r.file.options);
  read_text(&again, first);
  if (!portero_is_ok(again.status))
    fail_msg("%s\n%s", first, again.message);
  second = written(&again.file.options);
  assert_string_equal(first, second);
  assert_non_null(strstr(first, "\n    user: [\"LAB\\\\a \\\"b\", \"x@Y\"]\n"));
  assert_non_null(strstr(first, "\n    rate: 5 in 120s\n"));
  assert_non_null(strstr(first, "\n    fault: 0x1c00001b\n"));
  policy_file_deinit(&r.file);
  policy_file_deinit(&again.file);
  free(first);
  free(second);
}

/* ---- memory and files ---- */

/* However much memory there is, the reader either succeeds or says why. */
static void memory_runs_out(void **state)
{
  static const char text[] = SETS "source: $lan\n  operations: $some\n  interface: drsuapi\n";
  struct support_mem m;
  portero_status status;
  size_t at = 0;

  (void)state;
  do {
    struct policy_file f;
    char message[POLICY_MESSAGE_SIZE] = "";
    support_mem_init(&m, at++);
    policy_file_init(&f, &m.mem);
    status = policy_file_read_text(&f, "p", portero_bytes_make((const uint8_t *)text, strlen(text)),
                                   message, sizeof message);
    assert_true(portero_is_ok(status) == (message[0] == 0));
    policy_file_deinit(&f);
    assert_int_equal(m.in_use, 0);
  } while (!portero_is_ok(status) && at < 1000);
  assert_true(portero_is_ok(status));
  assert_true(at > 1);
}

static bool decode(struct portero_bytes input, void *ctx)
{
  char message[POLICY_MESSAGE_SIZE] = "";
  struct policy_file f;
  bool good;

  (void)ctx;
  policy_file_init(&f, &portero_mem_malloc);
  good = portero_is_ok(policy_file_read_text(&f, "p", input, message, sizeof message));
  assert_true(good == (message[0] == 0));
  policy_file_deinit(&f);
  return good;
}

static void damaged_files(void **state)
{
  static const char text[] = SETS "source: $lan\n  time: 22:00-06:00\n  rate: 5 in 2m\n";
  struct portero_bytes sample = portero_bytes_make((const uint8_t *)text, strlen(text));

  (void)state;
  assert_true(decode(sample, NULL));
  (void)support_prefixes(sample, decode, NULL);
  (void)support_bit_flips(sample, decode, NULL);
}

static void a_path_becomes_a_policy(void **state)
{
  char path[] = "/tmp/portero-policy-XXXXXX", message[POLICY_MESSAGE_SIZE] = "";
  struct portero_policy *p = NULL;
  int fd = mkstemp(path);

  (void)state;
  assert_true(fd >= 0);
  assert_int_equal(write(fd, HEAD, strlen(HEAD)), strlen(HEAD));
  assert_true(portero_is_ok(portero_policy_load(path, &p, message, sizeof message)));
  assert_non_null(p);
  portero_policy_free(p);
  p = NULL;
  assert_int_equal(write(fd, "x", 1), 1);
  assert_false(portero_is_ok(portero_policy_load(path, &p, message, sizeof message)));
  assert_null(p);
  assert_non_null(strstr(message, path));
  (void)close(fd);
  (void)unlink(path);
  assert_false(portero_is_ok(portero_policy_load(path, &p, message, sizeof message)));
  assert_non_null(strstr(message, "No such file"));
  assert_false(portero_is_ok(portero_policy_load("/", &p, message, sizeof message)));
  assert_null(p);
}

/* One that nobody writes to keeps nobody waiting; tools read pipes, as shells make them. */
static void a_fifo_is_no_policy(void **state)
{
  char folder[] = "/tmp/portero-policy-XXXXXX", path[64], message[POLICY_MESSAGE_SIZE] = "";
  struct portero_policy *p = NULL;
  struct policy_file f;
  portero_status status;
  int ends[2];

  (void)state;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/fifo", folder);
  assert_int_equal(mkfifo(path, 0600), 0);
  status = portero_policy_load(path, &p, message, sizeof message);
  assert_int_equal(status.klass, PORTERO_CLASS_SYSTEM);
  assert_null(p);
  assert_non_null(strstr(message, "is no regular file"));
  (void)unlink(path);
  (void)rmdir(folder);

  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], HEAD, strlen(HEAD)), strlen(HEAD));
  (void)close(ends[1]);
  (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
  policy_file_init(&f, &portero_mem_malloc);
  assert_true(portero_is_ok(policy_file_read(&f, path, message, sizeof message)));
  policy_file_deinit(&f);
  (void)close(ends[0]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_decide),
      cmocka_unit_test(interfaces_decide),
      cmocka_unit_test(objects_and_transports_decide),
      cmocka_unit_test(callers_decide),
      cmocka_unit_test(times_decide),
      cmocka_unit_test(rates_decide),
      cmocka_unit_test(outcomes),
      cmocka_unit_test(outcomes_refused),
      cmocka_unit_test(yaml_refused),
      cmocka_unit_test(sets_decide),
      cmocka_unit_test(sets_are_shared),
      cmocka_unit_test(warnings),
      cmocka_unit_test(registrations_decide),
      cmocka_unit_test(reservations),
      cmocka_unit_test(what_is_written_reads_back),
      cmocka_unit_test(memory_runs_out),
      cmocka_unit_test(damaged_files),
      cmocka_unit_test(a_path_becomes_a_policy),
      cmocka_unit_test(a_fifo_is_no_policy),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
