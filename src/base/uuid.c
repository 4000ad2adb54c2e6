/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/uuid.h>

#include <stddef.h>

const struct portero_syntax portero_syntax_ndr = {
    {0x8a885d04, 0x1ceb, 0x11c9, {0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60}}, 2, 0};
const struct portero_syntax portero_syntax_ndr64 = {
    {0x71710533, 0xbeba, 0x4937, {0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36}}, 1, 0};

static const char hex_digits[] = "0123456789abcdef";

static char *hex_put(char *at, uint32_t value, unsigned digits)
{
  while (digits-- > 0)
    *at++ = hex_digits[value >> (digits * 4) & 0xf];
  return at;
}

const char *portero_uuid_text(const struct portero_uuid *u, char text[PORTERO_UUID_TEXT_SIZE])
{
  char *at = hex_put(text, u->time_low, 8);

  *at++ = '-';
  at = hex_put(at, u->time_mid, 4);
  *at++ = '-';
  at = hex_put(at, u->time_hi_and_version, 4);
  *at++ = '-';
  for (size_t i = 0; i < sizeof u->node; i++) {
    if (i == 2)
      *at++ = '-';
    at = hex_put(at, u->node[i], 2);
  }
  *at = '\0';
  return text;
}

static int hex_value(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/* digits hex digits at *text, which moves on; false when one is none. */
static bool hex_take(const char **text, unsigned digits, uint32_t *out_value)
{
  uint32_t value = 0;

  for (; digits > 0; digits--, (*text)++) {
    int v = hex_value(**text);
    if (v < 0)
      return false;
    value = value << 4 | (uint32_t)v;
  }
  *out_value = value;
  return true;
}

static bool dash_take(const char **text)
{
  return *(*text)++ == '-';
}

bool portero_uuid_parse(const char *text, struct portero_uuid *out_uuid)
{
  struct portero_uuid u;
  uint32_t low, mid, high, octet;

  if (!hex_take(&text, 8, &low) || !dash_take(&text) || !hex_take(&text, 4, &mid) ||
      !dash_take(&text) || !hex_take(&text, 4, &high) || !dash_take(&text))
    return false;
  for (size_t i = 0; i < sizeof u.node; i++) {
    if ((i == 2 && !dash_take(&text)) || !hex_take(&text, 2, &octet))
      return false;
    u.node[i] = (uint8_t)octet;
  }
  if (*text != '\0')
    return false;
  u.time_low = low;
  u.time_mid = (uint16_t)mid;
  u.time_hi_and_version = (uint16_t)high;
  *out_uuid = u;
  return true;
}
