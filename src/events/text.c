/* SPDX-License-Identifier: Apache-2.0 */
#include "src/events/text.h"

#include <portero/catalog.h>

#include "src/base/ip.h"

#define SECOND  UINT64_C(1000000000)
#define DAY     UINT64_C(86400)
#define UNKNOWN 0xfffdu

void text_raw(struct portero_writer *w, const char *text)
{
  portero_write_bytes(w, text, strlen(text));
}

void text_char(struct portero_writer *w, char c)
{
  portero_write_u8(w, (uint8_t)c);
}

void text_padded(struct portero_writer *w, uint64_t value, unsigned width)
{
  char digits[24];
  size_t at = sizeof digits;

  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0 || sizeof digits - at < width);
  portero_write_bytes(w, digits + at, sizeof digits - at);
}

void text_number(struct portero_writer *w, uint64_t value)
{
  text_padded(w, value, 1);
}

void text_hex32(struct portero_writer *w, uint32_t value)
{
  char text[10] = "0x";

  for (unsigned i = 0; i < 8; i++)
    text[2 + i] = "0123456789abcdef"[value >> (28 - 4 * i) & 0xf];
  portero_write_bytes(w, text, sizeof text);
}

void text_uuid(struct portero_writer *w, const struct portero_uuid *uuid)
{
  char text[PORTERO_UUID_TEXT_SIZE];

  text_raw(w, portero_uuid_text(uuid, text));
}

void text_version(struct portero_writer *w, const struct portero_syntax *syntax)
{
  text_number(w, syntax->major);
  text_char(w, '.');
  text_number(w, syntax->minor);
}

void text_seconds(struct portero_writer *w, uint64_t nanoseconds)
{
  text_number(w, nanoseconds / SECOND);
  text_char(w, '.');
  text_padded(w, nanoseconds % SECOND / 1000, 6);
}

/* ---- time ---- */

struct date {
  uint64_t year;
  unsigned month, day;
};

/* Years counted from March, so that the day that comes and goes is the last one. */
static struct date date_of(uint64_t days_since_1970)
{
  uint64_t days = days_since_1970 + 719468, era = days / 146097, of_era = days % 146097;
  uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  unsigned of_year = (unsigned)(of_era - (365 * year + year / 4 - year / 100));
  unsigned from_march = (5 * of_year + 2) / 153;
  struct date d;

  d.day = of_year - (153 * from_march + 2) / 5 + 1;
  d.month = from_march < 10 ? from_march + 3 : from_march - 9;
  d.year = year + era * 400 + (d.month <= 2);
  return d;
}

static void date_and_time(struct portero_writer *w, uint64_t time, char between, char colon)
{
  uint64_t seconds = time / SECOND, of_day = seconds % DAY;
  struct date d = date_of(seconds / DAY);

  text_padded(w, d.year, 4);
  text_char(w, '-');
  text_padded(w, d.month, 2);
  text_char(w, '-');
  text_padded(w, d.day, 2);
  text_char(w, between);
  text_padded(w, of_day / 3600, 2);
  text_char(w, colon);
  text_padded(w, of_day / 60 % 60, 2);
  text_char(w, colon);
  text_padded(w, of_day % 60, 2);
}

void text_time(struct portero_writer *w, uint64_t time, char between)
{
  date_and_time(w, time, between, ':');
  text_char(w, '.');
  text_padded(w, time % SECOND / 1000, 6);
}

void text_time_dashed(struct portero_writer *w, uint64_t time)
{
  date_and_time(w, time, '-', '-');
}

/* ---- addresses ---- */

bool text_has_address(const struct portero_event_end *end)
{
  static const uint8_t none[16];

  return memcmp(end->ip, none, sizeof none) != 0;
}

static void text_group(struct portero_writer *w, unsigned group)
{
  bool begun = false;

  for (unsigned shift = 16; shift > 0;) {
    shift -= 4;
    begun = begun || group >> shift & 0xf || shift == 0;
    if (begun)
      text_char(w, "0123456789abcdef"[group >> shift & 0xf]);
  }
}

/* The longest run of zero groups, two at least, is left out; of equal ones the first. */
static void text_ipv6(struct portero_writer *w, const uint8_t ip[16])
{
  unsigned groups[8], from = 8, length = 1;

  for (unsigned i = 0; i < 8; i++)
    groups[i] = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
  for (unsigned i = 0; i < 8; i++) {
    unsigned n = 0;
    while (i + n < 8 && groups[i + n] == 0)
      n++;
    if (n > length) {
      from = i;
      length = n;
    }
  }
  for (unsigned i = 0; i < 8; i++) {
    if (i == from) {
      text_raw(w, i + length == 8 ? "::" : ":");
      i += length - 1;
      continue;
    }
    if (i > 0)
      text_char(w, ':');
    text_group(w, groups[i]);
  }
}

void text_address(struct portero_writer *w, const uint8_t ip[16])
{
  if (!ip_is_v4(ip)) {
    text_ipv6(w, ip);
    return;
  }
  for (unsigned i = 12; i < 16; i++) {
    if (i > 12)
      text_char(w, '.');
    text_number(w, ip[i]);
  }
}

/* ---- foreign text ---- */

uint32_t text_next(const char *at, size_t *out_size)
{
  static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  const uint8_t *p = (const uint8_t *)at;
  unsigned more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
  uint32_t c = more == 0 ? p[0] : p[0] & (0x3fu >> more);

  *out_size = 1;
  if (more == 0)
    return c;
  if (p[0] < 0xc2 || p[0] > 0xf4)
    return UNKNOWN;
  for (unsigned i = 1; i <= more; i++) {
    if ((p[i] & 0xc0) != 0x80) /* the terminator too */
      return UNKNOWN;
    c = c << 6 | (p[i] & 0x3f);
  }
  if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
    return UNKNOWN;
  *out_size = 1 + more;
  return c;
}

bool text_is_unsafe(uint32_t c)
{
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void json_escape(struct portero_writer *w, uint32_t c)
{
  char text[6] = "\\u";

  for (unsigned i = 0; i < 4; i++)
    text[2 + i] = "0123456789abcdef"[c >> (12 - 4 * i) & 0xf];
  portero_write_bytes(w, text, sizeof text);
}

void text_json(struct portero_writer *w, const char *text)
{
  size_t size;

  text_char(w, '"');
  for (; *text; text += size) {
    uint32_t c = text_next(text, &size);
    if (c == '"' || c == '\\') {
      text_char(w, '\\');
      text_char(w, (char)c);
    } else if (text_is_unsafe(c) || c == UNKNOWN) {
      json_escape(w, c);
    } else {
      portero_write_bytes(w, text, size);
    }
  }
  text_char(w, '"');
}

void text_plain(struct portero_writer *w, const char *text)
{
  size_t size;

  for (; *text; text += size) {
    uint32_t c = text_next(text, &size);
    if (text_is_unsafe(c) || c == UNKNOWN)
      text_char(w, '?');
    else
      portero_write_bytes(w, text, size);
  }
}

/* ---- names ---- */

const char *text_auth(uint8_t type)
{
  switch (type) {
  case PORTERO_AUTH_SPNEGO:
    return "spnego";
  case PORTERO_AUTH_NTLM:
    return "ntlm";
  case PORTERO_AUTH_KERBEROS:
    return "krb5";
  case PORTERO_AUTH_NETLOGON:
    return "netlogon";
  default:
    return type == PORTERO_AUTH_NONE ? NULL : "other";
  }
}

const char *text_level(uint8_t level)
{
  static const char *const names[] = {NULL,     NULL,        "connect", "call",
                                      "packet", "integrity", "privacy"};

  return level < sizeof names / sizeof names[0] ? names[level] : "other";
}

const char *text_transport(const struct portero_event *e)
{
  return e->protseq ? portero_protseq_name((enum portero_protseq)e->protseq) : NULL;
}

bool text_has_call_id(const struct portero_event *e)
{
  return e->kind == PORTERO_EVENT_CALL || e->kind == PORTERO_EVENT_REQUEST;
}

const char *text_interface(const struct portero_event *e)
{
  struct portero_catalog_entry entry;

  if (e->interface_name)
    return e->interface_name;
  return e->interface && portero_catalog_interface(e->interface, &entry) ? entry.name : NULL;
}

const char *text_operation(const struct portero_event *e)
{
  if (e->operation || !e->interface || !e->has_opnum)
    return e->operation;
  return portero_catalog_operation(&e->interface->uuid, e->opnum);
}

const char *text_status(const struct portero_event *e)
{
  return e->status && e->kind != PORTERO_EVENT_BIND ? portero_code_name(e->status) : NULL;
}
