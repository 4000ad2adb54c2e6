/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the accounts file. */
#include <stdlib.h>

#include <portero/utf16.h>

#include "src/auth/accounts.h"
#include "src/auth/ntlm_upper.h"

#define HASH_DIGITS 32u

/* What Windows refuses in account names, and what would end a field or a line here. */
static const char forbidden[] = "\"/\\[]:;|=,+*?<>@#";

bool account_key_make(struct portero_bytes name, struct account_key *out_key)
{
  if (name.size > sizeof out_key->data || name.size % 2)
    return false;
  for (size_t i = 0; i < name.size; i += 2)
    portero_store_u16(out_key->data + i, false, ntlm_upper(portero_load_u16(name.data + i, false)));
  out_key->size = name.size;
  return true;
}

portero_status account_name_check(const char *name, struct account_key *out_key)
{
  uint8_t wide[ACCOUNT_KEY_SIZE];
  size_t size;
  portero_status status;

  if (!*name || strlen(name) >= ACCOUNT_NAME_SIZE)
    return portero_local(*name ? PORTERO_LOCAL_LIMIT : PORTERO_LOCAL_MALFORMED);
  for (const char *p = name; *p; p++)
    if ((unsigned char)*p < ' ' || *p == 0x7f || strchr(forbidden, *p))
      return portero_local(PORTERO_LOCAL_MALFORMED);
  if (name[0] == ' ' || name[strlen(name) - 1] == ' ')
    return portero_local(PORTERO_LOCAL_MALFORMED);
  status = portero_utf8_to_utf16(name, strlen(name), false, wide, sizeof wide, &size);
  if (!portero_is_ok(status))
    return status;
  return account_key_make(portero_bytes_make(wide, size), out_key)
             ? portero_ok()
             : portero_local(PORTERO_LOCAL_LIMIT);
}

static int digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_hash(const char *text, uint8_t out_hash[16])
{
  if (strlen(text) != HASH_DIGITS)
    return false;
  for (size_t i = 0; i < HASH_DIGITS; i += 2) {
    int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0)
      return false;
    out_hash[i / 2] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static bool parse_sids(char *text, struct account *a)
{
  char *rest = text;

  while (rest && *rest) {
    const char *sid = strsep(&rest, ",");
    if (a->n_sids == ACCOUNT_SIDS || !portero_sid_parse(sid, &a->sids[a->n_sids]))
      return false;
    a->n_sids++;
  }
  return true;
}

static bool parse_flags(const char *text, struct account *a)
{
  a->disabled = strcmp(text, "disabled") == 0;
  return a->disabled || !*text;
}

static bool parse_fields(char *line, struct account *a)
{
  struct account_key key;
  char *rest = line;
  const char *name = strsep(&rest, ":");
  const char *hash = rest ? strsep(&rest, ":") : "";
  char *sids = rest ? strsep(&rest, ":") : NULL;
  const char *flags = rest ? strsep(&rest, ":") : "";

  if (rest || !portero_is_ok(account_name_check(name, &key)) || !parse_hash(hash, a->nt_hash))
    return false;
  memcpy(a->name, name, strlen(name) + 1);
  return (!sids || parse_sids(sids, a)) && parse_flags(flags, a);
}

portero_status account_parse(const char *line, struct account *out_account)
{
  char copy[ACCOUNTS_LINE_SIZE];
  size_t size = strlen(line);
  struct account a;
  bool good;

  if (*line == '#' || !*line)
    return portero_local(PORTERO_LOCAL_NOT_FOUND);
  if (size >= sizeof copy)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  memset(&a, 0, sizeof a);
  memcpy(copy, line, size + 1);
  good = parse_fields(copy, &a);
  if (good)
    *out_account = a;
  explicit_bzero(copy, sizeof copy);
  explicit_bzero(&a, sizeof a);
  return good ? portero_ok() : portero_local(PORTERO_LOCAL_MALFORMED);
}

static void write_text(struct portero_writer *w, const char *text)
{
  portero_write_bytes(w, text, strlen(text));
}

void account_write(struct portero_writer *w, const struct account *a)
{
  static const char digits[] = "0123456789abcdef";
  char sid[PORTERO_SID_TEXT];

  write_text(w, a->name);
  write_text(w, ":");
  for (size_t i = 0; i < sizeof a->nt_hash; i++) {
    portero_write_u8(w, (uint8_t)digits[a->nt_hash[i] >> 4]);
    portero_write_u8(w, (uint8_t)digits[a->nt_hash[i] & 15]);
  }
  if (a->n_sids || a->disabled)
    write_text(w, ":");
  for (size_t i = 0; i < a->n_sids; i++) {
    write_text(w, i ? "," : "");
    write_text(w, portero_sid_text(&a->sids[i], sid));
  }
  write_text(w, a->disabled ? ":disabled\n" : "\n");
}
