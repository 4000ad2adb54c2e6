/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A book with one sink, for the receivers of the tests.
 *
 * usage: book_tell file FORM PATH [ROTATE-SIZE KEEP [dated]] | syslog local PATH | syslog udp|tcp|tls HOST PORT [CA [NAME]] |
 *        journal PATH | metrics ADDRESS
 * Does what is said on standard input, a command a line, and answers each with a line:
 *   call N        N calls, told
 *   from ADDRESS N SECONDS
 *                 N calls of an IPv4 address, so many seconds after those of call
 *   event KIND OUTCOME [REASON]
 *                 one of those numbers
 *   hostile       calls whose texts are meant to break lines, told
 *   request UUID OPNUM
 *   flush         "flushed" or "late"
 *   reopen
 *   stats         "TOLD WRITTEN LOST"
 */
#include <portero/sink.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct portero_syntax samr = {
    {0x12345778, 0x1234, 0xabcd, {0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac}}, 1, 0};
static const char *const tags[] = {"T1087.002"};

static struct portero_event call(void)
{
  static uint32_t id;
  struct portero_event e = {
      .kind = PORTERO_EVENT_CALL,
      .time = UINT64_C(1795233600123456789),
      .connection = 3844,
      .source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, 50123},
      .destination = {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 49152},
      .protseq = PORTERO_NCACN_IP_TCP,
      .interface = &samr,
      .has_opnum = true,
      .opnum = 64,
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
      .n_tags = 1,
  };

  e.call_id = ++id;
  return e;
}

static void tell_calls(struct portero_book *book, unsigned n)
{
  while (n-- > 0) {
    struct portero_event e = call();
    portero_book_tell(book, &e);
  }
}

static void tell_hostile(struct portero_book *book)
{
  static const char *const texts[] = {"a\nb",
                                      "\r\n<86>1 - forged portero - - - -",
                                      "\"] [x@1 y=\"",
                                      "\\",
                                      "\t",
                                      "\x1b[2J",
                                      "\xff\xfe",
                                      "-",
                                      "(empty)",
                                      "]",
                                      "\xc3\xa9",
                                      "#close\t"};

  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct portero_event e = call();
    e.account = e.domain = e.rule = e.reason = e.operation = e.interface_name = texts[i];
    e.tags = &texts[i];
    portero_book_tell(book, &e);
  }
}

static void tell_request(struct portero_book *book, const char *uuid, unsigned opnum)
{
  struct portero_event e = call();
  struct portero_syntax interface = {.major = 1};

  if (!portero_uuid_parse(uuid, &interface.uuid))
    exit(2);
  e.kind = PORTERO_EVENT_REQUEST;
  e.outcome = PORTERO_OUTCOME_NONE;
  e.interface = &interface;
  e.opnum = (uint16_t)opnum;
  portero_book_tell(book, &e);
}

static void tell_from(struct portero_book *book, const uint8_t ip[4], unsigned n, unsigned seconds)
{
  while (n-- > 0) {
    struct portero_event e = call();
    memcpy(e.source.ip + 12, ip, 4);
    e.time += seconds * UINT64_C(1000000000);
    portero_book_tell(book, &e);
  }
}

static void tell_event(struct portero_book *book, unsigned kind, unsigned outcome,
                       const char *reason)
{
  struct portero_event e = call();

  if (kind >= PORTERO_EVENT_KINDS || outcome >= PORTERO_OUTCOMES)
    exit(2);
  e.kind = (enum portero_event_kind)kind;
  e.outcome = (enum portero_outcome)outcome;
  e.reason = reason;
  portero_book_tell(book, &e);
}

static void tell_stats(struct portero_book *book)
{
  struct portero_sink_stats s = {0};

  (void)portero_book_stats(book, &s, 1);
  (void)printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", s.told, s.written, s.lost);
}

static void obey(struct portero_book *book, const char *line)
{
  char uuid[64], reason[64] = "";
  unsigned n, seconds, outcome;
  uint8_t ip[4];

  if (sscanf(line, "call %u", &n) == 1)
    tell_calls(book, n);
  else if (sscanf(line, "from %hhu.%hhu.%hhu.%hhu %u %u", &ip[0], &ip[1], &ip[2], &ip[3], &n,
                  &seconds) == 6)
    tell_from(book, ip, n, seconds);
  else if (sscanf(line, "event %u %u %63s", &n, &outcome, reason) >= 2)
    tell_event(book, n, outcome, reason);
  else if (strncmp(line, "hostile", 7) == 0)
    tell_hostile(book);
  else if (sscanf(line, "request %63s %u", uuid, &n) == 2)
    tell_request(book, uuid, n);
  else if (strncmp(line, "reopen", 6) == 0)
    portero_book_reopen(book);
  if (strncmp(line, "stats", 5) == 0)
    tell_stats(book);
  else if (strncmp(line, "flush", 5) == 0)
    (void)puts(portero_is_ok(portero_book_flush(book, 10000)) ? "flushed" : "late");
  else
    (void)puts("told");
  (void)fflush(stdout);
}

static enum portero_form form_of(const char *name)
{
  unsigned form = 0;

  while (form < PORTERO_FORMS && strcmp(name, portero_form_name((enum portero_form)form)) != 0)
    form++;
  return (enum portero_form)form;
}

static portero_status add_syslog(struct portero_book *book, int n, char **words)
{
  static const char *const ways[] = {"local", "udp", "tcp", "tls"};
  struct portero_sink sink = {0};
  struct portero_sink_syslog syslog = {.origin = {.host = "doorman", .facility = 10}};
  unsigned way = 0;

  while (way < 3 && strcmp(words[0], ways[way]) != 0)
    way++;
  syslog.way = (enum portero_syslog_way)way;
  if (way == 0) {
    syslog.path = words[1];
    return portero_book_add_syslog(book, &sink, &syslog);
  }
  syslog.host = words[1];
  syslog.port = n > 2 ? (uint16_t)strtoul(words[2], NULL, 10) : 0;
  syslog.ca_file = n > 3 ? words[3] : NULL;
  syslog.tls_name = n > 4 ? words[4] : NULL;
  return portero_book_add_syslog(book, &sink, &syslog);
}

static portero_status add(struct portero_book *book, int n, char **words)
{
  struct portero_sink sink = {0};
  struct portero_sink_file file = {0};
  uint16_t port = 0;
  portero_status s;

  if (n >= 3 && strcmp(words[0], "file") == 0) {
    sink.form = form_of(words[1]);
    file.path = words[2];
    file.rotate_size = n > 3 ? strtoul(words[3], NULL, 10) : 0;
    file.keep = n > 4 ? (unsigned)strtoul(words[4], NULL, 10) : 0;
    file.dated = n > 5;
    return portero_book_add_file(book, &sink, &file);
  }
  if (n >= 3 && strcmp(words[0], "syslog") == 0)
    return add_syslog(book, n - 1, words + 1);
  if (n == 2 && strcmp(words[0], "journal") == 0)
    return portero_book_add_journal(book, &sink, words[1]);
  if (n != 2 || strcmp(words[0], "metrics") != 0)
    return portero_local(PORTERO_LOCAL_USAGE);
  s = portero_book_serve_metrics(book, words[1], 0, &port);
  if (portero_is_ok(s))
    (void)printf("%u\n", port);
  return s;
}

static void notice(void *user, const char *sink, const char *text)
{
  (void)user;
  (void)fprintf(stderr, "%s %s\n", sink, text);
}

int main(int argc, char **argv)
{
  const struct portero_book_options options = {notice, NULL};
  struct portero_book *book;
  char line[256], why[160];
  portero_status s = portero_book_new(&options, &book);

  if (!portero_is_ok(s))
    return 1;
  s = add(book, argc - 1, argv + 1);
  if (!portero_is_ok(s)) {
    (void)fprintf(stderr, "book_tell: %s\n", portero_status_text(s, why, sizeof why));
    portero_book_free(book);
    return 1;
  }
  (void)puts("ready");
  (void)fflush(stdout);
  while (fgets(line, sizeof line, stdin))
    obey(book, line);
  portero_book_free(book);
  return 0;
}
