/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/ntlm_context.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FILETIME_EPOCH 11644473600u /* seconds from 1601 to 1970 */

uint32_t ntlm_level_flags(uint8_t level)
{
  if (level < PORTERO_LEVEL_CALL)
    return 0;
  return level == PORTERO_LEVEL_PRIVACY ? NTLM_SIGN | NTLM_SEAL : NTLM_SIGN;
}

void ntlm_context_establish(struct ntlm_context *c, const uint8_t key[NTLM_KEY_SIZE],
                            uint32_t flags)
{
  memcpy(c->key, key, sizeof c->key);
  c->flags = flags;
  c->established = true;
  ntlm_session_start(&c->session, c->key, flags, c->is_server);
  c->identity.type = PORTERO_AUTH_NTLM;
  c->identity.session_key = portero_bytes_make(c->key, sizeof c->key);
}

void ntlm_context_explain(struct ntlm_context *c, const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  (void)vsnprintf(c->why, sizeof c->why, format, arguments);
  va_end(arguments);
  for (char *p = c->why; *p; p++)
    if ((unsigned char)*p < ' ' || *p == 0x7f)
      *p = '?';
}

/* ---- protection ---- */

/* The old session security, which a caller without a name may have come with, is not spoken. */
static bool can_protect(const struct ntlm_context *c, const struct portero_protected_pdu *p)
{
  return c->established && p->value_size == NTLM_SIGNATURE_SIZE &&
         (p->level == PORTERO_LEVEL_CONNECT || (c->flags & NTLM_REQUIRED) == NTLM_REQUIRED);
}

size_t ntlm_value_size(const struct portero_security *s, uint8_t level, size_t data_size)
{
  (void)s;
  (void)level;
  (void)data_size;
  return NTLM_SIGNATURE_SIZE;
}

portero_status ntlm_protect(struct portero_security *s, const struct portero_protected_pdu *p)
{
  struct ntlm_context *c = ntlm_context_of(s);

  if (!can_protect(c, p))
    return portero_local(PORTERO_LOCAL_SECURITY);
  if (p->level == PORTERO_LEVEL_CONNECT) {
    memset(p->value, 0, p->value_size); /* a version and nothing else: nobody looks at it */
    p->value[0] = 1;
    return portero_ok();
  }
  ntlm_session_protect(&c->session, p);
  return portero_ok();
}

portero_status ntlm_unprotect(struct portero_security *s, const struct portero_protected_pdu *p)
{
  struct ntlm_context *c = ntlm_context_of(s);

  if (!can_protect(c, p))
    return portero_local(PORTERO_LOCAL_SECURITY);
  if (p->level == PORTERO_LEVEL_CONNECT)
    return portero_ok();
  if (ntlm_session_unprotect(&c->session, p))
    return portero_ok();
  ntlm_context_explain(c, "the signature does not fit: changed on the way, sent twice, or out of "
                          "order");
  return portero_local(PORTERO_LOCAL_SECURITY);
}

/* ---- the signature of a mechListMIC ---- */

static portero_status mic_make(struct portero_security *s, struct portero_bytes text,
                               struct portero_writer *out_mic)
{
  struct ntlm_context *c = ntlm_context_of(s);
  uint8_t signature[NTLM_SIGNATURE_SIZE];

  if (!c->established)
    return portero_local(PORTERO_LOCAL_SECURITY);
  ntlm_session_sign(&c->session, text, signature);
  portero_write_bytes(out_mic, signature, sizeof signature);
  return portero_writer_finish(out_mic);
}

static portero_status mic_check(struct portero_security *s, struct portero_bytes text,
                                struct portero_bytes mic)
{
  struct ntlm_context *c = ntlm_context_of(s);

  if (c->established && ntlm_session_check(&c->session, text, mic))
    return portero_ok();
  ntlm_context_explain(c, "the list of mechanisms was changed on the way: its signature does not "
                          "fit");
  return portero_local(PORTERO_LOCAL_SECURITY);
}

static void mic_restart(struct portero_security *s)
{
  struct ntlm_context *c = ntlm_context_of(s);

  if (c->established)
    ntlm_session_new_ciphers(&c->session, c->key, c->flags, c->is_server);
}

/* At level connect nothing is signed, this neither. */
static bool mic_wanted(const struct portero_security *s)
{
  const struct ntlm_context *c = (const struct ntlm_context *)(const void *)s;

  return c->has_mic && (c->flags & NTLM_SIGN);
}

const struct auth_mic_ops ntlm_mic_ops = {mic_make, mic_check, mic_restart, mic_wanted};

/* ---- who, why ---- */

const struct portero_identity *ntlm_identity(const struct portero_security *s)
{
  const struct ntlm_context *c = (const struct ntlm_context *)(const void *)s;

  return c->established ? &c->identity : NULL;
}

const char *ntlm_why(const struct portero_security *s)
{
  const struct ntlm_context *c = (const struct ntlm_context *)(const void *)s;

  return c->why[0] ? c->why : NULL;
}

/* ---- this host ---- */

uint64_t ntlm_filetime_now(void)
{
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  return ((uint64_t)now.tv_sec + FILETIME_EPOCH) * 10000000u + (uint64_t)now.tv_nsec / 100u;
}

void ntlm_computer_name(char out_name[NTLM_NETBIOS_SIZE])
{
  char host[256] = "";
  size_t n;

  (void)gethostname(host, sizeof host - 1);
  n = strcspn(host, ".");
  if (n >= NTLM_NETBIOS_SIZE)
    n = NTLM_NETBIOS_SIZE - 1;
  for (size_t i = 0; i < n; i++)
    out_name[i] = (char)toupper((unsigned char)host[i]);
  out_name[n] = 0;
}
