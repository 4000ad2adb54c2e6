/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenarios/scenario.h"

#include "tests/support/security_test.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- syntaxes ---- */

static const struct {
  const char *name, *uuid;
  uint16_t major, minor;
} known_syntaxes[] = {
    {"MGMT", "afa8bd80-7d8a-11c9-bef4-08002b102989", 1, 0},
    {"EPM", "e1af8308-5d1f-11c9-91a4-08002b14a0fa", 3, 0},
    {"TEST", "2d9b1ae0-8f5e-4d3c-9a41-5f0c1d2e3f40", 1, 0},
    {"TEST2", "2d9b1ae0-8f5e-4d3c-9a41-5f0c1d2e3f40", 2, 0},
    {"NOBODY", "00112233-4455-6677-8899-aabbccddeeff", 1, 0},
    {"NDR", "8a885d04-1ceb-11c9-9fe8-08002b104860", 2, 0},
    {"NDR64", "71710533-beba-4937-8319-b5dbef9ccc36", 1, 0},
    {"NDR3", "8a885d04-1ceb-11c9-9fe8-08002b104860", 3, 0},
    {"STRANGE", "deadbeef-0000-0000-0000-000000000001", 1, 0},
    {"NIL", "00000000-0000-0000-0000-000000000000", 0, 0},
};
#define N_SYNTAXES (sizeof known_syntaxes / sizeof known_syntaxes[0])

static struct portero_syntax known_syntax(size_t i)
{
  struct portero_syntax s;

  memset(&s, 0, sizeof s);
  if (!portero_uuid_parse(known_syntaxes[i].uuid, &s.uuid))
    abort();
  s.major = known_syntaxes[i].major;
  s.minor = known_syntaxes[i].minor;
  return s;
}

struct portero_syntax name_syntax(const struct words *w, const char *name)
{
  for (size_t i = 0; i < N_SYNTAXES; i++)
    if (strcmp(name, known_syntaxes[i].name) == 0)
      return known_syntax(i);
  if (strncmp(name, "FEATURES", 8) == 0)
    return portero_syntax_from_features(words_parse(w, name + 8));
  words_wrong(w, "unknown syntax name");
}

void name_syntax_add(struct text *t, const struct portero_syntax *s)
{
  char uuid[PORTERO_UUID_TEXT_SIZE];
  uint64_t features;

  for (size_t i = 0; i < N_SYNTAXES; i++) {
    struct portero_syntax known = known_syntax(i);
    if (portero_syntax_equal(&known, s)) {
      text_add(t, "%s", known_syntaxes[i].name);
      return;
    }
  }
  if (portero_syntax_is_features(s, &features))
    text_add(t, "FEATURES%llu", (unsigned long long)features);
  else
    text_add(t, "%s/%u.%u", portero_uuid_text(&s->uuid, uuid), s->major, s->minor);
}

/* "0:MGMT:NDR,1:EPM:NDR64+NDR"; ids may be a range, "0-254:TEST:NDR". */
static const char *one_context(const struct words *w, const char *p, struct portero_context *c,
                               struct portero_syntax **transfers, unsigned *out_last)
{
  char part[200], *rest = NULL, *colon;
  size_t size = strcspn(p, ",");
  char *end;

  if (size >= sizeof part)
    words_wrong(w, "a context is too long");
  memcpy(part, p, size);
  part[size] = 0;
  c->id = (uint16_t)strtoul(part, &end, 0);
  *out_last = c->id;
  if (*end == '-')
    *out_last = (unsigned)strtoul(end + 1, &end, 0);
  colon = *end == ':' ? strchr(end + 1, ':') : NULL;
  if (!colon)
    words_wrong(w, "a context is ID:INTERFACE:TRANSFER+TRANSFER");
  *colon = 0;
  c->abstract = name_syntax(w, end + 1);
  c->transfer = *transfers;
  c->n_transfer = 0;
  for (char *name = strtok_r(colon + 1, "+", &rest); name; name = strtok_r(NULL, "+", &rest)) {
    *(*transfers)++ = name_syntax(w, name);
    c->n_transfer++;
  }
  return p + size + (p[size] == ',');
}

void name_contexts(const struct words *w, const char *value, struct portero_context *contexts,
                   struct portero_syntax *transfers, unsigned *out_n)
{
  unsigned n = 0, last;

  while (value && *value) {
    value = one_context(w, value, &contexts[n], &transfers, &last);
    for (; contexts[n].id < last; n++) {
      contexts[n + 1] = contexts[n];
      contexts[n + 1].id++;
    }
    n++;
  }
  *out_n = n;
}

/* ---- numbers with names ---- */

struct name {
  const char *name;
  uint32_t value;
};
static const struct name levels[] = {{"DEFAULT", 0}, {"NONE", 1},      {"CONNECT", 2}, {"CALL", 3},
                                     {"PACKET", 4},  {"INTEGRITY", 5}, {"PRIVACY", 6}, {NULL, 0}};
static const struct name types[] = {{"NONE", 0},    {"SPNEGO", 9},  {"NTLM", 10}, {"KERBEROS", 16},
                                    {"TEST", 0x2a}, {"NULL", 0x2b}, {NULL, 0}};
static const struct name bind_flags[] = {{"FIRST", 1},  {"LAST", 2},     {"SIGN", 4},
                                         {"X08", 8},    {"MPX", 16},     {"DNE", 32},
                                         {"MAYBE", 64}, {"OBJECT", 128}, {NULL, 0}};
static const struct name call_flags[] = {{"FIRST", 1},  {"LAST", 2},     {"CANCEL", 4},
                                         {"X08", 8},    {"MPX", 16},     {"DNE", 32},
                                         {"MAYBE", 64}, {"OBJECT", 128}, {NULL, 0}};
#define LOCAL_NAME(name, text) {#name, PORTERO_LOCAL_##name},
static const struct name locals[] = {PORTERO_LOCAL_LIST(LOCAL_NAME){NULL, 0}};

static bool name_find(const struct name *names, const char *name, uint32_t *out_value)
{
  for (; names->name; names++)
    if (strcmp(names->name, name) == 0) {
      *out_value = names->value;
      return true;
    }
  return false;
}

static const char *name_back(const struct name *names, uint32_t value)
{
  for (; names->name; names++)
    if (names->value == value)
      return names->name;
  return NULL;
}

static uint8_t name_or_number(const struct words *w, const struct name *names, const char *name)
{
  uint32_t value;
  return (uint8_t)(name_find(names, name, &value) ? value : words_parse(w, name));
}

uint8_t name_level(const struct words *w, const char *name)
{
  return name_or_number(w, levels, name);
}

uint8_t name_type(const struct words *w, const char *name)
{
  return name_or_number(w, types, name);
}

const char *name_of_level(uint8_t level)
{
  const char *name = name_back(levels, level);
  return name ? name : "UNKNOWN";
}

const char *name_of_type(uint8_t type)
{
  const char *name = name_back(types, type);
  return name ? name : "UNKNOWN";
}

uint8_t name_flags(const struct words *w, const char *names)
{
  uint32_t flags = PORTERO_PFC_WHOLE, value;
  char copy[100], *rest = NULL;

  (void)snprintf(copy, sizeof copy, "%s", names ? names : "");
  for (char *p = strtok_r(copy, ",", &rest); p; p = strtok_r(NULL, ",", &rest)) {
    bool off = *p == '-';
    if (!name_find(bind_flags, p + off, &value) && !name_find(call_flags, p + off, &value))
      words_wrong(w, "unknown flag");
    flags = off ? flags & ~value : flags | value;
  }
  return (uint8_t)flags;
}

void name_flags_add(struct text *t, uint8_t ptype, uint8_t flags)
{
  bool call = ptype == PORTERO_PTYPE_REQUEST || ptype == PORTERO_PTYPE_RESPONSE ||
              ptype == PORTERO_PTYPE_FAULT || ptype >= PORTERO_PTYPE_CO_CANCEL;
  const struct name *names = call ? call_flags : bind_flags;
  const char *before = " flags=";

  for (unsigned i = 0; i < 8; i++) {
    bool set = (flags & 1u << i) != 0, usual = i < 2;
    if (set == usual)
      continue;
    text_add(t, "%s%s%s", before, set ? "" : "-", names[i].name);
    before = ",";
  }
}

/* ---- statuses ---- */

void name_status_add(struct text *t, portero_status status)
{
  const char *local = status.klass == PORTERO_CLASS_LOCAL ? name_back(locals, status.code) : NULL;

  if (portero_is_ok(status))
    text_add(t, "OK");
  else if (local)
    text_add(t, "%s", local);
  else
    text_add(t, "%s-0x%x", status.klass == PORTERO_CLASS_FAULT ? "fault" : "nak", status.code);
}

portero_status name_status(const struct words *w, const char *name)
{
  uint32_t code;

  if (strcmp(name, "OK") == 0)
    return portero_ok();
  if (name_find(locals, name, &code))
    return portero_status_make(PORTERO_CLASS_LOCAL, code);
  if (strncmp(name, "fault-", 6) == 0)
    return portero_fault_status(words_parse(w, name + 6));
  if (strncmp(name, "nak-", 4) == 0)
    return portero_status_make(PORTERO_CLASS_NAK, words_parse(w, name + 4));
  words_wrong(w, "unknown status");
}

/* ---- stubs ---- */

static uint8_t pattern_byte(size_t at)
{
  return (uint8_t)((uint32_t)at * 2654435761u >> 24);
}

static unsigned hex_digit(const struct words *w, char c)
{
  const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c) : NULL;
  if (!p)
    words_wrong(w, "not lower-case hex");
  return (unsigned)(p - digits);
}

struct portero_bytes name_stub(const struct words *w, const char *value)
{
  unsigned long size = strlen(value) / 2, from = 0;
  bool pattern = strncmp(value, "pattern:", 8) == 0;
  uint8_t *data;
  char *end;

  if (pattern) {
    size = strtoul(value + 8, &end, 0);
    from = *end == '@' ? strtoul(end + 1, &end, 0) : 0;
  }
  data = malloc(size ? size : 1);
  if (!data)
    abort();
  for (size_t i = 0; i < size; i++)
    data[i] = pattern ? pattern_byte(from + i)
                      : (uint8_t)(hex_digit(w, value[2 * i]) << 4 | hex_digit(w, value[2 * i + 1]));
  return portero_bytes_make(data, size);
}

static bool is_pattern(struct portero_bytes stub, size_t from)
{
  for (size_t i = 0; i < stub.size; i++)
    if (stub.data[i] != pattern_byte(from + i))
      return false;
  return true;
}

void name_stub_add(struct text *t, struct portero_bytes stub)
{
  uint32_t sum = 2166136261u;

  text_add(t, " stub=");
  if (stub.size > 32) {
    for (size_t from = 0; from < 65536; from += 8)
      if (is_pattern(stub, from)) {
        text_add(t, from ? "pattern:%zu@%zu" : "pattern:%zu", stub.size, from);
        return;
      }
    for (size_t i = 0; i < stub.size; i++)
      sum = (sum ^ stub.data[i]) * 16777619u;
    text_add(t, "%zu-bytes-%08x", stub.size, sum);
    return;
  }
  for (size_t i = 0; i < stub.size; i++)
    text_add(t, "%02x", stub.data[i]);
}
