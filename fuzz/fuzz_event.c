/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of an event with texts from anybody: a record is one line, JSON is JSON, syslog's
 * structured data ends where it should, Zeek's line has its columns.
 * Input: a byte for the kind, one for the outcome, 16 of an address, then texts with a zero behind each.
 */
#include "fuzz/fuzz.h"

#include <portero/event.h>

#include <string.h>

#define HEAD    18u
#define TEXTS   13u
#define COLUMNS 20u

static const struct portero_syntax unknown = {{1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}}, 1, 0};

/* ---- JSON, as far as it is written here ---- */

static const char *json_text(const char *at)
{
  FUZZ_CHECK(*at == '"');
  for (at++; *at != '"'; at++) {
    FUZZ_CHECK((uint8_t)*at >= 0x20);
    if (*at != '\\')
      continue;
    at++;
    FUZZ_CHECK(*at && strchr("\"\\/bfnrtu", *at));
    if (*at == 'u') {
      FUZZ_CHECK(strspn(at + 1, "0123456789abcdefABCDEF") >= 4);
      at += 4;
    }
  }
  return at + 1;
}

static const char *json_value(const char *at, unsigned depth)
{
  bool object = *at == '{';

  FUZZ_CHECK(depth < 8);
  if (*at == '"')
    return json_text(at);
  if (*at != '{' && *at != '[') {
    size_t length = strspn(at, "0123456789.-truefalsn");
    FUZZ_CHECK(length > 0);
    return at + length;
  }
  for (at++; *at != (object ? '}' : ']');) {
    if (object) {
      at = json_text(at);
      FUZZ_CHECK(*at == ':');
      at++;
    }
    at = json_value(at, depth + 1);
    FUZZ_CHECK(*at == ',' || *at == (object ? '}' : ']'));
    if (*at == ',')
      at++;
  }
  return at + 1;
}

static void check_json(const char *line)
{
  if (!*line)
    return;
  FUZZ_CHECK(strcmp(json_value(line, 0), "\n") == 0);
}

/* ---- the others ---- */

static void check_line(const char *line, bool with_end)
{
  size_t length = strlen(line);

  FUZZ_CHECK(length > 0);
  FUZZ_CHECK(!with_end || line[length - 1] == '\n');
  for (size_t i = 0; i + with_end < length; i++)
    FUZZ_CHECK((uint8_t)line[i] >= 0x20 && line[i] != 0x7f);
}

static void check_zeek(const char *line)
{
  unsigned columns = 1;

  if (!*line)
    return;
  FUZZ_CHECK(*line != '#');
  for (const char *p = line; *p; p++) {
    columns += *p == '\t';
    FUZZ_CHECK((uint8_t)*p >= 0x20 || *p == '\t' || (*p == '\n' && !p[1]));
  }
  FUZZ_CHECK(columns == COLUMNS);
}

/* [RFC5424] 6.3: parameters of names we know, quotes escaped, one element. */
static void check_syslog(const char *line)
{
  const char *at = strstr(line, " [portero@32473 ");

  check_line(line, false);
  FUZZ_CHECK(at);
  for (at = strchr(at + 2, ' '); *at == ' ';) {
    size_t name = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_");
    FUZZ_CHECK(name > 0 && strncmp(at + 1 + name, "=\"", 2) == 0);
    for (at += name + 3; *at != '"'; at++) {
      FUZZ_CHECK(*at && *at != ']');
      if (*at == '\\')
        at++;
    }
    at++;
  }
  FUZZ_CHECK(strncmp(at, "] ", 2) == 0);
}

static void see_field(void *user, const char *name, struct portero_bytes value)
{
  unsigned *n = user;

  FUZZ_CHECK(*name && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == strlen(name));
  FUZZ_CHECK(value.data || value.size == 0);
  ++*n;
}

static const char *text_end(struct portero_writer *w)
{
  FUZZ_CHECK(!w->failed);
  portero_write_u8(w, 0);
  return (const char *)w->base;
}

static void check_forms(const struct portero_event *e)
{
  static const struct portero_syslog_origin origin = {"a host", "app", 1, 10, 0};
  static char text[1u << 18];
  void (*const json[])(struct portero_writer *, const struct portero_event *) = {
      portero_event_write_json, portero_event_write_ecs, portero_event_write_eve,
      portero_event_write_rpcfw};
  struct portero_writer w;
  unsigned fields = 0;

  for (unsigned i = 0; i < 4; i++) {
    portero_writer_init_fixed(&w, text, sizeof text);
    json[i](&w, e);
    check_json(text_end(&w));
  }
  portero_writer_init_fixed(&w, text, sizeof text);
  portero_event_write_zeek(&w, e);
  check_zeek(text_end(&w));
  portero_writer_init_fixed(&w, text, sizeof text);
  portero_event_write_text(&w, e, false);
  check_line(text_end(&w), true);
  portero_writer_init_fixed(&w, text, sizeof text);
  portero_event_write_syslog(&w, e, &origin);
  check_syslog(text_end(&w));
  portero_event_journal(e, see_field, &fields);
  FUZZ_CHECK(fields >= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *texts[TEXTS] = {NULL};
  struct portero_event e = {.time = 1, .connection = 1, .has_opnum = true, .interface = &unknown};
  size_t n = 0, at = HEAD;
  char copy[4097];

  if (size < HEAD || size >= sizeof copy)
    return 0;
  memcpy(copy, data, size);
  copy[size] = 0;
  for (; n < TEXTS && at < size; at += strlen(copy + at) + 1)
    texts[n++] = copy + at;
  e.kind = (enum portero_event_kind)(data[0] % PORTERO_EVENT_KINDS);
  e.outcome = (enum portero_outcome)(data[1] % PORTERO_OUTCOMES);
  memcpy(e.source.ip, data + 2, sizeof e.source.ip);
  e.account = texts[0];
  e.domain = texts[1];
  e.interface_name = texts[2];
  e.operation = texts[3];
  e.rule = texts[4];
  e.reason = texts[5];
  e.binding = texts[6];
  e.annotation = texts[7];
  e.program = texts[8];
  e.unit = texts[9];
  e.sid = texts[10];
  e.verdict = texts[11];
  e.tags = &texts[12];
  e.n_tags = texts[12] != NULL;
  check_forms(&e);
  return 0;
}
