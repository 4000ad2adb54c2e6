/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_record.h"

#include <arpa/inet.h>

#include "src/base/ip.h"
#include "src/cli/log_json.h"
#include "src/cli/log_time.h"
#include "src/events/text.h"

#define UNKNOWN_TYPE 255u /* of authentication and levels, written as "other" */

typedef bool read_value(struct log_json *j, struct log_record *r, void *field);

/* ---- values ---- */

static bool read_text(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;

  (void)r;
  if (!log_json_text(j, &text))
    return false;
  memcpy(field, &text, sizeof text);
  return true;
}

static bool read_ignored(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;

  (void)r;
  (void)field;
  return log_json_text(j, &text);
}

static bool read_u16(struct log_json *j, struct log_record *r, void *field)
{
  uint64_t value;
  uint16_t narrow;

  (void)r;
  if (!log_json_number(j, UINT16_MAX, &value))
    return false;
  narrow = (uint16_t)value;
  memcpy(field, &narrow, sizeof narrow);
  return true;
}

static bool read_u32(struct log_json *j, struct log_record *r, void *field)
{
  uint64_t value;
  uint32_t narrow;

  (void)r;
  if (!log_json_number(j, UINT32_MAX, &value))
    return false;
  narrow = (uint32_t)value;
  memcpy(field, &narrow, sizeof narrow);
  return true;
}

static bool read_u64(struct log_json *j, struct log_record *r, void *field)
{
  uint64_t value;

  (void)r;
  if (!log_json_number(j, UINT64_MAX, &value))
    return false;
  memcpy(field, &value, sizeof value);
  return true;
}

static bool read_time(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;

  (void)field;
  return log_json_text(j, &text) && log_time_read(text, strlen(text), &r->event.time);
}

static bool read_kind(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;

  (void)field;
  if (!log_json_text(j, &text))
    return false;
  for (unsigned i = 0; i < PORTERO_EVENT_KINDS; i++)
    if (strcmp(text, portero_event_name((enum portero_event_kind)i)) == 0) {
      r->event.kind = (enum portero_event_kind)i;
      return true;
    }
  return false;
}

static bool read_outcome(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;

  (void)field;
  if (!log_json_text(j, &text))
    return false;
  for (unsigned i = 0; i < PORTERO_OUTCOMES; i++)
    if (strcmp(text, portero_outcome_name((enum portero_outcome)i)) == 0) {
      r->event.outcome = (enum portero_outcome)i;
      return true;
    }
  return false;
}

static bool read_uid(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;

  (void)field;
  return log_json_text(j, &text) && log_uid_read(text, &r->event.connection);
}

static bool read_address(struct log_json *j, struct log_record *r, void *field)
{
  struct portero_event_end *end = field;
  const char *text;

  (void)r;
  if (!log_json_text(j, &text))
    return false;
  if (strchr(text, ':'))
    return inet_pton(AF_INET6, text, end->ip) == 1;
  memcpy(end->ip, ip_mapped, sizeof ip_mapped);
  return inet_pton(AF_INET, text, end->ip + sizeof ip_mapped) == 1;
}

static bool read_protseq(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;

  (void)field;
  if (!log_json_text(j, &text))
    return false;
  r->event.protseq = (uint8_t)portero_protseq_find(text, strlen(text));
  return r->event.protseq != PORTERO_PROTSEQ_UNKNOWN;
}

static bool read_interface(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;

  (void)field;
  r->event.interface = &r->interface;
  return log_json_text(j, &text) && portero_uuid_parse(text, &r->interface.uuid);
}

static bool read_object(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;

  (void)field;
  r->event.object = &r->object;
  return log_json_text(j, &text) && portero_uuid_parse(text, &r->object);
}

/* "1.0" */
static bool read_version(struct log_json *j, struct log_record *r, void *field)
{
  uint16_t *parts[] = {&r->interface.major, &r->interface.minor};
  const char *text;

  (void)field;
  if (!log_json_text(j, &text))
    return false;
  for (unsigned i = 0; i < 2; i++) {
    unsigned value = 0;
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 5 || text[n] != (i == 0 ? '.' : 0))
      return false;
    for (size_t at = 0; at < n; at++)
      value = 10 * value + (unsigned)(text[at] - '0');
    if (value > UINT16_MAX)
      return false;
    *parts[i] = (uint16_t)value;
    text += n + 1;
  }
  return true;
}

static bool read_opnum(struct log_json *j, struct log_record *r, void *field)
{
  r->event.has_opnum = true;
  return read_u16(j, r, field);
}

/* A duration that was rounded down to nothing is still one: the record has the key. */
static bool read_duration(struct log_json *j, struct log_record *r, void *field)
{
  (void)field;
  if (!log_json_seconds(j, &r->event.duration))
    return false;
  if (r->event.duration == 0)
    r->event.duration = 1;
  return true;
}

static bool read_auth(struct log_json *j, struct log_record *r, void *field)
{
  static const uint8_t types[] = {PORTERO_AUTH_KERBEROS, PORTERO_AUTH_NTLM, PORTERO_AUTH_SPNEGO,
                                  PORTERO_AUTH_NETLOGON, UNKNOWN_TYPE};
  const char *text;

  (void)field;
  if (!log_json_text(j, &text))
    return false;
  for (size_t i = 0; i < sizeof types && r->event.auth_type == 0; i++)
    if (strcmp(text, text_auth(types[i])) == 0)
      r->event.auth_type = types[i];
  return r->event.auth_type != 0;
}

static bool read_level(struct log_json *j, struct log_record *r, void *field)
{
  static const uint8_t levels[] = {PORTERO_LEVEL_PRIVACY, PORTERO_LEVEL_INTEGRITY,
                                   PORTERO_LEVEL_PACKET,  PORTERO_LEVEL_CONNECT,
                                   PORTERO_LEVEL_CALL,    UNKNOWN_TYPE};
  const char *text;

  (void)field;
  if (!log_json_text(j, &text))
    return false;
  for (size_t i = 0; i < sizeof levels && r->event.auth_level == 0; i++)
    if (strcmp(text, text_level(levels[i])) == 0)
      r->event.auth_level = levels[i];
  return r->event.auth_level != 0;
}

/* "0x00000005" */
static bool read_status(struct log_json *j, struct log_record *r, void *field)
{
  const char *text;
  uint32_t value = 0;

  (void)field;
  if (!log_json_text(j, &text) || strlen(text) != 10 || strncmp(text, "0x", 2) != 0 ||
      strspn(text + 2, "0123456789abcdef") != 8)
    return false;
  for (text += 2; *text; text++)
    value = value << 4 | (uint32_t)(*text > '9' ? *text - 'a' + 10 : *text - '0');
  r->event.status = value;
  return true;
}

static bool read_tags(struct log_json *j, struct log_record *r, void *field)
{
  bool more;

  (void)field;
  r->event.tags = r->tags;
  if (!log_json_begin_array(j, &more))
    return false;
  while (more)
    if (r->event.n_tags == LOG_TAGS_MAX || !log_json_text(j, &r->tags[r->event.n_tags++]) ||
        !log_json_next(j, ']', &more))
      return false;
  return true;
}

static bool read_pid(struct log_json *j, struct log_record *r, void *field)
{
  uint64_t value;

  (void)field;
  r->event.has_process = true;
  if (!log_json_number(j, UINT32_MAX, &value))
    return false;
  r->event.pid = (int32_t)(uint32_t)value;
  return true;
}

/* ---- keys ---- */

#define FIELD(key, member, read)                                                                   \
  {                                                                                                \
    key, sizeof key - 1, offsetof(struct portero_event, member), read                              \
  }

/* In the order in which they are written: the next key is mostly the next row. */
static const struct key {
  const char *name;
  size_t size;
  size_t offset;
  read_value *read;
} keys[] = {
    FIELD("time", time, read_time),
    FIELD("event", kind, read_kind),
    FIELD("uid", connection, read_uid),
    FIELD("source", source, read_address),
    FIELD("source_port", source.port, read_u16),
    FIELD("destination", destination, read_address),
    FIELD("destination_port", destination.port, read_u16),
    FIELD("transport", protseq, read_protseq),
    FIELD("interface", interface, read_interface),
    FIELD("version", interface, read_version),
    FIELD("interface_name", interface_name, read_text),
    FIELD("opnum", opnum, read_opnum),
    FIELD("operation", operation, read_text),
    FIELD("object", object, read_object),
    FIELD("call_id", call_id, read_u32),
    FIELD("fragments", fragments, read_u32),
    FIELD("bytes_in", bytes_in, read_u64),
    FIELD("bytes_out", bytes_out, read_u64),
    FIELD("duration", duration, read_duration),
    FIELD("auth", auth_type, read_auth),
    FIELD("level", auth_level, read_level),
    FIELD("account", account, read_text),
    FIELD("domain", domain, read_text),
    FIELD("sid", sid, read_text),
    FIELD("outcome", outcome, read_outcome),
    FIELD("status", status, read_status),
    FIELD("status_name", status, read_ignored),
    FIELD("verdict", verdict, read_text),
    FIELD("rule", rule, read_text),
    FIELD("tags", tags, read_tags),
    FIELD("reason", reason, read_text),
    FIELD("count", count, read_u64),
    FIELD("pid", pid, read_pid),
    FIELD("user_id", uid, read_u32),
    FIELD("group_id", gid, read_u32),
    FIELD("program", program, read_text),
    FIELD("unit", unit, read_text),
    FIELD("binding", binding, read_text),
    FIELD("annotation", annotation, read_text),
};

#define KEYS (sizeof keys / sizeof keys[0])
enum {
  KEY_TIME,
  KEY_EVENT
};

/* The row of a key, looked for from row first on; KEYS: unknown. */
static size_t key_find(const char *name, size_t size, size_t first)
{
  for (size_t i = 0; i < KEYS; i++) {
    size_t row = first + i < KEYS ? first + i : first + i - KEYS;
    if (keys[row].size == size && memcmp(keys[row].name, name, size) == 0)
      return row;
  }
  return KEYS;
}

static bool read_member(struct log_json *j, struct log_record *r, size_t *row, uint64_t *seen)
{
  const char *name;
  size_t size;

  if (!log_json_key(j, &name, &size))
    return false;
  *row = key_find(name, size, *row);
  if (*row == KEYS) {
    *row = 0;
    return log_json_skip(j);
  }
  if (*seen >> *row & 1)
    return false;
  *seen |= UINT64_C(1) << *row;
  return keys[*row].read(j, r, (char *)&r->event + keys[*row].offset);
}

bool log_record_read(struct log_record *r, const char *line, size_t size)
{
  const uint64_t needed = 1u << KEY_TIME | 1u << KEY_EVENT;
  struct log_json j = {line, line + size, r->texts};
  uint64_t seen = 0;
  size_t row = 0;
  bool more;

  _Static_assert(KEYS <= 64, "one bit each");
  if (size > LOG_LINE_MAX)
    return false;
  memset(&r->event, 0, sizeof r->event);
  memset(&r->interface, 0, sizeof r->interface);
  if (!log_json_begin(&j, &more))
    return false;
  while (more)
    if (!read_member(&j, r, &row, &seen) || !log_json_next(&j, '}', &more))
      return false;
  return log_json_at_end(&j) && (seen & needed) == needed;
}

bool log_uid_read(const char *text, uint64_t *out_connection)
{
  uint64_t value = 0;

  if (strlen(text) != 18 || *text != 'C')
    return false;
  for (text++; *text; text++) {
    unsigned digit;
    if (*text >= '0' && *text <= '9')
      digit = (unsigned)(*text - '0');
    else if (*text >= 'A' && *text <= 'Z')
      digit = (unsigned)(*text - 'A') + 10;
    else if (*text >= 'a' && *text <= 'z')
      digit = (unsigned)(*text - 'a') + 36;
    else
      return false;
    if (__builtin_mul_overflow(value, UINT64_C(62), &value) ||
        __builtin_add_overflow(value, (uint64_t)digit, &value))
      return false;
  }
  *out_connection = value;
  return true;
}
