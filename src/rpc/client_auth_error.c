/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures of authentication in words: what the mechanism says, what the server said, the likely
 * cause and the next step.
 */
#include "src/rpc/client.h"

#include <stdio.h>

static const char *mechanism_name(uint8_t type)
{
  switch (type) {
  case PORTERO_AUTH_SPNEGO:
    return "SPNEGO";
  case PORTERO_AUTH_NTLM:
    return "NTLM";
  case PORTERO_AUTH_KERBEROS:
    return "Kerberos";
  case PORTERO_AUTH_NETLOGON:
    return "the Netlogon channel";
  }
  return "this mechanism";
}

static const char *level_name(uint8_t level)
{
  static const char *const names[] = {"default", "none",      "connect", "call",
                                      "packet",  "integrity", "privacy"};
  return level < sizeof names / sizeof names[0] ? names[level] : "unknown";
}

void client_say_login(struct portero_client *c, portero_status status)
{
  const char *name = mechanism_name(c->auth_type);
  char text[160];

  if (c->why[0])
    client_say(c, "%s: authentication with %s failed: %s", c->where, name, c->why);
  else if (portero_is_local(status, PORTERO_LOCAL_UNSUPPORTED))
    client_say(c, "%s: %s is not in this build; choose another mechanism", c->where, name);
  else if (portero_is_local(status, PORTERO_LOCAL_USAGE))
    client_say(c,
               "%s: level %s and these credentials do not go together with %s: levels are connect "
               "to privacy, and only the Netlogon channel takes a channel in place of credentials",
               c->where, level_name(c->auth_level), name);
  else
    client_say(c, "%s: authentication with %s failed: %s", c->where, name,
               portero_status_text(status, text, sizeof text));
}

static const char *nak_cause(uint32_t reason)
{
  switch (reason) {
  case PORTERO_NAK_TEMPORARY_CONGESTION:
    return "the server cannot authenticate anybody just now (no way to its domain controller or "
           "directory?): look at its log, try again later";
  case PORTERO_NAK_LOCAL_LIMIT:
    return "there were too many logins that failed (wait a minute), or the token is larger than "
           "the "
           "server takes (accounts in very many groups have large Kerberos tickets)";
  case PORTERO_NAK_PROTOCOL_VERSION:
    return "the server does not understand this bind";
  case PORTERO_NAK_AUTH_TYPE:
    return "the server does not know this mechanism: try another (spnego, krb5, ntlm)";
  case PORTERO_NAK_INVALID_CHECKSUM:
    return "the server does not believe it: the user or the password is wrong, the ticket is for "
           "another key than the service has, the clocks differ by more than five minutes, or the "
           "server takes no such mechanism inside SPNEGO";
  }
  return "no reason given: too many failed logins from here, a level that the server does not "
         "take, "
         "or an association group that it does not know";
}

static const char *fault_cause(uint32_t fault)
{
  switch (fault) {
  case PORTERO_FAULT_ACCESS_DENIED:
    return "the user or the password is wrong, or the account is locked, expired or may not log on "
           "there";
  case PORTERO_FAULT_SEC_PKG_ERROR:
    return "the mechanism gave up at the server: a wrong password, a ticket for another key than "
           "the service has, or clocks that differ by more than five minutes";
  case PORTERO_FAULT_PROTOCOL:
    return "the server did not expect this leg, or has no more room for security contexts";
  }
  return portero_code_hint(fault);
}

bool client_say_auth_end(struct portero_client *c, portero_status status, const char *what)
{
  const char *name = mechanism_name(c->auth_type), *level = level_name(c->auth_level);
  const char *cause;
  char text[160];

  if (c->auth_type == 0 || (c->stage != CLIENT_BINDING && !c->adding_login))
    return false;
  (void)portero_status_text(status, text, sizeof text);
  if (status.klass == PORTERO_CLASS_NAK || status.klass == PORTERO_CLASS_FAULT) {
    cause = status.klass == PORTERO_CLASS_NAK ? nak_cause(status.code) : fault_cause(status.code);
    client_say(c, "%s refuses authentication with %s at level %s: %s%s%s%s%s%s", c->where, name,
               level, text, cause ? ": " : "", cause ? cause : "", c->why[0] ? " (" : "", c->why,
               c->why[0] ? ")" : "");
    return true;
  }
  if (c->why[0]) {
    client_say_login(c, status);
    return true;
  }
  if (!portero_is_local(status, PORTERO_LOCAL_SECURITY))
    return false;
  client_say(c, "%s: authentication with %s failed: %s", c->where, name, what ? what : text);
  return true;
}

static const char *denied_hint(const struct portero_client *c)
{
  if (c->binding.protseq == PORTERO_NCALRPC && c->auth_type == 0)
    return "this user may not do that there, or the server's policy denies it";
  if (c->auth_type == 0)
    return "the server's policy denies it to this caller, or it wants callers to authenticate: give "
           "a user, or a ticket cache";
  if (!c->proven && c->auth_type == PORTERO_AUTH_NTLM)
    return "the user or the password is wrong (the last leg of NTLM has no answer, so the first "
           "call tells), or the interface wants a higher level, or another account";
  if (c->auth_level < PORTERO_LEVEL_PRIVACY)
    return "the interface may want a higher level: try privacy; else this user may not do "
           "that, or the server's policy denies it";
  return "this user may not do that there, or the server's policy denies it";
}

const char *client_auth_hint(const struct portero_client *c, uint32_t fault)
{
  if (fault == PORTERO_FAULT_ACCESS_DENIED)
    return denied_hint(c);
  if (c->auth_type == 0)
    return NULL;
  if (fault == PORTERO_FAULT_PROTOCOL && !c->proven)
    return "the server has not accepted the authentication: the user or the password is wrong (the "
           "last leg of NTLM has no answer, so the first call tells)";
  if (fault == PORTERO_FAULT_SEC_PKG_ERROR && !c->proven)
    return "the server cannot check what we signed: it has another session key (a wrong password, "
           "a ticket for another key), or it cannot sign headers (try without), or something on "
           "the way changes packets";
  if (fault == PORTERO_FAULT_SEC_PKG_ERROR)
    return "the signature did not fit though earlier ones did: something on the way changes, drops "
           "or repeats packets, or the ticket has expired";
  return NULL;
}
