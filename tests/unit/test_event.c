/* SPDX-License-Identifier: Apache-2.0 */
/* The visitors' book: each form of a record, and that nobody can forge a line in any. */
#include "tests/unit/support.h"

#include <portero/event.h>
#include <portero/pdu.h>

#include <stdio.h>

#define SIZE 8192u

static const struct portero_syntax samr = {
    {0x12345778, 0x1234, 0xabcd, {0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac}}, 1, 0};

static const char *const tags[] = {"T1087.002", "T1069"};

static struct portero_event sample(void)
{
  struct portero_event e = {
      .kind = PORTERO_EVENT_CALL,
      .time = UINT64_C(1795233600123456789), /* 2026-11-21T04:00:00 */
      .connection = 3844,                    /* 62 * 62 */
      .source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, 50123},
      .destination = {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 49152},
      .protseq = PORTERO_NCACN_IP_TCP,
      .interface = &samr,
      .has_opnum = true,
      .opnum = 64,
      .call_id = 2,
      .fragments = 1,
      .fragments_out = 1,
      .bytes_in = 40,
      .bytes_out = 24,
      .duration = 1500000,
      .auth_type = PORTERO_AUTH_KERBEROS,
      .auth_level = PORTERO_LEVEL_PRIVACY,
      .account = "alice",
      .domain = "LAB",
      .outcome = PORTERO_OUTCOME_ANSWERED,
      .verdict = "allow",
      .rule = "admins",
      .tags = tags,
      .n_tags = 2,
  };

  return e;
}

static char text[SIZE];

/* What form n writes of e, terminated. */
static const char *form(unsigned n, const struct portero_event *e)
{
  const struct portero_syslog_origin origin = {"host", "portero", 77, 10, 0};
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, sizeof text - 1);
  switch (n) {
  case 0:
    portero_event_write_json(&w, e);
    break;
  case 1:
    portero_event_write_ecs(&w, e);
    break;
  case 2:
    portero_event_write_eve(&w, e);
    break;
  case 3:
    portero_event_write_zeek(&w, e);
    break;
  case 4:
    portero_event_write_rpcfw(&w, e);
    break;
  case 5:
    portero_event_write_text(&w, e, false);
    break;
  default:
    portero_event_write_syslog(&w, e, &origin);
    break;
  }
  assert_false(w.failed);
  text[w.size] = 0;
  return text;
}

#define FORMS 7u

static void json_has_our_names(void **state)
{
  struct portero_event e = sample();

  (void)state;
  assert_string_equal(
      form(0, &e),
      "{\"time\":\"2026-11-21T04:00:00.123456Z\",\"event\":\"call\",\"uid\":\"C00000000000000100\","
      "\"source\":\"192.0.2.7\",\"source_port\":50123,\"destination\":\"2001:db8::1\","
      "\"destination_port\":49152,\"transport\":\"ncacn_ip_tcp\","
      "\"interface\":\"12345778-1234-abcd-ef00-0123456789ac\",\"version\":\"1.0\","
      "\"interface_name\":\"samr\",\"opnum\":64,\"operation\":\"SamrConnect5\",\"call_id\":2,"
      "\"fragments\":1,\"bytes_in\":40,\"bytes_out\":24,\"duration\":0.001500,\"auth\":\"krb5\","
      "\"level\":\"privacy\",\"account\":\"alice\",\"domain\":\"LAB\",\"outcome\":\"answered\","
      "\"verdict\":\"allow\",\"rule\":\"admins\",\"tags\":[\"T1087.002\",\"T1069\"]}\n");
}

/* Everything that a record may say, no value like another. */
static struct portero_event full(void)
{
  static const struct portero_uuid object = {0xfeedface, 1, 2, {0x80, 1, 2, 3, 4, 5, 6, 7}};
  struct portero_event e = sample();

  e.object = &object;
  e.call_id = 40001;
  e.fragments = 40002;
  e.bytes_in = 40003;
  e.bytes_out = 40004;
  e.sid = "S-1-5-21-1-2-3-500";
  e.outcome = PORTERO_OUTCOME_FAULT;
  e.status = 5;
  e.verdict = "observe";
  e.reason = "because";
  e.count = 40005;
  e.has_process = true;
  e.pid = 40006;
  e.uid = 40007;
  e.gid = 40008;
  e.program = "samba-dcerpcd";
  e.unit = "samba.service";
  e.binding = "ncacn_ip_tcp:[49152]";
  e.annotation = "accounts";
  return e;
}

/* The next value of a flat object without its quotes; NULL: there is none. Escapes and empty values
 * do not come here. */
static const char *next_value(const char **at, char value[128])
{
  size_t n;

  while (**at && **at != ':')
    *at += **at == '"' ? strcspn(*at + 1, "\"") + 2 : 1;
  if (!**at)
    return NULL;
  *at += 1;
  *at += strspn(*at, "[\"");
  n = strcspn(*at, (*at)[-1] == '"' ? "\"" : ",}");
  assert_in_range(n, 1, 127);
  memcpy(value, *at, n);
  value[n] = 0;
  *at += n + ((*at)[n] == '"');
  return value;
}

/* What the JSON form says is in the ECS form too, each value behind a key of its own. */
static void ecs_has_the_same_facts(void **state)
{
  struct portero_event e = full();
  char ours[SIZE], value[128];
  unsigned values = 0;

  (void)state;
  strcpy(ours, form(0, &e));
  for (const char *at = ours; next_value(&at, value); values++)
    if (strcmp(value, "0.001500") != 0 && !strstr(form(1, &e), value))
      fail_msg("%s is not in %s", value, text);
  assert_int_equal(values, 39);
  assert_non_null(strstr(form(1, &e), "\"event.duration\":1500000,"));
  assert_non_null(strstr(text, "\"event.code\":\"call\""));
  assert_non_null(strstr(text, "\"rpc.count\":40005"));
  assert_non_null(strstr(text, "\"process.pid\":40006,\"process.user.id\":\"40007\""));
  e = (struct portero_event){.kind = PORTERO_EVENT_LOST, .count = 7};
  assert_non_null(strstr(form(1, &e), "\"event.action\":\"lost\""));
  assert_non_null(strstr(text, "\"rpc.count\":7"));
  assert_null(strstr(text, "call_id"));
  assert_null(strstr(text, "process."));
}

/* And in syslog's parameters under the same names. */
static void syslog_has_the_same_facts(void **state)
{
  static const char *const facts[] = {"transport=\"ncacn_ip_tcp\"",
                                      "version=\"1.0\"",
                                      "object=\"feedface-0001-0002-8001-020304050607\"",
                                      "call_id=\"40001\"",
                                      "fragments=\"40002\"",
                                      "bytes_in=\"40003\"",
                                      "bytes_out=\"40004\"",
                                      "duration=\"0.001500\"",
                                      "status=\"0x00000005\"",
                                      "status_name=\"",
                                      "count=\"40005\"",
                                      "group_id=\"40008\""};
  struct portero_event e = full();

  (void)state;
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
    assert_non_null(strstr(form(6, &e), facts[i]));
  e = (struct portero_event){.kind = PORTERO_EVENT_LOST, .count = 7};
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
    assert_null(strstr(form(6, &e), facts[i]));
}

/* Whom a limit turned away has no connection, and is named all the same. */
static void text_says_who_met_a_limit(void **state)
{
  struct portero_event e = {.kind = PORTERO_EVENT_LIMIT,
                            .source = sample().source,
                            .protseq = PORTERO_NCACN_IP_TCP,
                            .outcome = PORTERO_OUTCOME_DENIED,
                            .reason = "source-connections",
                            .count = 12};

  (void)state;
  assert_string_equal(form(5, &e), "1970-01-01 00:00:00.000000 limit 192.0.2.7 denied "
                                   "source-connections (12 times)\n");
  memset(&e.source, 0, sizeof e.source);
  e.protseq = PORTERO_NCALRPC;
  assert_non_null(strstr(form(5, &e), " limit local denied "));
  e.kind = PORTERO_EVENT_LOST; /* the book's own */
  assert_non_null(strstr(form(5, &e), " lost denied "));
}

static void text_names_the_default(void **state)
{
  static const char words[] = " by the policy's default";
  struct portero_event e = sample();

  (void)state;
  e.outcome = PORTERO_OUTCOME_DENIED;
  e.verdict = "deny";
  assert_null(strstr(form(5, &e), words)); /* a rule did it */
  e.rule = NULL;
  assert_non_null(strstr(form(5, &e), words));
  e.verdict = "drop";
  assert_non_null(strstr(form(5, &e), words));
  e.verdict = "allow";
  assert_null(strstr(form(5, &e), words));
  e.verdict = NULL; /* policy was not asked */
  assert_null(strstr(form(5, &e), words));
}

static void eve_keeps_to_its_schema(void **state)
{
  struct portero_event e = sample();

  (void)state;
  assert_non_null(strstr(
      form(2, &e),
      "\"dcerpc\":{\"request\":\"REQUEST\",\"req\":{\"opnum\":64,\"frag_cnt\":1,"
      "\"stub_data_size\":40},\"interfaces\":[{\"uuid\":\"12345778-1234-abcd-ef00-0123456789ac\","
      "\"version\":\"1.0\",\"ack_result\":0,\"service\":\"samr\",\"procedure\":\"SamrConnect5\"}],"
      "\"response\":\"RESPONSE\",\"res\":{\"frag_cnt\":1,\"stub_data_size\":24},\"call_id\":2,"
      "\"rpc_version\":\"5.0\"},\"portero\":{"));
  e.outcome = PORTERO_OUTCOME_UNANSWERED;
  assert_non_null(strstr(form(2, &e), "\"response\":\"UNREPLIED\",\"call_id\""));
  e.kind = PORTERO_EVENT_BIND;
  e.status = PORTERO_REASON_TRANSFER_SYNTAXES;
  e.outcome = PORTERO_OUTCOME_ANSWERED;
  assert_non_null(strstr(form(2, &e), "\"ack_result\":0,"));
  e.outcome = PORTERO_OUTCOME_DENIED;
  assert_non_null(strstr(form(2, &e), "\"ack_result\":2,"));
  assert_null(strstr(form(0, &e), "status_name")); /* a reason, no fault of that number */
  e.kind = PORTERO_EVENT_CALL;
  assert_non_null(strstr(form(0, &e), "status_name"));
  memset(&e.source, 0, sizeof e.source); /* a local socket */
  assert_string_equal(form(2, &e), "");
  e = sample();
  e.kind = PORTERO_EVENT_ALERT;
  assert_string_equal(form(2, &e), "");
}

static void zeek_has_its_columns(void **state)
{
  struct portero_event e = sample();
  struct portero_writer w;
  unsigned names = 0, types = 0;

  (void)state;
  assert_string_equal(
      form(3, &e), "1795233600.123456\tC00000000000000100\t192.0.2.7\t50123\t2001:db8::1\t49152\t"
                   "0.001500\t49152\tsamr\tSamrConnect5\t2\t64\t"
                   "12345778-1234-abcd-ef00-0123456789ac\tkrb5\tprivacy\tLAB\\x5calice\t1\t-\t"
                   "allow\tadmins\n");
  portero_writer_init_fixed(&w, text, sizeof text - 1);
  portero_event_write_zeek_header(&w, e.time);
  text[w.size] = 0;
  assert_non_null(strstr(text, "#open\t2026-11-21-04-00-00\n#fields\tts\tuid\tid.orig_h"));
  for (const char *p = strstr(text, "#fields"); *p != '\n'; p++)
    names += *p == '\t';
  for (const char *p = strstr(text, "#types"); *p != '\n'; p++)
    types += *p == '\t';
  assert_int_equal(names, 20);
  assert_int_equal(types, names);
}

static void syslog_is_rfc5424(void **state)
{
  struct portero_event e = sample();

  (void)state;
  assert_memory_equal(form(6, &e),
                      "<86>1 2026-11-21T04:00:00.123456Z host portero 77 call [portero@32473 "
                      "event=\"call\" uid=\"C00000000000000100\" source=\"192.0.2.7\" ",
                      100);
  e.account = "a\"b\\c]d\ne";
  assert_non_null(strstr(form(6, &e), " account=\"a\\\"b\\\\c\\]d#012e\" "));
}

static void rpcfw_has_what_rules_look_at(void **state)
{
  struct portero_event e = sample();
  const char *line;

  (void)state;
  e.kind = PORTERO_EVENT_REQUEST;
  line = form(4, &e);
  assert_non_null(strstr(line, "\"EventLog\":\"RPCFW\",\"EventID\":3,"));
  assert_non_null(
      strstr(line, "\"InterfaceUuid\":\"12345778-1234-abcd-ef00-0123456789ac\",\"OpNum\":64"));
  assert_non_null(strstr(line, "Audit Success"));
  e.outcome = PORTERO_OUTCOME_DENIED;
  assert_non_null(strstr(form(4, &e), "Audit Failure"));
}

static void addresses_are_canonical(void **state)
{
  static const struct {
    uint8_t ip[16];
    const char *text;
  } cases[] = {
      {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, "\"2001:db8:0:1::\""},
      {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, "\"::1\""},
      {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xab, 0xcd}, "\"fe80::1:0:0:abcd\""},
      {{0, 1, 0, 0, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}, "\"1:0:3:4:5:6:7:8\""},
  };
  struct portero_event e = sample();

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    memcpy(e.source.ip, cases[i].ip, 16);
    assert_non_null(strstr(form(0, &e), cases[i].text));
  }
}

static void days_are_right(void **state)
{
  static const struct {
    uint64_t seconds;
    const char *text;
  } cases[] = {{0, "1970-01-01T00:00:00.000000Z"},
               {951782400, "2000-02-29T00:00:00.000000Z"},
               {1709251199, "2024-02-29T23:59:59.000000Z"},
               {4107542400, "2100-03-01T00:00:00.000000Z"}};
  struct portero_event e = sample();

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    e.time = cases[i].seconds * 1000000000;
    assert_non_null(strstr(form(0, &e), cases[i].text));
  }
}

/* Whatever a peer sends: one record is one line, and quotes stay closed. */
static void lines_cannot_be_forged(void **state)
{
  static const char *const hostile[] = {"a\nb",
                                        "\r\n{\"event\":\"call\"}",
                                        "\"",
                                        "\\",
                                        "\t",
                                        "\x1b[2J",
                                        "\xff\xfe",
                                        "\xc0\x80",
                                        "\xed\xa0\x80",
                                        "]",
                                        "-",
                                        "\xe2\x80\xa8",
                                        "\x7f",
                                        "\xf4\x90\x80\x80",
                                        "\xc3"};

  (void)state;
  for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
    struct portero_event e = sample();
    const char *one_tag[] = {hostile[i]};
    e.account = e.domain = e.rule = e.reason = e.operation = e.interface_name = hostile[i];
    e.binding = e.annotation = e.program = e.unit = e.sid = hostile[i];
    e.tags = one_tag;
    e.n_tags = 1;
    for (unsigned n = 0; n < FORMS; n++) {
      const char *line;
      size_t length;
      e.kind = n == 4 ? PORTERO_EVENT_REQUEST : PORTERO_EVENT_CALL;
      line = form(n, &e);
      length = strlen(line);
      assert_true(length > 0);
      for (size_t at = 0; at + 1 < length; at++)
        assert_true((uint8_t)line[at] >= 0x20 || (n == 3 && line[at] == '\t'));
      assert_true(n == 6 || line[length - 1] == '\n');
      if (n == 3) {
        unsigned columns = 1;
        for (const char *p = line; *p; p++)
          columns += *p == '\t';
        assert_int_equal(columns, 20);
      }
    }
  }
}

/* "<", one character of two or three bytes in UTF-8, ">". */
static void put_between(char out[6], uint32_t c)
{
  size_t n = 0;

  out[n++] = '<';
  if (c < 0x800) {
    out[n++] = (char)(0xc0 | c >> 6);
  } else {
    out[n++] = (char)(0xe0 | c >> 12);
    out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
  }
  out[n++] = (char)(0x80 | (c & 0x3f));
  out[n++] = '>';
  out[n] = 0;
}

/* Each of what turns the direction of writing or ends a line, and their neighbours. */
static void texts_do_not_look_like_others(void **state)
{
  static const uint32_t unsafe[] = {0x85,   0x9f,   0x61c,  0x200e, 0x200f, 0x2028,
                                    0x2029, 0x202a, 0x202e, 0x2066, 0x2069};
  static const uint32_t safe[] = {0xa0,   0x61b,  0x61d,  0x200d, 0x2010,
                                  0x2027, 0x202f, 0x2065, 0x206a};
  struct portero_event e = sample();
  char name[6], json[16];

  (void)state;
  e.account = name;
  for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
    put_between(name, unsafe[i]);
    (void)snprintf(json, sizeof json, "<\\u%04x>", unsafe[i]);
    assert_non_null(strstr(form(0, &e), json));
    assert_null(strstr(form(0, &e), name));
    assert_non_null(strstr(form(5, &e), "<?>"));
    assert_null(strstr(form(5, &e), name));
    assert_non_null(strstr(form(6, &e), "<?>")); /* the message behind the parameters */
    assert_null(strstr(strstr(form(6, &e), "] "), name));
  }
  for (size_t i = 0; i < sizeof safe / sizeof *safe; i++) {
    put_between(name, safe[i]);
    assert_non_null(strstr(form(0, &e), name));
    assert_non_null(strstr(form(5, &e), name));
    assert_non_null(strstr(strstr(form(6, &e), "] "), name));
  }
}

struct seen {
  unsigned fields;
  bool account;
};

static void see(void *user, const char *name, struct portero_bytes value)
{
  struct seen *s = user;

  s->fields++;
  if (strcmp(name, "PORTERO_ACCOUNT") == 0)
    s->account = value.size == 5 && memcmp(value.data, "alice", 5) == 0;
  for (; *name; name++)
    assert_true((*name >= 'A' && *name <= 'Z') || *name == '_');
}

static void the_journal_gets_fields(void **state)
{
  struct portero_event e = sample();
  struct seen s = {0, false};

  (void)state;
  portero_event_journal(&e, see, &s);
  assert_true(s.account);
  assert_in_range(s.fields, 10, 40);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_has_our_names),
      cmocka_unit_test(ecs_has_the_same_facts),
      cmocka_unit_test(syslog_has_the_same_facts),
      cmocka_unit_test(text_says_who_met_a_limit),
      cmocka_unit_test(text_names_the_default),
      cmocka_unit_test(eve_keeps_to_its_schema),
      cmocka_unit_test(zeek_has_its_columns),
      cmocka_unit_test(syslog_is_rfc5424),
      cmocka_unit_test(rpcfw_has_what_rules_look_at),
      cmocka_unit_test(addresses_are_canonical),
      cmocka_unit_test(days_are_right),
      cmocka_unit_test(lines_cannot_be_forged),
      cmocka_unit_test(texts_do_not_look_like_others),
      cmocka_unit_test(the_journal_gets_fields),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
