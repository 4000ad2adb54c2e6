/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends of SPNEGO share: the mechanism inside, its mechListMIC, and handing PDUs to it. */
#include "src/auth/spnego.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct spnego *spnego_at(const struct portero_security *s)
{
  return (const struct spnego *)(const void *)s;
}

struct spnego *spnego_of(struct portero_security *s)
{
  return (struct spnego *)(void *)s;
}

uint8_t spnego_type_of(uint8_t mech)
{
  switch (mech) {
  case SPNEGO_MECH_KERBEROS:
  case SPNEGO_MECH_MS_KERBEROS:
    return PORTERO_AUTH_KERBEROS;
  case SPNEGO_MECH_NTLM:
    return PORTERO_AUTH_NTLM;
  default:
    return PORTERO_AUTH_NONE;
  }
}

const char *spnego_name_of(uint8_t type)
{
  return type == PORTERO_AUTH_KERBEROS ? "Kerberos" : "NTLM";
}

static void inner_free(const struct spnego_inner *inner)
{
  inner->security->ops->free(inner->security);
}

static bool fits(const struct spnego_inner *inner, size_t n_inner)
{
  if (n_inner == 0 || n_inner > SPNEGO_INNER_LIMIT)
    return false;
  for (size_t i = 0; i < n_inner; i++)
    if (inner[i].type != PORTERO_AUTH_KERBEROS && inner[i].type != PORTERO_AUTH_NTLM)
      return false;
  return n_inner == 1 || inner[0].type != inner[1].type;
}

portero_status spnego_make(const struct portero_security_ops *ops, const struct spnego_inner *inner,
                           size_t n_inner, struct portero_security **out_security)
{
  bool usable = fits(inner, n_inner);
  struct spnego *s = usable ? calloc(1, sizeof *s) : NULL;

  if (!s) {
    for (size_t i = 0; i < n_inner; i++)
      inner_free(&inner[i]);
    return portero_local(usable ? PORTERO_LOCAL_NO_MEMORY : PORTERO_LOCAL_USAGE);
  }
  s->security.ops = ops;
  s->n_inner = n_inner;
  for (size_t i = 0; i < n_inner; i++) {
    s->inner[i] = inner[i];
    s->security.waits = s->security.waits || inner[i].security->waits;
  }
  *out_security = &s->security;
  return portero_ok();
}

void spnego_free(struct portero_security *security)
{
  struct spnego *s = spnego_of(security);

  for (size_t i = 0; i < s->n_inner; i++)
    inner_free(&s->inner[i]);
  free(s->list);
  free(s);
}

void spnego_choose(struct spnego *s, size_t at)
{
  struct spnego_inner chosen = s->inner[at];

  for (size_t i = 0; i < s->n_inner; i++)
    if (i != at)
      inner_free(&s->inner[i]);
  s->inner[0] = chosen;
  s->n_inner = 1;
}

portero_status spnego_keep_list(struct spnego *s, struct portero_bytes list)
{
  uint8_t *copy = malloc(list.size);

  if (!copy)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memcpy(copy, list.data, list.size);
  free(s->list);
  s->list = copy;
  s->list_size = list.size;
  return portero_ok();
}

portero_status spnego_fail(struct spnego *s, portero_status status, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  (void)vsnprintf(s->why, sizeof s->why, format, args);
  va_end(args);
  s->leg = SPNEGO_LEG_DONE;
  s->inner_done = false;
  return status;
}

portero_status spnego_step_inner(struct spnego *s, struct portero_bytes token,
                                 struct portero_writer *out_token)
{
  struct portero_security *inner = s->inner[0].security;
  bool done = false;
  portero_status status = inner->ops->step(inner, token, out_token, &done);
  const char *why;

  if (portero_is_ok(status)) {
    s->inner_done = done;
    return portero_writer_finish(out_token);
  }
  why = inner->ops->why ? inner->ops->why(inner) : NULL;
  return spnego_fail(s, status, "%s inside SPNEGO: %s", spnego_name_of(s->inner[0].type),
                     why ? why : "the token was not accepted");
}

/* ---- the mechListMIC ---- */

portero_status spnego_mic_make(struct spnego *s, struct portero_writer *out_mic)
{
  portero_status status = s->inner[0].mic->make(s->inner[0].security,
                                                portero_bytes_make(s->list, s->list_size), out_mic);

  if (portero_is_ok(status))
    status = portero_writer_finish(out_mic);
  if (!portero_is_ok(status))
    return spnego_fail(s, status, "SPNEGO: %s cannot sign the list of mechanisms",
                       spnego_name_of(s->inner[0].type));
  s->made = true;
  return portero_ok();
}

portero_status spnego_mic_check(struct spnego *s, struct portero_bytes mic)
{
  portero_status status;

  if (s->checked)
    return spnego_fail(s, portero_local(PORTERO_LOCAL_SECURITY), "SPNEGO: a second mechListMIC");
  status =
      s->inner[0].mic->check(s->inner[0].security, portero_bytes_make(s->list, s->list_size), mic);
  if (!portero_is_ok(status))
    return spnego_fail(
        s, portero_local(PORTERO_LOCAL_SECURITY),
        "SPNEGO: the signature over the list of mechanisms (mechListMIC) does not fit; "
        "somebody may have changed the list on its way");
  s->checked = true;
  return portero_ok();
}

bool spnego_mic_wanted(const struct spnego *s)
{
  const struct spnego_inner *inner = &s->inner[0];

  return inner->mic->wanted && inner->mic->wanted(inner->security);
}

void spnego_establish(struct spnego *s, bool *out_done)
{
  const struct spnego_inner *inner = &s->inner[0];

  if ((s->made || s->checked) && inner->mic->restart)
    inner->mic->restart(inner->security);
  s->security.anonymous = inner->security->anonymous;
  s->leg = SPNEGO_LEG_DONE;
  *out_done = true;
}

/* ---- protected PDUs and questions: the mechanism inside has the answers ---- */

static bool is_established(const struct spnego *s)
{
  return s->leg == SPNEGO_LEG_DONE && s->inner_done;
}

size_t spnego_value_size(const struct portero_security *security, uint8_t level, size_t data_size)
{
  const struct portero_security *inner = spnego_at(security)->inner[0].security;

  return is_established(spnego_at(security)) ? inner->ops->value_size(inner, level, data_size) : 0;
}

portero_status spnego_protect(struct portero_security *security,
                              const struct portero_protected_pdu *p)
{
  struct portero_security *inner = spnego_of(security)->inner[0].security;

  if (!is_established(spnego_of(security)))
    return portero_local(PORTERO_LOCAL_SECURITY);
  return inner->ops->protect(inner, p);
}

portero_status spnego_unprotect(struct portero_security *security,
                                const struct portero_protected_pdu *p)
{
  struct portero_security *inner = spnego_of(security)->inner[0].security;

  if (!is_established(spnego_of(security)))
    return portero_local(PORTERO_LOCAL_SECURITY);
  return inner->ops->unprotect(inner, p);
}

const struct portero_identity *spnego_identity(const struct portero_security *security)
{
  const struct portero_security *inner = spnego_at(security)->inner[0].security;

  if (!is_established(spnego_at(security)) || !inner->ops->identity)
    return NULL;
  return inner->ops->identity(inner);
}

const struct portero_identity *spnego_claimed(const struct portero_security *security)
{
  const struct portero_security *inner = spnego_at(security)->inner[0].security;

  return inner->ops->claimed ? inner->ops->claimed(inner) : NULL;
}

/* Once it is established, what the mechanism says of PDUs that do not fit comes first. */
const char *spnego_why(const struct portero_security *security)
{
  const struct spnego *s = spnego_at(security);
  const struct portero_security *inner = s->inner[0].security;
  const char *why = NULL;

  if (is_established(s) && inner->ops->why)
    why = inner->ops->why(inner);
  return why || !*s->why ? why : s->why;
}
