/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <portero/sid.h>

#define REVISION      1u
#define MAX_AUTHORITY UINT64_C(0xffffffffffff)

/* Digits at *text up to '-' or the end; strtoull alone takes signs and blanks. */
static bool take_number(const char **text, uint64_t max, uint64_t *out_value)
{
  const char *digits = *text;
  bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
  size_t n = strspn(hex ? digits + 2 : digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
  char *end;
  uint64_t value;

  if (n == 0)
    return false;
  errno = 0;
  value = strtoull(digits, &end, hex ? 16 : 10);
  if (errno || value > max || (*end && *end != '-'))
    return false;
  *text = end;
  *out_value = value;
  return true;
}

bool portero_sid_parse(const char *text, struct portero_sid *out_sid)
{
  struct portero_sid sid;
  uint64_t value;

  memset(&sid, 0, sizeof sid);
  if ((text[0] != 'S' && text[0] != 's') || text[1] != '-')
    return false;
  text += 2;
  if (!take_number(&text, UINT8_MAX, &value) || value != REVISION || *text++ != '-')
    return false;
  sid.revision = (uint8_t)value;
  if (!take_number(&text, MAX_AUTHORITY, &sid.authority))
    return false;
  while (*text++ == '-') {
    if (sid.n_sub == PORTERO_SID_AUTHORITIES || !take_number(&text, UINT32_MAX, &value))
      return false;
    sid.sub[sid.n_sub++] = (uint32_t)value;
  }
  *out_sid = sid;
  return true;
}

const char *portero_sid_text(const struct portero_sid *sid, char *text)
{
  int n = snprintf(text, PORTERO_SID_TEXT,
                   sid->authority > UINT32_MAX ? "S-%u-0x%012" PRIx64 : "S-%u-%" PRIu64,
                   (unsigned)sid->revision, sid->authority);

  for (unsigned i = 0; i < sid->n_sub && i < PORTERO_SID_AUTHORITIES; i++)
    n += snprintf(text + n, PORTERO_SID_TEXT - (size_t)n, "-%" PRIu32, sid->sub[i]);
  return text;
}

bool portero_sid_equal(const struct portero_sid *a, const struct portero_sid *b)
{
  return a->revision == b->revision && a->n_sub == b->n_sub && a->authority == b->authority &&
         memcmp(a->sub, b->sub, a->n_sub * sizeof a->sub[0]) == 0;
}

bool portero_sid_append(const struct portero_sid *domain, uint32_t rid, struct portero_sid *out_sid)
{
  if (domain->n_sub >= PORTERO_SID_AUTHORITIES)
    return false;
  *out_sid = *domain;
  out_sid->sub[out_sid->n_sub++] = rid;
  return true;
}
