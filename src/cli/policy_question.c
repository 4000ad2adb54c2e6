/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up calls: from words to what the engine is asked. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <portero/catalog.h>

#include "src/cli/policy.h"
#include "src/config/policy_values.h"

#define TIMES_MAX 1000000u

static const char *const names[POLICY_FACTS] = {
    "source",    "destination", "interface", "operation", "object",  "protseq", "level",
    "mechanism", "user",        "sid",       "time",      "weekday", "times",   "missing",
};

unsigned policy_fact_find(const char *name, size_t length)
{
  for (unsigned i = 0; i < POLICY_FACTS; i++)
    if (strncmp(names[i], name, length) == 0 && names[i][length] == 0)
      return i;
  return POLICY_FACTS;
}

static bool wrong(enum policy_fact fact, const char *text, const char *expected, char *message)
{
  (void)snprintf(message, POLICY_MESSAGE_SIZE, "%s \"%.128s\": expected %s", names[fact], text,
                 expected);
  return false;
}

static bool resolve_address(const struct policy_question *q, enum policy_fact fact,
                            uint8_t out_ip[16], char *message)
{
  struct portero_policy_network network;
  policy_expected expected;

  if (!q->facts[fact])
    return true;
  if (!policy_network_parse(q->facts[fact], &network, expected) || network.prefix != 128)
    return wrong(fact, q->facts[fact], "an address, or local", message);
  memcpy(out_ip, network.ip, sizeof network.ip);
  return true;
}

static bool resolve_interface(const struct policy_question *q, struct policy_asked *a,
                              char *message)
{
  const char *interface = q->facts[FACT_INTERFACE], *operation = q->facts[FACT_OPERATION];
  struct portero_policy_interface i;
  struct portero_policy_range range;
  struct portero_catalog_entry known;
  policy_expected expected;

  if (!interface)
    return wrong(FACT_INTERFACE, "", "a UUID or a known name; it has to be given", message);
  if (!policy_interface_parse(interface, &i, expected))
    return wrong(FACT_INTERFACE, interface, expected, message);
  a->call.interface.uuid = i.uuid;
  a->call.interface.major = i.any_version ? 1 : i.major;
  if (i.any_version && portero_catalog_interface(&a->call.interface, &known) && known.version_known)
    a->call.interface = known.syntax;
  if (!operation)
    return true;
  if (!policy_operation_parse(&i.uuid, operation, &range, expected) || range.low != range.high)
    return wrong(FACT_OPERATION, operation, expected, message);
  a->call.has_opnum = true;
  a->call.opnum = range.low;
  return true;
}

static bool resolve_object(const struct policy_question *q, struct policy_asked *a, char *message)
{
  const char *text = q->facts[FACT_OBJECT];

  if (!text)
    return true;
  a->call.object = &a->object;
  return portero_uuid_parse(text, &a->object) || wrong(FACT_OBJECT, text, "a UUID", message);
}

static bool resolve_protseq(const struct policy_question *q, struct policy_asked *a, char *message)
{
  const char *text = q->facts[FACT_PROTSEQ];

  a->call.protseq = PORTERO_NCACN_IP_TCP;
  if (text)
    a->call.protseq = (uint8_t)portero_protseq_find(text, strlen(text));
  return a->call.protseq != PORTERO_PROTSEQ_UNKNOWN ||
         wrong(FACT_PROTSEQ, text ? text : "", "a protocol sequence such as ncacn_ip_tcp", message);
}

/* "DOMAIN\name", "name@REALM", "name" */
static bool resolve_user(const char *text, struct policy_asked *a)
{
  const char *slash = strchr(text, '\\'), *at = strchr(text, '@');
  const char *name = slash ? slash + 1 : text;
  size_t n_name = slash || !at ? strlen(name) : (size_t)(at - text);

  if (strlen(text) >= POLICY_TEXT_SIZE || n_name == 0)
    return false;
  memcpy(a->account, name, n_name);
  if (slash)
    memcpy(a->domain, text, (size_t)(slash - text));
  else if (at)
    (void)snprintf(a->domain, sizeof a->domain, "%s", at + 1);
  if (at && !slash)
    (void)snprintf(a->principal, sizeof a->principal, "%s", text);
  return true;
}

static bool resolve_mechanism(const struct policy_question *q, struct policy_asked *a,
                              char *message)
{
  static const uint8_t types[] = {
      [1] = 0, [2] = PORTERO_AUTH_NTLM, [4] = PORTERO_AUTH_KERBEROS, [8] = PORTERO_AUTH_NETLOGON};
  const char *text = q->facts[FACT_MECHANISM];
  uint32_t bit = a->principal[0] ? 4 : 2;
  policy_expected expected;

  if (text && !policy_mechanism_parse(text, &bit, expected))
    return wrong(FACT_MECHANISM, text, expected, message);
  if (bit == 1 && (q->facts[FACT_USER] || q->n_sids))
    return wrong(FACT_MECHANISM, text, "something else for a caller with a name", message);
  a->identity.type = types[bit];
  if (bit != 1 && (text || q->facts[FACT_USER] || q->n_sids))
    a->call.identity = &a->identity;
  return true;
}

static bool resolve_caller(const struct policy_question *q, struct policy_asked *a, char *message)
{
  const char *level = q->facts[FACT_LEVEL];
  policy_expected expected;

  if (q->facts[FACT_USER] && !resolve_user(q->facts[FACT_USER], a))
    return wrong(FACT_USER, q->facts[FACT_USER], "name, DOMAIN\\name or name@REALM", message);
  for (size_t i = 0; i < q->n_sids; i++)
    if (!portero_sid_parse(q->sids[i], &a->sids[i]))
      return wrong(FACT_SID, q->sids[i], "a SID such as S-1-5-32-544", message);
  a->identity.account = a->account;
  a->identity.domain = a->domain;
  a->identity.principal = a->principal;
  a->identity.sids = a->sids;
  a->identity.n_sids = q->n_sids;
  if (!resolve_mechanism(q, a, message))
    return false;
  a->call.level = a->call.identity ? PORTERO_LEVEL_PRIVACY : PORTERO_LEVEL_NONE;
  if (level && !policy_level_parse(level, &a->call.level, expected))
    return wrong(FACT_LEVEL, level, expected, message);
  return true;
}

static bool resolve_missing(const struct policy_question *q, struct policy_asked *a, char *message)
{
  const char *missing = q->facts[FACT_MISSING];

  a->call.missing = missing && strcmp(missing, "yes") == 0;
  if (missing && !a->call.missing && strcmp(missing, "no") != 0)
    return wrong(FACT_MISSING, missing, "yes or no", message);
  return true;
}

static bool resolve_when(const struct policy_question *q, struct policy_asked *a, char *message)
{
  const char *at = q->facts[FACT_TIME], *day = q->facts[FACT_WEEKDAY],
             *times = q->facts[FACT_TIMES];
  unsigned hour, minute, number;
  policy_expected expected;
  time_t now = time(NULL);
  struct tm local;
  uint32_t days;
  char rest;

  if (!localtime_r(&now, &local))
    memset(&local, 0, sizeof local);
  a->call.minute = (uint16_t)(local.tm_hour * 60 + local.tm_min);
  a->call.weekday = (uint8_t)((local.tm_wday + 6) % 7);
  a->times = 1;
  if (at) {
    if (sscanf(at, "%2u:%2u%c", &hour, &minute, &rest) != 2 || hour > 23 || minute > 59)
      return wrong(FACT_TIME, at, "a time of day such as 22:30", message);
    a->call.minute = (uint16_t)(hour * 60 + minute);
  }
  if (day) {
    if (!policy_weekdays_parse(day, &days, expected) || (days & (days - 1)))
      return wrong(FACT_WEEKDAY, day, "mon, tue, wed, thu, fri, sat or sun", message);
    a->call.weekday = (uint8_t)__builtin_ctz(days);
  }
  if (!times)
    return true;
  if (sscanf(times, "%7u%c", &number, &rest) != 1 || number == 0 || number > TIMES_MAX)
    return wrong(FACT_TIMES, times, "how often, 1 to 1000000", message);
  a->times = number;
  return true;
}

bool policy_question_resolve(const struct policy_question *q, struct policy_asked *out_asked,
                             char *message)
{
  memset(out_asked, 0, sizeof *out_asked);
  return resolve_address(q, FACT_SOURCE, out_asked->call.source, message) &&
         resolve_address(q, FACT_DESTINATION, out_asked->call.destination, message) &&
         resolve_interface(q, out_asked, message) && resolve_object(q, out_asked, message) &&
         resolve_protseq(q, out_asked, message) && resolve_caller(q, out_asked, message) &&
         resolve_missing(q, out_asked, message) && resolve_when(q, out_asked, message);
}

bool policy_ask(const struct portero_policy *p, const struct policy_asked *asked,
                struct portero_verdict *out_verdict)
{
  struct portero_policy_rates *rates = portero_policy_rates_new(&portero_mem_malloc, p, 8);

  if (!rates)
    return false;
  for (unsigned i = 0; i < asked->times; i++)
    portero_policy_ask_call(p, rates, &asked->call, out_verdict);
  portero_policy_rates_free(rates);
  return true;
}

const char *policy_verdict_text(const struct portero_verdict *v, char *text, size_t size)
{
  char fault[32] = "", who[160] = "the default";

  if (v->action == PORTERO_ACTION_DENY)
    (void)policy_fault_text(v->fault, fault, sizeof fault);
  if (v->rule)
    (void)snprintf(who, sizeof who, "%s, line %u", v->rule, v->line);
  (void)snprintf(text, size, "%s%s%s%s by %s", policy_action_text(v->action), *fault ? " (" : "",
                 fault, *fault ? ")" : "", who);
  return text;
}
