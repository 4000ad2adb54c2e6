/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/event.h>

const char *portero_event_name(enum portero_event_kind kind)
{
  static const char *const names[] = {
#define EVENT_TEXT(name, text) text,
      PORTERO_EVENT_LIST(EVENT_TEXT)
#undef EVENT_TEXT
  };

  return (unsigned)kind < PORTERO_EVENT_KINDS ? names[kind] : "";
}

const char *portero_outcome_name(enum portero_outcome outcome)
{
  static const char *const names[] = {
#define OUTCOME_TEXT(name, text) text,
      PORTERO_OUTCOME_LIST(OUTCOME_TEXT)
#undef OUTCOME_TEXT
  };

  return (unsigned)outcome < PORTERO_OUTCOMES ? names[outcome] : "";
}

/* 17 digits of base 62 hold any 64 bits and leave room. */
const char *portero_event_uid(const struct portero_event *e, char *text)
{
  static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  uint64_t value = e->connection;

  text[0] = 'C';
  for (unsigned i = 17; i > 0; i--) {
    text[i] = digits[value % 62];
    value /= 62;
  }
  text[18] = 0;
  return text;
}

unsigned portero_event_severity(const struct portero_event *e)
{
  enum {
    CRITICAL = 2,
    WARNING = 4,
    NOTICE,
    INFORMATION,
    DEBUG
  };

  switch (e->kind) {
  case PORTERO_EVENT_ALERT:
    return CRITICAL;
  case PORTERO_EVENT_LIMIT:
  case PORTERO_EVENT_LOST:
    return WARNING;
  case PORTERO_EVENT_OPENED:
  case PORTERO_EVENT_CLOSED:
  case PORTERO_EVENT_REQUEST:
    return e->outcome == PORTERO_OUTCOME_DENIED ? WARNING : DEBUG;
  case PORTERO_EVENT_REGISTERED:
  case PORTERO_EVENT_UNREGISTERED:
  case PORTERO_EVENT_SERVICE_UP:
  case PORTERO_EVENT_SERVICE_DOWN:
  case PORTERO_EVENT_POLICY:
    return e->outcome == PORTERO_OUTCOME_NONE ? NOTICE : WARNING;
  case PORTERO_EVENT_BIND:
  case PORTERO_EVENT_AUTHENTICATION:
  case PORTERO_EVENT_CALL:
  case PORTERO_EVENT_KINDS:
    break;
  }
  return e->outcome == PORTERO_OUTCOME_DENIED || e->outcome == PORTERO_OUTCOME_FAILED ? WARNING
                                                                                      : INFORMATION;
}
